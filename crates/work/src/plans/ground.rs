//! What duties are made upon, and what a draft costs upon it.

use std::sync::Arc;

use jiff::civil::{Date, date};
use model::{InstitutionId, Organisation, Proposal};
use rulebook::Rulebook;
use runtime::{Basis, Cost, Moments, Roster, SchoolCalendar};

use super::draft::Draft;
use crate::actor::Actor;
use crate::fault::Fault;
use crate::state::Work;

/// What duties are made upon, read once.
pub struct Ground {
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
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn read(work: &Work, actor: &Actor, year: i16) -> Result<Self, Fault> {
        Self::over(work, actor.institution, actor.known.organisation.clone(), year).await
    }

    /// The same over these units, whoever asks.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn over(
        work: &Work,
        institution: InstitutionId,
        org: Organisation,
        year: i16,
    ) -> Result<Self, Fault> {
        let people = work.store.people(institution).await?;
        let today = work.clock.today();
        Ok(Self {
            org,
            roster: Roster::new(people.memberships, people.posts)
                .with_categories(work.store.categories(institution).await?),
            calendar: work.calendar(institution, year).await?,
            usual: runtime::usual_months(work.rulebook.in_force(today)),
            moments: crate::moments::of_year(work, institution, year).await?,
            rules: work.rulebook.version().to_owned(),
            year,
            today,
        })
    }

    /// The basis of the runtime for what is asked from that day on.
    #[must_use]
    pub fn basis(&self, from: Date) -> Basis<'_> {
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
    #[must_use]
    pub fn year(&self) -> i16 {
        self.year
    }

    /// Day on which it is published.
    #[must_use]
    pub fn today(&self) -> Date {
        self.today
    }

    /// The first day of the plan's year.
    #[must_use]
    pub fn new_year(&self) -> Date {
        date(self.year, 1, 1)
    }

    /// The first day of which publishing today can ask anything: a period that was over before can no longer be asked.
    #[must_use]
    pub fn first_day(&self) -> Date {
        self.today.max(self.new_year())
    }

    /// Whether a part of the plan's year has passed already.
    #[must_use]
    pub fn is_late(&self) -> bool {
        self.today > self.new_year()
    }

    /// What these proposals ask for in all of the plan's year.
    #[must_use]
    pub fn cost_of_year(&self, rulebook: &Rulebook, proposals: &[Proposal]) -> Cost {
        runtime::cost(proposals, &self.basis(self.new_year()), |id| rulebook.ledger(id))
    }

    /// What publishing these proposals today makes of duties.
    #[must_use]
    pub fn cost(&self, rulebook: &Rulebook, proposals: &[Proposal]) -> Cost {
        runtime::cost(proposals, &self.basis(self.first_day()), |id| rulebook.ledger(id))
    }

    /// Works out what a draft costs, on a thread of its own.
    ///
    /// # Errors
    /// When too many wait to have something worked out.
    pub async fn costs<T: Send + 'static>(
        self,
        work: &Work,
        draft: &Draft,
        count: impl FnOnce(&Self, &Rulebook, &[Proposal]) -> T + Send + 'static,
    ) -> Result<(Self, T), Fault> {
        let (rulebook, review) = (Arc::clone(&work.rulebook), Arc::clone(&draft.review));
        work.heavy
            .run(move || {
                let cost = count(&self, &rulebook, &review.proposals);
                (self, cost)
            })
            .await
    }
}
