//! The words of the demonstration's records: `data/records.toml` and `data/themes.toml`.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde::Deserialize;

/// Members of what kind a unit has, mostly: it decides topics, places, and why people cannot come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    Staff,
    Student,
    Retired,
}

/// Words for the records of certain ledgers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Section {
    ledgers: Vec<String>,
    pub(crate) titles: Vec<String>,
    pub(crate) texts: Vec<String>,
}

/// One topic of a theme day.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Topic {
    pub(crate) title: String,
    pub(crate) text: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Month {
    month: i8,
    staff: Vec<Topic>,
    student: Vec<Topic>,
    retired: Vec<Topic>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Themes {
    month: Vec<Month>,
}

/// All the words.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Material {
    places_staff: Vec<String>,
    places_student: Vec<String>,
    places_retired: Vec<String>,
    leave_staff: Vec<String>,
    leave_student: Vec<String>,
    leave_retired: Vec<String>,
    pub(crate) opening: Vec<String>,
    pub(crate) closing: Vec<String>,
    pub(crate) closing_board: Vec<String>,
    pub(crate) speech: Vec<String>,
    pub(crate) waive: Vec<String>,
    pub(crate) extend: Vec<String>,
    section: Vec<Section>,
    fields: BTreeMap<String, Vec<String>>,
    #[serde(skip)]
    months: Vec<Month>,
}

impl Material {
    /// Reads the words that are compiled in.
    pub(crate) fn read() -> anyhow::Result<Self> {
        let mut all: Self =
            toml::from_str(include_str!("../data/records.toml")).context("data/records.toml")?;
        let themes: Themes =
            toml::from_str(include_str!("../data/themes.toml")).context("data/themes.toml")?;
        all.months = themes.month;
        Ok(all)
    }

    pub(crate) fn places(&self, audience: Audience) -> &[String] {
        match audience {
            Audience::Staff => &self.places_staff,
            Audience::Student => &self.places_student,
            Audience::Retired => &self.places_retired,
        }
    }

    /// Why somebody asks for leave.
    pub(crate) fn leave(&self, audience: Audience) -> &[String] {
        match audience {
            Audience::Staff => &self.leave_staff,
            Audience::Student => &self.leave_student,
            Audience::Retired => &self.leave_retired,
        }
    }

    /// Topics of a month's theme day.
    pub(crate) fn topics(&self, month: i8, audience: Audience) -> &[Topic] {
        let Some(found) = self.months.iter().find(|m| m.month == month) else { return &[] };
        match audience {
            Audience::Staff => &found.staff,
            Audience::Student => &found.student,
            Audience::Retired => &found.retired,
        }
    }

    /// The words for a ledger; those for general work when it has none of its own.
    pub(crate) fn section(&self, ledger: &str) -> Option<&Section> {
        let of = |id: &str| self.section.iter().find(|s| s.ledgers.iter().any(|l| l == id));
        of(ledger).or_else(|| of("general-work"))
    }

    /// What a field may say in the records of a branch, or of a unit above the branches.
    pub(crate) fn field(&self, id: &str, board: bool) -> &[String] {
        let above = board.then(|| self.fields.get(&format!("{id}@board"))).flatten();
        above.or_else(|| self.fields.get(id)).map(Vec::as_slice).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_month_has_topics_for_everybody() {
        let words = Material::read().expect("the built-in words");
        for month in 1..=12 {
            for audience in [Audience::Staff, Audience::Student, Audience::Retired] {
                assert!(!words.topics(month, audience).is_empty(), "{month} {audience:?}");
            }
        }
    }

    #[test]
    fn every_ledger_named_in_the_words_is_in_the_rulebook() {
        let words = Material::read().expect("the built-in words");
        let rulebook = rulebook::Rulebook::built_in().expect("the built-in rulebook");
        let unknown: Vec<&String> =
            words.section.iter().flat_map(|s| &s.ledgers).filter(|l| rulebook.ledger(l).is_none()).collect();
        assert_eq!(unknown, Vec::<&String>::new());
    }
}
