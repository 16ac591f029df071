//! Clauses of a sentence: the stretches between commas that can each ask for something.

use model::{CadencePhrase, DeadlinePhrase, Span};

use crate::measure::within;

/// Splits the words under `sentence` at commas and colons, but not inside brackets, quotation marks or 《》.
pub(crate) fn clauses(text: &str, sentence: Span) -> Vec<Span> {
    split(text, sentence, |c| matches!(c, '，' | ',' | '：' | ':'))
}

/// Splits a clause at 、: the parts of a list.
pub(crate) fn parts(text: &str, clause: Span) -> Vec<Span> {
    split(text, clause, |c| c == '、')
}

fn split(text: &str, within: Span, at: impl Fn(char) -> bool) -> Vec<Span> {
    let mut out = Vec::new();
    let mut depth = 0_u32;
    let mut start = within.start;
    for (i, c) in within.of(text).char_indices() {
        match c {
            '（' | '(' | '“' | '《' | '〈' | '「' | '［' | '【' => depth += 1,
            '）' | ')' | '”' | '》' | '〉' | '」' | '］' | '】' => depth = depth.saturating_sub(1),
            c if depth == 0 && at(c) => {
                out.push(trim(text, Span { start, end: within.start + i }));
                start = within.start + i + c.len_utf8();
            }
            _ => {}
        }
    }
    out.push(trim(text, Span { start, end: within.end }));
    out.retain(|s| !s.is_empty());
    // An opening mark that is never closed must not turn the rest of the sentence into one clause.
    if depth > 0 && out.len() <= 1 && within.end > within.start {
        let mut plain = Vec::new();
        let mut start = within.start;
        for (i, c) in within.of(text).char_indices() {
            if at(c) {
                plain.push(trim(text, Span { start, end: within.start + i }));
                start = within.start + i + c.len_utf8();
            }
        }
        plain.push(trim(text, Span { start, end: within.end }));
        plain.retain(|s| !s.is_empty());
        return plain;
    }
    out
}

fn trim(text: &str, span: Span) -> Span {
    let words = span.of(text);
    let left = words.len() - words.trim_start().len();
    let kept = words.trim().len();
    Span { start: span.start + left, end: span.start + left + kept }
}

/// The span with the quotation mark or bracket before or after it whose partner stands inside: words tied to an
/// obligation never show one mark of two. Nothing outside `limit` is taken in.
pub(crate) fn with_marks(text: &str, span: Span, limit: Span) -> Span {
    const PAIRS: [(char, char); 8] = [
        ('“', '”'),
        ('‘', '’'),
        ('「', '」'),
        ('『', '』'),
        ('《', '》'),
        ('（', '）'),
        ('【', '】'),
        ('"', '"'),
    ];
    let Span { mut start, mut end } = span;
    loop {
        let words = Span { start, end }.of(text);
        let open = |(a, b): (char, char)| {
            if a == b {
                return i64::from(words.chars().filter(|c| *c == a).count() % 2 == 1);
            }
            words.chars().map(|c| i64::from(c == a) - i64::from(c == b)).sum::<i64>()
        };
        let after = Span { start: end, end: limit.end.max(end) }.of(text).chars().next();
        let before = Span { start: limit.start.min(start), end: start }.of(text).chars().next_back();
        let closing = after.and_then(|c| PAIRS.into_iter().find(|p| p.1 == c)).filter(|p| open(*p) > 0);
        let opening = before
            .and_then(|c| PAIRS.into_iter().find(|p| p.0 == c))
            .filter(|p| if p.0 == p.1 { open(*p) > 0 } else { open(*p) < 0 });
        match (closing, opening) {
            (Some(pair), _) => end += pair.1.len_utf8(),
            (None, Some(pair)) => start -= pair.0.len_utf8(),
            (None, None) => return Span { start, end },
        }
    }
}

/// Bytes beyond which a clause says more than when.
const SHORT: usize = 96;

/// Characters of `clause` outside `phrase`, white space left out.
fn outside(text: &str, clause: Span, phrase: Span) -> usize {
    // Only a clause hardly longer than the phrase is of interest; a longer one is not worth counting, and in a text
    // without commas counting it for each phrase would take the square of its length.
    if clause.end - clause.start > phrase.end - phrase.start + SHORT {
        return usize::MAX;
    }
    let count = |s: Span| s.of(text).chars().filter(|c| !c.is_whitespace()).count();
    let inner = Span { start: phrase.start.max(clause.start), end: phrase.end.min(clause.end) };
    count(clause).saturating_sub(if inner.start < inner.end { count(inner) } else { 0 })
}

