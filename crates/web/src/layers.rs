//! What surrounds every route, from the outside in: number and log line, security headers, compression, error pages,
//! panics, time limit, requests from other sites.

use std::any::Any;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate as _};
use tower_http::compression::{CompressionLayer, CompressionLevel};
use tower_http::csrf::{CsrfLayer, ProtectionError};

use crate::app::App;
use crate::fault::Refusal;
use crate::refused::{self, RequestId};

/// Puts the layers round a router.
pub fn around(app: &App, router: Router) -> Router {
    router
        .layer(
            CsrfLayer::new().with_rejection_response(|_: ProtectionError| Refusal::CrossSite.into_response()),
        )
        .layer(middleware::from_fn_with_state(app.clone(), in_time))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(app.clone(), refused::render))
        .layer(CompressionLayer::new().gzip(true).quality(CompressionLevel::Fastest).compress_when(
            // Spreadsheets and documents are packed already.
            DefaultPredicate::new().and(NotForContentType::const_new("application/vnd.openxmlformats")),
        ))
        .layer(middleware::from_fn(secure))
        .layer(middleware::from_fn_with_state(app.clone(), number))
}

/// How many times as long a form with files may take: they come over a telephone's line as well.
const WITH_FILES: u32 = 10;

/// Gives a request up that takes too long.
async fn in_time(State(app): State<App>, request: Request, next: Next) -> Response {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let brings_files = kind.is_some_and(|k| k.starts_with("multipart/form-data"));
    let time = Duration::from_secs(app.settings.timeout_seconds);
    let time = if brings_files { time * WITH_FILES } else { time };
    tokio::time::timeout(time, next.run(request))
        .await
        .unwrap_or_else(|_| StatusCode::REQUEST_TIMEOUT.into_response())
}

#[expect(clippy::needless_pass_by_value, reason = "the layer hands it over")]
fn panicked(inside: Box<dyn Any + Send + 'static>) -> Response {
    let words = inside
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| inside.downcast_ref::<&str>().map(|s| (*s).to_owned()))
        .unwrap_or_default();
    Refusal::from(anyhow::anyhow!("panic: {words}")).into_response()
}

/// Gives each request a number, and writes one line about it: never a query, a form or a name.
async fn number(State(app): State<App>, mut request: Request, next: Next) -> Response {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    // The process part keeps the numbers of two runs apart in one log file.
    let id = format!("{:x}-{n:x}", std::process::id());
    let method = request.method().clone();
    // The route and not the path: an id in the path may be a person's.
    let route = request.extensions().get::<MatchedPath>().map_or("", |p| p.as_str()).to_owned();
    request.extensions_mut().insert(RequestId(id.clone()));
    let begun = Instant::now();
    let mut answer = next.run(request).await;
    let status = answer.status().as_u16();
    let took = begun.elapsed();
    app.meter().count(&route, status, took);
    let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    if let Ok(value) = HeaderValue::from_str(&id) {
        answer.headers_mut().insert("x-request-id", value);
    }
    tracing::info!(request.id = %id, %method, route, status, duration_ms = took_ms, "answered");
    answer
}

/// Nothing is loaded but our own files, nobody may frame us, and no page stays in a cache that others can read.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

async fn secure(request: Request, next: Next) -> Response {
    let mut answer = next.run(request).await;
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    answer
}
