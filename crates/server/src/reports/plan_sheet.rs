//! How the plan stands as a spreadsheet: item by item, and obligation by obligation.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use model::{ObligationId, OwnerRole, Standing, UnitId};
use office::sheet::{self, Cell, Column, Kind, Sheet};
use runtime::{Pick, Tally};
use serde_json::json;
use web::extract::Query;
use web::permit::{Right, Route, Rule, get};
use web::view::long_day_words;
use web::{App, Reply};
use work::{Actor, Fault, Year};

use crate::seen::day::day_of;
use crate::seen::lens;
use crate::seen::source::article;
use crate::seen::{Seen, bare_number};
use web::download::{XLSX, file, local_now};
use work::units::{bearers, owners};

use super::situation::plan_words;

pub(super) fn routes() -> Vec<Route> {
    vec![get("/reports/plan.xlsx", Rule::May(Right::SeeReports), plan)]
}

fn text(words: impl Into<String>) -> Cell {
    Cell::Text(words.into())
}

/// 应办, 已办结 and each standing.
fn counts() -> Vec<Column> {
    let mut out = vec![Column::new("应办", 8, Kind::Whole), Column::new("已办结", 8, Kind::Whole)];
    out.extend(Standing::ALL.map(|s| Column::new(s.word(), 8, Kind::Whole)));
    out
}

fn counted(tally: Tally) -> Vec<Cell> {
    let whole = |n: u32| Cell::Whole(i64::from(n));
    let mut out = vec![whole(tally.total()), whole(tally.done())];
    out.extend(Standing::ALL.map(|s| whole(tally.of(s))));
    out
}

/// Section and number of an item; empty for what no item asks.
fn place(year: &Year, item: Option<usize>) -> (String, String) {
    let item = item.and_then(|i| year.plan.items.get(i));
    let section = item.and_then(|i| i.section).and_then(|s| year.plan.sections.get(s));
    let number = item.map_or("", |i| bare_number(&i.number));
    let mark = item.and_then(|i| year.part_of(i)).map_or("", |p| p.mark.as_str());
    (section.map_or_else(|| mark.to_owned(), |s| format!("{mark}{}", s.title)), number.to_owned())
}

fn items(seen: &Seen<'_>, tallies: &BTreeMap<ObligationId, Tally>, title: &str) -> Sheet {
    let year = seen.year;
    let of = |place: Option<usize>| -> Tally {
        let mine = |id: &ObligationId| year.obligation(*id).is_some_and(|o| o.item == place);
        tallies.iter().filter(|(id, _)| mine(id)).map(|(_, t)| *t).sum()
    };
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for (i, item) in year.plan.items.iter().enumerate() {
        let (section, number) = place(year, Some(i));
        let mut row = vec![text(section), text(number), Cell::Text(item.title.clone())];
        row.push(text(owners(&item.owners, OwnerRole::Lead)));
        row.push(text(owners(&item.owners, OwnerRole::Responsible)));
        row.extend(counted(of(Some(i))));
        rows.push(row);
    }
    let beside = of(None);
    if !beside.is_empty() {
        let mut row = vec![text(""), text(""), text("要点之外按制度应办的事项"), text(""), text("")];
        row.extend(counted(beside));
        rows.push(row);
    }
    let mut columns = vec![
        Column::new("部分", 24, Kind::Long),
        Column::new("条", 6, Kind::Text),
        Column::new("要点", 44, Kind::Long),
        Column::new("牵头部门", 18, Kind::Long),
        Column::new("责任部门", 24, Kind::Long),
    ];
    columns.extend(counts());
    Sheet { name: "各条要点".to_owned(), title: title.to_owned(), columns, frozen: 3, rows }
}

fn obligations(
    seen: &Seen<'_>,
    tallies: &BTreeMap<ObligationId, Tally>,
    title: &str,
    actor: &Actor,
    app: &App,
) -> Sheet {
    let year = seen.year;
    let mut owing: BTreeMap<ObligationId, BTreeSet<UnitId>> = BTreeMap::new();
    seen.each(&Pick::default(), |line| {
        owing.entry(line.obligation).or_default().insert(line.unit);
    });
    let rows = year
        .obligations()
        .iter()
        .filter(|o| o.assessed && (seen.everything() || tallies.contains_key(&o.id)))
        .filter(|o| year.asked(o.id, seen.on) || tallies.contains_key(&o.id))
        .map(|o| {
            let (section, number) = place(year, o.item);
            let ledger = o.ledger.as_deref().and_then(|id| app.rulebook.ledger(id));
            let who =
                bearers(&o.bearers, &actor.known.organisation, owing.get(&o.id).map_or(0, BTreeSet::len));
            let mut row = vec![
                text(section),
                text(number),
                text(o.key.clone()),
                text(o.title.clone()),
                text(o.kind.word()),
                text(who),
                text(o.cadence.words()),
                text(ledger.map_or("", |l| l.title.as_str())),
                text(o.origin.words().unwrap_or_default()),
                text(article(app, o)),
            ];
            row.extend(counted(tallies.get(&o.id).copied().unwrap_or_default()));
            row
        })
        .collect();
    let mut columns = vec![
        Column::new("部分", 24, Kind::Long),
        Column::new("条", 6, Kind::Text),
        Column::new("编号", 8, Kind::Text),
        Column::new("要求", 28, Kind::Long),
        Column::new("类别", 8, Kind::Text),
        Column::new("承担", 20, Kind::Long),
        Column::new("频次或时限", 18, Kind::Long),
        Column::new("台账", 18, Kind::Text),
        Column::new("要点原文", 44, Kind::Long),
        Column::new("依据", 30, Kind::Long),
    ];
    columns.extend(counts());
    Sheet { name: "各项要求".to_owned(), title: title.to_owned(), columns, frozen: 4, rows }
}

/// What is exported, as the log names it: one plan, or a year.
pub(super) fn subject(year: &Year) -> String {
    year.lens.map_or_else(|| year.number.to_string(), |id| id.to_string())
}

async fn plan(State(app): State<App>, actor: Actor, Query(query): Query) -> Reply {
    let today = app.clock.today();
    let (on, _) = day_of(&query, today);
    let year =
        lens::looked_at(&app, &actor, &query, on).await?.ok_or_else(|| Fault::not_found("发布的要点"))?;
    let sheets = {
        let seen = Seen::of(&actor, &year, on, today);
        let tallies = seen.by_obligation(&Pick::default());
        let name = plan_words(&year, &actor.known.organisation.name);
        let title = format!("{name}落实情况（截至{}）", long_day_words(on));
        [items(&seen, &tallies, &title), obligations(&seen, &tallies, &title, &actor, &app)]
    };
    let made = local_now(&app);
    let bytes = tokio::task::spawn_blocking(move || sheet::write(made, &sheets)).await??;
    let act = actor.act(&app, "export.plan").on(subject(&year)).with(json!({ "on": on.to_string() }));
    app.store.record(actor.institution, &act).await?;
    file(&format!("要点落实情况 {on}.xlsx"), &format!("plan-{on}.xlsx"), XLSX, bytes)
}
