//! An item of the plan in its own words, with its measures marked and tied to their obligations.

use model::{Item, MeasureKind, Obligation, Origin, Span};

/// A stretch of an item's words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// Class of the measure's line; empty for plain words.
    pub(crate) class: &'static str,
    /// The kind in Chinese, for those who do not see the line.
    pub(crate) kind: &'static str,
    /// The words, line wraps removed.
    pub(crate) text: String,
    /// Keys of the obligations that come from these words; the first names the stretch.
    pub(crate) keys: Vec<String>,
}

/// Class of the line under a measure.
fn class(kind: MeasureKind) -> &'static str {
    match kind {
        MeasureKind::Counted => "m-cnt",
        MeasureKind::Dated => "m-date",
        MeasureKind::Ruled => "m-rule",
        MeasureKind::Deliverable => "m-give",
        MeasureKind::Directional => "m-dir",
        MeasureKind::Title => "",
    }
}

/// The words of a document as they run on: a line that was wrapped is one line again.
fn unwrapped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let line = line.trim_matches(|c: char| c.is_whitespace());
        let joins_latin = out.ends_with(|c: char| c.is_ascii_alphanumeric())
            && line.starts_with(|c: char| c.is_ascii_alphanumeric());
        if joins_latin {
            out.push(' ');
        }
        out.push_str(line);
    }
    out
}

/// The item's words in stretches. What overlaps is drawn once, under the longest.
pub(crate) fn stretches<'o>(
    text: &str,
    item: &Item,
    obligations: impl Iterator<Item = &'o Obligation>,
) -> Vec<Stretch> {
    let mut marked: Vec<(Span, &Obligation)> = obligations
        .filter(|o| !matches!(o.origin, Origin::Progress { .. }) && o.kind != MeasureKind::Title)
        .filter_map(|o| o.origin.span().map(|s| (s, o)))
        .filter(|(s, _)| item.span.contains(*s) && !s.is_empty())
        .collect();
    marked.sort_by_key(|(s, _)| (s.start, std::cmp::Reverse(s.end)));
    let mut out = Vec::new();
    let plain = |from: usize, to: usize| Stretch {
        text: unwrapped(Span::new(from, to.max(from)).of(text)),
        ..Stretch::default()
    };
    let mut at = item.span.start;
    let mut measures: Vec<(Span, Vec<&Obligation>)> = Vec::new();
    for (span, obligation) in marked {
        match measures.last_mut() {
            Some((last, all)) if span.start < last.end => {
                // Clauses that only touch halfway are one stretch: a mark inside a mark cannot be read.
                *last = Span::new(last.start, last.end.max(span.end));
                all.push(obligation);
            }
            _ => measures.push((span, vec![obligation])),
        }
    }
    for (span, all) in measures {
        if at < span.start {
            out.push(plain(at, span.start));
        }
        // The strongest gives the line: what is asked comes before what is only pointed to.
        let kind = all.iter().map(|o| o.kind).min().unwrap_or(MeasureKind::Directional);
        out.push(Stretch {
            class: class(kind),
            kind: kind.word(),
            text: unwrapped(span.of(text)),
            keys: all.iter().map(|o| o.key.clone()).collect(),
        });
        at = span.end;
    }
    if at < item.span.end {
        out.push(plain(at, item.span.end));
    }
    out.retain(|s| !s.text.is_empty());
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use model::{Bearers, Cadence, ObligationId, PlanId};

    use super::*;

    fn obligation(key: &str, kind: MeasureKind, text: &str, words: &str) -> Obligation {
        let start = text.find(words).expect("the words stand in the text");
        Obligation {
            id: ObligationId::fresh(),
            plan: PlanId::fresh(),
            key: key.to_owned(),
            item: Some(0),
            title: words.to_owned(),
            kind,
            origin: Origin::Clause { text: words.to_owned(), span: Span::new(start, start + words.len()) },
            bearers: Bearers::default(),
            lead: Vec::new(),
            cadence: Cadence::Standing,
            ledger: None,
            condition: BTreeMap::new(),
            assessed: true,
        }
    }

    fn item(text: &str) -> Item {
        let whole = Span::new(0, text.len());
        Item {
            number: "1".to_owned(),
            section: None,
            title: String::new(),
            span: whole,
            title_span: whole,
            owners: Vec::new(),
            sentences: Vec::new(),
            cadences: Vec::new(),
            deadlines: Vec::new(),
            citations: Vec::new(),
            vague: Vec::new(),
        }
    }

    #[test]
    fn every_word_stays_in_its_place_and_wraps_go() {
        let text = "1.规范党费收缴。各支部按月收缴\n党费，每年公布1次收缴情况。坚持标准。";
        let all = [
            obligation("1.2", MeasureKind::Dated, text, "每年公布1次收缴情况"),
            obligation("1.1", MeasureKind::Counted, text, "各支部按月收缴\n党费，"),
            obligation("1.3", MeasureKind::Directional, text, "坚持标准"),
        ];
        let got = stretches(text, &item(text), all.iter());
        let whole: String = got.iter().map(|s| s.text.as_str()).collect();
        assert_eq!(whole, text.replace('\n', ""));
        let marked: Vec<_> =
            got.iter().filter(|s| !s.keys.is_empty()).map(|s| (s.class, s.keys[0].as_str())).collect();
        assert_eq!(marked, [("m-cnt", "1.1"), ("m-date", "1.2"), ("m-dir", "1.3")]);
    }

    #[test]
    fn two_obligations_of_the_same_words_share_a_stretch() {
        let text = "严格执行“三会一课”制度。";
        let all = [
            obligation("1.1", MeasureKind::Ruled, text, "严格执行“三会一课”制度"),
            obligation("1.2", MeasureKind::Counted, text, "“三会一课”"),
        ];
        let got = stretches(text, &item(text), all.iter());
        assert_eq!(got.len(), 2);
        assert_eq!((got[0].class, got[0].keys.join(" ").as_str()), ("m-cnt", "1.1 1.2"));
    }
}
