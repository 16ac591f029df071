//! `luoshi keys`: the keys that seal numbers of cards and phones.

use jiff::Timestamp;
use store::{Act, Algorithm, StoreError};

use super::place::{Place, trouble};
use super::serve::block_on;
use super::{Refusal, WELL, say};

/// What `luoshi keys rotate` may be told.
#[derive(Debug, clap::Args)]
pub(crate) struct RotateArgs {
    #[command(flatten)]
    place: Place,
    /// 算法：aes-256-gcm 或 sm4-gcm；不给就和现在的一样
    #[arg(long, value_name = "算法", value_parser = ["aes-256-gcm", "sm4-gcm"])]
    algorithm: Option<String>,
}

/// Makes a fresh key and seals everything with it. Nothing else may write into a data folder meanwhile; beside a database
/// server whose servers read the same file of keys it is safe, since they look at it before every use.
#[expect(clippy::disallowed_methods, reason = "the command line reads the clock: when the keys were changed")]
pub(super) fn rotate(args: &RotateArgs) -> Result<u8, Refusal> {
    block_on(async {
        let _hold = args.place.hold()?;
        let (store, keys) = args.place.open_with_keys().await?;
        let now = keys.newest().map_err(|e| trouble("不能用密钥文件", &e))?.1;
        let wanted = Algorithm::IDS.iter().find(|(id, _)| Some(*id) == args.algorithm.as_deref());
        let algorithm = wanted.map_or(now, |(_, algorithm)| *algorithm);
        let act = || {
            Act::new(None, "", Timestamp::now(), "keys.rotate")
                .with(serde_json::json!({ "algorithm": algorithm.id() }))
        };
        let done = store.rotate_keys(&keys, algorithm, act).await.map_err(|e| match e {
            StoreError::Busy => Refusal {
                message: "另一个进程正在换密钥，这里什么也没有做".to_owned(),
                help: "等它换完；要再换一次，到时再运行".to_owned(),
            },
            e => trouble("没有换完，旧密钥都还在文件里；排除故障以后可以再换一次", &e),
        })?;
        say(&format!(
            "换好了：{done} 个号码和草稿用新密钥（{}）重新加密。每一个都已用新密钥打开核对过。上一把密钥留在文件里（以前的备份要用），再以前的已去掉。\n请重新备份密钥文件 {}\n",
            algorithm.id(),
            args.place.key_file().display()
        ));
        if args.place.is_server() {
            say("几台机器各有一份密钥文件的，请马上把它换成新的这份。\n");
        }
        store.close().await.map_err(|e| trouble("不能关闭数据库", &e))?;
        Ok(WELL)
    })
}
