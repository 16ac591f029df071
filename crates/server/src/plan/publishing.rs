//! What publishing costs, and publishing: obligations and duties of the year, all or none.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, date};
use model::{DutyId, Obligation, ObligationId, Organisation, Proposal, Standing};
use runtime::{Basis, Cost, Pick, Roster, SchoolCalendar};
use store::{Publication, Saved};

use crate::app::App;
use crate::fault::Fault;
use crate::identity::Actor;

use super::draft::Draft;

/// What duties are made upon, read once.
pub(crate) struct Ground {
    org: Organisation,
    roster: Roster,
    calendar: SchoolCalendar,
    usual: BTreeMap<String, Vec<i8>>,
    events: BTreeMap<String, Date>,
    rules: String,
    year: i16,
    today: Date,
}

impl Ground {
    /// Reads people, calendar and rules for the year of a draft.
    pub(crate) async fn read(app: &App, actor: &Actor, year: i16) -> Result<Self, Fault> {
        let people = app.store.people(actor.institution).await?;
        let today = app.clock.today();
        Ok(Self {
            org: actor.known.organisation.clone(),
            roster: Roster::new(people.memberships, people.posts),
            calendar: app.calendar(actor.institution, year).await?,
            usual: app
                .rulebook
                .in_force(today)
                .into_iter()
                .map(|r| (r.id.clone(), r.months.clone()))
                .collect(),
            events: BTreeMap::new(),
            rules: app.rulebook.version().to_owned(),
            year,
            today,
        })
    }

    /// The basis of the runtime for what is asked from that day on.
    fn basis(&self, from: Date) -> Basis<'_> {
        Basis {
            org: &self.org,
            roster: &self.roster,
            calendar: &self.calendar,
            year: self.year,
            made: self.today.min(from),
            from,
            rules: &self.rules,
            events: &self.events,
            usual_months: &self.usual,
        }
    }

    /// The first day of the plan's year.
    fn new_year(&self) -> Date {
        date(self.year, 1, 1)
    }

    /// The first day of which publishing today can ask anything: a period that was over before can no longer be asked.
    fn first_day(&self) -> Date {
        self.today.max(self.new_year())
    }

    /// Whether a part of the plan's year has passed already.
    pub(crate) fn is_late(&self) -> bool {
        self.today > self.new_year()
    }

    /// What these proposals ask for in all of the plan's year.
    pub(crate) fn cost_of_year(&self, app: &App, proposals: &[Proposal]) -> Cost {
        runtime::cost(proposals, &self.basis(self.new_year()), |id| app.rulebook.ledger(id))
    }

    /// What publishing these proposals today makes of duties.
    pub(crate) fn cost(&self, app: &App, proposals: &[Proposal]) -> Cost {
        runtime::cost(proposals, &self.basis(self.first_day()), |id| app.rulebook.ledger(id))
    }
}

/// What is the same demand in two versions of a plan.
fn demand(o: &Obligation) -> (String, String, bool) {
    let mut plain = o.clone();
    // What only says where it stands in the document does not make it another demand.
    plain.id = ObligationId(uuid::Uuid::nil());
    plain.key.clear();
    plain.item = None;
    let body = format!(
        "{:?} {:?} {:?} {:?} {:?}",
        plain.bearers, plain.lead, plain.cadence, plain.ledger, plain.condition
    );
    let source = format!("{:?} {}", plain.origin.rule(), plain.origin.words().unwrap_or_default());
    (format!("{}\n{source}", plain.title), body, plain.assessed)
}

/// Publishes the newest revision of a draft. Of an earlier version, demands that are no longer made are ended and
/// their duties that are neither due nor met are dropped; the others go on untouched; new ones begin.
pub(crate) async fn publish(app: &App, actor: &Actor, draft: &Draft, based_on: u32) -> Result<bool, Fault> {
    let id = draft.head.id;
    let ground = Ground::read(app, actor, draft.revision.year).await?;
    let made = runtime::publish(
        id,
        &draft.review.proposals,
        &ground.basis(ground.first_day()),
        &mut ObligationId::fresh,
        &mut DutyId::fresh,
    );
    let mut publication = Publication {
        made: ground.today,
        obligations: made.obligations,
        duties: made.duties,
        end_obligations: Vec::new(),
        drop_duties: Vec::new(),
    };
    if draft.head.published.is_some() {
        amend(app, actor, draft, &mut publication).await?;
    }
    let act = actor.act(app, "plan.publish").on(id).with(serde_json::json!({
        "revision": based_on,
        "obligations": publication.obligations.len(),
        "duties": publication.duties.len(),
        "ended": publication.end_obligations.len(),
        "dropped": publication.drop_duties.len(),
    }));
    let saved = app.store.publish(actor.institution, id, based_on, &publication, &act).await?;
    Ok(!matches!(saved, Saved::Stale(_)))
}

/// Leaves what goes on out of a publication, and puts into it what ends.
async fn amend(app: &App, actor: &Actor, draft: &Draft, publication: &mut Publication) -> Result<(), Fault> {
    let id = draft.head.id;
    let running = app.store.obligations(actor.institution, id).await?;
    let mut before: BTreeMap<_, Vec<ObligationId>> = BTreeMap::new();
    for (o, ended) in &running {
        if ended.is_none() {
            before.entry(demand(o)).or_default().push(o.id);
        }
    }
    let mut goes_on = BTreeSet::new();
    publication.obligations.retain(|o| match before.get_mut(&demand(o)).and_then(Vec::pop) {
        Some(old) => {
            goes_on.insert(old);
            false
        }
        None => true,
    });
    let new: BTreeSet<_> = publication.obligations.iter().map(|o| o.id).collect();
    publication.duties.retain(|d| new.contains(&d.obligation));
    publication.end_obligations = before.into_values().flatten().collect();
    let ends: BTreeSet<_> = publication.end_obligations.iter().copied().collect();
    if let Some(year) = app.year(actor.institution, Some(id)).await? {
        let pick = Pick { obligations: Some(ends), ..Pick::default() };
        let open = [Standing::NotDue, Standing::Open, Standing::DueSoon];
        let lines = year.board().list(&pick, publication.made);
        publication.drop_duties =
            lines.into_iter().filter(|l| open.contains(&l.standing)).map(|l| l.duty).collect();
    }
    Ok(())
}
