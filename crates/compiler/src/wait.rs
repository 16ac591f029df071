//! What a demand waits for: the day of an event that no calendar gives.

use model::{Cadence, Moment};
use rulebook::Rulebook;

/// An event that a demand waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The event's id in the rulebook; the document's own words for one that it does not know.
    pub key: String,
    /// What people call it.
    pub title: String,
    /// The document's own words.
    pub words: String,
    /// Whether the rulebook knows it.
    pub known: bool,
    /// Title of the ledger whose records are the event; none for one that is only told.
    pub ledger: Option<String>,
}

impl Wait {
    /// What is to be said of it, and what helps.
    pub(crate) fn said(&self) -> (String, String) {
        let (title, page) = (&self.title, "在“学校事件”页");
        match &self.ledger {
            Some(ledger) => (
                format!("这条随“{title}”产生"),
                format!("台账“{ledger}”记一条就是一次，应办事项随即生成；也可以先{page}写上日子。"),
            ),
            None if self.known => {
                (format!("这条等“{title}”的日子"), format!("日子定下来以后{page}写上，应办事项随即生成。"))
            }
            None => (
                format!("这条等“{}”的日子", self.words),
                format!("规则库里没有这件事，按原话等着；日子定下来以后{page}写上，应办事项随即生成。"),
            ),
        }
    }
}

/// What a cadence of a plan of `year` waits for; none for one that has its days by itself.
#[must_use]
pub fn waits_for(cadence: &Cadence, rulebook: &Rulebook, year: i16) -> Option<Wait> {
    let on @ Moment::Event { words, .. } = cadence.moment()? else { return None };
    if rulebook.calendar_data().gives(words, year) {
        return None;
    }
    let events = rulebook.events();
    let key = events.key(on)?;
    let event = events.get(&key);
    Some(Wait {
        title: events.title(&key).to_owned(),
        words: words.clone(),
        known: event.is_some(),
        ledger: event.and_then(|e| rulebook.ledger(e.ledger.as_deref()?)).map(|l| l.title.clone()),
        key,
    })
}
