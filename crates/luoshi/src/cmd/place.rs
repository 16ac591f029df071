//! Where an installation's data is, and that what is opened together belongs together.

use std::path::{Path, PathBuf};

use store::{Blobs, FilesMismatch, Hold, KeyMismatch, Keys, Store, StoreError, Target};
use work::{Clock, upkeep};

use super::{Refusal, complain};

/// Where the data is.
#[derive(Debug, clap::Args)]
pub(crate) struct Place {
    /// 数据放在这个文件夹
    #[arg(
        long,
        env = "LUOSHI_DATA",
        default_value = "data",
        value_name = "文件夹",
        conflicts_with = "database"
    )]
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

/// What went wrong, in words for whoever looks after the server.
pub(super) trait Why {
    /// The words.
    fn why(&self) -> String;
}

impl Why for StoreError {
    fn why(&self) -> String {
        upkeep::store_words(self)
    }
}

impl Why for std::io::Error {
    fn why(&self) -> String {
        upkeep::file_words(self)
    }
}

impl Why for String {
    fn why(&self) -> String {
        self.clone()
    }
}

/// That something went wrong, in the words of what went wrong.
pub(super) fn trouble(what: &str, error: &dyn Why) -> Refusal {
    Refusal { message: format!("{what}：{}", error.why()), help: String::new() }
}

/// Refuses keys, read from `path`, that are not those of this database.
pub(super) async fn match_keys(store: &Store, keys: &Keys, path: &Path) -> Result<(), Refusal> {
    let found = store.match_keys(keys).await.map_err(|e| trouble("不能核对密钥", &e))?;
    found.map_or(Ok(()), |mismatch| Err(other_keys(mismatch, path)))
}

/// That keys are another's.
pub(super) fn other_keys(mismatch: KeyMismatch, path: &Path) -> Refusal {
    match mismatch {
        KeyMismatch::Other(number) => Refusal {
            message: format!(
                "密钥文件 {} 不是这份数据的：第 {number} 号密钥和数据里登记的不是同一把",
                path.display()
            ),
            help: "请取回这份数据的密钥文件，放回原处，或用 --keys 指明。用错的密钥加密的号码以后读不出来，所以没有继续"
                .to_owned(),
        },
        KeyMismatch::Missing(number) => Refusal {
            message: format!("密钥文件 {} 里没有第 {number} 号密钥，而这份数据要用它", path.display()),
            help: "这多半是换密钥以前的旧文件，或另一处的文件。请取回最近一次换密钥以后备份的密钥文件，放回原处，或用 --keys 指明"
                .to_owned(),
        },
    }
}

impl Place {
    /// The folder of data; none when the database is on a server.
    pub(super) fn folder(&self) -> Option<&Path> {
        (!self.is_server()).then_some(&self.data)
    }

    /// The folder of files; none when they lie in a bucket.
    pub(super) fn files_folder(&self) -> Option<PathBuf> {
        match self.files.as_deref() {
            Some(bucket) if bucket.starts_with("s3://") => None,
            Some(folder) => Some(folder.into()),
            None => Some(self.data.join("files")),
        }
    }

    /// The folders of this installation on whose disks there must be room.
    pub(super) fn folders(&self) -> Vec<PathBuf> {
        let data = self.folder();
        let apart = self.files_folder().filter(|files| data.is_none_or(|data| !files.starts_with(data)));
        data.map(Path::to_owned).into_iter().chain(apart).collect()
    }

    /// Whether there is anything: a database server is asked when it is opened.
    pub(super) fn holds_data(&self) -> bool {
        self.database.is_some() || self.file().is_file()
    }

    /// Refuses a place where there is nothing.
    pub(super) fn must_hold_data(&self) -> Result<(), Refusal> {
        if self.holds_data() {
            return Ok(());
        }
        Err(Refusal {
            message: format!("没有 {}", self.file().display()),
            help: "--data 或 --database 要和服务器用的一样".to_owned(),
        })
    }

    pub(super) fn file(&self) -> PathBuf {
        self.data.join("luoshi.db")
    }

    pub(super) fn is_server(&self) -> bool {
        self.database.is_some()
    }

    /// The file of keys: beside the data and not in it, so that a copy of the data alone opens nothing. That of a
    /// demonstration lies in its folder.
    pub(super) fn key_file(&self) -> PathBuf {
        self.keys.clone().unwrap_or_else(|| {
            let mut folder = self.data.as_os_str().to_owned();
            folder.push("-keys");
            let beside = PathBuf::from(folder).join("luoshi.keys");
            let within = self.data.join("luoshi.keys");
            if self.database.is_none() && within.is_file() && !beside.exists() { within } else { beside }
        })
    }

    /// Takes the data folder for this process. A database server may be used by many: nothing is taken.
    pub(super) fn hold(&self) -> Result<Option<Hold>, Refusal> {
        if self.is_server() {
            return Ok(None);
        }
        let held = self.try_hold()?.ok_or_else(|| Refusal {
            message: format!("数据文件夹 {} 正由另一个 luoshi 使用", self.data.display()),
            help: "一个数据文件夹同时只能有一个 luoshi 在写。请先停下正在运行的 luoshi serve（或 demo），再运行这个命令"
                .to_owned(),
        })?;
        Ok(Some(held))
    }

    /// Takes the data folder for this process; none while another has it.
    pub(super) fn try_hold(&self) -> Result<Option<Hold>, Refusal> {
        Hold::take(&self.data).map_err(|e| trouble(&format!("不能使用文件夹 {}", self.data.display()), &e))
    }

