//! 本月该做什么, the duties behind every number, each duty with why it stands so, and what was asked to be waived or
//! extended.

use web::permit::Route;

mod exempt;
mod list;
mod month;
mod show;

/// The routes of this folder.
#[must_use]
pub(crate) fn routes() -> Vec<Route> {
    [month::routes(), list::routes(), show::routes(), exempt::routes()].into_iter().flatten().collect()
}
