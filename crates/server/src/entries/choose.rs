//! Which ledger to write in: first what this month asks, then what is usually kept, then the rest under the plan's headings.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use model::rule::Ledger;
use model::{Unit, UnitId};
use runtime::Pick;
use store::EntryFilter;
use web::extract::Fields;
use web::permit::Right;
use web::view::{Frame, Link, Place, day_words, page};
use web::{App, Reply};
use work::sight::{self, Sight};
use work::{Actor, Fault, Year};

use super::desk::keeps;

/// How many of the month's duties, and how many of the usual ledgers, are shown first.
const FIRST: usize = 5;
/// The unit's newest records, by which its usual ledgers are known.
const NEWEST: u32 = 60;

/// A heading with the ledgers under it.
struct Group {
    title: String,
    links: Vec<Link>,
}

#[derive(askama::Template)]
#[template(path = "entries/choose.html")]
struct ChoosePage {
    frame: Frame,
    units: Vec<(String, String, bool)>,
    unit: UnitId,
    unit_name: String,
    /// What was typed to narrow the choice.
    words: String,
    groups: Vec<Group>,
}

/// The choice of a ledger for a unit: the one that is asked for, or the account's own.
pub(super) async fn page_of(app: &App, actor: &Actor, frame: Frame, query: &Fields) -> Reply {
    let today = app.clock.today();
    let own = sight::own_units(app, actor).await?;
    let covered = actor.units_for(Right::Record);
    let asked = query.parsed::<UnitId>("unit").filter(|u| covered.contains(u));
    let unit = asked.or_else(|| own.first().copied()).or_else(|| covered.first().copied());
    let found = unit.and_then(|u| actor.known.organisation.unit(u));
    let Some(unit) = found else { return Err(Fault::not_found("这个组织").into()) };
    let units = actor
        .known
        .organisation
        .units
        .iter()
        .filter(|u| covered.contains(&u.id) && u.stood())
        .map(|u| {
            let gone = u.dissolved.is_some_and(|d| d <= today);
            let name = if gone { format!("{}（已撤销）", u.name) } else { u.name.clone() };
            (u.id.to_string(), name, u.id == unit.id)
        })
        .collect();
    page(&ChoosePage {
        frame: frame.titled("记一笔").at(Place::Month),
        units,
        unit: unit.id,
        unit_name: unit.name.clone(),
        words: query.text("q").to_owned(),
        groups: groups(app, actor, unit, query.text("q"), today).await?,
    })
}

async fn groups(
    app: &App,
    actor: &Actor,
    unit: &Unit,
    words: &str,
    today: Date,
) -> Result<Vec<Group>, Fault> {
    let year = app.book(actor.institution, today.year(), None).await?;
    // By its name or by one of the other words for it.
    let fits = |l: &Ledger| l.title.contains(words) || l.words.iter().any(|w| w.contains(words));
    let mut kept = app.rulebook.offered_ledgers();
    kept.retain(|l| keeps(l, unit.kind) && fits(l));
    let mut out = Vec::new();
    let mut shown: BTreeSet<&str> = BTreeSet::new();
    if let Some(year) = &year {
        let (links, of) = month(actor, unit, year, &kept, today);
        shown.extend(of);
        out.push(Group { title: "本月要记的".to_owned(), links });
    }
    let way = |l: &Ledger| Link::new(l.title.clone(), format!("/record?ledger={}&unit={}", l.id, unit.id));
    let usual = usual(app, actor, unit, &kept).await?;
    let usual: Vec<&Ledger> =
        usual.into_iter().filter(|l| !shown.contains(l.id.as_str())).take(FIRST).collect();
    shown.extend(usual.iter().map(|l| l.id.as_str()));
    out.push(Group { title: "常用".to_owned(), links: usual.into_iter().map(way).collect() });
    let rest = kept.into_iter().filter(|l| !shown.contains(l.id.as_str()));
    for (title, ledgers) in by_heading(year.as_deref(), rest) {
        out.push(Group { title, links: ledgers.into_iter().map(way).collect() });
    }
    out.retain(|g| !g.links.is_empty());
    Ok(out)
}

/// What the unit still has to do this month, the most pressing first, each with its ledger.
fn month<'l>(
    actor: &Actor,
    unit: &Unit,
    year: &Year,
    kept: &[&'l Ledger],
    today: Date,
) -> (Vec<Link>, Vec<&'l str>) {
    let pick = Pick { units: Some(BTreeSet::from([unit.id])), own: true, ..Pick::default() };
    let mut lines = Sight::of(actor).this_month(year, &year.board(), &pick, today);
    lines.retain(|l| !l.standing.is_done() && l.due <= today.last_of_month());
    lines.sort_by_key(|l| (l.standing, l.due));
    let (mut links, mut of) = (Vec::new(), Vec::new());
    for line in lines {
        let Some(asked) = year.obligation(line.obligation) else { continue };
        let ledger = kept.iter().find(|l| Some(&l.id) == asked.ledger.as_ref());
        if let Some(ledger) = ledger.filter(|l| !of.contains(&l.id.as_str())) {
            let words = format!("{}　{}前", asked.title, day_words(line.due));
            links.push(Link::new(words, format!("/record?duty={}", line.duty)));
            of.push(ledger.id.as_str());
        }
        if of.len() == FIRST {
            break;
        }
    }
    (links, of)
}

/// The ledgers of the unit's newest records, the most used first.
async fn usual<'l>(
    app: &App,
    actor: &Actor,
    unit: &Unit,
    kept: &[&'l Ledger],
) -> Result<Vec<&'l Ledger>, Fault> {
    let scope = actor.scope_for(Right::Record);
    let filter = EntryFilter { units: Some(BTreeSet::from([unit.id])), ..EntryFilter::default() };
    let rows = app.store.entries(actor.institution, &scope, &filter, NEWEST).await?;
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for ledger in rows.iter().flat_map(|r| &r.entry.ledgers) {
        *times.entry(ledger).or_default() += 1;
    }
    let mut out: Vec<&Ledger> = kept.iter().copied().filter(|l| times.contains_key(l.id.as_str())).collect();
    out.sort_by_key(|l| std::cmp::Reverse(times.get(l.id.as_str()).copied()));
    Ok(out)
}

/// Ledgers under the section of the plan whose obligations they show; last those of which it says nothing.
fn by_heading<'l>(
    year: Option<&Year>,
    ledgers: impl Iterator<Item = &'l Ledger>,
) -> Vec<(String, Vec<&'l Ledger>)> {
    let section = |ledger: &Ledger| {
        let year = year?;
        let of_it = year.obligations().iter().filter(|o| o.ledger.as_ref() == Some(&ledger.id));
        of_it.filter_map(|o| year.item_of(o)?.section).min()
    };
    let mut out: BTreeMap<Option<usize>, Vec<&Ledger>> = BTreeMap::new();
    for ledger in ledgers {
        out.entry(section(ledger)).or_default().push(ledger);
    }
    let unnamed = out.remove(&None);
    let titled = out.into_iter().map(|(at, ledgers)| {
        let section = at.and_then(|at| year?.plan.sections.get(at));
        (section.map_or_else(String::new, |s| s.title.clone()), ledgers)
    });
    titled.chain(unnamed.map(|ledgers| ("其他".to_owned(), ledgers))).collect()
}
