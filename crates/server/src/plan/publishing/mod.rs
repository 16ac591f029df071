//! 发布: what it will cost, what stands in the way, the one button; and a later version with what it changes.

mod page;
mod versions;

use web::permit::Route;

/// The routes of this room.
pub(super) fn routes() -> Vec<Route> {
    [page::routes(), versions::routes()].into_iter().flatten().collect()
}
