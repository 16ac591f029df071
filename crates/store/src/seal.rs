//! Encryption of what must not lie open in the database: numbers of identity cards, phone numbers, drafts that hold them.
//!
//! The keys lie in a file of their own, apart from the database, so that a copy of the database alone opens nothing.
//! Each key has its algorithm, and both are noted beside every value: values of several keys live side by side while
//! they are sealed anew. Every value is bound to the row that it belongs to, so that it cannot be moved to another.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::SystemTime,
};

use aes_gcm::{
    Aes256Gcm, AesGcm, KeyInit,
    aead::{Aead, Payload, consts::U12},
};
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::StoreError;

/// SM4 (GB/T 32907-2016) in Galois/Counter mode, as RFC 8998 puts the two together.
type Sm4Gcm = AesGcm<sm4::Sm4, U12>;

/// Bytes of a nonce.
const NONCE: usize = 12;

/// How values are sealed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Algorithm {
    /// AES-256-GCM.
    #[default]
    #[serde(rename = "aes-256-gcm")]
    Aes256Gcm,
    /// SM4-GCM.
    #[serde(rename = "sm4-gcm")]
    Sm4Gcm,
}

impl Algorithm {
    /// Every algorithm with the word by which it is stored.
    pub const IDS: [(&str, Self); 2] = [("aes-256-gcm", Self::Aes256Gcm), ("sm4-gcm", Self::Sm4Gcm)];

    /// The word by which it is stored.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Aes256Gcm => "aes-256-gcm",
            Self::Sm4Gcm => "sm4-gcm",
        }
    }
}

/// A sealed value as it is stored, in three columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sealed {
    /// Number of the key.
    pub(crate) key: u32,
    /// Word of the algorithm.
    pub(crate) by: String,
    /// Nonce and ciphertext.
    pub(crate) bytes: Vec<u8>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Key {
    id: u32,
    algorithm: Algorithm,
    /// 32 random bytes in hexadecimal; what seals and what looks up are derived from it.
    secret: String,
}

#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Ring {
    #[serde(default)]
    key: Vec<Key>,
}

struct Inner {
    path: Option<PathBuf>,
    ring: RwLock<(Option<Stamp>, Ring)>,
}

/// By what one sees that the file was put in place anew.
type Stamp = (SystemTime, u64, u64);

/// The right to change a file of keys; nobody else has it meanwhile. The system takes it back when the process ends,
/// however it ends.
#[derive(Debug)]
pub struct KeyLock {
    /// None of keys that lie in no file.
    _file: Option<std::fs::File>,
}

/// The keys of an installation. Cheap to clone. When the file changes (a rotation by another process), it is read again.
#[derive(Clone)]
pub struct Keys(Arc<Inner>);

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(…)")
    }
}

fn internal(what: impl std::fmt::Display) -> StoreError {
    StoreError::Internal(what.to_string())
}

impl Key {
    fn fresh(id: u32, algorithm: Algorithm) -> Self {
        // The generator is seeded by the system and made for secrets.
        Self { id, algorithm, secret: hex::encode(rand::random::<[u8; 32]>()) }
    }

    /// A key for one purpose; never the same bytes for two.
    fn derived(&self, purpose: &str) -> Result<[u8; 32], StoreError> {
        let secret: [u8; 32] = hex::decode(&self.secret)
            .ok()
            .and_then(|s| s.try_into().ok())
            .ok_or_else(|| internal(format!("key {} is not 32 bytes in hexadecimal", self.id)))?;
        Ok(mac(&secret, purpose.as_bytes()))
    }

    /// By what the key is known again, in hexadecimal: a keyed hash, of which the secret cannot be found, of a fixed
    /// word, under a key that seals nothing.
    fn fingerprint(&self) -> Result<String, StoreError> {
        let whole = mac(&self.derived("check")?, self.algorithm.id().as_bytes());
        Ok(hex::encode(&whole[..8]))
    }

    fn seal(&self, value: &[u8], belongs: &[u8]) -> Result<Sealed, StoreError> {
        let nonce = rand::random::<[u8; NONCE]>();
        let payload = Payload { msg: value, aad: belongs };
        let key = self.derived("seal")?;
        let made = match self.algorithm {
            Algorithm::Aes256Gcm => Aes256Gcm::new(&key.into()).encrypt(&nonce.into(), payload),
            Algorithm::Sm4Gcm => sm4(&key).encrypt(&nonce.into(), payload),
        };
        let made = made.map_err(|_| internal("a value could not be sealed"))?;
        let bytes = nonce.iter().copied().chain(made).collect();
        Ok(Sealed { key: self.id, by: self.algorithm.id().to_owned(), bytes })
    }

