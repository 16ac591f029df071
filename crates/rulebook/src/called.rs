//! rulebook/words.toml: what the facts, states, series and papers of procedures are called.
//!
//! An institution's own file is laid over the built-in one word by word. A procedure may also write the Chinese word
//! itself where it would write an id; it is then called as it is written.

use std::collections::BTreeMap;

use crate::fault::{At, Faults, RuleFault, did_you_mean};
use crate::tree::Table;

/// What a word of a procedure names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Called {
    /// A fact about a person, a unit or a matter.
    Fact,
    /// What a person or a matter has come to.
    State,
    /// A series of numbers.
    Series,
    /// A paper that a step brings.
    Paper,
}

impl Called {
    const ALL: [Self; 4] = [Self::Fact, Self::State, Self::Series, Self::Paper];

    fn key(self) -> &'static str {
        match self {
            Self::Fact => "fact",
            Self::State => "state",
            Self::Series => "series",
            Self::Paper => "paper",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Fact => "事实",
            Self::State => "状态",
            Self::Series => "编号系列",
            Self::Paper => "文书",
        }
    }
}

/// The words, by what they name and their id.
pub(crate) type Words = BTreeMap<(Called, String), String>;

/// Reads the file.
pub(crate) fn read(mut file: Table, out: &mut Words, faults: &mut Faults) {
    for called in Called::ALL {
        let Some(mut table) = file.table(called.key(), faults) else { continue };
        for field in table.rest() {
            if let Some(title) = field.node.text(&field.key, faults) {
                out.insert((called, field.key), title);
            }
        }
    }
    file.finish(faults);
}

/// The words that procedures use and nobody has said in Chinese.
pub(crate) fn check(used: Vec<(Called, String, At)>, words: &Words) -> Vec<RuleFault> {
    let unsaid = used
        .into_iter()
        .filter(|(called, id, _)| id.is_ascii() && !words.contains_key(&(*called, id.clone())));
    let told = unsaid.map(|(called, id, at)| {
        let known = words.keys().filter(|(c, _)| *c == called).map(|(_, id)| id.as_str());
        let mut help = did_you_mean(&id, known);
        if help.is_empty() {
            help = format!("写进 words.toml 的 [{}]，或者在这里直接写中文。", called.key());
        }
        at.fault(format!("{}“{id}”没有写明叫什么", called.word()), help)
    });
    told.collect()
}
