//! The frame, the headers, and what an error looks like.

use axum::http::StatusCode;
use model::Role;
use testkit::Page;

use crate::harness::TestApp;

#[tokio::test]
async fn the_frame_says_where_who_and_which_day() {
    let test = TestApp::new().await;
    let page = test.get("/plan").as_(Role::Office).send().await.page();
    for words in ["青梧职业技术学院", "4月22日 周五", "党委办公室某　党委办公室"] {
        assert!(page.says(words), "{words}");
    }
    let here: Vec<_> = page.elements().filter(|p| p.attribute("aria-current") == Some("page")).collect();
    assert!(here.iter().any(|p| p.words() == "要点" && p.attribute("href") == Some("/plan")));
    let admins = |page: &Page| page.links().iter().any(|l| l.href.starts_with("/admin/"));
    assert!(!admins(&page), "the office sees nothing of the administrators");
    let page = test.get("/account").as_(Role::AuditAdmin).send().await.page();
    assert!(page.leads_to("/admin/audit") && !page.leads_to("/plan"));
}

#[tokio::test]
async fn everybody_begins_at_their_own_page() {
    let test = TestApp::new().await;
    for (role, to) in [
        (Role::Office, "/office"),
        (Role::Lead, "/month"),
        (Role::Secretary, "/month"),
        (Role::Discipline, "/month"),
        (Role::Leader, "/leader"),
        (Role::Member, "/mine"),
    ] {
        assert_eq!(test.get("/").as_(role).send().await.to(), to, "{role:?}");
    }
}

#[tokio::test]
async fn pages_carry_a_strict_policy_and_stay_in_no_cache() {
    let test = TestApp::new().await;
    let answer = test.get("/plan").as_(Role::Office).send().await;
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"));
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    let page = answer.page();
    for part in page.elements() {
        assert!(part.attribute("style").is_none() && part.attribute("onclick").is_none(), "{}", part.words());
        assert!(part.name() != "script" || part.attribute("src").is_some(), "no inline script");
    }
}

#[tokio::test]
async fn the_stylesheet_is_kept_for_ever_and_packed() {
    let test = TestApp::new().await;
    let path = web::assets::LOOK.path().to_owned();
    let plain = test.get(&path).send().await;
    assert_eq!(plain.status, StatusCode::OK);
    assert!(plain.header("cache-control").contains("immutable"));
    let packed = test.get(&path).header("accept-encoding", "gzip, br").send().await;
    assert_eq!(packed.header("content-encoding"), "gzip");
    assert!(packed.bytes.len() * 3 < plain.bytes.len());
    let again = test.get(&path).header("if-none-match", plain.header("etag")).send().await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn an_error_is_a_page_for_people_and_json_for_programs() {
    let test = TestApp::new().await;
    let page = test.get("/reports").as_(Role::Member).send().await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(page.text().contains("看报告要由党委办公室、纪委、领导来做，你的账号是党员。"));
    let json = test.get("/reports").as_(Role::Member).header("accept", "application/json").send().await;
    assert_eq!(json.status, StatusCode::FORBIDDEN);
    assert!(json.text().starts_with(r#"{"code":"not_allowed""#), "{}", json.text());
}

#[tokio::test]
async fn a_request_from_another_site_is_refused() {
    let test = TestApp::new().await;
    // Over TLS the browser says so itself; on a plain intranet the origin has to fit the host.
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "http://elsewhere.example")] {
        let answer = test
            .post("/logout", &[])
            .as_(Role::Office)
            .header("host", "luoshi.local")
            .header(name, value)
            .send()
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}");
        assert!(answer.text().contains("来自别的网站"));
    }
    let answer = test
        .post("/logout", &[])
        .as_(Role::Office)
        .header("host", "luoshi.local:8080")
        .header("origin", "http://luoshi.local:8080")
        .send()
        .await;
    assert_eq!(answer.to(), "/login");
}

#[tokio::test]
async fn a_form_that_is_too_large_is_told_so() {
    let test = TestApp::new().await;
    let answer =
        test.post("/account/password", &[("old", &"x".repeat(20_000))]).as_(Role::Office).send().await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.text().contains("什么都没有保存"));
}

#[tokio::test]
async fn what_a_narrow_bar_leaves_out_stands_under_more() {
    let test = TestApp::new().await;
    for role in [Role::Office, Role::Secretary] {
        let page = test.get("/account").as_(role).send().await.page();
        let sheets = page.of_class("nav-sheet");
        let sheet = sheets.first().expect("more");
        let folded: Vec<&str> = (page.of_class("nav-w").iter()).filter_map(|a| a.attribute("href")).collect();
        assert!(!folded.is_empty(), "{role:?}");
        for href in folded {
            assert!(sheet.leads_to(href), "{role:?} {href}");
        }
        assert!(page.elements().any(|e| e.attribute("action") == Some("/find")), "{role:?}");
    }
}
