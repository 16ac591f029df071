//! Prose and task tables of one document as one plan: what both hold, in the order of the document and each task once.

use std::collections::HashSet;

use model::{Item, Section, Span};

/// What was read from the prose of a document, or from its tables.
#[derive(Debug, Default)]
pub(crate) struct Side {
    pub(crate) sections: Vec<Section>,
    pub(crate) items: Vec<Item>,
    /// Tasks that stand in the document a second time.
    pub(crate) repeated: Vec<Span>,
}

/// Pairs of rows and items up to which every one is held against every other; beyond, only equal titles are found.
const MOST_PAIRS: usize = 1_000_000;

/// Adds to the side that holds the plan what only the other has. A task of `added` that repeats one of `main` is left out,
/// and gives its units where the other names none. `text` is the source that the spans are of.
pub(crate) fn blend(mut main: Side, mut added: Side, text: &str) -> Side {
    let known: Vec<Known> = main.items.iter().map(|i| Known::of(i, text)).collect();
    let titles: HashSet<&str> = known.iter().map(|k| k.title.as_str()).collect();
    let near = known.len().saturating_mul(added.items.len()) <= MOST_PAIRS;
    let mut kept = Vec::with_capacity(added.items.len());
    let mut given = Vec::new();
    let mut repeated = Vec::new();
    for item in added.items.drain(..) {
        let this = Known::of(&item, text);
        let same = if near {
            known.iter().zip(&main.items).position(|(k, there)| {
                k.title == this.title || alike(k, &this) || says(k, there, &this, &item)
            })
        } else {
            titles
                .contains(this.title.as_str())
                .then(|| known.iter().position(|k| k.title == this.title))
                .flatten()
        };
        match same {
            Some(n) => {
                // A day that only this place says is not said twice.
                let there = &main.items[n];
                let known = item.deadlines.iter().all(|d| there.deadlines.iter().any(|t| t.text == d.text));
                if known || !there.deadlines.is_empty() || !there.cadences.is_empty() {
                    repeated.push(item.span);
                }
                given.push((n, item.owners));
            }
            None => kept.push(item),
        }
    }
    for (n, owners) in given {
        if main.items[n].owners.is_empty() {
            main.items[n].owners = owners;
        }
    }
    if kept.is_empty() {
        return Side { repeated, ..main };
    }
    // One list of sections: those of `main`, and of the other the ones that its tasks stand in.
    let used: HashSet<usize> = kept.iter().filter_map(|i| i.section).collect();
    let mut sections: Vec<(usize, bool, Section)> = Vec::new();
    sections.extend(main.sections.into_iter().enumerate().map(|(n, s)| (n, true, s)));
    let there: HashSet<usize> = sections.iter().map(|s| s.2.span.start).collect();
    let of_added: Vec<(usize, usize)> = added.sections.iter().map(|s| s.span.start).enumerate().collect();
    let others = added.sections.into_iter().enumerate();
    sections.extend(
        others
            .filter(|(n, s)| used.contains(n) && !there.contains(&s.span.start))
            .map(|(n, s)| (n, false, s)),
    );
    sections.sort_by_key(|s| s.2.span.start);
    let at = |start: usize| sections.partition_point(|s| s.2.span.start < start);
    let mut new_place = vec![0; sections.len()];
    for (place, (n, mains, _)) in sections.iter().enumerate() {
        if *mains {
            new_place[*n] = place;
        }
    }
    for item in &mut main.items {
        item.section = item.section.map(|n| new_place[n]);
    }
    for item in &mut kept {
        item.section = item.section.and_then(|n| of_added.get(n)).map(|(_, start)| at(*start));
    }
    main.items.extend(kept);
    main.items.sort_by_key(|i| i.span.start);
    Side { sections: sections.into_iter().map(|s| s.2).collect(), items: main.items, repeated }
}

/// What an item is compared by.
struct Known {
    /// Letters, digits and characters of the title.
    title: String,
    pairs: HashSet<(char, char)>,
    /// The same of the whole item.
    words: String,
}

impl Known {
    fn of(item: &Item, text: &str) -> Self {
        let fold = |s: &str| s.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
        let title = fold(&item.title);
        let pairs = title.chars().zip(title.chars().skip(1)).collect();
        Self { pairs, words: fold(item.span.of(text)), title }
    }
}

/// Whether two titles name one task: nearly the same words, or one with a few more.
fn alike(a: &Known, b: &Known) -> bool {
    let (short, long) = if a.pairs.len() <= b.pairs.len() { (a, b) } else { (b, a) };
    if short.pairs.len() < 3 || short.pairs.len() * 2 < long.pairs.len() {
        return false;
    }
    let shared = short.pairs.intersection(&long.pairs).count();
    shared * 5 >= short.pairs.len() * 4
}

/// Whether the item `there` says word for word what `this` asks, of the same units and no other day.
fn says(there: &Known, item: &Item, this: &Known, asked: &Item) -> bool {
    this.title.chars().count() >= 6
        && there.words.contains(&this.title)
        && asked.owners.iter().all(|o| item.owners.iter().any(|i| i.name == o.name))
        && asked.deadlines.iter().all(|d| item.deadlines.iter().any(|i| i.text == d.text))
}
