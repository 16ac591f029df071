//! Who bears what a clause or a rule asks.

use std::collections::BTreeSet;

use model::rule::{Ledger, ObligationRule};
use model::{Bearers, UnitId, UnitKind};

use super::Proposer;
use crate::fold::fold;
use crate::ledger_guess::{Guess, is_single};
use crate::owners::{Owner, bearers_of, leads};
use crate::resolve::Resolution;

impl Proposer<'_> {
    /// Who bears a standing rule: whom the rule says. Where the rule is the house's own and the item names none
    /// of them, those of the named units that keep the ledger. Names are those that the item uses, where it has them.
    ///
    /// Units that the clause itself begins with are the ones of the rule's that are meant.
    pub(super) fn rule_bearers(
        &self,
        rule: &ObligationRule,
        owners: &[Owner<'_>],
        said: Option<(Bearers, Vec<String>)>,
    ) -> (Bearers, Vec<String>) {
        let own = &rule.bearers;
        if let Some((said, names)) = said
            && own.posts.is_empty()
            && !own.members
        {
            let kinds: BTreeSet<UnitKind> = said.kinds.intersection(&own.kinds).copied().collect();
            let units: BTreeSet<UnitId> = said
                .units
                .iter()
                .filter(|u| self.resolver.kind(**u).is_some_and(|k| own.kinds.contains(&k)))
                .copied()
                .collect();
            if !kinds.is_empty() || !units.is_empty() {
                let with = own.with.union(&said.with).cloned().collect();
                return (Bearers { units, kinds, with, ..own.clone() }, names);
            }
        }
        if !own.posts.is_empty() {
            let first = own.posts.iter().next().cloned().unwrap_or_default();
            let name = if own.posts.len() > 1 { format!("{first}等") } else { first };
            return (own.clone(), vec![name]);
        }
        if own.members {
            return (own.clone(), vec!["全体党员".to_owned()]);
        }
        let meant = |o: &&Owner<'_>| o.kinds.iter().any(|k| own.kinds.contains(k));
        let named: Vec<String> = owners.iter().filter(meant).map(|o| o.words.name.clone()).collect();
        if !named.is_empty() {
            return (own.clone(), named);
        }
        if rule.source.regulation.is_empty()
            && let Some(ledger) = self.ledgers.ledger(&rule.ledger)
        {
            let (bearers, names, _) = keepers(ledger, owners);
            if !names.is_empty() {
                return (bearers, names);
            }
        }
        (own.clone(), own.kinds.iter().map(|k| k.word().to_owned()).collect())
    }

    /// The unit by whose name a clause begins, though the item does not name it.
    pub(super) fn spoken(&self, clause: &str) -> Option<(Bearers, String)> {
        if !self.resolver.knows_units() {
            return None;
        }
        let near: Vec<char> = clause.trim_start().chars().take(LONGEST_SUBJECT + 2).collect();
        let head: String = near.iter().collect();
        if let Some(known) = self.spoken.borrow().get(&head) {
            return known.clone();
        }
        let found = self.spoken_at(&near);
        self.spoken.borrow_mut().insert(head, found.clone());
        found
    }

    fn spoken_at(&self, near: &[char]) -> Option<(Bearers, String)> {
        (2..=near.len().min(LONGEST_SUBJECT)).rev().find_map(|n| {
            let next = near.get(n).copied()?;
            if !next.is_ascii_digit() && !DOES.contains(next) {
                return None;
            }
            let name: String = near[..n].iter().collect();
            match self.resolver.exact(&fold(&name))? {
                Resolution::Unit(unit) => {
                    Some((Bearers { units: [unit].into_iter().collect(), ..Bearers::default() }, name))
                }
                Resolution::Collective { kinds, traits, members } => {
                    Some((Bearers { kinds, with: traits, members, ..Bearers::default() }, name))
                }
                Resolution::Like { .. } | Resolution::Unknown => None,
            }
        })
    }

    /// Who bears a clause of its own, by name, and why.
    pub(super) fn clause_bearers(
        &self,
        guess: Option<&Guess>,
        owners: &[Owner<'_>],
    ) -> (Bearers, Vec<String>, &'static str) {
        let ledger = guess.filter(|g| g.specific).and_then(|g| self.ledgers.ledger(&g.ledger));
        let Some(ledger) = ledger else {
            let (bearers, names) = bearers_of(leads(owners), None);
            return (bearers, names, "；由牵头部门办");
        };
        let (bearers, names, why) = keepers(ledger, owners);
        if !names.is_empty() {
            return (bearers, names, why);
        }
        let single: Vec<UnitKind> = ledger.kept_by.iter().copied().filter(|k| is_single(*k)).collect();
        let names = single.iter().map(|k| k.word().to_owned()).collect();
        (Bearers { kinds: single.into_iter().collect(), ..Bearers::default() }, names, "；这本台账由校级记")
    }
}

/// The units of the item by whose names a clause begins: 各支部3月底前确定…, 工会、团委每半年…. Whoever the sentence says does
/// it bears it, whatever role the tag gives them; a unit that nobody can resolve is nobody's subject.
pub(super) fn subject<'o, 'p>(clause: &str, owners: &'o [Owner<'p>]) -> Vec<&'o Owner<'p>> {
    let mut out = Vec::new();
    let mut rest = clause.trim_start();
    loop {
        let named = owners
            .iter()
            .filter(|o| {
                !matches!(o.resolution, Resolution::Unknown) && rest.starts_with(o.words.name.as_str())
            })
            .max_by_key(|o| o.words.name.len());
        let Some(owner) = named else { break };
        out.push(owner);
        rest = rest.get(owner.words.name.len()..).unwrap_or_default();
        match ["、", "和", "及", "与"].iter().find_map(|j| rest.strip_prefix(j)) {
            Some(more) => rest = more,
            None => break,
        }
    }
    // 各支部书记… or 宣传部门… begin with the name and mean somebody else.
    let goes_on = ["书记", "委员", "门", "长", "主任", "负责人", "党员", "成员", "班子"];
    if goes_on.iter().any(|w| rest.starts_with(w)) { Vec::new() } else { out }
}

