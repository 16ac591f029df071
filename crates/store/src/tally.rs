//! What is kept, in sum. Each line of the audit chain carries how many duties and credits its write made, dropped and
//! ended, and how many records, people, accounts, units and the like it wrote, with the sum of their hashes; added up over
//! the chain they must give what the tables hold. So a row that is changed, taken out or put in behind the program's back
//! shows, though nothing else says that it should be there.

use jiff::civil::Date;
use model::{AlsoAsked, Credit, CreditId, Duty, DutyId, DutySource, ObligationId, PersonId, UnitId};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::{ChaseNote, RungRow, StoreError, row::to_json};

/// The part of a line's detail that holds its tally.
const KEY: &str = "kept";

/// A number of rows and the sum of their hashes; the order of the rows does not matter, and what is taken back is
/// taken off again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum {
    rows: i64,
    high: u128,
    low: u128,
}

impl Sum {
    fn hashed(row: &impl serde::Serialize) -> Result<(u128, u128), StoreError> {
        let hash: [u8; 32] = Sha256::digest(to_json(row)?.as_bytes()).into();
        let half =
            |from: usize| hash.iter().skip(from).take(16).fold(0, |n: u128, b| n << 8 | u128::from(*b));
        Ok((half(0), half(16)))
    }

    fn add(&mut self, row: &impl serde::Serialize) -> Result<(), StoreError> {
        let (high, low) = Self::hashed(row)?;
        self.plus(Self { rows: 1, high, low });
        Ok(())
    }

    fn take(&mut self, row: &impl serde::Serialize) -> Result<(), StoreError> {
        let (high, low) = Self::hashed(row)?;
        self.plus(Self { rows: -1, high: high.wrapping_neg(), low: low.wrapping_neg() });
        Ok(())
    }

    fn plus(&mut self, other: Self) {
        self.rows += other.rows;
        self.high = self.high.wrapping_add(other.high);
        self.low = self.low.wrapping_add(other.low);
    }

    fn written(self) -> Value {
        json!([self.rows, format!("{:032x}{:032x}", self.high, self.low)])
    }

    fn read(value: &Value) -> Option<Self> {
        let [rows, sum] = value.as_array()?.as_slice() else { return None };
        let half = |range| u128::from_str_radix(sum.as_str()?.get(range)?, 16).ok();
        Some(Self { rows: rows.as_i64()?, high: half(0..32)?, low: half(32..64)? })
    }
}

/// What is hashed of a duty, in this order for ever: the sums of earlier lines rest on it. Its year is its obligation's.
#[derive(serde::Serialize)]
struct Fixed<'d> {
    id: DutyId,
    obligation: ObligationId,
    unit: UnitId,
    person: Option<PersonId>,
    title: &'d str,
    starts: Date,
    planned: Date,
    due: Date,
    seq: u32,
    need: u32,
    rules: &'d str,
}

impl<'d> Fixed<'d> {
    fn of(duty: &'d Duty) -> Self {
        let Duty {
            id,
            obligation,
            unit,
            person,
            ref title,
            starts,
            planned,
            due,
            seq,
            need,
            ref rules,
            year: _,
        } = *duty;
        Self { id, obligation, unit, person, title, starts, planned, due, seq, need, rules }
    }
}

/// The id of what an obligation hangs on.
pub(crate) fn id_of(source: DutySource) -> Uuid {
    match source {
        DutySource::Plan(id) => id.0,
        DutySource::Rule(id) => id.0,
    }
}

/// What a tally counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kept {
    /// Duties, as they were made.
    Duties,
    /// Duties that are no longer asked, and since when.
    Dropped,
    /// Credits, as they were made.
    Credits,
    /// Credits that ended, and when.
    Ended,
    /// What else asks a duty, from when until when.
    Also,
    /// Rungs of the chase, as they went.
    Rungs,
    /// What was noted of the chase.
    Notes,
    /// Revisions of records.
    Entries,
    /// People, with what is held of them.
    People,
    /// Memberships.
    Memberships,
    /// Posts.
    Posts,
    /// Accounts.
    Accounts,
    /// Roles of accounts.
    Grants,
    /// Units.
    Units,
    /// Revisions of plans.
    PlanRevisions,
    /// Obligations, with their words.
    Obligations,
}

