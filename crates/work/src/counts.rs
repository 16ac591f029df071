//! How many records a filter finds, and for how many obligations a record counts; counted once between two writes.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use model::{EntryId, InstitutionId};
use store::{EntryFilter, EntryRow, Scope};

use crate::actor::Actor;
use crate::fault::Fault;
use crate::numbers::figure;
use crate::state::Work;

/// Records that are counted at most: a longer list says that it holds more, and costs no more to count.
const COUNTED: u32 = 10_000;
/// The same of a search: whether two characters beside two others are one word, each record is read for.
const SEARCHED: u32 = 1_000;
/// Counts that are kept, and institutions of whose records is kept what they count for.
const KEPT: usize = 256;
/// Records of an institution of which is kept what they count for.
const MET: usize = 10_000;

/// How many of the records that a filter finds are counted.
pub fn counted_of(filter: &EntryFilter) -> u32 {
    if filter.words.is_some() { SEARCHED } else { COUNTED }
}

/// How many records a filter finds: 1,293, or 10,000 多.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Records {
    counted: u64,
    /// Whether there are more than were counted.
    more: bool,
}

impl Records {
    /// Whether there are surely no more than this.
    pub fn at_most(self, most: u32) -> bool {
        !self.more && self.counted <= u64::from(most)
    }

    /// Whether there is none.
    pub fn is_none(self) -> bool {
        self.counted == 0
    }
}

impl std::fmt::Display for Records {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", figure(self.counted), if self.more { " 多" } else { "" })
    }
}

type Asked = (InstitutionId, Scope, EntryFilter);

/// For how many obligations records of an institution count, at which number of its writes.
type Met = (i64, HashMap<EntryId, usize>);

/// What was counted, and at which number of the institution's writes: the next write makes it out of date.
#[derive(Default)]
struct Counts {
    found: Mutex<HashMap<Asked, (i64, Records)>>,
    met: Mutex<HashMap<InstitutionId, Met>>,
}

/// How many obligations each of these records counts for: as many lines as the record's own page shows. None, where it
/// counts for nothing.
///
/// # Errors
/// When the store cannot read.
pub async fn counted(
    work: &Work,
    actor: &Actor,
    entries: &[EntryRow],
) -> Result<BTreeMap<EntryId, usize>, Fault> {
    let ids: Vec<EntryId> = entries.iter().map(|r| r.entry.id).collect();
    Ok(work.store.obligations_met(actor.institution, &ids).await?)
}

/// Counts as [`counted`] does, as of this number of writes. One record may count for a duty of each of thirty people, so
/// fifty of them are a thousand duties to look up.
///
/// # Errors
/// When the store cannot read.
pub async fn counted_after(
    work: &Work,
    actor: &Actor,
    entries: &[EntryRow],
    writes: i64,
) -> Result<BTreeMap<EntryId, usize>, Fault> {
    let counts = work.kept::<Counts>();
    let kept = || counts.met.lock().unwrap_or_else(PoisonError::into_inner);
    let mut known = BTreeMap::new();
    if let Some((_, met)) = kept().get(&actor.institution).filter(|(at, _)| *at == writes) {
        known.extend(entries.iter().filter_map(|r| Some((r.entry.id, *met.get(&r.entry.id)?))));
    }
    let asked: Vec<EntryId> = entries.iter().map(|r| r.entry.id).filter(|e| !known.contains_key(e)).collect();
    if asked.is_empty() {
        return Ok(known);
    }
    let found = work.store.obligations_met(actor.institution, &asked).await?;
    let fresh = || asked.iter().map(|e| (*e, found.get(e).copied().unwrap_or(0)));
    known.extend(fresh());
    let mut all = kept();
    if all.len() >= KEPT {
        all.clear();
    }
    let (at, met) = all.entry(actor.institution).or_default();
    if *at != writes || met.len() >= MET {
        *at = writes;
        met.clear();
    }
    met.extend(fresh());
    Ok(known)
}

/// Counts the records that the filter finds, whatever the page.
///
/// # Errors
/// When the store cannot read.
pub async fn how_many(
    work: &Work,
    actor: &Actor,
    scope: &Scope,
    filter: &EntryFilter,
) -> Result<Records, Fault> {
    let writes = work.store.writes(actor.institution).await?;
    how_many_after(work, actor, scope, filter, writes).await
}

/// Counts as [`how_many`] does, as of this number of writes.
///
/// # Errors
/// When the store cannot read.
pub async fn how_many_after(
    work: &Work,
    actor: &Actor,
    scope: &Scope,
    filter: &EntryFilter,
    writes: i64,
) -> Result<Records, Fault> {
    let asked = (actor.institution, scope.clone(), EntryFilter { after: None, ..filter.clone() });
    let counts = work.kept::<Counts>();
    let kept = || counts.found.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, records)) = kept().get(&asked).filter(|(at, _)| *at == writes) {
        return Ok(*records);
    }
    let most = counted_of(filter);
    let found = work.store.count_entries(actor.institution, scope, filter, most + 1).await?;
    let found = u64::try_from(found).unwrap_or(0);
    let records = Records { counted: found.min(most.into()), more: found > u64::from(most) };
    let mut all = kept();
    if all.len() >= KEPT {
        all.clear();
    }
    all.insert(asked, (writes, records));
    Ok(records)
}
