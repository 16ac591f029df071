//! 学校事件: a day is told, moved and taken back; a record is an event; what is done stays.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use jiff::civil::date;
use model::{
    Bearers, Cadence, Duty, DutySource, Entry, EntryId, MeasureKind, Moment, Obligation, ObligationId,
    Origin, Plan, PlanId, Review, Role, SourceText, Span, Standing, UnitKind, When,
};
use store::{Act, DutyFilter, Opening, PlanSave, Publication, Scope};

use crate::harness::TestApp;

/// Obligations of a published plan that wait for days: what is done before the congress, and the first topic of each session.
struct Waiting {
    election: ObligationId,
    topic: ObligationId,
}

fn obligation(
    plan: PlanId,
    key: &str,
    title: &str,
    kind: UnitKind,
    cadence: Cadence,
    ledger: &str,
) -> Obligation {
    Obligation {
        id: ObligationId::fresh(),
        source: DutySource::Plan(plan),
        year: 2022,
        key: key.to_owned(),
        item: None,
        title: title.to_owned(),
        kind: MeasureKind::Dated,
        origin: Origin::Clause { text: title.to_owned(), span: Span::new(0, 6) },
        bearers: Bearers { kinds: BTreeSet::from([kind]), ..Bearers::default() },
        lead: Vec::new(),
        cadence,
        ledger: Some(ledger.to_owned()),
        condition: model::Conditions::default(),
        assessed: true,
    }
}

async fn publish(test: &TestApp) -> Waiting {
    let id = PlanId::fresh();
    let act = || Act::new(None, "", test.app.clock.now(), "plan.publish");
    let source = SourceText::from_plain(
        "要点.txt",
        "一、组织建设\n1.筹备党代会。在学校第二次党代会召开前完成代表选举。\n",
    );
    let review = Review { plan: Plan::default(), proposals: Vec::new(), seen: BTreeSet::new() };
    let save = PlanSave {
        title: "2022年党建工作要点".to_owned(),
        year: 2022,
        issuer: None,
        file: None,
        source: Some(source),
        review: serde_json::to_string(&review).expect("a review is JSON"),
    };
    let store = &test.app.store;
    let saved = store.create_plan(test.institution, id, &save, &act()).await.expect("a plan");
    let before = Cadence::before("学校第二次党代会召开");
    let session = Moment::Event { id: "committee-session".to_owned(), words: "党委会".to_owned() };
    let each = Cadence::Hang { on: session, when: When::On };
    let election = obligation(id, "1.1", "代表选举", UnitKind::Branch, before, "general-work");
    let topic = obligation(id, "1.2", "第一议题", UnitKind::Committee, each, "first-topic");
    let out = Waiting { election: election.id, topic: topic.id };
    let publication = Publication {
        made: date(2022, 1, 10),
        opening: Opening { obligations: vec![election, topic], ..Opening::default() },
        ..Publication::default()
    };
    store
        .publish(test.institution, id, saved.into_inner().revision, &publication, &act())
        .await
        .expect("published");
    out
}

async fn owed(test: &TestApp, of: ObligationId) -> Vec<Duty> {
    let filter = DutyFilter { obligation: Some(of), ..DutyFilter::default() };
    test.app.store.duties(test.institution, &Scope::All, &filter, 100).await.expect("duties")
}

async fn standing(test: &TestApp, duty: &Duty) -> Option<Standing> {
    let year = test.app.year(test.institution, None).await.expect("a year").expect("published");
    year.board().standing(duty.id, test.app.clock.today())
}

/// The form of the congress, and what it sends.
async fn tell(test: &TestApp, form: &str, day: &str, act: &str) -> crate::harness::Answer {
    let page = test.get(form).as_(Role::Office).send().await.page();
    let (id, revision) = (page.value("id"), page.value("revision"));
    let fields = [
        ("id", id.as_str()),
        ("event", "party-congress"),
        ("year", "2022"),
        ("revision", revision.as_str()),
        ("day", day),
        ("note", ""),
        ("do", act),
    ];
    test.post("/events/tell", &fields).as_(Role::Office).send().await
}

async fn record(test: &TestApp, role: Role, fields: &[(&str, &str)]) -> String {
    let id = EntryId::fresh().to_string();
    let mut all = vec![("id", id.as_str()), ("revision", "0")];
    all.extend(fields.iter().copied());
    let answer = test.post("/record", &all).as_(role).send().await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    id
}

const FORM: &str = "/events/tell?event=party-congress&year=2022";