    fn open(&self, sealed: &Sealed, belongs: &[u8]) -> Result<Vec<u8>, StoreError> {
        let (nonce, rest) = sealed
            .bytes
            .split_first_chunk::<NONCE>()
            .ok_or_else(|| internal("a sealed value is too short"))?;
        let payload = Payload { msg: rest, aad: belongs };
        let key = self.derived("seal")?;
        let nonce = (*nonce).into();
        let opened = match self.algorithm {
            Algorithm::Aes256Gcm => Aes256Gcm::new(&key.into()).decrypt(&nonce, payload),
            Algorithm::Sm4Gcm => sm4(&key).decrypt(&nonce, payload),
        };
        opened.map_err(|_| {
            internal(format!("a value sealed with key {} does not open: it was changed", self.id))
        })
    }
}

/// SM4 takes 128 bits: the first half.
fn sm4(key: &[u8; 32]) -> Sm4Gcm {
    let mut half = [0; 16];
    half.copy_from_slice(&key[..16]);
    Sm4Gcm::new(&half.into())
}

fn mac(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    // HMAC fills a short key with zeros to the length of a block (RFC 2104); done here, the length need not be checked.
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
    mac.update(message);
    mac.finalize().into_bytes().into()
}

impl Keys {
    /// Keys that nobody keeps: for tests.
    #[must_use]
    pub fn passing() -> Self {
        let ring = Ring { key: vec![Key::fresh(1, Algorithm::default())] };
        Self(Arc::new(Inner { path: None, ring: RwLock::new((None, ring)) }))
    }

    /// Reads the file of keys.
    ///
    /// # Errors
    /// When it cannot be read or holds no key; [`std::io::ErrorKind::NotFound`] when it is not there.
    pub fn read(path: &Path) -> std::io::Result<Self> {
        let ring = read_ring(path)?;
        let inner = Inner { path: Some(path.to_owned()), ring: RwLock::new((stamp_of(path), ring)) };
        Ok(Self(Arc::new(inner)))
    }

