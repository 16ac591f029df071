//! The person behind a request.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use model::{AccountId, InstitutionId, PersonId, Role, UnitId};
use store::Scope;

use crate::app::{App, Known};
use crate::fault::Fault;
use crate::permit::Right;

/// Who asks, and what they may. A handler that takes one runs only after its route's rule has let it in.
#[derive(Clone, Debug)]
pub struct Actor {
    /// The account.
    pub account: AccountId,
    /// Its institution.
    pub institution: InstitutionId,
    /// The person on the roster, when the account belongs to one.
    pub person: Option<PersonId>,
    /// The name to sign in with.
    pub login: String,
    /// The name to show.
    pub name: String,
    /// Where the request came from.
    pub address: String,
    /// Whether the password must be changed before anything else.
    pub password_due: bool,
    /// The institution's units.
    pub known: Arc<Known>,
    pub(crate) session: [u8; 32],
    pub(crate) grants: Arc<[(Role, UnitId)]>,
    pub(crate) right: Option<Right>,
}

impl Actor {
    pub(crate) fn at(mut self, right: Option<Right>) -> Self {
        self.right = right;
        self
    }

    /// The roles that are held, each once.
    pub fn roles(&self) -> impl Iterator<Item = Role> {
        self.grants.iter().map(|(r, _)| *r).collect::<BTreeSet<_>>().into_iter()
    }

    /// Whether this role is held.
    #[must_use]
    pub fn is(&self, role: Role) -> bool {
        self.grants.iter().any(|(r, _)| *r == role)
    }

    /// Whether a role is held that includes this right.
    #[must_use]
    pub fn may(&self, right: Right) -> bool {
        right.allows(self.grants.iter().map(|(r, _)| *r))
    }

    /// The units over which a role is held that includes this right, with all below them.
    #[must_use]
    pub fn units_for(&self, right: Right) -> BTreeSet<UnitId> {
        self.known.below(self.grants_for(right).map(|(_, u)| u))
    }

    /// The units that were named in the grants with this right, without those below them: the secretary's own branch,
    /// the leading department.
    #[must_use]
    pub fn own_units(&self, right: Right) -> BTreeSet<UnitId> {
        self.grants_for(right).map(|(_, u)| u).collect()
    }

    /// The units that this person leads for: items of the plan with one of these as 牵头部门 are theirs to see whoever bears them.
    #[must_use]
    pub fn leads(&self) -> BTreeSet<UnitId> {
        self.grants.iter().filter(|(r, _)| *r == Role::Lead).map(|(_, u)| *u).collect()
    }

    /// What of the business data this route may show: goes into every query of the store.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.right.map_or(Scope::Nothing, |r| self.scope_for(r))
    }

    /// The scope for another right than the route's.
    #[must_use]
    pub fn scope_for(&self, right: Right) -> Scope {
        let mut grants = self.grants_for(right).filter(|(r, _)| !r.is_admin()).peekable();
        if grants.peek().is_none() {
            return Scope::Nothing;
        }
        let mut units = BTreeSet::new();
        let mut member = false;
        for (role, unit) in grants {
            let root = self.known.organisation.unit(unit).is_some_and(|u| u.parent.is_none());
            if role == Role::Member {
                member = true;
            } else if root {
                return Scope::All;
            }
            units.extend(self.known.below([unit]));
        }
        match self.person {
            Some(person) if member => Scope::Own { person, units },
            _ => Scope::Units(units),
        }
    }

    /// Whether this right covers that unit.
    #[must_use]
    pub fn covers(&self, right: Right, unit: UnitId) -> bool {
        self.known.is_below(unit, &self.grants_for(right).map(|(_, unit)| unit).collect())
    }

    /// This right over that unit, or a refusal in words.
    ///
    /// # Errors
    /// [`Fault::NotFound`] when the unit is not covered: outside one's scope looks like not being there.
    pub fn must_cover(&self, right: Right, unit: UnitId) -> Result<(), Fault> {
        if self.covers(right, unit) { Ok(()) } else { Err(Fault::not_found("这个组织")) }
    }

    /// The act that goes into the audit chain with a write: `actor.act(&app, "entry.save").on(id)`.
    #[must_use]
    pub fn act(&self, app: &App, action: &str) -> store::Act {
        store::Act::new(Some(self.account), &self.address, app.clock.now(), action)
    }

    fn grants_for(&self, right: Right) -> impl Iterator<Item = (Role, UnitId)> {
        self.grants.iter().copied().filter(move |(r, _)| right.roles().contains(r))
    }
}

impl FromRequestParts<App> for Actor {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Fault> {
        parts.extensions.get::<Self>().cloned().ok_or(Fault::SignIn)
    }
}

/// For public pages: somebody may be signed in or not.
impl OptionalFromRequestParts<App> for Actor {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Option<Self>, Fault> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}
