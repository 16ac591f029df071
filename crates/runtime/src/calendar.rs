//! The school's year: terms, vacations, public holidays, and the months in which nothing monthly is asked.

use std::collections::BTreeSet;

use jiff::{
    ToSpan,
    civil::{Date, Weekday, date},
};
use rulebook::CalendarData;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A named run of days: a term, a vacation, a public holiday. Both ends belong to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// Name (春季学期, 暑假, 国庆节).
    pub name: String,
    /// First day.
    pub first: Date,
    /// Last day.
    pub last: Date,
}

impl Stretch {
    /// A run of days from `first` to `last`.
    #[must_use]
    pub fn new(name: &str, first: Date, last: Date) -> Self {
        Self { name: name.to_owned(), first, last }
    }

    /// Whether `day` belongs to it.
    #[must_use]
    pub fn holds(&self, day: Date) -> bool {
        self.first <= day && day <= self.last
    }
}

/// A month in which no monthly duty is made: a setting of the institution, with its reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exemption {
    /// Month, 1 to 12.
    pub month: i8,
    /// Why (暑假，教师离校).
    pub reason: String,
}

/// What is wrong with a calendar, for the person who edits or imports it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CalendarFault {
    /// A stretch ends before it begins.
    #[error("{name}的结束日期{last}早于开始日期{first}")]
    Backwards {
        /// Name of the stretch.
        name: String,
        /// Its first day.
        first: Date,
        /// Its last day.
        last: Date,
    },
    /// Two terms share days.
    #[error("{earlier}与{later}的日期重叠")]
    Overlap {
        /// The term that begins first.
        earlier: String,
        /// The term that begins before the other has ended.
        later: String,
    },
    /// No term begins in the year.
    #[error("{year}年没有学期：请至少填写一个在该年开学的学期")]
    NoTerm {
        /// The year.
        year: i16,
    },
    /// A month that is none.
    #[error("免办月份{month}不是1至12月")]
    NotAMonth {
        /// The number given.
        month: i8,
    },
}

/// 校历 of one calendar year. The terms may reach into the years beside it; those that begin in it are its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchoolCalendar {
    /// The calendar year.
    pub year: i16,
    /// Terms with a day in the year, in order.
    #[serde(default)]
    pub terms: Vec<Stretch>,
    /// 寒暑假. Days in them can be working days; nothing is planned into them where another day serves.
    #[serde(default)]
    pub vacations: Vec<Stretch>,
    /// Public holidays, weekends in them included.
    #[serde(default)]
    pub holidays: Vec<Stretch>,
    /// 考试周: nothing is kept from them; who plans a meeting sees them.
    #[serde(default)]
    pub exams: Vec<Stretch>,
    /// 调休上班: Saturdays and Sundays that are worked.
    #[serde(default)]
    pub makeup: BTreeSet<Date>,
    /// Months in which no monthly duty is made; empty unless the institution sets some.
    #[serde(default)]
    pub exempt: Vec<Exemption>,
    /// Whether it was computed for lack of data, so that pages can say so.
    #[serde(default)]
    pub estimated: bool,
}

impl SchoolCalendar {
    /// The calendar assumed for a year without data: 20 weeks from the Monday on or after 20 February and on or after
    /// 1 September (the usual shape of a Chinese college's year), the vacations between them, and those public holidays
    /// whose day follows from the year alone (元旦, 清明, 劳动节, 国庆: 全国年节及纪念日放假办法). The lunar ones and
    /// the make-up days are announced each autumn and come only with data.
    #[must_use]
    pub fn default_for(year: i16) -> Self {
        let year = year.clamp(1900, 9998);
        let spring = monday_from(date(year, 2, 20));
        let autumn = monday_from(date(year, 9, 1));
        let before = monday_from(date(year - 1, 9, 1));
        let last = |first: Date| plus(first, 20 * 7 - 1);
        let (spring_last, autumn_last, before_last) = (last(spring), last(autumn), last(before));
        let qingming = qingming(year);
        Self {
            year,
            terms: vec![
                Stretch::new("上年秋季学期", before, before_last),
                Stretch::new("春季学期", spring, spring_last),
                Stretch::new("秋季学期", autumn, autumn_last),
            ],
            vacations: vec![
                Stretch::new("寒假", plus(before_last, 1), plus(spring, -1)),
                Stretch::new("暑假", plus(spring_last, 1), plus(autumn, -1)),
            ],
            holidays: vec![
                Stretch::new("元旦", date(year, 1, 1), date(year, 1, 1)),
                Stretch::new("清明节", qingming, qingming),
                Stretch::new("劳动节", date(year, 5, 1), date(year, 5, 1)),
                Stretch::new("国庆节", date(year, 10, 1), date(year, 10, 3)),
            ],
            exams: Vec::new(),
            makeup: BTreeSet::new(),
            exempt: Vec::new(),
            estimated: true,
        }
    }

