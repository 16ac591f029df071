//! 组织: the tree of units.

use model::{UnitId, UnitKind};

use crate::fault::Reply;
use crate::identity::Actor;
use crate::permit::{Right, Route, Rule, get};
use crate::view::{Frame, Place, page};

/// The routes of this folder.
#[must_use]
pub(crate) fn routes() -> Vec<Route> {
    vec![get("/org", Rule::May(Right::SeeOrganisation), tree)]
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
    /// Whether the actor's role covers it.
    pub(crate) mine: bool,
}

/// The tree as rows, parents before children.
pub(crate) fn rows(actor: &Actor, right: Right) -> Vec<Branch> {
    let organisation = &actor.known.organisation;
    let mine = actor.units_for(right);
    let mut out = Vec::new();
    let mut open: Vec<(Option<UnitId>, usize)> = vec![(None, 0)];
    while let Some((parent, depth)) = open.pop() {
        if let Some(unit) = parent.and_then(|p| organisation.unit(p)) {
            out.push(Branch {
                id: unit.id,
                name: unit.name.clone(),
                kind: unit.kind,
                aliases: unit.aliases.join("、"),
                depth: depth - 1,
                mine: mine.contains(&unit.id),
            });
        }
        // Pushed last to first, so that the first comes out first.
        let children: Vec<_> = organisation.units.iter().filter(|u| u.parent == parent).collect();
        open.extend(children.iter().rev().map(|u| (Some(u.id), depth + 1)));
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
