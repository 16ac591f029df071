//! 检查、考核的表: its lines filled from the Book as of a cut-off day. Pure: the Book, the answers, marks and votes are
//! arguments, and every figure comes back with what it rests on.
//!
//! No record is *unseen*, not undone: a line with one such has no value until somebody has answered. What does not apply
//! leaves both sides of the sum, and one fault is charged once.
//!
//! - here: what the Book shows ([`Book::look`]), and what it comes to with what was said ([`settle`]).
//! - `scope`: who stands on a sheet; `steps`: steps of cases as duties.
//! - `total`, `marks`, `vote`, `draw`, `fraction`: sums, judgements, ballots, lots, exact shares.

mod draw;
mod fraction;
mod marks;
mod scope;
mod steps;
mod total;
mod vote;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use model::follow::DutyKind;
use model::rule::Ledger;
use model::sheet::{Has, Line, Mark, Measure, Sheet, Source};
use model::{Condition, DutyId, Entry, EntryId, Organisation, PersonId, StandingFacts, Unit, UnitId, Value};
use serde::{Deserialize, Serialize};

use crate::flow::Days;
use crate::{Facts, Verdict, due_on, hold, judge, met_day};

pub use draw::{draw, list_print, sample};
pub use fraction::Fraction;
pub use marks::{marks, may_judge};
pub use scope::{LeftOut, Scoped, scope};
pub use steps::{StepDuty, step_duties};
pub use total::{band, total};
pub use vote::{KindCount, OverShare, RowCount, is_barred, rate, shares};

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
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
        settle(sheet, &self.look(sheet, row, window), said, late)
    }

    /// What the Book alone shows of each line, before anybody has said anything: it is what stands when the figures are kept.
    #[must_use]
    pub fn look(&self, sheet: &Sheet, row: &RowOf, window: Window) -> Vec<Filled> {
        let of = |line: &Line| {
            let nothing = Filled { line: line.id.clone(), applies: false, items: Vec::new(), value: None };
            let Some(unit) = self.organisation.unit(row.unit).filter(|u| self.is_for(line, u)) else {
                return nothing;
            };
            let Source::From(measures) = &line.source else { return Filled { applies: true, ..nothing } };
            let items = measures.iter().flat_map(|m| self.items(line, m, unit, row, window)).collect();
            Filled { applies: true, items, ..nothing }
        };
        sheet.lines.iter().map(of).collect()
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
}

/// What the lines come to with what was said of them: answers, marks and votes, what is charged elsewhere. `looked` is what
/// the Book showed ([`Book::look`]); `late` is what a late item is worth.
#[must_use]
pub fn settle(sheet: &Sheet, looked: &[Filled], said: &Said, late: Fraction) -> Vec<Filled> {
    let mut charged = said.charged.clone();
    let of = |line: &Line| {
        let looked = looked.iter().find(|f| f.line == line.id);
        let nothing = Filled { line: line.id.clone(), applies: false, items: Vec::new(), value: None };
        let Some(looked) = looked.filter(|f| f.applies) else { return nothing };
        let measures = match &line.source {
            Source::From(measures) => measures,
            Source::Ask { .. } => return Filled { applies: true, ..nothing },
            Source::Judge(_) | Source::Vote(_) => {
                let value = said.values.get(&line.id).copied();
                return Filled { applies: value.is_some(), value, ..nothing };
            }
        };
        let other = |m: &Measure| match m {
            Measure::Sheet(id) => said.sheets.get(id).copied(),
            _ => None,
        };
        let taken: Vec<Option<Fraction>> = measures.iter().filter_map(other).collect();
        let mut items = looked.items.clone();
        answer(&mut items, &said.answers);
        items.iter_mut().for_each(|item| charge(line, item, &mut charged));
        let mut out = Filled { applies: !items.is_empty() || !taken.is_empty(), items, ..nothing };
        out.value = value(&out, &taken, late);
        // What others have charged is no longer this line's: with nothing left it does not apply.
        out.applies &= out.items.is_empty() || out.items.iter().any(|i| !i.charged);
        out
    };
    sheet.lines.iter().map(of).collect()
}

/// Charges an item's faults, unless another line has: of a record each lacking element is one, of everything else the item.
fn charge(line: &Line, item: &mut Item, charged: &mut BTreeSet<(Basis, String)>) {
    if !matches!(item.seen, Seen::Late | Seen::Undone) {
        return;
    }
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

/// What was answered of items without a record.
fn answer(items: &mut Vec<Item>, answers: &BTreeMap<Basis, Answer>) {
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
