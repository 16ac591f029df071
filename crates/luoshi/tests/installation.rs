//! The program itself on one installation: keys that are changed by many at once, keys and files that are another's, a data
//! folder that is served already, a database that is damaged or older, a server that is killed in the middle of a job.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use jiff::Timestamp;
use model::{
    AccountId, GrantId, InstitutionId, JobId, Person, PersonId, Role, SecretKind, Unit, UnitId, UnitKind,
};
use store::{
    Act, AuditFilter, Blobs, Job, JobKind, JobState, Keys, NewAccount, NewJob, PersonSave, PersonState,
    Store, Target,
};

const LUOSHI: &str = env!("CARGO_BIN_EXE_luoshi");
/// People who have a number each.
const PEOPLE: usize = 300;

/// Ends the server however the test ends.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A data folder with some numbers in it, and where its keys lie.
struct Data {
    folder: tempfile::TempDir,
}

impl Data {
    async fn make() -> Self {
        let made = Self { folder: tempfile::tempdir().expect("a folder") };
        std::fs::create_dir(made.data()).expect("a folder");
        let keys = Keys::make(&made.keys()).expect("keys");
        let store = Store::open(&Target::Sqlite(made.data().join("luoshi.db")), Timestamp::UNIX_EPOCH)
            .await
            .expect("a store")
            .with_keys(keys);
        let inst = InstitutionId::fresh();
        let act = Act::new(None, "", Timestamp::UNIX_EPOCH, "test");
        store.create_institution(inst, "春晖职业技术学院", &act).await.expect("an institution");
        let saves: Vec<PersonSave> = (0..PEOPLE)
            .map(|n| {
                let person = Person {
                    id: PersonId::fresh(),
                    name: format!("林{n}"),
                    number: format!("S{n:04}"),
                    kind: "student".into(),
                };
                PersonSave {
                    state: PersonState::of(person),
                    based_on: None,
                    secrets: BTreeMap::from([(SecretKind::Phone, Some(format!("1391234{n:04}")))]),
                    note: "新增".into(),
                }
            })
            .collect();
        store.save_persons(inst, &saves, None, &act).await.expect("people");
        store.close().await.expect("closed");
        made
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn keys(&self) -> PathBuf {
        self.folder.path().join("data-keys/luoshi.keys")
    }

    fn luoshi(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(LUOSHI);
        command.args(arguments).arg("--data").arg(self.data()).stdin(Stdio::null());
        command
    }

    /// What a command that ends by itself says, and how it ends.
    fn run(&self, arguments: &[&str]) -> (i32, String) {
        said(self.luoshi(arguments).output().expect("the program starts"))
    }
}

fn said(Output { status, stdout, stderr }: Output) -> (i32, String) {
    let words = String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr);
    (status.code().unwrap_or(-1), words)
}

/// Starts a server, and waits until it says where.
fn serve(mut command: Command) -> (Server, String) {
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    let out = child.stdout.take().expect("piped");
    let server = Server(child);
    let mut line = String::new();
    BufReader::new(out).read_line(&mut line).expect("a line");
    (server, line)
}

#[tokio::test]
async fn keys_that_many_change_at_once_still_open_everything() {
    let data = Data::make().await;
    for round in 0..3 {
        let children: Vec<Child> = (0..5)
            .map(|_| {
                data.luoshi(&["keys", "rotate"])
                    .stdout(Stdio::piped())
                    .stderr(Stdio::piped())
                    .spawn()
                    .expect("the program starts")
            })
            .collect();
        let ended: Vec<(i32, String)> =
            children.into_iter().map(|c| said(c.wait_with_output().expect("it ends"))).collect();
        assert!(ended.iter().any(|(status, _)| *status == 0), "round {round}: {ended:?}");
        for (status, words) in &ended {
            let refused = *status == 2 && words.contains("正由另一个 luoshi 使用");
            assert!(*status == 0 || refused, "round {round}: {status} {words}");
        }
        let (status, words) = data.run(&["verify"]);
        assert_eq!(status, 0, "{words}");
        assert!(words.contains(&format!("加密的号码{PEOPLE}个，全部相符")), "{words}");
        assert!(!words.contains("注意"), "{words}");
    }
}

