//! What a clause or a rule asks of whom.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{Cadence, Conditions, ObligationId, Plan, PlanId, RoutineId, Span, Stage, UnitId, UnitKind};

/// 措施的类别: what makes a sentence assessable, or that nothing does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeasureKind {
    /// The item's heading.
    Title,
    /// 计次.
    Counted,
    /// 限期.
    Dated,
    /// 依制度.
    Ruled,
    /// 成果.
    Deliverable,
    /// 导向.
    Directional,
}

impl MeasureKind {
    /// The kind in Chinese.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Title => "标题",
            Self::Counted => "计次",
            Self::Dated => "限期",
            Self::Ruled => "依制度",
            Self::Deliverable => "成果",
            Self::Directional => "导向",
        }
    }
}

/// The people about whom a unit owes something, each of them: there is one duty for each, and none where there is nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Those of the unit who are at one of these stages.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub stages: BTreeSet<Stage>,
    /// Those who hold one of these posts in the unit.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub posts: BTreeSet<String>,
    /// Of those at the stages only who is of one of these categories (出国（境）); empty for all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub categories: BTreeSet<String>,
}

/// Who bears an obligation: units by name, units by kind, or each member.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bearers {
    /// Units named one by one.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub units: BTreeSet<UnitId>,
    /// Every unit of these kinds that has all traits of `with` and none of `without`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub kinds: BTreeSet<UnitKind>,
    /// Traits that a unit of `kinds` (or, for members, their branch) must have. Stored before as `traits`.
    #[serde(default, alias = "traits", skip_serializing_if = "BTreeSet::is_empty")]
    pub with: BTreeSet<String>,
    /// Traits that it must not have (a 临时党支部 holds no election).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub without: BTreeSet<String>,
    /// What else must hold of the unit.
    #[serde(default, skip_serializing_if = "Conditions::is_empty")]
    pub when: Conditions,
    /// Every Party member, each for themselves; their branch keeps the ledger.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub members: bool,
    /// Only holders of one of these posts, each for themselves (书记); empty for everyone.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub posts: BTreeSet<String>,
    /// The people about each of whom the units owe it: the person of such a duty is whom it is about, and its unit owes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<About>,
}

impl Bearers {
    /// Whether a duty of one person is owed by that person; else a unit owes it about them.
    #[must_use]
    pub fn are_people(&self) -> bool {
        self.about.is_none()
    }

    /// Whether a unit with these traits may be meant, as far as its own traits say.
    #[must_use]
    pub fn allow(&self, traits: &BTreeSet<String>) -> bool {
        self.with.is_subset(traits) && self.without.is_disjoint(traits)
    }

    /// Whether nobody can be meant.
    #[must_use]
    pub fn is_nobody(&self) -> bool {
        self.units.is_empty() && self.kinds.is_empty() && !self.members && self.posts.is_empty()
    }
}

/// Where an obligation comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A clause of the plan.
    Clause {
        /// The clause in its own words.
        text: String,
        /// Where it stands in the plan's text.
        span: Span,
    },
    /// A standing rule that a clause adopted by naming a mechanism.
    Adopted {
        /// Id of the standing obligation in the rulebook.
        rule: String,
        /// Id of the mechanism that the clause names.
        mechanism: String,
        /// The clause in its own words.
        text: String,
        /// Where it stands in the plan's text.
        span: Span,
    },
    /// A standing rule that holds whether or not the plan says so.
    Standing {
        /// Id of the standing obligation in the rulebook.
        rule: String,
    },
    /// The half-year and year-end note that the leading unit of an item owes.
    Progress {
        /// The item's title.
        text: String,
        /// The item.
        span: Span,
    },
}

impl Origin {
    /// Moves its place by so many bytes.
    pub fn shift(&mut self, by: usize) {
        match self {
            Self::Clause { span, .. } | Self::Adopted { span, .. } | Self::Progress { span, .. } => {
                span.shift(by);
            }
            Self::Standing { .. } => {}
        }
    }

    /// Where the words stand, when the obligation comes from the document.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        match self {
            Self::Clause { span, .. } | Self::Adopted { span, .. } | Self::Progress { span, .. } => {
                Some(*span)
            }
            Self::Standing { .. } => None,
        }
    }

    /// The clause's words, when the obligation comes from the document.
    #[must_use]
    pub fn words(&self) -> Option<&str> {
        match self {
            Self::Clause { text, .. } | Self::Adopted { text, .. } | Self::Progress { text, .. } => {
                Some(text)
            }
            Self::Standing { .. } => None,
        }
    }

    /// Id of the rule in the rulebook, when there is one.
    #[must_use]
    pub fn rule(&self) -> Option<&str> {
        match self {
            Self::Adopted { rule, .. } | Self::Standing { rule } => Some(rule),
            Self::Clause { .. } | Self::Progress { .. } => None,
        }
    }
}