    /// Makes a file with one fresh key, readable by its owner only.
    ///
    /// # Errors
    /// When it is there already or cannot be written.
    pub fn make(path: &Path) -> std::io::Result<Self> {
        if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
            make_folder(folder)?;
        }
        // Two that start at once make one file.
        let lock = lock_file(path)?;
        lock.lock()?;
        if path.try_exists()? {
            return Err(std::io::ErrorKind::AlreadyExists.into());
        }
        write_ring(path, &Ring { key: vec![Key::fresh(1, Algorithm::default())] })?;
        Self::read(path)
    }

    /// The right to change the file of keys; none while somebody else has it.
    ///
    /// # Errors
    /// When there can be no lock beside the file.
    pub fn lock(&self) -> Result<Option<KeyLock>, StoreError> {
        let Some(path) = &self.0.path else { return Ok(Some(KeyLock { _file: None })) };
        let file = lock_file(path).map_err(|e| internal(format!("the lock of the file of keys: {e}")))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(KeyLock { _file: Some(file) })),
            Err(std::fs::TryLockError::WouldBlock) => Ok(None),
            Err(std::fs::TryLockError::Error(e)) => {
                Err(internal(format!("the lock of the file of keys: {e}")))
            }
        }
    }

    /// Adds a fresh key, with which everything is sealed from now on; its number, greater than all in the file and than
    /// `last`, the greatest that ever was: a number never stands for two secrets. No key leaves the file.
    ///
    /// # Errors
    /// When the file cannot be written, or holds something else afterwards.
    pub fn renew(&self, _lock: &KeyLock, algorithm: Algorithm, last: u32) -> Result<u32, StoreError> {
        let mut ring = self.read_anew()?;
        let id = ring.key.iter().map(|k| k.id).max().unwrap_or(0).max(last) + 1;
        ring.key.push(Key::fresh(id, algorithm));
        self.put(ring)?;
        Ok(id)
    }

    /// Takes keys out of the file, all but those with these numbers; only to be asked when nothing is sealed with the
    /// others. How many have left.
    ///
    /// # Errors
    /// When the file cannot be written, or holds something else afterwards.
    pub fn retire(&self, _lock: &KeyLock, keep: &[u32]) -> Result<usize, StoreError> {
        let mut ring = self.read_anew()?;
        let before = ring.key.len();
        ring.key.retain(|k| keep.contains(&k.id));
        let gone = before - ring.key.len();
        if gone > 0 {
            self.put(ring)?;
        }
        Ok(gone)
    }

    /// What lies in the file now, whatever was read of it before.
    fn read_anew(&self) -> Result<Ring, StoreError> {
        match &self.0.path {
            Some(path) => read_ring(path).map_err(|e| internal(format!("the file of keys: {e}"))),
            None => self.ring(),
        }
    }

    /// Puts a ring in place, and sees that it is there.
    fn put(&self, ring: Ring) -> Result<(), StoreError> {
        let mut stamp = None;
        if let Some(path) = &self.0.path {
            write_ring(path, &ring).map_err(|e| internal(format!("the file of keys: {e}")))?;
            stamp = stamp_of(path);
            if self.read_anew()? != ring {
                return Err(internal("the file of keys was changed by somebody else meanwhile"));
            }
        }
        *self.0.ring.write().unwrap_or_else(PoisonError::into_inner) = (stamp, ring);
        Ok(())
    }

    /// Number and fingerprint of each key.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn fingerprints(&self) -> Result<Vec<(u32, String)>, StoreError> {
        self.ring()?.key.iter().map(|k| Ok((k.id, k.fingerprint()?))).collect()
    }

    /// The newest key's number and algorithm.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn newest(&self) -> Result<(u32, Algorithm), StoreError> {
        let ring = self.ring()?;
        ring.key.last().map(|k| (k.id, k.algorithm)).ok_or_else(|| internal("the file of keys is empty"))
    }

    fn ring(&self) -> Result<Ring, StoreError> {
        let Some(path) = &self.0.path else {
            return Ok(self.0.ring.read().unwrap_or_else(PoisonError::into_inner).1.clone());
        };
        let stamp = stamp_of(path);
        {
            let known = self.0.ring.read().unwrap_or_else(PoisonError::into_inner);
            // A file that is away for a moment (or on a lost disk) does not take the keys from memory.
            if stamp.is_none() || known.0 == stamp {
                return Ok(known.1.clone());
            }
        }
        let ring = read_ring(path).map_err(|e| internal(format!("the file of keys: {e}")))?;
        *self.0.ring.write().unwrap_or_else(PoisonError::into_inner) = (stamp, ring.clone());
        Ok(ring)
    }

    /// Opens a drawer for one piece of work: the file is looked at once.
    pub(crate) fn drawer(&self) -> Result<Drawer, StoreError> {
        let ring = self.ring()?;
        if ring.key.is_empty() {
            return Err(internal("the file of keys is empty"));
        }
        Ok(Drawer { ring })
    }
}

/// The keys as they are now, for one piece of work.
pub(crate) struct Drawer {
    ring: Ring,
}

impl Drawer {
    fn newest(&self) -> Result<&Key, StoreError> {
        self.ring.key.last().ok_or_else(|| internal("the file of keys is empty"))
    }

    /// Number of the key that seals now.
    pub(crate) fn newest_id(&self) -> Result<u32, StoreError> {
        Ok(self.newest()?.id)
    }

    /// Seals `value`, bound to `belongs`.
    pub(crate) fn seal(&self, value: &[u8], belongs: &[u8]) -> Result<Sealed, StoreError> {
        self.newest()?.seal(value, belongs)
    }

    /// Whether the key with which it was sealed is here.
    pub(crate) fn has(&self, sealed: &Sealed) -> bool {
        self.ring.key.iter().any(|k| k.id == sealed.key && k.algorithm.id() == sealed.by)
    }

    /// Opens what was sealed for `belongs`.
    pub(crate) fn open(&self, sealed: &Sealed, belongs: &[u8]) -> Result<Vec<u8>, StoreError> {
        let key = self.ring.key.iter().find(|k| k.id == sealed.key && k.algorithm.id() == sealed.by);
        key.ok_or_else(|| internal(format!("key {} is not in the file of keys", sealed.key)))?
            .open(sealed, belongs)
    }

