//! A month as weeks of days, with what stands on each: what the page of the calendar draws.

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use jiff::civil::Date;
use runtime::SchoolCalendar;
use web::view::{day_words, weekday};

/// Things of a day that the page has room for; the rest is counted, and unfolds.
pub(super) const ROOM: usize = 5;
/// Something on a day.
pub(super) struct Event {
    /// Class: `ev-due`, `ev-due over`, `ev-held`, or nothing.
    pub(super) class: &'static str,
    pub(super) shape: &'static str,
    /// 已开, 到期 … for those who do not see the shape.
    pub(super) word: &'static str,
    pub(super) title: String,
    pub(super) href: String,
    pub(super) cap: String,
}

pub(super) struct Day {
    pub(super) class: String,
    pub(super) label: String,
    pub(super) weekday: &'static str,
    pub(super) note: String,
    pub(super) events: Vec<Event>,
    /// Those for which there is no room, folded up.
    pub(super) more: Vec<Event>,
}

pub(super) struct Week {
    pub(super) label: String,
    pub(super) days: Vec<Day>,
}

/// The month with what stands on each of its days.
pub(super) struct Month {
    pub(super) first: Date,
    days: BTreeMap<Date, Day>,
    /// What is said beside it: holidays, weeks of examinations.
    pub(super) notes: Vec<String>,
    labels: Vec<String>,
}

impl Month {
    pub(super) fn of(first: Date, today: Date, calendar: &SchoolCalendar) -> Self {
        let monday = |d: Date| d.saturating_sub(i64::from(d.weekday().to_monday_zero_offset()).days());
        let (from, last) = (monday(first), first.last_of_month());
        let to = monday(last).saturating_add(6.days());
        let within = |s: &&runtime::Stretch| s.first <= last && s.last >= first;
        let mut notes = Vec::new();
        for (word, stretches) in
            [("放假", &calendar.holidays), ("考试", &calendar.exams), ("假期", &calendar.vacations)]
        {
            let said = stretches.iter().filter(within).map(|s| {
                let days = if s.first == s.last {
                    day_words(s.first)
                } else {
                    format!("{}至{}", day_words(s.first), day_words(s.last))
                };
                if s.name.contains(word) {
                    format!("{}：{days}", s.name)
                } else {
                    format!("{}{word}：{days}", s.name)
                }
            });
            notes.extend(said);
        }
        let made_up = calendar.makeup.iter().filter(|d| first <= **d && **d <= last);
        notes.extend(made_up.map(|d| format!("{}调休上班", day_words(*d))));
        let mut days = BTreeMap::new();
        let mut labels = Vec::new();
        let mut at = from;
        while at <= to {
            if at.weekday() == jiff::civil::Weekday::Monday {
                labels.push(calendar.week_of_term(at).map_or_else(String::new, |n| format!("第{n}周")));
            }
            days.insert(at, day(at, first, today, calendar));
            match at.tomorrow() {
                Ok(next) => at = next,
                Err(_) => break,
            }
        }
        Self { first, days, notes, labels }
    }

    pub(super) fn last(&self) -> Date {
        self.first.last_of_month()
    }

    pub(super) fn add(&mut self, at: Date, event: Event) {
        if let Some(day) = self.days.get_mut(&at) {
            day.events.push(event);
        }
    }

    /// Week by week; of each day what there is no room for is set apart.
    pub(super) fn weeks(mut self) -> Vec<Week> {
        for day in self.days.values_mut() {
            // What is late and due first, then what is held.
            day.events.sort_by_key(|e| match e.class {
                "ev-due over" => 0,
                "ev-due" => 1,
                "" => 2,
                _ => 3,
            });
            if day.events.len() > ROOM {
                day.more = day.events.split_off(ROOM - 1);
            }
            if day.events.is_empty() && day.note.is_empty() {
                day.class.push_str(" none-d");
            }
        }
        let mut days = self.days.into_values();
        let mut out = Vec::new();
        for label in self.labels {
            out.push(Week { label, days: days.by_ref().take(7).collect() });
        }
        out
    }
}

fn day(at: Date, first: Date, today: Date, calendar: &SchoolCalendar) -> Day {
    let mut class = String::new();
    let mut mark = |word: &str| {
        class.push(' ');
        class.push_str(word);
    };
    let out = at.first_of_month() != first;
    if out {
        mark("out");
    }
    let named =
        |all: &[runtime::Stretch]| all.iter().find(|s| s.holds(at)).map(|s| (s.name.clone(), s.first == at));
    let mut note = String::new();
    if let Some((name, begins)) = named(&calendar.holidays) {
        note = if begins { name } else { "放假".to_owned() };
    } else if calendar.makeup.contains(&at) {
        note = "调休上班".to_owned();
    } else if let Some((name, begins)) = named(&calendar.exams) {
        note = if begins { name } else { "考试".to_owned() };
        mark("exam");
    }
    if !calendar.is_working_day(at) {
        mark("off");
    }
    if at == today {
        mark("today");
        note = if note.is_empty() { "今天".to_owned() } else { format!("{note}　今天") };
    }
    let edge = at == first || (out && (at.day() == 1 || at < first));
    Day {
        class,
        label: if edge { day_words(at) } else { at.day().to_string() },
        weekday: weekday(at),
        note,
        events: Vec::new(),
        more: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_month_is_whole_weeks_with_its_holidays_and_exams() {
        let mut calendar = SchoolCalendar::default_for(2026);
        calendar.exams.push(runtime::Stretch::new("期中考试周", date(2026, 10, 19), date(2026, 10, 23)));
        let month = Month::of(date(2026, 10, 1), date(2026, 10, 14), &calendar);
        assert_eq!(month.days.len() % 7, 0);
        let class = |d: i8| month.days[&date(2026, 10, d)].class.clone();
        assert!(class(1).contains("off") && class(14).contains("today") && class(20).contains("exam"));
        assert_eq!(month.days[&date(2026, 10, 19)].note, "期中考试周");
        assert!(month.notes.iter().any(|n| n == "期中考试周：10月19日至10月23日"), "{:?}", month.notes);
        assert!(month.days[&date(2026, 9, 28)].class.contains("out"));
    }
}
