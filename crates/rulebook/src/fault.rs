//! What is wrong with a rule file, and where.

use std::ops::Range;

/// A mistake in a rule file.
///
/// The position counts from 1; the column counts characters, not bytes, so that it is the one an editor shows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct RuleFault {
    /// The file: its path inside the rulebook, or the full path in an institution's own folder.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is the matter, in one sentence.
    pub message: String,
    /// What to do; empty when there is nothing to add.
    pub help: String,
}

/// A place in a rule file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct At {
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl At {
    /// The place of byte `at` in `text`.
    pub(crate) fn of(file: &str, text: &str, at: usize) -> Self {
        let before = text.get(..at.min(text.len())).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        Self {
            file: file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }

    /// A fault at this place.
    pub(crate) fn fault(&self, message: impl Into<String>, help: impl Into<String>) -> RuleFault {
        RuleFault {
            file: self.file.clone(),
            line: self.line,
            column: self.column,
            message: message.into(),
            help: help.into(),
        }
    }
}

/// The faults of one file, as they are found.
pub(crate) struct Faults<'f> {
    name: &'f str,
    text: &'f str,
    found: Vec<RuleFault>,
}

impl<'f> Faults<'f> {
    pub(crate) fn new(name: &'f str, text: &'f str) -> Self {
        Self { name, text, found: Vec::new() }
    }

    /// The place of the first byte of `span`.
    pub(crate) fn at(&self, span: &Range<usize>) -> At {
        At::of(self.name, self.text, span.start)
    }

    pub(crate) fn say(&mut self, span: &Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        let fault = self.at(span).fault(message, help);
        self.found.push(fault);
    }

    pub(crate) fn into_found(self) -> Vec<RuleFault> {
        self.found
    }
}

/// The one of `known` that was most likely meant by `word`, if one is near enough to be worth saying.
pub(crate) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    known
        .into_iter()
        .map(|k| (strsim::osa_distance(word, k), k))
        .filter(|(d, k)| *d <= 1 + k.chars().count().max(word.chars().count()) / 4)
        .min()
        .map(|(_, k)| k)
}

/// 是否指“…”, or nothing.
pub(crate) fn did_you_mean<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    nearest(word, known).map_or_else(String::new, |k| format!("是否指“{k}”？"))
}
