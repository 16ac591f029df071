//! How a text is cut for the index of words, and how a query is compared with it.
//!
//! A text is first folded: lower case, full-width letters and signs as half-width ones, blanks dropped, and each run of
//! letters or of digits set between spaces. What is looked for is folded alike and is found where the folded text holds
//! it, so that a run is found as a whole (`ai` is not found in `email`) and characters are found anywhere. The index
//! holds the grams of the folded text: each run, each other character, and each two characters side by side.

use std::{collections::BTreeSet, ops::Range};

/// Most grams of one text that are indexed; a text that holds more is found by the first ones only. A book has fewer,
/// and PostgreSQL's `tsvector` holds no more than a megabyte.
const MOST_GRAMS: usize = 40_000;
/// Most characters of a run that are compared.
const MOST_OF_A_RUN: usize = 60;
/// Most words of one query; what follows is left aside.
const MOST_TERMS: usize = 12;

/// What a character is to a search.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Part of a word written in letters.
    Letter,
    /// Part of a number.
    Digit,
    /// A character, sign or mark that stands for itself.
    Sign,
    /// Ends a line: nothing is found across it.
    Line,
    /// A blank, or something that is not seen.
    Blank,
}

/// Whether a script is written without blanks between its words, a character a syllable.
fn is_syllabic(c: char) -> bool {
    matches!(
        u32::from(c),
        0x2E80..=0x2FFF | 0x3005..=0x3007 | 0x3021..=0xA4CF | 0xAC00..=0xD7AF | 0xF900..=0xFAFF | 0x2_0000..=0x3_FFFF
    )
}

