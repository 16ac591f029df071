//! Every ledger of the rulebook: its complete example lacks nothing, and each part that is taken away is told.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::date};
use model::rule::{Field, FieldType, Ledger, Privacy};
use model::{
    AccountId, Attached, Attendance, Condition, Entry, EntryId, FileId, FileKind, Organisation, Participant,
    UnitId, Value,
};
use rulebook::Rulebook;
use runtime::{missing, warnings};

fn unit() -> UnitId {
    UnitId::from_parts(1, &[1; 10])
}

fn file() -> Attached {
    Attached {
        id: FileId::from_parts(1, &[1; 10]),
        name: "签到表.pdf".to_owned(),
        kind: FileKind::Pdf,
        size: 1,
    }
}

fn came(attendance: Attendance, reason: &str) -> Participant {
    Participant {
        person: None,
        name: "方以宁".to_owned(),
        attendance,
        reason: reason.to_owned(),
        guest: false,
        role: String::new(),
    }
}

fn example(field: &Field, option: usize) -> Value {
    let day = date(2026, 4, 20);
    match field.kind {
        FieldType::Text | FieldType::LongText | FieldType::Place => Value::Text("写".repeat(120)),
        FieldType::Day => Value::Day(day),
        FieldType::Days => Value::Days(day, day),
        FieldType::Number => Value::Number(1000),
        FieldType::Money => Value::Money(100),
        FieldType::Choice => Value::Choice(field.options[option % field.options.len()].0.clone()),
        FieldType::Choices => Value::Choices(vec![field.options[0].0.clone()]),
        FieldType::Person => Value::Person { id: None, name: "方以宁".to_owned() },
        FieldType::People => Value::People(vec![came(Attendance::Present, "")]),
        FieldType::Unit => Value::Unit(unit()),
        FieldType::Units => Value::Units(vec![unit()]),
        FieldType::Link => Value::Link(EntryId::from_parts(2, &[1; 10])),
        FieldType::File => Value::Files(vec![file()]),
        FieldType::Rows => Value::Rows(vec![
            field.rows.iter().map(|column| (column.id.clone(), example(column, 0))).collect(),
        ]),
    }
}

/// Everything that the form asks, given the option that is chosen in each choice; with the choices on which `aim` hangs
/// made so that it is asked.
fn filled(ledger: &Ledger, option: usize, aim: Option<&Field>) -> Entry {
    let mut chosen: BTreeMap<&str, &str> = BTreeMap::new();
    let mut at = aim;
    while let Some((other, wanted)) = at.and_then(|f| f.when.as_ref()) {
        chosen.insert(other, &wanted[0]);
        at = ledger.fields.iter().find(|f| f.id == *other);
    }
    let mut values: BTreeMap<String, Value> = BTreeMap::new();
    for field in &ledger.fields {
        if field.is_asked(&values) {
            let forced = chosen.get(field.id.as_str()).map(|o| Value::Choice((*o).to_owned()));
            values.insert(field.id.clone(), forced.unwrap_or_else(|| example(field, option)));
        }
    }
    Entry {
        id: EntryId::from_parts(1, &[1; 10]),
        unit: unit(),
        ledgers: vec![ledger.id.clone()],
        day: date(2026, 4, 20),
        title: String::new(),
        values,
        revision: 1,
        entered_at: Timestamp::UNIX_EPOCH,
        entered_by: AccountId::from_parts(1, &[1; 10]),
        revised_at: Timestamp::UNIX_EPOCH,
        withdrawn: false,
    }
}

fn words(entry: &Entry, ledger: &Ledger) -> Vec<String> {
    missing(entry, &[ledger]).into_iter().map(|m| m.words).collect()
}

/// Examples that between them choose every option and ask every field.
fn examples(ledger: &Ledger) -> Vec<Entry> {
    let options = ledger.fields.iter().map(|f| f.options.len()).max().unwrap_or(1).max(1);
    let aimed = ledger.fields.iter().filter(|f| f.when.is_some()).map(|f| filled(ledger, 0, Some(f)));
    (0..options).map(|n| filled(ledger, n, None)).chain(aimed).collect()
}

