//! Duties and credits as they are made, dropped and ended, each counted into the tally of its write; and the check that
//! the tables hold what the audit chain says.

use jiff::civil::Date;
use model::{AlsoAsked, Credit, CreditId, Duty, DutyId, DutySource, InstitutionId};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    Act, Store, StoreError, audit,
    duties::duty,
    plans::{duty_row, expect_all},
    row::{Columns, args},
    rows,
    rungs::{NOTE, RUNG, note, rung},
    sql::{self, Parts, insert_all},
    tally::{KeptFault, Sums, id_of},
    tx::Tx,
    write::Write,
};

/// Rows that a check reads at a time.
const AT_A_TIME: i64 = 5_000;

pub(crate) fn credit(c: &mut Columns<'_>) -> Result<Credit, StoreError> {
    Ok(Credit {
        id: c.get()?,
        duty: c.get()?,
        entry: c.get()?,
        amount: c.get()?,
        happened: c.get()?,
        known: c.get()?,
        ended: c.opt()?,
    })
}

impl Write {
    /// Makes duties, known from `made` on.
    pub(crate) async fn insert_duties<'d>(
        &self,
        made: Date,
        duties: impl IntoIterator<Item = (DutySource, &'d Duty)>,
    ) -> Result<(), StoreError> {
        let duties: Vec<(DutySource, &Duty)> = duties.into_iter().collect();
        let mut tally = Sums::default();
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
        let mut tally = Sums::default();
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
        let mut tally = Sums::default();
        for duty in duties {
            tally.taken_up(*duty, day)?;
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
        let mut tally = Sums::default();
        for one in all {
            tally.also(before.iter().find(|b| (b.duty, b.by) == (one.duty, one.by)), one)?;
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
        let mut tally = Sums::default();
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
        let mut tally = Sums::default();
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
async fn found(tx: &Tx, institution: InstitutionId) -> Result<Sums, StoreError> {
    let mut out = duties_and_credits(tx, institution, DUTIES).await?;
    for row in sql::rows(tx, ALSO, args![institution], also).await? {
        out.also(None, &row)?;
    }
    for row in sql::rows(tx, RUNG, args![institution], rung).await? {
        out.rung(&row)?;
    }
    for row in sql::rows(tx, NOTE, args![institution], note).await? {
        out.note(&row)?;
    }
    rows::all(tx, institution, &mut out).await?;
    Ok(out)
}

async fn duties_and_credits(tx: &Tx, institution: InstitutionId, duties: &str) -> Result<Sums, StoreError> {
    let mut out = Sums::default();
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
    for institution in institutions(tx).await? {
        let tally = duties_and_credits(tx, institution, DUTIES_OF_PLANS).await?;
        say(tx, institution, now, tally).await?;
    }
    Ok(())
}

/// The same of the rows that are counted as they stand, of a database that held some before they were.
pub(crate) async fn begin_rows(tx: &Tx, now: jiff::Timestamp) -> Result<(), StoreError> {
    for institution in institutions(tx).await? {
        let mut tally = Sums::default();
        rows::all(tx, institution, &mut tally).await?;
        say(tx, institution, now, tally).await?;
    }
    Ok(())
}

async fn institutions(tx: &Tx) -> Result<Vec<InstitutionId>, StoreError> {
    sql::rows(tx, "select id from institution order by id", vec![], |c| c.get::<InstitutionId>()).await
}

/// A line of the chain that says what is there, where there is something.
async fn say(
    tx: &Tx,
    institution: InstitutionId,
    now: jiff::Timestamp,
    tally: Sums,
) -> Result<(), StoreError> {
    if tally == Sums::default() {
        return Ok(());
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
    audit::append(tx, institution, seq, &prev, &act).await
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
        let mut said = Sums::default();
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
                said.plus(Sums::of_detail(detail).unwrap_or_default());
            }
        }
        let found = found(&tx, institution).await?;
        tx.commit().await?;
        Ok(said.differs(found))
    }
}
