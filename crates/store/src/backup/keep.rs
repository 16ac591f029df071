//! Which backups stay: the newest of each of so many days, weeks and months.

use std::collections::BTreeSet;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;

use super::local;

/// Of how many days, weeks and months the newest backup stays, counted over those that have one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    days: usize,
    weeks: usize,
    months: usize,
}

impl FromStr for Keep {
    type Err = &'static str;

    /// `14d,8w,12m`; what is not named is none.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "写成 14d,8w,12m：14天、8周、12个月";
        let mut keep = Self { days: 0, weeks: 0, months: 0 };
        for part in text.split(',') {
            let part = part.trim();
            let unit = part.chars().next_back().ok_or(FORM)?;
            let number =
                part.strip_suffix(unit).and_then(|n| n.parse().ok()).filter(|n| *n > 0).ok_or(FORM)?;
            let place = match unit {
                'd' => &mut keep.days,
                'w' => &mut keep.weeks,
                'm' => &mut keep.months,
                _ => return Err(FORM),
            };
            if *place > 0 {
                return Err(FORM);
            }
            *place = number;
        }
        Ok(keep)
    }
}

impl Keep {
    /// Which of the backups that were taken then stay, by their places in `taken`, which is in order. The newest always
    /// does.
    pub(super) fn staying(self, taken: &[Timestamp]) -> BTreeSet<usize> {
        let mut stay: BTreeSet<usize> = taken.len().checked_sub(1).into_iter().collect();
        let monday = |day: Date| {
            let iso = day.iso_week_date();
            (iso.year(), iso.week())
        };
        let days: Vec<Date> = taken.iter().map(|at| local(*at).date()).collect();
        stay.extend(newest_of(days.iter().copied(), self.days));
        stay.extend(newest_of(days.iter().map(|d| monday(*d)), self.weeks));
        stay.extend(newest_of(days.iter().map(|d| (d.year(), d.month())), self.months));
        stay
    }
}

/// The last of each of the last `n` spans.
fn newest_of<T: PartialEq>(
    spans: impl DoubleEndedIterator<Item = T> + ExactSizeIterator,
    n: usize,
) -> Vec<usize> {
    let mut out = Vec::new();
    let mut last = None;
    for (place, span) in spans.enumerate().rev() {
        if out.len() == n {
            break;
        }
        if last.as_ref() != Some(&span) {
            out.push(place);
            last = Some(span);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn it_is_written_as_days_weeks_and_months() {
        assert_eq!("14d,8w,12m".parse(), Ok(Keep { days: 14, weeks: 8, months: 12 }));
        assert_eq!("3m".parse(), Ok(Keep { days: 0, weeks: 0, months: 3 }));
        for wrong in ["", "14", "d", "0d", "14d,", "1d,2d", "5y", "-1d", "天"] {
            assert!(wrong.parse::<Keep>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_newest_of_each_span_stays_and_the_newest_of_all_always() {
        // Two on one day in China, though not in London; then one a day; a gap of a month before.
        let taken = [
            at("2026-09-30T10:00:00Z"),
            at("2026-10-31T17:00:00Z"),
            at("2026-11-01T03:00:00Z"),
            at("2026-11-02T03:00:00Z"),
            at("2026-11-03T03:00:00Z"),
        ];
        let staying = |text: &str| {
            let keep: Keep = text.parse().unwrap();
            keep.staying(&taken).into_iter().collect::<Vec<_>>()
        };
        assert_eq!(staying("2d"), [3, 4]);
        // 1 November is a Sunday, the last day of its week.
        assert_eq!(staying("2w"), [2, 4]);
        assert_eq!(staying("2m"), [0, 4]);
        assert_eq!(staying("3d,2w,1m"), [2, 3, 4]);
        assert_eq!(staying("9d"), [0, 2, 3, 4]);
        assert!("1d".parse::<Keep>().unwrap().staying(&[]).is_empty());
    }
}
