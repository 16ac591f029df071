//! 免办、延期: asked for before the due day, decided by the Party office.

use axum::extract::State;
use jiff::civil::Date;
use model::{Duty, DutyId, Extension, ExtensionId, Waiver, WaiverId};
use serde_json::json;
use store::{Asked, Decision, Scope};
use web::extract::{Path, Sent};
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

pub(super) fn of_waiver(asked: &Asked<Waiver>, decided: String) -> Request {
    Request {
        kind: "waiver",
        id: asked.what.id.to_string(),
        what: "免办".to_owned(),
        reason: asked.what.reason.clone(),
        asked: format!("{} 申请", instant_words(asked.asked_at)),
        decided,
    }
}

pub(super) fn of_extension(asked: &Asked<Extension>, decided: String) -> Request {
    Request {
        kind: "extension",
        id: asked.what.id.to_string(),
        what: format!("延期到{}", day_words(asked.what.due)),
        reason: asked.what.reason.clone(),
        asked: format!("{} 申请", instant_words(asked.asked_at)),
        decided,
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
    let waits = !app.store.waivers(actor.institution, &Scope::All, Some(id), true).await?.is_empty()
        || !app.store.extensions(actor.institution, &Scope::All, Some(id), true).await?.is_empty();
    if waits {
        return refuse("已经申请过，正在等党委办公室批，不用再申请。".to_owned());
    }
    Ok((duty, due, year.head.year))
}

async fn waive(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path(id): Path<DutyId>,
    Sent(sent): Sent,
) -> Reply {
    let request = sent.parsed::<WaiverId>("request").unwrap_or_else(WaiverId::fresh);
    let known = app.store.waivers(actor.institution, &actor.scope(), Some(id), false).await?;
    if known.iter().any(|w| w.what.id == request) {
        return cookie::done(&format!("/duties/{id}"), &Said::new("刚才已经申请，没有重复。"));
    }
    askable(&app, &actor, id).await?;
    let mut form = waive_form();
    form.take(&sent);
    if form.has_errors() {
        return show::render(&app, &actor, frame, id, None, form, extend_form()).await;
    }
    let waiver = Waiver {
        id: request,
        duty: id,
        reason: form.value("reason").to_owned(),
        asked_by: actor.account,
        approved: None,
    };
    let act = actor.act(&app, "exemption.ask").on(id).with(json!({ "kind": "waiver" }));
    app.store.ask_waiver(actor.institution, &waiver, &act).await?;
    cookie::done(&format!("/duties/{id}"), &Said::new("已申请免办，等党委办公室批；批准前照常到期。"))
}

async fn extend(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path(id): Path<DutyId>,
    Sent(sent): Sent,
) -> Reply {
    let request = sent.parsed::<ExtensionId>("request").unwrap_or_else(ExtensionId::fresh);
    let known = app.store.extensions(actor.institution, &actor.scope(), Some(id), false).await?;
    if known.iter().any(|e| e.what.id == request) {
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
    let extension = Extension {
        id: request,
        duty: id,
        reason: form.value("reason").to_owned(),
        due: later,
        asked_by: actor.account,
        approved: None,
    };
    let act = actor.act(&app, "exemption.ask").on(id).with(json!({ "kind": "extension", "due": later }));
    app.store.ask_extension(actor.institution, &extension, &act).await?;
    cookie::done(&format!("/duties/{id}"), &Said::new("已申请延期，等党委办公室批；批准前照常到期。"))
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
    let decision =
        Decision { approved, by: actor.account, on: app.clock.today(), at: app.clock.now(), remark };
    let action = if approved { "exemption.approve" } else { "exemption.refuse" };
    let kind = sent.text("kind").to_owned();
    let act = actor.act(&app, action).on(id).with(json!({ "kind": kind }));
    let gone = || Fault::not_found("这份申请");
    let decided = match kind.as_str() {
        "waiver" => {
            let request = sent.parsed::<WaiverId>("request").ok_or_else(gone)?;
            app.store.decide_waiver(actor.institution, request, &decision, &act).await
        }
        "extension" => {
            let request = sent.parsed::<ExtensionId>("request").ok_or_else(gone)?;
            app.store.decide_extension(actor.institution, request, &decision, &act).await
        }
        _ => return Err(gone().into()),
    };
    match decided {
        Ok(()) => {}
        Err(store::StoreError::Conflict) => {
            return Err(Fault::Conflict("这份申请已经有人批过了，请回到这件事看结果。".to_owned()).into());
        }
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
    let waivers = app.store.waivers(actor.institution, &scope, None, true).await?;
    let extensions = app.store.extensions(actor.institution, &scope, None, true).await?;
    let ids: Vec<DutyId> =
        waivers.iter().map(|w| w.what.duty).chain(extensions.iter().map(|e| e.what.duty)).collect();
    let duties = app.duties(actor.institution, &scope, &ids).await?;
    let row = |duty: DutyId, request: Request| {
        let duty = duties.get(&duty)?;
        Some(Waiting {
            duty: duty.id.to_string(),
            title: duty.title.clone(),
            unit: actor.known.unit_name(duty.unit).to_owned(),
            due: day_words(duty.due),
            request,
        })
    };
    let mut rows: Vec<Waiting> = Vec::new();
    rows.extend(waivers.iter().filter_map(|w| row(w.what.duty, of_waiver(w, String::new()))));
    rows.extend(extensions.iter().filter_map(|e| row(e.what.duty, of_extension(e, String::new()))));
    page(&WaitingPage { frame: frame.titled("待批的免办、延期").at(Place::Month), rows })
}
