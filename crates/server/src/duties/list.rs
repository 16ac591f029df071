//! Lists of duties: what any number opens, page by page, and as a spreadsheet.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use jiff::civil::Date;
use model::{Duty, DutyId, PersonId, Standing};
use office::sheet::{Cell, Column, Kind, Sheet};
use runtime::{Line, Tally};
use serde_json::json;
use store::Scope;
use web::extract::Query;
use web::permit::{Right, Route, Rule, get};
use web::view::{
    Choice, Empty, Frame, Link, Pager, Place, Said, Strip, day_words, days_left, long_day_words, page,
};
use web::{App, Reply};
use work::{Actor, Fault, Year};

use web::download::Writing;

use crate::seen::amounts;
use crate::seen::pick::{Asked, standing_id};
use crate::seen::source;
use work::sight::Sight;

/// Duties on one page.
const PER: u64 = 50;
/// Most duties in one spreadsheet.
const MOST: usize = 100_000;
/// Duties whose names are fetched at once.
const CHUNK: usize = 5_000;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/duties", Rule::May(Right::SeePlan), list),
        get("/duties.xlsx", Rule::May(Right::Export), export),
    ]
}

struct Row {
    standing: Standing,
    title: String,
    href: String,
    unit: String,
    unit_href: String,
    person: String,
    source: String,
    source_href: String,
    due: String,
    due_note: String,
    have: String,
}

#[derive(askama::Template)]
#[template(path = "duties/list.html")]
struct ListPage {
    frame: Frame,
    heading: String,
    total: usize,
    on: String,
    kept: Vec<(String, String)>,
    strip: Strip,
    standings: Vec<Choice>,
    rows: Vec<Row>,
    pager: Pager,
    empty: Empty,
    export: Option<String>,
}

/// What a list is about: the plan that is named, else all that ran in the year that is named, else in that of its day.
pub(super) async fn year_of(
    app: &App,
    actor: &Actor,
    asked: &Asked,
) -> Result<Option<std::sync::Arc<Year>>, Fault> {
    let institution = actor.institution;
    let found = match (asked.plan, asked.year) {
        (Some(plan), _) => app.year(institution, Some(plan)).await?,
        (None, Some(year)) => app.book(institution, year, None).await?,
        (None, None) => {
            return app.year_on(institution, asked.on.unwrap_or_else(|| app.clock.today())).await;
        }
    };
    found.map(Some).ok_or_else(|| Fault::not_found("这份要点"))
}

/// What the list is about, in words.
async fn heading(app: &App, actor: &Actor, year: &Year, asked: &Asked, shown: bool) -> Result<String, Fault> {
    let mut parts: Vec<String> = Vec::new();
    match asked.units.as_slice() {
        [] => {}
        [one] => parts.push(actor.known.unit_name(*one).to_owned()),
        [first, rest @ ..] => {
            parts.push(format!("{}等 {} 个组织", actor.known.unit_name(*first), rest.len() + 1));
        }
    }
    // Whoever sees nothing of somebody does not learn their name either.
    if let Some(person) = asked.person.filter(|p| shown || actor.person == Some(*p))
        && let Ok(found) = app.store.person(actor.institution, person).await
    {
        parts.push(found.name);
    }
    for id in asked.obligations.iter().take(1) {
        if let Some(obligation) = year.obligation(*id) {
            parts.push(obligation.title.clone());
        }
    }
    if let Some(item) = asked.item.and_then(|n| year.plan.items.get(n - 1)) {
        parts.push(source::clipped(&item.title, 30));
    }
    match (asked.from, asked.to) {
        (Some(a), Some(b)) => parts.push(format!("{}至{}到期", day_words(a), day_words(b))),
        (Some(a), None) => parts.push(format!("{}起到期", day_words(a))),
        (None, Some(b)) => parts.push(format!("{}前到期", day_words(b))),
        (None, None) => {}
    }
    if let Some(day) = asked.done {
        parts.push(format!("{}起办结", day_words(day)));
    }
    parts.retain(|p| !p.is_empty());
    let what = match (asked.month, asked.later) {
        (true, _) => "本月该做的",
        (_, true) => "已经可以办、本月以后到期的",
        _ => "应办事项",
    };
    Ok(if parts.is_empty() { what.to_owned() } else { format!("{}：{what}", parts.join("　")) })
}

