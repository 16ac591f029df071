//! Units founded, renamed, moved, merged, split and dissolved: what is shown before, what follows, and taking it back.

use axum::http::StatusCode;
use jiff::civil::{Date, date};
use model::{Membership, MembershipId, Person, PersonId, Post, PostId, Role, Stage, Standing, UnitId};
use runtime::Pick;
use store::{Act, AuditFilter, AuditLine, People, RosterFilter, Scope};

use crate::harness::{Answer, TODAY, TestApp};
use crate::record::theme_day;

const STAFF: &str = "教工第一党支部";
const STUDENTS: &str = "学生第一党支部";

async fn look(test: &TestApp, fields: &[(&str, &str)]) -> Answer {
    test.post("/org/change", fields).as_(Role::Office).send().await
}

/// Looks at what follows, confirms it; the way to the change.
async fn change(test: &TestApp, fields: &[(&str, &str)]) -> String {
    let page = look(test, fields).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    let (id, mark) = (page.page().value("id"), page.page().value("mark"));
    let mut all = fields.to_vec();
    all.extend([("id", id.as_str()), ("mark", mark.as_str()), ("do", "confirm"), ("read", "1")]);
    let done = look(test, &all).await;
    assert_eq!(done.to(), format!("/org/changes/{id}"), "{}", done.text());
    done.to().to_owned()
}

async fn undo(test: &TestApp, at: &str) -> Answer {
    test.post(&format!("{at}/undo"), &[]).as_(Role::Office).send().await
}

async fn get(test: &TestApp, path: &str, role: Role) -> String {
    test.get(path).as_(role).send().await.text()
}

async fn unit_named(test: &TestApp, name: &str) -> UnitId {
    let known = test.app.known(test.institution).await.expect("an institution");
    known.organisation.units.iter().rfind(|u| u.name == name).unwrap_or_else(|| panic!("no {name}")).id
}

/// How many duties of a unit there are on a day.
async fn owed(test: &TestApp, unit: UnitId, on: Date) -> usize {
    let year = test.app.year(test.institution, None).await.expect("a year").expect("published");
    let board = year.board();
    board.list(&Pick::unit(unit), on).len()
}

async fn members(test: &TestApp, unit: UnitId, day: Date) -> Vec<String> {
    let filter = RosterFilter { branches: Some([unit].into()), ..RosterFilter::on(day) };
    let rows = test.app.store.roster(test.institution, &Scope::All, &filter, 0, 100).await.expect("a roster");
    rows.into_iter().map(|r| r.person.name).collect()
}

/// Somebody in a branch, who is its 书记.
async fn secretary(test: &TestApp, name: &str, branch: UnitId) -> PersonId {
    let person =
        Person { id: PersonId::fresh(), name: name.into(), number: String::new(), kind: "staff".into() };
    let id = person.id;
    let since = date(2020, 1, 1);
    let membership = Membership {
        id: MembershipId::fresh(),
        person: id,
        branch,
        group: None,
        stage: Stage::Full,
        since,
        until: None,
    };
    let post =
        Post { id: PostId::fresh(), person: id, unit: branch, title: "书记".into(), since, until: None };
    let people = People { people: vec![person], memberships: vec![membership], posts: vec![post] };
    let act = Act::new(None, "", test.app.clock.now(), "test.make");
    test.app.store.save_people(test.institution, &people, &act).await.expect("a person");
    id
}

