//! How cases come about by themselves: by a moment, a period, a record, a step of another case.

use std::sync::Arc;

use jiff::civil::Date;
use model::flow::{Opening, SubjectKind, Workflow};
use model::{Entry, UnitId, Value};

use super::super::{Case, Days, Event, Status, Subject, What};
use super::{Brought, CaseFile, Docket};

impl Docket<'_> {
    /// Opens what a moment or a period opens by a day, of these procedures. Those that do not hold on the day are left out.
    pub fn open_by_moment(&mut self, day: Date, workflows: &[String]) {
        for id in workflows {
            let Ok(workflow) = self.rulebook.workflow_on(id, day) else { continue };
            for opening in &workflow.opens {
                let (bearers, when): (_, Box<dyn Fn(UnitId) -> Option<Date>>) = match opening {
                    Opening::Moment { point: model::flow::Point::Fact { fact, .. }, before, bearers } => {
                        let days = &self.days;
                        let facts = &self.facts;
                        let of = move |unit: UnitId| {
                            let all = facts.get(&(Subject::Unit(unit), fact.clone()))?;
                            match all.last()?.value {
                                Some(Value::Day(end)) => Some(days.before(end, *before)),
                                _ => None,
                            }
                        };
                        (bearers, Box::new(of))
                    }
                    Opening::Each(per, bearers) => {
                        let (first, _) = Days::period(day, *per);
                        (bearers, Box::new(move |_| Some(first)))
                    }
                    _ => continue,
                };
                let mut new = Vec::new();
                for unit in &self.organisation.units {
                    let meant = (bearers.kinds.is_empty() || bearers.kinds.contains(&unit.kind))
                        && bearers.with.is_subset(&unit.traits)
                        && bearers.without.is_disjoint(&unit.traits);
                    let Some(on) = when(unit.id).filter(|on| meant && *on <= day) else { continue };
                    let there = self
                        .files
                        .iter()
                        .any(|r| r.case.workflow == *id && r.case.unit == unit.id && r.case.opened >= on);
                    if !there {
                        new.push((unit.id, unit.name.clone(), on));
                    }
                }
                drop(when);
                for (unit, title, on) in new {
                    self.open_of_itself(workflow, unit, title, on);
                }
            }
        }
    }

    /// Opens what a late duty opens, unless it is there: whose, what it is called, on which day.
    pub fn open_late(&mut self, workflow: &Workflow, late: Vec<(UnitId, String, Date)>) {
        for (unit, title, on) in late {
            let same =
                |r: &CaseFile| r.case.workflow == workflow.id && r.case.unit == unit && r.case.title == title;
            if !self.files.iter().any(same) {
                self.open_of_itself(workflow, unit, title, on);
            }
        }
    }

    fn open_of_itself(&mut self, workflow: &Workflow, unit: UnitId, title: String, on: Date) {
        let id = self.fresh();
        let subject = match workflow.subject {
            SubjectKind::Unit => Subject::Unit(unit),
            _ => Subject::Matter(id),
        };
        let case = Case {
            id,
            workflow: workflow.id.clone(),
            subject,
            title,
            unit,
            opened: on,
            opened_by: unit,
            parent: None,
        };
        self.files.push(CaseFile::new(case, Arc::new(workflow.clone())));
    }

    /// Opens the sub-cases of open steps, and lets the ends of those that ended do their steps.
    pub(super) fn sub_cases(&mut self, day: Date) -> bool {
        let states = self.states(day);
        let mut new = Vec::new();
        let mut done = Vec::new();
        for (i, (case, state)) in states.iter().enumerate() {
            let Some(file) = self.files.get(i) else { continue };
            for (step, place) in file.workflow.steps.iter().zip(&state.places) {
                let Some(sub) = step.shown_by.iter().find_map(|s| s.case.as_ref()) else { continue };
                let Some(mark) = place.marks.iter().find(|m| m.status == Status::Open) else { continue };
                let child = states
                    .iter()
                    .rev()
                    .find(|(c, _)| c.parent == Some(case.id) && c.workflow == *sub && c.opened >= mark.since);
                match child {
                    None => new.push((i, sub.clone())),
                    Some((child, of)) => {
                        if let Some((how, on)) = &of.ended {
                            let what = What::Done {
                                step: step.id.clone(),
                                line: None,
                                outcome: if step.decides.is_some() { how.clone() } else { "done".to_owned() },
                                entry: None,
                                row: None,
                                by: Vec::new(),
                                unit: Some(child.unit),
                            };
                            done.push((i, Event { known: day, day: *on, what }));
                        }
                    }
                }
            }
        }
        let grew = !new.is_empty() || !done.is_empty();
        for (parent, workflow) in new {
            let Some(of) = self.files.get(parent).map(|r| r.case.clone()) else { continue };
            self.open_case(&workflow, of.subject, &of.title, of.unit, of.unit, day, Some(of.id));
        }
        for (i, event) in done {
            self.record_event(i, &event, day);
        }
        grew
    }

    /// Opens a case, unless the procedure is not in force or has an open one about the subject already: its place.
    #[expect(clippy::too_many_arguments, reason = "a case is made of these, and of nothing else")]
    pub fn open_case(
        &mut self,
        workflow: &str,
        subject: Subject,
        title: &str,
        unit: UnitId,
        by: UnitId,
        day: Date,
        parent: Option<model::CaseId>,
    ) -> Option<usize> {
        let workflow = self.rulebook.workflow_on(workflow, day).ok()?;
        if workflow.one_open && self.has_open(&workflow.id, subject, day) {
            return None;
        }
        let id = self.fresh();
        let subject = match (workflow.subject, subject) {
            (SubjectKind::Matter, _) => Subject::Matter(id),
            (_, subject) => subject,
        };
        let case = Case {
            id,
            workflow: workflow.id.clone(),
            subject,
            title: title.to_owned(),
            unit,
            opened: day,
            opened_by: by,
            parent,
        };
        self.files.push(CaseFile::new(case, Arc::new(workflow.clone())));
        Some(self.files.len() - 1)
    }

    /// Whether a case of a procedure about a subject runs.
    #[must_use]
    pub fn has_open(&self, workflow: &str, subject: Subject, day: Date) -> bool {
        let of = |f: &CaseFile| f.case.workflow == workflow && f.case.subject == subject;
        self.files.iter().any(of)
            && self.states(day).iter().zip(&self.files).any(|((_, s), f)| of(f) && s.ended.is_none())
    }

    /// Opens what a record opens; of one that was put right only what it did not open before, where a case is about a line of it.
    pub(super) fn open_by_entry(&mut self, entry: &Entry, day: Date, again: bool, brought: &mut Brought) {
        let rulebook = self.rulebook;
        for workflow in rulebook.workflows_on(entry.day) {
            if again && workflow.subject != SubjectKind::Record {
                continue;
            }
            for opening in &workflow.opens {
                let Opening::Entry { ledgers, such, rows } = opening else { continue };
                if !ledgers.iter().any(|l| entry.ledgers.contains(l)) {
                    continue;
                }
                let form = entry.ledgers.first().and_then(|l| self.rulebook.ledger(l));
                let facts = crate::Facts { entry: Some(entry), ledger: form, ..crate::Facts::default() };
                if !crate::hold(&such.0, &facts) {
                    continue;
                }
                let mut titles: Vec<(String, Option<usize>)> = Vec::new();
                match rows.as_ref().and_then(|t| entry.values.get(t)) {
                    Some(Value::Rows(lines)) => {
                        for (at, row) in lines.iter().enumerate() {
                            let title = row.values().find_map(|v| match v {
                                Value::Text(t) | Value::Person { name: t, .. } => Some(t.clone()),
                                _ => None,
                            });
                            titles.push((title.unwrap_or_default(), Some(at)));
                        }
                    }
                    _ if rows.is_some() => {}
                    _ => titles.push((entry.title.clone(), None)),
                }
                let mut used: Vec<String> = Vec::new();
                for (title, at) in titles {
                    // Two lines that say the same are two matters: a record that names one must not move both.
                    let same = used.iter().filter(|t| **t == title).count();
                    used.push(title.clone());
                    let title = if same == 0 { title } else { format!("{title}（{}）", same + 1) };
                    let subject = self.subject_of(workflow, entry, rows.as_deref(), at);
                    let there = |f: &CaseFile| f.case.workflow == workflow.id && f.case.subject == subject;
                    if again && self.files.iter().any(there) {
                        continue;
                    }
                    let opened =
                        self.open_case(&workflow.id, subject, &title, entry.unit, entry.unit, day, None);
                    if opened.is_some() {
                        brought.opened.push(title);
                    }
                }
            }
        }
    }

    pub(super) fn subject_of(
        &self,
        workflow: &Workflow,
        entry: &Entry,
        table: Option<&str>,
        at: Option<usize>,
    ) -> Subject {
        let row = at.and_then(|at| match entry.values.get(table?)? {
            Value::Rows(rows) => rows.get(at),
            _ => None,
        });
        let values = row.unwrap_or(&entry.values);
        let person = values.values().find_map(|v| match v {
            Value::Person { id, .. } => *id,
            _ => None,
        });
        match workflow.subject {
            SubjectKind::Person => person.map_or(Subject::Record(entry.id, at), Subject::Person),
            SubjectKind::Unit => Subject::Unit(entry.unit),
            SubjectKind::Record | SubjectKind::Matter => Subject::Record(entry.id, at),
        }
    }

    /// With a case its open sub-cases end; one that a person takes up again stays.
    pub(super) fn end_sub_cases(&mut self, day: Date) -> bool {
        let states = self.states(day);
        let mut ending = Vec::new();
        for (i, (case, _)) in states.iter().enumerate().filter(|(_, (_, s))| s.ended.is_none()) {
            let parent = states.iter().position(|(c, s)| Some(c.id) == case.parent && s.ended.is_some());
            let shows = parent.and_then(|p| self.files.get(p)).is_some_and(|r| {
                let steps = r.workflow.steps.iter().flat_map(|s| &s.shown_by);
                steps.filter_map(|s| s.case.as_ref()).any(|c| *c == case.workflow)
            });
            let again = self
                .files
                .get(i)
                .is_some_and(|r| r.events.iter().any(|e| matches!(e.what, What::Reopened(_))));
            if shows && !again {
                ending.push(i);
            }
        }
        for i in &ending {
            let what = What::Ended("随上级事项结束".to_owned());
            self.record_event(*i, &Event { known: day, day, what }, day);
        }
        !ending.is_empty()
    }
}
