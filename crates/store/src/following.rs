//! Duties that follow people and units: what ends and what is made when somebody comes, moves or leaves, in the same write.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use model::{AlsoAsked, Credit, CreditId, Duty, DutyId, DutySource, EntryId, InstitutionId, PersonId};
use serde::{Deserialize, Serialize};

use crate::{
    Act, Store, StoreError,
    kept::credit,
    row::args,
    sql::Parts,
    write::{Touches, Write},
};

/// What follows for duties.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Following {
    /// Duties that end with `day`.
    pub drop: Vec<DutyId>,
    /// Duties that are made, with what their obligations hang on; known from `day`.
    pub duties: Vec<(DutySource, Duty)>,
    /// Of an ended duty, the one made in its place for the same person: what was written down for the one counts for the
    /// other.
    pub carry: Vec<(DutyId, DutyId)>,
    /// The day.
    pub day: Date,
    /// The institution's change number as of which this was worked out.
    pub as_of: i64,
}

impl Following {
    /// Whether no duty ends and none is made.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.drop.is_empty() && self.duties.is_empty()
    }
}

/// The duties that a write ended and made: what taking it back needs.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Moved {
    pub(crate) drop: Vec<DutyId>,
    pub(crate) made: Vec<DutyId>,
    pub(crate) carry: Vec<(DutyId, DutyId)>,
    /// The day with which they ended; of a change of units, its own day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) day: Option<Date>,
}

impl Moved {
    pub(crate) fn of(follows: &Following) -> Self {
        Self {
            drop: follows.drop.clone(),
            made: follows.duties.iter().map(|(_, d)| d.id).collect(),
            carry: follows.carry.clone(),
            day: Some(follows.day),
        }
    }
}

/// What follows from an act for duties.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Follows {
    /// Duties that end.
    pub drop: Vec<DutyId>,
    /// Duties that are made, each with what it hangs on.
    pub made: Vec<(DutySource, Duty)>,
    /// What asks them besides, and duties that are there.
    pub also: Vec<AlsoAsked>,
    /// Of an ended duty, the one made in its place: what counts for the one counts for the other.
    pub carry: Vec<(DutyId, DutyId)>,
    /// What counts for the duties that are made.
    pub credits: Vec<Credit>,
}

impl Follows {
    /// Whether nothing follows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.drop.is_empty() && self.made.is_empty() && self.also.is_empty()
    }
}

impl Store {
    /// Begins a write of people of which this follows for duties.
    ///
    /// # Errors
    /// [`StoreError::Constraint`] `facts_changed` when something was written since it was worked out.
    pub(crate) async fn write_following(
        &self,
        institution: InstitutionId,
        follows: Option<&Following>,
        act: &Act,
    ) -> Result<Write, StoreError> {
        let moves = follows.is_some_and(|f| !f.is_nothing());
        let touches = if moves { Touches::Facts } else { Touches::Other };
        let write = self.write(institution, act, touches).await?;
        if follows.is_some_and(|f| f.as_of != write.change - i64::from(moves)) {
            return Err(StoreError::Constraint("facts_changed".to_owned()));
        }
        Ok(write)
    }
}

impl Write {
    /// Ends duties and makes others in their place, with what counts for them.
    pub(crate) async fn follow(&self, follows: &Follows, today: Date, as_of: i64) -> Result<(), StoreError> {
        let Follows { drop, made, also, carry, credits } = follows;
        if self.change - 1 != as_of {
            return Err(StoreError::Conflict);
        }
        remake(self, drop, made, carry, today).await?;
        self.put_also(also).await?;
        self.touch_duties(&also.iter().map(|a| a.duty).collect::<Vec<_>>()).await?;
        self.insert_credits(credits).await?;
        Ok(())
    }
}

/// Ends duties with a day, and makes others that are known from it.
pub(crate) async fn remake(
    write: &Write,
    drop: &[DutyId],
    duties: &[(DutySource, Duty)],
    carry: &[(DutyId, DutyId)],
    day: Date,
) -> Result<(), StoreError> {
    write.drop_duties(drop, day).await?;
    write.insert_duties(day, duties.iter().map(|(source, duty)| (*source, duty))).await?;
    carry_credits(write, carry).await
}

/// Does what follows.
pub(crate) async fn follow(write: &Write, follows: Option<&Following>) -> Result<(), StoreError> {
    match follows.filter(|f| !f.is_nothing()) {
        Some(f) => remake(write, &f.drop, &f.duties, &f.carry, f.day).await,
        None => Ok(()),
    }
}