    /// The keyed hash of a value under the newest key: how it is found again.
    pub(crate) fn lookup(&self, value: &str) -> Result<Vec<u8>, StoreError> {
        Ok(mac(&self.newest()?.derived("lookup")?, value.as_bytes()).to_vec())
    }

    /// The keyed hashes of a value under every key: while values are being sealed anew, either may stand.
    pub(crate) fn lookups(&self, value: &str) -> Result<Vec<Vec<u8>>, StoreError> {
        self.ring.key.iter().map(|k| Ok(mac(&k.derived("lookup")?, value.as_bytes()).to_vec())).collect()
    }
}

fn stamp_of(path: &Path) -> Option<Stamp> {
    let about = std::fs::metadata(path).ok()?;
    #[cfg(unix)]
    let number = std::os::unix::fs::MetadataExt::ino(&about);
    #[cfg(not(unix))]
    let number = 0;
    Some((about.modified().ok()?, about.len(), number))
}

/// Makes a folder that its owner alone may look into, with those above it.
pub(crate) fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut maker = std::fs::DirBuilder::new();
    maker.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut maker, 0o700);
    maker.create(folder)
}

/// Sixteen random bytes as a word.
pub(crate) fn word() -> String {
    hex::encode(rand::random::<[u8; 16]>())
}

/// `path` with more behind its name.
pub(crate) fn beside(path: &Path, more: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(more);
    name.into()
}

/// The file whose lock is the right to change the file of keys; that one itself is put in place anew by each change.
fn lock_file(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(beside(path, ".lock"))
}

fn read_ring(path: &Path) -> std::io::Result<Ring> {
    let text = std::fs::read_to_string(path)?;
    let bad = |what: String| std::io::Error::new(std::io::ErrorKind::InvalidData, what);
    // The reader's own message would quote the line, and with it the secret.
    let ring: Ring = toml::from_str(&text).map_err(|_| bad("it is not a file of keys".to_owned()))?;
    if ring.key.is_empty() {
        return Err(bad("it holds no key".to_owned()));
    }
    for key in &ring.key {
        key.derived("seal").map_err(|e| bad(e.to_string()))?;
    }
    Ok(ring)
}

const HEAD: &str = "# 落实：身份证号、手机号的密钥。丢了它，这些号码就再也读不出来；落到别人手里，就等于没有加密。\n\
                    # 请另外备份，不要和数据库放在一处。用 luoshi keys rotate 更换，不要手改。\n\n";

