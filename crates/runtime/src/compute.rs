//! Numbers that nobody types: sums and counts of what a record says.

use model::rule::{Computed, Field, FieldType, Ledger};
use model::{Row, Value};

/// Fills in every number of `ledgers` that is computed, from what else the record says; what nothing can be computed from
/// is taken out. Done whenever a record is read from a form or a file, so that the number is kept, listed, filtered and
/// exported like any other.
pub fn compute(values: &mut Row, ledgers: &[&Ledger]) {
    for ledger in ledgers {
        // In the order of the fields: a sum may rest on one above it.
        for field in ledger.computed() {
            match computed(field, values) {
                Some(value) => values.insert(field.id.clone(), value),
                None => values.remove(&field.id),
            };
        }
    }
}

fn computed(field: &Field, values: &Row) -> Option<Value> {
    match field.computed.as_ref()? {
        Computed::Sum(of) => {
            let numbers: Vec<i64> = of.iter().flat_map(|id| numbers(id, values)).collect();
            let sum = numbers.iter().fold(0i64, |sum, n| sum.saturating_add(*n));
            (!numbers.is_empty()).then_some(match field.kind {
                FieldType::Money => Value::Money(sum),
                _ => Value::Number(sum),
            })
        }
        Computed::Count(id) => {
            let count = match values.get(id)? {
                Value::Rows(all) => all.len(),
                Value::People(all) => all.len(),
                Value::Units(all) => all.len(),
                Value::Choices(all) => all.len(),
                Value::Files(all) => all.len(),
                _ => return None,
            };
            i64::try_from(count).ok().map(|n| Value::Number(n.saturating_mul(1000)))
        }
    }
}

/// The numbers under `id`, or in the column of a table that `table.column` names.
fn numbers(id: &str, values: &Row) -> Vec<i64> {
    let one = |value: Option<&Value>| match value {
        Some(Value::Number(n) | Value::Money(n)) => Some(*n),
        _ => None,
    };
    match id.split_once('.') {
        None => one(values.get(id)).into_iter().collect(),
        Some((table, column)) => match values.get(table) {
            Some(Value::Rows(all)) => all.iter().filter_map(|row| one(row.get(column))).collect(),
            _ => Vec::new(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ledger() -> Ledger {
        let mut table = Field::new("paid", "交纳情况", FieldType::Rows);
        table.rows = vec![Field::new("amount", "金额", FieldType::Money)];
        let mut total = Field::new("total", "合计", FieldType::Money);
        total.computed = Some(Computed::Sum(vec!["paid.amount".to_owned()]));
        let mut lines = Field::new("lines", "人数", FieldType::Number);
        lines.computed = Some(Computed::Count("paid".to_owned()));
        Ledger::new("dues", "党费", vec![table, total, lines])
    }

    #[test]
    fn what_there_is_nothing_to_compute_from_is_taken_out() {
        let mut values =
            Row::from([("total".to_owned(), Value::Money(1)), ("lines".to_owned(), Value::Number(1000))]);
        compute(&mut values, &[&ledger()]);
        assert_eq!(values, Row::new(), "a number that somebody sent along is not believed");
    }

    proptest! {
        #[test]
        fn a_column_adds_up(amounts in prop::collection::vec(0i64..1_000_000, 1..40)) {
            let line = |fen: &i64| Row::from([("amount".to_owned(), Value::Money(*fen))]);
            let mut values = Row::from([("paid".to_owned(), Value::Rows(amounts.iter().map(line).collect()))]);
            compute(&mut values, &[&ledger()]);
            prop_assert_eq!(values.get("total"), Some(&Value::Money(amounts.iter().sum())));
            let count = i64::try_from(amounts.len()).unwrap() * 1000;
            prop_assert_eq!(values.get("lines"), Some(&Value::Number(count)));
        }
    }
}
