//! 检查: a half-year self-check from its opening to what units send; no record is unseen, not undone; one fault is charged once; what
//! comes after the figures stood is apart; findings become cases; nobody sees another unit's sheet; a check of one's own file.

use std::sync::Arc;

use axum::http::StatusCode;
use jiff::civil::{Date, date};
use model::{CaseId, EntryId, Role};
use rulebook::Rulebook;
use store::{CaseFilter, CaseSight, Running};
use work::Settings;

use crate::harness::{Answer, TestApp};

const BRANCH: &str = "教工第一党支部";
const OTHER: &str = "学生第一党支部";

async fn page(test: &TestApp, role: Role, path: &str) -> Answer {
    let answer = test.get(path).as_(role).send().await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
    answer
}

/// Saves a record in somebody's name.
async fn record(
    test: &TestApp,
    role: Role,
    unit: &str,
    ledger: &str,
    day: Date,
    more: &[(&str, &str)],
) -> String {
    let (id, unit, day) = (EntryId::fresh().to_string(), test.units[unit].to_string(), day.to_string());
    let mut fields = vec![
        ("id", id.as_str()),
        ("revision", "0"),
        ("unit", &unit),
        ("ledger", ledger),
        ("day", &day),
        ("title", "记录"),
    ];
    fields.extend(more.iter().copied());
    let answer = test.post("/record", &fields).as_(role).send().await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    id
}

async fn cases(test: &TestApp, workflow: &str) -> Vec<store::CaseRow> {
    let filter = CaseFilter {
        workflows: Some([workflow.to_owned()].into()),
        running: Running::All,
        ..CaseFilter::default()
    };
    test.app.store.all_cases(test.institution, &CaseSight::all(), &filter).await.expect("cases")
}

/// Opens a check by its page and writes the notice by its form: the check.
async fn opened(test: &TestApp, check: &str, day: Date) -> CaseId {
    let form = page(test, Role::Office, &format!("/checks/new?check={check}&day={day}")).await;
    let mut fields = form.page().form("/checks/new").filled();
    fields.retain(|(n, _)| n != "day");
    fields.push(("day".to_owned(), day.to_string()));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let answer = test.post("/checks/new", &fields).as_(Role::Office).send().await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    answer.to().rsplit('/').next().expect("an id").parse().expect("a check")
}

async fn noticed(test: &TestApp, check: CaseId) {
    let at = format!("/checks/{check}/notice");
    let form = page(test, Role::Office, &at).await.page();
    let fields = form.form(&at).filled();
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let none: Vec<(&str, &str)> = fields.iter().filter(|(n, _)| *n != "unit").copied().collect();
    let refused = test.post(&at, &none).as_(Role::Office).send().await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "a check of nobody");
    let answer = test.post(&at, &fields).as_(Role::Office).send().await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    // What is fixed is fixed once.
    assert_eq!(test.get(&at).as_(Role::Office).send().await.status, StatusCode::NOT_FOUND);
}

/// The name under which the item with these words is answered on a page.
fn key(html: &str, words: &str) -> String {
    let label = format!("\">{words}：怎么回事</label>");
    let end = html.find(&label).unwrap_or_else(|| panic!("{words} is no item"));
    html[..end].rsplit("for=\"a-").next().expect("a key").to_owned()
}

/// A half-year self-check of 2026: the Book of the year, some records, opened in June.
async fn half_year() -> (TestApp, CaseId) {
    let mut test = TestApp::new().await;
    test.on_day(date(2026, 1, 2));
    work::routine::by_itself(&test.app, test.institution, 2026).await.expect("the year's rules");
    test.on_day(date(2026, 3, 12));
    record(&test, Role::Secretary, BRANCH, "theme-day", date(2026, 3, 10), &[("p_rest", "present")]).await;
    test.on_day(date(2026, 6, 16));
    let check = opened(&test, "half-year-self", date(2026, 6, 16)).await;
    (test, check)
}

