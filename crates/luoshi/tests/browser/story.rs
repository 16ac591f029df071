//! The whole way, as one story: the office hands in the plan of the new year, mends it and publishes; a branch secretary
//! does one thing of it and writes it down; the office sees the cell turn, comes back to the clause, and exports.

use std::io::{Cursor, Read as _};

use anyhow::{Context as _, Result, ensure};
use calamine::{Reader as _, Xlsx};

use crate::demo::Demo;
use crate::plan_file::{self, CLAUSE, NO_UNIT, TITLE};
use crate::screen::{Download, Screen, walk};
use crate::webdriver;

/// What the clerk calls the obligation of the story's clause.
const NAME: &str = "特色项目定下来";

/// The branch of the sample account `shuji01`; read from its pages.
struct Branch(String);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_way() -> Result<()> {
    let Some(driver) = webdriver("the_whole_way") else { return Ok(()) };
    // The year after the demonstration's own plan: the plan of the story is the one that runs.
    let demo = Demo::start(&["--today", "2027-03-05"])?;
    walk("the-whole-way", &driver, &demo, async |screen| {
        screen.sign_in("dangban").await?;
        let plan = hand_in(screen).await.context("handing in the plan")?;
        mend(screen).await.context("mending an obligation")?;
        publish(screen, &plan).await.context("publishing")?;
        screen.sign_out().await?;

        screen.sign_in("shuji01").await?;
        let branch = record(screen).await.context("recording")?;
        screen.sign_out().await?;

        screen.sign_in("dangban").await?;
        back_to_the_clause(screen, &branch).await.context("from the cell to the clause")?;
        exports(screen).await.context("exporting")
    })
    .await
}

/// The real plan is read in the page as well; it is published on the command line's own way (`demo --plan`).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_plan_of_2022_is_read() -> Result<()> {
    let Some(driver) = webdriver("the_plan_of_2022_is_read") else { return Ok(()) };
    let Some(file) = testkit::shared("seed/plan-2022.txt") else { return Ok(()) };
    let demo = Demo::start(&["--today", "2027-03-05"])?;
    walk("the-plan-of-2022", &driver, &demo, async |screen| {
        screen.sign_in("dangban").await?;
        screen.go("/plans").await?;
        screen.find("input[type=file]").await?.send_keys(&file.display().to_string()).await?;
        screen.press("form[action='/plans'] button[type=submit]").await?;
        let items = screen.js("return document.querySelectorAll('article.rv-item').length").await?;
        ensure!(items == 20, "{items} items are shown");
        let words = screen.words("main").await?;
        for part in ["L", "三会一课", "定期"] {
            ensure!(words.contains(part), "“{part}” is not on the page");
        }
        let said = screen.js("return document.querySelectorAll('section.dx').length").await?;
        ensure!(said.as_u64() >= Some(4), "only {said} remarks");
        Ok(())
    })
    .await
}

/// Uploads the plan; the path of its page.
async fn hand_in(screen: &Screen<'_>) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let file = plan_file::write(folder.path())?;
    screen.go("/plans").await?;
    screen.find("input[type=file]").await?.send_keys(&file.display().to_string()).await?;
    screen.press("form[action='/plans'] button[type=submit]").await?;
    ensure!(screen.words("main h1").await?.contains(TITLE), "it is another page");
    let items = screen.js("return document.querySelectorAll('article.rv-item').length").await?;
    ensure!(items == 6, "{items} items are shown");
    ensure!(
        screen.words("article.rv-item:nth-of-type(1)").await?.contains("中心组"),
        "the first item's words"
    );
    Ok(screen.client.current_url().await?.path().to_owned())
}