#[tokio::test]
async fn a_day_is_looked_at_told_and_moved_and_what_is_done_stays() {
    let test = TestApp::new().await;
    let waiting = publish(&test).await;
    let page = test.get("/events").as_(Role::Office).send().await.text();
    assert!(page.contains("待定日期") && page.contains("原文：学校第二次党代会召开"), "{page}");
    assert!(page.contains("代表选举（学校第二次党代会召开前）"));

    // Looking changes nothing.
    let look = tell(&test, FORM, "2022-06-18", "look").await;
    assert_eq!(look.status, StatusCode::OK);
    assert!(look.page().says("生成 2 项"), "{}", look.text());
    assert!(owed(&test, waiting.election).await.is_empty());

    let told = tell(&test, FORM, "2022-06-18", "save").await;
    assert_eq!((told.status, told.to()), (StatusCode::SEE_OTHER, "/events?year=2022"), "{}", told.text());
    let first = owed(&test, waiting.election).await;
    assert_eq!(first.iter().map(|d| d.due).collect::<Vec<_>>(), [date(2022, 6, 17); 2]);

    // One branch is done; the other's duty moves with the day.
    let teachers = test.units["教工第一党支部"];
    let done = first.iter().find(|d| d.unit == teachers).expect("the teachers' branch owes it").clone();
    let unit = teachers.to_string();
    let duty = done.id.to_string();
    record(
        &test,
        Role::Secretary,
        &[
            ("unit", &unit),
            ("duty", &duty),
            ("ledger", "general-work"),
            ("title", "代表选举"),
            ("day", "2022-04-20"),
        ],
    )
    .await;
    assert_eq!(standing(&test, &done).await, Some(Standing::Met));
    let page = test.get("/events").as_(Role::Office).send().await.page();
    let ways = page.links().into_iter().find(|l| l.href.starts_with("/events/tell?id="));
    let form = ways.expect("a way to move it").href;
    let look = tell(&test, &form, "2022-09-20", "look").await.page();
    assert!(look.says("已办结 1 项") && look.says("生成 1 项"), "{}", look.words());
    assert_eq!(tell(&test, &form, "2022-09-20", "save").await.status, StatusCode::SEE_OTHER);
    let now = owed(&test, waiting.election).await;
    let days: Vec<_> = now.iter().map(|d| (d.unit == teachers, d.due)).collect();
    assert_eq!(days, [(true, date(2022, 6, 17)), (false, date(2022, 9, 19))]);
    assert_eq!(standing(&test, &done).await, Some(Standing::Met));

    assert_eq!(tell(&test, &form, "2022-09-20", "back").await.status, StatusCode::SEE_OTHER);
    assert_eq!(owed(&test, waiting.election).await, [done]);
    let page = test.get("/events").as_(Role::Office).send().await.text();
    assert!(page.contains("这个日子撤回了") && page.contains("由2022年6月18日改到2022年9月20日"), "{page}");
}

#[tokio::test]
async fn a_day_of_another_year_or_a_unit_that_is_not_there_is_refused_and_nothing_is_lost() {
    let test = TestApp::new().await;
    let waiting = publish(&test).await;
    let answer = tell(&test, FORM, "2032-06-18", "save").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer.page().value("day"), "2032-06-18", "what was typed is there");
    let page = test.get(FORM).as_(Role::Office).send().await.page();
    let id = page.value("id");
    let fields = [
        ("id", id.as_str()),
        ("event", "party-congress"),
        ("year", "2022"),
        ("revision", "0"),
        ("day", "2022-06-18"),
        ("unit", "没有这个支部"),
        ("do", "save"),
    ];
    let answer = test.post("/events/tell", &fields).as_(Role::Office).send().await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(owed(&test, waiting.election).await.is_empty());
}

#[tokio::test]
async fn a_record_of_the_session_is_the_event_and_what_it_says_counts_at_once() {
    let test = TestApp::new().await;
    let waiting = publish(&test).await;
    let root = test.units["中共青梧职业技术学院委员会"].to_string();
    let session = [("unit", root.as_str()), ("ledger", "committee-session"), ("title", "第12次党委会")];
    let bare = record(&test, Role::Office, &[&session[..], &[("day", "2022-04-18")]].concat()).await;
    let made = owed(&test, waiting.topic).await;
    assert_eq!(made.iter().map(|d| d.due).collect::<Vec<_>>(), [date(2022, 4, 18)]);
    assert_eq!(standing(&test, &made[0]).await, Some(Standing::Overdue), "held without a first topic");

    // The same record kept in both ledgers shows what it brings about.
    let both = [&session[..], &[("day", "2022-04-20"), ("also", "first-topic")]].concat();
    record(&test, Role::Office, &both).await;
    let made = owed(&test, waiting.topic).await;
    assert_eq!(made.len(), 2);
    assert_eq!(standing(&test, &made[1]).await, Some(Standing::Met));

    // Before the plan was published nothing was asked.
    record(&test, Role::Office, &[&session[..], &[("day", "2022-01-05")]].concat()).await;
    assert_eq!(owed(&test, waiting.topic).await.len(), 2);

    // The slip in the day is mended: what was met stays, nothing is asked twice.
    let id: EntryId = bare.parse().expect("an id");
    let row = test.app.store.entry(test.institution, &Scope::All, id).await.expect("the record");
    let Entry { revision, .. } = row.entry;
    let revision = revision.to_string();
    let moved =
        [&session[..], &[("id", bare.as_str()), ("revision", revision.as_str()), ("day", "2022-04-21")]]
            .concat();
    let answer = test.post("/record", &moved).as_(Role::Office).send().await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    let days: Vec<_> = owed(&test, waiting.topic).await.iter().map(|d| d.due).collect();
    assert_eq!(days, [date(2022, 4, 18), date(2022, 4, 20)], "it was due already and stays");
    test.app.store.verify_audit(test.institution).await.expect("read").expect("whole");
}
