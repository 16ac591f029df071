//! Who stands on a sheet, and who does not and why.

use jiff::civil::Date;
use model::sheet::Sheet;
use model::{Organisation, Unit, UnitId};

use crate::flow::Days;

/// A unit of a kind that the sheet looks at, which does not stand on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The unit.
    pub unit: UnitId,
    /// The traits for which it is left out.
    pub with: Vec<String>,
    /// The traits that it lacks.
    pub lacks: Vec<String>,
    /// Whether it is younger than the sheet asks.
    pub young: bool,
}

/// Who stands on a sheet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scoped {
    /// The units, in the order of the organisation.
    pub units: Vec<UnitId>,
    /// Those of the same kinds that do not.
    pub left_out: Vec<LeftOut>,
}

/// The units that stand on a sheet on its cut-off day, as its scope says.
#[must_use]
pub fn scope(sheet: &Sheet, organisation: &Organisation, days: &Days, cutoff: Date) -> Scoped {
    let of = &sheet.scope;
    let mut out = Scoped::default();
    for unit in organisation.units.iter().filter(|u| of.kinds.contains(&u.kind) && u.exists_on(cutoff)) {
        // Of when it was founded nobody may have been told: then it was always there.
        let is_young = |u: &Unit| {
            let founded = u.founded.zip(of.founded);
            founded.is_some_and(|(since, least)| days.after(since, least) > cutoff)
        };
        let left = LeftOut {
            unit: unit.id,
            with: of.without.intersection(&unit.traits).cloned().collect(),
            lacks: of.with.difference(&unit.traits).cloned().collect(),
            young: is_young(unit),
        };
        if left.with.is_empty() && left.lacks.is_empty() && !left.young {
            out.units.push(unit.id);
        } else {
            out.left_out.push(left);
        }
    }
    out
}
