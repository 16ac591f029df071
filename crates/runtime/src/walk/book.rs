//! The Book of a walk: what its units and people owe by the rules that it names, and what its records count for.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use model::flow::Length;
use model::{
    Credit, CreditId, Duty, DutyId, Entry, Membership, MembershipId, Obligation, ObligationId, PersonId,
    Post, PostId, RoutineId, Stage, StandingFacts, UnitId, Value,
};

use super::Play;
use crate::flow::{Someone, Subject};
use crate::{
    Basis, Moments, Occasion, Roster, SchoolCalendar, counts_already, gather, routine, schedule, usual_months,
};

/// One duty of the Book of a walk.
pub(super) struct Owing {
    /// The rule.
    pub(super) rule: String,
    /// The duty.
    pub(super) duty: Duty,
    /// What its standing rests on.
    pub(super) facts: StandingFacts,
}

/// Bytes of an identifier: the same walk gives the same ones.
pub(super) fn bytes(kind: u8, number: usize) -> [u8; 10] {
    let mut out = [kind; 10];
    out[2..].copy_from_slice(&(number as u64).to_be_bytes());
    out
}

impl Play<'_> {
    /// The day on which a record became known.
    pub(super) fn known_on(entry: &Entry) -> Date {
        entry.entered_at.to_zoned(jiff::tz::TimeZone::UTC).date()
    }

    /// What is owed by these rules from the first of January of the walk on, with what was known by a day.
    pub(super) fn owing<'r>(&self, rules: impl Iterator<Item = &'r str>, on: Date) -> Vec<Owing> {
        let rules: BTreeSet<&str> = rules.collect();
        let roster = self.roster();
        let mut out = Vec::new();
        for year in self.first.year()..=on.year() {
            let calendar = SchoolCalendar::from_rulebook(self.rulebook.calendar_data(), year);
            let moments = self.moments();
            let (mut duties, mut asked) = (Vec::<Duty>::new(), BTreeMap::<ObligationId, Obligation>::new());
            for (at, rule) in rules.iter().enumerate() {
                let middle = Date::new(year, 7, 1).unwrap_or(on);
                let found = self.rulebook.obligation_on(rule, middle.max(self.first)).ok();
                let Some(rule) = found.or_else(|| self.rulebook.obligation(rule)) else { continue };
                let id = ObligationId::from_parts(0, &bytes(1, at + 1000 * usize::from(year.unsigned_abs())));
                let of = routine(rule, RoutineId::from_parts(0, &bytes(2, at)), year, id);
                let usual = usual_months([rule]);
                let basis = Basis {
                    org: &self.cast.docket.organisation,
                    roster: &roster,
                    calendar: &calendar,
                    year,
                    made: Date::new(year, 1, 1).unwrap_or(on),
                    from: Date::new(year, 1, 1).unwrap_or(on),
                    rules: "",
                    moments: &moments,
                    usual_months: &usual,
                };
                let mut number = out.len() + duties.len();
                let mut ids = || {
                    number += 1;
                    DutyId::from_parts(0, &bytes(3, number))
                };
                duties.extend(schedule(&of, &basis, &mut ids));
                asked.insert(id, of);
            }
            out.extend(self.credited(duties, &asked, on));
        }
        out
    }

    /// The duties with what counts for them.
    fn credited(
        &self,
        duties: Vec<Duty>,
        asked: &BTreeMap<ObligationId, Obligation>,
        on: Date,
    ) -> Vec<Owing> {
        let known: Vec<Entry> = (self.cast.docket.entries.values().map(|(e, _)| e))
            .filter(|e| Self::known_on(e) <= on)
            .cloned()
            .collect();
        let mut number = 0;
        let mut ids = || {
            number += 1;
            CreditId::from_parts(0, &bytes(4, number))
        };
        let obligation = |id: ObligationId| asked.get(&id);
        let ledger = |id: &str| self.rulebook.ledger(id);
        let mut credits = counts_already(&known, &duties, &[], obligation, ledger, on, &mut ids);
        // What was opened from a duty is about that duty, and about no other of its rule.
        for (entry, (rule, unit, due)) in &self.opened_from {
            let of_rule = |d: &&Duty| asked.get(&d.obligation).is_some_and(|o| o.key == *rule);
            let Some((record, _)) =
                self.cast.docket.entries.get(entry).filter(|(e, _)| Self::known_on(e) <= on)
            else {
                continue;
            };
            let Some(meant) = duties.iter().filter(of_rule).find(|d| d.unit == *unit && d.due == *due) else {
                continue;
            };
            let shown = asked.get(&meant.obligation).and_then(|o| o.ledger.as_ref());
            if !shown.is_some_and(|l| record.ledgers.contains(l)) {
                continue;
            }
            let same: BTreeSet<DutyId> = duties.iter().filter(of_rule).map(|d| d.id).collect();
            credits.retain(|c| c.entry != *entry || !same.contains(&c.duty));
            credits.push(Credit {
                id: ids(),
                duty: meant.id,
                entry: *entry,
                amount: 1,
                happened: record.day,
                known: on,
                ended: None,
            });
        }
        for credit in &mut credits {
            // It counts from the day on which the record became known, not from the day that is asked about.
            if let Some((entry, _)) = self.cast.docket.entries.get(&credit.entry) {
                credit.known = Self::known_on(entry);
            }
        }
        let owing = |duty: Duty| {
            let made = Date::new(duty.year, 1, 1).unwrap_or(on);
            let mut facts = gather(&duty, made, None, &credits, &[], &[]);
            let put_off = self.put_off.iter().filter(|p| p.is_of(&duty, asked));
            facts.extended = put_off.map(|p| (p.known, p.to)).collect();
            let rule = asked.get(&duty.obligation).map(|o| o.key.clone()).unwrap_or_default();
            Owing { rule, duty, facts }
        };
        duties.into_iter().map(owing).collect()
    }

    /// Whose duty of a rule has been late for so long by a day: what opens on the day after, and how it is called.
    pub(super) fn overdue(&self, rule: &str, by: Option<Length>, day: Date) -> Vec<(UnitId, String, Date)> {
        let late = |owing: Owing| {
            let due = crate::due_on(&owing.facts, day);
            let last = by.map_or(due, |by| self.cast.docket.days.after(due, by));
            let on = last.tomorrow().ok().filter(|on| *on <= day)?;
            // What was met late, but before the case would have opened, opens none.
            let met = crate::met_day(&owing.facts, day).is_some_and(|met| met < on);
            let name = self.cast.docket.organisation.unit(owing.duty.unit)?.name.clone();
            (!met).then(|| (owing.duty.unit, format!("{name}：{}", owing.duty.title), on))
        };
        self.owing(std::iter::once(rule), day).into_iter().filter_map(late).collect()
    }

    fn moments(&self) -> Moments {
        let mut out = Moments::new(self.rulebook.events());
        for (event, days) in &self.cast.docket.events {
            for day in days {
                out.add(event, Occasion { day: *day, year: day.year(), unit: None });
            }
        }
        let terms = (self.cast.docket.facts.iter()).filter_map(|((subject, name), all)| {
            let (Subject::Unit(unit), "term_ends") = (subject, name.as_str()) else { return None };
            match all.last()?.value {
                Some(Value::Day(day)) => Some((*unit, day)),
                _ => None,
            }
        });
        out.with_terms(terms.collect())
    }

    /// Who is in which branch and holds which post.
    fn roster(&self) -> Roster {
        let mut memberships = Vec::new();
        let mut posts = Vec::new();
        for (person, someone) in &self.cast.docket.people {
            memberships.extend(stretches(*person, someone));
            for (unit, title, since, until) in &someone.posts {
                posts.push(Post {
                    id: PostId::from_parts(0, &bytes(5, posts.len())),
                    person: *person,
                    unit: *unit,
                    title: title.clone(),
                    since: *since,
                    until: *until,
                });
            }
        }
        Roster::new(memberships, posts)
    }
}

