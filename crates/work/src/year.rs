//! The running year: the published plan, its obligations, and how every duty stands, kept in memory.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, RwLock, RwLockReadGuard};

use jiff::civil::Date;
use model::{InstitutionId, Item, Obligation, ObligationId, Plan, PlanId, Review, SourceText, StandingFacts};
use runtime::{Board, SchoolCalendar};
use store::PlanHead;

use crate::fault::Fault;
use crate::state::Work;

/// A published plan and its year. Pages take everything that they say about duties from its [`Board`].
pub struct Year {
    /// The plan's name and year, and which revision was published.
    pub head: PlanHead,
    /// The plan as it was read.
    pub plan: Plan,
    /// The document's text.
    pub source: SourceText,
    /// The school calendar of the plan's year.
    pub calendar: SchoolCalendar,
    obligations: Vec<Obligation>,
    /// Those that a later version of the plan ended, with the day from which they are no longer asked.
    ended: HashMap<ObligationId, Date>,
    at: HashMap<ObligationId, usize>,
    board: RwLock<Board>,
}

impl Year {
    /// The obligations in the order of the document.
    #[must_use]
    pub fn obligations(&self) -> &[Obligation] {
        &self.obligations
    }

    /// One obligation.
    #[must_use]
    pub fn obligation(&self, id: ObligationId) -> Option<&Obligation> {
        self.obligations.get(*self.at.get(&id)?)
    }

    /// The obligations of one item of the plan that are asked on a day.
    pub fn of_item(&self, item: usize, on: Date) -> impl Iterator<Item = &Obligation> {
        self.obligations.iter().filter(move |o| o.item == Some(item) && self.asked(o.id, on))
    }

    /// Whether an obligation is asked on a day: not ended by a later version of the plan.
    #[must_use]
    pub fn asked(&self, id: ObligationId, on: Date) -> bool {
        self.ended.get(&id).is_none_or(|day| on < *day)
    }

    /// The obligations of which a duty of a person is owed by that person; none where all are: where no unit owes anything
    /// about somebody.
    #[must_use]
    pub fn owed_by_people(&self) -> Option<BTreeSet<ObligationId>> {
        let own = |o: &&Obligation| o.bearers.are_people();
        let all = self.obligations.iter().all(|o| own(&o));
        (!all).then(|| self.obligations.iter().filter(own).map(|o| o.id).collect())
    }

    /// Whether any of its obligations asks or asked a duty.
    fn asks(&self, facts: &StandingFacts) -> bool {
        asks(&self.at, facts)
    }

    /// The item of the plan that an obligation comes from.
    #[must_use]
    pub fn item_of(&self, obligation: &Obligation) -> Option<&Item> {
        self.plan.items.get(obligation.item?)
    }