#[tokio::test]
async fn a_branch_is_merged_into_another_seen_first_and_taken_back() {
    let test = TestApp::new().await;
    let year = test.publish().await;
    let (staff, students) = (test.units[STAFF], test.units[STUDENTS]);
    secretary(&test, "温如许", staff).await;
    let written = theme_day(&test, &year).await;
    test.post("/record", &written.pairs()).as_(Role::Secretary).send().await;
    let before = (owed(&test, staff, TODAY).await, owed(&test, students, TODAY).await);

    let (from, to) = (staff.to_string(), students.to_string());
    let fields =
        [("kind", "merged"), ("unit", &*from), ("other", &*to), ("way", "other"), ("day", "2022-04-21")];
    let page = look(&test, &fields).await.page();
    for words in [
        "教工第一党支部并入学生第一党支部",
        "方以宁",
        "温如许",
        "转到",
        "免去的职务",
        "失去“支部书记”",
        "条记录留在原处",
        "以前到期的",
        "随人转走 1 项",
        "合并这两个组织",
    ] {
        assert!(page.says(words), "{words}\n{}", page.words());
    }
    assert_eq!(members(&test, staff, TODAY).await.len(), 2, "looking changes nothing");
    // Not without having said that it was read.
    let (id, mark) = (page.value("id"), page.value("mark"));
    let mut unread = fields.to_vec();
    unread.extend([("id", id.as_str()), ("mark", mark.as_str()), ("do", "confirm")]);
    let refused = look(&test, &unread).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text().contains("先核对下面的后果"));

    let at = change(&test, &fields).await;
    assert!(members(&test, staff, TODAY).await.is_empty());
    assert_eq!(members(&test, students, TODAY).await, ["方以宁", "温如许"]);
    assert_eq!(members(&test, staff, date(2022, 4, 20)).await.len(), 2, "the day before, as it stood");
    // What was due before stays with the old branch, April's theme day is done; the hours went along.
    let left = owed(&test, staff, TODAY).await;
    assert!(left > 0 && left < before.0, "{left} of {}", before.0);
    assert_eq!(owed(&test, staff, date(2022, 4, 20)).await, before.0);
    assert_eq!(owed(&test, students, TODAY).await, before.1 + 1);
    let known = test.app.year(test.institution, None).await.unwrap().unwrap();
    assert_eq!(known.board().standing(year.duties["april"], TODAY), Some(Standing::Met));

    // From the successor's page the records of before can be read; the old secretary's scope is gone.
    let page = get(&test, &format!("/units/{students}"), Role::Office).await;
    assert!(page.contains("前身") && page.contains(&format!("/units/{staff}")), "{page}");
    let page = get(&test, &format!("/units/{staff}"), Role::Office).await;
    assert!(page.contains("后继") && page.contains("走进产业园") && page.contains("不在册"), "{page}");
    let month = test.get("/record").as_(Role::Secretary).send().await;
    assert_eq!(month.status, StatusCode::FORBIDDEN);
    // The member follows the roster.
    let mine = test.get(&format!("/units/{students}")).as_(Role::Member).send().await;
    assert_eq!(mine.status, StatusCode::OK);

    let merged = AuditFilter { action: Some("unit.merged".into()), ..AuditFilter::default() };
    let line = &test.app.store.audit(test.institution, &merged, 1).await.unwrap()[0];
    assert_eq!(
        (line.action.as_str(), line.subject.as_str()),
        ("unit.merged", "教工第一党支部并入学生第一党支部")
    );
    let history = test.app.store.unit_history(test.institution, staff).await.unwrap();
    assert_eq!(history[0].1.dissolved, Some(date(2022, 4, 21)));

    let back = undo(&test, &at).await;
    assert_eq!(back.to(), at, "{}", back.text());
    assert_eq!(members(&test, staff, TODAY).await.len(), 2);
    assert_eq!((owed(&test, staff, TODAY).await, owed(&test, students, TODAY).await), before);
    assert_eq!(test.get("/record").as_(Role::Secretary).send().await.status, StatusCode::OK);
    assert!(get(&test, &at, Role::Office).await.contains("撤回，一切照原样"));
    assert!(undo(&test, &at).await.text().contains("已经撤回过了"));
}

#[tokio::test]
async fn the_successors_secretary_reads_and_mends_what_the_branch_before_wrote() {
    let test = TestApp::new().await;
    let year = test.publish().await;
    let (staff, students) = (test.units[STAFF].to_string(), test.units[STUDENTS].to_string());
    let written = theme_day(&test, &year).await;
    let mut theirs: Vec<(&str, &str)> =
        written.pairs().into_iter().filter(|(n, _)| !matches!(*n, "unit" | "duty")).collect();
    theirs.push(("unit", &students));
    let saved = test.post("/record", &theirs).as_(Role::Office).send().await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
    let record = saved.to().to_owned();
    let revise = format!("{record}/revise");
    assert_eq!(test.get(&revise).as_(Role::Secretary).send().await.status, StatusCode::NOT_FOUND);
    let fields = [
        ("kind", "merged"),
        ("unit", &*students),
        ("other", &*staff),
        ("way", "other"),
        ("day", "2022-04-21"),
    ];
    change(&test, &fields).await;
    for path in [record.as_str(), &revise] {
        let page = test.get(path).as_(Role::Secretary).send().await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text());
    }
}

