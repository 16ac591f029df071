//! Text folded for comparing: what two writers of the same words may write differently is made the same.
//!
//! Quotation marks, white space and line wraps are dropped; full-width letters, digits and marks become half-width; dashes,
//! brackets and middle dots are unified. The words of the document stay as they are: a fold keeps a map back to them.

use model::Span;

/// One character folded; none when it does not count.
pub(crate) fn fold_char(c: char) -> Option<char> {
    match c {
        // Nearly every character of a plan is one of these, so they are asked first.
        '\u{4e00}'..='\u{9fff}' => Some(c),
        '“' | '”' | '‘' | '’' | '"' | '\'' | '「' | '」' | '『' | '』' | '〝' | '〞' | '〟' | '`' | '＂'
        | '＇' => None,
        '《' | '》' | '〈' | '〉' | '<' | '>' | '＜' | '＞' => None,
        '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{ad}' => None,
        '—' | '–' | '―' | '‒' | '－' | '−' | '─' | '～' | '~' | '〜' | '‐' | '-' => {
            Some('-')
        }
        '〔' | '［' | '【' | '[' => Some('('),
        '〕' | '］' | '】' | ']' => Some(')'),
        '·' | '•' | '‧' | '・' | '∙' => Some('·'),
        '\u{ff01}'..='\u{ff5e}' => {
            let half = u32::from(c) - 0xfee0;
            char::from_u32(half).map(|h| h.to_ascii_lowercase())
        }
        c if c.is_whitespace() => None,
        c => Some(c.to_ascii_lowercase()),
    }
}

/// A name folded, for keys of a table.
pub(crate) fn fold(text: &str) -> String {
    text.chars().filter_map(fold_char).collect()
}

/// A stretch of the document, folded, with the way back.
#[derive(Debug, Default)]
pub(crate) struct Folded {
    /// The folded words.
    pub(crate) text: String,
    /// For each byte of `text`: where its character starts in the document, and where it ends.
    back: Vec<(usize, usize)>,
}

impl Folded {
    /// Folds the words of `source` under `span`.
    pub(crate) fn new(source: &str, span: Span) -> Self {
        let mut out = Self::default();
        out.refill(source, span);
        out
    }

    /// Folds other words into the same buffers, so that a long document does not allocate for each item.
    pub(crate) fn refill(&mut self, source: &str, span: Span) {
        self.text.clear();
        self.back.clear();
        for (at, c) in span.of(source).char_indices() {
            let Some(folded) = fold_char(c) else { continue };
            let start = span.start + at;
            for _ in 0..folded.len_utf8() {
                self.back.push((start, start + c.len_utf8()));
            }
            self.text.push(folded);
        }
    }

    /// The words of the document behind `start..end` of the folded text.
    pub(crate) fn span(&self, start: usize, end: usize) -> Span {
        let first = self.back.get(start).map_or(0, |b| b.0);
        let last = end.checked_sub(1).and_then(|e| self.back.get(e)).map_or(first, |b| b.1);
        Span { start: first, end: last.max(first) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writers_differ_in_marks_only() {
        assert_eq!(fold("“三会 一课”（试行）"), "三会一课(试行)");
        assert_eq!(fold("２０１９——２０２３年"), "2019--2023年");
        assert_eq!(fold("党建＋Ｎ"), "党建+n");
    }

    #[test]
    fn the_way_back_holds_the_marks_inside() {
        let text = "落实“三会\n一课”制度";
        let folded = Folded::new(text, Span::new(0, text.len()));
        let at = folded.text.find("三会一课").unwrap();
        let span = folded.span(at, at + "三会一课".len());
        assert_eq!(span.of(text), "三会\n一课");
    }
}