/// Clauses, with those that only say when joined to the one that says what: 七一前，选树…; 支部大会，每季度1次.
pub(crate) fn whole_clauses(
    text: &str,
    sentence: Span,
    cadences: &[CadencePhrase],
    deadlines: &[DeadlinePhrase],
    is_act: impl Fn(&str) -> bool,
) -> Vec<Span> {
    // 按季度公示 is something else to be done than what stands before it.
    let acts = |piece: Span, phrase: Span| {
        let before = Span { start: piece.start, end: phrase.start.clamp(piece.start, piece.end) };
        let after = Span { start: phrase.end.clamp(piece.start, piece.end), end: piece.end };
        is_act(before.of(text).trim()) || is_act(after.of(text).trim()) || is_act(phrase.of(text).trim())
    };
    let pieces = clauses(text, sentence);
    let mut out: Vec<Span> = Vec::with_capacity(pieces.len());
    let mut waiting: Option<usize> = None;
    for (n, piece) in pieces.iter().enumerate() {
        let start = waiting.take().unwrap_or(piece.start);
        let whole = Span { start, end: piece.end };
        let last = n + 1 == pieces.len();
        // 确保在…召开前 still waits for what must be done by then, so a word or two beside the time do not matter.
        let only_date = within(deadlines, *piece, |d| d.span)
            .iter()
            .any(|d| outside(text, *piece, d.span) <= 3 && !acts(*piece, d.span));
        let only_rhythm = within(cadences, *piece, |c| c.span)
            .iter()
            .any(|c| outside(text, *piece, c.span) <= 2 && !acts(*piece, c.span));
        match out.last_mut() {
            _ if only_date && !last => waiting = Some(start),
            Some(before) if only_rhythm || only_date => before.end = whole.end,
            _ if only_rhythm && !last => waiting = Some(start),
            _ => out.push(whole),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use model::{Cadence, DeadlineKind, Due, Per};

    use super::*;

    fn of(text: &str) -> Vec<&str> {
        clauses(text, Span::new(0, text.len())).iter().map(|s| s.of(text)).collect()
    }

    #[test]
    fn commas_inside_marks_do_not_split() {
        assert_eq!(
            of("开展“青春正好，献礼建团”活动，做好统战工作"),
            ["开展“青春正好，献礼建团”活动", "做好统战工作"]
        );
        assert_eq!(of("甲（乙，丙"), ["甲（乙", "丙"], "an open bracket does not swallow the rest");
        assert!(of("").is_empty());
    }

    #[test]
    fn a_span_has_both_marks_or_none() {
        let text = "开展“学雷锋活动”，做到“两个维护”";
        let all = Span::new(0, text.len());
        let of = |words: &str| {
            let at = text.find(words).expect("the words are there");
            with_marks(text, Span::new(at, at + words.len()), all).of(text)
        };
        assert_eq!(of("开展“学雷锋活动"), "开展“学雷锋活动”");
        assert_eq!(of("学雷锋活动”，做到"), "“学雷锋活动”，做到");
        assert_eq!(of("学雷锋活动"), "学雷锋活动");
        assert_eq!(of("两个维护”"), "“两个维护”");
    }

    #[test]
    fn a_time_is_joined_to_what_is_due() {
        let text = "加强教育，七一前，表彰一批优秀党员，支部大会，每季度1次";
        let at = text.find("七一前").unwrap();
        let deadline = DeadlinePhrase {
            span: Span::new(at, at + "七一前".len()),
            text: "七一前".to_owned(),
            kind: DeadlineKind::Date,
            cadence: Cadence::By(Due::MonthDay { month: 6, day: 30 }),
        };
        let at = text.find("每季度1次").unwrap();
        let cadence = CadencePhrase {
            span: Span::new(at, text.len()),
            text: "每季度1次".to_owned(),
            times: Some(1),
            per: Some(Per::Quarter),
            hours: None,
            cadence: Cadence::AtLeast { times: 1, per: Per::Quarter },
        };
        let all = whole_clauses(text, Span::new(0, text.len()), &[cadence], &[deadline], |_| false);
        let words: Vec<_> = all.iter().map(|s| s.of(text)).collect();
        assert_eq!(words, ["加强教育", "七一前，表彰一批优秀党员", "支部大会，每季度1次"]);
    }
}
