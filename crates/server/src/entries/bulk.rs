//! Many records in one act: confirmed, withdrawn; and each act undone while the session lasts.

use std::collections::BTreeMap;

use axum::extract::State;
use model::{BatchId, EntryId};
use serde_json::json;
use store::{Bulk, BulkKind, EntryRow, NoteKind, StoreError};
use web::cookie::is_local;
use web::extract::{Path, Sent};
use web::permit::{Right, Route, Rule, get, post};
use web::view::{Frame, Place, Said, instant_words, page};
use web::{App, Reply, cookie};
use work::entries;
use work::{Actor, Fault};

use super::confirm::REASON;

/// Most records in one act: two pages of a list.
const MOST: usize = 100;
/// Reasons why something was left alone that are told at once; a cookie holds no more.
const TOLD: usize = 3;

pub(super) fn routes() -> Vec<Route> {
    let rule = Rule::May(Right::Record);
    vec![
        post("/entries/many", rule, many),
        get("/entries/many/{id}", rule, look),
        post("/entries/many/{id}/undo", rule, undo),
    ]
}

/// What was chosen, as it stands: with the revision that was looked at.
async fn picked(
    app: &App,
    actor: &Actor,
    sent: &web::extract::Fields,
) -> Result<Vec<(EntryRow, u32)>, Fault> {
    let picks: BTreeMap<EntryId, u32> = sent
        .all("pick")
        .filter_map(|p| p.split_once(':'))
        .filter_map(|(id, revision)| Some((id.parse().ok()?, revision.parse().ok()?)))
        .collect();
    if picks.len() > MOST {
        return Err(Fault::BadRequest(format!("一次最多选 {MOST} 条。")));
    }
    let ids: Vec<EntryId> = picks.keys().copied().collect();
    let rows = app.store.entries_by_ids(actor.institution, &actor.scope_for(Right::SeeEntries), &ids).await?;
    Ok(rows.into_iter().filter_map(|r| picks.get(&r.entry.id).map(|n| (r.clone(), *n))).collect())
}

/// Withdraws one of one's own; why not, when it cannot be.
async fn withdraw(
    app: &App,
    actor: &Actor,
    row: &EntryRow,
    revision: u32,
    reason: &str,
) -> Result<Result<u32, String>, Fault> {
    if row.entry.entered_by != actor.account {
        return Ok(Err("不是你记的".to_owned()));
    }
    if row.entry.withdrawn {
        return Ok(Err("已经撤回".to_owned()));
    }
    entries::turn(app, actor, row, revision, true, reason).await
}

async fn confirmed(
    app: &App,
    actor: &Actor,
    row: &EntryRow,
    revision: u32,
) -> Result<Result<u32, String>, Fault> {
    if !entries::may_confirm(actor, row) {
        return Ok(Err("不归你这一级确认".to_owned()));
    }
    let decided = entries::settle(app, actor, row, revision, NoteKind::Confirmed, "").await?;
    Ok(match entries::refusal(&decided, revision) {
        Some(why) => Err(why.trim_end_matches('。').to_owned()),
        None => Ok(revision),
    })
}

/// What was left alone, and why; nothing when nothing was.
fn left_alone(left: &[String]) -> String {
    if left.is_empty() {
        return String::new();
    }
    let told = left.iter().take(TOLD).map(String::as_str).collect::<Vec<_>>().join("；");
    let more = if left.len() > TOLD { "；等等" } else { "" };
    format!("{} 条没有动：{told}{more}。", left.len())
}

async fn many(State(app): State<App>, actor: Actor, Sent(sent): Sent) -> Reply {
    let back = format!("/entries?{}", sent.text("back"));
    let back = if is_local(&back) { back } else { "/entries".to_owned() };
    let reason = sent.text("reason");
    let kind = match sent.text("do") {
        "confirm" => BulkKind::Confirm,
        "withdraw" => BulkKind::Withdraw,
        _ => return Err(Fault::BadRequest("请从列表下面的按钮提交。".to_owned()).into()),
    };
    let rows = picked(&app, &actor, &sent).await?;
    if rows.is_empty() {
        return cookie::done(&back, &Said::new("没有选记录，什么都没有变。"));
    }
    if kind == BulkKind::Withdraw && (reason.is_empty() || reason.chars().count() > REASON) {
        let why = if reason.is_empty() {
            "没有撤回：请写一句为什么撤回。"
        } else {
            "没有撤回：原因太长。"
        };
        return cookie::done(&back, &Said::new(why));
    }
    let mut done = Vec::new();
    let mut left = Vec::new();
    for (row, revision) in &rows {
        let outcome = match kind {
            BulkKind::Confirm => confirmed(&app, &actor, row, *revision).await?,
            _ => withdraw(&app, &actor, row, *revision, reason).await?,
        };
        match outcome {
            Ok(after) => done.push((row.entry.id, after)),
            Err(why) => left.push(format!("“{}”{why}", row.entry.title)),
        }
    }
    let verb = verb(kind);
    let words = format!("已{verb} {} 条。{}", done.len(), left_alone(&left));
    if done.is_empty() {
        return cookie::done(&back, &Said::new(words));
    }
    let now = app.clock.now();
    let bulk = Bulk {
        id: BatchId::fresh(),
        account: actor.account,
        session: actor.session.to_vec(),
        kind,
        name: String::new(),
        made_at: now,
        cells: String::new(),
        entries: done,
        done_at: Some(now),
        undone_at: None,
    };
    let act =
        actor.act(&app, "entry.many").on(bulk.id).with(json!({ "kind": kind, "count": bulk.entries.len() }));
    app.store.keep_bulk(actor.institution, &bulk, &act).await?;
    cookie::done(&back, &Said::new(words).link("撤销", format!("/entries/many/{}", bulk.id)))
}

