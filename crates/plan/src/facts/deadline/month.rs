//! Months and days of the calendar: 6月底前, 3-5月, 12月10日前.

use jiff::civil::Date;
use model::{Cadence, DeadlineKind, Due};

use super::place::{Found, NOT_BEFORE, Place, dated, period};
use super::{Reader, Setting};
use crate::number;

impl Reader {
    /// Months, from byte `skip` of the place on: 6月底前, 3-5月, 5月至12月, 12月10日前.
    pub(super) fn month(&mut self, place: &Place<'_>, skip: usize) -> Option<Found> {
        let rest = place.rest();
        let (from, mut len) = month_number(&rest[skip..])?;
        len += skip;
        let year = self.year();
        let mut to = None;
        // 3月、9月的15日前: the day is that of each of them.
        if let Some((first, day)) = shared_day(&rest[skip..]) {
            return self.valid(from, day).then(|| dated(skip + first, day_of(year, from, day)));
        }
        if let Some((last, more)) = range_tail(&rest[len..]) {
            // 3-5月
            if let Some(m) = month_word(&rest[len + more..]) {
                (to, len) = (Some(last), len + more + m);
            } else {
                return None;
            }
        } else if let Some(w) = month_word(&rest[len..]) {
            // 一月一书 is how often.
            if rest[skip..].starts_with('一') && rest[len + w..].starts_with('一') {
                return Some(Found::Skip(len + w));
            }
            len += w;
            // 5月至12月, 5月—次年1月
            if let Some((last, more)) = range_tail(&rest[len..])
                && let Some(w) = month_word(&rest[len + more..])
            {
                (to, len) = (Some(last), len + more + w);
            } else if let Some((other, last, more)) = range_to_year(&rest[len..]) {
                // 2023年3月—2024年2月
                return Some(period(
                    len + more,
                    months(Some(other).filter(|y| Some(*y) != self.plan), from, last),
                ));
            }
        } else if let Some((last, more)) = listed(&rest[len..]) {
            // 3、4月
            (to, len) = (Some(last), len + more);
        } else {
            return None;
        }
        let after = &rest[len..];
        if let Some(to) = to {
            let tail = ["底前", "末前", "间", "期间", "底", "份"]
                .iter()
                .find(|w| after.starts_with(**w))
                .map_or(0, |w| w.len());
            let to = if to < from { 12 } else { to };
            return Some(period(len + tail, months(year, from, to)));
        }
        let of = if after.starts_with('的') { '的'.len_utf8() } else { 0 };
        if let Some((day, more)) = number::leading(&after[of..])
            && let Some(w) = ["日", "号"].iter().find(|w| after[of + more..].starts_with(**w))
        {
            let end = len + of + more + w.len();
            // 6月31日 is no day: whoever reads the plan is asked, and nothing is put in its place.
            let Some(day) = i8::try_from(day).ok().filter(|d| self.valid(from, *d)) else {
                return Some(Found::Skip(end));
            };
            return self.day(place, (from, day), end, year);
        }
        for (word, due) in [
            ("底之前", end(year, from)),
            ("底以前", end(year, from)),
            ("底前", end(year, from)),
            ("末前", end(year, from)),
            ("底", end(year, from)),
            ("末", end(year, from)),
            ("初前", day_of(year, from, 5)),
            ("初", day_of(year, from, 10)),
            ("上旬前", day_of(year, from, 10)),
            ("上旬", day_of(year, from, 10)),
            ("上中旬", day_of(year, from, 20)),
            ("中下旬", end(year, from)),
            ("中旬前", day_of(year, from, 20)),
            ("中旬", day_of(year, from, 20)),
            ("下旬前", end(year, from)),
            ("下旬", end(year, from)),
            ("之前", before_month(year, from)),
            ("以前", before_month(year, from)),
            ("前", before_month(year, from)),
            ("内", end(year, from)),
        ] {
            if let Some(next) = after.strip_prefix(word) {
                if word == "前" && next.starts_with(NOT_BEFORE) {
                    break;
                }
                // 6月中旬—7月上旬, 8月底至9月初
                if let Some((to, more)) = range_tail(next)
                    && let Some(w) = month_word(&next[more..])
                    && from <= to
                {
                    let tail = ["上旬", "中旬", "下旬", "底", "末", "初"]
                        .iter()
                        .find(|t| next[more + w..].starts_with(**t))
                        .map_or(0, |t| t.len());
                    return Some(period(len + word.len() + more + w + tail, months(year, from, to)));
                }
                return Some(Found::Term {
                    back: 0,
                    len: len + word.len(),
                    kind: DeadlineKind::Month,
                    cadence: Cadence::By(due),
                });
            }
        }
        // A bare month: in a time cell always; in prose where it opens a clause and tells no story.
        let story = ["以来", "起", "以后", "，习近平", "至今", "开始施行", "份以来", "印发", "召开的", "饼"]
            .iter()
            .any(|w| after.starts_with(w));
        // A story has a year that is not the plan's: 2021年7月，…
        let other_year = skip > 0 && self.said.is_some_and(|y| self.plan.is_some_and(|p| y < p));
        let opens = place.opens_clause()
            || place.head().ends_with(['在', '于', '/', '至', '到', '、', '和'])
            || ["每年", "次年", "翌年", "不超过", "最迟", "最晚"].iter().any(|w| place.head().ends_with(w));
        if place.setting == Setting::Time || (opens && !story && !other_year) {
            let due = months(year, from, from);
            return Some(Found::Term { back: 0, len, kind: DeadlineKind::Month, cadence: Cadence::By(due) });
        }
        Some(Found::Skip(len))
    }

