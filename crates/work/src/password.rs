//! Passwords: what a good one is, how it is hashed, and that hashing never takes the machine down.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::password_hash::try_generate_salt;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use tokio::sync::Semaphore;

use crate::fault::Fault;
use crate::settings::Settings;
use crate::token::token;

/// Marks the hash of a password that somebody else has set, and that must be changed at the first sign-in.
const ONCE: &str = "once:";
/// Longest password in bytes: hashing longer ones only costs time.
const LONGEST: usize = 200;
/// How long one waits for one's turn.
const PATIENCE: Duration = Duration::from_secs(8);

/// Argon2id with 19 MiB, two passes, one lane: the least memory that OWASP's Password Storage Cheat Sheet accepts, because a
/// server for one college is to stay under 60 MB.
fn params() -> Params {
    // These figures are within the bounds that `Params::new` checks.
    Params::new(19 * 1024, 2, 1, None).unwrap_or_default()
}

/// Where the computing is done, kept from one password to the next: memory of this alignment that is given back is not
/// used again by the system's allocator (glibc), and the program would grow by 19 MiB with every sign-in.
static ROOM: Mutex<Vec<Block>> = Mutex::new(Vec::new());

/// Argon2id of `password` into `out`; one at a time.
fn compute(params: Params, password: &str, salt: &[u8], out: &mut [u8]) -> argon2::Result<()> {
    let mut room = ROOM.lock().unwrap_or_else(PoisonError::into_inner);
    let blocks = params.block_count();
    if room.len() < blocks {
        room.resize(blocks, Block::default());
    }
    let (room, _) = room.split_at_mut(blocks);
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon.hash_password_into_with_memory(password.as_bytes(), salt, out, room)
}

/// The hash of a password as a PHC string; `once` when somebody else has set it, so that it must be changed first.
/// Slow on purpose (some 30 ms): a server calls it through [`Hasher`].
///
/// # Errors
/// When the system gives no random salt.
pub fn hash(password: &str, once: bool) -> Result<String, Fault> {
    let made = hashed(password).map_err(|e| anyhow::anyhow!("hashing: {e}"))?;
    Ok(format!("{}{made}", if once { ONCE } else { "" }))
}

fn hashed(password: &str) -> Result<PasswordHash, argon2::password_hash::Error> {
    let salt = try_generate_salt().map_err(|_| argon2::password_hash::Error::Crypto)?;
    let mut out = [0; Params::DEFAULT_OUTPUT_LEN];
    compute(params(), password, &salt, &mut out)?;
    Ok(PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params())?,
        salt: Some(Salt::new(&salt)?),
        hash: Some(Output::new(&out)?),
    })
}

/// Whether a stored hash is of a password that must be changed at the first sign-in.
#[must_use]
pub fn is_once(stored: &str) -> bool {
    stored.starts_with(ONCE)
}

fn fits(stored: &str, password: &str) -> bool {
    let stored = stored.strip_prefix(ONCE).unwrap_or(stored);
    let Ok(stored) = PasswordHash::new(stored) else { return false };
    let (Ok(params), Some(salt), Some(expected)) = (Params::try_from(&stored), stored.salt, stored.hash)
    else {
        return false;
    };
    let mut out = vec![0; expected.len()];
    let ours =
        stored.algorithm == Algorithm::Argon2id.ident() && stored.version == Some(Version::V0x13.into());
    // `Output` compares in constant time.
    ours && compute(params, password, &salt, &mut out).is_ok()
        && Output::new(&out).is_ok_and(|found| found == expected)
}

/// Hashes one password at a time: each takes 19 MiB and a core.
#[derive(Clone, Debug)]
pub struct Hasher {
    turn: Arc<Semaphore>,
    /// Hash of a password that nobody knows, checked for logins that do not exist, so that they take as long.
    nobody: Arc<std::sync::OnceLock<String>>,
}

impl Default for Hasher {
    fn default() -> Self {
        Self { turn: Arc::new(Semaphore::new(1)), nobody: Arc::default() }
    }
}

impl Hasher {
    /// Waits for one's turn to hash; held while the lock-out is looked up, so that guesses sent at once are counted one by one.
    ///
    /// # Errors
    /// [`Fault::Busy`] when it does not come in time.
    pub async fn turn(&self) -> Result<tokio::sync::OwnedSemaphorePermit, Fault> {
        let wait = tokio::time::timeout(PATIENCE, Arc::clone(&self.turn).acquire_owned());
        wait.await.map_err(|_| Fault::Busy)?.map_err(|_| Fault::Busy)
    }

