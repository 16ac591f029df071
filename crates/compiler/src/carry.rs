//! What the clerk decided about one text of a plan, carried over to another: the next version, or next year's plan.
//!
//! Three readings meet at each demand: what the compiler guessed from the old words, what the clerk made of that, and
//! what the compiler guesses from the new words. Where the words say what they said before, the clerk's decision stands;
//! where the clerk left the guess alone, the new reading stands.

use std::collections::BTreeMap;

use jiff::civil::Date;
use model::{Cadence, Due, Origin, Plan, Proposal, ProposalState, Review, SourceText, Span};

use crate::difference::{Difference, Document, difference};
use crate::pair::pair;

/// What the clerk has decided, with what it was decided about.
#[derive(Clone, Copy, Debug)]
pub struct Decided<'a> {
    /// The text in which it was read.
    pub source: &'a SourceText,
    /// The decisions.
    pub review: &'a Review,
    /// What the compiler guesses from that text: by it, what the clerk changed is known.
    pub guesses: &'a [Proposal],
}

impl<'a> Decided<'a> {
    fn document(self) -> Document<'a> {
        Document { source: self.source, plan: &self.review.plan }
    }

    fn guess(self, key: &str) -> Option<&'a Proposal> {
        self.guesses.iter().find(|g| g.key == key)
    }
}

/// One field, of which the clerk's decision stands where the words say of it what they said before.
fn field<T: PartialEq + Clone>(guess: Option<&T>, decided: &T, fresh: &T, words_first: bool) -> T {
    match guess {
        Some(guess) if guess == decided => fresh.clone(),
        Some(guess) if words_first && guess != fresh => fresh.clone(),
        _ => decided.clone(),
    }
}

/// What the clerk decided, upon what is read now. How often and by when is for the words to say: when they say something
/// else than before, the decision is asked for again.
fn merged(guess: Option<&Proposal>, decided: &Proposal, fresh: Proposal) -> Proposal {
    let ledger = field(guess.map(|g| &g.ledger), &decided.ledger, &fresh.ledger, false);
    // A condition belongs to the fields of its ledger.
    let condition = if ledger == fresh.ledger && ledger != decided.ledger {
        fresh.condition.clone()
    } else {
        field(guess.map(|g| &g.condition), &decided.condition, &fresh.condition, false)
    };
    let asks_else = guess.is_some_and(|g| g.cadence != fresh.cadence || g.bearers != fresh.bearers);
    let state = match &decided.state {
        ProposalState::Confirmed if asks_else => ProposalState::Proposed,
        // An offer that nobody took stays one, whoever leads the item now.
        ProposalState::NotAssessed if asks_else => fresh.state.clone(),
        state => state.clone(),
    };
    Proposal {
        title: field(guess.map(|g| &g.title), &decided.title, &fresh.title, false),
        kind: field(guess.map(|g| &g.kind), &decided.kind, &fresh.kind, false),
        bearers: field(guess.map(|g| &g.bearers), &decided.bearers, &fresh.bearers, false),
        lead: field(guess.map(|g| &g.lead), &decided.lead, &fresh.lead, false),
        cadence: field(guess.map(|g| &g.cadence), &decided.cadence, &fresh.cadence, true),
        ledger,
        condition,
        state,
        added: decided.added,
        key: fresh.key,
        item: fresh.item,
        origin: fresh.origin,
        reason: fresh.reason,
    }
}

/// The review of another text: `plan` and `fresh` are what is read in `source` now. What the clerk had decided goes
/// along with its words; what they added stays with its words or its item, and goes with the item.
#[must_use]
pub fn carry(old: Decided<'_>, plan: Plan, source: &SourceText, fresh: Vec<Proposal>) -> Review {
    let difference = difference(old.document(), Document { source, plan: &plan });
    let own: Vec<Proposal> = old.review.proposals.iter().filter(|p| !p.added).cloned().collect();
    let pairs = pair(&own, &fresh, &difference);
    let mut renamed: BTreeMap<String, String> = BTreeMap::new();
    let mut proposals = Vec::with_capacity(fresh.len());
    for (new, before) in fresh.into_iter().zip(pairs) {
        let Some(before) = before.and_then(|o| own.get(o)) else {
            proposals.push(new);
            continue;
        };
        renamed.insert(before.key.clone(), new.key.clone());
        proposals.push(merged(old.guess(&before.key), before, new));
    }
    for p in old.review.proposals.iter().filter(|p| p.added) {
        let Some(mut kept) = relocated(p, &plan, source, &difference) else { continue };
        if proposals.iter().any(|o| o.key == kept.key) {
            kept.key = free_key(&kept, &proposals);
        }
        renamed.insert(p.key.clone(), kept.key.clone());
        proposals.push(kept);
    }
    settle_merges(&mut proposals, &renamed);
    in_order(&mut proposals);
    Review { plan, proposals, seen: old.review.seen.clone() }
}

/// Points what was merged to where its other half is now; what lost it stands on its own again.
fn settle_merges(proposals: &mut [Proposal], renamed: &BTreeMap<String, String>) {
    for p in proposals {
        if let ProposalState::MergedInto { key } = &p.state {
            p.state = match renamed.get(key) {
                Some(now) => ProposalState::MergedInto { key: now.clone() },
                None => ProposalState::Proposed,
            };
        }
    }
}

