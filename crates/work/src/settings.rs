//! What an installation may set.

use std::path::PathBuf;

use jiff::civil::Time;
use store::{Keep, Target};

/// Backups that the server takes by itself.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// The folder of backups.
    pub folder: PathBuf,
    /// When, in China's time.
    pub at: Time,
    /// Which older ones stay; all, when nothing is said.
    pub keep: Option<Keep>,
    /// The file of keys, and the file of the passphrase under which it is encrypted; none when it does not go with them.
    pub keys: Option<(PathBuf, PathBuf)>,
    /// The database.
    pub target: Target,
}

/// What an installation may set. The defaults are those of GB/T 22239-2019 level 2 as assessors read it
/// (facts: five failures lock for 5 to 15 minutes, 10 to 30 minutes idle, passwords of 8 characters in 3 classes).
#[derive(Clone, Debug)]
pub struct Settings {
    /// Minutes without a request after which a session ends.
    pub idle_minutes: i64,
    /// Hours after which a session ends in any case.
    pub session_hours: i64,
    /// Wrong passwords, in a row, that lock an account.
    pub failures: u32,
    /// Wrong passwords that lock an address. More than for an account: a whole office may share one address.
    pub address_failures: u32,
    /// Minutes for which it stays locked.
    pub lock_minutes: i64,
    /// Days after which a password must be changed; 0 for never.
    pub password_days: i64,
    /// Least characters of a password.
    pub password_length: usize,
    /// Most bytes of a request that is no upload.
    pub body_limit: usize,
    /// Seconds after which a request is given up.
    pub timeout_seconds: u64,
    /// Whether a proxy in front says by `X-Forwarded-For` and `X-Forwarded-Proto` who asks, and whether over TLS. Only to be
    /// set where such a proxy always stands in front: these headers can be forged.
    pub behind_proxy: bool,
    /// Most bytes of one file that is attached to a record.
    pub file_bytes: usize,
    /// Records that a list may have and still be handed out as a spreadsheet at once; a longer one is written beside the page.
    pub export_at_once: u32,
    /// Days before the due day from which a duty is 将到期.
    pub soon_days: i64,
    /// Backups that the server takes by itself.
    pub backup: Option<Schedule>,
    /// Folders of this installation on whose disks there must be room.
    pub folders: Vec<PathBuf>,
    /// By which whoever does not ask from this machine itself may read the figures of the process.
    pub metrics_token: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            idle_minutes: 30,
            session_hours: 12,
            failures: 5,
            address_failures: 20,
            lock_minutes: 15,
            password_days: 90,
            password_length: 8,
            body_limit: 2 * 1024 * 1024,
            timeout_seconds: 60,
            behind_proxy: false,
            file_bytes: 20 * 1024 * 1024,
            export_at_once: 5_000,
            soon_days: 7,
            backup: None,
            folders: Vec::new(),
            metrics_token: None,
        }
    }
}
