//! Cadence → the stretches of the plan's year in which something is owed, and the day on which to plan it.

use jiff::civil::Date;
use model::{Cadence, DayIn, Due, Per};

use crate::calendar::{SchoolCalendar, Stretch, days_between, first_monday, plus};

/// Above this number of times in one period there is one duty that needs so many records, and not so many duties:
/// 每月不少于20次 must not bury a branch under 240 lights.
const MOST_APART: u32 = 12;

/// A stretch in which one or more duties of an obligation lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// First day.
    pub starts: Date,
    /// Last day, on which the duty is due.
    pub due: Date,
    /// What it is called: 4月, 二季度, 春季学期第8周, 6月底前.
    pub label: String,
    /// How many duties lie in it.
    pub times: u32,
    /// How much each of them needs: 1 for a count, minutes for study hours.
    pub need: u32,
}

/// The periods of a cadence in the plan's year, in order. Empty for [`Cadence::Standing`], and for [`Cadence::Hang`]: its days
/// are those of a moment.
///
/// - Everything counted lies inside the year, since the year's check closes on 31 December: an autumn term that runs
///   into January is owed until then.
/// - Months that the calendar exempts are left out (of two months, only when both are).
/// - Weeks and days are counted inside terms only, and not in weeks without a working day: schools are empty in the
///   vacations, and no plan that says 每周 means them. Days are asked week by week: one duty that needs a record for
///   each working day, because two hundred lights a year say less than forty.
/// - A rhythm with a day (每月5日前) is due on that day of each period, or where the period has no such day on its last.
///   次月5日前 of the last month is due when the year closes.
/// - What is limited to some months has the periods whose due day, as it is written, lies in them.
/// - A dated one runs from 1 January, or from `from` when that is later, to its day; it may lie in another year when
///   the document names that year.
#[must_use]
pub fn periods(cadence: &Cadence, calendar: &SchoolCalendar, year: i16, from: Date) -> Vec<Period> {
    match cadence {
        Cadence::AtLeast { times: 0, .. }
        | Cadence::EachBy { times: 0, .. }
        | Cadence::Hours { hours: 0, .. }
        | Cadence::Hang { .. }
        | Cadence::Standing => Vec::new(),
        Cadence::AtLeast { times, per: Per::Day } => weeks(calendar, year, 1)
            .into_iter()
            .map(|w| {
                let need = times.saturating_mul(working_days(calendar, w.first, w.last));
                Period { starts: w.first, due: w.last, label: w.name, times: 1, need }
            })
            .collect(),
        Cadence::AtLeast { times, per } => {
            let (times, need) = if *times > MOST_APART { (1, *times) } else { (*times, 1) };
            stretches(*per, calendar, year).into_iter().map(|s| counted(s, times, need)).collect()
        }
        Cadence::EachBy { times, per, by } => {
            let (times, need) = if *times > MOST_APART { (1, *times) } else { (*times, 1) };
            let by_day = |s: Stretch| {
                let due = day_in(*by, &s, calendar, year);
                let starts = first_day(*by, &s).min(due);
                Period { starts, due, ..counted(s, times, need) }
            };
            stretches(*per, calendar, year).into_iter().map(by_day).collect()
        }
        Cadence::Hours { hours, per } => {
            let need = hours.saturating_mul(60);
            stretches(*per, calendar, year).into_iter().map(|s| counted(s, 1, need)).collect()
        }
        Cadence::By(due) => dated(due, calendar, year, from),
        Cadence::Limited { each, months, postponed } => {
            let mut out = periods(each, calendar, year, from);
            out.retain(|p| months.is_empty() || months.contains(&p.due.month()));
            for p in out.iter_mut().filter(|_| *postponed) {
                p.due = working_from(calendar, p.due);
            }
            out
        }
    }
}

/// The first working day on or after `day`; `day` itself where a month of holidays follows.
fn working_from(calendar: &SchoolCalendar, day: Date) -> Date {
    (0..31).map(|n| plus(day, n)).find(|d| calendar.is_working_day(*d)).unwrap_or(day)
}

fn counted(s: Stretch, times: u32, need: u32) -> Period {
    Period { starts: s.first, due: s.last, label: s.name, times, need }
}

fn once(starts: Date, due: Date, label: String) -> Period {
    Period { starts: starts.min(due), due, label, times: 1, need: 1 }
}

/// The day from which something dated may be done.
pub(crate) fn opening(year: i16, from: Date) -> Date {
    first_of(year, 1).max(from)
}

