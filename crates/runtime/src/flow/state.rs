//! Where a case stood on a day: its events in their order, and the clocks between them.

use jiff::civil::Date;
use model::flow::{Goal, Workflow};

use super::settle::{Flow, waiting};
use super::world::World;
use super::{Case, Done, Event, Place, State, Status, What};

/// More lapses than any procedure has: what leads round and round by itself stops here.
const LAPSES: usize = 500;

/// Where the case stood on a day: from the events known by it, with the clocks of that day.
#[must_use]
pub fn state(workflow: &Workflow, case: &Case, events: &[Event], world: &World<'_>, upto: Date) -> State {
    let empty = |_: &model::flow::Step| Place {
        lines: None,
        marks: vec![waiting(case.opened)],
        done: Vec::new(),
        extended: Vec::new(),
    };
    let state = State {
        places: workflow.steps.iter().map(empty).collect(),
        ended: None,
        disputed: Vec::new(),
        handed: None,
        lapses: Vec::new(),
        added: Vec::new(),
    };
    let mut flow = Flow { world, workflow, case, ways: workflow.ways(), state };
    flow.settle(case.opened);
    for event in events.iter().filter(|e| e.known <= upto) {
        flow.lapse_until(event.known);
        flow.happen(event);
    }
    flow.lapse_until(upto);
    flow.state
}

