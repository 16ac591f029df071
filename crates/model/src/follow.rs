//! 催办: the ladder by which what is late is chased, as data, once read and checked. docs/rulebook.md says how it is
//! written; `runtime` says which rung is reached.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Time;
use serde::{Deserialize, Serialize};

use crate::flow::{Length, Who};
use crate::{Per, UnitKind};

/// From what kind of source a duty comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SourceKind {
    /// A standing rule.
    Rule,
    /// A clause of a plan.
    Plan,
    /// A step of a case.
    Case,
}

impl SourceKind {
    /// Every kind with its id, as rule files write it.
    pub const IDS: [(&'static str, Self); 3] =
        [("rule", Self::Rule), ("plan", Self::Plan), ("case", Self::Case)];
}

/// Which duties are meant: all that is said must be so. Sets of words only, so that two can be compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selector {
    /// Ids of the standing obligations; empty for any.
    pub obligations: BTreeSet<String>,
    /// Kind of the source.
    pub source: Option<SourceKind>,
    /// Kinds of unit that issued the plan; empty for any.
    pub issuers: BTreeSet<UnitKind>,
    /// Procedures whose steps they are; empty for any.
    pub workflows: BTreeSet<String>,
    /// Steps of those procedures; empty for any.
    pub steps: BTreeSet<String>,
    /// Kinds of unit that owe it; empty for any.
    pub kinds: BTreeSet<UnitKind>,
    /// Whether each member owes it for themselves; none for either.
    pub members: Option<bool>,
    /// Ledgers by which they are shown; empty for any.
    pub ledgers: BTreeSet<String>,
}

/// What a duty is, as far as selectors ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DutyKind {
    /// Id of the standing obligation, where it comes from one (adopted by a plan or not).
    pub obligation: Option<String>,
    /// Kind of its source.
    pub source: SourceKind,
    /// Kind of the unit that issued the plan.
    pub issuer: Option<UnitKind>,
    /// Procedure and step, of a case.
    pub step: Option<(String, String)>,
    /// Kind of the unit that owes it.
    pub kind: UnitKind,
    /// Whether a person owes it for themselves.
    pub member: bool,
    /// The ledger by which it is shown.
    pub ledger: Option<String>,
}

fn one<T: Ord>(asked: &BTreeSet<T>, is: Option<&T>) -> bool {
    asked.is_empty() || is.is_some_and(|v| asked.contains(v))
}

fn apart<T: Ord>(a: &BTreeSet<T>, b: &BTreeSet<T>) -> bool {
    !a.is_empty() && !b.is_empty() && a.is_disjoint(b)
}

fn differ<T: PartialEq>(a: Option<T>, b: Option<T>) -> bool {
    matches!((a, b), (Some(a), Some(b)) if a != b)
}

impl Selector {
    /// Whether a duty is one of those meant.
    #[must_use]
    pub fn means(&self, duty: &DutyKind) -> bool {
        one(&self.obligations, duty.obligation.as_ref())
            && self.source.is_none_or(|s| s == duty.source)
            && one(&self.issuers, duty.issuer.as_ref())
            && one(&self.workflows, duty.step.as_ref().map(|(w, _)| w))
            && one(&self.steps, duty.step.as_ref().map(|(_, s)| s))
            && one(&self.kinds, Some(&duty.kind))
            && self.members.is_none_or(|m| m == duty.member)
            && one(&self.ledgers, duty.ledger.as_ref())
    }

    /// Whether some duty may be meant by both. What a case owes comes from no plan and no rule.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        let of_case = |s: &Self| !s.workflows.is_empty() || !s.steps.is_empty();
        let of_rule = |s: &Self| !s.obligations.is_empty();
        let of_plan = |s: &Self| !s.issuers.is_empty();
        let source = |s: &Self| {
            let only = if of_case(s) { Some(SourceKind::Case) } else { None };
            s.source.or(only).or(of_plan(s).then_some(SourceKind::Plan))
        };
        let (a, b) = (source(self), source(other));
        // A rule that a plan adopted is of both; a step of a case is of neither.
        let crossed =
            (a == Some(SourceKind::Case) && of_rule(other)) || (b == Some(SourceKind::Case) && of_rule(self));
        !(differ(a, b)
            || crossed
            || apart(&self.obligations, &other.obligations)
            || apart(&self.issuers, &other.issuers)
            || apart(&self.workflows, &other.workflows)
            || apart(&self.steps, &other.steps)
            || apart(&self.kinds, &other.kinds)
            || differ(self.members, other.members)
            || apart(&self.ledgers, &other.ledgers))
    }
}

