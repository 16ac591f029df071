//! 检查、考核的表: its lines filled from the Book as of a cut-off day. Pure: the Book, the answers, marks and votes are
//! arguments, and every figure comes back with what it rests on.
//!
//! No record is *unseen*, not undone: a line with one such has no value until somebody has answered. What does not apply
//! leaves both sides of the sum, and one fault is charged once.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use model::follow::DutyKind;
use model::rule::Ledger;
use model::sheet::{
    Ballot, BarShare, Draw, Grade, Has, Judged, Line, Mark, Measure, ShareLimit, Sheet, Source, Take,
};
use model::{
    Condition, DutyId, Entry, EntryId, Organisation, PersonId, Ratio, StandingFacts, Unit, UnitId, UnitKind,
    Value,
};
use sha2::{Digest, Sha256};

use crate::flow::Days;
use crate::{Facts, Verdict, due_on, hold, judge, met_day};

/// An exact share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fraction {
    /// Above the line.
    pub part: i128,
    /// Below it; never zero.
    pub whole: i128,
}

fn greatest(a: i128, b: i128) -> i128 {
    if b == 0 { a.abs().max(1) } else { greatest(b, a % b) }
}

impl Fraction {
    /// `part` of `whole`, in its lowest terms; none of nothing.
    #[must_use]
    pub fn of(part: i128, whole: i128) -> Option<Self> {
        if whole == 0 {
            return None;
        }
        let by = greatest(part, whole) * whole.signum();
        Some(Self { part: part / by, whole: whole / by })
    }

    /// A whole number.
    #[must_use]
    pub fn whole(number: i128) -> Self {
        Self { part: number, whole: 1 }
    }

    /// Sum.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let part = self.part * other.whole + other.part * self.whole;
        Self::of(part, self.whole * other.whole).unwrap_or(self)
    }

    /// Product.
    #[must_use]
    pub fn times(self, other: Self) -> Self {
        Self::of(self.part * other.part, self.whole * other.whole).unwrap_or(self)
    }

    /// Quotient; none by nothing.
    #[must_use]
    pub fn over(self, other: Self) -> Option<Self> {
        Self::of(self.part * other.whole, self.whole * other.part)
    }

    /// In decimals, rounded once, half up.
    #[must_use]
    pub fn decimals(self, places: u8) -> String {
        let scale = 10_i128.pow(u32::from(places));
        let rounded = (self.part * scale * 2 + self.whole).div_euclid(self.whole * 2);
        let (ones, rest) = (rounded.div_euclid(scale), rounded.rem_euclid(scale));
        if places == 0 {
            ones.to_string()
        } else {
            format!("{ones}.{rest:0>width$}", width = usize::from(places))
        }
    }
}

impl PartialOrd for Fraction {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Fraction {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.part * other.whole).cmp(&(other.part * self.whole))
    }
}

/// A duty of the Book, as sheets see it.
#[derive(Clone, Debug)]
pub struct BookDuty<'a> {
    /// What kind of duty it is.
    pub kind: DutyKind,
    /// The duty with what its standing rests on.
    pub facts: &'a StandingFacts,
}

/// A record of the Book.
#[derive(Clone, Copy, Debug)]
pub struct BookEntry<'a> {
    /// The record.
    pub entry: &'a Entry,
    /// The day on which it was entered.
    pub entered: Date,
}

/// The Book, as sheets see it: of the unit of a row and those below it. A caller with many units gives each row its own.
#[derive(Clone, Copy)]
pub struct Book<'a> {
    /// Duties.
    pub duties: &'a [BookDuty<'a>],
    /// Records that were not withdrawn.
    pub entries: &'a [BookEntry<'a>],
    /// Forms by id.
    pub ledger: &'a dyn Fn(&str) -> Option<&'a Ledger>,
    /// Units.
    pub organisation: &'a Organisation,
    /// How many people of a stage a unit has.
    pub people: &'a dyn Fn(UnitId, &str) -> u32,
    /// Lengths of time.
    pub days: &'a Days,
}

