//! The arguments, with their help in Chinese.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgAction, CommandFactory, FromArgMatches, Parser, Subcommand};
use jiff::civil::Date;

use crate::cmd;

/// clap's own words are English; this is its page with Chinese ones.
const PAGE: &str = "{about}\n\n用法：{usage}\n\n{all-args}{after-help}";

/// 落实：把工作要点读成可办、可查、可催的事项
#[derive(Parser)]
#[command(
    name = "luoshi",
    version,
    disable_help_subcommand = true,
    subcommand_help_heading = "命令",
    subcommand_value_name = "命令"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// 读出工作要点的结构：部分、条目、责任部门、频次、时限、引用的制度
    Read {
        /// 工作要点（.docx、.xlsx、.xls、.pdf、.html、.txt、.md；.doc、.wps 等要装有 LibreOffice）
        #[arg(value_name = "文件", help_heading = "参数")]
        file: PathBuf,
        /// 以 JSON 输出
        #[arg(long)]
        json: bool,
    },
    /// 给工作要点做体检：照原文逐处指出不能落实的写法
    Check {
        /// 工作要点（.docx、.xlsx、.xls、.pdf、.html、.txt、.md；.doc、.wps 等要装有 LibreOffice）
        #[arg(value_name = "文件", help_heading = "参数")]
        file: PathBuf,
        /// 组织架构文件（TOML）；不给就不核对责任部门
        #[arg(long, value_name = "组织文件")]
        org: Option<PathBuf>,
        /// 以 JSON 输出
        #[arg(long)]
        json: bool,
        /// 不用做什么的（导向性的句子、已并在一起的要求）也逐处列出
        #[arg(long)]
        all: bool,
        /// 按哪一天检查时限是否已过（如 2026-03-01）；不给就按今天，往年的要点不查
        #[arg(long, value_name = "日期")]
        today: Option<Date>,
    },
    /// 把工作要点编成要求和应办事项：谁、办什么、哪天前办成
    Compile(crate::cmd::compile::Args),
    /// 承接对照：上级的要点逐条由本级的哪一条承接，哪些没有承接、要求低了、日子晚了、没有人承担
    Carry {
        /// 上级的工作要点
        #[arg(value_name = "上级", help_heading = "参数")]
        upper: PathBuf,
        /// 本级的工作要点
        #[arg(value_name = "本级", help_heading = "参数")]
        lower: PathBuf,
        /// 以 JSON 输出
        #[arg(long)]
        json: bool,
    },
    /// 解释一个体检代码（如 L009）
    Explain {
        /// 代码
        #[arg(value_name = "代码", help_heading = "参数")]
        code: String,
    },
    /// 造一所虚构的学校，带九个月的记录，打开来试用
    Demo(crate::cmd::demo::Args),
    /// 启动服务器
    Serve(crate::cmd::serve::Args),
    /// 给一个账号打印设置新密码的一次性链接
    Password(crate::cmd::serve::PasswordArgs),
    /// 核对数据：日志链是否完整，状态和佐证是否与记录相符
    Verify(crate::cmd::verify::Args),
    /// 备份：数据库和附件，服务运行时就可以做
    Backup(crate::cmd::backup::Args),
    /// 把备份恢复到空的地方；加 --check 只试恢复、核对，不留下什么
    Restore(crate::cmd::restore::Args),
    /// 账号：列出、解除锁定、退出登录、找回系统管理员
    Account {
        #[command(subcommand)]
        command: crate::cmd::account::Command,
    },
    /// 体检：文件夹、磁盘、数据库、密钥、附件、备份，逐项说好不好、怎么办
    Doctor(crate::cmd::doctor::Args),
    /// 身份证号、手机号的密钥
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// 规则库
    Rulebook {
        #[command(subcommand)]
        command: RulebookCommand,
    },
}

/// What to do with the keys.
#[derive(Subcommand)]
pub(crate) enum KeysCommand {
    /// 换一把新密钥，把全部号码重新加密；用数据文件夹的，先停下服务器
    Rotate(crate::cmd::keys::RotateArgs),
}

