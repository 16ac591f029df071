//! Signing in and out.

use axum::extract::State;
use axum::http::{Extensions, HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect};
use jiff::{SignedDuration, Timestamp};
use store::LockRule;
use web::extract::{Query, Sent};
use web::permit::{Route, Rule, get, post};
use web::view::{Field, Form, Input, page, page_with};
use web::{App, Reply};
use work::Fault;

use web::{cookie, session};
use work::Actor;

/// The routes of sign-in.
pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/login", Rule::Public, show),
        post("/login", Rule::Public, sign_in).limit(16 * 1024),
        post("/logout", Rule::SignedIn, sign_out),
    ]
}

#[derive(askama::Template)]
#[template(path = "identity/login.html")]
struct LoginPage {
    title: String,
    institution: String,
    form: Form,
    back: String,
    said: String,
    ended: bool,
    unset: bool,
    failures: u32,
    lock_minutes: i64,
    idle_minutes: i64,
}

fn form() -> Form {
    Form::of(vec![
        Field {
            first: true,
            ..Field::text("login", "账号").complete("username").hint("工号、学号或管理员给的账号")
        },
        Field::new(Input::Password, "password", "密码").complete("current-password"),
    ])
}

async fn shown(app: &App, form: Form, back: &str) -> Result<LoginPage, Fault> {
    let institutions = app.store.institutions().await?;
    let unset = super::setup::unfinished(app).await?;
    Ok(LoginPage {
        title: "登录".to_owned(),
        institution: if let [one] = institutions.as_slice() { one.name.clone() } else { String::new() },
        form,
        back: if cookie::is_local(back) { back.to_owned() } else { String::new() },
        said: String::new(),
        ended: false,
        unset,
        failures: app.settings.failures,
        lock_minutes: app.settings.lock_minutes,
        idle_minutes: app.settings.idle_minutes,
    })
}

async fn show(
    State(app): State<App>,
    actor: Option<Actor>,
    headers: HeaderMap,
    Query(query): Query,
) -> Reply {
    let back = query.text("back");
    if actor.is_some() {
        let to = if cookie::is_local(back) { back } else { "/" };
        return Ok(Redirect::to(to).into_response());
    }
    let mut login = shown(&app, form(), back).await?;
    login.ended = !login.back.is_empty();
    login.said = cookie::said(&headers).map(|s| s.words).unwrap_or_default();
    page(&login)
}

/// What became of an attempt.
enum Attempt {
    In(Box<store::Account>),
    Wrong { left: u32 },
    Locked { until: Timestamp },
}

async fn sign_in(
    State(app): State<App>,
    headers: HeaderMap,
    extensions: Extensions,
    Sent(sent): Sent,
) -> Reply {
    let back = sent.text("back").to_owned();
    let mut form = form();
    form.take(&sent);
    if form.has_errors() {
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown(&app, form, &back).await?);
    }
    let from = session::address(&app, &headers, &extensions);
    let login = form.value("login").to_owned();
    match attempt(&app, &login, form.value("password"), &from).await? {
        Attempt::In(account) => {
            let to = if cookie::is_local(&back) { back.as_str() } else { "/" };
            let mut answer = Redirect::to(to).into_response();
            session::begin(&app, &headers, &from, &account, &mut answer).await?;
            Ok(answer)
        }
        Attempt::Wrong { left } => {
            form.wrong(
                "",
                format!("账号或密码不对。再错 {left} 次将锁定 {} 分钟", app.settings.lock_minutes),
            );
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown(&app, form, &back).await?)
        }
        Attempt::Locked { until } => {
            let minutes = until.duration_since(app.clock.wall()).as_mins() + 1;
            form.wrong("", format!("连续输错次数太多，请 {minutes} 分钟后再试，或请安全保密管理员解除锁定"));
            page_with(StatusCode::TOO_MANY_REQUESTS, &shown(&app, form, &back).await?)
        }
    }
}

async fn attempt(app: &App, login: &str, password: &str, from: &str) -> Result<Attempt, Fault> {
    let by_login = session::login_subject(login);
    let by_address = session::address_subject(from);
    // From here to the end one attempt at a time: guesses sent at once are counted one by one.
    let _turn = app.hasher.turn().await?;
    let wall = app.clock.wall();
    let lasts = SignedDuration::from_mins(app.settings.lock_minutes);
    for subject in [&by_login, &by_address] {
        let counted = app.store.attempts(subject).await?;
        if let Some(until) = counted.and_then(|a| a.locked(wall, lasts)) {
            return Ok(Attempt::Locked { until });
        }
    }
    let account = app.store.account_by_login(login).await?;
    let open = account.as_ref().filter(|a| a.disabled_at.is_none());
    if app.hasher.fits(open.map(|a| a.password.clone()), password.to_owned()).await?
        && let Some(account) = open
    {
        app.store.clear_attempts(&by_login).await?;
        return Ok(Attempt::In(Box::new(account.clone())));
    }
    let rule = LockRule { after: app.settings.failures, within: lasts, lasts };
    let counted = app.store.attempt_failed(&by_login, wall, rule).await?;
    let shared = LockRule { after: app.settings.address_failures, ..rule };
    let from_here = app.store.attempt_failed(&by_address, wall, shared).await?;
    if let Some(account) = &account {
        let action = if counted.locked_until.is_some() { "session.lock" } else { "session.refuse" };
        let act = store::Act::new(None, from, app.clock.now(), action).on(account.login.as_str());
        app.store.record(account.institution, &act).await?;
    }
    Ok(match counted.locked(wall, lasts).max(from_here.locked(wall, lasts)) {
        Some(until) => Attempt::Locked { until },
        None => Attempt::Wrong { left: app.settings.failures.saturating_sub(counted.failures) },
    })
}

async fn sign_out(State(app): State<App>, actor: Actor, headers: HeaderMap) -> Reply {
    let act = actor.act(&app, "session.end").on(actor.login.as_str());
    app.store.end_session(actor.institution, &actor.session, &act).await?;
    let mut answer = Redirect::to("/login").into_response();
    cookie::drop(&app, &headers, &mut answer);
    Ok(answer)
}
