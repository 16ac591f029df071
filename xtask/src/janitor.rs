//! Cleaning up, however this program ends.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

/// Runs a shell script when it is dropped, and also when this program is interrupted or killed: the shell waits for the
/// end of a pipe that only this program holds, in a process group of its own, so that what ends this one spares it.
pub(crate) struct Janitor(Child);

impl Janitor {
    /// Starts a shell that will run `script` with `arguments` as `$1`, `$2`…
    pub(crate) fn hire(script: &str, arguments: &[&str]) -> Result<Self> {
        let waiting = format!("trap '' INT TERM HUP; read -r _; {script}");
        let child = Command::new("sh")
            .args(["-c", &waiting, "janitor"])
            .args(arguments)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start sh")?;
        Ok(Self(child))
    }
}

impl Drop for Janitor {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // Nothing is left to do when the shell cannot be waited for.
        let _ = self.0.wait();
    }
}
