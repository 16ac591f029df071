//! Who reads which case.

use model::rule::Privacy;
use store::{CaseRow, CaseSight, Scope};

use crate::{Actor, Right};

/// Which cases an account may read, for every query of them.
#[must_use]
pub fn sight(actor: &Actor) -> CaseSight {
    let restricted = match actor.scope_for(Right::SeeRestricted) {
        Scope::All => Scope::All,
        Scope::Units(mut units) => {
            units.extend(actor.own_units(Right::Record));
            Scope::Units(units)
        }
        Scope::Nothing | Scope::Own { .. } if actor.person.is_some() && actor.may(Right::SeeEntries) => {
            let own = actor.own_units(Right::Record);
            if own.is_empty() { own_cases(actor) } else { Scope::Units(own) }
        }
        other => other,
    };
    CaseSight { scope: actor.scope_for(Right::SeeEntries), restricted }
}

/// What is about the person themselves and nothing else.
fn own_cases(actor: &Actor) -> Scope {
    actor.person.map_or(Scope::Nothing, |person| Scope::Own { person, units: Default::default() })
}

/// Whether an account may read what records of a case say: its head is shown to whoever sees it in a list.
#[must_use]
pub fn reads(actor: &Actor, row: &CaseRow) -> bool {
    let privacy = match row.privacy.as_str() {
        "restricted" => Privacy::Restricted,
        "branch" => Privacy::Branch,
        _ => Privacy::Open,
    };
    let mine = row.subject == "person" && actor.person.is_some_and(|me| me.0 == row.subject_id);
    mine || crate::privacy::reads(actor, row.own, None, privacy)
}
