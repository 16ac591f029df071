//! What the clerk makes of one obligation: confirm, change, not assess, merge, restore; and adding what was missed.

use axum::extract::State;
use axum::http::StatusCode;
use model::{
    Bearers, Cadence, Conditions, MeasureKind, Origin, Per, PlanId, Proposal, ProposalState, Review, When,
};
use web::extract::{Path, Query, Sent};
use web::permit::{Right, Route, Rule, get, post};
use web::view::{Field, Form, Frame, Input, Place, Said, page, page_with};
use web::{App, Reply, cookie};
use work::plans::{Change, Draft, is_live};
use work::{Actor, Fault};

use super::draft::{Step, item_href, obligation_href};
use super::fields::{fields, read};
use super::review::waits;

pub(super) fn routes() -> Vec<Route> {
    let may = Rule::May(Right::EditPlan);
    vec![
        get("/plans/{id}/o/{key}", may, show),
        post("/plans/{id}/o/{key}", may, act),
        post("/plans/{id}/i/{item}/confirm", may, confirm_item),
        post("/plans/{id}/confirm", may, confirm_all),
        get("/plans/{id}/i/{item}/add", may, show_add),
        post("/plans/{id}/i/{item}/add", may, add),
    ]
}

#[derive(askama::Template)]
#[template(path = "plan/reviewing/edit.html")]
struct EditPage {
    frame: Frame,
    plan_title: String,
    back: String,
    action: String,
    heading: String,
    /// The clause in the document's words.
    clause: String,
    reason: String,
    revision: u32,
    form: Form,
    verb: &'static str,
    /// What else asks for the same ledger: key and title.
    others: Vec<(String, String)>,
    /// Somebody was faster: what the obligation says now.
    meanwhile: Vec<(&'static str, String)>,
}

impl EditPage {
    /// For which rhythms a field is asked; empty for always.
    fn when(name: &str) -> &'static str {
        match name {
            "times" | "by" => "how=at_least",
            "per" => "how=at_least|hours",
            "hours" => "how=hours",
            "day" => "how=by",
            "event" => "how=before|within|each",
            "days" => "how=within",
            _ => "",
        }
    }
}

fn others(draft: &Draft, p: &Proposal) -> Vec<(String, String)> {
    let same = |o: &&Proposal| {
        o.key != p.key
            && !matches!(o.origin, Origin::Progress { .. })
            && o.ledger == p.ledger
            && o.ledger.is_some()
            && is_live(o)
    };
    draft.review.proposals.iter().filter(same).map(|o| (o.key.clone(), o.title.clone())).collect()
}

/// An obligation in words, beside the form of whoever was slower.
fn as_it_is(app: &App, actor: &Actor, p: &Proposal) -> Vec<(&'static str, String)> {
    let ledger = p.ledger.as_deref().and_then(|l| app.rulebook.ledger(l));
    vec![
        ("叫什么", p.title.clone()),
        ("谁", crate::plan::words::bearer_words(app, actor, p)),
        ("多少", p.cadence.words()),
        ("凭", ledger.map_or_else(|| "没有台账".to_owned(), |l| l.title.clone())),
    ]
}

fn edit_page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    draft: &Draft,
    p: &Proposal,
    revision: u32,
    form: Form,
) -> EditPage {
    EditPage {
        frame: frame.titled(format!("改要求 {}", p.key)).at(Place::Plan),
        plan_title: draft.revision.title.clone(),
        back: obligation_href(draft, &p.key),
        action: format!("/plans/{}/o/{}", draft.head.id, p.key),
        heading: format!("{}　{}", p.key, p.title),
        clause: p.origin.words().unwrap_or_default().to_owned(),
        reason: p.reason.clone(),
        revision,
        form,
        verb: "保存并确认",
        others: others(draft, p),
        meanwhile: if revision == draft.revision.revision { Vec::new() } else { as_it_is(app, actor, p) },
    }
}

async fn show(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path((id, key)): Path<(PlanId, String)>,
) -> Reply {
    let draft = Draft::read(&app, &actor, id).await?;
    let p = draft.proposal(&key)?;
    let form = fields(&app, &actor, draft.revision.year, p);
    page(&edit_page(&app, &actor, frame, &draft, p, draft.revision.revision, form))
}

