//! `luoshi doctor`: whether an installation is in order, line by line, each with what to do. It only reads.

use std::path::Path;
use std::process::Command;

use jiff::Timestamp;
use store::{DUMP, Keys, RESTORE, Room, Store, migrations};
use work::upkeep::{self, Condition};
use work::{Clock, Settings, Work};

use super::backup::{age, size, unreadable};
use super::place::{Place, other_keys};
use super::serve::{block_on, rules};
use super::{FAULTY, Refusal, WELL, say};

/// What `luoshi doctor` may be told.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    place: Place,
    /// 备份文件夹，和 luoshi serve --backup 的一样：看它所在的磁盘
    #[arg(long, env = "LUOSHI_BACKUP", value_name = "文件夹")]
    backup: Option<std::path::PathBuf>,
}

/// Less room than this is too little: a day's records and a copy of the database before its schema changes.
const LEAST_ROOM: u64 = 1 << 30;
/// Files that are looked for, the newest.
const FILES: u32 = 200;

/// The lines as they are said, and whether all are well.
struct Report {
    sound: bool,
}

impl Report {
    fn well(&self, what: &str) {
        say(&format!("好　　{what}\n"));
    }

    fn note(&self, what: &str) {
        say(&format!("说明　{what}\n"));
    }

    fn amiss(&mut self, what: &str, help: &str) {
        self.sound = false;
        say(&format!("要办　{what}\n　　　→ {help}\n"));
    }
}

/// Looks at everything. The status says whether there is something to do.
pub(super) fn run(args: &Args) -> Result<u8, Refusal> {
    block_on(async {
        let mut report = Report { sound: true };
        let Args { place, backup } = args;
        if !place.holds_data() {
            let what = format!("没有 {}", place.file().display());
            report
                .amiss(&what, "--data 或 --database 要和服务器用的一样；还没有用过的，启动一次 luoshi serve");
            return Ok(FAULTY);
        }
        if let Some(folder) = place.folder() {
            rights(&mut report, "数据文件夹", folder, 0o700);
            rights(&mut report, "数据库文件", &place.file(), 0o600);
        }
        let store = match Store::look(&place.target()).await {
            Ok(store) => store.with_blobs(place.blobs_to_look()?),
            Err(e) => {
                report.amiss(
                    &format!("数据库打不开：{e}"),
                    "数据库服务器是否在运行、地址和密码对不对、文件有没有损坏；坏了就恢复备份",
                );
                return Ok(FAULTY);
            }
        };
        if schema(&mut report, &store).await {
            keys(&mut report, place, &store).await?;
            files(&mut report, &store).await?;
            log(&mut report, &store).await?;
            jobs(&mut report, &store).await?;
            let folders = place.folders().into_iter().chain(backup.clone()).collect();
            let settings = Settings { folders, ..Settings::default() };
            let work = Work::new(store.clone(), rules(None)?, Clock::Real, settings);
            let condition = upkeep::condition(&work).await.map_err(|e| unreadable(&e))?;
            disks(&mut report, &condition);
            if let Some(folder) = backup.as_ref().filter(|folder| !folder.is_dir()) {
                report.amiss(
                    &format!("没有备份文件夹 {}", folder.display()),
                    "它所在的磁盘是否挂上、路径对不对；还没有备份过的，第一次备份时会建",
                );
            }
            backups(&mut report, &condition, Clock::Real.wall());
        }
        programs(&mut report, &store, place.is_server()).await?;
        store.close().await.map_err(|e| unreadable(&e))?;
        say(if report.sound {
            "没有发现问题。数据本身对不对，用 luoshi verify 核对。\n"
        } else {
            "上面有要办的事。\n"
        });
        Ok(if report.sound { WELL } else { FAULTY })
    })
}

/// That nobody else may look into it.
fn rights(report: &mut Report, what: &str, path: &Path, mode: u32) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let shown = path.display();
        match std::fs::metadata(path).map(|about| about.permissions().mode() & 0o777) {
            Err(e) => report
                .amiss(&format!("{what} {shown}：{e}"), "用运行服务器的那个系统用户来运行，或者改回权限"),
            Ok(found) if found & 0o077 != 0 => {
                report.amiss(
                    &format!("{what} {shown} 别的系统用户也能看（{found:o}）"),
                    &format!("chmod {mode:o} {shown}"),
                );
            }
            Ok(_) => report.well(&format!("{what} {shown} 只有本用户能看")),
        }
    }
    #[cfg(not(unix))]
    let _ = (report, what, path, mode);
}

/// Whether the rest can be asked.
async fn schema(report: &mut Report, store: &Store) -> bool {
    let ours = migrations().len();
    match store.schema().await {
        Err(e) => report.amiss(&format!("数据库的版本：{e}"), "用更新的 luoshi，或者恢复备份"),
        Ok(0) => report.amiss("数据库里没有落实的数据", "--data 或 --database 要和服务器用的一样"),
        Ok(found) if found as usize == ours => {
            report.well(&format!("数据库是本程序的版本（{found}）"));
            return true;
        }
        Ok(found) => report.amiss(
            &format!("数据库是较早的版本（{found}，本程序是 {ours}）"),
            "先用原来的程序备份，再启动本程序的 luoshi serve，它会升级",
        ),
    }
    false
}

