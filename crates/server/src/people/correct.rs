//! 更正申请: somebody says what is wrong about a person, the Party office decides.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use model::{Decision, Outcome, PersonId, Request, RequestId, RequestKind, Wish};
use store::StoreError;
use web::extract::{Path, Sent};
use web::permit::{Right, Route, Rule, get, post};
use web::view::{Field, Form, Frame, Input, Place, Said, instant_words, page, page_with};
use web::{App, Reply, cookie};
use work::{Actor, Fault};

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

/// The form in which one says what is wrong.
pub(super) fn form() -> Form {
    Form::of(vec![Field {
        rows: 4,
        max: 500,
        ..Field::new(Input::Long, "words", "哪里不对，应该是什么")
            .hint("例：入党日期应为 2009-07-01，以入党志愿书为准")
    }])
}

/// Keeps what was asked.
pub(super) async fn ask(app: &App, actor: &Actor, person: PersonId, words: &str) -> Result<(), Fault> {
    let act = actor.act(app, "correction.ask").on(person);
    let request = Request {
        id: RequestId::fresh(),
        wish: Wish::Correction { person },
        reason: words.to_owned(),
        asked_by: actor.account,
        asked_at: act.at,
        decision: None,
    };
    Ok(app.store.ask(actor.institution, &request, &act).await?)
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
    page(&AskPage { frame: frame.titled("报更正").at(Place::People), id, name, form: form() })
}

async fn send(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path(id): Path<PersonId>,
    Sent(sent): Sent,
) -> Reply {
    let name = super::seen(&app, &actor, id).await?.state.person.name;
    let mut form = form();
    form.take(&sent);
    if form.has_errors() {
        let again = AskPage { frame: frame.titled("报更正").at(Place::People), id, name, form };
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &again);
    }
    ask(&app, &actor, id, form.value("words")).await?;
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
    let remark = sent.text("remark");
    if !done && remark.is_empty() {
        return Err(Fault::Conflict("不更正要写一句为什么，让本人知道。".to_owned()).into());
    }
    if remark.chars().count() > 200 {
        return Err(Fault::Conflict("答复最多 200 个字。".to_owned()).into());
    }
    let act = actor.act(&app, "correction.decide").on(id).with(serde_json::json!({ "done": done }));
    let decision = Decision {
        outcome: if done { Outcome::Approved } else { Outcome::Refused },
        by: Some(actor.account),
        on: app.clock.today(),
        at: act.at,
        remark: remark.to_owned(),
    };
    let kinds = [RequestKind::Correction];
    match app.store.decide(actor.institution, id, (&kinds, None), &decision, &act).await {
        Err(StoreError::Constraint(name)) if name == "own_request" => {
            return Err(Fault::Conflict("这是你自己报的更正，要由别人来办。".to_owned()).into());
        }
        other => other?,
    }
    let words = if done { "已标为更正好了，本人会看到。" } else { "已答复本人。" };
    cookie::done("/people/corrections", &Said::new(words))
}

/// How a correction stands, in a word.
pub(super) fn word(request: &Request) -> &'static str {
    match request.decision.as_ref().map(|d| d.outcome) {
        None => "等党委办公室办",
        Some(Outcome::Approved) => "已更正",
        Some(Outcome::Refused) => "没有更正",
        Some(Outcome::Withdrawn) => "已撤回",
    }
}
