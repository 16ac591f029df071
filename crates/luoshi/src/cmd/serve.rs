//! `luoshi serve`: the real thing. And what only somebody at the server may ask for: a link for a new password.

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::builder::FalseyValueParser;
use jiff::civil::Time;
use rulebook::Rulebook;
use server::Config;
use web::App;
use work::{Clock, Schedule, Settings, upkeep};

use super::backup::Kept;
use super::place::{Place, trouble};
use super::{Refusal, WELL, complain, rulebook::refusal, say};

/// What `luoshi serve` may be told.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// 监听的地址和端口
    #[arg(long, env = "LUOSHI_ADDR", default_value = "127.0.0.1:8080", value_name = "地址")]
    addr: SocketAddr,
    #[command(flatten)]
    place: Place,
    /// 本单位的规则文件夹，叠在自带的规则库上
    #[arg(long, env = "LUOSHI_RULEBOOK", value_name = "文件夹")]
    rulebook: Option<PathBuf>,
    /// 前面有反向代理：信它的 X-Forwarded-For 和 X-Forwarded-Proto。没有代理时不要开
    #[arg(long, env = "LUOSHI_BEHIND_PROXY", value_parser = FalseyValueParser::new())]
    behind_proxy: bool,
    /// 每个附件最多多少 MB
    #[arg(long, env = "LUOSHI_FILE_MB", default_value_t = 20, value_name = "数", value_parser = clap::value_parser!(u32).range(1..=200))]
    file_mb: u32,
    /// 每天自动备份到这个文件夹（不要放在数据文件夹里，最好在另一块磁盘上）
    #[arg(long, env = "LUOSHI_BACKUP", value_name = "文件夹")]
    backup: Option<PathBuf>,
    /// 每天几点备份（北京时间）；那时没有运行的，启动后补做
    #[arg(long, env = "LUOSHI_BACKUP_AT", default_value = "02:30", value_name = "时刻")]
    backup_at: Time,
    /// 旧备份留多少：几天、几周、几个月各留最新的一份。写 all 全部留着
    #[arg(long, env = "LUOSHI_BACKUP_KEEP", default_value = "14d,8w,12m", value_name = "份数", value_parser = super::backup::keep)]
    backup_keep: Kept,
    /// 备份里带上密钥文件，用这个文件第一行的口令加密；不给就不带
    #[arg(long, env = "LUOSHI_BACKUP_KEYS", value_name = "口令文件")]
    backup_keys: Option<PathBuf>,
    /// 别的机器凭这个口令读 /metrics（Authorization: Bearer …）；不给就只有本机能读
    #[arg(long, env = "LUOSHI_METRICS_TOKEN", hide_env_values = true, value_name = "口令")]
    metrics_token: Option<String>,
}

impl Args {
    fn schedule(&self) -> Option<Schedule> {
        Some(Schedule {
            folder: self.backup.clone()?,
            at: self.backup_at,
            keep: self.backup_keep.0,
            keys: self.backup_keys.clone().map(|with| (self.place.key_file(), with)),
            target: self.place.target(),
        })
    }
}

/// What `luoshi password` may be told.
#[derive(Debug, clap::Args)]
pub(crate) struct PasswordArgs {
    /// 账号
    #[arg(value_name = "账号", help_heading = "参数")]
    login: String,
    #[command(flatten)]
    place: Place,
}

pub(super) fn block_on<T>(work: impl Future<Output = Result<T, Refusal>>) -> Result<T, Refusal> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| trouble("不能启动", &e))?
        .block_on(work)
}

pub(super) fn rules(dir: Option<&Path>) -> Result<Arc<Rulebook>, Refusal> {
    Rulebook::load(dir).map(Arc::new).map_err(|faults| refusal(&faults))
}

/// Serves until it is told to stop. The first line on standard output is the address.
pub(super) fn run(args: &Args) -> Result<u8, Refusal> {
    let filter = tracing_subscriber::EnvFilter::try_from_env("LUOSHI_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info,sqlx=warn,sea_orm=warn"));
    // Only a second one could fail, and there is none.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .try_init();
    block_on(async {
        let rulebook = rules(args.rulebook.as_deref())?;
        // Held until the end; the system takes it back however that comes.
        let _hold = args.place.hold()?;
        let (store, _) = args.place.open_with_keys().await?;
        args.place.match_files(&store).await?;
        args.place.try_files(&store).await?;
        let behind = upkeep::behind(&store, Clock::Real.wall()).await;
        if let Some(minutes) = behind.map_err(|e| trouble("不能读取数据", &e))? {
            complain(&format!(
                "注意：系统时间比最后一条日志早 {minutes} 分钟。时间错了，到期、锁定、登录都会错，请校准系统时间\n"
            ));
        }
        let settings = Settings {
            behind_proxy: args.behind_proxy,
            file_bytes: args.file_mb as usize * 1024 * 1024,
            backup: args.schedule(),
            folders: args.place.folders(),
            metrics_token: args.metrics_token.clone().filter(|token| !token.is_empty()),
            ..Settings::default()
        };
        let app = App::new(store.clone(), rulebook, Clock::Real, settings);
        let setup =
            server::identity::setup_path(&app).await.map_err(|f| trouble("不能读取数据", &f.words()))?;
        let tell = |at: SocketAddr| {
            say(&format!("http://{at}\n"));
            if let Some(path) = setup {
                complain(&format!(
                    "还没有设置。请在 24 小时内打开下面的链接，建立学校和三个管理员（只能用一次）：\nhttp://{at}{path}\n"
                ));
            }
        };
        server::serve(Config { addr: args.addr }, app, tell, server::stop_signal())
            .await
            .map_err(|e| trouble(&format!("不能在 {} 上提供服务", args.addr), &format!("{e:#}")))?;
        store.close().await.map_err(|e| trouble("不能关闭数据库", &e))?;
        Ok(WELL)
    })
}

/// Prints the path of a link by which an account sets a new password.
pub(super) fn password(args: &PasswordArgs) -> Result<u8, Refusal> {
    block_on(async {
        let (_hold, store) = args.place.open_shared().await?;
        let app = App::new(store.clone(), rules(None)?, Clock::Real, Settings::default());
        let path = server::identity::reset_path(&app, &args.login)
            .await
            .map_err(|f| trouble("不能读写数据", &f.words()))?
            .ok_or_else(|| Refusal {
                message: format!("没有账号“{}”", args.login),
                help: "请核对账号；--data 或 --database 要和服务器用的一样".to_owned(),
            })?;
        say(&format!(
            "请账号 {} 的本人在 24 小时内打开（只能用一次），前面加上服务器的地址：\n{path}\n",
            args.login
        ));
        store.close().await.map_err(|e| trouble("不能关闭数据库", &e))?;
        Ok(WELL)
    })
}
