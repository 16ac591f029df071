//! Nine months of work: what each unit did about its duties by the demonstration's day, and what it did not.

mod habits;
mod record;
mod registers;

use std::collections::{BTreeMap, HashMap};

use jiff::{Span, Timestamp, ToSpan as _, civil::Date};
use model::{
    AccountId, Cadence, Credit, Decision, Duty, Entry, Obligation, ObligationId, Outcome, PersonId, Request,
    RequestId, Unit, UnitId, UnitKind, Wish,
};

use self::habits::{GOOD, habits};
use super::{
    chance::{Chance, id},
    occasion::Occasion,
    world::World,
};

/// What was done in the year, and what was asked to be let off or put off.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Year {
    pub(crate) entries: Vec<Entry>,
    pub(crate) credits: Vec<Credit>,
    pub(crate) requests: Vec<Request>,
}

/// Who writes and who approves.
pub(crate) struct Writers {
    pub(crate) by_unit: HashMap<UnitId, AccountId>,
    pub(crate) office: AccountId,
}

/// How a unit works; in per cent of its duties.
#[derive(Clone, Copy)]
struct Habits {
    late: u32,
    backfilled: u32,
    missing: u32,
    waived: u32,
    extended: u32,
    careless: u32,
}

/// What became of a duty.
#[derive(Clone, Copy)]
enum Fate {
    Done(Date),
    Backfilled(Date, Date),
    /// Made up after the due day.
    Late(Date),
    Waived,
    /// Put off to a day, and done on another, or not yet.
    Extended(Date, Option<Date>),
    /// Not done: overdue, or not yet due.
    Open,
}

struct Maker<'w, 'a> {
    world: &'w World<'a>,
    writers: &'w Writers,
    obligations: HashMap<ObligationId, &'w Obligation>,
    habits: HashMap<UnitId, Habits>,
    occasions: Vec<Occasion>,
    out: Year,
}

/// A branch's or department's own way of working.
struct Ways {
    habits: Habits,
    /// Day of the week on which it meets, 0 for Monday.
    weekday: i64,
    /// Week of the month in which it meets, from 0.
    week: i64,
    /// How many days earlier or later than planned it does what is asked once.
    lead: i64,
    by: AccountId,
}

fn plus(day: Date, days: i64) -> Date {
    day.saturating_add(Span::new().days(days))
}

fn days(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |s| i64::from(s.get_days()))
}

/// An instant on `day` in China.
fn at(day: Date, minutes: i64) -> Timestamp {
    let start = day.to_zoned(work::clock::china()).map_or(Timestamp::UNIX_EPOCH, |z| z.timestamp());
    start.checked_add(minutes.minutes()).unwrap_or(start)
}

/// Makes the year.
pub(crate) fn year(
    world: &World<'_>,
    writers: &Writers,
    obligations: &[Obligation],
    duties: &[Duty],
) -> Year {
    let mut maker = Maker {
        world,
        writers,
        obligations: obligations.iter().map(|o| (o.id, o)).collect(),
        habits: habits(&world.org.units),
        occasions: Vec::new(),
        out: Year::default(),
    };
    let mut of_unit: BTreeMap<UnitId, Vec<&Duty>> = BTreeMap::new();
    let mut of_persons: BTreeMap<(ObligationId, Date, u32), Vec<&Duty>> = BTreeMap::new();
    for duty in duties {
        if duty.person.is_none() {
            of_unit.entry(duty.unit).or_default().push(duty);
        } else {
            of_persons.entry((duty.obligation, duty.starts, duty.seq)).or_default().push(duty);
        }
    }
    for unit in &world.org.units {
        let mut own = of_unit.remove(&unit.id).unwrap_or_default();
        // What recurs often comes first: what is asked seldom can then be joined to it.
        own.sort_by_key(|d| (days(d.starts, d.due), d.starts, d.obligation, d.seq));
        maker.unit(unit, &own);
    }
    for group in of_persons.into_values() {
        maker.persons(&group);
    }
    maker.other_ledgers();
    maker.wait(duties);
    maker.record(duties);
    maker.out
}

