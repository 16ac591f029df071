//! 新旧对照: two texts of a plan, item by item. Items are matched by their words, never by their numbers.

use std::collections::HashMap;

use model::{Item, Plan, SourceText};
use similar::{Algorithm, DiffTag, capture_diff_slices};

use crate::fold::fold;
use crate::likeness::{Shingles, best, candidates};

/// A text of a plan as it was read.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    /// The text.
    pub source: &'a SourceText,
    /// What was read in it.
    pub plan: &'a Plan,
}

/// Whether words stand in both texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// In both.
    Both,
    /// Only in the old one.
    Old,
    /// Only in the new one.
    New,
}

/// What became of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemChange {
    /// Its index in the old plan; none for an item that was added.
    pub old: Option<usize>,
    /// Its index in the new plan; none for one that was dropped.
    pub new: Option<usize>,
    /// Its words after the number, cut where the two texts part. Of an item without a change, one piece.
    pub words: Vec<(Side, String)>,
    /// Whether its number is another one.
    pub renumbered: bool,
    /// Whether it stands in another section, or has changed places with its neighbours.
    pub moved: bool,
}

impl ItemChange {
    /// Whether the words of an item that both have differ.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        self.old.is_some() && self.new.is_some() && self.words.iter().any(|(s, _)| *s != Side::Both)
    }

    /// Whether it stands in both as it was: the same words under the same number in the same place.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.old.is_some() && self.new.is_some() && !self.is_changed() && !self.renumbered && !self.moved
    }
}

/// Two texts of a plan, compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Every item of both, once: in the order of the new text, a dropped one after the one that it followed.
    pub items: Vec<ItemChange>,
    to_old: Vec<Option<usize>>,
}

impl Difference {
    /// The item of the old plan that item `new` continues.
    #[must_use]
    pub fn old_of(&self, new: usize) -> Option<usize> {
        self.to_old.get(new).copied().flatten()
    }

    /// The item of the new plan that continues item `old`.
    #[must_use]
    pub fn new_of(&self, old: usize) -> Option<usize> {
        self.to_old.iter().position(|o| *o == Some(old))
    }

    /// Both texts have these many items alike, in whatever order and under whatever numbers.
    #[must_use]
    pub fn matched(&self) -> usize {
        self.to_old.iter().flatten().count()
    }

    /// Whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.iter().all(ItemChange::is_same)
    }
}

/// Whether one item continues another: it is alike (of 1000) in all its words, in its title, or in a good part of both.
/// Phrases that every item of a plan has (每半年开展1次) must not be enough.
fn continues(whole: u32, title: u32) -> bool {
    whole >= 500 || title >= 700 || (whole >= 250 && title >= 400)
}

/// Compares two texts of a plan.
#[must_use]
pub fn difference(old: Document<'_>, new: Document<'_>) -> Difference {
    let to_old = matched(old, new);
    let mut next: Vec<Option<usize>> = vec![None; old.plan.items.len()];
    for (n, o) in to_old.iter().enumerate() {
        if let Some(place) = o.and_then(|o| next.get_mut(o)) {
            *place = Some(n);
        }
    }
    let stays = in_order(&to_old);
    let mut items = Vec::with_capacity(to_old.len());
    // What was dropped from the front comes first.
    let mut dropped = next.iter().enumerate().filter(|(_, n)| n.is_none()).map(|(o, _)| o).peekable();
    for (n, item) in new.plan.items.iter().enumerate() {
        let from = to_old.get(n).copied().flatten();
        if stays.get(n) == Some(&true) {
            while let Some(o) = dropped.next_if(|o| from.is_some_and(|f| *o < f)) {
                items.push(gone(old, o));
            }
        }
        items.push(match from.and_then(|o| Some((o, old.plan.items.get(o)?))) {
            Some((o, before)) => ItemChange {
                old: Some(o),
                new: Some(n),
                words: words(&text_of(old, before), &text_of(new, item)),
                renumbered: fold(&before.number) != fold(&item.number),
                moved: stays.get(n) != Some(&true) || section(old, before) != section(new, item),
            },
            None => ItemChange {
                old: None,
                new: Some(n),
                words: vec![(Side::New, text_of(new, item))],
                renumbered: false,
                moved: false,
            },
        });
    }
    items.extend(dropped.map(|o| gone(old, o)));
    Difference { items, to_old }
}

fn gone(old: Document<'_>, o: usize) -> ItemChange {
    let text = old.plan.items.get(o).map(|i| text_of(old, i)).unwrap_or_default();
    ItemChange { old: Some(o), new: None, words: vec![(Side::Old, text)], renumbered: false, moved: false }
}

