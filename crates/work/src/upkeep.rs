//! What keeps an installation alive: backups that are taken by themselves, and the room on the disks.
//!
//! When a backup is due is read off the folder of backups itself: one is due when the last that lies there is older than
//! the last time of day that was set. So one that was missed while the server was down is taken at its start, and of
//! several processes with one folder one takes it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use store::{BackupError, LastBackup, Order, Room, Store, StoreError, Taken, take};

use crate::clock::{Clock, china, day_of};
use crate::settings::Schedule;
use crate::state::Work;

/// How long after a backup that failed the next one is tried.
const AGAIN: SignedDuration = SignedDuration::from_mins(30);
/// Hours after which the last backup is too old.
const TOO_OLD: i64 = 48;
/// Days over which it is measured how fast a disk fills.
const MEASURED: i32 = 14;
/// Days: a disk that will be full before is told of.
const SOON_FULL: u64 = 7;

/// The last time of day `at` that is not after `now`.
fn last_due(at: Time, now: Timestamp) -> Timestamp {
    let here = now.to_zoned(china());
    let today = here.date().to_datetime(at);
    let due = if today <= here.datetime() { today } else { today.saturating_sub(1.day()) };
    due.to_zoned(china()).map_or(now, |z| z.timestamp())
}

/// For which due time this process has seen and noted a backup, and when it tries again after a failure.
#[derive(Default)]
struct Tried(Mutex<(Option<Timestamp>, Option<Timestamp>)>);

impl Tried {
    fn set(&self, seen: Option<Timestamp>, again: Option<Timestamp>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (seen, again);
    }
}

/// How much was free for each folder, day by day.
type Rooms = BTreeMap<Date, BTreeMap<String, u64>>;

/// A disk, as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disk {
    /// The folder of ours on it.
    pub folder: PathBuf,
    /// Its room.
    pub room: Room,
    /// In how many days it is full at the measured growth; none while it does not fill, or that is not known yet.
    pub days: Option<u64>,
}

impl Disk {
    /// Whether it will be full within a week.
    #[must_use]
    pub fn is_soon_full(&self) -> bool {
        self.days.is_some_and(|days| days < SOON_FULL)
    }
}

/// How the installation stands.
#[derive(Clone, Debug)]
pub struct Condition {
    /// The last backup.
    pub last: Option<LastBackup>,
    /// Why the last try failed, when it did, and when that was.
    pub failed: Option<(String, Timestamp)>,
    /// The disks.
    pub disks: Vec<Disk>,
    /// Size of the database in bytes.
    pub database: u64,
    /// By how many minutes the clock lies behind what was written last, when it does.
    pub behind: Option<i64>,
}

/// Minutes by which the clocks of two machines may differ.
const APART: i64 = 5;

/// By how many minutes the clock lies behind what was written last: it is wrong, or was. None when it does not.
///
/// # Errors
/// When the store cannot read.
pub async fn behind(store: &Store, wall: Timestamp) -> Result<Option<i64>, StoreError> {
    let newest = store.newest_line().await?;
    Ok(newest.map(|at| at.duration_since(wall).as_mins()).filter(|minutes| *minutes > APART))
}

impl Condition {
    /// Whether there is no backup that is new enough at `now`.
    #[must_use]
    pub fn lacks_backup(&self, now: Timestamp) -> bool {
        self.last.as_ref().is_none_or(|last| now.duration_since(last.at).as_hours() >= TOO_OLD)
    }
}

/// Takes a backup when one is due; whether it did.
///
/// # Errors
/// When the store cannot note it. Why a backup failed is noted, and logged.
pub async fn back_up_if_due(work: &Work) -> Result<bool, StoreError> {
    let Some(Schedule { folder, at, keep, keys, target }) = &work.settings.backup else { return Ok(false) };
    let tried = work.kept::<Tried>();
    let now = work.clock.wall();
    let due = last_due(*at, now);
    let (seen, again) = *tried.0.lock().unwrap_or_else(PoisonError::into_inner);
    if seen.is_some_and(|seen| seen >= due) || again.is_some_and(|again| now < again) {
        return Ok(false);
    }
    let blobs = work.store.blobs()?;
    let order = Order {
        folder,
        target,
        blobs,
        keys: keys.as_ref().map(|(file, with)| (file.as_path(), with.as_path())),
        keep: *keep,
        at: now,
        unless_since: Some(due),
    };
    // Whatever fails from here on, the note of it too, is tried again after a while and not at once.
    tried.set(seen, Some(now.saturating_add(AGAIN).unwrap_or(now)));
    let Taken { is_new, manifest, written, pruned, .. } = match take(&order).await {
        Ok(taken) => taken,
        // Another process of ours takes it.
        Err(BackupError::Busy(_)) => return Ok(false),
        Err(error) => {
            tracing::error!(%error, "no backup could be taken");
            work.store.note_backup_failed(&words(&error), now).await?;
            return Ok(false);
        }
    };
    let bytes = manifest.bytes();
    if is_new {
        let missing = manifest.missing.len();
        tracing::info!(
            bytes,
            written,
            missing,
            pruned = pruned.as_ref().copied().unwrap_or(0),
            "backup taken"
        );
        if missing > 0 {
            tracing::error!(missing, "files are gone or changed, and not in the backup");
        }
    }
    if let Err(error) = pruned {
        tracing::error!(%error, "older backups could not be thrown away");
    }
    // One that was there already may be noted by nobody: the database took no line then.
    work.store.note_backup(&LastBackup { at: manifest.taken, bytes }).await?;
    tried.set(Some(due), None);
    Ok(is_new)
}

