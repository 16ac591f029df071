//! The program as people run it: what it prints and the status with which it leaves.

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/files").join(name)
}

fn luoshi(arguments: &[&str]) -> Output {
    let run = Command::new(env!("CARGO_BIN_EXE_luoshi")).args(arguments).current_dir(file("")).output();
    run.expect("the program starts")
}

fn status(output: &Output) -> i32 {
    output.status.code().expect("it was not killed")
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

#[test]
fn read_prints_the_structure() {
    let run = luoshi(&["read", "plan.txt"]);
    assert_eq!(status(&run), 0, "{}", err(&run));
    insta::assert_snapshot!(out(&run));
}

#[test]
fn read_prints_json_of_the_schema() {
    let run = luoshi(&["read", "--json", "plan.txt"]);
    assert_eq!(status(&run), 0);
    let plan: Value = serde_json::from_slice(&run.stdout).expect("JSON");
    assert_eq!(plan["title"], "青禾职业学院2026年党建工作要点");
    assert_eq!(plan["sections"].as_array().map(Vec::len), Some(2));
    let first = &plan["items"][0];
    assert_eq!(first["number"], "1");
    assert_eq!(first["section"], "一");
    assert_eq!(first["lead_units"], serde_json::json!(["党委办公室"]));
    assert_eq!(first["responsible_units"], serde_json::json!(["各支部"]));
    assert_eq!(first["cadences"][0]["times"], 1);
    assert_eq!(first["cadences"][0]["per"], "quarter");
    assert_eq!(plan["items"][1]["deadlines"][0]["kind"], "month");
}

#[test]
fn a_plan_with_errors_leaves_with_one() {
    let run = luoshi(&["check", "plan.txt", "--org", "org.toml", "--today", "2026-03-01"]);
    assert_eq!(status(&run), 1, "{}{}", out(&run), err(&run));
    insta::assert_snapshot!(out(&run));
}

#[test]
fn a_plan_without_errors_leaves_with_zero() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = folder.path().join("要点.txt");
    let text = std::fs::read_to_string(file("plan.txt")).expect("the plan");
    let mended = text.replace("先进党支部。", "先进党支部。（牵头部门：党委办公室，责任部门：各支部）");
    std::fs::write(&good, mended.replace("宣教处", "党委宣传部")).expect("a file");
    let run = luoshi(&["check", &good.to_string_lossy(), "--org", "org.toml", "--today", "2026-03-01"]);
    assert_eq!(status(&run), 0, "{}", out(&run));
}

#[test]
fn what_asks_for_nothing_is_counted_and_what_is_grave_comes_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("要点.txt");
    let text = "青禾职业学院2026年党建工作要点\n一、重点任务\n\
        1.抓好写作。面积扩大到3处。坚持正确方向。大力营造氛围。不断增强本领。每月举办1次写作会。（牵头部门：党委办公室）\n\
        2.抓好自查。6月31日前完成自查。（牵头部门：党委办公室）\n";
    std::fs::write(&path, text).expect("a file");
    let path = path.to_string_lossy().into_owned();
    let run = luoshi(&["check", &path, "--org", "org.toml", "--today", "2026-03-01"]);
    let page = out(&run);
    assert!(!page.contains("L003") && page.contains("另有1处不用做什么"), "{page}");
    let place = |code: &str| page.find(code).unwrap_or_else(|| panic!("{code}: {page}"));
    assert!(place("L020") < place("L021"), "errors come before remarks: {page}");
    let all = out(&luoshi(&["check", &path, "--org", "org.toml", "--today", "2026-03-01", "--all"]));
    assert!(all.contains("L003") && !all.contains("不用做什么"), "{all}");
}

