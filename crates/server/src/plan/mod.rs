//! 要点, in three rooms: its text under review, its publication, and the published one as it runs.
//!
//! - `reviewing`: handing in a plan, what the compiler reads in it, what the clerk makes of it.
//! - `publishing`: what it will cost and the one button; a later version, and what it changes.
//! - `running`: the published plan item by item.
//! - `words`: what differs between two texts, for the first two.

mod publishing;
mod reviewing;
mod running;
mod words;

use web::permit::Route;

/// The routes of this folder.
#[must_use]
pub(crate) fn routes() -> Vec<Route> {
    [reviewing::routes(), publishing::routes(), running::routes()].into_iter().flatten().collect()
}
