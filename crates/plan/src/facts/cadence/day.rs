//! By which day of each period: 每月5日前, 每季度末月25日前, 每周五前, 每年6月底前, 每学期开学后两周内.

use model::{Cadence, DayIn, Due, Per};

use crate::deadline::{NOT_BEFORE, Reader, Setting, dash};
use crate::number;

/// How far, in characters, the words that are due may separate the period word from its day (每月党费于25日前收齐).
const REACH: usize = 30;

/// The day by which something is due in each `per`, from the words after the period word.
pub(super) fn after_period(per: Per, after: &str) -> Option<DayIn> {
    if let Some(day) = at_start(per, after) {
        return Some(day);
    }
    let near = after.char_indices().nth(REACH).map_or(after, |(i, _)| &after[..i]);
    let clause = near.split(['，', '。', '；', ',', ';', '\n', '每', '（', '(']).next().unwrap_or(near);
    ["于", "在", "次月", "下月", "下季度首月", "末月"].iter().find_map(|word| {
        let at = clause.find(word)?;
        let skip = if matches!(*word, "于" | "在") { word.len() } else { 0 };
        at_start(per, &after[at + skip..])
    })
}

/// The day at the start of `s`, which follows the period word at once.
pub(crate) fn at_start(per: Per, s: &str) -> Option<DayIn> {
    let s = s.trim_start_matches(['的', '于', '在']);
    if let Some(order) = working_day(s).filter(|_| per != Per::Day) {
        return Some(DayIn::WorkingDay { order });
    }
    match per {
        Per::Week | Per::TwoWeeks => weekday(s),
        Per::Month | Per::TwoMonths | Per::Quarter | Per::HalfYear => in_month(per, s),
        Per::Term => match of_calendar(s) {
            Some(Due::TermStart { days }) => Some(DayIn::Days { days }),
            _ => s.starts_with('初').then_some(DayIn::Days { days: 14 }),
        },
        Per::Year => match of_calendar(s)? {
            Due::MonthDay { month, day } => Some(DayIn::Month { month, day }),
            Due::MonthEnd { month } | Due::Months { to: month, .. } if month < 12 => {
                Some(DayIn::Month { month, day: 31 })
            }
            _ => None,
        },
        Per::Day => None,
    }
}

/// The one date that stands at the start of `s`; of a list (6月、12月) no date is the one.
fn of_calendar(s: &str) -> Option<Due> {
    let near = s.char_indices().nth(24).map_or(s, |(i, _)| &s[..i]);
    let term = Reader::new(None).terms(near, Setting::Prose, |_| false, &[]).into_iter().next()?;
    let listed = near[term.range.end..].starts_with(['、', '和', '及', '与', '/', '或']);
    match term.cadence {
        Cadence::By(due) if term.range.start == 0 && !listed => Some(due),
        _ => None,
    }
}

/// 最后一个工作日, 第3个工作日, 前5个工作日内: from the first, or backwards from the last.
fn working_day(s: &str) -> Option<i8> {
    let tail = |s: &str| {
        let (n, len) = number::leading(s)?;
        let rest = &s[len..];
        rest.strip_prefix('个').unwrap_or(rest).starts_with("工作日").then_some(n)
    };
    let order = |n: u32| i8::try_from(n).ok().filter(|n| (1..=31).contains(n));
    for last in ["最后", "末", "底"] {
        if let Some(rest) = s.strip_prefix(last) {
            let one = if rest.starts_with("工作日") || rest.starts_with("个工作日") {
                Some(1)
            } else {
                tail(rest)
            };
            return order(one?).map(|n| -n);
        }
    }
    if let Some(rest) = s.strip_prefix("倒数第") {
        return order(tail(rest)?).map(|n| -n);
    }
    if let Some(rest) = s.strip_prefix('首') {
        return (rest.starts_with("个工作日") || rest.starts_with("工作日")).then_some(1);
    }
    let rest = ["第", "前", "初前", "头"].iter().find_map(|w| s.strip_prefix(w))?;
    order(tail(rest)?)
}