fn dated(due: &Due, calendar: &SchoolCalendar, year: i16, from: Date) -> Vec<Period> {
    let by = |day: Date| vec![once(opening(year, from), day, due.words())];
    match due {
        Due::Day(day) => by(*day),
        Due::MonthDay { month, day } => {
            let last = last_of(year, *month);
            by(Date::new(last.year(), last.month(), (*day).max(1)).unwrap_or(last))
        }
        Due::MonthEnd { month } => by(last_of(year, *month)),
        Due::Months { from: first, to } => {
            // 11月—次年2月 is owed until the year closes.
            let to = if to < first { 12 } else { *to };
            vec![once(first_of(year, *first), last_of(year, to), due.words())]
        }
        Due::TermStart { days } => calendar
            .own_terms()
            .into_iter()
            .map(|t| once(t.first, plus(t.first, i64::from(*days)), t.name))
            .collect(),
    }
}

fn stretches(per: Per, calendar: &SchoolCalendar, year: i16) -> Vec<Stretch> {
    let months = |first: i8, last: i8, name: String| Stretch {
        name,
        first: first_of(year, first),
        last: last_of(year, last),
    };
    match per {
        Per::Day | Per::Week => weeks(calendar, year, 1),
        Per::TwoWeeks => weeks(calendar, year, 2),
        Per::Month => (1..=12)
            .filter(|m| calendar.exempt_reason(*m).is_none())
            .map(|m| months(m, m, format!("{m}月")))
            .collect(),
        Per::TwoMonths => [1, 3, 5, 7, 9, 11]
            .into_iter()
            .filter(|m| calendar.exempt_reason(*m).is_none() || calendar.exempt_reason(m + 1).is_none())
            .map(|m| months(m, m + 1, format!("{m}—{}月", m + 1)))
            .collect(),
        Per::Quarter => [(1, "一季度"), (4, "二季度"), (7, "三季度"), (10, "四季度")]
            .into_iter()
            .map(|(m, name)| months(m, m + 2, name.to_owned()))
            .collect(),
        Per::Term => calendar.own_terms().into_iter().filter_map(|t| inside(year, t)).collect(),
        Per::HalfYear => vec![months(1, 6, "上半年".to_owned()), months(7, 12, "下半年".to_owned())],
        Per::Year => vec![months(1, 12, format!("{year}年度"))],
    }
}

/// A day of one of a stretch's months, or the last of a month too short for it.
fn day_of_month(s: &Stretch, month: i8, day: i8) -> Date {
    let mut first = s.first.first_of_month();
    for _ in 1..month.clamp(1, 13) {
        first = plus(first.last_of_month(), 1);
    }
    Date::new(first.year(), first.month(), day.max(1)).unwrap_or(first.last_of_month())
}

/// The day from which something may be done: the stretch's first, where the day says nothing of it.
fn first_day(by: DayIn, s: &Stretch) -> Date {
    match by {
        DayIn::Between { month, from, .. } => day_of_month(s, month, from).max(s.first),
        _ => s.first,
    }
}

/// The day of a stretch on which something is due, not before it begins and not beyond the year.
fn day_in(by: DayIn, s: &Stretch, calendar: &SchoolCalendar, year: i16) -> Date {
    let day = match by {
        DayIn::Month { month, day } | DayIn::Between { month, to: day, .. } => day_of_month(s, month, day),
        DayIn::WorkingDay { order } => {
            let nth = usize::from(order.unsigned_abs().max(1)) - 1;
            let days = 0..=days_between(s.first, s.last);
            let works = |d: &Date| calendar.is_working_day(*d);
            let found = if order > 0 {
                days.map(|n| plus(s.first, n)).filter(works).nth(nth)
            } else {
                days.map(|n| plus(s.last, -n)).filter(works).nth(nth)
            };
            found.unwrap_or(s.last)
        }
        DayIn::Weekday { day } => {
            // Of two weeks the second one's.
            let monday = plus(s.last, -i64::from(s.last.weekday().to_monday_zero_offset()));
            let there = plus(monday, i64::from(day.clamp(1, 7)) - 1);
            if there > s.last { s.last } else { there }
        }
        DayIn::Days { days } => plus(s.first, i64::from(days)).min(s.last),
    };
    if day < s.first { s.last } else { day.min(last_of(year, 12)) }
}

/// The part of a stretch that lies in the year.
fn inside(year: i16, s: Stretch) -> Option<Stretch> {
    let first = s.first.max(first_of(year, 1));
    let last = s.last.min(last_of(year, 12));
    (first <= last).then_some(Stretch { first, last, ..s })
}

