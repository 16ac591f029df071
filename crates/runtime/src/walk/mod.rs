//! Playing walks: tests of procedures as data. A walk is played as the institution would live it: a record is saved, moves
//! what it can, and what is expected is compared with what came.

mod book;
mod cast;
mod chase;
mod expect;
mod sheet;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::ToSpan;
use jiff::civil::Date;
use model::flow::{Lane, Opening, Path, SubjectKind};
use model::{EntryId, PersonId, UnitId};
use rulebook::{Rulebook, Said, Walk, WalkCase, WalkLine};

use crate::flow::{self, Ask, Brought, Case, CaseFile, Days, Event, State, Status, Subject, What, World};
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

/// What one line brought, with the steps that were open before it.
#[derive(Default)]
struct Line {
    brought: Brought,
    before: BTreeSet<(usize, String, Option<usize>)>,
}

struct Play<'a> {
    rulebook: &'a Rulebook,
    cast: Cast<'a>,
    by_itself: &'a [String],
    /// With how many cases the walk began.
    begun: usize,
    /// The first day of the walk, and the last until which its days have passed.
    first: Date,
    passed: Date,
    /// Duties of the Book whose due day was put off.
    put_off: Vec<book::PutOff>,
    /// Records that were opened from a duty of the Book: rule, unit, due day.
    opened_from: BTreeMap<EntryId, (String, UnitId, Date)>,
    /// Rules of the walk's Book.
    book: Vec<String>,
    /// What was answered, judged and voted on sheets.
    sheets: sheet::Sheets,
    /// What went up the ladder, was said, asked and held.
    chased: chase::Chasing,
    trouble: Vec<Trouble>,
    told: BTreeSet<(String, String, String)>,
}

