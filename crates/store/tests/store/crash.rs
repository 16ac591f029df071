//! A server killed at any moment loses nothing that it acknowledged.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Command, Stdio},
};

use store::{Act, Scope, Store, Target};

use crate::fixture::{at, start};

const FILE: &str = "LUOSHI_TEST_CRASH_FILE";

/// What the killed process does: saves settings one after the other and says so after each. Without the file's name in
/// the environment it is nobody's child and does nothing.
#[tokio::test]
async fn child_that_is_killed() {
    let Ok(path) = std::env::var(FILE) else { return };
    let store = Store::open(&Target::Sqlite(path.into()), start()).await.unwrap();
    let inst = store.institutions().await.unwrap()[0].id;
    let first = store.setting::<u32>(inst, "n").await.unwrap().map_or(0, |s| s.revision);
    for n in first.. {
        let act = Act::new(None, "", start(), "setting.save").on(n);
        store.save_setting(inst, "n", n, n, &act).await.unwrap().or_conflict().unwrap();
        let mut out = std::io::stdout();
        writeln!(out, "\nsaved {}", n + 1).unwrap();
        out.flush().unwrap();
    }
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("luoshi.db");
    let target = Target::Sqlite(path.clone());
    let store = Store::open(&target, start()).await.unwrap();
    let inst = model::InstitutionId::fresh();
    store.create_institution(inst, "春晖职业技术学院", &Act::new(None, "", start(), "start")).await.unwrap();
    store.close().await.unwrap();

    let mut acknowledged = 0;
    for round in 0..3_u32 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::child_that_is_killed", "--nocapture"])
            .env(FILE, &path)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        let enough = acknowledged + 40 + 17 * round;
        while acknowledged < enough {
            let line = said.next().expect("the child goes on until it is killed").unwrap();
            if let Some(n) = line.strip_prefix("saved ") {
                acknowledged = n.parse().unwrap();
            }
        }
        child.kill().unwrap();
        // What it had still said before it was killed counts too.
        for line in said.map_while(Result::ok) {
            if let Some(n) = line.strip_prefix("saved ") {
                acknowledged = n.parse().unwrap();
            }
        }
        child.wait().unwrap();

        let store = Store::open(&target, at("2026-01-06T00:00:00Z")).await.unwrap();
        let there = store.setting::<u32>(inst, "n").await.unwrap().unwrap().revision;
        assert!(there == acknowledged || there == acknowledged + 1, "said {acknowledged}, found {there}");
        // Change and audit line are there together, or neither.
        assert_eq!(store.verify_audit(inst).await.unwrap(), Ok(i64::from(there) + 1));
        assert!(store.organisation(inst).await.unwrap().units.is_empty());
        assert!(
            store.entries(inst, &Scope::All, &store::EntryFilter::default(), 1).await.unwrap().is_empty()
        );
        acknowledged = there;
        store.close().await.unwrap();
    }
}