/// The words of an item after its number, line wraps removed.
fn text_of(document: Document<'_>, item: &Item) -> String {
    // A number with its marks is short; anything longer before the title is text.
    const LONGEST: usize = 24;
    let numbered = !item.number.is_empty()
        && item.span.contains(item.title_span)
        && item.title_span.start - item.span.start <= LONGEST;
    let start = if numbered { item.title_span.start } else { item.span.start };
    let text = document.source.text.get(start..item.span.end).unwrap_or_default();
    text.split('\n').map(str::trim).collect()
}

/// The words of an item without the names of units, which many items have alike.
fn sentences_of(document: Document<'_>, item: &Item) -> String {
    let words: String = item.sentences.iter().map(|s| s.span.of(&document.source.text)).collect();
    if words.is_empty() { text_of(document, item) } else { words }
}

fn section(document: Document<'_>, item: &Item) -> Option<String> {
    item.section.and_then(|s| document.plan.sections.get(s)).map(|s| fold(&s.title))
}

/// For each new item the old one that it continues: first those with the same words, then the likest.
fn matched(old: Document<'_>, new: Document<'_>) -> Vec<Option<usize>> {
    let mut to_old: Vec<Option<usize>> = vec![None; new.plan.items.len()];
    let mut free: Vec<bool> = vec![true; old.plan.items.len()];
    let folded =
        |d: Document<'_>| -> Vec<String> { d.plan.items.iter().map(|i| fold(&text_of(d, i))).collect() };
    let (was, is) = (folded(old), folded(new));
    let mut by_words: HashMap<&str, std::collections::VecDeque<usize>> = HashMap::new();
    for (o, text) in was.iter().enumerate() {
        by_words.entry(text).or_default().push_back(o);
    }
    for (n, text) in is.iter().enumerate() {
        let found = by_words.get_mut(text.as_str()).and_then(std::collections::VecDeque::pop_front);
        if let (Some(o), Some(place)) = (found, to_old.get_mut(n)) {
            *place = Some(o);
            if let Some(f) = free.get_mut(o) {
                *f = false;
            }
        }
    }
    let rest = |d: Document<'_>, wanted: &dyn Fn(usize) -> bool| -> Vec<(usize, Shingles, Shingles)> {
        let items = d.plan.items.iter().enumerate().filter(|(i, _)| wanted(*i));
        items.map(|(i, it)| (i, Shingles::of(&sentences_of(d, it)), Shingles::of(&it.title))).collect()
    };
    let left = rest(old, &|o| free.get(o) == Some(&true));
    let come = rest(new, &|n| to_old.get(n) == Some(&None));
    let bodies = |list: &'_ [(usize, Shingles, Shingles)]| -> Vec<Shingles> {
        list.iter().map(|(_, body, _)| body.clone()).collect()
    };
    let (old_bodies, new_bodies) = (bodies(&left), bodies(&come));
    let near = candidates(&old_bodies.iter().collect::<Vec<_>>(), &new_bodies.iter().collect::<Vec<_>>());
    let mut scored = Vec::new();
    for ((n, body, title), near) in come.iter().zip(near) {
        for (o, its_body, its_title) in near.iter().filter_map(|i| left.get(*i)) {
            let whole = body.likeness(its_body);
            let head = if title.is_empty() { 0 } else { title.likeness(its_title) };
            if continues(whole, head) {
                scored.push(((2 * whole + head) / 3, *o, *n));
            }
        }
    }
    best(scored, |o, n| {
        let (Some(free), Some(place)) = (free.get_mut(o), to_old.get_mut(n)) else { return };
        if *free && place.is_none() {
            *free = false;
            *place = Some(o);
        }
    });
    to_old
}

/// Which new items stand in the order of the old text: the longest row of matched ones that rises; the rest has moved.
fn in_order(to_old: &[Option<usize>]) -> Vec<bool> {
    // For each length of a row, the new item at its end with the smallest old place.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; to_old.len()];
    let old_at = |n: usize| to_old.get(n).copied().flatten();
    for n in 0..to_old.len() {
        let Some(o) = old_at(n) else { continue };
        let at = ends.partition_point(|e| old_at(*e).is_some_and(|x| x < o));
        if let Some(b) = before.get_mut(n) {
            *b = at.checked_sub(1).and_then(|i| ends.get(i)).copied();
        }
        match ends.get_mut(at) {
            Some(end) => *end = n,
            None => ends.push(n),
        }
    }
    let mut stays = vec![false; to_old.len()];
    let mut at = ends.last().copied();
    while let Some(n) = at {
        if let Some(s) = stays.get_mut(n) {
            *s = true;
        }
        at = before.get(n).copied().flatten();
    }
    stays
}

