//! Confirmation by the level above: who is asked, confirming, returning with a reason, and what waits for somebody.

use axum::extract::State;
use model::{Confirmation, EntryId, UnitId};
use store::{EntryFilter, NoteKind};
use web::extract::{Fields, Path, Sent};
use web::permit::{Right, Route, Rule, post};
use web::view::Said;
use web::{App, Reply, cookie};
use work::{Actor, Fault, entries};

use super::list::{self, Row};
use work::counts::Records;

/// Most characters of a reason.
pub(super) const REASON: usize = 500;
/// Records of each kind that a home page shows.
const SHOWN: u32 = 5;

pub(super) fn routes() -> Vec<Route> {
    vec![post("/entries/{id}/confirm", Rule::May(Right::Confirm), decide)]
}

/// The mark of a state: its class, its sign and its word.
pub(crate) fn mark(state: Confirmation) -> (&'static str, &'static str) {
    match state {
        Confirmation::Waiting => ("warn", state.word()),
        Confirmation::Confirmed => ("ok", state.word()),
        Confirmation::Returned => ("err", state.word()),
    }
}

async fn decide(State(app): State<App>, actor: Actor, Path(id): Path<EntryId>, Sent(sent): Sent) -> Reply {
    let row = app.store.entry(actor.institution, &actor.scope(), id).await;
    let row = row.map_err(|_| Fault::not_found("这条记录"))?;
    let revision = sent.parsed::<u32>("revision").unwrap_or(0);
    let words = sent.text("reason");
    let back = sent.text("do") == "return";
    if words.chars().count() > REASON {
        return Err(Fault::BadRequest(format!("说明最多 {REASON} 个字。")).into());
    }
    if back && words.is_empty() {
        let said = Said::new("没有退回：退回要写一句哪里要改。");
        return cookie::done(&format!("/entries/{id}#confirm"), &said);
    }
    let kind = if back { NoteKind::Returned } else { NoteKind::Confirmed };
    let decided = entries::settle(&app, &actor, &row, revision, kind, words).await?;
    if let Some(why) = entries::refusal(&decided, revision) {
        return Err(Fault::Conflict(why).into());
    }
    let said = if back { "已退回，写记录的人会看到你的说明。" } else { "已确认。" };
    cookie::done(&format!("/entries/{id}"), &Said::new(said).link("看还有哪些待确认", waiting_href()))
}

fn waiting_href() -> String {
    "/entries?state=waiting&above=1".to_owned()
}

/// Records of one state on a home page.
#[derive(Default)]
pub(crate) struct Heap {
    pub(crate) count: Records,
    pub(crate) href: String,
    /// Each with what is said of it: for a returned one the reason.
    pub(crate) rows: Vec<(Row, String)>,
}

impl Heap {
    /// Whether there is anything.
    pub(crate) fn is_some(&self) -> bool {
        !self.rows.is_empty()
    }
}

/// What waits for this account's confirmation: in the units for which it was named.
///
/// # Errors
/// When the store cannot read.
pub(crate) async fn waiting(app: &App, actor: &Actor) -> Result<Heap, Fault> {
    if !actor.may(Right::Confirm) {
        return Ok(Heap::default());
    }
    let query =
        Fields::of(vec![("state".to_owned(), "waiting".to_owned()), ("above".to_owned(), "1".to_owned())]);
    heap(app, actor, list::filter(app, actor, &query), waiting_href()).await
}

/// What was returned to these units.
///
/// # Errors
/// When the store cannot read.
pub(crate) async fn returned(app: &App, actor: &Actor, root: UnitId) -> Result<Heap, Fault> {
    let filter = EntryFilter {
        units: Some(actor.known.organisation.subtree(root)),
        confirmation: Some(Confirmation::Returned),
        ..EntryFilter::default()
    };
    heap(app, actor, filter, format!("/entries?unit={root}&state=returned")).await
}

async fn heap(app: &App, actor: &Actor, filter: EntryFilter, href: String) -> Result<Heap, Fault> {
    let scope = actor.scope_for(Right::SeeEntries);
    let found = app.store.entries(actor.institution, &scope, &filter, SHOWN).await?;
    if found.is_empty() {
        return Ok(Heap::default());
    }
    let ids: Vec<EntryId> = found.iter().map(|r| r.entry.id).collect();
    let notes = app.store.last_notes(actor.institution, &ids).await?;
    let count = work::counts::how_many(app, actor, &scope, &filter).await?;
    let rows = list::rows(app, actor, &found).await?;
    let said = ids.iter().map(|id| match notes.get(id) {
        Some(note) if note.kind == NoteKind::Returned => note.words.clone(),
        _ => String::new(),
    });
    Ok(Heap { count, href, rows: rows.into_iter().zip(said).collect() })
}