#[tokio::test]
async fn records_of_a_dissolved_branch_are_taken_for_days_before_and_refused_after() {
    let test = TestApp::new().await;
    let year = test.publish().await;
    let staff = test.units[STAFF].to_string();
    let to = test.units[STUDENTS].to_string();
    let written = theme_day(&test, &year).await;
    let fields = [("kind", "dissolved"), ("unit", &*staff), ("members_to", &*to), ("day", "2022-04-21")];
    change(&test, &fields).await;
    let mut late: Vec<(&str, &str)> = written.pairs().into_iter().filter(|(n, _)| *n != "day").collect();
    late.push(("day", "2022-04-21"));
    let refused = test.post("/record", &late).as_(Role::Office).send().await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.text().contains("教工第一党支部2022年4月21日起已撤销；撤销以前的事仍可补录"),
        "{}",
        refused.text()
    );
    assert!(refused.text().contains("走进产业园"), "nothing typed is lost");
    late.retain(|(n, _)| *n != "day");
    late.push(("day", "2022-04-20"));
    let saved = test.post("/record", &late).as_(Role::Office).send().await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
}

#[tokio::test]
async fn a_branch_cannot_be_dissolved_while_members_have_nowhere_to_go() {
    let test = TestApp::new().await;
    let staff = test.units[STAFF].to_string();
    let general = test.units["智能制造学院党总支"].to_string();
    let page = look(&test, &[("kind", "dissolved"), ("unit", &staff), ("day", "2022-04-21")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text().contains("还有 1 名党员和发展对象等，要选转到哪个支部"), "{}", page.text());
    let page = look(&test, &[("kind", "dissolved"), ("unit", &general), ("day", "2022-04-21")]).await;
    assert!(page.text().contains("下面还有 2 个组织，要选归谁"), "{}", page.text());
    let page = look(&test, &[("kind", "dissolved"), ("unit", &staff), ("day", "2022-05-01")]).await;
    assert!(page.text().contains("还没有到，到那天再来办理"));
}

#[tokio::test]
async fn a_branch_is_split_person_by_person_and_the_new_one_owes_the_rest_of_the_year() {
    let test = TestApp::new().await;
    test.publish().await;
    let staff = test.units[STAFF];
    let other = secretary(&test, "温如许", staff).await;
    let id = staff.to_string();
    let names = "教工第一党支部\n教工第二党支部";
    let choose = format!("to_{other}");
    let before = owed(&test, staff, TODAY).await;
    let fields =
        [("kind", "split"), ("unit", &*id), ("names", names), (choose.as_str(), "1"), ("day", "2022-04-05")];
    let page = look(&test, &fields).await.text();
    assert!(
        page.contains("逐人选去哪里") && page.contains("主题党日 9") && page.contains("支部党员大会 3"),
        "{page}"
    );
    let at = change(&test, &fields).await;
    let new = unit_named(&test, "教工第二党支部").await;
    assert_eq!(members(&test, new, TODAY).await, ["温如许"]);
    assert_eq!(members(&test, staff, TODAY).await, ["方以宁"]);
    assert_eq!(owed(&test, new, TODAY).await, 12, "April to December, and three quarters");
    assert_eq!(owed(&test, staff, TODAY).await, before, "the one that stays owes what it owed");
    assert_eq!(owed(&test, new, date(2022, 4, 4)).await, 0);
    // Whoever has a record in the new branch must withdraw it first; without, all is as before.
    let back = undo(&test, &at).await;
    assert_eq!(back.to(), at, "{}", back.text());
    assert_eq!(members(&test, staff, TODAY).await.len(), 2);
    assert_eq!(owed(&test, new, TODAY).await, 0);
    assert!(!get(&test, "/org", Role::Office).await.contains("教工第二党支部"), "it was never there");
}

#[tokio::test]
async fn a_past_day_shows_the_names_and_superiors_of_that_day() {
    let test = TestApp::new().await;
    test.publish().await;
    let staff = test.units[STAFF].to_string();
    let root = test.units["中共青梧职业技术学院委员会"].to_string();
    change(&test, &[("kind", "renamed"), ("unit", &staff), ("name", "教师党支部"), ("day", "2022-04-10")])
        .await;
    change(&test, &[("kind", "moved"), ("unit", &staff), ("parent", &root), ("day", "2022-04-15")]).await;
    let now = get(&test, "/org", Role::Office).await;
    assert!(now.contains("教师党支部") && now.contains("变动记录"));
    for path in ["/org?on=2022-04-09", "/matrix?on=2022-04-09", &format!("/units/{staff}?on=2022-04-09")] {
        let then = get(&test, path, Role::Office).await;
        assert!(then.contains(STAFF), "{path}\n{then}");
    }
    let then = get(&test, &format!("/units/{staff}?on=2022-04-12"), Role::Office).await;
    assert!(then.contains("教师党支部") && then.contains("上级是智能制造学院党总支"), "{then}");
    let roster = get(&test, "/people?on=2022-04-09", Role::Office).await;
    assert!(roster.contains(STAFF) && !roster.contains("教师党支部"));
    // The old name still finds it.
    let known = test.app.known(test.institution).await.unwrap();
    let unit = known.organisation.unit(test.units[STAFF]).unwrap();
    assert_eq!(unit.aliases, [STAFF]);
    // Not before the last change of the same unit.
    let early = [("kind", "renamed"), ("unit", &*staff), ("name", "别名"), ("day", "2022-04-12")];
    assert!(look(&test, &early).await.text().contains("办过调整上级，要在那天或以后"));
}

#[tokio::test]
async fn two_branches_become_a_new_one_and_a_later_change_holds_the_first() {
    let test = TestApp::new().await;
    test.publish().await;
    let (staff, students) = (test.units[STAFF].to_string(), test.units[STUDENTS].to_string());
    let general = test.units["智能制造学院党总支"].to_string();
    let fields = [
        ("kind", "merged"),
        ("unit", &*staff),
        ("other", &*students),
        ("way", "new"),
        ("name", "师生联合党支部"),
        ("parent", &*general),
        ("day", "2022-04-01"),
    ];
    let at = change(&test, &fields).await;
    let new = unit_named(&test, "师生联合党支部").await;
    assert_eq!(members(&test, new, TODAY).await, ["方以宁"]);
    assert_eq!(owed(&test, new, TODAY).await, 9 + 3 + 1, "its own, and the hours of its member");
    let id = new.to_string();
    change(&test, &[("kind", "renamed"), ("unit", &id), ("name", "联合党支部"), ("day", "2022-04-20")]).await;
    let refused = undo(&test, &at).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text().contains("先撤回后来的那次"), "{}", refused.text());
    let list = get(&test, "/org/changes", Role::Office).await;
    assert!(
        list.contains("教工第一党支部和学生第一党支部合并为师生联合党支部")
            && list.contains("改名为联合党支部")
    );
}

