//! The word that says in each of what: 每季度, 两个月, 逐月, 上下半年.

use model::Per;

use super::count::{Count, count, slogan};
use crate::number;

/// A period word: its length, and whether it is a rhythm only with a count (全年 alone says when, not how often).
pub(super) struct Period {
    /// None for a period longer than a year.
    pub(super) per: Option<Per>,
    pub(super) len: usize,
    pub(super) needs_count: bool,
}

impl Period {
    fn always(per: Per, len: usize) -> Self {
        Self { per: Some(per), len, needs_count: false }
    }
    fn counted(per: Per, len: usize) -> Self {
        Self { per: Some(per), len, needs_count: true }
    }
}

const UNITS: [(&str, Per); 20] = [
    ("学期", Per::Term),
    ("学年", Per::Year),
    ("年度", Per::Year),
    ("年", Per::Year),
    ("半年", Per::HalfYear),
    ("半个月", Per::TwoWeeks),
    ("半月", Per::TwoWeeks),
    ("季度", Per::Quarter),
    ("季", Per::Quarter),
    ("双月", Per::TwoMonths),
    ("双周", Per::TwoWeeks),
    ("月份", Per::Month),
    ("月", Per::Month),
    ("周", Per::Week),
    ("星期", Per::Week),
    ("礼拜", Per::Week),
    ("工作日", Per::Day),
    ("天", Per::Day),
    ("日", Per::Day),
    ("晚", Per::Day),
];

pub(super) fn unit(s: &str) -> Option<(Per, usize)> {
    UNITS.iter().find(|(w, _)| s.starts_with(w)).map(|(w, p)| (*p, w.len()))
}

/// Length of a number of years: 每三年 has no name among the periods.
fn years(s: &str) -> Option<usize> {
    let (n, len) = number::leading(s)?;
    let rest = &s[len..];
    (n > 1 && rest.starts_with('年') && !rest.starts_with("年级")).then(|| len + '年'.len_utf8())
}

/// A number of units as one period: 两个月, 3个月, 两周.
fn units(s: &str) -> Option<(Per, usize)> {
    let (n, len) = number::leading(s)?;
    let rest = &s[len..];
    let ge = if rest.starts_with('个') { '个'.len_utf8() } else { 0 };
    let (one, more) = unit(&rest[ge..])?;
    let per = match (one, n) {
        (one, 1) => one,
        (Per::Month, 2) => Per::TwoMonths,
        (Per::Month, 3) => Per::Quarter,
        (Per::Month, 6) | (Per::Quarter, 2) => Per::HalfYear,
        (Per::Month, 12) | (Per::Quarter, 4) | (Per::Term, 2) | (Per::HalfYear, 2) => Per::Year,
        (Per::Week, 2) | (Per::Day, 14 | 15) => Per::TwoWeeks,
        (Per::Day, 7) => Per::Week,
        _ => return None,
    };
    Some((per, len + ge + more))
}

