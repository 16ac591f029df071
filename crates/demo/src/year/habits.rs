//! How well each unit works.

use std::collections::HashMap;

use model::{Unit, UnitId, UnitKind};

use super::Habits;

const EXCELLENT: Habits = Habits { late: 1, backfilled: 2, missing: 0, waived: 0, extended: 1, careless: 3 };
pub(super) const GOOD: Habits =
    Habits { late: 4, backfilled: 7, missing: 3, waived: 1, extended: 2, careless: 12 };
const SLACK: Habits = Habits { late: 10, backfilled: 15, missing: 20, waived: 1, extended: 3, careless: 30 };

/// Two branches are excellent, one in nine is slack, and so is a department here and there.
pub(super) fn habits(units: &[Unit]) -> HashMap<UnitId, Habits> {
    let (mut branches, mut offices) = (0u32, 0u32);
    let mut out = HashMap::new();
    for unit in units {
        let habits = match unit.kind {
            UnitKind::Branch => {
                branches += 1;
                match branches {
                    7 | 21 => EXCELLENT,
                    n if n % 9 == 5 => SLACK,
                    _ => GOOD,
                }
            }
            UnitKind::Department | UnitKind::MassOrganisation => {
                offices += 1;
                if offices % 8 == 6 { SLACK } else { GOOD }
            }
            UnitKind::Committee | UnitKind::Discipline | UnitKind::GeneralBranch | UnitKind::Group => GOOD,
        };
        out.insert(unit.id, habits);
    }
    out
}
