//! Changes of the organisation: units, people, posts and duties in one write, and all of it taken back in one.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::Date};
use model::{
    AccountId, AlsoAsked, BatchId, Duty, DutyId, DutySource, InstitutionId, UnitChange, UnitChangeId, UnitId,
};

use crate::{
    Act, PersonSave, Store, StoreError,
    following::{Moved, carry_credits, remake},
    organisation::{known_units, put_units},
    people,
    row::{Columns, args, to_json},
    sql::Parts,
    write::{Touches, Write},
};

/// A change with all that follows from it.
#[derive(Clone, Debug)]
pub struct UnitChangeSave {
    /// The change.
    pub change: UnitChange,
    /// The people who go to another branch or whose posts end, as they shall stand.
    pub people: Vec<PersonSave>,
    /// Duties that end with the day of the change.
    pub drop: Vec<DutyId>,
    /// Duties that are made, with what their obligations hang on.
    pub duties: Vec<(DutySource, Duty)>,
    /// What asks them besides.
    pub also: Vec<AlsoAsked>,
    /// Of an ended duty, the one made in its place for the same person: what was written down for the one counts for the
    /// other.
    pub carry: Vec<(DutyId, DutyId)>,
    /// The institution's change number as of which this was worked out.
    pub as_of: i64,
}

/// A change as it was made, and whether it was taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitChangeRow {
    /// The change.
    pub change: UnitChange,
    /// When it was made.
    pub at: Timestamp,
    /// By whom.
    pub account: Option<AccountId>,
    /// When it was taken back, and by whom.
    pub undone: Option<(Timestamp, Option<AccountId>)>,
}

const CHANGE: &str =
    "select body, at, account_id, undone_at, undone_by from unit_change where institution_id = $1";

fn change_row(c: &mut Columns<'_>) -> Result<UnitChangeRow, StoreError> {
    Ok(UnitChangeRow {
        change: c.json()?,
        at: c.get()?,
        account: c.opt()?,
        undone: {
            let (at, by): (Option<Timestamp>, Option<AccountId>) = (c.opt()?, c.opt()?);
            at.map(|at| (at, by))
        },
    })
}

fn refused(why: &str) -> StoreError {
    StoreError::Constraint(why.to_owned())
}