/// Measures the room on the disks, once a day.
///
/// # Errors
/// When the store cannot read or write.
pub async fn note_rooms(work: &Work) -> Result<(), StoreError> {
    let today = day_of(work.clock.wall());
    let mut noted = noted(work).await?;
    if noted.contains_key(&today) {
        return Ok(());
    }
    let now =
        rooms(work).into_iter().map(|(folder, room)| (folder.display().to_string(), room.free)).collect();
    noted.insert(today, now);
    let oldest = today.saturating_sub(MEASURED.days());
    noted.retain(|day, _| *day >= oldest);
    let text = serde_json::to_string(&noted).map_err(|e| StoreError::Internal(e.to_string()))?;
    work.store.note_rooms(&machine(), &text, work.clock.wall()).await
}

/// The machine that this process runs on: each has disks of its own.
fn machine() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map(|name| name.trim().to_owned())
        .unwrap_or_default()
}

async fn noted(work: &Work) -> Result<Rooms, StoreError> {
    let text = work.store.rooms(&machine()).await?;
    // What an older program noted is measured anew.
    Ok(serde_json::from_str(&text).unwrap_or_default())
}

/// The folders whose disks are watched, with their room.
fn rooms(work: &Work) -> Vec<(PathBuf, Room)> {
    let backups = work.settings.backup.iter().map(|b| &b.folder);
    let folders = work.settings.folders.iter().chain(backups);
    folders.filter_map(|folder| Some((folder.clone(), Room::of(folder)?))).collect()
}

/// In how many days a disk is full, of which so much is free today and was on earlier days.
fn days_left(free: u64, today: Date, earlier: impl Iterator<Item = (Date, u64)>) -> Option<u64> {
    let (first, was) = earlier.filter(|(day, _)| *day < today).min()?;
    let days = u64::try_from(today.since(first).ok()?.get_days()).ok().filter(|days| *days > 0)?;
    let filled = was.checked_sub(free).filter(|filled| *filled > 0)?;
    u64::try_from(u128::from(free) * u128::from(days) / u128::from(filled)).ok()
}

/// How the installation stands now.
///
/// # Errors
/// When the store cannot read.
pub async fn condition(work: &Work) -> Result<Condition, StoreError> {
    let noted = noted(work).await?;
    let today = day_of(work.clock.wall());
    let disk = |(folder, room): (PathBuf, Room)| {
        let name = folder.display().to_string();
        let earlier = noted.iter().filter_map(|(day, free)| Some((*day, *free.get(&name)?)));
        Disk { days: days_left(room.free, today, earlier), folder, room }
    };
    Ok(Condition {
        last: work.store.last_backup().await?,
        failed: work.store.failed_backup().await?,
        disks: rooms(work).into_iter().map(disk).collect(),
        database: work.store.size().await?,
        behind: if is_kept(work) { behind(&work.store, work.clock.wall()).await? } else { None },
    })
}

/// Whether backups are expected of this installation: an invented college has none.
#[must_use]
pub fn is_kept(work: &Work) -> bool {
    matches!(work.clock, Clock::Real)
}

