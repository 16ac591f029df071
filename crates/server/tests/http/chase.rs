//! 催办: who is late, rungs that are released once, held, left out, answered; an order from its release to 办结; who may not.

use axum::http::StatusCode;
use jiff::civil::{Date, date};
use model::{CaseId, EntryId, Role, UnitKind};
use store::{CaseFilter, CaseRow, CaseSight, RungRow, Running};

use crate::harness::{Answer, TestApp};

/// Theme days of the year run from January on, and nobody has held one; the day is in March.
async fn late() -> TestApp {
    let mut test = TestApp::new().await;
    test.on_day(date(2026, 1, 5));
    let store = &test.app.store;
    let mut organisation = store.organisation(test.institution).await.expect("units");
    let office = organisation.units.iter_mut().find(|u| u.name == "党委办公室").expect("the office");
    assert_eq!(office.kind, UnitKind::Department);
    office.traits.insert("office".to_owned());
    let act = store::Act::new(None, "", test.app.clock.now(), "test.make");
    store.save_units(test.institution, std::slice::from_ref(office), &act).await.expect("a trait");
    let open = [("year", "2026"), ("rule", "theme-day")];
    let opened = test.post("/routine", &open).as_(Role::Office).send().await;
    assert_eq!(opened.to(), "/routine?year=2026", "{}", opened.text());
    test.on_day(date(2026, 3, 10));
    test
}

async fn rungs(test: &TestApp) -> Vec<RungRow> {
    test.app.store.rungs(test.institution, None, date(2026, 1, 1)).await.expect("rungs")
}

async fn cases(test: &TestApp) -> Vec<CaseRow> {
    let filter = CaseFilter { running: Running::All, ..CaseFilter::default() };
    test.app.store.all_cases(test.institution, &CaseSight::all(), &filter).await.expect("cases")
}

async fn open(test: &TestApp, case: CaseId) -> Vec<String> {
    let filter = CaseFilter { ids: Some([case].into()), ..CaseFilter::default() };
    let found = test.app.store.case_steps(test.institution, &CaseSight::all(), &filter, None, 100).await;
    let mut steps: Vec<String> = found.expect("steps").into_iter().map(|(s, _)| s.step).collect();
    steps.sort();
    steps
}

/// What the boxes of the release page say, in its order.
async fn picks(test: &TestApp, role: Role) -> Vec<String> {
    let page = test.get("/chase").as_(role).send().await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    let page = page.page();
    let boxes = page.elements().filter(|e| e.attribute("name") == Some("pick"));
    boxes.filter_map(|e| e.attribute("value").map(str::to_owned)).collect()
}

async fn let_go(test: &TestApp, role: Role, batch: &str, picks: &[String]) -> Answer {
    let mut fields = vec![("batch", batch)];
    fields.extend(picks.iter().map(|p| ("pick", p.as_str())));
    test.post("/chase/release", &fields).as_(role).send().await
}

const BATCH: &str = "01900000-0000-7000-8000-000000000001";
const OTHER: &str = "01900000-0000-7000-8000-000000000002";

/// The rows of the list of what is late.
fn lines(answer: &Answer) -> usize {
    answer.page().of_class("td-1").len()
}

async fn save(test: &TestApp, role: Role, fields: &[(&str, &str)]) {
    let id = EntryId::fresh().to_string();
    let mut all = vec![("id", id.as_str()), ("revision", "0")];
    all.extend(fields.iter().copied());
    let answer = test.post("/record", &all).as_(role).send().await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
}

