//! What people ask the Party office for: corrections of what is held about them. And what the office asks the
//! administrators for: accounts.

use jiff::Timestamp;
use model::{AccountId, CorrectionId, GrantId, InstitutionId, PersonId, RequestId, Role, UnitId};
use serde::{Deserialize, Serialize};

use crate::{
    Act, Store, StoreError,
    act::Touches,
    row::{Columns, args},
    seal::Sealed,
    sql::insert_all,
};

use super::secret::{belongs, sealed};

/// How far a correction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CorrectionState {
    /// Waits for the office.
    Open,
    /// Put right.
    Done,
    /// Not put right; the remark says why.
    Refused,
}

/// 更正申请.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// Identifier.
    pub id: CorrectionId,
    /// About whom.
    pub person: PersonId,
    /// The account that asked.
    pub asked_by: AccountId,
    /// When.
    pub asked_at: Timestamp,
    /// What is wrong and what it should be; kept sealed, for it may name a number.
    pub words: String,
    /// How far it is.
    pub state: CorrectionState,
    /// Who decided, when.
    pub decided: Option<(Timestamp, Option<AccountId>)>,
    /// What the office says.
    pub remark: String,
}

/// 开户申请: an account with a role that the Party office asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRequest {
    /// Identifier.
    pub id: RequestId,
    /// For whom.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// Their number, which becomes the login.
    pub number: String,
    /// The role.
    pub role: Role,
    /// Over which unit.
    pub unit: UnitId,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// The account, once it is there.
    pub account: Option<AccountId>,
}

const CORRECTION: &str =
    "id, person_id, asked_by, asked_at, sealed_key, sealed_by, sealed, state, decided_at, decided_by, remark";

impl Store {
    /// Asks for a correction.
    ///
    /// # Errors
    /// [`StoreError::Constraint`] `foreign_key` when there is no such person.
    pub async fn ask_correction(
        &self,
        institution: InstitutionId,
        correction: &Correction,
        act: &Act,
    ) -> Result<(), StoreError> {
        let Correction { id, person, asked_by, asked_at, words, .. } = correction;
        let Sealed { key, by, bytes } =
            self.drawer()?.seal(words.as_bytes(), &belongs(institution, id.0, "correction"))?;
        let write = self.write(institution, act, Touches::Other).await?;
        write
            .execute(
                "insert into correction (institution_id, id, person_id, asked_by, asked_at, sealed_key, sealed_by, sealed, \
                 state, remark) values ($1, $2, $3, $4, $5, $6, $7, $8, 'open', '')",
                args![institution, id, person, asked_by, asked_at, key, by, bytes],
            )
            .await?;
        write.commit().await
    }

