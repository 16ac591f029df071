//! The year's checks, and how many of a kind a unit may open by the relief rule: the rule is the guard of the check's own file.

use std::collections::BTreeSet;

use model::flow::{Amount, CasesOf, Test, Workflow};
use model::{InstitutionId, UnitId};
use store::{CaseFilter, CaseRow, CaseSight, Running};

use crate::{Fault, Work};

/// How many checks of a kind a unit opens in a year, by the guard of its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// The kind.
    pub kind: String,
    /// How many at most; more take a reason.
    pub most: i64,
    /// How many the unit has opened this year.
    pub have: usize,
}

impl Allowed {
    /// Whether one more takes a reason.
    #[must_use]
    pub fn is_full(&self) -> bool {
        i64::try_from(self.have).is_ok_and(|have| have >= self.most)
    }
}

/// The ids of the procedures that are checks.
pub(super) fn check_workflows(work: &Work) -> BTreeSet<String> {
    let checks = work.rulebook.workflows().filter(|w| w.sheet.as_ref().is_some_and(|s| s.is_check()));
    checks.map(|w| w.id.clone()).collect()
}

/// The checks that were opened in a year, in the order of their days.
///
/// # Errors
/// When the store cannot read.
pub async fn checks_of(work: &Work, institution: InstitutionId, year: i16) -> Result<Vec<CaseRow>, Fault> {
    let workflows = check_workflows(work);
    if workflows.is_empty() {
        return Ok(Vec::new());
    }
    let filter = CaseFilter { workflows: Some(workflows), running: Running::All, ..CaseFilter::default() };
    let mut found = work.store.all_cases(institution, &CaseSight::all(), &filter).await?;
    found.retain(|r| r.opened.year() == year);
    found.sort_by_key(|r| (r.opened, r.at));
    Ok(found)
}

/// How many checks like this a unit may open in a year; none where its file sets no bound. `opened` are the year's checks.
#[must_use]
pub fn allowed(work: &Work, workflow: &Workflow, unit: UnitId, opened: &[CaseRow]) -> Option<Allowed> {
    let guards = workflow.steps.iter().flat_map(|s| &s.guard);
    let (kind, most) = guards.into_iter().find_map(|g| match &g.test {
        Test::Cases { of: CasesOf::Kind(kind), bound, .. } => match &bound.at_most {
            Some(Amount::Number(n)) => Some((kind.clone(), *n)),
            _ => None,
        },
        _ => None,
    })?;
    let is_kind = |r: &&CaseRow| {
        let of = crate::cases::workflow_of(work, r).and_then(|w| w.sheet.as_ref());
        r.opened_by == unit && of.is_some_and(|s| s.kind == kind)
    };
    let have = opened.iter().filter(is_kind).count();
    Some(Allowed { kind, most, have })
}