/// 五前, 周五下班前, 五17:00前: the 周 of 每周 is read already. 周五开展 is done on that day, so by that day.
fn weekday(s: &str) -> Option<DayIn> {
    let s = ["星期", "礼拜", "周"].iter().find_map(|w| s.strip_prefix(w)).unwrap_or(s);
    let c = s.chars().next()?;
    let day = match c {
        '末' | '日' | '天' => 7,
        c => 1 + i8::try_from("一二三四五六".chars().position(|d| d == c)?).ok()?,
    };
    let rest = &s[c.len_utf8()..];
    // 每周一次, 每周一主题, 每周一至周五, 每周三次 say how often; 每周一、周三 are two.
    let other = rest.starts_with(OF_A_COUNT) || rest.starts_with(['至', '到', '、', '和', '-', '—']);
    let when = rest.starts_with([
        '前', '上', '下', '晚', '中', '之', '以', '的', '为', '召', '举', '组', '集', '开', '报', '进', '安',
        '固', '定', '学', '例', '，', '：',
    ]);
    let clock = rest.chars().next().is_some_and(|c| number::digit(c).is_some());
    (!other && (when || clock)).then_some(DayIn::Weekday { day })
}

/// Measures: what stands before them is a number and no day of the week.
const OF_A_COUNT: [char; 12] = ['次', '场', '期', '回', '轮', '遍', '堂', '讲', '节', '篇', '个', '天'];

/// 5日前, 底前, 末月25日前, 首月10日前, 次月5日前, 结束后10日内.
fn in_month(per: Per, s: &str) -> Option<DayIn> {
    let last = per.months()?;
    let (month, rest) = month(last, s);
    let rest = rest.trim_start_matches('的');
    if let Some(order) = working_day(rest)
        && ((order < 0 && month == last) || (order > 0 && month == 1))
    {
        return Some(DayIn::WorkingDay { order });
    }
    if let Some(day) = week(rest) {
        // The weeks of a longer stretch are those of its first month, its last week that of its last.
        let month = if month == last && last > 1 && day < 31 && rest.len() == s.len() { 1 } else { month };
        return Some(DayIn::Month { month, day });
    }
    if let Some((from, to, next)) = days(rest) {
        return Some(if next {
            DayIn::Month { month: last + 1, day: to }
        } else {
            DayIn::Between { month, from, to }
        });
    }
    let due = |day: u32| {
        let day = i8::try_from(day).ok().filter(|d| (1..=31).contains(d))?;
        Some(DayIn::Month { month, day })
    };
    if month > last
        && let Some((day, len)) = number::leading(rest)
        && let Some(tail) = rest[len..].strip_prefix(['日', '天'])
        && ["内", "之内", "以内"].iter().any(|w| tail.starts_with(w))
    {
        return due(day);
    }
    if let Some((day, len)) = number::leading(rest) {
        let after = rest[len..].strip_prefix(['日', '号'])?;
        // 每月5日前后 is about that day; 每月5日起 begins on it; 每月5日、20日 are two.
        let about = after.starts_with("前后") || after.starts_with("左右");
        let other =
            about || after.starts_with(['起', '后', '、', '和', '或', '/']) || after.starts_with("以后");
        let before = is_before(after) || !after.starts_with('前');
        return (!other && before).then(|| due(day))?;
    }
    // 每月前5日内, 每月前10天.
    if let Some(rest) = rest.strip_prefix('前')
        && let Some((day, len)) = number::leading(rest)
        && rest[len..].starts_with(['日', '天'])
    {
        return due(day);
    }
    // 每月底前 is the end of the month as 每月 alone is; after the last month it is not.
    let rest = rest.strip_prefix('月').unwrap_or(rest);
    let parts = [("上旬", 10), ("中旬", 20), ("初前", 5), ("初", 10), ("底前", 31), ("下旬", 31)];
    let day = parts.iter().find(|(w, _)| rest.starts_with(w)).map(|(_, d)| *d)?;
    (day < 31 || month < last).then(|| due(day))?
}

