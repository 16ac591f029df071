//! Times that stand beside the sentences of an item: in a column of its table (完成时间), or in its tag (完成时限：6月底前).

use model::{Cadence, Due, Item, MeasureKind, Span};

use crate::measure::{Ask, Reading};

/// A time of the whole item.
struct Time {
    kind: MeasureKind,
    cadence: Cadence,
    span: Span,
}

/// Gives the times beside the sentences to what waits for one: things to be delivered and vague asks. Where no clause of
/// the item says when, it is the item itself that is due.
pub(crate) fn give_times(item: &Item, readings: &mut [Reading]) {
    let times = times(item);
    if times.is_empty() {
        return;
    }
    let told = readings.iter().flat_map(|r| &r.asks).any(|a| a.cadence.is_some());
    let mut given = false;
    for reading in readings.iter_mut() {
        let waits = |a: &Ask| a.cadence.is_none() && (a.kind == MeasureKind::Deliverable || a.vague);
        if reading.asks.iter().any(waits) {
            given = true;
            let asks = std::mem::take(&mut reading.asks);
            reading.asks = asks
                .into_iter()
                .flat_map(|a| if waits(&a) { times.iter().map(|t| timed(&a, t)).collect() } else { vec![a] })
                .collect();
        }
    }
    if told || given {
        return;
    }
    let mut asking = readings.iter_mut().filter(|r| !r.asks.is_empty());
    match (asking.next(), asking.next()) {
        // The one mechanism that it is about is due then.
        (Some(reading), None) if reading.asks.len() == 1 => {
            reading.asks = times.iter().map(|t| timed(&reading.asks[0], t)).collect();
            settle(reading);
        }
        (None, _) => {
            if let Some(reading) = readings.first_mut() {
                let whole = Ask::of(MeasureKind::Dated, reading.span, reading.span);
                reading.asks = times.iter().map(|t| timed(&whole, t)).collect();
                settle(reading);
            }
        }
        _ => {}
    }
}

fn timed(ask: &Ask, time: &Time) -> Ask {
    Ask {
        kind: time.kind,
        cadence: Some(time.cadence.clone()),
        phrase: Some(time.span),
        vague: false,
        ..ask.clone()
    }
}

/// A sentence that was nothing in particular is what its asks are; a heading stays one.
fn settle(reading: &mut Reading) {
    if reading.kind != MeasureKind::Title
        && let Some(kind) = reading.asks.iter().map(|a| a.kind).min()
    {
        reading.kind = kind;
        reading.reason = "时限栏或责任标注写明了什么时候".to_owned();
    }
}

/// The rhythms outside of the item's sentences, else its deadlines there. 全年 and 长期坚持 name no day.
fn times(item: &Item) -> Vec<Time> {
    let mut spans: Vec<Span> = item.sentences.iter().map(|s| s.span).collect();
    spans.sort_by_key(|s| s.start);
    let beside = |span: Span| {
        let n = spans.partition_point(|s| s.start <= span.start);
        n.checked_sub(1).is_none_or(|n| !spans[n].contains(span))
    };
    let rhythms = item.cadences.iter().filter(|c| beside(c.span)).map(|c| Time {
        kind: MeasureKind::Counted,
        cadence: c.cadence.clone(),
        span: c.span,
    });
    let mut out: Vec<Time> = rhythms.filter(|t| says_when(&t.cadence)).collect();
    if out.is_empty() {
        let days = item.deadlines.iter().filter(|d| beside(d.span)).map(|d| Time {
            kind: MeasureKind::Dated,
            cadence: d.cadence.clone(),
            span: d.span,
        });
        out = days.filter(|t| says_when(&t.cadence)).collect();
    }
    out.truncate(MOST);
    out
}

fn says_when(cadence: &Cadence) -> bool {
    !matches!(cadence, Cadence::Standing | Cadence::By(Due::Months { from: 1, to: 12 }))
}

/// Times of one item that are told apart; more are a list of something else.
const MOST: usize = 24;
