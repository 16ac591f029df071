//! 导入: paste or upload, see what it would do, mend what is wrong, take it in, undo it.

pub(super) mod cells;
pub(super) mod columns;
mod look;
mod matching;
pub(super) mod preview;
pub(crate) mod read;
mod units;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect};
use jiff::SignedDuration;
use model::{BatchId, SecretKind};
use serde_json::json;
use store::{Batch, BatchState, Job, JobKind, StoreError};

use web::jobs::{Stands, UnderWay};
use work::jobs::{self, Ended, Progress};

use cells::Cells;
use columns::Col;
use look::shown;
use preview::{Preview, Roll, What};
use web::extract::{Fields, Path, Query, Sent, Upload};
use web::permit::{Right, Route, Rule, get, post};
use web::view::{Field, Form, Frame, Input, Place, Said, instant_words, page, page_with};
use web::{App, Reply, cookie};
use work::{Actor, Fault};

/// Most bytes of a workbook or a paste: 60,000 rows take about 10 MB.
const FILE: usize = 24 * 1024 * 1024;
/// Imports that are listed.
const LISTED: u32 = 20;

pub(super) fn routes() -> Vec<Route> {
    let rule = Rule::May(Right::EditPeople);
    vec![
        get("/people/import", rule, start),
        post("/people/import", rule, take).limit(FILE),
        get("/people/import/{id}", rule, look),
        post("/people/import/{id}/mend", rule, mend),
        post("/people/import/{id}/apply", rule, apply),
        post("/people/import/{id}/drop", rule, throw_away),
        post("/people/import/{id}/undo", rule, undo),
        get("/people/import/{id}/wrong.xlsx", rule, wrong_rows),
    ]
}

/// An import in the list.
struct Past {
    href: String,
    name: String,
    at: String,
    by: String,
    words: String,
    state: &'static str,
}

#[derive(askama::Template)]
#[template(path = "people/import/start.html")]
struct StartPage {
    frame: Frame,
    form: Form,
    heads: String,
    past: Vec<Past>,
}

fn form(today: jiff::civil::Date) -> Form {
    let day = Field::new(Input::Day, "day", "变动从哪天起")
        .hint("转支部、转阶段没有写日期的，从这天起算")
        .filled(today.to_string())
        .wide(4);
    Form::of(web::view::handed_in("paste", 6).into_iter().chain([day]).collect())
}

fn counted(counts: &serde_json::Value) -> String {
    let n = |name: &str| counts.get(name).and_then(serde_json::Value::as_u64).unwrap_or(0);
    let mut words = format!("新增 {} 人，修改 {} 人", n("added"), n("changed"));
    if n("skipped") > 0 {
        words.push_str(&format!("，{} 行有错没有导入", n("skipped")));
    }
    words
}

async fn started(app: &App, actor: &Actor, frame: Frame, form: Form) -> Result<StartPage, Fault> {
    let mut past = Vec::new();
    for b in app.store.batches(actor.institution, actor.account, LISTED).await? {
        let by = match b.account {
            Some(account) => app.store.account(actor.institution, account).await?.name,
            None => String::new(),
        };
        past.push(Past {
            href: format!("/people/import/{}", b.id),
            name: b.name.clone(),
            at: instant_words(b.applied_at.unwrap_or(b.made_at)),
            by,
            words: if b.state == BatchState::Draft {
                "还没有导入".to_owned()
            } else {
                counted(&b.counts)
            },
            state: match b.state {
                BatchState::Draft => "草稿",
                BatchState::Applied => "已导入",
                BatchState::Undone => "已撤销",
                BatchState::Dropped => "已丢弃",
            },
        });
    }
    Ok(StartPage {
        frame: frame.titled("导入名册").at(Place::People),
        form,
        heads: Col::ALL.map(Col::title).join("、"),
        past,
    })
}

async fn start(State(app): State<App>, actor: Actor, frame: Frame) -> Reply {
    page(&started(&app, &actor, frame, form(app.clock.today())).await?)
}