    /// Whether the month has such a day, in the year said or the plan's; in an unknown one as in a leap year.
    fn valid(&self, month: i8, day: i8) -> bool {
        let year = self.year().or(self.plan).unwrap_or(2024);
        Date::new(year, month, day).is_ok()
    }

    pub(super) fn day(
        &mut self,
        place: &Place<'_>,
        (month, day): (i8, i8),
        len: usize,
        year: Option<i16>,
    ) -> Option<Found> {
        let after = &place.rest()[len..];
        let due = day_of(year, month, day);
        // 3月5日-20日, 3月5日至4月10日: the last day counts.
        if let Some(dash) = dash(after)
            && let Some((second, more)) = number::leading(&after[dash..])
        {
            let next = &after[dash + more..];
            if next.starts_with('日') && (1..=31).contains(&second) {
                let due = day_of(year, month, i8::try_from(second).ok()?);
                return Some(dated(len + dash + more + '日'.len_utf8(), due));
            }
            if let Some(next) = next.strip_prefix('月')
                && let Some((day, last)) = number::leading(next)
                && next[last..].starts_with('日')
                && (1..=12).contains(&second)
                && (1..=31).contains(&day)
            {
                let due = day_of(year, i8::try_from(second).ok()?, i8::try_from(day).ok()?);
                return Some(dated(len + dash + more + '月'.len_utf8() + last + '日'.len_utf8(), due));
            }
        }
        for word in ["之前", "以前", "前后", "前", "止"] {
            if let Some(next) = after.strip_prefix(word) {
                if word == "前" && next.starts_with(NOT_BEFORE) {
                    break;
                }
                return Some(dated(len + word.len(), due));
            }
        }
        let story = after.starts_with(['起', '，', '在', '的', '印', '《', '重', '全', '讲'])
            || after.starts_with("习近平");
        let led = (place.head().ends_with(['到', '至', '于', '前', '在', '年'])
            || ["不超过", "不迟于", "不晚于", "最迟", "最晚", "截止", "截至", "截止到"]
                .iter()
                .any(|w| place.head().ends_with(w)))
            && !after.starts_with(['起', '的', '印']);
        if place.setting == Setting::Time || led || (place.opens_clause() && !story && year.is_none()) {
            return Some(dated(len, due));
        }
        Some(Found::Skip(len))
    }
}

