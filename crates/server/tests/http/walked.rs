//! Which routes the tests walk. `LUOSHI_TEST_WALKED` names a file to which each is written once; `cargo xtask test`
//! compares it with `permits.txt` when the suite has ended, and a route that no test has walked is a failure.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::sync::{LazyLock, Mutex};

use axum::http::{Method, StatusCode};

const FILE: &str = "LUOSHI_TEST_WALKED";

static ROUTES: LazyLock<Vec<(Method, &'static str)>> =
    LazyLock::new(|| server::table().into_iter().map(|r| (r.method, r.path)).collect());
static WRITTEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Whether a path is one of a route, and how many of its parts stand in the route as they are.
fn fits(route: &str, path: &str) -> Option<usize> {
    let (mut wanted, mut given) = (route.split('/'), path.split('/'));
    let mut plain = 0;
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(plain),
            (Some(part), Some(_)) if part.starts_with('{') => {}
            (Some(part), Some(word)) if part == word => plain += 1,
            _ => return None,
        }
    }
}

/// The route that a request takes: of those that fit, the one that says most.
fn route(method: &Method, path: &str) -> Option<&'static str> {
    let fitting = ROUTES.iter().filter(|(m, _)| m == method);
    let fitting = fitting.filter_map(|(_, route)| fits(route, path).map(|plain| (plain, *route)));
    fitting.max_by_key(|(plain, _)| *plain).map(|(_, route)| route)
}

/// Notes a request that was answered: one that was refused, led nowhere or was sent to sign in has walked no route.
pub(crate) fn note(method: &Method, uri: &str, status: StatusCode, to: &str) {
    let Some(file) = std::env::var_os(FILE) else { return };
    let answered = status.is_success() || (status.is_redirection() && !to.starts_with("/login?"));
    let path = uri.split(['?', '#']).next().unwrap_or_default();
    let Some(route) = route(method, path).filter(|_| answered) else { return };
    let line = format!("{method} {route}\n");
    if WRITTEN.lock().expect("nobody falls over").insert(line.clone()) {
        let mut file = OpenOptions::new().create(true).append(true).open(&file).expect("a file to write to");
        file.write_all(line.as_bytes()).expect("room for a line");
    }
}

#[test]
fn a_request_is_known_by_its_route() {
    assert_eq!(route(&Method::GET, "/people/new"), Some("/people/new"));
    assert_eq!(route(&Method::GET, "/people/017"), Some("/people/{id}"));
    assert_eq!(route(&Method::GET, "/people/017/nowhere"), None);
    assert_eq!(route(&Method::DELETE, "/people/new"), None);
}
