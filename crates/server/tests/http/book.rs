//! 年度总册: several plans side by side, what a year asks by itself, what was recorded before, the turn of the year.

use axum::http::{Method, StatusCode};
use jiff::civil::date;
use model::{PlanId, Role, Standing};
use runtime::{Pick, Tally};
use web::App;

use crate::harness::{Ask, TODAY, TestApp};
use crate::plans::{Office, PLAN, on};

/// What the discipline committee asks beside the institution's plan: one demand is the same, one is its own.
const LIST: &str = "青梧职业技术学院纪委2022年工作要点\n\
    一、监督执纪\n\
    1.抓实日常监督。各党支部每月开展1次主题党日。纪委每季度开展1次警示教育。（牵头部门：纪委，责任部门：各党支部）\n";

async fn tally(test: &TestApp, app: &App, plan: Option<PlanId>) -> Tally {
    let year = app.year(test.institution, plan).await.expect("a year").expect("something runs");
    year.board().tally(&Pick::default(), TODAY)
}

/// A theme day of the teachers' branch on a day, without being asked from a duty.
async fn theme_day(test: &TestApp, day: &str) {
    let unit = test.units["教工第一党支部"].to_string();
    let blank = test.get(&format!("/record?ledger=theme-day&unit={unit}")).as_(Role::Secretary).send().await;
    let id = blank.page().value("id");
    let member = format!("p_{}", test.member);
    let fields = [
        ("id", id.as_str()),
        ("revision", "0"),
        ("unit", unit.as_str()),
        ("ledger", "theme-day"),
        ("title", "走进产业园"),
        ("day", day),
        ("f_host", "方以宁"),
        ("f_hours", "1.5"),
        ("f_minutes", "会议学习了有关文件，讨论了支部今年的工作安排，党员逐一发言。"),
        (member.as_str(), "present"),
    ];
    let saved = test.post("/record", &fields).as_(Role::Secretary).send().await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
}

#[tokio::test]
async fn a_second_plan_runs_beside_the_first_and_what_both_ask_is_one_duty() {
    let test = TestApp::new().await;
    let first = Office::with(&test, PLAN).await;
    assert_eq!(first.post("/publish", &[("seen", "1")]).await.to(), "/plan");
    let before = tally(&test, &test.app, None).await;
    let of_first = tally(&test, &test.app, Some(first.id)).await;

    let second = Office::with(&test, LIST).await;
    let page = second.page("/publish").await.text();
    assert!(page.contains("同一要求已在《青梧职业技术学院2022年党建工作要点》"), "{page}");
    assert!(page.contains("并行"), "{page}");
    let unasked = second.post("/publish", &[("seen", "1")]).await;
    assert_eq!(unasked.status, StatusCode::UNPROCESSABLE_ENTITY, "nothing takes the year over in silence");
    assert!(unasked.text().contains("并行，还是作为哪一份的修订"));
    let done = second.post("/publish", &[("seen", "1"), ("run", "beside")]).await;
    assert_eq!(done.to(), "/plan", "{}", done.text());

    let both = tally(&test, &test.app, None).await;
    let of_second = tally(&test, &test.app, Some(second.id)).await;
    assert_eq!(tally(&test, &test.app, Some(first.id)).await, of_first, "the first goes on as it was");
    // Theme days of April to December of two branches are asked by both, and counted once.
    let shared = 2 * 9;
    assert!(of_second.total() > shared);
    assert_eq!(both.total(), before.total() + of_second.total() - shared);

    theme_day(&test, "2022-04-20").await;
    for (plan, was) in [(None, both), (Some(first.id), of_first), (Some(second.id), of_second)] {
        let now = tally(&test, &test.app, plan).await;
        assert_eq!(now.done(), was.done() + 1, "one record counts for both plans, once in all: {plan:?}");
        assert_eq!(now.total(), was.total());
    }
    let id = second.id;
    for path in ["/matrix", "/leader", "/month", "/duties"] {
        for query in [String::new(), format!("?plan={id}")] {
            let page = test.get(&format!("{path}{query}")).as_(Role::Office).send().await;
            assert_eq!(page.status, StatusCode::OK, "{path}{query}: {}", page.text());
            if path != "/duties" {
                assert!(page.text().contains("纪委2022年"), "{path}{query} offers both");
            }
        }
    }
    let one = test.get("/plan").as_(Role::Office).send().await.page();
    assert!(one.leads_to(&format!("/plan/{id}")), "the other is one step away");
    let year = test.app.year(test.institution, None).await.expect("a year").expect("two plans");
    assert_eq!(year.plans.len(), 2);
    // What both ask says so where it is owed.
    let april = year.board().list(&Pick::default(), TODAY).into_iter().find(|l| l.standing.is_done());
    let duty =
        test.get(&format!("/duties/{}", april.expect("it was done").duty)).as_(Role::Office).send().await;
    assert!(duty.text().contains("同一要求也在"), "{}", duty.text());
}

