//! What a person sees in a cell: numbers and days after the format of the cell.

use calamine::ExcelDateTime;
use jiff::civil::{Date, DateTime};

/// The words of a cell, and the day if it holds one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) words: String,
    pub(super) day: Option<Date>,
}

/// Which parts of a day a number format shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Parts {
    year: bool,
    month: bool,
    date: bool,
    clock: bool,
    percent: bool,
}

impl Parts {
    /// Reads a format: its code (yyyy"年"m"月"), or its number where the number stands for the formats of the country.
    pub(super) fn of(code: &str, id: Option<u32>) -> Self {
        let country = match id {
            Some(27 | 36 | 50 | 52 | 57) => Some(Self { year: true, month: true, ..Self::default() }),
            Some(28 | 29 | 51 | 53 | 54 | 58) => Some(Self { month: true, date: true, ..Self::default() }),
            Some(30 | 31) => Some(Self { year: true, month: true, date: true, ..Self::default() }),
            Some(32..=35 | 55 | 56) => Some(Self { clock: true, ..Self::default() }),
            _ => None,
        };
        country.unwrap_or_else(|| Self::of_code(code))
    }

    fn of_code(code: &str) -> Self {
        let mut out = Self::default();
        // An m after hours or before seconds means minutes.
        let (mut after_hours, mut open_m) = (false, false);
        let mut chars = code.chars();
        while let Some(c) = chars.next() {
            match c {
                // Only the first section is for ordinary values.
                ';' => break,
                '"' => while chars.next().is_some_and(|c| c != '"') {},
                '[' => while chars.next().is_some_and(|c| c != ']') {},
                '\\' | '_' | '*' => {
                    chars.next();
                }
                'y' | 'Y' | 'e' | 'E' => (out.year, after_hours) = (true, false),
                'd' | 'D' => (out.date, after_hours) = (true, false),
                'h' | 'H' => (out.clock, after_hours) = (true, true),
                's' | 'S' => {
                    out.clock = true;
                    open_m = false;
                }
                'm' | 'M' if after_hours => {}
                'm' | 'M' => open_m = true,
                '%' => out.percent = true,
                _ => {
                    out.month |= open_m && matches!(c, '年' | '月' | '/' | '-' | '.');
                }
            }
            if open_m && matches!(c, 'y' | 'Y' | 'd' | 'D') {
                out.month = true;
            }
        }
        out.month |= open_m;
        out
    }
}

/// Words as they are, without blanks at the ends.
pub(super) fn text(words: &str) -> Shown {
    Shown { words: words.trim().to_owned(), day: None }
}

/// A number to the fifteen digits that Excel keeps.
pub(super) fn number(n: f64, parts: Parts) -> Shown {
    if parts.percent {
        return text(&(fifteen(n * 100.0) + "%"));
    }
    text(&fifteen(n))
}

fn fifteen(n: f64) -> String {
    let rounded: f64 = format!("{n:.14e}").parse().unwrap_or(n);
    // Below 0 and above 0 are one zero.
    (rounded + 0.0).to_string()
}

/// A day, a time or both, as far as the format shows them.
pub(super) fn moment(when: &ExcelDateTime, parts: Parts) -> Shown {
    let serial = when.as_f64();
    if when.is_duration() || !(0.0..2_958_466.0).contains(&serial) {
        return number(serial, Parts::default());
    }
    let (year, month, date, hour, minute, ..) = when.to_ymd_hms_milli();
    let clock = format!("{hour}:{minute:02}");
    if serial < 1.0 {
        return text(&clock);
    }
    let small = |n: u8| i8::try_from(n).unwrap_or(0);
    let Ok(day) = Date::new(i16::try_from(year).unwrap_or(0), small(month), small(date)) else {
        // 1900-02-29, which Excel believes in.
        return number(serial, Parts::default());
    };
    let all = !(parts.year || parts.month || parts.date);
    let mut words = String::new();
    if all || parts.year {
        words.push_str(&format!("{year}年"));
    }
    if all || parts.month {
        words.push_str(&format!("{month}月"));
    }
    if all || parts.date {
        words.push_str(&format!("{date}日"));
    }
    if parts.clock || (all && serial.fract() > 0.0) {
        words.push_str(&format!(" {clock}"));
    }
    Shown { words, day: Some(day) }
}

/// A day written out (2026-03-15, or with a time behind it).
pub(super) fn iso(words: &str) -> Shown {
    let words = words.trim();
    let day = words.parse::<DateTime>().map(|t| t.date()).or_else(|_| words.parse::<Date>()).ok();
    match day {
        Some(day) => {
            Shown { words: format!("{}年{}月{}日", day.year(), day.month(), day.day()), day: Some(day) }
        }
        None => text(words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use calamine::ExcelDateTimeType;

    fn shown(serial: f64, code: &str) -> String {
        let when = ExcelDateTime::new(serial, ExcelDateTimeType::DateTime, false);
        moment(&when, Parts::of(code, None)).words
    }

    #[test]
    fn a_day_is_shown_as_far_as_its_format_shows_it() {
        // 2026-03-15 is day 46096 since 1900.
        for (code, words) in [
            ("yyyy\"年\"m\"月\"d\"日\"", "2026年3月15日"),
            ("yyyy\"年\"m\"月\"", "2026年3月"),
            ("m\"月\"d\"日\"", "3月15日"),
            ("m\"月\"", "3月"),
            ("yyyy/m/d;@", "2026年3月15日"),
            ("[$-804]yyyy\\-mm\\-dd", "2026年3月15日"),
            ("mmm\\-yy", "2026年3月"),
            ("yyyy", "2026年"),
            ("yyyy-mm-dd hh:mm", "2026年3月15日 6:00"),
            ("", "2026年3月15日 6:00"),
        ] {
            assert_eq!(shown(46096.25, code), words, "{code}");
        }
        assert_eq!(shown(0.5, "h:mm"), "12:00");
        assert_eq!(shown(60.0, "yyyy-mm-dd"), "60", "the 29th of February 1900 never was");
        assert_eq!(shown(1e12, "yyyy"), "1000000000000");
    }

    #[test]
    fn formats_of_the_country_are_known_by_number() {
        assert_eq!(Parts::of("General", Some(57)), Parts { year: true, month: true, ..Parts::default() });
        assert_eq!(Parts::of("General", Some(58)), Parts { month: true, date: true, ..Parts::default() });
    }

    #[test]
    fn numbers_lose_the_noise_of_their_binary_form() {
        for (n, words) in [
            (0.1 + 0.2, "0.3"),
            (110.0, "110"),
            (-0.0, "0"),
            (1.5, "1.5"),
            (110_101_199_003_070_000.0, "110101199003070000"),
        ] {
            assert_eq!(number(n, Parts::default()).words, words);
        }
        assert_eq!(number(0.95, Parts::of("0%", None)).words, "95%");
        assert_eq!(number(0.145, Parts::of("0.0%", None)).words, "14.5%");
    }

    #[test]
    fn a_day_written_out_is_a_day() {
        assert_eq!(iso("2026-03-15").day, Some(jiff::civil::date(2026, 3, 15)));
        assert_eq!(iso("2026-03-15T08:00:00").words, "2026年3月15日");
        assert_eq!(iso("三月"), text("三月"));
    }
}
