//! 成册材料: what the handbook, the evidence pack, the hand-over list and the month's page say, to whom, and that what is not
//! there is told.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};

use axum::http::StatusCode;
use model::Role;
use store::sha256;
use work::Settings;

use crate::entries::{BRANCH, save};
use crate::files::{Sent, docx, send, started};
use crate::harness::{Answer, TestApp};

const OTHER: &str = "学生第一党支部";
const ABOVE: &str = "智能制造学院党总支";

/// The words of a docx, without blanks.
fn words(bytes: &[u8]) -> String {
    let source = office::read_document("手册.docx", bytes).expect("a docx that can be read");
    source.text.chars().filter(|c| !c.is_whitespace()).collect()
}

async fn get(test: &TestApp, role: Role, path: &str) -> Answer {
    test.get(path).as_(role).send().await
}

/// The files of a zip by name.
fn unzipped(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).expect("a zip");
    (0..zip.len())
        .map(|at| {
            let mut file = zip.by_index(at).expect("a file");
            let mut content = Vec::new();
            file.read_to_end(&mut content).expect("its content");
            (file.name().expect("a name in characters").into_owned(), content)
        })
        .collect()
}

/// Lets the job that was asked for end, and fetches what it made.
async fn fetched(test: &TestApp, role: Role, asked: Answer) -> Answer {
    assert_eq!(asked.to(), "/account/jobs", "{}", asked.text());
    server::run_jobs(&test.app).await.expect("the jobs come to their end");
    let list = get(test, role, "/account/jobs").await.text();
    let after = list.split("/account/jobs/").find(|part| part.contains("/file\"") && part.len() > 36);
    let id = after.unwrap_or_else(|| panic!("no file\n{list}")).split('/').next().unwrap_or_default();
    get(test, role, &format!("/account/jobs/{id}/file")).await
}