pub(super) fn period(rest: &str, before: Option<char>) -> Option<Period> {
    let first = rest.chars().next()?;
    let skip = first.len_utf8();
    let after = &rest[skip..];
    let starts = |words: &[&str]| words.iter().find(|w| rest.starts_with(**w)).map(|w| w.len());
    match first {
        '每' => {
            if let Some(len) = years(after) {
                return Some(Period { per: None, len: skip + len, needs_count: true });
            }
            let ge = if after.starts_with('个') { '个'.len_utf8() } else { 0 };
            let (per, len) = unit(&after[ge..]).or_else(|| units(after).map(|(p, l)| (p, l - ge)))?;
            let end = skip + ge + len;
            // 每年级, 每周边, 每日报纸 are other words; 每半月报送 is a rhythm.
            let next = &rest[end..];
            if next.starts_with(['级', '边', '饼']) || next.starts_with("年庆") || next.starts_with("报纸")
            {
                return None;
            }
            Some(Period::always(per, end))
        }
        '全' => {
            if let Some(len) = starts(&["全年度", "全学年", "全年"]) {
                return Some(Period::counted(Per::Year, len));
            }
            starts(&["全学期"]).map(|len| Period::counted(Per::Term, len))
        }
        '本' => starts(&["本年度", "本学年"])
            .map(|len| Period::counted(Per::Year, len))
            .or_else(|| starts(&["本学期"]).map(|len| Period::counted(Per::Term, len))),
        '年' => match before {
            Some(c)
                if number::digit(c).is_some() || number::is_hanzi(c) || "每全半学今去明当".contains(c) =>
            {
                None
            }
            _ => starts(&["年年"]).map(|len| Period::always(Per::Year, len)).or_else(|| {
                starts(&["年度内", "年度", "年内", "年均"]).map(|len| Period::counted(Per::Year, len))
            }),
        },
        '学' => match before {
            Some('每' | '本' | '全' | '上' | '下') => None,
            _ => starts(&["学期内"])
                .map(|len| Period::counted(Per::Term, len))
                .or_else(|| starts(&["学年内"]).map(|len| Period::counted(Per::Year, len))),
        },
        '半' => match before {
            Some('上' | '下' | '每' | '各' | '按' | '两' | '个') => None,
            _ => {
                let (per, len) = unit(rest).filter(|u| matches!(u.0, Per::HalfYear | Per::TwoWeeks))?;
                close_count(&rest[len..]).then(|| Period::counted(per, len))
            }
        },
        '一' | '两' | '二' | '三' | '六' => {
            if before
                .is_some_and(|c| c == '第' || c == '每' || number::is_hanzi(c) || number::digit(c).is_some())
            {
                return None;
            }
            let (per, len) = units(rest)?;
            close_count(&rest[len..]).then(|| Period::counted(per, len))
        }
        '双' | '隔' => {
            let per = match after.chars().next()? {
                '周' => Per::TwoWeeks,
                '月' => Per::TwoMonths,
                _ => return None,
            };
            (before != Some('每')).then(|| Period::always(per, skip + '周'.len_utf8()))
        }
        // 第一周周五, 三月月底
        '月' | '周' | '日'
            if before.is_some_and(|c| number::is_hanzi(c) || number::digit(c).is_some() || c == '每') =>
        {
            None
        }
        '月' if after.starts_with('月') => Some(Period::always(Per::Month, skip * 2)),
        '周' if after.starts_with('周') => Some(Period::always(Per::Week, skip * 2)),
        '日' if after.starts_with('日') => Some(Period::always(Per::Day, skip * 2)),
        '按' => {
            let (per, len) = unit(after)?;
            // 按年级, 按年龄, 按月份安排, 按日程 are no rhythms, nor is 按年度计划.
            let next = &after[len..];
            let other =
                ["级", "龄", "份", "程", "期", "计划", "工作计划", "目标", "重点", "考核", "要求", "初"]
                    .iter()
                    .any(|w| next.starts_with(w));
            (!other && !matches!(per, Per::Term)).then(|| Period::always(per, skip + len))
        }
        '逐' => {
            let (per, len) = unit(after)?;
            // 逐年提高 says how a figure moves.
            matches!(per, Per::Month | Per::Quarter | Per::Week | Per::Day | Per::HalfYear)
                .then(|| Period::always(per, skip + len))
        }
        '上' | '春' => {
            let (per, len) = [
                ("上半年和下半年", Per::HalfYear),
                ("上半年、下半年", Per::HalfYear),
                ("上、下半年", Per::HalfYear),
                ("上下半年", Per::HalfYear),
                ("上、下学期", Per::Term),
                ("上下学期", Per::Term),
                ("上下两个学期", Per::Term),
                ("春秋两学期", Per::Term),
                ("春秋学期", Per::Term),
                ("春、秋季学期", Per::Term),
            ]
            .iter()
            .find(|(w, _)| rest.starts_with(w))
            .map(|(w, p)| (*p, w.len()))?;
            let next = &rest[len..];
            (next.starts_with('各') || next.starts_with("分别") || next.starts_with("均"))
                .then(|| Period::counted(per, len))
        }
        _ => None,
    }
}

/// Whether a count stands at once after a bare period (一年两次, 半年至少一次), so that the period is no mere date.
fn close_count(rest: &str) -> bool {
    if slogan(rest).is_some() {
        return true;
    }
    let near = rest.char_indices().nth(8).map_or(rest, |(i, _)| &rest[..i]);
    let near = near.split(['，', '。', '；', '、', ',', '的', '来']).next().unwrap_or(near);
    matches!(count(near, true), Count::Times(..) | Count::Hours(..))
}
