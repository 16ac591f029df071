//! Bringing a backup back: everything of it is compared with its hashes first, then put into an empty place.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::{
    BEGIN, BackupError, FILES, UNDER_WAY, disk, manifest::Engine, manifest::Manifest, postgres, sealed, whole,
};
use crate::{BlobFault, Blobs, KeyMismatch, Keys, Store, StoreError, Target, connect, row::args, sql};

/// A whole backup.
#[derive(Clone, Debug)]
pub struct Whole {
    /// Where it lies.
    pub folder: PathBuf,
    /// What it consists of.
    pub manifest: Manifest,
    /// Where the bytes of its files lie.
    files: PathBuf,
}

/// Something of a backup that is not as it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The file.
    pub path: PathBuf,
    /// What is the matter with it.
    pub what: BlobFault,
}

impl Whole {
    /// The backup that `path` is, or the newest in the folder of backups that `path` is.
    ///
    /// # Errors
    /// [`BackupError::None`] when it is neither; when a manifest there cannot be understood.
    pub fn open(path: &Path) -> Result<Self, BackupError> {
        let named = path.canonicalize().map_err(disk::at(path))?;
        let own = named.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        // The folder of backups may have such a name as well, and then it has no manifest.
        let is_one = own.starts_with(BEGIN) && !own.ends_with(UNDER_WAY);
        let (folder, manifest) = if is_one && named.join(super::manifest::NAME).exists() {
            (named.clone(), Manifest::read(&named)?)
        } else {
            whole(&named)?.pop().ok_or_else(|| BackupError::None(path.to_owned()))?
        };
        let files = folder.parent().unwrap_or(&folder).join(FILES);
        Ok(Self { folder, manifest, files })
    }

