//! What stands where a path leads, and the days of moments.

use jiff::civil::Date;
use model::flow::{Due, DueRule, Path, Point};
use model::{Entry, PersonId, Row, Value};

use super::judge::{Judged, judge};
use super::world::Context;
use super::{Days, Done, Status, Subject};

/// A due day: as it follows from its moment, and as it was put off.
#[derive(Clone, Copy)]
pub(crate) struct DueDay<'a> {
    pub(crate) rule: &'a Due,
    pub(crate) first: Date,
    pub(crate) day: Date,
}

impl<'a> Context<'a> {
    /// What a path leads to: one value, several of a list, none.
    pub(crate) fn values(&self, path: &Path) -> Vec<Value> {
        match path {
            Path::Own(field) => self.own_value(field).cloned().into_iter().collect(),
            Path::Step { step, field } => {
                let Some(place) = self.workflow.place(step) else { return Vec::new() };
                self.of_step(place, field).cloned().into_iter().collect()
            }
            Path::Line(field) => {
                let Some(line) = self.current_line() else { return Vec::new() };
                match line.row.get(field) {
                    Some(value) => vec![value.clone()],
                    None => line.unit.map(Value::Unit).into_iter().collect(),
                }
            }
            Path::Subject(fact) => self.subject_fact(fact).into_iter().collect(),
            Path::Parent(field) => self.of_parent(field).into_iter().collect(),
            Path::Record(field) => self.of_subject_record(field).cloned().into_iter().collect(),
        }
    }

