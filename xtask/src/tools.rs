//! Programs that the tests need beside Rust, and how a bare Debian gets them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Something that the tests need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// `initdb` and `pg_ctl`.
    Postgres,
    /// A browser that can run without a screen.
    Chromium,
    /// Its driver.
    Chromedriver,
    /// A font with Chinese characters, without which the browser shows boxes and measures them.
    ChineseFont,
    /// Runs the scorer beside the labelled plans.
    Python,
    /// LibreOffice for documents, without a screen.
    Writer,
    /// LibreOffice for sheets.
    Calc,
}

impl Need {
    /// Debian's package; the smallest that does.
    fn package(self) -> &'static str {
        match self {
            Self::Postgres => "postgresql",
            Self::Chromium => "chromium",
            Self::Chromedriver => "chromium-driver",
            Self::ChineseFont => "fonts-wqy-zenhei",
            Self::Python => "python3",
            Self::Writer => "libreoffice-writer-nogui",
            Self::Calc => "libreoffice-calc-nogui",
        }
    }

    fn is_there(self) -> bool {
        match self {
            Self::Postgres => postgres_folder().is_some(),
            Self::Chromium => ["chromium", "chromium-browser", "google-chrome"].into_iter().any(is_on_path),
            Self::Chromedriver => chromedriver().is_some(),
            Self::Python => is_on_path("python3"),
            Self::Writer | Self::Calc => is_on_path("soffice") || is_on_path("libreoffice"),
            Self::ChineseFont => {
                let listed = Command::new("fc-list").arg(":lang=zh-cn").stderr(Stdio::null()).output();
                listed.is_ok_and(|o| !o.stdout.is_empty())
            }
        }
    }
}

/// Sees to it that everything in `needs` is there.
pub(crate) fn provide(needs: &[Need]) -> Result<()> {
    let missing: Vec<Need> = needs.iter().copied().filter(|n| !n.is_there()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().map(|n| n.package()).collect();
    let install = format!("apt-get install --no-install-recommends {}", packages.join(" "));
    if !is_root() || !is_on_path("apt-get") {
        bail!("these are needed and not installed: {}\non Debian, as root: {install}", packages.join(", "));
    }
    println!("installing what is missing: {}", packages.join(" "));
    apt(&["update", "-qq"]).context("apt-get update failed")?;
    let arguments = [&["install", "-y", "-qq", "--no-install-recommends"], packages.as_slice()].concat();
    apt(&arguments).with_context(|| format!("{install} failed"))?;
    match missing.iter().find(|n| !n.is_there()) {
        None => Ok(()),
        Some(need) => bail!("{} was installed and still is not found", need.package()),
    }
}

fn apt(arguments: &[&str]) -> Result<()> {
    let status = Command::new("apt-get")
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()?;
    if status.success() { Ok(()) } else { bail!("{status}") }
}

/// Whether this program runs as root.
pub(crate) fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout.trim_ascii() == b"0")
}

/// Whether the shell would find the program.
pub(crate) fn is_on_path(program: &str) -> bool {
    on_path(program).is_some()
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// The driver; Debian puts it on the path, others beside the browser.
pub(crate) fn chromedriver() -> Option<PathBuf> {
    let beside = Path::new("/usr/lib/chromium/chromedriver");
    on_path("chromedriver").or_else(|| beside.is_file().then(|| beside.to_owned()))
}

/// The folder of `initdb` and `pg_ctl`: on the path, or the newest of Debian's.
pub(crate) fn postgres_folder() -> Option<PathBuf> {
    if let Some(folder) = on_path("initdb").as_deref().and_then(Path::parent)
        && folder.join("pg_ctl").is_file()
    {
        return Some(folder.to_owned());
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let number = |folder: &PathBuf| folder.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions
        .flatten()
        .map(|entry| entry.path())
        .filter(|folder| folder.join("bin/initdb").is_file())
        .max_by_key(number)?;
    Some(newest.join("bin"))
}

/// A port of the loopback that nobody uses at the moment.
pub(crate) fn free_port() -> Result<u16> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).context("no free port on the loopback")?;
    Ok(listener.local_addr()?.port())
}
