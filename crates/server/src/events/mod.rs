//! 学校事件: the page of days. Which events plans wait for, their days, and telling, moving or taking back one.

mod tell;

use std::collections::BTreeMap;

use axum::extract::State;
use model::{AccountId, Moment, Obligation};
use runtime::Moments;
use store::{Account, MomentTold};

use web::extract::Query;
use web::permit::{Right, Route, Rule, get, post};
use web::view::{Choice, Frame, Link, Place, instant_words, long_day_words, page, weekday};
use web::{App, Reply};
use work::{Actor, Fault, moments};

pub(crate) fn routes() -> Vec<Route> {
    vec![
        get("/events", Rule::May(Right::SeePlan), show),
        get("/events/tell", Rule::May(Right::EditPlan), tell::open),
        post("/events/tell", Rule::May(Right::EditPlan), tell::send),
    ]
}

/// Demands of one plan that hang on one event.
struct Asks {
    plan: String,
    href: String,
    titles: Vec<String>,
}

/// An event whose day plans wait for.
struct Wait {
    title: String,
    /// The document's own words, where they are others.
    words: String,
    asks: Vec<Asks>,
    count: usize,
    /// What the form that looks at a day carries.
    key: String,
}

/// A day that is told.
struct Told {
    title: String,
    whose: String,
    day: String,
    is_over: bool,
    note: String,
    told: String,
    count: usize,
    href: String,
}

/// An event that records are.
struct Kept {
    title: String,
    ledger: String,
    href: String,
    times: usize,
    last: String,
    count: usize,
    tell: String,
}

/// One line of the history.
struct Turned {
    at: String,
    words: String,
}

#[derive(askama::Template)]
#[template(path = "events/list.html")]
struct ListPage {
    frame: Frame,
    year: i16,
    years: Vec<Choice>,
    waits: Vec<Wait>,
    told: Vec<Told>,
    kept: Vec<Kept>,
    others: Vec<Link>,
    history: Vec<Turned>,
    may_tell: bool,
}

/// Where the page of an event's form is.
pub(crate) fn tell_href(key: &str, year: i16) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("event", key)
        .append_pair("year", &year.to_string())
        .finish();
    format!("/events/tell?{query}")
}

fn day_and_weekday(day: jiff::civil::Date) -> String {
    format!("{}，{}", long_day_words(day), weekday(day))
}

fn who(accounts: &[Account], id: Option<AccountId>) -> String {
    accounts.iter().find(|a| Some(a.id) == id).map_or_else(|| "系统".to_owned(), |a| a.name.clone())
}

/// What the published plans of a year hang on events, by what the event is known by.
async fn hanging(
    app: &App,
    actor: &Actor,
    year: i16,
) -> Result<BTreeMap<String, (String, Vec<Asks>)>, Fault> {
    let today = app.clock.today();
    let events = app.rulebook.events();
    let mut out: BTreeMap<String, (String, Vec<Asks>)> = BTreeMap::new();
    for head in app.store.plans(actor.institution).await? {
        if head.published.is_none() || head.year != year {
            continue;
        }
        let Some(runs) = app.year(actor.institution, Some(head.id)).await? else { continue };
        let asked = |o: &&Obligation| o.assessed && runs.asked(o.id, today);
        for o in runs.obligations().iter().filter(asked) {
            let Some(on @ Moment::Event { words, .. }) = o.cadence.moment() else { continue };
            if app.rulebook.calendar_data().gives(words, year) {
                continue;
            }
            let Some(key) = events.key(on) else { continue };
            let (_, asks) = out.entry(key).or_insert_with(|| (words.clone(), Vec::new()));
            let title = format!("{}（{}）", o.title, o.cadence.words());
            match asks.last_mut().filter(|a| a.plan == head.title) {
                Some(a) => a.titles.push(title),
                None => asks.push(Asks {
                    plan: head.title.clone(),
                    href: format!("/plan/{}", head.id),
                    titles: vec![title],
                }),
            }
        }
    }
    Ok(out)
}

fn count(asks: &[Asks]) -> usize {
    asks.iter().map(|a| a.titles.len()).sum()
}

