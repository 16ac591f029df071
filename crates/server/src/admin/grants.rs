//! 授权: who holds which role over which unit; passwords that were forgotten, accounts that are locked.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::http::StatusCode;
use jiff::SignedDuration;
use model::{AccountId, GrantId, PersonId, RequestId, Role, UnitId};
use store::{Account, Grant, Scope};
use web::extract::{Fields, Path, Query, Sent};
use web::permit::{Right, Route, Rule, get, post};
use web::session::login_subject;
use web::view::{Choice, Field, Form, Frame, Input, Pager, Place, Said, instant_words, page, page_with};
use web::{App, Reply, cookie};
use work::{Actor, Constrained as _, Fault, password};

/// Lines of a list on one page.
const PER: u64 = 50;

pub(super) fn routes() -> Vec<Route> {
    let (grant, reset) = (Rule::May(Right::Grant), Rule::May(Right::ResetPassword));
    vec![
        get("/admin/grants", grant, list),
        post("/admin/grants/asked", grant, give_asked),
        post("/admin/grants/many", grant, give_many),
        get("/admin/grants/{account}", grant, show),
        post("/admin/grants/{account}", grant, give),
        post("/admin/grants/{account}/end", grant, end),
        post("/admin/grants/{account}/password", reset, reset_password),
        post("/admin/grants/{account}/unlock", reset, unlock),
    ]
}

