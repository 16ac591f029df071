//! 学校事件: the days that were told, each in revisions that are appended only.

use jiff::Timestamp;
use jiff::civil::Date;
use model::{AccountId, InstitutionId, MomentId, UnitId};

use crate::{
    Act, Follows, Saved, Store, StoreError,
    row::{Columns, args},
    sql::Parts,
    write::Touches,
};

/// One revision of an occasion that was told: 党代会定在6月18日.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MomentTold {
    /// Identifier of the occasion.
    pub id: MomentId,
    /// Revision, from 1.
    pub revision: u32,
    /// The event's id in the rulebook, or the document's own words.
    pub event: String,
    /// The year whose plans hang on it.
    pub year: i16,
    /// The unit whose own it is; none for the whole institution's.
    pub unit: Option<UnitId>,
    /// The day; none when it was taken back.
    pub day: Option<Date>,
    /// What was said to it; may be empty.
    pub note: String,
    /// When it was told.
    pub at: Timestamp,
    /// By whom; none for the program itself.
    pub account: Option<AccountId>,
}

/// An occasion as somebody tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TellMoment {
    /// Identifier; made with the form, so that a form sent twice is told once.
    pub id: MomentId,
    /// The revision that the form shows; 0 for a new occasion.
    pub based_on: u32,
    /// The event's id in the rulebook, or the document's own words.
    pub event: String,
    /// The year whose plans hang on it.
    pub year: i16,
    /// The unit whose own it is; none for the whole institution's.
    pub unit: Option<UnitId>,
    /// The day; none to take it back.
    pub day: Option<Date>,
    /// What is to be said to it.
    pub note: String,
}

const TOLD: &str = "select id, revision, event, year, unit_id, day, note, at, account_id from moment \
                    where institution_id = $1";

fn told(c: &mut Columns<'_>) -> Result<MomentTold, StoreError> {
    Ok(MomentTold {
        id: c.get()?,
        revision: c.get()?,
        event: c.get()?,
        year: c.get()?,
        unit: c.opt()?,
        day: c.opt()?,
        note: c.get()?,
        at: c.get()?,
        account: c.opt()?,
    })
}

impl Store {
    /// Every revision of every occasion that was told for a year, or for all years; the revisions of one after another.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn moments(
        &self,
        institution: InstitutionId,
        year: Option<i16>,
    ) -> Result<Vec<MomentTold>, StoreError> {
        let mut query = Parts::new(self.dialect, TOLD, args![institution]);
        if let Some(year) = year {
            query.with(" and year = ", &year, "");
        }
        query.push(" order by id, revision");
        self.rows(&query.sql, query.args, told).await
    }

    /// Tells the day of an occasion, moves it or takes it back, with what follows for duties, in one transaction; `as_of` is the
    /// change number as of which that was worked out, `today` the day from which it is known.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when something was written after `as_of`; [`StoreError::NotFound`] when the occasion is not
    /// there or a duty that is to end has ended; [`StoreError::Constraint`] `moment_of_another` when the occasion is another
    /// event's, another year's or another unit's.
    pub async fn tell_moment(
        &self,
        institution: InstitutionId,
        tell: &TellMoment,
        follows: &Follows,
        today: Date,
        as_of: i64,
        act: &Act,
    ) -> Result<Saved<MomentTold>, StoreError> {
        let TellMoment { id, based_on, event, year, unit, day, note } = tell;
        let write = self.write(institution, act, Touches::Facts).await?;
        let newest = format!("{TOLD} and id = $2 order by revision desc limit 1");
        let stands = write.row(&newest, args![institution, id], told).await?;
        if stands.as_ref().map_or(0, |s| s.revision) != *based_on {
            let Some(stands) = stands else { return Err(StoreError::NotFound) };
            write.abandon().await?;
            let same = stands.revision == based_on + 1 && stands.day == *day && stands.note == *note;
            return Ok(if same { Saved::Already(stands) } else { Saved::Stale(stands) });
        }
        if stands.is_some_and(|s| (&s.event, s.year, s.unit) != (event, *year, *unit)) {
            return Err(StoreError::Constraint("moment_of_another".to_owned()));
        }
        write.follow(follows, today, as_of).await?;
        write
            .execute(
                "insert into moment (institution_id, id, revision, event, year, unit_id, day, note, at, account_id, \
                 address) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
                args![
                    institution,
                    id,
                    based_on + 1,
                    event,
                    year,
                    unit,
                    day,
                    note,
                    write.at,
                    write.account,
                    write.address
                ],
            )
            .await?;
        let saved = write.row(&newest, args![institution, id], told).await?.ok_or(StoreError::NotFound)?;
        write.commit().await?;
        Ok(Saved::Done(saved))
    }
}
