//! What a form begins with that follows from the records that are there: figures and late things for a self-check or a
//! debrief, a sum for what is published. It is a draft, to be looked at and mended.

use std::collections::BTreeMap;

use jiff::civil::Date;
use model::rule::Drawn;
use model::{DutyId, ObligationId, Standing, Value};
use runtime::{Line, Pick, Tally};
use store::EntryFilter;
use web::permit::Right;
use web::view::day_words;
use work::numbers::decimal;
use work::privacy::may_read;
use work::units::with_groups;
use work::{Fault, Year};

use super::desk::Desk;
use super::form::name_of;

/// Things that were not done or late that are named one by one.
const NAMED: usize = 20;
/// Records of a period that are added up: a year of them.
const SUMMED: u32 = 400;

/// Fills in what is drawn from records, of the fields of which nothing is said yet.
///
/// # Errors
/// When the store cannot read.
pub(super) async fn fill(desk: &Desk<'_>, out: &mut Vec<(String, String)>) -> Result<(), Fault> {
    let Some(year) = &desk.year else { return Ok(()) };
    let Some((from, to)) = period(desk, year) else { return Ok(()) };
    for field in desk.ledgers.iter().flat_map(|l| &l.fields) {
        let name = name_of(&field.id);
        let Some(drawn) = &field.drawn else { continue };
        if out.iter().any(|(n, _)| *n == name) {
            continue;
        }
        let words = match drawn {
            Drawn::Doings => doings(desk, year, (from, to)),
            Drawn::Undone => undone(desk, year, (from, to)).await?,
            // The title is filled in with the duty itself.
            Drawn::Title => continue,
            Drawn::Sum(ledger, of) => sum(desk, (ledger, of), (from, to)).await?,
        };
        if !words.is_empty() {
            out.push((name, words));
        }
    }
    Ok(())
}

/// From the beginning of the duty's period, or of the year, to today or the period's end.
fn period(desk: &Desk<'_>, year: &Year) -> Option<(Date, Date)> {
    let (from, to) = desk.period().unwrap_or((Date::new(year.number, 1, 1).ok()?, desk.today));
    Some((from, to.min(desk.today)))
}

/// What was due in the period that this form is about: of the leading unit's note on an item all that the item asks of
/// anybody, else what the unit itself and its groups were asked.
fn lines(desk: &Desk<'_>, year: &Year, due: (Date, Date)) -> Vec<Line> {
    let board = year.board();
    let progress = desk.ledgers.first().is_some_and(|l| l.progress);
    let asked = desk.duty.and_then(|duty| board.askers(duty, desk.today).first().copied());
    let item = asked.filter(|_| progress).and_then(|id| year.obligation(id)?.item);
    let pick = match item {
        Some(item) => {
            let ids = year.of_item(item, desk.today).map(|o| o.id).collect();
            Pick { obligations: Some(ids), due: Some(due), ..Pick::default() }
        }
        None => {
            let units = with_groups(&desk.actor.known.organisation, desk.unit);
            Pick { units: Some(units.into_iter().collect()), own: true, due: Some(due), ..Pick::default() }
        }
    };
    let sight = work::sight::Sight::of(desk.actor);
    let mut lines = sight.list(year, &board, &pick, desk.today);
    // What is being written says nothing of itself.
    lines.retain(|l| Some(l.obligation) != asked);
    lines
}

fn doings(desk: &Desk<'_>, year: &Year, due: (Date, Date)) -> String {
    let mut tallies: BTreeMap<usize, Tally> = BTreeMap::new();
    let place = |id: ObligationId| year.obligations().iter().position(|o| o.id == id);
    for line in lines(desk, year, due) {
        if let Some(at) = place(line.obligation) {
            tallies.entry(at).or_default().count(line.standing);
        }
    }
    let told = tallies.iter().filter_map(|(at, tally)| {
        let (late, over) = (tally.of(Standing::MetLate), tally.of(Standing::Overdue));
        let mut said =
            format!("{}：应办{}，办成{}", year.obligations().get(*at)?.title, tally.asked(), tally.done());
        if late > 0 {
            said.push_str(&format!("，其中迟办{late}"));
        }
        if over > 0 {
            said.push_str(&format!("，逾期{over}"));
        }
        Some(said)
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() {
        return String::new();
    }
    format!("据本系统的记录，{}至{}到期的：\n{}", day_words(due.0), day_words(due.1), told.join("\n"))
}

async fn undone(desk: &Desk<'_>, year: &Year, due: (Date, Date)) -> Result<String, Fault> {
    let lines = lines(desk, year, due);
    let of = |standing: Standing| -> Vec<DutyId> {
        lines.iter().filter(|l| l.standing == standing).take(NAMED).map(|l| l.duty).collect()
    };
    let mut said = Vec::new();
    for (standing, word) in [(Standing::Overdue, "逾期没有办"), (Standing::MetLate, "迟办")] {
        let ids = of(standing);
        let found = desk.app.duties(desk.actor.institution, &desk.actor.scope(), &ids).await?;
        let titles: Vec<&str> = ids.iter().filter_map(|id| found.get(id)).map(|d| d.title.as_str()).collect();
        if !titles.is_empty() {
            said.push(format!("{word}：{}", titles.join("、")));
        }
    }
    Ok(said.join("\n"))
}

/// The sum over the unit's records that count for a day or a month of the period.
async fn sum(desk: &Desk<'_>, (ledger, of): (&str, &str), (from, to): (Date, Date)) -> Result<String, Fault> {
    let Some(form) = desk.app.rulebook.ledger(ledger) else { return Ok(String::new()) };
    let filter = EntryFilter {
        ledger: Some(ledger.to_owned()),
        units: Some([desk.unit].into()),
        from: Some(from),
        ..EntryFilter::default()
    };
    let scope = desk.actor.scope_for(Right::Record);
    let rows = desk.app.store.entries(desk.actor.institution, &scope, &filter, SUMMED).await?;
    let mut total: Option<i64> = None;
    for row in &rows {
        let on = runtime::account_month(&row.entry, form).unwrap_or(row.entry.day);
        if on < from.first_of_month() || on > to || !may_read(desk.app, desk.actor, &row.entry, of) {
            continue;
        }
        let n = match row.entry.values.get(of) {
            // Money is kept in fen, numbers in thousandths.
            Some(Value::Money(fen)) => fen.saturating_mul(10),
            Some(Value::Number(n)) => *n,
            _ => continue,
        };
        total = Some(total.unwrap_or(0).saturating_add(n));
    }
    Ok(total.map(decimal).unwrap_or_default())
}
