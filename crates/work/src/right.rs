//! What somebody may do, and which roles include it: the table that every permission rests on.

use model::Role;

macro_rules! rights {
    ($($(#[$doc:meta])* $name:ident => $words:literal, [$($role:ident),* $(,)?];)*) => {
        /// What somebody may do. Which roles include it stands beside it, here and nowhere else.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Right { $($(#[$doc])* $name,)* }

        impl Right {
            /// Every right.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The right in Chinese, as it completes 可以….
            #[must_use]
            pub fn words(self) -> &'static str {
                match self { $(Self::$name => $words,)* }
            }

            /// The roles that include it.
            #[must_use]
            pub fn roles(self) -> &'static [Role] {
                match self { $(Self::$name => &[$(Role::$role,)*],)* }
            }
        }
    };
}

rights! {
    // Business. The three administrators appear in none of these (三员分立).
    /// Read a published plan and how it stands.
    SeePlan => "看要点", [Office, Lead, Secretary, Discipline, Leader, Member];
    /// Upload a plan, see drafts and what the compiler says, mend and publish.
    EditPlan => "编制和发布要点", [Office];
    /// 本月该做什么, for a unit that owes something.
    SeeMonth => "看本月该做什么", [Office, Lead, Secretary, Discipline, Member];
    /// Write a record, revise one, withdraw one.
    Record => "记录和修改台账", [Office, Lead, Secretary, Discipline];
    /// Read records: a member their own branch's.
    SeeEntries => "看台账记录", [Office, Lead, Secretary, Discipline, Leader, Member];
    /// Read fields that only those who keep the ledger and the discipline committee may read.
    SeeRestricted => "看限定范围的内容", [Secretary, Discipline];
    /// Confirm records of the units below, or return them.
    Confirm => "确认下级的记录", [Office, Secretary];
    /// Ask for a waiver or an extension.
    AskExemption => "申请免办、延期", [Lead, Secretary, Discipline, Office];
    /// Approve a waiver or an extension.
    ApproveExemption => "批准免办、延期", [Office];
    /// Release the rungs of the chase, leave them out, hold them: which ones is for the ladder to say (`work::chase`).
    Release => "放行催办", [Office, Lead, Secretary, Discipline, Leader];
    /// The matrix, duties of several units, standing on any day.
    SeeBoard => "看矩阵", [Office, Lead, Secretary, Discipline, Leader];
    /// The leader's page, the 通报 draft.
    SeeReports => "看报告", [Office, Discipline, Leader];
    /// Take lists and the matrix away as a file.
    Export => "导出", [Office, Lead, Secretary, Discipline, Leader];
    /// The tree of units and the people in them.
    SeeOrganisation => "看组织和人员", [Office, Lead, Secretary, Discipline, Leader, Member];
    /// The roster with what is held of each person: a secretary that of their own branch; numbers opened for a reason.
    SeePeople => "看人员名册", [Office, Secretary];
    /// Change people, their membership and posts.
    EditPeople => "维护人员和党员身份", [Office];
    /// Found, rename, move, merge, split and dissolve units on a day.
    ChangeUnits => "办理组织的成立、合并、撤销", [Office];

    // System administrator.
    /// Settings of the institution and the school calendar.
    SetUp => "维护学校设置和校历", [SystemAdmin];
    /// The tree of units.
    EditUnits => "维护组织树", [SystemAdmin];
    /// Open, close and reopen accounts.
    EditAccounts => "开通和停用账号", [SystemAdmin];
    // Security administrator.
    /// Give and end roles.
    Grant => "授予和收回角色", [SecurityAdmin];
    /// Set a new first password, end the sessions of others, lift a lock.
    ResetPassword => "重置密码、解除锁定", [SecurityAdmin];
    // Audit administrator.
    /// Read and check the audit log.
    Audit => "查看和校验审计日志", [AuditAdmin];
}

impl Right {
    /// Whether it is about the work of one's own units: what they owe and what they write.
    #[must_use]
    pub fn is_own_work(self) -> bool {
        matches!(self, Self::SeeMonth | Self::Record | Self::AskExemption)
    }

    /// Whether one of these roles includes it.
    #[must_use]
    pub fn allows(self, roles: impl IntoIterator<Item = Role>) -> bool {
        roles.into_iter().any(|r| self.roles().contains(&r))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn administrators_share_no_right_with_anybody() {
        for right in Right::ALL {
            let admins = right.roles().iter().filter(|r| r.is_admin()).count();
            assert!(admins == 0 || right.roles().len() == 1, "{right:?} mixes an administrator with others");
        }
    }

    #[test]
    fn every_role_may_do_something() {
        for role in Role::ALL {
            assert!(Right::ALL.iter().any(|r| r.roles().contains(&role)), "{role:?} may do nothing");
        }
    }
}
