//! Backups: in one folder, and each of them a state of the whole installation.
//!
//! ```text
//! FOLDER/files/…                          the bytes of files, each content once for all backups
//! FOLDER/backup-20261130-023000/          one backup
//!     luoshi.db or luoshi.dump            the database, as it was at one instant
//!     keys.sealed                         the file of keys, encrypted, when it was asked for
//!     manifest.json                       what belongs to it, each with size and SHA-256
//! ```
//!
//! A backup is made under another name and renamed last: one that was broken off is never taken for one. The database is
//! copied first and then the files that the copy refers to, so that whatever was acknowledged before it began is in it.

mod disk;
mod keep;
mod manifest;
mod postgres;
mod restore;
mod sealed;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::{Timestamp, civil::DateTime, tz::Offset};
use model::InstitutionId;
use sea_orm::ConnectionTrait;

use crate::{
    Blobs, Hold, Store, StoreError, Target, connect,
    row::{Columns, args},
    sql,
};

pub use keep::Keep;
pub use manifest::{ChainEnd, Engine, KeptFile, Manifest, Part};
pub use postgres::{DUMP, RESTORE};
pub use restore::{Damage, Scratch, Whole};

/// Folder of the files, in the folder of backups.
const FILES: &str = "files";
/// How the name of a backup begins.
const BEGIN: &str = "backup-";
/// How the name of one ends that is under way, or was broken off, or is being thrown away.
const UNDER_WAY: &str = ".part";
/// The oldest schema of which a backup can be taken: it has every table that is asked here.
const OLDEST: u32 = 15;
/// Under which name the last backup is noted in the database.
const NOTED: &str = "backup";
/// Under which name it is noted that one failed.
const FAILED: &str = "backup-failed";

/// Why there is no backup, or none can be brought back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file cannot be read or written.
    #[error("{path}: {error}", path = path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Another process is at work in this folder of backups.
    #[error("another process is at work in {}", .0.display())]
    Busy(PathBuf),
    /// The folder is one of data.
    #[error("{} is a folder of data", .0.display())]
    DataFolder(PathBuf),
    /// The database is of a version that cannot be backed up by this program.
    #[error("schema {0} is too old")]
    Old(u32),
    /// A program that is needed is not installed.
    #[error("{0} is not installed")]
    NoProgram(&'static str),
    /// A program that was asked failed.
    #[error("{name}: {said}")]
    Program {
        /// Which.
        name: &'static str,
        /// What it said.
        said: String,
    },
    /// The address of a database makes no sense.
    #[error("the address of the database: {0}")]
    Address(String),
    /// The keys cannot be encrypted or opened.
    #[error("{0}")]
    Keys(String),
    /// There is no backup here.
    #[error("no backup in {}", .0.display())]
    None(PathBuf),
    /// What a backup consists of cannot be understood.
    #[error("{path}: {what}", path = path.display())]
    Manifest {
        /// Where it stands.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// It was made by a newer program.
    #[error("{path}: format {format}", path = path.display())]
    Newer {
        /// Where it stands.
        path: PathBuf,
        /// Its form.
        format: u32,
    },
    /// Where it shall be brought back there is something already.
    #[error("{0} is not empty")]
    NotEmpty(String),
    /// On PostgreSQL the tables would not be where the address looks for them.
    #[error("the tables belong into schema {expected}, the address leads to {found}")]
    Namespace {
        /// The schema of the backup.
        expected: String,
        /// That to which the address leads.
        found: String,
    },
}

/// What is to be backed up, and where to.
#[derive(Clone, Debug)]
pub struct Order<'a> {
    /// The folder of backups.
    pub folder: &'a Path,
    /// The database.
    pub target: &'a Target,
    /// Where the files lie.
    pub blobs: &'a Blobs,
    /// The file of keys, and the file of the passphrase under which it is encrypted; none when it does not go with it.
    pub keys: Option<(&'a Path, &'a Path)>,
    /// Which older ones stay; all, when nothing is said.
    pub keep: Option<Keep>,
    /// When it is taken.
    pub at: Timestamp,
    /// Nothing is taken when there is a whole one of this instant or later: it is that one.
    pub unless_since: Option<Timestamp>,
}

/// A backup that was taken, or was there already.
#[derive(Debug)]
pub struct Taken {
    /// Whether it was taken now.
    pub is_new: bool,
    /// Where it lies.
    pub folder: PathBuf,
    /// What it consists of.
    pub manifest: Manifest,
    /// Bytes that were written for it: of its files those that were in no backup before.
    pub written: u64,
    /// How many older ones were thrown away, or why they could not be: the backup itself is whole.
    pub pruned: Result<usize, BackupError>,
}

