//! Work that goes on beside the pages: seen from another process, finished by another, told once, fetched by its maker.

use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use model::{JobId, Role};
use serde_json::json;
use store::{Act, JobEnd, JobKind, NewJob, RosterFilter, Scope};
use uuid::Uuid;
use web::App;
use work::{Clock, Settings};

use crate::entries::{BRANCH, save};
use crate::harness::{Answer, Ask, TODAY, TestApp};

const ROSTER: &str = "姓名\t工号\t类别\t所在支部\t发展阶段\t入党日期\n\
                      林知夏\t20110203\t教职工\t教工第一党支部\t正式党员\t2015-07-01\n";

fn wall() -> Timestamp {
    Clock::Real.wall()
}

/// An import of one person, looked at: its page and the mark of what was looked at.
async fn looked_at(test: &TestApp) -> (String, String) {
    let body = format!(
        "--B\r\nContent-Disposition: form-data; name=\"paste\"\r\n\r\n{ROSTER}\r\n\
         --B\r\nContent-Disposition: form-data; name=\"day\"\r\n\r\n2022-04-22\r\n--B--\r\n"
    );
    let ask = test.post("/people/import", &[]).body("multipart/form-data; boundary=B", body.into_bytes());
    let at = ask.as_(Role::Office).send().await.to().to_owned();
    let mark = test.get(&at).as_(Role::Office).send().await.page().value("mark");
    (at, mark)
}

async fn people(test: &TestApp) -> usize {
    let filter = RosterFilter::on(TODAY);
    test.app.store.roster(test.institution, &Scope::All, &filter, 0, 99).await.expect("a roster").len()
}

/// Another process of the same installation.
fn another(test: &TestApp) -> App {
    App::new(
        test.app.store.clone(),
        std::sync::Arc::clone(&test.app.rulebook),
        Clock::Standing(TODAY),
        Settings::default(),
    )
}

async fn office(test: &TestApp, path: &str) -> Answer {
    test.get(path).as_(Role::Office).send().await
}

#[tokio::test]
async fn an_import_that_a_dead_process_held_is_seen_and_finished_by_another() {
    let test = TestApp::new().await;
    let (at, mark) = looked_at(&test).await;
    let asked = test.post(&format!("{at}/apply"), &[("mark", &mark)]).as_(Role::Office).send().await;
    assert_eq!(asked.to(), at);
    // Twice is once.
    test.post(&format!("{at}/apply"), &[("mark", &mark)]).as_(Role::Office).send().await;
    let dead = Uuid::now_v7();
    let job = test.app.store.take_job(dead, wall()).await.unwrap().expect("one job");
    test.app.store.beat_job(&job, dead, wall(), (35, "写入名册")).await.unwrap();
    assert!(test.app.store.take_job(dead, wall()).await.unwrap().is_none(), "and no second");

    let other = another(&test);
    let router = server::router(&other);
    let seen = async |path: &str| {
        let ask = Ask::new(&router, Some(&test.tokens), axum::http::Method::GET, path);
        ask.as_(Role::Office).send().await
    };
    let page = seen(&at).await.text();
    assert!(page.contains("正在导入") && page.contains("35%"), "{page}");
    let page = seen("/account/jobs").await.text();
    assert!(page.contains("导入名册：粘贴的名单") && page.contains("写入名册"), "{page}");
    assert_eq!(people(&test).await, 1, "nothing of it is there yet");

    assert_eq!(server::run_jobs_as_of(&other, wall() + SignedDuration::from_mins(2)).await.unwrap(), 1);
    assert_eq!(people(&test).await, 2);
    // The page that only asks whether it is over is told nothing else; the next one is, once.
    let ask = test.get(&at).header("x-part", "under-way").as_(Role::Office).send().await;
    assert_eq!(ask.status, StatusCode::NO_CONTENT);
    let led = office(&test, &at).await;
    assert_eq!(led.to(), at);
    assert!(!led.cookie("luoshi-said").is_empty());
    let done = office(&test, &at).await;
    assert!(done.status == StatusCode::OK && done.text().contains("新增 1 人"), "{}", done.text());
}

