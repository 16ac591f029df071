//! What a plan will cost those who carry it out, counted before it is published.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::civil::Date;
use model::rule::{Ledger, Means};
use model::{Cadence, MeasureKind, Organisation, Origin, Per, Proposal, ProposalState, UnitId};

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
    /// What one afternoon may serve, the greatest saving first, of very many those with the greatest.
    pub afternoons: Vec<Afternoon>,
    /// What is asked twice, perhaps; the most records first, of very many in one ledger those with the most.
    pub overlaps: Vec<Overlap>,
    /// Hours of study that are asked and that the meetings which are asked do not reach.
    pub short: Vec<ShortOfHours>,
}

/// Hours of study of each member that the meetings of their unit do not reach, though all of them are held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShortOfHours {
    /// Key of the proposal that asks for the hours.
    pub key: String,
    /// How many it asks for, of a year that has begun as many as are left of it.
    pub hours: u32,
    /// Units whose members do not reach them.
    pub units: u32,
    /// Meetings that count hours in the unit that has the fewest; what is held together is one.
    pub meetings: u32,
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

/// The month of a year under which what is due on a day is counted: what may still be done in spring of the next year
/// (所属年度) is December's, for which it is planned. None for a day before the year.
#[must_use]
pub fn month_of(year: i16, due: Date) -> Option<i8> {
    match due.year().cmp(&year) {
        std::cmp::Ordering::Less => None,
        std::cmp::Ordering::Equal => Some(due.month()),
        std::cmp::Ordering::Greater => Some(12),
    }
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
    let mut asked: Vec<Asked<'_>> = Vec::new();
    let mut patterns = Patterns::default();
    let mut meetings = Meetings::default();
    for p in proposals.iter().filter(|p| is_assessed(p)) {
        let slots = slots(&p.cadence, p.origin.rule(), basis);
        let mut by_unit: BTreeMap<UnitId, [u32; 12]> = BTreeMap::new();
        let mut count = 0;
        let study = p.ledger.as_deref().and_then(&ledger).filter(|l| is_study(l));
        let study = study.filter(|_| !matches!(p.cadence, Cadence::Hours { .. }));
        occurrences(&p.bearers, &p.cadence, basis, &slots, &mut |o| {
            count += 1;
            let share = out.by_unit.entry(o.unit).or_default();
            // What the document itself puts into another year is told apart.
            let here = o.slot.due.year() == basis.year || o.slot.planned.year() == basis.year;
            let month = month_of(basis.year, o.slot.due).filter(|_| here);
            let month = month.and_then(|m| usize::try_from(m - 1).ok());
            match month.and_then(|m| out.by_month.get_mut(m)) {
                Some(n) => *n += 1,
                None => out.other_years += 1,
            }
            let own = out.by_unit_month.entry(o.unit).or_default();
            if let Some(n) = month.and_then(|m| own.get_mut(m)) {
                *n += 1;
            }
            if o.person.is_some() {
                share.persons += 1;
            } else {
                share.own += 1;
                if let Some(l) = study {
                    meetings.hold(o.unit, &l.id, month);
                }
                let own = by_unit.entry(o.unit).or_default();
                if let Some(n) = month.and_then(|m| own.get_mut(m)) {
                    *n += 1;
                }
            }
        });
        out.total += count;
        *out.by_key.entry(p.key.clone()).or_default() += count;
        asked.push(Asked { proposal: p, pattern: patterns.number(by_unit), count });
    }
    if asked.len() <= COMPARED {
        compare(&asked, &mut patterns, &ledger, &mut out);
    }
    out.short = short_of_hours(&asked, &meetings, basis, &ledger);
    out
}

/// Hours that a meeting counts, where it says nothing else: an afternoon.
pub const USUAL_HOURS: u32 = 2;

/// Whether records of a ledger count hours of those who came.
fn is_study(ledger: &Ledger) -> bool {
    ledger.counts_hours && ledger.meaning(Means::Attendance).is_some()
}

/// Of each unit, by ledger, the meetings that count hours, by month.
#[derive(Default)]
struct Meetings(BTreeMap<UnitId, BTreeMap<String, [u32; 12]>>);

impl Meetings {
    fn hold(&mut self, unit: UnitId, ledger: &str, month: Option<usize>) {
        let of = self.0.entry(unit).or_default().entry(ledger.to_owned()).or_default();
        if let Some(n) = month.and_then(|m| of.get_mut(m)) {
            *n += 1;
        }
    }