/// One who stands on a sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowOf {
    /// The unit.
    pub unit: UnitId,
    /// The person, of rows of people.
    pub person: Option<PersonId>,
    /// From when until when the post was held: who holds it answers for what fell due while holding it.
    pub held: Option<(Date, Option<Date>)>,
}

/// From when until when is looked, and by when it was known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// First day of the period.
    pub from: Date,
    /// The cut-off: what was done by it counts.
    pub cutoff: Date,
    /// The day on which the figures stand: what was entered by it counts.
    pub known: Date,
}

/// What an item rests on: the same one may stand on several lines.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Basis {
    /// A duty.
    Duty(DutyId),
    /// A record.
    Entry(EntryId),
    /// The so-manieth record that is wanted, of a line.
    Wanted(String, u32),
    /// The one thing that a line asks.
    One(String),
}

/// How an item stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Seen {
    /// Done in time, however late it was entered.
    Met,
    /// Done late.
    Late,
    /// Not done, or done without what is asked.
    Undone,
    /// No record of it, and nobody has answered.
    Unseen,
}

/// An item of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What it rests on.
    pub basis: Basis,
    /// How it stands.
    pub seen: Seen,
    /// The elements that it lacks, of a record.
    pub lacks: Vec<String>,
    /// Whether another line has charged it already: it is on neither side of this one.
    pub charged: bool,
}

/// What somebody says of an item without a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// It was not done: the only answer that makes it so.
    NotDone,
    /// It was done and is recorded elsewhere, or since: a claim, until a person agrees.
    Claimed,
    /// A person agreed that it was done.
    Agreed,
    /// A person agreed that it is not theirs: no item.
    NotOurs,
}

/// A line, filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled {
    /// Id of the line.
    pub line: String,
    /// Whether it is for this row at all, and has anything on it: else it leaves both sides.
    pub applies: bool,
    /// What it breaks into.
    pub items: Vec<Item>,
    /// Its value between nothing and one; none while something is unseen, or where nothing is measured.
    pub value: Option<Fraction>,
}

impl Filled {
    /// How many items stand so, of those on either side.
    #[must_use]
    pub fn count(&self, seen: Seen) -> usize {
        self.items.iter().filter(|i| !i.charged && i.seen == seen).count()
    }
}

/// What stands on a sheet beside the Book.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// Answers by item.
    pub answers: BTreeMap<Basis, Answer>,
    /// Values of judged and voted lines, by line; none where nobody judged or voted.
    pub values: BTreeMap<String, Fraction>,
    /// What other sheets came to, by their ids: none while something on them is unseen. A row that does not stand there is
    /// not in it.
    pub sheets: BTreeMap<String, Option<Fraction>>,
    /// What other sheets have charged already.
    pub charged: BTreeSet<(Basis, String)>,
}