/// Teaching weeks of the year, `size` at a time, without those that hold no working day.
fn weeks(calendar: &SchoolCalendar, year: i16, size: u32) -> Vec<Stretch> {
    let mut terms: Vec<Stretch> = calendar.terms.clone();
    if terms.is_empty() {
        terms = calendar.own_terms();
    }
    terms.sort_by_key(|t| t.first);
    let mut out = Vec::new();
    for term in terms {
        let mut week = 1;
        let mut monday = first_monday(&term);
        while monday <= term.last {
            let next = plus(monday, 7 * i64::from(size));
            let name = match size {
                1 => format!("{}第{week}周", term.name),
                _ => format!("{}第{week}—{}周", term.name, week + size - 1),
            };
            let whole = Stretch {
                name,
                first: if week == 1 { term.first } else { monday },
                last: plus(next, -1).min(term.last),
            };
            let part = inside(year, whole).filter(|p| working_days(calendar, p.first, p.last) > 0);
            out.extend(part);
            week += size;
            if next <= monday {
                break;
            }
            monday = next;
        }
    }
    out
}

fn working_days(calendar: &SchoolCalendar, first: Date, last: Date) -> u32 {
    let mut count = 0;
    let mut at = first;
    while at <= last {
        count += u32::from(calendar.is_working_day(at));
        let Ok(next) = at.tomorrow() else { break };
        at = next;
    }
    count
}

/// The first day of a month; years and months that do not exist are brought to the nearest that do.
pub(crate) fn first_of(year: i16, month: i8) -> Date {
    Date::new(year.clamp(1, 9998), month.clamp(1, 12), 1).unwrap_or(Date::MIN)
}

/// The last day of a month.
pub(crate) fn last_of(year: i16, month: i8) -> Date {
    first_of(year, month).last_of_month()
}

/// The day on which to plan the `seq`-th of `times` between two days.
///
/// The stretch is cut into `times` equal parts; in its part the day falls into the second-last week (ten days before
/// the end: late enough to be ready, early enough to be moved), or into the middle of a part shorter than three weeks.
/// It is a working day outside the vacations where there is one, and never before `earliest` while the period runs.
/// When the rule says in which months it is usually done, the last such month inside the stretch is taken.
pub(crate) fn planned(
    calendar: &SchoolCalendar,
    (starts, due): (Date, Date),
    (seq, times): (u32, u32),
    usual: &[i8],
    earliest: Date,
) -> Date {
    let (starts, due) = usual_month(starts, due, usual).unwrap_or((starts, due));
    let days = days_between(starts, due) + 1;
    let (seq, times) = (i64::from(seq.max(1)), i64::from(times.max(1)));
    let first = plus(starts, days * (seq - 1) / times).min(due);
    let last = plus(starts, days * seq / times - 1).clamp(first, due);
    let first = if earliest <= last { first.max(earliest) } else { first };
    let length = days_between(first, last) + 1;
    let aim = if length >= 21 { plus(last, -10) } else { plus(first, length / 2) };
    let teaching = |d: Date| calendar.is_working_day(d) && !calendar.is_vacation(d);
    nearest(aim, first, last, teaching)
        .or_else(|| nearest(aim, first, last, |d| calendar.is_working_day(d)))
        .unwrap_or(aim)
}

/// The last usual month that shares a day with the stretch.
fn usual_month(starts: Date, due: Date, usual: &[i8]) -> Option<(Date, Date)> {
    let mut found = None;
    let mut month = starts.first_of_month();
    while month <= due {
        if usual.contains(&month.month()) {
            found = Some((month.max(starts), month.last_of_month().min(due)));
        }
        let Ok(next) = month.last_of_month().tomorrow() else { break };
        month = next;
    }
    found
}