    /// Opens the database with its keys; at the first start makes a file of keys. Keys that are not those of this
    /// database are refused; a database that has met none yet notes these.
    pub(super) async fn open_with_keys(&self) -> Result<(Store, Keys), Refusal> {
        let store = self.open().await?;
        let path = self.key_file();
        let keys = match Keys::read(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                if store.knows_keys().await.map_err(|e| trouble("不能读取数据", &e))? {
                    return Err(Refusal {
                        message: format!(
                            "找不到密钥文件 {}，而数据里有用它加密的号码，或者登记过它",
                            path.display()
                        ),
                        help: "从备份里取回密钥文件，放回原处，或用 --keys 指明；不要新造一个".to_owned(),
                    });
                }
                match Keys::make(&path) {
                    // Another process was faster.
                    Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Keys::read(&path),
                    made => made.inspect(|_| {
                        complain(&format!(
                            "新的密钥文件：{}（请另外备份，不要和数据放在一处）\n",
                            path.display()
                        ));
                    }),
                }
            }
            found => found,
        };
        let keys = keys.map_err(|e| trouble(&format!("不能用密钥文件 {}", path.display()), &e))?;
        self.match_keys(&store, &keys).await?;
        store.note_keys(&keys, Clock::Real.wall()).await.map_err(|e| trouble("不能登记密钥", &e))?;
        // Who started at the same time with another file has noted other keys.
        self.match_keys(&store, &keys).await?;
        Ok((store.with_keys(keys.clone()), keys))
    }

    /// Refuses keys that are not those of this database.
    pub(super) async fn match_keys(&self, store: &Store, keys: &Keys) -> Result<(), Refusal> {
        match_keys(store, keys, &self.key_file()).await
    }

    /// Refuses a place of files that is not that of this database.
    pub(super) async fn match_files(&self, store: &Store) -> Result<(), Refusal> {
        let found = store.match_files(Clock::Real.wall()).await;
        let Some(mismatch) = found.map_err(|e| trouble("不能核对放附件的地方", &e))? else {
            return Ok(());
        };
        let place = self.files_named();
        let what = match mismatch {
            FilesMismatch::Other { .. } => "是另一份数据的",
            FilesMismatch::Missing { .. } => "不是这份数据原来用的",
        };
        Err(Refusal {
            message: format!("放附件的地方 {place} {what}"),
            help: format!(
                "请用 --files 指明原来放附件的文件夹或桶；多台机器要用同一处。附件确实搬到了这里（或已经丢失），就在这里建一个文本文件 {}，内容写 {}，再启动",
                FilesMismatch::FILE,
                mismatch.expected()
            ),
        })
    }

    /// Refuses a place where no file can be kept: a server that starts on it would refuse every attachment.
    pub(super) async fn try_files(&self, store: &Store) -> Result<(), Refusal> {
        store.try_files().await.map_err(|e| Refusal {
            message: format!("放附件的地方 {} 不能写：{}", self.files_named(), e.why()),
            help: "luoshi 的用户要能写这个文件夹（或桶）；也可以用 --files 指明另一处".to_owned(),
        })
    }

    fn files_named(&self) -> String {
        self.files.clone().unwrap_or_else(|| self.data.join("files").display().to_string())
    }

    /// Where the bytes of files lie.
    pub(super) fn blobs(&self) -> Result<Blobs, Refusal> {
        let unusable = |e: &dyn Why| trouble("不能使用放附件的地方", e);
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

    /// The same without making anything: where there is no folder, no file is found.
    pub(super) fn blobs_to_look(&self) -> Result<Blobs, Refusal> {
        let folder = self.files.as_deref().map_or_else(|| self.data.join("files"), PathBuf::from);
        let is_bucket = self.files.as_deref().is_some_and(|f| f.starts_with("s3://"));
        if is_bucket || folder.is_dir() { self.blobs() } else { Ok(Blobs::none()) }
    }

    pub(super) fn target(&self) -> Target {
        match &self.database {
            Some(url) => Target::Postgres(url.clone()),
            None => Target::Sqlite(self.file()),
        }
    }

    pub(super) async fn open(&self) -> Result<Store, Refusal> {
        if !self.is_server() && Store::is_half_restored(&self.file()) {
            return Err(Refusal {
                message: format!("文件夹 {} 里的恢复没有做完", self.data.display()),
                help: "清空这个文件夹，再运行一次 luoshi restore".to_owned(),
            });
        }
        let store = Store::open(&self.target(), Clock::Real.wall())
            .await
            .map_err(|e| trouble("不能打开数据库", &e))?;
        Ok(store.with_blobs(self.blobs()?))
    }

    /// Opens the database whether a server uses it or not, for a few rows, which the database guards: where one runs, the
    /// schema is its business. What is held is held as long as the store is used.
    pub(super) async fn open_shared(&self) -> Result<(Option<Hold>, Store), Refusal> {
        let hold = if self.is_server() { None } else { self.try_hold()? };
        let store = if hold.is_some() { self.open().await? } else { self.open_beside().await? };
        Ok((hold, store))
    }

    /// Opens the database beside the server that uses it.
    pub(super) async fn open_beside(&self) -> Result<Store, Refusal> {
        let refused = |e: store::StoreError| Refusal {
            message: format!("不能在服务器运行的时候打开数据库：{}", e.why()),
            help: "请用和服务器同一版本的 luoshi，或者先停下服务器".to_owned(),
        };
        Ok(Store::beside(&self.target()).await.map_err(refused)?.with_blobs(self.blobs()?))
    }
}
