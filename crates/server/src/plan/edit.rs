//! What the clerk makes of one obligation: confirm, change, not assess, merge, restore; and adding what was missed.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::http::StatusCode;
use compiler::resolve::{Resolution, Resolver};
use jiff::civil::Date;
use model::{
    Bearers, Cadence, Due, MeasureKind, Origin, Per, PlanId, Proposal, ProposalState, Review, UnitId,
    UnitKind,
};

use crate::app::App;
use crate::extract::{Fields, Path, Query, Sent};
use crate::fault::{Fault, Reply};
use crate::identity::{Actor, cookie};
use crate::permit::{Right, Route, Rule, get, post};
use crate::view::{Field, Form, Frame, Input, Place, Said, page, page_with};

use super::carry;
use super::draft::{Change, Draft, anchor, is_live};
use super::text::FASTER;

pub(super) fn routes() -> Vec<Route> {
    let may = Rule::May(Right::EditPlan);
    vec![
        get("/plans/{id}/o/{key}", may, show),
        post("/plans/{id}/o/{key}", may, act),
        post("/plans/{id}/i/{item}/confirm", may, confirm_item),
        get("/plans/{id}/i/{item}/add", may, show_add),
        post("/plans/{id}/i/{item}/add", may, add),
    ]
}

#[derive(askama::Template)]
#[template(path = "plan/edit.html")]
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
            "times" => "how=at_least",
            "per" => "how=at_least|hours",
            "hours" => "how=hours",
            "day" => "how=by",
            "event" => "how=before|within|each",
            "days" => "how=within",
            _ => "",
        }
    }
}

const PERS: [(Per, &str); 9] = [
    (Per::Month, "month"),
    (Per::Quarter, "quarter"),
    (Per::HalfYear, "half_year"),
    (Per::Year, "year"),
    (Per::Term, "term"),
    (Per::TwoMonths, "two_months"),
    (Per::Week, "week"),
    (Per::TwoWeeks, "two_weeks"),
    (Per::Day, "day"),
];

fn per_id(per: Per) -> &'static str {
    PERS.iter().find(|(p, _)| *p == per).map_or("year", |(_, id)| id)
}

/// The fields of an obligation, filled from `p`.
fn fields(app: &App, actor: &Actor, year: i16, p: &Proposal) -> Form {
    let names = |units: &mut dyn Iterator<Item = UnitId>| {
        units.map(|u| actor.known.unit_name(u).to_owned()).collect::<Vec<_>>().join("、")
    };
    let (how, times, per, hours, day, event, days) = match &p.cadence {
        Cadence::AtLeast { times, per } => ("at_least", *times, *per, 0, None, "", 0),
        Cadence::Hours { hours, per } => ("hours", 1, *per, *hours, None, "", 0),
        Cadence::By(due) => ("by", 1, Per::Year, 0, Some(last_day(due, year)), "", 0),
        Cadence::Before { event } => ("before", 1, Per::Year, 0, None, event.as_str(), 0),
        Cadence::Within { days, event, .. } => ("within", 1, Per::Year, 0, None, event.as_str(), *days),
        Cadence::Each { event } => ("each", 1, Per::Year, 0, None, event.as_str(), 0),
        Cadence::Standing => ("standing", 1, Per::Year, 0, None, "", 0),
    };
    let mut ledgers: Vec<(String, String)> =
        app.rulebook.ledgers().iter().map(|l| (l.id.clone(), l.title.clone())).collect();
    ledgers.sort_by(|a, b| a.1.cmp(&b.1));
    ledgers.insert(0, (String::new(), "（没有选）".to_owned()));
    let kinds = Field {
        values: p.bearers.kinds.iter().map(|k| k.id().to_owned()).collect(),
        ..Field::new(Input::Checks, "kinds", "哪些组织承担").optional()
    };
    let mut narrow: Vec<String> = Vec::new();
    narrow.extend(p.bearers.traits.contains("committee").then(|| "committee".to_owned()));
    narrow.extend(p.bearers.members.then(|| "members".to_owned()));
    let shown = |n: u32| if n == 0 { String::new() } else { n.to_string() };
    Form::of(vec![
        Field::text("title", "叫什么").filled(&p.title).hint("应办事项里显示的名字"),
        kinds.choices(UnitKind::ALL.map(|k| (k.id(), k.word()))),
        Field::text("units", "或者指定组织")
            .filled(names(&mut p.bearers.units.iter().copied()))
            .optional()
            .hint("写名称或简称，用顿号隔开")
            .wide(6),
        Field::text("posts", "或者指定职务")
            .filled(p.bearers.posts.iter().cloned().collect::<Vec<_>>().join("、"))
            .optional()
            .hint("任这些职务的人各办一次，如：书记")
            .wide(6),
        Field { values: narrow, ..Field::new(Input::Checks, "narrow", "范围").optional() }
            .choices([("committee", "只是设支委会的支部"), ("members", "每名党员各自完成")]),
        Field::text("lead", "牵头部门")
            .filled(names(&mut p.lead.iter().copied()))
            .optional()
            .hint("用顿号隔开，第一个是总牵头"),
        Field::new(Input::Radio, "how", "多久一次、什么时候前").filled(how).choices([
            ("at_least", "每个周期至少几次"),
            ("by", "某一天前"),
            ("hours", "学时"),
            ("before", "某件事之前"),
            ("within", "某件事之后几天内"),
            ("each", "每次某件事"),
            ("standing", "随时记录，不计次"),
        ]),
        Field::new(Input::Number, "times", "几次").filled(times.to_string()).optional().wide(3),
        Field::new(Input::Select, "per", "每")
            .filled(per_id(per))
            .optional()
            .wide(3)
            .choices(PERS.map(|(p, id)| (id, p.word()))),
        Field::new(Input::Number, "hours", "几学时").filled(shown(hours)).optional().wide(3),
        Field::new(Input::Day, "day", "哪天前")
            .filled(day.map_or_else(String::new, |d| d.to_string()))
            .optional()
            .wide(3),
        Field::text("event", "什么事").filled(event).optional().wide(6).hint("如：党代会召开"),
        Field::new(Input::Number, "days", "几天内").filled(shown(u32::from(days))).optional().wide(3),
        Field::new(Input::Select, "ledger", "凭哪本台账")
            .filled(p.ledger.clone().unwrap_or_default())
            .hint("办了之后在哪里留下记录；确实不用证明的，回上一页选“不考核”")
            .choices(ledgers),
    ])
}

