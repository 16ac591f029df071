//! 要点 as it runs: the published plan item by item in its own words, and how each stands on a day.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::State;
use model::{
    Item, MeasureKind, Obligation, ObligationId, Origin, OwnerRole, PlanId, Role, Span, Standing, UnitId,
};
use runtime::{Pick, Tally};
use web::extract::{Fields, Path, Query};
use web::permit::{Right, Route, Rule, get};
use web::view::words::{Mark, Piece, pieces};
use web::view::{Choice, Count, Empty, Frame, Link, Place, Strip, page};
use web::{App, Reply};
use work::numbers::figure;
use work::{Actor, Fault, Year, units};

use crate::seen::day::{dated, day_of};
use crate::seen::nothing::nothing;
use crate::seen::source::article;
use crate::seen::{Seen, bare_number, parts};

pub(super) fn routes() -> Vec<Route> {
    vec![get("/plan", Rule::May(Right::SeePlan), running), get("/plan/{id}", Rule::May(Right::SeePlan), one)]
}

/// A section with those of its items that are shown.
pub(crate) struct SectionView {
    pub(crate) heading: String,
    pub(crate) total: u32,
    pub(crate) done: u32,
    pub(crate) late: u32,
    pub(crate) strip: Strip,
    pub(crate) items: Vec<ItemView>,
}

/// An item as its line and what it opens.
pub(crate) struct ItemView {
    /// From 1; its anchor is `i-` and this.
    pub(crate) place: usize,
    pub(crate) number: String,
    pub(crate) title: String,
    pub(crate) lead: String,
    pub(crate) responsible: String,
    pub(crate) measures: usize,
    pub(crate) tally: Tally,
    pub(crate) total_href: String,
    pub(crate) strip: Strip,
    pub(crate) lights: Vec<Count>,
    pub(crate) words: Vec<Piece>,
    /// Keys of obligations whose words stand elsewhere: their anchors still lead to this item.
    pub(crate) loose: Vec<String>,
    /// Sentences that only point the way.
    pub(crate) directional: usize,
    pub(crate) obligations: Vec<ObligationView>,
    pub(crate) mine: bool,
}

/// An obligation beside its words.
pub(crate) struct ObligationView {
    pub(crate) key: String,
    pub(crate) tied: bool,
    pub(crate) title: String,
    pub(crate) kind: &'static str,
    pub(crate) who: String,
    pub(crate) rhythm: String,
    pub(crate) total: u32,
    pub(crate) href: String,
    pub(crate) lights: Vec<Count>,
    pub(crate) assessed: bool,
    /// The event whose day it waits for, while it owes nothing; empty for others.
    pub(crate) waits: String,
    /// The article of the rule that it adopts.
    pub(crate) rule: String,
}

/// Everything of the plan that the account sees, on the day.
pub(crate) fn sections(seen: &Seen<'_>, actor: &Actor, app: &App) -> Vec<SectionView> {
    let year = seen.year;
    let organisation = &actor.known.organisation;
    let tallies = seen.by_obligation(&Pick::default());
    let mut owing: BTreeMap<ObligationId, BTreeSet<UnitId>> = BTreeMap::new();
    seen.each(&Pick::default(), |line| {
        owing.entry(line.obligation).or_default().insert(line.unit);
    });
    let leads = actor.leads();
    let mut by_item: BTreeMap<Option<usize>, Vec<&Obligation>> = BTreeMap::new();
    for o in seen.obligations() {
        by_item.entry(o.item.filter(|i| *i < year.plan.items.len())).or_default().push(o);
    }
    let view = |o: &Obligation| {
        let id = o.id.to_string();
        let tally = tallies.get(&o.id).copied().unwrap_or_default();
        let narrow = [("obligation", id.as_str())];
        ObligationView {
            key: o.key.clone(),
            tied: o.origin.span().is_some() && !matches!(o.origin, Origin::Progress { .. }),
            title: o.title.clone(),
            kind: if o.assessed { o.kind.word() } else { "导向" },
            who: units::bearers(&o.bearers, organisation, owing.get(&o.id).map_or(0, BTreeSet::len)),
            rhythm: o.cadence.words(),
            total: tally.total(),
            href: seen.href(&narrow),
            lights: seen.counts(tally, &narrow),
            assessed: o.assessed,
            waits: if tally.total() > 0 { String::new() } else { waits_for(app, o, year.number) },
            rule: article(app, o),
        }
    };
    let none = Vec::new();
    let mut out: Vec<SectionView> = Vec::new();
    let mut of_section: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
    for (i, item) in year.plan.items.iter().enumerate() {
        // A past day shows the plans of that day.
        if year.lens.is_some() || year.part_of(item).is_none_or(|p| p.runs_on(seen.on)) {
            of_section.entry(item.section).or_default().push(i);
        }
    }
    for (section, items) in of_section {
        let first = items.first().and_then(|i| year.plan.items.get(*i));
        let mark = first.and_then(|i| year.part_of(i)).map_or("", |p| p.mark.as_str());
        let heading = section.and_then(|s| year.plan.sections.get(s)).map_or_else(String::new, |s| {
            let number = bare_number(&s.number);
            if number.is_empty() {
                format!("{mark}{}", s.title)
            } else {
                format!("{mark}{number}、{}", s.title)
            }
        });
        let items: Vec<ItemView> = items
            .into_iter()
            .filter_map(|i| Some((i, year.plan.items.get(i)?)))
            .map(|(i, item)| {
                let all = by_item.get(&Some(i)).unwrap_or(&none);
                let shown: Vec<&Obligation> =
                    all.iter().copied().filter(|o| o.kind != MeasureKind::Title).collect();
                let tally: Tally = all.iter().filter_map(|o| tallies.get(&o.id)).copied().sum();
                let (words, directional) = in_words(year, item, &shown);
                let place = (i + 1).to_string();
                let narrow = [("item", place.as_str())];
                ItemView {
                    place: i + 1,
                    number: bare_number(&item.number).to_owned(),
                    title: item.title.clone(),
                    lead: units::owners(&item.owners, OwnerRole::Lead),
                    responsible: units::owners(&item.owners, OwnerRole::Responsible),
                    measures: shown.iter().filter(|o| o.assessed).count(),
                    tally,
                    total_href: seen.href(&narrow),
                    strip: Strip::of(&item.title, &parts(tally)),
                    lights: seen.counts(tally, &narrow),
                    loose: shown
                        .iter()
                        .filter(|o| !words.iter().any(|w: &Piece| w.begins.contains(&o.key)))
                        .map(|o| o.key.clone())
                        .collect(),
                    words,
                    directional,
                    obligations: shown.into_iter().map(&view).collect(),
                    mine: all.iter().any(|o| o.lead.iter().any(|u| leads.contains(u))),
                }
            })
            .collect();
        out.push(section_view(heading, items));
    }
    if let Some(standing) = by_item.get(&None) {
        let obligations: Vec<&Obligation> = standing.iter().copied().filter(|o| o.assessed).collect();
        if !obligations.is_empty() {
            out.push(beside(&obligations, &tallies, view));
        }
    }
    out
}

