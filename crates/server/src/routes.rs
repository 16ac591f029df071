//! All routes, folder by folder. A folder's `routes()` is the only place that names its paths.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use model::Role;
use store::StoreError;
use web::permit::{self, Route, Rule, get};
use web::view::Place;
use web::{App, Reply};
use work::Actor;

/// Every route with its rule.
#[must_use]
pub fn table() -> Vec<Route> {
    [
        vec![
            get("/", Rule::SignedIn, home),
            get("/healthz", Rule::Public, healthz),
            get("/readyz", Rule::Public, readyz),
        ],
        web::assets::routes(),
        crate::identity::routes(),
        crate::me::routes(),
        crate::plan::routes(),
        crate::events::routes(),
        crate::routine::routes(),
        crate::duties::routes(),
        crate::entries::routes(),
        crate::cases::routes(),
        crate::chase::routes(),
        crate::checks::routes(),
        crate::board::routes(),
        crate::reports::routes(),
        crate::papers::routes(),
        crate::org::routes(),
        crate::people::routes(),
        crate::admin::routes(),
        crate::jobs::routes(),
        crate::metrics::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The whole server as a router.
pub fn router(app: &App) -> Router {
    web::layers::around(app, permit::router(app, table()))
}

/// Leads everybody to the page that their day begins with.
async fn home(actor: Actor) -> Reply {
    let first = Place::first(&actor);
    // A leader's day begins with the one sheet, not with the list of what can be drafted.
    let sheet = first == Place::Reports && actor.is(Role::Leader);
    Ok(Redirect::to(if sheet { "/leader" } else { first.href() }).into_response())
}

/// For whoever watches the process: it lives. Nothing is asked of the database: one that is slow for a while is no reason
/// to end the process or to send everybody to the next.
async fn healthz() -> &'static str {
    "ok\n"
}

/// For whoever sends visitors here: 200 when a write would be taken now, else 503 and a word why not.
async fn readyz(State(app): State<App>) -> Response {
    let why = match app.store.ready(app.clock.wall()).await {
        Ok(()) => return "ready\n".into_response(),
        Err(StoreError::Full) => "full\n",
        Err(StoreError::ReadOnly) => "read-only\n",
        Err(StoreError::Unavailable) => "unreachable\n",
        Err(error) => {
            tracing::error!(%error, "the store is not ready");
            "failed\n"
        }
    };
    // An answer of its own kind, so that it is not made into a page.
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "5")], why).into_response()
}
