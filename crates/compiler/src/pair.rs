//! Which demand of one text of a plan is which of another: by the rule that it adopts, else by its words.

use std::collections::{BTreeSet, HashMap};

use model::{Origin, Proposal};

use crate::difference::Difference;
use crate::fold::fold;
use crate::likeness::{Shingles, best, candidates};

/// Least likeness (of 1000) of the words of two demands: in items of which one continues the other, and elsewhere.
const NEAR: u32 = 400;
const FAR: u32 = 750;

/// What a demand is about, folded.
enum About {
    Rule(String),
    Progress,
    Words(String, Shingles),
}

fn about(p: &Proposal) -> About {
    match &p.origin {
        Origin::Adopted { rule, .. } | Origin::Standing { rule } => About::Rule(rule.clone()),
        Origin::Progress { .. } => About::Progress,
        Origin::Clause { text, .. } => About::Words(fold(text), Shingles::of(text)),
    }
}

/// By what demands find each other at once: the rule, the item whose progress is told, the very words.
type Key<'a> = (u8, Option<usize>, &'a str);

fn key(item: Option<usize>, about: &About) -> Key<'_> {
    match about {
        About::Rule(rule) => (0, None, rule),
        About::Progress => (1, item, ""),
        About::Words(words, _) => (2, None, words),
    }
}

/// For each of `new` the index of the one of `old` that it continues, each of these at most once. Rules go by their id,
/// progress notes by their item, clauses by their words: the same words in the item that continues theirs, the same
/// words anywhere, and then the likest. Keys and numbers say nothing.
#[must_use]
pub fn pair(old: &[Proposal], new: &[Proposal], difference: &Difference) -> Vec<Option<usize>> {
    let was: Vec<About> = old.iter().map(about).collect();
    let is: Vec<About> = new.iter().map(about).collect();
    // How near two stand: 2 in items of which one continues the other, 0 elsewhere.
    let same_item = |o: &Proposal, n: &Proposal| match (o.item, n.item) {
        (None, None) => true,
        (Some(o), Some(n)) => difference.old_of(n) == Some(o),
        _ => false,
    };
    // Who may continue whom at all: all with all would take too long for a long plan.
    let mut by_key: HashMap<Key<'_>, Vec<usize>> = HashMap::new();
    for (o, (p, about)) in old.iter().zip(&was).enumerate() {
        by_key.entry(key(p.item, about)).or_default().push(o);
    }
    let none = Shingles::default();
    let shingles = |list: &'_ [About]| -> Vec<Shingles> {
        list.iter().map(|a| if let About::Words(_, s) = a { s.clone() } else { none.clone() }).collect()
    };
    let (old_words, new_words) = (shingles(&was), shingles(&is));
    let near = candidates(&old_words.iter().collect::<Vec<_>>(), &new_words.iter().collect::<Vec<_>>());
    let mut scored = Vec::new();
    for ((n, (now, about_now)), near) in new.iter().zip(&is).enumerate().zip(near) {
        let item = now.item.and_then(|i| difference.old_of(i));
        let by_key = by_key.get(&key(item, about_now)).into_iter().flatten();
        for o in near.iter().chain(by_key).copied().collect::<BTreeSet<_>>() {
            let (Some(before), Some(about_before)) = (old.get(o), was.get(o)) else { continue };
            let here = same_item(before, now);
            let score = match (about_before, about_now) {
                (About::Rule(a), About::Rule(b)) if a == b => 4000,
                (About::Progress, About::Progress) if here && before.item.is_some() => 4000,
                (About::Words(a, _), About::Words(b, _)) if a == b => 4000,
                (About::Words(_, a), About::Words(_, b)) => {
                    let alike = a.likeness(b);
                    if alike < if here { NEAR } else { FAR } {
                        continue;
                    }
                    // The same words are never given away to words that are only alike.
                    alike * 2
                }
                _ => continue,
            };
            // Several demands of one clause tell themselves apart by what they are called and what they ask.
            let agree =
                [here, before.title == now.title, before.cadence == now.cadence, before.ledger == now.ledger];
            let bonus = agree.iter().zip([800, 400, 200, 100]).filter(|(holds, _)| **holds);
            scored.push((score + bonus.map(|(_, worth)| worth).sum::<u32>(), o, n));
        }
    }
    let mut to_old: Vec<Option<usize>> = vec![None; new.len()];
    let mut free = vec![true; old.len()];
    best(scored, |o, n| {
        let (Some(free), Some(place)) = (free.get_mut(o), to_old.get_mut(n)) else { return };
        if *free && place.is_none() {
            *free = false;
            *place = Some(o);
        }
    });
    to_old
}
