//! Lots: the list first, with its fingerprint, then the seed. Whoever has both draws the same again.

use std::collections::{BTreeMap, BTreeSet};

use model::flow::Who;
use model::rule::{FieldType, Means};
use model::sheet::{Carries, Draw, DrawFrom};
use model::{CaseId, Entry, EntryId, PersonId, Row as Cells, Unit, UnitId, Value};
use runtime::sheet::{draw as by_lot, list_print, sample};
use store::{EntryFilter, Looked, Scope};

use super::book::end_of;
use super::campaign::{Campaign, Row};
use super::send::{put, units_of};
use crate::{Actor, Fault, Right, Work};

/// More records of draws than an institution writes in the time that counts as lately.
const MOST: u32 = 1_000;
/// Characters of a seed.
const SEED: usize = 40;

/// Among whom is drawn: units, each with the group that it stands in.
type Among = Vec<(UnitId, Option<UnitId>)>;

/// What is drawn from, before anything is drawn.
#[derive(Clone, Debug)]
pub struct Lots {
    /// The step.
    pub step: String,
    /// Each draw with its list: unit and group.
    lists: Vec<(Draw, Among)>,
    /// Those drawn lately, who come last.
    pub lately: BTreeSet<UnitId>,
    /// The fingerprint of the whole list.
    pub print: String,
}

impl Lots {
    /// How many units stand on the list.
    #[must_use]
    pub fn len(&self) -> usize {
        self.units().count()
    }

    /// Whether nobody stands on it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The units on the list, each once.
    pub fn units(&self) -> impl Iterator<Item = UnitId> {
        let all: BTreeSet<UnitId> = self.lists.iter().flat_map(|(_, list)| list).map(|(u, _)| *u).collect();
        all.into_iter()
    }

    /// The units that a seed brings, each once.
    #[must_use]
    pub fn by(&self, seed: &str) -> Vec<UnitId> {
        let mut known = BTreeSet::new();
        let all = self.lists.iter().flat_map(|(draw, list)| by_lot(draw, list, &self.lately, seed));
        all.filter(|u| known.insert(*u)).collect()
    }

    /// The rules by which it is drawn.
    pub fn rules(&self) -> impl Iterator<Item = &Draw> {
        self.lists.iter().map(|(draw, _)| draw)
    }
}

/// What a check draws from among its rows; none where it draws none.
///
/// # Errors
/// When the store cannot read.
pub async fn lots(work: &Work, campaign: &Campaign<'_>) -> Result<Option<Lots>, Fault> {
    let of_units = |d: &&(String, Draw)| matches!(d.1.of, DrawFrom::Field(_));
    let Some((step, _)) = campaign.sheet().draws.iter().find(of_units) else { return Ok(None) };
    let organisation = campaign.organisation();
    let draws = campaign.sheet().draws.iter().filter(of_units).filter(|(s, _)| s == step);
    let mut lists = Vec::new();
    for (_, draw) in draws {
        let is_meant = |u: &&Unit| draw.kinds.is_empty() || draw.kinds.contains(&u.kind);
        let units = campaign.rows.iter().filter_map(|r| organisation.unit(r.unit)).filter(is_meant);
        let group = |unit: &Unit| match draw.each {
            Some(Who::Above(n) | Who::AboveLine(n)) => {
                let mut up = std::iter::successors(Some(unit.id), |at| organisation.unit(*at)?.parent);
                up.nth(usize::from(n))
            }
            _ => None,
        };
        lists.push((draw.clone(), units.map(|u| (u.id, group(u))).collect::<Vec<_>>()));
    }
    let lately = lately(work, campaign, step, &lists).await?;
    let whole: Vec<(UnitId, Option<UnitId>)> = lists.iter().flat_map(|(_, list)| list).copied().collect();
    let print = list_print(&whole, &lately);
    Ok(Some(Lots { step: step.clone(), lists, lately, print }))
}

/// The ledger of a step.
fn ledger_of<'c>(campaign: &'c Campaign<'_>, step: &str) -> Option<&'c str> {
    campaign.workflow().step(step)?.shown_by.iter().find_map(|s| s.ledger.as_deref())
}

