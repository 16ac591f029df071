//! 年度总册: all that an institution owes in a year, from every source, kept in memory; a plan is a lens on it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use jiff::civil::Date;
use model::{
    Credit, DutyId, DutySource, InstitutionId, Item, Obligation, ObligationId, Plan, PlanId, Review,
    SourceText, Standing, StandingFacts, UnitId,
};
use runtime::{Board, Line, Pick, SchoolCalendar, Tally};
use store::PlanHead;

use crate::fault::Fault;
use crate::state::Work;

/// A plan among those that run in a year.
#[derive(Clone, Debug)]
pub struct Part {
    /// The plan's name and issuer, and which revision was published.
    pub head: PlanHead,
    /// What stands before the number of its items where several plans run: nothing for the first.
    pub mark: String,
    /// The number of its first item among the items of all.
    pub first: usize,
    /// Where its text begins among the texts of all.
    at: usize,
}

impl Part {
    /// Whether it had been published by that day.
    #[must_use]
    pub fn runs_on(&self, on: Date) -> bool {
        self.head.since.is_some_and(|day| day <= on)
    }
}

/// A year, all of it or as far as one plan asks it. Pages take everything that they say about duties from its board.
pub struct Year {
    /// Which year.
    pub number: i16,
    /// What to call it: the title of its plan, or of the first of several.
    pub title: String,
    /// The plan that alone is looked at; none for all that runs.
    pub lens: Option<PlanId>,
    /// The plans of the year, each with the name that tells it from the others, whichever are looked at.
    pub plans: Vec<(PlanId, String)>,
    /// The plans that are looked at, the institution's own first.
    pub parts: Vec<Part>,
    /// The plans as they were read, one after another.
    pub plan: Plan,
    /// Their texts, one after another.
    pub source: SourceText,
    /// The school calendar of the year.
    pub calendar: SchoolCalendar,
    obligations: Vec<Obligation>,
    /// The days from which each is known and is no longer asked.
    asked: HashMap<ObligationId, (Date, Option<Date>)>,
    at: HashMap<ObligationId, usize>,
    /// What a lens lets through.
    only: Option<Arc<BTreeSet<ObligationId>>>,
    board: Arc<RwLock<Board>>,
}

impl Year {
    /// The obligations, plan by plan in the order of the documents; last those that stand in none.
    #[must_use]
    pub fn obligations(&self) -> &[Obligation] {
        &self.obligations
    }

    /// One obligation.
    #[must_use]
    pub fn obligation(&self, id: ObligationId) -> Option<&Obligation> {
        self.obligations.get(*self.at.get(&id)?)
    }

    /// The obligations of one item that are asked on a day.
    pub fn of_item(&self, item: usize, on: Date) -> impl Iterator<Item = &Obligation> {
        self.obligations.iter().filter(move |o| o.item == Some(item) && self.asked(o.id, on))
    }

    /// Whether an obligation is asked on a day: known by then, and not ended.
    #[must_use]
    pub fn asked(&self, id: ObligationId, on: Date) -> bool {
        let days = self.asked.get(&id);
        days.is_some_and(|(since, until)| *since <= on && until.is_none_or(|day| on < day))
    }

    /// The day from which an obligation is known.
    #[must_use]
    pub fn since(&self, id: ObligationId) -> Option<Date> {
        self.asked.get(&id).map(|(since, _)| *since)
    }

    /// The obligations of which a duty of a person is owed by that person; none where all are: where no unit owes anything
    /// about somebody.
    #[must_use]
    pub fn owed_by_people(&self) -> Option<BTreeSet<ObligationId>> {
        let own = |o: &&Obligation| o.bearers.are_people();
        let all = self.obligations.iter().all(|o| own(&o));
        (!all).then(|| self.obligations.iter().filter(own).map(|o| o.id).collect())
    }

    /// The item that an obligation comes from.
    #[must_use]
    pub fn item_of(&self, obligation: &Obligation) -> Option<&Item> {
        self.plan.items.get(obligation.item?)
    }

    /// The plan that an item stands in.
    #[must_use]
    pub fn part_of(&self, item: &Item) -> Option<&Part> {
        self.parts.iter().rev().find(|p| p.at <= item.span.start)
    }