    /// The calendar of `year` as the rulebook has it: its own file, or the usual days. The terms of the year before that
    /// reach into it are taken in; what lies between two terms is a vacation. Estimated while the State Council's notice
    /// for the year is not known.
    #[must_use]
    pub fn from_rulebook(data: &CalendarData, year: i16) -> Self {
        let stretch = |s: rulebook::Stretch| Stretch { name: s.name, first: s.from, last: s.to };
        let this = data.year(year);
        let before = year.checked_sub(1).map(|y| data.year(y).terms).unwrap_or_default();
        let own_first = this.terms.iter().map(|t| t.from).min();
        let reaching = before
            .into_iter()
            .filter(|t| t.to.year() >= year && own_first.is_none_or(|f| t.to < f))
            .map(|t| rulebook::Stretch { name: format!("上年{}", t.name), ..t });
        let mut terms: Vec<Stretch> = reaching.chain(this.terms).map(stretch).collect();
        terms.sort_by_key(|t| t.first);
        Self {
            year,
            vacations: gaps(&terms),
            terms,
            holidays: this.holidays.into_iter().map(stretch).collect(),
            exams: this.exams.into_iter().map(stretch).collect(),
            makeup: this.makeup_days.into_iter().collect(),
            exempt: (this.exempt_months.into_iter())
                .map(|month| Exemption { month, reason: this.exempt_reason.clone() })
                .collect(),
            estimated: this.notice.is_empty(),
        }
    }

