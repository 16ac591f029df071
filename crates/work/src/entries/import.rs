//! Records that a table brings: taken in as one act, each saved as if somebody had written it.

use model::Entry;
use serde_json::json;
use store::{Bulk, Saved};

use super::{Record, offer, save};
use crate::actor::Actor;
use crate::fault::Fault;
use crate::right::Right;
use crate::state::Work;

/// Takes records in, one after the other, and closes the import with what it did. Each has its id already, so that a second
/// run goes on where the first stopped. `entries` are those that are to be saved, `skipped` how many rows are not;
/// `passed` is told the number of those that are saved. None when there was nothing to take in.
///
/// # Errors
/// [`Fault::NotAllowed`] when the account may not; as [`save`].
pub async fn take_in(
    work: &Work,
    actor: &Actor,
    mut bulk: Bulk,
    ledger: &str,
    entries: &[&Entry],
    skipped: usize,
    passed: impl Fn(usize),
) -> Result<Option<Bulk>, Fault> {
    actor.must(Right::Record)?;
    let mut done = Vec::new();
    for (n, entry) in entries.iter().enumerate() {
        passed(n);
        let offer = offer(work, actor, entry, None, None).await?;
        let record =
            Record { entry, based_on: 0, proposals: &offer.proposals, reason: "", case: None, chase: None };
        match save(work, actor, &record).await? {
            Saved::Done(entry) | Saved::Already(entry) | Saved::Stale(entry) => {
                done.push((entry.id, entry.revision));
            }
        }
    }
    if done.is_empty() {
        return Ok(None);
    }
    bulk.entries = done;
    bulk.cells = String::new();
    bulk.done_at = Some(work.clock.now());
    let act = actor.act(work, "entry.import").on(&bulk.name).with(json!({
        "ledger": ledger, "count": bulk.entries.len(), "skipped": skipped,
    }));
    work.store.keep_bulk(actor.institution, &bulk, &act).await?;
    Ok(Some(bulk))
}
