//! `luoshi demo`: an invented college, a year of its work, and the server to look at it.

use std::{
    io::Write as _,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, anyhow, bail};
use demo::{Kept, Mark, Told, Wish, held, keep, live, make, samples};
use jiff::{Timestamp, civil::Date};
use rulebook::Rulebook;
use server::Config;
use store::{Blobs, Hold, Store, Target};
use unicode_width::UnicodeWidthStr as _;
use web::App;
use work::{Clock, Settings};

/// What `luoshi demo` may be told.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// 用这份工作要点（txt、docx），不用自带的
    #[arg(long, value_name = "文件")]
    plan: Option<PathBuf>,
    /// 监听的地址和端口；端口写 0 由系统选一个空闲的
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "地址")]
    addr: SocketAddr,
    /// 数据放在这个文件夹，下次接着用；不写则放临时文件夹，退出即删
    #[arg(long, value_name = "文件夹")]
    data: Option<PathBuf>,
    /// 数据放在一个空的 PostgreSQL 库里：postgres://用户:密码@主机:端口/库名
    #[arg(long, value_name = "地址", conflicts_with = "data")]
    database: Option<String>,
    /// 种子：同一个数得到同一所学校
    #[arg(long, default_value_t = 1, value_name = "数")]
    seed: u64,
    /// 演示停在哪一天；不写则为要点那一年的9月30日
    #[arg(long, value_name = "日期")]
    today: Option<Date>,
    /// 只输出一行 JSON：地址和样例账号
    #[arg(long)]
    json: bool,
}

/// Name of the database in the folder.
const FILE: &str = "luoshi.db";

/// A demonstration that is ready to be served.
struct Ready {
    store: Store,
    today: Date,
    accounts: Vec<Told>,
    name: String,
}

/// Makes the college where there is none yet, and serves it until it is told to stop.
///
/// # Errors
/// In Chinese, for the person at the terminal.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    free(args.addr)?;
    let rulebook = Rulebook::built_in().map_err(|faults| {
        anyhow!("自带的规则库有错：{}", faults.first().map(ToString::to_string).unwrap_or_default())
    })?;
    let temporary;
    let folder: &Path = match &args.data {
        Some(folder) => folder,
        None => {
            temporary =
                tempfile::Builder::new().prefix("luoshi-demo-").tempdir().context("不能建立临时文件夹")?;
            temporary.path()
        }
    };
    // Held until the end; the system takes it back however that comes.
    let hold = Hold::take(folder).with_context(|| format!("不能使用文件夹“{}”", folder.display()))?;
    if hold.is_none() {
        bail!("文件夹“{}”正由另一个 luoshi 使用：请先停下它，或者换一个文件夹", folder.display());
    }
    let threads = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("不能启动")?;
    threads.block_on(async {
        let ready = prepare(args, folder, &rulebook).await?;
        serve(args, ready, rulebook).await
    })
}

/// Says at once when the address cannot be had: before the making, not after.
fn free(addr: SocketAddr) -> anyhow::Result<()> {
    match TcpListener::bind(addr) {
        Ok(_) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::AddrInUse => bail!(
            "{addr} 已被占用：可能已经开着一个演示。请先关掉它，或者换一个端口，如 --addr {}:0（由系统选一个空闲端口）",
            addr.ip()
        ),
        Err(e) => Err(e).with_context(|| format!("不能在 {addr} 上监听，请用 --addr 换一个地址")),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the command line reads the clock: when the schema was made is a real time"
)]
async fn prepare(args: &Args, folder: &Path, rulebook: &Rulebook) -> anyhow::Result<Ready> {
    let target = args.database.clone().map_or_else(|| Target::Sqlite(folder.join(FILE)), Target::Postgres);
    let store = Store::open(&target, Timestamp::now())
        .await
        .with_context(|| format!("不能打开“{}”里的数据", folder.display()))?
        .with_keys(keys(&folder.join("luoshi.keys"))?)
        .with_blobs(Blobs::folder(&folder.join("files")).context("不能使用放附件的文件夹")?);
    let (institution, mark) = match held(&store).await? {
        Kept::Other => {
            bail!("“{}”里已有别的数据，不是完整的演示；请换一个文件夹，或者不写 --data", folder.display())
        }
        Kept::Demo(institution, mark) => {
            eprintln!(
                "接着用“{}”里的演示数据（种子 {}，{}）；--plan、--seed 不起作用。",
                folder.display(),
                mark.seed,
                mark.today
            );
            (institution, mark)
        }
        Kept::Nothing => {
            let plan = args.plan.as_deref().map(read_plan).transpose()?;
            let wish = Wish { plan, seed: args.seed, today: args.today };
            let college = make(&wish, rulebook)?;
            if !college.added.is_empty() {
                eprintln!("要点提到而演示学校没有的单位，已按职能部门加上：{}", college.added.join("、"));
            }
            keep(&store, &college, rulebook, args.seed).await.context("不能写入演示数据")?;
            let rulebook = Arc::new(rulebook.clone());
            live(&store, &college, &rulebook).await.context("不能办演示的流程")?;
            (college.institution, Mark { seed: args.seed, today: college.today })
        }
    };
    let accounts = samples(&store, institution, mark.seed).await?;
    let name = store.institution(institution).await?.name;
    Ok(Ready { store, today: args.today.unwrap_or(mark.today), accounts, name })
}

