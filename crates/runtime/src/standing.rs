//! How a duty stands on a day: a function of what was known by then, and of nothing else.

use jiff::civil::Date;
use model::{AlsoAsked, Credit, Duty, ObligationId, Request, Standing, StandingFacts, Wish};

use crate::calendar::{days_between, plus};

/// A credit as (happened, known, ended, amount): the day of the entry, the days from which it was known and from which
/// it no longer counts, and how much it counts.
pub(crate) type Fact = (Date, Date, Option<Date>, u32);

/// What standing rests on, wherever it is kept.
#[derive(Clone, Copy)]
pub(crate) struct Grounds<'a> {
    pub(crate) starts: Date,
    pub(crate) due: Date,
    pub(crate) need: u32,
    pub(crate) made: Date,
    pub(crate) dropped: Option<Date>,
    pub(crate) waived: Option<Date>,
    pub(crate) credits: &'a [Fact],
    pub(crate) extended: &'a [(Date, Date)],
}

impl<'a> Grounds<'a> {
    pub(crate) fn of(facts: &'a StandingFacts) -> Self {
        let StandingFacts {
            duty: _,
            obligation: _,
            unit: _,
            person: _,
            starts,
            due,
            need,
            made,
            dropped,
            credits,
            waived,
            extended,
            also: _,
        } = facts;
        Self {
            starts: *starts,
            due: *due,
            need: *need,
            made: *made,
            dropped: *dropped,
            waived: *waived,
            credits,
            extended,
        }
    }

    fn counts(credit: &Fact, on: Date) -> bool {
        let (happened, known, ended, _) = *credit;
        known <= on && happened <= on && ended.is_none_or(|e| on < e)
    }

    /// The due day as extended by `on`. An extension moves the day on, never back.
    pub(crate) fn due_on(&self, on: Date) -> Date {
        let last = self
            .extended
            .iter()
            .filter(|(approved, _)| *approved <= on)
            .max_by_key(|(approved, _)| *approved);
        last.map_or(self.due, |(_, due)| self.due.max(*due))
    }

    fn credited(&self, on: Date) -> u32 {
        self.credits.iter().filter(|c| Self::counts(c, on)).fold(0, |sum, c| sum.saturating_add(c.3))
    }

    /// The day on which enough had been done.
    fn met_day(&self, on: Date) -> Option<Date> {
        // Nothing can be met by doing nothing.
        let need = self.need.max(1);
        if self.credited(on) < need {
            return None;
        }
        if let [(happened, ..)] = self.credits {
            return Some(*happened);
        }
        let mut live: Vec<(Date, u32)> =
            self.credits.iter().filter(|c| Self::counts(c, on)).map(|c| (c.0, c.3)).collect();
        live.sort_unstable();
        let mut sum = 0u32;
        live.into_iter().find_map(|(day, amount)| {
            sum = sum.saturating_add(amount);
            (sum >= need).then_some(day)
        })
    }

    /// The standing; `soon` is the last day that counts as near, seen from `on`.
    pub(crate) fn standing(&self, on: Date, soon: Date) -> Option<Standing> {
        if on < self.made || self.dropped.is_some_and(|d| d <= on) {
            return None;
        }
        let due = self.due_on(on);
        let met = if self.credits.is_empty() { None } else { self.met_day(on) };
        if met.is_some_and(|day| day <= due) {
            return Some(Standing::Met);
        }
        // Waived comes before late: of what was waived nothing is late.
        if self.waived.is_some_and(|w| w <= on) {
            return Some(Standing::Waived);
        }
        Some(match met {
            Some(_) => Standing::MetLate,
            None if on > due => Standing::Overdue,
            None if on < self.starts => Standing::NotDue,
            None if due <= soon => Standing::DueSoon,
            None => Standing::Open,
        })
    }
}

/// The last day that is near, seen from `on`: 7 days or fewer until the due day are 将到期 when `soon_days` is 7.
pub(crate) fn soon_until(on: Date, soon_days: i64) -> Date {
    plus(on, soon_days.max(0))
}

/// How the duty stood on `on`, by what was known at the end of that day: records entered by then, waivers and
/// extensions approved by then. None when the duty was not yet made, or no longer asked.
///
/// A record counts on the day on which it happened, whenever it was entered: on time when that is not after the due
/// day (as extended), late otherwise. `soon_days` is a setting of the institution (7).
#[must_use]
pub fn standing(facts: &StandingFacts, on: Date, soon_days: i64) -> Option<Standing> {
    Grounds::of(facts).standing(on, soon_until(on, soon_days))
}

/// The due day as it stood on `on`: the latest extension approved by then, never earlier than first planned.
#[must_use]
pub fn due_on(facts: &StandingFacts, on: Date) -> Date {
    Grounds::of(facts).due_on(on)
}

/// How much of what is needed was credited by `on`, in the duty's measure (1 a record, minutes for study hours).
#[must_use]
pub fn credited(facts: &StandingFacts, on: Date) -> u32 {
    Grounds::of(facts).credited(on)
}