impl Book<'_> {
    /// The lines of a sheet for one row. `late` is what a late item is worth: a half, unless the institution says otherwise.
    #[must_use]
    pub fn fill(
        &self,
        sheet: &Sheet,
        row: &RowOf,
        window: Window,
        said: &Said,
        late: Fraction,
    ) -> Vec<Filled> {
        let mut charged = said.charged.clone();
        sheet.lines.iter().map(|line| self.line(line, row, window, said, late, &mut charged)).collect()
    }

    fn line(
        &self,
        line: &Line,
        row: &RowOf,
        window: Window,
        said: &Said,
        late: Fraction,
        charged: &mut BTreeSet<(Basis, String)>,
    ) -> Filled {
        let nothing = Filled { line: line.id.clone(), applies: false, items: Vec::new(), value: None };
        let Some(unit) = self.organisation.unit(row.unit) else { return nothing };
        if !self.is_for(line, unit) {
            return nothing;
        }
        let measures = match &line.source {
            Source::From(measures) => measures,
            Source::Ask { .. } => return Filled { applies: true, ..nothing },
            Source::Judge(_) | Source::Vote(_) => {
                let value = said.values.get(&line.id).copied();
                return Filled { applies: value.is_some(), value, ..nothing };
            }
        };
        let mut items: Vec<Item> = Vec::new();
        let mut taken: Vec<Option<Fraction>> = Vec::new();
        for measure in measures {
            match measure {
                Measure::Sheet(id) => taken.extend(said.sheets.get(id).copied()),
                _ => items.extend(self.items(line, measure, unit, row, window)),
            }
        }
        self.answer(&mut items, &said.answers);
        for item in &mut items {
            let faulty = matches!(item.seen, Seen::Late | Seen::Undone);
            if !faulty {
                continue;
            }
            // Of a record each lacking element is a fault; of everything else the item is.
            let faults: Vec<(Basis, String)> = if item.lacks.is_empty() {
                vec![(item.basis.clone(), String::new())]
            } else {
                item.lacks.iter().map(|l| (item.basis.clone(), l.clone())).collect()
            };
            item.charged = faults.iter().all(|f| charged.contains(f));
            if line.points.is_some() {
                charged.extend(faults);
            }
        }
        let mut out = Filled { applies: !items.is_empty() || !taken.is_empty(), items, ..nothing };
        out.value = value(&out, &taken, late);
        // What others have charged is no longer this line's: with nothing left it does not apply.
        out.applies &= out.items.is_empty() || out.items.iter().any(|i| !i.charged);
        out
    }

    /// Whether a line is for a unit: of the kinds that it names, else of those that keep what it is measured by.
    fn is_for(&self, line: &Line, unit: &Unit) -> bool {
        if !line.with.is_subset(&unit.traits) {
            return false;
        }
        if let Some((stage, least)) = &line.people
            && (self.people)(unit.id, stage) < *least
        {
            return false;
        }
        if !line.kinds.is_empty() {
            return line.kinds.contains(&unit.kind);
        }
        let Source::From(measures) = &line.source else { return true };
        let keeps = |ledgers: &[String]| {
            let mut forms = ledgers.iter().filter_map(|l| (self.ledger)(l)).peekable();
            forms.peek().is_none() || forms.any(|l| l.kept_by.contains(&unit.kind))
        };
        measures.iter().any(|m| match m {
            Measure::Count { ledgers, .. }
            | Measure::Has { ledgers, .. }
            | Measure::Span { ledgers, .. }
            | Measure::Sum { ledgers, .. } => keeps(ledgers),
            Measure::Latest { ledger, .. } => keeps(std::slice::from_ref(ledger)),
            Measure::Duty { .. }
            | Measure::Between { .. }
            | Measure::People { .. }
            | Measure::Sheet(_)
            | Measure::Unit(_) => true,
        })
    }

    fn items(&self, line: &Line, measure: &Measure, unit: &Unit, row: &RowOf, window: Window) -> Vec<Item> {
        let one = |seen: Seen| {
            vec![Item { basis: Basis::One(line.id.clone()), seen, lacks: Vec::new(), charged: false }]
        };
        let held = |holds: bool| if holds { Seen::Met } else { Seen::Undone };
        match measure {
            Measure::Duty { of, under } => {
                let meant: BTreeSet<UnitId> = if *under {
                    let mut below = self.organisation.subtree(unit.id);
                    below.remove(&unit.id);
                    below
                } else {
                    BTreeSet::from([unit.id])
                };
                let duties =
                    self.duties.iter().filter(|d| meant.contains(&d.facts.unit) && of.means(&d.kind));
                let theirs = duties.filter(|d| {
                    row.person.is_none() || d.facts.person.is_none() || d.facts.person == row.person
                });
                theirs.filter_map(|d| duty_item(d.facts, row, window)).collect()
            }
            Measure::Count { ledgers, such, at_least } => {
                let found = self.counted(ledgers, such, unit.id, row, window);
                (0..*at_least)
                    .map(|n| match found.get(n as usize) {
                        Some(e) => item(Basis::Entry(e.entry.id), Seen::Met),
                        None => item(Basis::Wanted(line.id.clone(), n), Seen::Unseen),
                    })
                    .collect()
            }
            Measure::Has { ledgers, such, has } => {
                let found = self.counted(ledgers, such, unit.id, row, window);
                found.into_iter().map(|e| self.has(e.entry, ledgers, has)).collect()
            }
            Measure::Span { ledgers, such, since, until, at_least, at_most } => {
                let found = self.counted(ledgers, such, unit.id, row, window);
                let of = |e: BookEntry<'_>| {
                    let from = self.mark(since, Some(e), unit.id, window)?;
                    let seen = match self.mark(until, Some(e), unit.id, window) {
                        Some(to) if at_least.is_some_and(|l| to < self.days.after(from, l)) => Seen::Undone,
                        Some(to) if at_most.is_some_and(|l| to > self.days.after(from, l)) => Seen::Late,
                        Some(_) => Seen::Met,
                        // Not over yet: nothing to see before the longest time has passed.
                        None if at_most.is_some_and(|l| self.days.after(from, l) >= window.cutoff) => {
                            return None;
                        }
                        None => Seen::Unseen,
                    };
                    Some(item(Basis::Entry(e.entry.id), seen))
                };
                found.into_iter().filter_map(of).collect()
            }
            Measure::Sum { ledgers, such, sum, of, at_least } => {
                let found = self.counted(ledgers, such, unit.id, row, window);
                if found.is_empty() {
                    return one(Seen::Unseen);
                }
                let add = |field: &str| -> i128 {
                    found.iter().filter_map(|e| number(e.entry.values.get(field))).map(i128::from).sum()
                };
                let whole = of.as_deref().map_or(1000, add);
                let (part, ratio) = (add(sum), at_least);
                one(held(part * i128::from(ratio.whole) >= whole * i128::from(ratio.part)))
            }
            Measure::Between { since, until, at_least, at_most } => {
                let from = self.mark(since, None, unit.id, window);
                let to = self.mark(until, None, unit.id, window);
                let (Some(from), Some(to)) = (from, to) else { return one(Seen::Unseen) };
                let holds = at_least.is_none_or(|l| to >= self.days.after(from, l))
                    && at_most.is_none_or(|l| to <= self.days.after(from, l));
                one(held(holds))
            }
            Measure::Latest { ledger, condition } => {
                let ledgers = std::slice::from_ref(ledger);
                let found = self.counted(ledgers, &[], unit.id, row, window);
                let Some(latest) = found.last() else { return one(Seen::Unseen) };
                let facts = Facts {
                    entry: Some(latest.entry),
                    ledger: (self.ledger)(ledger),
                    organisation: Some(self.organisation),
                    ..Facts::default()
                };
                match judge(condition, &facts) {
                    Verdict::Holds => one(Seen::Met),
                    Verdict::Fails(_) => one(Seen::Undone),
                    Verdict::Untold => one(Seen::Unseen),
                }
            }
            Measure::Unit(condition) => {
                let organisation = Some(self.organisation);
                let facts = Facts { unit: Some(unit), organisation, ..Facts::default() };
                one(held(judge(condition, &facts) == Verdict::Holds))
            }
            Measure::People { stage, at_least } => one(held((self.people)(unit.id, stage) >= *at_least)),
            Measure::Sheet(_) => Vec::new(),
        }
    }

    /// The records that count: of the unit, done in the window, entered by the day on which the figures stand; by their days.
    fn counted(
        &self,
        ledgers: &[String],
        such: &[Condition],
        unit: UnitId,
        row: &RowOf,
        window: Window,
    ) -> Vec<BookEntry<'_>> {
        let fits = |e: &&BookEntry<'_>| {
            let named = |p: PersonId| {
                e.entry.values.values().flat_map(crate::flow::people_in).any(|named| named == p)
            };
            let form = e.entry.ledgers.iter().filter(|l| ledgers.contains(l)).find_map(|l| (self.ledger)(l));
            let organisation = Some(self.organisation);
            let facts = Facts { entry: Some(e.entry), ledger: form, organisation, ..Facts::default() };
            !e.entry.withdrawn
                && e.entry.unit == unit
                && e.entry.ledgers.iter().any(|l| ledgers.contains(l))
                && row.person.is_none_or(|p| row.held.is_some() || named(p))
                && (window.from..=window.cutoff).contains(&e.entry.day)
                && e.entered <= window.known
                && hold(such, &facts)
        };
        let mut out: Vec<BookEntry<'_>> = self.entries.iter().filter(fits).copied().collect();
        out.sort_by_key(|e| (e.entry.day, e.entry.id));
        out
    }

    /// A record with what it lacks; what its form does not ask it does not lack.
    fn has(&self, entry: &Entry, ledgers: &[String], has: &Has) -> Item {
        let form = entry.ledgers.iter().filter(|l| ledgers.contains(l)).find_map(|l| (self.ledger)(l));
        let organisation = Some(self.organisation);
        let facts = Facts { entry: Some(entry), ledger: form, organisation, ..Facts::default() };
        let lacks: Vec<String> = match has {
            Has::Complete => match form {
                Some(form) => crate::missing(entry, &[form]).into_iter().map(|m| m.words).collect(),
                None => Vec::new(),
            },
            Has::Elements(all) => {
                all.iter().filter_map(|c| judge(c, &facts).failure()).map(|m| m.words).collect()
            }
        };
        let seen = if lacks.is_empty() { Seen::Met } else { Seen::Undone };
        Item { basis: Basis::Entry(entry.id), seen, lacks, charged: false }
    }

    fn mark(&self, mark: &Mark, of: Option<BookEntry<'_>>, unit: UnitId, window: Window) -> Option<Date> {
        let day = |entry: &Entry, field: &str| match entry.values.get(field) {
            Some(Value::Day(day) | Value::Days(_, day)) => Some(*day),
            _ => None,
        };
        match mark {
            Mark::Day => of.map(|e| e.entry.day),
            Mark::Entered => of.map(|e| e.entered),
            Mark::Field(field) => of.and_then(|e| day(e.entry, field)),
            Mark::Cutoff => Some(window.cutoff),
            Mark::Latest { ledger, field } => {
                let mine = self.entries.iter().filter(|e| {
                    e.entry.unit == unit && e.entry.ledgers.contains(ledger) && e.entered <= window.known
                });
                let said = mine.filter(|e| day(e.entry, field).is_some()).max_by_key(|e| e.entry.day);
                said.and_then(|e| day(e.entry, field))
            }
        }
    }

    /// What was answered of items without a record.
    fn answer(&self, items: &mut Vec<Item>, answers: &BTreeMap<Basis, Answer>) {
        items.retain_mut(|item| {
            if item.seen != Seen::Unseen {
                return true;
            }
            match answers.get(&item.basis) {
                Some(Answer::NotDone) => item.seen = Seen::Undone,
                Some(Answer::Agreed) => item.seen = Seen::Met,
                Some(Answer::NotOurs) => return false,
                Some(Answer::Claimed) | None => {}
            }
            true
        });
    }
}

