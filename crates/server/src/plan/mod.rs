//! 要点文稿: handing in a plan, what the compiler reads in it, what the clerk makes of it, publishing.

mod carry;
mod draft;
mod edit;
mod list;
mod publish_page;
mod publishing;
mod review;
mod text;

pub(crate) use draft::Compilations;

use crate::permit::Route;

/// The routes of this folder.
#[must_use]
pub(crate) fn routes() -> Vec<Route> {
    [list::routes(), review::routes(), edit::routes(), text::routes(), publish_page::routes()]
        .into_iter()
        .flatten()
        .collect()
}
