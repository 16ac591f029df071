//! 届满: when the committees' terms end, from what was recorded of the last election.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use model::rule::Means;
use model::{Entry, InstitutionId, UnitId, Value};
use runtime::{Occasion, Turn};
use store::{EntryFilter, Scope};

use crate::{Fault, Work};

/// More changes than this one committee with all its branches never recorded.
const MOST: u32 = 5000;

/// The ids of the ledger and of its field in which a term's last day stands; none where the rulebook has no such field.
fn written(work: &Work) -> Option<(&str, &str)> {
    work.rulebook.ledgers().iter().find_map(|l| Some((l.id.as_str(), l.meaning(Means::TermEnd)?.id.as_str())))
}

/// The last day of every unit's running term, for duties: whatever an account may see.
///
/// # Errors
/// When the store cannot read.
pub async fn all_terms(work: &Work, institution: InstitutionId) -> Result<BTreeMap<UnitId, Date>, Fault> {
    found(work, institution, &Scope::All, EntryFilter::default()).await
}

/// The last day of the running term of the units whose records this filter finds.
///
/// # Errors
/// When the store cannot read.
pub async fn found(
    work: &Work,
    institution: InstitutionId,
    scope: &Scope,
    filter: EntryFilter,
) -> Result<BTreeMap<UnitId, Date>, Fault> {
    let mut out = BTreeMap::new();
    let Some((ledger, field)) = written(work) else { return Ok(out) };
    let filter = EntryFilter { ledger: Some(ledger.to_owned()), ..filter };
    // Newest first: the first that says a term's end is the one that holds.
    for row in work.store.entries(institution, scope, &filter, MOST).await? {
        if let Some(Value::Day(ends)) = row.entry.values.get(field) {
            out.entry(row.entry.unit).or_insert(*ends);
        }
    }
    Ok(out)
}

/// Whether a record may say when a term ends.
#[must_use]
pub fn says(work: &Work, entry: &Entry) -> bool {
    written(work).is_some_and(|(ledger, _)| entry.ledgers.iter().any(|l| l == ledger))
}

/// What a record that is being saved changes in when the term of its unit ends; none when it changes nothing. `before` are the revisions
/// that it replaces, the newest first.
///
/// # Errors
/// When the store cannot read.
pub async fn turn(
    work: &Work,
    institution: InstitutionId,
    entry: &Entry,
    before: &[Entry],
) -> Result<Option<Turn>, Fault> {
    let Some((ledger, field)) = written(work) else { return Ok(None) };
    let is_one = |e: &Entry| e.ledgers.iter().any(|l| l == ledger);
    if !is_one(entry) && !before.iter().any(is_one) {
        return Ok(None);
    }
    let filter = EntryFilter {
        ledger: Some(ledger.to_owned()),
        units: Some(BTreeSet::from([entry.unit])),
        ..EntryFilter::default()
    };
    let rows = work.store.entries(institution, &Scope::All, &filter, MOST).await?;
    let others: Vec<&Entry> = rows.iter().map(|r| &r.entry).filter(|e| e.id != entry.id).collect();
    let end = |e: &Entry| match e.values.get(field) {
        Some(Value::Day(ends)) if is_one(e) && !e.withdrawn => Some(*ends),
        _ => None,
    };
    // The newest that says a term's end is the one that holds.
    let newest = |one: Option<&Entry>| {
        let mut all: Vec<&Entry> = others.iter().copied().chain(one).collect();
        all.sort_by_key(|e| std::cmp::Reverse((e.day, e.id)));
        all.into_iter().find_map(end)
    };
    let (was, is) = (newest(before.first()), newest(Some(entry)));
    if was == is {
        return Ok(None);
    }
    let known: BTreeSet<Date> = others.iter().copied().chain(before).filter_map(end).chain(was).collect();
    let of = |day| Occasion::of(entry.unit, day);
    Ok(Some(Turn { key: None, was: known.into_iter().map(of).collect(), is: is.map(of) }))
}