/// A number of bytes for people: 3.4 MB.
#[must_use]
pub fn size(bytes: u64) -> String {
    const STEPS: [(&str, u64); 4] = [("TB", 1 << 40), ("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10)];
    match STEPS.iter().find(|(_, step)| bytes >= *step) {
        Some((word, step)) => format!("{}.{} {word}", bytes / step, bytes % step * 10 / step),
        None => format!("{bytes} 字节"),
    }
}

/// Why the store did not do what was asked, for whoever looks after the server.
#[must_use]
pub fn store_words(error: &StoreError) -> String {
    match error {
        StoreError::Full => "磁盘满了，请腾出空间".to_owned(),
        StoreError::Unavailable => "数据库或放附件的地方连不上".to_owned(),
        StoreError::ReadOnly => "磁盘只能读，或者没有写的权限".to_owned(),
        StoreError::Disk(what) => format!("磁盘读写出错 {what}").trim_end().to_owned(),
        StoreError::Busy => "数据库正忙，请过一会儿再试".to_owned(),
        other => other.to_string(),
    }
}

/// Why a file could not be read or written, for whoever looks after the server.
#[must_use]
pub fn file_words(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => "磁盘满了".to_owned(),
        std::io::ErrorKind::PermissionDenied => "没有权限".to_owned(),
        std::io::ErrorKind::ReadOnlyFilesystem => "磁盘只能读，不能写".to_owned(),
        std::io::ErrorKind::NotFound => "找不到".to_owned(),
        std::io::ErrorKind::AlreadyExists => "已经有了".to_owned(),
        _ => error.to_string(),
    }
}

/// Why there is no backup, or none can be brought back, for whoever looks after the server.
#[must_use]
pub fn words(error: &BackupError) -> String {
    match error {
        BackupError::Store(error) => store_words(error),
        BackupError::File { path, error } => format!("{}：{}", path.display(), file_words(error)),
        BackupError::Busy(folder) => format!("另一个进程正在 {} 里做备份", folder.display()),
        BackupError::DataFolder(folder) => format!("{} 是数据文件夹，备份要放在别处", folder.display()),
        BackupError::Old(schema) => format!("数据库是较早的版本（{schema}），本程序不能备份它"),
        BackupError::NoProgram(name) => format!("没有装 {name}"),
        BackupError::Program { name, said } => format!("{name} 没有做成：{said}"),
        BackupError::Address(what) => format!("数据库的地址不对：{what}"),
        BackupError::Keys(what) => what.clone(),
        BackupError::None(folder) => format!("{} 里没有完整的备份", folder.display()),
        BackupError::Manifest { path, what } => format!("{} 读不懂：{what}", path.display()),
        BackupError::Newer { path, format } => {
            format!("{} 是更新的版本做的备份（第 {format} 种格式），请用新版本的程序", path.display())
        }
        BackupError::NotEmpty(what) if what == "files" => "放附件的地方已有另一份数据的附件".to_owned(),
        BackupError::NotEmpty(what) => format!("{what} 里已有数据，恢复只能恢复到空的地方"),
        BackupError::Namespace { expected, found } => {
            format!("备份里的表在模式 {expected} 里，这个地址指的是 {found}；请在地址里写明 search_path")
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_backup_is_due_from_its_time_of_day_in_china() {
        let half_past_two = time(2, 30, 0, 0);
        // 02:30 in China is 18:30 of the day before in London.
        for (now, due) in [
            ("2026-11-30T18:29:59Z", "2026-11-29T18:30:00Z"),
            ("2026-11-30T18:30:00Z", "2026-11-30T18:30:00Z"),
            ("2026-12-01T18:00:00Z", "2026-11-30T18:30:00Z"),
        ] {
            assert_eq!(last_due(half_past_two, at(now)), at(due), "{now}");
        }
    }

    #[test]
    fn a_disk_that_fills_is_told_of_before_it_is_full() {
        let today = date(2026, 11, 30);
        let left = |free: u64, earlier: &[(Date, u64)]| days_left(free, today, earlier.iter().copied());
        assert_eq!(left(600, &[(date(2026, 11, 20), 1600), (date(2026, 11, 29), 610)]), Some(6));
        assert_eq!(left(700, &[(date(2026, 11, 23), 1400)]), Some(7));
        assert_eq!(left(0, &[(date(2026, 11, 29), 5)]), Some(0));
        // Nothing to compare with, or more room than there was.
        assert_eq!(left(600, &[]), None);
        assert_eq!(left(600, &[(today, 900)]), None);
        assert_eq!(left(600, &[(date(2026, 11, 20), 600)]), None);
        assert_eq!(left(600, &[(date(2026, 11, 20), 500)]), None);
        let disk = |days| Disk { folder: PathBuf::new(), room: Room { free: 1, total: 2 }, days };
        assert!(disk(Some(6)).is_soon_full() && !disk(Some(7)).is_soon_full() && !disk(None).is_soon_full());
    }

    #[test]
    fn a_backup_of_two_days_is_too_old() {
        let now = at("2026-11-30T12:00:00Z");
        let of = |last: Option<&str>| Condition {
            last: last.map(|t| LastBackup { at: at(t), bytes: 1 }),
            failed: None,
            disks: Vec::new(),
            database: 0,
            behind: None,
        };
        assert!(of(None).lacks_backup(now));
        assert!(of(Some("2026-11-28T12:00:00Z")).lacks_backup(now));
        assert!(!of(Some("2026-11-28T12:00:01Z")).lacks_backup(now));
    }
}
