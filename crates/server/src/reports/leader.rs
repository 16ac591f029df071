//! 党委会用一页: how the plan stands, on one sheet of paper.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use model::{DutyId, Obligation, Origin, Standing, UnitId, UnitKind};
use runtime::{Line, Pick, Tally};
use store::Scope;
use web::extract::Query;
use web::permit::{Right, Route, Rule, get};
use web::view::{Choice, Frame, Place, Strip, day_words, long_day_words, page};
use web::{App, Reply};
use work::numbers::figure;
use work::{Actor, Fault, Year};

use crate::seen::day::{dated, day_of};
use crate::seen::lens;
use crate::seen::pick::standing_id;
use crate::seen::{Seen, clipped, parts};
use work::units::{full_name, owners};

use super::chart::{Bar, Chart};
use super::situation::{cited, overdue, plan_words, sections};
use super::stretch::Portion;

/// Rows and asks that a sheet of A4 bears.
const LATE: usize = 8;
const ASKS: usize = 3;

pub(super) fn routes() -> Vec<Route> {
    vec![get("/leader", Rule::May(Right::SeeReports), show)]
}

/// A number that opens its list.
struct Number {
    count: String,
    href: String,
}

struct Section {
    heading: String,
    strip: Strip,
    done: Number,
    total: Number,
    late: Option<Number>,
}

struct Late {
    unit: String,
    unit_href: String,
    title: String,
    href: String,
    due: String,
    days: String,
}

/// Something for the committee to decide, with the boxes to tick by hand.
struct Ask {
    words: String,
    boxes: &'static str,
}

/// What the first sentence says.
struct Lead {
    total: Number,
    by_now: Number,
    done: Number,
    /// What was done though it is due later.
    ahead: Number,
    met_late: Number,
    overdue: Number,
    /// Where most of it is: name and number.
    most: Vec<(String, Number)>,
    waived: Number,
    items: usize,
    late_items: usize,
}

#[derive(askama::Template)]
#[template(path = "reports/leader.html")]
struct LeaderPage {
    frame: Frame,
    plan: String,
    issuer: String,
    on: String,
    day: String,
    until: String,
    lenses: Vec<Choice>,
    plan_id: String,
    lead: Lead,
    sections: Vec<Section>,
    months: Chart,
    late: Vec<Late>,
    late_words: String,
    load: Chart,
    load_words: String,
    asks: Vec<Ask>,
}

async fn show(State(app): State<App>, actor: Actor, frame: Frame, Query(query): Query) -> Reply {
    let today = app.clock.today();
    let (on, unread) = day_of(&query, today);
    let frame = dated(frame.titled("党委会用一页"), "/leader", &query, on, today, unread).at(Place::Reports);
    let Some(year) = lens::looked_at(&app, &actor, &query, on).await? else { return super::nothing(frame) };
    let waiting = waiting(&app, &actor).await?;
    let (mut late, of_units): (Vec<Late>, Vec<Option<DutyId>>) = {
        let seen = Seen::of(&actor, &year, on, today);
        late_rows(&seen, &actor, &year)
    };
    // The lines were picked by what the account may see; the names are read for exactly these.
    let ids: Vec<DutyId> = of_units.iter().copied().flatten().collect();
    let duties = app.store.duties_by_ids(actor.institution, &Scope::All, &ids).await?;
    for (row, id) in late.iter_mut().zip(of_units) {
        if let Some(duty) = duties.iter().find(|d| Some(d.id) == id) {
            row.title.clone_from(&duty.title);
        }
    }
    let seen = Seen::of(&actor, &year, on, today);
    let months = months(&seen);
    let asks = asks(&seen, &year, &actor, waiting, &months);
    let (load, load_words) = load(&seen, &actor);
    let organisation = &actor.known.organisation;
    let answer = LeaderPage {
        frame,
        plan: plan_words(&year, &organisation.name),
        issuer: format!("{}党委办公室", organisation.name),
        day: long_day_words(on),
        on: on.to_string(),
        lenses: lens::lenses(&year, "/leader", &query),
        plan_id: lens::sent_on(&year),
        until: Portion::Year.days(year.number).1.to_string(),
        lead: lead(&seen, &year),
        sections: section_rows(&seen, &year),
        months: month_chart(&months),
        late_words: late_words(late.len()),
        late,
        load,
        load_words,
        asks,
    };
    page(&answer)
}

