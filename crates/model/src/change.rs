//! Changes of the organisation: on a day, by the Party office; and the organisation as it stood on any day.

use std::borrow::Cow;
use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{Organisation, Unit, UnitChangeId, UnitId};

/// What was done to units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitChangeKind {
    /// 成立.
    Founded,
    /// 改名.
    Renamed,
    /// 调整上级.
    Moved,
    /// 合并.
    Merged,
    /// 拆分.
    Split,
    /// 撤销.
    Dissolved,
}

impl UnitChangeKind {
    /// Every kind, in the order in which they are offered.
    pub const ALL: [Self; 6] =
        [Self::Founded, Self::Renamed, Self::Moved, Self::Merged, Self::Split, Self::Dissolved];

    /// The kind as forms and the database write it.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Founded => "founded",
            Self::Renamed => "renamed",
            Self::Moved => "moved",
            Self::Merged => "merged",
            Self::Split => "split",
            Self::Dissolved => "dissolved",
        }
    }

    /// The kind written so.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.id() == id)
    }

    /// The kind in Chinese.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Founded => "成立",
            Self::Renamed => "改名",
            Self::Moved => "调整上级",
            Self::Merged => "合并",
            Self::Split => "拆分",
            Self::Dissolved => "撤销",
        }
    }
}

/// 组织变动: one act on one or more units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitChange {
    /// Identifier.
    pub id: UnitChangeId,
    /// What was done.
    pub kind: UnitChangeKind,
    /// The first day on which it holds.
    pub day: Date,
    /// Upon what it rests: the number of the superior's reply.
    pub note: String,
    /// The units that it was done to.
    pub from: Vec<UnitId>,
    /// The units that came of it: of a merger the one, of a division the several; none of a dissolution.
    pub to: Vec<UnitId>,
    /// Every unit that was changed, as it was before; new ones are not in it.
    pub before: Vec<Unit>,
    /// Every unit that was changed or is new, as it was made.
    pub after: Vec<Unit>,
    /// How many people went to another branch.
    #[serde(default)]
    pub people: usize,
    /// How many posts ended.
    #[serde(default)]
    pub posts: usize,
    /// How many duties ended.
    #[serde(default)]
    pub dropped: usize,
    /// How many duties were made.
    #[serde(default)]
    pub made: usize,
}

impl UnitChange {
    /// The units that are there because of it.
    pub fn founded(&self) -> impl Iterator<Item = &Unit> {
        self.after.iter().filter(|u| self.before.iter().all(|b| b.id != u.id))
    }

    /// The units that are no more because of it.
    pub fn ended(&self) -> impl Iterator<Item = &Unit> {
        self.after.iter().filter(|u| u.dissolved == Some(self.day))
    }

    /// Every unit that it names.
    #[must_use]
    pub fn touches(&self) -> BTreeSet<UnitId> {
        self.from.iter().chain(&self.to).copied().chain(self.after.iter().map(|u| u.id)).collect()
    }

    /// Whether what one unit was went over to another.
    #[must_use]
    pub fn hands_on(&self) -> bool {
        matches!(self.kind, UnitChangeKind::Merged | UnitChangeKind::Split)
    }
}

impl Organisation {
    /// The organisation as it stood on a day: with the names and superiors of that day. `changes` in the order in which
    /// they were made, those that were taken back left out. Units that were not there yet, or no more, stay in the list:
    /// [`Unit::exists_on`] tells.
    #[must_use]
    pub fn on(&self, day: Date, changes: &[UnitChange]) -> Cow<'_, Self> {
        let mut out = Cow::Borrowed(self);
        let mut later: Vec<&UnitChange> = changes.iter().filter(|c| c.day > day).collect();
        // Of two on one day the one that was made last is undone first.
        later.sort_by_key(|c| c.day);
        for change in later.into_iter().rev() {
            for was in &change.before {
                let Some(at) = out.units.iter().position(|u| u.id == was.id) else { continue };
                let now = &out.units[at];
                if (now.parent, &now.name) != (was.parent, &was.name) {
                    let unit = &mut out.to_mut().units[at];
                    unit.parent = was.parent;
                    unit.name.clone_from(&was.name);
                }
            }
        }
        out
    }
}

