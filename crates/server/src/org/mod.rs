//! 组织: the tree of units, the page of each, and what changes them.

mod change;
mod phone;
pub(crate) mod term;
mod unit;

use std::collections::{BTreeMap, HashMap};

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect};
use jiff::civil::Date;
use model::{Standing, Unit, UnitId, UnitKind};
use runtime::Pick;
use web::extract::Query;
use web::permit::{Right, Route, Rule, get};
use web::view::{Frame, Place, UnitRow, long_day_words, page, unit_rows_of};
use web::{App, Reply};
use work::units::with_groups;
use work::{Actor, Fault, sight};

use crate::seen::day::{dated, day_of};
use crate::seen::pick;

/// The routes of this folder.
#[must_use]
pub(crate) fn routes() -> Vec<Route> {
    let may = Rule::May(Right::SeeOrganisation);
    let mut out = vec![get("/org", may, tree), get("/org/own", may, own)];
    out.extend(unit::routes());
    out.extend(phone::routes());
    out.extend(change::routes());
    out
}

/// A unit that is no more on the day.
struct Gone {
    name: String,
    href: String,
    words: String,
}

/// A unit with what one wants to know of it at a glance; empty where it is not the account's to know.
struct TreeRow {
    row: UnitRow,
    secretary: String,
    members: String,
    term: String,
    /// What is overdue of it and its groups: number and list.
    late: Option<(u32, String)>,
}

/// A general branch with those below it.
struct Family {
    head: TreeRow,
    rows: Vec<TreeRow>,
    branches: usize,
    members: usize,
    late: u32,
}

/// What is known of the units on a day.
struct Glance {
    secretaries: HashMap<UnitId, Vec<String>>,
    members: HashMap<UnitId, usize>,
    terms: BTreeMap<UnitId, Date>,
    late: BTreeMap<UnitId, u32>,
}

impl Glance {
    async fn of(app: &App, actor: &Actor, on: Date) -> Result<Self, Fault> {
        let (store, institution) = (&app.store, actor.institution);
        let scope = actor.scope_for(Right::SeeOrganisation);
        let roles = app.rulebook.roles();
        let organisation = &actor.known.organisation;
        let heads =
            |unit: UnitId, title: &str| organisation.unit(unit).is_some_and(|u| roles.heads(title, u.kind));
        let mut posts = store.posts_on(institution, &scope, on).await?;
        posts.retain(|p| heads(p.unit, &p.title));
        let people: Vec<_> = posts.iter().map(|p| p.person).collect();
        let names = store.names(institution, &people).await?;
        let mut secretaries: HashMap<UnitId, Vec<String>> = HashMap::new();
        for post in &posts {
            secretaries.entry(post.unit).or_default().extend(names.get(&post.person).cloned());
        }
        let mut members: HashMap<UnitId, usize> = HashMap::new();
        for one in store.members_on(institution, &scope, on).await? {
            *members.entry(one.membership.branch).or_default() +=
                usize::from(one.membership.stage.is_member());
        }
        let terms = term::terms_of(app, actor, actor.units_for(Right::SeeOrganisation), on).await?;
        let mut late = BTreeMap::new();
        if let Some(year) = app.book(institution, on.year(), None).await? {
            let over = Pick::default().standing(Standing::Overdue);
            let counted = year.board().by_unit(&over, on);
            let seen = counted.into_iter().filter(|(unit, _)| actor.covers(Right::SeeBoard, *unit));
            late.extend(seen.map(|(unit, tally)| (unit, tally.of(Standing::Overdue))));
        }
        Ok(Self { secretaries, members, terms, late })
    }

    fn row(&self, row: UnitRow, actor: &Actor, on: Date) -> TreeRow {
        let units = with_groups(&actor.known.organisation, row.id);
        let late = units.iter().filter_map(|u| self.late.get(u)).sum::<u32>();
        let names: Vec<String> = units.iter().map(ToString::to_string).collect();
        let day = on.to_string();
        let mut pairs: Vec<(&str, &str)> = names.iter().map(|u| ("unit", u.as_str())).collect();
        pairs.extend([("standing", "overdue"), ("on", &day)]);
        TreeRow {
            secretary: self.secretaries.get(&row.id).map_or_else(String::new, |all| all.join("、")),
            members: self.members.get(&row.id).map_or_else(String::new, |n| format!("{n}")),
            term: self.terms.get(&row.id).map_or_else(String::new, |day| long_day_words(*day)),
            late: (late > 0).then(|| (late, pick::href(&pairs))),
            row,
        }
    }
}

/// The rows under their general branches, and those that stand under none.
fn fold(rows: Vec<TreeRow>) -> (Vec<TreeRow>, Vec<Family>) {
    let (mut top, mut families): (Vec<TreeRow>, Vec<Family>) = (Vec::new(), Vec::new());
    let mut open = None;
    for row in rows {
        if row.row.kind == UnitKind::GeneralBranch {
            open = Some(row.row.depth);
            let late = row.late.as_ref().map_or(0, |l| l.0);
            families.push(Family { head: row, rows: Vec::new(), branches: 0, members: 0, late });
            continue;
        }
        match families.last_mut().filter(|_| open.is_some_and(|depth| row.row.depth > depth)) {
            Some(family) => {
                family.branches += usize::from(row.row.kind == UnitKind::Branch);
                family.members += row.members.parse::<usize>().unwrap_or(0);
                if row.row.kind != UnitKind::Group {
                    family.late += row.late.as_ref().map_or(0, |l| l.0);
                }
                family.rows.push(row);
            }
            None => {
                open = None;
                top.push(row);
            }
        }
    }
    (top, families)
}

#[derive(askama::Template)]
#[template(path = "org/tree.html")]
struct TreePage {
    frame: Frame,
    /// What stands above all general branches, and departments.
    rows: Vec<TreeRow>,
    families: Vec<Family>,
    /// Whether all that is shown is in the actor's scope: then no row need say so.
    all_mine: bool,
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
    let glance = Glance::of(&app, &actor, on).await?;
    let all_mine = rows.iter().all(|r| r.mine);
    let rows = rows.into_iter().map(|row| glance.row(row, &actor, on)).collect();
    let (rows, families) = fold(rows);
    page(&TreePage { frame, rows, families, all_mine, kinds, gone, on: on.to_string(), changes })
}
