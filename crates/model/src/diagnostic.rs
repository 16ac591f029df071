//! What the compiler has to say about a document.

use serde::{Deserialize, Serialize};

use crate::Span;

/// How grave a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Publishing is refused while it stands.
    Error,
    /// Must be seen before publishing.
    Warning,
    /// Good to know.
    Info,
}

impl Severity {
    /// 错误, 警告, 提示.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "错误",
            Self::Warning => "警告",
            Self::Info => "提示",
        }
    }
}

/// 体检意见.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Stable code: L001…
    pub code: String,
    /// Severity.
    pub severity: Severity,
    /// The words in question.
    pub span: Span,
    /// What is the matter, in one sentence.
    pub message: String,
    /// What to do; empty when there is nothing to add.
    pub help: String,
    /// Words to put in place of the span, when there is one right answer (the right title, the right unit).
    pub replacement: Option<String>,
    /// Index of the item it is about.
    pub item: Option<usize>,
}
