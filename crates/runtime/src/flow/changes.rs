//! What a done step changes, resolved: who, what, from when until when. The acts of `work` carry it out.

use jiff::ToSpan;
use jiff::civil::Date;
use model::flow::{Effect, EffectKind, Given, Plus, Target};
use model::{PersonId, UnitId, Value};

use super::values::people_in;
use super::world::Context;
use super::{Case, Event, State, Subject, What, World};

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The stage of a subject.
    Stage(Subject, String, Date),
    /// A fact becomes known: its value, since when, its last day.
    Fact {
        /// About whom.
        subject: Subject,
        /// Its name.
        name: String,
        /// What it says.
        value: Option<Value>,
        /// Since when.
        from: Date,
        /// Its last day.
        ends: Option<Date>,
    },
    /// A fact ceases.
    Cleared(Subject, String),
    /// A post is given.
    Post(PersonId, UnitId, String, Date, Option<Date>),
    /// A person moves to a branch.
    Move(PersonId, UnitId, Date),
    /// A unit is founded, merged, dissolved or changed.
    Unit(UnitId, String, Date),
    /// A number of a series is given.
    Number(String),
    /// A paper is drawn up.
    Paper(String),
    /// A unit is told.
    Tell(UnitId),
    /// A case of another procedure is opened.
    Open(Subject, String),
    /// The cases of another procedure about the subject are closed.
    Close(Subject, String),
}

/// What an event changes, by the step's effects for its outcome. `state` is the one after it.
#[must_use]
pub fn changes(
    workflow: &model::flow::Workflow,
    case: &Case,
    state: &State,
    world: &World<'_>,
    event: &Event,
) -> Vec<Change> {
    let (step, line, outcome, entry, row) = match &event.what {
        What::Done { step, line, outcome, entry, row, .. } => (step, *line, outcome.clone(), *entry, row),
        What::Skipped(step, line) => (step, *line, "skipped".to_owned(), None, &None),
        _ => return Vec::new(),
    };
    let Some(place) = workflow.place(step) else { return Vec::new() };
    let Some(at) = workflow.steps.get(place) else { return Vec::new() };
    let record = entry
        .and_then(|e| world.entries.get(&e))
        .map(|(entry, who)| (entry, row.as_ref().map(|(table, at)| (table.as_str(), *at)), *who));
    let cx = Context { world, workflow, case, state, place, line, record, day: event.day };
    let meant = |o: &str| o == outcome || (o == "done" && !matches!(outcome.as_str(), "lapsed" | "skipped"));
    let of = at.effects.iter().filter(|(o, _)| meant(o));
    of.flat_map(|(_, all)| all).flat_map(|e| resolved(e, &cx)).collect()
}

/// What the lapse of a step changes.
#[must_use]
pub fn lapsed(
    workflow: &model::flow::Workflow,
    case: &Case,
    state: &State,
    world: &World<'_>,
    (place, line, day): (usize, Option<usize>, Date),
) -> Vec<Change> {
    let Some(at) = workflow.steps.get(place) else { return Vec::new() };
    let cx = Context { world, workflow, case, state, place, line, record: None, day };
    let of = at.effects.iter().filter(|(o, _)| o == "lapsed");
    of.flat_map(|(_, all)| all).flat_map(|e| resolved(e, &cx)).collect()
}

