//! One pass down the file: which steps are open, passed, dead, fallen away.

use std::collections::BTreeSet;

use jiff::civil::Date;
use model::flow::{Goal, Lane, Workflow};
use model::{PersonId, Row, UnitId, Value};

use super::judge::{Judged, judge};
use super::values::people_in;
use super::world::{Context, World};
use super::{Case, Line, Mark, State, Status};

/// What a walk through the events has at hand.
pub(crate) struct Flow<'a> {
    pub(crate) world: &'a World<'a>,
    pub(crate) workflow: &'a Workflow,
    pub(crate) case: &'a Case,
    pub(crate) ways: Vec<Vec<usize>>,
    pub(crate) state: State,
}

pub(crate) fn waiting(day: Date) -> Mark {
    Mark { status: Status::Waiting, since: day, goal: None, outcome: None, lapsed: None }
}

impl Flow<'_> {
    pub(crate) fn context(&self, place: usize, line: Option<usize>, day: Date) -> Context<'_> {
        Context {
            world: self.world,
            workflow: self.workflow,
            case: self.case,
            state: &self.state,
            place,
            line,
            record: None,
            day,
        }
    }

    fn mark(&mut self, place: usize, line: usize) -> Option<&mut Mark> {
        self.state.places.get_mut(place)?.marks.get_mut(line)
    }

    /// Whether two steps stand in one lane.
    pub(crate) fn same_lane(&self, a: usize, b: usize) -> bool {
        let per = |i: usize| self.workflow.steps.get(i).and_then(|s| s.per.as_ref());
        per(a).is_some() && per(a) == per(b)
    }

    /// The pass.
    pub(crate) fn settle(&mut self, day: Date) {
        if self.state.ended.is_some() {
            return;
        }
        for place in 0..self.workflow.steps.len() {
            self.close_beside(place, day);
            self.open(place, day);
            if self.state.ended.is_some() {
                return;
            }
        }
        // What stands beside holds nothing up: where nothing else is open, the case has ended.
        let owed = |(place, p): (usize, &super::Place)| {
            self.workflow.steps.get(place).is_some_and(|s| s.beside.is_none())
                && p.marks.iter().any(|m| m.status == Status::Open)
        };
        if !self.state.places.iter().enumerate().any(owed) {
            self.end("办结", day);
        }
    }

    pub(crate) fn end(&mut self, how: &str, day: Date) {
        self.state.ended = Some((how.to_owned(), day));
        for mark in self.state.places.iter_mut().flat_map(|p| &mut p.marks) {
            if matches!(mark.status, Status::Open | Status::Waiting) {
                mark.status = Status::Dead;
            }
        }
    }

    /// A step beside others closes once the step that bounds it is passed, and opens again where that is led back.
    fn close_beside(&mut self, place: usize, day: Date) {
        let workflow = self.workflow;
        let Some(beside) = workflow.steps.get(place).and_then(|s| s.beside.as_ref()) else { return };
        let Some(until) = workflow.place(&beside.step).and_then(|p| self.state.places.get(p)) else { return };
        let closed = until.marks.iter().any(|m| {
            m.status == Status::Passed
                && beside.outcome.as_ref().is_none_or(|o| m.outcome.as_ref() == Some(o))
        });
        let marks = self.state.places.get_mut(place).map(|p| &mut p.marks);
        for mark in marks.into_iter().flatten() {
            match mark.status {
                Status::Open if closed => {
                    mark.status = Status::Passed;
                    mark.outcome = Some("closed".to_owned());
                }
                Status::Passed if !closed && mark.outcome.as_deref() == Some("closed") => {
                    mark.status = Status::Open;
                    mark.since = day;
                    mark.outcome = None;
                }
                _ => {}
            }
        }
    }

    fn open(&mut self, place: usize, day: Date) {
        let from = self.ways.get(place).cloned().unwrap_or_default();
        let laned = self.workflow.steps.get(place).is_some_and(|s| s.per.is_some());
        if laned {
            let (inside, outside): (Vec<usize>, Vec<usize>) =
                from.iter().copied().partition(|p| self.same_lane(*p, place));
            self.fix_lines(place, &inside, &outside, day);
            let lines = self.state.places.get(place).map_or(0, |p| p.marks.len());
            for line in 0..lines {
                self.judge_mark(place, line, &inside, &outside, day);
            }
        } else {
            self.judge_mark(place, 0, &[], &from, day);
        }
    }

    /// The lines of a lane are fixed when its first step opens.
    fn fix_lines(&mut self, place: usize, inside: &[usize], outside: &[usize], day: Date) {
        if self.state.places.get(place).is_none_or(|p| p.lines.is_some()) {
            return;
        }
        let lines = match inside.first() {
            Some(before) => match self.state.places.get(*before).and_then(|p| p.lines.clone()) {
                Some(lines) => lines,
                None => return,
            },
            None => {
                let (settled, live) = self.way_in(outside, place, None);
                if !settled || !live {
                    return;
                }
                self.lines_of(place, day)
            }
        };
        if let Some(at) = self.state.places.get_mut(place) {
            // Nobody to do it: nothing to wait for.
            at.marks = if lines.is_empty() {
                vec![Mark { status: Status::FellAway, ..waiting(day) }]
            } else {
                vec![waiting(day); lines.len()]
            };
            at.lines = Some(lines);
        }
    }

    /// The lines of a lane: those that it names, then those that a person added.
    fn lines_of(&self, place: usize, day: Date) -> Vec<Line> {
        let mut lines = self.named_lines(place, day);
        for (at, line) in &self.state.added {
            if (*at == place || self.same_lane(*at, place)) && lines.iter().all(|l| !l.is_same(line)) {
                lines.push(line.clone());
            }
        }
        lines
    }

    /// Adds a line to every step of a lane. What waits for all lines and is not done waits for this one as well.
    pub(crate) fn add_line(&mut self, at: usize, line: &Line, day: Date) {
        let all = 0..self.workflow.steps.len();
        let lane: Vec<usize> = all.filter(|p| *p == at || self.same_lane(*p, at)).collect();
        self.state.added.push((at, line.clone()));
        for place in &lane {
            let Some(step) = self.state.places.get_mut(*place) else { continue };
            let Some(lines) = &mut step.lines else { continue };
            if lines.is_empty() {
                step.marks.clear();
            }
            lines.push(line.clone());
            step.marks.push(waiting(day));
        }
        let below = lane.iter().flat_map(|p| self.workflow.below(*p, &self.ways));
        let after: BTreeSet<usize> = below.filter(|p| !lane.contains(p)).collect();
        for place in after {
            if self.workflow.steps.get(place).is_some_and(|s| s.beside.is_some()) {
                continue;
            }
            let marks = self.state.places.get_mut(place).map(|p| &mut p.marks);
            for mark in marks.into_iter().flatten().filter(|m| m.status == Status::Open) {
                *mark = waiting(day);
            }
        }
    }

    fn named_lines(&self, place: usize, day: Date) -> Vec<Line> {
        let Some(lane) = self.workflow.steps.get(place).and_then(|s| s.per.as_ref()) else {
            return Vec::new();
        };
        let cx = self.context(place, None, day);
        let unit_line = |id: UnitId| Line::of_unit(id, self.world);
        let person_line = |id| Line::of_person(id, self.world);
        match lane {
            Lane::Field(path) => cx
                .values(path)
                .into_iter()
                .flat_map(|value| match value {
                    Value::Unit(id) => vec![unit_line(id)],
                    Value::Units(ids) => ids.into_iter().map(unit_line).collect(),
                    Value::Rows(rows) => rows.into_iter().map(|row| Line::of_row(row, self.world)).collect(),
                    other => people_in(&other).into_iter().map(person_line).collect(),
                })
                .collect(),
            Lane::Units(kinds, under) => {
                let root = under.as_ref().map_or_else(|| Some(cx.own()), |who| cx.who(who));
                let below = root.map(|r| self.world.organisation.subtree(r)).unwrap_or_default();
                let units = self.world.organisation.units.iter();
                units
                    .filter(|u| below.contains(&u.id) && kinds.contains(&u.kind) && u.exists_on(day))
                    .map(|u| unit_line(u.id))
                    .collect()
            }
            Lane::People(stage) => {
                let own = cx.own();
                let people = self.world.people.iter();
                people
                    .filter(|(_, p)| p.branch(day) == Some(own) && of_stage(p.stage(day), stage))
                    .map(|(id, _)| person_line(*id))
                    .collect()
            }
        }
    }

    fn judge_mark(&mut self, place: usize, line: usize, inside: &[usize], outside: &[usize], day: Date) {
        let status = self.mark(place, line).map(|m| m.status);
        if status != Some(Status::Waiting) {
            return;
        }
        let (mut settled, mut live) = self.way_in(outside, place, None);
        if !inside.is_empty() {
            let (s, l) = self.way_in(inside, place, Some(line));
            settled = s && (outside.is_empty() || settled);
            live = l;
        }
        if !settled {
            return;
        }
        self.enter(place, line, live, day);
    }

    /// A step whose time has come opens where a live way leads to it and its conditions hold; else it falls away, or is dead.
    fn enter(&mut self, place: usize, line: usize, live: bool, day: Date) {
        let workflow = self.workflow;
        let Some(step) = workflow.steps.get(place) else { return };
        let laned = step.per.is_some();
        let holds = |t| judge(t, &self.context(place, laned.then_some(line), day)) == Judged::Holds;
        let exists = live && step.when.iter().all(holds);
        let first = step.first_outcome().cloned();
        if let Some(mark) = self.mark(place, line) {
            mark.since = day;
            if exists {
                mark.status = Status::Open;
            } else if live {
                mark.status = Status::FellAway;
                mark.outcome = first.as_ref().map(|(o, _)| o.clone());
                mark.goal = first.map(|(_, g)| g);
            } else {
                mark.status = Status::Dead;
            }
        }
    }

    /// Whether all of these are settled, and whether one of them lets `to` open; of one line, within a lane.
    fn way_in(&self, from: &[usize], to: usize, line: Option<usize>) -> (bool, bool) {
        if from.is_empty() {
            return (true, true);
        }
        let mut settled = true;
        let mut live = false;
        for place in from {
            let (Some(at), Some(step)) = (self.state.places.get(*place), self.workflow.steps.get(*place))
            else {
                continue;
            };
            let beside = step.beside.is_some();
            let marks: Vec<&Mark> = match line {
                Some(line) => at.marks.get(line).into_iter().collect(),
                None => at.marks.iter().collect(),
            };
            for mark in marks {
                match mark.status {
                    Status::Waiting => settled = false,
                    Status::Open if beside => live = true,
                    Status::Open => settled = false,
                    Status::Dead => {}
                    Status::Passed | Status::FellAway => live |= self.lets(*place, mark.goal.as_ref(), to),
                }
            }
        }
        (settled, live)
    }

    /// Whether a goal lets a step below open: the step that it names, or a follower that no outcome names.
    fn lets(&self, place: usize, goal: Option<&Goal>, to: usize) -> bool {
        match goal {
            None | Some(Goal::Pass) => true,
            Some(Goal::End(_)) => false,
            Some(Goal::Step(id)) => match self.workflow.place(id) {
                Some(at) if at == to => true,
                Some(at) => {
                    let step = self.workflow.steps.get(place);
                    let named =
                        self.workflow.steps.get(to).is_some_and(|t| step.is_some_and(|s| s.names(&t.id)));
                    at > place && !named
                }
                None => false,
            },
        }
    }

    /// Leads back: the target, all that waits for it and the decider are empty again; within a lane only its line.
    pub(crate) fn lead_back(&mut self, target: usize, decider: Option<(usize, Option<usize>)>, day: Date) {
        let mut emptied: BTreeSet<usize> = self.workflow.below(target, &self.ways);
        emptied.insert(target);
        let inside = decider.and_then(|(d, line)| line.filter(|_| self.same_lane(d, target)));
        if let Some((d, _)) = decider {
            emptied.insert(d);
        }
        for place in emptied {
            let laned_with = self.same_lane(place, target);
            let per = self.workflow.steps.get(place).is_some_and(|s| s.per.is_some());
            let Some(at) = self.state.places.get_mut(place) else { continue };
            match inside {
                Some(line) if laned_with => {
                    if let Some(mark) = at.marks.get_mut(line) {
                        *mark = Mark { lapsed: mark.lapsed, ..waiting(day) };
                    }
                }
                _ if per && place != target => {
                    at.lines = None;
                    at.marks = vec![waiting(day)];
                }
                _ => {
                    for mark in &mut at.marks {
                        *mark = Mark { lapsed: mark.lapsed, ..waiting(day) };
                    }
                }
            }
        }
        let lines = self.state.places.get(target).map_or(0, |p| p.marks.len());
        for line in (0..lines).filter(|line| inside.is_none_or(|only| only == *line)) {
            if self.mark(target, line).is_some_and(|m| m.status == Status::Waiting) {
                self.enter(target, line, true, day);
            }
        }
    }
}

