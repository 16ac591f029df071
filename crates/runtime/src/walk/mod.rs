//! Playing walks: tests of procedures as data. A walk is played as the institution would live it: a record is saved, moves
//! what it can, and what is expected is compared with what came.

mod book;
mod cast;
mod chase;
mod expect;
mod opens;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use model::flow::{Lane, Path, SubjectKind, Workflow};
use model::{EntryId, PersonId, Value};
use rulebook::{Rulebook, Said, Walk, WalkCase, WalkLine};

use crate::flow::{
    Case, Change, Days, Event, Fate, Line, Move, Record, State, Status, Subject, Unmet, What, World, changes,
    correction, lapsed, may_add_line, may_extend, may_skip, offer, state,
};
use cast::{Cast, Trouble};

/// What went otherwise than expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalkFault {
    /// Line of the file.
    pub at: usize,
    /// What was expected.
    pub expected: String,
    /// What came.
    pub came: String,
}

/// A walk that was played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Played {
    /// The file.
    pub file: String,
    /// Line of the file.
    pub at: usize,
    /// What it shows.
    pub name: String,
    /// How many lines were played.
    pub lines: usize,
    /// Ends that cases came to: procedure and end.
    pub ends: BTreeSet<(String, String)>,
    /// What was told of records: procedure, step, and the row of the article, else the rank, on which it rests.
    pub told: BTreeSet<(String, String, String)>,
    /// What went otherwise.
    pub faults: Vec<WalkFault>,
}

/// A case that runs.
struct Running {
    case: Case,
    workflow: Workflow,
    events: Vec<Event>,
    /// Records that came too early, by step.
    early: Vec<(EntryId, Date)>,
    /// Lapses whose effects were done.
    lapses: usize,
}

/// What one line brought.
#[derive(Default)]
struct Brought {
    moves: Vec<(usize, Move)>,
    told: Vec<Unmet>,
    opened: Vec<String>,
    /// Steps that were open before it.
    before: BTreeSet<(usize, String, Option<usize>)>,
}

struct Play<'a> {
    rulebook: &'a Rulebook,
    days: Days,
    cast: Cast,
    cases: Vec<Running>,
    /// With how many cases the walk began.
    begun: usize,
    by_itself: &'a [String],
    /// The first day of the walk, and the last until which its days have passed.
    first: Date,
    passed: Date,
    /// Duties of the Book whose due day was put off.
    put_off: Vec<book::PutOff>,
    /// Records that were opened from a duty of the Book: rule, unit, due day.
    opened_from: BTreeMap<EntryId, (String, model::UnitId, Date)>,
    /// What went up the ladder, was said, asked and held.
    chased: chase::Chasing,
    trouble: Vec<Trouble>,
    told: BTreeSet<(String, String, String)>,
}

/// Plays a walk by the rules.
#[must_use]
pub fn play(walk: &Walk, rulebook: &Rulebook) -> Played {
    let mut trouble = Vec::new();
    let cast = Cast::of(walk, rulebook, &mut trouble);
    let days = walk.lines.iter().filter_map(|l| l.on);
    let (first, last) = (days.clone().min(), days.max());
    let years = first.map_or(2026, Date::year) - 1..=last.map_or(2026, Date::year) + 2;
    let mut play = Play {
        rulebook,
        days: Days::of(rulebook, years),
        cast,
        cases: Vec::new(),
        begun: walk.cases.len(),
        by_itself: &walk.by_itself,
        first: first.unwrap_or(Date::constant(2026, 1, 1)),
        passed: first.unwrap_or(Date::constant(2026, 1, 1)),
        put_off: Vec::new(),
        opened_from: BTreeMap::new(),
        chased: chase::Chasing::of(walk),
        trouble,
        told: BTreeSet::new(),
    };
    for case in &walk.cases {
        play.begin(case, first);
    }
    let mut faults = Vec::new();
    for line in &walk.lines {
        let Some(on) = line.on else { continue };
        let known = line.entered.unwrap_or(on);
        play.pass_to(known);
        let mut brought = Brought { before: play.open_now(known), ..Brought::default() };
        play.happen(line, on, known, &mut brought);
        play.note(&brought);
        faults.extend(play.compare_rung(line, known));
        faults.extend(play.compare(line, known, &brought));
    }
    faults.extend(play.trouble.iter().map(|(at, words)| WalkFault {
        at: *at,
        expected: "能读懂的一行".to_owned(),
        came: words.clone(),
    }));
    faults.sort_by_key(|f| f.at);
    let end = last.unwrap_or(Date::constant(2026, 1, 1));
    let ends = (0..play.cases.len())
        .filter_map(|i| {
            let (how, _) = play.state(i, end).ended?;
            Some((play.cases.get(i)?.case.workflow.clone(), how))
        })
        .collect();
    Played {
        file: walk.file.clone(),
        at: walk.at,
        name: walk.name.clone(),
        lines: walk.lines.len(),
        ends,
        told: play.told,
        faults,
    }
}

