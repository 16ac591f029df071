//! The person behind an act.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;
use model::{AccountId, InstitutionId, Membership, PersonId, Post, Role, UnitId, UnitKind};
use store::{Account, Grant, Scope, StoreError};

use crate::clock::day_of;
use crate::fault::Fault;
use crate::known::Known;
use crate::right::Right;
use crate::state::Work;

/// Who acts, and what they may.
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
    /// SHA-256 of the token of their session; all noughts without one.
    pub session: [u8; 32],
    /// The roles that are in force today, each with its unit.
    pub grants: Arc<[(Role, UnitId)]>,
    /// The right that let them in: of the route, or of the command.
    pub right: Option<Right>,
}

impl Actor {
    /// The account with what it may do now, without a session: nothing that is done so can be taken back as something of a
    /// session. Whether it was disabled is for whoever asks.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn of(work: &Work, account: Account, address: &str) -> Result<Self, Fault> {
        let known = work.known(account.institution).await?;
        let grants = in_force(work, &known, &account).await?;
        Ok(Self {
            account: account.id,
            institution: account.institution,
            person: account.person,
            login: account.login,
            name: account.name,
            address: address.to_owned(),
            password_due: false,
            known,
            session: [0; 32],
            grants: grants.into(),
            right: None,
        })
    }

    /// The account behind a job, with what it may do now: it was asked for in its name, and is done in it. None when the account
    /// is no more or was disabled.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn of_account(
        work: &Work,
        institution: InstitutionId,
        account: AccountId,
        address: &str,
    ) -> Result<Option<Self>, Fault> {
        match work.store.account(institution, account).await {
            Ok(account) if account.disabled_at.is_none() => Ok(Some(Self::of(work, account, address).await?)),
            Ok(_) | Err(StoreError::NotFound) => Ok(None),
            Err(other) => Err(other.into()),
        }
    }

    /// The same, let in by this right.
    #[must_use]
    pub fn at(mut self, right: Option<Right>) -> Self {
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

    /// This right, over whatever units, or a refusal in words: asked again in every act, whoever calls it.
    ///
    /// # Errors
    /// [`Fault::NotAllowed`] when no role that is held includes it.
    pub fn must(&self, right: Right) -> Result<(), Fault> {
        if self.may(right) { Ok(()) } else { Err(Fault::NotAllowed("什么都没有改。".to_owned())) }
    }

    /// This right over that unit, or a refusal in words.
    ///
    /// # Errors
    /// [`Fault::NotFound`] when the unit is not covered: outside one's scope looks like not being there.
    pub fn must_cover(&self, right: Right, unit: UnitId) -> Result<(), Fault> {
        if self.covers(right, unit) { Ok(()) } else { Err(Fault::not_found("这个组织")) }
    }

    /// The act that goes into the audit chain with a write: `actor.act(work, "entry.save").on(id)`.
    #[must_use]
    pub fn act(&self, work: &Work, action: &str) -> store::Act {
        store::Act::new(Some(self.account), &self.address, work.clock.now(), action)
    }

    /// The grants with this right, each with the unit down from which it reaches. The discipline committee sees all that its
    /// grant covers, and does as its own work only what is its own: it changes nobody else's record (监督执纪, not the work
    /// that is supervised).
    fn grants_for(&self, right: Right) -> impl Iterator<Item = (Role, UnitId)> {
        let held = self.grants.iter().copied().filter(move |(r, _)| right.roles().contains(r));
        held.flat_map(move |(role, unit)| {
            let own: Vec<UnitId> = if role == Role::Discipline && right.is_own_work() {
                let below = self.known.below([unit]);
                let units = self.known.organisation.units.iter();
                units
                    .filter(|u| u.kind == UnitKind::Discipline && below.contains(&u.id))
                    .map(|u| u.id)
                    .collect()
            } else {
                vec![unit]
            };
            own.into_iter().map(move |unit| (role, unit))
        })
    }
}

/// Whether somebody who was on the roster is there no more.
fn has_left(stretches: &[Membership], today: Date) -> bool {
    let holds = |m: &Membership| m.since <= today && m.until.is_none_or(|u| today < u);
    !stretches.iter().any(holds) && stretches.iter().any(|m| m.since <= today)
}

