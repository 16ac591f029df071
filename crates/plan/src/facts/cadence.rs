//! How often: 每季度至少举行1次, 全年不低于32学时, 半年专项自查.

mod compound;
mod count;
mod day;
mod period;

use std::collections::BTreeSet;
use std::ops::Range;

use model::{Cadence, DayIn, Per};

use self::compound::compound;
use self::count::{Count, HOURS, OCCASIONS, count, slogan};
use self::period::{period, unit};
use crate::deadline::dash;
use crate::number;

/// A rhythm in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rhythm {
    pub(crate) range: Range<usize>,
    pub(crate) times: Option<u32>,
    /// None where the period is longer than a year and has no name: 每三年.
    pub(crate) per: Option<Per>,
    pub(crate) hours: Option<u32>,
    /// The day of each period by which it is due.
    pub(crate) by: Option<DayIn>,
    /// The months to which it is limited; none for all.
    pub(crate) months: BTreeSet<i8>,
}

impl Rhythm {
    /// What the runtime can schedule: where no number is printed, once in each period.
    pub(crate) fn cadence(&self) -> Cadence {
        let times = self.times.unwrap_or(1).max(1);
        if self.per == Some(Per::Year) && self.hours.is_none() && !self.months.is_empty() {
            // 每年3月、9月各1次: of so many in the year, each month has its share.
            let share = times / u32::try_from(self.months.len()).unwrap_or(1).max(1);
            let each = Cadence::AtLeast { times: share.max(1), per: Per::Month };
            return each.in_months(self.months.iter().copied());
        }
        let all = self.in_every_month(times);
        if self.months.is_empty() || matches!(all, Cadence::Standing) {
            return all;
        }
        all.in_months(self.months.iter().copied())
    }

    fn in_every_month(&self, times: u32) -> Cadence {
        match (self.hours, self.per, self.by) {
            (Some(hours), Some(per), _) => Cadence::Hours { hours, per },
            (None, Some(per), Some(by)) => Cadence::EachBy { times, per, by },
            (None, Some(per), None) => Cadence::AtLeast { times, per },
            // Whether this is the year of something done every third year no plan says: it is recorded when it comes.
            (_, None, _) => Cadence::Standing,
        }
    }
}

/// The day of each `per` that `words` say: 5日前 of a month, 末月25日前 of a quarter, 周五前 of a week.
pub(crate) fn day_in(per: Per, words: &str) -> Option<DayIn> {
    day::at_start(per, words.trim())
}

/// The rhythms of `text`; `is_name` tells the places that stand inside 《》.
pub(crate) fn rhythms(text: &str, is_name: impl Fn(usize) -> bool) -> Vec<Rhythm> {
    let mut out: Vec<Rhythm> = Vec::new();
    let mut prev = None;
    let mut done = 0;
    // End of the sentence's first clause that counts a whole: 全年12次，其中专题6次.
    let mut whole: Option<(usize, Option<Per>)> = None;
    for (at, c) in text.char_indices() {
        let before = prev.replace(c);
        if matches!(c, '。' | '\n' | '；') {
            whole = None;
        }
        if at < done || !starts(c) {
            continue;
        }
        let rest = &text[at..];
        let found = match c {
            '其' => part_of(rest, whole.and_then(|w| w.1)),
            '/' => return_rate(text, at),
            _ => compound(text, at, before)
                .or_else(|| shares(rest))
                .or_else(|| counted(rest, before).map(|found| limited(text, at, done, found))),
        };
        let Some((from, len, rhythm)) = found else { continue };
        if is_name(at) {
            continue;
        }
        let range = at - from..at + len;
        if out.last().is_some_and(|r| range.start < r.range.end) {
            continue;
        }
        done = range.end;
        if rhythm.times.is_some() || rhythm.hours.is_some() {
            whole = Some((range.end, rhythm.per));
        }
        out.push(Rhythm { range, ..rhythm });
    }
    out
}

