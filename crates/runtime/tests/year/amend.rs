//! A later version of a plan, published while the year runs.

use std::collections::{BTreeSet, HashMap};

use jiff::civil::{Date, date};
use model::{
    Cadence, Due, Duty, DutyId, Obligation, ObligationId, Per, PlanId, Proposal, ProposalState, Standing,
    StandingFacts,
};
use proptest::prelude::*;
use runtime::{Amendment, Basis, Fate, Running, SchoolCalendar, amend, schedule, standing};

use crate::sample::{basis, branches, bytes, college, duty_ids, every, obligation, roster, unit_id};

/// The day on which the later version is published.
const DAY: Date = date(2022, 5, 10);

/// Two branches and the obligations of a plan, with the duties that they made in January.
struct College {
    obligations: Vec<Obligation>,
    duties: Vec<(Duty, StandingFacts)>,
}

impl College {
    fn of(obligations: Vec<Obligation>) -> Self {
        let (org, roster, empty) = (college(2), roster(2, 2), Default::default());
        let calendar = SchoolCalendar::default_for(2022);
        let basis = Basis { from: date(2022, 1, 1), ..basis(&org, &roster, &calendar, &empty) };
        let mut ids = duty_ids();
        let duties: Vec<Duty> = obligations.iter().flat_map(|o| schedule(o, &basis, &mut ids)).collect();
        let duties = duties.into_iter().map(|d| (facts(&d), d)).map(|(f, d)| (d, f)).collect();
        Self { obligations, duties }
    }

    /// Branch 1 has done so much of what is due then, on that day.
    fn done(mut self, due: Date, seq: u32, day: Date, amount: u32) -> Self {
        let found = self.duties.iter_mut().find(|(d, _)| (d.unit, d.due, d.seq) == (unit_id(1), due, seq));
        found.expect("branch 1 owes it").1.credits.push((day, day, None, amount));
        self
    }

    fn amended(&self, proposals: &[Proposal]) -> Amendment {
        let (org, roster, empty) = (college(2), roster(2, 2), Default::default());
        let calendar = SchoolCalendar::default_for(2022);
        let basis = Basis { made: DAY, from: DAY, ..basis(&org, &roster, &calendar, &empty) };
        let continues: Vec<Option<ObligationId>> = proposals
            .iter()
            .map(|p| self.obligations.iter().find(|o| o.key == p.key).map(|o| o.id))
            .collect();
        let running = Running { obligations: &self.obligations, continues: &continues, duties: &self.duties };
        let (mut o, mut d) = (0, 0);
        amend(
            PlanId::from_parts(1, &bytes(0)),
            proposals,
            running,
            &basis,
            &mut || {
                o += 1;
                ObligationId::from_parts(9, &bytes(o))
            },
            &mut || {
                d += 1;
                DutyId::from_parts(9, &bytes(d))
            },
        )
    }

    fn days_of(&self, out: &Amendment, unit: u32) -> Vec<(Date, u32)> {
        let mut days: Vec<_> =
            out.duties.iter().filter(|d| d.unit == unit_id(unit)).map(|d| (d.due, d.seq)).collect();
        days.sort_unstable();
        days
    }
}

fn facts(d: &Duty) -> StandingFacts {
    StandingFacts {
        duty: d.id,
        obligation: d.obligation,
        unit: d.unit,
        person: d.person,
        starts: d.starts,
        due: d.due,
        need: d.need,
        made: date(2022, 1, 1),
        dropped: None,
        credits: vec![],
        waived: None,
        extended: vec![],
        also: vec![],
    }
}

/// The proposal that an obligation was.
fn proposal(o: &Obligation) -> Proposal {
    let Obligation {
        id: _,
        source: _,
        year: _,
        key,
        item,
        title,
        kind,
        origin,
        bearers,
        lead,
        cadence,
        ledger,
        condition,
        assessed,
    } = o.clone();
    let state = if assessed { ProposalState::Confirmed } else { ProposalState::NotAssessed };
    Proposal {
        key,
        item,
        title,
        kind,
        origin,
        bearers,
        lead,
        cadence,
        ledger,
        condition,
        reason: String::new(),
        added: false,
        state,
    }
}

fn asking(cadence: Cadence) -> (College, Proposal) {
    let o = obligation(1, "主题党日", branches(), cadence);
    let p = proposal(&o);
    (College::of(vec![o]), p)
}

fn month_ends(months: std::ops::RangeInclusive<i8>) -> Vec<(Date, u32)> {
    months.map(|m| (date(2022, m, 1).last_of_month(), 1)).collect()
}

#[test]
fn what_only_moved_or_was_written_anew_goes_on_with_all_its_duties() {
    let (college, mut p) = asking(every(1, Per::Month));
    p.item = Some(7);
    let out = college.amended(std::slice::from_ref(&p));
    assert_eq!((out.duties.len(), out.drop.len(), out.end.len()), (0, 0, 0));
    assert_eq!(out.follow.len(), 1, "it follows its words");
    assert_eq!((out.follow[0].id, out.follow[0].item), (college.obligations[0].id, Some(7)));
    assert_eq!((out.outcomes[0].fate, out.outcomes[0].kept), (Fate::Kept, 24));
}

