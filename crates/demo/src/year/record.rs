//! The occasions written down in the order in which they were entered, each counted for what it serves.

use std::collections::HashMap;

use jiff::civil::Date;
use model::{Credit, Duty, DutyId, Entry, PersonId, Request, RequestKind, UnitId, Value};
use runtime::{Owed, candidates, recredit};

use super::Maker;
use crate::{
    chance::{Chance, id},
    fill::fill,
};

impl Maker<'_, '_> {
    /// Writes the records in the order in which they were entered, and credits each as the server does when it is saved.
    pub(super) fn record(&mut self, duties: &[Duty]) {
        let world = self.world;
        let mut chance = Chance::new(world.seed, "records");
        let mut occasions = std::mem::take(&mut self.occasions);
        occasions.sort_by(|a, b| {
            (a.entered, a.unit, &a.ledgers, a.opened_from).cmp(&(
                b.entered,
                b.unit,
                &b.ledgers,
                b.opened_from,
            ))
        });
        let mut owed = Debts::new(duties, &self.out.requests);
        let obligations = &self.obligations;
        for occasion in &occasions {
            let careless = self.habits.get(&occasion.unit).map_or(0, |h| h.careless);
            let Some(filled) = fill(world, occasion, careless, &mut chance) else { continue };
            let entered = occasion.entered;
            let millis = u64::try_from(entered.as_millisecond()).unwrap_or(0);
            let entry = Entry {
                id: id!(EntryId, millis, chance),
                unit: occasion.unit,
                ledgers: occasion.ledgers.clone(),
                day: occasion.day,
                title: filled.title,
                values: filled.values,
                revision: 1,
                entered_at: entered,
                entered_by: occasion.by,
                revised_at: entered,
                withdrawn: false,
            };
            let known = work::clock::day_of(entered);
            let here = owed.of(&entry, known);
            let chosen = candidates(
                &entry,
                occasion.opened_from,
                &here,
                |id| obligations.get(&id).copied(),
                |id| world.rulebook.ledger(id),
            );
            if occasion.only_if_credited
                && !chosen.iter().any(|c| c.ticked && Some(c.duty) == occasion.opened_from)
            {
                continue;
            }
            let made = recredit(&entry, &[], &chosen, known, &mut || id!(CreditId, millis, chance));
            owed.credit(&made.new);
            self.out.credits.extend(made.new);
            self.out.entries.push(entry);
        }
    }
}

/// What is owed, as it stands while the records come in.
struct Debts {
    all: Vec<Owed>,
    at: HashMap<DutyId, usize>,
    of_unit: HashMap<UnitId, Vec<usize>>,
    of_person: HashMap<PersonId, Vec<usize>>,
    waived: HashMap<DutyId, Date>,
}

impl Debts {
    fn new(duties: &[Duty], requests: &[Request]) -> Self {
        let mut out = Self {
            all: duties.iter().map(|d| Owed::new(d, &[], false)).collect(),
            at: duties.iter().enumerate().map(|(n, d)| (d.id, n)).collect(),
            of_unit: HashMap::new(),
            of_person: HashMap::new(),
            waived: requests
                .iter()
                .filter(|r| r.wish.kind() == RequestKind::Waiver)
                .filter_map(|r| Some((r.wish.duty()?, r.approved_on()?)))
                .collect(),
        };
        for (n, duty) in duties.iter().enumerate() {
            match duty.person {
                Some(person) => out.of_person.entry(person).or_default().push(n),
                None => out.of_unit.entry(duty.unit).or_default().push(n),
            }
        }
        out
    }

    /// What the entry may count for: its unit's duties and those of the people in it, in their order.
    fn of(&self, entry: &Entry, known: Date) -> Vec<Owed> {
        let mut found: Vec<usize> = self.of_unit.get(&entry.unit).cloned().unwrap_or_default();
        let lines =
            entry.values.values().filter_map(|v| if let Value::Rows(all) = v { Some(all) } else { None });
        let of_lines = lines.flatten().flat_map(|line| line.values());
        let named = entry.values.values().chain(of_lines).filter_map(|v| match v {
            Value::Person { id, .. } => *id,
            _ => None,
        });
        for person in entry.people().iter().filter_map(|p| p.person).chain(named) {
            found.extend(self.of_person.get(&person).into_iter().flatten());
        }
        found.sort_unstable();
        found.dedup();
        let open = found.into_iter().filter_map(|n| self.all.get(n));
        open.map(|o| Owed { closed: self.waived.get(&o.duty).is_some_and(|day| *day <= known), ..o.clone() })
            .collect()
    }

    fn credit(&mut self, credits: &[Credit]) {
        for credit in credits {
            if let Some(owed) = self.at.get(&credit.duty).and_then(|n| self.all.get_mut(*n)) {
                owed.credited.push((credit.entry, credit.amount));
            }
        }
    }
}
