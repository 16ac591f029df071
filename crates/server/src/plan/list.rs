//! 要点文稿: every plan, published or not, and handing in another.

use axum::extract::State;
use axum::http::StatusCode;
use model::{AccountId, PlanId, Review};
use store::{Account, File, PlanHead, PlanSave};

use crate::app::App;
use crate::extract::Upload;
use crate::fault::{Fault, Reply};
use crate::identity::{Actor, cookie};
use crate::permit::{Right, Route, Rule, get, post};
use crate::view::{Field, Form, Frame, Input, Place, Said, instant_words, long_day_words, page, page_with};

use super::draft;

/// Bytes that the upload takes: the largest document that is read, and the form around it.
const UPLOAD: usize = office::MAX_FILE_BYTES + 64 * 1024;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/plans", Rule::May(Right::EditPlan), show),
        post("/plans", Rule::May(Right::EditPlan), upload).limit(UPLOAD),
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
#[template(path = "plan/list.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Row>,
    form: Form,
}

fn fields(app: &App) -> Form {
    let year = app.clock.today().year();
    Form::of(vec![
        Field::new(Input::File, "file", "要点文件")
            .hint("Word、Excel、PDF、网页或文本，一份文件就是一份要点；扫描件读不了")
            .accepting(office::ENDINGS)
            .wide(8),
        Field::new(Input::Number, "year", "哪一年的")
            .filled(year.to_string())
            .hint("文件里写明的以文件为准")
            .wide(4),
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
    page(&listed(&app, &actor, frame, fields(&app)).await?)
}

async fn upload(State(app): State<App>, actor: Actor, frame: Frame, sent: Result<Upload, Fault>) -> Reply {
    let mut form = fields(&app);
    let sent = match sent {
        Err(Fault::TooLarge(_)) => {
            form.wrong("file", format!("文件超过了 {} MB 的上限", office::MAX_FILE_BYTES >> 20));
            return page_with(StatusCode::UNPROCESSABLE_ENTITY, &listed(&app, &actor, frame, form).await?);
        }
        sent => sent?,
    };
    form.take(&sent.fields);
    let year = form.value("year").parse::<i16>().ok().filter(|y| (1950..=2200).contains(y));
    if year.is_none() && !form.value("year").is_empty() {
        form.wrong("year", "写成 2026 这样的年份");
    }
    let file = sent.files.iter().find(|f| f.field == "file");
    if file.is_none() {
        form.wrong("file", "没有选文件");
    }
    if let (Some(file), Some(year), false) = (file, year, form.has_errors()) {
        // Unpacking a document takes a core for a while: not on the threads that serve.
        let (name, bytes) = (file.name.clone(), file.bytes.clone());
        let read = tokio::task::spawn_blocking(move || office::read_document(&name, &bytes))
            .await
            .map_err(|e| Fault::Internal(e.into()))?;
        match read {
            Err(fault) => form.wrong("file", format!("{fault}。{}", fault.help())),
            Ok(source) => {
                let plan = plan::read(&source);
                if plan.items.is_empty() {
                    let help = "请确认上传的是要点正文；条目要有编号，如“1.”“（一）”。";
                    form.wrong("file", format!("“{}”里没有读出任何条目。{help}", source.name));
                } else {
                    let year = plan.year.unwrap_or(year);
                    let title = plan.title.clone().unwrap_or_else(|| format!("{year}年党建工作要点"));
                    let proposals = draft::compile(&app, &actor, &source, &plan, year).proposals.clone();
                    let items = plan.items.len();
                    let review = Review { plan, proposals, ..Review::default() };
                    let save = PlanSave {
                        title: title.clone(),
                        year,
                        file: Some(File { name: file.name.clone(), bytes: file.bytes.to_vec() }),
                        source: Some(source),
                        review: serde_json::to_string(&review).map_err(|e| Fault::Internal(e.into()))?,
                    };
                    let id = PlanId::fresh();
                    let act = actor.act(&app, "plan.upload").on(id);
                    let act = act.with(serde_json::json!({ "file": file.name, "items": items }));
                    app.store.create_plan(actor.institution, id, &save, &act).await?;
                    let said = Said::new(format!("已读入《{title}》，{items}条。逐条看过、确认后发布。"));
                    return cookie::done(&format!("/plans/{id}"), &said);
                }
            }
        }
    }
    page_with(StatusCode::UNPROCESSABLE_ENTITY, &listed(&app, &actor, frame, form).await?)
}
