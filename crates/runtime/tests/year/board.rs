//! The board against counting by hand.

use std::collections::{BTreeMap, BTreeSet};

use crate::sample::{basis, bytes, college, facts, obligation_id, person_id, plan, roster, unit_id, year};
use jiff::civil::{Date, date};
use model::{DutyId, Standing, StandingFacts};
use proptest::prelude::*;
use runtime::{Board, Pick, SchoolCalendar, Tally, standing};

fn day(n: i64) -> Date {
    date(2022, 1, 1).saturating_add(jiff::Span::new().days(n))
}

fn any_facts() -> impl Strategy<Value = StandingFacts> {
    let who = (0u32..25, 0u32..5, 0u32..5, prop::option::weighted(0.7, 0u32..3));
    let when = (0i64..365, 0i64..60, 0i64..60, 1u32..3);
    let credits = prop::collection::vec((0i64..400, 0i64..20, prop::option::of(0i64..30), 1u32..3), 0..3);
    let rare = (
        prop::option::of(0i64..400),
        prop::option::of(0i64..400),
        prop::collection::vec((0i64..365, 0i64..400), 0..2),
        prop::collection::btree_map(0u32..5, (0i64..365, prop::option::of(0i64..200)), 0..3),
    );
    (who, when, credits, rare).prop_map(|(who, when, credits, rare)| StandingFacts {
        duty: DutyId::from_parts(2, &bytes(who.0)),
        unit: unit_id(who.1),
        obligation: obligation_id(who.2),
        person: who.3.map(person_id),
        starts: day(when.0),
        due: day(when.0 + when.1),
        made: day(when.2),
        need: when.3,
        credits: credits
            .into_iter()
            .map(|(d, later, ended, amount)| {
                (day(d), day(d + later), ended.map(|e| day(d + later + e)), amount)
            })
            .collect(),
        dropped: rare.0.map(day),
        waived: rare.1.map(day),
        extended: rare.2.into_iter().map(|(a, d)| (day(a), day(d))).collect(),
        also: (rare.3.into_iter())
            .map(|(by, (since, days))| (obligation_id(by), day(since), days.map(|n| day(since + n))))
            .collect(),
    })
}

fn any_pick() -> impl Strategy<Value = Pick> {
    let units = prop::option::of(prop::collection::btree_set((0u32..7).prop_map(unit_id), 0..4));
    let obligations = prop::option::of(prop::collection::btree_set((0u32..7).prop_map(obligation_id), 0..4));
    let standings =
        prop::option::of(prop::collection::btree_set(prop::sample::select(Standing::ALL.to_vec()), 0..4));
    let due = prop::option::of((0i64..365, 0i64..200).prop_map(|(a, n)| (day(a), day(a + n))));
    let lens = prop::option::of(prop::collection::btree_set((0u32..7).prop_map(obligation_id), 0..4));
    let who = (units, prop::option::weighted(0.4, 0u32..5), any::<bool>());
    (who, lens, obligations, standings, due).prop_map(
        |((units, person, own), lens, obligations, standings, due)| Pick {
            units,
            lens: lens.map(std::sync::Arc::new),
            obligations,
            person: person.map(person_id),
            own,
            standings,
            due,
        },
    )
}

fn by_hand(all: &BTreeMap<DutyId, StandingFacts>, pick: &Pick, on: Date) -> BTreeMap<DutyId, Standing> {
    let mut out = BTreeMap::new();
    for f in all.values() {
        let Some(now) = standing(f, on, 7) else { continue };
        let due = runtime::due_on(f, on);
        // The later obligations come first in the order that is told.
        let with = f.asked_by(on).filter(|o| pick.lens.as_ref().is_none_or(|l| l.contains(o))).max();
        let meant = pick.units.as_ref().is_none_or(|s| s.contains(&f.unit))
            && with.is_some_and(|w| pick.obligations.as_ref().is_none_or(|s| s.contains(&w)))
            && pick.person.is_none_or(|p| f.person == Some(p))
            && (!pick.own || f.person.is_none())
            && pick.standings.as_ref().is_none_or(|s| s.contains(&now))
            && pick.due.is_none_or(|(a, b)| a <= due && due <= b);
        if meant {
            out.insert(f.duty, now);
        }
    }
    out
}