#[tokio::test]
async fn the_list_of_the_late_is_as_long_as_every_page_says() {
    let test = late().await;
    let page = test.get("/late").as_(Role::Office).send().await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    assert_eq!(lines(&page), 4, "January and February of two branches: {}", page.text());
    let duties = test.get("/duties?standing=overdue").as_(Role::Office).send().await.page().rows().len();
    assert_eq!(duties, 4);
    for words in [
        "教工第一党支部",
        "学生第一党支部",
        "智能制造学院党总支",
        "主题党日（1月）",
        "催办，等你放行",
        "要说的话",
    ] {
        assert!(page.text().contains(words), "{words}: {}", page.text());
    }
    // The secretary sees their own branch, the lead what it leads, a member nothing of it.
    assert_eq!(lines(&test.get("/late").as_(Role::Secretary).send().await), 2);
    assert_eq!(lines(&test.get("/late").as_(Role::Lead).send().await), 0);
    assert_eq!(lines(&test.get("/late").as_(Role::Discipline).send().await), 4);
    assert_eq!(test.get("/late").as_(Role::Member).send().await.status, StatusCode::FORBIDDEN);
    // Each count opens a list that long.
    let under = test.units["智能制造学院党总支"];
    for (query, count) in [
        (format!("under={under}"), 4),
        ("state=release".to_owned(), 4),
        ("state=later".to_owned(), 0),
        ("since=3".to_owned(), 0),
        ("since=1".to_owned(), 2),
        ("q=学生".to_owned(), 2),
        ("q=没有这样的".to_owned(), 0),
        ("what=steps".to_owned(), 0),
    ] {
        let page = test.get(&format!("/late?{query}")).as_(Role::Office).send().await;
        assert_eq!(lines(&page), count, "{query}");
    }
    let xlsx = test.get("/late.xlsx").as_(Role::Office).send().await;
    assert_eq!(xlsx.status, StatusCode::OK);
    let sheets = office::sheet::read(&xlsx.bytes).expect("a workbook");
    assert_eq!(sheets[0].rows.len(), 1 + 4, "a head and the four");
}

