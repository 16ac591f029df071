//! Work that takes longer than a page should, as its page shows it.

use std::pin::Pin;

use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;
use store::{Job, JobKind, JobState};
use work::jobs::{Ended, Progress, how_far, waits};
use work::{Actor, Fault, Said};

use crate::app::App;
use crate::cookie;
use crate::fault::Refusal;
use crate::view::Frame;

/// What a page folder does when a job of its kind is taken: it hands these to the table of jobs as it hands its routes.
pub struct Task {
    /// The kind.
    pub kind: JobKind,
    /// Works on one such job, in the name of the account that asked for it.
    pub work: for<'a> fn(&'a App, &'a Actor, &'a Job, &'a Progress) -> Doing<'a>,
}

/// A job that is being worked on.
pub type Doing<'a> = Pin<Box<dyn Future<Output = Result<Ended, Fault>> + Send + 'a>>;

/// One's own jobs.
pub const MINE: &str = "/account/jobs";

/// Where the page goes on after a job that is done, and what is said there.
#[must_use]
pub fn led_to(job: &Job) -> (String, Said) {
    let text = |name: &str| job.result.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let to = match text("to") {
        empty if empty.is_empty() => MINE.to_owned(),
        to => to,
    };
    (to, Said { words: text("words"), link: text("link"), href: text("href") })
}

/// What the page of such a work shows now.
pub enum Stands {
    /// How far it is: what is worked on, the percent, and in words why it waits.
    UnderWay(String, u8, String),
    /// It leads on.
    Leads(Response),
    /// What the page shows when nothing is under way, with this above it; empty when there is nothing to say.
    Page(String),
}

/// What the page of a piece of work shows to whoever asked for it. When the page only asks whether it is over, it is told
/// nothing else: what became of it is told once, to the page that is opened then.
///
/// # Errors
/// When the store cannot read or write.
pub async fn seen(
    app: &App,
    actor: &Actor,
    kind: JobKind,
    subject: &str,
    headers: &HeaderMap,
) -> Result<Stands, Refusal> {
    let Some(job) = app.store.job_of(actor.institution, actor.account, kind, subject).await? else {
        return Ok(Stands::Page(String::new()));
    };
    if !job.state.has_ended() {
        let (percent, _) = how_far(app, &job);
        return Ok(Stands::UnderWay(job.name.clone(), percent, waits(&job, app.clock.wall())));
    }
    if headers.get("x-part").is_some_and(|part| part == "under-way") {
        return Ok(Stands::Leads(StatusCode::NO_CONTENT.into_response()));
    }
    if !app.store.tell_job(actor.institution, job.id).await? {
        return Ok(Stands::Page(String::new()));
    }
    Ok(match job.state {
        JobState::Done => {
            let (to, said) = led_to(&job);
            Stands::Leads(cookie::done(&to, &said)?)
        }
        JobState::Refused => Stands::Page(job.error),
        _ => Stands::Page(format!("没有做成：{}。什么都没有改，可以再试一次。", job.error)),
    })
}

/// How far a work is: asked again until it is over.
#[derive(askama::Template)]
#[template(path = "under_way.html")]
pub struct UnderWay {
    /// The frame.
    pub frame: Frame,
    /// Of what it is a part.
    pub back: &'static str,
    /// Where that is.
    pub place: &'static str,
    /// What it is called.
    pub title: String,
    /// How much is done.
    pub percent: u8,
    /// Why it waits; empty when it is worked on.
    pub waits: String,
    /// What becomes of it when the page is left.
    pub note: &'static str,
}
