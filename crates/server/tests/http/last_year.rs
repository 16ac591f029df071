//! Last year's plan beside this year's, and what a plan costs before it is published.

use axum::http::StatusCode;
use jiff::civil::date;
use model::{ProposalState, Role, Standing};
use runtime::Pick;
use testkit::Link;

use crate::harness::{Ask, TestApp};
use crate::plans::{Office, PLAN, edited, on};

/// The plan of the next year: the talk comes again, in another item and under another number.
const NEXT: &str = "青梧职业技术学院2023年党建工作要点\n\
    一、组织建设\n\
    1.讲好育人故事。宣传部10月底前编印1册育人案例。（牵头部门：宣传部）\n\
    2.规范组织生活。各党支部每月开展1次主题党日。各党支部11月底前召开1次毕业生座谈会。（牵头部门：宣传部，责任部门：各党支部）\n\
    3.抓好学习教育。宣传部每季度开展1次专项检查。（牵头部门：党委办公室，责任部门：宣传部）\n";

#[tokio::test]
async fn what_recurs_takes_last_years_decisions_in_one_step() {
    let test = TestApp::new().await;
    let last = Office::with(&test, PLAN).await;
    let talk = last.of("座谈会").await;
    last.done(&format!("/o/{}", talk.key), &edited("毕业生座谈会", "宣传部", "2")).await;
    let check = last.of("专项检查").await;
    last.done(&format!("/o/{}", check.key), &[("do", "not-assessed")]).await;
    assert_eq!(last.post("/publish", &[("seen", "1")]).await.to(), "/plan");
    // Nothing was published for the year before that.
    assert_eq!(last.page("/last-year").await.status, StatusCode::NOT_FOUND);
    assert!(!last.page("").await.text().contains("对照上一年"));

    let next = Office::with(&test, NEXT).await;
    assert!(next.page("").await.text().contains("对照上一年"));
    let day = date(2023, 1, 12);
    let (app, router) = on(&test, day);
    let page = Ask::new(&router, Some(&test.tokens), axum::http::Method::GET, &next.path("/last-year"))
        .as_(Role::Office)
        .send()
        .await
        .page();
    for words in
        ["第2条，上一年第1条", "这次新写", "年年有，字句改了", "毕业生座谈会", "上一年定的是", "共 1 项"]
    {
        assert!(page.says(words), "{words} in {}", page.words());
    }
    // The number of what was left undone is the length of the list that it opens.
    let year = app.year(test.institution, Some(last.id)).await.expect("a year").expect("published");
    let all = year.board().list(&Pick::default().standing(Standing::Overdue), day).len();
    assert!(all > 0 && page.says(&format!("{all} 项没有办")), "{all} in {}", page.words());
    let left = page.of_class("df-left");
    let left = left.first().expect("an item has some left");
    let count = left.number("上一年还有");
    let link = left.link(&count.to_string()).href;
    let list = Ask::new(&router, Some(&test.tokens), axum::http::Method::GET, &link)
        .as_(Role::Office)
        .send()
        .await
        .text();
    assert!(list.contains(&format!("{count} 项")), "{count} at {link}: {list}");

    // The page of the earlier plan leads to its own duties, also when another runs.
    let runs = Ask::new(&router, Some(&test.tokens), axum::http::Method::GET, &format!("/plan/{}", last.id))
        .as_(Role::Office)
        .send()
        .await
        .page();
    let links: Vec<Link> = runs.links().into_iter().filter(|l| l.href.starts_with("/duties?")).collect();
    assert!(!links.is_empty() && links.iter().all(|l| l.href.contains("plan=")), "{links:?}");

    let now = next.of("座谈会").await;
    let nothing = next.post("/last-year", &[]).await;
    assert_eq!(nothing.to(), next.path("/last-year"));
    assert_eq!(next.revision().await, 1);
    next.done("/last-year", &[("take", &now.key)]).await;
    let taken = next.of("座谈会").await;
    assert_eq!((taken.title.as_str(), taken.ledger.as_deref()), ("毕业生座谈会", Some("theme-day")));
    assert_eq!(taken.bearers.units.len(), 1);
    assert_eq!(taken.state, ProposalState::Proposed, "it waits to be confirmed");
    assert_ne!(next.of("专项检查").await.state, ProposalState::NotAssessed, "its words say something else");
    assert!(next.page("/last-year").await.text().contains("没有要沿用的"));
    next.done("/back", &[("to", "1")]).await;
    assert_eq!(next.of("座谈会").await, now, "one step takes it back");
}

