//! Obligation → duties: every bearer, every period.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::civil::Date;
use model::rule::ObligationRule;
use model::{About, Bearers, Cadence, Duty, DutyId, Obligation, Organisation, PersonId, Unit, UnitId};

use crate::calendar::{SchoolCalendar, days_between, plus};
use crate::condition::{binds, fits};
use crate::moments::{Home, Moments, slots_of};
use crate::periods::{periods, planned};
use crate::posts;
use crate::roster::Roster;

/// What duties are made upon, beside the obligation itself.
#[derive(Clone, Copy, Debug)]
pub struct Basis<'a> {
    /// The units.
    pub org: &'a Organisation,
    /// Who is in which branch and holds which post.
    pub roster: &'a Roster,
    /// The calendar of `year`.
    pub calendar: &'a SchoolCalendar,
    /// The plan's year.
    pub year: i16,
    /// The day on which the duties are made (published).
    pub made: Date,
    /// Periods that end before this day make no duties. 1 January for what held all year; the day of publication for
    /// what a plan asks anew.
    pub from: Date,
    /// Version of the rulebook.
    pub rules: &'a str,
    /// The days of moments that are known.
    pub moments: &'a Moments,
    /// When a rule is usually done, and until when a record may count for its year: by rule id.
    pub usual_months: &'a Usual,
}

/// What a rule says about when it is done, beside its cadence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsualTimes {
    /// Months in which it is usually done ([`model::rule::ObligationRule::months`]).
    pub months: Vec<i8>,
    /// Month and day of the next year until which the year's last period stays open
    /// ([`model::rule::ObligationRule::account_until`]).
    pub account_until: Option<(i8, i8)>,
}

/// When rules are usually done, by their ids; those that say nothing are left out.
pub type Usual = BTreeMap<String, UsualTimes>;

/// One place in the year, the same for every bearer.
pub(crate) struct Slot {
    pub(crate) starts: Date,
    pub(crate) due: Date,
    pub(crate) planned: Date,
    pub(crate) label: String,
    pub(crate) seq: u32,
    pub(crate) times: u32,
    pub(crate) need: u32,
    /// The unit whose moment it hangs on; none for what is everybody's.
    pub(crate) home: Option<UnitId>,
}

/// One duty to be: who, and in which slot.
pub(crate) struct Occurrence<'s> {
    pub(crate) unit: UnitId,
    pub(crate) person: Option<PersonId>,
    pub(crate) starts: Date,
    pub(crate) slot: &'s Slot,
    /// Number of the slot in the list.
    pub(crate) index: usize,
}

/// The duties of one obligation in the plan's year, by bearer and period. None when it is not assessed or no ledger
/// can show it. `ids` gives each duty its identifier (deterministic ones for sample data).
///
/// Who bears it:
/// - units by name and by kind (with all the traits asked for and none of those excluded), as long as they are there on the due day; one that is founded
///   inside a period owes it from that day when there is time left for it: two weeks, or half of a shorter period. Of
///   several in one period it owes those whose own share of the period was not over;
/// - who joins the Party, takes the post or becomes one of those inside a period owes it (or it is owed about them) when
///   there is time left for it, as with units;
/// - with `members`, each Party member of the branches meant (by name, the branches below a named unit too; by kind
///   and traits; all when nothing narrows it); with `posts`, each holder of one of the posts. A person's duty is kept
///   by their branch. Who is meant is settled on the day of making, or on the nearest day of the period;
/// - with `about`, each unit owes it about each of those people, who are settled as for members; the duty is the unit's;
/// - study hours are always each member's own, also when only branches are named.
#[must_use]
pub fn schedule(obligation: &Obligation, basis: &Basis<'_>, ids: &mut dyn FnMut() -> DutyId) -> Vec<Duty> {
    if !obligation.assessed || obligation.ledger.is_none() {
        return Vec::new();
    }
    let slots = slots(&obligation.cadence, obligation.origin.rule(), basis);
    let titles: Vec<String> = slots.iter().map(|s| title(&obligation.title, s)).collect();
    let mut out = Vec::new();
    occurrences(&obligation.bearers, &obligation.cadence, basis, &slots, &mut |o| {
        out.push(Duty {
            id: ids(),
            obligation: obligation.id,
            unit: o.unit,
            person: o.person,
            title: titles.get(o.index).cloned().unwrap_or_default(),
            starts: o.starts,
            planned: o.slot.planned.max(o.starts),
            due: o.slot.due,
            seq: o.slot.seq,
            need: o.slot.need,
            rules: basis.rules.to_owned(),
            year: basis.year,
        });
    });
    out
}

/// Of `wanted`, what `made` does not hold yet: when the day of an event is set, a branch is founded or a member joins
/// during the year, the whole obligation is scheduled again and only this is added. A duty is the same when obligation,
/// bearer, due day and number agree; a person's, also when they have changed branch since.
#[must_use]
pub fn unmade(made: &[Duty], wanted: Vec<Duty>) -> Vec<Duty> {
    let key = |d: &Duty| (d.obligation, d.person, d.person.is_none().then_some(d.unit), d.due, d.seq);
    let held: HashSet<_> = made.iter().map(key).collect();
    wanted.into_iter().filter(|d| !held.contains(&key(d))).collect()
}

