//! 免办、延期: asked for before the due day, decided by the Party office.

use axum::extract::State;
use jiff::civil::Date;
use model::{DutyId, Outcome, RequestId, Wish};
use store::Asked;
use web::extract::{Fields, Path, Sent};
use web::permit::{Right, Route, Rule, get, post};
use web::view::{Field, Form, Frame, Input, Place, Said, day_words, instant_words, page};
use web::{App, Reply, cookie};
use work::{Actor, Fault, requests};

use super::show::{self, Request};

pub(super) fn routes() -> Vec<Route> {
    let ask = Rule::May(Right::AskExemption);
    let decide = Rule::May(Right::ApproveExemption);
    vec![
        post("/duties/{id}/waive", ask, waive),
        post("/duties/{id}/extend", ask, extend),
        post("/duties/{id}/decide", decide, rule_on),
        get("/exemptions", decide, waiting),
    ]
}

fn reason() -> Field {
    let mut field = Field::new(Input::Long, "reason", "为什么").hint("写给批的人看，会留在这件事里");
    field.rows = 3;
    field.max = 500;
    field
}

pub(super) fn waive_form() -> Form {
    Form::of(vec![reason()])
}

pub(super) fn extend_form() -> Form {
    Form::of(vec![Field::new(Input::Day, "due", "延到哪天"), reason()])
}

/// What was asked about a duty, as the pages show it.
pub(crate) fn shown(asked: &Asked) -> Request {
    let model::Request { id, wish, reason, asked_at, decision, .. } = &asked.request;
    Request {
        id: id.to_string(),
        what: match wish {
            Wish::Extension { due, .. } => format!("延期到{}", day_words(*due)),
            other => other.kind().word().to_owned(),
        },
        reason: reason.clone(),
        asked: format!("{} 申请", instant_words(*asked_at)),
        decided: decision.as_ref().map_or(String::new(), |d| {
            let word = if d.outcome == Outcome::Approved { "批准" } else { "没有批准" };
            let remark = if d.remark.is_empty() { String::new() } else { format!("：{}", d.remark) };
            format!("{}{word}{remark}", day_words(d.on))
        }),
    }
}

/// The id that was made with the form.
fn id_of(sent: &Fields) -> Option<RequestId> {
    sent.parsed::<RequestId>("request")
}

fn asked_before(id: DutyId) -> Reply {
    cookie::done(&format!("/duties/{id}"), &Said::new("刚才已经申请，没有重复。"))
}

async fn waive(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path(id): Path<DutyId>,
    Sent(sent): Sent,
) -> Reply {
    if requests::was_asked(&app, &actor, id, id_of(&sent)).await? {
        return asked_before(id);
    }
    requests::may_ask(&app, &actor, id).await?;
    let mut form = waive_form();
    form.take(&sent);
    if form.has_errors() {
        return show::render(&app, &actor, frame, id, None, form, extend_form()).await;
    }
    let request = id_of(&sent).unwrap_or_else(RequestId::fresh);
    requests::waive(&app, &actor, id, request, form.value("reason")).await?;
    cookie::done(&format!("/duties/{id}"), &Said::new("已申请免办，等党委办公室批；批准前照常到期。"))
}

async fn extend(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path(id): Path<DutyId>,
    Sent(sent): Sent,
) -> Reply {
    if requests::was_asked(&app, &actor, id, id_of(&sent)).await? {
        return asked_before(id);
    }
    requests::may_ask(&app, &actor, id).await?;
    let mut form = extend_form();
    form.take(&sent);
    if let Some(later) = form.value("due").parse::<Date>().ok().filter(|_| !form.has_errors()) {
        let request = id_of(&sent).unwrap_or_else(RequestId::fresh);
        match requests::extend(&app, &actor, id, request, later, form.value("reason")).await {
            Err(Fault::Invalid(errors)) => form.wrongs(errors),
            other => other?,
        }
    }
    if form.has_errors() {
        return show::render(&app, &actor, frame, id, None, waive_form(), form).await;
    }
    cookie::done(&format!("/duties/{id}"), &Said::new("已申请延期，等党委办公室批；批准前照常到期。"))
}

async fn rule_on(State(app): State<App>, actor: Actor, Path(id): Path<DutyId>, Sent(sent): Sent) -> Reply {
    let outcome = match sent.text("approve") {
        "1" => Outcome::Approved,
        "0" => Outcome::Refused,
        _ => return Err(Fault::BadRequest("请用页面上的“批准”或“不批”。".to_owned()).into()),
    };
    let request = id_of(&sent).ok_or_else(|| Fault::not_found("这份申请"))?;
    requests::decide(&app, &actor, id, request, outcome, sent.text("remark")).await?;
    let words = match outcome {
        Outcome::Approved => "已批准，从今天起这样算。",
        _ => "已退回，申请的人会看到批语。",
    };
    let to = match sent.text("back") {
        "list" => "/exemptions".to_owned(),
        "office" => "/office".to_owned(),
        _ => format!("/duties/{id}"),
    };
    cookie::done(&to, &Said::new(words))
}

struct Waiting {
    duty: String,
    title: String,
    unit: String,
    due: String,
    request: Request,
}

#[derive(askama::Template)]
#[template(path = "duties/waiting.html")]
struct WaitingPage {
    frame: Frame,
    rows: Vec<Waiting>,
}

/// What waits for a decision.
async fn waiting(State(app): State<App>, actor: Actor, frame: Frame) -> Reply {
    let scope = actor.scope();
    let all = app.store.exemptions(actor.institution, &scope, None, true).await?;
    let ids: Vec<DutyId> = all.iter().map(|a| a.duty).collect();
    let duties = app.duties(actor.institution, &scope, &ids).await?;
    let row = |asked: &Asked| {
        let duty = duties.get(&asked.duty)?;
        Some(Waiting {
            duty: duty.id.to_string(),
            title: duty.title.clone(),
            unit: actor.known.unit_name(duty.unit).to_owned(),
            due: day_words(duty.due),
            request: shown(asked),
        })
    };
    let rows: Vec<Waiting> = all.iter().filter_map(row).collect();
    page(&WaitingPage { frame: frame.titled("待批的免办、延期").at(Place::Month), rows })
}
