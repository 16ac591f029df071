//! Where the bytes of files lie: a folder, or a bucket that speaks S3. Each content is kept once in an institution, under
//! its SHA-256, and is never changed.

use std::collections::BTreeMap;
use std::path::Path as FsPath;
use std::sync::Arc;

use model::InstitutionId;
use object_store::{
    ObjectStore, ObjectStoreExt as _,
    aws::{AmazonS3Builder, AmazonS3ConfigKey},
    local::LocalFileSystem,
    memory::InMemory,
    path::Path,
    prefix::PrefixStore,
};

use crate::{
    StoreError,
    seal::{make_folder, word},
    sha256,
};

/// Name of the file that says which database a place belongs to.
pub(crate) const WORD: &str = "luoshi-installation";

/// Where the bytes of files lie. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Blobs {
    inner: Arc<dyn ObjectStore>,
}

/// What is the matter with bytes that should be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlobFault {
    /// They are not there.
    Missing,
    /// They are not those that were kept.
    Changed,
}

impl Blobs {
    /// Files in a folder; made when it is not there. What is written is written beside its place, synced, and then
    /// renamed, so that a power cut leaves nothing half.
    ///
    /// # Errors
    /// When the folder cannot be made or read.
    pub fn folder(folder: &FsPath) -> Result<Self, StoreError> {
        let unusable = |e: &dyn std::fmt::Display| StoreError::Internal(format!("{}: {e}", folder.display()));
        make_folder(folder).map_err(|e| of_disk(e.kind()).unwrap_or_else(|| unusable(&e)))?;
        let local = LocalFileSystem::new_with_prefix(folder).map_err(|e| unusable(&e))?;
        Ok(Self { inner: Arc::new(local.with_fsync(true)) })
    }

    /// A place where nothing lies: what looks for files there finds that each is missing.
    #[must_use]
    pub fn none() -> Self {
        Self { inner: Arc::new(InMemory::new()) }
    }

    /// The word by which this place is known to belong to a database; none when nobody has put one there.
    ///
    /// # Errors
    /// When the store of files does not answer.
    pub(crate) async fn word(&self) -> Result<Option<String>, StoreError> {
        let found = match self.inner.get(&Path::from(WORD)).await {
            Ok(found) => found,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(other) => return Err(fault(&other)),
        };
        let bytes = found.bytes().await.map_err(|e| fault(&e))?;
        Ok(Some(String::from_utf8_lossy(&bytes).trim().to_owned()))
    }

    /// Whether files can be kept there: a small one is written and taken away again.
    ///
    /// # Errors
    /// When it cannot; as keeping a file would say it.
    pub(crate) async fn tried(&self) -> Result<(), StoreError> {
        let probe = Path::from(format!("probe-{}", word()));
        self.inner.put(&probe, vec![0_u8; 4096].into()).await.map_err(|e| fault(&e))?;
        self.inner.delete(&probe).await.map_err(|e| fault(&e))
    }

