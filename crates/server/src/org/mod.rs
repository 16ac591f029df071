//! 组织: the tree of units, the page of each, and what changes them.

mod change;
pub(crate) mod term;
mod unit;

use std::collections::HashMap;

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect};
use model::{Unit, UnitId, UnitKind};
use web::extract::Query;
use web::permit::{Right, Route, Rule, get};
use web::view::{Frame, Place, UnitRow, long_day_words, page, unit_rows_of};
use web::{App, Reply};
use work::{Actor, sight};

use crate::seen::day::{dated, day_of};

/// The routes of this folder.
#[must_use]
pub(crate) fn routes() -> Vec<Route> {
    let may = Rule::May(Right::SeeOrganisation);
    let mut out = vec![get("/org", may, tree), get("/org/own", may, own)];
    out.extend(unit::routes());
    out.extend(change::routes());
    out
}

/// A unit that is no more on the day.
struct Gone {
    name: String,
    href: String,
    words: String,
}

#[derive(askama::Template)]
#[template(path = "org/tree.html")]
struct TreePage {
    frame: Frame,
    rows: Vec<UnitRow>,
    kinds: Vec<(UnitKind, usize)>,
    gone: Vec<Gone>,
    on: String,
    changes: bool,
}

/// The page of the unit that one answers for; of several, all of them.
async fn own(State(app): State<App>, actor: Actor) -> Reply {
    let own = sight::own_units(&app, &actor).await?;
    let top = |u: &&Unit| own.contains(&u.id) && u.parent.is_none_or(|p| !own.contains(&p));
    let mut units = actor.known.organisation.units.iter().filter(top);
    let to = match (units.next(), units.next()) {
        (Some(one), None) => format!("/units/{}", one.id),
        _ => "/org".to_owned(),
    };
    Ok(Redirect::to(&to).into_response())
}

async fn tree(State(app): State<App>, actor: Actor, frame: Frame, Query(query): Query) -> Reply {
    let today = app.clock.today();
    let (on, unread) = day_of(&query, today);
    let organisation = actor.known.on(on);
    let lives: HashMap<UnitId, &Unit> = organisation.units.iter().map(|u| (u.id, u)).collect();
    let mut rows = unit_rows_of(&actor, Right::SeeOrganisation, &organisation);
    let mut gone = Vec::new();
    rows.retain(|r| {
        let Some(unit) = lives.get(&r.id) else { return false };
        // One that was taken back stood on no day; one not founded yet is not there either.
        if let Some(day) = unit.dissolved.filter(|d| *d <= on && unit.stood()) {
            let words = format!("{}撤销", long_day_words(day));
            gone.push(Gone { name: r.name.clone(), href: r.href.clone(), words });
        }
        unit.exists_on(on)
    });
    let kinds = UnitKind::ALL
        .into_iter()
        .map(|k| (k, rows.iter().filter(|r| r.kind == k).count()))
        .filter(|(_, n)| *n > 0)
        .collect();
    let frame = dated(frame.titled("组织"), "/org", &query, on, today, unread).at(Place::Organisation);
    let changes = actor.may(Right::ChangeUnits);
    page(&TreePage { frame, rows, kinds, gone, on: on.to_string(), changes })
}
