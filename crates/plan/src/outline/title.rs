//! The title of a document and the year that it plans.

use std::ops::Range;

use crate::flow::Flow;
use crate::furniture;
use crate::number;

/// What a plan, or the notice that carries it, calls itself.
const NOUNS: [&str; 34] = [
    "工作要点",
    "要点",
    "计划",
    "方案",
    "意见",
    "规划",
    "安排",
    "措施",
    "办法",
    "清单",
    "任务书",
    "任务分解",
    "分工",
    "任务",
    "行动",
    "纲要",
    "部署",
    "通知",
    "计划表",
    "进度表",
    "责任表",
    "分工表",
    "安排表",
    "分解表",
    "一览表",
    "任务表",
    "推进表",
    "配档表",
    "若干措施",
    "实施细则",
    "思路",
    "打算",
    "工作表",
    "台账",
];

/// What other papers call themselves that hold tasks and rules.
const PAPERS: [&str; 11] =
    ["制度", "责任制", "规定", "规则", "规程", "细则", "章程", "公约", "守则", "机制", "总结"];

/// What a site puts behind the name of a paper that it offers for copying.
const SAMPLES: [&str; 5] = ["范文", "模板", "样本", "范本", "样例"];

/// Whether a line ends with what a plan calls itself; brackets at its end (（试行）, （2021-2023年）) do not count.
pub(crate) fn is_plan_noun_end(line: &str) -> bool {
    let bare = bare(line);
    // 重点工作 alone is a heading.
    NOUNS.iter().any(|n| bare.ends_with(n)) || (bare.ends_with("重点工作") && bare.contains('年'))
}

/// Whether a line is the name of a plan or of another paper: 某校学习制度.
pub(crate) fn is_paper_name(line: &str) -> bool {
    is_title_like(line) && (is_plan_noun_end(line) || PAPERS.iter().any(|n| bare(line).ends_with(n)))
}

/// A line without the brackets at its end and without 范文.
fn bare(line: &str) -> &str {
    let line = SAMPLES.iter().find_map(|w| line.strip_suffix(w)).unwrap_or(line);
    match line.rfind(['（', '(']) {
        Some(i) if line.ends_with(['）', ')']) && i > 0 => &line[..i],
        _ => line,
    }
}

/// A line that may be a title, or a part of one.
fn is_title_like(line: &str) -> bool {
    let count = line.chars().count();
    (4..=80).contains(&count)
        && !line.contains(['。', '；', '：', ':', '？'])
        && !line.ends_with(['，', '、'])
        && !furniture::is_date(line)
        && !furniture::is_document_number(line)
        && !furniture::is_remark(line)
        && !line.starts_with("附件")
        && !line.starts_with(['—', '–', '-'])
        && !line.contains(['>', '»', '|'])
}

/// （2021-2023年）, （试行）, （征求意见稿） on a line of its own belong to the title; a day of issue does not.
pub(crate) fn is_title_tail(line: &str) -> bool {
    let inner = line.strip_prefix(['（', '(']).and_then(|l| l.strip_suffix(['）', ')']));
    inner.is_some_and(|i| {
        let years = i.ends_with('年') || i.ends_with("年度") || i.ends_with("年版");
        let state = ["试行", "草案", "征求意见稿", "送审稿", "讨论稿", "修订", "暂行", "审议稿"]
            .iter()
            .any(|w| i.contains(w));
        i.chars().count() <= 16 && (years || state) && !i.contains('日')
    })
}

/// Ranges of the clean text that make up the title, in order: mostly one. `before` is where the plan's first clause
/// begins, `from` where its paper begins.
pub(crate) fn find(flow: &Flow, from: usize, before: usize) -> Vec<Range<usize>> {
    let lines: Vec<Range<usize>> = flow
        .paragraphs
        .iter()
        .map(|p| p.range.clone())
        .take_while(|r| r.start < before)
        .filter(|r| r.start >= from)
        // The first clause may begin in the title's own line.
        .map(|r| r.start..r.end.min(before))
        .collect();
    let text = |r: &Range<usize>| &flow.text[r.clone()];
    let mut best = None;
    for (n, line) in lines.iter().enumerate() {
        let words = text(line);
        let cut = furniture::document_number(words).filter(|at| *at > 0);
        let words = cut.map_or(words, |at| &words[..at]);
        // 某校工作安排：1.开展调研
        let words = if line.end == before { words.trim_end_matches(['：', ':']) } else { words };
        if !is_title_like(words) || !is_plan_noun_end(words) {
            continue;
        }
        // 工作计划 alone below 某校2026年工作计划 says it again.
        if best.as_ref().is_some_and(|(_, b): &(usize, Range<usize>)| {
            let above = text(b);
            above.len() > words.len() && above.ends_with(words)
        }) {
            continue;
        }
        // The plan's own title comes after the notice that carries it; a line in the body is no title.
        best = Some((n, line.start..line.start + words.len()));
    }
    let notice = best.as_ref().is_none_or(|(_, b)| text(b).ends_with("通知"));
    if notice && let Some(title) = issued(flow, &lines) {
        return vec![title];
    }
    let Some((n, line)) = best else {
        return first_line(flow, &lines);
    };
    let mut parts = vec![line.clone()];
    // 中共某校委员会 / 2022年党建工作要点: the issuer's line and the year's.
    if let Some(above) = n.checked_sub(1).and_then(|i| lines.get(i)) {
        let (issuer, words) = (text(above), text(&line));
        let wraps = words.starts_with("关于")
            || number::leading(words)
                .is_some_and(|(y, l)| l >= 4 && y > 1949 && words[l..].starts_with('年'));
        let doubled = issuer == words;
        if wraps
            && !doubled
            && is_title_like(issuer)
            && crate::names::is_unit(issuer)
            && !issuer.ends_with("文件")
        {
            parts.insert(0, above.clone());
        }
    }
    if let Some(below) = lines.get(n + 1).filter(|l| is_title_tail(text(l))) {
        parts.push(below.clone());
    }
    parts
}

