//! The tree of units as rows.

use model::{Organisation, UnitId, UnitKind};
use work::units::in_order;
use work::{Actor, Right};

/// A unit with those below it, as the tree shows it.
pub struct UnitRow {
    /// Identifier.
    pub id: UnitId,
    /// Name.
    pub name: String,
    /// Kind.
    pub kind: UnitKind,
    /// Other names.
    pub aliases: String,
    /// How deep it stands, from 0.
    pub depth: usize,
    /// Its page; empty when it is not in the actor's scope.
    pub href: String,
    /// Whether the actor's role covers it.
    pub mine: bool,
}

/// The tree of everything that is or was as rows, parents before children.
pub fn unit_rows(actor: &Actor, right: Right) -> Vec<UnitRow> {
    unit_rows_of(actor, right, &actor.known.organisation)
}

/// The same of these units, as they were on some day.
pub fn unit_rows_of(actor: &Actor, right: Right, organisation: &Organisation) -> Vec<UnitRow> {
    let mine = actor.units_for(right);
    in_order(organisation)
        .into_iter()
        .map(|(unit, depth)| UnitRow {
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
