//! What a complete record still lacks, told while it is being written.

use model::rule::{Element, Field, Ledger};
use model::{Attendance, Entry, Participant, Value};

/// One thing that a record lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The field to go to.
    pub field: String,
    /// What is lacking, in words.
    pub words: String,
    /// Whether the record would not stand as it is (no quorum); the rest is only 待补.
    pub grave: bool,
}

/// How many names are spelled out before 等.
const NAMES: usize = 5;

/// What `entry` still lacks by the rules of its `ledgers`, in their order; the same lack is told once. It is saved all
/// the same. Guests (列席) are neither due nor absent.
#[must_use]
pub fn missing(entry: &Entry, ledgers: &[&Ledger]) -> Vec<Missing> {
    let mut out: Vec<Missing> = Vec::new();
    let mut tell = |field: &str, words: String, grave: bool| {
        // One lack a field is enough: 未填 says more than 不足50字, and comes first in a ledger.
        if !out.iter().any(|m| m.field == field && (m.words == words || m.words.ends_with("未填"))) {
            out.push(Missing { field: field.to_owned(), words, grave });
        }
    };
    for ledger in ledgers {
        for element in &ledger.complete {
            match element {
                Element::Has { field } => {
                    let known = ledger.fields.iter().find(|f| f.id == *field);
                    if known.is_none_or(|f| f.is_asked(&entry.values)) && !is_filled(entry, field) {
                        tell(field, format!("{}未填", label(known, field)), false);
                    }
                }
                Element::EveryAbsenceHasReason => {
                    let unexplained: Vec<&str> = due(entry)
                        .filter(|p| p.attendance != Attendance::Present && p.reason.trim().is_empty())
                        .map(|p| p.name.as_str())
                        .collect();
                    if !unexplained.is_empty() {
                        let count = unexplained.len();
                        tell(
                            "people",
                            format!("缺席人员未注明原因：{count}人（{}）", names(&unexplained)),
                            false,
                        );
                    }
                }
                Element::Quorum { percent } => {
                    let due_count = due(entry).count();
                    let came = due(entry).filter(|p| p.attendance == Attendance::Present).count();
                    let (part, whole, word) = share(*percent);
                    if due_count > 0 && came * whole < due_count * part {
                        tell("people", format!("应到{due_count}人，实到{came}人，不足{word}"), true);
                    }
                }
                Element::AtLeastChars { field, chars } => {
                    let known = ledger.fields.iter().find(|f| f.id == *field);
                    let written = characters(entry, field);
                    if known.is_none_or(|f| f.is_asked(&entry.values)) && written < *chars {
                        let label = label(known, field);
                        let words = match written {
                            0 => format!("{label}未填"),
                            n => format!("{label}仅{n}字，不足{chars}字"),
                        };
                        tell(field, words, false);
                    }
                }
            }
        }
        let hours = ledger.fields.iter().find(|f| f.id == "hours");
        if let Some(hours) = hours.filter(|f| ledger.counts_hours && f.is_asked(&entry.values))
            && !is_filled(entry, "hours")
        {
            tell("hours", format!("{}未填，参加人员不计学时", hours.title), false);
        }
    }
    out
}

fn label<'a>(field: Option<&'a Field>, id: &'a str) -> &'a str {
    match (field, id) {
        (Some(f), _) => &f.title,
        (None, "people") => "参加人员",
        (None, "title") => "主题",
        (None, id) => id,
    }
}

fn is_filled(entry: &Entry, field: &str) -> bool {
    match entry.values.get(field) {
        // The line that says what it was about is kept with the record itself, under either name.
        None => field == "day" || (matches!(field, "title" | "topic") && !entry.title.trim().is_empty()),
        Some(Value::Text(t) | Value::Choice(t)) => !t.trim().is_empty(),
        Some(Value::Choices(cs)) => !cs.is_empty(),
        Some(Value::Person { id, name }) => id.is_some() || !name.trim().is_empty(),
        Some(Value::People(p)) => !p.is_empty(),
        Some(Value::Units(us)) => !us.is_empty(),
        Some(Value::Files(files)) => !files.is_empty(),
        Some(
            Value::Day(_)
            | Value::Days(..)
            | Value::Number(_)
            | Value::Money(_)
            | Value::Unit(_)
            | Value::Link(_),
        ) => true,
    }
}

fn characters(entry: &Entry, field: &str) -> u32 {
    match entry.values.get(field) {
        Some(Value::Text(t)) => {
            u32::try_from(t.chars().filter(|c| !c.is_whitespace()).count()).unwrap_or(u32::MAX)
        }
        _ => 0,
    }
}

fn due(entry: &Entry) -> impl Iterator<Item = &Participant> {
    entry.people().iter().filter(|p| !p.guest)
}

fn names(all: &[&str]) -> String {
    let shown = all.iter().take(NAMES).copied().collect::<Vec<_>>().join("、");
    if all.len() > NAMES { format!("{shown}等") } else { shown }
}

