//! What holds a case open: the open steps, who bears each, by when, and what it lacks.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use model::UnitId;
use model::flow::{Due, Path, Point, Shown, Test, Workflow};

use super::judge::{Judged, judge, lack};
use super::world::Context;
use super::{Case, State, Status, Unmet, World};

/// A step that is owed.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenStep {
    /// Id of the step.
    pub step: String,
    /// Its title; of a lane, with the line's.
    pub title: String,
    /// The line of its lane.
    pub line: Option<usize>,
    /// Who bears it; none where the institution has no such unit.
    pub bearer: Option<UnitId>,
    /// Since when.
    pub since: Date,
    /// The due day as it follows from its moment.
    pub first_due: Option<Date>,
    /// The due day that holds: put off, where that was granted.
    pub due: Option<Date>,
    /// The rule by which it is due.
    pub rule: Option<Due>,
    /// Whether it is late.
    pub late: bool,
    /// What it lacks as far as can be told without its record.
    pub unmet: Vec<Unmet>,
    /// Whether nothing is owed but to decide what is disputed.
    pub disputed: bool,
}

/// The steps that are open on a day, in the order of the file, with what is disputed after them.
#[must_use]
pub fn open_steps(
    workflow: &Workflow,
    case: &Case,
    state: &State,
    world: &World<'_>,
    today: Date,
) -> Vec<OpenStep> {
    let mut out = Vec::new();
    for (place, step) in workflow.steps.iter().enumerate() {
        let Some(at) = state.places.get(place) else { continue };
        for (line, mark) in at.marks.iter().enumerate().filter(|(_, m)| m.status == Status::Open) {
            let line = step.per.is_some().then_some(line);
            let cx = Context { world, workflow, case, state, place, line, record: None, day: today };
            let due = cx.due();
            let bearer = cx.bearer();
            let mut unmet: Vec<Unmet> = step
                .guard
                .iter()
                .filter(|g| tells_without_record(&g.test))
                .filter_map(|g| match judge(&g.test, &cx) {
                    Judged::Holds => None,
                    Judged::Untold(words) if words.is_empty() => None,
                    Judged::Fails(words) => Some(lack(words, &g.cite, true, world)),
                    Judged::Untold(words) => Some(lack(words, &g.cite, false, world)),
                })
                .collect();
            if bearer.is_none() {
                unmet.push(super::offer::own_lack("unit", "没有能够承办的组织".to_owned(), false));
            }
            let title = match line.and_then(|l| at.lines.as_ref().and_then(|all| all.get(l))) {
                Some(line) => format!("{}（{}）", step.title, line.title),
                None => step.title.clone(),
            };
            out.push(OpenStep {
                step: step.id.clone(),
                title,
                line,
                bearer,
                since: mark.since,
                first_due: due.map(|d| d.first),
                due: due.map(|d| d.day),
                rule: due.map(|d| d.rule.clone()),
                late: due.is_some_and(|d| d.day < today),
                unmet,
                disputed: false,
            });
        }
    }
    for (place, since) in &state.disputed {
        let Some(step) = workflow.steps.get(*place) else { continue };
        let cx =
            Context { world, workflow, case, state, place: *place, line: None, record: None, day: today };
        out.push(OpenStep {
            step: step.id.clone(),
            title: format!("{}：核定有争议的记录", step.title),
            line: None,
            bearer: cx.bearer(),
            since: *since,
            first_due: None,
            due: None,
            rule: None,
            late: false,
            unmet: Vec::new(),
            disputed: true,
        });
    }
    out
}

/// The due days of the steps of this round, by step, as far as their moments are known; of a lane the last of its lines. A
/// step that waits has one as well: who does not sign for an order is late with the answer all the same.
#[must_use]
pub fn due_days(
    workflow: &Workflow,
    case: &Case,
    state: &State,
    world: &World<'_>,
    today: Date,
) -> BTreeMap<String, Date> {
    let mut out = BTreeMap::new();
    for (place, step) in workflow.steps.iter().enumerate() {
        let Some(at) = state.places.get(place) else { continue };
        for (line, mark) in at.marks.iter().enumerate() {
            if matches!(mark.status, Status::Dead | Status::FellAway) {
                continue;
            }
            let line = step.per.is_some().then_some(line);
            let cx = Context { world, workflow, case, state, place, line, record: None, day: today };
            if let Some(due) = cx.due() {
                let last = out.entry(step.id.clone()).or_insert(due.day);
                *last = due.day.max(*last);
            }
        }
    }
    out
}

/// The cut-off day of the sheet of a check or an appraisal.
#[must_use]
pub fn cutoff(
    workflow: &Workflow,
    case: &Case,
    state: &State,
    world: &World<'_>,
    today: Date,
) -> Option<Date> {
    let cx = Context { world, workflow, case, state, place: 0, line: None, record: None, day: today };
    cx.day_of(&Point::Cutoff)
}

/// Whether a moment is a day that the record itself says.
fn of_own_record(point: &Point) -> bool {
    match point {
        Point::Field(Path::Own(_)) => true,
        Point::First(all) => all.iter().any(of_own_record),
        _ => false,
    }
}

/// By which records a step may be shown today, in the order of the file.
#[must_use]
pub fn forms<'w>(
    (workflow, case, state): (&'w Workflow, &'w Case, &'w State),
    world: &'w World<'w>,
    (step, line): (&str, Option<usize>),
    today: Date,
) -> Vec<&'w Shown> {
    let Some(place) = workflow.place(step) else { return Vec::new() };
    let cx = Context { world, workflow, case, state, place, line, record: None, day: today };
    let shown = workflow.steps.get(place).map(|s| s.shown_by.as_slice()).unwrap_or_default();
    shown.iter().filter(|s| s.when.iter().all(|t| judge(t, &cx) == Judged::Holds)).collect()
}

/// Whose a case is on a day.
#[must_use]
pub fn own_unit(workflow: &Workflow, case: &Case, state: &State, world: &World<'_>, today: Date) -> UnitId {
    Context { world, workflow, case, state, place: 0, line: None, record: None, day: today }.own()
}

/// The ledgers of whose records a step may ask how many there are.
#[must_use]
pub fn counted_ledgers(workflow: &Workflow) -> BTreeSet<&str> {
    fn of<'t>(test: &'t Test, out: &mut BTreeSet<&'t str>) {
        match test {
            Test::Entries { ledger, .. } => {
                out.insert(ledger);
            }
            Test::Any(all) | Test::Not(all) => all.iter().for_each(|t| of(t, out)),
            _ => {}
        }
    }
    let mut out = BTreeSet::new();
    for step in &workflow.steps {
        step.when.iter().chain(step.guard.iter().map(|g| &g.test)).for_each(|t| of(t, &mut out));
    }
    out
}

/// Whether a test can be told before there is a record.
fn tells_without_record(test: &Test) -> bool {
    match test {
        Test::Time { point, .. } => !of_own_record(point),
        Test::Entries { .. }
        | Test::Fact { .. }
        | Test::Was { .. }
        | Test::Cases { .. }
        | Test::Setting(..)
        | Test::Of(..)
        | Test::Says(..)
        | Test::OfLine(_)
        | Test::Papers(_) => true,
        Test::Record(model::Condition::Unit { .. }) => true,
        Test::Record(_) | Test::Lines { .. } | Test::Against { .. } | Test::People(_) | Test::Quorum(_) => {
            false
        }
        Test::Any(all) | Test::Not(all) => all.iter().all(tells_without_record),
    }
}
