//! The browser's driver, on a free port of the loopback.

use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::janitor::Janitor;
use crate::tools;

/// What Chromium is started with: no screen, no sandbox (there is none in a container), nothing from the network but
/// the page under test.
pub(crate) const CHROMIUM_FLAGS: &str = "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run \
    --disable-background-networking --disable-component-update --disable-sync --disable-dev-shm-usage";

/// A running driver; it ends, and its browsers with it, when this is dropped.
pub(crate) struct Webdriver {
    port: u16,
    _janitor: Janitor,
}

impl Webdriver {
    /// Its address.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

/// Starts a driver.
pub(crate) fn start() -> Result<Webdriver> {
    let program = tools::chromedriver().context("chromedriver is not installed")?;
    let port = tools::free_port()?;
    let mut child = Command::new(program)
        .arg(format!("--port={port}"))
        .arg("--log-level=SEVERE")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .context("cannot start chromedriver")?;
    let janitor = Janitor::hire("kill \"$1\"", &[&child.id().to_string()])?;
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if let Some(status) = child.try_wait()? {
            bail!("chromedriver ended: {status}");
        }
        if begun.elapsed() > Duration::from_secs(30) {
            bail!("chromedriver does not answer on port {port}");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(Webdriver { port, _janitor: janitor })
}
