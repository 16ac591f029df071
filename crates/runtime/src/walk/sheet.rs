//! The sheets of a walk: their lines filled from its Book and its records, with what was answered, judged and voted.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use model::follow::{DutyKind, SourceKind};
use model::rule::Ledger;
use model::sheet::{Sheet, Source};
use model::{StandingFacts, UnitId};
use rulebook::{Said, WalkLine, WantedLine};

use super::{Play, WalkFault};
use crate::flow::{Brought, Days, own_lack};
use crate::sheet::{
    Answer, Book, BookDuty, BookEntry, Filled, Fraction, KindCount, RowOf, Said as SaidOf, Seen, Window,
    marks, may_judge, rate, shares, step_duties, total,
};

/// What a line may do to a sheet.
pub(super) const ACTS: [&str; 3] = ["answer", "mark", "votes"];

/// Row and line of a sheet, by name.
type Cell = (String, String);

/// What was said of sheets.
#[derive(Default)]
pub(super) struct Sheets {
    answers: BTreeMap<Cell, Answer>,
    marks: BTreeMap<Cell, Vec<u32>>,
    votes: BTreeMap<Cell, BTreeMap<String, KindCount>>,
}

impl Play<'_> {
    /// The sheet that a line means: of the case that it names, else of the first that has one.
    fn sheet_of(&mut self, line: &WalkLine) -> Option<(usize, Sheet)> {
        let found = match &line.case {
            Some(name) => self.find(name),
            None => self.cast.docket.files.iter().position(|f| f.workflow.sheet.is_some()),
        };
        let sheet = found.and_then(|i| Some((i, *self.cast.docket.files.get(i)?.workflow.sheet.clone()?)));
        if sheet.is_none() {
            self.trouble.push((line.at, "没有带表的检查或考核".to_owned()));
        }
        sheet
    }

    /// A row by its name: a unit, or a person with their branch.
    fn row(&self, name: &str, sheet: &Sheet, on: Date) -> Option<RowOf> {
        if let Some(unit) = self.cast.unit(name) {
            return Some(RowOf { unit, person: None, held: None });
        }
        let person = self.cast.person(name)?;
        let someone = self.cast.docket.people.get(&person)?;
        // A role stands for its posts.
        let roles = self.rulebook.roles().roles.iter().filter(|r| sheet.scope.posts.contains(&r.id));
        let titles: Vec<&String> = roles.flat_map(|r| &r.posts).chain(&sheet.scope.posts).collect();
        let post = someone.posts.iter().find(|(_, title, ..)| titles.contains(&title));
        match post {
            Some((unit, _, since, until)) => {
                Some(RowOf { unit: *unit, person: Some(person), held: Some((*since, *until)) })
            }
            None => Some(RowOf { unit: someone.branch(on)?, person: Some(person), held: None }),
        }
    }

    /// The window of a sheet on a day: its period, its cut-off, and the day on which its figures stand.
    fn window(&self, i: usize, sheet: &Sheet, row: &str, on: Date) -> Option<Window> {
        let states = self.states(on);
        let (file, (case, state)) = (self.cast.docket.files.get(i)?, states.get(i)?);
        let (from, ends) = Days::period(case.opened, sheet.period);
        let world = self.world(&states);
        let cutoff = crate::flow::cutoff(&file.workflow, case, state, &world, on).unwrap_or(ends);
        let place = sheet.known.as_ref().and_then(|s| file.workflow.place(s));
        // Of a lane the figures of a row stand on the day on which its line was passed or lapsed.
        let stood = place.and_then(|p| state.places.get(p)).and_then(|p| {
            let line = p.lines.as_ref().and_then(|all| all.iter().position(|l| l.title == row));
            p.done.iter().rev().find(|d| line.is_none() || d.line == line).map(|d| d.known)
        });
        let known = stood.unwrap_or(if sheet.known.is_some() { on } else { cutoff });
        Some(Window { from, cutoff: cutoff.min(if sheet.known.is_some() { known } else { cutoff }), known })
    }

    /// The lines of a row of a sheet.
    fn fill(&self, i: usize, sheet: &Sheet, name: &str, on: Date) -> Option<Vec<Filled>> {
        let row = self.row(name, sheet, on)?;
        let window = self.window(i, sheet, name, on)?;
        let rules: BTreeSet<String> = self.rules_of(sheet);
        let owing = self.owing(rules.iter().map(String::as_str), on.max(window.cutoff));
        let of_cases = step_duties(&self.cast.docket, on).into_iter();
        let mut of_cases: Vec<(DutyKind, StandingFacts)> = of_cases.map(|s| (s.kind, s.facts)).collect();
        let issuer = self.chased.issuer();
        for owed in owing {
            let rule = self.rulebook.obligation(&owed.rule);
            let kind = DutyKind {
                obligation: Some(owed.rule.clone()),
                source: if issuer.is_some() { SourceKind::Plan } else { SourceKind::Rule },
                issuer,
                step: None,
                kind: self.cast.docket.organisation.unit(owed.duty.unit)?.kind,
                member: rule.is_some_and(|r| r.bearers.members),
                ledger: rule.map(|r| r.ledger.clone()),
            };
            of_cases.push((kind, owed.facts));
        }
        let duties: Vec<BookDuty<'_>> =
            of_cases.iter().map(|(kind, facts)| BookDuty { kind: kind.clone(), facts }).collect();
        let entries: Vec<BookEntry<'_>> = (self.cast.docket.entries.values())
            .map(|(entry, _)| BookEntry { entry, entered: Self::known_on(entry) })
            .collect();
        let people = |unit: UnitId, stage: &str| {
            let all = self.cast.docket.people.values();
            let mine = all.filter(|p| p.branch(on) == Some(unit) && p.stage(on) == Some(stage));
            u32::try_from(mine.count()).unwrap_or(u32::MAX)
        };
        let ledger = |id: &str| -> Option<&Ledger> { self.rulebook.ledger(id) };
        let book = Book {
            duties: &duties,
            entries: &entries,
            ledger: &ledger,
            organisation: self.cast.docket.organisation.as_ref(),
            people: &people,
            days: self.cast.docket.days.as_ref(),
        };
        let mut said = SaidOf::default();
        // First without answers: what is unseen is what may be answered.
        let half = Fraction::of(1, 2)?;
        let bare = book.fill(sheet, &row, window, &said, half);
        for line in &bare {
            let Some(answer) = self.sheets.answers.get(&(name.to_owned(), line.line.clone())) else {
                continue;
            };
            let unseen = line.items.iter().filter(|i| i.seen == Seen::Unseen);
            // Once for all lines: the same duty stands answered wherever it stands.
            said.answers.extend(unseen.map(|i| (i.basis.clone(), *answer)));
        }
        said.values = self.values_of(sheet, name);
        said.sheets = self.other_sheets(i, sheet, name, on);
        Some(book.fill(sheet, &row, window, &said, half))
    }

    /// The rules of which a sheet speaks, and those of the walk's Book.
    fn rules_of(&self, sheet: &Sheet) -> BTreeSet<String> {
        let mut out: BTreeSet<String> = self.book.iter().cloned().collect();
        for line in &sheet.lines {
            let Source::From(measures) = &line.source else { continue };
            for measure in measures {
                if let model::sheet::Measure::Duty { of, .. } = measure {
                    out.extend(of.obligations.iter().cloned());
                }
            }
        }
        out
    }

    /// What judges and voters said of a row, by line.
    fn values_of(&self, sheet: &Sheet, name: &str) -> BTreeMap<String, Fraction> {
        let mut out = BTreeMap::new();
        for line in &sheet.lines {
            let cell = (name.to_owned(), line.id.clone());
            let value = match &line.source {
                Source::Judge(judged) => {
                    self.sheets.marks.get(&cell).and_then(|all| marks(judged, all)).map(|(value, _)| value)
                }
                Source::Vote(id) => {
                    let ballot = sheet.ballots.iter().find(|b| b.id == *id);
                    let counts = self.sheets.votes.get(&cell);
                    let few =
                        |rule: &str| self.rulebook.vote(rule).and_then(|v| v.rating).map_or(0, |r| r.few);
                    ballot.zip(counts).and_then(|(b, c)| rate(b, c, few(&b.rule))).and_then(|r| r.value)
                }
                Source::From(_) | Source::Ask { .. } => None,
            };
            out.extend(value.map(|v| (line.id.clone(), v)));
        }
        out
    }

    /// What the other sheets of the walk came to for the row, where it stands there.
    fn other_sheets(
        &self,
        i: usize,
        sheet: &Sheet,
        name: &str,
        on: Date,
    ) -> BTreeMap<String, Option<Fraction>> {
        let named: Vec<String> = (sheet.lines.iter())
            .filter_map(|l| match &l.source {
                Source::From(all) => Some(all),
                _ => None,
            })
            .flatten()
            .filter_map(|m| match m {
                model::sheet::Measure::Sheet(id) => Some(id.clone()),
                _ => None,
            })
            .collect();
        let mut out = BTreeMap::new();
        for id in named {
            let Some(at) = self.cast.docket.files.iter().position(|f| f.workflow.id == id) else { continue };
            let other = self.cast.docket.files.get(at).and_then(|f| f.workflow.sheet.clone());
            let Some(other) = other.filter(|_| at != i) else { continue };
            // Of a person the sheet is that of the unit.
            let unit = self.row(name, sheet, on).and_then(|r| self.cast.docket.organisation.unit(r.unit));
            let Some(unit) = unit.filter(|u| other.scope.kinds.contains(&u.kind)).map(|u| u.name.clone())
            else {
                continue;
            };
            let Some(filled) = self.fill(at, &other, &unit, on) else { continue };
            let hundredth = Fraction::of(1, 100).unwrap_or(Fraction::whole(0));
            out.insert(id, total(&other, &filled).map(|v| v.times(hundredth)));
        }
        out
    }

    /// Does an act of a sheet: something without a record is answered, judges mark, a vote is counted.
    pub(super) fn act_on_sheet(&mut self, act: &str, line: &WalkLine, on: Date, brought: &mut Brought) {
        let Some((_, sheet)) = self.sheet_of(line) else { return };
        let (Some(row), Some(id)) = (line.unit.clone().or(line.who.clone()), line.line.clone()) else {
            self.trouble
                .push((line.at, "写明哪一行的组织或人（unit、who）、表上的哪一行（line）".to_owned()));
            return;
        };
        let Some(of) = sheet.line(&id).cloned() else {
            self.trouble.push((line.at, format!("表上没有“{id}”这一行")));
            return;
        };
        let cell = (row.clone(), id);
        match act {
            "answer" => {
                let known = [
                    ("not_done", Answer::NotDone),
                    ("claimed", Answer::Claimed),
                    ("agreed", Answer::Agreed),
                    ("not_ours", Answer::NotOurs),
                ];
                let found = known.iter().find(|(word, _)| Some(*word) == line.name.as_deref());
                match found {
                    Some((_, answer)) => {
                        self.sheets.answers.insert(cell, *answer);
                    }
                    None => {
                        let words = "答复写成 name = \"not_done\"、claimed、agreed、not_ours";
                        self.trouble.push((line.at, words.to_owned()));
                    }
                }
            }
            "mark" => self.mark_of(line, &sheet, &of, cell, on, brought),
            _ => self.votes_of(line, &of, cell),
        }
    }

    fn mark_of(
        &mut self,
        line: &WalkLine,
        sheet: &Sheet,
        of: &model::sheet::Line,
        cell: Cell,
        on: Date,
        brought: &mut Brought,
    ) {
        let Source::Judge(judged) = &of.source else {
            self.trouble.push((line.at, format!("“{}”不由人评判", of.title)));
            return;
        };
        let judge = line.name.as_ref().and_then(|n| self.cast.person(n));
        let row = self.row(&cell.0, sheet, on);
        let mark = match &line.to {
            Some(Said::Number(n)) => u32::try_from(*n).ok(),
            Some(Said::Text(word)) => {
                judged.options.iter().find(|(id, ..)| id == word).and_then(|(.., worth)| *worth)
            }
            _ => None,
        };
        let (Some(judge), Some(row), Some(mark)) = (judge, row, mark) else {
            self.trouble.push((line.at, "评判写明谁（name）、多少（to）".to_owned()));
            return;
        };
        let states = self.states(on);
        let world = self.world(&states);
        let someone = world.people.get(&judge);
        let near = |a: model::PersonId, b: model::PersonId| {
            let of = |p| world.people.get(&p).map(|s| s.near.as_slice()).unwrap_or_default();
            of(a).contains(&b) || of(b).contains(&a)
        };
        let of_unit = |_: model::PersonId, unit: UnitId| {
            someone.is_some_and(|s| s.branch(on) == Some(unit) || s.posts_on(on).any(|(at, _)| at == unit))
        };
        if !may_judge(judged, judge, &row, &near, &of_unit) {
            brought.told.push(own_lack("post", "应当回避，没有这一格".to_owned(), true));
            return;
        }
        let all = self.sheets.marks.entry(cell).or_default();
        all.push(mark);
        if let Some((_, apart)) = marks(judged, all)
            && !apart.is_empty()
            && line.reason.trim().is_empty()
        {
            brought.told.push(own_lack("reason", "离中间的分太远，写明理由".to_owned(), false));
        }
    }

    fn votes_of(&mut self, line: &WalkLine, of: &model::sheet::Line, cell: Cell) {
        if !matches!(of.source, Source::Vote(_)) {
            self.trouble.push((line.at, format!("“{}”不由投票", of.title)));
            return;
        }
        let mut counts = BTreeMap::new();
        for (kind, said) in &line.fields {
            let Said::Table(cells) = said else { continue };
            let mut count = KindCount::default();
            for (key, value) in cells {
                let n = match value {
                    Said::Number(n) => u32::try_from(*n).unwrap_or(0),
                    _ => 0,
                };
                match key.as_str() {
                    "issued" => count.issued = n,
                    "returned" => count.returned = n,
                    option => {
                        count.options.insert(option.to_owned(), n);
                    }
                }
            }
            counts.insert(kind.clone(), count);
        }
        self.sheets.votes.insert(cell, counts);
    }

    /// What of a line's expectations of a sheet did not come.
    pub(super) fn compare_sheet(&mut self, line: &WalkLine, on: Date) -> Vec<WalkFault> {
        if line.sheet.is_empty() && line.over.is_none() {
            return Vec::new();
        }
        let Some((i, sheet)) = self.sheet_of(line) else { return Vec::new() };
        let mut out = Vec::new();
        for wanted in &line.sheet {
            let Some(filled) = self.fill(i, &sheet, &wanted.row, on) else {
                self.trouble.push((line.at, format!("表上没有“{}”", wanted.row)));
                continue;
            };
            out.extend(compare_row(line.at, wanted, &filled, &sheet));
        }
        if let Some(wanted) = &line.over {
            let came = self.over(i, &sheet, on);
            if *wanted != came {
                let expected = format!("超过比例：{}", wanted.join("、"));
                out.push(WalkFault { at: line.at, expected, came: came.join("、") });
            }
        }
        out
    }

    /// The grades whose share is not kept, as the case has graded so far.
    fn over(&self, i: usize, sheet: &Sheet, on: Date) -> Vec<String> {
        let states = self.states(on);
        let Some((grade, file)) = sheet.grade.as_ref().zip(self.cast.docket.files.get(i)) else {
            return Vec::new();
        };
        let Some((_, state)) = states.get(i) else { return Vec::new() };
        let Some(place) = file.workflow.place(&grade.at.0).and_then(|p| state.places.get(p)) else {
            return Vec::new();
        };
        let mut graded = Vec::new();
        for (n, line) in place.lines.iter().flatten().enumerate() {
            let Some(done) = place.done.iter().rev().find(|d| d.line == Some(n)) else { continue };
            let unit = line.unit.or_else(|| {
                line.person.and_then(|p| self.cast.docket.people.get(&p)).and_then(|p| p.branch(on))
            });
            if let Some(unit) = unit.and_then(|u| self.cast.docket.organisation.unit(u)) {
                graded.push((unit.kind, done.outcome.clone()));
            }
        }
        let world = self.world(&states);
        let setting = |id: &str| world.setting(id);
        let over = shares(grade, &graded, &setting);
        over.iter().map(|o| o.limit.grades.iter().cloned().collect::<Vec<_>>().join("+")).collect()
    }
}

