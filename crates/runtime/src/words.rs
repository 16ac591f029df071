//! What of a record a search for words may find.

use std::collections::BTreeMap;

use model::rule::{Ledger, Privacy};
use model::{Entry, FileId, Value};

/// Most characters of the text of its files by which one record is found: some thirty printed pages.
const OF_FILES: usize = 20_000;

/// Everything that a record says in words to whoever may read it, the title first, a line each: what only some of its
/// readers may see is left out, since that a search finds it would tell the others.
///
/// `texts` is what stands in its files, by their ids; a file that is not in there is found by its name alone.
#[must_use]
pub fn words(entry: &Entry, ledgers: &[&Ledger], texts: &BTreeMap<FileId, String>) -> String {
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
            Value::Files(files) => files.iter().for_each(|f| add(&f.name)),
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
    // Last, so that what people wrote themselves is never cut.
    let mut left = OF_FILES;
    for (_, file) in entry.files().filter(|(id, _)| !narrow(id)) {
        let Some(text) = texts.get(&file.id).filter(|_| left > 0) else { continue };
        let kept: String = text.chars().take(left).collect();
        left -= kept.chars().count();
        add(&kept);
    }
    words
}
