//! 成册材料: papers that are put together from many records. Everything in them comes from the ledgers, under the privacy of
//! whoever asks; what is not there is said.
//!
//! - `gather`: what a unit's year holds for an account; `sections`: the parts of the handbook that are no records.
//! - `handbook`: 党支部工作手册, of one unit or, as a job, of many; `evidence`: 迎检材料包, `index`: its lists; `handover`: 交接清单.
//! - `calendar`: 月历, a month on one page, `month`: its days; `page`: where all of them are had.

mod calendar;
mod evidence;
mod gather;
mod handbook;
mod handover;
mod index;
mod month;
mod page;
mod sections;

use store::JobKind;
use web::jobs::Task;
use web::permit::{Right, Route, Rule, get, post};

/// The routes of this folder.
#[must_use]
pub(crate) fn routes() -> Vec<Route> {
    let export = Rule::May(Right::Export);
    vec![
        get("/papers", export, page::show),
        get("/papers/handbook.docx", export, page::handbook),
        post("/papers/handbooks", export, page::handbooks),
        post("/papers/evidence", export, page::evidence),
        get("/papers/handover", Rule::May(Right::SeePeople), handover::show),
        get("/papers/handover.docx", Rule::May(Right::SeePeople), handover::docx),
        get("/calendar", Rule::May(Right::SeeEntries), calendar::show),
    ]
}

/// The jobs of this folder.
pub(crate) fn tasks() -> Vec<Task> {
    vec![
        Task {
            kind: JobKind::Handbooks,
            work: |app, actor, job, progress| Box::pin(handbook::of_all(app, actor, job, progress)),
        },
        Task {
            kind: JobKind::EvidencePack,
            work: |app, actor, job, progress| Box::pin(evidence::packed(app, actor, job, progress)),
        },
    ]
}
