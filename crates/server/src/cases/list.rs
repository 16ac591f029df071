//! All cases: by procedure, step, unit and lateness; how many stand at which step; as a spreadsheet.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use jiff::civil::Date;
use model::flow::Workflow;
use model::{CaseId, Role, UnitId};
use office::sheet::{Cell, Column, Kind, Sheet};
use serde_json::json;
use store::{CaseFilter, CaseRow, CaseStepRow, Running};
use web::download::Writing;
use web::extract::{Fields, Query};
use web::permit::{Right, Route, Rule, get};
use web::view::{
    Choice, Empty, Frame, Link, MOST_CHOICES, Pager, Place, day_words_on, days_left, long_day_words, page,
};
use web::{App, Reply};
use work::{Actor, Fault, cases};

/// Cases on a page.
const PER: u32 = 50;
/// Rows that are written at once.
const CHUNK: usize = 2_000;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/cases", Rule::May(Right::SeeEntries), show),
        get("/cases.xlsx", Rule::May(Right::Export), export),
    ]
}

/// A step with how many stand at it.
struct Bar {
    number: usize,
    title: String,
    count: u64,
    late: u64,
    since: String,
    /// Width of the bar and of its late part, of 100.
    width: u64,
    late_width: u64,
    href: String,
    here: bool,
}

/// A case in the list.
struct Line {
    href: String,
    title: String,
    workflow: String,
    unit: String,
    step: String,
    /// How many other steps are open.
    more: usize,
    bearer: String,
    since: String,
    due: String,
    due_note: String,
    late: bool,
    lacks: u32,
    ended: String,
    /// Whoever looks sees only the lines of their own units, and nothing of these is open.
    elsewhere: bool,
}

#[derive(askama::Template)]
#[template(path = "cases/list.html")]
struct ListPage {
    frame: Frame,
    tabs: Vec<Choice>,
    states: Vec<Choice>,
    workflow: String,
    workflow_title: String,
    bars: Vec<Bar>,
    step: String,
    steps: Vec<(String, String, bool)>,
    units: Vec<(String, String, bool)>,
    late: bool,
    state: String,
    mine: String,
    text: String,
    total: u64,
    waiting: u64,
    overdue: u64,
    waiting_href: String,
    overdue_href: String,
    lines: Vec<Line>,
    empty: Option<Empty>,
    pager: Pager,
    export: Option<String>,
    may_open: bool,
    is_member: bool,
}

/// What the address asks for.
fn filter(query: &Fields, actor: &Actor, today: Date) -> CaseFilter {
    let text = |name: &str| Some(query.text(name).to_owned()).filter(|t| !t.is_empty());
    CaseFilter {
        workflows: text("workflow").map(|w| BTreeSet::from([w])),
        step: text("step"),
        own: query.parsed::<UnitId>("unit").map(|u| actor.known.below([u])),
        bearers: (query.text("mine") == "1").then(|| actor.own_units(Right::Record)),
        late: (query.text("late") == "1").then_some(today),
        text: query.text("q").trim().to_owned(),
        running: match query.text("state") {
            "ended" => Running::Ended,
            "all" => Running::All,
            _ => Running::Open,
        },
        ..CaseFilter::default()
    }
}

/// The same without these names.
fn without(query: &Fields, names: &[&str]) -> Fields {
    Fields::of(query.pairs().iter().filter(|(n, _)| !names.contains(&n.as_str())).cloned().collect())
}

/// The newest version of a procedure.
fn workflow<'a>(app: &'a App, id: &str) -> Option<&'a Workflow> {
    app.rulebook.workflows().find(|w| w.id == id)
}

