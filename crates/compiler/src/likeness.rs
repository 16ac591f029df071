//! How alike two pieces of text are, whoever wrote them: by the pairs of characters that they share.

use std::collections::HashMap;

use crate::fold::fold_char;

/// The pairs of neighbouring characters of a text, folded, sorted. A text of one character is its own pair.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shingles(Vec<u64>);

impl Shingles {
    pub(crate) fn of(text: &str) -> Self {
        let mut out = Vec::new();
        let mut last: Option<char> = None;
        for c in text.chars().filter_map(fold_char).filter(|c| c.is_alphanumeric()) {
            if let Some(before) = last {
                out.push(u64::from(u32::from(before)) << 32 | u64::from(u32::from(c)));
            }
            last = Some(c);
        }
        if let (true, Some(only)) = (out.is_empty(), last) {
            out.push(u64::from(u32::from(only)));
        }
        out.sort_unstable();
        Self(out)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How alike two are, 0 to 1000: twice what they share of what both have (Dice). Two without a character are alike.
    pub(crate) fn likeness(&self, other: &Self) -> u32 {
        let both = self.0.len() + other.0.len();
        if both == 0 {
            return 1000;
        }
        let (mut i, mut j, mut shared) = (0, 0, 0usize);
        while let (Some(a), Some(b)) = (self.0.get(i), other.0.get(j)) {
            match a.cmp(b) {
                std::cmp::Ordering::Less => i += 1,
                std::cmp::Ordering::Greater => j += 1,
                std::cmp::Ordering::Equal => {
                    shared += 1;
                    i += 1;
                    j += 1;
                }
            }
        }
        u32::try_from(2000 * shared / both).unwrap_or(1000)
    }

    fn distinct(&self) -> impl Iterator<Item = u64> {
        let mut last = None;
        self.0.iter().copied().filter(move |s| last.replace(*s) != Some(*s))
    }
}

/// How alike the words of two clauses are, 0 to 1000; marks and white space do not count.
#[must_use]
pub fn likeness(a: &str, b: &str) -> u32 {
    Shingles::of(a).likeness(&Shingles::of(b))
}

/// In more texts than this a pair of characters tells nothing: a plan of fifty thousand items is compared in a time
/// that grows with its length.
const COMMON: usize = 64;

/// For each of `new`, those of `old` that share a pair of characters with it that is not in every other text.
pub(crate) fn candidates(old: &[&Shingles], new: &[&Shingles]) -> Vec<Vec<usize>> {
    let mut index: HashMap<u64, Vec<usize>> = HashMap::new();
    for (i, text) in old.iter().enumerate() {
        for s in text.distinct() {
            index.entry(s).or_default().push(i);
        }
    }
    new.iter()
        .map(|text| {
            let lists = text.distinct().filter_map(|s| index.get(&s)).filter(|l| l.len() <= COMMON);
            let mut found: Vec<usize> = lists.flatten().copied().collect();
            found.sort_unstable();
            found.dedup();
            found
        })
        .collect()
}

/// Pairs one with one, the best first: `scored` holds (score, old, new), those nearest in place first among equals.
pub(crate) fn best(mut scored: Vec<(u32, usize, usize)>, mut take: impl FnMut(usize, usize)) {
    scored.sort_by_key(|(score, o, n)| (std::cmp::Reverse(*score), o.abs_diff(*n), *n, *o));
    for (_, o, n) in scored {
        take(o, n);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_are_alike_whatever_marks_stand_between() {
        let (a, b) = (Shingles::of("每月开展1次“主题党日”。"), Shingles::of("每月开展１次主题党日；"));
        assert_eq!(a.likeness(&b), 1000);
        assert!(a.likeness(&Shingles::of("每季度召开座谈会")) < 100);
        assert_eq!(Shingles::of("").likeness(&Shingles::of("甲")), 0);
    }
}
