//! People as procedures see them, and what a procedure changes in the roster.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use model::{Membership, MembershipId, PersonId, Post, PostId, Stage, UnitId, Value};
use runtime::flow::{Change, Fact, Facts, Someone, Subject};
use store::{Held, PersonSave, PersonState};

/// The word by which procedures speak of whoever has applied and is nothing more yet.
const APPLICANT: &str = "applicant";
/// The words by which somebody is a member no longer.
const GONE: [&str; 3] = ["cancelled", "removed", "left"];
/// The day from which something counts as known of old.
const ALWAYS: Date = Date::constant(1900, 1, 1);

/// A person, as procedures see them.
#[must_use]
pub(super) fn someone(state: &PersonState) -> Someone {
    let mut stages: Vec<(Date, usize, String)> = Vec::new();
    stages.extend(state.file.applied.map(|day| (day, 0, APPLICANT.to_owned())));
    for (rank, (stage, id)) in Stage::IDS.into_iter().map(|(id, stage)| (stage, id)).enumerate() {
        stages.extend(state.file.stage_day(stage).map(|day| (day, rank + 1, id.to_owned())));
        let of = state.memberships.iter().filter(|m| m.stage == stage);
        stages.extend(of.map(|m| (m.since, rank + 1, id.to_owned())));
    }
    stages.sort();
    Someone {
        name: state.person.name.clone(),
        stages: stages.into_iter().map(|(day, _, id)| (day, id)).collect(),
        branches: state.memberships.iter().map(|m| (m.since, m.branch)).collect(),
        posts: state.posts.iter().map(|p| (p.unit, p.title.clone(), p.since, p.until)).collect(),
        near: Vec::new(),
    }
}

/// What the roster knows of a person that procedures ask as facts.
pub(super) fn facts_of(state: &PersonState, facts: &mut Facts) {
    let subject = Subject::Person(state.person.id);
    if let Some(born) = state.file.born {
        let fact =
            Fact { known: ALWAYS, value: Some(Value::Day(born)), from: None, ends: None, cleared: false };
        facts.entry((subject, "born".to_owned())).or_default().insert(0, fact);
    }
    // 预备期为一年，从支部大会通过接收之日起算 (《中国共产党章程》第七条).
    let probationary = state.memberships.last().is_some_and(|m| m.stage == Stage::Probationary);
    if let Some(joined) = state.file.joined.filter(|_| probationary) {
        let ends = joined.checked_add(1.year()).ok();
        let fact = Fact { known: joined, value: None, from: Some(joined), ends, cleared: false };
        facts.entry((subject, "probation".to_owned())).or_default().insert(0, fact);
    }
}

/// The people whom changes concern, as they shall stand.
pub(super) fn changed(
    held: &BTreeMap<PersonId, Held>,
    changes: &[(UnitId, Change)],
    note: &str,
) -> Vec<PersonSave> {
    let mut out: BTreeMap<PersonId, PersonState> = BTreeMap::new();
    for (own, change) in changes {
        let id = match change {
            Change::Stage(Subject::Person(id), ..) | Change::Post(id, ..) | Change::Move(id, ..) => *id,
            _ => continue,
        };
        let Some(before) = held.get(&id) else { continue };
        let state = out.entry(id).or_insert_with(|| before.state.clone());
        match change {
            Change::Stage(_, stage, from) => {
                // Who comes from elsewhere has their stage from long ago, and is of the branch from the day they are placed.
                let comes = changes.iter().find_map(|(_, other)| match other {
                    Change::Move(who, to, on) if *who == id => Some((*to, *on)),
                    _ => None,
                });
                reach(state, stage, *from, comes.unwrap_or((*own, *from)));
            }
            Change::Move(_, to, from) => go(state, *to, *from),
            Change::Post(_, unit, title, from, until) => state.posts.push(Post {
                id: PostId::fresh(),
                person: id,
                unit: *unit,
                title: title.clone(),
                since: *from,
                until: *until,
            }),
            _ => {}
        }
    }
    let save = |(id, state): (PersonId, PersonState)| {
        let before = held.get(&id)?;
        (before.state != state).then(|| PersonSave {
            state,
            based_on: Some(before.revision),
            secrets: BTreeMap::new(),
            note: note.to_owned(),
        })
    };
    out.into_iter().filter_map(save).collect()
}

/// Somebody reaches a stage on a day; in their own branch, or where they have none yet in the one that they come into, from
/// when they do.
fn reach(state: &mut PersonState, stage: &str, from: Date, (comes_to, since): (UnitId, Date)) {
    if stage == APPLICANT {
        state.file.applied.get_or_insert(from);
        return;
    }
    if GONE.contains(&stage) {
        if let Some(last) = state.memberships.iter_mut().find(|m| m.until.is_none()) {
            last.until = Some(from.max(last.since));
        }
        return;
    }
    let Some(stage) = Stage::from_id(stage) else { return };
    state.file.set_stage_day(stage, Some(from));
    let now = state.memberships.iter_mut().find(|m| m.until.is_none());
    let (branch, group, since) = match now {
        Some(now) if now.stage == stage => return,
        Some(now) if now.since >= from => {
            now.stage = stage;
            return;
        }
        Some(now) => {
            now.until = Some(from);
            (now.branch, now.group, from)
        }
        None => (comes_to, None, since),
    };
    let id = MembershipId::fresh();
    let person = state.person.id;
    state.memberships.push(Membership { id, person, branch, group, stage, since, until: None });
}

/// Somebody goes to another branch on a day.
fn go(state: &mut PersonState, to: UnitId, from: Date) {
    let Some(now) = state.memberships.iter_mut().find(|m| m.until.is_none()) else { return };
    if now.branch == to {
        return;
    }
    if now.since >= from {
        now.branch = to;
        now.group = None;
        return;
    }
    now.until = Some(from);
    let (person, stage) = (now.person, now.stage);
    let id = MembershipId::fresh();
    state.memberships.push(Membership {
        id,
        person,
        branch: to,
        group: None,
        stage,
        since: from,
        until: None,
    });
}
