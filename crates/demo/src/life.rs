//! 流程 in the demonstration: cases that run, by the acts of the pages, each on its own day and by whoever keeps the unit's
//! records. What happens stands in `data/life.toml`, what goes the same way for several in `data/scripts.toml`; what lies
//! after the demonstration's day has not happened yet.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use jiff::ToSpan as _;
use jiff::civil::Date;
use model::rule::{Field, FieldType, Means};
use model::{
    Attendance, CaseId, Entry, EntryId, InstitutionId, Participant, PersonId, Role, Row, UnitId, UnitKind,
    Value,
};
use rulebook::Rulebook;
use runtime::flow::Ask;
use serde::Deserialize;
use store::{CaseFilter, CaseSight, Running, Store};
use toml::{Table, Value as Toml};
use work::cases::{About, Open};
use work::entries::{Record, save};
use work::{Actor, Clock, Settings, Work};

use super::attach;
use super::check::Check;
use super::make::College;

/// The year in which `data/life.toml` is written.
const WRITTEN: i16 = 2026;

#[derive(Deserialize)]
struct Life {
    matter: Vec<Matter>,
    #[serde(default)]
    check: Vec<Check>,
}

/// What goes the same way for several.
#[derive(Clone, Deserialize)]
struct Script {
    id: String,
    workflow: String,
    kind: Option<String>,
    line: Vec<Line>,
}

#[derive(Deserialize)]
struct Scripts {
    script: Vec<Script>,
}

/// Something that is done step by step.
#[derive(Deserialize)]
struct Matter {
    /// Where it goes as others do: the script.
    script: Option<String>,
    /// The procedure, where a person opens it; else its records do.
    workflow: Option<String>,
    /// Whose it is.
    unit: String,
    /// What it is called, or whom it is about.
    title: String,
    /// Of somebody who is on no roster: what kind of person.
    kind: Option<String>,
    on: Option<String>,
    #[serde(default)]
    line: Vec<Line>,
}

/// One thing that is done: a record, or an act.
#[derive(Clone, Deserialize)]
struct Line {
    /// Its day; in a script so many days after the opening.
    on: Option<String>,
    after: Option<i32>,
    /// A unit by name; `own`, `above`, `committee` are those of the matter.
    unit: String,
    /// The case, where the matter opened several.
    case: Option<String>,
    ledger: Option<String>,
    title: Option<String>,
    #[serde(default)]
    fields: Table,
    /// extend, return, end.
    act: Option<String>,
    step: Option<String>,
    to: Option<String>,
    #[serde(default)]
    reason: String,
}

/// Of what a line is: whose, since when, called what.
#[derive(Clone, Copy)]
struct Scene<'a> {
    who: &'a str,
    own: UnitId,
    opened: Option<Date>,
    /// The unit and the day of the line.
    unit: UnitId,
    day: Date,
}

/// Where the cases run.
pub(crate) struct Play<'a> {
    /// The program, on whatever day: what it has read once it keeps from one day to the next.
    pub(crate) work: &'a Work,
    pub(crate) college: &'a College,
    pub(crate) institution: InstitutionId,
    units: BTreeMap<&'a str, UnitId>,
    /// People who came onto the roster with a case.
    fresh: BTreeMap<String, PersonId>,
}

/// Lets cases run in a college that was just kept, up to its day.
///
/// # Errors
/// When the data does not fit the rulebook, or the store cannot write.
pub async fn live(store: &Store, college: &College, rulebook: &Arc<Rulebook>) -> anyhow::Result<()> {
    let mut life: Life = toml::from_str(include_str!("../data/life.toml")).context("data/life.toml")?;
    let scripts: Scripts =
        toml::from_str(include_str!("../data/scripts.toml")).context("data/scripts.toml")?;
    for matter in &mut life.matter {
        let Some(id) = &matter.script else { continue };
        let script = scripts.script.iter().find(|s| s.id == *id).cloned();
        let script = script.ok_or_else(|| anyhow!("data/scripts.toml 没有“{id}”"))?;
        matter.workflow = Some(script.workflow);
        matter.kind = script.kind;
        matter.line = script.line;
    }
    let today = Clock::Standing(college.today);
    let work = Work::new(store.clone(), Arc::clone(rulebook), today, Settings::default());
    let mut play = Play {
        work: &work,
        college,
        institution: college.institution,
        units: college.org.units.iter().map(|u| (u.name.as_str(), u.id)).collect(),
        fresh: BTreeMap::new(),
    };
    for matter in &life.matter {
        play.matter(matter).await.with_context(|| format!("流程“{}”", matter.title))?;
    }
    for check in &life.check {
        play.check(check).await.with_context(|| format!("检查“{}”", check.title))?;
    }
    super::chase::chase(&work, college).await.context("催办")
}