#[test]
fn another_rhythm_leaves_what_is_due_or_met_and_makes_the_rest_again() {
    let (college, mut p) = asking(every(1, Per::Month));
    // April is overdue with both; May is done by branch 1.
    let college = college.done(date(2022, 5, 31), 1, date(2022, 5, 6), 1);
    p.cadence = every(2, Per::Month);
    let out = college.amended(&[p]);
    let o = &out.outcomes[0];
    // January to April and one May; both have three exempt months no more than before.
    assert_eq!((o.fate, o.kept, o.dropped), (Fate::Remade, 9, 15));
    let twice = |from: i8| -> Vec<(Date, u32)> {
        (from..=12).flat_map(|m| [1, 2].map(|n| (date(2022, m, 1).last_of_month(), n))).collect()
    };
    assert_eq!(college.days_of(&out, 2), twice(5));
    assert_eq!(college.days_of(&out, 1), twice(5)[1..], "its first of May is done");
}

#[test]
fn what_was_done_is_not_asked_again_in_other_words() {
    // 每季度 becomes 每月: the quarter's meeting of April is no meeting of May.
    let (college, mut p) = asking(every(1, Per::Quarter));
    let college = college.done(date(2022, 6, 30), 1, date(2022, 4, 12), 1);
    p.cadence = every(1, Per::Month);
    let out = college.amended(std::slice::from_ref(&p));
    assert_eq!(college.days_of(&out, 1), month_ends(5..=12));
    // … but one of May is.
    let (college, _) = asking(every(1, Per::Quarter));
    let college = college.done(date(2022, 6, 30), 1, date(2022, 5, 6), 1);
    assert_eq!(college.days_of(&college.amended(&[p]), 1), month_ends(6..=12));
    // 6月底前 becomes 6月15日前: who has done it has done it.
    let (college, mut p) = asking(Cadence::By(Due::MonthEnd { month: 6 }));
    let college = college.done(date(2022, 6, 30), 1, date(2022, 3, 2), 1);
    p.cadence = Cadence::By(Due::Day(date(2022, 6, 15)));
    let out = college.amended(&[p]);
    assert_eq!(college.days_of(&out, 1), []);
    assert_eq!(college.days_of(&out, 2), [(date(2022, 6, 15), 1)]);
    // 全年1次 becomes 每半年1次: the one that was is the first half-year's.
    let (college, mut p) = asking(every(1, Per::Year));
    let college = college.done(date(2022, 12, 31), 1, date(2022, 3, 2), 1);
    p.cadence = every(1, Per::HalfYear);
    assert_eq!(college.days_of(&college.amended(&[p]), 1), [(date(2022, 12, 31), 1)]);
}

#[test]
fn what_was_met_before_its_time_is_still_of_its_own_period() {
    // 每半年1次 becomes 每半年2次, and the one of the second half-year was done in January.
    let (college, mut p) = asking(every(1, Per::HalfYear));
    let college = college.done(date(2022, 12, 31), 1, date(2022, 1, 1), 1);
    p.cadence = every(2, Per::HalfYear);
    let out = college.amended(&[p]);
    let [june, december] = [date(2022, 6, 30), date(2022, 12, 31)];
    assert_eq!(college.days_of(&out, 1), [(june, 1), (june, 2), (december, 2)]);
    assert_eq!(college.days_of(&out, 2), [(june, 1), (june, 2), (december, 1), (december, 2)]);
}

#[test]
fn what_was_begun_counts_for_what_is_made_in_its_place() {
    let o = obligation(1, "集中学习", crate::members(), Cadence::Hours { hours: 32, per: Per::Year });
    let mut p = proposal(&o);
    let college = College::of(vec![o]).done(date(2022, 12, 31), 1, date(2022, 3, 2), 600);
    p.cadence = Cadence::Hours { hours: 40, per: Per::Year };
    let out = college.amended(std::slice::from_ref(&p));
    assert_eq!((out.outcomes[0].kept, out.outcomes[0].dropped, out.outcomes[0].made), (0, 4, 4));
    let begun = college.duties.iter().find(|(_, f)| !f.credits.is_empty()).expect("one has begun");
    let [(from, to)] = out.carry.as_slice() else { panic!("{:?}", out.carry) };
    assert_eq!(*from, begun.0.id);
    let made = out.duties.iter().find(|d| d.id == *to).expect("it is made");
    assert_eq!((made.person, made.need), (begun.0.person, 2400));
    // Another ledger is another thing.
    p.ledger = Some("another".to_owned());
    assert_eq!(college.amended(&[p]).carry, []);
}

#[test]
fn who_was_given_more_time_keeps_it() {
    let (mut college, mut p) = asking(Cadence::By(Due::MonthEnd { month: 6 }));
    college.duties[0].1.extended.push((date(2022, 5, 2), date(2022, 7, 20)));
    p.cadence = Cadence::By(Due::MonthEnd { month: 9 });
    let out = college.amended(std::slice::from_ref(&p));
    assert_eq!((out.outcomes[0].kept, out.outcomes[0].dropped), (1, 1));
    college.duties[0].1.dropped = Some(date(2022, 5, 1));
    assert_eq!(college.amended(&[p]).outcomes[0].kept, 0, "what was closed before is no matter now");
}

