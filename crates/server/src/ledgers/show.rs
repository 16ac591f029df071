//! A record as a printed form: what it says, what it counts for, its revisions; withdrawing it and taking that back.

use std::collections::BTreeMap;

use axum::extract::State;
use model::rule::{Field, FieldType, Ledger, Privacy};
use model::{AccountId, Attached, Attendance, Entry, EntryId, Organisation, Value};
use store::{EntryRow, Saved, Scope};

use crate::app::App;
use crate::board::export::{DOCX, file, local_now};
use crate::extract::{Path, Query, Sent};
use crate::fault::{Fault, Reply};
use crate::identity::{Actor, cookie};
use crate::permit::{Right, Route, Rule, get, post};
use crate::view::{Frame, Place, Said, day_words, instant_words, long_day_words, page};

use super::count::{self, Line};
use super::desk::{Desk, may_read, year_of};
use super::fill::{self, decimal};
use super::paper::{self, Paper};
use super::record;
use super::typed::list_of;

pub(super) fn routes() -> Vec<Route> {
    let write = Rule::May(Right::Record);
    vec![
        get("/entries/{id}", Rule::May(Right::SeeEntries), show),
        get("/entries/{id}/docx", Rule::May(Right::SeeEntries), docx),
        get("/entries/{id}/withdraw", write, ask_withdraw),
        post("/entries/{id}/withdraw", write, withdraw),
        post("/entries/{id}/restore", write, restore),
    ]
}

/// What one revision changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) label: String,
    pub(super) before: String,
    pub(super) after: String,
}

struct Revision {
    number: u32,
    at: String,
    who: String,
    address: String,
    /// What was done: 记入, 修改, 撤回, 恢复.
    what: &'static str,
    changes: Vec<Difference>,
}

#[derive(askama::Template)]
#[template(path = "ledgers/show.html")]
struct EntryPage {
    frame: Frame,
    id: String,
    paper: Paper,
    lines: Vec<Line>,
    lacks: Vec<String>,
    /// What is out of bounds, though nothing is lacking.
    warned: Vec<String>,
    withdrawn: bool,
    late: String,
    revision: u32,
    entered: String,
    revisions: Vec<Revision>,
    may_write: bool,
}

/// The name under which an account is shown.
///
/// # Errors
/// When the store cannot read.
pub(super) async fn name_of_account(
    app: &App,
    actor: &Actor,
    id: Option<AccountId>,
) -> Result<String, Fault> {
    let Some(id) = id else { return Ok("系统".to_owned()) };
    if id == actor.account {
        return Ok(actor.name.clone());
    }
    Ok(app.store.account(actor.institution, id).await.map_or_else(|_| "别人".to_owned(), |a| a.name))
}

/// A value in words.
pub(crate) fn words(field: Option<&Field>, value: &Value, organisation: &Organisation) -> String {
    let unit = |id| organisation.unit(id).map_or(String::new(), |u| u.name.clone());
    let option = |id: &String| {
        let found = field.and_then(|f| f.options.iter().find(|(o, _)| o == id));
        found.map_or_else(|| id.clone(), |(_, word)| word.clone())
    };
    match value {
        Value::Text(t) => t.clone(),
        Value::Day(d) => long_day_words(*d),
        Value::Days(a, b) if a == b => long_day_words(*a),
        Value::Days(a, b) => format!("{}至{}", long_day_words(*a), day_words(*b)),
        Value::Number(n) => format!("{}{}", decimal(*n), field.map_or("", |f| f.unit.as_str())),
        Value::Money(fen) => format!("{}.{:02} 元", fen / 100, (fen % 100).abs()),
        Value::Choice(c) => option(c),
        Value::Choices(all) => all.iter().map(option).collect::<Vec<_>>().join("、"),
        Value::Person { name, .. } => name.clone(),
        Value::People(all) if field.is_some_and(|f| f.id != "people") => list_of(all),
        Value::People(all) => {
            let came = all.iter().filter(|p| !p.guest && p.attendance == Attendance::Present).count();
            let due = all.iter().filter(|p| !p.guest).count();
            let away = all.iter().filter(|p| p.attendance != Attendance::Present).map(|p| {
                if p.reason.is_empty() { p.name.clone() } else { format!("{}（{}）", p.name, p.reason) }
            });
            let away = away.collect::<Vec<_>>().join("、");
            let tail = if away.is_empty() { String::new() } else { format!("；未到：{away}") };
            format!("应到 {due}，实到 {came}{tail}")
        }
        Value::Unit(u) => unit(*u),
        Value::Units(all) => all.iter().map(|u| unit(*u)).collect::<Vec<_>>().join("、"),
        Value::Files(all) => all.iter().map(|f| f.name.as_str()).collect::<Vec<_>>().join("、"),
        // The page of the record says which one it is; here two links must only not look the same.
        Value::Link(e) => {
            let id = e.to_string();
            format!("另一条记录（{}）", id.get(id.len().saturating_sub(6)..).unwrap_or_default())
        }
    }
}

