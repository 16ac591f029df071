//! 催办: what went up the ladder, what else was noted about what is late, and under which number a unit is called.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use model::{InstitutionId, UnitId};

use crate::{
    Act, CaseWrite, Store, StoreError, cases,
    row::{args, to_json, to_word},
    rungs::{ChaseKey, ChaseNote, ChaseWrite, NOTE, RUNG, RungRow, note, rung},
    sql::{Parts, insert_all},
    tally::Sums,
    write::{Touches, Write},
};

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