    /// How every duty stands. Not to be held across an `await`.
    ///
    /// # Panics
    /// Never: nothing panics while it holds the lock for writing.
    pub fn board(&self) -> RwLockReadGuard<'_, Board> {
        self.board.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn asks(obligations: &HashMap<ObligationId, usize>, facts: &StandingFacts) -> bool {
    let mut askers = std::iter::once(facts.obligation).chain(facts.also.iter().map(|(by, ..)| *by));
    askers.any(|o| obligations.contains_key(&o))
}

/// The years that are in memory, by institution, each as of a change number.
#[derive(Default)]
pub(crate) struct Years {
    held: RwLock<HashMap<InstitutionId, Arc<Held>>>,
    reading: tokio::sync::Mutex<()>,
}

struct Held {
    change: i64,
    heads: Vec<PlanHead>,
    years: HashMap<PlanId, (i64, Arc<Year>)>,
}

impl Years {
    fn get(&self, institution: InstitutionId) -> Option<Arc<Held>> {
        self.held.read().unwrap_or_else(std::sync::PoisonError::into_inner).get(&institution).cloned()
    }
}

/// The plan that runs: the published one of this year, else the newest that was published.
fn running(heads: &[PlanHead], today: Date) -> Option<PlanId> {
    let published = || heads.iter().filter(|h| h.published.is_some());
    published().find(|h| h.year == today.year()).or_else(|| published().max_by_key(|h| h.year)).map(|h| h.id)
}

impl Work {
    /// The year of a plan, as it is now in the database; of the running plan when none is named. `None` when nothing
    /// was published.
    ///
    /// Costs one look-up of the institution's change number when nothing has changed, else the reading of what has.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn year(
        &self,
        institution: InstitutionId,
        plan: Option<PlanId>,
    ) -> Result<Option<Arc<Year>>, Fault> {
        let change = self.store.change_number(institution).await?;
        let found = |held: &Held| {
            let id = plan.or_else(|| running(&held.heads, self.clock.today()))?;
            held.years.get(&id).filter(|(at, _)| *at >= change).map(|(_, y)| Arc::clone(y))
        };
        if let Some(held) = self.years.get(institution).filter(|h| h.change >= change)
            && let Some(year) = found(&held)
        {
            return Ok(Some(year));
        }
        // One reads, the others wait for what it finds.
        let _reading = self.years.reading.lock().await;
        let before = self.years.get(institution);
        let heads = match &before {
            Some(held) if held.change >= change => held.heads.clone(),
            _ => self.store.plans(institution).await?,
        };
        let Some(id) = plan.or_else(|| running(&heads, self.clock.today())) else { return Ok(None) };
        let Some(head) = heads.iter().find(|h| h.id == id && h.published.is_some()) else { return Ok(None) };
        let mut years = before.as_ref().map(|h| h.years.clone()).unwrap_or_default();
        let (at, year) = match years.get(&id) {
            Some((since, year)) if year.head.published == head.published => {
                let new = self.store.facts_changed_since(institution, Some(head.year), *since).await?;
                let own: Vec<_> = new.facts.into_iter().filter(|f| year.asks(f)).collect();
                if !own.is_empty() {
                    year.board.write().unwrap_or_else(std::sync::PoisonError::into_inner).apply(own);
                }
                (new.change, Arc::clone(year))
            }
            _ => self.read_year(institution, head).await?,
        };
        years.insert(id, (at, Arc::clone(&year)));
        let held = Held { change, heads, years };
        self.years
            .held
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .insert(institution, Arc::new(held));
        Ok(Some(year))
    }

    /// The year of the plan in which a day lies: the running plan's, or that of the plan of the day's own year.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn year_on(&self, institution: InstitutionId, day: Date) -> Result<Option<Arc<Year>>, Fault> {
        let running = self.year(institution, None).await?;
        if running.as_ref().is_none_or(|y| y.head.year == day.year()) {
            return Ok(running);
        }
        let heads = self.store.plans(institution).await?;
        match heads.iter().find(|h| h.year == day.year() && h.published.is_some()) {
            Some(head) => self.year(institution, Some(head.id)).await,
            None => Ok(None),
        }
    }

    async fn read_year(
        &self,
        institution: InstitutionId,
        head: &PlanHead,
    ) -> Result<(i64, Arc<Year>), Fault> {
        let number = head.published.as_ref().map(|p| p.revision);
        let revision = self.store.plan_revision(institution, head.id, number).await?;
        let review: Review = revision.review_as()?;
        let read = self.store.obligations(institution, head.id).await?;
        let facts = self.store.facts_changed_since(institution, Some(head.year), 0).await?;
        let mut board = Board::new(self.settings.soon_days);
        let ended = read.iter().filter_map(|(o, end)| end.map(|day| (o.id, day))).collect();
        let mut obligations: Vec<Obligation> = read.into_iter().map(|(o, _)| o).collect();
        obligations.sort_by_key(|o| (o.item.is_none(), o.item));
        let at: HashMap<_, _> = obligations.iter().enumerate().map(|(i, o)| (o.id, i)).collect();
        board.apply(facts.facts.into_iter().filter(|f| asks(&at, f)));
        let year = Year {
            head: head.clone(),
            plan: review.plan,
            source: revision.source,
            calendar: SchoolCalendar::from_rulebook(self.rulebook.calendar_data(), head.year),
            obligations,
            ended,
            at,
            board: RwLock::new(board),
        };
        Ok((facts.change, Arc::new(year)))
    }
}
