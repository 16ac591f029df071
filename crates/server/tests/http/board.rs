//! The plan as it runs, the matrix, the office's morning: that each number opens a list that long, for everybody.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use model::{Request, RequestId, Role, UnitId, Wish};
use runtime::Pick;

use testkit::Link;

use crate::harness::{TODAY, TestApp};
use crate::record::theme_day;

/// The list at the end of a link: how many it says it holds.
async fn listed(test: &TestApp, role: Role, href: &str) -> usize {
    let page = test.get(href).as_(role).send().await;
    assert_eq!(page.status, StatusCode::OK, "{href}");
    let said = page.page().of_class("sub").first().expect("the head of a list").words();
    said.chars().take_while(char::is_ascii_digit).collect::<String>().parse().expect("a number of duties")
}

/// Follows every link to a list of duties whose words are a number; how many there were.
async fn numbers_hold(test: &TestApp, role: Role, path: &str) -> usize {
    let page = test.get(path).as_(role).send().await;
    assert_eq!(page.status, StatusCode::OK, "{path}");
    let mut found = 0;
    for Link { words, href } in page.page().links() {
        let Ok(count) = words.replace(',', "").parse::<usize>() else { continue };
        if !href.starts_with("/duties") {
            continue;
        }
        assert_eq!(listed(test, role, &href).await, count, "{path} as {role:?}: {href}");
        found += 1;
    }
    found
}

#[tokio::test]
async fn every_number_of_the_plan_opens_a_list_that_long() {
    let test = TestApp::new().await;
    test.publish().await;
    for role in [Role::Office, Role::Lead, Role::Secretary, Role::Discipline, Role::Leader, Role::Member] {
        for path in ["/plan", "/plan?on=2022-03-20", "/plan?on=2022-12-31"] {
            // All, the seven standings, the obligations with theirs.
            assert!(numbers_hold(&test, role, path).await >= 9, "{path} as {role:?}");
        }
    }
}

