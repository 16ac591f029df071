//! The drafts of 通报, the leader's sheet, the plan's standing as a spreadsheet, and the page of a unit.

use std::io::Read as _;

use axum::http::StatusCode;
use model::Role;

use testkit::{Page, Part};

use crate::harness::{Answer, TestApp};

const DRAFT: &str = "/reports/quarter?quarter=2";

/// The words of a docx, one paragraph a line.
fn paragraphs(answer: &Answer) -> Vec<String> {
    let source = office::read_document("通报.docx", &answer.bytes).expect("a docx that can be read");
    source.text.lines().map(|l| l.trim().to_owned()).filter(|l| !l.is_empty()).collect()
}

/// The words of a page without any space.
fn plain(html: &str) -> String {
    Page::read(html).words().chars().filter(|c| !c.is_whitespace()).collect()
}

/// Every number of a page that opens: where it leads, and what it says.
fn numbers(page: &str) -> Vec<(String, String)> {
    let page = Page::read(page);
    let number = |part: Part<'_>| Some((part.attribute("href")?.to_owned(), plain(&part.words())));
    page.of_class("num").into_iter().filter_map(number).collect()
}

/// How many duties the list at the end of a link says that it holds.
async fn listed(test: &TestApp, role: Role, href: &str) -> usize {
    let page = test.get(href).as_(role).send().await;
    assert_eq!(page.status, StatusCode::OK, "{href}");
    page.page().rows().len()
}

