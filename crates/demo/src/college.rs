//! The invented college: its units, and those that another plan names and it lacks.

use std::collections::BTreeSet;

use anyhow::{Context as _, anyhow};
use compiler::resolve::{Resolution, Resolver};
use model::{Organisation, Plan, Unit, UnitKind};
use rulebook::Rulebook;

use super::chance::{Chance, id};

/// The college as `data/college.toml` has it.
pub(crate) fn college() -> anyhow::Result<Organisation> {
    compiler::org_from_toml(include_str!("../data/college.toml")).context("data/college.toml")
}

/// Adds, as departments, the units that `plan` names and the college lacks; their names in the order of the plan. A
/// name that is only like one of the college's is another unit: this college has no slips of the pen to mend.
pub(crate) fn add_lacking(
    org: &mut Organisation,
    plan: &Plan,
    rulebook: &Rulebook,
    base_millis: u64,
    seed: u64,
) -> anyhow::Result<Vec<String>> {
    let resolver = Resolver::new(org, rulebook);
    let mut seen = BTreeSet::new();
    let owners =
        plan.sections.iter().flat_map(|s| &s.owners).chain(plan.items.iter().flat_map(|i| &i.owners));
    let lacking: Vec<String> = owners
        .map(|o| o.name.clone())
        .filter(|name| matches!(resolver.resolve(name), Resolution::Unknown | Resolution::Like { .. }))
        .filter(|name| seen.insert(name.clone()))
        .collect();
    let root = org
        .units
        .iter()
        .find(|u| u.kind == UnitKind::Committee)
        .map(|u| u.id)
        .ok_or_else(|| anyhow!("data/college.toml has no committee"))?;
    let mut chance = Chance::new(seed, "lacking units");
    for (millis, name) in (base_millis..).zip(&lacking) {
        org.units.push(Unit {
            id: id!(UnitId, millis, chance),
            parent: Some(root),
            kind: UnitKind::Department,
            name: name.clone(),
            aliases: Vec::new(),
            traits: BTreeSet::new(),
            sort: i32::try_from(org.units.len()).unwrap_or(i32::MAX),
            founded: None,
            dissolved: None,
        });
    }
    Ok(lacking)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_college_is_as_large_as_it_is_said_to_be() {
        let org = college().expect("the built-in college");
        let count = |kinds: &[UnitKind]| org.units.iter().filter(|u| kinds.contains(&u.kind)).count();
        assert_eq!(count(&[UnitKind::Committee]), 1);
        assert_eq!(count(&[UnitKind::GeneralBranch]), 6);
        assert_eq!(count(&[UnitKind::Branch]), 40);
        // 纪委 stands beside the departments.
        assert_eq!(count(&[UnitKind::Department, UnitKind::MassOrganisation, UnitKind::Discipline]), 24);
    }
}
