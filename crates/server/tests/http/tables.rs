//! Tables inside a record and numbers that nobody types, from the form to the list, the spreadsheet and back.

use std::sync::Arc;

use axum::http::StatusCode;
use model::{EntryId, Role, Value};
use rulebook::Rulebook;
use store::Scope;
use testkit::Page;
use work::Settings;

use crate::entries::{BRANCH, form, read, save};
use crate::harness::TestApp;

const LEDGER: &str = r#"
title = "结对帮扶"
kept_by = ["branch"]
complete = ["pair_topic", { rows = "pairs", at_least = 1 }, { rows = "pairs", where = [{ field = "cost", present = true }], share = [1, 1] }]
columns = ["cost_total"]

[[field]]
id = "pair_topic"
title = "主题"
type = "text"
means = "title"

[[field]]
id = "pairs"
title = "结对名单"
type = "rows"

[[field.row]]
id = "member"
title = "党员"
type = "person"
width = 6

[[field.row]]
id = "cost"
title = "支出"
type = "money"
width = 6

[[field]]
id = "cost_total"
title = "支出合计"
type = "money"
sum_of = ["pairs.cost"]

[[field]]
id = "pair_count"
title = "对数"
type = "number"
unit = "对"
count_of = "pairs"
"#;

async fn app() -> TestApp {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(dir.path().join("ledgers")).expect("a folder");
    std::fs::write(dir.path().join("ledgers/pairing.toml"), LEDGER).expect("a file");
    let rulebook = Rulebook::load(Some(dir.path())).unwrap_or_else(|f| panic!("{f:#?}"));
    TestApp::on(Settings::default(), Arc::new(rulebook)).await
}

#[tokio::test]
async fn the_form_has_empty_lines_and_more_of_them_on_demand() {
    let test = app().await;
    let page = Page::read(&form(&test, Role::Secretary, BRANCH, "pairing").await);
    assert!(page.has_field("f_pairs.2.cost") && !page.has_field("f_pairs.3.cost"));
    assert!(!page.has_field("f_cost_total"), "nobody types a sum");
    let unit = test.units[BRANCH].to_string();
    let id = EntryId::fresh().to_string();
    let typed = [
        ("id", id.as_str()),
        ("revision", "0"),
        ("unit", unit.as_str()),
        ("ledger", "pairing"),
        ("title", "春季结对"),
        ("day", "2022-04-20"),
        ("f_pairs.1.member", "方以宁"),
        ("f_pairs.1.cost", "12.5"),
        ("n_pairs", "3"),
        ("do", "rows"),
    ];
    let more = test.post("/record", &typed).as_(Role::Secretary).send().await;
    assert_eq!(more.status, StatusCode::OK);
    let more = more.page();
    assert!(more.has_field("f_pairs.7.cost") && !more.has_field("f_pairs.8.cost"));
    assert!(more.has_value("方以宁") && more.has_value("12.5"), "what was typed stays");
    assert!(more.says("12.50 元"), "and is added up");
}

#[tokio::test]
async fn a_table_is_kept_added_up_and_told_when_a_line_lacks_something() {
    let test = app().await;
    let lines = [
        ("f_pairs.0.member", "方以宁"),
        ("f_pairs.0.cost", "100"),
        ("f_pairs.2.member", "顾知白"),
        ("f_cost_total", "999999"),
    ];
    let (id, refused) = save(&test, Role::Secretary, BRANCH, "pairing", &lines).await;
    assert_eq!(refused, "");
    let row =
        test.app.store.entry(test.institution, &Scope::All, id.parse().expect("an id")).await.expect("saved");
    let Some(Value::Rows(rows)) = row.entry.values.get("pairs") else { panic!("{:?}", row.entry.values) };
    assert_eq!(rows.len(), 2, "an empty line is none");
    assert_eq!(rows[0].get("cost"), Some(&Value::Money(10_000)));
    let Some(Value::Person { id: person, name }) = rows[0].get("member") else { panic!("{rows:?}") };
    assert_eq!((person, name.as_str()), (&Some(test.member), "方以宁"));
    assert_eq!(
        row.entry.values.get("cost_total"),
        Some(&Value::Money(10_000)),
        "what was sent is not believed"
    );
    assert_eq!(row.entry.values.get("pair_count"), Some(&Value::Number(2000)));
    let page = read(&test, Role::Secretary, &id).await;
    assert!(page.contains("党员｜支出\n方以宁｜100.00 元"), "{page}");
    assert!(page.contains("结对名单共2行，其中1行（支出已填）"), "{page}");
    let list = test.get("/entries?ledger=pairing").as_(Role::Secretary).send().await.text();
    assert!(list.contains("100.00 元"), "the sum stands in the list");
    let found = test.get("/entries?ledger=pairing&q=顾知白").as_(Role::Secretary).send().await.text();
    assert!(found.contains("一件事"), "who stands in a line is found");
}

#[tokio::test]
async fn a_line_that_is_wrong_is_told_in_its_place() {
    let test = app().await;
    let lines = [("f_pairs.1.cost", "很多")];
    let (_, refused) = save(&test, Role::Secretary, BRANCH, "pairing", &lines).await;
    assert!(refused.contains("支出（元）：写成金额，如 1280.50"), "{refused}");
    assert!(Page::read(&refused).has_value("很多"), "what was typed is not lost");
}
