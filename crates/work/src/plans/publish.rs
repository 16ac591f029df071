//! Publishing: obligations and duties of the year, all or none; of a published plan, its next version.

use std::collections::{BTreeSet, HashMap, HashSet};

use compiler::Difference;
use model::{
    AlsoAsked, Credit, CreditId, DutyId, Obligation, ObligationId, Origin, PlanId, Proposal, Severity, Span,
};
use runtime::{Amendment, Fate, Running};
use store::{PlanSave, Publication, Saved, Scope, StoreError};

use super::beside::{Beside, routines};
use super::draft::{Draft, differing};
use super::ground::Ground;
use crate::actor::Actor;
use crate::fault::Fault;
use crate::right::Right;
use crate::state::Work;

/// A later version beside the published one: what differs, and what that changes in the year that runs.
pub struct Later {
    /// The published version.
    pub before: Draft,
    /// The texts compared.
    pub difference: Difference,
    /// What publishing the later version today changes.
    pub amendment: Amendment,
    /// The obligations that run, by what they are called.
    pub running: Vec<Obligation>,
    /// Obligations that ended with this version or one before it, at their words in the new text.
    ended: Vec<Obligation>,
    /// Keys of the demands that were not there before.
    anew: HashSet<String>,
    /// What runs in the year, this plan's own with it.
    beside: Beside,
    /// For each duty that the plan asks, which of its obligations does.
    asked: HashMap<DutyId, ObligationId>,
}

impl Later {
    /// Works out what publishing the draft today changes; none when no version of it was published.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn of(
        work: &Work,
        actor: &Actor,
        draft: &Draft,
        ground: &Ground,
    ) -> Result<Option<Self>, Fault> {
        let Some(published) = &draft.head.published else { return Ok(None) };
        let id = draft.head.id;
        let before = Draft::at(work, actor, id, published.revision).await?;
        let difference = differing(work, &before, draft).await?;
        let pairs = compiler::pair(&before.review.proposals, &draft.review.proposals, &difference);
        let (running, ended): (Vec<_>, Vec<_>) = work
            .store
            .obligations(actor.institution, id)
            .await?
            .into_iter()
            .partition(|(_, end)| end.is_none());
        let running: Vec<Obligation> = running.into_iter().map(|(o, _)| o).collect();
        let by_key: HashMap<&str, ObligationId> = running.iter().map(|o| (o.key.as_str(), o.id)).collect();
        let continues: Vec<Option<ObligationId>> = pairs
            .iter()
            .map(|o| by_key.get(before.review.proposals.get((*o)?)?.key.as_str()).copied())
            .collect();
        let beside = Beside::read(work, actor.institution, ground.year(), ground.today()).await?;
        let mine: HashSet<ObligationId> = running.iter().map(|o| o.id).collect();
        let duties = beside.asked_by(&mine, ground.today());
        let asked = duties.iter().map(|(d, _)| (d.id, d.obligation)).collect();
        // A standing rule that the plan itself never brought is the year's: here it is only shown.
        let proposals: Vec<Proposal> = (draft.review.proposals.iter().zip(&continues))
            .map(|(p, continued)| match (&p.origin, continued) {
                (Origin::Standing { .. }, None) => {
                    Proposal { state: model::ProposalState::NotAssessed, ..p.clone() }
                }
                _ => p.clone(),
            })
            .collect();
        let anew = proposals
            .iter()
            .zip(&continues)
            .filter(|(_, c)| c.is_none())
            .map(|(p, _)| p.key.clone())
            .collect();
        let amendment = runtime::amend(
            id,
            &proposals,
            Running { obligations: &running, continues: &continues, duties: &duties },
            &ground.basis(ground.first_day()),
            &mut ObligationId::fresh,
            &mut DutyId::fresh,
        );
        let now: BTreeSet<_> = amendment.end.iter().collect();
        let ends = running.iter().filter(|o| now.contains(&o.id)).map(|o| Obligation {
            // Its key may be another's in this version.
            key: format!("{}止", o.key),
            ..o.clone()
        });
        let ended = ends.chain(ended.into_iter().map(|(o, _)| o));
        let ended = ended.map(|o| relocated(o, draft, &difference)).collect();
        Ok(Some(Self { before, difference, amendment, running, ended, anew, beside, asked }))
    }

    /// How many obligations have this fate, with the sums of the duties kept, dropped and made.
    #[must_use]
    pub fn count(&self, fate: Fate) -> (usize, u32, u32, u32) {
        let mut out = (0, 0, 0, 0);
        for o in self.amendment.outcomes.iter().filter(|o| o.fate == fate) {
            out = (out.0 + 1, out.1 + o.kept, out.2 + o.dropped, out.3 + o.made);
        }
        out
    }
}