/// The units that were drawn lately, by the records of other draws.
async fn lately(
    work: &Work,
    campaign: &Campaign<'_>,
    step: &str,
    lists: &[(Draw, Among)],
) -> Result<BTreeSet<UnitId>, Fault> {
    let days = &campaign.ground.docket.days;
    let since = lists.iter().filter_map(|(d, _)| d.fresh).map(|f| days.before(campaign.row.opened, f)).min();
    let (Some(since), Some(ledger)) = (since, ledger_of(campaign, step)) else { return Ok(BTreeSet::new()) };
    let filter = EntryFilter { ledger: Some(ledger.to_owned()), from: Some(since), ..EntryFilter::default() };
    let found = work.store.entries(campaign.institution(), &Scope::All, &filter, MOST).await?;
    let own: Option<EntryId> = record_of(campaign, step).map(|e| e.id);
    let others = found.iter().map(|r| &r.entry).filter(|e| Some(e.id) != own);
    // What was drawn after this check began is no reason to spare somebody.
    let before = others.filter(|e| e.day < campaign.row.opened);
    let mut out = BTreeSet::new();
    for value in before.flat_map(|e| e.values.values()) {
        if let Value::Rows(rows) = value {
            out.extend(rows.iter().flat_map(|r| r.values()).filter_map(|v| match v {
                Value::Unit(u) => Some(*u),
                _ => None,
            }));
        }
    }
    Ok(out)
}

/// The record by which a step was done last.
fn record_of<'c>(campaign: &'c Campaign<'_>, step: &str) -> Option<&'c Entry> {
    let place = campaign.workflow().place(step)?;
    let entry = campaign.state().latest(place, None)?.entry?;
    campaign.ground.docket.entries.get(&entry).map(|(e, _)| e)
}

