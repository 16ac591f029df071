//! Units: in order and in words; and what is done with them.
//!
//! - `table`: all of them as a table, and taking one in; `change`: founding, renaming, moving, merging, splitting, dissolving.
//! - `contact`: under which number a unit is called during work.

mod change;
mod contact;
mod table;

pub use change::{Followed, Mover, Regrouping, change, follow, undo};
pub use contact::set_phone;
pub use table::{
    COLS, Col, Line, Plan, Sheets, What, mark, of_sheets, plan, split, table, take_in, trait_titles,
};

use std::collections::{BTreeSet, HashMap};

use model::{Bearers, Organisation, OwnerRole, OwnerWords, Unit, UnitId, UnitKind};

/// Who bears an obligation: 党支部 40, 宣传部, 每名党员.
pub fn bearers(bearers: &Bearers, organisation: &Organisation, owing: usize) -> String {
    let mut words = Vec::new();
    if bearers.members {
        words.push("每名党员".to_owned());
    }
    if !bearers.posts.is_empty() {
        words.push(bearers.posts.iter().map(String::as_str).collect::<Vec<_>>().join("、"));
    }
    if !bearers.kinds.is_empty() && !bearers.members {
        let kinds = bearers.kinds.iter().map(|k| k.word()).collect::<Vec<_>>().join("、");
        words.push(if owing > 0 { format!("{kinds} {owing}") } else { kinds });
    }
    let names: Vec<&str> = organisation
        .units
        .iter()
        .filter(|u| bearers.units.contains(&u.id))
        .map(|u| u.name.as_str())
        .collect();
    match names.as_slice() {
        [] => {}
        [first, second, _, _, ..] => words.push(format!("{first}、{second}等 {} 个", names.len())),
        few => words.push(few.join("、")),
    }
    if words.is_empty() { "—".to_owned() } else { words.join("，") }
}

/// The names of the owners of one role, each once, in the order of the document.
pub fn owners(all: &[OwnerWords], role: OwnerRole) -> String {
    let mut names: Vec<&str> = Vec::new();
    for owner in all.iter().filter(|o| o.role == role) {
        if !names.contains(&owner.name.as_str()) {
            names.push(&owner.name);
        }
    }
    names.join("、")
}

/// A general branch with its branches, or the branches that stand under none.
pub struct Family {
    /// The general branch; none for those directly under the committee.
    pub head: Option<UnitId>,
    /// The branches below it, in order.
    pub branches: Vec<UnitId>,
}

/// The branches, family by family, of what was there on the day.
pub fn families(organisation: &Organisation, wanted: impl Fn(&Unit) -> bool) -> Vec<Family> {
    let by_id: HashMap<UnitId, &Unit> = organisation.units.iter().map(|u| (u.id, u)).collect();
    let is = |u: &Unit, kind: UnitKind| u.kind == kind && wanted(u);
    let mut out: Vec<Family> = Vec::new();
    let mut place: HashMap<UnitId, usize> = HashMap::new();
    for head in organisation.units.iter().filter(|u| is(u, UnitKind::GeneralBranch)) {
        place.insert(head.id, out.len());
        out.push(Family { head: Some(head.id), branches: Vec::new() });
    }
    let mut alone = Vec::new();
    for branch in organisation.units.iter().filter(|u| is(u, UnitKind::Branch)) {
        let (mut above, mut family) = (branch.parent, None);
        while let Some(unit) = above.and_then(|id| by_id.get(&id)) {
            family = place.get(&unit.id).or(family);
            above = unit.parent;
        }
        match family.and_then(|at| out.get_mut(*at)) {
            Some(family) => family.branches.push(branch.id),
            None => alone.push(branch.id),
        }
    }
    if !alone.is_empty() {
        out.push(Family { head: None, branches: alone });
    }
    out
}

/// The groups of each branch.
pub fn groups(organisation: &Organisation) -> HashMap<UnitId, Vec<UnitId>> {
    let mut out: HashMap<UnitId, Vec<UnitId>> = HashMap::new();
    for unit in organisation.units.iter().filter(|u| u.kind == UnitKind::Group) {
        if let Some(branch) = unit.parent {
            out.entry(branch).or_default().push(unit.id);
        }
    }
    out
}

/// A unit's name where the one above it has just been named: without that name before it.
pub fn name_below<'a>(name: &'a str, above: &str) -> &'a str {
    name.strip_prefix(above).filter(|rest| !rest.is_empty()).unwrap_or(name)
}

/// A unit and the groups below it: a branch answers for its groups.
pub fn with_groups(organisation: &Organisation, unit: UnitId) -> Vec<UnitId> {
    let mut out = vec![unit];
    if organisation.unit(unit).is_some_and(|u| u.kind == UnitKind::Branch) {
        out.extend(
            organisation
                .units
                .iter()
                .filter(|u| u.kind == UnitKind::Group && u.parent == Some(unit))
                .map(|u| u.id),
        );
    }
    out
}

/// The names of all units as [`full_name`] gives them, for lists that name many.
pub fn full_names(organisation: &Organisation) -> HashMap<UnitId, String> {
    let by_id: HashMap<UnitId, &Unit> = organisation.units.iter().map(|u| (u.id, u)).collect();
    let mut shared: HashMap<&str, usize> = HashMap::new();
    for unit in &organisation.units {
        *shared.entry(unit.name.as_str()).or_default() += 1;
    }
    let whole = |u: &Unit| match u.parent.and_then(|p| by_id.get(&p)) {
        Some(above) if shared.get(u.name.as_str()).is_some_and(|n| *n > 1) => {
            format!("{}{}", above.name, u.name)
        }
        _ => u.name.clone(),
    };
    organisation.units.iter().map(|u| (u.id, whole(u))).collect()
}

/// The units in whose names these words stand, with all below them.
pub fn named(organisation: &Organisation, words: &str) -> BTreeSet<UnitId> {
    let names = full_names(organisation);
    organisation.below(names.into_iter().filter(|(_, name)| name.contains(words)).map(|(id, _)| id).collect())
}

/// The name of a unit, with that of the unit above it where another has the same name.
pub fn full_name(organisation: &Organisation, unit: UnitId) -> String {
    let Some(found) = organisation.unit(unit) else { return String::new() };
    let shared = organisation.units.iter().filter(|u| u.name == found.name).nth(1).is_some();
    match found.parent.and_then(|p| organisation.unit(p)) {
        Some(above) if shared => format!("{}{}", above.name, found.name),
        _ => found.name.clone(),
    }
}

/// Every unit with how deep it stands, from 0: each before those below it, siblings in their own order.
pub fn in_order(organisation: &Organisation) -> Vec<(&Unit, usize)> {
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
