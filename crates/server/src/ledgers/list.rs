//! 记录: the list of records with its filters, page by page, and as a spreadsheet.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use jiff::civil::Date;
use model::rule::Ledger;
use model::{Attendance, DutyId, Entry, EntryId, UnitId, Value};
use office::sheet::{self, Cell, Column, Kind, Sheet};
use serde_json::json;
use store::{EntryFilter, EntryRow, Scope};

use crate::app::App;
use crate::board::export::{XLSX, file};
use crate::board::seen::figure;
use crate::clock::{china, day_of};
use crate::extract::{Fields, Query};
use crate::fault::{Fault, Reply};
use crate::identity::Actor;
use crate::permit::{Right, Route, Rule, get};
use crate::view::{Choice, Empty, Frame, Link, Place, day_words, page};

use super::count;
use super::desk::may_read;
use super::show::{fields, scope_of, words};

/// Records on one page.
const PER: u32 = 50;
/// Records that are fetched at once for a spreadsheet.
const CHUNK: u32 = 2000;
/// Most records in one spreadsheet.
const MOST: u32 = 100_000;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/entries", Rule::May(Right::SeeEntries), list),
        get("/entries.xlsx", Rule::May(Right::Export), export),
    ]
}

/// One record in the list.
pub(crate) struct Row {
    pub(crate) href: String,
    pub(crate) day: String,
    pub(crate) ledgers: String,
    pub(crate) title: String,
    pub(crate) unit: String,
    pub(crate) unit_href: String,
    /// 24 / 26; a dash when nobody is named.
    pub(crate) came: String,
    pub(crate) counts: usize,
    /// What is lacking; empty when it is complete.
    pub(crate) lacks: Vec<String>,
    pub(crate) entered: String,
    pub(crate) late: String,
}

#[derive(askama::Template)]
#[template(path = "ledgers/list.html")]
struct ListPage {
    frame: Frame,
    total: Records,
    tabs: Vec<Choice>,
    words: String,
    ledgers: Vec<(String, String, bool)>,
    units: Vec<(String, String, bool)>,
    states: Vec<(&'static str, &'static str, bool)>,
    from: String,
    to: String,
    filtered: bool,
    rows: Vec<Row>,
    empty: Empty,
    shown: String,
    first: Option<String>,
    next: Option<String>,
    export: Option<String>,
    may_write: bool,
}

/// The filter that a query says: `ledger`, `unit` (with all below it), `person`, `from`, `to`, `q`, `entered` (since that day), `late`,
/// `incomplete`, `withdrawn`, `after` (day and id of the last record of the page before).
pub(super) fn filter(actor: &Actor, query: &Fields) -> EntryFilter {
    let text = |name: &str| Some(query.text(name)).filter(|t| !t.is_empty()).map(str::to_owned);
    let yes = |name: &str| (query.text(name) == "1").then_some(true);
    let state = query.text("state");
    let after = query
        .text("after")
        .split_once('_')
        .and_then(|(day, id)| Some((day.parse::<Date>().ok()?, id.parse::<EntryId>().ok()?)));
    EntryFilter {
        ledger: text("ledger"),
        units: query.parsed::<UnitId>("unit").map(|u| actor.known.organisation.subtree(u)),
        person: query.parsed("person"),
        from: query.day("from"),
        to: query.day("to"),
        words: text("q").map(|w| w.to_lowercase()),
        entered_from: query.day("entered").and_then(|d| d.to_zoned(china()).ok()).map(|z| z.timestamp()),
        late: yes("late").or((state == "late").then_some(true)),
        incomplete: match state {
            "incomplete" => Some(true),
            "complete" => Some(false),
            _ => yes("incomplete"),
        },
        withdrawn: state == "withdrawn",
        after,
    }
}

/// Records that are counted at most: a longer list says that it holds more, and costs no more to count.
const COUNTED: u32 = 10_000;

/// How many records a filter finds: 1,293, or 10,000 多.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Records(u64);

impl Records {
    /// Whether there is none.
    pub(crate) fn is_none(self) -> bool {
        self.0 == 0
    }
}

impl std::fmt::Display for Records {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let more = if self.0 > u64::from(COUNTED) { " 多" } else { "" };
        write!(f, "{}{more}", figure(self.0.min(COUNTED.into())))
    }
}

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
    let found = app.store.count_entries(actor.institution, scope, filter, COUNTED + 1).await?;
    Ok(Records(u64::try_from(found).unwrap_or(0)))
}

