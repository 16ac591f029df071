//! 发通知: which units are looked at, by boxes and not by names, since several branches may bear one name.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::StatusCode;
use model::{CaseId, EntryId, UnitId, Value};
use web::extract::{Path, Sent};
use web::permit::{Right, Route, Rule, get, post};
use web::view::{Choice, Field, Form, Frame, Input, Place, Said, page, page_with};
use web::{App, Reply, cookie};
use work::sheets::{Campaign, NoticeForm, notice, notice_form};
use work::units::full_names;
use work::{Actor, Fault};

use super::open::left_out;

pub(super) fn routes() -> Vec<Route> {
    let rule = Rule::May(Right::Record);
    vec![get("/checks/{id}/notice", rule, show), post("/checks/{id}/notice", rule, send)]
}

/// Characters of what is typed into a long field.
const LONG: u32 = 5_000;

/// A unit that may be looked at.
struct UnitBox {
    id: UnitId,
    name: String,
    ticked: bool,
    /// Why it is not among those of the scope.
    why: String,
}

#[derive(askama::Template)]
#[template(path = "checks/notice.html")]
struct NoticePage {
    frame: Frame,
    crumb: Vec<Choice>,
    id: CaseId,
    title: String,
    form: Form,
    units: Vec<UnitBox>,
    chosen: usize,
    entry: EntryId,
}

fn fields(of: &NoticeForm<'_>, campaign: &Campaign<'_>) -> Form {
    let mut out = vec![Field::text("title", "主题").filled(format!("关于开展{}的通知", campaign.row.title))];
    out.extend(of.fields.iter().map(|f| {
        let mut field = Field::new(Input::Long, format!("f.{}", f.id), f.title.clone());
        (field.rows, field.max) = (3, LONG);
        field.optional().hint(f.hint.clone())
    }));
    Form::of(out)
}

fn built(
    app: &App,
    actor: &Actor,
    frame: Frame,
    campaign: &Campaign<'_>,
    (form, ticked, entry): (Form, Option<BTreeSet<UnitId>>, EntryId),
) -> NoticePage {
    let names = full_names(campaign.organisation());
    let scoped: BTreeSet<UnitId> = campaign.rows.iter().map(|r| r.unit).collect();
    let ticked = ticked.unwrap_or_else(|| scoped.clone());
    let whys = left_out(app, actor, &campaign.left_out);
    let mut units: Vec<UnitBox> = Vec::new();
    let name = |u: UnitId| names.get(&u).cloned().unwrap_or_default();
    for unit in campaign.organisation().units.iter().map(|u| u.id) {
        let why = campaign.left_out.iter().position(|l| l.unit == unit).and_then(|n| whys.get(n));
        if scoped.contains(&unit) || why.is_some() {
            units.push(UnitBox {
                id: unit,
                name: name(unit),
                ticked: ticked.contains(&unit),
                why: why.map_or_else(String::new, |(_, words)| words.clone()),
            });
        }
    }
    let id = campaign.row.id;
    NoticePage {
        frame: frame.titled("发通知").at(Place::Checks),
        crumb: vec![
            Choice::new("检查", "/checks", false),
            Choice::new(campaign.row.title.clone(), format!("/checks/{id}"), false),
        ],
        id,
        title: "发通知".to_owned(),
        form,
        chosen: units.iter().filter(|u| u.ticked).count(),
        units,
        entry,
    }
}

async fn show(State(app): State<App>, actor: Actor, frame: Frame, Path(id): Path<CaseId>) -> Reply {
    let campaign = Campaign::seen(&app, &actor, id).await?;
    let of = notice_form(&app, &campaign, &actor).ok_or_else(|| Fault::not_found("这次检查的通知"))?;
    let form = fields(&of, &campaign);
    page(&built(&app, &actor, frame, &campaign, (form, None, EntryId::fresh())))
}

async fn send(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path(id): Path<CaseId>,
    Sent(sent): Sent,
) -> Reply {
    let campaign = Campaign::seen(&app, &actor, id).await?;
    let entry = sent.parsed("entry").unwrap_or_else(EntryId::fresh);
    let here = format!("/checks/{id}");
    let Some(of) = notice_form(&app, &campaign, &actor) else {
        return Err(Fault::Conflict("已经发过通知，单位定下了；回到检查的页面看。".to_owned()).into());
    };
    let mut form = fields(&of, &campaign);
    form.take(&sent);
    let units: BTreeSet<UnitId> = sent.all("unit").filter_map(|u| u.parse().ok()).collect();
    if !form.has_errors() {
        let said = |f: &&model::rule::Field| {
            let text = form.value(&format!("f.{}", f.id));
            (!text.is_empty()).then(|| (f.id.clone(), Value::Text(text.to_owned())))
        };
        let more: Vec<(String, Value)> = of.fields.iter().filter_map(said).collect();
        let title = form.value("title").to_owned();
        match notice(&app, &actor, id, (entry, &title), &units, &more).await {
            Ok(_) => {
                let words = format!("通知记下了，{} 个单位从此定下，各自看得到自己的表。", units.len());
                return cookie::done(&here, &Said::new(words));
            }
            Err(Fault::Invalid(errors)) => form.wrongs(errors),
            Err(other) => return Err(other.into()),
        }
    }
    let page = built(&app, &actor, frame, &campaign, (form, Some(units), entry));
    page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}
