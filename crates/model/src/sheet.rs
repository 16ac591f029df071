//! 检查、考核的表: the sheet of lines of a check or an appraisal, once read and checked. A check and an appraisal are a
//! procedure with such a sheet; docs/rulebook.md says how it is written, `runtime` fills it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::flow::{Cite, Length, Path, Point, Who};
use crate::follow::Selector;
use crate::{Condition, Per, Ratio, UnitKind};

/// A moment, or so long before or after one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cutoff {
    /// Its day.
    On(Point),
    /// So long before it.
    Before(Length, Point),
    /// So long after it.
    Within(Length, Point),
}

/// Who stands on the sheet: a row each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// Kinds of unit.
    pub kinds: BTreeSet<UnitKind>,
    /// Traits that they have.
    pub with: BTreeSet<String>,
    /// Traits that they have not.
    pub without: BTreeSet<String>,
    /// Whether each member of them is a row.
    pub members: bool,
    /// Whether each holder of one of these posts is a row, with the unit.
    pub posts: BTreeSet<String>,
    /// How long a unit must have been there on the cut-off day; none for any time.
    pub founded: Option<Length>,
}

/// What of a record must be there, item by item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Has {
    /// All that its ledger asks of a complete record.
    Complete,
    /// These elements.
    Elements(Vec<Condition>),
}

/// Where a stretch of a record begins or ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mark {
    /// The day on which it happened.
    Day,
    /// The day on which it was entered.
    Entered,
    /// A day that it says.
    Field(String),
    /// The cut-off day.
    Cutoff,
    /// A day that the latest record of this ledger about the unit says.
    Latest {
        /// The ledger.
        ledger: String,
        /// The field.
        field: String,
    },
}

/// What a line is measured by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Measure {
    /// Duties: an item each.
    Duty {
        /// Which.
        of: Selector,
        /// Whether those of the units below are meant.
        under: bool,
    },
    /// Records: so many wanted, each an item.
    Count {
        /// The ledgers.
        ledgers: Vec<String>,
        /// What each must say.
        such: Vec<Condition>,
        /// How many.
        at_least: u32,
    },
    /// Records: what each must have, an item each.
    Has {
        /// The ledgers.
        ledgers: Vec<String>,
        /// Which of them.
        such: Vec<Condition>,
        /// What.
        has: Has,
    },
    /// Records: how long a stretch of each is, an item each.
    Span {
        /// The ledgers.
        ledgers: Vec<String>,
        /// Which of them.
        such: Vec<Condition>,
        /// From where.
        since: Mark,
        /// To where.
        until: Mark,
        /// At least so long.
        at_least: Option<Length>,
        /// At most so long.
        at_most: Option<Length>,
    },
    /// A number of the records added up against another: one item.
    Sum {
        /// The ledgers.
        ledgers: Vec<String>,
        /// Which of them.
        such: Vec<Condition>,
        /// The number.
        sum: String,
        /// Of which other number; none for so many.
        of: Option<String>,
        /// Which part of it, or how many (of one) at least.
        at_least: Ratio,
    },
    /// A stretch between two days: one item.
    Between {
        /// From where.
        since: Mark,
        /// To where.
        until: Mark,
        /// At least so long.
        at_least: Option<Length>,
        /// At most so long.
        at_most: Option<Length>,
    },
    /// A condition upon the latest record of a ledger: one item.
    Latest {
        /// The ledger.
        ledger: String,
        /// What it must say.
        condition: Condition,
    },
    /// How many people of a stage the unit has: one item.
    People {
        /// The stage.
        stage: String,
        /// How many at least.
        at_least: u32,
    },
    /// The value that another sheet came to.
    Sheet(String),
    /// A condition upon the unit: one item.
    Unit(Condition),
}

/// How several marks become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Take {
    /// The middle one, or the mean of the middle two.
    #[default]
    Median,
    /// Their mean.
    Mean,
}