/// A theme day with a file, dues and a debrief of which something is for few.
async fn filled() -> TestApp {
    let (test, _, written) = started(Settings::default()).await;
    let paper = docx("讨论了滨江实训基地的安排");
    let sent: [Sent<'_>; 1] = [("file_attachments", "活动方案.docx", &paper)];
    assert_eq!(send(&test, "/record", &written, &sent).await.status, StatusCode::SEE_OTHER);
    let dues = [
        ("title", "四月党费"),
        ("f_dues_month", "2022-04"),
        ("f_dues_people", "20"),
        ("f_dues_unpaid", "困难只给几个人看"),
    ];
    let (_, refused) = save(&test, Role::Secretary, BRANCH, "dues", &dues).await;
    assert_eq!(refused, "");
    let debrief = [("title", "书记述职"), ("f_debrief_text", "一年的工作"), ("f_grade", "good")];
    let (_, refused) = save(&test, Role::Secretary, BRANCH, "secretary-debrief", &debrief).await;
    assert_eq!(refused, "");
    test
}

#[tokio::test]
async fn a_branch_gets_its_year_as_one_book_and_what_is_missing_is_said() {
    let test = filled().await;
    let path = format!("/papers/handbook.docx?unit={}&year=2022", test.units[BRANCH]);
    let answer = get(&test, Role::Secretary, &path).await;
    assert_eq!(answer.status, StatusCode::OK);
    let said = words(&answer.bytes);
    for wanted in [
        "2022年度",
        "党支部工作手册",
        "党支部：教工第一党支部",
        "党总支：智能制造学院党总支",
        "书记：没有登记",
        "届满日没有登记",
        "三、党员名册",
        "方以宁",
        "主题党日（3月），3月31日到期",
        "4月20日走进产业园",
        "会议学习了有关文件，讨论了支部今年的工作安排",
        "活动方案.docx",
        "本年没有记录",
        "支部党员大会（一季度），3月31日到期",
    ] {
        assert!(said.contains(wanted), "{wanted}\n{said}");
    }
    assert!(said.contains("2022-04") && !said.contains("限定范围内可看"), "the secretary keeps them: {said}");
    // What the office may not read of a record is not in its copy either.
    let office = words(&get(&test, Role::Office, &path).await.bytes);
    assert!(office.contains("综合评价等次（限定范围内可看）"), "{office}");
    for role in [Role::Lead, Role::Discipline, Role::Leader] {
        let status = get(&test, role, &path).await.status;
        let covered = role != Role::Lead;
        assert_eq!(status == StatusCode::OK, covered, "{role:?}");
    }
    let leader = words(&get(&test, Role::Leader, &path).await.bytes);
    assert!(leader.contains("只有本支部书记和党委办公室打印时才有"), "{leader}");
    assert_eq!(get(&test, Role::Member, &path).await.status, StatusCode::FORBIDDEN);
    let other = format!("/papers/handbook.docx?unit={}&year=2022", test.units[OTHER]);
    assert_eq!(get(&test, Role::Secretary, &other).await.status, StatusCode::NOT_FOUND);
    for wrong in ["year=22", "year=x", ""] {
        let path = format!("/papers/handbook.docx?unit={}&{wrong}", test.units[BRANCH]);
        assert_eq!(get(&test, Role::Secretary, &path).await.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
    // A year of which nothing is known says so.
    let path = format!("/papers/handbook.docx?unit={}&year=2019", test.units[BRANCH]);
    let empty = words(&get(&test, Role::Secretary, &path).await.bytes);
    assert!(empty.contains("本年没有发布的要点") && !empty.contains("走进产业园"), "{empty}");
}

#[tokio::test]
async fn the_books_of_all_branches_come_in_one_zip() {
    let test = filled().await;
    let page = get(&test, Role::Office, "/papers").await.text();
    assert!(page.contains("汇编各支部的手册"), "{page}");
    let alone = get(&test, Role::Secretary, "/papers").await.text();
    assert!(!alone.contains("汇编各支部的手册") && alone.contains("打开交接清单"), "{alone}");
    let asked = test.post("/papers/handbooks", &[("year", "2022")]).as_(Role::Office).send().await;
    let zip = fetched(&test, Role::Office, asked).await;
    assert_eq!(zip.header("content-type"), "application/zip");
    let files = unzipped(&zip.bytes);
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "智能制造学院党总支/2022年学生第一党支部党支部工作手册.docx",
            "智能制造学院党总支/2022年教工第一党支部党支部工作手册.docx",
        ]
    );
    for (name, bytes) in &files {
        assert_eq!(words(bytes).contains("走进产业园"), name.contains("教工"), "{name}");
    }
    let asked = test.post("/papers/handbooks", &[("year", "x")]).as_(Role::Office).send().await;
    assert_eq!(asked.status, StatusCode::BAD_REQUEST);
}

/// The sums of a pack against its files: by this program, and by `sha256sum` where it is installed.
fn sums_are_right(files: &BTreeMap<String, Vec<u8>>) {
    let sums = String::from_utf8(files["SHA256SUMS"].clone()).expect("text");
    let named: BTreeMap<&str, &str> =
        sums.lines().map(|l| l.split_once("  ").expect("a sum and a name")).map(|(s, n)| (n, s)).collect();
    assert_eq!(named.len() + 1, files.len(), "every file but the list itself: {sums}");
    for (name, sum) in named {
        assert_eq!(hex::encode(sha256(&files[name])), sum, "{name}");
    }
    let dir = tempfile::tempdir().expect("a folder");
    for (name, bytes) in files {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, bytes).expect("a file");
    }
    let check = std::process::Command::new("sha256sum")
        .args(["--check", "--strict", "--quiet", "SHA256SUMS"])
        .current_dir(dir.path())
        .status();
    match check {
        Ok(status) => assert!(status.success(), "sha256sum does not agree"),
        Err(_) => testkit::skipped("sha256sum"),
    }
}