impl Kept {
    const ALL: [Self; 16] = [
        Self::Duties,
        Self::Dropped,
        Self::Credits,
        Self::Ended,
        Self::Also,
        Self::Rungs,
        Self::Notes,
        Self::Entries,
        Self::People,
        Self::Memberships,
        Self::Posts,
        Self::Accounts,
        Self::Grants,
        Self::Units,
        Self::PlanRevisions,
        Self::Obligations,
    ];

    fn key(self) -> &'static str {
        match self {
            Self::Duties => "duties",
            Self::Dropped => "dropped",
            Self::Credits => "credits",
            Self::Ended => "ended",
            Self::Also => "also",
            Self::Rungs => "rungs",
            Self::Notes => "notes",
            Self::Entries => "entries",
            Self::People => "people",
            Self::Memberships => "memberships",
            Self::Posts => "posts",
            Self::Accounts => "accounts",
            Self::Grants => "grants",
            Self::Units => "units",
            Self::PlanRevisions => "plan_revisions",
            Self::Obligations => "obligations",
        }
    }
}

/// Where the tables do not hold what the chain says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeptFault {
    /// Of what.
    pub what: Kept,
    /// How many rows the chain says there are.
    pub said: i64,
    /// How many there are.
    pub found: i64,
}

/// The sums of one write, or of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    sums: [Sum; 16],
}

impl Sums {
    fn of(&mut self, what: Kept) -> &mut Sum {
        let [
            duties,
            dropped,
            credits,
            ended,
            also,
            rungs,
            notes,
            entries,
            people,
            memberships,
            posts,
            accounts,
            grants,
            units,
            plan_revisions,
            obligations,
        ] = &mut self.sums;
        match what {
            Kept::Duties => duties,
            Kept::Dropped => dropped,
            Kept::Credits => credits,
            Kept::Ended => ended,
            Kept::Also => also,
            Kept::Rungs => rungs,
            Kept::Notes => notes,
            Kept::Entries => entries,
            Kept::People => people,
            Kept::Memberships => memberships,
            Kept::Posts => posts,
            Kept::Accounts => accounts,
            Kept::Grants => grants,
            Kept::Units => units,
            Kept::PlanRevisions => plan_revisions,
            Kept::Obligations => obligations,
        }
    }

    pub(crate) fn plus(&mut self, other: Self) {
        for (mine, theirs) in self.sums.iter_mut().zip(other.sums) {
            mine.plus(theirs);
        }
    }

    pub(crate) fn duty(&mut self, source: Uuid, made: Date, duty: &Duty) -> Result<(), StoreError> {
        self.of(Kept::Duties).add(&(source, made, Fixed::of(duty)))
    }

    pub(crate) fn credit(&mut self, credit: &Credit) -> Result<(), StoreError> {
        let Credit { id, duty, entry, amount, happened, known, ended } = credit;
        self.of(Kept::Credits).add(&(id, duty, entry, amount, happened, known))?;
        match ended {
            Some(day) => self.ended(*id, *day),
            None => Ok(()),
        }
    }

    pub(crate) fn ended(&mut self, id: CreditId, day: Date) -> Result<(), StoreError> {
        self.of(Kept::Ended).add(&(id, day))
    }

    pub(crate) fn dropped(&mut self, id: DutyId, day: Date) -> Result<(), StoreError> {
        self.of(Kept::Dropped).add(&(id, day))
    }

    pub(crate) fn taken_up(&mut self, id: DutyId, day: Date) -> Result<(), StoreError> {
        self.of(Kept::Dropped).take(&(id, day))
    }

    /// What else asks a duty, in the place of what stood there.
    pub(crate) fn also(&mut self, old: Option<&AlsoAsked>, new: &AlsoAsked) -> Result<(), StoreError> {
        let sum = self.of(Kept::Also);
        old.map_or(Ok(()), |old| sum.take(old))?;
        sum.add(new)
    }

