//! An invented college for tests and benchmarks, the same each time.

use std::collections::BTreeSet;

use jiff::civil::date;
use model::{
    Bearers, Cadence, Due, Duty, DutyId, DutySource, MeasureKind, Membership, MembershipId, Obligation,
    ObligationId, Organisation, Origin, Per, PersonId, PlanId, Span, Stage, StandingFacts, Unit, UnitId,
    UnitKind,
};
use runtime::{Basis, Moments, Roster, SchoolCalendar, Usual, schedule};

/// Ten bytes that hold a number, for identifiers.
pub(crate) fn bytes(n: u32) -> [u8; 10] {
    let mut out = [0; 10];
    out[6..].copy_from_slice(&n.to_be_bytes());
    out
}

/// The identifier of the n-th unit.
pub(crate) fn unit_id(n: u32) -> UnitId {
    UnitId::from_parts(1, &bytes(n))
}

/// The identifier of the n-th person.
pub(crate) fn person_id(n: u32) -> PersonId {
    PersonId::from_parts(1, &bytes(n))
}

/// The identifier of the n-th obligation.
pub(crate) fn obligation_id(n: u32) -> ObligationId {
    ObligationId::from_parts(1, &bytes(n))
}

/// Identifiers of duties, one after another.
pub(crate) fn duty_ids() -> impl FnMut() -> DutyId {
    let mut n = 0;
    move || {
        n += 1;
        DutyId::from_parts(2, &bytes(n))
    }
}

/// A unit without traits or life.
pub(crate) fn unit(n: u32, kind: UnitKind, name: &str) -> Unit {
    Unit {
        id: unit_id(n),
        parent: (n != 0).then(|| unit_id(0)),
        kind,
        name: name.to_owned(),
        aliases: vec![],
        traits: BTreeSet::new(),
        sort: 0,
        founded: None,
        dissolved: None,
    }
}

/// A committee and so many branches, every second one with a committee of its own and of students.
pub(crate) fn college(branches: u32) -> Organisation {
    let mut units = vec![unit(0, UnitKind::Committee, "党委")];
    for n in 1..=branches {
        let mut u = unit(n, UnitKind::Branch, &format!("第{n}支部"));
        let t = if n % 2 == 0 { ["committee", "student"].as_slice() } else { ["staff"].as_slice() };
        u.traits = t.iter().map(|s| (*s).to_owned()).collect();
        units.push(u);
    }
    Organisation { name: "示例职业学院".to_owned(), units }
}

/// So many members in each branch, since 2020.
pub(crate) fn roster(branches: u32, each: u32) -> Roster {
    let members = (1..=branches).flat_map(|b| (0..each).map(move |i| (b, b * 1000 + i)));
    let memberships = members
        .map(|(b, p)| Membership {
            id: MembershipId::from_parts(1, &bytes(p)),
            person: person_id(p),
            branch: unit_id(b),
            group: None,
            stage: Stage::Full,
            since: date(2020, 1, 1),
            until: None,
        })
        .collect();
    Roster::new(memberships, vec![])
}

/// An obligation of a clause, assessed, in the ledger `general`.
pub(crate) fn obligation(n: u32, title: &str, bearers: Bearers, cadence: Cadence) -> Obligation {
    Obligation {
        id: obligation_id(n),
        source: DutySource::Plan(PlanId::from_parts(1, &bytes(0))),
        year: 2022,
        key: format!("{n}.1"),
        item: Some(n as usize),
        title: title.to_owned(),
        kind: MeasureKind::Counted,
        origin: Origin::Clause { text: title.to_owned(), span: Span::new(0, 0) },
        bearers,
        lead: vec![],
        cadence,
        ledger: Some("general".to_owned()),
        condition: model::Conditions::default(),
        assessed: true,
    }
}

/// Every branch.
pub(crate) fn branches() -> Bearers {
    Bearers { kinds: BTreeSet::from([UnitKind::Branch]), ..Bearers::default() }
}

/// So many times in each period.
pub(crate) fn every(times: u32, per: Per) -> Cadence {
    Cadence::AtLeast { times, per }
}

/// A plan of 60 obligations: what branches owe by rule, and what clauses ask by a day. About 90 duties a branch.
pub(crate) fn plan() -> Vec<Obligation> {
    let mut out: Vec<Obligation> = [
        ("支部党员大会", every(1, Per::Quarter)),
        ("支委会", every(1, Per::Month)),
        ("主题党日", every(1, Per::Month)),
        ("党课", every(1, Per::Quarter)),
        ("组织生活会", every(1, Per::Year)),
        ("民主评议党员", every(1, Per::Year)),
        ("谈心谈话", every(1, Per::HalfYear)),
        ("专项自查", every(1, Per::HalfYear)),
        ("党费公布", every(1, Per::Year)),
    ]
    .into_iter()
    .zip(1..)
    .map(|((title, cadence), n)| obligation(n, title, branches(), cadence))
    .collect();
    for n in 10..=60u32 {
        let month = i8::try_from(n % 10).unwrap_or(0) + 3;
        out.push(obligation(n, "一般工作", branches(), Cadence::By(Due::MonthEnd { month })));
    }
    out
}

/// A basis over these parts: made on 20 February of 2022, for the whole year.
pub(crate) fn basis<'a>(
    org: &'a Organisation,
    roster: &'a Roster,
    calendar: &'a SchoolCalendar,
    empty: &'a (Moments, Usual),
) -> Basis<'a> {
    Basis {
        org,
        roster,
        calendar,
        year: 2022,
        made: date(2022, 2, 20),
        from: date(2022, 1, 1),
        rules: "1",
        moments: &empty.0,
        usual_months: &empty.1,
    }
}

/// The duties of a whole plan.
pub(crate) fn year(plan: &[Obligation], basis: &Basis<'_>) -> Vec<Duty> {
    let mut ids = duty_ids();
    plan.iter().flat_map(|o| schedule(o, basis, &mut ids)).collect()
}

/// The facts of a duty on 30 September: two in three done, some of them late.
pub(crate) fn facts(duty: &Duty, n: usize) -> StandingFacts {
    let mut f = runtime::gather(duty, date(2022, 2, 20), None, &[], &[], &[]);
    if !n.is_multiple_of(3) && duty.starts < date(2022, 9, 1) {
        let day = if n.is_multiple_of(11) { duty.due.tomorrow().unwrap_or(duty.due) } else { duty.planned };
        f.credits.push((day, day, None, duty.need));
    }
    f
}