/// Of months in a list with one day for all (3月、9月的15日前; 3、6、9月20日前): the length of the first, and the day.
fn shared_day(s: &str) -> Option<(usize, i8)> {
    let joint = |s: &str| ["、", "和", "及", "与"].iter().find(|w| s.starts_with(**w)).map(|w| w.len());
    let (_, digits) = month_number(s)?;
    let first = digits + month_word(&s[digits..]).unwrap_or(0);
    let mut at = first;
    loop {
        at += joint(&s[at..])?;
        let (_, digits) = month_number(&s[at..])?;
        let word = month_word(&s[at + digits..]);
        at += digits + word.unwrap_or(0);
        if word.is_some() && joint(&s[at..]).is_none() {
            break;
        }
    }
    let rest = s[at..].strip_prefix('的').unwrap_or(&s[at..]);
    let (day, len) = number::leading(rest)?;
    let next = rest[len..].strip_prefix(['日', '号'])?;
    ["前", "之前", "以前"].iter().any(|w| next.starts_with(w)).then_some(())?;
    Some((first, i8::try_from(day).ok().filter(|d| (1..=31).contains(d))?))
}

pub(super) fn month_number(s: &str) -> Option<(i8, usize)> {
    let (n, len) = number::leading(s)?;
    (1..=12).contains(&n).then_some(())?;
    Some((i8::try_from(n).ok()?, len))
}

pub(super) fn month_word(s: &str) -> Option<usize> {
    ["月份", "月"].iter().find(|w| s.starts_with(**w)).map(|w| w.len())
}

/// Length of the dash at the start of `s`.
pub(crate) fn dash(s: &str) -> Option<usize> {
    let mut len = 0;
    for c in s.chars().take(2) {
        if !"-—–－―~～至到".contains(c) {
            break;
        }
        len += c.len_utf8();
    }
    (len > 0).then_some(len)
}

/// The month after a dash: its number and the length of both.
pub(super) fn range_tail(s: &str) -> Option<(i8, usize)> {
    let dash = dash(s)?;
    let next = s[dash..].strip_prefix("次年").or_else(|| s[dash..].strip_prefix("翌年"));
    let year = if next.is_some() { "次年".len() } else { 0 };
    let (n, len) = month_number(&s[dash + year..])?;
    Some((if year > 0 { 12 } else { n }, dash + year + len))
}

/// 至2024年2月 after a month: year, month and the length of all.
pub(super) fn range_to_year(s: &str) -> Option<(i16, i8, usize)> {
    let dash = dash(s)?;
    let (year, digits) = number::leading(&s[dash..]).filter(|(y, _)| (1949..2200).contains(y))?;
    let rest = s[dash + digits..].strip_prefix('年')?;
    let (month, len) = month_number(rest)?;
    let tail = ["月底前", "月底", "月"].iter().find(|w| rest[len..].starts_with(**w))?;
    Some((i16::try_from(year).ok()?, month, dash + digits + '年'.len_utf8() + len + tail.len()))
}

/// 、4月 after a month without its 月.
pub(super) fn listed(s: &str) -> Option<(i8, usize)> {
    let rest = s.strip_prefix('、')?;
    let (n, len) = month_number(rest)?;
    let w = month_word(&rest[len..])?;
    Some((n, '、'.len_utf8() + len + w))
}

pub(super) fn last_day(year: i16, month: i8) -> Option<Date> {
    Date::new(year, month, 1).ok().map(Date::last_of_month)
}

pub(super) fn end(year: Option<i16>, month: i8) -> Due {
    year.and_then(|y| last_day(y, month)).map_or(Due::MonthEnd { month }, Due::Day)
}

pub(super) fn day_of(year: Option<i16>, month: i8, day: i8) -> Due {
    let fixed = year.and_then(|y| Date::new(y, month, day).ok().or_else(|| last_day(y, month)));
    fixed.map_or(Due::MonthDay { month, day }, Due::Day)
}

pub(super) fn before_month(year: Option<i16>, month: i8) -> Due {
    if month == 1 { day_of(year, 1, 1) } else { end(year, month - 1) }
}

pub(super) fn months(year: Option<i16>, from: i8, to: i8) -> Due {
    year.and_then(|y| last_day(y, to)).map_or(Due::Months { from, to }, Due::Day)
}
