//! Backups as people take them and bring them back: beside a server that writes, on both engines; damaged, broken off, with
//! the wrong keys, on a full disk.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use model::{
    AccountId, EntryId, FileKind, GrantId, InstitutionId, Person, PersonId, Role, SecretKind, Unit, UnitId,
    UnitKind,
};
use store::{
    Act, AuditFilter, Blobs, Keys, NewAccount, NewFile, PersonSave, PersonState, Saved, Store, Target, sha256,
};

const LUOSHI: &str = env!("CARGO_BIN_EXE_luoshi");
/// People who have a number each.
const PEOPLE: usize = 30;
const LOGINS: [(&str, Role); 3] =
    [("xitong", Role::SystemAdmin), ("anquan", Role::SecurityAdmin), ("dangban", Role::Office)];

/// Ends the server however the test ends.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A database of one test on the test's server; dropped with it.
struct Database {
    server: String,
    name: String,
    url: String,
}

impl Database {
    async fn make(server: &str) -> Self {
        let name = format!("luoshi_test_{}", InstitutionId::fresh().0.simple());
        raw(server, &format!("create database {name}")).await;
        let (front, _) = server.rsplit_once('/').expect("an address");
        Self { server: server.to_owned(), url: format!("{front}/{name}"), name }
    }

    async fn discard(self) {
        raw(&self.server, &format!("drop database {} with (force)", self.name)).await;
    }
}

async fn raw(url: &str, sql: &str) {
    let mut options = sea_orm::ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    let db = sea_orm::Database::connect(options).await.expect("a database");
    sea_orm::ConnectionTrait::execute_unprepared(&db, sql).await.expect(sql);
    db.close().await.expect("closed");
}

/// An installation: a small institution with numbers, accounts and files, on one of the engines.
struct Place {
    folder: tempfile::TempDir,
    database: Option<Database>,
    inst: InstitutionId,
    office: AccountId,
}

