//! Accounts and what they may do. Passwords come hashed (PHC strings); hashing is the server's.

use jiff::Timestamp;
use model::{AccountId, GrantId, InstitutionId, PersonId, Role, UnitId};

use crate::search::text::narrow;
use crate::{
    Act, Store, StoreError,
    row::{Columns, args},
    tally::Kept,
    write::{Touches, Write},
};

/// 账号.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Its institution.
    pub institution: InstitutionId,
    /// Identifier.
    pub id: AccountId,
    /// Whose, when it is somebody on the roster.
    pub person: Option<PersonId>,
    /// The name to sign in with; unique on the server.
    pub login: String,
    /// The name to show.
    pub name: String,
    /// Hash of the password, a PHC string; empty until it has been set.
    pub password: String,
    /// When the password was last set.
    pub password_at: Option<Timestamp>,
    /// When it was disabled; none while it may sign in.
    pub disabled_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Neither hash nor person belong into a log.
        f.debug_struct("Account").field("id", &self.id).field("login", &self.login).finish_non_exhaustive()
    }
}

/// An account that is to be made.
#[derive(Clone)]
pub struct NewAccount {
    /// Identifier.
    pub id: AccountId,
    /// Whose, when it is somebody on the roster.
    pub person: Option<PersonId>,
    /// The name to sign in with; kept in lower case.
    pub login: String,
    /// The name to show.
    pub name: String,
    /// Hash of the password, a PHC string; empty when a set-up link will set it.
    pub password: String,
}

/// 授权: one role over one unit and all below it, for a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Identifier.
    pub id: GrantId,
    /// To whom.
    pub account: AccountId,
    /// What.
    pub role: Role,
    /// Over which unit and its subtree.
    pub unit: UnitId,
    /// When it was given, by whom.
    pub granted: (Timestamp, Option<AccountId>),
    /// When it was taken back, by whom; none while it holds.
    pub ended: Option<(Timestamp, Option<AccountId>)>,
}

const ACCOUNT: &str =
    "institution_id, id, person_id, login, name, password, password_at, disabled_at, created_at";

fn account(c: &mut Columns<'_>) -> Result<Account, StoreError> {
    Ok(Account {
        institution: c.get()?,
        id: c.get()?,
        person: c.opt()?,
        login: c.get()?,
        name: c.get()?,
        password: c.get()?,
        password_at: c.opt()?,
        disabled_at: c.opt()?,
        created_at: c.get()?,
    })
}

const GRANT: &str = "id, account_id, role, unit_id, granted_at, granted_by, ended_at, ended_by";

fn grant(c: &mut Columns<'_>) -> Result<Grant, StoreError> {
    Ok(Grant {
        id: c.get()?,
        account: c.get()?,
        role: {
            let id: String = c.get()?;
            Role::from_id(&id).ok_or_else(|| StoreError::Internal(format!("unknown role {id}")))?
        },
        unit: c.get()?,
        granted: (c.get()?, c.opt()?),
        ended: {
            let (at, by): (Option<Timestamp>, Option<AccountId>) = (c.opt()?, c.opt()?);
            at.map(|at| (at, by))
        },
    })
}

/// A login as it is kept and compared: without case, without spaces around it, full-width letters and digits as half-width.
#[must_use]
pub fn normal_login(login: &str) -> String {
    login.trim().chars().map(narrow).collect::<String>().to_lowercase()
}

/// Gives one role within a write that is under way.
///
/// # Errors
/// [`StoreError::Constraint`] `roles_exclude` when the account would be one of the three administrators and anything else
/// beside (三员分立).
pub(crate) async fn give(
    write: &Write,
    id: GrantId,
    to: AccountId,
    role: Role,
    unit: UnitId,
) -> Result<(), StoreError> {
    let institution = write.institution;
    let held = write
        .rows(
            "select role from grant_of_role where institution_id = $1 and account_id = $2 and ended_at is null",
            args![institution, to],
            |c| c.get::<String>(),
        )
        .await?;
    if !held.iter().filter_map(|r| Role::from_id(r)).all(|r| r.goes_with(role)) {
        return Err(StoreError::Constraint("roles_exclude".to_owned()));
    }
    write.changes(Kept::Grants, [id.0]).await?;
    write
        .execute(
            "insert into grant_of_role (institution_id, id, account_id, role, unit_id, granted_at, granted_by, \
             granted_from) values ($1, $2, $3, $4, $5, $6, $7, $8)",
            args![institution, id, to, role.id(), unit, write.at, write.account, write.address],
        )
        .await?;
    Ok(())
}

impl Store {
    /// Makes accounts, all or none.
    ///
    /// # Errors
    /// [`StoreError::Constraint`] `login_pkey` when a login is taken on this server.
    pub async fn create_accounts(
        &self,
        institution: InstitutionId,
        accounts: &[NewAccount],
        act: &Act,
    ) -> Result<(), StoreError> {
        let write = self.write(institution, act, Touches::Other).await?;
        write.changes(Kept::Accounts, accounts.iter().map(|a| a.id.0)).await?;
        for NewAccount { id, person, login, name, password } in accounts {
            let login = normal_login(login);
            let password_at = (!password.is_empty()).then_some(write.at);
            write
                .execute(
                    "insert into login (login, institution_id, account_id) values ($1, $2, $3)",
                    args![login, institution, id],
                )
                .await?;
            write
                .execute(
                    "insert into account (institution_id, id, person_id, login, name, password, password_at, created_at) \
                     values ($1, $2, $3, $4, $5, $6, $7, $8)",
                    args![institution, id, person, login, name, password, password_at, write.at],
                )
                .await?;
        }
        write.commit().await
    }