/// How many obligations each of these records counts for: as many lines as the record's own page shows.
pub(crate) async fn counted(
    app: &App,
    actor: &Actor,
    entries: &[EntryRow],
) -> Result<BTreeMap<EntryId, usize>, Fault> {
    let ids: Vec<EntryId> = entries.iter().map(|r| r.entry.id).collect();
    let mut out = BTreeMap::new();
    if ids.is_empty() {
        return Ok(out);
    }
    let credits = app.store.credits_of_entries(actor.institution, &Scope::All, &ids).await?;
    let live: Vec<_> = credits.into_iter().filter(|c| c.ended.is_none()).collect();
    let duties: BTreeSet<DutyId> = live.iter().map(|c| c.duty).collect();
    let duties: Vec<DutyId> = duties.into_iter().collect();
    let of: BTreeMap<DutyId, model::ObligationId> = app
        .store
        .duties_by_ids(actor.institution, &Scope::All, &duties)
        .await?
        .into_iter()
        .map(|d| (d.id, d.obligation))
        .collect();
    let mut sets: BTreeMap<EntryId, BTreeSet<model::ObligationId>> = BTreeMap::new();
    for credit in live {
        if let Some(obligation) = of.get(&credit.duty) {
            sets.entry(credit.entry).or_default().insert(*obligation);
        }
    }
    out.extend(sets.into_iter().map(|(e, s)| (e, s.len())));
    Ok(out)
}

fn came(entry: &Entry) -> Option<(usize, usize)> {
    let own = || entry.people().iter().filter(|p| !p.guest);
    (own().count() > 0)
        .then(|| (own().filter(|p| p.attendance == Attendance::Present).count(), own().count()))
}

fn days_late(entry: &Entry) -> i32 {
    entry.day.until(day_of(entry.entered_at)).map_or(0, |s| s.get_days())
}

fn titles(app: &App, entry: &Entry) -> String {
    app.rulebook.ledgers_of(entry).iter().map(|l| l.title.as_str()).collect::<Vec<_>>().join("、")
}

/// Records as lines of a list.
///
/// # Errors
/// When the store cannot read.
pub(crate) async fn rows(app: &App, actor: &Actor, entries: &[EntryRow]) -> Result<Vec<Row>, Fault> {
    let counts = counted(app, actor, entries).await?;
    Ok(entries
        .iter()
        .map(|row| {
            let entry = &row.entry;
            Row {
                href: format!("/entries/{}", entry.id),
                day: day_words(entry.day),
                ledgers: titles(app, entry),
                title: entry.title.clone(),
                unit: actor.known.unit_name(entry.unit).to_owned(),
                unit_href: format!("/entries?unit={}", entry.unit),
                came: came(entry).map_or_else(|| "—".to_owned(), |(n, of)| format!("{n} / {of}")),
                counts: counts.get(&entry.id).copied().unwrap_or(0),
                lacks: if row.incomplete {
                    count::lacks(app, entry).into_iter().map(|m| m.words).collect()
                } else {
                    Vec::new()
                },
                entered: day_words(day_of(entry.entered_at)),
                late: if row.late { format!("补录，隔 {} 天", days_late(entry)) } else { String::new() },
            }
        })
        .collect())
}

async fn list(State(app): State<App>, actor: Actor, frame: Frame, Query(query): Query) -> Reply {
    let scope = scope_of(&actor);
    let filter = filter(&actor, &query);
    // One more than is shown tells whether there is a next page.
    let mut found = app.store.entries(actor.institution, &scope, &filter, PER + 1).await?;
    let more = found.len() > PER as usize;
    found.truncate(PER as usize);
    let total = how_many(&app, &actor, &scope, &filter).await?;
    let at = query.page();
    let next = found.last().filter(|_| more).map(|last| {
        let after = format!("{}_{}", last.entry.day, last.entry.id);
        format!("{}&page={}", query.with("after", &after), at + 1)
    });
    let first = (filter.after.is_some()).then(|| query.with("after", ""));
    let tabs = tabs(&app, &actor, &scope, &query).await?;
    let covered = actor.units_for(Right::SeeEntries);
    let units = actor
        .known
        .organisation
        .units
        .iter()
        .filter(|u| covered.contains(&u.id) && u.stood())
        .map(|u| (u.id.to_string(), u.name.clone(), query.text("unit") == u.id.to_string()))
        .collect();
    let chosen = query.text("ledger");
    let ledgers =
        app.rulebook.ledgers().iter().map(|l| (l.id.clone(), l.title.clone(), l.id == chosen)).collect();
    let states = [("complete", "齐全"), ("incomplete", "待补"), ("late", "补录"), ("withdrawn", "已撤回")]
        .map(|(id, word)| (id, word, query.text("state") == id))
        .into();
    let filtered = query.pairs().iter().any(|(n, v)| n != "page" && n != "after" && !v.is_empty());
    let empty = if filtered {
        Empty::new("没有符合的记录", format!("条件：{}。", said(&app, &actor, &query)))
            .with(Link::new("清除全部条件", "/entries"))
    } else {
        let e = Empty::new("还没有记录", "办完一件事记一笔，记录会在这里，并计入应办事项。");
        if actor.may(Right::Record) { e.with(Link::new("记一笔", "/record")) } else { e }
    };
    let from = u64::from(PER) * (at - 1) + 1;
    let shown = if found.is_empty() {
        String::new()
    } else {
        let last = from + u64::try_from(found.len()).unwrap_or(0) - 1;
        format!("第 {from}—{last} 条，共 {total} 条，按发生日期倒序")
    };
    let rows = rows(&app, &actor, &found).await?;
    let may_export = actor.may(Right::Export) && !total.is_none();
    page(&ListPage {
        frame: frame.titled("记录").at(Place::Entries).wide(),
        total,
        tabs,
        words: query.text("q").to_owned(),
        ledgers,
        units,
        states,
        from: query.text("from").to_owned(),
        to: query.text("to").to_owned(),
        filtered,
        rows,
        empty,
        shown,
        first,
        next,
        export: may_export.then(|| format!("/entries.xlsx{}", query.with("after", ""))),
        may_write: actor.may(Right::Record),
    })
}

