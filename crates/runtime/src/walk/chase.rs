//! The chase of a walk: what went up the ladder for a duty, and what is expected of its next rung.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use model::follow::{DutyKind, SourceKind};
use model::{CaseId, Entry, Standing, UnitId, UnitKind};
use rulebook::{Said, Walk, WalkLine};

use super::{Play, WalkFault};
use crate::flow::{Brought, Case, CaseFile, Subject, due_days, open_steps};
use crate::ladder::{Answer, Chased, Gone, Ladder, Reached, Recipient, Wait, recipients};
use crate::{due_on, standing};

/// What a line may do to the ladder.
pub(super) const ACTS: [&str; 5] = ["release", "leave_out", "hold", "ask", "put_off"];

/// A duty by name: a rule of the Book or `workflow.step`, whose, first due when.
type Key = (String, UnitId, Date);

/// What happened on the ladder.
pub(super) struct Chasing {
    issuer: Option<UnitKind>,
    named: BTreeSet<String>,
    gone: BTreeMap<Key, Vec<(Gone, Option<CaseId>)>>,
    answers: BTreeMap<Key, Vec<Answer>>,
    requests: BTreeMap<Key, BTreeSet<String>>,
    held: BTreeMap<Key, Date>,
}

impl Chasing {
    pub(super) fn of(walk: &Walk) -> Self {
        let kind = |word: &String| UnitKind::IDS.iter().find(|(id, _)| id == word).map(|(_, k)| *k);
        Self {
            issuer: walk.issuer.as_ref().and_then(kind),
            named: walk.named.iter().cloned().collect(),
            gone: BTreeMap::new(),
            answers: BTreeMap::new(),
            requests: BTreeMap::new(),
            held: BTreeMap::new(),
        }
    }

    /// The kind of unit whose plan adopted the rules of the walk.
    pub(super) fn issuer(&self) -> Option<UnitKind> {
        self.issuer
    }
}

/// A duty of a walk, as far as the ladder asks.
struct Meant {
    key: Key,
    kind: DutyKind,
    title: String,
    opened: Date,
    due: Date,
    settled: bool,
    opened_by: Option<UnitId>,
}

