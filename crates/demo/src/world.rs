//! What the making of records looks things up in.

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;
use model::{Membership, Organisation, Person, PersonId, Post, Stage, Unit, UnitId, UnitKind};
use rulebook::Rulebook;
use runtime::SchoolCalendar;

use super::{
    material::{Audience, Material},
    people::People,
};

/// The college with its people, indexed.
pub(crate) struct World<'a> {
    pub(crate) org: &'a Organisation,
    pub(crate) rulebook: &'a Rulebook,
    pub(crate) calendar: &'a SchoolCalendar,
    pub(crate) words: &'a Material,
    pub(crate) seed: u64,
    pub(crate) today: Date,
    units: HashMap<UnitId, &'a Unit>,
    persons: HashMap<PersonId, &'a Person>,
    by_branch: HashMap<UnitId, Vec<&'a Membership>>,
    posts: HashMap<UnitId, Vec<&'a Post>>,
}

fn holds(since: Date, until: Option<Date>, day: Date) -> bool {
    since <= day && until.is_none_or(|u| day < u)
}

impl<'a> World<'a> {
    pub(crate) fn new(
        org: &'a Organisation,
        people: &'a People,
        rulebook: &'a Rulebook,
        calendar: &'a SchoolCalendar,
        words: &'a Material,
        seed: u64,
        today: Date,
    ) -> Self {
        let mut by_branch: HashMap<UnitId, Vec<&Membership>> = HashMap::new();
        for m in &people.memberships {
            by_branch.entry(m.branch).or_default().push(m);
        }
        let mut posts: HashMap<UnitId, Vec<&Post>> = HashMap::new();
        for p in &people.posts {
            posts.entry(p.unit).or_default().push(p);
        }
        Self {
            org,
            rulebook,
            calendar,
            words,
            seed,
            today,
            units: org.units.iter().map(|u| (u.id, u)).collect(),
            persons: people.persons.iter().map(|p| (p.id, p)).collect(),
            by_branch,
            posts,
        }
    }

    pub(crate) fn unit(&self, id: UnitId) -> Option<&'a Unit> {
        self.units.get(&id).copied()
    }

    pub(crate) fn person(&self, id: PersonId) -> Option<&'a Person> {
        self.persons.get(&id).copied()
    }

    /// Holders of posts in a unit on a day, in the order of the posts: the head first.
    pub(crate) fn officers(&self, unit: UnitId, day: Date) -> Vec<&'a Person> {
        let all = self.posts.get(&unit).map(Vec::as_slice).unwrap_or_default();
        all.iter().filter(|p| holds(p.since, p.until, day)).filter_map(|p| self.person(p.person)).collect()
    }

    /// The branch of a unit: itself, or the one that a group belongs to.
    fn branch_of(&self, unit: &Unit) -> UnitId {
        if unit.kind == UnitKind::Group { unit.parent.unwrap_or(unit.id) } else { unit.id }
    }

    /// Party members of a branch or a group on a day; none for other units.
    pub(crate) fn members(&self, unit: &Unit, day: Date) -> Vec<&'a Person> {
        let all = self.by_branch.get(&self.branch_of(unit)).map(Vec::as_slice).unwrap_or_default();
        all.iter()
            .filter(|m| m.stage.is_member() && holds(m.since, m.until, day))
            .filter(|m| unit.kind != UnitKind::Group || m.group == Some(unit.id))
            .filter_map(|m| self.person(m.person))
            .collect()
    }

    /// Full members of a branch or a group on a day: those who may vote.
    pub(crate) fn full_members(&self, unit: &Unit, day: Date) -> HashSet<PersonId> {
        let all = self.by_branch.get(&self.branch_of(unit)).map(Vec::as_slice).unwrap_or_default();
        all.iter()
            .filter(|m| m.stage == Stage::Full && holds(m.since, m.until, day))
            .map(|m| m.person)
            .collect()
    }

    /// Those who meet when a unit that is no branch meets: its officers and the heads of the units right below it; for
    /// the committee the leaders and the heads of the departments that prepare its meetings.
    pub(crate) fn board(&self, unit: &Unit, day: Date) -> Vec<&'a Person> {
        let mut out = self.officers(unit.id, day);
        let below = self.org.units.iter().filter(|u| u.parent == Some(unit.id)).filter(|u| match unit.kind {
            UnitKind::Committee => {
                u.kind == UnitKind::Discipline
                    || ["党委办公室", "组织部", "宣传部"].contains(&u.name.as_str())
            }
            _ => u.kind == UnitKind::Branch,
        });
        for u in below {
            out.extend(self.officers(u.id, day).first().copied());
        }
        let mut seen = HashSet::new();
        out.retain(|p| seen.insert(p.id));
        out
    }

    /// What kind of members a unit has.
    pub(crate) fn audience(&self, unit: &Unit) -> Audience {
        let traits = self.unit(self.branch_of(unit)).map(|u| &u.traits);
        let has = |t: &str| traits.is_some_and(|all| all.contains(t));
        match (has("student"), has("retired")) {
            (true, _) => Audience::Student,
            (_, true) => Audience::Retired,
            _ => Audience::Staff,
        }
    }
}
