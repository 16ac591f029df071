//! `luoshi account`: what somebody at the server does when nobody can sign in any more who could do it on a page. Each act
//! has its line in the audit log.

use jiff::SignedDuration;
use store::{Account, Act, Store};
use web::session::login_subject;
use web::view::instant_words;
use work::{Clock, Settings, password};

use super::place::{Place, trouble};
use super::serve::block_on;
use super::{Refusal, WELL, say};

/// What to do with accounts.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// 列出账号：角色、停用、锁定、开着几处登录
    List(ListArgs),
    /// 解除锁定：一个账号，或者一个网络地址
    Unlock(UnlockArgs),
    /// 让一个账号在各处的登录马上退出
    EndSessions(OneArgs),
    /// 找回系统管理员：给一个一次性的初始密码，恢复停用、解除锁定
    RecoverAdmin(RecoverArgs),
}

/// Which data.
#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    place: Place,
}

/// Which lock.
#[derive(Debug, clap::Args)]
pub(crate) struct UnlockArgs {
    /// 账号
    #[arg(value_name = "账号", help_heading = "参数", required_unless_present = "address")]
    login: Option<String>,
    /// 解除一个网络地址的锁定（一个办公室共用一个地址，输错太多次时）
    #[arg(long, value_name = "地址", conflicts_with = "login")]
    address: Option<std::net::IpAddr>,
    #[command(flatten)]
    place: Place,
}

/// Which account.
#[derive(Debug, clap::Args)]
pub(crate) struct OneArgs {
    /// 账号
    #[arg(value_name = "账号", help_heading = "参数")]
    login: String,
    #[command(flatten)]
    place: Place,
}

/// Which administrator.
#[derive(Debug, clap::Args)]
pub(crate) struct RecoverArgs {
    /// 系统管理员的账号；只有一个的时候可以不写
    #[arg(value_name = "账号", help_heading = "参数")]
    login: Option<String>,
    #[command(flatten)]
    place: Place,
}

/// Runs one of them.
pub(super) fn run(command: &Command) -> Result<u8, Refusal> {
    match command {
        Command::List(args) => on(&args.place, async |store| list(store).await),
        Command::Unlock(args) => on(&args.place, async |store| unlock(store, args).await),
        Command::EndSessions(args) => on(&args.place, async |store| end_sessions(store, &args.login).await),
        Command::RecoverAdmin(args) => {
            on(&args.place, async |store| recover(store, args.login.as_deref()).await)
        }
    }
}

/// Opens the store, whether a server uses it or not: each of these is a few rows, which the database guards.
fn on(place: &Place, act: impl AsyncFnOnce(&Store) -> Result<(), Refusal>) -> Result<u8, Refusal> {
    place.must_hold_data()?;
    block_on(async {
        let (_hold, store) = place.open_shared().await?;
        act(&store).await?;
        store.close().await.map_err(|e| trouble("不能关闭数据库", &e))?;
        Ok(WELL)
    })
}

fn failed(error: &store::StoreError) -> Refusal {
    trouble("不能读写数据", error)
}

async fn of_login(store: &Store, login: &str) -> Result<Account, Refusal> {
    store.account_by_login(login).await.map_err(|e| failed(&e))?.ok_or_else(|| Refusal {
        message: format!("没有账号“{login}”"),
        help: "用 luoshi account list 看有哪些账号；--data 或 --database 要和服务器用的一样".to_owned(),
    })
}

fn act(action: &str, login: &str) -> Act {
    Act::new(None, "", Clock::Real.now(), action).on(login)
}

async fn list(store: &Store) -> Result<(), Refusal> {
    let now = Clock::Real.wall();
    let lasts = SignedDuration::from_mins(Settings::default().lock_minutes);
    for institution in store.institutions().await.map_err(|e| failed(&e))? {
        say(&format!("{}\n", institution.name));
        let grants = store.grants(institution.id).await.map_err(|e| failed(&e))?;
        for account in store.accounts(institution.id).await.map_err(|e| failed(&e))? {
            // One role over several units is said once, in whatever order the roles were given.
            let held = grants.iter().filter(|g| g.account == account.id && g.ended.is_none());
            let held: std::collections::BTreeSet<model::Role> = held.map(|g| g.role).collect();
            let roles: Vec<&str> = held.into_iter().map(model::Role::word).collect();
            let mut words =
                vec![if roles.is_empty() { "没有角色".to_owned() } else { roles.join("、") }];
            if let Some(at) = account.disabled_at {
                words.push(format!("{} 停用", instant_words(at)));
            }
            if account.password.is_empty() {
                words.push("还没有密码".to_owned());
            }
            let attempts = store.attempts(&login_subject(&account.login)).await.map_err(|e| failed(&e))?;
            if let Some(until) = attempts.and_then(|a| a.locked(now, lasts)) {
                words.push(format!("锁定到 {}", instant_words(until)));
            }
            let open =
                store.sessions_of(institution.id, account.id, now).await.map_err(|e| failed(&e))?.len();
            if open > 0 {
                words.push(format!("{open} 处登录"));
            }
            say(&format!("  {}　{}　{}\n", account.login, account.name, words.join("；")));
        }
    }
    Ok(())
}

