//! What of the business data an account may see: part of every query of it.

use std::collections::BTreeSet;

use model::{PersonId, UnitId};

use crate::sql::Parts;

/// Whose data is meant. There is no default: who asks must say.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The whole institution.
    All,
    /// These units, each named (a subtree is spelt out by `Organisation::subtree`).
    Units(BTreeSet<UnitId>),
    /// A member: the records of these units (their branch), and whatever they themselves took part in or owe.
    Own {
        /// Who.
        person: PersonId,
        /// Their branch, and its group.
        units: BTreeSet<UnitId>,
    },
    /// Nothing: the three administrators.
    Nothing,
}

impl Scope {
    /// Appends ` and (…)`: that the unit in `unit` is in the scope, or that `concerns` (a condition in which `$p`
    /// stands for the person) holds.
    pub(crate) fn narrow(&self, query: &mut Parts, unit: &str, concerns: &str) {
        match self {
            Self::All => {}
            Self::Nothing => query.push(" and 1 = 0"),
            Self::Units(units) => query.one_of(" and ", unit, units.iter().map(|u| u.0)),
            Self::Own { person, units } => {
                query.one_of(" and (", unit, units.iter().map(|u| u.0));
                let n = query.bind(person);
                query.push(" or ");
                query.push(&concerns.replace("$p", &format!("${n}")));
                query.push(")");
            }
        }
    }
}
