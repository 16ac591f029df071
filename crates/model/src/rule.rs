//! What the rulebook holds, once read and checked.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{Bearers, Cadence, Condition, Conditions, Role, UnitKind, Value};

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
    /// What a record must say to count.
    pub condition: Conditions,
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
    /// 所属年度: month and day of the next year until which a record that names the year counts for it, in time.
    pub account_until: Option<(i8, i8)>,
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
    /// A table: lines of fields of their own.
    Rows,
}

/// A number that nobody types: it follows from the record's other fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Computed {
    /// The sum of these numbers (or amounts of money): field ids; `rows.column` adds up a column of a table. What is not
    /// there counts as nothing; where none is, there is no sum.
    Sum(Vec<String>),
    /// How many lines the table has, or how many people or units the field names: field id.
    Count(String),
}

/// What of the records that are there a new record's form begins with, to be looked at and mended: nobody need tell the
/// program what it knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Drawn {
    /// What was asked in the period and how it was done, demand by demand.
    Doings,
    /// What of it was not done, or done late.
    Undone,
    /// What the duty is called, from which the form was opened.
    Title,
    /// The sum of a number or amount over the unit's records of the period: ledger and field.
    Sum(String, String),
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

/// What a field means, where the program must know: no field's id stands in the program itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Means {
    /// Who came and who did not: asked by buttons; its people are who took part.
    Attendance,
    /// Study hours of each who came.
    Hours,
    /// What the record was about, in a line; kept as the record's own title.
    Title,
    /// The last day of the unit's running term.
    TermEnd,
    /// 所属年度: the year for which the record counts.
    YearOfAccount,
    /// 所属月份: the month for which the record counts, whatever day it was done.
    MonthOfAccount,
    /// The units below whose record it is too: groups that met together, each of which has done what it owes.
    HeldBy,
    /// Whom the record is about.
    Subject,
    /// 抽签号: the number by which lots were drawn.
    Seed,
    /// 名单指纹: the fingerprint of the list from which lots were drawn.
    ListPrint,
}

impl Means {
    /// Every meaning with its id, as rule files write it.
    pub const IDS: [(&'static str, Self); 10] = [
        ("attendance", Self::Attendance),
        ("hours", Self::Hours),
        ("title", Self::Title),
        ("term_end", Self::TermEnd),
        ("year_of_account", Self::YearOfAccount),
        ("month_of_account", Self::MonthOfAccount),
        ("held_by", Self::HeldBy),
        ("subject", Self::Subject),
        ("seed", Self::Seed),
        ("list_print", Self::ListPrint),
    ];

    /// The meaning as rule files write it.
    #[must_use]
    pub fn id(self) -> &'static str {
        Self::IDS.iter().find(|(_, means)| *means == self).map_or("", |(id, _)| id)
    }

    /// The type that a field of this meaning must have.
    #[must_use]
    pub fn kind(self) -> FieldType {
        match self {
            Self::Attendance => FieldType::People,
            Self::Hours | Self::YearOfAccount => FieldType::Number,
            Self::Title | Self::MonthOfAccount | Self::Seed | Self::ListPrint => FieldType::Text,
            Self::TermEnd => FieldType::Day,
            Self::HeldBy => FieldType::Units,
            Self::Subject => FieldType::Person,
        }
    }
}

/// A field of a ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Id; ledgers that use the same id mean the same fact.
    pub id: String,
    /// Label.
    pub title: String,
    /// Type.
    pub kind: FieldType,
    /// What it means, where the program must know.
    pub means: Option<Means>,
    /// How its number is computed, where nobody types it.
    pub computed: Option<Computed>,
    /// The fields of one line, of a table.
    pub rows: Vec<Field>,
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
    /// Whether a new record's form begins with what the last one said.
    pub as_last_time: bool,
    /// What of the records that are there a new record's form begins with.
    pub drawn: Option<Drawn>,
    /// Who may read it.
    pub privacy: Privacy,
    /// Width in the form, in twelfths.
    pub width: u8,
}

impl Field {
    /// Whether it stands in the head of a form and of a page: what the record was about, and who came.
    #[must_use]
    pub fn is_head(&self) -> bool {
        self.is_title() || self.is_attendance()
    }

    /// Whether it says what the record was about.
    #[must_use]
    pub fn is_title(&self) -> bool {
        self.means == Some(Means::Title)
    }

    /// Whether it says who came.
    #[must_use]
    pub fn is_attendance(&self) -> bool {
        self.means == Some(Means::Attendance)
    }