async fn act(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path((id, key)): Path<(PlanId, String)>,
    Sent(sent): Sent,
) -> Reply {
    let step = Step::on(&app, &actor, id, &sent).await?;
    let Step { draft, based_on } = &step;
    let before = draft.proposal(&key)?.clone();
    let mut form = fields(&app, &actor, draft.revision.year, &before);
    let wanted = sent.text("do").to_owned();
    let after = match wanted.as_str() {
        "confirm" => Proposal { state: ProposalState::Confirmed, ..before.clone() },
        "not-assessed" => Proposal { state: ProposalState::NotAssessed, ..before.clone() },
        "restore" => Proposal { state: ProposalState::Proposed, ..before.clone() },
        "merge" => {
            let into = draft.proposal(sent.text("into"))?;
            if into.key == before.key || matches!(into.state, ProposalState::MergedInto { .. }) {
                return Err(Fault::BadRequest("只能并入另一项还在的要求。".to_owned()).into());
            }
            Proposal { state: ProposalState::MergedInto { key: into.key.clone() }, ..before.clone() }
        }
        _ => {
            let after = read(&app, &actor, draft.revision.year, &before, &mut form, &sent);
            if form.has_errors() {
                return page_with(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    &edit_page(&app, &actor, frame, draft, &before, *based_on, form),
                );
            }
            after
        }
    };
    let review = Review {
        proposals: draft
            .review
            .proposals
            .iter()
            .map(|p| if p.key == key { after.clone() } else { p.clone() })
            .collect(),
        ..(*draft.review).clone()
    };
    let detail = serde_json::json!({ "key": key, "do": wanted });
    match step.keep(&app, &actor, Change::of(&review, "plan.obligation", detail)).await? {
        None => {
            let words = match &after.state {
                ProposalState::Confirmed => format!("要求 {key} 已确认。"),
                ProposalState::NotAssessed if matches!(after.origin, Origin::Progress { .. }) => {
                    format!("要求 {key} 已关上，不要求报进展。")
                }
                ProposalState::NotAssessed => format!("要求 {key} 定为导向性，不考核。"),
                ProposalState::Proposed => format!("要求 {key} 已恢复。"),
                ProposalState::MergedInto { key: into } => format!("要求 {key} 已并入 {into}。"),
            };
            // From the page of what it costs one goes on there.
            let to = match sent.text("back") {
                "publish" => format!("/plans/{id}/publish#doubles"),
                _ => obligation_href(draft, &key),
            };
            cookie::done(&to, &Said::new(words))
        }
        Some(newest) => {
            // What was chosen or typed is shown again, filled in, beside what the other clerk made of it.
            let now = newest.proposal(&key).cloned().unwrap_or(before);
            let mut typed = fields(&app, &actor, newest.revision.year, &after);
            typed.general.push(
                "别人刚改过这份要点，您的改动还没有保存。下面保留着您填的，右边是现在的；核对后再保存一次。"
                    .to_owned(),
            );
            let mut page = edit_page(&app, &actor, frame, &newest, &now, newest.revision.revision, typed);
            page.meanwhile = as_it_is(&app, &actor, &now);
            page_with(StatusCode::CONFLICT, &page)
        }
    }
}

/// The draft with everything that waits among these confirmed as it is, and how many that were. What has no bearer or no
/// ledger is confirmed as little as it can be published.
fn confirmed(review: &Review, which: impl Fn(&Proposal) -> bool) -> (Review, usize) {
    let mut review = review.clone();
    let mut count = 0;
    for p in review.proposals.iter_mut().filter(|p| waits(p) && which(p)) {
        p.state = ProposalState::Confirmed;
        count += 1;
    }
    (review, count)
}

/// Confirms, as they are, all obligations of an item that wait for it.
async fn confirm_item(
    State(app): State<App>,
    actor: Actor,
    Path((id, item)): Path<(PlanId, usize)>,
    Sent(sent): Sent,
) -> Reply {
    let step = Step::on(&app, &actor, id, &sent).await?;
    let (review, count) = confirmed(&step.draft.review, |p| p.item == Some(item));
    let back = item_href(&step.draft, Some(item));
    if count == 0 {
        return cookie::done(&back, &Said::new("这一条没有还要确认的要求。"));
    }
    let detail = serde_json::json!({ "item": item, "count": count, "do": "confirm" });
    let change = Change::of(&review, "plan.obligation", detail);
    step.take(&app, &actor, change, &back, format!("{count} 项要求已确认。")).await
}

/// Confirms, as they are, all obligations that wait for it: of a section, or of the whole plan.
async fn confirm_all(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<PlanId>,
    Sent(sent): Sent,
) -> Reply {
    let step = Step::on(&app, &actor, id, &sent).await?;
    let section = sent.parsed::<usize>("section");
    let items = &step.draft.review.plan.items;
    let here = |p: &Proposal| match section {
        None => true,
        Some(_) => p.item.and_then(|i| items.get(i)).is_some_and(|i| i.section == section),
    };
    let (review, count) = confirmed(&step.draft.review, here);
    let back = format!("/plans/{id}");
    if count == 0 {
        return cookie::done(&back, &Said::new("没有还要确认的要求。"));
    }
    let detail = serde_json::json!({ "section": section, "count": count, "do": "confirm all" });
    let change = Change::of(&review, "plan.obligation", detail);
    let words = format!("{count} 项要求已按读出的确认；要反悔，按“撤销上一步”。");
    step.take(&app, &actor, change, &back, words).await
}

