//! 要点文稿: handing a plan in, deciding about what was read, mending the text, publishing.

use std::path::Path;

use axum::Router;
use axum::http::{Method, StatusCode};
use jiff::civil::{Date, date};
use model::{Cadence, DayIn, Per, PlanId, Proposal, ProposalState, Review, Role, Standing};
use runtime::Pick;
use web::App;
use work::plans::Draft;
use work::{Actor, Clock, Fault, Settings};

use crate::harness::{Answer, Ask, TestApp};

/// An invented plan: one reference is misquoted (a warning), one word is vague (a warning), nothing is an error.
pub(crate) const PLAN: &str = "青梧职业技术学院2022年党建工作要点\n\
    一、组织建设\n\
    1.规范组织生活。各党支部每月开展1次主题党日。各党支部11月底前召开1次毕业生座谈会。（牵头部门：宣传部，责任部门：各党支部）\n\
    2.抓好学习教育。严格执行《关于新形势下党内政治生活若干准则》，宣传部每半年开展1次专项检查。定期通报情况。（牵头部门：党委办公室，责任部门：宣传部）\n";

/// The same with a leading department that the institution does not have: an error.
fn with_error() -> String {
    format!(
        "{PLAN}二、作风建设\n3.加强监督。纪委每季度开展1次警示教育，弘扬新风正气。（牵头部门：督查巡视室，责任部门：各党支部）\n"
    )
}

pub(crate) fn multipart(name: &str, bytes: &[u8], year: &str) -> Vec<u8> {
    let mut body = format!(
        "--B\r\ncontent-disposition: form-data; name=\"year\"\r\n\r\n{year}\r\n--B\r\ncontent-disposition: form-data; \
         name=\"file\"; filename=\"{name}\"\r\ncontent-type: application/octet-stream\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n--B--\r\n");
    body
}

/// What the office does with plans.
pub(crate) struct Office<'t> {
    pub(crate) test: &'t TestApp,
    pub(crate) id: PlanId,
}

pub(crate) async fn hand_in(test: &TestApp, name: &str, bytes: &[u8]) -> Answer {
    Ask::new(&test.router, Some(&test.tokens), Method::POST, "/plans")
        .body("multipart/form-data; boundary=B", multipart(name, bytes, "2022"))
        .as_(Role::Office)
        .send()
        .await
}

impl<'t> Office<'t> {
    pub(crate) async fn with(test: &'t TestApp, text: &str) -> Self {
        let answer = hand_in(test, "要点.txt", text.as_bytes()).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
        let id = answer.to().rsplit('/').next().expect("a last part").parse().expect("a plan's id");
        Self { test, id }
    }

    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/plans/{}{rest}", self.id)
    }

    pub(crate) async fn page(&self, rest: &str) -> Answer {
        self.test.get(&self.path(rest)).as_(Role::Office).send().await
    }

    pub(crate) async fn revision(&self) -> u32 {
        self.test.app.store.plan(self.test.institution, self.id).await.expect("the plan").revision
    }

    pub(crate) async fn review(&self) -> Review {
        let newest = self.test.app.store.plan_revision(self.test.institution, self.id, None).await;
        newest.expect("a revision").review_as().expect("a review")
    }

    /// The obligation whose clause has these words.
    pub(crate) async fn of(&self, words: &str) -> Proposal {
        let review = self.review().await;
        let found = review.proposals.iter().find(|p| p.origin.words().is_some_and(|w| w.contains(words)));
        found.unwrap_or_else(|| panic!("nothing asks for {words}: {:#?}", review.proposals)).clone()
    }

    /// Sends a form on the newest revision.
    pub(crate) async fn post(&self, rest: &str, fields: &[(&str, &str)]) -> Answer {
        let revision = self.revision().await.to_string();
        self.post_on(&revision, rest, fields).await
    }

    pub(crate) async fn post_on(&self, revision: &str, rest: &str, fields: &[(&str, &str)]) -> Answer {
        let mut all = vec![("revision", revision)];
        all.extend_from_slice(fields);
        self.test.post(&self.path(rest), &all).as_(Role::Office).send().await
    }

    /// Sends what must be taken.
    pub(crate) async fn done(&self, rest: &str, fields: &[(&str, &str)]) {
        let answer = self.post(rest, fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{rest} {fields:?}: {}", answer.text());
    }

    /// How many duties stand so on that day, dropped ones not counted.
    pub(crate) async fn standings(&self, app: &App, day: Date) -> Vec<Standing> {
        let year = app.year(self.test.institution, Some(self.id)).await.expect("a year").expect("published");
        year.board().list(&Pick::default(), day).into_iter().map(|l| l.standing).collect()
    }
}