#[test]
fn check_prints_every_sentence_and_every_diagnostic_as_json() {
    let run = luoshi(&["check", "--json", "plan.txt", "--org", "org.toml", "--today", "2026-03-01"]);
    assert_eq!(status(&run), 1);
    let page: Value = serde_json::from_slice(&run.stdout).expect("JSON");
    let diagnostics = page["diagnostics"].as_array().expect("a list");
    let unknown = diagnostics.iter().find(|d| d["text"] == "宣教处").expect("the unit that nobody knows");
    assert_eq!(unknown["severity"], "error");
    assert_eq!(unknown["line"], 4);
    assert_eq!(unknown["column"], 37);
    for key in ["code", "message", "help"] {
        assert!(unknown[key].as_str().is_some_and(|words| !words.is_empty()), "{key}");
    }
    let items = page["items"].as_array().expect("a list");
    assert_eq!(items.len(), 3);
    for measure in items.iter().flat_map(|i| i["measures"].as_array().expect("a list")) {
        let kind = measure["kind"].as_str().expect("a kind");
        assert!(
            ["title", "counted", "dated", "ruled", "deliverable", "directional"].contains(&kind),
            "{kind}"
        );
        assert!(
            measure["mechanisms"].is_array()
                && measure.get("bearers").is_some()
                && measure.get("ledger").is_some()
        );
    }
}

#[test]
fn what_cannot_be_read_leaves_with_two_and_says_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let picture = folder.path().join("要点.docx");
    std::fs::write(&picture, b"\x89PNG\r\n\x1a\n0000").expect("a file");
    let empty = folder.path().join("空.txt");
    std::fs::write(&empty, b"").expect("a file");
    for (path, words) in [
        (picture.as_path(), "这是一张 PNG 图片，不是文档"),
        (empty.as_path(), "文件是空的"),
        (&folder.path().join("没有.txt"), "找不到文件"),
        (folder.path(), "是文件夹"),
    ] {
        for command in ["read", "check"] {
            let run = luoshi(&[command, &path.to_string_lossy()]);
            assert_eq!(status(&run), 2);
            assert!(err(&run).contains(words) && err(&run).contains("帮助: "), "{}", err(&run));
            assert_eq!(out(&run), "");
        }
    }
}

#[test]
fn a_file_of_two_hundred_megabytes_is_refused_before_it_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let large = folder.path().join("大.txt");
    std::fs::File::create(&large).and_then(|f| f.set_len(200 << 20)).expect("a file with a hole");
    let run = luoshi(&["check", &large.to_string_lossy()]);
    assert_eq!(status(&run), 2);
    assert!(err(&run).contains("文件有 200 MB，超过了 32 MB 的上限"), "{}", err(&run));
}

#[test]
fn a_plan_without_items_is_an_error_of_the_document() {
    let folder = tempfile::tempdir().expect("a folder");
    let letter = folder.path().join("信.txt");
    std::fs::write(&letter, "各位老师：\n明天停电，请提前保存文件。\n").expect("a file");
    let run = luoshi(&["check", &letter.to_string_lossy()]);
    assert_eq!(status(&run), 1, "{}", out(&run));
    assert!(out(&run).contains("错误["), "{}", out(&run));
}

#[test]
fn carry_lays_an_upper_plan_beside_the_one_that_carries_it_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let written = |name: &str, items: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, format!("青禾2026年党建工作要点\n一、重点任务\n{items}")).expect("a file");
        path.to_string_lossy().into_owned()
    };
    let upper = written(
        "上级.txt",
        "1.抓好保密。每半年开展1次保密检查。（牵头部门：保密办）\n2.建好校史馆。12月10日前完成校史馆布展情况总结。（牵头部门：宣传处）\n",
    );
    let lower = written("本级.txt", "1.校史馆。12月20日前完成校史馆布展情况总结。（牵头部门：宣传部）\n");
    let run = luoshi(&["carry", &upper, &lower]);
    assert_eq!(status(&run), 1, "{}", err(&run));
    let page = out(&run);
    assert!(
        page.contains("没有承接\n") && page.contains("日子晚了：上级12月10日前，本级12月20日前"),
        "{page}"
    );
    let run = luoshi(&["carry", &upper, &lower, "--json"]);
    let json: Value = serde_json::from_slice(&run.stdout).expect("JSON");
    assert_eq!(json["counts"]["none"], 1);
    assert_eq!(json["counts"]["later"], 1);
    assert_eq!(status(&luoshi(&["carry", &upper, &upper])), 0, "a plan carries itself");
    let run = luoshi(&["carry", &upper]);
    assert_eq!(status(&run), 2);
}

