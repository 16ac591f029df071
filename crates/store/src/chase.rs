//! 催办: what went up the ladder, what else was noted about what is late, and under which number a unit is called.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use model::{AccountId, CaseId, EntryId, InstitutionId, UnitId};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::{
    Act, CaseWrite, Store, StoreError, cases,
    row::{Columns, args, to_json, to_word},
    sql::{Parts, insert_all},
    tally::Sums,
    write::{Touches, Write},
};

/// What is chased: a duty, or a step of a case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChaseKey {
    /// The duty, or the case.
    pub subject: Uuid,
    /// The step; empty for a duty.
    pub step: String,
    /// The line of its lane.
    pub line: Option<u32>,
}

/// A rung that went for something that is late, or was left out.
#[derive(Clone, Debug, PartialEq)]
pub struct RungRow {
    /// For what.
    pub key: ChaseKey,
    /// The rung.
    pub rung: String,
    /// The due day under which it went.
    pub due: Date,
    /// The first day of the period in which it is gathered; the due day, where each goes by itself.
    pub period: Date,
    /// Who owed it.
    pub unit: UnitId,
    /// What it was called.
    pub title: String,
    /// The day on which it went.
    pub day: Date,
    /// Whether it was left out.
    pub skipped: bool,
    /// Why it was left out, or went before its day.
    pub reason: String,
    /// The case that its release opened.
    pub case: Option<CaseId>,
    /// To whom it went and who had a copy; the words of `work::chase`.
    pub told: Json,
    /// What was released together.
    pub batch: Uuid,
    /// When; set by the store.
    pub at: Timestamp,
    /// By whom; set by the store.
    pub account: Option<AccountId>,
}

/// What is noted beside the rungs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChaseNoteKind {
    /// 暂缓: the next rung waits until a day.
    Held,
    /// It waits no longer.
    Freed,
    /// Whom it is for has seen it.
    Seen,
    /// Somebody was called by telephone.
    Called,
    /// A record says how it stands.
    Answered,
}

/// Something that was noted about what is late.
#[derive(Clone, Debug, PartialEq)]
pub struct ChaseNote {
    /// Identifier; made with the form, so that a form sent twice is noted once.
    pub id: Uuid,
    /// About what.
    pub key: ChaseKey,
    /// What.
    pub kind: ChaseNoteKind,
    /// The day.
    pub day: Date,
    /// Until when it is held.
    pub until: Option<Date>,
    /// Why, or what was said.
    pub words: String,
    /// The record that answers.
    pub entry: Option<EntryId>,
    /// When; set by the store.
    pub at: Timestamp,
    /// By whom; set by the store.
    pub account: Option<AccountId>,
}

/// What is written of the chase in one transaction.
#[derive(Clone, Debug, Default)]
pub struct ChaseWrite {
    /// Rungs that go or are left out.
    pub rungs: Vec<RungRow>,
    /// What is noted.
    pub notes: Vec<ChaseNote>,
}

const RUNG: &str = "select subject_id, step, line, rung, due, period, unit_id, title, day, skipped, reason, case_id, told, \
                    batch_id, at, account_id from chase_rung where institution_id = $1";
const NOTE: &str = "select id, subject_id, step, line, kind, day, until, words, entry_id, at, account_id from chase_note \
                    where institution_id = $1";

fn key(c: &mut Columns<'_>) -> Result<ChaseKey, StoreError> {
    Ok(ChaseKey { subject: c.get()?, step: c.get()?, line: u32::try_from(c.get::<i64>()?).ok() })
}

fn rung(c: &mut Columns<'_>) -> Result<RungRow, StoreError> {
    Ok(RungRow {
        key: key(c)?,
        rung: c.get()?,
        due: c.get()?,
        period: c.get()?,
        unit: c.get()?,
        title: c.get()?,
        day: c.get()?,
        skipped: c.get()?,
        reason: c.get()?,
        case: c.opt()?,
        told: c.json()?,
        batch: c.get()?,
        at: c.get()?,
        account: c.opt()?,
    })
}

fn note(c: &mut Columns<'_>) -> Result<ChaseNote, StoreError> {
    Ok(ChaseNote {
        id: c.get()?,
        key: key(c)?,
        kind: c.word()?,
        day: c.get()?,
        until: c.opt()?,
        words: c.get()?,
        entry: c.opt()?,
        at: c.get()?,
        account: c.opt()?,
    })
}

fn stored_line(key: &ChaseKey) -> i64 {
    key.line.map_or(-1, i64::from)
}

