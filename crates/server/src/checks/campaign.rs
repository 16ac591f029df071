//! A check with its units: who has sent, what lacks, who was drawn, what was found; how it was drawn, and what is frozen.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use jiff::civil::Date;
use model::rule::Means;
use model::sheet::{Carries, Draw};
use model::{CaseId, UnitId, UnitKind};
use web::extract::{Path, Query};
use web::permit::{Right, Route, Rule, get, post};
use web::view::{Choice, Frame, Place, Said, day_words_on, days_left, instant_words, long_day_words, page};
use web::{App, Reply, cookie};
use work::cases;
use work::sheets::{
    Campaign, Finding, Lots, Row, Settled, allowed, checks_of, findings, lots, notice_form, settled, stand,
    written,
};
use work::{Actor, Fault};

use super::open::left_out;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/checks/{id}", Rule::May(Right::SeeBoard), show),
        post("/checks/{id}/stand", Rule::May(Right::Record), freeze),
    ]
}

/// What was found at a unit, and how it stands.
pub(super) struct Found {
    pub(super) href: String,
    pub(super) problem: String,
    pub(super) state: String,
    pub(super) sign: &'static str,
    pub(super) class: &'static str,
}

/// A unit of the check.
pub(super) struct UnitLine {
    href: String,
    name: String,
    sent: String,
    sign: &'static str,
    class: &'static str,
    note: String,
    lacking: usize,
    unseen: usize,
    waits: usize,
    drawn: String,
    found: Vec<Found>,
    looked: bool,
}

/// The units of one general branch, or those that stand beside.
struct Group {
    name: String,
    note: String,
    lines: Vec<UnitLine>,
}

/// A step of the check that is open.
struct OpenLine {
    title: String,
    who: String,
    due: String,
    late: bool,
    href: String,
}

/// How it is drawn.
struct DrawView {
    rule: String,
    print: String,
    seed: String,
    href: String,
    may: bool,
}

#[derive(askama::Template)]
#[template(path = "checks/campaign.html")]
struct CampaignPage {
    frame: Frame,
    crumb: Vec<Choice>,
    id: CaseId,
    title: String,
    sub: String,
    reason: String,
    fixed: bool,
    total: usize,
    sent: usize,
    drawn: usize,
    looked: usize,
    found: usize,
    closed: usize,
    overdue: usize,
    due: String,
    views: Vec<Choice>,
    groups: Vec<Group>,
    open: Vec<OpenLine>,
    more: usize,
    draw: Option<DrawView>,
    /// Of how many units the figures stand, and since when; of how many they are to be kept.
    stood: usize,
    stood_at: String,
    to_stand: usize,
    rules: String,
    relief: String,
    left_out: Vec<(String, String)>,
    lacks: Vec<(usize, String)>,
    runs: bool,
    /// Whether the case's page, with every unit's line, is open to the account.
    every: bool,
    may_notice: bool,
    may_export: bool,
}

/// Steps that are listed.
const STEPS: usize = 8;