#[tokio::test]
async fn keys_that_are_another_installations_are_refused() {
    let data = Data::make().await;
    let aside = data.folder.path().join("aside.keys");
    let ours = std::fs::read(data.keys()).expect("keys");
    // Before the database has met any key: the first start tries them on what is sealed.
    let wrong = data.folder.path().join("wrong.keys");
    Keys::make(&wrong).expect("other keys");
    let wrong = wrong.to_str().expect("a name").to_owned();
    for noted in [false, true] {
        for command in [&["serve", "--addr", "127.0.0.1:0"][..], &["keys", "rotate"], &["verify"]] {
            let (status, words) = data.run(&[command, &["--keys", &wrong]].concat());
            assert_eq!(status, 2, "{command:?} {words}");
            assert!(words.contains("不是这份数据的") && words.contains("帮助"), "{command:?} {words}");
        }
        if !noted {
            let (status, words) = data.run(&["keys", "rotate"]);
            assert_eq!(status, 0, "{words}");
        }
    }
    // The file from before the change of keys.
    std::fs::write(&aside, &ours).expect("written");
    let (status, words) =
        data.run(&["serve", "--addr", "127.0.0.1:0", "--keys", aside.to_str().expect("a name")]);
    assert_eq!(status, 2, "{words}");
    assert!(words.contains("里没有第 2 号密钥"), "{words}");
    // None at all.
    std::fs::rename(data.keys(), &aside).expect("renamed");
    let (status, words) = data.run(&["serve", "--addr", "127.0.0.1:0"]);
    assert_eq!(status, 2, "{words}");
    assert!(words.contains("找不到密钥文件"), "{words}");
    assert!(!data.keys().exists(), "none is made");
    let (status, words) = data.run(&["verify"]);
    assert_eq!(status, 0, "{words}");
    assert!(words.contains(&format!("{PEOPLE}个加密的号码和草稿没有核对")), "{words}");
}

#[tokio::test]
async fn a_data_folder_is_served_once_and_looked_at_beside() {
    let data = Data::make().await;
    let (server, address) = serve(data.luoshi(&["serve", "--addr", "127.0.0.1:0"]));
    assert!(address.starts_with("http://"), "{address}");
    for command in
        [&["serve", "--addr", "127.0.0.1:0"][..], &["demo", "--addr", "127.0.0.1:0"], &["keys", "rotate"]]
    {
        let (status, words) = data.run(command);
        assert_eq!(status, 2, "{command:?} {words}");
        assert!(words.contains("正由另一个 luoshi 使用") && words.contains("停下"), "{command:?} {words}");
    }
    let (status, words) = data.run(&["verify"]);
    assert_eq!(status, 0, "{words}");
    let (status, words) = data.run(&["password", "nobody"]);
    assert_eq!(status, 2, "{words}");
    assert!(words.contains("没有账号"), "it has looked: {words}");
    // However the server ends, the next one may begin.
    drop(server);
    let (_server, address) = serve(data.luoshi(&["serve", "--addr", "127.0.0.1:0"]));
    assert!(address.starts_with("http://"), "{address}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        for entry in [data.keys(), data.data().join("luoshi.db"), data.data().join("luoshi.db-wal")] {
            let mode = std::fs::metadata(&entry).expect("a file").permissions().mode();
            assert_eq!(mode & 0o077, 0, "{} {mode:o}", entry.display());
        }
    }
}

#[tokio::test]
async fn a_database_that_is_damaged_empty_or_older_is_said_to_be() {
    let data = Data::make().await;
    let file = data.data().join("luoshi.db");
    let whole = std::fs::read(&file).expect("a file");
    let (status, words) = data.run(&["verify"]);
    assert_eq!(status, 0, "{words}");

    // A page of an index: no query of ours need come by it.
    let db = sea_orm::Database::connect(format!("sqlite:{}", file.display())).await.expect("the file");
    let row = sea_orm::ConnectionTrait::query_one_raw(
        &db,
        sea_orm::Statement::from_string(
            sea_orm::DbBackend::Sqlite,
            "select rootpage from sqlite_schema where type = 'index' and tbl_name = 'person' and rootpage > 0",
        ),
    );
    let page: i64 = row.await.expect("a row").expect("an index").try_get_by_index(0).expect("a number");
    db.close().await.expect("closed");
    let mut damaged = whole.clone();
    let start = (usize::try_from(page).expect("a page") - 1) * 4096;
    damaged[start + 2048..start + 4096].fill(0x5a);
    std::fs::write(&file, &damaged).expect("written");
    let (status, words) = data.run(&["verify"]);
    assert_eq!(status, 1, "{words}");
    assert!(words.contains("数据库文件已损坏") && !words.contains("全部相符"), "{words}");
    assert_eq!(std::fs::read(&file).expect("a file"), damaged, "it is only looked at");

    std::fs::write(&file, b"").expect("written");
    let (status, words) = data.run(&["verify"]);
    assert_eq!(status, 2, "{words}");
    assert!(words.contains("是空文件"), "{words}");
    assert_eq!(std::fs::metadata(&file).expect("a file").len(), 0, "nothing is made of it");

    std::fs::write(&file, b"no database at all, only some words that are long enough to be read")
        .expect("written");
    let (status, words) = data.run(&["verify"]);
    assert_eq!(status, 2, "{words}");

    // Nobody is in it yet.
    std::fs::remove_file(&file).expect("removed");
    let store = Store::open(&Target::Sqlite(file.clone()), Timestamp::UNIX_EPOCH).await.expect("a store");
    store.close().await.expect("closed");
    let (status, words) = data.run(&["verify"]);
    assert_eq!(status, 1, "{words}");
    assert!(words.contains("还没有学校"), "{words}");
}

