//! A new password by a link that works once: for the three administrators, who may not reset one another's.
//! Whoever can start the program on the server can print such a link; nobody else can.

use axum::extract::State;
use axum::http::{Extensions, HeaderMap, StatusCode};
use jiff::SignedDuration;
use store::{Account, SetupLink, sha256};
use web::extract::{Path, Sent};
use web::permit::{Route, Rule, get, post};
use web::view::{Field, Form, Input, Said, page, page_with};
use web::{App, Reply};
use work::Fault;

use web::{cookie, session};
use work::password;
use work::token::token;

const PURPOSE: &str = "password";
/// Hours for which a link is good.
const HOURS: i64 = 24;

/// The routes of a reset by link.
pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/password/{token}", Rule::Public, show),
        post("/password/{token}", Rule::Public, set).limit(16 * 1024),
    ]
}

/// The path of a link by which the account of this login sets a new password once; none when there is no such account.
///
/// # Errors
/// When the store cannot be read or written.
pub async fn reset_path(app: &App, login: &str) -> Result<Option<String>, Fault> {
    let Some(account) = app.store.account_by_login(login).await? else { return Ok(None) };
    let token = token();
    let wall = app.clock.wall();
    let link = SetupLink {
        token_hash: sha256(token.as_bytes()),
        institution: Some(account.institution),
        account: Some(account.id),
        purpose: PURPOSE.to_owned(),
        created_at: wall,
        expires_at: wall + SignedDuration::from_hours(HOURS),
        used_at: None,
    };
    app.store.create_setup_link(&link).await?;
    let act = store::Act::new(None, "", app.clock.now(), "account.reset").on(&account.login);
    app.store.record(account.institution, &act).await?;
    Ok(Some(format!("/password/{token}")))
}

async fn account_of(app: &App, token: &str) -> Result<Account, Fault> {
    let bad = || Fault::NotAllowed("这个链接用过了或过期了。请在服务器上重新打印一个。".to_owned());
    let link = app.store.setup_link(&sha256(token.as_bytes())).await?.ok_or_else(bad)?;
    let good = link.purpose == PURPOSE && link.used_at.is_none() && link.expires_at > app.clock.wall();
    match (link.institution, link.account) {
        (Some(institution), Some(account)) if good => Ok(app.store.account(institution, account).await?),
        _ => Err(bad()),
    }
}

#[derive(askama::Template)]
#[template(path = "identity/reset.html")]
struct ResetPage {
    title: String,
    institution: String,
    form: Form,
    token: String,
    login: String,
    length: usize,
}

async fn shown(app: &App, account: &Account, token: &str, form: Form) -> Result<ResetPage, Fault> {
    Ok(ResetPage {
        title: "设置新密码".to_owned(),
        institution: app.known(account.institution).await?.organisation.name.clone(),
        form,
        token: token.to_owned(),
        login: account.login.clone(),
        length: app.settings.password_length,
    })
}

fn form() -> Form {
    Form::of(vec![
        Field::new(Input::Password, "new", "新密码").complete("new-password"),
        Field::new(Input::Password, "again", "再输一次新密码").complete("new-password"),
    ])
}

async fn show(State(app): State<App>, Path(token): Path<String>) -> Reply {
    let account = account_of(&app, &token).await?;
    page(&shown(&app, &account, &token, form()).await?)
}

async fn set(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
    extensions: Extensions,
    Sent(sent): Sent,
) -> Reply {
    let account = account_of(&app, &token).await?;
    let mut form = form();
    form.take(&sent);
    let new = form.value("new").to_owned();
    if !new.is_empty() {
        for fault in password::faults(&app.settings, &new, &[&account.login, &account.name]) {
            form.wrong("new", fault);
        }
        if !form.value("again").is_empty() && form.value("again") != new {
            form.wrong("again", "两次输入的新密码不一样");
        }
    }
    if form.has_errors() {
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown(&app, &account, &token, form).await?);
    }
    let hash = app.hasher.hash(new, false).await?;
    // Used up first: of two who try at once, one sets the password.
    if !app.store.use_setup_link(&sha256(token.as_bytes()), app.clock.wall()).await? {
        return Err(Fault::Conflict("这个链接刚刚被用过。".to_owned()).into());
    }
    let from = session::address(&app, &headers, &extensions);
    let act =
        store::Act::new(Some(account.id), &from, app.clock.now(), "account.password").on(&account.login);
    app.store.set_password(account.institution, account.id, &hash, None, &act).await?;
    app.store.clear_attempts(&session::login_subject(&account.login)).await?;
    cookie::done("/login", &Said::new("密码改好了，请登录。"))
}