/// The same server on another day.
pub(crate) fn on(test: &TestApp, day: Date) -> (App, Router) {
    let app = App::new(
        test.app.store.clone(),
        std::sync::Arc::clone(&test.app.rulebook),
        Clock::Standing(day),
        // Nobody has changed their password since.
        Settings { password_days: 0, ..(*test.app.settings).clone() },
    );
    let router = server::router(&app);
    (app, router)
}

fn sample(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../office/tests/files").join(name);
    std::fs::read(path).expect("a sample of the office crate")
}

#[tokio::test]
async fn a_plan_is_read_whatever_wrote_it() {
    let test = TestApp::new().await;
    let (gb, _, lossy) = encoding_rs::GB18030.encode(PLAN);
    assert!(!lossy);
    let mut marked = "\u{feff}".as_bytes().to_vec();
    marked.extend_from_slice(PLAN.as_bytes());
    for (name, bytes, words) in [
        ("要点.txt", PLAN.as_bytes().to_vec(), "毕业生座谈会"),
        ("老机器.txt", gb.into_owned(), "毕业生座谈会"),
        ("记事本.txt", marked, "毕业生座谈会"),
        ("要点.docx", sample("numbered.docx"), "坚持集体学习"),
        ("任务表.xlsx", sample("tasks.xlsx"), "举办读书班"),
        ("任务表.xls", sample("tasks.xls"), "举办读书班"),
        ("要点.pdf", sample("printed.pdf"), "精简会议文件"),
        ("网页.html", sample("page.html"), "办好读书班"),
    ] {
        let answer = hand_in(&test, name, &bytes).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{name}: {}", answer.text());
        let page = test.get(answer.to()).as_(Role::Office).send().await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text().contains(words), "{name}");
    }
    let list = test.get("/plans").as_(Role::Office).send().await.text();
    assert_eq!(list.matches("草稿").count(), 8, "{list}");
}

#[tokio::test]
async fn a_file_that_cannot_be_read_says_so_at_its_field_and_leaves_nothing() {
    let test = TestApp::new().await;
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0".to_vec();
    let mut broken = sample("numbered.docx");
    broken.truncate(broken.len() / 2);
    for (name, bytes, words) in [
        ("空.txt", Vec::new(), "文件是空的"),
        ("照片.docx", png, "PNG"),
        ("断了.docx", broken, "文件已损坏"),
        ("扫描.pdf", sample("scanned.pdf"), "扫描件"),
        ("名册.xlsx", sample("people.xlsx"), "没有读出任何条目"),
        ("通知.txt", "请各单位按时参加会议。".as_bytes().to_vec(), "没有读出任何条目"),
        ("太大.txt", vec![b'a'; office::MAX_FILE_BYTES + 1], "上限"),
        ("更大.txt", vec![b'a'; office::MAX_FILE_BYTES + 1024 * 1024], "上限"),
    ] {
        let answer = hand_in(&test, name, &bytes).await;
        let text = answer.text();
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}: {text}");
        let page = answer.page();
        assert!(page.leads_to("#f-file") || page.leads_to("#file"), "{name}: {text}");
        assert!(text.contains(words), "{name}: {text}");
    }
    let none = hand_in(&test, "", b"").await;
    assert!(none.text().contains("没有选文件"));
    let year = Ask::new(&test.router, Some(&test.tokens), Method::POST, "/plans")
        .body("multipart/form-data; boundary=B", multipart("要点.txt", PLAN.as_bytes(), "二二年"))
        .as_(Role::Office)
        .send()
        .await;
    assert_eq!(year.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(test.app.store.plans(test.institution).await.expect("a list").is_empty());
}

