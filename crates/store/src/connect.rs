//! Opening the database: bringing its schema up to date, working beside a server, or looking only.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::Timestamp;
use sea_orm::{
    Database, DatabaseConnection,
    sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous},
};

use crate::{
    Store, StoreError,
    dialect::Dialect,
    migrate, people,
    ready::Readiness,
    search,
    sql::{self, quiet},
    statistics,
    tx::{Mark, Place, Witness},
};

/// Connections that read an SQLite file at the same time; each has a thread of its own.
const SQLITE_READERS: u32 = 4;
/// What the connection that writes keeps of an SQLite file in memory, in KiB: one record with thirty people touches some
/// 160 pages, and those above them should not be read anew each time.
const SQLITE_CACHE: &str = "-8192";
/// Connections to a PostgreSQL server.
const POSTGRES_CONNECTIONS: u32 = 16;
/// How long one waits for a lock before being told that the database is busy.
const FOR_LOCK: Duration = Duration::from_secs(10);
/// Which database.
#[derive(Clone, PartialEq, Eq)]
pub enum Target {
    /// A file; made when it is not there.
    Sqlite(PathBuf),
    /// A server: `postgres://user:password@host:port/name`.
    Postgres(String),
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => f.debug_tuple("Sqlite").field(path).finish(),
            // The address may hold a password.
            Self::Postgres(_) => f.write_str("Postgres(…)"),
        }
    }
}

impl Store {
    /// Opens the database and brings its schema up to date; an SQLite file that is to be changed is copied first, to
    /// `<file>.backup-<version>` beside it. `now` is noted as the time of the change.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it cannot be reached; [`StoreError::Internal`] when its schema is newer than
    /// this program or was changed by hand.
    pub async fn open(target: &Target, now: Timestamp) -> Result<Self, StoreError> {
        let store = Self::connect(target).await?;
        migrate::run(&store, now).await?;
        statistics::state(&store).await?;
        people::spell_all(&store).await?;
        search::index::index_all(&store).await?;
        Ok(store)
    }

    /// Opens the database to work beside a server that has it open: its schema is not touched.
    ///
    /// # Errors
    /// As [`Store::open`]; [`StoreError::Internal`] when its schema is not that of this program.
    pub async fn beside(target: &Target) -> Result<Self, StoreError> {
        let store = Self::connect(target).await?;
        store.is_current().await?;
        Ok(store)
    }

    /// Opens the database to look at it: nothing of it is changed, not even its schema, and an SQLite file may lie where
    /// nothing can be written.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it cannot be reached; [`StoreError::Internal`] when it is no database of ours, or
    /// its schema is newer than this program or was changed by hand.
    pub async fn look(target: &Target) -> Result<Self, StoreError> {
        match target {
            Target::Sqlite(path) => Self::look_at_file(path).await,
            Target::Postgres(url) => Self::open_postgres(url).await,
        }
    }

    async fn look_at_file(path: &Path) -> Result<Self, StoreError> {
        let place = Place::of(path)?;
        let open = async |immutable: bool| {
            let mut options = quiet("sqlite:luoshi.db", SQLITE_READERS);
            let file = path.to_owned();
            options.map_sqlx_sqlite_opts(move |o| {
                o.filename(&file)
                    .create_if_missing(false)
                    .read_only(true)
                    .immutable(immutable)
                    .foreign_keys(true)
                    .busy_timeout(FOR_LOCK)
            });
            let db = Database::connect(options).await?;
            sql::row(&db, "select count(*) from sqlite_schema", vec![], |c| c.get::<i64>()).await?;
            Ok::<_, StoreError>(db)
        };
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        let logged = std::fs::metadata(log).is_ok_and(|log| log.len() > 0);
        let db = match open(false).await {
            // Beside a file in a folder that takes no writing the log's index cannot be made; without a log nobody has it
            // open, and it holds everything.
            Err(StoreError::Unavailable | StoreError::ReadOnly | StoreError::Disk(_)) if !logged => {
                open(true).await?
            }
            opened => opened?,
        };
        Ok(Self {
            dialect: Dialect::Sqlite,
            reader: db.clone(),
            writer: db,
            marks: (Mark::default(), Mark::default()),
            witness: None,
            readiness: Readiness::of_file(path, place).await?,
            path: Some(path.to_owned()),
            keys: None,
            blobs: None,
        })
    }

