//! A branch secretary's year: what the program knows is not asked again, and nothing is said that nobody said.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use jiff::civil::date;
use model::{
    About, Bearers, Cadence, Conditions, GrantId, Membership, MembershipId, Obligation, Per, Person,
    PersonId, Role, Stage, Standing, Unit, UnitId, UnitKind, Value,
};
use runtime::{Line, Pick};
use store::{Act, People, Scope};
use testkit::Page;

use crate::entries::{BRANCH, form, save};
use crate::harness::{Answer, TODAY, TestApp};
use crate::people_duties::{demand, move_out, publish_those};

/// The teachers' branch with two groups of two, and three activists.
pub(crate) async fn branch(test: &TestApp) -> [UnitId; 2] {
    let act = || Act::new(None, "", test.app.clock.now(), "test.make");
    let (store, branch) = (&test.app.store, test.units[BRANCH]);
    let groups = ["教工第一党支部第一党小组", "教工第一党支部第二党小组"].map(|name| Unit {
        id: UnitId::fresh(),
        parent: Some(branch),
        kind: UnitKind::Group,
        name: name.to_owned(),
        aliases: Vec::new(),
        traits: BTreeSet::new(),
        sort: 0,
        founded: None,
        dissolved: None,
    });
    store.save_units(test.institution, &groups, &act()).await.expect("groups");
    let ids = groups.map(|g| g.id);
    let mut people = People::default();
    for (name, stage, group) in [
        ("柳知行", Stage::Full, Some(ids[0])),
        ("温如许", Stage::Full, Some(ids[0])),
        ("陆明远", Stage::Full, Some(ids[1])),
        ("沈既白", Stage::Full, Some(ids[1])),
        ("甲某某", Stage::Activist, None),
        ("乙某某", Stage::Activist, None),
        ("丙某某", Stage::Activist, None),
    ] {
        let person =
            Person { id: PersonId::fresh(), name: name.into(), number: String::new(), kind: "staff".into() };
        people.memberships.push(Membership {
            id: MembershipId::fresh(),
            person: person.id,
            branch,
            group,
            stage,
            since: date(2020, 1, 1),
            until: None,
        });
        people.people.push(person);
    }
    store.save_people(test.institution, &people, &act()).await.expect("people");
    ids
}

pub(crate) fn of(kind: UnitKind) -> Bearers {
    Bearers { kinds: BTreeSet::from([kind]), ..Bearers::default() }
}

fn monthly(key: &str, title: &str, kind: UnitKind, ledger: &str) -> Obligation {
    demand(key, title, of(kind), Cadence::AtLeast { times: 1, per: Per::Month }, ledger)
}

async fn lines(test: &TestApp, title: &str) -> Vec<Line> {
    let year = test.app.year(test.institution, None).await.expect("a year").expect("published");
    let id = year.obligations().iter().find(|o| o.title == title).expect("the demand").id;
    let mut lines = year.board().list(&Pick::obligation(id), TODAY);
    lines.sort_by_key(|l| (l.starts, l.unit));
    lines
}

async fn done(test: &TestApp, title: &str, unit: UnitId) -> bool {
    let lines = lines(test, title).await;
    let april = |l: &&Line| l.unit == unit && l.starts == date(2022, 4, 1);
    lines.iter().find(april).expect("April's").standing == Standing::Met
}

async fn open(test: &TestApp, path: &str) -> Page {
    test.get(path).as_(Role::Secretary).send().await.page()
}

