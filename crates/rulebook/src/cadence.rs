//! Cadences as rule files write them.

use jiff::civil::Date;
use model::{Cadence, DayIn, Due, Moment, Per, When};

use crate::fault::Faults;
use crate::link::Links;
use crate::tree::{Node, Table, Value};
use crate::words::{PERS, meaning};

const FORMS: &str = "写法：{ at_least = 1, per = \"quarter\" }（可加 by_day、by_month、by_weekday、by_days）、{ hours = 32, per = \"year\" }、{ by = \"06-30\" }、\
{ by_end_of = 6 }、{ months = [3, 6] }、{ term_start_days = 14 }、{ before = \"…\" }、\
{ within_days = 5, working = true, after = \"…\" }、{ each = \"…\" }、{ own_term = 6 }、{ standing = true }。";

/// Reads a cadence: exactly one of the forms that docs/rulebook.md lists.
pub(crate) fn cadence(node: Node, faults: &mut Faults, links: &mut Links) -> Option<Cadence> {
    let mut table = Table::of(node, "频次", faults)?;
    let span = table.span.clone();
    let form = [
        "at_least",
        "hours",
        "by",
        "by_end_of",
        "months",
        "term_start_days",
        "before",
        "within_days",
        "each",
        "own_term",
        "standing",
    ]
    .into_iter()
    .filter(|k| table.has(k))
    .collect::<Vec<_>>();
    let read = match form.as_slice() {
        ["at_least"] => {
            let times = table.integer("at_least", 1..=366, faults);
            let per = per(&mut table, faults);
            let by = per.and_then(|per| day_in(per, &mut table, faults));
            times.and_then(|t| u32::try_from(t).ok()).zip(per).map(|(times, per)| match by {
                Some(by) => Cadence::EachBy { times, per, by },
                None => Cadence::AtLeast { times, per },
            })
        }
        ["hours"] => {
            let hours = table.integer("hours", 1..=2000, faults);
            let per = per(&mut table, faults);
            hours
                .and_then(|h| u32::try_from(h).ok())
                .zip(per)
                .map(|(hours, per)| Cadence::Hours { hours, per })
        }
        ["by"] => table.take("by").and_then(|n| by(&n, faults)).map(Cadence::By),
        ["by_end_of"] => month(table.integer("by_end_of", 1..=12, faults))
            .map(|month| Cadence::By(Due::MonthEnd { month })),
        ["months"] => match table.integers("months", &(1..=12), faults).as_slice() {
            [from, to] if from <= to => month(Some(*from))
                .zip(month(Some(*to)))
                .map(|(from, to)| Cadence::By(Due::Months { from, to })),
            _ => {
                faults.say(&span, "“months”应为起止两个月份，且起不晚于止", "写成 months = [3, 6]。");
                None
            }
        },
        ["term_start_days"] => table
            .integer("term_start_days", 1..=120, faults)
            .and_then(|d| u16::try_from(d).ok())
            .map(|days| Cadence::By(Due::TermStart { days })),
        ["before"] => moment("before", &mut table, faults, links)
            .map(|on| Cadence::Hang { on, when: When::Before { months: 0 } }),
        ["within_days"] => {
            let days = table.integer("within_days", 1..=366, faults).and_then(|d| u16::try_from(d).ok());
            let working = table.switch("working", faults);
            let on = moment("after", &mut table, faults, links);
            days.zip(on).map(|(days, on)| Cadence::Hang { on, when: When::Within { days, working } })
        }
        ["each"] => moment("each", &mut table, faults, links).map(|on| Cadence::Hang { on, when: When::On }),
        ["own_term"] => table
            .integer("own_term", 1..=24, faults)
            .and_then(|m| u8::try_from(m).ok())
            .map(Cadence::own_term),
        ["standing"] => {
            if table.switch("standing", faults) {
                Some(Cadence::Standing)
            } else {
                faults.say(&span, "“standing”只能为 true", FORMS);
                None
            }
        }
        [] => {
            faults.say(&span, "频次没有写明", FORMS);
            return None;
        }
        many => {
            faults.say(&span, format!("频次同时写了“{}”", many.join("”“")), "一条规则只写一种频次。");
            return None;
        }
    };
    table.finish(faults);
    read
}

