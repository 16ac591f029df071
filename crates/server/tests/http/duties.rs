//! 本月该做什么, the lists that numbers open, and waivers and extensions.

use axum::http::StatusCode;
use model::{RequestId, Role, Standing};

use testkit::{Link, Page};

use crate::harness::TestApp;

/// How many rows the list at the end of a link has, and what its head says.
async fn rows(test: &TestApp, role: Role, href: &str) -> (usize, String) {
    let page = test.get(href).as_(role).send().await;
    assert_eq!(page.status, StatusCode::OK, "{href}");
    (page.page().rows().len(), page.text())
}

#[tokio::test]
async fn the_month_shows_what_is_to_be_done_and_each_number_opens_a_list_that_long() {
    let test = TestApp::new().await;
    let year = test.publish().await;
    let page = test.get("/month").as_(Role::Secretary).send().await.text();
    for words in [
        "智能制造学院党总支　教工第一党支部",
        "逾期",
        "主题党日（3月）",
        "支部党员大会（一季度）",
        "主题党日（4月）",
        "要点 一·1",
        "党员集中学习：0/1 人已够",
        "主题党日，每月至少1次。",
        "4月28日",
    ] {
        assert!(page.contains(words), "{words}");
    }
    let anchor = format!("/plan/{}#m-1.1", year.plan);
    assert!(page.contains(&anchor), "the clause leads to its words");
    assert!(!page.contains("学生第一党支部"));
    let mut numbers = 0;
    let read = Page::read(&page);
    for Link { words, href } in read.links() {
        let Ok(count) = words.parse::<usize>() else { continue };
        numbers += 1;
        // What may wait stands on the page itself, where several people's duties are one line.
        if let Some(anchor) = href.strip_prefix('#') {
            let list = read.anchor(anchor).expect("the list is there");
            assert_eq!(list.of_class("todo").len(), count, "{href}");
            continue;
        }
        assert_eq!(rows(&test, Role::Secretary, &href).await.0, count, "{href}");
    }
    assert_eq!(numbers, 5, "all, done, overdue, due soon, and what may wait");
}

#[tokio::test]
async fn another_day_shows_the_year_as_it_stood() {
    let test = TestApp::new().await;
    test.publish().await;
    let page = test.get("/month?on=2022-03-20").as_(Role::Secretary).send().await.text();
    assert!(page.contains("这一页是 2022年3月20日 的样子") && !page.contains("逾期后补办"));
    let before = test.get("/month?on=2021-12-01").as_(Role::Secretary).send().await;
    assert_eq!(before.status, StatusCode::OK);
    for odd in ["/month?on=x", "/month?on=9999-12-31", "/month?on=-9999-01-01", "/month?unit=x"] {
        assert_eq!(test.get(odd).as_(Role::Secretary).send().await.status, StatusCode::OK, "{odd}");
    }
}

#[tokio::test]
async fn without_a_plan_the_pages_say_so() {
    let test = TestApp::new().await;
    for path in ["/month", "/duties"] {
        let page = test.get(path).as_(Role::Secretary).send().await.text();
        assert!(page.contains("还没有发布的要点"), "{path}");
    }
    assert_eq!(test.get("/mine").as_(Role::Member).send().await.status, StatusCode::OK);
}

#[tokio::test]
async fn each_sees_their_own_and_whoever_leads_what_they_lead() {
    let test = TestApp::new().await;
    let year = test.publish().await;
    let count = |role, href: String| {
        let test = &test;
        async move { rows(test, role, &href).await.0 }
    };
    let theme = format!("/duties?obligation={}", year.obligations["theme"]);
    assert_eq!(count(Role::Office, "/duties".to_owned()).await, 6);
    assert_eq!(count(Role::Leader, theme.clone()).await, 3);
    assert_eq!(count(Role::Secretary, theme.clone()).await, 2);
    assert_eq!(
        count(Role::Lead, "/duties".to_owned()).await,
        3,
        "what the department leads, whoever bears it"
    );
    assert_eq!(count(Role::Member, "/duties".to_owned()).await, 5, "the branch's own and their own");
    assert_eq!(count(Role::Office, format!("{theme}&standing=overdue")).await, 1);
    assert_eq!(count(Role::Office, "/duties?item=1".to_owned()).await, 6);
    assert_eq!(count(Role::Office, "/duties?item=2".to_owned()).await, 0);
    assert_eq!(count(Role::Office, "/duties?from=2022-04-01&to=2022-04-30".to_owned()).await, 2);
    let theirs = format!("/duties/{}", year.duties["students"]);
    assert_eq!(test.get(&theirs).as_(Role::Secretary).send().await.status, StatusCode::NOT_FOUND);
    assert_eq!(test.get(&theirs).as_(Role::Lead).send().await.status, StatusCode::OK);
    let file = test.get("/duties.xlsx?standing=overdue").as_(Role::Office).send().await;
    assert!(file.bytes.starts_with(b"PK"));
}

#[tokio::test]
async fn a_duty_says_how_it_stands_and_why() {
    let test = TestApp::new().await;
    let year = test.publish().await;
    let page =
        test.get(&format!("/duties/{}", year.duties["march"])).as_(Role::Secretary).send().await.text();
    for words in [
        "主题党日（3月）",
        "逾期",
        "到期日3月31日已过",
        "每月至少1次",
        "不能再申请免办或延期",
        "还没有记录计入",
    ] {
        assert!(page.contains(words), "{words}");
    }
    let then = format!("/duties/{}?on=2022-03-10", year.duties["march"]);
    assert!(test.get(&then).as_(Role::Secretary).send().await.text().contains("在期间内"));
}