/// The keys of a demonstration lie beside its invented data.
fn keys(path: &Path) -> anyhow::Result<store::Keys> {
    match store::Keys::read(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => store::Keys::make(path),
        found => found,
    }
    .with_context(|| format!("不能用密钥文件“{}”", path.display()))
}

fn read_plan(path: &Path) -> anyhow::Result<model::SourceText> {
    let bytes = std::fs::read(path).with_context(|| format!("不能读取“{}”", path.display()))?;
    let name =
        path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned());
    office::read_document(&name, &bytes).map_err(|fault| anyhow!("{fault}"))
}

async fn serve(args: &Args, ready: Ready, rulebook: Rulebook) -> anyhow::Result<()> {
    let Ready { store, today, accounts, name } = ready;
    // The demonstration's day stands still, and passwords that were set in January of its year must not run out.
    let settings = Settings { password_days: 0, ..Settings::default() };
    let app = App::new(store.clone(), Arc::new(rulebook), Clock::Standing(today), settings);
    let tell = |at: SocketAddr| {
        let said = if args.json { as_json(at, &accounts) } else { as_table(at, &name, today, &accounts) };
        let mut out = std::io::stdout().lock();
        // Whoever started us may have closed the other end; the server goes on.
        let _ = out.write_all(said.as_bytes()).and_then(|()| out.flush());
    };
    server::serve(Config { addr: args.addr }, app, tell, server::stop_signal())
        .await
        .with_context(|| format!("不能在 {} 上提供服务", args.addr))?;
    store.close().await.context("不能关闭数据库")
}

fn as_json(at: SocketAddr, accounts: &[Told]) -> String {
    format!("{}\n", serde_json::json!({ "address": format!("http://{at}"), "accounts": accounts }))
}

fn as_table(at: SocketAddr, name: &str, today: Date, accounts: &[Told]) -> String {
    let rows = accounts.iter().map(|a| [a.word, &a.login, &a.password, &a.name, &a.unit]);
    let head = ["角色", "账号", "密码", "姓名", "范围"];
    let all: Vec<[&str; 5]> = std::iter::once(head).chain(rows).collect();
    let widths: Vec<usize> = (0..5).map(|c| all.iter().map(|r| r[c].width()).max().unwrap_or(0)).collect();
    let mut out = format!("http://{at}\n\n{name}（虚构），演示停在 {today}。\n\n");
    for row in &all {
        let mut line = String::from("  ");
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(width - cell.width() + 2));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out.push_str("\n其余支部书记、部门的账号（shuji03…、zongzhi02…、bumen01…）没有密码，由系统管理员设置后可用。按 Ctrl+C 结束。\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_is_one_line_of_the_form_that_is_promised() {
        let told = Told {
            role: "office",
            word: "党委办公室",
            name: "某人".to_owned(),
            login: "dangban".to_owned(),
            password: "Baiyun-4821".to_owned(),
            unit: "某校".to_owned(),
        };
        let line = as_json(SocketAddr::from(([127, 0, 0, 1], 8080)), std::slice::from_ref(&told));
        assert_eq!(line.lines().count(), 1);
        let read: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(read["address"], "http://127.0.0.1:8080");
        assert_eq!(
            read["accounts"][0],
            serde_json::json!({"role": "office", "name": "某人", "login": "dangban", "password": "Baiyun-4821"})
        );
        let table = as_table(
            SocketAddr::from(([127, 0, 0, 1], 8080)),
            "某校",
            jiff::civil::date(2026, 9, 30),
            &[told],
        );
        assert!(table.starts_with("http://127.0.0.1:8080\n"), "the address comes first");
    }

    #[test]
    fn an_address_in_use_is_said_with_what_to_do() {
        let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let said = format!("{:#}", free(taken.local_addr().expect("bound")).expect_err("in use"));
        assert!(said.contains("--addr"), "{said}");
    }
}