    /// Checks what a person typed or imported.
    ///
    /// # Errors
    /// Every fault found, in the order of the calendar.
    pub fn check(&self) -> Result<(), Vec<CalendarFault>> {
        let mut faults = Vec::new();
        for s in self.terms.iter().chain(&self.vacations).chain(&self.holidays).chain(&self.exams) {
            if s.last < s.first {
                faults.push(CalendarFault::Backwards { name: s.name.clone(), first: s.first, last: s.last });
            }
        }
        let mut terms: Vec<&Stretch> = self.terms.iter().collect();
        terms.sort_by_key(|t| t.first);
        for pair in terms.windows(2) {
            if let [a, b] = pair
                && b.first <= a.last
            {
                faults.push(CalendarFault::Overlap { earlier: a.name.clone(), later: b.name.clone() });
            }
        }
        if !self.terms.iter().any(|t| t.first.year() == self.year) {
            faults.push(CalendarFault::NoTerm { year: self.year });
        }
        for e in &self.exempt {
            if !(1..=12).contains(&e.month) {
                faults.push(CalendarFault::NotAMonth { month: e.month });
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    /// Whether offices work on `day`. The make-up table decides before the holidays, and these before the weekday.
    #[must_use]
    pub fn is_working_day(&self, day: Date) -> bool {
        if self.makeup.contains(&day) {
            return true;
        }
        !is_weekend(day) && !self.holidays.iter().any(|h| h.holds(day))
    }

    /// The working days of the year, in their order.
    #[must_use]
    pub fn working_days(&self) -> Vec<Date> {
        let first = date(self.year, 1, 1);
        let days = std::iter::successors(Some(first), |d| d.tomorrow().ok());
        days.take_while(|d| d.year() == self.year).filter(|d| self.is_working_day(*d)).collect()
    }

    /// Whether `day` lies in a vacation.
    #[must_use]
    pub fn is_vacation(&self, day: Date) -> bool {
        self.vacations.iter().any(|v| v.holds(day))
    }

    /// The day that is `days` working days after `day`; `day` itself is not counted (收到后5个工作日内). With 0 it is
    /// `day`. Stops at the end of the calendar that jiff knows (year 9999).
    #[must_use]
    pub fn add_working_days(&self, day: Date, days: u16) -> Date {
        let mut at = day;
        let mut left = days;
        while left > 0 {
            let Ok(next) = at.tomorrow() else { return at };
            at = next;
            if self.is_working_day(at) {
                left -= 1;
            }
        }
        at
    }

    /// The term that `day` lies in.
    #[must_use]
    pub fn term_of(&self, day: Date) -> Option<&Stretch> {
        self.terms.iter().find(|t| t.holds(day))
    }

    /// The teaching week of `day`, from 1. Weeks begin on Monday; the first is the one in which the term begins, and a
    /// weekend on which it begins is counted with it.
    #[must_use]
    pub fn week_of_term(&self, day: Date) -> Option<u32> {
        let term = self.term_of(day)?;
        let weeks = days_between(first_monday(term), monday_of(day)).max(0) / 7;
        u32::try_from(weeks + 1).ok()
    }

    /// The terms that begin in the year, in order. A calendar without any (an unfinished import) gives those of
    /// [`SchoolCalendar::default_for`]: a 每学期 duty must not vanish because a table is empty.
    #[must_use]
    pub fn own_terms(&self) -> Vec<Stretch> {
        let mut own: Vec<Stretch> =
            self.terms.iter().filter(|t| t.first.year() == self.year && t.first <= t.last).cloned().collect();
        if own.is_empty() {
            own = Self::default_for(self.year)
                .terms
                .into_iter()
                .filter(|t| t.first.year() == self.year)
                .collect();
        }
        own.sort_by_key(|t| t.first);
        own
    }

    /// Why nothing monthly is asked in `month`, if so.
    #[must_use]
    pub fn exempt_reason(&self, month: i8) -> Option<&str> {
        self.exempt.iter().find(|e| e.month == month).map(|e| e.reason.as_str())
    }
}

/// The Monday of the week of `day`.
pub(crate) fn monday_of(day: Date) -> Date {
    plus(day, -i64::from(day.weekday().to_monday_zero_offset()))
}

/// The Monday of a term's first teaching week: lessons begin after a weekend on which it begins.
pub(crate) fn first_monday(term: &Stretch) -> Date {
    if is_weekend(term.first) { monday_from(term.first) } else { monday_of(term.first) }
}

fn is_weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// The vacations between terms: 暑假 when it begins in May to August, else 寒假.
fn gaps(terms: &[Stretch]) -> Vec<Stretch> {
    let between = terms.windows(2).filter_map(|pair| match pair {
        [a, b] => Some((plus(a.last, 1), plus(b.first, -1))),
        _ => None,
    });
    between
        .filter(|(first, last)| first <= last)
        .map(|(first, last)| {
            let name = if (5..=8).contains(&first.month()) { "暑假" } else { "寒假" };
            Stretch::new(name, first, last)
        })
        .collect()
}

/// The first Monday on or after `day`.
fn monday_from(day: Date) -> Date {
    let monday = monday_of(day);
    if monday == day { day } else { plus(monday, 7) }
}

/// `day` and so many days more (or fewer), held inside the years that jiff knows.
pub(crate) fn plus(day: Date, days: i64) -> Date {
    day.saturating_add(days.clamp(-4_000_000, 4_000_000).days())
}

/// Days from `a` to `b`; negative when `b` is earlier.
pub(crate) fn days_between(a: Date, b: Date) -> i64 {
    b.duration_since(a).as_hours() / 24
}

/// 清明: the usual approximation of the solar term for the 20th and 21st centuries (coefficients 5.59 and 4.81), right
/// for every year from 1901 to 2099 but those moved by a few minutes around midnight.
fn qingming(year: i16) -> Date {
    let in_century = i64::from(year.rem_euclid(100));
    let base = if year < 2000 { 559 } else { 481 };
    let day = (2422 * in_century + base * 100) / 10_000 - in_century / 4;
    date(year, 4, i8::try_from(day.clamp(4, 6)).unwrap_or(5))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample() -> SchoolCalendar {
        let mut c = SchoolCalendar::default_for(2022);
        c.holidays.push(Stretch::new("春节", date(2022, 1, 31), date(2022, 2, 6)));
        c.makeup.insert(date(2022, 1, 29));
        c
    }

    #[test]
    fn holidays_are_not_worked_and_makeup_days_are() {
        let c = sample();
        assert!(!c.is_working_day(date(2022, 2, 1)), "a Tuesday inside 春节");
        assert!(c.is_working_day(date(2022, 1, 29)), "a Saturday that is worked");
        assert!(!c.is_working_day(date(2022, 1, 22)), "a plain Saturday");
        assert!(c.is_working_day(date(2022, 2, 7)));
    }

    #[test]
    fn five_working_days_after_a_friday_before_the_holiday() {
        let c = sample();
        // 28 January is a Friday; the 29th is worked, then 春节 until the 6th: 29, 7, 8, 9, 10.
        assert_eq!(c.add_working_days(date(2022, 1, 28), 5), date(2022, 2, 10));
        assert_eq!(c.add_working_days(date(2022, 1, 28), 0), date(2022, 1, 28));
    }

    #[test]
    fn weeks_are_counted_from_the_week_in_which_the_term_begins() {
        let mut c = sample();
        c.terms = vec![Stretch::new("春季学期", date(2022, 2, 23), date(2022, 7, 8))];
        assert_eq!(c.week_of_term(date(2022, 2, 23)), Some(1), "a Wednesday");
        assert_eq!(c.week_of_term(date(2022, 2, 27)), Some(1));
        assert_eq!(c.week_of_term(date(2022, 2, 28)), Some(2));
        assert_eq!(c.week_of_term(date(2022, 4, 15)), Some(8));
        assert_eq!(c.week_of_term(date(2022, 7, 9)), None);
        c.terms = vec![Stretch::new("春季学期", date(2022, 2, 20), date(2022, 7, 8))];
        assert_eq!(c.week_of_term(date(2022, 2, 20)), Some(1), "a Sunday");
        assert_eq!(c.week_of_term(date(2022, 2, 25)), Some(1));
        assert_eq!(c.week_of_term(date(2022, 2, 28)), Some(2));
    }

    #[test]
    fn the_rulebooks_calendars_are_sound() {
        let book = rulebook::Rulebook::built_in().expect("the built-in rulebook is checked by its own tests");
        for year in 2020..2032 {
            let c = SchoolCalendar::from_rulebook(book.calendar_data(), year);
            assert_eq!(c.check(), Ok(()), "{year}");
            assert_eq!(c.own_terms().len(), 2, "{year}");
            assert!(
                c.term_of(date(year, 1, 5)).is_some(),
                "{year}: the autumn term before reaches into January"
            );
            let names: Vec<&str> = c.vacations.iter().map(|v| v.name.as_str()).collect();
            assert_eq!(names, ["寒假", "暑假"], "{year}");
        }
        let c = SchoolCalendar::from_rulebook(book.calendar_data(), 2022);
        assert!(!c.estimated);
        assert!(c.is_working_day(date(2022, 4, 24)), "a Sunday worked for 劳动节");
        assert!(!c.is_working_day(date(2022, 6, 3)), "端午");
    }

    #[test]
    fn the_day_of_qingming_in_years_that_are_known() {
        for (year, day) in [(2020, 4), (2021, 4), (2022, 5), (2023, 5), (2024, 4), (2025, 4), (2026, 5)] {
            assert_eq!(qingming(year), date(year, 4, day), "{year}");
        }
    }

    #[test]
    fn faults_are_all_told() {
        let mut c = SchoolCalendar::default_for(2022);
        c.terms = vec![
            Stretch::new("甲", date(2021, 9, 1), date(2021, 12, 1)),
            Stretch::new("乙", date(2021, 11, 1), date(2021, 10, 1)),
        ];
        c.exempt.push(Exemption { month: 13, reason: String::new() });
        let faults = c.check().expect_err("four faults");
        assert_eq!(faults.len(), 4, "{faults:?}");
        assert!(faults[0].to_string().contains("早于"));
        assert_eq!(c.own_terms().len(), 2, "an unfinished calendar falls back to the usual terms");
    }

    proptest! {
        #[test]
        fn a_default_calendar_is_sound(year in 1950i16..2100) {
            let c = SchoolCalendar::default_for(year);
            prop_assert_eq!(c.check(), Ok(()));
            prop_assert_eq!(c.own_terms().len(), 2);
            let mut day = date(year, 1, 1);
            while day.year() == year {
                prop_assert!(!(c.term_of(day).is_some() && c.is_vacation(day)), "{} in both", day);
                prop_assert!(c.term_of(day).is_some() || c.is_vacation(day), "{} in neither", day);
                day = day.tomorrow().expect("inside the known years");
            }
        }

        #[test]
        fn adding_working_days_counts_exactly_so_many(offset in 0i64..364, n in 0u16..60) {
            let c = sample();
            let from = plus(date(2022, 1, 1), offset);
            let to = c.add_working_days(from, n);
            let mut count = 0;
            let mut at = from;
            while at < to {
                at = at.tomorrow().expect("inside the known years");
                count += u16::from(c.is_working_day(at));
            }
            prop_assert_eq!(count, n);
            prop_assert!(n == 0 || c.is_working_day(to));
        }

        #[test]
        fn a_calendar_survives_json(year in 1950i16..2100) {
            let c = SchoolCalendar::default_for(year);
            let text = serde_json::to_string(&c).expect("plain data");
            prop_assert_eq!(serde_json::from_str::<SchoolCalendar>(&text).expect("our own text"), c);
        }
    }
}
