//! Numbers whose line end was lost: glued to the title, to a heading, or to the words before.

use super::Seen;
use crate::flow::Flow;
use crate::mark::{self, Kind, Mark};
use crate::{number, title};

/// How far back the number before a number is looked for, in bytes: a heading and a few paragraphs.
const REACH: usize = 3_000;

/// Whether the first number of a document stands right behind its title: what stands before it in its paragraph calls
/// itself a plan or the like, or is a short line without a stop from which white space parts it.
pub(super) fn behind_title(flow: &Flow, paragraph: usize, at: usize, m: &Mark) -> bool {
    let before = &flow.text[paragraph..at];
    let counts = before.chars().next_back().is_some_and(|c| c == '第' || number::is_hanzi(c) || c.is_ascii());
    if m.value != 1 || m.bare || counts || before.len() > 240 || before.contains(['。', '；', '，']) {
        return false;
    }
    // 某校工作要点：一、学习
    let before = before.trim_end_matches(['：', ':']);
    let ranks = matches!(m.kind, Kind::Chapter | Kind::Hanzi | Kind::Article | Kind::Paren | Kind::Arabic);
    ranks && (title::is_paper_name(before) || (flow.spaced_before(at) && before.chars().nth(3).is_some()))
}

/// The number that `next` goes on, where it stands in the middle of a line: between what was `seen` last of its rank or
/// above, and `end`, where `next` begins.
pub(super) fn before(flow: &Flow, seen: &[Seen], floor: usize, next: &Mark, end: usize) -> Option<Seen> {
    let wanted = next.value.checked_sub(1).filter(|v| *v > 0)?;
    if !matches!(next.kind, Kind::Hanzi | Kind::Paren | Kind::Arabic | Kind::ArabicParen) {
        return None;
    }
    let above = seen.iter().rev().take(64).find(|s| s.kind <= next.kind).map_or(floor, |s| s.body);
    let from = flow.text.ceil_char_boundary(above.max(end.saturating_sub(REACH)).min(end));
    let words = &flow.text[from..end];
    let mut found = None;
    let mut last: Option<char> = None;
    for (i, c) in words.char_indices() {
        let prev = last.replace(c);
        let digit = number::digit(c).is_some();
        if !(digit || number::is_hanzi(c) || matches!(c, '（' | '(')) || !prev.is_some_and(may_stand_before)
        {
            continue;
        }
        let Some(m) = mark::at(&words[i..]) else { continue };
        let clause = words[i + m.len..].chars().next().is_some_and(|c| {
            ('\u{4e00}'..='\u{9fff}').contains(&c) && !number::is_hanzi(c) || matches!(c, '“' | '《')
        });
        if m.kind == next.kind && m.value == wanted && !m.bare && clause {
            found = Some((from + i, m));
        }
    }
    found.map(|(at, m)| Seen {
        kind: m.kind,
        value: m.value,
        number: at + m.number.0..at + m.number.1,
        start: at,
        body: at + m.len,
        listed: false,
        bullet: None,
    })
}

/// Words, or what closes them, can stand before a number that lost its line end; what counts (第一, 三十) cannot.
fn may_stand_before(c: char) -> bool {
    let word = ('\u{4e00}'..='\u{9fff}').contains(&c) && !number::is_hanzi(c) && c != '第';
    word || matches!(c, '”' | '》' | '）' | ')' | '】')
}

/// Puts a clause found late in its place.
pub(super) fn insert(out: &mut Vec<Seen>, seen: Seen) {
    let place = out.partition_point(|s| s.start < seen.start);
    out.insert(place, seen);
}
