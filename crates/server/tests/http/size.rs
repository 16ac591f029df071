//! A large institution: 2,000 units, 50,000 people. Measures, and finds what takes everybody into memory for one page.
//! `cargo test -p server --test http size -- --ignored --nocapture`

use std::collections::BTreeSet;
use std::io::Write as _;
use std::time::Instant;

use axum::http::StatusCode;
use jiff::civil::date;
use model::{Membership, MembershipId, Person, PersonId, Post, PostId, Role, Stage, Unit, UnitId, UnitKind};
use store::{Act, People};

use crate::harness::TestApp;

const GENERAL: usize = 100;
const BRANCHES: usize = 1_900;
const PEOPLE: usize = 50_000;

fn unit(name: String, kind: UnitKind, parent: UnitId) -> Unit {
    Unit {
        id: UnitId::fresh(),
        parent: Some(parent),
        kind,
        name,
        aliases: Vec::new(),
        traits: BTreeSet::new(),
        sort: 0,
        founded: None,
        dissolved: None,
    }
}

/// Two or three characters, the same for the same number.
fn name(n: usize) -> String {
    let surnames: Vec<char> = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许".chars().collect();
    let given: Vec<char> = "文武仁义礼智信温良恭俭让诚勤敏慧宁远清和".chars().collect();
    [surnames[n % 20], given[n / 20 % 20], given[n / 400 % 20]].iter().collect()
}

#[tokio::test]
#[ignore = "measures; makes 50,000 people"]
async fn a_large_institution_stays_usable() {
    let test = TestApp::new().await;
    test.publish().await;
    let act = || Act::new(None, "", test.app.clock.now(), "test.make");
    let root = test.units["中共青梧职业技术学院委员会"];
    let general: Vec<Unit> =
        (0..GENERAL).map(|n| unit(format!("第{n}学院党总支"), UnitKind::GeneralBranch, root)).collect();
    // Every general branch has branches of the same names, as colleges do.
    let branches: Vec<Unit> = (0..BRANCHES)
        .map(|n| unit(format!("教工第{}党支部", n / GENERAL), UnitKind::Branch, general[n % GENERAL].id))
        .collect();
    let all: Vec<Unit> = general.iter().chain(&branches).cloned().collect();
    test.app.store.save_units(test.institution, &all, &act()).await.unwrap();
    let mut people = People::default();
    for n in 0..PEOPLE {
        let person = PersonId::fresh();
        let (branch, since) = (branches[n % BRANCHES].id, date(2018, 9, 1));
        people.people.push(Person {
            id: person,
            name: name(n),
            number: format!("N{n:06}"),
            kind: "student".into(),
        });
        people.memberships.push(Membership {
            id: MembershipId::fresh(),
            person,
            branch,
            group: None,
            stage: Stage::Full,
            since,
            until: None,
        });
        if n < BRANCHES {
            let id = PostId::fresh();
            people.posts.push(Post { id, person, unit: branch, title: "书记".into(), since, until: None });
        }
    }
    let somebody = people.people[7].id;
    test.app.store.save_people(test.institution, &people, &act()).await.unwrap();
    test.app.forget(test.institution);
    let branch = branches[7].id;
    let paths = [
        "/people".to_owned(),
        "/people?page=900".to_owned(),
        "/people?q=赵文".to_owned(),
        "/people?q=zhaowen".to_owned(),
        "/people?q=zww".to_owned(),
        "/people?q=N049999".to_owned(),
        format!("/people?unit={}", general[3].id),
        "/people?in=教工第3党支部".to_owned(),
        "/people?on=2020-01-01".to_owned(),
        format!("/people/{somebody}"),
        format!("/people/{somebody}/move"),
        format!("/people/{somebody}/posts/new"),
        "/people/new".to_owned(),
        "/people/accounts".to_owned(),
        "/org".to_owned(),
        format!("/units/{root}"),
        format!("/units/{branch}"),
        "/org/change?kind=merged".to_owned(),
        format!("/record?ledger=theme-day&unit={branch}"),
        "/matrix".to_owned(),
        "/office".to_owned(),
        "/entries".to_owned(),
    ];
    for path in paths {
        let begun = Instant::now();
        let answer = test.get(&path).as_(Role::Office).send().await;
        let took = begun.elapsed();
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        // Past the test runner's capture: whoever runs it wants to read it.
        let ms = took.as_secs_f64() * 1000.0;
        let _ = writeln!(std::io::stderr(), "{ms:>7.0} ms {:>8} bytes  {path}", answer.bytes.len());
    }
}
