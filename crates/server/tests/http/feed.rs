//! 日历地址: had once, read by a calendar program, of no use once it is ended, and nothing in it that is nobody else's business.

use axum::http::{Method, StatusCode};
use model::Role;

use crate::cases::problems;
use crate::harness::{Answer, Ask, TestApp};

/// Takes an address, and what the page says of it.
async fn taken(test: &TestApp, role: Role) -> String {
    let page = test.post("/account/calendar", &[]).as_(role).send().await;
    assert_eq!(page.status, StatusCode::OK);
    let text = page.text();
    let secret = text.split("/cal/").nth(1).and_then(|s| s.split(".ics").next()).expect("an address");
    assert_eq!(secret.len(), 64, "{text}");
    format!("/cal/{secret}.ics")
}

/// Asks as a calendar program does: without a session.
async fn asked(test: &TestApp, path: &str, known: &str) -> Answer {
    let ask = Ask::new(&test.router, None, Method::GET, path);
    if known.is_empty() { ask.send().await } else { ask.header("if-none-match", known).send().await }
}

/// The days of a calendar: title, day.
fn days(text: &str) -> Vec<(String, String)> {
    let whole = text.replace("\r\n ", "");
    let value = |event: &str, name: &str| {
        let line = event.lines().find(|l| l.starts_with(name)).expect("a line");
        line.split_once(':').expect("a value").1.to_owned()
    };
    whole.split("BEGIN:VEVENT").skip(1).map(|e| (value(e, "SUMMARY"), value(e, "DTSTART"))).collect()
}

#[tokio::test]
async fn a_secretary_reads_the_days_of_the_branch_in_any_calendar() {
    let test = TestApp::new().await;
    test.publish().await;
    problems(&test).await;
    let path = taken(&test, Role::Secretary).await;
    let account = test.get("/account").as_(Role::Secretary).send().await.text();
    assert!(account.contains("停用旧地址") && !account.contains(path.as_str()), "it is shown once");
    let answer = asked(&test, &path, "").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), "text/calendar; charset=utf-8");
    assert_eq!(answer.header("cache-control"), "private, max-age=900");
    let text = answer.text();
    assert!(text.lines().all(|l| l.len() <= 76) && !text.contains("VALARM"), "{text}");
    let days = days(&text);
    let has = |title: &str, day: &str| days.iter().any(|(t, d)| t.contains(title) && d == day);
    assert!(has("主题党日（3月）", "20220331") && has("支部党员大会（二季度）", "20220630"), "{days:?}");
    assert!(days.iter().any(|(t, _)| t == "问题整改：分析原因"), "an open step: {days:?}");
    for secret in ["方以宁", "党费公布不及时", "党员集中学习"] {
        assert!(!text.contains(secret), "{secret}: nobody's name, no content, no duty of others\n{text}");
    }
    let again = asked(&test, &path, answer.header("etag")).await;
    assert_eq!((again.status, again.bytes.len()), (StatusCode::NOT_MODIFIED, 0));

    // A new address ends the old one; ended is ended.
    let newer = taken(&test, Role::Secretary).await;
    assert_eq!(asked(&test, &path, "").await.status, StatusCode::NOT_FOUND);
    assert_eq!(asked(&test, &newer, "").await.status, StatusCode::OK);
    let ended = test.post("/account/calendar/end", &[]).as_(Role::Secretary).send().await;
    assert_eq!(ended.to(), "/account");
    assert_eq!(asked(&test, &newer, "").await.status, StatusCode::NOT_FOUND);
    let twice = test.post("/account/calendar/end", &[]).as_(Role::Secretary).send().await;
    assert_eq!(twice.to(), "/account", "a second click");
    for wrong in ["/cal/x.ics", "/cal/", &format!("/cal/{}.ics", "0".repeat(64))] {
        assert_eq!(asked(&test, wrong, "").await.status, StatusCode::NOT_FOUND, "{wrong}");
    }
}

#[tokio::test]
async fn a_member_finds_what_is_their_own() {
    let test = TestApp::new().await;
    test.publish().await;
    let path = taken(&test, Role::Member).await;
    let days = days(&asked(&test, &path, "").await.text());
    assert_eq!(days, [("党员集中学习（全年）".to_owned(), "20221231".to_owned())]);
    // Who owes nothing has an empty calendar, and the administrator too.
    let path = taken(&test, Role::SystemAdmin).await;
    let text = asked(&test, &path, "").await.text();
    assert!(text.contains("END:VCALENDAR") && !text.contains("VEVENT"), "{text}");
}

#[tokio::test]
async fn a_closed_account_has_no_calendar_and_nobody_asks_without_end() {
    let test = TestApp::new().await;
    test.publish().await;
    let path = taken(&test, Role::Member).await;
    for _ in 0..30 {
        assert_eq!(asked(&test, &path, "").await.status, StatusCode::OK);
    }
    let answer = asked(&test, &path, "").await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.header("retry-after"), "900");
    let act = store::Act::new(None, "", test.app.clock.now(), "test.disable");
    let path = taken(&test, Role::Secretary).await;
    test.app
        .store
        .disable_account(test.institution, test.accounts[&Role::Secretary], true, &act)
        .await
        .expect("closed");
    assert_eq!(asked(&test, &path, "").await.status, StatusCode::NOT_FOUND);
}
