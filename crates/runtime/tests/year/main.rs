//! A year of an invented college: its duties, what counts for them, and how they stand.

mod about;
mod amend;
mod board;
mod complete;
mod condition;
mod credits;
mod follow;
mod regroup;
mod sample;
mod schedule;
mod shared;

use model::rule::{Field, FieldType, Ledger, Means};
use model::{Bearers, UnitKind};

/// Every member.
fn members() -> Bearers {
    Bearers { members: true, ..Bearers::default() }
}

/// A ledger that asks who came and for how long.
fn ledger(id: &str) -> Ledger {
    let meant =
        |id: &str, kind: FieldType, means: Means| Field { means: Some(means), ..Field::new(id, id, kind) };
    let fields = vec![
        meant("people", FieldType::People, Means::Attendance),
        meant("hours", FieldType::Number, Means::Hours),
    ];
    Ledger { kept_by: vec![UnitKind::Branch], ..Ledger::new(id, id, fields) }
}