async fn send(test: &TestApp, page: &Page, more: &[(&str, &str)]) -> Answer {
    let mut fields = page.form("/record").filled();
    fields.retain(|(n, _)| more.iter().all(|(m, _)| m != n));
    fields.extend(more.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    test.post("/record", &fields).as_(Role::Secretary).send().await
}

#[tokio::test]
async fn groups_that_meet_together_have_each_met() {
    let test = TestApp::new().await;
    let groups = branch(&test).await;
    let demands = vec![
        monthly("theme", "主题党日", UnitKind::Branch, "theme-day"),
        monthly("group", "党小组会", UnitKind::Group, "group-meeting"),
    ];
    publish_those(&test, demands).await;
    let theme = lines(&test, "主题党日")
        .await
        .into_iter()
        .find(|l| l.starts == date(2022, 4, 1) && l.unit == test.units[BRANCH]);
    let page = open(&test, &format!("/record?duty={}", theme.expect("April's").duty)).await;
    let together = page.fields("also").into_iter().find(|f| f.value() == "group-meeting");
    assert!(together.is_some() && page.says("还欠：党小组会"), "{}", page.words());
    // Ticked, all groups are meant until somebody takes one out, and the panel says so before it is saved.
    let mut fields = page.form("/record").filled();
    fields.push(("also".to_owned(), "group-meeting".to_owned()));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let page = test.post("/record/preview", &fields).as_(Role::Secretary).send().await.page();
    let ticked = page.fields("f_held_by").iter().filter(|f| f.is_ticked()).count();
    assert_eq!(ticked, 2);
    let live = page.anchor("live").expect("the panel");
    assert!(live.says("党小组会") && live.says("主题党日"), "{}", live.words());
    let said =
        [("title", "走进产业园"), ("p_rest", "present"), ("f_minutes", "学习讨论"), ("f_host", "方以宁")];
    let saved = send(&test, &page, &said).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
    for group in groups {
        assert!(done(&test, "党小组会", group).await);
    }
    assert!(done(&test, "主题党日", test.units[BRANCH]).await);

    // From a group's own duty the other is beside it, with its people once it is ticked.
    let may = lines(&test, "党小组会")
        .await
        .into_iter()
        .find(|l| l.unit == groups[0] && l.standing == Standing::Overdue);
    let page = open(&test, &format!("/record?duty={}", may.expect("one is late").duty)).await;
    let others = page.fields("f_held_by");
    assert_eq!(others.iter().filter(|f| f.value().ends_with("第二党小组") && !f.is_ticked()).count(), 1);
    assert!(page.says("应到 2") && !page.anchor("who").expect("who came").says("陆明远"), "{}", page.words());
    let mut fields = page.form("/record").filled();
    fields.push(("f_held_by".to_owned(), "教工第一党支部第二党小组".to_owned()));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let page = test.post("/record/preview", &fields).as_(Role::Secretary).send().await.page();
    assert!(page.anchor("who").expect("who came").says("陆明远") && page.says("应到 4"), "{}", page.words());
}

#[tokio::test]
async fn a_secretary_of_two_branches_looks_at_each_alone() {
    let test = TestApp::new().await;
    test.publish().await;
    let page = open(&test, "/month").await;
    assert!(!page.has_field("unit"), "of one there is nothing to choose");
    let act = Act::new(None, "", test.app.clock.now(), "test.grant");
    let second = test.units["学生第一党支部"];
    let grant = (GrantId::fresh(), test.accounts[&Role::Secretary], Role::Secretary, second);
    test.app.store.grant(test.institution, &[grant], &act).await.expect("a grant");
    let page = open(&test, "/month").await;
    let offered: Vec<String> = page.field("unit").options().into_iter().map(|(_, words)| words).collect();
    assert!(
        offered.iter().any(|w| w == BRANCH) && offered.iter().any(|w| w == "学生第一党支部"),
        "{offered:?}"
    );
    let alone = open(&test, &format!("/month?unit={second}")).await;
    assert_eq!(alone.value("unit"), second.to_string());
}

#[tokio::test]
async fn a_branch_without_groups_is_not_offered_their_meeting() {
    let test = TestApp::new().await;
    test.publish().await;
    let page = Page::read(&form(&test, Role::Secretary, BRANCH, "theme-day").await);
    assert!(page.fields("also").iter().all(|f| f.value() != "group-meeting"), "{}", page.words());
}

#[tokio::test]
async fn nobody_came_because_nothing_was_said_of_them() {
    let test = TestApp::new().await;
    branch(&test).await;
    test.publish().await;
    let said = [("f_minutes", "学习讨论"), ("f_host", "方以宁"), ("f_hours", "2")];
    let (id, refused) = save(&test, Role::Secretary, BRANCH, "theme-day", &said).await;
    assert_eq!(refused, "");
    let page = test.get(&format!("/entries/{id}")).as_(Role::Secretary).send().await.text();
    assert!(page.contains("出席情况未填"), "what nobody said is lacking");
    // Of one only: that is a slip, and it is told how the rest is said at once.
    let member = format!("p_{}", test.member);
    let one = [("f_minutes", "学习讨论"), (member.as_str(), "absent")];
    let (_, refused) = save(&test, Role::Secretary, BRANCH, "theme-day", &one).await;
    assert!(refused.contains("还有 4 人没有点") && refused.contains("勾“全部到会”"), "{refused}");
    let rest = [("f_minutes", "学习讨论"), (member.as_str(), "absent"), ("p_rest", "present")];
    let (id, refused) = save(&test, Role::Secretary, BRANCH, "theme-day", &rest).await;
    assert_eq!(refused, "");
    let row = test.app.store.entry(test.institution, &Scope::All, id.parse().unwrap()).await.unwrap();
    assert_eq!(row.entry.people().len(), 5);
    // Where nobody need meet, the list is folded away, and nobody is in it by itself.
    let page = Page::read(&form(&test, Role::Secretary, BRANCH, "general-work").await);
    let folds = page.of_class("more");
    assert!(folds.iter().any(|f| f.says("开了会才点") && f.has_field("p_rest")), "{}", page.words());
    assert!(page.fields("p_rest").iter().all(|f| !f.is_ticked()));
}

#[tokio::test]
async fn what_is_owed_about_each_activist_is_written_on_one_page_each_on_a_line() {
    let test = TestApp::new().await;
    branch(&test).await;
    let about = About { stages: BTreeSet::from([Stage::Activist]), ..About::default() };
    let bearers = Bearers { about: Some(about), ..of(UnitKind::Branch) };
    let mut looked = demand(
        "looked-at",
        "半年考察",
        bearers,
        Cadence::AtLeast { times: 1, per: Per::HalfYear },
        "member-development",
    );
    looked.condition = Conditions::saying([("development_step", "examined")]);
    publish_those(&test, vec![looked]).await;
    let month = open(&test, "/month").await;
    let way =
        month.links().into_iter().find(|l| l.href.starts_with("/record?duty=")).expect("one row for all");
    let page = open(&test, &way.href).await;
    assert_eq!(page.value("f_development_step"), "examined");
    let names: BTreeSet<String> =
        (0..3).map(|n| page.value(&format!("f_examinations.{n}.examined"))).collect();
    assert_eq!(names, ["甲某某", "乙某某", "丙某某"].map(str::to_owned).into());
    assert!(page.anchor("live").expect("the panel").says("半年考察：3 人"), "{}", page.words());
    // Who is taken out is not looked at.
    let last = [("title", "上半年考察"), ("f_document_name", "考察表"), ("f_examinations.2.examined", "")];
    let saved = send(&test, &page, &last).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
    let first_half = lines(&test, "半年考察").await.into_iter().filter(|l| l.starts == date(2022, 1, 1));
    let met = first_half.clone().filter(|l| l.standing == Standing::Met).count();
    assert_eq!((met, first_half.count()), (2, 3), "each line counts for its own");
}

#[tokio::test]
async fn after_one_record_comes_the_next_and_the_other_group_takes_over_what_was_said() {
    let test = TestApp::new().await;
    branch(&test).await;
    publish_those(&test, vec![monthly("group", "党小组会", UnitKind::Group, "group-meeting")]).await;
    let april =
        lines(&test, "党小组会").await.into_iter().find(|l| l.starts == date(2022, 4, 1)).expect("April's");
    let page = open(&test, &format!("/record?duty={}", april.duty)).await;
    let said = [
        ("title", "讨论分工"),
        ("day", "2022-04-12"),
        ("f_place", "实训楼"),
        ("f_minutes", "讨论"),
        ("p_rest", "present"),
    ];
    let saved = send(&test, &page, &said).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
    let cookie = saved.cookie("luoshi-said");
    let shown =
        test.get(saved.to()).header("cookie", &format!("{}; {cookie}", session(&test))).send().await.page();
    let next = shown.links().into_iter().find(|l| l.words.starts_with("下一件：")).expect("the next thing");
    assert!(next.words.contains("党小组会（4月）") && next.words.contains("第二党小组"), "{}", next.words);
    let page = open(&test, &next.href).await;
    assert_eq!((page.value("day"), page.value("title")), ("2022-04-12".to_owned(), "讨论分工".to_owned()));
    assert_eq!(page.value("f_place"), "实训楼");
}

fn session(test: &TestApp) -> String {
    format!("luoshi={}", test.tokens[&Role::Secretary])
}

#[tokio::test]
async fn a_row_says_that_a_waiver_is_asked_for() {
    let test = TestApp::new().await;
    let year = test.publish().await;
    let ask = format!("/duties/{}/waive", year.duties["april"]);
    test.post(&ask, &[("reason", "全员外出实习")]).as_(Role::Secretary).send().await;
    let month = open(&test, "/month").await;
    let row = month.of_class("todo").into_iter().find(|t| t.says("主题党日（4月）")).expect("April's row");
    assert!(row.says("已申请免办，等党委办公室批"), "{}", row.words());
}

#[tokio::test]
async fn a_self_check_and_a_publication_begin_with_what_the_records_say() {
    let test = TestApp::new().await;
    branch(&test).await;
    let yearly = Cadence::AtLeast { times: 1, per: Per::Year };
    let demands = vec![
        monthly("theme", "主题党日", UnitKind::Branch, "theme-day"),
        demand("check", "专项自查", of(UnitKind::Branch), yearly.clone(), "self-check"),
        demand("public", "党费收缴公布", of(UnitKind::Branch), yearly, "dues-publication"),
    ];
    publish_those(&test, demands).await;
    let dues = |month: &'static str, paid: &'static str| {
        [("title", "党费"), ("f_dues_month", month), ("f_dues_paid", paid), ("f_dues_people", "5")]
    };
    for (month, paid) in [("2022-01", "100.50"), ("2022-02", "99.50"), ("2021-12", "70")] {
        let (_, refused) = save(&test, Role::Secretary, BRANCH, "dues", &dues(month, paid)).await;
        assert_eq!(refused, "");
    }
    let (_, refused) = save(&test, Role::Secretary, BRANCH, "theme-day", &[("day", "2022-02-10")]).await;
    assert_eq!(refused, "");
    let of_branch =
        |lines: Vec<Line>| lines.into_iter().find(|l| l.unit == test.units[BRANCH]).expect("its own").duty;
    let page = open(&test, &format!("/record?duty={}", of_branch(lines(&test, "专项自查").await))).await;
    let (content, problems) = (page.value("f_content"), page.value("f_problems"));
    assert!(content.contains("据本系统的记录") && content.contains("主题党日：应办"), "{content}");
    assert!(problems.contains("逾期没有办：") && problems.contains("主题党日（3月）"), "{problems}");
    assert!(!problems.contains("主题党日（2月）"), "{problems}");
    let page = open(&test, &format!("/record?duty={}", of_branch(lines(&test, "党费收缴公布").await))).await;
    assert_eq!(page.value("f_dues_total"), "200", "of the months of this year, whenever they were paid");
    // Next month's dues begin with the last month's figures.
    let page = Page::read(&form(&test, Role::Secretary, BRANCH, "dues").await);
    assert!(
        ["100.5", "99.5", "70"].contains(&page.value("f_dues_paid").as_str()),
        "{}",
        page.value("f_dues_paid")
    );
    assert_eq!(page.value("f_dues_people"), "5");
}

#[tokio::test]
async fn an_activist_named_in_a_list_is_the_person() {
    let test = TestApp::new().await;
    branch(&test).await;
    test.publish().await;
    let (id, refused) =
        save(&test, Role::Secretary, BRANCH, "activist-examination", &[("f_examined", "甲某某、柳知行")])
            .await;
    assert_eq!(refused, "");
    let row = test.app.store.entry(test.institution, &Scope::All, id.parse().unwrap()).await.unwrap();
    let Some(Value::People(named)) = row.entry.values.get("examined") else { panic!("they are kept") };
    assert!(named.iter().all(|p| p.person.is_some()), "{named:?}");
}

#[tokio::test]
async fn a_training_of_the_office_counts_for_the_secretaries_in_their_branches() {
    let test = TestApp::new().await;
    branch(&test).await;
    let people = test.app.store.people(test.institution).await.expect("people").people;
    let secretary = people.iter().find(|p| p.name == "柳知行").expect("one of the branch").id;
    let post = model::Post {
        id: model::PostId::fresh(),
        person: secretary,
        unit: test.units[BRANCH],
        title: "书记".to_owned(),
        since: date(2020, 1, 1),
        until: None,
    };
    let act = Act::new(None, "", test.app.clock.now(), "test.make");
    let posts = People { posts: vec![post], ..People::default() };
    test.app.store.save_people(test.institution, &posts, &act).await.expect("a post");
    let posts = BTreeSet::from(["书记".to_owned()]);
    let bearers = Bearers { members: true, posts, ..Bearers::default() };
    let hours = Cadence::Hours { hours: 32, per: Per::Year };
    publish_those(&test, vec![demand("hours", "书记学时", bearers, hours, "training")]).await;
    let office = test.units["党委办公室"].to_string();
    let path = format!("/record?ledger=training&unit={office}&whom=书记");
    let path = path.replace("书记", "%E4%B9%A6%E8%AE%B0");
    let page = test.get(&path).as_(Role::Office).send().await.page();
    let who = page.anchor("who").expect("who came");
    assert!(who.says("柳知行") && who.says("教工第一党支部"), "{}", who.words());
    let mut fields = page.form("/record").filled();
    fields.retain(|(n, _)| !matches!(n.as_str(), "title" | "f_hours"));
    for (name, value) in [("title", "书记轮训"), ("f_hours", "8"), ("p_rest", "present")] {
        fields.push((name.to_owned(), value.to_owned()));
    }
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let saved = test.post("/record", &fields).as_(Role::Office).send().await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
    let line = lines(&test, "书记学时").await.into_iter().next().expect("the secretary's hours");
    let year = test.app.year(test.institution, None).await.unwrap().unwrap();
    let facts = year.board().facts(line.duty).expect("they are held");
    assert_eq!(runtime::credited(&facts, TODAY), 8 * 60, "in the branch, for the person");
}

#[tokio::test]
async fn her_own_branch_is_one_of_her_places() {
    let test = TestApp::new().await;
    test.publish().await;
    let month = open(&test, "/month").await;
    assert!(month.leads_to("/org/own") && month.says("本支部"), "{}", month.words());
    let own = test.get("/org/own").as_(Role::Secretary).send().await;
    assert_eq!(own.to(), format!("/units/{}", test.units[BRANCH]));
    assert!(month.leads_to(own.to()), "the name above the month leads there too");
    // A member begins with what is theirs.
    let first = test.get("/").as_(Role::Member).send().await;
    assert_eq!(first.to(), "/mine");
}

#[tokio::test]
async fn of_a_duty_or_a_person_of_others_nothing_is_told_not_even_the_name() {
    let test = TestApp::new().await;
    let year = test.publish().await;
    let theirs = year.duties["students"].to_string();
    let unit = test.units[BRANCH].to_string();
    let form = [("duty", theirs.as_str()), ("unit", unit.as_str()), ("ledger", "theme-day")];
    for path in ["/record/preview", "/record/draft"] {
        let answer = test.post(path, &form).as_(Role::Secretary).send().await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    let act = Act::new(None, "", test.app.clock.now(), "test.make");
    let person = Person {
        id: PersonId::fresh(),
        name: "别处某人".into(),
        number: String::new(),
        kind: "staff".into(),
    };
    let id = person.id;
    let people = People { people: vec![person], ..People::default() };
    test.app.store.save_people(test.institution, &people, &act).await.expect("somebody elsewhere");
    let list = open(&test, &format!("/duties?person={id}")).await;
    assert!(!list.says("别处某人"), "{}", list.words());
}

#[tokio::test]
async fn what_turns_the_direction_of_reading_is_not_kept() {
    let test = TestApp::new().await;
    let (id, refused) =
        save(&test, Role::Secretary, BRANCH, "theme-day", &[("title", "学习\u{202e}文件")]).await;
    assert_eq!(refused, "");
    let row = test.app.store.entry(test.institution, &Scope::All, id.parse().unwrap()).await.unwrap();
    assert_eq!(row.entry.title, "学习文件");
}

#[tokio::test]
async fn rights_follow_the_roster() {
    let test = TestApp::new().await;
    test.publish().await;
    let own = test.units[BRANCH];
    let other = test.units["学生第一党支部"];
    let to = other.to_string();
    move_out(&test, test.member, &[("way", "branch"), ("branch", &to), ("day", "2022-04-20")]).await;
    let status = |unit: UnitId| {
        let test = &test;
        async move { test.get(&format!("/units/{unit}")).as_(Role::Member).send().await.status }
    };
    assert_eq!(status(own).await, StatusCode::NOT_FOUND, "where they were");
    assert_eq!(status(other).await, StatusCode::OK, "where they are");
    move_out(&test, test.member, &[("way", "out"), ("day", "2022-04-22")]).await;
    let gone = test.get("/mine").as_(Role::Member).send().await;
    assert_eq!(gone.status, StatusCode::FORBIDDEN, "who has left holds no role");
}

#[tokio::test]
async fn a_role_that_went_with_a_post_ends_with_it() {
    let mut test = TestApp::new().await;
    let (store, branch) = (test.app.store.clone(), test.units[BRANCH]);
    let at = test.app.clock.now();
    let act = || Act::new(None, "", at, "test.make");
    let account = store.accounts(test.institution).await.expect("accounts");
    let account = account.iter().find(|a| a.person == Some(test.member)).expect("the member's account").id;
    let given = [(model::GrantId::fresh(), account, Role::Secretary, branch)];
    store.grant(test.institution, &given, &act()).await.expect("the role");
    async fn status(test: &TestApp) -> StatusCode {
        test.get("/people").as_(Role::Member).send().await.status
    }
    // Given without a post: it stands by whoever gave it.
    assert_eq!(status(&test).await, StatusCode::OK);
    let mut post = model::Post {
        id: model::PostId::fresh(),
        person: test.member,
        unit: branch,
        title: "书记".to_owned(),
        since: date(2020, 1, 1),
        until: None,
    };
    let institution = test.institution;
    let keep = |post: model::Post| {
        let (store, act) = (store.clone(), act());
        async move {
            let posts = People { posts: vec![post], ..People::default() };
            store.save_people(institution, &posts, &act).await.expect("a post");
        }
    };
    keep(post.clone()).await;
    assert_eq!(status(&test).await, StatusCode::OK);
    let units = work::units_with_secretary(&test.app, test.institution).await.expect("read");
    assert!(units.contains(&branch));
    let last = TODAY.tomorrow().expect("a day");
    post.until = Some(last);
    keep(post).await;
    assert_eq!(status(&test).await, StatusCode::OK, "held until then");
    test.on_day(last);
    assert_eq!(status(&test).await, StatusCode::FORBIDDEN, "the post is held no more");
}

#[tokio::test]
async fn the_month_says_what_may_be_held_together() {
    let test = TestApp::new().await;
    let demands = vec![
        monthly("theme", "主题党日", UnitKind::Branch, "theme-day"),
        monthly("committee", "支委会", UnitKind::Branch, "committee-meeting"),
        monthly("talk", "谈心谈话", UnitKind::Branch, "heart-talk"),
    ];
    publish_those(&test, demands).await;
    let page = open(&test, "/month").await;
    let line = |page: &Page, title: &str| {
        let all = page.of_class("todo");
        let of = all.into_iter().filter(|t| t.says(title) && !t.is_of_class("done"));
        of.map(|t| t.words()).collect::<Vec<_>>().join("\n")
    };
    assert!(line(&page, "支委会").contains("可与“主题党日”合开"), "{}", page.words());
    assert!(!line(&page, "谈心谈话").contains("合开"), "{}", page.words());
    let theme = lines(&test, "主题党日").await.into_iter();
    let april = |l: &Line| l.starts == date(2022, 4, 1) && l.unit == test.units[BRANCH];
    for line in theme.filter(|l| l.unit == test.units[BRANCH] && (april(l) || l.starts < date(2022, 4, 1))) {
        let form = open(&test, &format!("/record?duty={}", line.duty)).await;
        let day = line.starts.to_string();
        let said = [
            ("title", "走进产业园"),
            ("p_rest", "present"),
            ("f_minutes", "学习"),
            ("f_host", "方以宁"),
            ("day", &day),
        ];
        let saved = send(&test, &form, &said).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
    }
    let page = open(&test, "/month").await;
    assert!(!line(&page, "支委会").contains("合开"), "it is done: {}", page.words());
}

#[tokio::test]
async fn what_a_unit_owes_in_december_only_is_folded_until_then() {
    let test = TestApp::new().await;
    let yearly = |key: &str, title: &str, ledger: &str| {
        demand(key, title, of(UnitKind::Branch), Cadence::AtLeast { times: 1, per: Per::Year }, ledger)
    };
    let demands = vec![
        monthly("theme", "主题党日", UnitKind::Branch, "theme-day"),
        yearly("life", "组织生活会", "organisation-life"),
        yearly("review", "民主评议党员", "member-review"),
        yearly("talk", "谈心谈话", "heart-talk"),
    ];
    publish_those(&test, demands).await;
    let branch = format!("/units/{}", test.units[BRANCH]);
    let folded = |page: &Page| {
        let folds = page.of_class("yr-d");
        folds.first().map(|f| f.words()).unwrap_or_default()
    };
    let page = open(&test, &branch).await;
    let words = folded(&page);
    assert!(words.contains("只在12月到期的 3 项") && words.contains("组织生活会"), "{words}");
    assert!(!words.contains("主题党日") && page.says("主题党日"), "{words}");
    let page = open(&test, &format!("{branch}?on=2022-12-05")).await;
    assert!(folded(&page).is_empty() && page.says("组织生活会"), "{}", page.words());
}

#[tokio::test]
async fn a_record_of_a_year_without_a_plan_here_is_an_archive_record() {
    let test = TestApp::new().await;
    publish_those(&test, vec![monthly("theme", "主题党日", UnitKind::Branch, "theme-day")]).await;
    let keep = async |day: &str| {
        let more = [("day", day), ("title", "旧的")];
        let (id, refused) = crate::entries::save(&test, Role::Secretary, BRANCH, "theme-day", &more).await;
        assert_eq!(refused, "");
        open(&test, &format!("/entries/{id}")).await
    };
    let old = keep("2019-05-06").await;
    assert!(old.says("2019年没有在这里运行的要点，这条记录只作存档"), "{}", old.words());
    assert!(!keep("2022-04-06").await.says("只作存档"));
}
