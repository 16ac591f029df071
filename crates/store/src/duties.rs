//! Duties, and what moves them: waivers and extensions, asked for and decided.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::Date};
use model::{
    AccountId, Duty, DutyId, Extension, ExtensionId, InstitutionId, ObligationId, PersonId, UnitId, Waiver,
    WaiverId,
};

use crate::{
    Act, Scope, Store, StoreError,
    act::{Touches, Write},
    plans::expect_all,
    row::{Columns, args},
    sql::{Parts, insert_all},
};

/// Which duties are asked for. All that is set must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DutyFilter {
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

/// Something asked for, and what was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked<T> {
    /// The waiver or extension.
    pub what: T,
    /// The unit that owes the duty.
    pub unit: UnitId,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// The decision; none while it waits.
    pub decision: Option<Decision>,
}

/// A decision on a waiver or an extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether it was approved.
    pub approved: bool,
    /// By whom.
    pub by: AccountId,
    /// On which day.
    pub on: Date,
    /// When.
    pub at: Timestamp,
    /// What was said to it.
    pub remark: String,
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

/// What a member may see of duties: their unit's, and their own.
const MINE: &str = "d.person_id = $p";

const WAIVER: &str = "select w.id, w.duty_id, w.reason, w.asked_by, w.asked_at, w.approved, w.decided_by, w.decided_on, \
                      w.decided_at, w.remark, d.unit_id from waiver w join duty d \
                      on d.institution_id = w.institution_id and d.id = w.duty_id where w.institution_id = $1";

const EXTENSION: &str = "select w.id, w.duty_id, w.due, w.reason, w.asked_by, w.asked_at, w.approved, w.decided_by, \
                         w.decided_on, w.decided_at, w.remark, d.unit_id from extension w join duty d \
                         on d.institution_id = w.institution_id and d.id = w.duty_id where w.institution_id = $1";

fn decision(c: &mut Columns<'_>) -> Result<(Option<Decision>, UnitId), StoreError> {
    let (approved, by, on, at, remark) = (c.opt()?, c.opt()?, c.opt()?, c.opt()?, c.get()?);
    let decided = match (approved, by, on, at) {
        (Some(approved), Some(by), Some(on), Some(at)) => Some(Decision { approved, by, on, at, remark }),
        _ => None,
    };
    Ok((decided, c.get()?))
}

/// What the model knows of a decision: only an approval.
fn approval(decision: Option<&Decision>) -> Option<(AccountId, Date)> {
    decision.filter(|d| d.approved).map(|d| (d.by, d.on))
}

fn waiver(c: &mut Columns<'_>) -> Result<Asked<Waiver>, StoreError> {
    let (id, duty, reason, asked_by, asked_at) = (c.get()?, c.get()?, c.get()?, c.get()?, c.get()?);
    let (decision, unit) = decision(c)?;
    let what = Waiver { id, duty, reason, asked_by, approved: approval(decision.as_ref()) };
    Ok(Asked { what, unit, asked_at, decision })
}