impl Flow<'_> {
    fn happen(&mut self, event: &Event) {
        let place = |id: &str| self.workflow.place(id);
        match &event.what {
            What::Done { step, line, outcome, entry, row, by, unit } => {
                let Some(at) = place(step) else { return };
                let done = Done {
                    line: *line,
                    day: event.day,
                    known: event.known,
                    outcome: outcome.clone(),
                    entry: *entry,
                    row: row.clone(),
                    by: by.clone(),
                    unit: *unit,
                    lapsed: false,
                };
                self.pass(at, done);
            }
            What::Skipped(step, line) => {
                let Some(at) = place(step) else { return };
                let first = self.workflow.steps.get(at).and_then(|s| s.first_outcome());
                let outcome = first.map_or_else(|| "skipped".to_owned(), |(o, _)| o.clone());
                self.pass(at, bare(*line, event, outcome));
            }
            What::Returned(step) => {
                if let Some(at) = place(step) {
                    self.lead_back(at, None, event.day);
                    self.state.disputed.retain(|(p, _)| *p != at);
                }
            }
            What::Extended(step, line, day) => {
                let at = place(step).and_then(|p| self.state.places.get_mut(p));
                if let Some(at) = at {
                    at.extended.push((*line, *day));
                }
            }
            What::HandedOver(unit) => self.state.handed = Some(*unit),
            What::LineAdded(step, line) => {
                if let Some(at) = place(step) {
                    self.add_line(at, line, event.day);
                }
            }
            What::Disputed(step, _) => {
                if let Some(at) = place(step)
                    && !self.state.disputed.iter().any(|(p, _)| *p == at)
                {
                    self.state.disputed.push((at, event.known));
                }
            }
            What::Upheld(step) => {
                let at = place(step);
                self.state.disputed.retain(|(p, _)| Some(*p) != at);
            }
            What::Reopened(step) => {
                if let Some(at) = place(step) {
                    self.state.ended = None;
                    self.lead_back(at, None, event.day);
                }
            }
            What::Ended(how) => self.end(how, event.day),
        }
        self.settle(event.day);
    }

    /// A step was done: its mark passes, the case ends, or is led back.
    fn pass(&mut self, at: usize, done: Done) {
        let Some(step) = self.workflow.steps.get(at) else { return };
        let (line, day, outcome) = (done.line, done.day, done.outcome.clone());
        let goal = step.goal(&outcome).cloned();
        let again = step.beside.is_some()
            && step
                .due
                .iter()
                .any(|d| matches!(d.rule, model::flow::DueRule::Each(_) | model::flow::DueRule::Every(_)));
        if let Some(place) = self.state.places.get_mut(at) {
            place.done.push(done);
        }
        self.go(at, line, goal, outcome, again, day);
    }

    fn go(
        &mut self,
        at: usize,
        line: Option<usize>,
        goal: Option<Goal>,
        outcome: String,
        again: bool,
        day: Date,
    ) {
        if self.state.ended.is_some() {
            return;
        }
        if let Some(Goal::End(how)) = &goal {
            self.mark_passed(at, line, None, outcome);
            self.end(how, day);
            return;
        }
        if let Some(Goal::Step(id)) = &goal
            && let Some(to) = self.workflow.place(id)
            && to <= at
        {
            self.lead_back(to, Some((at, line)), day);
            return;
        }
        if !again {
            self.mark_passed(at, line, goal, outcome);
        }
    }

    fn mark_passed(&mut self, at: usize, line: Option<usize>, goal: Option<Goal>, outcome: String) {
        let mark = self.state.places.get_mut(at).and_then(|p| p.marks.get_mut(line.unwrap_or(0)));
        if let Some(mark) = mark {
            mark.status = Status::Passed;
            mark.goal = goal;
            mark.outcome = Some(outcome);
        }
    }

    /// Runs the clocks: every step with a lapse whose due day has passed by `day`, the earliest first.
    pub(crate) fn lapse_until(&mut self, day: Date) {
        for _ in 0..LAPSES {
            let Some((on, at, line, due)) = self.next_lapse(day) else { return };
            let Some(step) = self.workflow.steps.get(at) else { return };
            let goal = step.lapse.clone();
            let laned = line.filter(|_| step.per.is_some());
            if let Some(mark) = self.state.places.get_mut(at).and_then(|p| p.marks.get_mut(line.unwrap_or(0)))
            {
                mark.lapsed = Some(due);
            }
            if let Some(place) = self.state.places.get_mut(at) {
                place.done.push(Done {
                    line: laned,
                    day: on,
                    known: on,
                    outcome: "lapsed".to_owned(),
                    entry: None,
                    row: None,
                    by: Vec::new(),
                    unit: None,
                    lapsed: true,
                });
            }
            self.state.lapses.push((at, laned, on));
            self.go(at, laned, goal, "lapsed".to_owned(), false, on);
            self.settle(on);
        }
    }

    /// The due day of an open step by what was known on it: what its own lapse changes afterwards does not undo the lapse.
    fn due_as_known(&self, at: usize, line: Option<usize>, since: Date, upto: Date) -> Option<Date> {
        let due_on = |known: Date| self.context(at, line, known).due().map(|d| d.day);
        let mut due = due_on(since).or_else(|| due_on(upto))?;
        // A moment that was moved in the meantime is followed, as often as it was.
        for _ in 0..5 {
            match due_on(due.max(since).min(upto)) {
                Some(then) if then != due => due = then,
                _ => break,
            }
        }
        Some(due)
    }

    /// The lapse that comes first: the day after the due day, or the day on which the step opened past it.
    fn next_lapse(&self, upto: Date) -> Option<(Date, usize, Option<usize>, Date)> {
        if self.state.ended.is_some() {
            return None;
        }
        let mut first: Option<(Date, usize, Option<usize>, Date)> = None;
        for (at, step) in self.workflow.steps.iter().enumerate().filter(|(_, s)| s.lapse.is_some()) {
            let Some(place) = self.state.places.get(at) else { continue };
            for (line, mark) in place.marks.iter().enumerate().filter(|(_, m)| m.status == Status::Open) {
                let of = step.per.is_some().then_some(line);
                let Some(due) = self.due_as_known(at, of, mark.since, upto) else { continue };
                // What opened when its day had passed gave nobody the time to do it; a clock has nothing to be done.
                if due < mark.since && !step.is_clock() {
                    continue;
                }
                let on = due.tomorrow().unwrap_or(due).max(mark.since);
                if mark.lapsed != Some(due) && on <= upto && first.is_none_or(|(f, ..)| on < f) {
                    first = Some((on, at, of, due));
                }
            }
        }
        first
    }
}

fn bare(line: Option<usize>, event: &Event, outcome: String) -> Done {
    Done {
        line,
        day: event.day,
        known: event.known,
        outcome,
        entry: None,
        row: None,
        by: Vec::new(),
        unit: None,
        lapsed: false,
    }
}
