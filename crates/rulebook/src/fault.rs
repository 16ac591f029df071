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
    /// First byte of each line: thousands of places are asked for in the register, and none may cost a walk from its top.
    lines: Vec<usize>,
    found: Vec<RuleFault>,
}

impl<'f> Faults<'f> {
    pub(crate) fn new(name: &'f str, text: &'f str) -> Self {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(i, _)| i + 1)).collect();
        Self { name, text, lines, found: Vec::new() }
    }

    /// The place of the first byte of `span`.
    pub(crate) fn at(&self, span: &Range<usize>) -> At {
        let line = self.lines.partition_point(|l| *l <= span.start);
        let start = line.checked_sub(1).and_then(|i| self.lines.get(i)).copied().unwrap_or(0);
        let before = self.text.get(start..span.start).unwrap_or_default();
        At { file: self.name.to_owned(), line, column: before.chars().count() + 1 }
    }

    pub(crate) fn say(&mut self, span: &Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        let fault = self.at(span).fault(message, help);
        self.found.push(fault);
    }

    /// How many were found so far: a reader that sees it grow need not complain about what follows from it.
    pub(crate) fn count(&self) -> usize {
        self.found.len()
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