    /// The plan that an obligation was published with; none for what the year asks by itself.
    #[must_use]
    pub fn plan_of(&self, obligation: &Obligation) -> Option<&Part> {
        let plan = obligation.source.plan()?;
        self.parts.iter().find(|p| p.head.id == plan)
    }

    /// How every duty stands, as far as the lens lets through. Not to be held across an `await`.
    ///
    /// # Panics
    /// Never: nothing panics while it holds the lock for writing.
    pub fn board(&self) -> Lensed<'_> {
        let board = self.board.read().unwrap_or_else(PoisonError::into_inner);
        Lensed { board, only: self.only.as_ref() }
    }
}

/// A board through a lens: of several plans that run, only what one of them asks. Each question is the board's own.
pub struct Lensed<'y> {
    board: RwLockReadGuard<'y, Board>,
    only: Option<&'y Arc<BTreeSet<ObligationId>>>,
}

impl Lensed<'_> {
    fn narrowed(&self, pick: &Pick) -> Pick {
        Pick { lens: self.only.cloned(), ..pick.clone() }
    }

    /// [`Board::facts`].
    #[must_use]
    pub fn facts(&self, duty: DutyId) -> Option<StandingFacts> {
        self.board.facts(duty)
    }

    /// [`Board::standing`].
    #[must_use]
    pub fn standing(&self, duty: DutyId, on: Date) -> Option<Standing> {
        self.board.standing(duty, on)
    }

    /// [`Board::tally`].
    #[must_use]
    pub fn tally(&self, pick: &Pick, on: Date) -> Tally {
        self.board.tally(&self.narrowed(pick), on)
    }

    /// [`Board::list`].
    #[must_use]
    pub fn list(&self, pick: &Pick, on: Date) -> Vec<Line> {
        self.board.list(&self.narrowed(pick), on)
    }

    /// [`Board::each`].
    pub fn each(&self, pick: &Pick, on: Date, take: impl FnMut(Line)) {
        self.board.each(&self.narrowed(pick), on, take);
    }

    /// [`Board::this_month`].
    #[must_use]
    pub fn this_month(&self, pick: &Pick, on: Date) -> Vec<Line> {
        self.board.this_month(&self.narrowed(pick), on)
    }

    /// [`Board::by_obligation`].
    #[must_use]
    pub fn by_obligation(&self, pick: &Pick, on: Date) -> BTreeMap<ObligationId, Tally> {
        self.board.by_obligation(&self.narrowed(pick), on)
    }

    /// [`Board::by_unit`].
    #[must_use]
    pub fn by_unit(&self, pick: &Pick, on: Date) -> BTreeMap<UnitId, Tally> {
        self.board.by_unit(&self.narrowed(pick), on)
    }

    /// [`Board::askers`].
    #[must_use]
    pub fn askers(&self, duty: DutyId, on: Date) -> Vec<ObligationId> {
        self.board.askers(duty, on)
    }

    /// How many duties the board holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.board.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.board.is_empty()
    }
}

/// What a Book was read from: when this differs, it is read anew.
#[derive(Clone, PartialEq, Eq)]
struct Mark {
    heads: Vec<PlanHead>,
    obligations: (u32, u32),
    /// The change number of units and calendar.
    org: i64,
}

/// The Book of a year as of a change number.
struct Book {
    mark: Mark,
    /// The change numbers up to which it knows what happened, and what units and calendar are.
    change: i64,
    org: i64,
    all: Arc<Year>,
    of_plans: HashMap<PlanId, Arc<Year>>,
}

impl Book {
    fn year(&self, plan: Option<PlanId>) -> Option<Arc<Year>> {
        match plan {
            None => Some(Arc::clone(&self.all)),
            Some(id) => self.of_plans.get(&id).cloned(),
        }
    }
}

/// What is in memory of one institution. One reads for it, the others wait for what it finds; no other institution does.
#[derive(Default)]
struct Shelf {
    held: RwLock<Kept>,
    reading: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Kept {
    /// The change number as of which plans and years are known.
    change: i64,
    heads: Arc<Vec<PlanHead>>,
    years: Arc<Vec<i16>>,
    books: HashMap<i16, Book>,
}

/// Whole years that are read at a time: each takes the processor and the database for a tenth of a second.
const COLD: usize = 4;

/// The Books that are in memory.
struct Years {
    shelves: RwLock<HashMap<InstitutionId, Arc<Shelf>>>,
    cold: tokio::sync::Semaphore,
}

impl Default for Years {
    fn default() -> Self {
        Self { shelves: RwLock::default(), cold: tokio::sync::Semaphore::new(COLD) }
    }
}

impl Years {
    fn shelf(&self, institution: InstitutionId) -> Arc<Shelf> {
        let there =
            self.shelves.read().unwrap_or_else(PoisonError::into_inner).get(&institution).map(Arc::clone);
        there.unwrap_or_else(|| {
            let mut all = self.shelves.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(institution).or_default())
        })
    }

