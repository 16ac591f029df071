//! What a case is judged against: units, people, facts, records, other cases.

use std::collections::BTreeMap;

use jiff::civil::Date;
use model::flow::{Who, Workflow};
use model::rule::Ledger;
use model::{Entry, EntryId, Organisation, PersonId, UnitId, Value};
use rulebook::Rulebook;
use serde::{Deserialize, Serialize};

use super::{Case, Days, State, Subject};

/// A person, as far as procedures ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Someone {
    /// Name.
    pub name: String,
    /// Stages, each since a day, in order; the words of procedures.
    pub stages: Vec<(Date, String)>,
    /// Branches, each since a day, in order.
    pub branches: Vec<(Date, UnitId)>,
    /// Posts: where, what, since, until.
    pub posts: Vec<(UnitId, String, Date, Option<Date>)>,
    /// Who is declared to be near to this person.
    pub near: Vec<PersonId>,
}

impl Someone {
    /// The stage on a day.
    #[must_use]
    pub fn stage(&self, on: Date) -> Option<&str> {
        self.stages.iter().rev().find(|(since, _)| *since <= on).map(|(_, s)| s.as_str())
    }

    /// The branch on a day; before the first day that is known, the first.
    #[must_use]
    pub fn branch(&self, on: Date) -> Option<UnitId> {
        let found = self.branches.iter().rev().find(|(since, _)| *since <= on);
        found.or(self.branches.first()).map(|(_, unit)| *unit)
    }

    /// The posts on a day.
    pub fn posts_on(&self, on: Date) -> impl Iterator<Item = (UnitId, &str)> {
        let held = move |(_, _, since, until): &&(UnitId, String, Date, Option<Date>)| {
            *since <= on && until.is_none_or(|u| on < u)
        };
        self.posts.iter().filter(held).map(|(unit, title, ..)| (*unit, title.as_str()))
    }
}

/// A fact about a subject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// Day from which it was known.
    pub known: Date,
    /// What it says.
    pub value: Option<Value>,
    /// Since when it holds.
    pub from: Option<Date>,
    /// Its last day, or the day on which what it is about ends.
    pub ends: Option<Date>,
    /// Whether it has ceased.
    pub cleared: bool,
}

/// Facts by subject and name, each as it became known.
pub type Facts = BTreeMap<(Subject, String), Vec<Fact>>;

/// All that a case is judged against.
#[derive(Clone, Copy)]
pub struct World<'a> {
    /// The rules.
    pub rulebook: &'a Rulebook,
    /// The units.
    pub organisation: &'a Organisation,
    /// The people.
    pub people: &'a BTreeMap<PersonId, Someone>,
    /// Facts about subjects.
    pub facts: &'a Facts,
    /// Every record, with who wrote it.
    pub entries: &'a BTreeMap<EntryId, (Entry, Option<PersonId>)>,
    /// Settings that were made.
    pub settings: &'a BTreeMap<String, bool>,
    /// Days of events, by id.
    pub events: &'a BTreeMap<String, Vec<Date>>,
    /// The calendar.
    pub days: &'a Days,
    /// All cases with where they stand.
    pub cases: &'a [(Case, State)],
}

impl<'a> World<'a> {
    /// What is known by a day of a fact.
    #[must_use]
    pub fn fact(&self, subject: Subject, name: &str, on: Date) -> Option<&'a Fact> {
        let all = self.facts.get(&(subject, name.to_owned()))?;
        all.iter().rev().find(|f| f.known <= on).filter(|f| !f.cleared)
    }

    /// A setting, as it was made or as the rulebook has it.
    #[must_use]
    pub fn setting(&self, id: &str) -> bool {
        let usual = || self.rulebook.settings().find(|s| s.id == id).is_some_and(|s| s.on);
        self.settings.get(id).copied().unwrap_or_else(usual)
    }

    /// The name of a unit.
    pub(crate) fn unit_name(&self, id: UnitId) -> &'a str {
        self.organisation.unit(id).map_or("", |u| u.name.as_str())
    }

    /// The ledgers of a record, by the form of its day.
    pub(crate) fn ledger(&self, id: &str, on: Date) -> Option<&'a Ledger> {
        self.rulebook.ledger_on(id, on).ok().or_else(|| self.rulebook.ledger(id))
    }

    /// The nearest unit above `unit` that has the trait; what stands above all others is above itself.
    fn nearest_above(&self, unit: UnitId, wanted: &str) -> Option<UnitId> {
        let own = self.organisation.unit(unit)?;
        if own.parent.is_none() {
            return own.traits.contains(wanted).then_some(unit);
        }
        let mut at = own.parent;
        while let Some(unit) = at.and_then(|id| self.organisation.unit(id)) {
            if unit.traits.contains(wanted) {
                return Some(unit.id);
            }
            at = unit.parent;
        }
        None
    }

    fn above(&self, unit: UnitId, places: u8) -> Option<UnitId> {
        let mut at = unit;
        for _ in 0..places {
            at = self.organisation.unit(at)?.parent?;
        }
        Some(at)
    }

    fn with_role(&self, id: &str, on: Date) -> Option<UnitId> {
        let role = self.rulebook.roles().roles.iter().find(|r| r.id == id)?;
        let fits = |u: &&model::Unit| {
            (role.kinds.is_empty() || role.kinds.contains(&u.kind))
                && role.with.is_subset(&u.traits)
                && u.exists_on(on)
        };
        self.organisation.units.iter().find(fits).map(|u| u.id)
    }

    /// The units that are meant of a duty that no case stands behind, and the posts that act for a role.
    #[must_use]
    pub fn units_of(
        &self,
        who: &Who,
        own: UnitId,
        opened_by: Option<UnitId>,
        co_owners: &[UnitId],
        on: Date,
    ) -> (Vec<UnitId>, Vec<String>) {
        let posts = |id: &str| {
            let role = self.rulebook.roles().roles.iter().find(|r| r.id == id);
            role.map(|r| r.posts.clone()).unwrap_or_default()
        };
        match who {
            Who::Own | Who::Subject | Who::Line => (vec![own], Vec::new()),
            Who::Above(n) | Who::AboveLine(n) => (self.above(own, *n).into_iter().collect(), Vec::new()),
            Who::NearestAbove(wanted) => (self.nearest_above(own, wanted).into_iter().collect(), Vec::new()),
            Who::Role(id) => (self.with_role(id, on).into_iter().collect(), posts(id)),
            Who::SameAs(_) => (opened_by.into_iter().collect(), Vec::new()),
            Who::Field(_) => (co_owners.to_vec(), Vec::new()),
            Who::Outside => (Vec::new(), Vec::new()),
        }
    }

    /// The branch of a person on a day.
    pub(crate) fn branch(&self, person: PersonId, on: Date) -> Option<UnitId> {
        self.people.get(&person).and_then(|p| p.branch(on))
    }
}

