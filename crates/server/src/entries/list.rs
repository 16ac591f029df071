//! 记录: the list of records with its filters, columns and order, page by page.

use std::collections::BTreeSet;

use axum::extract::State;
use jiff::civil::Date;
use model::{Confirmation, UnitId, UnitKind};
use store::{EntryFilter, EntryRow, Scope};
use web::extract::{Fields, Query};
use web::permit::{Right, Route, Rule, get};
use web::view::found::{excerpt, marked};
use web::view::{Choice, Empty, Frame, Link, MOST_CHOICES, Place, page};
use web::{App, Reply};
use work::numbers::figure;
use work::{Actor, Fault};

use crate::seen::entries::{Row, rows_after};

use super::columns::{self, Col};
use super::count;
use super::desk::keeps;
use super::show::scope_of;
use super::sift::{self, STATES, Sieve, Way, filter};
use work::counts::{counted_of, how_many_after};

use work::counts::Records;
use work::entries;

/// Records on one page.
const PER: u32 = 50;
/// Most records that are sorted by something else than their day.
const SORTED: u32 = 2000;

pub(super) fn routes() -> Vec<Route> {
    vec![get("/entries", Rule::May(Right::SeeEntries), list)]
}

/// A line of the list: the record, its fields, and what may be done to it among many.
struct ListRow {
    row: Row,
    /// Words of the columns that are fields; empty for the others.
    fields: Vec<String>,
    /// Id and revision, when something may be done to it.
    pick: String,
    confirms: bool,
    own: bool,
}

/// The head of a column.
struct Head {
    title: String,
    href: String,
    aria: &'static str,
    right: bool,
}

#[derive(askama::Template)]
#[template(path = "entries/list.html")]
struct ListPage<'r> {
    frame: Frame,
    total: Records,
    tabs: Vec<Choice>,
    words: String,
    ledgers: Vec<(String, String, bool)>,
    /// Whether the unit is typed, there being too many to choose from.
    typed: bool,
    unit_words: String,
    units: Vec<(String, String, bool)>,
    states: Vec<(&'static str, &'static str, bool)>,
    from: String,
    to: String,
    filtered: bool,
    sieves: Vec<Sieve>,
    sifted: bool,
    all_cols: Vec<(String, String, bool)>,
    col_ids: Vec<String>,
    /// Filters and order, for the form that chooses columns.
    kept: Vec<(String, String)>,
    /// The same list with its usual columns.
    usual: String,
    person: String,
    above: String,
    sort: String,
    /// A sorting that was asked for, of a list too long for it, and how long it may be.
    refused: bool,
    most: String,
    views: Vec<(Choice, bool)>,
    /// The address of this list behind the question mark.
    here: String,
    cols: Vec<Col<'r>>,
    heads: Vec<Head>,
    lines: Vec<ListRow>,
    many_confirm: bool,
    many_withdraw: bool,
    empty: Empty,
    shown: String,
    first: Option<String>,
    next: Option<String>,
    export: Option<String>,
    import: Option<String>,
    may_write: bool,
}

