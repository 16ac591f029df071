//! Files that records name: handed in for a record before it is saved, kept once by their content.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::{AccountId, Attached, Entry, EntryId, FileId, FileKind, InstitutionId};

use crate::{
    Act, BlobFault, Blobs, Store, StoreError,
    row::{Columns, args, to_word},
    sql::{self, Parts},
    tx::Tx,
    write::{Touches, Write},
};

/// Files that a check or a sweep looks at together.
const AT_A_TIME: i64 = 500;

/// A file that was looked at and is to be kept.
#[derive(Clone, Debug)]
pub struct NewFile {
    /// For which record it was handed in.
    pub entry: EntryId,
    /// For which of its fields.
    pub field: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: FileKind,
    /// SHA-256 of what was handed in.
    pub given: [u8; 32],
    /// What is kept of it.
    pub bytes: Vec<u8>,
    /// The small picture for lists.
    pub small: Option<Vec<u8>>,
    /// What stands in it, for searching.
    pub words: String,
}

/// A file that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRow {
    /// The file as a record names it.
    pub file: Attached,
    /// For which record it was handed in.
    pub entry: EntryId,
    /// For which of its fields.
    pub field: String,
    /// By whom.
    pub by: AccountId,
    /// Whether there is a small picture of it.
    pub has_small: bool,
}

/// A file whose bytes are not as they were kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFault {
    /// For which record it was handed in.
    pub entry: EntryId,
    /// Its name.
    pub name: String,
    /// What is the matter with it.
    pub what: BlobFault,
}

const ROW: &str = "select id, name, kind, size, entry_id, field, made_by, small from attachment";

fn file_row(c: &mut Columns<'_>) -> Result<FileRow, StoreError> {
    let (id, name, kind) = (c.get()?, c.get()?, c.word()?);
    let size = u64::try_from(c.get::<i64>()?).unwrap_or_default();
    Ok(FileRow {
        file: Attached { id, name, kind, size },
        entry: c.get()?,
        field: c.get()?,
        by: c.get()?,
        has_small: !c.get::<Vec<u8>>()?.is_empty(),
    })
}

impl Store {
    /// Where the bytes of files lie.
    ///
    /// # Errors
    /// When the store was opened without a place for them.
    pub fn blobs(&self) -> Result<&Blobs, StoreError> {
        self.blobs
            .as_ref()
            .ok_or_else(|| StoreError::Internal("the store was opened without a place for files".to_owned()))
    }

    /// Keeps a file: first its bytes, then the row that refers to them. Handed in twice by one account for one place
    /// under one name it is one file.
    ///
    /// # Errors
    /// When the bytes or the row cannot be written; then there is no row.
    pub async fn keep_file(
        &self,
        institution: InstitutionId,
        new: NewFile,
        act: &Act,
    ) -> Result<FileRow, StoreError> {
        let NewFile { entry, field, name, kind, given, bytes, small, words } = new;
        let by = act.account.ok_or_else(|| StoreError::Internal("nobody hands this file in".to_owned()))?;
        let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        let blobs = self.blobs()?;
        let hash = blobs.keep(institution, bytes).await?;
        let small = match small {
            Some(small) => blobs.keep(institution, small).await?.to_vec(),
            None => Vec::new(),
        };
        let write = self.write(institution, act, Touches::Other).await?;
        // A sweep that took them for nobody's is over by now, or waits until this row is there.
        for hash in [hash.as_slice(), &small].into_iter().filter(|h| !h.is_empty()) {
            if !blobs.has(institution, hash).await? {
                write.abandon().await?;
                return Err(StoreError::Busy);
            }
        }
        write
            .execute(
                "insert into attachment (institution_id, id, entry_id, field, name, kind, size, given, hash, small, words, \
                 made_at, made_by, saved) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0) \
                 on conflict (institution_id, entry_id, field, given, name, made_by) do nothing",
                args![
                    institution, FileId::fresh(), entry, field, name, to_word(&kind)?, size, given.as_slice(),
                    hash.as_slice(), small, words, write.at, by
                ],
            )
            .await?;
        let row = write
            .row(
                &format!(
                    "{ROW} where institution_id = $1 and entry_id = $2 and field = $3 and given = $4 and name = $5 \
                     and made_by = $6"
                ),
                args![institution, entry, field, given.as_slice(), name, by],
                file_row,
            )
            .await?;
        write.commit().await?;
        row.ok_or(StoreError::NotFound)
    }