fn item(basis: Basis, seen: Seen) -> Item {
    Item { basis, seen, lacks: Vec::new(), charged: false }
}

/// A duty that was due or met by the cut-off; waived, or not yet due, it is no item.
fn duty_item(facts: &StandingFacts, row: &RowOf, window: Window) -> Option<Item> {
    let mut seen_by = facts.clone();
    seen_by.credits.retain(|(happened, known, ..)| *happened <= window.cutoff && *known <= window.known);
    let due = due_on(&seen_by, window.known);
    if facts.dropped.is_some_and(|d| d <= window.cutoff) || facts.waived.is_some_and(|w| w <= window.known) {
        return None;
    }
    if due < window.from {
        return None;
    }
    if let Some((since, until)) = row.held
        && (due < since || until.is_some_and(|u| due >= u))
    {
        return None;
    }
    let seen = match met_day(&seen_by, window.known) {
        Some(day) if day <= due => Seen::Met,
        Some(_) => Seen::Late,
        None if due <= window.cutoff => Seen::Unseen,
        None => return None,
    };
    Some(item(Basis::Duty(facts.duty), seen))
}

/// Thousandths of a number, or of a yuan.
fn number(value: Option<&Value>) -> Option<i64> {
    match value? {
        Value::Number(n) => Some(*n),
        Value::Money(n) => Some(n.saturating_mul(10)),
        _ => None,
    }
}