    /// Brings what a save that was change number `change` began and ended into the Books, when they know everything
    /// before it; else the next look reads it.
    fn credited(
        &self,
        institution: InstitutionId,
        change: i64,
        begun: &[Credit],
        ended: &[Credit],
        on: Date,
    ) {
        let shelf = self.shelf(institution);
        let mut held = shelf.held.write().unwrap_or_else(PoisonError::into_inner);
        for book in held.books.values_mut().filter(|b| b.change == change - 1) {
            let mut board = book.all.board.write().unwrap_or_else(PoisonError::into_inner);
            for c in begun {
                board.credit(c.duty, (c.happened, c.known, c.ended, c.amount));
            }
            for c in ended {
                board.end_credit(c.duty, (c.happened, c.known, c.ended, c.amount), on);
            }
            drop(board);
            book.change = change;
        }
        if held.change == change - 1 {
            held.change = change;
        }
    }
}

/// A plan of a year as it was published: changes of its text that wait make no other Book.
fn of_year(head: &PlanHead, number: i16) -> Option<PlanHead> {
    let published = head.published.as_ref().filter(|_| head.year == number)?;
    Some(PlanHead { revision: published.revision, ..head.clone() })
}

/// The year that a day is looked at in: its own where anything is asked in it, else the nearest before, else the first.
fn year_of(years: &[i16], on: Date) -> Option<i16> {
    years.iter().copied().filter(|y| *y <= on.year()).max().or_else(|| years.iter().copied().min())
}

impl Work {
    /// Notes in the Books in memory what a save that was change number `change` began and ended on a day, so that nobody has
    /// to read it.
    pub fn credited(
        &self,
        institution: InstitutionId,
        change: i64,
        begun: &[Credit],
        ended: &[Credit],
        on: Date,
    ) {
        self.kept::<Years>().credited(institution, change, begun, ended, on);
    }

