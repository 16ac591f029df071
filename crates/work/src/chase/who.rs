//! Who releases a rung, and to whom it goes.

use model::flow::Who;
use model::follow::{Addressee, Rung};
use model::{PersonId, Role, UnitId};
use runtime::ladder::recipients;
use serde::{Deserialize, Serialize};

use super::read::{Chasing, Item};
use crate::{Actor, Right, Work};

/// One who gets something, as it is kept with the rung.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Told {
    /// The unit.
    pub unit: UnitId,
    /// The person; none where whoever acts for the unit is meant.
    pub person: Option<PersonId>,
    /// The person's name.
    pub name: String,
    /// Whether only a copy.
    pub copy: bool,
    /// Whether it goes there because nobody holds the post in the unit that owes it.
    pub vacant: bool,
}

impl Told {
    /// To whom a rung goes for something, and who has a copy: each once, whom it is for before the copies.
    #[must_use]
    pub fn of(work: &Work, chasing: &Chasing, item: &Item, rung: &Rung) -> Vec<Self> {
        let world = chasing.world(work);
        let of = |list: &[Addressee], copy: bool| -> Vec<Self> {
            let found = recipients(list, item.unit, item.opened_by, &[], &world, chasing.day);
            let name = |id: PersonId| world.people.get(&id).map_or(String::new(), |p| p.name.clone());
            let one = |r: runtime::ladder::Recipient| Self {
                unit: r.unit,
                person: r.person,
                name: r.person.map(name).unwrap_or_default(),
                copy,
                vacant: r.vacant,
            };
            found.into_iter().map(one).collect()
        };
        let mut out = of(&rung.to, false);
        let copies = of(&rung.copy, true);
        let already = |c: &Self, out: &[Self]| out.iter().any(|t| (t.unit, t.person) == (c.unit, c.person));
        for copy in copies {
            if !already(&copy, &out) {
                out.push(copy);
            }
        }
        out
    }
}

/// The units that are meant by a `by` of the ladder for something.
fn units(work: &Work, chasing: &Chasing, item: &Item, by: &Who) -> Vec<UnitId> {
    chasing.world(work).units_of(by, item.unit, item.opened_by, &[], chasing.day).0
}

/// The units that release the next rung.
#[must_use]
pub fn releases(work: &Work, chasing: &Chasing, item: &Item) -> Vec<UnitId> {
    let by = item.next.as_ref().and_then(|n| n.rung.by.as_ref());
    by.map(|by| units(work, chasing, item, by)).unwrap_or_default()
}

/// Whether an account acts for whom the ladder names: the one place of this rule. For a role of `roles.toml` that names a role
/// of accounts it is those, where their grant reaches its unit (or no unit has the role); else, and beside them, whoever was
/// given that very unit.
fn acts_for(work: &Work, actor: &Actor, chasing: &Chasing, item: &Item, by: &Who) -> bool {
    if !actor.may(Right::Release) {
        return false;
    }
    let units = units(work, chasing, item, by);
    let account = match by {
        Who::Role(id) => work.rulebook.roles().roles.iter().find(|r| r.id == *id).and_then(|r| r.account),
        _ => None,
    };
    if let Some(wanted) = account {
        let reaches =
            |over: UnitId| units.is_empty() || units.iter().any(|u| actor.known.is_below(*u, &[over].into()));
        return actor.grants.iter().any(|(role, over)| match role {
            Role::Lead => units.contains(over),
            role => *role == wanted && reaches(*over),
        });
    }
    let own = actor.own_units(Right::Record);
    units.iter().any(|u| own.contains(u))
}

/// Whether an account may release the next rung of something, or leave it out.
#[must_use]
pub fn may_release(work: &Work, actor: &Actor, chasing: &Chasing, item: &Item) -> bool {
    let by = item.next.as_ref().and_then(|n| n.rung.by.as_ref());
    by.is_some_and(|by| acts_for(work, actor, chasing, item, by))
}

/// Whether an account may hold the next rung of something, let it go again, and note that somebody was called.
#[must_use]
pub fn may_hold(work: &Work, actor: &Actor, chasing: &Chasing, item: &Item) -> bool {
    let hold = chasing.chase.as_ref().and_then(|c| c.hold.as_ref());
    hold.is_some_and(|(by, _)| acts_for(work, actor, chasing, item, by))
}