#[test]
fn explain_prints_the_page_of_a_code() {
    let run = luoshi(&["explain", "l009"]);
    assert_eq!(status(&run), 0);
    assert!(out(&run).starts_with("# L009 "));
    let run = luoshi(&["explain", "L999"]);
    assert_eq!(status(&run), 2);
    assert!(err(&run).contains("L001"), "{}", err(&run));
}

#[test]
fn the_built_in_rulebook_has_no_errors() {
    let run = luoshi(&["rulebook", "check"]);
    assert_eq!(status(&run), 0, "{}", out(&run));
    assert!(out(&run).starts_with("规则库没有错误："));
}

#[test]
fn a_mistake_in_an_own_rule_is_shown_under_its_words() {
    let folder = tempfile::tempdir().expect("a folder");
    let rules = folder.path().join("obligations");
    std::fs::create_dir(&rules).expect("a folder");
    let rule =
        "title = \"读书会\"\nbearers = { kind = \"brunch\" }\ncadence = { at_least = 1, per = \"month\" }\n";
    std::fs::write(rules.join("reading.toml"), rule).expect("a file");
    let run = luoshi(&["rulebook", "check", &folder.path().to_string_lossy()]);
    assert_eq!(status(&run), 1, "{}{}", out(&run), err(&run));
    assert!(out(&run).contains("reading.toml:2:"), "{}", out(&run));
    assert!(out(&run).contains("brunch") && out(&run).contains('^'), "{}", out(&run));
}

#[test]
fn the_help_is_chinese() {
    for arguments in [&["--help"][..], &["check", "--help"], &["rulebook", "check", "--help"]] {
        let run = luoshi(arguments);
        assert_eq!(status(&run), 0);
        let page = out(&run);
        for word in ["Usage", "Options", "OPTIONS", "Commands", "Arguments", "Print"] {
            assert!(!page.contains(word), "{word} in\n{page}");
        }
        assert!(page.contains("用法：") && page.contains("显示帮助"), "{page}");
    }
    let run = luoshi(&["frobnicate"]);
    assert_eq!((status(&run), err(&run).contains("没有“frobnicate”这个命令")), (2, true));
    let run = luoshi(&["check"]);
    assert_eq!((status(&run), err(&run).contains("还缺 <文件>")), (2, true), "{}", err(&run));
    let run = luoshi(&["check", "plan.txt", "--today", "明天"]);
    assert_eq!((status(&run), err(&run).contains("“明天”不对")), (2, true), "{}", err(&run));
}

/// The pages of the procedures are those that the files give now.
#[test]
fn the_pages_of_the_procedures_are_drawn_from_their_files() {
    let out = tempfile::tempdir().unwrap();
    let done = luoshi(&["rulebook", "procedures", out.path().to_str().unwrap()]);
    assert!(done.status.success());
    let kept = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/procedures");
    let names = |dir: &std::path::Path| -> std::collections::BTreeSet<String> {
        let all = std::fs::read_dir(dir).unwrap();
        all.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect()
    };
    assert_eq!(names(&kept), names(out.path()));
    for name in names(&kept) {
        let now = std::fs::read_to_string(out.path().join(&name)).unwrap();
        let said = std::fs::read_to_string(kept.join(&name)).unwrap();
        assert!(now == said, "{name} is not as its file says: luoshi rulebook procedures docs/procedures");
    }
}
