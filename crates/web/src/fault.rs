//! What a handler gives when it cannot do what was asked: a fault of the act, or one of the request itself.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use work::Fault;

/// What a handler gives.
pub type Reply = Result<Response, Refusal>;

/// Why a request was not answered as it was meant.
#[derive(Debug)]
pub enum Refusal {
    /// Nobody is signed in; a page leads to sign-in and back to here.
    SignIn,
    /// The password must be changed first.
    PasswordDue,
    /// The request came from another site.
    CrossSite,
    /// The page is there but does not take this method.
    WrongMethod,
    /// What went wrong in the act.
    Of(Fault),
}

impl Refusal {
    /// The status that says it.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::SignIn => StatusCode::UNAUTHORIZED,
            Self::PasswordDue | Self::CrossSite | Self::Of(Fault::NotAllowed(_)) => StatusCode::FORBIDDEN,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::Of(Fault::NotFound(_)) => StatusCode::NOT_FOUND,
            Self::Of(Fault::Invalid(_) | Fault::BadFile(_)) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Of(Fault::Conflict(_)) => StatusCode::CONFLICT,
            Self::Of(Fault::TooLarge(_)) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Of(Fault::BadRequest(_)) => StatusCode::BAD_REQUEST,
            Self::Of(Fault::TooMany(_)) => StatusCode::TOO_MANY_REQUESTS,
            Self::Of(Fault::Busy | Fault::Disk(_)) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Of(Fault::Internal(_)) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// A stable word for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::PasswordDue => "password_due",
            Self::CrossSite => "cross_site",
            Self::WrongMethod => "wrong_method",
            Self::Of(fault) => fault.code(),
        }
    }

    /// What happened, in a line.
    #[must_use]
    pub fn title(&self) -> String {
        match self {
            Self::SignIn => "请先登录".to_owned(),
            Self::PasswordDue => "请先修改密码".to_owned(),
            Self::CrossSite => "这个请求来自别的网站，没有执行".to_owned(),
            Self::WrongMethod => "这一页不能这样用".to_owned(),
            Self::Of(fault) => fault.title(),
        }
    }

    /// Why, and what to do next.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::SignIn => "登录后会回到这一页。".to_owned(),
            Self::PasswordDue => "密码是管理员设的或已到期，改好后才能继续。".to_owned(),
            Self::CrossSite => "请从本系统的页面里操作。".to_owned(),
            Self::WrongMethod => "请从页面上的链接或按钮进入。".to_owned(),
            Self::Of(fault) => fault.words(),
        }
    }
}

/// A fault of an act stays what it is; any other error is a mistake of ours.
impl<E: Into<anyhow::Error>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self::Of(error.into().into())
    }
}

/// The refusal rides in the answer until the layers draw it, which know who asks and in what form they want it.
impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut answer = self.status().into_response();
        answer.extensions_mut().insert(std::sync::Arc::new(self));
        answer
    }
}
