//! The year's checks: those that may still come, those that run, those that ended; counted against the relief rule.

use std::collections::BTreeSet;

use axum::extract::State;
use jiff::civil::Date;
use model::flow::{Opening, Workflow};
use model::{CaseId, UnitId};
use runtime::flow::Days;
use store::CaseRow;
use web::extract::Query;
use web::permit::{Right, Route, Rule, get};
use web::view::{Choice, Empty, Frame, Link, Place, day_words_on, page};
use web::{App, Reply};
use work::sheets::{Campaign, allowed, checks_of};
use work::{Actor, Fault, cases};

pub(super) fn routes() -> Vec<Route> {
    vec![get("/checks", Rule::May(Right::SeeBoard), show)]
}

/// A check that was opened.
struct CheckLine {
    href: String,
    title: String,
    kind: String,
    by: String,
    cutoff: String,
    /// How many have sent, of how many; of somebody who sees one unit, how that one stands.
    sent: String,
    step: String,
    ended: bool,
    planned: bool,
}

/// A check that may still be opened this year.
struct Plan {
    title: String,
    words: String,
    href: String,
}

/// How many checks of a kind a unit has opened.
struct Relief {
    unit: String,
    words: String,
    over: bool,
}

#[derive(askama::Template)]
#[template(path = "checks/list.html")]
struct ListPage {
    frame: Frame,
    year: i16,
    years: Vec<Choice>,
    lines: Vec<CheckLine>,
    plans: Vec<Plan>,
    relief: Vec<Relief>,
    may_open: bool,
    empty: Option<Empty>,
}

/// Years before this one that a page offers.
const BACK: i16 = 2;

async fn show(State(app): State<App>, actor: Actor, frame: Frame, Query(query): Query) -> Reply {
    let today = app.clock.today();
    let year = query.parsed::<i16>("year").filter(|y| (2000..=today.year() + 1).contains(y));
    let year = year.unwrap_or(today.year());
    let opened = checks_of(&app, actor.institution, year).await?;
    let mut lines = Vec::new();
    for row in &opened {
        lines.extend(line(&app, &actor, row.id, today).await?);
    }
    let may = cases::may_open_checks(&app, &actor);
    let plans = if year == today.year() { plans(&may, &opened, today) } else { Vec::new() };
    let may_open = !may.is_empty();
    let empty = lines.is_empty().then(|| {
        let words = "检查先列入计划、说清查谁、查什么，再开；单位的表由记录填好，只问记录里没有的。";
        let out = Empty::new(format!("{year}年还没有检查"), words);
        if may_open { out.with(Link::new("开一次检查", "/checks/new")) } else { out }
    });
    let choice = |y: i16| Choice::new(format!("{y}年"), format!("/checks?year={y}"), y == year);
    page(&ListPage {
        frame: frame.titled("检查").at(Place::Checks),
        year,
        years: (today.year() - BACK..=today.year()).rev().map(choice).collect(),
        relief: relief(&app, &actor, &opened),
        lines,
        plans,
        may_open,
        empty,
    })
}

async fn line(app: &App, actor: &Actor, id: CaseId, today: Date) -> Result<Option<CheckLine>, Fault> {
    let campaign = match Campaign::seen(app, actor, id).await {
        Ok(found) => found,
        Err(Fault::NotFound(_)) => return Ok(None),
        Err(other) => return Err(other),
    };
    let seen: Vec<_> = campaign.rows.iter().filter(|r| campaign.sees(actor, r)).collect();
    let sent = seen.iter().filter(|r| r.sent.is_some() && !r.open).count();
    let steps: BTreeSet<&str> = campaign.open.iter().map(|o| o.step.as_str()).collect();
    let first = campaign.workflow().steps.iter().find(|s| steps.contains(s.id.as_str()));
    let row = &campaign.row;
    let href = match seen.as_slice() {
        [only] if !campaign.sees_all(actor) => format!("/checks/{id}/rows/{}", only.unit),
        _ => format!("/checks/{id}"),
    };
    Ok(Some(CheckLine {
        href,
        title: row.title.clone(),
        kind: campaign.workflow().title.clone(),
        by: actor.known.unit_name(row.opened_by).to_owned(),
        cutoff: day_words_on(today, campaign.cutoff),
        sent: match (campaign.fixed, seen.as_slice()) {
            (false, all) => format!("{} 个单位", all.len()),
            (true, [only]) if !campaign.sees_all(actor) => match only.sent.filter(|_| !only.open) {
                Some(sent) => format!("{} 送出", day_words_on(today, sent.day)),
                None => "还没有送".to_owned(),
            },
            (true, all) => format!("{sent} / {}", all.len()),
        },
        step: match &row.ended {
            Some((how, on)) => format!("{how}　{}", day_words_on(today, *on)),
            None => first.map_or_else(String::new, |s| s.title.clone()),
        },
        ended: row.ended.is_some(),
        planned: !campaign.fixed,
    }))
}

/// The checks that may be opened and are not, for the period of today.
fn plans(may: &[(&Workflow, Vec<UnitId>)], opened: &[CaseRow], today: Date) -> Vec<Plan> {
    let mut out = Vec::new();
    for (workflow, _) in may {
        let Some(sheet) = &workflow.sheet else { continue };
        let (from, to) = Days::period(today, sheet.period);
        let there = opened.iter().any(|r| r.workflow == workflow.id && (from..=to).contains(&r.opened));
        if there {
            continue;
        }
        let each = workflow.opens.iter().any(|o| matches!(o, Opening::Each(..)));
        let words = if each { "每期一次，这一期还没有开" } else { "今年还没有开" };
        out.push(Plan {
            title: workflow.title.clone(),
            words: words.to_owned(),
            href: format!("/checks/new?check={}", workflow.id),
        });
    }
    out
}

/// How many checks each unit has opened of the kinds of which the relief rule counts the number.
fn relief(app: &App, actor: &Actor, opened: &[CaseRow]) -> Vec<Relief> {
    let mut out = Vec::new();
    let mut known = BTreeSet::new();
    for row in opened {
        let Some(workflow) = cases::workflow_of(app, row) else { continue };
        let Some(count) = allowed(app, workflow, row.opened_by, opened) else { continue };
        if known.insert((row.opened_by, count.kind.clone())) {
            let over = i64::try_from(count.have).is_ok_and(|have| have > count.most);
            out.push(Relief {
                unit: actor.known.unit_name(row.opened_by).to_owned(),
                words: format!("{} 次，按规定一年 {} 次", count.have, count.most),
                over,
            });
        }
    }
    out
}