/// What is noted in the database of the last backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastBackup {
    /// When it was taken.
    pub at: Timestamp,
    /// Its size, files included.
    pub bytes: u64,
}

/// The time in China, by which folders are named and days counted.
fn local(at: Timestamp) -> DateTime {
    Offset::constant(8).to_datetime(at)
}

/// Takes a backup, beside whoever uses the database.
///
/// # Errors
/// When it cannot be taken; then nothing of it remains that could be taken for one, and the older ones are there.
pub async fn take(order: &Order<'_>) -> Result<Taken, BackupError> {
    let folder = order.folder;
    if folder.join("luoshi.db").exists() {
        return Err(BackupError::DataFolder(folder.to_owned()));
    }
    let _hold =
        Hold::take(folder).map_err(disk::at(folder))?.ok_or_else(|| BackupError::Busy(folder.to_owned()))?;
    if let Some(since) = order.unless_since
        && let Some((folder, manifest)) = taken_since(folder, since)?
    {
        return Ok(Taken { is_new: false, folder, manifest, written: 0, pruned: Ok(0) });
    }
    // Nobody else is at work here: what is under way was broken off.
    for left in names(folder)?.into_iter().filter(|name| name.starts_with(BEGIN) && name.ends_with(UNDER_WAY))
    {
        let path = folder.join(left);
        std::fs::remove_dir_all(&path).map_err(disk::at(&path))?;
    }
    let part = free_name(folder, order.at);
    crate::seal::make_folder(&part).map_err(disk::at(&part))?;
    let made = fill(order, &part).await;
    let (manifest, written) = match made {
        Ok(made) => made,
        Err(error) => {
            // What cannot be taken away now is by the next one.
            let _ = std::fs::remove_dir_all(&part);
            return Err(error);
        }
    };
    let path = part.with_extension("");
    disk::rename(&part, &path)?;
    let pruned = match order.keep {
        Some(keep) => prune(folder, keep).await,
        None => Ok(0),
    };
    Ok(Taken { is_new: true, folder: path, manifest, written, pruned })
}

/// The folder of a backup that is under way, by its time in China; a second one of the same second gets a number.
fn free_name(folder: &Path, at: Timestamp) -> PathBuf {
    let name = format!("{BEGIN}{}", local(at).strftime("%Y%m%d-%H%M%S"));
    let numbered = (2..).map(|n: u32| format!("{name}-{n}"));
    let names = std::iter::once(name.clone()).chain(numbered);
    let mut free = names.filter(|name| !folder.join(name).exists());
    let free = free.next().unwrap_or(name);
    folder.join(format!("{free}{UNDER_WAY}"))
}

fn names(folder: &Path) -> Result<Vec<String>, BackupError> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(disk::at(folder))? {
        if let Ok(name) = entry.map_err(disk::at(folder))?.file_name().into_string() {
            out.push(name);
        }
    }
    out.sort();
    Ok(out)
}

/// Where the backups in a folder lie, in the order of their names.
fn finished(folder: &Path) -> Result<Vec<PathBuf>, BackupError> {
    let names = names(folder)?.into_iter();
    let finished = names.filter(|name| name.starts_with(BEGIN) && !name.ends_with(UNDER_WAY));
    Ok(finished.map(|name| folder.join(name)).collect())
}

/// A whole backup of this instant or later. One that cannot be understood is none: it keeps nobody from taking another.
fn taken_since(folder: &Path, since: Timestamp) -> Result<Option<(PathBuf, Manifest)>, BackupError> {
    let newest_first = finished(folder)?.into_iter().rev();
    let mut read =
        newest_first.filter_map(|path| Manifest::read(&path).ok().map(|manifest| (path, manifest)));
    Ok(read.find(|(_, manifest)| manifest.taken >= since))
}

/// The whole backups in a folder, in the order in which they were taken. One that cannot be understood is an error: who
/// throws files away has to know what they belong to.
fn whole(folder: &Path) -> Result<Vec<(PathBuf, Manifest)>, BackupError> {
    let mut out = Vec::new();
    for path in finished(folder)? {
        match Manifest::read(&path) {
            // Somebody's own folder.
            Err(BackupError::None(_)) => {}
            read => out.push((path, read?)),
        }
    }
    out.sort_by_key(|(_, manifest)| manifest.taken);
    Ok(out)
}

