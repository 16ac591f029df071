//! 组织变动: what founding, merging, splitting or dissolving units changes in the year that runs. Counting it before it is
//! confirmed and doing it are the same computation.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::civil::Date;
use model::{AlsoAsked, Duty, DutyId, Obligation, ObligationId, PersonId, Standing, StandingFacts, UnitId};

use crate::posts;
use crate::roster::Roster;
use crate::schedule::{Basis, schedule};
use crate::shared::share;
use crate::standing::{credited, due_on, gather, standing};

/// What changes on a day, as far as duties are concerned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Regroup {
    /// Units that are no more from the day on.
    pub ended: BTreeSet<UnitId>,
    /// Units that are there from the day on.
    pub founded: BTreeSet<UnitId>,
    /// The units out of which the founded ones came: what they have done of a running period is not asked again.
    pub came_from: BTreeSet<UnitId>,
    /// Members who go to another branch, with that branch.
    pub moved: BTreeMap<PersonId, UnitId>,
}

/// What follows for the duties of a year.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Regrouped {
    /// Duties that end.
    pub drop: Vec<DutyId>,
    /// Duties that are made.
    pub duties: Vec<Duty>,
    /// What asks the made duties beside the obligation for which each was made.
    pub also: Vec<AlsoAsked>,
    /// Of an ended duty of a person, the one made in its place in their new branch.
    pub carry: Vec<(DutyId, DutyId)>,
    /// How many duties of ended units stay because they were due before the day.
    pub due_before: u32,
    /// How many stay because they are done or waived.
    pub done: u32,
}

/// What a regrouping on `basis.from` changes in the duties of one year, from all its sources. `basis.org` are the units as they are after it,
/// `basis.roster` the people; `basis.made` is today.
///
/// - Duties of a unit that is no more end when they are due on the day or later and neither done nor waived; those due
///   before stay, and so does what is done.
/// - A person's duty goes with them into the new branch, with what counts for it. One that hangs on a post ends with the
///   post, unless they hold such a post still.
/// - A unit that is founded owes what is asked of its kind from the day on, as [`schedule`] makes it for what is founded
///   inside a period; of a period that has begun, not what every unit that it came out of has done already.
#[must_use]
pub fn regroup(
    change: &Regroup,
    obligations: &[Obligation],
    duties: &[(Duty, StandingFacts)],
    basis: &Basis<'_>,
    ids: &mut dyn FnMut() -> DutyId,
) -> Regrouped {
    let (day, today) = (basis.from, basis.made);
    let asked: HashMap<ObligationId, &Obligation> = obligations.iter().map(|o| (o.id, o)).collect();
    let mut out = Regrouped::default();
    for (duty, facts) in duties.iter().filter(|(_, f)| f.dropped.is_none_or(|d| day < d)) {
        let to = duty.person.and_then(|p| change.moved.get(&p)).copied().filter(|to| *to != duty.unit);
        let ends = change.ended.contains(&duty.unit);
        if !ends && to.is_none() {
            continue;
        }
        if due_on(facts, today) < day {
            out.due_before += u32::from(ends);
            continue;
        }
        if is_settled(facts, today) {
            out.done += u32::from(ends);
            continue;
        }
        out.drop.push(duty.id);
        let mut askers = facts.asked_by(today).filter_map(|o| asked.get(&o));
        let Some(o) = askers.next() else { continue };
        if let Some(unit) = to
            && duty.person.is_some_and(|p| holds_still(o, p, basis.roster, day))
        {
            let again = Duty {
                id: ids(),
                unit,
                obligation: o.id,
                planned: duty.planned.max(day).min(duty.due),
                ..duty.clone()
            };
            out.also.extend(askers.map(|o| AlsoAsked {
                duty: again.id,
                by: o.id,
                since: today,
                until: None,
            }));
            if credited(facts, today) > 0 {
                out.carry.push((duty.id, again.id));
            }
            out.duties.push(again);
        }
    }
    let founded = model::Organisation {
        name: String::new(),
        units: basis.org.units.iter().filter(|u| change.founded.contains(&u.id)).cloned().collect(),
    };
    if founded.units.is_empty() {
        return out;
    }
    // The people's duties came with them; here only the units' own are made.
    let nobody = Roster::default();
    let new = Basis { org: &founded, roster: &nobody, ..*basis };
    let done = done_before(change, duties, day, today);
    let mut made: Vec<(Duty, StandingFacts)> = Vec::new();
    for o in obligations {
        let wanted = schedule(o, &new, ids);
        let wanted = wanted.into_iter().filter(|want| !done.contains(&(o.id, want.due, want.seq))).collect();
        let shared = share(wanted, &made, |id| asked.get(&id).copied(), today);
        for also in &shared.also {
            if let Some((_, facts)) = made.iter_mut().find(|(d, _)| d.id == also.duty) {
                facts.also.push((also.by, also.since, also.until));
            }
        }
        out.also.extend(shared.also);
        made.extend(shared.duties.into_iter().map(|d| {
            let facts = gather(&d, today, None, &[], &[], &[]);
            (d, facts)
        }));
    }
    out.duties.extend(made.into_iter().map(|(d, _)| d));
    out
}

fn is_settled(facts: &StandingFacts, today: Date) -> bool {
    matches!(standing(facts, today, 0), Some(Standing::Met | Standing::MetLate | Standing::Waived))
}

/// Whether a duty of this obligation is the person's own after the day: it hangs on no post, or on one that they hold.
fn holds_still(o: &Obligation, person: PersonId, roster: &Roster, day: Date) -> bool {
    o.bearers.posts.is_empty()
        || roster.holders(&posts::ways(&o.bearers.posts), day).any(|p| p.person == person)
}

/// The slots begun before the day that every unit out of which a founded one came, and that owed them, has done.
fn done_before(
    change: &Regroup,
    duties: &[(Duty, StandingFacts)],
    day: Date,
    today: Date,
) -> BTreeSet<(ObligationId, Date, u32)> {
    let theirs = |d: &Duty| d.person.is_none() && change.came_from.contains(&d.unit) && d.starts < day;
    let mut all: BTreeMap<(ObligationId, Date, u32), bool> = BTreeMap::new();
    for (duty, facts) in duties.iter().filter(|(d, _)| theirs(d)) {
        for by in facts.asked_by(today) {
            let done = all.entry((by, duty.due, duty.seq)).or_insert(true);
            *done = *done && is_settled(facts, today);
        }
    }
    all.into_iter().filter(|(_, done)| *done).map(|(slot, _)| slot).collect()
}
