//! 催办: what is late or soon due, what was tried for it, and what comes next; the acts by which people release a rung, leave
//! it out, hold it, and say how it stands. The ladder is data (`rulebook/chase.toml`), its reading is `runtime::ladder`.
//!
//! - `read`: everything of an institution that is late or soon due, with its next rung, kept in memory until something is written.
//! - `who`: who releases a rung, and to whom it goes.
//! - `release`: releasing rungs and leaving them out, with the case that a rung opens.
//! - `note`: holding a rung, letting it go, having called, having seen; a record as an answer.
//! - `digest`: what somebody owes and is reminded of on a day; `bell`: how much of it is new, for every page.

mod bell;
mod digest;
mod note;
mod read;
mod release;
mod who;

use std::fmt;
use std::str::FromStr;

use model::{CaseId, DutyId};
use store::ChaseKey;
use uuid::Uuid;

pub use bell::{Bell, bell};
pub use digest::{Digest, digest};
pub use note::{answer, call, free, hold, seen};
pub use read::{Chasing, Item, chasing};
pub use release::{Asked, Released, leave_out, release};
pub use who::{Told, may_hold, may_release, releases};

/// What is chased.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum About {
    /// A duty of the Book.
    Duty(DutyId),
    /// An open step of a case, with the line of its lane.
    Step(CaseId, String, Option<u32>),
}

impl About {
    /// As the store keeps it.
    #[must_use]
    pub fn key(&self) -> ChaseKey {
        match self {
            Self::Duty(id) => ChaseKey { subject: id.0, step: String::new(), line: None },
            Self::Step(case, step, line) => ChaseKey { subject: case.0, step: step.clone(), line: *line },
        }
    }

    /// What the store kept.
    #[must_use]
    pub fn of(key: &ChaseKey) -> Self {
        if key.step.is_empty() {
            Self::Duty(DutyId(key.subject))
        } else {
            Self::Step(CaseId(key.subject), key.step.clone(), key.line)
        }
    }
}

/// As forms and addresses say it: the id of a duty; of a step `case.step` or `case.step.line`.
impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duty(id) => id.fmt(f),
            Self::Step(case, step, None) => write!(f, "{case}.{step}"),
            Self::Step(case, step, Some(line)) => write!(f, "{case}.{step}.{line}"),
        }
    }
}

impl FromStr for About {
    type Err = ();

    fn from_str(words: &str) -> Result<Self, ()> {
        let mut parts = words.split('.');
        let id = parts.next().and_then(|id| Uuid::parse_str(id).ok()).ok_or(())?;
        let Some(step) = parts.next().filter(|s| !s.is_empty()) else {
            return if words.contains('.') { Err(()) } else { Ok(Self::Duty(DutyId(id))) };
        };
        let line = parts.next().map(str::parse::<u32>).transpose().map_err(|_| ())?;
        if parts.next().is_some() { Err(()) } else { Ok(Self::Step(CaseId(id), step.to_owned(), line)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_chased_is_said_and_read_again() {
        let case = CaseId::fresh();
        for about in [
            About::Duty(DutyId::fresh()),
            About::Step(case, "receipt".to_owned(), None),
            About::Step(case, "co-reply".to_owned(), Some(2)),
        ] {
            assert_eq!(about.to_string().parse(), Ok(about.clone()));
            assert_eq!(About::of(&about.key()), about);
        }
        for wrong in ["", "x", &format!("{case}."), &format!("{case}.a.b"), &format!("{case}.a.1.2")] {
            assert_eq!(wrong.parse::<About>(), Err(()), "{wrong}");
        }
    }
}