#[tokio::test]
async fn a_check_is_counted_before_it_is_opened_and_its_units_are_fixed_by_the_notice() {
    let mut test = TestApp::new().await;
    test.on_day(date(2026, 1, 2));
    work::routine::by_itself(&test.app, test.institution, 2026).await.expect("the year's rules");
    test.on_day(date(2026, 6, 16));
    let list = page(&test, Role::Office, "/checks").await.page();
    assert!(list.says("2026年还没有检查") && list.says("每期一次，这一期还没有开"), "{}", list.words());
    let look = page(&test, Role::Office, "/checks/new?check=half-year-self").await.page();
    assert!(look.says("3 个单位") && look.says("支委会议过这份自查吗"), "{}", look.words());
    assert!(look.says("2026年6月30日"), "it says until which day it looks");
    assert_eq!(
        page(&test, Role::Office, "/checks/new").await.page().rows().len(),
        2,
        "the checks of the rulebook"
    );

    let check = opened(&test, "half-year-self", date(2026, 6, 16)).await;
    let at = format!("/checks/{check}");
    let before = page(&test, Role::Office, &at).await.page();
    assert!(before.says("还没有发通知") && before.says(BRANCH) && before.says(OTHER));
    noticed(&test, check).await;
    let after = page(&test, Role::Office, &at).await.page();
    assert!(!after.says("还没有发通知") && after.says("还没有送"), "{}", after.words());
    assert!(after.says("还有 3 个没有送"));
    // The secretary is led to their own sheet, from the list and from the month.
    let mine = page(&test, Role::Secretary, "/checks").await.page();
    let own = format!("{at}/rows/{}", test.units[BRANCH]);
    assert!(mine.leads_to(&own) && !mine.says(OTHER), "{}", mine.words());
    let led = test.get(&at).as_(Role::Secretary).send().await;
    assert_eq!(led.to(), own);
}

#[tokio::test]
async fn what_is_not_seen_is_not_undone_and_only_the_unit_says_so() {
    let (mut test, check) = half_year().await;
    noticed(&test, check).await;
    test.on_day(date(2026, 7, 2));
    let own = format!("/checks/{check}/rows/{}", test.units[BRANCH]);
    let sheet = page(&test, Role::Secretary, &own).await;
    let (html, words) = (sheet.text(), sheet.page().words());
    assert!(words.contains("没有看到记录") && !words.contains("没有办　"), "{words}");
    let row = sheet.page();
    let theme = row.row("主题党日");
    assert!(theme.says("6 项") && theme.says("1 项"), "{}", theme.words());

    // A claim needs its words; nothing typed is lost.
    let (april, may) = (key(&html, "4月"), key(&html, "5月"));
    let entry = EntryId::fresh().to_string();
    let (a, w, b) = (format!("a.{april}"), format!("w.{april}"), format!("a.{may}"));
    let fields = [
        ("entry", entry.as_str()),
        ("do", "send"),
        (a.as_str(), "elsewhere"),
        (b.as_str(), "not_done"),
        ("l.opinions", "青年教师希望提前一周通知"),
    ];
    let refused = test.post(&own, &fields).as_(Role::Secretary).send().await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains("写明记在哪里") && refused.text().contains("青年教师希望提前一周通知"));

    // Kept for later, it stands in the form again.
    let mut kept = fields.to_vec();
    kept[1] = ("do", "keep");
    assert_eq!(test.post(&own, &kept).as_(Role::Secretary).send().await.to(), own);
    let again = page(&test, Role::Secretary, &own).await;
    assert!(again.text().contains("青年教师希望提前一周通知") && again.page().says("还没有送"));

    let mut whole = fields.to_vec();
    whole.push((w.as_str(), "在纸质本上"));
    let sent = test.post(&own, &whole).as_(Role::Secretary).send().await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());
    // Sent twice it is sent once.
    assert_eq!(test.post(&own, &whole).as_(Role::Secretary).send().await.status, StatusCode::SEE_OTHER);
    let done = page(&test, Role::Secretary, &own).await.page();
    assert!(done.says("送出") && done.says("青年教师希望提前一周通知"), "{}", done.words());
    assert!(done.says("没有办") && done.says("办了，记在别处：在纸质本上"), "{}", done.words());
    // The record of the step says the same, and is the unit's own.
    let saved = page(&test, Role::Secretary, &format!("/entries/{entry}")).await.page();
    assert!(saved.says("没有办") && saved.says("办了“自查：看一遍，答几问”"), "{}", saved.words());

    // Whoever says something does not agree to it; who runs the check does.
    let rule = format!("{own}/rule");
    let own_word = test.post(&rule, &[("item", &april), ("do", "agree")]).as_(Role::Secretary).send().await;
    assert_eq!(own_word.status, StatusCode::NOT_FOUND);
    let seen = page(&test, Role::Office, &own).await.page();
    assert!(seen.says("等认可的") && seen.has_value(&april), "{}", seen.words());
    let without = test.post(&rule, &[("item", &april), ("do", "refuse")]).as_(Role::Office).send().await;
    assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY);
    let agreed = test.post(&rule, &[("item", &april), ("do", "agree")]).as_(Role::Office).send().await;
    assert_eq!(agreed.status, StatusCode::SEE_OTHER, "{}", agreed.text());
    let now = page(&test, Role::Office, &own).await.page();
    assert!(!now.says("等认可的"), "{}", now.words());
    assert!(now.row("主题党日").says("2 项"), "what was agreed to counts: {}", now.row("主题党日").words());
}

