//! 要点文稿: every plan, published or not, and handing in another.

use axum::extract::State;
use axum::http::StatusCode;
use model::{AccountId, PlanId, Review};
use store::{Account, PlanHead, PlanSave};
use web::extract::Upload;
use web::permit::{Right, Route, Rule, get, post};
use web::view::{Field, Form, Frame, Input, Place, Said, instant_words, long_day_words, page, page_with};
use web::{App, Reply, cookie};
use work::{Actor, Fault};

use super::handed::{self, Handed};
use super::last_year;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/plans", Rule::May(Right::EditPlan), show),
        post("/plans", Rule::May(Right::EditPlan), upload).limit(handed::UPLOAD),
    ]
}

struct Row {
    href: String,
    title: String,
    year: i16,
    state: String,
    waits: bool,
    handed_in: String,
}

/// Who it was; nothing for somebody who is not there any more.
pub(super) fn name_of(accounts: &[Account], id: Option<AccountId>) -> String {
    accounts.iter().find(|a| Some(a.id) == id).map_or_else(String::new, |a| a.name.clone())
}

#[derive(askama::Template)]
#[template(path = "plan/reviewing/list.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Row>,
    form: Form,
}

/// The form; a plan may be issued by any unit that is there.
fn fields(app: &App, actor: &Actor) -> Form {
    let today = app.clock.today();
    let units = actor.known.organisation.units.iter().filter(|u| u.exists_on(today) && u.parent.is_some());
    let mut issuers = vec![(String::new(), "本单位（党委）".to_owned())];
    issuers.extend(units.map(|u| (u.id.to_string(), u.name.clone())));
    let year = app.clock.today().year();
    Form::of(vec![
        handed::field("要点文件"),
        Field::new(Input::Number, "year", "哪一年的")
            .filled(year.to_string())
            .hint("文件里写明的以文件为准")
            .wide(4),
        Field::new(Input::Select, "issuer", "谁印发的")
            .choices(issuers)
            .hint("纪委、党总支自己的计划，选它自己；和党委的要点同时运行")
            .optional()
            .wide(6),
    ])
}

fn row(head: &PlanHead, accounts: &[Account]) -> Row {
    let waits = head.published.as_ref().is_none_or(|p| p.revision != head.revision);
    let state = match &head.published {
        None => "草稿".to_owned(),
        Some(p) => {
            let then = if waits { "，之后有改动未发布" } else { "" };
            format!("{}{}发布{then}", name_of(accounts, p.account), long_day_words(p.made))
        }
    };
    Row {
        href: format!("/plans/{}", head.id),
        title: head.title.clone(),
        year: head.year,
        state,
        waits,
        handed_in: format!(
            "第{}稿，{}{}上传",
            head.revision,
            name_of(accounts, head.created_by),
            instant_words(head.created_at)
        ),
    }
}

async fn listed(app: &App, actor: &Actor, frame: Frame, form: Form) -> Result<ListPage, Fault> {
    let accounts = app.store.accounts(actor.institution).await?;
    let rows = app.store.plans(actor.institution).await?.iter().map(|p| row(p, &accounts)).collect();
    Ok(ListPage { frame: frame.titled("要点文稿").at(Place::Plan), rows, form })
}

async fn show(State(app): State<App>, actor: Actor, frame: Frame) -> Reply {
    page(&listed(&app, &actor, frame, fields(&app, &actor)).await?)
}

async fn upload(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    sent: Result<Upload, web::Refusal>,
) -> Reply {
    let mut form = fields(&app, &actor);
    if let Some(sent) = handed::received(&mut form, sent)? {
        let year = form.value("year").parse::<i16>().ok().filter(|y| (1950..=2200).contains(y));
        if year.is_none() && !form.value("year").is_empty() {
            form.wrong("year", "写成 2026 这样的年份");
        }
        if let (Some(Handed { file, source, plan }), Some(year)) =
            (handed::read(&app, &mut form, &sent).await?, year)
        {
            let year = plan.year.unwrap_or(year);
            let title = plan.title.clone().unwrap_or_else(|| format!("{year}年党建工作要点"));
            let proposals =
                work::compile::compile(&app, &actor, &source, &plan, year).await?.proposals.clone();
            let items = plan.items.len();
            let review = Review { plan, proposals, ..Review::default() };
            let id = PlanId::fresh();
            let act = actor.act(&app, "plan.upload").on(id);
            let act = act.with(serde_json::json!({ "file": file.name, "items": items }));
            let save = PlanSave {
                title: title.clone(),
                year,
                issuer: form.value("issuer").parse().ok(),
                file: Some(file),
                source: Some(source),
                review: serde_json::to_string(&review).map_err(|e| Fault::Internal(e.into()))?,
            };
            app.store.create_plan(actor.institution, id, &save, &act).await?;
            let mut said = Said::new(format!("已读入《{title}》，{items}条。逐条看过、确认后发布。"));
            if last_year::plan_before(&app, &actor, year).await?.is_some() {
                said = said.link("先对照上一年的", format!("/plans/{id}/last-year"));
            }
            return cookie::done(&format!("/plans/{id}"), &said);
        }
    }
    page_with(StatusCode::UNPROCESSABLE_ENTITY, &listed(&app, &actor, frame, form).await?)
}
