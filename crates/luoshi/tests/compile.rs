//! `luoshi compile` as people run it: demands and due days of small plans, all invented.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/files").join(name)
}

fn luoshi(arguments: &[&str]) -> Output {
    let run = Command::new(env!("CARGO_BIN_EXE_luoshi")).args(arguments).current_dir(file("")).output();
    run.expect("the program starts")
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// Writes a plan whose items are these texts, each with its owner.
fn plan(folder: &Path, items: &[(&str, &str)]) -> String {
    let mut text = "青禾职业学院2026年党建工作要点\n一、重点任务\n".to_owned();
    for (n, (words, owner)) in items.iter().enumerate() {
        text.push_str(&format!("{}.抓好工作。{words}（牵头部门：{owner}）\n", n + 1));
    }
    let path = folder.join("要点.txt");
    std::fs::write(&path, text).expect("a file");
    path.to_string_lossy().into_owned()
}

fn compiled(items: &[(&str, &str)], more: &[&str]) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let file = plan(folder.path(), items);
    let run = luoshi(&[&["compile", "--json", &file], more].concat());
    assert!(run.status.code().is_some_and(|c| c < 2), "{}", err(&run));
    serde_json::from_slice(&run.stdout).expect("JSON")
}

const PEOPLE: [&str; 2] = ["--org", "org-people.toml"];

/// Unit, person and due day of each duty of an item.
fn owed(page: &Value, item: u64) -> Vec<(String, Option<String>, String)> {
    let list = |name: &str| page[name].as_array().expect("a list").clone();
    let keys: BTreeSet<String> = list("obligations")
        .iter()
        .filter(|o| o["item"] == item)
        .filter_map(|o| o["key"].as_str().map(ToOwned::to_owned))
        .collect();
    let words = |v: &Value| v.as_str().map(ToOwned::to_owned);
    list("duties")
        .iter()
        .filter(|d| d["obligation"].as_str().is_some_and(|k| keys.contains(k)))
        .map(|d| {
            (words(&d["unit"]).unwrap_or_default(), words(&d["person"]), words(&d["due"]).unwrap_or_default())
        })
        .collect()
}

#[test]
fn without_an_organisation_there_are_demands_and_no_duties() {
    let page = compiled(&[("每月5日前报送工作小结。", "党委办公室")], &[]);
    let demand = &page["obligations"][0];
    assert_eq!(page["year"], 2026);
    assert_eq!(demand["item"], 0);
    assert_eq!(demand["text"], "每月5日前报送工作小结");
    assert_eq!(demand["bearers"], serde_json::json!(["党委办公室"]));
    assert_eq!(demand["cadence"]["words"], "每月5日前");
    assert_eq!(demand["cadence"]["each_by"]["by"]["month"]["day"], 5);
    assert_eq!(demand["source"]["line"], 3);
    assert_eq!(demand["assessed"], true);
    assert_eq!(page["duties"], serde_json::json!([]));
}

#[test]
fn with_an_organisation_each_bearer_has_its_days() {
    let page = compiled(&[("每季度末25日前报送工作小结。", "党委办公室")], &PEOPLE);
    let days: Vec<String> = owed(&page, 0).into_iter().map(|d| d.2).collect();
    assert_eq!(days, ["2026-03-25", "2026-06-25", "2026-09-25", "2026-12-25"]);
}

#[test]
fn another_year_and_another_calendar() {
    let folder = tempfile::tempdir().expect("a folder");
    let calendar = folder.path().join("校历.toml");
    let text = "source = \"本校校历\"\n[[term]]\nname = \"春季学期\"\nfrom = 2027-03-08\nto = 2027-07-02\n";
    std::fs::write(&calendar, text).expect("a file");
    let calendar = calendar.to_string_lossy().into_owned();
    let more = [&PEOPLE[..], &["--year", "2027", "--calendar", &calendar]].concat();
    let page = compiled(&[("每学期报送工作小结。", "党委办公室")], &more);
    assert_eq!(owed(&page, 0)[0].2, "2027-07-02");

    std::fs::write(folder.path().join("坏.toml"), "[[term]]\nname = \"春\"\n").expect("a file");
    let bad = folder.path().join("坏.toml").to_string_lossy().into_owned();
    let file = plan(folder.path(), &[("每月报送小结。", "党委办公室")]);
    let run = luoshi(&["compile", &file, "--calendar", &bad]);
    assert_eq!(run.status.code(), Some(2));
    assert!(err(&run).contains("校历文件") && err(&run).contains('行'), "{}", err(&run));
}

#[test]
fn the_table_is_for_people() {
    let folder = tempfile::tempdir().expect("a folder");
    let items = [
        ("每季度末25日前报送工作小结。", "党委办公室"),
        ("在学校第二次党代会召开前完成代表选举。", "党委办公室"),
    ];
    let file = plan(folder.path(), &items);
    let run = luoshi(&["compile", &file, "--org", "org-people.toml"]);
    insta::assert_snapshot!(out(&run));
}
