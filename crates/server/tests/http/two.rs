//! Two servers on one database and one place of files: what is done through one is seen through the other at once.
//! And what whoever watches a server is told.

use std::sync::Arc;

use axum::Router;
use axum::http::{Method, StatusCode};
use model::Role;
use store::{Blobs, Store};
use web::App;
use work::Settings;

use crate::files::{docx, send, started};
use crate::harness::{Ask, TestApp};

/// Another server on the same data, with connections and a memory of its own.
async fn another(test: &TestApp) -> (App, Router) {
    let store = Store::open(&test.target(), test.app.clock.wall()).await.expect("the same database");
    let store = store.with_blobs(Blobs::folder(&test.files()).expect("the same folder"));
    let app = App::new(store, Arc::clone(&test.app.rulebook), test.app.clock, Settings::default());
    let router = server::router(&app);
    (app, router)
}

#[tokio::test]
async fn what_one_server_saves_attaches_and_renames_the_other_shows_at_once() {
    let (test, year, written) = started(Settings::default()).await;
    let (other, router) = another(&test).await;
    let ask = |role, path: &str| Ask::new(&router, Some(&test.tokens), Method::GET, path).as_(role);
    // The other has read everything before, so that it has something to be out of date with.
    let matrix = ask(Role::Office, "/matrix").send().await.text();
    assert!(matrix.contains("教工第一党支部"), "{matrix}");
    let duty = format!("/duties/{}", year.duties["april"]);
    assert!(!ask(Role::Secretary, &duty).send().await.text().contains("走进产业园"));

    let paper = docx("讨论了滨江实训基地的安排");
    let answer = send(&test, "/record", &written, &[("file_attachments", "活动方案.docx", &paper)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    assert!(ask(Role::Secretary, &duty).send().await.text().contains("走进产业园"), "it counts there too");
    let page = ask(Role::Office, answer.to()).send().await.text();
    let at = format!("{}/files/", answer.to().split('?').next().unwrap_or_default());
    let from = page.find(&at).expect("a link to the file");
    let link: String = page[from..].chars().take_while(|c| !['"', '?'].contains(c)).collect();
    let had = ask(Role::Office, &link).send().await;
    assert_eq!((had.status, had.bytes == paper), (StatusCode::OK, true));

    let id = test.units["教工第一党支部"];
    let mut unit = test.app.known(test.institution).await.expect("units").unit(id).expect("a unit").clone();
    unit.name = "教工第九党支部".to_owned();
    let act = store::Act::new(None, "", test.app.clock.now(), "unit.save");
    test.app.store.save_units(test.institution, &[unit], &act).await.expect("a new name");
    for router in [&test.router, &router] {
        let page =
            Ask::new(router, Some(&test.tokens), Method::GET, "/matrix").as_(Role::Office).send().await;
        assert!(page.text().contains("教工第九党支部") && !page.text().contains("教工第一党支部"));
    }
    // A calendar of the institution's own.
    let before = other.known(test.institution).await.expect("units");
    let key = work::calendar_key(2022);
    let calendar = before.calendar.clone();
    test.app.store.save_setting(test.institution, &key, 0, calendar, &act).await.expect("a calendar");
    let after = other.known(test.institution).await.expect("units");
    assert!(!Arc::ptr_eq(&before, &after), "read again");
    assert!(Arc::ptr_eq(&after, &other.known(test.institution).await.expect("units")), "and kept");
}

#[tokio::test]
async fn who_watches_is_told_that_it_lives_and_whether_it_can_write() {
    let test = TestApp::new().await;
    for (path, says) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
        let answer = test.get(path).send().await;
        assert_eq!((answer.status, answer.text().as_str()), (StatusCode::OK, says));
    }
    // The database is taken away under the running server.
    test.take_away().await;
    let answer = test.get("/readyz").send().await;
    assert_eq!((answer.status, answer.text().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "unreachable\n"));
    // Every connection is gone: the process lives all the same.
    test.app.store.clone().close().await.expect("closed");
    assert_eq!(test.get("/healthz").send().await.text(), "ok\n");
    assert_eq!(test.get("/readyz").send().await.status, StatusCode::SERVICE_UNAVAILABLE);
}
