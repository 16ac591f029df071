//! How many records a filter finds; counted once between two writes.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use model::InstitutionId;
use store::{EntryFilter, Scope};

use crate::app::App;
use crate::board::seen::figure;
use crate::fault::Fault;
use crate::identity::Actor;

/// Records that are counted at most: a longer list says that it holds more, and costs no more to count.
const COUNTED: u32 = 10_000;
/// The same of a search: whether two characters beside two others are one word, each record is read for.
const SEARCHED: u32 = 2_000;
/// Counts that are kept.
const KEPT: usize = 256;

/// How many records a filter finds: 1,293, or 10,000 多.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Records {
    counted: u64,
    /// Whether there are more than were counted.
    more: bool,
}

impl Records {
    /// Whether there are no more than this.
    pub(super) fn at_most(self, most: u32) -> bool {
        !self.more && self.counted <= u64::from(most)
    }

    /// Whether there is none.
    pub(crate) fn is_none(self) -> bool {
        self.counted == 0
    }
}

impl std::fmt::Display for Records {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", figure(self.counted), if self.more { " 多" } else { "" })
    }
}

type Asked = (InstitutionId, Scope, EntryFilter);

/// What was counted, and at which number of the institution's writes: the next write makes it out of date.
#[derive(Default)]
pub(crate) struct Counts(Mutex<HashMap<Asked, (i64, Records)>>);

/// Counts the records that the filter finds, whatever the page.
///
/// # Errors
/// When the store cannot read.
pub(crate) async fn how_many(
    app: &App,
    actor: &Actor,
    scope: &Scope,
    filter: &EntryFilter,
) -> Result<Records, Fault> {
    let writes = app.store.writes(actor.institution).await?;
    how_many_after(app, actor, scope, filter, writes).await
}

/// Counts as [`how_many`] does, as of this number of writes.
///
/// # Errors
/// When the store cannot read.
pub(super) async fn how_many_after(
    app: &App,
    actor: &Actor,
    scope: &Scope,
    filter: &EntryFilter,
    writes: i64,
) -> Result<Records, Fault> {
    let asked = (actor.institution, scope.clone(), EntryFilter { after: None, ..filter.clone() });
    let kept = || app.counts.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, records)) = kept().get(&asked).filter(|(at, _)| *at == writes) {
        return Ok(*records);
    }
    let most = if filter.words.is_some() { SEARCHED } else { COUNTED };
    let found = app.store.count_entries(actor.institution, scope, filter, most + 1).await?;
    let found = u64::try_from(found).unwrap_or(0);
    let records = Records { counted: found.min(most.into()), more: found > u64::from(most) };
    let mut counts = kept();
    if counts.len() >= KEPT {
        counts.clear();
    }
    counts.insert(asked, (writes, records));
    Ok(records)
}
