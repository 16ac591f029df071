//! The changes that were made: all of them, one with what it did, and taking it back.

use axum::extract::State;
use model::{Organisation, Unit, UnitChange, UnitChangeId, UnitId};
use store::{StoreError, UnitChangeRow};
use web::extract::Path;
use web::permit::{Right, Route, Rule, get, post};
use web::view::{Frame, Link, Place, Said, instant_words, long_day_words, page};
use web::{App, Reply, cookie};
use work::{Actor, Fault, units};

pub(super) fn routes() -> Vec<Route> {
    let rule = Rule::May(Right::ChangeUnits);
    vec![
        get("/org/changes", rule, list),
        get("/org/changes/{id}", rule, one),
        post("/org/changes/{id}/undo", rule, undo),
    ]
}

/// A change in a line.
struct Line {
    day: String,
    kind: &'static str,
    title: String,
    href: String,
    note: String,
    undone: String,
}

#[derive(askama::Template)]
#[template(path = "org/change/list.html")]
struct ListPage {
    frame: Frame,
    lines: Vec<Line>,
}

#[derive(askama::Template)]
#[template(path = "org/change/one.html")]
struct OnePage {
    frame: Frame,
    id: UnitChangeId,
    title: String,
    day: String,
    note: String,
    made: String,
    undone: String,
    facts: Vec<(&'static str, String)>,
    units: Vec<(Link, &'static str)>,
}

/// A change as a sentence; names are those it was made with.
fn title(change: &UnitChange) -> String {
    let named = |id: &UnitId, units: &[Unit]| units.iter().find(|u| u.id == *id).map(|u| u.name.clone());
    let name = |id: &UnitId| named(id, &change.before).or_else(|| named(id, &change.after));
    let from: Vec<String> = change.from.iter().filter_map(name).collect();
    let to: Vec<String> =
        change.to.iter().filter_map(|id| named(id, &change.after).or_else(|| name(id))).collect();
    let first = from.first().cloned().unwrap_or_default();
    match change.kind {
        model::UnitChangeKind::Founded => format!("成立{}", to.join("、")),
        model::UnitChangeKind::Renamed => format!("{first}改名为{}", to.join("、")),
        model::UnitChangeKind::Moved => format!("{first}调整上级"),
        model::UnitChangeKind::Merged if change.founded().next().is_some() => {
            format!("{}合并为{}", from.join("和"), to.join("、"))
        }
        model::UnitChangeKind::Merged => format!("{first}并入另一个组织"),
        model::UnitChangeKind::Split => format!("{first}拆分为{}", to.join("、")),
        model::UnitChangeKind::Dissolved => format!("撤销{first}"),
    }
}

/// The same with the names of units that the change itself did not touch.
fn titled(change: &UnitChange, organisation: &Organisation) -> String {
    let now = |id: &UnitId| organisation.unit(*id).map_or("", |u| u.name.as_str());
    match (change.kind, change.to.first()) {
        (model::UnitChangeKind::Merged, Some(to)) if change.founded().next().is_none() => {
            let gone = change.before.first().map_or("", |u| u.name.as_str());
            format!("{gone}并入{}", now(to))
        }
        (model::UnitChangeKind::Moved, Some(id)) => {
            let parent = change.after.iter().find(|u| u.id == *id).and_then(|u| u.parent);
            format!("{}改属{}", now(id), parent.as_ref().map_or("", now))
        }
        _ => title(change),
    }
}

/// What befell a unit, newest first: the day, what, and for the office the way to the change.
pub(in crate::org) fn lines_of(actor: &Actor, unit: UnitId) -> Vec<(String, Link)> {
    let may = actor.may(Right::ChangeUnits);
    let mut mine: Vec<&UnitChange> =
        actor.known.changes.iter().filter(|c| c.touches().contains(&unit)).collect();
    mine.sort_by_key(|c| std::cmp::Reverse(c.day));
    let line = |c: &UnitChange| {
        let href = if may { format!("/org/changes/{}", c.id) } else { String::new() };
        (long_day_words(c.day), Link::new(titled(c, &actor.known.organisation), href))
    };
    mine.into_iter().map(line).collect()
}

async fn list(State(app): State<App>, actor: Actor, frame: Frame) -> Reply {
    let mut rows = app.store.unit_changes(actor.institution).await?;
    rows.reverse();
    let line = |row: UnitChangeRow| Line {
        day: long_day_words(row.change.day),
        kind: row.change.kind.word(),
        title: titled(&row.change, &actor.known.organisation),
        href: format!("/org/changes/{}", row.change.id),
        undone: row.undone.map(|(at, _)| format!("{}撤回", instant_words(at))).unwrap_or_default(),
        note: row.change.note,
    };
    page(&ListPage {
        frame: frame.titled("组织变动").at(Place::Organisation),
        lines: rows.into_iter().map(line).collect(),
    })
}

async fn who(app: &App, actor: &Actor, account: Option<model::AccountId>) -> Result<String, Fault> {
    match account {
        Some(id) => Ok(app.store.account(actor.institution, id).await?.name),
        None => Ok(String::new()),
    }
}

async fn one(State(app): State<App>, actor: Actor, frame: Frame, Path(id): Path<UnitChangeId>) -> Reply {
    let row = find(&app, &actor, id).await?;
    let change = &row.change;
    let undone = match row.undone {
        Some((at, by)) => format!("{} {}撤回", instant_words(at), who(&app, &actor, by).await?),
        None => String::new(),
    };
    let becomes = |u: &Unit| {
        if change.ended().any(|e| e.id == u.id) {
            "撤销"
        } else if change.founded().any(|f| f.id == u.id) {
            "成立"
        } else {
            "变更"
        }
    };
    let count = |n: usize, words: &str| if n == 0 { "没有".to_owned() } else { format!("{n} {words}") };
    page(&OnePage {
        frame: frame.titled(titled(change, &actor.known.organisation)).at(Place::Organisation),
        id,
        title: titled(change, &actor.known.organisation),
        day: long_day_words(change.day),
        note: change.note.clone(),
        made: format!("{} {}办理", instant_words(row.at), who(&app, &actor, row.account).await?),
        undone,
        facts: vec![
            ("转走的党员等", count(change.people, "人")),
            ("免去的职务", count(change.posts, "个")),
            ("终止的应办事项", count(change.dropped, "项（含随人转走的）")),
            ("新定的应办事项", count(change.made, "项（含随人转来的）")),
        ],
        units: change
            .after
            .iter()
            .map(|u| (Link::new(u.name.clone(), format!("/units/{}", u.id)), becomes(u)))
            .collect(),
    })
}

async fn find(app: &App, actor: &Actor, id: UnitChangeId) -> Result<UnitChangeRow, Fault> {
    match app.store.unit_change(actor.institution, id).await {
        Err(StoreError::NotFound) => Err(Fault::not_found("这次变动")),
        other => Ok(other?),
    }
}

async fn undo(State(app): State<App>, actor: Actor, Path(id): Path<UnitChangeId>) -> Reply {
    let row = find(&app, &actor, id).await?;
    let title = titled(&row.change, &actor.known.organisation);
    units::undo(&app, &actor, id, &title).await?;
    cookie::done(&format!("/org/changes/{id}"), &Said::new(format!("已撤回：{title}。")))
}
