//! All duties of a plan's year in memory: every number on a page, and the list that it opens, come from here.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;

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
    credits: Box<[Fact]>,
    rare: Option<Box<Rare>>,
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
    /// Only of these obligations.
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
    /// What it is an occurrence of.
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

/// The facts of a plan's year, indexed. Every tally and every list is a fold over the same selection, so a number
/// always equals the length of the list that it opens.
pub struct Board {
    soon_days: i64,
    rows: Vec<Row>,
    at: HashMap<DutyId, u32>,
    units: Numbers<UnitId>,
    obligations: Numbers<ObligationId>,
    persons: Numbers<PersonId>,
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
            by_unit: Vec::new(),
            by_obligation: Vec::new(),
            by_person: Vec::new(),
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
        } = facts;
        let unit = self.units.number(unit);
        let obligation = self.obligations.number(obligation);
        let person = person.map_or(NOBODY, |p| self.persons.number(p));
        let plain = dropped.is_none() && waived.is_none() && extended.is_empty();
        let rare = (!plain).then(|| Box::new(Rare { dropped, waived, extended }));
        let credits = credits.into_boxed_slice();
        let row = Row { duty, unit, obligation, person, need, starts, due, made, credits, rare };
        let number = match self.at.get(&duty).copied() {
            Some(number) => {
                let Some(place) = self.rows.get_mut(number as usize) else { return };
                let old = std::mem::replace(place, row);
                if (old.unit, old.obligation, old.person) == (unit, obligation, person) {
                    return;
                }
                forget(&mut self.by_unit, old.unit, number);
                forget(&mut self.by_obligation, old.obligation, number);
                forget(&mut self.by_person, old.person, number);
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
        note(&mut self.by_obligation, obligation, number);
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
        self.select(pick, on, |_, standing, _| out.count(standing));
        out
    }

    /// The duties meant, as they stood on a day, by due day. As many as [`Board::tally`] counts.
    #[must_use]
    pub fn list(&self, pick: &Pick, on: Date) -> Vec<Line> {
        let mut out = Vec::new();
        self.select(pick, on, |row, standing, due| out.extend(self.line(row, standing, due)));
        out.sort_by_key(|l| (l.due, l.starts, l.duty));
        out
    }

    /// Gives every duty meant to `take`, in no order: for sums that have no method of their own.
    pub fn each(&self, pick: &Pick, on: Date, mut take: impl FnMut(Line)) {
        self.select(pick, on, |row, standing, due| {
            if let Some(line) = self.line(row, standing, due) {
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
        self.select(pick, on, |row, standing, due| {
            let to_do = matches!(standing, Standing::Overdue | Standing::DueSoon | Standing::Open);
            if to_do || (first <= due && due <= last) {
                out.extend(self.line(row, standing, due));
            }
        });
        out.sort_by_key(|l| (l.standing, l.due, l.starts, l.duty));
        out
    }

    /// The tally of each obligation that has a duty among those meant.
    #[must_use]
    pub fn by_obligation(&self, pick: &Pick, on: Date) -> BTreeMap<ObligationId, Tally> {
        let mut counts = vec![Tally::default(); self.obligations.ids.len()];
        self.select(pick, on, |row, standing, _| {
            if let Some(t) = counts.get_mut(row.obligation as usize) {
                t.count(standing);
            }
        });
        self.obligations.ids.iter().copied().zip(counts).filter(|(_, t)| !t.is_empty()).collect()
    }

    /// The tally of each unit that has a duty among those meant.
    #[must_use]
    pub fn by_unit(&self, pick: &Pick, on: Date) -> BTreeMap<UnitId, Tally> {
        let mut counts = vec![Tally::default(); self.units.ids.len()];
        self.select(pick, on, |row, standing, _| {
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
            let place = (row_of.get(row.unit as usize), column_of.get(row.obligation as usize));
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

    fn line(&self, row: &Row, standing: Standing, due: Date) -> Option<Line> {
        Some(Line {
            duty: row.duty,
            obligation: self.obligations.id(row.obligation)?,
            unit: self.units.id(row.unit)?,
            person: self.persons.id(row.person),
            starts: row.starts,
            due,
            standing,
        })
    }

    /// Gives every duty meant to `take`, with its standing and its due day on `on`: the one way to look at the board.
    fn select(&self, pick: &Pick, on: Date, mut take: impl FnMut(&Row, Standing, Date)) {
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
        let mut look = |row: &Row| {
            let meant = person.is_none_or(|p| row.person == p)
                && !(pick.own && row.person != NOBODY)
                && fits(&units, row.unit)
                && fits(&obligations, row.obligation);
            if !meant {
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
            take(row, standing, due);
        };
        let size = |list: &Option<Vec<u32>>, index: &[Vec<u32>]| {
            list.as_ref()
                .map(|l| l.iter().filter_map(|n| index.get(*n as usize)).map(Vec::len).sum::<usize>())
        };
        let (of_units, of_obligations) =
            (size(&units, &self.by_unit), size(&obligations, &self.by_obligation));
        let (index, numbers) = match (person, of_units, of_obligations) {
            (Some(p), _, _) => (&self.by_person, vec![p]),
            (None, Some(a), b) if b.is_none_or(|b| a <= b) => {
                (&self.by_unit, units.clone().unwrap_or_default())
            }
            (None, _, Some(_)) => (&self.by_obligation, obligations.clone().unwrap_or_default()),
            _ => return self.rows.iter().for_each(look),
        };
        let rows = numbers.iter().filter_map(|n| index.get(*n as usize)).flatten();
        rows.filter_map(|&n| self.rows.get(n as usize)).for_each(&mut look);
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
