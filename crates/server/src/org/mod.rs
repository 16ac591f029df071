//! 组织: the tree of units, and the page of each.

mod term;
mod unit;

use std::collections::HashMap;

use model::{Organisation, Unit, UnitId, UnitKind};

use crate::fault::Reply;
use crate::identity::Actor;
use crate::permit::{Right, Route, Rule, get};
use crate::view::{Frame, Place, page};

/// The routes of this folder.
#[must_use]
pub(crate) fn routes() -> Vec<Route> {
    let mut out = vec![get("/org", Rule::May(Right::SeeOrganisation), tree)];
    out.extend(unit::routes());
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

/// The tree as rows, parents before children.
pub(crate) fn rows(actor: &Actor, right: Right) -> Vec<Branch> {
    let organisation = &actor.known.organisation;
    let mine = actor.units_for(right);
    let units: HashMap<UnitId, &Unit> = organisation.units.iter().map(|u| (u.id, u)).collect();
    in_order(organisation)
        .into_iter()
        .filter_map(|(id, depth)| Some((units.get(&id)?, depth)))
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
pub(crate) fn in_order(organisation: &Organisation) -> Vec<(UnitId, usize)> {
    let mut below: HashMap<Option<UnitId>, Vec<UnitId>> = HashMap::new();
    for unit in &organisation.units {
        below.entry(unit.parent).or_default().push(unit.id);
    }
    // Pushed last to first, so that the first comes out first.
    let mut open: Vec<(UnitId, usize)> =
        below.remove(&None).unwrap_or_default().into_iter().rev().map(|id| (id, 0)).collect();
    let mut out = Vec::with_capacity(organisation.units.len());
    while let Some((id, depth)) = open.pop() {
        out.push((id, depth));
        let children = below.remove(&Some(id)).unwrap_or_default();
        open.extend(children.into_iter().rev().map(|child| (child, depth + 1)));
    }
    out
}

#[derive(askama::Template)]
#[template(path = "org/tree.html")]
struct TreePage {
    frame: Frame,
    rows: Vec<Branch>,
    kinds: Vec<(UnitKind, usize)>,
}

async fn tree(actor: Actor, frame: Frame) -> Reply {
    let rows = rows(&actor, Right::SeeOrganisation);
    let kinds = UnitKind::ALL
        .into_iter()
        .map(|k| (k, rows.iter().filter(|r| r.kind == k).count()))
        .filter(|(_, n)| *n > 0)
        .collect();
    page(&TreePage { frame: frame.titled("组织").at(Place::Organisation), rows, kinds })
}
