//! 事项簿: the cases that run with all that they are judged against, and what happens to them: a record moves what it can, a
//! day lets clocks run out, one case opens another. Pure; what came of it is kept until somebody takes it.

mod opens;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use model::flow::Workflow;
use model::{CaseId, Entry, EntryId, Organisation, PersonId, UnitId, Value};
use rulebook::Rulebook;

use super::{
    Case, Change, Days, Event, Fact, Facts, Fate, Line, Move, Record, Someone, State, Subject, Unmet, What,
    World, changes, correction, lapsed, may_add_line, may_extend, may_skip, offer, own_lack, state,
};

/// 案卷: a case with its procedure and all that happened to it.
#[derive(Clone, Debug)]
pub struct CaseFile {
    /// The case.
    pub case: Case,
    /// Its procedure, as it was when the case was opened.
    pub workflow: Arc<Workflow>,
    /// What happened, in the order in which it was written down.
    pub events: Vec<Event>,
    /// Records that came too early: offered again when their step opens. With the day from which each was known.
    pub early: Vec<(EntryId, Date)>,
    /// How many lapses have had their effects.
    pub lapses: usize,
}

/// Whether a case may be led to a step: one that was done before, or is open now; no further than it came.
fn may_lead_to(workflow: &Workflow, state: &State, step: &str) -> Vec<Unmet> {
    let Some(place) = workflow.place(step) else {
        return vec![own_lack("step", "没有这一环节".to_owned(), true)];
    };
    if place == 0 || state.is_open(place) || state.latest(place, None).is_some() {
        return Vec::new();
    }
    vec![own_lack("step", "这一环节还没有办过，不能回到这里".to_owned(), true)]
}

/// Whether there is something at a step to be upheld.
fn may_uphold(workflow: &Workflow, state: &State, step: &str) -> Vec<Unmet> {
    let place = workflow.place(step);
    if state.disputed.iter().any(|(at, _)| Some(*at) == place) {
        return Vec::new();
    }
    vec![own_lack("step", "这一环节没有要核定的".to_owned(), true)]
}

impl CaseFile {
    /// A case that was just opened.
    #[must_use]
    pub fn new(case: Case, workflow: Arc<Workflow>) -> Self {
        Self { case, workflow, events: Vec::new(), early: Vec::new(), lapses: 0 }
    }

    /// Whether a step was done by this record.
    #[must_use]
    pub fn rests_on(&self, record: EntryId) -> bool {
        let by = |e: &Event| matches!(&e.what, What::Done { entry, .. } if *entry == Some(record));
        self.events.iter().any(by)
    }
}

/// What a record or an act brought.
#[derive(Clone, Debug, Default)]
pub struct Brought {
    /// What became of the record: place of the case, and how.
    pub moves: Vec<(usize, Move)>,
    /// What was refused or told.
    pub told: Vec<Unmet>,
    /// Titles of the cases that a record opened.
    pub opened: Vec<String>,
}

/// What somebody does to a case, beside records.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// Leaves a step out.
    Skip {
        /// The step.
        step: String,
        /// The line of its lane.
        line: Option<usize>,
        /// Why.
        reason: String,
    },
    /// Puts the due day of a step off.
    Extend {
        /// The step.
        step: String,
        /// The line of its lane.
        line: Option<usize>,
        /// Until when.
        to: Date,
        /// Who grants it.
        by: UnitId,
        /// Why.
        reason: String,
    },
    /// Leads it back to a step.
    Return(String),
    /// Lets what was disputed stand.
    Uphold(String),
    /// Takes an ended case up again at a step.
    Reopen(String),
    /// Gives it to another unit.
    HandOver(UnitId),
    /// Adds a line to the lane of a step.
    AddLine(String, Line),
    /// Ends it, and how.
    End(String),
}

/// The cases that run, with all that they are judged against.
pub struct Docket<'r> {
    /// The rules.
    pub rulebook: &'r Rulebook,
    /// The calendar.
    pub days: Arc<Days>,
    /// The units.
    pub organisation: Arc<Organisation>,
    /// The people.
    pub people: BTreeMap<PersonId, Someone>,
    /// Facts about subjects.
    pub facts: Facts,
    /// Settings that were made.
    pub settings: BTreeMap<String, bool>,
    /// Days of events, by id.
    pub events: BTreeMap<String, Vec<Date>>,
    /// The records, with who wrote each.
    pub entries: BTreeMap<EntryId, (Entry, Option<PersonId>)>,
    /// The cases.
    pub files: Vec<CaseFile>,
    /// What was changed, in its order: by which case, what, on which day it was known.
    pub changed: Vec<(Option<CaseId>, Change, Date)>,
    /// Gives each new case its identifier.
    ids: Box<dyn FnMut() -> CaseId + Send + Sync + 'r>,
}