    /// Version of the schema; 0 when there is nothing of ours.
    ///
    /// # Errors
    /// [`StoreError::Internal`] when it is newer than this program or was changed by hand.
    pub async fn schema(&self) -> Result<u32, StoreError> {
        migrate::version(self).await
    }

    /// That the schema is that of this program.
    async fn is_current(&self) -> Result<(), StoreError> {
        let (found, ours) = (self.schema().await?, migrate::migrations().len());
        if found as usize == ours {
            return Ok(());
        }
        Err(StoreError::Internal(format!("the database has schema version {found}, this program {ours}")))
    }

    /// Copies an SQLite database, as it is now, into a file that is not there yet.
    ///
    /// # Errors
    /// When the copy cannot be written; [`StoreError::Internal`] on PostgreSQL.
    pub async fn copy_into(&self, path: &Path) -> Result<(), StoreError> {
        let name = path.to_str().filter(|_| self.dialect == Dialect::Sqlite);
        let name = name.ok_or_else(|| StoreError::Internal("there is no copy into this path".to_owned()))?;
        sql::execute(&self.writer, "vacuum into $1", vec![name.into()]).await?;
        Ok(())
    }

    /// What the engine itself finds wrong with an SQLite file, in its words: pages and indexes that do not fit, rows that
    /// refer to none. Nothing on PostgreSQL, which has no such question.
    ///
    /// # Errors
    /// When it cannot be read at all.
    pub async fn verify_engine(&self) -> Result<Vec<String>, StoreError> {
        if self.dialect == Dialect::Postgres {
            return Ok(Vec::new());
        }
        let mut faults = match self.rows("pragma integrity_check(100)", vec![], |c| c.get::<String>()).await {
            // Damage may end the search for damage.
            Err(StoreError::Internal(said)) => vec![said],
            found => found?,
        };
        faults.retain(|said| said != "ok");
        if !faults.is_empty() {
            return Ok(faults);
        }
        let text = "select \"table\", parent, count(*) from pragma_foreign_key_check group by 1, 2";
        let lost = self
            .rows(text, vec![], |c| Ok((c.get::<String>()?, c.get::<String>()?, c.get::<i64>()?)))
            .await?;
        faults.extend(lost.into_iter().map(|(table, parent, n)| format!("{table} -> {parent}: {n}")));
        Ok(faults)
    }

    /// Opens the database as it is, without changing its schema.
    pub(crate) async fn connect(target: &Target) -> Result<Self, StoreError> {
        match target {
            Target::Sqlite(path) => Self::open_sqlite(path).await,
            Target::Postgres(url) => Self::open_postgres(url).await,
        }
    }

    async fn open_sqlite(path: &Path) -> Result<Self, StoreError> {
        // One connection writes, so that writes queue in the program instead of failing in the database; the others
        // read the last committed state meanwhile (write-ahead log).
        // The name in the address is a stand-in: a path may hold characters that an address may not.
        let marks = (Mark::default(), Mark::default());
        own(path)?;
        let mut options = quiet("sqlite:luoshi.db", 1);
        marks.1.guard(&mut options);
        let file = path.to_owned();
        options.map_sqlx_sqlite_opts(move |o| {
            o.filename(&file)
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                // FULL: the log is on the disk before "saved" is said, so that a power cut loses nothing.
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .pragma("cache_size", SQLITE_CACHE)
                .busy_timeout(FOR_LOCK)
        });
        let writer = Database::connect(options).await?;
        let reading = |connections| {
            let mut options = quiet("sqlite:luoshi.db", connections);
            let file = path.to_owned();
            options.map_sqlx_sqlite_opts(move |o| {
                o.filename(&file)
                    .create_if_missing(false)
                    .foreign_keys(true)
                    .busy_timeout(FOR_LOCK)
                    .pragma("query_only", "on")
            });
            options
        };
        let mut options = reading(SQLITE_READERS);
        marks.0.guard(&mut options);
        let reader = Database::connect(options).await?;
        let witness = Witness::new(Database::connect(reading(1)).await?, path)?;
        let readiness = Readiness::of_file(path, witness.place().clone()).await?;
        Ok(Self {
            dialect: Dialect::Sqlite,
            reader,
            writer,
            marks,
            witness: Some(witness),
            readiness,
            path: Some(path.to_owned()),
            keys: None,
            blobs: None,
        })
    }

