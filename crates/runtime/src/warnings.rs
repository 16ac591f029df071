//! What is computed from a record: proportions, who is still to come; told in words where it is out of bounds.

use model::rule::Ledger;
use model::{Condition, Entry, Organisation};

use crate::Missing;
use crate::condition::{Facts, Share, judge};

/// A figure that nobody types: what it is, and how much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// What it is: 评为优秀所占比例.
    pub label: String,
    /// How much: 1:312, 25%.
    pub words: String,
}

/// What of `entry` is out of bounds by its `ledgers`, in their order. Such a record is complete all the same: a person
/// decides what follows.
#[must_use]
pub fn warnings(entry: &Entry, ledgers: &[&Ledger], organisation: &Organisation) -> Vec<Missing> {
    let mut out: Vec<Missing> = Vec::new();
    for ledger in ledgers {
        let facts = Facts {
            entry: Some(entry),
            ledger: Some(ledger),
            organisation: Some(organisation),
            ..Facts::default()
        };
        for found in ledger.warns.iter().filter_map(|c| judge(c, &facts).failure()) {
            if out.iter().all(|m| m.words != found.words) {
                out.push(found);
            }
        }
    }
    out
}

/// The figures that follow from what was typed into `entry`; those for which something is missing are left out.
#[must_use]
pub fn figures(entry: &Entry, ledgers: &[&Ledger]) -> Vec<Figure> {
    let mut out: Vec<Figure> = Vec::new();
    for ledger in ledgers {
        let facts = Facts { entry: Some(entry), ledger: Some(ledger), ..Facts::default() };
        for condition in &ledger.warns {
            let Condition::Share(asked) = condition else { continue };
            let Some((label, words)) = Share::of(&facts, asked).map(|s| s.figure()) else { continue };
            let figure = Figure { label, words };
            if !out.contains(&figure) {
                out.push(figure);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::{Timestamp, civil::date};
    use model::rule::{Field, FieldType};
    use model::{AccountId, EntryId, Proportion, Ratio, Unit, UnitId, UnitKind, Value};

    fn field(id: &str, title: &str) -> Field {
        Field { unit: "人".to_owned(), ..Field::new(id, title, FieldType::Number) }
    }

    fn share(field: &str, of: &[&str], most: bool, part: u32, whole: u32) -> Condition {
        let of = of.iter().map(|o| (*o).to_owned()).collect();
        Condition::Share(Proportion { field: field.to_owned(), of, most, ratio: Ratio { part, whole } })
    }

    fn ledger(warns: Vec<Condition>) -> Ledger {
        let fields = vec![
            field("best", "评为优秀"),
            field("good", "评为合格"),
            field("bad", "评为不合格"),
            field("teachers", "专职思政课教师"),
            field("students", "全日制在校生"),
        ];
        Ledger { warns, ..Ledger::new("example", "样例", fields) }
    }

    fn entry(values: &[(&str, Value)]) -> Entry {
        Entry {
            id: EntryId::from_parts(1, &[1; 10]),
            unit: UnitId::from_parts(1, &[1; 10]),
            ledgers: vec!["example".to_owned()],
            day: date(2022, 12, 20),
            title: "民主评议".to_owned(),
            values: values.iter().map(|(id, v)| ((*id).to_owned(), v.clone())).collect(),
            revision: 1,
            entered_at: Timestamp::UNIX_EPOCH,
            entered_by: AccountId::from_parts(1, &[1; 10]),
            revised_at: Timestamp::UNIX_EPOCH,
            withdrawn: false,
        }
    }

    fn organisation(names: &[&str]) -> Organisation {
        let mut out = Organisation::default();
        for (n, name) in names.iter().enumerate() {
            let millis = u64::try_from(n).unwrap_or(0) + 1;
            out.units.push(Unit {
                id: UnitId::from_parts(millis, &[1; 10]),
                parent: None,
                kind: UnitKind::Branch,
                name: (*name).to_owned(),
                aliases: vec![],
                traits: [].into(),
                sort: 0,
                founded: None,
                dissolved: None,
            });
        }
        out
    }

    fn told(warns: Vec<Condition>, values: &[(&str, i64)]) -> Vec<String> {
        let values: Vec<_> = values.iter().map(|(id, n)| (*id, Value::Number(n * 1000))).collect();
        let ledger = ledger(warns);
        warnings(&entry(&values), &[&ledger], &Organisation::default()).into_iter().map(|m| m.words).collect()
    }

    #[test]
    fn more_than_a_third_is_told_and_a_third_is_not() {
        let third = || vec![share("best", &["best", "good", "bad"], true, 1, 3)];
        assert_eq!(told(third(), &[("best", 8), ("good", 12)]), ["评为优秀8人，超过合计20人的三分之一"]);
        assert_eq!(told(third(), &[("best", 7), ("good", 14)]), Vec::<String>::new());
        assert_eq!(
            told(third(), &[("good", 14)]),
            Vec::<String>::new(),
            "nothing is told of what is not there"
        );
        assert_eq!(told(third(), &[("best", 0)]), Vec::<String>::new(), "a share of nothing is none");
    }

    #[test]
    fn one_teacher_for_350_students_is_computed() {
        let one = || vec![share("teachers", &["students"], false, 1, 350)];
        assert_eq!(
            told(one(), &[("teachers", 30), ("students", 12_000)]),
            ["专职思政课教师30人，不足全日制在校生12000人的1:350"]
        );
        assert_eq!(told(one(), &[("teachers", 40), ("students", 12_000)]), Vec::<String>::new());
        let of = |n: i64| {
            let values = [("teachers", Value::Number(n)), ("students", Value::Number(12_500_000))];
            figures(&entry(&values), &[&ledger(one())]).into_iter().map(|f| f.words).collect::<Vec<_>>()
        };
        assert_eq!(
            (of(30_000), of(40_000), of(0)),
            (vec!["1:416.6".into()], vec!["1:312.5".into()], vec!["1:—".into()])
        );
    }

    #[test]
    fn who_has_not_signed_is_named() {
        let organisation = organisation(&["甲支部", "乙支部", "丙支部"]);
        let ids: Vec<UnitId> = organisation.units.iter().map(|u| u.id).collect();
        let mut ledger = ledger(vec![Condition::Covers { field: "done".to_owned(), due: "due".to_owned() }]);
        ledger.fields.push(field("done", "已签单位"));
        let mut e = entry(&[("due", Value::Units(ids.clone())), ("done", Value::Units(vec![ids[1]]))]);
        let words = |e: &Entry| {
            warnings(e, &[&ledger], &organisation).into_iter().map(|m| m.words).collect::<Vec<_>>()
        };
        assert_eq!(words(&e), ["已签单位还差2个：甲支部、丙支部"]);
        e.values.insert("done".to_owned(), Value::Units(ids));
        assert_eq!(words(&e), Vec::<String>::new());
    }
}
