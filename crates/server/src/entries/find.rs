//! 查找: what the words at the top of every page mean, in all that the account may see: units, people, ledgers, what is asked,
//! records.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use model::{ObligationId, Organisation};
use runtime::{Pick, Tally};
use store::{EntryFilter, RosterFilter};
use web::extract::{Fields, Query};
use web::permit::{Right, Route, Rule, get};
use web::view::{Empty, Frame, Place, page};
use web::{App, Reply};
use work::sight::Sight;
use work::units::full_name;
use work::{Actor, Fault};

use crate::seen::entries::{Row, rows};
use crate::seen::pick;
use work::counts::how_many_after;

use super::{show::scope_of, sift};

pub(super) fn routes() -> Vec<Route> {
    vec![get("/find", Rule::May(Right::SeeEntries), show)]
}

/// How many of each kind are shown; the heading leads to all of them.
const SHOWN: usize = 8;

/// Something found: its name, what is said beside it, and a second way.
struct Hit {
    word: String,
    href: String,
    cap: String,
    /// Another page about it: the records of a unit.
    more: Option<(&'static str, String)>,
}

/// What was found of one kind.
struct Group {
    title: &'static str,
    total: String,
    /// The list of all of them, where it is longer than what is shown.
    all: String,
    hits: Vec<Hit>,
}

#[derive(askama::Template)]
#[template(path = "entries/find.html")]
struct FindPage {
    frame: Frame,
    words: String,
    groups: Vec<Group>,
    empty: Option<Empty>,
}

fn encoded(words: &str) -> String {
    Fields::of(vec![("q".to_owned(), words.to_owned())]).with("", "")
}

async fn show(State(app): State<App>, actor: Actor, frame: Frame, Query(query): Query) -> Reply {
    let words = query.text("q").to_owned();
    let frame = frame.titled("查找").at(Place::Entries);
    let mut groups = Vec::new();
    if !words.is_empty() {
        groups.push(units(&actor, &words));
        groups.push(people(&app, &actor, &words).await?);
        groups.push(ledgers(&app, &words));
        groups.push(asked(&app, &actor, &words).await?);
        groups.push(records(&app, &actor, &words).await?);
        groups.retain(|g| !g.hits.is_empty());
    }
    let empty = groups.is_empty().then(|| {
        if words.is_empty() {
            Empty::new("要找什么", "写组织、人名、台账、事项或记录里的几个字。")
        } else {
            Empty::new(
                format!("没有找到“{words}”"),
                "组织和台账按名称找，人按姓名、拼音和编号找，记录按主题、内容和人名找。少写几个字再试。",
            )
        }
    });
    page(&FindPage { frame, words, groups, empty })
}

fn group(title: &'static str, total: usize, all: String, hits: Vec<Hit>) -> Group {
    let all = if total > hits.len() { all } else { String::new() };
    Group { title, total: total.to_string(), all, hits }
}

/// Units by name, also those that are no more.
fn units(actor: &Actor, words: &str) -> Group {
    let organisation: &Organisation = &actor.known.organisation;
    let covered = actor.units_for(Right::SeeOrganisation);
    let named = |name: &str| words.split_whitespace().all(|w| name.contains(w));
    let found: Vec<_> = (organisation.units.iter())
        .filter(|u| covered.contains(&u.id) && named(&full_name(organisation, u.id)))
        .collect();
    let reads = actor.units_for(Right::SeeEntries);
    let hits = found
        .iter()
        .take(SHOWN)
        .map(|u| Hit {
            word: full_name(organisation, u.id),
            href: format!("/units/{}", u.id),
            cap: u.kind.word().to_owned(),
            more: reads.contains(&u.id).then(|| ("它的记录", format!("/entries?unit={}", u.id))),
        })
        .collect();
    group("组织", found.len(), "/units".to_owned(), hits)
}

/// People of the roster, for whoever may see it.
async fn people(app: &App, actor: &Actor, words: &str) -> Result<Group, Fault> {
    if !actor.may(Right::SeePeople) {
        return Ok(group("人员", 0, String::new(), Vec::new()));
    }
    let scope = actor.scope_for(Right::SeePeople);
    let filter = RosterFilter { words: words.to_owned(), ..RosterFilter::on(app.clock.today()) };
    let total: i64 = app.store.heads(actor.institution, &scope, &filter).await?.iter().map(|h| h.count).sum();
    let found = app.store.roster(actor.institution, &scope, &filter, 0, SHOWN as u32).await?;
    let hits = found
        .iter()
        .map(|r| Hit {
            word: r.person.name.clone(),
            href: format!("/people/{}", r.person.id),
            cap: r.membership.as_ref().map_or_else(String::new, |m| {
                format!("{}　{}", actor.known.unit_name(m.branch), m.stage.word())
            }),
            more: None,
        })
        .collect();
    let total = usize::try_from(total).unwrap_or(0);
    Ok(group("人员", total, format!("/people?{}", encoded(words).trim_start_matches('?')), hits))
}

/// Ledgers by their titles and by the words that point to them.
fn ledgers(app: &App, words: &str) -> Group {
    let named = |l: &model::rule::Ledger| l.title.contains(words) || l.words.iter().any(|w| w == words);
    let found: Vec<_> = app.rulebook.offered_ledgers().into_iter().filter(|l| named(l)).collect();
    let hits = found
        .iter()
        .take(SHOWN)
        .map(|l| Hit {
            word: l.title.clone(),
            href: format!("/entries?ledger={}", l.id),
            cap: "台账".to_owned(),
            more: None,
        })
        .collect();
    group("台账", found.len(), "/entries".to_owned(), hits)
}

/// What this year asks, as far as the account sees duties of it.
async fn asked(app: &App, actor: &Actor, words: &str) -> Result<Group, Fault> {
    let today = app.clock.today();
    let Some(year) = app.book(actor.institution, today.year(), None).await? else {
        return Ok(group("应办事项", 0, String::new(), Vec::new()));
    };
    let named = |title: &str| words.split_whitespace().all(|w| title.contains(w));
    let mechanisms: BTreeSet<&str> = (app.rulebook.mechanisms().iter())
        .filter(|m| m.title == words || m.aliases.iter().any(|a| a == words))
        .flat_map(|m| m.brings.iter().map(String::as_str))
        .collect();
    let meant: BTreeSet<ObligationId> = (year.obligations().iter())
        .filter(|o| named(&o.title) || o.origin.rule().is_some_and(|r| mechanisms.contains(r)))
        .map(|o| o.id)
        .collect();
    let pick = Pick { obligations: Some(meant), ..Pick::default() };
    let mut tallies: BTreeMap<ObligationId, Tally> = BTreeMap::new();
    for line in Sight::of(actor).list(&year, &year.board(), &pick, today) {
        tallies.entry(line.obligation).or_default().count(line.standing);
    }
    let total = tallies.len();
    let hits = (year.obligations().iter())
        .filter_map(|o| Some((o, tallies.get(&o.id)?)))
        .take(SHOWN)
        .map(|(o, tally)| Hit {
            word: o.title.clone(),
            href: pick::href(&[("obligation", &o.id.to_string())]),
            cap: format!("{}　{} 项中已办 {}", o.cadence.words(), tally.total(), tally.done()),
            more: None,
        })
        .collect();
    Ok(group("应办事项", total, "/duties".to_owned(), hits))
}

/// The newest records that say the words, or that are of a unit of that name.
async fn records(app: &App, actor: &Actor, words: &str) -> Result<Group, Fault> {
    let query = Fields::of(vec![("q".to_owned(), words.to_owned())]);
    let filter: EntryFilter = sift::filter(app, actor, &query);
    let scope = scope_of(actor);
    let writes = app.store.writes(actor.institution).await?;
    let total = how_many_after(app, actor, &scope, &filter, writes).await?;
    let found = app.store.entries(actor.institution, &scope, &filter, SHOWN as u32).await?;
    let lines: Vec<Row> = rows(app, actor, &found).await?;
    let hits: Vec<Hit> = lines
        .into_iter()
        .map(|r| Hit {
            word: r.title,
            href: r.href,
            cap: format!("{}　{}　{}", r.day, r.unit, r.ledgers),
            more: None,
        })
        .collect();
    let all = if hits.len() == SHOWN { format!("/entries{}", encoded(words)) } else { String::new() };
    Ok(Group { title: "记录", total: total.to_string(), all, hits })
}