/// The value of a line: met and what late is worth, of all that was seen.
fn value(line: &Filled, taken: &[Option<Fraction>], late: Fraction) -> Option<Fraction> {
    if line.count(Seen::Unseen) > 0 || taken.iter().any(Option::is_none) {
        return None;
    }
    let count = |seen| i128::try_from(line.count(seen)).unwrap_or(0);
    let all = count(Seen::Met) + count(Seen::Late) + count(Seen::Undone);
    let good = Fraction::whole(count(Seen::Met)).plus(late.times(Fraction::whole(count(Seen::Late))));
    let own = good.over(Fraction::whole(all));
    let mut values: Vec<Fraction> = own.into_iter().collect();
    values.extend(taken.iter().flatten());
    let n = i128::try_from(values.len()).unwrap_or(0);
    let sum = values.into_iter().fold(Fraction::whole(0), Fraction::plus);
    sum.over(Fraction::whole(n))
}

/// What a row comes to, of a hundred: points of the lines with a value, parts weighted where they are. Nothing of what does
/// not apply, was not seen, judged or voted is on either side.
#[must_use]
pub fn total(sheet: &Sheet, filled: &[Filled]) -> Option<Fraction> {
    sheet.total.as_ref()?;
    let of_part = |part: &str| -> (Fraction, i128) {
        let lines = sheet.lines.iter().filter(|l| part.is_empty() || l.part == part);
        lines.fold((Fraction::whole(0), 0), |(sum, points), line| {
            let value = filled.iter().find(|f| f.line == line.id).and_then(|f| f.value.filter(|_| f.applies));
            match (line.points, value) {
                (Some(p), Some(v)) => {
                    (sum.plus(v.times(Fraction::whole(i128::from(p)))), points + i128::from(p))
                }
                _ => (sum, points),
            }
        })
    };
    let hundred = Fraction::whole(100);
    if sheet.parts.iter().all(|p| p.weight.is_none()) {
        let (sum, points) = of_part("");
        return sum.over(Fraction::whole(points)).map(|v| v.times(hundred));
    }
    let mut sum = Fraction::whole(0);
    let mut weights = 0;
    for part in &sheet.parts {
        let (points_got, points) = of_part(&part.id);
        let (Some(weight), Some(value)) = (part.weight, points_got.over(Fraction::whole(points))) else {
            continue;
        };
        sum = sum.plus(value.times(Fraction::whole(i128::from(weight))));
        weights += i128::from(weight);
    }
    sum.over(Fraction::whole(weights)).map(|v| v.times(hundred))
}