    /// Puts such a word there.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) async fn put_word(&self, word: &str) -> Result<(), StoreError> {
        let text = format!("{word}\n");
        self.inner.put(&Path::from(WORD), text.into_bytes().into()).await.map_err(|e| fault(&e))?;
        Ok(())
    }

    /// Files in a bucket that speaks S3: `s3://bucket` or `s3://bucket/below`. Who asks, where, and in which region is
    /// told by `variables`, those of the environment, under their usual names (`AWS_ACCESS_KEY_ID`,
    /// `AWS_SECRET_ACCESS_KEY`, `AWS_ENDPOINT`, `AWS_REGION`, `AWS_ALLOW_HTTP`).
    ///
    /// # Errors
    /// When the address or the variables make no sense. Whether anybody answers shows at the first use.
    pub fn bucket(
        address: &str,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, StoreError> {
        let unusable = |what: String| StoreError::Internal(format!("{address}: {what}"));
        let rest = address.strip_prefix("s3://").ok_or_else(|| unusable("not s3://bucket".to_owned()))?;
        let (bucket, below) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(unusable("no bucket".to_owned()));
        }
        // One provider of TLS for the whole program; an error says that it was chosen already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let named = variables.into_iter().filter(|(name, _)| name.starts_with("AWS_"));
        let told = named.filter_map(|(name, v)| {
            name.to_ascii_lowercase().parse::<AmazonS3ConfigKey>().ok().map(|k| (k, v))
        });
        let s3 = told.fold(AmazonS3Builder::new(), |s3, (key, value)| s3.with_config(key, value));
        let s3 = s3.with_bucket_name(bucket).build().map_err(|e| unusable(e.to_string()))?;
        let inner: Arc<dyn ObjectStore> =
            if below.is_empty() { Arc::new(s3) } else { Arc::new(PrefixStore::new(s3, below)) };
        Ok(Self { inner })
    }

    /// Keeps bytes; their hash. Done only when they are safe.
    ///
    /// # Errors
    /// When they cannot be written.
    pub(crate) async fn keep(
        &self,
        institution: InstitutionId,
        bytes: Vec<u8>,
    ) -> Result<[u8; 32], StoreError> {
        let hash = sha256(&bytes);
        let at = place(institution, &hash);
        let there = self.inner.head(&at).await.is_ok_and(|m| m.size == bytes.len() as u64);
        if !there {
            self.inner.put(&at, bytes.into()).await.map_err(|e| fault(&e))?;
        }
        Ok(hash)
    }

    /// The bytes with this hash.
    ///
    /// # Errors
    /// When the store of files does not answer.
    pub(crate) async fn read(
        &self,
        institution: InstitutionId,
        hash: &[u8],
    ) -> Result<Result<Vec<u8>, BlobFault>, StoreError> {
        let found = match self.inner.get(&place(institution, hash)).await {
            Ok(found) => found,
            Err(object_store::Error::NotFound { .. }) => return Ok(Err(BlobFault::Missing)),
            Err(other) => return Err(fault(&other)),
        };
        let bytes: Vec<u8> = found.bytes().await.map_err(|e| fault(&e))?.into();
        Ok(if sha256(&bytes) == hash { Ok(bytes) } else { Err(BlobFault::Changed) })
    }

    /// All that lie there, whose and under which hash in hexadecimal, with their sizes.
    ///
    /// # Errors
    /// When the store of files does not answer.
    pub(crate) async fn all(&self) -> Result<BTreeMap<(InstitutionId, String), u64>, StoreError> {
        let mut out = BTreeMap::new();
        let mut open: Vec<Option<Path>> = vec![None];
        while let Some(below) = open.pop() {
            let found = self.inner.list_with_delimiter(below.as_ref()).await.map_err(|e| fault(&e))?;
            open.extend(found.common_prefixes.into_iter().map(Some));
            out.extend(found.objects.into_iter().filter_map(|object| {
                let mut parts = object.location.parts();
                let institution = parts.next()?.as_ref().parse().ok()?;
                Some(((institution, parts.nth(1)?.as_ref().to_owned()), object.size))
            }));
        }
        Ok(out)
    }

    /// Where below a folder the bytes with this hash lie.
    pub(crate) fn name_of(institution: InstitutionId, hash: &[u8]) -> String {
        place(institution, hash).to_string()
    }

    /// Whether there are bytes under this hash.
    ///
    /// # Errors
    /// When the store of files does not answer.
    pub(crate) async fn has(&self, institution: InstitutionId, hash: &[u8]) -> Result<bool, StoreError> {
        match self.inner.head(&place(institution, hash)).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(other) => Err(fault(&other)),
        }
    }

    /// Throws bytes away that nothing refers to any more.
    ///
    /// # Errors
    /// When the store of files does not answer.
    pub(crate) async fn drop(&self, institution: InstitutionId, hash: &[u8]) -> Result<(), StoreError> {
        match self.inner.delete(&place(institution, hash)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(other) => Err(fault(&other)),
        }
    }
}

/// Folders of two digits keep a folder from holding a million files.
fn place(institution: InstitutionId, hash: &[u8]) -> Path {
    let name: String = hex::encode(hash);
    let head: String = name.chars().take(2).collect();
    Path::from(format!("{institution}/{head}/{name}"))
}

fn fault(error: &object_store::Error) -> StoreError {
    // What is not permitted stays so however long one waits.
    if let object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. } = error
    {
        tracing::error!(%error, "the store of files takes no writing");
        return StoreError::ReadOnly;
    }
    let mut inside: &dyn std::error::Error = error;
    while let Some(next) = inside.source() {
        inside = next;
    }
    let kind = inside.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
    tracing::error!(%error, "the store of files did not answer");
    kind.and_then(of_disk).unwrap_or(StoreError::Unavailable)
}

/// What is the matter with the disk under a folder of files; none where it is something else.
fn of_disk(kind: std::io::ErrorKind) -> Option<StoreError> {
    use std::io::ErrorKind::{
        AlreadyExists, NotADirectory, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull,
    };
    match kind {
        StorageFull | QuotaExceeded => Some(StoreError::Full),
        ReadOnlyFilesystem | PermissionDenied | NotADirectory | AlreadyExists => Some(StoreError::ReadOnly),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_place_that_takes_no_writing_is_not_busy() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("files");
        let blobs = Blobs::folder(&place).unwrap();
        blobs.tried().await.unwrap();
        assert_eq!(std::fs::read_dir(&place).unwrap().count(), 0, "nothing stays of the try");
        // Something else stands where the folder was.
        std::fs::remove_dir(&place).unwrap();
        std::fs::write(&place, b"a file").unwrap();
        assert!(matches!(blobs.tried().await, Err(StoreError::ReadOnly)));
        assert!(matches!(blobs.keep(InstitutionId::fresh(), vec![1]).await, Err(StoreError::ReadOnly)));
        assert!(matches!(Blobs::folder(&place), Err(StoreError::ReadOnly)));
        let denied = object_store::Error::PermissionDenied { path: String::new(), source: "403".into() };
        assert!(matches!(fault(&denied), StoreError::ReadOnly));
        let denied = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
        let denied = object_store::Error::Generic { store: "LocalFileSystem", source: Box::new(denied) };
        assert!(matches!(fault(&denied), StoreError::ReadOnly));
    }
}
