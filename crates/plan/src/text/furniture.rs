//! Lines that belong to the paper and not to the plan: page numbers, running heads, dates of issue, signatures.

use std::collections::{HashMap, HashSet};

use crate::{mark, number};

/// Whether a line is a page number: 3, - 3 -, — 3 —, 第3页, 第 3 页 共 5 页, 3/12.
pub(crate) fn is_page_number(line: &str) -> bool {
    if line.len() > 40 {
        return false;
    }
    let mut digits = 0;
    let mut words = String::new();
    for c in line.chars() {
        match c {
            c if number::digit(c).is_some() => digits += 1,
            c if c.is_whitespace() => {}
            '-' | '—' | '–' | '－' | '―' | '·' | '/' | '~' | '～' | '|' => {}
            _ => words.push(c),
        }
    }
    (1..=8).contains(&digits)
        && matches!(
            words.as_str(),
            "" | "第页" | "第页共页" | "第页，共页" | "共页第页" | "页" | "Page" | "PageOf" | "Pageof"
        )
}

/// Whether a line is one of a table of contents: a title, leaders and a page number.
fn is_contents_line(line: &str) -> bool {
    let bare = line.trim_end_matches(|c: char| number::digit(c).is_some() || c.is_whitespace());
    let title = bare.trim_end_matches(|c: char| {
        matches!(c, '…' | '.' | '·' | '．' | '-' | '—' | '_') || c.is_whitespace()
    });
    bare.len() < line.len()
        && bare[title.len()..].chars().filter(|c| !c.is_whitespace()).count() >= 2
        && (bare[title.len()..].contains("……") || bare[title.len()..].chars().count() >= 4)
}

/// Numbers of the lines of a table of contents: those with leaders and a page number, and those between 目录 and the
/// place where the first of its titles comes again.
pub(crate) fn contents(lines: &[&str]) -> Vec<bool> {
    let squeezed = |line: &str| -> String { line.chars().filter(|c| !c.is_whitespace()).collect() };
    let mut out: Vec<bool> = lines.iter().map(|l| l.len() < 300 && is_contents_line(l.trim())).collect();
    let Some(head) = lines.iter().position(|l| l.len() <= 24 && squeezed(l) == "目录") else {
        outline(lines, &mut out);
        return out;
    };
    out[head] = true;
    let mut titles =
        (head + 1..lines.len()).filter(|i| !lines[*i].trim().is_empty() && lines[*i].len() < 300);
    let Some(first) = titles.next() else { return out };
    let title = squeezed(lines[first]);
    let title = title.trim_end_matches(|c: char| number::digit(c).is_some() || "….·".contains(c));
    if title.is_empty() {
        return out;
    }
    if let Some(again) =
        (first + 1..lines.len()).find(|i| lines[*i].len() < 300 && squeezed(lines[*i]) == title)
    {
        // The paper's own name may stand between its contents and its first heading.
        let below: HashSet<&str> = lines[again..].iter().map(|l| l.trim()).collect();
        let named = |i: &usize| {
            let name = lines[*i].trim();
            crate::title::is_paper_name(name) && mark::at(name).is_none() && !below.contains(name)
        };
        let end = (first + 1..again).find(named).unwrap_or(again);
        out[head..end].fill(true);
    }
    out
}

/// A table of contents without its name: numbered titles one below another, which all come again in the same order below,
/// where words stand behind them.
fn outline(lines: &[&str], out: &mut [bool]) {
    let key = |line: &str| -> Option<String> {
        // 一、学习教育　3: the page on which it stands.
        let line = line.trim();
        let bare = line.trim_end_matches(|c: char| number::digit(c).is_some());
        let line = if bare.ends_with(char::is_whitespace) { bare } else { line };
        if !line.starts_with(mark::may_begin) {
            return None;
        }
        let words: String = line.chars().take(80).filter(|c| !c.is_whitespace()).collect();
        let m = mark::at(&words).filter(|m| !m.bare && m.kind != mark::Kind::Bullet)?;
        let end = words.find('。').unwrap_or(words.len());
        (end > m.len).then(|| words[..end].to_owned())
    };
    let rest: Vec<usize> = (0..lines.len())
        .skip_while(|i| out[*i] || key(lines[*i]).is_none())
        .filter(|i| !lines[*i].trim().is_empty() && !out[*i])
        .collect();
    let Some(first) = rest.first().and_then(|i| key(lines[*i])) else { return };
    let find = |title: &String, from: usize| {
        let begins = title.chars().next().unwrap_or_default();
        let same = |n: &usize| {
            let line = lines[rest[*n]];
            line.trim_start().starts_with(begins) && key(line).as_ref() == Some(title)
        };
        (from..rest.len()).find(same)
    };
    let Some(again) = find(&first, 1) else { return };
    // Each title of the outline is looked for behind the one before.
    let mut at = again;
    let mut end = 0;
    for i in &rest[..again] {
        let bare = key(lines[*i]).filter(|_| !lines[*i].contains(['。', '；', '（', '(']));
        let Some(found) = bare.and_then(|title| find(&title, at)) else { break };
        at = found + 1;
        end += 1;
    }
    let title_next = rest.get(end).is_some_and(|i| crate::title::is_paper_name(lines[*i].trim()));
    let words_follow = rest[again..].iter().any(|i| lines[*i].contains('。'));
    if words_follow && (end >= 3 || (end == 2 && title_next)) {
        rest[..end].iter().for_each(|i| out[*i] = true);
    }
}