/// Whom a judge must not be for a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Barred {
    /// The person of the row.
    Line,
    /// A person of the unit of the row.
    UnitOfLine,
    /// One who declared to be near to the person of the row.
    NearLine,
}

impl Barred {
    /// Every relation with its id, as rule files write it.
    pub const IDS: [(&'static str, Self); 3] =
        [("line", Self::Line), ("unit:line", Self::UnitOfLine), ("relative:line", Self::NearLine)];
}

/// What a judge says of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// Marks from 0 to so many; none where one of the options is said.
    pub scale: Option<u32>,
    /// Options: id, title, worth of a hundred (none where nothing is summed up).
    pub options: Vec<(String, String, Option<u32>)>,
    /// How several become one.
    pub take: Take,
    /// How far from the middle a mark needs no reason.
    pub spread: Option<u32>,
    /// Who must not judge.
    pub not: BTreeSet<Barred>,
}

/// Where what stands on a line comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// The Book.
    From(Vec<Measure>),
    /// The unit's own answer: type, options, most characters.
    Ask {
        /// Type of the field.
        kind: crate::rule::FieldType,
        /// Options of a choice.
        options: Vec<(String, String)>,
        /// Most characters.
        at_most_chars: Option<u32>,
    },
    /// A person's judgement.
    Judge(Judged),
    /// A vote, by the id of the ballot.
    Vote(String),
}

/// A part of the sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// Its weight; all parts with points have one, or none has.
    pub weight: Option<u32>,
}

/// A line of the sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// The part that it stands in.
    pub part: String,
    /// Kinds of unit that it is for; empty for those of what it is measured by.
    pub kinds: BTreeSet<UnitKind>,
    /// Traits that the unit must have.
    pub with: BTreeSet<String>,
    /// How many people of which stage the unit must have: stage, at least.
    pub people: Option<(String, u32)>,
    /// Where it comes from.
    pub source: Source,
    /// Points; none for what is only told.
    pub points: Option<u32>,
    /// On what it rests.
    pub cite: Cite,
}

/// A kind of voter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Voters {
    /// Id (A, B).
    pub id: String,
    /// Title.
    pub title: String,
    /// Where the people are named.
    pub of: Path,
    /// Weight; all kinds have one, or none has.
    pub weight: Option<u32>,
}

/// A ballot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ballot {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// Where the rows are named.
    pub rows: Path,
    /// Which of them are voted on: people of these stages; empty for all.
    pub are: BTreeSet<String>,
    /// Options: id, title, worth of a hundred (none where nothing is summed up).
    pub options: Vec<(String, String, Option<u32>)>,
    /// Kinds of voters.
    pub voters: Vec<Voters>,
    /// The rule of ratings.
    pub rule: String,
    /// On paper, on line.
    pub ways: BTreeSet<String>,
}

/// A limit of how many may have a grade. It is told, never refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareLimit {
    /// The grades that are counted together.
    pub grades: BTreeSet<String>,
    /// Which part of those graded.
    pub ratio: Ratio,
    /// Whether it is the most (rounded down); else the least (rounded up).
    pub most: bool,
    /// The setting that turns it on; none for always.
    pub setting: Option<String>,
    /// On what it rests.
    pub cite: Cite,
}

/// What speaks against a grade. It is told, never refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bar {
    /// The grades.
    pub grades: BTreeSet<String>,
    /// A share of an option of a ballot.
    pub share: Option<BarShare>,
    /// A field of the record that grades: id and values.
    pub field: Option<(String, BTreeSet<String>)>,
    /// Another sheet that must have come to so much of a hundred.
    pub sheet: Option<(String, u32)>,
    /// The setting that turns it on; none for always.
    pub setting: Option<String>,
    /// On what it rests.
    pub cite: Cite,
}

