//! All duties of a year in memory: every number on a page, and the list that it opens, come from here.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;
use std::sync::Arc;

use jiff::civil::Date;
use model::{DutyId, ObligationId, PersonId, Standing, StandingFacts, UnitId};

use crate::standing::{Fact, Grounds, soon_until};
use crate::tally::Tally;

/// Stands for "no person" in a row.
const NOBODY: u32 = u32::MAX;

/// The facts of one duty, with the sixteen bytes of each identifier brought down to a number: a year of 10,000
/// branches is about a million of these.
struct Row {
    duty: DutyId,
    unit: u32,
    obligation: u32,
    person: u32,
    need: u32,
    starts: Date,
    due: Date,
    made: Date,
    /// Number of the list of its other askers; most duties share a few such lists.
    also: u32,
    credits: Box<[Fact]>,
    rare: Option<Box<Rare>>,
}

/// An obligation that asks a duty beside the one for which it was made, with the days from which it does and no longer
/// does; that one itself, once it no longer asks.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Also {
    obligation: u32,
    since: Date,
    until: Option<Date>,
}

impl Also {
    fn asks(&self, on: Date) -> bool {
        self.since <= on && self.until.is_none_or(|day| on < day)
    }
}

/// Lists of other askers, each kept once. The first is the empty one.
struct Alsos {
    lists: Vec<Box<[Also]>>,
    at: HashMap<Box<[Also]>, u32>,
}

impl Alsos {
    fn new() -> Self {
        let none: Box<[Also]> = Box::default();
        Self { lists: vec![none.clone()], at: HashMap::from([(none, 0)]) }
    }

    fn number(&mut self, list: Box<[Also]>) -> u32 {
        let lists = &mut self.lists;
        *self.at.entry(list).or_insert_with_key(|list| {
            lists.push(list.clone());
            number_of(lists.len() - 1)
        })
    }

    fn list(&self, number: u32) -> &[Also] {
        self.lists.get(number as usize).map(|l| &**l).unwrap_or_default()
    }
}

/// What few duties have.
struct Rare {
    dropped: Option<Date>,
    waived: Option<Date>,
    extended: Vec<(Date, Date)>,
}

impl Row {
    fn grounds(&self) -> Grounds<'_> {
        let rare = self.rare.as_deref();
        Grounds {
            starts: self.starts,
            due: self.due,
            need: self.need,
            made: self.made,
            dropped: rare.and_then(|r| r.dropped),
            waived: rare.and_then(|r| r.waived),
            credits: &self.credits,
            extended: rare.map(|r| r.extended.as_slice()).unwrap_or_default(),
        }
    }
}

/// Identifiers numbered in the order in which they came.
struct Numbers<T> {
    ids: Vec<T>,
    at: HashMap<T, u32>,
}

impl<T: Copy + Eq + Hash> Numbers<T> {
    fn new() -> Self {
        Self { ids: Vec::new(), at: HashMap::new() }
    }

    fn number(&mut self, id: T) -> u32 {
        let ids = &mut self.ids;
        *self.at.entry(id).or_insert_with(|| {
            ids.push(id);
            number_of(ids.len() - 1)
        })
    }

    fn find(&self, id: T) -> Option<u32> {
        self.at.get(&id).copied()
    }

    fn id(&self, number: u32) -> Option<T> {
        self.ids.get(number as usize).copied()
    }
}

/// A place in a list as a row number. A board of four thousand million duties does not fit a machine's memory.
fn number_of(place: usize) -> u32 {
    u32::try_from(place).expect("a board holds fewer rows than u32 can count")
}

/// Which duties are meant. The default means all of them; each field narrows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pick {
    /// Only of these units (their people's included).
    pub units: Option<BTreeSet<UnitId>>,
    /// Only what these ask: one plan of several. A duty then stands with the first of them that asks it, else with the
    /// first of all.
    pub lens: Option<Arc<BTreeSet<ObligationId>>>,
    /// Only those that stand with these obligations.
    pub obligations: Option<BTreeSet<ObligationId>>,
    /// Only of this person.
    pub person: Option<PersonId>,
    /// Only the units' own duties, not those of their people.
    pub own: bool,
    /// Only those that stand so.
    pub standings: Option<BTreeSet<Standing>>,
    /// Only those due (as extended) from the first to the second day.
    pub due: Option<(Date, Date)>,
}

