//! 记录: writing one down, the list of them, and each as a printed form.
//!
//! - `desk`: what lies ready before somebody writes; `form`: what is asked, typed and wrong, `typed`: one control of it; `fill`: what stands in a
//!   form beforehand; `files`: what is attached; `count`: what a record counts for and what it lacks.
//! - `record`: the pages of the form, and the one way in which a record is saved.
//! - `drafts`: what is typed and not saved yet; `arrivals`: 签到.
//! - `confirm`: confirmation by the level above; `bulk`: many at once; `views`: lists under a name.
//! - `import`: a spreadsheet of a ledger read back, `taken`: one row of it.
//! - `list` (with `sift`: its filters, `columns`, `export`) and `show`: reading them; `paper`:
//!   one as a printed form.

use web::permit::Route;

pub(crate) mod arrivals;
mod bulk;
mod columns;
pub(crate) mod confirm;
pub(crate) mod count;
pub(crate) mod desk;
mod drafts;
pub(crate) mod export;
mod files;
pub(crate) mod fill;
mod form;
pub(crate) mod import;
pub(crate) mod list;
mod paper;
pub(crate) mod privacy;
mod record;
mod show;
mod sift;
mod taken;
mod typed;
mod views;

/// The routes of this folder.
#[must_use]
pub(crate) fn routes() -> Vec<Route> {
    [
        record::routes(),
        files::routes(),
        list::routes(),
        show::routes(),
        export::routes(),
        import::routes(),
        confirm::routes(),
        bulk::routes(),
        views::routes(),
        arrivals::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
