//! The database of one test: an SQLite file, or a PostgreSQL database of its own when `LUOSHI_TEST_ENGINE` says so. The
//! whole suite runs once on each (`cargo xtask test`).

use std::path::{Path, PathBuf};

use sea_orm::{ConnectOptions, ConnectionTrait as _, DatabaseConnection};
use store::{Store, Target, sha256};
use tokio::sync::OnceCell;

use crate::harness::wall;

/// Names the engine: `sqlite`, which is what an unset one means, or `postgres`.
const ENGINE: &str = "LUOSHI_TEST_ENGINE";

/// The database on PostgreSQL with all tables and no rows, which every test copies: made once for each state of the
/// schema, since a copy takes a tenth of what the migrations take.
static TEMPLATE: OnceCell<String> = OnceCell::const_new();

/// Where the data of one test lie; it goes when this is dropped.
pub(crate) enum Database {
    Sqlite(PathBuf),
    Postgres { server: String, name: String },
}

impl Database {
    /// A new one, empty; a file in `folder` where it is one.
    pub(crate) async fn make(folder: &Path) -> Self {
        if std::env::var(ENGINE).is_ok_and(|engine| engine == "postgres") {
            let server = testkit::postgres().expect("LUOSHI_TEST_ENGINE=postgres needs a server");
            let template = TEMPLATE.get_or_init(|| template(&server)).await;
            let name = format!("luoshi_test_{}", uuid());
            run(&server, &format!("create database {name} template {template}")).await;
            return Self::Postgres { server, name };
        }
        Self::Sqlite(folder.join("luoshi.db"))
    }

    /// How the program names it.
    pub(crate) fn target(&self) -> Target {
        match self {
            Self::Sqlite(path) => Target::Sqlite(path.clone()),
            Self::Postgres { server, name } => Target::Postgres(at(server, name)),
        }
    }

    /// Lets its disk be full: whatever is written into the chain or as a draft is refused in the engine's own words.
    pub(crate) async fn fill(&self) {
        for table in ["audit", "draft"] {
            match self {
                // A table that numbers its rows and has come to the last number says so with the same code as a full disk.
                Self::Sqlite(path) => {
                    let server = format!("sqlite:{}", path.display());
                    let name = format!("full_{table}");
                    run(&server, &format!("create table {name} (id integer primary key autoincrement)"))
                        .await;
                    run(&server, &format!("insert into {name} values (9223372036854775807)")).await;
                    let begin = format!("create trigger t{name} before insert on {table} begin");
                    run(&server, &format!("{begin} insert into {name} (id) values (null); end")).await;
                }
                Self::Postgres { server, name } => {
                    let body = "begin raise exception 'no room' using errcode = '53100'; end";
                    let make = "create or replace function no_room() returns trigger language plpgsql as";
                    let at = at(server, name);
                    run(&at, &format!("{make} $$ {body} $$")).await;
                    let each = "for each row execute function no_room()";
                    run(&at, &format!("create trigger tfull_{table} before insert on {table} {each}")).await;
                }
            }
        }
    }

    /// Gives its disk room again.
    pub(crate) async fn make_room(&self) {
        for table in ["audit", "draft"] {
            match self {
                Self::Sqlite(path) => {
                    let server = format!("sqlite:{}", path.display());
                    run(&server, &format!("drop trigger tfull_{table}")).await;
                    run(&server, &format!("drop table full_{table}")).await;
                }
                Self::Postgres { server, name } => {
                    run(&at(server, name), &format!("drop trigger tfull_{table} on {table}")).await;
                }
            }
        }
    }

    /// Takes it away from whoever has it open.
    pub(crate) async fn take_away(&self) {
        match self {
            Self::Sqlite(path) => {
                std::fs::rename(path, path.with_extension("away")).expect("renamed");
            }
            Self::Postgres { server, name } => {
                run(server, &format!("drop database {name} with (force)")).await;
            }
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let Self::Postgres { server, name } = self else { return };
        let (server, name) = (std::mem::take(server), std::mem::take(name));
        // The test's own runtime cannot be waited for from within.
        let gone = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime
                .expect("a runtime")
                .block_on(run(&server, &format!("drop database if exists {name} with (force)")));
        });
        // A server that goes away with its test run takes the database along.
        let _ = gone.join();
    }
}

fn uuid() -> String {
    model::InstitutionId::fresh().0.simple().to_string()
}

/// The address of another database of the same server.
fn at(server: &str, name: &str) -> String {
    let (address, rest) =
        server.split_once('?').map_or((server, String::new()), |(a, r)| (a, format!("?{r}")));
    let (host, _) = address.rsplit_once('/').expect("an address names a database");
    format!("{host}/{name}{rest}")
}

async fn connect(server: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(server.to_owned());
    options.max_connections(1).sqlx_logging(false);
    sea_orm::Database::connect(options).await.expect("the server of LUOSHI_TEST_POSTGRES")
}

/// Runs one statement and says of how many rows it told.
async fn run(server: &str, sql: &str) -> u64 {
    let db = connect(server).await;
    let done = db.execute_unprepared(sql).await.unwrap_or_else(|fault| panic!("{sql}: {fault}"));
    db.close().await.expect("a connection that closes");
    done.rows_affected()
}

/// The name of the database that is copied. It is made under a name of its own and then renamed, so that of two runs that
/// begin at once each finds a whole one.
async fn template(server: &str) -> String {
    let state: String = store::migrations().iter().map(store::Migration::checksum).collect();
    let hash = hex::encode(&sha256(state.as_bytes())[..8]);
    let name = format!("luoshi_template_{hash}");
    if run(server, &format!("select 1 from pg_database where datname = '{name}'")).await > 0 {
        return name;
    }
    let own = format!("luoshi_template_{}", uuid());
    run(server, &format!("create database {own}")).await;
    let store = Store::open(&Target::Postgres(at(server, &own)), wall()).await.expect("a new store");
    store.close().await.expect("a store that closes");
    let db = connect(server).await;
    if db.execute_unprepared(&format!("alter database {own} rename to {name}")).await.is_err() {
        // Another run was first.
        db.execute_unprepared(&format!("drop database {own}")).await.expect("nobody uses it");
    }
    db.close().await.expect("a connection that closes");
    name
}