/// Whether a role may be given for a post: it then ends with the post.
fn goes_with_post(role: Role) -> bool {
    matches!(role, Role::Secretary | Role::Lead | Role::Leader)
}

/// Whether a role was given for a post that is held no more: its holder had a post in the unit when the role was given, or
/// came to have one since, and has none there today. Who never had a post there holds the role by the decision that gave it.
fn post_given_up(grant: &Grant, posts: &[Post], today: Date) -> bool {
    if !goes_with_post(grant.role) {
        return false;
    }
    let given = day_of(grant.granted.0);
    let mut there =
        posts.iter().filter(|p| p.unit == grant.unit && p.until.is_none_or(|u| given < u)).peekable();
    there.peek().is_some() && there.all(|p| p.until.is_some_and(|u| u <= today))
}

/// The units over which somebody holds the role of a secretary today and can sign in.
///
/// # Errors
/// When the store cannot read.
pub async fn units_with_secretary(
    work: &Work,
    institution: InstitutionId,
) -> Result<BTreeSet<UnitId>, Fault> {
    let today = work.clock.today();
    let accounts = work.store.accounts(institution).await?;
    let people: BTreeMap<AccountId, Option<PersonId>> =
        accounts.iter().filter(|a| a.disabled_at.is_none()).map(|a| (a.id, a.person)).collect();
    let grants = work.store.grants(institution).await?;
    let holding: Vec<(&Grant, Option<PersonId>)> = grants
        .iter()
        .filter(|g| g.ended.is_none() && g.role == Role::Secretary)
        .filter_map(|g| Some((g, *people.get(&g.account)?)))
        .collect();
    let named: Vec<PersonId> = holding.iter().filter_map(|(_, person)| *person).collect();
    let posts = work.store.posts_of(institution, &named).await?;
    let stretches = work.store.stretches_of(institution, &named).await?;
    let mut out = BTreeSet::new();
    for (grant, person) in holding {
        let theirs: Vec<Post> = posts.iter().filter(|p| Some(p.person) == person).cloned().collect();
        let been: Vec<Membership> = stretches.iter().filter(|m| Some(m.person) == person).cloned().collect();
        if !has_left(&been, today) && !post_given_up(grant, &theirs, today) {
            out.insert(grant.unit);
        }
    }
    Ok(out)
}

/// The roles that an account holds today. One over a unit that is no more reaches nowhere. The roster decides for those who
/// are on it: a member reads their branch of today, wherever it was when the role was given, who has left holds none, and
/// who gave up a post has no longer the role that went with it.
async fn in_force(work: &Work, known: &Known, account: &Account) -> Result<Vec<(Role, UnitId)>, Fault> {
    let today = work.clock.today();
    let grants = work.store.grants_of(account.institution, account.id).await?;
    let stretches = match account.person {
        Some(person) => work.store.memberships_of(account.institution, person).await?,
        None => Vec::new(),
    };
    // Read with every request: only for those whose roles hang on it.
    let posts = match account.person {
        Some(person) if grants.iter().any(|g| goes_with_post(g.role)) => {
            work.store.posts_of(account.institution, &[person]).await?
        }
        _ => Vec::new(),
    };
    let here: Vec<UnitId> = stretches
        .iter()
        .filter(|m| m.since <= today && m.until.is_none_or(|u| today < u))
        .map(|m| m.branch)
        .collect();
    let gone = has_left(&stretches, today);
    let mut out = Vec::with_capacity(grants.len());
    for grant in grants {
        let unit = known.unit(grant.unit);
        let of_branch = unit.is_some_and(|u| u.kind == UnitKind::Branch);
        if (gone && !grant.role.is_admin()) || post_given_up(&grant, &posts, today) {
            continue;
        } else if grant.role == Role::Member && of_branch && !here.is_empty() {
            let now = here.iter().find(|branch| **branch == grant.unit).or_else(|| here.first());
            out.extend(now.map(|branch| (Role::Member, *branch)));
        } else if unit.is_none_or(|u| u.exists_on(today)) {
            out.push((grant.role, grant.unit));
        }
    }
    Ok(out)
}
