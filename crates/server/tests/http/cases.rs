//! 流程: problems become cases, records move them, what is lacking is told with its article, a person leads back, ends and
//! takes up again; who may not see one does not.

use axum::http::StatusCode;
use jiff::civil::date;
use model::{CaseId, EntryId, Role, UnitId};
use store::{CaseFilter, CaseRow, CaseSight, Running};

use crate::harness::{Answer, TestApp};
use crate::people::import;

async fn all(test: &TestApp) -> Vec<CaseRow> {
    let filter = CaseFilter { running: Running::All, ..CaseFilter::default() };
    let mut rows =
        test.app.store.cases(test.institution, &CaseSight::all(), &filter, (0, 100)).await.expect("cases");
    rows.sort_by(|a, b| a.title.cmp(&b.title));
    rows
}

/// The steps that are open of a case.
async fn open(test: &TestApp, case: CaseId) -> Vec<String> {
    let filter = CaseFilter { ids: Some([case].into()), ..CaseFilter::default() };
    let found = test.app.store.case_steps(test.institution, &CaseSight::all(), &filter, None, 100).await;
    let mut steps: Vec<String> = found.expect("steps").into_iter().map(|(s, _)| s.step).collect();
    steps.sort();
    steps
}

async fn save(test: &TestApp, role: Role, fields: &[(&str, &str)]) -> Answer {
    let id = EntryId::fresh().to_string();
    let mut all = vec![("id", id.as_str()), ("revision", "0")];
    all.extend(fields.iter().copied());
    let answer = test.post("/record", &all).as_(role).send().await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    answer
}

/// Writes a list of two problems for one branch; each becomes a case.
pub(crate) async fn problems(test: &TestApp) -> [CaseId; 2] {
    let unit = test.units["纪委"].to_string();
    save(
        test,
        Role::Discipline,
        &[
            ("unit", &unit),
            ("ledger", "problem-list"),
            ("title", "校内巡察反馈"),
            ("day", "2022-04-20"),
            ("f_list_source", "inspection"),
            ("n_problem_rows", "2"),
            ("f_problem_rows.0.problem", "党费公布不及时"),
            ("f_problem_rows.0.responsible_unit", "教工第一党支部"),
            ("f_problem_rows.1.problem", "组织生活记录不全"),
            ("f_problem_rows.1.responsible_unit", "教工第一党支部"),
        ],
    )
    .await;
    let rows = all(test).await;
    let [first, second] = rows.as_slice() else { panic!("{} cases", rows.len()) };
    assert_eq!((first.title.as_str(), second.title.as_str()), ("党费公布不及时", "组织生活记录不全"));
    assert_eq!(first.own, test.units["教工第一党支部"]);
    [first.id, second.id]
}

/// The record by which a branch says why there was a problem.
fn cause<'a>(branch: &'a str, case: &'a str) -> [(&'static str, &'a str); 7] {
    [
        ("unit", branch),
        ("case", case),
        ("ledger", "rectification-plan"),
        ("title", "原因"),
        ("day", "2022-04-20"),
        ("f_part", "cause"),
        ("f_content", "没有专人管。"),
    ]
}

