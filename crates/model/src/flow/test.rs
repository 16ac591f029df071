//! 把关: what a step needs, and when one exists: the grammar of conditions with what only a case knows.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Effect, Given, Length, Path, Point};
use crate::{Condition, Ratio};

/// How high the rule stands on which a guard rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Rank {
    /// 全国.
    National,
    /// 部委.
    Ministry,
    /// 省级.
    Provincial,
    /// 本校设定.
    School,
    /// A promise of the program's own: it refuses.
    Product,
}

impl Rank {
    /// Every rank with its id, as rule files write it.
    pub const IDS: [(&'static str, Self); 5] = [
        ("national", Self::National),
        ("ministry", Self::Ministry),
        ("provincial", Self::Provincial),
        ("school", Self::School),
        ("product", Self::Product),
    ];

    /// The rank as rule files write it.
    #[must_use]
    pub fn id(self) -> &'static str {
        Self::IDS.iter().find(|(_, rank)| *rank == self).map_or("", |(id, _)| id)
    }

    /// The rank in Chinese.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::National => "全国",
            Self::Ministry => "部委",
            Self::Provincial => "省级",
            Self::School => "本校设定",
            Self::Product => "系统约定",
        }
    }
}

/// On what a guard rests: a row of the table of articles, or a rank.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Cite {
    /// Id of the row.
    pub article: Option<String>,
    /// The rank, where there is no row.
    pub rank: Option<Rank>,
}

/// A number as a bound writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Amount {
    /// So many.
    Number(i64),
    /// As many as stands there.
    Path(Path),
}

/// Bounds of a number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amounts {
    /// The least, itself allowed.
    pub at_least: Option<Amount>,
    /// The most, itself allowed.
    pub at_most: Option<Amount>,
}

/// Bounds of a stretch of time; one of the two is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeBound {
    /// The least, itself allowed.
    pub at_least: Option<Length>,
    /// The most, itself allowed.
    pub at_most: Option<Length>,
}

/// What somebody must not be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Relation {
    /// One who did that step.
    Did(String),
    /// One whom a value names.
    In(Path),
    /// The subject, or one who declared to be near to the subject.
    NearSubject,
    /// One whom that value names, or near to such a one.
    Near(Path),
    /// The person of the line of the lane.
    Line,
    /// A person of the unit of the line.
    UnitOfLine,
    /// The person of the line, or one who declared to be near.
    NearLine,
}

/// Whom a field must name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeopleTest {
    /// The field of the record.
    pub field: String,
    /// How many.
    pub bound: Amounts,
    /// What each must be: a stage, `with_rights`, a post.
    pub are: Vec<String>,
    /// In how many running cases each may stand in this place, this one counted.
    pub load_at_most: Option<i64>,
    /// What none may be.
    pub not: Vec<Relation>,
}

/// Which other cases are counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CasesOf {
    /// Those under the same parent, this one counted as if it had come so far.
    Parent,
    /// Those about the same subject, this one left out; of one procedure, where it is named.
    Subject(Option<String>),
    /// The checks and appraisals of this kind that the same unit opened in the year, this one counted.
    Kind(String),
}

/// One thing that may hold or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Test {
    /// A condition upon the record or the unit.
    Record(Condition),
    /// A condition upon the unit of the line of the lane.
    OfLine(Condition),
    /// A condition upon the latest record of a step, or upon the line of the lane (no step).
    Of(Option<String>, Condition),
    /// A stretch from a moment to the day of the record, or from there to the moment.
    Time {
        /// The moment.
        point: Point,
        /// Whether it lies ahead.
        until: bool,
        /// How long.
        bound: TimeBound,
    },
    /// How many records there are about the subject, or what a number in them comes to.
    Entries {
        /// The ledger.
        ledger: String,
        /// What each must say.
        such: Vec<Condition>,
        /// Since which moment.
        since: Option<Point>,
        /// The number that is added up; without it the records are counted.
        sum: Option<String>,
        /// How many.
        bound: Amounts,
    },
    /// Lines of a table against a number that stands elsewhere.
    Lines {
        /// The table.
        field: String,
        /// What each must say.
        such: Vec<Condition>,
        /// Which part of the number.
        ratio: Ratio,
        /// Whether it is the most; else the least.
        most: bool,
        /// The number.
        of: Path,
    },
    /// Numbers of the record against one that stands elsewhere.
    Against {
        /// The field.
        field: String,
        /// Bounds.
        bound: Amounts,
    },
    /// Whom a field names.
    People(PeopleTest),
    /// Enough of those due came, by this rule of votes.
    Quorum(String),
    /// These papers are there.
    Papers(Vec<String>),
    /// A fact of the subject.
    Fact {
        /// Its name.
        fact: String,
        /// Whether it is there at all, where that is asked.
        present: Option<bool>,
        /// What it may say.
        any_of: BTreeSet<String>,
        /// Whether it must say something else.
        other: bool,
        /// How much it is, of a number.
        bound: Amounts,
    },
    /// How often a step came out so, in any round.
    Was {
        /// The step.
        step: String,
        /// The outcome; any, where none is named.
        outcome: Option<String>,
        /// How often; once, where nothing is said.
        bound: Amounts,
    },
    /// How many other cases there are.
    Cases {
        /// Which.
        of: CasesOf,
        /// That came so far: step and outcome.
        was: Option<(String, Option<String>)>,
        /// That ended so.
        ended: Option<String>,
        /// That are open.
        open: bool,
        /// How many.
        bound: Amounts,
    },
    /// A setting of the institution.
    Setting(String, bool),
    /// One of these holds.
    Any(Vec<Test>),
    /// Not all of these hold together.
    Not(Vec<Test>),
    /// A value that stands elsewhere says one of these.
    Says(Path, Vec<Given>),
}

impl Test {
    /// Whether it asks for the due day of this step.
    #[must_use]
    pub fn is_due_of(&self, id: &str) -> bool {
        match self {
            Self::Time { point, .. } => point.is_due_of(id),
            Self::Entries { since, .. } => since.as_ref().is_some_and(|p| p.is_due_of(id)),
            Self::Any(all) | Self::Not(all) => all.iter().any(|t| t.is_due_of(id)),
            _ => false,
        }
    }
}

/// 把关: what a step needs, on what that rests, and what follows where it is not so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guard {
    /// What must hold.
    pub test: Test,
    /// On what it rests.
    pub cite: Cite,
    /// What is changed where it does not hold.
    pub unmet: Vec<Effect>,
}