async fn take(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    upload: Result<Upload, web::Refusal>,
) -> Reply {
    let today = app.clock.today();
    let mut form = form(today);
    let upload = match upload {
        Ok(upload) => upload,
        Err(fault) => {
            form.wrong("file", fault.words());
            return page_with(StatusCode::UNPROCESSABLE_ENTITY, &started(&app, &actor, frame, form).await?);
        }
    };
    form.take(&upload.fields);
    let file = upload.files.iter().find(|f| f.field == "file");
    let paste = upload.fields.raw("paste");
    let day = upload.fields.day("day").unwrap_or(today);
    if day > today {
        form.wrong("day", "这天还没有到");
    }
    let (name, read) = match file {
        Some(file) => {
            let bytes = file.bytes.clone();
            // Unpacking and reading takes a second for a large file: not on a thread that answers others.
            let read = move || {
                office::sheet::read(&bytes)
                    .map_err(|e| e.to_string())
                    .and_then(|sheets| cells::of_sheets(&sheets))
            };
            let read = app.files.run(read).await?;
            (file.name.clone(), read.map_err(|why| ("file", why)))
        }
        None if paste.trim().is_empty() => {
            (String::new(), Err(("file", "没有选文件，也没有粘贴".to_owned())))
        }
        None => ("粘贴的名单".to_owned(), cells::of_paste(paste).map_err(|why| ("paste", why))),
    };
    let read = match read {
        Ok(cells) if !form.has_errors() => cells,
        Ok(_) => {
            return page_with(StatusCode::UNPROCESSABLE_ENTITY, &started(&app, &actor, frame, form).await?);
        }
        Err((field, why)) => {
            form.wrong(field, why);
            return page_with(StatusCode::UNPROCESSABLE_ENTITY, &started(&app, &actor, frame, form).await?);
        }
    };
    let now = app.clock.wall();
    let batch = Batch {
        id: BatchId::fresh(),
        account: Some(actor.account),
        made_at: now,
        name,
        day,
        state: BatchState::Draft,
        counts: json!({}),
        applied_at: None,
        undone_at: None,
    };
    app.store.keep_batch(actor.institution, &batch, &serde_json::to_string(&read)?).await?;
    Ok(Redirect::to(&format!("/people/import/{}", batch.id)).into_response())
}

/// A draft of one's own, with its cells.
async fn draft(app: &App, actor: &Actor, id: BatchId) -> Result<(Batch, Option<Cells>), Fault> {
    let (batch, cells) = app.store.batch(actor.institution, id).await?;
    let foreign = batch.state == BatchState::Draft && batch.account != Some(actor.account);
    if foreign || batch.state == BatchState::Dropped {
        return Err(Fault::not_found("这次导入"));
    }
    let cells = cells.map(|c| serde_json::from_str(&c)).transpose()?;
    Ok((batch, cells))
}

/// What the cells would do to the roster as it is now.
async fn planned(app: &App, actor: &Actor, batch: &Batch, cells: Cells) -> Result<(Cells, Preview), Fault> {
    let (said, wrong) = preview::read_all(&cells, app.clock.today());
    let values = |pick: fn(&read::Said) -> Option<&String>| -> Vec<&str> {
        said.iter().map(|s| pick(s).map_or("", String::as_str)).collect()
    };
    let cards = values(|s| s.citizen_id.as_ref());
    let cards = app.store.secret_holders(actor.institution, SecretKind::CitizenId, &cards).await?;
    let phones = values(|s| s.phone.as_ref());
    let phones = app.store.secret_holders(actor.institution, SecretKind::Phone, &phones).await?;
    let held = app.store.held_all(actor.institution).await?;
    let known = actor.known.clone();
    let day = batch.day;
    app.heavy
        .run(move || {
            let roll = Roll { organisation: &known.organisation, held, cards, phones, day };
            let plan = preview::preview(&cells, &said, wrong, &roll);
            (cells, plan)
        })
        .await
}

#[derive(askama::Template)]
#[template(path = "people/import/done.html")]
struct DonePage {
    frame: Frame,
    id: BatchId,
    name: String,
    words: String,
    at: String,
    undone: String,
}

