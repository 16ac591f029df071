//! 修改稿: what a later version of a plan changes in the year that runs. Counting it before it is confirmed and doing it
//! are the same computation.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;
use model::{
    Cadence, Duty, DutyId, Obligation, ObligationId, PersonId, PlanId, Proposal, Standing, StandingFacts,
    UnitId,
};

use crate::publish::publish;
use crate::schedule::Basis;
use crate::standing::{credited, due_on, met_day, standing};

/// What runs when a later version comes.
#[derive(Clone, Copy, Debug)]
pub struct Running<'a> {
    /// The obligations that are asked.
    pub obligations: &'a [Obligation],
    /// For each proposal of the later version, the obligation that it continues.
    pub continues: &'a [Option<ObligationId>],
    /// The duties of these obligations with what their standing rests on; those dropped before are passed over.
    pub duties: &'a [(Duty, StandingFacts)],
}

/// What becomes of an obligation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// It goes on, and so do all its duties.
    Kept,
    /// It asks something else now: what is neither due nor met is made again.
    Remade,
    /// It is asked no more: what is neither due nor met is closed.
    Ended,
    /// It is asked anew.
    New,
    /// It was shown only, and is.
    Shown,
}

/// What becomes of one obligation and its duties.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What becomes of it.
    pub fate: Fate,
    /// Number of its proposal in the later version; none when it is ended.
    pub proposal: Option<usize>,
    /// The obligation that ran; none for a new one.
    pub before: Option<ObligationId>,
    /// Duties that nobody touches: met, waived, put off, or due already; of a kept one, all.
    pub kept: u32,
    /// Duties that are closed.
    pub dropped: u32,
    /// Duties that are made.
    pub made: u32,
}

/// What a later version brings about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Amendment {
    /// New obligations: of new demands, and of those that ask something else now.
    pub obligations: Vec<Obligation>,
    /// Their duties.
    pub duties: Vec<Duty>,
    /// Obligations that go on, as they are written and where they stand now; only those of which that changed.
    pub follow: Vec<Obligation>,
    /// Obligations that are asked no more.
    pub end: Vec<ObligationId>,
    /// Duties that are closed.
    pub drop: Vec<DutyId>,
    /// Of a closed duty that was begun, the duty made in its place: what was written down for the one counts for the
    /// other.
    pub carry: Vec<(DutyId, DutyId)>,
    /// One for each proposal in their order, then one for each obligation that ends.
    pub outcomes: Vec<Outcome>,
}

/// Who owes a duty: a person, wherever they are, or a unit.
type Bearer = (Option<PersonId>, Option<UnitId>);

fn bearer(d: &Duty) -> Bearer {
    (d.person, d.person.is_none().then_some(d.unit))
}

/// Whether the duties of one do for the other: what differs is only how it is written and where it stands.
fn asks_the_same(a: &Obligation, b: &Obligation) -> bool {
    // Taken apart fully: a new field must be thought of here.
    let Obligation {
        id: _,
        source: _,
        year: _,
        key: _,
        item: _,
        // Duties carry its name.
        title,
        kind: _,
        origin: _,
        bearers,
        lead: _,
        cadence,
        ledger,
        condition,
        assessed,
    } = a;
    (title, bearers, cadence, ledger, condition, assessed)
        == (&b.title, &b.bearers, &b.cadence, &b.ledger, &b.condition, &b.assessed)
}

/// What publishing `proposals` as a later version of `plan` changes. `basis.made` is the day of it.
///
/// A demand that asks the same of the same goes on with all its duties. One that asks something else ends, and another
/// begins; of its duties those that are neither due nor met are closed and made again, except for a period that a duty
/// left standing covers: nobody is asked twice for what is done, waived, put off or overdue. One that is gone ends.
#[must_use]
pub fn amend(
    plan: PlanId,
    proposals: &[Proposal],
    running: Running<'_>,
    basis: &Basis<'_>,
    obligation_ids: &mut dyn FnMut() -> ObligationId,
    duty_ids: &mut dyn FnMut() -> DutyId,
) -> Amendment {
    let today = basis.made;
    let made = publish(plan, proposals, basis, obligation_ids, duty_ids);
    let mut wanted: HashMap<ObligationId, Vec<Duty>> = HashMap::new();
    for d in made.duties {
        wanted.entry(d.obligation).or_default().push(d);
    }
    let mut held: HashMap<ObligationId, Vec<&(Duty, StandingFacts)>> = HashMap::new();
    for one in running.duties.iter().filter(|(_, f)| f.dropped.is_none_or(|day| today < day)) {
        held.entry(one.0.obligation).or_default().push(one);
    }
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let mut before: BTreeMap<ObligationId, &Obligation> =
        running.obligations.iter().map(|o| (o.id, o)).collect();
    let mut out = Amendment::default();
    for (i, new) in made.obligations.into_iter().enumerate() {
        let wanted = wanted.remove(&new.id).unwrap_or_default();
        let continued = running.continues.get(i).copied().flatten().and_then(|id| before.remove(&id));
        let mut outcome =
            Outcome { fate: Fate::New, proposal: Some(i), before: None, kept: 0, dropped: 0, made: 0 };
        if let Some(old) = continued {
            let held = held.remove(&old.id).unwrap_or_default();
            outcome.before = Some(old.id);
            if asks_the_same(old, &new) || !(old.assessed || new.assessed) {
                outcome.fate = if old.assessed { Fate::Kept } else { Fate::Shown };
                outcome.kept = count(held.len());
                let follows = Obligation { id: old.id, ..new };
                if follows != *old {
                    out.follow.push(follows);
                }
                out.outcomes.push(outcome);
                continue;
            }
            outcome.fate = match (old.assessed, new.assessed) {
                (true, true) => Fate::Remade,
                (false, _) => Fate::New,
                (true, false) => Fate::Ended,
            };
            let again = remade(old, &new, &held, wanted, basis);
            outcome.kept = count(held.len() - again.drop.len());
            outcome.dropped = count(again.drop.len());
            outcome.made = count(again.duties.len());
            out.end.push(old.id);
            out.drop.extend(again.drop);
            out.carry.extend(again.carry);
            out.duties.extend(again.duties);
        } else {
            outcome.fate = if new.assessed { Fate::New } else { Fate::Shown };
            outcome.made = count(wanted.len());
            out.duties.extend(wanted);
        }
        out.obligations.push(new);
        out.outcomes.push(outcome);
    }
    for old in running.obligations.iter().filter(|o| before.contains_key(&o.id)) {
        let held = held.remove(&old.id).unwrap_or_default();
        let closed: Vec<DutyId> = held.iter().filter(|(_, f)| is_open(f, today)).map(|(d, _)| d.id).collect();
        out.outcomes.push(Outcome {
            fate: if old.assessed { Fate::Ended } else { Fate::Shown },
            proposal: None,
            before: Some(old.id),
            kept: count(held.len() - closed.len()),
            dropped: count(closed.len()),
            made: 0,
        });
        out.end.push(old.id);
        out.drop.extend(closed);
    }
    out
}

