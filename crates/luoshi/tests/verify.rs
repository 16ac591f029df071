//! `luoshi verify` on a demonstration: as it was made, and after somebody changed a row behind the program's back.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use sea_orm::{ConnectionTrait as _, Database};

const LUOSHI: &str = env!("CARGO_BIN_EXE_luoshi");

/// Ends the server however the test ends.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Makes the demonstration in `folder`, and stops the server: it is told that it serves when all is kept.
fn make_demo(folder: &Path) {
    let mut child = Command::new(LUOSHI)
        .args(["demo", "--addr", "127.0.0.1:0", "--json", "--data"])
        .arg(folder)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let out = child.stdout.take().expect("piped");
    let _server = Server(child);
    let mut line = String::new();
    BufReader::new(out).read_line(&mut line).expect("a line");
    assert!(line.contains("address"), "{line}");
}

fn verify(folder: &Path) -> (i32, String) {
    let Output { status, stdout, stderr } =
        Command::new(LUOSHI).args(["verify", "--data"]).arg(folder).output().expect("the program starts");
    let said = String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr);
    (status.code().unwrap_or(-1), said)
}

/// A change behind the program's back, and the words by which it is named.
const CHANGES: [(&str, &[&str]); 23] = [
    ("update audit set detail = '{}', action = 'plan.look' where seq = 3", &["日志：从第3条起接不上"]),
    ("delete from audit where seq = (select max(seq) from audit)", &["日志：第", "条之后的缺失了"]),
    (
        "update entry set title = '改过的标题' where id = (select min(id) from entry)",
        &["改过的标题", "与最新一版不一致"],
    ),
    (
        "update entry_revision set body = replace(body, '\"withdrawn\":false', '\"withdrawn\":true') \
         where entry_id = (select min(entry_id) from credit)",
        &["不应计数：记录已撤回", "撤回与最新一版不一致"],
    ),
    (
        "update entry_person set attendance = 'absent' where attendance = 'present' \
         and entry_id = (select min(entry_id) from entry_person where attendance = 'present')",
        &["所列的参加人与最新一版不一致"],
    ),
    (
        "update credit set amount = 7 where id = (select min(c.id) from credit c join duty d on d.id = c.duty_id \
         where d.need = 1)",
        &["应计1，现计7"],
    ),
    (
        "update credit set happened = '2026-01-02' where id = (select max(id) from credit)",
        &["计为2026-01-02发生"],
    ),
    (
        "update credit set duty_id = (select min(d.id) from duty d where d.person_id is null \
         and d.unit_id <> (select unit_id from entry where id = credit.entry_id)) \
         where id = (select min(c.id) from credit c join duty d on d.id = c.duty_id where d.person_id is null)",
        &["不应计数："],
    ),
    (
        "update request set decided_by = null where id = (select min(id) from request where kind = 'waiver' \
         and decision = 'approved')",
        &["状态按记录为", "按页面为免办"],
    ),
    (
        "update duty set due = '2026-12-31' where id = (select max(id) from duty where due < '2026-12-01')",
        &["应办事项：有的与日志里当时的不一样"],
    ),
    ("delete from credit where id = (select max(id) from credit)", &["佐证：按日志应有"]),
    (
        "update credit set ended = known where id = (select min(id) from credit where ended is null)",
        &["停止计数的佐证：按日志应有"],
    ),
    (
        "update duty set dropped = '2026-03-01' where id = (select max(id) from duty where dropped is null)",
        &["取消的应办事项：按日志应有"],
    ),
    // What no other row rests on: it is counted by the act that wrote it.
    (
        "delete from entry_revision where entry_id = (select max(e.id) from entry e where not exists (select 1 from credit c \
         where c.entry_id = e.id))",
        &["记录的各版：按日志应有"],
    ),
    (
        "update person set name = '无名氏' where id = (select max(id) from person)",
        &["名册里的人：有的与日志里当时的不一样"],
    ),
    (
        "delete from membership where branch_id = (select max(branch_id) from membership)",
        &["组织关系：按日志应有"],
    ),
    ("delete from post", &["职务：按日志应有", "现有0条"]),
    ("update account set password = ''", &["账号：有的与日志里当时的不一样"]),
    ("update grant_of_role set role = 'office'", &["账号的角色：有的与日志里当时的不一样"]),
    (
        "update unit set name = '某支部' where id = (select max(id) from unit)",
        &["组织：有的与日志里当时的不一样"],
    ),
    ("update plan_revision set year = year - 1", &["要点的各稿：有的与日志里当时的不一样"]),
    ("update obligation set body = replace(body, '主题党日', '活动日')", &["要求：有的与日志里当时的不一样"]),
    ("delete from entry_ledger where entry_id = (select max(entry_id) from entry_ledger)", &["所列的台账"]),
];

