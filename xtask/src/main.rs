//! Tasks of the workspace: `cargo xtask test` is the whole test, `cargo xtask postgres` a throw-away database.
#![expect(clippy::print_stdout, reason = "a task tells on the terminal what it does")]

mod house;
mod janitor;
mod postgres;
mod steps;
mod suites;
mod tools;
mod webdriver;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};

const HELP: &str = "\
cargo xtask test [--all] [--only STEP]...
                                    run the checks and tests; all of them unless --only names some: fmt, house,
                                    clippy, test (all tests), unit, score, deny, or a test target (http, store, browser …);
                                    with --all also what is long: tests marked so, conversions by LibreOffice, fuzzing
cargo xtask house [--print]         what uses what inside the crates: no circle between modules, no page folder that
                                    uses another; with --print the whole picture
cargo xtask postgres                start a throw-away PostgreSQL, print its address, stop it on Ctrl-C

`test` installs what is missing (PostgreSQL, Chromium with its driver, a Chinese font, Python for the scorer) with
apt-get when run as root, and says what to install otherwise. A server that is already there is used instead of a new
one when LUOSHI_TEST_POSTGRES or LUOSHI_TEST_WEBDRIVER names it. Whatever cannot be tested is named at the end; where
LUOSHI_TEST_REQUIRE_ALL is set it is a failure.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(fault) => {
            eprintln!("error: {fault:#}");
            ExitCode::from(2)
        }
    }
}

/// Whether everything that was asked for went well.
fn run(arguments: &[&str]) -> Result<bool> {
    match arguments {
        ["test", rest @ ..] => {
            let (steps, all) = chosen(rest)?;
            steps::test(&steps, all)
        }
        ["house"] => house::check(&root(), false),
        ["house", "--print"] => house::check(&root(), true),
        ["postgres"] => {
            tools::provide(&[tools::Need::Postgres])?;
            let server = postgres::start()?;
            println!("{}", server.url());
            server.wait()
        }
        ["--help" | "-h" | "help"] => {
            print!("{HELP}");
            Ok(true)
        }
        _ => {
            eprint!("{HELP}");
            Ok(false)
        }
    }
}

/// The steps that `--only` names, all when it is not given; and whether `--all` was.
fn chosen(arguments: &[&str]) -> Result<(Vec<steps::Step>, bool)> {
    let all = arguments.contains(&"--all");
    let mut rest = arguments.iter().filter(|a| **a != "--all");
    let mut steps = Vec::new();
    while let Some(flag) = rest.next() {
        match (*flag, rest.next()) {
            ("--only", Some(name)) => steps.push(steps::Step::named(name)?),
            (odd, _) => bail!("do not know what {odd} means\n{HELP}"),
        }
    }
    Ok((if steps.is_empty() { steps::Step::whole(all) } else { steps }, all))
}

/// The root of the workspace.
fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map_or_else(|| here.clone(), PathBuf::from)
}
