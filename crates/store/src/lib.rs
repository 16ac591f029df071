//! The store: everything that Luoshi remembers, on SQLite or PostgreSQL, behind one [`Store`].
//!
//! One SQL text serves both engines; what differs has a name in `dialect.rs`. Every query carries the institution,
//! every write carries an [`Act`], which becomes a line of the audit chain in the same transaction. Nothing that
//! people wrote is overwritten or deleted: entries, plans, units and settings by revisions, grants and credits by
//! ending them. The clock is never read here: `now` and `today` are arguments.

mod accounts;
mod act;
mod arrivals;
mod audit;
mod backup;
mod blobs;
mod book;
mod bulk;
mod cases;
mod chase;
mod confirm;
mod connect;
mod dialect;
mod duties;
mod entries;
mod error;
mod facts;
mod feeds;
mod files;
mod following;
mod gauge;
mod handle;
mod hold;
mod installation;
mod institutions;
mod jobs;
mod kept;
mod migrate;
mod moments;
mod organisation;
mod people;
mod plans;
mod query;
mod ready;
mod requests;
mod row;
mod rows;
mod rungs;
mod scope;
mod seal;
mod search;
mod sessions;
mod sheets;
mod sql;
mod statistics;
mod tally;
mod tx;
mod units;
mod verify;
mod write;

pub use accounts::{Account, Grant, NewAccount, normal_login};
pub use act::{Act, Saved};
pub use arrivals::Arrivals;
pub use audit::{AuditFault, AuditFilter, AuditLine};
pub use backup::{
    BackupError, ChainEnd, DUMP, Damage, Engine, Keep, KeptFile, LastBackup, Manifest, Order, Part, RESTORE,
    Scratch, Taken, Whole, take,
};
pub use blobs::{BlobFault, Blobs};
pub use book::{AskedObligation, Opening, Routine};
pub use bulk::{Bulk, BulkKind, SavedView};
pub use cases::{
    CaseEntryRow, CaseEventRow, CaseFactRow, CaseFilter, CaseRow, CaseSight, CaseStepRow, CaseWrite, Running,
};
pub use confirm::{Decide, Decided, EntryNote, NoteKind};
pub use connect::Target;
pub use duties::DutyFilter;
pub use entries::{EntryRevision, EntryRow, ImportEntry, SaveEntry};
pub use error::StoreError;
pub use facts::Facts;
pub use files::{FileFault, FileRow, NewFile};
pub use following::{Following, Follows};
pub use gauge::Room;
pub use handle::Store;
pub use hold::Hold;
pub use installation::FilesMismatch;
pub use institutions::{Changes, Draft, Institution, Setting};
pub use jobs::{Job, JobEnd, JobKind, JobState, NewJob};
pub use migrate::{Migration, migrations};
pub use moments::{MomentTold, TellMoment};
pub use people::{
    Batch, BatchState, Head, Held, KeyMismatch, Member, People, PersonRevision, PersonSave, PersonState,
    Presence, RosterFilter, RosterRow, SealedAmiss, SealedFault, TakeIn, Undone,
};
pub use plans::{File, PlanHead, PlanRevision, PlanSave, Publication, Published};
pub use query::{Closed, EntryFilter, FieldFilter, Named, Wanted};
pub use requests::{AccountRequest, Asked};
pub use rungs::{ChaseKey, ChaseNote, ChaseNoteKind, ChaseWrite, RungRow};
pub use scope::Scope;
pub use seal::{Algorithm, KeyLock, Keys};
pub use search::text::{found_in, holds};
pub use sessions::{Attempts, LockRule, Session, SetupLink};
pub use sheets::{LaterRevision, Looked, SheetFigures, SheetSaid};
pub use tally::{Kept, KeptFault};
pub use units::{UnitChangeRow, UnitChangeSave};
pub use verify::{Amiss, EntryFault};

/// SHA-256 of bytes: of a session's token before it is stored, of a file before it is kept.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).into()
}