impl Pick {
    /// All duties of a unit, its people's included.
    #[must_use]
    pub fn unit(unit: UnitId) -> Self {
        Self { units: Some(BTreeSet::from([unit])), ..Self::default() }
    }

    /// All duties of an obligation.
    #[must_use]
    pub fn obligation(obligation: ObligationId) -> Self {
        Self { obligations: Some(BTreeSet::from([obligation])), ..Self::default() }
    }

    /// One cell of the matrix.
    #[must_use]
    pub fn cell(unit: UnitId, obligation: ObligationId) -> Self {
        Self { obligations: Some(BTreeSet::from([obligation])), ..Self::unit(unit) }
    }

    /// All duties of a person.
    #[must_use]
    pub fn person(person: PersonId) -> Self {
        Self { person: Some(person), ..Self::default() }
    }

    /// The same, narrowed to one standing.
    #[must_use]
    pub fn standing(self, standing: Standing) -> Self {
        Self { standings: Some(BTreeSet::from([standing])), ..self }
    }
}

/// A duty in a list, as it stood on the day that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// The duty.
    pub duty: DutyId,
    /// With which it stands, of the obligations that ask it.
    pub obligation: ObligationId,
    /// Who owes it.
    pub unit: UnitId,
    /// The person who owes it, when it is a person's.
    pub person: Option<PersonId>,
    /// First day of its period.
    pub starts: Date,
    /// Due day as extended by then.
    pub due: Date,
    /// How it stood.
    pub standing: Standing,
}

/// Units × obligations as of a day, in the order in which they were asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrix {
    /// Rows.
    pub units: Vec<UnitId>,
    /// Columns.
    pub obligations: Vec<ObligationId>,
    cells: Vec<Tally>,
}

impl Matrix {
    /// The cell of a row and a column; empty where there is no duty.
    #[must_use]
    pub fn cell(&self, row: usize, column: usize) -> Tally {
        if column >= self.obligations.len() {
            return Tally::default();
        }
        self.cells.get(row * self.obligations.len() + column).copied().unwrap_or_default()
    }

    /// The cells of a row.
    #[must_use]
    pub fn row(&self, row: usize) -> &[Tally] {
        let width = self.obligations.len();
        self.cells.get(row * width..(row + 1) * width).unwrap_or_default()
    }

    /// The sum of a row.
    #[must_use]
    pub fn row_sum(&self, row: usize) -> Tally {
        self.row(row).iter().copied().sum()
    }

    /// The sum of a column.
    #[must_use]
    pub fn column_sum(&self, column: usize) -> Tally {
        (0..self.units.len()).map(|row| self.cell(row, column)).sum()
    }

    /// The sum of all cells.
    #[must_use]
    pub fn sum(&self) -> Tally {
        self.cells.iter().copied().sum()
    }
}

/// The facts of a year, indexed. Every tally and every list is a fold over the same selection, so a number
/// always equals the length of the list that it opens.
pub struct Board {
    soon_days: i64,
    rows: Vec<Row>,
    at: HashMap<DutyId, u32>,
    units: Numbers<UnitId>,
    obligations: Numbers<ObligationId>,
    persons: Numbers<PersonId>,
    alsos: Alsos,
    /// By the number of an obligation, its place in the order in which a duty that several ask stands with one of them.
    rank: Vec<u32>,
    by_unit: Vec<Vec<u32>>,
    by_obligation: Vec<Vec<u32>>,
    by_person: Vec<Vec<u32>>,
}

impl std::fmt::Debug for Board {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Board").field("duties", &self.rows.len()).field("soon_days", &self.soon_days).finish()
    }
}