impl<'r> Docket<'r> {
    /// An empty one.
    #[must_use]
    pub fn new(
        rulebook: &'r Rulebook,
        days: Arc<Days>,
        organisation: Arc<Organisation>,
        ids: impl FnMut() -> CaseId + Send + Sync + 'r,
    ) -> Self {
        Self {
            rulebook,
            days,
            organisation,
            people: BTreeMap::new(),
            facts: Facts::new(),
            settings: BTreeMap::new(),
            events: BTreeMap::new(),
            entries: BTreeMap::new(),
            files: Vec::new(),
            changed: Vec::new(),
            ids: Box::new(ids),
        }
    }

    /// An identifier for a case that is about to be opened.
    pub fn fresh(&mut self) -> CaseId {
        (self.ids)()
    }

    /// The states of all cases on a day.
    #[must_use]
    pub fn states(&self, on: Date) -> Vec<(Case, State)> {
        let plain = |cases: &[(Case, State)]| -> Vec<(Case, State)> {
            self.files
                .iter()
                .map(|r| {
                    let world = self.world(cases);
                    (r.case.clone(), state(&r.workflow, &r.case, &r.events, &world, on))
                })
                .collect()
        };
        // A second time for what asks how other cases stand.
        let first = plain(&[]);
        plain(&first)
    }

    /// All that a case is judged against, with how the others stand.
    #[must_use]
    pub fn world<'w>(&'w self, cases: &'w [(Case, State)]) -> World<'w> {
        World {
            rulebook: self.rulebook,
            organisation: self.organisation.as_ref(),
            people: &self.people,
            facts: &self.facts,
            entries: &self.entries,
            settings: &self.settings,
            events: &self.events,
            days: self.days.as_ref(),
            cases,
        }
    }

    /// Lets what follows by itself follow, up to a day: clocks, sub-cases, records that came early.
    pub fn pass_to(&mut self, day: Date) -> Brought {
        let mut brought = Brought::default();
        self.follow(day, &mut brought);
        brought
    }

    /// Takes a new record in: it moves every case that it can, and opens those that it opens.
    pub fn save(&mut self, entry: &Entry, who: Option<PersonId>, known: Date, of: Option<CaseId>) -> Brought {
        self.take_in(entry, who, known, of, false)
    }

    /// Takes a record in that was put right: what it could not move before it may move now, and a line that is new opens
    /// its case.
    pub fn save_again(
        &mut self,
        entry: &Entry,
        who: Option<PersonId>,
        known: Date,
        of: Option<CaseId>,
    ) -> Brought {
        self.take_in(entry, who, known, of, true)
    }

    fn take_in(
        &mut self,
        entry: &Entry,
        who: Option<PersonId>,
        known: Date,
        of: Option<CaseId>,
        again: bool,
    ) -> Brought {
        let mut brought = self.offer_all(entry, who, known, of);
        self.open_by_entry(entry, known, again, &mut brought);
        self.follow(known, &mut brought);
        brought
    }

    fn offer_all(
        &mut self,
        entry: &Entry,
        who: Option<PersonId>,
        known: Date,
        of: Option<CaseId>,
    ) -> Brought {
        let mut brought = Brought::default();
        self.entries.insert(entry.id, (entry.clone(), who));
        let record = Record { entry, who, known, case: of };
        for i in 0..self.files.len() {
            // A record that is put right does not do its step a second time.
            if self.files.get(i).is_some_and(|f| f.rests_on(entry.id)) {
                continue;
            }
            for found in self.offers(i, &record, known) {
                self.take(i, found, &record, known, &mut brought);
            }
        }
        brought
    }

    /// Does what follows by itself until nothing more does: effects of lapses, sub-cases, records that came early.
    fn follow(&mut self, day: Date, brought: &mut Brought) {
        for _ in 0..50 {
            if !(self.lapses(day)
                | self.sub_cases(day)
                | self.end_sub_cases(day)
                | self.offer_again(day, brought))
            {
                return;
            }
        }
    }

    fn lapses(&mut self, day: Date) -> bool {
        let states = self.states(day);
        let mut all = Vec::new();
        for (file, (_, state)) in self.files.iter().zip(&states) {
            for lapse in state.lapses.iter().skip(file.lapses) {
                let of = lapsed(&file.workflow, &file.case, state, &self.world(&states), *lapse);
                all.extend(of.into_iter().map(|change| (file.case.id, change)));
            }
        }
        let mut grew = false;
        for (file, (_, state)) in self.files.iter_mut().zip(&states) {
            grew |= file.lapses < state.lapses.len();
            file.lapses = state.lapses.len();
        }
        for (by, change) in all {
            self.change(change, day, Some(by));
        }
        grew
    }