/// The grade that a sum proposes; the decision is people's.
#[must_use]
pub fn band(sheet: &Sheet, total: Fraction) -> Option<&str> {
    let bands = &sheet.total.as_ref()?.bands;
    let reached = |least: u32| total >= Fraction::whole(i128::from(least));
    bands.iter().find(|(_, least)| reached(*least)).map(|(grade, _)| grade.as_str())
}

/// What several marks come to, between nothing and one, and which of them lie so far from the middle that they need a reason.
#[must_use]
pub fn marks(judged: &Judged, marks: &[u32]) -> Option<(Fraction, Vec<usize>)> {
    let n = marks.len();
    let mut sorted = marks.to_vec();
    sorted.sort_unstable();
    let (lower, upper) = (sorted.get(n.checked_sub(1)? / 2)?, sorted.get(n / 2)?);
    // Of an even number the mean of the middle two.
    let middle = Fraction::of(i128::from(*lower) + i128::from(*upper), 2)?;
    let taken = match judged.take {
        Take::Median => middle,
        Take::Mean => {
            let sum: i128 = marks.iter().map(|m| i128::from(*m)).sum();
            Fraction::of(sum, i128::try_from(n).ok()?)?
        }
    };
    let far = |mark: &u32| {
        judged.spread.is_some_and(|spread| {
            let away = Fraction::whole(i128::from(*mark)).plus(middle.times(Fraction::whole(-1)));
            Fraction { part: away.part.abs(), ..away } > Fraction::whole(i128::from(spread))
        })
    };
    let apart = marks.iter().enumerate().filter(|(_, m)| far(m)).map(|(i, _)| i).collect();
    let scale = judged.scale.unwrap_or(100);
    Some((taken.over(Fraction::whole(i128::from(scale)))?, apart))
}