impl Board {
    /// An empty board. `soon_days` (a setting, 7): so many days before the due day, or fewer, a duty is 将到期.
    #[must_use]
    pub fn new(soon_days: i64) -> Self {
        Self {
            soon_days,
            rows: Vec::new(),
            at: HashMap::new(),
            units: Numbers::new(),
            obligations: Numbers::new(),
            persons: Numbers::new(),
            alsos: Alsos::new(),
            rank: Vec::new(),
            by_unit: Vec::new(),
            by_obligation: Vec::new(),
            by_person: Vec::new(),
        }
    }

    /// Says with which of several obligations that ask a duty it stands: with the one that comes first in `order`; those
    /// that are not in it come last, in the order in which they came.
    pub fn rank(&mut self, order: impl IntoIterator<Item = ObligationId>) {
        self.rank.clear();
        for (place, id) in order.into_iter().enumerate() {
            let number = self.obligations.number(id) as usize;
            if self.rank.len() <= number {
                self.rank.resize(number + 1, u32::MAX);
            }
            if let Some(rank) = self.rank.get_mut(number) {
                *rank = number_of(place);
            }
        }
    }

    /// The obligation with which a row stands on a day; none when no one of `lens` asks it.
    fn stands_with(&self, row: &Row, on: Date, lens: Option<&[u32]>) -> Option<u32> {
        let within = |o: &u32| lens.is_none_or(|l| l.binary_search(o).is_ok());
        if row.also == 0 {
            return Some(row.obligation).filter(within);
        }
        let list = self.alsos.list(row.also);
        askers(&self.alsos, row.obligation, row.also)
            .filter(|o| asks(list, row.obligation, *o, on) && within(o))
            .min_by_key(|o| (self.rank.get(*o as usize).copied().unwrap_or(u32::MAX), *o))
    }

    /// The obligations that ask a duty on a day, the one with which it stands first.
    #[must_use]
    pub fn askers(&self, duty: DutyId, on: Date) -> Vec<ObligationId> {
        let row = self.at.get(&duty).and_then(|n| self.rows.get(*n as usize));
        let Some(row) = row else { return Vec::new() };
        let list = self.alsos.list(row.also);
        let mut out: Vec<u32> = askers(&self.alsos, row.obligation, row.also)
            .filter(|o| asks(list, row.obligation, *o, on))
            .collect();
        out.sort_by_key(|o| (self.rank.get(*o as usize).copied().unwrap_or(u32::MAX), *o));
        out.into_iter().filter_map(|o| self.obligations.id(o)).collect()
    }

    /// Notes that a record counts for a duty from now on, as (happened, known, ended, amount). A duty that is not held
    /// is passed over.
    pub fn credit(&mut self, duty: DutyId, fact: Fact) {
        let Some(row) = self.at.get(&duty).and_then(|n| self.rows.get_mut(*n as usize)) else { return };
        let mut credits = std::mem::take(&mut row.credits).into_vec();
        credits.push(fact);
        row.credits = credits.into_boxed_slice();
    }

    /// Notes that what counted for a duty does so no longer from `on`.
    pub fn end_credit(&mut self, duty: DutyId, fact: Fact, on: Date) {
        let Some(row) = self.at.get(&duty).and_then(|n| self.rows.get_mut(*n as usize)) else { return };
        if let Some(held) = row.credits.iter_mut().find(|c| **c == fact) {
            held.2 = Some(on);
        }
    }

    /// How many duties it holds, those that are no longer asked included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Takes new and changed facts: a duty that it holds already gets the new facts.
    pub fn apply(&mut self, facts: impl IntoIterator<Item = StandingFacts>) {
        for f in facts {
            self.put(f);
        }
    }