#[tokio::test]
async fn problems_become_cases_that_records_move_to_their_end() {
    let mut test = TestApp::new().await;
    let [first, second] = problems(&test).await;
    assert_eq!(open(&test, first).await, ["cause"]);

    // They stand on the month of whoever has to do something, with the way to the form.
    let month = test.get("/month").as_(Role::Secretary).send().await.text();
    assert!(month.contains("流程里等你办的") && month.contains("党费公布不及时：分析原因"), "{month}");
    let form = test.get(&format!("/record?case={first}&step=cause")).as_(Role::Secretary).send().await;
    assert_eq!(form.status, StatusCode::OK, "{}", form.text());
    assert_eq!(form.page().value("case"), first.to_string());

    let branch = test.units["教工第一党支部"].to_string();
    let case = first.to_string();
    let of_case = |step: &'static str| [("unit", branch.as_str()), ("case", case.as_str()), ("step", step)];
    let mut fields = of_case("cause").to_vec();
    fields.extend([
        ("ledger", "rectification-plan"),
        ("title", "原因"),
        ("day", "2022-04-21"),
        ("f_part", "cause"),
        ("f_content", "没有专人管。"),
    ]);
    let saved = save(&test, Role::Secretary, &fields).await;
    let page = test.get(saved.to()).as_(Role::Secretary).send().await.text();
    // Back at the case, which says what was recorded and what comes next.
    assert!(page.contains("没有专人管。") && page.contains("现在等这一步　第 2 步"), "{page}");
    assert_eq!(open(&test, first).await, ["plan"]);
    // A record that was opened from one case is of that one only.
    assert_eq!(open(&test, second).await, ["cause"]);

    let mut fields = of_case("plan").to_vec();
    fields.extend([
        ("ledger", "rectification-plan"),
        ("title", "措施"),
        ("day", "2022-04-22"),
        ("f_part", "measures"),
        ("f_class", "limited"),
        ("f_responsible", "方以宁"),
        ("f_finish_by", "2022-06-30"),
        ("f_content", "每月公布。"),
    ]);
    save(&test, Role::Secretary, &fields).await;
    // Who ordered it approves; the secretary is not shown their form.
    assert_eq!(open(&test, first).await, ["approve-plan"]);
    let refused =
        test.get(&format!("/record?case={first}&step=approve-plan")).as_(Role::Secretary).send().await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);

    let discipline = test.units["纪委"].to_string();
    test.on_day(date(2022, 4, 25));
    let review = |stage: &'static str, verdict: &'static str, day: &'static str| {
        vec![
            ("unit", discipline.clone()),
            ("case", case.clone()),
            ("ledger", "rectification-review".to_owned()),
            ("title", "核验".to_owned()),
            ("day", day.to_owned()),
            ("f_review_stage", stage.to_owned()),
            ("f_verdict", verdict.to_owned()),
        ]
    };
    let send = async |test: &TestApp, fields: Vec<(&'static str, String)>| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
        save(test, Role::Discipline, &fields).await
    };
    send(&test, review("plan", "agreed", "2022-04-25")).await;
    assert_eq!(open(&test, first).await, ["feedback", "mend"]);

    test.on_day(date(2022, 5, 20));
    let mut fields = of_case("mend").to_vec();
    fields.extend([("ledger", "rectification"), ("title", "已公布"), ("day", "2022-05-20")]);
    save(&test, Role::Secretary, &fields).await;
    // Returned once, then closed, then looked at again.
    send(&test, review("proof", "returned", "2022-05-20")).await;
    assert_eq!(open(&test, first).await, ["feedback", "mend"]);
    let mut fields = of_case("mend").to_vec();
    fields.extend([("ledger", "rectification"), ("title", "补公布"), ("day", "2022-05-20")]);
    save(&test, Role::Secretary, &fields).await;
    send(&test, review("proof", "closed", "2022-05-20")).await;
    assert_eq!(open(&test, first).await, ["look-back"]);
    test.on_day(date(2022, 10, 20));
    send(&test, review("look_back", "held", "2022-10-20")).await;
    let rows = all(&test).await;
    assert_eq!(rows[0].ended.as_ref().map(|(how, _)| how.as_str()), Some("回头看通过"));

    let page = test.get(&format!("/cases/{first}")).as_(Role::Discipline).send().await.text();
    assert!(page.contains("已结束：回头看通过") && page.contains("退回"), "{page}");
    let list = test.get("/cases?workflow=rectification&state=all").as_(Role::Office).send().await.text();
    assert!(list.contains("组织生活记录不全") && list.contains("回头看通过"), "{list}");
    let xlsx = test.get("/cases.xlsx?state=all").as_(Role::Office).send().await;
    assert_eq!(xlsx.status, StatusCode::OK);
}

