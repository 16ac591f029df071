//! One's own page: what is held about me, my password, where I am signed in.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use jiff::SignedDuration;
use store::{LockRule, sha256};
use web::extract::Sent;
use web::permit::{Route, Rule, get, post};
use web::view::{Field, Form, Frame, Input, Place, Said, instant_words, long_day_words, page, page_with};
use web::{App, Reply, session};
use work::Fault;

use web::cookie;
use work::{Actor, password};

/// The routes of one's own page.
pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/account", Rule::SignedIn, show),
        get("/account/data", Rule::SignedIn, data),
        get("/account/password", Rule::SignedIn, password_form),
        post("/account/password", Rule::SignedIn, change).limit(16 * 1024),
        post("/account/session/end", Rule::SignedIn, end).limit(16 * 1024),
    ]
}

#[derive(askama::Template)]
#[template(path = "me/account.html")]
struct AccountPage {
    frame: Frame,
    login: String,
    name: String,
    password_at: String,
    created_at: String,
    grants: Vec<GrantRow>,
    sessions: Vec<SessionRow>,
    held: Vec<(&'static str, String)>,
    /// When the address of the calendar was made; empty when there is none.
    feed: String,
}

struct GrantRow {
    role: &'static str,
    unit: String,
    since: String,
}

struct SessionRow {
    key: String,
    here: bool,
    address: String,
    agent: String,
    since: String,
    seen: String,
}

async fn show(State(app): State<App>, actor: Actor, frame: Frame) -> Reply {
    let account = app.store.account(actor.institution, actor.account).await?;
    let sessions = app.store.sessions_of(actor.institution, actor.account, app.clock.wall()).await?;
    let grants = app.store.grants_of(actor.institution, actor.account).await?;
    let feed = app.store.feed_of(actor.institution, actor.account).await?;
    let mut held = Vec::new();
    if let Some(person) = actor.person {
        let person = app.store.person(actor.institution, person).await?;
        held.push(("姓名", person.name));
        held.push(("工号、学号", person.number));
        for m in app.store.memberships_of(actor.institution, person.id).await? {
            held.push(("党员身份", membership_words(&actor, &m)));
        }
    }
    let account_page = AccountPage {
        frame: frame.titled("我的信息").at(Place::Account),
        login: account.login,
        name: account.name,
        password_at: account.password_at.map(instant_words).unwrap_or_default(),
        created_at: instant_words(account.created_at),
        grants: grants
            .iter()
            .map(|g| GrantRow {
                role: g.role.word(),
                unit: actor.known.unit_name(g.unit).to_owned(),
                since: instant_words(g.granted.0),
            })
            .collect(),
        sessions: sessions
            .iter()
            .map(|s| SessionRow {
                // Not the hash itself: what ends a session should not be what finds it.
                key: hex::encode(sha256(&s.token_hash)),
                here: s.token_hash == actor.session,
                address: s.address.clone(),
                agent: browser(&s.agent),
                since: instant_words(s.created_at),
                seen: instant_words(s.seen_at),
            })
            .collect(),
        held,
        feed: feed.map(instant_words).unwrap_or_default(),
    };
    page(&account_page)
}

/// 正式党员，教工第一党支部，2015年7月1日起.
fn membership_words(actor: &Actor, m: &model::Membership) -> String {
    let until = m.until.map(|d| format!("，到{}", long_day_words(d))).unwrap_or_default();
    let branch = actor.known.unit_name(m.branch);
    format!("{}，{branch}，{}起{until}", m.stage.word(), long_day_words(m.since))
}

/// Everything that is held about me, to take away. Hashes of passwords and tokens are nobody's to take.
async fn data(State(app): State<App>, actor: Actor) -> Reply {
    let account = app.store.account(actor.institution, actor.account).await?;
    let (person, memberships) = match actor.person {
        Some(id) => (
            Some(app.store.person(actor.institution, id).await?),
            app.store.memberships_of(actor.institution, id).await?,
        ),
        None => (None, Vec::new()),
    };
    let grants = app.store.grants_of(actor.institution, actor.account).await?;
    let sessions = app.store.sessions_of(actor.institution, actor.account, app.clock.wall()).await?;
    let all = serde_json::json!({
        "account": {
            "login": account.login, "name": account.name,
            "created_at": account.created_at, "password_at": account.password_at,
        },
        "person": person,
        "memberships": memberships,
        "roles": grants
            .iter()
            .map(|g| serde_json::json!({
                "role": g.role.word(), "unit": actor.known.unit_name(g.unit), "since": g.granted.0,
            }))
            .collect::<Vec<_>>(),
        "sessions": sessions
            .iter()
            .map(|s| serde_json::json!({
                "address": s.address, "agent": s.agent, "since": s.created_at, "seen": s.seen_at,
            }))
            .collect::<Vec<_>>(),
    });
    let act = actor.act(&app, "export.account").on(actor.login.as_str());
    app.store.record(actor.institution, &act).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/json; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"luoshi-me.json\""),
    ];
    Ok((headers, serde_json::to_vec_pretty(&all)?).into_response())
}

