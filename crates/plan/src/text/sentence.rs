//! The sentences of an item.

use std::ops::Range;

use crate::bracket::{self, Pair, Shape};
use crate::owners::{self, Tag};

/// Sentences of `range`, split at 。；！？ and at the end of a paragraph, but not inside brackets, quotation marks and
/// 《》; owner tags are left out. Each comes without the mark at its end.
pub(crate) fn sentences(text: &str, range: &Range<usize>, pairs: &[Pair], tags: &[Tag]) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let tags = owners::within(tags, range);
    let mut tags = tags.iter().peekable();
    let mut pairs = pairs[bracket::within(pairs, range)].iter().peekable();
    let mut start = range.start;
    let mut at = range.start;
    while at < range.end {
        if let Some(tag) = tags.next_if(|t| t.range.start <= at) {
            add(text, start..tag.range.start.max(start), &mut out);
            at = at.max(tag.range.end).min(range.end);
            start = at;
            continue;
        }
        while pairs.next_if(|p| p.start < at).is_some() {}
        if let Some(pair) = pairs.next_if(|p| p.start == at) {
            // A bracket that holds a number (（1）) or words: nothing in it ends the sentence.
            if pair.shape != Shape::InnerBook && tags.peek().is_none_or(|t| t.range.start >= pair.end) {
                at = pair.end.min(range.end);
                continue;
            }
        }
        let Some(c) = text[at..].chars().next() else { break };
        let next = at + c.len_utf8();
        if matches!(c, '。' | '；' | '！' | '？' | '\n' | ';') {
            let end = closed(text, start..at, next..range.end);
            add(text, start..end.unwrap_or(at), &mut out);
            at = end.unwrap_or(next);
            start = at;
            continue;
        }
        at = next;
    }
    add(text, start..range.end, &mut out);
    out
}

/// Where a sentence ends that ends inside quotation marks, whose opening mark stands in it or was lost.
fn closed(text: &str, sentence: Range<usize>, rest: Range<usize>) -> Option<usize> {
    let next = text[rest.clone()].chars().next()?;
    let closes = match next {
        '”' | '’' | '」' | '』' => true,
        '"' => text[sentence].chars().filter(|c| *c == '"').count() % 2 == 1,
        _ => false,
    };
    closes.then(|| rest.start + next.len_utf8())
}

fn add(text: &str, mut range: Range<usize>, out: &mut Vec<Range<usize>>) {
    let words = &text[range.clone()];
    let kept = words.trim_start_matches(|c: char| {
        c.is_whitespace()
            || matches!(c, '，' | '。' | '；' | '：' | '、' | ',' | ';' | ':' | '!' | '！' | '?' | '？')
    });
    range.start += words.len() - kept.len();
    let kept =
        kept.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '，' | '。' | '；' | ',' | ';'));
    range.end = range.start + kept.len();
    if !range.is_empty() {
        out.push(range);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::Flow;

    fn of(text: &str) -> Vec<String> {
        let mut flow = Flow::default();
        flow.push(text, 0);
        flow.end(0, 0, 0);
        let pairs = bracket::pairs(&flow.text);
        let tags = owners::tags(&flow, &pairs);
        sentences(&flow.text, &(0..text.len()), &pairs, &tags)
            .into_iter()
            .map(|r| flow.text[r].to_owned())
            .collect()
    }

    #[test]
    fn split_outside_brackets() {
        assert_eq!(
            of("抓好学习。落实“学。思。用”；读《甲。乙》（含丙；丁）！完成"),
            ["抓好学习", "落实“学。思。用”", "读《甲。乙》（含丙；丁）", "完成"]
        );
    }

    #[test]
    fn tags_left_out() {
        assert_eq!(of("抓好学习。每月一次。（牵头部门：党办，责任部门：各支部）"), ["抓好学习", "每月一次"]);
        assert_eq!(of("抓好学习（组织部牵头，各支部配合）。其余"), ["抓好学习", "其余"]);
    }

    #[test]
    fn a_sentence_that_ends_inside_quotation_marks_has_both() {
        assert_eq!(of("做到\"能干。\"再抓。"), ["做到\"能干。\"", "再抓"]);
        assert_eq!(of("做到“能干。”再抓。"), ["做到“能干。”再抓"]);
        assert_eq!(of("做到能干。”再抓。"), ["做到能干。”", "再抓"]);
    }

    #[test]
    fn unclosed_quote_does_not_swallow() {
        assert_eq!(of("抓好“学习。再抓。"), ["抓好“学习", "再抓"]);
    }
}
