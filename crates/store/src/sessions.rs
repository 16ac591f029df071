//! Sessions, set-up links and failed sign-ins: tables of the server, without foreign keys to any institution's.

use jiff::{SignedDuration, Timestamp};
use model::{AccountId, InstitutionId};

use crate::{
    Act, Store, StoreError,
    row::{Columns, args},
    write::Touches,
};

/// A signed-in browser. The token is in its cookie only; the store knows the token's SHA-256.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the token.
    pub token_hash: [u8; 32],
    /// Institution of the account.
    pub institution: InstitutionId,
    /// Whose.
    pub account: AccountId,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, to the minute or so.
    pub seen_at: Timestamp,
    /// When it ends if it is not used.
    pub expires_at: Timestamp,
    /// Address that it began from.
    pub address: String,
    /// What the browser calls itself.
    pub agent: String,
}

/// A link that works once: the first start, a new account, a forgotten password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupLink {
    /// SHA-256 of the token in the link.
    pub token_hash: [u8; 32],
    /// Institution; none at the first start, when there is none yet.
    pub institution: Option<InstitutionId>,
    /// For whom.
    pub account: Option<AccountId>,
    /// What for: a word of the server's.
    pub purpose: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was used.
    pub used_at: Option<Timestamp>,
}

/// By so much the clocks of two servers may differ.
const CLOCKS_APART: SignedDuration = SignedDuration::from_mins(5);

/// Failed sign-ins of one login or from one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempts {
    /// How many in a row.
    pub failures: u32,
    /// The last one.
    pub last_at: Timestamp,
    /// Until when no sign-in is tried.
    pub locked_until: Option<Timestamp>,
}

impl Attempts {
    /// Until when nobody may try, at `now`. A lock lies no further ahead than locks last: what does was made while the clock
    /// stood wrong, and would keep the account shut for years after it was set right.
    #[must_use]
    pub fn locked(&self, now: Timestamp, lasts: SignedDuration) -> Option<Timestamp> {
        self.locked_until.filter(|until| *until > now && *until <= now + lasts + CLOCKS_APART)
    }
}

/// When to lock out.
#[derive(Clone, Copy, Debug)]
pub struct LockRule {
    /// After how many failures.
    pub after: u32,
    /// Failures further back than this are forgotten.
    pub within: SignedDuration,
    /// For how long.
    pub lasts: SignedDuration,
}

const SESSION: &str =
    "token_hash, institution_id, account_id, created_at, seen_at, expires_at, address, agent";

fn hash(c: &mut Columns<'_>) -> Result<[u8; 32], StoreError> {
    let bytes: Vec<u8> = c.get()?;
    bytes.try_into().map_err(|_| StoreError::Internal("a stored hash has the wrong length".to_owned()))
}

fn session(c: &mut Columns<'_>) -> Result<Session, StoreError> {
    Ok(Session {
        token_hash: hash(c)?,
        institution: c.get()?,
        account: c.get()?,
        created_at: c.get()?,
        seen_at: c.get()?,
        expires_at: c.get()?,
        address: c.get()?,
        agent: c.get()?,
    })
}

impl Store {
    /// Begins a session: somebody has signed in.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the institution is not there.
    pub async fn begin_session(&self, session: &Session, act: &Act) -> Result<(), StoreError> {
        let Session { token_hash, institution, account, created_at, seen_at, expires_at, address, agent } =
            session;
        let write = self.write(*institution, act, Touches::Other).await?;
        write
            .execute(
                "insert into session (token_hash, institution_id, account_id, created_at, seen_at, expires_at, address, \
                 agent) values ($1, $2, $3, $4, $5, $6, $7, $8)",
                args![&token_hash[..], institution, account, created_at, seen_at, expires_at, address, agent],
            )
            .await?;
        write.commit().await
    }

