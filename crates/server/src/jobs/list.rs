//! 任务: what was asked for, how far it is and what came out; mine, and for the system administrator all of the
//! institution, without what they are about.

use std::collections::BTreeMap;

use axum::extract::State;
use model::{AccountId, JobId};
use serde_json::Value;
use store::{Job, JobKind, JobState, StoreError};
use web::extract::Path;
use web::jobs::{MINE, led_to};
use web::permit::{Right, Route, Rule, get, post};
use web::view::{Frame, Place, Said, instant_words, page};
use web::{App, Reply, cookie};
use work::jobs::{how_far, waits};
use work::{Actor, Fault};

use web::download::{XLSX, ZIP, file};

/// Jobs that the page shows.
const SHOWN: u32 = 100;
/// All jobs of the institution.
const ALL: &str = "/admin/jobs";

/// The routes of this folder.
#[must_use]
pub(crate) fn routes() -> Vec<Route> {
    vec![
        get(MINE, Rule::SignedIn, mine),
        get("/account/jobs/{id}/file", Rule::SignedIn, fetch),
        post("/account/jobs/{id}/cancel", Rule::SignedIn, cancel),
        post("/account/jobs/{id}/retry", Rule::SignedIn, retry),
        get(ALL, Rule::May(Right::SetUp), all),
        post("/admin/jobs/{id}/cancel", Rule::May(Right::SetUp), cancel_any),
        post("/admin/jobs/{id}/retry", Rule::May(Right::SetUp), retry_any),
    ]
}

struct Line {
    id: JobId,
    kind: &'static str,
    name: String,
    who: String,
    asked: String,
    ended: String,
    state: &'static str,
    percent: Option<u8>,
    words: String,
    href: String,
    link: String,
    cancels: bool,
    retries: bool,
}

#[derive(askama::Template)]
#[template(path = "jobs/list.html")]
struct ListPage {
    frame: Frame,
    /// Where the acts of this page lead.
    base: &'static str,
    /// Whether these are the jobs of all.
    all: bool,
    /// Whether something is under way, so that the page asks again.
    open: bool,
    lines: Vec<Line>,
    days: i64,
}

/// One job as a line; of those of others only what somebody who keeps the server needs to know.
fn line(app: &App, job: &Job, who: String, mine: bool) -> Line {
    let (percent, step) = how_far(app, job);
    let (to, said) = led_to(job);
    let (mut href, mut link) = (String::new(), String::new());
    let words = match job.state {
        JobState::Running => step,
        JobState::Waiting => waits(job, app.clock.wall()),
        JobState::Done if mine && job.has_file => {
            href = format!("{MINE}/{}/file", job.id);
            link = "下载".to_owned();
            String::new()
        }
        JobState::Done if mine && job.result.get("file").is_some() => {
            "文件已经过期清理，请再导出一次".to_owned()
        }
        JobState::Done if mine => {
            if job.account.is_some() {
                href = if said.href.is_empty() { to } else { said.href };
                link = if said.link.is_empty() { "查看".to_owned() } else { said.link };
            }
            said.words
        }
        JobState::Refused | JobState::Failed if mine => job.error.clone(),
        // Why a job of somebody else did nothing may say what it was about.
        JobState::Failed => "做了几次都没有做成，原因在服务器的日志里".to_owned(),
        _ => String::new(),
    };
    Line {
        id: job.id,
        kind: job.kind.word(),
        name: if mine && job.kind != JobKind::Turn { job.name.clone() } else { String::new() },
        who,
        asked: instant_words(job.made_at),
        ended: job.ended_at.map(instant_words).unwrap_or_default(),
        state: match job.state {
            JobState::Waiting => "等着",
            JobState::Running => "正在做",
            JobState::Done => "做好了",
            JobState::Refused => "没有做",
            JobState::Failed => "没有做成",
            JobState::Cancelled => "已取消",
        },
        percent: (job.state == JobState::Running).then_some(percent),
        words,
        href,
        link,
        cancels: job.state == JobState::Waiting,
        retries: job.state == JobState::Failed || (job.state == JobState::Waiting && job.attempts > 0),
    }
}

