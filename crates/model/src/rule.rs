//! What the rulebook holds, once read and checked.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{Bearers, Cadence, UnitKind, Value};

/// How high a rule stands; only national and ministry rules are hard, the rest are settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// 党中央、全国性法规.
    National,
    /// 部委.
    Ministry,
    /// 省级.
    Provincial,
    /// 学校自定: a setting.
    School,
    /// 惯例: a setting.
    Practice,
}

impl Level {
    /// Whether it is a rule and not a setting.
    #[must_use]
    pub fn is_hard(self) -> bool {
        matches!(self, Self::National | Self::Ministry)
    }

    /// The level in Chinese.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::National => "全国",
            Self::Ministry => "部委",
            Self::Provincial => "省级",
            Self::School => "本校设定",
            Self::Practice => "惯例",
        }
    }
}

/// Where a rule is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Id of the regulation in the register; empty for a local setting.
    #[serde(default)]
    pub regulation: String,
    /// Article (第11条).
    #[serde(default)]
    pub article: String,
    /// Level.
    pub level: Level,
}

/// 法规: a title in the register of regulations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Regulation {
    /// Id.
    pub id: String,
    /// The right title, without 《》.
    pub title: String,
    /// Other titles that are right.
    pub aliases: Vec<String>,
    /// Who issued it.
    pub issuer: String,
    /// Day of issue.
    pub issued: Option<Date>,
    /// First day in force.
    pub effective: Option<Date>,
    /// Id of the regulation that replaced it.
    pub replaced_by: Option<String>,
    /// Day from which it was replaced.
    pub replaced_on: Option<Date>,
    /// Whether the exact title was seen in a public copy; a title from memory is never offered as a correction.
    pub seen: bool,
}

/// 制度、机制: a named practice that a clause may mention.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mechanism {
    /// Id: name of its file.
    pub id: String,
    /// Name (三会一课).
    pub title: String,
    /// Other names.
    pub aliases: Vec<String>,
    /// Ids of the standing obligations that it brings.
    pub brings: Vec<String>,
    /// Ledger by which following it is shown, where it brings no obligation of its own.
    pub ledger: Option<String>,
    /// Suggested rhythm for 定期 and the like beside it, where the rulebook knows one.
    pub suggests: Option<Cadence>,
    /// Why that rhythm, in a sentence that the clerk reads; empty when nothing is suggested.
    pub suggests_reason: String,
    /// Longer words in which a name of it means something else (双高峰): no mention.
    pub not_within: Vec<String>,
}

/// A standing obligation: what a regulation or a local setting asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObligationRule {
    /// Id: name of its file.
    pub id: String,
    /// Name (支部党员大会).
    pub title: String,
    /// Who bears it.
    pub bearers: Bearers,
    /// How often.
    pub cadence: Cadence,
    /// Ledger by which it is shown.
    pub ledger: String,
    /// What a record must say to count: field id to value.
    pub condition: BTreeMap<String, String>,
    /// Where it is written.
    pub source: Source,
    /// First day in force.
    pub since: Option<Date>,
    /// First day no longer in force.
    pub until: Option<Date>,
    /// Months in which it is usually done; the planned day falls into them.
    pub months: Vec<i8>,
    /// A remark for the person who reads the rule.
    pub note: String,
    /// Whether it holds even when no clause names its mechanism.
    pub always: bool,
}

/// How a field is asked for and shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    /// A line of text.
    Text,
    /// Several lines.
    LongText,
    /// A day.
    Day,
    /// From a day to a day.
    Days,
    /// A number with a unit.
    Number,
    /// Money.
    Money,
    /// One of several.
    Choice,
    /// Some of several.
    Choices,
    /// A person.
    Person,
    /// People: who came (the field `people`), or a list of names with their roles.
    People,
    /// A unit.
    Unit,
    /// Units.
    Units,
    /// A place.
    Place,
    /// Another record.
    Link,
    /// Files, one or several.
    File,
}

/// Who may read a field beside those who keep the ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Privacy {
    /// All who may read the record.
    #[default]
    Open,
    /// The branch and those above it.
    Branch,
    /// Only those who keep the ledger, the discipline committee, and the person concerned.
    Restricted,
}

/// The field for whatever else belongs to a record (附件); every ledger has it without saying so.
pub const ATTACHMENTS: &str = "attachments";

/// A field of a ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Id; ledgers that use the same id mean the same fact.
    pub id: String,
    /// Label.
    pub title: String,
    /// Type.
    pub kind: FieldType,
    /// Options of a choice: id and label, in order.
    pub options: Vec<(String, String)>,
    /// Unit of a number.
    pub unit: String,
    /// A hint under the label.
    pub hint: String,
    /// Ledgers whose records a link may name; empty for any.
    pub links: Vec<String>,
    /// Asked only when another field has one of these values: (field id, values).
    pub when: Option<(String, Vec<String>)>,
    /// For a day that lies ahead (届满日期): whether the days left until it are told.
    pub countdown: bool,
    /// Who may read it.
    pub privacy: Privacy,
    /// Width in the form, in twelfths.
    pub width: u8,
}

impl Field {
    /// Whether the form asks for the field, given what else was chosen.
    #[must_use]
    pub fn is_asked(&self, values: &BTreeMap<String, Value>) -> bool {
        self.when.as_ref().is_none_or(|(other, wanted)| match values.get(other) {
            Some(Value::Choice(c) | Value::Text(c)) => wanted.contains(c),
            Some(Value::Choices(cs)) => cs.iter().any(|c| wanted.contains(c)),
            _ => false,
        })
    }
}

/// One thing that a complete record contains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Element {
    /// The field is filled in.
    Has {
        /// Field id.
        field: String,
    },
    /// Everyone who did not come has a reason.
    EveryAbsenceHasReason,
    /// At least so many of those due came, in hundredths.
    Quorum {
        /// Share in per cent.
        percent: u8,
    },
    /// A long text is at least so many characters long.
    AtLeastChars {
        /// Field id.
        field: String,
        /// Characters.
        chars: u32,
    },
}

/// Something that is computed from a record and told when it is out of bounds; the record is complete all the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Warning {
    /// A number stands in a proportion to the sum of others (优秀 at most a third; one teacher for 350 students).
    Share {
        /// The number: field id.
        field: String,
        /// What it is compared with, added up: field ids.
        of: Vec<String>,
        /// Whether `part` in `whole` is the most; else it is the least.
        most: bool,
        /// The proportion: so many…
        part: u32,
        /// …of so many.
        whole: u32,
    },
    /// Every unit in one field stands in the other as well (who has signed of those who should).
    Covers {
        /// Who should: field id.
        due: String,
        /// Who has: field id.
        done: String,
    },
}

/// 台账.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// Id: name of its file.
    pub id: String,
    /// Name.
    pub title: String,
    /// Kinds of unit that keep it.
    pub kept_by: Vec<UnitKind>,
    /// Fields in order.
    pub fields: Vec<Field>,
    /// What a complete record contains.
    pub complete: Vec<Element>,
    /// What is computed and told when it is out of bounds.
    pub warns: Vec<Warning>,
    /// Other ledgers that one meeting may serve at the same time (套会).
    pub together: Vec<String>,
    /// Whether study hours are counted for those present, from field `hours`.
    pub counts_hours: bool,
    /// Whether the unit above confirms each record (审批、审核、把关).
    pub confirmed_above: bool,
    /// Columns of its list: field ids.
    pub columns: Vec<String>,
    /// Words in a clause that point to this ledger (自查, 责任书), for the compiler's guess.
    pub words: Vec<String>,
    /// Source of what a complete record contains.
    pub source: Option<Source>,
}
