//! A secretary chooses a photograph and drops a paper; a closed browser loses neither; the office finds the record by a word
//! of the paper.

use std::io::{Cursor, Write as _};

use anyhow::{Context as _, Result, ensure};
use fantoccini::Locator;
use serde_json::json;

use crate::demo::Demo;
use crate::screen::{Screen, walk};
use crate::webdriver;

const PHOTO: &[u8] = include_bytes!("../../../demo/data/files/meeting.jpg");
/// A word that stands in the paper and nowhere else.
const WORD: &str = "白鹭洲码头";
const TITLE: &str = "走进产业园看工艺";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_photograph_and_a_paper_are_attached_and_found() -> Result<()> {
    let Some(driver) = webdriver("a_photograph_and_a_paper_are_attached_and_found") else { return Ok(()) };
    let demo = Demo::start(&[])?;
    walk("attaching", &driver, &demo, async |screen| {
        screen.sign_in("shuji01").await?;
        let form = attach(screen).await.context("attaching")?;
        refused(screen).await.context("a program")?;
        // As if the browser had been closed: the form again, from the same place.
        screen.go(&form).await?;
        both_are_there(screen, "#fields").await.context("after the browser was closed")?;
        let twin = screen.js("return document.body.textContent.includes('另一份草稿')").await?;
        ensure!(twin == false, "one window has made two drafts");
        save(screen).await.context("saving")?;
        screen.sign_out().await?;
        screen.sign_in("dangban").await?;
        found(screen).await.context("finding")
    })
    .await
}

/// A docx of one paragraph.
fn paper() -> Result<Vec<u8>> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let parts = [
        ("[Content_Types].xml", "<?xml version=\"1.0\"?><Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>".to_owned()),
        ("word/document.xml", format!("<?xml version=\"1.0\"?><w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body><w:p><w:r><w:t>九点在{WORD}集合</w:t></w:r></w:p></w:body></w:document>")),
    ];
    for (name, text) in parts {
        zip.start_file(name, zip::write::SimpleFileOptions::default())?;
        zip.write_all(text.as_bytes())?;
    }
    Ok(zip.finish()?.into_inner())
}

/// Lets a file fall on the place for attachments.
async fn let_fall(screen: &Screen<'_>, name: &str, bytes: &[u8]) -> Result<()> {
    let drop = "const [name, bytes] = arguments; const carried = new DataTransfer();
        carried.items.add(new File([new Uint8Array(bytes)], name));
        document.querySelector('[data-files=file_attachments] .drop').dispatchEvent(
            new DragEvent('drop', { dataTransfer: carried, bubbles: true, cancelable: true }))";
    screen.client.execute(drop, vec![json!(name), json!(bytes)]).await?;
    Ok(())
}

async fn both_are_there(screen: &Screen<'_>, place: &str) -> Result<()> {
    for name in ["现场.jpg", "活动方案.docx"] {
        let shown = format!(
            "[...document.querySelectorAll('{place} .fl a')].some((a) => a.textContent === '{name}')"
        );
        screen.until(&shown).await?;
    }
    // The small picture is one, and not only a place for it.
    screen.until(&format!("document.querySelector('{place} .fl img')?.naturalWidth > 0")).await
}

/// Opens the form of this month's theme day, chooses the photograph, drops the paper; the address of the form.
async fn attach(screen: &Screen<'_>) -> Result<String> {
    screen.go("/").await?;
    let line =
        "//li[contains(@class,'todo')][contains(.,'主题党日（9月）')]//a[starts-with(@href,'/record')]";
    let link = screen.find_path(line).await?;
    screen.follow(link).await?;
    let form = screen.client.current_url().await?;
    let form = format!("{}?{}", form.path(), form.query().unwrap_or_default());
    let folder = tempfile::tempdir()?;
    let photo = folder.path().join("现场.jpg");
    std::fs::write(&photo, PHOTO)?;
    // As over a slow line: a draft is still on its way while the next change is made.
    let slow = "const fetched = window.fetch; window.fetch = (...asked) => fetched(...asked).then((answer) => \
                asked[0] !== '/record/draft' ? answer : new Promise((go) => setTimeout(go, 400, answer)))";
    screen.js(slow).await?;
    screen.fill("#f-title", TITLE).await?;
    screen.find("#f-f_attachments").await?.send_keys(&photo.display().to_string()).await?;
    let_fall(screen, "活动方案.docx", &paper()?).await?;
    both_are_there(screen, "#fields").await?;
    let chosen = screen.js("return document.querySelector('#f-f_attachments').files.length").await?;
    ensure!(chosen == 0, "the photograph would be sent once more with the form");
    let saved = "document.querySelectorAll('#fl-f_attachments input:checked').length === 2 \
                 && /草稿已存/.test(document.querySelector('[data-save-state]').textContent) \
                 && !document.querySelector('[data-unsaved]')";
    screen.until(saved).await.context("the draft")?;
    Ok(form)
}

/// What is not taken is told beside the others, which stay.
async fn refused(screen: &Screen<'_>) -> Result<()> {
    let_fall(screen, "通知.pdf", b"MZ\x90\0\x03\0\0\0 a program").await?;
    screen.until("/可执行程序/.test(document.querySelector('.up')?.textContent || '')").await?;
    both_are_there(screen, "#fields").await?;
    // The driver notes each answer that is no success.
    let told = screen.complaints()?;
    ensure!(told.iter().all(|t| t.contains("/record/file") && t.contains("422")), "{told:?}");
    Ok(())
}

async fn save(screen: &Screen<'_>) -> Result<()> {
    screen.fill("#f-f_minutes", "参观实训车间，听两位师傅讲工艺，党员逐名谈了体会。").await?;
    screen.press("button[name=do][value=save]").await?;
    both_are_there(screen, "article.entry").await?;
    let links = screen.client.find_all(Locator::Css("article.entry .fl-n a")).await?;
    ensure!(links.len() == 2, "{} files", links.len());
    for link in links {
        let name = link.text().await?;
        let path = link.attr("href").await?.context("an address")?;
        let file = screen.download(&path).await?;
        ensure!(file.disposition.starts_with("attachment"), "{}", file.disposition);
        if name.ends_with(".docx") {
            ensure!(file.bytes == paper()?, "the paper is another");
        } else {
            ensure!(file.kind == "image/jpeg" && file.bytes.starts_with(b"\xff\xd8\xff"), "{}", file.kind);
        }
    }
    Ok(())
}

async fn found(screen: &Screen<'_>) -> Result<()> {
    screen.go("/entries").await?;
    screen.fill("main input[name=q]", WORD).await?;
    screen.find("main input[name=q]").await?.send_keys("\u{e007}").await?;
    let shown = format!(
        "location.search.includes('q=') && [...document.querySelectorAll('main table a')].some((a) => a.textContent.includes('{TITLE}'))"
    );
    screen.until(&shown).await?;
    let rows = screen.js("return document.querySelectorAll('main table tbody tr').length").await?;
    ensure!(rows == 1, "{rows} records are found by {WORD}");
    Ok(())
}
