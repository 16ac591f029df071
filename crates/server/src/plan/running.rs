//! 要点 as it runs: the published plan item by item in its own words, and how each stands on a day.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use model::{PlanId, Role, Standing, UnitId};
use runtime::{Pick, Tally};
use web::extract::{Fields, Path, Query};
use web::permit::{Right, Route, Rule, get};
use web::view::{Choice, Count, Empty, Frame, Link, Place, page};
use web::{App, Reply};
use work::{Actor, Fault, Year};

use crate::seen::Seen;
use crate::seen::day::{dated, day_of};
use crate::seen::nothing::nothing;
use crate::seen::sections::{ItemView, SectionView, sections};

pub(super) fn routes() -> Vec<Route> {
    vec![get("/plan", Rule::May(Right::SeePlan), running), get("/plan/{id}", Rule::May(Right::SeePlan), one)]
}

#[derive(askama::Template)]
#[template(path = "plan/running.html")]
struct PlanPage {
    frame: Frame,
    title: String,
    published: String,
    measures: usize,
    directional: usize,
    units: usize,
    total: u32,
    total_href: String,
    big: Vec<Count>,
    path: String,
    kept: Vec<(String, String)>,
    on: String,
    until: String,
    /// Who issues it; empty for the institution's own.
    issuer: String,
    /// The plans that run side by side; none where there is one.
    plans: Vec<Choice>,
    /// The plan as an address names it; empty for all that runs.
    plan: String,
    views: Vec<Choice>,
    leads: Vec<Choice>,
    sections: Vec<SectionView>,
    items: usize,
    only: String,
    sheet: bool,
    is_past: bool,
    amend: Option<String>,
    one_open: bool,
    empty: Empty,
}

async fn running(State(app): State<App>, actor: Actor, frame: Frame, Query(query): Query) -> Reply {
    let (on, _) = day_of(&query, app.clock.today());
    match app.year_on(actor.institution, on).await? {
        // A page shows one document: of several, the institution's own first.
        Some(year) if year.plans.len() > 1 => {
            let first = year.plans.first().map(|(id, _)| *id);
            let one = app.book(actor.institution, year.number, first).await?.unwrap_or(year);
            show(&app, &actor, frame, &query, &one, "/plan".to_owned())
        }
        Some(year) => show(&app, &actor, frame, &query, &year, "/plan".to_owned()),
        None => nothing(frame.titled("要点").at(Place::Plan), &actor),
    }
}

async fn one(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path(id): Path<PlanId>,
    Query(query): Query,
) -> Reply {
    let year = app.year(actor.institution, Some(id)).await?.ok_or_else(|| Fault::not_found("这份要点"))?;
    show(&app, &actor, frame, &query, &year, format!("/plan/{id}"))
}

/// Which items a view keeps.
fn kept(item: &ItemView, view: &str, leads: &BTreeSet<usize>, by_lead: bool) -> bool {
    let of = |s: Standing| item.tally.of(s) > 0;
    let by_view = match view {
        "mine" => item.mine,
        "late" => of(Standing::Overdue),
        "soon" => of(Standing::DueSoon),
        "ahead" => item.tally.begun() == 0 && item.tally.done() == 0,
        _ => true,
    };
    by_view && (!by_lead || leads.contains(&item.place))
}