async fn list(State(app): State<App>, actor: Actor, frame: Frame, Query(query): Query) -> Reply {
    let scope = scope_of(&actor);
    sift::understood(&app, &query)?;
    let filter = filter(&app, &actor, &query);
    let writes = app.store.writes(actor.institution).await?;
    let total = how_many_after(&app, &actor, &scope, &filter, writes).await?;
    let ledger = app.rulebook.ledger(query.text("ledger"));
    let cols = Col::shown(ledger, &query);
    let sorted = query.text("sort");
    let by = Col::all(ledger).into_iter().find(|c| c.id() == sorted.trim_start_matches('-'));
    // By its day a list of any length is walked in an index; by anything else a short one is sorted as a whole.
    let by = by.filter(|c| *c != Col::Day && total.at_most(SORTED));
    let refused = by.is_none() && !matches!(sorted, "" | "day");
    let at = query.page();
    let (mut found, next, first) = match by {
        Some(col) => {
            let whole = EntryFilter { after: None, ..filter.clone() };
            let found = app.store.entries(actor.institution, &scope, &whole, SORTED).await?;
            let rows = rows_after(&app, &actor, &found, writes).await?;
            let mut all: Vec<(EntryRow, Row)> = found.into_iter().zip(rows).collect();
            columns::sort(&app, &actor, col, sorted.starts_with('-'), &mut all);
            let skip = usize::try_from(at - 1).unwrap_or(usize::MAX).saturating_mul(PER as usize);
            let more = all.len() > skip.saturating_add(PER as usize);
            let next = more.then(|| format!("{}&page={}", query.with("after", ""), at + 1));
            let here: Vec<_> = all.into_iter().skip(skip).take(PER as usize).collect();
            (here, next, (at > 1).then(|| query.with("after", "")))
        }
        None => {
            // One more than is shown tells whether there is a next page.
            let mut found = app.store.entries(actor.institution, &scope, &filter, PER + 1).await?;
            let more = found.len() > PER as usize;
            found.truncate(PER as usize);
            let next = found.last().filter(|_| more).map(|last| {
                let after = format!("{}_{}", last.entry.day, last.entry.id);
                format!("{}&page={}", query.with("after", &after), at + 1)
            });
            let rows = rows_after(&app, &actor, &found, writes).await?;
            let here = found.into_iter().zip(rows).collect();
            (here, next, (filter.after.is_some()).then(|| query.with("after", "")))
        }
    };
    let tabs = tabs(&app, &actor, &scope, &query, writes).await?;
    let covered = actor.units_for(Right::SeeEntries);
    let typed = covered.len() > MOST_CHOICES;
    let unit = query.parsed::<UnitId>("unit");
    let units = if typed {
        Vec::new()
    } else {
        let all = actor.known.organisation.units.iter().filter(|u| covered.contains(&u.id) && u.stood());
        all.map(|u| (u.id.to_string(), u.name.clone(), unit == Some(u.id))).collect()
    };
    let chosen = query.text("ledger");
    // Of the ledgers those that one of the units here may keep.
    let stood = actor.known.organisation.units.iter().filter(|u| covered.contains(&u.id) && u.stood());
    let kinds: BTreeSet<UnitKind> = stood.map(|u| u.kind).collect();
    let mut offered = app.rulebook.offered_ledgers();
    offered.retain(|l| kinds.iter().any(|kind| keeps(l, *kind)));
    // What the list shows is named, also where it is offered to nobody.
    let here = app.rulebook.ledger(chosen).filter(|l| offered.iter().all(|o| o.id != l.id));
    let ledgers = (offered.iter().copied().chain(here))
        .map(|l| (l.id.clone(), l.title.clone(), l.id == chosen))
        .collect();
    let states = STATES.map(|(id, word)| (id, word, query.text("state") == id)).into();
    let shapes = |n: &str| matches!(n, "page" | "after" | "sort" | "col");
    let filtered = query.pairs().iter().any(|(n, v)| !shapes(n) && !v.is_empty());
    let empty = if filtered {
        Empty::new("没有符合的记录", format!("条件：{}。", sift::said(&app, &actor, &query)))
            .with(Link::new("清除全部条件", "/entries"))
    } else {
        let e = Empty::new("还没有记录", "办完一件事记一笔，记录会在这里，并计入应办事项。");
        if actor.may(Right::Record) { e.with(Link::new("记一笔", "/record")) } else { e }
    };
    let from = u64::from(PER) * (at - 1) + 1;
    let order = match by {
        Some(col) => format!("按“{}”{}", col.title(), if sorted.starts_with('-') { "倒序" } else { "顺序" }),
        None if filter.oldest_first => "按发生日期顺序".to_owned(),
        None => "按发生日期倒序".to_owned(),
    };
    let shown = if found.is_empty() {
        String::new()
    } else {
        let last = from + u64::try_from(found.len()).unwrap_or(0) - 1;
        format!("第 {from}—{last} 条，共 {total} 条，{order}")
    };
    let heads = cols.iter().map(|c| head(*c, if refused { "" } else { sorted }, &query)).collect();
    let may_confirm = actor.may(Right::Confirm);
    let words = query.text("q").to_owned();
    if !words.is_empty() {
        for (EntryRow { entry, .. }, line) in &mut found {
            line.marked = marked(&entry.title, &words);
            let said = count::readable_words(&app, &actor, entry).await?;
            // What the title says already is marked there.
            let rest = said.lines().skip(1).filter(|l| !entry.title.contains(l));
            line.excerpt = excerpt(rest, &words);
        }
    }
    let lines: Vec<ListRow> = found
        .into_iter()
        .map(|(row, line)| {
            let confirms = row.confirmation == Some(Confirmation::Waiting)
                && row.entry.entered_by != actor.account
                && entries::may_confirm(&actor, &row);
            let own = !row.entry.withdrawn
                && row.entry.entered_by == actor.account
                && actor.covers(Right::Record, row.entry.unit);
            ListRow {
                pick: if confirms || own {
                    format!("{}:{}", row.entry.id, row.entry.revision)
                } else {
                    String::new()
                },
                confirms,
                own,
                fields: cols
                    .iter()
                    .map(|c| match c {
                        Col::Field(field) => columns::field_words(&app, &actor, field, &row),
                        _ => String::new(),
                    })
                    .collect(),
                row: line,
            }
        })
        .collect();
    let many_confirm = may_confirm && lines.iter().any(|l| l.confirms);
    let many_withdraw = lines.iter().any(|l| l.own);
    let views = app.store.views(actor.institution, actor.account).await?;
    let here = query.with("after", "");
    let shape = |n: &str| matches!(n, "page" | "after" | "col");
    let kept: Vec<(String, String)> =
        query.pairs().iter().filter(|(n, v)| !shape(n) && !v.is_empty()).cloned().collect();
    let may_export = actor.may(Right::Export) && !total.is_none();
    let sieves = ledger.map(|l| sift::sieves(&actor, l, &query)).unwrap_or_default();
    let sifted = query.pairs().iter().any(|(n, v)| n.starts_with("w_") && !v.is_empty());
    page(&ListPage {
        frame: frame.titled("记录").at(Place::Entries).wide(),
        total,
        tabs,
        words,
        ledgers,
        typed,
        unit_words: unit.map_or_else(|| query.text("in"), |u| actor.known.unit_name(u)).to_owned(),
        units,
        states,
        from: query.text("from").to_owned(),
        to: query.text("to").to_owned(),
        filtered,
        sieves,
        sifted,
        all_cols: Col::all(ledger)
            .into_iter()
            .filter(|c| *c != Col::Title)
            .map(|c| (c.id(), c.title(), cols.contains(&c)))
            .collect(),
        col_ids: query.all("col").map(str::to_owned).collect(),
        usual: Fields::of(kept.clone()).with("", "").trim_start_matches('?').to_owned(),
        kept,
        person: query.text("person").to_owned(),
        above: query.text("above").to_owned(),
        sort: sorted.to_owned(),
        refused,
        most: figure(SORTED.min(counted_of(&filter))),
        views: views
            .into_iter()
            .map(|v| {
                let href = format!("/entries?{}", v.query);
                let chosen = here.trim_start_matches('?') == v.query;
                (Choice::new(v.name, href, chosen), chosen)
            })
            .collect(),
        here: here.trim_start_matches('?').to_owned(),
        cols,
        heads,
        lines,
        many_confirm,
        many_withdraw,
        empty,
        shown,
        first,
        next,
        export: may_export.then(|| format!("/entries.xlsx{}", query.with("after", ""))),
        import: ledger
            .filter(|_| actor.may(Right::Record))
            .map(|l| format!("/entries/import?ledger={}", l.id)),
        may_write: actor.may(Right::Record),
    })
}

