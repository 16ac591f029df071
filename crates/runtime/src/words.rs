//! What of a record a search for words may find.

use model::rule::{Ledger, Privacy};
use model::{Entry, Value};

/// Everything that a record says in words to whoever may read it, the title first, a line each: what only some of its
/// readers may see is left out, since that a search finds it would tell the others.
#[must_use]
pub fn words(entry: &Entry, ledgers: &[&Ledger]) -> String {
    let narrow = |id: &str| {
        let mut fields = ledgers.iter().flat_map(|l| &l.fields);
        fields.any(|f| f.id == id && f.privacy == Privacy::Restricted)
    };
    let mut words = entry.title.clone();
    let mut add = |text: &str| {
        if !text.is_empty() {
            words.push('\n');
            words.push_str(text);
        }
    };
    for (_, value) in entry.values.iter().filter(|(id, _)| !narrow(id)) {
        match value {
            Value::Text(text) => add(text),
            Value::Person { name, .. } => add(name),
            Value::People(people) => people.iter().for_each(|p| {
                add(&p.name);
                add(&p.reason);
            }),
            Value::Day(_)
            | Value::Days(..)
            | Value::Number(_)
            | Value::Money(_)
            | Value::Choice(_)
            | Value::Choices(_)
            | Value::Unit(_)
            | Value::Units(_)
            | Value::Link(_) => {}
        }
    }
    words
}