/// Makes everything that a backup consists of in its folder, and waits until it is on the disk; how many bytes were
/// written for it.
async fn fill(order: &Order<'_>, part: &Path) -> Result<(Manifest, u64), BackupError> {
    let store = Store::look(order.target).await?;
    let copied = copy(&store, order.target, part).await;
    store.close().await?;
    let Copied { engine, namespace, name, schema, facts } = copied?;
    let keys = match order.keys {
        None => None,
        Some((keys, with)) => {
            let (keys, with) = (keys.to_owned(), with.to_owned());
            let sealed = tokio::task::spawn_blocking(move || sealed::seal(&keys, &with)).await;
            let sealed = sealed.map_err(|e| StoreError::Internal(e.to_string()))??;
            disk::write(&part.join(sealed::NAME), &sealed)?;
            Some(described(part, sealed::NAME).await?)
        }
    };
    let database = described(part, &name).await?;
    let (files, missing, fresh) = copy_files(order, facts.files).await?;
    let manifest = Manifest {
        format: manifest::FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        taken: order.at,
        engine,
        schema,
        namespace,
        word: facts.word,
        institutions: facts.institutions,
        fingerprints: facts.fingerprints,
        database,
        keys,
        files,
        missing,
    };
    let text = serde_json::to_vec_pretty(&manifest)
        .map_err(|e| BackupError::Manifest { path: part.to_owned(), what: e.to_string() })?;
    disk::write(&part.join(manifest::NAME), &text)?;
    disk::sync_folder(part)?;
    let written = manifest.parts().map(|p| p.bytes).sum::<u64>() + fresh;
    Ok((manifest, written))
}

/// A file of the backup as the manifest names it, once it is on the disk.
async fn described(part: &Path, name: &str) -> Result<Part, BackupError> {
    let path = part.join(name);
    let known = tokio::task::spawn_blocking(move || {
        disk::sync(&path)?;
        disk::known_by(&path)
    });
    let (bytes, sha256) = known.await.map_err(|e| StoreError::Internal(e.to_string()))??;
    Ok(Part { name: name.to_owned(), bytes, sha256 })
}

/// What was copied of the database.
struct Copied {
    engine: Engine,
    namespace: String,
    name: String,
    schema: u32,
    facts: Facts,
}

/// What the copy says of itself.
struct Facts {
    word: Option<String>,
    institutions: Vec<ChainEnd>,
    fingerprints: BTreeMap<u32, String>,
    /// Whose files, by their hashes, and whether a saved record names them.
    files: Vec<(InstitutionId, Vec<u8>, bool)>,
}

async fn copy(store: &Store, target: &Target, part: &Path) -> Result<Copied, BackupError> {
    let schema = store.schema().await?;
    if schema < OLDEST {
        return Err(BackupError::Old(schema));
    }
    match target {
        Target::Sqlite(_) => {
            let name = "luoshi.db".to_owned();
            let file = part.join(&name);
            connect::own(&file)?;
            // One reading transaction from its beginning to its end; whoever writes meanwhile goes on.
            store.copy_into(&file).await?;
            let made = Store::look(&Target::Sqlite(file)).await?;
            let facts = facts(&made.reader).await;
            made.close().await?;
            Ok(Copied { engine: Engine::Sqlite, namespace: String::new(), name, schema, facts: facts? })
        }
        Target::Postgres(url) => {
            let name = "luoshi.dump".to_owned();
            let tx = store.snapshot().await?;
            // It waits for another program.
            sql::run_text(&tx, "set local idle_in_transaction_session_timeout = 0").await?;
            let text = "select pg_export_snapshot(), cast(current_schema() as text)";
            let found = sql::row(&tx, text, vec![], |c| Ok((c.get::<String>()?, c.get::<String>()?))).await?;
            let (snapshot, namespace) = found.ok_or(StoreError::NotFound)?;
            let facts = facts(&tx).await?;
            postgres::dump(url, &namespace, &snapshot, &part.join(&name)).await?;
            tx.commit().await?;
            Ok(Copied { engine: Engine::Postgres, namespace, name, schema, facts })
        }
    }
}

