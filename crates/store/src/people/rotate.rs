//! Sealing everything anew with the newest key.

use model::InstitutionId;
use uuid::Uuid;

use crate::{
    Act, Algorithm, Keys, Store, StoreError,
    dialect::Dialect,
    row::args,
    sql::{self, run_text},
    tx::Tx,
};

use super::secret::{belongs, sealed};

/// Rows sealed anew in one transaction.
const AT_A_TIME: u32 = 500;

/// A table that holds sealed values: its own columns of the key, the first being the owner.
pub(super) struct SealedTable {
    pub(super) name: &'static str,
    pub(super) owner: &'static str,
    /// What the value is bound to beside the owner: a word, or (empty) the row's kind.
    pub(super) purpose: &'static str,
}

/// Every table that holds sealed values.
pub(super) const TABLES: [SealedTable; 3] = [
    SealedTable { name: "person_secret", owner: "person_id", purpose: "" },
    SealedTable { name: "request", owner: "id", purpose: "correction" },
    SealedTable { name: "person_batch", owner: "id", purpose: "batch" },
];

impl Store {
    /// Makes a fresh key of this algorithm and seals every value of every institution with it, a few hundred in each
    /// transaction, so that others can work meanwhile; broken off, it can be begun again. How many values were sealed anew.
    /// When every value has been opened with the fresh key, the keys before the one that was in use leave the file: that
    /// one stays for copies of the database. `act` makes the audit line of an institution.
    ///
    /// # Errors
    /// [`StoreError::Busy`] while somebody else changes the keys; [`StoreError::Internal`] when a value does not open, or
    /// the file of keys cannot be written: then no key has left it.
    pub async fn rotate_keys(
        &self,
        keys: &Keys,
        algorithm: Algorithm,
        act: impl Fn() -> Act,
    ) -> Result<u64, StoreError> {
        let lock = keys.lock()?.ok_or(StoreError::Busy)?;
        let turn = self.turn_of_keys().await?;
        if let Some(mismatch) = self.match_keys(keys).await? {
            return Err(StoreError::Internal(format!(
                "the file of keys is not that of this database: {mismatch:?}"
            )));
        }
        let before = keys.newest()?.0;
        let last = self.known_keys().await?.into_keys().max().unwrap_or(0);
        let fresh = keys.renew(&lock, algorithm, last)?;
        self.note_keys(keys, act().at).await?;
        let mut done = 0;
        let institutions = self.institutions().await?;
        for institution in &institutions {
            done += self.seal_all(institution.id).await?;
            self.record(institution.id, &act()).await?;
        }
        let mut faults = 0;
        for institution in &institutions {
            // What a server sealed that had looked at the keys just before.
            done += self.seal_all(institution.id).await?;
            faults += self.verify_sealed(institution.id).await?.1.len();
        }
        if faults > 0 {
            return Err(StoreError::Internal(format!(
                "{faults} sealed values do not open; all keys are kept"
            )));
        }
        let mut keep = self.keys_in_use().await?;
        keep.extend([before, fresh]);
        keys.retire(&lock, &keep)?;
        if let Some(turn) = turn {
            turn.rollback().await?;
        }
        Ok(done)
    }

    /// The keys are changed by one process at a time, on a server of databases too: held until it is dropped.
    async fn turn_of_keys(&self) -> Result<Option<Tx>, StoreError> {
        if self.dialect == Dialect::Sqlite {
            return Ok(None);
        }
        let tx = self.transaction().await?;
        run_text(&tx, "set local idle_in_transaction_session_timeout = 0").await?;
        // The number is ours and arbitrary.
        let text = "select cast(case when pg_try_advisory_xact_lock(7141520902) then 1 else 0 end as bigint)";
        let had = sql::row(&tx, text, vec![], |c| c.get::<i64>()).await?;
        if had == Some(1) { Ok(Some(tx)) } else { Err(StoreError::Busy) }
    }

    /// Numbers of the keys with which anything is sealed.
    pub(super) async fn keys_in_use(&self) -> Result<Vec<u32>, StoreError> {
        let mut used = Vec::new();
        for table in &TABLES {
            let text = format!("select distinct sealed_key from {} where sealed_key > 0", table.name);
            used.extend(self.rows(&text, vec![], |c| c.get::<u32>()).await?);
        }
        // Files that jobs made are not sealed anew: they are swept before long.
        let text = "select distinct sealed_key from job where sealed_key > 0";
        used.extend(self.rows(text, vec![], |c| c.get::<u32>()).await?);
        used.sort_unstable();
        used.dedup();
        Ok(used)
    }

    /// Seals with the newest key whatever of an institution is sealed with another; how many values.
    async fn seal_all(&self, institution: InstitutionId) -> Result<u64, StoreError> {
        let mut done = 0;
        for table in &TABLES {
            loop {
                let some = self.seal_some(institution, table).await?;
                if some == 0 {
                    break;
                }
                done += some;
            }
        }
        Ok(done)
    }

    async fn seal_some(&self, institution: InstitutionId, table: &SealedTable) -> Result<u64, StoreError> {
        let drawer = self.drawer()?;
        let newest = drawer.newest_id()?;
        let SealedTable { name, owner, purpose } = table;
        let is_secret = purpose.is_empty();
        let more = if is_secret { "kind, revision" } else { "cast('' as text), cast(0 as bigint)" };
        let tx = self.transaction().await?;
        let text = format!(
            "select {owner}, {more}, sealed_key, sealed_by, sealed from {name} \
             where institution_id = $1 and sealed_key > 0 and sealed_key <> $2 limit {AT_A_TIME}"
        );
        let rows = sql::rows(&tx, &text, args![institution, newest], |c| {
            Ok((c.get::<Uuid>()?, c.get::<String>()?, c.get::<i64>()?, sealed(c)?))
        })
        .await?;
        for (owner_id, kind, revision, old) in &rows {
            let bound = belongs(institution, *owner_id, if is_secret { kind } else { purpose });
            let value = drawer.open(old, &bound)?;
            let new = drawer.seal(&value, &bound)?;
            let mut set = format!("update {name} set sealed_key = $3, sealed_by = $4, sealed = $5");
            let mut values = args![institution, owner_id, new.key, new.by, new.bytes];
            if is_secret {
                let lookup = drawer.lookup(&String::from_utf8_lossy(&value))?;
                values.extend(args![lookup, kind, revision]);
                set.push_str(", lookup = $6 where institution_id = $1 and person_id = $2 and kind = $7 and revision = $8");
            } else {
                set.push_str(&format!(" where institution_id = $1 and {owner} = $2"));
            }
            sql::execute(&tx, &set, values).await?;
        }
        tx.commit().await?;
        Ok(rows.len() as u64)
    }
}