    fn put(&mut self, facts: StandingFacts) {
        let StandingFacts {
            duty,
            obligation,
            unit,
            person,
            starts,
            due,
            need,
            made,
            dropped,
            credits,
            waived,
            extended,
            also,
        } = facts;
        let unit = self.units.number(unit);
        let obligation = self.obligations.number(obligation);
        let person = person.map_or(NOBODY, |p| self.persons.number(p));
        let plain = dropped.is_none() && waived.is_none() && extended.is_empty();
        let rare = (!plain).then(|| Box::new(Rare { dropped, waived, extended }));
        let credits = credits.into_boxed_slice();
        let also: Box<[Also]> = also
            .into_iter()
            .map(|(by, since, until)| Also { obligation: self.obligations.number(by), since, until })
            .collect();
        let also = self.alsos.number(also);
        let row = Row { duty, unit, obligation, person, need, starts, due, made, also, credits, rare };
        let number = match self.at.get(&duty).copied() {
            Some(number) => {
                let Some(place) = self.rows.get_mut(number as usize) else { return };
                let old = std::mem::replace(place, row);
                if (old.unit, old.obligation, old.person, old.also) == (unit, obligation, person, also) {
                    return;
                }
                forget(&mut self.by_unit, old.unit, number);
                forget(&mut self.by_person, old.person, number);
                for asker in askers(&self.alsos, old.obligation, old.also) {
                    forget(&mut self.by_obligation, asker, number);
                }
                number
            }
            None => {
                let number = number_of(self.rows.len());
                self.rows.push(row);
                self.at.insert(duty, number);
                number
            }
        };
        note(&mut self.by_unit, unit, number);
        for asker in askers(&self.alsos, obligation, also) {
            note(&mut self.by_obligation, asker, number);
        }
        if person != NOBODY {
            note(&mut self.by_person, person, number);
        }
    }

    /// The facts of a duty as the board holds them.
    #[must_use]
    pub fn facts(&self, duty: DutyId) -> Option<StandingFacts> {
        let row = self.rows.get(*self.at.get(&duty)? as usize)?;
        let grounds = row.grounds();
        Some(StandingFacts {
            duty,
            obligation: self.obligations.id(row.obligation)?,
            unit: self.units.id(row.unit)?,
            person: self.persons.id(row.person),
            starts: row.starts,
            due: row.due,
            need: row.need,
            made: row.made,
            dropped: grounds.dropped,
            credits: row.credits.to_vec(),
            waived: grounds.waived,
            extended: grounds.extended.to_vec(),
            also: (self.alsos.list(row.also).iter())
                .filter_map(|a| Some((self.obligations.id(a.obligation)?, a.since, a.until)))
                .collect(),
        })
    }

    /// How a duty stood on a day; none when it is not held, was not yet made or is no longer asked.
    #[must_use]
    pub fn standing(&self, duty: DutyId, on: Date) -> Option<Standing> {
        let row = self.rows.get(*self.at.get(&duty)? as usize)?;
        row.grounds().standing(on, soon_until(on, self.soon_days))
    }

    /// How many of the duties meant stood how on a day.
    #[must_use]
    pub fn tally(&self, pick: &Pick, on: Date) -> Tally {
        let mut out = Tally::default();
        self.select(pick, on, |_, _, standing, _| out.count(standing));
        out
    }

    /// The duties meant, as they stood on a day, by due day. As many as [`Board::tally`] counts.
    #[must_use]
    pub fn list(&self, pick: &Pick, on: Date) -> Vec<Line> {
        let mut out = Vec::new();
        self.select(pick, on, |row, with, standing, due| out.extend(self.line(row, with, standing, due)));
        out.sort_by_key(|l| (l.due, l.starts, l.duty));
        out
    }

    /// Gives every duty meant to `take`, in no order: for sums that have no method of their own.
    pub fn each(&self, pick: &Pick, on: Date, mut take: impl FnMut(Line)) {
        self.select(pick, on, |row, with, standing, due| {
            if let Some(line) = self.line(row, with, standing, due) {
                take(line);
            }
        });
    }