/// Runs SQL on the test's database server.
async fn raw(url: &str, sql: &str) {
    let mut options = sea_orm::ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    let db = sea_orm::Database::connect(options).await.expect("a server");
    sea_orm::ConnectionTrait::execute_unprepared(&db, sql).await.expect(sql);
    db.close().await.expect("closed");
}

fn two(folder: &Path, url: &str, keys: &str, files: &str) -> Command {
    let mut command = Command::new(LUOSHI);
    command
        .args(["serve", "--addr", "127.0.0.1:0", "--database", url, "--keys"])
        .arg(folder.join(keys))
        .arg("--files")
        .arg(folder.join(files))
        .stdin(Stdio::null());
    command
}

/// A schema of the test's own on its database server, by the address under which it is the only one.
async fn schema(url: &str) -> (String, String) {
    let schema = format!("test_{}", InstitutionId::fresh().0.simple());
    raw(url, &format!("create schema {schema}")).await;
    let mark = if url.contains('?') { '&' } else { '?' };
    let own = format!("{url}{mark}options=-c%20search_path%3D{schema}");
    (schema, own)
}

/// Asks until the job is so; what it is then.
async fn until(store: &Store, job: &Job, is: impl Fn(&Job) -> bool) -> Job {
    let begun = std::time::Instant::now();
    loop {
        let now = store.job(job.institution, job.id).await.expect("a job");
        if is(&now) {
            return now;
        }
        assert!(begun.elapsed().as_secs() < 60, "waited in vain: {now:?}");
    }
}

#[tokio::test]
async fn a_job_of_a_server_that_was_killed_is_finished_by_another() {
    let Some(url) = testkit::postgres() else { return };
    let (schema, own) = schema(&url).await;
    let folder = tempfile::tempdir().expect("a folder");
    let keys = Keys::make(&folder.path().join("one.keys")).expect("keys");
    let store = Store::open(&Target::Postgres(own.clone()), Timestamp::UNIX_EPOCH)
        .await
        .expect("a store")
        .with_keys(keys)
        .with_blobs(Blobs::folder(&folder.path().join("files")).expect("a folder"));
    let (inst, unit, office) = (InstitutionId::fresh(), UnitId::fresh(), AccountId::fresh());
    let act = Act::new(None, "", Timestamp::UNIX_EPOCH, "test");
    store.create_institution(inst, "春晖职业技术学院", &act).await.expect("an institution");
    let committee = Unit {
        id: unit,
        parent: None,
        kind: UnitKind::Committee,
        name: "学校党委".to_owned(),
        aliases: Vec::new(),
        traits: std::collections::BTreeSet::new(),
        sort: 0,
        founded: None,
        dissolved: None,
    };
    store.save_units(inst, &[committee], &act).await.expect("a unit");
    let account = NewAccount {
        id: office,
        person: None,
        login: "dangban".to_owned(),
        name: "党委办公室".to_owned(),
        password: String::new(),
    };
    store.create_accounts(inst, &[account], &act).await.expect("an account");
    store.grant(inst, &[(GrantId::fresh(), office, Role::Office, unit)], &act).await.expect("a role");
    let new = NewJob {
        id: JobId::fresh(),
        kind: JobKind::EntryExport,
        subject: "all",
        name: "记录",
        body: serde_json::json!({ "sent": [] }),
        account: Some(office),
        address: "10.0.0.7",
        at: Timestamp::UNIX_EPOCH,
    };
    let job = store.ask_job(inst, &new).await.expect("asked").expect("a job");

    // While this holds the institution's row, no export comes to its end.
    let mut options = sea_orm::ConnectOptions::new(&own);
    options.max_connections(1).sqlx_logging(false);
    let holder = sea_orm::Database::connect(options).await.expect("a server");
    let held = sea_orm::TransactionTrait::begin(&holder).await.expect("a transaction");
    let row = "update institution set changed = changed";
    sea_orm::ConnectionTrait::execute_unprepared(&held, row).await.expect("the row");
    let (first, address) = serve(two(folder.path(), &own, "one.keys", "files"));
    assert!(address.starts_with("http://"), "{address}");
    let taken = until(&store, &job, |j| j.state == JobState::Running).await;
    assert_eq!(taken.attempts, 1);
    // Dropped, it is killed: nothing is said to anybody.
    drop(first);
    held.rollback().await.expect("let go");
    assert_eq!(until(&store, &job, |_| true).await.state, JobState::Running, "as it was left");
    // Its minute of silence is over.
    raw(&own, "update job set beat = beat - 120000000 where state = 'running'").await;

    let (second, address) = serve(two(folder.path(), &own, "one.keys", "files"));
    assert!(address.starts_with("http://"), "{address}");
    let done = until(&store, &job, |j| j.state.has_ended()).await;
    assert_eq!((done.state, done.attempts), (JobState::Done, 2), "{done:?}");
    let file = store.job_file(inst, job.id).await.expect("its file");
    assert!(!office::sheet::read(&file).expect("a workbook").is_empty());
    let lines = store.audit(inst, &AuditFilter::default(), 100).await.expect("lines");
    assert_eq!(lines.iter().filter(|l| l.action == "export.entries").count(), 1, "noted once");
    store.close().await.expect("closed");
    holder.close().await.expect("closed");
    drop(second);
    raw(&url, &format!("drop schema {schema} cascade")).await;
}

