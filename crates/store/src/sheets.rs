//! 检查、考核的表: what was said of items without a record, the figures that stand, and the records as they were known on a
//! day.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use model::{AccountId, CaseId, Entry, InstitutionId, UnitId};
use uuid::Uuid;

use crate::{
    Act, Store, StoreError,
    requests::is_their_own,
    row::{Columns, args},
    sha256,
    sql::{Parts, insert_all},
    write::Touches,
};

/// Something that was said of an item of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetSaid {
    /// Identifier; later ones are later.
    pub id: Uuid,
    /// The case of the check.
    pub case: CaseId,
    /// The unit or the person of the row.
    pub row: Uuid,
    /// What is spoken of, JSON.
    pub item: String,
    /// not_done, elsewhere, since, not_ours; agreed, refused.
    pub says: String,
    /// In which words; may be empty.
    pub words: String,
    /// When; set by the store.
    pub at: Timestamp,
    /// By whom; set by the store.
    pub account: Option<AccountId>,
}

/// The figures of a row as they stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetFigures {
    /// The case of the check.
    pub case: CaseId,
    /// The unit or the person of the row.
    pub row: Uuid,
    /// The unit.
    pub unit: UnitId,
    /// First day of the period, cut-off day, day by which it was known.
    pub window: (Date, Date, Date),
    /// Fingerprint of the procedure by which they were made.
    pub rules: String,
    /// The lines, JSON.
    pub body: String,
    /// SHA-256 of the body, in hexadecimal.
    pub fingerprint: String,
    /// When they were kept; set by the store.
    pub at: Timestamp,
}

/// Which records are looked at.
#[derive(Clone, Debug)]
pub struct Looked<'a> {
    /// Of these units.
    pub units: &'a BTreeSet<UnitId>,
    /// In one of these ledgers.
    pub ledgers: &'a BTreeSet<String>,
    /// That happened on these days; of any day where none is said.
    pub days: Option<(Date, Date)>,
}

/// A revision that was written after the figures stood.
#[derive(Clone, Debug, PartialEq)]
pub struct LaterRevision {
    /// The record as it says.
    pub entry: Entry,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub account: Option<AccountId>,
}

fn said(c: &mut Columns<'_>) -> Result<SheetSaid, StoreError> {
    Ok(SheetSaid {
        id: c.get()?,
        case: c.get()?,
        row: c.get()?,
        item: c.get()?,
        says: c.get()?,
        words: c.get()?,
        at: c.get()?,
        account: c.opt()?,
    })
}

fn figures(c: &mut Columns<'_>) -> Result<SheetFigures, StoreError> {
    Ok(SheetFigures {
        case: c.get()?,
        row: c.get()?,
        unit: c.get()?,
        window: (c.get()?, c.get()?, c.get()?),
        rules: c.get()?,
        body: c.get()?,
        fingerprint: c.get()?,
        at: c.get()?,
    })
}

/// Narrows a query of records `e` to those that are looked at.
fn narrow(query: &mut Parts, looked: &Looked<'_>) {
    query.one_of(" and ", "e.unit_id", looked.units.iter().map(|u| u.0));
    if let Some((from, to)) = &looked.days {
        query.with(" and e.day >= ", from, "");
        query.with(" and e.day <= ", to, "");
    }
    query.push(
        " and exists (select 1 from entry_ledger l where l.institution_id = e.institution_id and l.entry_id = e.id and (1 = 0",
    );
    for ledger in looked.ledgers {
        query.with(" or l.ledger = ", ledger, "");
    }
    query.push("))");
}

