//! What somebody asks and another decides: to waive a duty or to extend it, to correct what is kept about a person. Nobody
//! decides their own.

use std::sync::Arc;

use jiff::civil::Date;
use model::{Decision, Duty, DutyId, Outcome, PersonId, Request, RequestId, RequestKind, Standing, Wish};
use serde_json::json;
use store::{Scope, StoreError};

use crate::actor::Actor;
use crate::days::long_day_words;
use crate::fault::Fault;
use crate::right::Right;
use crate::sight::Sight;
use crate::state::Work;
use crate::year::Year;

/// Most characters of an answer.
const REMARK: usize = 200;

fn no_duty() -> Fault {
    Fault::not_found("这件应办事项")
}

/// A duty with the year that it belongs to, when the account may see it.
///
/// # Errors
/// [`Fault::NotFound`] when it is not there or not to be seen.
pub async fn duty(work: &Work, actor: &Actor, id: DutyId) -> Result<(Duty, Arc<Year>), Fault> {
    let duty = match work.store.duty(actor.institution, &Scope::All, id).await {
        Ok(duty) => duty,
        Err(StoreError::NotFound) => return Err(no_duty()),
        Err(other) => return Err(other.into()),
    };
    let year = work.book(actor.institution, duty.year, None).await?.ok_or_else(no_duty)?;
    // Who leads any of what asks it sees it.
    let askers = year.board().askers(id, work.clock.today());
    let sight = Sight::of(actor);
    let sees = |o| sight.sees(duty.unit, duty.person, year.obligation(o));
    if sees(duty.obligation) || askers.into_iter().any(sees) { Ok((duty, year)) } else { Err(no_duty()) }
}

/// Whether a waiver or an extension may still be asked for a duty: its due day as it stands, and the last day to which it
/// may be extended.
///
/// # Errors
/// [`Fault::NotFound`] when the account does not act for its unit; [`Fault::Conflict`] in words when it is too late, or not
/// needed.
pub async fn may_ask(work: &Work, actor: &Actor, id: DutyId) -> Result<(Date, i16), Fault> {
    let (duty, year) = duty(work, actor, id).await?;
    actor.must_cover(Right::AskExemption, duty.unit).map_err(|_| no_duty())?;
    let today = work.clock.today();
    let facts = year.board().facts(id).ok_or_else(no_duty)?;
    let due = runtime::due_on(&facts, today);
    let refuse = |words: String| Err(Fault::Conflict(words));
    match runtime::standing(&facts, today, work.settings.soon_days) {
        None => return refuse("这件事已经不再要求，不用申请。".to_owned()),
        Some(s) if s.is_done() => return refuse("这件事已经办成，不用申请。".to_owned()),
        Some(Standing::Waived) => return refuse("这件事已经批准免办。".to_owned()),
        Some(_) if today > due => {
            return refuse(format!(
                "到期日{}已过，不能再申请免办或延期。办了照常记录，注明迟办，仍算完成。",
                long_day_words(due)
            ));
        }
        Some(_) => {}
    }
    if !work.store.exemptions(actor.institution, &Scope::All, Some(id), true).await?.is_empty() {
        return refuse("已经申请过，正在等党委办公室批，不用再申请。".to_owned());
    }
    Ok((due, year.number))
}

/// Whether this very request was asked already: a form sent twice.
///
/// # Errors
/// When the store cannot read.
pub async fn was_asked(
    work: &Work,
    actor: &Actor,
    duty: DutyId,
    request: Option<RequestId>,
) -> Result<bool, Fault> {
    let known = work.store.exemptions(actor.institution, &actor.scope(), Some(duty), false).await?;
    Ok(known.iter().any(|a| Some(a.request.id) == request))
}

/// Asks for a waiver of a duty; `id` was made with the form, so that a form sent twice asks once.
///
/// # Errors
/// As [`may_ask`].
pub async fn waive(
    work: &Work,
    actor: &Actor,
    duty: DutyId,
    id: RequestId,
    reason: &str,
) -> Result<(), Fault> {
    may_ask(work, actor, duty).await?;
    let act = actor.act(work, "exemption.ask").on(duty).with(json!({ "kind": "waiver" }));
    ask(work, actor, id, Wish::Waiver { duty }, reason, &act).await
}

/// Asks for a later due day.
///
/// # Errors
/// As [`may_ask`]; [`Fault::Invalid`] at `due` when it is not later, or in another year.
pub async fn extend(
    work: &Work,
    actor: &Actor,
    duty: DutyId,
    id: RequestId,
    later: Date,
    reason: &str,
) -> Result<(), Fault> {
    let (due, year) = may_ask(work, actor, duty).await?;
    if later <= due {
        return Err(Fault::field("due", format!("要晚于现在的到期日{}", long_day_words(due))));
    }
    if later.year() > year {
        return Err(Fault::field("due", format!("最晚到{year}年12月31日，要点是这一年的")));
    }
    let act = actor.act(work, "exemption.ask").on(duty).with(json!({ "kind": "extension", "due": later }));
    ask(work, actor, id, Wish::Extension { duty, due: later }, reason, &act).await
}

