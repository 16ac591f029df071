//! Opening the year's 常规: what it adds, counted and done by the same computation.

use std::collections::BTreeMap;

use model::rule::ObligationRule;
use model::{Duty, InstitutionId, Obligation, Organisation, UnitKind};
use store::{Act, DutyFilter, Opening, Scope, StoreError};

use crate::fault::Fault;
use crate::plans::{Beside, Ground, opening_of};
use crate::state::Work;

/// A rule with what opening it adds to the year; of one that runs, what is lacking for units that came since.
pub struct Added<'r> {
    /// The rule.
    pub rule: &'r ObligationRule,
    /// Whether it runs already.
    pub runs: bool,
    /// What opening it adds.
    pub opening: Opening,
}

/// Tries before giving up, when records keep coming meanwhile.
const TRIES: usize = 5;

/// What opening each rule in force would add to a year.
///
/// # Errors
/// When the store cannot read.
pub async fn added(
    work: &Work,
    institution: InstitutionId,
    organisation: Organisation,
    number: i16,
) -> Result<Vec<Added<'_>>, Fault> {
    let today = work.clock.today();
    let ground = Ground::over(work, institution, organisation, number).await?;
    let beside = Beside::read(work, institution, number, today).await?;
    let mut out = Vec::new();
    for rule in work.rulebook.in_force(ground.first_day()) {
        let runs = beside.rules.contains(&rule.id);
        let opening = of_rules(work, institution, &ground, &beside, &[rule]).await?;
        out.push(Added { rule, runs, opening });
    }
    out.sort_by_key(|a| (!a.rule.always, !a.runs, a.rule.id.clone()));
    Ok(out)
}

/// What these rules add: those that do not run with their obligation, those that do for the units that lack it.
async fn of_rules(
    work: &Work,
    institution: InstitutionId,
    ground: &Ground,
    beside: &Beside,
    rules: &[&ObligationRule],
) -> Result<Opening, Fault> {
    let (running, new): (Vec<&ObligationRule>, Vec<&ObligationRule>) =
        rules.iter().copied().partition(|r| beside.rules.contains(&r.id));
    let mut out = opening_of(work, institution, ground, beside, &new, &BTreeMap::new()).await?;
    let Some(year) = &beside.year else { return Ok(out) };
    let is_routine = |o: &&Obligation| o.source.plan().is_none() && year.asked(o.id, ground.today());
    for o in year.obligations().iter().filter(is_routine) {
        if !running.iter().any(|r| o.origin.rule() == Some(&r.id)) {
            continue;
        }
        let filter = DutyFilter { obligation: Some(o.id), dropped: true, ..DutyFilter::default() };
        let mut held = work.store.duties(institution, &Scope::All, &filter, u32::MAX).await?;
        let also = beside.asked_by(&[o.id].into(), ground.today());
        held.extend(also.into_iter().map(|(d, _)| Duty { obligation: o.id, ..d }));
        let basis = ground.basis(ground.first_day());
        let wanted = runtime::schedule(o, &basis, &mut model::DutyId::fresh);
        let lacking = runtime::unmade(&held, wanted);
        let mut more = beside.open(vec![o.clone()], lacking, ground.today());
        more.credits =
            beside.done_already(work, institution, &more, None, (ground.year(), ground.today())).await?;
        out.duties.extend(more.duties);
        out.also.extend(more.also);
        out.credits.extend(more.credits);
    }
    Ok(out)
}

/// Opens rules in a year; how many duties were made.
///
/// # Errors
/// [`Fault::Conflict`] when others keep writing meanwhile.
pub async fn open(
    work: &Work,
    institution: InstitutionId,
    organisation: Organisation,
    number: i16,
    rules: &[String],
    act: &Act,
) -> Result<usize, Fault> {
    let today = work.clock.today();
    for _ in 0..TRIES {
        let ground = Ground::over(work, institution, organisation.clone(), number).await?;
        let beside = Beside::read(work, institution, number, today).await?;
        let chosen: Vec<&ObligationRule> = work
            .rulebook
            .in_force(ground.first_day())
            .into_iter()
            .filter(|r| rules.contains(&r.id))
            .collect();
        let opening = of_rules(work, institution, &ground, &beside, &chosen).await?;
        if opening == Opening::default() {
            return Ok(0);
        }
        let made = opening.duties.len();
        match work.store.open_routines(institution, &opening, today, beside.as_of, act).await {
            Ok(()) => return Ok(made),
            // Something was written since it was worked out, or another process has opened it.
            Err(StoreError::Conflict | StoreError::Constraint(_)) => {}
            Err(e) => return Err(e.into()),
        }
    }
    Err(Fault::Conflict("办理情况一直在变，没有开成；请过一会儿再按一次。".to_owned()))
}

/// Lets the rules that always hold run from the first day of a year in an institution in which nothing is asked in it yet
/// and that has branches; how many duties that made. Where a plan of the year was published, it brought them; the rest is
/// opened by a person.
///
/// # Errors
/// When the store cannot be read or written.
pub async fn by_itself(work: &Work, institution: InstitutionId, number: i16) -> Result<usize, Fault> {
    if work.store.years(institution).await?.contains(&number) {
        return Ok(0);
    }
    let today = work.clock.today();
    let organisation = work.store.organisation(institution).await?;
    if !organisation.units.iter().any(|u| u.kind == UnitKind::Branch && u.exists_on(today)) {
        return Ok(0);
    }
    let always = work.rulebook.in_force(today).into_iter().filter(|r| r.always);
    let rules: Vec<String> = always.map(|r| r.id.clone()).collect();
    let act = Act::new(None, "", work.clock.now(), "routine.open")
        .on(number)
        .with(serde_json::json!({ "rules": rules }));
    open(work, institution, organisation, number, &rules, &act).await
}
