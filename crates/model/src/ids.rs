//! Identifiers: one type for each thing, all UUIDv7, made by the program.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new identifier, ordered by the time at which it was made.
            #[must_use]
            pub fn fresh() -> Self {
                Self(Uuid::now_v7())
            }

            /// The identifier made of a time in milliseconds since 1970 and ten bytes: for data that must come out
            /// the same each time.
            #[must_use]
            pub fn from_parts(millis: u64, bytes: &[u8; 10]) -> Self {
                Self(uuid::Builder::from_unix_timestamp_millis(millis, bytes).into_uuid())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(s: &str) -> Result<Self, Self::Err> {
                Ok(Self(s.parse()?))
            }
        }
    )*};
}

ids! {
    /// 学校（单位）: the tenant that every row belongs to.
    InstitutionId;
    /// 组织.
    UnitId;
    /// 人员.
    PersonId;
    /// 党员身份: one stretch of a person's standing in one branch.
    MembershipId;
    /// 职务: one stretch in one post.
    PostId;
    /// 账号.
    AccountId;
    /// 授权: one role of one account over one unit's subtree.
    GrantId;
    /// 工作要点.
    PlanId;
    /// 常规: one standing rule in one year.
    RoutineId;
    /// 要求.
    ObligationId;
    /// 应办事项.
    DutyId;
    /// 记录.
    EntryId;
    /// 附件.
    FileId;
    /// 佐证关系.
    CreditId;
    /// 导入、批量: one import, or one act on many records.
    BatchId;
    /// 任务: one piece of work that is done beside the pages.
    JobId;
    /// 签到: one meeting at which people say that they came.
    ArrivalId;
    /// 时点: one occasion of an event, whose day is told.
    MomentId;
    /// 组织变动: one act on one or more units.
    UnitChangeId;
    /// 申请.
    RequestId;
    /// 事项: one running instance of a procedure.
    CaseId;
}
