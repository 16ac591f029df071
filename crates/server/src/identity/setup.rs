//! The first start: one link, printed on the terminal, makes the institution and its three administrators.

use axum::extract::State;
use axum::http::{Extensions, HeaderMap, StatusCode};
use jiff::SignedDuration;
use model::{AccountId, GrantId, InstitutionId, Role, Unit, UnitId, UnitKind};
use store::{NewAccount, SetupLink, StoreError, sha256};
use web::extract::{Path, Sent};
use web::permit::{Route, Rule, get, post};
use web::view::{Field, Form, Input, Said, page, page_with};
use web::{App, Reply};
use work::Fault;

use web::{cookie, session};
use work::password;
use work::token::token;

const PURPOSE: &str = "first-start";
/// Hours for which a link is good.
const HOURS: i64 = 24;
/// The three administrators, each an account of its own.
const ADMINS: [(Role, &str); 3] =
    [(Role::SystemAdmin, "system"), (Role::SecurityAdmin, "security"), (Role::AuditAdmin, "audit")];

/// The routes of the first start.
pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/setup/{token}", Rule::Public, show),
        post("/setup/{token}", Rule::Public, set_up).limit(32 * 1024),
    ]
}

/// Whether nobody can sign in yet: no institution, or one whose set-up was broken off before its administrators were there.
pub(crate) async fn unfinished(app: &App) -> Result<bool, Fault> {
    match app.store.institutions().await?.as_slice() {
        [] => Ok(true),
        [one] => Ok(app.store.grants(one.id).await?.is_empty()),
        _ => Ok(false),
    }
}

/// The path of a link that sets up a new installation once; none when it has been set up.
///
/// # Errors
/// When the store cannot be read or written.
pub async fn setup_path(app: &App) -> Result<Option<String>, Fault> {
    if !unfinished(app).await? {
        return Ok(None);
    }
    let token = token();
    let wall = app.clock.wall();
    let link = SetupLink {
        token_hash: sha256(token.as_bytes()),
        institution: None,
        account: None,
        purpose: PURPOSE.to_owned(),
        created_at: wall,
        expires_at: wall + SignedDuration::from_hours(HOURS),
        used_at: None,
    };
    app.store.create_setup_link(&link).await?;
    Ok(Some(format!("/setup/{token}")))
}

#[derive(askama::Template)]
#[template(path = "identity/setup.html")]
struct SetupPage {
    title: String,
    institution: String,
    form: Form,
    token: String,
    admins: Vec<AdminPart>,
    length: usize,
}

/// One of the three, with the range of its fields in the form.
struct AdminPart {
    word: &'static str,
    does: &'static str,
    fields: Vec<Field>,
}

fn form() -> Form {
    let mut fields = vec![Field::text("institution", "学校（单位）全称").complete("organization")];
    for (role, key) in ADMINS {
        // The whole name in each label: the list of mistakes above the form stands apart from the three parts.
        let label = |what: &str| format!("{}{what}", role.word());
        fields.push(Field { max: 40, ..Field::text(format!("{key}-login"), label("的账号")).wide(6) });
        fields.push(Field { max: 40, ..Field::text(format!("{key}-name"), label("的姓名")).wide(6) });
        fields.push(
            Field::new(Input::Password, format!("{key}-password"), label("的密码"))
                .wide(6)
                .complete("new-password"),
        );
        fields.push(
            Field::new(Input::Password, format!("{key}-again"), label("的密码，再输一次"))
                .wide(6)
                .complete("new-password"),
        );
    }
    Form::of(fields)
}

fn shown(app: &App, form: Form, token: &str) -> SetupPage {
    let does = |role| match role {
        Role::SystemAdmin => "管学校设置、组织树、校历，开通和停用账号。",
        Role::SecurityAdmin => "授予和收回角色，重置密码。",
        _ => "查看和校验审计日志。",
    };
    let admins = ADMINS
        .iter()
        .enumerate()
        .map(|(i, (role, _))| AdminPart {
            word: role.word(),
            does: does(*role),
            fields: form.fields[1 + i * 4..5 + i * 4].to_vec(),
        })
        .collect();
    SetupPage {
        title: "初次设置".to_owned(),
        institution: String::new(),
        form,
        token: token.to_owned(),
        admins,
        length: app.settings.password_length,
    }
}

