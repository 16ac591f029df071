//! The demonstration, served by the real program.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result};
use tempfile::TempDir;

/// The colleges that were made, by the arguments they were made with. Making one takes most of a minute in a debug build;
/// every test has a copy of its own.
static MADE: Mutex<BTreeMap<Vec<String>, PathBuf>> = Mutex::new(BTreeMap::new());

/// A running demonstration; it ends when this is dropped.
pub(crate) struct Demo {
    child: Child,
    pub(crate) address: String,
    passwords: HashMap<String, String>,
    /// The copy that it serves, gone with it; none where a college is being made.
    folder: Option<TempDir>,
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Demo {
    /// Serves a college of its own on a free port.
    pub(crate) fn start(arguments: &[&str]) -> Result<Self> {
        let made = made(arguments)?;
        let folder = TempDir::new()?;
        copy(&made, folder.path())?;
        let mut demo = Self::serve(arguments, folder.path())?;
        demo.folder = Some(folder);
        Ok(demo)
    }

    /// Serves the college in `folder`, which is made there where nothing is.
    pub(crate) fn serve(arguments: &[&str], folder: &Path) -> Result<Self> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_luoshi"))
            .args(["demo", "--addr", "127.0.0.1:0", "--json", "--data"])
            .arg(folder)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("the program does not start")?;
        let out = child.stdout.take().context("piped")?;
        let mut demo = Self { child, address: String::new(), passwords: HashMap::new(), folder: None };
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        let told: serde_json::Value =
            serde_json::from_str(&line).with_context(|| format!("told {line:?}"))?;
        demo.address = told["address"].as_str().context("an address")?.to_owned();
        for account in told["accounts"].as_array().context("accounts")? {
            let text = |key: &str| account[key].as_str().unwrap_or_default().to_owned();
            demo.passwords.insert(text("login"), text("password"));
        }
        Ok(demo)
    }

    /// The password of a sample account.
    pub(crate) fn password(&self, login: &str) -> Result<&str> {
        self.passwords.get(login).map(String::as_str).with_context(|| format!("no account {login}"))
    }
}

/// The folder of a college made with these arguments, that nobody serves.
pub(crate) fn made(arguments: &[&str]) -> Result<PathBuf> {
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    let key: Vec<String> = arguments.iter().map(|a| (*a).to_owned()).collect();
    if let Some(folder) = made.get(&key) {
        return Ok(folder.clone());
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("college-{}", made.len()));
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    drop(Demo::serve(arguments, &folder)?);
    made.insert(key, folder.clone());
    Ok(folder)
}

/// Copies a folder with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let at = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &at)?;
        } else {
            fs::copy(entry.path(), &at)?;
        }
    }
    Ok(())
}
