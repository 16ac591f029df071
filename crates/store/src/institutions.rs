//! Institutions, their settings, their running numbers, and the drafts of forms.

use jiff::Timestamp;
use model::{AccountId, InstitutionId};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Act, Store, StoreError,
    act::Saved,
    audit,
    row::{args, from_json, to_json},
    sql,
    write::Touches,
};

/// 学校（单位）.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Institution {
    /// Identifier.
    pub id: InstitutionId,
    /// Name.
    pub name: String,
    /// Number of the last change to what standing rests on: what was computed from it holds while it stays.
    pub changed: i64,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Numbers of the last changes to an institution: what was read at the same numbers holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changes {
    /// To what standing rests on.
    pub facts: i64,
    /// To its name, units, calendar and other settings.
    pub org: i64,
}

/// One setting as it stands: a JSON value under a key (`calendar`, `exempt-months`, `soon-days`).
#[derive(Clone, Debug, PartialEq)]
pub struct Setting<T> {
    /// Its value.
    pub value: T,
    /// Its revision, from 1.
    pub revision: u32,
    /// When it was set.
    pub at: Timestamp,
    /// By whom.
    pub account: Option<AccountId>,
}

/// What somebody has typed and not sent yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// Which form: `entry/<id>`.
    pub key: String,
    /// What was typed, JSON.
    pub body: serde_json::Value,
    /// When it was last kept.
    pub at: Timestamp,
}

impl Store {
    /// Makes an institution; its audit chain begins with `act`.
    ///
    /// # Errors
    /// [`StoreError::Constraint`] `institution_pkey` when the id is taken.
    pub async fn create_institution(
        &self,
        id: InstitutionId,
        name: &str,
        act: &Act,
    ) -> Result<(), StoreError> {
        let tx = self.transaction().await?;
        sql::execute(
            &tx,
            "insert into institution (id, name, changed, audit_seq, audit_hash, created_at) values ($1, $2, 0, 1, $3, $4)",
            args![id, name, &audit::GENESIS[..], act.at],
        )
        .await?;
        audit::append(&tx, id, 1, &audit::GENESIS, act).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Changes an institution's name.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such institution.
    pub async fn rename_institution(
        &self,
        id: InstitutionId,
        name: &str,
        act: &Act,
    ) -> Result<(), StoreError> {
        let write = self.write(id, act, Touches::Other).await?;
        write
            .execute(
                "update institution set name = $2, org_changed = org_changed + 1 where id = $1",
                args![id, name],
            )
            .await?;
        write.commit().await
    }

    /// Every institution of this server, oldest first.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn institutions(&self) -> Result<Vec<Institution>, StoreError> {
        self.rows("select id, name, changed, created_at from institution order by id", vec![], |c| {
            Ok(Institution { id: c.get()?, name: c.get()?, changed: c.get()?, created_at: c.get()? })
        })
        .await
    }

    /// One institution.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such institution.
    pub async fn institution(&self, id: InstitutionId) -> Result<Institution, StoreError> {
        self.row("select name, changed, created_at from institution where id = $1", args![id], |c| {
            Ok(Institution { id, name: c.get()?, changed: c.get()?, created_at: c.get()? })
        })
        .await?
        .ok_or(StoreError::NotFound)
    }

    /// The institution's change number: one look-up by key, cheap enough for every request.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such institution.
    pub async fn change_number(&self, id: InstitutionId) -> Result<i64, StoreError> {
        self.row("select changed from institution where id = $1", args![id], |c| c.get())
            .await?
            .ok_or(StoreError::NotFound)
    }

    /// Both change numbers of the institution, of the same moment and as cheap as one.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such institution.
    pub async fn changes(&self, id: InstitutionId) -> Result<Changes, StoreError> {
        self.row("select changed, org_changed from institution where id = $1", args![id], |c| {
            Ok(Changes { facts: c.get()?, org: c.get()? })
        })
        .await?
        .ok_or(StoreError::NotFound)
    }

    /// How many writes the institution has seen, of whatever kind: what was read at one number need not be read again
    /// before the next.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such institution.
    pub async fn writes(&self, id: InstitutionId) -> Result<i64, StoreError> {
        self.row("select audit_seq from institution where id = $1", args![id], |c| c.get())
            .await?
            .ok_or(StoreError::NotFound)
    }

    /// A setting as it stands; none when it was never set.
    ///
    /// # Errors
    /// [`StoreError::Internal`] when the stored value is not a `T`.
    pub async fn setting<T: DeserializeOwned>(
        &self,
        institution: InstitutionId,
        key: &str,
    ) -> Result<Option<Setting<T>>, StoreError> {
        self.row(
            "select body, revision, at, account_id from setting where institution_id = $1 and key = $2 \
             order by revision desc limit 1",
            args![institution, key],
            |c| Ok(Setting { value: c.json()?, revision: c.get()?, at: c.get()?, account: c.opt()? }),
        )
        .await
    }

    /// Every value that a setting has had, newest first.
    ///
    /// # Errors
    /// [`StoreError::Internal`] when a stored value is not a `T`.
    pub async fn setting_history<T: DeserializeOwned>(
        &self,
        institution: InstitutionId,
        key: &str,
    ) -> Result<Vec<Setting<T>>, StoreError> {
        self.rows(
            "select body, revision, at, account_id from setting where institution_id = $1 and key = $2 \
             order by revision desc",
            args![institution, key],
            |c| Ok(Setting { value: c.json()?, revision: c.get()?, at: c.get()?, account: c.opt()? }),
        )
        .await
    }