/// Above so many characters two texts are compared by clauses: a line of several megabytes must not be walked
/// character by character.
const LONG: usize = 20_000;
/// Above so many clauses only what stands before the first change and after the last is told apart from the rest.
const MOST: usize = 20_000;
/// Fewer characters than this between two changes are no island: two changes with one character between them read better
/// as one.
const ISLAND: usize = 2;

/// Two texts cut where they part. What differs only in white space counts as the same.
#[must_use]
pub fn words(old: &str, new: &str) -> Vec<(Side, String)> {
    if old.split_whitespace().eq(new.split_whitespace()) {
        return vec![(Side::Both, new.to_owned())];
    }
    let by_clause = old.len().max(new.len()) > LONG;
    let (a, b) = (tokens(old, by_clause), tokens(new, by_clause));
    let join = |list: &[&str], from: usize, len: usize| -> String {
        list.get(from..from + len).unwrap_or_default().concat()
    };
    let mut out: Vec<(Side, String)> = Vec::new();
    let mut put = |side: Side, text: String| {
        if text.is_empty() {
            return;
        }
        match out.last_mut() {
            Some((s, t)) if *s == side => t.push_str(&text),
            _ => out.push((side, text)),
        }
    };
    if a.len().max(b.len()) > MOST {
        let same = |(x, y): &(&&str, &&str)| x == y;
        let head = a.iter().zip(&b).take_while(same).count();
        let rest = a.len().min(b.len()) - head;
        let tail = a.iter().rev().zip(b.iter().rev()).take_while(same).count().min(rest);
        put(Side::Both, join(&b, 0, head));
        put(Side::Old, join(&a, head, a.len() - head - tail));
        put(Side::New, join(&b, head, b.len() - head - tail));
        put(Side::Both, join(&b, b.len() - tail, tail));
        return out;
    }
    let ops = capture_diff_slices(Algorithm::Patience, &a, &b);
    // An island is written on both sides; what it was put into comes before what it was taken from.
    let (mut gone, mut come) = (String::new(), String::new());
    for (i, op) in ops.iter().enumerate() {
        let (tag, old_range, new_range) = op.as_tag_tuple();
        let was = join(&a, old_range.start, old_range.len());
        let is = join(&b, new_range.start, new_range.len());
        let inside = i > 0 && i + 1 < ops.len();
        let lone = inside && !is.chars().any(|c| "，。；、：,;".contains(c)) && is.chars().count() < ISLAND;
        if tag == DiffTag::Equal && !lone {
            put(Side::Old, std::mem::take(&mut gone));
            put(Side::New, std::mem::take(&mut come));
            put(Side::Both, is);
        } else {
            gone.push_str(&was);
            come.push_str(&is);
        }
    }
    put(Side::Old, gone);
    put(Side::New, come);
    out
}

/// A text cut into what is compared: a number or a word of Latin letters whole, else characters; or clauses.
fn tokens(text: &str, by_clause: bool) -> Vec<&str> {
    let mut out = Vec::new();
    let mut start = 0;
    let mut last: Option<char> = None;
    for (i, c) in text.char_indices() {
        let goes_on = match last {
            None => true,
            Some(before) if by_clause => !"，。；、：\n".contains(before),
            Some(before) => before.is_ascii_alphanumeric() && c.is_ascii_alphanumeric(),
        };
        if !goes_on {
            out.push(text.get(start..i).unwrap_or_default());
            start = i;
        }
        last = Some(c);
    }
    if last.is_some() {
        out.push(text.get(start..).unwrap_or_default());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_megabytes_is_cut_at_its_first_and_last_change() {
        let clause = |n: usize| format!("第{n}句，");
        let old: String = (0..MOST + 10).map(clause).collect();
        let new = old.replace("第5句", "第五句").replace("第20005句", "第末句");
        let words = words(&old, &new);
        let sides: Vec<Side> = words.iter().map(|(s, _)| *s).collect();
        assert_eq!(sides, [Side::Both, Side::Old, Side::New, Side::Both]);
        assert_eq!(words[0].1, "第0句，第1句，第2句，第3句，第4句，");
        assert!(words[1].1.starts_with("第5句，第6句，") && words[1].1.len() > old.len() / 2);
        for (side, text) in [(Side::Old, old), (Side::New, new)] {
            let own = words.iter().filter(|(s, _)| *s == Side::Both || *s == side);
            assert!(own.map(|(_, w)| w.as_str()).collect::<String>() == text, "{side:?}");
        }
    }
}
