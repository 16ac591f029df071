//! 要点: drafts.

use crate::permit::Route;

/// The routes of this folder.
#[must_use]
pub(crate) fn routes() -> Vec<Route> {
    Vec::new()
}