#[test]
fn what_is_gone_ends_and_what_is_left_unassessed_too() {
    let (college, mut p) = asking(every(1, Per::Month));
    for proposals in [vec![], {
        p.state = ProposalState::NotAssessed;
        vec![p]
    }] {
        let out = college.amended(&proposals);
        let ended = out.outcomes.iter().find(|o| o.fate == Fate::Ended).expect("it ends");
        assert_eq!((ended.kept, ended.dropped, ended.made), (8, 16, 0));
        assert_eq!(out.end, [college.obligations[0].id]);
        assert!(out.duties.is_empty());
    }
}

fn cadence() -> impl Strategy<Value = Cadence> {
    prop_oneof![
        (1u32..3, prop::sample::select(vec![Per::Month, Per::Quarter, Per::HalfYear, Per::Year]))
            .prop_map(|(times, per)| every(times, per)),
        (1i8..=12).prop_map(|month| Cadence::By(Due::MonthEnd { month })),
        (4u32..40).prop_map(|hours| Cadence::Hours { hours, per: Per::Year }),
        Just(Cadence::Standing),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whatever changes: nothing met, waived or due is touched, the counts are those of the lists, and nobody owes the
    /// same thing of the same period twice.
    #[test]
    fn nothing_met_or_due_is_touched_and_nothing_asked_twice(
        old in prop::collection::vec(cadence(), 1..4),
        new in prop::collection::vec((cadence(), any::<bool>(), any::<bool>()), 1..5),
        done in prop::collection::vec((any::<prop::sample::Index>(), 0i64..125, 1u32..700), 0..12),
    ) {
        let old: Vec<Obligation> =
            old.into_iter().zip(1..).map(|(c, n)| obligation(n, "事项", branches(), c)).collect();
        let mut college = College::of(old.clone());
        for (which, day, amount) in done {
            if college.duties.is_empty() { break; }
            let at = which.index(college.duties.len());
            let day = date(2022, 1, 1) + jiff::Span::new().days(day);
            college.duties[at].1.credits.push((day, day, None, amount));
        }
        let proposals: Vec<Proposal> = new
            .into_iter()
            .zip(1..)
            .map(|((c, same, off), n)| {
                let mut p = proposal(&obligation(n, "事项", branches(), c));
                if let (true, Some(o)) = (same, old.get(n as usize - 1)) {
                    p.cadence = o.cadence.clone();
                }
                if off {
                    p.state = ProposalState::NotAssessed;
                }
                p
            })
            .collect();
        let out = college.amended(&proposals);
        let drop: BTreeSet<DutyId> = out.drop.iter().copied().collect();
        prop_assert_eq!(drop.len(), out.drop.len());
        for (d, f) in college.duties.iter().filter(|(d, _)| drop.contains(&d.id)) {
            let stands = standing(f, DAY, 7);
            prop_assert!(matches!(stands, Some(Standing::NotDue | Standing::Open | Standing::DueSoon)), "{stands:?} {d:?}");
        }
        let sum = |f: fn(&runtime::Outcome) -> u32| out.outcomes.iter().map(|o| f(o) as usize).sum::<usize>();
        prop_assert_eq!(sum(|o| o.dropped), drop.len());
        prop_assert_eq!(sum(|o| o.made), out.duties.len());
        prop_assert_eq!(sum(|o| o.kept) + drop.len(), college.duties.len());
        let ended: BTreeSet<ObligationId> = out.end.iter().copied().collect();
        prop_assert_eq!(out.outcomes.iter().filter(|o| o.before.is_some()).count(), old.len(), "each has one fate");
        // Duties of one demand, before and after, by the key under which it goes.
        let key: HashMap<ObligationId, &str> =
            college.obligations.iter().chain(&out.obligations).map(|o| (o.id, o.key.as_str())).collect();
        let left = college.duties.iter().map(|(d, _)| d).filter(|d| !drop.contains(&d.id));
        let mut seen = BTreeSet::new();
        for d in left.chain(&out.duties) {
            prop_assert!(seen.insert((key[&d.obligation], d.unit, d.person, d.starts, d.due, d.seq)), "twice: {d:?}");
        }
        prop_assert!(out.duties.iter().all(|d| d.due >= DAY && !ended.contains(&d.obligation)));
    }

    /// Publishing the same again changes nothing.
    #[test]
    fn the_same_again_is_nothing(old in prop::collection::vec(cadence(), 1..4)) {
        let old: Vec<Obligation> =
            old.into_iter().zip(1..).map(|(c, n)| obligation(n, "事项", branches(), c)).collect();
        let college = College::of(old.clone());
        let out = college.amended(&old.iter().map(proposal).collect::<Vec<_>>());
        prop_assert_eq!((out.obligations.len(), out.duties.len(), out.follow.len()), (0, 0, 0));
        prop_assert_eq!((out.end.len(), out.drop.len(), out.carry.len()), (0, 0, 0));
    }
}
