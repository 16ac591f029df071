//! What a record counts for: found by the runtime, shown beside the form, settled when it is saved.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use model::{
    Credit, Duty, DutyId, Entry, Obligation, ObligationId, PersonId, Standing, StandingFacts, UnitId,
};
use runtime::{CreditProposal, Owed, candidates, missing, shown_by};
use store::{DutyFilter, Scope};
use web::App;
use web::extract::Fields;
use work::numbers::decimal;
use work::{Actor, Fault, Year};

use crate::duties::source::{self, Source};

use super::desk::{Desk, ledger_on};
use super::privacy::may_read;

/// More duties than this one unit and its people never have in a year.
const MOST: u32 = 20_000;

/// The duties that a record may count for, and what it counts for now.
#[derive(Default)]
pub(super) struct Offer {
    pub(super) proposals: Vec<CreditProposal>,
    duties: BTreeMap<DutyId, Duty>,
    own: Vec<Credit>,
}

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

/// Finds what a record may count for.
///
/// # Errors
/// When the store cannot read.
pub(super) async fn offer(desk: &Desk<'_>, entry: &Entry) -> Result<Offer, Fault> {
    let Some(year) = desk.year.clone() else { return Ok(Offer::default()) };
    let (store, institution) = (&desk.app.store, desk.actor.institution);
    let rulebook = &desk.app.rulebook;
    let ledger = |id: &str| ledger_on(rulebook, id, entry.day);
    let shown = shown_by(entry, year.obligations(), ledger);
    if shown.is_empty() {
        return Ok(Offer::default());
    }
    let mut filter = DutyFilter {
        obligations: Some(shown),
        units: Some(homes(desk, entry.unit)),
        ..DutyFilter::default()
    };
    let mut duties = store.duties(institution, &Scope::All, &filter, MOST).await?;
    // Somebody from another branch who was there (the lecturer, a guest on the roster) owes in their own branch.
    filter.units = None;
    for person in strangers(desk, entry) {
        filter.person = Some(person);
        duties.extend(store.duties(institution, &Scope::All, &filter, MOST).await?);
    }
    let mut seen = BTreeSet::new();
    duties.retain(|d| seen.insert(d.id));
    // What other records count for is in memory; only the record's own credits are read.
    let own = store.credits_of_entries(institution, &Scope::All, &[entry.id]).await?;
    let owed: Vec<Owed> = {
        let board = year.board();
        duties
            .iter()
            .map(|d| {
                let Some(facts) = board.facts(d.id) else { return Owed::new(d, &own, false) };
                let closed = [facts.waived, facts.dropped].iter().flatten().any(|day| *day <= desk.today);
                Owed::standing(d, &facts, &own, closed)
            })
            .collect()
    };
    let proposals = candidates(entry, desk.duty, &owed, |id| year.obligation(id), ledger);
    let meant: BTreeSet<DutyId> = proposals.iter().map(|p| p.duty).collect();
    Ok(Offer {
        proposals,
        duties: duties.into_iter().filter(|d| meant.contains(&d.id)).map(|d| (d.id, d)).collect(),
        own,
    })
}

/// The units whose duties, and whose people's, a record of this unit may count for: its own, its branch's, and of a unit
/// that is no more those into which its people went.
fn homes(desk: &Desk<'_>, unit: UnitId) -> BTreeSet<UnitId> {
    let mut out = BTreeSet::from([unit, desk.branch()]);
    for change in &desk.actor.known.changes {
        if change.from.iter().any(|u| out.contains(u)) {
            out.extend(&change.to);
        }
    }
    out
}

fn strangers(desk: &Desk<'_>, entry: &Entry) -> BTreeSet<PersonId> {
    let home: BTreeSet<PersonId> = desk.seats.iter().filter(|s| !s.guest).filter_map(|s| s.person).collect();
    let named = entry.values.values().filter_map(|v| match v {
        model::Value::Person { id, .. } => *id,
        _ => None,
    });
    let there = entry.people().iter().filter_map(|p| p.person);
    // A unit without a roster (a department) has its people in branches of their own.
    let is_home = |p: &PersonId| {
        home.contains(p) && matches!(desk.kind, model::UnitKind::Branch | model::UnitKind::Group)
    };
    named.chain(there).filter(|p| !is_home(p)).take(60).collect()
}

impl Offer {
    /// Ticks what was chosen: `offered` names the obligations that were shown, `credit` those that were left ticked;
    /// of what was not shown, what is plain is ticked.
    pub(super) fn chosen(mut self, sent: &Fields) -> Self {
        let offered: BTreeSet<&str> = sent.all("offered").collect();
        let ticked: BTreeSet<&str> = sent.all("credit").collect();
        for p in &mut self.proposals {
            let id = p.obligation.to_string();
            if offered.contains(id.as_str()) {
                p.ticked = ticked.contains(id.as_str());
            }
        }
        self
    }

    /// The lines that a page shows.
    pub(super) fn lines(&self, desk: &Desk<'_>, entry: &Entry) -> Vec<Line> {
        let Some(year) = &desk.year else { return Vec::new() };
        let shown: Vec<Shown> = self
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
        lines(&told, &shown, &self.duties, &self.own)
    }
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
            crate::duties::pick::href(&[
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

/// What a record still lacks, by the form of its ledgers on its day.
pub(crate) fn lacks(app: &App, entry: &Entry) -> Vec<runtime::Missing> {
    missing(entry, &app.rulebook.ledgers_of(entry))
}

/// By which words a record is found, by the form of its ledgers on its day; what stands in its files included.
///
/// # Errors
/// When the store cannot read.
pub(super) async fn words(app: &App, actor: &Actor, entry: &Entry) -> Result<String, Fault> {
    let texts = app.store.file_words(actor.institution, entry).await?;
    Ok(runtime::words(entry, &app.rulebook.ledgers_of(entry), &texts))
}

/// What of those words this account may read.
///
/// # Errors
/// When the store cannot read.
pub(super) async fn readable_words(app: &App, actor: &Actor, entry: &Entry) -> Result<String, Fault> {
    let texts = app.store.file_words(actor.institution, entry).await?;
    Ok(runtime::words_for(entry, &texts, |field| may_read(app, actor, entry, field)))
}

/// What is out of bounds in a record, by the form of its ledgers on its day.
pub(crate) fn warnings(
    app: &App,
    entry: &Entry,
    organisation: &model::Organisation,
) -> Vec<runtime::Missing> {
    runtime::warnings(entry, &app.rulebook.ledgers_of(entry), organisation)
}