/// An obligation that is no longer asked, beside its words in the new text, or beside none when they are gone: what is
/// still owed of it is shown with the item that it belongs to.
fn relocated(o: Obligation, draft: &Draft, difference: &Difference) -> Obligation {
    let item = o.item.and_then(|i| difference.new_of(i));
    let place = item.and_then(|i| draft.review.plan.items.get(i)).map(|i| {
        let words = o.origin.words().unwrap_or_default();
        compiler::find(&draft.revision.source, i.span, words).unwrap_or(Span::new(i.span.start, i.span.start))
    });
    let at = place.unwrap_or_default();
    let origin = match o.origin {
        Origin::Clause { text, .. } => Origin::Clause { text, span: at },
        Origin::Adopted { rule, mechanism, text, .. } => Origin::Adopted { rule, mechanism, text, span: at },
        Origin::Progress { text, .. } => Origin::Progress { text, span: at },
        Origin::Standing { rule } => Origin::Standing { rule },
    };
    Obligation { item, origin, ..o }
}

/// Tries before giving up, when records keep coming while it is worked out what stands.
const TRIES: usize = 5;

/// Publishes the newest revision of a draft. Of a published plan it is a later version: what asks the same goes on,
/// and nothing met or due is touched. False when somebody changed the draft meanwhile.
///
/// # Errors
/// [`Fault::NotAllowed`] when the account may not; [`Fault::Conflict`] when there are errors in the draft, or others keep
/// writing meanwhile.
pub async fn publish(work: &Work, actor: &Actor, draft: &Draft, based_on: u32) -> Result<bool, Fault> {
    actor.must(Right::EditPlan)?;
    if draft.diagnostics().iter().any(|d| d.severity == Severity::Error) {
        return Err(Fault::Conflict("还有错误没有解决，没有发布。".to_owned()));
    }
    let id = draft.head.id;
    let ground = Ground::read(work, actor, draft.revision.year).await?;
    for _ in 0..TRIES {
        let publication = match Later::of(work, actor, draft, &ground).await? {
            None => {
                let beside = Beside::read(work, actor.institution, ground.year(), ground.today()).await?;
                first(work, actor, draft, &ground, &beside).await?
            }
            Some(later) => next(work, actor, &ground, later).await?,
        };
        let act = actor.act(work, "plan.publish").on(id).with(serde_json::json!({
            "revision": based_on,
            "obligations": publication.opening.obligations.len(),
            "duties": publication.opening.duties.len(),
            "ended": publication.end_obligations.len(),
            "dropped": publication.drop_duties.len(),
        }));
        match work.store.publish(actor.institution, id, based_on, &publication, &act).await {
            Ok(saved) => return Ok(!matches!(saved, Saved::Stale(_))),
            // Something was written since the duties were looked at: perhaps one of them is met now.
            Err(StoreError::Conflict) => {}
            Err(e) => return Err(e.into()),
        }
    }
    Err(Fault::Conflict("办理情况一直在变，没有发布；请过一会儿再按一次。".to_owned()))
}

