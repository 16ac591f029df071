//! A calendar as text (RFC 5545, iCalendar): whole days with a title, nothing else. No alarms: how somebody is reminded is
//! their own program's matter.

use jiff::Timestamp;
use jiff::civil::Date;

/// MIME type of a calendar.
pub const ICS: &str = "text/calendar; charset=utf-8";

/// Octets of a line before it is folded, the line break not counted (RFC 5545, 3.1).
const LINE: usize = 75;

/// A day in a calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// By what it is known again, for ever: never another day's.
    pub uid: String,
    /// The day.
    pub day: Date,
    /// What it is.
    pub title: String,
    /// What kind of thing it is; empty when nothing is to be said.
    pub kind: String,
}

/// A calendar of days. `name` is how calendar programs call it, `stamp` when it was worked out, `hours` how often it is
/// worth asking again.
#[must_use]
pub fn write(name: &str, stamp: Timestamp, hours: u32, days: &[Day]) -> String {
    let mut out = String::new();
    let mut line = |name: &str, value: &str| fold(&mut out, &format!("{name}:{value}"));
    line("BEGIN", "VCALENDAR");
    line("VERSION", "2.0");
    line("PRODID", "-//Luoshi//Luoshi//ZH");
    line("CALSCALE", "GREGORIAN");
    line("METHOD", "PUBLISH");
    line("NAME", &escaped(name));
    line("X-WR-CALNAME", &escaped(name));
    line("REFRESH-INTERVAL;VALUE=DURATION", &format!("PT{hours}H"));
    line("X-PUBLISHED-TTL", &format!("PT{hours}H"));
    let stamp = stamp.strftime("%Y%m%dT%H%M%SZ").to_string();
    for day in days {
        let date = |d: Date| d.strftime("%Y%m%d").to_string();
        line("BEGIN", "VEVENT");
        line("UID", &escaped(&day.uid));
        line("DTSTAMP", &stamp);
        line("DTSTART;VALUE=DATE", &date(day.day));
        // The end is the day after, which is not in it.
        line("DTEND;VALUE=DATE", &date(day.day.tomorrow().unwrap_or(day.day)));
        line("SUMMARY", &escaped(&day.title));
        if !day.kind.is_empty() {
            line("CATEGORIES", &escaped(&day.kind));
        }
        line("TRANSP", "TRANSPARENT");
        line("END", "VEVENT");
    }
    line("END", "VCALENDAR");
    out
}

/// Text as a value: what divides values is escaped, and what no line may hold left out (3.3.11).
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// Adds a line, folded between characters: a line goes on in the next, behind a blank.
fn fold(out: &mut String, line: &str) {
    let mut used = 0;
    for c in line.chars() {
        if used + c.len_utf8() > LINE {
            out.push_str("\r\n ");
            used = 1;
        }
        out.push(c);
        used += c.len_utf8();
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn day(title: &str) -> Day {
        Day {
            uid: "1@luoshi".to_owned(),
            day: date(2026, 12, 31),
            title: title.to_owned(),
            kind: String::new(),
        }
    }

    #[test]
    fn no_line_is_longer_than_allowed_and_none_is_cut_inside_a_character() {
        let title = "党".repeat(60);
        let text = write("落实", Timestamp::UNIX_EPOCH, 6, &[day(&title)]);
        assert!(text.ends_with("END:VCALENDAR\r\n"));
        assert!(text.split("\r\n").all(|l| l.len() <= LINE && !l.contains('\n')), "{text}");
        let whole = text.replace("\r\n ", "");
        assert!(whole.contains(&format!("SUMMARY:{title}\r\n")));
        assert!(whole.contains("DTSTART;VALUE=DATE:20261231\r\nDTEND;VALUE=DATE:20270101\r\n"));
        assert!(!whole.contains("VALARM"));
    }

    #[test]
    fn what_divides_values_is_escaped() {
        let text = write("落实", Timestamp::UNIX_EPOCH, 6, &[day("甲,乙;丙\\丁\n戊\u{7}")]);
        assert!(text.contains("SUMMARY:甲\\,乙\\;丙\\\\丁\\n戊\r\n"), "{text}");
    }
}
