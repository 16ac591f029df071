//! 记录: writing one down, the list of them, and each as a printed form.
//!
//! - `desk`: what lies ready before somebody writes; `form`: what is asked, typed and wrong, `typed`: one control of it; `fill`: what stands in a
//!   form beforehand; `files`: what is attached; `count`: what a record counts for and what it lacks.
//! - `record`: the pages of the form, and the one way in which a record is saved; `next`: what is to be done after it.
//! - `drawn`: what of the records that are there a form begins with.
//! - `drafts`: what is typed and not saved yet; `arrivals`: 签到.
//! - `confirm`: confirmation by the level above; `bulk`: many at once; `views`: lists under a name.
//! - `import`: a spreadsheet of a ledger read back, `taken`: one row of it.
//! - `list` (with `sift`: its filters, `columns`, `export`) and `show`: reading them.

use store::JobKind;
use web::jobs::Task;
use web::permit::Route;

mod arrivals;
mod bulk;
mod choose;
mod columns;
mod confirm;
mod count;
mod desk;
mod drafts;
mod drawn;
mod export;
mod files;
mod fill;
mod find;
mod form;
mod import;
mod list;
mod next;
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
        find::routes(),
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

/// The jobs of this folder.
pub(crate) fn tasks() -> Vec<Task> {
    vec![
        Task {
            kind: JobKind::EntryImport,
            work: |app, actor, job, progress| Box::pin(import::take_in(app, actor, job, progress)),
        },
        Task {
            kind: JobKind::EntryExport,
            work: |app, actor, job, progress| Box::pin(export::written(app, actor, job, progress)),
        },
    ]
}