async fn facts<C: ConnectionTrait>(db: &C) -> Result<Facts, StoreError> {
    let head = |c: &mut Columns<'_>| {
        Ok(ChainEnd {
            institution: c.get()?,
            name: c.get()?,
            seq: c.get()?,
            hash: hex::encode(c.get::<Vec<u8>>()?),
        })
    };
    let text = "select word from installation where part = 'files'";
    let word = sql::row(db, text, vec![], |c| c.get()).await?;
    let institutions =
        sql::rows(db, "select id, name, audit_seq, audit_hash from institution order by id", vec![], head)
            .await?;
    let print = |c: &mut Columns<'_>| Ok((c.get::<u32>()?, c.get::<String>()?));
    let fingerprints = sql::rows(db, "select key_id, fingerprint from key_check", vec![], print).await?;
    let mut files: BTreeMap<(InstitutionId, Vec<u8>), bool> = BTreeMap::new();
    for column in ["hash", "small"] {
        let text = format!("select institution_id, {column}, saved from attachment");
        let read = |c: &mut Columns<'_>| Ok(((c.get()?, c.get()?), c.get::<i64>()? != 0));
        for (file, saved) in sql::rows(db, &text, vec![], read).await? {
            *files.entry(file).or_default() |= saved;
        }
    }
    let text = "select institution_id, sealed_hash from job where sealed_key > 0";
    for file in sql::rows(db, text, vec![], |c| Ok((c.get()?, c.get()?))).await? {
        files.entry(file).or_default();
    }
    let files = files.into_iter().filter(|((_, hash), _)| !hash.is_empty());
    Ok(Facts {
        word,
        institutions,
        fingerprints: fingerprints.into_iter().collect(),
        files: files.map(|((institution, hash), saved)| (institution, hash, saved)).collect(),
    })
}

/// Copies the bytes that no backup has yet: what there is, what of it that a saved record names is not there or not as it
/// was, and how many bytes were written.
async fn copy_files(
    order: &Order<'_>,
    wanted: Vec<(InstitutionId, Vec<u8>, bool)>,
) -> Result<(Vec<KeptFile>, Vec<KeptFile>, u64), BackupError> {
    let pool = Blobs::folder(&order.folder.join(FILES))?;
    let there = pool.all().await?;
    let (mut files, mut missing, mut written) = (Vec::new(), Vec::new(), 0);
    for (institution, hash, saved) in wanted {
        let sha256 = hex::encode(&hash);
        let kept = |bytes| KeptFile { institution, sha256: sha256.clone(), bytes };
        if let Some(bytes) = there.get(&(institution, sha256.clone())) {
            files.push(kept(*bytes));
            continue;
        }
        match order.blobs.read(institution, &hash).await? {
            Ok(bytes) => {
                let size = bytes.len() as u64;
                pool.keep(institution, bytes).await?;
                written += size;
                files.push(kept(size));
            }
            // What nobody saved may have been swept since the copy was made.
            Err(_) if !saved => {}
            Err(_) => missing.push(kept(0)),
        }
    }
    Ok((files, missing, written))
}

/// Throws away the backups that do not stay, and the files that belonged to them alone; how many backups.
async fn prune(folder: &Path, keep: Keep) -> Result<usize, BackupError> {
    let all = whole(folder)?;
    let taken: Vec<Timestamp> = all.iter().map(|(_, manifest)| manifest.taken).collect();
    let staying = keep.staying(&taken);
    let mut wanted = BTreeSet::new();
    let mut going = Vec::new();
    for (place, (path, manifest)) in all.into_iter().enumerate() {
        if staying.contains(&place) {
            wanted.extend(manifest.files.into_iter().map(|f| (f.institution, f.sha256)));
        } else {
            going.push(path);
        }
    }
    for path in &going {
        // Broken off half-way it is no backup any more.
        let name = crate::seal::beside(path, UNDER_WAY);
        disk::rename(path, &name)?;
        std::fs::remove_dir_all(&name).map_err(disk::at(&name))?;
    }
    let pool = Blobs::folder(&folder.join(FILES))?;
    for (institution, sha256) in pool.all().await?.into_keys().filter(|file| !wanted.contains(file)) {
        let hash = hex::decode(&sha256).map_err(|e| StoreError::Internal(e.to_string()))?;
        pool.drop(institution, &hash).await?;
    }
    Ok(going.len())
}

impl Store {
    /// Notes that a backup was taken, for those who look after the server.
    ///
    /// # Errors
    /// When the store cannot write.
    pub async fn note_backup(&self, last: &LastBackup) -> Result<(), StoreError> {
        self.note_part(NOTED, &last.bytes.to_string(), last.at).await?;
        self.local("delete from installation where part = $1", args![FAILED]).await.map(|_| ())
    }

    /// Notes that one failed, and why.
    ///
    /// # Errors
    /// When the store cannot write.
    pub async fn note_backup_failed(&self, why: &str, at: Timestamp) -> Result<(), StoreError> {
        self.note_part(FAILED, why, at).await
    }

    /// The last backup that was taken; none when none ever was.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn last_backup(&self) -> Result<Option<LastBackup>, StoreError> {
        let found = self.part(NOTED).await?;
        Ok(found.map(|(bytes, at)| LastBackup { at, bytes: bytes.parse().unwrap_or_default() }))
    }

    /// When and why one failed, when none was taken since.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn failed_backup(&self) -> Result<Option<(String, Timestamp)>, StoreError> {
        self.part(FAILED).await
    }
}
