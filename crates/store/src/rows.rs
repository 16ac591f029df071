//! Rows that are counted as they stand: those that a write touches leave the tally as they were before it and come into it
//! as they are at its end, whatever it did to them.

use std::sync::PoisonError;

use jiff::{Timestamp, civil::Date};
use model::InstitutionId;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    StoreError,
    row::{Columns, args},
    sql::{self, Parts},
    tally::{Kept, Sums},
    tx::Tx,
    write::Write,
};

/// How the rows of a kind are read. What is hashed of one, in this order for ever: the sums of earlier lines rest on it.
struct Table {
    what: Kept,
    select: &'static str,
    /// The column by which a write names them.
    by: &'static str,
    read: fn(&mut Columns<'_>) -> Result<Value, StoreError>,
}

/// What is counted so. The words of a record and the text of a plan are compared by other means (`verify_entries`, the
/// hashes of blobs).
const TABLES: [Table; 9] = [
    Table {
        what: Kept::Entries,
        select: "select entry_id, revision, at, account_id from entry_revision where institution_id = $1",
        by: "entry_id",
        read: |c| Ok(json!([c.get::<Uuid>()?, c.get::<u32>()?, c.get::<Timestamp>()?, c.opt::<Uuid>()?])),
    },
    Table {
        what: Kept::People,
        select: "select p.id, p.name, p.number, p.kind, coalesce(f.body, '') from person p left join person_file f \
                 on f.institution_id = p.institution_id and f.person_id = p.id where p.institution_id = $1",
        by: "p.id",
        read: |c| {
            let (id, name) = (c.get::<Uuid>()?, c.get::<String>()?);
            Ok(json!([id, name, c.get::<String>()?, c.get::<String>()?, c.get::<String>()?]))
        },
    },
    Table {
        what: Kept::Memberships,
        select: "select id, person_id, branch_id, group_id, stage, since, until from membership \
                 where institution_id = $1",
        by: "person_id",
        read: |c| {
            let (id, person, branch) = (c.get::<Uuid>()?, c.get::<Uuid>()?, c.get::<Uuid>()?);
            let (group, stage) = (c.opt::<Uuid>()?, c.get::<String>()?);
            Ok(json!([id, person, branch, group, stage, c.get::<Date>()?, c.opt::<Date>()?]))
        },
    },
    Table {
        what: Kept::Posts,
        select: "select id, person_id, unit_id, title, since, until from post where institution_id = $1",
        by: "person_id",
        read: |c| {
            let (id, person, unit) = (c.get::<Uuid>()?, c.get::<Uuid>()?, c.get::<Uuid>()?);
            Ok(json!([id, person, unit, c.get::<String>()?, c.get::<Date>()?, c.opt::<Date>()?]))
        },
    },
    Table {
        what: Kept::Accounts,
        select: "select id, person_id, login, name, password, disabled_at from account where institution_id = $1",
        by: "id",
        read: |c| {
            let (id, person, login) = (c.get::<Uuid>()?, c.opt::<Uuid>()?, c.get::<String>()?);
            let (name, password) = (c.get::<String>()?, c.get::<String>()?);
            Ok(json!([id, person, login, name, password, c.opt::<Timestamp>()?]))
        },
    },
    Table {
        what: Kept::Grants,
        select: "select id, account_id, role, unit_id, granted_at, granted_by, ended_at, ended_by from grant_of_role \
                 where institution_id = $1",
        by: "id",
        read: |c| {
            let (id, account, role) = (c.get::<Uuid>()?, c.get::<Uuid>()?, c.get::<String>()?);
            let (unit, at, by) = (c.get::<Uuid>()?, c.get::<Timestamp>()?, c.opt::<Uuid>()?);
            Ok(json!([id, account, role, unit, at, by, c.opt::<Timestamp>()?, c.opt::<Uuid>()?]))
        },
    },
    Table {
        what: Kept::Units,
        select: "select id, parent_id, kind, name, aliases, traits, sort, founded, dissolved from unit \
                 where institution_id = $1",
        by: "id",
        read: |c| {
            let (id, parent, kind) = (c.get::<Uuid>()?, c.opt::<Uuid>()?, c.get::<String>()?);
            let (name, aliases) = (c.get::<String>()?, c.get::<String>()?);
            let (traits, sort) = (c.get::<String>()?, c.get::<i64>()?);
            let (founded, dissolved) = (c.opt::<Date>()?, c.opt::<Date>()?);
            Ok(json!([id, parent, kind, name, aliases, traits, sort, founded, dissolved]))
        },
    },
    Table {
        what: Kept::PlanRevisions,
        select: "select plan_id, revision, title, year, file_name, file_hash, source_hash, at from plan_revision \
                 where institution_id = $1",
        by: "plan_id",
        read: |c| {
            let (id, revision, title) = (c.get::<Uuid>()?, c.get::<u32>()?, c.get::<String>()?);
            let (year, file) = (c.get::<i64>()?, c.get::<String>()?);
            let (hash, source) = (c.opt::<Vec<u8>>()?, c.get::<Vec<u8>>()?);
            Ok(json!([id, revision, title, year, file, hash, source, c.get::<Timestamp>()?]))
        },
    },
    Table {
        what: Kept::Obligations,
        select: "select id, year, plan_id, routine_id, key, body, ended from obligation where institution_id = $1",
        by: "id",
        read: |c| {
            let (id, year, plan) = (c.get::<Uuid>()?, c.get::<i64>()?, c.opt::<Uuid>()?);
            let (routine, key) = (c.opt::<Uuid>()?, c.get::<String>()?);
            Ok(json!([id, year, plan, routine, key, c.get::<String>()?, c.opt::<Date>()?]))
        },
    },
];

/// Every row that is counted so, as the tables hold it.
pub(crate) async fn all(tx: &Tx, institution: InstitutionId, out: &mut Sums) -> Result<(), StoreError> {
    for table in TABLES {
        for row in sql::rows(tx, table.select, args![institution], table.read).await? {
            out.row(table.what, &row)?;
        }
    }
    Ok(())
}

impl Write {
    /// Says, before it does, that it makes, changes or takes away rows: `by` are the values of the column by which the kind is
    /// named (of memberships and posts the people, of revisions what they are of).
    ///
    /// # Errors
    /// When the store cannot read.
    pub(crate) async fn changes(
        &self,
        what: Kept,
        by: impl IntoIterator<Item = Uuid>,
    ) -> Result<(), StoreError> {
        let fresh: Vec<Uuid> = {
            // What is noted once stays noted.
            let mut touched = self.touched.lock().unwrap_or_else(PoisonError::into_inner);
            let of = touched.entry(what).or_default();
            by.into_iter().filter(|id| of.insert(*id)).collect()
        };
        let mut tally = Sums::default();
        for row in self.standing(what, fresh).await? {
            tally.no_row(what, &row)?;
        }
        self.tally(tally);
        Ok(())
    }