#[tokio::test]
async fn a_second_server_on_one_database_must_have_the_same_keys_and_files() {
    let Some(url) = testkit::postgres() else { return };
    let (schema, own) = schema(&url).await;
    let folder = tempfile::tempdir().expect("a folder");
    let (_first, address) = serve(two(folder.path(), &own, "one.keys", "files"));
    assert!(address.starts_with("http://"), "{address}");
    // Its machine has no keys yet: none are made, for there are some.
    let (status, words) = said(two(folder.path(), &own, "two.keys", "files").output().expect("it starts"));
    assert_eq!(status, 2, "{words}");
    assert!(words.contains("找不到密钥文件"), "{words}");
    Keys::make(&folder.path().join("two.keys")).expect("keys");
    let (status, words) = said(two(folder.path(), &own, "two.keys", "files").output().expect("it starts"));
    assert_eq!(status, 2, "{words}");
    assert!(words.contains("不是这份数据的"), "{words}");
    let (status, words) = said(two(folder.path(), &own, "one.keys", "other").output().expect("it starts"));
    assert_eq!(status, 2, "{words}");
    assert!(words.contains("不是这份数据原来用的") && words.contains("luoshi-installation"), "{words}");
    let (second, address) = serve(two(folder.path(), &own, "one.keys", "files"));
    assert!(address.starts_with("http://"), "{address}");
    drop((second, _first));
    raw(&url, &format!("drop schema {schema} cascade")).await;
}

#[tokio::test]
async fn what_is_wrong_with_the_machine_is_said_when_a_server_starts() {
    let data = Data::make().await;
    // Something else stands where the files should lie.
    let place = data.folder.path().join("files");
    std::fs::write(&place, b"a file").expect("written");
    let place = place.to_str().expect("a name").to_owned();
    let (status, words) = data.run(&["serve", "--addr", "127.0.0.1:0", "--files", &place]);
    assert_eq!(status, 2, "{words}");
    assert!(words.contains("不能使用放附件的地方") && words.contains("没有写的权限"), "{words}");

    // Something was written on a day that has not come.
    let target = Target::Sqlite(data.data().join("luoshi.db"));
    let store = Store::open(&target, Timestamp::UNIX_EPOCH).await.expect("a store");
    let inst = store.institutions().await.expect("a list").first().expect("the institution").id;
    let ahead = "2999-01-01T00:00:00Z".parse().expect("a moment");
    store.record(inst, &Act::new(None, "", ahead, "test")).await.expect("a line");
    store.close().await.expect("closed");
    let (mut server, address) = serve(data.luoshi(&["serve", "--addr", "127.0.0.1:0"]));
    assert!(address.starts_with("http://"), "{address}");
    let told = BufReader::new(server.0.stderr.take().expect("piped")).lines().take(9);
    let told = told.map_while(Result::ok).find(|line| line.contains("系统时间比最后一条日志早"));
    assert!(told.is_some_and(|line| line.contains("请校准")));
}
