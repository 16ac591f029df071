//! One transaction, and what becomes of its connection after a fault.
//!
//! SQLite ends a transaction by itself when the disk is full or cannot be written. The driver counts how deep in
//! transactions a connection is and does not learn of that: from then on it would open savepoints inside a transaction
//! that is not there, or that nobody commits. So whatever goes wrong beside a rule of the schema costs the connection:
//! the statements after it are refused, and the pool closes the connection instead of handing it out again.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use model::InstitutionId;
use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult,
    QueryResult, Statement, TransactionOptions, TransactionTrait,
    prelude::async_trait::async_trait,
    sqlx::{self, Connection as _, SqliteConnection},
};

use crate::{StoreError, row::args, sql};

/// What all transactions of one pool share: whether the connection that had the last fault is still in it.
///
/// The pool that writes to SQLite has one connection, so that one mark says it; in a pool of several, a mark may cost
/// another connection than the broken one, which the check of its depth finds by itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mark(Arc<AtomicBool>);

impl Mark {
    fn set(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn take(&self) -> bool {
        self.0.swap(false, Ordering::AcqRel)
    }

    /// Notes a fault of a statement that ran outside of a transaction, and passes the result on.
    pub(crate) fn note<T>(&self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(e) = &done
            && costs_the_connection(e)
        {
            self.set();
        }
        done
    }

    /// Lets the pool that these options make close a connection after a fault, and one that is still inside of a
    /// transaction when it comes back.
    pub(crate) fn guard(&self, options: &mut ConnectOptions) {
        let (released, asked) = (self.clone(), self.clone());
        options.map_sqlx_sqlite_pool_opts(move |pool| {
            let (released, asked) = (released.clone(), asked.clone());
            pool.after_release(move |connection, _| {
                let broken = released.take();
                Box::pin(async move { Ok(!broken && is_outside(connection).await?) })
            })
            .before_acquire(move |connection, _| {
                // What is set between the two is of a statement that was broken off.
                let broken = asked.take();
                Box::pin(async move { Ok(!broken && !connection.is_in_transaction()) })
            })
        });
    }
}

/// Whether a connection is outside of any transaction, when all that was asked of it is done: a rollback that nobody
/// waited for is only queued.
async fn is_outside(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

/// Whether an error leaves behind a connection that is not to be trusted.
fn costs_the_connection(error: &StoreError) -> bool {
    !matches!(
        error,
        StoreError::Constraint(_) | StoreError::Conflict | StoreError::NotFound | StoreError::Busy
    )
}

/// An SQLite file as the one connection that reads only what is committed sees it.
#[derive(Clone, Debug)]
pub(crate) struct Witness {
    reader: DatabaseConnection,
    place: Place,
}

/// Which file a path led to when it was opened.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    path: PathBuf,
    #[cfg(unix)]
    file: (u64, u64),
}

impl Place {
    /// The file that lies there now.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn of(path: &Path) -> Result<Self, StoreError> {
        let about = std::fs::metadata(path).map_err(|_| StoreError::Unavailable)?;
        let path = path.to_owned();
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            Ok(Self { path, file: (about.dev(), about.ino()) })
        }
        #[cfg(not(unix))]
        Ok(Self { path })
    }

    /// That the path still leads to that file: what is written to a file that was deleted is lost.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it does not.
    pub(crate) fn still(&self) -> Result<(), StoreError> {
        let now = Self::of(&self.path)?;
        #[cfg(unix)]
        let same = now.file == self.file;
        #[cfg(not(unix))]
        let same = now.path == self.path;
        if same { Ok(()) } else { Err(StoreError::Unavailable) }
    }
}

impl Witness {
    pub(crate) fn new(reader: DatabaseConnection, path: &Path) -> Result<Self, StoreError> {
        Ok(Self { reader, place: Place::of(path)? })
    }

