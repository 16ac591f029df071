//! What a day brings to cases by itself: clocks that run out, cases that a moment opens, units and people that changed.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::Date;
use model::flow::Opening;
use model::{CaseId, InstitutionId, PersonId};
use runtime::flow::Brought;
use serde_json::json;
use store::{Act, CaseFilter, CaseSight, Running, StoreError};

use super::ground::{Ground, Wanted};
use super::open::TRIES;
use crate::{Fault, Work};

/// Cases that are worked out at a time.
const AT_ONCE: usize = 200;
/// Days after the beginning of a period in which its cases are still opened by themselves.
const LATE: i64 = 31;

/// The turn of a day for cases: how many were opened by a moment or a period, and of how many something followed.
///
/// # Errors
/// When the store cannot read or write.
pub async fn turn(work: &Work, institution: InstitutionId) -> Result<(usize, usize), Fault> {
    let moved = refresh(work, institution, &CaseFilter::default()).await?;
    Ok((open_by_themselves(work, institution).await?, moved))
}

/// Lets the cases follow what was just written of units, or of these people. What was written stands: where this fails, the
/// turn of the day makes it good, and the act is not told as one that failed.
pub(crate) async fn follow(work: &Work, institution: InstitutionId, about: Option<BTreeSet<PersonId>>) {
    let subjects = about.map(|people| people.into_iter().map(|p| p.0).collect());
    if let Err(fault) = refresh(work, institution, &CaseFilter { subjects, ..CaseFilter::default() }).await {
        tracing::warn!(?fault, "cases did not follow a change yet; the turn of the day lets them");
    }
}

/// Works out anew how the running cases stand that a filter finds. Of how many something followed.
async fn refresh(work: &Work, institution: InstitutionId, filter: &CaseFilter) -> Result<usize, Fault> {
    let rows = work.store.all_cases(institution, &CaseSight::all(), filter).await?;
    let ids: Vec<CaseId> = rows.into_iter().map(|r| r.id).collect();
    let mut moved = 0;
    for some in ids.chunks(AT_ONCE) {
        moved += refresh_some(work, institution, some).await?;
    }
    Ok(moved)
}

async fn refresh_some(work: &Work, institution: InstitutionId, ids: &[CaseId]) -> Result<usize, Fault> {
    for _ in 0..TRIES {
        let wanted = Wanted { cases: ids.iter().copied().collect(), ..Wanted::default() };
        let mut ground = Ground::read(work, institution, wanted).await?;
        ground.docket.pass_to(ground.today);
        let write = ground.write(&Brought::default(), None, true).await?;
        if write.is_nothing() {
            return Ok(0);
        }
        let moved = write.cases.len();
        let act = Act::new(None, "", work.clock.now(), "case.turn").with(json!({ "cases": moved }));
        match work.store.write_cases(institution, &write, &act).await {
            Ok(()) => return Ok(moved),
            Err(StoreError::Conflict) => {}
            Err(other) => return Err(other.into()),
        }
    }
    Ok(0)
}

/// Opens what a moment or the beginning of a period opens, once for each bearer.
async fn open_by_themselves(work: &Work, institution: InstitutionId) -> Result<usize, Fault> {
    let today = work.clock.today();
    let by_itself = |o: &Opening| match o {
        Opening::Moment { .. } => true,
        Opening::Each(per, _) => {
            let (first, _) = runtime::flow::Days::period(today, *per);
            first.checked_add(LATE.days()).is_ok_and(|last: Date| today <= last)
        }
        _ => false,
    };
    // A check is planned and opened by a person: it is none of what opens by itself.
    let workflows: Vec<String> = work
        .rulebook
        .workflows_on(today)
        .filter(|w| w.sheet.is_none() && w.opens.iter().any(by_itself))
        .map(|w| w.id.clone())
        .collect();
    if workflows.is_empty() {
        return Ok(0);
    }
    for _ in 0..TRIES {
        let filter = CaseFilter {
            workflows: Some(workflows.iter().cloned().collect()),
            running: Running::All,
            ..CaseFilter::default()
        };
        let rows = work.store.all_cases(institution, &CaseSight::all(), &filter).await?;
        let cases: BTreeSet<CaseId> = rows.into_iter().map(|r| r.id).collect();
        let mut ground = Ground::read(work, institution, Wanted { cases, ..Wanted::default() }).await?;
        let before = ground.docket.files.len();
        ground.docket.open_by_moment(today, &workflows);
        let opened = ground.docket.files.len() - before;
        if opened == 0 {
            return Ok(0);
        }
        ground.docket.pass_to(today);
        let write = ground.write(&Brought::default(), None, false).await?;
        let act = Act::new(None, "", work.clock.now(), "case.open").with(json!({ "cases": opened }));
        match work.store.write_cases(institution, &write, &act).await {
            Ok(()) => return Ok(opened),
            Err(StoreError::Conflict) => {}
            Err(other) => return Err(other.into()),
        }
    }
    Ok(0)
}
