//! Confirmation of records by the level above, and what else is said of a record beside its revisions.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::{AccountId, Confirmation, Entry, EntryId, InstitutionId};
use serde::{Deserialize, Serialize};

use crate::{
    Act, Store, StoreError,
    requests::is_their_own,
    row::{Columns, args, to_word},
    sql::{Parts, insert_all},
    write::{Touches, Write},
};

/// What was said of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteKind {
    /// 确认.
    Confirmed,
    /// 退回.
    Returned,
    /// A confirmation or a return was taken back.
    Reopened,
    /// 撤回, with its reason.
    Withdrawn,
}

/// A line beside a record's revisions; never changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryNote {
    /// The revision that it was said of.
    pub revision: u32,
    /// What.
    pub kind: NoteKind,
    /// The reason; may be empty.
    pub words: String,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub account: Option<AccountId>,
    /// From where.
    pub address: String,
}

/// What the level above says of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decide<'a> {
    /// The record.
    pub entry: EntryId,
    /// The revision that was looked at.
    pub revision: u32,
    /// Confirmed, returned, or reopened.
    pub kind: NoteKind,
    /// The reason.
    pub words: &'a str,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Decided {
    /// It is done.
    Done,
    /// It had been done before by the same account (a form sent twice).
    Already,
    /// The record, or what was said of it, changed since it was looked at; the record as it stands.
    Stale(Box<Entry>),
    /// Who decides wrote a part of the record.
    Author,
    /// Nobody is asked to confirm it.
    NotAsked,
}

pub(crate) const NOTE: &str = "n.revision, n.kind, n.words, n.at, n.account_id, n.address";

pub(crate) fn note(c: &mut Columns<'_>) -> Result<EntryNote, StoreError> {
    Ok(EntryNote {
        revision: c.get()?,
        kind: c.word()?,
        words: c.get()?,
        at: c.get()?,
        account: c.opt()?,
        address: c.get()?,
    })
}

/// The stored word of a confirmation; none is the empty one.
pub(crate) fn of_word(word: &str) -> Option<Confirmation> {
    Confirmation::ALL.into_iter().find(|c| c.id() == word)
}

impl Store {
    /// Confirms a record, returns it, or takes that back, when it still is what was looked at. Whether the account may
    /// is the caller's to say; that it is no author is seen here, in the same transaction.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such record.
    pub async fn decide_entry(
        &self,
        institution: InstitutionId,
        decide: &Decide<'_>,
        act: &Act,
    ) -> Result<Decided, StoreError> {
        let Decide { entry, revision, kind, words } = decide;
        let write = self.write(institution, act, Touches::Other).await?;
        let stands = write
            .row(
                "select r.body, e.confirmation, e.withdrawn from entry e join entry_revision r \
                 on r.institution_id = e.institution_id and r.entry_id = e.id and r.revision = e.revision \
                 where e.institution_id = $1 and e.id = $2",
                args![institution, entry],
                |c| Ok((c.json::<Entry>()?, c.get::<String>()?, c.get::<bool>()?)),
            )
            .await?;
        let Some((stands, state, withdrawn)) = stands else { return Err(StoreError::NotFound) };
        let last = last_note(&write, *entry).await?;
        let refused = match of_word(&state) {
            None if withdrawn => Some(Decided::Stale(Box::new(stands))),
            None => Some(Decided::NotAsked),
            Some(_) if stands.revision != *revision => Some(Decided::Stale(Box::new(stands))),
            Some(state) => {
                let mine =
                    last.as_ref().is_some_and(|n| n.account == write.account && n.revision == *revision);
                let (from, to) = match kind {
                    NoteKind::Reopened => (state != Confirmation::Waiting, Confirmation::Waiting),
                    NoteKind::Returned => (state == Confirmation::Waiting, Confirmation::Returned),
                    _ => (state == Confirmation::Waiting, Confirmation::Confirmed),
                };
                if state == to && mine && last.is_some_and(|n| n.kind == *kind && n.words == *words) {
                    Some(Decided::Already)
                } else if !from || (*kind == NoteKind::Reopened && !mine) {
                    Some(Decided::Stale(Box::new(stands)))
                } else if *kind != NoteKind::Reopened
                    && is_their_own(&write, &authors(&write, *entry).await?).await?
                {
                    Some(Decided::Author)
                } else {
                    write
                        .execute(
                            "update entry set confirmation = $3 where institution_id = $1 and id = $2",
                            args![institution, entry, to.id()],
                        )
                        .await?;
                    None
                }
            }
        };
        if let Some(refused) = refused {
            write.abandon().await?;
            return Ok(refused);
        }
        write.add_note(*entry, *revision, *kind, words).await?;
        write.commit().await?;
        Ok(Decided::Done)
    }

