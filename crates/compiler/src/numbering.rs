//! Numbers of sections and items: said twice, or left out.

use std::collections::HashMap;

use model::{Diagnostic, Item, Plan, Section, Severity, Span};

use crate::check::say;

/// How many numbers may be missing for it to be a gap and no other way of counting.
const MOST_MISSING: u32 = 3;

/// Numbers said twice or left out. A new section, another style of numbering, or a 1 starts afresh; a 1 after a 1 only
/// where a heading of a group stands between the two in `source`.
pub(crate) fn check(source: &str, plan: &Plan, out: &mut Vec<Diagnostic>) {
    sections(source, &plan.sections, out);
    let items = &plan.items;
    begins_late(source, plan, out);
    let mut before: Option<(Style, u32, Option<usize>)> = None;
    let mut seen: HashMap<u32, usize> = HashMap::new();
    for (i, item) in items.iter().enumerate() {
        let Some((style, n)) = numeral(&item.number) else {
            before = None;
            seen.clear();
            continue;
        };
        let follows = before.filter(|(s, _, section)| *s == style && (*section == item.section || n != 1));
        let Some((_, last, section)) = follows else {
            before = Some((style, n, item.section));
            seen = HashMap::from([(n, i)]);
            continue;
        };
        let span = number_of(item);
        if n == 1 && (last > 1 || headed(source, items, i)) {
            seen.clear();
        } else if section == item.section && seen.contains_key(&n) {
            out.push(say(
                "L007",
                Severity::Warning,
                span,
                Some(i),
                format!("编号“{}”用了两次", item.number),
                "重新编号，免得督办、通报时指错条目。".to_owned(),
            ));
        } else if n > last + 1 && n - last <= MOST_MISSING + 1 {
            out.push(gap(span, Some(i), &item.number, style, Some(last), n));
        }
        seen.insert(n, i);
        before = Some((style, n, item.section));
    }
}

/// Where the number of an item stands.
fn number_of(item: &Item) -> Span {
    let at = Span { start: item.span.start, end: item.title_span.start.max(item.span.start) };
    if at.is_empty() { item.title_span } else { at }
}

/// A jump from `last` to `n`; without `last` the numbering begins with `n`.
fn gap(span: Span, item: Option<usize>, number: &str, style: Style, last: Option<u32>, n: u32) -> Diagnostic {
    let missing: Vec<String> = (last.unwrap_or(0) + 1..n).map(|m| style.write(m)).collect();
    let missing = missing.join("、");
    let message = match last {
        Some(last) => format!("“{}”之后是“{number}”，缺“{missing}”", style.write(last)),
        None => format!("编号从“{number}”开始，缺“{missing}”"),
    };
    let what = if item.is_some() { "条目" } else { "部分" };
    let help = format!("请核对是漏了{what}，还是编号写错。");
    say("L008", Severity::Warning, span, item, message, help)
}

/// Gaps in the numbers of the sections; those of parts (第一部分) and of what stands below them are counted apart, and
/// below each part from one again.
fn sections(source: &str, sections: &[Section], out: &mut Vec<Diagnostic>) {
    let mut before: Option<(Style, u32)> = None;
    let mut parts: Option<(Style, u32)> = None;
    for (i, section) in sections.iter().enumerate() {
        let Some((style, n)) = numeral(&section.number) else {
            before = None;
            continue;
        };
        let part = section.number.starts_with('第');
        let last = if part { &mut parts } else { &mut before };
        let expected = match *last {
            Some((s, m)) if s == style => Some(m),
            Some(_) => None,
            // The first of all; a part that begins late may go on the numbers of another.
            None if i == 0 => Some(0),
            None => None,
        };
        *last = Some((style, n));
        if part {
            before = None;
        }
        let Some(m) = expected else { continue };
        let jumps = n > m + 1 && n - m <= MOST_MISSING + 1;
        let from = i.checked_sub(1).and_then(|i| sections.get(i)).map_or(0, |s| s.span.end);
        let between = source.get(from..section.span.start).unwrap_or_default();
        if jumps && !(m + 1..n).all(|missing| stands_in(between, &style.write(missing))) {
            out.push(gap(section.span, None, &section.number, style, (m > 0).then_some(m), n));
        }
    }
}