async fn show(State(app): State<App>, actor: Actor, frame: Frame, Query(query): Query) -> Reply {
    let today = app.clock.today();
    let sight = cases::sight(&actor);
    let filter = filter(&query, &actor, today);
    let institution = actor.institution;
    let is_member = actor.roles().all(|r| r == Role::Member);

    let everywhere = CaseFilter { workflows: None, step: None, ..filter.clone() };
    let counts = app.store.cases_by_workflow(institution, &sight, &everywhere, today).await?;
    let all: u64 = counts.iter().map(|(_, n, _)| n).sum();
    let chosen = query.text("workflow").to_owned();
    let plain = without(&query, &["step"]);
    let mut tabs = vec![Choice::new("全部", plain.with("workflow", ""), chosen.is_empty()).counting(all)];
    for w in app.rulebook.workflows() {
        let count = counts.iter().find(|(id, ..)| *id == w.id).map_or(0, |(_, n, _)| *n);
        if count > 0 || w.id == chosen {
            tabs.push(
                Choice::new(w.title.clone(), plain.with("workflow", &w.id), w.id == chosen).counting(count),
            );
        }
    }
    let state = query.text("state").to_owned();
    let of_state = |word: &str, id: &str| {
        let here = state == id || (id.is_empty() && !matches!(state.as_str(), "ended" | "all"));
        Choice::new(word, query.with("state", id), here)
    };

    let found = workflow(&app, &chosen);
    let bars = match found {
        Some(w) if filter.running == Running::Open => {
            let all = CaseFilter { step: None, ..filter.clone() };
            let counts = app.store.cases_by_step(institution, &sight, &all, today).await?;
            bars(&query, w, &counts, today)
        }
        _ => Vec::new(),
    };
    let total = app.store.count_cases(institution, &sight, &filter).await?;
    let at = query.parsed::<u32>("page").unwrap_or(1).max(1);
    let rows = app.store.cases(institution, &sight, &filter, ((at - 1).saturating_mul(PER), PER)).await?;
    let steps = steps_of(&app, &actor, &rows).await?;
    let open = |r: &CaseRow| steps.get(&r.id).map_or(&[][..], Vec::as_slice);
    let lines = rows.iter().map(|r| line(&app, &actor, r, open(r), today)).collect::<Vec<_>>();

    let running = CaseFilter::default();
    let late = CaseFilter { late: Some(today), ..CaseFilter::default() };
    let mine = CaseFilter { bearers: Some(actor.own_units(Right::Record)), ..CaseFilter::default() };
    let may_open = !cases::may_open(&app, &actor).is_empty();
    let units: Vec<_> = actor.known.organisation.units.iter().filter(|u| u.exists_on(today)).collect();
    let asked = query.parsed::<UnitId>("unit");
    page(&ListPage {
        frame: frame.titled("流程").at(Place::Cases).wide(),
        tabs,
        states: vec![of_state("在办", ""), of_state("已结束", "ended"), of_state("全部", "all")],
        workflow_title: found.map_or_else(String::new, |w| w.title.clone()),
        steps: found
            .map(|w| {
                w.steps.iter().map(|s| (s.id.clone(), s.title.clone(), s.id == query.text("step"))).collect()
            })
            .unwrap_or_default(),
        workflow: chosen,
        bars,
        step: query.text("step").to_owned(),
        units: if is_member || units.len() > MOST_CHOICES {
            Vec::new()
        } else {
            units.iter().map(|u| (u.id.to_string(), u.name.clone(), asked == Some(u.id))).collect()
        },
        late: query.text("late") == "1",
        state: query.text("state").to_owned(),
        mine: query.text("mine").to_owned(),
        text: query.text("q").to_owned(),
        total: app.store.count_cases(institution, &sight, &running).await?,
        waiting: if is_member { 0 } else { app.store.count_cases(institution, &sight, &mine).await? },
        overdue: app.store.count_cases(institution, &sight, &late).await?,
        waiting_href: "/cases?mine=1".to_owned(),
        overdue_href: "/cases?late=1".to_owned(),
        empty: lines.is_empty().then(|| empty(&query, may_open)),
        lines,
        pager: Pager::of(u64::from(at), u64::from(PER), total, &query),
        export: (actor.may(Right::Export) && total > 0)
            .then(|| format!("/cases.xlsx{}", query.with("page", ""))),
        may_open,
        is_member,
    })
}

fn empty(query: &Fields, may_open: bool) -> Empty {
    let asked =
        ["workflow", "step", "unit", "mine", "late", "q", "state"].iter().any(|n| !query.text(n).is_empty());
    let out = if asked {
        Empty::new("没有这样的事项", "换一个条件再看。").with(Link::new("看全部在办的", "/cases"))
    } else {
        Empty::new(
            "还没有在办的事项",
            "发展党员、整改、转接、请示……开一件，走到哪一步、缺什么、谁来办，都在这里。",
        )
    };
    if may_open { out.with(Link::new("新开一件", "/cases/new")) } else { out }
}

/// How many stand at each step, in the order of the procedure; those where nobody stands are left out.
fn bars(query: &Fields, w: &Workflow, counts: &[(String, u64, u64, Date)], today: Date) -> Vec<Bar> {
    let most = counts.iter().map(|(_, n, ..)| *n).max().unwrap_or(1).max(1);
    let of = |(place, step): (usize, &model::flow::Step)| {
        let (_, count, late, since) = counts.iter().find(|(id, ..)| *id == step.id)?;
        let days = since.until(today).map_or(0, |s| s.get_days());
        Some(Bar {
            number: place + 1,
            title: step.title.clone(),
            count: *count,
            late: *late,
            since: format!("最久 {days} 天"),
            width: count * 100 / most,
            late_width: late * 100 / most,
            href: query.with("step", &step.id),
            here: query.text("step") == step.id,
        })
    };
    w.steps.iter().enumerate().filter_map(of).collect()
}

