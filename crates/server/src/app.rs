//! What every request may need.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use jiff::civil::Date;
use model::{Duty, DutyId, InstitutionId, Organisation, Unit, UnitChange, UnitId, predecessors};
use rulebook::Rulebook;
use runtime::SchoolCalendar;
use store::{Scope, Store};

use crate::clock::Clock;
use crate::fault::Fault;
use crate::identity::password::Hasher;

/// What an installation may set. The defaults are those of GB/T 22239-2019 level 2 as assessors read it
/// (facts: five failures lock for 5 to 15 minutes, 10 to 30 minutes idle, passwords of 8 characters in 3 classes).
#[derive(Clone, Debug)]
pub struct Settings {
    /// Minutes without a request after which a session ends.
    pub idle_minutes: i64,
    /// Hours after which a session ends in any case.
    pub session_hours: i64,
    /// Wrong passwords, in a row, that lock an account.
    pub failures: u32,
    /// Wrong passwords that lock an address. More than for an account: a whole office may share one address.
    pub address_failures: u32,
    /// Minutes for which it stays locked.
    pub lock_minutes: i64,
    /// Days after which a password must be changed; 0 for never.
    pub password_days: i64,
    /// Least characters of a password.
    pub password_length: usize,
    /// Most bytes of a request that is no upload.
    pub body_limit: usize,
    /// Seconds after which a request is given up.
    pub timeout_seconds: u64,
    /// Whether a proxy in front says by `X-Forwarded-For` and `X-Forwarded-Proto` who asks, and whether over TLS. Only to be
    /// set where such a proxy always stands in front: these headers can be forged.
    pub behind_proxy: bool,
    /// Most bytes of one file that is attached to a record.
    pub file_bytes: usize,
    /// Records that a list may have and still be handed out as a spreadsheet at once; a longer one is written beside the page.
    pub export_at_once: u32,
    /// Days before the due day from which a duty is 将到期.
    pub soon_days: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            idle_minutes: 30,
            session_hours: 12,
            failures: 5,
            address_failures: 20,
            lock_minutes: 15,
            password_days: 90,
            password_length: 8,
            body_limit: 2 * 1024 * 1024,
            timeout_seconds: 60,
            behind_proxy: false,
            file_bytes: 20 * 1024 * 1024,
            export_at_once: 5_000,
            soon_days: 7,
        }
    }
}

/// Answers about what lies below which units that are kept for an institution.
const BELOW: usize = 200;

/// An institution as the frame and the scopes need it.
#[derive(Debug)]
pub struct Known {
    /// Its name and units.
    pub organisation: Organisation,
    /// Its calendar of the present year.
    pub calendar: SchoolCalendar,
    /// Where each unit stands among the units.
    at: HashMap<UnitId, usize>,
    /// What was changed in the organisation, in the order in which it was done; what was taken back is left out.
    pub changes: Vec<UnitChange>,
    /// What lies below which units, as far as it was asked: each request asks it several times.
    below: Mutex<HashMap<BTreeSet<UnitId>, BTreeSet<UnitId>>>,
    /// The institution's change number of units and settings, and the year, for which this holds.
    as_of: (i64, i16),
}

impl Known {
    /// These units and all below them, with those out of which they came: who follows a unit reads what it wrote.
    #[must_use]
    pub fn below(&self, roots: impl IntoIterator<Item = UnitId>) -> BTreeSet<UnitId> {
        let roots: BTreeSet<UnitId> = roots.into_iter().collect();
        let kept = || self.below.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = kept().get(&roots) {
            return found.clone();
        }
        let mut out = self.organisation.below(roots.clone());
        let before = predecessors(&out, &self.changes);
        if !before.is_empty() {
            out = self.organisation.below(out.into_iter().chain(before).collect());
        }
        let mut kept = kept();
        if kept.len() >= BELOW {
            kept.clear();
        }
        kept.insert(roots, out.clone());
        out
    }

    /// The organisation as it stood on a day, by the names and superiors of that day.
    #[must_use]
    pub fn on(&self, day: Date) -> Cow<'_, Organisation> {
        self.organisation.on(day, &self.changes)
    }

    /// One unit.
    #[must_use]
    pub fn unit(&self, id: UnitId) -> Option<&Unit> {
        self.organisation.units.get(*self.at.get(&id)?)
    }

    /// Where a unit stands in the order of the tree; last when it is not there.
    #[must_use]
    pub fn place(&self, id: UnitId) -> usize {
        self.at.get(&id).copied().unwrap_or(usize::MAX)
    }

    /// Name of a unit; empty when it is not there.
    #[must_use]
    pub fn unit_name(&self, id: UnitId) -> &str {
        self.unit(id).map_or("", |u| &u.name)
    }

    /// Whether a unit is one of these or lies below one of them: as [`Self::below`] says, for one unit.
    #[must_use]
    pub fn is_below(&self, unit: UnitId, roots: &BTreeSet<UnitId>) -> bool {
        // A tree is no deeper than it has units.
        let up = || {
            let up = std::iter::successors(Some(unit), |at| self.unit(*at)?.parent);
            up.take(self.organisation.units.len() + 1)
        };
        let is_gone = |u| self.unit(u).is_some_and(|u| u.dissolved.is_some());
        // Only what is no more has gone into something else.
        up().any(|u| roots.contains(&u))
            || (up().any(is_gone) && self.below(roots.iter().copied()).contains(&unit))
    }
}

/// What every request may need. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The store.
    pub store: Store,
    /// The rulebook.
    pub rulebook: Arc<Rulebook>,
    /// The clock.
    pub clock: Clock,
    /// The settings.
    pub settings: Arc<Settings>,
    pub(crate) hasher: Hasher,
    /// Whose turn it is to have a file looked at.
    pub(crate) looking: Arc<tokio::sync::Semaphore>,
    known: Arc<RwLock<HashMap<InstitutionId, Arc<Known>>>>,
    pub(crate) years: Arc<crate::year::Years>,
    pub(crate) compilations: Arc<crate::plan::Compilations>,
    pub(crate) counts: Arc<crate::ledgers::Counts>,
    pub(crate) jobs: Arc<crate::jobs::Jobs>,
}

/// The setting under which an institution's own calendar of a year is kept.
#[must_use]
pub fn calendar_key(year: i16) -> String {
    format!("calendar-{year}")
}

impl App {
    /// The state of a server.
    #[must_use]
    pub fn new(store: Store, rulebook: Arc<Rulebook>, clock: Clock, settings: Settings) -> Self {
        Self {
            store,
            rulebook,
            clock,
            settings: Arc::new(settings),
            hasher: Hasher::default(),
            looking: Arc::new(tokio::sync::Semaphore::new(1)),
            known: Arc::default(),
            years: Arc::default(),
            compilations: Arc::default(),
            counts: Arc::default(),
            jobs: Arc::default(),
        }
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
