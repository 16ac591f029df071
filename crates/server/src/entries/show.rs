//! A record as a printed form: what it says, what it counts for, its revisions; withdrawing it and taking that back.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use model::rule::{FieldType, Ledger};
use model::{AccountId, Attached, Attendance, Confirmation, Entry, EntryId, Participant, Value};
use store::{EntryRow, NoteKind, Scope};
use web::extract::{Path, Query, Sent};
use web::permit::{Right, Route, Rule, get, post};
use web::view::{Frame, Place, Said, instant_words, long_day_words, page};
use web::{App, Reply, cookie};
use work::entries;
use work::{Actor, Fault, cases};

use web::download::{DOCX, file, local_now};

use super::confirm;
use super::count::{self, Line};
use super::record;
use crate::seen::cases::Step;
use crate::seen::entries::mark;
use crate::seen::paper::{self, Paper};
use crate::seen::values::{fields, words};
use work::privacy::{self, is_for_few, may_read};

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
    /// What was done: 记入, 修改, 撤回, 恢复; of what was said of a revision: 确认, 退回.
    what: &'static str,
    /// Why.
    words: String,
    changes: Vec<Difference>,
}

#[derive(askama::Template)]
#[template(path = "entries/show.html")]
struct EntryPage {
    frame: Frame,
    id: String,
    paper: Paper,
    lines: Vec<Line>,
    /// The year of a record that is older than anything that ran here; 0 for any other.
    archive: i16,
    lacks: Vec<String>,
    /// What is out of bounds, though nothing is lacking.
    warned: Vec<String>,
    withdrawn: bool,
    late: String,
    revision: u32,
    entered: String,
    revisions: Vec<Revision>,
    versions: usize,
    confirm: Option<Asked>,
    may_write: bool,
    /// What it did at which cases.
    steps: Vec<Step>,
}

