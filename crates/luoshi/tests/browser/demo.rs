//! The demonstration, served by the real program.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result};

/// A running demonstration; it ends when this is dropped.
pub(crate) struct Demo {
    child: Child,
    pub(crate) address: String,
    passwords: HashMap<String, String>,
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Demo {
    /// Makes the college and serves it on a free port.
    pub(crate) fn start(arguments: &[&str]) -> Result<Self> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_luoshi"))
            .args(["demo", "--addr", "127.0.0.1:0", "--json"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("the program does not start")?;
        let out = child.stdout.take().context("piped")?;
        let mut demo = Self { child, address: String::new(), passwords: HashMap::new() };
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
