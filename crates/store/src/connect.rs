//! Opening the database, and the two ways to it: reading and writing.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use sea_orm::{
    AccessMode, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction,
    IsolationLevel, SqliteTransactionMode, TransactionOptions, TransactionTrait, Value,
    sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous},
};

use crate::{
    Blobs, Keys, StoreError, dialect::Dialect, migrate, people, row::Columns, seal::Drawer, search, sql,
    statistics,
};

/// Connections that read an SQLite file at the same time; each has a thread of its own.
const SQLITE_READERS: u32 = 4;
/// What the connection that writes keeps of an SQLite file in memory, in KiB: one record with thirty people touches some
/// 160 pages, and those above them should not be read anew each time.
const SQLITE_CACHE: &str = "-8192";
/// Connections to a PostgreSQL server.
const POSTGRES_CONNECTIONS: u32 = 16;
/// How long one waits for a connection before being told that the database cannot be reached; a PostgreSQL cluster
/// that changes its leader takes longer, and whoever asks is refused politely until it has one.
const FOR_CONNECTION: Duration = Duration::from_secs(5);
/// How long one waits for a lock before being told that the database is busy.
const FOR_LOCK: Duration = Duration::from_secs(10);
/// Pauses before trying again after a connection was lost: a planned switch-over takes 1.5 s.
const PAUSES: [Duration; 3] =
    [Duration::from_millis(200), Duration::from_millis(600), Duration::from_millis(1500)];

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

/// The open database. Cheap to clone; all clones share their connections.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) dialect: Dialect,
    reader: DatabaseConnection,
    writer: DatabaseConnection,
    path: Option<PathBuf>,
    keys: Option<Keys>,
    pub(crate) blobs: Option<Blobs>,
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

    /// The same store with the keys by which it seals and opens; without them it refuses to keep or show what must be
    /// sealed.
    #[must_use]
    pub fn with_keys(mut self, keys: Keys) -> Self {
        self.keys = Some(keys);
        self
    }

    /// The same store with the place where the bytes of files lie; without it it refuses to keep or show any.
    #[must_use]
    pub fn with_blobs(mut self, blobs: Blobs) -> Self {
        self.blobs = Some(blobs);
        self
    }

    pub(crate) fn drawer(&self) -> Result<Drawer, StoreError> {
        self.keys
            .as_ref()
            .ok_or_else(|| StoreError::Internal("the store was opened without keys".to_owned()))?
            .drawer()
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
        let mut options = quiet("sqlite:luoshi.db", 1);
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
        let mut options = quiet("sqlite:luoshi.db", SQLITE_READERS);
        let file = path.to_owned();
        options.map_sqlx_sqlite_opts(move |o| {
            o.filename(&file)
                .create_if_missing(false)
                .foreign_keys(true)
                .busy_timeout(FOR_LOCK)
                .pragma("query_only", "on")
        });
        let reader = Database::connect(options).await?;
        Ok(Self {
            dialect: Dialect::Sqlite,
            reader,
            writer,
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
        self.reader.close_by_ref().await?;
        self.writer.close_by_ref().await?;
        Ok(())
    }

    /// Whether the database answers: for the server's health page.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.row("select 1 + 0 from migration limit 1", vec![], |_| Ok(())).await.map(|_| ())
    }

    /// The SQLite file, when it is one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    pub(crate) fn writer(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// Reads rows outside of a transaction, trying again while the database cannot be reached.
    pub(crate) async fn rows<T>(
        &self,
        text: &str,
        args: Vec<Value>,
        mut read: impl FnMut(&mut Columns<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut patience = Patience::new();
        loop {
            let done = sql::rows(&self.reader, text, args.clone(), &mut read).await;
            if !patience.tries_again(&done).await {
                return done;
            }
        }
    }

    /// Reads one row outside of a transaction, trying again while the database cannot be reached.
    pub(crate) async fn row<T>(
        &self,
        text: &str,
        args: Vec<Value>,
        mut read: impl FnMut(&mut Columns<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let mut patience = Patience::new();
        loop {
            let done = sql::row(&self.reader, text, args.clone(), &mut read).await;
            if !patience.tries_again(&done).await {
                return done;
            }
        }
    }

    /// Runs one statement on a table of the server (sessions, attempts), outside of any institution's chain.
    pub(crate) async fn local(&self, text: &str, args: Vec<Value>) -> Result<u64, StoreError> {
        sql::execute(&self.writer, text, args).await
    }

    /// A transaction that reads one state throughout, whatever is written meanwhile.
    pub(crate) async fn snapshot(&self) -> Result<DatabaseTransaction, StoreError> {
        let options = match self.dialect {
            // In the write-ahead log a deferred transaction sees the state of its first read to its end.
            Dialect::Sqlite => TransactionOptions::default(),
            Dialect::Postgres => TransactionOptions {
                isolation_level: Some(IsolationLevel::RepeatableRead),
                access_mode: Some(AccessMode::ReadOnly),
                sqlite_transaction_mode: None,
            },
        };
        begin(&self.reader, options).await
    }

    /// A transaction that writes; on SQLite it has the write lock from its start, so that it cannot fail half-way.
    pub(crate) async fn transaction(&self) -> Result<DatabaseTransaction, StoreError> {
        let options = match self.dialect {
            Dialect::Sqlite => TransactionOptions {
                sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                ..TransactionOptions::default()
            },
            Dialect::Postgres => TransactionOptions::default(),
        };
        begin(&self.writer, options).await
    }
}

/// Begins, trying again while the database cannot be reached: nothing has been done yet.
async fn begin(
    db: &DatabaseConnection,
    options: TransactionOptions,
) -> Result<DatabaseTransaction, StoreError> {
    let mut patience = Patience::new();
    loop {
        let done = db.begin_with_options(options).await.map_err(StoreError::from);
        if !patience.tries_again(&done).await {
            return done;
        }
    }
}

/// How often something that changes nothing has been tried, and since when.
struct Patience {
    since: Instant,
    tried: usize,
}

impl Patience {
    fn new() -> Self {
        Self { since: Instant::now(), tried: 0 }
    }

    /// Whether to try again, after a pause: when the connection was lost, and not much time has passed.
    async fn tries_again<T>(&mut self, done: &Result<T, StoreError>) -> bool {
        let again = matches!(done, Err(StoreError::Unavailable))
            && self.tried < PAUSES.len()
            && self.since.elapsed() < FOR_CONNECTION;
        if again {
            tokio::time::sleep(PAUSES[self.tried]).await;
            self.tried += 1;
        }
        again
    }
}

fn quiet(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(FOR_CONNECTION)
        .connect_timeout(FOR_CONNECTION)
        // Statements hold people's data; errors are logged by the server, once, at its boundary.
        .sqlx_logging(false)
        .record_stmt_in_spans(false);
    options
}

/// Runs text that the program itself holds, without parameters.
pub(crate) async fn run_text<C: ConnectionTrait>(db: &C, text: &str) -> Result<(), StoreError> {
    db.execute_unprepared(text).await?;
    Ok(())
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