/// Numbers of the lines that repeat the running head of a PDF: the same short words at least three times, mostly
/// beside a page number. The first of them is kept, since it may be the title.
pub(crate) fn running_heads(lines: &[&str]) -> Vec<bool> {
    let mut out = vec![false; lines.len()];
    if !lines.iter().any(|l| is_page_number(l)) {
        return out;
    }
    let filled: Vec<usize> = (0..lines.len()).filter(|&i| !lines[i].trim().is_empty()).collect();
    let mut seen: HashMap<&str, Vec<usize>> = HashMap::new();
    for (n, &i) in filled.iter().enumerate() {
        let line = lines[i].trim();
        if line.len() <= 120 && !line.ends_with(['。', '；', '：', '）', ')', '】']) && !is_page_number(line)
        {
            seen.entry(line).or_default().push(n);
        }
    }
    for places in seen.values().filter(|p| p.len() >= 3) {
        let near = |n: &usize| {
            let beside =
                |k: Option<usize>| k.and_then(|k| filled.get(k)).is_some_and(|&i| is_page_number(lines[i]));
            beside(n.checked_sub(1)) || beside(Some(n + 1))
        };
        if places.iter().filter(|n| near(n)).count() * 2 >= places.len() {
            for n in &places[1..] {
                out[filled[*n]] = true;
            }
        }
    }
    out
}

/// Whether a line is one that a site or a viewer of files prints around a paper: its file name, its length, who saw it.
pub(crate) fn is_chrome(line: &str) -> bool {
    if line.len() > 240 || line.contains('。') {
        return false;
    }
    let line: String = line.chars().filter(|c| !c.is_whitespace()).collect();
    let words = line.trim_start_matches(['•', '●', '·', '▪', '-', '*', '|']);
    is_file_name(words)
        || is_tally(words, words.len() < line.len())
        || is_notice(words)
        || (words.len() < line.len() && words.chars().all(|c| number::digit(c).is_some()))
}

/// 某校工作计划.docx, perhaps with what a site hangs on it: .docxVIP.
fn is_file_name(words: &str) -> bool {
    const ENDS: [&str; 11] =
        [".docx", ".doc", ".wps", ".pdf", ".xlsx", ".xls", ".txt", ".rtf", ".ofd", ".pptx", ".ppt"];
    const HUNG: [&str; 8] = ["VIP", "vip", "免费", "下载", "全文", "预览", "在线阅读", "原创"];
    let mut name = words;
    while let Some(shorter) = HUNG.iter().find_map(|w| name.strip_suffix(w)) {
        name = shorter;
    }
    let lower = name.to_ascii_lowercase();
    ENDS.iter().any(|e| lower.ends_with(e) && lower.len() > e.len())
        && !name.contains(['。', '，', '；', '：', ':'])
        && mark::at(name).is_none()
}

/// 约4.03千字, 约9页, 12人已阅读, 2026-01-23发布于某地; after a `bullet` a bare 3页 too.
fn is_tally(words: &str, bullet: bool) -> bool {
    let rest = words.strip_prefix(['约', '共']).unwrap_or(words);
    let about = rest.len() < words.len() || bullet;
    let number =
        rest.trim_start_matches(|c: char| number::digit(c).is_some() || matches!(c, '.' | ',' | '-' | '/'));
    if number.len() == rest.len() {
        return false;
    }
    const UNITS: [&str; 10] = ["千字", "万字", "字", "页", "KB", "MB", "K", "M", "kb", "mb"];
    const SEEN: [&str; 12] = [
        "人阅读",
        "人已阅读",
        "次阅读",
        "次浏览",
        "次下载",
        "人下载",
        "人浏览",
        "阅读",
        "浏览",
        "下载",
        "人收藏",
        "积分",
    ];
    const ISSUED: [&str; 4] = ["发布于", "上传于", "发布", "上传"];
    let day = rest.len() - number.len() >= 8;
    (about && UNITS.contains(&number))
        || SEEN.contains(&number)
        || (day && number.chars().count() <= 16 && ISSUED.iter().any(|w| number.starts_with(w)))
}