#[tokio::test]
async fn a_waiver_is_asked_before_the_due_day_and_decided_by_the_office() {
    let test = TestApp::new().await;
    let year = test.publish().await;
    let late = format!("/duties/{}/waive", year.duties["march"]);
    let refused = test.post(&late, &[("reason", "全员外出实习")]).as_(Role::Secretary).send().await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text().contains("2022年3月31日已过"));
    let path = format!("/duties/{}", year.duties["april"]);
    let request = RequestId::fresh().to_string();
    let empty =
        test.post(&format!("{path}/waive"), &[("request", &request)]).as_(Role::Secretary).send().await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    for _ in 0..2 {
        let sent = [("request", request.as_str()), ("reason", "全员外出实习")];
        let asked = test.post(&format!("{path}/waive"), &sent).as_(Role::Secretary).send().await;
        assert_eq!(asked.status, StatusCode::SEE_OTHER, "asked twice is asked once");
    }
    let more = test.post(&format!("{path}/waive"), &[("reason", "再来")]).as_(Role::Secretary).send().await;
    assert_eq!(more.status, StatusCode::CONFLICT);
    let waiting = test.get("/exemptions").as_(Role::Office).send().await.text();
    assert_eq!(waiting.matches("全员外出实习").count(), 1);
    let decide = format!("{path}/decide");
    let no_word = [("request", request.as_str()), ("approve", "0")];
    let answer = test.post(&decide, &no_word).as_(Role::Office).send().await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "a refusal needs a word");
    let yes = [("request", request.as_str()), ("approve", "1")];
    // Of another duty it is no request, whatever the form says.
    let elsewhere = format!("/duties/{}/decide", year.duties["march"]);
    let answer = test.post(&elsewhere, &yes).as_(Role::Office).send().await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let page = test.get(&path).as_(Role::Secretary).send().await.text();
    assert!(page.contains("等党委办公室批"), "it still waits: {page}");
    let answer = test.post(&decide, &yes).as_(Role::Office).send().await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let known = test.app.year(test.institution, None).await.unwrap().unwrap();
    let standing = known.board().standing(year.duties["april"], test.app.clock.today());
    assert_eq!(standing, Some(Standing::Waived));
    let again = test.post(&decide, &yes).as_(Role::Office).send().await;
    assert_eq!(again.status, StatusCode::CONFLICT, "it is decided once");
}

#[tokio::test]
async fn nobody_decides_what_they_asked_for_themselves() {
    let test = TestApp::new().await;
    let year = test.publish().await;
    let path = format!("/duties/{}", year.duties["april"]);
    let request = RequestId::fresh().to_string();
    let sent = [("request", request.as_str()), ("reason", "全员外出实习")];
    let asked = test.post(&format!("{path}/waive"), &sent).as_(Role::Office).send().await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER);
    let yes = [("request", request.as_str()), ("approve", "1")];
    let refused = test.post(&format!("{path}/decide"), &yes).as_(Role::Office).send().await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text().contains("要由别人来批"), "{}", refused.text());
    let waiting = test.get("/exemptions").as_(Role::Office).send().await.text();
    assert!(waiting.contains("全员外出实习"), "it still waits");
}

#[tokio::test]
async fn an_extension_moves_the_day_on_within_the_year() {
    let test = TestApp::new().await;
    let year = test.publish().await;
    let path = format!("/duties/{}", year.duties["april"]);
    for (due, word) in
        [("2022-04-28", "要晚于现在的到期日"), ("2023-01-05", "最晚到2022年12月31日"), ("x", "写成")]
    {
        let sent = [("due", due), ("reason", "场地维修")];
        let answer = test.post(&format!("{path}/extend"), &sent).as_(Role::Secretary).send().await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{due}");
        let text = answer.text();
        assert!(text.contains(word) && text.contains("场地维修"), "{due}");
    }
    let request = RequestId::fresh().to_string();
    let sent = [("request", request.as_str()), ("due", "2022-05-12"), ("reason", "场地维修")];
    test.post(&format!("{path}/extend"), &sent).as_(Role::Secretary).send().await;
    let yes = [("request", request.as_str()), ("approve", "1")];
    test.post(&format!("{path}/decide"), &yes).as_(Role::Office).send().await;
    let page = test.get(&path).as_(Role::Secretary).send().await.text();
    assert!(page.contains("5月12日") && page.contains("原定4月28日，已延期") && page.contains("4月22日批准"));
}

#[tokio::test]
async fn a_member_sees_their_own_hours_and_branch() {
    let test = TestApp::new().await;
    test.publish().await;
    let page = test.get("/mine").as_(Role::Member).send().await.text();
    for words in ["党员集中学习（全年）", "0 / 32 学时", "教工第一党支部", "还没有记录写到你"]
    {
        assert!(page.contains(words), "{words}");
    }
    let month = test.get("/month").as_(Role::Member).send().await.text();
    assert!(month.contains("党员集中学习（全年）") && !month.contains("记一笔"));
}
