//! The organisation: units in a tree, people in them.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{MembershipId, PersonId, PostId, UnitId};

/// 组织的种类.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitKind {
    /// 学校党委.
    Committee,
    /// 纪委.
    Discipline,
    /// 党总支、二级党委.
    GeneralBranch,
    /// 党支部.
    Branch,
    /// 党小组.
    Group,
    /// 职能部门.
    Department,
    /// 群团组织.
    MassOrganisation,
}

impl UnitKind {
    /// Every kind, in the order in which they are listed.
    pub const ALL: [Self; 7] = [
        Self::Committee,
        Self::Discipline,
        Self::GeneralBranch,
        Self::Branch,
        Self::Group,
        Self::Department,
        Self::MassOrganisation,
    ];

    /// Every kind with its id, as files, forms and the database write it.
    pub const IDS: [(&str, Self); 7] = [
        ("committee", Self::Committee),
        ("discipline", Self::Discipline),
        ("general_branch", Self::GeneralBranch),
        ("branch", Self::Branch),
        ("group", Self::Group),
        ("department", Self::Department),
        ("mass_organisation", Self::MassOrganisation),
    ];

    /// The kind as files and forms write it.
    #[must_use]
    pub fn id(self) -> &'static str {
        Self::IDS.iter().find(|(_, kind)| *kind == self).map_or("", |(id, _)| id)
    }

    /// The kind in Chinese.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Committee => "党委",
            Self::Discipline => "纪委",
            Self::GeneralBranch => "党总支",
            Self::Branch => "党支部",
            Self::Group => "党小组",
            Self::Department => "职能部门",
            Self::MassOrganisation => "群团组织",
        }
    }
}

/// 组织: a node of the organisation tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// Identifier.
    pub id: UnitId,
    /// The unit above; none for the root.
    pub parent: Option<UnitId>,
    /// Kind.
    pub kind: UnitKind,
    /// Full name (党委办公室).
    pub name: String,
    /// Other names in use (党办, 党委办).
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Properties that rules ask about: `committee` (设支委会), `staff`, `student`, `retired`, `temporary`…
    #[serde(default)]
    pub traits: BTreeSet<String>,
    /// Place among its siblings.
    #[serde(default)]
    pub sort: i32,
    /// First day; none when it was always there.
    #[serde(default)]
    pub founded: Option<Date>,
    /// First day on which it is no longer there.
    #[serde(default)]
    pub dissolved: Option<Date>,
}

impl Unit {
    /// Whether the unit is there on `day`.
    #[must_use]
    pub fn exists_on(&self, day: Date) -> bool {
        self.founded.is_none_or(|f| f <= day) && self.dissolved.is_none_or(|d| day < d)
    }

    /// Whether it was there on any day: one whose founding was taken back never was.
    #[must_use]
    pub fn stood(&self) -> bool {
        self.dissolved.is_none_or(|d| self.founded.is_none_or(|f| f < d))
    }
}

/// The tree of units, in order: parents before children, siblings by `sort`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organisation {
    /// Name of the institution.
    pub name: String,
    /// Its units.
    pub units: Vec<Unit>,
}

impl Organisation {
    /// The unit with this identifier.
    #[must_use]
    pub fn unit(&self, id: UnitId) -> Option<&Unit> {
        self.units.iter().find(|u| u.id == id)
    }

    /// The unit itself and all below it.
    #[must_use]
    pub fn subtree(&self, root: UnitId) -> BTreeSet<UnitId> {
        self.below(BTreeSet::from([root]))
    }

    /// These units and all below them.
    #[must_use]
    pub fn below(&self, mut found: BTreeSet<UnitId>) -> BTreeSet<UnitId> {
        loop {
            let before = found.len();
            for u in &self.units {
                if u.parent.is_some_and(|p| found.contains(&p)) {
                    found.insert(u.id);
                }
            }
            if found.len() == before {
                return found;
            }
        }
    }
}

/// 党员身份的阶段.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// 入党积极分子.
    Activist,
    /// 发展对象.
    Candidate,
    /// 预备党员.
    Probationary,
    /// 正式党员.
    Full,
}

impl Stage {
    /// Every stage with its id, from the first to the last.
    pub const IDS: [(&str, Self); 4] = [
        ("activist", Self::Activist),
        ("candidate", Self::Candidate),
        ("probationary", Self::Probationary),
        ("full", Self::Full),
    ];

    /// The stage as forms and the database write it.
    #[must_use]
    pub fn id(self) -> &'static str {
        Self::IDS.iter().find(|(_, stage)| *stage == self).map_or("", |(id, _)| id)
    }

    /// The stage written so.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::IDS.iter().find(|(known, _)| *known == id).map(|(_, stage)| *stage)
    }

    /// The stage in Chinese.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Activist => "入党积极分子",
            Self::Candidate => "发展对象",
            Self::Probationary => "预备党员",
            Self::Full => "正式党员",
        }
    }

    /// Whether the person is a member of the Party (预备党员 included).
    #[must_use]
    pub fn is_member(self) -> bool {
        matches!(self, Self::Probationary | Self::Full)
    }
}

/// 人员.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Identifier.
    pub id: PersonId,
    /// Name.
    pub name: String,
    /// 工号 or 学号; text, never a number.
    pub number: String,
    /// `staff`, `student` or `retired`.
    pub kind: String,
}

/// 党员身份: one stretch in one branch at one stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// Identifier.
    pub id: MembershipId,
    /// Whose.
    pub person: PersonId,
    /// In which branch.
    pub branch: UnitId,
    /// In which group of it.
    pub group: Option<UnitId>,
    /// Stage.
    pub stage: Stage,
    /// First day.
    pub since: Date,
    /// First day on which it no longer holds.
    pub until: Option<Date>,
}

/// 职务: a post held in a unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// Identifier.
    pub id: PostId,
    /// Who holds it.
    pub person: PersonId,
    /// Where.
    pub unit: UnitId,
    /// Name of the post (书记, 组织委员, 部长).
    pub title: String,
    /// First day.
    pub since: Date,
    /// First day on which it is no longer held.
    pub until: Option<Date>,
}
