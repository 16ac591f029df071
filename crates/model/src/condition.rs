//! The one grammar of conditions: what a record must say to count, what a complete record contains, what is warned of,
//! whom a rule binds. Typed here, read from TOML in `rulebook`, judged in `runtime`; docs/rulebook.md lists the words.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer, Serialize};

use crate::UnitKind;

/// How much there must be at least and may be at most; one of the two is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Bound {
    /// The least, itself allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<i64>,
    /// The most, itself allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<i64>,
}

/// A proportion in whole numbers from 1: one in three, one for 350.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Ratio {
    /// So many…
    pub part: u32,
    /// …of so many.
    pub whole: u32,
}

/// A number against the sum of others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Proportion {
    /// The number: field id.
    pub field: String,
    /// What it is compared with, added up: field ids.
    pub of: Vec<String>,
    /// Whether `ratio` is the most; else it is the least.
    pub most: bool,
    /// The proportion.
    pub ratio: Ratio,
}

/// Which unit is meant, seen from the one that is asked about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// The unit itself.
    #[default]
    Own,
    /// The unit so many places above it.
    Above(u8),
}

/// One thing that may hold or not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// The field is filled in.
    Present {
        /// Field id.
        field: String,
    },
    /// The field says one of these.
    Is {
        /// Field id.
        field: String,
        /// What it may say: ids of options, or the words themselves.
        any_of: BTreeSet<String>,
    },
    /// A number within bounds, in thousandths of the field's unit; of money, of one yuan.
    Number {
        /// Field id.
        field: String,
        /// The bounds.
        bound: Bound,
    },
    /// Lines of a table of which all of `such` holds: how many there are, and which part of all lines at least.
    Rows {
        /// Field id of the table.
        field: String,
        /// What must hold of a line for it to be counted; nothing, for every line.
        such: Vec<Condition>,
        /// How many lines; no bound, for any number.
        bound: Bound,
        /// The least part of all lines.
        share: Option<Ratio>,
    },
    /// A text of at least so many characters, blanks not counted.
    Chars {
        /// Field id.
        field: String,
        /// Characters.
        at_least: u32,
    },
    /// A number in proportion to the sum of others (优秀 at most a third; one teacher for 350 students).
    Share(Proportion),
    /// Every unit in one field stands in the other as well (who has signed, of those who should).
    Covers {
        /// Who has: field id.
        field: String,
        /// Who should: field id.
        due: String,
    },
    /// Everyone who did not come has a reason.
    EveryAbsenceHasReason,
    /// At least so many of those due came, in hundredths.
    Quorum {
        /// Share in per cent.
        percent: u8,
    },
    /// The unit is of one of these kinds (any, when none is named), has all of some traits and none of others.
    Unit {
        /// Which unit.
        unit: Which,
        /// Kinds; empty for any.
        kinds: BTreeSet<UnitKind>,
        /// Traits that it has.
        with: BTreeSet<String>,
        /// Traits that it has not.
        without: BTreeSet<String>,
    },
    /// At least one of these holds.
    AnyOf(Vec<Condition>),
    /// Not all of these hold together.
    Not(Vec<Condition>),
}

impl Condition {
    /// Every field that it speaks of by id, as often as it does.
    #[must_use]
    pub fn fields(&self) -> Vec<&str> {
        match self {
            Self::Present { field }
            | Self::Is { field, .. }
            | Self::Number { field, .. }
            | Self::Rows { field, .. }
            | Self::Chars { field, .. } => vec![field],
            Self::Share(p) => std::iter::once(&p.field).chain(&p.of).map(String::as_str).collect(),
            Self::Covers { field, due } => vec![field, due],
            Self::EveryAbsenceHasReason | Self::Quorum { .. } | Self::Unit { .. } => Vec::new(),
            Self::AnyOf(all) | Self::Not(all) => all.iter().flat_map(Self::fields).collect(),
        }
    }

    /// The field that it wants filled in, where that is what it says.
    #[must_use]
    pub fn wants(&self) -> Option<&str> {
        match self {
            Self::Present { field } | Self::Chars { field, .. } => Some(field),
            _ => None,
        }
    }
}

