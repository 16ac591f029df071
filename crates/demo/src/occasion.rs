//! Something that a unit did on a day: what its record will be opened from, and which ledgers it serves.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use model::{AccountId, DutyId, PersonId, UnitId};

/// A meeting, a talk, a paper: one record to be.
#[derive(Clone, Debug)]
pub(crate) struct Occasion {
    /// Whose record.
    pub(crate) unit: UnitId,
    /// The ledgers that it serves; the first is the one that it is opened from.
    pub(crate) ledgers: Vec<String>,
    /// What the records must say to count.
    pub(crate) condition: BTreeMap<String, String>,
    /// When it happened.
    pub(crate) day: Date,
    /// When it was entered, and by whom.
    pub(crate) entered: Timestamp,
    pub(crate) by: AccountId,
    /// The duty from whose line the form was opened.
    pub(crate) opened_from: Option<DutyId>,
    /// Short name of what was asked.
    pub(crate) about: String,
    /// The clause's words.
    pub(crate) clause: String,
    /// Who should come, when it is not simply the unit's people.
    pub(crate) people: Option<Vec<PersonId>>,
    /// Whether it is about each of these people, and says something of each.
    pub(crate) of_each: bool,
    /// Whether it is kept only if it counts for something: what is made up later counts only once the present is done.
    pub(crate) only_if_credited: bool,
}

/// Ledgers whose meetings are for every member, and so may be one afternoon.
const FOR_ALL: [&str; 7] = [
    "theme-day",
    "branch-assembly",
    "party-lecture",
    "organisation-life",
    "member-review",
    "study-session",
    "training",
];

/// Whether everybody in the unit comes.
pub(crate) fn is_for_all(ledger: &str) -> bool {
    FOR_ALL.contains(&ledger)
}

impl Occasion {
    /// Whether a record of `ledger` saying `condition` can be the same record, by the `together` of either ledger.
    pub(crate) fn takes(
        &self,
        ledger: &model::rule::Ledger,
        condition: &BTreeMap<String, String>,
        of: impl Fn(&str) -> Vec<String>,
    ) -> bool {
        let together = |mine: &String| ledger.together.contains(mine) || of(mine).contains(&ledger.id);
        !self.ledgers.contains(&ledger.id)
            && is_for_all(&ledger.id)
            && self.ledgers.iter().all(|l| is_for_all(l))
            && self.ledgers.iter().any(together)
            && condition.iter().all(|(field, says)| self.condition.get(field).is_none_or(|s| s == says))
    }
}