#[tokio::test]
async fn what_was_recorded_before_the_plan_counts_when_it_comes() {
    let test = TestApp::new().await;
    theme_day(&test, "2022-04-12").await;
    let office = Office::with(&test, PLAN).await;
    let page = office.page("/publish").await.text();
    // The theme day itself, and its hours towards those of the one member who came.
    assert!(page.contains("今年已经有的记录，发布时计入 2 次"), "{page}");
    assert_eq!(office.post("/publish", &[("seen", "1")]).await.to(), "/plan");
    let year = test.app.year(test.institution, None).await.expect("a year").expect("published");
    let done = Pick::unit(test.units["教工第一党支部"]).standing(Standing::Met);
    let lines = year.board().list(&done, TODAY);
    assert_eq!(lines.len(), 1, "{lines:?}");
    let credits = year.board().facts(lines[0].duty).expect("it is held").credits;
    assert_eq!(credits, [(date(2022, 4, 12), TODAY, None, 1)], "known from the day of publication only");
}

#[tokio::test]
async fn a_rule_runs_by_itself_and_a_plan_that_names_it_asks_the_same() {
    let test = TestApp::new().await;
    let page = test.get("/routine").as_(Role::Office).send().await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    assert!(page.text().contains("新排 18 项"), "theme days of nine months in two branches: {}", page.text());
    let open = [("year", "2022"), ("rule", "theme-day")];
    let opened = test.post("/routine", &open).as_(Role::Office).send().await;
    assert_eq!(opened.to(), "/routine?year=2022", "{}", opened.text());
    assert_eq!(tally(&test, &test.app, None).await.total(), 18);
    let again = test.post("/routine", &open).as_(Role::Office).send().await;
    assert_eq!(again.to(), "/routine?year=2022");
    assert_eq!(tally(&test, &test.app, None).await.total(), 18, "opened twice, it runs once");

    let office = Office::with(&test, PLAN).await;
    let page = office.page("/publish").await.text();
    assert!(page.contains("同一要求已在2022年度常规“"), "{page}");
    assert_eq!(office.post("/publish", &[("seen", "1")]).await.to(), "/plan");
    let theme = office.of("主题党日").await;
    let year = test.app.year(test.institution, None).await.expect("a year").expect("published");
    let asked = year.obligations().iter().find(|o| o.key == theme.key && o.source.plan().is_some());
    let asked = asked.expect("it is the plan's too").id;
    let board = year.board();
    assert_eq!(board.list(&Pick::obligation(asked), TODAY).len(), 18, "it stands with the plan's words");
    let theme_days = board.list(&Pick::default(), TODAY);
    let theme_days = theme_days.iter().filter(|l| board.askers(l.duty, TODAY).contains(&asked));
    assert_eq!(theme_days.count(), 18, "and nothing was made twice");
}

