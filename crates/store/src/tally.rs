//! What is kept, in sum. Each line of the audit chain carries how many duties and credits its write made, dropped and
//! ended, and the sum of their hashes; added up over the chain they must give what the tables hold. So a row that is
//! changed, taken out or put in behind the program's back shows, though nothing else says that it should be there.

use jiff::civil::Date;
use model::{
    AlsoAsked, Credit, CreditId, Duty, DutyId, DutySource, InstitutionId, ObligationId, PersonId, UnitId,
};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::{
    Act, Store, StoreError,
    act::Write,
    audit,
    duties::duty,
    entries::credit,
    plans::{duty_row, expect_all},
    row::{Columns, args, to_json},
    sql::{self, Parts, insert_all},
    tx::Tx,
};

/// Rows that a check reads at a time.
const AT_A_TIME: i64 = 5_000;
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
fn id_of(source: DutySource) -> Uuid {
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
}

impl Kept {
    const ALL: [Self; 5] = [Self::Duties, Self::Dropped, Self::Credits, Self::Ended, Self::Also];

    fn key(self) -> &'static str {
        match self {
            Self::Duties => "duties",
            Self::Dropped => "dropped",
            Self::Credits => "credits",
            Self::Ended => "ended",
            Self::Also => "also",
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
pub(crate) struct Tally {
    sums: [Sum; 5],
}

impl Tally {
    fn of(&mut self, what: Kept) -> &mut Sum {
        let [duties, dropped, credits, ended, also] = &mut self.sums;
        match what {
            Kept::Duties => duties,
            Kept::Dropped => dropped,
            Kept::Credits => credits,
            Kept::Ended => ended,
            Kept::Also => also,
        }
    }

    pub(crate) fn plus(&mut self, other: Self) {
        for (mine, theirs) in self.sums.iter_mut().zip(other.sums) {
            mine.plus(theirs);
        }
    }

    fn duty(&mut self, source: Uuid, made: Date, duty: &Duty) -> Result<(), StoreError> {
        self.of(Kept::Duties).add(&(source, made, Fixed::of(duty)))
    }

    fn credit(&mut self, credit: &Credit) -> Result<(), StoreError> {
        let Credit { id, duty, entry, amount, happened, known, ended } = credit;
        self.of(Kept::Credits).add(&(id, duty, entry, amount, happened, known))?;
        match ended {
            Some(day) => self.ended(*id, *day),
            None => Ok(()),
        }
    }

    fn ended(&mut self, id: CreditId, day: Date) -> Result<(), StoreError> {
        self.of(Kept::Ended).add(&(id, day))
    }

    fn dropped(&mut self, id: DutyId, day: Date) -> Result<(), StoreError> {
        self.of(Kept::Dropped).add(&(id, day))
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

    fn of_detail(detail: &str) -> Option<Self> {
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

impl Write {
    /// Makes duties, known from `made` on.
    pub(crate) async fn insert_duties<'d>(
        &self,
        made: Date,
        duties: impl IntoIterator<Item = (DutySource, &'d Duty)>,
    ) -> Result<(), StoreError> {
        let duties: Vec<(DutySource, &Duty)> = duties.into_iter().collect();
        let mut tally = Tally::default();
        for (source, duty) in &duties {
            tally.duty(id_of(*source), made, duty)?;
        }
        self.tally(tally);
        insert_all(
            &self.tx,
            "insert into duty (institution_id, id, obligation_id, unit_id, person_id, title, starts, planned, \
             due, seq, need, rules, year, made, changed)",
            "",
            15,
            &duties,
            |(_, duty)| Ok(duty_row(self.institution, made, self.change, duty)),
        )
        .await
    }

    /// Drops duties from that day on.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when one is not there or is dropped already.
    pub(crate) async fn drop_duties(&self, duties: &[DutyId], day: Date) -> Result<(), StoreError> {
        if duties.is_empty() {
            return Ok(());
        }
        let mut tally = Tally::default();
        for duty in duties {
            tally.dropped(*duty, day)?;
        }
        self.tally(tally);
        let mut query = Parts::new(
            self.dialect,
            "update duty set dropped = $2, changed = $3 where institution_id = $1 and dropped is null",
            args![self.institution, day, self.change],
        );
        query.one_of(" and ", "id", duties.iter().map(|d| d.0));
        expect_all(self.execute(&query.sql, query.args).await?, duties.len())
    }

    /// Asks duties again that were dropped from that day on.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when one is not there or was not dropped with that day.
    pub(crate) async fn take_up_duties(&self, duties: &[DutyId], day: Date) -> Result<(), StoreError> {
        if duties.is_empty() {
            return Ok(());
        }
        let mut tally = Tally::default();
        for duty in duties {
            tally.of(Kept::Dropped).take(&(duty, day))?;
        }
        self.tally(tally);
        let mut query = Parts::new(
            self.dialect,
            "update duty set dropped = null, changed = $3 where institution_id = $1 and dropped = $2",
            args![self.institution, day, self.change],
        );
        query.one_of(" and ", "id", duties.iter().map(|d| d.0));
        expect_all(self.execute(&query.sql, query.args).await?, duties.len())
    }

    /// Notes what else asks duties, and what asks them no more.
    pub(crate) async fn put_also(&self, all: &[AlsoAsked]) -> Result<(), StoreError> {
        if all.is_empty() {
            return Ok(());
        }
        let mut query = Parts::new(self.dialect, ALSO, args![self.institution]);
        let duties: std::collections::BTreeSet<DutyId> = all.iter().map(|a| a.duty).collect();
        query.one_of(" and ", "duty_id", duties.into_iter().map(|d| d.0));
        let before = self.rows(&query.sql, query.args, also).await?;
        let mut tally = Tally::default();
        for one in all {
            if let Some(old) = before.iter().find(|b| (b.duty, b.by) == (one.duty, one.by)) {
                tally.of(Kept::Also).take(old)?;
            }
            tally.of(Kept::Also).add(one)?;
        }
        self.tally(tally);
        insert_all(
            &self.tx,
            "insert into duty_also (institution_id, duty_id, obligation_id, since, until)",
            "on conflict (institution_id, duty_id, obligation_id) do update set since = excluded.since, \
             until = excluded.until",
            5,
            all,
            |AlsoAsked { duty, by, since, until }| Ok(args![self.institution, duty, by, since, until]),
        )
        .await
    }

    /// Begins credits; the duties that they count for.
    pub(crate) async fn insert_credits(
        &self,
        credits: impl IntoIterator<Item = &Credit>,
    ) -> Result<Vec<DutyId>, StoreError> {
        let credits: Vec<&Credit> = credits.into_iter().collect();
        let mut tally = Tally::default();
        for credit in &credits {
            tally.credit(credit)?;
        }
        self.tally(tally);
        insert_all(
            &self.tx,
            "insert into credit (institution_id, id, duty_id, entry_id, amount, happened, known, ended, made_at, made_by)",
            "",
            10,
            &credits,
            |credit| {
                let Credit { id, duty, entry, amount, happened, known, ended } = credit;
                Ok(args![self.institution, id, duty, entry, amount, happened, known, ended, self.at, self.account])
            },
        )
        .await?;
        Ok(credits.iter().map(|c| c.duty).collect())
    }

    /// Ends a credit on that day; the duty that it counted for.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when it is not there, is not of that record, or ended already.
    pub(crate) async fn end_credit(
        &self,
        entry: model::EntryId,
        id: CreditId,
        on: Date,
    ) -> Result<DutyId, StoreError> {
        let mut tally = Tally::default();
        tally.ended(id, on)?;
        self.tally(tally);
        let duty = self
            .row(
                "update credit set ended = $4, ended_at = $5, ended_by = $6 where institution_id = $1 and id = $2 \
                 and entry_id = $3 and ended is null returning duty_id",
                args![self.institution, id, entry, on, self.at, self.account],
                |c| c.get::<DutyId>(),
            )
            .await?;
        duty.ok_or(StoreError::NotFound)
    }
}

const ALSO: &str = "select duty_id, obligation_id, since, until from duty_also where institution_id = $1";

fn also(c: &mut Columns<'_>) -> Result<AlsoAsked, StoreError> {
    Ok(AlsoAsked { duty: c.get()?, by: c.get()?, since: c.get()?, until: c.opt()? })
}

/// Duties with the id of what their obligation hangs on.
const DUTIES: &str = "select d.id, d.obligation_id, d.unit_id, d.person_id, d.title, d.starts, d.planned, d.due, d.seq, \
    d.need, d.rules, d.year, coalesce(o.plan_id, o.routine_id), d.made, d.dropped from duty d join obligation o \
    on o.institution_id = d.institution_id and o.id = d.obligation_id \
    where d.institution_id = $1 and d.id > $2 order by d.id limit $3";
/// The same when every duty came from a plan and had no year.
const DUTIES_OF_PLANS: &str = "select id, obligation_id, unit_id, person_id, title, starts, planned, due, seq, need, rules, \
    cast(0 as bigint), plan_id, made, dropped from duty where institution_id = $1 and id > $2 order by id limit $3";

/// What the tables hold.
async fn found(tx: &Tx, institution: InstitutionId) -> Result<Tally, StoreError> {
    let mut out = duties_and_credits(tx, institution, DUTIES).await?;
    for row in sql::rows(tx, ALSO, args![institution], also).await? {
        out.of(Kept::Also).add(&row)?;
    }
    Ok(out)
}

async fn duties_and_credits(tx: &Tx, institution: InstitutionId, duties: &str) -> Result<Tally, StoreError> {
    let mut out = Tally::default();
    let mut last = DutyId(uuid::Uuid::nil());
    loop {
        let rows = sql::rows(tx, duties, args![institution, last, AT_A_TIME], |c| {
            Ok((duty(c)?, c.get::<Uuid>()?, c.get::<Date>()?, c.opt::<Date>()?))
        })
        .await?;
        let Some((end, ..)) = rows.last() else { break };
        last = end.id;
        for (duty, source, made, dropped) in &rows {
            out.duty(*source, *made, duty)?;
            if let Some(day) = dropped {
                out.dropped(duty.id, *day)?;
            }
        }
    }
    let mut last = CreditId(uuid::Uuid::nil());
    loop {
        let rows = sql::rows(
            tx,
            "select id, duty_id, entry_id, amount, happened, known, ended from credit where institution_id = $1 \
             and id > $2 order by id limit $3",
            args![institution, last, AT_A_TIME],
            credit,
        )
        .await?;
        let Some(end) = rows.last() else { break };
        last = end.id;
        for row in &rows {
            out.credit(row)?;
        }
    }
    Ok(out)
}

/// Of a database that held duties before there were tallies: what it holds is said once, in a line of its own.
pub(crate) async fn begin(tx: &Tx, now: jiff::Timestamp) -> Result<(), StoreError> {
    let all =
        sql::rows(tx, "select id from institution order by id", vec![], |c| c.get::<InstitutionId>()).await?;
    for institution in all {
        let tally = duties_and_credits(tx, institution, DUTIES_OF_PLANS).await?;
        if tally == Tally::default() {
            continue;
        }
        let head = sql::row(
            tx,
            "update institution set audit_seq = audit_seq + 1 where id = $1 returning audit_seq, audit_hash",
            args![institution],
            |c| Ok((c.get::<i64>()?, c.get::<Vec<u8>>()?)),
        )
        .await?;
        let Some((seq, prev)) = head else { return Err(StoreError::NotFound) };
        let mut act = Act::new(None, "", now, "store.tally");
        act.detail = tally.into_detail(Value::Null);
        audit::append(tx, institution, seq, &prev, &act).await?;
    }
    Ok(())
}

impl Store {
    /// What else asks or asked these duties, and what asks them no more.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn also_asked(
        &self,
        institution: InstitutionId,
        duties: &[DutyId],
    ) -> Result<Vec<AlsoAsked>, StoreError> {
        let mut query = Parts::new(self.dialect, ALSO, args![institution]);
        query.one_of(" and ", "duty_id", duties.iter().map(|d| d.0));
        self.rows(&query.sql, query.args, also).await
    }

    /// Where the duties and credits are not those that the audit chain says were made, dropped and ended.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn verify_kept(&self, institution: InstitutionId) -> Result<Vec<KeptFault>, StoreError> {
        let tx = self.snapshot().await?;
        let mut said = Tally::default();
        let mut last = 0;
        loop {
            let lines = sql::rows(
                &tx,
                "select seq, detail from audit where institution_id = $1 and seq > $2 order by seq limit $3",
                args![institution, last, AT_A_TIME],
                |c| Ok((c.get::<i64>()?, c.get::<String>()?)),
            )
            .await?;
            let Some((end, _)) = lines.last() else { break };
            last = *end;
            for (_, detail) in &lines {
                // A line that cannot be read is the chain's own fault.
                said.plus(Tally::of_detail(detail).unwrap_or_default());
            }
        }
        let mut found = found(&tx, institution).await?;
        tx.commit().await?;
        let differs = |what: Kept| {
            let (said, found) = (*said.of(what), *found.of(what));
            (said != found).then_some(KeptFault { what, said: said.rows, found: found.rows })
        };
        Ok(Kept::ALL.map(differs).into_iter().flatten().collect())
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
        let mut tally = Tally::default();
        tally.of(Kept::Credits).add(&"a credit").unwrap();
        let detail = tally.into_detail(json!({ "revision": 2 })).to_string();
        assert_eq!(Tally::of_detail(&detail), Some(tally));
        assert_eq!(without_tally(&detail), r#"{"revision":2}"#);
        assert_eq!(Tally::default().into_detail(Value::Null), Value::Null);
        assert_eq!(Tally::of_detail(""), Some(Tally::default()));
        assert_eq!(without_tally("{}"), "{}");
    }
}
