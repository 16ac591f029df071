//! 人员: the roster, each person's page and history, imports and exports, what people ask to have corrected.

mod accounts;
mod correct;
mod dated;
mod edit;
mod export;
mod import;
mod list;
mod moves;
mod person;
mod post;
mod stretch;

use std::collections::BTreeSet;

use model::PersonId;
use store::{Held, JobKind, Scope};
use web::App;
use web::jobs::Task;
use web::permit::{Right, Route};
use work::{Actor, Fault};

/// The routes of this folder.
#[must_use]
pub(crate) fn routes() -> Vec<Route> {
    [
        list::routes(),
        edit::routes(),
        moves::routes(),
        stretch::routes(),
        post::routes(),
        import::routes(),
        export::routes(),
        correct::routes(),
        accounts::routes(),
        person::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The jobs of this folder.
pub(crate) fn tasks() -> Vec<Task> {
    vec![Task {
        kind: JobKind::PeopleImport,
        work: |app, actor, job, progress| Box::pin(import::take_in(app, actor, job, progress)),
    }]
}

/// A person as they stand now, when the actor may see them: who belongs to a branch in the actor's scope today.
async fn seen(app: &App, actor: &Actor, id: PersonId) -> Result<Held, Fault> {
    let scope = actor.scope_for(Right::SeePeople);
    let not_there = || Fault::not_found("这个人");
    if scope != Scope::All
        && !app.store.person_in_scope(actor.institution, &scope, id, app.clock.today()).await?
    {
        return Err(not_there());
    }
    held(app, actor, id).await
}

/// A person as they stand now.
async fn held(app: &App, actor: &Actor, id: PersonId) -> Result<Held, Fault> {
    app.store
        .held(actor.institution, &BTreeSet::from([id]))
        .await?
        .remove(&id)
        .ok_or_else(|| Fault::not_found("这个人"))
}
