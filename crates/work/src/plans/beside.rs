//! What runs in a year beside a draft: which of its demands run already, and what was done of them before it came.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use jiff::civil::{Date, date};
use model::rule::ObligationRule;
use model::{
    AlsoAsked, Cadence, Credit, CreditId, Duty, DutyId, DutySource, InstitutionId, Obligation, ObligationId,
    Origin, Proposal, RoutineId, StandingFacts,
};
use runtime::{Basis, Owed, gather, share};
use store::{DutyFilter, EntryFilter, Opening, Scope};

use super::ground::Ground;
use crate::fault::Fault;
use crate::state::Work;
use crate::year::Year;

/// The Book of a year as something is about to be added to it.
pub struct Beside {
    /// All that runs; none while nothing does.
    pub year: Option<Arc<Year>>,
    /// The duties that are asked, with what their standing rests on.
    duties: Vec<(Duty, StandingFacts)>,
    /// The rules that run by themselves, or whole in a plan that was published before rules ran by themselves.
    pub rules: BTreeSet<String>,
    /// The institution's change number as of which it was read.
    pub as_of: i64,
}

/// What of a draft runs already with which obligation: the draft's demand, the one that runs, and how many duties.
pub struct Same {
    /// The draft's demand.
    pub wants: ObligationId,
    /// The one that runs.
    pub runs: ObligationId,
    /// How many duties are the same.
    pub duties: usize,
}

