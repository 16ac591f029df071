//! 签到: off until the institution turns it on. The secretary opens it from the form of a record; those who are due say
//! on their own phones that they came; closing it puts that into the draft, and nothing else is left.

use axum::extract::State;
use axum::http::HeaderMap;
use fast_qr::{ECL, QRBuilder, QRCode};
use jiff::SignedDuration;
use model::ArrivalId;
use serde_json::json;
use store::{Arrivals, Draft};
use web::extract::{Fields, Path};
use web::permit::{Right, Route, Rule, get, post};
use web::view::{Frame, Place, Said, page};
use web::{App, Reply, cookie};
use work::{Actor, Fault};

use super::desk::Desk;
use super::drafts;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/arrivals/{id}", Rule::May(Right::Record), show),
        post("/arrivals/{id}/close", Rule::May(Right::Record), close),
        get("/here/{id}", Rule::May(Right::SeeEntries), ask),
        post("/here/{id}", Rule::May(Right::SeeEntries), here),
    ]
}

/// For how many hours a meeting is open; none while the institution has not turned it on.
///
/// # Errors
/// When the store cannot read.
pub(super) async fn hours(app: &App, actor: &Actor) -> Result<Option<u32>, Fault> {
    let about = app.store.setting::<work::about::Notice>(actor.institution, work::about::ABOUT).await?;
    Ok(about.map(|s| s.value.arrivals_hours).filter(|h| *h > 0))
}

/// Opens it for the draft that this form is.
///
/// # Errors
/// When it is turned off, nobody is due, or the store cannot write.
pub(super) async fn begin(app: &App, actor: &Actor, desk: &Desk<'_>, sent: &Fields) -> Reply {
    let Some(hours) = hours(app, actor).await? else {
        return Err(Fault::Conflict("学校没有启用扫码签到。".to_owned()).into());
    };
    drafts::keep(app, actor, sent).await?;
    let key = drafts::key(sent);
    if let Some(open) = app.store.arrivals_of_draft(actor.institution, actor.account, &key).await? {
        return cookie::done(&format!("/arrivals/{}", open.id), &Said::new("这次会的签到已经开着。"));
    }
    let due: Vec<_> = desk.seats.iter().filter(|s| !s.guest).filter_map(|s| s.person).collect();
    if due.is_empty() {
        return Err(Fault::Conflict("名册里这一天没有人，没有谁可以签到。".to_owned()).into());
    }
    let title = match sent.text("title") {
        "" => desk.ledgers.first().map_or_else(String::new, |l| l.title.clone()),
        title => title.to_owned(),
    };
    let open = Arrivals {
        id: ArrivalId::fresh(),
        unit: desk.unit,
        account: actor.account,
        title,
        draft: key,
        due,
        ends_at: app.clock.now() + SignedDuration::from_hours(i64::from(hours)),
    };
    let act = actor.act(app, "arrival.open").on(open.id).with(json!({ "title": open.title }));
    app.store.open_arrivals(actor.institution, &open, &act).await?;
    cookie::done(&format!("/arrivals/{}", open.id), &Said::new("签到开始。请到会的人扫码。"))
}

#[derive(askama::Template)]
#[template(path = "entries/arrivals.html")]
struct ArrivalsPage {
    frame: Frame,
    id: ArrivalId,
    title: String,
    unit: String,
    address: String,
    size: usize,
    /// The dark squares, as the path of a drawing.
    path: String,
    ended: bool,
    ends: String,
    came: Vec<String>,
    due: usize,
}

async fn opened(app: &App, actor: &Actor, id: ArrivalId) -> Result<Arrivals, Fault> {
    let found = app.store.arrivals(actor.institution, id).await.map_err(|_| Fault::not_found("这次签到"))?;
    if found.account == actor.account { Ok(found) } else { Err(Fault::not_found("这次签到")) }
}

/// The dark squares of a code as the path of a drawing, one unit a square.
fn drawn(code: &QRCode) -> String {
    let mut path = String::new();
    for y in 0..code.size {
        for (x, _) in code[y].iter().take(code.size).enumerate().filter(|(_, square)| square.value()) {
            path.push_str(&format!("M{x},{y}h1v1h-1z"));
        }
    }
    path
}

