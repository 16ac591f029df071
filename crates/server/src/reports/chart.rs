//! Twelve bars, drawn so that they print: all lengths are attributes of an SVG of 472 × 162.

/// One bar with what fills it from below; the rest of it stays light.
#[derive(Clone, Debug)]
pub(crate) struct Bar {
    pub(crate) label: String,
    pub(crate) total: u32,
    /// Class and count of each part, from below.
    pub(crate) parts: Vec<(&'static str, u32)>,
    /// A remark over the bar; empty for none.
    pub(crate) hot: String,
}

/// A rectangle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) class: &'static str,
    pub(crate) x: String,
    pub(crate) y: String,
    pub(crate) height: String,
}

/// Words at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) class: &'static str,
    pub(crate) x: String,
    pub(crate) y: String,
    pub(crate) text: String,
}

/// A chart as the template draws it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Chart {
    pub(crate) label: String,
    /// Height of a line with the number that it stands for.
    pub(crate) lines: Vec<(String, String, u32)>,
    pub(crate) blocks: Vec<Block>,
    pub(crate) words: Vec<Words>,
}

/// Where the bars stand, and the height of the tallest.
const FLOOR: u32 = 1400;
const TALLEST: u32 = 1100;
const FIRST: u32 = 340;
const STEP: u32 = 365;
const WIDTH: u32 = 220;

/// Tenths as an attribute has them: 93.4.
fn tenths(n: u32) -> String {
    format!("{}.{}", n / 10, n % 10)
}

impl Chart {
    /// The chart of these bars; `label` says the figures for those who do not see it.
    pub(crate) fn of(label: &str, bars: &[Bar]) -> Self {
        let most = bars.iter().map(|b| b.total).max().unwrap_or(0).max(1);
        let high = |n: u32| {
            u32::try_from(u64::from(n.min(most)) * u64::from(TALLEST) / u64::from(most)).unwrap_or(TALLEST)
        };
        let mut out = Self { label: label.to_owned(), ..Self::default() };
        let step = round_step(most);
        for n in (1..=3_u32).map(|k| k.saturating_mul(step)).filter(|n| *n <= most) {
            let y = FLOOR - high(n);
            out.lines.push((tenths(y), tenths(y + 40), n));
        }
        for (bar, place) in bars.iter().zip(0..) {
            let left = FIRST + STEP * place;
            let (x, middle) = (tenths(left), tenths(left + WIDTH / 2));
            let mut put = |class, from: u32, to: u32| {
                out.blocks.push(Block {
                    class,
                    x: x.clone(),
                    y: tenths(FLOOR - to),
                    height: tenths(to - from),
                });
            };
            let top = high(bar.total);
            if bar.total > 0 {
                put("b0", 0, top);
            }
            let mut below = 0;
            for (class, n) in &bar.parts {
                let (from, to) = (high(below), high(below.saturating_add(*n)));
                if to > from {
                    put(class, from, to);
                }
                below = below.saturating_add(*n);
            }
            let mut word = |class, y: u32, text: String| {
                out.words.push(Words { class, x: middle.clone(), y: tenths(y), text });
            };
            word("v", FLOOR + 160, bar.label.clone());
            if bar.total > 0 {
                word("", FLOOR - top - 50, bar.total.to_string());
            }
            if !bar.hot.is_empty() {
                word("hot", FLOOR - top - 180, bar.hot.clone());
            }
        }
        out
    }
}

/// A round number of which about three fit under `most`.
fn round_step(most: u32) -> u32 {
    let mut unit = 1_u32;
    loop {
        for k in [1, 2, 5] {
            let step = unit.saturating_mul(k);
            if step >= most.div_ceil(4) {
                return step;
            }
        }
        unit = unit.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tallest_bar_fills_the_chart_and_parts_stand_on_each_other() {
        let bar = |total, parts| Bar { label: "1月".to_owned(), total, parts, hot: String::new() };
        let chart = Chart::of("", &[bar(8, vec![("b1", 4), ("b2", 4)]), bar(0, vec![("b1", 0)])]);
        let heights: Vec<(&str, &str)> = chart.blocks.iter().map(|b| (b.class, b.height.as_str())).collect();
        assert_eq!(heights, [("b0", "110.0"), ("b1", "55.0"), ("b2", "55.0")]);
        assert_eq!(chart.blocks[2].y, "30.0");
        assert_eq!(chart.lines.iter().map(|l| l.2).collect::<Vec<_>>(), [2, 4, 6]);
    }

    #[test]
    fn any_numbers_make_a_chart() {
        for most in [0, 1, 3, 7, 10, 99, 1_000, u32::MAX] {
            let bars = vec![Bar {
                label: String::new(),
                total: most,
                parts: vec![("b1", u32::MAX)],
                hot: String::new(),
            }];
            let chart = Chart::of("", &bars);
            assert!(chart.lines.len() <= 3, "{most}");
        }
    }
}