#[tokio::test]
async fn a_pack_holds_records_files_index_sums_and_gaps() {
    let test = filled().await;
    let unit = test.units[BRANCH].to_string();
    let stretch = [("from", "2022-01-01"), ("to", "2022-04-30")];
    let fields = [&[("unit", unit.as_str())], stretch.as_slice()].concat();
    let asked = test.post("/papers/evidence", &fields).as_(Role::Secretary).send().await;
    let files = unzipped(&fetched(&test, Role::Secretary, asked).await.bytes);
    sums_are_right(&files);
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "00-材料目录.docx",
            "00-材料目录.xlsx",
            "00-缺项说明.docx",
            "03-组织建设/001 2022-04-20 走进产业园.docx",
            "03-组织建设/001 附件/活动方案.docx",
            "04-党员队伍/002 2022-04-20 四月党费.docx",
            "07-制度和责任/003 2022-04-20 书记述职.docx",
            "SHA256SUMS",
        ]
    );
    let index = words(&files["00-材料目录.docx"]);
    assert!(index.contains("记录3条，附件1个") && index.contains("03-组织建设"), "{index}");
    let sheets = office::sheet::read(&files["00-材料目录.xlsx"]).expect("a workbook");
    let cells: Vec<String> =
        sheets.iter().flat_map(|s| &s.rows).flat_map(|r| (0..12).map(|c| r.words(c).to_string())).collect();
    for wanted in ["001 2022-04-20 走进产业园.docx", "主题党日", "原始"] {
        assert!(cells.iter().any(|c| c.contains(wanted)), "{wanted}\n{cells:?}");
    }
    let gaps = words(&files["00-缺项说明.docx"]);
    assert!(gaps.contains("主题党日（3月），3月31日到期") && gaps.contains("未见记录不等于没有办"), "{gaps}");
    let attached = office::read_document("a.docx", &files["03-组织建设/001 附件/活动方案.docx"]);
    assert!(attached.expect("the file itself").text.contains("滨江实训基地"));

    // The same demand over all units, in the office's name: nothing that it may not read.
    let page = get(&test, Role::Office, "/papers").await.text();
    assert!(page.contains("全部记录（按组织装）") && page.contains("主题党日（"), "{page}");
    let demand = test.app.book(test.institution, 2022, None).await.expect("a year").expect("a book");
    let id = demand.obligations().iter().find(|o| o.title == "主题党日").expect("the demand").id;
    let demand = format!("o:{id}");
    let fields = [&[("demand", demand.as_str())], stretch.as_slice()].concat();
    let asked = test.post("/papers/evidence", &fields).as_(Role::Office).send().await;
    let files = unzipped(&fetched(&test, Role::Office, asked).await.bytes);
    sums_are_right(&files);
    assert!(files.contains_key("01-教工第一党支部/001 2022-04-20 走进产业园.docx"), "{:?}", files.keys());
    let gaps = words(&files["00-缺项说明.docx"]);
    assert!(gaps.contains("教工第一党支部主题党日（3月）") && !gaps.contains("支部党员大会"), "{gaps}");

    let unit = test.units[BRANCH].to_string();
    let fields = [&[("unit", unit.as_str())], stretch.as_slice()].concat();
    let asked = test.post("/papers/evidence", &fields).as_(Role::Leader).send().await;
    let files = unzipped(&fetched(&test, Role::Leader, asked).await.bytes);
    let dues = words(&files["04-党员队伍/002 2022-04-20 四月党费.docx"]);
    assert!(dues.contains("四月党费") && !dues.contains("只给几个人看"), "{dues}");
    let gaps = words(&files["00-缺项说明.docx"]);
    assert!(gaps.contains("有限定范围的内容，没有装"), "{gaps}");
}