impl Store {
    /// Every change of the organisation in the order in which they were made, those that were taken back too.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn unit_changes(&self, institution: InstitutionId) -> Result<Vec<UnitChangeRow>, StoreError> {
        let text = format!("{CHANGE} order by at, id");
        self.rows(&text, args![institution], change_row).await
    }

    /// One change.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none.
    pub async fn unit_change(
        &self,
        institution: InstitutionId,
        id: UnitChangeId,
    ) -> Result<UnitChangeRow, StoreError> {
        let text = format!("{CHANGE} and id = $2");
        self.row(&text, args![institution, id], change_row).await?.ok_or(StoreError::NotFound)
    }

    /// Changes units with all that follows, all or nothing. Sent twice, it is done once.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when a unit, a person or a duty was changed since it was worked out.
    pub async fn change_units(
        &self,
        institution: InstitutionId,
        save: &UnitChangeSave,
        act: &Act,
    ) -> Result<(), StoreError> {
        let UnitChangeSave { change, people, drop, duties, also, carry, as_of } = save;
        let write = self.write(institution, act, Touches::Facts).await?;
        let there = write
            .row(
                "select id from unit_change where institution_id = $1 and id = $2",
                args![institution, change.id],
                |c| c.get::<UnitChangeId>(),
            )
            .await?;
        if there.is_some() {
            return write.abandon().await;
        }
        write.changes_org().await?;
        let known = known_units(&write).await?;
        let as_before = |u: &model::Unit| known.get(&u.id).is_some_and(|(now, _)| now == u);
        if write.change - 1 != *as_of || !change.before.iter().all(as_before) {
            return Err(StoreError::Conflict);
        }
        put_units(&write, &known, &change.after).await?;
        people::change(self, &write, people, Some(BatchId(change.id.0)), &|_| ()).await?;
        remake(&write, drop, duties, carry, change.day).await?;
        write.put_also(also).await?;
        let moved = Moved {
            drop: drop.clone(),
            made: duties.iter().map(|(_, d)| d.id).collect(),
            carry: carry.clone(),
            day: None,
        };
        write
            .execute(
                "insert into unit_change (institution_id, id, day, kind, body, duties, at, account_id, address) \
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                args![
                    institution,
                    change.id,
                    change.day,
                    change.kind.id(),
                    to_json(change)?,
                    to_json(&moved)?,
                    write.at,
                    write.account,
                    write.address
                ],
            )
            .await?;
        write.commit().await
    }

    /// Takes a change back: units, people, posts and duties stand again as before it. A unit that it founded was never
    /// there then, and stays in the books as such.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such change; [`StoreError::Conflict`] when it was taken back already;
    /// [`StoreError::Constraint`] `unit_change_later` when a later change rests on it, `unit_changed_since` when a unit was
    /// edited since, `unit_people_changed` when one of the people was, `unit_in_use` when somebody else belongs to a unit
    /// that it founded, `unit_has_records` when there are records of such a unit.
    pub async fn undo_unit_change(
        &self,
        institution: InstitutionId,
        id: UnitChangeId,
        note: &str,
        act: &Act,
    ) -> Result<UnitChange, StoreError> {
        let write = self.write(institution, act, Touches::Facts).await?;
        let (row, moved) = write
            .row(
                "select body, at, account_id, undone_at, undone_by, duties from unit_change \
                 where institution_id = $1 and id = $2",
                args![institution, id],
                |c| Ok((change_row(c)?, c.json::<Moved>()?)),
            )
            .await?
            .ok_or(StoreError::NotFound)?;
        if row.undone.is_some() {
            return Err(StoreError::Conflict);
        }
        write.changes_org().await?;
        let change = row.change;
        let text = format!("{CHANGE} and undone_at is null and (at, id) > ($2, $3)");
        let later = write.rows(&text, args![institution, row.at, id], change_row).await?;
        let mine = change.touches();
        if later.iter().any(|l| !l.change.touches().is_disjoint(&mine)) {
            return Err(refused("unit_change_later"));
        }
        let known = known_units(&write).await?;
        let as_after = |u: &model::Unit| known.get(&u.id).is_some_and(|(now, _)| now == u);
        if !change.after.iter().all(as_after) {
            return Err(refused("unit_changed_since"));
        }
        let mut units = change.before.clone();
        // First day and first day no more are one: it stood on no day.
        units.extend(change.founded().map(|u| model::Unit { dissolved: u.founded, ..u.clone() }));
        put_units(&write, &known, &units).await?;
        let undone = people::undo(&write, BatchId(id.0), &Moved::default(), note).await?;
        if !undone.left.is_empty() {
            return Err(refused("unit_people_changed"));
        }
        let founded: BTreeSet<UnitId> = change.founded().map(|u| u.id).collect();
        check_unused(&write, &founded).await?;
        carry_credits(&write, &moved.carry.iter().map(|(old, new)| (*new, *old)).collect::<Vec<_>>()).await?;
        write.drop_duties(&moved.made, change.day).await?;
        write.take_up_duties(&moved.drop, change.day).await?;
        write
            .execute(
                "update unit_change set undone_at = $3, undone_by = $4 where institution_id = $1 and id = $2",
                args![institution, id, write.at, write.account],
            )
            .await?;
        write.commit().await?;
        Ok(change)
    }

    /// How many records that were not withdrawn these units have: all, and those of `from` or later.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn records_of_units(
        &self,
        institution: InstitutionId,
        units: &BTreeSet<UnitId>,
        from: Date,
    ) -> Result<(u64, u64), StoreError> {
        let mut query = Parts::new(
            self.dialect,
            "select cast(count(*) as bigint), cast(coalesce(sum(case when day >= $2 then 1 else 0 end), 0) as bigint) \
             from entry where institution_id = $1",
            args![institution, from],
        );
        query.one_of(" and ", "unit_id", units.iter().map(|u| u.0));
        query.push(" and withdrawn = false");
        let count = |n: i64| u64::try_from(n).unwrap_or(0);
        let found = self.row(&query.sql, query.args, |c| Ok((c.get::<i64>()?, c.get::<i64>()?))).await?;
        Ok(found.map_or((0, 0), |(all, late)| (count(all), count(late))))
    }
}

/// That nobody belongs to these units and nothing was recorded by them.
async fn check_unused(write: &Write, units: &BTreeSet<UnitId>) -> Result<(), StoreError> {
    let tables = [
        ("entry", "unit_id", " and withdrawn = false", "unit_has_records"),
        ("membership", "branch_id", "", "unit_in_use"),
        ("membership", "group_id", "", "unit_in_use"),
        ("post", "unit_id", "", "unit_in_use"),
        ("unit", "parent_id", " and (dissolved is null or dissolved <> founded)", "unit_in_use"),
    ];
    if units.is_empty() {
        return Ok(());
    }
    for (table, column, only, why) in tables {
        let text = format!("select 1 + 0 from {table} where institution_id = $1");
        let mut query = Parts::new(write.dialect, &text, args![write.institution]);
        query.one_of(" and ", column, units.iter().map(|u| u.0));
        query.push(only);
        query.push(" limit 1");
        if write.row(&query.sql, query.args, |_| Ok(())).await?.is_some() {
            return Err(refused(why));
        }
    }
    Ok(())
}