#[test]
fn a_complete_example_of_every_ledger_lacks_nothing_and_each_missing_part_is_told() {
    let rulebook = Rulebook::built_in().expect("the built-in rulebook");
    for ledger in rulebook.ledgers() {
        let mut told: Vec<&str> = Vec::new();
        for whole in examples(ledger) {
            assert_eq!(words(&whole, ledger), Vec::<String>::new(), "{}: {:?}", ledger.id, whole.values);
            for element in &ledger.complete {
                let mut less = whole.clone();
                let wanted = match element {
                    Condition::Present { field } | Condition::Chars { field, .. } => {
                        let label = &ledger.fields.iter().find(|f| f.id == *field).expect("a field").title;
                        if less.values.remove(field).is_none() {
                            continue;
                        }
                        told.push(field);
                        format!("{label}未填")
                    }
                    Condition::EveryAbsenceHasReason => {
                        let people = vec![came(Attendance::Present, ""), came(Attendance::Leave, " ")];
                        less.values.insert("people".to_owned(), Value::People(people));
                        "缺席人员未注明原因：1人（方以宁）".to_owned()
                    }
                    Condition::Quorum { .. } => {
                        let away = came(Attendance::Leave, "出差");
                        less.values.insert("people".to_owned(), Value::People(vec![away]));
                        "应到1人，实到0人，不足".to_owned()
                    }
                    // One of several is enough, so the words name the first of them once all are gone.
                    Condition::AnyOf(one_of) => {
                        for field in one_of.iter().filter_map(Condition::wants) {
                            less.values.remove(field);
                        }
                        let first = one_of.first().and_then(Condition::wants).expect("it wants a field");
                        let label = &ledger.field(first).expect("a field").title;
                        format!("{label}未填")
                    }
                    other => panic!("{}: a complete record is asked for {other:?}", ledger.id),
                };
                let found = words(&less, ledger);
                assert!(
                    found.iter().any(|w| w.starts_with(&wanted)),
                    "{}: {wanted} not in {found:?}",
                    ledger.id
                );
            }
        }
        for element in &ledger.complete {
            if let Condition::Present { field } | Condition::Chars { field, .. } = element {
                assert!(told.contains(&field.as_str()), "{}: {field} is wanted and never asked", ledger.id);
            }
        }
    }
}

#[test]
fn the_figures_of_the_regulations_are_told_in_words() {
    let rulebook = Rulebook::built_in().expect("the built-in rulebook");
    let told = |id: &str, numbers: &[(&str, i64)]| -> Vec<String> {
        let ledger = rulebook.ledger(id).expect("it is there");
        let mut entry = filled(ledger, 0, None);
        for (field, n) in numbers {
            entry.values.insert((*field).to_owned(), Value::Number(n * 1000));
        }
        warnings(&entry, &[ledger], &Organisation::default()).into_iter().map(|m| m.words).collect()
    };
    let graded = |excellent| {
        [
            ("review_excellent", excellent),
            ("review_qualified", 14),
            ("review_basic", 0),
            ("review_unqualified", 0),
        ]
    };
    assert_eq!(told("member-review", &graded(8)), ["评为优秀8人，超过合计22人的三分之一"]);
    assert_eq!(told("member-review", &graded(7)), Vec::<String>::new());
    let staff = |teachers, counsellors| {
        [
            ("number_of_students", 7000),
            ("number_of_staff", 500),
            ("ideology_teachers", teachers),
            ("counsellors", counsellors),
            ("party_staff", 75),
            ("faculties", 8),
            ("organisers", 8),
        ]
    };
    assert_eq!(
        told("ideology-staffing", &staff(19, 34)),
        [
            "专职思政课教师19人，不足全日制在校生7000人的1:350",
            "专职辅导员34人，不足全日制在校生7000人的1:200"
        ]
    );
    assert_eq!(told("ideology-staffing", &staff(20, 35)), Vec::<String>::new());
}

#[test]
fn what_only_some_readers_may_see_is_not_found_by_its_words() {
    let rulebook = Rulebook::built_in().expect("the built-in rulebook");
    let (mut narrow, mut open) = (0, 0);
    for ledger in rulebook.ledgers() {
        for field in &ledger.fields {
            let mut entry = filled(ledger, 0, None);
            entry.values.insert(field.id.clone(), Value::Text("独有的WORDS".to_owned()));
            let found = runtime::words(&entry, &[ledger], &BTreeMap::new()).contains("独有的WORDS");
            let is_narrow = field.privacy == Privacy::Restricted;
            assert_eq!(found, !is_narrow, "{} {}", ledger.id, field.id);
            if is_narrow { narrow += 1 } else { open += 1 }
        }
    }
    assert!(narrow > 0 && open > 0, "{narrow} {open}");
}

#[test]
fn a_record_is_found_by_what_stands_in_its_files() {
    let rulebook = Rulebook::built_in().expect("the built-in rulebook");
    let texts = BTreeMap::from([(file().id, format!("独有的WORDS{}", "长".repeat(30_000)))]);
    let (mut narrow, mut open) = (0, 0);
    for ledger in rulebook.ledgers() {
        for field in ledger.fields.iter().filter(|f| f.kind == FieldType::File) {
            let mut entry = filled(ledger, 0, None);
            entry.values.retain(|_, v| !matches!(v, Value::Files(_)));
            let bare = runtime::words(&entry, &[ledger], &texts).chars().count();
            entry.values.insert(field.id.clone(), Value::Files(vec![file()]));
            let found = runtime::words(&entry, &[ledger], &texts);
            let is_narrow = field.privacy == Privacy::Restricted;
            assert_eq!(found.contains("独有的WORDS"), !is_narrow, "{} {}", ledger.id, field.id);
            assert_eq!(found.contains("签到表.pdf"), !is_narrow, "{} {}", ledger.id, field.id);
            let more = if is_narrow { 0 } else { "\n签到表.pdf\n".chars().count() + 20_000 };
            assert_eq!(
                found.chars().count(),
                bare + more,
                "no more than is kept: {} {}",
                ledger.id,
                field.id
            );
            if is_narrow { narrow += 1 } else { open += 1 }
        }
    }
    assert!(narrow > 0 && open > 0, "{narrow} {open}");
}