#[tokio::test]
async fn each_obligation_is_tied_to_its_words_and_decided_about() {
    let test = TestApp::new().await;
    let office = Office::with(&test, PLAN).await;
    let p = office.of("座谈会").await;
    let page = office.page("").await.page();
    for (at, other) in [("m", "o"), ("o", "m")] {
        assert!(page.anchor(&format!("{at}-{}", p.key)).is_some(), "{at}");
        assert!(page.leads_to(&format!("#{other}-{}", p.key)), "{other}");
    }
    let path = format!("/o/{}", p.key);
    for (step, state) in [
        ("confirm", ProposalState::Confirmed),
        ("not-assessed", ProposalState::NotAssessed),
        ("restore", ProposalState::Proposed),
    ] {
        let answer = office.post(&path, &[("do", step)]).await;
        assert_eq!(answer.to(), format!("{}#o-{}", office.path(""), p.key));
        assert_eq!(office.of("座谈会").await.state, state, "{step}");
    }
    // 撤销上一步 is one more revision that says what the one before the last said.
    office.done(&path, &[("do", "confirm")]).await;
    let to = (office.revision().await - 1).to_string();
    office.done("/back", &[("to", &to)]).await;
    assert_eq!(office.of("座谈会").await.state, ProposalState::Proposed);
    assert_eq!(office.revision().await, 6);
    let past = office.page("/history").await.text();
    assert!(past.contains("第6稿") && past.contains("回到第1稿") && past.contains("党委办公室某"), "{past}");

    let other = office.of("专项检查").await;
    office.done(&path, &[("do", "merge"), ("into", &other.key)]).await;
    assert_eq!(office.of("座谈会").await.state, ProposalState::MergedInto { key: other.key.clone() });
    assert!(office.page("").await.text().contains("已并入"));
    let itself = office.post(&path, &[("do", "merge"), ("into", &p.key)]).await;
    assert_eq!(itself.status, StatusCode::BAD_REQUEST);

    let waiting = |r: &Review| r.proposals.iter().filter(|p| p.state == ProposalState::Proposed).count();
    let before = waiting(&office.review().await);
    office.done("/i/1/confirm", &[]).await;
    let after = waiting(&office.review().await);
    assert!(after < before, "{after} of {before} still wait");
    assert_eq!(office.of("专项检查").await.state, ProposalState::Confirmed);
    assert_eq!(office.page("/o/99.9").await.status, StatusCode::NOT_FOUND);
}

/// A form of an obligation as the page sends it.
pub(crate) fn edited<'a>(title: &'a str, units: &'a str, times: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("do", "save"),
        ("title", title),
        ("units", units),
        ("posts", ""),
        ("lead", "宣传部"),
        ("how", "at_least"),
        ("times", times),
        ("per", "quarter"),
        ("hours", ""),
        ("day", ""),
        ("event", ""),
        ("days", ""),
        ("ledger", "theme-day"),
    ]
}

#[tokio::test]
async fn an_obligation_is_changed_and_every_mistake_is_told_at_once() {
    let test = TestApp::new().await;
    let office = Office::with(&test, PLAN).await;
    let path = format!("/o/{}", office.of("座谈会").await.key);
    assert!(office.page(&path).await.text().contains("2022-11-30"), "the form shows the last day");
    let bad = office.post(&path, &edited("我写的名字", "督查室", "0")).await;
    let text = bad.text();
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text.contains("督查室") && text.contains("写一个 1 到 366 的整数"), "{text}");
    assert!(text.contains("我写的名字"), "what was typed is still there");
    assert_eq!(office.revision().await, 1, "nothing was kept");

    office.done(&path, &edited("毕业生座谈会", "宣传部、纪委", "2")).await;
    let p = office.of("座谈会").await;
    assert_eq!(p.title, "毕业生座谈会");
    assert_eq!(p.cadence, Cadence::AtLeast { times: 2, per: Per::Quarter });
    assert_eq!(p.bearers.units.len(), 2);
    assert_eq!((p.ledger.as_deref(), p.state), (Some("theme-day"), ProposalState::Confirmed));
}