impl Beside {
    /// Reads what runs in a year.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn read(
        work: &Work,
        institution: InstitutionId,
        number: i16,
        today: Date,
    ) -> Result<Self, Fault> {
        let as_of = work.store.change_number(institution).await?;
        let year = work.book(institution, number, None).await?;
        let mut rules: BTreeSet<String> =
            work.store.routines(institution, number).await?.into_iter().map(|r| r.rule).collect();
        let mut duties = Vec::new();
        if let Some(year) = &year {
            let standing = year.obligations().iter().filter(|o| o.assessed && year.asked(o.id, today));
            rules.extend(standing.filter_map(|o| match &o.origin {
                Origin::Standing { rule } => Some(rule.clone()),
                _ => None,
            }));
            let filter = DutyFilter { year: Some(number), ..DutyFilter::default() };
            // Who may do this was asked by the route; what runs is the institution's.
            let all = work.store.duties(institution, &Scope::All, &filter, u32::MAX).await?;
            let board = year.board();
            duties = all.into_iter().filter_map(|d| board.facts(d.id).map(|f| (d, f))).collect();
        }
        Ok(Self { year, duties, rules, as_of })
    }

    /// Takes what an amendment ends out of what runs.
    #[must_use]
    pub fn without(mut self, dropped: &[DutyId], left: &[AlsoAsked]) -> Self {
        let gone: HashSet<&DutyId> = dropped.iter().collect();
        self.duties.retain(|(d, _)| !gone.contains(&d.id));
        let mut by_duty: HashMap<DutyId, Vec<&AlsoAsked>> = HashMap::new();
        for also in left {
            by_duty.entry(also.duty).or_default().push(also);
        }
        for (duty, facts) in &mut self.duties {
            for also in by_duty.get(&duty.id).into_iter().flatten() {
                facts.also.retain(|(by, ..)| *by != also.by);
                facts.also.push((also.by, also.since, also.until));
            }
            facts.also.sort_unstable();
        }
        self
    }

    /// The duties that obligations ask now, whether they were made for them or for others.
    #[must_use]
    pub fn asked_by(&self, obligations: &HashSet<ObligationId>, on: Date) -> Vec<(Duty, StandingFacts)> {
        let mut out = Vec::new();
        for (duty, facts) in &self.duties {
            if let Some(by) = facts.asked_by(on).find(|o| obligations.contains(o)) {
                out.push((Duty { obligation: by, ..duty.clone() }, facts.clone()));
            }
        }
        out
    }

    /// What standing a duty has, for whoever asks what becomes of it.
    #[must_use]
    pub fn facts(&self, duty: DutyId) -> Option<&StandingFacts> {
        self.duties.iter().find(|(d, _)| d.id == duty).map(|(_, f)| f)
    }

    fn obligation<'a>(&'a self, new: &'a [Obligation], id: ObligationId) -> Option<&'a Obligation> {
        new.iter().find(|o| o.id == id).or_else(|| self.year.as_ref()?.obligation(id))
    }

    /// Opens obligations beside what runs: what runs already is asked by them too, the rest is made; each source after
    /// the other, so that what two of them bring is made once.
    #[must_use]
    pub fn open(&self, obligations: Vec<Obligation>, wanted: Vec<Duty>, today: Date) -> Opening {
        let mut sources: Vec<DutySource> = Vec::new();
        let of: HashMap<ObligationId, DutySource> = obligations.iter().map(|o| (o.id, o.source)).collect();
        let known: HashMap<ObligationId, &Obligation> = obligations.iter().map(|o| (o.id, o)).collect();
        let find = |id: ObligationId| {
            known.get(&id).copied().or_else(|| self.year.as_ref().and_then(|y| y.obligation(id)))
        };
        let mut by_source: HashMap<DutySource, Vec<Duty>> = HashMap::new();
        for duty in wanted {
            let Some(source) = of.get(&duty.obligation).copied() else { continue };
            if !sources.contains(&source) {
                sources.push(source);
            }
            by_source.entry(source).or_default().push(duty);
        }
        // What runs by itself first: a plan then asks the same.
        sources.sort_by_key(|s| s.plan().is_some());
        let mut running = self.duties.clone();
        let (mut made, mut also) = (Vec::new(), Vec::new());
        for source in sources {
            let shared = share(by_source.remove(&source).unwrap_or_default(), &running, find, today);
            running.extend(shared.duties.iter().map(|d| (d.clone(), gather(d, today, None, &[], &[], &[]))));
            made.extend(shared.duties);
            also.extend(shared.also);
        }
        Opening { obligations, duties: made, also, ..Opening::default() }
    }

    /// The open duties of rules that run by themselves in whose place a plan now asks the same rule of the same bearers on
    /// days of its own (每月25日前的主题党日): asked twice, one meeting would stand in two rows. What is begun, waived or was due
    /// before stays, and so does what the plan asks in the very same way.
    #[must_use]
    pub fn replaced(&self, opening: &Opening, today: Date) -> Vec<DutyId> {
        let Some(year) = &self.year else { return Vec::new() };
        let rule_of = |o: &Obligation| match &o.origin {
            Origin::Adopted { rule, .. } => Some((o.id, rule.clone())),
            _ => None,
        };
        let adopted: HashMap<ObligationId, String> = opening.obligations.iter().filter_map(rule_of).collect();
        let bearer = |d: &Duty, rule: &str| (rule.to_owned(), d.unit, d.person);
        let anew: HashSet<_> =
            (opening.duties.iter()).filter_map(|d| Some(bearer(d, adopted.get(&d.obligation)?))).collect();
        let shared: HashSet<DutyId> = opening.also.iter().map(|a| a.duty).collect();
        let is_replaced = |duty: &Duty, facts: &StandingFacts| {
            let mut askers = facts.asked_by(today).filter_map(|o| year.obligation(o)).peekable();
            askers.peek().is_some()
                && askers.all(|o| match &o.origin {
                    Origin::Standing { rule } => anew.contains(&bearer(duty, rule)),
                    _ => false,
                })
        };
        let open = |facts: &StandingFacts| {
            let begun = facts.credits.iter().any(|(_, _, ended, _)| ended.is_none());
            facts.dropped.is_none() && facts.waived.is_none() && !begun && facts.due >= today
        };
        (self.duties.iter())
            .filter(|(d, f)| open(f) && !shared.contains(&d.id) && is_replaced(d, f))
            .map(|(d, _)| d.id)
            .collect()
    }

    /// Of what an opening asks, what runs already and with whom, the most duties first.
    #[must_use]
    pub fn same(&self, opening: &Opening, today: Date) -> Vec<Same> {
        let mut counts: BTreeMap<(ObligationId, ObligationId), usize> = BTreeMap::new();
        let facts: HashMap<DutyId, &StandingFacts> = self.duties.iter().map(|(d, f)| (d.id, f)).collect();
        for also in opening.also.iter().filter(|a| a.until.is_none()) {
            if let Some(runs) = facts.get(&also.duty).and_then(|f| f.asked_by(today).next()) {
                *counts.entry((also.by, runs)).or_default() += 1;
            }
        }
        let mut out: Vec<Same> =
            counts.into_iter().map(|((wants, runs), duties)| Same { wants, runs, duties }).collect();
        out.sort_by_key(|s| (std::cmp::Reverse(s.duties), s.wants));
        out
    }

    /// What the records of the year already count for among the new duties of `only`, or of all.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn done_already(
        &self,
        work: &Work,
        institution: InstitutionId,
        opening: &Opening,
        only: Option<&HashSet<ObligationId>>,
        (number, today): (i16, Date),
    ) -> Result<Vec<Credit>, Fault> {
        let meant = |o: ObligationId| only.is_none_or(|some| some.contains(&o));
        let new: Vec<Duty> = opening.duties.iter().filter(|d| meant(d.obligation)).cloned().collect();
        if new.is_empty() {
            return Ok(Vec::new());
        }
        let find = |id: ObligationId| self.obligation(&opening.obligations, id);
        let asked: BTreeSet<ObligationId> = new.iter().map(|d| d.obligation).collect();
        let mut ledgers: BTreeSet<String> = asked.iter().filter_map(|o| find(*o)?.ledger.clone()).collect();
        if asked.iter().filter_map(|o| find(*o)).any(|o| matches!(o.cadence, Cadence::Hours { .. })) {
            ledgers.extend(work.rulebook.ledgers().iter().filter(|l| l.counts_hours).map(|l| l.id.clone()));
        }
        let mut entries = Vec::new();
        let mut seen = HashSet::new();
        for ledger in ledgers {
            let filter = EntryFilter {
                ledger: Some(ledger),
                from: Some(date(number, 1, 1)),
                to: Some(today),
                ..EntryFilter::default()
            };
            let found = work.store.entries(institution, &Scope::All, &filter, u32::MAX).await?;
            entries.extend(found.into_iter().map(|r| r.entry).filter(|e| seen.insert(e.id)));
        }
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        // Duties that run already and are asked by the same obligations now, with what counts for them.
        let shared: HashMap<DutyId, ObligationId> = opening
            .also
            .iter()
            .filter(|a| a.until.is_none() && meant(a.by))
            .map(|a| (a.duty, a.by))
            .collect();
        let ids: Vec<DutyId> = shared.keys().copied().collect();
        let credits = work.store.credits_of_duties(institution, &Scope::All, &ids).await?;
        let mut by_duty: HashMap<DutyId, Vec<Credit>> = HashMap::new();
        for c in credits {
            by_duty.entry(c.duty).or_default().push(c);
        }
        let beside: Vec<Owed> = self
            .duties
            .iter()
            .filter_map(|(d, _)| {
                let by = *shared.get(&d.id)?;
                let own = by_duty.remove(&d.id).unwrap_or_default();
                Some(Owed { also: vec![by], ..Owed::new(d, &own, false) })
            })
            .collect();
        Ok(runtime::counts_already(
            &entries,
            &new,
            &beside,
            find,
            |id| work.rulebook.ledger(id),
            today,
            &mut CreditId::fresh,
        ))
    }
}