    /// The same of people, with where they belong and what posts they hold.
    pub(crate) async fn changes_people(&self, people: &[Uuid]) -> Result<(), StoreError> {
        for what in [Kept::People, Kept::Memberships, Kept::Posts] {
            self.changes(what, people.iter().copied()).await?;
        }
        Ok(())
    }

    /// Counts what was touched as it stands now, at the end of the write.
    pub(crate) async fn settle(&self) -> Result<(), StoreError> {
        let touched = std::mem::take(&mut *self.touched.lock().unwrap_or_else(PoisonError::into_inner));
        let mut tally = Sums::default();
        for (what, ids) in touched {
            for row in self.standing(what, ids.into_iter().collect()).await? {
                tally.row(what, &row)?;
            }
        }
        self.tally(tally);
        Ok(())
    }

    async fn standing(&self, what: Kept, ids: Vec<Uuid>) -> Result<Vec<Value>, StoreError> {
        let Some(table) = TABLES.iter().find(|t| t.what == what).filter(|_| !ids.is_empty()) else {
            return Ok(Vec::new());
        };
        let mut query = Parts::new(self.dialect, table.select, args![self.institution]);
        query.one_of(" and ", table.by, ids.into_iter());
        self.rows(&query.sql, query.args, table.read).await
    }
}
