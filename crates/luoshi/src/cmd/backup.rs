//! `luoshi backup`: database, files and a list of both, beside a server that runs.

use std::path::PathBuf;

use store::{BackupError, Keep, LastBackup, Order, Store, Taken, take};
use work::Clock;
use work::upkeep;

use super::place::{Place, Why, trouble};
use super::serve::block_on;
use super::{FAULTY, Refusal, WELL, complain, say};

/// What `luoshi backup` may be told.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// 备份放在这个文件夹；每次备份是里面的一个文件夹，附件只存一份
    #[arg(value_name = "备份文件夹", help_heading = "参数")]
    folder: PathBuf,
    #[command(flatten)]
    place: Place,
    /// 旧备份留多少，如 14d,8w,12m：14天、8周、12个月各留最新的一份，其余的删去；不给就全部留着
    #[arg(long, value_name = "份数", value_parser = keep)]
    keep: Option<Kept>,
    /// 带上密钥文件，用这个文件第一行的口令加密
    #[arg(long, value_name = "口令文件")]
    with_keys: Option<PathBuf>,
}

/// Which backups stay; all, when there is no rule.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept(pub(super) Option<Keep>);

pub(super) fn keep(text: &str) -> Result<Kept, &'static str> {
    if text == "all" { Ok(Kept(None)) } else { text.parse().map(|keep| Kept(Some(keep))) }
}

/// A size for people.
pub(super) fn size(bytes: u64) -> String {
    upkeep::size(bytes)
}

/// What became of a backup, with what to do.
pub(super) fn refused(what: &str, error: &BackupError) -> Refusal {
    let help = match error {
        BackupError::NoProgram(_) => {
            "PostgreSQL 的备份和恢复要用它自己的程序：Debian、Ubuntu 装 postgresql-client，版本不低于数据库服务器的版本"
        }
        BackupError::Busy(_) => "等它做完再做",
        BackupError::DataFolder(_) => "请另给一个文件夹，最好在另一块磁盘上",
        BackupError::Old(_) => "用原来版本的 luoshi 备份",
        BackupError::None(_) => {
            "请给出 luoshi backup 用的文件夹，或其中一个 backup- 开头、里面有 manifest.json 的文件夹"
        }
        _ => "",
    };
    Refusal { message: format!("{what}：{}", upkeep::words(error)), help: help.to_owned() }
}

/// Takes a backup. The status says whether everything is in it.
pub(super) fn run(args: &Args) -> Result<u8, Refusal> {
    args.place.must_hold_data()?;
    block_on(async {
        let (target, keys) = (args.place.target(), args.place.key_file());
        let order = Order {
            folder: &args.folder,
            target: &target,
            blobs: &args.place.blobs_to_look()?,
            keys: args.with_keys.as_ref().map(|with| (keys.as_path(), with.as_path())),
            keep: args.keep.and_then(|kept| kept.0),
            at: Clock::Real.wall(),
            unless_since: None,
        };
        let taken = take(&order).await.map_err(|e| refused("没有备份成", &e))?;
        let Taken { folder, manifest, written, pruned, is_new: _ } = taken;
        say(&format!(
            "备份好了：{}\n数据库 {}，附件 {} 个，共 {}，这次写了 {}。{}\n",
            folder.display(),
            size(manifest.database.bytes),
            manifest.files.len(),
            size(manifest.bytes()),
            size(written),
            if manifest.keys.is_some() {
                "密钥文件已加密放在里面。"
            } else {
                "里面没有密钥文件，要另外备份。"
            }
        ));
        match &pruned {
            Ok(0) => {}
            Ok(n) => say(&format!("删去旧备份 {n} 份。\n")),
            Err(e) => complain(&format!("注意：备份是完整的，但旧备份没能删去：{}\n", upkeep::words(e))),
        }
        // Those who look after the server see it on their page; the backup itself is there in any case.
        let note = LastBackup { at: manifest.taken, bytes: manifest.bytes() };
        let noted = async {
            let store = Store::beside(&target).await?;
            store.note_backup(&note).await?;
            store.close().await
        };
        if let Err(error) = noted.await {
            complain(&format!(
                "注意：备份是完整的，但没能在数据库里记下这一次（{}），管理员的页面上看不到它。\n",
                error.why()
            ));
        }
        if manifest.missing.is_empty() {
            return Ok(if pruned.is_ok() { WELL } else { FAULTY });
        }
        complain(&format!(
            "注意：有 {} 个附件已经不在原处，或者内容变了，备份里没有它们。请运行 luoshi verify 看是哪些，从以前的备份里取回。\n",
            manifest.missing.len()
        ));
        Ok(FAULTY)
    })
}

/// That the clock and the data are so and so old, in words.
pub(super) fn age(hours: i64) -> String {
    match hours {
        0 => "不到1小时前".to_owned(),
        1..48 => format!("{hours}小时前"),
        _ => format!("{}天前", hours / 24),
    }
}

/// The words of a store that does not answer.
pub(super) fn unreadable(error: &dyn Why) -> Refusal {
    trouble("不能读取数据", error)
}
