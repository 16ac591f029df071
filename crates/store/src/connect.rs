//! Opening the database, and the two ways to it: reading and writing.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use sea_orm::{
    AccessMode, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, IsolationLevel,
    SqliteTransactionMode, TransactionOptions, Value,
    sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous},
};

use crate::{
    Blobs, Keys, StoreError,
    dialect::Dialect,
    migrate, people,
    ready::Readiness,
    row::Columns,
    seal::Drawer,
    search, sql, statistics,
    tx::{Mark, Place, Tx, Witness},
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
    /// Faults of the connections that read, and of those that write.
    marks: (Mark, Mark),
    /// On SQLite, who sees whether a commit is one.
    witness: Option<Witness>,
    pub(crate) readiness: Readiness,
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
        self.marks.1.note(sql::execute(&self.writer, text, args).await)
    }

    /// The first row that such a statement gives.
    pub(crate) async fn local_row<T>(
        &self,
        text: &str,
        args: Vec<Value>,
        read: impl FnMut(&mut Columns<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        self.marks.1.note(sql::row(&self.writer, text, args, read).await)
    }

    /// A transaction that reads one state throughout, whatever is written meanwhile.
    pub(crate) async fn snapshot(&self) -> Result<Tx, StoreError> {
        let options = match self.dialect {
            // In the write-ahead log a deferred transaction sees the state of its first read to its end.
            Dialect::Sqlite => TransactionOptions::default(),
            Dialect::Postgres => TransactionOptions {
                isolation_level: Some(IsolationLevel::RepeatableRead),
                access_mode: Some(AccessMode::ReadOnly),
                sqlite_transaction_mode: None,
            },
        };
        begin(&self.reader, options, &self.marks.0, None).await
    }

    /// A transaction that writes; on SQLite it has the write lock from its start, so that it cannot fail half-way.
    pub(crate) async fn transaction(&self) -> Result<Tx, StoreError> {
        let options = match self.dialect {
            Dialect::Sqlite => TransactionOptions {
                sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                ..TransactionOptions::default()
            },
            Dialect::Postgres => TransactionOptions::default(),
        };
        begin(&self.writer, options, &self.marks.1, self.witness.as_ref()).await
    }
}

/// Begins, trying again while the database cannot be reached: nothing has been done yet.
async fn begin(
    db: &DatabaseConnection,
    options: TransactionOptions,
    mark: &Mark,
    witness: Option<&Witness>,
) -> Result<Tx, StoreError> {
    let mut patience = Patience::new();
    loop {
        let done = Tx::begin(db, options, mark, witness).await;
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

/// Makes an empty file that its owner alone may read, where there is none; the engine gives its log the same rights.
fn own(path: &Path) -> Result<(), StoreError> {
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

pub(crate) fn quiet(url: &str, connections: u32) -> ConnectOptions {
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
