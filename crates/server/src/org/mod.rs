//! 组织: the tree of units, the page of each, and what changes them.

mod change;
pub(crate) mod term;
mod unit;

use std::collections::HashMap;

use axum::extract::State;
use model::{Organisation, Unit, UnitId, UnitKind};
use web::extract::Query;
use web::permit::{Right, Route, Rule, get};
use web::view::{Frame, Place, long_day_words, page};
use web::{App, Reply};
use work::Actor;

use crate::board::plan_runs::{dated, day_of};

/// The routes of this folder.
#[must_use]
pub(crate) fn routes() -> Vec<Route> {
    let mut out = vec![get("/org", Rule::May(Right::SeeOrganisation), tree)];
    out.extend(unit::routes());
    out.extend(change::routes());
    out
}

/// A unit with those below it, as the tree shows it.
pub(crate) struct Branch {
    /// Identifier.
    pub(crate) id: UnitId,
    /// Name.
    pub(crate) name: String,
    /// Kind.
    pub(crate) kind: UnitKind,
    /// Other names.
    pub(crate) aliases: String,
    /// How deep it stands, from 0.
    pub(crate) depth: usize,
    /// Its page; empty when it is not in the actor's scope.
    pub(crate) href: String,
    /// Whether the actor's role covers it.
    pub(crate) mine: bool,
}

/// The tree of everything that is or was as rows, parents before children.
pub(crate) fn rows(actor: &Actor, right: Right) -> Vec<Branch> {
    rows_of(actor, right, &actor.known.organisation)
}

fn rows_of(actor: &Actor, right: Right, organisation: &Organisation) -> Vec<Branch> {
    let mine = actor.units_for(right);
    in_order(organisation)
        .into_iter()
        .map(|(unit, depth)| Branch {
            id: unit.id,
            name: unit.name.clone(),
            kind: unit.kind,
            aliases: unit.aliases.join("、"),
            depth,
            href: if mine.contains(&unit.id) { format!("/units/{}", unit.id) } else { String::new() },
            mine: mine.contains(&unit.id),
        })
        .collect()
}

/// Every unit with how deep it stands, from 0: each before those below it, siblings in their own order.
pub(crate) fn in_order(organisation: &Organisation) -> Vec<(&Unit, usize)> {
    let mut below: HashMap<Option<UnitId>, Vec<&Unit>> = HashMap::new();
    for unit in &organisation.units {
        below.entry(unit.parent).or_default().push(unit);
    }
    // Pushed last to first, so that the first comes out first.
    let mut open: Vec<(&Unit, usize)> =
        below.remove(&None).unwrap_or_default().into_iter().rev().map(|u| (u, 0)).collect();
    let mut out = Vec::with_capacity(organisation.units.len());
    while let Some((unit, depth)) = open.pop() {
        out.push((unit, depth));
        let children = below.remove(&Some(unit.id)).unwrap_or_default();
        open.extend(children.into_iter().rev().map(|child| (child, depth + 1)));
    }
    out
}

/// A unit that is no more on the day.
struct Gone {
    name: String,
    href: String,
    words: String,
}

#[derive(askama::Template)]
#[template(path = "org/tree.html")]
struct TreePage {
    frame: Frame,
    rows: Vec<Branch>,
    kinds: Vec<(UnitKind, usize)>,
    gone: Vec<Gone>,
    on: String,
    changes: bool,
}

async fn tree(State(app): State<App>, actor: Actor, frame: Frame, Query(query): Query) -> Reply {
    let today = app.clock.today();
    let (on, unread) = day_of(&query, today);
    let organisation = actor.known.on(on);
    let lives: HashMap<UnitId, &Unit> = organisation.units.iter().map(|u| (u.id, u)).collect();
    let mut rows = rows_of(&actor, Right::SeeOrganisation, &organisation);
    let mut gone = Vec::new();
    rows.retain(|r| {
        let Some(unit) = lives.get(&r.id) else { return false };
        // One that was taken back stood on no day; one not founded yet is not there either.
        if let Some(day) = unit.dissolved.filter(|d| *d <= on && unit.stood()) {
            let words = format!("{}撤销", long_day_words(day));
            gone.push(Gone { name: r.name.clone(), href: r.href.clone(), words });
        }
        unit.exists_on(on)
    });
    let kinds = UnitKind::ALL
        .into_iter()
        .map(|k| (k, rows.iter().filter(|r| r.kind == k).count()))
        .filter(|(_, n)| *n > 0)
        .collect();
    let frame = dated(frame.titled("组织"), "/org", &query, on, today, unread).at(Place::Organisation);
    let changes = actor.may(Right::ChangeUnits);
    page(&TreePage { frame, rows, kinds, gone, on: on.to_string(), changes })
}