impl<'w> Maker<'w, '_> {
    fn ways(&self, unit: &Unit, chance: &mut Chance) -> Ways {
        let habits = self.habits.get(&unit.id).copied().unwrap_or(GOOD);
        let by = self.writers.by_unit.get(&unit.id).copied().unwrap_or(self.writers.office);
        Ways {
            habits,
            weekday: chance.within(1, 3),
            week: chance.within(0, 2),
            lead: chance.within(-9, 9),
            by,
        }
    }

    fn unit(&mut self, unit: &Unit, duties: &[&'w Duty]) {
        let mut chance = Chance::new(self.world.seed, &format!("year of {}", unit.name));
        let ways = self.ways(unit, &mut chance);
        let first = self.occasions.len();
        for duty in duties {
            let Some(obligation) = self.obligations.get(&duty.obligation).copied() else { continue };
            let fate = self.fate(duty, obligation, &ways, &mut chance);
            self.carry_out(duty, obligation, fate, first, &ways, &mut chance);
        }
        if unit.kind == UnitKind::Branch {
            self.training(unit, &ways, &mut chance);
        }
    }

    /// A working day near `wished` on which the unit likes to meet, within the bounds.
    fn meeting_day(&self, wished: Date, bounds: (Date, Date), weekday: i64) -> Date {
        let (first, last) = bounds;
        let monday = plus(wished, -i64::from(wished.weekday().to_monday_zero_offset()));
        let liked = plus(monday, weekday);
        let calendar = self.world.calendar;
        let works = |d: Date| first <= d && d <= last && calendar.is_working_day(d);
        let teaches = |d: Date| works(d) && !calendar.is_vacation(d);
        if teaches(liked) {
            return liked;
        }
        let near = || (0..=days(first, last)).flat_map(|n| [plus(wished, n), plus(wished, -n)]);
        near()
            .find(|d| teaches(*d))
            .or_else(|| near().find(|d| works(*d)))
            .unwrap_or(wished.clamp(first, last))
    }

    fn usual_day(&self, duty: &Duty, obligation: &Obligation, ways: &Ways, chance: &mut Chance) -> Date {
        let bounds = (duty.starts, duty.due);
        let rule = obligation.origin.rule().and_then(|r| self.world.rulebook.obligation(r));
        let months: Vec<i8> = (duty.starts.month()..=duty.due.month())
            .filter(|m| rule.is_some_and(|r| r.months.contains(m)) && duty.starts.year() == duty.due.year())
            .collect();
        let wished = match (days(duty.starts, duty.due), chance.pick(&months)) {
            (_, Some(month)) => {
                let first = Date::new(duty.starts.year(), *month, 1).unwrap_or(duty.starts);
                chance.day(plus(first, 2), plus(first, 26))
            }
            (..=31, None) => {
                let spread = plus(duty.starts, ways.week * 7 + 3 + chance.within(0, 6));
                // Several in one period keep apart.
                plus(spread, i64::from(duty.seq.saturating_sub(1)) * 7)
            }
            // A quarter: any of its months.
            (..=100, None) => chance.day(plus(duty.starts, 8), plus(duty.due, -6)),
            // What has a day is done shortly before it; what is counted by the half-year or year, when it fits.
            (_, None) if matches!(obligation.cadence, Cadence::By(_)) => {
                plus(duty.planned, ways.lead + chance.within(-20, 6))
            }
            (..=190, None) => chance.day(plus(duty.due, -75), plus(duty.due, -3)),
            (_, None) => chance.day(plus(duty.starts, 60), plus(duty.due, -20)),
        };
        self.meeting_day(wished.clamp(duty.starts, duty.due), bounds, ways.weekday)
    }

    fn fate(&self, duty: &Duty, obligation: &Obligation, ways: &Ways, chance: &mut Chance) -> Fate {
        let today = self.world.today;
        let habits = ways.habits;
        let day = self.usual_day(duty, obligation, ways, chance);
        let throw = u32::try_from(chance.within(0, 99)).unwrap_or(0);
        let (missing, late) = (habits.missing, habits.missing + habits.late);
        let (waived, extended) = (late + habits.waived, late + habits.waived + habits.extended);
        let backfilled = extended + habits.backfilled;
        if duty.starts > today {
            return Fate::Open;
        }
        if throw < missing {
            return Fate::Open;
        }
        if throw < late && duty.due < today {
            let then = self.meeting_day(
                plus(duty.due, chance.within(4, 26)),
                (plus(duty.due, 1), today),
                ways.weekday,
            );
            return Fate::Late(then);
        }
        if (late..waived).contains(&throw) && duty.due <= plus(today, 30) {
            return Fate::Waived;
        }
        if (waived..extended).contains(&throw)
            && duty.due <= plus(today, 10)
            && days(duty.starts, duty.due) > 40
        {
            let to = plus(duty.due, chance.within(2, 5) * 7);
            let done = self.meeting_day(plus(to, -chance.within(1, 9)), (duty.starts, to), ways.weekday);
            return Fate::Extended(to, (done <= today && chance.percent(80)).then_some(done));
        }
        if day > today {
            return Fate::Open;
        }
        if throw < backfilled && day < plus(today, -5) {
            return Fate::Backfilled(day, plus(day, chance.within(5, 27)).min(today));
        }
        Fate::Done(day)
    }

    fn occasion(
        &self,
        duty: &Duty,
        obligation: &Obligation,
        ledger: &str,
        day: Date,
        entered: Timestamp,
        by: AccountId,
    ) -> Occasion {
        Occasion {
            unit: duty.unit,
            ledgers: vec![ledger.to_owned()],
            condition: said(obligation),
            day,
            entered,
            by,
            opened_from: Some(duty.id),
            about: obligation.title.clone(),
            clause: obligation.origin.words().unwrap_or_default().to_owned(),
            people: None,
            of_each: false,
            only_if_credited: false,
        }
    }

    /// Entered the same evening or in the next two days.
    fn soon_after(&self, day: Date, chance: &mut Chance) -> Timestamp {
        let wait = if chance.percent(60) { 0 } else { chance.within(1, 2) };
        at(plus(day, wait).min(self.world.today), chance.within(16 * 60 + 20, 18 * 60 + 30))
    }

    fn carry_out(
        &mut self,
        duty: &Duty,
        obligation: &Obligation,
        fate: Fate,
        first: usize,
        ways: &Ways,
        chance: &mut Chance,
    ) {
        let Some(ledger) = obligation.ledger.as_deref().and_then(|l| self.world.rulebook.ledger(l)) else {
            return;
        };
        match fate {
            Fate::Open => {}
            Fate::Done(day) => {
                if self.join(duty, obligation, ledger, first, chance) {
                    return;
                }
                let entered = self.soon_after(day, chance);
                self.occasions.push(self.occasion(duty, obligation, &ledger.id, day, entered, ways.by));
            }
            Fate::Backfilled(day, entered) => {
                let entered = at(entered, chance.within(9 * 60, 17 * 60));
                self.occasions.push(self.occasion(duty, obligation, &ledger.id, day, entered, ways.by));
            }
            Fate::Late(day) => {
                let entered = self.soon_after(day, chance);
                let late = self.occasion(duty, obligation, &ledger.id, day, entered, ways.by);
                self.occasions.push(Occasion { only_if_credited: true, ..late });
            }
            Fate::Waived => {
                let millis = millis(duty.starts);
                let reason = chance.word(&self.world.words.waive).to_owned();
                let id = id!(RequestId, millis, chance);
                let wish = Wish::Waiver { duty: duty.id };
                let request = self.request(id, wish, reason, ways.by, self.asked(duty));
                self.out.requests.push(request);
            }
            Fate::Extended(due, done) => {
                let millis = millis(duty.starts);
                let reason = chance.word(&self.world.words.extend).to_owned();
                let id = id!(RequestId, millis, chance);
                let wish = Wish::Extension { duty: duty.id, due };
                let request = self.request(id, wish, reason, ways.by, self.asked(duty));
                self.out.requests.push(request);
                if let Some(day) = done {
                    let entered = self.soon_after(day, chance);
                    let later = self.occasion(duty, obligation, &ledger.id, day, entered, ways.by);
                    self.occasions.push(Occasion { only_if_credited: true, ..later });
                }
            }
        }
    }

    /// The day on which a request about a duty was approved: some days before it was due; none when that lies ahead,
    /// and the request still waits.
    fn asked(&self, duty: &Duty) -> Option<Date> {
        let day = plus(duty.due, -6).max(duty.starts);
        (day < self.world.today).then_some(day)
    }

    /// Whether the duty was done together with something that the unit did anyway (套会).
    fn join(
        &mut self,
        duty: &Duty,
        obligation: &Obligation,
        ledger: &model::rule::Ledger,
        first: usize,
        chance: &mut Chance,
    ) -> bool {
        let rulebook = self.world.rulebook;
        let together = |l: &str| rulebook.ledger(l).map(|l| l.together.clone()).unwrap_or_default();
        let fits: Vec<usize> = (first..self.occasions.len())
            .filter(|n| {
                self.occasions.get(*n).is_some_and(|o| {
                    duty.starts <= o.day
                        && o.day <= duty.due
                        && o.ledgers.len() < 3
                        && !o.only_if_credited
                        && o.takes(ledger, &said(obligation), together)
                })
            })
            .collect();
        // What has its season waits for it.
        let rule = obligation.origin.rule().and_then(|r| rulebook.obligation(r));
        let seasonal =
            matches!(obligation.cadence, Cadence::By(_)) || rule.is_some_and(|r| !r.months.is_empty());
        let near: Vec<usize> = fits
            .into_iter()
            .filter(|n| {
                let day = self.occasions.get(*n).map_or(duty.due, |o| o.day);
                !seasonal || days(duty.planned, day).abs() <= 45
            })
            .collect();
        let Some(at) = chance.pick(&near).copied().filter(|_| chance.percent(70)) else { return false };
        let Some(occasion) = self.occasions.get_mut(at) else { return false };
        occasion.ledgers.push(ledger.id.clone());
        occasion.condition.extend(said(obligation));
        true
    }

    /// A branch studies beside its meetings, so that its members come by their hours.
    fn training(&mut self, unit: &Unit, ways: &Ways, chance: &mut Chance) {
        if self.world.rulebook.ledger("training").is_none() {
            return;
        }
        let year = self.world.today.year();
        let each = if ways.habits.missing > 10 { 3 } else { 2 };
        for month in
            (2..=self.world.today.month()).filter(|m| *m != 8 && (i64::from(*m) + ways.week) % each == 0)
        {
            let (Ok(first), Ok(last)) = (Date::new(year, month, 2), Date::new(year, month, 28)) else {
                continue;
            };
            if first > self.world.today {
                continue;
            }
            let last = last.min(self.world.today);
            let day = self.meeting_day(chance.day(first, last), (first, last), ways.weekday);
            self.occasions.push(Occasion {
                unit: unit.id,
                ledgers: vec!["training".to_owned()],
                condition: BTreeMap::new(),
                day,
                entered: self.soon_after(day, chance),
                by: ways.by,
                opened_from: None,
                about: "党员集中学习培训".to_owned(),
                clause: String::new(),
                people: None,
                of_each: false,
                only_if_credited: false,
            });
        }
    }

    /// What is owed by persons, other than hours, is done in one go by the unit that leads (集中轮训), or by their branch; what is owed
    /// about people, by the unit that owes it.
    fn persons(&mut self, duties: &[&'w Duty]) {
        let Some(first) = duties.first().copied() else { return };
        let Some(obligation) = self.obligations.get(&first.obligation).copied() else { return };
        if matches!(obligation.cadence, Cadence::Hours { .. }) || first.starts > self.world.today {
            return;
        }
        let Some(ledger) = obligation.ledger.as_deref().and_then(|l| self.world.rulebook.ledger(l)) else {
            return;
        };
        let lead = obligation.lead.first().and_then(|u| self.world.unit(*u));
        // What a unit owes about each of some people it says itself.
        let of_each = obligation.bearers.about.is_some();
        let lead = lead.filter(|u| !of_each && ledger.kept_by.contains(&u.kind));
        let mut by_keeper: BTreeMap<UnitId, Vec<PersonId>> = BTreeMap::new();
        for duty in duties {
            let keeper = lead.map_or(duty.unit, |u| u.id);
            by_keeper.entry(keeper).or_default().extend(duty.person);
        }
        for (keeper, people) in by_keeper {
            let Some(unit) = self.world.unit(keeper) else { continue };
            let mut chance = Chance::new(self.world.seed, &format!("{} in {}", obligation.title, unit.name));
            let ways = self.ways(unit, &mut chance);
            let opened =
                duties.iter().find(|d| d.person == people.first().copied()).copied().unwrap_or(first);
            let (Fate::Done(day) | Fate::Backfilled(day, _)) =
                self.fate(opened, obligation, &ways, &mut chance)
            else {
                continue;
            };
            let entered = self.soon_after(day, &mut chance);
            let meeting = self.occasion(opened, obligation, &ledger.id, day, entered, ways.by);
            self.occasions.push(Occasion { unit: keeper, people: Some(people), of_each, ..meeting });
        }
    }

    /// What was asked, decided by the office in the afternoon of its day when it was approved.
    fn request(
        &self,
        id: RequestId,
        wish: Wish,
        reason: String,
        asked_by: AccountId,
        approved: Option<Date>,
    ) -> Request {
        let decided = |on| Decision {
            outcome: Outcome::Approved,
            by: Some(self.writers.office),
            on,
            at: at(on, 15 * 60),
            remark: "同意".to_owned(),
        };
        let asked_at = at(approved.unwrap_or(self.world.today), 9 * 60);
        Request { id, wish, reason, asked_by, asked_at, decision: approved.map(decided) }
    }

    /// A few requests about what is due next month wait for the office to decide.
    fn wait(&mut self, duties: &[Duty]) {
        let mut chance = Chance::new(self.world.seed, "waiting requests");
        let today = self.world.today;
        let coming: Vec<&Duty> = duties
            .iter()
            .filter(|d| d.person.is_none() && plus(today, 8) <= d.due && d.due <= plus(today, 45))
            .filter(|d| self.world.unit(d.unit).is_some_and(|u| u.kind == UnitKind::Branch))
            .collect();
        for n in 0..3 {
            let Some(duty) = chance.pick(&coming) else { return };
            let asked_by = self.writers.by_unit.get(&duty.unit).copied().unwrap_or(self.writers.office);
            let millis = millis(today) + n;
            let id = id!(RequestId, millis, chance);
            let (wish, reason) = if n == 0 {
                let due = plus(duty.due, 14);
                (Wish::Extension { duty: duty.id, due }, chance.word(&self.world.words.extend))
            } else {
                (Wish::Waiver { duty: duty.id }, chance.word(&self.world.words.waive))
            };
            let request = self.request(id, wish, reason.to_owned(), asked_by, None);
            self.out.requests.push(request);
        }
    }
}

fn millis(day: Date) -> u64 {
    u64::try_from(at(day, 10 * 60).as_millisecond()).unwrap_or(0)
}

/// What a record must say to count, as values of its fields.
fn said(obligation: &Obligation) -> BTreeMap<String, String> {
    obligation.condition.said().map(|(field, value)| (field.to_owned(), value.to_owned())).collect()
}
