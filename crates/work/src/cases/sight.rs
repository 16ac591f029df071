//! Who reads which case, and what it is a case of.

use model::CaseId;
use model::flow::Workflow;
use store::{CaseFilter, CaseRow, CaseSight, Running, Scope};

use crate::{Actor, Fault, Right, Work};

/// Which cases an account may read, for every query of them.
#[must_use]
pub fn sight(actor: &Actor) -> CaseSight {
    let restricted = match actor.scope_for(Right::SeeRestricted) {
        Scope::All => Scope::All,
        Scope::Units(mut units) => {
            units.extend(actor.own_units(Right::Record));
            Scope::Units(units)
        }
        // Whom a case for few is about sees it from the step on that the procedure names, on its own page alone.
        Scope::Own { .. } | Scope::Nothing => {
            let own = actor.own_units(Right::Record);
            if own.is_empty() { Scope::Nothing } else { Scope::Units(own) }
        }
    };
    CaseSight { scope: actor.scope_for(Right::SeeEntries), restricted }
}

/// Whether an account sees a case: who did its last step may see it no more.
///
/// # Errors
/// When the store cannot read.
pub async fn sees(work: &Work, actor: &Actor, id: CaseId) -> Result<bool, Fault> {
    let filter = CaseFilter { ids: Some([id].into()), running: Running::All, ..CaseFilter::default() };
    Ok(work.store.count_cases(actor.institution, &sight(actor), &filter).await? > 0)
}

/// The procedure of a case as it was when the case was opened; where the rulebook has that text no more, as it read on that
/// day.
#[must_use]
pub fn workflow_of<'w>(work: &'w Work, row: &CaseRow) -> Option<&'w Workflow> {
    let same = work.rulebook.workflow_of_text(&row.workflow, &row.fingerprint);
    same.or_else(|| work.rulebook.workflow_on(&row.workflow, row.opened).ok())
}

/// Whether an account sees how every line of a case's lanes stands. Of a check a unit sees its own line alone: the others see
/// who runs it, and who reads the whole institution.
#[must_use]
pub fn sees_every_line(actor: &Actor, row: &CaseRow, workflow: Option<&Workflow>) -> bool {
    let is_check = workflow.and_then(|w| w.sheet.as_ref()).is_some_and(|s| s.is_check());
    !is_check
        || actor.covers(Right::Record, row.opened_by)
        || actor.covers(Right::Record, row.own)
        || matches!(actor.scope_for(Right::SeeBoard), Scope::All)
}

/// Whether an account may read what records of a case say: its head is shown to whoever sees it in a list.
#[must_use]
pub fn reads(actor: &Actor, row: &CaseRow) -> bool {
    let mine = row.subject == "person" && actor.person.is_some_and(|me| me.0 == row.subject_id);
    mine || crate::privacy::reads(actor, row.own, None, row.privacy)
}
