//! 要点文稿: handing in a plan, what the compiler reads in it, what the clerk makes of it, publishing.

use web::permit::Route;

mod draft;
mod edit;
mod fields;
mod handed;
mod history;
mod last_year;
mod list;
mod publish_page;
mod review;
mod text;
mod versions;

/// The routes of this folder.
#[must_use]
pub(crate) fn routes() -> Vec<Route> {
    [
        list::routes(),
        review::routes(),
        edit::routes(),
        text::routes(),
        history::routes(),
        versions::routes(),
        last_year::routes(),
        publish_page::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