impl Place {
    async fn make(server: Option<&str>) -> Self {
        let database = match server {
            Some(server) => Some(Database::make(server).await),
            None => None,
        };
        let folder = tempfile::tempdir().expect("a folder");
        let made = Self { folder, database, inst: InstitutionId::fresh(), office: AccountId::fresh() };
        drop(store::Hold::take(&made.path("data")).expect("a folder"));
        Keys::make(&made.path("keys/luoshi.keys")).expect("keys");
        let store = made.open().await;
        assert_eq!(store.match_files(Timestamp::UNIX_EPOCH).await.expect("matched"), None);
        let act = Act::new(None, "", Timestamp::UNIX_EPOCH, "test");
        store.create_institution(made.inst, "春晖职业技术学院", &act).await.expect("an institution");
        let committee = Unit {
            id: UnitId::fresh(),
            parent: None,
            kind: UnitKind::Committee,
            name: "学校党委".to_owned(),
            aliases: Vec::new(),
            traits: std::collections::BTreeSet::new(),
            sort: 0,
            founded: None,
            dissolved: None,
        };
        let root = committee.id;
        store.save_units(made.inst, &[committee], &act).await.expect("a unit");
        for (login, role) in LOGINS {
            let id = if role == Role::Office { made.office } else { AccountId::fresh() };
            let account = NewAccount {
                id,
                person: None,
                login: login.to_owned(),
                name: role.word().to_owned(),
                password: work::password::hash("Qingwu-2022", false).expect("a salt"),
            };
            store.create_accounts(made.inst, &[account], &act).await.expect("an account");
            store.grant(made.inst, &[(GrantId::fresh(), id, role, root)], &act).await.expect("a role");
        }
        let saves: Vec<PersonSave> = (0..PEOPLE)
            .map(|n| PersonSave {
                state: PersonState::of(Person {
                    id: PersonId::fresh(),
                    name: format!("林{n}"),
                    number: format!("S{n:04}"),
                    kind: "student".into(),
                }),
                based_on: None,
                secrets: BTreeMap::from([(SecretKind::Phone, Some(format!("1391234{n:04}")))]),
                note: "新增".into(),
            })
            .collect();
        store.save_persons(made.inst, &saves, None, &act).await.expect("people");
        store
            .note_keys(&Keys::read(&made.path("keys/luoshi.keys")).expect("keys"), act.at)
            .await
            .expect("noted");
        made.hand_in(&store, b"the first file").await;
        store.close().await.expect("closed");
        made
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn open(&self) -> Store {
        let target = match &self.database {
            Some(database) => Target::Postgres(database.url.clone()),
            None => Target::Sqlite(self.path("data/luoshi.db")),
        };
        Store::open(&target, Timestamp::UNIX_EPOCH)
            .await
            .expect("a store")
            .with_keys(Keys::read(&self.path("keys/luoshi.keys")).expect("keys"))
            .with_blobs(Blobs::folder(&self.path("data/files")).expect("a folder"))
    }

    async fn hand_in(&self, store: &Store, bytes: &[u8]) {
        let file = NewFile {
            entry: EntryId::fresh(),
            field: "files".to_owned(),
            name: "决议.txt".to_owned(),
            kind: FileKind::Pdf,
            given: sha256(bytes),
            bytes: bytes.to_vec(),
            small: None,
            words: String::new(),
        };
        let act = Act::new(Some(self.office), "", Timestamp::UNIX_EPOCH, "file.keep");
        store.keep_file(self.inst, file, &act).await.expect("kept");
    }

    /// A command on this installation.
    fn luoshi(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(LUOSHI);
        command.args(arguments).arg("--keys").arg(self.path("keys/luoshi.keys")).stdin(Stdio::null());
        match &self.database {
            Some(database) => {
                command.args(["--database", &database.url, "--files"]).arg(self.path("data/files"))
            }
            None => command.arg("--data").arg(self.path("data")),
        };
        command
    }

    fn run(&self, arguments: &[&str]) -> (i32, String) {
        said(&self.luoshi(arguments).output().expect("the program starts"))
    }

    fn backups(&self) -> String {
        self.path("backups").to_str().expect("a name").to_owned()
    }

    fn back_up(&self, more: &[&str]) -> (i32, String) {
        self.run(&[&["backup", &self.backups()], more].concat())
    }

    /// The folders of backups, whole or not.
    fn taken(&self) -> Vec<PathBuf> {
        let all =
            std::fs::read_dir(self.path("backups")).expect("a folder").map(|e| e.expect("readable").path());
        let mut all: Vec<PathBuf> = all.filter(|p| p.to_string_lossy().contains("/backup-")).collect();
        all.sort();
        all
    }

    /// Brings the newest backup back to a fresh place of the same engine, with these keys.
    fn restore(&self, to: &Fresh, keys: &Path, more: &[&str]) -> (i32, String) {
        let mut command = Command::new(LUOSHI);
        command.args(["restore", &self.backups()]).args(more).arg("--keys").arg(keys).stdin(Stdio::null());
        match &to.database {
            Some(database) => {
                command.args(["--database", &database.url, "--files"]).arg(to.folder.path().join("new/files"))
            }
            None => command.arg("--data").arg(to.folder.path().join("new")),
        };
        said(&command.output().expect("the program starts"))
    }

    async fn discard(self) {
        if let Some(database) = self.database {
            database.discard().await;
        }
    }
}

/// Where a backup is brought back to.
struct Fresh {
    folder: tempfile::TempDir,
    database: Option<Database>,
}

impl Fresh {
    async fn make(server: Option<&str>) -> Self {
        let database = match server {
            Some(server) => Some(Database::make(server).await),
            None => None,
        };
        Self { folder: tempfile::tempdir().expect("a folder"), database }
    }

    fn target(&self) -> Target {
        match &self.database {
            Some(database) => Target::Postgres(database.url.clone()),
            None => Target::Sqlite(self.folder.path().join("new/luoshi.db")),
        }
    }

    fn is_untouched(&self) -> bool {
        let new = self.folder.path().join("new");
        !new.exists()
            || std::fs::read_dir(new)
                .expect("a folder")
                .all(|e| e.expect("readable").file_name() == "luoshi.lock")
    }