/// The fields of a record's ledgers, each once: where two ledgers have it, as the one that fewer may read.
pub(super) fn fields<'a>(ledgers: &[&'a Ledger]) -> Vec<&'a Field> {
    let mut out: Vec<&Field> = Vec::new();
    for field in ledgers.iter().flat_map(|l| &l.fields) {
        match out.iter_mut().find(|f| f.id == field.id) {
            Some(known) if field.privacy > known.privacy => *known = field,
            Some(_) => {}
            None => out.push(field),
        }
    }
    out
}

/// Who may read a field of a record. A field that its forms do not have is as narrow as it is in any ledger; one that no
/// ledger has is for few.
pub(super) fn privacy_of(app: &App, entry: &Entry, field: &str) -> Privacy {
    let ledgers = app.rulebook.ledgers_of(entry);
    let own = fields(&ledgers).into_iter().find(|f| f.id == field).map(|f| f.privacy);
    let any = || app.rulebook.ledgers().iter().flat_map(|l| &l.fields).filter(|f| f.id == field);
    own.or_else(|| any().map(|f| f.privacy).max()).unwrap_or(Privacy::Restricted)
}

/// What became of the files of a field: those that went, and those that came.
fn came_and_went(before: Option<&Value>, after: Option<&Value>) -> (String, String) {
    let of = |v: Option<&Value>| if let Some(Value::Files(files)) = v { files.clone() } else { Vec::new() };
    let (before, after) = (of(before), of(after));
    let only = |some: &[Attached], others: &[Attached]| {
        let gone = some.iter().filter(|f| others.iter().all(|o| o.id != f.id));
        gone.map(|f| format!("{}（{}）", f.name, f.size_words())).collect::<Vec<_>>().join("、")
    };
    let went = only(&before, &after);
    let mut came = only(&after, &before);
    if came == went && !came.is_empty() {
        came.push_str("，换了内容");
    }
    (went, came)
}

/// What differs between two states of a record, as far as the account may read it.
pub(super) fn differences(app: &App, actor: &Actor, before: &Entry, after: &Entry) -> Vec<Difference> {
    let ledgers = app.rulebook.ledgers_of(after);
    let old = app.rulebook.ledgers_of(before);
    let all: Vec<&Ledger> = ledgers.iter().chain(&old).copied().collect();
    let organisation = &actor.known.organisation;
    let mut out = Vec::new();
    let mut note = |label: &str, a: String, b: String| {
        if a != b {
            out.push(Difference { label: label.to_owned(), before: a, after: b });
        }
    };
    note("标题", before.title.clone(), after.title.clone());
    note("哪天", long_day_words(before.day), long_day_words(after.day));
    let names = |l: &[&Ledger]| l.iter().map(|l| l.title.as_str()).collect::<Vec<_>>().join("、");
    note("台账", names(&old), names(&ledgers));
    for field in fields(&all) {
        if field.id == "topic" || field.id == "title" {
            continue;
        }
        let (a, b) = (before.values.get(&field.id), after.values.get(&field.id));
        if a == b || (record::is_empty(a) && record::is_empty(b)) {
            continue;
        }
        let readable = may_read(actor, after.unit, Some(after), field.privacy);
        let say = |v: Option<&Value>| v.map_or(String::new(), |v| words(Some(field), v, organisation));
        if !readable {
            note(&field.title, "（限定范围）".to_owned(), "（已改）".to_owned());
        } else if field.kind == FieldType::File {
            let (went, came) = came_and_went(a, b);
            note(&field.title, went, came);
        } else {
            note(&field.title, say(a), say(b));
        }
    }
    out
}