/// Whether a rhythm can begin with this character.
fn starts(c: char) -> bool {
    matches!(
        c,
        '每' | '全'
            | '年'
            | '半'
            | '季'
            | '月'
            | '按'
            | '逐'
            | '上'
            | '一'
            | '两'
            | '双'
            | '隔'
            | '本'
            | '学'
            | '春'
            | '周'
            | '日'
            | '其'
            | '/'
            | '二'
            | '三'
            | '六'
    )
}

/// (bytes before the place, bytes after it, the rhythm without its range)
type Found = (usize, usize, Rhythm);

fn rhythm(per: impl Into<Option<Per>>, times: Option<u32>, hours: Option<u32>) -> Rhythm {
    Rhythm { range: 0..0, times, per: per.into(), hours, by: None, months: BTreeSet::new() }
}

/// A period word with what it counts.
fn counted(rest: &str, before: Option<char>) -> Option<Found> {
    let period = period(rest, before)?;
    let after = &rest[period.len..];
    if let Some(len) = slogan(after) {
        return Some((0, period.len + len, rhythm(period.per, Some(1), None)));
    }
    let by = period.per.and_then(|per| day::after_period(per, after));
    let timed = |times| Rhythm { by, ..rhythm(period.per, times, None) };
    match count(after, period.needs_count) {
        Count::Cap => None,
        Count::Times(n, end) => Some((0, period.len + end, timed(Some(n)))),
        Count::Hours(n, end) => Some((0, period.len + end, rhythm(period.per, None, Some(n)))),
        Count::None if period.needs_count => None,
        Count::None => Some((0, period.len, timed(None))),
    }
}

/// Each of some months with its share: 每年3月、9月各组织1次.
fn shares(rest: &str) -> Option<Found> {
    let (word, after) = ["每年度", "每学年", "每年"].iter().find_map(|w| Some((w, rest.strip_prefix(w)?)))?;
    let (months, len) = month_list(after.trim_start_matches(['的', '于', '在']))?;
    let skip = rest.len() - after.trim_start_matches(['的', '于', '在']).len() + len;
    let tail = &rest[skip..];
    let each = ["各", "分别", "均", "都"].iter().find_map(|w| tail.strip_prefix(w));
    debug_assert!(skip >= word.len(), "the months stand after the word");
    if months.len() < 2 {
        return None;
    }
    let n = u32::try_from(months.len()).ok()?;
    let (times, end) = match count(each.unwrap_or(tail), false) {
        Count::Times(times, end) => (times, end),
        _ if each.is_some() => (1, 0),
        _ => return None,
    };
    // Without 各 the number is that of the year.
    let times = if each.is_some() { times * n } else { times };
    let end = if end == 0 { skip } else { rest.len() - each.unwrap_or(tail).len() + end };
    Some((0, end, Rhythm { months, ..rhythm(Per::Year, Some(times), None) }))
}

/// Months in a list: 3月、9月; 3、9月; 3月和9月份. They and the length of their words.
fn month_list(s: &str) -> Option<(BTreeSet<i8>, usize)> {
    let mut months = BTreeSet::new();
    let mut len = 0;
    let mut open = false;
    while let Some((n, digits)) = number::leading(&s[len..]).filter(|(n, _)| (1..=12).contains(n)) {
        let rest = &s[len + digits..];
        let word = ["月份", "月"].iter().find(|w| rest.starts_with(**w)).map_or(0, |w| w.len());
        let joint =
            ["、", "和", "及", "与"].iter().find(|w| rest[word..].starts_with(**w)).map_or(0, |w| w.len());
        if word == 0 && joint == 0 {
            break;
        }
        months.insert(i8::try_from(n).ok()?);
        len += digits + word;
        open = word == 0;
        let more = number::leading(&s[len + joint..]).is_some();
        if joint == 0 || !more {
            break;
        }
        len += joint;
    }
    (!open && !months.is_empty()).then_some((months, len))
}