#[tokio::test]
async fn a_corrected_record_is_disputed_and_a_person_decides() {
    let test = TestApp::new().await;
    let [first, _] = problems(&test).await;
    let (branch, case) = (test.units["教工第一党支部"].to_string(), first.to_string());
    let id = EntryId::fresh().to_string();
    let fields = [("id", id.as_str())].into_iter().chain(cause(&branch, &case));
    let with = |revision: &'static str, day: &'static str| {
        let mut all: Vec<(&str, &str)> = fields.clone().filter(|(n, _)| *n != "day").collect();
        all.extend([("revision", revision), ("day", day)]);
        all
    };
    let answer = test.post("/record", &with("0", "2022-04-20")).as_(Role::Secretary).send().await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    assert_eq!(open(&test, first).await, ["plan"]);
    // The day on which the next step's limit hangs is put right: the step is not undone, somebody has to say whether it holds.
    let answer = test.post("/record", &with("1", "2022-04-19")).as_(Role::Secretary).send().await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    assert_eq!(open(&test, first).await, ["cause", "plan"]);
    let page = test.get(&format!("/cases/{first}")).as_(Role::Secretary).send().await.text();
    assert!(page.contains("核定有争议的记录"), "{page}");
    let act = |words: &'static str| [("do", words), ("step", "cause"), ("reason", "日期抄错了")];
    let path = format!("/cases/{first}/act");
    let answer = test.post(&path, &act("uphold")).as_(Role::Secretary).send().await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    assert_eq!(open(&test, first).await, ["plan"]);
}

#[tokio::test]
async fn a_person_leads_back_ends_and_takes_up_again_with_a_reason() {
    let test = TestApp::new().await;
    let [first, _] = problems(&test).await;
    let path = format!("/cases/{first}/act");
    let none = test.post(&path, &[("do", "end"), ("reason", "")]).as_(Role::Discipline).send().await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", none.text());
    let skip = [("do", "skip"), ("step", "cause"), ("reason", "不用")];
    let refused = test.post(&path, &skip).as_(Role::Secretary).send().await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains("不能略过"), "{}", refused.text());
    // No further than it came, to no step that is not there, and nothing is upheld that nobody disputes.
    for (act, step) in [("return", "review"), ("return", "no-such-step"), ("uphold", "cause")] {
        let fields = [("do", act), ("step", step), ("reason", "试试")];
        let refused = test.post(&path, &fields).as_(Role::Discipline).send().await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{act} {step}: {}", refused.text());
    }
    let nowhere = UnitId::fresh().to_string();
    let over = [("do", "hand_over"), ("to", nowhere.as_str()), ("reason", "试试")];
    let refused = test.post(&path, &over).as_(Role::Discipline).send().await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text());
    let end = [("do", "end"), ("reason", "两个问题是一个")];
    assert_eq!(test.post(&path, &end).as_(Role::Discipline).send().await.status, StatusCode::SEE_OTHER);
    assert!(open(&test, first).await.is_empty());
    let again = [("do", "reopen"), ("step", "cause"), ("reason", "还是分开办")];
    assert_eq!(test.post(&path, &again).as_(Role::Discipline).send().await.status, StatusCode::SEE_OTHER);
    assert_eq!(open(&test, first).await, ["cause"]);
    // Whoever keeps none of its units does nothing to it.
    let other = test.post(&path, &end).as_(Role::Lead).send().await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_person_is_developed_by_the_branch_and_is_on_the_roster_at_each_stage() {
    let test = TestApp::new().await;
    let branch = test.units["教工第一党支部"].to_string();
    let opened = [
        ("workflow", "member-development"),
        ("unit", branch.as_str()),
        ("name", "闻人一"),
        ("number", "20220001"),
        ("kind", "student"),
        ("day", "2022-04-20"),
    ];
    let choice = test.get("/cases/new").as_(Role::Secretary).send().await.text();
    assert!(choice.contains("/cases/new?workflow=member-development"), "{choice}");
    let answer = test.post("/cases/new", &opened).as_(Role::Secretary).send().await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    let case = all(&test).await[0].id;
    assert_eq!(open(&test, case).await, ["apply"]);
    // A second case about the same person is not opened.
    let twice = [("name", "20220001"), ("kind", "")];
    let again: Vec<(&str, &str)> =
        opened.iter().copied().filter(|(n, _)| !matches!(*n, "name" | "kind")).chain(twice).collect();
    let answer = test.post("/cases/new", &again).as_(Role::Secretary).send().await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text());

    let form = test.get(&format!("/record?case={case}&step=apply")).as_(Role::Secretary).send().await.text();
    assert!(form.contains("闻人一"), "{form}");
    let id = case.to_string();
    save(
        &test,
        Role::Secretary,
        &[
            ("unit", &branch),
            ("case", &id),
            ("ledger", "party-application"),
            ("title", "入党申请"),
            ("day", "2022-04-20"),
            ("f_person", "闻人一"),
            ("f_application_kind", "join"),
        ],
    )
    .await;
    assert_eq!(open(&test, case).await, ["first-talk"]);
    // What the step brings stands on the roster.
    let person = model::PersonId(all(&test).await[0].subject_id);
    let held = test.app.store.held(test.institution, &[person].into()).await.expect("people");
    assert_eq!(held[&person].state.file.applied, Some(date(2022, 4, 20)));
    let page = test.get(&format!("/cases/{case}")).as_(Role::Secretary).send().await.text();
    assert!(page.contains("派人谈话") && page.contains("5月20日前"), "{page}");
    let dossier = test.get(&format!("/cases/{case}/docx")).as_(Role::Secretary).send().await;
    assert_eq!(dossier.status, StatusCode::OK);
    assert!(dossier.header("content-disposition").contains("docx"));
    // The other branch's people, and the administrators, see nothing of it.
    let admin = test.get(&format!("/cases/{case}")).as_(Role::SystemAdmin).send().await;
    assert_ne!(admin.status, StatusCode::OK);
}

