//! Every write is an act of somebody, and leaves a line in the audit chain within the same transaction.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;
use model::{AccountId, InstitutionId};
use sea_orm::Value;
use uuid::Uuid;

use crate::{
    Act, Store, StoreError, audit,
    dialect::Dialect,
    row::{Columns, args},
    sql,
    tally::{Kept, Sums},
    tx::Tx,
};

/// What a write touches.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Touches {
    /// What standing rests on: the institution's change number goes up.
    Facts,
    /// Anything else.
    Other,
}

/// A transaction that holds its institution's row, so that writes to one institution follow one another: change
/// numbers and audit lines are committed in their order.
pub(crate) struct Write {
    pub(crate) tx: Tx,
    pub(crate) dialect: Dialect,
    pub(crate) institution: InstitutionId,
    pub(crate) at: Timestamp,
    pub(crate) account: Option<AccountId>,
    pub(crate) address: String,
    /// The institution's change number, this write's own when it touches facts.
    pub(crate) change: i64,
    /// The rest of its line in the audit chain, which is written last: it carries the tally.
    action: String,
    subject: String,
    detail: serde_json::Value,
    seq: i64,
    prev: Vec<u8>,
    tally: Mutex<Sums>,
    /// Rows that are counted as they stand at its end.
    pub(crate) touched: Mutex<BTreeMap<Kept, BTreeSet<Uuid>>>,
}

impl Store {
    /// Begins a write. Dropped without [`Write::commit`], nothing of it remains.
    pub(crate) async fn write(
        &self,
        institution: InstitutionId,
        act: &Act,
        touches: Touches,
    ) -> Result<Write, StoreError> {
        let tx = self.transaction().await?;
        let step = i64::from(touches == Touches::Facts);
        let found = sql::row(
            &tx,
            "update institution set changed = changed + $2, audit_seq = audit_seq + 1 where id = $1 \
             returning changed, audit_seq, audit_hash",
            args![institution, step],
            |c| Ok((c.get::<i64>()?, c.get::<i64>()?, c.get::<Vec<u8>>()?)),
        )
        .await?;
        let Some((change, seq, prev)) = found else {
            return Err(StoreError::NotFound);
        };
        Ok(Write {
            tx,
            dialect: self.dialect,
            institution,
            at: act.at,
            account: act.account,
            address: act.address.clone(),
            change,
            action: act.action.clone(),
            subject: act.subject.clone(),
            detail: act.detail.clone(),
            seq,
            prev,
            tally: Mutex::default(),
            touched: Mutex::default(),
        })
    }

    /// Notes an act that changes nothing else: a failed sign-in, an export, a look at masked data.
    ///
    /// # Errors
    /// When the store cannot write.
    pub async fn record(&self, institution: InstitutionId, act: &Act) -> Result<(), StoreError> {
        self.write(institution, act, Touches::Other).await?.commit().await
    }
}

impl Write {
    pub(crate) async fn execute(&self, text: &str, args: Vec<Value>) -> Result<u64, StoreError> {
        sql::execute(&self.tx, text, args).await
    }

    pub(crate) async fn row<T>(
        &self,
        text: &str,
        args: Vec<Value>,
        read: impl FnMut(&mut Columns<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        sql::row(&self.tx, text, args, read).await
    }

    pub(crate) async fn rows<T>(
        &self,
        text: &str,
        args: Vec<Value>,
        read: impl FnMut(&mut Columns<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        sql::rows(&self.tx, text, args, read).await
    }

    /// Notes that units, the calendar or other settings change: every process reads them anew.
    pub(crate) async fn changes_org(&self) -> Result<(), StoreError> {
        let text = "update institution set org_changed = org_changed + 1 where id = $1";
        self.execute(text, args![self.institution]).await.map(|_| ())
    }

    /// Notes what was made, dropped and ended.
    pub(crate) fn tally(&self, more: Sums) {
        // Adding cannot leave it half done.
        self.tally.lock().unwrap_or_else(PoisonError::into_inner).plus(more);
    }

    /// Makes it last, with its line in the audit chain. Only after this may anybody be told that it is saved.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        self.settle().await?;
        let Self { tx, institution, at, account, address, action, subject, detail, seq, prev, tally, .. } =
            self;
        let detail = tally.into_inner().unwrap_or_else(PoisonError::into_inner).into_detail(detail);
        let act = Act { account, address, at, action, subject, detail };
        audit::append(&tx, institution, seq, &prev, &act).await?;
        tx.commit_line(institution, seq).await
    }

    /// Leaves everything as it was; at once, so that the next write need not wait.
    pub(crate) async fn abandon(self) -> Result<(), StoreError> {
        self.tx.rollback().await
    }
}
