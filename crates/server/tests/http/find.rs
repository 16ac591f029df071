//! 查找 over everything, and the choice of a ledger.

use model::Role;

use crate::harness::TestApp;

fn encoded(words: &str) -> String {
    form_urlencoded::byte_serialize(words.as_bytes()).collect()
}

#[tokio::test]
async fn the_words_at_the_top_find_units_ledgers_demands_and_records() {
    let test = TestApp::new().await;
    let year = test.publish().await;
    let saved = crate::record::theme_day(&test, &year).await;
    test.post("/record", &saved.pairs()).as_(Role::Secretary).send().await;
    let find = async |role, words: &str| {
        test.get(&format!("/find?q={}", encoded(words))).as_(role).send().await.page()
    };
    let unit = find(Role::Office, "教工第一").await;
    assert!(unit.leads_to(&format!("/units/{}", test.units["教工第一党支部"])), "{}", unit.words());
    assert!(unit.leads_to(&format!("/entries?unit={}", test.units["教工第一党支部"])));
    let ledger = find(Role::Secretary, "党课").await;
    assert!(ledger.leads_to("/entries?ledger=party-lecture"), "{}", ledger.words());
    let asked = find(Role::Secretary, "主题党日").await;
    assert!(
        asked.leads_to(&format!("/duties?obligation={}", year.obligations["theme"])),
        "{}",
        asked.words()
    );
    let record = find(Role::Secretary, "产业园").await;
    assert!(record.leads_to(&format!("/entries/{}", saved.id)), "{}", record.words());
    assert!(find(Role::Office, "方以宁").await.leads_to(&format!("/people/{}", test.member)));
    assert!(!find(Role::Member, "方以宁").await.leads_to(&format!("/people/{}", test.member)), "no roster");
    assert!(find(Role::Office, "没有的字").await.says("没有找到“没有的字”"));
    assert!(find(Role::Office, "").await.says("要找什么"));
    let home = test.get("/month").as_(Role::Secretary).send().await.page();
    assert!(home.elements().any(|e| e.attribute("action") == Some("/find")), "the search at the top");
}

#[tokio::test]
async fn the_choice_of_a_ledger_begins_with_what_the_month_asks() {
    let test = TestApp::new().await;
    let year = test.publish().await;
    let page = test.get("/record").as_(Role::Secretary).send().await.page();
    let words = page.words();
    let (first, rest) = (words.find("本月要记的").expect("a heading"), words.find("其他").expect("the rest"));
    assert!(first < rest, "{words}");
    assert!(
        page.leads_to(&format!("/record?duty={}", year.duties["march"])),
        "what is late comes first: {words}"
    );
    assert!(!words.contains("常用"), "nothing was written yet");
    let saved = crate::record::theme_day(&test, &year).await;
    test.post("/record", &saved.pairs()).as_(Role::Secretary).send().await;
    let lecture = [("f_topic", "党课")];
    crate::entries::save(&test, Role::Secretary, crate::entries::BRANCH, "party-lecture", &lecture).await;
    let page = test.get("/record").as_(Role::Secretary).send().await.page();
    assert!(page.says("常用"), "{}", page.words());
}

#[tokio::test]
async fn the_choice_of_a_ledger_is_narrowed_by_words_without_a_script() {
    let test = TestApp::new().await;
    test.publish().await;
    let page = test.get("/record").as_(Role::Secretary).send().await.page();
    assert!(page.leads_to(&format!("/record?ledger=heart-talk&unit={}", test.units["教工第一党支部"])));
    let search = page.elements().find(|e| e.attribute("aria-label") == Some("找台账")).expect("a box");
    assert_eq!(search.attribute("action"), Some("/record"));
    let find = async |words: &str| {
        let path = format!("/record?unit={}&q={}", test.units["教工第一党支部"], encoded(words));
        test.get(&path).as_(Role::Secretary).send().await.page()
    };
    let found = find("讲党课").await;
    let unit = test.units["教工第一党支部"];
    assert!(found.leads_to(&format!("/record?ledger=party-lecture&unit={unit}")), "by another word for it");
    assert!(!found.leads_to(&format!("/record?ledger=heart-talk&unit={unit}")));
    assert!(find("没有的台账").await.says("没有名称含“没有的台账”的台账"));
}

#[tokio::test]
async fn the_list_offers_the_ledgers_of_ones_units_and_names_conditions_that_make_no_sense() {
    let test = TestApp::new().await;
    test.publish().await;
    let offered = async |role: Role| -> Vec<String> {
        let page = test.get("/entries").as_(role).send().await.page();
        page.field("ledger").options().into_iter().map(|(id, _)| id).collect()
    };
    let (secretary, office) = (offered(Role::Secretary).await, offered(Role::Office).await);
    assert!(secretary.iter().any(|id| id == "theme-day") && office.iter().any(|id| id == "center-group"));
    assert!(!secretary.iter().any(|id| id == "center-group"), "no branch keeps it");
    for (path, wrong) in [
        ("/entries?ledger=foo", "ledger=foo"),
        ("/entries.xlsx?ledger=foo", "ledger=foo"),
        ("/entries?state=done&from=2022-13-01", "state=done，from=2022-13-01"),
        ("/entries?unit=12", "unit=12"),
    ] {
        let told = test.get(path).as_(Role::Office).at_the_door().send().await;
        assert_eq!(told.status, axum::http::StatusCode::BAD_REQUEST, "{path}");
        assert!(told.page().says(wrong), "{path} {}", told.page().words());
    }
}
