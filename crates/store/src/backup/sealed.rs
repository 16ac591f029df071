//! The file of keys in a backup: encrypted under a passphrase. Four lines of text, so that it can be opened without this
//! program too: the form, how the key comes of the passphrase, how the text was encrypted, and the ciphertext; the three lines
//! before it are authenticated with it.

use std::path::Path;

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use argon2::{Algorithm, Argon2, Params, Version};

use super::{BackupError, disk};

/// Name of the file in a backup.
pub(super) const NAME: &str = "keys.sealed";
/// The first line.
const FORM: &str = "luoshi-keys-1";
/// Memory in KiB and passes of Argon2id (RFC 9106, second choice of section 4): it is done once a backup, not at every
/// sign-in.
const COST: (u32, u32) = (64 * 1024, 3);
/// More than this is asked of the machine by nobody who made the file with this program.
const MOST: (u32, u32) = (1024 * 1024, 16);
/// Least characters of a passphrase: whoever has the backup may try as long as they like.
const LEAST: usize = 12;

/// The first line of the file.
fn passphrase(file: &Path) -> Result<String, BackupError> {
    let text = std::fs::read_to_string(file).map_err(disk::at(file))?;
    let line = text.lines().next().unwrap_or_default().trim();
    if line.chars().count() < LEAST {
        let why = format!("{} 的第一行要是口令，至少 {LEAST} 个字符", file.display());
        return Err(BackupError::Keys(why));
    }
    Ok(line.to_owned())
}

fn cipher(passphrase: &str, salt: &[u8], (memory, passes): (u32, u32)) -> Result<Aes256Gcm, BackupError> {
    let bad = |e: argon2::Error| BackupError::Keys(e.to_string());
    let params = Params::new(memory, passes, 1, None).map_err(bad)?;
    let mut key = [0; 32];
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon.hash_password_into(passphrase.as_bytes(), salt, &mut key).map_err(bad)?;
    Ok(Aes256Gcm::new(&key.into()))
}

/// The file of keys, encrypted under the passphrase in the first line of `with`.
pub(super) fn seal(keys: &Path, with: &Path) -> Result<Vec<u8>, BackupError> {
    let plain = std::fs::read(keys).map_err(disk::at(keys))?;
    let (salt, nonce) = (rand::random::<[u8; 16]>(), rand::random::<[u8; 12]>());
    let (memory, passes) = COST;
    let head = format!(
        "{FORM}\nargon2id m={memory} t={passes} p=1 salt={}\naes-256-gcm nonce={}\n",
        hex::encode(salt),
        hex::encode(nonce)
    );
    let payload = Payload { msg: &plain, aad: head.as_bytes() };
    let sealed = cipher(&passphrase(with)?, &salt, COST)?.encrypt(&nonce.into(), payload);
    let sealed = sealed.map_err(|e| BackupError::Keys(e.to_string()))?;
    Ok(format!("{head}{}\n", hex::encode(sealed)).into_bytes())
}

/// What the lines of such a file say.
struct Read<'a> {
    head: &'a str,
    cost: (u32, u32),
    salt: Vec<u8>,
    nonce: [u8; 12],
    sealed: Vec<u8>,
}

fn read(text: &str) -> Option<Read<'_>> {
    let body = text.trim_end().lines().next_back()?;
    let head = text.get(..text.find(body)?)?;
    let mut lines = head.lines();
    let (form, derived, by) = (lines.next()?, lines.next()?, lines.next()?);
    let derived = derived.strip_prefix("argon2id m=")?;
    let (memory, rest) = derived.split_once(" t=")?;
    let (passes, salt) = rest.split_once(" p=1 salt=")?;
    let cost = (memory.parse().ok()?, passes.parse().ok()?);
    if form != FORM || cost.0 > MOST.0 || cost.1 > MOST.1 {
        return None;
    }
    let nonce = hex::decode(by.strip_prefix("aes-256-gcm nonce=")?).ok()?;
    Some(Read {
        head,
        cost,
        salt: hex::decode(salt).ok()?,
        nonce: nonce.try_into().ok()?,
        sealed: hex::decode(body).ok()?,
    })
}

/// Opens what [`seal`] made.
pub(super) fn open(sealed: &[u8], with: &Path) -> Result<Vec<u8>, BackupError> {
    let text = std::str::from_utf8(sealed).ok().and_then(read);
    let Some(Read { head, cost, salt, nonce, sealed }) = text else {
        return Err(BackupError::Keys("备份里的密钥文件读不懂".to_owned()));
    };
    let payload = Payload { msg: &sealed, aad: head.as_bytes() };
    let opened = cipher(&passphrase(with)?, &salt, cost)?.decrypt(&nonce.into(), payload);
    opened.map_err(|_| BackupError::Keys(format!("{} 里的口令打不开备份里的密钥文件", with.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_passphrase_opens_it_and_only_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("keys"), "[[key]]").unwrap();
        std::fs::write(path("pass"), "长江后浪推前浪 2026\nmore").unwrap();
        std::fs::write(path("other"), "长江后浪推前浪 2027").unwrap();
        std::fs::write(path("short"), "eleven char").unwrap();
        let sealed = seal(&path("keys"), &path("pass")).unwrap();
        assert!(!sealed.windows(5).any(|w| w == b"[[key"));
        assert_eq!(open(&sealed, &path("pass")).unwrap(), b"[[key]]");
        assert!(open(&sealed, &path("other")).is_err());
        assert!(matches!(seal(&path("keys"), &path("short")), Err(BackupError::Keys(_))));
        let text = String::from_utf8(sealed).unwrap();
        let at = |start: &str| text.find(start).unwrap() + start.len();
        for place in [at("salt="), at("nonce="), text.len() - 2] {
            let mut changed = text.clone().into_bytes();
            changed[place] = if changed[place] == b'0' { b'1' } else { b'0' };
            assert!(open(&changed, &path("pass")).is_err(), "{place}");
        }
        for nonsense in
            ["", "luoshi-keys-1\n", &text.replace("m=65536", "m=99999999"), &text.replace("keys-1", "keys-2")]
        {
            assert!(open(nonsense.as_bytes(), &path("pass")).is_err(), "{nonsense}");
        }
    }
}
