//! What stands in a form before anybody types: what is usually the same, or what the record says already.

use model::rule::{Drawn, Field, FieldType, Means};
use model::{Entry, EntryId, Organisation, PersonId, Standing, Value};
use rulebook::Rulebook;
use runtime::{Line, Pick};
use web::extract::Fields;
use web::permit::Right;
use work::Fault;
use work::numbers::decimal;

use super::desk::Desk;
use super::drawn;
use super::form::{name_of, word_of};
use crate::seen::values::list_of;
use work::privacy::may_read;

/// Records that are looked through for it: the last one may lack what the one before says.
const LOOKED_THROUGH: u32 = 4;

/// A new form: the day, and what was the same the last time.
///
/// # Errors
/// When the store cannot read.
pub(super) async fn fresh(desk: &Desk<'_>, sent: &Fields) -> Result<Fields, Fault> {
    let mut out: Vec<(String, String)> = sent.pairs().to_vec();
    // What a duty of a month gone by is about did not happen today, so its day is not guessed.
    let gone_by = desk.period().is_some_and(|(_, due)| due < desk.today);
    if sent.text("day").is_empty() && !gone_by {
        out.push(("day".to_owned(), desk.day.to_string()));
    }
    let newest = desk.newest(LOOKED_THROUGH).await?;
    let mut same: Vec<&str> = Vec::new();
    for field in desk.ledgers.iter().flat_map(|l| &l.fields).filter(|f| f.as_last_time && !f.is_head()) {
        if !same.contains(&field.id.as_str()) && !sent.has(&name_of(&field.id)) {
            same.push(&field.id);
        }
    }
    for id in same {
        let readable = |e: &'_ &Entry| may_read(desk.app, desk.actor, e, id);
        if let Some(value) = newest.iter().filter(readable).find_map(|e| e.values.get(id)) {
            put(&mut out, id, value, &desk.actor.known.organisation);
        }
    }
    // A record that has no topic of its own, or one that is mostly the same, is called what the duty is called, and counts for the year and the month that the
    // duty is about.
    let topic = desk.ledgers.iter().flat_map(|l| &l.fields).find(|f| f.is_title());
    let has_topic = topic.is_some_and(|f| f.drawn != Some(Drawn::Title));
    if let Some(duty) = desk.duty {
        let found = desk.app.store.duty(desk.actor.institution, &store::Scope::All, duty).await?;
        if !has_topic && !sent.has("title") {
            out.push(("title".to_owned(), found.title));
        }
        let asked = |means| desk.ledgers.first().and_then(|l| l.meaning(means)).map(|f| name_of(&f.id));
        let month = found.starts.first_of_month() == found.due.first_of_month();
        let month = asked(Means::MonthOfAccount).filter(|_| month);
        let account = [
            (asked(Means::YearOfAccount), found.year.to_string()),
            (month, format!("{}-{:02}", found.starts.year(), found.starts.month())),
        ];
        for (name, words) in account {
            out.extend(name.filter(|n| !sent.has(n)).map(|n| (n, words)));
        }
    }
    like(desk, &mut out).await?;
    about(desk, &mut out).await?;
    drawn::fill(desk, &mut out).await?;
    // What a duty asks of a record is filled in: a record opened from it should count for it.
    if let (Some(year), Some(duty)) = (&desk.year, desk.duty) {
        let facts = year.board().facts(duty);
        if let Some(obligation) = facts.and_then(|f| year.obligation(f.obligation)) {
            for (field, wanted) in obligation.condition.said() {
                out.retain(|(n, _)| *n != name_of(field));
                out.push((name_of(field), wanted.to_owned()));
            }
        }
    }
    Ok(Fields::of(out))
}

/// What the record that was saved just before says of the day, the topic and all that is usually the same, for the same thing
/// of another group.
async fn like(desk: &Desk<'_>, out: &mut Vec<(String, String)>) -> Result<(), Fault> {
    let id = out.iter().find(|(n, _)| n == "like").and_then(|(_, v)| v.parse::<EntryId>().ok());
    let Some(id) = id else { return Ok(()) };
    let found = desk.app.store.entry(desk.actor.institution, &desk.actor.scope_for(Right::Record), id).await;
    let Ok(row) = found else { return Ok(()) };
    let mut set = |name: &str, value: String| {
        out.retain(|(n, _)| n != name);
        out.push((name.to_owned(), value));
    };
    set("day", row.entry.day.to_string());
    set("title", row.entry.title.clone());
    let same = desk.ledgers.iter().flat_map(|l| &l.fields).filter(|f| f.as_last_time && !f.is_head());
    for field in same.filter(|f| f.means != Some(Means::HeldBy) && f.kind != FieldType::Person) {
        let readable = may_read(desk.app, desk.actor, &row.entry, &field.id);
        if let Some(value) = row.entry.values.get(&field.id).filter(|_| readable) {
            out.retain(|(n, _)| *n != name_of(&field.id));
            put(out, &field.id, value, &desk.actor.known.organisation);
        }
    }
    Ok(())
}

