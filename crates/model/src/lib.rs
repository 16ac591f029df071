//! The words of Luoshi as types.
//!
//! Everything anybody owes is a [`Duty`]; everything anybody did is an [`Entry`]; a [`Credit`] says that this entry
//! counts for that duty. The rest is where duties come from ([`Plan`], [`Obligation`], the rules in [`rule`]) and who
//! bears them ([`Unit`], [`Person`]). No I/O, no clock, no database, no HTML in here.

mod cadence;
mod change;
mod condition;
mod diagnostic;
mod entry;
mod file;
pub mod flow;
pub mod follow;
mod ids;
pub mod number;
mod obligation;
mod org;
mod people;
mod plan;
mod request;
mod role;
pub mod rule;
pub mod sheet;
mod text;

pub use cadence::{Cadence, DayIn, Due, Moment, Per, When};
pub use change::{UnitChange, UnitChangeKind, predecessors};
pub use condition::{Bound, Condition, Conditions, Proportion, Ratio, Which};
pub use diagnostic::{Diagnostic, Severity};
pub use entry::{
    AlsoAsked, Attendance, Confirmation, Credit, Duty, Entry, Participant, Row, Standing, StandingFacts,
    Value,
};
pub use file::{Attached, FileKind, size_words};
pub use ids::{
    AccountId, ArrivalId, BatchId, CaseId, CreditId, DutyId, EntryId, FileId, GrantId, InstitutionId, JobId,
    MembershipId, MomentId, ObligationId, PersonId, PlanId, PostId, RequestId, RoutineId, UnitChangeId,
    UnitId,
};
pub use obligation::{
    About, Bearers, DutySource, MeasureKind, Obligation, Origin, Proposal, ProposalState, Review,
};
pub use org::{Membership, Organisation, Person, Post, Stage, Unit, UnitKind};
pub use people::{
    CitizenId, IdFault, PERSON_CATEGORIES, PERSON_KINDS, PersonFile, SecretKind, Sex, kind_word,
};
pub use plan::{
    Aside, AsideKind, CadencePhrase, Citation, DeadlineKind, DeadlinePhrase, Item, NotRead, OwnerRole,
    OwnerWords, Plan, Section, Sentence, Unread, VagueWord,
};
pub use request::{Decision, Outcome, Request, RequestKind, Wish};
pub use role::Role;
pub use text::{Block, BlockKind, LeftOut, Omission, Place, SourceText, Span};
