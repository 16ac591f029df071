//! Whether the keys are those of this database, and whether everything that is sealed opens.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::{InstitutionId, SecretKind};
use uuid::Uuid;

use crate::{
    Keys, Store, StoreError,
    row::{Columns, args, from_json, to_json},
    seal::{Drawer, Sealed},
};

use super::{
    rotate::{SealedTable, TABLES},
    secret::{belongs, sealed},
};

/// Why a file of keys is not that of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyMismatch {
    /// The key of this number is another one, of the same number, or does not open what was sealed with it.
    Other(u32),
    /// The key of this number is not in the file, and it is in use.
    Missing(u32),
}

/// What is the matter with a sealed value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealedAmiss {
    /// The key of this number is not in the file.
    NoKey(u32),
    /// It does not open: it was changed, moved, or sealed with another key.
    Shut,
    /// It opens, and is not found by what it says.
    Lookup,
}

/// A sealed value that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedFault {
    /// The table that it stands in.
    pub table: &'static str,
    /// The person, correction or batch that it belongs to.
    pub owner: Uuid,
    /// Which number of a person it is; none of what is no number.
    pub kind: Option<SecretKind>,
    /// Which revision of it.
    pub revision: i64,
    /// What is the matter.
    pub what: SealedAmiss,
}

/// A row with a sealed value.
struct Row {
    institution: InstitutionId,
    owner: Uuid,
    kind: String,
    revision: i64,
    sealed: Sealed,
    lookup: Option<Vec<u8>>,
}

impl Row {
    fn read(c: &mut Columns<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            institution: c.get()?,
            owner: c.get()?,
            kind: c.get()?,
            revision: c.get()?,
            sealed: sealed(c)?,
            lookup: c.opt()?,
        })
    }

    fn amiss(&self, table: &SealedTable, drawer: &Drawer) -> Result<Option<SealedAmiss>, StoreError> {
        if !drawer.has(&self.sealed) {
            return Ok(Some(SealedAmiss::NoKey(self.sealed.key)));
        }
        let purpose = if table.purpose.is_empty() { &self.kind } else { table.purpose };
        let Ok(value) = drawer.open(&self.sealed, &belongs(self.institution, self.owner, purpose)) else {
            return Ok(Some(SealedAmiss::Shut));
        };
        let Some(lookup) = &self.lookup else { return Ok(None) };
        let found = drawer.lookups(&String::from_utf8_lossy(&value))?.contains(lookup);
        Ok((!found).then_some(SealedAmiss::Lookup))
    }
}

/// The rows of a table that are sealed, as [`Row::read`] reads them.
fn rows_of(table: &SealedTable, and: &str) -> String {
    let SealedTable { name, owner, purpose } = table;
    let (kind, revision, lookup) = if purpose.is_empty() {
        ("kind", "revision", "lookup")
    } else {
        ("cast('' as text)", "cast(0 as bigint)", "case when 1 = 0 then sealed end")
    };
    format!(
        "select institution_id, {owner}, {kind}, {revision}, sealed_key, sealed_by, sealed, {lookup} from {name} \
         where sealed_key > 0 and {and}"
    )
}

impl Store {
    /// The fingerprint of every key that this database has known, by its number.
    pub(crate) async fn known_keys(&self) -> Result<BTreeMap<u32, String>, StoreError> {
        let rows = self
            .rows("select key_id, fingerprint from key_check", vec![], |c| Ok((c.get()?, c.get()?)))
            .await?;
        Ok(rows.into_iter().collect())
    }

    /// Why these are not the keys of this database; none when they are. Keys that the database has not met yet are tried
    /// on a value that is sealed with them.
    ///
    /// # Errors
    /// When the store or the file of keys cannot be read.
    pub async fn match_keys(&self, keys: &Keys) -> Result<Option<KeyMismatch>, StoreError> {
        let known = self.known_keys().await?;
        let held: BTreeMap<u32, String> = keys.fingerprints()?.into_iter().collect();
        if let Some((id, _)) = held.iter().find(|(id, print)| known.get(id).is_some_and(|k| k != *print)) {
            return Ok(Some(KeyMismatch::Other(*id)));
        }
        let used = self.keys_in_use().await?;
        // The newest is in use though nothing may be sealed with it yet: the others seal with it from now on.
        let mut needed = used.iter().chain(known.keys().max());
        if let Some(id) = needed.find(|id| !held.contains_key(id)) {
            return Ok(Some(KeyMismatch::Missing(*id)));
        }
        let drawer = keys.drawer()?;
        for id in used.iter().filter(|id| !known.contains_key(id)) {
            for table in &TABLES {
                let text = rows_of(table, "sealed_key = $1 limit 1");
                let one = self.row(&text, args![*id], Row::read).await?;
                if let Some(one) = one
                    && one.amiss(table, &drawer)?.is_some()
                {
                    return Ok(Some(KeyMismatch::Other(*id)));
                }
            }
        }
        Ok(None)
    }

    /// Notes the fingerprints of keys that the database has not met yet; those that it knows stay.
    ///
    /// # Errors
    /// When the store cannot write.
    pub async fn note_keys(&self, keys: &Keys, at: Timestamp) -> Result<(), StoreError> {
        let known = self.known_keys().await?;
        for (id, print) in keys.fingerprints()?.into_iter().filter(|(id, _)| !known.contains_key(id)) {
            self.local(
                "insert into key_check (key_id, fingerprint, noted_at) values ($1, $2, $3) \
                 on conflict (key_id) do nothing",
                args![id, print, at],
            )
            .await?;
        }
        Ok(())
    }

    /// Whether this database has met any key: then a file of keys that is not there is a loss, and no first start.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn knows_keys(&self) -> Result<bool, StoreError> {
        Ok(!self.known_keys().await?.is_empty() || self.holds_secrets().await?)
    }

    /// Opens everything that is sealed in an institution, showing it to nobody: how many values there are, and which are
    /// not as they should be.
    ///
    /// # Errors
    /// When the store cannot read, or was opened without keys.
    pub async fn verify_sealed(
        &self,
        institution: InstitutionId,
    ) -> Result<(u64, Vec<SealedFault>), StoreError> {
        let drawer = self.drawer()?;
        let (mut count, mut faults) = (0, Vec::new());
        for table in &TABLES {
            let text = rows_of(table, "institution_id = $1");
            for row in self.rows(&text, args![institution], Row::read).await? {
                count += 1;
                if let Some(what) = row.amiss(table, &drawer)? {
                    let Row { owner, kind, revision, .. } = row;
                    let kind = from_json(&to_json(&kind)?).ok();
                    faults.push(SealedFault { table: table.name, owner, kind, revision, what });
                }
            }
        }
        Ok((count, faults))
    }

    /// How many sealed values an institution has.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn count_sealed(&self, institution: InstitutionId) -> Result<u64, StoreError> {
        let mut count = 0;
        for table in &TABLES {
            let text =
                format!("select count(*) from {} where institution_id = $1 and sealed_key > 0", table.name);
            let some = self.row(&text, args![institution], |c| c.get::<i64>()).await?.unwrap_or(0);
            count += u64::try_from(some).unwrap_or(0);
        }
        Ok(count)
    }
}