/// The text of the field with a meaning in the record of a draw.
#[must_use]
pub fn written<'c>(work: &Work, campaign: &'c Campaign<'_>, step: &str, means: Means) -> Option<&'c str> {
    let ledger = work.rulebook.ledger(ledger_of(campaign, step)?)?;
    match record_of(campaign, step)?.values.get(&ledger.meaning(means)?.id)? {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

/// A draw, as somebody writes it down.
#[derive(Clone, Debug)]
pub struct Drawing {
    /// The record; made with the form.
    pub id: EntryId,
    /// The number that came out before witnesses.
    pub seed: String,
    /// Who was there.
    pub witness: String,
    /// Who looks at which unit.
    pub teams: BTreeMap<UnitId, Team>,
}

/// Who looks at a unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Team {
    /// The person, where the roster has them.
    pub person: Option<PersonId>,
    /// The name.
    pub name: String,
    /// The unit for which they look; its records say what they saw.
    pub of: Option<UnitId>,
}

/// Writes a draw down: the units that the seed brings, each with who looks at it.
///
/// # Errors
/// [`Fault::NotFound`] when the account does not run the check; [`Fault::Conflict`] when nothing is to be drawn now;
/// [`Fault::Invalid`] when somebody is lacking, or would look at their own unit.
pub async fn draw(work: &Work, actor: &Actor, case: CaseId, drawing: &Drawing) -> Result<EntryId, Fault> {
    let campaign = Campaign::seen(work, actor, case).await?;
    if !campaign.runs(actor) {
        return Err(Fault::not_found("这次检查"));
    }
    let lots = lots(work, &campaign).await?.ok_or_else(|| Fault::Conflict("这次检查不抽查。".to_owned()))?;
    if record_of(&campaign, &lots.step).is_some_and(|e| e.id == drawing.id) {
        return Ok(drawing.id);
    }
    let open = campaign.open.iter().find(|o| o.step == lots.step && !o.disputed);
    let bearer = open.and_then(|o| o.bearer).filter(|u| actor.covers(Right::Record, *u));
    let bearer = bearer.ok_or_else(|| Fault::Conflict("还没有轮到抽查，或者已经抽过。".to_owned()))?;
    let seed = drawing.seed.trim();
    if seed.is_empty() {
        return Err(Fault::field("seed", "写上当场定的号码。"));
    }
    if seed.chars().count() > SEED {
        return Err(Fault::field("seed", format!("最多 {SEED} 个字。")));
    }
    let ledger = ledger_of(&campaign, &lots.step).and_then(|id| work.rulebook.ledger(id));
    let ledger = ledger.ok_or_else(|| Fault::Conflict("抽查没有台账可记。".to_owned()))?;
    let into = lots.rules().next().and_then(|d| ledger.field(&d.into));
    let into = into.filter(|f| f.kind == FieldType::Rows);
    let into = into.ok_or_else(|| Fault::Conflict("抽查的台账没有记抽中单位的表。".to_owned()))?;
    let column = |kind, n| into.rows.iter().filter(|f| f.kind == kind).nth(n).map(|f| f.id.clone());
    let (unit_column, team_column) = (column(FieldType::Unit, 0), column(FieldType::Person, 0));
    let of_column = column(FieldType::Unit, 1);
    let mut rows: Vec<Cells> = Vec::new();
    for unit in lots.by(seed) {
        let name = actor.known.unit_name(unit);
        let Team { person, name: team, of } = drawing.teams.get(&unit).cloned().unwrap_or_default();
        let of = of.unwrap_or(campaign.row.opened_by);
        if of == unit {
            return Err(Fault::field(format!("of.{unit}"), format!("{name}不看自己。")));
        }
        if team.trim().is_empty() {
            return Err(Fault::field(format!("team.{unit}"), format!("写上谁去看{name}。")));
        }
        if let Some(person) = person
            && units_of(work, actor.institution, person).await?.contains(&unit)
        {
            return Err(Fault::field(format!("team.{unit}"), format!("{team}是{name}的人，换一个人去看。")));
        }
        let mut cells = Cells::new();
        cells.extend(unit_column.clone().map(|id| (id, Value::Unit(unit))));
        cells.extend(team_column.clone().map(|id| (id, Value::Person { id: person, name: team })));
        cells.extend(of_column.clone().map(|id| (id, Value::Unit(of))));
        rows.push(cells);
    }
    if rows.is_empty() {
        return Err(Fault::Conflict("名单上没有可以抽的单位。".to_owned()));
    }
    let mut values = BTreeMap::from([(into.id.clone(), Value::Rows(rows))]);
    let mut says = |means, text: &str| {
        values.extend(ledger.meaning(means).map(|f| (f.id.clone(), Value::Text(text.to_owned()))));
    };
    says(Means::Seed, seed);
    says(Means::ListPrint, &lots.print);
    let title = format!("{}：抽查名单", campaign.row.title);
    says(Means::Title, &title);
    if !drawing.witness.trim().is_empty()
        && let Some(field) = ledger.fields.iter().find(|f| f.kind == FieldType::Person)
    {
        let name = drawing.witness.trim().to_owned();
        values.insert(field.id.clone(), Value::Person { id: None, name });
    }
    let now = work.clock.now();
    let entry = Entry {
        id: drawing.id,
        unit: bearer,
        ledgers: vec![ledger.id.clone()],
        day: work.clock.today(),
        title,
        values,
        revision: 0,
        entered_at: now,
        entered_by: actor.account,
        revised_at: now,
        withdrawn: false,
    };
    put(work, actor, case, entry).await
}

/// The records of a row that are to be opened, by the same lots: so many as the step of those who look says.
///
/// # Errors
/// When the store cannot read.
pub async fn sampled(work: &Work, campaign: &Campaign<'_>, row: &Row) -> Result<Vec<Entry>, Fault> {
    let Some(step) = campaign.carrier(Carries::Judge) else { return Ok(Vec::new()) };
    let of_step = |d: &&(String, Draw)| d.0 == step;
    let Some((_, draw)) = campaign.sheet().draws.iter().find(of_step) else { return Ok(Vec::new()) };
    let (DrawFrom::Entries(ledgers), Some(count)) = (&draw.of, draw.count) else { return Ok(Vec::new()) };
    let lots = lots(work, campaign).await?;
    let seed = lots.and_then(|l| written(work, campaign, &l.step, Means::Seed).map(str::to_owned));
    let Some(seed) = seed else { return Ok(Vec::new()) };
    let (units, ledgers) = (BTreeSet::from([row.unit]), ledgers.iter().cloned().collect());
    let days = Some((row.window.from, row.window.cutoff));
    let looked = Looked { units: &units, ledgers: &ledgers, days };
    let found = work.store.entries_before(campaign.institution(), &looked, end_of(row.window.known)).await?;
    let found: Vec<Entry> = found.into_iter().filter(|e| !e.withdrawn).collect();
    let ids: Vec<EntryId> = found.iter().map(|e| e.id).collect();
    let chosen = sample(&ids, &format!("{seed}{}", row.unit), count as usize);
    Ok(chosen.iter().filter_map(|id| found.iter().find(|e| e.id == *id)).cloned().collect())
}