/// The rhythm with the months that stand before it: 3月至11月每月开展1次. `done` is where the last rhythm ended.
fn limited(text: &str, at: usize, done: usize, found: Found) -> Found {
    const REACH: usize = 14;
    let head = &text[done.min(at)..at];
    let bare = head.trim_end_matches(['，', ',', '的', '间', '期', '内', '中', '份']);
    let from = bare.char_indices().rev().take(REACH).map(|(i, _)| i).filter(|i| *i < bare.len());
    let (back, len, rhythm) = found;
    let monthly =
        matches!(rhythm.per, Some(Per::Month | Per::Week | Per::TwoWeeks | Per::Day | Per::TwoMonths));
    // 下半年每月: the half-year stays a time of its own.
    for (half, from) in [("上半年", 1), ("下半年", 7)] {
        if back == 0 && monthly && head.trim_end_matches(['，', ',']).ends_with(half) {
            return (back, len, Rhythm { months: (from..from + 6).collect(), ..rhythm });
        }
    }
    if back > 0 || !monthly || !bare.ends_with('月') {
        return (back, len, rhythm);
    }
    let digit_before = |i: usize| {
        let c = bare[..i].chars().next_back();
        c.is_some_and(|c| {
            number::digit(c).is_some() || number::is_hanzi(c) || matches!(c, '年' | '第' | '.' | '每')
        })
    };
    let mut best = None;
    for i in from.filter(|i| !digit_before(*i)) {
        if let Some(months) = month_range(&bare[i..]) {
            best = Some((i, months));
        }
    }
    match best {
        Some((i, months)) => (head.len() - i, len, Rhythm { months, ..rhythm }),
        None => (back, len, rhythm),
    }
}

/// The months from one to another, when `s` is nothing else: 3月至11月, 9月—次年6月, 3-11月.
fn month_range(s: &str) -> Option<BTreeSet<i8>> {
    let month = |s: &str| {
        let (n, len) = number::leading(s)?;
        Some((i8::try_from(n).ok().filter(|n| (1..=12).contains(n))?, len))
    };
    let (from, len) = month(s)?;
    let rest = &s[len..];
    let rest = ["月份", "月"].iter().find_map(|w| rest.strip_prefix(w)).unwrap_or(rest);
    let rest = &rest[dash(rest)?..];
    let rest = ["次年", "翌年"].iter().find_map(|w| rest.strip_prefix(w)).unwrap_or(rest);
    let (to, len) = month(rest)?;
    (&rest[len..] == "月").then(|| {
        (1..=12)
            .filter(|m| if from <= to { (from..=to).contains(m) } else { *m >= from || *m <= to })
            .collect()
    })
}

/// A part of a total: 其中专题研讨不少于6次, in the period of the whole.
fn part_of(rest: &str, whole: Option<Per>) -> Option<Found> {
    let per = whole?;
    let after = rest.strip_prefix("其中")?;
    let skip = rest.len() - after.len();
    match count(after, true) {
        Count::Times(n, end) => Some((0, skip + end, rhythm(per, Some(n), None))),
        Count::Hours(n, end) => Some((0, skip + end, rhythm(per, None, Some(n)))),
        Count::Cap | Count::None => None,
    }
}

