//! 要点文稿: handing in a plan, what the compiler reads in it, what the clerk makes of it.

pub(super) mod draft;
mod edit;
mod fields;
pub(super) mod handed;
mod history;
mod last_year;
mod list;
mod review;
mod text;

use web::permit::Route;

/// The routes of this room.
pub(super) fn routes() -> Vec<Route> {
    [list::routes(), review::routes(), edit::routes(), text::routes(), history::routes(), last_year::routes()]
        .into_iter()
        .flatten()
        .collect()
}
