//! Forms open with what they ask and send themselves to where they are taken in; what no other test walks is walked here.

use axum::http::{Method, StatusCode};
use model::Role;

use crate::harness::{Ask, TestApp};

/// Forms by their page: who opens it, where it is sent (empty: to its own page), and a field that it asks for.
const FORMS: [(Role, &str, &str, &str); 10] = [
    (Role::Office, "/account/password", "/account/password", "old"),
    (Role::Secretary, "/entries/import?ledger=theme-day", "", "paste"),
    (Role::SystemAdmin, "/admin/institution", "/admin/institution", "name"),
    (Role::SystemAdmin, "/admin/units/import", "/admin/units/import", "table"),
    (Role::SystemAdmin, "/admin/accounts/new", "/admin/accounts/new", "accounts"),
    (Role::Office, "/people/export", "/people/export", "numbers"),
    (Role::Office, "/people/new", "", "branch"),
    (Role::Office, "/people/import", "/people/import", "paste"),
    (Role::Office, "/org/change?kind=merged", "", "kind"),
    (Role::Office, "/org/change?kind=renamed", "", "kind"),
];

#[tokio::test]
async fn every_form_opens_with_its_fields_and_is_sent_to_a_route_that_takes_it() {
    let test = TestApp::new().await;
    let takes: Vec<_> = server::table().into_iter().filter(|r| r.method == Method::POST).collect();
    for (role, path, action, field) in FORMS {
        let answer = test.get(path).as_(role).send().await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
        let page = answer.page();
        let forms = page.all(&["form"]);
        let form = forms.iter().find(|f| f.has_field(field));
        let form = form.unwrap_or_else(|| panic!("{path} does not ask for {field}: {}", page.words()));
        let own = path.split('?').next().unwrap_or_default();
        let to = form.attribute("action").filter(|a| !a.is_empty()).unwrap_or(own);
        let to = to.split('?').next().unwrap_or_default();
        assert_eq!(to, if action.is_empty() { own } else { action }, "{path}");
        assert!(takes.iter().any(|r| r.path == to), "{to} takes no form");
    }
}

#[tokio::test]
async fn the_list_of_roles_leads_to_each_account() {
    let test = TestApp::new().await;
    let page = test.get("/admin/grants").as_(Role::SecurityAdmin).send().await.page();
    for (role, account) in &test.accounts {
        assert!(page.leads_to(&format!("/admin/grants/{account}")), "{role:?}");
    }
    assert!(page.row("secretary").says(Role::Secretary.word()));
}

#[tokio::test]
async fn the_process_says_that_it_lives() {
    let test = TestApp::new().await;
    let answer = Ask::new(&test.router, None, Method::GET, "/healthz").send().await;
    assert_eq!((answer.status, answer.text().trim()), (StatusCode::OK, "ok"));
}
