//! The document's own words, cut where a mark begins or ends: measures underlined by kind, diagnostics waved under, owner
//! tags set apart.

use std::collections::BTreeSet;

use model::{MeasureKind, Severity, Span};

/// What is to be seen under some words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A measure; its keys tie it to the obligations. None for a sentence that asks for nothing.
    Measure(MeasureKind, Vec<String>),
    /// A diagnostic.
    Wave(Severity),
    /// An owner tag.
    Owner,
}

/// Some words with the same marks all along.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    /// The words, line wraps removed.
    pub text: String,
    /// Classes of the measure; empty for none.
    pub measure: &'static str,
    /// Class of the wave; empty for none.
    pub wave: &'static str,
    /// Whether it belongs to an owner tag.
    pub owner: bool,
    /// Keys of all measures over it, with blanks between: by these the script lights it.
    pub keys: String,
    /// Keys of the measures that begin here.
    pub begins: Vec<String>,
    /// Keys of the measures that end here.
    pub ends: Vec<String>,
}

/// Class under which the stylesheet underlines a measure of this kind.
#[must_use]
pub fn measure_class(kind: MeasureKind) -> &'static str {
    match kind {
        MeasureKind::Title => "",
        MeasureKind::Counted => "m m-cnt",
        MeasureKind::Dated => "m m-date",
        MeasureKind::Ruled => "m m-rule",
        MeasureKind::Deliverable => "m m-give",
        MeasureKind::Directional => "m m-dir",
    }
}

/// The words of `span` in pieces. Of measures that overlap, the one with the fewest words is underlined; of diagnostics,
/// the gravest.
#[must_use]
pub fn pieces(text: &str, span: Span, marks: &[(Span, Mark)]) -> Vec<Piece> {
    let mut cuts = BTreeSet::from([span.start, span.end]);
    for (s, _) in marks {
        cuts.extend([s.start, s.end].into_iter().filter(|c| span.start < *c && *c < span.end));
    }
    let cuts: Vec<usize> = cuts.into_iter().collect();
    let mut out: Vec<Piece> = Vec::new();
    for pair in cuts.windows(2) {
        let &[start, end] = pair else { continue };
        let here = Span::new(start, end);
        let over = || marks.iter().filter(|(s, _)| s.overlaps(here));
        let measure = over()
            .filter_map(|(s, m)| match m {
                Mark::Measure(kind, _) => Some((s.end - s.start, *kind)),
                _ => None,
            })
            .min();
        let wave = over().filter_map(|(_, m)| if let Mark::Wave(s) = m { Some(*s) } else { None }).min();
        let keys = |at: fn(&Span) -> usize, cut: usize| -> Vec<String> {
            marks
                .iter()
                .filter(|(s, _)| at(s) == cut)
                .filter_map(|(_, m)| if let Mark::Measure(_, keys) = m { Some(keys) } else { None })
                .flatten()
                .cloned()
                .collect()
        };
        out.push(Piece {
            text: here.of(text).chars().filter(|c| !matches!(c, '\n' | '\r')).collect(),
            measure: measure.map_or("", |(_, kind)| measure_class(kind)),
            wave: match wave {
                Some(Severity::Error) => "w-err",
                Some(Severity::Warning) => "w-warn",
                Some(Severity::Info) | None => "",
            },
            owner: over().any(|(_, m)| *m == Mark::Owner),
            keys: over()
                .filter_map(|(_, m)| if let Mark::Measure(_, keys) = m { Some(keys) } else { None })
                .flatten()
                .map(String::as_str)
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect::<Vec<_>>()
                .join(" "),
            begins: keys(|s| s.start, start),
            ends: keys(|s| s.end, end),
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_at_marks_and_none_is_lost() {
        let text = "每季度1次，定期通报。";
        let all = Span::new(0, text.len());
        let comma = "每季度1次，".len();
        let vague = Span::new(comma, comma + "定期".len());
        let marks = [
            (Span::new(0, comma), Mark::Measure(MeasureKind::Counted, vec!["1.1".into()])),
            (all, Mark::Measure(MeasureKind::Ruled, vec!["1.2".into()])),
            (vague, Mark::Wave(Severity::Warning)),
        ];
        let pieces = pieces(text, all, &marks);
        assert_eq!(pieces.iter().map(|p| p.text.as_str()).collect::<String>(), text);
        assert_eq!(pieces.iter().map(|p| p.measure).collect::<Vec<_>>(), ["m m-cnt", "m m-rule", "m m-rule"]);
        assert_eq!(pieces[1].wave, "w-warn");
        assert_eq!(pieces.iter().map(|p| p.keys.as_str()).collect::<Vec<_>>(), ["1.1 1.2", "1.2", "1.2"]);
        assert_eq!(pieces[0].begins, ["1.1", "1.2"]);
        assert_eq!(pieces[2].ends, ["1.2"]);
    }
}
