//! Exact shares.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

/// An exact share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fraction {
    /// Above the line.
    pub part: i128,
    /// Below it; never zero.
    pub whole: i128,
}

fn greatest(a: i128, b: i128) -> i128 {
    if b == 0 { a.abs().max(1) } else { greatest(b, a % b) }
}

impl Fraction {
    /// `part` of `whole`, in its lowest terms; none of nothing.
    #[must_use]
    pub fn of(part: i128, whole: i128) -> Option<Self> {
        if whole == 0 {
            return None;
        }
        let by = greatest(part, whole) * whole.signum();
        Some(Self { part: part / by, whole: whole / by })
    }

    /// A whole number.
    #[must_use]
    pub fn whole(number: i128) -> Self {
        Self { part: number, whole: 1 }
    }

    /// Sum.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let part = self.part * other.whole + other.part * self.whole;
        Self::of(part, self.whole * other.whole).unwrap_or(self)
    }

    /// Product.
    #[must_use]
    pub fn times(self, other: Self) -> Self {
        Self::of(self.part * other.part, self.whole * other.whole).unwrap_or(self)
    }

    /// Quotient; none by nothing.
    #[must_use]
    pub fn over(self, other: Self) -> Option<Self> {
        Self::of(self.part * other.whole, self.whole * other.part)
    }

    /// In decimals, rounded once, half up.
    #[must_use]
    pub fn decimals(self, places: u8) -> String {
        let scale = 10_i128.pow(u32::from(places));
        let rounded = (self.part * scale * 2 + self.whole).div_euclid(self.whole * 2);
        let (ones, rest) = (rounded.div_euclid(scale), rounded.rem_euclid(scale));
        if places == 0 {
            ones.to_string()
        } else {
            format!("{ones}.{rest:0>width$}", width = usize::from(places))
        }
    }
}

impl PartialOrd for Fraction {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Fraction {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.part * other.whole).cmp(&(other.part * self.whole))
    }
}