async fn look(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path(id): Path<BatchId>,
    Query(query): Query,
    headers: HeaderMap,
) -> Reply {
    match web::jobs::seen(&app, &actor, JobKind::PeopleImport, &id.to_string(), &headers).await? {
        Stands::UnderWay(title, percent, waits) => page(&UnderWay {
            frame: frame.titled("正在导入").at(Place::People),
            back: "/people",
            place: "人员",
            title,
            percent,
            waits,
            note: "离开这一页也会做完。要么全部导入，要么一行也不导入。",
        }),
        Stands::Leads(answer) => Ok(answer),
        Stands::Page(note) => preview(&app, &actor, frame, id, &query, &note).await,
    }
}

/// An import as it stands: what it would do, or what it did.
async fn preview(app: &App, actor: &Actor, frame: Frame, id: BatchId, query: &Fields, note: &str) -> Reply {
    let (batch, cells) = draft(app, actor, id).await?;
    let Some(cells) = cells else {
        return page(&DonePage {
            frame: frame.titled("一次导入").at(Place::People),
            id,
            name: batch.name,
            words: counted(&batch.counts),
            at: batch.applied_at.map(instant_words).unwrap_or_default(),
            undone: batch.undone_at.map(instant_words).unwrap_or_default(),
        });
    };
    let (cells, plan) = planned(app, actor, &batch, cells).await?;
    let status = if note.is_empty() { StatusCode::OK } else { StatusCode::CONFLICT };
    page_with(status, &shown(frame, &batch, &cells, &plan, query, note))
}

/// Cells mended in the page; then the preview again.
async fn mend(State(app): State<App>, actor: Actor, Path(id): Path<BatchId>, Sent(sent): Sent) -> Reply {
    let (batch, cells) = draft(&app, &actor, id).await?;
    let Some(mut cells) = cells else { return Err(gone().into()) };
    for (field, value) in sent.pairs() {
        let place = field.strip_prefix('r').and_then(|f| f.split_once('.'));
        if let Some((number, col)) = place
            && let (Ok(number), Some(col)) = (number.parse(), Col::of_head(col))
        {
            cells.mend(number, col, value);
        }
    }
    // All cells of a column that say the same: all.<column>.<what they say>. After the single ones, which say it no more.
    for (field, value) in sent.pairs().iter().filter(|(_, value)| !value.trim().is_empty()) {
        let of_all = field.strip_prefix("all.").and_then(|f| f.split_once('.'));
        if let Some((col, from)) = of_all
            && let Some(col) = Col::of_head(col)
        {
            cells.mend_all(col, from, value);
        }
    }
    app.store.keep_batch(actor.institution, &batch, &serde_json::to_string(&cells)?).await?;
    cookie::done(&format!("/people/import/{id}"), &Said::new("改好的格子已重新核对。"))
}

fn gone() -> Fault {
    Fault::Conflict("这次导入已经办过了。".to_owned())
}

async fn apply(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path(id): Path<BatchId>,
    Sent(sent): Sent,
) -> Reply {
    let (batch, cells) = draft(&app, &actor, id).await?;
    if cells.is_none() {
        return Err(gone().into());
    }
    let subject = id.to_string();
    let body = jobs::body_of(&sent);
    jobs::ask(&app, &actor, JobKind::PeopleImport, &subject, &batch.name, body).await?;
    match web::jobs::seen(&app, &actor, JobKind::PeopleImport, &subject, &HeaderMap::new()).await? {
        Stands::UnderWay(..) => Ok(Redirect::to(&format!("/people/import/{id}")).into_response()),
        Stands::Leads(answer) => Ok(answer),
        Stands::Page(note) => preview(&app, &actor, frame, id, &Fields::default(), &note).await,
    }
}

fn taken_in(id: BatchId, counts: &serde_json::Value) -> Ended {
    Ended::Done(
        format!("/people/import/{id}"),
        Said::new(format!("已导入：{}。", counted(counts))).link("看名册", "/people"),
    )
}

