//! What sheets, marks, ratings, shares of grades and draws come to; and the rungs that a selector lays over.

use std::collections::{BTreeMap, BTreeSet};

use model::flow::Cite;
use model::follow::{DutyKind, Selector, SourceKind};
use model::sheet::{Ballot, BarShare, Draw, DrawFrom, Grade, Judged, ShareLimit, Take, Voters};
use model::{Ratio, UnitId, UnitKind};
use proptest::prelude::*;
use runtime::sheet::{Fraction, KindCount, RowCount, draw, is_barred, marks, rate, shares};

fn unit(n: u8) -> UnitId {
    UnitId::from_parts(1, &[n; 10])
}

#[test]
fn a_sum_is_rounded_once_and_half_up() {
    let third = Fraction::of(1, 3).unwrap();
    assert_eq!(third.plus(third).plus(third), Fraction::whole(1), "exact until it is shown");
    assert_eq!(Fraction::of(145, 10).unwrap().decimals(0), "15");
    assert_eq!(Fraction::of(2, 3).unwrap().times(Fraction::whole(100)).decimals(1), "66.7");
    assert_eq!(Fraction::of(1, 0), None);
    assert_eq!(Fraction::of(-1, 2).unwrap().decimals(0), "0", "half up, below nothing too");
}

fn judged(take: Take) -> Judged {
    Judged { scale: Some(100), options: Vec::new(), take, spread: Some(20), not: BTreeSet::new() }
}

#[test]
fn the_median_of_an_even_number_is_the_mean_of_the_middle_two() {
    let (value, apart) = marks(&judged(Take::Median), &[60, 90, 80, 10]).unwrap();
    assert_eq!(value, Fraction::of(70, 100).unwrap());
    assert_eq!(apart, [3], "sixty from the middle");
    let (value, _) = marks(&judged(Take::Mean), &[60, 90, 80, 10]).unwrap();
    assert_eq!(value, Fraction::of(60, 100).unwrap());
    assert_eq!(marks(&judged(Take::Median), &[]), None, "nobody marked: no value, not nothing");
}

fn ballot(weights: [Option<u32>; 2]) -> Ballot {
    let path = |field: &str| model::flow::Path::Step { step: "plan".to_owned(), field: field.to_owned() };
    let voters = ["A", "B"].into_iter().zip(weights).map(|(id, weight)| Voters {
        id: id.to_owned(),
        title: id.to_owned(),
        of: path("raters"),
        weight,
    });
    let worth = |id: &str, n: u32| (id.to_owned(), id.to_owned(), Some(n));
    Ballot {
        id: "b".to_owned(),
        title: "票".to_owned(),
        rows: path("scope"),
        are: BTreeSet::new(),
        options: vec![worth("good", 100), worth("poor", 40)],
        voters: voters.collect(),
        rule: "rating".to_owned(),
        ways: BTreeSet::new(),
    }
}

fn count(issued: u32, returned: u32, good: u32, poor: u32) -> KindCount {
    let options = BTreeMap::from([("good".to_owned(), good), ("poor".to_owned(), poor)]);
    KindCount { issued, returned, options }
}

fn kinds(a: KindCount, b: KindCount) -> BTreeMap<String, KindCount> {
    BTreeMap::from([("A".to_owned(), a), ("B".to_owned(), b)])
}

#[test]
fn more_ballots_back_than_given_out_void_the_round() {
    assert_eq!(rate(&ballot([None; 2]), &kinds(count(5, 6, 3, 0), count(9, 9, 9, 0)), 5), None);
    assert!(rate(&ballot([None; 2]), &kinds(count(5, 4, 3, 0), count(9, 9, 9, 0)), 5).is_some());
}

#[test]
fn who_did_not_rate_is_not_zero_and_few_of_a_kind_are_told_together() {
    // Of ten ballots of B two left the row blank.
    let counted =
        rate(&ballot([Some(60), Some(40)]), &kinds(count(5, 4, 2, 2), count(10, 10, 8, 0)), 5).unwrap();
    assert_eq!((counted.valid, counted.returned), (12, 14));
    assert_eq!(counted.value, Fraction::of(82, 100), "0.6 × 70 + 0.4 × 100");
    assert_eq!(counted.kinds, None, "four ballots of A would name people");
    let told =
        rate(&ballot([Some(60), Some(40)]), &kinds(count(6, 6, 6, 0), count(10, 10, 8, 0)), 5).unwrap();
    assert!(told.kinds.is_some());
    let silent =
        rate(&ballot([Some(60), Some(40)]), &kinds(count(6, 6, 0, 0), count(10, 10, 10, 0)), 5).unwrap();
    assert_eq!(silent.value, Some(Fraction::whole(1)), "weights of the kinds that rated");
    let nobody = rate(&ballot([None; 2]), &kinds(count(6, 6, 0, 0), count(9, 9, 0, 0)), 5).unwrap();
    assert_eq!(nobody.value, None);
}

fn grade(limits: &[(&[&str], u32, u32, bool)]) -> Grade {
    let limit = |(grades, part, whole, most): &(&[&str], u32, u32, bool)| ShareLimit {
        grades: grades.iter().map(|g| (*g).to_owned()).collect(),
        ratio: Ratio { part: *part, whole: *whole },
        most: *most,
        setting: None,
        cite: Cite::default(),
    };
    Grade {
        at: ("grade".to_owned(), "grade".to_owned()),
        options: Vec::new(),
        groups: Vec::new(),
        warns: limits.iter().map(limit).collect(),
        bars: Vec::new(),
    }
}

fn graded(excellent: usize, others: usize) -> Vec<(UnitKind, String)> {
    let of = |grade: &str, n: usize| vec![(UnitKind::Branch, grade.to_owned()); n];
    [of("excellent", excellent), of("qualified", others)].concat()
}

