//! Figures: numbers with a measure or a time beside them. Each is used by a demand, or the clerk is told that it is not.

use jiff::civil::Date;
use model::{Span, number};

use crate::fold::fold;

/// What stands beside a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FigureKind {
    /// A measure: 2期, 60名.
    Measure,
    /// A time with a limit: 5日前, 6月底, 3个工作日内.
    Time,
}

/// A number with what stands beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Figure {
    pub(crate) kind: FigureKind,
    pub(crate) value: u32,
    /// From the number to the end of its measure or limit.
    pub(crate) span: Span,
    /// Where its number begins in the source.
    at: usize,
    /// Whether it is a length of time allowed: 5个工作日内.
    pub(crate) allowed: bool,
}

/// Measures of acts, people and things. Those behind the bar count only after Arabic digits: 两个维护 and 三项任务 are names.
const MEASURES: [&str; 18] = [
    "人次", "场次", "批次", "次", "场", "期", "轮", "堂", "讲", "篇", "本", "名", "户", "学时", "课时",
    "期次", "遍", "回",
];
const LOOSE: [&str; 18] = [
    "个", "项", "件", "条", "份", "部", "册", "套", "门", "支", "例", "首", "对", "处", "家", "节", "批",
    "人",
];
/// What a measure is not, though it begins so.
const OTHER: [&str; 19] = [
    "个月",
    "个工作",
    "个百分",
    "个学",
    "个小",
    "个课",
    "个周",
    "个星",
    "人员",
    "期间",
    "部门",
    "部分",
    "名单",
    "项目制",
    "条例",
    "节点",
    "次性",
    "家庭",
    "处级",
];
const TIMES: [&str; 12] =
    ["个工作日", "工作日", "个自然日", "个小时", "小时", "分钟", "个月", "天", "日", "号", "周", "月"];
const LIMITS: [&str; 15] = [
    "之前", "以前", "之内", "以内", "底前", "月底", "前", "内", "底", "末", "初前", "初", "上旬", "中旬",
    "下旬",
];

/// The figures under `within`, in order; those in 《》 and in quotation marks are names and left out.
pub(crate) fn figures(source: &str, within: Span) -> Vec<Figure> {
    let text = within.of(source);
    let mut out = Vec::new();
    let mut depth = 0_u32;
    let mut done = 0;
    let mut prev: Option<char> = None;
    for (i, c) in text.char_indices() {
        let before = prev.replace(c);
        match c {
            '《' | '“' | '「' => depth += 1,
            '》' | '”' | '」' => depth = depth.saturating_sub(1),
            // A mark that is never closed must not hide what follows.
            '。' | '\n' => depth = 0,
            _ => {}
        }
        let digit = number::digit(c).is_some();
        if i < done || depth > 0 || !(digit || number::is_hanzi(c)) {
            continue;
        }
        let Some((value, len)) = number::leading(&text[i..]) else { continue };
        done = i + len;
        let part = |c: char| {
            number::digit(c).is_some()
                || number::is_hanzi(c)
                || matches!(c, '第' | '.' | '．' | '·' | '+' | '＋')
        };
        // 最后一个工作日 is an order and no number.
        let numbered = is_numbered(&text[..i]);
        if (before.is_some_and(part) && !numbered) || (value == 0 && !digit) || text[..i].ends_with("最后")
        {
            continue;
        }
        if let Some((kind, end, allowed)) = beside(&text[i + len..], value, digit) {
            done = i + len + end;
            let span = Span::new(within.start + i, within.start + i + len + end);
            out.push(Figure { kind, value, span, at: within.start + i, allowed });
        }
    }
    out
}

/// Whether the number of an item stands at once before: 3.6月31日前.
fn is_numbered(head: &str) -> bool {
    let Some(head) = head.strip_suffix(['.', '．', '、']) else { return false };
    let rest = head.trim_end_matches(|c: char| number::digit(c).is_some());
    let before = rest.trim_end_matches([' ', '\t', '\u{3000}']);
    (1..=4).contains(&(head.len() - rest.len())) && (before.is_empty() || before.ends_with('\n'))
}