/// Of the units that an item names, those that keep the ledger. Naming 各支部 on every item does not give every branch
/// every measure: what is kept at the level of the school falls to the leading units where they keep it, and what is not
/// falls to the branches where they are named.
pub(super) fn keepers(ledger: &Ledger, owners: &[Owner<'_>]) -> (Bearers, Vec<String>, &'static str) {
    pub(super) const GRASSROOTS: [UnitKind; 3] = [UnitKind::GeneralBranch, UnitKind::Branch, UnitKind::Group];
    if ledger.kept_by.iter().any(|k| is_single(*k)) {
        let (bearers, names) = bearers_of(leads(owners), Some(&ledger.kept_by));
        if !names.is_empty() {
            return (bearers, names, "；由牵头部门办");
        }
    } else {
        let below: Vec<UnitKind> =
            ledger.kept_by.iter().copied().filter(|k| GRASSROOTS.contains(k)).collect();
        let (bearers, names) = bearers_of(owners, Some(&below));
        if !names.is_empty() {
            return (bearers, names, "；由记这本台账的基层组织办");
        }
    }
    let (bearers, names) = bearers_of(owners, Some(&ledger.kept_by));
    (bearers, names, "；由记这本台账的单位办")
}

/// Characters of the longest name that is looked for at the head of a clause.
pub(super) const LONGEST_SUBJECT: usize = 14;

/// Characters with which a sentence goes on after its subject: when, how, or what is done.
pub(super) const DOES: &str =
    "每全要应须至于在上下年按定及负开组召制建完落对结把将以抓做加认围坚一二三四五六七八九十两";

pub(super) fn lead_units(owners: &[Owner<'_>]) -> Vec<UnitId> {
    leads(owners).filter_map(|o| o.unit).collect()
}
