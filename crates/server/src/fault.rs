//! What can go wrong, as the visitor sees it.
//!
//! One enum, answered as a page or as JSON. What went wrong inside is written to the log and nowhere else. A handler
//! returns [`Reply`]; anything that is an error of its own becomes [`Fault::Internal`] by `?`.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Serialize;
use store::StoreError;

use crate::app::App;
use crate::identity::{Actor, cookie};
use crate::view::{Empty, Frame, Link};

/// What a handler gives.
pub type Reply = Result<Response, Fault>;

/// One mistake in something that was sent: the field's name and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// Name of the field; empty when it is about the whole form.
    pub field: String,
    /// What is wrong and how to put it right.
    pub message: String,
}

/// What can go wrong.
#[derive(Debug)]
pub enum Fault {
    /// Nobody is signed in; a page leads to sign-in and back to here.
    SignIn,
    /// The password must be changed first.
    PasswordDue,
    /// The account's roles do not include this; the text says what is refused.
    NotAllowed(String),
    /// Not there, or not in the account's scope (which looks the same on purpose); the text names the thing.
    NotFound(String),
    /// What was sent cannot be taken; every mistake at once. Pages show their form again instead of this.
    Invalid(Vec<FieldError>),
    /// Somebody else was faster, or the state does not allow it (any more); the text says which and what to do.
    Conflict(String),
    /// The file cannot be read; the text says why.
    BadFile(String),
    /// Too much was sent: the limit in bytes.
    TooLarge(usize),
    /// The request makes no sense; the text says why.
    BadRequest(String),
    /// The request came from another site.
    CrossSite,
    /// The page is there but does not take this method.
    WrongMethod,
    /// Too many attempts; the text says until when.
    TooMany(String),
    /// It took too long, or too many came at once.
    Busy,
    /// A mistake of ours.
    Internal(anyhow::Error),
}

impl Fault {
    /// The thing named is not there.
    pub fn not_found(thing: impl Into<String>) -> Self {
        Self::NotFound(thing.into())
    }

    /// Something is wrong with one field.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError { field: field.into(), message: message.into() }])
    }

    /// The status that says it.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::SignIn => StatusCode::UNAUTHORIZED,
            Self::PasswordDue | Self::NotAllowed(_) | Self::CrossSite => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Invalid(_) | Self::BadFile(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// A stable word for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::PasswordDue => "password_due",
            Self::NotAllowed(_) => "not_allowed",
            Self::NotFound(_) => "not_found",
            Self::Invalid(_) => "invalid",
            Self::Conflict(_) => "conflict",
            Self::BadFile(_) => "bad_file",
            Self::TooLarge(_) => "too_large",
            Self::BadRequest(_) => "bad_request",
            Self::CrossSite => "cross_site",
            Self::WrongMethod => "wrong_method",
            Self::TooMany(_) => "too_many",
            Self::Busy => "busy",
            Self::Internal(_) => "internal",
        }
    }

    /// What happened, in a line.
    #[must_use]
    pub fn title(&self) -> String {
        match self {
            Self::SignIn => "请先登录".to_owned(),
            Self::PasswordDue => "请先修改密码".to_owned(),
            Self::NotAllowed(_) => "你的账号没有这项权限".to_owned(),
            Self::NotFound(thing) => format!("找不到{thing}"),
            Self::Invalid(errors) => format!("有 {} 处要改", errors.len()),
            Self::Conflict(_) => "没有保存".to_owned(),
            Self::BadFile(_) => "这个文件读不了".to_owned(),
            Self::TooLarge(_) => "送来的内容太大".to_owned(),
            Self::BadRequest(_) => "这个请求看不懂".to_owned(),
            Self::CrossSite => "这个请求来自别的网站，没有执行".to_owned(),
            Self::WrongMethod => "这一页不能这样用".to_owned(),
            Self::TooMany(_) => "尝试太多次".to_owned(),
            Self::Busy => "系统正忙".to_owned(),
            Self::Internal(_) => "系统出错了".to_owned(),
        }
    }

    /// Why, and what to do next.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::SignIn => "登录后会回到这一页。".to_owned(),
            Self::PasswordDue => "密码是管理员设的或已到期，改好后才能继续。".to_owned(),
            Self::NotAllowed(what) => what.clone(),
            Self::NotFound(_) => "可能已经撤回，或不在你的范围内。".to_owned(),
            Self::Invalid(errors) => errors.iter().map(|e| e.message.as_str()).collect::<Vec<_>>().join("；"),
            Self::Conflict(why) | Self::BadFile(why) | Self::BadRequest(why) | Self::TooMany(why) => {
                why.clone()
            }
            Self::TooLarge(limit) => {
                format!("最多 {} MB。什么都没有保存。", limit.div_ceil(1024 * 1024))
            }
            Self::CrossSite => "请从本系统的页面里操作。".to_owned(),
            Self::WrongMethod => "请从页面上的链接或按钮进入。".to_owned(),
            Self::Busy => "请过一会儿再试；没有确认保存的内容都没有保存。".to_owned(),
            Self::Internal(_) => "已经记入日志。请稍后再试；还不行就把下面的编号告诉管理员。".to_owned(),
        }
    }
}