fn show(app: &App, actor: &Actor, frame: Frame, query: &Fields, year: &Arc<Year>, path: String) -> Reply {
    let today = app.clock.today();
    let (on, unread) = day_of(query, today);
    let frame = dated(frame.titled(year.title.clone()).at(Place::Plan), &path, query, on, today, unread);
    let seen = Seen::of(actor, year, on, today);
    let mut sections = sections(&seen, actor, app);
    let all: Tally = seen.tally(&Pick::default());
    let mut units = BTreeSet::new();
    seen.each(&Pick::default(), |l| {
        units.insert(l.unit);
    });
    let of_plan = || sections.iter().flat_map(|s| &s.items).filter(|i| i.place > 0);
    let items = of_plan().count();
    let measures = of_plan().map(|i| i.measures).sum();
    let directional = of_plan().map(|i| i.directional).sum();

    // 牵头部门: the leads of all items, each once, in the order of the document.
    let mut leading: Vec<(UnitId, BTreeSet<usize>)> = Vec::new();
    for o in seen.obligations() {
        let Some(item) = o.item else { continue };
        for unit in &o.lead {
            match leading.iter_mut().find(|(u, _)| u == unit) {
                Some((_, places)) => {
                    places.insert(item + 1);
                }
                None => leading.push((*unit, BTreeSet::from([item + 1]))),
            }
        }
    }
    let chosen: Option<UnitId> = query.parsed("lead");
    let places = chosen
        .and_then(|c| leading.iter().find(|(u, _)| *u == c).map(|(_, p)| p.clone()))
        .unwrap_or_default();
    let mut leads = vec![Choice::new("全部牵头部门", "", chosen.is_none())];
    leads.extend(
        leading.iter().map(|(unit, _)| {
            Choice::new(actor.known.unit_name(*unit), unit.to_string(), chosen == Some(*unit))
        }),
    );

    let view = query.text("view").to_owned();
    let mut named = vec![("", "全部"), ("late", "有逾期"), ("soon", "将到期"), ("ahead", "还没开始")];
    if actor.is(Role::Lead) {
        named.insert(1, ("mine", "我牵头的"));
    }
    let views = named
        .iter()
        .map(|(id, word)| {
            let n = of_plan().filter(|i| kept(i, id, &places, chosen.is_some())).count();
            Choice::new(*word, format!("{path}{}", query.with("view", id)), view == *id)
                .counting(u64::try_from(n).unwrap_or(u64::MAX))
        })
        .collect();
    for section in &mut sections {
        section.items.retain(|i| kept(i, &view, &places, chosen.is_some()));
    }
    sections.retain(|s| !s.items.is_empty());

    let big = seen.all_counts(all);
    let published = year
        .parts
        .first()
        .and_then(|p| p.head.published.as_ref())
        .map_or_else(String::new, |p| format!("{}发布", web::view::day_words(work::clock::day_of(p.at))));
    let only = if seen.everything() {
        String::new()
    } else {
        "下面的数字只算你能看到的：你的组织，和你牵头的事项。".to_owned()
    };
    let shown: usize = sections.iter().map(|s| s.items.len()).sum();
    page(&PlanPage {
        frame,
        title: year.title.clone(),
        published,
        measures,
        directional,
        units: units.len(),
        total: all.total(),
        total_href: seen.href(&[]),
        big,
        kept: query
            .pairs()
            .iter()
            .filter(|(n, v)| !matches!(n.as_str(), "on" | "lead" | "page") && !v.is_empty())
            .cloned()
            .collect(),
        on: on.to_string(),
        until: if seen.is_other_day() { web::view::day_words(on) } else { "今天".to_owned() },
        views,
        leads,
        items,
        sections,
        only,
        is_past: seen.is_other_day(),
        sheet: actor.may(Right::SeeReports) && path == "/plan",
        amend: year
            .parts
            .first()
            .filter(|_| actor.may(Right::EditPlan))
            .map(|p| format!("/plans/{}", p.head.id)),
        issuer: year
            .parts
            .first()
            .and_then(|p| p.head.issuer)
            .map_or_else(String::new, |u| actor.known.unit_name(u).to_owned()),
        plans: plans(year),
        plan: year.lens.map_or_else(String::new, |id| format!("plan={id}")),
        one_open: shown == 1,
        empty: Empty::new("没有符合的条目", "换个条件再看。").with(Link::new("看全部条目", path.clone())),
        path,
    })
}

/// The plans of the year, each with its page.
fn plans(year: &Year) -> Vec<Choice> {
    if year.plans.len() < 2 {
        return Vec::new();
    }
    let one = |(id, title): &(PlanId, String)| {
        Choice::new(title.clone(), format!("/plan/{id}"), year.lens == Some(*id))
    };
    year.plans.iter().map(one).collect()
}