    /// Sets a setting, when it is still at revision `based_on` (0: never set). The values before it are kept.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such institution.
    pub async fn save_setting<T: Serialize + DeserializeOwned>(
        &self,
        institution: InstitutionId,
        key: &str,
        based_on: u32,
        value: T,
        act: &Act,
    ) -> Result<Saved<Setting<T>>, StoreError> {
        let write = self.write(institution, act, Touches::Other).await?;
        let newest = write
            .row(
                "select body, revision, at, account_id from setting where institution_id = $1 and key = $2 \
                 order by revision desc limit 1",
                args![institution, key],
                |c| Ok((c.get::<String>()?, c.get::<u32>()?, c.get()?, c.opt()?)),
            )
            .await?;
        let body = to_json(&value)?;
        if let Some((stands, revision, at, account)) = newest
            && revision != based_on
        {
            write.abandon().await?;
            let same = stands == body;
            let stands = Setting { value: from_json(&stands)?, revision, at, account };
            return Ok(if same { Saved::Already(stands) } else { Saved::Stale(stands) });
        }
        let revision = based_on + 1;
        write.changes_org().await?;
        write
            .execute(
                "insert into setting (institution_id, key, revision, body, at, account_id, address) \
                 values ($1, $2, $3, $4, $5, $6, $7)",
                args![institution, key, revision, body, write.at, write.account, write.address],
            )
            .await?;
        let at = write.at;
        write.commit().await?;
        Ok(Saved::Done(Setting { value, revision, at, account: act.account }))
    }

    /// The next running number of a kind in a year (〔2026〕12号), from 1, without gaps.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such institution.
    pub async fn next_number(
        &self,
        institution: InstitutionId,
        kind: &str,
        year: i16,
        act: &Act,
    ) -> Result<i64, StoreError> {
        let write = self.write(institution, act, Touches::Other).await?;
        write
            .execute(
                "insert into counter (institution_id, kind, year, value) values ($1, $2, $3, 0) \
                 on conflict (institution_id, kind, year) do nothing",
                args![institution, kind, year],
            )
            .await?;
        let number = write
            .row(
                "update counter set value = value + 1 where institution_id = $1 and kind = $2 and year = $3 \
                 returning value",
                args![institution, kind, year],
                |c| c.get(),
            )
            .await?
            .ok_or(StoreError::NotFound)?;
        write.commit().await?;
        Ok(number)
    }

    /// Keeps what an account has typed into a form and not sent yet. Its own to lose: no audit line.
    ///
    /// # Errors
    /// When the store cannot write.
    pub async fn keep_draft(
        &self,
        institution: InstitutionId,
        account: AccountId,
        draft: &Draft,
    ) -> Result<(), StoreError> {
        self.local(
            "insert into draft (institution_id, account_id, key, body, at) values ($1, $2, $3, $4, $5) \
             on conflict (institution_id, account_id, key) do update set body = excluded.body, at = excluded.at",
            args![institution, account, draft.key, to_json(&draft.body)?, draft.at],
        )
        .await
        .map(|_| ())
    }

    /// How many drafts an account keeps.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn count_drafts(
        &self,
        institution: InstitutionId,
        account: AccountId,
    ) -> Result<u32, StoreError> {
        let text = "select count(*) from draft where institution_id = $1 and account_id = $2";
        let found = self.row(text, args![institution, account], |c| c.get::<u32>()).await?;
        Ok(found.unwrap_or(0))
    }

    /// A draft of an account's own.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn draft(
        &self,
        institution: InstitutionId,
        account: AccountId,
        key: &str,
    ) -> Result<Option<Draft>, StoreError> {
        self.row(
            "select key, body, at from draft where institution_id = $1 and account_id = $2 and key = $3",
            args![institution, account, key],
            |c| Ok(Draft { key: c.get()?, body: c.json()?, at: c.get()? }),
        )
        .await
    }

    /// Who else keeps a draft under this key since `since`, the newest first.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn others_drafts(
        &self,
        institution: InstitutionId,
        account: AccountId,
        key: &str,
        since: Timestamp,
    ) -> Result<Vec<(AccountId, Timestamp)>, StoreError> {
        self.rows(
            "select account_id, at from draft where institution_id = $1 and key = $2 and account_id <> $3 and at >= $4 \
             order by at desc",
            args![institution, key, account, since],
            |c| Ok((c.get()?, c.get()?)),
        )
        .await
    }

    /// Every draft of an account, newest first.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn drafts(
        &self,
        institution: InstitutionId,
        account: AccountId,
    ) -> Result<Vec<Draft>, StoreError> {
        self.rows(
            "select key, body, at from draft where institution_id = $1 and account_id = $2 order by at desc, key",
            args![institution, account],
            |c| Ok(Draft { key: c.get()?, body: c.json()?, at: c.get()? }),
        )
        .await
    }

    /// Throws a draft away: it was sent, or its owner does not want it.
    ///
    /// # Errors
    /// When the store cannot write.
    pub async fn drop_draft(
        &self,
        institution: InstitutionId,
        account: AccountId,
        key: &str,
    ) -> Result<(), StoreError> {
        self.local(
            "delete from draft where institution_id = $1 and account_id = $2 and key = $3",
            args![institution, account, key],
        )
        .await
        .map(|_| ())
    }
}
