//! The units of an institution as scopes and pages need them.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use jiff::civil::Date;
use model::{Organisation, Unit, UnitChange, UnitId, predecessors};
use runtime::SchoolCalendar;

/// Answers about what lies below which units that are kept for an institution.
const BELOW: usize = 200;

/// An institution as the frame and the scopes need it.
#[derive(Debug)]
pub struct Known {
    /// Its name and units.
    pub organisation: Organisation,
    /// Its calendar of the present year.
    pub calendar: SchoolCalendar,
    /// Where each unit stands among the units.
    pub(crate) at: HashMap<UnitId, usize>,
    /// What was changed in the organisation, in the order in which it was done; what was taken back is left out.
    pub changes: Vec<UnitChange>,
    /// What lies below which units, as far as it was asked: each request asks it several times.
    pub(crate) below: Mutex<HashMap<BTreeSet<UnitId>, BTreeSet<UnitId>>>,
    /// The institution's change number of units and settings, and the year, for which this holds.
    pub(crate) as_of: (i64, i16),
}

impl Known {
    /// These units and all below them, with those out of which they came: who follows a unit reads what it wrote.
    #[must_use]
    pub fn below(&self, roots: impl IntoIterator<Item = UnitId>) -> BTreeSet<UnitId> {
        let roots: BTreeSet<UnitId> = roots.into_iter().collect();
        let kept = || self.below.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = kept().get(&roots) {
            return found.clone();
        }
        let mut out = self.organisation.below(roots.clone());
        let before = predecessors(&out, &self.changes);
        if !before.is_empty() {
            out = self.organisation.below(out.into_iter().chain(before).collect());
        }
        let mut kept = kept();
        if kept.len() >= BELOW {
            kept.clear();
        }
        kept.insert(roots, out.clone());
        out
    }

    /// The organisation as it stood on a day, by the names and superiors of that day.
    #[must_use]
    pub fn on(&self, day: Date) -> Cow<'_, Organisation> {
        self.organisation.on(day, &self.changes)
    }

    /// One unit.
    #[must_use]
    pub fn unit(&self, id: UnitId) -> Option<&Unit> {
        self.organisation.units.get(*self.at.get(&id)?)
    }

    /// Where a unit stands in the order of the tree; last when it is not there.
    #[must_use]
    pub fn place(&self, id: UnitId) -> usize {
        self.at.get(&id).copied().unwrap_or(usize::MAX)
    }

    /// Name of a unit; empty when it is not there.
    #[must_use]
    pub fn unit_name(&self, id: UnitId) -> &str {
        self.unit(id).map_or("", |u| &u.name)
    }

    /// Whether a unit is one of these or lies below one of them: as [`Self::below`] says, for one unit.
    #[must_use]
    pub fn is_below(&self, unit: UnitId, roots: &BTreeSet<UnitId>) -> bool {
        // A tree is no deeper than it has units.
        let up = || {
            let up = std::iter::successors(Some(unit), |at| self.unit(*at)?.parent);
            up.take(self.organisation.units.len() + 1)
        };
        let is_gone = |u| self.unit(u).is_some_and(|u| u.dissolved.is_some());
        // Only what is no more has gone into something else.
        up().any(|u| roots.contains(&u))
            || (up().any(is_gone) && self.below(roots.iter().copied()).contains(&unit))
    }
}
