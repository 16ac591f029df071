//! How many duties stand how.

use std::iter::Sum;
use std::ops::{Add, AddAssign};

use model::Standing;

/// Counts of duties by standing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tally {
    counts: [u32; Standing::ALL.len()],
}

impl Tally {
    /// Counts one more duty.
    pub fn count(&mut self, standing: Standing) {
        // The variants stand in the order of `Standing::ALL`, so each has its own place.
        if let Some(n) = self.counts.get_mut(standing as usize) {
            *n += 1;
        }
    }

    /// How many stand so.
    #[must_use]
    pub fn of(&self, standing: Standing) -> u32 {
        self.counts.get(standing as usize).copied().unwrap_or_default()
    }

    /// All of them.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.counts.iter().sum()
    }

    /// Those that are asked: all without the waived ones. The lower number of 8/12.
    #[must_use]
    pub fn asked(&self) -> u32 {
        self.total() - self.of(Standing::Waived)
    }

    /// Those that are done, late or not. The upper number of 8/12.
    #[must_use]
    pub fn done(&self) -> u32 {
        self.of(Standing::Met) + self.of(Standing::MetLate)
    }

    /// Those whose period has begun and that are not waived: what could be done by now.
    #[must_use]
    pub fn begun(&self) -> u32 {
        self.asked() - self.of(Standing::NotDue)
    }

    /// The gravest standing that occurs: the light of the cell. None when there is no duty.
    #[must_use]
    pub fn worst(&self) -> Option<Standing> {
        Standing::ALL.into_iter().find(|s| self.of(*s) > 0)
    }

    /// Whether there is no duty at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.total() == 0
    }

    /// Each standing that occurs with its count, gravest first.
    pub fn parts(&self) -> impl Iterator<Item = (Standing, u32)> {
        Standing::ALL.into_iter().map(|s| (s, self.of(s))).filter(|(_, n)| *n > 0)
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        for (a, b) in self.counts.iter_mut().zip(other.counts) {
            *a += b;
        }
    }
}

impl Add for Tally {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), Add::add)
    }
}

impl Extend<Standing> for Tally {
    fn extend<I: IntoIterator<Item = Standing>>(&mut self, standings: I) {
        for s in standings {
            self.count(s);
        }
    }
}

impl FromIterator<Standing> for Tally {
    fn from_iter<I: IntoIterator<Item = Standing>>(standings: I) -> Self {
        let mut out = Self::default();
        out.extend(standings);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_standing_has_its_own_place() {
        for s in Standing::ALL {
            let t: Tally = [s].into_iter().collect();
            assert_eq!((t.of(s), t.total(), t.worst()), (1, 1, Some(s)));
        }
        assert_eq!(Tally::default().worst(), None);
    }

    proptest! {
        #[test]
        fn sums_agree_with_counting(a in standings(), b in standings()) {
            let both: Tally = a.iter().chain(&b).copied().collect();
            let apart: Tally = [a.iter().copied().collect::<Tally>(), b.iter().copied().collect()].into_iter().sum();
            prop_assert_eq!(both, apart);
            prop_assert_eq!(both.total() as usize, a.len() + b.len());
            prop_assert_eq!(both.worst(), a.iter().chain(&b).min().copied());
            prop_assert_eq!(both.done() + both.of(Standing::Waived) <= both.total(), true);
            prop_assert_eq!(both.parts().map(|(_, n)| n).sum::<u32>(), both.total());
        }
    }

    fn standings() -> impl Strategy<Value = Vec<Standing>> {
        prop::collection::vec(prop::sample::select(Standing::ALL.to_vec()), 0..20)
    }
}