/// Takes an import in, when it is still what was looked at: one transaction, whose second run finds that it was taken in.
pub(super) async fn take_in(
    app: &App,
    actor: &Actor,
    job: &Job,
    progress: &Progress,
) -> Result<Ended, Fault> {
    if !actor.may(Right::EditPeople) {
        return Ok(Ended::Not("你的账号现在不能维护名册，什么都没有导入。"));
    }
    let sent = jobs::sent_of(job);
    let (batch, cells) = draft(app, actor, job.subject.parse().map_err(anyhow::Error::from)?).await?;
    let Some(cells) = cells else { return Ok(taken_in(batch.id, &batch.counts)) };
    progress.at("核对每一行");
    let (_, plan) = planned(app, actor, &batch, cells).await?;
    if sent.text("mark") != plan.mark() {
        return Ok(Ended::Not(
            "你看过之后，名册或这张表又变了。下面是现在的样子，请再核对一次。什么都还没有导入。",
        ));
    }
    let bad = plan.count(What::Bad);
    if bad > 0 && !sent.has("without") {
        return Ok(Ended::Not("还有要改的行。改好它们，或者选“不管它们，导入其余的”。什么都还没有导入。"));
    }
    if plan.saves.is_empty() {
        return Ok(Ended::Not("没有要新增或修改的人。"));
    }
    let counts =
        json!({ "added": plan.count(What::Add), "changed": plan.count(What::Change), "skipped": bad });
    let act = actor.act(app, "person.import").on(&batch.name).with(counts.clone());
    progress.at("写入名册");
    // To have looked at every row is the first fifth of the work.
    let passed = |percent: u8| progress.passed(20 + percent / 5 * 4);
    passed(0);
    match app.take_in_people(actor.institution, batch.id, &plan.saves, &counts, &act, &passed).await? {
        Err(StoreError::Conflict | StoreError::Constraint(_)) => {
            Ok(Ended::Not("刚才别人改了名册，什么都没有导入。下面是现在的样子，请再核对一次。"))
        }
        Err(other) => Err(other.into()),
        Ok(()) => Ok(taken_in(batch.id, &counts)),
    }
}

async fn throw_away(State(app): State<App>, actor: Actor, Path(id): Path<BatchId>) -> Reply {
    draft(&app, &actor, id).await?;
    let old = app.clock.wall() - SignedDuration::from_hours(24 * work::turn::BATCH_DAYS);
    app.store.drop_batch(actor.institution, Some(id), old).await?;
    cookie::done("/people/import", &Said::new("草稿已丢弃，名册没有动。"))
}

async fn undo(State(app): State<App>, actor: Actor, Path(id): Path<BatchId>) -> Reply {
    let (batch, _) = draft(&app, &actor, id).await?;
    let act = actor.act(&app, "person.import-undo").on(&batch.name);
    let undone = match app.store.undo_batch(actor.institution, id, "撤销导入", &act).await {
        Err(StoreError::Conflict) => return Err(Fault::Conflict("这次导入已经撤销过了。".to_owned()).into()),
        other => other?,
    };
    let mut words = format!("已撤销：{} 人恢复原样，{} 人移出名册", undone.restored, undone.removed);
    if !undone.left.is_empty() {
        let names: Vec<String> =
            undone.left.iter().take(10).map(|(_, name, why)| format!("{name}（{}）", why.word())).collect();
        words.push_str(&format!("；{} 人没有动：{}", undone.left.len(), names.join("、")));
    }
    cookie::done(&format!("/people/import/{id}"), &Said::new(format!("{words}。")))
}

/// The rows that cannot be taken, as a sheet with the reasons, to be mended in Excel and handed in again.
async fn wrong_rows(State(app): State<App>, actor: Actor, Path(id): Path<BatchId>) -> Reply {
    let (batch, cells) = draft(&app, &actor, id).await?;
    let Some(cells) = cells else { return Err(gone().into()) };
    let (cells, plan) = planned(&app, &actor, &batch, cells).await?;
    let bytes = super::export::wrong_rows(&app, &cells, &plan)?;
    let act = actor.act(&app, "person.import-wrong").on(&batch.name);
    app.store.record(actor.institution, &act).await?;
    web::download::file("要改的行.xlsx", "wrong-rows.xlsx", web::download::XLSX, bytes)
}
