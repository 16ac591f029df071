//! Whether words ask for something at a time: by a rhythm or by a day.

use model::DeadlineKind;

use crate::cadence;
use crate::deadline::{Reader, Setting};

/// Whether `words` hold a rhythm (每月1次, 每月20日), or say by when something is due: a day, a month, before or after an
/// event, or a longer period that ends with 前, 底 or 内.
pub(crate) fn is_timed(words: &str) -> bool {
    is_rhythmic(words)
        || Reader::new(None)
            .terms(words, Setting::Prose, |_| false, &[])
            .iter()
            .any(|t| t.kind != DeadlineKind::Period || words[t.range.clone()].ends_with(['前', '底', '内']))
}

/// Whether `words` count something: by a rhythm with a number or a day (每季度1次, 每月20日), or by a day or month that
/// ends with 前 or 底.
pub(crate) fn is_counted(words: &str) -> bool {
    cadence::rhythms(words, |_| false)
        .iter()
        .any(|r| r.times.is_some() || r.hours.is_some() || r.by.is_some())
        || Reader::new(None).terms(words, Setting::Prose, |_| false, &[]).iter().any(|t| {
            matches!(t.kind, DeadlineKind::Date | DeadlineKind::Month)
                && words[t.range.clone()].contains(['前', '底'])
        })
}

/// Whether `words` hold a rhythm with a number or a day, or one that stands for itself (每月, 每季度).
fn is_rhythmic(words: &str) -> bool {
    cadence::rhythms(words, |_| false)
        .iter()
        .any(|r| r.times.is_some() || r.hours.is_some() || r.per.is_some())
}