    /// A field of the record that is offered: of its line, then of the record.
    pub(crate) fn own_value(&self, field: &str) -> Option<&'a Value> {
        let (entry, row, _) = self.record?;
        row_of(entry, row).and_then(|r| r.get(field)).or_else(|| entry.values.get(field))
    }

    /// A field of the latest record of a step.
    pub(crate) fn of_step(&self, place: usize, field: &str) -> Option<&'a Value> {
        let same_lane = self.workflow.steps.get(place).map(|s| &s.per)
            == self.workflow.steps.get(self.place).map(|s| &s.per);
        let line = self.line.filter(|_| same_lane);
        let done = self.state.places.get(place)?.done.iter().rev();
        done.filter(|d| line.is_none() || d.line == line).find_map(|d| self.of_done(d, field))
    }

    fn of_done(&self, done: &Done, field: &str) -> Option<&'a Value> {
        let (entry, _) = self.world.entries.get(&done.entry?)?;
        let row = done.row.as_ref().map(|(table, at)| (table.as_str(), *at));
        row_of(entry, row).and_then(|r| r.get(field)).or_else(|| entry.values.get(field))
    }

    fn of_parent(&self, field: &str) -> Option<Value> {
        let parent = self.case.parent?;
        let (case, state) = self.world.cases.iter().find(|(c, _)| c.id == parent)?;
        let mut done: Vec<&Done> = state.places.iter().flat_map(|p| &p.done).collect();
        done.sort_by_key(|d| d.known);
        let said = done.iter().rev().find_map(|d| self.of_done(d, field)).cloned();
        said.or_else(|| self.world.fact(case.subject, field, self.day).and_then(|f| f.value.clone()))
    }

    fn of_subject_record(&self, field: &str) -> Option<&'a Value> {
        let Subject::Record(entry, at) = self.case.subject else { return None };
        let (entry, _) = self.world.entries.get(&entry)?;
        let in_row = at.and_then(|at| {
            entry.values.values().find_map(|v| match v {
                Value::Rows(rows) => rows.get(at).and_then(|r| r.get(field)),
                _ => None,
            })
        });
        in_row.or_else(|| entry.values.get(field))
    }

    /// A fact of the subject: what is told of it, or what the roster knows.
    pub(crate) fn subject_fact(&self, fact: &str) -> Option<Value> {
        if let Some(found) = self.world.fact(self.case.subject, fact, self.day) {
            let held = found.ends.is_none_or(|ends| self.day <= ends) || found.value.is_some();
            return held.then(|| {
                found
                    .value
                    .clone()
                    .or_else(|| found.from.map(Value::Day))
                    .unwrap_or(Value::Text(fact.to_owned()))
            });
        }
        let Subject::Person(id) = self.case.subject else { return None };
        let person = self.world.people.get(&id)?;
        match fact {
            "stage" => person.stage(self.day).map(|s| Value::Choice(s.to_owned())),
            "branch" => person.branch(self.day).map(Value::Unit),
            _ => None,
        }
    }

    /// The people whom a value names.
    pub(crate) fn people_at(&self, path: &Path) -> Vec<PersonId> {
        self.values(path).iter().flat_map(people_in).collect()
    }

    /// The day of a moment.
    pub(crate) fn day_of(&self, point: &Point) -> Option<Date> {
        match point {
            Point::Opened => Some(self.case.opened),
            Point::Step { step, first } => {
                let place = self.workflow.place(step)?;
                let same_lane = self.workflow.steps.get(place).map(|s| &s.per)
                    == self.workflow.steps.get(self.place).map(|s| &s.per);
                let line = self.line.filter(|_| same_lane);
                if *first {
                    let done = &self.state.places.get(place)?.done;
                    return done.iter().find(|d| line.is_none() || d.line == line).map(|d| d.day);
                }
                self.state.latest(place, line).map(|d| d.day)
            }
            Point::Field(path) => self.values(path).iter().find_map(|v| match v {
                Value::Day(day) | Value::Days(_, day) => Some(*day),
                _ => None,
            }),
            Point::Fact { fact, ends } => {
                if fact == "stage" && !ends {
                    let Subject::Person(id) = self.case.subject else { return None };
                    let stages = &self.world.people.get(&id)?.stages;
                    return stages.iter().rev().find(|(d, _)| *d <= self.day).map(|(d, _)| *d);
                }
                let found = self.world.fact(self.case.subject, fact, self.day)?;
                let value = match found.value {
                    Some(Value::Day(day) | Value::Days(_, day)) => Some(day),
                    _ => None,
                };
                if *ends { found.ends.or(value) } else { value.or(found.from) }
            }
            Point::Cutoff => {
                use model::sheet::Cutoff;
                match &self.workflow.sheet.as_ref()?.cutoff {
                    // A cut-off that hangs on itself would be asked for ever.
                    Cutoff::On(Point::Cutoff)
                    | Cutoff::Before(_, Point::Cutoff)
                    | Cutoff::Within(_, Point::Cutoff) => None,
                    Cutoff::On(point) => self.day_of(point),
                    Cutoff::Before(length, point) => {
                        self.day_of(point).map(|d| self.world.days.before(d, *length))
                    }
                    Cutoff::Within(length, point) => {
                        self.day_of(point).map(|d| self.world.days.after(d, *length))
                    }
                }
            }
            Point::Period { ends } => {
                // A check looks at the period in which it was opened, whenever it is done.
                let (day, per) = match &self.workflow.sheet {
                    Some(sheet) => (self.case.opened, sheet.period),
                    None => (self.day, model::Per::Year),
                };
                let (first, last) = Days::period(day, per);
                Some(if *ends { last } else { first })
            }
            Point::Event(id) => {
                let since = self.mark_since();
                let days = self.world.events.get(id)?;
                days.iter().copied().filter(|d| *d >= since).min()
            }
            Point::Due(step) => {
                let place = self.workflow.place(step)?;
                Context { place, ..*self }.due().map(|d| d.day)
            }
            Point::First(all) => all.iter().find_map(|p| self.day_of(p)),
        }
    }

    fn mark_since(&self) -> Date {
        let mark = self.state.places.get(self.place).and_then(|p| p.marks.get(self.line.unwrap_or(0)));
        mark.filter(|m| m.status == Status::Open).map_or(self.case.opened, |m| m.since)
    }

    /// When the step is due: the first rule whose conditions hold and whose moment is known.
    pub(crate) fn due(&self) -> Option<DueDay<'a>> {
        let step = self.workflow.steps.get(self.place)?;
        let place = self.state.places.get(self.place)?;
        let holds = |due: &&Due| {
            due.when.iter().all(|t| matches!(judge(t, &Context { record: None, ..*self }), Judged::Holds))
        };
        step.due.iter().filter(holds).find_map(|rule| {
            let first = self.day_due(&rule.rule)?;
            let put_off = place.extended.iter().rev().find(|(line, _)| *line == self.line).map(|(_, d)| *d);
            let day = put_off.filter(|d| *d > first).unwrap_or(first);
            Some(DueDay { rule, first, day })
        })
    }

    fn day_due(&self, rule: &DueRule) -> Option<Date> {
        let days = self.world.days;
        let since = self.mark_since();
        let done = || -> Vec<Date> {
            let place = self.state.places.get(self.place);
            let all = place.map(|p| p.done.as_slice()).unwrap_or_default();
            all.iter().filter(|d| d.line == self.line).map(|d| d.day).collect()
        };
        Some(match rule {
            DueRule::Within(length, point) => days.after(self.day_of(point)?, *length),
            DueRule::Before(length, point) => days.before(self.day_of(point)?, *length),
            DueRule::On(point) => self.day_of(point)?,
            DueRule::Every(length) => {
                let last = done().into_iter().filter(|d| *d >= since).max();
                days.after(last.unwrap_or(since), *length)
            }
            DueRule::Each(per) => {
                let done = done();
                // The first period without a record; one that has passed without one stays owed.
                let (mut first, mut last) = Days::period(since, *per);
                while done.iter().any(|d| (first..=last).contains(d)) {
                    let Ok(next) = last.tomorrow() else { break };
                    (first, last) = Days::period(next, *per);
                }
                last
            }
        })
    }
}

/// A line of a table of a record.
pub(crate) fn row_of<'e>(entry: &'e Entry, row: Option<(&str, usize)>) -> Option<&'e Row> {
    let (table, at) = row?;
    match entry.values.get(table)? {
        Value::Rows(rows) => rows.get(at),
        _ => None,
    }
}

/// The people that a value names.
pub(crate) fn people_in(value: &Value) -> Vec<PersonId> {
    match value {
        Value::Person { id, .. } => id.iter().copied().collect(),
        Value::People(people) => people.iter().filter_map(|p| p.person).collect(),
        Value::Rows(rows) => rows.iter().flat_map(|r| r.values()).flat_map(people_in).collect(),
        _ => Vec::new(),
    }
}