    /// 本月该做什么: of the duties meant, those that are overdue, due soon or open on `on`, and all others that are due in
    /// its month; the gravest first, then by due day.
    #[must_use]
    pub fn this_month(&self, pick: &Pick, on: Date) -> Vec<Line> {
        let (first, last) = (on.first_of_month(), on.last_of_month());
        let mut out = Vec::new();
        self.select(pick, on, |row, with, standing, due| {
            let to_do = matches!(standing, Standing::Overdue | Standing::DueSoon | Standing::Open);
            if to_do || (first <= due && due <= last) {
                out.extend(self.line(row, with, standing, due));
            }
        });
        out.sort_by_key(|l| (l.standing, l.due, l.starts, l.duty));
        out
    }

    /// The tally of each obligation with which a duty stands among those meant.
    #[must_use]
    pub fn by_obligation(&self, pick: &Pick, on: Date) -> BTreeMap<ObligationId, Tally> {
        let mut counts = vec![Tally::default(); self.obligations.ids.len()];
        self.select(pick, on, |_, with, standing, _| {
            if let Some(t) = counts.get_mut(with as usize) {
                t.count(standing);
            }
        });
        self.obligations.ids.iter().copied().zip(counts).filter(|(_, t)| !t.is_empty()).collect()
    }

    /// The tally of each unit that has a duty among those meant.
    #[must_use]
    pub fn by_unit(&self, pick: &Pick, on: Date) -> BTreeMap<UnitId, Tally> {
        let mut counts = vec![Tally::default(); self.units.ids.len()];
        self.select(pick, on, |row, _, standing, _| {
            if let Some(t) = counts.get_mut(row.unit as usize) {
                t.count(standing);
            }
        });
        self.units.ids.iter().copied().zip(counts).filter(|(_, t)| !t.is_empty()).collect()
    }

    /// Units × obligations as of a day. Each cell is the tally of [`Pick::cell`].
    #[must_use]
    pub fn matrix(&self, units: &[UnitId], obligations: &[ObligationId], on: Date) -> Matrix {
        let width = obligations.len();
        let mut cells = vec![Tally::default(); units.len() * width];
        let row_of = places(&self.units, units);
        let column_of = places(&self.obligations, obligations);
        let soon = soon_until(on, self.soon_days);
        let mut count = |row: &Row| {
            let Some(with) = self.stands_with(row, on, None) else { return };
            let place = (row_of.get(row.unit as usize), column_of.get(with as usize));
            let (Some(&Some(r)), Some(&Some(c))) = place else { return };
            if let (Some(standing), Some(cell)) =
                (row.grounds().standing(on, soon), cells.get_mut(r * width + c))
            {
                cell.count(standing);
            }
        };
        if units.len() * 2 >= self.units.ids.len() {
            self.rows.iter().for_each(&mut count);
        } else {
            let distinct: BTreeSet<u32> = units.iter().filter_map(|u| self.units.find(*u)).collect();
            let numbers = distinct.into_iter().filter_map(|u| self.by_unit.get(u as usize)).flatten();
            numbers.filter_map(|&n| self.rows.get(n as usize)).for_each(&mut count);
        }
        Matrix { units: units.to_vec(), obligations: obligations.to_vec(), cells }
    }

    fn line(&self, row: &Row, with: u32, standing: Standing, due: Date) -> Option<Line> {
        Some(Line {
            duty: row.duty,
            obligation: self.obligations.id(with)?,
            unit: self.units.id(row.unit)?,
            person: self.persons.id(row.person),
            starts: row.starts,
            due,
            standing,
        })
    }

