//! Confirmation by the level above: who is asked, and confirming, returning and taking that back.

use model::{Entry, UnitId};
use serde_json::json;
use store::{Decide, Decided, EntryRow, NoteKind};

use crate::actor::Actor;
use crate::fault::Fault;
use crate::right::Right;
use crate::state::Work;

/// The unit that has to confirm this record; none where nobody is asked.
#[must_use]
pub fn above(work: &Work, actor: &Actor, entry: &Entry) -> Option<UnitId> {
    runtime::confirmed_by(entry, &work.rulebook.ledgers_of(entry), &actor.known.organisation)
}

/// Whether the account acts for the unit that confirms this record, or for one above that.
#[must_use]
pub fn may_confirm(actor: &Actor, row: &EntryRow) -> bool {
    row.above.is_some_and(|unit| actor.covers(Right::Confirm, unit))
}

/// Confirms or returns one record, or takes that back; the one way in which it is done.
///
/// # Errors
/// [`Fault::NotFound`] when it is not this account's to confirm; when the store cannot write.
pub async fn settle(
    work: &Work,
    actor: &Actor,
    row: &EntryRow,
    revision: u32,
    kind: NoteKind,
    words: &str,
) -> Result<Decided, Fault> {
    if !may_confirm(actor, row) {
        return Err(Fault::not_found("等你确认的这条记录"));
    }
    let action = match kind {
        NoteKind::Returned => "entry.return",
        NoteKind::Reopened => "entry.reopen",
        _ => "entry.confirm",
    };
    let act = actor.act(work, action).on(row.entry.id).with(json!({
        "title": row.entry.title, "revision": revision, "reason": words,
    }));
    let decide = Decide { entry: row.entry.id, revision, kind, words };
    Ok(work.store.decide_entry(actor.institution, &decide, &act).await?)
}

/// Why a record could not be confirmed, as a sentence.
#[must_use]
pub fn refusal(decided: &Decided, revision: u32) -> Option<String> {
    Some(match decided {
        Decided::Done | Decided::Already => return None,
        Decided::Stale(newest) if newest.withdrawn => "这条记录已经撤回，不用确认了。".to_owned(),
        Decided::Stale(newest) if newest.revision != revision => format!(
            "你看的是第 {revision} 版，它已经改成第 {} 版，所以没有办。看过新的一版再决定。",
            newest.revision
        ),
        Decided::Stale(_) => "别人刚刚确认或退回了这条记录，所以没有办。".to_owned(),
        Decided::Author => "你写过这条记录，要由别人确认。".to_owned(),
        Decided::NotAsked => "这条记录不用上级确认。".to_owned(),
    })
}