/// The plan that a notice issues by its name: 《某校工作方案》已经党委同意，现印发给你们.
fn issued(flow: &Flow, lines: &[Range<usize>]) -> Option<Range<usize>> {
    const ISSUES: [&str; 5] = ["印发", "下发", "转发", "发给你们", "公布"];
    lines.iter().filter(|l| l.len() < 900).find_map(|line| {
        let words = &flow.text[line.clone()];
        if !ISSUES.iter().any(|w| words.contains(w)) {
            return None;
        }
        let open = words.find('《')? + '《'.len_utf8();
        let close = open + words[open..].find('》')?;
        let name = &words[open..close];
        (is_plan_noun_end(name) && !name.ends_with("通知") && !name.contains('《'))
            .then(|| line.start + open..line.start + close)
    })
}

/// A first line that names a year and no more, or a paper, is a title though it lacks the words of a plan's.
fn first_line(flow: &Flow, lines: &[Range<usize>]) -> Vec<Range<usize>> {
    let Some(first) = lines.first() else { return Vec::new() };
    let words = &flow.text[first.clone()];
    let year = words.contains('年') && number::arabic(words).is_some_and(|(_, l)| l >= 4);
    let named = is_paper_name(words);
    if (year || named) && is_title_like(words) && words.chars().count() <= 40 && !words.contains('，') {
        vec![first.clone()]
    } else {
        Vec::new()
    }
}

/// The first year in `words` that is followed by 年 (or, of a span of years, its first).
fn year_in(words: &str) -> Option<i16> {
    let mut skip = 0;
    for (at, c) in words.char_indices() {
        if at < skip || !(number::digit(c).is_some() || c == '二') {
            continue;
        }
        let Some((value, len)) = number::leading(&words[at..]) else { continue };
        skip = at + len;
        let after = &words[skip..];
        if (1949..2200).contains(&value)
            && (after.starts_with('年') || after.starts_with(['-', '—', '–', '－', '~', '～', '至']))
        {
            return i16::try_from(value).ok();
        }
    }
    None
}

/// The year that the document plans: from its title, else from the first lines before the clauses, else from the
/// number of the document.
pub(crate) fn year(flow: &Flow, title: &[Range<usize>], from: usize, before: usize) -> Option<i16> {
    let named = |r: &Range<usize>| {
        let words = &flow.text[r.clone()];
        year_in(words).or_else(|| {
            // 某校2026行动方案: in a name four digits are the year.
            let digits = |c: char| number::digit(c).is_some();
            let runs = words.split(|c| !digits(c)).filter(|run| run.chars().count() == 4);
            let value = runs.filter_map(number::arabic).map(|n| n.0).find(|v| (1990..2100).contains(v))?;
            i16::try_from(value).ok()
        })
    };
    if let Some(year) = title.iter().find_map(named) {
        return Some(year);
    }
    let head: Vec<&str> = flow
        .paragraphs
        .iter()
        .filter(|p| p.range.start >= from && p.range.start < before)
        .take(8)
        .map(|p| &flow.text[p.range.clone()])
        .collect();
    head.iter().find_map(|l| year_in(l)).or_else(|| {
        head.iter().find_map(|l| {
            let at = l.find('〔')? + '〔'.len_utf8();
            let (value, _) = number::arabic(&l[at..])?;
            (1949..2200).contains(&value).then(|| i16::try_from(value).ok())?
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn title(lines: &[&str]) -> String {
        let mut flow = Flow::default();
        for (n, line) in lines.iter().enumerate() {
            let start = flow.text.len();
            flow.push(line, start);
            flow.end(start, n, 0);
        }
        find(&flow, 0, flow.text.len())
            .into_iter()
            .map(|r| flow.text[r].to_owned())
            .collect::<Vec<_>>()
            .join("|")
    }

    #[test]
    fn titles() {
        assert_eq!(
            title(&["附件", "某市产业三年行动计划", "（2021-2023年）", "为加快发展，制定本计划。"]),
            "某市产业三年行动计划|（2021-2023年）"
        );
        assert_eq!(
            title(&[
                "关于印发《甲方案》的通知",
                "沪科〔2025〕5号",
                "各单位：",
                "2025年1月10日",
                "甲方案（2025-2030年）"
            ]),
            "甲方案（2025-2030年）"
        );
        assert_eq!(title(&["某校实施意见校办发〔2020〕24号", "各支部：现提出意见。"]), "某校实施意见");
        assert_eq!(
            title(&["中共某学院委员会", "2022年党建工作要点", "2022年是重要一年。"]),
            "中共某学院委员会|2022年党建工作要点"
        );
        assert_eq!(title(&["某校工作要点", "某校工作要点"]), "某校工作要点");
        assert_eq!(title(&["2022年，任务很重。"]), "");
    }
}