#[tokio::test]
async fn what_comes_after_the_figures_stood_is_listed_apart_and_changes_none() {
    let (mut test, check) = half_year().await;
    noticed(&test, check).await;
    test.on_day(date(2026, 7, 2));
    let at = format!("/checks/{check}");
    let own = format!("{at}/rows/{}", test.units[BRANCH]);
    assert!(page(&test, Role::Office, &at).await.page().says("现在定下 3 个单位的数字"));
    let kept = test.post(&format!("{at}/stand"), &[]).as_(Role::Office).send().await;
    assert_eq!(kept.to(), at);
    // Again nothing is kept, and a secretary keeps nothing.
    assert_eq!(test.post(&format!("{at}/stand"), &[]).as_(Role::Office).send().await.to(), at);
    let refused = test.post(&format!("{at}/stand"), &[]).as_(Role::Secretary).send().await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let all = test.app.store.sheet_figures(test.institution, check, None).await.expect("figures");
    assert_eq!(all.len(), 3);
    for one in &all {
        let print: String = store::sha256(one.body.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(one.fingerprint, print);
    }
    let before = page(&test, Role::Secretary, &own).await.page().row("主题党日").words();

    test.on_day(date(2026, 7, 6));
    record(&test, Role::Secretary, BRANCH, "theme-day", date(2026, 6, 20), &[("p_rest", "present")]).await;
    let after = page(&test, Role::Secretary, &own).await.page();
    assert_eq!(after.row("主题党日").words(), before, "the figures of the cut-off stay");
    assert!(after.says("以后补的") && after.says("6月20日 记录，补记"), "{}", after.words());
    let still = test.app.store.sheet_figures(test.institution, check, None).await.expect("figures");
    assert_eq!(still, all);
    // The turn of the day keeps what stands by itself; here nothing is left to keep.
    assert_eq!(work::sheets::turn(&test.app, test.institution).await.expect("a turn"), 0);
}

#[tokio::test]
async fn nobody_sees_the_sheet_of_another_unit() {
    let (mut test, check) = half_year().await;
    noticed(&test, check).await;
    test.on_day(date(2026, 7, 2));
    let at = format!("/checks/{check}");
    let other = format!("{at}/rows/{}", test.units[OTHER]);
    for path in [other.clone(), format!("{other}/feedback"), format!("{other}/look"), format!("{at}/draw")] {
        let answer = test.get(&path).as_(Role::Secretary).send().await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    let entry = EntryId::fresh().to_string();
    let sent =
        test.post(&other, &[("entry", entry.as_str()), ("do", "send")]).as_(Role::Secretary).send().await;
    assert_eq!(sent.status, StatusCode::NOT_FOUND);
    let keep = test.post(&other, &[("do", "keep")]).as_(Role::Secretary).send().await;
    assert_eq!(keep.status, StatusCode::NOT_FOUND);
    let rule = test.post(&format!("{other}/rule"), &[("do", "agree")]).as_(Role::Secretary).send().await;
    assert_eq!(rule.status, StatusCode::NOT_FOUND);
    let sheet = page(&test, Role::Secretary, &format!("{at}/xlsx")).await;
    let text = office::read_document("检查.xlsx", &sheet.bytes).expect("a workbook").text;
    assert!(text.contains(BRANCH) && !text.contains(OTHER), "{text}");
    // The case's own page has a line for each unit: it is for whoever sees them all; lists and the month lead to the sheet.
    assert_eq!(
        test.get(&format!("/cases/{check}")).as_(Role::Secretary).send().await.status,
        StatusCode::NOT_FOUND
    );
    let list = page(&test, Role::Secretary, "/cases").await.page();
    assert!(list.leads_to(&at), "{}", list.words());
    let row = list.row("2026年上半年");
    assert!(row.says(BRANCH) && !row.says(OTHER), "{}", list.words());
    let month = page(&test, Role::Secretary, "/month").await.page();
    assert!(month.leads_to(&format!("{at}/rows/{}", test.units[BRANCH])), "{}", month.words());
    // A department that has nothing to do with it sees no check at all; the office sees all units.
    assert_eq!(test.get(&at).as_(Role::Lead).send().await.status, StatusCode::NOT_FOUND);
    assert!(!page(&test, Role::Lead, "/checks").await.page().says("半年自查"));
    assert!(page(&test, Role::Office, &other).await.page().says(OTHER));
    assert!(page(&test, Role::Leader, &at).await.page().says(OTHER));
}

#[tokio::test]
async fn lots_can_be_drawn_again_and_a_finding_becomes_a_case_of_the_unit() {
    let (mut test, check) = half_year().await;
    noticed(&test, check).await;
    test.on_day(date(2026, 7, 2));
    let at = format!("/checks/{check}");
    for unit in [BRANCH, OTHER, "智能制造学院党总支"] {
        let own = format!("{at}/rows/{}", test.units[unit]);
        let entry = EntryId::fresh().to_string();
        let sent =
            test.post(&own, &[("entry", entry.as_str()), ("do", "send")]).as_(Role::Office).send().await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());
    }
    // The general branch has a look first; nobody waits for it longer than its limit.
    test.on_day(date(2026, 7, 20));
    let at_draw = format!("{at}/draw");
    let list = page(&test, Role::Office, &at_draw).await.page();
    assert!(list.says("名单") && list.says(BRANCH) && list.says(OTHER), "{}", list.words());
    // 方以宁 is of this branch, and looks at another.
    let (own, other) = (test.units[BRANCH].to_string(), test.units[OTHER].to_string());
    for (drawn, name, words) in [
        (&own, "方以宁", "换一个人去看"),
        (&other, "没有这个人", "名册里没有“没有这个人”"),
        (&other, "方以宁", ""),
    ] {
        let seed = seed_of(&test, &at_draw, drawn).await;
        let committee = test.units["中共青梧职业技术学院委员会"].to_string();
        let (team, of) = (format!("team.{drawn}"), format!("of.{drawn}"));
        let entry = EntryId::fresh().to_string();
        let fields = [
            ("seed", seed.as_str()),
            ("entry", entry.as_str()),
            ("witness", "纪委的人"),
            (team.as_str(), name),
            (of.as_str(), committee.as_str()),
        ];
        let answer = test.post(&at_draw, &fields).as_(Role::Office).send().await;
        if words.is_empty() {
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
        } else {
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(answer.text().contains(words), "{}", answer.text());
        }
    }
    let drawn = other;
    let again = page(&test, Role::Office, &format!("{at}/draw")).await.page();
    assert!(again.says("照着再抽，名单和结果都一样"), "{}", again.words());

    let look = format!("{at}/rows/{drawn}/look");
    let form = page(&test, Role::Office, &look).await.page();
    assert!(form.says("打开这几份记录"));
    let (entry, finding) = (EntryId::fresh().to_string(), EntryId::fresh().to_string());
    let fields = [
        ("entry", entry.as_str()),
        ("finding", finding.as_str()),
        ("l.found", "lacking"),
        ("f.content", "看了几份记录"),
        ("f.problems", "两次没有写议定事项"),
        ("problems", "党员大会没有表决结果\n谈心谈话没有日期\n"),
        ("p.list_source", "inspection"),
    ];
    let saved = test.post(&look, &fields).as_(Role::Office).send().await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
    let mended = cases(&test, "rectification").await;
    assert_eq!(mended.len(), 2);
    assert!(mended.iter().all(|c| c.own.to_string() == drawn), "each is the unit's own");
    let campaign = page(&test, Role::Office, &at).await.page();
    assert!(campaign.says("党员大会没有表决结果") && campaign.says("整改中"), "{}", campaign.words());
    let sheet = page(&test, Role::Office, &format!("{at}/rows/{drawn}")).await.page();
    assert!(sheet.says("记录写出了议定事项") && sheet.says("有缺") && sheet.says("谈心谈话没有日期"));
    // Once looked at, it is not looked at again.
    assert_eq!(test.get(&look).as_(Role::Office).send().await.status, StatusCode::NOT_FOUND);

    // The papers: the report names nobody, the unit's own feedback does.
    let report = page(&test, Role::Office, &format!("{at}/report")).await;
    let text = office::read_document("报告.docx", &report.bytes).expect("a docx").text;
    assert!(text.contains("个别单位：党员大会没有表决结果") && !text.contains(OTHER), "{text}");
    let feedback = page(&test, Role::Office, &format!("{at}/rows/{drawn}/feedback")).await;
    let text = office::read_document("反馈.docx", &feedback.bytes).expect("a docx").text;
    assert!(text.contains("党员大会没有表决结果") && text.contains("（由起草人写）"), "{text}");
}

/// A number that draws this unit of the list.
async fn seed_of(test: &TestApp, at: &str, unit: &str) -> String {
    for seed in 0..64 {
        let drawn = page(test, Role::Office, &format!("{at}?seed={seed}")).await.page();
        if drawn.has_field(&format!("team.{unit}")) {
            return seed.to_string();
        }
    }
    panic!("no number draws {unit}");
}

/// A check made up for this test: one file, and no line of the program knows it.
const MADE_UP: &str = r#"
title = "消防演练记录看一遍"
kind = "drill-look"
since = 2020-01-01
level = "school"
scope = { kinds = ["branch"] }
period = "month"
findings = "problem-list"
opens = [{ by_hand = ["committee"] }]
[step.notice]
title = "发通知"
shown_by = { ledger = "check-plan" }
guard = [{ cases = "kind:drill-look", of = "own", since = "year.starts", at_most = 1, level = "national" }]
[step.self]
title = "自己看"
per = "notice.scope"
by = "line"
shown_by = { ledger = "self-check", sheet = "ask" }
due = { within = "30 days", of = "notice", level = "school" }
lapse = "pass"
[step.report]
title = "写报告"
shown_by = { ledger = "circular" }
[part.one]
title = "演练"
[line.held]
title = "主题党日有记录"
part = "one"
from = [{ entries = "theme-day", at_least = 1 }]
points = 5
level = "school"
[line.complete]
title = "支部党员大会记齐"
part = "one"
from = [{ entries = "branch-assembly", has = ["minutes"] }]
points = 3
level = "school"
[line.again]
title = "党员大会的记录（再看一遍）"
part = "one"
from = [{ entries = "branch-assembly", has = ["minutes"] }]
points = 3
level = "school"
[line.wish]
title = "明年想怎么练"
part = "one"
ask = { type = "text" }
[total]
decimals = 1
"#;

#[tokio::test]
async fn a_check_of_ones_own_file_runs_on_the_pages_and_charges_a_fault_once() {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(dir.path().join("checks")).expect("a folder");
    std::fs::write(dir.path().join("checks/drill-look.toml"), MADE_UP).expect("a file");
    let rulebook = Rulebook::load(Some(dir.path())).unwrap_or_else(|f| panic!("{f:#?}"));
    let mut test = TestApp::on(Settings::default(), Arc::new(rulebook)).await;
    // An assembly without minutes, and no theme day.
    test.on_day(date(2022, 3, 20));
    record(&test, Role::Secretary, BRANCH, "branch-assembly", date(2022, 3, 18), &[("p_rest", "present")])
        .await;
    test.on_day(date(2022, 4, 22));
    let march = date(2022, 3, 31);
    let look = page(&test, Role::Office, &format!("/checks/new?check=drill-look&day={march}")).await.page();
    assert!(look.says("2 个单位") && look.says("明年想怎么练"), "{}", look.words());
    let check = opened(&test, "drill-look", march).await;
    noticed(&test, check).await;
    let own = format!("/checks/{check}/rows/{}", test.units[BRANCH]);
    let sheet = page(&test, Role::Secretary, &own).await;
    assert!(sheet.page().says("有没看到的项，先不算"), "{}", sheet.page().words());
    assert!(sheet.page().row("再看一遍").says("这里不重复算"), "{}", sheet.page().words());
    let first = key(&sheet.text(), "第 1 次");
    let (a, entry) = (format!("a.{first}"), EntryId::fresh().to_string());
    let fields =
        [("entry", entry.as_str()), ("do", "send"), (a.as_str(), "not_done"), ("l.wish", "练一次夜间的")];
    let sent = test.post(&own, &fields).as_(Role::Secretary).send().await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());
    let done = page(&test, Role::Secretary, &own).await.page();
    // Nought of five and nought of three; the third line is charged already and leaves both sides.
    assert!(done.says("0.0 / 100") && done.says("练一次夜间的"), "{}", done.words());

    // By its own guard one a year: a second takes a reason, told before it is opened.
    let second = page(&test, Role::Office, "/checks/new?check=drill-look").await.page();
    assert!(second.says("再开要写明理由") && second.has_field("reason"), "{}", second.words());
    let fields = second.form("/checks/new").filled();
    let mut fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let refused = test.post("/checks/new", &fields).as_(Role::Office).send().await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    fields.retain(|(n, _)| *n != "reason");
    fields.push(("reason", "上级临时要求"));
    let opened = test.post("/checks/new", &fields).as_(Role::Office).send().await;
    assert_eq!(opened.status, StatusCode::SEE_OTHER, "{}", opened.text());
    let told = page(&test, Role::Office, opened.to()).await.page();
    assert!(told.says("再查一次的理由：上级临时要求"), "{}", told.words());
    let list = page(&test, Role::Office, "/checks?year=2022").await.page();
    assert!(list.says("2 次，按规定一年 1 次"), "{}", list.words());
}
