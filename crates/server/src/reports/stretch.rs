//! Which part of the plan's year a report is about.

use jiff::civil::Date;
use web::extract::Fields;

/// A quarter, a half-year, or the year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Portion {
    /// From 1 to 4.
    Quarter(i8),
    /// 1 or 2.
    Half(i8),
    /// The whole.
    Year,
}

impl Portion {
    /// All that a year has, in the order in which they end.
    pub(crate) const ALL: [Self; 7] = [
        Self::Quarter(1),
        Self::Quarter(2),
        Self::Half(1),
        Self::Quarter(3),
        Self::Quarter(4),
        Self::Half(2),
        Self::Year,
    ];

    /// The quarter that `quarter=3` names.
    pub(crate) fn quarter(query: &Fields) -> Option<Self> {
        query.parsed("quarter").filter(|q| (1..=4).contains(q)).map(Self::Quarter)
    }

    /// The half-year that `half=1` names.
    pub(crate) fn half(query: &Fields) -> Option<Self> {
        query.parsed("half").filter(|h| (1..=2).contains(h)).map(Self::Half)
    }

    /// 第三季度, 上半年, 全年.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Quarter(1) => "第一季度",
            Self::Quarter(2) => "第二季度",
            Self::Quarter(3) => "第三季度",
            Self::Quarter(_) => "第四季度",
            Self::Half(1) => "上半年",
            Self::Half(_) => "下半年",
            Self::Year => "全年",
        }
    }

    /// 本季度, as the text goes on.
    pub(crate) fn this(self) -> &'static str {
        match self {
            Self::Quarter(_) => "本季度",
            Self::Half(_) => "本半年",
            Self::Year => "本年度",
        }
    }

    /// First and last day in `year`.
    pub(crate) fn days(self, year: i16) -> (Date, Date) {
        let (first, last) = match self {
            Self::Quarter(q) => (q * 3 - 2, q * 3),
            Self::Half(h) => (h * 6 - 5, h * 6),
            Self::Year => (1, 12),
        };
        let begin = |month: i8| Date::new(year, month, 1).unwrap_or(Date::MIN);
        (begin(first), begin(last).last_of_month())
    }

    /// The quarter that follows within the same year.
    pub(crate) fn next(self) -> Option<Self> {
        match self {
            Self::Quarter(q) if q < 4 => Some(Self::Quarter(q + 1)),
            Self::Half(1) => Some(Self::Quarter(3)),
            _ => None,
        }
    }

    /// The path of its draft without an ending.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Quarter(_) => "/reports/quarter",
            Self::Half(_) => "/reports/half",
            Self::Year => "/reports/year",
        }
    }

    /// The name and value that its query must hold; none for the year.
    pub(crate) fn pair(self) -> Option<(&'static str, String)> {
        match self {
            Self::Quarter(q) => Some(("quarter", q.to_string())),
            Self::Half(h) => Some(("half", h.to_string())),
            Self::Year => None,
        }
    }

    /// The way to its draft.
    pub(crate) fn href(self) -> String {
        match self.pair() {
            Some((name, value)) => format!("{}?{name}={value}", self.path()),
            None => self.path().to_owned(),
        }
    }

    /// The day as of which it is drafted when `on` was asked for: never after its end. None before its beginning.
    pub(crate) fn as_of(self, year: i16, on: Date) -> Option<Date> {
        let (first, last) = self.days(year);
        (on >= first).then(|| on.min(last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn stretches_have_their_days() {
        assert_eq!(Portion::Quarter(1).days(2024), (date(2024, 1, 1), date(2024, 3, 31)));
        assert_eq!(Portion::Quarter(4).days(2026), (date(2026, 10, 1), date(2026, 12, 31)));
        assert_eq!(Portion::Half(2).days(2026), (date(2026, 7, 1), date(2026, 12, 31)));
        assert_eq!(Portion::Year.days(2026), (date(2026, 1, 1), date(2026, 12, 31)));
    }

    #[test]
    fn a_report_stands_on_its_last_day_or_before() {
        let third = Portion::Quarter(3);
        assert_eq!(third.as_of(2026, date(2026, 12, 1)), Some(date(2026, 9, 30)));
        assert_eq!(third.as_of(2026, date(2026, 8, 5)), Some(date(2026, 8, 5)));
        assert_eq!(third.as_of(2026, date(2026, 6, 30)), None);
    }

    #[test]
    fn what_is_no_stretch_is_none() {
        let query = |name: &str, value: &str| Fields::of(vec![(name.to_owned(), value.to_owned())]);
        assert_eq!(Portion::quarter(&query("quarter", "3")), Some(Portion::Quarter(3)));
        for wrong in ["", "0", "5", "-1", "三", "999999999999"] {
            assert_eq!(Portion::quarter(&query("quarter", wrong)), None, "{wrong}");
            assert_eq!(Portion::half(&query("half", wrong)), None, "{wrong}");
        }
    }
}