/// The last day on which it is on time, as the form shows it.
fn last_day(due: &Due, year: i16) -> Date {
    let end = |month: i8| Date::new(year, month.clamp(1, 12), 1).map_or(Date::MAX, Date::last_of_month);
    match due {
        Due::Day(day) => *day,
        Due::MonthDay { month, day } => {
            let last = end(*month);
            Date::new(year, last.month(), (*day).clamp(1, last.day())).unwrap_or(last)
        }
        Due::MonthEnd { month } | Due::Months { to: month, .. } => end(*month),
        Due::TermStart { .. } => end(3),
    }
}

/// Units named in a field; those that are not there are told with the one they may be.
fn units(app: &App, actor: &Actor, form: &mut Form, name: &str) -> Vec<UnitId> {
    let resolver = Resolver::new(&actor.known.organisation, &app.rulebook);
    let text = form.value(name).to_owned();
    let mut out = Vec::new();
    for word in text.split(['、', '，', ',', '；', ';', ' ']).map(str::trim).filter(|w| !w.is_empty()) {
        match resolver.resolve(word) {
            Resolution::Unit(id) => out.push(id),
            Resolution::Like { guess, .. } => form.wrong(name, format!("没有“{word}”，是否指“{guess}”？")),
            _ => form.wrong(name, format!("组织里没有“{word}”")),
        }
    }
    out
}