    /// Corrections that were asked for: those that wait, oldest first, or all of one person, newest first.
    ///
    /// # Errors
    /// When the store cannot read or a value does not open.
    pub async fn corrections(
        &self,
        institution: InstitutionId,
        person: Option<PersonId>,
    ) -> Result<Vec<Correction>, StoreError> {
        let head = format!("select {CORRECTION} from correction where institution_id = $1");
        let (text, values) = match person {
            Some(person) => {
                (format!("{head} and person_id = $2 order by asked_at desc, id"), args![institution, person])
            }
            None => (format!("{head} and state = 'open' order by asked_at, id"), args![institution]),
        };
        let drawer = self.drawer()?;
        let read = |c: &mut Columns<'_>| {
            let id: CorrectionId = c.get()?;
            let (person, asked_by, asked_at) = (c.get()?, c.get()?, c.get()?);
            let words = drawer.open(&sealed(c)?, &belongs(institution, id.0, "correction"))?;
            Ok(Correction {
                id,
                person,
                asked_by,
                asked_at,
                words: String::from_utf8_lossy(&words).into_owned(),
                state: c.word()?,
                decided: {
                    let (at, by): (Option<Timestamp>, Option<AccountId>) = (c.opt()?, c.opt()?);
                    at.map(|at| (at, by))
                },
                remark: c.get()?,
            })
        };
        self.rows(&text, values, read).await
    }

    /// Decides on a correction.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it waits no more.
    pub async fn decide_correction(
        &self,
        institution: InstitutionId,
        id: CorrectionId,
        done: bool,
        remark: &str,
        act: &Act,
    ) -> Result<(), StoreError> {
        let write = self.write(institution, act, Touches::Other).await?;
        let touched = write
            .execute(
                "update correction set state = $3, decided_by = $4, decided_at = $5, remark = $6 \
                 where institution_id = $1 and id = $2 and state = 'open'",
                args![
                    institution,
                    id,
                    if done { "done" } else { "refused" },
                    write.account,
                    write.at,
                    remark
                ],
            )
            .await?;
        if touched == 0 {
            return Err(StoreError::Conflict);
        }
        write.commit().await
    }

    /// Asks the administrators for accounts with roles: (person, role, unit); what waits already is not asked twice. How
    /// many were new.
    ///
    /// # Errors
    /// [`StoreError::Constraint`] `foreign_key` when a person or unit is not there.
    pub async fn ask_accounts(
        &self,
        institution: InstitutionId,
        wanted: &[(PersonId, Role, UnitId)],
        act: &Act,
    ) -> Result<usize, StoreError> {
        let Some(by) = act.account else { return Err(StoreError::NotFound) };
        let waiting = self.account_requests(institution).await?;
        let fresh: Vec<_> = wanted
            .iter()
            .filter(|(p, r, u)| waiting.iter().all(|w| (w.person, w.role, w.unit) != (*p, *r, *u)))
            .map(|w| (RequestId::fresh(), w))
            .collect();
        if fresh.is_empty() {
            return Ok(0);
        }
        let write = self.write(institution, act, Touches::Other).await?;
        insert_all(
            &write.tx,
            "insert into account_request (institution_id, id, person_id, role, unit_id, asked_by, asked_at)",
            "",
            7,
            &fresh,
            |(id, (person, role, unit))| Ok(args![institution, id, person, role.id(), unit, by, write.at]),
        )
        .await?;
        write.commit().await?;
        Ok(fresh.len())
    }

    /// Accounts that the office waits for, with or without an account yet, oldest first. Somebody who has an account by
    /// now has it here, whoever opened it.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn account_requests(
        &self,
        institution: InstitutionId,
    ) -> Result<Vec<AccountRequest>, StoreError> {
        self.rows(
            "select r.id, r.person_id, q.name, q.number, r.role, r.unit_id, r.asked_at, a.id from account_request r \
             join person q on q.institution_id = r.institution_id and q.id = r.person_id \
             left join account a on a.institution_id = r.institution_id and a.person_id = r.person_id and a.disabled_at is null \
             where r.institution_id = $1 and r.granted_at is null and r.dropped_at is null order by r.asked_at, r.id",
            args![institution],
            |c| {
                Ok(AccountRequest {
                    id: c.get()?,
                    person: c.get()?,
                    name: c.get()?,
                    number: c.get()?,
                    role: {
                        let id: String = c.get()?;
                        Role::from_id(&id).ok_or_else(|| StoreError::Internal(format!("unknown role {id}")))?
                    },
                    unit: c.get()?,
                    asked_at: c.get()?,
                    account: c.opt()?,
                })
            },
        )
        .await
    }

    /// Gives the roles that were asked for to accounts that are there, all or none: (request, grant, account, role, unit).
    ///
    /// # Errors
    /// As [`Store::grant`]; [`StoreError::Conflict`] when one of them waits no more.
    pub async fn grant_requested(
        &self,
        institution: InstitutionId,
        wanted: &[(RequestId, GrantId, AccountId, Role, UnitId)],
        act: &Act,
    ) -> Result<(), StoreError> {
        let write = self.write(institution, act, Touches::Other).await?;
        for (request, id, account, role, unit) in wanted {
            let touched = write
                .execute(
                    "update account_request set granted_at = $3, account_id = $4 \
                     where institution_id = $1 and id = $2 and granted_at is null and dropped_at is null",
                    args![institution, request, write.at, account],
                )
                .await?;
            if touched == 0 {
                return Err(StoreError::Conflict);
            }
            crate::accounts::give(&write, *id, *account, *role, *unit).await?;
        }
        write.commit().await
    }

    /// Takes a request back.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it waits no more.
    pub async fn drop_request(
        &self,
        institution: InstitutionId,
        id: RequestId,
        act: &Act,
    ) -> Result<(), StoreError> {
        let write = self.write(institution, act, Touches::Other).await?;
        let touched = write
            .execute(
                "update account_request set dropped_at = $3 where institution_id = $1 and id = $2 \
                 and granted_at is null and dropped_at is null",
                args![institution, id, write.at],
            )
            .await?;
        if touched == 0 {
            return Err(StoreError::Conflict);
        }
        write.commit().await
    }
}