#[tokio::test]
async fn the_plan_is_shown_in_its_own_words_with_the_measures_tied() {
    let test = TestApp::new().await;
    let year = test.publish().await;
    let page = test.get("/plan").as_(Role::Office).send().await.page();
    for words in ["2022年党建工作要点", "一、组织建设", "过好组织生活", "每月至少1次"]
    {
        assert!(page.says(words), "{words}");
    }
    for id in ["i-1", "o-1.1", "m-1.1"] {
        assert!(page.anchor(id).is_some(), "{id}");
    }
    assert!(page.says("每月开展一次主题党日"), "the words of the document");
    assert!(!page.says("只算你能看到的"));
    assert!(test.get("/plan").as_(Role::Secretary).send().await.text().contains("只算你能看到的"));
    let same = test.get(&format!("/plan/{}", year.plan)).as_(Role::Leader).send().await;
    assert_eq!(same.status, StatusCode::OK);
    let none = test.get("/plan/00000000-0000-7000-8000-000000000000").as_(Role::Leader).send().await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    assert_eq!(test.get("/plan/x").as_(Role::Leader).send().await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn items_are_chosen_by_standing_and_by_lead() {
    let test = TestApp::new().await;
    test.publish().await;
    let shows = async |query: &str, role| {
        test.get(&format!("/plan{query}")).as_(role).send().await.page().anchor("i-1").is_some()
    };
    assert!(shows("?view=late", Role::Office).await);
    assert!(!shows("?view=ahead", Role::Office).await);
    assert!(!shows("?view=late&on=2022-01-20", Role::Office).await, "nothing was late in January");
    assert!(shows("?view=mine", Role::Lead).await, "宣传部 leads it");
    let lead = test.units["宣传部"];
    assert!(shows(&format!("?lead={lead}"), Role::Office).await);
    let other = test.units["纪委"];
    assert!(!shows(&format!("?lead={other}"), Role::Office).await);
}

#[tokio::test]
async fn a_day_that_cannot_be_read_is_told_and_a_past_one_is_said() {
    let test = TestApp::new().await;
    test.publish().await;
    for path in ["/plan", "/matrix"] {
        let odd = test.get(&format!("{path}?on=2022-02-30")).as_(Role::Office).send().await.text();
        assert!(odd.contains("看不懂要看哪一天"), "{path}");
        let past = test.get(&format!("{path}?on=2022-03-20")).as_(Role::Office).send().await.text();
        assert!(past.contains("这一页是 2022年3月20日 的样子"), "{path}");
        for far in ["9999-12-31", "-9999-01-01"] {
            let answer = test.get(&format!("{path}?on={far}")).as_(Role::Office).send().await;
            assert_eq!(answer.status, StatusCode::OK, "{path} {far}");
        }
    }
}

#[tokio::test]
async fn every_number_of_the_matrix_opens_a_list_that_long() {
    let test = TestApp::new().await;
    test.publish().await;
    let under = test.units["智能制造学院党总支"];
    for role in [Role::Office, Role::Lead, Role::Secretary, Role::Discipline, Role::Leader] {
        for query in ["", "?period=year", "?period=month", "?period=quarter&on=2022-03-20"] {
            assert!(numbers_hold(&test, role, &format!("/matrix{query}")).await >= 2, "{query} as {role:?}");
        }
        numbers_hold(&test, role, &format!("/matrix?under={under}&late=1")).await;
    }
}

#[tokio::test]
async fn a_cell_has_shape_and_word_and_opens_its_duties() {
    let test = TestApp::new().await;
    let year = test.publish().await;
    let page = test.get("/matrix?period=year").as_(Role::Office).send().await.page();
    let teachers = test.units["教工第一党支部"];
    let theme = year.obligations["theme"];
    let href = format!("/duties?unit={teachers}&obligation={theme}");
    let cell =
        page.all(&["td"]).into_iter().find(|c| c.leads_to(&href)).expect("a cell that opens its duties");
    let shape = cell.all(&["use"]).first().and_then(|u| u.attribute("href"));
    assert_eq!(shape, Some("#over"), "late is seen without colour");
    assert!(cell.is_of_class("over") && cell.says("逾期 22 天"), "{}", cell.words());
    assert_eq!(listed(&test, Role::Office, &href).await, 2);
    assert!(cell.says("0/2"), "the fraction");
    assert!(page.says("一、组织建设"), "the section over its columns");
    let pop =
        test.get(&format!("/matrix/cell?unit={teachers}&obligation={theme}")).as_(Role::Office).send().await;
    assert_eq!(pop.status, StatusCode::OK);
    let pop = pop.page();
    let pop = pop.anchor("pop").expect("what is laid over the matrix");
    for words in ["教工第一党支部", "主题党日（3月）", "要点 一·1", "0/2"] {
        assert!(pop.says(words), "{words}");
    }
    let students = test.units["学生第一党支部"];
    let other = format!("/matrix/cell?unit={students}&obligation={theme}");
    assert_eq!(test.get(&other).as_(Role::Secretary).send().await.status, StatusCode::NOT_FOUND);
    assert_eq!(test.get(&other).as_(Role::Lead).send().await.status, StatusCode::OK, "what one leads");
    for odd in ["", "?unit=x&obligation=y", "?unit=00000000-0000-7000-8000-000000000000"] {
        let answer = test.get(&format!("/matrix/cell{odd}")).as_(Role::Office).send().await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{odd}");
    }
}

#[tokio::test]
async fn the_matrix_shows_each_what_they_may_see() {
    let test = TestApp::new().await;
    test.publish().await;
    let page = async |role| test.get("/matrix?period=year").as_(role).send().await.text();
    let theirs = page(Role::Secretary).await;
    assert!(theirs.contains("教工第一党支部") && !theirs.contains("学生第一党支部"));
    let led = page(Role::Lead).await;
    assert!(led.contains("主题党日") && led.contains("学生第一党支部") && !led.contains("支部党员大会"));
    let late = test.get("/matrix?period=year&late=1").as_(Role::Office).send().await.page();
    let of = |name: &str| late.rows().iter().any(|row| row.says(name));
    assert!(!of("学生第一党支部") && of("教工第一党支部"));
    let unit = "/matrix?under=00000000-0000-7000-8000-000000000000";
    assert_eq!(test.get(unit).as_(Role::Office).send().await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_matrix_leaves_as_a_sheet_and_the_log_knows() {
    let test = TestApp::new().await;
    assert_eq!(test.get("/matrix.xlsx").as_(Role::Office).send().await.status, StatusCode::NOT_FOUND);
    test.publish().await;
    let answer = test.get("/matrix.xlsx?period=year").as_(Role::Office).send().await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.header("content-disposition").contains("matrix-2022-04-22.xlsx"));
    assert!(answer.bytes.starts_with(b"PK"));
    let log =
        test.app.store.audit(test.institution, &store::AuditFilter::default(), 5).await.expect("the log");
    assert!(log.iter().any(|l| l.action == "export.matrix"));
}

#[tokio::test]
async fn what_was_done_since_the_last_working_day_opens_as_a_list() {
    let test = TestApp::new().await;
    let year = test.publish().await;
    let before = test.get("/office").as_(Role::Office).send().await.text();
    assert!(before.contains("没有新办结的事项"), "{before}");
    let written = theme_day(&test, &year).await;
    let saved = test.post("/record", &written.pairs()).as_(Role::Secretary).send().await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER);
    let after = test.get("/office").as_(Role::Office).send().await.page();
    assert_eq!(after.number("新办结"), 1);
    let line = after.elements().filter(|p| p.says("新办结 1 项") && !p.links().is_empty());
    let line = line.min_by_key(|p| p.words().len()).expect("the number stands in a line");
    let list = test.get(&line.link("1").href).as_(Role::Office).send().await.text();
    assert!(list.contains("起办结") && list.contains("主题党日（4月）"), "{list}");
    assert!(!list.contains("主题党日（3月）"), "{list}");
    numbers_hold(&test, Role::Office, "/office").await;
}

#[tokio::test]
async fn the_morning_says_what_waits_and_lets_it_be_decided() {
    let test = TestApp::new().await;
    let year = test.publish().await;
    let quiet = test.get("/office").as_(Role::Office).send().await.text();
    assert!(quiet.contains("没有等你决定的申请") && quiet.contains("4月22日 周五"), "{quiet}");
    let waiver = Request {
        id: RequestId::fresh(),
        wish: Wish::Waiver { duty: year.duties["april"] },
        reason: "全体外出实训".to_owned(),
        asked_by: test.accounts[&Role::Secretary],
        asked_at: test.app.clock.now(),
        decision: None,
    };
    let act = store::Act::new(None, "", test.app.clock.now(), "exemption.ask");
    test.app.store.ask(test.institution, &waiver, &act).await.expect("asked");
    let page = test.get("/office").as_(Role::Office).send().await.text();
    for words in ["等你决定", "全体外出实训", "主题党日（4月）", "教工第一党支部", "应于4月28日前"]
    {
        assert!(page.contains(words), "{words}");
    }
    let form = [("back", "office"), ("request", &waiver.id.to_string()), ("approve", "1")];
    let to = format!("/duties/{}/decide", year.duties["april"]);
    let done = test.post(&to, &form).as_(Role::Office).send().await;
    assert_eq!(done.to(), "/office");
    let again = test.post(&to, &form).as_(Role::Office).send().await;
    assert_eq!(again.status, StatusCode::CONFLICT, "decided once");
    let after = test.get("/office").as_(Role::Office).send().await.text();
    assert!(after.contains("没有等你决定的申请") && after.contains("批准免办 1 项"), "{after}");
    assert!(numbers_hold(&test, Role::Office, "/office").await >= 9);
}

#[tokio::test]
async fn the_morning_names_drafts_and_says_when_nothing_is_published() {
    let test = TestApp::new().await;
    let page = test.get("/office").as_(Role::Office).send().await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text().contains("还没有发布的要点"));
    let plan = model::PlanId::fresh();
    let save = store::PlanSave {
        title: "2023年党建工作要点".to_owned(),
        year: 2023,
        issuer: None,
        file: None,
        source: Some(model::SourceText::from_plain("要点.txt", "一、组织建设\n")),
        review: serde_json::to_string(&model::Review::default()).expect("JSON"),
    };
    let act = store::Act::new(None, "", test.app.clock.now(), "plan.create");
    test.app.store.create_plan(test.institution, plan, &save, &act).await.expect("a draft");
    let page = test.get("/office").as_(Role::Office).send().await.text();
    assert!(page.contains("2023年党建工作要点") && page.contains(&format!("/plans/{plan}")));
}

#[tokio::test]
async fn what_is_not_connected_is_told_and_a_branch_entered_later_gets_what_is_left() {
    let test = TestApp::new().await;
    test.publish().await;
    let act = store::Act::new(None, "", test.app.clock.now(), "test.make");
    let late = model::Unit {
        id: UnitId::fresh(),
        parent: Some(test.units["智能制造学院党总支"]),
        kind: model::UnitKind::Branch,
        name: "学生第九党支部".to_owned(),
        aliases: Vec::new(),
        traits: BTreeSet::new(),
        sort: 99,
        founded: None,
        dissolved: None,
    };
    let id = late.id;
    test.app.store.save_units(test.institution, &[late], &act).await.expect("a branch");
    let owed = || async {
        let year = test.app.year(test.institution, None).await.unwrap().unwrap();
        year.board().list(&Pick::unit(id), TODAY).len()
    };
    assert_eq!(owed().await, 0);
    let morning = test.get("/office").as_(Role::Office).send().await.page();
    let loose = morning.anchor("loose").expect("what is not connected");
    for words in [
        "3 个支部中 2 个没有书记账号",
        "3 个支部中 2 个名册里没有人",
        "3 个支部中 1 个今年还没有分到应办事项：学生第九党支部",
    ] {
        assert!(loose.says(words), "{words}: {}", loose.words());
    }
    let way = loose.link("接上").href;
    let page = test.get(&way).as_(Role::Office).send().await.page();
    let mut fields = page.form("/org/change").filled();
    fields.push(("do".to_owned(), "look".to_owned()));
    let send = |fields: Vec<(String, String)>| {
        let test = &test;
        async move {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            test.post("/org/change", &fields).as_(Role::Office).send().await
        }
    };
    let seen = send(fields).await.page();
    assert!(seen.says("接上今年余下的应办事项"), "{}", seen.words());
    let mut confirmed = seen.form("/org/change").filled();
    confirmed.retain(|(n, _)| n != "read");
    confirmed.extend([("read", "1"), ("do", "confirm")].map(|(n, v)| (n.to_owned(), v.to_owned())));
    let done = send(confirmed).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    let made = owed().await;
    assert!(made > 0);
    let morning = test.get("/office").as_(Role::Office).send().await.page();
    assert!(!morning.says("还没有分到应办事项"), "{}", morning.words());
    // Asked again, nothing is asked twice.
    let page = test.get(&way).as_(Role::Office).send().await.page();
    let mut fields = page.form("/org/change").filled();
    fields.push(("do".to_owned(), "look".to_owned()));
    let seen = send(fields).await.page();
    let mut confirmed = seen.form("/org/change").filled();
    confirmed.retain(|(n, _)| n != "read");
    confirmed.extend([("read", "1"), ("do", "confirm")].map(|(n, v)| (n.to_owned(), v.to_owned())));
    send(confirmed).await;
    assert_eq!(owed().await, made);
}

#[tokio::test]
async fn the_plan_says_how_it_stands_in_a_sentence() {
    let test = TestApp::new().await;
    test.publish().await;
    let page = test.get("/plan").as_(Role::Office).send().await.page();
    let sum = page.of_class("sum").first().map(|s| s.words()).unwrap_or_default();
    assert!(sum.contains("逾期 2，") && sum.ends_with("项。"), "{sum}");
    assert!(page.of_class("big").is_empty() && page.of_class("legend").is_empty(), "{}", page.words());
    assert_eq!(page.link("打印一页").href, "/leader");
}
