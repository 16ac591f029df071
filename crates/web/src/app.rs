//! What every request may need.

use std::ops::Deref;
use std::sync::Arc;

use rulebook::Rulebook;
use store::Store;
use work::{Clock, Settings, Work};

/// The state of the pages: what the acts need. Cheap to clone. A type of its own, because a handler's arguments are made
/// from it.
#[derive(Clone)]
pub struct App(Work);

impl App {
    /// The state of a server.
    #[must_use]
    pub fn new(store: Store, rulebook: Arc<Rulebook>, clock: Clock, settings: Settings) -> Self {
        Self(Work::new(store, rulebook, clock, settings))
    }
}

impl From<Work> for App {
    fn from(work: Work) -> Self {
        Self(work)
    }
}

impl Deref for App {
    type Target = Work;

    fn deref(&self) -> &Work {
        &self.0
    }
}
