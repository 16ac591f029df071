//! Who reads what of a record. Every way out asks here: page, list, column, order, filter, search, excerpt, spreadsheet,
//! print, history, files, forms.

use std::collections::{BTreeMap, BTreeSet};

use model::rule::{FieldType, Privacy};
use model::{Entry, PersonId, Role, UnitId, Value};
use store::{Closed, Named, Scope};

use crate::{Actor, Right, Work};

/// Whether an account may read a field of this privacy in a record: the narrow ones only those who keep the unit's
/// ledgers, the discipline committee, whoever wrote the record, and the person concerned.
pub fn reads(actor: &Actor, unit: UnitId, entry: Option<&Entry>, privacy: Privacy) -> bool {
    match privacy {
        Privacy::Open => true,
        Privacy::Branch => actor.covers(Right::SeeEntries, unit),
        Privacy::Restricted => {
            let concerned = |e: &Entry| {
                e.entered_by == actor.account
                    || actor.person.is_some_and(|me| {
                        e.values.values().any(|v| matches!(v, Value::Person { id: Some(p), .. } if *p == me))
                    })
            };
            actor.covers(Right::SeeRestricted, unit)
                || actor.own_units(Right::Record).contains(&unit)
                || entry.is_some_and(concerned)
        }
    }
}

/// Whether an account may read this field of this record.
pub fn may_read(work: &Work, actor: &Actor, entry: &Entry, field: &str) -> bool {
    reads(actor, entry.unit, Some(entry), runtime::privacy_of(entry, field, &work.rulebook))
}

/// The record without what the account may not read: what is shown or computed of it gives nothing away.
pub fn readable(work: &Work, actor: &Actor, entry: &Entry) -> Entry {
    let mut out = entry.clone();
    out.values.retain(|field, _| may_read(work, actor, entry, field));
    out
}

/// Whether a record is for few: one of its ledgers has a field that only those who keep it may read. Its title and the
/// names of its files say as much as the field, and go into no log.
pub fn is_for_few(work: &Work, entry: &Entry) -> bool {
    let fields = work.rulebook.ledgers_of(entry).into_iter().flat_map(|l| &l.fields);
    fields
        .map(|f| f.id.as_str())
        .any(|id| runtime::privacy_of(entry, id, &work.rulebook) == Privacy::Restricted)
}

/// The units of whose records the account may read every field of this privacy; none when that is all units.
fn read_units(actor: &Actor, privacy: Privacy) -> Option<BTreeSet<UnitId>> {
    let right = match privacy {
        Privacy::Open => return None,
        // Whoever is no member sees only records of units that this right covers.
        Privacy::Branch if !actor.is(Role::Member) => return None,
        Privacy::Branch => Right::SeeEntries,
        Privacy::Restricted => Right::SeeRestricted,
    };
    if actor.scope_for(right) == Scope::All {
        return None;
    }
    let mut units = actor.units_for(right);
    if privacy == Privacy::Restricted {
        units.extend(actor.own_units(Right::Record));
    }
    Some(units)
}

/// Whether there is any unit of whose records the account may read fields of this privacy.
pub fn reads_any(actor: &Actor, privacy: Privacy) -> bool {
    read_units(actor, privacy).is_none_or(|units| !units.is_empty())
}

/// In which records a field is closed to the account, so that it finds none by it: where any of a record's ledgers has it
/// narrower than the account may read in the record's unit.
pub fn closed(work: &Work, actor: &Actor, field: &str) -> Vec<Closed> {
    let mut narrow: BTreeMap<Privacy, BTreeSet<String>> = BTreeMap::new();
    for form in work.rulebook.ledger_forms() {
        if let Some(privacy) = runtime::narrowest([form], field) {
            narrow.entry(privacy).or_default().insert(form.id.clone());
        }
    }
    narrow
        .into_iter()
        .filter_map(|(privacy, ledgers)| {
            let but = read_units(actor, privacy)?;
            Some(Closed { field: field.to_owned(), ledgers, but })
        })
        .collect()
}

/// Somebody by whom the account looks for records: found where it may read the field that names them, or is that person.
pub fn named(work: &Work, actor: &Actor, person: PersonId) -> Named {
    if actor.person == Some(person) {
        return Named { person, closed: Vec::new() };
    }
    let fields = work.rulebook.ledger_forms().flat_map(|l| &l.fields);
    let of_people = fields.filter(|f| matches!(f.kind, FieldType::Person | FieldType::People));
    let ids: BTreeSet<&str> = of_people.map(|f| f.id.as_str()).collect();
    Named { person, closed: ids.into_iter().flat_map(|id| closed(work, actor, id)).collect() }
}
