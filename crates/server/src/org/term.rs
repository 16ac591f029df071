//! 届满: when the committees' terms end, from what was recorded of the last election.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use model::UnitId;
use store::EntryFilter;
use web::App;
use web::permit::Right;
use web::view::long_day_words;
use work::{Actor, Fault, terms};

/// Days before the end of a term from which the unit is reminded: six months (支部工作条例第21条).
const AHEAD: i32 = 183;

/// The last day of the running term of each of these units, as it was known on a day; units that never recorded one are
/// left out.
///
/// # Errors
/// When the store cannot read.
pub(super) async fn terms_of(
    app: &App,
    actor: &Actor,
    units: BTreeSet<UnitId>,
    on: Date,
) -> Result<BTreeMap<UnitId, Date>, Fault> {
    let filter = EntryFilter { units: Some(units), to: Some(on), ..EntryFilter::default() };
    terms::found(app, actor.institution, &actor.scope_for(Right::SeeEntries), filter).await
}

/// The day in words, and what is to be said about it.
pub(super) fn words(ends: Date, on: Date) -> (String, String) {
    let days = on.until(ends).map_or(0, |s| s.get_days());
    let small = match days {
        d if d < 0 => format!("已过 {} 天，还没有登记换届", -d),
        d if d <= AHEAD => format!("还有 {d} 天，该准备换届了"),
        d => format!("还有 {d} 天"),
    };
    (long_day_words(ends), small)
}

/// Whether it is time to remind the unit.
pub(super) fn is_near(ends: Date, on: Date) -> bool {
    on.until(ends).map_or(0, |s| s.get_days()) <= AHEAD
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_unit_is_reminded_six_months_ahead() {
        let on = date(2026, 9, 30);
        assert_eq!(words(date(2028, 9, 30), on), ("2028年9月30日".to_owned(), "还有 731 天".to_owned()));
        assert_eq!(words(date(2026, 10, 30), on).1, "还有 30 天，该准备换届了");
        assert_eq!(words(date(2026, 9, 1), on).1, "已过 29 天，还没有登记换届");
        assert!(is_near(date(2027, 4, 1), on) && !is_near(date(2027, 4, 2), on));
    }
}