    /// How many there are for the members of a unit: its own, of what may be held together in a month the most that one
    /// ledger asks; and in the ledger `training` those to which the units above call them.
    fn of<'a>(
        &self,
        unit: UnitId,
        training: &str,
        org: &Organisation,
        ledger: &impl Fn(&str) -> Option<&'a Ledger>,
    ) -> u32 {
        let none = BTreeMap::new();
        let own: Vec<(&String, &[u32; 12])> = self.0.get(&unit).unwrap_or(&none).iter().collect();
        let goes =
            |one: &str, other: &str| ledger(one).is_some_and(|l| l.together.iter().any(|t| t == other));
        // Each begins an afternoon of its own, or joins the first that takes it.
        let mut afternoons: Vec<(Vec<&str>, [u32; 12])> = Vec::new();
        for (id, months) in own {
            let with =
                afternoons.iter_mut().find(|(held, _)| held.iter().all(|h| goes(h, id) || goes(id, h)));
            match with {
                Some((held, most)) => {
                    held.push(id);
                    most.iter_mut().zip(months).for_each(|(a, b)| *a = (*a).max(*b));
                }
                None => afternoons.push((vec![id], *months)),
            }
        }
        let mut sum: u32 = afternoons.iter().flat_map(|(_, months)| months).sum();
        let mut above = org.unit(unit).and_then(|u| u.parent);
        while let Some(id) = above {
            sum += self.0.get(&id).and_then(|of| of.get(training)).map_or(0, |months| months.iter().sum());
            above = org.unit(id).and_then(|u| u.parent);
        }
        sum
    }
}

/// The hours asked of every member that the meetings do not reach. Of holders of posts nothing is said: they are trained apart.
fn short_of_hours<'a>(
    asked: &[Asked<'_>],
    meetings: &Meetings,
    basis: &Basis<'_>,
    ledger: &impl Fn(&str) -> Option<&'a Ledger>,
) -> Vec<ShortOfHours> {
    let mut out = Vec::new();
    for p in asked.iter().map(|a| a.proposal) {
        let Cadence::Hours { hours, per: Per::Year } = p.cadence else { continue };
        if !p.bearers.members || !p.bearers.posts.is_empty() {
            continue;
        }
        let mut units = BTreeSet::new();
        let all = slots(&p.cadence, p.origin.rule(), basis);
        occurrences(&p.bearers, &p.cadence, basis, &all, &mut |o| {
            units.insert(o.unit);
        });
        // What is left of the year: meetings before it are not asked by this.
        let begun = if basis.from.year() == basis.year { basis.from.month() - 1 } else { 0 };
        let left = u32::from(12_u8.saturating_sub(begun.unsigned_abs()));
        let hours = hours * left / 12;
        let training = p.ledger.as_deref().unwrap_or_default();
        let held = units.iter().map(|u| meetings.of(*u, training, basis.org, ledger));
        let short: Vec<u32> = held.filter(|n| n * USUAL_HOURS < hours).collect();
        if let Some(fewest) = short.iter().min() {
            let units = u32::try_from(short.len()).unwrap_or(u32::MAX);
            out.push(ShortOfHours { key: p.key.clone(), hours, units, meetings: *fewest });
        }
    }
    out
}

/// Demands that are compared with one another; what asks for more is no plan that anybody could merge.
const COMPARED: usize = 3_000;
/// Pairs of each kind that are kept.
const PAIRS: usize = 20_000;

/// A demand with the months in which its units owe it.
struct Asked<'p> {
    proposal: &'p Proposal,
    pattern: usize,
    count: u32,
}

/// How much is due of each unit in each month. Many demands have the same: each branch, each quarter.
type Pattern = Vec<(UnitId, [u32; 12])>;

/// The different patterns, and what two of them share.
#[derive(Default)]
struct Patterns {
    all: Vec<Pattern>,
    numbers: HashMap<Pattern, usize>,
    shared: HashMap<(usize, usize), (u32, u32)>,
}

impl Patterns {
    fn number(&mut self, of: BTreeMap<UnitId, [u32; 12]>) -> usize {
        let pattern: Pattern = of.into_iter().collect();
        let next = self.all.len();
        *self.numbers.entry(pattern).or_insert_with_key(|pattern| {
            self.all.push(pattern.clone());
            next
        })
    }

    /// How many units bear both, and over units and months the smaller of the two counts.
    fn shared(&mut self, a: usize, b: usize) -> (u32, u32) {
        let all = &self.all;
        *self.shared.entry((a, b)).or_insert_with(|| match (all.get(a), all.get(b)) {
            (Some(a), Some(b)) => shared(a, b),
            _ => (0, 0),
        })
    }
}

/// Two demands, by their numbers, and what they share.
struct Pair {
    first: usize,
    second: usize,
    units: u32,
    times: u32,
}