/// What stands behind a number: its kind, the length of it, whether it is a time allowed.
fn beside(after: &str, value: u32, digit: bool) -> Option<(FigureKind, usize, bool)> {
    if let Some(unit) = TIMES.iter().find(|t| after.starts_with(**t)) {
        let rest = &after[unit.len()..];
        // 6月30日前: the day is the figure.
        if *unit == "月"
            && let Some((day, len)) = number::leading(rest)
            && let Some(tail) = rest[len..].strip_prefix(['日', '号'])
        {
            let limit = LIMITS.iter().find(|l| tail.starts_with(**l)).filter(|_| day > 0)?;
            return Some((FigureKind::Time, unit.len() + len + '日'.len_utf8() + limit.len(), false));
        }
        let limit = LIMITS.iter().find(|l| rest.starts_with(**l))?;
        if limit.starts_with('前') && rest.starts_with("前后") {
            return None;
        }
        let allowed = limit.ends_with('内') && !matches!(*unit, "月" | "号");
        return Some((FigureKind::Time, unit.len() + limit.len(), allowed));
    }
    if OTHER.iter().any(|o| after.starts_with(o)) {
        return None;
    }
    let measure = MEASURES
        .iter()
        .find(|m| after.starts_with(**m))
        .filter(|m| digit || value > 1 || matches!(**m, "次" | "场" | "期"))
        .or_else(|| LOOSE.iter().find(|m| digit && after.starts_with(**m)))?;
    Some((FigureKind::Measure, measure.len(), false))
}

/// Characters that may stand between the verb and the number that it counts: 举办支部书记培训班2期.
const REACH: usize = 14;

/// How many of something a clause asks for that names no period: 举办培训班2期, 发展党员60名. A verb before the number says
/// that it is to be done.
pub(crate) fn bare_counts(source: &str, clause: Span, verbs: &[String]) -> Vec<(u32, Span)> {
    let asked = |f: &Figure| {
        let head = Span::new(clause.start, f.at).of(source);
        let from = head.char_indices().rev().nth(REACH).map_or(0, |(i, _)| i);
        let near = fold(&head[from..]);
        let cap =
            ["不超过", "最多", "控制在", "以内", "现有", "共有", "每"].iter().any(|w| near.ends_with(w));
        !cap && verbs.iter().any(|v| near.contains(v.as_str()))
    };
    figures(source, clause)
        .into_iter()
        .filter(|f| f.kind == FigureKind::Measure && f.value > 0)
        .filter(asked)
        .map(|f| (f.value, f.span))
        .collect()
}

/// A day that does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Impossible {
    pub(crate) span: Span,
    pub(crate) message: String,
    /// The day that was likely meant.
    pub(crate) offer: String,
}