/// The head of a column: the way to the list sorted by it, and how it is sorted now.
fn head(col: Col<'_>, sorted: &str, query: &Fields) -> Head {
    let id = col.id();
    let is_day = col == Col::Day;
    let (up, down) = if is_day {
        (sorted == "day", sorted.is_empty())
    } else {
        (sorted == id, sorted == format!("-{id}"))
    };
    let to = match (is_day, up, down) {
        (true, true, _) => String::new(),
        (true, ..) => "day".to_owned(),
        (false, true, _) => format!("-{id}"),
        (false, _, true) => String::new(),
        (false, ..) => id,
    };
    let whole = Fields::of(query.pairs().iter().filter(|(n, _)| n != "after").cloned().collect());
    Head {
        title: col.title(),
        href: format!("/entries{}", whole.with("sort", &to)),
        aria: match (up, down) {
            (true, _) => "ascending",
            (_, true) => "descending",
            _ => "",
        },
        right: col.is_right(),
    }
}

/// The views that are wanted most, each with its count.
async fn tabs(
    app: &App,
    actor: &Actor,
    scope: &Scope,
    query: &Fields,
    writes: i64,
) -> Result<Vec<Choice>, Fault> {
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
        let found = how_many_after(app, actor, scope, &filter(app, actor, &fields), writes).await?;
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
