//! 月历: a month of one unit on one page, from all plans and departments: what is due, planned and held, holidays and
//! weeks of examinations. Of a unit with branches below it, sums.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use jiff::ToSpan as _;
use jiff::civil::Date;
use model::{Standing, Unit, UnitId, UnitKind};
use runtime::{Pick, Tally};
use store::{CaseFilter, EntryFilter};
use web::extract::Query;
use web::view::{Choice, Frame, Place, day_words, month_words, page};
use web::{App, Reply};
use work::sight::Sight;
use work::units::{name_below, with_groups};
use work::{Actor, Fault, Right, Year, cases};

use super::gather::{self, Owed};
use super::month::{Event, Month, ROOM, Week};
use crate::seen::entries::{came, titles};
use crate::seen::pick;

/// Steps of cases that are looked at.
const MOST: u32 = 500;

/// What stands beside the month: late since before, or without a day.
struct Beside {
    title: String,
    href: String,
    cap: String,
}

#[derive(askama::Template)]
#[template(path = "papers/calendar.html")]
struct CalendarPage {
    frame: Frame,
    way: Vec<Choice>,
    month: String,
    /// Whose it is, and what the month holds in a sentence.
    whose: String,
    sub: Vec<(String, String, String)>,
    months: Vec<Choice>,
    units: Vec<(String, String, bool)>,
    month_of: String,
    sums: bool,
    weeks: Vec<Week>,
    late: Vec<Beside>,
    more_late: (usize, String),
    notes: Vec<String>,
    estimated: bool,
}

/// 2026-10 of a query; none for what is no month.
fn month_of(text: &str) -> Option<Date> {
    let (year, month) = text.split_once('-')?;
    Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok().filter(|d| (1950..=2200).contains(&d.year()))
}

fn sent(first: Date) -> String {
    format!("{:04}-{:02}", first.year(), first.month())
}

/// The page.
pub(super) async fn show(State(app): State<App>, actor: Actor, frame: Frame, Query(query): Query) -> Reply {
    let today = app.clock.today();
    let first = match query.text("month") {
        "" => today.first_of_month(),
        text => month_of(text).ok_or_else(|| Fault::BadRequest("月份写成 2026-10 这样。".to_owned()))?,
    };
    let covered = gather::covered(&actor, |u| u.exists_on(today));
    let unit = gather::meant(&app, &actor, query.parsed("unit"), &covered).await?;
    let organisation = &actor.known.organisation;
    let found = organisation.unit(unit).ok_or_else(|| Fault::not_found("这个组织"))?;
    let sums = organisation.units.iter().any(|u| u.parent == Some(unit) && u.kind != UnitKind::Group);
    let calendar = app.calendar(actor.institution, first.year()).await?;
    let mut month = Month::of(first, today, &calendar);
    let mut sub = Vec::new();
    let (mut late, mut more_late) = (Vec::new(), (0, String::new()));
    let all =
        if sums { organisation.subtree(unit) } else { with_groups(organisation, unit).into_iter().collect() };
    let whole = sums && found.parent.is_none();
    if sums {
        sub = sum(&app, &actor, &mut month, (unit, &all, whole)).await?;
    } else {
        sub.push(held(&app, &actor, &mut month, found, &all).await?);
        if let Some(year) = app.book(actor.institution, first.year(), None).await? {
            let own = Own { unit: &found.name, units: &all };
            sub.extend(asked(&app, &actor, &year, &mut month, &own).await?);
            (late, more_late) = overdue(&app, &actor, &year, (first, today), &own).await?;
        }
        steps(&app, &actor, &mut month, &all).await?;
    }
    told(&app, &actor, &mut month, &all, whole).await?;
    let choices = [-1, 0, 1].into_iter().filter_map(|by: i32| {
        let there = first.checked_add(by.months()).ok()?;
        let href = format!("/calendar?unit={unit}&month={}", sent(there));
        Some(Choice::new(format!("{}月", there.month()), href, by == 0))
    });
    let name = work::units::full_name(organisation, unit);
    page(&CalendarPage {
        frame: frame.titled(format!("{}　月历", month_words(first))).at(Place::Month).wide(),
        way: vec![Choice::new(name.clone(), format!("/units/{unit}"), false), Choice::new("月历", "", true)],
        month: month_words(first),
        whose: name,
        sub,
        months: choices.collect(),
        units: covered.into_iter().map(|(id, name)| (id.to_string(), name, id == unit)).collect(),
        month_of: sent(first),
        sums,
        notes: month.notes.clone(),
        estimated: calendar.estimated,
        weeks: month.weeks(),
        late,
        more_late,
    })
}