async fn show(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path(id): Path<CaseId>,
    Query(query): Query,
) -> Reply {
    let today = app.clock.today();
    let campaign = Campaign::seen(&app, &actor, id).await?;
    let rows: Vec<&Row> = campaign.rows.iter().filter(|r| campaign.sees(&actor, r)).collect();
    if let ([only], false) = (rows.as_slice(), campaign.sees_all(&actor)) {
        return Ok(Redirect::to(&format!("/checks/{id}/rows/{}", only.unit)).into_response());
    }
    let filled = settled(&app, &campaign, &rows).await?;
    let found = findings(&app, &campaign).await?;
    let lots = lots(&app, &campaign).await?;
    let is_sent = |r: &Row| r.sent.is_some() && !r.open;
    let of = |unit: UnitId| found.iter().filter(move |f| f.unit == unit);
    let meant = |r: &Row, view: &str| match view {
        "open" => !is_sent(r),
        "drawn" => r.drawn.is_some(),
        "found" => of(r.unit).next().is_some(),
        "waits" => filled.get(&r.unit).is_some_and(|s| waiting(s) > 0),
        _ => true,
    };
    let view = query.text("view").to_owned();
    let choice = |id: &str, words: &str| {
        let n = rows.iter().filter(|r| meant(r, id)).count();
        Choice::new(words, format!("/checks/{}{}", campaign.row.id, query.with("view", id)), view == id)
            .counting(n)
    };
    let mut views = vec![choice("", "全部")];
    for (id, words) in [("open", "没有送"), ("waits", "等认可"), ("drawn", "抽中"), ("found", "有问题")]
    {
        if rows.iter().any(|r| meant(r, id)) || view == id {
            views.push(choice(id, words));
        }
    }
    let shown: Vec<&Row> = rows.iter().copied().filter(|r| meant(r, &view)).collect();
    let seen: BTreeSet<UnitId> = rows.iter().map(|r| r.unit).collect();
    let found_here: Vec<&Finding> = found.iter().filter(|f| seen.contains(&f.unit)).collect();
    let state = |f: &&&Finding| f.case.as_ref().is_some_and(|c| c.ended.is_some());
    let late = late(&app, &actor, &found_here, today).await?;
    let runs = campaign.runs(&actor);
    let kept = filled.values().filter_map(|s| s.figures.kept.as_ref()).map(|(_, at)| *at);
    let opened = checks_of(&app, actor.institution, campaign.row.opened.year()).await?;
    let relief = allowed(&app, campaign.workflow(), campaign.row.opened_by, &opened);
    let steps = steps(&app, &actor, &campaign, today);
    page(&CampaignPage {
        frame: frame.titled(campaign.row.title.clone()).at(Place::Checks).wide(),
        crumb: vec![Choice::new("检查", "/checks", false)],
        id,
        title: campaign.row.title.clone(),
        sub: sub(&actor, &campaign),
        reason: reason(&campaign),
        fixed: campaign.fixed,
        total: rows.len(),
        sent: rows.iter().filter(|r| is_sent(r)).count(),
        drawn: rows.iter().filter(|r| r.drawn.is_some()).count(),
        looked: rows.iter().filter(|r| r.drawn.as_ref().is_some_and(|d| !d.looked.is_empty())).count(),
        found: found_here.len(),
        closed: found_here.iter().filter(state).count(),
        overdue: late.len(),
        due: rows.iter().filter_map(|r| r.due).max().map_or_else(String::new, long_day_words),
        views,
        groups: groups(&campaign, &shown, |row| {
            unit_line(&campaign, &actor, row, &filled, &found, (&late, today))
        }),
        more: steps.len().saturating_sub(STEPS),
        open: steps.into_iter().take(STEPS).collect(),
        draw: lots.as_ref().map(|l| draw_view(&app, &campaign, l, runs)),
        stood: filled.values().filter(|s| s.figures.kept.is_some()).count(),
        stood_at: kept.max().map_or_else(String::new, instant_words),
        to_stand: if runs && campaign.fixed {
            rows.iter()
                .filter(|r| r.stands && filled.get(&r.unit).is_some_and(|s| s.figures.kept.is_none()))
                .count()
        } else {
            0
        },
        rules: short(&campaign.row.fingerprint),
        relief: relief.map_or_else(String::new, |a| {
            format!(
                "{}今年开了 {} 次，按规定一年 {} 次。",
                actor.known.unit_name(campaign.row.opened_by),
                a.have,
                a.most
            )
        }),
        left_out: if campaign.sees_all(&actor) {
            left_out(&app, &actor, &campaign.left_out)
        } else {
            Vec::new()
        },
        lacks: most_lacking(&campaign, &filled),
        every: campaign.sees_all(&actor),
        may_notice: notice_form(&app, &campaign, &actor).is_some(),
        runs,
        may_export: actor.may(Right::Export),
    })
}

