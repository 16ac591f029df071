//! What a complete record still lacks, told while it is being written.

use model::Entry;
use model::rule::{Ledger, Means};

use crate::condition::{Facts, is_filled, judge};

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

/// What `entry` still lacks by the rules of its `ledgers`, in their order; the same lack is told once. It is saved all
/// the same. Guests (列席) are neither due nor absent.
#[must_use]
pub fn missing(entry: &Entry, ledgers: &[&Ledger]) -> Vec<Missing> {
    let mut out: Vec<Missing> = Vec::new();
    let mut tell = |found: Missing| {
        // One lack a field is enough: 未填 says more than 不足50字, and comes first in a ledger.
        if !out
            .iter()
            .any(|m| m.field == found.field && (m.words == found.words || m.words.ends_with("未填")))
        {
            out.push(found);
        }
    };
    for ledger in ledgers {
        let facts = Facts { entry: Some(entry), ledger: Some(ledger), ..Facts::default() };
        ledger.complete.iter().filter_map(|c| judge(c, &facts).failure()).for_each(&mut tell);
        let hours = ledger.meaning(Means::Hours).filter(|f| ledger.counts_hours && f.is_asked(&entry.values));
        if let Some(hours) = hours.filter(|f| !is_filled(&facts, &f.id)) {
            let words = format!("{}未填，参加人员不计学时", hours.title);
            tell(Missing { field: hours.id.clone(), words, grave: false });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::{Timestamp, civil::date};
    use model::rule::{Field, FieldType};
    use model::{AccountId, Attendance, Condition, EntryId, Participant, UnitId, Value};

    fn field(id: &str, title: &str, kind: FieldType) -> Field {
        let means = match id {
            "people" => Some(Means::Attendance),
            "hours" => Some(Means::Hours),
            _ => None,
        };
        Field { means, ..Field::new(id, title, kind) }
    }

    fn ledger() -> Ledger {
        let mut votes = field("votes", "表决结果", FieldType::Text);
        votes.when = Some(("form".to_owned(), vec!["assembly".to_owned()]));
        let fields = vec![
            field("minutes", "会议记录", FieldType::LongText),
            field("people", "参加人员", FieldType::People),
            field("hours", "学时", FieldType::Number),
            votes,
        ];
        Ledger {
            complete: vec![
                Condition::Present { field: "minutes".to_owned() },
                Condition::Chars { field: "minutes".to_owned(), at_least: 20 },
                Condition::Present { field: "people".to_owned() },
                Condition::EveryAbsenceHasReason,
                Condition::Quorum { percent: 50 },
                Condition::Present { field: "votes".to_owned() },
            ],
            counts_hours: true,
            ..Ledger::new("branch-meeting", "三会一课", fields)
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
}
