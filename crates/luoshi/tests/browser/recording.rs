//! A monthly theme day is written down in under a minute: how often one has to touch the page is counted.

use anyhow::{Context as _, Result, ensure};

use crate::demo::Demo;
use crate::screen::{Screen, walk};
use crate::webdriver;

/// From the home page to the saved record: no more than this.
const MOST: usize = 6;

/// What one did on the page, each a click or a text.
struct Hand<'s, 'd> {
    screen: &'s Screen<'d>,
    touches: usize,
}

impl Hand<'_, '_> {
    async fn follow(&mut self, path: &str) -> Result<()> {
        self.touches += 1;
        let link = self.screen.find_path(path).await?;
        self.screen.follow(link).await
    }

    async fn tick(&mut self, css: &str) -> Result<()> {
        self.touches += 1;
        Ok(self.screen.find(css).await?.click().await?)
    }

    async fn write(&mut self, css: &str, text: &str) -> Result<()> {
        self.touches += 1;
        self.screen.fill(css, text).await
    }

    async fn press(&mut self, css: &str) -> Result<()> {
        self.touches += 1;
        self.screen.press(css).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_theme_day_that_is_an_assembly_too_takes_six_touches_at_most() -> Result<()> {
    let Some(driver) = webdriver("a_theme_day_that_is_an_assembly_too_takes_six_touches_at_most") else {
        return Ok(());
    };
    let demo = Demo::start(&[])?;
    walk("recording", &driver, &demo, async |screen| {
        screen.sign_in("shuji01").await?;
        screen.go("/").await?;
        let mut hand = Hand { screen, touches: 0 };
        let line =
            "//li[contains(@class,'todo')][contains(.,'主题党日（9月）')]//a[starts-with(@href,'/record')]";
        hand.follow(line).await.context("from the home page to the form")?;
        hand.tick("#also-branch-assembly").await?;
        let shown =
            "!!document.querySelector('#f-f_recorder') && !document.querySelector('.more #f-f_recorder')";
        screen.until(shown).await.context("the assembly's fields")?;
        let asked = screen.js("return document.querySelectorAll('#fields textarea[name=f_minutes]').length");
        ensure!(asked.await? == 1, "what was done is asked more than once");
        let more = screen.js("return document.querySelector('details.more').open").await?;
        ensure!(more == false, "what may stay empty is not folded away");
        hand.tick("[data-all=present]").await?;
        hand.write("#f-title", "走进产业园，讨论接收预备党员").await?;
        hand.write("#f-f_minutes", "参观实训车间，听两位师傅讲工艺；支委会报告培养情况，党员逐名讨论。")
            .await?;
        screen.until("!document.querySelector('#live[aria-busy]')").await?;
        let told = screen.words("#live").await?;
        ensure!(told.contains("主题党日（9月）"), "it counts for {told}");
        hand.press("button[name=do][value=save]").await?;
        let touches = hand.touches;
        ensure!(touches <= MOST, "{touches} touches");
        let page = screen.words("main").await?;
        ensure!(page.contains("齐全"), "it lacks something: {page}");
        Ok(())
    })
    .await
}