    /// Whether the password fits the stored hash; takes as long when there is none.
    ///
    /// # Errors
    /// When hashing fails.
    pub async fn fits(&self, stored: Option<String>, password: String) -> Result<bool, Fault> {
        if password.len() > LONGEST {
            return Ok(false);
        }
        let nobody = Arc::clone(&self.nobody);
        let work = move || match stored.filter(|s| !s.is_empty()) {
            Some(stored) => fits(&stored, &password),
            None => {
                let hash = nobody.get_or_init(|| hash(&token(), false).unwrap_or_default());
                // The answer is no whatever comes out.
                fits(hash, &password) && hash.is_empty()
            }
        };
        Ok(tokio::task::spawn_blocking(work).await?)
    }

    /// The hash of a new password.
    ///
    /// # Errors
    /// When one\'s turn does not come, or hashing fails.
    pub async fn hash(&self, password: String, once: bool) -> Result<String, Fault> {
        let _turn = self.turn().await?;
        tokio::task::spawn_blocking(move || hash(&password, once)).await?
    }
}

/// What is wrong with a new password, everything at once; `about` is what it must not contain (login, name).
#[must_use]
pub fn faults(settings: &Settings, password: &str, about: &[&str]) -> Vec<String> {
    let mut out = Vec::new();
    if password.chars().count() < settings.password_length {
        out.push(format!("至少 {} 个字符", settings.password_length));
    }
    if password.len() > LONGEST {
        out.push("太长了，最多 200 个字节".to_owned());
    }
    let classes = [
        password.chars().any(|c| c.is_lowercase()),
        password.chars().any(char::is_uppercase),
        password.chars().any(|c| c.is_ascii_digit()),
        password.chars().any(|c| !c.is_alphanumeric()),
    ];
    if classes.into_iter().filter(|c| *c).count() < 3 {
        out.push("大写字母、小写字母、数字、符号，至少要有三种".to_owned());
    }
    let lower = password.to_lowercase();
    if about.iter().any(|a| a.chars().count() >= 3 && lower.contains(&a.to_lowercase())) {
        out.push("不能含有账号或姓名".to_owned());
    }
    let mut distinct: Vec<char> = password.chars().collect();
    distinct.sort_unstable();
    distinct.dedup();
    if !password.is_empty() && distinct.len() < 5 {
        out.push("重复的字符太多".to_owned());
    }
    out
}

/// A password to be handed over once: easy to read aloud, without the letters and digits that are taken for one another.
#[must_use]
pub fn one_time() -> String {
    const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    loop {
        let mut out = String::with_capacity(14);
        while out.len() < 14 {
            if out.len() == 4 || out.len() == 9 {
                out.push('-');
                continue;
            }
            let n = usize::from(rand::random::<u8>());
            // Numbers past the last whole multiple are thrown away, so that every letter is as likely.
            if n < 256 / LETTERS.len() * LETTERS.len() {
                out.push(char::from(LETTERS[n % LETTERS.len()]));
            }
        }
        if faults(&Settings::default(), &out, &[]).is_empty() {
            return out;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_fits_its_password_only() {
        let stored = hash("Qingwu-2022", false).unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(fits(&stored, "Qingwu-2022"));
        assert!(!fits(&stored, "Qingwu-2021"));
        let once = hash("Qingwu-2022", true).unwrap();
        assert!(is_once(&once) && fits(&once, "Qingwu-2022"));
        assert!(!fits("", "") && !fits("nonsense", "nonsense"));
    }

    #[test]
    fn a_hash_is_argon2id_as_others_compute_it() {
        use argon2::password_hash::PasswordVerifier as _;
        // Twice, so that the second finds the memory as the first left it.
        for password in ["Qingwu-2022", "Meiduo-2785"] {
            let stored = hash(password, false).unwrap();
            let read = PasswordHash::new(&stored).unwrap();
            assert!(Argon2::default().verify_password(password.as_bytes(), &read).is_ok());
            assert!(Argon2::default().verify_password(b"Qingwu-2021", &read).is_err());
        }
    }

    #[test]
    fn every_fault_of_a_password_is_told() {
        let s = Settings::default();
        assert_eq!(faults(&s, "aaa", &[]).len(), 3);
        assert_eq!(faults(&s, "Chen1234-x", &["chen"]), ["不能含有账号或姓名"]);
        assert!(faults(&s, "Qingwu-2022", &["A00123", "陈砚秋"]).is_empty());
    }

    #[test]
    fn a_one_time_password_keeps_the_rules() {
        let (a, b) = (one_time(), one_time());
        assert_ne!(a, b);
        assert!(faults(&Settings::default(), &a, &[]).is_empty());
    }

    #[tokio::test]
    async fn nobody_has_no_password() {
        let hasher = Hasher::default();
        assert!(!hasher.fits(None, String::new()).await.unwrap());
        assert!(!hasher.fits(Some(String::new()), "x".into()).await.unwrap());
    }
}
