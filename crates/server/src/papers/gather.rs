//! What a unit's year holds, as far as one account may see it: the ground of every paper that is put together.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;
use model::rule::Means;
use model::{Duty, DutyId, Entry, Standing, Unit, UnitId, UnitKind, Value};
use runtime::{Line, Pick, Tally};
use store::{EntryFilter, EntryRow, Scope};
use web::App;
use web::view::day_words;
use work::privacy::may_read;
use work::sight::Sight;
use work::units::with_groups;
use work::{Actor, Fault, Right, Year};

/// Records that are fetched at once.
const CHUNK: u32 = 1000;

/// One duty with how it stands.
pub(super) struct Owed {
    pub(super) line: Line,
    pub(super) duty: Duty,
}

/// What a unit's year holds.
pub(super) struct Gathered {
    pub(super) unit: Unit,
    /// The unit above it; empty when there is none, or it is the committee.
    pub(super) above: String,
    /// The unit with its groups.
    pub(super) units: BTreeSet<UnitId>,
    /// The first day of the year.
    pub(super) from: Date,
    /// The day as of which people and posts are told: today, or the last day of a year that is over.
    pub(super) on: Date,
    /// The records, the oldest first.
    pub(super) rows: Vec<EntryRow>,
    /// What was asked of the unit in the year, by due day, as it stands today; of its people only where the account may see it.
    pub(super) owed: Vec<Owed>,
    pub(super) book: Option<Arc<Year>>,
}

/// Every record that a filter finds, the oldest first.
///
/// # Errors
/// When the store cannot read.
pub(super) async fn all_entries(
    app: &App,
    actor: &Actor,
    filter: EntryFilter,
) -> Result<Vec<EntryRow>, Fault> {
    let scope = actor.scope_for(Right::SeeEntries);
    let mut filter = EntryFilter { oldest_first: true, ..filter };
    let mut out = Vec::new();
    loop {
        let found = app.store.entries(actor.institution, &scope, &filter, CHUNK).await?;
        let last = found.last().map(|r| (r.entry.day, r.entry.id));
        let more = found.len() == CHUNK as usize;
        out.extend(found);
        filter.after = last;
        if !more {
            return Ok(out);
        }
    }
}

/// The year for which a record accounts (所属年度): what it says itself, else that of its day.
pub(super) fn year_of(app: &App, entry: &Entry) -> i16 {
    let said = app.rulebook.ledgers_of(entry).into_iter().find_map(|l| {
        let field = l.meaning(Means::YearOfAccount)?;
        match entry.values.get(&field.id) {
            Some(Value::Number(n)) => i16::try_from(n / 1000).ok(),
            _ => None,
        }
    });
    said.unwrap_or_else(|| entry.day.year())
}

/// The units of which the account may have papers, with their names, in the order of the tree.
pub(super) fn covered(actor: &Actor, there: impl Fn(&Unit) -> bool) -> Vec<(UnitId, String)> {
    let all = actor.units_for(Right::SeeEntries);
    let names = work::units::full_names(&actor.known.organisation);
    work::units::in_order(&actor.known.organisation)
        .into_iter()
        .filter(|(u, _)| all.contains(&u.id) && u.kind != UnitKind::Group && there(u))
        .map(|(u, _)| (u.id, names.get(&u.id).cloned().unwrap_or_default()))
        .collect()
}

/// The unit that a page is about: the one that was asked for, else the account's own, else the first.
///
/// # Errors
/// [`Fault::NotFound`] for one of which the account may not see the records, and where there is none.
pub(super) async fn meant(
    app: &App,
    actor: &Actor,
    asked: Option<UnitId>,
    covered: &[(UnitId, String)],
) -> Result<UnitId, Fault> {
    if let Some(unit) = asked {
        actor.must_cover(Right::SeeEntries, unit)?;
        return Ok(unit);
    }
    let own = work::sight::own_units(app, actor).await?;
    let home = covered.iter().find(|(id, _)| own.contains(id)).or_else(|| covered.first());
    home.map(|(id, _)| *id).ok_or_else(|| Fault::not_found("你的组织"))
}

/// The unit as it was known on a day, where the account may see its records.
///
/// # Errors
/// [`Fault::NotFound`] where it may not, or there is none.
pub(super) fn unit_on(actor: &Actor, unit: UnitId, on: Date) -> Result<(Unit, String), Fault> {
    actor.must_cover(Right::SeeEntries, unit)?;
    let then = actor.known.on(on);
    let found = then.unit(unit).or_else(|| actor.known.unit(unit)).cloned();
    let found = found.ok_or_else(|| Fault::not_found("这个组织"))?;
    let above = found.parent.and_then(|p| then.unit(p)).filter(|u| u.kind == UnitKind::GeneralBranch);
    let above = above.map(|u| u.name.clone()).unwrap_or_default();
    Ok((found, above))
}