/// Rules with the year and the id under which each is to run, their obligations and their duties.
pub(super) type Routines = (Vec<(RoutineId, i16, String)>, Vec<Obligation>, Vec<Duty>);

/// Rules that are to run by themselves, each with its obligation, and their duties.
pub(super) fn routines(
    rules: &[&ObligationRule],
    settled: &BTreeMap<&str, &Proposal>,
    number: i16,
    basis: &Basis<'_>,
) -> Routines {
    let (mut heads, mut obligations, mut duties) = (Vec::new(), Vec::new(), Vec::new());
    for rule in rules {
        let (id, of) = (RoutineId::fresh(), ObligationId::fresh());
        let obligation = match settled.get(rule.id.as_str()) {
            Some(proposal) => runtime::routine_as_settled(proposal, id, number, of),
            None => runtime::routine(rule, id, number, of),
        };
        duties.extend(runtime::schedule(&obligation, basis, &mut DutyId::fresh));
        heads.push((id, number, rule.id.clone()));
        obligations.push(obligation);
    }
    (heads, obligations, duties)
}

/// What opening rules adds to a year.
///
/// # Errors
/// When the store cannot read.
pub(crate) async fn opening_of(
    work: &Work,
    institution: InstitutionId,
    ground: &Ground,
    beside: &Beside,
    rules: &[&ObligationRule],
    settled: &BTreeMap<&str, &Proposal>,
) -> Result<Opening, Fault> {
    let basis = ground.basis(ground.first_day());
    let (heads, obligations, wanted) = routines(rules, settled, ground.year(), &basis);
    let mut opening = beside.open(obligations, wanted, ground.today());
    opening.routines = heads;
    let days = (ground.year(), ground.today());
    opening.credits = beside.done_already(work, institution, &opening, None, days).await?;
    Ok(opening)
}
