//! What whoever looks after the server is told: the figures, the backups, the room on the disks.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, StatusCode};
use jiff::{SignedDuration, ToSpan as _};
use model::Role;
use store::{Blobs, Keep, LastBackup, Order, Target, Whole, take};
use testkit::{Page, Part};
use tower::ServiceExt as _;
use work::upkeep::{back_up_if_due, note_rooms};
use work::{Schedule, Settings};

use crate::harness::{Ask, TestApp, wall};

/// What is answered to `/metrics` from an address.
async fn asked(test: &TestApp, from: &str, headers: &[(&str, &str)]) -> (StatusCode, String) {
    let mut request = Request::builder().uri("/metrics");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut request = request.body(Body::empty()).expect("a request");
    request.extensions_mut().insert(ConnectInfo(from.parse::<SocketAddr>().expect("an address")));
    let answer = test.router.clone().oneshot(request).await.expect("a router never fails");
    let status = answer.status();
    let bytes = axum::body::to_bytes(answer.into_body(), 1 << 20).await.expect("a whole body");
    (status, String::from_utf8(bytes.to_vec()).expect("text"))
}

#[tokio::test]
async fn figures_are_for_this_machine_or_for_who_knows_the_token() {
    let mut test = TestApp::new().await;
    assert_eq!(test.get("/entries").as_(Role::Office).send().await.status, StatusCode::OK);
    let (status, text) = asked(&test, "127.0.0.1:50000", &[]).await;
    assert_eq!(status, StatusCode::OK);
    let has = |line: &str| assert!(text.lines().any(|l| l == line), "{line}\n{text}");
    has("luoshi_requests_total{route=\"entries\",status=\"200\"} 1");
    has("luoshi_sessions 9");
    has("luoshi_jobs{state=\"waiting\"} 0");
    has("luoshi_backup_failed 0");
    assert!(!text.contains("luoshi_backup_age_seconds"), "there is none yet\n{text}");
    let size = text.lines().find_map(|l| l.strip_prefix("luoshi_database_bytes ")).expect("a size");
    assert!(size.parse::<u64>().expect("a number") > 100_000);
    for name in ["青梧", "office", "方以宁"] {
        assert!(!text.contains(name), "{name}\n{text}");
    }
    // Every line is a comment or a name with labels and a number.
    for line in text.lines().filter(|l| !l.starts_with('#')) {
        let (name, figure) = line.rsplit_once(' ').expect(line);
        assert!(name.starts_with("luoshi_") && figure.parse::<f64>().is_ok(), "{line}");
    }
    // A proxy on this machine asks for somebody else.
    let refused = [
        ("10.0.0.7:50000", &[][..]),
        ("127.0.0.1:50000", &[("x-forwarded-for", "127.0.0.1")]),
        ("127.0.0.1:50000", &[("forwarded", "for=127.0.0.1")]),
        ("10.0.0.7:50000", &[("authorization", "Bearer ")]),
    ];
    for (from, headers) in refused {
        assert_eq!(asked(&test, from, headers).await.0, StatusCode::FORBIDDEN, "{from} {headers:?}");
    }
    test.really(Settings { metrics_token: Some("geheim".to_owned()), ..Settings::default() });
    for (from, token, status) in [
        ("10.0.0.7:50000", "Bearer geheim", StatusCode::OK),
        ("10.0.0.7:50000", "Bearer geheim2", StatusCode::FORBIDDEN),
        ("10.0.0.7:50000", "geheim", StatusCode::FORBIDDEN),
        ("[::1]:50000", "Bearer other", StatusCode::OK),
    ] {
        assert_eq!(asked(&test, from, &[("authorization", token)]).await.0, status, "{from} {token}");
    }
    let walked =
        Ask::new(&test.router, None, Method::GET, "/metrics").header("authorization", "Bearer geheim");
    assert_eq!(walked.send().await.status, StatusCode::OK);
    test.app
        .store
        .note_backup(&LastBackup { at: wall() - SignedDuration::from_hours(3), bytes: 77 })
        .await
        .expect("noted");
    let (_, text) = asked(&test, "127.0.0.1:50000", &[]).await;
    let age = text.lines().find_map(|l| l.strip_prefix("luoshi_backup_age_seconds ")).expect("an age");
    assert!((10_800..10_900).contains(&age.parse::<i64>().expect("a number")), "{age}");
}

/// What the system administrator's page says of the installation.
async fn told(test: &TestApp) -> Page {
    let answer = test.get("/admin/institution").as_(Role::SystemAdmin).send().await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.page()
}

/// What of it is marked as amiss.
fn amiss(page: &Page) -> Vec<String> {
    page.of_class("late").into_iter().map(Part::words).collect()
}

