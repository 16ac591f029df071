//! Which ledger would show that a clause was carried out: a guess with its reason.

use aho_corasick::{AhoCorasick, MatchKind};
use model::UnitKind;
use model::rule::Ledger;
use rulebook::Rulebook;

use crate::fold::{Folded, fold};

/// Words of ledgers, ready to be looked for.
#[derive(Debug)]
pub(crate) struct LedgerWords<'r> {
    ledgers: &'r [Ledger],
    automaton: Option<AhoCorasick>,
    /// For each pattern: the word as the rulebook has it, the ledger.
    words: Vec<(&'r str, usize)>,
    /// The ledger of last resort.
    general: Option<usize>,
    /// The ledger in which the rules count study hours.
    study: Option<usize>,
}

/// A ledger and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Guess {
    pub(crate) ledger: String,
    pub(crate) reason: String,
    /// Whether it is more than the last resort.
    pub(crate) specific: bool,
}

impl<'r> LedgerWords<'r> {
    pub(crate) fn new(rulebook: &'r Rulebook) -> Self {
        let ledgers = rulebook.ledgers();
        let general = ledgers.iter().position(|l| l.general);
        let mut words: Vec<(&str, usize)> = Vec::new();
        // What only shows the steps of procedures proves no clause of a plan.
        let offered = rulebook.offered_ledgers();
        let is_offered = |ledger: &Ledger| offered.iter().any(|o| o.id == ledger.id);
        for (i, ledger) in ledgers.iter().enumerate().filter(|(i, l)| Some(*i) != general && is_offered(l)) {
            words.extend(
                std::iter::once(ledger.title.as_str())
                    .chain(ledger.words.iter().map(String::as_str))
                    .map(|w| (w, i)),
            );
        }
        words.retain(|(w, _)| w.chars().nth(1).is_some());
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(words.iter().map(|(w, _)| fold(w)))
            .ok();
        let by_hours = |o: &&model::rule::ObligationRule| {
            matches!(o.cadence, model::Cadence::Hours { .. }) && o.bearers.members
        };
        let study = rulebook.obligations().iter().find(by_hours).map(|o| o.ledger.as_str());
        let study = ledgers.iter().position(|l| Some(l.id.as_str()) == study);
        Self { ledgers, automaton, words, general, study }
    }

    pub(crate) fn ledger(&self, id: &str) -> Option<&'r Ledger> {
        self.ledgers.iter().find(|l| l.id == id)
    }

    /// Ledgers that the folded words point to, the longest word first: (ledger, word).
    pub(crate) fn pointed(&self, words: &Folded) -> Vec<(&'r Ledger, &'r str)> {
        let Some(automaton) = &self.automaton else { return Vec::new() };
        let mut found: Vec<(&str, usize)> = automaton
            .find_iter(&words.text)
            .filter_map(|m| self.words.get(m.pattern().as_usize()).copied())
            .collect();
        // Stable: of words of one length the first in the clause wins.
        found.sort_by_key(|(w, _)| std::cmp::Reverse(w.chars().count()));
        let mut out: Vec<(&Ledger, &str)> = Vec::new();
        for (word, i) in found {
            if !out.iter().any(|(l, _)| l.id == self.ledgers[i].id) {
                out.push((&self.ledgers[i], word));
            }
        }
        out
    }

    /// The first of `candidates` that one of `kinds` keeps (any, when `kinds` is empty), else the last resort.
    pub(crate) fn choose<'c>(
        &self,
        candidates: impl IntoIterator<Item = (&'c Ledger, String)>,
        kinds: &[UnitKind],
        hours: bool,
    ) -> Option<Guess> {
        let fits = |l: &Ledger| {
            (!hours || l.counts_hours)
                && (kinds.is_empty() || l.kept_by.iter().any(|k| kinds.contains(k) || is_single(*k)))
        };
        candidates
            .into_iter()
            .find(|(l, _)| fits(l))
            .map(|(l, reason)| Guess { ledger: l.id.clone(), reason, specific: true })
            .or_else(|| {
                let study = self.study.and_then(|at| self.ledgers.get(at));
                let any = study.into_iter().chain(self.ledgers);
                hours.then(|| any.into_iter().find(|l| l.counts_hours && fits(l))).flatten().map(|l| Guess {
                    ledger: l.id.clone(),
                    reason: format!("按学时计，只有《{}》能累计学时", l.title),
                    specific: true,
                })
            })
            .or_else(|| {
                let general = self.ledgers.get(self.general?).filter(|l| !hours || l.counts_hours)?;
                Some(Guess {
                    ledger: general.id.clone(),
                    reason: format!("没有专门台账，暂用《{}》", general.title),
                    specific: false,
                })
            })
    }
}

/// Kinds of which an institution has one: named or not, it is clear who is meant.
pub(crate) fn is_single(kind: UnitKind) -> bool {
    matches!(kind, UnitKind::Committee | UnitKind::Discipline)
}
