//! The units that an item names, resolved.

use std::collections::{BTreeSet, HashMap};

use model::{Bearers, Item, Organisation, OwnerRole, OwnerWords, UnitId, UnitKind};

use crate::resolve::{Resolution, Resolver};

/// A unit named on an item, and what it means.
#[derive(Clone, Debug)]
pub(crate) struct Owner<'p> {
    pub(crate) words: &'p OwnerWords,
    pub(crate) resolution: Resolution,
    /// The unit meant or likely meant.
    pub(crate) unit: Option<UnitId>,
    /// Kind of the unit, or kinds of the collective.
    pub(crate) kinds: BTreeSet<UnitKind>,
    pub(crate) traits: BTreeSet<String>,
    pub(crate) members: bool,
}

/// Resolves the names of a document, each once.
#[derive(Debug)]
pub(crate) struct OwnerReader<'a> {
    resolver: Resolver<'a>,
    kinds: HashMap<UnitId, UnitKind>,
    known: HashMap<String, Resolution>,
}

impl<'a> OwnerReader<'a> {
    pub(crate) fn new(resolver: Resolver<'a>, organisation: &Organisation) -> Self {
        let kinds = organisation.units.iter().map(|u| (u.id, u.kind)).collect();
        Self { resolver, kinds, known: HashMap::new() }
    }

    /// What it resolves names with.
    pub(crate) fn resolver(&self) -> &Resolver<'a> {
        &self.resolver
    }

    fn resolve(&mut self, name: &str) -> Resolution {
        if let Some(known) = self.known.get(name) {
            return known.clone();
        }
        let resolution = self.resolver.resolve(name);
        self.known.insert(name.to_owned(), resolution.clone());
        resolution
    }

    pub(crate) fn read<'p>(&mut self, item: &'p Item) -> Vec<Owner<'p>> {
        let mut out: Vec<Owner<'p>> = Vec::with_capacity(item.owners.len());
        for words in &item.owners {
            // A unit that both leads and answers is named once, by the role that comes first.
            if out.iter().any(|o| o.words.name == words.name) {
                continue;
            }
            let resolution = self.resolve(&words.name);
            let mut owner = Owner {
                words,
                unit: None,
                kinds: BTreeSet::new(),
                traits: BTreeSet::new(),
                members: false,
                resolution: resolution.clone(),
            };
            match resolution {
                Resolution::Unit(unit) | Resolution::Like { unit, .. } => {
                    owner.unit = Some(unit);
                    owner.kinds.extend(self.kinds.get(&unit));
                }
                Resolution::Collective { kinds, traits, members } => {
                    (owner.kinds, owner.traits, owner.members) = (kinds, traits, members);
                }
                Resolution::Unknown if !self.resolver.knows_units() => {
                    owner.kinds.insert(kind_by_name(&words.name));
                }
                Resolution::Unknown => {}
            }
            out.push(owner);
        }
        out
    }
}

/// The kind of a unit by the sound of its name, for want of an organisation.
fn kind_by_name(name: &str) -> UnitKind {
    let ends = |words: &[&str]| words.iter().any(|w| name.ends_with(w));
    if ends(&["纪委", "纪律检查委员会"]) {
        UnitKind::Discipline
    } else if ends(&["党小组"]) {
        UnitKind::Group
    } else if ends(&["支部"]) {
        UnitKind::Branch
    } else if ends(&["党总支", "二级党组织", "院党委", "系党委"]) {
        UnitKind::GeneralBranch
    } else if ends(&["党委"]) {
        UnitKind::Committee
    } else if ends(&["团委", "工会", "学生会", "妇联", "妇委会", "联合会"]) {
        UnitKind::MassOrganisation
    } else {
        UnitKind::Department
    }
}

/// Bearers made of some of the owners, and their names as printed.
pub(crate) fn bearers_of<'o>(
    owners: impl IntoIterator<Item = &'o Owner<'o>>,
    kept_by: Option<&[UnitKind]>,
) -> (Bearers, Vec<String>) {
    let mut bearers = Bearers::default();
    let mut names = Vec::new();
    for owner in owners {
        if let Some(kinds) = kept_by
            && !owner.kinds.iter().any(|k| kinds.contains(k))
        {
            continue;
        }
        match &owner.resolution {
            Resolution::Unit(_) | Resolution::Like { .. } => bearers.units.extend(owner.unit),
            Resolution::Collective { .. } => {
                bearers
                    .kinds
                    .extend(owner.kinds.iter().filter(|k| kept_by.is_none_or(|kept| kept.contains(k))));
                bearers.with.extend(owner.traits.iter().cloned());
                bearers.members |= owner.members && kept_by.is_none();
            }
            Resolution::Unknown => {}
        }
        names.push(owner.words.name.clone());
    }
    (bearers, names)
}

/// Owners that lead.
pub(crate) fn leads<'o, 'p>(owners: &'o [Owner<'p>]) -> impl Iterator<Item = &'o Owner<'p>> {
    owners.iter().filter(|o| o.words.role == OwnerRole::Lead)
}
