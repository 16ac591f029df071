//! `luoshi serve`: the real thing. And what only somebody at the server may ask for: a link for a new password.

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rulebook::Rulebook;
use server::{App, Clock, Config, Settings};
use store::{Blobs, Keys, Store, Target};

use super::{Refusal, WELL, complain, rulebook::refusal, say};

/// Where the data is.
#[derive(Debug, clap::Args)]
pub(crate) struct Place {
    /// 数据放在这个文件夹
    #[arg(long, default_value = "data", value_name = "文件夹", conflicts_with = "database")]
    data: PathBuf,
    /// 用 PostgreSQL：postgres://用户:密码@主机:端口/库名
    #[arg(long, env = "LUOSHI_DATABASE", hide_env_values = true, value_name = "地址")]
    database: Option<String>,
    /// 身份证号、手机号的密钥文件；不给就放在数据文件夹旁边的“…-keys”里。要另外备份，不要和数据放在一处
    #[arg(long, env = "LUOSHI_KEYS", value_name = "文件")]
    keys: Option<PathBuf>,
    /// 附件放在哪里：一个文件夹，或 s3://桶/目录（账号和地址从 AWS_ACCESS_KEY_ID、AWS_SECRET_ACCESS_KEY、AWS_ENDPOINT、AWS_REGION 读）。不给就放在数据文件夹里的 files；和数据库一起备份
    #[arg(long, env = "LUOSHI_FILES", value_name = "文件夹")]
    files: Option<String>,
}

/// What `luoshi serve` may be told.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// 监听的地址和端口
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "地址")]
    addr: SocketAddr,
    #[command(flatten)]
    place: Place,
    /// 本单位的规则文件夹，叠在自带的规则库上
    #[arg(long, value_name = "文件夹")]
    rulebook: Option<PathBuf>,
    /// 前面有反向代理：信它的 X-Forwarded-For 和 X-Forwarded-Proto。没有代理时不要开
    #[arg(long)]
    behind_proxy: bool,
    /// 每个附件最多多少 MB
    #[arg(long, default_value_t = 20, value_name = "数", value_parser = clap::value_parser!(u32).range(1..=200))]
    file_mb: u32,
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

pub(super) fn trouble(what: &str, error: &dyn std::fmt::Display) -> Refusal {
    Refusal { message: format!("{what}：{error}"), help: String::new() }
}

impl Place {
    /// Whether there is anything: a database server is asked when it is opened.
    pub(super) fn holds_data(&self) -> bool {
        self.database.is_some() || self.file().is_file()
    }

    pub(super) fn file(&self) -> PathBuf {
        self.data.join("luoshi.db")
    }

    /// The file of keys: beside the data and not in it, so that a copy of the data alone opens nothing.
    pub(super) fn key_file(&self) -> PathBuf {
        self.keys.clone().unwrap_or_else(|| {
            let mut folder = self.data.as_os_str().to_owned();
            folder.push("-keys");
            PathBuf::from(folder).join("luoshi.keys")
        })
    }

    /// Opens the database with its keys; at the first start makes a file of keys.
    pub(super) async fn open_with_keys(&self) -> Result<(Store, Keys), Refusal> {
        let store = self.open().await?;
        let path = self.key_file();
        let keys = match Keys::read(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                let sealed = store.holds_secrets().await.map_err(|e| trouble("不能读取数据", &e))?;
                if sealed {
                    return Err(Refusal {
                        message: format!("找不到密钥文件 {}，而数据里有用它加密的号码", path.display()),
                        help: "从备份里取回密钥文件，放回原处，或用 --keys 指明；不要新造一个".to_owned(),
                    });
                }
                let made = Keys::make(&path);
                made.inspect(|_| {
                    complain(&format!(
                        "新的密钥文件：{}（请另外备份，不要和数据放在一处）\n",
                        path.display()
                    ));
                })
            }
            found => found,
        };
        let keys = keys.map_err(|e| trouble(&format!("不能用密钥文件 {}", path.display()), &e))?;
        Ok((store.with_keys(keys.clone()), keys))
    }

    /// Where the bytes of files lie.
    fn blobs(&self) -> Result<Blobs, Refusal> {
        let unusable = |e: &dyn std::fmt::Display| trouble("不能使用放附件的地方", e);
        match self.files.as_deref() {
            Some(bucket) if bucket.starts_with("s3://") => {
                let told = std::env::vars_os();
                let told = told.filter_map(|(n, v)| Some((n.into_string().ok()?, v.into_string().ok()?)));
                Blobs::bucket(bucket, told).map_err(|e| unusable(&e))
            }
            Some(folder) => Blobs::folder(Path::new(folder)).map_err(|e| unusable(&e)),
            None => Blobs::folder(&self.data.join("files")).map_err(|e| unusable(&e)),
        }
    }

    pub(super) async fn open(&self) -> Result<Store, Refusal> {
        let target = match &self.database {
            Some(url) => Target::Postgres(url.clone()),
            None => {
                std::fs::create_dir_all(&self.data)
                    .map_err(|e| trouble(&format!("不能建立文件夹 {}", self.data.display()), &e))?;
                Target::Sqlite(self.file())
            }
        };
        let store =
            Store::open(&target, Clock::Real.wall()).await.map_err(|e| trouble("不能打开数据库", &e))?;
        Ok(store.with_blobs(self.blobs()?))
    }
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
        let (store, _) = args.place.open_with_keys().await?;
        let settings = Settings {
            behind_proxy: args.behind_proxy,
            file_bytes: args.file_mb as usize * 1024 * 1024,
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
        let store = args.place.open().await?;
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
