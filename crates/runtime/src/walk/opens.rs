//! How the cases of a walk come about by themselves: by a moment, a period, a record, a step of another case.

use jiff::civil::Date;
use model::flow::{Length, Opening, SubjectKind, UnitsOf, Workflow};
use model::{Entry, UnitId, Value};

use super::{Brought, Play, Running};
use crate::flow::{Case, Days, Event, Status, Subject, What};

impl Play<'_> {
    /// Opens what opens by itself until a day: by a moment, in each period, by a duty that is late.
    pub(super) fn open_by_moment(&mut self, day: Date) {
        for id in self.by_itself {
            let Ok(workflow) = self.rulebook.workflow_on(id, day) else {
                self.trouble.push((1, format!("{day}没有流程“{id}”")));
                continue;
            };
            for opening in &workflow.opens {
                let new = match opening {
                    Opening::Moment { point: model::flow::Point::Fact { fact, .. }, before, bearers } => {
                        self.by_fact(fact, *before, bearers, day)
                    }
                    Opening::Each(per, bearers) => self.each(*per, bearers, day),
                    Opening::Overdue { rule, by } => self.overdue(rule, *by, day),
                    _ => continue,
                };
                for (unit, title, on) in new {
                    self.open_of_itself(workflow, unit, title, on);
                }
            }
        }
        self.passed = self.passed.max(day);
    }

    fn units_of(&self, bearers: &UnitsOf) -> Vec<(UnitId, String)> {
        let meant = |unit: &&model::Unit| {
            (bearers.kinds.is_empty() || bearers.kinds.contains(&unit.kind))
                && bearers.with.is_subset(&unit.traits)
                && bearers.without.is_disjoint(&unit.traits)
        };
        self.cast.organisation.units.iter().filter(meant).map(|u| (u.id, u.name.clone())).collect()
    }

    /// Whose moment has come: so long before a day that stands as a fact of the unit.
    fn by_fact(
        &self,
        fact: &str,
        before: Length,
        bearers: &UnitsOf,
        day: Date,
    ) -> Vec<(UnitId, String, Date)> {
        let on = |unit: UnitId| {
            let all = self.cast.facts.get(&(Subject::Unit(unit), fact.to_owned()))?;
            match all.last()?.value {
                Some(Value::Day(end)) => Some(self.days.before(end, before)).filter(|on| *on <= day),
                _ => None,
            }
        };
        self.units_of(bearers).into_iter().filter_map(|(u, name)| Some((u, name, on(u)?))).collect()
    }

    /// Each period that began since the walk was here the last time.
    fn each(&self, per: model::Per, bearers: &UnitsOf, day: Date) -> Vec<(UnitId, String, Date)> {
        let mut out = Vec::new();
        let (mut first, mut last) = Days::period(self.passed, per);
        while first <= day {
            out.extend(self.units_of(bearers).into_iter().map(|(u, name)| (u, name, first)));
            let Ok(next) = last.tomorrow() else { break };
            (first, last) = Days::period(next, per);
        }
        out
    }

    /// Whose duty of a rule has been late for so long: it opens on the day after.
    fn overdue(&self, rule: &str, by: Option<Length>, day: Date) -> Vec<(UnitId, String, Date)> {
        let late = |owing: super::book::Owing| {
            let due = crate::due_on(&owing.facts, day);
            let last = by.map_or(due, |by| self.days.after(due, by));
            let on = last.tomorrow().ok().filter(|on| *on <= day)?;
            // What was met late, but before the case would have opened, opens none.
            let met = crate::met_day(&owing.facts, day).is_some_and(|met| met < on);
            let name = self.cast.organisation.unit(owing.duty.unit)?.name.clone();
            (!met).then(|| (owing.duty.unit, format!("{name}：{}", owing.duty.title), on))
        };
        self.owing(std::iter::once(rule), day).into_iter().filter_map(late).collect()
    }

    /// Opens a case that opens of itself, unless it is there.
    fn open_of_itself(&mut self, workflow: &Workflow, unit: UnitId, title: String, on: Date) {
        let of_title = workflow.opens.iter().any(|o| matches!(o, Opening::Overdue { .. }));
        let there = self.cases.iter().any(|r| {
            r.case.workflow == workflow.id
                && r.case.unit == unit
                && if of_title { r.case.title == title } else { r.case.opened >= on }
        });
        if there {
            return;
        }
        let id = self.cast.ids.case();
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
        self.cases.push(Running {
            case,
            workflow: workflow.clone(),
            events: Vec::new(),
            early: Vec::new(),
            lapses: 0,
        });
    }

    /// Opens the sub-cases of open steps, and lets the ends of those that ended do their steps.
    pub(super) fn sub_cases(&mut self, day: Date) -> bool {
        let states = self.states(day);
        let mut new = Vec::new();
        let mut done = Vec::new();
        for (i, (case, state)) in states.iter().enumerate() {
            let Some(running) = self.cases.get(i) else { continue };
            for (step, place) in running.workflow.steps.iter().zip(&state.places) {
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
            let Some(of) = self.cases.get(parent).map(|r| r.case.clone()) else { continue };
            self.open_case(&workflow, of.subject, &of.title, of.unit, of.unit, day, Some(of.id));
        }
        for (i, event) in done {
            self.record_event(i, &event, day);
        }
        grew
    }

    #[expect(clippy::too_many_arguments, reason = "a case is made of these, and of nothing else")]
    pub(super) fn open_case(
        &mut self,
        workflow: &str,
        subject: Subject,
        title: &str,
        unit: UnitId,
        by: UnitId,
        day: Date,
        parent: Option<model::CaseId>,
    ) {
        let Ok(workflow) = self.rulebook.workflow_on(workflow, day) else { return };
        let workflow = workflow.clone();
        let id = self.cast.ids.case();
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
        self.cases.push(Running { case, workflow, events: Vec::new(), early: Vec::new(), lapses: 0 });
    }

    pub(super) fn open_by_entry(&mut self, entry: &Entry, day: Date, brought: &mut Brought) {
        let workflows: Vec<Workflow> = self.rulebook.workflows_on(entry.day).cloned().collect();
        for workflow in &workflows {
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
                for (title, at) in titles {
                    let subject = self.subject_of(workflow, entry, rows.as_deref(), at);
                    self.open_case(&workflow.id, subject, &title, entry.unit, entry.unit, day, None);
                    brought.opened.push(title);
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
            let shows = parent.and_then(|p| self.cases.get(p)).is_some_and(|r| {
                let steps = r.workflow.steps.iter().flat_map(|s| &s.shown_by);
                steps.filter_map(|s| s.case.as_ref()).any(|c| *c == case.workflow)
            });
            let again = self
                .cases
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