/// The day nearest to `aim` that will do: backwards first, so that a day lost does not make it late.
fn nearest(aim: Date, first: Date, last: Date, will_do: impl Fn(Date) -> bool) -> Option<Date> {
    let back = (0..=days_between(first, aim)).map(|n| plus(aim, -n)).find(|d| will_do(*d));
    back.or_else(|| (1..=days_between(aim, last)).map(|n| plus(aim, n)).find(|d| will_do(*d)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::Exemption;
    use jiff::civil::date;

    fn of(cadence: &Cadence) -> Vec<Period> {
        periods(cadence, &SchoolCalendar::default_for(2022), 2022, date(2022, 1, 1))
    }

    fn labels(cadence: &Cadence) -> Vec<String> {
        of(cadence).into_iter().map(|p| p.label).collect()
    }

    #[test]
    fn each_rhythm_has_its_periods() {
        let every = |per| Cadence::AtLeast { times: 1, per };
        assert_eq!(labels(&every(Per::Month)).len(), 12);
        assert_eq!(labels(&every(Per::TwoMonths)), ["1—2月", "3—4月", "5—6月", "7—8月", "9—10月", "11—12月"]);
        assert_eq!(labels(&every(Per::Quarter)), ["一季度", "二季度", "三季度", "四季度"]);
        assert_eq!(labels(&every(Per::Term)), ["春季学期", "秋季学期"]);
        assert_eq!(labels(&every(Per::HalfYear)), ["上半年", "下半年"]);
        assert_eq!(labels(&every(Per::Year)), ["2022年度"]);
        assert_eq!(labels(&Cadence::Standing), Vec::<String>::new());
    }

    #[test]
    fn a_rhythm_with_a_day_is_due_on_it() {
        let due =
            |per, by| of(&Cadence::EachBy { times: 1, per, by }).iter().map(|p| p.due).collect::<Vec<_>>();
        let months = due(Per::Month, DayIn::Month { month: 1, day: 31 });
        assert_eq!(
            (months[0], months[1], months[3]),
            (date(2022, 1, 31), date(2022, 2, 28), date(2022, 4, 30))
        );
        let next = due(Per::Month, DayIn::Month { month: 2, day: 5 });
        assert_eq!((next[0], next[11]), (date(2022, 2, 5), date(2022, 12, 31)), "次月5日前");
        let quarters = due(Per::Quarter, DayIn::Month { month: 3, day: 25 });
        assert_eq!(quarters, [date(2022, 3, 25), date(2022, 6, 25), date(2022, 9, 25), date(2022, 12, 25)]);
        assert_eq!(due(Per::Year, DayIn::Month { month: 6, day: 31 }), [date(2022, 6, 30)]);
        let weeks = of(&Cadence::EachBy { times: 1, per: Per::Week, by: DayIn::Weekday { day: 5 } });
        let eighth = weeks.iter().find(|w| w.label == "春季学期第8周").expect("a week of the term");
        assert_eq!(eighth.due.weekday(), jiff::civil::Weekday::Friday);
        assert!(weeks.iter().all(|w| w.starts <= w.due));
        let terms = of(&Cadence::EachBy { times: 1, per: Per::Term, by: DayIn::Days { days: 14 } });
        assert!(terms.iter().all(|t| t.due == plus(t.starts, 14)), "{terms:?}");
    }

    #[test]
    fn days_between_and_working_days() {
        let monthly = |by| Cadence::EachBy { times: 1, per: Per::Month, by };
        let between = of(&monthly(DayIn::Between { month: 1, from: 10, to: 30 }));
        let days = |n: usize| (between[n].starts, between[n].due);
        assert_eq!(days(0), (date(2022, 1, 10), date(2022, 1, 30)));
        assert_eq!(days(1), (date(2022, 2, 10), date(2022, 2, 28)), "a month too short");
        let last: Vec<Date> = of(&monthly(DayIn::WorkingDay { order: -1 })).iter().map(|p| p.due).collect();
        assert_eq!(last[3], date(2022, 4, 29), "30 April is a Saturday");
        let third: Vec<Date> = of(&monthly(DayIn::WorkingDay { order: 3 })).iter().map(|p| p.due).collect();
        assert_eq!(third[9], date(2022, 10, 6), "after the holidays and a weekend");
    }

    #[test]
    fn what_is_narrowed() {
        let day = Cadence::EachBy { times: 1, per: Per::Month, by: DayIn::Month { month: 1, day: 1 } };
        let spring = of(&day.clone().in_months(3..=5));
        assert_eq!(
            spring.iter().map(|p| p.due).collect::<Vec<_>>(),
            [date(2022, 3, 1), date(2022, 4, 1), date(2022, 5, 1)]
        );
        let winter = of(&day.clone().in_months([11, 12, 1, 2]));
        assert_eq!(winter.iter().map(|p| p.due.month()).collect::<Vec<_>>(), [1, 2, 11, 12]);
        let moved: Vec<Date> = of(&day.postponed()).iter().map(|p| p.due).collect();
        assert_eq!(moved[4], date(2022, 5, 2), "1 May is a holiday and a Sunday");
        assert_eq!(moved[9], date(2022, 10, 4));
    }

    #[test]
    fn an_autumn_term_closes_with_the_year() {
        let terms = of(&Cadence::AtLeast { times: 1, per: Per::Term });
        assert_eq!(terms[1].due, date(2022, 12, 31));
    }

    #[test]
    fn weeks_are_those_of_the_terms() {
        let weeks = of(&Cadence::AtLeast { times: 1, per: Per::Week });
        assert!(weeks.len() > 35 && weeks.len() < 46, "{}", weeks.len());
        assert!(weeks.iter().any(|w| w.label == "春季学期第8周"));
        assert!(weeks.iter().all(|w| !(7..=8).contains(&w.starts.month()) || w.starts < date(2022, 7, 11)));
        let mut calendar = SchoolCalendar::default_for(2022);
        calendar.holidays.push(Stretch::new("国庆节", date(2022, 10, 1), date(2022, 10, 9)));
        let weekly = Cadence::AtLeast { times: 1, per: Per::Week };
        let fewer = periods(&weekly, &calendar, 2022, date(2022, 1, 1));
        assert_eq!(fewer.len() + 1, weeks.len(), "a week of holidays only");
        let pairs = of(&Cadence::AtLeast { times: 1, per: Per::TwoWeeks });
        assert!(pairs.iter().any(|w| w.label == "春季学期第7—8周"));
    }

    #[test]
    fn days_are_asked_week_by_week() {
        let weeks = of(&Cadence::AtLeast { times: 2, per: Per::Day });
        let eighth = weeks.iter().find(|w| w.label == "春季学期第8周").expect("a week of the term");
        assert_eq!((eighth.times, eighth.need), (1, 10));
    }

    #[test]
    fn many_times_are_one_duty() {
        let monthly = of(&Cadence::AtLeast { times: 4_000_000_000, per: Per::Month });
        assert_eq!(monthly.len(), 12);
        assert_eq!((monthly[0].times, monthly[0].need), (1, 4_000_000_000));
    }

    #[test]
    fn exempt_months_make_no_monthly_duty() {
        let mut calendar = SchoolCalendar::default_for(2022);
        for month in [7, 8, 2] {
            calendar.exempt.push(Exemption { month, reason: "假期".to_owned() });
        }
        let count =
            |per| periods(&Cadence::AtLeast { times: 1, per }, &calendar, 2022, date(2022, 1, 1)).len();
        assert_eq!(count(Per::Month), 9);
        assert_eq!(count(Per::TwoMonths), 5, "1—2月 stays, 7—8月 goes");
        assert_eq!(count(Per::Quarter), 4);
    }

    #[test]
    fn dated_ones_take_any_number_a_document_can_hold() {
        let due = |d: Due| of(&Cadence::By(d)).first().map(|p| (p.starts, p.due));
        let jan = date(2022, 1, 1);
        assert_eq!(due(Due::MonthDay { month: 6, day: 30 }), Some((jan, date(2022, 6, 30))));
        assert_eq!(due(Due::MonthDay { month: 2, day: 30 }), Some((jan, date(2022, 2, 28))));
        assert_eq!(due(Due::MonthDay { month: 99, day: -3 }), Some((jan, date(2022, 12, 1))));
        assert_eq!(due(Due::MonthEnd { month: 6 }), Some((jan, date(2022, 6, 30))));
        assert_eq!(due(Due::Months { from: 3, to: 6 }), Some((date(2022, 3, 1), date(2022, 6, 30))));
        assert_eq!(due(Due::Months { from: 11, to: 2 }), Some((date(2022, 11, 1), date(2022, 12, 31))));
        assert_eq!(of(&Cadence::By(Due::TermStart { days: 14 })).len(), 2);
    }

    #[test]
    fn planned_days_lie_where_one_would_put_them() {
        let calendar = SchoolCalendar::default_for(2022);
        let jan = date(2022, 1, 1);
        let april = (date(2022, 4, 1), date(2022, 4, 30));
        assert_eq!(planned(&calendar, april, (1, 1), &[], jan), date(2022, 4, 20));
        let first = planned(&calendar, april, (1, 2), &[], jan);
        let second = planned(&calendar, april, (2, 2), &[], jan);
        assert!(first < date(2022, 4, 16) && second > date(2022, 4, 15), "{first} {second}");
        let published_late = planned(&calendar, april, (1, 1), &[], date(2022, 4, 26));
        assert!(published_late >= date(2022, 4, 26) && published_late <= april.1, "{published_late}");
        let year = (jan, date(2022, 12, 31));
        assert_eq!(planned(&calendar, year, (1, 1), &[1, 12], jan).month(), 12);
        let february = (date(2022, 2, 1), date(2022, 2, 28));
        assert!(planned(&calendar, february, (1, 1), &[], jan) >= date(2022, 2, 21), "not in the vacation");
    }
}
