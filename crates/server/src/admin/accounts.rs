//! 账号: open, close, reopen. What an account may do is the security administrator's.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use model::{AccountId, PersonId, Role};
use store::{Account, NewAccount, StoreError};
use web::extract::{Fields, Path, Query, Sent};
use web::permit::{Right, Route, Rule, get, post};
use web::view::{Field, Form, Frame, Input, Pager, Place, Said, instant_words, page, page_with};
use web::{App, Reply, cookie};
use work::{Actor, Constrained as _, Fault, password};

/// Lines of a list on one page.
const PER: u64 = 50;
/// The accounts that the first start makes.
const ADMINISTRATORS: usize = 3;
/// Most accounts opened at once: each password takes some 30 ms to hash.
const AT_ONCE: usize = 200;

pub(super) fn routes() -> Vec<Route> {
    let rule = Rule::May(Right::EditAccounts);
    vec![
        get("/admin/accounts", rule, list),
        get("/admin/accounts/new", rule, new),
        post("/admin/accounts/new", rule, create),
        post("/admin/accounts/asked", rule, open_asked),
        post("/admin/accounts/{id}/disable", rule, disable),
        post("/admin/accounts/{id}/enable", rule, enable),
    ]
}

#[derive(askama::Template)]
#[template(path = "admin/accounts.html")]
struct AccountsPage {
    frame: Frame,
    rows: Vec<Row>,
    total: usize,
    disabled: usize,
    pager: Pager,
    words: String,
    asked: Vec<(String, String, String)>,
    /// What is to be set up yet, in order: what, and where.
    steps: Vec<(&'static str, &'static str)>,
}

/// What the system administrator has still to set up: nobody else can, and this is where signing in leads.
async fn steps(
    app: &App,
    actor: &Actor,
    accounts: usize,
) -> Result<Vec<(&'static str, &'static str)>, Fault> {
    let key = work::calendar_key(app.clock.today().year());
    let calendar = app.store.setting::<serde_json::Value>(actor.institution, &key).await?;
    let steps = [
        (actor.known.organisation.units.len() > 1, "导入组织", "/admin/units/import"),
        (calendar.is_some(), "写校历", "/admin/calendar"),
        (accounts > ADMINISTRATORS, "开通账号", "/admin/accounts/new"),
    ];
    Ok(steps.into_iter().filter(|(done, ..)| !done).map(|(_, what, where_)| (what, where_)).collect())
}

struct Row {
    id: AccountId,
    login: String,
    name: String,
    disabled: bool,
    created: String,
    password: &'static str,
    mine: bool,
}

async fn list(State(app): State<App>, actor: Actor, frame: Frame, Query(query): Query) -> Reply {
    let all = app.store.accounts(actor.institution).await?;
    let words = query.text("q").to_lowercase();
    let hits: Vec<&Account> =
        all.iter().filter(|a| a.login.contains(&words) || a.name.to_lowercase().contains(&words)).collect();
    let page_no = query.page();
    let skip = usize::try_from((page_no - 1) * PER).unwrap_or(usize::MAX);
    let rows = hits.iter().skip(skip).take(50).map(|a| Row {
        id: a.id,
        login: a.login.clone(),
        name: a.name.clone(),
        disabled: a.disabled_at.is_some(),
        created: instant_words(a.created_at),
        password: if password::is_once(&a.password) { "还没有改初始密码" } else { "" },
        mine: a.id == actor.account,
    });
    let asked = super::waiting_accounts(&app, &actor).await?;
    page(&AccountsPage {
        asked: asked
            .iter()
            .map(|r| {
                let what = format!("{}　{}", r.role.word(), actor.known.unit_name(r.unit));
                (r.number.clone(), r.name.clone(), what)
            })
            .collect(),
        frame: frame.titled("账号").at(Place::Accounts),
        rows: rows.collect(),
        total: all.len(),
        disabled: all.iter().filter(|a| a.disabled_at.is_some()).count(),
        pager: Pager::of(page_no, PER, hits.len() as u64, &query),
        words: query.text("q").to_owned(),
        steps: steps(&app, &actor, all.len()).await?,
    })
}

#[derive(askama::Template)]
#[template(path = "admin/account-new.html")]
struct NewPage {
    frame: Frame,
    form: Form,
}

#[derive(askama::Template)]
#[template(path = "admin/account-made.html")]
struct MadePage {
    frame: Frame,
    made: Vec<(String, String, String)>,
}

fn form() -> Form {
    Form::of(vec![Field {
        rows: 8,
        max: 20_000,
        ..Field::new(Input::Long, "accounts", "账号和姓名")
            .hint("每行一个：账号 姓名。账号一般用工号、学号；名单里有这个号的，自动对上人。一次最多 200 个")
    }])
}

async fn new(frame: Frame) -> Reply {
    page(&NewPage { frame: frame.titled("开通账号").at(Place::Accounts), form: form() })
}

/// The lines as (login, name); mistakes go to the form.
fn read(form: &mut Form, sent: &Fields) -> Vec<(String, String)> {
    form.take(sent);
    let mut out: Vec<(String, String)> = Vec::new();
    for (n, line) in
        form.value("accounts").to_owned().lines().enumerate().filter(|(_, l)| !l.trim().is_empty())
    {
        let n = n + 1;
        let mut words = line.split([' ', '\t', '　', ',', '，']).filter(|w| !w.is_empty());
        let (Some(login), Some(name), None) = (words.next(), words.next(), words.next()) else {
            form.wrong("accounts", format!("第 {n} 行要写成“账号 姓名”"));
            continue;
        };
        let login = store::normal_login(login);
        if login.chars().count() > 40 || name.chars().count() > 40 {
            form.wrong("accounts", format!("第 {n} 行太长"));
        } else if out.iter().any(|(l, _)| *l == login) {
            form.wrong("accounts", format!("第 {n} 行的账号 {login} 前面已经有了"));
        } else {
            out.push((login, name.to_owned()));
        }
    }
    if out.len() > AT_ONCE {
        form.wrong("accounts", format!("一次最多 {AT_ONCE} 个，这里有 {} 个", out.len()));
    }
    out
}

