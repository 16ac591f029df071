//! What publishing costs, and publishing: obligations and duties of the year, all or none.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use compiler::Difference;
use jiff::civil::{Date, date};
use model::{
    AlsoAsked, Credit, CreditId, DutyId, InstitutionId, Obligation, ObligationId, Organisation, Origin,
    Proposal, Span,
};
use rulebook::Rulebook;
use runtime::{Amendment, Basis, Cost, Fate, Moments, Roster, Running, SchoolCalendar};
use store::{Publication, Saved, Scope, StoreError};
use web::App;
use work::{Actor, Fault};

use super::beside::{Beside, routines};
use super::draft::{Draft, differing};

/// What duties are made upon, read once.
pub(crate) struct Ground {
    org: Organisation,
    roster: Roster,
    calendar: SchoolCalendar,
    usual: runtime::Usual,
    moments: Moments,
    rules: String,
    year: i16,
    today: Date,
}

impl Ground {
    /// Reads people, calendar and rules for the year of a draft.
    pub(crate) async fn read(app: &App, actor: &Actor, year: i16) -> Result<Self, Fault> {
        Self::over(app, actor.institution, actor.known.organisation.clone(), year).await
    }

    /// The same over these units, whoever asks.
    pub(crate) async fn over(
        app: &App,
        institution: InstitutionId,
        org: Organisation,
        year: i16,
    ) -> Result<Self, Fault> {
        let people = app.store.people(institution).await?;
        let today = app.clock.today();
        Ok(Self {
            org,
            roster: Roster::new(people.memberships, people.posts),
            calendar: app.calendar(institution, year).await?,
            usual: runtime::usual_months(app.rulebook.in_force(today)),
            moments: work::moments::of_year(app, institution, year).await?,
            rules: app.rulebook.version().to_owned(),
            year,
            today,
        })
    }

    /// The basis of the runtime for what is asked from that day on.
    pub(crate) fn basis(&self, from: Date) -> Basis<'_> {
        Basis {
            org: &self.org,
            roster: &self.roster,
            calendar: &self.calendar,
            year: self.year,
            made: self.today.min(from),
            from,
            rules: &self.rules,
            moments: &self.moments,
            usual_months: &self.usual,
        }
    }

    /// The year that it is about.
    pub(crate) fn year(&self) -> i16 {
        self.year
    }

    /// Day on which it is published.
    pub(crate) fn today(&self) -> Date {
        self.today
    }

    /// The first day of the plan's year.
    fn new_year(&self) -> Date {
        date(self.year, 1, 1)
    }

    /// The first day of which publishing today can ask anything: a period that was over before can no longer be asked.
    pub(crate) fn first_day(&self) -> Date {
        self.today.max(self.new_year())
    }

    /// Whether a part of the plan's year has passed already.
    pub(crate) fn is_late(&self) -> bool {
        self.today > self.new_year()
    }

    /// What these proposals ask for in all of the plan's year.
    pub(crate) fn cost_of_year(&self, rulebook: &Rulebook, proposals: &[Proposal]) -> Cost {
        runtime::cost(proposals, &self.basis(self.new_year()), |id| rulebook.ledger(id))
    }

    /// What publishing these proposals today makes of duties.
    pub(crate) fn cost(&self, rulebook: &Rulebook, proposals: &[Proposal]) -> Cost {
        runtime::cost(proposals, &self.basis(self.first_day()), |id| rulebook.ledger(id))
    }

    /// Works out what a draft costs, on a thread of its own.
    ///
    /// # Errors
    /// When too many wait to have something worked out.
    pub(crate) async fn costs<T: Send + 'static>(
        self,
        app: &App,
        draft: &Draft,
        work: impl FnOnce(&Self, &Rulebook, &[Proposal]) -> T + Send + 'static,
    ) -> Result<(Self, T), Fault> {
        let (rulebook, review) = (Arc::clone(&app.rulebook), Arc::clone(&draft.review));
        app.heavy
            .run(move || {
                let cost = work(&self, &rulebook, &review.proposals);
                (self, cost)
            })
            .await
    }
}

