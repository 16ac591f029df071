//! Whether the store can write, for whoever watches the server: tried on a connection of its own, so that neither a
//! crowd of readers nor a long act stands in the way, and on a row that no act holds.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::Timestamp;
use sea_orm::{Database, DatabaseConnection, sqlx::sqlite::SqliteJournalMode};

use crate::{
    StoreError,
    row::args,
    sql::{self, quiet},
    tx::Place,
};

/// How long the answer may take; what has not answered by then is not reachable.
const WITHIN: Duration = Duration::from_secs(2);
/// What is written beside an SQLite file and taken away again, in bytes: more than saving a record takes. The log of an
/// SQLite file is written from its start again and again, so that a small write may succeed on a full disk.
const PROBE: usize = 1024 * 1024;

/// The connection that tries, and the file that it is about.
#[derive(Clone, Debug)]
pub(crate) struct Readiness {
    connection: DatabaseConnection,
    file: Option<(PathBuf, Place)>,
}

impl Readiness {
    pub(crate) async fn of_file(path: &Path, place: Place) -> Result<Self, StoreError> {
        let mut options = quiet("sqlite:luoshi.db", 1);
        options.min_connections(0).connect_lazy(true);
        let file = path.to_owned();
        options.map_sqlx_sqlite_opts(move |o| {
            o.filename(&file)
                .create_if_missing(false)
                .journal_mode(SqliteJournalMode::Wal)
                // Whoever writes meanwhile shows that writing is possible: there is nothing to wait for.
                .busy_timeout(Duration::ZERO)
        });
        let mut probe = path.as_os_str().to_owned();
        probe.push(".probe");
        Ok(Self { connection: Database::connect(options).await?, file: Some((probe.into(), place)) })
    }

    pub(crate) async fn of_server(url: &str) -> Result<Self, StoreError> {
        let mut options = quiet(url, 1);
        options
            .min_connections(0)
            .connect_lazy(true)
            .set_application_name("luoshi-ready")
            .map_sqlx_postgres_opts(|o| o.options([("lock_timeout", "500ms")]));
        Ok(Self { connection: Database::connect(options).await?, file: None })
    }

    pub(crate) async fn close(&self) -> Result<(), StoreError> {
        Ok(self.connection.close_by_ref().await?)
    }

    async fn tried(&self, now: Timestamp) -> Result<(), StoreError> {
        if let Some((probe, place)) = &self.file {
            place.still()?;
            let probe = probe.clone();
            let written = tokio::task::spawn_blocking(move || room(&probe)).await;
            written.map_err(|e| StoreError::Internal(e.to_string()))??;
        }
        let text =
            "insert into readiness (id, at) values (1, $1) on conflict (id) do update set at = excluded.at";
        match sql::execute(&self.connection, text, args![now]).await {
            // Another of ours writes.
            Err(StoreError::Busy) => Ok(()),
            done => done.map(|_| ()),
        }
    }

    /// Whether a write would be taken now, answered within two seconds.
    pub(crate) async fn answer(&self, now: Timestamp) -> Result<(), StoreError> {
        match tokio::time::timeout(WITHIN, self.tried(now)).await {
            Ok(Err(StoreError::Busy)) => Ok(()),
            Ok(done) => done,
            Err(_) => Err(StoreError::Unavailable),
        }
    }
}

/// That there is room beside the file.
fn room(probe: &Path) -> Result<(), StoreError> {
    let written = std::fs::write(probe, vec![0; PROBE]);
    // What could not be written whole is in the way all the more.
    let taken_away = std::fs::remove_file(probe);
    written.and(taken_away).map_err(|e| match e.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => StoreError::Full,
        std::io::ErrorKind::ReadOnlyFilesystem | std::io::ErrorKind::PermissionDenied => StoreError::ReadOnly,
        // Two that look at once take away one another's.
        std::io::ErrorKind::NotFound if probe.parent().is_some_and(Path::is_dir) => StoreError::Busy,
        std::io::ErrorKind::NotFound => StoreError::Unavailable,
        _ => StoreError::Disk(e.to_string()),
    })
}