proptest! {
    /// After any sequence of changes, every number is the length of its list, and both are what counting by hand gives.
    #[test]
    fn the_number_is_the_length_of_the_list(
        changes in prop::collection::vec(any_facts(), 0..120), pick in any_pick(), on in (0i64..420).prop_map(day),
    ) {
        let mut board = Board::new(7);
        board.rank((0..7).rev().map(obligation_id));
        let mut all = BTreeMap::new();
        for f in changes {
            all.insert(f.duty, f.clone());
            board.apply([f]);
        }
        prop_assert_eq!(board.len(), all.len());
        for f in all.values() {
            prop_assert_eq!(board.facts(f.duty), Some(f.clone()));
            prop_assert_eq!(board.standing(f.duty, on), standing(f, on, 7));
        }
        let expected = by_hand(&all, &pick, on);
        let list = board.list(&pick, on);
        let tally = board.tally(&pick, on);
        prop_assert_eq!(tally.total() as usize, list.len());
        prop_assert_eq!(list.iter().map(|l| (l.duty, l.standing)).collect::<BTreeMap<_, _>>(), expected.clone());
        prop_assert_eq!(list.iter().map(|l| l.standing).collect::<Tally>(), tally);
        prop_assert_eq!(board.by_unit(&pick, on).into_values().sum::<Tally>(), tally);
        prop_assert_eq!(board.by_obligation(&pick, on).into_values().sum::<Tally>(), tally);

        let units: Vec<_> = (0..6).map(unit_id).collect();
        let obligations: Vec<_> = (0..6).map(obligation_id).collect();
        for units in [&units[..], &units[..1]] {
            let matrix = board.matrix(units, &obligations, on);
            for (r, u) in units.iter().enumerate() {
                prop_assert_eq!(matrix.row_sum(r), board.tally(&Pick::unit(*u), on));
                for (c, o) in obligations.iter().enumerate() {
                    let opened = board.list(&Pick::cell(*u, *o), on);
                    let cell = matrix.cell(r, c);
                    prop_assert_eq!(cell.total() as usize, opened.len());
                    prop_assert_eq!(cell.worst(), opened.iter().map(|l| l.standing).min());
                    for s in Standing::ALL {
                        let part = board.list(&Pick::cell(*u, *o).standing(s), on);
                        prop_assert_eq!(cell.of(s) as usize, part.len());
                    }
                }
            }
        }
    }
}

#[test]
fn the_month_of_a_branch() {
    let (org, roster, calendar, empty) =
        (college(4), roster(4, 3), SchoolCalendar::default_for(2022), Default::default());
    let duties = year(&plan(), &basis(&org, &roster, &calendar, &empty));
    let mut board = Board::new(7);
    board.apply(duties.iter().enumerate().map(|(n, d)| facts(d, n)));
    let on = date(2022, 9, 26);
    let month = board.this_month(&Pick { own: true, ..Pick::unit(unit_id(1)) }, on);
    assert!(month.iter().all(|l| l.unit == unit_id(1)));
    assert!(month.windows(2).all(|w| w[0].standing <= w[1].standing), "the gravest first");
    let listed: BTreeSet<_> = month.iter().map(|l| l.duty).collect();
    for d in duties.iter().filter(|d| d.unit == unit_id(1)) {
        let now = board.standing(d.id, on).expect("made in February");
        let expected = matches!(now, Standing::Overdue | Standing::DueSoon | Standing::Open)
            || (d.due.year() == 2022 && d.due.month() == 9);
        assert_eq!(listed.contains(&d.id), expected, "{} {now:?}", d.title);
    }
    assert!(!month.is_empty());
}

#[test]
fn the_year_as_it_stood() {
    let (org, roster, calendar, empty) =
        (college(40), roster(40, 1), SchoolCalendar::default_for(2022), Default::default());
    let duties = year(&plan(), &basis(&org, &roster, &calendar, &empty));
    let mut board = Board::new(7);
    board.apply(duties.iter().enumerate().map(|(n, d)| facts(d, n)));
    assert!(board.tally(&Pick::default(), date(2022, 2, 19)).is_empty(), "nothing was published yet");
    let (spring, autumn) =
        (board.tally(&Pick::default(), date(2022, 4, 1)), board.tally(&Pick::default(), date(2022, 9, 30)));
    assert_eq!(spring.total() as usize, duties.len());
    assert_eq!(autumn.total() as usize, duties.len());
    assert!(spring.done() < autumn.done());
}

#[test]
fn a_duty_that_comes_back_to_a_person_is_listed_once() {
    let (org, roster, calendar, empty) =
        (college(1), roster(1, 2), SchoolCalendar::default_for(2022), Default::default());
    let duties = year(&plan()[..1], &basis(&org, &roster, &calendar, &empty));
    let mut board = Board::new(7);
    for person in [1, 2, 1] {
        board.apply([StandingFacts { person: Some(person_id(person)), ..facts(&duties[0], 0) }]);
    }
    assert_eq!(board.list(&Pick::person(person_id(1)), date(2022, 3, 1)).len(), 1);
    assert!(board.list(&Pick::person(person_id(2)), date(2022, 3, 1)).is_empty());
}
