//! 问题: each thing that is found is a line of a record, and each line opens the case that puts it right.

use std::collections::{BTreeMap, BTreeSet};

use model::rule::FieldType;
use model::{CaseId, Entry, EntryId, Row as Cells, UnitId, Value};
use store::{CaseFilter, CaseRow, CaseSight, EntryFilter, Running, Scope};

use super::campaign::Campaign;
use super::send::put;
use crate::{Actor, Fault, Right, Work};

/// Characters of a finding: it is what its case is called.
const PROBLEM: usize = 200;
/// More findings than one check writes down.
const MOST: u32 = 5_000;

/// Something that was found.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The record.
    pub entry: EntryId,
    /// Whose it is to put right.
    pub unit: UnitId,
    /// What.
    pub problem: String,
    /// The case that puts it right.
    pub case: Option<CaseRow>,
}

/// Writes down what was found at a unit, each in a line of its own, resting on the record `seen_in`. `id` is made with the form.
/// Nothing is written where nothing was found.
///
/// # Errors
/// [`Fault::NotFound`] when the account neither runs the check nor looks at the row; [`Fault::Invalid`] when a finding is too
/// long; [`Fault::Conflict`] when the check has no ledger for findings.
pub async fn find(
    work: &Work,
    actor: &Actor,
    (case, unit): (CaseId, UnitId),
    (id, seen_in): (EntryId, EntryId),
    problems: &[String],
    fields: &[(String, Value)],
) -> Result<usize, Fault> {
    let problems: Vec<&str> = problems.iter().map(|p| p.trim()).filter(|p| !p.is_empty()).collect();
    if problems.is_empty() {
        return Ok(0);
    }
    if problems.iter().any(|p| p.chars().count() > PROBLEM) {
        return Err(Fault::field("problems", format!("一行写一个问题，每行最多 {PROBLEM} 个字。")));
    }
    let campaign = Campaign::seen(work, actor, case).await?;
    let row = campaign.row_of(unit).ok_or_else(|| Fault::not_found("这个单位的自查表"))?;
    let record = campaign.ground.docket.entries.get(&seen_in).map(|(e, _)| e);
    let looked = row.drawn.as_ref().is_some_and(|d| d.looked.contains(&seen_in));
    // Who looked writes for their own unit; who runs the check, for that which opened it.
    let by = match record.filter(|e| looked && actor.covers(Right::Record, e.unit)) {
        Some(record) => record.unit,
        None if campaign.runs(actor) => campaign.row.opened_by,
        None => return Err(Fault::not_found("这个单位的自查表")),
    };
    let ledger = campaign.sheet().findings.as_deref().and_then(|l| work.rulebook.ledger(l));
    let ledger = ledger.ok_or_else(|| Fault::Conflict("这次检查没有写明问题记在哪本台账。".to_owned()))?;
    let table = ledger.fields.iter().find(|f| f.kind == FieldType::Rows);
    let columns = table.and_then(|t| {
        let column = |kind| t.rows.iter().find(|f| f.kind == kind).map(|f| f.id.clone());
        Some((t.id.clone(), column(FieldType::Unit)?, column(FieldType::Text)?))
    });
    let Some((table, whose, what)) = columns else {
        return Err(Fault::Conflict(format!("“{}”里没有写问题和责任单位的表。", ledger.title)));
    };
    let line = |problem: &&str| {
        Cells::from([(whose.clone(), Value::Unit(unit)), (what.clone(), Value::Text((*problem).to_owned()))])
    };
    let mut values: BTreeMap<String, Value> = fields.iter().cloned().collect();
    values.insert(table, Value::Rows(problems.iter().map(line).collect()));
    let title = format!("{}：{}的问题", campaign.row.title, actor.known.unit_name(unit));
    if let Some(field) = ledger.fields.iter().find(|f| f.is_title()) {
        values.insert(field.id.clone(), Value::Text(title.clone()));
    }
    let links = |f: &&model::rule::Field| {
        let fits = |e: &Entry| f.links.is_empty() || f.links.iter().any(|l| e.ledgers.contains(l));
        f.kind == FieldType::Link && record.is_some_and(fits)
    };
    if let Some(field) = ledger.fields.iter().find(links) {
        values.insert(field.id.clone(), Value::Link(seen_in));
    }
    let now = work.clock.now();
    let entry = Entry {
        id,
        unit: by,
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
    put(work, actor, case, entry).await?;
    Ok(problems.len())
}

/// All that was found by a check, in the order in which it was written down, each with the case that puts it right.
///
/// # Errors
/// When the store cannot read.
pub async fn findings(work: &Work, campaign: &Campaign<'_>) -> Result<Vec<Finding>, Fault> {
    let Some(ledger) = &campaign.sheet().findings else { return Ok(Vec::new()) };
    let institution = campaign.institution();
    let done = campaign.state().places.iter().flat_map(|p| &p.done).filter_map(|d| d.entry);
    let records: BTreeSet<EntryId> = done.collect();
    let filter = EntryFilter {
        ledger: Some(ledger.clone()),
        from: Some(campaign.row.opened),
        oldest_first: true,
        ..EntryFilter::default()
    };
    let found = work.store.entries(institution, &Scope::All, &filter, MOST).await?;
    let rests = |e: &Entry| e.values.values().any(|v| matches!(v, Value::Link(id) if records.contains(id)));
    let found: Vec<Entry> = found.into_iter().map(|r| r.entry).filter(rests).collect();
    let subjects = found.iter().map(|e| e.id.0).collect();
    let filter = CaseFilter { subjects: Some(subjects), running: Running::All, ..CaseFilter::default() };
    let cases = match found.is_empty() {
        true => Vec::new(),
        false => work.store.all_cases(institution, &CaseSight::all(), &filter).await?,
    };
    let mut out = Vec::new();
    for entry in &found {
        for (at, cells) in entry.values.values().filter_map(rows_in).flatten().enumerate() {
            let unit = cells.values().find_map(|v| match v {
                Value::Unit(u) => Some(*u),
                _ => None,
            });
            let problem = cells.values().find_map(|v| match v {
                Value::Text(t) => Some(t.clone()),
                _ => None,
            });
            let (Some(unit), Some(problem)) = (unit, problem) else { continue };
            let about =
                |r: &&CaseRow| r.subject_id == entry.id.0 && r.subject_line.is_some_and(|l| l as usize == at);
            let case = cases.iter().find(about).cloned();
            out.push(Finding { entry: entry.id, unit, problem, case });
        }
    }
    Ok(out)
}

fn rows_in(value: &Value) -> Option<&Vec<Cells>> {
    match value {
        Value::Rows(rows) => Some(rows),
        _ => None,
    }
}
