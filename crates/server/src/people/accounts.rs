//! 开账号: the Party office says who needs which role; the system administrator opens the accounts, the security
//! administrator gives the roles. None of the three does another's part.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use model::{PersonId, RequestId, Role, UnitId, UnitKind};
use store::Scope;
use web::extract::{Path, Sent};
use web::permit::{Right, Route, Rule, get, post};
use web::view::{Frame, Place, Said, instant_words, page};
use web::{App, Reply, cookie};
use work::{Actor, Fault};

use work::units::full_name;

pub(super) fn routes() -> Vec<Route> {
    let rule = Rule::May(Right::EditPeople);
    vec![
        get("/people/accounts", rule, show),
        post("/people/accounts", rule, ask),
        post("/people/accounts/{id}/drop", rule, take_back),
    ]
}

/// Somebody who could have an account.
struct Candidate {
    value: String,
    name: String,
    number: String,
    unit: String,
    post: String,
    why_not: &'static str,
}

struct Waiting {
    id: RequestId,
    name: String,
    role: &'static str,
    unit: String,
    at: String,
    stands: &'static str,
}

#[derive(askama::Template)]
#[template(path = "people/accounts.html")]
struct AccountsPage {
    frame: Frame,
    secretaries: Vec<Candidate>,
    ready: usize,
    vacant: Vec<String>,
    waiting: Vec<Waiting>,
}

/// Who is secretary of which branch today: (person, unit).
async fn secretaries(app: &App, actor: &Actor) -> Result<Vec<(PersonId, UnitId)>, Fault> {
    let organisation = &actor.known.organisation;
    let posts = app.store.posts_on(actor.institution, &Scope::All, app.clock.today()).await?;
    Ok(posts
        .into_iter()
        .filter(|p| {
            organisation.unit(p.unit).is_some_and(|u| {
                matches!(u.kind, UnitKind::Branch | UnitKind::GeneralBranch)
                    && app.rulebook.roles().heads(&p.title, u.kind)
            })
        })
        .map(|p| (p.person, p.unit))
        .collect())
}

async fn show(State(app): State<App>, actor: Actor, frame: Frame) -> Reply {
    let organisation = &actor.known.organisation;
    let today = app.clock.today();
    let found = secretaries(&app, &actor).await?;
    let held = app.store.held(actor.institution, &found.iter().map(|(p, _)| *p).collect()).await?;
    let waiting = app.store.account_requests(actor.institution).await?;
    let accounts = app.store.accounts(actor.institution).await?;
    let mut granted: BTreeSet<(PersonId, UnitId)> = BTreeSet::new();
    let of_account: BTreeMap<_, _> = accounts.iter().filter_map(|a| Some((a.id, a.person?))).collect();
    for g in app.store.grants(actor.institution).await?.iter().filter(|g| g.ended.is_none()) {
        if let Some(person) = of_account.get(&g.account).filter(|_| g.role == Role::Secretary) {
            granted.insert((*person, g.unit));
        }
    }
    let mut rows: Vec<Candidate> = found
        .iter()
        .filter_map(|(p, u)| Some((held.get(p)?, *p, *u)))
        .map(|(h, p, u)| Candidate {
            value: format!("{p} {u}"),
            name: h.state.person.name.clone(),
            number: h.state.person.number.clone(),
            unit: full_name(organisation, u),
            post: organisation
                .unit(u)
                .and_then(|u| app.rulebook.roles().head_of(u.kind))
                .unwrap_or_default()
                .to_owned(),
            why_not: if granted.contains(&(p, u)) {
                "已有账号和角色"
            } else if waiting.iter().any(|w| w.person == p && w.unit == u) {
                "已报，等管理员"
            } else if h.state.person.number.is_empty() {
                "没有工号，不能开"
            } else {
                ""
            },
        })
        .collect();
    rows.sort_by(|a, b| (!a.why_not.is_empty(), &a.unit).cmp(&(!b.why_not.is_empty(), &b.unit)));
    let have: BTreeSet<UnitId> = found.iter().map(|(_, u)| *u).collect();
    page(&AccountsPage {
        frame: frame.titled("开账号").at(Place::People),
        ready: rows.iter().filter(|r| r.why_not.is_empty()).count(),
        secretaries: rows,
        vacant: organisation
            .units
            .iter()
            .filter(|u| u.kind == UnitKind::Branch && u.exists_on(today) && !have.contains(&u.id))
            .map(|u| full_name(organisation, u.id))
            .collect(),
        waiting: waiting
            .into_iter()
            .map(|w| Waiting {
                id: w.id,
                name: w.name,
                role: w.role.word(),
                unit: full_name(organisation, w.unit),
                at: instant_words(w.asked_at),
                stands: if w.account.is_some() {
                    "等安全保密管理员授权"
                } else {
                    "等系统管理员开户"
                },
            })
            .collect(),
    })
}

async fn ask(State(app): State<App>, actor: Actor, Sent(sent): Sent) -> Reply {
    let known = secretaries(&app, &actor).await?;
    let mut wanted = Vec::new();
    for value in sent.all("who") {
        let (person, unit) = value.split_once(' ').unwrap_or_default();
        let asked = known.iter().find(|(p, u)| p.to_string() == person && u.to_string() == unit);
        let (person, unit) = asked.ok_or_else(|| Fault::not_found("这位书记"))?;
        wanted.push((*person, Role::Secretary, *unit));
    }
    if wanted.is_empty() {
        return cookie::done("/people/accounts", &Said::new("没有选人，什么都没有报。"));
    }
    let act = actor.act(&app, "account.ask").on(format!("{} 人", wanted.len()));
    let fresh = app.store.ask_accounts(actor.institution, &wanted, &act).await?;
    let words = format!("已报 {fresh} 人。请系统管理员到“账号”开户，再请安全保密管理员到“授权”授权。");
    cookie::done("/people/accounts", &Said::new(words))
}

async fn take_back(State(app): State<App>, actor: Actor, Path(id): Path<RequestId>) -> Reply {
    let act = actor.act(&app, "account.ask-drop").on(id);
    app.store.withdraw_account_request(actor.institution, id, app.clock.today(), &act).await?;
    cookie::done("/people/accounts", &Said::new("已撤回这份申请。"))
}
