//! The list of duties that a number opens, as a query string says it.

use std::collections::{BTreeSet, HashSet};

use jiff::civil::Date;
use model::{DutyId, ObligationId, PersonId, PlanId, Standing, UnitId};
use runtime::{Line, Pick};
use web::extract::Fields;
use work::Fault;
use work::Year;

use work::sight::Sight;

/// The name of a standing in a query.
pub(crate) fn standing_id(standing: Standing) -> &'static str {
    match standing {
        Standing::Overdue => "overdue",
        Standing::DueSoon => "due_soon",
        Standing::Open => "open",
        Standing::NotDue => "not_due",
        Standing::MetLate => "met_late",
        Standing::Met => "met",
        Standing::Waived => "waived",
    }
}

fn standing_of(id: &str) -> Option<Standing> {
    Standing::ALL.into_iter().find(|s| standing_id(*s) == id)
}

/// What a list of duties was asked for. `unit`, `obligation` and `standing` may come several times; `standing=done` is
/// 已办 and 迟办 together; `own=1` leaves out the duties of a unit's people; `month=1` is what
/// this month asks (overdue, due soon, due in it), `later=1` what may be done already but is due after it; `done` only
/// what came to be done on that day or after.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    pub(crate) plan: Option<PlanId>,
    /// Of this year's Book; else of that of the day.
    pub(crate) year: Option<i16>,
    pub(crate) units: Vec<UnitId>,
    pub(crate) obligations: Vec<ObligationId>,
    pub(crate) person: Option<PersonId>,
    pub(crate) standings: BTreeSet<Standing>,
    /// Index of an item of the plan, from 1.
    pub(crate) item: Option<usize>,
    pub(crate) from: Option<Date>,
    pub(crate) to: Option<Date>,
    /// Only those whose period begins on this day.
    pub(crate) starts: Option<Date>,
    pub(crate) own: bool,
    pub(crate) month: bool,
    pub(crate) later: bool,
    pub(crate) done: Option<Date>,
    pub(crate) on: Option<Date>,
}

impl Asked {
    /// Reads it from a query. A condition that cannot be read is refused: passed over, it would make a longer list that looks
    /// like the one that was asked for.
    ///
    /// # Errors
    /// [`Fault::BadRequest`] that names each of them.
    pub(crate) fn of(query: &Fields) -> Result<Self, Fault> {
        let asked = Self::read(query);
        let days = [
            ("from", asked.from),
            ("to", asked.to),
            ("starts", asked.starts),
            ("done", asked.done),
            ("on", asked.on),
        ];
        let mut wrong: Vec<&str> =
            days.iter().filter(|(_, day)| day.is_none()).map(|(name, _)| *name).collect();
        wrong.extend(asked.plan.is_none().then_some("plan"));
        wrong.extend(asked.year.is_none().then_some("year"));
        wrong.extend(asked.person.is_none().then_some("person"));
        wrong.extend(asked.item.is_none().then_some("item"));
        wrong.retain(|name| !query.text(name).is_empty());
        let unread = |name: &'static str, read: usize| (query.all(name).count() > read).then_some(name);
        wrong.extend(unread("unit", asked.units.len()));
        wrong.extend(unread("obligation", asked.obligations.len()));
        let known = query.all("standing").filter(|s| *s == "done" || standing_of(s).is_some()).count();
        wrong.extend(unread("standing", known));
        if wrong.is_empty() {
            return Ok(asked);
        }
        let said: Vec<String> = (wrong.iter())
            .map(|name| format!("{name}={}", query.all(name).collect::<Vec<_>>().join("、")))
            .collect();
        Err(Fault::BadRequest(format!("网址里有读不懂的条件：{}。请回到清单重新选。", said.join("，"))))
    }

    fn read(query: &Fields) -> Self {
        let mut standings: BTreeSet<Standing> = query.all("standing").filter_map(standing_of).collect();
        if query.all("standing").any(|s| s == "done") {
            standings.extend([Standing::Met, Standing::MetLate]);
        }
        Self {
            plan: query.parsed("plan"),
            year: query.parsed("year"),
            units: query.all("unit").filter_map(|u| u.parse().ok()).collect(),
            obligations: query.all("obligation").filter_map(|o| o.parse().ok()).collect(),
            person: query.parsed("person"),
            standings,
            item: query.parsed::<usize>("item").filter(|n| *n > 0),
            from: query.day("from"),
            to: query.day("to"),
            starts: query.day("starts"),
            own: query.text("own") == "1",
            month: query.text("month") == "1",
            later: query.text("later") == "1",
            done: query.day("done"),
            on: query.day("on"),
        }
    }

