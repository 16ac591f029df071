//! 检查 in the demonstration: a self-check that is opened, noticed, sent by most units, looked at by those above, drawn and looked
//! at, by the acts of the pages, each on its own day.

use std::collections::BTreeMap;

use anyhow::{Context as _, anyhow};
use jiff::ToSpan;
use jiff::civil::Date;
use model::rule::{FieldType, Means};
use model::sheet::{Carries, Source};
use model::{CaseId, Entry, EntryId, UnitId, Value};
use runtime::sheet::{Basis, Seen};
use serde::Deserialize;
use toml::Table;
use work::Work;
use work::cases::{About, Open};
use work::entries::{Record, save};
use work::sheets::{self, Campaign, Drawing, Says, Sending, Team, asked, settled};

use super::life::Play;

/// Days over which units send.
const SPREAD: i32 = 13;

/// A check.
#[derive(Deserialize)]
pub(crate) struct Check {
    workflow: String,
    unit: String,
    pub(crate) title: String,
    on: String,
    notice: Step,
    send: Send,
    review: Step,
    draw: Draw,
    look: Look,
}

/// A record of a step.
#[derive(Deserialize)]
struct Step {
    #[serde(alias = "from")]
    on: String,
    step: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    fields: Table,
}

/// What units send.
#[derive(Deserialize)]
struct Send {
    from: String,
    /// One of so many does not send.
    not_each: usize,
    /// What they answer, in turn.
    words: Vec<String>,
}

/// Lots.
#[derive(Deserialize)]
struct Draw {
    on: String,
    seed: String,
    witness: String,
    /// For which unit somebody looks.
    of: String,
}

/// What those who look find.
#[derive(Deserialize)]
struct Look {
    on: String,
    mark: String,
    fields: Table,
    problems: Vec<String>,
}

fn text(fields: &Table) -> Vec<(String, Value)> {
    fields.iter().filter_map(|(id, v)| Some((id.clone(), Value::Text(v.as_str()?.to_owned())))).collect()
}