#[tokio::test]
async fn a_pack_that_cannot_be_made_is_told_where_it_was_asked_for() {
    let test = filled().await;
    let unit = test.units[BRANCH].to_string();
    for (fields, told) in [
        (vec![("from", "2022-01-01"), ("to", "2022-04-30")], "选一个组织，或者选一项要求"),
        (vec![("unit", unit.as_str()), ("from", "2022-04-30"), ("to", "2022-01-01")], "止的一天早于起的一天"),
        (vec![("unit", unit.as_str()), ("from", "2022-13-30"), ("to", "2022-01-01")], "2022-13-30"),
    ] {
        let answer = test.post("/papers/evidence", &fields).as_(Role::Secretary).send().await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
        assert!(answer.text().contains(told), "{told}\n{}", answer.text());
    }
    let other = test.units[OTHER].to_string();
    let fields = [("unit", other.as_str()), ("from", "2022-01-01"), ("to", "2022-04-30")];
    let foreign = test.post("/papers/evidence", &fields).as_(Role::Secretary).send().await;
    assert_ne!(foreign.status, StatusCode::SEE_OTHER);
    let refused = test.post("/papers/evidence", &fields).as_(Role::Member).send().await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_secretary_hands_over_what_is_open() {
    let test = filled().await;
    let unit = test.units[BRANCH].to_string();
    let draft = [
        ("id", "01900000-0000-7000-8000-000000000001"),
        ("revision", "0"),
        ("unit", unit.as_str()),
        ("ledger", "heart-talk"),
        ("title", "没有写完的谈话"),
        ("day", "2022-04-21"),
    ];
    let kept = test.post("/record/draft", &draft).as_(Role::Secretary).send().await;
    assert_eq!(kept.status, StatusCode::OK, "{}", kept.text());
    let page = get(&test, Role::Secretary, &format!("/papers/handover?unit={unit}")).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    let page = page.page();
    let shown: String = page.words().chars().filter(|c| !c.is_whitespace()).collect();
    let file = get(&test, Role::Secretary, &format!("/papers/handover.docx?unit={unit}")).await;
    let source = office::read_document("交接.docx", &file.bytes).expect("a docx");
    for line in source.text.lines().flat_map(|l| l.split(['\t', '|'])) {
        let line: String = line.chars().filter(|c| !c.is_whitespace()).collect();
        assert!(shown.contains(&line), "{line} is in the file and not on the page");
    }
    for wanted in [
        "教工第一党支部工作交接清单",
        "主题党日（3月），3月31日到期",
        "6月30日支部党员大会（二季度）",
        "没有写完的谈话",
        "没有还没销号的整改",
        "印章、党旗",
        "监交人（上级党组织）",
        "一式三份",
        "书记述职评议考核",
    ] {
        assert!(shown.contains(wanted), "{wanted}\n{shown}");
    }
    let office = get(&test, Role::Office, &format!("/papers/handover?unit={unit}")).await.text();
    assert!(!office.contains("没有写完的谈话"), "a draft is its writer's own");
    for role in [Role::Lead, Role::Discipline, Role::Leader, Role::Member] {
        let answer = get(&test, role, &format!("/papers/handover?unit={unit}")).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{role:?}");
    }
    let other = format!("/papers/handover?unit={}", test.units[OTHER]);
    assert_eq!(get(&test, Role::Secretary, &other).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_month_stands_on_one_page() {
    let test = filled().await;
    let own = get(&test, Role::Secretary, "/calendar").await;
    assert_eq!(own.status, StatusCode::OK, "{}", own.text());
    let text = own.text();
    assert!(text.contains("2022年4月") && text.contains("第一党支部"), "{text}");
    let words = own.page().words();
    assert!(words.contains("主题党日"), "held: {words}");
    assert!(words.contains("清明节"), "{words}");
    // What was late before is beside the month, not in it.
    assert!(words.contains("以前逾期") && words.contains("主题党日（3月）"), "{words}");
    let march = get(&test, Role::Secretary, "/calendar?month=2022-03").await.page().words();
    assert!(march.contains("支部党员大会（一季度）") && !march.contains("以前逾期"), "{march}");

    // Of those above, sums; each number is the length of its list.
    let path = format!("/calendar?unit={}&month=2022-04", test.units[ABOVE]);
    let sums = get(&test, Role::Office, &path).await;
    let page = sums.page();
    assert!(page.says("到期 2 项") && page.says("记录 3 条"), "{}", page.words());
    let mut opened = 0;
    for link in page.of_class("num") {
        let (Some(href), Ok(n)) = (link.attribute("href"), link.words().trim().parse::<usize>()) else {
            continue;
        };
        // Of the month's own year, on whatever day it is opened.
        assert!(!href.starts_with("/duties") || href.contains("year=2022"), "{href}");
        let list = get(&test, Role::Office, href).await;
        assert_eq!(list.status, StatusCode::OK, "{href}");
        assert_eq!(list.page().rows().len(), n, "{href}");
        opened += 1;
    }
    assert!(opened >= 2, "{opened}");
    let member = get(&test, Role::Member, "/calendar").await;
    assert_eq!(member.status, StatusCode::OK);
    let other = format!("/calendar?unit={}", test.units[OTHER]);
    assert_eq!(get(&test, Role::Member, &other).await.status, StatusCode::NOT_FOUND);
    assert_eq!(get(&test, Role::Member, "/calendar?month=x").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn weeks_of_examinations_are_set_and_shown() {
    let test = filled().await;
    let form = get(&test, Role::SystemAdmin, "/admin/calendar?year=2022").await.page();
    let mut fields = form.form("/admin/calendar").filled();
    fields.retain(|(name, _)| name != "exams");
    fields.push(("exams".to_owned(), "期中考试周 2022-04-25 2022-04-29".to_owned()));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let saved = test.post("/admin/calendar", &fields).as_(Role::SystemAdmin).send().await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
    let month = get(&test, Role::Secretary, "/calendar?month=2022-04").await.page().words();
    assert!(month.contains("期中考试周：4月25日至4月29日"), "{month}");
}
