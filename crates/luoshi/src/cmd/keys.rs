//! `luoshi keys`: the keys that seal numbers of cards and phones.

use jiff::Timestamp;
use store::{Act, Algorithm};

use super::serve::{Place, block_on, trouble};
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

/// Makes a fresh key and seals everything with it; the server may run meanwhile.
#[expect(clippy::disallowed_methods, reason = "the command line reads the clock: when the keys were changed")]
pub(super) fn rotate(args: &RotateArgs) -> Result<u8, Refusal> {
    block_on(async {
        let (store, keys) = args.place.open_with_keys().await?;
        let now = keys.newest().map_err(|e| trouble("不能用密钥文件", &e))?.1;
        let wanted = Algorithm::IDS.iter().find(|(id, _)| Some(*id) == args.algorithm.as_deref());
        let algorithm = wanted.map_or(now, |(_, algorithm)| *algorithm);
        let act = || {
            Act::new(None, "", Timestamp::now(), "keys.rotate")
                .with(serde_json::json!({ "algorithm": algorithm.id() }))
        };
        let done = store
            .rotate_keys(&keys, algorithm, act)
            .await
            .map_err(|e| trouble("没有换完，可以再换一次", &e))?;
        say(&format!(
            "换好了：{done} 个号码和草稿用新密钥（{}）重新加密。旧密钥留在文件里，下次换时再去掉。\n请重新备份密钥文件 {}\n",
            algorithm.id(),
            args.place.key_file().display()
        ));
        store.close().await.map_err(|e| trouble("不能关闭数据库", &e))?;
        Ok(WELL)
    })
}
