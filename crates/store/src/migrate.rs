//! The schema, as plain SQL files that a database administrator can read, applied in order.
//!
//! A file has three steps: tables; `distribute`, which runs only where the extension Citus is installed; keys. Foreign
//! keys stand in the table that they belong to, one a line; SQLite wants them there, while a distributed PostgreSQL
//! wants them after distribution, so for PostgreSQL they move to the third step. What only one engine knows stands in a
//! step of its own: `-- step: tables on sqlite`.

use std::{fmt::Write as _, path::Path};

use jiff::Timestamp;
use sea_orm::ConnectionTrait;

use crate::{
    Store, StoreError,
    dialect::Dialect,
    entries::note_fields,
    kept,
    row::args,
    sha256,
    sql::{execute, row, rows, run_text},
    tx::Tx,
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

/// The change that only counts what is there.
const TALLY: &str = "tally";
/// The change that notes in which fields records name people.
const NAMED_IN: &str = "named_in";

/// The change from which on more than duties and credits is counted.
const COUNTED: &str = "counted_rows";

const MIGRATIONS: [Migration; 24] = [
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
    Migration {
        version: 4,
        name: "entry_indexes",
        text: include_str!("../migrations/0004_entry_indexes.sql"),
    },
    Migration {
        version: 5,
        name: "packed_reviews",
        text: include_str!("../migrations/0005_packed_reviews.sql"),
    },
    Migration { version: 6, name: "people", text: include_str!("../migrations/0006_people.sql") },
    Migration { version: 7, name: "files", text: include_str!("../migrations/0007_files.sql") },
    Migration { version: 8, name: "search", text: include_str!("../migrations/0008_search.sql") },
    Migration { version: 9, name: "recording", text: include_str!("../migrations/0009_recording.sql") },
    Migration { version: 10, name: "units", text: include_str!("../migrations/0010_units.sql") },
    Migration { version: 11, name: TALLY, text: include_str!("../migrations/0011_tally.sql") },
    Migration { version: 12, name: "no_masks", text: include_str!("../migrations/0012_no_masks.sql") },
    Migration { version: 13, name: NAMED_IN, text: include_str!("../migrations/0013_named_in.sql") },
    Migration { version: 14, name: "jobs", text: include_str!("../migrations/0014_jobs.sql") },
    Migration {
        version: 15,
        name: "one_installation",
        text: include_str!("../migrations/0015_one_installation.sql"),
    },
    Migration { version: 16, name: "book", text: include_str!("../migrations/0016_book.sql") },
    Migration { version: 17, name: "requests", text: include_str!("../migrations/0017_requests.sql") },
    Migration { version: 18, name: "moments", text: include_str!("../migrations/0018_moments.sql") },
    Migration {
        version: 19,
        name: "about_people",
        text: include_str!("../migrations/0019_about_people.sql"),
    },
    Migration { version: 20, name: "cases", text: include_str!("../migrations/0020_cases.sql") },
    Migration { version: 21, name: "chase", text: include_str!("../migrations/0021_chase.sql") },
    Migration {
        version: 22,
        name: "calendar_feed",
        text: include_str!("../migrations/0022_calendar_feed.sql"),
    },
    Migration { version: 23, name: "sheets", text: include_str!("../migrations/0023_sheets.sql") },
    Migration { version: 24, name: COUNTED, text: include_str!("../migrations/0024_counted_rows.sql") },
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
    let tx = store.transaction().await?;
    store.take_turns(&tx).await?;
    run_text(
        &tx,
        "create table if not exists migration (version bigint not null, name text not null, checksum text not null, \
         applied_at bigint not null, primary key (version))",
    )
    .await?;
    tx.commit().await?;
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

/// The schema's version of an open database; 0 when it holds nothing of ours.
///
/// # Errors
/// [`StoreError::Internal`] when its schema is newer than this program or was changed by hand.
pub(crate) async fn version(store: &Store) -> Result<u32, StoreError> {
    let there = match store.dialect {
        Dialect::Sqlite => "select count(*) from sqlite_schema where type = 'table' and name = 'migration'",
        Dialect::Postgres => "select count(to_regclass('migration'))",
    };
    if row(store.writer(), there, vec![], |c| c.get::<i64>()).await? != Some(1) {
        return Ok(0);
    }
    let applied = applied(store.writer()).await?;
    check(&applied)?;
    Ok(applied.last().map_or(0, |(version, _)| *version))
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
    store.take_turns(&tx).await?;
    // Distribution inside a transaction that has made tables already needs this (Citus manual,
    // citus.multi_shard_modify_mode).
    if distributed {
        run_text(&tx, "set local citus.multi_shard_modify_mode to 'sequential'").await?;
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
    if migration.name == TALLY {
        kept::begin(&tx, now).await?;
    }
    if migration.name == COUNTED {
        kept::begin_rows(&tx, now).await?;
    }
    if migration.name == NAMED_IN {
        note_fields(&tx).await?;
    }
    execute(
        &tx,
        "insert into migration (version, name, checksum, applied_at) values ($1, $2, $3, $4)",
        args![migration.version, migration.name, migration.checksum(), now],
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

async fn run_all(tx: &Tx, statements: &[String]) -> Result<(), StoreError> {
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
    #[must_use]
    pub fn checksum(&self) -> String {
        hex::encode(sha256(self.text.replace('\r', "").as_bytes()))
    }

    fn steps(&self, dialect: Dialect) -> Result<Steps, StoreError> {
        read_steps(self.text, dialect)
            .map_err(|what| StoreError::Internal(format!("migration {}: {what}", self.version)))
    }
}

/// The step of what belongs to the other engine.
const ELSEWHERE: &str = "elsewhere";

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
            if let Some((name, engine)) = step.split_once(" on ") {
                step = if dialect.is_named(engine)? { name } else { ELSEWHERE };
            }
            continue;
        }
        let line = line.trim();
        if line.is_empty() || line.starts_with("--") || step == ELSEWHERE {
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
        filled.push_str(&dialect.slot(name).ok_or_else(|| format!("unknown slot {name}"))?);
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Target;

    /// Rows for the tables of each migration: a migration without them does not pass.
    const SAMPLES: [&str; MIGRATIONS.len()] = [
        include_str!("../migrations/samples/0001.sql"),
        include_str!("../migrations/samples/0002.sql"),
        include_str!("../migrations/samples/0003.sql"),
        "",
        include_str!("../migrations/samples/0005.sql"),
        include_str!("../migrations/samples/0006.sql"),
        include_str!("../migrations/samples/0007.sql"),
        include_str!("../migrations/samples/0008.sql"),
        include_str!("../migrations/samples/0009.sql"),
        include_str!("../migrations/samples/0010.sql"),
        "",
        "",
        "",
        include_str!("../migrations/samples/0014.sql"),
        include_str!("../migrations/samples/0015.sql"),
        include_str!("../migrations/samples/0016.sql"),
        include_str!("../migrations/samples/0017.sql"),
        include_str!("../migrations/samples/0018.sql"),
        "",
        include_str!("../migrations/samples/0020.sql"),
        include_str!("../migrations/samples/0021.sql"),
        include_str!("../migrations/samples/0022.sql"),
        include_str!("../migrations/samples/0023.sql"),
        "",
    ];

    fn sample(number: usize, dialect: Dialect) -> Vec<String> {
        // Lines after `-- on: sqlite` are for that engine alone.
        let mut here = true;
        let mut text = Vec::new();
        for line in SAMPLES[number].lines() {
            match line.strip_prefix("-- on: ") {
                Some(engine) => here = dialect.is_named(engine).unwrap(),
                None if here && !line.starts_with("--") => text.push(line),
                None => {}
            }
        }
        let filled = fill(&text.join("\n"), dialect).unwrap();
        filled.split(";\n").map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect()
    }

    async fn alternately(store: &Store) {
        for (number, migration) in MIGRATIONS.iter().enumerate() {
            run_up_to(store, number + 1, Timestamp::UNIX_EPOCH).await.unwrap();
            for statement in sample(number, store.dialect) {
                run_text(store.writer(), &statement).await.unwrap_or_else(|e| panic!("{e}: {statement}"));
            }
            for table in tables_of(migration) {
                let text = format!("select count(*) from {table}");
                let rows = row(store.writer(), &text, vec![], |c| c.get::<i64>()).await.unwrap();
                assert!(rows > Some(0), "no sample row for {table}");
            }
        }
        // What was there before there were tallies is counted once; what is put in behind the program's back shows.
        let ours =
            row(store.writer(), "select id from institution", vec![], |c| c.get()).await.unwrap().unwrap();
        let put_in = |what| crate::KeptFault { what, said: 0, found: 1 };
        let behind = [crate::Kept::Also, crate::Kept::Rungs, crate::Kept::Notes].map(put_in);
        assert_eq!(store.verify_kept(ours).await.unwrap(), behind);
        let lines = store.audit(ours, &crate::AuditFilter::default(), 1).await.unwrap();
        assert_eq!(lines.first().map(|l| l.action.as_str()), Some("store.tally"));
        // What was asked and decided in four tables stands in one, on the same days.
        let asked = rows(
            store.writer(),
            "select kind, body, coalesce(decision, ''), coalesce(cast(decided_on as text), '') from request \
             where institution_id = $1 order by id",
            args![ours],
            |c| Ok([c.get::<String>()?, c.get()?, c.get()?, c.get()?].join(" ")),
        )
        .await
        .unwrap();
        let expected = [
            "correction {}  ",
            r#"account {"role":"secretary"}  "#,
            "waiver {} approved 2026-02-01",
            r#"extension {"due":"2026-05-10"}  "#,
            "correction {} refused 2026-04-02",
            r#"account {"role":"secretary"} approved 2026-04-02"#,
            r#"account {"role":"member"} withdrawn 2026-04-01"#,
            r#"extension {"due":"2026-05-12"} refused 2026-04-02"#,
        ];
        assert_eq!(asked, expected);
        // Of a number, no part is kept outside of what is sealed; what stood beside it stays.
        for table in ["person_file", "person_revision"] {
            let text = format!("select body from {table}");
            let bodies = rows(store.writer(), &text, vec![], |c| c.get::<String>()).await.unwrap();
            assert!(bodies.iter().all(|b| !b.contains("mask") && !b.contains('*')), "{bodies:?}");
            assert!(bodies.iter().any(|b| b.contains("汉族")), "{bodies:?}");
        }
        // Once more: nothing is left to do.
        run(store, Timestamp::UNIX_EPOCH).await.unwrap();
        assert_eq!(applied(store.writer()).await.unwrap().len(), MIGRATIONS.len());
    }

    fn tables_of(migration: &Migration) -> Vec<&'static str> {
        let names = migration.text.lines().filter_map(|l| l.strip_prefix("create table "));
        names.map(|l| l.trim_end_matches(" (")).collect()
    }

    #[tokio::test]
    async fn migrations_and_sample_rows_alternate_on_sqlite() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("luoshi.db");
        let store = Store::connect(&Target::Sqlite(path.clone())).await.unwrap();
        alternately(&store).await;
        for version in 1..MIGRATIONS.len() {
            let copy = directory.path().join(format!("luoshi.db.backup-{version}"));
            let backup = Store::connect(&Target::Sqlite(copy)).await.unwrap();
            assert_eq!(
                applied(backup.writer()).await.unwrap().len(),
                version,
                "the copy is of the state before"
            );
            let name =
                row(backup.writer(), "select name from institution", vec![], |c| c.get::<String>()).await;
            assert_eq!(name.unwrap().as_deref(), Some("春晖职业技术学院"));
            backup.close().await.unwrap();
        }
        let fault = row(store.writer(), "pragma foreign_key_check", vec![], |_| Ok(())).await.unwrap();
        assert_eq!(fault, None);
        store.close().await.unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let kept = bytes.windows(8).any(|b| b == b"********");
        assert!(!kept, "the file's free room holds a shortened number");
    }

    #[tokio::test]
    async fn a_fresh_file_is_not_copied() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("luoshi.db");
        let target = Target::Sqlite(path);
        for _ in 0..2 {
            Store::open(&target, Timestamp::UNIX_EPOCH).await.unwrap().close().await.unwrap();
        }
        let names: Vec<_> =
            std::fs::read_dir(directory.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, ["luoshi.db"]);
    }

    #[tokio::test]
    async fn a_newer_schema_and_a_changed_migration_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        let target = Target::Sqlite(directory.path().join("luoshi.db"));
        let store = Store::open(&target, Timestamp::UNIX_EPOCH).await.unwrap();
        let newer =
            "insert into migration (version, name, checksum, applied_at) values (99, 'later', 'x', 0)";
        run_text(store.writer(), newer).await.unwrap();
        let refused = Store::open(&target, Timestamp::UNIX_EPOCH).await.unwrap_err();
        assert!(refused.to_string().contains("use a newer program"), "{refused}");
        run_text(store.writer(), "delete from migration where version = 99").await.unwrap();
        run_text(store.writer(), "update migration set checksum = 'x' where version = 2").await.unwrap();
        let refused = Store::open(&target, Timestamp::UNIX_EPOCH).await.unwrap_err();
        assert!(refused.to_string().contains("migration 2"), "{refused}");
    }

    #[tokio::test]
    async fn migrations_and_sample_rows_alternate_on_postgres() {
        let Some(url) = testkit::postgres() else { return };
        let base = Store::connect(&Target::Postgres(url.clone())).await.unwrap();
        let schema = format!("test_{}", model::InstitutionId::fresh().0.simple());
        run_text(base.writer(), &format!("create schema {schema}")).await.unwrap();
        let own = Target::Postgres(format!("{url}?options=-c%20search_path%3D{schema}"));
        let store = Store::connect(&own).await.unwrap();
        alternately(&store).await;
        // Two that start at once on an empty database.
        run_text(store.writer(), &format!("drop schema {schema} cascade; create schema {schema}"))
            .await
            .unwrap();
        let (a, b) =
            tokio::join!(Store::open(&own, Timestamp::UNIX_EPOCH), Store::open(&own, Timestamp::UNIX_EPOCH));
        a.unwrap().close().await.unwrap();
        b.unwrap().close().await.unwrap();
        store.close().await.unwrap();
        run_text(base.writer(), &format!("drop schema {schema} cascade")).await.unwrap();
        base.close().await.unwrap();
    }

    #[test]
    fn every_key_and_index_begins_with_the_institution() {
        let servers_own = [
            "institution",
            "login",
            "session",
            "calendar_feed",
            "setup_link",
            "login_attempt",
            "readiness",
            "key_check",
            "installation",
        ];
        for migration in migrations() {
            let steps = migration.steps(Dialect::Postgres).unwrap();
            for statement in steps.tables.iter().chain(&steps.keys) {
                let table = statement.split([' ', '(']).skip_while(|w| !["table", "on"].contains(w)).nth(1);
                // Of an index of grams, each gram begins with the institution.
                if table.is_some_and(|t| servers_own.contains(&t)) || statement.contains(" using gin ") {
                    continue;
                }
                // What a partial index is of is no key.
                let keys = statement.split(" where ").next().unwrap_or_default();
                for key in keys.match_indices("key (").chain(keys.match_indices(" (")) {
                    let within = &statement[key.0 + key.1.len()..];
                    let is_key = key.1 == "key (" || statement.contains("index");
                    assert!(!is_key || within.starts_with("institution_id"), "{statement}");
                }
                if let Some((_, to)) = statement.split_once("references") {
                    assert!(to.contains("(institution_id, "), "{statement}");
                }
            }
            let made = steps.tables.iter().filter_map(|s| s.strip_prefix("create table "));
            let made = made.filter_map(|s| s.split([' ', '(']).next());
            for table in made.filter(|t| !servers_own[1..].contains(t)) {
                let line = format!("create_distributed_table('{table}', ");
                assert!(steps.distribute.iter().any(|d| d.contains(&line)), "{table} is not distributed");
            }
        }
    }

    #[test]
    fn foreign_keys_stand_where_the_engine_wants_them() {
        let text = "-- step: tables\ncreate table b (\n  x {{uuid}} not null,\n  primary key (x)\n  foreign key b_a (x) \
                    references a (x)\n){{clustered}};\n-- step: keys\ncreate index i on b (x);\n";
        let sqlite = read_steps(text, Dialect::Sqlite).unwrap();
        assert_eq!(
            sqlite.tables,
            [
                "create table b (\nx blob not null,\nprimary key (x), constraint b_a foreign key (x) references a (x)\n) without rowid"
            ]
        );
        assert_eq!(sqlite.keys, ["create index i on b (x)"]);
        let postgres = read_steps(text, Dialect::Postgres).unwrap();
        assert_eq!(postgres.tables, ["create table b (\nx uuid not null,\nprimary key (x)\n)"]);
        assert_eq!(
            postgres.keys,
            ["alter table b add constraint b_a foreign key (x) references a (x)", "create index i on b (x)"]
        );
        assert!(read_steps("-- step: tables\ncreate {{what}};", Dialect::Sqlite).is_err());
        assert!(read_steps("-- step: tables\ncreate table a (x", Dialect::Sqlite).is_err());
        assert!(read_steps("-- step: other\nselect 1;", Dialect::Sqlite).is_err());
        let text = "-- step: keys on postgres\nselect 1;\n-- step: keys on sqlite\nselect 2;\n-- step: keys\nselect 3;";
        assert_eq!(read_steps(text, Dialect::Sqlite).unwrap().keys, ["select 2", "select 3"]);
        assert!(read_steps("-- step: keys on oracle\nselect 1;", Dialect::Sqlite).is_err());
    }
}