/// Sees that publishing is refused, mends the words for which it is, puts the right title in place, and changes one
/// obligation.
async fn mend(screen: &Screen<'_>) -> Result<()> {
    screen.find(".btn-red[aria-disabled=true]").await.context("an error stands, yet it may be published")?;
    let item =
        format!("//article[contains(@class,'rv-item')][contains(.,'{NO_UNIT}')]//a[text()='改这一条的文字']");
    let change = screen.find_path(&item).await?;
    screen.follow(change).await?;
    let words = "return document.querySelector('main textarea').value";
    let words = screen.js(words).await?.as_str().context("the item's words")?.replace(NO_UNIT, "就业中心");
    screen.fill("main textarea", &words).await?;
    screen.press("main form[action*='/i/'] button.btn-ink").await?;
    screen
        .find(".btn-red:not([aria-disabled])")
        .await
        .context("the error is mended, yet it may not be published")?;
    let right = "//section[contains(@class,'dx')]//button[@value='replace']";
    let button = screen.find_path(right).await?;
    screen.follow(button).await?;
    ensure!(
        screen.words("main").await?.contains("关于新形势下党内政治生活的若干准则"),
        "the right title is not in the text"
    );
    let card = "//article[contains(@class,'ob')][.//a[starts-with(@href,'#m-')]][contains(.,'特色项目')]//a[contains(@href,'/o/')]";
    let change = screen.find_path(card).await?;
    screen.follow(change).await?;
    screen.fill("input[name=title]", NAME).await?;
    // The branches choose their project, whoever leads the item.
    screen.fill("input[name=units]", "").await?;
    let branches = screen.find("input[name=kinds][value=branch]").await?;
    if !branches.is_selected().await? {
        branches.click().await?;
    }
    screen
        .js("const s = document.querySelector('select[name=ledger]'); if (!s.value) s.value = 'general-work'; return s.value")
        .await?;
    screen.press("button[value=save]").await?;
    let mended = screen.find_path(&format!("//article[contains(@class,'ob')][contains(.,'{NAME}')]")).await?;
    ensure!(mended.text().await?.contains("已确认"), "what was mended is not confirmed");
    Ok(())
}

async fn publish(screen: &Screen<'_>, plan: &str) -> Result<()> {
    screen.go(plan).await?;
    screen.press(".rv-top a.btn-red").await?;
    let cost = screen.words("main .sub").await?;
    ensure!(cost.contains("应办事项"), "what it costs is not said: {cost}");
    if screen.js("return !!document.querySelector('input[name=seen]')").await? == true {
        screen.find("input[name=seen]").await?.click().await?;
    }
    screen.press("main form button.btn-red").await?;
    screen.go("/plan").await?;
    ensure!(screen.words("main h1").await?.contains(TITLE), "another plan runs");
    Ok(())
}

/// 本月 → 记一笔 → saved, and what it counts for; the branch's name.
async fn record(screen: &Screen<'_>) -> Result<Branch> {
    screen.go("/month").await?;
    let branch = screen.words("main .crumb").await?;
    let line =
        format!("//li[contains(@class,'todo')][contains(.,'{NAME}')]//a[starts-with(@href,'/record')]");
    let button = screen.find_path(&line).await?;
    screen.follow(button).await?;
    let count = "document.querySelector('#live .cnt')";
    screen.until(&format!("parseInt({count}.textContent) >= 1")).await.context("nothing is offered")?;

    screen.fill("#f-title", "支部大会确定2027年特色项目").await?;
    // Where nobody need meet, who came is folded away.
    if screen.js("return !!document.querySelector('[data-all=present]')?.checkVisibility()").await? == true {
        screen.find("[data-all=present]").await?.click().await?;
    }
    let empty = "return [...document.querySelectorAll('#fields textarea, #fields input[type=text], #fields input:not([type])')]\
                 .filter((i) => i.id && i.offsetParent && !i.value && !i.closest('#who, details:not([open])')).map((i) => '#' + CSS.escape(i.id))";
    let empty = screen.js(empty).await?;
    for control in empty.as_array().into_iter().flatten().filter_map(|c| c.as_str()) {
        screen.fill(control, "支部大会讨论通过：实训车间党员示范岗，由党小组每月检查一次").await?;
    }
    // What it counts for is asked again while one writes.
    screen.until("!document.querySelector('#live[aria-busy]')").await?;
    ensure!(screen.words("#live").await?.contains(NAME), "it does not say what it counts for");
    screen.press("button[name=do][value=save]").await?;
    let counts = screen.words("#counts").await?;
    ensure!(counts.contains(NAME) && counts.contains("已办"), "what it counts for: {counts}");
    Ok(Branch(branch.trim().to_owned()))
}

