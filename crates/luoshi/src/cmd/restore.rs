//! `luoshi restore`: a backup brought back to an empty place, or, with `--check`, to one that is thrown away again.

use std::path::{Path, PathBuf};

use store::{BlobFault, Hold, Keys, Scratch, Store, StoreError, Target, Whole};
use work::Clock;
use work::clock::china;

use super::backup::{age, refused, size, unreadable};
use super::place::{Place, other_keys, trouble};
use super::serve::block_on;
use super::verify::{Looked, verified};
use super::{FAULTY, Refusal, WELL, complain, say};

/// What `luoshi restore` may be told.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// 备份文件夹（用里面最新的一份），或其中的一份 backup-…
    #[arg(value_name = "备份", help_heading = "参数")]
    backup: PathBuf,
    /// 只在临时的地方恢复一次、核对，说出这份备份有多旧，然后删去
    #[arg(long)]
    check: bool,
    /// --data、--database、--files：恢复到哪里，都要是空的；--keys：这份数据的密钥文件
    #[command(flatten)]
    place: Place,
    /// 用这个文件第一行的口令打开备份里加密的密钥文件，写到 --keys 指的地方
    #[arg(long, value_name = "口令文件")]
    open_keys: Option<PathBuf>,
    /// 本单位的规则文件夹，和服务器用的一样，核对时用
    #[arg(long, env = "LUOSHI_RULEBOOK", value_name = "文件夹")]
    rulebook: Option<PathBuf>,
}

/// Brings it back and checks it. The status says whether it is sound.
pub(super) fn run(args: &Args) -> Result<u8, Refusal> {
    let no = |e: &store::BackupError| refused("不能恢复", e);
    let whole = Whole::open(&args.backup).map_err(|e| no(&e))?;
    let manifest = &whole.manifest;
    let old = age(whole.hours_old(Clock::Real.wall()));
    say(&format!(
        "{}\n{} 备份（{old}），数据库 {}，附件 {} 个，共 {}。\n",
        whole.folder.display(),
        manifest.taken.to_zoned(china()).strftime("%Y-%m-%d %H:%M"),
        size(manifest.database.bytes),
        manifest.files.len(),
        size(manifest.bytes()),
    ));
    block_on(async {
        let damage = whole.damage().await.map_err(|e| no(&e))?;
        for damaged in &damage {
            let what = match damaged.what {
                BlobFault::Missing => "不见了",
                BlobFault::Changed => "和备份时不一样，被改动过或坏了",
            };
            complain(&format!("错误: {} {what}\n", damaged.path.display()));
        }
        if !damage.is_empty() {
            complain("帮助: 这份备份不能用，什么也没有恢复。请换一份备份\n");
            // Of such a file there is one for all backups, and the next one takes it as it is.
            if damage.iter().any(|damaged| !damaged.path.starts_with(&whole.folder)) {
                complain(
                    "帮助: 附件是几份备份合用的。原来放附件的地方还好好的，就删去上面坏了的，再备份一次，会重新复制\n",
                );
            }
            return Ok(FAULTY);
        }
        if args.check { check(args, &whole, &old).await } else { restore(args, &whole).await }
    })
}

/// The file of keys, once it is known to be that of the backup: where it lies, opened first when that was asked for.
fn keys(args: &Args, whole: &Whole, path: &Path) -> Result<(), Refusal> {
    if let Some(with) = &args.open_keys {
        whole.keys_into(with, path).map_err(|e| refused("不能打开备份里的密钥文件", &e))?;
    }
    match Keys::read(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(trouble(&format!("不能用密钥文件 {}", path.display()), &e)),
        Ok(keys) => match whole.match_keys(&keys).map_err(|e| refused("不能核对密钥", &e))? {
            Some(mismatch) => Err(other_keys(mismatch, path)),
            None => Ok(()),
        },
    }
}