#[tokio::test]
async fn page_and_file_are_the_same_text() {
    let test = TestApp::new().await;
    test.publish().await;
    for role in [Role::Office, Role::Discipline, Role::Leader] {
        for (report, query) in [("quarter", "?quarter=2"), ("half", "?half=1"), ("year", "")] {
            let page = test.get(&format!("/reports/{report}{query}")).as_(role).send().await;
            assert_eq!(page.status, StatusCode::OK);
            let page = plain(&page.text());
            let file = test.get(&format!("/reports/{report}.docx{query}")).as_(role).send().await;
            assert_eq!(file.status, StatusCode::OK);
            let lines = paragraphs(&file);
            assert!(lines.len() > 15, "{report}: {lines:?}");
            for line in lines {
                // A table's row comes as one line with its cells apart.
                for part in line.split(['\t', '|']) {
                    let words: String = part.chars().filter(|c| !c.is_whitespace()).collect();
                    assert!(
                        page.contains(&words),
                        "{words} is in the file of the {report} and not on the page"
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn the_draft_says_what_the_board_says() {
    let test = TestApp::new().await;
    test.publish().await;
    let page = plain(&test.get(DRAFT).as_(Role::Office).send().await.text());
    for words in [
        "关于2026年党建工作要点第二季度落实情况的通报".replace("2026", "2022").as_str(),
        "各党总支、各党支部、各部门：",
        "情况截至2022年4月22日",
        // Due in the quarter: two theme days and an assembly. Overdue: a theme day of March, an assembly of the first.
        "本季度到期应办3项，已办结0项；尚在办理期内3项。",
        "累计到期应办2项，已办结0项；逾期未办2项。",
        "逾期未办的共2项，涉及1个组织，其中4月1日以前到期的2项。",
        "第一部分第1条“过好组织生活”",
        "逾期2项，涉及1个组织，为主题党日1项、支部党员大会1项。",
        "附件2",
        "主题党日（3月），3月31日",
        "党委办公室2022年4月22日",
        "〔2022〕",
    ] {
        assert!(page.contains(words), "{words}\n{page}");
    }
    assert!(!page.contains("方以宁"), "members are counted, never named");
    let first = plain(&test.get("/reports/quarter?quarter=1").as_(Role::Office).send().await.text());
    assert!(first.contains("截至2022年3月31日，期满") && first.contains("2022年3月31日"), "{first}");
    assert!(
        first.contains("尚在办理期内2项"),
        "on its last day nothing of the quarter is overdue yet: {first}"
    );
    let year = plain(&test.get("/reports/year").as_(Role::Office).send().await.text());
    assert!(year.contains("其中，党员个人到期应办1项"), "{year}");
}

#[tokio::test]
async fn every_number_opens_a_list_that_long() {
    let test = TestApp::new().await;
    let published = test.publish().await;
    let unit = format!("/units/{}", test.units["教工第一党支部"]);
    let mut checked = 0;
    for path in ["/reports", DRAFT, "/reports/year", "/leader", "/leader?on=2022-04-02", unit.as_str()] {
        let page = test.get(path).as_(Role::Office).send().await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        for (href, words) in numbers(&page.text()) {
            if !href.starts_with("/duties") {
                continue;
            }
            let count: usize =
                words.trim_start_matches('▲').replace("项逾期", "").parse().unwrap_or(usize::MAX);
            if words.contains('/') {
                continue;
            }
            assert_eq!(listed(&test, Role::Office, &href).await, count, "{path} {words} {href}");
            checked += 1;
        }
    }
    assert!(checked > 25, "{checked}");
    assert_eq!(published.duties.len(), 6);
}

#[tokio::test]
async fn blanks_are_filled_in_and_mistakes_are_told_in_place() {
    let test = TestApp::new().await;
    test.publish().await;
    let filled = format!("{DRAFT}&mark=&office=党办&number=7&issuer=中共学院委员会办公室&day=2022-05-06");
    let encode = |path: &str| {
        let (path, query) = path.split_once('?').unwrap();
        let pairs = query.split('&').map(|p| p.split_once('=').unwrap());
        format!("{path}?{}", form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
    };
    let page = plain(&test.get(&encode(&filled)).as_(Role::Office).send().await.text());
    assert!(page.contains("中共学院委员会办公室2022年5月6日"), "{page}");
    assert!(!page.contains("〔2022〕"), "without a mark there is no red head");
    let with_head = filled.replace("mark=", "mark=学院文件");
    let file =
        test.get(&encode(&with_head.replace("quarter?", "quarter.docx?"))).as_(Role::Office).send().await;
    assert!(paragraphs(&file).iter().any(|l| l == "党办〔2022〕7号"));
    for wrong in ["number=-3", "number=x", "number=4294967296", "day=2022-02-30", "issuer="] {
        let path = format!("{DRAFT}&issuer=办公室&{wrong}").replace("issuer=办公室&issuer=", "issuer=");
        let page = test.get(&encode(&path)).as_(Role::Office).send().await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text().contains("role=\"alert\""), "{wrong}");
    }
}

#[tokio::test]
async fn what_has_not_begun_or_is_none_cannot_be_drafted() {
    let test = TestApp::new().await;
    let empty = test.get("/reports").as_(Role::Office).send().await.text();
    assert!(empty.contains("还没有可以报告的内容"));
    assert!(test.get("/leader").as_(Role::Leader).send().await.text().contains("还没有可以报告的内容"));
    assert_eq!(test.get("/reports/plan.xlsx").as_(Role::Office).send().await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        test.get("/reports/quarter.docx?quarter=1").as_(Role::Office).send().await.status,
        StatusCode::NOT_FOUND
    );
    test.publish().await;
    let page = test.get("/reports/quarter?quarter=3").as_(Role::Office).send().await.text();
    assert!(page.contains("第三季度还没有开始") && page.contains("7月1日"));
    for path in [
        "/reports/quarter.docx?quarter=3",
        "/reports/quarter",
        "/reports/quarter?quarter=5",
        "/reports/half?half=0",
    ] {
        assert_eq!(test.get(path).as_(Role::Office).send().await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let list = test.get("/reports").as_(Role::Office).send().await.text();
    assert!(list.contains("看第二季度稿") && list.contains("看上半年稿") && !list.contains("看第三季度稿"));
    // A day that has not come is today; one that is none, too.
    for on in ["2030-01-01", "2022-99-99"] {
        let page = test.get(&format!("{DRAFT}&on={on}")).as_(Role::Office).send().await.text();
        assert!(page.contains("截至2022年4月22日"), "{on}");
    }
}

#[tokio::test]
async fn the_leaders_day_begins_with_one_sheet() {
    let test = TestApp::new().await;
    test.publish().await;
    assert_eq!(test.get("/").as_(Role::Leader).send().await.to(), "/leader");
    let page = test.get("/leader").as_(Role::Leader).send().await.text();
    let words = plain(&page);
    for said in [
        "2022年党建工作要点落实情况",
        "全年应办6项，到这一天应办结2项，已办结0项",
        "逾期2项",
        "要点1条中，有逾期的1条",
        "主题党日（3月）",
        "3月31日22天",
        "请牵头部门报告第一部分第1条“过好组织生活”的推进办法：逾期2项，涉及1个组织",
    ] {
        assert!(words.contains(said), "{said}\n{words}");
    }
    let page = Page::read(&page);
    assert!(page.elements().all(|p| p.attribute("style").is_none()), "no inline styles");
    assert!(page.all(&["rect"]).len() > 4, "the standings are drawn");
    let before = plain(&test.get("/leader?on=2022-03-31").as_(Role::Leader).send().await.text());
    assert!(before.contains("没有逾期") && before.contains("2022年3月31日的样子"), "{before}");
    let early = test.get("/leader?on=2021-01-01").as_(Role::Leader).send().await;
    assert_eq!(early.status, StatusCode::OK);
}

#[tokio::test]
async fn the_spreadsheet_holds_items_and_obligations() {
    let test = TestApp::new().await;
    test.publish().await;
    let answer = test.get("/reports/plan.xlsx?on=2022-04-22").as_(Role::Office).send().await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.header("content-disposition").contains("plan-2022-04-22.xlsx"));
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(&answer.bytes)).expect("a package");
    let mut strings = String::new();
    zip.by_name("xl/sharedStrings.xml").expect("strings").read_to_string(&mut strings).expect("text");
    for words in ["过好组织生活", "主题党日", "党员集中学习", "每月至少1次", "要点原文", "逾期"]
    {
        assert!(strings.contains(words), "{words}");
    }
    assert!(!strings.contains("方以宁"));
}

#[tokio::test]
async fn a_unit_shows_its_year_to_those_it_concerns() {
    let test = TestApp::new().await;
    test.publish().await;
    let branch = format!("/units/{}", test.units["教工第一党支部"]);
    let other = format!("/units/{}", test.units["学生第一党支部"]);
    let page = test.get(&branch).as_(Role::Secretary).send().await.text();
    for words in ["教工第一党支部", "智能制造学院党总支", "主题党日", "支部党员大会", "方以宁", "记一笔"]
    {
        assert!(page.contains(words), "{words}");
    }
    assert!(plain(&page).contains("全年应办5项，已办结0，逾期2"), "{}", plain(&page));
    let seen = Page::read(&page);
    assert!(seen.elements().any(|p| p.attribute("aria-label") == Some("主导航")));
    assert!(seen.says("31日") && !seen.of_class("now").is_empty(), "the month of today stands out");
    // A member sees their branch; another branch is not there for either of them.
    assert_eq!(test.get(&branch).as_(Role::Member).send().await.status, StatusCode::OK);
    for role in [Role::Member, Role::Secretary] {
        assert_eq!(test.get(&other).as_(role).send().await.status, StatusCode::NOT_FOUND);
    }
    // Who leads an item sees what is owed under it, and no people.
    let led = test.get(&branch).as_(Role::Lead).send().await;
    assert_eq!(led.status, StatusCode::OK);
    let led = led.text();
    assert!(led.contains("只列你们牵头的事项") && led.contains("主题党日"));
    assert!(!led.contains("支部党员大会") && !led.contains("方以宁"));
    // A day before the plan was published, and a unit that owes nothing.
    let before = test.get(&format!("{branch}?on=2021-12-01")).as_(Role::Office).send().await.text();
    assert!(before.contains("这个组织自己没有应办事项"));
    let root = format!("/units/{}", test.units["中共青梧职业技术学院委员会"]);
    let root = test.get(&root).as_(Role::Office).send().await.text();
    assert!(root.contains("下级组织") && root.contains("智能制造学院党总支"));
    let nowhere = test.get("/units/00000000-0000-7000-8000-000000000000").as_(Role::Office).send().await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
    let tree = test.get("/org").as_(Role::Secretary).send().await.text();
    assert!(tree.contains(&branch) && !tree.contains(&other));
}

#[tokio::test]
async fn what_was_done_before_it_was_due_is_counted_apart_on_the_leaders_sheet() {
    let test = TestApp::new().await;
    let year = test.publish().await;
    let sheet = async || plain(&test.get("/leader").as_(Role::Leader).send().await.text());
    assert!(!sheet().await.contains("提前办结"));
    // April's theme day, which is due on the 28th.
    let saved = crate::record::theme_day(&test, &year).await;
    test.post("/record", &saved.pairs()).as_(Role::Secretary).send().await;
    let words = sheet().await;
    assert!(words.contains("到这一天应办结2项，已办结0项"), "{words}");
    assert!(words.contains("另有提前办结1项"), "{words}");
}

#[tokio::test]
async fn people_of_a_unit_are_counted_by_what_they_are() {
    let test = TestApp::new().await;
    test.publish().await;
    let roster = "姓名\t工号\t类别\t所在支部\t阶段\n林知夏\tT9\t教职工\t教工第一党支部\t入党积极分子";
    crate::people::import(&test, roster).await;
    let page =
        test.get(&format!("/units/{}", test.units["教工第一党支部"])).as_(Role::Secretary).send().await;
    let words = plain(&page.text());
    assert!(words.contains("人员2党员1，入党积极分子1"), "{words}");
}