/// What a site prints beside the words: where one is, how to share, what comes before and after.
fn is_notice(words: &str) -> bool {
    const STARTS: [&str; 20] = [
        "当前位置",
        "您的位置",
        "您现在的位置",
        "首页>",
        "首页»",
        "上一篇",
        "下一篇",
        "上一条",
        "下一条",
        "分享到",
        "分享至",
        "扫一扫",
        "打印本页",
        "【打印",
        "关闭窗口",
        "浏览次数",
        "点击次数",
        "阅读次数",
        "字号：",
        "版权所有",
    ];
    const WHOLE: [&str; 8] = ["打印", "关闭", "返回", "收藏", "首页", "分享", "下载", "举报"];
    const ABOUT: [&str; 8] =
        ["发布时间：", "发布日期：", "更新时间：", "作者：", "编辑：", "点击：", "浏览：", "浏览次数："];
    let count = words.chars().count();
    let about = ABOUT.iter().filter(|w| words.contains(**w)).count();
    WHOLE.contains(&words)
        || (count <= 60 && STARTS.iter().any(|w| words.starts_with(w)) && !words.contains('。'))
        || (count <= 80
            && (about >= 2 || about == 1 && ABOUT.iter().any(|w| words.starts_with(w) && count <= 30)))
}

/// Whether a paragraph is nothing but a day: 2022年3月1日, 二〇二二年三月一日.
pub(crate) fn is_date(line: &str) -> bool {
    let mut rest = line;
    for unit in ["年", "月", "日"] {
        let Some((_, len)) = number::leading(rest) else { return false };
        let Some(after) = rest[len..].strip_prefix(unit) else { return false };
        rest = after;
    }
    rest.is_empty() || rest.starts_with(['印', '（'])
}

/// Whether a paragraph is nothing but the number of a document: 沪科〔2025〕5号.
pub(crate) fn is_document_number(line: &str) -> bool {
    document_number(line).is_some_and(|at| at == 0)
}

/// Where the number of a document (国办发〔2020〕24号) begins at the end of a line.
pub(crate) fn document_number(line: &str) -> Option<usize> {
    let body = line.strip_suffix('号')?;
    let body = body.trim_end_matches(|c| number::digit(c).is_some());
    let body = body.strip_suffix('第').unwrap_or(body);
    let body = body.strip_suffix(['〕', '］', '】', ']', ')', '）'])?;
    let (head, year) = body.rsplit_once(['〔', '［', '【', '[', '(', '（'])?;
    let (year, len) = number::arabic(year).filter(|(_, l)| *l == year.len())?;
    if len < 4 || !(1949..2200).contains(&year) {
        return None;
    }
    // The word before the bracket is short: 国办发, 党委字, 皖教秘. It ends a title when one stands before it.
    const SIGNS: [&str; 6] = ["发", "函", "字", "办", "秘", "通"];
    let mut at = head.len();
    let mut count = 0;
    for (i, c) in head.char_indices().rev() {
        at = i;
        count += 1;
        if crate::title::is_plan_noun_end(&head[..i]) {
            return Some(i);
        }
        if !('\u{4e00}'..='\u{9fff}').contains(&c) || count > 12 {
            break;
        }
    }
    (count <= 12 || SIGNS.iter().any(|s| head.ends_with(s))).then_some(at)
}

/// Whether a paragraph after the items ends the plan: attachments, copies, validity, remarks on publication.
pub(crate) fn is_tail(line: &str) -> bool {
    const STARTS: [&str; 14] = [
        "附件",
        "附：",
        "附:",
        "附表",
        "抄送",
        "主送",
        "报送：",
        "联系人",
        "联系电话",
        "信息来源",
        "来源：",
        "责任编辑",
        "打印",
        "特此通知",
    ];
    STARTS.iter().any(|s| line.starts_with(s)) || is_date(line) || is_remark(line) || is_validity(line)
}

/// Whether a paragraph after the last task speaks to all who have read it: 各单位要高度重视…, 本方案由…解释.
pub(crate) fn is_closing(line: &str) -> bool {
    let near = line.char_indices().nth(16).map_or(line, |(i, _)| &line[..i]);
    let to_all = near.starts_with('各')
        && (near.contains('要') || near.contains("应") || near.contains("须") || near.contains("请"));
    let of_itself = ["本方案", "本计划", "本要点", "本意见", "本办法", "以上", "上述", "未尽事宜"]
        .iter()
        .any(|w| line.starts_with(w));
    to_all || of_itself
}

