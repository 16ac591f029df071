//! What the institution does: its acts, and what they rest on in memory. Nothing here knows a page.
//!
//! - [`Work`]: the store, the rulebook, the clock, the settings and what is kept in memory; every act takes it.
//! - `actor`, `right`: who acts and what they may; `known`: the units; `clock`; `settings`.
//! - `year`: the Book of a year in memory, and a plan as a lens on it; `counts`: how many records a filter finds; `compile`: what was compiled.
//! - `plans`: drafts and publishing; `routine`: the rules that run by themselves in a year.
//! - `cases`: procedures that run; `chase`: what is late, and the rungs by which it is chased; `sheets`: the sheets of checks.
//! - `entries`: records; `people`: acts on people; each with what follows for duties.
//! - `privacy`: who reads what of a record.
//! - `gate`: whose turn it is to do something heavy.
//! - `units`: units in order and in words; `about`: what an institution says of itself.
//! - `fields`, `cells`, `names`: what somebody filled in, as a form, as a table, and the names in it; `jobs`: work that takes long; `turn`: what each day brings.
//! - `moments`: days that are told, and what follows from them and from records that are events; `terms`: when terms end.
//! - `upkeep`: backups that are taken by themselves, room on the disks; `meter`: what was asked of the process, counted.
//! - `requests`: what somebody asks and another decides.
//! - `sight`: which duties somebody sees; `days`: days in words.
//! - `fault`: what can go wrong, in words; `said`: what is said of what went well.

pub mod about;
mod actor;
pub mod cases;
pub mod cells;
pub mod chase;
pub mod clock;
pub mod compile;
pub mod counts;
pub mod days;
pub mod entries;
mod fault;
mod fields;
mod gate;
pub mod jobs;
mod known;
pub mod meter;
pub mod moments;
pub mod names;
pub mod numbers;
pub mod password;
mod people;
pub mod plans;
pub mod privacy;
pub mod requests;
mod right;
pub mod routine;
mod said;
mod settings;
pub mod sheets;
pub mod sight;
mod state;
pub mod terms;
pub mod token;
pub mod turn;
pub mod units;
pub mod upkeep;
mod year;

pub use actor::{Actor, units_with_secretary};
pub use clock::Clock;
pub use fault::{Constrained, Fault, FieldError};
pub use fields::{Fields, over};
pub use gate::{AtWork, Gate};
pub use known::Known;
pub use right::Right;
pub use said::Said;
pub use settings::{Schedule, Settings};
pub use state::{Work, calendar_key};
pub use year::{Lensed, Part, Year};