#[tokio::test]
async fn a_rung_is_released_once_though_it_is_clicked_twice() {
    let test = late().await;
    let all = picks(&test, Role::Office).await;
    assert_eq!(all.len(), 4);
    let page = test.get("/chase").as_(Role::Office).send().await.text();
    assert!(page.contains("放行 4 项，发给"), "who gets what is seen before it goes: {page}");
    assert!(page.contains("没有账号，在这里看不到"), "the students' branch has no account: {page}");
    for _ in 0..2 {
        let done = let_go(&test, Role::Office, BATCH, &all[..3]).await;
        assert_eq!(done.to(), "/chase", "{}", done.text());
    }
    let went = rungs(&test).await;
    assert_eq!(went.len(), 3, "{went:?}");
    assert!(went.iter().all(|r| r.rung == "nudge" && r.day == date(2026, 3, 10) && !r.skipped));
    assert_eq!(picks(&test, Role::Office).await, all[3..], "one is left");
    let page = test.get("/chase").as_(Role::Office).send().await.text();
    assert!(page.contains("放行 3 项") && page.contains("还没有回应"), "{page}");
    // A line that no longer fits holds back only itself.
    let done = let_go(&test, Role::Office, OTHER, &[all[3].replace("nudge", "order"), all[3].clone()]).await;
    assert_eq!(done.status, StatusCode::CONFLICT, "{}", done.text());
    assert!(
        done.text().contains("有 1 项没有放行") && done.text().contains("现在轮到“催办”"),
        "{}",
        done.text()
    );
    assert_eq!(rungs(&test).await.len(), 4);
    let late = test.get("/late").as_(Role::Office).send().await.text();
    assert!(
        late.contains("催办 3/10") && late.contains("还没看") && late.contains("3月17日起可以放行"),
        "{late}"
    );
    let nothing = test.post("/chase/release", &[("batch", BATCH)]).as_(Role::Office).send().await;
    assert_eq!(nothing.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn who_is_chased_sees_it_says_so_and_an_answer_stops_the_climb() {
    let mut test = late().await;
    let all = picks(&test, Role::Office).await;
    let_go(&test, Role::Office, BATCH, &all).await;
    let bell = test.get("/account/bell").as_(Role::Secretary).send().await;
    assert!(
        bell.text().contains("催到你这里的") && bell.text().contains("主题党日（1月）"),
        "{}",
        bell.text()
    );
    let own = bell.page();
    let about = own.value("about");
    let seen = [("about", about.as_str()), ("id", BATCH)];
    assert_eq!(
        test.post("/chase/seen", &seen).as_(Role::Secretary).send().await.to(),
        format!("/duties/{about}")
    );
    let duty = test.get(&format!("/duties/{about}")).as_(Role::Secretary).send().await;
    assert!(duty.text().contains("催办 3/10") && duty.text().contains("已看"), "{}", duty.text());
    // Nobody says for another unit that it was seen.
    let other = all.iter().map(|p| p.split('~').next().unwrap_or_default().to_owned());
    let own: Vec<String> = bell
        .page()
        .elements()
        .filter(|e| e.attribute("name") == Some("about"))
        .filter_map(|e| e.attribute("value").map(str::to_owned))
        .collect();
    let theirs = other.into_iter().find(|a| !own.contains(a)).expect("the other branch's");
    let refused =
        test.post("/chase/seen", &[("about", &theirs), ("id", OTHER)]).as_(Role::Secretary).send().await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);

    // The branch says where it is stuck.
    test.on_day(date(2026, 3, 12));
    let branch = test.units["教工第一党支部"].to_string();
    let way =
        duty.page().links().iter().find(|l| l.words == "说明情况").map(|l| l.href.clone()).expect("the way");
    let form = test.get(&way).as_(Role::Secretary).send().await;
    assert_eq!(form.status, StatusCode::OK, "{}", form.text());
    assert_eq!(form.page().value("about"), about);
    let fields = [
        ("unit", branch.as_str()),
        ("ledger", "progress-note"),
        ("about", about.as_str()),
        ("title", "一月主题党日"),
        ("day", "2026-03-12"),
        ("f_progress", "blocked"),
        ("f_summary", "书记住院，副书记刚刚接手，三月补上，已经和党员说好。"),
        ("f_problems", "没有人主持"),
    ];
    save(&test, Role::Secretary, &fields).await;
    test.on_day(date(2026, 3, 24));
    let late = test.get("/late?q=1月&state=stopped").as_(Role::Office).send().await;
    assert_eq!(lines(&late), 1, "{}", late.text());
    assert!(late.text().contains("说明了情况") && late.text().contains("说明情况 3/12"), "{}", late.text());
    // What nobody answered goes on: the order of the other branch waits.
    let waits = picks(&test, Role::Office).await;
    assert!(waits.iter().any(|p| p.contains("~order~") && p.starts_with(&theirs)), "{waits:?}");
    assert!(!waits.iter().any(|p| p.starts_with(&about)), "{waits:?}");
}

#[tokio::test]
async fn a_rung_is_held_let_go_left_out_and_released_early_with_a_reason_each() {
    let mut test = late().await;
    let all = picks(&test, Role::Office).await;
    let about = all[0].split('~').next().expect("an id").to_owned();
    let page = format!("/chase?about={about}");
    let hold = |until: &'static str, reason: &'static str, id: &'static str| {
        [
            ("about", about.clone()),
            ("id", id.to_owned()),
            ("until", until.to_owned()),
            ("reason", reason.to_owned()),
        ]
    };
    let post = async |test: &TestApp, path: &str, role: Role, fields: &[(&str, String)]| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
        test.post(path, &fields).as_(role).send().await
    };
    for (until, reason, words) in [
        ("2026-03-20", "", "按住要写明原因"),
        ("", "书记出差", "暂缓到哪一天"),
        ("2026-03-10", "书记出差", "今天以后"),
        ("2026-06-30", "书记出差", "最长只能暂缓到"),
    ] {
        let refused = post(&test, "/chase/hold", Role::Office, &hold(until, reason, BATCH)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{words}");
        assert!(refused.text().contains(words), "{words}: {}", refused.text());
        assert!(reason.is_empty() || refused.text().contains(reason), "what was typed is still there");
    }
    // The secretary, the lead and the discipline committee hold nothing of the office's.
    for role in [Role::Secretary, Role::Lead, Role::Discipline, Role::Leader] {
        let refused = post(&test, "/chase/hold", role, &hold("2026-03-20", "不急", OTHER)).await;
        assert!(
            matches!(refused.status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND),
            "{role:?} {}",
            refused.status
        );
    }
    let held = post(&test, "/chase/hold", Role::Office, &hold("2026-03-20", "书记出差", BATCH)).await;
    assert_eq!(held.to(), page, "{}", held.text());
    assert_eq!(picks(&test, Role::Office).await.len(), 3);
    let late = test.get("/late").as_(Role::Office).send().await.text();
    assert!(late.contains("停到3月20日，书记出差"), "{late}");
    let refused = let_go(&test, Role::Office, OTHER, &all[..1]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "what is held does not go");
    let free = [("about", about.clone()), ("id", OTHER.to_owned())];
    assert_eq!(post(&test, "/chase/free", Role::Office, &free).await.to(), page);
    assert_eq!(picks(&test, Role::Office).await.len(), 4);

    let call = [
        ("about", about.clone()),
        ("id", "01900000-0000-7000-8000-000000000003".to_owned()),
        ("words", "说会已经开了".to_owned()),
    ];
    assert_eq!(post(&test, "/chase/call", Role::Office, &call).await.to(), page);
    let one = test.get(&page).as_(Role::Office).send().await.text();
    assert!(one.contains("电话 3/10") && one.contains("说会已经开了"), "{one}");

    // Left out, nothing is sent, and the next rung is not there before it was chased.
    let skip = |reason: &str| {
        [
            ("about", about.clone()),
            ("batch", BATCH.to_owned()),
            ("pick", all[0].clone()),
            ("reason", reason.to_owned()),
        ]
    };
    let refused = post(&test, "/chase/leave-out", Role::Office, &skip("")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(post(&test, "/chase/leave-out", Role::Office, &skip("电话里说好了")).await.to(), page);
    let went = rungs(&test).await;
    assert!(matches!(went.as_slice(), [one] if one.skipped && one.reason == "电话里说好了"), "{went:?}");
    let one = test.get(&page).as_(Role::Office).send().await;
    assert!(
        one.text().contains("略过催办 3/10") && one.text().contains("提前放行“督办单”"),
        "{}",
        one.text()
    );

    // Before its day only with a reason, and not on a day on which nothing goes.
    let early = |reason: &str| {
        let pick = all[0].replace("~nudge~", "~order~");
        [("about", about.clone()), ("batch", OTHER.to_owned()), ("pick", pick), ("reason", reason.to_owned())]
    };
    let refused = post(&test, "/chase/release", Role::Office, &early("")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text());
    test.on_day(date(2026, 3, 15));
    assert!(picks(&test, Role::Office).await.is_empty(), "nothing goes on a Sunday");
    test.on_day(date(2026, 3, 11));
    let done = post(&test, "/chase/release", Role::Office, &early("书记交代，马上办")).await;
    assert_eq!(done.to(), "/chase", "{}", done.text());
    assert_eq!(cases(&test).await.len(), 1);
}

#[tokio::test]
async fn only_whom_the_ladder_names_releases() {
    let test = late().await;
    let all = picks(&test, Role::Office).await;
    for role in [Role::Secretary, Role::Lead, Role::Discipline, Role::Leader] {
        assert!(picks(&test, role).await.is_empty(), "{role:?} has nothing to release");
        let refused = let_go(&test, role, BATCH, &all).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{role:?}: {}", refused.text());
        assert!(rungs(&test).await.is_empty(), "{role:?}");
    }
    assert_eq!(let_go(&test, Role::Member, BATCH, &all).await.status, StatusCode::FORBIDDEN);
    assert_eq!(test.get("/account/bell").as_(Role::SystemAdmin).send().await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_work_telephone_of_a_unit_stands_beside_what_is_late() {
    let test = late().await;
    let unit = test.units["教工第一党支部"];
    let path = format!("/units/{unit}/phone");
    assert_eq!(test.get(&path).as_(Role::Secretary).send().await.status, StatusCode::OK);
    for (number, words) in [("13912345678", "个人手机号不写在这里"), ("办公室", "写上电话号码")]
    {
        let refused = test.post(&path, &[("phone", number)]).as_(Role::Secretary).send().await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{number}");
        assert!(refused.text().contains(words) && refused.text().contains(number), "{}", refused.text());
    }
    let done = test.post(&path, &[("phone", "5601 2101")]).as_(Role::Secretary).send().await;
    assert_eq!(done.to(), format!("/units/{unit}"), "{}", done.text());
    let late = test.get("/late").as_(Role::Office).send().await;
    assert!(late.text().contains("5601 2101"), "{}", late.text());
    let other = format!("/units/{}/phone", test.units["学生第一党支部"]);
    let refused = test.post(&other, &[("phone", "5601 2102")]).as_(Role::Secretary).send().await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
}

/// Saves a record of a case, and lets the day be that of the record.
async fn step(test: &mut TestApp, role: Role, unit: &str, day: Date, case: CaseId, fields: &[(&str, &str)]) {
    test.on_day(day);
    let (unit, case, day) = (test.units[unit].to_string(), case.to_string(), day.to_string());
    let mut all =
        vec![("unit", unit.as_str()), ("case", case.as_str()), ("day", day.as_str()), ("title", "督办")];
    all.extend(fields.iter().copied());
    save(test, role, &all).await;
}

#[tokio::test]
async fn an_order_is_drafted_by_its_release_signed_numbered_answered_reviewed_and_closed() {
    let mut test = late().await;
    let all = picks(&test, Role::Office).await;
    let_go(&test, Role::Office, BATCH, &all).await;
    test.on_day(date(2026, 3, 18));
    let waits = picks(&test, Role::Office).await;
    assert!(waits.iter().all(|p| p.contains("~order~2026-01-31")) && waits.len() == 2, "{waits:?}");
    let branch = test.units["教工第一党支部"];
    let done = let_go(&test, Role::Office, OTHER, &waits).await;
    assert_eq!(done.to(), "/chase", "{}", done.text());
    let rows = cases(&test).await;
    assert_eq!(rows.len(), 2, "one order for each");
    let of_branch = rungs(&test).await.into_iter().find(|r| r.unit == branch && r.rung == "order");
    let case = of_branch.and_then(|r| r.case).expect("the order of the branch");
    assert_eq!(open(&test, case).await, ["issue"], "the release is its draft");
    let row = rows.iter().find(|r| r.id == case).expect("a case");
    assert_eq!(row.own, test.units["党委办公室"]);
    assert!(row.title.contains("教工第一党支部") && row.title.contains("主题党日（1月）"), "{}", row.title);
    let page = test.get(&format!("/cases/{case}")).as_(Role::Office).send().await.text();
    assert!(!page.contains("〔2026〕"), "the number comes with the signature: {page}");

    let sign = [
        ("ledger", "order-sign"),
        ("f_sign_stage", "issue"),
        ("f_verdict", "signed"),
        ("f_signer", "方以宁"),
    ];
    step(&mut test, Role::Office, "党委办公室", date(2026, 3, 19), case, &sign).await;
    assert_eq!(open(&test, case).await, ["receipt"]);
    let page = test.get(&format!("/cases/{case}")).as_(Role::Office).send().await.text();
    assert!(page.contains("〔2026〕1号"), "{page}");
    let receipt = [("ledger", "order-receipt"), ("f_content", "收到")];
    step(&mut test, Role::Secretary, "教工第一党支部", date(2026, 3, 19), case, &receipt).await;
    assert_eq!(open(&test, case).await, ["reply"]);
    let reply = [("ledger", "order-reply"), ("f_content", "三月二十日补开")];
    step(&mut test, Role::Secretary, "教工第一党支部", date(2026, 3, 20), case, &reply).await;
    assert_eq!(open(&test, case).await, ["review"]);
    // The reply stops the climb of the duty that the order is about.
    test.on_day(date(2026, 4, 2));
    let late = test.get("/late?q=教工第一&since=1").as_(Role::Office).send().await.text();
    assert!(late.contains("说明了情况") && late.contains("停到4月3日"), "{late}");
    // Nobody is put into a 通报 who answered, nor whose order the office has not signed.
    let waits = picks(&test, Role::Office).await;
    assert!(!waits.iter().any(|p| p.contains("~circular~")), "{waits:?}");
    // Who did the work does not close it.
    let by_branch = test.get(&format!("/record?case={case}&step=review")).as_(Role::Secretary).send().await;
    assert_eq!(by_branch.status, StatusCode::NOT_FOUND);
    let review = [("ledger", "order-review"), ("f_result_kind", "closed")];
    step(&mut test, Role::Office, "党委办公室", date(2026, 4, 2), case, &review).await;
    assert_eq!(open(&test, case).await, ["read"]);
    let read = [("ledger", "order-sign"), ("f_sign_stage", "read"), ("f_verdict", "closed")];
    step(&mut test, Role::Office, "中共青梧职业技术学院委员会", date(2026, 4, 3), case, &read).await;
    let ended = cases(&test).await.into_iter().find(|r| r.id == case).and_then(|r| r.ended);
    assert_eq!(ended, Some(("办结".to_owned(), date(2026, 4, 3))));
    let page = test.get("/chase").as_(Role::Office).send().await.text();
    assert!(page.contains("督办单〔2026〕1号") && page.contains("4月3日办结"), "{page}");
    // The chain adds up.
    assert_eq!(test.app.store.verify_kept(test.institution).await.expect("the chain"), []);
}
