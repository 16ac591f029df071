//! The pages of the three administrators (三员分立). Each sees their own part and no business data.

use crate::permit::Route;

/// The routes of this folder.
#[must_use]
pub(crate) fn routes() -> Vec<Route> {
    Vec::new()
}
