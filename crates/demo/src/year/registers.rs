//! Registers: what is kept without anybody being reminded of it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use model::{Unit, UnitKind};

use super::Maker;
use crate::{chance::Chance, occasion::Occasion};

impl Maker<'_, '_> {
    /// A record or two in each ledger that nobody's duty asked for: a register is there to be seen.
    pub(super) fn other_ledgers(&mut self) {
        let kept: BTreeSet<String> = self.occasions.iter().flat_map(|o| o.ledgers.iter().cloned()).collect();
        let (world, year) = (self.world, self.world.today.year());
        let Ok(first) = Date::new(year, 2, 20) else { return };
        if first >= world.today {
            return;
        }
        for ledger in world.rulebook.offered_ledgers().into_iter().filter(|l| !kept.contains(&l.id)) {
            let mut chance = Chance::new(world.seed, &format!("ledger {}", ledger.id));
            let keepers: Vec<&Unit> =
                world.org.units.iter().filter(|u| ledger.kept_by.contains(&u.kind)).collect();
            let wanted = usize::from(ledger.kept_by.len() > 1) + 1;
            let mut units: Vec<&Unit> = Vec::new();
            for kind in &ledger.kept_by {
                let of: Vec<&Unit> = keepers.iter().filter(|u| u.kind == *kind).copied().collect();
                units.extend(chance.pick(&of).copied());
            }
            units.truncate(wanted);
            // Every committee has a term, and the page of its unit counts the days.
            let condition: BTreeMap<String, String> = if ledger.id == "branch-file" {
                units = keepers.into_iter().filter(|u| u.kind != UnitKind::Committee).collect();
                [("file_change".to_owned(), "elected".to_owned())].into()
            } else {
                BTreeMap::new()
            };
            for unit in units {
                let day = chance.day(first, world.today);
                let day = self.meeting_day(day, (first, world.today), 2);
                self.occasions.push(Occasion {
                    unit: unit.id,
                    ledgers: vec![ledger.id.clone()],
                    condition: condition.clone(),
                    day,
                    entered: self.soon_after(day, &mut chance),
                    by: self.writers.by_unit.get(&unit.id).copied().unwrap_or(self.writers.office),
                    opened_from: None,
                    about: ledger.title.clone(),
                    clause: String::new(),
                    people: None,
                    of_each: false,
                    only_if_credited: false,
                });
            }
        }
    }
}