/// How far the clerk has come with a proposal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProposalState {
    /// The compiler's guess, not yet looked at.
    #[default]
    Proposed,
    /// Seen and confirmed, changed or not.
    Confirmed,
    /// 导向性，不考核.
    NotAssessed,
    /// The same record as another proposal asks for.
    MergedInto {
        /// Key of the other.
        key: String,
    },
}

/// An obligation before it is published: the compiler's guess and what the clerk made of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Stable within one draft; ties words and obligation: `3.2`, for an added one `3.a1`.
    pub key: String,
    /// Index of the item.
    pub item: Option<usize>,
    /// Short name (党内政治生活专项自查).
    pub title: String,
    /// Kind of the measure.
    pub kind: MeasureKind,
    /// Where it comes from.
    pub origin: Origin,
    /// Who bears it.
    pub bearers: Bearers,
    /// Units that lead the item, in order.
    pub lead: Vec<UnitId>,
    /// How often or by when.
    pub cadence: Cadence,
    /// Id of the ledger by which it is shown.
    pub ledger: Option<String>,
    /// What a record in that ledger must say to count.
    #[serde(default)]
    pub condition: Conditions,
    /// Why the compiler guessed so, in a sentence.
    pub reason: String,
    /// Whether the clerk added it.
    #[serde(default)]
    pub added: bool,
    /// State.
    #[serde(default)]
    pub state: ProposalState,
}

/// What the compiler and the clerk made of a plan: saved whole with every revision of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// The plan as it was read from the revision's text.
    pub plan: Plan,
    /// Obligations before they are published.
    pub proposals: Vec<Proposal>,
    /// Warnings that the clerk has seen: code, a space, and the words in question.
    #[serde(default)]
    pub seen: BTreeSet<String>,
}

/// What an obligation hangs on: the kind of its source and the one that it is. Steps of cases, orders and findings become
/// further kinds; duties know their obligation only and need no change for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DutySource {
    /// A clause of a plan, and what the plan adopted with it.
    Plan(PlanId),
    /// A standing rule that runs by itself in a year.
    Rule(RoutineId),
}

impl DutySource {
    /// The plan, when it is one.
    #[must_use]
    pub fn plan(self) -> Option<PlanId> {
        match self {
            Self::Plan(id) => Some(id),
            Self::Rule(_) => None,
        }
    }
}

/// 要求: running. Never changed; a later version of the plan ends it and starts another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Obligation {
    /// Identifier.
    pub id: ObligationId,
    /// What it hangs on.
    #[serde(flatten)]
    pub source: DutySource,
    /// The year in whose Book it stands: that of the plan, or that in which the rule runs. What was stored before there
    /// were Books does not say it; the store knows it.
    #[serde(default)]
    pub year: i16,
    /// Key of the proposal that it was: `3.2`.
    pub key: String,
    /// Index of the item in the plan.
    pub item: Option<usize>,
    /// Short name.
    pub title: String,
    /// Kind of the measure.
    pub kind: MeasureKind,
    /// Where it comes from.
    pub origin: Origin,
    /// Who bears it.
    pub bearers: Bearers,
    /// Units that lead, in order.
    pub lead: Vec<UnitId>,
    /// How often or by when.
    pub cadence: Cadence,
    /// Id of the ledger by which it is shown; none when it is not assessed.
    pub ledger: Option<String>,
    /// What a record must say to count.
    pub condition: Conditions,
    /// False for 导向性，不考核: shown, but no duties.
    pub assessed: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bearers_stored_by_an_older_release_are_read() {
        let old = r#"{"kinds":["branch"],"traits":["committee"]}"#;
        let read: Bearers = serde_json::from_str(old).unwrap();
        let expected = Bearers {
            kinds: BTreeSet::from([UnitKind::Branch]),
            with: BTreeSet::from(["committee".to_owned()]),
            ..Bearers::default()
        };
        assert_eq!(read, expected);
        let again: Bearers = serde_json::from_str(&serde_json::to_string(&read).unwrap()).unwrap();
        assert_eq!(again, expected);
    }

    #[test]
    fn a_trait_may_be_asked_for_and_excluded() {
        let traits = |all: &[&str]| all.iter().map(|t| (*t).to_owned()).collect::<BTreeSet<_>>();
        let bearers =
            Bearers { with: traits(&["staff"]), without: traits(&["temporary"]), ..Bearers::default() };
        assert!(bearers.allow(&traits(&["staff", "committee"])));
        assert!(!bearers.allow(&traits(&["staff", "temporary"])) && !bearers.allow(&traits(&[])));
    }
}