fn late_words(n: usize) -> String {
    match n {
        0 => "逾期事项".to_owned(),
        n if n < LATE => "逾期的事项".to_owned(),
        _ => "逾期最久的八项".to_owned(),
    }
}

fn open(seen: &Seen<'_>, n: u32, pairs: &[(&str, &str)]) -> Number {
    Number { count: figure(n), href: seen.href(pairs) }
}

fn lead(seen: &Seen<'_>, year: &Year) -> Lead {
    let whole = seen.tally(&Pick::default());
    let (first, _) = Portion::Year.days(year.number);
    let by_now = seen.tally(&Pick { due: Some((first, seen.on)), ..Pick::default() });
    let (from, to) = (first.to_string(), seen.on.to_string());
    let tomorrow = seen.on.tomorrow().unwrap_or(seen.on);
    let ahead = seen.tally(&Pick { due: Some((tomorrow, jiff::civil::Date::MAX)), ..Pick::default() });
    let within = [("from", from.as_str()), ("to", to.as_str())];
    let with = |standing: &'static str| [within.as_slice(), &[("standing", standing)]].concat();
    let mut by_obligation: Vec<(&Obligation, u32)> = Vec::new();
    let mut late_items: BTreeSet<usize> = BTreeSet::new();
    let tallies = seen.by_obligation(&Pick::default().standing(Standing::Overdue));
    for o in seen.obligations() {
        let n = tallies.get(&o.id).map_or(0, |t| t.of(Standing::Overdue));
        if n > 0 {
            by_obligation.push((o, n));
            late_items.extend(o.item);
        }
    }
    by_obligation.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    let most = by_obligation
        .iter()
        .take(2)
        .map(|(o, n)| {
            let id = o.id.to_string();
            (o.title.clone(), open(seen, *n, &[("obligation", &id), ("standing", "overdue")]))
        })
        .collect();
    let of = |s: Standing| open(seen, whole.of(s), &[("standing", standing_id(s))]);
    Lead {
        total: open(seen, whole.total(), &[]),
        by_now: open(seen, by_now.total(), &within),
        done: open(seen, by_now.done(), &with("done")),
        ahead: open(seen, ahead.done(), &[("from", &tomorrow.to_string()), ("standing", "done")]),
        met_late: open(seen, by_now.of(Standing::MetLate), &with("met_late")),
        overdue: of(Standing::Overdue),
        most,
        waived: of(Standing::Waived),
        items: year.plan.items.len(),
        late_items: late_items.len(),
    }
}

fn section_rows(seen: &Seen<'_>, year: &Year) -> Vec<Section> {
    sections(year, &seen.by_obligation(&Pick::default()))
        .into_iter()
        .map(|s| {
            let ids: Vec<String> = s.obligations.iter().map(ToString::to_string).collect();
            let narrow: Vec<(&str, &str)> = ids.iter().map(|id| ("obligation", id.as_str())).collect();
            let with = |standing: &'static str| [narrow.as_slice(), &[("standing", standing)]].concat();
            let title =
                if s.number.is_empty() { s.title.clone() } else { format!("{}、{}", s.number, s.title) };
            let title = format!("{}{title}", s.mark);
            let late = s.due.of(Standing::Overdue);
            Section {
                strip: Strip::of(&title, &parts(s.due)),
                // The part of a heading before its first comma is what people call the section by.
                heading: clipped(title.split(['，', ',']).next().unwrap_or(&title), 28),
                done: open(seen, s.due.done(), &with("done")),
                total: open(seen, s.due.total(), &narrow),
                late: (late > 0).then(|| open(seen, late, &with("overdue"))),
            }
        })
        .collect()
}

