//! 申请、决定: somebody asks, another decides, with reason and day.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{AccountId, DutyId, PersonId, RequestId, Role, UnitId};

/// What kind of request it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestKind {
    /// 免办.
    Waiver,
    /// 延期.
    Extension,
    /// 更正.
    Correction,
    /// 开户.
    Account,
}

impl RequestKind {
    /// In Chinese.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiver => "免办",
            Self::Extension => "延期",
            Self::Correction => "更正",
            Self::Account => "开户",
        }
    }
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    /// That a duty need not be met.
    Waiver {
        /// The duty.
        duty: DutyId,
    },
    /// That a duty be due later.
    Extension {
        /// The duty.
        duty: DutyId,
        /// The new due day.
        due: Date,
    },
    /// That what is held of a person be put right; the reason says what.
    Correction {
        /// About whom.
        person: PersonId,
    },
    /// That somebody be given an account with a role.
    Account {
        /// For whom.
        person: PersonId,
        /// The role.
        role: Role,
        /// Over which unit.
        unit: UnitId,
    },
}

impl Wish {
    /// Of which kind it is.
    #[must_use]
    pub fn kind(&self) -> RequestKind {
        match self {
            Self::Waiver { .. } => RequestKind::Waiver,
            Self::Extension { .. } => RequestKind::Extension,
            Self::Correction { .. } => RequestKind::Correction,
            Self::Account { .. } => RequestKind::Account,
        }
    }

    /// The duty that it is about, if it is about one.
    #[must_use]
    pub fn duty(&self) -> Option<DutyId> {
        match self {
            Self::Waiver { duty } | Self::Extension { duty, .. } => Some(*duty),
            Self::Correction { .. } | Self::Account { .. } => None,
        }
    }

    /// The person that it is about, if it is about one.
    #[must_use]
    pub fn person(&self) -> Option<PersonId> {
        match self {
            Self::Correction { person } | Self::Account { person, .. } => Some(*person),
            Self::Waiver { .. } | Self::Extension { .. } => None,
        }
    }
}

/// 申请.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Identifier.
    pub id: RequestId,
    /// What is asked.
    pub wish: Wish,
    /// Why.
    pub reason: String,
    /// Who asked.
    pub asked_by: AccountId,
    /// When.
    pub asked_at: Timestamp,
    /// What was decided; none while it waits.
    pub decision: Option<Decision>,
}

impl Request {
    /// The day from which what was asked holds; none while it waits and when it was not approved. What nobody is known to
    /// have approved is not.
    #[must_use]
    pub fn approved_on(&self) -> Option<Date> {
        let given = |d: &&Decision| d.outcome == Outcome::Approved && d.by.is_some();
        self.decision.as_ref().filter(given).map(|d| d.on)
    }
}

/// How a request was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// 批准, 办好.
    Approved,
    /// 不批, 不办.
    Refused,
    /// Taken back by the side that asked.
    Withdrawn,
}

/// 决定.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// How.
    pub outcome: Outcome,
    /// By whom; not known of what was decided before this was kept.
    pub by: Option<AccountId>,
    /// On which day: from then on it holds.
    pub on: Date,
    /// When.
    pub at: Timestamp,
    /// What was said to it.
    pub remark: String,
}
