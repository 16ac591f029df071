//! Records: what is done with them, each in one transaction with all that follows from it.
//!
//! - `save`: saving one (new, revised, withdrawn, restored), with its credits and what follows where it is an event.
//! - `offer`: what a record may count for.
//! - `import`: those that a table brings.
//! - `confirm`: confirmation by the level above.

mod confirm;
mod import;
mod offer;
mod save;

pub use confirm::{above, may_confirm, refusal, settle};
pub use import::take_in;
pub use offer::{Offer, offer, year_of};
pub(crate) use save::draft;
pub use save::{Record, lacks, save, searched, turn, warnings};