/// What to do with the rulebook.
#[derive(Subcommand)]
pub(crate) enum RulebookCommand {
    /// 检查规则文件有没有写错
    Check {
        /// 本单位的规则文件夹；不给就只检查内置规则库
        #[arg(value_name = "文件夹", help_heading = "参数")]
        dir: Option<PathBuf>,
    },
    /// 按写好的步子走一遍流程，看是不是照规定的来
    Test {
        /// 放行走文件的文件夹，可以带自己的流程、台账和表决规则；不给就走内置规则库的
        #[arg(value_name = "文件夹", help_heading = "参数")]
        dir: Option<PathBuf>,
        /// 输出 JSON
        #[arg(long)]
        json: bool,
    },
    /// 把每种流程写成一页说明，给懂规定、不看规则文件的人核对
    Procedures {
        /// 写到哪个文件夹
        #[arg(value_name = "文件夹", help_heading = "参数")]
        out: PathBuf,
        /// 本单位的规则文件夹；不给就只写内置规则库的
        #[arg(long, value_name = "文件夹")]
        rules: Option<PathBuf>,
    },
}

/// The command that was asked for; else the exit status, everything being said.
pub(crate) fn parse() -> Result<Command, ExitCode> {
    let parsed = in_chinese(Arguments::command())
        .try_get_matches()
        .and_then(|matches| Arguments::from_arg_matches(&matches));
    match parsed {
        Ok(arguments) => Ok(arguments.command),
        Err(fault) if matches!(fault.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            cmd::say(&page(&fault));
            Err(ExitCode::SUCCESS)
        }
        Err(fault) if fault.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            cmd::complain(&page(&fault));
            Err(ExitCode::from(2))
        }
        Err(fault) => {
            cmd::complain(&format!("错误: {}\n帮助: 加 --help 看用法\n", words(&fault)));
            Err(ExitCode::from(2))
        }
    }
}

/// The same page for every command, its flags explained in Chinese.
fn in_chinese(command: clap::Command) -> clap::Command {
    let command = command
        .help_template(PAGE)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .next_help_heading("选项")
        .mut_args(|arg| if arg.get_help_heading().is_none() { arg.help_heading("选项") } else { arg })
        .arg(clap::Arg::new("help").short('h').long("help").action(ArgAction::Help).help("显示帮助"));
    let command = if command.get_name() == "luoshi" {
        command.arg(
            clap::Arg::new("version").short('V').long("version").action(ArgAction::Version).help("显示版本"),
        )
    } else {
        command
    };
    let has_commands = command.get_subcommands().next().is_some();
    let command = if has_commands {
        command.subcommand_help_heading("命令").subcommand_value_name("命令").disable_help_subcommand(true)
    } else {
        command
    };
    command.mut_subcommands(in_chinese)
}

/// A page of help; clap writes two of its words where no setting reaches.
fn page(fault: &clap::Error) -> String {
    fault
        .to_string()
        .replace("[OPTIONS]", "[选项]")
        .replace("\n命令:", "\n命令：")
        .replace("\n选项:", "\n选项：")
        .replace("\n参数:", "\n参数：")
}

/// What is wrong with the arguments, in a sentence.
fn words(fault: &clap::Error) -> String {
    let said = |kind: ContextKind| match fault.get(kind) {
        Some(ContextValue::String(s)) => s.clone(),
        Some(ContextValue::Strings(s)) => s.join("、"),
        Some(ContextValue::StyledStr(s)) => StyledStr::to_string(s),
        _ => String::new(),
    };
    let argument = said(ContextKind::InvalidArg);
    match fault.kind() {
        ErrorKind::UnknownArgument => format!("没有“{argument}”这个参数"),
        ErrorKind::InvalidSubcommand => format!("没有“{}”这个命令", said(ContextKind::InvalidSubcommand)),
        ErrorKind::MissingRequiredArgument => format!("还缺 {argument}"),
        ErrorKind::ArgumentConflict => format!("“{argument}”不能这样用（重复或相互矛盾）"),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let value = said(ContextKind::InvalidValue);
            if value.is_empty() {
                format!("“{argument}”后面缺一个值")
            } else {
                format!("“{argument}”的值“{value}”不对")
            }
        }
        _ => format!("参数有误（{}）", fault.kind()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_a_server_may_be_told_may_be_told_by_the_environment() {
        let mut command = Arguments::command();
        command.build();
        let serve = command.find_subcommand("serve").expect("a command");
        let args: Vec<_> = serve.get_arguments().filter(|a| a.get_id() != "help").collect();
        assert!(args.len() >= 13, "{}", args.len());
        for arg in args {
            let long = arg.get_long().expect("a name");
            let variable = format!("LUOSHI_{}", long.to_uppercase().replace('-', "_"));
            assert_eq!(arg.get_env().and_then(|v| v.to_str()), Some(variable.as_str()), "--{long}");
        }
    }
}
