//! 免办、延期: asked for before the due day, decided by the Party office.

use axum::extract::State;
use jiff::civil::Date;
use model::{Decision, Duty, DutyId, Outcome, RequestId, RequestKind, Wish};
use serde_json::json;
use store::{Asked, Scope};
use web::extract::{Fields, Path, Sent};
use web::permit::{Right, Route, Rule, get, post};
use web::view::{Field, Form, Frame, Input, Place, Said, day_words, instant_words, long_day_words, page};
use web::{App, Reply, cookie};
use work::{Actor, Fault};

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

/// The duty, when a waiver or an extension may still be asked for it; with its due day as it stands.
async fn askable(app: &App, actor: &Actor, id: DutyId) -> Result<(Duty, Date, i16), Fault> {
    let (duty, year) = show::found(app, actor, id).await?;
    actor.must_cover(Right::AskExemption, duty.unit).map_err(|_| Fault::not_found("这件应办事项"))?;
    let today = app.clock.today();
    let facts = year.board().facts(id).ok_or_else(|| Fault::not_found("这件应办事项"))?;
    let due = runtime::due_on(&facts, today);
    let refuse = |words: String| Err(Fault::Conflict(words));
    match runtime::standing(&facts, today, app.settings.soon_days) {
        None => return refuse("这件事已经不再要求，不用申请。".to_owned()),
        Some(s) if s.is_done() => return refuse("这件事已经办成，不用申请。".to_owned()),
        Some(model::Standing::Waived) => return refuse("这件事已经批准免办。".to_owned()),
        Some(_) if today > due => {
            return refuse(format!(
                "到期日{}已过，不能再申请免办或延期。办了照常记录，注明迟办，仍算完成。",
                long_day_words(due)
            ));
        }
        Some(_) => {}
    }
    if !app.store.exemptions(actor.institution, &Scope::All, Some(id), true).await?.is_empty() {
        return refuse("已经申请过，正在等党委办公室批，不用再申请。".to_owned());
    }
    Ok((duty, due, year.number))
}

async fn waive(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path(id): Path<DutyId>,
    Sent(sent): Sent,
) -> Reply {
    if was_asked(&app, &actor, id, &sent).await? {
        return cookie::done(&format!("/duties/{id}"), &Said::new("刚才已经申请，没有重复。"));
    }
    askable(&app, &actor, id).await?;
    let mut form = waive_form();
    form.take(&sent);
    if form.has_errors() {
        return show::render(&app, &actor, frame, id, None, form, extend_form()).await;
    }
    let act = actor.act(&app, "exemption.ask").on(id).with(json!({ "kind": "waiver" }));
    ask(&app, &actor, &sent, Wish::Waiver { duty: id }, form.value("reason"), &act).await?;
    cookie::done(&format!("/duties/{id}"), &Said::new("已申请免办，等党委办公室批；批准前照常到期。"))
}

/// Whether this very request was asked already: a form sent twice.
async fn was_asked(app: &App, actor: &Actor, duty: DutyId, sent: &Fields) -> Result<bool, Fault> {
    let known = app.store.exemptions(actor.institution, &actor.scope(), Some(duty), false).await?;
    Ok(known.iter().any(|a| Some(a.request.id) == sent.parsed::<RequestId>("request")))
}

async fn ask(
    app: &App,
    actor: &Actor,
    sent: &Fields,
    wish: Wish,
    reason: &str,
    act: &store::Act,
) -> Result<(), Fault> {
    let request = model::Request {
        id: sent.parsed::<RequestId>("request").unwrap_or_else(RequestId::fresh),
        wish,
        reason: reason.to_owned(),
        asked_by: actor.account,
        asked_at: act.at,
        decision: None,
    };
    Ok(app.store.ask(actor.institution, &request, act).await?)
}

async fn extend(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path(id): Path<DutyId>,
    Sent(sent): Sent,
) -> Reply {
    if was_asked(&app, &actor, id, &sent).await? {
        return cookie::done(&format!("/duties/{id}"), &Said::new("刚才已经申请，没有重复。"));
    }
    let (_, due, year) = askable(&app, &actor, id).await?;
    let mut form = extend_form();
    form.take(&sent);
    let later = form.value("due").parse::<Date>().ok();
    if let Some(later) = later {
        if later <= due {
            form.wrong("due", format!("要晚于现在的到期日{}", long_day_words(due)));
        } else if later.year() > year {
            form.wrong("due", format!("最晚到{year}年12月31日，要点是这一年的"));
        }
    }
    let Some(later) = later.filter(|_| !form.has_errors()) else {
        return show::render(&app, &actor, frame, id, None, waive_form(), form).await;
    };
    let act = actor.act(&app, "exemption.ask").on(id).with(json!({ "kind": "extension", "due": later }));
    ask(&app, &actor, &sent, Wish::Extension { duty: id, due: later }, form.value("reason"), &act).await?;
    cookie::done(&format!("/duties/{id}"), &Said::new("已申请延期，等党委办公室批；批准前照常到期。"))
}

/// Nobody decides their own request, and is told so.
pub(crate) fn own_request() -> Fault {
    Fault::Conflict("这是你自己提的申请，要由别人来批。".to_owned())
}

async fn rule_on(State(app): State<App>, actor: Actor, Path(id): Path<DutyId>, Sent(sent): Sent) -> Reply {
    let (duty, _) = show::found(&app, &actor, id).await?;
    actor.must_cover(Right::ApproveExemption, duty.unit).map_err(|_| Fault::not_found("这件应办事项"))?;
    let approved = match sent.text("approve") {
        "1" => true,
        "0" => false,
        _ => return Err(Fault::BadRequest("请用页面上的“批准”或“不批”。".to_owned()).into()),
    };
    let remark: String = sent.text("remark").chars().take(200).collect();
    if !approved && remark.is_empty() {
        return Err(Fault::field("remark", "不批要写一句为什么，申请的人会看到。请回到上一页写上。").into());
    }
    let outcome = if approved { Outcome::Approved } else { Outcome::Refused };
    let decision =
        Decision { outcome, by: Some(actor.account), on: app.clock.today(), at: app.clock.now(), remark };
    let action = if approved { "exemption.approve" } else { "exemption.refuse" };
    let gone = || Fault::not_found("这份申请");
    let request = sent.parsed::<RequestId>("request").ok_or_else(gone)?;
    // Of this very duty: its unit is the one that was asked above, and the audit line names it.
    let known = app.store.exemptions(actor.institution, &actor.scope(), Some(id), false).await?;
    let asked = known.iter().find(|a| a.request.id == request).ok_or_else(gone)?;
    let act = actor.act(&app, action).on(id).with(json!({ "kind": asked.request.wish.kind() }));
    let kinds = [RequestKind::Waiver, RequestKind::Extension];
    match app.store.decide(actor.institution, request, (&kinds, Some(id)), &decision, &act).await {
        Ok(()) => {}
        Err(store::StoreError::Conflict) => {
            return Err(Fault::Conflict("这份申请已经有人批过了，请回到这件事看结果。".to_owned()).into());
        }
        Err(store::StoreError::Constraint(name)) if name == "own_request" => return Err(own_request().into()),
        Err(other) => return Err(other.into()),
    }
    let words = if approved {
        "已批准，从今天起这样算。"
    } else {
        "已退回，申请的人会看到批语。"
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
