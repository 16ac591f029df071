//! What holds for every page of every role: quiet, no wider than a telephone; and the keyboard alone is enough.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use fantoccini::key::Key;

use crate::demo::Demo;
use crate::screen::{Screen, walk};
use crate::webdriver;

/// The sample accounts, one of each role.
const LOGINS: [&str; 9] =
    ["dangban", "zuzhi", "shuji01", "jiwei", "lingdao", "dangyuan", "xitong", "anquan", "shenji"];

/// Of the pages that a page leads to, one of each of these kinds is looked at as well.
const KINDS: [&str; 8] =
    ["/record?", "/duties/", "/entries/", "/plans/", "/units/", "/admin/", "/exemptions", "/mine"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_of_every_role() -> Result<()> {
    let Some(driver) = webdriver("every_page_of_every_role") else { return Ok(()) };
    let demo = Demo::start(&[])?;
    walk("keyboard", &driver, &demo, keyboard).await?;
    walk("two-plans", &driver, &demo, two_plans).await?;
    let mut found = Vec::new();
    for login in LOGINS {
        walk(login, &driver, &demo, async |screen| {
            screen.sign_in(login).await?;
            found.extend(faults(screen, login).await?);
            Ok(())
        })
        .await?;
    }
    ensure!(found.is_empty(), "{} faults:\n{}", found.len(), found.join("\n"));
    Ok(())
}

/// The pages of a role: those of its navigation, and one of each kind that they lead to.
async fn faults(screen: &Screen<'_>, login: &str) -> Result<Vec<String>> {
    screen.width(390, 844).await?;
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let mut kinds: BTreeSet<&str> = BTreeSet::new();
    let mut ahead: Vec<String> = ["/", "/account"].map(str::to_owned).to_vec();
    let mut n = 0;
    while let Some(path) = ahead.get(n).cloned() {
        n += 1;
        if !seen.insert(path.clone()) {
            continue;
        }
        screen.go(&path).await?;
        let told = screen
            .js("return [document.querySelectorAll('h1').length, document.documentElement.scrollWidth,
                 [...document.querySelectorAll('nav.nav a')].map((a) => a.getAttribute('href')),
                 [...document.querySelectorAll('main a[href^=\"/\"]')].map((a) => a.getAttribute('href').split('#')[0]),
                 [...document.querySelectorAll('main *')].filter((e) => e.getBoundingClientRect().right > 391
                     && !e.closest('.mx-w, .t-w, .vh, [tabindex=\"0\"]')).slice(0, 3).map((e) => e.tagName + '.' + e.className)]")
            .await?;
        if told[0] != 1 {
            found.push(format!("{login} {path}: {} headings of the first rank", told[0]));
        }
        if told[1].as_u64() > Some(390) {
            found.push(format!("{login} {path}: {} pixels wide: {}", told[1], told[4]));
        }
        // Between the telephone and a whole screen the bar of an office is the first that does not fit.
        for width in [761, 900] {
            screen.width(width, 844).await?;
            let wide = screen.js("return document.documentElement.scrollWidth").await?;
            if wide.as_u64() > Some(width.into()) {
                found.push(format!("{login} {path}: {wide} pixels wide at {width}"));
            }
        }
        screen.width(390, 844).await?;
        for words in screen.complaints()? {
            found.push(format!("{login} {path}: {words}"));
        }
        let links = |list: &serde_json::Value| -> Vec<String> {
            let list = list.as_array().cloned().unwrap_or_default();
            list.iter().filter_map(|l| l.as_str().map(str::to_owned)).collect()
        };
        ahead.extend(links(&told[2]));
        for link in links(&told[3]) {
            let kind = KINDS.iter().find(|k| link.starts_with(**k));
            if let Some(kind) = kind
                && !link.contains(".xlsx")
                && !link.contains(".docx")
                && kinds.insert(kind)
            {
                ahead.push(link);
            }
        }
    }
    Ok(found)
}

/// What the demonstration is to show: the college's plan and the discipline committee's list run side by side, each can be
/// looked at alone, and a day that was told stands with what hangs on it.
async fn two_plans(screen: &Screen<'_>) -> Result<()> {
    screen.sign_in("dangban").await?;
    for path in ["/month", "/matrix", "/leader"] {
        screen.go(path).await?;
        let lenses = "return [...document.querySelectorAll('main a[href*=\"plan=\"]')].map((a) => a.getAttribute('href'))";
        let lenses = screen.js(lenses).await?.as_array().cloned().unwrap_or_default();
        let words = screen.words("main").await?;
        for plan in ["党建工作要点", "全面从严治党监督工作清单"] {
            ensure!(words.contains(plan), "{path} does not name {plan}");
        }
        ensure!(lenses.len() >= 2, "{path} offers {lenses:?}");
        for lens in lenses.iter().filter_map(|l| l.as_str()).take(2) {
            screen.go(lens).await?;
            ensure!(screen.words("main h1").await?.len() > 1, "{lens} is no page");
        }
    }
    screen.go("/events").await?;
    let told = screen.words("main").await?;
    ensure!(told.contains("教代会") && told.contains("4月24日"), "no day was told: {told}");
    screen.sign_out().await
}

/// Signs in and comes past the navigation with keys only; what has the focus can be seen.
async fn keyboard(screen: &Screen<'_>) -> Result<()> {
    screen.go("/login").await?;
    let tab = |n: usize| String::from(char::from(Key::Tab)).repeat(n);
    let mut tries = 0;
    while screen.js("return document.activeElement.name").await? != "login" {
        ensure!(tries < 8, "the first field is not reached by the tabulator");
        screen.client.active_element().await?.send_keys(&tab(1)).await?;
        tries += 1;
    }
    screen.client.active_element().await?.send_keys(&format!("dangban{}", tab(1))).await?;
    ensure!(
        screen.js("return document.activeElement.name").await? == "password",
        "the second field is not next"
    );
    let password = screen.password("dangban")?.to_owned();
    screen.js("window.leaving = true").await?;
    screen.client.active_element().await?.send_keys(&format!("{password}{}", char::from(Key::Enter))).await?;
    screen.until("!window.leaving && document.readyState === 'complete'").await?;
    ensure!(screen.client.current_url().await?.path() != "/login", "not let in");

    screen.find("body").await?.send_keys(&tab(1)).await?;
    ensure!(
        screen.js("return document.activeElement.className").await? == "skip",
        "the way past comes first"
    );
    let seen = "const r = document.activeElement.getBoundingClientRect(); return r.width > 20 && r.left >= 0 && r.top >= 0";
    ensure!(screen.js(seen).await? == true, "the way past is not seen when it has the focus");
    screen.client.active_element().await?.send_keys(&String::from(char::from(Key::Enter))).await?;
    screen.until("document.activeElement.id === 'main'").await
}
