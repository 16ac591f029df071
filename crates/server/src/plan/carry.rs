//! When the text of a draft changes: what the clerk decided is carried over to the obligations that the compiler now reads.

use std::collections::BTreeMap;

use model::{Origin, Plan, Proposal, ProposalState, Review, SourceText, Span};

/// What makes two proposals the same demand, though the text around them changed.
fn sameness(p: &Proposal) -> (Option<usize>, &str, &str) {
    let rule = match &p.origin {
        Origin::Progress { .. } => "progress",
        other => other.rule().unwrap_or_default(),
    };
    // A rule is adopted once an item, whatever the clause around it says now.
    let words = if rule.is_empty() { p.origin.words().unwrap_or_default() } else { "" };
    (p.item, rule, words)
}

/// The old proposal that a new one continues: the same demand of the same item, else the same demand anywhere, else the
/// one with the same key, when it is of the same kind.
fn match_of<'o>(new: &Proposal, old: &'o [Proposal], taken: &[bool]) -> Option<usize> {
    let free = |test: &dyn Fn(&'o Proposal) -> bool| {
        old.iter().zip(taken).position(|(o, t)| !*t && !o.added && test(o))
    };
    let (item, rule, words) = sameness(new);
    let same = |o: &'o Proposal| {
        let (i, r, w) = sameness(o);
        (i == item, r == rule && w == words && o.title == new.title, r == rule && w == words)
    };
    free(&|o| same(o).0 && same(o).1)
        .or_else(|| free(&|o| same(o).1))
        .or_else(|| free(&|o| same(o).0 && same(o).2))
        .or_else(|| free(&|o| o.key == new.key && sameness(o).1 == rule && o.kind == new.kind))
}

/// Whether the clerk has changed it since the compiler proposed it.
fn is_touched(old: &Proposal, guess: Option<&Proposal>) -> bool {
    guess.is_none_or(|g| g != old)
}

/// The review of a changed text. `guesses` are what the compiler proposed for the old text: what the clerk left as it
/// was proposed follows the new reading, what they changed or decided stays as they left it.
pub(crate) fn carry(
    old: &Review,
    guesses: &[Proposal],
    plan: Plan,
    source: &SourceText,
    fresh: Vec<Proposal>,
) -> Review {
    let mut taken = vec![false; old.proposals.len()];
    let mut renamed: BTreeMap<String, String> = BTreeMap::new();
    let mut proposals = Vec::with_capacity(fresh.len());
    for new in fresh {
        let Some(at) = match_of(&new, &old.proposals, &taken) else {
            proposals.push(new);
            continue;
        };
        let Some(before) = old.proposals.get(at) else { continue };
        if let Some(t) = taken.get_mut(at) {
            *t = true;
        }
        renamed.insert(before.key.clone(), new.key.clone());
        let guess = guesses.iter().find(|g| g.key == before.key);
        proposals.push(if is_touched(before, guess) { decided(before, new) } else { new });
    }
    for p in old.proposals.iter().filter(|p| p.added) {
        proposals.push(relocated(p, &plan, source));
    }
    for p in &mut proposals {
        let gone = match &mut p.state {
            ProposalState::MergedInto { key } => match renamed.get(key) {
                Some(now) => {
                    key.clone_from(now);
                    false
                }
                None => !old.proposals.iter().any(|o| o.added && o.key == *key),
            },
            _ => false,
        };
        if gone {
            p.state = ProposalState::Proposed;
        }
    }
    proposals.sort_by_key(|p| {
        (p.item.is_none(), p.item, matches!(p.origin, Origin::Progress { .. }), p.origin.span())
    });
    Review { plan, proposals, seen: old.seen.clone() }
}

/// What the clerk decided about `before`, at the place where `new` was read.
fn decided(before: &Proposal, new: Proposal) -> Proposal {
    Proposal { key: new.key, item: new.item, origin: new.origin, reason: new.reason, ..before.clone() }
}

