//! What is typed into the form of a record and not saved yet: kept for its account as it is typed. Two windows on one
//! draft keep two; two people are told of each other.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use store::Draft;
use web::App;
use web::extract::Fields;
use web::view::instant_words;
use work::clock::china;
use work::{Actor, Fault};

use super::show::name_of_account;

/// Most bytes of a draft: more than the longest record that can be saved.
const MOST: usize = 1 << 20;
/// Most drafts of one account: more than anybody has open, and no more than a disk bears from everybody.
const MOST_DRAFTS: u32 = 50;
/// For so long a draft of somebody else is told of.
const TOLD_HOURS: i64 = 72;

/// Under which key the draft of this form is kept: of a record that is being revised its own, else of where it began.
pub(super) fn key(sent: &Fields) -> String {
    let revision = sent.parsed::<u32>("revision").unwrap_or(0);
    if revision > 0 {
        format!("entry/{}", sent.text("id"))
    } else if !sent.text("case").is_empty() {
        let which = if sent.text("together") == "1" { "all" } else { sent.text("line") };
        let which = if which.is_empty() { String::new() } else { format!("/{which}") };
        format!("case/{}/{}{which}", sent.text("case"), sent.text("step"))
    } else if !sent.text("about").is_empty() {
        format!("about/{}", sent.text("about"))
    } else if sent.text("duty").is_empty() {
        format!("record/{}/{}", sent.text("unit"), sent.text("ledger"))
    } else {
        format!("record/{}", sent.text("duty"))
    }
}

/// What the form of a second window's draft knows of the first: nothing that could be taken for having seen it.
pub(super) const TWIN: i64 = -1;

/// The draft that a second window keeps.
fn twin(key: &str) -> String {
    format!("{key}~2")
}

/// What became of keeping a draft.
pub(super) struct Kept {
    pub(super) said: String,
    /// When the draft was kept that this form now knows of, in microseconds.
    pub(super) at: i64,
}

/// How the form of a new record that these fields are of is opened again: from its duty, or of its ledger and unit.
pub(super) fn way_back(sent: &Fields) -> Fields {
    let names = match (sent.text("case"), sent.text("duty")) {
        ("", "") if !sent.text("about").is_empty() => ["about", "unit", "ledger"].as_slice(),
        ("", "") => &["unit", "ledger"],
        ("", _) => &["duty"],
        _ => &["case", "step", "line", "together"],
    };
    let said = names.iter().filter(|n| !sent.text(n).is_empty());
    Fields::of(said.map(|n| ((*n).to_owned(), sent.text(n).to_owned())).collect())
}

/// Keeps what is typed. Where another window kept something that this form has not seen, this one is kept beside it.
///
/// # Errors
/// [`Fault::Conflict`] when the account has too many drafts already: none of them is thrown away for another. When the store
/// cannot write.
pub(super) async fn keep(app: &App, actor: &Actor, sent: &Fields) -> Result<Kept, Fault> {
    let base = key(sent);
    let left_out = ["do", "offered", "credit", "draft"];
    let pairs: Vec<&(String, String)> =
        sent.pairs().iter().filter(|(n, _)| !left_out.contains(&n.as_str())).collect();
    let size: usize = pairs.iter().map(|(n, v)| n.len() + v.len()).sum();
    if size > MOST {
        return Err(Fault::TooLarge(MOST));
    }
    let body = json!(pairs);
    let stands = app.store.draft(actor.institution, actor.account, &base).await?;
    let seen = sent.parsed::<i64>("draft").unwrap_or(0);
    let second =
        sent.has("draft") && stands.as_ref().is_some_and(|d| d.at.as_microsecond() != seen && d.body != body);
    let at = app.clock.now();
    let draft = Draft { key: if second { twin(&base) } else { base.clone() }, body, at };
    let there = match second {
        true => app.store.draft(actor.institution, actor.account, &draft.key).await?.is_some(),
        false => stands.is_some(),
    };
    if !there && app.store.count_drafts(actor.institution, actor.account).await? >= MOST_DRAFTS {
        return Err(Fault::Conflict(format!(
            "你已经有 {MOST_DRAFTS} 份没有写完的草稿，这一份不能再存成草稿。写的内容还在这一页，可以直接保存；或先把以前的写完、不要了（“交接清单”里列着）"
        )));
    }
    app.store.keep_draft(actor.institution, actor.account, &draft).await?;
    let local = at.to_zoned(china());
    let mut said = format!("草稿已存 {:02}:{:02}", local.hour(), local.minute());
    if second {
        said.push_str("，另一个窗口也在写这一条，这一份单独存着，两份都在");
    }
    let others = others(app, actor, &base).await?;
    if !others.is_empty() {
        said.push_str(&format!("；{others}"));
    }
    Ok(Kept { said, at: if second { seen } else { at.as_microsecond() } })
}

/// The draft of this key, or the one of the second window.
///
/// # Errors
/// When the store cannot read.
pub(super) async fn kept(
    app: &App,
    actor: &Actor,
    key: &str,
    second: bool,
) -> Result<Option<(Fields, Timestamp)>, Fault> {
    let key = if second { twin(key) } else { key.to_owned() };
    let found = app.store.draft(actor.institution, actor.account, &key).await?;
    Ok(found.and_then(|d| {
        let pairs = serde_json::from_value::<Vec<(String, String)>>(d.body).ok()?;
        Some((Fields::of(pairs), d.at))
    }))
}

/// Throws the drafts of a record away: it is saved, or nobody wants them.
///
/// # Errors
/// When the store cannot write.
pub(super) async fn forget(app: &App, actor: &Actor, key: &str) -> Result<(), Fault> {
    app.store.drop_draft(actor.institution, actor.account, key).await?;
    Ok(app.store.drop_draft(actor.institution, actor.account, &twin(key)).await?)
}

/// What is known of the drafts of a record when its form is opened.
pub(super) struct State {
    /// When the draft was kept, in microseconds; 0 for none.
    pub(super) at: i64,
    /// When the draft of a second window was kept.
    pub(super) twin: Option<Timestamp>,
    /// Who else writes it, as a sentence.
    pub(super) others: String,
}

/// Looks what drafts there are.
///
/// # Errors
/// When the store cannot read.
pub(super) async fn state(app: &App, actor: &Actor, key: &str) -> Result<State, Fault> {
    let at = app.store.draft(actor.institution, actor.account, key).await?;
    let second = app.store.draft(actor.institution, actor.account, &twin(key)).await?;
    Ok(State {
        at: at.map_or(0, |d| d.at.as_microsecond()),
        twin: second.map(|d| d.at),
        others: others(app, actor, key).await?,
    })
}

/// Who else keeps a draft of the same, as a sentence; empty for nobody.
async fn others(app: &App, actor: &Actor, key: &str) -> Result<String, Fault> {
    let since = app.clock.now() - SignedDuration::from_hours(TOLD_HOURS);
    let found = app.store.others_drafts(actor.institution, actor.account, key, since).await?;
    let mut out = Vec::new();
    for (account, at) in found.into_iter().take(3) {
        let name = name_of_account(app, actor, Some(account)).await?;
        out.push(format!("{name} {} 也在写这一条", instant_words(at)));
    }
    Ok(out.join("；"))
}
