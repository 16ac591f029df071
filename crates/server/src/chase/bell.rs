//! What is new for somebody: what was released to them, what was returned, what is late and soon due.

use std::collections::HashMap;

use axum::extract::State;
use model::DutyId;
use store::Scope;
use uuid::Uuid;
use web::permit::{Right, Route, Rule, get};
use web::view::{Frame, Place, day_words, page};
use web::{App, Reply};
use work::Actor;
use work::chase::{About, bell, chasing, digest};

use super::lines::href;
use crate::seen::chase::rung_title;
use crate::seen::pick;

pub(super) fn routes() -> Vec<Route> {
    vec![get("/account/bell", Rule::SignedIn, show)]
}

struct Row {
    rung: String,
    day: String,
    unit: String,
    title: String,
    href: String,
    about: String,
    id: String,
    may_see: bool,
}

struct Number {
    words: &'static str,
    count: u64,
    href: String,
    red: bool,
}

#[derive(askama::Template)]
#[template(path = "chase/bell.html")]
struct BellPage {
    frame: Frame,
    released: Vec<Row>,
    numbers: Vec<Number>,
}

async fn show(State(app): State<App>, actor: Actor, frame: Frame) -> Reply {
    let counted = bell(&app, &actor).await?;
    let chasing = chasing(&app, actor.institution).await?;
    let released = if counted.released > 0 { digest(&app, &actor).await?.released } else { Vec::new() };
    let ids: Vec<DutyId> = released
        .iter()
        .filter_map(|(i, _)| match i.about {
            About::Duty(id) => Some(id),
            About::Step(..) => None,
        })
        .collect();
    // What somebody owes themselves.
    let titles: HashMap<DutyId, String> = app
        .duties(actor.institution, &Scope::All, &ids)
        .await?
        .into_iter()
        .map(|(id, d)| (id, d.title))
        .collect();
    let rows = released.iter().map(|(item, rung)| Row {
        rung: rung_title(&chasing, &rung.rung),
        day: day_words(rung.day),
        unit: actor.known.unit_name(item.unit).to_owned(),
        title: match &item.about {
            About::Duty(id) => titles.get(id).cloned().unwrap_or_else(|| rung.title.clone()),
            About::Step(..) => item.title.clone(),
        },
        href: href(&item.about),
        about: item.about.to_string(),
        id: Uuid::now_v7().to_string(),
        may_see: actor.covers(Right::Record, item.unit),
    });
    let units: Vec<String> = counted.units.iter().map(ToString::to_string).collect();
    let of_units = |standing: &str| {
        let mut pairs: Vec<(&str, &str)> = units.iter().map(|u| ("unit", u.as_str())).collect();
        pairs.extend([("own", "1"), ("standing", standing)]);
        pick::href(&pairs)
    };
    let person = counted.person.map(|p| p.to_string()).unwrap_or_default();
    let own = |standing: &str| pick::href(&[("person", &person), ("standing", standing)]);
    let number = |words, count: u64, href: String, red| Number { words, count, href, red };
    let mut numbers = vec![
        number("逾期没有办", u64::from(counted.late), of_units("overdue"), true),
        number("快到期", u64::from(counted.soon), of_units("due_soon"), false),
        number("你自己的，逾期没有办", u64::from(counted.own_late), own("overdue"), true),
        number("你自己的，快到期", u64::from(counted.own_soon), own("due_soon"), false),
    ];
    for (unit, count) in &counted.returned {
        numbers.push(number(
            "退回来要改的记录",
            *count,
            format!("/entries?unit={unit}&state=returned"),
            false,
        ));
    }
    numbers.retain(|n| n.count > 0);
    let built =
        BellPage { frame: frame.titled("提醒").at(Place::Account), released: rows.collect(), numbers };
    page(&built)
}
