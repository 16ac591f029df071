//! What an institution says of itself beside its name: a setting of its system administrator.

use serde::{Deserialize, Serialize};

/// What the pages say about the institution beside its name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// Whom to ask when something is wrong, with a telephone number.
    pub contact: String,
    /// For how many hours people may say by a code that they came to a meeting; 0: not at all.
    #[serde(default)]
    pub arrivals_hours: u32,
}

/// Under which name it is kept.
pub const ABOUT: &str = "about";
