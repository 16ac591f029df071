//! What a plan will cost those who carry it out, counted before it is published.

use std::collections::{BTreeMap, HashMap};

use model::rule::Ledger;
use model::{MeasureKind, Origin, Proposal, ProposalState, UnitId};

use crate::schedule::{Basis, occurrences, slots};

/// Duties of a unit: its own, and those of its people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Duties of the unit.
    pub own: u32,
    /// Duties of persons kept by the unit.
    pub persons: u32,
}

impl Share {
    /// Both together.
    #[must_use]
    pub fn total(self) -> u32 {
        self.own + self.persons
    }
}

/// Why two demands may be served by one meeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kinship {
    /// They ask for the same record: one entry counts for both.
    SameRecord,
    /// Their ledgers may be kept at one meeting (套会).
    Together,
}

/// Two demands that one afternoon may serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Afternoon {
    /// Keys of the two proposals.
    pub keys: (String, String),
    /// Why.
    pub kinship: Kinship,
    /// How many units bear both.
    pub units: u32,
    /// How many meetings are saved at least: over units and months, the smaller of the two counts due in that month.
    pub saves: u32,
}

/// Two demands that ask the same units for records in the same ledger in the same months: perhaps one thing, asked
/// twice. Progress notes are none: each is about its own item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// Keys of the two proposals; the one that asks more often first.
    pub keys: (String, String),
    /// How many units are asked by both.
    pub units: u32,
    /// How many records both ask for: over units and months, the smaller of the two counts due in that month.
    pub times: u32,
}

/// What the proposals will cost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Duties by unit.
    pub by_unit: BTreeMap<UnitId, Share>,
    /// Duties by the month of the plan's year in which they are due, January first.
    pub by_month: [u32; 12],
    /// The same for each unit, its people's included.
    pub by_unit_month: BTreeMap<UnitId, [u32; 12]>,
    /// Duties due in another year, since the document names one.
    pub other_years: u32,
    /// Duties by key of the proposal; 0 for those assessed that make none: nobody bears them, their day is past, or
    /// their event has no day yet.
    pub by_key: BTreeMap<String, u32>,
    /// All duties.
    pub total: u32,
    /// What one afternoon may serve, the greatest saving first.
    pub afternoons: Vec<Afternoon>,
    /// What is asked twice, perhaps; the most records first.
    pub overlaps: Vec<Overlap>,
}

impl Cost {
    /// The month with the most duties due, 1 to 12, and how many; the earliest of several. None when there are none.
    #[must_use]
    pub fn heaviest_month(&self) -> Option<(i8, u32)> {
        let months = (1i8..).zip(self.by_month).filter(|(_, n)| *n > 0);
        months.max_by_key(|(m, n)| (*n, -m))
    }

    /// The unit with the most duties of its own, and how many.
    #[must_use]
    pub fn heaviest_unit(&self) -> Option<(UnitId, u32)> {
        self.by_unit.iter().map(|(u, s)| (*u, s.own)).filter(|(_, n)| *n > 0).max_by_key(|(u, n)| (*n, *u))
    }
}

/// Whether publishing makes duties of the proposal: somebody is answerable for it and a ledger shows it. Titles and
/// directional sentences, what the clerk set to 导向性，不考核, and what was merged into another are shown, not assessed.
#[must_use]
pub fn is_assessed(proposal: &Proposal) -> bool {
    let live = matches!(proposal.state, ProposalState::Proposed | ProposalState::Confirmed);
    live && proposal.ledger.is_some()
        && !matches!(proposal.kind, MeasureKind::Title | MeasureKind::Directional)
}