#[tokio::test]
async fn a_case_for_few_is_neither_seen_nor_touched_by_others() {
    let mut test = TestApp::new().await;
    // The procedure holds since September 2022.
    test.on_day(date(2024, 3, 1));
    let unit = test.units["纪委"].to_string();
    let opened =
        [("workflow", "member-sanction"), ("unit", unit.as_str()), ("name", "方以宁"), ("day", "2024-03-01")];
    let answer = test.post("/cases/new", &opened).as_(Role::Discipline).send().await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    let [row] = all(&test).await.try_into().expect("one case");
    assert_eq!(model::PersonId(row.subject_id), test.member, "the person of the branch, not a new one");
    let (page, act) = (format!("/cases/{}", row.id), format!("/cases/{}/act", row.id));
    let end = [("do", "end"), ("reason", "不该由我办")];
    for role in [Role::Office, Role::Leader, Role::Lead, Role::Member] {
        let list = test.get("/cases?state=all").as_(role).send().await.text();
        assert!(!list.contains("方以宁"), "{role:?} reads it in the list: {list}");
        assert_eq!(test.get(&page).as_(role).send().await.status, StatusCode::NOT_FOUND, "{role:?}");
        let done = test.post(&act, &end).as_(role).send().await.status;
        assert!(matches!(done, StatusCode::NOT_FOUND | StatusCode::FORBIDDEN), "{role:?}: {done}");
    }
    assert_eq!(all(&test).await[0].ended, None);
    assert_eq!(test.get(&page).as_(Role::Discipline).send().await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_same_thing_opened_twice_is_opened_once() {
    let test = TestApp::new().await;
    let unit = test.units["智能制造学院党总支"].to_string();
    let opened = [
        ("workflow", "request"),
        ("unit", unit.as_str()),
        ("title", "设立临时党支部"),
        ("day", "2022-04-20"),
    ];
    let first = test.post("/cases/new", &opened).as_(Role::Office).send().await;
    assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.text());
    let second = test.post("/cases/new", &opened).as_(Role::Office).send().await;
    assert_eq!(second.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(second.text().contains("已经有一件"), "{}", second.text());
    assert_eq!(all(&test).await.len(), 1);
}

#[tokio::test]
async fn a_line_that_is_added_opens_its_case_and_a_list_that_is_withdrawn_takes_along_what_nobody_began() {
    let test = TestApp::new().await;
    problems(&test).await;
    let entry = all(&test).await[0].subject_id.to_string();
    let unit = test.units["纪委"].to_string();
    let fields = [
        ("id", entry.as_str()),
        ("revision", "1"),
        ("unit", &unit),
        ("ledger", "problem-list"),
        ("title", "校内巡察反馈"),
        ("day", "2022-04-20"),
        ("f_list_source", "inspection"),
        ("n_problem_rows", "3"),
        ("f_problem_rows.0.problem", "党费公布不及时"),
        ("f_problem_rows.0.responsible_unit", "教工第一党支部"),
        ("f_problem_rows.1.problem", "组织生活记录不全"),
        ("f_problem_rows.1.responsible_unit", "教工第一党支部"),
        ("f_problem_rows.2.problem", "台账不全"),
        ("f_problem_rows.2.responsible_unit", "学生第一党支部"),
    ];
    let saved = test.post("/record", &fields).as_(Role::Discipline).send().await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
    let rows = all(&test).await;
    let own: Vec<_> = rows.iter().map(|r| (r.title.as_str(), r.own)).collect();
    assert_eq!(own.len(), 3, "{own:?}");
    assert!(own.contains(&("台账不全", test.units["学生第一党支部"])), "{own:?}");

    let first = rows.iter().find(|r| r.title == "党费公布不及时").expect("the first").id;
    let (branch, case) = (test.units["教工第一党支部"].to_string(), first.to_string());
    save(&test, Role::Secretary, &cause(&branch, &case)).await;
    let withdraw = [("revision", "2"), ("reason", "传错了")];
    let path = format!("/entries/{entry}/withdraw");
    let done = test.post(&path, &withdraw).as_(Role::Discipline).send().await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    let running: Vec<_> = all(&test).await.into_iter().filter(|r| r.ended.is_none()).map(|r| r.id).collect();
    assert_eq!(running, [first], "what was begun goes on");
}

#[tokio::test]
async fn a_case_goes_where_its_person_goes_by_an_import_and_by_hand() {
    let test = TestApp::new().await;
    let (teachers, students) = (test.units["教工第一党支部"], test.units["学生第一党支部"]);
    let text = "姓名\t工号\t类别\t所在支部\t到支部日期\t阶段\n林知夏\tS1\t学生\t教工第一党支部\t2022-03-01\t积极分子";
    import(&test, text).await;
    let unit = teachers.to_string();
    let opened = [
        ("workflow", "member-development"),
        ("unit", unit.as_str()),
        ("name", "S1"),
        ("number", ""),
        ("kind", ""),
        ("day", "2022-04-20"),
    ];
    let answer = test.post("/cases/new", &opened).as_(Role::Secretary).send().await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    let case = all(&test).await.remove(0);
    assert_eq!(case.own, teachers);

    import(&test, "姓名\t工号\t所在支部\t到支部日期\n林知夏\tS1\t学生第一党支部\t2022-04-10").await;
    assert_eq!(all(&test).await[0].own, students);

    let path = format!("/people/{}/move", case.subject_id);
    let revision = test.get(&path).as_(Role::Office).send().await.page().value("revision");
    let back = [
        ("revision", revision.as_str()),
        ("way", "branch"),
        ("branch", unit.as_str()),
        ("day", "2022-04-20"),
        ("note", "转回"),
    ];
    let moved = test.post(&path, &back).as_(Role::Office).send().await;
    assert_eq!(moved.status, StatusCode::SEE_OTHER, "{}", moved.text());
    assert_eq!(all(&test).await[0].own, teachers);
}