#[tokio::test]
async fn a_day_of_each_period_is_typed_as_plans_write_it() {
    let test = TestApp::new().await;
    let office = Office::with(&test, PLAN).await;
    let path = format!("/o/{}", office.of("座谈会").await.key);
    let with = |by: &'static str| {
        let mut form = edited("座谈会", "宣传部", "1");
        form.push(("by", by));
        form
    };
    office.done(&path, &with("末月25日前")).await;
    let by = DayIn::Month { month: 3, day: 25 };
    assert_eq!(office.of("座谈会").await.cadence, Cadence::EachBy { times: 1, per: Per::Quarter, by });
    assert_eq!(office.page(&path).await.page().value("by"), "末月25日前");
    let said = office.page("").await.text();
    assert!(said.contains("每季度，末月25日前"), "{said}");

    let bad = office.post(&path, &with("月亮圆的时候")).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    let text = bad.text();
    assert!(text.contains("看不出是每季度的哪天") && text.contains("月亮圆的时候"), "{text}");

    office.done(&path, &with("")).await;
    assert_eq!(office.of("座谈会").await.cadence, Cadence::AtLeast { times: 1, per: Per::Quarter });
}

#[tokio::test]
async fn whoever_is_slower_keeps_what_they_typed() {
    let test = TestApp::new().await;
    let office = Office::with(&test, PLAN).await;
    let path = format!("/o/{}", office.of("座谈会").await.key);
    office.done(&path, &[("do", "confirm")]).await;
    let late = office.post_on("1", &path, &edited("我慢了一步", "宣传部", "3")).await;
    let text = late.text();
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(
        text.contains("我慢了一步") && text.contains("现在是这样") && text.contains("一般工作落实"),
        "{text}"
    );
    assert_eq!(late.page().value("revision"), "2", "sending it again applies it to the newest");
    assert_eq!(office.of("座谈会").await.state, ProposalState::Confirmed);
    assert_ne!(office.of("座谈会").await.title, "我慢了一步");
    office.done(&path, &edited("我慢了一步", "宣传部", "3")).await;
    assert_eq!(office.of("座谈会").await.title, "我慢了一步");

    let words = "1.规范组织生活。（牵头部门：宣传部，责任部门：各党支部）";
    let late = office.post_on("1", "/i/0", &[("text", words)]).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.text().contains(words));
    let late = office.post_on("1", "/i/0/add", &[("words", "主题党日"), ("title", "慢")]).await;
    assert!(late.text().contains("慢"));
    assert_eq!(office.revision().await, 3);
}