#[derive(askama::Template)]
#[template(path = "admin/grants.html")]
struct GrantsPage {
    frame: Frame,
    views: Vec<Choice>,
    words: String,
    none: bool,
    rows: Vec<Row>,
    pager: Pager,
    asked: Vec<(RequestId, String, &'static str, String)>,
    form: Form,
    roles: Vec<(&'static str, &'static str)>,
}

struct Row {
    account: AccountId,
    /// Whether it may be ticked, and is.
    open: bool,
    ticked: bool,
    login: String,
    name: String,
    roles: String,
    disabled: bool,
}

async fn list(State(app): State<App>, actor: Actor, frame: Frame, Query(query): Query) -> Reply {
    page(&listed(&app, &actor, frame, &query, form_for_many(&actor)).await?)
}

/// The list that a query asks for, with the accounts that it ticks.
async fn listed(
    app: &App,
    actor: &Actor,
    frame: Frame,
    query: &Fields,
    form: Form,
) -> Result<GrantsPage, Fault> {
    let ticked: BTreeSet<&str> = query.all("account").collect();
    let accounts = app.store.accounts(actor.institution).await?;
    let mut held: BTreeMap<AccountId, Vec<String>> = BTreeMap::new();
    for g in app.store.grants(actor.institution).await?.iter().filter(|g| g.ended.is_none()) {
        let words = format!("{}（{}）", g.role.word(), actor.known.unit_name(g.unit));
        held.entry(g.account).or_default().push(words);
    }
    let words = query.text("q").to_lowercase();
    let none = query.has("none");
    let open = accounts.iter().filter(|a| a.disabled_at.is_none() && !held.contains_key(&a.id)).count();
    let hits: Vec<Row> = accounts
        .iter()
        .filter(|a| !none || (a.disabled_at.is_none() && !held.contains_key(&a.id)))
        .map(|a| Row {
            account: a.id,
            open: a.disabled_at.is_none() && a.id != actor.account,
            ticked: ticked.contains(a.id.to_string().as_str()),
            login: a.login.clone(),
            name: a.name.clone(),
            roles: held.get(&a.id).map(|r| r.join("、")).unwrap_or_default(),
            disabled: a.disabled_at.is_some(),
        })
        .filter(|r| {
            words.is_empty()
                || r.login.contains(&words)
                || r.name.to_lowercase().contains(&words)
                || r.roles.to_lowercase().contains(&words)
        })
        .collect();
    let shape = query.pairs().iter().filter(|(n, _)| matches!(n.as_str(), "q" | "none" | "page"));
    let pager = Pager::of(query.page(), PER, hits.len() as u64, &Fields::of(shape.cloned().collect()));
    let skip = usize::try_from((query.page() - 1) * PER).unwrap_or(usize::MAX);
    let asked = super::waiting_grants(app, actor).await?;
    Ok(GrantsPage {
        asked: asked
            .into_iter()
            .map(|r| (r.id, r.name, r.role.word(), actor.known.unit_name(r.unit).to_owned()))
            .collect(),
        frame: frame.titled("授权").at(Place::Grants),
        views: vec![
            Choice::new("全部", "/admin/grants", !none).counting(accounts.len() as u64),
            Choice::new("等授权", "/admin/grants?none=1", none).counting(open as u64),
        ],
        words: query.text("q").to_owned(),
        none,
        rows: hits.into_iter().skip(skip).take(50).collect(),
        pager,
        form,
        roles: roles(),
    })
}

/// Gives one role to all the accounts that were ticked, or says of each why not and gives none.
async fn give_many(State(app): State<App>, actor: Actor, frame: Frame, Sent(sent): Sent) -> Reply {
    let mut form = form_for_many(&actor);
    form.take(&sent);
    let ticked: BTreeSet<&str> = sent.all("account").collect();
    let mut accounts = app.store.accounts(actor.institution).await?;
    accounts.retain(|a| ticked.contains(a.id.to_string().as_str()));
    if accounts.is_empty() {
        form.wrong("", "没有勾选账号");
    }
    let role = Role::from_id(form.value("role"));
    let one = form.value("unit").parse::<UnitId>().ok();
    let own = if form.value("unit") == OWN { of_people(&app, &actor, role).await? } else { BTreeMap::new() };
    let held = app.store.grants(actor.institution).await?;
    let mut wanted = Vec::new();
    for account in &accounts {
        let Some(role) = role else { break };
        let unit = one.or_else(|| own.get(&account.person?).copied());
        match (unit, wrong_of(&actor, account, role, unit, &held)) {
            (Some(unit), None) => wanted.push((GrantId::fresh(), account.id, role, unit)),
            (_, why) => {
                let why = why.unwrap_or("名册里没有他在哪个组织");
                form.wrong("", format!("{}（{}）：{why}", account.name, account.login));
            }
        }
    }
    if form.has_errors() || wanted.is_empty() {
        let again = listed(&app, &actor, frame, &sent, form).await?;
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &again);
    }
    let given: Vec<_> = wanted.iter().map(|w| (w.1.to_string(), actor.known.unit_name(w.3))).collect();
    let act = actor
        .act(&app, "grant.give")
        .on(format!("{} 个账号", wanted.len()))
        .with(serde_json::json!({ "role": role.map(Role::id), "given": given }));
    app.store
        .grant(actor.institution, &wanted, &act)
        .await
        .on("roles_exclude", || Fault::Conflict("其中有管理员账号，三员不能兼任别的角色。".to_owned()))?;
    let word = role.map_or("", Role::word);
    cookie::done("/admin/grants", &Said::new(format!("已给 {} 个账号授予“{word}”。", wanted.len())))
}

/// Where the roster has each person today: for secretaries where they head a unit, else where they are a member.
async fn of_people(
    app: &App,
    actor: &Actor,
    role: Option<Role>,
) -> Result<BTreeMap<PersonId, UnitId>, Fault> {
    let today = app.clock.today();
    let members = app.store.members_on(actor.institution, &Scope::All, today).await?;
    let mut out: BTreeMap<PersonId, UnitId> =
        members.into_iter().map(|m| (m.person.id, m.membership.branch)).collect();
    if role != Some(Role::Member) {
        let posts = app.store.posts_on(actor.institution, &Scope::All, today).await?;
        let heads = posts.into_iter().filter(|p| app.rulebook.roles().is_head(&p.title));
        out.extend(heads.map(|p| (p.person, p.unit)));
    }
    Ok(out)
}