/// Items whose numbers begin with 2 or more, where the first ones do not stand before them in the document.
fn begins_late(source: &str, plan: &Plan, out: &mut Vec<Diagnostic>) {
    let Some(item) = plan.items.first() else { return };
    let Some((style, n)) = numeral(&item.number) else { return };
    let before = source.get(..item.span.start).unwrap_or_default();
    if (2..=MOST_MISSING + 1).contains(&n) && !(1..n).all(|m| stands_in(before, &style.write(m))) {
        out.push(gap(number_of(item), Some(0), &item.number, style, None, n));
    }
}

/// Whether a line of `text` begins with `number`: the clause stands there and was read as something else.
fn stands_in(text: &str, number: &str) -> bool {
    text.lines().any(|line| {
        let line = line.trim_start().trim_start_matches(['（', '(', '第']);
        line.strip_prefix(number).is_some_and(|rest| {
            rest.starts_with(['、', '.', '．', '）', ')', '部', '章', '条', '，', ' ', '　'])
        })
    })
}

/// Whether words stand between an item and the one before it.
fn headed(source: &str, items: &[Item], i: usize) -> bool {
    let (Some(before), Some(item)) = (i.checked_sub(1).and_then(|n| items.get(n)), items.get(i)) else {
        return false;
    };
    let between = source.get(before.span.end..item.span.start).unwrap_or_default();
    between.chars().any(char::is_alphabetic)
}

/// How an item is numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Digits,
    Chinese,
    Circled,
}

const CHINESE: [char; 10] = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'];

impl Style {
    fn write(self, n: u32) -> String {
        let digit = |d: u32| CHINESE.get(d as usize).copied().unwrap_or('零');
        match self {
            Self::Digits => n.to_string(),
            Self::Circled => {
                char::from_u32(0x2460 + n.saturating_sub(1)).map_or_else(|| n.to_string(), String::from)
            }
            Self::Chinese => match (n / 10, n % 10) {
                (0, ones) => digit(ones).to_string(),
                (tens, ones) if tens < 10 => {
                    let mut out = String::new();
                    if tens > 1 {
                        out.push(digit(tens));
                    }
                    out.push('十');
                    if ones > 0 {
                        out.push(digit(ones));
                    }
                    out
                }
                _ => n.to_string(),
            },
        }
    }
}

/// The number that an item bears, when it is one number (not 1.2).
fn numeral(number: &str) -> Option<(Style, u32)> {
    let folded = crate::fold::fold(number);
    let text = folded.trim_start_matches('第').trim_matches(|c| matches!(c, '(' | ')' | '.' | '、' | '条'));
    let text = ["部分", "章", "篇", "编"].iter().find_map(|w| text.strip_suffix(w)).unwrap_or(text);
    if let Ok(n) = text.parse::<u32>() {
        return Some((Style::Digits, n));
    }
    let mut chars = text.chars();
    if let (Some(c @ '①'..='⑳'), None) = (chars.next(), chars.next()) {
        return Some((Style::Circled, u32::from(c) - 0x2460 + 1));
    }
    let value = |c: char| CHINESE.iter().position(|d| *d == c).and_then(|d| u32::try_from(d).ok());
    let n = match text.chars().collect::<Vec<_>>().as_slice() {
        [c] if *c != '十' => value(*c)?,
        ['十'] => 10,
        ['十', ones] => 10 + value(*ones)?,
        [tens, '十'] => value(*tens)? * 10,
        [tens, '十', ones] => value(*tens)? * 10 + value(*ones)?,
        _ => return None,
    };
    Some((Style::Chinese, n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numerals_are_read_and_written() {
        for n in 1..=99 {
            assert_eq!(numeral(&Style::Chinese.write(n)), Some((Style::Chinese, n)));
        }
        assert_eq!(numeral("１２"), Some((Style::Digits, 12)));
        assert_eq!(numeral("③"), Some((Style::Circled, 3)));
        assert_eq!(numeral("1.2"), None);
        assert_eq!(numeral("（三）"), Some((Style::Chinese, 3)));
        assert_eq!(numeral(""), None);
    }
}
