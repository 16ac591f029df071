//! What a row comes to.

use model::sheet::Sheet;

use super::{Filled, Fraction};

/// What a row comes to, of a hundred: points of the lines with a value, parts weighted where they are. Nothing of what does
/// not apply, was not seen, judged or voted is on either side.
#[must_use]
pub fn total(sheet: &Sheet, filled: &[Filled]) -> Option<Fraction> {
    sheet.total.as_ref()?;
    let of_part = |part: &str| -> (Fraction, i128) {
        let lines = sheet.lines.iter().filter(|l| part.is_empty() || l.part == part);
        lines.fold((Fraction::whole(0), 0), |(sum, points), line| {
            let value = filled.iter().find(|f| f.line == line.id).and_then(|f| f.value.filter(|_| f.applies));
            match (line.points, value) {
                (Some(p), Some(v)) => {
                    (sum.plus(v.times(Fraction::whole(i128::from(p)))), points + i128::from(p))
                }
                _ => (sum, points),
            }
        })
    };
    let hundred = Fraction::whole(100);
    if sheet.parts.iter().all(|p| p.weight.is_none()) {
        let (sum, points) = of_part("");
        return sum.over(Fraction::whole(points)).map(|v| v.times(hundred));
    }
    let mut sum = Fraction::whole(0);
    let mut weights = 0;
    for part in &sheet.parts {
        let (points_got, points) = of_part(&part.id);
        let (Some(weight), Some(value)) = (part.weight, points_got.over(Fraction::whole(points))) else {
            continue;
        };
        sum = sum.plus(value.times(Fraction::whole(i128::from(weight))));
        weights += i128::from(weight);
    }
    sum.over(Fraction::whole(weights)).map(|v| v.times(hundred))
}

/// The grade that a sum proposes; the decision is people's.
#[must_use]
pub fn band(sheet: &Sheet, total: Fraction) -> Option<&str> {
    let bands = &sheet.total.as_ref()?.bands;
    let reached = |least: u32| total >= Fraction::whole(i128::from(least));
    bands.iter().find(|(_, least)| reached(*least)).map(|(grade, _)| grade.as_str())
}
