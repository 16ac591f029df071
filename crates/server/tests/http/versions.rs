//! A later version of a published plan: the difference, what it changes, confirming and letting go.

use axum::http::{Method, StatusCode};
use jiff::civil::date;
use model::{Cadence, Per, ProposalState, Role, Standing};
use runtime::Pick;

use crate::harness::{Answer, Ask, TestApp};
use crate::plans::{Office, PLAN, multipart, on};

/// Renumbered: the second item comes first, the theme day is twice a month, the talk is gone, something is new.
const LATER: &str = "青梧职业技术学院2022年党建工作要点\n\
    一、组织建设\n\
    1.抓好学习教育。严格执行《关于新形势下党内政治生活若干准则》，宣传部每半年开展1次专项检查。定期通报情况。（牵头部门：党委办公室，责任部门：宣传部）\n\
    2.规范组织生活。各党支部每月开展2次主题党日。（牵头部门：宣传部，责任部门：各党支部）\n\
    3.讲好育人故事。宣传部10月底前编印1册育人案例。（牵头部门：宣传部）\n";

async fn send(office: &Office<'_>, revision: u32, name: &str, text: &str) -> Answer {
    let mut body = format!("--B\r\ncontent-disposition: form-data; name=\"revision\"\r\n\r\n{revision}\r\n")
        .into_bytes();
    body.extend_from_slice(&multipart(name, text.as_bytes(), "2022"));
    Ask::new(&office.test.router, Some(&office.test.tokens), Method::POST, &office.path("/version"))
        .body("multipart/form-data; boundary=B", body)
        .as_(Role::Office)
        .send()
        .await
}

async fn published(test: &TestApp) -> Office<'_> {
    let office = Office::with(test, PLAN).await;
    let answer = office.post("/publish", &[("seen", "1")]).await;
    assert_eq!(answer.to(), "/plan", "{}", answer.text());
    office
}

#[tokio::test]
async fn a_later_version_is_compared_by_its_words_and_counted_before_it_is_published() {
    let test = TestApp::new().await;
    let office = published(&test).await;
    let head = office.page("/version").await;
    assert!(head.text().contains("上传修改稿"), "{}", head.text());
    let answer = send(&office, office.revision().await, "修改稿.txt", LATER).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    assert_eq!(answer.to(), office.path("/difference?from=2"), "compared with the published one");
    // It is a draft: nothing changes in the year until it is published.
    let may = date(2022, 5, 10);
    let (app, router) = on(&test, may);
    let before = office.standings(&app, may).await;
    let page = Ask::new(&router, Some(&test.tokens), Method::GET, &office.path("/difference"))
        .as_(Role::Office)
        .send()
        .await
        .text();
    for words in [
        "1 条字句未变，1 条有改动，1 条新增",
        "第2条，原第1条",
        "第1条，原第2条",
        "每月开展<del>1</del><ins>2</ins>次",
        "<del>各党支部11月底前召开1次毕业生座谈会。</del>",
        "新增",
        "不再要求",
        "重排",
        "不用这一稿，回到第2稿",
    ] {
        assert!(page.contains(words), "{words} in {page}");
    }
    // Two branches owe the theme day: April is overdue, May to December not yet due.
    assert!(page.contains("已办、到期的 2 项不动，还没到期的 16 项自5月10日取消，排 32 项应办"), "{page}");

    let revision = office.revision().await.to_string();
    let done = Ask::new(&router, Some(&test.tokens), Method::POST, &office.path("/publish"))
        .form(&[("revision", &revision), ("seen", "1")])
        .as_(Role::Office)
        .send()
        .await;
    assert_eq!(done.to(), "/plan", "{}", done.text());
    let after = office.standings(&app, may).await;
    let overdue = |s: &[Standing]| s.iter().filter(|s| **s == Standing::Overdue).count();
    assert_eq!(overdue(&after), overdue(&before), "what was due is not touched");
    let year = app.year(test.institution, Some(office.id)).await.expect("a year").expect("published");
    let theme = |asked: bool| {
        let mut found = year.obligations().iter().filter(|o| o.title.contains("主题党日"));
        found.find(|o| year.asked(o.id, may) == asked).expect("there is one")
    };
    assert_eq!(theme(true).cadence, Cadence::AtLeast { times: 2, per: Per::Month });
    let lines = year.board().list(&Pick::obligation(theme(true).id), may);
    assert_eq!(lines.len(), 2 * 2 * 8, "two branches, twice in each of eight months");
    // What goes on, and what is still owed of what ended, stands beside its words in the new text.
    let check = year.obligations().iter().find(|o| o.title.contains("专项检查")).expect("it goes on");
    assert_eq!(check.item, Some(0));
    assert!(check.origin.span().expect("a clause").of(&year.source.text).contains("专项检查"));
    assert_eq!(theme(false).item, Some(1));
    let rest = year.board().list(&Pick::obligation(theme(false).id), may);
    assert_eq!(rest.len(), 2);
}