#[tokio::test]
async fn what_was_taken_in_before_its_process_died_is_not_taken_in_again() {
    let test = TestApp::new().await;
    let (at, mark) = looked_at(&test).await;
    assert_eq!(test.apply(&at, &[("mark", &mark)], Role::Office).await.to(), at);
    let subject = at.rsplit('/').next().unwrap();
    // As if the end had never been written down: the same work once more.
    let new = NewJob {
        id: JobId::fresh(),
        kind: JobKind::PeopleImport,
        subject,
        name: "粘贴的名单",
        body: json!({ "sent": [["mark", mark]] }),
        account: Some(test.accounts[&Role::Office]),
        address: "",
        at: wall(),
    };
    test.app.store.ask_job(test.institution, &new).await.unwrap();
    assert_eq!(server::run_jobs(&test.app).await.unwrap(), 1);
    assert_eq!(people(&test).await, 2);
    let page = office(&test, "/account/jobs").await.text();
    assert_eq!(page.matches("已导入：新增 1 人").count(), 2, "{page}");
}

#[tokio::test]
async fn a_job_is_done_with_the_rights_of_the_day_and_may_be_taken_back_before() {
    let test = TestApp::new().await;
    let (at, mark) = looked_at(&test).await;
    let asked = async || {
        test.post(&format!("{at}/apply"), &[("mark", &mark)]).as_(Role::Office).send().await;
        let page = office(&test, "/account/jobs").await.text();
        let id =
            page.split("/account/jobs/").nth(1).and_then(|s| s.split('/').next()).expect("a job that waits");
        id.to_owned()
    };
    let id = asked().await;
    let foreign = test.post(&format!("/account/jobs/{id}/cancel"), &[]).as_(Role::Secretary).send().await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);
    // The system administrator sees that there is something, and not what it is about.
    let page = test.get("/admin/jobs").as_(Role::SystemAdmin).send().await.text();
    assert!(
        page.contains("导入名册") && page.contains(Role::Office.word()) && !page.contains("粘贴"),
        "{page}"
    );
    let back = test.post(&format!("/admin/jobs/{id}/cancel"), &[]).as_(Role::SystemAdmin).send().await;
    assert_eq!(back.to(), "/admin/jobs");
    assert_eq!(server::run_jobs(&test.app).await.unwrap(), 0);
    let again = test.post(&format!("/account/jobs/{id}/cancel"), &[]).as_(Role::Office).send().await;
    assert_eq!(again.status, StatusCode::CONFLICT, "it is cancelled already");

    asked().await;
    let act = Act::new(None, "", test.app.clock.now(), "test");
    let grants = test.app.store.grants_of(test.institution, test.accounts[&Role::Office]).await.unwrap();
    test.app.store.end_grant(test.institution, grants[0].id, &act).await.unwrap();
    assert_eq!(server::run_jobs(&test.app).await.unwrap(), 1);
    assert_eq!(people(&test).await, 1, "who may no longer does not, though they asked while they might");
}

#[tokio::test]
async fn a_long_export_is_written_beside_the_page_and_fetched_by_its_maker_until_it_is_swept() {
    let test = TestApp::with(Settings { export_at_once: 0, ..Settings::default() }).await;
    test.publish().await;
    let fields = [("day", "2022-04-20"), ("title", "走进产业园"), ("f_hours", "2")];
    let (_, refused) = save(&test, Role::Secretary, BRANCH, "theme-day", &fields).await;
    assert_eq!(refused, "");
    for _ in 0..2 {
        let asked = test.get("/entries.xlsx?ledger=theme-day").as_(Role::Secretary).send().await;
        assert_eq!(asked.to(), "/account/jobs");
    }
    assert_eq!(server::run_jobs(&test.app).await.unwrap(), 1, "asked for twice, written once");
    let page = test.get("/account/jobs").as_(Role::Secretary).send().await.page();
    let at = page
        .links()
        .into_iter()
        .find(|l| l.href.starts_with("/account/jobs/"))
        .expect("a file to fetch")
        .href;
    let file = test.get(&at).as_(Role::Secretary).send().await;
    let rows = office::sheet::read(&file.bytes).expect("a workbook");
    assert!((0..40).any(|n| rows[0].rows[1].words(n) == "走进产业园"));
    assert!(file.header("content-disposition").contains("attachment"));
    let foreign = test.get(&at).as_(Role::Office).send().await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND, "its maker's and nobody else's");
    let later = wall() + SignedDuration::from_hours(24 * 8);
    test.app.store.sweep_jobs(test.institution, later, Timestamp::UNIX_EPOCH).await.unwrap();
    assert_eq!(test.get(&at).as_(Role::Secretary).send().await.status, StatusCode::NOT_FOUND);
    let page = test.get("/account/jobs").as_(Role::Secretary).send().await.text();
    assert!(page.contains("已经过期清理"), "{page}");
}