#[tokio::test]
async fn a_branch_is_founded_and_mistakes_of_the_form_come_all_at_once() {
    let test = TestApp::new().await;
    test.publish().await;
    let general = test.units["智能制造学院党总支"].to_string();
    let wrong = [
        ("kind", "founded"),
        ("name", STAFF),
        ("of_kind", "group"),
        ("parent", &*general),
        ("day", "2099-01-01"),
    ];
    let page = look(&test, &wrong).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    for words in ["这个上级下面已有“教工第一党支部”", "党小组要在一个党支部下面", "还没有到"]
    {
        assert!(page.text().contains(words), "{words}\n{}", page.text());
    }
    let fields = [
        ("kind", "founded"),
        ("name", "教工第三党支部"),
        ("of_kind", "branch"),
        ("parent", &*general),
        ("traits", "staff"),
        ("day", "2022-04-22"),
        ("note", "青梧党〔2022〕9号"),
    ];
    let at = change(&test, &fields).await;
    let new = unit_named(&test, "教工第三党支部").await;
    assert_eq!(owed(&test, new, TODAY).await, 8 + 3, "eight days are too short for April");
    assert!(get(&test, &at, Role::Office).await.contains("青梧党〔2022〕9号"));
    // Sent twice, done once.
    let again = test.app.store.unit_changes(test.institution).await.unwrap();
    assert_eq!(again.len(), 1);
}