/// The votes of one kind of voters for one row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KindCount {
    /// Ballots given out.
    pub issued: u32,
    /// Ballots returned.
    pub returned: u32,
    /// Votes by option; a blank row, or one's own, stands in none of them.
    pub options: BTreeMap<String, u32>,
}

/// What a vote came to for one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowCount {
    /// Votes by option, of all kinds together.
    pub options: BTreeMap<String, u32>,
    /// The same by kind; nothing where so few voted of one kind that it would name people.
    pub kinds: Option<BTreeMap<String, BTreeMap<String, u32>>>,
    /// Ballots returned.
    pub returned: u32,
    /// Rows that say something.
    pub valid: u32,
    /// Between nothing and one; none where nothing is worth anything, or nobody rated.
    pub value: Option<Fraction>,
}

/// Counts a rating for one row; none where the round is void: more ballots back than given out, of any kind.
///
/// Not rated is not zero: the mean is over those who rated. Kinds are weighted among those that have some. Fewer than `few`
/// of one kind: totals only.
#[must_use]
pub fn rate(ballot: &Ballot, counts: &BTreeMap<String, KindCount>, few: u32) -> Option<RowCount> {
    if counts.values().any(|c| c.returned > c.issued) {
        return None;
    }
    let mut all: BTreeMap<String, u32> = BTreeMap::new();
    for (option, n) in counts.values().flat_map(|c| &c.options) {
        *all.entry(option.clone()).or_default() += n;
    }
    let worth = |option: &str| ballot.options.iter().find(|(id, ..)| id == option).and_then(|(.., w)| *w);
    let mean = |options: &BTreeMap<String, u32>| -> Option<Fraction> {
        let n: u32 = options.values().sum();
        let mut sum = 0i128;
        for (option, n) in options {
            sum += i128::from(worth(option)?) * i128::from(*n);
        }
        Fraction::of(sum, i128::from(n) * 100)
    };
    let weighted: Vec<(Fraction, u32)> =
        ballot.voters.iter().filter_map(|v| Some((mean(&counts.get(&v.id)?.options)?, v.weight?))).collect();
    let value = if ballot.voters.iter().any(|v| v.weight.is_some()) {
        let weights: i128 = weighted.iter().map(|(_, w)| i128::from(*w)).sum();
        let sum = weighted
            .iter()
            .fold(Fraction::whole(0), |sum, (v, w)| sum.plus(v.times(Fraction::whole(i128::from(*w)))));
        sum.over(Fraction::whole(weights))
    } else {
        mean(&all)
    };
    let told = counts.values().all(|c| c.returned == 0 || c.returned >= few) && counts.len() > 1;
    Some(RowCount {
        valid: all.values().sum(),
        returned: counts.values().map(|c| c.returned).sum(),
        kinds: told.then(|| counts.iter().map(|(kind, c)| (kind.clone(), c.options.clone())).collect()),
        options: all,
        value,
    })
}

/// A limit of shares that the grades do not keep: it is told and takes a reason, and refuses nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverShare<'g> {
    /// The limit.
    pub limit: &'g ShareLimit,
    /// How many have such a grade.
    pub have: u32,
    /// How many were graded in the group.
    pub graded: u32,
    /// How many may have it at most, or must at least.
    pub bound: u32,
}