async fn restore(args: &Args, whole: &Whole) -> Result<u8, Refusal> {
    let key_file = args.place.key_file();
    let target = args.place.target();
    // Whatever can be seen from outside is looked at before anything is written.
    let _hold = match (&target, whole.is_of_server()) {
        (Target::Sqlite(_), true) => return Err(other_engine("PostgreSQL", "--database 指明一个空的库")),
        (Target::Postgres(_), false) => return Err(other_engine("SQLite", "--data 指明一个空的文件夹")),
        (Target::Sqlite(file), false) => Some(empty(file)?),
        (Target::Postgres(_), true) => None,
    };
    keys(args, whole, &key_file)?;
    let blobs = args.place.blobs()?;
    let done = match &target {
        Target::Sqlite(file) => whole.into_file(file, &blobs).await,
        Target::Postgres(url) => whole.into_server_with_files(url, &blobs).await,
    };
    done.map_err(|e| refused("没有恢复成", &e))?;
    say("恢复好了，下面核对。\n");
    of_today(&target).await?;
    let looked = Looked { target, blobs, keys: &key_file, rulebook: args.rulebook.as_deref() };
    let status = verified(&looked).await?;
    if !key_file.exists() && !whole.manifest.fingerprints.is_empty() {
        complain(&format!(
            "注意：还要把密钥文件放到 {}，或用 --keys 指明，没有它服务器不能启动\n",
            key_file.display()
        ));
    }
    Ok(status)
}

fn other_engine(engine: &str, how: &str) -> Refusal {
    Refusal { message: format!("这是 {engine} 的备份"), help: format!("用 {how}") }
}

/// Takes the folder of data, which must be empty.
fn empty(file: &Path) -> Result<Hold, Refusal> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let unusable = |e: std::io::Error| trouble(&format!("不能使用文件夹 {}", folder.display()), &e);
    if let Ok(there) = std::fs::read_dir(folder) {
        for entry in there {
            let name = entry.map_err(unusable)?.file_name();
            // A disk of its own has the one, a try before left the other.
            if name != "lost+found" && name != "luoshi.lock" {
                return Err(Refusal {
                    message: format!("文件夹 {} 里已有东西，恢复只能恢复到空的地方", folder.display()),
                    help: "用 --data 另给一个空的文件夹".to_owned(),
                });
            }
        }
    }
    Hold::take(folder).map_err(unusable)?.ok_or_else(|| Refusal {
        message: format!("文件夹 {} 正由另一个 luoshi 使用", folder.display()),
        help: "用 --data 另给一个空的文件夹".to_owned(),
    })
}

/// Brings a database on a server up to date: it is new, and can only be looked at in the schema of this program. A file is
/// looked at in a copy.
async fn of_today(target: &Target) -> Result<(), Refusal> {
    let Target::Postgres(_) = target else { return Ok(()) };
    let brought = async {
        Store::open(target, Clock::Real.wall()).await?.close().await?;
        Ok::<_, StoreError>(())
    };
    brought.await.map_err(|e| unreadable(&e))
}

async fn check(args: &Args, whole: &Whole, old: &str) -> Result<u8, Refusal> {
    let scratch = tempfile::tempdir().map_err(|e| trouble("不能建立临时文件夹", &e))?;
    let key_file = match args.open_keys {
        Some(_) => scratch.path().join("luoshi.keys"),
        None => args.place.key_file(),
    };
    keys(args, whole, &key_file)?;
    let blobs = whole.blobs().map_err(|e| refused("不能读取备份里的附件", &e))?;
    let look = async |target: Target| {
        of_today(&target).await?;
        verified(&Looked {
            target,
            blobs: blobs.clone(),
            keys: &key_file,
            rulebook: args.rulebook.as_deref(),
        })
        .await
    };
    let status = if whole.is_of_server() {
        let Target::Postgres(url) = args.place.target() else {
            return Err(Refusal {
                message: "这是 PostgreSQL 的备份".to_owned(),
                help: "用 --database 指明一台能临时建库的 PostgreSQL 服务器，试完就删去".to_owned(),
            });
        };
        let made = Scratch::make(&url).await.map_err(|e| refused("不能在服务器上建临时的库", &e))?;
        let status = match whole.into_server(&made.url).await {
            Ok(()) => look(made.target()).await,
            Err(e) => Err(refused("没有恢复成", &e)),
        };
        let name = made.name().to_owned();
        if let Err(e) = made.discard().await {
            complain(&format!("注意：临时的库 {name} 没有删掉（{e}），请手工删去\n"));
        }
        status?
    } else {
        let file = scratch.path().join("luoshi.db");
        whole.copy_database(&file).await.map_err(|e| refused("没有恢复成", &e))?;
        look(Target::Sqlite(file)).await?
    };
    say(&match status {
        WELL => format!("这份备份能恢复，是{old}的。\n"),
        _ => format!("这份备份（{old}）能恢复，但里面有上面这些不符。\n"),
    });
    Ok(status)
}
