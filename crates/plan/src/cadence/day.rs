//! By which day of each period: 每月5日前, 每季度末月25日前, 每周五前, 每年6月底前, 每学期开学后两周内.

use model::{Cadence, DayIn, Due, Per};

use crate::deadline::{NOT_BEFORE, Reader, Setting};
use crate::number;

/// How far, in characters, the words that are due may separate the period word from its day (每月党费于25日前收齐).
const REACH: usize = 30;

/// Words that hand something in on a day: 每月10日报送 is due then, 每月10日开展主题党日 is not.
const HANDED_IN: [&str; 10] = ["报", "上报", "提交", "通报", "公布", "公示", "发布", "推送", "汇总", "完成"];

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

/// 五前, 周五下班前, 五17:00前: the 周 of 每周 is read already.
fn weekday(s: &str) -> Option<DayIn> {
    let s = ["星期", "礼拜", "周"].iter().find_map(|w| s.strip_prefix(w)).unwrap_or(s);
    let c = s.chars().next()?;
    let day = match c {
        '末' | '日' | '天' => 7,
        c => 1 + i8::try_from("一二三四五六".chars().position(|d| d == c)?).ok()?,
    };
    let rest = &s[c.len_utf8()..];
    let near = rest.char_indices().nth(8).map_or(rest, |(i, _)| &rest[..i]);
    let at = near.find('前')?;
    let hour = |c: char| {
        number::digit(c).is_some() || number::is_hanzi(c) || "上下中午晚班点时分:：之以".contains(c)
    };
    let next = &rest[at + '前'.len_utf8()..];
    (near[..at].chars().all(hour) && !next.starts_with(NOT_BEFORE)).then_some(DayIn::Weekday { day })
}

/// 5日前, 底前, 末月25日前, 首月10日前, 次月5日前, 结束后10日内.
fn in_month(per: Per, s: &str) -> Option<DayIn> {
    let last = per.months()?;
    let (month, rest) = month(last, s);
    let rest = rest.trim_start_matches('的');
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
        return (is_before(after) || HANDED_IN.iter().any(|w| after.starts_with(w))).then(|| due(day))?;
    }
    // 每月底前 is the end of the month as 每月 alone is; after the last month it is not.
    let rest = rest.strip_prefix('月').unwrap_or(rest);
    let parts = [("上旬", 10), ("中旬", 20), ("初前", 5), ("初", 10), ("底前", 31), ("下旬", 31)];
    let day = parts.iter().find(|(w, _)| rest.starts_with(w)).map(|(_, d)| *d)?;
    (day < 31 || month < last).then(|| due(day))?
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
    use DayIn::{Days, Month, Weekday};

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
            ("每周五前报送", Some(Weekday { day: 5 })),
            ("每周五下班前报送", Some(Weekday { day: 5 })),
            ("每周一上午10时前报送", Some(Weekday { day: 1 })),
            ("每两周周四前小结", Some(Weekday { day: 4 })),
            ("每学期开学后两周内报送计划", Some(Days { days: 14 })),
            ("每学期初制定计划", Some(Days { days: 14 })),
            ("每学期第4周前完成", Some(Days { days: 21 })),
            // Nothing said, or no day by which.
            ("每月15日为主题党日", None),
            ("每月10日开展主题党日", None),
            ("每月5日前后走访", None),
            ("每月底前报送", None),
            ("每周一次例会", None),
            ("每周三下午集中学习", None),
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