/// A share in per cent as the fraction that is meant: 67 is two thirds, not sixty-seven hundredths.
fn share(percent: u8) -> (usize, usize, String) {
    match percent {
        50 => (1, 2, "半数".to_owned()),
        66 | 67 => (2, 3, "三分之二".to_owned()),
        75 => (3, 4, "四分之三".to_owned()),
        80 => (4, 5, "五分之四".to_owned()),
        p => (usize::from(p), 100, format!("{p}%")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::{Timestamp, civil::date};
    use model::rule::{FieldType, Privacy};
    use model::{AccountId, EntryId, UnitId};

    fn field(id: &str, title: &str, kind: FieldType) -> Field {
        Field {
            id: id.to_owned(),
            title: title.to_owned(),
            kind,
            options: vec![],
            unit: String::new(),
            hint: String::new(),
            links: vec![],
            when: None,
            countdown: false,
            privacy: Privacy::Open,
            width: 12,
        }
    }

    fn ledger() -> Ledger {
        let mut votes = field("votes", "表决结果", FieldType::Text);
        votes.when = Some(("form".to_owned(), vec!["assembly".to_owned()]));
        Ledger {
            id: "branch-meeting".to_owned(),
            title: "三会一课".to_owned(),
            kept_by: vec![],
            fields: vec![
                field("minutes", "会议记录", FieldType::LongText),
                field("people", "参加人员", FieldType::People),
                field("hours", "学时", FieldType::Number),
                votes,
            ],
            complete: vec![
                Element::Has { field: "minutes".to_owned() },
                Element::AtLeastChars { field: "minutes".to_owned(), chars: 20 },
                Element::Has { field: "people".to_owned() },
                Element::EveryAbsenceHasReason,
                Element::Quorum { percent: 50 },
                Element::Has { field: "votes".to_owned() },
            ],
            warns: vec![],
            together: vec![],
            counts_hours: true,
            confirmed_above: false,
            columns: vec![],
            words: vec![],
            source: None,
        }
    }

    fn entry() -> Entry {
        Entry {
            id: EntryId::from_parts(1, &[1; 10]),
            unit: UnitId::from_parts(1, &[1; 10]),
            ledgers: vec!["branch-meeting".to_owned()],
            day: date(2022, 4, 20),
            title: "四月主题党日".to_owned(),
            values: [].into(),
            revision: 1,
            entered_at: Timestamp::UNIX_EPOCH,
            entered_by: AccountId::from_parts(1, &[1; 10]),
            revised_at: Timestamp::UNIX_EPOCH,
            withdrawn: false,
        }
    }

    fn person(name: &str, attendance: Attendance, reason: &str) -> Participant {
        Participant {
            person: None,
            name: name.to_owned(),
            attendance,
            reason: reason.to_owned(),
            guest: false,
            role: String::new(),
        }
    }

    fn words(entry: &Entry) -> Vec<String> {
        missing(entry, &[&ledger()]).into_iter().map(|m| m.words).collect()
    }

    #[test]
    fn an_empty_record_is_told_each_thing_once() {
        let ledger = ledger();
        let told: Vec<String> = missing(&entry(), &[&ledger, &ledger]).into_iter().map(|m| m.words).collect();
        assert_eq!(told, ["会议记录未填", "参加人员未填", "学时未填，参加人员不计学时"]);
    }

    #[test]
    fn absences_and_quorum_are_told_with_numbers() {
        let mut e = entry();
        e.values.insert("minutes".to_owned(), Value::Text("学了一个文件。".to_owned()));
        e.values.insert("hours".to_owned(), Value::Number(1500));
        e.values.insert("form".to_owned(), Value::Choice("assembly".to_owned()));
        let mut people = vec![
            person("王一", Attendance::Present, ""),
            person("张三", Attendance::Absent, ""),
            person("李四", Attendance::Leave, " "),
            person("赵六", Attendance::Leave, "出差"),
        ];
        people.push(Participant { guest: true, ..person("客人", Attendance::Absent, "") });
        e.values.insert("people".to_owned(), Value::People(people));
        assert_eq!(
            words(&e),
            [
                "会议记录仅7字，不足20字",
                "缺席人员未注明原因：2人（张三、李四）",
                "应到4人，实到1人，不足半数",
                "表决结果未填"
            ]
        );
        assert!(missing(&e, &[&ledger()]).iter().any(|m| m.grave && m.field == "people"));
    }

    #[test]
    fn a_complete_record_lacks_nothing() {
        let mut e = entry();
        e.values.insert(
            "minutes".to_owned(),
            Value::Text("会议学习了有关文件，讨论了支部今年的工作安排。".to_owned()),
        );
        e.values.insert("hours".to_owned(), Value::Number(2000));
        e.values.insert(
            "people".to_owned(),
            Value::People(vec![
                person("王一", Attendance::Present, ""),
                person("赵六", Attendance::Leave, "出差"),
            ]),
        );
        assert_eq!(
            words(&e),
            Vec::<String>::new(),
            "half is enough for 半数; votes are not asked of this form"
        );
    }

    #[test]
    fn two_thirds_are_two_thirds() {
        let (part, whole, _) = share(67);
        assert!(6 * whole >= 9 * part, "6 of 9 is enough");
    }

    #[test]
    fn many_names_are_cut_short() {
        assert_eq!(names(&["甲", "乙", "丙", "丁", "戊", "己"]), "甲、乙、丙、丁、戊等");
    }
}
