//! What somebody does to a case beside records: leave a step out, lead back, put off, hand over, end, take up again.

use std::collections::BTreeSet;

use jiff::civil::Date;
use model::{CaseId, UnitId};
use runtime::flow::{Ask, Brought, Unmet, grantor};
use serde_json::json;
use store::{CaseFilter, Running, StoreError};

use super::ground::Ground;
use super::open::TRIES;
use super::sight::sight;
use crate::{Actor, Fault, Right, Work};

/// Characters of a reason.
const REASON: usize = 500;

/// Does it: what was told with it. Nothing is done where something refuses it: then that comes back as a fault, all at
/// once, each with its article.
///
/// # Errors
/// [`Fault::NotFound`] when the account keeps none of the units that may; [`Fault::Invalid`] when something refuses it or
/// no reason is given.
pub async fn act(
    work: &Work,
    actor: &Actor,
    case: CaseId,
    ask: &Ask,
    reason: &str,
    on: Date,
) -> Result<Vec<Unmet>, Fault> {
    let today = work.clock.today();
    if on > today {
        return Err(Fault::field("on", "日期还没有到。"));
    }
    if reason.trim().is_empty() && !matches!(ask, Ask::Uphold(_)) {
        return Err(Fault::field("reason", "写明原因。"));
    }
    if reason.chars().count() > REASON {
        return Err(Fault::field("reason", format!("最多 {REASON} 个字。")));
    }
    if let Ask::HandOver(unit) = ask
        && actor.known.unit(*unit).is_none_or(|u| !u.exists_on(today))
    {
        return Err(Fault::field("to", "没有这个组织，或者已经撤销。"));
    }
    // Whoever may not read a case does nothing to it.
    let filter = CaseFilter { ids: Some([case].into()), running: Running::All, ..CaseFilter::default() };
    if work.store.count_cases(actor.institution, &sight(actor), &filter).await? == 0 {
        return Err(Fault::not_found("这个事项"));
    }
    for _ in 0..TRIES {
        let mut ground = Ground::of_case(work, actor.institution, case).await?;
        let at = ground.place(case).ok_or_else(|| Fault::not_found("这个事项"))?;
        if ground.docket.files.get(at).is_some_and(|f| on < f.case.opened) {
            return Err(Fault::field("on", "早于这个事项开办的日期。"));
        }
        let granted = granted(&ground, at, ask);
        let ask = granted.as_ref().unwrap_or(ask);
        let meant = meant(&ground, at, ask);
        if !meant.iter().any(|u| actor.covers(Right::Record, *u)) {
            return Err(Fault::not_found("这个事项"));
        }
        let ended = ground.states().get(at).is_some_and(|(_, s)| s.ended.is_some());
        // What a case that has ended rests on may be disputed, and is upheld or not.
        let upholds = matches!(ask, Ask::Uphold(_));
        if !upholds && ended != matches!(ask, Ask::Reopen(_)) {
            let words = if ended {
                "这个事项已经结束，先重开。"
            } else {
                "这个事项还在办，不用重开。"
            };
            return Err(Fault::Conflict(words.to_owned()));
        }
        ground.reason = reason.trim().to_owned();
        let told = ground.docket.act(at, ask, on, today);
        if told.iter().any(|u| u.refuses) {
            let words = told.iter().filter(|u| u.refuses).map(|u| match u.shown.as_str() {
                "" => u.words.clone(),
                article => format!("{}（{article}）", u.words),
            });
            return Err(Fault::field("step", words.collect::<Vec<_>>().join("；")));
        }
        ground.docket.pass_to(today);
        let write = ground.write(&Brought::default(), None, false).await?;
        let act =
            actor.act(work, action(ask)).on(case).with(json!({ "reason": reason, "asked": words(ask) }));
        match work.store.write_cases(actor.institution, &write, &act).await {
            Ok(()) => return Ok(told),
            Err(StoreError::Conflict) => {}
            Err(other) => return Err(other.into()),
        }
    }
    Err(Fault::Conflict("办理情况一直在变，没有办成；请过一会儿再按一次。".to_owned()))
}

/// An extension as whoever has to grant it does.
fn granted(ground: &Ground<'_>, at: usize, ask: &Ask) -> Option<Ask> {
    let Ask::Extend { step, line, to, reason, .. } = ask else { return None };
    let states = ground.states();
    let (file, (case, state)) = (ground.docket.files.get(at)?, states.get(at)?);
    let world = ground.docket.world(&states);
    let by = grantor((&file.workflow, case, state), &world, (step, *line), ground.today)?;
    Some(Ask::Extend { step: step.clone(), line: *line, to: *to, by, reason: reason.clone() })
}

/// The units that may: who bears the step; else whose case it is and who opened it.
fn meant(ground: &Ground<'_>, at: usize, ask: &Ask) -> BTreeSet<UnitId> {
    let Some(file) = ground.docket.files.get(at) else { return BTreeSet::new() };
    let own = ground.rows.get(&file.case.id).map(|r| r.own);
    let mut out: BTreeSet<UnitId> = BTreeSet::from([file.case.opened_by]);
    match ask {
        // Whoever grants it, and nobody else: nobody puts off their own due day where another has to agree.
        Ask::Extend { by, .. } => return BTreeSet::from([*by]),
        Ask::Skip { step, .. } | Ask::Uphold(step) | Ask::Return(step) => {
            let states = ground.states();
            let open = ground.open_steps(at, &states);
            let of = open.iter().filter(|o| o.step == *step || matches!(ask, Ask::Return(_)));
            out.extend(of.filter_map(|o| o.bearer));
        }
        // Who does the case says which lines its lanes have.
        Ask::Reopen(_) | Ask::HandOver(_) | Ask::AddLine(..) | Ask::End(_) => out.extend(own),
    }
    out
}

fn action(ask: &Ask) -> &'static str {
    match ask {
        Ask::Skip { .. } => "case.skip",
        Ask::Extend { .. } => "case.extend",
        Ask::Return(_) => "case.return",
        Ask::Uphold(_) => "case.uphold",
        Ask::Reopen(_) => "case.reopen",
        Ask::HandOver(_) => "case.hand-over",
        Ask::AddLine(..) => "case.add-line",
        Ask::End(_) => "case.end",
    }
}

fn words(ask: &Ask) -> String {
    match ask {
        Ask::Skip { step, .. }
        | Ask::Return(step)
        | Ask::Uphold(step)
        | Ask::Reopen(step)
        | Ask::AddLine(step, _) => step.clone(),
        Ask::Extend { step, to, .. } => format!("{step} {to}"),
        Ask::HandOver(unit) => unit.to_string(),
        Ask::End(how) => how.clone(),
    }
}