#[derive(askama::Template)]
#[template(path = "entries/many.html")]
struct ManyPage {
    frame: Frame,
    id: BatchId,
    /// 确认, 撤回, 导入.
    verb: &'static str,
    at: String,
    undone: String,
    rows: Vec<crate::seen::entries::Row>,
    may_undo: bool,
}

/// An act of one's own; one of another's is not there.
async fn own(app: &App, actor: &Actor, id: BatchId) -> Result<Bulk, Fault> {
    let found = app.store.bulk(actor.institution, id).await.map_err(|_| Fault::not_found("这次操作"))?;
    if found.account != actor.account || found.done_at.is_none() {
        return Err(Fault::not_found("这次操作"));
    }
    Ok(found)
}

/// An import is undone at any time; what was done by a click, in the session in which it was done.
fn may_undo(actor: &Actor, bulk: &Bulk) -> bool {
    bulk.undone_at.is_none() && (bulk.kind == BulkKind::Import || bulk.session == actor.session)
}

fn verb(kind: BulkKind) -> &'static str {
    match kind {
        BulkKind::Confirm => "确认",
        BulkKind::Withdraw => "撤回",
        BulkKind::Import => "导入",
    }
}

async fn look(State(app): State<App>, actor: Actor, frame: Frame, Path(id): Path<BatchId>) -> Reply {
    let bulk = own(&app, &actor, id).await?;
    let ids: Vec<EntryId> = bulk.entries.iter().map(|(id, _)| *id).collect();
    let found =
        app.store.entries_by_ids(actor.institution, &actor.scope_for(Right::SeeEntries), &ids).await?;
    page(&ManyPage {
        frame: frame.titled(format!("一次{}", verb(bulk.kind))).at(Place::Entries),
        id,
        verb: verb(bulk.kind),
        at: bulk.done_at.map(instant_words).unwrap_or_default(),
        undone: bulk.undone_at.map(instant_words).unwrap_or_default(),
        rows: crate::seen::entries::rows(&app, &actor, &found).await?,
        may_undo: may_undo(&actor, &bulk),
    })
}

/// Takes one record of an act back; why not, when it changed since.
async fn take_back(
    app: &App,
    actor: &Actor,
    kind: BulkKind,
    row: &EntryRow,
    revision: u32,
) -> Result<Result<u32, String>, Fault> {
    if row.entry.revision != revision {
        return Ok(Err("之后又改过".to_owned()));
    }
    match kind {
        BulkKind::Confirm => {
            let decided = entries::settle(app, actor, row, revision, NoteKind::Reopened, "").await?;
            Ok(match entries::refusal(&decided, revision) {
                Some(why) => Err(why.trim_end_matches('。').to_owned()),
                None => Ok(revision),
            })
        }
        BulkKind::Withdraw if !row.entry.withdrawn => Ok(Err("已经恢复".to_owned())),
        BulkKind::Withdraw => entries::turn(app, actor, row, revision, false, "").await,
        BulkKind::Import if row.entry.withdrawn => Ok(Err("已经撤回".to_owned())),
        BulkKind::Import => entries::turn(app, actor, row, revision, true, "撤销导入").await,
    }
}

async fn undo(State(app): State<App>, actor: Actor, Path(id): Path<BatchId>) -> Reply {
    let bulk = own(&app, &actor, id).await?;
    if !may_undo(&actor, &bulk) {
        let why = if bulk.undone_at.is_some() {
            "这次操作已经撤销过了。"
        } else {
            "这次操作是上次登录时做的，不能整批撤销了；可以在每条记录里单独办。"
        };
        return Err(Fault::Conflict(why.to_owned()).into());
    }
    let revisions: BTreeMap<EntryId, u32> = bulk.entries.iter().copied().collect();
    let ids: Vec<EntryId> = revisions.keys().copied().collect();
    let rows = app.store.entries_by_ids(actor.institution, &actor.scope_for(Right::SeeEntries), &ids).await?;
    let (mut done, mut left) = (0, Vec::new());
    for row in &rows {
        let revision = revisions.get(&row.entry.id).copied().unwrap_or(0);
        match take_back(&app, &actor, bulk.kind, row, revision).await? {
            Ok(_) => done += 1,
            Err(why) => left.push(format!("“{}”{why}", row.entry.title)),
        }
    }
    // Noted last: what is broken off on the way can be asked for again, and a record that was taken back is left alone then.
    let act = actor.act(&app, "entry.many-undo").on(id).with(json!({ "kind": bulk.kind }));
    match app.store.undo_bulk(actor.institution, id, &act).await {
        Err(StoreError::Conflict) => return Err(Fault::Conflict("这次操作已经撤销过了。".to_owned()).into()),
        other => other?,
    }
    cookie::done("/entries", &Said::new(format!("已撤销 {done} 条。{}", left_alone(&left))))
}
