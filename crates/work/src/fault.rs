//! What can go wrong in an act, in words for whoever asked for it.
//!
//! A fault knows no page: a page, a command and the night's job say it each in their own way.

use serde::Serialize;
use store::StoreError;

/// One mistake in something that was sent: the field's name and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// Name of the field; empty when it is about the whole form.
    pub field: String,
    /// What is wrong and how to put it right.
    pub message: String,
}

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The account's roles do not include this; the text says what is refused.
    #[error("not allowed: {0}")]
    NotAllowed(String),
    /// Not there, or not in the account's scope (which looks the same on purpose); the text names the thing.
    #[error("not found: {0}")]
    NotFound(String),
    /// What was sent cannot be taken; every mistake at once. Pages show their form again instead of this.
    #[error("invalid: {0:?}")]
    Invalid(Vec<FieldError>),
    /// Somebody else was faster, or the state does not allow it (any more); the text says which and what to do.
    #[error("conflict: {0}")]
    Conflict(String),
    /// The file cannot be read; the text says why.
    #[error("bad file: {0}")]
    BadFile(String),
    /// Too much was sent: the limit in bytes.
    #[error("more than {0} bytes")]
    TooLarge(usize),
    /// What was asked for makes no sense; the text says why.
    #[error("bad request: {0}")]
    BadRequest(String),
    /// Too many attempts; the text says until when.
    #[error("too many attempts: {0}")]
    TooMany(String),
    /// It took too long, or too many came at once.
    #[error("busy")]
    Busy,
    /// The disk of the server is full, or takes no writing; what the store says of it.
    #[error("the disk: {0}")]
    Disk(StoreError),
    /// A mistake of ours.
    #[error(transparent)]
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

    /// A stable word for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAllowed(_) => "not_allowed",
            Self::NotFound(_) => "not_found",
            Self::Invalid(_) => "invalid",
            Self::Conflict(_) => "conflict",
            Self::BadFile(_) => "bad_file",
            Self::TooLarge(_) => "too_large",
            Self::BadRequest(_) => "bad_request",
            Self::TooMany(_) => "too_many",
            Self::Busy => "busy",
            Self::Disk(_) => "disk",
            Self::Internal(_) => "internal",
        }
    }

    /// What happened, in a line.
    #[must_use]
    pub fn title(&self) -> String {
        match self {
            Self::NotAllowed(_) => "你的账号没有这项权限".to_owned(),
            Self::NotFound(thing) => format!("找不到{thing}"),
            Self::Invalid(errors) => format!("有 {} 处要改", errors.len()),
            Self::Conflict(_) => "没有保存".to_owned(),
            Self::BadFile(_) => "这个文件读不了".to_owned(),
            Self::TooLarge(_) => "送来的内容太大".to_owned(),
            Self::BadRequest(_) => "这个请求看不懂".to_owned(),
            Self::TooMany(_) => "尝试太多次".to_owned(),
            Self::Busy => "系统正忙".to_owned(),
            Self::Disk(StoreError::Full) => "服务器的磁盘写满了".to_owned(),
            Self::Disk(StoreError::ReadOnly) => "服务器的磁盘现在不能写".to_owned(),
            Self::Disk(_) => "服务器的磁盘读写出错".to_owned(),
            Self::Internal(_) => "系统出错了".to_owned(),
        }
    }

    /// Why, and what to do next.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::NotAllowed(what) => what.clone(),
            Self::NotFound(_) => "可能已经撤回，或不在你的范围内。".to_owned(),
            Self::Invalid(errors) => errors.iter().map(|e| e.message.as_str()).collect::<Vec<_>>().join("；"),
            Self::Conflict(why) | Self::BadFile(why) | Self::BadRequest(why) | Self::TooMany(why) => {
                why.clone()
            }
            Self::TooLarge(limit) => {
                format!("最多 {} MB。什么都没有保存。", limit.div_ceil(1024 * 1024))
            }
            Self::Busy => "请过一会儿再试；没有确认保存的内容都没有保存。".to_owned(),
            Self::Disk(StoreError::Full) => {
                "刚才的内容没有存下。请告诉管理员：腾出空间就能接着存，不用重启。".to_owned()
            }
            Self::Disk(_) => {
                "没有确认保存的内容都没有存下。请告诉管理员：看放数据、放附件的磁盘是不是坏了、只读了，或者没有写的权限。"
                    .to_owned()
            }
            Self::Internal(_) => "已经记入日志。请稍后再试；还不行就把下面的编号告诉管理员。".to_owned(),
        }
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::not_found("这条内容"),
            StoreError::Conflict => {
                Self::Conflict("别人刚刚改过，请回到上一页看看改了什么，再保存一次。".to_owned())
            }
            StoreError::Busy | StoreError::Unavailable => {
                tracing::warn!(%error, "the store did not answer");
                Self::Busy
            }
            StoreError::Full | StoreError::ReadOnly | StoreError::Disk(_) => Self::Disk(error),
            StoreError::Constraint(_) | StoreError::Internal(_) => Self::Internal(error.into()),
        }
    }
}

impl From<anyhow::Error> for Fault {
    fn from(error: anyhow::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(fault) => fault,
            Err(error) => error.downcast::<StoreError>().map_or_else(Self::Internal, Self::from),
        }
    }
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        Self::Internal(error.into())
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::Internal(error.into())
    }
}

impl From<tokio::task::JoinError> for Fault {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::Internal(error.into())
    }
}

/// Turns a refusal of the database into the words beside a field; see [`Constrained::on`].
pub trait Constrained<T> {
    /// When the write was refused by the constraint of this name, `fault` says what somebody should read.
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
