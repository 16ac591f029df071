//! A refusal as the visitor sees it: a page, or JSON. What went wrong inside is written to the log and nowhere else.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Serialize;
use work::{Actor, Fault, FieldError};

use crate::app::App;
use crate::cookie;
use crate::fault::Refusal;
use crate::view::{Empty, Frame, Link};

/// Characters of a path that the audit log keeps: whoever is refused may have typed it, and nothing leaves that log.
const PATH: usize = 200;

/// The number by which an answer is found in the log.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(pub(crate) String);

#[derive(Serialize)]
struct Problem<'a> {
    code: &'a str,
    title: String,
    detail: String,
    #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
    errors: &'a [FieldError],
    request: &'a str,
}

#[derive(askama::Template)]
#[template(path = "fault.html")]
struct FaultPage {
    frame: Frame,
    empty: Empty,
    request: Option<String>,
}

fn wants_json(path: &str, headers: &HeaderMap) -> bool {
    path.starts_with("/api/")
        || headers
            .get(header::ACCEPT)
            .and_then(|v| v.to_str().ok())
            .is_some_and(|v| v.starts_with("application/json"))
}

/// Turns every fault into a page or into JSON, and writes what is inside to the log, once.
///
/// Errors that the framework answers by itself (no such page, wrong method, body too large) become faults here too.
pub(crate) async fn render(State(app): State<App>, request: Request, next: Next) -> Response {
    let json = wants_json(request.uri().path(), request.headers());
    let back = request.uri().path_and_query().map_or("/", |p| p.as_str()).to_owned();
    let is_get = request.method() == axum::http::Method::GET;
    let id = request.extensions().get::<RequestId>().map(|r| r.0.clone()).unwrap_or_default();
    let brings_said = cookie::brings_said(request.headers());
    let mut answer = next.run(request).await;
    cookie::forget_said(brings_said, &mut answer);
    let fault = match answer.extensions_mut().remove::<Arc<Refusal>>() {
        Some(fault) => fault,
        None => match (answer.status(), answer.headers().contains_key(header::LOCATION)) {
            (StatusCode::NOT_FOUND, _) if answer.headers().get(header::CONTENT_TYPE).is_none() => {
                Arc::new(Refusal::Of(Fault::not_found("这一页")))
            }
            (StatusCode::METHOD_NOT_ALLOWED, _) => Arc::new(Refusal::WrongMethod),
            (StatusCode::PAYLOAD_TOO_LARGE, _) => {
                Arc::new(Refusal::Of(Fault::TooLarge(app.settings.body_limit)))
            }
            (StatusCode::REQUEST_TIMEOUT | StatusCode::SERVICE_UNAVAILABLE, _)
                if answer.headers().get(header::CONTENT_TYPE).is_none() =>
            {
                Arc::new(Refusal::Of(Fault::Busy))
            }
            _ => return answer,
        },
    };
    if let Refusal::Of(Fault::Internal(inside)) = &*fault {
        // Without what was asked: words that are searched for may be a person's name.
        let path = back.split('?').next().unwrap_or_default();
        tracing::error!(request.id = %id, path, error = format!("{inside:#}"), "a request failed inside");
    }
    if let Refusal::Of(Fault::Disk(error)) = &*fault {
        tracing::error!(request.id = %id, %error, "a request failed at the disk");
    }
    let actor = answer.extensions().get::<Actor>().cloned();
    if let (Refusal::Of(Fault::NotAllowed(_)), Some(actor)) = (&*fault, &actor) {
        let path: String = back.split('?').next().unwrap_or_default().chars().take(PATH).collect();
        let act = actor.act(&app, "access.refuse").with(serde_json::json!({ "path": path }));
        // Whoever is refused is told so, whether or not it could be written down.
        if let Err(error) = app.store.record(actor.institution, &act).await {
            tracing::error!(request.id = %id, %error, "a refusal is not in the audit log");
        }
    }
    let status = fault.status();
    let mut out = if json {
        let errors: &[FieldError] = if let Refusal::Of(Fault::Invalid(e)) = &*fault { e } else { &[] };
        let problem =
            Problem { code: fault.code(), title: fault.title(), detail: fault.words(), errors, request: &id };
        (status, Json(problem)).into_response()
    } else if matches!(*fault, Refusal::SignIn) {
        let query = if is_get && back != "/" {
            format!(
                "/login?{}",
                form_urlencoded::Serializer::new(String::new()).append_pair("back", &back).finish()
            )
        } else {
            "/login".to_owned()
        };
        Redirect::to(&query).into_response()
    } else if matches!(*fault, Refusal::PasswordDue) {
        Redirect::to("/account/password").into_response()
    } else {
        let page = FaultPage {
            frame: Frame::of(&app, actor.as_ref()).await.titled(fault.title()),
            empty: Empty::new(fault.title(), fault.words()).with(Link::new("回到首页", "/")),
            request: matches!(*fault, Refusal::Of(Fault::Internal(_))).then(|| id.clone()),
        };
        match askama::Template::render(&page) {
            Ok(html) => (status, axum::response::Html(html)).into_response(),
            Err(error) => {
                tracing::error!(request.id = %id, %error, "the error page failed");
                status.into_response()
            }
        }
    };
    if let Refusal::Of(Fault::TooMany(_) | Fault::Busy) = &*fault {
        out.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
    }
    // What the gate left for the layers outside (who asked) goes along.
    *out.extensions_mut() = std::mem::take(answer.extensions_mut());
    // A cookie that the handler set (a session that has ended) goes along too.
    for cookie in answer.headers().get_all(header::SET_COOKIE) {
        out.headers_mut().append(header::SET_COOKIE, cookie.clone());
    }
    out
}
