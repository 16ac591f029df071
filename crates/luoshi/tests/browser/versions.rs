//! The clerk's year with the plan itself: words mended while the page tells what is read in them, a later version
//! compared and published, next year's plan beside this year's, and what it costs.

use std::io::{Cursor, Read as _};

use anyhow::{Context as _, Result, ensure};

use crate::demo::Demo;
use crate::plan_file;
use crate::screen::{Screen, walk};
use crate::webdriver;

/// What the clerk calls the obligation that comes again next year.
const NAME: &str = "特色项目定下来";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_later_version_and_next_years_plan() -> Result<()> {
    let Some(driver) = webdriver("a_later_version_and_next_years_plan") else { return Ok(()) };
    let demo = Demo::start(&[])?;
    walk("versions", &driver, &demo, async |screen| {
        screen.sign_in("dangban").await?;
        screen.go("/plans").await?;
        let college = screen.find_path("//main//table//a[contains(., '党建工作要点')]").await?;
        screen.follow(college).await?;
        let plan = screen.client.current_url().await?.path().to_owned();
        type_and_see(screen, &plan).await.context("typing")?;
        decide(screen, &plan).await.context("deciding")?;
        later_version(screen, &plan).await.context("the later version")?;
        let next = next_year(screen).await.context("next year's plan")?;
        cost(screen, &next).await.context("what it costs")
    })
    .await
}

/// The diagnostics move as one types; what is saved can be had as a document again.
async fn type_and_see(screen: &Screen<'_>, plan: &str) -> Result<()> {
    screen.go(&format!("{plan}/i/15")).await?;
    let words = screen.js("return document.querySelector('main textarea').value").await?;
    let words = words.as_str().context("the item's words")?.to_owned();
    ensure!(!screen.words("#read").await?.contains("没有的部门"), "before anything is typed");
    screen.fill("main textarea", &words.replace("牵头部门：就业中心", "牵头部门：没有的部门")).await?;
    screen.until("document.querySelector('#read').textContent.includes('没有的部门')").await?;
    let better = words.replace("每学期组织1次", "每季度组织1次");
    screen.fill("main textarea", &better).await?;
    screen.until("!document.querySelector('#read').textContent.includes('没有的部门')").await?;
    screen.until("document.querySelector('#read').textContent.includes('每季度至少1次')").await?;
    screen.press("main form[action*='/i/'] button.btn-ink").await?;
    let text = text_of(screen, plan).await?;
    ensure!(text.iter().any(|l| l.contains("每季度组织1次访企拓岗")), "the mended words are not in the file");
    Ok(())
}

/// The paragraphs of the plan as the page hands it out.
async fn text_of(screen: &Screen<'_>, plan: &str) -> Result<Vec<String>> {
    let file = screen.download(&format!("{plan}/text.docx")).await?;
    let mut archive = zip::ZipArchive::new(Cursor::new(file.bytes.as_slice()))?;
    let mut xml = String::new();
    archive.by_name("word/document.xml")?.read_to_string(&mut xml)?;
    let plain = |paragraph: &str| -> String {
        paragraph.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text).collect()
    };
    Ok(xml.split("</w:p>").map(plain).filter(|l| !l.trim().is_empty()).collect())
}

