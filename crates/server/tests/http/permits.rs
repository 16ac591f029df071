//! Role × route over the real router: the table below is what is promised, the router is what happens.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use model::Role;

use crate::harness::{Ask, TestApp};

/// A path with something in the place of its parameters; none of them leads anywhere.
fn filled(path: &str) -> String {
    path.split('/')
        .map(|part| if part.starts_with('{') { "00000000-0000-7000-8000-000000000000" } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

/// `+` let in, `-` refused, `>` sent to sign in.
fn mark(status: StatusCode, to: &str) -> char {
    if to.starts_with("/login") {
        '>'
    } else if status == StatusCode::FORBIDDEN {
        '-'
    } else {
        '+'
    }
}

#[tokio::test]
async fn every_route_lets_in_whom_the_table_says() {
    let test = TestApp::new().await;
    let mut seen = BTreeSet::new();
    for route in server::table() {
        // Figures are for whoever asks from the machine itself: here nobody does, which is a refusal for all.
        // Signing out ends in /login for everybody; a link that is no good refuses everybody.
        if matches!(route.path, "/logout" | "/setup/{token}" | "/password/{token}") {
            continue;
        }
        let path = filled(route.path);
        let ask = || {
            match route.method {
                Method::GET => test.get(&path),
                _ => test.post(&path, &[]),
            }
            .at_the_door()
        };
        let mut line = String::new();
        let answer = ask().send().await;
        line.push(mark(answer.status, answer.to()));
        for role in Role::ALL {
            let answer = ask().as_(role).send().await;
            assert_ne!(
                answer.status,
                StatusCode::INTERNAL_SERVER_ERROR,
                "{} {} as {role:?}",
                route.method,
                path
            );
            line.push(mark(answer.status, answer.to()));
        }
        seen.insert(format!("{line} {:4} {}", route.method.as_str(), route.path));
    }
    let promised: BTreeSet<String> =
        include_str!("permits.txt").lines().filter(|l| !l.starts_with('#')).map(str::to_owned).collect();
    let new: Vec<_> = seen.difference(&promised).collect();
    let gone: Vec<_> = promised.difference(&seen).collect();
    assert!(
        new.is_empty() && gone.is_empty(),
        "the table of permissions has changed; if it was meant, change tests/http/permits.txt\nnot promised:\n{new:#?}\nnot so any more:\n{gone:#?}"
    );
}

#[tokio::test]
async fn administrators_are_let_into_no_business_page() {
    for line in include_str!("permits.txt").lines().filter(|l| !l.starts_with('#')) {
        let (marks, route) = line.split_once(' ').expect("marks and a route");
        let path = route.split_whitespace().nth(1).expect("a path");
        let business = marks[1..7].contains('+');
        let admins = marks[7..].contains('+');
        let own = matches!(path, "/" | "/login" | "/healthz" | "/readyz" | "/assets/{name}" | "/cal/{file}")
            || path.starts_with("/account");
        assert!(own || !(business && admins), "{line}");
        assert_eq!(path.starts_with("/admin"), admins && !own, "{line}");
    }
}

#[tokio::test]
async fn what_is_not_in_the_table_is_not_there() {
    let test = TestApp::new().await;
    let paths: Vec<_> = server::table().iter().map(|r| r.path).collect();
    assert!(!paths.contains(&"/nowhere"));
    let answer = test.get("/nowhere").as_(Role::Office).send().await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(answer.text().contains("找不到这一页"));
    let answer = Ask::new(&test.router, None, Method::DELETE, "/account").send().await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
}