/// A full-width letter or sign as the half-width one.
pub(crate) fn narrow(c: char) -> char {
    match u32::from(c) {
        code @ 0xFF01..=0xFF5E => char::from_u32(code - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

/// A half-width sign as the full-width one: the index's own tongues know no signs.
fn widen(c: char) -> char {
    if c.is_ascii() && !c.is_ascii_alphanumeric() {
        char::from_u32(u32::from(c) + 0xFEE0).unwrap_or(c)
    } else {
        c
    }
}

fn kind(c: char) -> Kind {
    if c == '\n' {
        Kind::Line
    } else if c.is_whitespace()
        || c.is_control()
        || matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{FEFF}')
    {
        Kind::Blank
    } else if is_syllabic(c) {
        Kind::Sign
    } else if c.is_numeric() {
        Kind::Digit
    } else if c.is_alphabetic() {
        Kind::Letter
    } else {
        Kind::Sign
    }
}

/// One thing that is compared as a whole: a run or a character, and where it stands in the text.
struct Atom {
    text: String,
    kind: Kind,
    at: Range<usize>,
}

fn atoms(text: &str) -> Vec<Atom> {
    let mut out: Vec<Atom> = Vec::new();
    // Whether the last character that was seen may be continued.
    let mut joined = false;
    for (start, c) in text.char_indices() {
        let at = start..start + c.len_utf8();
        let kind = kind(narrow(c));
        if kind == Kind::Blank {
            joined = false;
            continue;
        }
        let lower = narrow(c).to_lowercase();
        match out.last_mut() {
            Some(last) if joined && last.kind == kind && matches!(kind, Kind::Letter | Kind::Digit) => {
                last.text.extend(lower);
                last.at.end = at.end;
            }
            _ => out.push(Atom { text: lower.collect(), kind, at }),
        }
        joined = true;
    }
    for atom in &mut out {
        if let Some((cut, _)) = atom.text.char_indices().nth(MOST_OF_A_RUN) {
            atom.text.truncate(cut);
        }
    }
    out
}

fn joined(atoms: &[Atom]) -> String {
    let mut out = String::new();
    for atom in atoms {
        match atom.kind {
            Kind::Letter | Kind::Digit => {
                out.push(' ');
                out.push_str(&atom.text);
                out.push(' ');
            }
            Kind::Sign | Kind::Line | Kind::Blank => out.push_str(&atom.text),
        }
    }
    out
}

/// The text as it is kept and compared. Folded once more, it stays as it is but for the spaces.
pub(crate) fn fold(text: &str) -> String {
    joined(&atoms(text))
}

/// The grams of a text, folded or not, as the index writes them.
pub(crate) fn grams(text: &str) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    let mut before: Option<char> = None;
    for atom in atoms(text) {
        if out.len() >= MOST_GRAMS {
            break;
        }
        before = match atom.kind {
            Kind::Sign => {
                // Lower case may be several characters; no sign's is.
                let c = atom.text.chars().next().map(widen);
                out.extend(c.map(String::from));
                out.extend(before.zip(c).map(|(a, b)| String::from_iter([a, b])));
                c
            }
            Kind::Letter | Kind::Digit => {
                out.insert(atom.text);
                None
            }
            Kind::Line | Kind::Blank => None,
        };
    }
    out
}

/// One word of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Term {
    /// Folded: what the folded text must hold.
    pub(crate) folded: String,
    /// The grams that the index must hold.
    pub(crate) grams: BTreeSet<String>,
    /// Whether a text that has the grams is sure to hold the word.
    pub(crate) sure: bool,
}

/// The words of a query: all must be found.
pub(crate) fn terms(query: &str) -> Vec<Term> {
    let mut out: Vec<Term> = Vec::new();
    for word in query.split_whitespace().take(MOST_TERMS) {
        let atoms = atoms(word);
        let folded = joined(&atoms);
        if folded.is_empty() || out.iter().any(|t| t.folded == folded) {
            continue;
        }
        let mut all = grams(word);
        // A character that stands beside another is found with it.
        let pairs: BTreeSet<char> = all.iter().filter(|g| is_pair(g)).flat_map(|g| g.chars()).collect();
        all.retain(|g| !(g.chars().count() == 1 && g.chars().all(|c| pairs.contains(&c))));
        let sure = atoms.len() == 1 || (atoms.len() == 2 && all.len() == 1);
        out.push(Term { folded, grams: all, sure });
    }
    out
}

/// Whether a gram is two characters side by side.
fn is_pair(gram: &str) -> bool {
    let mut chars = gram.chars();
    matches!((chars.next(), chars.next(), chars.next()), (Some(a), Some(_), None) if kind(narrow(a)) == Kind::Sign)
}

/// Whether a text holds every word of a query, as a search would say.
#[must_use]
pub fn holds(text: &str, query: &str) -> bool {
    let folded = fold(text);
    terms(query).iter().all(|t| folded.contains(&t.folded))
}

/// Where in a text the words of a query stand, in order, none over another.
#[must_use]
pub fn found_in(text: &str, query: &str) -> Vec<Range<usize>> {
    let words: Vec<Vec<Atom>> = query.split_whitespace().take(MOST_TERMS).map(atoms).collect();
    // Most lines of a record hold none of the characters with which the words begin.
    let begins = |c: char| words.iter().filter_map(|w| w.first()).any(|a| a.text.starts_with(c));
    if !text.chars().any(|c| narrow(c).to_lowercase().next().is_some_and(begins)) {
        return Vec::new();
    }
    let atoms = atoms(text);
    let mut out: Vec<Range<usize>> = Vec::new();
    for wanted in words.iter().filter(|w| !w.is_empty()) {
        for here in atoms.windows(wanted.len()) {
            let same = here.iter().zip(wanted).all(|(a, b)| a.kind == b.kind && a.text == b.text);
            if let (true, Some(first), Some(last)) = (same, here.first(), here.last()) {
                out.push(first.at.start..last.at.end);
            }
        }
    }
    out.sort_by_key(|r| (r.start, r.end));
    out.dedup_by(|next, before| {
        let over = next.start < before.end;
        if over {
            before.end = before.end.max(next.end);
        }
        over
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<String> {
        grams(text).into_iter().collect()
    }

    #[test]
    fn characters_and_pairs_are_indexed_and_runs_as_a_whole() {
        assert_eq!(of("党员 大会"), ["会", "党", "党员", "员", "员大", "大", "大会"]);
        assert_eq!(of("ＷＰＳ2019版"), ["2019", "wps", "版"]);
        assert_eq!(of("党\n员"), ["党", "员"], "nothing across lines");
        assert_eq!(of("100%"), ["100", "％"]);
        assert!(of(" \u{200b}\u{feff}\t").is_empty());
    }

    #[test]
    fn a_query_asks_for_the_fewest_grams_that_tell() {
        let asked = |q: &str| -> Vec<(Vec<String>, bool)> {
            terms(q).into_iter().map(|t| (t.grams.into_iter().collect(), t.sure)).collect()
        };
        assert_eq!(asked("党员"), [(vec!["党员".to_owned()], true)]);
        assert_eq!(asked("党"), [(vec!["党".to_owned()], true)]);
        assert_eq!(asked("党员会"), [(vec!["党员".to_owned(), "员会".to_owned()], false)]);
        assert_eq!(asked("AI　党"), [(vec!["ai".to_owned()], true), (vec!["党".to_owned()], true)]);
        assert_eq!(asked("谢谢"), [(vec!["谢谢".to_owned()], true)]);
        assert_eq!(asked("  \u{200b} "), []);
    }

    #[test]
    fn what_is_found_is_what_is_read() {
        for (text, query) in [
            ("四月主题党日", "党日"),
            ("四月主题党日", "日"),
            ("学习《党章》，讨论 Plan-A 的安排", "plan-a"),
            ("学习《党章》，讨论 Plan-A 的安排", "PLAN"),
            ("学习《党章》，讨论 Plan-A 的安排", "《党章》"),
            ("完成 ９５％", "95%"),
            ("张 三参加", "张三"),
            ("他说“好”", "“好”"),
            ("it's", "'"),
            ("第3支部 2026年", "2026年 第3支部"),
            ("ISO9001体系", "iso"),
        ] {
            assert!(holds(text, query), "{query} in {text}");
            assert!(!found_in(text, query).is_empty(), "{query} in {text}");
        }
        for (text, query) in
            [("email", "ai"), ("2026", "20"), ("党\n日", "党日"), ("党日", "日党"), ("完成", "%")]
        {
            assert!(!holds(text, query), "{query} in {text}");
            assert!(found_in(text, query).is_empty(), "{query} in {text}");
        }
    }

    #[test]
    fn places_are_those_of_the_original_text() {
        let text = "在ＷＰＳ里记党员大会，党员到会";
        let cut: Vec<&str> = found_in(text, "wps 党员").into_iter().map(|r| &text[r]).collect();
        assert_eq!(cut, ["ＷＰＳ", "党员", "党员"]);
        let cut: Vec<&str> = found_in(text, "党员大 大会").into_iter().map(|r| &text[r]).collect();
        assert_eq!(cut, ["党员大会"]);
    }

    #[test]
    fn folding_twice_changes_nothing() {
        for text in ["Ａ1 b2", "党员 WPS2019版\n第二行", "完成100%，“好”"] {
            assert_eq!(fold(&fold(text)), fold(text));
            assert_eq!(grams(&fold(text)), grams(text));
        }
    }
}
