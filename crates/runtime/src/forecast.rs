//! What a plan asks of an organisation in a year, before anybody has settled or published anything.

use std::collections::BTreeSet;

use model::{
    About, Bearers, Cadence, Duty, DutyId, DutySource, Obligation, ObligationId, Origin, PlanId, Proposal,
    Unit, UnitId, UnitKind,
};

use crate::condition::binds;
use crate::posts;
use crate::publish::obligation;
use crate::schedule::{Basis, is_one, schedule, slots};

/// What [`forecast`] makes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forecast {
    /// One for each demand of the document, in its order. Standing rules that the document does not name and notes of
    /// progress that nobody turned on are none of it.
    pub obligations: Vec<Obligation>,
    /// Their duties, obligation by obligation.
    pub duties: Vec<Duty>,
    /// Keys of what asks something of each member while the roster has no member whom it could mean.
    pub nobody: Vec<String>,
}

/// Makes the obligations and duties of `proposals` as they were proposed. Where nobody holds a post that is asked for, its
/// unit owes it: a plan is not asked for less because a post is vacant.
#[must_use]
pub fn forecast(proposals: &[Proposal], basis: &Basis<'_>) -> Forecast {
    let mut out = Forecast::default();
    let plan = DutySource::Plan(PlanId::from_parts(0, &[0; 10]));
    let mut duties: u64 = 0;
    let mut next = move || {
        duties += 1;
        DutyId::from_parts(duties, &[0; 10])
    };
    let asked = |p: &&Proposal| matches!(p.origin, Origin::Clause { .. } | Origin::Adopted { .. });
    for (n, proposal) in (1..).zip(proposals.iter().filter(asked)) {
        let made = obligation(plan, basis.year, ObligationId::from_parts(n, &[0; 10]), proposal);
        let before = out.duties.len();
        out.duties.extend(schedule(&made, basis, &mut next));
        let mut vacant = vacant(&made.bearers, basis);
        vacant.extend(unlisted(&made.bearers, basis));
        if !vacant.is_empty() {
            out.duties.extend(schedule(&in_their_place(&made, vacant), basis, &mut next));
        }
        let of_each = (made.bearers.members && made.bearers.posts.is_empty())
            || matches!(made.cadence, Cadence::Hours { .. });
        let has_slots = || !slots(&made.cadence, made.origin.rule(), basis).is_empty();
        if out.duties.len() == before && of_each && made.assessed && has_slots() {
            out.nobody.push(made.key.clone());
        }
        out.obligations.push(made);
    }
    out
}

/// The units that owe something about each of their members while the roster has none of them: who they are is not known, but
/// that there are some is. That nobody is there at another stage (入党积极分子), or of a category, may well be so.
fn unlisted(bearers: &Bearers, basis: &Basis<'_>) -> Vec<UnitId> {
    let of_members = |a: &About| a.categories.is_empty() && a.stages.iter().any(|stage| stage.is_member());
    let Some(about) = bearers.about.as_ref().filter(|a| of_members(a)) else { return Vec::new() };
    let meant = |u: &&Unit| bearers.units.contains(&u.id) || binds(bearers, u, basis.org);
    let all = basis.org.units.iter().filter(meant);
    all.filter(|u| basis.roster.about(about, u, basis.org, basis.made).is_empty()).map(|u| u.id).collect()
}

/// The same obligation of these units themselves. Hours are each person's own; of a unit they are asked as one thing done.
fn in_their_place(of: &Obligation, units: BTreeSet<UnitId>) -> Obligation {
    let cadence = match of.cadence {
        Cadence::Hours { per, .. } => Cadence::AtLeast { times: 1, per },
        ref other => other.clone(),
    };
    Obligation { bearers: Bearers { units, ..Bearers::default() }, cadence, ..of.clone() }
}

/// The units whose posts are asked for and held by nobody, on the day on which the duties are made.
fn vacant(bearers: &Bearers, basis: &Basis<'_>) -> BTreeSet<UnitId> {
    let mut out = BTreeSet::new();
    // 党委书记、校长 are two people; the titles of a rule, and those of 班子成员, are one after another for the same.
    let together = bearers.members || !bearers.kinds.is_empty() || bearers.posts.contains(posts::TOGETHER);
    let roles: Vec<BTreeSet<String>> = if together {
        vec![bearers.posts.clone()]
    } else {
        bearers.posts.iter().map(|t| BTreeSet::from([t.clone()])).collect()
    };
    for role in roles.into_iter().filter(|r| !r.is_empty()) {
        let titles = posts::ways(&role);
        let holders: Vec<UnitId> = basis
            .roster
            .holders(&titles, basis.made)
            .filter(|p| basis.org.unit(p.unit).is_some_and(|u| is_one(&role, &p.title, u)))
            .map(|p| p.unit)
            .collect();
        let named = !bearers.units.is_empty() || !bearers.kinds.is_empty();
        if !named && !bearers.members {
            let kind = role.iter().find_map(|t| posts::home(t)).unwrap_or(UnitKind::Committee);
            // What only one unit has is held wherever its holder stands in the roster.
            let single = matches!(kind, UnitKind::Committee | UnitKind::Discipline);
            let empty = |u: &&Unit| u.kind == kind && !holders.contains(&u.id);
            if !single || holders.is_empty() {
                out.extend(basis.org.units.iter().filter(empty).map(|u| u.id));
            }
            continue;
        }
        let meant = |u: &&Unit| {
            bearers.units.contains(&u.id)
                || binds(bearers, u, basis.org)
                || (!named && u.kind == UnitKind::Branch)
        };
        let empty = |u: &&Unit| !holders.contains(&u.id);
        out.extend(basis.org.units.iter().filter(meant).filter(empty).map(|u| u.id));
    }
    out
}