    /// Where the bytes of its files lie; a place without any when there are none.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn blobs(&self) -> Result<Blobs, BackupError> {
        Ok(if self.files.is_dir() { Blobs::folder(&self.files)? } else { Blobs::none() })
    }

    /// Compares everything that belongs to it with its size and hash: what is missing or changed.
    ///
    /// # Errors
    /// When something of it cannot be read.
    pub async fn damage(&self) -> Result<Vec<Damage>, BackupError> {
        let mut out = Vec::new();
        for part in self.manifest.parts() {
            let path = self.folder.join(&part.name);
            let reading = path.clone();
            let known = tokio::task::spawn_blocking(move || disk::known_by(&reading)).await;
            let what = match known.map_err(|e| StoreError::Internal(e.to_string()))? {
                Err(BackupError::File { error, .. }) if error.kind() == std::io::ErrorKind::NotFound => {
                    BlobFault::Missing
                }
                known if known.as_ref().is_ok_and(|k| *k == (part.bytes, part.sha256.clone())) => continue,
                known => known.map(|_| BlobFault::Changed)?,
            };
            out.push(Damage { path, what });
        }
        let blobs = self.blobs()?;
        for file in &self.manifest.files {
            let hash = self.hash(&file.sha256)?;
            if let Err(what) = blobs.read(file.institution, &hash).await? {
                let path = self.files.join(Blobs::name_of(file.institution, &hash));
                out.push(Damage { path, what });
            }
        }
        Ok(out)
    }

    fn hash(&self, sha256: &str) -> Result<Vec<u8>, BackupError> {
        let path = || self.folder.join(super::manifest::NAME);
        hex::decode(sha256).map_err(|e| BackupError::Manifest { path: path(), what: e.to_string() })
    }

    /// Why these are not the keys of this backup; none when they are, as far as that can be seen from outside.
    ///
    /// # Errors
    /// When the file of keys cannot be read.
    pub fn match_keys(&self, keys: &Keys) -> Result<Option<KeyMismatch>, BackupError> {
        let held = keys.fingerprints()?;
        let known = &self.manifest.fingerprints;
        if let Some((id, _)) = held.iter().find(|(id, print)| known.get(id).is_some_and(|k| k != print)) {
            return Ok(Some(KeyMismatch::Other(*id)));
        }
        let newest = known.keys().max().filter(|newest| !held.iter().any(|(id, _)| id == *newest));
        Ok(newest.map(|id| KeyMismatch::Missing(*id)))
    }

    /// Opens the keys that are in it, with the file of the passphrase, into a file that is not there yet.
    ///
    /// # Errors
    /// [`BackupError::Keys`] when there are none in it, or they do not open.
    pub fn keys_into(&self, with: &Path, keys: &Path) -> Result<(), BackupError> {
        let none = || BackupError::Keys("这份备份里没有密钥文件".to_owned());
        let part = self.manifest.keys.as_ref().ok_or_else(none)?;
        let path = self.folder.join(&part.name);
        let sealed = std::fs::read(&path).map_err(disk::at(&path))?;
        let opened = sealed::open(&sealed, with)?;
        if let Some(folder) = keys.parent().filter(|f| !f.as_os_str().is_empty()) {
            crate::seal::make_folder(folder).map_err(disk::at(folder))?;
        }
        disk::write(keys, &opened)
    }

    /// Puts it into a folder of data: its database, and its files where `blobs` are. Until all is there the database has
    /// another name, under which nothing is served.
    ///
    /// # Errors
    /// [`BackupError::NotEmpty`] when files of another database lie there; when it cannot be written.
    pub async fn into_file(&self, file: &Path, blobs: &Blobs) -> Result<(), BackupError> {
        let part = under_way(file);
        self.copy_database(&part).await?;
        self.files_into(blobs).await?;
        disk::rename(&part, file)
    }

    /// Copies its database to a file that is not there yet.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn copy_database(&self, file: &Path) -> Result<(), BackupError> {
        let (from, to) = (self.folder.join(&self.manifest.database.name), file.to_owned());
        let copied = tokio::task::spawn_blocking(move || disk::copy(&from, &to)).await;
        copied.map_err(|e| StoreError::Internal(e.to_string()))?.map(|_| ())
    }

    /// Puts its files where those of a database lie, with the word by which the two belong together.
    async fn files_into(&self, blobs: &Blobs) -> Result<(), BackupError> {
        let (there, ours) = (blobs.word().await?, &self.manifest.word);
        if there.is_some() && there != *ours {
            return Err(BackupError::NotEmpty(FILES.to_owned()));
        }
        let own = self.blobs()?;
        for file in &self.manifest.files {
            let bytes = own.read(file.institution, &self.hash(&file.sha256)?).await?;
            let bytes = bytes.map_err(|what| StoreError::Internal(format!("{}: {what:?}", file.sha256)))?;
            blobs.keep(file.institution, bytes).await?;
        }
        match ours {
            Some(word) if there.is_none() => Ok(blobs.put_word(word).await?),
            _ => Ok(()),
        }
    }

    /// Puts it onto a server, into a database in which nothing may be yet, and its files where `blobs` are.
    ///
    /// # Errors
    /// As [`Whole::into_server`] and [`Whole::into_file`].
    pub async fn into_server_with_files(&self, url: &str, blobs: &Blobs) -> Result<(), BackupError> {
        self.is_empty(url).await?;
        self.files_into(blobs).await?;
        self.into_server(url).await
    }

    /// Puts its database into one on a server, in which nothing may be yet.
    ///
    /// # Errors
    /// [`BackupError::NotEmpty`], [`BackupError::Namespace`]; when `pg_restore` is not there or fails, after which nothing
    /// of it is there.
    pub async fn into_server(&self, url: &str) -> Result<(), BackupError> {
        self.is_empty(url).await?;
        let file = self.folder.join(&self.manifest.database.name);
        postgres::restore(url, &self.manifest.namespace, &file).await
    }

    /// That nothing is there yet where its tables belong, and that the address leads there.
    async fn is_empty(&self, url: &str) -> Result<(), BackupError> {
        let expected = &self.manifest.namespace;
        let db = connect::plain(url).await?;
        let looked = async {
            if expected != "public" {
                sql::run_text(&db, &format!("create schema if not exists \"{expected}\"")).await?;
            }
            let text = "select coalesce(cast(current_schema() as text), '')";
            let found = sql::row(&db, text, vec![], |c| c.get::<String>()).await?.unwrap_or_default();
            if found != *expected {
                return Err(BackupError::Namespace { expected: expected.clone(), found });
            }
            let text = "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1";
            let there = sql::row(&db, text, args![expected.as_str()], |c| c.get::<i64>()).await?;
            if there.unwrap_or(0) > 0 {
                return Err(BackupError::NotEmpty(format!("数据库的模式 {expected}")));
            }
            Ok(())
        };
        let looked = looked.await;
        db.close().await.map_err(StoreError::from)?;
        looked
    }

    /// Whether it goes into a file or onto a server.
    #[must_use]
    pub fn is_of_server(&self) -> bool {
        self.manifest.engine == Engine::Postgres
    }

    /// How old it is at `now`, in whole hours.
    #[must_use]
    pub fn hours_old(&self, now: Timestamp) -> i64 {
        now.duration_since(self.manifest.taken).as_hours().max(0)
    }
}

/// The name that a database has while it is being brought back.
fn under_way(file: &Path) -> PathBuf {
    crate::seal::beside(file, ".restoring")
}

impl Store {
    /// Whether a backup was being brought back into this file of data and was broken off.
    #[must_use]
    pub fn is_half_restored(file: &Path) -> bool {
        under_way(file).exists()
    }
}

/// A database that is there for a while on a server: made empty, and dropped when it has been used.
#[derive(Debug)]
pub struct Scratch {
    /// The address of the database beside which it lies.
    server: String,
    name: String,
    /// Its own address.
    pub url: String,
}

impl Scratch {
    /// Makes one on the server of `url`.
    ///
    /// # Errors
    /// When the server does not let this user make databases, or cannot be reached.
    pub async fn make(url: &str) -> Result<Self, BackupError> {
        let name = format!("luoshi_check_{}", crate::seal::word());
        let own = postgres::with_database(url, &name)?;
        let db = connect::plain(url).await?;
        let made = sql::run_text(&db, &format!("create database {name}")).await;
        db.close().await.map_err(StoreError::from)?;
        made?;
        Ok(Self { server: url.to_owned(), name, url: own })
    }

    /// Drops it.
    ///
    /// # Errors
    /// When the server cannot be reached, or somebody else uses it.
    pub async fn discard(self) -> Result<(), BackupError> {
        let db = connect::plain(&self.server).await?;
        let dropped = sql::run_text(&db, &format!("drop database if exists {}", self.name)).await;
        db.close().await.map_err(StoreError::from)?;
        Ok(dropped?)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The database as a target.
    #[must_use]
    pub fn target(&self) -> Target {
        Target::Postgres(self.url.clone())
    }
}