/// An obligation gets another name and another ledger; the ledger says what it keeps.
async fn decide(screen: &Screen<'_>, plan: &str) -> Result<()> {
    screen.go(plan).await?;
    let card = "//article[contains(@class,'ob')][.//a[starts-with(@href,'#m-')]][contains(.,'特色项目')]//a[contains(@href,'/o/')]";
    let change = screen.find_path(card).await?;
    screen.follow(change).await?;
    screen.fill("input[name=title]", NAME).await?;
    let says = screen
        .js("const s = document.querySelector('select[name=ledger]'); s.value = 'theme-day';
             s.dispatchEvent(new Event('change', { bubbles: true })); return document.getElementById(s.dataset.says).textContent")
        .await?;
    ensure!(says.as_str().is_some_and(|s| s.starts_with("记：")), "it does not say what it keeps: {says}");
    screen.press("button[value=save]").await?;
    screen.find_path(&format!("//article[contains(@class,'ob')][contains(.,'{NAME}')]")).await?;
    Ok(())
}

/// One item goes, one comes to the front, one rhythm changes: the page says so, it is published, and nothing due is touched.
async fn later_version(screen: &Screen<'_>, plan: &str) -> Result<()> {
    let mut lines = text_of(screen, plan).await?;
    let is = |l: &String, n: &str| l.starts_with(&format!("{n}."));
    lines.retain(|l| !is(l, "14"));
    for l in &mut lines {
        *l = l.replace("每半年开展1次组织生活专项自查", "每季度开展1次组织生活专项自查");
    }
    let first = lines.iter().position(|l| is(l, "1")).context("the first item")?;
    let new = "1.用好红色资源。各支部12月10日前组织1次校史馆现场学习。（牵头部门：宣传部，责任部门：各支部）";
    lines.insert(first, new.to_owned());
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("修改稿.txt");
    std::fs::write(&file, lines.join("\n"))?;
    screen
        .press(&format!("a[href='{plan}/version']"))
        .await
        .or(Err(anyhow::anyhow!("no way to a later version")))?;
    screen.find("input[type=file]").await?.send_keys(&file.display().to_string()).await?;
    screen.press("main form button[type=submit]").await?;
    let words = screen.words("main").await?;
    for part in ["新旧对照", "条有改动", "1 条新增", "1 条删去", "用好红色资源", "照旧", "重排", "不再要求"]
    {
        ensure!(words.contains(part), "“{part}” is not on the page");
    }
    let marked =
        screen.js("return [...document.querySelectorAll('.df ins')].map((i) => i.textContent)").await?;
    ensure!(
        marked.as_array().is_some_and(|m| m.iter().any(|w| w == "季度")),
        "the changed words are not marked: {marked}"
    );
    let overdue = async || -> Result<serde_json::Value> {
        screen.go("/duties?standing=overdue").await?;
        screen.js("return document.querySelectorAll('main tbody tr').length + ' ' + document.querySelector('main .sub, main .head').textContent.match(/\\d+/)").await
    };
    let before = overdue().await?;
    screen.go(&format!("{plan}/difference")).await?;
    screen.press("#counted .btn-red").await?;
    if screen.client.current_url().await?.path().ends_with("/publish") {
        if screen.js("return !!document.querySelector('input[name=seen]')").await? == true {
            screen.find("input[name=seen]").await?.click().await?;
        }
        screen.press("main form button.btn-red").await?;
    }
    ensure!(screen.client.current_url().await?.path() == "/plan", "it is not published");
    ensure!(screen.words("main").await?.contains("用好红色资源"), "another version runs");
    let after = overdue().await?;
    ensure!(before == after, "what was due is touched: {before} before, {after} after");
    Ok(())
}

/// The plan of 2027: what recurs, what was left, and the decision of this year's taken over in one step; its path.
async fn next_year(screen: &Screen<'_>) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let file = plan_file::write(folder.path())?;
    screen.go("/plans").await?;
    screen.find("input[type=file]").await?.send_keys(&file.display().to_string()).await?;
    screen.press("form[action='/plans'] button[type=submit]").await?;
    let next = screen.client.current_url().await?.path().to_owned();
    screen.press(&format!("a[href='{next}/last-year']")).await?;
    let words = screen.words("main").await?;
    for part in ["对照上一年", "上一年第", "没有办", NAME, "上一年定的是"] {
        ensure!(words.contains(part), "“{part}” is not on the page");
    }
    screen.press("#take button[type=submit]").await?;
    screen.find_path(&format!("//article[contains(@class,'ob')][contains(.,'{NAME}')]")).await?;
    screen.press("form[action$='/back'] button").await?;
    ensure!(!screen.words("main").await?.contains(NAME), "one step takes it back");
    screen.go(&format!("{next}/last-year")).await?;
    screen.press("#take button[type=submit]").await?;
    let waiting = "form[action$='/confirm'] button";
    screen.press(&format!(".rv-top {waiting}")).await?;
    let left = screen.js(&format!("return document.querySelectorAll(\".rv-top {waiting}\").length")).await?;
    ensure!(left == 0, "something still waits to be confirmed");
    Ok(next)
}

/// Duties by unit and month, and two asks made one.
async fn cost(screen: &Screen<'_>, plan: &str) -> Result<()> {
    screen.go(&format!("{plan}/publish")).await?;
    let months =
        screen.js("return document.querySelector('.t-um').querySelectorAll('thead th').length").await?;
    ensure!(months == 15, "{months} columns");
    let doubles = "return document.querySelectorAll('#doubles article').length";
    let before = screen.js(doubles).await?.as_u64().unwrap_or(0);
    ensure!(before > 0, "nothing is asked twice");
    screen.press("#doubles button[value=merge]").await?;
    ensure!(screen.client.current_url().await?.path().ends_with("/publish"), "it leads away from the cost");
    let after = screen.js(doubles).await?.as_u64().unwrap_or(0);
    ensure!(after < before, "{after} doubles are left of {before}");
    Ok(())
}
