//! What is owed, what was done, and what counts for what.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use crate::{AccountId, Attached, CreditId, DutyId, EntryId, FileId, ObligationId, PersonId, UnitId};

/// 应办事项: one occurrence of an obligation for one unit or person. All of it is fixed when it is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duty {
    /// Identifier.
    pub id: DutyId,
    /// What it is an occurrence of.
    pub obligation: ObligationId,
    /// Who owes it; for a person's duty, their branch.
    pub unit: UnitId,
    /// The person who owes it, when it is a person's.
    pub person: Option<PersonId>,
    /// What it is called: 主题党日（4月）.
    pub title: String,
    /// First day of its period.
    pub starts: Date,
    /// The day on which one would plan to do it.
    pub planned: Date,
    /// Last day on which it is on time.
    pub due: Date,
    /// Which of several in the same period, from 1.
    pub seq: u32,
    /// How much is needed: 1 for a count, minutes for study hours (32 hours are 1920).
    pub need: u32,
    /// Version of the rulebook by which it was made.
    pub rules: String,
    /// The year in whose Book it stands, which is its obligation's; the due day may lie outside of it.
    pub year: i16,
}

/// That another obligation asks for a duty too, or that the one for which it was made has ceased to: a demand that two
/// sources make of the same unit in the same period is one duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AlsoAsked {
    /// The duty.
    pub duty: DutyId,
    /// The obligation.
    pub by: ObligationId,
    /// Day from which it asks.
    pub since: Date,
    /// Day from which it no longer does.
    pub until: Option<Date>,
}

/// 到、缺、请假.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attendance {
    /// 到.
    Present,
    /// 缺.
    Absent,
    /// 请假.
    Leave,
}

/// A person in a record of who came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participant {
    /// Who, when it is somebody on the roster.
    pub person: Option<PersonId>,
    /// Name at the time.
    pub name: String,
    /// Whether they came.
    pub attendance: Attendance,
    /// Why not.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// 列席.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub guest: bool,
    /// As what they took part (组长、主讲); empty when nobody said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub role: String,
}

/// What a field of a record holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// Text, short or long.
    Text(String),
    /// A day.
    Day(Date),
    /// From one day to another, both included.
    Days(Date, Date),
    /// A number in the field's unit, in thousandths (1.5 hours are 1500).
    Number(i64),
    /// Money in fen.
    Money(i64),
    /// One of the field's options, by id.
    Choice(String),
    /// Several of the field's options, by id.
    Choices(Vec<String>),
    /// A person.
    Person {
        /// Who, when it is somebody on the roster.
        id: Option<PersonId>,
        /// Name at the time.
        name: String,
    },
    /// Who came and who did not.
    People(Vec<Participant>),
    /// A unit.
    Unit(UnitId),
    /// Several units.
    Units(Vec<UnitId>),
    /// Another record.
    Link(EntryId),
    /// Files.
    Files(Vec<Attached>),
    /// The lines of a table, each by the ids of its fields.
    Rows(Vec<Row>),
}

/// A line of a table in a record.
pub type Row = BTreeMap<String, Value>;

/// 记录: one record, in one ledger or several at once (套会). The newest revision of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Identifier; made with the form, so that a form sent twice is one entry.
    pub id: EntryId,
    /// Whose record.
    pub unit: UnitId,
    /// Ids of the ledgers that it belongs to; the first is the one that it was opened from.
    pub ledgers: Vec<String>,
    /// The day on which it happened.
    pub day: Date,
    /// What it was about, in a line.
    pub title: String,
    /// Its fields by id; ledgers that share a field id share the fact.
    pub values: BTreeMap<String, Value>,
    /// Revision, from 1.
    pub revision: u32,
    /// When the first revision was entered.
    pub entered_at: Timestamp,
    /// Who entered the first revision.
    pub entered_by: AccountId,
    /// When this revision was entered.
    pub revised_at: Timestamp,
    /// Whether it was withdrawn (a record made by mistake); kept, but counts for nothing.
    #[serde(default)]
    pub withdrawn: bool,
}

impl Entry {
    /// Who came and who did not, from the field `people`.
    #[must_use]
    pub fn people(&self) -> &[Participant] {
        match self.values.get("people") {
            Some(Value::People(p)) => p,
            _ => &[],
        }
    }

    /// Every file that it names, with the field in which it stands.
    pub fn files(&self) -> impl Iterator<Item = (&str, &Attached)> {
        self.values.iter().flat_map(|(field, value)| {
            let files = if let Value::Files(files) = value { files.as_slice() } else { &[] };
            files.iter().map(move |f| (field.as_str(), f))
        })
    }