/// Two departments ask the branches for the same record in the same months.
const TWICE: &str = "青梧职业技术学院2022年党建工作要点\n\
    一、组织建设\n\
    1.规范组织生活。各党支部每月开展1次主题党日。（牵头部门：宣传部，责任部门：各党支部）\n\
    2.做好就业引导。各党支部每季度召开1次毕业生座谈会。（牵头部门：纪委，责任部门：各党支部）\n\
    3.关心青年成长。各党支部每半年召开1次毕业生座谈会。（牵头部门：党委办公室，责任部门：各党支部）\n";

#[tokio::test]
async fn what_two_departments_ask_twice_is_quoted_and_made_one() {
    let test = TestApp::new().await;
    let office = Office::with(&test, TWICE).await;
    let page = office.page("/publish").await.text();
    let (one, other) =
        (office.of("每季度召开1次毕业生座谈会").await, office.of("每半年召开1次毕业生座谈会").await);
    assert_eq!(one.ledger, other.ledger);
    for words in [
        "可能重复要的",
        "纪委牵头",
        "党委办公室牵头",
        "每季度召开1次毕业生座谈会",
        "每半年召开1次毕业生座谈会",
    ] {
        assert!(page.contains(words), "{words} in {page}");
    }
    assert!(page.contains("2 个组织两处都要办，全年有 4 次落在同一个月"), "{page}");
    assert!(page.contains(&format!("并成一项，记在 {}", one.key)), "the one that asks more often stays");
    let merge = [("do", "merge"), ("into", one.key.as_str()), ("back", "publish")];
    let answer = office.post(&format!("/o/{}", other.key), &merge).await;
    assert_eq!(answer.to(), office.path("/publish#doubles"), "{}", answer.text());
    assert_eq!(
        office.of("每半年召开1次毕业生座谈会").await.state,
        ProposalState::MergedInto { key: one.key.clone() }
    );
    assert!(!office.page("/publish").await.text().contains("每半年召开1次毕业生座谈会"));
}

#[tokio::test]
async fn the_cost_is_told_by_unit_and_month() {
    let test = TestApp::new().await;
    let office = Office::with(&test, PLAN).await;
    let page = office.page("/publish").await.page();
    let tables = page.all(&["table"]);
    let table =
        tables.iter().find(|t| t.says("智能制造学院党总支各月应办事项，连同党员个人的")).expect("the table");
    let row = table.row("教工第一党支部");
    let cells: Vec<u32> = row.all(&["td"]).iter().map(|c| c.words().parse().unwrap_or(0)).collect();
    assert_eq!(cells.len(), 14, "{}", row.words());
    assert_eq!(cells[..12].iter().sum::<u32>(), cells[12], "the months are the year: {}", row.words());
    assert!(cells[4] > 0 && cells[0] == 0, "today is in April: {}", row.words());
}

#[tokio::test]
async fn ledgers_stand_under_who_keeps_them_and_say_what_they_keep() {
    let test = TestApp::new().await;
    let office = Office::with(&test, PLAN).await;
    let form = office.page(&format!("/o/{}", office.of("座谈会").await.key)).await.page();
    let groups = form.all(&["optgroup"]);
    let group = groups.iter().find(|g| g.attribute("label") == Some("党支部记的")).expect("the group");
    let options = group.all(&["option"]);
    let theme =
        options.iter().find(|o| o.attribute("value") == Some("theme-day")).expect("a branch keeps it");
    assert!(
        theme.attribute("data-says").is_some_and(|says| says.starts_with("记：")),
        "it says what it keeps"
    );
}
