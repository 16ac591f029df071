//! 检查、考核的表: the sheets of checks that run. A check is a case like any other; here its rows are filled from the Book,
//! answered, sent, drawn and looked at, and its figures are kept.
//!
//! - `campaign`: a check with its rows: who stands on it, who has sent, who was drawn; who may see which row.
//! - `book`: the Book as it was known on a day, and what it shows on the lines of a row.
//! - `figures`: what stands and is kept, with its fingerprint.
//! - `said`: what a unit answers of items without a record, and what another agrees.
//! - `send`: the records of the steps that carry lines, made from what was answered and judged.
//! - `notice`: the record that fixes the rows; `draw`: lots; `find`: findings, each of which becomes a case.
//! - `planned`: the year's checks, and how many the relief rule allows.

mod book;
mod campaign;
mod draw;
mod figures;
mod find;
mod notice;
mod planned;
mod said;
mod send;

pub use book::{BookOf, Laid, LaidItem, LaidLine};
pub use campaign::{Campaign, Drawn, Row, Sent};
pub use draw::{Drawing, Lots, Team, draw, lots, sampled, written};
pub use figures::{Figures, figures, later, stand, turn};
pub use find::{Finding, find, findings};
pub use notice::{NoticeForm, notice, notice_form};
pub use planned::{Allowed, allowed, checks_of};
pub use said::{Says, Settled, Spoken, may_rule, rule, said_of, settled};
pub use send::{Asked, Sending, asked, barred, judge, lines_of, send};
