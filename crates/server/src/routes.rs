//! All routes, folder by folder. A folder's `routes()` is the only place that names its paths.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use model::Role;

use crate::app::App;
use crate::fault::Reply;
use crate::identity::Actor;
use crate::permit::{self, Route, Rule, get};
use crate::view::Place;

/// Every route with its rule.
#[must_use]
pub fn table() -> Vec<Route> {
    [
        vec![get("/", Rule::SignedIn, home), get("/healthz", Rule::Public, healthz)],
        crate::assets::routes(),
        crate::identity::routes(),
        crate::plan::routes(),
        crate::duties::routes(),
        crate::ledgers::routes(),
        crate::board::routes(),
        crate::reports::routes(),
        crate::org::routes(),
        crate::people::routes(),
        crate::admin::routes(),
        crate::jobs::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The whole server as a router.
pub fn router(app: &App) -> Router {
    crate::layers::around(app, permit::router(app, table()))
}

/// Leads everybody to the page that their day begins with.
async fn home(actor: Actor) -> Reply {
    let first = Place::first(&actor);
    // A leader's day begins with the one sheet, not with the list of what can be drafted.
    let sheet = first == Place::Reports && actor.is(Role::Leader);
    Ok(Redirect::to(if sheet { "/leader" } else { first.href() }).into_response())
}

/// For whoever watches the server: answers 200 when the database can be read.
async fn healthz(State(app): State<App>) -> Reply {
    app.store.institutions().await?;
    Ok("ok\n".into_response())
}