    /// The file of this id, with the field in which it stands.
    #[must_use]
    pub fn file(&self, id: FileId) -> Option<(&str, &Attached)> {
        self.files().find(|(_, f)| f.id == id)
    }
}

/// 确认: how a record stands with the level above, where its ledger asks for its confirmation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confirmation {
    /// 待确认.
    Waiting,
    /// 已确认.
    Confirmed,
    /// 已退回: to be mended.
    Returned,
}

impl Confirmation {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Confirmed, Self::Returned];

    /// The word by which it is stored and asked for.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Confirmed => "confirmed",
            Self::Returned => "returned",
        }
    }

    /// The state in Chinese.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "待确认",
            Self::Confirmed => "已确认",
            Self::Returned => "已退回",
        }
    }
}

/// 佐证关系: this entry counts for that duty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credit {
    /// Identifier.
    pub id: CreditId,
    /// The duty.
    pub duty: DutyId,
    /// The entry.
    pub entry: EntryId,
    /// How much it counts, in the duty's measure.
    pub amount: u32,
    /// The day on which the entry happened.
    pub happened: Date,
    /// The day (in Asia/Shanghai) from which the credit was known.
    pub known: Date,
    /// The day from which it no longer counts (entry revised or withdrawn).
    pub ended: Option<Date>,
}

/// 状态: how a duty stands on a day. Computed, never typed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// 逾期.
    Overdue,
    /// 将到期: 7 days or fewer, the due day included.
    DueSoon,
    /// 待办: in its period.
    Open,
    /// 未到期: its period has not begun.
    NotDue,
    /// 迟办: happened after the due day; counts as done.
    MetLate,
    /// 已办.
    Met,
    /// 免办.
    Waived,
}

impl Standing {
    /// Every standing, gravest first.
    pub const ALL: [Self; 7] =
        [Self::Overdue, Self::DueSoon, Self::Open, Self::NotDue, Self::MetLate, Self::Met, Self::Waived];

    /// The standing in Chinese.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Overdue => "逾期",
            Self::DueSoon => "将到期",
            Self::Open => "待办",
            Self::NotDue => "未到期",
            Self::MetLate => "迟办",
            Self::Met => "已办",
            Self::Waived => "免办",
        }
    }

    /// Class and symbol of its light in the stylesheet.
    #[must_use]
    pub fn light(self) -> &'static str {
        match self {
            Self::Overdue => "over",
            Self::DueSoon => "soon",
            Self::Open => "open",
            Self::NotDue => "none",
            Self::MetLate => "late",
            Self::Met => "met",
            Self::Waived => "waive",
        }
    }

    /// Whether the duty is done, late or not.
    #[must_use]
    pub fn is_done(self) -> bool {
        matches!(self, Self::Met | Self::MetLate)
    }
}

/// All that standing rests on for one duty: small enough to hold a year of them in memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandingFacts {
    /// The duty.
    pub duty: DutyId,
    /// What it is an occurrence of.
    pub obligation: ObligationId,
    /// Who owes it.
    pub unit: UnitId,
    /// The person who owes it, when it is a person's.
    pub person: Option<PersonId>,
    /// First day of its period.
    pub starts: Date,
    /// Last day on which it is on time, as first planned.
    pub due: Date,
    /// How much is needed.
    pub need: u32,
    /// Day from which the duty was known (made by publishing).
    pub made: Date,
    /// Day from which it is no longer asked (a later version of the plan dropped it).
    pub dropped: Option<Date>,
    /// Credits as (happened, known, ended, amount).
    pub credits: Vec<(Date, Date, Option<Date>, u32)>,
    /// Day on which a waiver was approved.
    pub waived: Option<Date>,
    /// Approved extensions as (day of approval, new due day), oldest first.
    pub extended: Vec<(Date, Date)>,
    /// The other obligations that ask it as (obligation, since, until); the one for which it was made stands among them
    /// once it asks no more. In the order of their identifiers.
    pub also: Vec<(ObligationId, Date, Option<Date>)>,
}

impl StandingFacts {
    /// Whether an obligation asks for the duty on a day, as far as the duty knows.
    #[must_use]
    pub fn is_asked_by(&self, obligation: ObligationId, on: Date) -> bool {
        match self.also.iter().find(|(by, ..)| *by == obligation) {
            Some((_, since, until)) => *since <= on && until.is_none_or(|day| on < day),
            None => obligation == self.obligation,
        }
    }

    /// The obligations that ask for the duty on a day: first the one for which it was made.
    pub fn asked_by(&self, on: Date) -> impl Iterator<Item = ObligationId> {
        let others = self.also.iter().map(|(by, ..)| *by).filter(|by| *by != self.obligation);
        std::iter::once(self.obligation).chain(others).filter(move |by| self.is_asked_by(*by, on))
    }
}
