//! Figures for whoever looks after the server: sizes, room on the disks, how much waits. Over all institutions, and of
//! none of them by name.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;

use crate::{Store, StoreError, dialect::Dialect, row::args};

/// The room of the disk on which a folder lies, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// What may still be written.
    pub free: u64,
    /// All of it.
    pub total: u64,
}

impl Room {
    /// That of the disk of a folder; none where the system does not say.
    #[must_use]
    pub fn of(folder: &Path) -> Option<Self> {
        #[cfg(unix)]
        {
            let about = rustix::fs::statvfs(folder).ok()?;
            Some(Self { free: about.f_bavail * about.f_frsize, total: about.f_blocks * about.f_frsize })
        }
        #[cfg(not(unix))]
        {
            let _ = folder;
            None
        }
    }
}

/// Under which name the room of a machine's disks is noted, day by day.
fn rooms_of(machine: &str) -> String {
    format!("rooms {machine}")
}

impl Store {
    /// Size of the database in bytes.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn size(&self) -> Result<u64, StoreError> {
        let text = match self.dialect {
            Dialect::Sqlite => "select page_count * page_size from pragma_page_count(), pragma_page_size()",
            Dialect::Postgres => "select pg_database_size(current_database())",
        };
        let size = self.row(text, vec![], |c| c.get::<i64>()).await?.unwrap_or(0);
        Ok(u64::try_from(size).unwrap_or(0))
    }

    /// The main version of the database server; 0 when the database is a file.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn server_version(&self) -> Result<u32, StoreError> {
        if self.dialect == Dialect::Sqlite {
            return Ok(0);
        }
        let text = "select cast(current_setting('server_version_num') as bigint) / 10000";
        let version = self.row(text, vec![], |c| c.get::<i64>()).await?.unwrap_or(0);
        Ok(u32::try_from(version).unwrap_or(0))
    }

    /// How many jobs there are of each state, by the word under which it is stored.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn count_jobs(&self) -> Result<BTreeMap<String, u64>, StoreError> {
        let text = "select state, count(*) from job group by state";
        let rows = self.rows(text, vec![], |c| Ok((c.get()?, c.get::<i64>()?))).await?;
        Ok(rows.into_iter().map(|(state, n)| (state, u64::try_from(n).unwrap_or(0))).collect())
    }

    /// How many sessions have not ended at `now`.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn count_sessions(&self, now: Timestamp) -> Result<u64, StoreError> {
        let text = "select count(*) from session where expires_at > $1";
        let n = self.row(text, args![now], |c| c.get::<i64>()).await?.unwrap_or(0);
        Ok(u64::try_from(n).unwrap_or(0))
    }

    /// When the newest line of any institution's audit chain was written; none when there is none.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn newest_line(&self) -> Result<Option<Timestamp>, StoreError> {
        let text = "select a.at from institution i join audit a on a.institution_id = i.id and a.seq = i.audit_seq \
                    order by a.at desc limit 1";
        self.row(text, vec![], |c| c.get()).await
    }

    /// What was noted of the room on a machine's disks: by day, how much was free for each folder.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn rooms(&self, machine: &str) -> Result<String, StoreError> {
        Ok(self.part(&rooms_of(machine)).await?.map(|(text, _)| text).unwrap_or_default())
    }

    /// Notes it.
    ///
    /// # Errors
    /// When the store cannot write.
    pub async fn note_rooms(&self, machine: &str, text: &str, at: Timestamp) -> Result<(), StoreError> {
        self.note_part(&rooms_of(machine), text, at).await
    }
}