/// The days under `within` that no calendar has: 6月31日, 13月底, 每月32日. A day that recurs in every month (每月31日) is the
/// last of a shorter one, and a 29 February that names no year may be that of another.
pub(crate) fn impossible(source: &str, within: Span, year: i16) -> Vec<Impossible> {
    let text = within.of(source);
    let mut out = Vec::new();
    let mut done = 0;
    let mut prev = None;
    let mut depth = 0_u32;
    let mut said: Option<i16> = None;
    for (i, c) in text.char_indices() {
        let before: Option<char> = prev.replace(c);
        match c {
            '《' => depth += 1,
            '》' => depth = depth.saturating_sub(1),
            '。' | '\n' => (depth, said) = (0, None),
            _ => {}
        }
        if i < done || depth > 0 || number::digit(c).is_none() && !number::is_hanzi(c) {
            continue;
        }
        let Some((value, len)) = number::leading(&text[i..]) else { continue };
        done = i + len;
        let after = &text[i + len..];
        if after.starts_with('年') {
            said = i16::try_from(value).ok().filter(|y| (1949..2200).contains(y)).or(said);
            continue;
        }
        let part =
            |c: char| number::digit(c).is_some() || number::is_hanzi(c) || matches!(c, '.' | '·' | '第');
        if before.is_some_and(part) && !is_numbered(&text[..i]) {
            continue;
        }
        let say = |end: usize, message: String, offer: String, out: &mut Vec<Impossible>| {
            out.push(Impossible { span: Span::new(within.start + i, within.start + end), message, offer });
        };
        let monthly = ["每月", "每个月", "当月", "次月", "末月"].iter().any(|w| text[..i].ends_with(w));
        if monthly && after.starts_with(['日', '号']) && !(1..=31).contains(&value) {
            let end = i + len + '日'.len_utf8();
            say(end, format!("没有{value}日：一个月最多31日"), "31日".to_owned(), &mut out);
            continue;
        }
        let Some(rest) = after.strip_prefix("月份").or_else(|| after.strip_prefix('月')) else { continue };
        let month_end = text.len() - rest.len();
        let rest = rest.strip_prefix('的').unwrap_or(rest);
        let day = number::leading(rest).filter(|(_, l)| rest[*l..].starts_with(['日', '号']));
        let Some(month) = i8::try_from(value).ok().filter(|m| (1..=12).contains(m)) else {
            if day.is_some() || LIMITS.iter().any(|l| rest.starts_with(l)) {
                let message = format!("没有{value}月：一年只有1至12月");
                say(month_end, message, "12月".to_owned(), &mut out);
            }
            continue;
        };
        let Some((day, digits)) = day else { continue };
        let end = text.len() - rest.len() + digits + '日'.len_utf8();
        done = end;
        let last = Date::new(said.unwrap_or(year), month, 1).map_or(31, |d| d.days_in_month());
        let every = text[..i].ends_with("每年") && month == 2 && day == 29;
        if !i8::try_from(day).is_ok_and(|d| (1..=last).contains(&d)) && !every {
            let message = format!("没有{month}月{day}日：{month}月最后一天是{last}日");
            say(end, message, format!("{month}月{last}日"), &mut out);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<&str> {
        figures(text, Span::new(0, text.len())).into_iter().map(|f| f.span.of(text)).collect()
    }

    #[test]
    fn figures_have_a_measure_or_a_limit() {
        assert_eq!(all("举办培训班2期，发展党员60名"), ["2期", "60名"]);
        assert_eq!(
            all("5个工作日内答复，每月25日前报送，11月30日前完成"),
            ["5个工作日内", "25日前", "11月30日前"]
        );
        assert_eq!(all("开展两次，走访三户，新建中心3个"), ["两次", "三户", "3个"]);
        for none in [
            "做到两个维护",
            "落实三会一课",
            "第3次会议",
            "2022年版",
            "党的二十大",
            "“1+3”工程",
            "读《20次讲话》",
            "提高5个百分点",
            "三年行动",
            "一次性告知",
            "十个一批",
            "3月学雷锋",
        ] {
            assert_eq!(all(none), Vec::<&str>::new(), "{none}");
        }
    }

    #[test]
    fn a_verb_before_the_number_asks_for_it() {
        let verbs: Vec<String> = ["举办", "发展", "巡察", "召开"].map(ToOwned::to_owned).to_vec();
        let counts = |text: &str| -> Vec<u32> {
            bare_counts(text, Span::new(0, text.len()), &verbs).into_iter().map(|c| c.0).collect()
        };
        assert_eq!(counts("举办支部书记培训班2期"), [2]);
        assert_eq!(counts("召开教代会1次"), [1]);
        assert_eq!(counts("校内巡察3个"), [3]);
        assert_eq!(counts("举办讲座3场、培训2期"), [3, 2]);
        assert_eq!(counts("学校现有党员300名"), Vec::<u32>::new());
        assert_eq!(counts("召开会议不超过2次"), Vec::<u32>::new());
    }

    #[test]
    fn days_that_no_calendar_has() {
        let found = |text: &str| -> Vec<(String, String)> {
            impossible(text, Span::new(0, text.len()), 2026)
                .into_iter()
                .map(|d| (d.span.of(text).to_owned(), d.offer))
                .collect()
        };
        let one = |a: &str, b: &str| vec![(a.to_owned(), b.to_owned())];
        assert_eq!(found("6月31日前完成自查"), one("6月31日", "6月30日"));
        assert_eq!(found("于2月30日前"), one("2月30日", "2月28日"));
        assert_eq!(found("2026年2月29日"), one("2026年2月29日".trim_start_matches("2026年"), "2月28日"));
        assert_eq!(found("一、任务\n3.6月31日前完成自查"), one("6月31日", "6月30日"));
        assert_eq!(found("13月底前验收"), one("13月", "12月"));
        assert_eq!(found("13月1日前"), one("13月", "12月"));
        assert_eq!(found("每月32日前报送"), one("32日", "31日"));
        assert_eq!(found("４月３１日前、十一月三十一日前").len(), 2);
        for none in
            ["2024年2月29日前", "每月31日前报送", "每年2月29日", "12月31日前", "18个月内", "《9月31日讲话》"]
        {
            assert_eq!(found(none), Vec::new(), "{none}");
        }
    }
}
