//! Units that are founded, merged, split and dissolved while the year runs.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, date};
use model::{Cadence, Duty, Obligation, Per, StandingFacts, Unit, UnitKind};
use runtime::{Basis, Moments, Regroup, Regrouped, Roster, SchoolCalendar, gather, regroup, schedule};

use crate::members;
use crate::sample::{branches, college, duty_ids, every, obligation, person_id, roster, unit, unit_id};

const DAY: Date = Date::constant(2022, 5, 16);
const TODAY: Date = Date::constant(2022, 5, 20);

fn asked() -> Vec<Obligation> {
    vec![
        obligation(1, "主题党日", branches(), every(1, Per::Month)),
        obligation(2, "支部党员大会", branches(), every(1, Per::Quarter)),
        obligation(3, "集中学习培训", members(), Cadence::Hours { hours: 32, per: Per::Year }),
    ]
}

/// The year of three branches of two members each, with what was done: (obligation, branch, due) and a day.
fn year(done: &[(u32, u32, Date, Date)]) -> Vec<(Duty, StandingFacts)> {
    let (org, people, calendar, empty) =
        (college(3), roster(3, 2), SchoolCalendar::default_for(2022), (Moments::default(), BTreeMap::new()));
    let basis = Basis {
        org: &org,
        roster: &people,
        calendar: &calendar,
        year: 2022,
        made: date(2022, 1, 1),
        from: date(2022, 1, 1),
        rules: "v1",
        moments: &empty.0,
        usual_months: &empty.1,
    };
    let mut ids = duty_ids();
    let made = date(2022, 1, 1);
    let duties = asked().iter().flat_map(|o| schedule(o, &basis, &mut ids)).collect::<Vec<_>>();
    duties
        .into_iter()
        .map(|d| {
            let mut facts = gather(&d, made, None, &[], &[], &[]);
            for (o, branch, due, day) in done {
                let same = d.obligation == crate::sample::obligation_id(*o) && d.unit == unit_id(*branch);
                if same && d.due == *due {
                    let amount = if d.person.is_some() { 90 } else { 1 };
                    facts.credits.push((*day, *day, None, amount));
                }
            }
            (d, facts)
        })
        .collect()
}

fn after(change: &Regroup, units: Vec<Unit>, year: &[(Duty, StandingFacts)]) -> Regrouped {
    let (people, calendar, empty) =
        (Roster::default(), SchoolCalendar::default_for(2022), (Moments::default(), BTreeMap::new()));
    let mut org = college(3);
    org.units.extend(units);
    let basis = Basis {
        org: &org,
        roster: &people,
        calendar: &calendar,
        year: 2022,
        made: TODAY,
        from: DAY,
        rules: "v1",
        moments: &empty.0,
        usual_months: &empty.1,
    };
    let mut n = 0;
    let mut ids = || {
        n += 1;
        model::DutyId::from_parts(9, &crate::sample::bytes(n))
    };
    regroup(change, &asked(), year, &basis, &mut ids)
}

fn of<'y>(year: &'y [(Duty, StandingFacts)], out: &Regrouped) -> Vec<&'y Duty> {
    year.iter().map(|(d, _)| d).filter(|d| out.drop.contains(&d.id)).collect()
}

#[test]
fn what_was_due_before_the_day_stays_and_the_rest_ends() {
    let change = Regroup { ended: BTreeSet::from([unit_id(1)]), ..Regroup::default() };
    // May's theme day is done already; April's is overdue.
    let year = year(&[(1, 1, date(2022, 5, 31), date(2022, 5, 10))]);
    let out = after(&change, vec![], &year);
    let gone = of(&year, &out);
    assert!(gone.iter().all(|d| d.unit == unit_id(1) && d.due >= DAY));
    // June to December, three quarters, and the hours of two members who go nowhere.
    assert_eq!((gone.len(), out.due_before, out.done), (7 + 3 + 2, 4 + 1, 1));
    assert!(out.duties.is_empty() && out.carry.is_empty());
}

#[test]
fn a_members_hours_go_with_them() {
    let people = BTreeMap::from([(person_id(1000), unit_id(2)), (person_id(1001), unit_id(2))]);
    let change = Regroup {
        ended: BTreeSet::from([unit_id(1)]),
        came_from: BTreeSet::from([unit_id(1)]),
        moved: people,
        ..Regroup::default()
    };
    let year = year(&[(3, 1, date(2022, 12, 31), date(2022, 3, 1))]);
    let out = after(&change, vec![], &year);
    assert_eq!(out.duties.len(), 2, "the branch that takes them in owes nothing new itself");
    assert!(out.duties.iter().all(|d| d.unit == unit_id(2) && d.person.is_some() && d.need == 1920));
    assert_eq!(out.carry.len(), 2, "what they studied counts on");
    assert!(
        out.carry.iter().all(|(old, new)| out.drop.contains(old) && out.duties.iter().any(|d| d.id == *new))
    );
}

#[test]
fn a_founded_branch_owes_the_rest_of_the_year() {
    let new = Unit { founded: Some(DAY), ..unit(9, UnitKind::Branch, "新支部") };
    let change = Regroup { founded: BTreeSet::from([unit_id(9)]), ..Regroup::default() };
    let out = after(&change, vec![new.clone()], &year(&[]));
    let of = |o: u32| {
        out.duties.iter().filter(|d| d.obligation == crate::sample::obligation_id(o)).collect::<Vec<_>>()
    };
    assert_eq!(of(1).len(), 8, "May has sixteen days left");
    assert_eq!(of(1)[0].starts, DAY, "and begins with it");
    assert_eq!(of(2).len(), 3);
    assert!(out.drop.is_empty());

    let late = Unit { founded: Some(date(2022, 5, 25)), ..new };
    let out = after(&change, vec![late], &year(&[]));
    let first = out.duties.iter().find(|d| d.obligation == crate::sample::obligation_id(1)).expect("June");
    assert_eq!(first.due, date(2022, 6, 30), "a week is too short for May");
}

#[test]
fn what_all_that_merged_have_done_is_not_asked_again() {
    let new = Unit { founded: Some(DAY), ..unit(9, UnitKind::Branch, "合并支部") };
    let both = BTreeSet::from([unit_id(1), unit_id(2)]);
    let change = Regroup {
        ended: both.clone(),
        founded: BTreeSet::from([unit_id(9)]),
        came_from: both,
        ..Regroup::default()
    };
    let may = date(2022, 5, 31);
    let june = date(2022, 6, 30);
    let done = [
        (1, 1, may, date(2022, 5, 6)),
        (1, 2, may, date(2022, 5, 9)),
        // Only one of the two has held its assembly of the second quarter.
        (2, 1, june, date(2022, 4, 8)),
    ];
    let out = after(&change, vec![new], &year(&done));
    let theme: Vec<Date> = out
        .duties
        .iter()
        .filter(|d| d.obligation == crate::sample::obligation_id(1))
        .map(|d| d.due)
        .collect();
    assert_eq!((theme.len(), theme[0]), (7, june), "May's is done");
    let assembly = out.duties.iter().filter(|d| d.obligation == crate::sample::obligation_id(2));
    assert!(assembly.clone().any(|d| d.due == june), "it is owed once more");
}
