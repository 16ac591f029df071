//! What of a record a search for words may find.

use std::collections::BTreeMap;

use model::rule::{Ledger, Privacy};
use model::{Entry, FileId, Value};

use crate::privacy::narrowest;

/// Most characters of the text of its files by which one record is found: some thirty printed pages.
const OF_FILES: usize = 20_000;

/// Everything that a record says in words, the title first, a line each, by which it is found: what only some of those
/// who see it may read (限定范围) is left out, since that a search finds it would tell the others. What is for the branch
/// is in it; whoever sees the record for having been there alone finds it by its title.
///
/// `texts` is what stands in its files, by their ids; a file that is not in there is found by its name alone.
#[must_use]
pub fn words(entry: &Entry, ledgers: &[&Ledger], texts: &BTreeMap<FileId, String>) -> String {
    words_for(entry, texts, |id| narrowest(ledgers.iter().copied(), id) != Some(Privacy::Restricted))
}

/// What a record says in words of the fields that somebody may read, as [`words`] gives it.
#[must_use]
pub fn words_for(entry: &Entry, texts: &BTreeMap<FileId, String>, may_read: impl Fn(&str) -> bool) -> String {
    let mut words = entry.title.clone();
    let mut add = |text: &str| {
        if !text.is_empty() {
            words.push('\n');
            words.push_str(text);
        }
    };
    for (_, value) in entry.values.iter().filter(|(id, _)| may_read(id)) {
        say(value, &mut add);
    }
    // Last, so that what people wrote themselves is never cut.
    let mut left = OF_FILES;
    for (_, file) in entry.files().filter(|(id, _)| may_read(id)) {
        let Some(text) = texts.get(&file.id).filter(|_| left > 0) else { continue };
        let kept: String = text.chars().take(left).collect();
        left -= kept.chars().count();
        add(&kept);
    }
    words
}

/// What a value says in words.
fn say(value: &Value, add: &mut impl FnMut(&str)) {
    match value {
        Value::Text(text) => add(text),
        Value::Person { name, .. } => add(name),
        Value::People(people) => people.iter().for_each(|p| {
            add(&p.name);
            add(&p.reason);
        }),
        Value::Files(files) => files.iter().for_each(|f| add(&f.name)),
        Value::Rows(rows) => rows.iter().flat_map(|row| row.values()).for_each(|value| say(value, add)),
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
