//! What an installation consists of beside its database, so that two processes of it cannot have half of it each.

use jiff::Timestamp;

use crate::{Blobs, Store, StoreError, blobs::WORD, row::args, seal, sql};

/// Why a place of files is not that of a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilesMismatch {
    /// It belongs to another database.
    Other {
        /// The word that the database expects.
        expected: String,
    },
    /// It belongs to none, and the files of this database lie elsewhere.
    Missing {
        /// The word that the database expects.
        expected: String,
    },
}

impl FilesMismatch {
    /// The word that the database expects in the place of files, in a file named [`Self::FILE`].
    #[must_use]
    pub fn expected(&self) -> &str {
        match self {
            Self::Other { expected } | Self::Missing { expected } => expected,
        }
    }

    /// Name of the file that holds the word.
    pub const FILE: &str = WORD;
}

impl Store {
    /// Whether files could be kept now: one is written and taken away again.
    ///
    /// # Errors
    /// [`StoreError::Full`], [`StoreError::ReadOnly`], [`StoreError::Unavailable`].
    pub async fn try_files(&self) -> Result<(), StoreError> {
        self.blobs()?.tried().await
    }

    /// What is noted of a part of the installation, and since when.
    pub(crate) async fn part(&self, part: &str) -> Result<Option<(String, Timestamp)>, StoreError> {
        let text = "select word, noted_at from installation where part = $1";
        self.row(text, args![part], |c| Ok((c.get()?, c.get()?))).await
    }

    /// Notes it, whatever was noted before.
    pub(crate) async fn note_part(&self, part: &str, word: &str, at: Timestamp) -> Result<(), StoreError> {
        let text = "insert into installation (part, word, noted_at) values ($1, $2, $3) \
                    on conflict (part) do update set word = excluded.word, noted_at = excluded.noted_at";
        self.local(text, args![part, word, at]).await.map(|_| ())
    }

    /// Why the place of files is not that of this database; none when it is. At the first start of a database it becomes
    /// its place: both get the same word.
    ///
    /// # Errors
    /// When the store or the place of files does not answer.
    pub async fn match_files(&self, at: Timestamp) -> Result<Option<FilesMismatch>, StoreError> {
        let blobs = self.blobs()?;
        let expected = match self.part("files").await? {
            Some((known, _)) => known,
            None => {
                // Whoever starts at the same time waits for this row, and then finds the word in the same place.
                let tx = self.transaction().await?;
                let word = blobs.word().await?.unwrap_or_else(seal::word);
                let ours = sql::execute(
                    &tx,
                    "insert into installation (part, word, noted_at) values ('files', $1, $2) \
                     on conflict (part) do nothing",
                    args![word, at],
                )
                .await?;
                if ours == 1 && blobs.word().await?.is_none() {
                    blobs.put_word(&word).await?;
                }
                let text = "select word from installation where part = 'files'";
                let word = sql::row(&tx, text, vec![], |c| c.get::<String>()).await?;
                tx.commit().await?;
                word.ok_or(StoreError::NotFound)?
            }
        };
        compare(blobs, expected).await
    }

    /// The same, noting nothing: none also when the database has met no place of files yet.
    ///
    /// # Errors
    /// When the store or the place of files does not answer.
    pub async fn look_at_files(&self) -> Result<Option<FilesMismatch>, StoreError> {
        match self.part("files").await? {
            Some((expected, _)) => compare(self.blobs()?, expected).await,
            None => Ok(None),
        }
    }
}

async fn compare(blobs: &Blobs, expected: String) -> Result<Option<FilesMismatch>, StoreError> {
    Ok(match blobs.word().await? {
        Some(there) if there == expected => None,
        Some(_) => Some(FilesMismatch::Other { expected }),
        None => Some(FilesMismatch::Missing { expected }),
    })
}
