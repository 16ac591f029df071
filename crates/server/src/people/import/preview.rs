//! What an import would do: who is added, what of whom changes, who stays, and which rows cannot be taken.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::civil::Date;
use model::{
    Membership, MembershipId, Organisation, Person, PersonFile, PersonId, Post, PostId, SecretKind, Sex,
    Stage, UnitId, kind_word,
};
use store::{Held, PersonSave, PersonState};

use super::cells::{Cells, Row};
use super::columns::Col;
use super::matching::Matching;
use super::read::{self, STAGE_COLS, Said, Wrong};
use super::units::Branches;

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Add,
    Change,
    Same,
    Bad,
}

/// One thing that changes: which, from what, to what.
pub(crate) type Difference = (String, String, String);

/// What becomes of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) row: u32,
    pub(crate) name: String,
    pub(crate) person: Option<PersonId>,
    pub(crate) what: What,
    pub(crate) differences: Vec<Difference>,
}

/// What the roster is now, as far as the rows ask.
pub(crate) struct Roll<'a> {
    pub(crate) organisation: &'a Organisation,
    pub(crate) held: BTreeMap<PersonId, Held>,
    /// Who holds the card and the phone of each row, in the order of the rows.
    pub(crate) cards: Vec<Vec<PersonId>>,
    pub(crate) phones: Vec<Vec<PersonId>>,
    /// From when changes hold that name no day.
    pub(crate) day: Date,
}

/// The whole.
#[derive(Default)]
pub(crate) struct Preview {
    pub(crate) lines: Vec<Line>,
    pub(crate) wrong: Vec<Wrong>,
    pub(crate) saves: Vec<PersonSave>,
    /// What was left out of rows that are taken, in words.
    pub(crate) notes: Vec<String>,
}

/// Cells left out that are named one by one.
const NAMED: usize = 20;

impl Preview {
    pub(crate) fn count(&self, what: What) -> usize {
        self.lines.iter().filter(|l| l.what == what).count()
    }

    /// A mark of what is shown: the same while nothing that it rests on has changed.
    pub(crate) fn mark(&self) -> String {
        let mut text = String::new();
        for l in &self.lines {
            text.push_str(&format!("{}|{:?}|{:?}|{:?}\n", l.row, l.person, l.what, l.differences));
        }
        hex::encode(&store::sha256(text.as_bytes())[..12])
    }
}

/// The stretch that holds on a day.
pub(crate) fn stretch_on(memberships: &[Membership], day: Date) -> Option<usize> {
    memberships.iter().position(|m| m.since <= day && m.until.is_none_or(|u| day < u))
}

/// Reads every row.
pub(crate) fn read_all(cells: &Cells, today: Date) -> (Vec<Said>, Vec<Wrong>) {
    let mut wrong = Vec::new();
    let said = cells.rows.iter().map(|row| read::row(cells, row, today, &mut wrong)).collect();
    (said, wrong)
}