/// （此件公开发布）, （本文有删减）: a whole paragraph in brackets about the document itself.
pub(crate) fn is_remark(line: &str) -> bool {
    let Some(inner) =
        line.strip_prefix(['（', '(', '【', '[']).and_then(|l| l.strip_suffix(['）', ')', '】', ']']))
    else {
        return false;
    };
    const WORDS: [&str; 10] =
        ["公开", "删减", "转自", "来源", "转载", "此件", "本文", "供稿", "编辑", "印发"];
    line.chars().count() <= 40 && WORDS.iter().any(|w| inner.contains(w))
}

fn is_validity(line: &str) -> bool {
    line.contains("施行")
        && (line.contains("有效期") || line.contains("之日起施行") || line.contains("日起施行"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_numbers() {
        for s in ["3", "- 3 -", "— 12 —", "第3页", "第 3 页 共 5 页", "3/12", "－３－"] {
            assert!(is_page_number(s), "{s}");
        }
        for s in ["", "--", "3月", "第三页的内容", "1.加强", "2022年"] {
            assert!(!is_page_number(s), "{s}");
        }
    }

    #[test]
    fn dates_and_numbers_of_documents() {
        assert!(is_date("2022年3月1日") && is_date("二〇二二年三月一日"));
        assert!(!is_date("2022年3月1日前完成"));
        assert!(is_document_number("沪科〔2025〕5号"));
        assert!(is_document_number("校党字［2022］12号"));
        assert_eq!(
            document_number("某校关于改进作风的实施意见校办发〔2020〕24号"),
            Some("某校关于改进作风的实施意见".len())
        );
        assert_eq!(document_number("某校工作计划"), None);
    }

    #[test]
    fn a_table_of_contents() {
        let with_pages = ["某校要点", "目 录", "一、学习…………1", "二、组织......3", "一、学习", "1.读书"];
        assert_eq!(contents(&with_pages), [false, true, true, true, false, false]);
        let without = ["某校要点", "目录", "一、学习", "二、组织", "一、学习", "1.读书……"];
        assert_eq!(contents(&without), [false, true, true, true, false, false]);
        assert_eq!(contents(&["一、学习", "完成指标3", "要做到……"]), [false; 3]);
    }

    #[test]
    fn contents_end_where_the_title_stands() {
        let lines = ["目  录", "一、学风", "二、教风", "某校计划", "一、学风", "1.听课。", "二、教风"];
        assert_eq!(contents(&lines), [true, true, true, false, false, false, false]);
        let paged = [
            "一、学风 1",
            "二、教风 3",
            "三、校风 5",
            "某校计划",
            "一、学风",
            "1.听课。",
            "二、教风",
            "三、校风",
        ];
        assert_eq!(contents(&paged), [true, true, true, false, false, false, false, false]);
    }

    #[test]
    fn an_outline_before_the_plan() {
        let lines = [
            "一、学风",
            "1.听课",
            "2.巡课",
            "某校计划",
            "一、学风",
            "1.听课。每周1次。",
            "2.巡课。每日1次。",
        ];
        assert_eq!(contents(&lines), [true, true, true, false, false, false, false]);
        let plan = ["一、学风", "1.听课", "二、教风", "1.听课", "2.巡课"];
        assert_eq!(contents(&plan), [false; 5]);
    }

    #[test]
    fn what_sites_and_viewers_print() {
        for line in [
            "某校工作计划.docxVIP",
            "某校工作计划.PDF",
            "• 约4.03千字",
            "约 9页",
            "• 0",
            "2026-01-23 发布于某市",
            "1280次阅读",
            "当前位置： 首页 > 通知公告",
            "发布时间：2026-01-08 浏览次数：120",
            "下载",
        ] {
            assert!(is_chrome(line), "{line}");
        }
        for line in [
            "• 3月召开大会",
            "9页以内的小结",
            "约谈3人",
            "首页改版6月底前完成。",
            "1.整理台账.docx",
            "下载量每月通报1次",
            "2026年1月23日发布公告",
        ] {
            assert!(!is_chrome(line), "{line}");
        }
    }

    #[test]
    fn running_heads_beside_page_numbers() {
        let lines = [
            "某校工作要点",
            "正文甲。",
            "1",
            "某校工作要点",
            "正文乙。",
            "2",
            "某校工作要点",
            "正文丙。",
            "各支部",
            "各支部",
            "各支部",
        ];
        let heads = running_heads(&lines);
        assert_eq!(heads.iter().filter(|h| **h).count(), 2);
        assert!(!heads[0] && heads[3] && heads[6]);
    }
}
