//! 名册里关于我的: what is held about oneself, taken away as a sheet or as JSON, and asked to be corrected.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::http::StatusCode;
use model::{PersonId, SecretKind};
use office::sheet::{Cell, Column, Kind, Sheet};
use store::Held;
use web::extract::Sent;
use web::permit::{Route, Rule, get, post};
use web::view::{Form, Frame, Place, Said, instant_words, page, page_with};
use web::{App, Reply, cookie};
use work::{Actor, Fault};

use web::download::{XLSX, file, local_now};

use crate::seen::person::{self, facts, masks_of, membership_words, post_words, word};

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/account/held", Rule::SignedIn, show),
        post("/account/held/show", Rule::SignedIn, open),
        post("/account/held/correct", Rule::SignedIn, send),
        get("/account/held.xlsx", Rule::SignedIn, sheet),
        get("/account/held.json", Rule::SignedIn, as_json),
    ]
}

struct Asked {
    at: String,
    words: String,
    state: &'static str,
    remark: String,
}

#[derive(askama::Template)]
#[template(path = "me/held.html")]
struct HeldPage {
    frame: Frame,
    known: bool,
    facts: Vec<(&'static str, String)>,
    sealed: bool,
    shown: Vec<(&'static str, String)>,
    stretches: Vec<String>,
    posts: Vec<String>,
    changes: Vec<(String, String)>,
    asked: Vec<Asked>,
    form: Form,
}

async fn me(app: &App, actor: &Actor) -> Result<Option<Held>, Fault> {
    let Some(id) = actor.person else { return Ok(None) };
    Ok(app.store.held(actor.institution, &BTreeSet::from([id])).await?.remove(&id))
}

async fn must_be_me(app: &App, actor: &Actor) -> Result<(PersonId, Held), Fault> {
    let held = me(app, actor).await?.ok_or_else(|| Fault::not_found("名册里的你"))?;
    Ok((held.state.person.id, held))
}

async fn built(
    app: &App,
    actor: &Actor,
    frame: Frame,
    form: Form,
    shown: Vec<(&'static str, String)>,
) -> Result<HeldPage, Fault> {
    let mut out = HeldPage {
        frame: frame.titled("名册里关于我的").at(Place::Account),
        known: false,
        facts: Vec::new(),
        sealed: false,
        shown,
        stretches: Vec::new(),
        posts: Vec::new(),
        changes: Vec::new(),
        asked: Vec::new(),
        form,
    };
    let Some(held) = me(app, actor).await? else { return Ok(out) };
    let state = &held.state;
    out.known = true;
    out.facts = facts(state, &masks_of(app, actor, state.person.id).await?);
    out.sealed = !state.secrets.is_empty() && out.shown.is_empty();
    out.stretches = state.memberships.iter().rev().map(|m| membership_words(actor, m)).collect();
    out.posts = state.posts.iter().rev().map(|p| post_words(actor, p)).collect();
    let history = app.store.person_history(actor.institution, state.person.id).await?;
    out.changes =
        history.iter().filter(|r| r.revision > 0).map(|r| (instant_words(r.at), r.note.clone())).collect();
    out.asked = app
        .store
        .corrections(actor.institution, Some(state.person.id))
        .await?
        .into_iter()
        // What somebody else said about one may name what is not one's own to read.
        .filter(|c| c.asked_by == actor.account)
        .map(|c| Asked {
            at: instant_words(c.asked_at),
            state: word(&c),
            words: c.reason,
            remark: c.decision.map(|d| d.remark).unwrap_or_default(),
        })
        .collect();
    Ok(out)
}

async fn show(State(app): State<App>, actor: Actor, frame: Frame) -> Reply {
    page(&built(&app, &actor, frame, person::correction(), Vec::new()).await?)
}

/// One's own numbers in full. The audit log says that one looked at one's own.
async fn opened(app: &App, actor: &Actor, id: PersonId) -> Result<BTreeMap<SecretKind, String>, Fault> {
    let act = actor.act(app, "person.reveal").on(id).with(serde_json::json!({ "reason": "本人查看" }));
    let all = app.store.reveal(actor.institution, &[id], &act).await?;
    Ok(all.into_iter().map(|((_, kind), value)| (kind, value)).collect())
}

async fn open(State(app): State<App>, actor: Actor, frame: Frame) -> Reply {
    let (id, _) = must_be_me(&app, &actor).await?;
    let all = opened(&app, &actor, id).await?;
    let shown = all.into_iter().map(|(kind, value)| (kind.word(), value)).collect();
    page(&built(&app, &actor, frame, person::correction(), shown).await?)
}

async fn send(State(app): State<App>, actor: Actor, frame: Frame, Sent(sent): Sent) -> Reply {
    let (id, _) = must_be_me(&app, &actor).await?;
    let mut form = person::correction();
    form.take(&sent);
    if form.has_errors() {
        let again = built(&app, &actor, frame, form, Vec::new()).await?;
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &again);
    }
    work::requests::correct(&app, &actor, id, form.value("words")).await?;
    cookie::done("/account/held", &Said::new("已报党委办公室，办的结果会写在这一页。"))
}

async fn sheet(State(app): State<App>, actor: Actor) -> Reply {
    let (id, held) = must_be_me(&app, &actor).await?;
    let numbers = opened(&app, &actor, id).await?;
    let mut rows: Vec<(String, String)> =
        facts(&held.state, &numbers).into_iter().map(|(term, words)| (term.to_owned(), words)).collect();
    rows.extend(
        held.state.memberships.iter().map(|m| ("支部和阶段".to_owned(), membership_words(&actor, m))),
    );
    rows.extend(held.state.posts.iter().map(|p| ("职务".to_owned(), post_words(&actor, p))));
    let sheet = Sheet {
        name: "我的信息".to_owned(),
        title: "名册里关于我的".to_owned(),
        columns: vec![Column::new("项目", 18, Kind::Text), Column::new("内容", 70, Kind::Long)],
        frozen: 0,
        rows: rows.into_iter().map(|(a, b)| vec![Cell::Text(a), Cell::Text(b)]).collect(),
    };
    let bytes = office::sheet::write(local_now(&app), &[sheet]).map_err(anyhow::Error::from)?;
    file("名册里关于我的.xlsx", "me.xlsx", XLSX, bytes)
}

async fn as_json(State(app): State<App>, actor: Actor) -> Reply {
    let (id, held) = must_be_me(&app, &actor).await?;
    let numbers = opened(&app, &actor, id).await?;
    let state = &held.state;
    let unit = |id| actor.known.unit_name(id);
    let all = serde_json::json!({
        "person": state.person,
        "file": state.file,
        "citizen_id": numbers.get(&SecretKind::CitizenId),
        "phone": numbers.get(&SecretKind::Phone),
        "memberships": state.memberships.iter().map(|m| serde_json::json!({
            "branch": unit(m.branch), "group": m.group.map(unit), "stage": m.stage, "since": m.since, "until": m.until,
        })).collect::<Vec<_>>(),
        "posts": state.posts.iter().map(|p| serde_json::json!({
            "unit": unit(p.unit), "title": p.title, "since": p.since, "until": p.until,
        })).collect::<Vec<_>>(),
    });
    file(
        "名册里关于我的.json",
        "me.json",
        "application/json; charset=utf-8",
        serde_json::to_vec_pretty(&all)?,
    )
}
