//! Many records in one act, so that it can be undone; and the views of the list that people keep.

use jiff::Timestamp;
use model::{AccountId, BatchId, EntryId, InstitutionId};
use serde::{Deserialize, Serialize};

use crate::{
    Act, Store, StoreError,
    row::{Columns, args, from_json, to_json, to_word},
    write::Touches,
};

/// What was done to many records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BulkKind {
    /// 确认.
    Confirm,
    /// 撤回.
    Withdraw,
    /// 导入.
    Import,
}

/// An act on many records, or an import that was not taken in yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bulk {
    /// Identifier.
    pub id: BatchId,
    /// Who.
    pub account: AccountId,
    /// Hash of the session in which it was done.
    pub session: Vec<u8>,
    /// What.
    pub kind: BulkKind,
    /// Name of the file, for an import.
    pub name: String,
    /// When it was begun.
    pub made_at: Timestamp,
    /// The cells of an import that was not taken in yet, JSON; else empty.
    pub cells: String,
    /// The records with the revision that they had afterwards.
    pub entries: Vec<(EntryId, u32)>,
    /// When it was done; none for an import that was not taken in yet.
    pub done_at: Option<Timestamp>,
    /// When it was undone.
    pub undone_at: Option<Timestamp>,
}

/// 我的视图: a list with its filters, columns and order under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedView {
    /// Its name.
    pub name: String,
    /// The address of the list behind the question mark.
    pub query: String,
}

const BULK: &str = "id, account_id, session, kind, name, made_at, cells, entries, done_at, undone_at";

fn bulk(c: &mut Columns<'_>) -> Result<Bulk, StoreError> {
    Ok(Bulk {
        id: c.get()?,
        account: c.get()?,
        session: c.get()?,
        kind: c.word()?,
        name: c.get()?,
        made_at: c.get()?,
        cells: c.get()?,
        entries: match c.get::<String>()? {
            empty if empty.is_empty() => Vec::new(),
            text => from_json(&text)?,
        },
        done_at: c.opt()?,
        undone_at: c.opt()?,
    })
}

impl Store {
    /// Keeps an act on many records as it stands, new or anew.
    ///
    /// # Errors
    /// When the store cannot write.
    pub async fn keep_bulk(
        &self,
        institution: InstitutionId,
        bulk: &Bulk,
        act: &Act,
    ) -> Result<(), StoreError> {
        let write = self.write(institution, act, Touches::Other).await?;
        write
            .execute(
                "insert into entry_batch (institution_id, id, account_id, session, kind, name, made_at, cells, entries, \
                 done_at, undone_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
                 on conflict (institution_id, id) do update set cells = excluded.cells, entries = excluded.entries, \
                 done_at = excluded.done_at, undone_at = excluded.undone_at",
                args![
                    institution, bulk.id, bulk.account, bulk.session, to_word(&bulk.kind)?, bulk.name, bulk.made_at,
                    bulk.cells, to_json(&bulk.entries)?, bulk.done_at, bulk.undone_at
                ],
            )
            .await?;
        write.commit().await
    }

    /// Marks an act as undone, once.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it was undone before, [`StoreError::NotFound`] when there is none.
    pub async fn undo_bulk(
        &self,
        institution: InstitutionId,
        id: BatchId,
        act: &Act,
    ) -> Result<(), StoreError> {
        let write = self.write(institution, act, Touches::Other).await?;
        let text = "update entry_batch set undone_at = $3 where institution_id = $1 and id = $2 and undone_at is null";
        if write.execute(text, args![institution, id, write.at]).await? == 0 {
            write.abandon().await?;
            self.bulk(institution, id).await?;
            return Err(StoreError::Conflict);
        }
        write.commit().await
    }

    /// An act on many records.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none.
    pub async fn bulk(&self, institution: InstitutionId, id: BatchId) -> Result<Bulk, StoreError> {
        let text = format!("select {BULK} from entry_batch where institution_id = $1 and id = $2");
        self.row(&text, args![institution, id], bulk).await?.ok_or(StoreError::NotFound)
    }

    /// An account's own imports of records, newest first; those that were not taken in since `old` are thrown away.
    ///
    /// # Errors
    /// When the store cannot read or write.
    pub async fn entry_imports(
        &self,
        institution: InstitutionId,
        account: AccountId,
        old: Timestamp,
    ) -> Result<Vec<Bulk>, StoreError> {
        self.local(
            "delete from entry_batch where institution_id = $1 and kind = 'import' and done_at is null and made_at < $2",
            args![institution, old],
        )
        .await?;
        let text = format!(
            "select {BULK} from entry_batch where institution_id = $1 and account_id = $2 and kind = 'import' \
             order by made_at desc limit 20"
        );
        self.rows(&text, args![institution, account], bulk).await
    }

    /// Throws an import away that was not taken in.
    ///
    /// # Errors
    /// When the store cannot write.
    pub async fn drop_bulk(&self, institution: InstitutionId, id: BatchId) -> Result<(), StoreError> {
        self.local(
            "delete from entry_batch where institution_id = $1 and id = $2 and done_at is null",
            args![institution, id],
        )
        .await
        .map(|_| ())
    }

    /// Keeps a view under its name, in place of the one of that name. Their own to lose: no audit line.
    ///
    /// # Errors
    /// When the store cannot write.
    pub async fn keep_view(
        &self,
        institution: InstitutionId,
        account: AccountId,
        view: &SavedView,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.local(
            "insert into saved_view (institution_id, account_id, name, query, at) values ($1, $2, $3, $4, $5) \
             on conflict (institution_id, account_id, name) do update set query = excluded.query, at = excluded.at",
            args![institution, account, view.name, view.query, at],
        )
        .await
        .map(|_| ())
    }

    /// The views of an account, in the order in which they were named.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn views(
        &self,
        institution: InstitutionId,
        account: AccountId,
    ) -> Result<Vec<SavedView>, StoreError> {
        self.rows(
            "select name, query from saved_view where institution_id = $1 and account_id = $2 order by at, name",
            args![institution, account],
            |c| Ok(SavedView { name: c.get()?, query: c.get()? }),
        )
        .await
    }

    /// Throws a view away.
    ///
    /// # Errors
    /// When the store cannot write.
    pub async fn drop_view(
        &self,
        institution: InstitutionId,
        account: AccountId,
        name: &str,
    ) -> Result<(), StoreError> {
        self.local(
            "delete from saved_view where institution_id = $1 and account_id = $2 and name = $3",
            args![institution, account, name],
        )
        .await
        .map(|_| ())
    }
}