/// The first letters of a fingerprint, as it is read out.
pub(super) fn short(print: &str) -> String {
    let chars: Vec<char> = print.chars().take(12).collect();
    chars.chunks(4).map(|c| c.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

fn sub(actor: &Actor, campaign: &Campaign<'_>) -> String {
    let by = actor.known.unit_name(campaign.row.opened_by);
    let looks = long_day_words(campaign.cutoff);
    let ended = campaign.row.ended.as_ref();
    let ended = ended.map_or_else(String::new, |(how, on)| format!("　{how}，{}", long_day_words(*on)));
    format!("{by}　看 {looks} 的记录{ended}")
}

fn reason(campaign: &Campaign<'_>) -> String {
    let world = campaign.ground.docket.facts.iter();
    let of_case = |s: &runtime::flow::Subject| matches!(s, runtime::flow::Subject::Matter(id) if *id == campaign.row.id);
    let mut found = world.filter(|((s, name), _)| of_case(s) && name == cases::OPENING_REASON);
    match found.find_map(|(_, facts)| facts.last()?.value.clone()) {
        Some(model::Value::Text(words)) => words,
        _ => String::new(),
    }
}

/// How many claims wait for somebody to agree.
fn waiting(settled: &Settled) -> usize {
    settled.spoken.values().filter(|s| s.says.is_claim() && s.ruled.is_none()).count()
}

/// The findings whose case has a step that is late.
async fn late(
    app: &App,
    actor: &Actor,
    found: &[&Finding],
    today: Date,
) -> Result<BTreeMap<CaseId, Date>, Fault> {
    let ids: BTreeSet<CaseId> = found.iter().filter_map(|f| f.case.as_ref()).map(|c| c.id).collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let filter = store::CaseFilter { ids: Some(ids), ..store::CaseFilter::default() };
    let all = store::CaseSight::all();
    let steps = app.store.case_steps(actor.institution, &all, &filter, None, u32::MAX).await?;
    let late = steps.into_iter().filter_map(|(s, _)| Some((s.case, s.due.filter(|d| *d < today)?)));
    Ok(late.collect())
}

/// A finding as it is shown.
pub(super) fn found_view(finding: &Finding, late: &BTreeMap<CaseId, Date>, today: Date) -> Found {
    let (state, sign, class) = match &finding.case {
        None => ("没有开整改".to_owned(), "warn", "soon"),
        Some(case) => match &case.ended {
            Some((how, on)) => (format!("{how} {}", day_words_on(today, *on)), "ok", "met"),
            None if late.contains_key(&case.id) => ("过期未改".to_owned(), "over", "over"),
            None => ("整改中".to_owned(), "open", "open"),
        },
    };
    Found {
        href: match &finding.case {
            Some(case) => format!("/cases/{}", case.id),
            None => format!("/entries/{}", finding.entry),
        },
        problem: finding.problem.clone(),
        state,
        sign,
        class,
    }
}

fn unit_line(
    campaign: &Campaign<'_>,
    actor: &Actor,
    row: &Row,
    filled: &BTreeMap<UnitId, Settled>,
    found: &[Finding],
    (late, today): (&BTreeMap<CaseId, Date>, Date),
) -> UnitLine {
    let settled = filled.get(&row.unit);
    let sent = row.sent.filter(|_| !row.open);
    let (words, sign, class) = match (sent, row.lapsed, row.open, campaign.fixed) {
        (Some(sent), ..) => (day_words_on(today, sent.day), "ok", "met"),
        (None, true, ..) => ("到期没有送".to_owned(), "open", "open"),
        (None, _, true, _) => ("还没有送".to_owned(), "open", "open"),
        (None, _, false, _) => (String::new(), "none", "none"),
    };
    let note = match row.due.filter(|_| row.open) {
        Some(due) => format!("{}前，{}", day_words_on(today, due), days_left(today, due)),
        None => String::new(),
    };
    UnitLine {
        href: format!("/checks/{}/rows/{}", campaign.row.id, row.unit),
        name: actor.known.unit_name(row.unit).to_owned(),
        sent: words,
        sign,
        class,
        note,
        lacking: settled.map_or(0, Settled::lacking),
        unseen: settled.map_or(0, Settled::unseen),
        waits: settled.map_or(0, waiting),
        drawn: row.drawn.as_ref().map_or_else(String::new, |d| d.team.clone()),
        looked: row.drawn.as_ref().is_some_and(|d| !d.looked.is_empty()),
        found: found.iter().filter(|f| f.unit == row.unit).map(|f| found_view(f, late, today)).collect(),
    }
}

/// The rows under their general branches, in the order of the organisation.
fn groups(campaign: &Campaign<'_>, rows: &[&Row], line: impl Fn(&Row) -> UnitLine) -> Vec<Group> {
    let organisation = campaign.organisation();
    let above = |unit: UnitId| {
        let mut up = std::iter::successors(Some(unit), |at| organisation.unit(*at)?.parent);
        up.find(|u| organisation.unit(*u).is_some_and(|u| u.kind == UnitKind::GeneralBranch))
    };
    let mut order: Vec<Option<UnitId>> = Vec::new();
    for row in rows {
        let group = above(row.unit);
        if !order.contains(&group) {
            order.push(group);
        }
    }
    let of = |group: Option<UnitId>| {
        let mine: Vec<&&Row> = rows.iter().filter(|r| above(r.unit) == group).collect();
        let sent = mine.iter().filter(|r| r.sent.is_some() && !r.open).count();
        Group {
            name: match group.and_then(|g| organisation.unit(g)) {
                Some(unit) => unit.name.clone(),
                None => "直属".to_owned(),
            },
            note: if campaign.fixed {
                format!("{} 个单位，送了 {sent}", mine.len())
            } else {
                format!("{} 个单位", mine.len())
            },
            lines: mine.into_iter().map(|r| line(r)).collect(),
        }
    };
    order.into_iter().map(of).collect()
}

/// The steps that are open: first those of the whole check, then those of single units.
fn steps(app: &App, actor: &Actor, campaign: &Campaign<'_>, today: Date) -> Vec<OpenLine> {
    let drawn_at = campaign.sheet().draws.iter().map(|(step, _)| step.as_str()).next();
    let judge = campaign.carrier(Carries::Judge);
    let ask = campaign.carrier(Carries::Ask);
    let id = campaign.row.id;
    let notice = notice_form(app, campaign, actor).map(|n| n.step);
    let mut open: Vec<_> =
        campaign.open.iter().filter(|o| o.bearer.is_some_and(|u| actor.covers(Right::SeeBoard, u))).collect();
    open.sort_by_key(|o| (o.line.is_some(), campaign.workflow().place(&o.step), o.line));
    let of = |o: &runtime::flow::OpenStep| {
        let may = o.bearer.is_some_and(|u| actor.covers(Right::Record, u));
        let unit = |lane: Option<&str>| {
            let lane = lane.filter(|s| *s == o.step)?;
            let place = campaign.workflow().place(lane)?;
            campaign.state().places.get(place)?.lines.as_ref()?.get(o.line?)?.unit
        };
        let line = o.line.map_or_else(String::new, |l| format!("&line={l}"));
        let href = match (unit(ask), unit(judge)) {
            (Some(unit), _) => format!("/checks/{id}/rows/{unit}"),
            (None, Some(unit)) => format!("/checks/{id}/rows/{unit}/look"),
            _ if notice.as_deref() == Some(o.step.as_str()) => format!("/checks/{id}/notice"),
            _ if Some(o.step.as_str()) == drawn_at => format!("/checks/{id}/draw"),
            _ => format!("/record?case={id}&step={}{line}", o.step),
        };
        OpenLine {
            title: o.title.clone(),
            who: o.bearer.map_or("", |u| actor.known.unit_name(u)).to_owned(),
            due: o.due.map_or_else(String::new, |d| format!("{}前", day_words_on(today, d))),
            late: o.late,
            href: if may { href } else { String::new() },
        }
    };
    open.into_iter().map(of).collect()
}

/// The rule of a draw in words.
fn draw_words(draw: &Draw) -> String {
    let mut out = Vec::new();
    let kinds: Vec<&str> = draw.kinds.iter().map(|k| k.word()).collect();
    let who = if kinds.is_empty() { "单位".to_owned() } else { kinds.join("、") };
    let each = if draw.each.is_some() { "每个上级" } else { "" };
    if let Some(n) = draw.count {
        out.push(format!("{each}抽 {n} 个{who}"));
    } else if let Some(n) = draw.at_least {
        out.push(format!("{each}至少 {n} 个{who}"));
    }
    if let Some(share) = draw.share {
        out.push(match (share.part, share.whole) {
            (1, 1) => format!("{who}全看"),
            (a, b) => format!("{who}共抽 {b} 分之 {a}"),
        });
    }
    if draw.fresh.is_some() {
        out.push("近来抽过的排在后面".to_owned());
    }
    out.join("，")
}

fn draw_view(app: &App, campaign: &Campaign<'_>, lots: &Lots, runs: bool) -> DrawView {
    let rules: Vec<String> = lots.rules().map(draw_words).collect();
    let open = campaign.open.iter().any(|o| o.step == lots.step && !o.disputed);
    let said = |means| written(app, campaign, &lots.step, means).map(str::to_owned);
    DrawView {
        rule: rules.join("；"),
        print: said(Means::ListPrint).unwrap_or_else(|| lots.print.clone()),
        seed: said(Means::Seed).unwrap_or_default(),
        href: format!("/checks/{}/draw", campaign.row.id),
        may: runs && open,
    }
}

/// The three lines that lack most, each with at how many units.
fn most_lacking(campaign: &Campaign<'_>, filled: &BTreeMap<UnitId, Settled>) -> Vec<(usize, String)> {
    use runtime::sheet::Seen;
    let mut out: Vec<(usize, String)> = Vec::new();
    for line in &campaign.sheet().lines {
        let lacks = |s: &&Settled| {
            let found = s.lines.iter().find(|f| f.line == line.id);
            found.is_some_and(|f| {
                f.items.iter().any(|i| !i.charged && matches!(i.seen, Seen::Unseen | Seen::Undone))
            })
        };
        let n = filled.values().filter(lacks).count();
        if n > 0 {
            out.push((n, line.title.clone()));
        }
    }
    out.sort_by_key(|b| std::cmp::Reverse(b.0));
    out.truncate(3);
    out
}

async fn freeze(State(app): State<App>, actor: Actor, Path(id): Path<CaseId>) -> Reply {
    let campaign = Campaign::seen(&app, &actor, id).await?;
    let n = stand(&app, Some(&actor), &campaign).await?;
    let words = if n > 0 {
        format!("{n} 个单位的数字定下了，以后补的另列。")
    } else {
        "没有要定下的。".to_owned()
    };
    cookie::done(&format!("/checks/{id}"), &Said::new(words))
}