/// Finds what one afternoon may serve and what is asked twice: the pairs that share most, in the order of their keys.
fn compare<'a>(
    asked: &[Asked<'_>],
    patterns: &mut Patterns,
    ledger: &impl Fn(&str) -> Option<&'a Ledger>,
    out: &mut Cost,
) {
    let mut known: HashMap<(&str, &str), bool> = HashMap::new();
    let names = |one: &str, other: &str| ledger(one).is_some_and(|l| l.together.iter().any(|t| t == other));
    let (mut same, mut together) = (Vec::new(), Vec::new());
    let mut overlaps: BTreeMap<&str, Vec<Pair>> = BTreeMap::new();
    for (i, a) in asked.iter().enumerate() {
        let Some(in_a) = a.proposal.ledger.as_deref() else { continue };
        for (n, b) in asked.iter().enumerate().skip(i + 1) {
            let Some(in_b) = b.proposal.ledger.as_deref() else { continue };
            let may = || *known.entry((in_a, in_b)).or_insert_with(|| names(in_a, in_b) || names(in_b, in_a));
            let kinship = kinship(a.proposal, b.proposal, may);
            let is_twice = same_thing(a.proposal, b.proposal);
            if kinship.is_none() && !is_twice {
                continue;
            }
            let (units, times) = patterns.shared(a.pattern, b.pattern);
            if times == 0 {
                continue;
            }
            let pair = |first, second| Pair { first, second, units, times };
            match kinship {
                Some(Kinship::SameRecord) => same.push(pair(i, n)),
                Some(Kinship::Together) => together.push(pair(i, n)),
                None => {}
            }
            if is_twice {
                let often_first = if b.count > a.count { pair(n, i) } else { pair(i, n) };
                overlaps.entry(in_a).or_default().push(often_first);
            }
        }
    }
    let key = |n: usize| asked.get(n).map_or("", |a| a.proposal.key.as_str());
    let mut by_key: Vec<usize> = (0..asked.len()).collect();
    by_key.sort_by_key(|n| key(*n));
    // Numbers in the order of the keys: millions of pairs are not sorted by words.
    let rank: HashMap<usize, usize> = by_key.into_iter().zip(0..).collect();
    let order = |p: &Pair| (Reverse(p.times), rank.get(&p.first).copied(), rank.get(&p.second).copied());
    let greatest = |groups: Vec<Vec<Pair>>| {
        let mut all: Vec<Pair> = Vec::new();
        for mut pairs in groups {
            pairs.sort_by_cached_key(order);
            pairs.truncate(PAIRS);
            all.extend(pairs);
        }
        all.sort_by_cached_key(order);
        all
    };
    let keys = |p: &Pair| (key(p.first).to_owned(), key(p.second).to_owned());
    let ledger_of = |n: usize| asked.get(n).and_then(|a| a.proposal.ledger.as_deref());
    let kinship_of = |p: &Pair| {
        if ledger_of(p.first) == ledger_of(p.second) { Kinship::SameRecord } else { Kinship::Together }
    };
    out.afternoons = greatest(vec![same, together])
        .iter()
        .map(|p| Afternoon { keys: keys(p), kinship: kinship_of(p), units: p.units, saves: p.times })
        .collect();
    out.overlaps = greatest(overlaps.into_values().collect())
        .iter()
        .map(|p| Overlap { keys: keys(p), units: p.units, times: p.times })
        .collect();
}

/// Why one afternoon may serve two demands; `may` says whether their ledgers are kept at one meeting.
fn kinship(a: &Proposal, b: &Proposal, may: impl FnOnce() -> bool) -> Option<Kinship> {
    if a.ledger == b.ledger {
        // Two clauses of a plan in one ledger may be about anything; a standing rule means every such record.
        let by_rule = a.origin.rule().is_some() || b.origin.rule().is_some();
        return (by_rule && agree(a, b)).then_some(Kinship::SameRecord);
    }
    may().then_some(Kinship::Together)
}

fn shared(a: &Pattern, b: &Pattern) -> (u32, u32) {
    let of_b: HashMap<UnitId, &[u32; 12]> = b.iter().map(|(u, m)| (*u, m)).collect();
    let both = a.iter().filter_map(|(unit, of_a)| Some((of_a, *of_b.get(unit)?)));
    both.fold((0, 0), |(units, times), (x, y)| {
        (units + 1, times + x.iter().zip(y).map(|(x, y)| x.min(y)).sum::<u32>())
    })
}

/// Whether one record may say what both ask for.
fn agree(a: &Proposal, b: &Proposal) -> bool {
    a.condition.go_with(&b.condition)
}

/// Whether two demands may be one thing.
fn same_thing(a: &Proposal, b: &Proposal) -> bool {
    let is_note = |p: &Proposal| matches!(p.origin, Origin::Progress { .. });
    a.ledger == b.ledger && agree(a, b) && !is_note(a) && !is_note(b)
}
