//! What differs between two texts and what they ask, in words.

use compiler::{Difference, ItemChange, Side};
use model::{Bearers, Plan, Proposal, ProposalState};
use web::App;
use work::Actor;

pub(super) fn item_words(words: &[(Side, String)]) -> Vec<(&'static str, String)> {
    words
        .iter()
        .map(|(side, text)| {
            let tag = match side {
                Side::Both => "",
                Side::Old => "del",
                Side::New => "ins",
            };
            (tag, text.clone())
        })
        .collect()
}

fn number(plan: &Plan, index: Option<usize>) -> String {
    match index.and_then(|i| plan.items.get(i).map(|item| (i, item))) {
        Some((i, item)) if item.number.is_empty() => format!("第{}条", i + 1),
        Some((_, item)) => format!("第{}条", item.number),
        None => String::new(),
    }
}

/// What happened to an item: a word, its class, and where it stands and stood.
pub(super) fn change_words(old: &Plan, new: &Plan, c: &ItemChange) -> (&'static str, &'static str, String) {
    let (was, is) = (number(old, c.old), number(new, c.new));
    match (c.old, c.new) {
        (None, _) => ("新增", "df-new", is),
        (_, None) => ("删去", "df-gone", was),
        _ => {
            let place = match (c.renumbered, c.moved) {
                (true, true) => format!("{is}，原{was}，换了位置"),
                (true, false) => format!("{is}，原{was}"),
                (false, true) => format!("{is}，换了位置"),
                (false, false) => is,
            };
            if c.is_changed() { ("改动", "df-mod", place) } else { ("字句未变", "", place) }
        }
    }
}

/// The numbers of a difference in a sentence.
pub(super) fn summary(d: &Difference) -> String {
    let count = |test: &dyn Fn(&ItemChange) -> bool| d.items.iter().filter(|i| test(i)).count();
    let both = |i: &ItemChange| i.old.is_some() && i.new.is_some();
    let same = count(&|i| both(i) && !i.is_changed());
    let moved = count(&|i| both(i) && (i.renumbered || i.moved));
    let mut parts = vec![format!("{same} 条字句未变")];
    for (n, words) in [
        (count(&|i| i.is_changed()), "条有改动"),
        (count(&|i| i.old.is_none()), "条新增"),
        (count(&|i| i.new.is_none()), "条删去"),
    ] {
        if n > 0 {
            parts.push(format!("{n} {words}"));
        }
    }
    let moved = if moved > 0 { format!("；其中 {moved} 条换了编号或位置") } else { String::new() };
    format!("{}{moved}。", parts.join("，"))
}

fn state_words(p: &Proposal) -> &'static str {
    match p.state {
        ProposalState::NotAssessed if matches!(p.origin, model::Origin::Progress { .. }) => "没有要求",
        ProposalState::NotAssessed => "导向性，不考核",
        ProposalState::MergedInto { .. } => "并入另一项",
        ProposalState::Proposed | ProposalState::Confirmed => "考核",
    }
}

/// What two proposals ask differently.
pub(super) fn differs(
    app: &App,
    actor: &Actor,
    old: &Proposal,
    new: &Proposal,
) -> Vec<(&'static str, String, String)> {
    let ledger = |p: &Proposal| {
        let found = p.ledger.as_deref().and_then(|l| app.rulebook.ledger(l));
        found.map_or_else(|| "没有台账".to_owned(), |l| l.title.clone())
    };
    let lead = |p: &Proposal| {
        let names: Vec<&str> = p.lead.iter().map(|u| actor.known.unit_name(*u)).collect();
        if names.is_empty() { "没有".to_owned() } else { names.join("、") }
    };
    let facts = |p: &Proposal| {
        [
            ("叫什么", p.title.clone()),
            ("谁", bearer_words(app, actor, p)),
            ("牵头", lead(p)),
            ("多少", p.cadence.words()),
            ("凭", ledger(p)),
            ("考核", state_words(p).to_owned()),
        ]
    };
    let pairs = facts(old).into_iter().zip(facts(new));
    pairs.filter(|((_, a), (_, b))| a != b).map(|((what, a), (_, b))| (what, a, b)).collect()
}

/// Names of units in a sentence; many of one kind are counted.
pub(super) fn bearer_words(app: &App, actor: &Actor, p: &Proposal) -> String {
    let org = &actor.known.organisation;
    let b = &p.bearers;
    let mut out = Vec::new();
    if b.members {
        out.push("每名党员".to_owned());
    }
    if !b.posts.is_empty() {
        out.push(b.posts.iter().map(String::as_str).collect::<Vec<_>>().join("、"));
    }
    for kind in &b.kinds {
        let n = org.units.iter().filter(|u| u.kind == *kind && b.allow(&u.traits)).count();
        out.push(format!("{}{} {n}", kind.word(), narrowed(app, b)));
    }
    let named: Vec<&str> = b.units.iter().map(|u| actor.known.unit_name(*u)).collect();
    if named.len() > 6 {
        out.push(format!("{}等 {} 个组织", named.first().unwrap_or(&""), named.len()));
    } else {
        out.extend(named.into_iter().map(ToOwned::to_owned));
    }
    if out.is_empty() { "没有人".to_owned() } else { out.join("，") }
}

/// Which traits units must have and which not, in brackets.
fn narrowed(app: &App, bearers: &Bearers) -> String {
    let roles = app.rulebook.roles();
    let with = bearers.with.iter().map(|t| format!("{}的", roles.trait_word(t)));
    let without = bearers.without.iter().map(|t| format!("不含{}的", roles.trait_word(t)));
    let all: Vec<String> = with.chain(without).collect();
    if all.is_empty() { String::new() } else { format!("（{}）", all.join("，")) }
}