async fn unlock(store: &Store, args: &UnlockArgs) -> Result<(), Refusal> {
    if let Some(address) = args.address {
        let address = address.to_canonical().to_string();
        // An address belongs to no institution: every log says it.
        for institution in store.institutions().await.map_err(|e| failed(&e))? {
            store.record(institution.id, &act("account.unlock", &address)).await.map_err(|e| failed(&e))?;
        }
        store.clear_attempts(&web::session::address_subject(&address)).await.map_err(|e| failed(&e))?;
        say(&format!("地址 {address} 的锁定已解除。\n"));
        return Ok(());
    }
    let account = of_login(store, args.login.as_deref().unwrap_or_default()).await?;
    store
        .record(account.institution, &act("account.unlock", &account.login))
        .await
        .map_err(|e| failed(&e))?;
    store.clear_attempts(&login_subject(&account.login)).await.map_err(|e| failed(&e))?;
    say(&format!("账号 {} 的锁定已解除。\n", account.login));
    Ok(())
}

async fn end_sessions(store: &Store, login: &str) -> Result<(), Refusal> {
    let account = of_login(store, login).await?;
    let act = act("account.end-sessions", &account.login);
    let ended = store.end_sessions(account.institution, account.id, &act).await.map_err(|e| failed(&e))?;
    say(&format!("账号 {} 的 {ended} 处登录已退出。\n", account.login));
    Ok(())
}

/// The system administrator that is meant: the one there is, or the one of this login.
async fn administrator(store: &Store, login: Option<&str>) -> Result<Account, Refusal> {
    let mut found = Vec::new();
    for institution in store.institutions().await.map_err(|e| failed(&e))? {
        let grants = store.grants(institution.id).await.map_err(|e| failed(&e))?;
        let holds = |account: &Account| {
            let of = |g: &&store::Grant| g.account == account.id && g.ended.is_none();
            grants.iter().filter(of).any(|g| g.role == model::Role::SystemAdmin)
        };
        found.extend(store.accounts(institution.id).await.map_err(|e| failed(&e))?.into_iter().filter(holds));
    }
    let logins = found.iter().map(|a| a.login.clone()).collect::<Vec<_>>().join("、");
    match login {
        None if found.len() > 1 => Err(Refusal {
            message: format!("有几个系统管理员：{logins}"),
            help: "写明是哪一个账号".to_owned(),
        }),
        None => found.pop().ok_or_else(|| Refusal {
            message: "没有系统管理员的账号".to_owned(),
            help: "还没有设置的，启动 luoshi serve，打开它打印的设置链接".to_owned(),
        }),
        Some(login) => {
            let named = found.into_iter().find(|a| a.login == login.trim().to_lowercase());
            named.ok_or_else(|| Refusal {
                message: format!("“{login}”不是系统管理员的账号"),
                help: if logins.is_empty() {
                    String::new()
                } else {
                    format!("系统管理员的账号是：{logins}")
                },
            })
        }
    }
}

async fn recover(store: &Store, login: Option<&str>) -> Result<(), Refusal> {
    let account = administrator(store, login).await?;
    let secret = password::one_time();
    let hash = password::hash(&secret, true).map_err(|f| trouble("不能设密码", &f.words()))?;
    if account.disabled_at.is_some() {
        let act = act("account.enable", &account.login);
        store.disable_account(account.institution, account.id, false, &act).await.map_err(|e| failed(&e))?;
    }
    let act = act("account.recover", &account.login);
    store.set_password(account.institution, account.id, &hash, None, &act).await.map_err(|e| failed(&e))?;
    store.clear_attempts(&login_subject(&account.login)).await.map_err(|e| failed(&e))?;
    say(&format!(
        "账号：{}\n初始密码：{secret}\n只显示这一次，登录后马上要改。这个账号在各处的登录已退出。这件事已记入审计日志。\n",
        account.login
    ));
    Ok(())
}
