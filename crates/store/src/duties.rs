//! Duties. What moves them is asked for and decided in `requests.rs`.

use std::collections::BTreeSet;

use jiff::civil::Date;
use model::{Duty, DutyId, InstitutionId, ObligationId, PersonId, UnitId};

use crate::{
    Scope, Store, StoreError,
    plans::expect_all,
    row::{Columns, args},
    sql::Parts,
    write::Write,
};

/// Which duties are asked for. All that is set must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DutyFilter {
    /// Only these.
    pub ids: Option<BTreeSet<DutyId>>,
    /// Only of this year's Book.
    pub year: Option<i16>,
    /// Only this obligation's.
    pub obligation: Option<ObligationId>,
    /// Only these obligations'.
    pub obligations: Option<BTreeSet<ObligationId>>,
    /// Only these units'.
    pub units: Option<BTreeSet<UnitId>>,
    /// Only this person's.
    pub person: Option<PersonId>,
    /// Only these people's.
    pub people: Option<BTreeSet<PersonId>>,
    /// Due on this day or later, as first planned.
    pub due_from: Option<Date>,
    /// Due on this day or earlier.
    pub due_to: Option<Date>,
    /// Whose period has begun by this day.
    pub begun_by: Option<Date>,
    /// Dropped ones as well.
    pub dropped: bool,
    /// Only what follows this one: due day and id of the last of the page before.
    pub after: Option<(Date, DutyId)>,
}

const DUTY: &str = "select d.id, d.obligation_id, d.unit_id, d.person_id, d.title, d.starts, d.planned, d.due, d.seq, \
                    d.need, d.rules, d.year from duty d where d.institution_id = $1";

pub(crate) fn duty(c: &mut Columns<'_>) -> Result<Duty, StoreError> {
    Ok(Duty {
        id: c.get()?,
        obligation: c.get()?,
        unit: c.get()?,
        person: c.opt()?,
        title: c.get()?,
        starts: c.get()?,
        planned: c.get()?,
        due: c.get()?,
        seq: c.get()?,
        need: c.get()?,
        rules: c.get()?,
        year: c.get()?,
    })
}

/// Narrows duties `d` to a scope. A member has their unit's and their own; what a unit owes about somebody is not for
/// members, and least for whom it is about.
fn narrow(scope: &Scope, query: &mut Parts) {
    scope.narrow(query, "d.unit_id", "d.person_id = $p");
    if matches!(scope, Scope::Own { .. }) {
        query.push(
            " and (d.person_id is null or not exists (select 1 from obligation o where o.institution_id = \
             d.institution_id and o.id = d.obligation_id and o.about = true))",
        );
    }
}

impl Store {
    /// The duties with these ids that the scope holds, by due day.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn duties_by_ids(
        &self,
        institution: InstitutionId,
        scope: &Scope,
        ids: &[DutyId],
    ) -> Result<Vec<Duty>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut query = Parts::new(self.dialect, DUTY, args![institution]);
        query.one_of(" and ", "d.id", ids.iter().map(|d| d.0));
        narrow(scope, &mut query);
        // Sorted here: asked to sort, the database might walk all duties by day instead of looking these up.
        let mut found = self.rows(&query.sql, query.args, duty).await?;
        found.sort_by_key(|d| (d.due, d.id));
        Ok(found)
    }

    /// One duty.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none in the scope.
    pub async fn duty(
        &self,
        institution: InstitutionId,
        scope: &Scope,
        id: DutyId,
    ) -> Result<Duty, StoreError> {
        self.duties_by_ids(institution, scope, &[id]).await?.pop().ok_or(StoreError::NotFound)
    }

    /// Duties by due day, at most `limit`.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn duties(
        &self,
        institution: InstitutionId,
        scope: &Scope,
        filter: &DutyFilter,
        limit: u32,
    ) -> Result<Vec<Duty>, StoreError> {
        let DutyFilter {
            ids,
            year,
            obligation,
            obligations,
            units,
            person,
            people,
            due_from,
            due_to,
            begun_by,
            dropped,
            after,
        } = filter;
        let mut query = Parts::new(self.dialect, DUTY, args![institution]);
        if let Some(ids) = ids {
            query.one_of(" and ", "d.id", ids.iter().map(|d| d.0));
        }
        if let Some(year) = year {
            query.with(" and d.year = ", year, "");
        }
        if let Some(obligation) = obligation {
            query.with(" and d.obligation_id = ", obligation, "");
        }
        if let Some(obligations) = obligations {
            query.some_of(" and ", "d.obligation_id", obligations.iter().map(|o| o.0));
        }
        if let Some(units) = units {
            query.one_of(" and ", "d.unit_id", units.iter().map(|u| u.0));
        }
        if let Some(person) = person {
            query.with(" and d.person_id = ", person, "");
        }
        if let Some(people) = people {
            query.one_of(" and ", "d.person_id", people.iter().map(|p| p.0));
        }
        if let Some(day) = due_from {
            query.with(" and d.due >= ", day, "");
        }
        if let Some(day) = due_to {
            query.with(" and d.due <= ", day, "");
        }
        if let Some(day) = begun_by {
            query.with(" and d.starts <= ", day, "");
        }
        if !dropped {
            query.push(" and d.dropped is null");
        }
        if let Some((day, id)) = after {
            query.with(" and (d.due, d.id) > (", day, "");
            query.with(", ", id, ")");
        }
        narrow(scope, &mut query);
        query.with(" order by d.due, d.id limit ", &limit, "");
        self.rows(&query.sql, query.args, duty).await
    }
}

impl Write {
    /// Notes that what the standing of these duties rests on has changed with this write.
    pub(crate) async fn touch_duties(&self, duties: &[DutyId]) -> Result<(), StoreError> {
        let distinct: BTreeSet<DutyId> = duties.iter().copied().collect();
        if distinct.is_empty() {
            return Ok(());
        }
        let mut query = Parts::new(
            self.dialect,
            "update duty set changed = $2 where institution_id = $1",
            args![self.institution, self.change],
        );
        query.one_of(" and ", "id", distinct.iter().map(|d| d.0));
        expect_all(self.execute(&query.sql, query.args).await?, distinct.len())
    }
}
