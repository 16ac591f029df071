//! Who confirms a record.

use model::rule::Ledger;
use model::{Entry, Organisation, UnitId, UnitKind};

/// The unit that has to confirm a record: the next Party organisation above its own, where one of its ledgers (as they
/// were on its day) asks for that. None when nobody is asked, or nobody is above.
#[must_use]
pub fn confirmed_by(entry: &Entry, ledgers: &[&Ledger], organisation: &Organisation) -> Option<UnitId> {
    if !ledgers.iter().any(|l| l.confirmed_above) {
        return None;
    }
    let mut at = organisation.unit(entry.unit)?.parent;
    // A tree is not deeper than it has units: a loop in it ends all the same.
    for _ in 0..organisation.units.len() {
        let unit = organisation.unit(at?)?;
        if matches!(unit.kind, UnitKind::Branch | UnitKind::GeneralBranch | UnitKind::Committee) {
            return Some(unit.id);
        }
        at = unit.parent;
    }
    None
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use model::{AccountId, EntryId, Unit};

    use super::*;

    #[test]
    fn the_next_party_organisation_above_confirms() {
        let unit = |kind, parent: Option<UnitId>| Unit {
            id: UnitId::fresh(),
            parent,
            kind,
            name: String::new(),
            aliases: Vec::new(),
            traits: std::collections::BTreeSet::new(),
            sort: 0,
            founded: None,
            dissolved: None,
        };
        let committee = unit(UnitKind::Committee, None);
        let office = unit(UnitKind::Department, Some(committee.id));
        let general = unit(UnitKind::GeneralBranch, Some(committee.id));
        let branch = unit(UnitKind::Branch, Some(general.id));
        let group = unit(UnitKind::Group, Some(branch.id));
        let of_office = unit(UnitKind::Branch, Some(office.id));
        let organisation = Organisation {
            name: String::new(),
            units: vec![
                committee.clone(),
                office,
                general.clone(),
                branch.clone(),
                group.clone(),
                of_office.clone(),
            ],
        };
        let ledger = |confirmed_above| Ledger { confirmed_above, ..Ledger::new("x", "样例", vec![]) };
        let entry = |unit: UnitId| Entry {
            id: EntryId::fresh(),
            unit,
            ledgers: vec!["member-review".to_owned()],
            day: jiff::civil::date(2026, 4, 20),
            title: String::new(),
            values: BTreeMap::new(),
            revision: 1,
            entered_at: jiff::Timestamp::UNIX_EPOCH,
            entered_by: AccountId::fresh(),
            revised_at: jiff::Timestamp::UNIX_EPOCH,
            withdrawn: false,
        };
        let (asks, plain) = (ledger(true), ledger(false));
        let by = |unit: &Unit, ledgers: &[&Ledger]| confirmed_by(&entry(unit.id), ledgers, &organisation);
        assert_eq!(by(&branch, &[&plain, &asks]), Some(general.id));
        assert_eq!(by(&group, &[&asks]), Some(branch.id));
        assert_eq!(by(&general, &[&asks]), Some(committee.id));
        assert_eq!(by(&of_office, &[&asks]), Some(committee.id), "a department is no Party organisation");
        assert_eq!(by(&committee, &[&asks]), None, "nobody is above");
        assert_eq!(by(&branch, &[&plain]), None);
    }
}
