//! 记一笔, the records and what they count for.

use axum::http::StatusCode;
use model::{Entry, EntryId, Role, Standing};
use store::{Act, Draft, EntryFilter, ImportEntry, Scope};
use testkit::{Page, Part};

use crate::harness::TestApp;
use crate::year::Published;

const WORD: &str = "会议学习了有关文件，讨论了支部今年的工作安排，党员逐一发言。";

pub(crate) struct Written {
    pub(crate) id: String,
    fields: Vec<(String, String)>,
}

impl Written {
    pub(crate) fn pairs(&self) -> Vec<(&str, &str)> {
        self.fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect()
    }

    fn with(&self, name: &str, value: &str) -> Self {
        let mut fields: Vec<_> = self.fields.iter().filter(|(n, _)| n != name).cloned().collect();
        fields.push((name.to_owned(), value.to_owned()));
        Self { id: self.id.clone(), fields }
    }
}

/// A theme day in April as the form sends it.
pub(crate) async fn theme_day(test: &TestApp, year: &Published) -> Written {
    let page =
        test.get(&format!("/record?duty={}", year.duties["april"])).as_(Role::Secretary).send().await.page();
    let id = page.value("id");
    let member = test.member.to_string();
    let fields = [
        ("id", id.as_str()),
        ("revision", "0"),
        ("unit", &test.units["教工第一党支部"].to_string()),
        ("duty", &year.duties["april"].to_string()),
        ("ledger", "theme-day"),
        ("title", "走进产业园"),
        ("day", "2022-04-20"),
        ("f_host", "方以宁"),
        ("f_hours", "1.5"),
        ("f_minutes", WORD),
        (&format!("p_{member}"), "present"),
        ("p_rest", "present"),
    ]
    .map(|(n, v)| (n.to_owned(), v.to_owned()))
    .into();
    Written { id, fields }
}

async fn standing(test: &TestApp, year: &Published, duty: &str) -> Option<Standing> {
    let known = test.app.year(test.institution, None).await.expect("a year").expect("published");
    known.board().standing(year.duties[duty], test.app.clock.today())
}

async fn count(test: &TestApp) -> i64 {
    let all = EntryFilter::default();
    test.app.store.count_entries(test.institution, &Scope::All, &all, 1_000).await.expect("a count")
}

#[tokio::test]
async fn the_form_knows_who_is_due_and_the_words_of_the_clause() {
    let test = TestApp::new().await;
    let year = test.publish().await;
    let page = test.get(&format!("/record?duty={}", year.duties["april"])).as_(Role::Secretary).send().await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.page().value("day"), "2022-04-22");
    let text = page.text();
    for words in
        ["主题党日（4月）", "方以宁", "同时还是", "党员大会", "要点 一·1", "这条记录可计入", "将到期", "已办"]
    {
        assert!(text.contains(words), "{words}");
    }
}

#[tokio::test]
async fn a_record_counts_at_once_and_is_saved_once_however_often_it_is_sent() {
    let test = TestApp::new().await;
    let year = test.publish().await;
    let written = theme_day(&test, &year).await;
    assert_eq!(standing(&test, &year, "april").await, Some(Standing::DueSoon));
    let answer = test.post("/record", &written.pairs()).as_(Role::Secretary).send().await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    assert_eq!(answer.to(), format!("/entries/{}", written.id));
    assert_eq!(standing(&test, &year, "april").await, Some(Standing::Met));
    assert_eq!(
        standing(&test, &year, "march").await,
        Some(Standing::Overdue),
        "a record of April is April's"
    );
    let again = test.post("/record", &written.pairs()).as_(Role::Secretary).send().await;
    assert_eq!(
        (again.status, again.to()),
        (StatusCode::SEE_OTHER, format!("/entries/{}", written.id).as_str())
    );
    assert_eq!(count(&test).await, 1);
    let page = test.get(answer.to()).as_(Role::Secretary).send().await.text();
    for words in [
        "走进产业园",
        "主题党日（4月）",
        "将到期",
        "已办",
        "党员集中学习，+1.5 学时 × 1 人",
        "人均 1.5",
        "第 1 版",
    ] {
        assert!(page.contains(words), "{words}");
    }
    let hours = test.app.year(test.institution, None).await.unwrap().unwrap();
    let facts = hours.board().facts(year.duties["hours"]).unwrap();
    assert_eq!(runtime::credited(&facts, test.app.clock.today()), 90);
}