    /// What was said of a record, newest first.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn entry_notes(
        &self,
        institution: InstitutionId,
        entry: EntryId,
    ) -> Result<Vec<EntryNote>, StoreError> {
        let text = format!(
            "select {NOTE} from entry_note n where n.institution_id = $1 and n.entry_id = $2 order by n.seq desc"
        );
        self.rows(&text, args![institution, entry], note).await
    }

    /// The last that was said of each of these records.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn last_notes(
        &self,
        institution: InstitutionId,
        entries: &[EntryId],
    ) -> Result<BTreeMap<EntryId, EntryNote>, StoreError> {
        if entries.is_empty() {
            return Ok(BTreeMap::new());
        }
        let text = format!("select n.entry_id, {NOTE} from entry_note n where n.institution_id = $1");
        let mut query = Parts::new(self.dialect, &text, args![institution]);
        query.one_of(" and ", "n.entry_id", entries.iter().map(|e| e.0));
        query.push(" order by n.entry_id, n.seq");
        let all = self.rows(&query.sql, query.args, |c| Ok((c.get::<EntryId>()?, note(c)?))).await?;
        Ok(all.into_iter().collect())
    }
}

async fn last_note(write: &Write, entry: EntryId) -> Result<Option<EntryNote>, StoreError> {
    let text = format!(
        "select {NOTE} from entry_note n where n.institution_id = $1 and n.entry_id = $2 order by n.seq desc limit 1"
    );
    write.row(&text, args![write.institution, entry], note).await
}

/// The accounts that wrote a revision.
async fn authors(write: &Write, entry: EntryId) -> Result<Vec<AccountId>, StoreError> {
    let text = "select distinct account_id from entry_revision where institution_id = $1 and entry_id = $2 \
                and account_id is not null";
    write.rows(text, args![write.institution, entry], |c| c.get()).await
}

impl Write {
    /// Says something of a record.
    pub(crate) async fn add_note(
        &self,
        entry: EntryId,
        revision: u32,
        kind: NoteKind,
        words: &str,
    ) -> Result<(), StoreError> {
        let note = EntryNote {
            revision,
            kind,
            words: words.to_owned(),
            at: self.at,
            account: self.account,
            address: self.address.clone(),
        };
        let before = self
            .row(
                "select coalesce(max(seq), 0) from entry_note where institution_id = $1 and entry_id = $2",
                args![self.institution, entry],
                |c| c.get::<i64>(),
            )
            .await?;
        self.insert_notes(&[(entry, before.unwrap_or(0) + 1, &note)]).await
    }

    /// Takes notes over as they are.
    pub(crate) async fn insert_notes(&self, all: &[(EntryId, i64, &EntryNote)]) -> Result<(), StoreError> {
        insert_all(
            &self.tx,
            "insert into entry_note (institution_id, entry_id, seq, revision, kind, words, at, account_id, address)",
            "",
            9,
            all,
            |(entry, seq, n)| {
                let kind = to_word(&n.kind)?;
                Ok(args![self.institution, entry, seq, n.revision, kind, n.words, n.at, n.account, n.address])
            },
        )
        .await
    }
}
