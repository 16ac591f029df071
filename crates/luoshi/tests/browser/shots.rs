//! The pictures of the handbook and the README, taken of real pages: `LUOSHI_SHOTS=docs/images` names the folder
//! (from the root of the workspace). Without it nothing is taken.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::json;

use crate::demo::Demo;
use crate::plan_file;
use crate::screen::{Screen, walk};
use crate::webdriver;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pictures() -> Result<()> {
    let Some(folder) = std::env::var_os("LUOSHI_SHOTS").map(PathBuf::from) else { return Ok(()) };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
    let Some(driver) = webdriver("pictures") else { return Ok(()) };
    let demo = Demo::start(&[])?;
    walk("pictures", &driver, &demo, async |screen| {
        // Before the first page: one that is there already keeps its bars.
        screen.devtools("Emulation.setScrollbarsHidden", &json!({ "hidden": true }))?;
        screen.sign_in("dangban").await?;
        for (path, name, height) in [("/plan", "plan.png", 900), ("/matrix", "matrix.png", 900)] {
            screen.go(path).await?;
            take(screen, &folder, name, height).await?;
        }
        let own = tempfile::tempdir()?;
        let file = plan_file::write(own.path())?;
        screen.go("/plans").await?;
        screen.find("input[type=file]").await?.send_keys(&file.display().to_string()).await?;
        screen.press("form[action='/plans'] button[type=submit]").await?;
        take(screen, &folder, "review.png", 900).await?;
        screen.sign_out().await?;

        screen.sign_in("shuji01").await?;
        screen.go("/month").await?;
        take(screen, &folder, "month.png", 900).await?;
        let line = "//li[contains(@class,'todo')][.//span[contains(@class,'soon')]]//a[starts-with(@href,'/record')]";
        let button = screen.find_path(line).await?;
        screen.follow(button).await?;
        take(screen, &folder, "record.png", 1000).await
    })
    .await
}

/// The top of the page, 1440 wide.
async fn take(screen: &Screen<'_>, folder: &Path, name: &str, height: u32) -> Result<()> {
    screen.width(1440, height).await?;
    let png = screen.client.screenshot().await?;
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join(name), png).with_context(|| name.to_owned())
}
