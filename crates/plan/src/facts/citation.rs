//! Names in 《》, and words that ask without saying how often.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use crate::bracket::{self, Pair, Shape};

/// Ranges of the names inside the outermost 《》 of `range`.
pub(crate) fn citations(pairs: &[Pair], range: &Range<usize>) -> Vec<Range<usize>> {
    let mut out: Vec<Range<usize>> = Vec::new();
    let mut done = range.start;
    for pair in &pairs[bracket::within(pairs, range)] {
        if pair.shape == Shape::Book && pair.start >= done && pair.end <= range.end {
            if !pair.inner().is_empty() {
                out.push(pair.inner());
            }
            done = pair.end;
        }
    }
    out
}

/// Words that ask for something to be done without saying how often or by when.
const VAGUE: [&str; 18] = [
    "不定期",
    "定期",
    "及时",
    "适时",
    "随时",
    "按时",
    "经常",
    "常态化",
    "长效化",
    "尽快",
    "抓紧",
    "逐步",
    "稳步",
    "常态长效",
    "适当时候",
    "时常",
    "尽早",
    "不断",
];

/// How many of [`VAGUE`] are reported: the last one only stops a longer word from being read as a vague one.
const REPORTED: usize = VAGUE.len() - 1;

static WORDS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .build(VAGUE)
        .expect("eighteen short patterns are within every limit of the automaton")
});

/// Vague words in `text`, which begins at `base`; those inside 《》 are names and left out.
pub(crate) fn vague(text: &str, base: usize, pairs: &[Pair]) -> Vec<(Range<usize>, &'static str)> {
    let mut out = Vec::new();
    for found in WORDS.find_iter(text) {
        let word = found.pattern().as_usize();
        // 授时及时钟同步 holds 及时 across two words; 常态化疫情防控 is a name.
        let rest = &text[found.end()..];
        if word >= REPORTED
            || rest.starts_with('钟')
            || rest.starts_with("疫情防控")
            || rest.starts_with("存款")
        {
            continue;
        }
        let range = base + found.start()..base + found.end();
        if !in_book(pairs, range.start) {
            out.push((range, VAGUE[word]));
        }
    }
    out
}

/// Whether byte `at` stands inside 《》.
pub(crate) fn in_book(pairs: &[Pair], at: usize) -> bool {
    let n = pairs.partition_point(|p| p.start <= at);
    // Few brackets stand around one place; those before it that are closed end the search soon enough.
    pairs[..n].iter().rev().take(6).any(|p| p.shape == Shape::Book && at < p.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_names_inside() {
        let text = "落实《关于〈条例〉的意见》《甲办法（试行）》，学习《一本通》和《乙";
        let pairs = bracket::pairs(text);
        let got: Vec<&str> = citations(&pairs, &(0..text.len())).into_iter().map(|r| &text[r]).collect();
        assert_eq!(got, ["关于〈条例〉的意见", "甲办法（试行）", "一本通"]);
    }

    #[test]
    fn book_in_book() {
        let text = "印发《关于印发《丙方案》的通知》";
        let pairs = bracket::pairs(text);
        let got: Vec<&str> = citations(&pairs, &(0..text.len())).into_iter().map(|r| &text[r]).collect();
        assert_eq!(got, ["关于印发《丙方案》的通知"]);
    }

    #[test]
    fn vague_words() {
        let text =
            "不定期抽查，定期通报，突破授时及时钟同步，及时上报，《定期报告办法》，常态化疫情防控，不断完善";
        let pairs = bracket::pairs(text);
        let got: Vec<&str> = vague(text, 0, &pairs).into_iter().map(|v| v.1).collect();
        assert_eq!(got, ["不定期", "定期", "及时"]);
    }
}