    async fn discard(self) {
        if let Some(database) = self.database {
            database.discard().await;
        }
    }
}

fn said(Output { status, stdout, stderr }: &Output) -> (i32, String) {
    let words = String::from_utf8_lossy(stdout).into_owned() + &String::from_utf8_lossy(stderr);
    (status.code().unwrap_or(-1), words)
}

/// The engines that are there.
fn engines() -> Vec<Option<String>> {
    std::iter::once(None).chain(testkit::postgres().map(Some)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_beside_a_server_that_saves_holds_all_that_was_acknowledged_before() {
    for server in engines() {
        let place = Arc::new(Place::make(server.as_deref()).await);
        let store = place.open().await;
        let (acknowledged, enough) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(false)));
        let saving = tokio::spawn({
            let (place, store) = (Arc::clone(&place), store.clone());
            let (acknowledged, enough) = (Arc::clone(&acknowledged), Arc::clone(&enough));
            async move {
                while !enough.load(Ordering::SeqCst) {
                    let n = acknowledged.load(Ordering::SeqCst);
                    let act = Act::new(None, "", Timestamp::UNIX_EPOCH, "setting.save");
                    let saved =
                        store.save_setting(place.inst, "n", n, format!("{n}"), &act).await.expect("saved");
                    assert!(matches!(saved, Saved::Done(_)), "{saved:?}");
                    if n % 5 == 0 {
                        place.hand_in(&store, format!("file {n}").as_bytes()).await;
                    }
                    acknowledged.store(n + 1, Ordering::SeqCst);
                }
            }
        });
        for _ in 0..3 {
            while acknowledged.load(Ordering::SeqCst) < 20 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            let before = acknowledged.load(Ordering::SeqCst);
            let mut command = place.luoshi(&["backup", &place.backups()]);
            let out =
                tokio::task::spawn_blocking(move || command.output().expect("the program starts")).await;
            let (status, words) = said(&out.expect("it ends"));
            assert_eq!(status, 0, "{words}");
            assert!(!words.contains("注意"), "{words}");
            assert!(acknowledged.load(Ordering::SeqCst) > before, "nobody was kept waiting for it to end");

            let fresh = Fresh::make(server.as_deref()).await;
            let (status, words) = place.restore(&fresh, &place.path("keys/luoshi.keys"), &[]);
            assert_eq!(status, 0, "{words}");
            assert!(words.contains(&format!("加密的号码{PEOPLE}个，全部相符")), "{words}");
            let back = Store::look(&fresh.target()).await.expect("a store");
            let there =
                back.setting::<String>(place.inst, "n").await.expect("readable").expect("a setting").revision;
            assert!(there >= before, "{there} of {before} that were acknowledged");
            let lines = back.verify_audit(place.inst).await.expect("readable").expect("a whole chain");
            let newest = back.audit(place.inst, &AuditFilter::default(), 1).await.expect("lines")[0].seq;
            assert_eq!(lines, newest);
            back.close().await.expect("closed");
            fresh.discard().await;
            let (status, words) = place.run(&["restore", &place.backups(), "--check"]);
            assert_eq!(status, 0, "{words}");
            assert!(words.contains("这份备份能恢复，是不到1小时前的"), "{words}");
        }
        enough.store(true, Ordering::SeqCst);
        saving.await.expect("every save was taken");
        let last = store.last_backup().await.expect("readable").expect("it is noted");
        assert!(last.bytes > 1_000);
        store.close().await.expect("closed");
        let place = Arc::into_inner(place).expect("nobody else has it");
        // A file lies there once, whatever number of backups it is in; the first is in all three.
        let first = hex_of(b"the first file");
        let found =
            files_below(&place.path("backups/files")).into_iter().filter(|p| p.ends_with(&first)).count();
        assert_eq!((place.taken().len(), found), (3, 1));
        place.discard().await;
    }
}

fn hex_of(bytes: &[u8]) -> String {
    sha256(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let all = std::fs::read_dir(folder).expect("a folder").map(|e| e.expect("readable").path());
    all.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

#[tokio::test]
async fn a_backup_that_was_tampered_with_is_refused_and_the_file_named() {
    for server in engines() {
        let place = Place::make(server.as_deref()).await;
        let (status, words) = place.back_up(&[]);
        assert_eq!(status, 0, "{words}");
        assert!(words.contains("要另外备份") && !words.contains("注意"), "{words}");
        let backup = place.taken().remove(0);
        let database = backup.join(if server.is_some() { "luoshi.dump" } else { "luoshi.db" });
        let file = files_below(&place.path("backups/files")).remove(0);
        let fresh = Fresh::make(server.as_deref()).await;
        for (path, gone) in [(&database, false), (&database, true), (&file, false), (&file, true)] {
            let whole = std::fs::read(path).expect("a file");
            if gone {
                std::fs::remove_file(path).expect("removed");
            } else {
                let mut changed = whole.clone();
                let middle = changed.len() / 2;
                changed[middle] ^= 1;
                std::fs::write(path, changed).expect("written");
            }
            let name = path.file_name().expect("a name").to_str().expect("a name").to_owned();
            let what = if gone { "不见了" } else { "和备份时不一样" };
            let checked = place.run(&["restore", &place.backups(), "--check"]);
            let restored = place.restore(&fresh, &place.path("keys/luoshi.keys"), &[]);
            for (status, words) in [checked, restored] {
                assert_eq!(status, 1, "{words}");
                assert!(
                    words.contains(&name) && words.contains(what) && words.contains("什么也没有恢复"),
                    "{words}"
                );
            }
            assert!(fresh.is_untouched(), "{name}");
            std::fs::write(path, whole).expect("written");
        }
        // A list that is not whole.
        let manifest = backup.join("manifest.json");
        let whole = std::fs::read_to_string(&manifest).expect("a list");
        for (text, says) in [
            (whole[..whole.len() / 2].to_owned(), "读不懂"),
            (whole.replace("\"format\": 1", "\"format\": 99"), "更新的版本"),
            (whole.replace("\"luoshi.d", "\"../luoshi.d"), "读不懂"),
        ] {
            std::fs::write(&manifest, text).expect("written");
            let (status, words) = place.run(&["restore", &place.backups(), "--check"]);
            assert_eq!(status, 2, "{words}");
            assert!(words.contains("manifest.json") && words.contains(says), "{words}");
        }
        std::fs::write(&manifest, whole).expect("written");

        // Keys that belong to another installation, and none.
        let wrong = place.path("wrong.keys");
        Keys::make(&wrong).expect("other keys");
        let (status, words) = place.restore(&fresh, &wrong, &[]);
        assert_eq!(status, 2, "{words}");
        assert!(words.contains("wrong.keys") && words.contains("不是这份数据的"), "{words}");
        assert!(fresh.is_untouched());
        let (status, words) = place.restore(&fresh, &place.path("no.keys"), &[]);
        assert_eq!(status, 0, "{words}");
        assert!(words.contains("没有核对") && words.contains("没有它服务器不能启动"), "{words}");
        // What is there now is not written over.
        let (status, words) = place.restore(&fresh, &place.path("keys/luoshi.keys"), &[]);
        assert_eq!(status, 2, "{words}");
        assert!(words.contains("恢复只能恢复到空的地方"), "{words}");
        fresh.discard().await;
        place.discard().await;
    }
}

#[tokio::test]
async fn a_backup_that_was_broken_off_is_never_taken_for_one() {
    let place = Place::make(None).await;
    // All kinds of moments.
    for n in 0..12 {
        let mut child = place
            .luoshi(&["backup", &place.backups()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        tokio::time::sleep(Duration::from_millis(8 * n)).await;
        let _ = child.kill();
        child.wait().expect("it ends");
    }
    std::fs::create_dir_all(place.path("backups/backup-20260101-000000.part")).expect("a folder");
    std::fs::write(place.path("backups/backup-20260101-000000.part/manifest.json"), b"{").expect("written");
    let whole = |place: &Place| place.taken().into_iter().filter(|p| p.extension().is_none()).count();
    let finished = whole(&place);
    for backup in place.taken().iter().filter(|p| p.extension().is_none()) {
        let (status, words) = place.run(&["restore", backup.to_str().expect("a name"), "--check"]);
        assert_eq!(status, 0, "{words}");
    }
    let part = place.path("backups/backup-20260101-000000.part");
    let (status, words) = place.run(&["restore", part.to_str().expect("a name"), "--check"]);
    assert_eq!(status, 2, "{words}");
    assert!(words.contains("没有完整的备份"), "{words}");
    // The next one cleans up behind those before.
    let (status, words) = place.back_up(&[]);
    assert_eq!(status, 0, "{words}");
    assert_eq!((whole(&place), place.taken().len()), (finished + 1, finished + 1));
    // The folder of all of them may be called as one of them is.
    let called = place.path("backup-disk");
    std::fs::rename(place.path("backups"), &called).expect("renamed");
    let (status, words) = place.run(&["restore", called.to_str().expect("a name"), "--check"]);
    assert_eq!(status, 0, "{words}");

    // Bringing one back was broken off before its end: nothing is served there, nor begun anew.
    let half = place.path("half");
    std::fs::create_dir(&half).expect("a folder");
    std::fs::write(half.join("luoshi.db.restoring"), b"half").expect("written");
    let mut command = Command::new(LUOSHI);
    let out = command.args(["serve", "--addr", "127.0.0.1:0", "--data"]).arg(&half).output();
    let (status, words) = said(&out.expect("the program starts"));
    assert_eq!(status, 2, "{words}");
    assert!(words.contains("恢复没有做完"), "{words}");
    assert!(!half.join("luoshi.db").exists());
}

#[tokio::test]
async fn files_that_only_old_backups_need_go_with_them() {
    for server in engines() {
        let place = Place::make(server.as_deref()).await;
        assert_eq!(place.back_up(&[]).0, 0);
        let old = place.taken().remove(0);
        // It is of long ago.
        let manifest = old.join("manifest.json");
        let mut read: serde_json::Value =
            serde_json::from_slice(&std::fs::read(&manifest).expect("a list")).expect("JSON");
        read["taken"] = "2026-01-05T00:00:00Z".into();
        std::fs::write(&manifest, read.to_string()).expect("written");
        let url = match &place.database {
            Some(database) => database.url.clone(),
            None => format!("sqlite:{}", place.path("data/luoshi.db").display()),
        };
        raw(&url, "delete from attachment").await;
        let store = place.open().await;
        place.hand_in(&store, b"the second file").await;
        store.close().await.expect("closed");
        let (status, words) = place.back_up(&["--keep", "all"]);
        assert_eq!((status, words.contains("删去")), (0, false), "{words}");
        let pool = || {
            let mut names: Vec<String> = files_below(&place.path("backups/files"))
                .iter()
                .map(|p| p.file_name().expect("a name").to_string_lossy().into_owned())
                .collect();
            names.sort();
            names
        };
        assert_eq!(pool().len(), 2);
        let (status, words) = place.back_up(&["--keep", "1d"]);
        assert_eq!(status, 0, "{words}");
        assert!(words.contains("删去旧备份 2 份"), "{words}");
        assert!(!old.exists());
        assert_eq!((place.taken().len(), pool()), (1, vec![hex_of(b"the second file")]));
        assert_eq!(place.run(&["restore", &place.backups(), "--check"]).0, 0);
        let (status, words) = place.back_up(&["--keep", "some"]);
        assert_eq!(status, 2, "{words}");

        // Bytes that are gone, of a file that a record names: it is said, and the rest is backed up all the same.
        raw(&url, "update attachment set saved = 1").await;
        for file in
            files_below(&place.path("data/files")).iter().chain(&files_below(&place.path("backups/files")))
        {
            if file.file_name().is_some_and(|n| n != "luoshi-installation") {
                std::fs::remove_file(file).expect("removed");
            }
        }
        let (status, words) = place.back_up(&[]);
        assert_eq!(status, 1, "{words}");
        assert!(words.contains("有 1 个附件已经不在原处"), "{words}");
        place.discard().await;
    }
}

#[tokio::test]
async fn keys_go_with_a_backup_only_when_asked_for_and_encrypted() {
    let place = Place::make(None).await;
    let (pass, wrong) = (place.path("pass.txt"), place.path("wrong.txt"));
    std::fs::write(&pass, "长江后浪推前浪 2026\n").expect("written");
    std::fs::write(&wrong, "something else 2026\n").expect("written");
    let (status, words) = place.back_up(&["--with-keys", pass.to_str().expect("a name")]);
    assert_eq!(status, 0, "{words}");
    assert!(words.contains("密钥文件已加密放在里面"), "{words}");
    let sealed = std::fs::read(place.taken()[0].join("keys.sealed")).expect("sealed");
    assert!(sealed.starts_with(b"luoshi-keys-1\n"));
    let keys = std::fs::read(place.path("keys/luoshi.keys")).expect("keys");
    let opened = place.path("opened/luoshi.keys");
    let fresh = Fresh::make(None).await;
    let (status, words) = place.restore(&fresh, &opened, &["--open-keys", wrong.to_str().expect("a name")]);
    assert_eq!(status, 2, "{words}");
    assert!(words.contains("打不开备份里的密钥文件") && fresh.is_untouched() && !opened.exists(), "{words}");
    let (status, words) = place.restore(&fresh, &opened, &["--open-keys", pass.to_str().expect("a name")]);
    assert_eq!(status, 0, "{words}");
    assert!(words.contains(&format!("加密的号码{PEOPLE}个，全部相符")), "{words}");
    assert!(std::fs::read(&opened).expect("keys") == keys);
    // Without anybody's secret nothing of it can be read, and an empty passphrase is none.
    std::fs::write(&wrong, "\n").expect("written");
    let (status, words) = place.back_up(&["--with-keys", wrong.to_str().expect("a name")]);
    assert_eq!(status, 2, "{words}");
    assert!(words.contains("至少 12 个字符") && place.taken().len() == 1, "{words}");
}

#[tokio::test]
async fn a_disk_that_is_full_leaves_the_backups_that_were_there() {
    let permitted = Command::new("unshare").args(["-Urm", "true"]).status().is_ok_and(|s| s.success());
    if !permitted {
        testkit::skipped("a full disk: unshare -Urm is not permitted here");
        return;
    }
    let place = Place::make(None).await;
    let size = std::fs::metadata(place.path("data/luoshi.db")).expect("a file").len();
    // Room for one and a half.
    let script = format!(
        "mount -t tmpfs -o size={} t \"$0\" || exit 9; \
         \"$@\" || exit 8; \"$@\"; echo \"ended with $?\"; ls -A \"$0/b\"; exec {LUOSHI} restore --check \"$0/b\"",
        size * 3 / 2 + 200_000
    );
    let disk = tempfile::tempdir().expect("a folder");
    let mut command = Command::new("unshare");
    command
        .args(["-Urm", "sh", "-c", &script])
        .arg(disk.path())
        .arg(LUOSHI)
        .arg("backup")
        .arg(disk.path().join("b"));
    command.arg("--data").arg(place.path("data")).arg("--keys").arg(place.path("keys/luoshi.keys"));
    let (status, words) = said(&command.output().expect("the program starts"));
    assert_eq!(status, 0, "{words}");
    assert!(words.contains("磁盘满了") && words.contains("ended with 2"), "{words}");
    let names: Vec<&str> = words.lines().filter(|l| l.starts_with("backup-")).collect();
    assert!(names.len() == 1 && !names[0].ends_with(".part"), "{words}");
    assert!(words.contains("这份备份能恢复"), "{words}");
}

/// Starts a server, and waits until it says where.
fn serve(mut command: Command) -> (Server, String) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program starts");
    let out = child.stdout.take().expect("piped");
    let server = Server(child);
    let mut line = String::new();
    BufReader::new(out).read_line(&mut line).expect("a line");
    (server, line.trim().to_owned())
}

#[tokio::test]
async fn a_server_takes_its_backups_by_itself_and_says_how_old_the_last_is() {
    for server in engines() {
        let place = Place::make(server.as_deref()).await;
        let mut command = place.luoshi(&["serve", "--addr", "127.0.0.1:0"]);
        // All that may be said as an argument may be said by the environment.
        command.env("LUOSHI_BACKUP", place.path("backups")).env("LUOSHI_BACKUP_AT", "00:00");
        let (_server, address) = serve(command);
        // An error says that it was chosen already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::new();
        let mut figures = String::new();
        for _ in 0..600 {
            let answer = client.get(format!("{address}/metrics")).send().await.expect("an answer");
            figures = answer.text().await.expect("text");
            if figures.contains("luoshi_backup_age_seconds") {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(figures.contains("luoshi_backup_age_seconds"), "{figures}");
        assert!(figures.contains("luoshi_disk_free_bytes{folder="), "{figures}");
        assert_eq!(place.taken().len(), 1);
        let (status, words) = place.run(&["restore", &place.backups(), "--check"]);
        assert_eq!(status, 0, "{words}");
        drop(_server);
        place.discard().await;
    }
}

#[tokio::test]
async fn somebody_at_the_server_lets_people_in_again() {
    for server in engines() {
        let place = Place::make(server.as_deref()).await;
        let store = place.open().await;
        let now = work::Clock::Real.wall();
        let lasts = jiff::SignedDuration::from_mins(15);
        let rule = store::LockRule { after: 1, within: lasts, lasts };
        for subject in ["login:dangban", "login:xitong", "address:10.0.0.7"] {
            store.attempt_failed(subject, now, rule).await.expect("counted");
        }
        let session = store::Session {
            token_hash: [7; 32],
            institution: place.inst,
            account: place.office,
            created_at: now,
            seen_at: now,
            expires_at: now + lasts,
            address: String::new(),
            agent: String::new(),
        };
        let act = Act::new(None, "", now, "test");
        store.begin_session(&session, &act).await.expect("a session");
        let (status, words) = place.run(&["account", "list"]);
        assert_eq!(status, 0, "{words}");
        let line = words.lines().find(|l| l.contains("dangban")).expect("a line");
        assert!(
            line.contains("党委办公室") && line.contains("锁定到") && line.contains("1 处登录"),
            "{line}"
        );

        let locked = async |subject: &str| store.attempts(subject).await.expect("readable").is_some();
        assert_eq!(place.run(&["account", "unlock", "dangban"]).0, 0);
        assert!(!locked("login:dangban").await && locked("address:10.0.0.7").await);
        assert_eq!(place.run(&["account", "unlock", "--address", "10.0.0.7"]).0, 0);
        assert!(!locked("address:10.0.0.7").await);
        let (status, words) = place.run(&["account", "unlock", "nobody"]);
        assert_eq!(status, 2, "{words}");
        assert!(words.contains("没有账号“nobody”"), "{words}");

        let (status, words) = place.run(&["account", "end-sessions", "dangban"]);
        assert_eq!((status, words.contains("1 处登录已退出")), (0, true), "{words}");
        assert_eq!(store.session(&[7; 32], now).await.expect("readable"), None);

        let (status, words) = place.run(&["account", "recover-admin", "dangban"]);
        assert_eq!(status, 2, "{words}");
        assert!(words.contains("不是系统管理员的账号") && words.contains("xitong"), "{words}");
        let system = store.account_by_login("xitong").await.expect("readable").expect("an account");
        store.disable_account(place.inst, system.id, true, &act).await.expect("disabled");
        let (status, words) = place.run(&["account", "recover-admin"]);
        assert_eq!(status, 0, "{words}");
        let secret = words.lines().find_map(|l| l.strip_prefix("初始密码：")).expect("a password").to_owned();
        let after = store.account_by_login("xitong").await.expect("readable").expect("an account");
        assert!(after.disabled_at.is_none() && !locked("login:xitong").await);
        assert!(work::password::is_once(&after.password), "it must be changed at once");
        let hasher = work::password::Hasher::default();
        assert!(hasher.fits(Some(after.password), secret.clone()).await.expect("hashed"));

        let lines = store.audit(place.inst, &AuditFilter::default(), 10).await.expect("lines");
        let acts: Vec<&str> = lines.iter().map(|l| l.action.as_str()).take_while(|a| *a != "test").collect();
        assert_eq!(acts, ["account.recover", "account.enable"]);
        assert!(lines.iter().any(|l| l.action == "account.end-sessions" && l.subject == "dangban"));
        assert_eq!(lines.iter().filter(|l| l.action == "account.unlock").count(), 2);
        assert!(lines.iter().all(|l| !l.detail.contains(&secret)));
        store.close().await.expect("closed");
        place.discard().await;
    }
}

#[tokio::test]
async fn the_doctor_says_what_is_amiss_and_changes_nothing() {
    for server in engines() {
        let place = Place::make(server.as_deref()).await;
        let (status, words) = place.run(&["doctor"]);
        assert_eq!(status, 1, "{words}");
        assert!(words.contains("要办　还没有备份过") && words.matches("要办　").count() == 1, "{words}");
        assert_eq!(place.back_up(&[]).0, 0);
        let (status, words) = place.run(&["doctor"]);
        assert_eq!(status, 0, "{words}");
        assert!(words.contains("没有发现问题") && !words.contains("要办"), "{words}");
        assert!(
            words.contains("附件：最新的 0 个都在") && words.contains("密钥和数据里登记的一致"),
            "{words}"
        );
        assert_eq!(words.contains("pg_dump"), server.is_some(), "{words}");
        let gone = place.path("not-mounted");
        let (status, words) = place.run(&["doctor", "--backup", gone.to_str().expect("a name")]);
        assert_eq!((status, words.contains("要办　没有备份文件夹")), (1, true), "{words}");

        let amiss = |named: &str| {
            let (status, words) = place.run(&["doctor"]);
            assert_eq!(status, 1, "{words}");
            let line = words.lines().find(|l| l.starts_with("要办") && l.contains(named));
            assert!(line.is_some() && words.matches("要办　").count() == 1, "{named}\n{words}");
        };
        let keys = place.path("keys/luoshi.keys");
        let aside = place.path("aside.keys");
        std::fs::rename(&keys, &aside).expect("renamed");
        amiss("找不到密钥文件");
        Keys::make(&keys).expect("other keys");
        amiss("不是这份数据的");
        std::fs::rename(&aside, &keys).expect("renamed");
        let word = place.path("data/files/luoshi-installation");
        let ours = std::fs::read(&word).expect("a word");
        std::fs::write(&word, b"another").expect("written");
        amiss("放附件的地方不是这份数据原来用的");
        std::fs::write(&word, ours).expect("written");
        let url = match &place.database {
            Some(database) => database.url.clone(),
            None => format!("sqlite:{}", place.path("data/luoshi.db").display()),
        };
        raw(&url, "update attachment set saved = 1").await;
        let (status, words) = place.run(&["doctor"]);
        assert_eq!((status, words.contains("附件：最新的 1 个都在")), (0, true), "{words}");
        let named = hex_of(b"the first file");
        let file = files_below(&place.path("data/files")).into_iter().find(|path| path.ends_with(&named));
        let file = file.expect("a file");
        let bytes = std::fs::read(&file).expect("a file");
        std::fs::remove_file(&file).expect("removed");
        amiss("最新的 1 个里有 1 个不见了");
        std::fs::write(&file, bytes).expect("written");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(&keys, std::fs::Permissions::from_mode(0o644)).expect("changed");
            amiss("别的系统用户也能看（644）");
            std::fs::set_permissions(&keys, std::fs::Permissions::from_mode(0o600)).expect("changed");
        }
        let store = place.open().await;
        let ahead = work::Clock::Real.wall() + jiff::SignedDuration::from_mins(90);
        store.record(place.inst, &Act::new(None, "", ahead, "test")).await.expect("a line");
        let lines = store.audit(place.inst, &AuditFilter::default(), 1).await.expect("lines");
        amiss("系统时间比最后一条日志早");
        assert_eq!(
            store.audit(place.inst, &AuditFilter::default(), 1).await.expect("lines"),
            lines,
            "it only reads"
        );
        store.close().await.expect("closed");
        place.discard().await;
    }
}