    /// Offers records that came early to the steps that have opened since.
    fn offer_again(&mut self, day: Date, brought: &mut Brought) -> bool {
        for i in 0..self.files.len() {
            let early = self.files.get(i).map(|r| r.early.clone()).unwrap_or_default();
            for (entry, known) in early {
                let Some((record, who)) = self.entries.get(&entry).cloned() else { continue };
                let record = Record {
                    entry: &record,
                    who,
                    known: day.max(known),
                    case: self.files.get(i).map(|r| r.case.id),
                };
                let moved: Vec<Move> =
                    self.offers(i, &record, day).into_iter().filter(|m| m.fate == Fate::Moved).collect();
                if moved.is_empty() {
                    continue;
                }
                if let Some(file) = self.files.get_mut(i) {
                    file.early.retain(|(e, _)| *e != entry);
                }
                for found in moved {
                    self.take(i, found, &record, day, brought);
                }
                return true;
            }
        }
        false
    }

    /// What a record would do to a case.
    #[must_use]
    pub fn offers(&self, case: usize, record: &Record<'_>, day: Date) -> Vec<Move> {
        let states = self.states(day);
        let (Some(file), Some((_, state))) = (self.files.get(case), states.get(case)) else {
            return Vec::new();
        };
        offer(&file.workflow, &file.case, state, &self.world(&states), record)
    }

    /// Writes an event down, with what it changes.
    pub fn record_event(&mut self, case: usize, event: &Event, day: Date) {
        let Some(file) = self.files.get_mut(case) else { return };
        file.events.push(event.clone());
        let states = self.states(day);
        let Some(file) = self.files.get(case) else { return };
        let Some((_, state)) = states.get(case) else { return };
        let all = changes(&file.workflow, &file.case, state, &self.world(&states), event);
        let id = file.case.id;
        for change in all {
            self.change(change, day, Some(id));
        }
    }

    fn change(&mut self, change: Change, day: Date, by: Option<CaseId>) {
        self.changed.push((by, change.clone(), day));
        match change {
            Change::Stage(Subject::Person(id), stage, from) => {
                if let Some(person) = self.people.get_mut(&id) {
                    person.stages.push((from, stage));
                    person.stages.sort_by_key(|(since, _)| *since);
                }
            }
            Change::Stage(subject, stage, from) => {
                self.fact(subject, "stage", Some(Value::Choice(stage)), from, None, day);
            }
            Change::Fact { subject, name, value, from, ends } => {
                self.fact(subject, &name, value, from, ends, day);
            }
            Change::Cleared(subject, name) => {
                let fact = Fact { known: day, value: None, from: None, ends: None, cleared: true };
                self.facts.entry((subject, name)).or_default().push(fact);
            }
            Change::Post(id, unit, title, from, until) => {
                if let Some(person) = self.people.get_mut(&id) {
                    person.posts.push((unit, title, from, until));
                }
            }
            Change::Move(id, to, from) => {
                if let Some(person) = self.people.get_mut(&id) {
                    person.branches.push((from, to));
                    person.branches.sort_by_key(|(since, _)| *since);
                }
            }
            Change::Unit(id, act, from) => {
                if act == "dissolved" || act == "merged" {
                    let unit = Arc::make_mut(&mut self.organisation).units.iter_mut().find(|u| u.id == id);
                    if let Some(unit) = unit {
                        unit.dissolved = Some(from);
                    }
                }
            }
            Change::Open(subject, workflow) => {
                let Some(of) = self.files.iter().find(|r| Some(r.case.id) == by).map(|r| r.case.clone())
                else {
                    return;
                };
                self.open_case(&workflow, subject, &of.title, of.unit, of.unit, day, by);
            }
            Change::Close(subject, workflow) => {
                let about = |r: &&mut CaseFile| r.case.subject == subject && r.case.workflow == workflow;
                for file in self.files.iter_mut().filter(about) {
                    let what = What::Ended("随另一事项结束".to_owned());
                    file.events.push(Event { known: day, day, what });
                }
            }
            Change::Number(_) | Change::Paper(_) | Change::Tell(_) => {}
        }
    }

    fn fact(
        &mut self,
        subject: Subject,
        name: &str,
        value: Option<Value>,
        from: Date,
        ends: Option<Date>,
        known: Date,
    ) {
        let fact = Fact { known, value, from: Some(from), ends, cleared: false };
        self.facts.entry((subject, name.to_owned())).or_default().push(fact);
    }

