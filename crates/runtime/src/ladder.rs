//! 催办: which rung of the ladder a duty has reached on a day, and what stops it. Pure: what went, what was answered and
//! what was asked are arguments, so any past day can be asked for.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use model::follow::{Addressee, Chase, DutyKind, Instant, Rung, RungTest, RungsOf, Stop};
use model::{PersonId, UnitId};

use crate::flow::{Days, World};

/// A rung that went for a duty, or that a person left out with a reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone {
    /// The rung.
    pub rung: String,
    /// The day.
    pub day: Date,
    /// The due day under which it went: one that is put off opens the ladder anew.
    pub due: Date,
    /// Whether it was left out.
    pub skipped: bool,
    /// Of the case that its release opened: the due days of its steps.
    pub dues: BTreeMap<String, Date>,
    /// Whether that case was dropped before anything was sent: the climb rests there.
    pub dropped: bool,
}

/// A record about a duty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Its ledgers.
    pub ledgers: Vec<String>,
    /// The day from which it was known.
    pub known: Date,
    /// The fields that it fills.
    pub filled: BTreeSet<String>,
}

/// A duty as the ladder sees it on a day.
#[derive(Clone, Debug)]
pub struct Chased<'a> {
    /// What kind of duty it is.
    pub kind: &'a DutyKind,
    /// Exceptions that a plan, a clause or an order names for it.
    pub named: &'a BTreeSet<String>,
    /// The day from which it could be done, not before it came into the Book.
    pub opened: Date,
    /// The due day as first planned.
    pub first_due: Date,
    /// The due day that holds.
    pub due: Date,
    /// Whether it is done, waived or no longer asked.
    pub settled: bool,
    /// What went for it by that day, in order.
    pub gone: &'a [Gone],
    /// What went for the unit that owes it, this duty's included: rung and day.
    pub of_unit: &'a [(String, Date)],
    /// Kinds of requests about it that nobody has answered.
    pub requests: &'a BTreeSet<String>,
    /// Records about it.
    pub answers: &'a [Answer],
    /// Cases about it: procedure and stage.
    pub cases: &'a [(String, String)],
    /// Until when somebody holds the next rung.
    pub held: Option<Date>,
}

/// Why the next rung does not go today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Its day has not come.
    Until(Date),
    /// Another rung went today.
    Today,
    /// A request is open.
    Request(String),
    /// Somebody said how it stands: until when that holds the climb.
    Answered(Date),
    /// A case about it stands so.
    Case(String, String),
    /// Somebody holds it, until then.
    Held(Date),
    /// Nothing goes on such a day.
    Quiet,
    /// The case that the latest rung opened was dropped.
    Dropped,
}

/// The next rung of a duty.
#[derive(Clone, Debug, PartialEq)]
pub struct Reached {
    /// The rung, with what exceptions lay over it.
    pub rung: Rung,
    /// The first day on which it may go.
    pub since: Date,
    /// Why it does not go today; nothing where it goes, or may be released.
    pub wait: Option<Wait>,
}

/// What the ladder is asked against.
#[derive(Clone, Copy)]
pub struct Ladder<'a> {
    /// The ladder.
    pub chase: &'a Chase,
    /// The calendar.
    pub days: &'a Days,
    /// Whether a setting is on.
    pub setting: &'a dyn Fn(&str) -> bool,
}