    /// Gives every duty meant to `take`, with the obligation with which it stands, its standing and its due day on `on`:
    /// the one way to look at the board.
    fn select(&self, pick: &Pick, on: Date, mut take: impl FnMut(&Row, u32, Standing, Date)) {
        let soon = soon_until(on, self.soon_days);
        let units: Option<Vec<u32>> = pick.units.as_ref().map(|s| found(&self.units, s));
        let obligations: Option<Vec<u32>> = pick.obligations.as_ref().map(|s| found(&self.obligations, s));
        let fits =
            |list: &Option<Vec<u32>>, n: u32| list.as_ref().is_none_or(|l| l.binary_search(&n).is_ok());
        let person = match pick.person.map(|p| self.persons.find(p)) {
            Some(None) => return,
            Some(Some(n)) => Some(n),
            None => None,
        };
        let lens: Option<Vec<u32>> = pick.lens.as_ref().map(|s| found(&self.obligations, s));
        let mut look = |row: &Row, through: Option<u32>| {
            let meant = person.is_none_or(|p| row.person == p)
                && !(pick.own && row.person != NOBODY)
                && fits(&units, row.unit);
            if !meant {
                return;
            }
            let Some(with) = self.stands_with(row, on, lens.as_deref()) else { return };
            // Of a row that is found under several, once.
            if !fits(&obligations, with) || through.is_some_and(|t| t != with) {
                return;
            }
            let grounds = row.grounds();
            let Some(standing) = grounds.standing(on, soon) else { return };
            if pick.standings.as_ref().is_some_and(|s| !s.contains(&standing)) {
                return;
            }
            let due = grounds.due_on(on);
            if pick.due.is_some_and(|(first, last)| due < first || last < due) {
                return;
            }
            take(row, with, standing, due);
        };
        let size = |list: &Option<Vec<u32>>, index: &[Vec<u32>]| {
            list.as_ref()
                .map(|l| l.iter().filter_map(|n| index.get(*n as usize)).map(Vec::len).sum::<usize>())
        };
        let asked = obligations.as_ref().or(lens.as_ref()).cloned();
        let (of_units, of_obligations) = (size(&units, &self.by_unit), size(&asked, &self.by_obligation));
        let (index, numbers, by_asker) = match (person, of_units, of_obligations) {
            (Some(p), _, _) => (&self.by_person, vec![p], false),
            (None, Some(a), b) if b.is_none_or(|b| a <= b) => {
                (&self.by_unit, units.clone().unwrap_or_default(), false)
            }
            (None, _, Some(_)) => (&self.by_obligation, asked.unwrap_or_default(), true),
            _ => return self.rows.iter().for_each(|row| look(row, None)),
        };
        for number in numbers {
            let rows = index.get(number as usize).into_iter().flatten();
            rows.filter_map(|&n| self.rows.get(n as usize))
                .for_each(|row| look(row, by_asker.then_some(number)));
        }
    }
}

/// The obligations that ask or asked a duty, on whatever day: first the one for which it was made.
fn askers(alsos: &Alsos, made_for: u32, also: u32) -> impl Iterator<Item = u32> {
    let others = alsos.list(also).iter().map(|a| a.obligation).filter(move |o| *o != made_for);
    std::iter::once(made_for).chain(others)
}

/// Whether an obligation asks a duty on a day.
fn asks(list: &[Also], made_for: u32, obligation: u32, on: Date) -> bool {
    match list.iter().find(|a| a.obligation == obligation) {
        Some(also) => also.asks(on),
        None => obligation == made_for,
    }
}

fn note(index: &mut Vec<Vec<u32>>, key: u32, number: u32) {
    let key = key as usize;
    if index.len() <= key {
        index.resize_with(key + 1, Vec::new);
    }
    if let Some(list) = index.get_mut(key) {
        list.push(number);
    }
}

fn forget(index: &mut [Vec<u32>], key: u32, number: u32) {
    if let Some(list) = index.get_mut(key as usize) {
        list.retain(|n| *n != number);
    }
}

/// The numbers of those that are known, in order.
fn found<T: Copy + Eq + Hash + Ord>(numbers: &Numbers<T>, ids: &BTreeSet<T>) -> Vec<u32> {
    let mut out: Vec<u32> = ids.iter().filter_map(|id| numbers.find(*id)).collect();
    out.sort_unstable();
    out
}

/// For each number, its place in `ids`.
fn places<T: Copy + Eq + Hash>(numbers: &Numbers<T>, ids: &[T]) -> Vec<Option<usize>> {
    let mut out = vec![None; numbers.ids.len()];
    for (place, id) in ids.iter().enumerate() {
        if let Some(slot) = numbers.find(*id).and_then(|n| out.get_mut(n as usize)) {
            *slot = Some(place);
        }
    }
    out
}
