//! What an account may be.

use serde::{Deserialize, Serialize};

/// 角色. A grant gives one role over one unit and all below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 党委办公室: publishes the plan and chases it.
    Office,
    /// 牵头部门.
    Lead,
    /// 党支部书记.
    Secretary,
    /// 纪委.
    Discipline,
    /// 领导.
    Leader,
    /// 党员.
    Member,
    /// 系统管理员.
    SystemAdmin,
    /// 安全保密管理员.
    SecurityAdmin,
    /// 审计管理员.
    AuditAdmin,
}

impl Role {
    /// Every role, in the order in which they are listed.
    pub const ALL: [Self; 9] = [
        Self::Office,
        Self::Lead,
        Self::Secretary,
        Self::Discipline,
        Self::Leader,
        Self::Member,
        Self::SystemAdmin,
        Self::SecurityAdmin,
        Self::AuditAdmin,
    ];

    /// The role in Chinese.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Office => "党委办公室",
            Self::Lead => "牵头部门",
            Self::Secretary => "支部书记",
            Self::Discipline => "纪委",
            Self::Leader => "领导",
            Self::Member => "党员",
            Self::SystemAdmin => "系统管理员",
            Self::SecurityAdmin => "安全保密管理员",
            Self::AuditAdmin => "审计管理员",
        }
    }

    /// The role as it is stored.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Office => "office",
            Self::Lead => "lead",
            Self::Secretary => "secretary",
            Self::Discipline => "discipline",
            Self::Leader => "leader",
            Self::Member => "member",
            Self::SystemAdmin => "system_admin",
            Self::SecurityAdmin => "security_admin",
            Self::AuditAdmin => "audit_admin",
        }
    }

    /// The role stored under this id.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.id() == id)
    }

    /// 三员: one of the three administrators, who exclude one another and see no business data
    /// (GB/T 22239-2019, separation of administrators).
    #[must_use]
    pub fn is_admin(self) -> bool {
        matches!(self, Self::SystemAdmin | Self::SecurityAdmin | Self::AuditAdmin)
    }

    /// Whether one account may hold both: an administrator holds nothing else.
    #[must_use]
    pub fn goes_with(self, other: Self) -> bool {
        self == other || !(self.is_admin() || other.is_admin())
    }
}