/// 4, 件已开, the list: for a sentence of numbers that open.
type Number = (String, String, String);

/// The records of the unit on their days.
async fn held(
    app: &App,
    actor: &Actor,
    month: &mut Month,
    unit: &Unit,
    units: &BTreeSet<UnitId>,
) -> Result<Number, Fault> {
    let (from, to) = (month.first, month.last());
    let filter =
        EntryFilter { units: Some(units.clone()), from: Some(from), to: Some(to), ..EntryFilter::default() };
    let rows = gather::all_entries(app, actor, filter).await?;
    for row in &rows {
        let entry = &row.entry;
        let mut cap = Vec::new();
        if let Some((n, of)) = came(entry).filter(|_| work::privacy::may_read(app, actor, entry, "people")) {
            cap.push(format!("{n}/{of} 人到"));
        }
        let whose = name_below(actor.known.unit_name(entry.unit), &unit.name);
        if whose != unit.name {
            cap.insert(0, whose.to_owned());
        }
        month.add(
            entry.day,
            Event {
                class: "ev-held",
                shape: "met",
                word: "已办",
                title: titles(app, entry),
                href: format!("/entries/{}", entry.id),
                cap: cap.join("，"),
            },
        );
    }
    let href = format!("/entries?unit={}&from={from}&to={to}", unit.id);
    Ok((rows.len().to_string(), "条记录".to_owned(), href))
}

struct Own<'a> {
    unit: &'a str,
    units: &'a BTreeSet<UnitId>,
}

impl Own<'_> {
    fn href(&self, more: &[(&str, &str)]) -> String {
        let ids: Vec<String> = self.units.iter().map(ToString::to_string).collect();
        let mut pairs: Vec<(&str, &str)> = ids.iter().map(|u| ("unit", u.as_str())).collect();
        pairs.extend(more);
        pick::href(&pairs)
    }
}

