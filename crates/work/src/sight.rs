//! Which duties somebody may see, and whose are their own.

use std::collections::BTreeSet;

use jiff::civil::Date;
use model::{Obligation, PersonId, Role, UnitId, UnitKind};
use runtime::{Line, Pick};
use store::Scope;

use crate::actor::Actor;
use crate::fault::Fault;
use crate::right::Right;
use crate::state::Work;
use crate::year::{Lensed, Year};

/// What of the board an account may see. Every list and every number of duties is asked through it, so that the
/// number equals the length of the list for everybody.
pub struct Sight {
    /// All of these units' duties, their people's included; none for everything.
    wide: Option<BTreeSet<UnitId>>,
    /// A member: their own duties, and those of their branch itself.
    own: Option<(PersonId, BTreeSet<UnitId>)>,
    /// The units that the account leads for: what they lead they see, whoever bears it.
    leads: BTreeSet<UnitId>,
}

impl Sight {
    /// What `actor` may see.
    #[must_use]
    pub fn of(actor: &Actor) -> Self {
        let wide = match actor.scope_for(Right::SeeBoard) {
            Scope::All => None,
            Scope::Units(units) => Some(units),
            Scope::Own { units, .. } => Some(units),
            Scope::Nothing => Some(BTreeSet::new()),
        };
        let own = match actor.scope_for(Right::SeeMonth) {
            Scope::Own { person, units } => Some((person, units)),
            _ => None,
        };
        Self { wide, own, leads: actor.leads() }
    }

    /// Whether nothing is hidden.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.wide.is_none()
    }

    /// Whether all duties of this unit are seen, its people's included.
    #[must_use]
    pub fn covers(&self, unit: UnitId) -> bool {
        self.wide.as_ref().is_none_or(|units| units.contains(&unit))
    }

    fn leads(&self, obligation: Option<&Obligation>) -> bool {
        obligation.is_some_and(|o| o.lead.iter().any(|u| self.leads.contains(u)))
    }

    /// Whether a duty of this unit (and person) under this obligation may be seen.
    #[must_use]
    pub fn sees(&self, unit: UnitId, person: Option<PersonId>, obligation: Option<&Obligation>) -> bool {
        self.covers(unit)
            || self.own.as_ref().is_some_and(|(me, units)| match person {
                // What a unit owes about somebody is for those who do it, not for members, and least for whom it is about.
                Some(p) => p == *me && obligation.is_none_or(|o| o.bearers.are_people()),
                None => units.contains(&unit),
            })
            || self.leads(obligation)
    }

    /// The duties meant that may be seen, by due day.
    #[must_use]
    pub fn list(&self, year: &Year, board: &Lensed<'_>, pick: &Pick, on: Date) -> Vec<Line> {
        self.keep(year, board.list(pick, on))
    }

    /// 本月该做什么 of the duties meant that may be seen.
    #[must_use]
    pub fn this_month(&self, year: &Year, board: &Lensed<'_>, pick: &Pick, on: Date) -> Vec<Line> {
        self.keep(year, board.this_month(pick, on))
    }

    fn keep(&self, year: &Year, mut lines: Vec<Line>) -> Vec<Line> {
        if self.wide.is_some() {
            lines.retain(|l| self.sees(l.unit, l.person, year.obligation(l.obligation)));
        }
        lines
    }
}

/// The units whose month somebody means when they name none: those that their role was given over, with the groups of
/// a branch; of the Party office (whose role is over everything), the units in which they hold a post.
///
/// # Errors
/// When the store cannot read.
pub async fn own_units(work: &Work, actor: &Actor) -> Result<BTreeSet<UnitId>, Fault> {
    let organisation = &actor.known.organisation;
    let is_root = |u: &UnitId| organisation.unit(*u).is_some_and(|u| u.parent.is_none());
    let mut units = actor.own_units(Right::Record);
    if actor.is(Role::Office)
        && let Some(person) = actor.person
    {
        let posts = work.store.posts_on(actor.institution, &Scope::All, work.clock.today()).await?;
        let held: BTreeSet<UnitId> =
            posts.iter().filter(|p| p.person == person && !is_root(&p.unit)).map(|p| p.unit).collect();
        let covered = actor.units_for(Right::Record);
        if held.iter().any(|u| covered.contains(u)) {
            units.retain(|u| !is_root(u));
            units.extend(held.intersection(&covered));
        }
    }
    let groups: Vec<UnitId> = organisation
        .units
        .iter()
        .filter(|u| u.kind == UnitKind::Group && u.parent.is_some_and(|p| units.contains(&p)))
        .map(|u| u.id)
        .collect();
    units.extend(groups);
    Ok(units)
}
