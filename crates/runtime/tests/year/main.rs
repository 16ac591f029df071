//! A year of an invented college: its duties, what counts for them, and how they stand.

mod amend;
mod board;
mod complete;
mod credits;
mod follow;
mod regroup;
mod sample;
mod schedule;

use model::rule::Ledger;
use model::{Bearers, UnitKind};

/// Every member.
fn members() -> Bearers {
    Bearers { members: true, ..Bearers::default() }
}

/// A ledger without fields.
fn ledger(id: &str) -> Ledger {
    Ledger {
        id: id.to_owned(),
        title: id.to_owned(),
        kept_by: vec![UnitKind::Branch],
        fields: vec![],
        complete: vec![],
        warns: vec![],
        together: vec![],
        counts_hours: false,
        confirmed_above: false,
        columns: vec![],
        words: vec![],
        source: None,
    }
}