/// Why an account cannot have this role over this unit; none when it can.
fn wrong_of(
    actor: &Actor,
    account: &Account,
    role: Role,
    unit: Option<UnitId>,
    held: &[Grant],
) -> Option<&'static str> {
    let held = || held.iter().filter(|g| g.account == account.id && g.ended.is_none());
    if account.id == actor.account {
        Some("不能给自己授权，请另一位安全保密管理员来做")
    } else if account.disabled_at.is_some() {
        Some("账号停用了")
    } else if role == Role::Member && account.person.is_none() {
        Some("没有对上名单里的人，不能做党员账号")
    } else if held().any(|g| g.role == role && Some(g.unit) == unit) {
        Some("已经有这项授权")
    } else if held().any(|g| !g.role.goes_with(role)) {
        Some("三员不能兼任别的角色，也互不兼任")
    } else {
        None
    }
}

#[derive(askama::Template)]
#[template(path = "admin/grant.html")]
struct GrantPage {
    frame: Frame,
    account: AccountId,
    login: String,
    disabled: bool,
    admin: bool,
    mine: bool,
    locked: String,
    grants: Vec<GrantRow>,
    form: Form,
    roles: Vec<(&'static str, &'static str)>,
}

struct GrantRow {
    id: GrantId,
    role: &'static str,
    unit: String,
    given: String,
    ended: String,
}

/// What somebody with this role may do, in a line.
fn may(role: Role) -> &'static str {
    match role {
        Role::Office => "编制和发布要点，看全部组织，批免办、延期，管名册和组织变动，写通报、报告",
        Role::Lead => "看自己牵头的事项在各组织的进展，记本部门的台账，放行自己牵头事项的催办",
        Role::Secretary => "看本支部这个月该做什么，记台账，看本支部的名册和限定范围的内容，申请免办、延期",
        Role::Discipline => "看全校的要点、矩阵、记录和限定范围的内容，记纪委自己的台账",
        Role::Leader => "看全校的要点、矩阵、记录和报告，放行催办；不记台账",
        Role::Member => "看自己的学时、参加的活动和本支部的记录；要对上名册里的人",
        Role::SystemAdmin => "管学校设置、校历、组织和账号；看不到业务内容",
        Role::SecurityAdmin => "授权、重置密码、解除锁定；看不到业务内容",
        Role::AuditAdmin => "查看和校验审计日志；看不到业务内容",
    }
}

/// The unit of each person as the roster says it, instead of one for all.
const OWN: &str = "own";

/// The role and the units for many accounts at once.
fn form_for_many(actor: &Actor) -> Form {
    form_of(actor, Some((OWN.to_owned(), "各人在名册里的组织".to_owned())))
}

fn form(actor: &Actor) -> Form {
    form_of(actor, None)
}

fn form_of(actor: &Actor, first: Option<(String, String)>) -> Form {
    let units = web::view::unit_rows(actor, Right::Grant);
    let named = units.iter().map(|u| (u.id.to_string(), format!("{}{}", "　".repeat(u.depth), u.name)));
    Form::of(vec![
        Field::new(Input::Select, "role", "角色")
            .choices([("", "请选择")].into_iter().chain(Role::ALL.map(|r| (r.id(), r.word()))))
            .wide(6),
        Field::new(Input::Select, "unit", "范围")
            .hint("这个组织和它下面的")
            .choices(first.into_iter().chain(named))
            .wide(6),
    ])
}