/// How the record stands with the level above.
struct Asked {
    sign: &'static str,
    word: &'static str,
    /// The unit that is asked.
    by: String,
    /// What was said last, when it was returned or confirmed: by whom, when, and the reason.
    said: String,
    reason: String,
    /// Whether this account may say something now.
    may: bool,
    /// Whether it may not because it wrote a part of it.
    author: bool,
    waiting: bool,
    returned: bool,
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
        if field.is_title() {
            continue;
        }
        let (a, b) = (before.values.get(&field.id), after.values.get(&field.id));
        if a == b || (record::is_empty(a) && record::is_empty(b)) {
            continue;
        }
        let readable = may_read(app, actor, after, &field.id) && may_read(app, actor, before, &field.id);
        if let (true, Some(Value::People(old)), Some(Value::People(new))) = (readable, a, b) {
            let (before, after) = people_changed(old, new, field.is_attendance());
            note(&field.title, before, after);
            continue;
        }
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

/// What changed in a list of people, name by name: who was taken out, who came in, whose attendance or role is another.
fn people_changed(old: &[Participant], new: &[Participant], attended: bool) -> (String, String) {
    let same = |a: &Participant, b: &Participant| match (a.person, b.person) {
        (Some(x), Some(y)) => x == y,
        (None, None) => a.name == b.name,
        _ => false,
    };
    let how = |p: &Participant| {
        let word = match p.attendance {
            _ if !attended => "",
            _ if p.guest => "列席",
            Attendance::Present => "到",
            Attendance::Absent => "缺席",
            Attendance::Leave => "请假",
        };
        let note: Vec<&str> =
            [p.role.as_str(), p.reason.as_str()].into_iter().filter(|s| !s.is_empty()).collect();
        match (word.is_empty(), note.is_empty()) {
            (_, true) => word.to_owned(),
            (true, false) => note.join("，"),
            (false, false) => format!("{word}（{}）", note.join("，")),
        }
    };
    let named = |p: &Participant| {
        let how = how(p);
        if how.is_empty() || (attended && how == "到") {
            p.name.clone()
        } else {
            format!("{}（{how}）", p.name)
        }
    };
    let gone: Vec<String> = old.iter().filter(|p| !new.iter().any(|q| same(p, q))).map(named).collect();
    let came: Vec<String> = new.iter().filter(|p| !old.iter().any(|q| same(p, q))).map(named).collect();
    let turned: Vec<String> = new
        .iter()
        .filter_map(|p| {
            let was = old.iter().find(|q| same(p, q))?;
            let (a, b) = (how(was), how(p));
            let or_none = |s: String| if s.is_empty() { "没有写".to_owned() } else { s };
            (a != b).then(|| format!("{}：{} → {}", p.name, or_none(a), or_none(b)))
        })
        .collect();
    let mut out = Vec::new();
    if !came.is_empty() {
        out.push(format!("增加：{}", came.join("、")));
    }
    out.extend(turned);
    let before = if gone.is_empty() { String::new() } else { format!("去掉：{}", gone.join("、")) };
    (before, out.join("；"))
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
    if is_for_few(&app, entry) {
        app.store.record(actor.institution, &actor.act(&app, "entry.read").on(entry.id)).await?;
    }
    let paper = paper::of(&app, &actor, entry).await?;
    let lines = count::of_saved(&app, &actor, entry).await?;
    let (revisions, accounts) = revisions(&app, &actor, id).await?;
    let confirm = asked(&actor, &row, &revisions, &accounts);
    let entered_by = name_of_account(&app, &actor, Some(entry.entered_by)).await?;
    let days = entry.day.until(work::clock::day_of(entry.entered_at)).map_or(0, |s| s.get_days());
    let may_write = actor.covers(Right::Record, entry.unit);
    let past = entry.day.year() < app.clock.today().year();
    let archive = past && app.book(actor.institution, entry.day.year(), None).await?.is_none();
    page(&EntryPage {
        archive: if archive { entry.day.year() } else { 0 },
        frame: frame.titled(entry.title.clone()).at(Place::Entries),
        id: id.to_string(),
        paper,
        lines,
        warned: if entry.withdrawn { Vec::new() } else { warned(&app, &actor, entry) },
        lacks: if entry.withdrawn {
            Vec::new()
        } else {
            entries::lacks(&app, entry).into_iter().map(|m| m.words).collect()
        },
        withdrawn: entry.withdrawn,
        late: if row.late { format!("补录，隔 {days} 天") } else { String::new() },
        revision: entry.revision,
        entered: format!("{entered_by}　{}", instant_words(entry.entered_at)),
        versions: revisions.iter().filter(|r| !r.is_note()).count(),
        revisions,
        confirm,
        may_write,
        steps: cases::reached(&app, &actor, id).await?.iter().map(Step::of).collect(),
    })
}

fn asked(
    actor: &Actor,
    row: &EntryRow,
    revisions: &[Revision],
    accounts: &BTreeSet<AccountId>,
) -> Option<Asked> {
    let state = row.confirmation?;
    let (sign, word) = mark(state);
    let said = revisions.iter().find(|r| r.is_note()).filter(|_| state != Confirmation::Waiting);
    let author = accounts.contains(&actor.account);
    let waiting = state == Confirmation::Waiting;
    let may = waiting && entries::may_confirm(actor, row);
    Some(Asked {
        sign,
        word,
        by: row.above.map_or_else(String::new, |u| actor.known.unit_name(u).to_owned()),
        said: said.map_or_else(String::new, |r| format!("{}　{}", r.who, r.at)),
        reason: said.map_or_else(String::new, |r| r.words.clone()),
        may: may && !author,
        author: may && author,
        waiting,
        returned: state == Confirmation::Returned,
    })
}

/// What is out of bounds in a record, as far as the account may read what it is computed from.
fn warned(app: &App, actor: &Actor, entry: &Entry) -> Vec<String> {
    let entry = privacy::readable(app, actor, entry);
    entries::warnings(app, &entry, &actor.known.organisation).into_iter().map(|m| m.words).collect()
}

/// The record as a docx, as the office files it.
async fn docx(State(app): State<App>, actor: Actor, Path(id): Path<EntryId>) -> Reply {
    let row = found(&app, &actor, id).await?;
    let paper = paper::of(&app, &actor, &row.entry).await?;
    let made = local_now(&app);
    let mut document = paper.document();
    if let (Some(state), Some(office::gongwen::Block::Table(table))) =
        (row.confirmation, document.blocks.first_mut())
    {
        let by = row.above.map_or("", |u| actor.known.unit_name(u));
        table.rows.push(vec!["上级确认".to_owned(), format!("{}（{by}）", state.word())]);
    }
    let name = document.title.clone();
    let bytes = tokio::task::spawn_blocking(move || office::gongwen::write(made, &document)).await??;
    app.store.record(actor.institution, &actor.act(&app, "export.entry").on(id)).await?;
    file(&format!("{name}.docx"), &format!("record-{}.docx", row.entry.day), DOCX, bytes)
}

/// Every revision and everything that was said of one, the newest first; and who wrote any.
async fn revisions(
    app: &App,
    actor: &Actor,
    id: EntryId,
) -> Result<(Vec<Revision>, BTreeSet<AccountId>), Fault> {
    let history = app.store.entry_history(actor.institution, &actor.scope(), id).await?;
    let mut notes = app.store.entry_notes(actor.institution, id).await?;
    let mut names: BTreeMap<AccountId, String> = BTreeMap::new();
    let spoke: BTreeSet<AccountId> = notes.iter().filter_map(|n| n.account).collect();
    for account in spoke {
        names.insert(account, name_of_account(app, actor, Some(account)).await?);
    }
    let named = |names: &BTreeMap<AccountId, String>, account: Option<AccountId>| {
        account.and_then(|a| names.get(&a).cloned()).unwrap_or_else(|| "系统".to_owned())
    };
    let mut out = Vec::new();
    let authors = history.iter().filter_map(|r| r.account).collect();
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
        let of_this = |n: &store::EntryNote| n.revision == revision.entry.revision;
        let why = notes.iter().position(|n| of_this(n) && n.kind == NoteKind::Withdrawn);
        let why = why.map_or_else(String::new, |at| notes.remove(at).words);
        for note in notes.iter().filter(|n| of_this(n)) {
            out.push(Revision {
                number: note.revision,
                at: instant_words(note.at),
                who: named(&names, note.account),
                what: match note.kind {
                    NoteKind::Confirmed => "确认",
                    NoteKind::Returned => "退回",
                    NoteKind::Reopened => "取消确认",
                    NoteKind::Withdrawn => "撤回",
                },
                words: note.words.clone(),
                changes: Vec::new(),
            });
        }
        out.push(Revision {
            number: revision.entry.revision,
            at: instant_words(revision.at),
            who: named(&names, revision.account),
            what,
            words: why,
            changes: before.map(|b| differences(app, actor, &b.entry, &revision.entry)).unwrap_or_default(),
        });
    }
    Ok((out, authors))
}

