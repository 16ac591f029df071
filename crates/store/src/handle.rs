//! The open database, and the two ways to it: reading and writing.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use model::InstitutionId;
use sea_orm::{
    AccessMode, DatabaseConnection, IsolationLevel, SqliteTransactionMode, TransactionOptions, Value,
};
use uuid::Uuid;

use crate::{
    Blobs, Keys, StoreError,
    dialect::Dialect,
    ready::Readiness,
    row::{Columns, args},
    seal::Drawer,
    sql::{self, FOR_CONNECTION, Parts},
    tx::{Mark, Tx, Witness},
};

/// Pauses before trying again after a connection was lost: a planned switch-over takes 1.5 s.
const PAUSES: [Duration; 3] =
    [Duration::from_millis(200), Duration::from_millis(600), Duration::from_millis(1500)];

/// The open database. Cheap to clone; all clones share their connections.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) dialect: Dialect,
    pub(crate) reader: DatabaseConnection,
    pub(crate) writer: DatabaseConnection,
    /// Faults of the connections that read, and of those that write.
    pub(crate) marks: (Mark, Mark),
    /// On SQLite, who sees whether a commit is one.
    pub(crate) witness: Option<Witness>,
    pub(crate) readiness: Readiness,
    pub(crate) path: Option<PathBuf>,
    pub(crate) keys: Option<Keys>,
    pub(crate) blobs: Option<Blobs>,
}

impl Store {
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

    /// Whether a write would be taken now; asked of a connection that nothing else uses, answered within two seconds.
    /// That somebody else is writing is no reason to say no.
    ///
    /// # Errors
    /// [`StoreError::Full`], [`StoreError::ReadOnly`], [`StoreError::Disk`]; [`StoreError::Unavailable`] when the server
    /// does not answer in time, or the SQLite file is not there any more.
    pub async fn ready(&self, now: Timestamp) -> Result<(), StoreError> {
        self.readiness.answer(now).await
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

    /// The rows of which a column holds one of these ids, in order; `text` is a query of one institution.
    pub(crate) async fn rows_of<T>(
        &self,
        institution: InstitutionId,
        text: &str,
        (column, ids): (&str, impl ExactSizeIterator<Item = Uuid>),
        order: &str,
        read: impl Fn(&mut Columns<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        if ids.len() == 0 {
            return Ok(Vec::new());
        }
        let mut query = Parts::new(self.dialect, text, args![institution]);
        query.one_of(" and ", column, ids);
        query.push(&format!(" order by {order}"));
        self.rows(&query.sql, query.args, read).await
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

    /// Two servers that start at once change the schema one after the other.
    pub(crate) async fn take_turns(&self, tx: &Tx) -> Result<(), StoreError> {
        match self.dialect {
            // The transaction has the write lock already.
            Dialect::Sqlite => Ok(()),
            // The number is ours and arbitrary.
            Dialect::Postgres => sql::run_text(tx, "select pg_advisory_xact_lock(7141520901)").await,
        }
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
