//! What a backup consists of, each part with its size and hash; a backup without it is none.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use model::InstitutionId;
use serde::{Deserialize, Serialize};

use super::{BackupError, disk};

/// Name of the file.
pub(super) const NAME: &str = "manifest.json";
/// The form of backups that this program makes; it reads all up to it.
pub(super) const FORMAT: u32 = 1;

/// Of which engine a copy of the database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// A whole SQLite file.
    Sqlite,
    /// What `pg_dump` writes in its custom form.
    Postgres,
}

/// A file of the backup itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its name in the folder of the backup.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
}

/// The end of an institution's audit chain in the backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainEnd {
    /// The institution.
    pub institution: InstitutionId,
    /// Its name.
    pub name: String,
    /// Number of the last line.
    pub seq: i64,
    /// Hash of the last line, in hexadecimal.
    pub hash: String,
}

/// A file that a row refers to; its bytes lie beside the backups, once for all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptFile {
    /// Whose.
    pub institution: InstitutionId,
    /// SHA-256 in hexadecimal, by which it is found.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
}

/// What a backup consists of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The form of the backup.
    pub format: u32,
    /// Version of the program that made it.
    pub program: String,
    /// Which state of the data it is: that of this instant.
    pub taken: Timestamp,
    /// Of which engine.
    pub engine: Engine,
    /// Version of the schema.
    pub schema: u32,
    /// On PostgreSQL, the name of the schema that holds the tables.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// The word by which a place of files belongs to the database; none when it has met none.
    pub word: Option<String>,
    /// The institutions.
    pub institutions: Vec<ChainEnd>,
    /// By what the keys are known that belong to it, by their numbers. Nothing of a key can be found from it.
    pub fingerprints: BTreeMap<u32, String>,
    /// The copy of the database.
    pub database: Part,
    /// The file of keys, encrypted; none when they were not asked for.
    pub keys: Option<Part>,
    /// The files.
    pub files: Vec<KeptFile>,
    /// Files whose bytes were missing or changed when the backup was taken: they are in no backup since.
    pub missing: Vec<KeptFile>,
}

impl Manifest {
    /// Reads that of the backup in `folder`.
    ///
    /// # Errors
    /// [`BackupError::None`] when there is none; [`BackupError::Manifest`] when it cannot be understood.
    pub(super) fn read(folder: &Path) -> Result<Self, BackupError> {
        let path = folder.join(NAME);
        let text = match std::fs::read(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                return Err(BackupError::None(folder.to_owned()));
            }
            read => read.map_err(disk::at(&path))?,
        };
        let bad = |what: String| BackupError::Manifest { path: path.clone(), what };
        #[derive(Deserialize)]
        struct Form {
            format: u32,
        }
        let Form { format } = serde_json::from_slice(&text).map_err(|e| bad(e.to_string()))?;
        if format > FORMAT {
            return Err(BackupError::Newer { path, format });
        }
        let read: Self = serde_json::from_slice(&text).map_err(|e| bad(e.to_string()))?;
        // Names are put behind a folder's: they may lead nowhere else.
        let plain = |name: &str| PathBuf::from(name).file_name().is_some_and(|n| n == name);
        if !read.parts().all(|part| plain(&part.name)) {
            return Err(bad("a name is a path".to_owned()));
        }
        Ok(read)
    }

    /// The files of the backup itself.
    pub(super) fn parts(&self) -> impl Iterator<Item = &Part> {
        [&self.database].into_iter().chain(&self.keys)
    }

    /// Bytes of the backup, files included.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.parts().map(|p| p.bytes).chain(self.files.iter().map(|f| f.bytes)).sum()
    }
}
