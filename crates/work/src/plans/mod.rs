//! Plans: reading a draft, and publishing it with all that follows for the year.
//!
//! - `draft`: a revision with what the compiler makes of it, and how a change to it is kept.
//! - `ground`: what duties are made upon, and what a draft costs.
//! - `beside`: what runs in the year already; `publish`: publishing, the first time and every later one.

mod beside;
mod draft;
mod ground;
mod publish;

pub(crate) use beside::opening_of;
pub use beside::{Beside, Same};
pub use draft::{Change, Draft, differing, is_live};
pub use ground::Ground;
pub use publish::{Later, first, hand_over, publish};
