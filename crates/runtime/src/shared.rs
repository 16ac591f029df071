//! 同一要求: what two sources ask of the same unit in the same period is one duty, which counts for both.

use std::collections::HashMap;

use jiff::civil::Date;
use model::{AlsoAsked, Duty, DutySource, Obligation, ObligationId, PersonId, StandingFacts, UnitId};

use crate::amend::is_dated;

/// What becomes of wanted duties beside those that run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shared {
    /// Those that nobody asked for yet.
    pub duties: Vec<Duty>,
    /// Duties that run already and are asked by the wanting obligation too.
    pub also: Vec<AlsoAsked>,
}

/// What a duty asks, as far as another source may ask the same: the rule with its ledger and condition, the bearer, the
/// place in the year, how much.
#[derive(PartialEq, Eq, Hash)]
struct Demand<'a> {
    rule: &'a str,
    ledger: Option<&'a str>,
    condition: &'a model::Conditions,
    person: Option<PersonId>,
    unit: Option<UnitId>,
    starts: Option<Date>,
    due: Date,
    seq: u32,
    need: u32,
}

impl<'a> Demand<'a> {
    /// None where no rule says what is meant: two clauses in one ledger may be about anything.
    fn of(duty: &Duty, asked: &'a Obligation) -> Option<Self> {
        Some(Self {
            rule: asked.origin.rule()?,
            ledger: asked.ledger.as_deref(),
            condition: &asked.condition,
            person: duty.person,
            // A person owes what is theirs wherever they are; what a unit owes about somebody, the unit does.
            unit: (duty.person.is_none() || !asked.bearers.are_people()).then_some(duty.unit),
            // What is owed by a day may be done from the day on which it was first asked.
            starts: (!is_dated(&asked.cadence)).then_some(duty.starts),
            due: duty.due,
            seq: duty.seq,
            need: duty.need,
        })
    }
}

/// Parts `wanted` into what is asked already by another source, and what is new. `running` are the duties that are asked
/// on the day `on`, with what their standing rests on: those that are done or waived too, for both. Within one source
/// nothing is shared: what two clauses of one plan ask twice, whoever publishes it has seen. Each running duty does for
/// one of the wanted ones.
#[must_use]
pub fn share<'a>(
    wanted: Vec<Duty>,
    running: &[(Duty, StandingFacts)],
    obligation: impl Fn(ObligationId) -> Option<&'a Obligation>,
    on: Date,
) -> Shared {
    let mut held: HashMap<Demand<'a>, Vec<(&Duty, Vec<DutySource>)>> = HashMap::new();
    for (duty, facts) in running.iter().filter(|(_, f)| f.dropped.is_none_or(|day| on < day)) {
        let askers: Vec<&Obligation> = facts.asked_by(on).filter_map(&obligation).collect();
        if let Some(demand) = askers.iter().find_map(|o| Demand::of(duty, o)) {
            held.entry(demand).or_default().push((duty, askers.iter().map(|o| o.source).collect()));
        }
    }
    let mut out = Shared::default();
    for want in wanted {
        let there = obligation(want.obligation).and_then(|asked| {
            let list = held.get_mut(&Demand::of(&want, asked)?)?;
            let at = list.iter().position(|(_, sources)| !sources.contains(&asked.source))?;
            Some(list.swap_remove(at).0.id)
        });
        match there {
            Some(duty) => {
                out.also.push(AlsoAsked { duty, by: want.obligation, since: on, until: None });
            }
            None => out.duties.push(want),
        }
    }
    out
}

/// What is kept of it that an obligation no longer asks a duty from `day` on, though another does; none when nobody else
/// asks it, and it can be dropped.
#[must_use]
pub fn released(facts: &StandingFacts, by: ObligationId, day: Date) -> Option<AlsoAsked> {
    facts.asked_by(day).any(|other| other != by).then(|| {
        let since = facts.also.iter().find(|(o, ..)| *o == by).map_or(facts.made, |(_, since, _)| *since);
        AlsoAsked { duty: facts.duty, by, since, until: Some(day) }
    })
}
