//! The closed vocabularies of rule files: what a word in TOML stands for.

use std::ops::Range;

use model::rule::{FieldType, Level, Privacy};
use model::{PERSON_CATEGORIES, Per, Stage, UnitKind};

use crate::fault::{Faults, did_you_mean};

pub(crate) const KINDS: &[(&str, UnitKind)] = &UnitKind::IDS;

pub(crate) const STAGES: &[(&str, Stage)] = &Stage::IDS;

pub(crate) const CATEGORIES: &[(&str, &str)] = &PERSON_CATEGORIES;

pub(crate) const PERS: &[(&str, Per)] = &[
    ("day", Per::Day),
    ("week", Per::Week),
    ("two_weeks", Per::TwoWeeks),
    ("month", Per::Month),
    ("two_months", Per::TwoMonths),
    ("quarter", Per::Quarter),
    ("term", Per::Term),
    ("half_year", Per::HalfYear),
    ("year", Per::Year),
];

pub(crate) const LEVELS: &[(&str, Level)] = &[
    ("national", Level::National),
    ("ministry", Level::Ministry),
    ("provincial", Level::Provincial),
    ("school", Level::School),
    ("practice", Level::Practice),
];

pub(crate) const FIELD_TYPES: &[(&str, FieldType)] = &[
    ("text", FieldType::Text),
    ("long_text", FieldType::LongText),
    ("day", FieldType::Day),
    ("days", FieldType::Days),
    ("number", FieldType::Number),
    ("money", FieldType::Money),
    ("choice", FieldType::Choice),
    ("choices", FieldType::Choices),
    ("person", FieldType::Person),
    ("people", FieldType::People),
    ("unit", FieldType::Unit),
    ("units", FieldType::Units),
    ("place", FieldType::Place),
    ("link", FieldType::Link),
    ("file", FieldType::File),
    ("rows", FieldType::Rows),
];

pub(crate) const PRIVACIES: &[(&str, Privacy)] =
    &[("open", Privacy::Open), ("branch", Privacy::Branch), ("restricted", Privacy::Restricted)];

/// What `word` stands for in `vocabulary`, or a fault that lists the words there are.
pub(crate) fn meaning<T: Copy>(
    word: &str,
    span: &Range<usize>,
    vocabulary: &[(&'static str, T)],
    what: &str,
    faults: &mut Faults,
) -> Option<T> {
    let found = vocabulary.iter().find(|(w, _)| *w == word).map(|(_, t)| *t);
    if found.is_none() {
        let mut help = did_you_mean(word, vocabulary.iter().map(|(w, _)| *w));
        if help.is_empty() {
            let words: Vec<_> = vocabulary.iter().map(|(w, _)| *w).collect();
            help = format!("可用：{}。", words.join("、"));
        }
        faults.say(span, format!("{what}“{word}”不认识"), help);
    }
    found
}
