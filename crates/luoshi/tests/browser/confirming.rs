//! A record is returned and confirmed; a draft survives the browser; a word of two characters finds it; a member looks
//! at what is held about them.

use anyhow::{Context as _, Result, ensure};

use crate::demo::Demo;
use crate::screen::{Screen, walk};
use crate::webdriver;

/// What the record is called until it was returned, and after.
const TITLE: &str = "对照检查找差距";

async fn has(screen: &Screen<'_>, words: &str) -> Result<()> {
    let page = screen.words("main").await?;
    ensure!(page.contains(words), "“{words}” is not on the page: {page}");
    Ok(())
}

/// The form of an 组织生活会 of the secretary's branch.
async fn form(screen: &Screen<'_>) -> Result<()> {
    screen.go("/record").await?;
    let link = screen.find_path("//a[contains(@href,'ledger=organisation-life')]").await?;
    screen.follow(link).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_is_returned_mended_and_confirmed() -> Result<()> {
    let Some(driver) = webdriver("a_record_is_returned_mended_and_confirmed") else { return Ok(()) };
    let demo = Demo::start(&[])?;
    // A draft is typed and the browser closed.
    walk("draft", &driver, &demo, async |screen| {
        screen.sign_in("shuji01").await?;
        form(screen).await?;
        screen.fill("#f-title", TITLE).await?;
        screen
            .until("(document.querySelector('[data-save-state]') || {}).textContent.includes('草稿已存')")
            .await
    })
    .await?;
    // Another browser, the same person: it is there; saved, it waits.
    let mut path = String::new();
    walk("confirming", &driver, &demo, async |screen| {
        screen.sign_in("shuji01").await?;
        form(screen).await?;
        let typed = screen.js("return document.querySelector('#f-title').value").await?;
        ensure!(typed == TITLE, "the draft says {typed}");
        screen.press("button[name=do][value=save]").await?;
        has(screen, "待确认").await?;
        path = screen.client.current_url().await?.path().to_owned();
        screen.sign_out().await?;

        screen.sign_in("dangban").await?;
        screen.go(&path).await?;
        screen.fill("#back-why", "请写明整改期限").await?;
        screen.press("#confirm button[value=return]").await?;
        has(screen, "已退回").await?;
        screen.sign_out().await?;

        screen.sign_in("shuji01").await?;
        screen.go("/month").await?;
        has(screen, "请写明整改期限").await.context("the home does not say why")?;
        let link = screen.find_path(&format!("//section[@id='returned']//a[.='{TITLE}']")).await?;
        screen.follow(link).await?;
        screen.press("a[href$='/revise']").await?;
        has(screen, "上级退回：请写明整改期限").await?;
        screen.fill("#f-f_minutes", "六月底前整改完毕。").await?;
        screen.press("button[name=do][value=save]").await?;
        has(screen, "待确认").await?;
        screen.sign_out().await?;

        screen.sign_in("dangban").await?;
        screen.go("/entries?state=waiting&ledger=organisation-life").await?;
        let tick = format!("//tr[contains(.,'{TITLE}')]//input[@name='pick']");
        screen.find_path(&tick).await?.click().await?;
        screen.press("button[name=do][value=confirm]").await?;
        screen.go(&path).await?;
        has(screen, "已确认").await?;
        has(screen, "第 2 版").await
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_word_of_two_characters_is_found_and_a_member_sees_their_own() -> Result<()> {
    let Some(driver) = webdriver("a_word_of_two_characters_is_found_and_a_member_sees_their_own") else {
        return Ok(());
    };
    let demo = Demo::start(&[])?;
    walk("searching", &driver, &demo, async |screen| {
        screen.sign_in("shuji01").await?;
        screen.go("/entries").await?;
        let title = screen.words("tbody tr:first-child .td-1 a").await?;
        let two: String = title.chars().filter(|c| ('\u{4e00}'..='\u{9fff}').contains(c)).take(2).collect();
        ensure!(two.chars().count() == 2, "{title} has no word");
        screen.fill("#kw", &two).await?;
        screen.press("form.flt button[type=submit]").await?;
        has(screen, &title).await.with_context(|| format!("{two} does not find it"))?;
        screen.sign_out().await?;

        screen.sign_in("dangyuan").await?;
        screen.go("/month").await?;
        let link = screen.find("a[href='/mine']").await?;
        screen.follow(link).await?;
        has(screen, "学时").await.context("their hours are not there")?;
        screen.go("/account").await?;
        let link = screen.find("a[href='/account/held']").await?;
        screen.follow(link).await?;
        has(screen, "名册里关于我的").await?;
        let taken = screen.download("/account/held.json").await?;
        let held: serde_json::Value = serde_json::from_slice(&taken.bytes)?;
        ensure!(held.as_object().is_some_and(|o| !o.is_empty()), "nothing is held: {held}");
        Ok(())
    })
    .await
}