    /// All that runs in the year of today, or the year through the lens of a plan, as it is now in the database. `None`
    /// when nothing is asked.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn year(
        &self,
        institution: InstitutionId,
        plan: Option<PlanId>,
    ) -> Result<Option<Arc<Year>>, Fault> {
        let Some(plan) = plan else { return self.year_on(institution, self.clock.today()).await };
        let head = match self.store.plan(institution, plan).await {
            Ok(head) => head,
            Err(store::StoreError::NotFound) => return Ok(None),
            Err(other) => return Err(other.into()),
        };
        self.book(institution, head.year, Some(plan)).await
    }

    /// All that ran in the year in which a day lies: last year stays reachable.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn year_on(&self, institution: InstitutionId, on: Date) -> Result<Option<Arc<Year>>, Fault> {
        let change = self.store.change_number(institution).await?;
        let shelf = self.kept::<Years>().shelf(institution);
        let known = {
            let held = shelf.held.read().unwrap_or_else(PoisonError::into_inner);
            (held.change >= change && change > 0).then(|| Arc::clone(&held.years))
        };
        let years = match known {
            Some(years) => years,
            None => Arc::new(self.store.years(institution).await?),
        };
        match year_of(&years, on) {
            Some(number) => self.book(institution, number, None).await,
            None => Ok(None),
        }
    }

    /// The Book of a year, all of it or through the lens of a plan.
    ///
    /// Costs one look-up of the institution's change number when nothing has changed, else the reading of what has. A
    /// whole year is read when it is first asked for, and when what is asked in it has changed.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn book(
        &self,
        institution: InstitutionId,
        number: i16,
        plan: Option<PlanId>,
    ) -> Result<Option<Arc<Year>>, Fault> {
        let store::Changes { facts: change, org } = self.store.changes(institution).await?;
        let shelf = self.kept::<Years>().shelf(institution);
        let found = || {
            let held = shelf.held.read().unwrap_or_else(PoisonError::into_inner);
            held.books.get(&number).filter(|b| b.change >= change && b.org >= org).map(|b| b.year(plan))
        };
        if let Some(found) = found() {
            return Ok(found);
        }
        // One reads, the others of this institution wait for what it finds.
        let _reading = shelf.reading.lock().await;
        if let Some(found) = found() {
            return Ok(found);
        }
        let (heads, years) = self.heads(institution, &shelf, change).await?;
        if !years.contains(&number) {
            return Ok(None);
        }
        let mark = Mark {
            heads: heads.iter().filter_map(|h| of_year(h, number)).collect(),
            obligations: self.store.count_obligations(institution, number).await?,
            org,
        };
        let before = {
            let held = shelf.held.read().unwrap_or_else(PoisonError::into_inner);
            let book = held.books.get(&number).filter(|b| b.mark == mark);
            book.map(|b| (b.change, Arc::clone(&b.all.board)))
        };
        if let Some((since, board)) = before {
            let new = self.store.facts_changed_since(institution, Some(number), since).await?;
            if !new.facts.is_empty() {
                board.write().unwrap_or_else(PoisonError::into_inner).apply(new.facts);
            }
            let mut held = shelf.held.write().unwrap_or_else(PoisonError::into_inner);
            let book = held.books.get_mut(&number);
            return Ok(book.and_then(|b| {
                // What was written since is read again the next time: what is asked may have changed with it.
                b.change = b.change.max(change);
                b.year(plan)
            }));
        }
        let years = self.kept::<Years>();
        let _cold = years.cold.acquire().await.map_err(|e| Fault::Internal(e.into()))?;
        let book = self.read_book(institution, number, mark, change).await?;
        let found = book.year(plan);
        shelf.held.write().unwrap_or_else(PoisonError::into_inner).books.insert(number, book);
        Ok(found)
    }

    /// The plans and the years in which anything is asked, as of a change number.
    async fn heads(
        &self,
        institution: InstitutionId,
        shelf: &Shelf,
        change: i64,
    ) -> Result<(Arc<Vec<PlanHead>>, Arc<Vec<i16>>), Fault> {
        {
            let held = shelf.held.read().unwrap_or_else(PoisonError::into_inner);
            if held.change >= change && change > 0 {
                return Ok((Arc::clone(&held.heads), Arc::clone(&held.years)));
            }
        }
        let heads = Arc::new(self.store.plans(institution).await?);
        let years = Arc::new(self.store.years(institution).await?);
        let mut held = shelf.held.write().unwrap_or_else(PoisonError::into_inner);
        held.change = change;
        (held.heads, held.years) = (Arc::clone(&heads), Arc::clone(&years));
        Ok((heads, years))
    }

    async fn read_book(
        &self,
        institution: InstitutionId,
        number: i16,
        mark: Mark,
        change: i64,
    ) -> Result<Book, Fault> {
        let facts = self.store.facts_changed_since(institution, Some(number), 0).await?;
        let mut board = Board::new(self.settings.soon_days);
        board.apply(facts.facts);
        let board = Arc::new(RwLock::new(board));
        let read = self.store.obligations_of_year(institution, number).await?;
        let calendar = self.calendar(institution, number).await?;
        let mut heads = mark.heads.clone();
        // The institution's own first; of several, in the order in which they came.
        heads.sort_by_key(|h| (h.issuer.is_some(), h.since, h.id));
        let mut plans: Vec<(PlanHead, Plan, SourceText)> = Vec::new();
        for head in heads {
            let revision = head.published.as_ref().map(|p| p.revision);
            let revision = self.store.plan_revision(institution, head.id, revision).await?;
            let review: Review = revision.review_as()?;
            plans.push((head, review.plan, revision.source));
        }
        let asked: HashMap<_, _> = read.iter().map(|a| (a.obligation.id, (a.since, a.until))).collect();
        let obligations: Vec<Obligation> = read.into_iter().map(|a| a.obligation).collect();
        let names = apart(&plans.iter().map(|(head, ..)| head.title.as_str()).collect::<Vec<_>>());
        let titles: Vec<_> = plans.iter().zip(names).map(|((head, ..), name)| (head.id, name)).collect();
        let built = |plans: Vec<(PlanHead, Plan, SourceText)>, obligations, lens| {
            let year = Year {
                number,
                title: title_of(number, &plans),
                lens,
                plans: titles.clone(),
                parts: Vec::new(),
                plan: Plan::default(),
                source: SourceText::default(),
                calendar: calendar.clone(),
                obligations,
                asked: asked.clone(),
                at: HashMap::new(),
                only: None,
                board: Arc::clone(&board),
            };
            Arc::new(build(year, plans))
        };
        let of_plans = plans
            .iter()
            .map(|one| {
                let id = one.0.id;
                let own = obligations.iter().filter(|o| o.source == DutySource::Plan(id)).cloned().collect();
                (id, built(vec![one.clone()], own, Some(id)))
            })
            .collect();
        let all = built(plans, obligations, None);
        // Where a plan says what a rule asks too, it stands with the plan's words.
        board.write().unwrap_or_else(PoisonError::into_inner).rank(all.obligations().iter().map(|o| o.id));
        Ok(Book { org: mark.org, mark, change, all, of_plans })
    }
}