/// The stretches of somebody's standing: each stage in each branch.
fn stretches(person: PersonId, someone: &Someone) -> Vec<Membership> {
    let mut days: BTreeSet<Date> = someone.stages.iter().map(|(d, _)| *d).collect();
    days.extend(someone.branches.iter().map(|(d, _)| *d));
    let days: Vec<Date> = days.into_iter().collect();
    let mut out = Vec::new();
    for (at, since) in days.iter().enumerate() {
        let stage = someone.stage(*since).and_then(Stage::from_id);
        let (Some(stage), Some(branch)) = (stage, someone.branch(*since)) else { continue };
        out.push(Membership {
            id: MembershipId::from_parts(0, &bytes(6, out.len())),
            person,
            branch,
            group: None,
            stage,
            since: *since,
            until: days.get(at + 1).copied(),
        });
    }
    out
}

/// An extension of a duty of the Book.
pub(super) struct PutOff {
    /// The rule.
    pub(super) rule: String,
    /// Whose.
    pub(super) unit: UnitId,
    /// The due day as first planned.
    pub(super) due: Date,
    /// The day from which it is known.
    pub(super) known: Date,
    /// The new due day.
    pub(super) to: Date,
}

impl PutOff {
    fn is_of(&self, duty: &Duty, asked: &BTreeMap<ObligationId, Obligation>) -> bool {
        duty.unit == self.unit
            && duty.due == self.due
            && asked.get(&duty.obligation).is_some_and(|o| o.key == self.rule)
    }
}
