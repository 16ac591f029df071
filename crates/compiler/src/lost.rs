//! What the document states and no demand uses: days that do not exist, figures that are not understood.

use model::{Cadence, Diagnostic, Severity, Span};

use crate::check::{Checker, say};
use crate::figures::{Figure, FigureKind, figures, impossible};
use crate::measure::{Ask, clip, fold_line, within};

impl Checker<'_> {
    /// L020 and L021.
    pub(crate) fn lost(&self, out: &mut Vec<Diagnostic>) {
        let whole = Span { start: 0, end: self.source.len() };
        let items = &self.plan.items;
        let item_at = |span: Span| {
            let at = items.partition_point(|i| i.span.end <= span.start);
            items.get(at).is_some_and(|i| i.span.contains(span)).then_some(at)
        };
        let wrong = impossible(self.source, whole, self.year);
        for day in &wrong {
            let mut d = say(
                "L020",
                Severity::Error,
                day.span,
                item_at(day.span),
                day.message.clone(),
                format!("是否指{}？改好以前，这一处不产生应办事项。", day.offer),
            );
            d.replacement = Some(day.offer.clone());
            out.push(d);
        }
        for (i, read) in self.items.iter().enumerate() {
            for figure in figures(self.source, read.item.span) {
                // What stands outside of the sentences is a tag or a column, which the reader knows.
                let [reading, ..] = within(&read.readings, figure.span, |r| r.span) else { continue };
                // 一次告知, 最多跑一次 are ways of speaking.
                let spoken = figure.span.of(self.source).starts_with('一');
                if spoken || !within(&wrong, figure.span, |w| w.span).is_empty() {
                    continue;
                }
                let first = reading.asks.partition_point(|a| a.clause.end <= figure.span.start);
                let used = reading.asks.iter().skip(first).take(NEAR).any(|a| uses(a, &figure));
                // A deadline beside a rhythm limits it.
                let read_as_time = !reading.asks.is_empty()
                    && !within(&read.item.deadlines, figure.span, |d| d.span).is_empty();
                if !used && !read_as_time {
                    let words = clip(&fold_line(figure.span.of(self.source)));
                    out.push(say(
                        "L021",
                        Severity::Info,
                        figure.span,
                        Some(i),
                        format!("“{words}”没有读成要求"),
                        "要考核的，写明由谁办、多久一次或哪天前；只是说明情况的，不用改。".to_owned(),
                    ));
                }
            }
        }
    }
}

/// Asks of a sentence that are looked at for a figure.
const NEAR: usize = 64;

/// Whether an ask uses a figure: by the phrase that says how often or by when, by its day, or among the words of what is to
/// be done.
fn uses(ask: &Ask, figure: &Figure) -> bool {
    if ask.phrase.is_some_and(|p| p.overlaps(figure.span)) {
        return true;
    }
    if !ask.clause.overlaps(figure.span) {
        return false;
    }
    figure.kind == FigureKind::Measure || ask.cadence.as_ref().is_some_and(|c| says(c, figure.value))
}

/// Whether a cadence says this number in its words: 每月25日前 says 25.
fn says(cadence: &Cadence, value: u32) -> bool {
    let words = cadence.words();
    let mut digits = words.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse::<u32>().ok());
    digits.any(|n| n == value)
}
