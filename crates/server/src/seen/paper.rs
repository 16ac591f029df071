//! A record as a printed form, made from the fields of its ledgers: the same for every ledger, on the page and as docx.

use std::collections::BTreeSet;

use crate::seen::values::{fields, list_of, words};
use jiff::civil::Date;
use model::rule::{Field, FieldType};
use model::{Attached, Attendance, Entry, EntryId, Participant, Value};
use office::gongwen::{Block, Gongwen, Kind, Table};
use web::App;
use web::permit::Right;
use web::view::{long_day_words, weekday};
use work::privacy::{may_read, readable};
use work::{Actor, Fault};

/// A file as a page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileLine {
    pub(crate) id: String,
    pub(crate) name: String,
    /// What it is and how large.
    pub(crate) about: String,
    /// Where it is had.
    pub(crate) href: String,
    /// Whether there is a small picture of it.
    pub(crate) picture: bool,
    /// In a form: whether it stays.
    pub(crate) kept: bool,
}

impl FileLine {
    /// The line of a file that is had at an address below `base`.
    pub(crate) fn of(file: &Attached, base: &str, kept: bool) -> Self {
        Self {
            id: file.id.to_string(),
            name: file.name.clone(),
            about: format!("{}　{}", file.kind.word(), file.size_words()),
            href: format!("{base}/files/{}", file.id),
            picture: file.kind.is_picture(),
            kept,
        }
    }
}

/// One field of a record as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) label: String,
    /// Empty when nothing was written.
    pub(crate) words: String,
    /// Of a link to a record that the account may see: its page.
    pub(crate) href: String,
    /// Of a field of files: each of them.
    pub(crate) files: Vec<FileLine>,
    /// Not to be read by this account.
    pub(crate) hidden: bool,
    /// Whether two of its kind go into one row.
    narrow: bool,
}

/// One row of the form: a fact over the whole width, or two side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) first: Said,
    pub(crate) second: Option<Said>,
}

/// Fields up to this many twelfths wide share a row.
const HALF: u8 = 6;
/// So do words up to this long.
const SHORT: usize = 18;

/// Who came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct People {
    pub(crate) due: usize,
    pub(crate) came: usize,
    pub(crate) present: String,
    pub(crate) away: Vec<(String, &'static str, String)>,
    pub(crate) guests: String,
}

/// A record, ready to be read or printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Paper {
    pub(crate) title: String,
    pub(crate) unit: String,
    pub(crate) ledgers: String,
    pub(crate) day: String,
    pub(crate) facts: Vec<Row>,
    pub(crate) people: Option<People>,
    pub(crate) long: Vec<Said>,
}

/// The record as this account may read it.
///
/// # Errors
/// When the store cannot read what it links to.
pub(crate) async fn of(app: &App, actor: &Actor, entry: &Entry) -> Result<Paper, Fault> {
    let ledgers = app.rulebook.ledgers_of(entry);
    let (mut facts, mut long, mut files) = (Vec::new(), Vec::new(), Vec::new());
    let known = fields(&ledgers);
    let left_over = left_over(app, entry, &known);
    for field in known.iter().chain(&left_over) {
        if field.is_head() {
            continue;
        }
        let value = entry.values.get(&field.id);
        let hidden = !may_read(app, actor, entry, &field.id);
        let mut said = Said {
            label: field.title.clone(),
            words: String::new(),
            href: String::new(),
            files: Vec::new(),
            hidden: hidden && value.is_some(),
            narrow: false,
        };
        if let Some(value) = value.filter(|_| !hidden) {
            said.words = words(Some(field), value, &actor.known.organisation);
            match value {
                Value::Link(id) => linked(app, actor, *id, &mut said).await?,
                Value::Files(files) => {
                    let base = format!("/entries/{}", entry.id);
                    said.files = files.iter().map(|f| FileLine::of(f, &base, true)).collect();
                }
                Value::Day(day) if field.countdown => {
                    said.words.push_str(&left(*day, app.clock.today()));
                }
                _ => {}
            }
        }
        // A record without files is not told so, field by field.
        if value.is_none() && (field.kind == FieldType::File || !field.is_asked(&entry.values)) {
            continue;
        }
        said.narrow = field.width <= HALF && said.words.chars().count() <= SHORT;
        match field.kind {
            FieldType::LongText | FieldType::Rows => long.push(said),
            FieldType::File => files.push(said),
            _ => facts.push(said),
        }
    }
    long.extend(files);
    let figures = runtime::figures(&readable(app, actor, entry), &ledgers);
    facts.extend(figures.into_iter().map(|f| Said {
        label: f.label,
        words: f.words,
        href: String::new(),
        files: Vec::new(),
        hidden: false,
        narrow: false,
    }));
    Ok(Paper {
        title: entry.title.clone(),
        unit: actor.known.unit_name(entry.unit).to_owned(),
        ledgers: ledgers.iter().map(|l| l.title.as_str()).collect::<Vec<_>>().join("、"),
        day: format!("{} {}", long_day_words(entry.day), weekday(entry.day)),
        facts: in_rows(facts),
        people: Some(entry)
            .filter(|e| !e.people().is_empty() && may_read(app, actor, e, "people"))
            .map(people_of),
        long,
    })
}

