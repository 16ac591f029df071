//! Mentions of mechanisms: an automaton over every name and alias, run over folded text.

use aho_corasick::{AhoCorasick, MatchKind};
use model::Span;

use crate::fold::{Folded, fold};

/// A mechanism named in the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mention {
    /// Index of the mechanism in the list that the automaton was made from.
    pub mechanism: usize,
    /// The words that name it, quotation marks and line wraps inside included.
    pub span: Span,
}

/// The automaton.
#[derive(Debug)]
pub struct Mentions {
    automaton: Option<AhoCorasick>,
    /// What each pattern names; none for a longer word that only hides a name (党课程 hides 党课).
    named: Vec<Option<usize>>,
}

/// Whether a name could be cut out of a longer word of letters or digits.
fn is_ascii_word(c: char) -> bool {
    c.is_ascii_alphanumeric()
}

impl Mentions {
    /// Makes the automaton of `names` (index of the mechanism, name or alias) and of `hiding` words, in which a name
    /// may occur by accident. Names that fold to fewer than two characters are left out: one character names nothing.
    pub fn new<'a>(
        names: impl IntoIterator<Item = (usize, &'a str)>,
        hiding: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let mut patterns: Vec<(String, Option<usize>)> =
            names.into_iter().map(|(i, name)| (fold(name), Some(i))).collect();
        patterns.extend(hiding.into_iter().map(|word| (fold(word), None)));
        patterns.retain(|(p, _)| p.chars().nth(1).is_some());
        // The first to claim a name keeps it, whatever the order in which the automaton would report them.
        let mut seen = std::collections::HashSet::new();
        patterns.retain(|(p, _)| seen.insert(p.clone()));
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(patterns.iter().map(|(p, _)| p))
            .ok();
        Self { automaton, named: patterns.into_iter().map(|(_, n)| n).collect() }
    }

    /// Mentions in already folded words, in order.
    pub(crate) fn find_in(&self, source: &str, folded: &Folded) -> Vec<Mention> {
        let Some(automaton) = &self.automaton else { return Vec::new() };
        let mut found = Vec::new();
        for m in automaton.find_iter(&folded.text) {
            let Some(Some(mechanism)) = self.named.get(m.pattern().as_usize()).copied() else { continue };
            let span = folded.span(m.start(), m.end());
            if whole_word(&folded.text, m.start(), m.end()) && quotes_fit(source, span) {
                found.push(Mention { mechanism, span });
            }
        }
        found
    }

    /// Mentions in the words of `source` under `within`, in order; the longest name wins where several begin.
    #[must_use]
    pub fn find(&self, source: &str, within: Span) -> Vec<Mention> {
        self.find_in(source, &Folded::new(source, within))
    }
}

/// Letters and digits have word boundaries even where characters have none.
fn whole_word(text: &str, start: usize, end: usize) -> bool {
    let (Some(before), Some(name), Some(after)) = (text.get(..start), text.get(start..end), text.get(end..))
    else {
        return false;
    };
    let cut_before = name.starts_with(is_ascii_word) && before.ends_with(is_ascii_word);
    let cut_after = name.ends_with(is_ascii_word) && after.starts_with(is_ascii_word);
    !cut_before && !cut_after
}

/// A name may reach over one end of a quotation only when the quotation begins or ends with the name:
/// “三会一课”制度 is the mechanism, but 学习制度 is not meant by “大学习”制度.
fn quotes_fit(source: &str, span: Span) -> bool {
    let (mut opened, mut unopened) = (0_u32, 0_u32);
    for c in span.of(source).chars() {
        match c {
            '“' | '‘' | '「' | '『' => opened += 1,
            '”' | '’' | '」' | '』' if opened > 0 => opened -= 1,
            '”' | '’' | '」' | '』' => unopened += 1,
            _ => {}
        }
    }
    let before = source.get(..span.start).and_then(|s| s.chars().next_back());
    let after = source.get(span.end..).and_then(|s| s.chars().next());
    (unopened == 0 || matches!(before, Some('“' | '‘' | '「' | '『')))
        && (opened == 0 || matches!(after, Some('”' | '’' | '」' | '』')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<(usize, &str)> {
        let mentions = Mentions::new(
            [
                (0, "三会一课"),
                (0, "“三会一课”制度"),
                (1, "党课"),
                (2, "学习制度"),
                (3, "第一议题"),
                (4, "党建+N"),
            ],
            ["党课程"],
        );
        mentions
            .find(text, Span::new(0, text.len()))
            .into_iter()
            .map(|m| (m.mechanism, m.span.of(text)))
            .collect()
    }

    #[test]
    fn marks_spaces_and_wraps_do_not_matter() {
        assert_eq!(words("严格落实“三会\n 一课”等制度"), [(0, "三会\n 一课")]);
        assert_eq!(words("坚持“ 第一议题 ”学习机制"), [(3, "第一议题")]);
        assert_eq!(words("「三会一课」制度"), [(0, "三会一课」制度")]);
    }

    #[test]
    fn the_longest_name_wins() {
        assert_eq!(words("三会一课制度和党课"), [(0, "三会一课制度"), (1, "党课")]);
    }

    #[test]
    fn not_inside_other_words() {
        assert!(words("开发精品党课程").is_empty());
        assert!(words("推进“大学习”制度建设").is_empty());
        assert!(words("党建+NLP").is_empty());
        assert_eq!(words("探索“党建＋Ｎ”工作"), [(4, "党建＋Ｎ")]);
    }

    #[test]
    fn no_names_no_mentions() {
        let none = Mentions::new([], []);
        assert!(none.find("三会一课", Span::new(0, 12)).is_empty());
    }
}
