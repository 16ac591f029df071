//! Sessions: from a cookie to an [`Actor`].

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request};
use axum::http::{Extensions, HeaderMap};
use axum::response::Response;
use jiff::Timestamp;
use store::{Account, Session, StoreError, sha256};
use work::clock::{minutes_after, minutes_before};
use work::token::token;
use work::{Actor, Fault, password};

use crate::app::App;
use crate::cookie;

/// Seconds between two notes that a session is in use.
const TOUCH_SECONDS: i64 = 60;

/// So far ahead a session may have been begun: the clocks of two servers differ, and are set back a little.
const AHEAD_MINUTES: i64 = 5;

/// Where a request came from: the other end of the connection, or what the proxy in front says.
pub fn address(app: &App, headers: &HeaderMap, extensions: &Extensions) -> String {
    // The last entry is the one that our own proxy added; those before it anybody may write.
    let said = headers
        .get_all("x-forwarded-for")
        .iter()
        .next_back()
        .filter(|_| app.settings.behind_proxy)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.rsplit(',').next())
        .and_then(|v| ip_of(v.trim()));
    let peer = || extensions.get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip());
    said.or_else(peer).map(|ip| ip.to_canonical().to_string()).unwrap_or_default()
}

/// An address with or without the port, as proxies write it: 10.0.0.7, 10.0.0.7:52311, [::1]:52311.
fn ip_of(words: &str) -> Option<IpAddr> {
    words.parse().ok().or_else(|| words.parse::<SocketAddr>().ok().map(|a| a.ip()))
}

fn end_of(app: &App, created: Timestamp, now: Timestamp) -> Timestamp {
    minutes_after(now, app.settings.idle_minutes).min(minutes_after(created, app.settings.session_hours * 60))
}

/// The person behind the request; none when nobody is signed in (any more).
pub async fn actor(app: &App, request: &mut Request) -> Result<Option<Actor>, Fault> {
    let Some(token) = cookie::token(app, request.headers()) else { return Ok(None) };
    if token.len() != 64 {
        return Ok(None);
    }
    let hash = sha256(token.as_bytes());
    let wall = app.clock.wall();
    let Some(session) = app.store.session(&hash, wall).await? else { return Ok(None) };
    let account = match app.store.account(session.institution, session.account).await {
        Ok(account) => account,
        Err(StoreError::NotFound) => return Ok(None),
        Err(other) => return Err(other.into()),
    };
    // One that was begun while the clock stood ahead would outlive its hours once the clock is set right.
    let too_new = session.created_at > minutes_after(wall, AHEAD_MINUTES);
    let too_old = session.created_at < minutes_before(wall, app.settings.session_hours * 60);
    if account.disabled_at.is_some() || too_old || too_new {
        return Ok(None);
    }
    if wall.duration_since(session.seen_at).as_secs() >= TOUCH_SECONDS {
        let until = end_of(app, session.created_at, wall);
        if let Err(error) = app.store.touch_session(&hash, wall, until).await {
            // The request itself need not fail for that.
            tracing::warn!(%error, "could not note that a session is in use");
        }
    }
    let password_due = password_due(app, &account);
    let from = address(app, request.headers(), request.extensions());
    let mut actor = Actor::of(app, account, &from).await?;
    (actor.session, actor.password_due) = (hash, password_due);
    Ok(Some(actor))
}

fn password_due(app: &App, account: &Account) -> bool {
    let days = app.settings.password_days;
    let old = minutes_before(app.clock.now(), days.saturating_mul(24 * 60));
    password::is_once(&account.password) || (days > 0 && account.password_at.is_none_or(|at| at < old))
}

/// Begins a session for an account that has just proved itself, and ends the one that the browser had before.
pub async fn begin(
    app: &App,
    headers: &HeaderMap,
    from: &str,
    account: &Account,
    answer: &mut Response,
) -> Result<(), Fault> {
    let wall = app.clock.wall();
    let act = |action: &str| {
        store::Act::new(Some(account.id), from, app.clock.now(), action).on(account.login.as_str())
    };
    if let Some(old) = cookie::token(app, headers) {
        let hash = sha256(old.as_bytes());
        if let Some(session) = app.store.session(&hash, wall).await? {
            let act = store::Act::new(Some(session.account), from, app.clock.now(), "session.end");
            app.store.end_session(session.institution, &hash, &act).await?;
        }
    }
    let fresh = token();
    let agent = headers.get(axum::http::header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let session = Session {
        token_hash: sha256(fresh.as_bytes()),
        institution: account.institution,
        account: account.id,
        created_at: wall,
        seen_at: wall,
        expires_at: end_of(app, wall, wall),
        address: from.to_owned(),
        agent: agent.chars().take(200).collect(),
    };
    app.store.begin_session(&session, &act("session.begin")).await?;
    cookie::keep(app, headers, answer, &fresh);
    Ok(())
}

/// What the address is counted under. Kept apart from logins, which nobody may choose to begin so.
pub fn address_subject(address: &str) -> Arc<str> {
    format!("address:{address}").into()
}

/// What a login is counted under, whether it exists or not.
pub fn login_subject(login: &str) -> Arc<str> {
    let login: String = store::normal_login(login).chars().take(200).collect();
    format!("login:{login}").into()
}