pub(super) async fn found(app: &App, actor: &Actor, id: EntryId) -> Result<EntryRow, Fault> {
    app.store.entry(actor.institution, &actor.scope(), id).await.map_err(|e| match e {
        store::StoreError::NotFound => Fault::not_found("这条记录"),
        other => other.into(),
    })
}

async fn show(State(app): State<App>, actor: Actor, frame: Frame, Path(id): Path<EntryId>) -> Reply {
    let row = found(&app, &actor, id).await?;
    let entry = &row.entry;
    let paper = paper::of(&app, &actor, entry).await?;
    let year = year_of(&app, &actor, entry.day).await?;
    let lines = count::of_saved(&app, &actor, year.as_deref(), entry).await?;
    let revisions = revisions(&app, &actor, id).await?;
    let entered_by = name_of_account(&app, &actor, Some(entry.entered_by)).await?;
    let days = entry.day.until(crate::clock::day_of(entry.entered_at)).map_or(0, |s| s.get_days());
    let may_write = actor.covers(Right::Record, entry.unit);
    page(&EntryPage {
        frame: frame.titled(entry.title.clone()).at(Place::Entries),
        id: id.to_string(),
        paper,
        lines,
        warned: if entry.withdrawn { Vec::new() } else { warned(&app, &actor, entry) },
        lacks: if entry.withdrawn {
            Vec::new()
        } else {
            count::lacks(&app, entry).into_iter().map(|m| m.words).collect()
        },
        withdrawn: entry.withdrawn,
        late: if row.late { format!("补录，隔 {days} 天") } else { String::new() },
        revision: entry.revision,
        entered: format!("{entered_by}　{}", instant_words(entry.entered_at)),
        revisions,
        may_write,
    })
}

/// What is out of bounds in a record, as far as the account may read what it is computed from.
fn warned(app: &App, actor: &Actor, entry: &Entry) -> Vec<String> {
    let entry = paper::readable(app, actor, entry);
    count::warnings(app, &entry, &actor.known.organisation).into_iter().map(|m| m.words).collect()
}

/// The record as a docx, as the office files it.
async fn docx(State(app): State<App>, actor: Actor, Path(id): Path<EntryId>) -> Reply {
    let row = found(&app, &actor, id).await?;
    let paper = paper::of(&app, &actor, &row.entry).await?;
    let made = local_now(&app);
    let document = paper.document();
    let name = document.title.clone();
    let bytes = tokio::task::spawn_blocking(move || office::gongwen::write(made, &document)).await??;
    app.store.record(actor.institution, &actor.act(&app, "export.entry").on(id)).await?;
    file(&format!("{name}.docx"), &format!("record-{}.docx", row.entry.day), DOCX, bytes)
}

