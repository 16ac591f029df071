//! rulebook/calendar/*.toml: public holidays, make-up days and school terms.

use std::collections::BTreeMap;

use jiff::{Span, civil::Date};

use crate::cadence::month_day;
use crate::fault::{Faults, RuleFault};
use crate::tree::{self, Table};

/// A stretch of days with a name; both ends belong to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Name (国庆节, 春季学期).
    pub name: String,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
}

/// The calendar of one year, before an institution changes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarYear {
    /// The year.
    pub year: i16,
    /// Public holidays.
    pub holidays: Vec<Stretch>,
    /// Saturdays and Sundays on which people work instead.
    pub makeup_days: Vec<Date>,
    /// School terms that begin in the year, in order; what lies between them is vacation.
    pub terms: Vec<Stretch>,
    /// Weeks of examinations, as the school sets them; none where nobody said.
    pub exams: Vec<Stretch>,
    /// Months in which monthly duties may be left out, with the reason.
    pub exempt_months: Vec<i8>,
    /// Why those months are exempt.
    pub exempt_reason: String,
    /// Where the holidays are from and how sure they are.
    pub source: String,
    /// Number of the State Council's yearly notice that sets holidays and make-up days; empty while it is not known, and
    /// then only the days that are fixed by law or by the calendar stand here.
    pub notice: String,
}

/// What documents call the days that terms and vacations give.
const SCHOOL_DAYS: [&str; 6] = ["开学", "放假", "学期结束", "学年结束", "寒假", "暑假"];

/// What is on the same days each year, of some years only where it says so.
#[derive(Clone, Debug, PartialEq, Eq)]
struct UsualStretch {
    name: String,
    /// Month and day of its first day, and of its last.
    from: (i8, i8),
    to: (i8, i8),
    since: Option<i16>,
    until: Option<i16>,
}

/// A holiday whose day differs from year to year.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Movable {
    name: String,
    days: i64,
    /// Its first day, of each year that is known.
    on: Vec<Date>,
}

/// What is the same every year.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Usual {
    holidays: Vec<UsualStretch>,
    movable: Vec<Movable>,
    terms: Vec<UsualStretch>,
    exempt_months: Vec<i8>,
    exempt_reason: String,
    source: String,
}

impl Usual {
    /// The holidays of a year without a notice, in their order.
    fn holidays_of(&self, year: i16) -> Vec<Stretch> {
        let mut out = days_of(&self.holidays, year);
        out.extend(self.movable.iter().filter_map(|m| {
            let from = *m.on.iter().find(|d| d.year() == year)?;
            let to = from.checked_add(Span::new().days(m.days - 1)).ok()?;
            Some(Stretch { name: m.name.clone(), from, to })
        }));
        out.sort_by_key(|s| s.from);
        out
    }
}

/// Years by number, and what stands in for the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CalendarData {
    years: BTreeMap<i16, CalendarYear>,
    usual: Usual,
}

impl CalendarData {
    /// The calendar of `year`: its own file, or the usual days.
    #[must_use]
    pub fn year(&self, year: i16) -> CalendarYear {
        self.years.get(&year).cloned().unwrap_or_else(|| CalendarYear {
            year,
            holidays: self.usual.holidays_of(year),
            makeup_days: Vec::new(),
            terms: days_of(&self.usual.terms, year),
            exams: Vec::new(),
            exempt_months: self.usual.exempt_months.clone(),
            exempt_reason: self.usual.exempt_reason.clone(),
            source: self.usual.source.clone(),
            notice: String::new(),
        })
    }

    /// Whether the school's calendar of a year gives what documents call this its day: the start of term, the vacations, a
    /// holiday. Nobody need tell it.
    #[must_use]
    pub fn gives(&self, event: &str, year: i16) -> bool {
        let feast = |name: &str| name.trim_end_matches('节') == event.trim_end_matches('节');
        let term = |name: &str| self.year(year).terms.iter().any(|t| t.name == name);
        let of_term = ["结束", "开学"].iter().filter_map(|w| event.strip_suffix(w)).any(term);
        SCHOOL_DAYS.contains(&event) || of_term || self.year(year).holidays.iter().any(|h| feast(&h.name))
    }