fn compare_row(at: usize, wanted: &WantedLine, filled: &[Filled], sheet: &Sheet) -> Vec<WalkFault> {
    let mut out = Vec::new();
    if let Some(points) = &wanted.total {
        let places = sheet.total.as_ref().map_or(0, |t| t.decimals);
        let came = total(sheet, filled).map_or_else(|| "没有".to_owned(), |v| v.decimals(places));
        if came != *points {
            let expected = format!("{}的总分：{points}", wanted.row);
            out.push(WalkFault { at, expected, came });
        }
    }
    let Some(id) = &wanted.line else { return out };
    let Some(line) = filled.iter().find(|f| f.line == *id) else {
        let expected = format!("表上的一行：{id}");
        return vec![WalkFault { at, expected, came: "没有这一行".to_owned() }];
    };
    let count = |seen| i64::try_from(line.count(seen)).unwrap_or(i64::MAX);
    let charged = line.items.iter().filter(|i| i.charged).count();
    let value = line.value.map_or_else(|| "没有".to_owned(), |v| format!("{}/{}", v.part, v.whole));
    let came = format!(
        "{}：办了{}、迟{}、没办{}、未见{}、已扣过{charged}，值{value}{}",
        wanted.row,
        count(Seen::Met),
        count(Seen::Late),
        count(Seen::Undone),
        count(Seen::Unseen),
        if line.applies { "" } else { "，不适用" }
    );
    let mut fault = |what: &str, expected: String| {
        out.push(WalkFault { at, expected: format!("{id} {what}：{expected}"), came: came.clone() });
    };
    for (what, wanted, seen) in [
        ("办了", wanted.met, Seen::Met),
        ("迟", wanted.late, Seen::Late),
        ("没办", wanted.undone, Seen::Undone),
        ("未见", wanted.unseen, Seen::Unseen),
    ] {
        if let Some(n) = wanted.filter(|n| *n != count(seen)) {
            fault(what, n.to_string());
        }
    }
    if let Some(n) = wanted.charged.filter(|n| *n != i64::try_from(charged).unwrap_or(i64::MAX)) {
        fault("已扣过", n.to_string());
    }
    if let Some(n) = wanted.applies.filter(|n| *n != line.applies) {
        fault("适用", if n { "是" } else { "否" }.to_owned());
    }
    if let Some(v) = wanted.value.as_ref().filter(|v| **v != value) {
        fault("值", v.clone());
    }
    out
}