async fn show(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path(id): Path<ArrivalId>,
    headers: HeaderMap,
) -> Reply {
    let open = opened(&app, &actor, id).await?;
    let arrived = app.store.arrived(actor.institution, id).await?;
    let here: Vec<_> = open.due.iter().copied().filter(|p| arrived.contains(p)).collect();
    let mut names = app.store.names(actor.institution, &here).await?;
    let came = here.iter().filter_map(|p| names.remove(p)).collect();
    let address = format!("{}/here/{id}", cookie::origin(&app, &headers));
    let code = QRBuilder::new(address.as_str())
        .ecl(ECL::M)
        .build()
        .map_err(|e| Fault::Internal(anyhow::anyhow!("no code: {e}")))?;
    let ends = open.ends_at.to_zoned(work::clock::china());
    page(&ArrivalsPage {
        frame: frame.titled("签到").at(Place::Month),
        id,
        title: open.title,
        unit: actor.known.unit_name(open.unit).to_owned(),
        address,
        size: code.size,
        path: drawn(&code),
        ended: app.clock.now() >= open.ends_at,
        ends: format!("{:02}:{:02}", ends.hour(), ends.minute()),
        came,
        due: open.due.len(),
    })
}

/// Ends it: who came goes into the draft; who was noted as on leave stays so.
async fn close(State(app): State<App>, actor: Actor, Path(id): Path<ArrivalId>) -> Reply {
    let open = opened(&app, &actor, id).await?;
    let arrived = app.store.arrived(actor.institution, id).await?;
    let Some((fields, _)) = drafts::kept(&app, &actor, &open.draft, false).await? else {
        let act = actor.act(&app, "arrival.close").on(id);
        app.store.close_arrivals(actor.institution, id, &act).await?;
        return cookie::done("/month", &Said::new("签到结束。这条记录已经保存或不要了，签到没有写进去。"));
    };
    let mut pairs = fields.pairs().to_vec();
    for person in &open.due {
        let name = format!("p_{person}");
        let noted = fields.text(&name).to_owned();
        let how = match (arrived.contains(person), noted.as_str()) {
            (true, _) => "present",
            (false, "leave") => "leave",
            (false, _) => "absent",
        };
        pairs.retain(|(n, _)| *n != name);
        pairs.push((name, how.to_owned()));
    }
    let draft = Draft { key: open.draft.clone(), body: json!(pairs), at: app.clock.now() };
    app.store.keep_draft(actor.institution, actor.account, &draft).await?;
    let act = actor.act(&app, "arrival.close").on(id).with(json!({ "came": arrived.len() }));
    app.store.close_arrivals(actor.institution, id, &act).await?;
    let to = format!("/record{}", drafts::way_back(&fields).with("", ""));
    let said = format!("签到结束：到 {} 人，写进了草稿。没来的请补事由。", arrived.len());
    cookie::done(&to, &Said::new(said))
}

#[derive(askama::Template)]
#[template(path = "entries/here.html")]
struct HerePage {
    frame: Frame,
    id: ArrivalId,
    title: String,
    unit: String,
    /// Why one cannot say so; empty when one can.
    refused: String,
    came: bool,
}

/// The meeting as one of those who are due sees it, and why they cannot say that they came.
async fn seen(app: &App, actor: &Actor, frame: Frame, id: ArrivalId) -> Result<(HerePage, bool), Fault> {
    let gone = || Fault::NotFound("这次签到，可能已经结束".to_owned());
    let open = app.store.arrivals(actor.institution, id).await.map_err(|_| gone())?;
    let due = actor.person.is_some_and(|p| open.due.contains(&p));
    let came = match actor.person {
        Some(person) if due => app.store.arrived(actor.institution, id).await?.contains(&person),
        _ => false,
    };
    let refused = if !due {
        "应到的名单里没有你。如果你在会上，请告诉记录的人。"
    } else if app.clock.now() >= open.ends_at {
        "签到已经结束。如果你在会上，请告诉记录的人。"
    } else {
        ""
    };
    let may = refused.is_empty();
    let built = HerePage {
        frame: frame.titled("签到").at(Place::Month),
        id,
        title: open.title,
        unit: actor.known.unit_name(open.unit).to_owned(),
        refused: refused.to_owned(),
        came,
    };
    Ok((built, may))
}

async fn ask(State(app): State<App>, actor: Actor, frame: Frame, Path(id): Path<ArrivalId>) -> Reply {
    page(&seen(&app, &actor, frame, id).await?.0)
}

async fn here(State(app): State<App>, actor: Actor, frame: Frame, Path(id): Path<ArrivalId>) -> Reply {
    let (built, may) = seen(&app, &actor, frame, id).await?;
    if let (true, Some(person)) = (may, actor.person) {
        app.store.arrive(actor.institution, id, person).await?;
        return cookie::done(&format!("/here/{id}"), &Said::new("记下了：你到了。"));
    }
    page(&built)
}
