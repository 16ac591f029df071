//! What a record says, in words.

use model::rule::{Field, Ledger};
use model::{Attendance, Organisation, Participant, Value};
use web::view::{day_words, long_day_words};
use work::numbers::decimal;

/// What stands between the columns of a table that is written as text, a line each.
pub(crate) const COLUMN: &str = "｜";

/// A value in words.
pub(crate) fn words(field: Option<&Field>, value: &Value, organisation: &Organisation) -> String {
    let unit = |id| organisation.unit(id).map_or(String::new(), |u| u.name.clone());
    let option = |id: &String| {
        let found = field.and_then(|f| f.options.iter().find(|(o, _)| o == id));
        found.map_or_else(|| id.clone(), |(_, word)| word.clone())
    };
    match value {
        Value::Text(t) => t.clone(),
        Value::Day(d) => long_day_words(*d),
        Value::Days(a, b) if a == b => long_day_words(*a),
        Value::Days(a, b) => format!("{}至{}", long_day_words(*a), day_words(*b)),
        Value::Number(n) => format!("{}{}", decimal(*n), field.map_or("", |f| f.unit.as_str())),
        Value::Money(fen) => format!("{}.{:02} 元", fen / 100, (fen % 100).abs()),
        Value::Choice(c) => option(c),
        Value::Choices(all) => all.iter().map(option).collect::<Vec<_>>().join("、"),
        Value::Person { name, .. } => name.clone(),
        Value::People(all) if field.is_some_and(|f| !f.is_attendance()) => list_of(all),
        Value::People(all) => {
            let came = all.iter().filter(|p| !p.guest && p.attendance == Attendance::Present).count();
            let due = all.iter().filter(|p| !p.guest).count();
            let away = all.iter().filter(|p| p.attendance != Attendance::Present).map(|p| {
                if p.reason.is_empty() { p.name.clone() } else { format!("{}（{}）", p.name, p.reason) }
            });
            let away = away.collect::<Vec<_>>().join("、");
            let tail = if away.is_empty() { String::new() } else { format!("；未到：{away}") };
            format!("应到 {due}，实到 {came}{tail}")
        }
        Value::Rows(rows) => {
            let columns = field.map(|f| f.rows.as_slice()).unwrap_or_default();
            let head = columns.iter().map(|c| c.title.clone()).collect::<Vec<_>>().join(COLUMN);
            let line = |row: &model::Row| {
                let cell =
                    |c: &Field| row.get(&c.id).map_or(String::new(), |v| words(Some(c), v, organisation));
                columns.iter().map(cell).collect::<Vec<_>>().join(COLUMN)
            };
            std::iter::once(head).chain(rows.iter().map(line)).collect::<Vec<_>>().join("\n")
        }
        Value::Unit(u) => unit(*u),
        Value::Units(all) => all.iter().map(|u| unit(*u)).collect::<Vec<_>>().join("、"),
        Value::Files(all) => all.iter().map(|f| f.name.as_str()).collect::<Vec<_>>().join("、"),
        // The page of the record says which one it is; here two links must only not look the same.
        Value::Link(e) => {
            let id = e.to_string();
            format!("另一条记录（{}）", id.get(id.len().saturating_sub(6)..).unwrap_or_default())
        }
    }
}

/// The fields of a record's ledgers, each once: where two ledgers have it, as the one that fewer may read.
pub(crate) fn fields<'a>(ledgers: &[&'a Ledger]) -> Vec<&'a Field> {
    let mut out: Vec<&Field> = Vec::new();
    for field in ledgers.iter().flat_map(|l| &l.fields) {
        match out.iter_mut().find(|f| f.id == field.id) {
            Some(known) if field.privacy > known.privacy => *known = field,
            Some(_) => {}
            None => out.push(field),
        }
    }
    out
}

/// A list of people as it is typed in: 方以宁（组长）、柳知行.
pub(crate) fn list_of(people: &[Participant]) -> String {
    let one = |p: &Participant| {
        if p.role.is_empty() { p.name.clone() } else { format!("{}（{}）", p.name, p.role) }
    };
    people.iter().map(one).collect::<Vec<_>>().join("、")
}
