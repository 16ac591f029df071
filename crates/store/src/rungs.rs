//! Rungs of the chase and what is noted beside them, as rows.

use jiff::Timestamp;
use jiff::civil::Date;
use model::{AccountId, CaseId, EntryId, UnitId};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::{StoreError, row::Columns};

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

/// Every rung of an institution.
pub(crate) const RUNG: &str = "select subject_id, step, line, rung, due, period, unit_id, title, day, skipped, reason, case_id, told, \
                    batch_id, at, account_id from chase_rung where institution_id = $1";
/// Every note of an institution.
pub(crate) const NOTE: &str = "select id, subject_id, step, line, kind, day, until, words, entry_id, at, account_id from chase_note \
                    where institution_id = $1";

fn key(c: &mut Columns<'_>) -> Result<ChaseKey, StoreError> {
    Ok(ChaseKey { subject: c.get()?, step: c.get()?, line: u32::try_from(c.get::<i64>()?).ok() })
}

pub(crate) fn rung(c: &mut Columns<'_>) -> Result<RungRow, StoreError> {
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

pub(crate) fn note(c: &mut Columns<'_>) -> Result<ChaseNote, StoreError> {
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
