//! What is computed from a record: proportions, who is still to come; told in words where it is out of bounds.

use model::rule::{Ledger, Warning};
use model::{Entry, Organisation, UnitId, Value};

use crate::Missing;

/// How many units are named before 等.
const NAMES: usize = 5;

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
        for warning in &ledger.warns {
            let (field, words) = match warning {
                Warning::Share { field, .. } => (field, share(entry, ledger, warning).and_then(|s| s.told())),
                Warning::Covers { due, done } => (done, uncovered(entry, ledger, due, done, organisation)),
            };
            if let Some(words) = words
                && out.iter().all(|m| m.words != words)
            {
                out.push(Missing { field: field.clone(), words, grave: false });
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
        for figure in ledger.warns.iter().filter_map(|w| share(entry, ledger, w)).map(|s| s.figure()) {
            if !out.contains(&figure) {
                out.push(figure);
            }
        }
    }
    out
}

/// A proportion of which all numbers are there, and the sum is not nothing.
struct Share<'a> {
    title: &'a str,
    unit: &'a str,
    of: String,
    number: i64,
    sum: i64,
    most: bool,
    part: i64,
    whole: i64,
}

fn share<'a>(entry: &Entry, ledger: &'a Ledger, warning: &Warning) -> Option<Share<'a>> {
    let Warning::Share { field, of, most, part, whole } = warning else { return None };
    let number = |id: &str| match entry.values.get(id) {
        Some(Value::Number(n)) => Some(*n),
        _ => None,
    };
    let known = ledger.fields.iter().find(|f| f.id == *field)?;
    let mut sum = 0_i64;
    for id in of {
        // One of several may stay empty: nobody was found 不合格.
        let Some(n) = number(id) else {
            if of.len() > 1 {
                continue;
            }
            return None;
        };
        sum = sum.checked_add(n)?;
    }
    let of = match of.as_slice() {
        [one] => ledger.fields.iter().find(|f| f.id == *one).map_or("", |f| f.title.as_str()).to_owned(),
        _ => "合计".to_owned(),
    };
    let (part, whole) = (i64::from(*part), i64::from(*whole));
    (sum > 0).then_some(Share {
        title: &known.title,
        unit: &known.unit,
        of,
        number: number(field)?,
        sum,
        most: *most,
        part,
        whole,
    })
}

impl Share<'_> {
    /// In words, when it is out of bounds.
    fn told(&self) -> Option<String> {
        let (have, bound) = (self.number.checked_mul(self.whole)?, self.sum.checked_mul(self.part)?);
        let out = if self.most { have > bound } else { have < bound };
        let word = if self.most { "超过" } else { "不足" };
        out.then(|| {
            format!(
                "{}{}{unit}，{word}{}{}{unit}的{}",
                self.title,
                thousandths(self.number),
                self.of,
                thousandths(self.sum),
                self.bound(),
                unit = self.unit,
            )
        })
    }

    fn bound(&self) -> String {
        match (self.part, self.whole) {
            (1, 2) => "二分之一".to_owned(),
            (1, 3) => "三分之一".to_owned(),
            (2, 3) => "三分之二".to_owned(),
            (part, 100) => format!("{part}%"),
            (part, whole) => format!("{part}:{whole}"),
        }
    }

    fn figure(&self) -> Figure {
        if self.most {
            let percent = self.number.saturating_mul(1000) / self.sum;
            Figure {
                label: format!("{}所占比例", self.title),
                words: format!("{}%", thousandths(percent.saturating_mul(100))),
            }
        } else {
            let each = match self.number {
                0 => "—".to_owned(),
                // As people say it: one for so many, to one place.
                n => thousandths(self.sum.saturating_mul(10) / n * 100),
            };
            Figure { label: format!("{}与{}之比", self.title, self.of), words: format!("1:{each}") }
        }
    }
}

fn uncovered(
    entry: &Entry,
    ledger: &Ledger,
    due: &str,
    done: &str,
    organisation: &Organisation,
) -> Option<String> {
    let title = ledger.fields.iter().find(|f| f.id == done).map_or("", |f| f.title.as_str());
    let units = |id: &str| -> Vec<UnitId> {
        match entry.values.get(id) {
            Some(Value::Units(all)) => all.clone(),
            _ => Vec::new(),
        }
    };
    let done = units(done);
    let due = units(due);
    let left: Vec<&str> = due
        .iter()
        .filter(|u| !done.contains(u))
        .map(|u| organisation.unit(*u).map_or("", |u| u.name.as_str()))
        .collect();
    if left.is_empty() {
        return None;
    }
    let tail = if left.len() > NAMES { "等" } else { "" };
    let named = left.iter().take(NAMES).copied().collect::<Vec<_>>().join("、");
    Some(format!("{title}还差{}个：{named}{tail}", left.len()))
}

/// A number in thousandths as people write it: 1.5.
fn thousandths(n: i64) -> String {
    let text = format!("{}.{:03}", n / 1000, (n % 1000).abs());
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::{Timestamp, civil::date};
    use model::rule::{Field, FieldType, Privacy};
    use model::{AccountId, EntryId, Unit, UnitKind};

    fn field(id: &str, title: &str) -> Field {
        Field {
            id: id.to_owned(),
            title: title.to_owned(),
            kind: FieldType::Number,
            options: vec![],
            unit: "人".to_owned(),
            hint: String::new(),
            links: vec![],
            when: None,
            countdown: false,
            privacy: Privacy::Open,
            width: 12,
        }
    }

    fn share(field: &str, of: &[&str], most: bool, part: u32, whole: u32) -> Warning {
        let of = of.iter().map(|o| (*o).to_owned()).collect();
        Warning::Share { field: field.to_owned(), of, most, part, whole }
    }

    fn ledger(warns: Vec<Warning>) -> Ledger {
        Ledger {
            id: "example".to_owned(),
            title: "样例".to_owned(),
            kept_by: vec![],
            fields: vec![
                field("best", "评为优秀"),
                field("good", "评为合格"),
                field("bad", "评为不合格"),
                field("teachers", "专职思政课教师"),
                field("students", "全日制在校生"),
            ],
            complete: vec![],
            warns,
            together: vec![],
            counts_hours: false,
            confirmed_above: false,
            columns: vec![],
            words: vec![],
            source: None,
        }
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

    fn told(warns: Vec<Warning>, values: &[(&str, i64)]) -> Vec<String> {
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
        let mut ledger = ledger(vec![Warning::Covers { due: "due".to_owned(), done: "done".to_owned() }]);
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