#[tokio::test]
async fn a_clean_store_verifies_and_a_changed_row_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let clean = folder.path().join("clean");
    make_demo(&clean);
    let (status, said) = verify(&clean);
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("记录") && said.trim_end().ends_with("全部相符。"), "{said}");

    for (n, (change, named)) in CHANGES.iter().enumerate() {
        let changed = folder.path().join(format!("changed-{n}"));
        std::fs::create_dir(&changed).expect("a folder");
        let file = changed.join("luoshi.db");
        std::fs::copy(clean.join("luoshi.db"), &file).expect("a copy");
        // The keys are not asked: whoever writes into the file need not ask them either.
        let db = Database::connect(format!("sqlite:{}", file.display())).await.expect("the file");
        db.execute_unprepared("pragma foreign_keys = off").await.expect("a setting");
        let done = db.execute_unprepared(change).await.expect(change);
        assert!(done.rows_affected() > 0, "nothing is changed by: {change}");
        db.close().await.expect("closed");
        let (status, said) = verify(&changed);
        assert_eq!(status, 1, "{change}\n{said}");
        for words in *named {
            assert!(said.contains(words), "“{words}” is not in what is said of: {change}\n{said}");
        }
    }

    let mut lying = files_below(&clean.join("files"));
    lying.sort();
    let [gone, changed, ..] = lying.as_slice() else { panic!("few files: {lying:?}") };
    std::fs::remove_file(gone).expect("removed");
    std::fs::write(changed, b"something else").expect("written");
    let (status, said) = verify(&clean);
    assert_eq!(status, 1, "{said}");
    for words in ["文件不见了，请从备份里取回", "文件的内容被改动过"] {
        assert!(said.contains(words), "{words}\n{said}");
    }
}

/// The folder of a demonstration that stood on 10 March 2026, as the program with the eleventh schema left it.
const BEFORE: &[u8] = include_bytes!("files/demo-of-schema-11.zip");

#[test]
fn a_folder_of_an_earlier_version_is_migrated_and_all_in_it_fits() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut package = zip::ZipArchive::new(std::io::Cursor::new(BEFORE)).expect("a package");
    package.extract(folder.path()).expect("room for it");
    // It is only looked at: a copy is migrated, and the file is as old as before.
    let before = std::fs::read(folder.path().join("luoshi.db")).expect("a file");
    for _ in 0..2 {
        let (status, said) = verify(folder.path());
        assert_eq!(status, 0, "{said}");
        assert!(said.contains("数据库是较早的版本（11）"), "{said}");
        assert!(std::fs::read(folder.path().join("luoshi.db")).expect("a file") == before, "it was changed");
        let held = "记录568条，应办事项4041项，佐证4110条，免办和延期9件，附件9个，全部相符";
        assert!(said.contains(held), "{said}");
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let all = std::fs::read_dir(folder).expect("a folder").map(|e| e.expect("readable").path());
    all.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

#[test]
fn nothing_is_made_where_nothing_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let (status, said) = verify(folder.path());
    assert_eq!(status, 2, "{said}");
    assert!(said.contains("没有"), "{said}");
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
}
