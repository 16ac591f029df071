//! What follows for duties when people come, move and leave; and that what is owed about somebody is not theirs to see.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use jiff::civil::{Date, date};
use model::{
    About, Bearers, Cadence, Duty, DutyId, DutySource, MeasureKind, Obligation, ObligationId, Origin, Per,
    PersonId, Plan, PlanId, Review, Role, SourceText, Stage, UnitKind,
};
use runtime::{Basis, Moments, Roster, SchoolCalendar, Usual};
use store::{Act, AuditFilter, DutyFilter, Opening, PlanSave, Publication, RosterFilter, Scope};
use testkit::Page;

use crate::harness::TestApp;

/// Publishes on 10 January what each branch owes about each of some people every half-year, and members' study hours.
async fn publish(test: &TestApp, stages: &[Stage]) -> PlanId {
    let looked_at = Bearers {
        kinds: BTreeSet::from([UnitKind::Branch]),
        about: Some(About { stages: stages.iter().copied().collect(), ..About::default() }),
        ..Bearers::default()
    };
    let half_yearly = Cadence::AtLeast { times: 1, per: Per::HalfYear };
    let demands = vec![
        demand("looked-at", "半年考察", looked_at, half_yearly, "member-development"),
        demand(
            "hours",
            "集中学习",
            Bearers { members: true, ..Bearers::default() },
            Cadence::Hours { hours: 32, per: Per::Year },
            "training",
        ),
    ];
    publish_those(test, demands).await
}

/// What a plan of 2022 asks.
pub(crate) fn demand(key: &str, title: &str, bearers: Bearers, cadence: Cadence, ledger: &str) -> Obligation {
    Obligation {
        id: ObligationId::fresh(),
        source: DutySource::Plan(PlanId::fresh()),
        year: 2022,
        key: key.to_owned(),
        item: None,
        title: title.to_owned(),
        kind: MeasureKind::Ruled,
        origin: Origin::Standing { rule: key.to_owned() },
        bearers,
        lead: Vec::new(),
        cadence,
        ledger: Some(ledger.to_owned()),
        condition: model::Conditions::default(),
        assessed: true,
    }
}

/// Publishes on 10 January a plan that asks this of the units and people as they are.
pub(crate) async fn publish_those(test: &TestApp, mut obligations: Vec<Obligation>) -> PlanId {
    let plan = PlanId::fresh();
    obligations.iter_mut().for_each(|o| o.source = DutySource::Plan(plan));
    let store = &test.app.store;
    let (org, people) = (
        store.organisation(test.institution).await.expect("units"),
        store.people(test.institution).await.expect("people"),
    );
    let made = date(2022, 1, 10);
    let (roster, calendar) =
        (Roster::new(people.memberships, people.posts), SchoolCalendar::default_for(2022));
    let (moments, usual) = (Moments::default(), Usual::default());
    let basis = Basis {
        org: &org,
        roster: &roster,
        calendar: &calendar,
        year: 2022,
        made,
        from: made,
        rules: "v1",
        moments: &moments,
        usual_months: &usual,
    };
    let duties = obligations.iter().flat_map(|o| runtime::schedule(o, &basis, &mut DutyId::fresh)).collect();
    let act = || Act::new(None, "", test.app.clock.now(), "plan.publish");
    let review = Review { plan: Plan::default(), proposals: Vec::new(), seen: BTreeSet::new() };
    let save = PlanSave {
        title: "2022年党建工作要点".to_owned(),
        year: 2022,
        issuer: None,
        file: None,
        source: Some(SourceText::from_plain("要点.txt", "一、组织建设\n")),
        review: serde_json::to_string(&review).expect("a review is JSON"),
    };
    let saved = store.create_plan(test.institution, plan, &save, &act()).await.expect("a plan");
    let publication = Publication {
        made,
        opening: Opening { obligations, duties, ..Opening::default() },
        ..Publication::default()
    };
    let revision = saved.into_inner().revision;
    store.publish(test.institution, plan, revision, &publication, &act()).await.expect("published");
    plan
}

/// The duties of a person or about them: name, unit, due day.
async fn of(test: &TestApp, person: PersonId) -> Vec<Duty> {
    let filter = DutyFilter { person: Some(person), ..DutyFilter::default() };
    test.app.store.duties(test.institution, &Scope::All, &filter, 99).await.expect("duties")
}

async fn id_of(test: &TestApp, name: &str, day: Date) -> PersonId {
    let filter =
        RosterFilter { presence: store::Presence::All, words: name.to_owned(), ..RosterFilter::on(day) };
    let rows = test.app.store.roster(test.institution, &Scope::All, &filter, 0, 9).await.expect("the roster");
    rows.first().expect("somebody").person.id
}

/// What the newest line of the audit says of duties: ended, made.
async fn moved(test: &TestApp) -> (i64, i64) {
    let lines = test.app.store.audit(test.institution, &AuditFilter::default(), 1).await.expect("a line");
    let said: serde_json::Value = serde_json::from_str(&lines[0].detail).unwrap_or_default();
    let of = |key: &str| said[key].as_i64().unwrap_or(0);
    (of("duties_ended"), of("duties_made"))
}

pub(crate) async fn move_out(test: &TestApp, id: PersonId, fields: &[(&str, &str)]) {
    let form = test.get(&format!("/people/{id}/move")).as_(Role::Office).send().await.text();
    let revision = Page::read(&form).value("revision");
    let all: Vec<(&str, &str)> =
        [("revision", revision.as_str())].into_iter().chain(fields.iter().copied()).collect();
    let done = test.post(&format!("/people/{id}/move"), &all).as_(Role::Office).send().await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
}