    /// The years that have a file of their own.
    pub fn years(&self) -> impl Iterator<Item = &CalendarYear> {
        self.years.values()
    }

    /// The same with the calendar of `year` from a file of the form of `calendar/2026.toml`; `name` is how messages call it.
    /// Terms or holidays that the file leaves out are the usual ones.
    ///
    /// # Errors
    ///
    /// Every mistake in the file.
    pub fn with_year(&self, year: i16, name: &str, text: &str) -> Result<Self, Vec<RuleFault>> {
        let mut faults = Faults::new(name, text);
        let mut out = self.clone();
        if let Some(table) = tree::parse(text, &mut faults) {
            read(&year.to_string(), table, &mut out, &mut faults);
        }
        out.fill();
        let found = faults.into_found();
        if found.is_empty() { Ok(out) } else { Err(found) }
    }

    /// Years whose file leaves terms or holidays out take the usual ones.
    pub(crate) fn fill(&mut self) {
        for (year, y) in &mut self.years {
            if y.terms.is_empty() {
                y.terms = days_of(&self.usual.terms, *year);
            }
            if y.holidays.is_empty() {
                y.holidays = self.usual.holidays_of(*year);
            }
        }
    }
}

/// The stretches of a year; one that ends before it begins ends in the next year.
fn days_of(usual: &[UsualStretch], year: i16) -> Vec<Stretch> {
    usual
        .iter()
        .filter(|s| s.since.is_none_or(|y| y <= year) && s.until.is_none_or(|y| year <= y))
        .filter_map(|s| {
            let last_year = if s.to < s.from { year.checked_add(1)? } else { year };
            let from = clamped(year, s.from.0, s.from.1)?;
            Some(Stretch { name: s.name.clone(), from, to: clamped(last_year, s.to.0, s.to.1)? })
        })
        .collect()
}

/// The day, or the last of its month where the month is too short (29 February).
fn clamped(year: i16, month: i8, day: i8) -> Option<Date> {
    let first = Date::new(year, month, 1).ok()?;
    Date::new(year, month, day.min(first.days_in_month())).ok()
}

/// Reads `calendar/2022.toml` (`stem` is the year) or `calendar/usual.toml`.
pub(crate) fn read(stem: &str, mut file: Table, data: &mut CalendarData, faults: &mut Faults) {
    let span = file.span.clone();
    let source = file.text("source", faults);
    if source.is_empty() {
        faults.say(&span, "日历没有写明依据（source）", "写明节假日从何而来、是否核对过。");
    }
    let exempt_months = file
        .integers("exempt_months", &(1..=12), faults)
        .into_iter()
        .filter_map(|m| i8::try_from(m).ok())
        .collect();
    let exempt_reason = file.text("exempt_reason", faults);
    if stem == "usual" {
        let holidays = usual_stretches("holiday", &mut file, faults);
        let movable = movable(&mut file, faults);
        let terms = usual_stretches("term", &mut file, faults);
        file.finish(faults);
        data.usual = Usual { holidays, movable, terms, exempt_months, exempt_reason, source };
        return;
    }
    let notice = file.text("notice", faults);
    let year = stem.parse::<i16>().ok().filter(|y| (1949..=2200).contains(y));
    if year.is_none() {
        faults.say(&(0..0), format!("日历文件名“{stem}”不是年份"), "用 2026.toml 或 usual.toml。");
    }
    let holidays = stretches("holiday", year, &mut file, faults);
    let terms = stretches("term", year, &mut file, faults);
    let exams = stretches("exam", year, &mut file, faults);
    let mut makeup_days = Vec::new();
    for mut t in file.tables("makeup", faults) {
        if let Some((d, at)) = t.spanned_day("on", faults) {
            if year.is_some_and(|y| y != d.year()) {
                faults.say(&at, format!("调休上班日 {d} 不在本年"), "");
            } else if makeup_days.contains(&d) {
                faults.say(&at, format!("调休上班日 {d} 重复"), "");
            }
            makeup_days.push(d);
            if holidays.iter().any(|h: &Stretch| h.from <= d && d <= h.to) {
                faults.say(&at, format!("{d} 既是假日又是调休上班日"), "");
            }
        }
        t.text("for", faults);
        t.finish(faults);
    }
    file.finish(faults);
    if let Some(year) = year {
        data.years.insert(
            year,
            CalendarYear {
                year,
                holidays,
                makeup_days,
                terms,
                exams,
                exempt_months,
                exempt_reason,
                source,
                notice,
            },
        );
    }
}