/// Writes the whole file beside and puts it in place at once; done when a power cut cannot take it back.
fn write_ring(path: &Path, ring: &Ring) -> std::io::Result<()> {
    let text = toml::to_string(ring).map_err(std::io::Error::other)?;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let part = beside(path, &format!(".{}.new", hex::encode(rand::random::<[u8; 8]>())));
    let mut file = options.open(&part)?;
    let written = file
        .write_all(HEAD.as_bytes())
        .and_then(|()| file.write_all(text.as_bytes()))
        .and_then(|()| file.sync_all())
        .and_then(|()| std::fs::rename(&part, path));
    if written.is_err() {
        // Half a file of secrets need not lie about; that it cannot be taken away either changes nothing.
        let _ = std::fs::remove_file(&part);
        return written;
    }
    #[cfg(unix)]
    {
        let folder = path.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sm4_gcm_is_that_of_rfc_8998() {
        // RFC 8998, appendix A.1.
        let bytes = |text: &str| hex::decode(text).unwrap();
        let key: [u8; 16] = bytes("0123456789abcdeffedcba9876543210").try_into().unwrap();
        let nonce: [u8; 12] = bytes("00001234567800000000abcd").try_into().unwrap();
        let plain = bytes(&format!(
            "{}{}{}{}{}{}{}{}",
            "aa".repeat(8),
            "bb".repeat(8),
            "cc".repeat(8),
            "dd".repeat(8),
            "ee".repeat(8),
            "ff".repeat(8),
            "ee".repeat(8),
            "aa".repeat(8)
        ));
        let aad = bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2");
        let made =
            Sm4Gcm::new(&key.into()).encrypt(&nonce.into(), Payload { msg: &plain, aad: &aad }).unwrap();
        assert_eq!(
            hex::encode(&made),
            "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735\
             d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d\
             83de3541e4c2b58177e065a9bf7b62ec"
        );
    }

    #[test]
    fn a_value_opens_only_where_it_belongs_and_only_unchanged() {
        for (_, algorithm) in Algorithm::IDS {
            let key = Key::fresh(1, algorithm);
            let sealed = key.seal(b"11010519491231002X", b"one").unwrap();
            assert_eq!(sealed.by, algorithm.id());
            assert_eq!(key.open(&sealed, b"one").unwrap(), b"11010519491231002X");
            assert!(key.open(&sealed, b"two").is_err(), "moved to another row");
            for i in 0..sealed.bytes.len() {
                let mut other = sealed.clone();
                other.bytes[i] ^= 1;
                assert!(key.open(&other, b"one").is_err(), "byte {i} was changed");
            }
            assert_ne!(sealed.bytes, key.seal(b"11010519491231002X", b"one").unwrap().bytes);
        }
    }

    #[test]
    fn the_file_is_its_owners_and_a_second_one_is_not_written_over_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/luoshi.keys");
        let keys = Keys::make(&path).unwrap();
        assert!(Keys::make(&path).is_err());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let sealed = keys.drawer().unwrap().seal(b"x", b"").unwrap();
        let other = Keys::read(&path).unwrap();
        assert_eq!(other.drawer().unwrap().open(&sealed, b"").unwrap(), b"x");
        let lock = keys.lock().unwrap().unwrap();
        assert!(other.lock().unwrap().is_none(), "one at a time");
        assert_eq!(keys.renew(&lock, Algorithm::Sm4Gcm, 0).unwrap(), 2);
        let again = keys.drawer().unwrap().seal(b"y", b"").unwrap();
        assert_eq!((again.key, again.by.as_str()), (2, "sm4-gcm"));
        assert_eq!(keys.drawer().unwrap().open(&sealed, b"").unwrap(), b"x", "the old key is still there");
        assert_eq!(keys.drawer().unwrap().lookups("z").unwrap().len(), 2);
        // Read anew, as the next start does.
        assert_eq!(Keys::read(&path).unwrap().drawer().unwrap().open(&again, b"").unwrap(), b"y");
        // Whoever has read the file before sees what was added, and adds to that.
        drop(lock);
        let lock = other.lock().unwrap().unwrap();
        assert_eq!(
            other.renew(&lock, Algorithm::default(), 6).unwrap(),
            7,
            "greater than any there ever was"
        );
        assert_eq!(other.retire(&lock, &[2, 7]).unwrap(), 1);
        let known: Vec<u32> = keys.fingerprints().unwrap().into_iter().map(|(id, _)| id).collect();
        assert_eq!(known, [2, 7]);
        let names = std::fs::read_dir(path.parent().unwrap()).unwrap();
        let mut names: Vec<_> = names.map(|e| e.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["luoshi.keys", "luoshi.keys.lock"], "nothing half is left");
    }

    #[test]
    fn a_fingerprint_is_of_one_secret_and_one_algorithm() {
        let key = Key::fresh(1, Algorithm::Aes256Gcm);
        assert_eq!(key.fingerprint().unwrap(), Key { id: 2, ..key.clone() }.fingerprint().unwrap());
        let sm4 = Key { algorithm: Algorithm::Sm4Gcm, ..key.clone() };
        assert_ne!(key.fingerprint().unwrap(), sm4.fingerprint().unwrap());
        assert_ne!(key.fingerprint().unwrap(), Key::fresh(1, Algorithm::Aes256Gcm).fingerprint().unwrap());
        assert!(!key.secret.contains(&key.fingerprint().unwrap()));
    }

    #[test]
    fn a_file_that_holds_no_key_is_refused_without_showing_what_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("luoshi.keys");
        for text in ["", "[[key]]\nid = 1\nalgorithm = \"aes-256-gcm\"\nsecret = \"abcd1234\"\n", "secret ="]
        {
            std::fs::write(&path, text).unwrap();
            let refused = Keys::read(&path).unwrap_err().to_string();
            assert!(!refused.contains("abcd1234"), "{refused}");
        }
        assert_eq!(Keys::read(Path::new("nowhere.keys")).unwrap_err().kind(), std::io::ErrorKind::NotFound);
    }
}