#[derive(askama::Template)]
#[template(path = "me/password.html")]
struct PasswordPage {
    frame: Frame,
    form: Form,
    due: bool,
    length: usize,
}

fn form() -> Form {
    Form::of(vec![
        Field::new(Input::Password, "old", "现在的密码").complete("current-password"),
        Field::new(Input::Password, "new", "新密码").complete("new-password"),
        Field::new(Input::Password, "again", "再输一次新密码").complete("new-password"),
    ])
}

fn shown(app: &App, actor: &Actor, frame: Frame, form: Form) -> PasswordPage {
    PasswordPage {
        frame: frame.titled("修改密码").at(Place::Account),
        form,
        due: actor.password_due,
        length: app.settings.password_length,
    }
}

async fn password_form(State(app): State<App>, actor: Actor, frame: Frame) -> Reply {
    page(&shown(&app, &actor, frame, form()))
}

async fn change(State(app): State<App>, actor: Actor, frame: Frame, Sent(sent): Sent) -> Reply {
    let mut form = form();
    form.take(&sent);
    let (old, new) = (form.value("old").to_owned(), form.value("new").to_owned());
    if !new.is_empty() {
        for fault in password::faults(&app.settings, &new, &[&actor.login, &actor.name]) {
            form.wrong("new", fault);
        }
        if new == old {
            form.wrong("new", "不能和现在的一样");
        }
        if !form.value("again").is_empty() && form.value("again") != new {
            form.wrong("again", "两次输入的新密码不一样");
        }
    }
    if !old.is_empty() {
        let account = app.store.account(actor.institution, actor.account).await?;
        // An open session is no way to guess: tries are counted with those of signing in, one after the other.
        let subject = session::login_subject(&actor.login);
        let _turn = app.hasher.turn().await?;
        if app.hasher.fits(Some(account.password), old).await? {
            app.store.clear_attempts(&subject).await?;
        } else {
            let lasts = SignedDuration::from_mins(app.settings.lock_minutes);
            let rule = LockRule { after: app.settings.failures, within: lasts, lasts };
            let wall = app.clock.wall();
            let counted = app.store.attempt_failed(&subject, wall, rule).await?;
            if counted.locked(wall, lasts).is_some() {
                let act = actor.act(&app, "session.lock").on(actor.login.as_str());
                app.store.end_session(actor.institution, &actor.session, &act).await?;
                return cookie::done("/login", &Said::new("现在的密码连续输错次数太多，已经退出登录。"));
            }
            form.wrong("old", "不对");
        }
    }
    if form.has_errors() {
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown(&app, &actor, frame, form));
    }
    let hash = app.hasher.hash(new, false).await?;
    let act = actor.act(&app, "account.password").on(actor.login.as_str());
    app.store.set_password(actor.institution, actor.account, &hash, Some(&actor.session), &act).await?;
    let to = if actor.password_due { "/" } else { "/account" };
    cookie::done(to, &Said::new("密码改好了。别处的登录都已退出。"))
}

async fn end(State(app): State<App>, actor: Actor, Sent(sent): Sent) -> Reply {
    let key = hex::decode(sent.text("session")).unwrap_or_default();
    let sessions = app.store.sessions_of(actor.institution, actor.account, app.clock.wall()).await?;
    let found = sessions
        .iter()
        .find(|s| sha256(&s.token_hash).as_slice() == key)
        .ok_or_else(|| Fault::not_found("这个登录"))?;
    let act = actor.act(&app, "session.end").on(actor.login.as_str());
    app.store.end_session(actor.institution, &found.token_hash, &act).await?;
    cookie::done("/account", &Said::new("那一处已经退出登录。"))
}

/// The browser and the system behind what a browser says of itself, as people call them; its own words when neither is known.
fn browser(agent: &str) -> String {
    // The order decides: every browser also names those that it is like.
    let of =
        |names: &[(&str, &'static str)]| names.iter().find(|(mark, _)| agent.contains(mark)).map(|n| n.1);
    let program = of(&[
        ("MicroMessenger", "微信"),
        ("DingTalk", "钉钉"),
        ("QQBrowser", "QQ 浏览器"),
        ("Edg/", "Edge"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = of(&[
        ("HarmonyOS", "鸿蒙"),
        ("Android", "安卓"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "Mac"),
        ("Linux", "Linux"),
    ]);
    match (program, system) {
        (Some(program), Some(system)) => format!("{program}（{system}）"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => agent.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::browser;

    #[test]
    fn a_browser_is_called_by_its_name() {
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Edg/120.0";
        assert_eq!(browser(edge), "Edge（Windows）");
        let phone =
            "Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 Chrome/86.0 Mobile MicroMessenger/8.0";
        assert_eq!(browser(phone), "微信（安卓）");
        assert_eq!(browser("curl/8.0"), "curl/8.0");
    }
}