async fn revisions(app: &App, actor: &Actor, id: EntryId) -> Result<Vec<Revision>, Fault> {
    let history = app.store.entry_history(actor.institution, &actor.scope(), id).await?;
    let mut names: BTreeMap<AccountId, String> = BTreeMap::new();
    let mut out = Vec::new();
    for (n, revision) in history.iter().enumerate() {
        if let Some(account) = revision.account
            && !names.contains_key(&account)
        {
            names.insert(account, name_of_account(app, actor, Some(account)).await?);
        }
        let before = history.get(n + 1);
        let what = match (before.map(|b| b.entry.withdrawn), revision.entry.withdrawn) {
            (None, _) => "记入",
            (Some(false), true) => "撤回",
            (Some(true), false) => "恢复",
            _ => "修改",
        };
        out.push(Revision {
            number: revision.entry.revision,
            at: instant_words(revision.at),
            who: revision.account.and_then(|a| names.get(&a).cloned()).unwrap_or_else(|| "系统".to_owned()),
            address: revision.address.clone(),
            what,
            changes: before.map(|b| differences(app, actor, &b.entry, &revision.entry)).unwrap_or_default(),
        });
    }
    Ok(out)
}

#[derive(askama::Template)]
#[template(path = "ledgers/withdraw.html")]
struct WithdrawPage {
    frame: Frame,
    id: String,
    revision: u32,
    title: String,
    day: String,
    unit: String,
    lines: Vec<Line>,
}

async fn ask_withdraw(State(app): State<App>, actor: Actor, frame: Frame, Path(id): Path<EntryId>) -> Reply {
    let row = found(&app, &actor, id).await?;
    actor.must_cover(Right::Record, row.entry.unit)?;
    if row.entry.withdrawn {
        return Err(Fault::Conflict("这条记录已经撤回了。".to_owned()));
    }
    let year = year_of(&app, &actor, row.entry.day).await?;
    let lines = count::of_saved(&app, &actor, year.as_deref(), &row.entry).await?;
    page(&WithdrawPage {
        frame: frame.titled("撤回记录").at(Place::Entries),
        id: id.to_string(),
        revision: row.entry.revision,
        title: row.entry.title.clone(),
        day: long_day_words(row.entry.day),
        unit: actor.known.unit_name(row.entry.unit).to_owned(),
        lines,
    })
}

/// Saves the record anew as withdrawn, or as standing again; what it counts for ends or is found again.
async fn turn(
    app: &App,
    actor: &Actor,
    id: EntryId,
    sent: &crate::extract::Fields,
    withdrawn: bool,
) -> Reply {
    let row = found(app, actor, id).await?;
    actor.must_cover(Right::Record, row.entry.unit)?;
    let to = format!("/entries/{id}");
    if row.entry.withdrawn == withdrawn {
        let words = if withdrawn { "这条记录已经撤回。" } else { "这条记录已经恢复。" };
        return cookie::done(&to, &Said::new(words));
    }
    let based_on = sent.parsed::<u32>("revision").unwrap_or(row.entry.revision);
    let entry = Entry { withdrawn, ..row.entry.clone() };
    let desk = Desk::open(app, actor, &fill::of_entry(&row.entry, &actor.known.organisation)).await?;
    let offer = count::offer(&desk, &entry).await?;
    match record::save(app, actor, &entry, based_on, &offer).await? {
        Saved::Done(_) | Saved::Already(_) => {
            let words = if withdrawn {
                "已撤回，不再计入任何事项。"
            } else {
                "已恢复，重新计入应办事项。"
            };
            cookie::done(&to, &Said::new(words))
        }
        Saved::Stale(_) => {
            Err(Fault::Conflict("别人刚刚改过这条记录，请回到记录看看改了什么，再决定。".to_owned()))
        }
    }
}

async fn withdraw(State(app): State<App>, actor: Actor, Path(id): Path<EntryId>, Sent(sent): Sent) -> Reply {
    turn(&app, &actor, id, &sent, true).await
}

async fn restore(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<EntryId>,
    Query(_): Query,
    Sent(sent): Sent,
) -> Reply {
    turn(&app, &actor, id, &sent, false).await
}

/// What members may see of who else did what: everything that their scope holds.
pub(super) fn scope_of(actor: &Actor) -> Scope {
    actor.scope_for(Right::SeeEntries)
}
