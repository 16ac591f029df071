//! How the year stands: the plan as it runs, the matrix, the office's morning, one unit's year.

use web::permit::Route;

mod export;
mod first;
mod matrix;
mod office;
mod plan_runs;

// The templates beside count with it.
use crate::seen;

/// The routes of this folder.
#[must_use]
pub(crate) fn routes() -> Vec<Route> {
    [plan_runs::routes(), matrix::routes(), export::routes(), office::routes()]
        .into_iter()
        .flatten()
        .collect()
}
