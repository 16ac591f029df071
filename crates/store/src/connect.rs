//! Opening the database, and the two ways to it: reading and writing.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::Timestamp;
use sea_orm::{
    AccessMode, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction,
    IsolationLevel, SqliteTransactionMode, TransactionOptions, TransactionTrait, Value,
    sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous},
};

use crate::{StoreError, dialect::Dialect, migrate, row::Columns, sql};

/// Connections that read an SQLite file at the same time; each has a thread of its own.
const SQLITE_READERS: u32 = 4;
/// Connections to a PostgreSQL server.
const POSTGRES_CONNECTIONS: u32 = 16;
/// How long one waits for a connection or a lock before being told that the database is busy.
const PATIENCE: Duration = Duration::from_secs(10);
/// Pauses before trying again when the database cannot be reached: a planned switch-over of a PostgreSQL cluster
/// takes 1.5 s.
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
        Ok(store)
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
                .busy_timeout(PATIENCE)
        });
        let writer = Database::connect(options).await?;
        let mut options = quiet("sqlite:luoshi.db", SQLITE_READERS);
        let file = path.to_owned();
        options.map_sqlx_sqlite_opts(move |o| {
            o.filename(&file)
                .create_if_missing(false)
                .foreign_keys(true)
                .busy_timeout(PATIENCE)
                .pragma("query_only", "on")
        });
        let reader = Database::connect(options).await?;
        Ok(Self { dialect: Dialect::Sqlite, reader, writer, path: Some(path.to_owned()) })
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
        let mut tried = 0;
        let reader = loop {
            match Database::connect(options.clone()).await.map_err(StoreError::from) {
                Err(StoreError::Unavailable) if tried < PAUSES.len() => {
                    tokio::time::sleep(PAUSES[tried]).await
                }
                done => break done?,
            }
            tried += 1;
        };
        Ok(Self { dialect: Dialect::Postgres, writer: reader.clone(), reader, path: None })
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
        let mut tried = 0;
        loop {
            match sql::rows(&self.reader, text, args.clone(), &mut read).await {
                Err(StoreError::Unavailable) if tried < PAUSES.len() => {
                    tokio::time::sleep(PAUSES[tried]).await
                }
                done => return done,
            }
            tried += 1;
        }
    }

    /// Reads one row outside of a transaction, trying again while the database cannot be reached.
    pub(crate) async fn row<T>(
        &self,
        text: &str,
        args: Vec<Value>,
        mut read: impl FnMut(&mut Columns<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let mut tried = 0;
        loop {
            match sql::row(&self.reader, text, args.clone(), &mut read).await {
                Err(StoreError::Unavailable) if tried < PAUSES.len() => {
                    tokio::time::sleep(PAUSES[tried]).await
                }
                done => return done,
            }
            tried += 1;
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
    let mut tried = 0;
    loop {
        match db.begin_with_options(options).await.map_err(StoreError::from) {
            Err(StoreError::Unavailable) if tried < PAUSES.len() => tokio::time::sleep(PAUSES[tried]).await,
            done => return done,
        }
        tried += 1;
    }
}

fn quiet(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(PATIENCE)
        .connect_timeout(PATIENCE)
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
