//! Publishing: what the clerk settled becomes obligations, and these make the year's duties.

use model::{Duty, DutyId, DutySource, Obligation, ObligationId, PlanId, Proposal};

use crate::cost::is_assessed;
use crate::schedule::{Basis, schedule};

/// What publishing makes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// One for each proposal, in their order: those that are only shown (titles, directional sentences,
    /// 导向性不考核, merged ones) are not assessed, so that every word of the document keeps its place.
    pub obligations: Vec<Obligation>,
    /// The duties of the assessed ones, obligation by obligation: as many as [`cost`](crate::cost()) counted upon the
    /// same basis.
    pub duties: Vec<Duty>,
}

/// Makes of `proposals` the obligations of `plan` and their duties. `obligation_ids` and `duty_ids` give the
/// identifiers. Whether it may be published (errors, who may) is not asked here.
#[must_use]
pub fn publish(
    plan: PlanId,
    proposals: &[Proposal],
    basis: &Basis<'_>,
    obligation_ids: &mut dyn FnMut() -> ObligationId,
    duty_ids: &mut dyn FnMut() -> DutyId,
) -> Published {
    let mut out = Published::default();
    for proposal in proposals {
        let obligation = obligation(DutySource::Plan(plan), basis.year, obligation_ids(), proposal);
        out.duties.extend(schedule(&obligation, basis, duty_ids));
        out.obligations.push(obligation);
    }
    out
}

/// The obligation that a proposal becomes.
pub(crate) fn obligation(source: DutySource, year: i16, id: ObligationId, proposal: &Proposal) -> Obligation {
    // Taken apart fully: a new field of a proposal must be thought of here.
    let Proposal {
        key,
        item,
        title,
        kind,
        origin,
        bearers,
        lead,
        cadence,
        ledger,
        condition,
        reason: _,
        added: _,
        state: _,
    } = proposal.clone();
    let assessed = is_assessed(proposal);
    Obligation {
        id,
        source,
        year,
        key,
        item,
        title,
        kind,
        origin,
        bearers,
        lead,
        cadence,
        ledger,
        condition,
        assessed,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::{Roster, SchoolCalendar, cost};
    use jiff::civil::date;
    use model::{
        Bearers, Cadence, Conditions, MeasureKind, Organisation, Origin, Per, ProposalState, Span, Unit,
        UnitId, UnitKind,
    };

    fn branch(n: u8) -> Unit {
        Unit {
            id: UnitId::from_parts(1, &[n; 10]),
            parent: None,
            kind: UnitKind::Branch,
            name: format!("第{n}支部"),
            aliases: vec![],
            traits: BTreeSet::new(),
            sort: 0,
            founded: None,
            dissolved: None,
        }
    }

    fn proposal(key: &str, kind: MeasureKind, state: ProposalState) -> Proposal {
        Proposal {
            key: key.to_owned(),
            item: Some(0),
            title: "专项自查".to_owned(),
            kind,
            origin: Origin::Clause { text: "每半年自查1次".to_owned(), span: Span::new(0, 20) },
            bearers: Bearers { kinds: BTreeSet::from([UnitKind::Branch]), ..Bearers::default() },
            lead: vec![],
            cadence: Cadence::AtLeast { times: 1, per: Per::HalfYear },
            ledger: Some("self-check".to_owned()),
            condition: Conditions::default(),
            reason: String::new(),
            added: false,
            state,
        }
    }

    #[test]
    fn what_was_counted_is_what_is_made_and_no_word_is_lost() {
        let org = Organisation { name: "某校".to_owned(), units: vec![branch(1), branch(2), branch(3)] };
        let (roster, calendar) = (Roster::default(), SchoolCalendar::default_for(2022));
        let (moments, usual_months) = (crate::Moments::default(), BTreeMap::new());
        let basis = Basis {
            org: &org,
            roster: &roster,
            calendar: &calendar,
            year: 2022,
            made: date(2022, 1, 10),
            from: date(2022, 1, 1),
            rules: "v1",
            moments: &moments,
            usual_months: &usual_months,
        };
        let merged = ProposalState::MergedInto { key: "1.1".to_owned() };
        let proposals = [
            proposal("1.0", MeasureKind::Title, ProposalState::Confirmed),
            proposal("1.1", MeasureKind::Counted, ProposalState::Confirmed),
            proposal("1.2", MeasureKind::Counted, ProposalState::NotAssessed),
            proposal("1.3", MeasureKind::Counted, merged),
        ];
        let mut n = 0u64;
        let mut count = 0u64;
        let made = publish(
            PlanId::from_parts(1, &[1; 10]),
            &proposals,
            &basis,
            &mut || {
                n += 1;
                ObligationId::from_parts(n, &[0; 10])
            },
            &mut || {
                count += 1;
                DutyId::from_parts(count, &[0; 10])
            },
        );
        let assessed: Vec<bool> = made.obligations.iter().map(|o| o.assessed).collect();
        assert_eq!(assessed, [false, true, false, false]);
        assert_eq!(made.duties.len(), 6, "three branches, two half-years");
        let counted = cost(&proposals, &basis, |_| None);
        assert_eq!(usize::try_from(counted.total).expect("small"), made.duties.len());
        assert!(made.duties.iter().all(|d| d.obligation == ObligationId::from_parts(2, &[0; 10])));
    }
}
