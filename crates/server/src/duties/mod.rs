//! 本月该做什么, the duties behind every number, each duty with why it stands so, and what was asked to be waived or
//! extended.

use web::permit::Route;

mod exempt;
mod list;
mod mine;
mod month;
pub(crate) mod pick;
mod show;
pub(crate) mod sight;
pub(crate) mod source;

/// The routes of this folder.
#[must_use]
pub(crate) fn routes() -> Vec<Route> {
    [month::routes(), list::routes(), show::routes(), exempt::routes(), mine::routes()]
        .into_iter()
        .flatten()
        .collect()
}