/// The rows of what has been overdue longest, each with the duty whose name it takes.
fn late_rows(seen: &Seen<'_>, actor: &Actor, year: &Year) -> (Vec<Late>, Vec<Option<DutyId>>) {
    // Of members one line for all of a branch: nobody is named here.
    let mut told: BTreeSet<(UnitId, model::ObligationId)> = BTreeSet::new();
    let lines: Vec<Line> = overdue(seen, None)
        .into_iter()
        .filter(|l| l.person.is_none() || told.insert((l.unit, l.obligation)))
        .take(LATE)
        .collect();
    let row = |line: &Line| {
        let days = line.due.until(seen.on).map_or(0, |s| s.get_days());
        let title = year.obligation(line.obligation).map_or("", |o| o.title.as_str());
        let id = line.obligation.to_string();
        let unit = line.unit.to_string();
        let href = match line.person {
            None if seen.is_other_day() => format!("/duties/{}?on={}", line.duty, seen.on),
            None => format!("/duties/{}", line.duty),
            Some(_) => seen.href(&[("unit", &unit), ("obligation", &id), ("standing", "overdue")]),
        };
        Late {
            unit: full_name(&actor.known.organisation, line.unit),
            unit_href: format!("/units/{unit}"),
            title: title.to_owned(),
            href,
            due: day_words(line.due),
            days: format!("{days} 天"),
        }
    };
    // A line for members keeps the name of what is asked of all of them.
    let of_units = lines.iter().map(|l| l.person.is_none().then_some(l.duty)).collect();
    (lines.iter().map(row).collect(), of_units)
}

/// What is due in each month of the year.
fn months(seen: &Seen<'_>) -> Vec<Tally> {
    let year = seen.year.number;
    let mut out = vec![Tally::default(); 12];
    seen.each(&Pick { due: Some(Portion::Year.days(year)), ..Pick::default() }, |line| {
        if let Some(t) = usize::try_from(line.due.month() - 1).ok().and_then(|m| out.get_mut(m)) {
            t.count(line.standing);
        }
    });
    out
}

fn month_chart(months: &[Tally]) -> Chart {
    let bars: Vec<Bar> = months
        .iter()
        .zip(1..)
        .map(|(t, month): (&Tally, u8)| Bar {
            label: format!("{month}月"),
            total: t.total(),
            parts: vec![("b1", t.done()), ("b2", t.of(Standing::Overdue))],
            hot: match t.of(Standing::Overdue) {
                0 => String::new(),
                n => format!("逾{n}"),
            },
        })
        .collect();
    let said: Vec<String> = months
        .iter()
        .zip(1..)
        .map(|(t, month): (&Tally, u8)| {
            let late = t.of(Standing::Overdue);
            let late = if late > 0 { format!("逾期{late}") } else { String::new() };
            format!("{month}月应办{}办结{}{late}", t.total(), t.done())
        })
        .collect();
    Chart::of(&format!("按月应办与办结：{}", said.join("，")), &bars)
}

/// How much a branch is asked in each month: the mean of all branches, from standing rules and from the plan.
fn load(seen: &Seen<'_>, actor: &Actor) -> (Chart, String) {
    let branches: BTreeSet<UnitId> = actor
        .known
        .organisation
        .units
        .iter()
        .filter(|u| u.kind == UnitKind::Branch && u.exists_on(seen.on))
        .map(|u| u.id)
        .collect();
    let year = seen.year.number;
    let mut counts = [(0_u32, 0_u32); 12];
    let mut owing: BTreeSet<UnitId> = BTreeSet::new();
    let due = Some(Portion::Year.days(year));
    let pick = Pick { units: Some(branches), own: true, due, ..Pick::default() };
    seen.each(&pick, |line| {
        let Some((ruled, planned)) =
            usize::try_from(line.due.month() - 1).ok().and_then(|m| counts.get_mut(m))
        else {
            return;
        };
        owing.insert(line.unit);
        let by_rule = seen
            .year
            .obligation(line.obligation)
            .is_some_and(|o| matches!(o.origin, Origin::Standing { .. } | Origin::Adopted { .. }));
        *if by_rule { ruled } else { planned } += 1;
    });
    let of = u32::try_from(owing.len()).unwrap_or(u32::MAX).max(1);
    let mean = |n: u32| (2 * n + of) / (2 * of);
    let bars: Vec<Bar> = counts
        .iter()
        .zip(1..)
        .map(|((ruled, planned), month): (&(u32, u32), u8)| {
            let total = mean(ruled + planned);
            Bar {
                label: format!("{month}月"),
                total,
                parts: vec![("b3", mean(*ruled).min(total)), ("b1", total.saturating_sub(mean(*ruled)))],
                hot: String::new(),
            }
        })
        .collect();
    let said: Vec<String> = bars.iter().map(|b| format!("{}{}件", b.label, b.total)).collect();
    let most = bars.iter().rev().max_by_key(|b| b.total).filter(|b| b.total > 0);
    let words = most.map_or_else(String::new, |b| {
        format!("{}个支部平均，四舍五入；{}最多，{}件。", owing.len(), b.label, b.total)
    });
    (Chart::of(&format!("一个支部每月要办几件：{}", said.join("，")), &bars), words)
}