#[tokio::test]
async fn what_was_missed_is_added_at_its_words() {
    let test = TestApp::new().await;
    let office = Office::with(&test, PLAN).await;
    let form =
        office.page("/i/0/add?words=%E8%A7%84%E8%8C%83%E7%BB%84%E7%BB%87%E7%94%9F%E6%B4%BB").await.page();
    assert_eq!(form.value("words"), "规范组织生活");
    let mut fields = edited("组织生活规范", "宣传部", "1");
    fields.push(("words", "规范组织纪律"));
    let refused = office.post("/i/0/add", &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let text = refused.text();
    assert!(text.contains("这一条里没有这些词句") && text.contains("组织生活规范"), "{text}");
    fields.retain(|(n, _)| *n != "words");
    fields.push(("words", "规范组织生活"));
    office.done("/i/0/add", &fields).await;
    let added = office.review().await.proposals.into_iter().find(|p| p.added).expect("it was added");
    assert_eq!((added.title.as_str(), added.origin.words()), ("组织生活规范", Some("规范组织生活")));
    assert!(office.page("").await.page().anchor(&format!("m-{}", added.key)).is_some());
    assert_eq!(office.page("/i/9/add").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn mending_the_text_keeps_what_was_decided() {
    let test = TestApp::new().await;
    let office = Office::with(&test, PLAN).await;
    let talk = office.of("座谈会").await;
    let check = office.of("专项检查").await;
    office.done(&format!("/o/{}", talk.key), &edited("毕业生座谈会", "宣传部", "2")).await;
    office.done(&format!("/o/{}", check.key), &[("do", "not-assessed")]).await;
    let page = office.page("").await.text();
    assert!(page.contains("改正原文") && page.contains("L009"), "{page}");
    let source = test.app.store.plan_revision(test.institution, office.id, None).await.expect("it").source;
    let wrong = "关于新形势下党内政治生活若干准则";
    let start = source.text.find(wrong).expect("it is misquoted");
    let (start, end) = (start.to_string(), (start + wrong.len()).to_string());
    let remark = [("code", "L009"), ("start", start.as_str()), ("end", end.as_str()), ("do", "replace")];
    office.done("/remark", &remark).await;
    let now = test.app.store.plan_revision(test.institution, office.id, None).await.expect("it").source;
    assert!(now.text.contains("《关于新形势下党内政治生活的若干准则》"));
    assert!(!office.page("").await.text().contains("L009"));
    assert_eq!(office.of("座谈会").await.title, "毕业生座谈会");
    assert_eq!(office.of("专项检查").await.state, ProposalState::NotAssessed);
    // The same button pressed on the old page.
    office.done("/remark", &remark).await;
    assert_eq!(office.revision().await, 4);

    // The vague word is seen and kept.
    let start = now.text.find("定期").expect("it is vague");
    let (start, end) = (start.to_string(), (start + "定期".len()).to_string());
    office.done("/remark", &[("code", "L004"), ("start", &start), ("end", &end), ("do", "see")]).await;
    assert!(!office.page("").await.text().contains("没有写明多久一次"));

    let text = "1.规范组织生活。各党支部每月开展2次主题党日。各党支部11月底前召开1次毕业生座谈会。（牵头部门：宣传部，责任部门：各党支部）";
    let tried = office.post("/i/0/check", &[("text", text)]).await;
    assert_eq!(tried.status, StatusCode::OK);
    let said = tried.text();
    assert!(said.contains("每月至少2次") && said.contains("毕业生座谈会"), "{said}");
    assert_eq!(office.revision().await, 5, "trying keeps nothing");
    office.done("/i/0", &[("text", text)]).await;
    let theme = office.of("主题党日").await;
    assert_eq!(theme.cadence, Cadence::AtLeast { times: 2, per: Per::Month });
    assert_eq!(office.of("座谈会").await.title, "毕业生座谈会");
    let nothing = office.post("/i/0", &[("text", "")]).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_plan_with_errors_is_not_published() {
    let test = TestApp::new().await;
    let office = Office::with(&test, &with_error()).await;
    let page = office.page("").await.page();
    let off = page.elements().any(|p| p.attribute("aria-disabled") == Some("true"));
    assert!(off && page.says("没有解决"), "{}", page.words());
    let refused = office.post("/publish", &[("seen", "1")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let text = refused.text();
    assert!(
        text.contains("督查巡视室") && text.contains("#i-3"),
        "each error is named with its place: {text}"
    );
    assert!(test.app.store.publications(test.institution, office.id).await.expect("a list").is_empty());
    // It is mended, and then it may.
    let mended = "3.加强监督。纪委每季度开展1次警示教育。（牵头部门：纪委，责任部门：各党支部）";
    office.done("/i/2", &[("text", mended)]).await;
    let answer = office.post("/publish", &[("seen", "1")]).await;
    assert_eq!(answer.to(), "/plan", "{}", answer.text());
}

#[tokio::test]
async fn the_act_itself_refuses_who_may_not_and_a_plan_with_errors() {
    let test = TestApp::new().await;
    let office = Office::with(&test, &with_error()).await;
    let actor = async |role: Role| {
        let found = Actor::of_account(&test.app, test.institution, test.accounts[&role], "").await;
        found.expect("the store answers").expect("an account that is open")
    };
    let (clerk, secretary) = (actor(Role::Office).await, actor(Role::Secretary).await);
    let draft = Draft::read(&test.app, &clerk, office.id).await.expect("a draft");
    let revision = draft.head.revision;
    // As a command or a job would call it, with no page before it.
    let refused = work::plans::publish(&test.app, &secretary, &draft, revision).await;
    assert!(matches!(refused, Err(Fault::NotAllowed(_))), "{refused:?}");
    let refused = work::plans::publish(&test.app, &clerk, &draft, revision).await;
    assert!(matches!(refused, Err(Fault::Conflict(_))), "{refused:?}");
    assert!(test.app.store.publications(test.institution, office.id).await.expect("a list").is_empty());
}

#[tokio::test]
async fn publishing_asks_first_and_happens_once() {
    let test = TestApp::new().await;
    let office = Office::with(&test, PLAN).await;
    let ask = office.page("/publish").await.text();
    assert!(ask.contains("还没有看过的警告：2 条") && ask.contains("教工第一党支部"), "{ask}");
    let unseen = office.post("/publish", &[]).await;
    assert_eq!(unseen.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unseen.text().contains("还有警告没有看过"));
    let stale = office.post_on("7", "/publish", &[("seen", "1")]).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    let (one, two) = tokio::join!(
        office.post_on("1", "/publish", &[("seen", "1")]),
        office.post_on("1", "/publish", &[("seen", "1")])
    );
    let well = [&one, &two].iter().filter(|a| a.to() == "/plan").count();
    assert!(well >= 1, "{} {}", one.text(), two.text());
    let again = office.post_on("1", "/publish", &[("seen", "1")]).await;
    assert_eq!(again.to(), "/plan", "the same button pressed again");
    let published = test.app.store.publications(test.institution, office.id).await.expect("a list");
    assert_eq!(published.len(), 1);
    let duties = office.standings(&test.app, test.app.clock.today()).await.len();
    let obligations = test.app.store.obligations(test.institution, office.id).await.expect("a list");
    // What the plan does not say runs as the year's own.
    let routines = test.app.store.routines(test.institution, 2022).await.expect("a list");
    assert!(!routines.is_empty());
    assert_eq!(obligations.len() + routines.len(), office.review().await.proposals.len());
    // Theme days of April to December for two branches, and more.
    assert!(duties >= 18, "{duties}");
    assert!(office.page("").await.text().contains("已发布"));
    // What was to come when it was published is not called late in the year's review.
    let (_, router) = on(&test, date(2022, 12, 20));
    let later =
        Ask::new(&router, Some(&test.tokens), Method::GET, &office.path("")).as_(Role::Office).send().await;
    assert_eq!(later.status, StatusCode::OK);
    assert!(!later.text().contains("L005"), "{}", later.text());
}

#[tokio::test]
async fn publishing_an_amended_plan_leaves_what_is_due_or_met() {
    let test = TestApp::new().await;
    let office = Office::with(&test, PLAN).await;
    let answer = office.post("/publish", &[("seen", "1")]).await;
    assert_eq!(answer.to(), "/plan", "{}", answer.text());
    let theme = office.of("主题党日").await;
    assert_eq!(theme.ledger.as_deref(), Some("theme-day"));
    let year = test.app.year(test.institution, Some(office.id)).await.expect("a year").expect("published");
    let obligation = year.obligations().iter().find(|o| o.key == theme.key).expect("it is published").id;
    let teachers = test.units["教工第一党支部"];
    let lines = year.board().list(&Pick::cell(teachers, obligation), test.app.clock.today());
    assert_eq!(lines.len(), 9, "April to December");
    let april = lines.iter().min_by_key(|l| l.due).expect("nine").duty;
    drop(year);

    // April is done by one branch.
    let form = test.get(&format!("/record?duty={april}")).as_(Role::Secretary).send().await.page();
    let id = form.value("id");
    let member = format!("p_{}", test.member);
    let fields = [
        ("id", id.as_str()),
        ("revision", "0"),
        ("unit", &teachers.to_string()),
        ("duty", &april.to_string()),
        ("ledger", "theme-day"),
        ("title", "走进产业园"),
        ("day", "2022-04-20"),
        ("f_host", "方以宁"),
        ("f_hours", "1.5"),
        ("f_minutes", "会议学习了有关文件，讨论了支部今年的工作安排，党员逐一发言。"),
        (member.as_str(), "present"),
    ];
    let saved = test.post("/record", &fields).as_(Role::Secretary).send().await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());

    // In May theme days are asked no more, and the meeting is asked of the propaganda department instead.
    office.done(&format!("/o/{}", theme.key), &[("do", "not-assessed")]).await;
    let talk = office.of("座谈会").await;
    office.done(&format!("/o/{}", talk.key), &edited("毕业生座谈会", "宣传部", "1")).await;
    assert!(office.page("").await.text().contains("发布改动"));
    let may = date(2022, 5, 10);
    let (app, router) = on(&test, may);
    let revision = office.revision().await.to_string();
    let again = Ask::new(&router, Some(&test.tokens), Method::POST, &office.path("/publish"))
        .form(&[("revision", &revision), ("seen", "1")])
        .as_(Role::Office)
        .send()
        .await;
    assert_eq!(again.to(), "/plan", "{}", again.text());
    let year = app.year(test.institution, Some(office.id)).await.expect("a year").expect("published");
    let left = year.board().list(&Pick::obligation(obligation), may);
    let standings: Vec<_> = left.iter().map(|l| l.standing).collect();
    assert_eq!(left.len(), 2, "{left:#?}");
    assert!(standings.contains(&Standing::Met) && standings.contains(&Standing::Overdue), "{standings:?}");
    assert!(left.iter().all(|l| l.due < may));
    let new = year.obligations().iter().filter(|o| o.title == "毕业生座谈会").count();
    assert_eq!(new, 1);
    // What was not touched goes on under its own name.
    let check = office.of("专项检查").await.title;
    assert_eq!(year.obligations().iter().filter(|o| o.title == check).count(), 1);
}

#[tokio::test]
async fn the_words_of_an_item_are_opened_as_they_stand() {
    let test = TestApp::new().await;
    let office = Office::with(&test, PLAN).await;
    let form = office.page("/i/0").await.page();
    let review = office.review().await;
    assert!(form.value("text").contains(&review.plan.items[0].title), "{}", form.words());
    assert_eq!(form.value("revision"), office.revision().await.to_string());
    assert_eq!(office.page("/i/99").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn each_finding_leads_to_a_page_that_explains_it() {
    let test = TestApp::new().await;
    let office = Office::with(&test, &with_error()).await;
    let page = office.page("").await.page();
    let helps: Vec<_> = page.links().into_iter().filter(|l| l.href.starts_with("/help/")).collect();
    assert!(!helps.is_empty(), "the plan has findings");
    for link in helps {
        let help = test.get(&link.href).as_(Role::Office).send().await;
        assert_eq!(help.status, StatusCode::OK, "{}", link.href);
        let code = link.href.trim_start_matches("/help/");
        let text = compiler::explain(code).expect("each code has its page");
        let title = text.lines().next().expect("a title").trim_start_matches('#').trim();
        assert!(help.page().all(&["h1"]).iter().any(|h| h.words() == title), "{code}");
    }
    assert_eq!(test.get("/help/L999").as_(Role::Office).send().await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_plan_of_2022_is_read_reviewed_and_published() {
    let Some(path) = testkit::shared("seed/plan-2022.txt") else { return };
    let bytes = std::fs::read(&path).expect("a file that can be read");
    let test = TestApp::new().await;
    let answer = hand_in(&test, "plan-2022.txt", &bytes).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    let id = answer.to().rsplit('/').next().expect("a last part").parse().expect("a plan's id");
    let office = Office { test: &test, id };
    let review = office.review().await;
    assert_eq!(review.plan.items.len(), 20);
    let page = office.page("").await;
    assert_eq!(page.status, StatusCode::OK);
    let page = page.page();
    for item in &review.plan.items {
        assert!(page.anchor(&format!("i-{}", item.number)).is_some(), "{}", item.number);
    }
    for p in &review.proposals {
        assert!(page.anchor(&format!("o-{}", p.key)).is_some(), "{}", p.key);
    }
    assert_eq!(office.page("/publish").await.status, StatusCode::OK);
}

/// A plan of so many items, a hundred to a part.
fn long_plan(items: usize) -> String {
    let numeral = |n: usize| {
        let digits = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
        let (tens, ones) = (digits[n / 10], digits[n % 10]);
        match n {
            0..10 => ones.to_owned(),
            10..20 => format!("十{ones}"),
            _ => format!("{tens}十{ones}"),
        }
    };
    let mut text = "青梧职业技术学院2022年党建工作要点\n".to_owned();
    for n in 0..items {
        if n % 100 == 0 {
            text.push_str(&format!("{}、第{}类工作\n", numeral(n / 100 + 1), n / 100 + 1));
        }
        text.push_str(&format!(
            "{}.做好第{n}件事。各党支部每季度开展1次主题党日。（牵头部门：宣传部，责任部门：各党支部）\n",
            n % 100 + 1
        ));
    }
    text
}

#[tokio::test]
async fn a_long_plan_is_shown_by_its_parts_and_each_step_leads_back_to_where_it_was() {
    let test = TestApp::new().await;
    let office = Office::with(&test, &long_plan(400)).await;
    let items = |page: &Answer| page.text().matches("data-words=").count();
    let first = office.page("").await;
    assert_eq!(items(&first), 80);
    assert!(first.bytes.len() < 400_000, "{}", first.bytes.len());
    assert!(
        first.text().contains("第 1—80 条") && first.text().contains("第 381—400 条"),
        "{}",
        first.text()
    );
    let last = office.page("?item=399").await;
    assert!(last.text().contains("做好第399件事") && !last.text().contains("做好第379件事"));
    // Every item is on one of the pages that the first names.
    let mut shown = 0;
    let links = first.page().links().into_iter().map(|l| l.href);
    let hrefs: std::collections::BTreeSet<String> =
        links.filter(|h| h.contains("?item=") && !h.contains('#')).collect();
    for href in hrefs {
        shown += items(&test.get(&href).as_(Role::Office).send().await);
    }
    assert_eq!(shown + items(&first), 400);
    let p = office.of("主题党日").await;
    let far = office.review().await.proposals.into_iter().rfind(|o| o.title == p.title).unwrap();
    let revision = office.revision().await.to_string();
    let confirmed = office.post_on(&revision, &format!("/o/{}", far.key), &[("do", "confirm")]).await;
    let to = confirmed.to().to_owned();
    assert!(to.contains("?item=") && to.ends_with(&format!("#o-{}", far.key)), "{to}");
    let there = test.get(to.split('#').next().unwrap()).as_(Role::Office).send().await.page();
    assert!(there.anchor(&format!("o-{}", far.key)).is_some());
}

#[tokio::test]
async fn one_item_is_shown_without_compiling_the_plan_again() {
    let test = TestApp::new().await;
    let office = Office::with(&test, &long_plan(40)).await;
    let item = office.page("/i/7").await;
    assert!(item.text().contains("做好第7件事") && item.text().contains("主题党日"), "{}", item.text());
    let begun = test.app.heavy.watched().borrow().begun;
    for n in 0..40 {
        let page = office.page(&format!("/i/{n}")).await.text();
        assert!(page.contains(&format!("做好第{n}件事")), "{page}");
    }
    assert_eq!(test.app.heavy.watched().borrow().begun, begun, "nothing was worked out again");
    // A word changed is read anew.
    let typed =
        [("text", "8.做好第7件事。各党支部每月开展2次主题党日。（牵头部门：宣传部，责任部门：各党支部）")];
    let tried = office.post("/i/7/check", &typed).await.text();
    assert!(tried.contains("每月") && test.app.heavy.watched().borrow().begun > begun, "{tried}");
}

#[tokio::test]
async fn a_plan_of_more_items_than_are_taken_is_refused_with_the_number() {
    let test = TestApp::new().await;
    let refused = hand_in(&test, "要点.txt", long_plan(5_001).as_bytes()).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let told = refused.text();
    assert!(told.contains("5001 条") && told.contains("最多 5000 条"), "{told}");
    assert!(test.app.store.plans(test.institution).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_plan_of_a_year_that_is_over_is_published_for_the_archive_only() {
    let test = TestApp::new().await;
    let office = Office::with(&test, &PLAN.replace("2022年", "2021年")).await;
    let page = office.page("/publish").await.page();
    assert!(page.says("现在发布不再排应办事项，只作存档"), "{}", page.words());
    assert!(page.button("发布存档").is_some());
    assert!(!page.says("分给 0 个组织") && !page.says("全年应办"), "{}", page.words());
}

#[tokio::test]
async fn what_is_asked_is_said_in_the_words_of_an_office() {
    let test = TestApp::new().await;
    let office = Office::with(&test, PLAN).await;
    let page = office.page("").await.page();
    let terms: Vec<String> = page.all(&["dt"]).iter().map(|t| t.words()).collect();
    for term in ["承担", "频次", "台账", "依据"] {
        assert!(terms.iter().any(|t| t == term), "{term}: {terms:?}");
    }
    assert!(!terms.iter().any(|t| matches!(t.as_str(), "谁" | "多少" | "凭" | "据")), "{terms:?}");
}
