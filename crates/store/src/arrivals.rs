//! 签到: that somebody came to a meeting, for as long as it lasts. No place, no device, no time of day.

use jiff::Timestamp;
use model::{AccountId, ArrivalId, InstitutionId, PersonId, UnitId};

use crate::{
    Act, Store, StoreError,
    row::{Columns, args, to_json},
    write::Touches,
};

/// A meeting at which people say that they came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrivals {
    /// Identifier.
    pub id: ArrivalId,
    /// Whose meeting.
    pub unit: UnitId,
    /// Who opened it.
    pub account: AccountId,
    /// What it is called.
    pub title: String,
    /// Key of the draft into which the arrivals go.
    pub draft: String,
    /// Whose arrival is noted: those who are due.
    pub due: Vec<PersonId>,
    /// When it ends by itself.
    pub ends_at: Timestamp,
}

fn arrivals(c: &mut Columns<'_>) -> Result<Arrivals, StoreError> {
    Ok(Arrivals {
        id: c.get()?,
        unit: c.get()?,
        account: c.get()?,
        title: c.get()?,
        draft: c.get()?,
        due: c.json()?,
        ends_at: c.get()?,
    })
}

const ARRIVALS: &str = "id, unit_id, account_id, title, draft, due, ends_at";

impl Store {
    /// Opens one.
    ///
    /// # Errors
    /// When the store cannot write.
    pub async fn open_arrivals(
        &self,
        institution: InstitutionId,
        new: &Arrivals,
        act: &Act,
    ) -> Result<(), StoreError> {
        let write = self.write(institution, act, Touches::Other).await?;
        write
            .execute(
                "insert into arrival_list (institution_id, id, unit_id, account_id, title, draft, due, ends_at) \
                 values ($1, $2, $3, $4, $5, $6, $7, $8)",
                args![
                    institution, new.id, new.unit, new.account, new.title, new.draft, to_json(&new.due)?, new.ends_at
                ],
            )
            .await?;
        write.commit().await
    }

    /// One that was not closed.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none.
    pub async fn arrivals(&self, institution: InstitutionId, id: ArrivalId) -> Result<Arrivals, StoreError> {
        let text = format!("select {ARRIVALS} from arrival_list where institution_id = $1 and id = $2");
        self.row(&text, args![institution, id], arrivals).await?.ok_or(StoreError::NotFound)
    }

    /// The one that this account opened for this draft, if it was not closed.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn arrivals_of_draft(
        &self,
        institution: InstitutionId,
        account: AccountId,
        draft: &str,
    ) -> Result<Option<Arrivals>, StoreError> {
        let text = format!(
            "select {ARRIVALS} from arrival_list where institution_id = $1 and account_id = $2 and draft = $3"
        );
        self.row(&text, args![institution, account, draft], arrivals).await
    }

    /// Notes that somebody came; again changes nothing. No audit line: it would hold the time of day.
    ///
    /// # Errors
    /// When the store cannot write.
    pub async fn arrive(
        &self,
        institution: InstitutionId,
        id: ArrivalId,
        person: PersonId,
    ) -> Result<(), StoreError> {
        self.local(
            "insert into arrival (institution_id, list_id, person_id) values ($1, $2, $3) \
             on conflict (institution_id, list_id, person_id) do nothing",
            args![institution, id, person],
        )
        .await
        .map(|_| ())
    }

    /// Who came, in no order that tells when.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn arrived(
        &self,
        institution: InstitutionId,
        id: ArrivalId,
    ) -> Result<Vec<PersonId>, StoreError> {
        self.rows(
            "select person_id from arrival where institution_id = $1 and list_id = $2 order by person_id",
            args![institution, id],
            |c| c.get(),
        )
        .await
    }

    /// Closes one: what is left of it is in the record.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none.
    pub async fn close_arrivals(
        &self,
        institution: InstitutionId,
        id: ArrivalId,
        act: &Act,
    ) -> Result<(), StoreError> {
        let write = self.write(institution, act, Touches::Other).await?;
        let who = "delete from arrival where institution_id = $1 and list_id = $2";
        write.execute(who, args![institution, id]).await?;
        let what = "delete from arrival_list where institution_id = $1 and id = $2";
        if write.execute(what, args![institution, id]).await? == 0 {
            write.abandon().await?;
            return Err(StoreError::NotFound);
        }
        write.commit().await
    }
}
