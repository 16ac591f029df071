//! The college as a whole.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::{Timestamp, civil::Date};
use model::{Role, Standing};
use rulebook::Rulebook;
use runtime::{gather, standing};
use store::{Blobs, Store, Target};

use super::*;

fn rulebook() -> Rulebook {
    Rulebook::built_in().expect("the built-in rulebook")
}

fn college(seed: u64) -> make::College {
    make(&Wish { plan: None, seed, today: None }, &rulebook()).expect("the built-in plan")
}

fn standings(college: &make::College) -> BTreeMap<Standing, usize> {
    let mut credits: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for c in &college.year.credits {
        credits.entry(c.duty).or_default().push(c.clone());
    }
    let mut out = BTreeMap::new();
    for duty in college.plans.iter().flat_map(|p| &p.duties) {
        let own = credits.remove(&duty.id).unwrap_or_default();
        let facts = gather(duty, college.made, None, &own, &college.year.requests, &[]);
        if let Some(found) = standing(&facts, college.today, 7) {
            *out.entry(found).or_default() += 1;
        }
    }
    out
}

#[test]
fn the_same_seed_gives_the_same_college() {
    let (a, b) = (college(7), college(7));
    assert!(a == b, "two makes of one seed differ");
    assert_ne!(a.people, college(8).people);
}

#[test]
fn it_is_as_large_as_it_is_said_to_be() {
    let c = college(1);
    let members = c.people.members_on(c.today);
    assert!((1100..=1300).contains(&members), "{members} members");
    assert_eq!(c.today, jiff::civil::date(2026, 9, 30));
    assert_eq!(c.added, Vec::<String>::new(), "the invented plan names only units of the college");
    assert!(c.year.entries.len() > 1500, "{} records", c.year.entries.len());
}

#[test]
fn a_day_that_was_told_has_its_duty() {
    let c = college(7);
    let before = |o: &&model::Obligation| o.cadence.words() == "教代会召开前";
    let o = c.plans[0].obligations.iter().find(before).expect("the plan waits for the staff congress");
    let duties: Vec<_> = c.plans[0].duties.iter().filter(|d| d.obligation == o.id).collect();
    assert!(
        !duties.is_empty() && duties.iter().all(|d| d.due == jiff::civil::date(2026, 4, 23)),
        "{duties:?}"
    );
}

#[test]
fn every_standing_occurs_and_most_is_done() {
    let c = college(1);
    let found = standings(&c);
    for s in Standing::ALL {
        assert!(found.contains_key(&s), "{} does not occur: {found:?}", s.word());
    }
    let count = |s| found.get(&s).copied().unwrap_or(0);
    assert!(count(Standing::Met) > 10 * count(Standing::Overdue), "{found:?}");
}

#[test]
fn records_are_late_incomplete_and_together_here_and_there() {
    let (c, rulebook) = (college(1), rulebook());
    let due: HashMap<_, _> = c.plans.iter().flat_map(|p| &p.duties).map(|d| (d.id, d.due)).collect();
    let mut until: HashMap<_, Date> = HashMap::new();
    for credit in &c.year.credits {
        until
            .entry(credit.entry)
            .and_modify(|day| *day = due[&credit.duty].min(*day))
            .or_insert(due[&credit.duty]);
    }
    let backfilled = c
        .year
        .entries
        .iter()
        .filter(|e| {
            runtime::is_backfill(e.day, work::clock::day_of(e.entered_at), until.get(&e.id).copied(), 3)
        })
        .count();
    let together = c.year.entries.iter().filter(|e| e.ledgers.len() > 1).count();
    let incomplete = c
        .year
        .entries
        .iter()
        .filter(|e| {
            let ledgers = rulebook.ledgers_of(e);
            !runtime::missing(e, &ledgers).is_empty()
        })
        .count();
    let all = c.year.entries.len();
    assert!(backfilled * 80 > all && backfilled * 4 < all, "{backfilled} of {all}");
    assert!(together * 40 > all, "{together} of {all}");
    assert!(incomplete * 40 > all && incomplete * 2 < all, "{incomplete} of {all}");
}

#[test]
fn nothing_happens_after_the_day_or_before_it_was_entered() {
    let c = college(3);
    for e in &c.year.entries {
        let entered = work::clock::day_of(e.entered_at);
        assert!(e.day <= entered && entered <= c.today, "{} on {}, entered {entered}", e.title, e.day);
        assert!(!e.title.contains('{'), "{}", e.title);
        for value in e.values.values() {
            assert!(
                !matches!(value, model::Value::Text(t) if t.contains('{') || t.trim().is_empty()),
                "{value:?}"
            );
        }
    }
    for kind in [model::RequestKind::Waiver, model::RequestKind::Extension] {
        let mut of_kind = c.year.requests.iter().filter(|r| r.wish.kind() == kind);
        assert!(of_kind.any(|r| r.decision.is_none()), "something waits for the office");
    }
    for r in &c.year.requests {
        let mut duties = c.plans.iter().flat_map(|p| &p.duties);
        let due = duties.find(|d| Some(d.id) == r.wish.duty()).map(|d| d.due);
        assert!(r.approved_on().is_none_or(|day| Some(day) <= due && day <= c.today));
    }
}

