//! How often: 每季度至少举行1次, 全年不低于32学时, 半年专项自查.

use std::ops::Range;

use model::{Cadence, Per};

use crate::number;

/// A rhythm in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rhythm {
    pub(crate) range: Range<usize>,
    pub(crate) times: Option<u32>,
    pub(crate) per: Per,
    pub(crate) hours: Option<u32>,
}

impl Rhythm {
    /// What the runtime can schedule: where no number is printed, once in each period.
    pub(crate) fn cadence(&self) -> Cadence {
        match self.hours {
            Some(hours) => Cadence::Hours { hours, per: self.per },
            None => Cadence::AtLeast { times: self.times.unwrap_or(1).max(1), per: self.per },
        }
    }
}

/// A period word: its length, and whether it is a rhythm only with a count (全年 alone says when, not how often).
struct Period {
    per: Per,
    len: usize,
    needs_count: bool,
}

impl Period {
    fn always(per: Per, len: usize) -> Self {
        Self { per, len, needs_count: false }
    }
    fn counted(per: Per, len: usize) -> Self {
        Self { per, len, needs_count: true }
    }
}

/// The rhythms of `text`; `is_name` tells the places that stand inside 《》.
pub(crate) fn rhythms(text: &str, is_name: impl Fn(usize) -> bool) -> Vec<Rhythm> {
    let mut out: Vec<Rhythm> = Vec::new();
    let mut prev = None;
    let mut done = 0;
    // End of the sentence's first clause that counts a whole: 全年12次，其中专题6次.
    let mut whole: Option<(usize, Per)> = None;
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
            '其' => part_of(rest, whole.map(|w| w.1)),
            '/' => return_rate(text, at),
            _ => compound(text, at, before).or_else(|| counted(rest, before)),
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

fn rhythm(per: Per, times: Option<u32>, hours: Option<u32>) -> Rhythm {
    Rhythm { range: 0..0, times, per, hours }
}

/// A period word with what it counts.
fn counted(rest: &str, before: Option<char>) -> Option<Found> {
    let period = period(rest, before)?;
    let after = &rest[period.len..];
    match count(after, period.needs_count) {
        Count::Cap => None,
        Count::Times(n, end) => Some((0, period.len + end, rhythm(period.per, Some(n), None))),
        Count::Hours(n, end) => Some((0, period.len + end, rhythm(period.per, None, Some(n)))),
        Count::None if period.needs_count => None,
        Count::None => Some((0, period.len, rhythm(period.per, None, None))),
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

fn unit(s: &str) -> Option<(Per, usize)> {
    UNITS.iter().find(|(w, _)| s.starts_with(w)).map(|(w, p)| (*p, w.len()))
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

fn period(rest: &str, before: Option<char>) -> Option<Period> {
    let first = rest.chars().next()?;
    let skip = first.len_utf8();
    let after = &rest[skip..];
    let starts = |words: &[&str]| words.iter().find(|w| rest.starts_with(**w)).map(|w| w.len());
    match first {
        '每' => {
            let ge = if after.starts_with('个') { '个'.len_utf8() } else { 0 };
            let (per, len) = unit(&after[ge..]).or_else(|| units(after).map(|(p, l)| (p, l - ge)))?;
            let end = skip + ge + len;
            // 每年级, 每周年, 每日报 are other words.
            if rest[end..].starts_with(['级', '报', '边', '饼']) || rest[end..].starts_with("年庆") {
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
    let near = rest.char_indices().nth(8).map_or(rest, |(i, _)| &rest[..i]);
    let near = near.split(['，', '。', '；', '、', ',', '的', '来']).next().unwrap_or(near);
    matches!(count(near, true), Count::Times(..) | Count::Hours(..))
}

/// What a clause counts after a period word.
enum Count {
    /// A number of times, and where its measure ends.
    Times(u32, usize),
    /// A number of study hours.
    Hours(u32, usize),
    /// A cap and not a rhythm: 每年最高补助100万元.
    Cap,
    None,
}

/// Measures that count occasions.
const OCCASIONS: [&str; 13] =
    ["次", "场次", "场", "期", "回", "轮", "遍", "堂", "讲", "节", "篇", "批次", "课次"];
/// Measures that count occasions only after 至少 or 不少于.
const THINGS: [&str; 8] = ["个", "项", "件", "条", "份", "部", "册", "套"];
const HOURS: [&str; 6] = ["个学时", "学时", "课时", "个课时", "小时", "个小时"];
const FLOORS: [&str; 8] = ["至少", "不少于", "不低于", "不得少于", "不得低于", "最少", "应达到", "累计"];
const CAPS: [&str; 8] = ["最高", "最多", "不超过", "不得超过", "不高于", "封顶", "上限", "控制在"];

/// How far, in characters, the object may separate the period word from its number (每年研究部署…工作不少于2次).
const REACH: usize = 45;

fn count(after: &str, needs: bool) -> Count {
    let mut floor = false;
    let mut skip_to = 0;
    let mut prev = None;
    for (n, (at, c)) in after.char_indices().enumerate() {
        let before = prev.replace(c);
        if n > REACH {
            break;
        }
        if at < skip_to {
            continue;
        }
        match c {
            // A comma straight after the period word changes nothing: 每学期，各支部至少…
            '，' | ',' | '：' | ':' if n == 0 => continue,
            '，' | ',' | '。' | '；' | ';' | '！' | '？' | '\n' | '《' => break,
            '每' if after[at..].starts_with("每次")
                || after[at..].starts_with("每个")
                || after[at..].starts_with("每名") => {}
            '每' => break,
            '全' if after[at..].starts_with("全年") => break,
            _ => {}
        }
        let rest = &after[at..];
        if CAPS.iter().any(|w| rest.starts_with(w)) {
            return Count::Cap;
        }
        floor |= FLOORS.iter().any(|w| rest.starts_with(w));
        let Some((value, len)) = number::leading(rest) else { continue };
        skip_to = at + len;
        if before == Some('第') {
            continue;
        }
        let mut end = len;
        // 1-2次: at least the smaller.
        let tail = &rest[end..];
        if let Some(dash) =
            tail.chars().next().filter(|c| matches!(c, '-' | '—' | '–' | '－' | '~' | '～' | '至' | '到'))
            && let Some((_, more)) = number::leading(&tail[dash.len_utf8()..])
        {
            end += dash.len_utf8() + more;
        }
        let tail = &rest[end..];
        if let Some(w) = HOURS.iter().find(|w| tail.starts_with(**w)) {
            if value > 0 {
                return Count::Hours(value, at + end + w.len());
            }
        } else if let Some(w) = OCCASIONS.iter().filter(|w| tail.starts_with(**w)).max_by_key(|w| w.len()) {
            let next = &tail[w.len()..];
            // 一次性, 一次办好, 一期工程, 一节课堂 are words of their own.
            let word = (*w == "次" && next.starts_with(['性', '办', '告', '申']))
                || next.starts_with("工程")
                || next.starts_with("以内");
            if value > 0 && !word {
                return Count::Times(value, at + end + w.len());
            }
        } else if let Some(w) = THINGS.iter().find(|w| tail.starts_with(**w)) {
            let month = tail[w.len()..].starts_with(['月', '工', '百']);
            if floor && value > 0 && !month && !needs {
                return Count::Times(value, at + end + w.len());
            }
        } else if tail.starts_with(['%', '％', '‰']) {
            return Count::Cap;
        }
        skip_to = at + end;
    }
    Count::None
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

/// Nouns that make a rhythm of a period word before them: 半年专项自查, 年度综合检查, 年终考核.
const ACTS: [&str; 20] = [
    "自查", "检查", "考核", "督查", "抽查", "考评", "评议", "评估", "总结", "述职", "测评", "评比", "巡查",
    "盘点", "小结", "通报", "督导", "点评", "讲评", "调度",
];
/// Characters that may stand between the period and the act: 年度党建工作考核.
const BETWEEN: usize = 4;

fn compound(text: &str, at: usize, before: Option<char>) -> Option<Found> {
    let rest = &text[at..];
    let (word, per) = [
        ("半年度", Per::HalfYear),
        ("半年", Per::HalfYear),
        ("年度", Per::Year),
        ("年终", Per::Year),
        ("年末", Per::Year),
        ("季度", Per::Quarter),
        ("月度", Per::Month),
        ("学期末", Per::Term),
    ]
    .into_iter()
    .find(|(w, _)| rest.starts_with(w))
    .map(|(w, p)| (w.len(), p))?;
    match before {
        // 2022年度, 第一季度, 每半年, 上半年, 本年度: no rhythm, or told by another rule.
        // 健全半年专项自查: 全 is a prefix of 年 only.
        Some('全') if rest.starts_with('半') => {}
        Some(c)
            if number::digit(c).is_some()
                || number::is_hanzi(c)
                || "每第上下各按逐本全半学两去今当".contains(c) =>
        {
            return None;
        }
        _ => {}
    }
    let near = &rest[word..];
    let mut end = None;
    for (n, (i, c)) in near.char_indices().enumerate() {
        let verb =
            ["召开", "开展", "进行", "组织", "做好", "完成", "接受"].iter().any(|w| near[i..].starts_with(w));
        if verb || n > BETWEEN || !('\u{4e00}'..='\u{9fff}').contains(&c) {
            break;
        }
        if let Some(act) = ACTS.iter().find(|a| near[i..].starts_with(**a)) {
            end = Some(i + act.len());
            break;
        }
    }
    let end = end?;
    // 纳入年度考核, 年度考核结果: the check is spoken of and not asked for.
    let next = &near[end..];
    const OF_IT: [&str; 16] = [
        "结果", "办法", "细则", "方案", "指标", "内容", "体系", "重要", "等次", "对象", "依据", "得分",
        "成绩", "范围", "评优", "情况",
    ];
    if OF_IT.iter().any(|w| next.starts_with(w)) {
        return None;
    }
    let earlier = &text[..at];
    const INTO: [&str; 18] = [
        "纳入", "列入", "作为", "计入", "记入", "结合", "依据", "根据", "按照", "参考", "加入", "党建",
        "对照", "与", "和", "部门", "单位", "影响",
    ];
    if INTO.iter().any(|w| earlier.ends_with(w)) {
        return None;
    }
    Some((0, word + end, rhythm(per, None, None)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(&str, Option<u32>, Per, Option<u32>)> {
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
            assert_eq!(read(text), [(words, Some(times), per, None)], "{text}");
        }
    }

    #[test]
    fn hours() {
        assert_eq!(read("全年不低于32学时"), [("全年不低于32学时", None, Per::Year, Some(32))]);
        assert_eq!(
            read("每年集中学习培训时间不少于56学时"),
            [("每年集中学习培训时间不少于56学时", None, Per::Year, Some(56))]
        );
        assert_eq!(read("每学期16课时"), [("每学期16课时", None, Per::Term, Some(16))]);
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
            assert_eq!(read(text), [(words, None, per, None)], "{text}");
        }
    }

    #[test]
    fn several() {
        assert_eq!(
            read("每月不少于1次,全年不少于12次"),
            [("每月不少于1次", Some(1), Per::Month, None), ("全年不少于12次", Some(12), Per::Year, None)]
        );
        assert_eq!(
            read("全年计划开展集中学习12次，其中专题研讨不少于6次"),
            [
                ("全年计划开展集中学习12次", Some(12), Per::Year, None),
                ("其中专题研讨不少于6次", Some(6), Per::Year, None)
            ]
        );
        assert_eq!(
            read("每月召开1次支委会、每季度召开1次党员大会"),
            [("每月召开1次", Some(1), Per::Month, None), ("每季度召开1次", Some(1), Per::Quarter, None)]
        );
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
