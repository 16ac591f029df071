//! 流程: a procedure as data, once read and checked. docs/rulebook.md says how it is written; `runtime` carries it out.

mod reads;
mod test;
mod vote;

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::rule::Privacy;
use crate::sheet::Sheet;
use crate::{Conditions, Per, UnitKind};

pub use test::{Amount, Amounts, CasesOf, Cite, Guard, PeopleTest, Rank, Relation, Test, TimeBound};
pub use vote::{Article, Excluded, Modality, Rating, Setting, Share, ShareOf, VoteFields, VoteRule};

/// What a case is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SubjectKind {
    /// A person.
    Person,
    /// A unit.
    Unit,
    /// A record, or one line of it.
    Record,
    /// A matter: what nobody and nothing else stands for.
    Matter,
}

impl SubjectKind {
    /// How many cases there are of what, in Chinese.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Person => "每人一件",
            Self::Unit => "每个组织一件",
            Self::Record => "每个问题一件",
            Self::Matter => "一事一件",
        }
    }
}

/// A length of time. Months end on the same day of the month, or on its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Length {
    /// Hours: told on the day, where no time of day is known.
    Hours(u32),
    /// Days.
    Days(u32),
    /// Days on which offices work.
    WorkingDays(u32),
    /// Months.
    Months(u32),
    /// Years.
    Years(u32),
}

impl Length {
    /// The length in Chinese.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Hours(n) => format!("{n}小时"),
            Self::Days(n) => format!("{n}天"),
            Self::WorkingDays(n) => format!("{n}个工作日"),
            Self::Months(n) => format!("{n}个月"),
            Self::Years(n) => format!("{n}年"),
        }
    }
}

/// A moment: what a day hangs on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Point {
    /// The day on which the case was opened.
    Opened,
    /// The day of a step: of the latest time that it was done, or of the first.
    Step {
        /// Id of the step.
        step: String,
        /// Whether the first time is meant.
        first: bool,
    },
    /// A day that a record of a step says, or that the record in question does.
    Field(Path),
    /// A day that the subject has as a fact; its end, of one that lasts.
    Fact {
        /// Name of the fact.
        fact: String,
        /// Whether its end is meant.
        ends: bool,
    },
    /// The first or last day of the period.
    Period {
        /// Whether the last is meant.
        ends: bool,
    },
    /// The day of an event of the rulebook.
    Event(String),
    /// The day on which a step is due.
    Due(String),
    /// The cut-off day of the sheet of a check or an appraisal.
    Cutoff,
    /// Of several moments the first that is known, in the order of the file.
    First(Vec<Point>),
}

impl Point {
    /// Whether it is, or may be, the due day of this step.
    #[must_use]
    pub fn is_due_of(&self, id: &str) -> bool {
        match self {
            Self::Due(step) => step == id,
            Self::First(all) => all.iter().any(|p| p.is_due_of(id)),
            _ => false,
        }
    }

    /// Whether it is, or may be, the day of this event of the rulebook.
    #[must_use]
    pub fn hangs_on(&self, event: &str) -> bool {
        match self {
            Self::Event(id) => id == event,
            Self::First(all) => all.iter().any(|p| p.hangs_on(event)),
            _ => false,
        }
    }
}

/// Where a value stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Path {
    /// A field of the record in question.
    Own(String),
    /// A field of the latest record of a step: of its line, then of the record.
    Step {
        /// Id of the step.
        step: String,
        /// Id of the field.
        field: String,
    },
    /// A field of the line of the lane.
    Line(String),
    /// A fact of the subject.
    Subject(String),
    /// A field of any record of the parent case, the latest that says it.
    Parent(String),
    /// A field of the record that the case is about.
    Record(String),
}

/// Who bears a step.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Who {
    /// The unit of the case.
    Own,
    /// The unit so many places above it.
    Above(u8),
    /// The unit so many places above that of the line of the lane.
    AboveLine(u8),
    /// The nearest unit above it that has this trait.
    NearestAbove(String),
    /// The unit that has this role.
    Role(String),
    /// The unit (or the branch of the person) that a value names.
    Field(Path),
    /// Who bore this step; without a step, who opened the case.
    SameAs(Option<String>),
    /// The person whom the case is about.
    Subject,
    /// The unit or person of the line of the lane.
    Line,
    /// A body that is not in the institution.
    Outside,
}

/// By what a step is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// A record of this ledger.
    pub ledger: Option<String>,
    /// The end of a case of this procedure, opened with the step.
    pub case: Option<String>,
    /// What the record must say.
    pub such: Conditions,
    /// Whether it counts at all here: upon the unit and the facts.
    pub when: Vec<Test>,
    /// The table of the record of which each line moves its own case or lane.
    pub rows: Option<String>,
}

/// When a step is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DueRule {
    /// So long after the moment at the latest.
    Within(Length, Point),
    /// So long before it.
    Before(Length, Point),
    /// On its day.
    On(Point),
    /// In each period, of a step beside others.
    Each(Per),
    /// So long after the last time, of a step beside others.
    Every(Length),
}

