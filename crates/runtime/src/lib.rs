//! Running the year: obligations and the calendar make duties, entries make credits, and standing follows.
//!
//! Nothing in here reads a clock, a file or a database: the day is an argument, so any day can be asked for.
//!
//! - [`schedule`]: what an obligation asks of whom in a year; [`cost`]: the same, counted before publishing;
//!   [`publish`]: what the clerk settled becomes obligations and duties; [`forecast`](forecast()): the same of what is only
//!   proposed.
//! - [`amend`](amend()): what a later version of the plan changes in the year that runs.
//! - [`Moments`]: the days on which what hangs on an event is due; [`follow`](follow()): what telling, moving or taking
//!   back such a day changes.
//! - [`routine`](routine()): the standing rules that run in a year by themselves; [`share`](share()): what several sources
//!   ask is one duty.
//! - [`regroup`](regroup()): what founding, merging, splitting or dissolving units changes in it.
//! - [`candidates`] and [`recredit`]: what a record counts for; [`counts_already`]: what earlier records do for new duties.
//! - [`standing`]: how one duty stands on a day; [`Board`]: how all of them do, and which ones.
//! - [`flow`]: procedures: where a case stands, what a record would move, what holds it open.
//! - [`ladder`]: which rung of the chase a duty has reached, and what stops it.
//! - [`sheet`]: the lines of a check or an appraisal, filled from the Book; what they come to, grades, votes, draws.
//! - [`walk`]: tests of procedures as data, played.
//! - [`confirmed_by`]: which unit has to confirm a record.
//! - [`judge`]: whether a condition holds, of a record or a unit; [`missing`]: what a record still lacks; [`words`](words()): by which words it is found.

mod amend;
mod board;
mod calendar;
mod compute;
mod condition;
mod confirm;
mod cost;
mod credits;
pub mod flow;
mod follow;
mod forecast;
pub mod ladder;
mod missing;
mod moments;
mod periods;
mod posts;
mod privacy;
mod publish;
mod regroup;
mod roster;
mod routine;
mod schedule;
mod shared;
pub mod sheet;
mod standing;
mod tally;
pub mod walk;
mod warnings;
mod words;

pub use amend::{Amendment, Fate, Outcome, Running, amend};
pub use board::{Board, Line, Matrix, Pick};
pub use calendar::{CalendarFault, Exemption, SchoolCalendar, Stretch};
pub use compute::compute;
pub use condition::{Facts, Verdict, attendance, binds, hold, judge, words_of};
pub use confirm::confirmed_by;
pub use cost::{
    Afternoon, Cost, Kinship, Overlap, Share, ShortOfHours, USUAL_HOURS, cost, is_assessed, month_of,
};
pub use credits::{
    CreditProposal, Owed, Reason, Recredit, Unfit, account_month, candidates, counts_already, held_by,
    recredit, shown_by, worth,
};
pub use follow::{Followed, Left, Turn, follow};
pub use forecast::{Forecast, forecast};
pub use missing::{Missing, missing};
pub use moments::{Moments, Occasion};
pub use periods::{Period, periods};
pub use privacy::{narrowest, privacy_of};
pub use publish::{Published, publish};
pub use regroup::{Regroup, Regrouped, regroup};
pub use roster::Roster;
pub use routine::{apart, routine, routine_as_settled};
pub use schedule::{Basis, Moved, Usual, UsualTimes, ended, moved, schedule, unmade, usual_months};
pub use shared::{Shared, released, share};
pub use standing::{credited, due_on, gather, is_backfill, met_day, standing};
pub use tally::Tally;
pub use warnings::{Figure, figures, warnings};
pub use words::{words, words_for};