/// A rate: 2次/年, 16学时/学期. The place is that of the stroke.
fn return_rate(text: &str, at: usize) -> Option<Found> {
    let (per, len) = unit(&text[at + 1..])?;
    let head = &text[..at];
    let hours = HOURS.iter().find(|w| head.ends_with(**w));
    let measure = hours.or_else(|| OCCASIONS.iter().find(|w| head.ends_with(**w)))?;
    let head = &head[..head.len() - measure.len()];
    let digits =
        head.len() - head.trim_end_matches(|c| number::digit(c).is_some() || number::is_hanzi(c)).len();
    if digits > 27 {
        return None;
    }
    let (value, whole) = number::leading(&head[head.len() - digits..])?;
    if whole != digits || value == 0 {
        return None;
    }
    let (times, hours) = if hours.is_some() { (None, Some(value)) } else { (Some(value), None) };
    Some((digits + measure.len(), 1 + len, rhythm(per, times, hours)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words, times, period and hours.
    type Read<'t> = (&'t str, Option<u32>, Option<Per>, Option<u32>);

    fn read(text: &str) -> Vec<Read<'_>> {
        rhythms(text, |_| false)
            .into_iter()
            .map(|r| (&text[r.range.clone()], r.times, r.per, r.hours))
            .collect()
    }

    #[test]
    fn counted() {
        for (text, words, times, per) in [
            ("每季度至少举行1次党委中心组理论学习", "每季度至少举行1次", 1, Per::Quarter),
            (
                "每年研究部署党风廉政建设和反腐败工作不少于2次",
                "每年研究部署党风廉政建设和反腐败工作不少于2次",
                2,
                Per::Year,
            ),
            ("每月至少安排一次专题学习", "每月至少安排一次", 1, Per::Month),
            ("每月至少开展二次", "每月至少开展二次", 2, Per::Month),
            ("每学期至少２次", "每学期至少２次", 2, Per::Term),
            ("落实每季度一次的党课", "每季度一次", 1, Per::Quarter),
            ("每年至少找党员谈话一次", "每年至少找党员谈话一次", 1, Per::Year),
            ("每两个月召开1次", "每两个月召开1次", 1, Per::TwoMonths),
            ("每两周开展一次", "每两周开展一次", 1, Per::TwoWeeks),
            ("每3个月通报1次", "每3个月通报1次", 1, Per::Quarter),
            ("每个月组织1-2次", "每个月组织1-2次", 1, Per::Month),
            ("上下半年各1次", "上下半年各1次", 1, Per::HalfYear),
            ("上、下半年各开展一次", "上、下半年各开展一次", 1, Per::HalfYear),
            ("工作日每日一期微信", "每日一期", 1, Per::Day),
            ("一年两次", "一年两次", 2, Per::Year),
            ("半年至少一次", "半年至少一次", 1, Per::HalfYear),
            ("一季度一次", "一季度一次", 1, Per::Quarter),
            ("全年计划开展集中学习12次", "全年计划开展集中学习12次", 12, Per::Year),
            ("党课2次/年", "2次/年", 2, Per::Year),
            ("每学期，各支部至少开展3次", "每学期，各支部至少开展3次", 3, Per::Term),
            ("年内不少于4次", "年内不少于4次", 4, Per::Year),
        ] {
            assert_eq!(read(text), [(words, Some(times), Some(per), None)], "{text}");
        }
    }

    #[test]
    fn hours() {
        assert_eq!(read("全年不低于32学时"), [("全年不低于32学时", None, Some(Per::Year), Some(32))]);
        assert_eq!(
            read("每年集中学习培训时间不少于56学时"),
            [("每年集中学习培训时间不少于56学时", None, Some(Per::Year), Some(56))]
        );
        assert_eq!(read("每学期16课时"), [("每学期16课时", None, Some(Per::Term), Some(16))]);
    }

    #[test]
    fn without_a_number() {
        for (text, words, per) in [
            ("每月评选出优秀单位", "每月", Per::Month),
            ("每周三下午集中学习", "每周", Per::Week),
            ("逐月报送", "逐月", Per::Month),
            ("按季度通报", "按季度", Per::Quarter),
            ("每月5日前报送", "每月", Per::Month),
            ("月月有主题", "月月", Per::Month),
            ("健全以半年专项自查为主", "半年专项自查", Per::HalfYear),
            ("开展年度综合检查", "年度综合检查", Per::Year),
            ("抽查及年终考核", "年终考核", Per::Year),
        ] {
            assert_eq!(read(text), [(words, None, Some(per), None)], "{text}");
        }
    }

    #[test]
    fn several() {
        assert_eq!(
            read("每月不少于1次,全年不少于12次"),
            [
                ("每月不少于1次", Some(1), Some(Per::Month), None),
                ("全年不少于12次", Some(12), Some(Per::Year), None)
            ]
        );
        assert_eq!(
            read("全年计划开展集中学习12次，其中专题研讨不少于6次"),
            [
                ("全年计划开展集中学习12次", Some(12), Some(Per::Year), None),
                ("其中专题研讨不少于6次", Some(6), Some(Per::Year), None)
            ]
        );
        assert_eq!(
            read("每月召开1次支委会、每季度召开1次党员大会"),
            [
                ("每月召开1次", Some(1), Some(Per::Month), None),
                ("每季度召开1次", Some(1), Some(Per::Quarter), None)
            ]
        );
    }

    /// What is counted may be books, days, households, people: with a period word it is a rhythm.
    #[test]
    fn measures_of_people_and_things_beside_a_period() {
        for (text, words, times, per) in [
            ("每人每年至少研读2本著作", "每年至少研读2本", 2, Per::Year),
            ("每年集中学习12天", "每年集中学习12天", 12, Per::Year),
            ("每季度走访3户群众", "每季度走访3户", 3, Per::Quarter),
            ("每年培养4名积极分子", "每年培养4名", 4, Per::Year),
            ("每半年联系2家企业", "每半年联系2家", 2, Per::HalfYear),
        ] {
            assert_eq!(read(text), [(words, Some(times), Some(per), None)], "{text}");
        }
    }

    /// A percentage says of what and not how often, and the rhythm stands; a share or a sum is no rhythm.
    #[test]
    fn a_percentage_does_not_hide_the_rhythm() {
        assert_eq!(read("每年对重点部门进行100%全覆盖检查"), [("每年", None, Some(Per::Year), None)]);
        assert_eq!(
            read("每半年对所属支部100％走访1次"),
            [("每半年对所属支部100％走访1次", Some(1), Some(Per::HalfYear), None)]
        );
        assert_eq!(read("每年提高5%以上"), []);
    }

    #[test]
    fn some_months_only() {
        for (text, words, times, cadence) in [
            ("3月至11月每月开展1次下沉服务", "3月至11月每月开展1次", Some(1), "3—11月每月至少1次"),
            ("3-11月，每月5日前报送", "3-11月，每月", None, "3—11月每月5日前"),
            ("每年3月、9月各组织1次警示教育", "每年3月、9月各组织1次", Some(2), "3月、9月每月至少1次"),
            ("每年6月和12月分别开展两次抽查", "每年6月和12月分别开展两次", Some(4), "6月、12月每月至少2次"),
            ("下半年每月督查1次", "每月督查1次", Some(1), "7—12月每月至少1次"),
            ("9月至次年6月每周巡查1次", "9月至次年6月每周巡查1次", Some(1), "1—6月、9—12月每周至少1次"),
        ] {
            let found = rhythms(text, |_| false);
            let got: Vec<_> =
                found.iter().map(|r| (&text[r.range.clone()], r.times, r.cadence().words())).collect();
            assert_eq!(got, [(words, times, cadence.to_owned())], "{text}");
        }
        // A month by itself is a time of its own.
        assert_eq!(read("3月底前完成，每月报送1次"), [("每月报送1次", Some(1), Some(Per::Month), None)]);
    }

    #[test]
    fn no_rhythms() {
        for text in [
            "每家企业每年最高补助100万元",
            "达到或超过1亿元/年的企业",
            "最多跑一次",
            "一次性告知",
            "多层次培养",
            "确保频次达标",
            "作为全年学习的重点内容",
            "与年度重点工作结合起来",
            "在2022年度民主生活会召开前",
            "纳入年度考核",
            "年度考核结果运用",
            "第一季度完成",
            "上半年支部学习的重点",
            "逐年提高",
            "2次以内",
            "三年行动计划",
            "每次不少于半天",
            "其中专题研讨不少于6次",
        ] {
            assert_eq!(read(text), [], "{text}");
        }
    }
}