/// What is due in the month, on its due day; on the day on which it is best done, that it is planned then. Those of the unit's
/// people are one line for each demand.
async fn asked(
    app: &App,
    actor: &Actor,
    year: &Year,
    month: &mut Month,
    own: &Own<'_>,
) -> Result<Vec<Number>, Fault> {
    let (from, to) = (month.first, month.last());
    let today = app.clock.today();
    let pick = Pick { units: Some(own.units.clone()), due: Some((from, to)), ..Pick::default() };
    let owed = gather::owed(app, actor, year, &pick, today).await?;
    let tally: Tally = owed.iter().map(|o| o.line.standing).collect();
    let (first, last, number) = (from.to_string(), to.to_string(), year.number.to_string());
    let within = [("year", number.as_str()), ("from", first.as_str()), ("to", last.as_str())];
    let mut out = Vec::new();
    if tally.total() > 0 {
        out.push((tally.total().to_string(), "项到期".to_owned(), own.href(&within)));
        let late = tally.of(Standing::Overdue);
        if late > 0 {
            let narrow = [within.as_slice(), &[("standing", "overdue")]].concat();
            out.push((late.to_string(), "项逾期".to_owned(), own.href(&narrow)));
        }
    }
    let open = |o: &&Owed| !o.line.standing.is_done() && o.line.standing != Standing::Waived;
    for one in owed.iter().filter(|o| o.line.person.is_none()).filter(open) {
        let (class, shape, word) = match one.line.standing {
            Standing::Overdue => ("ev-due over", "over", "逾期"),
            _ => ("ev-due", "soon", "到期"),
        };
        let href = format!("/duties/{}", one.duty.id);
        let whose = name_below(actor.known.unit_name(one.line.unit), own.unit);
        let whose = if whose == own.unit { String::new() } else { whose.to_owned() };
        let planned = one.duty.planned;
        if planned != one.line.due && from <= planned && planned <= to && planned >= today {
            month.add(
                planned,
                Event {
                    class: "",
                    shape: "open",
                    word: "计划",
                    title: one.duty.title.clone(),
                    href: href.clone(),
                    cap: whose.clone(),
                },
            );
        }
        let cap = if whose.is_empty() { word.to_owned() } else { format!("{whose}，{word}") };
        month.add(one.line.due, Event { class, shape, word, title: one.duty.title.clone(), href, cap });
    }
    let mut people: BTreeMap<(Date, model::ObligationId), Vec<&Owed>> = BTreeMap::new();
    for one in owed.iter().filter(|o| o.line.person.is_some()) {
        people.entry((one.line.due, one.line.obligation)).or_default().push(one);
    }
    for ((due, obligation), all) in people {
        let tally: Tally = all.iter().map(|o| o.line.standing).collect();
        if tally.done() == tally.asked() {
            continue;
        }
        let late = tally.of(Standing::Overdue) > 0;
        let (id, day) = (obligation.to_string(), due.to_string());
        let within = [("year", number.as_str()), ("from", day.as_str()), ("to", day.as_str())];
        let narrow = [within.as_slice(), &[("obligation", id.as_str())]].concat();
        let title = year.obligation(obligation).map_or_else(String::new, |o| o.title.clone());
        month.add(
            due,
            Event {
                class: if late { "ev-due over" } else { "ev-due" },
                shape: if late { "over" } else { "soon" },
                word: if late { "逾期" } else { "到期" },
                title,
                href: own.href(&narrow),
                cap: format!("{}/{} 人已办", tally.done(), tally.asked()),
            },
        );
    }
    Ok(out)
}

/// What has been late since before the month.
async fn overdue(
    app: &App,
    actor: &Actor,
    year: &Year,
    (first, today): (Date, Date),
    own: &Own<'_>,
) -> Result<(Vec<Beside>, (usize, String)), Fault> {
    let Ok(before) = first.yesterday() else { return Ok((Vec::new(), (0, String::new()))) };
    let pick = Pick {
        units: Some(own.units.clone()),
        own: true,
        standings: Some(BTreeSet::from([Standing::Overdue])),
        due: Some((Date::MIN, before)),
        ..Pick::default()
    };
    let owed = gather::owed(app, actor, year, &pick, today).await?;
    let (day, number) = (before.to_string(), year.number.to_string());
    let narrow = [("year", number.as_str()), ("own", "1"), ("standing", "overdue"), ("to", day.as_str())];
    let more = (owed.len().saturating_sub(ROOM), own.href(&narrow));
    let one = |o: &Owed| Beside {
        title: o.duty.title.clone(),
        href: format!("/duties/{}", o.duty.id),
        cap: format!("应于{}", day_words(o.line.due)),
    };
    Ok((owed.iter().take(ROOM).map(one).collect(), more))
}

/// Steps of cases that these units bear and that are due in the month.
async fn steps(app: &App, actor: &Actor, month: &mut Month, units: &BTreeSet<UnitId>) -> Result<(), Fault> {
    let today = app.clock.today();
    let filter = CaseFilter { bearers: Some(units.clone()), ..CaseFilter::default() };
    let sight = cases::sight(actor);
    let found = app.store.case_steps(actor.institution, &sight, &filter, Some(units), MOST).await?;
    for (step, row) in found {
        let Some(due) = step.due.filter(|d| month.first <= *d && *d <= month.last()) else { continue };
        let late = due < today;
        month.add(
            due,
            Event {
                class: if late { "ev-due over" } else { "ev-due" },
                shape: if late { "over" } else { "soon" },
                word: if late { "超期" } else { "到期" },
                title: step.title.clone(),
                href: format!("/cases/{}", row.id),
                cap: cases::workflow_of(app, &row).map_or_else(String::new, |w| w.title.clone()),
            },
        );
    }
    Ok(())
}

