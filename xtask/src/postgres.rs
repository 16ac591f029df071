//! A PostgreSQL cluster of its own, in a temporary folder, on a free port of the loopback.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::janitor::Janitor;
use crate::tools;

/// A running cluster; it stops and its folder goes when this is dropped.
pub(crate) struct Postgres {
    port: u16,
    _janitor: Janitor,
}

impl Postgres {
    /// Address of its database `postgres`; its user may make further ones.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Waits until this program is interrupted.
    pub(crate) fn wait(self) -> Result<bool> {
        loop {
            std::thread::park();
        }
    }
}

/// Starts a cluster.
pub(crate) fn start() -> Result<Postgres> {
    let programs = tools::postgres_folder().context("PostgreSQL is not installed")?;
    let port = tools::free_port()?;
    let folder = std::env::temp_dir().join(format!("luoshi-postgres-{}-{port}", std::process::id()));
    std::fs::create_dir(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let data = folder.join("data");
    let as_postgres = tools::is_root();
    let janitor = {
        let stop = if as_postgres { "runuser -u postgres -- " } else { "" };
        let script = format!("{stop}\"$1\" -D \"$2\" -m immediate stop; rm -rf \"$3\"");
        Janitor::hire(&script, &[&text(&programs.join("pg_ctl"))?, &text(&data)?, &text(&folder)?])?
    };
    if as_postgres {
        run(Command::new("chown").arg("postgres").arg(&folder))?;
    }
    let program = |name: &str| {
        let path = programs.join(name);
        let mut command = if as_postgres {
            // The server refuses to run as root; Debian's package brings the user.
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        command.current_dir(&folder);
        command
    };
    run(program("initdb").arg("-D").arg(&data).args([
        "--username=postgres",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--no-sync",
    ]))?;
    // What the tests write is thrown away, so nothing waits for the disk.
    let options = format!(
        "-p {port} -k '{}' -c listen_addresses=127.0.0.1 -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
         -c max_connections=200",
        folder.display()
    );
    let log = folder.join("log");
    run(program("pg_ctl")
        .arg("-D")
        .arg(&data)
        .arg("-l")
        .arg(&log)
        .args(["-w", "-t", "60", "-o", &options, "start"]))
    .with_context(|| std::fs::read_to_string(&log).unwrap_or_default())?;
    Ok(Postgres { port, _janitor: janitor })
}

fn text(path: &Path) -> Result<String> {
    let path: PathBuf = path.to_owned();
    path.into_os_string().into_string().map_err(|p| anyhow::anyhow!("{} is no text", p.display()))
}

/// Runs to the end; what it said is shown only when it fails. Its standard output goes to a file descriptor of its own,
/// since the server inherits it and a pipe would never end.
fn run(command: &mut Command) -> Result<()> {
    let status = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .with_context(|| format!("cannot start {command:?}"))?;
    if status.success() { Ok(()) } else { bail!("{command:?}: {status}") }
}
