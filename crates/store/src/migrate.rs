//! The schema, as plain SQL files that a database administrator can read, applied in order.
//!
//! A file has three steps: tables; `distribute`, which runs only where the extension Citus is installed; keys. Foreign
//! keys stand in the table that they belong to, one a line; SQLite wants them there, while a distributed PostgreSQL
//! wants them after distribution, so for PostgreSQL they move to the third step.

use std::{fmt::Write as _, path::Path};

use jiff::Timestamp;
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use crate::{
    Store, StoreError,
    connect::run_text,
    dialect::Dialect,
    row::args,
    sha256,
    sql::{execute, row, rows},
};

/// One file of the schema.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Its number, from 1 without gaps.
    pub version: u32,
    /// Its name.
    pub name: &'static str,
    text: &'static str,
}

const MIGRATIONS: [Migration; 3] = [
    Migration {
        version: 1,
        name: "organisation_and_accounts",
        text: include_str!("../migrations/0001_organisation_and_accounts.sql"),
    },
    Migration {
        version: 2,
        name: "plans_and_duties",
        text: include_str!("../migrations/0002_plans_and_duties.sql"),
    },
    Migration { version: 3, name: "entries", text: include_str!("../migrations/0003_entries.sql") },
];

/// Every migration, in the order in which they are applied.
#[must_use]
pub fn migrations() -> &'static [Migration] {
    &MIGRATIONS
}

/// The statements of one file for one engine, step by step.
#[derive(Debug, Default, PartialEq, Eq)]
struct Steps {
    tables: Vec<String>,
    distribute: Vec<String>,
    keys: Vec<String>,
}

/// Applies what is pending.
pub(crate) async fn run(store: &Store, now: Timestamp) -> Result<(), StoreError> {
    run_up_to(store, MIGRATIONS.len(), now).await
}

/// Applies what is pending among the first `count` migrations.
pub(crate) async fn run_up_to(store: &Store, count: usize, now: Timestamp) -> Result<(), StoreError> {
    run_text(
        store.writer(),
        "create table if not exists migration (version bigint not null, name text not null, checksum text not null, \
         applied_at bigint not null, primary key (version))",
    )
    .await?;
    let applied = applied(store.writer()).await?;
    check(&applied)?;
    let pending = MIGRATIONS.get(applied.len()..count).unwrap_or_default();
    if pending.is_empty() {
        return Ok(());
    }
    if let (Some(path), Some((version, _))) = (store.path(), applied.last()) {
        back_up(store, path, *version).await?;
    }
    let distributed = is_distributed(store).await?;
    for migration in pending {
        apply(store, migration, distributed, now).await?;
        tracing::info!(version = migration.version, name = migration.name, "schema changed");
    }
    Ok(())
}

async fn applied<C: ConnectionTrait>(db: &C) -> Result<Vec<(u32, String)>, StoreError> {
    rows(db, "select version, checksum from migration order by version", vec![], |c| Ok((c.get()?, c.get()?)))
        .await
}

/// That what was applied is what this program has.
fn check(applied: &[(u32, String)]) -> Result<(), StoreError> {
    for (i, (version, checksum)) in applied.iter().enumerate() {
        match MIGRATIONS.get(i) {
            Some(m) if m.version == *version && m.checksum() == *checksum => {}
            Some(m) if m.version == *version => {
                return Err(StoreError::Internal(format!(
                    "migration {version} ({}) is not the one that this database was made with",
                    m.name
                )));
            }
            _ => {
                return Err(StoreError::Internal(format!(
                    "the database has schema version {version}; this program knows {} only: use a newer program",
                    MIGRATIONS.len()
                )));
            }
        }
    }
    Ok(())
}