/// 第一周, 首周, 第三周周五, 最后一周: the last day of a week of the month, seven days to each.
fn week(s: &str) -> Option<i8> {
    if s.starts_with("首周") || s.starts_with("第一个星期") {
        return Some(7);
    }
    if ["最后一周", "最后1周", "末周", "最后一个星期"].iter().any(|w| s.starts_with(w)) {
        return Some(31);
    }
    let rest = s.strip_prefix('第')?;
    let (n, len) = number::leading(rest)?;
    let rest = rest[len..].strip_prefix('个').unwrap_or(&rest[len..]);
    let is_week = rest.starts_with('周') || rest.starts_with("星期");
    let n = i8::try_from(n).ok().filter(|n| (1..=5).contains(n) && is_week)?;
    Some((n * 7).min(31))
}

/// 1日至5日, 10—15日, 25日至次月5日: first and last day, and whether the last is in the next month.
fn days(s: &str) -> Option<(i8, i8, bool)> {
    let (from, len) = number::leading(s)?;
    let rest = &s[len..];
    let rest = rest.strip_prefix(['日', '号']).unwrap_or(rest);
    let rest = &rest[dash(rest)?..];
    let tail = ["次月", "下月", "翌月"].iter().find_map(|w| rest.strip_prefix(w));
    let (to, len) = number::leading(tail.unwrap_or(rest))?;
    tail.unwrap_or(rest)[len..].starts_with(['日', '号']).then_some(())?;
    let day = |n: u32| i8::try_from(n).ok().filter(|d| (1..=31).contains(d));
    let (from, to) = (day(from)?, day(to)?);
    (tail.is_some() || from <= to).then_some((from, to, tail.is_some()))
}

/// Which month of the stretch is meant, 1 for the first, and the words after it. Where none is, the first of a month and
/// the last of a longer stretch.
fn month(last: i8, s: &str) -> (i8, &str) {
    const NEXT: [&str; 10] = [
        "结束后",
        "终了后",
        "下季度首月",
        "下季首月",
        "次季度首月",
        "下一季度首月",
        "下个月",
        "次月",
        "下月",
        "翌月",
    ];
    const LAST: [&str; 4] = ["末月", "最后一个月", "最后1个月", "末"];
    const FIRST: [&str; 3] = ["首月", "首个月", "头一个月"];
    let strip = |words: &[&str]| words.iter().find_map(|w| s.strip_prefix(w));
    if let Some(rest) = strip(&NEXT) {
        return (last + 1, rest);
    }
    if let Some(rest) = strip(&FIRST) {
        return (1, rest);
    }
    if let Some(rest) = strip(&LAST).filter(|_| last > 1) {
        return (last, rest);
    }
    if let Some((n, len)) = s.strip_prefix('第').and_then(number::leading)
        && let Some(rest) = s['第'.len_utf8() + len..].strip_prefix("个月")
        && let Some(n) = i8::try_from(n).ok().filter(|n| (1..=last).contains(n))
    {
        return (n, rest);
    }
    (last, s)
}

