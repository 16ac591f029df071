//! Cases in numbers: a sheet of problems opens one each, wrong cells are mended in the page, the import is taken back as a
//! whole; one record judges those that wait for the same step; what was led back is put right, not written again.

use axum::http::StatusCode;
use jiff::civil::date;
use model::{CaseId, EntryId, Role};
use store::{CaseFilter, CaseRow, CaseSight, Running};

use crate::harness::{Answer, TestApp};

async fn cases(test: &TestApp, running: Running) -> Vec<CaseRow> {
    let filter = CaseFilter { running, ..CaseFilter::default() };
    let all = CaseSight::all();
    let mut rows = test.app.store.cases(test.institution, &all, &filter, (0, 100)).await.expect("cases");
    rows.sort_by(|a, b| a.title.cmp(&b.title));
    rows
}

async fn step_of(test: &TestApp, case: CaseId) -> Vec<String> {
    let filter = CaseFilter { ids: Some([case].into()), ..CaseFilter::default() };
    let found = test.app.store.case_steps(test.institution, &CaseSight::all(), &filter, None, 100).await;
    found.expect("steps").into_iter().map(|(s, _)| s.step).collect()
}

async fn hand_in(test: &TestApp, title: &str, text: &str) -> Answer {
    let field = |name: &str, value: &str| {
        format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let body =
        format!("{}{}{}--B--\r\n", field("title", title), field("day", "2022-04-20"), field("paste", text));
    let ask = test.post("/entries/import?ledger=problem-list", &[]);
    ask.body("multipart/form-data; boundary=B", body.into_bytes()).as_(Role::Discipline).send().await
}

const SHEET: &str = "序号\t问题\t责任单位\n1\t党费公布不及时\t教工第一党支部\n2\t台账不全\t教工一支\n3\t组织生活记录不全\t教工第一党支部";

#[tokio::test]
async fn a_sheet_of_problems_opens_a_case_a_line_and_is_taken_back_as_a_whole() {
    let test = TestApp::new().await;
    let way = test.get("/cases/new?workflow=rectification").as_(Role::Discipline).send().await;
    assert_eq!(way.page().link("从表格导入“问题清单”").href, "/entries/import?ledger=problem-list");
    // What the sheet does not say is asked in the form, where it is missing.
    let asked = hand_in(&test, "", SHEET).await;
    assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(asked.text().contains("表里没有“主题”一栏，写在这里"), "{}", asked.text());
    let at = hand_in(&test, "校内巡察反馈", SHEET).await;
    assert_eq!(at.status, StatusCode::SEE_OTHER, "{}", at.text());
    let at = at.to().to_owned();
    let look = test.get(&at).as_(Role::Discipline).send().await.text();
    assert!(
        look.contains("3 行：导入 0 条") && look.contains("C3 责任单位") && look.contains("教工一支"),
        "{look}"
    );
    let mend = [("r3.f_problem_rows.responsible_unit", "学生第一党支部")];
    test.post(&format!("{at}/mend"), &mend).as_(Role::Discipline).send().await;
    let look = test.get(&at).as_(Role::Discipline).send().await.text();
    assert!(look.contains("3 行：导入 1 条") && look.contains("开 3 件“问题整改”"), "{look}");
    assert!(cases(&test, Running::All).await.is_empty(), "looking opens nothing");

    let done = test.apply(&at, &[], Role::Discipline).await;
    assert_eq!(done.to(), "/cases?workflow=rectification", "{}", done.text());
    let rows = cases(&test, Running::Open).await;
    let own: Vec<_> = rows.iter().map(|r| (r.title.as_str(), r.own)).collect();
    let (staff, students) = (test.units["教工第一党支部"], test.units["学生第一党支部"]);
    assert_eq!(own, [("党费公布不及时", staff), ("台账不全", students), ("组织生活记录不全", staff)]);

    let batches = test.get("/entries/import?ledger=problem-list").as_(Role::Discipline).send().await.page();
    let undo = batches.link("粘贴的问题清单").href;
    test.post(&format!("{undo}/undo"), &[]).as_(Role::Discipline).send().await;
    assert!(cases(&test, Running::Open).await.is_empty(), "nobody had begun with one");
}

#[tokio::test]
async fn rows_of_one_record_that_disagree_are_told_and_a_list_is_read_as_it_is_exported() {
    let test = TestApp::new().await;
    let text = "日期\t主题\t问题来源\t问题\t责任单位\n2022-04-20\t反馈\t检查、巡察\t甲\t教工第一党支部\n\t\t自查\t乙\t教工第一党支部\n2022-04-21\t再一次\t\t丙\t教工第一党支部";
    let at = hand_in(&test, "", text).await.to().to_owned();
    let look = test.get(&at).as_(Role::Discipline).send().await.text();
    assert!(look.contains("C3 问题来源") && look.contains("和第 2 行是同一条记录"), "{look}");
    assert!(look.contains("3 行：导入 1 条"), "the other day is a record of its own: {look}");
    // As it is exported the whole table stands in one cell.
    let packed =
        "日期\t主题\t问题\n2022-04-20\t反馈\t\"问题｜责任单位\n甲｜教工第一党支部\n乙｜学生第一党支部\"";
    let at = hand_in(&test, "", packed).await.to().to_owned();
    let look = test.get(&at).as_(Role::Discipline).send().await.text();
    assert!(look.contains("1 行：导入 1 条") && look.contains("开 2 件“问题整改”"), "{look}");
}

async fn record(test: &TestApp, role: Role, fields: &[(&str, &str)]) -> String {
    let id = EntryId::fresh().to_string();
    let mut all = vec![("id", id.as_str()), ("revision", "0")];
    all.extend(fields.iter().copied());
    let answer = test.post("/record", &all).as_(role).send().await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    answer.to().to_owned()
}

#[tokio::test]
async fn one_record_judges_all_that_wait_and_what_was_returned_is_put_right() {
    let mut test = TestApp::new().await;
    let sheet = SHEET.replace("教工一支", "教工第一党支部");
    let at = hand_in(&test, "校内巡察反馈", &sheet).await.to().to_owned();
    test.apply(&at, &[], Role::Discipline).await;
    let rows = cases(&test, Running::Open).await;
    let branch = test.units["教工第一党支部"].to_string();
    for row in &rows {
        let case = row.id.to_string();
        for (part, more) in [("cause", ""), ("measures", "2022-06-30")] {
            let step = if part == "cause" { "cause" } else { "plan" };
            let fields = [
                ("unit", branch.as_str()),
                ("case", &case),
                ("step", step),
                ("ledger", "rectification-plan"),
                ("title", "方案"),
                ("day", "2022-04-21"),
                ("f_part", part),
                ("f_finish_by", more),
                ("f_responsible", "方以宁"),
                ("f_content", "每月公布。"),
            ];
            // Whoever came from a case is back at it.
            assert_eq!(record(&test, Role::Secretary, &fields).await, format!("/cases/{case}"));
        }
    }
    test.on_day(date(2022, 4, 22));
    let first = rows[0].id;
    let page = test.get(&format!("/cases/{first}")).as_(Role::Discipline).send().await;
    let text = page.text();
    assert!(
        text.contains("最近的记录") && text.contains("每月公布。"),
        "what is to be judged is not told: {text}"
    );
    let way = page.page().link("连同另外 2 件，一起记").href;
    let form = test.get(&way).as_(Role::Discipline).send().await.page();
    let mut sent = form.form("/record").filled();
    let lines: Vec<String> = (0..3).map(|n| format!("f_review_rows.{n}.problem")).collect();
    for line in &lines {
        let title = sent.iter().find(|(n, _)| n == line).map(|(_, v)| v.clone()).unwrap_or_default();
        let verdict = if title == "台账不全" { "returned" } else { "agreed" };
        let name = line.replace(".problem", ".verdict");
        sent.retain(|(n, _)| *n != name);
        sent.push((name, verdict.to_owned()));
    }
    let fields: Vec<(&str, &str)> = sent.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let saved = test.post("/record", &fields).as_(Role::Discipline).send().await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
    for row in &rows {
        let wanted: &[&str] = if row.title == "台账不全" { &["plan"] } else { &["feedback", "mend"] };
        let mut steps = step_of(&test, row.id).await;
        steps.sort();
        assert_eq!(steps, wanted, "{}", row.title);
    }
    // What was returned stands in the form again; a decision does not.
    let back = rows.iter().find(|r| r.title == "台账不全").expect("returned").id;
    let form = test.get(&format!("/record?case={back}&step=plan")).as_(Role::Secretary).send().await.page();
    assert_eq!(form.value("f_content"), "每月公布。");
    assert_eq!(form.value("f_finish_by"), "2022-06-30");
}
