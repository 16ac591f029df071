//! Confirmation by the level above: confirming, or returning with a reason.

use axum::extract::State;
use model::EntryId;
use store::NoteKind;
use web::extract::{Path, Sent};
use web::permit::{Right, Route, Rule, post};
use web::view::Said;
use web::{App, Reply, cookie};
use work::{Actor, Fault, entries};

use crate::seen::entries::waiting_href;

/// Most characters of a reason.
pub(super) const REASON: usize = 500;

pub(super) fn routes() -> Vec<Route> {
    vec![post("/entries/{id}/confirm", Rule::May(Right::Confirm), decide)]
}

async fn decide(State(app): State<App>, actor: Actor, Path(id): Path<EntryId>, Sent(sent): Sent) -> Reply {
    let row = app.store.entry(actor.institution, &actor.scope(), id).await;
    let row = row.map_err(|_| Fault::not_found("这条记录"))?;
    let revision = sent.parsed::<u32>("revision").unwrap_or(0);
    let words = sent.text("reason");
    let back = sent.text("do") == "return";
    if let Some(words) = work::over(words, REASON) {
        return Err(Fault::field("reason", words).into());
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
