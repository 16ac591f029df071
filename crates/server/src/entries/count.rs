//! What a record counts for: found by the runtime, shown beside the form, settled when it is saved.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use model::{
    Credit, Duty, DutyId, Entry, Obligation, ObligationId, PersonId, Standing, StandingFacts, UnitId,
};
use store::Scope;
use web::App;
use work::entries::Offer;
use work::numbers::decimal;
use work::{Actor, Fault, Year};

use crate::seen::source::{self, Source};

use super::desk::Desk;
use work::privacy::may_read;

/// One line of what a record counts for: of one obligation, the people's duties folded into one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) obligation: ObligationId,
    pub(crate) title: String,
    /// The list or the page that it opens.
    pub(crate) href: String,
    pub(crate) source: Source,
    pub(crate) cadence: String,
    pub(crate) ticked: bool,
    /// Why, where it is not the plain case.
    pub(crate) reason: String,
    pub(crate) before: Standing,
    pub(crate) before_words: String,
    pub(crate) after: Standing,
    pub(crate) after_words: String,
}

/// The lines that a page shows of what a record may count for.
pub(super) fn lines_of(offer: &Offer, desk: &Desk<'_>, entry: &Entry) -> Vec<Line> {
    let Some(year) = &desk.year else { return Vec::new() };
    let shown: Vec<Shown> = offer
        .proposals
        .iter()
        .map(|p| Shown {
            duty: p.duty,
            obligation: p.obligation,
            person: p.person,
            amount: p.amount,
            ticked: p.ticked,
            reason: if matches!(p.reason, runtime::Reason::InPeriod) { "" } else { p.reason.word() },
        })
        .collect();
    let told = Told { app: desk.app, year, unit: entry.unit, day: entry.day, known: desk.today };
    lines(&told, &shown, &offer.duties, &offer.own)
}

/// A duty for which a record counts or may count.
struct Shown {
    duty: DutyId,
    obligation: ObligationId,
    person: Option<PersonId>,
    amount: u32,
    ticked: bool,
    reason: &'static str,
}

struct Told<'a> {
    app: &'a App,
    year: &'a Year,
    unit: UnitId,
    day: Date,
    known: Date,
}

/// What a saved record counts for, each as it would stand without it and as it stands with it.
///
/// # Errors
/// When the store cannot read.
pub(crate) async fn of_saved(app: &App, actor: &Actor, entry: &Entry) -> Result<Vec<Line>, Fault> {
    let (store, institution) = (&app.store, actor.institution);
    let own = store.credits_of_entries(institution, &Scope::All, &[entry.id]).await?;
    let live: Vec<&Credit> = own.iter().filter(|c| c.ended.is_none()).collect();
    let ids: Vec<DutyId> = live.iter().map(|c| c.duty).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let duties: BTreeMap<DutyId, Duty> =
        store.duties_by_ids(institution, &Scope::All, &ids).await?.into_iter().map(|d| (d.id, d)).collect();
    let known = live.iter().map(|c| c.known).max().unwrap_or(entry.day).max(app.clock.today());
    let years: BTreeSet<i16> = duties.values().map(|d| d.year).collect();
    let mut out = Vec::new();
    // Made up for after the turn of the year, it counts in the Book of the year before.
    for number in years.into_iter().rev() {
        let Some(year) = app.book(institution, number, None).await? else { continue };
        let with = |duty: &Duty| year.board().askers(duty.id, known).first().copied();
        let shown: Vec<Shown> = live
            .iter()
            .filter_map(|c| {
                let duty = duties.get(&c.duty).filter(|d| d.year == number)?;
                Some(Shown {
                    duty: c.duty,
                    obligation: with(duty).unwrap_or(duty.obligation),
                    person: duty.person,
                    amount: c.amount,
                    ticked: true,
                    reason: "",
                })
            })
            .collect();
        let told = Told { app, year: &year, unit: entry.unit, day: entry.day, known };
        out.extend(lines(&told, &shown, &duties, &own));
    }
    Ok(out)
}

