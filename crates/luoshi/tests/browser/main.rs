//! The real program in a real browser: what a clerk and a branch secretary do in a year, step by step, and what holds
//! for every page. Needs a WebDriver in `LUOSHI_TEST_WEBDRIVER` (`cargo xtask test` starts one) and is skipped, loudly,
//! without. A step that fails leaves a picture in `target/browser/`.

mod attaching;
mod cases;
mod confirming;
mod demo;
mod pages;
mod plan_file;
mod recording;
mod roster;
mod screen;
mod shots;
mod story;
mod versions;

/// The driver's address; none, and a word about it, when there is no driver.
fn webdriver(test: &str) -> Option<String> {
    let given = std::env::var("LUOSHI_TEST_WEBDRIVER").ok().filter(|url| !url.is_empty());
    if given.is_none() {
        testkit::skipped(&format!(
            "{test}: LUOSHI_TEST_WEBDRIVER names no WebDriver (`cargo xtask test --only browser` starts one)"
        ));
    }
    given
}
