//! Standing rules that a clause adopts by naming their mechanism.

use std::collections::HashMap;

use model::rule::ObligationRule;
use model::{Cadence, MeasureKind, Moment, Origin, Per, Proposal, ProposalState, When};

use super::bearers::lead_units;
use super::{Again, At, ItemRead, Made, Outcome, Proposals, Proposer, per};
use crate::measure::{Ask, fold_line};

impl Proposer<'_> {
    /// Adopts what a mechanism brings, but for what another clause adopted or says more exactly.
    #[expect(clippy::too_many_arguments, reason = "as above")]
    pub(super) fn adopt_all(
        &self,
        at: At,
        read: &ItemRead<'_>,
        ask: &Ask,
        mechanism: usize,
        sharp: &HashMap<String, At>,
        adopted: &mut HashMap<String, usize>,
        out: &mut Proposals,
        outcome: &mut Outcome,
    ) {
        let title = self.rulebook.mechanisms().get(mechanism).map(|m| m.title.clone()).unwrap_or_default();
        let mut told = false;
        let plain = Ask { cadence: None, phrase: None, kind: MeasureKind::Ruled, ..ask.clone() };
        for rule in self.brought(mechanism) {
            if let Some(first) = adopted.get(&rule.id).copied() {
                if !outcome.contains(&first) {
                    outcome.push(first);
                }
                if !told && out.made[first].proposal.item != Some(at.0) {
                    told = true;
                    out.again.push(Again {
                        item: at.0,
                        span: ask.span,
                        first,
                        name: title.clone(),
                        differs: false,
                    });
                }
            } else if sharp.get(&rule.id).is_none_or(|s| *s == at) && !self.of_others(ask, rule, &read.owners)
            {
                adopted.insert(rule.id.clone(), out.made.len());
                outcome.push(out.made.len());
                out.made.push(self.adopt(at.0, read, &plain, rule, Some(mechanism)));
            }
        }
    }

    /// The proposal by which a clause adopts a standing rule, with the clause's number where it says one.
    pub(super) fn adopt(
        &self,
        item: usize,
        read: &ItemRead<'_>,
        ask: &Ask,
        rule: &ObligationRule,
        mechanism: Option<usize>,
    ) -> Made {
        let mechanism = mechanism.and_then(|m| self.rulebook.mechanisms().get(m));
        let regulation = self.rulebook.regulation(&rule.source.regulation).map(|r| r.title.as_str());
        let origin = match regulation {
            Some(title) => format!("《{title}》{}", rule.source.article),
            None => rule.source.level.word().to_owned(),
        };
        let named = mechanism.map_or(rule.title.as_str(), |m| m.title.as_str());
        let mut reason = format!("写到“{named}”，带出常规要求“{}”（{origin}）", rule.title);
        let mut cadence = rule.cadence.clone();
        let mut below = None;
        if let Some(own) = &ask.cadence {
            if rule.source.level.is_hard() && yearly(own) < yearly(&rule.cadence) {
                below = Some(format!("{origin}要求{}", rule.cadence.words()));
                reason.push_str("；句中次数低于规定，按规定计");
            } else if rule.source.level.is_hard()
                && yearly(own) == yearly(&rule.cadence)
                && is_coarser(own, &rule.cadence)
            {
                // Twice a year is not once in each half: where the regulation says which, it holds.
                reason.push_str("；一年的次数与规定相同，按规定的频次计");
            } else {
                cadence = own.clone();
                reason.push_str("；次数按句中所写");
            }
        } else if !rule.source.level.is_hard() {
            reason.push_str("，次数是可改的设定");
        }
        let said = self.said_subject(ask, &read.owners).map(|(said, _)| said);
        let (bearers, names) = self.rule_bearers(rule, &read.owners, said);
        Made {
            proposal: Proposal {
                key: String::new(),
                item: Some(item),
                title: rule.title.clone(),
                kind: ask.kind,
                origin: Origin::Adopted {
                    rule: rule.id.clone(),
                    mechanism: mechanism.map(|m| m.id.clone()).unwrap_or_default(),
                    text: fold_line(ask.span.of(self.source)),
                    span: ask.span,
                },
                bearers,
                lead: lead_units(&read.owners),
                cadence,
                ledger: Some(rule.ledger.clone()).filter(|l| self.ledgers.ledger(l).is_some()),
                condition: rule.condition.clone(),
                reason,
                added: false,
                state: ProposalState::Proposed,
            },
            names,
            below,
            part: false,
        }
    }
}

/// Whether a clause's number can take the place of a rule's: counts for counts, hours for hours, and a day for what is
/// asked once a year.
pub(super) fn may_replace(own: &Cadence, rule: &Cadence) -> bool {
    let own = own.core();
    matches!(
        (own, rule),
        (Cadence::AtLeast { .. } | Cadence::EachBy { .. }, Cadence::AtLeast { .. } | Cadence::Standing)
            | (Cadence::Hours { .. }, Cadence::Hours { .. } | Cadence::Standing)
    ) || (matches!(own, Cadence::By(_)) || own.is_before())
        && matches!(rule, Cadence::AtLeast { times: 1, per: Per::Year } | Cadence::By(_) | Cadence::Standing)
}

/// Whether a cadence leaves open when within a longer period what the rule asks in each of shorter ones. A day of the same
/// period leaves nothing open: it stands.
fn is_coarser(own: &Cadence, rule: &Cadence) -> bool {
    let once = |per: Per| yearly(&Cadence::AtLeast { times: 1, per });
    match (per(own), per(rule)) {
        (Some(own), Some(rule)) => once(own) < once(rule),
        _ => false,
    }
}

/// How much a cadence asks in a year: times, or hours, or one.
pub(crate) fn yearly(cadence: &Cadence) -> u64 {
    match cadence {
        Cadence::AtLeast { times, per } | Cadence::EachBy { times, per, .. } => {
            u64::from(*times) * u64::from(per.in_year())
        }
        Cadence::Hours { hours, per } => u64::from(*hours) * u64::from(per.in_year()),
        Cadence::By(_) | Cadence::Hang { on: Moment::Event { .. }, when: When::Before { .. } } => 1,
        Cadence::Limited { each, months, .. } if months.is_empty() => yearly(each),
        Cadence::Limited { each, months, .. } => {
            (yearly(each) * u64::try_from(months.len()).unwrap_or(12)).div_ceil(12)
        }
        Cadence::Hang { .. } | Cadence::Standing => 0,
    }
}