/// Conditions that hold together. Empty ones always hold.
///
/// Stored as a list. What was stored before there was a grammar, a table of field to value, is read as well.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Conditions(pub Vec<Condition>);

impl Conditions {
    /// Whether nothing is asked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// That each field says its value.
    #[must_use]
    pub fn saying<F: Into<String>, V: Into<String>>(all: impl IntoIterator<Item = (F, V)>) -> Self {
        let says = |(field, value): (F, V)| Condition::Is {
            field: field.into(),
            any_of: BTreeSet::from([value.into()]),
        };
        Self(all.into_iter().map(says).collect())
    }

    /// Fields that must say one thing and no other, with it: what a form opened for the demand is filled with.
    pub fn said(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|c| match c {
            Condition::Is { field, any_of } if any_of.len() == 1 => {
                any_of.first().map(|value| (field.as_str(), value.as_str()))
            }
            _ => None,
        })
    }

    /// Whether one record could meet both, as far as it can be told without one: no field is asked to say two things.
    #[must_use]
    pub fn go_with(&self, other: &Self) -> bool {
        let says = |c: &Self, wanted: &str| -> Option<BTreeSet<String>> {
            c.0.iter().find_map(|c| match c {
                Condition::Is { field, any_of } if field == wanted => Some(any_of.clone()),
                _ => None,
            })
        };
        self.0.iter().all(|c| match c {
            Condition::Is { field, any_of } => says(other, field).is_none_or(|o| !o.is_disjoint(any_of)),
            _ => true,
        })
    }
}

impl<'de> Deserialize<'de> for Conditions {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Stored {
            List(Vec<Condition>),
            Table(BTreeMap<String, String>),
        }
        Ok(match Stored::deserialize(from)? {
            Stored::List(all) => Self(all),
            Stored::Table(table) => Self::saying(table),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_stored_as_a_table_is_read() {
        let old: Conditions =
            serde_json::from_str(r#"{"form":"assembly","pair":"between_members"}"#).unwrap();
        assert_eq!(old, Conditions::saying([("form", "assembly"), ("pair", "between_members")]));
        assert_eq!(serde_json::from_str::<Conditions>("{}").unwrap(), Conditions::default());
    }

    #[test]
    fn every_word_survives_storage() {
        let field = || "a".to_owned();
        let words = ["x".to_owned(), "y".to_owned()];
        let all = Conditions(vec![
            Condition::Present { field: field() },
            Condition::Is { field: field(), any_of: BTreeSet::from(words.clone()) },
            Condition::Number { field: field(), bound: Bound { at_least: Some(1), at_most: None } },
            Condition::Rows {
                field: field(),
                such: vec![Condition::Present { field: "b".to_owned() }],
                bound: Bound { at_least: Some(2), at_most: None },
                share: Some(Ratio { part: 1, whole: 1 }),
            },
            Condition::Chars { field: field(), at_least: 20 },
            Condition::Share(Proportion {
                field: field(),
                of: words.to_vec(),
                most: true,
                ratio: Ratio { part: 1, whole: 3 },
            }),
            Condition::Covers { field: field(), due: "b".to_owned() },
            Condition::EveryAbsenceHasReason,
            Condition::Quorum { percent: 50 },
            Condition::Unit {
                unit: Which::Above(1),
                kinds: BTreeSet::from([UnitKind::GeneralBranch]),
                with: BTreeSet::new(),
                without: BTreeSet::from(["temporary".to_owned()]),
            },
            Condition::AnyOf(vec![Condition::EveryAbsenceHasReason]),
            Condition::Not(vec![Condition::Quorum { percent: 67 }]),
        ]);
        let text = serde_json::to_string(&all).unwrap();
        assert_eq!(serde_json::from_str::<Conditions>(&text).unwrap(), all);
    }

    #[test]
    fn two_demands_go_with_each_other_unless_a_field_would_have_to_say_two_things() {
        let a = Conditions::saying([("form", "assembly")]);
        assert!(a.go_with(&Conditions::default()) && a.go_with(&a));
        assert!(a.go_with(&Conditions::saying([("pair", "members")])));
        assert!(!a.go_with(&Conditions::saying([("form", "lecture")])));
    }
}
