//! Versions of a rule by the days on which they are in force.

use std::ops::Range;

use jiff::civil::Date;

use crate::fault::Faults;
use crate::tree::Table;

/// One version of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dated<T> {
    /// First day in force; none when it always was.
    pub since: Option<Date>,
    /// First day no longer in force; none while it is.
    pub until: Option<Date>,
    /// Of two versions in force on one day, the one of the higher rank holds (a passing exception).
    pub rank: u8,
    /// The rule.
    pub value: T,
}

impl<T> Dated<T> {
    /// Whether the version is in force on `day`.
    #[must_use]
    pub fn holds_on(&self, day: Date) -> bool {
        self.since.is_none_or(|s| s <= day) && self.until.is_none_or(|u| day < u)
    }
}

/// Why there is no rule of this id for a day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotInForce {
    /// The rulebook has no such id.
    #[error("规则库中没有“{id}”")]
    Unknown {
        /// The id.
        id: String,
    },
    /// There is such a rule, but no version of it is in force on the day.
    #[error("“{id}”在 {on} 没有有效的版本")]
    Silent {
        /// The id.
        id: String,
        /// The day.
        on: Date,
    },
}

/// The version in force on `day`. The loader has made sure that it is at most one in each rank.
pub(crate) fn in_force<T>(versions: &[Dated<T>], day: Date) -> Option<&T> {
    versions.iter().filter(|v| v.holds_on(day)).max_by_key(|v| v.rank).map(|v| &v.value)
}

/// The version that holds last: of the highest end, then of the latest start; a passing exception never.
pub(crate) fn newest<T>(versions: &[Dated<T>]) -> Option<&T> {
    let lowest = versions.iter().map(|v| v.rank).min()?;
    versions
        .iter()
        .filter(|v| v.rank == lowest)
        .max_by_key(|v| (v.until.is_none(), v.until, v.since))
        .map(|v| &v.value)
}

/// The period of a version as its file writes it.
pub(crate) struct Period {
    pub(crate) since: Option<Date>,
    pub(crate) until: Option<Date>,
    pub(crate) rank: u8,
    span: Range<usize>,
}

/// Reads `since`, `until` and `rank`.
pub(crate) fn period(table: &mut Table, faults: &mut Faults) -> Period {
    let span = table.span.clone();
    let since = table.spanned_day("since", faults);
    let until = table.spanned_day("until", faults);
    let rank = table.integer("rank", 0..=9, faults).and_then(|r| u8::try_from(r).ok()).unwrap_or(0);
    if let (Some((s, _)), Some((u, at))) = (&since, &until)
        && u <= s
    {
        faults.say(at, format!("失效日 {u} 不晚于生效日 {s}"), "until 是不再有效的第一天。");
    }
    let span = since.as_ref().map_or(span, |(_, at)| at.clone());
    Period { since: since.map(|(d, _)| d), until: until.map(|(d, _)| d), rank, span }
}

/// The tables of a file's versions: the file itself, or one for each `[[version]]` laid over it.
pub(crate) fn versions(mut file: Table, faults: &mut Faults) -> Vec<Table> {
    let over = file.tables("version", faults);
    if over.is_empty() { vec![file] } else { over.iter().map(|v| file.overlaid(v)).collect() }
}

/// Tells every two periods that overlap without a rank between them, and every gap between two that follow.
pub(crate) fn check_periods(periods: &[Period], faults: &mut Faults) {
    for (i, b) in periods.iter().enumerate() {
        for a in &periods[..i] {
            let apart = a.until.zip(b.since).is_some_and(|(u, s)| u <= s)
                || b.until.zip(a.since).is_some_and(|(u, s)| u <= s);
            if !apart && a.rank == b.rank {
                let from = a.since.max(b.since).map_or_else(|| "最初".to_owned(), |d| d.to_string());
                faults.say(
                    &b.span,
                    format!("两个版本自 {from} 起同时有效，未分先后"),
                    "给前一个版本写 until，或给例外的版本写 rank = 1。",
                );
            }
        }
    }
    let mut in_order: Vec<&Period> = periods.iter().filter(|p| p.rank == 0).collect();
    in_order.sort_by_key(|p| p.since);
    for pair in in_order.windows(2) {
        if let (Some(until), Some(since)) = (pair[0].until, pair[1].since)
            && until < since
        {
            faults.say(
                &pair[1].span,
                format!("{until} 至 {since} 之间没有有效的版本"),
                "把前一个版本的 until 写到后一个版本的 since。",
            );
        }
    }
}