async fn create(State(app): State<App>, actor: Actor, frame: Frame, Sent(sent): Sent) -> Reply {
    let mut form = form();
    let wanted = read(&mut form, &sent);
    for (login, _) in &wanted {
        if !form.has_errors() && app.store.account_by_login(login).await?.is_some() {
            form.wrong("accounts", format!("账号 {login} 已经有了"));
        }
    }
    let frame = frame.titled("开通账号").at(Place::Accounts);
    if form.has_errors() {
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &NewPage { frame, form });
    }
    let people = app.store.people(actor.institution).await?.people;
    let by_number: BTreeMap<String, PersonId> =
        people.iter().map(|p| (store::normal_login(&p.number), p.id)).collect();
    let mut accounts = Vec::new();
    let mut made = Vec::new();
    for (login, name) in wanted {
        let secret = password::one_time();
        accounts.push(NewAccount {
            id: AccountId::fresh(),
            person: by_number.get(&login).copied(),
            login: login.clone(),
            name: name.clone(),
            password: app.hasher.hash(secret.clone(), true).await?,
        });
        made.push((login, name, secret));
    }
    let logins: Vec<&str> = made.iter().map(|(l, _, _)| l.as_str()).collect();
    let act = actor
        .act(&app, "account.create")
        .on(format!("{} 个账号", made.len()))
        .with(serde_json::json!({ "logins": logins }));
    match app.store.create_accounts(actor.institution, &accounts, &act).await {
        Err(StoreError::Constraint(c)) if c == "login_pkey" => {
            form.wrong("accounts", "有账号刚刚被占用，什么都没有开通，请核对后再试");
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &NewPage { frame, form })
        }
        Err(other) => Err(other.into()),
        // The passwords are shown in this answer and nowhere else, so there is no redirect.
        Ok(()) => page(&MadePage { frame: frame.titled("账号已开通"), made }),
    }
}

/// Opens every account that the Party office asked for; the numbers are the logins.
async fn open_asked(State(app): State<App>, actor: Actor, frame: Frame) -> Reply {
    let asked = super::waiting_accounts(&app, &actor).await?;
    let mut accounts: Vec<NewAccount> = Vec::new();
    let mut made = Vec::new();
    // Somebody may be secretary of two branches, and needs one account.
    for r in asked.iter().take(AT_ONCE) {
        let login = r.number.trim().to_lowercase();
        if login.is_empty() || accounts.iter().any(|a| a.person == Some(r.person)) {
            continue;
        }
        if app.store.account_by_login(&login).await?.is_some() {
            let words = format!("账号 {login}（{}）已被别的人占用，请先用别的账号名给他单独开通。", r.name);
            return Err(Fault::Conflict(words).into());
        }
        let secret = password::one_time();
        accounts.push(NewAccount {
            id: AccountId::fresh(),
            person: Some(r.person),
            login: login.clone(),
            name: r.name.clone(),
            password: app.hasher.hash(secret.clone(), true).await?,
        });
        made.push((login, r.name.clone(), secret));
    }
    if accounts.is_empty() {
        return Err(Fault::Conflict("没有等着开通的账号。".to_owned()).into());
    }
    let logins: Vec<&str> = made.iter().map(|(l, _, _)| l.as_str()).collect();
    let act = actor
        .act(&app, "account.create")
        .on(format!("{} 个账号", made.len()))
        .with(serde_json::json!({ "logins": logins, "asked": true }));
    app.store
        .create_accounts(actor.institution, &accounts, &act)
        .await
        .on("login_pkey", || Fault::Conflict("有账号刚刚被占用，什么都没有开通，请再试一次。".to_owned()))?;
    page(&MadePage { frame: frame.titled("账号已开通"), made })
}

async fn disable(State(app): State<App>, actor: Actor, Path(id): Path<AccountId>) -> Reply {
    let account = app.store.account(actor.institution, id).await?;
    if account.id == actor.account {
        return Err(Fault::Conflict("不能停用自己的账号。".to_owned()).into());
    }
    let grants = app.store.grants_of(actor.institution, id).await?;
    for role in grants.iter().map(|g| g.role).filter(|r: &Role| r.is_admin()) {
        super::keeps_an_administrator(&app, &actor, &account, role).await?;
    }
    let act = actor.act(&app, "account.disable").on(&account.login);
    app.store.disable_account(actor.institution, id, true, &act).await?;
    cookie::done(
        "/admin/accounts",
        &Said::new(format!("{} {}已停用，登录都已退出。", account.login, account.name)),
    )
}

async fn enable(State(app): State<App>, actor: Actor, Path(id): Path<AccountId>) -> Reply {
    let account = app.store.account(actor.institution, id).await?;
    let act = actor.act(&app, "account.enable").on(&account.login);
    app.store.disable_account(actor.institution, id, false, &act).await?;
    cookie::done("/admin/accounts", &Said::new(format!("{} {}已恢复。", account.login, account.name)))
}