impl DueRule {
    /// The moment on which it hangs, where it hangs on one.
    #[must_use]
    pub fn point(&self) -> Option<&Point> {
        match self {
            Self::Within(_, p) | Self::Before(_, p) | Self::On(p) => Some(p),
            Self::Each(_) | Self::Every(_) => None,
        }
    }
}

/// Until when a due day may be put off, and by whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extend {
    /// At most so long after the same moment.
    pub at_most: Option<Length>,
    /// Who grants it; the unit above the bearer's where nothing is said.
    pub by: Option<Who>,
    /// By which article.
    pub cite: Cite,
}

/// A due day of a step; of several the first whose conditions hold and whose moment is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// When.
    pub rule: DueRule,
    /// Upon which conditions.
    pub when: Vec<Test>,
    /// How far it can be put off; none where it cannot.
    pub extend: Option<Extend>,
    /// By which article.
    pub cite: Cite,
}

/// Where an outcome leads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Goal {
    /// To a step: one below, one above (a return), itself (again).
    Step(String),
    /// To an end of the case, by name.
    End(String),
    /// On, as if there were nothing to decide.
    Pass,
}

/// How the outcome of a step is found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decides {
    /// The field whose value it is.
    pub field: Option<String>,
    /// The vote: `passed` or the field's value where carried, else `failed`.
    pub vote: Option<String>,
    /// The table of ballots, of an election.
    pub over: Option<String>,
    /// How many are to be elected.
    pub seats: Option<Path>,
    /// Outcome and goal, in the order of the file.
    pub outcomes: Vec<(String, Goal)>,
}

/// What an effect changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EffectKind {
    /// The stage of the subject; where none is named, the one that the effect's `is` gives, and none where that says nothing.
    Stage(Option<String>),
    /// A fact.
    Fact(String),
    /// A post.
    Post(String),
    /// The branch of a person.
    Move,
    /// The life of a unit: founded, merged, dissolved.
    Unit(String),
    /// A number of a series.
    Number(String),
    /// A paper.
    Paper(String),
    /// Somebody is told.
    Tell(Who),
    /// A case of another procedure is opened.
    Open(String),
    /// The cases of another procedure about the same subject are closed.
    Close(String),
}

/// On whom an effect bears.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// The subject of the case.
    #[default]
    Subject,
    /// The line of the record or lane.
    Line,
    /// The record that did the step.
    Record,
    /// Whom a value names, each of them.
    Field(Path),
}

/// A value as an effect or a test writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Given {
    /// Words or the id of an option.
    Text(String),
    /// A whole number.
    Number(i64),
    /// A day.
    Day(Date),
    /// What stands elsewhere: a day that is a moment, too.
    Path(Path),
    /// A moment.
    Point(Point),
}

/// How long something lasts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Plus {
    /// So long.
    Length(Length),
    /// So many months as a number says.
    Months(Path),
}

/// 结果: what a done step changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// What.
    pub kind: EffectKind,
    /// On whom.
    pub on: Target,
    /// Its value, of a fact; where to, of a move.
    pub is: Option<Given>,
    /// From when; from the day of the step where nothing is said.
    pub from: Option<Point>,
    /// Until when.
    pub to: Option<Point>,
    /// For how long.
    pub plus: Option<Plus>,
    /// Whether the fact ceases.
    pub clear: bool,
}

/// The lines of a lane.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Lane {
    /// Each that a field names: units, people, rows.
    Field(Path),
    /// Each unit of these kinds below (`None`: of the unit of the case).
    Units(BTreeSet<UnitKind>, Option<Who>),
    /// Each person of this stage in the unit of the case.
    People(String),
}

/// Until when a step beside the others is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beside {
    /// Until this step is passed…
    pub step: String,
    /// …with this outcome.
    pub outcome: Option<String>,
}

/// 环节.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// What it waits for; none where nothing is said.
    pub after: Option<Vec<String>>,
    /// When it exists at all.
    pub when: Vec<Test>,
    /// The lane that it belongs to.
    pub per: Option<Lane>,
    /// That it stands beside the others.
    pub beside: Option<Beside>,
    /// Who bears it.
    pub by: Who,
    /// By which article it is theirs.
    pub by_cite: Cite,
    /// Who writes it down, of a body outside.
    pub kept_by: Option<Who>,
    /// The posts that may do it.
    pub posts: Vec<String>,
    /// By what it is shown; nothing for a clock.
    pub shown_by: Vec<Shown>,
    /// When it is due.
    pub due: Vec<Due>,
    /// What its due day brings where nothing was done.
    pub lapse: Option<Goal>,
    /// What it needs.
    pub guard: Vec<Guard>,
    /// Its outcomes.
    pub decides: Option<Decides>,
    /// What it changes: outcome (or `done`, `lapsed`) and effects, in the order of the file.
    pub effects: Vec<(String, Vec<Effect>)>,
    /// By which article it may be left out; none where it may not.
    pub skip: Option<Cite>,
    /// Fields whose change leads back to it.
    pub anew: Vec<String>,
}