/// A moment of the ladder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Instant {
    /// The day on which the duty could be done, not before it came into the Book.
    Opened,
    /// The due day that holds.
    Due,
    /// The due day as first planned.
    FirstDue,
    /// The day on which the latest rung went.
    Latest,
    /// The day on which this rung went.
    Rung(String),
    /// The due day of a step of the case that this rung opened.
    DueOf {
        /// The rung.
        rung: String,
        /// The step.
        step: String,
    },
    /// The first day of the year.
    YearStarts,
}

/// Of whose rungs it is asked how many went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RungsOf {
    /// Of this duty, under whatever due day.
    Duty,
    /// Of the unit that owes it.
    Own,
}

/// When a rung is reached: all of several; its first day is the latest that they name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RungTest {
    /// So long after a moment.
    Since {
        /// The moment.
        since: Instant,
        /// How long at least.
        at_least: Length,
    },
    /// At most so long before a moment, and not after it.
    Until {
        /// The moment.
        until: Instant,
        /// How long at most.
        at_most: Length,
    },
    /// So long a stretch between two moments.
    Between {
        /// From.
        since: Instant,
        /// To.
        until: Instant,
        /// How long at least.
        at_least: Length,
    },
    /// A setting that is on.
    Setting(String),
    /// So many rungs of these went.
    Rungs {
        /// Which.
        rungs: BTreeSet<String>,
        /// Whose.
        of: RungsOf,
        /// Since when.
        since: Option<Instant>,
        /// How many at least.
        at_least: u32,
    },
}

impl RungTest {
    /// Whether it looks at what lies behind the due day, so that the rung is one of the late.
    #[must_use]
    pub fn is_after_due(&self) -> bool {
        match self {
            Self::Since { since, .. } => {
                matches!(since, Instant::Due | Instant::FirstDue | Instant::Rung(_) | Instant::DueOf { .. })
            }
            Self::Rungs { .. } => true,
            Self::Until { .. } | Self::Between { .. } | Self::Setting(_) => false,
        }
    }
}

/// To whom something goes: the holders of these posts in the unit, or the unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addressee {
    /// Which unit.
    pub who: Who,
    /// Posts; nobody named means whoever acts for the unit.
    pub posts: Vec<String>,
}

/// What is said by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Named {
    /// Praise.
    Praise,
    /// Blame.
    Blame,
}

/// 梯级.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rung {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// When it is reached.
    pub when: Vec<RungTest>,
    /// Who releases it; nobody for what goes by itself, before the due day.
    pub by: Option<Who>,
    /// To whom.
    pub to: Vec<Addressee>,
    /// Who has a copy.
    pub copy: Vec<Addressee>,
    /// By which channels; those of the digest where nothing is said.
    pub ways: Vec<String>,
    /// The procedures whose case its release opens.
    pub opens: Vec<String>,
    /// Gathered in one case of each period; each duty by itself where nothing is said.
    pub gather: Option<Per>,
    /// What is said by name.
    pub names: BTreeSet<Named>,
}

/// The kinds of day on which nothing goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum QuietDay {
    /// A day of rest: a weekend, but for one that is worked.
    RestDay,
    /// A public holiday.
    Holiday,
    /// A vacation of the school.
    SchoolHoliday,
}

/// What stops the climb while it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// A request of one of these kinds that nobody has answered yet.
    Request(BTreeSet<String>),
    /// A record in one of these ledgers about this duty: for so long from the first since the latest rung.
    Entries {
        /// The ledgers.
        ledgers: BTreeSet<String>,
        /// Fields that it must fill.
        has: BTreeSet<String>,
        /// For how long.
        within: Length,
    },
    /// A case of this procedure about the duty that stands so.
    Cases {
        /// The procedure.
        workflow: String,
        /// At which stages.
        are: BTreeSet<String>,
    },
}

/// What one rung has otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overlay {
    /// When.
    pub when: Option<Vec<RungTest>>,
    /// Who releases it.
    pub by: Option<Who>,
    /// To whom.
    pub to: Option<Vec<Addressee>>,
    /// Who has a copy.
    pub copy: Option<Vec<Addressee>>,
    /// By which channels.
    pub ways: Option<Vec<String>>,
}

