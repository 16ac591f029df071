//! Counting votes: each rule of votes with its own denominators.

use std::collections::BTreeSet;

use model::flow::{ShareOf, VoteRule};
use model::{Entry, Row, Value};

/// The figures of a vote, as a record says them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Due, without those who are left out.
    pub due: Option<i64>,
    /// Due to pass it: full members only, where the rule says so.
    pub due_to_pass: Option<i64>,
    /// Left out of those due.
    pub excluded: i64,
    /// Left out without reason and consent, or where the rule knows nobody who is: not left out.
    pub excluded_in_vain: i64,
    /// Present.
    pub present: Option<i64>,
    /// Ballots given out and returned.
    pub ballots: Option<(i64, i64)>,
    /// Yes, by ballot.
    pub yes: Option<i64>,
    /// Yes, in writing, where it is counted.
    pub written: i64,
    /// Written opinions that the rule does not count.
    pub written_in_vain: i64,
}

/// How a vote stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Poll {
    /// Enough came.
    Enough,
    /// Not enough came: present, due.
    TooFew(i64, i64),
    /// The figures are not there.
    Untold,
}

fn number(row: Option<&Row>, entry: &Entry, field: &str) -> Option<i64> {
    if field.is_empty() {
        return None;
    }
    match row.and_then(|r| r.get(field)).or_else(|| entry.values.get(field)) {
        Some(Value::Number(n)) => Some(n / 1000),
        _ => None,
    }
}

fn is_said(row: Option<&Row>, entry: &Entry, field: &str) -> bool {
    match row.and_then(|r| r.get(field)).or_else(|| entry.values.get(field)) {
        None => false,
        Some(Value::Text(t) | Value::Choice(t)) => !t.trim().is_empty() && t != "no",
        Some(_) => true,
    }
}

impl Count {
    /// The figures of a record by a rule: of its line first, where there is one.
    #[must_use]
    pub fn of(rule: &VoteRule, row: Option<&Row>, entry: &Entry) -> Self {
        let f = &rule.fields;
        let said = |field: &str| number(row, entry, field);
        let told = said(&f.excluded).unwrap_or(0);
        let allowed = rule.excluded.is_some() && f.excluded_needs.iter().all(|n| is_said(row, entry, n));
        let (excluded, excluded_in_vain) = if allowed { (told, 0) } else { (0, told) };
        let less = |n: i64| (n - excluded).max(0);
        let due = said(&f.due).map(less);
        let written = said(&f.written).unwrap_or(0);
        let (written, written_in_vain) = if rule.written { (written, 0) } else { (0, written) };
        Self {
            due,
            due_to_pass: if rule.full_members { said(&f.due_full).map(less).or(due) } else { due },
            excluded,
            excluded_in_vain,
            present: said(&f.present),
            ballots: said(&f.issued).zip(said(&f.returned)),
            yes: said(&f.yes),
            written,
            written_in_vain,
        }
    }

    /// Whether enough came.
    #[must_use]
    pub fn quorum(&self, rule: &VoteRule) -> Poll {
        let Some((share, _)) = &rule.quorum else { return Poll::Enough };
        match (self.present, self.due) {
            (Some(present), Some(due)) if share.is_met(present, due) => Poll::Enough,
            (Some(present), Some(due)) => Poll::TooFew(present, due),
            _ => Poll::Untold,
        }
    }

    /// Whether it was carried; none where the figures are not there.
    #[must_use]
    pub fn carried(&self, rule: &VoteRule) -> Option<bool> {
        let yes = self.yes? + self.written;
        self.reaches(rule, yes)
    }

    /// Whether so many votes are enough.
    #[must_use]
    pub fn reaches(&self, rule: &VoteRule, yes: i64) -> Option<bool> {
        let Some((share, _)) = &rule.pass else { return Some(yes > 0) };
        let whole = match share.of {
            ShareOf::Due => self.due_to_pass?,
            ShareOf::Present => self.present?,
        };
        Some(share.is_met(yes, whole))
    }

    /// Who is elected by the lines of a table, by name; none where a figure is not there.
    #[must_use]
    pub fn chosen(&self, rule: &VoteRule, lines: &[Row]) -> Option<BTreeSet<String>> {
        let mut out = BTreeSet::new();
        for (at, line) in lines.iter().enumerate() {
            let Some(Value::Number(votes)) = line.get(&rule.fields.line_yes) else { return None };
            if self.reaches(rule, votes / 1000)? {
                let named = line.values().find_map(|v| match v {
                    Value::Person { id: Some(id), .. } => Some(id.to_string()),
                    Value::Person { name, .. } | Value::Text(name) => Some(name.clone()),
                    _ => None,
                });
                out.insert(named.unwrap_or_else(|| at.to_string()));
            }
        }
        Some(out)
    }

    /// The outcome of an election over lines, with those who were elected in earlier rounds: `full`, `short` or `none`.
    #[must_use]
    pub fn elected(
        &self,
        rule: &VoteRule,
        lines: &[Row],
        seats: i64,
        before: &BTreeSet<String>,
    ) -> Option<&'static str> {
        let elected = self.chosen(rule, lines)?.union(before).count();
        Some(match i64::try_from(elected).unwrap_or(i64::MAX) {
            0 => "none",
            n if n >= seats => "full",
            _ => "short",
        })
    }
}