/// How many waivers and extensions wait for a decision.
async fn waiting(app: &App, actor: &Actor) -> Result<usize, Fault> {
    let scope = actor.scope();
    Ok(app.store.exemptions(actor.institution, &scope, None, true).await?.len())
}

/// What follows from the figures for the committee to decide, the gravest first.
fn asks(seen: &Seen<'_>, year: &Year, actor: &Actor, waiting: usize, months: &[Tally]) -> Vec<Ask> {
    let late = overdue(seen, None);
    let mut by_item: BTreeMap<usize, (u32, BTreeSet<UnitId>)> = BTreeMap::new();
    for line in &late {
        if let Some(item) = year.obligation(line.obligation).and_then(|o| o.item) {
            let (n, units) = by_item.entry(item).or_default();
            *n += 1;
            units.insert(line.unit);
        }
    }
    let mut items: Vec<(usize, u32, usize)> =
        by_item.into_iter().map(|(i, (n, u))| (i, n, u.len())).collect();
    items.sort_by_key(|(place, n, _)| (std::cmp::Reverse(*n), *place));
    let mut held = items.into_iter().filter_map(|(place, n, units)| {
        let item = year.plan.items.get(place)?;
        let lead = owners(&item.owners, model::OwnerRole::Lead);
        let who = if lead.is_empty() { "牵头部门".to_owned() } else { lead };
        let title = clipped(&item.title, 24);
        Some(Ask {
            words: format!(
                "请{who}报告{}“{title}”的推进办法：逾期 {n} 项，涉及 {units} 个组织",
                cited(year, item)
            ),
            boxes: "□同意 □缓办",
        })
    });
    let mut out: Vec<Ask> = held.by_ref().take(1).collect();
    let ahead = months.iter().zip(1_i8..).filter(|(_, m)| {
        year.number > seen.on.year() || (year.number == seen.on.year() && *m > seen.on.month())
    });
    let ahead: Vec<(i8, u32)> =
        ahead.map(|(t, m)| (m, t.of(Standing::NotDue) + t.of(Standing::Open))).collect();
    let mean = ahead.iter().map(|(_, n)| n).sum::<u32>() / u32::try_from(ahead.len()).unwrap_or(1).max(1);
    if let Some((month, n)) = ahead.iter().copied().rev().max_by_key(|(_, n)| *n)
        && n > 0
        && ahead.len() > 1
        && n * 2 > mean * 3
    {
        out.push(Ask {
            words: format!(
                "{month}月到期而还没有办的 {} 项，是余下各月中最多的，是否提前安排一部分",
                figure(n)
            ),
            boxes: "□提前 □不改",
        });
    }
    if waiting > 0 && !seen.is_other_day() {
        let office = if actor.may(Right::ApproveExemption) { "本办" } else { "党委办公室" };
        out.push(Ask {
            words: format!("免办、延期申请 {waiting} 件等{office}批，有需要党委研究的请提出"),
            boxes: "□已阅 □研究",
        });
    }
    while out.len() < ASKS {
        let Some(next) = held.next() else { break };
        out.push(next);
    }
    out
}