    /// Every file that was handed in for a record, saved with it or not, in the order in which they came.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn files_of(
        &self,
        institution: InstitutionId,
        entry: EntryId,
    ) -> Result<Vec<FileRow>, StoreError> {
        let text = format!("{ROW} where institution_id = $1 and entry_id = $2 order by id");
        self.rows(&text, args![institution, entry], file_row).await
    }

    /// What stands in the files that a record names, by their ids.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn file_words(
        &self,
        institution: InstitutionId,
        entry: &Entry,
    ) -> Result<BTreeMap<FileId, String>, StoreError> {
        if entry.files().next().is_none() {
            return Ok(BTreeMap::new());
        }
        let text = "select id, words from attachment where institution_id = $1 and entry_id = $2";
        let rows = self.rows(text, args![institution, entry.id], |c| Ok((c.get()?, c.get()?))).await?;
        Ok(rows.into_iter().collect())
    }

    /// The bytes of a file, or of the small picture of it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such file or picture, [`StoreError::Internal`] when its bytes are not as
    /// they were kept.
    pub async fn file_bytes(
        &self,
        institution: InstitutionId,
        id: FileId,
        small: bool,
    ) -> Result<Vec<u8>, StoreError> {
        let column = if small { "small" } else { "hash" };
        let text = format!("select {column} from attachment where institution_id = $1 and id = $2");
        let hash: Option<Vec<u8>> = self.row(&text, args![institution, id], |c| c.get()).await?;
        let hash = hash.filter(|h| !h.is_empty()).ok_or(StoreError::NotFound)?;
        let read = self.blobs()?.read(institution, &hash).await?;
        read.map_err(|what| {
            StoreError::Internal(format!("the bytes of file {id} are not as they were: {what:?}"))
        })
    }

    /// Reads every kept file and compares it with its hash: how many there are, and which are missing or changed.
    ///
    /// # Errors
    /// When the store cannot read, or the store of files does not answer.
    pub async fn verify_files(
        &self,
        institution: InstitutionId,
    ) -> Result<(u64, Vec<FileFault>), StoreError> {
        let (mut count, mut faults) = (0, Vec::new());
        let mut last = FileId(uuid::Uuid::nil());
        loop {
            let text = "select id, entry_id, name, hash, small from attachment where institution_id = $1 and id > $2 \
                        order by id limit $3";
            let read = |c: &mut Columns<'_>| {
                Ok((c.get::<FileId>()?, c.get()?, c.get()?, [c.get::<Vec<u8>>()?, c.get::<Vec<u8>>()?]))
            };
            let rows: Vec<(FileId, EntryId, String, [Vec<u8>; 2])> =
                self.rows(text, args![institution, last, AT_A_TIME], read).await?;
            let Some((end, ..)) = rows.last() else { return Ok((count, faults)) };
            last = *end;
            for (_, entry, name, hashes) in rows {
                count += 1;
                for hash in hashes.iter().filter(|h| !h.is_empty()) {
                    if let Err(what) = self.blobs()?.read(institution, hash).await? {
                        faults.push(FileFault { entry, name: name.clone(), what });
                    }
                }
            }
        }
    }

    /// Of the `limit` newest files that records name, over all institutions: how many there are, and of how many no bytes
    /// are there. They are not read.
    ///
    /// # Errors
    /// When the store cannot read, or the store of files does not answer.
    pub async fn look_for_files(&self, limit: u32) -> Result<(usize, usize), StoreError> {
        let text =
            "select institution_id, hash from attachment where saved = 1 order by made_at desc limit $1";
        let read = |c: &mut Columns<'_>| Ok((c.get::<InstitutionId>()?, c.get::<Vec<u8>>()?));
        let rows = self.rows(text, args![limit], read).await?;
        let mut missing = 0;
        for (institution, hash) in &rows {
            missing += usize::from(!self.blobs()?.has(*institution, hash).await?);
        }
        Ok((rows.len(), missing))
    }

    /// Throws away files that were handed in before `before` for records that were never saved with them, nor stand in
    /// anybody's draft: what people chose and then left. How many went.
    ///
    /// # Errors
    /// When the store cannot write, or the store of files does not answer.
    pub async fn sweep_files(
        &self,
        institution: InstitutionId,
        before: Timestamp,
        act: &Act,
    ) -> Result<usize, StoreError> {
        let old = "select id, hash, small from attachment where institution_id = $1 and saved = 0 and made_at < $2 limit $3";
        let read = |c: &mut Columns<'_>| Ok((c.get()?, [c.get::<Vec<u8>>()?, c.get::<Vec<u8>>()?]));
        let rows: Vec<(FileId, _)> = self.rows(old, args![institution, before, AT_A_TIME], read).await?;
        let mut left = Vec::new();
        for (id, hashes) in rows {
            if !self.is_drafted(institution, id).await? {
                left.push((id, hashes));
            }
        }
        if left.is_empty() {
            return Ok(0);
        }
        // The rows first: bytes that nothing refers to do no harm, a row without bytes does.
        let write = self.write(institution, act, Touches::Other).await?;
        for (id, _) in &left {
            let text = "delete from attachment where institution_id = $1 and id = $2 and saved = 0";
            write.execute(text, args![institution, id]).await?;
        }
        write.commit().await?;
        // The institution's row is held, so that nobody hands in the same content meanwhile.
        let write = self.write(institution, act, Touches::Other).await?;
        for hash in left.iter().flat_map(|(_, hashes)| hashes).filter(|h| !h.is_empty()) {
            let text =
                "select id from attachment where institution_id = $1 and (hash = $2 or small = $2) limit 1";
            let wanted = write.row(text, args![institution, hash.as_slice()], |c| c.get::<FileId>()).await?;
            if wanted.is_none() {
                self.blobs()?.drop(institution, hash).await?;
            }
        }
        write.commit().await?;
        Ok(left.len())
    }

    async fn is_drafted(&self, institution: InstitutionId, id: FileId) -> Result<bool, StoreError> {
        let named = self.dialect.position("body", 2);
        let text = format!("select key from draft where institution_id = $1 and {named} > 0 limit 1");
        let found = self.row(&text, args![institution, id.to_string()], |c| c.get::<String>()).await?;
        Ok(found.is_some())
    }
}