/// An obligation that the clerk added, at its words in the new text; where they are gone it stays with its item.
fn relocated(p: &Proposal, plan: &Plan, source: &SourceText) -> Proposal {
    let words = p.origin.words().unwrap_or_default();
    let item = p.item.filter(|i| *i < plan.items.len());
    let mut near: Vec<usize> = item.into_iter().chain(0..plan.items.len()).collect();
    near.dedup();
    let found = near.into_iter().find_map(|i| Some((i, find(source, plan.items.get(i)?.span, words)?)));
    let (item, span) = match found {
        Some((i, span)) => (Some(i), span),
        None => (item, item.and_then(|i| plan.items.get(i)).map(|i| i.title_span).unwrap_or_default()),
    };
    Proposal { item, origin: Origin::Clause { text: words.to_owned(), span }, ..p.clone() }
}

/// Where `words` stand inside `within`, line wraps in the text not counted.
pub(crate) fn find(source: &SourceText, within: Span, words: &str) -> Option<Span> {
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use compiler::Context;
    use model::Organisation;
    use rulebook::Rulebook;

    use super::*;

    const BEFORE: &str =
        "一、组织建设\n1.规范组织生活。每季度开展1次党性分析。6月底前召开座谈会。（牵头部门：组织部）\n";

    fn compiled(text: &str, rules: &Rulebook) -> (SourceText, Plan, Vec<Proposal>) {
        let source = SourceText::from_plain("p.txt", text);
        let plan = plan::read(&source);
        let context = Context { year: 2026, today: None };
        let made = compiler::compile(&source, &plan, rules, &Organisation::default(), &context).proposals;
        (source, plan, made)
    }

    #[test]
    fn decisions_follow_their_words_and_guesses_follow_the_new_reading() {
        let rules = Rulebook::built_in().expect("the built-in rulebook has no faults");
        let (_, plan, made) = compiled(BEFORE, &rules);
        let mut old = Review { plan, proposals: made.clone(), seen: BTreeSet::new() };
        let meeting =
            old.proposals.iter_mut().find(|p| p.origin.words().is_some_and(|w| w.contains("座谈会")));
        let meeting = meeting.expect("the dated clause is an obligation");
        meeting.state = ProposalState::Confirmed;
        meeting.title = "毕业生座谈会".to_owned();
        let (source, plan, fresh) = compiled(&BEFORE.replace("每季度开展1次", "每季度开展2次"), &rules);
        let now = carry(&old, &made, plan, &source, fresh);
        let kept = now.proposals.iter().find(|p| p.title == "毕业生座谈会").expect("the decision is kept");
        assert_eq!(kept.state, ProposalState::Confirmed);
        assert_eq!(kept.origin.span().map(|s| s.of(&source.text).contains("座谈会")), Some(true));
        assert!(
            now.proposals
                .iter()
                .any(|p| p.cadence == model::Cadence::AtLeast { times: 2, per: model::Per::Quarter })
        );
    }

    #[test]
    fn what_was_added_stays_with_its_words() {
        let rules = Rulebook::built_in().expect("the built-in rulebook has no faults");
        let (source, plan, made) = compiled(BEFORE, &rules);
        let span = find(&source, plan.items[0].span, "规范组织生活").expect("the words are there");
        let added = Proposal {
            key: "1.a1".to_owned(),
            added: true,
            item: Some(0),
            origin: Origin::Clause { text: "规范组织生活".to_owned(), span },
            ..made[0].clone()
        };
        let old = Review { plan, proposals: vec![added], seen: BTreeSet::new() };
        let (source, plan, _) = compiled(&format!("总的要求。\n{BEFORE}"), &rules);
        let now = carry(&old, &[], plan, &source, Vec::new());
        assert_eq!(now.proposals[0].origin.span().map(|s| s.of(&source.text)), Some("规范组织生活"));
    }
}