/// Says what the rows would do.
pub(crate) fn preview(cells: &Cells, said: &[Said], wrong: Vec<Wrong>, roll: &Roll<'_>) -> Preview {
    let branches = Branches::new(roll.organisation, roll.day);
    let mut by_number: HashMap<&str, PersonId> = HashMap::new();
    let mut by_name: HashMap<&str, Vec<PersonId>> = HashMap::new();
    for (id, held) in &roll.held {
        if !held.state.person.number.is_empty() {
            by_number.insert(&held.state.person.number, *id);
        }
        by_name.entry(&held.state.person.name).or_default().push(*id);
    }
    let mut out = Preview::default();
    let mut first: HashMap<String, u32> = HashMap::new();
    let (left_out, mut wrong): (Vec<Wrong>, Vec<Wrong>) = wrong.into_iter().partition(|w| w.left_out);
    let mut bad_rows: BTreeSet<u32> = wrong.iter().map(|w| w.row).collect();
    for (n, (row, said)) in cells.rows.iter().zip(said).enumerate() {
        let mut found = Vec::new();
        {
            let mut bad =
                |col: Col, words: String| found.push(Wrong { row: row.number, col, words, left_out: false });
            for (col, key) in [
                (Col::CitizenId, said.citizen_id.as_ref().map(|c| format!("c{c}"))),
                (Col::Number, Some(&said.number).filter(|n| !n.is_empty()).map(|n| format!("n{n}"))),
            ] {
                if let Some(earlier) = key.and_then(|k| first.insert(k, row.number)) {
                    bad(col, format!("和{}一样", cells.place(earlier)));
                }
            }
            let matching = Matching {
                card: roll.cards.get(n).and_then(|c| c.first()).copied(),
                by_number: &by_number,
                by_name: &by_name,
            };
            match matching.find(said, roll, &branches) {
                Err((col, words)) => bad(col, words),
                Ok(person) => {
                    if let Some(earlier) = person.and_then(|p| first.insert(format!("p{p}"), row.number)) {
                        bad(Col::Name, format!("和{}是同一个人", cells.place(earlier)));
                    }
                    let held = person.and_then(|p| roll.held.get(&p));
                    let phones = roll.phones.get(n).map(Vec::as_slice).unwrap_or_default();
                    let mut work = Work { cells, row, said, roll, branches: &branches, bad: &mut bad };
                    let (save, differences) = work.person(held, phones);
                    let what = match held {
                        None => What::Add,
                        Some(_) if differences.is_empty() => What::Same,
                        Some(_) => What::Change,
                    };
                    out.lines.push(Line {
                        row: row.number,
                        name: said.name.clone(),
                        person,
                        what,
                        differences,
                    });
                    if what != What::Same {
                        out.saves.push(save);
                    }
                }
            }
        }
        if !found.is_empty() {
            bad_rows.insert(row.number);
            wrong.extend(found);
        }
        if bad_rows.contains(&row.number) {
            let line = Line {
                row: row.number,
                name: said.name.clone(),
                person: None,
                what: What::Bad,
                differences: Vec::new(),
            };
            match out.lines.last_mut().filter(|l| l.row == row.number) {
                Some(last) => {
                    if last.what != What::Same {
                        out.saves.pop();
                    }
                    *last = line;
                }
                None => out.lines.push(line),
            }
        }
    }
    // Where the row has to be mended anyway, all of it is told there.
    let (there, alone): (Vec<Wrong>, Vec<Wrong>) =
        left_out.into_iter().partition(|w| bad_rows.contains(&w.row));
    wrong.extend(there);
    wrong.sort_by_key(|w| (w.row, w.col));
    out.wrong = wrong;
    if !alone.is_empty() {
        let cell = |w: &Wrong| format!("{} {} {}", cells.address(w.row, w.col), w.col.title(), w.words);
        let told: Vec<String> = alone.iter().take(NAMED).map(cell).collect();
        let more = if alone.len() > NAMED { "；等等" } else { "" };
        let words = format!("{} 格读不懂，先空着，人照样登记：{}{more}", alone.len(), told.join("；"));
        out.notes.push(words);
    }
    for col in Col::ALL {
        let monthly = cells.rows.iter().zip(said).filter(|(_, s)| s.months.contains(&col));
        let rows: Vec<String> = monthly.map(|(row, _)| cells.place(row.number)).collect();
        if !rows.is_empty() {
            let more = if rows.len() > NAMED { "等" } else { "" };
            let named: Vec<&str> = rows.iter().take(NAMED).map(String::as_str).collect();
            out.notes.push(format!(
                "“{}”有 {} 行只写到月，按当月 1 日登记：{}{more}。知道哪一天的，在表里写到日再导入",
                col.title(),
                rows.len(),
                named.join("、")
            ));
        }
    }
    out
}