/// Applies one migration, in one transaction.
async fn apply(
    store: &Store,
    migration: &Migration,
    distributed: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    let tx = store.transaction().await?;
    if store.dialect == Dialect::Postgres {
        // Two servers that start at once take turns; the number is ours and arbitrary.
        run_text(&tx, "select pg_advisory_xact_lock(7141520901)").await?;
        // Distribution inside a transaction that has made tables already needs this (Citus manual,
        // citus.multi_shard_modify_mode).
        if distributed {
            run_text(&tx, "set local citus.multi_shard_modify_mode to 'sequential'").await?;
        }
    }
    if applied(&tx).await?.iter().any(|(version, _)| *version == migration.version) {
        tx.rollback().await?;
        return Ok(());
    }
    let steps = migration.steps(store.dialect)?;
    run_all(&tx, &steps.tables).await?;
    if distributed {
        run_all(&tx, &steps.distribute).await?;
    }
    run_all(&tx, &steps.keys).await?;
    execute(
        &tx,
        "insert into migration (version, name, checksum, applied_at) values ($1, $2, $3, $4)",
        args![migration.version, migration.name, migration.checksum(), now],
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

async fn run_all(tx: &DatabaseTransaction, statements: &[String]) -> Result<(), StoreError> {
    for statement in statements {
        run_text(tx, statement).await?;
    }
    Ok(())
}

async fn is_distributed(store: &Store) -> Result<bool, StoreError> {
    match store.dialect {
        Dialect::Sqlite => Ok(false),
        Dialect::Postgres => {
            let found =
                row(store.writer(), "select 1 from pg_extension where extname = 'citus'", vec![], |_| Ok(()));
            Ok(found.await?.is_some())
        }
    }
}

/// Copies the file as it is before its schema changes; an older copy of the same version is replaced only when the
/// new one is complete.
async fn back_up(store: &Store, path: &Path, version: u32) -> Result<(), StoreError> {
    let beside = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        std::path::PathBuf::from(name)
    };
    let whole = beside(&format!(".backup-{version}"));
    let part = beside(&format!(".backup-{version}.part"));
    let disk = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::StorageFull => StoreError::Full,
        _ => StoreError::Internal(format!("the backup before the change of schema failed: {e}")),
    };
    match std::fs::remove_file(&part) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(disk(e)),
        _ => {}
    }
    let Some(name) = part.to_str() else {
        return Err(StoreError::Internal("the database's path is not Unicode".to_owned()));
    };
    execute(store.writer(), "vacuum into $1", args![name]).await?;
    std::fs::File::open(&part).and_then(|f| f.sync_all()).map_err(disk)?;
    std::fs::rename(&part, &whole).map_err(disk)?;
    tracing::info!(version, "database copied before its schema changes");
    Ok(())
}

impl Migration {
    /// SHA-256 of the file, in hexadecimal; line ends do not matter.
    fn checksum(&self) -> String {
        let mut hex = String::new();
        for byte in sha256(self.text.replace('\r', "").as_bytes()) {
            // Writing into a string cannot fail.
            let _ = write!(hex, "{byte:02x}");
        }
        hex
    }

    fn steps(&self, dialect: Dialect) -> Result<Steps, StoreError> {
        read_steps(self.text, dialect)
            .map_err(|what| StoreError::Internal(format!("migration {}: {what}", self.version)))
    }
}

/// Reads a file: comments dropped, slots filled, foreign keys put where the engine wants them.
fn read_steps(text: &str, dialect: Dialect) -> Result<Steps, String> {
    let mut steps = Steps::default();
    let mut step = "";
    let mut table = "";
    let mut statement = String::new();
    let mut foreign = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("-- step: ") {
            step = name.trim();
            continue;
        }
        let line = line.trim();
        if line.is_empty() || line.starts_with("--") {
            continue;
        }
        if let Some(rest) = line.strip_prefix("create table ") {
            table = rest.split([' ', '(']).next().unwrap_or_default();
        }
        if let Some(key) = line.strip_prefix("foreign key ") {
            let (name, rest) = key.split_once(' ').ok_or_else(|| format!("no name: {line}"))?;
            match dialect {
                Dialect::Sqlite => {
                    // The line before it ends without a comma.
                    let _ = write!(statement, ", constraint {name} foreign key {rest}");
                }
                Dialect::Postgres => {
                    foreign.push(format!("alter table {table} add constraint {name} foreign key {rest}"));
                }
            }
            continue;
        }
        if !statement.is_empty() {
            statement.push('\n');
        }
        statement.push_str(&fill(line, dialect)?);
        if statement.ends_with(';') {
            statement.pop();
            let whole = std::mem::take(&mut statement);
            match step {
                "tables" => steps.tables.push(whole),
                "distribute" => steps.distribute.push(whole),
                "keys" => steps.keys.push(whole),
                other => return Err(format!("unknown step {other:?}")),
            }
        }
    }
    if !statement.is_empty() {
        return Err(format!("the last statement has no end: {statement}"));
    }
    // Before the indexes: they make the checks of later foreign keys no faster, and a fault shows early.
    foreign.append(&mut steps.keys);
    steps.keys = foreign;
    Ok(steps)
}

fn fill(line: &str, dialect: Dialect) -> Result<String, String> {
    let mut filled = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").ok_or_else(|| format!("a slot has no end: {line}"))?;
        filled.push_str(before);
        filled.push_str(dialect.slot(name).ok_or_else(|| format!("unknown slot {name}"))?);
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}