#[test]
fn a_third_rounds_down_and_at_least_fifteen_in_a_hundred_rounds_up() {
    let third = grade(&[(&["excellent"], 1, 3, true)]);
    let over = |e, o| shares(&third, &graded(e, o), &|_| true).first().map(|s| s.bound);
    for (graded, allowed) in [(10, 3), (7, 2), (5, 1), (2, 0)] {
        assert_eq!(over(allowed as usize, graded - allowed as usize), None, "{allowed} of {graded}");
        assert_eq!(over(allowed as usize + 1, graded - allowed as usize - 1), Some(allowed));
    }
    let floor = grade(&[(&["qualified"], 15, 100, false)]);
    let under = |e, o| shares(&floor, &graded(e, o), &|_| true).first().map(|s| s.bound);
    assert_eq!((under(5, 1), under(6, 0)), (None, Some(1)));
    assert_eq!((under(5, 2), under(6, 1)), (None, Some(2)), "seven branches: two");
    assert!(shares(&third, &[], &|_| true).is_empty(), "of nobody no share is kept or broken");
}

#[test]
fn thirty_in_a_hundred_of_the_returned_or_of_the_valid() {
    let bar = |of_returned| BarShare {
        ballot: "b".to_owned(),
        option: "poor".to_owned(),
        ratio: Ratio { part: 3, whole: 10 },
        of_returned,
    };
    let options = BTreeMap::from([("poor".to_owned(), 3), ("good".to_owned(), 6)]);
    let row = RowCount { options, kinds: None, returned: 11, valid: 9, value: None };
    assert!(is_barred(&bar(false), &row) && !is_barred(&bar(true), &row));
}

fn lot(share: Option<(u32, u32)>, count: Option<u32>) -> Draw {
    Draw {
        of: DrawFrom::Entries(Vec::new()),
        kinds: BTreeSet::new(),
        share: share.map(|(part, whole)| Ratio { part, whole }),
        count,
        at_least: None,
        each: None,
        fresh: None,
        ring: false,
        into: "drawn".to_owned(),
    }
}

proptest! {
    /// Each group has its number, the share is reached, nobody is drawn twice, the same seed draws the same, and who was
    /// drawn lately comes only where nobody else is left.
    #[test]
    fn a_draw_is_what_its_rule_says(
        groups in prop::collection::vec(0u8..4, 1..30), count in 1u32..4, part in 1u32..5, seed in "[a-z]{1,6}",
        late in prop::collection::btree_set(0usize..30, 0..10),
    ) {
        let among: Vec<(UnitId, Option<UnitId>)> = groups
            .iter()
            .enumerate()
            .map(|(i, g)| (unit(u8::try_from(i).unwrap()), Some(unit(200 + g))))
            .collect();
        let lately: BTreeSet<UnitId> = late.iter().filter_map(|i| among.get(*i)).map(|(u, _)| *u).collect();
        let drawn = draw(&lot(Some((part, 5)), Some(count)), &among, &lately, &seed);
        prop_assert_eq!(&draw(&lot(Some((part, 5)), Some(count)), &among, &lately, &seed), &drawn);
        let once: BTreeSet<UnitId> = drawn.iter().copied().collect();
        prop_assert_eq!(once.len(), drawn.len());
        prop_assert!(drawn.len() >= (among.len() * part as usize).div_ceil(5));
        for g in 0u8..4 {
            let all: Vec<UnitId> = among.iter().filter(|(_, of)| *of == Some(unit(200 + g))).map(|(u, _)| *u).collect();
            let mine = all.iter().filter(|u| once.contains(u)).count();
            prop_assert!(mine >= all.len().min(count as usize));
            let fresh = all.iter().filter(|u| !lately.contains(u)).count();
            let stale = all.iter().filter(|u| once.contains(u) && lately.contains(u)).count();
            if stale > 0 {
                let taken = all.iter().filter(|u| once.contains(u) && !lately.contains(u)).count();
                prop_assert!(taken >= fresh.min(count as usize));
            }
        }
    }

    /// Two selectors that no duty satisfies together never are, and what both mean they are said to meet on.
    #[test]
    fn what_two_selectors_both_mean_they_meet_on(
        a in selector(), b in selector(), rule in prop::option::of(0u8..2), case in any::<bool>(),
        step in 0u8..2, kind in 0usize..3, member in any::<bool>(),
    ) {
        let word = |n: u8| format!("r{n}");
        let duty = DutyKind {
            obligation: rule.filter(|_| !case).map(word),
            source: if case { SourceKind::Case } else { SourceKind::Rule },
            issuer: None,
            step: case.then(|| (word(step), word(step))),
            kind: UnitKind::IDS[kind].1,
            member,
            ledger: None,
        };
        if a.means(&duty) && b.means(&duty) {
            prop_assert!(a.meets(&b) && b.meets(&a), "{a:?} {b:?} {duty:?}");
        }
    }
}

fn selector() -> impl Strategy<Value = Selector> {
    let words = || prop::collection::btree_set((0u8..2).prop_map(|n| format!("r{n}")), 0..2);
    let source = prop::option::of(prop_oneof![Just(SourceKind::Rule), Just(SourceKind::Case)]);
    let kinds = prop::collection::btree_set((0usize..3).prop_map(|k| UnitKind::IDS[k].1), 0..2);
    (words(), source, words(), kinds, prop::option::of(any::<bool>())).prop_map(
        |(obligations, source, workflows, kinds, members)| Selector {
            obligations,
            source,
            workflows,
            kinds,
            members,
            ..Selector::default()
        },
    )
}