/// A record that is offered: the record, the table and line of it that speak of the case, who wrote it.
pub(crate) type Offered<'a> = (&'a Entry, Option<(&'a str, usize)>, Option<PersonId>);

/// A case with all that it is judged against, at one of its steps, on a day.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) world: &'a World<'a>,
    pub(crate) workflow: &'a Workflow,
    pub(crate) case: &'a Case,
    pub(crate) state: &'a State,
    /// Place of the step.
    pub(crate) place: usize,
    /// Line of its lane.
    pub(crate) line: Option<usize>,
    /// The record that is offered: with the table and line that speak of the case, and who wrote it.
    pub(crate) record: Option<Offered<'a>>,
    /// The day of the record, or the day that is asked about.
    pub(crate) day: Date,
}

impl<'a> Context<'a> {
    /// The unit of the case on the day.
    pub(crate) fn own(&self) -> UnitId {
        if let Some(unit) = self.state.handed {
            return unit;
        }
        let of_subject = match self.case.subject {
            Subject::Person(person) => self.world.branch(person, self.day),
            Subject::Unit(unit) => Some(unit),
            Subject::Record(..) | Subject::Matter(_) => None,
        };
        let named = self.workflow.unit.as_ref().and_then(|path| self.unit_at(path));
        named.or(of_subject).unwrap_or(self.case.unit)
    }

    /// The unit that a value names; of a person, the branch.
    pub(crate) fn unit_at(&self, path: &model::flow::Path) -> Option<UnitId> {
        self.values(path).iter().find_map(|v| match v {
            Value::Unit(unit) => Some(*unit),
            Value::Units(units) => units.first().copied(),
            Value::Person { id: Some(id), .. } => self.world.branch(*id, self.day),
            Value::People(people) => {
                people.iter().find_map(|p| p.person).and_then(|id| self.world.branch(id, self.day))
            }
            _ => None,
        })
    }

    /// Who bears the step.
    pub(crate) fn bearer(&self) -> Option<UnitId> {
        let step = self.workflow.steps.get(self.place)?;
        match (&step.by, &step.kept_by) {
            (Who::Outside, Some(keeper)) => self.who(keeper),
            (who, _) => self.who(who),
        }
    }

    /// The unit that is meant.
    pub(crate) fn who(&self, who: &Who) -> Option<UnitId> {
        match who {
            Who::Own => Some(self.own()),
            Who::Above(n) => self.world.above(self.own(), *n),
            Who::AboveLine(n) => self.line_unit().and_then(|unit| self.world.above(unit, *n)),
            Who::NearestAbove(wanted) => self.world.nearest_above(self.own(), wanted),
            Who::Role(id) => self.world.with_role(id, self.day),
            Who::Field(path) => self.unit_at(path),
            Who::SameAs(None) => Some(self.case.opened_by),
            Who::SameAs(Some(step)) => {
                let place = self.workflow.place(step)?;
                let done = self.state.latest(place, None).and_then(|d| d.unit);
                // A step that says "the same" of itself would be asked for ever.
                done.or_else(|| (place < self.place).then(|| Context { place, ..*self }.bearer()).flatten())
            }
            Who::Subject => match self.case.subject {
                Subject::Person(person) => self.world.branch(person, self.day),
                Subject::Unit(unit) => Some(unit),
                Subject::Record(..) | Subject::Matter(_) => Some(self.own()),
            },
            Who::Line => {
                let line = self.current_line()?;
                line.unit.or_else(|| line.person.and_then(|p| self.world.branch(p, self.day)))
            }
            Who::Outside => None,
        }
    }

    /// The unit of the line of the lane; of a person, the branch.
    pub(crate) fn line_unit(&self) -> Option<UnitId> {
        let line = self.current_line()?;
        line.unit.or_else(|| line.person.and_then(|p| self.world.branch(p, self.day)))
    }

    /// The line of the lane that is asked about.
    pub(crate) fn current_line(&self) -> Option<&'a super::Line> {
        self.state.places.get(self.place)?.lines.as_ref()?.get(self.line?)
    }
}