/// A later version beside the published one: what differs, and what that changes in the year that runs.
pub(crate) struct Later {
    /// The published version.
    pub(crate) before: Draft,
    /// The texts compared.
    pub(crate) difference: Difference,
    /// What publishing the later version today changes.
    pub(crate) amendment: Amendment,
    /// The obligations that run, by what they are called.
    pub(crate) running: Vec<Obligation>,
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
    pub(crate) async fn of(
        app: &App,
        actor: &Actor,
        draft: &Draft,
        ground: &Ground,
    ) -> Result<Option<Self>, Fault> {
        let Some(published) = &draft.head.published else { return Ok(None) };
        let id = draft.head.id;
        let before = Draft::at(app, actor, id, published.revision).await?;
        let difference = differing(app, &before, draft).await?;
        let pairs = compiler::pair(&before.review.proposals, &draft.review.proposals, &difference);
        let (running, ended): (Vec<_>, Vec<_>) = app
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
        let beside = Beside::read(app, actor.institution, ground.year, ground.today).await?;
        let mine: HashSet<ObligationId> = running.iter().map(|o| o.id).collect();
        let duties = beside.asked_by(&mine, ground.today);
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
    pub(crate) fn count(&self, fate: Fate) -> (usize, u32, u32, u32) {
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
pub(crate) async fn publish(app: &App, actor: &Actor, draft: &Draft, based_on: u32) -> Result<bool, Fault> {
    let id = draft.head.id;
    let ground = Ground::read(app, actor, draft.revision.year).await?;
    for _ in 0..TRIES {
        let publication = match Later::of(app, actor, draft, &ground).await? {
            None => {
                let beside = Beside::read(app, actor.institution, ground.year, ground.today).await?;
                first(app, actor, draft, &ground, &beside).await?
            }
            Some(later) => next(app, actor, &ground, later).await?,
        };
        let act = actor.act(app, "plan.publish").on(id).with(serde_json::json!({
            "revision": based_on,
            "obligations": publication.opening.obligations.len(),
            "duties": publication.opening.duties.len(),
            "ended": publication.end_obligations.len(),
            "dropped": publication.drop_duties.len(),
        }));
        match app.store.publish(actor.institution, id, based_on, &publication, &act).await {
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
pub(crate) async fn first(
    app: &App,
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
        .filter_map(|rule| app.rulebook.obligation(rule))
        .collect();
    let (heads, mut obligations, mut wanted) = routines(&rules, &settled, ground.year, &basis);
    let made = runtime::publish(draft.head.id, &own, &basis, &mut ObligationId::fresh, &mut DutyId::fresh);
    obligations.extend(made.obligations);
    wanted.extend(made.duties);
    let mut opening = beside.open(obligations, wanted, ground.today);
    opening.routines = heads;
    let days = (ground.year, ground.today);
    opening.credits = beside.done_already(app, actor.institution, &opening, None, days).await?;
    Ok(Publication { made: ground.today, opening, as_of: Some(beside.as_of), ..Publication::default() })
}

async fn next(app: &App, actor: &Actor, ground: &Ground, later: Later) -> Result<Publication, Fault> {
    let Amendment { obligations, duties, mut follow, end, drop, carry, outcomes: _ } = later.amendment;
    follow.extend(later.ended);
    let as_of = later.beside.as_of;
    // What others ask too goes on without this plan.
    let (mut gone, mut left): (Vec<DutyId>, Vec<AlsoAsked>) = (Vec::new(), Vec::new());
    for duty in drop {
        let by = later.asked.get(&duty);
        let others = by.zip(later.beside.facts(duty));
        match others.and_then(|(by, facts)| runtime::released(facts, *by, ground.today)) {
            Some(also) => left.push(also),
            None => gone.push(duty),
        }
    }
    // Of a demand that changed, what was begun is carried over; records are looked for what nobody asked before.
    let anew: HashSet<ObligationId> =
        obligations.iter().filter(|o| later.anew.contains(&o.key)).map(|o| o.id).collect();
    let beside = later.beside.without(&gone, &left);
    let mut opening = beside.open(obligations, duties, ground.today);
    let days = (ground.year, ground.today);
    let already = beside.done_already(app, actor.institution, &opening, Some(&anew), days).await?;
    opening.also.extend(left);
    let made: HashSet<DutyId> = opening.duties.iter().map(|d| d.id).collect();
    let to: HashMap<DutyId, DutyId> = carry.into_iter().filter(|(_, new)| made.contains(new)).collect();
    let begun: Vec<DutyId> = to.keys().copied().collect();
    let written = app.store.credits_of_duties(actor.institution, &Scope::All, &begun).await?;
    opening.credits = written
        .into_iter()
        .filter(|c| c.ended.is_none())
        .filter_map(|c| {
            let duty = *to.get(&c.duty)?;
            Some(Credit { id: CreditId::fresh(), duty, known: ground.today, ..c })
        })
        .chain(already)
        .collect();
    Ok(Publication {
        made: ground.today,
        opening,
        end_obligations: end,
        drop_duties: gone,
        follow,
        as_of: Some(as_of),
    })
}