/// The facts of a duty with and without a credit of this record.
fn with_and_without(
    told: &Told<'_>,
    facts: &StandingFacts,
    own: &[Credit],
    amount: u32,
) -> (StandingFacts, StandingFacts) {
    let mut without = facts.clone();
    for c in own.iter().filter(|c| c.duty == facts.duty) {
        let same = |x: &(Date, Date, Option<Date>, u32)| *x == (c.happened, c.known, c.ended, c.amount);
        if let Some(at) = without.credits.iter().position(same) {
            without.credits.remove(at);
        }
    }
    let mut with = without.clone();
    with.credits.push((told.day, told.known, None, amount));
    with.credits.sort_unstable();
    (without, with)
}

fn lines(told: &Told<'_>, shown: &[Shown], duties: &BTreeMap<DutyId, Duty>, own: &[Credit]) -> Vec<Line> {
    let mut order: Vec<ObligationId> = Vec::new();
    let mut groups: BTreeMap<ObligationId, Vec<&Shown>> = BTreeMap::new();
    for s in shown {
        if !groups.contains_key(&s.obligation) {
            order.push(s.obligation);
        }
        groups.entry(s.obligation).or_default().push(s);
    }
    let board = told.year.board();
    let soon = told.app.settings.soon_days;
    let mut out = Vec::new();
    for id in order {
        let (Some(group), Some(obligation)) = (groups.get(&id), told.year.obligation(id)) else { continue };
        let mut turned = Vec::new();
        for s in group {
            let (Some(facts), Some(duty)) = (board.facts(s.duty), duties.get(&s.duty)) else { continue };
            let (without, with) = with_and_without(told, &facts, own, s.amount);
            let stood = |f| runtime::standing(f, told.known, soon).unwrap_or(Standing::Open);
            turned.push((s, duty, stood(&without), stood(&with), without, with));
        }
        let Some((first, duty, ..)) = turned.first() else { continue };
        let before = turned.iter().map(|t| t.2).min().unwrap_or(Standing::Open);
        let after = turned.iter().map(|t| t.3).min().unwrap_or(Standing::Open);
        let hours = matches!(obligation.cadence, model::Cadence::Hours { .. });
        let people = turned.iter().filter(|t| t.0.person.is_some()).count();
        let (title, before_words, after_words) = if hours {
            let mean = |pick: &dyn Fn(usize) -> u32| {
                let sum: u64 = (0..turned.len()).map(|i| u64::from(pick(i))).sum();
                let n = u64::try_from(turned.len().max(1)).unwrap_or(1);
                // In thousandths of an hour, to one place.
                decimal(i64::try_from(sum * 1000 / (60 * n) / 100 * 100).unwrap_or(0))
            };
            let at = |i: usize, late: bool| {
                turned.get(i).map_or(0, |t| runtime::credited(if late { &t.5 } else { &t.4 }, told.known))
            };
            (
                format!(
                    "{}，+{} 学时 × {people} 人",
                    obligation.title,
                    decimal(i64::from(first.amount) * 1000 / 60)
                ),
                format!("人均 {}", mean(&|i| at(i, false))),
                format!("人均 {}", mean(&|i| at(i, true))),
            )
        } else if people > 1 {
            (format!("{}：{people} 人", obligation.title), before.word().to_owned(), after.word().to_owned())
        } else {
            (duty.title.clone(), before.word().to_owned(), after.word().to_owned())
        };
        let href = if turned.len() == 1 {
            format!("/duties/{}", duty.id)
        } else {
            crate::seen::pick::href(&[
                ("unit", &told.unit.to_string()),
                ("obligation", &id.to_string()),
                ("year", &told.year.number.to_string()),
            ])
        };
        out.push(Line {
            obligation: id,
            title,
            href,
            source: source::of(obligation, told.year, &told.app.rulebook),
            cadence: cadence_words(obligation),
            ticked: group.iter().any(|s| s.ticked),
            reason: first.reason.to_owned(),
            before,
            before_words,
            after,
            after_words,
        });
    }
    out
}

fn cadence_words(obligation: &Obligation) -> String {
    obligation.cadence.words()
}

/// What of those words this account may read.
///
/// # Errors
/// When the store cannot read.
pub(super) async fn readable_words(app: &App, actor: &Actor, entry: &Entry) -> Result<String, Fault> {
    let texts = app.store.file_words(actor.institution, entry).await?;
    Ok(runtime::words_for(entry, &texts, |field| may_read(app, actor, entry, field)))
}
