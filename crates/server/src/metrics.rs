//! Figures for a machine that watches, in the text form of Prometheus: what was asked, how long it took, what waits, how
//! old the last backup is. Nobody's name, no institution's.

use std::fmt::Write as _;
use std::net::SocketAddr;

use axum::extract::{ConnectInfo, State};
use axum::http::{Extensions, HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use store::sha256;
use web::permit::{Route, Rule, get};
use web::{App, Reply};
use work::meter::head;
use work::upkeep;

/// The routes of this room.
#[must_use]
pub(crate) fn routes() -> Vec<Route> {
    vec![get("/metrics", Rule::Public, show)]
}

/// Whether whoever asks may: from this machine itself and not by a proxy on it, or with the token.
fn may(app: &App, headers: &HeaderMap, extensions: &Extensions) -> bool {
    let is_own =
        extensions.get::<ConnectInfo<SocketAddr>>().is_some_and(|c| c.0.ip().to_canonical().is_loopback());
    let by_proxy = headers.contains_key("x-forwarded-for") || headers.contains_key(header::FORWARDED);
    let said = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).unwrap_or_default();
    // Of equal length whatever was said: how long the comparison takes tells nothing.
    let knows = |token: &String| sha256(said.as_bytes()) == sha256(format!("Bearer {token}").as_bytes());
    (is_own && !by_proxy) || app.settings.metrics_token.as_ref().is_some_and(knows)
}

async fn show(State(app): State<App>, headers: HeaderMap, extensions: Extensions) -> Reply {
    if !may(&app, &headers, &extensions) {
        return Ok((StatusCode::FORBIDDEN, "from this machine only, or with the token\n").into_response());
    }
    let mut out = app.meter().text();
    let mut gauge = |name: &str, help: &str, figures: &[(String, String)]| {
        if !figures.is_empty() {
            head(&mut out, name, "gauge", help);
        }
        for (labels, figure) in figures {
            let _ = writeln!(out, "{name}{labels} {figure}");
        }
    };
    let plain = |figure: String| [(String::new(), figure)];
    let now = app.clock.wall();
    let jobs = app.store.count_jobs().await?;
    let states = ["waiting", "running", "failed"];
    let jobs = states.map(|s| (format!("{{state=\"{s}\"}}"), jobs.get(s).copied().unwrap_or(0).to_string()));
    gauge("luoshi_jobs", "Jobs that wait, run, or were given up.", &jobs);
    let sessions = app.store.count_sessions(now).await?;
    gauge("luoshi_sessions", "Sessions that have not ended.", &plain(sessions.to_string()));
    let condition = upkeep::condition(&app).await?;
    gauge("luoshi_database_bytes", "Size of the database.", &plain(condition.database.to_string()));
    if let Some(last) = &condition.last {
        let age = now.duration_since(last.at).as_secs().max(0);
        gauge("luoshi_backup_age_seconds", "Age of the last whole backup.", &plain(age.to_string()));
        gauge("luoshi_backup_bytes", "Its size, files included.", &plain(last.bytes.to_string()));
    }
    let failed = u8::from(condition.failed.is_some());
    gauge("luoshi_backup_failed", "1 when the last try to take one failed.", &plain(failed.to_string()));
    let by_folder = |figure: &dyn Fn(&upkeep::Disk) -> Option<u64>| {
        let one = |disk: &upkeep::Disk| {
            let folder = disk.folder.display().to_string().replace('\\', "\\\\").replace('"', "\\\"");
            Some((format!("{{folder=\"{folder}\"}}"), figure(disk)?.to_string()))
        };
        condition.disks.iter().filter_map(one).collect::<Vec<_>>()
    };
    gauge("luoshi_disk_free_bytes", "Room on the disk of a folder.", &by_folder(&|d| Some(d.room.free)));
    gauge("luoshi_disk_days_left", "Days until it is full at the measured growth.", &by_folder(&|d| d.days));
    Ok(text(out))
}

fn text(body: String) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], body).into_response()
}