    fn take(&mut self, i: usize, found: Move, record: &Record<'_>, known: Date, brought: &mut Brought) {
        let id = self.files.get(i).map(|r| r.case.id);
        for change in found.changes.clone() {
            self.change(change, known, id);
        }
        match found.fate {
            Fate::Moved => {
                // What an earlier step of the same record changed may have closed this one.
                let still = self.offers(i, record, known);
                let same = |m: &&Move| m.step == found.step && m.line == found.line && m.fate == Fate::Moved;
                let Some(now) = still.iter().find(same).cloned() else { return };
                if let Some(event) = now.event.clone() {
                    self.record_event(i, &event, known);
                }
                brought.told.extend(now.unmet.clone());
                brought.moves.push((i, now));
            }
            Fate::Disputes => {
                if let Some(event) = found.event.clone() {
                    self.record_event(i, &event, known);
                }
                brought.moves.push((i, found));
            }
            Fate::Later => {
                if let Some(file) = self.files.get_mut(i)
                    && !file.early.iter().any(|(e, _)| *e == record.entry.id)
                {
                    file.early.push((record.entry.id, known));
                }
                brought.moves.push((i, found));
            }
            Fate::Refused | Fate::Attached => {
                brought.told.extend(found.unmet.clone());
                brought.moves.push((i, found));
            }
        }
    }

    /// A sub-case that is taken up again disputes the step that it showed.
    fn dispute_parent(&mut self, i: usize, known: Date) {
        let Some(child) = self.files.get(i).map(|r| r.case.clone()) else { return };
        let Some(parent) = self.files.iter().position(|r| Some(r.case.id) == child.parent) else { return };
        let shows = |s: &&model::flow::Step| {
            s.shown_by.iter().any(|shown| shown.case.as_deref() == Some(child.workflow.as_str()))
        };
        let step =
            self.files.get(parent).and_then(|r| r.workflow.steps.iter().find(shows)).map(|s| s.id.clone());
        if let Some(step) = step {
            let what = What::Disputed(step, None);
            self.record_event(parent, &Event { known, day: known, what }, known);
        }
    }

    /// Does an act on a case, unless something refuses it: what was refused or told comes back.
    pub fn act(&mut self, i: usize, ask: &Ask, on: Date, known: Date) -> Vec<Unmet> {
        let states = self.states(known);
        let (Some(file), Some((case, state))) = (self.files.get(i), states.get(i)) else { return Vec::new() };
        let world = self.world(&states);
        let told = match ask {
            Ask::Skip { step, reason, .. } => may_skip(&file.workflow, state, step, &world, reason),
            Ask::Extend { step, line, to, by, reason } => {
                may_extend((&file.workflow, case, state), (step, *line), *to, (on, *by, reason), &world)
            }
            Ask::AddLine(step, line) => may_add_line(&file.workflow, state, step, line),
            Ask::Return(step) | Ask::Reopen(step) => may_lead_to(&file.workflow, state, step),
            Ask::Uphold(step) => may_uphold(&file.workflow, state, step),
            Ask::HandOver(_) | Ask::End(_) => Vec::new(),
        };
        if told.iter().any(|u| u.refuses) {
            return told;
        }
        let what = match ask {
            Ask::Skip { step, line, .. } => What::Skipped(step.clone(), *line),
            Ask::Extend { step, line, to, .. } => What::Extended(step.clone(), *line, *to),
            Ask::Return(step) => What::Returned(step.clone()),
            Ask::Uphold(step) => What::Upheld(step.clone()),
            Ask::Reopen(step) => What::Reopened(step.clone()),
            Ask::HandOver(unit) => What::HandedOver(*unit),
            Ask::AddLine(step, line) => What::LineAdded(step.clone(), line.clone()),
            Ask::End(how) => What::Ended(how.clone()),
        };
        self.record_event(i, &Event { known, day: on, what }, known);
        if matches!(ask, Ask::Reopen(_)) {
            self.dispute_parent(i, known);
        }
        told
    }

    /// A record was corrected: what rests on the fields that changed is disputed. The steps that are, by case.
    pub fn correct(&mut self, entry: &Entry, changed: &[String], known: Date) -> Vec<(usize, String)> {
        let states = self.states(known);
        let mut disputed = Vec::new();
        for (i, (file, (_, state))) in self.files.iter().zip(&states).enumerate() {
            let steps = correction(&file.workflow, state, entry, changed, self.rulebook);
            disputed.extend(steps.into_iter().map(|step| (i, step)));
        }
        if let Some(kept) = self.entries.get_mut(&entry.id) {
            kept.0 = entry.clone();
        }
        for (i, step) in &disputed {
            let what = What::Disputed(step.clone(), Some(entry.id));
            self.record_event(*i, &Event { known, day: known, what }, known);
        }
        disputed
    }
}
