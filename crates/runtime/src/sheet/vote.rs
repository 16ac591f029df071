//! Votes: counting a rating, limits of shares, what bars a grade.

use std::collections::{BTreeMap, BTreeSet};

use model::sheet::{Ballot, BarShare, Grade, ShareLimit};
use model::{Ratio, UnitKind};

use super::Fraction;

/// The votes of one kind of voters for one row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KindCount {
    /// Ballots given out.
    pub issued: u32,
    /// Ballots returned.
    pub returned: u32,
    /// Votes by option; a blank row, or one's own, stands in none of them.
    pub options: BTreeMap<String, u32>,
}

/// What a vote came to for one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowCount {
    /// Votes by option, of all kinds together.
    pub options: BTreeMap<String, u32>,
    /// The same by kind; nothing where so few voted of one kind that it would name people.
    pub kinds: Option<BTreeMap<String, BTreeMap<String, u32>>>,
    /// Ballots returned.
    pub returned: u32,
    /// Rows that say something.
    pub valid: u32,
    /// Between nothing and one; none where nothing is worth anything, or nobody rated.
    pub value: Option<Fraction>,
}

/// Counts a rating for one row; none where the round is void: more ballots back than given out, of any kind.
///
/// Not rated is not zero: the mean is over those who rated. Kinds are weighted among those that have some. Fewer than `few`
/// of one kind: totals only.
#[must_use]
pub fn rate(ballot: &Ballot, counts: &BTreeMap<String, KindCount>, few: u32) -> Option<RowCount> {
    if counts.values().any(|c| c.returned > c.issued) {
        return None;
    }
    let mut all: BTreeMap<String, u32> = BTreeMap::new();
    for (option, n) in counts.values().flat_map(|c| &c.options) {
        *all.entry(option.clone()).or_default() += n;
    }
    let worth = |option: &str| ballot.options.iter().find(|(id, ..)| id == option).and_then(|(.., w)| *w);
    let mean = |options: &BTreeMap<String, u32>| -> Option<Fraction> {
        let n: u32 = options.values().sum();
        let mut sum = 0i128;
        for (option, n) in options {
            sum += i128::from(worth(option)?) * i128::from(*n);
        }
        Fraction::of(sum, i128::from(n) * 100)
    };
    let weighted: Vec<(Fraction, u32)> =
        ballot.voters.iter().filter_map(|v| Some((mean(&counts.get(&v.id)?.options)?, v.weight?))).collect();
    let value = if ballot.voters.iter().any(|v| v.weight.is_some()) {
        let weights: i128 = weighted.iter().map(|(_, w)| i128::from(*w)).sum();
        let sum = weighted
            .iter()
            .fold(Fraction::whole(0), |sum, (v, w)| sum.plus(v.times(Fraction::whole(i128::from(*w)))));
        sum.over(Fraction::whole(weights))
    } else {
        mean(&all)
    };
    let told = counts.values().all(|c| c.returned == 0 || c.returned >= few) && counts.len() > 1;
    Some(RowCount {
        valid: all.values().sum(),
        returned: counts.values().map(|c| c.returned).sum(),
        kinds: told.then(|| counts.iter().map(|(kind, c)| (kind.clone(), c.options.clone())).collect()),
        options: all,
        value,
    })
}

/// A limit of shares that the grades do not keep: it is told and takes a reason, and refuses nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverShare<'g> {
    /// The limit.
    pub limit: &'g ShareLimit,
    /// How many have such a grade.
    pub have: u32,
    /// How many were graded in the group.
    pub graded: u32,
    /// How many may have it at most, or must at least.
    pub bound: u32,
}

/// The limits of shares that these grades do not keep, group by group. `setting` says whether a setting is on.
#[must_use]
pub fn shares<'g>(
    grade: &'g Grade,
    graded: &[(UnitKind, String)],
    setting: &dyn Fn(&str) -> bool,
) -> Vec<OverShare<'g>> {
    let everyone: BTreeSet<UnitKind> = graded.iter().map(|(kind, _)| *kind).collect();
    let groups = if grade.groups.is_empty() { vec![everyone] } else { grade.groups.clone() };
    let mut out = Vec::new();
    for group in &groups {
        let mine: Vec<&String> = graded.iter().filter(|(k, _)| group.contains(k)).map(|(_, g)| g).collect();
        let n = u32::try_from(mine.len()).unwrap_or(u32::MAX);
        if n == 0 {
            continue;
        }
        for limit in grade.warns.iter().filter(|l| l.setting.as_deref().is_none_or(setting)) {
            let have =
                u32::try_from(mine.iter().filter(|g| limit.grades.contains(**g)).count()).unwrap_or(u32::MAX);
            let Ratio { part, whole } = limit.ratio;
            let exact = u64::from(n) * u64::from(part);
            // At most rounds down, at least rounds up: as exact fractions compare.
            let bound = if limit.most { exact / u64::from(whole) } else { exact.div_ceil(u64::from(whole)) };
            let bound = u32::try_from(bound).unwrap_or(u32::MAX);
            let kept = if limit.most { have <= bound } else { have >= bound };
            if !kept {
                out.push(OverShare { limit, have, graded: n, bound });
            }
        }
    }
    out
}

/// Whether so many votes bar a grade.
#[must_use]
pub fn is_barred(bar: &BarShare, count: &RowCount) -> bool {
    let votes = count.options.get(&bar.option).copied().unwrap_or(0);
    let of = if bar.of_returned { count.returned } else { count.valid };
    of > 0 && u64::from(votes) * u64::from(bar.ratio.whole) >= u64::from(of) * u64::from(bar.ratio.part)
}
