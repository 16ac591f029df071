//! 届满: when the committees' terms end, from what was recorded of the last election; and the duty that follows it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use model::rule::Means;
use model::{
    Duty, DutyId, DutySource, Entry, InstitutionId, Moment, Obligation, Organisation, Standing, UnitId, Value,
};
use runtime::{Basis, Moments, Roster};
use store::{DutyFilter, EntryFilter, Scope, StoreError};
use web::App;
use web::permit::Right;
use web::view::long_day_words;
use work::{Actor, Fault};

/// More changes than this one committee with all its branches never recorded.
const MOST: u32 = 5000;
/// Days before the end of a term from which the unit is reminded: six months (支部工作条例第21条).
const AHEAD: i32 = 183;
/// Tries before giving up, when others write meanwhile.
const TRIES: usize = 5;

/// The ids of the ledger and of its field in which a term's last day stands; none where the rulebook has no such field.
fn written(app: &App) -> Option<(&str, &str)> {
    app.rulebook.ledgers().iter().find_map(|l| Some((l.id.as_str(), l.meaning(Means::TermEnd)?.id.as_str())))
}

/// The last day of the running term of each of these units, as it was known on a day; units that never recorded one are
/// left out.
///
/// # Errors
/// When the store cannot read.
pub(super) async fn terms(
    app: &App,
    actor: &Actor,
    units: BTreeSet<UnitId>,
    on: Date,
) -> Result<BTreeMap<UnitId, Date>, Fault> {
    let filter = EntryFilter { units: Some(units), to: Some(on), ..EntryFilter::default() };
    found(app, actor.institution, &actor.scope_for(Right::SeeEntries), filter).await
}

/// The last day of every unit's running term, for duties: whatever an account may see.
///
/// # Errors
/// When the store cannot read.
pub(crate) async fn all_terms(
    app: &App,
    institution: InstitutionId,
) -> Result<BTreeMap<UnitId, Date>, Fault> {
    found(app, institution, &Scope::All, EntryFilter::default()).await
}

async fn found(
    app: &App,
    institution: InstitutionId,
    scope: &Scope,
    filter: EntryFilter,
) -> Result<BTreeMap<UnitId, Date>, Fault> {
    let mut out = BTreeMap::new();
    let Some((ledger, field)) = written(app) else { return Ok(out) };
    let filter = EntryFilter { ledger: Some(ledger.to_owned()), ..filter };
    // Newest first: the first that says a term's end is the one that holds.
    for row in app.store.entries(institution, scope, &filter, MOST).await? {
        if let Some(Value::Day(ends)) = row.entry.values.get(field) {
            out.entry(row.entry.unit).or_insert(*ends);
        }
    }
    Ok(out)
}

/// Lets the duties that hang on a unit's own term follow what was just recorded of it: those that are open for another
/// day end, the one for the new day is made where the plan's year holds it.
///
/// # Errors
/// When the store cannot write.
pub(crate) async fn follow(app: &App, actor: &Actor, entry: &Entry) -> Result<(), Fault> {
    if written(app).is_none_or(|(ledger, _)| entry.ledgers.iter().all(|l| l != ledger)) {
        return Ok(());
    }
    for _ in 0..TRIES {
        let as_of = app.store.change_number(actor.institution).await?;
        let (drop, made) = remade(app, actor, entry.unit).await?;
        if drop.is_empty() && made.is_empty() {
            return Ok(());
        }
        let act = actor.act(app, "duty.follow-term").on(entry.unit).with(serde_json::json!({
            "ended": drop.len(), "made": made.len(),
        }));
        let today = app.clock.today();
        match app.store.remake_duties(actor.institution, &drop, &made, &[], today, as_of, &act).await {
            Err(StoreError::Conflict) => {}
            other => return Ok(other?),
        }
    }
    Err(Fault::Conflict("记录已保存，换届事项没有跟上；请打开这条记录再保存一次。".to_owned()))
}

/// The duties of a unit's own term that end, and those that are made.
async fn remade(
    app: &App,
    actor: &Actor,
    unit: UnitId,
) -> Result<(Vec<DutyId>, Vec<(DutySource, Duty)>), Fault> {
    let today = app.clock.today();
    let filter = EntryFilter { units: Some(BTreeSet::from([unit])), ..EntryFilter::default() };
    let terms = found(app, actor.institution, &Scope::All, filter).await?;
    let moments = Moments::new(app.rulebook.events()).with_terms(terms);
    let units = actor.known.organisation.unit(unit).cloned().into_iter().collect();
    let org = Organisation { name: String::new(), units };
    let (mut drop, mut made) = (Vec::new(), Vec::new());
    for head in app.store.plans(actor.institution).await? {
        if head.published.is_none() || head.year < today.year() {
            continue;
        }
        let Some(year) = app.year(actor.institution, Some(head.id)).await? else { continue };
        let calendar = app.calendar(actor.institution, head.year).await?;
        let basis = Basis {
            org: &org,
            roster: &Roster::default(),
            calendar: &calendar,
            year: head.year,
            made: today,
            from: today.max(Date::new(head.year, 1, 1).unwrap_or(today)),
            rules: app.rulebook.version(),
            moments: &moments,
            usual_months: &BTreeMap::new(),
        };
        let asked = |o: &&Obligation| o.cadence.moment() == Some(&Moment::TermEnd) && year.asked(o.id, today);
        for o in year.obligations().iter().filter(asked) {
            let filter = DutyFilter {
                obligation: Some(o.id),
                units: Some(BTreeSet::from([unit])),
                ..DutyFilter::default()
            };
            let held = app.store.duties(actor.institution, &Scope::All, &filter, MOST).await?;
            let wanted = runtime::schedule(o, &basis, &mut DutyId::fresh);
            let days: BTreeSet<Date> = wanted.iter().map(|d| d.due).collect();
            let board = year.board();
            let open = |d: &&Duty| {
                board.standing(d.id, today).is_some_and(|s| !s.is_done() && s != Standing::Waived)
            };
            drop.extend(held.iter().filter(open).filter(|d| !days.contains(&d.due)).map(|d| d.id));
            made.extend(runtime::unmade(&held, wanted).into_iter().map(|d| (DutySource::Plan(head.id), d)));
        }
    }
    Ok((drop, made))
}

/// The day in words, and what is to be said about it.
pub(super) fn words(ends: Date, on: Date) -> (String, String) {
    let days = on.until(ends).map_or(0, |s| s.get_days());
    let small = match days {
        d if d < 0 => format!("已过 {} 天，还没有登记换届", -d),
        d if d <= AHEAD => format!("还有 {d} 天，该准备换届了"),
        d => format!("还有 {d} 天"),
    };
    (long_day_words(ends), small)
}

/// Whether it is time to remind the unit.
pub(super) fn is_near(ends: Date, on: Date) -> bool {
    on.until(ends).map_or(0, |s| s.get_days()) <= AHEAD
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_unit_is_reminded_six_months_ahead() {
        let on = date(2026, 9, 30);
        assert_eq!(words(date(2028, 9, 30), on), ("2028年9月30日".to_owned(), "还有 731 天".to_owned()));
        assert_eq!(words(date(2026, 10, 30), on).1, "还有 30 天，该准备换届了");
        assert_eq!(words(date(2026, 9, 1), on).1, "已过 29 天，还没有登记换届");
        assert!(is_near(date(2027, 4, 1), on) && !is_near(date(2027, 4, 2), on));
    }
}
