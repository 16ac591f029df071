//! 时点: days that are told or written down, and the places in the year that hang on them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::ToSpan as _;
use jiff::civil::Date;
use model::{Cadence, Moment, Unit, UnitId, UnitKind, When};
use rulebook::Events;

use crate::calendar::{SchoolCalendar, Stretch, plus};
use crate::follow::Turn;
use crate::periods::{last_of, opening, planned};
use crate::schedule::{Basis, Slot};

/// A day that a moment has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Occasion {
    /// The day.
    pub day: Date,
    /// The year whose plans hang on it.
    pub year: i16,
    /// The unit whose occasion it is; none for the whole institution's.
    pub unit: Option<UnitId>,
}

impl Occasion {
    /// An occasion of one unit, in the year of its day.
    #[must_use]
    pub fn of(unit: UnitId, day: Date) -> Self {
        Self { day, year: day.year(), unit: Some(unit) }
    }
}

/// The days of moments that are known.
#[derive(Clone, Debug, Default)]
pub struct Moments {
    events: Events,
    /// By [`Events::key`].
    days: BTreeMap<String, BTreeSet<Occasion>>,
    /// The last day of each unit's running term, of those of which it is known.
    terms: BTreeMap<UnitId, Date>,
}

impl Moments {
    /// No day known yet; `events` says which words mean which event, and who holds it.
    #[must_use]
    pub fn new(events: &Events) -> Self {
        Self { events: events.clone(), ..Self::default() }
    }

    /// Adds an occasion of what is known by `key`.
    pub fn add(&mut self, key: &str, occasion: Occasion) {
        self.days.entry(key.to_owned()).or_default().insert(occasion);
    }

    /// The same with the last day of each unit's running term.
    #[must_use]
    pub fn with_terms(self, terms: BTreeMap<UnitId, Date>) -> Self {
        Self { terms, ..self }
    }

    /// The events by which moments are known.
    #[must_use]
    pub fn events(&self) -> &Events {
        &self.events
    }

    /// The occasions of what is known by `key` in a year, in order.
    pub fn of(&self, key: &str, year: i16) -> impl Iterator<Item = &Occasion> {
        self.days.get(key).into_iter().flatten().filter(move |o| o.year == year)
    }

    /// What a cadence of a plan of `year` waits for: what is known by this key, when no day of it is told, written or in
    /// the calendar. None for what waits for nothing, and for each unit's own.
    #[must_use]
    pub fn waits_for(&self, cadence: &Cadence, calendar: &SchoolCalendar, year: i16) -> Option<String> {
        let on @ Moment::Event { words, .. } = cadence.moment()? else { return None };
        let key = self.events.key(on)?;
        let begins = Date::new(year, 1, 1).ok()?;
        let has_day = self.of(&key, year).next().is_some() || !known(words, calendar, begins).is_empty();
        (!has_day).then_some(key)
    }

    /// The same when one occasion has the day that it has now. What it was before must not be among them.
    #[must_use]
    pub fn turned(mut self, turn: &Turn) -> Self {
        match (&turn.key, turn.is) {
            (Some(key), Some(is)) => self.add(key, is),
            (None, is) => {
                for unit in turn.was.iter().filter_map(|o| o.unit) {
                    self.terms.remove(&unit);
                }
                self.terms.extend(is.and_then(|o| Some((o.unit?, o.day))));
            }
            (Some(_), None) => {}
        }
        self
    }

    /// Only these days of what is known by `key`; of a term's end when there is no key.
    pub(crate) fn only(&self, key: Option<&str>, days: impl IntoIterator<Item = Occasion>) -> Self {
        let mut out = Self::new(&self.events);
        for o in days {
            match (key, o.unit) {
                (Some(key), _) => out.add(key, o),
                (None, Some(unit)) => {
                    out.terms.insert(unit, o.day);
                }
                (None, None) => {}
            }
        }
        out
    }

    fn occasions(&self, on: &Moment, basis: &Basis<'_>) -> Vec<Occasion> {
        let Some(key) = self.events.key(on) else {
            let mine = self.terms.iter().filter(|(_, day)| day.year() == basis.year);
            return mine.map(|(unit, day)| Occasion::of(*unit, *day)).collect();
        };
        let told: Vec<Occasion> = self.of(&key, basis.year).copied().collect();
        if !told.is_empty() {
            return told;
        }
        let days = known(on.words(), basis.calendar, basis.from);
        days.into_iter().map(|day| Occasion { day, year: basis.year, unit: None }).collect()
    }
}

/// The places in the year that hang on a moment and do not end before `basis.from`: one for each of its days.
///
/// 在…前 is due on the eve of an event and on the last day of a term, not beyond the year where the calendar gives the day;
/// 每次… on its day. Two that fall on one due day are told apart by their number.
pub(crate) fn slots_of(on: &Moment, when: When, usual: &[i8], basis: &Basis<'_>) -> Vec<Slot> {
    let mut out: Vec<Slot> = Vec::new();
    let words = Cadence::Hang { on: on.clone(), when }.words();
    let told =
        basis.moments.events.key(on).is_some_and(|k| basis.moments.of(&k, basis.year).next().is_some());
    let mut numbers: HashMap<(Option<UnitId>, Date), u32> = HashMap::new();
    for Occasion { day, unit, .. } in basis.moments.occasions(on, basis) {
        let (starts, due) = match when {
            When::Before { months } => {
                let eve = if *on == Moment::TermEnd { day } else { plus(day, -1) };
                let due = if told || *on == Moment::TermEnd { eve } else { eve.min(last_of(basis.year, 12)) };
                let starts = match months {
                    0 => opening(basis.year, basis.from),
                    n => due.saturating_sub(i32::from(n).months()),
                };
                (starts.min(due), due)
            }
            When::Within { days, working: true } => (day, basis.calendar.add_working_days(day, days)),
            When::Within { days, working: false } => (day, plus(day, i64::from(days))),
            When::On => (day, day),
        };
        if due < basis.from {
            continue;
        }
        let number = numbers.entry((unit, due)).or_default();
        *number += 1;
        let dated = || format!("{}月{}日{}", day.month(), day.day(), on.words());
        out.push(Slot {
            starts,
            due,
            planned: planned(basis.calendar, (starts, due), (1, 1), usual, basis.made),
            label: match (on, when) {
                (Moment::TermEnd, _) => format!("{}年{}月届满", due.year(), due.month()),
                (_, When::Before { .. }) => words.clone(),
                (_, When::Within { .. }) if !told => words.clone(),
                _ => dated(),
            },
            seq: *number,
            times: 1,
            need: 1,
            home: unit,
        });
    }
    out
}

