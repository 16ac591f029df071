//! What several sources ask at once.

use std::collections::BTreeSet;

use crate::credits::entry;
use crate::ledger;
use crate::sample::{
    basis, branches, bytes, college, duty_ids, every, obligation, obligation_id, roster, unit_id,
};
use jiff::civil::date;
use model::{
    Bearers, Cadence, Credit, CreditId, Due, Duty, DutySource, Entry, Obligation, Origin, Per, PlanId,
    RoutineId, Span, StandingFacts,
};
use runtime::{
    Basis, Owed, Regroup, SchoolCalendar, candidates, counts_already, gather, regroup, released, schedule,
    share,
};

/// The rule of the assemblies, as the year's 常规.
fn by_itself(n: u32) -> Obligation {
    Obligation {
        source: DutySource::Rule(RoutineId::from_parts(1, &bytes(n))),
        origin: Origin::Standing { rule: "branch-assembly".to_owned() },
        ..obligation(n, "支部党员大会", branches(), every(1, Per::Quarter))
    }
}

/// The same rule, adopted by a clause of a plan.
fn adopted(n: u32, plan: u32, bearers: Bearers, times: u32) -> Obligation {
    Obligation {
        source: DutySource::Plan(PlanId::from_parts(1, &bytes(plan))),
        origin: Origin::Adopted {
            rule: "branch-assembly".to_owned(),
            mechanism: "assemblies".to_owned(),
            text: "开好支部党员大会".to_owned(),
            span: Span::new(0, 24),
        },
        ..obligation(n, "开好支部党员大会", bearers, every(times, Per::Quarter))
    }
}

/// A small college on a day.
struct College {
    org: model::Organisation,
    roster: runtime::Roster,
    calendar: SchoolCalendar,
    empty: (runtime::Moments, std::collections::BTreeMap<String, runtime::UsualTimes>),
}

impl College {
    fn new() -> Self {
        Self {
            org: college(2),
            roster: roster(2, 3),
            calendar: SchoolCalendar::default_for(2022),
            empty: Default::default(),
        }
    }

    fn basis(&self) -> Basis<'_> {
        basis(&self.org, &self.roster, &self.calendar, &self.empty)
    }
}

fn with_facts(duties: Vec<Duty>) -> Vec<(Duty, StandingFacts)> {
    let facts = |d: &Duty| gather(d, date(2022, 1, 1), None, &[], &[], &[]);
    duties.into_iter().map(|d| (facts(&d), d)).map(|(f, d)| (d, f)).collect()
}

#[test]
fn two_sources_ask_the_same_duty_and_each_keeps_what_only_it_asks() {
    let here = College::new();
    let mut ids = duty_ids();
    let routine = by_itself(1);
    let first = unit_id(1);
    let plan = adopted(2, 7, Bearers { units: BTreeSet::from([first]), ..Bearers::default() }, 2);
    let all = [routine.clone(), plan.clone()];
    let of = |id| all.iter().find(|o| o.id == id);
    let running = with_facts(schedule(&routine, &here.basis(), &mut ids));
    assert_eq!(running.len(), 8, "two branches, four quarters");
    let on = date(2022, 3, 15);
    let got = share(schedule(&plan, &here.basis(), &mut ids), &running, of, on);
    assert_eq!(got.also.len(), 4, "the first of each quarter runs already");
    assert!(got.also.iter().all(|a| a.by == plan.id && a.since == on && a.until.is_none()));
    let theirs: BTreeSet<_> = running.iter().filter(|(d, _)| d.unit == first).map(|(d, _)| d.id).collect();
    assert_eq!(got.also.iter().map(|a| a.duty).collect::<BTreeSet<_>>(), theirs);
    assert_eq!(got.duties.len(), 4);
    assert!(got.duties.iter().all(|d| d.seq == 2), "the second of each quarter is the plan's own");
}

#[test]
fn what_two_clauses_of_one_plan_or_no_rule_ask_stays_two() {
    let here = College::new();
    let mut ids = duty_ids();
    let (one, other) = (adopted(1, 7, branches(), 1), adopted(2, 7, branches(), 1));
    let all = [one.clone(), other.clone()];
    let of = |id| all.iter().find(|o| o.id == id);
    let running = with_facts(schedule(&one, &here.basis(), &mut ids));
    let got = share(schedule(&other, &here.basis(), &mut ids), &running, of, date(2022, 3, 1));
    assert_eq!((got.also.len(), got.duties.len()), (0, 8), "of one plan");
    let elsewhere = |n, plan| Obligation {
        source: DutySource::Plan(PlanId::from_parts(1, &bytes(plan))),
        ..obligation(n, "一般工作", branches(), every(1, Per::Quarter))
    };
    let all = [elsewhere(1, 7), elsewhere(2, 8)];
    let of = |id| all.iter().find(|o| o.id == id);
    let running = with_facts(schedule(&all[0], &here.basis(), &mut ids));
    let got = share(schedule(&all[1], &here.basis(), &mut ids), &running, of, date(2022, 3, 1));
    assert_eq!((got.also.len(), got.duties.len()), (0, 8), "two clauses in one ledger may be about anything");
}