/// The duties of some lines, and the names of the people who owe them.
async fn named(
    app: &App,
    actor: &Actor,
    lines: &[Line],
) -> Result<(BTreeMap<DutyId, Duty>, BTreeMap<PersonId, String>), Fault> {
    // The lines were picked by what the account may see; their names are read for exactly these.
    let ids: Vec<DutyId> = lines.iter().map(|l| l.duty).collect();
    let duties = app.store.duties_by_ids(actor.institution, &Scope::All, &ids).await?;
    let distinct: BTreeSet<PersonId> = lines.iter().filter_map(|l| l.person).collect();
    let people = app.store.names(actor.institution, &distinct.into_iter().collect::<Vec<_>>()).await?;
    Ok((duties.into_iter().map(|d| (d.id, d)).collect(), people))
}

async fn list(State(app): State<App>, actor: Actor, frame: Frame, Query(query): Query) -> Reply {
    let today = app.clock.today();
    let asked = Asked::of(&query)?;
    let on = asked.on.unwrap_or(today);
    let frame = frame.at(if actor.may(Right::SeeBoard) { Place::Board } else { Place::Month });
    let frame = if on == today {
        frame
    } else {
        frame.noting(
            Said::new(format!("这一页是 {} 的样子，不是今天的。", long_day_words(on)))
                .link("回到今天", format!("/duties{}", query.with("on", ""))),
        )
    };
    let Some(year) = year_of(&app, &actor, &asked).await? else {
        return page(&ListPage {
            frame: frame.titled("应办事项"),
            heading: "应办事项".to_owned(),
            total: 0,
            on: on.to_string(),
            kept: Vec::new(),
            strip: Strip::default(),
            standings: Vec::new(),
            rows: Vec::new(),
            pager: Pager::of(1, PER, 0, &query),
            empty: Empty::new("还没有发布的要点", "要点发布之后，应办事项在这里。"),
            export: None,
        });
    };
    let sight = Sight::of(&actor);
    let lines = asked.lines(&year, &sight, on);
    // The tabs count the same list without the choice of a standing.
    let whole = Asked { standings: std::collections::BTreeSet::new(), ..asked.clone() };
    let tally: Tally = whole.lines(&year, &sight, on).iter().map(|l| l.standing).collect();
    let of = |standing: &str| format!("/duties{}", query.with("standing", standing));
    let mut standings =
        vec![Choice::new("全部", of(""), asked.standings.is_empty()).counting(u64::from(tally.total()))];
    standings.extend(tally.parts().map(|(s, n)| {
        let here = asked.standings.len() == 1 && asked.standings.contains(&s);
        Choice::new(s.word(), of(standing_id(s)), here).counting(u64::from(n))
    }));
    let parts: Vec<(Standing, u64)> = tally.parts().map(|(s, n)| (s, u64::from(n))).collect();
    let heading = heading(&app, &actor, &year, &asked, !lines.is_empty()).await?;
    let total = lines.len();
    let skip = usize::try_from((query.page() - 1) * PER).unwrap_or(usize::MAX);
    let shown: Vec<Line> = lines.into_iter().skip(skip).take(usize::try_from(PER).unwrap_or(50)).collect();
    let (duties, people) = named(&app, &actor, &shown).await?;
    let rows = shown
        .iter()
        .filter_map(|line| {
            let obligation = year.obligation(line.obligation)?;
            let facts = year.board().facts(line.duty)?;
            let from = source::of(obligation, &year, &app.rulebook);
            let hours = matches!(obligation.cadence, model::Cadence::Hours { .. });
            let done = line.standing.is_done();
            let met = runtime::met_day(&facts, on).filter(|_| done);
            Some(Row {
                standing: line.standing,
                title: duties.get(&line.duty).map_or_else(|| obligation.title.clone(), |d| d.title.clone()),
                href: format!(
                    "/duties/{}{}",
                    line.duty,
                    asked.on.map(|d| format!("?on={d}")).unwrap_or_default()
                ),
                unit: actor.known.unit_name(line.unit).to_owned(),
                unit_href: format!("/duties{}", query.with("unit", &line.unit.to_string())),
                person: line.person.and_then(|p| people.get(&p).cloned()).unwrap_or_default(),
                source: from.label,
                source_href: from.href,
                due: day_words(line.due),
                due_note: match met {
                    Some(day) => format!("{}办", day_words(day)),
                    None if line.standing == Standing::Waived => String::new(),
                    None => days_left(on, line.due),
                },
                have: amounts(runtime::credited(&facts, on), facts.need, hours),
            })
        })
        .collect();
    let total_64 = u64::try_from(total).unwrap_or(u64::MAX);
    let export =
        (actor.may(Right::Export) && total > 0).then(|| format!("/duties.xlsx{}", query.with("", "")));
    let kept = query.pairs().iter().filter(|(n, _)| n != "on" && n != "page").cloned().collect();
    page(&ListPage {
        frame: frame.titled(heading.clone()).wide(),
        strip: Strip::of(&heading, &parts),
        heading,
        total,
        on: on.to_string(),
        kept,
        standings,
        rows,
        pager: Pager::of(query.page(), PER, total_64, &query),
        empty: Empty::new("没有符合的应办事项", "换个状态或日期再看。").with(Link::new("看全部状态", of(""))),
        export,
    })
}