impl Play<'_> {
    pub(crate) fn day(&self, words: &str) -> anyhow::Result<Date> {
        let day: Date = words.parse().with_context(|| words.to_owned())?;
        let years = self.college.calendar_year - WRITTEN;
        Date::new(day.year() + years, day.month(), day.day()).with_context(|| words.to_owned())
    }

    pub(crate) fn unit(&self, name: &str, own: UnitId) -> anyhow::Result<UnitId> {
        let above = |unit: UnitId| self.college.org.unit(unit).and_then(|u| u.parent);
        match name {
            "own" => return Ok(own),
            "above" => return above(own).ok_or_else(|| anyhow!("上面没有组织")),
            "committee" => {
                let root = self.college.org.units.iter().find(|u| u.parent.is_none());
                return root.map(|u| u.id).ok_or_else(|| anyhow!("没有学校党委"));
            }
            _ => {}
        }
        self.units.get(name).copied().ok_or_else(|| anyhow!("没有组织“{name}”"))
    }

    /// The program as it is on a day, and whoever keeps the unit's records.
    pub(crate) async fn at(&self, day: Date, unit: UnitId) -> anyhow::Result<(Work, Actor)> {
        let work = self.work.at(Clock::Standing(day));
        let accounts = &self.college.accounts;
        let of_unit = |a: &&super::accounts::DemoAccount| {
            matches!(a.role, Role::Secretary | Role::Lead) && a.unit == unit
        };
        // The discipline committee's grant reaches over all, and writes only for itself.
        let discipline = self.college.org.unit(unit).is_some_and(|u| u.kind == UnitKind::Discipline);
        let found = accounts.iter().find(|a| of_unit(a) || (discipline && a.role == Role::Discipline));
        // The Party office writes for whoever has no account.
        let found = found.or_else(|| accounts.first()).ok_or_else(|| anyhow!("没有账号"))?;
        let account = self.work.store.account(self.institution, found.id).await?;
        let actor = Actor::of(&work, account, "127.0.0.1").await.map_err(|e| anyhow!("{e:?}"))?;
        Ok((work, actor))
    }

    async fn matter(&mut self, matter: &Matter) -> anyhow::Result<()> {
        let own =
            *self.units.get(matter.unit.as_str()).ok_or_else(|| anyhow!("没有组织“{}”", matter.unit))?;
        let mut case = None;
        let mut opened = None;
        if let (Some(workflow), Some(on)) = (&matter.workflow, &matter.on) {
            let day = self.day(on)?;
            if day > self.college.today {
                return Ok(());
            }
            opened = Some(day);
            case = Some(self.open(matter, workflow, day, own).await?);
        }
        for line in &matter.line {
            let day = match (&line.on, line.after, opened) {
                (Some(on), ..) => self.day(on)?,
                (None, Some(days), Some(opened)) => opened.checked_add(days.days())?,
                _ => bail!("没有写哪一天"),
            };
            if day > self.college.today {
                return Ok(());
            }
            let of = match &line.case {
                Some(title) => Some(self.find(title).await?),
                None => case,
            };
            let unit = self.unit(&line.unit, own)?;
            let scene = Scene { who: &matter.title, own, opened, unit, day };
            self.line(scene, line, of).await.with_context(|| format!("{day}（{}）", line.unit))?;
        }
        Ok(())
    }

    async fn open(
        &mut self,
        matter: &Matter,
        workflow: &str,
        day: Date,
        unit: UnitId,
    ) -> anyhow::Result<CaseId> {
        let (work, actor) = self.at(day, unit).await?;
        let is_person = |w: &&model::flow::Workflow| w.subject == model::flow::SubjectKind::Person;
        let of_person = self.work.rulebook.workflow_on(workflow, day).ok().filter(is_person).is_some();
        let about = match &matter.kind {
            Some(kind) => {
                About::New { name: matter.title.clone(), number: String::new(), kind: kind.clone() }
            }
            None if of_person => {
                let scene = Scene { who: &matter.title, own: unit, opened: None, unit, day };
                About::Person(self.person(&matter.title, scene)?.0)
            }
            None if matter.title.is_empty() => About::Unit(unit),
            None => About::Matter,
        };
        let title = if of_person { "" } else { matter.title.as_str() };
        let asked = Open { workflow, about, title, unit, day, reason: "" };
        let id = work::cases::open(&work, &actor, &asked).await.map_err(|e| anyhow!("{e:?}"))?;
        let filter = CaseFilter { ids: Some([id].into()), running: Running::All, ..CaseFilter::default() };
        let rows = self.work.store.cases(self.institution, &CaseSight::all(), &filter, (0, 1)).await?;
        if let (Some(row), Some(_)) = (rows.first(), &matter.kind) {
            self.fresh.insert(matter.title.clone(), PersonId(row.subject_id));
        }
        Ok(id)
    }

    async fn find(&self, title: &str) -> anyhow::Result<CaseId> {
        let filter = CaseFilter { text: title.to_owned(), running: Running::All, ..CaseFilter::default() };
        let rows = self.work.store.cases(self.institution, &CaseSight::all(), &filter, (0, 10)).await?;
        rows.iter().find(|r| r.title == title).map(|r| r.id).ok_or_else(|| anyhow!("没有事项“{title}”"))
    }

    async fn line(&self, scene: Scene<'_>, line: &Line, case: Option<CaseId>) -> anyhow::Result<()> {
        let Scene { unit, day, .. } = scene;
        let (work, actor) = self.at(day, unit).await?;
        if let (Some(act), Some(case)) = (&line.act, case) {
            let step = line.step.clone().unwrap_or_default();
            let ask = match act.as_str() {
                "return" => Ask::Return(step),
                "end" => Ask::End(line.to.clone().unwrap_or_else(|| "终止".to_owned())),
                "extend" => {
                    let to = self.day(line.to.as_deref().unwrap_or_default())?;
                    Ask::Extend { step, line: None, to, by: unit, reason: line.reason.clone() }
                }
                other => bail!("不认识的 act“{other}”"),
            };
            let done = work::cases::act(&work, &actor, case, &ask, &line.reason, day).await;
            return done.map(|_| ()).map_err(|e| anyhow!("{e:?}"));
        }
        let ledger = line.ledger.as_deref().ok_or_else(|| anyhow!("没有写台账"))?;
        let entry = self.entry(scene, line, ledger, &actor).await?;
        let record = Record { entry: &entry, based_on: 0, proposals: &[], reason: "", case, chase: None };
        save(&work, &actor, &record).await.map(|_| ()).map_err(|e| anyhow!("{e:?}"))
    }

    async fn entry(
        &self,
        scene: Scene<'_>,
        line: &Line,
        ledger: &str,
        actor: &Actor,
    ) -> anyhow::Result<Entry> {
        let Scene { unit, day, .. } = scene;
        let form = self.work.rulebook.ledger_on(ledger, day).map_err(|e| anyhow!("{e}"))?;
        // Whom it is about may be named by a place on the roster.
        let who =
            if scene.who.starts_with('@') { self.person(scene.who, scene)?.1 } else { scene.who.to_owned() };
        let title =
            line.title.clone().unwrap_or_else(|| format!("{}：$who", form.title)).replace("$who", &who);
        let at = day.to_zoned(work::clock::china())?.timestamp();
        let mut entry = Entry {
            id: EntryId::fresh(),
            unit,
            ledgers: vec![ledger.to_owned()],
            day,
            title: title.clone(),
            values: BTreeMap::new(),
            revision: 0,
            entered_at: at,
            entered_by: actor.account,
            revised_at: at,
            withdrawn: false,
        };
        if let Some(field) = form.meaning(Means::Title) {
            entry.values.insert(field.id.clone(), Value::Text(title));
        }
        for (id, said) in &line.fields {
            let field = form.field(id).ok_or_else(|| anyhow!("台账“{ledger}”没有“{id}”"))?;
            if field.kind == FieldType::File {
                let mut files = attach::Files::default();
                let bytes = attach::paper(&entry, &field.title)?;
                let name = format!("{}.docx", field.title);
                attach::keep(&self.work.store, self.institution, &entry, id, &name, bytes, &mut files)
                    .await?;
                files.put_into(&mut entry.values);
                continue;
            }
            let value = self.value(field, said, scene).with_context(|| id.clone())?;
            entry.values.insert(id.clone(), value);
        }
        Ok(entry)
    }

    fn value(&self, field: &Field, said: &Toml, scene: Scene<'_>) -> anyhow::Result<Value> {
        let text = || -> anyhow::Result<String> {
            let said = said.as_str().ok_or_else(|| anyhow!("应为文字"))?;
            Ok(said.replace("$who", scene.who))
        };
        let number = || said.as_integer().ok_or_else(|| anyhow!("应为整数"));
        let list = || said.as_array().cloned().unwrap_or_else(|| vec![said.clone()]);
        Ok(match field.kind {
            FieldType::Text | FieldType::LongText | FieldType::Place => Value::Text(text()?),
            FieldType::Day => Value::Day(self.day_of(&text()?, scene)?),
            FieldType::Number => Value::Number(number()? * 1000),
            FieldType::Money => Value::Money(number()? * 100),
            FieldType::Choice => Value::Choice(text()?),
            FieldType::Choices => {
                Value::Choices(list().iter().filter_map(Toml::as_str).map(str::to_owned).collect())
            }
            FieldType::Person => {
                let (id, name) = self.person(&text()?, scene)?;
                Value::Person { id: Some(id), name }
            }
            FieldType::People => {
                let mut people = Vec::new();
                for one in list().iter().filter_map(Toml::as_str) {
                    let (id, name) = self.person(&one.replace("$who", scene.who), scene)?;
                    people.push(Participant {
                        person: Some(id),
                        name,
                        attendance: Attendance::Present,
                        reason: String::new(),
                        guest: false,
                        role: String::new(),
                    });
                }
                Value::People(people)
            }
            FieldType::Unit => Value::Unit(self.unit(&text()?, scene.own)?),
            FieldType::Units => {
                let units = list();
                let units = units.iter().filter_map(Toml::as_str).map(|name| self.unit(name, scene.own));
                Value::Units(units.collect::<anyhow::Result<_>>()?)
            }
            FieldType::Rows => {
                let mut rows = Vec::new();
                for line in &list() {
                    let cells = line.as_table().ok_or_else(|| anyhow!("应为一行"))?;
                    let mut row = Row::new();
                    for (id, said) in cells {
                        let column = field.rows.iter().find(|f| f.id == *id);
                        let column = column.ok_or_else(|| anyhow!("没有列“{id}”"))?;
                        row.insert(id.clone(), self.value(column, said, scene)?);
                    }
                    rows.push(row);
                }
                Value::Rows(rows)
            }
            FieldType::Days | FieldType::Link | FieldType::File => bail!("这里不写这种栏目"),
        })
    }

    /// A day, or `+30`: so many days after the opening.
    fn day_of(&self, words: &str, scene: Scene<'_>) -> anyhow::Result<Date> {
        match (words.strip_prefix('+'), scene.opened) {
            (Some(days), Some(opened)) => Ok(opened.checked_add(days.parse::<i32>()?.days())?),
            _ => self.day(words),
        }
    }

    /// Somebody who came with a case by name; `@支部:3` is the third full member of that unit (`@own:3` of the matter's),
    /// `@3` of the line's own.
    fn person(&self, words: &str, scene: Scene<'_>) -> anyhow::Result<(PersonId, String)> {
        if let Some(id) = self.fresh.get(words) {
            return Ok((*id, words.to_owned()));
        }
        let Some(words) = words.strip_prefix('@') else { bail!("没有“{words}”") };
        let (unit, place) = match words.split_once(':') {
            Some((name, place)) => (self.unit(name, scene.own)?, place),
            None => (scene.unit, words),
        };
        let place: usize = place.parse()?;
        let here = self.college.people.memberships.iter().filter(|m| {
            m.branch == unit
                && m.stage == model::Stage::Full
                && m.since <= scene.day
                && m.until.is_none_or(|u| scene.day < u)
        });
        let found = here.skip(place.saturating_sub(1)).map(|m| m.person).next();
        let id = found.ok_or_else(|| anyhow!("没有第 {place} 个正式党员"))?;
        let person = self.college.people.persons.iter().find(|p| p.id == id);
        Ok((id, person.map_or_else(String::new, |p| p.name.clone())))
    }
}