impl Store {
    /// What was said on the sheets of a case, of one row or of all, in its order.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn sheet_said(
        &self,
        institution: InstitutionId,
        case: CaseId,
        row: Option<Uuid>,
    ) -> Result<Vec<SheetSaid>, StoreError> {
        let text = "select id, case_id, row_id, item, says, words, at, account_id from sheet_said \
                    where institution_id = $1 and case_id = $2";
        let mut query = Parts::new(self.dialect, text, args![institution, case]);
        if let Some(row) = row {
            query.with(" and row_id = ", &row, "");
        }
        query.push(" order by at, id");
        self.rows(&query.sql, query.args, said).await
    }

    /// Keeps what was said, all or none. It changes nothing that was said before.
    ///
    /// # Errors
    /// [`StoreError::Constraint`] `foreign_key` when there is no such case.
    pub async fn say_on_sheet(
        &self,
        institution: InstitutionId,
        all: &[SheetSaid],
        act: &Act,
    ) -> Result<(), StoreError> {
        self.say_to(institution, all, &[], act).await
    }

    /// The same of what answers these authors: nobody decides their own.
    ///
    /// # Errors
    /// [`StoreError::Constraint`] `own_request` when whoever acts is one of the authors, under whatever account; what
    /// [`Store::say_on_sheet`] refuses.
    pub async fn say_to(
        &self,
        institution: InstitutionId,
        all: &[SheetSaid],
        authors: &[AccountId],
        act: &Act,
    ) -> Result<(), StoreError> {
        let write = self.write(institution, act, Touches::Other).await?;
        if is_their_own(&write, authors).await? {
            return Err(StoreError::Constraint("own_request".to_owned()));
        }
        insert_all(
            &write.tx,
            "insert into sheet_said (institution_id, id, case_id, row_id, item, says, words, at, account_id, address)",
            "",
            10,
            all,
            |s| {
                Ok(args![
                    institution,
                    s.id,
                    s.case,
                    s.row,
                    s.item,
                    s.says,
                    s.words,
                    write.at,
                    write.account,
                    write.address
                ])
            },
        )
        .await?;
        write.commit().await
    }

    /// The figures of a case that stand, of one row or of all.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn sheet_figures(
        &self,
        institution: InstitutionId,
        case: CaseId,
        row: Option<Uuid>,
    ) -> Result<Vec<SheetFigures>, StoreError> {
        let text = "select case_id, row_id, unit_id, begins, cutoff, known, rules, body, fingerprint, at from sheet_figures \
                    where institution_id = $1 and case_id = $2";
        let mut query = Parts::new(self.dialect, text, args![institution, case]);
        if let Some(row) = row {
            query.with(" and row_id = ", &row, "");
        }
        query.push(" order by row_id");
        self.rows(&query.sql, query.args, figures).await
    }

    /// Keeps figures that stand from now on. Those that stand already stay as they are.
    ///
    /// # Errors
    /// [`StoreError::Constraint`] `foreign_key` when there is no such case.
    pub async fn keep_figures(
        &self,
        institution: InstitutionId,
        all: &[SheetFigures],
        act: &Act,
    ) -> Result<(), StoreError> {
        let write = self.write(institution, act, Touches::Other).await?;
        insert_all(
            &write.tx,
            "insert into sheet_figures (institution_id, case_id, row_id, unit_id, begins, cutoff, known, rules, body, \
             fingerprint, at, account_id, address)",
            "on conflict (institution_id, case_id, row_id) do nothing",
            13,
            all,
            |f| {
                let (begins, cutoff, known) = f.window;
                Ok(args![
                    institution,
                    f.case,
                    f.row,
                    f.unit,
                    begins,
                    cutoff,
                    known,
                    f.rules,
                    f.body,
                    f.fingerprint,
                    write.at,
                    write.account,
                    write.address
                ])
            },
        )
        .await?;
        write.commit().await
    }

    /// The figures whose text is not that of their fingerprint any more: case and row.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn verify_figures(
        &self,
        institution: InstitutionId,
    ) -> Result<Vec<(CaseId, UnitId)>, StoreError> {
        let text = "select case_id, unit_id, body, fingerprint from sheet_figures where institution_id = $1 \
                    order by case_id, row_id";
        let all = self.rows(text, args![institution], |c| {
            let (case, unit): (CaseId, UnitId) = (c.get()?, c.get()?);
            let (body, print): (String, String) = (c.get()?, c.get()?);
            let same = hex::encode(sha256(body.as_bytes())) == print;
            Ok((!same).then_some((case, unit)))
        });
        Ok(all.await?.into_iter().flatten().collect())
    }

    /// The records that are looked at as they were before an instant: what was written since is not in them.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn entries_before(
        &self,
        institution: InstitutionId,
        looked: &Looked<'_>,
        before: Timestamp,
    ) -> Result<Vec<Entry>, StoreError> {
        if looked.units.is_empty() || looked.ledgers.is_empty() {
            return Ok(Vec::new());
        }
        let text = "select r.body from entry e join entry_revision r on r.institution_id = e.institution_id \
                    and r.entry_id = e.id and r.revision = (select max(x.revision) from entry_revision x \
                    where x.institution_id = e.institution_id and x.entry_id = e.id and x.at < $2) \
                    where e.institution_id = $1";
        let mut query = Parts::new(self.dialect, text, args![institution, before]);
        narrow(&mut query, looked);
        query.push(" order by e.day, e.id");
        self.rows(&query.sql, query.args, |c| c.json()).await
    }

    /// What was written in the records that are looked at from an instant on, in its order.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn entries_since(
        &self,
        institution: InstitutionId,
        looked: &Looked<'_>,
        since: Timestamp,
    ) -> Result<Vec<LaterRevision>, StoreError> {
        if looked.units.is_empty() || looked.ledgers.is_empty() {
            return Ok(Vec::new());
        }
        let text = "select r.body, r.at, r.account_id from entry e join entry_revision r \
                    on r.institution_id = e.institution_id and r.entry_id = e.id and r.at >= $2 \
                    where e.institution_id = $1";
        let mut query = Parts::new(self.dialect, text, args![institution, since]);
        narrow(&mut query, looked);
        query.push(" order by r.at, e.id, r.revision");
        self.rows(&query.sql, query.args, |c| {
            Ok(LaterRevision { entry: c.json()?, at: c.get()?, account: c.opt()? })
        })
        .await
    }
}