/// What publishing a draft for the first time brings about beside what runs.
///
/// # Errors
/// When the store cannot read.
pub async fn first(
    work: &Work,
    actor: &Actor,
    draft: &Draft,
    ground: &Ground,
    beside: &Beside,
) -> Result<Publication, Fault> {
    let (own, settled) = runtime::apart(&draft.review.proposals);
    let basis = ground.basis(ground.first_day());
    let rules: Vec<_> = settled
        .keys()
        .filter(|rule| !beside.rules.contains(**rule))
        .filter_map(|rule| work.rulebook.obligation(rule))
        .collect();
    let (heads, mut obligations, mut wanted) = routines(&rules, &settled, ground.year(), &basis);
    let made = runtime::publish(draft.head.id, &own, &basis, &mut ObligationId::fresh, &mut DutyId::fresh);
    obligations.extend(made.obligations);
    wanted.extend(made.duties);
    let mut opening = beside.open(obligations, wanted, ground.today());
    opening.routines = heads;
    let days = (ground.year(), ground.today());
    opening.credits = beside.done_already(work, actor.institution, &opening, None, days).await?;
    Ok(Publication {
        made: ground.today(),
        drop_duties: beside.replaced(&opening, ground.today()),
        opening,
        as_of: Some(beside.as_of),
        ..Publication::default()
    })
}

async fn next(work: &Work, actor: &Actor, ground: &Ground, later: Later) -> Result<Publication, Fault> {
    let Amendment { obligations, duties, mut follow, end, drop, carry, outcomes: _ } = later.amendment;
    follow.extend(later.ended);
    let as_of = later.beside.as_of;
    // What others ask too goes on without this plan.
    let (mut gone, mut left): (Vec<DutyId>, Vec<AlsoAsked>) = (Vec::new(), Vec::new());
    for duty in drop {
        let by = later.asked.get(&duty);
        let others = by.zip(later.beside.facts(duty));
        match others.and_then(|(by, facts)| runtime::released(facts, *by, ground.today())) {
            Some(also) => left.push(also),
            None => gone.push(duty),
        }
    }
    // Of a demand that changed, what was begun is carried over; records are looked for what nobody asked before.
    let anew: HashSet<ObligationId> =
        obligations.iter().filter(|o| later.anew.contains(&o.key)).map(|o| o.id).collect();
    let beside = later.beside.without(&gone, &left);
    let mut opening = beside.open(obligations, duties, ground.today());
    let days = (ground.year(), ground.today());
    let already = beside.done_already(work, actor.institution, &opening, Some(&anew), days).await?;
    opening.also.extend(left);
    gone.extend(beside.replaced(&opening, ground.today()));
    let made: HashSet<DutyId> = opening.duties.iter().map(|d| d.id).collect();
    let to: HashMap<DutyId, DutyId> = carry.into_iter().filter(|(_, new)| made.contains(new)).collect();
    let begun: Vec<DutyId> = to.keys().copied().collect();
    let written = work.store.credits_of_duties(actor.institution, &Scope::All, &begun).await?;
    opening.credits = written
        .into_iter()
        .filter(|c| c.ended.is_none())
        .filter_map(|c| {
            let duty = *to.get(&c.duty)?;
            Some(Credit { id: CreditId::fresh(), duty, known: ground.today(), ..c })
        })
        .chain(already)
        .collect();
    Ok(Publication {
        made: ground.today(),
        opening,
        end_obligations: end,
        drop_duties: gone,
        follow,
        as_of: Some(as_of),
    })
}

/// Makes a draft the next revision of a plan that runs: what it changes there is shown before it is published.
///
/// # Errors
/// [`Fault::NotAllowed`] when the account may not; [`Fault::Conflict`] when somebody else was faster.
pub async fn hand_over(work: &Work, actor: &Actor, draft: &Draft, other: PlanId) -> Result<(), Fault> {
    actor.must(Right::EditPlan)?;
    let head = work.store.plan(actor.institution, other).await?;
    let save = PlanSave {
        title: draft.revision.title.clone(),
        year: head.year,
        issuer: head.issuer,
        file: None,
        source: Some(draft.revision.source.clone()),
        review: serde_json::to_string(&draft.review)?,
    };
    let act = actor.act(work, "plan.save").on(other);
    let act = act.with(serde_json::json!({ "from": draft.head.id.to_string() }));
    work.store.save_plan(actor.institution, other, head.revision, &save, &act).await?.or_conflict()?;
    Ok(())
}