impl Step {
    /// The outcome that comes first in the file, and where it leads.
    #[must_use]
    pub fn first_outcome(&self) -> Option<&(String, Goal)> {
        self.decides.as_ref().and_then(|d| d.outcomes.first())
    }

    /// Where an outcome leads.
    #[must_use]
    pub fn goal(&self, outcome: &str) -> Option<&Goal> {
        self.decides.as_ref()?.outcomes.iter().find(|(o, _)| o == outcome).map(|(_, g)| g)
    }

    /// Every goal that an outcome or its lapse names.
    pub fn goals(&self) -> impl Iterator<Item = &Goal> {
        self.decides.iter().flat_map(|d| d.outcomes.iter().map(|(_, g)| g)).chain(&self.lapse)
    }

    /// Whether an outcome or its lapse names this step.
    #[must_use]
    pub fn names(&self, step: &str) -> bool {
        self.goals().any(|g| matches!(g, Goal::Step(s) if s == step))
    }

    /// Whether nothing shows it but its due day.
    #[must_use]
    pub fn is_clock(&self) -> bool {
        self.shown_by.is_empty()
    }
}

/// By what a case is opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Opening {
    /// By a person, in a unit of these kinds.
    ByHand(BTreeSet<UnitKind>),
    /// By a record of one of these ledgers.
    Entry {
        /// The ledgers.
        ledgers: Vec<String>,
        /// What it must say.
        such: Conditions,
        /// The table of which each line opens one.
        rows: Option<String>,
    },
    /// By a duty of this rule that is late by so long.
    Overdue {
        /// The rule.
        rule: String,
        /// By how long.
        by: Option<Length>,
    },
    /// So long before a moment of each bearer.
    Moment {
        /// The moment.
        point: Point,
        /// How long before it.
        before: Length,
        /// Of which units: kinds, with, without.
        bearers: UnitsOf,
    },
    /// In each period, for each bearer.
    Each(Per, UnitsOf),
}

/// Units by kind and traits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitsOf {
    /// Kinds; empty for any.
    pub kinds: BTreeSet<UnitKind>,
    /// Traits that they have.
    pub with: BTreeSet<String>,
    /// Traits that they have not.
    pub without: BTreeSet<String>,
}

/// 流程: one version of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workflow {
    /// Id: name of its file.
    pub id: String,
    /// Title.
    pub title: String,
    /// What its cases are about.
    pub subject: SubjectKind,
    /// Whose a case is, where it is not the subject's own unit.
    pub unit: Option<Path>,
    /// Who may read it.
    pub privacy: Privacy,
    /// From which step on the subject sees the case; `opened`, `never`.
    pub subject_sees: String,
    /// Where it is written, in words.
    pub source: String,
    /// The procedure whose case it stands under.
    pub parent: Option<String>,
    /// Whether a subject has at most one open case of it.
    pub one_open: bool,
    /// By what a case is opened.
    pub opens: Vec<Opening>,
    /// The steps, in the order of the file.
    pub steps: Vec<Step>,
    /// The sheet of lines, of a check or an appraisal.
    pub sheet: Option<Box<Sheet>>,
    /// Fingerprint of the text.
    pub fingerprint: String,
}

impl Workflow {
    /// Place of a step in the file.
    #[must_use]
    pub fn place(&self, step: &str) -> Option<usize> {
        self.steps.iter().position(|s| s.id == step)
    }

    /// The step of this id.
    #[must_use]
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps.iter().find(|s| s.id == id)
    }

    /// What each step waits for, by place: those that its `after` lists and those above whose outcomes name it; where
    /// there are neither, the step above.
    #[must_use]
    pub fn ways(&self) -> Vec<Vec<usize>> {
        let of = |(i, step): (usize, &Step)| {
            let named = (0..i).filter(|p| self.steps.get(*p).is_some_and(|s| s.names(&step.id)));
            let mut from: Vec<usize> = named.collect();
            match &step.after {
                Some(after) => {
                    let listed = after.iter().filter_map(|id| self.place(id)).filter(|p| *p < i);
                    from.extend(listed);
                }
                None if from.is_empty() => from.extend(i.checked_sub(1)),
                None => {}
            }
            from.sort_unstable();
            from.dedup();
            from
        };
        self.steps.iter().enumerate().map(of).collect()
    }

    /// Every step that waits for this one, directly or not, by place: in the order of the file.
    #[must_use]
    pub fn below(&self, place: usize, ways: &[Vec<usize>]) -> BTreeSet<usize> {
        let mut found = BTreeSet::from([place]);
        for (i, from) in ways.iter().enumerate().skip(place + 1) {
            if from.iter().any(|p| found.contains(p)) {
                found.insert(i);
            }
        }
        found.remove(&place);
        found
    }
}
