//! 常规: standing rules that run in a year by themselves, whatever a plan says.

use std::collections::BTreeMap;

use model::rule::ObligationRule;
use model::{DutySource, MeasureKind, Obligation, ObligationId, Origin, Proposal, RoutineId};

use crate::publish::obligation;

/// The obligation that a rule is in a year. Its bearers are those that the rule names.
#[must_use]
pub fn routine(rule: &ObligationRule, source: RoutineId, year: i16, id: ObligationId) -> Obligation {
    // Taken apart fully: a new field of a rule must be thought of here.
    let ObligationRule {
        id: name,
        title,
        bearers,
        cadence,
        ledger,
        condition,
        source: _,
        since: _,
        until: _,
        months: _,
        note: _,
        always: _,
        account_until: _,
    } = rule.clone();
    Obligation {
        id,
        source: DutySource::Rule(source),
        year,
        key: name.clone(),
        item: None,
        title,
        kind: MeasureKind::Ruled,
        origin: Origin::Standing { rule: name },
        bearers,
        lead: Vec::new(),
        cadence,
        ledger: Some(ledger),
        condition,
        assessed: true,
    }
}

/// The same of a rule as the clerk settled it in a draft: the plan says nothing of it, so it is the year's and not the
/// plan's.
#[must_use]
pub fn routine_as_settled(proposal: &Proposal, source: RoutineId, year: i16, id: ObligationId) -> Obligation {
    obligation(DutySource::Rule(source), year, id, proposal)
}

/// Parts a draft's proposals into those that are the plan's, and the standing rules beside them that the plan says nothing
/// of and that are asked, by the id of the rule. Those that are not asked (导向性，不考核) stay with the plan, to be shown.
#[must_use]
pub fn apart(proposals: &[Proposal]) -> (Vec<Proposal>, BTreeMap<&str, &Proposal>) {
    let rule_of = |p: &Proposal| matches!(p.origin, Origin::Standing { .. }) && crate::is_assessed(p);
    let standing =
        proposals.iter().filter(|p| rule_of(p)).filter_map(|p| Some((p.origin.rule()?, p))).collect();
    (proposals.iter().filter(|p| !rule_of(p)).cloned().collect(), standing)
}