impl Play<'_> {
    /// The duty that a line means.
    fn duty(&mut self, line: &WalkLine, on: Date) -> Option<Meant> {
        let named = line.duty.clone()?;
        let found = match named.split_once('.') {
            Some((workflow, step)) => self.duty_of_case(line, workflow, step, on),
            None => self.duty_of_book(line, &named, on),
        };
        if found.is_none() {
            self.trouble.push((line.at, format!("没有“{named}”这样的应办事项")));
        }
        found
    }

    fn duty_of_book(&mut self, line: &WalkLine, rule: &str, on: Date) -> Option<Meant> {
        let unit = line.unit.as_ref().and_then(|n| self.cast.unit(n))?;
        let person = line.who.as_ref().and_then(|n| self.cast.person(n));
        let settled = |facts: &model::StandingFacts| {
            standing(facts, on, 0)
                .is_none_or(|s| matches!(s, Standing::Met | Standing::MetLate | Standing::Waived))
        };
        let all = self.owing(std::iter::once(rule), on);
        let mut mine: Vec<_> = all
            .into_iter()
            .filter(|o| o.duty.unit == unit && person.is_none_or(|p| o.duty.person.is_none_or(|q| p == q)))
            .filter(|o| line.due.is_none_or(|due| o.duty.due == due))
            .collect();
        mine.sort_by_key(|o| (settled(&o.facts), o.duty.due));
        let owing = mine.into_iter().next()?;
        let kind = self.cast.docket.organisation.unit(unit)?.kind;
        let ledger = self.rulebook.obligation(rule).map(|o| o.ledger.clone());
        let by_members = self.rulebook.obligation(rule).is_some_and(|o| o.bearers.members);
        Some(Meant {
            key: (rule.to_owned(), unit, owing.duty.due),
            kind: DutyKind {
                obligation: Some(rule.to_owned()),
                source: if self.chased.issuer.is_some() { SourceKind::Plan } else { SourceKind::Rule },
                issuer: self.chased.issuer,
                step: None,
                kind,
                member: by_members,
                ledger,
            },
            title: owing.duty.title.clone(),
            opened: owing.duty.starts.max(owing.facts.made),
            due: due_on(&owing.facts, on),
            settled: settled(&owing.facts),
            opened_by: None,
        })
    }

    fn duty_of_case(&mut self, line: &WalkLine, workflow: &str, step: &str, on: Date) -> Option<Meant> {
        let about = line.case.as_deref();
        let i = self.cast.docket.files.iter().rposition(|r| {
            r.case.workflow == workflow && about.is_none_or(|a| r.case.title == a || r.case.workflow == a)
        })?;
        let states = self.states(on);
        let (running, (case, state)) = (self.cast.docket.files.get(i)?, states.get(i)?);
        let open = open_steps(&running.workflow, case, state, &self.world(&states), on);
        let found = open.iter().find(|o| o.step == step && !o.disputed);
        let unit = found.and_then(|o| o.bearer).unwrap_or(case.unit);
        let due = found.and_then(|o| o.due);
        let first = found.and_then(|o| o.first_due);
        Some(Meant {
            key: (format!("{workflow}.{step}"), unit, first.unwrap_or(on)),
            kind: DutyKind {
                obligation: None,
                source: SourceKind::Case,
                issuer: None,
                step: Some((workflow.to_owned(), step.to_owned())),
                kind: self.cast.docket.organisation.unit(unit)?.kind,
                member: false,
                ledger: None,
            },
            title: case.title.clone(),
            opened: found.map_or(case.opened, |o| o.since),
            due: due.unwrap_or(on),
            settled: found.is_none() || due.is_none(),
            opened_by: Some(case.opened_by),
        })
    }

    /// The next rung of a duty.
    fn reached(&self, meant: &Meant, on: Date) -> Option<Reached> {
        let chase = self.rulebook.chase_on(on)?;
        let states = self.states(on);
        let world = self.world(&states);
        let setting = |id: &str| world.setting(id);
        let ladder = Ladder { chase, days: &self.cast.docket.days, setting: &setting };
        let mut gone = Vec::new();
        let mut cases: Vec<(String, String)> = Vec::new();
        for (went, opened) in self.chased.gone.get(&meant.key).into_iter().flatten() {
            let mut went = went.clone();
            let place = opened.and_then(|id| self.cast.docket.files.iter().position(|r| r.case.id == id));
            if let Some((running, (case, state))) =
                place.and_then(|at| Some((self.cast.docket.files.get(at)?, states.get(at)?)))
            {
                went.dues = due_days(&running.workflow, case, state, &world, on);
                let done = state.places.iter().flat_map(|p| &p.done);
                went.dropped = state.ended.is_some() && done.clone().any(|d| d.outcome == "dropped");
                let stage = world.fact(case.subject, "stage", on).and_then(|f| f.value.clone());
                if let (Some(model::Value::Choice(stage)), None) = (stage, &state.ended) {
                    cases.push((case.workflow.clone(), stage));
                }
            }
            gone.push(went);
        }
        let of_unit: Vec<(String, Date)> = (self.chased.gone.iter())
            .filter(|((_, unit, _), _)| *unit == meant.key.1)
            .flat_map(|(_, all)| all)
            .filter(|(g, _)| !g.skipped)
            .map(|(g, _)| (g.rung.clone(), g.day))
            .collect();
        let nothing = BTreeSet::new();
        let chased = Chased {
            kind: &meant.kind,
            named: &self.chased.named,
            opened: meant.opened,
            first_due: meant.key.2,
            due: meant.due,
            settled: meant.settled,
            gone: &gone,
            of_unit: &of_unit,
            requests: self.chased.requests.get(&meant.key).unwrap_or(&nothing),
            answers: self.chased.answers.get(&meant.key).map(Vec::as_slice).unwrap_or_default(),
            cases: &cases,
            held: self.chased.held.get(&meant.key).copied(),
        };
        ladder.next(&chased, on)
    }

    /// Keeps that a record speaks of a duty: the line says so, or it is of the case that a rung opened.
    pub(super) fn note_answer(&mut self, line: &WalkLine, entry: &Entry, case: Option<usize>, known: Date) {
        let answer =
            Answer { ledgers: entry.ledgers.clone(), known, filled: entry.values.keys().cloned().collect() };
        let of_case = case.and_then(|i| self.cast.docket.files.get(i)).map(|r| r.case.id);
        let opened: Vec<Key> = (self.chased.gone.iter())
            .filter(|(_, all)| all.iter().any(|(_, id)| id.is_some() && *id == of_case))
            .map(|(key, _)| key.clone())
            .collect();
        for key in opened {
            self.chased.answers.entry(key).or_default().push(answer.clone());
        }
        if line.duty.is_some()
            && let Some(meant) = self.duty(line, known)
        {
            self.opened_from.insert(entry.id, meant.key.clone());
            self.chased.answers.entry(meant.key).or_default().push(answer);
        }
    }

    /// Does an act of the ladder: a rung is released or left out, held, asked against, a due day put off.
    pub(super) fn act_on_ladder(&mut self, act: &str, line: &WalkLine, on: Date, brought: &mut Brought) {
        let Some(meant) = self.duty(line, on) else { return };
        let key = meant.key.clone();
        match act {
            "ask" => {
                let kind = line.name.clone().unwrap_or_else(|| "extension".to_owned());
                self.chased.requests.entry(key).or_default().insert(kind);
            }
            "put_off" => {
                let Some(Said::Day(to)) = line.to else {
                    self.trouble.push((line.at, "延期要写明延到哪一天（to）".to_owned()));
                    return;
                };
                self.chased.requests.remove(&key);
                let (rule, unit, due) = key;
                self.put_off.push(super::book::PutOff { rule, unit, due, known: on, to });
            }
            "hold" => {
                let Some(Said::Day(to)) = line.to else {
                    self.trouble.push((line.at, "按住要写明到哪一天（to）".to_owned()));
                    return;
                };
                let hold = self.rulebook.chase_on(on).and_then(|c| c.hold.clone());
                let last = hold.map(|(_, most)| self.cast.docket.days.after(on, most));
                if line.reason.trim().is_empty() {
                    brought.told.push(crate::flow::own_lack("reason", "按住要写明原因".to_owned(), true));
                } else if let Some(last) = last.filter(|last| to > *last) {
                    let words = format!("最长只能按住到{last}");
                    brought.told.push(crate::flow::own_lack("rung", words, true));
                } else {
                    self.chased.held.insert(key, to);
                }
            }
            _ => self.climb(act, line, &meant, on, brought),
        }
    }

    /// A rung is released, or left out.
    fn climb(&mut self, act: &str, line: &WalkLine, meant: &Meant, on: Date, brought: &mut Brought) {
        let next = self.reached(meant, on);
        let wanted = line.name.clone().or_else(|| next.as_ref().map(|n| n.rung.id.clone()));
        let chase = self.rulebook.chase_on(on);
        let rungs = chase.map(|c| c.rungs_of(&meant.kind, &self.chased.named)).unwrap_or_default();
        let Some(rung) = rungs.into_iter().find(|r| Some(&r.id) == wanted.as_ref()) else {
            let words = "这件事没有这一级".to_owned();
            brought.told.push(crate::flow::own_lack("rung", words, true));
            return;
        };
        let skipped = act == "leave_out";
        let its_turn = next.as_ref().is_some_and(|n| n.rung.id == rung.id && n.wait.is_none());
        // Earlier than its day, past a rung below, or left out: a person's choice, with a reason.
        if (skipped || !its_turn) && line.reason.trim().is_empty() {
            let words = match &next {
                Some(n) => format!("还没有轮到这一级：{}", waiting_words(&n.rung.title, n.wait.as_ref())),
                None => "没有欠办，不催".to_owned(),
            };
            brought.told.push(crate::flow::own_lack("rung", words, true));
            return;
        }
        if meant.settled {
            brought.told.push(crate::flow::own_lack("rung", "没有欠办，不催".to_owned(), true));
            return;
        }
        let states = self.states(on);
        let world = self.world(&states);
        let releases =
            rung.by.as_ref().map(|who| world.units_of(who, meant.key.1, meant.opened_by, &[], on).0);
        let releaser = releases.as_ref().and_then(|units| units.first().copied());
        let who = line.who.as_ref().and_then(|n| self.cast.person(n)).and_then(|p| world.branch(p, on));
        if let (Some(by), Some(who)) = (releaser, who)
            && by != who
        {
            let words = format!("应由{}放行", world.unit_name(by));
            brought.told.push(crate::flow::own_lack("unit", words, true));
            return;
        }
        let mut opened = None;
        if !skipped {
            for workflow in &rung.opens {
                let by = releaser.unwrap_or(meant.key.1);
                opened = self.open_of_rung(workflow, meant, by, on);
                brought.opened.push(meant.title.clone());
            }
        }
        let gone = Gone {
            rung: rung.id.clone(),
            day: on,
            due: meant.due,
            skipped,
            dues: BTreeMap::new(),
            dropped: false,
        };
        self.chased.gone.entry(meant.key.clone()).or_default().push((gone, opened));
    }

    /// Opens the case of a rung: about the unit, or a matter called by the duty.
    fn open_of_rung(&mut self, workflow: &str, meant: &Meant, by: UnitId, on: Date) -> Option<CaseId> {
        let workflow = self.rulebook.workflow_on(workflow, on).ok()?.clone();
        let id = self.cast.docket.fresh();
        let (subject, unit) = match workflow.subject {
            model::flow::SubjectKind::Unit => (Subject::Unit(meant.key.1), meant.key.1),
            _ => (Subject::Matter(id), by),
        };
        let case = Case {
            id,
            workflow: workflow.id.clone(),
            subject,
            title: meant.title.clone(),
            unit,
            opened: on,
            opened_by: by,
            parent: None,
        };
        self.cast.docket.files.push(CaseFile::new(case, std::sync::Arc::new(workflow)));
        Some(id)
    }

    /// What of a line's expectation of the ladder did not come.
    pub(super) fn compare_rung(&mut self, line: &WalkLine, on: Date) -> Vec<WalkFault> {
        let Some(wanted) = &line.chase else { return Vec::new() };
        let Some(meant) = self.duty(line, on) else { return Vec::new() };
        let next = self.reached(&meant, on);
        let mut out = Vec::new();
        let came = next.as_ref().map_or_else(
            || "没有下一级".to_owned(),
            |n| format!("{}，{}起{}", n.rung.id, n.since, waiting_words("", n.wait.as_ref())),
        );
        let mut fault = |what: &str, expected: String| {
            let came = came.clone();
            out.push(WalkFault { at: line.at, expected: format!("{what}：{expected}"), came });
        };
        let id = next.as_ref().map_or("", |n| n.rung.id.as_str());
        if let Some(rung) = wanted.rung.as_ref().filter(|r| *r != id) {
            fault("下一级", rung.clone());
        }
        if let Some(day) = wanted.on.filter(|d| next.as_ref().map(|n| n.since) != Some(*d)) {
            fault("哪天起", day.to_string());
        }
        let goes = next.as_ref().is_some_and(|n| n.wait.is_none());
        if wanted.go.is_some_and(|go| go != goes) {
            fault("当天", if goes { "不发" } else { "可以发" }.to_owned());
        }
        let why = next.as_ref().and_then(|n| n.wait.as_ref()).map_or("", kind_of_wait);
        if let Some(stopped) = wanted.stopped.as_ref().filter(|s| *s != why) {
            fault("停在", stopped.clone());
        }
        if let Some(reached) = &next {
            let states = self.states(on);
            let world = self.world(&states);
            let (own, by) = (meant.key.1, meant.opened_by);
            let names = |list: &[model::follow::Addressee]| -> Vec<String> {
                let who = recipients(list, own, by, &[], &world, on);
                who.iter()
                    .map(|r: &Recipient| match r.person.and_then(|p| world.people.get(&p)) {
                        Some(person) => person.name.clone(),
                        None => world.unit_name(r.unit).to_owned(),
                    })
                    .collect()
            };
            for (what, wanted, list) in
                [("发给", &wanted.to, &reached.rung.to), ("抄送", &wanted.copy, &reached.rung.copy)]
            {
                let came = names(list);
                if let Some(wanted) = wanted.as_ref().filter(|w| **w != came) {
                    let expected = format!("{what}：{}", wanted.join("、"));
                    out.push(WalkFault { at: line.at, expected, came: came.join("、") });
                }
            }
            let releases = reached.rung.by.as_ref().map(|who| world.units_of(who, own, by, &[], on).0);
            let names: Vec<&str> = releases.iter().flatten().map(|u| world.unit_name(*u)).collect();
            if let Some(wanted) = wanted.by.as_ref().filter(|w| names.first() != Some(&w.as_str())) {
                let expected = format!("放行：{wanted}");
                out.push(WalkFault { at: line.at, expected, came: names.join("、") });
            }
        }
        out
    }
}

/// A wait by its word, as walks write it.
fn kind_of_wait(wait: &Wait) -> &'static str {
    match wait {
        Wait::Until(_) => "until",
        Wait::Today => "today",
        Wait::Request(_) => "request",
        Wait::Answered(_) => "answered",
        Wait::Case(..) => "case",
        Wait::Held(_) => "held",
        Wait::Quiet => "quiet",
        Wait::Dropped => "dropped",
    }
}

fn waiting_words(title: &str, wait: Option<&Wait>) -> String {
    let why = match wait {
        None => "可以发".to_owned(),
        Some(Wait::Until(day)) => format!("要到{day}"),
        Some(Wait::Today) => "今天已经发过一级".to_owned(),
        Some(Wait::Request(kind)) => format!("有申请还没有答复（{kind}）"),
        Some(Wait::Answered(until)) => format!("说过情况，停到{until}"),
        Some(Wait::Case(workflow, stage)) => format!("{workflow}{stage}"),
        Some(Wait::Held(until)) => format!("按住，到{until}"),
        Some(Wait::Quiet) => "今天不发".to_owned(),
        Some(Wait::Dropped) => "上一级没有立项，停在这里".to_owned(),
    };
    format!("{title}{why}")
}
