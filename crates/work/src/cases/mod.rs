//! 流程: cases that run. What a record moves, what somebody does to a case, what the turn of a day brings; each is worked
//! out on the docket of `runtime` and written down in one transaction with all that follows from it.
//!
//! - `ground`: the cases that are meant with all that they are judged against, and what is new in it as a write.
//! - `roster`: people as procedures see them, and what a procedure changes in the roster.
//! - `record`: what a record that is being saved moves.
//! - `open`: opening a case by hand; `act`: skip, return, extend, hand over, end and the like.
//! - `form`: what stands in the form of a step beforehand.
//! - `turn`: what a day brings by itself.
//! - `sight`: who reads which case.

mod act;
mod form;
mod ground;
mod open;
mod record;
mod roster;
mod sight;
mod turn;

pub use act::act;
pub use form::{StepForm, alike, step_form, step_reads};
pub use ground::Ground;
pub(crate) use ground::{days, organisation, settings};
pub use open::{About, OPENING_REASON, Open, may_open, may_open_checks, open};
pub(crate) use open::{Drafted, TRIES, of_rung};
pub(crate) use record::of_record;
pub use record::{Foreseen, Reached, foreseen, opened_by, reached};
pub use sight::{reads, sees, sees_every_line, sight, workflow_of};
pub(crate) use turn::follow;
pub use turn::turn;
