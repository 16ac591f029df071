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

#[derive(Clone, Default, Serialize, Deserialize)]
struct Ring {
    #[serde(default)]
    key: Vec<Key>,
}

struct Inner {
    path: Option<PathBuf>,
    ring: RwLock<(Option<SystemTime>, Ring)>,
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

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(text.get(i..i + 2)?, 16).ok()).collect()
}

impl Key {
    fn fresh(id: u32, algorithm: Algorithm) -> Self {
        // The generator is seeded by the system and made for secrets.
        Self { id, algorithm, secret: hex(&rand::random::<[u8; 32]>()) }
    }

    /// A key for one purpose; never the same bytes for two.
    fn derived(&self, purpose: &str) -> Result<[u8; 32], StoreError> {
        let secret: [u8; 32] = unhex(&self.secret)
            .and_then(|s| s.try_into().ok())
            .ok_or_else(|| internal(format!("key {} is not 32 bytes in hexadecimal", self.id)))?;
        Ok(mac(&secret, purpose.as_bytes()))
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
        let inner = Inner { path: Some(path.to_owned()), ring: RwLock::new((changed_at(path), ring)) };
        Ok(Self(Arc::new(inner)))
    }

    /// Makes a file with one fresh key, readable by its owner only.
    ///
    /// # Errors
    /// When it is there already or cannot be written.
    pub fn make(path: &Path) -> std::io::Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        write_ring(path, &Ring { key: vec![Key::fresh(1, Algorithm::default())] }, true)?;
        Self::read(path)
    }

    /// Adds a fresh key, with which everything is sealed from now on, and drops those that `used` does not name.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn renew(&self, algorithm: Algorithm, used: &[u32]) -> Result<u32, StoreError> {
        let mut ring = self.ring()?;
        let id = ring.key.iter().map(|k| k.id).max().unwrap_or(0) + 1;
        ring.key.retain(|k| used.contains(&k.id));
        ring.key.push(Key::fresh(id, algorithm));
        if let Some(path) = &self.0.path {
            write_ring(path, &ring, false).map_err(|e| internal(format!("the file of keys: {e}")))?;
        }
        let stamp = self.0.path.as_deref().and_then(changed_at);
        *self.0.ring.write().unwrap_or_else(PoisonError::into_inner) = (stamp, ring);
        Ok(id)
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
        let stamp = changed_at(path);
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

fn changed_at(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|m| m.modified()).ok()
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

/// Writes the whole file beside and puts it in place at once. `fresh`: refuses when there is one.
fn write_ring(path: &Path, ring: &Ring, fresh: bool) -> std::io::Result<()> {
    let text = toml::to_string(ring).map_err(std::io::Error::other)?;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let target = if fresh { path.to_owned() } else { path.with_extension("new") };
    if !fresh {
        match std::fs::remove_file(&target) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
    }
    let mut file = options.open(&target)?;
    file.write_all(HEAD.as_bytes())?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    if fresh { Ok(()) } else { std::fs::rename(&target, path) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sm4_gcm_is_that_of_rfc_8998() {
        // RFC 8998, appendix A.1.
        let bytes = |text: &str| unhex(text).unwrap();
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
            hex(&made),
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
        assert_eq!(keys.renew(Algorithm::Sm4Gcm, &[1]).unwrap(), 2);
        let again = keys.drawer().unwrap().seal(b"y", b"").unwrap();
        assert_eq!((again.key, again.by.as_str()), (2, "sm4-gcm"));
        assert_eq!(keys.drawer().unwrap().open(&sealed, b"").unwrap(), b"x", "the old key is still there");
        assert_eq!(keys.drawer().unwrap().lookups("z").unwrap().len(), 2);
        // Read anew, as the next start does.
        assert_eq!(Keys::read(&path).unwrap().drawer().unwrap().open(&again, b"").unwrap(), b"y");
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