#[tokio::test]
async fn a_ledger_that_a_unit_does_not_keep_is_refused_by_its_address() {
    let test = TestApp::new().await;
    let staff = test.units[STAFF];
    let answer =
        test.get(&format!("/record?ledger=center-group&unit={staff}")).as_(Role::Secretary).send().await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.text().contains("记录，教工第一党支部不用记。"), "{}", answer.text());
    let sent =
        [("ledger", "center-group"), ("unit", &*staff.to_string()), ("title", "学习"), ("day", "2022-04-20")];
    let answer = test.post("/record", &sent).as_(Role::Secretary).send().await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "nor saved");
}

/// Records an election; where the record is.
async fn elected(test: &TestApp, id: &str, revision: &str, unit: UnitId, day: &str, ends: &str) -> String {
    let unit = unit.to_string();
    let typed = [
        ("id", id),
        ("revision", revision),
        ("unit", &*unit),
        ("ledger", "branch-file"),
        ("title", "选举产生新一届支委会"),
        ("day", day),
        ("f_file_change", "elected"),
        ("f_term_ends", ends),
    ];
    let answer = test.post("/record", &typed).as_(Role::Office).send().await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    answer.to().to_owned()
}

/// The elections that a unit owes: when they are due, and how they stand.
async fn elections(test: &TestApp, unit: UnitId) -> Vec<(Date, Standing)> {
    let year = test.app.year(test.institution, None).await.expect("a year").expect("published");
    let lines = year.board().list(&Pick::unit(unit), TODAY);
    let is = |id| year.obligation(id).is_some_and(|o| o.title == "按期换届");
    lines.into_iter().filter(|l| is(l.obligation)).map(|l| (l.due, l.standing)).collect()
}

#[tokio::test]
async fn an_election_is_owed_by_the_units_term_and_done_by_its_record() {
    let test = TestApp::new().await;
    test.publish().await;
    let (staff, students) = (test.units[STAFF], test.units[STUDENTS]);
    let old = model::EntryId::fresh().to_string();
    // The last election is entered late: its term ends this summer, so this year asks for the next.
    elected(&test, &old, "0", students, "2022-01-10", "2022-08-20").await;
    assert_eq!(elections(&test, students).await, [(date(2022, 8, 20), Standing::Open)]);
    assert!(elections(&test, staff).await.is_empty(), "each by its own term");
    // A slip put right: the duty follows.
    elected(&test, &old, "1", students, "2022-01-10", "2022-06-20").await;
    assert_eq!(elections(&test, students).await, [(date(2022, 6, 20), Standing::Open)]);
    // The record and the duty that follows it are one act.
    let filter = AuditFilter { subject: Some(old.clone()), ..AuditFilter::default() };
    let lines = test.app.store.audit(test.institution, &filter, 10).await.expect("readable");
    let detail = |l: &AuditLine| serde_json::from_str::<serde_json::Value>(&l.detail).expect("JSON");
    let moved = |l: &AuditLine, what: &str| detail(l)[what].as_u64();
    let told: Vec<_> =
        lines.iter().map(|l| (l.action.as_str(), moved(l, "dropped"), moved(l, "made"))).collect();
    assert_eq!(told, [("entry.revise", Some(1), Some(1)), ("entry.save", Some(0), Some(1))]);
    // The election: done, and nothing more is owed in this year.
    let new = model::EntryId::fresh().to_string();
    elected(&test, &new, "0", students, "2022-04-20", "2025-04-19").await;
    assert_eq!(elections(&test, students).await, [(date(2022, 6, 20), Standing::Met)]);
    let month = get(&test, &format!("/units/{students}"), Role::Office).await;
    assert!(month.contains("按期换届") && month.contains("2025年4月19日"), "{month}");
}
