//! How the year stands: the plan as it runs, the matrix, the office's morning, one unit's year.

use web::permit::Route;

pub(crate) mod export;
pub(crate) mod lens;
mod matrix;
mod office;
pub(crate) mod people;
pub(crate) mod plan_runs;
pub(crate) mod seen;

/// The routes of this folder.
#[must_use]
pub(crate) fn routes() -> Vec<Route> {
    [plan_runs::routes(), matrix::routes(), export::routes(), office::routes()]
        .into_iter()
        .flatten()
        .collect()
}