fn extension(c: &mut Columns<'_>) -> Result<Asked<Extension>, StoreError> {
    let (id, duty, due, reason, asked_by, asked_at) =
        (c.get()?, c.get()?, c.get()?, c.get()?, c.get()?, c.get()?);
    let (decision, unit) = decision(c)?;
    let what = Extension { id, duty, reason, due, asked_by, approved: approval(decision.as_ref()) };
    Ok(Asked { what, unit, asked_at, decision })
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
        scope.narrow(&mut query, "d.unit_id", MINE);
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
            year,
            obligation,
            obligations,
            units,
            person,
            due_from,
            due_to,
            begun_by,
            dropped,
            after,
        } = filter;
        let mut query = Parts::new(self.dialect, DUTY, args![institution]);
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
        scope.narrow(&mut query, "d.unit_id", MINE);
        query.with(" order by d.due, d.id limit ", &limit, "");
        self.rows(&query.sql, query.args, duty).await
    }

    /// Asks that a duty be waived. Asked twice with the same id, it is asked once.
    ///
    /// # Errors
    /// [`StoreError::Constraint`] `foreign_key` when there is no such duty.
    pub async fn ask_waiver(
        &self,
        institution: InstitutionId,
        waiver: &Waiver,
        act: &Act,
    ) -> Result<(), StoreError> {
        let Waiver { id, duty, reason, asked_by, approved: _ } = waiver;
        let write = self.write(institution, act, Touches::Other).await?;
        let new = write
            .execute(
                "insert into waiver (institution_id, id, duty_id, reason, asked_by, asked_at, remark) \
                 values ($1, $2, $3, $4, $5, $6, '') on conflict (institution_id, id) do nothing",
                args![institution, id, duty, reason, asked_by, write.at],
            )
            .await?;
        if new == 0 { write.abandon().await } else { write.commit().await }
    }

    /// Asks that a duty be due later. Asked twice with the same id, it is asked once.
    ///
    /// # Errors
    /// [`StoreError::Constraint`] `foreign_key` when there is no such duty.
    pub async fn ask_extension(
        &self,
        institution: InstitutionId,
        extension: &Extension,
        act: &Act,
    ) -> Result<(), StoreError> {
        let Extension { id, duty, reason, due, asked_by, approved: _ } = extension;
        let write = self.write(institution, act, Touches::Other).await?;
        let new = write
            .execute(
                "insert into extension (institution_id, id, duty_id, due, reason, asked_by, asked_at, remark) \
                 values ($1, $2, $3, $4, $5, $6, $7, '') on conflict (institution_id, id) do nothing",
                args![institution, id, duty, due, reason, asked_by, write.at],
            )
            .await?;
        if new == 0 { write.abandon().await } else { write.commit().await }
    }

    /// Takes requests over as they are, with what was decided about them, all or none; for sample data and for moving in
    /// from elsewhere. Their ids must be new; the unit of each is looked up from its duty, not from here.
    ///
    /// # Errors
    /// [`StoreError::Constraint`] `waiver_pkey` or `extension_pkey` when one is there already, `foreign_key` when there
    /// is no such duty.
    pub async fn import_requests(
        &self,
        institution: InstitutionId,
        waivers: &[Asked<Waiver>],
        extensions: &[Asked<Extension>],
        act: &Act,
    ) -> Result<(), StoreError> {
        let write = self.write(institution, act, Touches::Facts).await?;
        insert_all(
            &write.tx,
            "insert into waiver (institution_id, id, duty_id, reason, asked_by, asked_at, approved, decided_by, \
             decided_on, decided_at, remark)",
            "",
            11,
            waivers,
            |w| {
                let Waiver { id, duty, reason, asked_by, approved: _ } = &w.what;
                let mut row = args![institution, id, duty, reason, asked_by, w.asked_at];
                row.extend(decided(w.decision.as_ref()));
                Ok(row)
            },
        )
        .await?;
        insert_all(
            &write.tx,
            "insert into extension (institution_id, id, duty_id, due, reason, asked_by, asked_at, approved, decided_by, \
             decided_on, decided_at, remark)",
            "",
            12,
            extensions,
            |e| {
                let Extension { id, duty, reason, due, asked_by, approved: _ } = &e.what;
                let mut row = args![institution, id, duty, due, reason, asked_by, e.asked_at];
                row.extend(decided(e.decision.as_ref()));
                Ok(row)
            },
        )
        .await?;
        let touched: Vec<DutyId> =
            (waivers.iter().map(|w| w.what.duty)).chain(extensions.iter().map(|e| e.what.duty)).collect();
        write.touch_duties(&touched).await?;
        write.commit().await
    }

    /// Decides on a waiver, on the day `on`.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it has been decided already; [`StoreError::NotFound`] when there is none.
    pub async fn decide_waiver(
        &self,
        institution: InstitutionId,
        id: WaiverId,
        decision: &Decision,
        act: &Act,
    ) -> Result<(), StoreError> {
        let write = self.write(institution, act, Touches::Facts).await?;
        decide(write, "waiver", id.0, decision).await
    }

    /// Decides on an extension, on the day `on`.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it has been decided already; [`StoreError::NotFound`] when there is none.
    pub async fn decide_extension(
        &self,
        institution: InstitutionId,
        id: ExtensionId,
        decision: &Decision,
        act: &Act,
    ) -> Result<(), StoreError> {
        let write = self.write(institution, act, Touches::Facts).await?;
        decide(write, "extension", id.0, decision).await
    }

    /// Waivers of the units of the scope, oldest first: of one duty, or only those that wait, or all.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn waivers(
        &self,
        institution: InstitutionId,
        scope: &Scope,
        duty: Option<DutyId>,
        only_waiting: bool,
    ) -> Result<Vec<Asked<Waiver>>, StoreError> {
        let query = self.asked(WAIVER, institution, scope, duty, only_waiting);
        self.rows(&query.sql, query.args, waiver).await
    }

    /// Extensions of the units of the scope, oldest first: of one duty, or only those that wait, or all.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn extensions(
        &self,
        institution: InstitutionId,
        scope: &Scope,
        duty: Option<DutyId>,
        only_waiting: bool,
    ) -> Result<Vec<Asked<Extension>>, StoreError> {
        let query = self.asked(EXTENSION, institution, scope, duty, only_waiting);
        self.rows(&query.sql, query.args, extension).await
    }

    fn asked(
        &self,
        text: &str,
        institution: InstitutionId,
        scope: &Scope,
        duty: Option<DutyId>,
        only_waiting: bool,
    ) -> Parts {
        let mut query = Parts::new(self.dialect, text, args![institution]);
        if let Some(duty) = duty {
            query.with(" and w.duty_id = ", &duty, "");
        }
        if only_waiting {
            query.push(" and w.approved is null");
        }
        scope.narrow(&mut query, "d.unit_id", MINE);
        query.push(" order by w.id");
        query
    }
}

/// The columns of a decision, in the order of the tables; empty ones while it waits.
fn decided(decision: Option<&Decision>) -> Vec<sea_orm::Value> {
    let remark = decision.map_or("", |d| d.remark.as_str());
    args![
        decision.map(|d| d.approved),
        decision.map(|d| d.by),
        decision.map(|d| d.on),
        decision.map(|d| d.at),
        remark,
    ]
}

async fn decide(write: Write, table: &str, id: uuid::Uuid, decision: &Decision) -> Result<(), StoreError> {
    let Decision { approved, by, on, at, remark } = decision;
    let id = DutyId(id);
    let text = format!("select duty_id, approved from {table} where institution_id = $1 and id = $2");
    let found = write
        .row(&text, args![write.institution, id], |c| Ok((c.get::<DutyId>()?, c.opt::<bool>()?)))
        .await?;
    let (duty, before) = found.ok_or(StoreError::NotFound)?;
    if before.is_some() {
        return Err(StoreError::Conflict);
    }
    let text = format!(
        "update {table} set approved = $3, decided_by = $4, decided_on = $5, decided_at = $6, remark = $7 \
         where institution_id = $1 and id = $2"
    );
    write.execute(&text, args![write.institution, id, approved, by, on, at, remark]).await?;
    write.touch_duties(&[duty]).await?;
    write.commit().await
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