    /// Which file it reads.
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    pub(crate) async fn close(&self) -> Result<(), StoreError> {
        Ok(self.reader.close_by_ref().await?)
    }

    /// That everybody can read the institution's audit line of this number.
    async fn sees(&self, institution: InstitutionId, seq: i64) -> Result<(), StoreError> {
        self.place.still()?;
        let text = "select audit_seq from institution where id = $1";
        let there = sql::row(&self.reader, text, args![institution], |c| c.get::<i64>()).await?;
        if there.is_none_or(|there| there < seq) {
            return Err(StoreError::Internal("a transaction was said to be committed and is not".to_owned()));
        }
        Ok(())
    }
}

/// A transaction. Dropped without [`Tx::commit`], nothing of it remains.
pub(crate) struct Tx {
    inside: DatabaseTransaction,
    /// Set by the first fault of this transaction: nothing more is run in it, for it may have ended by itself.
    broken: AtomicBool,
    mark: Mark,
    witness: Option<Witness>,
}

impl std::fmt::Debug for Tx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tx")
    }
}

impl Tx {
    /// Begins on a pool that `mark` guards.
    pub(crate) async fn begin(
        db: &DatabaseConnection,
        options: TransactionOptions,
        mark: &Mark,
        witness: Option<&Witness>,
    ) -> Result<Self, StoreError> {
        let inside = mark.note(db.begin_with_options(options).await.map_err(StoreError::from))?;
        Ok(Self { inside, broken: AtomicBool::new(false), mark: mark.clone(), witness: witness.cloned() })
    }

    /// That nothing has gone wrong yet.
    fn whole(&self) -> Result<(), DbErr> {
        if self.broken.load(Ordering::Acquire) {
            return Err(DbErr::Custom("the transaction was broken by the error before".to_owned()));
        }
        Ok(())
    }

    fn seen<T>(&self, done: Result<T, DbErr>) -> Result<T, DbErr> {
        done.inspect_err(|e| {
            if costs_the_connection(&StoreError::from(e)) {
                self.broken.store(true, Ordering::Release);
                self.mark.set();
            }
        })
    }

    /// Makes it last.
    ///
    /// # Errors
    /// When it does not; then nothing of it remains, but for [`StoreError::Unavailable`], after which it is not known.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        self.whole()?;
        let Self { inside, mark, .. } = self;
        mark.note(inside.commit().await.map_err(StoreError::from))
    }

    /// Makes it last, and sees that the institution's audit line of this number can be read by others. Only after this
    /// may anybody be told that it is saved.
    ///
    /// # Errors
    /// As [`Tx::commit`]; and when the line cannot be read.
    pub(crate) async fn commit_line(self, institution: InstitutionId, seq: i64) -> Result<(), StoreError> {
        let (mark, witness) = (self.mark.clone(), self.witness.clone());
        self.commit().await?;
        match witness {
            Some(witness) => mark.note(witness.sees(institution, seq).await),
            // A server answers a commit only when it is one, and counts no depth of its own.
            None => Ok(()),
        }
    }

    /// Leaves everything as it was; at once, so that the next need not wait.
    ///
    /// # Errors
    /// When the connection was lost.
    pub(crate) async fn rollback(self) -> Result<(), StoreError> {
        let Self { inside, mark, .. } = self;
        mark.note(inside.rollback().await.map_err(StoreError::from))
    }
}

#[async_trait]
impl ConnectionTrait for Tx {
    fn get_database_backend(&self) -> DbBackend {
        self.inside.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.whole()?;
        self.seen(self.inside.execute_raw(statement).await)
    }

    async fn execute_unprepared(&self, text: &str) -> Result<ExecResult, DbErr> {
        self.whole()?;
        self.seen(self.inside.execute_unprepared(text).await)
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.whole()?;
        self.seen(self.inside.query_one_raw(statement).await)
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.whole()?;
        self.seen(self.inside.query_all_raw(statement).await)
    }
}
