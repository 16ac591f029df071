//! A PostgreSQL database goes into a backup by `pg_dump` and out of it by `pg_restore`: their form is the one that every
//! later server reads. What the address says reaches them by the environment: whoever lists the processes of the machine
//! reads arguments.

use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use percent_encoding::percent_decode_str;
use reqwest::Url;

use super::BackupError;

/// How often it is looked whether a program has ended.
const LOOK: Duration = Duration::from_millis(50);
/// Name of the program that copies a database out.
pub const DUMP: &str = "pg_dump";
/// The one that puts it back.
pub const RESTORE: &str = "pg_restore";

/// Writes one schema of a database, as the exported snapshot sees it, into a file.
pub(super) async fn dump(url: &str, namespace: &str, snapshot: &str, file: &Path) -> Result<(), BackupError> {
    let mut command = program(DUMP, url)?;
    command.args(["--format=custom", "--no-owner", "--no-privileges"]);
    command.arg(format!("--schema=\"{namespace}\"")).arg(format!("--snapshot={snapshot}"));
    command.arg("--file").arg(file);
    run(DUMP, command).await
}

/// Puts it into a database, whole or not at all.
pub(super) async fn restore(url: &str, namespace: &str, file: &Path) -> Result<(), BackupError> {
    let mut command = program(RESTORE, url)?;
    command.args(["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]);
    command.arg(format!("--schema={namespace}")).arg("--dbname").arg(database_of(url)?).arg(file);
    run(RESTORE, command).await
}

fn address(url: &str) -> Result<Url, BackupError> {
    Url::parse(url).map_err(|e| BackupError::Address(e.to_string()))
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The database that an address names.
pub(super) fn database_of(url: &str) -> Result<String, BackupError> {
    let url = address(url)?;
    let named = url.query_pairs().find(|(name, _)| name == "dbname").map(|(_, value)| value.into_owned());
    let named = named.unwrap_or_else(|| decoded(url.path().trim_start_matches('/')));
    Ok(if named.is_empty() { decoded(url.username()) } else { named })
}

/// The same address with another database.
pub(super) fn with_database(url: &str, database: &str) -> Result<String, BackupError> {
    let mut url = address(url)?;
    // A name among the options counts for more than the path.
    if url.query_pairs().any(|(name, _)| name == "dbname") {
        let others = url.query_pairs().filter(|(name, _)| name != "dbname");
        let others: Vec<_> = others.map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        url.query_pairs_mut().clear().extend_pairs(others);
    }
    url.set_path(database);
    Ok(url.into())
}

/// The program with what the address says in its environment, under the names that PostgreSQL's own programs read
/// (PostgreSQL manual, 34.15).
fn program(name: &str, url: &str) -> Result<Command, BackupError> {
    let database = database_of(url)?;
    let url = address(url)?;
    let mut command = Command::new(name);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).env("PGDATABASE", database);
    let mut set = |name: &str, value: &str| {
        if !value.is_empty() {
            command.env(name, value);
        }
    };
    set("PGUSER", &decoded(url.username()));
    set("PGPASSWORD", &decoded(url.password().unwrap_or_default()));
    set("PGHOST", &decoded(url.host_str().unwrap_or_default()).replace(['[', ']'], ""));
    set("PGPORT", &url.port().map(|p| p.to_string()).unwrap_or_default());
    for (name, value) in url.query_pairs() {
        match &*name {
            "sslmode" | "ssl-mode" => set("PGSSLMODE", &value),
            "sslrootcert" | "ssl-root-cert" | "ssl-ca" => set("PGSSLROOTCERT", &value),
            "sslcert" | "ssl-cert" => set("PGSSLCERT", &value),
            "sslkey" | "ssl-key" => set("PGSSLKEY", &value),
            "host" | "hostaddr" => set("PGHOST", &value),
            "port" => set("PGPORT", &value),
            "user" => set("PGUSER", &value),
            "password" => set("PGPASSWORD", &value),
            "options" => set("PGOPTIONS", &value),
            _ => {}
        }
    }
    Ok(command)
}

/// A program that is ended when nobody waits for it any more: the server stops.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended by itself, or is to.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn run(name: &'static str, mut command: Command) -> Result<(), BackupError> {
    let failed = |e: std::io::Error| BackupError::Program { name, said: e.to_string() };
    let mut running = match command.spawn() {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Err(BackupError::NoProgram(name)),
        started => Running(started.map_err(failed)?),
    };
    let says = running.0.stderr.take();
    // Read as it comes: a program whose words nobody takes stands still.
    let heard = std::thread::spawn(move || {
        let mut said = Vec::new();
        let read = says.map(|mut says| says.read_to_end(&mut said));
        (read, said)
    });
    let status = loop {
        match running.0.try_wait().map_err(failed)? {
            Some(status) => break status,
            None => tokio::time::sleep(LOOK).await,
        }
    };
    if status.success() {
        return Ok(());
    }
    let said = heard.join().map(|(_, said)| said).unwrap_or_default();
    Err(BackupError::Program { name, said: String::from_utf8_lossy(&said).trim().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_address_says_goes_into_the_environment() {
        let url = "postgres://party%40school:p%23w@[::1]:5433/luo%20shi?sslmode=require&options=-c%20search_path%3Dx";
        let command = program(DUMP, url).unwrap();
        let told: std::collections::BTreeMap<String, String> = command
            .get_envs()
            .map(|(name, value)| {
                (name.to_str().unwrap().to_owned(), value.unwrap().to_str().unwrap().to_owned())
            })
            .collect();
        let expected = [
            ("PGDATABASE", "luo shi"),
            ("PGHOST", "::1"),
            ("PGOPTIONS", "-c search_path=x"),
            ("PGPASSWORD", "p#w"),
            ("PGPORT", "5433"),
            ("PGSSLMODE", "require"),
            ("PGUSER", "party@school"),
        ];
        assert_eq!(told.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect::<Vec<_>>(), expected);
        assert_eq!(command.get_args().count(), 0);
        assert_eq!(database_of("postgres:///a?host=/run/postgresql").unwrap(), "a");
        assert_eq!(with_database("postgres://u@h:1/a?x=y", "b").unwrap(), "postgres://u@h:1/b?x=y");
        let named = with_database("postgres://u@h:1/?dbname=a&x=y", "b").unwrap();
        assert_eq!((database_of(&named).unwrap().as_str(), named.ends_with("?x=y")), ("b", true), "{named}");
    }
}