async fn keys(report: &mut Report, place: &Place, store: &Store) -> Result<(), Refusal> {
    let path = place.key_file();
    let shown = path.display();
    match Keys::read(&path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            if store.knows_keys().await.map_err(|e| unreadable(&e))? {
                report.amiss(
                    &format!("找不到密钥文件 {shown}"),
                    "从备份里取回，放回原处，或用 --keys 指明；不要新造一个",
                );
            } else {
                report.note(&format!("还没有密钥文件 {shown}，第一次启动服务器时会造"));
            }
        }
        Err(e) => report.amiss(
            &format!("密钥文件 {shown} 读不了：{e}"),
            "用运行服务器的那个系统用户来运行，或者取回备份",
        ),
        Ok(keys) => match store.match_keys(&keys).await.map_err(|e| unreadable(&e))? {
            Some(mismatch) => {
                let Refusal { message, help } = other_keys(mismatch, &path);
                report.amiss(&message, &help);
            }
            None => {
                rights(report, "密钥文件", &path, 0o600);
                report.well("密钥和数据里登记的一致");
            }
        },
    }
    Ok(())
}

async fn files(report: &mut Report, store: &Store) -> Result<(), Refusal> {
    let amiss = store.look_at_files().await;
    match amiss {
        Err(e) => {
            report.amiss(&format!("放附件的地方不答复：{e}"), "文件夹在不在、桶的地址和账号对不对");
            return Ok(());
        }
        Ok(Some(_)) => {
            report.amiss("放附件的地方不是这份数据原来用的", "用 --files 指明原来放附件的文件夹或桶");
            return Ok(());
        }
        Ok(None) => {}
    }
    match store.look_for_files(FILES).await.map_err(|e| unreadable(&e))? {
        (n, 0) => report.well(&format!("附件：最新的 {n} 个都在")),
        (n, missing) => report.amiss(
            &format!("附件：最新的 {n} 个里有 {missing} 个不见了"),
            "运行 luoshi verify 看是哪些，从备份的 files 文件夹里取回",
        ),
    }
    Ok(())
}

/// The clock against what was written last.
async fn log(report: &mut Report, store: &Store) -> Result<(), Refusal> {
    if store.newest_line().await.map_err(|e| unreadable(&e))?.is_none() {
        report.note("日志还是空的");
        return Ok(());
    }
    if let Some(minutes) = upkeep::behind(store, Clock::Real.wall()).await.map_err(|e| unreadable(&e))? {
        report.amiss(
            &format!("系统时间比最后一条日志早 {minutes} 分钟"),
            "校准系统时间（timedatectl、chrony）；时间错了，到期、锁定、登录都会错",
        );
    } else {
        report.well("系统时间不早于最后一条日志");
    }
    Ok(())
}

async fn jobs(report: &mut Report, store: &Store) -> Result<(), Refusal> {
    let jobs = store.count_jobs().await.map_err(|e| unreadable(&e))?;
    match jobs.get("failed").copied().unwrap_or(0) {
        0 => report.well("后台任务没有做不成的"),
        n => report
            .amiss(&format!("后台任务有 {n} 个没有做成"), "系统管理员在“任务”页看，原因在服务器的日志里"),
    }
    Ok(())
}

fn disks(report: &mut Report, condition: &Condition) {
    let help = "腾出空间，或者换大的磁盘";
    for disk in &condition.disks {
        let Room { free, total } = disk.room;
        let what = format!("{} 所在的磁盘还剩 {}（共 {}）", disk.folder.display(), size(free), size(total));
        match disk.days {
            Some(days) if disk.is_soon_full() => {
                report.amiss(&format!("{what}，照现在的速度 {days} 天后写满"), help);
            }
            _ if free < LEAST_ROOM => report.amiss(&what, help),
            Some(days) => report.well(&format!("{what}，照现在的速度还能用 {days} 天")),
            None => report.well(&what),
        }
    }
}

fn backups(report: &mut Report, condition: &Condition, now: Timestamp) {
    let help = "luoshi serve --backup 文件夹 每天自动备份，或者定时运行 luoshi backup";
    if let Some((why, _)) = &condition.failed {
        report.amiss(&format!("最近一次备份没有做成：{why}"), "排除原因，再运行一次 luoshi backup");
    }
    match &condition.last {
        None => report.amiss("还没有备份过", help),
        Some(last) => {
            let old = age(now.duration_since(last.at).as_hours().max(0));
            let what = format!("最近一次备份是{old}的，{}", size(last.bytes));
            if condition.lacks_backup(now) { report.amiss(&what, help) } else { report.well(&what) }
        }
    }
}

async fn programs(report: &mut Report, store: &Store, is_server: bool) -> Result<(), Refusal> {
    if office::can_convert() {
        report.well("有 LibreOffice，.doc、.wps 文件能读");
    } else {
        report.note("没有装 LibreOffice：.doc、.wps 文件读不了，别的不受影响");
    }
    if !is_server {
        return Ok(());
    }
    let server = store.server_version().await.map_err(|e| unreadable(&e))?;
    for program in [DUMP, RESTORE] {
        match version_of(program) {
            None => report.amiss(&format!("没有 {program}，不能备份和恢复"), "装 postgresql-client"),
            Some(found) if found < server => report.amiss(
                &format!("{program} 是 {found} 版，数据库服务器是 {server} 版，不能备份"),
                "装同版本或更新的 postgresql-client",
            ),
            Some(found) => report.well(&format!("有 {program}（{found} 版，数据库服务器是 {server} 版）")),
        }
    }
    Ok(())
}

/// The main version of one of PostgreSQL's programs: the first number that it says.
fn version_of(program: &str) -> Option<u32> {
    let out = Command::new(program).arg("--version").output().ok().filter(|out| out.status.success())?;
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let number = text.split(|c: char| !c.is_ascii_digit()).find(|part| !part.is_empty())?;
    number.parse().ok()
}