/// What a rule hangs on: the id of an event, or a ledger and a field of it that is a day. Its words come
/// once every file is read.
fn moment(key: &'static str, table: &mut Table, faults: &mut Faults, links: &mut Links) -> Option<Moment> {
    if !table.has(key) {
        faults.say(&table.span.clone(), format!("频次缺少“{key}”"), FORMS);
        return None;
    }
    let (name, at) = table.spanned_text(key, faults)?;
    links.hangs_on(&name, faults.at(&at));
    Some(match name.split_once('.') {
        Some((ledger, field)) => {
            Moment::Written { ledger: ledger.to_owned(), field: field.to_owned(), words: name.clone() }
        }
        None => Moment::Event { id: name.clone(), words: name },
    })
}

fn per(table: &mut Table, faults: &mut Faults) -> Option<model::Per> {
    let Some((word, span)) = table.spanned_text("per", faults) else {
        if !table.has("per") {
            faults.say(&table.span.clone(), "频次缺少“per”", "写成 per = \"month\"。");
        }
        return None;
    };
    meaning(&word, &span, PERS, "周期", faults)
}

/// By which day of each period: `by_day` of its only or last month, or of the one that `by_month` counts from its first
/// (one more than it has is the month after it); `by_weekday` of a week; `by_days` after its first day.
fn day_in(per: Per, table: &mut Table, faults: &mut Faults) -> Option<DayIn> {
    let span = table.span.clone();
    let known: Vec<&str> =
        ["by_day", "by_weekday", "by_days"].into_iter().filter(|key| table.has(key)).collect();
    match known.as_slice() {
        [] => None,
        ["by_day"] => {
            let Some(months) = per.months() else {
                table.take("by_day");
                faults.say(&span, "这个周期不按月，不能写“by_day”", "周写 by_weekday，学期写 by_days。");
                return None;
            };
            let day = month(table.integer("by_day", 1..=31, faults))?;
            let of = table.has("by_month");
            let counted = month(table.integer("by_month", 1..=i64::from(months) + 1, faults));
            if of && counted.is_none() {
                return None;
            }
            Some(DayIn::Month { month: counted.unwrap_or(months), day })
        }
        ["by_weekday"] => {
            if !matches!(per, Per::Week | Per::TwoWeeks) {
                table.take("by_weekday");
                faults.say(&span, "只有按周的周期可以写“by_weekday”", "");
                return None;
            }
            month(table.integer("by_weekday", 1..=7, faults)).map(|day| DayIn::Weekday { day })
        }
        ["by_days"] => {
            let days = table.integer("by_days", 1..=180, faults)?;
            u16::try_from(days).ok().map(|days| DayIn::Days { days })
        }
        many => {
            faults.say(&span, format!("期内的截止日同时写了“{}”", many.join("”“")), "只写一种。");
            None
        }
    }
}

fn month(number: Option<i64>) -> Option<i8> {
    number.and_then(|m| i8::try_from(m).ok())
}

fn by(node: &Node, faults: &mut Faults) -> Option<Due> {
    let due = match &node.value {
        Value::Day(d) => Some(Due::Day(*d)),
        Value::Text(t) => month_day(t).map(|(month, day)| Due::MonthDay { month, day }),
        _ => None,
    };
    if due.is_none() {
        faults.say(&node.span, "“by”不是有效日期", "写成 \"06-30\"（每年的月-日）或 2022-06-30（某一年）。");
    }
    due
}

/// Month and day of `06-30`; any day that some year has (02-29 is one).
pub(crate) fn month_day(text: &str) -> Option<(i8, i8)> {
    let (m, d) = text.split_once('-')?;
    if m.len() != 2 || d.len() != 2 {
        return None;
    }
    let (m, d) = (m.parse().ok()?, d.parse().ok()?);
    Date::new(2024, m, d).ok().map(|_| (m, d))
}