async fn good_link(app: &App, token: &str) -> Result<(), Fault> {
    let link = app.store.setup_link(&sha256(token.as_bytes())).await?;
    let good = link
        .filter(|l| l.purpose == PURPOSE)
        .is_some_and(|l| l.used_at.is_none() && l.expires_at > app.clock.wall());
    if good && unfinished(app).await? {
        Ok(())
    } else {
        Err(Fault::NotAllowed(
            "这个设置链接用过了、过期了，或者系统已经设置好。没有设置好的话，重新启动程序会打印新的链接。"
                .to_owned(),
        ))
    }
}

async fn show(State(app): State<App>, Path(token): Path<String>) -> Reply {
    good_link(&app, &token).await?;
    page(&shown(&app, form(), &token))
}

/// Notes what is wrong with the logins and passwords.
fn check(app: &App, form: &mut Form) {
    let logins: Vec<String> =
        ADMINS.iter().map(|(_, k)| form.value(&format!("{k}-login")).trim().to_lowercase()).collect();
    for (i, (_, key)) in ADMINS.iter().enumerate() {
        if !logins[i].is_empty() && logins[..i].contains(&logins[i]) {
            form.wrong(&format!("{key}-login"), "三个管理员要用三个不同的账号");
        }
        let secret = form.value(&format!("{key}-password")).to_owned();
        if secret.is_empty() {
            continue;
        }
        let name = form.value(&format!("{key}-name")).to_owned();
        for fault in password::faults(&app.settings, &secret, &[&logins[i], &name]) {
            form.wrong(&format!("{key}-password"), fault);
        }
        let again = form.value(&format!("{key}-again"));
        if !again.is_empty() && again != secret {
            form.wrong(&format!("{key}-again"), "两次输入的密码不一样");
        }
    }
}

async fn set_up(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
    extensions: Extensions,
    Sent(sent): Sent,
) -> Reply {
    good_link(&app, &token).await?;
    let mut form = form();
    form.take(&sent);
    check(&app, &mut form);
    if form.has_errors() {
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown(&app, form, &token));
    }
    let from = session::address(&app, &headers, &extensions);
    let act = |action: &str| store::Act::new(None, &from, app.clock.now(), action);
    let mut accounts = Vec::new();
    for (_, key) in ADMINS {
        accounts.push(NewAccount {
            id: AccountId::fresh(),
            person: None,
            login: form.value(&format!("{key}-login")).to_owned(),
            name: form.value(&format!("{key}-name")).to_owned(),
            password: app.hasher.hash(form.value(&format!("{key}-password")).to_owned(), false).await?,
        });
    }
    let name = form.value("institution").to_owned();
    // A set-up that was broken off is taken up where it stood: the grants come last and decide whether it is finished.
    let institution = match app.store.institutions().await?.first() {
        Some(one) => one.id,
        None => {
            let id = InstitutionId::fresh();
            app.store.create_institution(id, &name, &act("institution.create").on(&name)).await?;
            id
        }
    };
    let root = match app.store.organisation(institution).await?.units.first() {
        Some(root) => root.id,
        None => {
            let root = Unit {
                id: UnitId::fresh(),
                parent: None,
                kind: UnitKind::Committee,
                name: format!("中共{name}委员会"),
                aliases: vec!["党委".to_owned(), "校党委".to_owned(), "院党委".to_owned()],
                traits: std::collections::BTreeSet::new(),
                sort: 0,
                founded: None,
                dissolved: None,
            };
            app.store
                .save_units(institution, std::slice::from_ref(&root), &act("unit.save").on(&name))
                .await?;
            root.id
        }
    };
    match app.store.create_accounts(institution, &accounts, &act("account.create").on("三个管理员")).await
    {
        Err(StoreError::Constraint(c)) if c == "login_pkey" => {
            form.wrong("", "账号已被占用，请换一个");
            return page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown(&app, form, &token));
        }
        other => other?,
    }
    if !app.store.use_setup_link(&sha256(token.as_bytes()), app.clock.wall()).await? {
        return Err(Fault::Conflict("这个链接刚刚被用过。请直接登录。".to_owned()).into());
    }
    let grants: Vec<_> =
        accounts.iter().zip(ADMINS).map(|(a, (role, _))| (GrantId::fresh(), a.id, role, root)).collect();
    app.store.grant(institution, &grants, &act("grant.give").on("三个管理员")).await?;
    cookie::done("/login", &Said::new("学校和三个管理员已建立，请分别登录。"))
}