/// An item's words with its measures marked, and how many sentences of it only point the way.
fn in_words(year: &Year, item: &Item, obligations: &[&Obligation]) -> (Vec<Piece>, usize) {
    let mut marks: Vec<(Span, Mark)> = obligations
        .iter()
        .filter(|o| !matches!(o.origin, Origin::Progress { .. }))
        .filter_map(|o| {
            let kind = if o.assessed { o.kind } else { MeasureKind::Directional };
            Some((o.origin.span()?, Mark::Measure(kind, vec![o.key.clone()])))
        })
        .collect();
    let asked = marks.clone();
    let mut directional = obligations.iter().filter(|o| !o.assessed).count();
    for sentence in item.sentences.iter().filter(|s| !s.is_title) {
        if !asked.iter().any(|(s, _)| s.overlaps(sentence.span)) {
            marks.push((sentence.span, Mark::Measure(MeasureKind::Directional, Vec::new())));
            directional += 1;
        }
    }
    for owner in item.owners.iter().filter(|o| item.span.contains(o.span)) {
        marks.push((owner.span, Mark::Owner));
    }
    (pieces(&year.source.text, item.span, &marks), directional)
}

fn section_view(heading: String, items: Vec<ItemView>) -> SectionView {
    let tally: Tally = items.iter().map(|i| i.tally).sum();
    SectionView {
        strip: Strip::of(&heading, &parts(tally)),
        heading,
        total: tally.total(),
        done: tally.done(),
        late: tally.of(Standing::Overdue),
        items,
    }
}

/// What is asked by standing rules without a clause of the plan.
fn beside(
    obligations: &[&Obligation],
    tallies: &BTreeMap<ObligationId, Tally>,
    view: impl Fn(&Obligation) -> ObligationView,
) -> SectionView {
    let tally: Tally = obligations.iter().filter_map(|o| tallies.get(&o.id)).copied().sum();
    let item = ItemView {
        place: 0,
        number: String::new(),
        title: "要点没有写明、按制度应办的事项".to_owned(),
        lead: String::new(),
        responsible: String::new(),
        measures: obligations.len(),
        tally,
        total_href: String::new(),
        strip: Strip::of("制度要求", &parts(tally)),
        lights: tally
            .parts()
            .map(|(standing, n)| Count { standing, count: u64::from(n), href: String::new() })
            .collect(),
        words: Vec::new(),
        loose: Vec::new(),
        directional: 0,
        obligations: obligations.iter().map(|o| view(o)).collect(),
        mine: false,
    };
    section_view("制度要求".to_owned(), vec![item])
}

/// What people call the event whose day an obligation hangs on; empty when it hangs on none that must be told or recorded.
pub(crate) fn waits_for(app: &App, obligation: &Obligation, year: i16) -> String {
    compiler::waits_for(&obligation.cadence, &app.rulebook, year).map_or_else(String::new, |w| w.title)
}

#[derive(askama::Template)]
#[template(path = "board/plan_runs.html")]
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

impl ItemView {
    /// 301 / 942.
    pub(crate) fn progress(&self) -> String {
        format!("{} / {}", figure(self.tally.done()), figure(self.tally.asked()))
    }

    /// 942.
    pub(crate) fn total(&self) -> String {
        figure(self.tally.total())
    }

    /// Whether it asks nothing that is counted.
    pub(crate) fn is_directional(&self) -> bool {
        self.measures == 0 && self.tally.is_empty()
    }
}