fn stretches(key: &'static str, year: Option<i16>, file: &mut Table, faults: &mut Faults) -> Vec<Stretch> {
    let mut out: Vec<Stretch> = Vec::new();
    for mut t in file.tables(key, faults) {
        let span = t.span.clone();
        let name = t.need_text("name", faults);
        let from = t.day("from", faults);
        let to = t.day("to", faults);
        t.finish(faults);
        let (Some(name), Some(from), Some(to)) = (name, from, to) else {
            faults.say(&span, "起止日期不全", "写明 name、from、to。");
            continue;
        };
        if to < from {
            faults.say(&span, format!("“{name}”的止日 {to} 早于起日 {from}"), "");
        } else if let Some(other) = out.iter().find(|o| o.from <= to && from <= o.to) {
            faults.say(&span, format!("“{name}”与“{}”的日期重叠", other.name), "");
        } else if year.is_some_and(|y| to.year() < y || from.year() > y) {
            faults.say(&span, format!("“{name}”不在本年"), "");
        } else {
            out.push(Stretch { name, from, to });
        }
    }
    out
}

fn usual_stretches(key: &'static str, file: &mut Table, faults: &mut Faults) -> Vec<UsualStretch> {
    let mut out = Vec::new();
    for mut t in file.tables(key, faults) {
        let span = t.span.clone();
        let name = t.need_text("name", faults);
        let from = t.text("from", faults);
        let to = t.text("to", faults);
        let mut year = |key| t.integer(key, 1949..=2200, faults).and_then(|y| i16::try_from(y).ok());
        let (since, until) = (year("since"), year("until"));
        t.finish(faults);
        match (name, month_day(&from), month_day(&to)) {
            (Some(name), Some(from), Some(to)) => out.push(UsualStretch { name, from, to, since, until }),
            _ => faults.say(&span, "起止日期不全或不是月-日", "写成 from = \"09-01\"，to = \"01-15\"。"),
        }
    }
    out
}

fn movable(file: &mut Table, faults: &mut Faults) -> Vec<Movable> {
    let mut out = Vec::new();
    for mut t in file.tables("movable", faults) {
        let name = t.need_text("name", faults);
        let days = t.integer("days", 1..=31, faults);
        let on = t.days("on", faults);
        t.finish(faults);
        if let (Some(name), Some(days)) = (name, days) {
            out.push(Movable { name, days, on });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_file_stands_in_for_the_calendar_of_a_year() {
        let mut data = CalendarData::default();
        let usual = "source = \"试\"\n[[term]]\nname = \"秋季学期\"\nfrom = \"09-01\"\nto = \"01-15\"\n";
        let mut faults = Faults::new("usual.toml", usual);
        let table = tree::parse(usual, &mut faults).expect("TOML");
        read("usual", table, &mut data, &mut faults);
        let text = "source = \"校历\"\n[[term]]\nname = \"春季学期\"\nfrom = 2031-02-24\nto = 2031-07-04\n";
        let own = data.with_year(2031, "校历.toml", text).expect("well formed");
        assert_eq!(own.year(2031).terms[0].to, date(2031, 7, 4));
        assert_eq!(own.year(2030).terms[0].name, "秋季学期", "other years stay");
        let faults = data.with_year(2031, "校历.toml", "[[term]]\nname = \"春\"\n").expect_err("no days");
        assert!(faults.iter().all(|f| f.file == "校历.toml") && faults.len() >= 2, "{faults:?}");
    }
}