/// Whose occasions a bearer's duties hang on: its own, where it holds the event itself; else those of the nearest unit above
/// it that does.
pub(crate) struct Home<'a> {
    units: HashMap<UnitId, &'a Unit>,
    /// Kinds of unit that hold the event; none where each unit has its own.
    held_by: Option<BTreeSet<UnitKind>>,
    /// Numbers of the slots that are a unit's own.
    own: HashMap<UnitId, Vec<usize>>,
    /// Numbers of those that are everybody's.
    common: Vec<usize>,
}

impl<'a> Home<'a> {
    pub(crate) fn of(cadence: &Cadence, basis: &'a Basis<'a>, slots: &[Slot]) -> Self {
        let events = &basis.moments.events;
        let event = match cadence.moment() {
            Some(on @ Moment::Event { .. }) => events.key(on).and_then(|k| events.get(&k)),
            _ => None,
        };
        let held_by = event.map(|e| e.kept_by.clone()).filter(|k| !k.is_empty());
        let (mut own, mut common): (HashMap<UnitId, Vec<usize>>, Vec<usize>) = Default::default();
        for (i, slot) in slots.iter().enumerate() {
            match slot.home {
                Some(unit) => own.entry(unit).or_default().push(i),
                None => common.push(i),
            }
        }
        let units =
            if own.is_empty() { HashMap::new() } else { basis.org.units.iter().map(|u| (u.id, u)).collect() };
        Self { units, held_by, own, common }
    }

    /// The unit whose occasions are this unit's.
    fn home(&self, unit: UnitId) -> Option<UnitId> {
        let Some(kinds) = &self.held_by else { return Some(unit) };
        let up = std::iter::successors(self.units.get(&unit), |u| self.units.get(&u.parent?));
        // A tree is no deeper than it has units.
        up.take(self.units.len() + 1).find(|u| kinds.contains(&u.kind)).map(|u| u.id)
    }

    fn mine(&self, unit: UnitId) -> &[usize] {
        if self.own.is_empty() {
            return &[];
        }
        self.home(unit).and_then(|h| self.own.get(&h)).map(Vec::as_slice).unwrap_or_default()
    }

    /// The slots of a unit, with their numbers, in order. A day that was told for all and written down by the unit is one.
    pub(crate) fn slots<'s>(
        &self,
        unit: UnitId,
        slots: &'s [Slot],
    ) -> impl Iterator<Item = (usize, &'s Slot)> + use<'s> {
        let mut all: Vec<(usize, &Slot)> =
            self.common.iter().chain(self.mine(unit)).filter_map(|i| Some((*i, slots.get(*i)?))).collect();
        if !self.own.is_empty() {
            all.sort_by_key(|(i, s)| (s.due, s.starts, *i));
            all.dedup_by_key(|(_, s)| (s.due, s.starts));
        }
        all.into_iter()
    }

    /// Whether a unit owes this slot.
    pub(crate) fn owes(&self, unit: UnitId, slot: &Slot) -> bool {
        slot.home.is_none_or(|h| self.home(unit) == Some(h))
    }
}

/// The days of an event that the school's calendar knows, from the day after `from` on.
pub(crate) fn known(event: &str, calendar: &SchoolCalendar, from: Date) -> Vec<Date> {
    let terms = calendar.own_terms();
    let ends = || terms.iter().map(|t| plus(t.last, 1));
    let vacation = |name: &str| -> Vec<Date> {
        calendar.vacations.iter().filter(|v| v.name == name).map(|v| v.first).collect()
    };
    let first = |days: Vec<Date>| days.into_iter().filter(|d| *d > from).min().into_iter().collect();
    let own = |name: &str| terms.iter().find(|t| t.name == name);
    if let Some(term) = event.strip_suffix("结束").and_then(own) {
        return vec![plus(term.last, 1)].into_iter().filter(|d| *d > from).collect();
    }
    if let Some(term) = event.strip_suffix("开学").and_then(own) {
        return vec![term.first].into_iter().filter(|d| *d > from).collect();
    }
    match event {
        "开学" => terms.iter().map(|t| t.first).filter(|d| *d > from).collect(),
        "放假" | "学期结束" => ends().filter(|d| *d > from).collect(),
        "学年结束" => first(vacation("暑假")),
        // The winter's vacation of this year, or when it is over the one after the autumn term.
        "寒假" => first(vacation(event).into_iter().chain(ends().next_back()).collect()),
        "暑假" => first(vacation(event)),
        _ => {
            let name = event.trim_end_matches('节');
            let feast = |h: &&Stretch| h.name.trim_end_matches('节') == name && !name.is_empty();
            calendar.holidays.iter().filter(feast).map(|h| h.first).filter(|d| *d > from).collect()
        }
    }
}