#[tokio::test]
async fn who_comes_is_looked_at_and_of_who_leaves_the_rest_ends() {
    let mut test = TestApp::new().await;
    publish(&test, &[Stage::Activist]).await;
    test.on_day(date(2022, 3, 10));
    let (first, second) = (test.units["教工第一党支部"], test.units["学生第一党支部"]);
    let branch = first.to_string();
    let fields = [
        ("name", "齐悦"),
        ("number", "20220001"),
        ("kind", "student"),
        ("branch", branch.as_str()),
        ("stage", "activist"),
        ("arrived", "2022-03-08"),
    ];
    let added = test.post("/people/new", &fields).as_(Role::Office).send().await;
    assert_eq!(added.status, StatusCode::SEE_OTHER, "{}", added.text());
    let id = id_of(&test, "齐悦", date(2022, 3, 10)).await;
    assert_eq!(moved(&test).await, (0, 2));
    let june = (date(2022, 3, 8), date(2022, 6, 30));
    let december = (date(2022, 7, 1), date(2022, 12, 31));
    let days = |all: &[Duty]| all.iter().map(|d| (d.starts, d.due)).collect::<Vec<_>>();
    let duties = of(&test, id).await;
    assert_eq!(days(&duties), [june, december], "an activist owes no study hours");
    assert!(duties.iter().all(|d| d.unit == first));
    let list = test.get("/duties").as_(Role::Secretary).send().await.page();
    assert!(list.says("半年考察"), "{}", list.words());

    // A corrected name moves nothing.
    let edit = test.get(&format!("/people/{id}/edit")).as_(Role::Office).send().await.text();
    let fields = [
        ("revision", Page::read(&edit).value("revision")),
        ("name", "齐越".to_owned()),
        ("number", "20220001".to_owned()),
        ("kind", "student".to_owned()),
    ];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let saved = test.post(&format!("/people/{id}/edit"), &fields).as_(Role::Office).send().await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
    assert_eq!((moved(&test).await, of(&test, id).await), ((0, 0), duties.clone()));

    // Another branch takes over what is not due yet.
    test.on_day(date(2022, 8, 20));
    let to = second.to_string();
    move_out(&test, id, &[("way", "branch"), ("branch", &to), ("day", "2022-08-20")]).await;
    assert_eq!(moved(&test).await, (1, 1));
    let now = of(&test, id).await;
    assert_eq!((now[0].id, now[0].unit), (duties[0].id, first), "what was due in June stays where it was");
    assert_eq!((now[1].unit, now[1].starts, now[1].due), (second, date(2022, 8, 20), december.1));

    test.on_day(date(2022, 10, 10));
    move_out(&test, id, &[("way", "out"), ("day", "2022-10-10")]).await;
    assert_eq!(moved(&test).await, (1, 0));
    assert_eq!(of(&test, id).await, now[..1], "the rest ends, what is overdue does not");
    assert_eq!(test.app.store.verify_kept(test.institution).await.expect("a check"), []);
}

#[tokio::test]
async fn an_import_and_its_undoing_take_duties_along() {
    let mut test = TestApp::new().await;
    publish(&test, &[Stage::Activist]).await;
    test.on_day(date(2022, 4, 22));
    let text = "姓名\t工号\t类别\t所在支部\t发展阶段\n齐悦\t20220001\t教职工\t教工第一党支部\t入党积极分子\n丁岚\t20220002\t教职工\t教工第一党支部\t正式党员";
    let at = crate::people::import(&test, text).await;
    let (one, two) =
        (id_of(&test, "齐悦", date(2022, 4, 22)).await, id_of(&test, "丁岚", date(2022, 4, 22)).await);
    assert_eq!((of(&test, one).await.len(), of(&test, two).await.len()), (2, 1));
    let undone = test.post(&format!("{at}/undo"), &[]).as_(Role::Office).send().await;
    assert_eq!(undone.status, StatusCode::SEE_OTHER, "{}", undone.text());
    assert_eq!((of(&test, one).await, of(&test, two).await), (vec![], vec![]));
    let on = RosterFilter::on(date(2022, 4, 22));
    let left = test.app.store.roster(test.institution, &Scope::All, &on, 0, 9).await.expect("the roster");
    assert_eq!(left.len(), 1, "{left:?}");
    // Handed in again, they are who they were.
    crate::people::import(&test, text).await;
    assert_eq!((of(&test, one).await.len(), of(&test, two).await.len()), (2, 1));
}

#[tokio::test]
async fn what_is_owed_about_somebody_is_not_theirs_to_see() {
    let test = TestApp::new().await;
    publish(&test, &[Stage::Full]).await;
    let about = of(&test, test.member).await.into_iter().find(|d| d.title.contains("半年考察")).expect("one");
    for (path, role, sees) in [
        ("/duties", Role::Secretary, true),
        ("/month", Role::Secretary, true),
        ("/duties", Role::Member, false),
        ("/month", Role::Member, false),
        ("/mine", Role::Member, false),
    ] {
        let page = test.get(path).as_(role).send().await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert_eq!(page.page().says("半年考察"), sees, "{path} {role:?}");
    }
    let own = test.get("/mine").as_(Role::Member).send().await.text();
    assert!(own.contains("集中学习"), "their own stands there");
    let path = format!("/duties/{}", about.id);
    assert_eq!(test.get(&path).as_(Role::Secretary).send().await.status, StatusCode::OK);
    assert_eq!(test.get(&path).as_(Role::Member).send().await.status, StatusCode::NOT_FOUND);
}