/// The filter in words, for the place where nothing was found.
fn said(app: &App, actor: &Actor, query: &Fields) -> String {
    let mut out = Vec::new();
    if let Some(ledger) = app.rulebook.ledger(query.text("ledger")) {
        out.push(format!("台账“{}”", ledger.title));
    }
    if let Some(unit) = query.parsed::<UnitId>("unit") {
        out.push(actor.known.unit_name(unit).to_owned());
    }
    if !query.text("q").is_empty() {
        out.push(format!("含“{}”", query.text("q")));
    }
    match (query.day("from"), query.day("to")) {
        (Some(a), Some(b)) => out.push(format!("{}至{}", day_words(a), day_words(b))),
        (Some(a), None) => out.push(format!("{}起", day_words(a))),
        (None, Some(b)) => out.push(format!("至{}", day_words(b))),
        (None, None) => {}
    }
    out.push(
        match query.text("state") {
            "complete" => "齐全",
            "incomplete" => "待补",
            "late" => "补录",
            "withdrawn" => "已撤回",
            _ => "",
        }
        .to_owned(),
    );
    out.retain(|w| !w.is_empty());
    out.join("，")
}

/// The views that are wanted most, each with its count.
async fn tabs(app: &App, actor: &Actor, scope: &Scope, query: &Fields) -> Result<Vec<Choice>, Fault> {
    let today = app.clock.today();
    let first = Date::new(today.year(), 1, 1).unwrap_or(today);
    let month = today.first_of_month();
    let mut out = Vec::new();
    let day = |d: Date| d.to_string();
    let views: [(String, Vec<(&str, String)>); 5] = [
        ("全部".to_owned(), vec![]),
        ("今年".to_owned(), vec![("from", day(first))]),
        (format!("{}月", today.month()), vec![("from", day(month)), ("to", day(today.last_of_month()))]),
        ("待补".to_owned(), vec![("state", "incomplete".to_owned())]),
        ("补录".to_owned(), vec![("state", "late".to_owned())]),
    ];
    for (word, pairs) in views {
        let fields = Fields::of(pairs.iter().map(|(n, v)| ((*n).to_owned(), v.clone())).collect());
        let found = how_many(app, actor, scope, &filter(actor, &fields)).await?;
        let same = |a: &Fields, b: &Fields| {
            a.pairs()
                .iter()
                .filter(|(n, v)| n != "page" && n != "after" && !v.is_empty())
                .all(|(n, v)| b.text(n) == v)
        };
        let here = same(&fields, query) && same(query, &fields);
        let href = format!("/entries{}", fields.with("", ""));
        out.push(Choice::new(word, href, here).counting(found));
    }
    Ok(out)
}

/// The columns of the spreadsheet; those of one ledger when the list is of one.
fn columns(ledger: Option<&Ledger>) -> Vec<Column> {
    let mut out = vec![
        Column::new("日期", 12, Kind::Day),
        Column::new("台账", 18, Kind::Text),
        Column::new("主题", 40, Kind::Text),
        Column::new("组织", 28, Kind::Text),
        Column::new("应到", 7, Kind::Whole),
        Column::new("实到", 7, Kind::Whole),
        Column::new("计入事项", 9, Kind::Whole),
        Column::new("还缺", 30, Kind::Long),
        Column::new("填写时间", 18, Kind::Minute),
        Column::new("补录", 8, Kind::Text),
    ];
    if let Some(ledger) = ledger {
        out.extend(
            fields(&[ledger])
                .iter()
                .filter(|f| !in_head(&f.id))
                .map(|f| Column::new(f.title.clone(), 24, Kind::Long)),
        );
    }
    out
}

