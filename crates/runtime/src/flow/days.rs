//! Lengths of time on the institution's calendar.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use model::Per;
use model::flow::Length;
use model::follow::QuietDay;
use rulebook::Rulebook;

use crate::SchoolCalendar;

/// The working days of the years that are known.
#[derive(Clone, Debug, Default)]
pub struct Days {
    years: BTreeMap<i16, Year>,
}

/// The calendar of a year, and its working days in order from when they are first asked for: the states of hundreds of cases
/// count along them.
#[derive(Clone, Debug)]
struct Year {
    calendar: SchoolCalendar,
    working: OnceLock<Vec<Date>>,
}

impl Year {
    fn of(calendar: SchoolCalendar) -> Self {
        Self { calendar, working: OnceLock::new() }
    }

    fn working(&self) -> &[Date] {
        self.working.get_or_init(|| self.calendar.working_days())
    }
}

impl Days {
    /// The calendars of these years, as the rulebook has them.
    #[must_use]
    pub fn of(rulebook: &Rulebook, years: std::ops::RangeInclusive<i16>) -> Self {
        let data = rulebook.calendar_data();
        Self {
            years: years.map(|year| (year, Year::of(SchoolCalendar::from_rulebook(data, year)))).collect(),
        }
    }

    /// Whether nothing is sent on such a day.
    #[must_use]
    pub fn is_quiet(&self, day: Date, quiet: &BTreeSet<QuietDay>) -> bool {
        let calendar = self.years.get(&day.year());
        let vacation = calendar.is_some_and(|y| y.calendar.is_vacation(day));
        let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        let kind = if weekend { QuietDay::RestDay } else { QuietDay::Holiday };
        (!self.is_working(day) && quiet.contains(&kind))
            || (vacation && quiet.contains(&QuietDay::SchoolHoliday))
    }

    /// Whether offices work on a day.
    #[must_use]
    pub fn is_working_day(&self, day: Date) -> bool {
        self.is_working(day)
    }

    /// The same with the institution's own calendar of a year.
    #[must_use]
    pub fn with(mut self, year: i16, calendar: SchoolCalendar) -> Self {
        self.years.insert(year, Year::of(calendar));
        self
    }

    fn is_working(&self, day: Date) -> bool {
        match self.years.get(&day.year()) {
            Some(year) => year.calendar.is_working_day(day),
            None => SchoolCalendar::default_for(day.year()).is_working_day(day),
        }
    }

    /// The day that lies so long after `day`, which itself is not counted; a month ends on the same day, or on its last.
    #[must_use]
    pub fn after(&self, day: Date, length: Length) -> Date {
        self.moved(day, length, 1)
    }

    /// The day that lies so long before `day`.
    #[must_use]
    pub fn before(&self, day: Date, length: Length) -> Date {
        self.moved(day, length, -1)
    }

    fn moved(&self, day: Date, length: Length, way: i64) -> Date {
        let by = |n: u32| i64::from(n) * way;
        let moved = match length {
            // Without a time of day hours are told on the day.
            Length::Hours(n) => day.checked_add(by(n / 24).days()),
            Length::Days(n) => day.checked_add(by(n).days()),
            Length::Months(n) => day.checked_add(by(n).months()),
            Length::Years(n) => day.checked_add(by(n).years()),
            Length::WorkingDays(n) => return self.working_days(day, n, way),
        };
        moved.unwrap_or(day)
    }

    /// The working day that is the `n`th after `day`, or before it where `way` is negative.
    fn working_days(&self, day: Date, n: u32, way: i64) -> Date {
        let (mut left, mut year) = (n as usize, day.year());
        if left == 0 {
            return day;
        }
        let mut last = day;
        loop {
            let unknown;
            let known = match self.years.get(&year) {
                Some(known) => known,
                None => {
                    unknown = Year::of(SchoolCalendar::default_for(year));
                    &unknown
                }
            };
            let working = known.working();
            let ahead = if way < 0 {
                working.get(..working.partition_point(|d| *d < day)).unwrap_or_default()
            } else {
                working.get(working.partition_point(|d| *d <= day)..).unwrap_or_default()
            };
            let at = if way < 0 { ahead.len().checked_sub(left) } else { Some(left - 1) };
            if let Some(found) = at.and_then(|at| ahead.get(at)) {
                return *found;
            }
            left -= ahead.len();
            let (first, end) = (ahead.first().copied(), ahead.last().copied());
            last = if way < 0 { first } else { end }.unwrap_or(last);
            // Beyond the years that jiff knows nothing can be told: the last day that there was stands.
            year = match if way < 0 { year.checked_sub(1) } else { year.checked_add(1) } {
                Some(next) if Date::new(next, 1, 1).is_ok() => next,
                _ => return last,
            };
        }
    }

    /// The period that `day` lies in: its first and last day. Terms are half-years here.
    #[must_use]
    pub fn period(day: Date, per: Per) -> (Date, Date) {
        if let Per::Day = per {
            return (day, day);
        }
        if let Per::Week | Per::TwoWeeks = per {
            let first =
                day.checked_sub(i64::from(day.weekday().to_monday_zero_offset()).days()).unwrap_or(day);
            let more = if per == Per::Week { 6 } else { 13 };
            return (first, first.checked_add(i64::from(more).days()).unwrap_or(first));
        }
        let months = per.months().unwrap_or(6);
        let first_month = (day.month() - 1) / months * months + 1;
        let first = Date::new(day.year(), first_month, 1).unwrap_or(day);
        let next = first.checked_add(i64::from(months).months()).unwrap_or(first);
        (first, next.yesterday().unwrap_or(next))
    }
}