async fn shown(
    app: &App,
    actor: &Actor,
    frame: Frame,
    account: &Account,
    form: Form,
) -> Result<GrantPage, Fault> {
    let names: BTreeMap<AccountId, String> =
        app.store.accounts(actor.institution).await?.into_iter().map(|a| (a.id, a.name)).collect();
    let by = |id: Option<AccountId>| id.and_then(|i| names.get(&i)).map_or("初次设置", String::as_str);
    let mut grants = app.store.grants(actor.institution).await?;
    grants.retain(|g| g.account == account.id);
    let admin = grants.iter().any(|g| g.ended.is_none() && g.role.is_admin());
    let attempts = app.store.attempts(&login_subject(&account.login)).await?;
    let lasts = SignedDuration::from_mins(app.settings.lock_minutes);
    let until = attempts.and_then(|a| a.locked(app.clock.wall(), lasts));
    Ok(GrantPage {
        frame: frame.titled(account.name.clone()).at(Place::Grants),
        account: account.id,
        login: account.login.clone(),
        disabled: account.disabled_at.is_some(),
        admin,
        mine: account.id == actor.account,
        locked: until.map(instant_words).unwrap_or_default(),
        grants: grants
            .iter()
            .rev()
            .map(|g| GrantRow {
                id: g.id,
                role: g.role.word(),
                unit: actor.known.unit_name(g.unit).to_owned(),
                given: format!("{}　{}", instant_words(g.granted.0), by(g.granted.1)),
                ended: g
                    .ended
                    .map(|(at, who)| format!("{}　{}", instant_words(at), by(who)))
                    .unwrap_or_default(),
            })
            .collect(),
        form,
        roles: roles(),
    })
}

/// The roles with what each may do.
fn roles() -> Vec<(&'static str, &'static str)> {
    Role::ALL.map(|role| (role.word(), may(role))).to_vec()
}

async fn show(State(app): State<App>, actor: Actor, frame: Frame, Path(id): Path<AccountId>) -> Reply {
    let account = app.store.account(actor.institution, id).await?;
    page(&shown(&app, &actor, frame, &account, form(&actor)).await?)
}

/// What of this grant would be wrong.
async fn check(
    app: &App,
    actor: &Actor,
    account: &Account,
    form: &mut Form,
) -> Result<Option<(Role, UnitId)>, Fault> {
    let role = Role::from_id(form.value("role"));
    let unit = form.value("unit").parse::<UnitId>().ok();
    let (Some(role), Some(unit)) = (role, unit) else { return Ok(None) };
    if account.id == actor.account {
        form.wrong("", "不能给自己授权，请另一位安全保密管理员来做");
    }
    if role == Role::Member && account.person.is_none() {
        form.wrong("role", "这个账号没有对上名单里的人，不能做党员账号");
    }
    let held = app.store.grants_of(actor.institution, account.id).await?;
    if held.iter().any(|g| g.role == role && g.unit == unit) {
        form.wrong("", "已经有这项授权");
    }
    if let Some(other) = held.iter().find(|g| !g.role.goes_with(role)) {
        form.wrong("role", format!("已是{}，三员不能兼任别的角色，也互不兼任", other.role.word()));
    }
    Ok((!form.has_errors()).then_some((role, unit)))
}

async fn give(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path(id): Path<AccountId>,
    Sent(sent): Sent,
) -> Reply {
    let account = app.store.account(actor.institution, id).await?;
    let mut form = form(&actor);
    form.take(&sent);
    let Some((role, unit)) = check(&app, &actor, &account, &mut form).await?.filter(|_| !form.has_errors())
    else {
        let again = shown(&app, &actor, frame, &account, form).await?;
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &again);
    };
    let name = actor.known.unit_name(unit);
    let act = actor
        .act(&app, "grant.give")
        .on(&account.login)
        .with(serde_json::json!({ "role": role.id(), "unit": name }));
    app.store
        .grant(actor.institution, &[(GrantId::fresh(), id, role, unit)], &act)
        .await
        .on("roles_exclude", || Fault::field("role", "三员不能兼任别的角色，也互不兼任"))?;
    let said = format!("{}现在是{}（{name}）。", account.name, role.word());
    cookie::done(&format!("/admin/grants/{id}"), &Said::new(said))
}