/// Of duties made, those that nothing asks for any more when people have come and gone: their person is not among those
/// whom `wanted` is about, and they are neither due before `today` nor settled. `open` says whether a duty is neither met
/// nor waived. Of one who moved to another branch the duty of the old one ends, and [`unmade`] makes the new one's.
#[must_use]
pub fn ended(made: &[Duty], wanted: &[Duty], today: Date, open: impl Fn(&Duty) -> bool) -> Vec<DutyId> {
    let key = |d: &Duty| (d.obligation, d.person, d.unit, d.due, d.seq);
    let asked: HashSet<_> = wanted.iter().map(key).collect();
    let gone = |d: &&Duty| d.person.is_some() && d.due >= today && !asked.contains(&key(d)) && open(d);
    made.iter().filter(gone).map(|d| d.id).collect()
}

/// What follows for duties when people come, move or leave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Duties that end.
    pub drop: Vec<DutyId>,
    /// Duties that are made.
    pub duties: Vec<Duty>,
    /// Of an ended duty, the one made in its place: the person's own, or about the same person.
    pub carry: Vec<(DutyId, DutyId)>,
}

/// What follows when what is wanted of some people and about them was `was` and is `is` from `day` on. Only what the change
/// itself ends or asks for: what somebody owed or did not owe all the same stays as it is in `held`. `open` as in [`ended`].
#[must_use]
pub fn moved(held: &[Duty], was: &[Duty], is: &[Duty], day: Date, open: impl Fn(&Duty) -> bool) -> Moved {
    let key = |d: &Duty| (d.obligation, d.person, d.unit, d.due, d.seq);
    let before: HashSet<_> = was.iter().map(key).collect();
    let asked: Vec<Duty> = held.iter().filter(|d| before.contains(&key(d))).cloned().collect();
    let drop = ended(&asked, is, day, open);
    let gone: HashSet<DutyId> = drop.iter().copied().collect();
    let (gone, left): (Vec<&Duty>, Vec<&Duty>) = held.iter().partition(|d| gone.contains(&d.id));
    let left: Vec<Duty> = left.into_iter().cloned().collect();
    let fresh = is.iter().filter(|d| d.person.is_some() && !before.contains(&key(d))).cloned().collect();
    let duties = unmade(&left, fresh);
    let same =
        |a: &Duty, b: &Duty| (a.obligation, a.person, a.due, a.seq) == (b.obligation, b.person, b.due, b.seq);
    let carry = gone.iter().filter_map(|old| Some((old.id, duties.iter().find(|new| same(old, new))?.id)));
    let carry = carry.collect();
    Moved { drop, duties, carry }
}

/// When each rule that says so is usually done, for [`Basis::usual_months`].
#[must_use]
pub fn usual_months<'a>(rules: impl IntoIterator<Item = &'a ObligationRule>) -> Usual {
    rules
        .into_iter()
        .filter(|r| !r.months.is_empty() || r.account_until.is_some())
        .map(|r| (r.id.clone(), UsualTimes { months: r.months.clone(), account_until: r.account_until }))
        .collect()
}

fn title(name: &str, slot: &Slot) -> String {
    let mut title = format!("{name}（{}）", slot.label);
    if slot.times > 1 {
        title.push_str(&format!("第{}次", slot.seq));
    }
    title
}

/// The slots of a cadence that do not end before `from`, in order.
pub(crate) fn slots(cadence: &Cadence, rule: Option<&str>, basis: &Basis<'_>) -> Vec<Slot> {
    let said = rule.and_then(|r| basis.usual_months.get(r));
    let usual = said.map(|u| u.months.as_slice()).unwrap_or_default();
    if let Cadence::Hang { on, when } = cadence {
        return slots_of(on, *when, usual, basis);
    }
    let mut out = Vec::new();
    for p in periods(cadence, basis.calendar, basis.year, basis.from) {
        if p.due < basis.from {
            continue;
        }
        let until = said.and_then(|u| u.account_until).filter(|_| is_last_day(p.due));
        let due =
            until.and_then(|(month, day)| Date::new(p.due.year() + 1, month, day).ok()).unwrap_or(p.due);
        for seq in 1..=p.times {
            out.push(Slot {
                starts: p.starts,
                due,
                planned: planned(basis.calendar, (p.starts, p.due), (seq, p.times), usual, basis.made),
                label: p.label.clone(),
                seq,
                times: p.times,
                need: p.need,
                home: None,
            });
        }
    }
    out
}

fn is_last_day(day: Date) -> bool {
    (day.month(), day.day()) == (12, 31)
}