impl Line {
    /// The line of a unit.
    #[must_use]
    pub fn of_unit(id: UnitId, world: &World<'_>) -> Self {
        Self { title: world.unit_name(id).to_owned(), unit: Some(id), person: None, row: Row::new() }
    }

    /// The line of a person.
    #[must_use]
    pub fn of_person(id: PersonId, world: &World<'_>) -> Self {
        let title = world.people.get(&id).map_or_else(String::new, |p| p.name.clone());
        Self { title, unit: None, person: Some(id), row: Row::new() }
    }

    /// The line that a row of a table makes: about the unit or the person that it names first, else called by its words.
    #[must_use]
    pub fn of_row(row: Row, world: &World<'_>) -> Self {
        let unit = row.values().find_map(|v| match v {
            Value::Unit(id) => Some(*id),
            _ => None,
        });
        let person = row.values().find_map(|v| people_in(v).first().copied());
        let named = match (unit, person) {
            (Some(unit), _) => Self::of_unit(unit, world).title,
            (None, Some(id)) => Self::of_person(id, world).title,
            (None, None) => {
                let words = row.values().find_map(|v| match v {
                    Value::Text(t) => Some(t.clone()),
                    _ => None,
                });
                words.unwrap_or_default()
            }
        };
        Self { title: named, unit, person, row }
    }

    /// Whether two lines are about the same unit, person or words.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        (self.unit, self.person) == (other.unit, other.person) && self.title == other.title
    }
}

/// Whether somebody of this stage is meant; `member` means both kinds.
fn of_stage(stage: Option<&str>, wanted: &str) -> bool {
    stage == Some(wanted) || (wanted == "member" && matches!(stage, Some("full" | "probationary")))
}
