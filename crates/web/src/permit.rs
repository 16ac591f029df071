//! The gate, and the only way to register a route. Which roles include a right stands in [`work::Right`].
//!
//! [`get`] and [`post`] take the rule together with the handler, so a route without a rule cannot be written; the gate
//! in front of each handler reads the session, checks the rule, and only then lets an [`Actor`] in.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use model::Role;
pub use work::Right;
use work::{Actor, Fault};

use crate::app::App;
use crate::fault::Refusal;

/// What a route asks of the person who comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Anybody, signed in or not.
    Public,
    /// Anybody who is signed in, even with a password that is due.
    SignedIn,
    /// An account with a role that includes this.
    May(Right),
}

/// One route: method, path, rule, handler.
pub struct Route {
    /// GET or POST.
    pub method: Method,
    /// Path, with `{parameters}`.
    pub path: &'static str,
    /// Who may come.
    pub rule: Rule,
    handler: MethodRouter<App>,
    limit: Option<usize>,
}

/// A page.
pub fn get<H, T>(path: &'static str, rule: Rule, handler: H) -> Route
where
    H: Handler<T, App>,
    T: 'static,
{
    Route { method: Method::GET, path, rule, handler: axum::routing::get(handler), limit: None }
}

/// An act.
pub fn post<H, T>(path: &'static str, rule: Rule, handler: H) -> Route
where
    H: Handler<T, App>,
    T: 'static,
{
    Route { method: Method::POST, path, rule, handler: axum::routing::post(handler), limit: None }
}

impl Route {
    /// Lets more (or less) be sent than the 2 MB that others take; `bytes` for files.
    #[must_use]
    pub fn limit(mut self, bytes: usize) -> Self {
        self.limit = Some(bytes);
        self
    }
}

/// The router made of these routes, each behind its gate.
pub fn router(app: &App, routes: Vec<Route>) -> Router {
    let mut router = Router::<App>::new();
    for Route { path, rule, handler, limit, .. } in routes {
        let limit = limit.unwrap_or(app.settings.body_limit);
        let gated = handler
            .route_layer(DefaultBodyLimit::max(limit))
            .route_layer(axum::Extension(crate::extract::BodyLimit(limit)))
            .route_layer(middleware::from_fn_with_state(app.clone(), move |state, request, next| {
                gate(state, rule, request, next)
            }));
        router = router.route(path, gated);
    }
    router.fallback(|| async { Refusal::Of(Fault::not_found("这一页")) }).with_state(app.clone())
}

/// Reads who comes, asks the rule, lets in or not.
async fn gate(State(app): State<App>, rule: Rule, mut request: Request, next: Next) -> Response {
    let actor = match crate::session::actor(&app, &mut request).await {
        Ok(actor) => actor,
        Err(fault) => return Refusal::from(fault).into_response(),
    };
    let let_in = match (rule, &actor) {
        (Rule::Public, _) | (Rule::SignedIn, Some(_)) => Ok(()),
        (Rule::SignedIn | Rule::May(_), None) => Err(Refusal::SignIn),
        (Rule::May(_), Some(a)) if a.password_due => Err(Refusal::PasswordDue),
        (Rule::May(right), Some(a)) if right.allows(a.roles()) => Ok(()),
        (Rule::May(right), Some(a)) => Err(Fault::NotAllowed(refusal(right, a)).into()),
    };
    let right = if let Rule::May(right) = rule { Some(right) } else { None };
    let actor = actor.map(|a| a.at(right));
    let mut answer = match let_in {
        Ok(()) => {
            if let Some(actor) = &actor {
                request.extensions_mut().insert(actor.clone());
            }
            next.run(request).await
        }
        Err(fault) => fault.into_response(),
    };
    // The layers outside (error pages) need to know who asked.
    if let Some(actor) = actor {
        answer.extensions_mut().insert(actor);
    }
    answer
}

fn refusal(right: Right, actor: &Actor) -> String {
    let who = right.roles().iter().map(|r| r.word()).collect::<Vec<_>>().join("、");
    let mine = actor.roles().map(Role::word).collect::<Vec<_>>().join("、");
    if mine.is_empty() {
        format!("{}要由{who}来做。你的账号还没有角色，请找安全保密管理员授权。", right.words())
    } else {
        format!("{}要由{who}来做，你的账号是{mine}。", right.words())
    }
}