impl Write {
    /// Marks the files that a record names as saved; every one must have been handed in for it.
    pub(crate) async fn save_files(&self, entry: &Entry) -> Result<(), StoreError> {
        let ids: Vec<FileId> = entry.files().map(|(_, f)| f.id).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let mut query = Parts::new(
            self.dialect,
            "update attachment set saved = 1 where institution_id = $1 and entry_id = $2",
            args![self.institution, entry.id],
        );
        query.one_of(" and ", "id", ids.iter().map(|id| id.0));
        if self.execute(&query.sql, query.args).await? != ids.len() as u64 {
            return Err(StoreError::Constraint("attachment_of_entry".to_owned()));
        }
        Ok(())
    }
}

/// What stands in the files of the records of a range, for the check of their words.
pub(crate) async fn words_of_range(
    tx: &Tx,
    institution: InstitutionId,
    from: EntryId,
    to: EntryId,
) -> Result<BTreeMap<FileId, String>, StoreError> {
    let rows = sql::rows(
        tx,
        "select id, words from attachment where institution_id = $1 and entry_id > $2 and entry_id <= $3 \
         and saved = 1",
        args![institution, from, to],
        |c| Ok((c.get()?, c.get()?)),
    )
    .await?;
    Ok(rows.into_iter().collect())
}