impl Revision {
    /// Whether it says something of a revision, and is none itself.
    fn is_note(&self) -> bool {
        matches!(self.what, "确认" | "退回" | "取消确认")
    }
}

#[derive(askama::Template)]
#[template(path = "entries/withdraw.html")]
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
        return Err(Fault::Conflict("这条记录已经撤回了。".to_owned()).into());
    }
    let lines = count::of_saved(&app, &actor, &row.entry).await?;
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

async fn turn_one(
    app: &App,
    actor: &Actor,
    id: EntryId,
    sent: &web::extract::Fields,
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
    let reason = sent.text("reason");
    if let Some(words) = work::over(reason, confirm::REASON) {
        return Err(Fault::field("reason", words).into());
    }
    match entries::turn(app, actor, &row, based_on, withdrawn, reason).await? {
        Ok(_) if withdrawn => cookie::done(&to, &Said::new("已撤回，不再计入任何事项。")),
        Ok(_) => cookie::done(&to, &Said::new("已恢复，重新计入应办事项。")),
        Err(_) => {
            Err(Fault::Conflict("别人刚刚改过这条记录，请回到记录看看改了什么，再决定。".to_owned()).into())
        }
    }
}

async fn withdraw(State(app): State<App>, actor: Actor, Path(id): Path<EntryId>, Sent(sent): Sent) -> Reply {
    turn_one(&app, &actor, id, &sent, true).await
}

async fn restore(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<EntryId>,
    Query(_): Query,
    Sent(sent): Sent,
) -> Reply {
    turn_one(&app, &actor, id, &sent, false).await
}

/// What members may see of who else did what: everything that their scope holds.
pub(super) fn scope_of(actor: &Actor) -> Scope {
    actor.scope_for(Right::SeeEntries)
}
