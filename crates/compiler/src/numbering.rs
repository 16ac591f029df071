//! Numbers of items: said twice, or left out.

use std::collections::HashMap;

use model::{Diagnostic, Item, Severity, Span};

use crate::check::say;

/// Numbers said twice or left out. A new section, another style of numbering, or a 1 starts afresh; a 1 after a 1 only
/// where a heading of a group stands between the two in `source`.
pub(crate) fn check(source: &str, items: &[Item], out: &mut Vec<Diagnostic>) {
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
        let at = Span { start: item.span.start, end: item.title_span.start.max(item.span.start) };
        let span = if at.is_empty() { item.title_span } else { at };
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
        } else if n > last + 1 && n - last <= 4 {
            let missing: Vec<String> = (last + 1..n).map(|m| style.write(m)).collect();
            out.push(say(
                "L008",
                Severity::Warning,
                span,
                Some(i),
                format!("“{}”之后是“{}”，缺“{}”", style.write(last), item.number, missing.join("、")),
                "请核对是漏了条目，还是编号写错。".to_owned(),
            ));
        }
        seen.insert(n, i);
        before = Some((style, n, item.section));
    }
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