/// What the form says, put upon `before`; mistakes go to their fields.
fn read(app: &App, actor: &Actor, year: i16, before: &Proposal, form: &mut Form, sent: &Fields) -> Proposal {
    form.take(sent);
    let named = units(app, actor, form, "units");
    let lead = units(app, actor, form, "lead");
    let checked = |name: &str| {
        form.fields.iter().find(|f| f.name == name).map(|f| f.values.clone()).unwrap_or_default()
    };
    let kinds: BTreeSet<UnitKind> =
        UnitKind::ALL.into_iter().filter(|k| checked("kinds").iter().any(|v| v == k.id())).collect();
    let narrow = checked("narrow");
    let mut traits = before.bearers.traits.clone();
    traits.remove("committee");
    if narrow.iter().any(|n| n == "committee") {
        traits.insert("committee".to_owned());
    }
    let posts = form.value("posts").split(['、', '，', ',']).map(str::trim).filter(|w| !w.is_empty());
    let bearers = Bearers {
        units: named.into_iter().collect(),
        kinds,
        traits,
        members: narrow.iter().any(|n| n == "members"),
        posts: posts.map(ToOwned::to_owned).collect(),
    };
    if bearers.is_nobody() && !form.has_errors() {
        form.wrong("kinds", "至少选一类组织，或者写明组织、职务");
    }
    let cadence = cadence(form, year, before);
    let ledger = form.value("ledger").to_owned();
    // A condition belongs to the ledger's fields: it does not follow to another ledger.
    let same = before.ledger.as_deref() == Some(ledger.as_str());
    let condition = if same { before.condition.clone() } else { BTreeMap::new() };
    let kind = match (before.kind, &cadence) {
        (MeasureKind::Directional | MeasureKind::Title, Cadence::AtLeast { .. } | Cadence::Hours { .. }) => {
            MeasureKind::Counted
        }
        (MeasureKind::Directional | MeasureKind::Title, Cadence::By(_) | Cadence::Before { .. }) => {
            MeasureKind::Dated
        }
        (MeasureKind::Directional | MeasureKind::Title, _) => MeasureKind::Deliverable,
        (kind, _) => kind,
    };
    Proposal {
        title: form.value("title").to_owned(),
        kind,
        bearers,
        lead,
        cadence,
        ledger: Some(ledger).filter(|l| !l.is_empty()),
        condition,
        state: ProposalState::Confirmed,
        ..before.clone()
    }
}