/// The form of an obligation that was missed: the words first, then the rest.
fn add_fields(app: &App, actor: &Actor, year: i16, blank: &Proposal, words: &str) -> Form {
    let mut form = fields(app, actor, year, blank);
    form.fields.insert(
        0,
        Field { rows: 3, max: 2000, ..Field::new(Input::Long, "words", "原文中的词句") }
            .filled(words)
            .hint("从这一条原文里选中或照抄，一字不差"),
    );
    form
}

/// What an added obligation begins as: the item's owners, once a year, the ledger of everyday work.
fn blank(draft: &Draft, item: usize) -> Result<Proposal, Fault> {
    let plan_item = draft.item(item)?;
    let sibling = draft.review.proposals.iter().find(|p| p.item == Some(item));
    let taken = |key: &String| draft.review.proposals.iter().any(|p| p.key == *key);
    let label = if plan_item.number.is_empty() { format!("n{item}") } else { plan_item.number.clone() };
    let key = (1u32..).map(|n| format!("{label}.a{n}")).find(|k| !taken(k)).unwrap_or_default();
    Ok(Proposal {
        key,
        item: Some(item),
        title: String::new(),
        kind: MeasureKind::Deliverable,
        origin: Origin::Clause { text: String::new(), span: plan_item.title_span },
        bearers: Bearers::default(),
        lead: sibling.map(|p| p.lead.clone()).unwrap_or_default(),
        cadence: Cadence::AtLeast { times: 1, per: Per::Year },
        ledger: None,
        condition: Conditions::default(),
        reason: "由党委办公室补充".to_owned(),
        added: true,
        state: ProposalState::Confirmed,
    })
}

fn add_page(frame: Frame, draft: &Draft, item: usize, revision: u32, form: Form) -> EditPage {
    let plan_item = draft.review.plan.items.get(item);
    EditPage {
        frame: frame.titled("补一项要求").at(Place::Plan),
        plan_title: draft.revision.title.clone(),
        back: item_href(draft, Some(item)),
        action: format!("/plans/{}/i/{item}/add", draft.head.id),
        heading: "补一项要求".to_owned(),
        clause: plan_item.map(|i| draft.words(i.span)).unwrap_or_default(),
        reason: String::new(),
        revision,
        form,
        verb: "补上这项要求",
        others: Vec::new(),
        meanwhile: Vec::new(),
    }
}

async fn show_add(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path((id, item)): Path<(PlanId, usize)>,
    Query(query): Query,
) -> Reply {
    let draft = Draft::read(&app, &actor, id).await?;
    let form = add_fields(&app, &actor, draft.revision.year, &blank(&draft, item)?, query.text("words"));
    page(&add_page(frame, &draft, item, draft.revision.revision, form))
}

async fn add(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path((id, item)): Path<(PlanId, usize)>,
    Sent(sent): Sent,
) -> Reply {
    let step = Step::on(&app, &actor, id, &sent).await?;
    let Step { draft, based_on } = &step;
    let before = blank(draft, item)?;
    let mut form = add_fields(&app, &actor, draft.revision.year, &before, "");
    let mut after = read(&app, &actor, draft.revision.year, &before, &mut form, &sent);
    after.kind = match after.cadence.core() {
        Cadence::AtLeast { .. } | Cadence::EachBy { .. } | Cadence::Hours { .. } => MeasureKind::Counted,
        Cadence::Hang { when: When::On, .. } | Cadence::Limited { .. } | Cadence::Standing => {
            MeasureKind::Deliverable
        }
        Cadence::By(_) | Cadence::Hang { .. } => MeasureKind::Dated,
    };
    let words = form.value("words").to_owned();
    match compiler::find(&draft.revision.source, draft.item(item)?.span, &words) {
        Some(span) => after.origin = Origin::Clause { text: draft.words(span), span },
        None if words.is_empty() => {}
        None => form.wrong("words", "这一条里没有这些词句，请从原文照抄"),
    }
    if form.has_errors() {
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &add_page(frame, draft, item, *based_on, form));
    }
    let key = after.key.clone();
    let mut review = (*draft.review).clone();
    review.proposals.push(after);
    compiler::in_order(&mut review.proposals);
    let detail = serde_json::json!({ "key": key, "do": "add" });
    if let Some(newest) = step.keep(&app, &actor, Change::of(&review, "plan.obligation", detail)).await? {
        form.general.push("别人刚改过这份要点，这项还没有补上；核对后再按一次。".to_owned());
        let revision = newest.revision.revision;
        return page_with(StatusCode::CONFLICT, &add_page(frame, &newest, item, revision, form));
    }
    let page = item_href(draft, Some(item));
    let to = format!("{}#o-{key}", page.split('#').next().unwrap_or_default());
    cookie::done(&to, &Said::new(format!("已补上要求 {key}。")))
}