#[tokio::test]
async fn a_plan_with_days_of_its_own_takes_the_place_of_the_rule_that_ran() {
    let test = TestApp::new().await;
    let open = [("year", "2022"), ("rule", "theme-day")];
    let opened = test.post("/routine", &open).as_(Role::Office).send().await;
    assert_eq!(opened.to(), "/routine?year=2022", "{}", opened.text());
    theme_day(&test, "2022-04-12").await;
    let own = PLAN.replace("各党支部每月开展1次主题党日", "各党支部每月25日前开展1次主题党日");
    let office = Office::with(&test, &own).await;
    assert_eq!(office.post("/publish", &[("seen", "1")]).await.to(), "/plan");
    let year = test.app.year(test.institution, None).await.expect("a year").expect("published");
    let board = year.board();
    let theme = |l: &runtime::Line| {
        year.obligation(l.obligation).is_some_and(|o| o.origin.rule() == Some("theme-day"))
    };
    let lines: Vec<_> = board.list(&Pick::default(), TODAY).into_iter().filter(theme).collect();
    let due =
        |month: i8| lines.iter().filter(|l| l.due.month() == month).map(|l| l.due.day()).collect::<Vec<_>>();
    assert_eq!(due(5), [25, 25], "the days of the plan, once for each branch: {lines:?}");
    assert_eq!(due(12), [25, 25]);
    // April was done for the rule before the plan came, and stands beside what the plan asks.
    assert!(lines.iter().any(|l| l.due == date(2022, 4, 30) && l.standing.is_done()), "{lines:?}");
}

#[tokio::test]
async fn the_last_year_stays_reachable_and_january_says_what_is_missing() {
    let test = TestApp::new().await;
    let office = Office::with(&test, PLAN).await;
    assert_eq!(office.post("/publish", &[("seen", "1")]).await.to(), "/plan");
    let (app, router) = on(&test, date(2023, 1, 10));
    let get = |path: &str| {
        let ask = Ask::new(&router, Some(&test.tokens), Method::GET, path).as_(Role::Office);
        async move { ask.send().await }
    };
    let morning = get("/office").await;
    assert!(morning.text().contains("2023年还没有发布要点"), "{}", morning.text());
    let opened = Ask::new(&router, Some(&test.tokens), Method::POST, "/routine")
        .form(&[("year", "2023"), ("rule", "theme-day")])
        .as_(Role::Office)
        .send()
        .await;
    assert_eq!(opened.to(), "/routine?year=2023", "{}", opened.text());
    let now = app.year(test.institution, None).await.expect("a year").expect("the rule runs");
    assert_eq!(now.number, 2023);
    let then = app.year_on(test.institution, date(2022, 12, 31)).await.expect("a year").expect("last year's");
    assert_eq!(then.number, 2022);
    let left = then.board().tally(&Pick::default(), date(2022, 12, 31)).of(Standing::Overdue);
    assert!(left > 0);
    let page = get("/leader?on=2022-12-31").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    assert!(page.text().contains("2022年"), "{}", page.text());
    let list = get("/duties?on=2022-12-31&standing=overdue").await;
    assert!(!list.text().contains("没有符合的应办事项"), "{}", list.text());
    let again = get("/duties?year=2022&standing=overdue").await;
    assert!(!again.text().contains("没有符合的应办事项"), "{}", again.text());
    assert_eq!(get(&format!("/plan/{}", office.id)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_past_day_shows_the_plans_of_that_day() {
    let test = TestApp::new().await;
    let first = Office::with(&test, PLAN).await;
    assert_eq!(first.post("/publish", &[("seen", "1")]).await.to(), "/plan");
    let may = date(2022, 5, 10);
    let (app, router) = on(&test, may);
    let second = Office::with(&test, LIST).await;
    let revision = second.revision().await.to_string();
    let done = Ask::new(&router, Some(&test.tokens), Method::POST, &second.path("/publish"))
        .form(&[("revision", &revision), ("seen", "1"), ("run", "beside")])
        .as_(Role::Office)
        .send()
        .await;
    assert_eq!(done.to(), "/plan", "{}", done.text());
    let year = app.year(test.institution, None).await.expect("a year").expect("two plans");
    let of_second = |on| {
        let mine = year.obligations().iter().filter(|o| o.source.plan() == Some(second.id));
        mine.filter(|o| year.asked(o.id, on)).count()
    };
    assert_eq!(of_second(TODAY), 0, "in April nobody asked it");
    assert!(of_second(may) > 0);
    let lens = app.year(test.institution, Some(second.id)).await.expect("a year").expect("published");
    assert!(lens.board().tally(&Pick::default(), TODAY).is_empty());
    assert!(!lens.board().tally(&Pick::default(), may).is_empty());
}