impl Ladder<'_> {
    /// The next rung of a duty on a day; none where nothing is left of the ladder, or nothing is owed.
    ///
    /// Of the rungs whose day has come it is the lowest that has not gone; where none has come, the one that comes first.
    /// What goes by itself goes on its day or not at all. A stop holds the climb where it stands: when it ceases, the days
    /// are not counted anew.
    #[must_use]
    pub fn next(&self, duty: &Chased<'_>, today: Date) -> Option<Reached> {
        if duty.settled {
            return None;
        }
        let mut later: Option<Reached> = None;
        for rung in self.chase.rungs_of(duty.kind, duty.named) {
            if self.went(&rung, duty, today) {
                continue;
            }
            let Some(since) = self.first_day(&rung, duty, today) else { continue };
            if since > today {
                if later.as_ref().is_none_or(|l| since < l.since) {
                    later = Some(Reached { rung, since, wait: Some(Wait::Until(since)) });
                }
                continue;
            }
            // Nobody is reminded afterwards of what he should have been reminded of before.
            if rung.by.is_none() && since < today {
                continue;
            }
            let wait = self.wait(duty, today);
            return Some(Reached { rung, since, wait });
        }
        later
    }

    /// Whether a rung went for the due day that holds; of what is gathered, in this period.
    fn went(&self, rung: &Rung, duty: &Chased<'_>, today: Date) -> bool {
        let mut gone = duty.gone.iter().filter(|g| g.rung == rung.id && g.day <= today);
        match rung.gather {
            Some(per) => {
                let (first, last) = Days::period(today, per);
                gone.any(|g| (first..=last).contains(&g.day))
            }
            None => gone.any(|g| g.due == duty.due),
        }
    }

    /// The first day on which a rung may go: the latest of what its conditions name; none where one of them does not hold
    /// or hangs on what has not happened.
    fn first_day(&self, rung: &Rung, duty: &Chased<'_>, today: Date) -> Option<Date> {
        let mut first = duty.opened;
        for test in &rung.when {
            first = first.max(self.day_of_test(test, duty, today)?);
        }
        if rung.by.is_some() {
            return Some(first);
        }
        // What goes by itself goes before the due day: on the working day before, where its own is none.
        let mut day = first;
        while !self.days.is_working_day(day) && day > duty.opened {
            day = day.yesterday().ok()?;
        }
        Some(day)
    }

    fn day_of_test(&self, test: &RungTest, duty: &Chased<'_>, today: Date) -> Option<Date> {
        match test {
            RungTest::Since { since, at_least } => {
                self.instant(since, duty, today).map(|d| self.days.after(d, *at_least))
            }
            RungTest::Until { until, at_most } => {
                self.instant(until, duty, today).map(|d| self.days.before(d, *at_most))
            }
            RungTest::Between { since, until, at_least } => {
                let (from, to) = (self.instant(since, duty, today)?, self.instant(until, duty, today)?);
                (self.days.after(from, *at_least) <= to).then_some(duty.opened)
            }
            RungTest::Setting(id) => (self.setting)(id).then_some(duty.opened),
            RungTest::Rungs { rungs, of, since, at_least } => {
                let from = match since {
                    Some(since) => Some(self.instant(since, duty, today)?),
                    None => None,
                };
                let counts = |day: Date| day <= today && from.is_none_or(|f| day >= f);
                let mut days: Vec<Date> = match of {
                    RungsOf::Duty => {
                        let gone = duty.gone.iter().filter(|g| !g.skipped && rungs.contains(&g.rung));
                        gone.map(|g| g.day).filter(|d| counts(*d)).collect()
                    }
                    RungsOf::Own => {
                        let gone = duty.of_unit.iter().filter(|(rung, _)| rungs.contains(rung));
                        gone.map(|(_, day)| *day).filter(|d| counts(*d)).collect()
                    }
                };
                days.sort_unstable();
                let at = usize::try_from(at_least.saturating_sub(1)).ok()?;
                days.get(at).copied()
            }
        }
    }

    fn instant(&self, instant: &Instant, duty: &Chased<'_>, today: Date) -> Option<Date> {
        let of = |rung: &str| {
            let gone = duty.gone.iter().rev();
            gone.filter(|g| g.due == duty.due && g.day <= today).find(|g| g.rung == rung)
        };
        match instant {
            Instant::Opened => Some(duty.opened),
            Instant::Due => Some(duty.due),
            Instant::FirstDue => Some(duty.first_due),
            Instant::Latest => self.latest(duty, today).map(|g| g.day),
            Instant::Rung(id) => of(id).map(|g| g.day),
            Instant::DueOf { rung, step } => of(rung).and_then(|g| g.dues.get(step).copied()),
            Instant::YearStarts => Date::new(today.year(), 1, 1).ok(),
        }
    }

    fn latest<'g>(&self, duty: &Chased<'g>, today: Date) -> Option<&'g Gone> {
        duty.gone.iter().rev().find(|g| g.due == duty.due && g.day <= today)
    }

    /// What keeps a rung whose day has come from going today.
    fn wait(&self, duty: &Chased<'_>, today: Date) -> Option<Wait> {
        let latest = self.latest(duty, today);
        if latest.is_some_and(|g| g.dropped) {
            return Some(Wait::Dropped);
        }
        if let Some(stopped) = self.stopped(duty, today) {
            return Some(stopped);
        }
        if let Some(until) = duty.held.filter(|until| today <= *until) {
            return Some(Wait::Held(until));
        }
        if duty.gone.iter().any(|g| g.day == today && !g.skipped) {
            return Some(Wait::Today);
        }
        self.days.is_quiet(today, &self.chase.quiet_days).then_some(Wait::Quiet)
    }

    /// What stops the climb on a day.
    #[must_use]
    pub fn stopped(&self, duty: &Chased<'_>, today: Date) -> Option<Wait> {
        // Before any rung went, what was said after the due day is an answer.
        let since = self.latest(duty, today).map_or(duty.due, |g| g.day);
        let mut longest: Option<Date> = None;
        for stop in &self.chase.stops {
            match stop {
                Stop::Request(kinds) => {
                    if let Some(kind) = duty.requests.iter().find(|k| kinds.contains(*k)) {
                        return Some(Wait::Request(kind.clone()));
                    }
                }
                Stop::Cases { workflow, are } => {
                    let found = duty.cases.iter().find(|(w, stage)| w == workflow && are.contains(stage));
                    if let Some((workflow, stage)) = found {
                        return Some(Wait::Case(workflow.clone(), stage.clone()));
                    }
                }
                Stop::Entries { ledgers, has, within } => {
                    let fits = |a: &&Answer| {
                        a.ledgers.iter().any(|l| ledgers.contains(l))
                            && has.is_subset(&a.filled)
                            && (since..=today).contains(&a.known)
                    };
                    // The first since the latest rung: a second one stretches nothing.
                    let first = duty.answers.iter().filter(fits).map(|a| a.known).min();
                    let until = first.map(|d| self.days.after(d, *within)).filter(|until| today <= *until);
                    longest = longest.max(until);
                }
            }
        }
        longest.map(Wait::Answered)
    }
}