    /// The same as the board understands it.
    pub(crate) fn pick(&self, year: &Year, on: Date) -> Pick {
        let mut obligations: Option<BTreeSet<ObligationId>> =
            (!self.obligations.is_empty()).then(|| self.obligations.iter().copied().collect());
        if let Some(item) = self.item {
            let of_item: BTreeSet<ObligationId> = year.of_item(item - 1, on).map(|o| o.id).collect();
            obligations = Some(match obligations {
                Some(named) => named.intersection(&of_item).copied().collect(),
                None => of_item,
            });
        }
        // What a unit owes about somebody is none of theirs.
        if let (Some(_), Some(own)) = (self.person, year.owed_by_people()) {
            obligations = Some(match obligations {
                Some(named) => named.intersection(&own).copied().collect(),
                None => own,
            });
        }
        let due = (self.from.is_some() || self.to.is_some())
            .then(|| (self.from.unwrap_or(Date::MIN), self.to.unwrap_or(Date::MAX)));
        Pick {
            units: (!self.units.is_empty()).then(|| self.units.iter().copied().collect()),
            lens: None,
            obligations,
            person: self.person,
            own: self.own,
            standings: (!self.standings.is_empty()).then(|| self.standings.clone()),
            due,
        }
    }

    /// The list, as it stood on a day, of what may be seen.
    pub(crate) fn lines(&self, year: &Year, sight: &Sight, on: Date) -> Vec<Line> {
        let pick = self.pick(year, on);
        let board = year.board();
        let mut lines = if self.month || self.later {
            let mut lines = sight.this_month(year, &board, &pick, on);
            lines.retain(|l| is_now(l, on) == self.month);
            lines
        } else {
            sight.list(year, &board, &pick, on)
        };
        if let Some(starts) = self.starts {
            lines.retain(|l| l.starts == starts);
        }
        if let Some(day) = self.done {
            let before = day.yesterday().unwrap_or(day);
            let undone = sight.list(year, &board, &Pick { standings: None, ..pick }, before);
            let undone: HashSet<DutyId> =
                undone.into_iter().filter(|l| !l.standing.is_done()).map(|l| l.duty).collect();
            lines.retain(|l| l.standing.is_done() && undone.contains(&l.duty));
        }
        lines
    }
}

/// Whether a line of [`runtime::Board::this_month`] is this month's: the rest has begun, but is due later.
pub(crate) fn is_now(line: &Line, on: Date) -> bool {
    line.standing == Standing::DueSoon || line.due <= on.last_of_month()
}

/// The way to a list: `/duties?…` of these pairs, the empty ones left out.
pub(crate) fn href(pairs: &[(&str, &str)]) -> String {
    let mut out = form_urlencoded::Serializer::new(String::new());
    out.extend_pairs(pairs.iter().filter(|(_, v)| !v.is_empty()));
    format!("/duties?{}", out.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        let query = |pairs: &[(&str, &str)]| {
            Fields::of(pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect())
        };
        let good = query(&[("standing", "done"), ("from", ""), ("item", "3")]);
        let asked = Asked::of(&good).unwrap();
        assert_eq!(asked.standings, BTreeSet::from([Standing::Met, Standing::MetLate]));
        let bad = query(&[("standing", "over"), ("item", "0"), ("from", "2022-02-30"), ("unit", "7")]);
        let Err(Fault::BadRequest(words)) = Asked::of(&bad) else { panic!("it is refused") };
        for said in ["standing=over", "item=0", "from=2022-02-30", "unit=7"] {
            assert!(words.contains(said), "{words}");
        }
    }

    #[test]
    fn each_standing_has_its_name() {
        assert!(Standing::ALL.into_iter().all(|s| standing_of(standing_id(s)) == Some(s)));
        assert_eq!(href(&[("unit", "a"), ("item", "")]), "/duties?unit=a");
    }
}