/// Gives every occurrence of every bearer to `take`: the one enumeration behind the duties and the cost.
pub(crate) fn occurrences<'s>(
    bearers: &Bearers,
    cadence: &Cadence,
    basis: &Basis<'_>,
    slots: &'s [Slot],
    take: &mut dyn FnMut(Occurrence<'s>),
) {
    if let Some(about) = &bearers.about {
        about_each(bearers, about, &Home::of(cadence, basis, slots), basis, slots, take);
        return;
    }
    let by_person = bearers.members || !bearers.posts.is_empty() || matches!(cadence, Cadence::Hours { .. });
    if by_person {
        persons(bearers, cadence, basis, slots, take);
        return;
    }
    let home = Home::of(cadence, basis, slots);
    for unit in &basis.org.units {
        let meant = bearers.units.contains(&unit.id) || binds(bearers, unit, basis.org);
        if !meant {
            continue;
        }
        let owed = |s: &Slot| unit.exists_on(s.due) && unit.founded.is_none_or(|f| has_time(s, f));
        for (index, slot) in home.slots(unit.id, slots).filter(|(_, s)| owed(s)) {
            let starts = unit.founded.map_or(slot.starts, |f| f.max(slot.starts));
            take(Occurrence { unit: unit.id, person: None, starts, slot, index });
        }
    }
}

/// Days that a unit founded inside a period must have left of it to owe it; of a shorter period, half of it.
const TIME_LEFT: i64 = 14;

/// Whether a unit founded on a day owes this slot.
fn has_time(slot: &Slot, founded: Date) -> bool {
    if founded <= slot.starts {
        return true;
    }
    let length = days_between(slot.starts, slot.due) + 1;
    let left = days_between(founded, slot.due) + 1;
    let share_ends = plus(slot.starts, length * i64::from(slot.seq) / i64::from(slot.times.max(1)) - 1);
    left >= TIME_LEFT.min((length + 1) / 2) && founded <= share_ends
}

/// What units owe about each of some people: none where there is nobody. Who comes within a period is owed for from that
/// day, as a unit that is founded within one owes.
fn about_each<'s>(
    bearers: &Bearers,
    about: &About,
    home: &Home<'_>,
    basis: &Basis<'_>,
    slots: &'s [Slot],
    take: &mut dyn FnMut(Occurrence<'s>),
) {
    let meant = |u: &&Unit| bearers.units.contains(&u.id) || binds(bearers, u, basis.org);
    for unit in basis.org.units.iter().filter(meant) {
        for (index, slot) in home.slots(unit.id, slots) {
            let day = basis.made.clamp(slot.starts, slot.due);
            if !unit.exists_on(day) {
                continue;
            }
            for (person, since) in basis.roster.about(about, unit, basis.org, day) {
                if has_time(slot, since) {
                    let starts = slot.starts.max(since);
                    take(Occurrence { unit: unit.id, person: Some(person), starts, slot, index });
                }
            }
        }
    }
}

fn persons<'s>(
    bearers: &Bearers,
    cadence: &Cadence,
    basis: &Basis<'_>,
    slots: &'s [Slot],
    take: &mut dyn FnMut(Occurrence<'s>),
) {
    let units: HashMap<UnitId, &Unit> = basis.org.units.iter().map(|u| (u.id, u)).collect();
    let below: BTreeSet<UnitId> = bearers.units.iter().flat_map(|u| basis.org.subtree(*u)).collect();
    let meant = |unit: &Unit| {
        let narrowed = !below.is_empty() || !bearers.kinds.is_empty();
        let named = below.contains(&unit.id) || bearers.kinds.contains(&unit.kind) || !narrowed;
        named && fits(bearers, unit, basis.org)
    };
    let home = Home::of(cadence, basis, slots);
    let titles = posts::ways(&bearers.posts);
    for (index, slot) in slots.iter().enumerate() {
        let day = basis.made.clamp(slot.starts, slot.due);
        let there = |id: UnitId| units.get(&id).copied().filter(|u| u.exists_on(day));
        let starts = slot.starts;
        if bearers.posts.is_empty() {
            for branch in
                basis.roster.branches().filter_map(there).filter(|u| meant(u) && home.owes(u.id, slot))
            {
                let mut last = None;
                for m in basis.roster.members_of(branch.id, day) {
                    // Two overlapping stretches of one person (a slip in the roster) must not make two duties.
                    let again = last.replace(m.person) == Some(m.person);
                    let joined = basis.roster.member_since(m.person).unwrap_or(m.since);
                    if !again && has_time(slot, joined) {
                        take(Occurrence { unit: branch.id, person: Some(m.person), starts, slot, index });
                    }
                }
            }
        } else {
            let mut seen = BTreeSet::new();
            for post in basis.roster.holders(&titles, day) {
                if there(post.unit).is_some_and(|u| meant(u) && is_one(&bearers.posts, &post.title, u))
                    && home.owes(post.unit, slot)
                    && has_time(slot, post.since)
                    && seen.insert(post.person)
                {
                    let unit = basis.roster.branch_of(post.person, day).unwrap_or(post.unit);
                    take(Occurrence { unit, person: Some(post.person), starts, slot, index });
                }
            }
        }
    }
}

/// Whether a post is one of those wanted.
pub(crate) fn is_one(wanted: &BTreeSet<String>, title: &str, unit: &Unit) -> bool {
    wanted.iter().any(|w| posts::is_meant(w, title, unit))
}
