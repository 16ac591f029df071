//! Chance that comes out the same each time.

use jiff::civil::Date;
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};

/// A source of chance for one part of the demonstration. Each part has its own, so that more text for meetings does
/// not rename the people. ChaCha8, because its output is the same in every version of the library.
pub(crate) struct Chance(ChaCha8Rng);

impl Chance {
    /// The source of the part called `part`, by the seed that the user gave.
    pub(crate) fn new(seed: u64, part: &str) -> Self {
        // FNV-1a: enough to keep the parts apart; nothing here is secret.
        let mix = part.bytes().fold(0xcbf2_9ce4_8422_2325_u64 ^ seed.rotate_left(17), |h, b| {
            (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Self(ChaCha8Rng::seed_from_u64(mix.wrapping_add(seed)))
    }

    /// A whole number from `low` to `high`, both included.
    pub(crate) fn within(&mut self, low: i64, high: i64) -> i64 {
        if high <= low { low } else { self.0.random_range(low..=high) }
    }

    /// An index below `len`; 0 when there is nothing.
    pub(crate) fn index(&mut self, len: usize) -> usize {
        if len < 2 { 0 } else { self.0.random_range(0..len) }
    }

    /// Whether something happens that happens `percent` times in a hundred.
    pub(crate) fn percent(&mut self, percent: u32) -> bool {
        self.0.random_range(0..100) < percent
    }

    /// One of several; none when there is nothing.
    pub(crate) fn pick<'t, T>(&mut self, of: &'t [T]) -> Option<&'t T> {
        of.get(self.index(of.len()))
    }

    /// One of several words; empty when there are none.
    pub(crate) fn word<'t, S: AsRef<str>>(&mut self, of: &'t [S]) -> &'t str {
        self.pick(of).map_or("", AsRef::as_ref)
    }

    /// Puts a list in another order.
    pub(crate) fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            let other = self.index(last + 1);
            list.swap(last, other);
        }
    }

    /// A day from `first` to `last`, both included.
    pub(crate) fn day(&mut self, first: Date, last: Date) -> Date {
        let days = i64::from(first.until(last).map_or(0, |s| s.get_days()));
        first.saturating_add(jiff::Span::new().days(self.within(0, days)))
    }

    /// The ten bytes of an identifier.
    pub(crate) fn bytes(&mut self) -> [u8; 10] {
        self.0.random()
    }
}

/// Makes an identifier of any kind, in the order of `millis`.
macro_rules! id {
    ($kind:ident, $millis:expr, $chance:expr) => {
        model::$kind::from_parts($millis, &$chance.bytes())
    };
}
pub(crate) use id;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_and_a_part_give_the_same_row_of_numbers() {
        let row = |seed, part| {
            let mut c = Chance::new(seed, part);
            (0..20).map(|_| c.within(0, 1_000_000)).collect::<Vec<_>>()
        };
        assert_eq!(row(1, "people"), row(1, "people"));
        assert_ne!(row(1, "people"), row(2, "people"));
        assert_ne!(row(1, "people"), row(1, "year"));
    }

    #[test]
    fn bounds_are_kept() {
        let mut c = Chance::new(7, "bounds");
        for _ in 0..1000 {
            assert!((3..=5).contains(&c.within(3, 5)));
        }
        assert_eq!(c.within(9, 2), 9);
        let (a, b) = (Date::constant(2026, 2, 20), Date::constant(2026, 3, 5));
        for _ in 0..200 {
            let d = c.day(a, b);
            assert!(a <= d && d <= b);
        }
        let mut list: Vec<u32> = (0..50).collect();
        c.shuffle(&mut list);
        list.sort_unstable();
        assert_eq!(list, (0..50).collect::<Vec<_>>());
    }
}