async fn export(State(app): State<App>, actor: Actor, Query(query): Query) -> Reply {
    let asked = Asked::of(&query)?;
    let on = asked.on.unwrap_or_else(|| app.clock.today());
    let Some(year) = year_of(&app, &actor, &asked).await? else {
        return Err(Fault::not_found("这份要点").into());
    };
    let lines = asked.lines(&year, &Sight::of(&actor), on);
    if lines.len() > MOST {
        return Err(Fault::BadRequest(format!(
            "有 {} 项，一次最多导出 {MOST} 项。请加上组织、事项或日期再导出。",
            lines.len()
        ))
        .into());
    }
    let sheet = Sheet {
        name: "应办事项".to_owned(),
        title: format!("{}　应办事项（{}）", actor.known.organisation.name, long_day_words(on)),
        columns: vec![
            Column::new("组织", 28, Kind::Text),
            Column::new("人员", 12, Kind::Text),
            Column::new("事项", 30, Kind::Text),
            Column::new("依据", 24, Kind::Text),
            Column::new("条文", 50, Kind::Long),
            Column::new("期间开始", 12, Kind::Day),
            Column::new("到期", 12, Kind::Day),
            Column::new("状态", 10, Kind::Light),
            Column::new("办成", 12, Kind::Day),
            Column::new("已计", 14, Kind::Text),
        ],
        frozen: 3,
        rows: Vec::new(),
    };
    let count = lines.len();
    let writing = Writing::begin(&app, sheet);
    for some in lines.chunks(CHUNK) {
        let (duties, people) = named(&app, &actor, some).await?;
        let rows = some.iter().filter_map(|line| cells(&app, &actor, &year, line, &duties, &people, on));
        if !writing.add(rows.collect()).await {
            break;
        }
    }
    let act = actor.act(&app, "export.duties").with(json!({ "count": count, "query": query.with("", "") }));
    app.store.record(actor.institution, &act).await?;
    writing.end("应办事项", on).await
}

fn cells(
    app: &App,
    actor: &Actor,
    year: &Year,
    line: &Line,
    duties: &BTreeMap<DutyId, Duty>,
    people: &BTreeMap<PersonId, String>,
    on: Date,
) -> Option<Vec<Cell>> {
    let obligation = year.obligation(line.obligation)?;
    let facts = year.board().facts(line.duty)?;
    let from = source::of(obligation, year, &app.rulebook);
    let hours = matches!(obligation.cadence, model::Cadence::Hours { .. });
    let met = runtime::met_day(&facts, on).filter(|_| line.standing.is_done());
    Some(vec![
        Cell::Text(actor.known.unit_name(line.unit).to_owned()),
        Cell::Text(line.person.and_then(|p| people.get(&p).cloned()).unwrap_or_default()),
        Cell::Text(duties.get(&line.duty).map_or_else(|| obligation.title.clone(), |d| d.title.clone())),
        Cell::Text(from.label),
        Cell::Text(obligation.origin.words().map_or(from.words, str::to_owned)),
        Cell::Day(line.starts),
        Cell::Day(line.due),
        Cell::Light(line.standing, String::new()),
        met.map_or(Cell::Empty, Cell::Day),
        Cell::Text(amounts(runtime::credited(&facts, on), facts.need, hours)),
    ])
}
