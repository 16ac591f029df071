//! Judgements: several marks become one, and who must not judge.

use model::sheet::{Judged, Take};
use model::{PersonId, UnitId};

use super::{Fraction, RowOf};

/// What several marks come to, between nothing and one, and which of them lie so far from the middle that they need a reason.
#[must_use]
pub fn marks(judged: &Judged, marks: &[u32]) -> Option<(Fraction, Vec<usize>)> {
    let n = marks.len();
    let mut sorted = marks.to_vec();
    sorted.sort_unstable();
    let (lower, upper) = (sorted.get(n.checked_sub(1)? / 2)?, sorted.get(n / 2)?);
    // Of an even number the mean of the middle two.
    let middle = Fraction::of(i128::from(*lower) + i128::from(*upper), 2)?;
    let taken = match judged.take {
        Take::Median => middle,
        Take::Mean => {
            let sum: i128 = marks.iter().map(|m| i128::from(*m)).sum();
            Fraction::of(sum, i128::try_from(n).ok()?)?
        }
    };
    let far = |mark: &u32| {
        judged.spread.is_some_and(|spread| {
            let away = Fraction::whole(i128::from(*mark)).plus(middle.times(Fraction::whole(-1)));
            Fraction { part: away.part.abs(), ..away } > Fraction::whole(i128::from(spread))
        })
    };
    let apart = marks.iter().enumerate().filter(|(_, m)| far(m)).map(|(i, _)| i).collect();
    let scale = judged.scale.unwrap_or(100);
    Some((taken.over(Fraction::whole(i128::from(scale)))?, apart))
}

/// The people who may judge a row: those who are barred from it have no cell there.
#[must_use]
pub fn may_judge(
    judged: &Judged,
    judge: PersonId,
    row: &RowOf,
    near: &dyn Fn(PersonId, PersonId) -> bool,
    of_unit: &dyn Fn(PersonId, UnitId) -> bool,
) -> bool {
    use model::sheet::Barred;
    judged.not.iter().all(|barred| match barred {
        Barred::Line => row.person != Some(judge),
        Barred::UnitOfLine => !of_unit(judge, row.unit),
        Barred::NearLine => row.person.is_none_or(|p| p != judge && !near(judge, p)),
    })
}
