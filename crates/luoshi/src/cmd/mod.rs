//! The commands, one module each.

pub(crate) mod account;
pub(crate) mod backup;
mod carry;
mod check;
pub(crate) mod compile;
pub(crate) mod demo;
pub(crate) mod doctor;
mod explain;
pub(crate) mod keys;
pub(crate) mod place;
mod procedures;
mod read;
pub(crate) mod restore;
mod rulebook;
pub(crate) mod serve;
pub(crate) mod verify;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use compiler::{Roll, roll_from_toml};
use jiff::Zoned;
use jiff::civil::Date;
use model::SourceText;
use office::{FileFault, MAX_FILE_BYTES};

use crate::args::{Command, KeysCommand, RulebookCommand};

/// Everything is well.
const WELL: u8 = 0;
/// The document, or the rules, have errors.
const FAULTY: u8 = 1;
/// Nothing could be done.
const UNREADABLE: u8 = 2;

/// Runs a command.
pub(crate) fn run(command: Command) -> ExitCode {
    let done = match command {
        Command::Read { file, json } => read::run(&file, json),
        Command::Check { file, org, json, all, today } => {
            check::run(&file, org.as_deref(), (json, all), today)
        }
        Command::Compile(args) => compile::run(&args),
        Command::Carry { upper, lower, json } => carry::run(&upper, &lower, json),
        Command::Explain { code } => explain::run(&code),
        Command::Demo(args) => {
            let refusal = |e| Refusal { message: format!("{e:#}"), help: String::new() };
            demo::run(&args).map(|()| WELL).map_err(refusal)
        }
        Command::Serve(args) => serve::run(&args),
        Command::Password(args) => serve::password(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Backup(args) => backup::run(&args),
        Command::Restore(args) => restore::run(&args),
        Command::Account { command } => account::run(&command),
        Command::Doctor(args) => doctor::run(&args),
        Command::Keys { command: KeysCommand::Rotate(args) } => keys::rotate(&args),
        Command::Rulebook { command: RulebookCommand::Check { dir } } => rulebook::check(dir.as_deref()),
        Command::Rulebook { command: RulebookCommand::Test { dir, json } } => {
            rulebook::test(dir.as_deref(), json)
        }
        Command::Rulebook { command: RulebookCommand::Procedures { out, rules } } => {
            procedures::write(&out, rules.as_deref())
        }
    };
    match done {
        Ok(status) => ExitCode::from(status),
        Err(fault) => {
            complain(&fault.to_string());
            ExitCode::from(UNREADABLE)
        }
    }
}

/// Why a command could do nothing, and what to do about it.
struct Refusal {
    message: String,
    help: String,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "错误: {}", self.message)?;
        if self.help.is_empty() { Ok(()) } else { writeln!(f, "帮助: {}", self.help) }
    }
}

/// Writes to standard output. A reader that went away (`| head`) is no fault of ours.
pub(crate) fn say(text: &str) {
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

/// Writes to standard error.
pub(crate) fn complain(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// The bytes of a file of at most the size that is taken in.
fn bytes_of(file: &Path) -> Result<Vec<u8>, Refusal> {
    let shown = file.display();
    let trouble = |e: &std::io::Error| match e.kind() {
        std::io::ErrorKind::NotFound => Refusal {
            message: format!("找不到文件 {shown}"),
            help: "请检查路径和文件名".to_owned(),
        },
        std::io::ErrorKind::PermissionDenied => Refusal {
            message: format!("没有权限读取 {shown}"),
            help: "请检查文件的访问权限".to_owned(),
        },
        _ => Refusal { message: format!("读不了 {shown}：{e}"), help: String::new() },
    };
    let about = std::fs::metadata(file).map_err(|e| trouble(&e))?;
    if about.is_dir() {
        return Err(Refusal {
            message: format!("{shown} 是文件夹，不是文件"),
            help: "请给出文件夹里的文件".to_owned(),
        });
    }
    if about.len() > MAX_FILE_BYTES as u64 {
        let fault = FileFault::TooLarge { bytes: about.len(), limit: MAX_FILE_BYTES as u64 };
        return Err(refused(file, &fault));
    }
    std::fs::read(file).map_err(|e| trouble(&e))
}

fn refused(file: &Path, fault: &FileFault) -> Refusal {
    Refusal { message: format!("读不了 {}：{fault}", file.display()), help: fault.help().to_owned() }
}

/// A document as text.
fn document(file: &Path) -> Result<SourceText, Refusal> {
    let name =
        file.file_name().map_or_else(|| file.display().to_string(), |n| n.to_string_lossy().into_owned());
    office::read_document(&name, &bytes_of(file)?).map_err(|fault| refused(file, &fault))
}

/// An organisation file with its people.
fn roll(file: &Path) -> Result<Roll, Refusal> {
    let shown = file.display();
    let text = text_of("组织文件", file)?;
    roll_from_toml(&text).map_err(|faults| Refusal {
        message: format!("组织文件 {shown} 有误\n{faults}"),
        help: "每个组织写一段 [[unit]]，含 name、kind，上级写 parent，别名写 aliases；人员写 [[person]]，含 name、unit、posts、stage"
            .to_owned(),
    })
}

/// A text file of the house.
fn text_of(what: &str, file: &Path) -> Result<String, Refusal> {
    let text = String::from_utf8(bytes_of(file)?).map_err(|_| Refusal {
        message: format!("{what} {} 不是 UTF-8 文本", file.display()),
        help: "请另存为 UTF-8 编码".to_owned(),
    })?;
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

/// The day that it is.
#[expect(clippy::disallowed_methods, reason = "the command line may read the clock")]
fn real_day() -> Date {
    Zoned::now().date()
}

/// JSON as it is printed: indented, one line end behind it.
fn json_page(value: &serde_json::Value) -> String {
    // A value of maps with text keys always has a JSON form.
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}