/// The limits of shares that these grades do not keep, group by group. `setting` says whether a setting is on.
#[must_use]
pub fn shares<'g>(
    grade: &'g Grade,
    graded: &[(UnitKind, String)],
    setting: &dyn Fn(&str) -> bool,
) -> Vec<OverShare<'g>> {
    let everyone: BTreeSet<UnitKind> = graded.iter().map(|(kind, _)| *kind).collect();
    let groups = if grade.groups.is_empty() { vec![everyone] } else { grade.groups.clone() };
    let mut out = Vec::new();
    for group in &groups {
        let mine: Vec<&String> = graded.iter().filter(|(k, _)| group.contains(k)).map(|(_, g)| g).collect();
        let n = u32::try_from(mine.len()).unwrap_or(u32::MAX);
        if n == 0 {
            continue;
        }
        for limit in grade.warns.iter().filter(|l| l.setting.as_deref().is_none_or(setting)) {
            let have =
                u32::try_from(mine.iter().filter(|g| limit.grades.contains(**g)).count()).unwrap_or(u32::MAX);
            let Ratio { part, whole } = limit.ratio;
            let exact = u64::from(n) * u64::from(part);
            // At most rounds down, at least rounds up: as exact fractions compare.
            let bound = if limit.most { exact / u64::from(whole) } else { exact.div_ceil(u64::from(whole)) };
            let bound = u32::try_from(bound).unwrap_or(u32::MAX);
            let kept = if limit.most { have <= bound } else { have >= bound };
            if !kept {
                out.push(OverShare { limit, have, graded: n, bound });
            }
        }
    }
    out
}

/// Whether so many votes bar a grade.
#[must_use]
pub fn is_barred(bar: &BarShare, count: &RowCount) -> bool {
    let votes = count.options.get(&bar.option).copied().unwrap_or(0);
    let of = if bar.of_returned { count.returned } else { count.valid };
    of > 0 && u64::from(votes) * u64::from(bar.ratio.whole) >= u64::from(of) * u64::from(bar.ratio.part)
}

/// Draws by lot: the same list and seed give the same. Those drawn lately come last; of each group so many, then on to the
/// share of all.
#[must_use]
pub fn draw(
    draw: &Draw,
    among: &[(UnitId, Option<UnitId>)],
    lately: &BTreeSet<UnitId>,
    seed: &str,
) -> Vec<UnitId> {
    let lot = |unit: &UnitId| {
        let mut hash = Sha256::new();
        hash.update(seed);
        hash.update(unit.to_string());
        hash.finalize().to_vec()
    };
    let mut order: Vec<(bool, Vec<u8>, UnitId, Option<UnitId>)> =
        among.iter().map(|(unit, group)| (lately.contains(unit), lot(unit), *unit, *group)).collect();
    order.sort();
    if draw.ring {
        return order.into_iter().map(|(_, _, unit, _)| unit).collect();
    }
    let each = draw.count.or(draw.at_least).unwrap_or(0) as usize;
    let groups: BTreeSet<Option<UnitId>> = among.iter().map(|(_, group)| *group).collect();
    let mut out: Vec<UnitId> = Vec::new();
    for group in groups {
        out.extend(order.iter().filter(|(.., g)| *g == group).take(each).map(|(_, _, unit, _)| *unit));
    }
    if let Some(Ratio { part, whole }) = draw.share {
        let wanted = (among.len() * part as usize).div_ceil(whole as usize);
        let more = order.iter().map(|(_, _, unit, _)| *unit).filter(|u| !out.contains(u)).collect::<Vec<_>>();
        let lacking = wanted.saturating_sub(out.len());
        out.extend(more.into_iter().take(lacking));
    }
    out
}

/// The people who may judge a row: those who are barred from it have no cell there.
#[must_use]
pub fn may_judge(
    judged: &Judged,
    judge: PersonId,
    row: &RowOf,
    near: &dyn Fn(PersonId, PersonId) -> bool,
    of_unit: &dyn Fn(PersonId, UnitId) -> bool,
) -> bool {
    use model::sheet::Barred;
    judged.not.iter().all(|barred| match barred {
        Barred::Line => row.person != Some(judge),
        Barred::UnitOfLine => !of_unit(judge, row.unit),
        Barred::NearLine => row.person.is_none_or(|p| p != judge && !near(judge, p)),
    })
}