#[test]
fn what_is_owed_by_a_day_is_the_same_from_whatever_day_it_was_first_asked() {
    let here = College::new();
    let mut ids = duty_ids();
    let by_june = Cadence::By(Due::MonthEnd { month: 6 });
    let one = Obligation { cadence: by_june.clone(), ..adopted(1, 7, branches(), 1) };
    let other = Obligation { cadence: by_june, ..adopted(2, 8, branches(), 1) };
    let all = [one.clone(), other.clone()];
    let running = with_facts(schedule(&one, &here.basis(), &mut ids));
    let later = Basis { from: date(2022, 4, 1), made: date(2022, 4, 1), ..here.basis() };
    let wanted = schedule(&other, &later, &mut ids);
    assert_ne!(wanted[0].starts, running[0].0.starts);
    let got = share(wanted, &running, |id| all.iter().find(|o| o.id == id), date(2022, 4, 1));
    assert_eq!((got.also.len(), got.duties.len()), (2, 0));
}

#[test]
fn a_duty_ends_only_when_nobody_asks_it_any_more() {
    let here = College::new();
    let (duty, mut facts) =
        with_facts(schedule(&by_itself(1), &here.basis(), &mut duty_ids())).swap_remove(0);
    let (home, other) = (obligation_id(1), obligation_id(2));
    assert_eq!(released(&facts, home, date(2022, 5, 1)), None, "it alone asks");
    facts.also.push((other, date(2022, 3, 1), None));
    let left = released(&facts, home, date(2022, 5, 1)).expect("the other asks still");
    assert_eq!(
        (left.duty, left.by, left.since, left.until),
        (duty.id, home, facts.made, Some(date(2022, 5, 1)))
    );
    facts.also.insert(0, (home, left.since, left.until));
    let asked = |on| facts.asked_by(on).collect::<Vec<_>>();
    assert_eq!(asked(date(2022, 2, 1)), [home], "a past day shows who asked then");
    assert_eq!(asked(date(2022, 4, 1)), [home, other]);
    assert_eq!(asked(date(2022, 5, 1)), [other]);
    assert_eq!(released(&facts, other, date(2022, 6, 1)), None, "the last one");
}

#[test]
fn one_record_counts_for_both_and_a_second_for_what_only_one_asks() {
    let here = College::new();
    let mut ids = duty_ids();
    let (routine, plan) = (by_itself(1), adopted(2, 7, branches(), 2));
    let all = [routine.clone(), plan.clone()];
    let of = |id| all.iter().find(|o| o.id == id);
    let mut running = with_facts(schedule(&routine, &here.basis(), &mut ids));
    let got = share(schedule(&plan, &here.basis(), &mut ids), &running, of, date(2022, 3, 15));
    for a in &got.also {
        let (_, facts) = running.iter_mut().find(|(d, _)| d.id == a.duty).expect("it runs");
        facts.also.push((a.by, a.since, a.until));
    }
    running.extend(with_facts(got.duties));
    let ledgers = [ledger("general")];
    let find = |entry: &Entry, credits: &[Credit]| {
        let owed: Vec<Owed> = running
            .iter()
            .map(|(d, f)| {
                let mut facts = f.clone();
                let own = credits.iter().filter(|c| c.duty == d.id);
                facts.credits = own.map(|c| (c.happened, c.known, c.ended, c.amount)).collect();
                Owed::standing(d, &facts, &[], false)
            })
            .collect();
        candidates(entry, None, &owed, of, |id| ledgers.iter().find(|l| l.id == id))
    };
    let first = entry(1, date(2022, 4, 10));
    let offered = find(&first, &[]);
    assert_eq!(offered.len(), 1, "one duty, found once");
    let credit = |n, e: &Entry, duty| Credit {
        id: CreditId::from_parts(4, &bytes(n)),
        duty,
        entry: e.id,
        amount: 1,
        happened: e.day,
        known: e.day,
        ended: None,
    };
    let credits = [credit(1, &first, offered[0].duty)];
    let second = find(&entry(2, date(2022, 5, 10)), &credits);
    let seq = |duty| running.iter().find(|(d, _)| d.id == duty).map(|(d, _)| (d.seq, d.due));
    // Of the rule alone its quarter is met: it is offered for the first quarter's, and not ticked.
    let ticked = second.iter().filter(|p| p.ticked).map(|p| seq(p.duty));
    assert_eq!(ticked.collect::<Vec<_>>(), [Some((2, date(2022, 6, 30)))]);
}