/// What is open of each of these, in the order of due days: first what waits for whoever looks.
async fn steps_of(
    app: &App,
    actor: &Actor,
    rows: &[CaseRow],
) -> Result<BTreeMap<CaseId, Vec<CaseStepRow>>, Fault> {
    let ids: BTreeSet<CaseId> = rows.iter().map(|r| r.id).collect();
    let filter = CaseFilter { ids: Some(ids), ..CaseFilter::default() };
    let found =
        app.store.case_steps(actor.institution, &cases::sight(actor), &filter, None, u32::MAX).await?;
    let mut out: BTreeMap<CaseId, Vec<CaseStepRow>> = BTreeMap::new();
    for (step, row) in found {
        let own = step.unit.is_some_and(|u| actor.covers(Right::SeeEntries, u));
        if own || cases::sees_every_line(actor, &row, cases::workflow_of(app, &row)) {
            out.entry(step.case).or_default().push(step);
        }
    }
    let mine = actor.own_units(Right::Record);
    for steps in out.values_mut() {
        steps.sort_by_key(|s| !s.unit.is_some_and(|u| mine.contains(&u)));
    }
    Ok(out)
}

fn line(app: &App, actor: &Actor, row: &CaseRow, open: &[CaseStepRow], today: Date) -> Line {
    let first = open.first();
    let due = first.and_then(|s| s.due);
    let workflow = cases::workflow_of(app, row);
    let sees_all = cases::sees_every_line(actor, row, workflow);
    Line {
        href: if sees_all { format!("/cases/{}", row.id) } else { format!("/checks/{}", row.id) },
        elsewhere: !sees_all && open.is_empty(),
        title: row.title.clone(),
        workflow: workflow.map_or_else(|| row.workflow.clone(), |w| w.title.clone()),
        unit: actor.known.unit_name(row.own).to_owned(),
        step: first.map_or_else(String::new, |s| s.title.clone()),
        more: open.len().saturating_sub(1),
        bearer: first.and_then(|s| s.unit).map_or("", |u| actor.known.unit_name(u)).to_owned(),
        since: first.map_or_else(String::new, |s| day_words_on(today, s.since)),
        due: due.map_or_else(String::new, |d| day_words_on(today, d)),
        due_note: due.map_or_else(String::new, |d| days_left(today, d)),
        late: due.is_some_and(|d| d < today),
        lacks: first.map_or(0, |s| s.lacks),
        ended: row
            .ended
            .as_ref()
            .map_or_else(String::new, |(how, on)| format!("{how}　{}", day_words_on(today, *on))),
    }
}

/// The list as a spreadsheet: all that the filter finds.
async fn export(State(app): State<App>, actor: Actor, Query(query): Query) -> Reply {
    let today = app.clock.today();
    let filter = filter(&query, &actor, today);
    let rows = app.store.all_cases(actor.institution, &cases::sight(&actor), &filter).await?;
    let steps = steps_of(&app, &actor, &rows).await?;
    let column = |title: &str, width| Column::new(title, width, Kind::Text);
    let day = |title: &str| Column::new(title, 12, Kind::Day);
    let sheet = Sheet {
        name: "流程".to_owned(),
        title: format!("{}　流程（{}）", actor.known.organisation.name, long_day_words(today)),
        columns: vec![
            column("流程", 18),
            column("事项", 28),
            column("组织", 24),
            column("走到哪一步", 28),
            column("谁来办", 24),
            day("从哪天起"),
            day("第一次期限"),
            day("期限"),
            column("逾期", 8),
            column("结果", 16),
            day("结束"),
        ],
        frozen: 2,
        rows: Vec::new(),
    };
    let writing = Writing::begin(&app, sheet);
    let of_day = |d: Option<Date>| d.map_or(Cell::Empty, Cell::Day);
    let cells = |row: &CaseRow| {
        let open = steps.get(&row.id).map_or(&[][..], Vec::as_slice);
        let l = line(&app, &actor, row, open, today);
        let first = open.first();
        let late = if l.late { "逾期" } else { "" };
        vec![
            Cell::Text(l.workflow),
            Cell::Text(l.title),
            Cell::Text(l.unit),
            Cell::Text(l.step),
            Cell::Text(l.bearer),
            of_day(first.map(|s| s.since)),
            of_day(first.and_then(|s| s.first_due)),
            of_day(first.and_then(|s| s.due)),
            Cell::Text(late.to_owned()),
            Cell::Text(row.ended.as_ref().map_or_else(String::new, |(how, _)| how.clone())),
            of_day(row.ended.as_ref().map(|(_, on)| *on)),
        ]
    };
    for some in rows.chunks(CHUNK) {
        if !writing.add(some.iter().map(cells).collect()).await {
            break;
        }
    }
    let detail = json!({ "count": rows.len(), "query": query.with("", "") });
    let act = actor.act(&app, "export.cases").with(detail);
    app.store.record(actor.institution, &act).await?;
    writing.end("流程", today).await
}
