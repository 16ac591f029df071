//! A disk that is full, then has room again, loses nothing that was acknowledged; and readiness tells.
//!
//! The disk is a small one in memory, in a name space of its own: the test's program runs itself again inside of it.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

use store::{Act, Saved, Store, StoreError, Target};

use crate::fixture::{at, start};

/// Where the small disk is mounted; set for the child only.
const DISK: &str = "LUOSHI_TEST_SMALL_DISK";

/// One save of much text; what the server answers.
async fn save(
    store: &Store,
    inst: model::InstitutionId,
    based_on: u32,
    text: &str,
) -> Result<u32, StoreError> {
    let act = Act::new(None, "", start(), "setting.save").on(based_on);
    let saved = store.save_setting(inst, "n", based_on, text.to_owned(), &act).await?;
    Ok(saved.or_conflict()?.revision)
}

/// Fills what is left of the disk; the file to remove again.
fn fill(disk: &Path) -> PathBuf {
    let path = disk.join("fill");
    let mut file = std::fs::File::create(&path).unwrap();
    let mut piece = vec![7_u8; 64 * 1024];
    while !piece.is_empty() {
        if file.write_all(&piece).is_err() {
            piece.truncate(piece.len() / 2);
        }
    }
    path
}

fn mount(options: &str, disk: &Path) {
    let done = Command::new("mount").args(["-o", options, "t"]).arg(disk).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// Runs inside of the name space. Without the disk's name in the environment it is nobody's child and does nothing.
#[tokio::test]
async fn child_on_a_small_disk() {
    let Ok(disk) = std::env::var(DISK) else { return };
    let disk = PathBuf::from(disk);
    let target = Target::Sqlite(disk.join("luoshi.db"));
    let store = Store::open(&target, start()).await.unwrap();
    let inst = model::InstitutionId::fresh();
    store.create_institution(inst, "春晖职业技术学院", &Act::new(None, "", start(), "start")).await.unwrap();
    // Random enough that nothing could be packed.
    let text = |n: u32| format!("{n:06}{}", "要点".repeat(40_000));
    let mut acknowledged = 0;
    for _ in 0..3 {
        acknowledged = save(&store, inst, acknowledged, &text(acknowledged)).await.unwrap();
    }
    store.ready(start()).await.unwrap();

    for round in 0..3 {
        let filled = fill(&disk);
        let mut refused = 0;
        // Tried on while the disk is full: what is acknowledged then must be there as well.
        for _ in 0..40 {
            match save(&store, inst, acknowledged, &text(acknowledged)).await {
                Ok(revision) => acknowledged = revision,
                Err(StoreError::Full | StoreError::Disk(_)) => refused += 1,
                Err(other) => panic!("round {round}: {other:?}"),
            }
            if refused == 5 {
                break;
            }
        }
        assert_eq!(refused, 5, "the disk was never full");
        assert!(
            matches!(store.ready(start()).await, Err(StoreError::Full)),
            "{:?}",
            store.ready(start()).await
        );
        std::fs::remove_file(filled).unwrap();
        store.ready(start()).await.unwrap();

        for _ in 0..3 {
            acknowledged = save(&store, inst, acknowledged, &text(acknowledged)).await.unwrap();
            // The same form once more, as a double click sends it: a transaction that is given up.
            let act = Act::new(None, "", start(), "setting.save");
            let again =
                store.save_setting(inst, "n", acknowledged - 1, text(acknowledged - 1), &act).await.unwrap();
            assert!(matches!(again, Saved::Already(_)), "{again:?}");
        }
        // Another process sees what this one has said.
        let other = Store::look(&target).await.unwrap();
        let there = other.setting::<String>(inst, "n").await.unwrap().unwrap();
        assert_eq!(there.revision, acknowledged, "round {round}");
        other.close().await.unwrap();
    }
    store.close().await.unwrap();

    let store = Store::open(&target, at("2026-01-06T00:00:00Z")).await.unwrap();
    let all = store.setting_history::<String>(inst, "n").await.unwrap();
    assert_eq!(all.len(), acknowledged as usize);
    assert!(all.iter().all(|s| s.value == text(s.revision - 1)));
    // One line for the start, one for each save, none for what was refused or sent twice.
    assert_eq!(store.verify_audit(inst).await.unwrap(), Ok(i64::from(acknowledged) + 1));
    store.close().await.unwrap();

    // A disk that takes no writing: nothing is opened to write, and it can be looked at all the same.
    mount("remount,ro", &disk);
    let refused = Store::open(&target, start()).await;
    assert!(matches!(refused, Err(StoreError::ReadOnly | StoreError::Unavailable)), "{refused:?}");
    let look = Store::look(&target).await.unwrap();
    assert_eq!(look.setting::<String>(inst, "n").await.unwrap().unwrap().revision, acknowledged);
    assert_eq!(look.verify_engine().await.unwrap(), [""; 0]);
    assert!(look.ready(start()).await.is_err());
    look.close().await.unwrap();
    mount("remount,rw", &disk);
    let store = Store::open(&target, start()).await.unwrap();
    assert_eq!(save(&store, inst, acknowledged, "again").await.unwrap(), acknowledged + 1);

    // The folder is taken away under the running server: what is written then nobody finds again.
    std::fs::remove_file(disk.join("luoshi.db")).unwrap();
    assert!(matches!(store.ready(start()).await, Err(StoreError::Unavailable)));
    assert!(save(&store, inst, acknowledged + 1, "lost").await.is_err());
    // The test that started this process reads that it came to its end.
    std::io::Write::write_all(&mut std::io::stdout(), b"the small disk was told to the end\n").unwrap();
}

#[test]
fn what_is_acknowledged_around_a_full_disk_is_there() {
    let permitted = Command::new("unshare").args(["-Urm", "true"]).status().is_ok_and(|s| s.success());
    if !permitted {
        testkit::skipped("a full disk: unshare -Urm is not permitted here");
        return;
    }
    let disk = tempfile::tempdir().unwrap();
    let out = Command::new("unshare")
        .args(["-Urm", "sh", "-c"])
        .arg("mount -t tmpfs -o size=12m t \"$0\" && exec \"$@\"")
        .arg(disk.path())
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "fault::child_on_a_small_disk", "--nocapture"])
        .env(DISK, disk.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success() && said.contains("told to the end"), "{said}");
}

#[tokio::test]
async fn somebody_who_writes_does_not_make_the_store_unready() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("luoshi.db");
    let store = Store::open(&Target::Sqlite(path.clone()), start()).await.unwrap();
    let url = format!("sqlite://{}", path.display());
    let other = sea_orm::Database::connect(sea_orm::ConnectOptions::new(url)).await.unwrap();
    let options = sea_orm::TransactionOptions {
        sqlite_transaction_mode: Some(sea_orm::SqliteTransactionMode::Immediate),
        ..Default::default()
    };
    let held = sea_orm::TransactionTrait::begin_with_options(&other, options).await.unwrap();
    store.ready(start()).await.unwrap();
    held.rollback().await.unwrap();
    store.ready(start()).await.unwrap();
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(!names.iter().any(|n| n.to_string_lossy().contains("probe")), "{names:?}");
}

#[tokio::test]
async fn a_server_that_is_away_is_not_ready() {
    let Some(url) = testkit::postgres() else { return };
    // A schema that nobody has made: the row cannot be written.
    let store =
        Store::look(&Target::Postgres(format!("{url}?options=-c%20search_path%3Dnowhere"))).await.unwrap();
    assert!(store.ready(start()).await.is_err());
    assert_eq!(store.schema().await.unwrap(), 0);
}