/// One who gets something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Recipient {
    /// The unit.
    pub unit: UnitId,
    /// The person; none where whoever acts for the unit is meant.
    pub person: Option<PersonId>,
    /// Whether it goes to the unit above because nobody holds the post.
    pub vacant: bool,
}

/// To whom a rung goes on a day, each once. Where nobody holds a post in the unit, to those who hold it in the unit above,
/// and that is said.
#[must_use]
pub fn recipients(
    to: &[Addressee],
    own: UnitId,
    opened_by: Option<UnitId>,
    co_owners: &[UnitId],
    world: &World<'_>,
    on: Date,
) -> Vec<Recipient> {
    let mut out: Vec<Recipient> = Vec::new();
    for addressee in to {
        let (units, role) = world.units_of(&addressee.who, own, opened_by, co_owners, on);
        let posts = if addressee.posts.is_empty() { role } else { addressee.posts.clone() };
        for unit in units {
            let holders = |unit: UnitId| -> Vec<PersonId> {
                let held = world.people.iter().filter(|(_, someone)| {
                    someone.posts_on(on).any(|(at, title)| at == unit && posts.iter().any(|p| p == title))
                });
                held.map(|(id, _)| *id).collect()
            };
            if posts.is_empty() {
                out.push(Recipient { unit, person: None, vacant: false });
                continue;
            }
            let mine = holders(unit);
            let above = world.organisation.unit(unit).and_then(|u| u.parent);
            match (mine.is_empty(), above) {
                (false, _) => {
                    out.extend(mine.into_iter().map(|p| Recipient { unit, person: Some(p), vacant: false }));
                }
                (true, Some(above)) => {
                    let theirs = holders(above);
                    if theirs.is_empty() {
                        out.push(Recipient { unit: above, person: None, vacant: true });
                    }
                    let named = theirs.into_iter();
                    out.extend(named.map(|p| Recipient { unit: above, person: Some(p), vacant: true }));
                }
                (true, None) => out.push(Recipient { unit, person: None, vacant: true }),
            }
        }
    }
    let mut seen = BTreeSet::new();
    out.retain(|r| seen.insert((r.unit, r.person)));
    out
}
