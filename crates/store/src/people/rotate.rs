//! Sealing everything anew with the newest key.

use model::InstitutionId;
use uuid::Uuid;

use crate::{Act, Algorithm, Keys, Store, StoreError, row::args, sql};

use super::secret::{belongs, sealed};

/// Rows sealed anew in one transaction.
const AT_A_TIME: u32 = 500;

/// A table that holds sealed values: its own columns of the key, the first being the owner.
pub(super) struct SealedTable {
    pub(super) name: &'static str,
    owner: &'static str,
    /// What the value is bound to beside the owner: a word, or (empty) the row's kind.
    purpose: &'static str,
}

/// Every table that holds sealed values.
pub(super) const TABLES: [SealedTable; 3] = [
    SealedTable { name: "person_secret", owner: "person_id", purpose: "" },
    SealedTable { name: "correction", owner: "id", purpose: "correction" },
    SealedTable { name: "person_batch", owner: "id", purpose: "batch" },
];

impl Store {
    /// Makes a fresh key of this algorithm and seals every value of every institution with it, a few hundred in each
    /// transaction, so that others can work meanwhile; broken off, it can be begun again. Keys that no value needs any
    /// more leave the file the next time. How many values were sealed anew. `act` makes the audit line of an institution.
    ///
    /// # Errors
    /// When a value does not open, or the file of keys cannot be written.
    pub async fn rotate_keys(
        &self,
        keys: &Keys,
        algorithm: Algorithm,
        act: impl Fn() -> Act,
    ) -> Result<u64, StoreError> {
        let mut used = Vec::new();
        for table in &TABLES {
            let text = format!("select distinct sealed_key from {} where sealed_key > 0", table.name);
            used.extend(self.rows(&text, vec![], |c| c.get::<u32>()).await?);
        }
        // Files that jobs made are not sealed anew: they are swept before long.
        let text = "select distinct sealed_key from job where sealed_key > 0";
        used.extend(self.rows(text, vec![], |c| c.get::<u32>()).await?);
        // The key in use now stays even when nothing is sealed with it: another process may be about to.
        used.push(keys.newest()?.0);
        keys.renew(algorithm, &used)?;
        let mut done = 0;
        for institution in self.institutions().await? {
            for table in &TABLES {
                loop {
                    let some = self.seal_some(institution.id, table).await?;
                    if some == 0 {
                        break;
                    }
                    done += some;
                }
            }
            self.record(institution.id, &act()).await?;
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