/// Counts the duties that publishing `proposals` would make, by the same enumeration that makes them. `ledgers` are
/// those of the rulebook, by id.
#[must_use]
pub fn cost<'a>(
    proposals: &[Proposal],
    basis: &Basis<'_>,
    ledger: impl Fn(&str) -> Option<&'a Ledger>,
) -> Cost {
    let mut out = Cost::default();
    let mut months: Vec<(&Proposal, HashMap<UnitId, [u32; 12]>)> = Vec::new();
    for p in proposals.iter().filter(|p| is_assessed(p)) {
        let slots = slots(&p.cadence, p.origin.rule(), basis);
        let mut by_unit: HashMap<UnitId, [u32; 12]> = HashMap::new();
        let mut count = 0;
        occurrences(&p.bearers, &p.cadence, basis, &slots, &mut |o| {
            count += 1;
            let share = out.by_unit.entry(o.unit).or_default();
            let in_year = o.slot.due.year() == basis.year;
            let month = usize::try_from(o.slot.due.month() - 1).unwrap_or(0);
            match out.by_month.get_mut(month).filter(|_| in_year) {
                Some(n) => *n += 1,
                None => out.other_years += 1,
            }
            let own = out.by_unit_month.entry(o.unit).or_default();
            if let Some(n) = own.get_mut(month).filter(|_| in_year) {
                *n += 1;
            }
            if o.person.is_some() {
                share.persons += 1;
            } else {
                share.own += 1;
                if let Some(n) = by_unit.entry(o.unit).or_default().get_mut(month).filter(|_| in_year) {
                    *n += 1;
                }
            }
        });
        out.total += count;
        *out.by_key.entry(p.key.clone()).or_default() += count;
        months.push((p, by_unit));
    }
    for (i, (a, months_a)) in months.iter().enumerate() {
        for (b, months_b) in months.iter().skip(i + 1) {
            out.afternoons
                .extend(kinship(a, b, &ledger).and_then(|k| afternoon(a, months_a, b, months_b, k)));
            if same_ledger(a, b) {
                let (units, times) = shared(months_a, months_b);
                let often = |p: &Proposal| out.by_key.get(&p.key).copied().unwrap_or(0);
                let (more, less) = if often(b) > often(a) { (b, a) } else { (a, b) };
                if times > 0 {
                    out.overlaps.push(Overlap { keys: (more.key.clone(), less.key.clone()), units, times });
                }
            }
        }
    }
    out.overlaps.sort_by(|a, b| b.times.cmp(&a.times).then_with(|| a.keys.cmp(&b.keys)));
    out.afternoons.sort_by(|a, b| b.saves.cmp(&a.saves).then_with(|| a.keys.cmp(&b.keys)));
    out
}

fn kinship<'a>(a: &Proposal, b: &Proposal, ledger: &impl Fn(&str) -> Option<&'a Ledger>) -> Option<Kinship> {
    let (in_a, in_b) = (a.ledger.as_deref()?, b.ledger.as_deref()?);
    if in_a == in_b {
        // Two clauses of a plan in one ledger may be about anything; a standing rule means every such record.
        let by_rule = a.origin.rule().is_some() || b.origin.rule().is_some();
        return (by_rule && agree(a, b)).then_some(Kinship::SameRecord);
    }
    let names = |one: &str, other: &str| ledger(one).is_some_and(|l| l.together.iter().any(|t| t == other));
    (names(in_a, in_b) || names(in_b, in_a)).then_some(Kinship::Together)
}

fn afternoon(
    a: &Proposal,
    months_a: &HashMap<UnitId, [u32; 12]>,
    b: &Proposal,
    months_b: &HashMap<UnitId, [u32; 12]>,
    kinship: Kinship,
) -> Option<Afternoon> {
    let (units, saves) = shared(months_a, months_b);
    (saves > 0).then(|| Afternoon { keys: (a.key.clone(), b.key.clone()), kinship, units, saves })
}

/// How many units bear both, and over units and months the smaller of the two counts.
fn shared(months_a: &HashMap<UnitId, [u32; 12]>, months_b: &HashMap<UnitId, [u32; 12]>) -> (u32, u32) {
    let (mut units, mut times) = (0, 0);
    for (unit, of_a) in months_a {
        let Some(of_b) = months_b.get(unit) else { continue };
        units += 1;
        times += of_a.iter().zip(of_b).map(|(x, y)| x.min(y)).sum::<u32>();
    }
    (units, times)
}

/// Whether one record may say what both ask for.
fn agree(a: &Proposal, b: &Proposal) -> bool {
    a.condition.iter().all(|(field, v)| b.condition.get(field).is_none_or(|w| w == v))
}

fn same_ledger(a: &Proposal, b: &Proposal) -> bool {
    let is_note = |p: &Proposal| matches!(p.origin, Origin::Progress { .. });
    a.ledger == b.ledger && agree(a, b) && !is_note(a) && !is_note(b)
}