fn cadence(form: &mut Form, year: i16, before: &Proposal) -> Cadence {
    let number = |form: &mut Form, name: &str, most: u32| -> u32 {
        let n = form.value(name).parse::<u32>().ok().filter(|n| (1..=most).contains(n));
        if n.is_none() {
            form.wrong(name, format!("写一个 1 到 {most} 的整数"));
        }
        n.unwrap_or(1)
    };
    let per = PERS.iter().find(|(_, id)| *id == form.value("per")).map_or(Per::Year, |(p, _)| *p);
    let event = |form: &mut Form| -> String {
        let event = form.value("event").to_owned();
        if event.is_empty() {
            form.wrong("event", "写明是什么事");
        }
        event
    };
    match form.value("how").to_owned().as_str() {
        "at_least" => Cadence::AtLeast { times: number(form, "times", 366), per },
        "hours" => Cadence::Hours { hours: number(form, "hours", 1000), per },
        "by" => match form.value("day").parse::<Date>() {
            // What was written as a month or a range stays so while its last day is the one shown.
            Ok(day) => match &before.cadence {
                Cadence::By(due) if last_day(due, year) == day => Cadence::By(due.clone()),
                _ => Cadence::By(Due::Day(day)),
            },
            Err(_) => {
                if form.value("day").is_empty() {
                    form.wrong("day", "写明哪天前");
                }
                before.cadence.clone()
            }
        },
        "before" => Cadence::Before { event: event(form) },
        "within" => {
            let days = u16::try_from(number(form, "days", 365)).unwrap_or(365);
            let working = !matches!(&before.cadence, Cadence::Within { working: false, .. });
            Cadence::Within { days, working, event: event(form) }
        }
        "each" => Cadence::Each { event: event(form) },
        _ => Cadence::Standing,
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
        ("谁", super::review::bearer_words(actor, p)),
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
        back: format!("/plans/{}#o-{}", draft.head.id, p.key),
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
    let draft = Draft::read(&app, &actor, id).await?;
    let before = draft.proposal(&key)?.clone();
    let based_on = sent.parsed::<u32>("revision").unwrap_or(0);
    let mut form = fields(&app, &actor, draft.revision.year, &before);
    let wanted = sent.text("do").to_owned();
    let after = match wanted.as_str() {
        "confirm" => Proposal { state: ProposalState::Confirmed, ..before.clone() },
        "not-assessed" => Proposal { state: ProposalState::NotAssessed, ..before.clone() },
        "restore" => Proposal { state: ProposalState::Proposed, ..before.clone() },
        "merge" => {
            let into = draft.proposal(sent.text("into"))?;
            if into.key == before.key || matches!(into.state, ProposalState::MergedInto { .. }) {
                return Err(Fault::BadRequest("只能并入另一项还在的要求。".to_owned()));
            }
            Proposal { state: ProposalState::MergedInto { key: into.key.clone() }, ..before.clone() }
        }
        _ => {
            let after = read(&app, &actor, draft.revision.year, &before, &mut form, &sent);
            if form.has_errors() {
                return page_with(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    &edit_page(&app, &actor, frame, &draft, &before, based_on, form),
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
        ..draft.review.clone()
    };
    let change = Change {
        review: &review,
        source: None,
        action: "plan.obligation",
        detail: serde_json::json!({ "key": key, "do": wanted }),
    };
    match draft.keep(&app, &actor, based_on, change).await? {
        None => {
            let words = match &after.state {
                ProposalState::Confirmed => format!("要求 {key} 已确认。"),
                ProposalState::NotAssessed => format!("要求 {key} 定为导向性，不考核。"),
                ProposalState::Proposed => format!("要求 {key} 已恢复。"),
                ProposalState::MergedInto { key: into } => format!("要求 {key} 已并入 {into}。"),
            };
            cookie::done(&format!("/plans/{id}#o-{key}"), &Said::new(words))
        }
        Some(_) => {
            // What was chosen or typed is shown again, filled in, beside what the other clerk made of it.
            let newest = Draft::read(&app, &actor, id).await?;
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

/// Confirms, as they are, all obligations of an item that wait for it.
async fn confirm_item(
    State(app): State<App>,
    actor: Actor,
    Path((id, item)): Path<(PlanId, usize)>,
    Sent(sent): Sent,
) -> Reply {
    let draft = Draft::read(&app, &actor, id).await?;
    let based_on = sent.parsed::<u32>("revision").unwrap_or(0);
    let mut review = draft.review.clone();
    let mut keys = Vec::new();
    for p in &mut review.proposals {
        if p.item == Some(item) && p.state == ProposalState::Proposed && is_live(p) {
            p.state = ProposalState::Confirmed;
            keys.push(p.key.clone());
        }
    }
    let back = format!("/plans/{id}#{}", anchor(&draft.review.plan, item));
    if keys.is_empty() {
        return cookie::done(&back, &Said::new("这一条没有还要确认的要求。"));
    }
    let said = format!("{} 项要求已确认。", keys.len());
    let change = Change {
        review: &review,
        source: None,
        action: "plan.obligation",
        detail: serde_json::json!({ "keys": keys, "do": "confirm" }),
    };
    let stale = draft.keep(&app, &actor, based_on, change).await?.is_some();
    cookie::done(&back, &Said::new(if stale { FASTER.to_owned() } else { said }))
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
    let plan_item = draft.review.plan.items.get(item).ok_or_else(|| Fault::not_found("这一条"))?;
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
        condition: BTreeMap::new(),
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
        back: format!("/plans/{}", draft.head.id),
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
    let draft = Draft::read(&app, &actor, id).await?;
    let based_on = sent.parsed::<u32>("revision").unwrap_or(0);
    let before = blank(&draft, item)?;
    let mut form = add_fields(&app, &actor, draft.revision.year, &before, "");
    let mut after = read(&app, &actor, draft.revision.year, &before, &mut form, &sent);
    after.kind = match &after.cadence {
        Cadence::AtLeast { .. } | Cadence::Hours { .. } => MeasureKind::Counted,
        Cadence::By(_) | Cadence::Before { .. } | Cadence::Within { .. } => MeasureKind::Dated,
        Cadence::Each { .. } | Cadence::Standing => MeasureKind::Deliverable,
    };
    let words = form.value("words").to_owned();
    let within = draft.review.plan.items.get(item).map(|i| i.span).unwrap_or_default();
    match carry::find(&draft.revision.source, within, &words) {
        Some(span) => after.origin = Origin::Clause { text: draft.words(span), span },
        None if words.is_empty() => {}
        None => form.wrong("words", "这一条里没有这些词句，请从原文照抄"),
    }
    if form.has_errors() {
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &add_page(frame, &draft, item, based_on, form));
    }
    let key = after.key.clone();
    let mut review = draft.review.clone();
    review.proposals.push(after);
    review.proposals.sort_by_key(|p| {
        (
            p.item.is_none(),
            p.item,
            matches!(p.origin, Origin::Progress { .. }),
            p.origin.span().map(|s| s.start),
        )
    });
    let change = Change {
        review: &review,
        source: None,
        action: "plan.obligation",
        detail: serde_json::json!({ "key": key, "do": "add" }),
    };
    if draft.keep(&app, &actor, based_on, change).await?.is_some() {
        form.general.push("别人刚改过这份要点，这项还没有补上；核对后再按一次。".to_owned());
        let newest = Draft::read(&app, &actor, id).await?;
        let revision = newest.revision.revision;
        return page_with(StatusCode::CONFLICT, &add_page(frame, &newest, item, revision, form));
    }
    cookie::done(&format!("/plans/{id}#o-{key}"), &Said::new(format!("已补上要求 {key}。")))
}