/// One effect, resolved.
pub(crate) fn resolved(effect: &Effect, cx: &Context<'_>) -> Vec<Change> {
    let from = effect.from.as_ref().map_or(Some(cx.day), |p| cx.day_of(p)).unwrap_or(cx.day);
    let ends = match (&effect.to, &effect.plus) {
        (Some(point), _) => cx.day_of(point),
        (None, Some(Plus::Length(length))) => Some(cx.world.days.after(from, *length)),
        (None, Some(Plus::Months(path))) => {
            let months = cx.values(path).iter().find_map(|v| match v {
                Value::Number(n) => Some(n / 1000),
                _ => None,
            });
            months.and_then(|n| from.checked_add(n.months()).ok())
        }
        (None, None) => None,
    };
    let subjects = subjects(&effect.on, cx);
    let each = |make: &dyn Fn(Subject) -> Option<Change>| subjects.iter().filter_map(|s| make(*s)).collect();
    match &effect.kind {
        EffectKind::Stage(stage) => {
            let given = || match effect.is.as_ref().and_then(|g| value(g, cx)) {
                Some(Value::Choice(id)) => Some(id),
                _ => None,
            };
            let stage = stage.clone().or_else(given);
            each(&|s| Some(Change::Stage(s, stage.clone()?, from)))
        }
        EffectKind::Fact(name) if effect.clear => each(&|s| Some(Change::Cleared(s, name.clone()))),
        EffectKind::Fact(name) => each(&|subject| {
            let value = effect.is.as_ref().and_then(|g| value(g, cx));
            Some(Change::Fact { subject, name: name.clone(), value, from, ends })
        }),
        EffectKind::Post(named) => {
            // A role stands for its first post.
            let role = cx.world.rulebook.roles().roles.iter().find(|r| r.id == *named);
            let title = role.and_then(|r| r.posts.first()).unwrap_or(named);
            each(&|s| match s {
                Subject::Person(id) => Some(Change::Post(id, cx.own(), title.clone(), from, ends)),
                _ => None,
            })
        }
        EffectKind::Move => {
            let to = effect.is.as_ref().and_then(|g| value(g, cx)).and_then(|v| match v {
                Value::Unit(id) => Some(id),
                _ => None,
            });
            each(&|s| match (s, to) {
                (Subject::Person(id), Some(to)) => Some(Change::Move(id, to, from)),
                _ => None,
            })
        }
        EffectKind::Unit(act) => each(&|s| match s {
            Subject::Unit(id) => Some(Change::Unit(id, act.clone(), from)),
            _ => None,
        }),
        EffectKind::Number(series) => vec![Change::Number(series.clone())],
        EffectKind::Paper(paper) => vec![Change::Paper(paper.clone())],
        EffectKind::Tell(who) => cx.who(who).map(Change::Tell).into_iter().collect(),
        EffectKind::Open(workflow) => each(&|s| Some(Change::Open(s, workflow.clone()))),
        EffectKind::Close(workflow) => each(&|s| Some(Change::Close(s, workflow.clone()))),
    }
}

fn subjects(on: &Target, cx: &Context<'_>) -> Vec<Subject> {
    match on {
        Target::Subject => vec![cx.case.subject],
        Target::Record => cx.record.map(|(e, ..)| Subject::Record(e.id, None)).into_iter().collect(),
        Target::Line => {
            let line = cx.current_line();
            let person = line.and_then(|l| l.person).map(Subject::Person);
            person.or_else(|| line.and_then(|l| l.unit).map(Subject::Unit)).into_iter().collect()
        }
        Target::Field(path) => {
            let named = |v: &Value| -> Vec<Subject> {
                match v {
                    Value::Unit(id) => vec![Subject::Unit(*id)],
                    Value::Units(ids) => ids.iter().map(|u| Subject::Unit(*u)).collect(),
                    other => people_in(other).into_iter().map(Subject::Person).collect(),
                }
            };
            cx.values(path).iter().flat_map(named).collect()
        }
    }
}

fn value(given: &Given, cx: &Context<'_>) -> Option<Value> {
    match given {
        Given::Text(t) => Some(Value::Choice(t.clone())),
        Given::Number(n) => Some(Value::Number(n.saturating_mul(1000))),
        Given::Day(d) => Some(Value::Day(*d)),
        Given::Path(path) => cx.values(path).into_iter().next(),
        Given::Point(point) => cx.day_of(point).map(Value::Day),
    }
}