    /// The session of a token that has not ended at `now`.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn session(
        &self,
        token_hash: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        let text = format!("select {SESSION} from session where token_hash = $1 and expires_at > $2");
        self.row(&text, args![&token_hash[..], now], session).await
    }

    /// Notes that a session is in use and moves its end. Call it at most once a minute or so: it writes.
    ///
    /// # Errors
    /// When the store cannot write.
    pub async fn touch_session(
        &self,
        token_hash: &[u8; 32],
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        self.local(
            "update session set seen_at = $2, expires_at = $3 where token_hash = $1",
            args![&token_hash[..], now, expires_at],
        )
        .await
        .map(|_| ())
    }

    /// Ends a session: somebody has signed out, or somebody else ends it for them. Ending it twice is no error.
    ///
    /// # Errors
    /// When the store cannot write.
    pub async fn end_session(
        &self,
        institution: InstitutionId,
        token_hash: &[u8; 32],
        act: &Act,
    ) -> Result<(), StoreError> {
        let write = self.write(institution, act, Touches::Other).await?;
        write
            .execute(
                "delete from session where token_hash = $1 and institution_id = $2",
                args![&token_hash[..], institution],
            )
            .await?;
        write.commit().await
    }

    /// Ends every session of an account.
    ///
    /// # Errors
    /// When the store cannot write.
    pub async fn end_sessions(
        &self,
        institution: InstitutionId,
        account: AccountId,
        act: &Act,
    ) -> Result<u64, StoreError> {
        let write = self.write(institution, act, Touches::Other).await?;
        let text = "delete from session where institution_id = $1 and account_id = $2";
        let ended = write.execute(text, args![institution, account]).await?;
        write.commit().await?;
        Ok(ended)
    }

    /// Every open session of an account, the last used first.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn sessions_of(
        &self,
        institution: InstitutionId,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Vec<Session>, StoreError> {
        let text = format!(
            "select {SESSION} from session where institution_id = $1 and account_id = $2 and expires_at > $3 \
             order by seen_at desc"
        );
        self.rows(&text, args![institution, account, now], session).await
    }

    /// Throws away what has ended: sessions, links, and counts of failures; how many rows.
    ///
    /// # Errors
    /// When the store cannot write.
    pub async fn sweep_sessions(&self, now: Timestamp) -> Result<u64, StoreError> {
        let sessions = self.local("delete from session where expires_at <= $1", args![now]).await?;
        // A used link is kept for a day, so that "already used" can be said.
        let before = now - SignedDuration::from_hours(24);
        let links = self.local("delete from setup_link where expires_at <= $1", args![before]).await?;
        let attempts = self
            .local(
                "delete from login_attempt where last_at <= $1 and (locked_until is null or locked_until <= $1)",
                args![before],
            )
            .await?;
        Ok(sessions + links + attempts)
    }

    /// Makes a set-up link.
    ///
    /// # Errors
    /// When the store cannot write.
    pub async fn create_setup_link(&self, link: &SetupLink) -> Result<(), StoreError> {
        let SetupLink { token_hash, institution, account, purpose, created_at, expires_at, used_at } = link;
        self.local(
            "insert into setup_link (token_hash, institution_id, account_id, purpose, created_at, expires_at, used_at) \
             values ($1, $2, $3, $4, $5, $6, $7)",
            args![&token_hash[..], institution, account, purpose, created_at, expires_at, used_at],
        )
        .await
        .map(|_| ())
    }

    /// The link of a token, used or ended ones too: the page says which.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn setup_link(&self, token_hash: &[u8; 32]) -> Result<Option<SetupLink>, StoreError> {
        self.row(
            "select token_hash, institution_id, account_id, purpose, created_at, expires_at, used_at from setup_link \
             where token_hash = $1",
            args![&token_hash[..]],
            |c| {
                Ok(SetupLink {
                    token_hash: hash(c)?,
                    institution: c.opt()?,
                    account: c.opt()?,
                    purpose: c.get()?,
                    created_at: c.get()?,
                    expires_at: c.get()?,
                    used_at: c.opt()?,
                })
            },
        )
        .await
    }

    /// Uses a link up; whether it was still good. Of two who try at once, one gets it.
    ///
    /// # Errors
    /// When the store cannot write.
    pub async fn use_setup_link(&self, token_hash: &[u8; 32], now: Timestamp) -> Result<bool, StoreError> {
        let touched = self
            .local(
                "update setup_link set used_at = $2 where token_hash = $1 and used_at is null and expires_at > $2",
                args![&token_hash[..], now],
            )
            .await?;
        Ok(touched == 1)
    }

    /// Failed sign-ins counted under `subject` (`login:…`, `address:…`).
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn attempts(&self, subject: &str) -> Result<Option<Attempts>, StoreError> {
        self.row(
            "select failures, last_at, locked_until from login_attempt where subject = $1",
            args![subject],
            attempts,
        )
        .await
    }

    /// Counts a failed sign-in, and locks out by `rule`; as it now stands.
    ///
    /// # Errors
    /// When the store cannot write.
    pub async fn attempt_failed(
        &self,
        subject: &str,
        now: Timestamp,
        rule: LockRule,
    ) -> Result<Attempts, StoreError> {
        let forget = now - rule.within;
        let until = now + rule.lasts;
        // Failures from further ahead than a lock lasts are of a clock that was wrong, and begin anew like old ones.
        // One statement counts and locks, so that attempts sent at once cannot slip past each other.
        let counted = self.local_row(
            "insert into login_attempt (subject, failures, first_at, last_at, locked_until) \
             values ($1, 1, $2, $2, case when $4 <= 1 then $5 end) \
             on conflict (subject) do update set \
             failures = case when login_attempt.last_at < $3 or login_attempt.last_at > $5 then 1 \
             else login_attempt.failures + 1 end, \
             first_at = case when login_attempt.last_at < $3 or login_attempt.last_at > $5 then excluded.first_at \
             else login_attempt.first_at end, \
             last_at = excluded.last_at, \
             locked_until = case when login_attempt.last_at < $3 or login_attempt.last_at > $5 \
             then excluded.locked_until when login_attempt.failures + 1 >= $4 then $5 else login_attempt.locked_until end \
             returning failures, last_at, locked_until",
            args![subject, now, forget, rule.after, until],
            attempts,
        )
        .await?;
        counted.ok_or(StoreError::NotFound)
    }

    /// Forgets the failures of `subject`: somebody has signed in, or an administrator lets them try again.
    ///
    /// # Errors
    /// When the store cannot write.
    pub async fn clear_attempts(&self, subject: &str) -> Result<(), StoreError> {
        self.local("delete from login_attempt where subject = $1", args![subject]).await.map(|_| ())
    }
}

fn attempts(c: &mut Columns<'_>) -> Result<Attempts, StoreError> {
    Ok(Attempts { failures: c.get()?, last_at: c.get()?, locked_until: c.opt()? })
}