async fn ask(
    work: &Work,
    actor: &Actor,
    id: RequestId,
    wish: Wish,
    reason: &str,
    act: &store::Act,
) -> Result<(), Fault> {
    let request = Request {
        id,
        wish,
        reason: reason.to_owned(),
        asked_by: actor.account,
        asked_at: act.at,
        decision: None,
    };
    Ok(work.store.ask(actor.institution, &request, act).await?)
}

/// Decides what was asked about a duty.
///
/// # Errors
/// [`Fault::NotFound`] when the account does not decide for its unit, or nothing of this duty was asked so;
/// [`Fault::Invalid`] at `remark` when it is refused without a word; [`Fault::Conflict`] when it was decided already, or is
/// the account's own.
pub async fn decide(
    work: &Work,
    actor: &Actor,
    id: DutyId,
    request: RequestId,
    outcome: Outcome,
    remark: &str,
) -> Result<(), Fault> {
    let (duty, _) = duty(work, actor, id).await?;
    actor.must_cover(Right::ApproveExemption, duty.unit).map_err(|_| no_duty())?;
    fits(remark)?;
    if outcome == Outcome::Refused && remark.is_empty() {
        let words = "不批要写一句为什么，申请的人会看到。请回到上一页写上。";
        return Err(Fault::field("remark", words));
    }
    let action = if outcome == Outcome::Approved { "exemption.approve" } else { "exemption.refuse" };
    // Of this very duty: its unit is the one that was asked above, and the audit line names it.
    let known = work.store.exemptions(actor.institution, &actor.scope(), Some(id), false).await?;
    let asked = known.iter().find(|a| a.request.id == request);
    let asked = asked.ok_or_else(|| Fault::not_found("这份申请"))?;
    let act = actor.act(work, action).on(id).with(json!({ "kind": asked.request.wish.kind() }));
    let kinds = [RequestKind::Waiver, RequestKind::Extension];
    let decision = decision(work, actor, outcome, remark.to_owned());
    match work.store.decide(actor.institution, request, (&kinds, Some(id)), &decision, &act).await {
        Err(StoreError::Conflict) => {
            Err(Fault::Conflict("这份申请已经有人批过了，请回到这件事看结果。".to_owned()))
        }
        Err(StoreError::Constraint(name)) if name == "own_request" => {
            Err(Fault::Conflict("这是你自己提的申请，要由别人来批。".to_owned()))
        }
        other => Ok(other?),
    }
}

/// That an answer is not too long.
fn fits(remark: &str) -> Result<(), Fault> {
    crate::over(remark, REMARK).map_or(Ok(()), |words| Err(Fault::field("remark", words)))
}

fn decision(work: &Work, actor: &Actor, outcome: Outcome, remark: String) -> Decision {
    Decision { outcome, by: Some(actor.account), on: work.clock.today(), at: work.clock.now(), remark }
}

/// Asks that what is kept about a person be corrected.
///
/// # Errors
/// When the store cannot write.
pub async fn correct(work: &Work, actor: &Actor, person: PersonId, words: &str) -> Result<(), Fault> {
    let act = actor.act(work, "correction.ask").on(person);
    ask(work, actor, RequestId::fresh(), Wish::Correction { person }, words, &act).await
}

/// Answers such a request: that it was corrected, or why not.
///
/// # Errors
/// [`Fault::NotAllowed`] when the account may not; [`Fault::Conflict`] when there is no word why not, or it is their own.
pub async fn answer(
    work: &Work,
    actor: &Actor,
    request: RequestId,
    done: bool,
    remark: &str,
) -> Result<(), Fault> {
    actor.must(Right::EditPeople)?;
    if !done && remark.is_empty() {
        return Err(Fault::Conflict("不更正要写一句为什么，让本人知道。".to_owned()));
    }
    fits(remark)?;
    let act = actor.act(work, "correction.decide").on(request).with(json!({ "done": done }));
    let outcome = if done { Outcome::Approved } else { Outcome::Refused };
    let decision = decision(work, actor, outcome, remark.to_owned());
    let kinds = [RequestKind::Correction];
    match work.store.decide(actor.institution, request, (&kinds, None), &decision, &act).await {
        Err(StoreError::Constraint(name)) if name == "own_request" => {
            Err(Fault::Conflict("这是你自己报的更正，要由别人来办。".to_owned()))
        }
        other => Ok(other?),
    }
}
