//! Which bracket closes which.

/// What a pair encloses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// （）, half or full width, in any mixture.
    Round,
    /// 【】 [] ［］ 〔〕.
    Square,
    /// “” ‘’ 「」 『』.
    Quote,
    /// 《》.
    Book,
    /// 〈〉.
    InnerBook,
}

/// A pair of brackets: byte offsets of the opening one and of the first byte after the closing one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) shape: Shape,
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Length of the opening bracket; the closing one may differ in width.
    open_len: usize,
    close_len: usize,
}

impl Pair {
    /// What stands between the brackets.
    pub(crate) fn inner(&self) -> std::ops::Range<usize> {
        self.start + self.open_len..self.end - self.close_len
    }
}

fn opening(c: char) -> Option<Shape> {
    Some(match c {
        '（' | '(' => Shape::Round,
        '【' | '[' | '［' | '〔' | '〖' => Shape::Square,
        '“' | '‘' | '「' | '『' => Shape::Quote,
        '《' => Shape::Book,
        '〈' => Shape::InnerBook,
        _ => return None,
    })
}

fn closing(c: char) -> Option<Shape> {
    Some(match c {
        '）' | ')' => Shape::Round,
        '】' | ']' | '］' | '〕' | '〗' => Shape::Square,
        '”' | '’' | '」' | '』' => Shape::Quote,
        '》' => Shape::Book,
        '〉' => Shape::InnerBook,
        _ => return None,
    })
}

/// Bytes that a pair may enclose; what is longer is two mistakes and not a pair. The longest owner tag seen in a
/// public document has 34 units, under 2,000 bytes.
fn reach(shape: Shape) -> usize {
    match shape {
        Shape::Round | Shape::Square => 6_000,
        Shape::Quote | Shape::Book | Shape::InnerBook => 900,
    }
}

/// The pairs of `text`, by opening bracket. A pair never crosses a line end; a bracket without its partner is no pair
/// and does not disturb the others.
pub(crate) fn pairs(text: &str) -> Vec<Pair> {
    let mut out = Vec::new();
    // (shape, start, length of the bracket)
    let mut open: Vec<(Shape, usize, usize)> = Vec::new();
    for (at, c) in text.char_indices() {
        if c == '\n' {
            open.clear();
        } else if let Some(shape) = opening(c) {
            // A title may hold another in the same marks; anything else that never closes is forgotten here, so that
            // a hundred thousand open brackets cost no more than that many words.
            if open.len() == 64 {
                open.remove(0);
            }
            open.push((shape, at, c.len_utf8()));
        } else if let Some(shape) = closing(c) {
            let Some(i) = open.iter().rposition(|o| o.0 == shape) else { continue };
            let (_, start, open_len) = open[i];
            open.truncate(i);
            let end = at + c.len_utf8();
            if end - start <= reach(shape) {
                out.push(Pair { shape, start, end, open_len, close_len: c.len_utf8() });
            }
        }
    }
    out.sort_unstable_by_key(|p| p.start);
    out
}

/// Whether a pair can open with `c`.
pub(crate) fn opens_at_char(c: char) -> bool {
    opening(c).is_some()
}

/// The pair that opens at `at`; `pairs` are those of the text, by opening bracket.
pub(crate) fn opens_at(pairs: &[Pair], at: usize) -> Option<&Pair> {
    pairs.binary_search_by_key(&at, |p| p.start).ok().and_then(|i| pairs.get(i))
}

/// The part of `pairs` that opens inside `range`.
pub(crate) fn within(pairs: &[Pair], range: &std::ops::Range<usize>) -> std::ops::Range<usize> {
    pairs.partition_point(|p| p.start < range.start)..pairs.partition_point(|p| p.start < range.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inner(text: &str) -> Vec<&str> {
        pairs(text).iter().map(|p| &text[p.inner()]).collect()
    }

    #[test]
    fn nested_and_mixed() {
        assert_eq!(inner("甲（乙(丙)丁）"), ["乙(丙)丁", "丙"]);
        assert_eq!(inner("（责任部门：各支部)"), ["责任部门：各支部"]);
        assert_eq!(inner("《关于〈条例〉的意见》"), ["关于〈条例〉的意见", "条例"]);
    }

    #[test]
    fn without_partner() {
        assert_eq!(inner("（甲《乙》"), ["乙"]);
        assert_eq!(inner("甲）（乙）"), ["乙"]);
        assert_eq!(inner("（甲\n乙）"), Vec::<&str>::new());
        assert_eq!(inner(&"（".repeat(100_000)), Vec::<&str>::new());
    }
}
