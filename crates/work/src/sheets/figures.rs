//! The figures of a check: what stands is kept once, with its fingerprint, and what comes later is listed apart.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use model::{CaseId, InstitutionId, UnitId};
use runtime::sheet::Window;
use serde_json::json;
use store::{Act, CaseFilter, CaseSight, LaterRevision, Looked, SheetFigures, sha256};

use super::book::{BookOf, Laid, all_ledgers, end_of};
use super::campaign::{Campaign, Row};
use super::planned::check_workflows;
use crate::{Actor, Fault, Right, Work};

/// The figures of a row.
#[derive(Clone, Debug)]
pub struct Figures {
    /// What the Book shows.
    pub laid: Laid,
    /// From when until when was looked.
    pub window: Window,
    /// Their fingerprint and when they were kept; none while they may still change.
    pub kept: Option<(String, Timestamp)>,
}

/// The figures of these rows: those that stand as they were kept, the others as the Book shows them now.
///
/// # Errors
/// When the store cannot read.
pub async fn figures(
    work: &Work,
    campaign: &Campaign<'_>,
    rows: &[&Row],
) -> Result<BTreeMap<UnitId, Figures>, Fault> {
    let only = match rows {
        [one] => Some(one.unit.0),
        _ => None,
    };
    let mut out = BTreeMap::new();
    for kept in work.store.sheet_figures(campaign.institution(), campaign.row.id, only).await? {
        let laid: Laid = serde_json::from_str(&kept.body).map_err(anyhow::Error::from)?;
        let (from, cutoff, known) = kept.window;
        let window = Window { from, cutoff, known };
        out.insert(kept.unit, Figures { laid, window, kept: Some((kept.fingerprint, kept.at)) });
    }
    let open: Vec<&Row> = rows.iter().copied().filter(|r| !out.contains_key(&r.unit)).collect();
    if !open.is_empty() {
        let book = BookOf::read(work, campaign, &open).await?;
        for row in open {
            let laid = book.lay(campaign.sheet(), &row.of(), row.window);
            out.insert(row.unit, Figures { laid, window: row.window, kept: None });
        }
    }
    Ok(out)
}

/// Keeps the figures of all rows that stand: how many were not kept before. `by` is who asks for it; nobody at the turn of
/// the day.
///
/// # Errors
/// [`Fault::NotAllowed`] when the account does not run the check; when the store cannot write.
pub async fn stand(work: &Work, by: Option<&Actor>, campaign: &Campaign<'_>) -> Result<usize, Fault> {
    if by.is_some_and(|actor| !campaign.runs(actor)) {
        return Err(Fault::NotAllowed("数字由开办检查的组织定下。".to_owned()));
    }
    let rows: Vec<&Row> = campaign.rows.iter().filter(|r| r.stands && campaign.fixed).collect();
    keep(work, by, campaign, &rows).await
}

/// Keeps the figures of these rows, where they stand and are not kept.
pub(super) async fn keep(
    work: &Work,
    by: Option<&Actor>,
    campaign: &Campaign<'_>,
    rows: &[&Row],
) -> Result<usize, Fault> {
    let institution = campaign.institution();
    let there = work.store.sheet_figures(institution, campaign.row.id, None).await?;
    let there: BTreeSet<UnitId> = there.into_iter().map(|f| f.unit).collect();
    let new: Vec<&Row> = rows.iter().copied().filter(|r| r.stands && !there.contains(&r.unit)).collect();
    if new.is_empty() {
        return Ok(0);
    }
    let book = BookOf::read(work, campaign, &new).await?;
    let mut all = Vec::new();
    for row in new {
        let laid = book.lay(campaign.sheet(), &row.of(), row.window);
        let body = serde_json::to_string(&laid).map_err(anyhow::Error::from)?;
        all.push(SheetFigures {
            case: campaign.row.id,
            row: row.unit.0,
            unit: row.unit,
            window: (row.window.from, row.window.cutoff, row.window.known),
            rules: campaign.row.fingerprint.clone(),
            fingerprint: hex::encode(sha256(body.as_bytes())),
            body,
            at: work.clock.now(),
        });
    }
    // One fingerprint over all of them stands in the audit chain.
    let prints: String = all.iter().map(|f| format!("{} {}\n", f.unit, f.fingerprint)).collect();
    let act = match by {
        Some(actor) => actor.act(work, "sheet.stand"),
        None => Act::new(None, "", work.clock.now(), "sheet.stand"),
    };
    let act = act.on(campaign.row.id).with(json!({
        "title": campaign.row.title, "rows": all.len(), "rules": campaign.row.fingerprint, "sha256": hex::encode(sha256(prints.as_bytes())),
    }));
    work.store.keep_figures(institution, &all, &act).await?;
    Ok(all.len())
}

/// What was written about the time that a row looks at after its figures stood, in its order: it changes none of them. Where
/// they were `kept` before the day was over, all that came after that.
///
/// # Errors
/// When the store cannot read.
pub async fn later(
    work: &Work,
    actor: &Actor,
    campaign: &Campaign<'_>,
    row: &Row,
    kept: Option<Timestamp>,
) -> Result<Vec<LaterRevision>, Fault> {
    if !row.stands {
        return Ok(Vec::new());
    }
    let units = campaign.organisation().subtree(row.unit);
    let units = units.into_iter().filter(|u| actor.covers(Right::SeeEntries, *u)).collect();
    let ledgers = all_ledgers(work, campaign.sheet());
    let days = Some((row.window.from, row.window.cutoff));
    let looked = Looked { units: &units, ledgers: &ledgers, days };
    let stood = end_of(row.window.known);
    let since = kept.map_or(stood, |at| at.min(stood));
    Ok(work.store.entries_since(campaign.institution(), &looked, since).await?)
}

/// The turn of a day: keeps the figures that stand from now on. How many rows.
///
/// # Errors
/// When the store cannot read or write.
pub async fn turn(work: &Work, institution: InstitutionId) -> Result<usize, Fault> {
    let workflows = check_workflows(work);
    if workflows.is_empty() {
        return Ok(0);
    }
    let filter = CaseFilter { workflows: Some(workflows), ..CaseFilter::default() };
    let running: Vec<CaseId> = (work.store.all_cases(institution, &CaseSight::all(), &filter).await?)
        .into_iter()
        .map(|r| r.id)
        .collect();
    let mut out = 0;
    for case in running {
        let campaign = Campaign::read(work, institution, case).await?;
        out += stand(work, None, &campaign).await?;
    }
    Ok(out)
}