/// The matrix: the cell has turned; from it to the duty, and to the clause's words in the plan.
async fn back_to_the_clause(screen: &Screen<'_>, branch: &Branch) -> Result<()> {
    screen.go("/matrix?period=year").await?;
    let cell = format!(
        "const table = document.querySelector('table.mx');
         const heads = [...table.querySelectorAll('tr.o th')];
         const column = heads.findIndex((h) => h.textContent.includes('{NAME}') || (h.querySelector('a')?.title || '').includes('{NAME}'));
         const row = [...table.querySelectorAll('tbody tr')].find((r) => '{branch}'.endsWith(r.querySelector('th').textContent.trim()));
         if (column < 0 || !row) return [column, !!row, heads.map((h) => h.textContent)];
         const cell = row.children[column]; cell.id = 'the-cell'; return cell.className",
        branch = branch.0
    );
    let class = screen.js(&cell).await?;
    ensure!(class.as_str().is_some_and(|c| c.split(' ').any(|c| c == "met")), "the cell is {class}");
    screen.find("#the-cell a").await?.click().await?;
    let sheet = screen.words("#pop").await?;
    ensure!(sheet.contains("已办"), "the sheet over the cell: {sheet}");
    screen.press("#pop .acts a").await?;
    if !screen.client.current_url().await?.path().starts_with("/duties/") {
        screen.press("table a[href^='/duties/']").await?;
    }
    ensure!(
        screen.words("#entries").await?.contains("支部大会确定2027年特色项目"),
        "the record is not there"
    );
    screen.press(".src-l a").await?;
    ensure!(screen.words("main h1").await?.contains(TITLE), "it is another plan");
    // The mark stands before the words that it names.
    let words = "const m = document.querySelector(':target')?.nextElementSibling; return m && m.offsetParent && m.textContent";
    let words = screen.js(words).await?;
    ensure!(words == CLAUSE, "the clause that is led to is {words}");
    Ok(())
}

async fn exports(screen: &Screen<'_>) -> Result<()> {
    for page in ["/matrix", "/entries", "/duties"] {
        screen.go(page).await?;
        let link = screen
            .js("return document.querySelector('main a[href*=\".xlsx\"]')?.getAttribute('href')")
            .await?;
        let link = link.as_str().with_context(|| format!("{page} exports nothing"))?;
        let rows = sheet(&screen.download(link).await?).with_context(|| link.to_owned())?;
        ensure!(rows > 1, "{link} has {rows} rows");
    }
    screen.go("/reports").await?;
    let link =
        screen.js("return document.querySelector('main a[href*=\".docx\"]')?.getAttribute('href')").await?;
    let link = link.as_str().context("no 通报 is offered on /reports")?;
    let words = document(&screen.download(link).await?).with_context(|| link.to_owned())?;
    ensure!(words.contains("通报"), "it is no 通报");
    Ok(())
}

/// Rows of the first sheet.
fn sheet(file: &Download) -> Result<usize> {
    ensure!(
        file.kind.starts_with("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        "{}",
        file.kind
    );
    ensure!(file.disposition.starts_with("attachment"), "{}", file.disposition);
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(file.bytes.as_slice()))?;
    let range = book.worksheet_range_at(0).context("no sheet")??;
    Ok(range.height())
}

/// The text of a Word file.
fn document(file: &Download) -> Result<String> {
    ensure!(
        file.kind.starts_with("application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        "{}",
        file.kind
    );
    let mut archive = zip::ZipArchive::new(Cursor::new(file.bytes.as_slice()))?;
    let mut text = String::new();
    archive.by_name("word/document.xml")?.read_to_string(&mut text)?;
    Ok(text)
}
