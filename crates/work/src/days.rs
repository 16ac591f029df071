//! Days as people read them.

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};

use crate::clock::china;

/// 4月22日.
#[must_use]
pub fn day_words(day: Date) -> String {
    format!("{}月{}日", day.month(), day.day())
}

/// 2022年4月22日.
#[must_use]
pub fn long_day_words(day: Date) -> String {
    format!("{}年{}", day.year(), day_words(day))
}

/// 4月22日; 2021年4月22日 when it is of another year than today.
#[must_use]
pub fn day_words_on(today: Date, day: Date) -> String {
    if day.year() == today.year() { day_words(day) } else { long_day_words(day) }
}

/// 2022年4月.
#[must_use]
pub fn month_words(day: Date) -> String {
    format!("{}年{}月", day.year(), day.month())
}

/// 周三.
#[must_use]
pub fn weekday(day: Date) -> &'static str {
    match day.weekday() {
        Weekday::Monday => "周一",
        Weekday::Tuesday => "周二",
        Weekday::Wednesday => "周三",
        Weekday::Thursday => "周四",
        Weekday::Friday => "周五",
        Weekday::Saturday => "周六",
        Weekday::Sunday => "周日",
    }
}

/// 2022年4月22日 15:03, in China's time.
#[must_use]
pub fn instant_words(at: Timestamp) -> String {
    let z = at.to_zoned(china());
    format!("{} {:02}:{:02}", long_day_words(z.date()), z.hour(), z.minute())
}

/// Whole weeks from `first` to `day`, the week of `first` being 1. Weeks begin on Monday. None before `first`'s week.
#[must_use]
pub fn weeks(first: Date, day: Date) -> Option<i64> {
    let monday = |d: Date| -> Option<Date> {
        d.checked_sub(jiff::Span::new().days(i64::from(d.weekday().to_monday_zero_offset()))).ok()
    };
    let days = i64::from(monday(first)?.until(monday(day)?).ok()?.get_days());
    (days >= 0).then_some(days / 7 + 1)
}

/// How far a due day is: 今天, 还有 4 天, 逾期 5 天.
#[must_use]
pub fn days_left(today: Date, due: Date) -> String {
    let days = today.until(due).map_or(0, |s| s.get_days());
    match days {
        0 => "今天".to_owned(),
        1 => "明天".to_owned(),
        d if d > 0 => format!("还有 {d} 天"),
        d => format!("逾期 {} 天", -d),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_read_as_people_say_them() {
        let day = Date::constant(2026, 4, 22);
        assert_eq!(day_words(day), "4月22日");
        assert_eq!(day_words_on(day, Date::constant(2026, 1, 3)), "1月3日");
        assert_eq!(day_words_on(day, Date::constant(2025, 12, 30)), "2025年12月30日");
        assert_eq!(weekday(day), "周三");
        assert_eq!(days_left(day, Date::constant(2026, 4, 26)), "还有 4 天");
        assert_eq!(days_left(day, Date::constant(2026, 4, 17)), "逾期 5 天");
        assert_eq!(days_left(day, day), "今天");
    }

    #[test]
    fn the_week_turns_on_monday() {
        let first = Date::constant(2026, 3, 4);
        assert_eq!(weeks(first, Date::constant(2026, 3, 8)), Some(1));
        assert_eq!(weeks(first, Date::constant(2026, 3, 9)), Some(2));
        assert_eq!(weeks(first, Date::constant(2026, 2, 28)), None);
    }

    #[test]
    fn an_instant_is_shown_in_chinas_time() {
        assert_eq!(instant_words("2022-04-21T23:05:00Z".parse().unwrap()), "2022年4月22日 07:05");
    }
}