/// Of what a unit owes about people, those about whom it still does: a line each, or a list of names.
async fn about(desk: &Desk<'_>, out: &mut Vec<(String, String)>) -> Result<(), Fault> {
    let Some(owing) = owing(desk) else { return Ok(()) };
    let names = desk.app.store.names(desk.actor.institution, &owing).await?;
    let mut names = owing.iter().filter_map(|id| names.get(id)).cloned();
    let fields = || desk.ledgers.iter().flat_map(|l| &l.fields);
    let column =
        |table: &Field| table.rows.iter().find(|c| c.kind == FieldType::Person).map(|c| c.id.clone());
    if let Some((table, column)) = fields().find_map(|f| Some((f, column(f)?))) {
        out.extend(names.enumerate().map(|(n, who)| (name_of(&format!("{}.{n}.{column}", table.id)), who)));
    } else if let Some(list) = fields().find(|f| f.kind == FieldType::People && !f.is_attendance()) {
        out.push((name_of(&list.id), names.collect::<Vec<_>>().join("、")));
    } else if let Some(one) = fields().find(|f| f.kind == FieldType::Person && !f.as_last_time) {
        out.extend(names.next().map(|who| (name_of(&one.id), who)));
    }
    Ok(())
}

/// The people about whom the duty from which the form was opened is still owed in its period, its own first.
fn owing(desk: &Desk<'_>) -> Option<Vec<PersonId>> {
    let (year, duty) = (desk.year.as_ref()?, desk.duty?);
    let board = year.board();
    let facts = board.facts(duty)?;
    let own = facts.person?;
    if year.obligation(facts.obligation)?.bearers.are_people() {
        return None;
    }
    let lines = board.list(&Pick::cell(facts.unit, facts.obligation), desk.today);
    let open =
        |l: &&Line| l.starts == facts.starts && !l.standing.is_done() && l.standing != Standing::Waived;
    let mut out: Vec<PersonId> = lines.iter().filter(open).filter_map(|l| l.person).collect();
    out.sort_by_key(|person| *person != own);
    Some(out)
}

/// The form of a record that is there.
pub(super) fn of_entry(entry: &Entry, organisation: &Organisation, rulebook: &Rulebook) -> Fields {
    let ledgers = rulebook.ledgers_of(entry);
    let known = |id: &str| ledgers.iter().find_map(|l| l.field(id));
    let mut out: Vec<(String, String)> = vec![
        ("id".to_owned(), entry.id.to_string()),
        ("revision".to_owned(), entry.revision.to_string()),
        ("unit".to_owned(), entry.unit.to_string()),
        ("day".to_owned(), entry.day.to_string()),
    ];
    let titles = ledgers.iter().filter_map(|l| l.meaning(Means::Title));
    let topic = titles.into_iter().find_map(|field| match entry.values.get(&field.id) {
        Some(Value::Text(t)) if !t.is_empty() => Some(t.clone()),
        _ => None,
    });
    out.push(("title".to_owned(), topic.unwrap_or_else(|| entry.title.clone())));
    for (n, ledger) in entry.ledgers.iter().enumerate() {
        out.push((if n == 0 { "ledger" } else { "also" }.to_owned(), ledger.clone()));
    }
    for (id, value) in &entry.values {
        // Who came is chosen by buttons.
        if known(id).is_none_or(|f| !f.is_head()) {
            put(&mut out, id, value, organisation);
        }
    }
    for (n, p) in entry.people().iter().enumerate() {
        let key = p.person.map_or_else(|| format!("x{n}"), |id| id.to_string());
        out.push((format!("p_{key}"), word_of(p.attendance).to_owned()));
        out.push((format!("y_{key}"), p.reason.clone()));
    }
    Fields::of(out)
}

/// Puts a value into a form.
pub(super) fn put(out: &mut Vec<(String, String)>, id: &str, value: &Value, organisation: &Organisation) {
    let name = name_of(id);
    let unit = |u| organisation.unit(u).map_or(String::new(), |u| u.name.clone());
    match value {
        Value::Text(t) | Value::Choice(t) => out.push((name, t.clone())),
        Value::Day(d) => out.push((name, d.to_string())),
        Value::Days(from, to) => {
            out.push((format!("{name}_to"), to.to_string()));
            out.push((name, from.to_string()));
        }
        Value::Number(n) => out.push((name, decimal(*n))),
        Value::Money(fen) => out.push((name, decimal(fen * 10))),
        Value::Choices(all) => out.extend(all.iter().map(|c| (name.clone(), c.clone()))),
        Value::Person { name: who, .. } => out.push((name, who.clone())),
        Value::Unit(u) => out.push((name, unit(*u))),
        Value::Units(all) => {
            out.push((name, all.iter().map(|u| unit(*u)).collect::<Vec<_>>().join("、")));
        }
        Value::Link(e) => out.push((name, e.to_string())),
        Value::Rows(rows) => {
            for (n, row) in rows.iter().enumerate() {
                for (column, value) in row {
                    put(out, &format!("{id}.{n}.{column}"), value, organisation);
                }
            }
        }
        Value::Files(all) => out.extend(all.iter().map(|f| (name.clone(), f.id.to_string()))),
        Value::People(all) => out.push((name, list_of(all))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(decimal(1500), "1.5");
        assert_eq!(decimal(2000), "2");
        assert_eq!(decimal(250), "0.25");
        assert_eq!(decimal(0), "0");
        assert_eq!(decimal(10_000), "10");
    }
}