/// Whether a duty may be closed: neither due nor met nor waived, and nobody was promised more time for it.
fn is_open(facts: &StandingFacts, today: Date) -> bool {
    let stands = standing(facts, today, 0);
    let open = matches!(stands, Some(Standing::NotDue | Standing::Open | Standing::DueSoon));
    open && due_on(facts, today) == facts.due
}

struct Remade {
    duties: Vec<Duty>,
    drop: Vec<DutyId>,
    carry: Vec<(DutyId, DutyId)>,
}

fn remade(
    old: &Obligation,
    new: &Obligation,
    held: &[&(Duty, StandingFacts)],
    wanted: Vec<Duty>,
    basis: &Basis<'_>,
) -> Remade {
    let today = basis.made;
    let mut standing: HashMap<Bearer, Vec<&(Duty, StandingFacts)>> = HashMap::new();
    let mut begun: HashMap<Bearer, Vec<&Duty>> = HashMap::new();
    let mut drop = Vec::new();
    for one in held {
        let (duty, facts) = one;
        if !is_open(facts, today) {
            standing.entry(bearer(duty)).or_default().push(one);
            continue;
        }
        drop.push(duty.id);
        if credited(facts, today) > 0 {
            begun.entry(bearer(duty)).or_default().push(duty);
        }
    }
    let hours = |o: &Obligation| matches!(o.cadence, Cadence::Hours { .. });
    let counts_on = old.ledger == new.ledger && old.condition == new.condition && hours(old) == hours(new);
    let mut carry = Vec::new();
    let mut duties = Vec::with_capacity(wanted.len());
    // One duty that stands does for one that is wanted; for that of its own period first, or another would take it, and
    // its own period would be asked again.
    let mut take = |want: &Duty, does: &dyn Fn(&Duty, &StandingFacts) -> bool| {
        let Some(list) = standing.get_mut(&bearer(want)) else { return false };
        let at = list.iter().position(|(d, f)| does(d, f));
        at.map(|at| list.swap_remove(at)).is_some()
    };
    let wanted: Vec<Duty> =
        wanted.into_iter().filter(|want| !take(want, &|d, _| same_period(old, new, d, want))).collect();
    for want in wanted {
        if take(&want, &|d, facts| met_within(new, d, facts, &want, basis)) {
            continue;
        }
        if counts_on
            && let Some(list) = begun.get_mut(&bearer(&want))
            && let Some(at) = list.iter().position(|d| same_period(old, new, d, &want))
        {
            carry.push((list.swap_remove(at).id, want.id));
        }
        duties.push(want);
    }
    Remade { duties, drop, carry }
}

/// Whether a duty of `old` lies in the period of a duty of `new`. What is dated may be done from the day on which it
/// was published, which is another day now.
fn same_period(old: &Obligation, new: &Obligation, d: &Duty, want: &Duty) -> bool {
    d.due == want.due && d.seq == want.seq && (d.starts == want.starts || same_rhythm(old, new))
}

fn same_rhythm(old: &Obligation, new: &Obligation) -> bool {
    match (&old.cadence, &new.cadence) {
        (Cadence::Hours { per: a, .. }, Cadence::Hours { per: b, .. })
        | (Cadence::AtLeast { per: a, .. }, Cadence::AtLeast { per: b, .. }) => a == b,
        (a, b) => a == b || (is_dated(a) && is_dated(b)),
    }
}

/// Whether it is owed by a day, whenever it was begun.
pub(crate) fn is_dated(cadence: &Cadence) -> bool {
    matches!(cadence.core(), Cadence::By(_) | Cadence::Hang { .. })
}

/// Whether a duty that stands, of another period than one that is wanted, was met inside the period of that.
fn met_within(new: &Obligation, d: &Duty, facts: &StandingFacts, want: &Duty, basis: &Basis<'_>) -> bool {
    let opens = if is_dated(&new.cadence) {
        Date::new(basis.year, 1, 1).map_or(want.starts, |first| first.min(want.starts))
    } else {
        want.starts
    };
    // What was met in a period that both cadences have is that period's own.
    let other_period = d.seq != want.seq && d.due == want.due && d.starts == want.starts;
    !other_period && met_day(facts, basis.made).is_some_and(|day| opens <= day && day <= want.due)
}
