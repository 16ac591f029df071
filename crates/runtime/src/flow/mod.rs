//! Procedures: where a case stands, what a record would move, what holds it open. Pure: every day is an argument.
//!
//! A case stands by its events, which are only appended. [`state`] follows them in their order, with the clocks between
//! them, so that the same events give the same state, and a past day shows what was known by it.

mod changes;
mod days;
mod docket;
mod judge;
mod offer;
mod open;
mod settle;
mod state;
mod values;
mod vote;
mod world;

use jiff::civil::Date;
use model::flow::{Goal, Rank};
use model::{CaseId, EntryId, PersonId, Row, UnitId};
use serde::{Deserialize, Serialize};

pub use changes::{Change, changes, lapsed};
pub use days::Days;
pub use docket::{Ask, Brought, CaseFile, Docket};
pub(crate) use offer::own_lack;
pub use offer::{Fate, Move, Record, correction, may_add_line, may_extend, may_skip, offer};
pub use open::{OpenStep, counted_ledgers, cutoff, due_days, forms, grantor, open_steps, own_unit};
pub use state::state;
pub(crate) use values::people_in;
pub use vote::{Count, Poll};
pub use world::{Fact, Facts, Someone, World};

/// What a case is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Subject {
    /// A person.
    Person(PersonId),
    /// A unit.
    Unit(UnitId),
    /// A record, or a line of a table of it.
    Record(EntryId, Option<usize>),
    /// A matter: the case itself.
    Matter(CaseId),
}

/// 事项: one running instance of a procedure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Identifier.
    pub id: CaseId,
    /// Id of the procedure.
    pub workflow: String,
    /// What it is about.
    pub subject: Subject,
    /// What it is called.
    pub title: String,
    /// Whose it is, where the subject does not say it.
    pub unit: UnitId,
    /// Day on which it was opened.
    pub opened: Date,
    /// Who opened it.
    pub opened_by: UnitId,
    /// The case under which it stands.
    pub parent: Option<CaseId>,
}

/// The line of a lane.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// What it is called.
    pub title: String,
    /// The unit that it is about.
    pub unit: Option<UnitId>,
    /// The person that it is about.
    pub person: Option<PersonId>,
    /// The line of the table from which it was made.
    pub row: Row,
}

/// Something that happened to a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Day from which it was known.
    pub known: Date,
    /// Day on which it happened.
    pub day: Date,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum What {
    /// A step was done.
    Done {
        /// The step.
        step: String,
        /// The line of its lane.
        line: Option<usize>,
        /// What came out; `done` where there is nothing to decide.
        outcome: String,
        /// The record.
        entry: Option<EntryId>,
        /// Table and line of the record that speak of this case.
        row: Option<(String, usize)>,
        /// Who did it.
        by: Vec<PersonId>,
        /// For which unit.
        unit: Option<UnitId>,
    },
    /// A step was left out.
    Skipped(String, Option<usize>),
    /// A person led the case back to a step.
    Returned(String),
    /// The due day of a step was put off.
    Extended(String, Option<usize>, Date),
    /// The case passed to another unit.
    HandedOver(UnitId),
    /// A person added a line to the lane of a step.
    LineAdded(String, Line),
    /// Something on which a step rests was corrected, or came late: to be upheld or returned.
    Disputed(String, Option<EntryId>),
    /// What was disputed holds.
    Upheld(String),
    /// A case that had ended was taken up again, at a step.
    Reopened(String),
    /// A person ended the case.
    Ended(String),
}

/// How a step (or a line of it) stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// What it waits for is not settled.
    Waiting,
    /// It is owed.
    Open,
    /// It is done, left out, lapsed or closed.
    Passed,
    /// No way leads to it in this round.
    Dead,
    /// Its conditions did not hold: it does not exist here.
    FellAway,
}

/// One time that a step was done, in any round.
#[derive(Clone, Debug, PartialEq)]
pub struct Done {
    /// The line.
    pub line: Option<usize>,
    /// Day on which it happened.
    pub day: Date,
    /// Day from which it was known.
    pub known: Date,
    /// What came out; `done`, `lapsed`, `skipped` where there was nothing to decide.
    pub outcome: String,
    /// The record.
    pub entry: Option<EntryId>,
    /// Table and line of the record.
    pub row: Option<(String, usize)>,
    /// Who did it.
    pub by: Vec<PersonId>,
    /// For which unit.
    pub unit: Option<UnitId>,
    /// Whether nothing was done and the time ran out.
    pub lapsed: bool,
}

/// How one step, or one line of it, stands in the running round.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// How.
    pub status: Status,
    /// Since when.
    pub since: Date,
    /// Where its outcome leads.
    pub goal: Option<Goal>,
    /// Its outcome.
    pub outcome: Option<String>,
    /// The due day on which it lapsed the last time.
    pub(crate) lapsed: Option<Date>,
}

/// How one step stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The lines of its lane, once they are fixed.
    pub lines: Option<Vec<Line>>,
    /// One mark, or one for each line.
    pub marks: Vec<Mark>,
    /// Every time that it was done.
    pub done: Vec<Done>,
    /// Due days that were put off: line and new day. Once over all rounds.
    pub extended: Vec<(Option<usize>, Date)>,
}

/// Where a case stands.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// The steps, in the order of the file.
    pub places: Vec<Place>,
    /// How and when it ended.
    pub ended: Option<(String, Date)>,
    /// What is disputed: place of the step, since when.
    pub disputed: Vec<(usize, Date)>,
    /// To whom it passed.
    pub handed: Option<UnitId>,
    /// Steps that lapsed, in order: place, line, day.
    pub lapses: Vec<(usize, Option<usize>, Date)>,
    /// Lines that a person added to a lane, by the place of one of its steps: a new round has them again.
    pub(crate) added: Vec<(usize, Line)>,
}

impl State {
    /// Whether something of this step is open.
    #[must_use]
    pub fn is_open(&self, place: usize) -> bool {
        self.places.get(place).is_some_and(|p| p.marks.iter().any(|m| m.status == Status::Open))
    }

    /// The latest time that a step was done; of one line, where one is named.
    #[must_use]
    pub fn latest(&self, place: usize, line: Option<usize>) -> Option<&Done> {
        let done = &self.places.get(place)?.done;
        done.iter().rev().find(|d| line.is_none() || d.line == line)
    }
}

/// Something that a step needs and has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// What, in words.
    pub words: String,
    /// Row of the table of articles.
    pub article: Option<String>,
    /// How high the rule stands.
    pub rank: Option<Rank>,
    /// What kind of lack it is, where it is the program's own to tell: `unit`, `future`, `order`, `outcome`.
    pub kind: &'static str,
    /// The article as people read it: 《…》第16条.
    pub shown: String,
    /// Whether the step is refused; else it is told, and a reason asked for.
    pub refuses: bool,
}