#[tokio::test]
async fn one_meeting_serves_several_ledgers_and_asks_each_fact_once() {
    let test = TestApp::new().await;
    let year = test.publish().await;
    let mut written = theme_day(&test, &year).await;
    written.fields.push(("also".to_owned(), "branch-assembly".to_owned()));
    written.fields.push(("do".to_owned(), "form".to_owned()));
    let page = test.post("/record", &written.pairs()).as_(Role::Secretary).send().await.page();
    assert_eq!(page.fields("f_host").len(), 1, "the host is asked once");
    assert!(page.has_field("f_minutes") && page.says("支部党员大会（二季度）"));
    let asked_when = |p: Part<'_>| p.attribute("data-when") == Some("f_vote_held=yes");
    assert!(page.elements().any(asked_when), "votes are asked only when there was one");
    assert_eq!(count(&test).await, 0, "asking for more fields saves nothing");
    let answer = test.post("/record", &written.with("do", "save").pairs()).as_(Role::Secretary).send().await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(standing(&test, &year, "april").await, Some(Standing::Met));
    assert_eq!(standing(&test, &year, "q2").await, Some(Standing::Met));
    let list = test.get("/entries?state=incomplete").as_(Role::Secretary).send().await.text();
    assert!(list.contains("走进产业园") && list.contains("待补"), "an assembly lacks its minutes");
}

#[tokio::test]
async fn what_was_taken_out_does_not_count() {
    let test = TestApp::new().await;
    let year = test.publish().await;
    let mut written = theme_day(&test, &year).await;
    written.fields.push(("offered".to_owned(), year.obligations["theme"].to_string()));
    test.post("/record", &written.pairs()).as_(Role::Secretary).send().await;
    assert_eq!(standing(&test, &year, "april").await, Some(Standing::DueSoon));
    assert_eq!(count(&test).await, 1);
}

#[tokio::test]
async fn every_mistake_is_told_at_once_and_nothing_typed_is_lost() {
    let test = TestApp::new().await;
    let year = test.publish().await;
    let written = theme_day(&test, &year).await;
    let long = "长".repeat(20_001);
    let wrong = written
        .with("day", "2022-05-22")
        .with("title", "")
        .with("f_hours", "两小时")
        .with("f_minutes", &long)
        .with("f_place", "实训楼");
    let answer = test.post("/record", &wrong.pairs()).as_(Role::Secretary).send().await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = answer.text();
    for words in
        ["有 4 处要改", "2022年5月22日还没到", "没有填", "只能写数字", "最多 20000 个字，现在 20001 个"]
    {
        assert!(page.contains(words), "{words}");
    }
    let typed = answer.page();
    assert_eq!((typed.value("f_place"), typed.value("f_hours")), ("实训楼".to_owned(), "两小时".to_owned()));
    assert_eq!(count(&test).await, 0);
    let other = written.with("day", "2019-04-20");
    let page = test.post("/record", &other.pairs()).as_(Role::Secretary).send().await.text();
    assert!(page.contains("2019年没有发布的要点"));
    for day in ["", "2022-02-30", "9999-99-99", "昨天"] {
        let answer =
            test.post("/record", &written.with("day", day).pairs()).as_(Role::Secretary).send().await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{day}");
    }
}