fn is_before(s: &str) -> bool {
    ["之前", "以前", "前"]
        .iter()
        .find_map(|w| s.strip_prefix(w))
        .is_some_and(|next| !next.starts_with(NOT_BEFORE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use DayIn::{Between, Days, Month, Weekday, WorkingDay};

    #[test]
    fn the_words_for_a_day_are_read_again() {
        for (per, by) in [
            (Per::Month, Month { month: 1, day: 5 }),
            (Per::Month, Month { month: 2, day: 5 }),
            (Per::TwoMonths, Month { month: 2, day: 20 }),
            (Per::Quarter, Month { month: 3, day: 25 }),
            (Per::Quarter, Month { month: 1, day: 10 }),
            (Per::Quarter, Month { month: 2, day: 31 }),
            (Per::HalfYear, Month { month: 7, day: 5 }),
            (Per::HalfYear, Month { month: 5, day: 9 }),
            (Per::Year, Month { month: 6, day: 31 }),
            (Per::Year, Month { month: 12, day: 10 }),
            (Per::Week, Weekday { day: 5 }),
            (Per::TwoWeeks, Weekday { day: 7 }),
            (Per::Term, Days { days: 14 }),
            (Per::Month, Between { month: 1, from: 1, to: 5 }),
            (Per::Quarter, Between { month: 3, from: 20, to: 25 }),
            (Per::Month, WorkingDay { order: -1 }),
            (Per::Week, WorkingDay { order: -1 }),
            (Per::Quarter, WorkingDay { order: 3 }),
            (Per::Month, WorkingDay { order: -2 }),
        ] {
            assert_eq!(at_start(per, &by.words(per)), Some(by), "{}", by.words(per));
        }
    }

    #[test]
    fn the_day_of_a_period() {
        let month = |month, day| Some(Month { month, day });
        for (text, by) in [
            ("每月5日前报送", month(1, 5)),
            ("每月２５日之前上传", month(1, 25)),
            ("每月10日报送考勤", month(1, 10)),
            ("每月上旬公示", month(1, 10)),
            ("每月党费于25日前收齐", month(1, 25)),
            ("每月工作小结次月3日前报送", month(2, 3)),
            ("每季度末25日前通报", month(3, 25)),
            ("每季度末月20日前报送", month(3, 20)),
            ("每季度最后一个月的25日前", month(3, 25)),
            ("每季度首月10日前", month(1, 10)),
            ("每季度第二个月15日前", month(2, 15)),
            ("每季度结束后10日内报送", month(4, 10)),
            ("每半年末月15日前自查", month(6, 15)),
            ("每年6月底前组织", month(6, 31)),
            ("每年12月10日前述职", month(12, 10)),
            ("每年七一前表彰", month(6, 30)),
            ("每年3月开展一次", month(3, 31)),
            ("每月15日为主题党日", month(1, 15)),
            ("每月10日开展主题党日", month(1, 10)),
            ("每月第一周召开例会", month(1, 7)),
            ("每月第三周周五开展", month(1, 21)),
            ("每月最后一周小结", month(1, 31)),
            ("每季度第二周调度", month(1, 14)),
            ("每月前10日内公布", month(1, 10)),
            ("每月25日至次月5日收缴", month(2, 5)),
            ("每月1日至5日收缴", Some(Between { month: 1, from: 1, to: 5 })),
            ("每月10-15日公示", Some(Between { month: 1, from: 10, to: 15 })),
            ("每季度末月20日至25日自评", Some(Between { month: 3, from: 20, to: 25 })),
            ("每月最后一个工作日报送", Some(WorkingDay { order: -1 })),
            ("每季度最后1个工作日前报送", Some(WorkingDay { order: -1 })),
            ("每季度末月最后一个工作日前报送", Some(WorkingDay { order: -1 })),
            ("每月第3个工作日前报送", Some(WorkingDay { order: 3 })),
            ("每月前五个工作日内报送", Some(WorkingDay { order: 5 })),
            ("每周最后一个工作日报送", Some(WorkingDay { order: -1 })),
            ("每月倒数第2个工作日前上传", Some(WorkingDay { order: -2 })),
            ("每周三下午集中学习", Some(Weekday { day: 3 })),
            ("每周五前报送", Some(Weekday { day: 5 })),
            ("每周五下班前报送", Some(Weekday { day: 5 })),
            ("每周一上午10时前报送", Some(Weekday { day: 1 })),
            ("每两周周四前小结", Some(Weekday { day: 4 })),
            ("每学期开学后两周内报送计划", Some(Days { days: 14 })),
            ("每学期初制定计划", Some(Days { days: 14 })),
            ("每学期第4周前完成", Some(Days { days: 21 })),
            // Nothing said, or no day by which.
            ("每月5日前后走访", None),
            ("每月5日、20日报送", None),
            ("每月底前报送", None),
            ("每周一次例会", None),
            ("每周三次巡查", None),
            ("每周一、周四会商", None),
            ("每周二手资料汇编", None),
            ("每年年底前述职", None),
            ("每年6月、12月各自查1次", None),
            ("每学期末考核", None),
            ("每季度末通报", None),
            ("每季度报告，于12月5日前交齐", None),
        ] {
            let found = crate::cadence::rhythms(text, |_| false);
            assert_eq!(found.first().and_then(|r| r.by), by, "{text}");
        }
    }
}