    /// The account that signs in with `login`; none when there is none.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn account_by_login(&self, login: &str) -> Result<Option<Account>, StoreError> {
        // Two look-ups and no join: the catalogue belongs to the server, the account to its institution.
        let found = self
            .row(
                "select institution_id, account_id from login where login = $1",
                args![normal_login(login)],
                |c| Ok((c.get::<InstitutionId>()?, c.get::<AccountId>()?)),
            )
            .await?;
        match found {
            Some((institution, id)) => self.account(institution, id).await.map(Some),
            None => Ok(None),
        }
    }

    /// One account.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none.
    pub async fn account(&self, institution: InstitutionId, id: AccountId) -> Result<Account, StoreError> {
        let text = format!("select {ACCOUNT} from account where institution_id = $1 and id = $2");
        self.row(&text, args![institution, id], account).await?.ok_or(StoreError::NotFound)
    }

    /// Every account of an institution, in the order in which they were made.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn accounts(&self, institution: InstitutionId) -> Result<Vec<Account>, StoreError> {
        let text = format!("select {ACCOUNT} from account where institution_id = $1 order by id");
        self.rows(&text, args![institution], account).await
    }

    /// Sets a password's hash and ends every session of the account but `keep` (the hash of a token).
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such account.
    pub async fn set_password(
        &self,
        institution: InstitutionId,
        id: AccountId,
        password: &str,
        keep: Option<&[u8; 32]>,
        act: &Act,
    ) -> Result<(), StoreError> {
        let write = self.write(institution, act, Touches::Other).await?;
        write.changes(Kept::Accounts, [id.0]).await?;
        let touched = write
            .execute(
                "update account set password = $3, password_at = $4 where institution_id = $1 and id = $2",
                args![institution, id, password, write.at],
            )
            .await?;
        if touched == 0 {
            return Err(StoreError::NotFound);
        }
        let keep = keep.map_or(&[][..], |k| &k[..]);
        write
            .execute(
                "delete from session where institution_id = $1 and account_id = $2 and token_hash <> $3",
                args![institution, id, keep],
            )
            .await?;
        write.commit().await
    }

    /// Disables an account and ends its sessions and the address of its calendar, or lets it sign in again.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such account.
    pub async fn disable_account(
        &self,
        institution: InstitutionId,
        id: AccountId,
        disabled: bool,
        act: &Act,
    ) -> Result<(), StoreError> {
        let write = self.write(institution, act, Touches::Other).await?;
        let at = disabled.then_some(write.at);
        write.changes(Kept::Accounts, [id.0]).await?;
        let touched = write
            .execute(
                "update account set disabled_at = $3 where institution_id = $1 and id = $2",
                args![institution, id, at],
            )
            .await?;
        if touched == 0 {
            return Err(StoreError::NotFound);
        }
        if disabled {
            write
                .execute(
                    "delete from session where institution_id = $1 and account_id = $2",
                    args![institution, id],
                )
                .await?;
            write
                .execute(
                    "delete from calendar_feed where institution_id = $1 and account_id = $2",
                    args![institution, id],
                )
                .await?;
        }
        write.commit().await
    }

    /// Gives roles, all or none; `grants` are (id, account, role, unit).
    ///
    /// # Errors
    /// [`StoreError::Constraint`] `roles_exclude` when an account would be one of the three administrators and
    /// anything else beside (三员分立).
    pub async fn grant(
        &self,
        institution: InstitutionId,
        grants: &[(GrantId, AccountId, Role, UnitId)],
        act: &Act,
    ) -> Result<(), StoreError> {
        let write = self.write(institution, act, Touches::Other).await?;
        for (id, to, role, unit) in grants {
            give(&write, *id, *to, *role, *unit).await?;
        }
        write.commit().await
    }

    /// Takes a role back.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such grant that still holds.
    pub async fn end_grant(
        &self,
        institution: InstitutionId,
        id: GrantId,
        act: &Act,
    ) -> Result<(), StoreError> {
        let write = self.write(institution, act, Touches::Other).await?;
        write.changes(Kept::Grants, [id.0]).await?;
        let touched = write
            .execute(
                "update grant_of_role set ended_at = $3, ended_by = $4, ended_from = $5 \
                 where institution_id = $1 and id = $2 and ended_at is null",
                args![institution, id, write.at, write.account, write.address],
            )
            .await?;
        if touched == 0 {
            return Err(StoreError::NotFound);
        }
        write.commit().await
    }

    /// What an account holds now.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn grants_of(
        &self,
        institution: InstitutionId,
        account: AccountId,
    ) -> Result<Vec<Grant>, StoreError> {
        let text = format!(
            "select {GRANT} from grant_of_role where institution_id = $1 and account_id = $2 and ended_at is null \
             order by id"
        );
        self.rows(&text, args![institution, account], grant).await
    }

    /// Every grant there ever was, ended ones too, oldest first.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn grants(&self, institution: InstitutionId) -> Result<Vec<Grant>, StoreError> {
        let text = format!("select {GRANT} from grant_of_role where institution_id = $1 order by id");
        self.rows(&text, args![institution], grant).await
    }
}