/// Plays a walk by the rules.
#[must_use]
pub fn play(walk: &Walk, rulebook: &Rulebook) -> Played {
    let mut trouble = Vec::new();
    let days = walk.lines.iter().filter_map(|l| l.on);
    let (first, last) = (days.clone().min(), days.max());
    let years = first.map_or(2026, Date::year) - 1..=last.map_or(2026, Date::year) + 2;
    let cast = Cast::of(walk, rulebook, Days::of(rulebook, years), &mut trouble);
    for id in &walk.by_itself {
        if first.is_some_and(|day| rulebook.workflow_on(id, day).is_err()) {
            trouble.push((walk.at, format!("没有流程“{id}”")));
        }
    }
    let mut play = Play {
        rulebook,
        cast,
        by_itself: &walk.by_itself,
        begun: walk.cases.len(),
        first: first.unwrap_or(Date::constant(2026, 1, 1)),
        passed: first.unwrap_or(Date::constant(2026, 1, 1)),
        put_off: Vec::new(),
        opened_from: BTreeMap::new(),
        book: walk.book.clone(),
        sheets: sheet::Sheets::default(),
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
        let before = play.open_now(known);
        let brought = play.happen(line, on, known);
        play.note(&brought);
        faults.extend(play.compare_rung(line, known));
        faults.extend(play.compare_sheet(line, known));
        faults.extend(play.compare(line, known, &Line { brought, before }));
    }
    faults.extend(play.trouble.iter().map(|(at, words)| WalkFault {
        at: *at,
        expected: "能读懂的一行".to_owned(),
        came: words.clone(),
    }));
    faults.sort_by_key(|f| f.at);
    let end = last.unwrap_or(Date::constant(2026, 1, 1));
    let ends = (0..play.cast.docket.files.len())
        .filter_map(|i| {
            let (how, _) = play.state(i, end).ended?;
            Some((play.cast.docket.files.get(i)?.case.workflow.clone(), how))
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
    /// Lets the days pass: what opens by itself in each month since the walk was here, what lapses, what follows.
    fn pass_to(&mut self, day: Date) {
        let mut at = self.passed;
        while let Ok(next) = at.first_of_month().checked_add(1.month())
            && next < day
        {
            self.open_by_itself(next);
            at = next;
        }
        self.open_by_itself(day);
        self.passed = self.passed.max(day);
        self.cast.docket.pass_to(day);
    }

    fn open_by_itself(&mut self, day: Date) {
        self.cast.docket.open_by_moment(day, self.by_itself);
        for id in self.by_itself {
            let Ok(workflow) = self.rulebook.workflow_on(id, day) else { continue };
            for opening in &workflow.opens {
                let Opening::Overdue { rule, by } = opening else { continue };
                let late = self.overdue(rule, *by, day);
                self.cast.docket.open_late(workflow, late);
            }
        }
    }

    /// Keeps what was told, for whoever asks which guards a walk has broken.
    fn note(&mut self, brought: &Brought) {
        for (i, found) in &brought.moves {
            let Some(file) = self.cast.docket.files.get(*i) else { continue };
            for unmet in &found.unmet {
                let by = unmet.article.clone().or(unmet.rank.map(|r| r.id().to_owned()));
                let by = by.unwrap_or_else(|| unmet.kind.to_owned());
                self.told.insert((file.case.workflow.clone(), found.step.clone(), by));
            }
        }
    }

    fn states(&self, on: Date) -> Vec<(Case, State)> {
        self.cast.docket.states(on)
    }

    fn world<'w>(&'w self, cases: &'w [(Case, State)]) -> World<'w> {
        self.cast.docket.world(cases)
    }

    fn begin(&mut self, asked: &WalkCase, first: Option<Date>) {
        let Some(opened) = asked.on.or(first) else { return };
        let Ok(workflow) = self.rulebook.workflow_on(&asked.workflow, opened) else {
            self.trouble.push((asked.at, format!("{opened}没有流程“{}”", asked.workflow)));
            return;
        };
        let id = self.cast.docket.fresh();
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
            Subject::Person(id) => self.cast.docket.people.get(&id).and_then(|p| p.branch(opened)),
            Subject::Unit(id) => Some(id),
            Subject::Record(..) | Subject::Matter(_) => None,
        };
        let Some(unit) = named(&asked.unit).or(of_subject).or_else(|| named(&asked.by)) else {
            self.trouble.push((asked.at, "没有写明是哪个组织的事项（unit）".to_owned()));
            return;
        };
        let parent =
            asked.parent.as_ref().and_then(|p| self.find(p)).map(|i| self.cast.docket.files[i].case.id);
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
        // A unit that is named and is not the subject's own keeps the case.
        let kept = named(&asked.unit).filter(|u| of_subject.is_some_and(|own| own != *u));
        let hand_over = |u| Event { known: opened, day: opened, what: What::HandedOver(u) };
        let events = kept.map(hand_over).into_iter().collect();
        let file = CaseFile { events, ..CaseFile::new(case, Arc::new(workflow.clone())) };
        self.cast.docket.files.push(file);
    }

    /// The case about somebody or something by name; the latest, where there are several.
    fn find(&self, about: &str) -> Option<usize> {
        // What opened by a late duty is called by its unit and the duty: the unit alone is enough.
        let of_unit = |c: &Case| c.title.split_once('：').is_some_and(|(unit, _)| unit == about);
        let named = |c: &Case| c.title == about || c.workflow == about || of_unit(c);
        self.cast.docket.files.iter().rposition(|r| named(&r.case))
    }

    fn state(&self, case: usize, on: Date) -> State {
        let states = self.cast.docket.states(on);
        states.into_iter().nth(case).map(|(_, s)| s).expect("the case runs")
    }

    fn open_now(&self, on: Date) -> BTreeSet<(usize, String, Option<usize>)> {
        let mut out = BTreeSet::new();
        for (i, (_, state)) in self.cast.docket.states(on).iter().enumerate() {
            let Some(file) = self.cast.docket.files.get(i) else { continue };
            for (step, place) in file.workflow.steps.iter().zip(&state.places) {
                let open = place.marks.iter().enumerate().filter(|(_, m)| m.status == Status::Open);
                out.extend(open.map(|(line, _)| (i, step.id.clone(), step.per.is_some().then_some(line))));
            }
        }
        out
    }

    fn happen(&mut self, line: &WalkLine, on: Date, known: Date) -> Brought {
        let mut brought =
            if line.record.is_empty() { Brought::default() } else { self.save(line, on, known) };
        if let Some(act) = &line.act {
            if chase::ACTS.contains(&act.as_str()) {
                self.act_on_ladder(act, line, known, &mut brought);
            } else if sheet::ACTS.contains(&act.as_str()) {
                self.act_on_sheet(act, line, known, &mut brought);
            } else {
                brought.told.extend(self.act(act, line, on, known));
            }
            brought.moves.extend(self.cast.docket.pass_to(known).moves);
        }
        brought
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
            None if self.cast.docket.files.len() == 1 || self.begun == 1 => Some(0),
            None => None,
        }
    }

    fn save(&mut self, line: &WalkLine, on: Date, known: Date) -> Brought {
        let who = self.writer(line);
        let mut trouble = Vec::new();
        let made = self.cast.entry(line, on, known, self.rulebook, &mut trouble);
        self.trouble.append(&mut trouble);
        let meant = self.meant(line);
        let Some(entry) = made else { return Brought::default() };
        self.note_answer(line, &entry, meant, known);
        let meant = meant.and_then(|i| self.cast.docket.files.get(i)).map(|f| f.case.id);
        self.cast.docket.save(&entry, who, known, meant)
    }

    fn act(&mut self, act: &str, line: &WalkLine, on: Date, known: Date) -> Vec<crate::flow::Unmet> {
        match act {
            "event" => {
                if let Some(name) = &line.name {
                    self.cast.docket.events.entry(name.clone()).or_default().push(on);
                }
                return Vec::new();
            }
            "fact" => {
                self.fact(line, known);
                return Vec::new();
            }
            _ => {}
        }
        let Some(i) = self.meant(line) else {
            self.trouble.push((line.at, "没有写明是哪个事项（case）".to_owned()));
            return Vec::new();
        };
        if act == "correct" {
            self.correct(i, line, known);
            return Vec::new();
        }
        let ask = match act {
            "add_line" => self.new_line(i, line),
            _ => self.asked(i, act, line, known),
        };
        match ask {
            Ok(ask) => self.cast.docket.act(i, &ask, on, known),
            Err(words) => {
                self.trouble.push((line.at, words));
                Vec::new()
            }
        }
    }

    /// A fact is told of whom the line names, else of the subject of the first case.
    fn fact(&mut self, line: &WalkLine, known: Date) {
        let (Some(name), Some(to)) = (&line.name, &line.to) else {
            self.trouble.push((line.at, "act = \"fact\" 要写 name 和 to".to_owned()));
            return;
        };
        let about = line.case.as_deref().or(line.who.as_deref());
        let subject = about.and_then(|a| {
            self.cast.person(a).map(Subject::Person).or_else(|| self.cast.unit(a).map(Subject::Unit))
        });
        let subject = subject.or_else(|| self.cast.docket.files.first().map(|f| f.case.subject));
        if let Some(subject) = subject {
            self.cast.tell(subject, name, to, known);
        }
    }

    /// What a line does to a case, or what is wrong with the line.
    fn asked(&self, i: usize, act: &str, line: &WalkLine, known: Date) -> Result<Ask, String> {
        let states = self.cast.docket.states(known);
        let (Some(file), Some((case, state))) = (self.cast.docket.files.get(i), states.get(i)) else {
            return Err("没有这个事项".to_owned());
        };
        let step = line.step.clone().unwrap_or_default();
        let at = file.workflow.place(&step);
        let lane = at.and_then(|p| state.places.get(p)).and_then(|p| {
            let name = line.line.as_ref()?;
            p.lines.as_ref()?.iter().position(|l| l.title == *name)
        });
        let needs_step =
            matches!(act, "skip" | "extend" | "return" | "uphold" | "reopen" | "change" | "add_line");
        if needs_step && at.is_none() {
            return Err(format!("没有环节“{step}”"));
        }
        let unit = |name: &str| -> Result<UnitId, String> {
            self.cast.unit(name).ok_or_else(|| format!("没有组织“{name}”"))
        };
        let reason = line.reason.clone();
        Ok(match act {
            "skip" => Ask::Skip { step, line: lane, reason },
            "extend" => {
                let Some(Said::Day(to)) = line.to else {
                    return Err("延期要写明延到哪一天（to）".to_owned());
                };
                let by = line.unit.as_ref().and_then(|n| self.cast.unit(n)).unwrap_or(case.opened_by);
                Ask::Extend { step, line: lane, to, by, reason }
            }
            "return" | "change" => Ask::Return(step),
            "uphold" => Ask::Uphold(step),
            "reopen" => Ask::Reopen(step),
            "hand_over" => match &line.to {
                Some(Said::Text(name)) => Ask::HandOver(unit(name)?),
                _ => return Err("移交要写明移交给哪个组织（to）".to_owned()),
            },
            "end" => Ask::End(if reason.is_empty() { "终止".to_owned() } else { reason }),
            _ => {
                let known = "skip、extend、return、change、uphold、reopen、hand_over、add_line、end、correct、event、fact、release、leave_out、hold、ask、put_off、answer、mark、votes";
                return Err(format!("不认识的 act“{act}”，可用：{known}"));
            }
        })
    }

    /// The line that is added to a lane: about the unit or person whom `to` names, or of the columns in `fields`.
    fn new_line(&mut self, i: usize, line: &WalkLine) -> Result<Ask, String> {
        let step = line.step.clone().unwrap_or_default();
        let workflow = self.cast.docket.files.get(i).map(|f| f.workflow.clone()).ok_or("没有这个事项")?;
        let of = workflow.step(&step).ok_or(format!("没有环节“{step}”"))?;
        let mut row = model::Row::new();
        if !line.fields.is_empty() {
            let Some(Lane::Field(Path::Step { step: from, field })) = &of.per else {
                return Err("这一环节的行不是表里的行，只写 to".to_owned());
            };
            let shown = workflow.step(from).map(|s| s.shown_by.clone()).unwrap_or_default();
            let mut forms =
                shown.iter().filter_map(|s| s.ledger.as_deref()).filter_map(|l| self.rulebook.ledger(l));
            let columns = forms.find_map(|l| l.field(field)).map(|f| f.rows.clone()).unwrap_or_default();
            for (key, said) in &line.fields {
                let column = columns.iter().find(|c| c.id == *key).ok_or(format!("没有列“{key}”"))?;
                row.insert(key.clone(), self.cast.value(column, said)?);
            }
        }
        let world = self.world(&[]);
        let mut made = if row.is_empty() { None } else { Some(flow::Line::of_row(row, &world)) };
        if let Some(Said::Text(name)) = &line.to {
            let named = match (self.cast.unit(name), self.cast.person(name)) {
                (Some(unit), _) => flow::Line::of_unit(unit, &world),
                (None, Some(person)) => flow::Line::of_person(person, &world),
                (None, None) => {
                    flow::Line { title: name.clone(), unit: None, person: None, row: model::Row::new() }
                }
            };
            let row = made.map_or_else(model::Row::new, |m| m.row);
            made = Some(flow::Line { row, ..named });
        }
        let made = made.ok_or("加一行要写明加谁（to），或者各列的值（fields）")?;
        Ok(Ask::AddLine(step, made))
    }

    /// A correction of the latest record of a step: the fields take their new values, and what rests on them is disputed.
    fn correct(&mut self, i: usize, line: &WalkLine, known: Date) {
        let states = self.cast.docket.states(known);
        let (Some(file), Some((_, state))) = (self.cast.docket.files.get(i), states.get(i)) else { return };
        let place = line.step.as_ref().and_then(|s| file.workflow.place(s));
        let Some(id) = place.and_then(|p| state.latest(p, None)).and_then(|d| d.entry) else {
            self.trouble.push((line.at, "这一环节还没有记录可以更正".to_owned()));
            return;
        };
        let Some((mut entry, _)) = self.cast.docket.entries.get(&id).cloned() else { return };
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
        self.cast.docket.correct(&entry, &changed, known);
    }
}
