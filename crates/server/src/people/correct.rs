//! 更正申请: somebody says what is wrong about a person, the Party office decides.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use model::{PersonId, RequestId};
use web::extract::{Path, Sent};
use web::permit::{Right, Route, Rule, get, post};
use web::view::{Form, Frame, Place, Said, instant_words, page, page_with};
use web::{App, Reply, cookie};
use work::{Actor, requests};

use crate::seen::person::correction;

pub(super) fn routes() -> Vec<Route> {
    let see = Rule::May(Right::SeePeople);
    let edit = Rule::May(Right::EditPeople);
    vec![
        get("/people/{id}/correct", see, form_page),
        post("/people/{id}/correct", see, send),
        get("/people/corrections", edit, list),
        post("/people/corrections/{id}", edit, decide),
    ]
}

#[derive(askama::Template)]
#[template(path = "people/correct.html")]
struct AskPage {
    frame: Frame,
    id: PersonId,
    name: String,
    form: Form,
}

async fn form_page(State(app): State<App>, actor: Actor, frame: Frame, Path(id): Path<PersonId>) -> Reply {
    let name = super::seen(&app, &actor, id).await?.state.person.name;
    page(&AskPage { frame: frame.titled("报更正").at(Place::People), id, name, form: correction() })
}

async fn send(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path(id): Path<PersonId>,
    Sent(sent): Sent,
) -> Reply {
    let name = super::seen(&app, &actor, id).await?.state.person.name;
    let mut form = correction();
    form.take(&sent);
    if form.has_errors() {
        let again = AskPage { frame: frame.titled("报更正").at(Place::People), id, name, form };
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &again);
    }
    requests::correct(&app, &actor, id, form.value("words")).await?;
    cookie::done(&format!("/people/{id}"), &Said::new("已报党委办公室，办好后这里会变。"))
}

struct Waiting {
    id: RequestId,
    person: PersonId,
    name: String,
    by: String,
    at: String,
    words: String,
}

#[derive(askama::Template)]
#[template(path = "people/corrections.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Waiting>,
}

async fn list(State(app): State<App>, actor: Actor, frame: Frame) -> Reply {
    let open = app.store.corrections(actor.institution, None).await?;
    let held =
        app.store.held(actor.institution, &open.iter().filter_map(|c| c.wish.person()).collect()).await?;
    let mut names = BTreeMap::new();
    let mut rows = Vec::new();
    for c in open {
        let Some(person) = c.wish.person() else { continue };
        if let std::collections::btree_map::Entry::Vacant(unknown) = names.entry(c.asked_by) {
            unknown.insert(app.store.account(actor.institution, c.asked_by).await?.name);
        }
        rows.push(Waiting {
            id: c.id,
            person,
            name: held.get(&person).map_or_else(String::new, |h| h.state.person.name.clone()),
            by: names.get(&c.asked_by).cloned().unwrap_or_default(),
            at: instant_words(c.asked_at),
            words: c.reason,
        });
    }
    page(&ListPage { frame: frame.titled("更正申请").at(Place::People), rows })
}

async fn decide(State(app): State<App>, actor: Actor, Path(id): Path<RequestId>, Sent(sent): Sent) -> Reply {
    let done = sent.text("done") == "1";
    requests::answer(&app, &actor, id, done, sent.text("remark")).await?;
    let words = if done { "已标为更正好了，本人会看到。" } else { "已答复本人。" };
    cookie::done("/people/corrections", &Said::new(words))
}