/// Narrow facts that follow one another, two in a row.
fn in_rows(facts: Vec<Said>) -> Vec<Row> {
    let mut out: Vec<Row> = Vec::new();
    for said in facts {
        match out.last_mut() {
            Some(row) if row.second.is_none() && row.first.narrow && said.narrow => row.second = Some(said),
            _ => out.push(Row { first: said, second: None }),
        }
    }
    out
}

/// Fields that the record holds and its forms do not have (the form changed since): an id means one fact in every
/// ledger, so that another ledger's label says what it is. The narrowest of their privacies holds.
fn left_over<'a>(app: &'a App, entry: &Entry, known: &[&Field]) -> Vec<&'a Field> {
    let known: BTreeSet<&str> = known.iter().map(|f| f.id.as_str()).collect();
    let of = |id: &String| {
        let all = app.rulebook.ledgers().iter().flat_map(|l| &l.fields).filter(|f| f.id == *id);
        all.max_by_key(|f| f.privacy)
    };
    entry.values.keys().filter(|id| !known.contains(id.as_str())).filter_map(of).collect()
}

/// What a link names, when the account may see it.
async fn linked(app: &App, actor: &Actor, id: EntryId, said: &mut Said) -> Result<(), Fault> {
    match app.store.entry(actor.institution, &actor.scope_for(Right::SeeEntries), id).await {
        Ok(row) => {
            said.words = format!("{}　{}", long_day_words(row.entry.day), row.entry.title);
            said.href = format!("/entries/{id}");
            Ok(())
        }
        Err(store::StoreError::NotFound) => {
            said.words = "另一条记录".to_owned();
            Ok(())
        }
        Err(other) => Err(other.into()),
    }
}

/// How far away a day is that lies ahead, behind its words; nothing once it is over.
fn left(day: Date, today: Date) -> String {
    match today.until(day).map_or(0, |s| s.get_days()) {
        0 => "（就是今天）".to_owned(),
        n if n > 0 => format!("（还有 {n} 天）"),
        _ => String::new(),
    }
}

fn people_of(entry: &Entry) -> People {
    let own: Vec<_> = entry.people().iter().filter(|p| !p.guest).collect();
    let present: Vec<&str> =
        own.iter().filter(|p| p.attendance == Attendance::Present).map(|p| p.name.as_str()).collect();
    let away = own
        .iter()
        .filter(|p| p.attendance != Attendance::Present)
        .map(|p| {
            let word = if p.attendance == Attendance::Leave { "请假" } else { "缺席" };
            (p.name.clone(), word, p.reason.clone())
        })
        .collect();
    let guests: Vec<Participant> = entry.people().iter().filter(|p| p.guest).cloned().collect();
    People {
        due: own.len(),
        came: present.len(),
        present: present.join("、"),
        away,
        guests: list_of(&guests),
    }
}

impl Paper {
    /// The record as a form: labels and what they say.
    pub(crate) fn rows(&self) -> Vec<Vec<String>> {
        let mut rows = vec![
            ("主题".to_owned(), self.title.clone()),
            ("组织".to_owned(), self.unit.clone()),
            ("日期".to_owned(), self.day.clone()),
        ];
        let said = |s: &Said| {
            let words = if s.hidden { "（限定范围内可看）".to_owned() } else { s.words.clone() };
            (s.label.clone(), words)
        };
        rows.extend(self.facts.iter().flat_map(|r| std::iter::once(&r.first).chain(&r.second)).map(said));
        if let Some(p) = &self.people {
            let mut lines = vec![format!("应到{}人，实到{}人", p.due, p.came)];
            if !p.present.is_empty() {
                lines.push(format!("到会：{}", p.present));
            }
            lines.extend(p.away.iter().map(|(name, word, reason)| {
                let reason = if reason.is_empty() { "没写事由" } else { reason };
                format!("{name}　{word}：{reason}")
            }));
            if !p.guests.is_empty() {
                lines.push(format!("列席：{}", p.guests));
            }
            rows.push(("出席".to_owned(), lines.join("\n")));
        }
        rows.extend(self.long.iter().map(said));
        rows.into_iter().map(|(label, words)| vec![label, words]).collect()
    }

    /// The form as a table of two columns without heads.
    pub(crate) fn table(&self) -> Table {
        Table { columns: vec![(String::new(), 22), (String::new(), 78)], rows: self.rows() }
    }

    /// The record as an official paper: a form of two columns under its title.
    pub(crate) fn document(&self) -> Gongwen {
        Gongwen::plain(Kind::Minutes, format!("{}记录", self.ledgers), vec![Block::Table(self.table())])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn narrow_facts_share_a_row() {
        let said = |label: &str, narrow| Said {
            label: label.to_owned(),
            words: String::new(),
            href: String::new(),
            files: Vec::new(),
            hidden: false,
            narrow,
        };
        let rows = in_rows(vec![said("甲", true), said("乙", true), said("丙", true), said("丁", false)]);
        let shape: Vec<_> = rows
            .iter()
            .map(|r| (r.first.label.as_str(), r.second.as_ref().map(|s| s.label.as_str())))
            .collect();
        assert_eq!(shape, [("甲", Some("乙")), ("丙", None), ("丁", None)]);
    }

    #[test]
    fn the_days_until_a_day_are_told() {
        let today = date(2026, 9, 30);
        assert_eq!(left(date(2026, 10, 30), today), "（还有 30 天）");
        assert_eq!(left(today, today), "（就是今天）");
        assert_eq!(left(date(2026, 9, 1), today), "");
    }
}