/// A whole year of a unit, as of today.
///
/// # Errors
/// As [`unit_on`], and when the store cannot read.
pub(super) async fn year(app: &App, actor: &Actor, unit: UnitId, number: i16) -> Result<Gathered, Fault> {
    let today = app.clock.today();
    let from = Date::new(number, 1, 1).map_err(|_| Fault::not_found("这一年"))?;
    let to = from.last_of_year();
    let on = today.min(to);
    let (unit, above) = unit_on(actor, unit, on)?;
    let units: BTreeSet<UnitId> = with_groups(&actor.known.organisation, unit.id).into_iter().collect();
    // What is told for a year may be held until spring of the next (所属年度).
    let filter = EntryFilter {
        units: Some(units.clone()),
        from: Some(from),
        to: Some(to.checked_add(jiff::Span::new().months(6)).unwrap_or(to)),
        ..EntryFilter::default()
    };
    let mut rows = all_entries(app, actor, filter).await?;
    rows.retain(|r| year_of(app, &r.entry) == number);
    let book = app.book(actor.institution, number, None).await?;
    let pick = Pick { units: Some(units.clone()), ..Pick::default() };
    let owed = match &book {
        Some(book) => owed(app, actor, book, &pick, today).await?,
        None => Vec::new(),
    };
    Ok(Gathered { unit, above, units, from, on, rows, owed, book })
}

/// The Books that reach into a stretch, the earliest first: those of its years, and that of the year before, of which something
/// may have been put off into it.
///
/// # Errors
/// When the store cannot read.
pub(super) async fn books(
    app: &App,
    actor: &Actor,
    (from, to): (Date, Date),
) -> Result<Vec<Arc<Year>>, Fault> {
    let mut out = Vec::new();
    for number in app.store.years(actor.institution).await?.into_iter().rev() {
        if from.year() - 1 <= number && number <= to.year() {
            out.extend(app.book(actor.institution, number, None).await?);
        }
    }
    Ok(out)
}

/// The duties meant that the account may see, by due day, as they stand on a day.
///
/// # Errors
/// When the store cannot read.
pub(super) async fn owed(
    app: &App,
    actor: &Actor,
    book: &Year,
    pick: &Pick,
    on: Date,
) -> Result<Vec<Owed>, Fault> {
    let lines = Sight::of(actor).list(book, &book.board(), pick, on);
    let ids: Vec<DutyId> = lines.iter().map(|l| l.duty).collect();
    // What may be seen was decided for each line; the title is looked up by its id.
    let duties = app.duties(actor.institution, &Scope::All, &ids).await?;
    let one = |line: Line| Some(Owed { duty: duties.get(&line.duty)?.clone(), line });
    Ok(lines.into_iter().filter_map(one).collect())
}

impl Gathered {
    /// The records of these ledgers.
    pub(super) fn of<'g>(&'g self, ledgers: &'g [String]) -> impl Iterator<Item = &'g EntryRow> {
        self.rows.iter().filter(|r| r.entry.ledgers.iter().any(|l| ledgers.contains(l)))
    }

    /// What these ledgers show of what was asked, in words: how much is there, and what is not. None where nothing was
    /// asked.
    pub(super) fn stands(&self, ledgers: &[String]) -> Option<(String, Vec<String>)> {
        let book = self.book.as_ref()?;
        let asked = |o: &&Owed| {
            let ledger = book.obligation(o.line.obligation).and_then(|x| x.ledger.as_ref());
            ledger.is_some_and(|l| ledgers.contains(l))
        };
        let all: Vec<&Owed> = self.owed.iter().filter(asked).collect();
        let tally: Tally = all.iter().map(|o| o.line.standing).collect();
        (!all.is_empty()).then(|| (tally_words(tally), lacking(&all)))
    }
}

/// 应办12项，已办结9项，其中迟办1项；逾期未见记录2项；还没有到期1项.
pub(super) fn tally_words(tally: Tally) -> String {
    let mut out = format!("应办{}项，已办结{}项", tally.total(), tally.done());
    let late = tally.of(Standing::MetLate);
    if late > 0 {
        out.push_str(&format!("，其中迟办{late}项"));
    }
    let ahead = tally.of(Standing::DueSoon) + tally.of(Standing::Open) + tally.of(Standing::NotDue);
    for (n, words) in [
        (tally.of(Standing::Overdue), "到期未见记录"),
        (tally.of(Standing::Waived), "经批准免办"),
        (ahead, "还没有到期"),
    ] {
        if n > 0 {
            out.push_str(&format!("；{words}{n}项"));
        }
    }
    out
}

/// What was due and has no record: 主题党日（3月），3月31日到期. Those of people together, with how many.
pub(super) fn lacking(all: &[&Owed]) -> Vec<String> {
    let due = |o: &Owed| o.line.standing == Standing::Overdue;
    let mut of_people: BTreeMap<(Date, String), usize> = BTreeMap::new();
    let mut out = Vec::new();
    for owed in all.iter().filter(|o| due(o)) {
        if owed.line.person.is_some() {
            *of_people.entry((owed.line.due, owed.duty.title.clone())).or_default() += 1;
        } else {
            out.push(format!("{}，{}到期", owed.duty.title, day_words(owed.line.due)));
        }
    }
    let people = of_people.into_iter();
    out.extend(people.map(|((day, title), n)| format!("{title}，{}到期，{n}人", day_words(day))));
    out
}

/// Whether the account may read everything that a record says.
pub(super) fn reads_all(app: &App, actor: &Actor, entry: &Entry) -> bool {
    entry.values.keys().all(|field| may_read(app, actor, entry, field))
}