impl Store {
    /// The rungs that went (of these units) on that day or later, in the order in which they went.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn rungs(
        &self,
        institution: InstitutionId,
        units: Option<&BTreeSet<UnitId>>,
        from: Date,
    ) -> Result<Vec<RungRow>, StoreError> {
        let mut query = Parts::new(self.dialect, RUNG, args![institution]);
        if let Some(units) = units {
            query.one_of(" and ", "unit_id", units.iter().map(|u| u.0));
        }
        query.with(" and day >= ", &from, " order by day, at, subject_id, step, line, rung");
        self.rows(&query.sql, query.args, rung).await
    }

    /// What was noted on that day or later, in the order in which it was.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn chase_notes(
        &self,
        institution: InstitutionId,
        from: Date,
    ) -> Result<Vec<ChaseNote>, StoreError> {
        let mut query = Parts::new(self.dialect, NOTE, args![institution]);
        query.with(" and day >= ", &from, " order by day, at, id");
        self.rows(&query.sql, query.args, note).await
    }

    /// Writes rungs and notes with what follows for cases, all or none, as worked out as of a change number.
    ///
    /// # Errors
    /// [`StoreError::Constraint`] `chase_rung_pkey` when a rung went already, `chase_note_pkey` when a note was made
    /// already; [`StoreError::Conflict`] when something was written since it was worked out.
    pub async fn write_chase(
        &self,
        institution: InstitutionId,
        chase: &ChaseWrite,
        cases: Option<&CaseWrite>,
        as_of: i64,
        act: &Act,
    ) -> Result<(), StoreError> {
        let write = self.write(institution, act, Touches::Facts).await?;
        if write.change - 1 != as_of {
            return Err(StoreError::Conflict);
        }
        if let Some(cases) = cases {
            cases::put(self, &write, cases).await?;
        }
        write.put_chase(chase).await?;
        write.commit().await
    }

    /// Under which number each unit is called during work.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn contacts(&self, institution: InstitutionId) -> Result<BTreeMap<UnitId, String>, StoreError> {
        let text = "select unit_id, phone from unit_contact where institution_id = $1 and phone <> ''";
        let found = self.rows(text, args![institution], |c| Ok((c.get()?, c.get()?))).await?;
        Ok(found.into_iter().collect())
    }

    /// Says under which numbers units are called; an empty one takes it away.
    ///
    /// # Errors
    /// [`StoreError::Constraint`] `foreign_key` when a unit is not there.
    pub async fn set_contacts(
        &self,
        institution: InstitutionId,
        contacts: &[(UnitId, String)],
        act: &Act,
    ) -> Result<(), StoreError> {
        let write = self.write(institution, act, Touches::Other).await?;
        insert_all(
            &write.tx,
            "insert into unit_contact (institution_id, unit_id, phone)",
            "on conflict (institution_id, unit_id) do update set phone = excluded.phone",
            3,
            contacts,
            |(unit, phone)| Ok(args![institution, unit, phone]),
        )
        .await?;
        write.commit().await
    }
}

impl Write {
    /// Writes rungs and notes within a write that is under way.
    pub(crate) async fn put_chase(&self, chase: &ChaseWrite) -> Result<(), StoreError> {
        let ChaseWrite { rungs, notes } = chase;
        let mut tally = Sums::default();
        for rung in rungs {
            tally.rung(rung)?;
        }
        for note in notes {
            tally.note(note)?;
        }
        self.tally(tally);
        let institution = self.institution;
        insert_all(
            &self.tx,
            "insert into chase_rung (institution_id, subject_id, step, line, rung, due, period, unit_id, title, day, \
             skipped, reason, case_id, told, batch_id, at, account_id, address)",
            "",
            18,
            rungs,
            |r| {
                Ok(args![
                    institution,
                    r.key.subject,
                    r.key.step,
                    stored_line(&r.key),
                    r.rung,
                    r.due,
                    r.period,
                    r.unit,
                    r.title,
                    r.day,
                    r.skipped,
                    r.reason,
                    r.case,
                    to_json(&r.told)?,
                    r.batch,
                    self.at,
                    self.account,
                    self.address
                ])
            },
        )
        .await?;
        insert_all(
            &self.tx,
            "insert into chase_note (institution_id, id, subject_id, step, line, kind, day, until, words, entry_id, at, \
             account_id, address)",
            "",
            13,
            notes,
            |n| {
                Ok(args![
                    institution,
                    n.id,
                    n.key.subject,
                    n.key.step,
                    stored_line(&n.key),
                    to_word(&n.kind)?,
                    n.day,
                    n.until,
                    n.words,
                    n.entry,
                    self.at,
                    self.account,
                    self.address
                ])
            },
        )
        .await
    }
}

/// Every rung and note, into the sums of what the tables hold.
pub(crate) async fn count(
    tx: &crate::tx::Tx,
    institution: InstitutionId,
    sums: &mut Sums,
) -> Result<(), StoreError> {
    for row in crate::sql::rows(tx, RUNG, args![institution], rung).await? {
        sums.rung(&row)?;
    }
    for row in crate::sql::rows(tx, NOTE, args![institution], note).await? {
        sums.note(&row)?;
    }
    Ok(())
}
