//! What the files say of one another: names that must be unique, ids that must exist, values that must fit.

use std::collections::BTreeMap;

use model::rule::{FieldType, Ledger};

use crate::fault::{At, RuleFault, did_you_mean};

/// What an id is the id of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Mechanism,
    Obligation,
    Ledger,
    Regulation,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Mechanism => "制度",
            Self::Obligation => "要求",
            Self::Ledger => "台账",
            Self::Regulation => "法规",
        }
    }
}

/// All that was said, to be checked once every file is read.
#[derive(Default)]
pub(crate) struct Links {
    references: Vec<(Kind, String, At)>,
    conditions: Vec<(String, String, String, At)>,
    names: BTreeMap<(Kind, String), (String, At)>,
    hanging: Vec<(String, At)>,
    faults: Vec<RuleFault>,
}

impl Links {
    /// Something refers to `id`.
    pub(crate) fn to(&mut self, kind: Kind, id: &str, at: At) {
        self.references.push((kind, id.to_owned(), at));
    }

    /// A record in `ledger` must have `field` = `value`.
    pub(crate) fn condition(&mut self, ledger: &str, field: &str, value: &str, at: At) {
        self.conditions.push((ledger.to_owned(), field.to_owned(), value.to_owned(), at));
    }

    /// Something hangs on an event, or on a day that the records of a ledger say.
    pub(crate) fn hangs_on(&mut self, name: &str, at: At) {
        self.hanging.push((name.to_owned(), at));
    }

    /// What hangs on events and written days.
    pub(crate) fn take_hanging(&mut self) -> Vec<(String, At)> {
        std::mem::take(&mut self.hanging)
    }

    /// `owner` is replaced: its names are free again.
    pub(crate) fn forget(&mut self, kind: Kind, owner: &str) {
        self.names.retain(|(k, _), (o, _)| *k != kind || o != owner);
    }

    /// `owner` is called `name`; no other may be.
    pub(crate) fn name(&mut self, kind: Kind, name: &str, owner: &str, at: At) {
        let key = (kind, name.to_owned());
        if let Some((other, first)) = self.names.get(&key) {
            let message = if other == owner {
                format!("{}“{owner}”的名称“{name}”重复", kind.word())
            } else {
                format!("名称“{name}”已由{}“{other}”使用", kind.word())
            };
            self.faults.push(at.fault(message, format!("另一处在 {} 第 {} 行。", first.file, first.line)));
        } else {
            self.names.insert(key, (owner.to_owned(), at));
        }
    }

    /// The faults among the files, given the ids that there are and the ledgers by id.
    pub(crate) fn check(
        self,
        ids: &BTreeMap<Kind, Vec<&str>>,
        ledgers: &BTreeMap<&str, &Ledger>,
    ) -> Vec<RuleFault> {
        let mut out = self.faults;
        for (kind, id, at) in self.references {
            let known = ids.get(&kind).map(Vec::as_slice).unwrap_or_default();
            if !known.contains(&id.as_str()) {
                let help = did_you_mean(&id, known.iter().copied());
                out.push(at.fault(format!("没有编号为“{id}”的{}", kind.word()), help));
            }
        }
        for (ledger, field, value, at) in self.conditions {
            // A ledger that is not there has been told already.
            let Some(ledger) = ledgers.get(ledger.as_str()) else { continue };
            let Some(f) = ledger.fields.iter().find(|f| f.id == field) else {
                let help = did_you_mean(&field, ledger.fields.iter().map(|f| f.id.as_str()));
                out.push(at.fault(format!("台账“{}”没有字段“{field}”", ledger.title), help));
                continue;
            };
            let choice = matches!(f.kind, FieldType::Choice | FieldType::Choices);
            if choice && f.options.iter().all(|(id, _)| *id != value) {
                let help = did_you_mean(&value, f.options.iter().map(|(id, _)| id.as_str()));
                out.push(at.fault(format!("字段“{}”没有选项“{value}”", f.title), help));
            }
        }
        out
    }
}
