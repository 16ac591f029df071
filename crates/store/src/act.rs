//! What a write says of itself: who does what, when, from where; and what became of it.

use jiff::Timestamp;
use model::AccountId;

use crate::StoreError;

/// Who does what, when, from where. No write can be asked for without one.
#[derive(Clone, Debug)]
pub struct Act {
    /// The account; none for the program itself (first start, imports, nightly work).
    pub account: Option<AccountId>,
    /// The address that the request came from; empty for the program itself.
    pub address: String,
    /// When. Kept to the microsecond.
    pub at: Timestamp,
    /// What, as a stable word: `entry.save`, `plan.publish`.
    pub action: String,
    /// What it was done to: an id or a name.
    pub subject: String,
    /// What else an auditor should know; no personal data beyond names.
    pub detail: serde_json::Value,
}

impl Act {
    /// An act without a subject yet.
    #[must_use]
    pub fn new(account: Option<AccountId>, address: &str, at: Timestamp, action: &str) -> Self {
        Self {
            account,
            address: address.to_owned(),
            at,
            action: action.to_owned(),
            subject: String::new(),
            detail: serde_json::Value::Null,
        }
    }

    /// Says what it was done to.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "an id or a word is given as it is")]
    pub fn on(mut self, subject: impl ToString) -> Self {
        self.subject = subject.to_string();
        self
    }

    /// Adds what else an auditor should know.
    #[must_use]
    pub fn with(mut self, detail: serde_json::Value) -> Self {
        self.detail = detail;
        self
    }
}

/// What became of a write that carried the revision it was based on.
#[derive(Clone, Debug, PartialEq)]
pub enum Saved<T> {
    /// It is saved; as it now stands.
    Done(T),
    /// It had been saved before (a form sent twice): nothing was changed; as it stands.
    Already(T),
    /// Somebody else saved meanwhile: nothing was changed; the newest.
    Stale(T),
}

impl<T> Saved<T> {
    /// The thing as it stands in the store now.
    pub fn into_inner(self) -> T {
        match self {
            Self::Done(t) | Self::Already(t) | Self::Stale(t) => t,
        }
    }

    /// The saved thing, a stale write being an error.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when somebody else saved meanwhile.
    pub fn or_conflict(self) -> Result<T, StoreError> {
        match self {
            Self::Done(t) | Self::Already(t) => Ok(t),
            Self::Stale(_) => Err(StoreError::Conflict),
        }
    }
}
