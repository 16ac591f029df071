//! A year as one account sees it on one day. Every number of the plan, the matrix and the reports is asked here, by the
//! rule by which the list of duties is shown, so that a number equals the length of the list that it opens for everybody.

pub(crate) mod blocks;
pub(crate) mod cases;
pub(crate) mod chase;
pub(crate) mod day;
pub(crate) mod entries;
pub(crate) mod lens;
pub(crate) mod loose;
pub(crate) mod nothing;
pub(crate) mod paper;
pub(crate) mod person;
pub(crate) mod pick;
pub(crate) mod sections;
pub(crate) mod source;
pub(crate) mod values;

use std::collections::BTreeMap;

use jiff::civil::Date;
use model::{Item, Obligation, ObligationId, Standing, UnitId};
use runtime::{Line, Pick, Tally};
use web::view::Count;
use work::numbers::figure;
use work::{Actor, Lensed, Year};

use pick::standing_id;
use work::sight::Sight;

/// What of a year may be seen, as it stood on a day.
pub(crate) struct Seen<'y> {
    pub(crate) year: &'y Year,
    /// The day that is shown.
    pub(crate) on: Date,
    pub(crate) today: Date,
    sight: Sight,
}

impl<'y> Seen<'y> {
    /// What `actor` sees of `year` on the day `on`.
    pub(crate) fn of(actor: &Actor, year: &'y Year, on: Date, today: Date) -> Self {
        Self { year, on, today, sight: Sight::of(actor) }
    }

    /// Whether nothing is hidden.
    pub(crate) fn everything(&self) -> bool {
        self.sight.is_everything()
    }

    /// Whether this unit's duties are all seen.
    pub(crate) fn covers(&self, unit: UnitId) -> bool {
        self.sight.covers(unit)
    }

    fn sees(&self, line: &Line) -> bool {
        self.sight.sees(line.unit, line.person, self.year.obligation(line.obligation))
    }

    /// Gives every duty meant that may be seen to `take`, in no order.
    pub(crate) fn each(&self, pick: &Pick, mut take: impl FnMut(Line)) {
        let board = self.year.board();
        board.each(pick, self.on, |line| {
            if self.everything() || self.sees(&line) {
                take(line);
            }
        });
    }

    /// The duties meant that may be seen, by due day.
    pub(crate) fn lines(&self, pick: &Pick) -> Vec<Line> {
        self.lines_on(pick, self.on)
    }

    /// The same as they stood on another day.
    pub(crate) fn lines_on(&self, pick: &Pick, on: Date) -> Vec<Line> {
        let mut lines = self.year.board().list(pick, on);
        if !self.everything() {
            lines.retain(|l| self.sees(l));
        }
        lines
    }

    /// How many of the duties meant stand how.
    pub(crate) fn tally(&self, pick: &Pick) -> Tally {
        if self.everything() {
            return self.year.board().tally(pick, self.on);
        }
        let mut out = Tally::default();
        self.each(pick, |line| out.count(line.standing));
        out
    }

    /// The same by obligation.
    pub(crate) fn by_obligation(&self, pick: &Pick) -> BTreeMap<ObligationId, Tally> {
        if self.everything() {
            return self.year.board().by_obligation(pick, self.on);
        }
        let mut out: BTreeMap<ObligationId, Tally> = BTreeMap::new();
        self.each(pick, |line| out.entry(line.obligation).or_default().count(line.standing));
        out
    }

    /// The obligations that are asked on the day, in the order of the document.
    pub(crate) fn obligations(&self) -> impl Iterator<Item = &'y Obligation> {
        let (year, on) = (self.year, self.on);
        year.obligations().iter().filter(move |o| year.asked(o.id, on))
    }

    /// The facts of the year.
    pub(crate) fn board(&self) -> Lensed<'y> {
        self.year.board()
    }

    /// Whether a past (or coming) day is shown.
    pub(crate) fn is_other_day(&self) -> bool {
        self.on != self.today
    }

    /// The way to the list of duties of these pairs, as they stood on the day that is shown.
    pub(crate) fn href(&self, pairs: &[(&str, &str)]) -> String {
        let on = if self.is_other_day() { self.on.to_string() } else { String::new() };
        let mut out = form_urlencoded::Serializer::new(String::new());
        if let Some(plan) = self.year.lens {
            out.append_pair("plan", &plan.to_string());
        }
        out.extend_pairs(pairs.iter().filter(|(_, v)| !v.is_empty()));
        if !on.is_empty() {
            out.append_pair("on", &on);
        }
        let query = out.finish();
        if query.is_empty() { "/duties".to_owned() } else { format!("/duties?{query}") }
    }

    /// Each standing that occurs with the list that is that long; `pairs` narrow the list as the tally was.
    pub(crate) fn counts(&self, tally: Tally, pairs: &[(&str, &str)]) -> Vec<Count> {
        tally.parts().map(|(s, n)| self.count(s, n, pairs)).collect()
    }

    /// Every standing with its list, those that do not occur too, in the order in which a year goes well or badly.
    pub(crate) fn all_counts(&self, tally: Tally) -> Vec<Count> {
        const ORDER: [Standing; 7] = [
            Standing::Met,
            Standing::MetLate,
            Standing::Overdue,
            Standing::DueSoon,
            Standing::Open,
            Standing::NotDue,
            Standing::Waived,
        ];
        ORDER.iter().map(|s| self.count(*s, tally.of(*s), &[])).collect()
    }

    /// One standing with its list.
    pub(crate) fn count(&self, standing: Standing, count: u32, pairs: &[(&str, &str)]) -> Count {
        let mut pairs = pairs.to_vec();
        pairs.push(("standing", standing_id(standing)));
        Count { standing, count: u64::from(count), href: self.href(&pairs) }
    }
}

/// How much is credited of what is needed: 21.5 / 32 学时, 1 / 2.
pub(crate) fn amounts(have: u32, need: u32, hours: bool) -> String {
    let show = |n: u32| work::numbers::decimal(i64::from(n) * 1000 / 60);
    if hours { format!("{} / {} 学时", show(have), show(need)) } else { format!("{have} / {need}") }
}

/// A tally as a strip takes it.
pub(crate) fn parts(tally: Tally) -> Vec<(Standing, u64)> {
    tally.parts().map(|(s, n)| (s, u64::from(n))).collect()
}

/// The same for templates, which hand out references.
pub(crate) fn shown<T: Copy + Into<u64>>(n: &T) -> String {
    figure(*n)
}

/// The number of a section or an item without its punctuation: 三, 9.
pub(crate) fn bare_number(number: &str) -> &str {
    number.trim_matches(|c: char| "、.．（）() ".contains(c))
}

/// How an item is cited: 三·9; of a second plan with its title before it.
pub(crate) fn cited(year: &Year, item: &Item) -> String {
    let section = item.section.and_then(|s| year.plan.sections.get(s)).map_or("", |s| bare_number(&s.number));
    let number = bare_number(&item.number);
    let mark = year.part_of(item).map_or("", |p| p.mark.as_str());
    if section.is_empty() { format!("{mark}{number}") } else { format!("{mark}{section}·{number}") }
}

/// Words cut to a length that a line can bear.
pub(crate) fn clipped(words: &str, most: usize) -> String {
    if words.chars().count() <= most {
        words.to_owned()
    } else {
        words.chars().take(most.saturating_sub(1)).chain(['…']).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_within_their_length() {
        assert_eq!(clipped("政治方向", 4), "政治方向");
        assert_eq!(clipped("把准政治方向", 4), "把准政…");
    }
}