async fn show(State(app): State<App>, actor: Actor, frame: Frame, Query(query): Query) -> Reply {
    let today = app.clock.today();
    let year: i16 =
        query.parsed("year").filter(|y| (2000..=2100).contains(y)).unwrap_or_else(|| today.year());
    let events = app.rulebook.events();
    let mut hanging = hanging(&app, &actor, year).await?;
    let known: Moments = moments::of_year(&app, actor.institution, year).await?;
    let accounts = app.store.accounts(actor.institution).await?;
    let all = app.store.moments(actor.institution, Some(year)).await?;
    let history = history(&app, &actor, &accounts, &all);

    let mut kept = Vec::new();
    for event in events.all() {
        let Some(ledger) = event.ledger.as_deref().and_then(|l| app.rulebook.ledger(l)) else { continue };
        let days: Vec<_> = known.of(&event.id, year).filter(|o| o.unit.is_some()).map(|o| o.day).collect();
        let count = hanging.remove(&event.id).map_or(0, |(_, asks)| count(&asks));
        if days.is_empty() && count == 0 {
            continue;
        }
        kept.push(Kept {
            title: event.title.clone(),
            ledger: ledger.title.clone(),
            href: format!("/entries?ledger={}", ledger.id),
            times: days.len(),
            last: days.iter().max().map(|d| long_day_words(*d)).unwrap_or_default(),
            count,
            tell: tell_href(&event.id, year),
        });
    }
    let mut told = Vec::new();
    for (now, _) in moments::by_occasion(all) {
        let Some(day) = now.day else { continue };
        let href = format!("/events/tell?id={}", now.id);
        told.push((
            day,
            Told {
                title: events.title(&now.event).to_owned(),
                whose: now.unit.map_or("", |u| actor.known.unit_name(u)).to_owned(),
                day: day_and_weekday(day),
                is_over: day < today,
                note: now.note,
                told: format!("{} {}", who(&accounts, now.account), instant_words(now.at)),
                count: hanging.get(&now.event).map_or(0, |(_, asks)| count(asks)),
                href,
            },
        ));
    }
    told.sort_by_key(|(day, _)| *day);
    hanging.retain(|key, _| known.of(key, year).next().is_none());
    let others = events
        .all()
        .iter()
        .filter(|e| {
            e.ledger.is_none()
                && !hanging.contains_key(&e.id)
                && (e.each || known.of(&e.id, year).next().is_none())
        })
        .map(|e| Link::new(e.title.clone(), tell_href(&e.id, year)))
        .collect();
    let waits = hanging
        .into_iter()
        .map(|(key, (words, asks))| {
            let title = events.title(&key).to_owned();
            Wait {
                words: if words == title { String::new() } else { words },
                count: count(&asks),
                title,
                asks,
                key,
            }
        })
        .collect();
    let choice = |y: i16| Choice::new(format!("{y}年"), format!("/events?year={y}"), y == year);
    page(&ListPage {
        may_tell: actor.may(Right::EditPlan),
        frame: frame.titled("学校事件").at(Place::Plan),
        year,
        years: vec![choice(year - 1), choice(year), choice(year + 1)],
        waits,
        told: told.into_iter().map(|(_, t)| t).collect(),
        kept,
        others,
        history,
    })
}

/// What was told, moved and taken back, the newest first.
fn history(app: &App, actor: &Actor, accounts: &[Account], all: &[MomentTold]) -> Vec<Turned> {
    let events = app.rulebook.events();
    let mut sorted: Vec<(usize, &MomentTold)> = all.iter().enumerate().collect();
    sorted.sort_by_key(|(_, m)| std::cmp::Reverse(m.at));
    let line = |(at, m): (usize, &MomentTold)| {
        let before = at.checked_sub(1).and_then(|n| all.get(n)).filter(|b| b.id == m.id).and_then(|b| b.day);
        let whose = m.unit.map_or("", |u| actor.known.unit_name(u));
        let title = format!("{whose}{}", events.title(&m.event));
        let words = match (before, m.day) {
            (None, Some(day)) => format!("“{title}”定在{}", long_day_words(day)),
            (Some(was), Some(day)) => {
                format!("“{title}”由{}改到{}", long_day_words(was), long_day_words(day))
            }
            (Some(was), None) => format!("“{title}”{}这个日子撤回了", long_day_words(was)),
            (None, None) => format!("“{title}”没有日子"),
        };
        let note = if m.note.is_empty() { String::new() } else { format!("：{}", m.note) };
        Turned {
            at: format!("{} {}", instant_words(m.at), who(accounts, m.account)),
            words: format!("{words}{note}"),
        }
    };
    sorted.into_iter().map(line).collect()
}
