//! What every act may need: the store, the rulebook, the clock, and what is kept in memory.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use model::{Duty, DutyId, InstitutionId};
use rulebook::Rulebook;
use runtime::SchoolCalendar;
use store::{Scope, Store};

use crate::clock::Clock;
use crate::fault::Fault;
use crate::gate::Gate;
use crate::known::Known;
use crate::password::Hasher;
use crate::settings::Settings;

/// What every act may need. Cheap to clone.
#[derive(Clone)]
pub struct Work {
    /// The store.
    pub store: Store,
    /// The rulebook.
    pub rulebook: Arc<Rulebook>,
    /// The clock.
    pub clock: Clock,
    /// The settings.
    pub settings: Arc<Settings>,
    /// Whose turn it is to have a password hashed.
    pub hasher: Hasher,
    /// Whose turn it is to have a file read: one at a time, whichever page it was handed in on, for each may take hundreds of
    /// megabytes.
    pub files: Gate,
    /// Whose turn it is to have something worked out that takes a core for long: a plan compiled or compared, a large
    /// table looked through.
    pub heavy: Gate,
    known: Arc<RwLock<HashMap<InstitutionId, Arc<Known>>>>,
    /// What each part keeps in memory, by its type: so that this one need know none of them.
    kept: Arc<Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>>,
}

/// The setting under which an institution's own calendar of a year is kept.
#[must_use]
pub fn calendar_key(year: i16) -> String {
    format!("calendar-{year}")
}

/// How many wait for their turn at a gate; their files are in memory meanwhile.
const WAITING: usize = 32;

impl Work {
    /// The state of a running program.
    #[must_use]
    pub fn new(store: Store, rulebook: Arc<Rulebook>, clock: Clock, settings: Settings) -> Self {
        Self {
            store,
            rulebook,
            clock,
            settings: Arc::new(settings),
            hasher: Hasher::default(),
            files: Gate::new(1, WAITING),
            heavy: Gate::new(std::thread::available_parallelism().map_or(1, std::num::NonZero::get), WAITING),
            known: Arc::default(),
            kept: Arc::default(),
        }
    }

    /// The same program, with all that it keeps in memory, at another time: for the demonstration, whose year is made day by
    /// day.
    #[must_use]
    pub fn at(&self, clock: Clock) -> Self {
        Self { clock, ..self.clone() }
    }

    /// What a part keeps in memory: the one value of its type, made when it is first asked for.
    pub(crate) fn kept<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        let mut all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = Arc::clone(all.entry(TypeId::of::<T>()).or_insert_with(|| Arc::<T>::default()));
        // Under the name of a type lies a value of that type.
        found.downcast().unwrap_or_default()
    }

    /// Name, units and calendar of an institution; kept in memory until any process of the installation changes them.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn known(&self, institution: InstitutionId) -> Result<Arc<Known>, Fault> {
        // Read before what it stands for: what changes meanwhile is read again the next time.
        let as_of = (self.store.changes(institution).await?.org, self.clock.today().year());
        if let Some(known) = self.known.read().ok().and_then(|k| k.get(&institution).cloned())
            && known.as_of == as_of
        {
            return Ok(known);
        }
        let organisation = self.store.organisation(institution).await?;
        let calendar = self.calendar(institution, as_of.1).await?;
        let at = organisation.units.iter().enumerate().map(|(i, u)| (u.id, i)).collect();
        let changes = self.store.unit_changes(institution).await?;
        let changes = changes.into_iter().filter(|c| c.undone.is_none()).map(|c| c.change).collect();
        let known = Arc::new(Known { organisation, calendar, at, changes, below: Mutex::default(), as_of });
        if let Ok(mut all) = self.known.write() {
            all.insert(institution, Arc::clone(&known));
        }
        Ok(known)
    }

    /// The duties with these ids that the scope holds, by id.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn duties(
        &self,
        institution: InstitutionId,
        scope: &Scope,
        ids: &[DutyId],
    ) -> Result<HashMap<DutyId, Duty>, Fault> {
        let duties = self.store.duties_by_ids(institution, scope, ids).await?;
        Ok(duties.into_iter().map(|d| (d.id, d)).collect())
    }

    /// The school calendar of a year: the institution's own, or the rulebook's.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn calendar(&self, institution: InstitutionId, year: i16) -> Result<SchoolCalendar, Fault> {
        let own = self.store.setting::<SchoolCalendar>(institution, &calendar_key(year)).await?;
        Ok(own.map_or_else(
            || SchoolCalendar::from_rulebook(self.rulebook.calendar_data(), year),
            |setting| setting.value,
        ))
    }

    /// Lets the units and the calendar of an institution be read again: after every change to them.
    pub fn forget(&self, institution: InstitutionId) {
        if let Ok(mut all) = self.known.write() {
            all.remove(&institution);
        }
    }
}