    async fn open_postgres(url: &str) -> Result<Self, StoreError> {
        let mut options = quiet(url, POSTGRES_CONNECTIONS);
        options
            // A connection that slept may have lost its server (fail-over); a busy one need not be asked each time.
            .test_before_acquire_if_idle_for(Duration::from_secs(5))
            .set_application_name("luoshi")
            .map_sqlx_postgres_opts(|o| {
                o.options([("lock_timeout", "10s"), ("idle_in_transaction_session_timeout", "60s")])
            });
        // The pool itself tries for as long as one waits for a connection.
        let reader = Database::connect(options).await?;
        Ok(Self {
            dialect: Dialect::Postgres,
            writer: reader.clone(),
            reader,
            marks: (Mark::default(), Mark::default()),
            witness: None,
            readiness: Readiness::of_server(url).await?,
            path: None,
            keys: None,
            blobs: None,
        })
    }

    /// Ends all connections; on SQLite the log is folded into the file.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn close(self) -> Result<(), StoreError> {
        self.readiness.close().await?;
        if let Some(witness) = &self.witness {
            witness.close().await?;
        }
        self.reader.close_by_ref().await?;
        self.writer.close_by_ref().await?;
        Ok(())
    }
}

/// One connection to a server, for what is done before there is anything of ours.
pub(crate) async fn plain(url: &str) -> Result<DatabaseConnection, StoreError> {
    Ok(Database::connect(quiet(url, 1)).await?)
}

/// Makes an empty file that its owner alone may read, where there is none; the engine gives its log the same rights.
pub(crate) fn own(path: &Path) -> Result<(), StoreError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(e) if e.kind() == std::io::ErrorKind::StorageFull => Err(StoreError::Full),
        // That it is there is the rule; whatever else there is to say the engine says.
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn pragma(db: &DatabaseConnection, name: &str) -> i64 {
        sql::row(db, &format!("pragma {name}"), vec![], |c| c.get::<i64>()).await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn what_was_acknowledged_is_on_the_disk_and_readers_cannot_write() {
        let directory = tempfile::tempdir().unwrap();
        // A name that would be cut short or misread in an address.
        let path = directory.path().join("数据 a?b#c%20.db");
        let store = Store::open(&Target::Sqlite(path.clone()), Timestamp::UNIX_EPOCH).await.unwrap();
        assert!(path.is_file());
        let mode =
            sql::row(store.writer(), "pragma journal_mode", vec![], |c| c.get::<String>()).await.unwrap();
        assert_eq!(mode.as_deref(), Some("wal"));
        // 2 is FULL (sqlite.org/pragma.html#pragma_synchronous).
        assert_eq!(pragma(store.writer(), "synchronous").await, 2);
        assert_eq!(pragma(store.writer(), "foreign_keys").await, 1);
        assert_eq!(pragma(store.writer(), "busy_timeout").await, 10_000);
        assert_eq!(pragma(&store.reader, "query_only").await, 1);
        let refused = sql::execute(&store.reader, "delete from migration", vec![]).await;
        assert!(refused.is_err());
        store.ping().await.unwrap();
        store.close().await.unwrap();
        let wal = directory.path().join("数据 a?b#c%20.db-wal");
        assert!(!wal.exists(), "closing folds the log into the file");
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_unavailable() {
        // Port 9 (discard) is not served on a machine of ours.
        let target = Target::Postgres("postgres://nobody@127.0.0.1:9/none".to_owned());
        let refused = Store::open(&target, Timestamp::UNIX_EPOCH).await;
        assert!(matches!(refused, Err(StoreError::Unavailable)), "{refused:?}");
        assert!(!format!("{target:?}").contains("nobody"), "an address is not logged");
    }
}