#[tokio::test]
async fn another_branch_is_as_if_it_were_not_there() {
    let test = TestApp::new().await;
    let year = test.publish().await;
    let answer =
        test.get(&format!("/record?duty={}", year.duties["students"])).as_(Role::Secretary).send().await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let written = theme_day(&test, &year).await;
    let theirs = written.with("unit", &test.units["学生第一党支部"].to_string());
    let answer = test.post("/record", &theirs.pairs()).as_(Role::Secretary).send().await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let answer =
        test.post("/record", &written.with("ledger", "no-such").pairs()).as_(Role::Secretary).send().await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(count(&test).await, 0);
    test.post("/record", &theirs.pairs()).as_(Role::Office).send().await;
    assert_eq!(count(&test).await, 1, "the office covers every unit");
    for path in [format!("/entries/{}", written.id), format!("/entries/{}/revise", written.id)] {
        let answer = test.get(&path).as_(Role::Secretary).send().await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn who_takes_no_part_is_asked_why_and_the_record_says_so() {
    let test = TestApp::new().await;
    let year = test.publish().await;
    let member = format!("p_{}", test.member);
    let written = theme_day(&test, &year).await.with(&member, "leave");
    test.post("/record", &written.pairs()).as_(Role::Secretary).send().await;
    let page = test.get(&format!("/entries/{}", written.id)).as_(Role::Secretary).send().await.text();
    assert!(page.contains("应到 1 人，实到 0 人") && page.contains("没写事由"));
    assert!(!page.contains("党员集中学习，+"), "whoever was away has no study hours");
    let mended = written.with("revision", "1").with(&format!("y_{}", test.member), "带队竞赛");
    let answer = test.post("/record", &mended.pairs()).as_(Role::Secretary).send().await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let page = test.get(&format!("/entries/{}", written.id)).as_(Role::Secretary).send().await.text();
    assert!(page.contains("请假：带队竞赛") && page.contains("出席情况"));
    let mine = test.get("/mine").as_(Role::Member).send().await.text();
    assert!(mine.contains("走进产业园") && mine.contains("请假"));
}

#[tokio::test]
async fn the_choice_of_a_ledger_fits_the_unit() {
    let test = TestApp::new().await;
    let year = test.publish().await;
    let page =
        test.get(&format!("/record?duty={}", year.duties["april"])).as_(Role::Secretary).send().await.page();
    assert_eq!(page.value("title"), "", "it has a topic of its own");
    assert!(!page.has_value("主题党日（4月）"));
    let unit = test.units["教工第一党支部"];
    let first = test.get(&format!("/record?unit={unit}")).as_(Role::Secretary).send().await.text();
    for words in ["主题党日", "党费收缴", "本月要记的", "其他"] {
        assert!(first.contains(words), "{words}");
    }
    assert!(!first.contains("领导班子"), "only the ledgers that a branch keeps");
}

#[tokio::test]
async fn a_record_is_revised_and_two_at_once_lose_nothing() {
    let test = TestApp::new().await;
    let year = test.publish().await;
    let written = theme_day(&test, &year).await;
    test.post("/record", &written.pairs()).as_(Role::Secretary).send().await;
    let form = test.get(&format!("/entries/{}/revise", written.id)).as_(Role::Secretary).send().await.page();
    for (name, typed) in [("revision", "1"), ("title", "走进产业园"), ("f_hours", "1.5"), ("f_minutes", WORD)]
    {
        assert_eq!(form.value(name), typed, "{name}");
    }
    // Moved to March: April is open again, March is met by a record of its own period.
    let mine = written.with("revision", "1").with("day", "2022-03-20");
    let answer = test.post("/record", &mine.pairs()).as_(Role::Secretary).send().await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    assert_eq!(standing(&test, &year, "april").await, Some(Standing::DueSoon));
    assert_eq!(standing(&test, &year, "march").await, Some(Standing::Met));
    let theirs = written.with("revision", "1").with("title", "另一个人改的");
    let stale = test.post("/record", &theirs.pairs()).as_(Role::Office).send().await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    let page = stale.text();
    for words in ["已经保存了第 2 版", "另一个人改的", "走进产业园", "2022年3月20日", "保存为第 3 版"]
    {
        assert!(page.contains(words), "{words}");
    }
    assert_eq!(stale.page().value("revision"), "2", "saving once more goes on top");
    let page = test.get(&format!("/entries/{}", written.id)).as_(Role::Secretary).send().await.text();
    for words in ["第 2 版", "第 1 版", "改了 1 处", "2022年4月20日", "补录"] {
        // The record was entered in April for March.
        assert!(page.contains(words), "{words}");
    }
}

#[tokio::test]
async fn a_record_is_withdrawn_after_a_question_and_comes_back() {
    let test = TestApp::new().await;
    let year = test.publish().await;
    let written = theme_day(&test, &year).await;
    test.post("/record", &written.pairs()).as_(Role::Secretary).send().await;
    let path = format!("/entries/{}/withdraw", written.id);
    let question = test.get(&path).as_(Role::Secretary).send().await.text();
    assert!(question.contains("撤回，不再计入 2 项") && question.contains("主题党日（4月）"));
    assert_eq!(standing(&test, &year, "april").await, Some(Standing::Met), "a question changes nothing");
    let stale = test.post(&path, &[("revision", "7")]).as_(Role::Secretary).send().await;
    assert_ne!(stale.status, StatusCode::SEE_OTHER);
    let answer = test.post(&path, &[("revision", "1")]).as_(Role::Secretary).send().await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(standing(&test, &year, "april").await, Some(Standing::DueSoon));
    assert_eq!(count(&test).await, 0, "withdrawn records are in no list");
    let twice = test.post(&path, &[("revision", "1")]).as_(Role::Secretary).send().await;
    assert_eq!(twice.status, StatusCode::SEE_OTHER, "withdrawing twice is withdrawing once");
    let list = test.get("/entries?state=withdrawn").as_(Role::Secretary).send().await.text();
    assert!(list.contains("走进产业园"));
    let restore = format!("/entries/{}/restore", written.id);
    test.post(&restore, &[("revision", "2")]).as_(Role::Secretary).send().await;
    assert_eq!(standing(&test, &year, "april").await, Some(Standing::Met));
}

#[tokio::test]
async fn a_draft_waits_for_its_account_and_goes_when_it_is_sent() {
    let test = TestApp::new().await;
    let year = test.publish().await;
    let written = theme_day(&test, &year).await.with("title", "写了一半");
    let kept = test.post("/record/draft", &written.pairs()).as_(Role::Secretary).send().await;
    assert_eq!(kept.status, StatusCode::OK);
    assert!(kept.text().contains("草稿已存"));
    let path = format!("/record?duty={}", year.duties["april"]);
    let mine = test.get(&path).as_(Role::Secretary).send().await.page();
    assert!(mine.value("title") == "写了一半" && mine.says("接着写"));
    assert_eq!(mine.value("id"), written.id, "the draft is the same record");
    let theirs = test.get(&path).as_(Role::Office).send().await.text();
    assert!(!theirs.contains("写了一半"), "a draft is its account's own");
    test.post("/record", &written.pairs()).as_(Role::Secretary).send().await;
    let after = test.get(&path).as_(Role::Secretary).send().await.text();
    assert!(!after.contains("写了一半"));
    // A draft that no longer opens is no reason for an error page.
    let draft = Draft {
        key: format!("record/{}", year.duties["april"]),
        body: serde_json::json!([["ledger", "gone"], ["unit", "x"]]),
        at: test.app.clock.now(),
    };
    let account = test.accounts[&Role::Secretary];
    test.app.store.keep_draft(test.institution, account, &draft).await.unwrap();
    assert_eq!(test.get(&path).as_(Role::Secretary).send().await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_draft_is_thrown_away_and_the_form_begins_anew() {
    let test = TestApp::new().await;
    let year = test.publish().await;
    let written = theme_day(&test, &year).await.with("title", "写了一半");
    test.post("/record/draft", &written.pairs()).as_(Role::Secretary).send().await;
    let path = format!("/record?duty={}", year.duties["april"]);
    let page = test.get(&path).as_(Role::Secretary).send().await.page();
    let form = page.form("/record/forget").filled();
    let form: Vec<_> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    test.post("/record/forget", &form).as_(Role::Office).send().await;
    let kept = test.get(&path).as_(Role::Secretary).send().await.page();
    assert_eq!(kept.value("title"), "写了一半", "another account throws away nothing");
    let gone = test.post("/record/forget", &form).as_(Role::Secretary).send().await;
    assert_eq!(gone.status, StatusCode::SEE_OTHER);
    let anew = test.get(gone.to()).as_(Role::Secretary).send().await.page();
    assert_eq!(anew.value("title"), "");
    assert!(!anew.says("接着写"));
    assert_eq!(count(&test).await, 0);
}

/// Whether a list says of one of its columns that it is sorted by it.
fn is_sorted(page: &Page) -> bool {
    page.elements().any(|p| p.attribute("aria-sort") == Some("ascending"))
}

/// What a search marks in the titles of a list.
fn marked(page: &Page) -> Vec<String> {
    let titles = page.all(&["a"]).into_iter();
    titles.flat_map(|a| a.all(&["mark"])).map(Part::words).collect()
}

#[tokio::test]
async fn the_list_is_filtered_paged_and_taken_away() {
    let test = TestApp::new().await;
    let year = test.publish().await;
    let written = theme_day(&test, &year).await;
    for n in 0..53 {
        let one = written
            .with("id", &EntryId::fresh().to_string())
            .with("title", &format!("第{n}次"))
            .with("day", if n < 3 { "2022-03-02" } else { "2022-04-20" });
        // What counts for nothing that still runs is 补录 from the next month on.
        let one = if n < 3 { one.with("duty", "").with("f_hours", "") } else { one };
        let answer = test.post("/record", &one.pairs()).as_(Role::Secretary).send().await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
    }
    let first = test.get("/entries").as_(Role::Secretary).send().await.page();
    assert!(first.says("第 1—50 条，共 53 条") && first.rows().len() == 50);
    let next = first.all(&["a"]).into_iter().find(|a| a.attribute("rel") == Some("next"));
    let next = next.and_then(|a| a.attribute("href")).expect("a second page");
    let second = test.get(&format!("/entries{next}")).as_(Role::Secretary).send().await.text();
    assert!(second.contains("第 51—53 条，共 53 条"), "{next}");
    let march = test.get("/entries?to=2022-03-31&state=late").as_(Role::Secretary).send().await.text();
    assert!(march.contains("共 3 条") && march.contains("补录，隔 51 天"));
    let by_unit = test.get("/entries?sort=unit").as_(Role::Office).send().await.page();
    assert!(is_sorted(&by_unit), "fifty-three are sorted by anything");
    // 教工第一, and a name that nothing has.
    let of_one =
        test.get("/entries?in=%E6%95%99%E5%B7%A5%E7%AC%AC%E4%B8%80").as_(Role::Office).send().await.text();
    assert!(of_one.contains("共 53 条"), "{of_one}");
    let of_none = test.get("/entries?in=%E6%B2%A1%E6%9C%89").as_(Role::Office).send().await.text();
    assert!(of_none.contains("没有符合的记录") && of_none.contains("组织名称含“没有”"), "{of_none}");
    let none = test.get("/entries?q=%E6%B2%A1%E6%9C%89").as_(Role::Secretary).send().await.text();
    assert!(none.contains("没有符合的记录") && none.contains("含“没有”"));
    // 第7次, then 7次: what was counted is counted anew after the next record.
    let seventh = "/entries?q=%E7%AC%AC7%E6%AC%A1";
    let found = test.get(seventh).as_(Role::Secretary).send().await.page();
    assert_eq!(found.number("符合条件的"), 1);
    assert_eq!(marked(&found), ["第7次"]);
    let again = written
        .with("id", &EntryId::fresh().to_string())
        .with("title", "又是第7次")
        .with("day", "2022-04-20");
    test.post("/record", &again.pairs()).as_(Role::Secretary).send().await;
    let found = test.get(seventh).as_(Role::Secretary).send().await.page();
    assert_eq!(found.number("符合条件的"), 2);
    assert_eq!(marked(&found), ["第7次", "第7次"]);
    assert!(found.link("又是第7次").href.starts_with("/entries/"));
    let member = test.get("/entries").as_(Role::Member).send().await.text();
    assert!(member.contains("共 54 条") && !member.contains("导出表格"));
    let file = test.get("/entries.xlsx?ledger=theme-day").as_(Role::Office).send().await;
    assert_eq!(file.status, StatusCode::OK);
    assert!(file.bytes.starts_with(b"PK") && file.header("content-disposition").contains("xlsx"));
}

#[tokio::test]
async fn a_search_that_finds_too_many_says_so_and_is_not_sorted() {
    let test = TestApp::new().await;
    let year = test.publish().await;
    let written = theme_day(&test, &year).await;
    test.post("/record", &written.pairs()).as_(Role::Secretary).send().await;
    let all = EntryFilter::default();
    let row = test.app.store.entries(test.institution, &Scope::All, &all, 1).await.unwrap().remove(0);
    let many: Vec<ImportEntry> = (0..1_001)
        .map(|n| ImportEntry {
            entry: Entry { id: EntryId::fresh(), title: format!("第{n}次党日"), ..row.entry.clone() },
            late: false,
            incomplete: false,
            words: format!("第{n}次党日"),
            above: None,
            decided: None,
            credits: Vec::new(),
        })
        .collect();
    let act = Act::new(None, "", test.app.clock.now(), "entry.import");
    test.app.store.import_entries(test.institution, &many, &act).await.unwrap();
    let list = async |query: &str| {
        test.get(&format!("/entries?sort=unit{query}")).as_(Role::Office).send().await.page()
    };
    // 党日.
    let found = list("&q=%E5%85%9A%E6%97%A5").await;
    assert!(found.says("符合条件的 1,000 多 条") && found.says("超过 1,000 条的列表"), "{}", found.words());
    assert!(!is_sorted(&found), "it stays in the order of its days");
    let whole = list("").await;
    assert!(whole.says("共 1,002 条") && is_sorted(&whole), "{}", whole.words());
}

#[tokio::test]
async fn what_is_restricted_is_read_only_by_those_whom_it_concerns() {
    let test = TestApp::new().await;
    test.publish().await;
    let unit = test.units["教工第一党支部"].to_string();
    let id = EntryId::fresh().to_string();
    let fields = [
        ("id", id.as_str()),
        ("revision", "0"),
        ("unit", &unit),
        ("ledger", "dues"),
        ("title", "3月党费"),
        ("day", "2022-04-03"),
        ("f_dues_month", "2022-03"),
        ("f_dues_paid", "1280.50"),
        ("f_dues_unpaid", "某人困难，已缓交"),
    ];
    let answer = test.post("/record", &fields).as_(Role::Secretary).send().await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    let path = format!("/entries/{id}");
    for (role, may) in [
        (Role::Secretary, true),
        (Role::Discipline, true),
        (Role::Office, false),
        (Role::Member, false),
        (Role::Leader, false),
    ] {
        let text = test.get(&path).as_(role).send().await.text();
        assert!(text.contains("1280.50 元"), "{role:?}");
        assert_eq!(text.contains("某人困难"), may, "{role:?}");
        assert_eq!(text.contains("限定范围内可看"), !may, "{role:?}");
    }
    // The office may mend the sum; what it may not read stays as it was.
    let form = test.get(&format!("{path}/revise")).as_(Role::Office).send().await.text();
    assert!(!form.contains("某人困难"));
    let mended: Vec<(&str, &str)> = fields
        .iter()
        .filter(|(n, _)| *n != "f_dues_unpaid" && *n != "revision" && *n != "f_dues_paid")
        .copied()
        .chain([("revision", "1"), ("f_dues_paid", "1300")])
        .collect();
    let answer = test.post("/record", &mended).as_(Role::Office).send().await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let text = test.get(&path).as_(Role::Secretary).send().await.text();
    assert!(text.contains("1300.00 元") && text.contains("某人困难"));
}

#[tokio::test]
async fn a_duty_of_a_month_gone_by_asks_for_its_day_and_stays_what_the_record_is_about() {
    let test = TestApp::new().await;
    let year = test.publish().await;
    let path = format!("/record?duty={}", year.duties["march"]);
    let form = test.get(&path).as_(Role::Secretary).send().await.page();
    assert_eq!(form.value("day"), "", "it did not happen today");
    assert!(form.says("3月1日至3月31日该办"), "{}", form.words());
    let live = form.anchor("live").expect("what it counts for");
    assert!(live.says("先按到期那天算") && !live.says("迟办"), "nothing is late yet: {}", live.words());
    let mut fields = theme_day(&test, &year).await;
    fields = fields.with("duty", &year.duties["march"].to_string()).with("day", "");
    let refused = test.post("/record", &fields.pairs()).as_(Role::Secretary).send().await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "a day is wanted");
    // Done in April after all: late for March, and April is still open.
    let late = fields.with("day", "2022-04-20");
    let answer = test.post("/record", &late.pairs()).as_(Role::Secretary).send().await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    assert_eq!(standing(&test, &year, "march").await, Some(Standing::MetLate));
    assert_ne!(standing(&test, &year, "april").await, Some(Standing::Met));
    // Mended in its words it stays March's.
    let mended = late.with("revision", "1").with("title", "走进产业园，补三月的");
    let answer = test.post("/record", &mended.with("duty", "").pairs()).as_(Role::Secretary).send().await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    assert_eq!(standing(&test, &year, "march").await, Some(Standing::MetLate));
}

#[tokio::test]
async fn the_discipline_committee_reads_a_branchs_record_and_changes_none() {
    let test = TestApp::new().await;
    let year = test.publish().await;
    let saved = theme_day(&test, &year).await;
    test.post("/record", &saved.pairs()).as_(Role::Secretary).send().await;
    let page = test.get(&format!("/entries/{}", saved.id)).as_(Role::Discipline).send().await.page();
    assert!(page.says("走进产业园"));
    assert!(!page.leads_to(&format!("/entries/{}/revise", saved.id)), "{}", page.words());
    let mended = saved.with("revision", "1").with("title", "纪委改的");
    let answer = test.post("/record", &mended.pairs()).as_(Role::Discipline).send().await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let withdrawn = [("revision", "1"), ("reason", "不该")];
    let answer =
        test.post(&format!("/entries/{}/withdraw", saved.id), &withdrawn).as_(Role::Discipline).send().await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let home = test.get("/month").as_(Role::Discipline).send().await.page();
    assert!(!home.says("主题党日"), "what a branch owes is not its own work: {}", home.words());
}

#[tokio::test]
async fn what_is_too_long_is_refused_in_words_and_never_cut() {
    let test = TestApp::new().await;
    let year = test.publish().await;
    let saved = theme_day(&test, &year).await;
    let long = "长".repeat(203);
    let refused = test.post("/record", &saved.with("title", &long).pairs()).as_(Role::Secretary).send().await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains("最多 200 个字，现在 203 个") && refused.text().contains(&long));
    test.post("/record", &saved.pairs()).as_(Role::Secretary).send().await;
    let reason = "长".repeat(501);
    let withdrawn = [("revision", "1"), ("reason", reason.as_str())];
    let answer =
        test.post(&format!("/entries/{}/withdraw", saved.id), &withdrawn).as_(Role::Secretary).send().await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text().contains("最多 500 个字，现在 501 个"), "{}", answer.text());
    // No control of any form is cut by the browser either, but those of searches.
    let form =
        test.get(&format!("/record?duty={}", year.duties["april"])).as_(Role::Secretary).send().await.page();
    let cut = form
        .elements()
        .filter(|e| e.attribute("maxlength").is_some() && e.attribute("type") != Some("search"));
    assert_eq!(cut.count(), 0);
}