impl Overlay {
    /// The keys that it sets.
    pub fn keys(&self) -> impl Iterator<Item = &'static str> {
        [
            self.when.is_some().then_some("when"),
            self.by.is_some().then_some("by"),
            self.to.is_some().then_some("to"),
            self.copy.is_some().then_some("copy"),
            self.ways.is_some().then_some("ways"),
        ]
        .into_iter()
        .flatten()
    }
}

/// 例外: duties that are chased otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Except {
    /// Id.
    pub id: String,
    /// Which duties; none where only a plan, a clause or an order names it.
    pub of: Option<Selector>,
    /// The rungs that remain; all where nothing is said.
    pub rungs: Option<BTreeSet<String>>,
    /// What single rungs have otherwise.
    pub overlays: BTreeMap<String, Overlay>,
    /// The exceptions over which it goes.
    pub over: BTreeSet<String>,
}

/// 催办: the ladder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chase {
    /// Title.
    pub title: String,
    /// The time of day at which the digest goes; none where none does.
    pub digest_at: Option<Time>,
    /// Its channels.
    pub digest_ways: Vec<String>,
    /// Days on which nothing goes.
    pub quiet_days: BTreeSet<QuietDay>,
    /// From when in the evening until when in the morning nothing goes.
    pub quiet_hours: Option<(Time, Time)>,
    /// Who may hold a rung, and for how long at most.
    pub hold: Option<(Who, Length)>,
    /// What stops the climb.
    pub stops: Vec<Stop>,
    /// The rungs, from the bottom.
    pub rungs: Vec<Rung>,
    /// The exceptions.
    pub excepts: Vec<Except>,
}

impl Chase {
    /// The rungs for a duty: with what exceptions lay over them, and without those that they leave out. `named` are
    /// exceptions that a plan, a clause or an order names for this duty.
    #[must_use]
    pub fn rungs_of(&self, duty: &DutyKind, named: &BTreeSet<String>) -> Vec<Rung> {
        let holds = |e: &&Except| match &e.of {
            Some(of) => of.means(duty),
            None => named.contains(&e.id),
        };
        let mut holding: Vec<&Except> = self.excepts.iter().filter(holds).collect();
        // What goes over another is laid on last.
        holding.sort_by_key(|e| holding_depth(self, e));
        let mut out = self.rungs.clone();
        for except in holding {
            if let Some(remain) = &except.rungs {
                out = self.rungs.iter().filter(|r| remain.contains(&r.id)).map(|r| keep(r, &out)).collect();
            }
            for rung in &mut out {
                if let Some(over) = except.overlays.get(&rung.id) {
                    lay(rung, over);
                }
            }
        }
        out
    }

    /// Whether an exception goes over another, by itself or by what it goes over.
    #[must_use]
    pub fn goes_over(&self, id: &str, other: &str) -> bool {
        let mut seen = BTreeSet::new();
        let mut next = vec![id.to_owned()];
        while let Some(at) = next.pop() {
            let Some(except) = self.excepts.iter().find(|e| e.id == at) else { continue };
            if except.over.contains(other) {
                return true;
            }
            if seen.insert(at) {
                next.extend(except.over.iter().cloned());
            }
        }
        false
    }
}

/// How many exceptions one goes over, directly or not.
fn holding_depth(chase: &Chase, except: &Except) -> usize {
    chase.excepts.iter().filter(|e| chase.goes_over(&except.id, &e.id)).count()
}

/// A rung as it was laid over so far, or as the ladder has it.
fn keep(rung: &Rung, so_far: &[Rung]) -> Rung {
    so_far.iter().find(|r| r.id == rung.id).unwrap_or(rung).clone()
}

fn lay(rung: &mut Rung, over: &Overlay) {
    // Taken apart fully: a new key must be thought of here.
    let Overlay { when, by, to, copy, ways } = over.clone();
    rung.when = when.unwrap_or_else(|| rung.when.clone());
    rung.by = by.or_else(|| rung.by.clone());
    rung.to = to.unwrap_or_else(|| rung.to.clone());
    rung.copy = copy.unwrap_or_else(|| rung.copy.clone());
    rung.ways = ways.unwrap_or_else(|| rung.ways.clone());
}