/// The units out of which these came, directly or by several changes, as far as they are no more.
#[must_use]
pub fn predecessors(units: &BTreeSet<UnitId>, changes: &[UnitChange]) -> BTreeSet<UnitId> {
    let mut out: BTreeSet<UnitId> = BTreeSet::new();
    loop {
        let before = out.len();
        for change in changes.iter().filter(|c| c.hands_on()) {
            if change.to.iter().any(|u| units.contains(u) || out.contains(u)) {
                let gone = change.from.iter().filter(|f| change.ended().any(|u| u.id == **f));
                out.extend(gone.filter(|id| !units.contains(id)));
            }
        }
        if out.len() == before {
            return out;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::UnitKind;
    use jiff::civil::date;

    fn unit(name: &str, parent: Option<UnitId>) -> Unit {
        Unit {
            id: UnitId::fresh(),
            parent,
            kind: UnitKind::Branch,
            name: name.to_owned(),
            aliases: Vec::new(),
            traits: BTreeSet::new(),
            sort: 0,
            founded: None,
            dissolved: None,
        }
    }

    fn change(kind: UnitChangeKind, day: Date, before: &[&Unit], after: &[&Unit]) -> UnitChange {
        let ids = |units: &[&Unit]| units.iter().map(|u| u.id).collect();
        UnitChange {
            id: UnitChangeId::fresh(),
            kind,
            day,
            note: String::new(),
            from: ids(before),
            to: after.iter().filter(|u| u.dissolved.is_none()).map(|u| u.id).collect(),
            before: before.iter().map(|u| (*u).clone()).collect(),
            after: after.iter().map(|u| (*u).clone()).collect(),
            people: 0,
            posts: 0,
            dropped: 0,
            made: 0,
        }
    }

    #[test]
    fn any_day_shows_the_names_and_superiors_of_that_day() {
        let (a, b) = (unit("甲总支", None), unit("乙总支", None));
        let first = unit("第一支部", Some(a.id));
        let renamed = Unit { name: "教工支部".to_owned(), ..first.clone() };
        let moved = Unit { parent: Some(b.id), ..renamed.clone() };
        // Entered out of order: the move was written down first, though it came later.
        let changes = [
            change(UnitChangeKind::Moved, date(2022, 6, 1), &[&renamed], &[&moved]),
            change(UnitChangeKind::Renamed, date(2022, 3, 1), &[&first], &[&renamed]),
        ];
        let now = Organisation { name: String::new(), units: vec![a.clone(), b.clone(), moved.clone()] };
        let on = |day| {
            let then = now.on(day, &changes);
            let unit = then.unit(first.id).expect("there").clone();
            (unit.name, unit.parent)
        };
        assert_eq!(on(date(2022, 2, 28)), ("第一支部".to_owned(), Some(a.id)));
        assert_eq!(on(date(2022, 3, 1)), ("教工支部".to_owned(), Some(a.id)));
        assert_eq!(on(date(2022, 6, 1)), ("教工支部".to_owned(), Some(b.id)));
        assert!(matches!(now.on(date(2022, 6, 1), &changes), Cow::Borrowed(_)), "nothing to copy");
    }

    #[test]
    fn what_a_unit_came_out_of_is_known_through_several_changes() {
        let day = date(2022, 3, 1);
        let (a, b, c) = (unit("甲", None), unit("乙", None), unit("丙", None));
        let gone = |u: &Unit| Unit { dissolved: Some(day), ..u.clone() };
        let changes = [
            change(UnitChangeKind::Merged, day, &[&a, &b], &[&gone(&a), &b]),
            change(UnitChangeKind::Split, day, &[&b], &[&gone(&b), &c]),
        ];
        assert_eq!(predecessors(&BTreeSet::from([c.id]), &changes), BTreeSet::from([a.id, b.id]));
        assert!(predecessors(&BTreeSet::from([a.id]), &changes).is_empty());
    }
}