    /// A field of which nothing else is said: open to all who read the record, over the whole width.
    #[must_use]
    pub fn new(id: &str, title: &str, kind: FieldType) -> Self {
        Self {
            id: id.to_owned(),
            title: title.to_owned(),
            kind,
            means: None,
            computed: None,
            rows: Vec::new(),
            options: Vec::new(),
            unit: String::new(),
            hint: String::new(),
            links: Vec::new(),
            when: None,
            countdown: false,
            as_last_time: false,
            drawn: None,
            privacy: Privacy::Open,
            width: 12,
        }
    }

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
    pub complete: Vec<Condition>,
    /// What is told where it does not hold; the record is complete all the same.
    pub warns: Vec<Condition>,
    /// Other ledgers that one meeting may serve at the same time (套会).
    pub together: Vec<String>,
    /// Whether study hours are counted for those present, from field `hours`.
    pub counts_hours: bool,
    /// Whether the unit above confirms each record (审批、审核、把关).
    pub confirmed_above: bool,
    /// Whether it takes what no other ledger does; one ledger is so.
    pub general: bool,
    /// Whether the leading unit of an item says in it how the item goes; one ledger is so.
    pub progress: bool,
    /// Whether those who come to it are those who hold a post in the unit, not all of its members.
    pub of_posts: bool,
    /// Columns of its list: field ids.
    pub columns: Vec<String>,
    /// Words in a clause that point to this ledger (自查, 责任书), for the compiler's guess.
    pub words: Vec<String>,
    /// Source of what a complete record contains.
    pub source: Option<Source>,
}

impl Ledger {
    /// A ledger of which nothing else is said.
    #[must_use]
    pub fn new(id: &str, title: &str, fields: Vec<Field>) -> Self {
        Self {
            id: id.to_owned(),
            title: title.to_owned(),
            kept_by: Vec::new(),
            fields,
            complete: Vec::new(),
            warns: Vec::new(),
            together: Vec::new(),
            counts_hours: false,
            confirmed_above: false,
            general: false,
            progress: false,
            of_posts: false,
            columns: Vec::new(),
            words: Vec::new(),
            source: None,
        }
    }

    /// The fields of which the number is computed.
    pub fn computed(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|f| f.computed.is_some())
    }

    /// The field with this id.
    #[must_use]
    pub fn field(&self, id: &str) -> Option<&Field> {
        self.fields.iter().find(|f| f.id == id)
    }

    /// The field that means this.
    #[must_use]
    pub fn meaning(&self, means: Means) -> Option<&Field> {
        self.fields.iter().find(|f| f.means == Some(means))
    }
}

/// A property of units that rules ask for or exclude.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraitRule {
    /// Id.
    pub id: String,
    /// What it is called (设支委会).
    pub title: String,
    /// Kinds of unit that may have it.
    pub kinds: BTreeSet<UnitKind>,
    /// Kinds of unit that have it without anybody saying so.
    #[serde(default)]
    pub always: BTreeSet<UnitKind>,
}

/// A post, in the order in which people are listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostRule {
    /// Title, whole (书记 is not 副书记).
    pub title: String,
    /// Kinds of unit that it heads.
    pub heads: BTreeSet<UnitKind>,
    /// Whether it is a seat in the committee.
    pub seat: bool,
}

/// A role that procedures name: a unit of the institution, and the posts in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleRule {
    /// Id.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// Kinds of unit that have it; empty for any.
    pub kinds: BTreeSet<UnitKind>,
    /// Traits that the unit has.
    pub with: BTreeSet<String>,
    /// The posts that act for it; any, where none is named.
    pub posts: Vec<String>,
    /// The role of the accounts that act for it, beside those of the unit itself: of the Party office it reaches over all.
    #[serde(default)]
    pub account: Option<Role>,
}

/// What the rulebook knows of posts and of the traits of units.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roles {
    /// Posts, in order.
    pub posts: Vec<PostRule>,
    /// Traits, in order.
    pub traits: Vec<TraitRule>,
    /// Roles that procedures name.
    #[serde(default)]
    pub roles: Vec<RoleRule>,
}

impl Roles {
    /// Whether a post heads some kind of unit.
    #[must_use]
    pub fn is_head(&self, title: &str) -> bool {
        self.posts.iter().any(|p| p.title == title && !p.heads.is_empty())
    }

    /// Whether a post heads units of this kind.
    #[must_use]
    pub fn heads(&self, title: &str, kind: UnitKind) -> bool {
        self.posts.iter().any(|p| p.title == title && p.heads.contains(&kind))
    }

    /// The title of the post that heads units of this kind; the first, where there are several.
    #[must_use]
    pub fn head_of(&self, kind: UnitKind) -> Option<&str> {
        self.posts.iter().find(|p| p.heads.contains(&kind)).map(|p| p.title.as_str())
    }

    /// Place of a post in the order of lists; what is not known comes after all that is.
    #[must_use]
    pub fn rank(&self, title: &str) -> usize {
        self.posts.iter().position(|p| p.title == title).unwrap_or(self.posts.len())
    }

    /// What a trait is called; its id, when nothing defines it.
    #[must_use]
    pub fn trait_word<'t>(&'t self, id: &'t str) -> &'t str {
        self.traits.iter().find(|t| t.id == id).map_or(id, |t| t.title.as_str())
    }
}