#[tokio::test]
async fn it_can_be_let_go_and_what_cannot_be_taken_says_so() {
    let test = TestApp::new().await;
    let office = published(&test).await;
    let revision = office.revision().await;
    for (name, text, words) in [
        ("同一份.txt", PLAN.to_owned(), "一字不差"),
        ("明年.txt", PLAN.replace("2022", "2023"), "2023年的，不是2022年这份要点的修改稿"),
        ("通知.txt", "请各单位按时参加会议。".to_owned(), "没有读出任何条目"),
    ] {
        let refused = send(&office, revision, name, &text).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        assert!(refused.text().contains(words), "{name}: {}", refused.text());
    }
    let stale = send(&office, revision - 1, "修改稿.txt", LATER).await;
    assert_eq!(stale.status, StatusCode::CONFLICT, "{}", stale.text());
    assert!(stale.text().contains("别人刚改过"));
    assert_eq!(office.revision().await, revision, "nothing was kept");
    assert!(office.page("/difference").await.text().contains("没有要对照的改动"));

    send(&office, revision, "修改稿.txt", LATER).await;
    let to = revision.to_string();
    office.done("/back", &[("to", &to)]).await;
    let page = office.page("/difference").await.text();
    assert!(page.contains("2 条字句未变。") && !page.contains("不再要求"), "{page}");
    assert_eq!(office.of("座谈会").await.state, ProposalState::Proposed);
}

#[tokio::test]
async fn what_was_decided_goes_with_the_words() {
    let test = TestApp::new().await;
    let office = Office::with(&test, PLAN).await;
    let check = office.of("专项检查").await;
    office.done(&format!("/o/{}", check.key), &[("do", "not-assessed")]).await;
    let theme = office.of("主题党日").await;
    office.done(&format!("/o/{}", theme.key), &[("do", "confirm")]).await;
    let answer = send(&office, office.revision().await, "修改稿.txt", LATER).await;
    assert_eq!(answer.to(), office.path("/difference?from=3"), "{}", answer.text());
    assert_eq!(office.of("专项检查").await.state, ProposalState::NotAssessed);
    let theme = office.of("主题党日").await;
    assert_eq!(theme.cadence, Cadence::AtLeast { times: 2, per: Per::Month });
    assert_eq!(theme.state, ProposalState::Proposed, "the words say something else now");
    // An unpublished plan has no duties that could change.
    let page = office.page("/difference?from=3").await.page();
    assert!(page.says("1 条有改动") && page.anchor("counted").is_none(), "{}", page.words());
}

#[tokio::test]
async fn everything_that_waits_is_confirmed_at_once_and_taken_back_at_once() {
    let test = TestApp::new().await;
    let office = Office::with(&test, PLAN).await;
    let waiting = async || {
        let review = office.review().await;
        review.proposals.iter().filter(|p| p.state == ProposalState::Proposed).count()
    };
    let before = waiting().await;
    assert!(office.page("").await.text().contains("项全部确认"));
    office.done("/confirm", &[("section", "0")]).await;
    let of_section = waiting().await;
    assert!(0 < of_section && of_section < before, "{of_section} of {before}");
    office.done("/confirm", &[]).await;
    assert_eq!(waiting().await, 0);
    let to = (office.revision().await - 1).to_string();
    office.done("/back", &[("to", &to)]).await;
    assert_eq!(waiting().await, of_section);
    let nothing = office.revision().await;
    office.done("/confirm", &[("section", "0")]).await;
    assert_eq!(office.revision().await, nothing, "nothing waited there");
}

#[tokio::test]
async fn the_text_is_a_document_again_that_reads_the_same() {
    let test = TestApp::new().await;
    let office = Office::with(&test, PLAN).await;
    let text = "1.规范组织生活。各党支部每月开展2次主题党日。（牵头部门：宣传部，责任部门：各党支部）";
    office.done("/i/0", &[("text", text)]).await;
    let answer = office.page("/text.docx").await;
    assert_eq!(answer.status, StatusCode::OK);
    let source = office::read_document("要点.docx", &answer.bytes).expect("a document");
    let plan = plan::read(&source);
    let now = office.review().await.plan;
    assert_eq!(plan.title, now.title);
    let words = |p: &model::Plan, s: &str| -> Vec<String> {
        p.items.iter().map(|i| i.span.of(s).trim().to_owned()).collect()
    };
    let kept = test.app.store.plan_revision(test.institution, office.id, None).await.expect("it").source;
    assert_eq!(words(&plan, &source.text), words(&now, &kept.text));
    assert!(source.text.contains("每月开展2次主题党日"));
}