#[test]
fn records_that_were_there_count_when_the_plan_comes() {
    let here = College::new();
    let on = date(2022, 3, 15);
    let late = Basis { made: on, from: on, ..here.basis() };
    let quarterly = adopted(1, 7, branches(), 1);
    let by_june = Obligation {
        cadence: Cadence::By(Due::MonthEnd { month: 6 }),
        ..obligation(2, "签订责任书", branches(), every(1, Per::Year))
    };
    let all = [quarterly.clone(), by_june.clone()];
    let of = |id| all.iter().find(|o| o.id == id);
    let ledgers = [ledger("general")];
    let find = |id: &str| ledgers.iter().find(|l| l.id == id);
    let mut ids = duty_ids();
    let duties: Vec<Duty> = all.iter().flat_map(|o| schedule(o, &late, &mut ids)).collect();
    let mut withdrawn = entry(3, date(2022, 3, 3));
    withdrawn.withdrawn = true;
    let entries =
        [entry(2, date(2022, 3, 1)), entry(1, date(2022, 2, 10)), withdrawn, entry(4, date(2021, 12, 20))];
    let mut n = 0;
    let mut fresh = || {
        n += 1;
        CreditId::from_parts(4, &bytes(n))
    };
    let credits = counts_already(&entries, &duties, &[], of, find, on, &mut fresh);
    let named = |c: &Credit| duties.iter().find(|d| d.id == c.duty).map(|d| (d.obligation, d.due));
    let found: Vec<_> = credits.iter().map(|c| (c.entry, named(c), c.happened, c.known)).collect();
    let quarter = Some((quarterly.id, date(2022, 3, 31)));
    let june = Some((by_june.id, date(2022, 6, 30)));
    let feb = date(2022, 2, 10);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.contains(&(entries[1].id, quarter, feb, on)), "the earliest, known from today");
    assert!(found.contains(&(entries[1].id, june, feb, on)), "done before it was asked, in the same year");
}

#[test]
fn a_record_that_counts_for_what_ran_already_does_not_fill_the_second_too() {
    let here = College::new();
    let mut ids = duty_ids();
    let (routine, plan) = (by_itself(1), adopted(2, 7, branches(), 2));
    let all = [routine.clone(), plan.clone()];
    let of = |id| all.iter().find(|o| o.id == id);
    let running = with_facts(schedule(&routine, &here.basis(), &mut ids));
    let on = date(2022, 3, 15);
    let got = share(schedule(&plan, &here.basis(), &mut ids), &running, of, on);
    let one = entry(1, date(2022, 2, 10));
    let q1 =
        running.iter().find(|(d, _)| d.unit == unit_id(1) && d.due == date(2022, 3, 31)).expect("it runs");
    let beside: Vec<Owed> = (got.also.iter())
        .filter_map(|a| running.iter().find(|(d, _)| d.id == a.duty))
        .map(|(d, _)| {
            let credited = if d.id == q1.0.id { vec![(one.id, 1)] } else { vec![] };
            Owed { also: vec![plan.id], credited, ..Owed::new(d, &[], false) }
        })
        .collect();
    let ledgers = [ledger("general")];
    let find = |id: &str| ledgers.iter().find(|l| l.id == id);
    let fresh = &mut || CreditId::from_parts(4, &bytes(1));
    let both = [one.clone(), entry(2, date(2022, 3, 1))];
    assert_eq!(counts_already(&both[..1], &got.duties, &beside, of, find, on, fresh), []);
    let second = counts_already(&both, &got.duties, &beside, of, find, on, fresh);
    let of_second =
        got.duties.iter().find(|d| d.unit == unit_id(1) && d.due == date(2022, 3, 31)).map(|d| d.id);
    assert_eq!(second.iter().map(|c| (c.entry, Some(c.duty))).collect::<Vec<_>>(), [(both[1].id, of_second)]);
}

#[test]
fn a_founded_branch_owes_a_shared_demand_once() {
    let mut here = College::new();
    let day = date(2022, 4, 1);
    let founded = unit_id(2);
    here.org.units.iter_mut().filter(|u| u.id == founded).for_each(|u| u.founded = Some(day));
    let (routine, plan) = (by_itself(1), adopted(2, 7, branches(), 1));
    let change = Regroup { founded: BTreeSet::from([founded]), ..Regroup::default() };
    let basis = Basis { made: day, from: day, ..here.basis() };
    let got = regroup(&change, &[routine.clone(), plan.clone()], &[], &basis, &mut duty_ids());
    assert_eq!(got.duties.len(), 3, "three quarters");
    assert!(got.duties.iter().all(|d| d.obligation == routine.id && d.unit == founded));
    assert_eq!(got.also.iter().map(|a| a.by).collect::<Vec<_>>(), [plan.id; 3]);
}
