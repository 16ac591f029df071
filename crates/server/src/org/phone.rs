//! 办公电话: under which number a unit is called during work.

use axum::extract::State;
use axum::http::StatusCode;
use model::UnitId;
use web::extract::{Path, Sent};
use web::permit::{Right, Route, Rule, get, post};
use web::view::{Choice, Field, Form, Frame, Place, Said, page, page_with};
use web::{App, Reply, cookie};
use work::units::set_phone;
use work::{Actor, Fault};

pub(super) fn routes() -> Vec<Route> {
    let may = Rule::May(Right::Record);
    vec![get("/units/{id}/phone", may, show), post("/units/{id}/phone", may, save)]
}

#[derive(askama::Template)]
#[template(path = "org/phone.html")]
struct PhonePage {
    frame: Frame,
    way: Vec<Choice>,
    path: String,
    form: Form,
}

fn form(value: &str) -> Form {
    let mut field = Field::text("phone", "办公电话").hint("催办、通知时打这个号码；个人手机号不写在这里");
    field.optional = true;
    field.max = 30;
    value.clone_into(&mut field.value);
    Form::of(vec![field])
}

fn built(actor: &Actor, frame: Frame, id: UnitId, form: Form) -> PhonePage {
    let path = format!("/units/{id}");
    let name = actor.known.unit_name(id);
    PhonePage {
        frame: frame.titled("办公电话").at(Place::Organisation),
        way: vec![Choice::new("组织", "/org", false), Choice::new(name, path.clone(), false)],
        path,
        form,
    }
}

async fn show(State(app): State<App>, actor: Actor, frame: Frame, Path(id): Path<UnitId>) -> Reply {
    actor.must_cover(Right::Record, id)?;
    let known = app.store.contacts(actor.institution).await?.remove(&id).unwrap_or_default();
    page(&built(&actor, frame, id, form(&known)))
}

async fn save(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path(id): Path<UnitId>,
    Sent(sent): Sent,
) -> Reply {
    match set_phone(&app, &actor, id, sent.text("phone")).await {
        Err(Fault::Invalid(errors)) => {
            let mut form = form("");
            form.take(&sent);
            form.wrongs(errors);
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &built(&actor, frame, id, form))
        }
        other => {
            other?;
            cookie::done(&format!("/units/{id}"), &Said::new("办公电话记下了。"))
        }
    }
}