fn in_head(field: &str) -> bool {
    matches!(field, "topic" | "title" | "people" | "day")
}

fn cells(app: &App, actor: &Actor, ledger: Option<&Ledger>, row: &EntryRow, counts: usize) -> Vec<Cell> {
    let entry = &row.entry;
    let whole = |n: usize| Cell::Whole(i64::try_from(n).unwrap_or(0));
    let (present, due) = came(entry).map_or((Cell::Empty, Cell::Empty), |(n, of)| (whole(n), whole(of)));
    let lacks = if row.incomplete {
        count::lacks(app, entry).into_iter().map(|m| m.words).collect::<Vec<_>>().join("；")
    } else {
        String::new()
    };
    let mut out = vec![
        Cell::Day(entry.day),
        Cell::Text(titles(app, entry)),
        Cell::Text(entry.title.clone()),
        Cell::Text(actor.known.unit_name(entry.unit).to_owned()),
        due,
        present,
        whole(counts),
        Cell::Text(lacks),
        Cell::Minute(entry.entered_at.to_zoned(china()).datetime()),
        Cell::Text(if row.late { "补录".to_owned() } else { String::new() }),
    ];
    if let Some(ledger) = ledger {
        for field in fields(&[ledger]).into_iter().filter(|f| !in_head(&f.id)) {
            let readable = may_read(actor, entry.unit, Some(entry), field.privacy);
            out.push(match entry.values.get(&field.id) {
                Some(_) if !readable => Cell::Text("限定范围".to_owned()),
                Some(Value::Day(d)) => Cell::Text(d.to_string()),
                Some(v) => Cell::Text(words(Some(field), v, &actor.known.organisation)),
                None => Cell::Empty,
            });
        }
    }
    out
}

/// The list as it is filtered, all of its pages. Records are fetched and written some at a time, so that a long list
/// takes no more memory than a short one.
async fn export(State(app): State<App>, actor: Actor, Query(query): Query) -> Reply {
    let scope = actor.scope_for(Right::SeeEntries);
    let mut filter = filter(&actor, &query);
    filter.after = None;
    let total = app.store.count_entries(actor.institution, &scope, &filter, MOST + 1).await?;
    if total > i64::from(MOST) {
        return Err(Fault::BadRequest(format!(
            "超过 {MOST} 条，一次最多导出 {MOST} 条。请加上日期或组织再导出。"
        )));
    }
    let ledger = filter.ledger.as_deref().and_then(|id| app.rulebook.ledger(id));
    let sheet = Sheet {
        name: "记录".to_owned(),
        title: format!("{}　记录", actor.known.organisation.name),
        columns: columns(ledger),
        frozen: 1,
        rows: Vec::new(),
    };
    let made = app.clock.now().to_zoned(china()).datetime();
    let (send, mut receive) = tokio::sync::mpsc::channel::<Vec<Cell>>(256);
    let writing = tokio::task::spawn_blocking(move || {
        sheet::write_list(made, &sheet, std::iter::from_fn(move || receive.blocking_recv()))
    });
    let mut left = MOST;
    'pages: while left > 0 {
        let found = app.store.entries(actor.institution, &scope, &filter, CHUNK).await?;
        let counts = counted(&app, &actor, &found).await?;
        let Some(last) = found.last() else { break };
        filter.after = Some((last.entry.day, last.entry.id));
        let whole = found.len() == CHUNK as usize;
        for row in &found {
            let n = counts.get(&row.entry.id).copied().unwrap_or(0);
            if send.send(cells(&app, &actor, ledger, row, n)).await.is_err() {
                break 'pages;
            }
            left = left.saturating_sub(1);
        }
        if !whole {
            break;
        }
    }
    drop(send);
    let bytes = writing.await??;
    let act = actor.act(&app, "export.entries").with(json!({ "count": total, "query": query.with("", "") }));
    app.store.record(actor.institution, &act).await?;
    spreadsheet("记录", app.clock.today(), bytes)
}

/// An xlsx file as an answer, named by what it holds and the day.
pub(crate) fn spreadsheet(name: &str, day: Date, bytes: Vec<u8>) -> Reply {
    file(&format!("{name}{day}.xlsx"), &format!("luoshi-{day}.xlsx"), XLSX, bytes)
}
