//! The addresses under which calendar programs ask for somebody's days. Only the hash of an address is kept.

use jiff::Timestamp;
use model::{AccountId, InstitutionId};

use crate::{Act, Store, StoreError, row::args, write::Touches};

impl Store {
    /// Gives an account an address for its calendar, by the SHA-256 of the secret in it; the one before, if any, is good no
    /// longer.
    ///
    /// # Errors
    /// When the store cannot write.
    pub async fn open_feed(
        &self,
        institution: InstitutionId,
        account: AccountId,
        secret_hash: &[u8; 32],
        act: &Act,
    ) -> Result<(), StoreError> {
        let write = self.write(institution, act, Touches::Other).await?;
        let ended = "delete from calendar_feed where institution_id = $1 and account_id = $2";
        write.execute(ended, args![institution, account]).await?;
        write
            .execute(
                "insert into calendar_feed (secret_hash, institution_id, account_id, made_at) values ($1, $2, $3, $4)",
                args![&secret_hash[..], institution, account, write.at],
            )
            .await?;
        write.commit().await
    }

    /// Ends the address of an account.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when it has none.
    pub async fn end_feed(
        &self,
        institution: InstitutionId,
        account: AccountId,
        act: &Act,
    ) -> Result<(), StoreError> {
        let write = self.write(institution, act, Touches::Other).await?;
        let ended = "delete from calendar_feed where institution_id = $1 and account_id = $2";
        if write.execute(ended, args![institution, account]).await? == 0 {
            return Err(StoreError::NotFound);
        }
        write.commit().await
    }

    /// When the address of an account was made; none when it has none.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn feed_of(
        &self,
        institution: InstitutionId,
        account: AccountId,
    ) -> Result<Option<Timestamp>, StoreError> {
        let text = "select made_at from calendar_feed where institution_id = $1 and account_id = $2";
        self.row(text, args![institution, account], |c| c.get()).await
    }

    /// Whose address has the secret with this hash.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn feed(
        &self,
        secret_hash: &[u8; 32],
    ) -> Result<Option<(InstitutionId, AccountId)>, StoreError> {
        let text = "select institution_id, account_id from calendar_feed where secret_hash = $1";
        self.row(text, args![&secret_hash[..]], |c| Ok((c.get()?, c.get()?))).await
    }
}
