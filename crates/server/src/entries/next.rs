//! What else there is to do once a record is saved, so that nobody has to look for the row again; and what else a meeting
//! that is being written down may serve.

use std::collections::BTreeMap;

use model::{DutyId, Entry, UnitId};
use runtime::{Line, Pick};
use web::App;
use web::permit::Right;
use web::view::day_words;
use work::units::{name_below, with_groups};
use work::{Actor, Fault, Year};

use super::desk::Desk;
use work::sight::{self, Sight};

/// A ledger that the same meeting may serve as well.
pub(super) struct Together {
    pub(super) ledger: String,
    pub(super) title: String,
    /// What is still owed of it this month: 组织生活会，12月31日前. Empty where nothing is.
    pub(super) owed: String,
    pub(super) ticked: bool,
}

/// The ledgers that the meeting may serve as well: first those of which something is owed.
pub(super) fn together(desk: &Desk<'_>) -> Vec<Together> {
    let owed = owed(desk);
    let words = |id: &str| owed.get(id).map_or(String::new(), |all| all.join("、"));
    let mut out: Vec<Together> = desk
        .together()
        .into_iter()
        .map(|(l, ticked)| Together {
            ledger: l.id.clone(),
            title: l.title.clone(),
            owed: words(&l.id),
            ticked,
        })
        .collect();
    out.sort_by_key(|t| t.owed.is_empty());
    out
}

/// What the unit and its groups still owe this month, by ledger, each demand once.
fn owed(desk: &Desk<'_>) -> BTreeMap<String, Vec<String>> {
    let mut out: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let Some(year) = &desk.year else { return out };
    let units = with_groups(&desk.actor.known.organisation, desk.unit);
    for line in open(desk.actor, year, units, desk.today) {
        let Some(asked) = year.obligation(line.obligation) else { continue };
        let Some(ledger) = &asked.ledger else { continue };
        let of_ledger = out.entry(ledger.clone()).or_default();
        if !of_ledger.iter().any(|words| words.starts_with(&asked.title)) {
            of_ledger.push(format!("{}（{}前）", asked.title, day_words(line.due)));
        }
    }
    out
}

/// What these units have still to do this month, the most pressing first.
fn open(
    actor: &Actor,
    year: &Year,
    units: impl IntoIterator<Item = UnitId>,
    today: jiff::civil::Date,
) -> Vec<Line> {
    let pick = Pick { units: Some(units.into_iter().collect()), own: true, ..Pick::default() };
    let mut lines = Sight::of(actor).this_month(year, &year.board(), &pick, today);
    let last = today.last_of_month();
    lines.retain(|l| !l.standing.is_done() && l.standing != model::Standing::Waived && l.due <= last);
    lines.sort_by_key(|l| (l.standing, l.due));
    lines
}

/// The next thing to write down, and the way to its form: the same of another group, with what this record says carried
/// over; else what presses most.
///
/// # Errors
/// When the store cannot read.
pub(super) async fn after(
    app: &App,
    actor: &Actor,
    desk: &Desk<'_>,
    entry: &Entry,
) -> Result<Option<(String, String)>, Fault> {
    let Some(year) = app.book(actor.institution, desk.today.year(), None).await? else { return Ok(None) };
    let own = sight::own_units(app, actor).await?;
    if !own.contains(&entry.unit) {
        return Ok(None);
    }
    let Some((duty, unit, like)) = pressing(actor, &year, &own, desk) else { return Ok(None) };
    let found = app.duties(actor.institution, &actor.scope(), &[duty]).await?;
    let Some(found) = found.get(&duty) else { return Ok(None) };
    let whose = if unit == desk.branch() {
        String::new()
    } else {
        format!("　{}", name_below(actor.known.unit_name(unit), actor.known.unit_name(desk.branch())))
    };
    let like = if like { format!("&like={}&day={}", entry.id, entry.day) } else { String::new() };
    Ok(Some((format!("{}{whose}", found.title), format!("/record?duty={duty}{like}"))))
}

/// The duty that comes next, its unit, and whether it is the same of another unit.
fn pressing(
    actor: &Actor,
    year: &Year,
    own: &std::collections::BTreeSet<UnitId>,
    desk: &Desk<'_>,
) -> Option<(DutyId, UnitId, bool)> {
    let lines = open(actor, year, own.iter().copied(), desk.today);
    let writable = |l: &&Line| {
        Some(l.duty) != desk.duty
            && actor.covers(Right::Record, l.unit)
            && year.obligation(l.obligation).is_some_and(|o| o.ledger.is_some())
    };
    let this = desk.duty.and_then(|duty| year.board().facts(duty));
    let same = |l: &&Line| {
        this.as_ref().is_some_and(|f| {
            (f.obligation, f.starts) == (l.obligation, l.starts) && f.unit != l.unit && f.person.is_none()
        })
    };
    let next = lines.iter().filter(writable);
    if let Some(line) = next.clone().find(same) {
        return Some((line.duty, line.unit, true));
    }
    next.clone().next().map(|line| (line.duty, line.unit, false))
}