#[tokio::test]
async fn the_day_turns_once_in_an_institution_whichever_process_asks() {
    let test = TestApp::new().await;
    test.publish().await;
    let other = another(&test);
    test.app.ask_turns().await.unwrap();
    other.ask_turns().await.unwrap();
    assert_eq!(server::run_jobs(&other).await.unwrap() + server::run_jobs(&test.app).await.unwrap(), 1);
    test.app.ask_turns().await.unwrap();
    assert_eq!(server::run_jobs(&test.app).await.unwrap(), 0, "the day has turned");
    let page = office(&test, "/account/jobs").await.text();
    assert!(page.contains("每日结转") && page.contains("今天到期还没有办结的"), "{page}");
    let page = test.get("/admin/jobs").as_(Role::SystemAdmin).send().await.text();
    assert!(
        page.contains("每日结转") && !page.contains("今天到期"),
        "no business for an administrator: {page}"
    );
    let page = test.get("/account/jobs").as_(Role::Member).send().await.text();
    assert!(!page.contains("每日结转"));
}

#[tokio::test]
async fn what_broke_off_is_tried_again_by_whoever_asked_or_keeps_the_server_and_by_nobody_else() {
    let test = TestApp::new().await;
    let (at, mark) = looked_at(&test).await;
    test.post(&format!("{at}/apply"), &[("mark", &mark)]).as_(Role::Office).send().await;
    let holder = Uuid::now_v7();
    let store = &test.app.store;
    let job = store.take_job(holder, wall()).await.unwrap().expect("one job");
    assert!(store.end_job(&job, holder, wall(), JobEnd::Broken("断电".to_owned())).await.unwrap());
    assert_eq!(server::run_jobs(&test.app).await.unwrap(), 0, "there is a pause before it is tried again");
    let own = format!("/account/jobs/{}/retry", job.id);
    let page = office(&test, "/account/jobs").await.page();
    assert!(page.form(&own).part().button("再试一次").is_some());
    let foreign = test.post(&own, &[]).as_(Role::Secretary).send().await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);
    assert_eq!(test.post(&own, &[]).as_(Role::Office).send().await.to(), "/account/jobs");
    assert_eq!(server::run_jobs(&test.app).await.unwrap(), 1);
    assert_eq!(people(&test).await, 2);
    let any = format!("/admin/jobs/{}/retry", job.id);
    let done = test.post(&any, &[]).as_(Role::SystemAdmin).send().await;
    assert_eq!(done.status, StatusCode::CONFLICT, "what is done is not done again");
}

#[tokio::test]
async fn whoever_keeps_the_server_tries_again_and_whoever_asked_takes_back() {
    let test = TestApp::new().await;
    let (at, mark) = looked_at(&test).await;
    test.post(&format!("{at}/apply"), &[("mark", &mark)]).as_(Role::Office).send().await;
    let holder = Uuid::now_v7();
    let store = &test.app.store;
    let job = store.take_job(holder, wall()).await.unwrap().expect("one job");
    store.end_job(&job, holder, wall(), JobEnd::Broken("断电".to_owned())).await.unwrap();
    let any = format!("/admin/jobs/{}/retry", job.id);
    assert_eq!(test.post(&any, &[]).as_(Role::SystemAdmin).send().await.to(), "/admin/jobs");
    let own = format!("/account/jobs/{}/cancel", job.id);
    assert_eq!(test.post(&own, &[]).as_(Role::Office).send().await.to(), "/account/jobs");
    assert_eq!(server::run_jobs(&test.app).await.unwrap(), 0);
    assert_eq!(people(&test).await, 1, "it was taken back before it was begun");
}