/// The day on which enough had been done, by what was known on `on`.
#[must_use]
pub fn met_day(facts: &StandingFacts, on: Date) -> Option<Date> {
    Grounds::of(facts).met_day(on)
}

/// Whether a record is a 补录: entered after the month in which it happened, after the last day of what it counts for (`until`;
/// of several duties the first such day), and more than `grace` days (a setting, 3) after its day. Whoever sits down once a
/// month writes ordinary records, and whoever has a year for something may write it down in that year. Shown beside the
/// record, and nothing else follows from it.
#[must_use]
pub fn is_backfill(happened: Date, entered: Date, until: Option<Date>, grace: i64) -> bool {
    let month = happened.last_of_month();
    entered > until.map_or(month, |day| day.max(month)) && days_between(happened, entered) > grace
}

/// The facts of one duty from its records. `made` is the day of publication, `dropped` the day from which a later
/// version of the plan no longer asks it. Credits, requests and askers of other duties are passed over, and so are those
/// requests that nobody has approved.
#[must_use]
pub fn gather(
    duty: &Duty,
    made: Date,
    dropped: Option<Date>,
    credits: &[Credit],
    requests: &[Request],
    also: &[AlsoAsked],
) -> StandingFacts {
    let mut credits: Vec<Fact> = credits
        .iter()
        .filter(|c| c.duty == duty.id)
        .map(|c| (c.happened, c.known, c.ended, c.amount))
        .collect();
    credits.sort_unstable();
    let approved = || {
        let of_this = requests.iter().filter(|r| r.wish.duty() == Some(duty.id));
        of_this.filter_map(|r| Some((r.approved_on()?, r.wish)))
    };
    let mut extended: Vec<(Date, Date)> = approved()
        .filter_map(|(day, wish)| match wish {
            Wish::Extension { due, .. } => Some((day, due)),
            _ => None,
        })
        .collect();
    extended.sort_unstable();
    let waived = approved().filter(|(_, wish)| matches!(wish, Wish::Waiver { .. })).map(|(day, _)| day).min();
    let mut also: Vec<(ObligationId, Date, Option<Date>)> =
        also.iter().filter(|a| a.duty == duty.id).map(|a| (a.by, a.since, a.until)).collect();
    also.sort_unstable();
    StandingFacts {
        duty: duty.id,
        obligation: duty.obligation,
        unit: duty.unit,
        person: duty.person,
        starts: duty.starts,
        due: duty.due,
        need: duty.need,
        made,
        dropped,
        credits,
        waived,
        extended,
        also,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use model::{DutyId, ObligationId, UnitId};
    use proptest::prelude::*;

    fn april() -> StandingFacts {
        StandingFacts {
            duty: DutyId::from_parts(1, &[1; 10]),
            obligation: ObligationId::from_parts(1, &[1; 10]),
            unit: UnitId::from_parts(1, &[1; 10]),
            person: None,
            starts: date(2022, 4, 1),
            due: date(2022, 4, 30),
            need: 1,
            made: date(2022, 2, 20),
            dropped: None,
            credits: vec![],
            waived: None,
            extended: vec![],
            also: vec![],
        }
    }

    fn on(facts: &StandingFacts, month: i8, day: i8) -> Option<Standing> {
        standing(facts, date(2022, month, day), 7)
    }

    #[test]
    fn a_duty_nobody_touches_goes_its_way() {
        let f = april();
        assert_eq!(on(&f, 2, 19), None, "not yet published");
        assert_eq!(on(&f, 2, 20), Some(Standing::NotDue));
        assert_eq!(on(&f, 4, 1), Some(Standing::Open));
        assert_eq!(on(&f, 4, 22), Some(Standing::Open), "eight days left");
        assert_eq!(on(&f, 4, 23), Some(Standing::DueSoon), "seven days left");
        assert_eq!(on(&f, 4, 30), Some(Standing::DueSoon), "the due day is still on time");
        assert_eq!(on(&f, 5, 1), Some(Standing::Overdue));
    }

    #[test]
    fn a_record_entered_late_of_a_deed_in_time_is_met_from_the_day_it_was_known() {
        let mut f = april();
        f.credits.push((date(2022, 4, 20), date(2022, 5, 10), None, 1));
        assert_eq!(on(&f, 5, 9), Some(Standing::Overdue), "as it stood: nobody knew");
        assert_eq!(on(&f, 5, 10), Some(Standing::Met));
        assert!(is_backfill(date(2022, 4, 20), date(2022, 5, 10), None, 3));
        assert!(
            !is_backfill(date(2022, 4, 2), date(2022, 4, 26), None, 3),
            "within the month it is ordinary"
        );
        assert!(
            !is_backfill(date(2022, 4, 29), date(2022, 5, 2), None, 3),
            "the weekend over the end of a month"
        );
        let by = |until: Date| is_backfill(date(2022, 4, 20), date(2022, 5, 10), Some(until), 3);
        assert!(
            !by(date(2022, 6, 30)),
            "a quarter's assembly of April, written down in May, within the quarter"
        );
        assert!(by(date(2022, 4, 25)) && by(date(2022, 4, 30)), "what was due in April is over");
        assert!(!by(date(2022, 5, 10)), "its last day");
    }

    #[test]
    fn a_deed_after_the_due_day_is_late() {
        let mut f = april();
        f.credits.push((date(2022, 5, 3), date(2022, 5, 3), None, 1));
        assert_eq!(on(&f, 5, 3), Some(Standing::MetLate));
        assert_eq!(on(&f, 4, 30), Some(Standing::DueSoon));
    }

    #[test]
    fn a_withdrawn_record_stops_counting_on_its_day() {
        let mut f = april();
        f.credits.push((date(2022, 4, 5), date(2022, 4, 5), Some(date(2022, 6, 1)), 1));
        assert_eq!(on(&f, 5, 31), Some(Standing::Met));
        assert_eq!(on(&f, 6, 1), Some(Standing::Overdue));
    }

    #[test]
    fn hours_add_up_and_are_met_on_the_day_that_fills_them() {
        let mut f = april();
        f.need = 120;
        f.credits = vec![
            (date(2022, 5, 2), date(2022, 5, 2), None, 60),
            (date(2022, 4, 5), date(2022, 4, 5), None, 45),
            (date(2022, 4, 9), date(2022, 4, 9), None, 45),
        ];
        assert_eq!(credited(&f, date(2022, 4, 30)), 90);
        assert_eq!(met_day(&f, date(2022, 4, 30)), None);
        assert_eq!(on(&f, 5, 2), Some(Standing::MetLate));
    }

    #[test]
    fn extensions_and_waivers_hold_from_their_approval() {
        let mut f = april();
        f.extended = vec![(date(2022, 4, 28), date(2022, 5, 15))];
        assert_eq!(on(&f, 4, 27), Some(Standing::DueSoon));
        assert_eq!(on(&f, 4, 28), Some(Standing::Open));
        assert_eq!(on(&f, 5, 15), Some(Standing::DueSoon));
        assert_eq!(on(&f, 5, 16), Some(Standing::Overdue));
        f.extended.push((date(2022, 5, 14), date(2022, 4, 10)));
        assert_eq!(on(&f, 4, 28), Some(Standing::Open), "what is approved later is not known yet");
        assert_eq!(due_on(&f, date(2022, 5, 14)), date(2022, 4, 30), "an extension never shortens");
        f.waived = Some(date(2022, 5, 14));
        assert_eq!(on(&f, 5, 16), Some(Standing::Waived));
        f.credits.push((date(2022, 5, 20), date(2022, 5, 20), None, 1));
        assert_eq!(on(&f, 5, 20), Some(Standing::Waived), "what was waived is never late");
        f.credits.push((date(2022, 4, 20), date(2022, 5, 21), None, 1));
        assert_eq!(on(&f, 5, 21), Some(Standing::Met), "done in time is done");
        f.dropped = Some(date(2022, 6, 1));
        assert_eq!(on(&f, 6, 1), None);
    }

    fn day() -> impl Strategy<Value = Date> {
        (0i64..364).prop_map(|n| plus(date(2022, 1, 1), n))
    }

    proptest! {
        /// With records that stay, what is done stays done, and an untouched duty only moves towards overdue.
        #[test]
        fn standing_only_moves_on(
            starts in day(), length in 0i64..100, need in 1u32..4,
            deeds in prop::collection::vec((day(), 0i64..30), 0..6), waived in prop::option::of(day()),
        ) {
            let mut f = april();
            f.made = date(2022, 1, 1);
            f.starts = starts;
            f.due = plus(starts, length);
            f.need = need;
            f.waived = waived;
            f.credits = deeds.into_iter().map(|(d, later)| (d, plus(d, later), None, 1)).collect();
            // 未到期 → 待办 → 将到期 → 逾期, and done or waived from anywhere, for good.
            let rank = |s: Standing| match s {
                Standing::NotDue => 0,
                Standing::Open => 1,
                Standing::DueSoon => 2,
                Standing::Overdue => 3,
                Standing::MetLate | Standing::Waived => 4,
                Standing::Met => 5,
            };
            let mut before = 0;
            for n in 0..500 {
                let at = plus(date(2022, 1, 1), n);
                let now = standing(&f, at, 7).expect("made on the first day");
                prop_assert!(rank(now) >= before, "{:?} on {}", now, at);
                before = rank(now);
                let enough = credited(&f, at) >= need;
                prop_assert_eq!(enough, now.is_done() || (enough && now == Standing::Waived));
            }
        }

        /// Only what was known by a day bears on that day.
        #[test]
        fn the_past_is_not_rewritten(on_day in day(), deed in day(), later in 0i64..60) {
            let before = april();
            let mut after = before.clone();
            after.credits.push((deed, plus(on_day, 1 + later), None, 1));
            after.extended.push((plus(on_day, 1), date(2022, 12, 1)));
            after.waived = Some(plus(on_day, 1));
            prop_assert_eq!(standing(&before, on_day, 7), standing(&after, on_day, 7));
        }
    }
}