#[test]
fn there_is_a_sample_account_for_each_role() {
    let c = college(1);
    let samples: Vec<_> = c.accounts.iter().filter(|a| a.password.is_some()).collect();
    let roles: BTreeSet<Role> = samples.iter().map(|a| a.role).collect();
    assert_eq!(roles.len(), Role::ALL.len());
    let secretaries =
        c.accounts.iter().filter(|a| a.role == Role::Secretary && a.unit_name.contains("支部")).count();
    assert_eq!(secretaries, 40);
    let logins: BTreeSet<&str> = c.accounts.iter().map(|a| a.login.as_str()).collect();
    assert_eq!(logins.len(), c.accounts.len());
    for a in &samples {
        let p = accounts::password(1, &a.login);
        let classes = [char::is_lowercase, char::is_uppercase, char::is_numeric]
            .iter()
            .filter(|f| p.chars().any(**f))
            .count();
        assert!(p.len() >= 8 && classes == 3 && a.password.as_ref() == Some(&p), "{p}");
        if a.role.is_admin() {
            assert_eq!(a.person, None, "an administrator is nobody on the roster");
        }
    }
}

#[test]
fn the_plan_of_2022_runs() {
    let Some(path) = testkit::shared("seed/plan-2022.txt") else { return };
    let bytes = std::fs::read(&path).expect("a file that can be read");
    let plan = office::read_document("plan-2022.txt", &bytes).expect("a text");
    let c = make(&Wish { plan: Some(plan), seed: 1, today: None }, &rulebook()).expect("a plan");
    assert_eq!(c.today, jiff::civil::date(2022, 9, 30));
    let found = standings(&c);
    for s in Standing::ALL {
        assert!(found.contains_key(&s), "{} does not occur: {found:?}", s.word());
    }
}

#[test]
fn what_cannot_be_shown_is_refused_in_a_sentence() {
    let refused = |text: &str, today| {
        let plan = Some(model::SourceText::from_plain("某要点.txt", text));
        format!("{:#}", make(&Wish { plan, seed: 1, today }, &rulebook()).expect_err("no demonstration"))
    };
    let item = "一、加强建设\n1.开好会。各支部每月开会1次。（牵头部门：组织部，责任部门：各支部）";
    assert!(refused("今天天气很好。", None).contains("没有读到条目"));
    assert!(refused(item, None).contains("--today"));
    let early = refused(&format!("2026年党建工作要点\n{item}"), Some(jiff::civil::date(2025, 5, 1)));
    assert!(early.contains("早于"), "{early}");
}

#[test]
fn units_that_only_the_plan_knows_are_added() {
    let text = "2026年党建工作要点\n一、加强建设\n1.开好会。各支部每月召开1次支委会。（牵头部门：星际航行处，责任部门：各支部）";
    let plan = Some(model::SourceText::from_plain("某要点.txt", text));
    let c = make(&Wish { plan, seed: 1, today: None }, &rulebook()).expect("a plan");
    assert_eq!(c.added, ["星际航行处"]);
    assert!(c.org.units.iter().any(|u| u.name == "星际航行处" && u.kind == model::UnitKind::Department));
}

#[tokio::test]
async fn a_kept_college_is_found_again_with_its_accounts() {
    let folder = tempfile::tempdir().expect("a folder");
    let rulebook = rulebook();
    let now = Timestamp::UNIX_EPOCH;
    let store = Store::open(&Target::Sqlite(folder.path().join("luoshi.db")), now).await.expect("a store");
    let store = store.with_blobs(Blobs::folder(&folder.path().join("files")).expect("a folder"));
    assert!(matches!(held(&store).await.expect("readable"), Kept::Nothing));
    let c = college(5);
    keep(&store, &c, &rulebook, 5).await.expect("kept");
    let Kept::Demo(institution, mark) = held(&store).await.expect("readable") else {
        panic!("a demonstration")
    };
    assert_eq!((institution, mark.seed, mark.today), (c.institution, 5, c.today));
    let told = samples(&store, institution, 5).await.expect("accounts");
    assert_eq!(told.len(), c.accounts.iter().filter(|a| a.password.is_some()).count());
    assert!(store.verify_audit(institution).await.expect("readable").is_ok(), "the audit chain is sound");
    let facts = store.facts_changed_since(institution, None, 0).await.expect("readable").facts;
    let mut kept = BTreeMap::new();
    for found in facts.iter().filter_map(|f| standing(f, c.today, 7)) {
        *kept.entry(found).or_default() += 1;
    }
    assert_eq!(kept, standings(&c), "what is kept stands as what was made");
    store.close().await.expect("closed");
}

#[test]
fn the_discipline_committees_list_runs_beside_the_colleges_plan() {
    let c = college(7);
    let [first, second] = c.plans.as_slice() else { panic!("two plans") };
    assert!(first.issuer.is_none() && second.issuer.is_some(), "the list is the discipline committee's own");
    assert!(!second.duties.is_empty(), "it asks what nothing else asks");
    assert!(!second.also.is_empty(), "what both ask is one duty");
    let own: Vec<_> = first.duties.iter().map(|d| d.id).collect();
    assert!(
        second.also.iter().all(|a| own.contains(&a.duty)),
        "shared duties are those of the plan before it"
    );
}