impl<E: Into<anyhow::Error>> From<E> for Fault {
    fn from(error: E) -> Self {
        let error = error.into();
        match error.downcast_ref::<StoreError>() {
            Some(StoreError::NotFound) => Self::not_found("这条内容"),
            Some(StoreError::Conflict) => {
                Self::Conflict("别人刚刚改过，请回到上一页看看改了什么，再保存一次。".to_owned())
            }
            Some(StoreError::Busy | StoreError::Unavailable) => {
                tracing::warn!(error = %error, "the store did not answer");
                Self::Busy
            }
            Some(
                StoreError::Full
                | StoreError::ReadOnly
                | StoreError::Disk(_)
                | StoreError::Constraint(_)
                | StoreError::Internal(_),
            )
            | None => Self::Internal(error),
        }
    }
}

/// Turns a refusal of the database into the words beside a field; see [`Constrained::on`].
pub trait Constrained<T> {
    /// When the write was refused by the constraint of this name, `fault` says what the visitor should read.
    ///
    /// # Errors
    /// The fault, or whatever else went wrong.
    fn on(self, constraint: &str, fault: impl FnOnce() -> Fault) -> Result<T, Fault>;
}

impl<T> Constrained<T> for Result<T, StoreError> {
    fn on(self, constraint: &str, fault: impl FnOnce() -> Fault) -> Result<T, Fault> {
        match self {
            Err(StoreError::Constraint(name)) if name == constraint => Err(fault()),
            other => Ok(other?),
        }
    }
}

/// The fault rides in the answer until [`render`], which knows who asks and in what form they want it.
impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut answer = self.status().into_response();
        answer.extensions_mut().insert(std::sync::Arc::new(self));
        answer
    }
}

/// The number by which an answer is found in the log.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

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
pub async fn render(State(app): State<App>, request: Request, next: Next) -> Response {
    let json = wants_json(request.uri().path(), request.headers());
    let back = request.uri().path_and_query().map_or("/", |p| p.as_str()).to_owned();
    let is_get = request.method() == axum::http::Method::GET;
    let id = request.extensions().get::<RequestId>().map(|r| r.0.clone()).unwrap_or_default();
    let brings_said = cookie::brings_said(request.headers());
    let mut answer = next.run(request).await;
    cookie::forget_said(brings_said, &mut answer);
    let fault = match answer.extensions_mut().remove::<std::sync::Arc<Fault>>() {
        Some(fault) => fault,
        None => match (answer.status(), answer.headers().contains_key(header::LOCATION)) {
            (StatusCode::NOT_FOUND, _) if answer.headers().get(header::CONTENT_TYPE).is_none() => {
                std::sync::Arc::new(Fault::not_found("这一页"))
            }
            (StatusCode::METHOD_NOT_ALLOWED, _) => std::sync::Arc::new(Fault::WrongMethod),
            (StatusCode::PAYLOAD_TOO_LARGE, _) => {
                std::sync::Arc::new(Fault::TooLarge(app.settings.body_limit))
            }
            (StatusCode::REQUEST_TIMEOUT | StatusCode::SERVICE_UNAVAILABLE, _)
                if answer.headers().get(header::CONTENT_TYPE).is_none() =>
            {
                std::sync::Arc::new(Fault::Busy)
            }
            _ => return answer,
        },
    };
    if let Fault::Internal(inside) = &*fault {
        // Without what was asked: words that are searched for may be a person's name.
        let path = back.split('?').next().unwrap_or_default();
        tracing::error!(request.id = %id, path, error = format!("{inside:#}"), "a request failed inside");
    }
    let status = fault.status();
    let mut out = if json {
        let errors: &[FieldError] = if let Fault::Invalid(e) = &*fault { e } else { &[] };
        let problem =
            Problem { code: fault.code(), title: fault.title(), detail: fault.words(), errors, request: &id };
        (status, Json(problem)).into_response()
    } else if matches!(*fault, Fault::SignIn) {
        let query = if is_get && back != "/" {
            format!(
                "/login?{}",
                form_urlencoded::Serializer::new(String::new()).append_pair("back", &back).finish()
            )
        } else {
            "/login".to_owned()
        };
        Redirect::to(&query).into_response()
    } else if matches!(*fault, Fault::PasswordDue) {
        Redirect::to("/account/password").into_response()
    } else {
        let actor = answer.extensions().get::<Actor>().cloned();
        let page = FaultPage {
            frame: Frame::of(&app, actor.as_ref()).await.titled(fault.title()),
            empty: Empty::new(fault.title(), fault.words()).with(Link::new("回到首页", "/")),
            request: matches!(*fault, Fault::Internal(_)).then(|| id.clone()),
        };
        match askama::Template::render(&page) {
            Ok(html) => (status, axum::response::Html(html)).into_response(),
            Err(error) => {
                tracing::error!(request.id = %id, %error, "the error page failed");
                status.into_response()
            }
        }
    };
    if let Fault::TooMany(_) | Fault::Busy = &*fault {
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