/// Gives the roles that the Party office asked for, to the accounts that were ticked.
async fn give_asked(State(app): State<App>, actor: Actor, Sent(sent): Sent) -> Reply {
    let waiting = super::waiting_grants(&app, &actor).await?;
    let mut wanted = Vec::new();
    for id in sent.all("request") {
        let found = waiting.iter().find(|r| r.id.to_string() == id);
        let r = found.ok_or_else(|| Fault::Conflict("有一份申请刚刚撤回了，请再看一次。".to_owned()))?;
        if let Some(account) = r.account {
            wanted.push((r.id, GrantId::fresh(), account, r.role, r.unit));
        }
    }
    if wanted.is_empty() {
        return cookie::done("/admin/grants", &Said::new("没有勾选，什么都没有授权。"));
    }
    let act = actor
        .act(&app, "grant.give")
        .on(format!("{} 份申请", wanted.len()))
        .with(serde_json::json!({ "asked": wanted.iter().map(|w| w.0.to_string()).collect::<Vec<_>>() }));
    app.store
        .grant_requested(actor.institution, &wanted, app.clock.today(), &act)
        .await
        .on("roles_exclude", || Fault::Conflict("其中有管理员账号，三员不能兼任别的角色。".to_owned()))?;
    cookie::done("/admin/grants", &Said::new(format!("已授权 {} 人。", wanted.len())))
}

async fn end(State(app): State<App>, actor: Actor, Path(id): Path<AccountId>, Sent(sent): Sent) -> Reply {
    let account = app.store.account(actor.institution, id).await?;
    let grant: Option<GrantId> = sent.parsed("grant");
    let held = app.store.grants_of(actor.institution, id).await?;
    let held = held.iter().find(|g| Some(g.id) == grant).ok_or_else(|| Fault::not_found("这项授权"))?;
    if account.id == actor.account {
        return Err(Fault::Conflict("不能收回自己的角色，请另一位安全保密管理员来做。".to_owned()).into());
    }
    if held.role.is_admin() {
        super::keeps_an_administrator(&app, &actor, &account, held.role).await?;
    }
    let act = actor
        .act(&app, "grant.end")
        .on(&account.login)
        .with(serde_json::json!({ "role": held.role.id(), "unit": actor.known.unit_name(held.unit) }));
    app.store.end_grant(actor.institution, held.id, &act).await?;
    let said = format!("已收回{}的{}。", account.name, held.role.word());
    cookie::done(&format!("/admin/grants/{id}"), &Said::new(said))
}

#[derive(askama::Template)]
#[template(path = "admin/account-made.html")]
struct MadePage {
    frame: Frame,
    made: Vec<(String, String, String)>,
}

async fn reset_password(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path(id): Path<AccountId>,
) -> Reply {
    let account = app.store.account(actor.institution, id).await?;
    let held = app.store.grants_of(actor.institution, id).await?;
    // Whoever resets a password could sign in with it: between the three administrators that would undo their separation.
    if held.iter().any(|g| g.role.is_admin()) {
        return Err(Fault::NotAllowed(
            "管理员之间不能互相重置密码。请在服务器上用命令行给这位管理员一个一次性链接。".to_owned(),
        )
        .into());
    }
    let secret = password::one_time();
    let hash = app.hasher.hash(secret.clone(), true).await?;
    let act = actor.act(&app, "account.reset").on(&account.login);
    app.store.set_password(actor.institution, id, &hash, None, &act).await?;
    app.store.clear_attempts(&login_subject(&account.login)).await?;
    // Shown in this answer and nowhere else, so there is no redirect.
    page(&MadePage {
        frame: frame.titled("密码已重置").at(Place::Grants),
        made: vec![(account.login, account.name, secret)],
    })
}

async fn unlock(State(app): State<App>, actor: Actor, Path(id): Path<AccountId>) -> Reply {
    let account = app.store.account(actor.institution, id).await?;
    let act = actor.act(&app, "account.unlock").on(&account.login);
    app.store.record(actor.institution, &act).await?;
    app.store.clear_attempts(&login_subject(&account.login)).await?;
    cookie::done(&format!("/admin/grants/{id}"), &Said::new("锁定已解除，可以再试登录。"))
}