/// Lets what counts for one duty of each pair count for the other too, once.
pub(crate) async fn carry_credits(write: &Write, pairs: &[(DutyId, DutyId)]) -> Result<(), StoreError> {
    if pairs.is_empty() {
        return Ok(());
    }
    let mut query = Parts::new(
        write.dialect,
        "select id, duty_id, entry_id, amount, happened, known, ended from credit \
         where institution_id = $1 and ended is null",
        args![write.institution],
    );
    query.one_of(
        " and ",
        "duty_id",
        pairs.iter().flat_map(|(a, b)| [a.0, b.0]).collect::<Vec<_>>().into_iter(),
    );
    let live = write.rows(&query.sql, query.args, credit).await?;
    let held: BTreeSet<(DutyId, EntryId)> = live.iter().map(|c| (c.duty, c.entry)).collect();
    let to: BTreeMap<DutyId, DutyId> = pairs.iter().copied().collect();
    let carried: Vec<Credit> = live
        .into_iter()
        .filter_map(|c| Some(Credit { id: CreditId::fresh(), duty: *to.get(&c.duty)?, ..c }))
        .filter(|c| !held.contains(&(c.duty, c.entry)))
        .collect();
    write.insert_credits(&carried).await?;
    Ok(())
}

/// Of these people, those of whom a duty says something that a write did not make, or that was not there only for it: one
/// that counts, or about which something was asked.
pub(crate) async fn named_by_duties(
    write: &Write,
    people: &BTreeSet<PersonId>,
    moved: &Moved,
) -> Result<BTreeSet<PersonId>, StoreError> {
    let mut query = Parts::new(
        write.dialect,
        "select d.id, d.person_id, d.dropped, cast(case when exists (select 1 from credit c where c.institution_id = \
         d.institution_id and c.duty_id = d.id) or exists (select 1 from request r where r.institution_id = \
         d.institution_id and r.duty_id = d.id) then 1 else 0 end as bigint) from duty d where d.institution_id = $1",
        args![write.institution],
    );
    query.one_of(" and ", "d.person_id", people.iter().map(|p| p.0));
    let made: BTreeSet<DutyId> = moved.made.iter().copied().collect();
    let rows = write
        .rows(&query.sql, query.args, |c| {
            Ok((c.get::<DutyId>()?, c.get::<PersonId>()?, c.opt::<Date>()?, c.get::<i64>()? > 0))
        })
        .await?;
    Ok(rows
        .into_iter()
        .filter(|(id, _, dropped, used)| !made.contains(id) || dropped.is_some() || *used)
        .map(|(_, person, ..)| person)
        .collect())
}

/// Takes back what followed for these people: what it made and nobody has used ends, what it ended is asked again.
pub(crate) async fn take_back(
    write: &Write,
    people: &BTreeSet<PersonId>,
    moved: &Moved,
) -> Result<(), StoreError> {
    let Some(day) = moved.day.filter(|_| !people.is_empty()) else { return Ok(()) };
    let named = moved.drop.iter().chain(&moved.made).map(|d| d.0).collect::<Vec<_>>();
    if named.is_empty() {
        return Ok(());
    }
    let mut query = Parts::new(
        write.dialect,
        "select id, person_id, dropped from duty where institution_id = $1",
        args![write.institution],
    );
    query.one_of(" and ", "id", named.into_iter());
    let stand: BTreeMap<DutyId, Option<Date>> = write
        .rows(&query.sql, query.args, |c| Ok((c.get()?, c.opt::<PersonId>()?, c.opt::<Date>()?)))
        .await?
        .into_iter()
        .filter(|(_, person, _)| person.is_some_and(|p| people.contains(&p)))
        .map(|(id, _, dropped)| (id, dropped))
        .collect();
    let of = |list: &[DutyId], wanted: Option<Date>| -> Vec<DutyId> {
        list.iter().filter(|d| stand.get(d) == Some(&wanted)).copied().collect()
    };
    let again = of(&moved.drop, Some(day));
    let back: Vec<(DutyId, DutyId)> =
        moved.carry.iter().filter(|(old, _)| again.contains(old)).map(|(old, new)| (*new, *old)).collect();
    carry_credits(write, &back).await?;
    write.drop_duties(&of(&moved.made, None), day).await?;
    write.take_up_duties(&again, day).await
}