async fn mine(State(app): State<App>, actor: Actor, frame: Frame) -> Reply {
    let mut jobs = app.store.jobs(actor.institution, Some(actor.account), SHOWN).await?;
    // What the day turned up is the office's to know.
    if actor.may(Right::EditPlan) {
        let of_all = app.store.jobs(actor.institution, None, SHOWN).await?;
        jobs.extend(of_all.into_iter().filter(|j| j.account.is_none()));
        jobs.sort_by_key(|job| std::cmp::Reverse(job.made_at));
    }
    let lines: Vec<Line> = jobs.iter().map(|j| line(&app, j, String::new(), true)).collect();
    page(&ListPage {
        frame: frame.titled("我的任务").at(Place::Account),
        base: MINE,
        all: false,
        open: jobs.iter().any(|j| !j.state.has_ended()),
        lines,
        days: work::jobs::FILE_DAYS,
    })
}

async fn all(State(app): State<App>, actor: Actor, frame: Frame) -> Reply {
    let jobs = app.store.jobs(actor.institution, None, SHOWN).await?;
    let names: BTreeMap<AccountId, String> =
        app.store.accounts(actor.institution).await?.into_iter().map(|a| (a.id, a.name)).collect();
    let who = |job: &Job| match job.account {
        None => "系统".to_owned(),
        Some(account) => names.get(&account).cloned().unwrap_or_default(),
    };
    let lines = jobs.iter().map(|j| line(&app, j, who(j), j.account == Some(actor.account))).collect();
    page(&ListPage {
        frame: frame.titled("任务").at(Place::Jobs),
        base: ALL,
        all: true,
        open: jobs.iter().any(|j| !j.state.has_ended()),
        lines,
        days: work::jobs::FILE_DAYS,
    })
}

/// A job of one's own.
async fn own(app: &App, actor: &Actor, id: JobId) -> Result<Job, Fault> {
    let job = app.store.job(actor.institution, id).await.map_err(|_| Fault::not_found("这个任务"))?;
    if job.account == Some(actor.account) { Ok(job) } else { Err(Fault::not_found("这个任务")) }
}

/// The file that a job made: whoever asked for it, as long as they may export.
async fn fetch(State(app): State<App>, actor: Actor, Path(id): Path<JobId>) -> Reply {
    if actor.password_due {
        return Err(web::Refusal::PasswordDue);
    }
    let job = own(&app, &actor, id).await?;
    if !actor.may(Right::Export) {
        return Err(Fault::NotAllowed("你的账号现在不能导出。".to_owned()).into());
    }
    let name = job.result.get("file").and_then(Value::as_str).unwrap_or_default();
    let bytes = match app.store.job_file(actor.institution, id).await {
        Err(StoreError::NotFound) => return Err(Fault::not_found("这个文件").into()),
        other => other?,
    };
    let act = actor.act(&app, "export.fetch").on(name);
    app.store.record(actor.institution, &act).await?;
    if name.ends_with(".zip") {
        file(name, "luoshi.zip", ZIP, bytes)
    } else {
        file(name, "luoshi.xlsx", XLSX, bytes)
    }
}

async fn cancel(State(app): State<App>, actor: Actor, Path(id): Path<JobId>) -> Reply {
    own(&app, &actor, id).await?;
    cancelled(&app, &actor, id, MINE).await
}

async fn cancel_any(State(app): State<App>, actor: Actor, Path(id): Path<JobId>) -> Reply {
    cancelled(&app, &actor, id, ALL).await
}

async fn cancelled(app: &App, actor: &Actor, id: JobId, back: &str) -> Reply {
    let act = actor.act(app, "job.cancel").on(id);
    match app.store.cancel_job(actor.institution, id, &act).await {
        Err(StoreError::Conflict) => {
            return Err(Fault::Conflict("已经在做，或者已经做完，不能取消了。".to_owned()).into());
        }
        other => other?,
    }
    cookie::done(back, &Said::new("已取消，什么都没有做。"))
}

async fn retry(State(app): State<App>, actor: Actor, Path(id): Path<JobId>) -> Reply {
    own(&app, &actor, id).await?;
    retried(&app, &actor, id, MINE).await
}

async fn retry_any(State(app): State<App>, actor: Actor, Path(id): Path<JobId>) -> Reply {
    retried(&app, &actor, id, ALL).await
}

async fn retried(app: &App, actor: &Actor, id: JobId, back: &str) -> Reply {
    let act = actor.act(app, "job.retry").on(id);
    match app.store.retry_job(actor.institution, id, app.clock.wall(), &act).await {
        Err(StoreError::Conflict) => {
            return Err(Fault::Conflict("已经在做，或者已经做完，不用再试。".to_owned()).into());
        }
        other => other?,
    }
    app.jobs().look();
    cookie::done(back, &Said::new("再试一次，马上就做。"))
}