/// The order of the page: items as they stand, in each the words as they stand, its progress note last; standing rules
/// at the end.
pub fn in_order(proposals: &mut [Proposal]) {
    proposals.sort_by_key(|p| {
        let is_note = matches!(p.origin, Origin::Progress { .. });
        (p.item.is_none(), p.item, is_note, p.origin.span().map(|s| s.start))
    });
}

fn free_key(p: &Proposal, taken: &[Proposal]) -> String {
    let stem = p.key.split_once(".a").map_or(p.key.as_str(), |(stem, _)| stem);
    let free = |k: &String| !taken.iter().any(|t| t.key == *k);
    (1u32..).map(|n| format!("{stem}.a{n}")).find(free).unwrap_or_default()
}

/// A demand that the clerk added, at its words in the new text; where they are gone it stays with its item, and goes
/// with it.
fn relocated(p: &Proposal, plan: &Plan, source: &SourceText, difference: &Difference) -> Option<Proposal> {
    let words = p.origin.words().unwrap_or_default();
    let item = p.item.and_then(|i| difference.new_of(i));
    let found = item
        .into_iter()
        .chain(0..plan.items.len())
        .find_map(|i| Some((i, find(source, plan.items.get(i)?.span, words)?)));
    let (item, span) = match (found, item) {
        (Some(found), _) => found,
        (None, Some(item)) => (item, plan.items.get(item)?.title_span),
        (None, None) => return None,
    };
    let origin = Origin::Clause { text: words.to_owned(), span };
    Some(Proposal { item: Some(item), origin, ..p.clone() })
}

/// Where `words` stand inside `within`, line wraps in the text not counted.
#[must_use]
pub fn find(source: &SourceText, within: Span, words: &str) -> Option<Span> {
    let wanted: Vec<char> = words.chars().filter(|c| !c.is_whitespace()).collect();
    if wanted.is_empty() {
        return None;
    }
    let text: Vec<(usize, char)> = within
        .of(&source.text)
        .char_indices()
        .map(|(i, c)| (within.start + i, c))
        .filter(|(_, c)| !c.is_whitespace())
        .collect();
    let at = text.windows(wanted.len()).position(|w| w.iter().map(|(_, c)| c).eq(wanted.iter()))?;
    let (start, _) = text.get(at)?;
    let (last, c) = text.get(at + wanted.len() - 1)?;
    Some(Span::new(*start, last + c.len_utf8()))
}

/// What would be taken over from last year for one demand of this year's plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recurs {
    /// Key of the demand in this year's draft.
    pub key: String,
    /// Key of the one that it continues.
    pub last: String,
    /// The demand with last year's decisions; none when there is nothing to take: the clerk decided nothing else than
    /// what is read now, the words say something else, or this year's is decided already.
    pub taken: Option<Proposal>,
}

/// Looks for last year's decisions in this year's draft: who bears it, who leads, which record shows it, how often or
/// by which day, and what is not assessed. Only where the clerk had decided otherwise than the words were read, the
/// words still read the same, and nothing was decided this year yet. Taken over, it still waits to be confirmed.
#[must_use]
pub fn recurring(last: Decided<'_>, this: Decided<'_>, years: (i16, i16)) -> Vec<Recurs> {
    let difference = difference(last.document(), this.document());
    let shifted: Vec<Proposal> =
        last.review.proposals.iter().map(|p| in_year(p, years.1 - years.0)).collect();
    let pairs = pair(&shifted, &this.review.proposals, &difference);
    let mut keys: BTreeMap<&str, &str> = BTreeMap::new();
    for (p, before) in this.review.proposals.iter().zip(&pairs) {
        if let Some(q) = before.and_then(|o| shifted.get(o)) {
            keys.insert(&q.key, &p.key);
        }
    }
    let mut out = Vec::new();
    for (p, before) in this.review.proposals.iter().zip(&pairs) {
        let Some(q) = before.and_then(|o| shifted.get(o)) else { continue };
        let untouched = this.guess(&p.key).is_some_and(|g| g == p);
        let guess = last.guess(&q.key).map(|g| in_year(g, years.1 - years.0));
        let taken = untouched.then(|| taken(guess.as_ref(), q, p, &keys)).flatten();
        out.push(Recurs { key: p.key.clone(), last: q.key.clone(), taken });
    }
    out
}

fn taken(
    guess: Option<&Proposal>,
    decided: &Proposal,
    now: &Proposal,
    keys: &BTreeMap<&str, &str>,
) -> Option<Proposal> {
    // Without the guess there is no telling what the clerk changed.
    let guess = Some(guess?);
    let mut out = merged(guess, decided, now.clone());
    out.added = now.added;
    out.state = match out.state {
        ProposalState::NotAssessed => ProposalState::NotAssessed,
        ProposalState::MergedInto { key } => match keys.get(key.as_str()) {
            Some(into) => ProposalState::MergedInto { key: (*into).to_owned() },
            None => ProposalState::Proposed,
        },
        ProposalState::Proposed | ProposalState::Confirmed => ProposalState::Proposed,
    };
    (out != *now).then_some(out)
}

/// The same demand so many years on: a day that names its year is the same day of the other year.
fn in_year(p: &Proposal, years: i16) -> Proposal {
    let cadence = match &p.cadence {
        Cadence::By(Due::Day(day)) => {
            let year = day.year().saturating_add(years);
            let there = Date::new(year, day.month(), day.day());
            let there = there.or_else(|_| Date::new(year, day.month(), 28)).unwrap_or(*day);
            Cadence::By(Due::Day(there))
        }
        other => other.clone(),
    };
    Proposal { cadence, ..p.clone() }
}
