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