    /// A rung that went or was left out. When and by whom stands in the line of the chain itself.
    pub(crate) fn rung(&mut self, row: &RungRow) -> Result<(), StoreError> {
        let RungRow {
            key,
            rung,
            due,
            period,
            unit,
            title,
            day,
            skipped,
            reason,
            case,
            told,
            batch,
            at: _,
            account: _,
        } = row;
        let of = (key.subject, &key.step, key.line);
        self.of(Kept::Rungs)
            .add(&(of, rung, due, period, unit, title, day, skipped, reason, case, told, batch))
    }

    /// Something that was noted of the chase.
    pub(crate) fn note(&mut self, note: &ChaseNote) -> Result<(), StoreError> {
        let ChaseNote { id, key, kind, day, until, words, entry, at: _, account: _ } = note;
        let of = (key.subject, &key.step, key.line);
        self.of(Kept::Notes).add(&(id, of, kind, day, until, words, entry))
    }

    /// A row as the table holds it.
    pub(crate) fn row(&mut self, what: Kept, row: &Value) -> Result<(), StoreError> {
        self.of(what).add(row)
    }

    /// A row that the table held.
    pub(crate) fn no_row(&mut self, what: Kept, row: &Value) -> Result<(), StoreError> {
        self.of(what).take(row)
    }

    /// Where another tally differs: what, and how many rows each says.
    pub(crate) fn differs(mut self, mut other: Self) -> Vec<KeptFault> {
        let one = |what: Kept| {
            let (said, found) = (*self.of(what), *other.of(what));
            (said != found).then_some(KeptFault { what, said: said.rows, found: found.rows })
        };
        Kept::ALL.map(one).into_iter().flatten().collect()
    }

    /// What the line says besides, with the tally in it.
    pub(crate) fn into_detail(mut self, detail: Value) -> Value {
        if self == Self::default() {
            return detail;
        }
        let mut out = match detail {
            Value::Object(out) => out,
            Value::Null => Map::new(),
            other => Map::from_iter([("what".to_owned(), other)]),
        };
        let mut kept = Map::new();
        for what in Kept::ALL {
            let sum = *self.of(what);
            if sum != Sum::default() {
                kept.insert(what.key().to_owned(), sum.written());
            }
        }
        out.insert(KEY.to_owned(), Value::Object(kept));
        Value::Object(out)
    }

    pub(crate) fn of_detail(detail: &str) -> Option<Self> {
        let mut out = Self::default();
        if detail.contains(KEY) {
            let whole: Value = serde_json::from_str(detail).ok()?;
            for (key, value) in whole.get(KEY).and_then(Value::as_object).into_iter().flatten() {
                let what = Kept::ALL.into_iter().find(|w| w.key() == key)?;
                *out.of(what) = Sum::read(value)?;
            }
        }
        Some(out)
    }
}

/// What a line says, without its tally, which only a check can read.
pub(crate) fn without_tally(detail: &str) -> String {
    let Ok(Value::Object(mut said)) = serde_json::from_str(detail) else { return detail.to_owned() };
    match said.remove(KEY) {
        None => detail.to_owned(),
        Some(_) if said.is_empty() => String::new(),
        Some(_) => Value::Object(said).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_forgets_the_order_and_what_was_taken_back() {
        let mut a = Sum::default();
        let mut b = Sum::default();
        for n in [1, 2, 3] {
            a.add(&n).unwrap();
        }
        for n in [3, 1] {
            b.add(&n).unwrap();
        }
        assert_ne!(a, b);
        b.add(&2).unwrap();
        assert_eq!(a, b);
        b.add(&4).unwrap();
        b.take(&4).unwrap();
        assert_eq!(a, b);
        assert_eq!(Sum::read(&a.written()), Some(a));
    }

    #[test]
    fn a_line_carries_its_tally_beside_what_it_says() {
        let mut tally = Sums::default();
        tally.of(Kept::Credits).add(&"a credit").unwrap();
        let detail = tally.into_detail(json!({ "revision": 2 })).to_string();
        assert_eq!(Sums::of_detail(&detail), Some(tally));
        assert_eq!(without_tally(&detail), r#"{"revision":2}"#);
        assert_eq!(Sums::default().into_detail(Value::Null), Value::Null);
        assert_eq!(Sums::of_detail(""), Some(Sums::default()));
        assert_eq!(without_tally("{}"), "{}");
    }
}