#[tokio::test]
async fn the_system_administrator_sees_that_a_backup_is_missing_old_or_failed() {
    let mut test = TestApp::new().await;
    assert!(!told(&test).await.says("最近一次备份"), "a demonstration is not kept");
    test.really(Settings::default());
    let page = told(&test).await;
    assert_eq!(amiss(&page), ["还没有备份过"]);
    let at = |hours| LastBackup { at: wall() - SignedDuration::from_hours(hours), bytes: 3 << 20 };
    test.app.store.note_backup(&at(49)).await.expect("noted");
    let page = told(&test).await;
    let late = amiss(&page);
    assert!(late.len() == 1 && late[0].ends_with("3.0 MB，已经超过两天"), "{late:?}");
    test.app.store.note_backup_failed("磁盘满了", wall()).await.expect("noted");
    assert!(amiss(&told(&test).await).iter().any(|words| words.ends_with("，磁盘满了")));
    test.app.store.note_backup(&at(1)).await.expect("noted");
    let page = told(&test).await;
    assert!(amiss(&page).is_empty() && !page.says("磁盘满了"), "{}", page.words());
}

#[tokio::test]
async fn a_disk_that_will_be_full_within_a_week_is_told_of() {
    let mut test = TestApp::new().await;
    let folder = test.files();
    let shown = folder.display().to_string();
    test.really(Settings { folders: vec![folder.clone()], ..Settings::default() });
    note_rooms(&test.app).await.expect("noted");
    assert!(!told(&test).await.says("照现在的速度"), "one day tells nothing");
    // Ten days ago there was much more room: three times what is free now.
    let free = store::Room::of(&folder).expect("a disk").free;
    let machine = std::fs::read_to_string("/proc/sys/kernel/hostname").expect("a name");
    let day = work::clock::day_of(wall()).saturating_sub(10.days());
    let noted = serde_json::json!({ day.to_string(): { shown: free * 3 } }).to_string();
    test.app.store.note_rooms(machine.trim(), &noted, wall()).await.expect("noted");
    let page = told(&test).await;
    // Twice as much in ten days as is left.
    assert!(page.says("照现在的速度 5 天后写满") || page.says("照现在的速度 4 天后写满"), "{}", page.words());
}

#[tokio::test]
async fn a_backup_that_is_due_is_taken_once() {
    let mut test = TestApp::new().await;
    let folder = tempfile::tempdir().expect("a folder");
    let backups = folder.path().join("backups");
    let at = wall().to_zoned(work::clock::china()).time();
    let schedule =
        |folder: std::path::PathBuf, target: Target| Schedule { folder, at, keep: None, keys: None, target };
    let settings = Settings { backup: Some(schedule(backups.clone(), test.target())), ..Settings::default() };
    test.really(settings.clone());
    assert!(back_up_if_due(&test.app).await.expect("noted"), "none lies there yet");
    assert!(!back_up_if_due(&test.app).await.expect("noted"), "once a day");
    let page = told(&test).await;
    assert!(page.says("自动备份") && amiss(&page).is_empty(), "{}", page.words());
    // After a restart, or in another process with the same folder: it sees that it is there, though nobody noted it.
    let old = LastBackup { at: wall() - SignedDuration::from_hours(49), bytes: 1 };
    test.app.store.note_backup(&old).await.expect("noted");
    test.really(settings);
    assert!(!back_up_if_due(&test.app).await.expect("noted"));
    let page = told(&test).await;
    assert!(page.says("最近一次备份") && amiss(&page).is_empty(), "{}", page.words());
    let whole = Whole::open(&backups).expect("a backup");
    assert_eq!(whole.manifest.institutions.len(), 1);
    assert!(whole.damage().await.expect("readable").is_empty());

    // Where none can be written it is said why.
    let file = folder.path().join("file");
    std::fs::write(&file, b"no folder").expect("written");
    test.really(Settings { backup: Some(schedule(file, test.target())), ..Settings::default() });
    assert!(!back_up_if_due(&test.app).await.expect("noted"));
    assert!(told(&test).await.says("备份没有做成"));
}

#[tokio::test]
async fn what_no_backup_needs_any_more_goes_with_the_last_that_did() {
    let test = TestApp::new().await;
    let folder = tempfile::tempdir().expect("a folder");
    let target = test.target();
    let blobs = Blobs::folder(&test.files()).expect("a folder");
    let keep: Keep = "2d,1m".parse().expect("a rule");
    let mut folders = Vec::new();
    for days in (0..4i64).rev() {
        let order = Order {
            folder: folder.path(),
            target: &target,
            blobs: &blobs,
            keys: None,
            keep: Some(keep),
            at: wall() - SignedDuration::from_hours(24 * days),
            unless_since: None,
        };
        let taken = take(&order).await.expect("taken");
        assert_eq!(
            taken.pruned.expect("pruned"),
            usize::from(days < 2),
            "the third and the fourth leave one over"
        );
        folders.push(taken.folder);
    }
    let there: Vec<bool> = folders.iter().map(|f| f.exists()).collect();
    assert_eq!(there, [false, false, true, true]);
}