impl Play<'_> {
    /// Keeps what was told, for whoever asks which guards a walk has broken.
    fn note(&mut self, brought: &Brought) {
        for (i, found) in &brought.moves {
            let Some(running) = self.cases.get(*i) else { continue };
            for unmet in &found.unmet {
                let by = unmet.article.clone().or(unmet.rank.map(|r| r.id().to_owned()));
                let by = by.unwrap_or_else(|| unmet.kind.to_owned());
                self.told.insert((running.case.workflow.clone(), found.step.clone(), by));
            }
        }
    }

    fn begin(&mut self, asked: &WalkCase, first: Option<Date>) {
        let Some(opened) = asked.on.or(first) else { return };
        let Ok(workflow) = self.rulebook.workflow_on(&asked.workflow, opened) else {
            self.trouble.push((asked.at, format!("{opened}没有流程“{}”", asked.workflow)));
            return;
        };
        let id = self.cast.ids.case();
        let person = self.cast.person(&asked.about);
        let about = self.cast.unit(&asked.about);
        let subject = match workflow.subject {
            SubjectKind::Person => person.map(Subject::Person),
            SubjectKind::Unit => about.map(Subject::Unit),
            SubjectKind::Record | SubjectKind::Matter => Some(Subject::Matter(id)),
        };
        let Some(subject) = subject else {
            self.trouble.push((asked.at, format!("没有“{}”", asked.about)));
            return;
        };
        let named = |name: &Option<String>| name.as_ref().and_then(|n| self.cast.unit(n));
        let of_subject = match subject {
            Subject::Person(id) => self.cast.people.get(&id).and_then(|p| p.branch(opened)),
            Subject::Unit(id) => Some(id),
            Subject::Record(..) | Subject::Matter(_) => None,
        };
        let Some(unit) = named(&asked.unit).or(of_subject).or_else(|| named(&asked.by)) else {
            self.trouble.push((asked.at, "没有写明是哪个组织的事项（unit）".to_owned()));
            return;
        };
        let parent = asked.parent.as_ref().and_then(|p| self.find(p)).map(|i| self.cases[i].case.id);
        let case = Case {
            id,
            workflow: workflow.id.clone(),
            subject,
            title: asked.about.clone(),
            unit,
            opened,
            opened_by: named(&asked.by).unwrap_or(unit),
            parent,
        };
        let workflow = workflow.clone();
        // A unit that is named and is not the subject's own keeps the case.
        let kept = named(&asked.unit).filter(|u| of_subject.is_some_and(|own| own != *u));
        let hand_over = |u| Event { known: opened, day: opened, what: What::HandedOver(u) };
        let events = kept.map(hand_over).into_iter().collect();
        self.cases.push(Running { case, workflow, events, early: Vec::new(), lapses: 0 });
    }

    /// The case about somebody or something by name; the latest, where there are several.
    fn find(&self, about: &str) -> Option<usize> {
        // What opened by a late duty is called by its unit and the duty: the unit alone is enough.
        let of_unit = |c: &Case| c.title.split_once('：').is_some_and(|(unit, _)| unit == about);
        let named = |c: &Case| c.title == about || c.workflow == about || of_unit(c);
        self.cases.iter().rposition(|r| named(&r.case))
    }

    /// The states of all cases on a day.
    fn states(&self, on: Date) -> Vec<(Case, State)> {
        let plain = |cases: &[(Case, State)]| -> Vec<(Case, State)> {
            self.cases
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

    fn world<'w>(&'w self, cases: &'w [(Case, State)]) -> World<'w> {
        World {
            rulebook: self.rulebook,
            organisation: &self.cast.organisation,
            people: &self.cast.people,
            facts: &self.cast.facts,
            entries: &self.cast.entries,
            settings: &self.cast.settings,
            events: &self.cast.events,
            days: &self.days,
            cases,
        }
    }

    fn state(&self, case: usize, on: Date) -> State {
        let states = self.states(on);
        states.into_iter().nth(case).map(|(_, s)| s).expect("the case runs")
    }

    fn open_now(&self, on: Date) -> BTreeSet<(usize, String, Option<usize>)> {
        let mut out = BTreeSet::new();
        for (i, (_, state)) in self.states(on).iter().enumerate() {
            let Some(running) = self.cases.get(i) else { continue };
            for (step, place) in running.workflow.steps.iter().zip(&state.places) {
                let open = place.marks.iter().enumerate().filter(|(_, m)| m.status == Status::Open);
                out.extend(open.map(|(line, _)| (i, step.id.clone(), step.per.is_some().then_some(line))));
            }
        }
        out
    }

    /// Lets the days pass: what opens by itself, what lapses, sub-cases that begin.
    fn pass_to(&mut self, day: Date) {
        self.open_by_moment(day);
        self.follow(day, &mut Brought::default());
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
        for (running, (_, state)) in self.cases.iter().zip(&states) {
            for lapse in state.lapses.iter().skip(running.lapses) {
                all.extend(lapsed(&running.workflow, &running.case, state, &self.world(&states), *lapse));
            }
        }
        let mut grew = false;
        for (running, (_, state)) in self.cases.iter_mut().zip(&states) {
            grew |= running.lapses < state.lapses.len();
            running.lapses = state.lapses.len();
        }
        for change in all {
            self.change(change, day, None);
        }
        grew
    }

    /// Offers records that came early to the steps that have opened since.
    fn offer_again(&mut self, day: Date, brought: &mut Brought) -> bool {
        for i in 0..self.cases.len() {
            let early = self.cases.get(i).map(|r| r.early.clone()).unwrap_or_default();
            for (entry, known) in early {
                let Some((record, who)) = self.cast.entries.get(&entry).cloned() else { continue };
                let record = Record {
                    entry: &record,
                    who,
                    known: day.max(known),
                    case: self.cases.get(i).map(|r| r.case.id),
                };
                let moved: Vec<Move> =
                    self.offers(i, &record, day).into_iter().filter(|m| m.fate == Fate::Moved).collect();
                if moved.is_empty() {
                    continue;
                }
                if let Some(running) = self.cases.get_mut(i) {
                    running.early.retain(|(e, _)| *e != entry);
                }
                for found in moved {
                    self.take(i, found, &record, day, brought);
                }
                return true;
            }
        }
        false
    }

    fn offers(&self, case: usize, record: &Record<'_>, day: Date) -> Vec<Move> {
        let states = self.states(day);
        let (Some(running), Some((_, state))) = (self.cases.get(case), states.get(case)) else {
            return Vec::new();
        };
        offer(&running.workflow, &running.case, state, &self.world(&states), record)
    }

    fn record_event(&mut self, case: usize, event: &Event, day: Date) {
        let Some(running) = self.cases.get_mut(case) else { return };
        running.events.push(event.clone());
        let states = self.states(day);
        let Some(running) = self.cases.get(case) else { return };
        let Some((_, state)) = states.get(case) else { return };
        let all = changes(&running.workflow, &running.case, state, &self.world(&states), event);
        let id = running.case.id;
        for change in all {
            self.change(change, day, Some(id));
        }
    }

    fn change(&mut self, change: Change, day: Date, by: Option<model::CaseId>) {
        match change {
            Change::Stage(Subject::Person(id), stage, from) => {
                if let Some(person) = self.cast.people.get_mut(&id) {
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
                let fact =
                    crate::flow::Fact { known: day, value: None, from: None, ends: None, cleared: true };
                self.cast.facts.entry((subject, name)).or_default().push(fact);
            }
            Change::Post(id, unit, title, from, until) => {
                if let Some(person) = self.cast.people.get_mut(&id) {
                    person.posts.push((unit, title, from, until));
                }
            }
            Change::Move(id, to, from) => {
                if let Some(person) = self.cast.people.get_mut(&id) {
                    person.branches.push((from, to));
                    person.branches.sort_by_key(|(since, _)| *since);
                }
            }
            Change::Unit(id, act, from) => {
                if act == "dissolved" || act == "merged" {
                    let unit = self.cast.organisation.units.iter_mut().find(|u| u.id == id);
                    if let Some(unit) = unit {
                        unit.dissolved = Some(from);
                    }
                }
            }
            Change::Open(subject, workflow) => {
                let Some(of) = self.cases.iter().find(|r| Some(r.case.id) == by).map(|r| r.case.clone())
                else {
                    return;
                };
                self.open_case(&workflow, subject, &of.title, of.unit, of.unit, day, by);
            }
            Change::Close(subject, workflow) => {
                let about = |r: &&mut Running| r.case.subject == subject && r.case.workflow == workflow;
                for running in self.cases.iter_mut().filter(about) {
                    let what = What::Ended("随另一事项结束".to_owned());
                    running.events.push(Event { known: day, day, what });
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
        let fact = crate::flow::Fact { known, value, from: Some(from), ends, cleared: false };
        self.cast.facts.entry((subject, name.to_owned())).or_default().push(fact);
    }

    fn happen(&mut self, line: &WalkLine, on: Date, known: Date, brought: &mut Brought) {
        if !line.record.is_empty() {
            self.save(line, on, known, brought);
        }
        if let Some(act) = &line.act {
            self.act(act, line, on, known, brought);
        }
        self.follow(known, brought);
    }

    fn writer(&mut self, line: &WalkLine) -> Option<PersonId> {
        let name = line.who.as_ref()?;
        let found = self.cast.person(name);
        if found.is_none() {
            self.trouble.push((line.at, format!("people 里没有“{name}”")));
        }
        found
    }

    /// The case that a line means: the one it names, else the only one.
    fn meant(&mut self, line: &WalkLine) -> Option<usize> {
        match &line.case {
            Some(name) => {
                let found = self.find(name);
                if found.is_none() {
                    self.trouble.push((line.at, format!("没有事项“{name}”")));
                }
                found
            }
            // Cases that followed from it do not take the place of the one with which the walk began.
            None if self.cases.len() == 1 || self.begun == 1 => Some(0),
            None => None,
        }
    }

    fn save(&mut self, line: &WalkLine, on: Date, known: Date, brought: &mut Brought) {
        let who = self.writer(line);
        let mut trouble = Vec::new();
        let made = self.cast.entry(line, on, known, self.rulebook, &mut trouble);
        self.trouble.append(&mut trouble);
        let Some(entry) = made else { return };
        self.cast.entries.insert(entry.id, (entry.clone(), who));
        let meant = self.meant(line);
        self.note_answer(line, &entry, meant, known);
        let record = Record {
            entry: &entry,
            who,
            known,
            case: meant.and_then(|i| self.cases.get(i)).map(|r| r.case.id),
        };
        let all: Vec<usize> = (0..self.cases.len()).collect();
        for i in all {
            for found in self.offers(i, &record, known) {
                self.take(i, found, &record, known, brought);
            }
        }
        self.open_by_entry(&entry, known, brought);
    }

    fn take(&mut self, i: usize, found: Move, record: &Record<'_>, known: Date, brought: &mut Brought) {
        let id = self.cases.get(i).map(|r| r.case.id);
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
                if let Some(running) = self.cases.get_mut(i)
                    && !running.early.iter().any(|(e, _)| *e == record.entry.id)
                {
                    running.early.push((record.entry.id, known));
                }
                brought.moves.push((i, found));
            }
            Fate::Refused | Fate::Attached => {
                brought.told.extend(found.unmet.clone());
                brought.moves.push((i, found));
            }
        }
    }

    fn act(&mut self, act: &str, line: &WalkLine, on: Date, known: Date, brought: &mut Brought) {
        match act {
            "event" => {
                if let Some(name) = &line.name {
                    self.cast.events.entry(name.clone()).or_default().push(on);
                }
                return;
            }
            "fact" => {
                let (Some(name), Some(to)) = (&line.name, &line.to) else {
                    self.trouble.push((line.at, "act = \"fact\" 要写 name 和 to".to_owned()));
                    return;
                };
                let about = line.case.as_deref().or(line.who.as_deref());
                let subject = about.and_then(|a| {
                    self.cast.person(a).map(Subject::Person).or_else(|| self.cast.unit(a).map(Subject::Unit))
                });
                let subject = subject.or_else(|| self.cases.first().map(|r| r.case.subject));
                if let Some(subject) = subject {
                    self.cast.tell(subject, name, to, known);
                }
                return;
            }
            _ => {}
        }
        if chase::ACTS.contains(&act) {
            self.act_on_ladder(act, line, known, brought);
            return;
        }
        let Some(i) = self.meant(line) else {
            self.trouble.push((line.at, "没有写明是哪个事项（case）".to_owned()));
            return;
        };
        let states = self.states(known);
        let (Some(running), Some((case, state))) = (self.cases.get(i), states.get(i)) else { return };
        let step = line.step.clone().unwrap_or_default();
        let at = running.workflow.place(&step);
        let lane = at.and_then(|p| state.places.get(p)).and_then(|p| {
            let name = line.line.as_ref()?;
            p.lines.as_ref()?.iter().position(|l| l.title == *name)
        });
        let needs_step =
            matches!(act, "skip" | "extend" | "return" | "uphold" | "reopen" | "change" | "add_line");
        if needs_step && at.is_none() {
            self.trouble.push((line.at, format!("没有环节“{step}”")));
            return;
        }
        let what = match act {
            "skip" => {
                let told = may_skip(&running.workflow, state, &step, &self.world(&states), &line.reason);
                let refused = told.iter().any(|u| u.refuses);
                brought.told.extend(told);
                (!refused).then_some(What::Skipped(step, lane))
            }
            "extend" => {
                let Some(Said::Day(to)) = line.to else {
                    self.trouble.push((line.at, "延期要写明延到哪一天（to）".to_owned()));
                    return;
                };
                let by = line.unit.as_ref().and_then(|n| self.cast.unit(n)).unwrap_or(case.opened_by);
                let told = may_extend(
                    (&running.workflow, case, state),
                    (&step, lane),
                    to,
                    (on, by, &line.reason),
                    &self.world(&states),
                );
                let refused = told.iter().any(|u| u.refuses);
                brought.told.extend(told);
                (!refused).then_some(What::Extended(step, lane, to))
            }
            "return" | "change" => Some(What::Returned(step)),
            "uphold" => Some(What::Upheld(step)),
            "reopen" => Some(What::Reopened(step)),
            "hand_over" => match &line.to {
                Some(Said::Text(name)) if self.cast.unit(name).is_some() => {
                    self.cast.unit(name).map(What::HandedOver)
                }
                _ => {
                    self.trouble.push((line.at, "移交要写明交给哪个组织（to）".to_owned()));
                    return;
                }
            },
            "add_line" => {
                let Some(added) = self.new_line(i, &step, line) else { return };
                let states = self.states(known);
                let (Some(running), Some((_, state))) = (self.cases.get(i), states.get(i)) else { return };
                let told = may_add_line(&running.workflow, state, &step, &added);
                let refused = told.iter().any(|u| u.refuses);
                brought.told.extend(told);
                (!refused).then_some(What::LineAdded(step, added))
            }
            "end" => Some(What::Ended(if line.reason.is_empty() {
                "终止".to_owned()
            } else {
                line.reason.clone()
            })),
            "correct" => {
                self.correct(i, line, known);
                None
            }
            _ => {
                let known = "skip、extend、return、change、uphold、reopen、hand_over、add_line、end、correct、event、fact、release、leave_out、hold、ask、put_off";
                self.trouble.push((line.at, format!("不认识的 act“{act}”，可用：{known}")));
                None
            }
        };
        if let Some(what) = what {
            let reopened = matches!(what, What::Reopened(_));
            self.record_event(i, &Event { known, day: on, what }, known);
            if reopened {
                self.dispute_parent(i, known);
            }
        }
    }

    /// The line that is added to a lane: about the unit or person whom `to` names, or of the columns in `fields`.
    fn new_line(&mut self, i: usize, step: &str, line: &WalkLine) -> Option<Line> {
        let mut row = model::Row::new();
        if !line.fields.is_empty() {
            let running = self.cases.get(i)?;
            let lane = running.workflow.step(step).and_then(|s| s.per.clone());
            let Some(Lane::Field(Path::Step { step: from, field })) = lane else {
                self.trouble.push((line.at, "这一环节的行不是表里的行，只写 to".to_owned()));
                return None;
            };
            let shown = running.workflow.step(&from).map(|s| s.shown_by.clone()).unwrap_or_default();
            let forms =
                shown.iter().filter_map(|s| s.ledger.as_deref()).filter_map(|l| self.rulebook.ledger(l));
            let columns =
                forms.filter_map(|l| l.field(&field)).map(|f| f.rows.clone()).next().unwrap_or_default();
            for (key, said) in &line.fields {
                let Some(column) = columns.iter().find(|c| c.id == *key) else {
                    self.trouble.push((line.at, format!("没有列“{key}”")));
                    continue;
                };
                match self.cast.value(column, said) {
                    Ok(value) => {
                        row.insert(key.clone(), value);
                    }
                    Err(why) => self.trouble.push((line.at, why)),
                }
            }
        }
        let world = self.world(&[]);
        let mut made = if row.is_empty() { None } else { Some(Line::of_row(row, &world)) };
        if let Some(Said::Text(name)) = &line.to {
            let named = match (self.cast.unit(name), self.cast.person(name)) {
                (Some(unit), _) => Line::of_unit(unit, &world),
                (None, Some(person)) => Line::of_person(person, &world),
                (None, None) => {
                    Line { title: name.clone(), unit: None, person: None, row: model::Row::new() }
                }
            };
            let row = made.map_or_else(model::Row::new, |m| m.row);
            made = Some(Line { row, ..named });
        }
        if made.is_none() {
            self.trouble.push((line.at, "加一行要写明加谁（to），或者各列的值（fields）".to_owned()));
        }
        made
    }

    /// A sub-case that is taken up again disputes the step that it showed.
    fn dispute_parent(&mut self, i: usize, known: Date) {
        let Some(child) = self.cases.get(i).map(|r| r.case.clone()) else { return };
        let Some(parent) = self.cases.iter().position(|r| Some(r.case.id) == child.parent) else { return };
        let shows = |s: &&model::flow::Step| {
            s.shown_by.iter().any(|shown| shown.case.as_deref() == Some(child.workflow.as_str()))
        };
        let step =
            self.cases.get(parent).and_then(|r| r.workflow.steps.iter().find(shows)).map(|s| s.id.clone());
        if let Some(step) = step {
            let what = What::Disputed(step, None);
            self.record_event(parent, &Event { known, day: known, what }, known);
        }
    }

    /// A correction of the latest record of a step: the fields take their new values, and what rests on them is disputed.
    fn correct(&mut self, i: usize, line: &WalkLine, known: Date) {
        let states = self.states(known);
        let (Some(running), Some((_, state))) = (self.cases.get(i), states.get(i)) else { return };
        let place = line.step.as_ref().and_then(|s| running.workflow.place(s));
        let Some(id) = place.and_then(|p| state.latest(p, None)).and_then(|d| d.entry) else {
            self.trouble.push((line.at, "这一环节还没有记录可以更正".to_owned()));
            return;
        };
        let Some((mut entry, who)) = self.cast.entries.get(&id).cloned() else { return };
        let workflow = running.workflow.clone();
        let state = state.clone();
        let mut changed = Vec::new();
        for (key, said) in &line.fields {
            let field =
                entry.ledgers.iter().filter_map(|l| self.rulebook.ledger(l)).find_map(|l| l.field(key));
            let Some(field) = field else {
                self.trouble.push((line.at, format!("没有字段“{key}”")));
                continue;
            };
            match self.cast.value(field, said) {
                Ok(value) => {
                    entry.values.insert(key.clone(), value);
                    changed.push(key.clone());
                }
                Err(why) => self.trouble.push((line.at, why)),
            }
        }
        if let Some(Said::Day(day)) = line.to {
            entry.day = day;
            changed.push("day".to_owned());
        }
        let disputed = correction(&workflow, &state, &entry, &changed, self.rulebook);
        self.cast.entries.insert(id, (entry, who));
        for step in disputed {
            let what = What::Disputed(step, Some(id));
            self.record_event(i, &Event { known, day: known, what }, known);
        }
    }
}