struct Work<'w, B: FnMut(Col, String)> {
    cells: &'w Cells,
    row: &'w Row,
    said: &'w Said,
    roll: &'w Roll<'w>,
    branches: &'w Branches<'w>,
    bad: &'w mut B,
}

fn day_words(day: Option<Date>) -> String {
    day.map(|d| d.to_string()).unwrap_or_default()
}

impl<B: FnMut(Col, String)> Work<'_, B> {
    fn bad(&mut self, col: Col, words: impl Into<String>) {
        (self.bad)(col, words.into());
    }

    /// The person as the row makes them, and what that changes.
    fn person(&mut self, held: Option<&Held>, phones: &[PersonId]) -> (PersonSave, Vec<Difference>) {
        let said = self.said;
        let mut state = held.map_or_else(
            || {
                let id = PersonId::fresh();
                PersonState::of(Person {
                    id,
                    name: String::new(),
                    number: String::new(),
                    kind: String::new(),
                })
            },
            |h| h.state.clone(),
        );
        let before = state.clone();
        said.name.clone_into(&mut state.person.name);
        if !said.number.is_empty() {
            said.number.clone_into(&mut state.person.number);
        }
        self.file(&mut state.file);
        let branch = self.branch();
        if let Some(kind) = said.kind.or_else(|| self.kind_of_branch(branch).filter(|_| held.is_none())) {
            kind.clone_into(&mut state.person.kind);
        }
        if state.person.kind.is_empty() {
            self.bad(Col::Kind, "没有填：教职工、学生还是离退休");
        }
        let (cells, row) = (self.cells, self.row);
        let file = state.file.clone();
        let mut found = Vec::new();
        read::order(&file, |c| !cells.get(row, c).is_empty(), |col, words| found.push((col, words)));
        for (col, words) in found {
            self.bad(col, words);
        }
        self.memberships(&mut state, branch);
        self.posts(&mut state, branch);
        let mut secrets = BTreeMap::new();
        let mut differences = self.differences(&before, &state);
        for (kind, value) in [(SecretKind::CitizenId, &said.citizen_id), (SecretKind::Phone, &said.phone)] {
            let Some(value) = value else { continue };
            let same = match kind {
                SecretKind::CitizenId => held.is_some_and(|h| h.state.secrets.contains_key(&kind)),
                SecretKind::Phone => phones.contains(&state.person.id),
            };
            if !same {
                let there = if before.secrets.contains_key(&kind) { "原来的号码" } else { "" };
                differences.push((kind.word().to_owned(), there.to_owned(), kind.masked(value)));
                secrets.insert(kind, Some(value.clone()));
            }
        }
        let note = if held.is_some() { "导入修改" } else { "导入新增" }.to_owned();
        (PersonSave { state, based_on: held.map(|h| h.revision), secrets, note }, differences)
    }

    fn file(&self, file: &mut PersonFile) {
        let said = self.said;
        for (from, to) in [
            (&said.nation, &mut file.nation),
            (&said.education, &mut file.education),
            (&said.work, &mut file.work),
        ] {
            if !from.is_empty() {
                from.clone_into(to);
            }
        }
        file.sex = said.sex.or(file.sex);
        file.born = said.born.or(file.born);
        file.applied = said.applied.or(file.applied);
        for ((stage, _), day) in STAGE_COLS.into_iter().zip(said.stage_days) {
            if day.is_some() {
                file.set_stage_day(stage, day);
            }
        }
        if !said.categories.is_empty() {
            file.categories = said.categories.iter().map(|c| (*c).to_owned()).collect();
        }
    }

    fn branch(&mut self) -> Option<UnitId> {
        let said = self.said;
        if said.branch.is_empty() {
            return None;
        }
        match self.branches.find(&said.branch, &said.general) {
            Ok(unit) => Some(unit.id),
            Err(words) => {
                self.bad(Col::Branch, words);
                None
            }
        }
    }

    fn kind_of_branch(&self, branch: Option<UnitId>) -> Option<&'static str> {
        let unit = self.roll.organisation.unit(branch?)?;
        let has: Vec<&'static str> =
            model::PERSON_KINDS.iter().map(|(id, _)| *id).filter(|id| unit.traits.contains(*id)).collect();
        match has.as_slice() {
            [one] => Some(one),
            _ => None,
        }
    }

    /// Stretches of the stages that are known, from `from` on, the last one open.
    fn chain(&self, file: &PersonFile, stage: Stage, from: Option<Date>) -> Vec<(Stage, Date, Option<Date>)> {
        let known: Vec<(Stage, Date)> = Stage::IDS
            .iter()
            .map(|(_, s)| *s)
            .filter(|s| *s <= stage)
            .filter_map(|s| Some((s, file.stage_day(s)?)))
            .collect();
        let mut out: Vec<(Stage, Date, Option<Date>)> = Vec::new();
        for (i, (s, since)) in known.iter().enumerate() {
            out.push((*s, *since, known.get(i + 1).map(|(_, next)| *next)));
        }
        if known.last().is_none_or(|(s, _)| *s != stage) {
            let since = from.unwrap_or(self.roll.day);
            if let Some(last) = out.last_mut() {
                last.2 = Some(since.max(last.1));
            }
            out.push((stage, since, None));
        }
        if let Some(from) = from {
            out.retain(|(_, _, until)| until.is_none_or(|u| from < u));
            for part in &mut out {
                part.1 = part.1.max(from);
            }
        }
        out.retain(|(_, since, until)| until.is_none_or(|u| *since < u));
        out
    }

    fn memberships(&mut self, state: &mut PersonState, branch: Option<UnitId>) {
        let said = self.said;
        let group = match branch {
            Some(branch) if !said.group.is_empty() => match self.branches.group(branch, &said.group) {
                Ok(group) => Some(group),
                Err(words) => {
                    self.bad(Col::Group, words);
                    None
                }
            },
            _ => None,
        };
        let person = state.person.id;
        let fresh = |branch, group, (stage, since, until)| Membership {
            id: MembershipId::fresh(),
            person,
            branch,
            group,
            stage,
            since,
            until,
        };
        let Some(now) = stretch_on(&state.memberships, self.roll.day) else {
            match (branch, said.stage) {
                (Some(branch), Some(stage)) => {
                    let last = state.memberships.iter().filter_map(|m| m.until).max();
                    let from = said.arrived.max(last);
                    let parts = self.chain(&state.file, stage, from);
                    state.memberships.extend(parts.into_iter().map(|part| fresh(branch, group, part)));
                }
                (Some(_), None) => self.bad(Col::Stage, "没有填：积极分子、发展对象、预备党员还是正式党员"),
                (None, Some(_)) if said.branch.is_empty() => self.bad(Col::Branch, "没有填"),
                (None, _) => {}
            }
            return;
        };
        let mut open = now;
        if let Some(to) = branch.filter(|b| *b != state.memberships[now].branch) {
            let day = said.arrived.unwrap_or(self.roll.day);
            if day <= state.memberships[now].since {
                let since = state.memberships[now].since;
                self.bad(
                    Col::Arrived,
                    format!("{day} 不晚于到现在这个支部的日期（{since}），转接要在它之后"),
                );
                return;
            }
            let was = state.memberships[now].clone();
            state.memberships[now].until = Some(day);
            state.memberships.push(fresh(to, group, (was.stage, day, was.until)));
            open = state.memberships.len() - 1;
        } else if let Some(group) = group {
            state.memberships[open].group = Some(group);
        }
        let Some(stage) = said.stage else { return };
        let was = state.memberships[open].clone();
        if stage < was.stage {
            let words = format!("名册里已是{}，导入不能退回；要更正请到人员页", was.stage.word());
            self.bad(Col::Stage, words);
        } else if stage > was.stage {
            let day = state.file.stage_day(stage).filter(|d| *d > was.since).unwrap_or(self.roll.day);
            if day <= was.since {
                state.memberships[open].stage = stage;
            } else {
                state.memberships[open].until = Some(day);
                state.memberships.push(fresh(was.branch, was.group, (stage, day, was.until)));
            }
        }
    }

    fn posts(&mut self, state: &mut PersonState, branch: Option<UnitId>) {
        let there = stretch_on(&state.memberships, self.roll.day)
            .and_then(|i| state.memberships.get(i))
            .map(|m| m.branch);
        let Some(unit) = branch.or(there) else {
            if !self.said.posts.is_empty() {
                self.bad(Col::Post, "没有所在支部，不知道是哪里的职务");
            }
            return;
        };
        let day = self.roll.day;
        for title in &self.said.posts {
            let held = state.posts.iter().any(|p| {
                p.unit == unit && p.title == *title && p.since <= day && p.until.is_none_or(|u| day < u)
            });
            if !held {
                state.posts.push(Post {
                    id: PostId::fresh(),
                    person: state.person.id,
                    unit,
                    title: title.clone(),
                    since: self.said.post_since.unwrap_or(day),
                    until: None,
                });
            }
        }
    }

    fn differences(&self, before: &PersonState, after: &PersonState) -> Vec<Difference> {
        let (a, b) = (&before.file, &after.file);
        let sex = |s: Option<Sex>| s.map_or("", Sex::word).to_owned();
        let categories = |f: &PersonFile| {
            let of = |id: &String| {
                model::PERSON_CATEGORIES.iter().find(|(c, _)| c == id).map_or("", |(_, word)| *word)
            };
            f.categories.iter().map(of).collect::<Vec<_>>().join("、")
        };
        let kinds = (kind_word(&before.person.kind).to_owned(), kind_word(&after.person.kind).to_owned());
        let mut out: Vec<Difference> = [
            (Col::Name, before.person.name.clone(), after.person.name.clone()),
            (Col::Number, before.person.number.clone(), after.person.number.clone()),
            (Col::Kind, kinds.0, kinds.1),
            (Col::Sex, sex(a.sex), sex(b.sex)),
            (Col::Nation, a.nation.clone(), b.nation.clone()),
            (Col::Born, day_words(a.born), day_words(b.born)),
            (Col::Applied, day_words(a.applied), day_words(b.applied)),
            (Col::Activist, day_words(a.activist), day_words(b.activist)),
            (Col::Candidate, day_words(a.candidate), day_words(b.candidate)),
            (Col::Joined, day_words(a.joined), day_words(b.joined)),
            (Col::Full, day_words(a.full), day_words(b.full)),
            (Col::Education, a.education.clone(), b.education.clone()),
            (Col::Work, a.work.clone(), b.work.clone()),
            (Col::Categories, categories(a), categories(b)),
        ]
        .into_iter()
        .filter(|(_, old, new)| old != new)
        .map(|(col, old, new)| (col.title().to_owned(), old, new))
        .collect();
        let stretch = |s: &PersonState| {
            let now = stretch_on(&s.memberships, self.roll.day).and_then(|i| s.memberships.get(i));
            now.map_or_else(String::new, |m| {
                let group =
                    m.group.and_then(|g| self.roll.organisation.unit(g)).map_or("", |u| u.name.as_str());
                let gap = if group.is_empty() { "" } else { "　" };
                let branch = self.branches.full_name(m.branch);
                format!("{branch}{gap}{group}　{}，{}起", m.stage.word(), m.since)
            })
        };
        let (old, new) = (stretch(before), stretch(after));
        if old != new {
            out.push(("支部和阶段".to_owned(), old, new));
        }
        for post in after.posts.iter().filter(|p| before.posts.iter().all(|b| b.id != p.id)) {
            let unit = self.branches.full_name(post.unit);
            out.push(("职务".to_owned(), String::new(), format!("{unit}　{}，{}起", post.title, post.since)));
        }
        out
    }
}
