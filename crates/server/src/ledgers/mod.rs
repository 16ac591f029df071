//! 记录: writing one down, the list of them, and each as a printed form.
//!
//! - `desk`: what lies ready before somebody writes; `form`: what is asked, typed and wrong, `typed`: one control of it; `fill`: what stands in a
//!   form beforehand; `files`: what is attached; `count`: what a record counts for and what it lacks.
//! - `record`: the pages of the form, and the one way in which a record is saved.
//! - `list` and `show`: reading them; `paper`: one as a printed form.

pub(crate) mod count;
pub(crate) mod desk;
mod files;
pub(crate) mod fill;
mod form;
pub(crate) mod list;
mod paper;
mod record;
mod show;
mod typed;

use crate::permit::Route;

/// The routes of this folder.
#[must_use]
pub(crate) fn routes() -> Vec<Route> {
    [record::routes(), files::routes(), list::routes(), show::routes()].into_iter().flatten().collect()
}