/// So many of the votes for one option.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BarShare {
    /// The ballot.
    pub ballot: String,
    /// The option.
    pub option: String,
    /// Which part at least.
    pub ratio: Ratio,
    /// Whether of the ballots returned; else of those valid.
    pub of_returned: bool,
}

/// The grades.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grade {
    /// The step whose outcome is the grade, and the field that says it.
    pub at: (String, String),
    /// Options: id, title, from the best.
    pub options: Vec<(String, String)>,
    /// Kinds of unit that are counted together; none for all in one.
    pub groups: Vec<BTreeSet<UnitKind>>,
    /// Limits of shares.
    pub warns: Vec<ShareLimit>,
    /// What speaks against grades.
    pub bars: Vec<Bar>,
}

/// The sum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Total {
    /// Decimals of what is shown.
    pub decimals: u8,
    /// Which grade a sum proposes: grade, least sum; from the best.
    pub bands: Vec<(String, u32)>,
}

/// From where a draw is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DrawFrom {
    /// What a value names.
    Field(Path),
    /// Records of these ledgers.
    Entries(Vec<String>),
}

/// A draw by lot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draw {
    /// Among whom.
    pub of: DrawFrom,
    /// Of which kinds of unit.
    pub kinds: BTreeSet<UnitKind>,
    /// Which part of all.
    pub share: Option<Ratio>,
    /// How many of each group.
    pub count: Option<u32>,
    /// At least so many of each group.
    pub at_least: Option<u32>,
    /// By which unit they are grouped.
    pub each: Option<Who>,
    /// Those drawn within this time come last.
    pub fresh: Option<Length>,
    /// Whether each looks at the next.
    pub ring: bool,
    /// The field into which it is written.
    pub into: String,
}

/// Which lines the record of a step carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Carries {
    /// The unit's own answers.
    Ask,
    /// Judgements.
    Judge,
    /// Votes.
    Vote,
}

impl Carries {
    /// Every kind with its id, as rule files write it.
    pub const IDS: [(&'static str, Self); 3] =
        [("ask", Self::Ask), ("judge", Self::Judge), ("vote", Self::Vote)];
}

/// The sheet of a check or an appraisal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    /// What kind of check or appraisal it is: counted under this word.
    pub kind: String,
    /// Who stands on it.
    pub scope: Scope,
    /// The period that it looks at.
    pub period: Per,
    /// Until which day what was done counts.
    pub cutoff: Cutoff,
    /// The step on whose day the figures stand; the cut-off day where nothing is said.
    pub known: Option<String>,
    /// Which lines the steps carry: step, kind.
    pub carried: Vec<(String, Carries)>,
    /// The draws: step, draw.
    pub draws: Vec<(String, Draw)>,
    /// The ledger in which findings are written down: a line of its table each, which opens the case that puts it right.
    #[serde(default)]
    pub findings: Option<String>,
    /// Parts.
    pub parts: Vec<Part>,
    /// Lines, in the order of the file.
    pub lines: Vec<Line>,
    /// Ballots.
    pub ballots: Vec<Ballot>,
    /// Grades; none where none is given.
    pub grade: Option<Grade>,
    /// The sum; none where nothing is summed up.
    pub total: Option<Total>,
}

impl Sheet {
    /// Whether it is a check: its rows are units, nobody votes and nothing is graded. The others are appraisals.
    #[must_use]
    pub fn is_check(&self) -> bool {
        let of_people = self.scope.members || !self.scope.posts.is_empty();
        !of_people && self.ballots.is_empty() && self.grade.is_none()
    }

    /// The step whose record carries lines of this kind.
    #[must_use]
    pub fn carrier(&self, carries: Carries) -> Option<&str> {
        self.carried.iter().find(|(_, c)| *c == carries).map(|(step, _)| step.as_str())
    }

    /// The line of this id.
    #[must_use]
    pub fn line(&self, id: &str) -> Option<&Line> {
        self.lines.iter().find(|l| l.id == id)
    }
}
