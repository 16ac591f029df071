//! How the year stands: the matrix, the office's morning, one unit's year.

use web::permit::Route;

mod export;
mod first;
mod matrix;
mod office;

// The templates beside count with it.
use crate::seen;

/// The routes of this folder.
#[must_use]
pub(crate) fn routes() -> Vec<Route> {
    [matrix::routes(), export::routes(), office::routes()].into_iter().flatten().collect()
}
