//! One person: what is held, where they were, what posts they held, every change; numbers opened for a reason.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use axum::extract::State;
use axum::http::StatusCode;
use jiff::civil::Date;
use model::{AccountId, PersonId, SecretKind};
use serde_json::json;
use store::{Held, PersonRevision};
use web::extract::{Path, Sent};
use web::permit::{Right, Route, Rule, get, post};
use web::view::{Field, Form, Frame, Place, instant_words, page, page_with};
use web::{App, Reply};
use work::{Actor, Fault};

use work::units::full_name;

use super::import::preview::stretch_on;
use crate::seen::person::{branch_words, differences, facts, masks_of, span};

pub(super) fn routes() -> Vec<Route> {
    let rule = Rule::May(Right::SeePeople);
    vec![get("/people/{id}", rule, show), post("/people/{id}/reveal", rule, reveal)]
}

/// A dated line: a stretch in a branch, a post.
struct Dated {
    what: String,
    place: String,
    span: String,
    now: bool,
    href: String,
}

/// A change.
struct Change {
    at: String,
    by: String,
    note: String,
    lines: Vec<(String, String, String)>,
    batch: String,
}

#[derive(askama::Template)]
#[template(path = "people/person.html")]
struct PersonPage {
    frame: Frame,
    id: PersonId,
    name: String,
    now: String,
    facts: Vec<(&'static str, String)>,
    sealed: bool,
    shown: Vec<(&'static str, String)>,
    form: Form,
    stretches: Vec<Dated>,
    posts: Vec<Dated>,
    changes: Vec<Change>,
    edits: bool,
    there: bool,
}

fn reason_form() -> Form {
    Form::of(vec![Field {
        max: 100,
        ..Field::text("reason", "为什么要看").hint("记入审计日志，例：核对转接介绍信")
    }])
}

fn holds(since: Date, until: Option<Date>, today: Date) -> bool {
    since <= today && until.is_none_or(|u| today < u)
}

fn changes(actor: &Actor, history: &[PersonRevision], names: &BTreeMap<AccountId, String>) -> Vec<Change> {
    let mut out = Vec::new();
    for (i, r) in history.iter().enumerate().filter(|(_, r)| r.revision > 0) {
        let before = history.get(i + 1).and_then(|b| b.state.as_ref());
        let lines = match (before, &r.state) {
            (Some(before), Some(after)) => differences(actor, before, after),
            _ => Vec::new(),
        };
        out.push(Change {
            at: instant_words(r.at),
            by: r.account.and_then(|a| names.get(&a)).cloned().unwrap_or_else(|| "程序".to_owned()),
            note: r.note.clone(),
            lines,
            batch: match r.batch {
                Some(id) if actor.may(Right::EditPeople) => format!("/people/import/{id}"),
                _ => String::new(),
            },
        });
    }
    out
}

/// The names behind accounts, of those who changed something.
async fn names(
    app: &App,
    actor: &Actor,
    history: &[PersonRevision],
) -> Result<BTreeMap<AccountId, String>, Fault> {
    let mut out = BTreeMap::new();
    for id in history.iter().filter_map(|r| r.account) {
        if let Entry::Vacant(unknown) = out.entry(id) {
            unknown.insert(app.store.account(actor.institution, id).await?.name);
        }
    }
    Ok(out)
}

async fn built(
    app: &App,
    actor: &Actor,
    frame: Frame,
    held: &Held,
    form: Form,
    shown: Vec<(&'static str, String)>,
) -> Result<PersonPage, Fault> {
    let today = app.clock.today();
    let state = &held.state;
    let id = state.person.id;
    let edits = actor.may(Right::EditPeople);
    let history = app.store.person_history(actor.institution, id).await?;
    let names = names(app, actor, &history).await?;
    let now = stretch_on(&state.memberships, today).and_then(|i| state.memberships.get(i));
    let href =
        |kind: &str, of: String| if edits { format!("/people/{id}/{kind}/{of}") } else { String::new() };
    Ok(PersonPage {
        frame: frame.titled(state.person.name.clone()).at(Place::People),
        id,
        name: state.person.name.clone(),
        now: now.map_or_else(
            || "现在不在任何支部".to_owned(),
            |m| format!("{}，{}", m.stage.word(), branch_words(&actor.known.organisation, m)),
        ),
        facts: facts(state, &masks_of(app, actor, id).await?),
        sealed: !state.secrets.is_empty() && shown.is_empty(),
        shown,
        form,
        stretches: state
            .memberships
            .iter()
            .rev()
            .map(|m| Dated {
                what: m.stage.word().to_owned(),
                place: branch_words(&actor.known.organisation, m),
                span: span(m.since, m.until),
                now: holds(m.since, m.until, today),
                href: href("stretches", m.id.to_string()),
            })
            .collect(),
        posts: state
            .posts
            .iter()
            .rev()
            .map(|p| Dated {
                what: p.title.clone(),
                place: full_name(&actor.known.organisation, p.unit),
                span: span(p.since, p.until),
                now: holds(p.since, p.until, today),
                href: href("posts", p.id.to_string()),
            })
            .collect(),
        changes: changes(actor, &history, &names),
        edits,
        there: now.is_some(),
    })
}

async fn show(State(app): State<App>, actor: Actor, frame: Frame, Path(id): Path<PersonId>) -> Reply {
    let held = super::seen(&app, &actor, id).await?;
    page(&built(&app, &actor, frame, &held, reason_form(), Vec::new()).await?)
}

/// Opens what is sealed of one person, with a line in the audit log that has the reason and not the numbers.
async fn reveal(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path(id): Path<PersonId>,
    Sent(sent): Sent,
) -> Reply {
    let held = super::seen(&app, &actor, id).await?;
    let mut form = reason_form();
    form.take(&sent);
    if !form.has_errors() && form.value("reason").chars().count() < 4 {
        form.wrong("reason", "写清楚一点，至少 4 个字");
    }
    if form.has_errors() {
        let again = built(&app, &actor, frame, &held, form, Vec::new()).await?;
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &again);
    }
    let act = actor.act(&app, "person.reveal").on(id).with(json!({
        "name": held.state.person.name, "reason": form.value("reason"),
    }));
    let opened = app.store.reveal(actor.institution, &[id], &act).await?;
    let shown = SecretKind::ALL
        .into_iter()
        .filter_map(|kind| Some((kind.word(), opened.get(&(id, kind))?.clone())))
        .collect();
    // Shown in this answer and nowhere else, so there is no redirect; no page with a frame is kept by the browser.
    page(&built(&app, &actor, frame, &held, reason_form(), shown).await?)
}