/// Days that were told: of the whole institution, and of these units.
async fn told(
    app: &App,
    actor: &Actor,
    month: &mut Month,
    units: &BTreeSet<UnitId>,
    whole: bool,
) -> Result<(), Fault> {
    let told = app.store.moments(actor.institution, None).await?;
    for (one, _) in work::moments::by_occasion(told) {
        let Some(day) = one.day.filter(|_| whole || one.unit.is_none_or(|u| units.contains(&u))) else {
            continue;
        };
        month.add(
            day,
            Event {
                class: "",
                shape: "next",
                word: "学校事件",
                title: app.rulebook.events().title(&one.event).to_owned(),
                href: format!("/events?year={}", one.year),
                cap: one.note.clone(),
            },
        );
    }
    Ok(())
}

/// How much is due and how much is recorded on each day, of a unit and all below it.
async fn sum(
    app: &App,
    actor: &Actor,
    month: &mut Month,
    (unit, units, whole): (UnitId, &BTreeSet<UnitId>, bool),
) -> Result<Vec<Number>, Fault> {
    let (from, to) = (month.first, month.last());
    let today = app.clock.today();
    let mut of: BTreeMap<Date, Tally> = BTreeMap::new();
    let ids: Vec<String> = units.iter().map(ToString::to_string).collect();
    let number = from.year().to_string();
    let mut narrow = vec![("year", number.as_str())];
    if !whole {
        narrow.extend(ids.iter().map(|u| ("unit", u.as_str())));
    }
    if let Some(year) = app.book(actor.institution, from.year(), None).await? {
        let pick = Pick { units: (!whole).then(|| units.clone()), due: Some((from, to)), ..Pick::default() };
        for line in Sight::of(actor).list(&year, &year.board(), &pick, today) {
            of.entry(line.due).or_default().count(line.standing);
        }
    }
    let href = |pairs: &[(&str, &str)]| pick::href(&[narrow.as_slice(), pairs].concat());
    let mut all = Tally::default();
    for (day, tally) in &of {
        all += *tally;
        let late = tally.of(Standing::Overdue);
        let at = day.to_string();
        let pairs = [("from", at.as_str()), ("to", at.as_str())];
        let done = tally.done();
        month.add(
            *day,
            Event {
                class: if late > 0 { "ev-due over" } else { "ev-due" },
                shape: if late > 0 { "over" } else { "soon" },
                word: "到期",
                title: format!("到期 {} 项", tally.total()),
                href: href(&pairs),
                cap: if late > 0 {
                    format!("已办 {done}，逾期 {late}")
                } else {
                    format!("已办 {done}")
                },
            },
        );
    }
    let scope = actor.scope_for(Right::SeeEntries);
    let wanted = (!whole).then_some(units);
    let held = app.store.entries_by_day(actor.institution, &scope, wanted, (from, to)).await?;
    for (day, n) in &held {
        month.add(
            *day,
            Event {
                class: "ev-held",
                shape: "met",
                word: "记录",
                title: format!("记录 {n} 条"),
                href: format!("/entries?unit={unit}&from={day}&to={day}"),
                cap: String::new(),
            },
        );
    }
    let (first, last) = (from.to_string(), to.to_string());
    let within = [("from", first.as_str()), ("to", last.as_str())];
    let mut out = Vec::new();
    let n: i64 = held.values().sum();
    out.push((n.to_string(), "条记录".to_owned(), format!("/entries?unit={unit}&from={from}&to={to}")));
    if all.total() > 0 {
        out.push((all.total().to_string(), "项到期".to_owned(), href(&within)));
        let narrow = [within.as_slice(), &[("standing", "overdue")]].concat();
        if all.of(Standing::Overdue) > 0 {
            out.push((all.of(Standing::Overdue).to_string(), "项逾期".to_owned(), href(&narrow)));
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn only_months_are_read() {
        assert_eq!(month_of("2026-10"), Some(date(2026, 10, 1)));
        assert_eq!((month_of("2026-13"), month_of("2026"), month_of("9999-01")), (None, None, None));
    }
}