impl Play<'_> {
    /// Lets a check run, as far as the demonstration's day goes; nothing where its file does not hold yet.
    pub(crate) async fn check(&self, check: &Check) -> anyhow::Result<()> {
        let (on, unit) = (self.day(&check.on)?, self.named(&check.unit)?);
        if on > self.college.today || self.work.rulebook.workflow_on(&check.workflow, on).is_err() {
            return Ok(());
        }
        let (work, actor) = self.at(on, unit).await?;
        let title = format!("{}年上{}", on.year(), check.title);
        let about = About::Matter;
        let asked = Open { workflow: &check.workflow, about, title: &title, unit, day: on, reason: "" };
        let case = work::cases::open(&work, &actor, &asked).await.map_err(|e| anyhow!("{e:?}"))?;
        if let Some(day) = self.reached(&check.notice.on)? {
            self.step(case, (unit, None), &check.notice, day).await.context("通知")?;
            self.send(case, check).await.context("送表")?;
        }
        if let Some(day) = self.reached(&check.review.on)? {
            self.review(case, &check.review, day).await.context("看过")?;
        }
        if let Some(day) = self.reached(&check.draw.on)? {
            self.draw(case, unit, &check.draw, day).await.context("抽查")?;
        }
        if let Some(day) = self.reached(&check.look.on)? {
            self.look(case, unit, check, day).await.context("看")?;
        }
        Ok(())
    }

    /// A unit by its name.
    fn named(&self, name: &str) -> anyhow::Result<UnitId> {
        self.unit(name, UnitId::fresh())
    }

    /// The day, once it has come.
    fn reached(&self, words: &str) -> anyhow::Result<Option<Date>> {
        let day = self.day(words)?;
        Ok((day <= self.college.today).then_some(day))
    }

    /// Writes the record of a step by its own form.
    async fn step(
        &self,
        case: CaseId,
        (unit, line): (UnitId, Option<usize>),
        step: &Step,
        day: Date,
    ) -> anyhow::Result<()> {
        let (work, actor) = self.at(day, unit).await?;
        let form = work::cases::step_form(&work, &actor, case, &step.step, line, false).await;
        let form = form.map_err(|e| anyhow!("{e:?}"))?;
        let ledger = work.rulebook.ledger(&form.ledger).ok_or_else(|| anyhow!("没有台账"))?;
        let title = if step.title.is_empty() { form.title } else { step.title.clone() };
        let mut values: BTreeMap<String, Value> = form.values.into_iter().collect();
        for (id, said) in &step.fields {
            let words = said.as_str().unwrap_or_default().to_owned();
            let is_choice = ledger.field(id).is_some_and(|f| f.kind == FieldType::Choice);
            values.insert(id.clone(), if is_choice { Value::Choice(words) } else { Value::Text(words) });
        }
        if let Some(field) = ledger.meaning(Means::Title) {
            values.insert(field.id.clone(), Value::Text(title.clone()));
        }
        let now = work.clock.now();
        let entry = Entry {
            id: EntryId::fresh(),
            unit: form.unit,
            ledgers: vec![form.ledger],
            day,
            title,
            values,
            revision: 0,
            entered_at: now,
            entered_by: actor.account,
            revised_at: now,
            withdrawn: false,
        };
        let record =
            Record { entry: &entry, based_on: 0, proposals: &[], reason: "", case: Some(case), chase: None };
        save(&work, &actor, &record).await.map(|_| ()).map_err(|e| anyhow!("{e:?}"))
    }

    /// Most units send, each on its day.
    async fn send(&self, case: CaseId, check: &Check) -> anyhow::Result<()> {
        let from = self.day(&check.send.from)?;
        let (work, _) = self.at(from.min(self.college.today), self.named(&check.unit)?).await?;
        let campaign = read(&work, self.institution, case).await?;
        let mut all: Vec<(Date, usize, UnitId)> = Vec::new();
        for (i, row) in campaign.rows.iter().enumerate() {
            let after = i32::try_from(i).unwrap_or(0) * 5 % SPREAD;
            let day = from.checked_add(after.days())?;
            if i % check.send.not_each != check.send.not_each - 1 && day <= self.college.today {
                all.push((day, i, row.unit));
            }
        }
        all.sort();
        for (day, i, unit) in all {
            self.send_one(case, (day, i, unit), &check.send.words).await?;
        }
        Ok(())
    }

    async fn send_one(
        &self,
        case: CaseId,
        (day, i, unit): (Date, usize, UnitId),
        words: &[String],
    ) -> anyhow::Result<()> {
        let (work, actor) = self.at(day, unit).await?;
        let campaign = read(&work, self.institution, case).await?;
        let Some(row) = campaign.row_of(unit).filter(|r| r.open) else { return Ok(()) };
        let all = settled(&work, &campaign, &[row]).await.map_err(|e| anyhow!("{e:?}"))?;
        let now = all.get(&unit).ok_or_else(|| anyhow!("没有这一行"))?;
        let unseen: Vec<Basis> = (now.figures.laid.lines.iter().flat_map(|l| &l.items))
            .filter(|x| x.item.seen == Seen::Unseen)
            .map(|x| x.item.basis.clone())
            .collect();
        let said = |n: usize| match (i % 3, n) {
            (0, _) => Some((Says::NotDone, String::new())),
            (1, 0) => Some((Says::Elsewhere, "记在支部的纸质手册里".to_owned())),
            _ => None,
        };
        let mut answers: Vec<(Basis, Says, String)> = Vec::new();
        for (n, basis) in unseen.into_iter().enumerate() {
            let Some((says, words)) = said(n) else { continue };
            if !answers.iter().any(|(known, ..)| *known == basis) {
                answers.push((basis, says, words));
            }
        }
        let form = asked(&work, &campaign, Carries::Ask, &now.lines);
        let lines = form.map(|a| a.lines).unwrap_or_default();
        let answer = |(n, line): (usize, &&model::sheet::Line)| match &line.source {
            Source::Ask { kind: FieldType::Choice, options, .. } => {
                Some((line.id.clone(), Value::Choice(options.first()?.0.clone())))
            }
            Source::Ask { .. } => {
                Some((line.id.clone(), Value::Text(words.get((i + n) % words.len())?.clone())))
            }
            _ => None,
        };
        let lines = lines.iter().enumerate().filter_map(answer).collect();
        let sending = Sending { id: EntryId::fresh(), unit, answers, lines, fields: Vec::new() };
        sheets::send(&work, &actor, case, &sending).await.map(|_| ()).map_err(|e| anyhow!("{e:?}"))
    }

    /// Whoever stands above looks at what was sent.
    async fn review(&self, case: CaseId, step: &Step, day: Date) -> anyhow::Result<()> {
        let (work, _) =
            self.at(day, self.college.org.units.first().map(|u| u.id).unwrap_or_else(UnitId::fresh)).await?;
        let campaign = read(&work, self.institution, case).await?;
        for open in campaign.open.iter().filter(|o| o.step == step.step) {
            if let Some(unit) = open.bearer {
                self.step(case, (unit, open.line), step, day).await?;
            }
        }
        Ok(())
    }

    async fn draw(&self, case: CaseId, unit: UnitId, draw: &Draw, day: Date) -> anyhow::Result<()> {
        let (work, actor) = self.at(day, unit).await?;
        let campaign = read(&work, self.institution, case).await?;
        let lots = sheets::lots(&work, &campaign).await.map_err(|e| anyhow!("{e:?}"))?;
        let lots = lots.ok_or_else(|| anyhow!("没有抽查"))?;
        let drawn = lots.by(&draw.seed);
        let mut teams = BTreeMap::new();
        for (n, at) in drawn.iter().enumerate() {
            // Somebody of another unit that was not drawn.
            let member = (self.college.people.memberships.iter())
                .filter(|m| m.since <= day && m.until.is_none_or(|u| day < u) && !drawn.contains(&m.branch))
                .nth(n * 7);
            let person = member.and_then(|m| self.college.people.persons.iter().find(|p| p.id == m.person));
            let name = person.map_or_else(String::new, |p| p.name.clone());
            teams.insert(*at, Team { person: person.map(|p| p.id), name, of: Some(self.named(&draw.of)?) });
        }
        let (seed, witness) = (draw.seed.clone(), draw.witness.clone());
        let drawing = Drawing { id: EntryId::fresh(), seed, witness, teams };
        sheets::draw(&work, &actor, case, &drawing).await.map(|_| ()).map_err(|e| anyhow!("{e:?}"))
    }

    /// What was drawn is looked at, but for the last; at the first something is found.
    async fn look(&self, case: CaseId, unit: UnitId, check: &Check, day: Date) -> anyhow::Result<()> {
        let (work, actor) = self.at(day, unit).await?;
        let campaign = read(&work, self.institution, case).await?;
        let drawn: Vec<UnitId> = campaign.rows.iter().filter(|r| r.drawn.is_some()).map(|r| r.unit).collect();
        let looked = drawn.len().saturating_sub(1);
        for (n, unit) in drawn.into_iter().take(looked).enumerate() {
            let judged = campaign.sheet().lines.iter().filter(|l| matches!(l.source, Source::Judge(_)));
            let lines = judged.map(|l| (l.id.clone(), Value::Choice(check.look.mark.clone()))).collect();
            let id = EntryId::fresh();
            let sending = Sending { id, unit, answers: Vec::new(), lines, fields: text(&check.look.fields) };
            sheets::judge(&work, &actor, case, &sending).await.map_err(|e| anyhow!("{e:?}"))?;
            if let Some(problem) = check.look.problems.get(n) {
                let found = std::slice::from_ref(problem);
                let at = (case, unit);
                let done = sheets::find(&work, &actor, at, (EntryId::fresh(), id), found, &[]).await;
                done.map_err(|e| anyhow!("{e:?}"))?;
            }
        }
        Ok(())
    }
}

async fn read<'w>(
    work: &'w Work,
    institution: model::InstitutionId,
    case: CaseId,
) -> anyhow::Result<Campaign<'w>> {
    Campaign::read(work, institution, case).await.map_err(|e| anyhow!("{e:?}"))
}