fn title_of(number: i16, plans: &[(PlanHead, Plan, SourceText)]) -> String {
    match plans {
        [] => format!("{number}年度常规工作"),
        [(one, ..)] => one.title.clone(),
        [(first, ..), ..] => format!("{}等{}份计划", first.title, plans.len()),
    }
}

/// Names by which plans of one year are told apart: their titles without the words with which all of them begin (the
/// college's name, the year).
fn apart(titles: &[&str]) -> Vec<String> {
    let Some(first) = titles.first() else { return Vec::new() };
    let same = |n: usize| titles.iter().all(|t| t.chars().take(n).eq(first.chars().take(n)));
    let shortest = titles.iter().map(|t| t.chars().count()).min().unwrap_or(0);
    // Of titles that differ in nothing, or of one alone, all is kept.
    let common = (0..shortest).take_while(|n| same(n + 1)).count();
    let common = if titles.len() < 2 || common == shortest { 0 } else { common };
    titles.iter().map(|t| t.chars().skip(common).collect()).collect()
}

/// Puts plans one after another into a year, and what is asked in the order of what they say.
fn build(mut year: Year, plans: Vec<(PlanHead, Plan, SourceText)>) -> Year {
    let only_one = plans.len() < 2;
    for (head, mut plan, text) in plans {
        let at = year.source.text.len();
        let (items, sections) = (year.plan.items.len(), year.plan.sections.len());
        plan.shift(at);
        for o in year.obligations.iter_mut().filter(|o| o.source == DutySource::Plan(head.id)) {
            o.item = o.item.map(|i| i + items);
            o.origin.shift(at);
        }
        year.plan.sections.extend(plan.sections);
        let moved = |i: Item| Item { section: i.section.map(|s| s + sections), ..i };
        year.plan.items.extend(plan.items.into_iter().map(moved));
        if only_one {
            (year.plan.title, year.plan.title_span, year.plan.year) =
                (plan.title, plan.title_span, plan.year);
            year.source = text;
        } else {
            year.source.text.push_str(&text.text);
            year.source.text.push('\n');
        }
        let name =
            year.plans.iter().find(|(id, _)| *id == head.id).map_or(head.title.as_str(), |(_, name)| name);
        let mark = if year.parts.is_empty() { String::new() } else { format!("《{name}》") };
        year.parts.push(Part { head, mark, first: items, at });
    }
    year.obligations.sort_by_key(|o| (o.item.is_none(), o.item));
    year.at = year.obligations.iter().enumerate().map(|(i, o)| (o.id, i)).collect();
    year.only = year.lens.map(|_| Arc::new(year.obligations.iter().map(|o| o.id).collect()));
    year
}

#[cfg(test)]
mod tests {
    use super::apart;

    #[test]
    fn plans_are_told_apart_by_what_differs() {
        let titles = ["青石学院2026年党建工作要点", "青石学院2026年监督工作清单"];
        assert_eq!(apart(&titles), ["党建工作要点", "监督工作清单"]);
        assert_eq!(apart(&titles[..1]), titles[..1]);
        assert_eq!(apart(&["要点", "要点"]), ["要点", "要点"], "nothing is left out of equal titles");
        assert_eq!(
            apart(&["要点", "要点（党总支）"]),
            ["要点", "要点（党总支）"],
            "nor of one that the other begins with"
        );
    }
}
