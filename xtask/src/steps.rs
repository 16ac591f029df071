//! The checks and tests, one after another, and what came of them.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::tools::Need;
use crate::{postgres, root, tools, webdriver};

/// One check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The code is formatted.
    Fmt,
    /// The lints are quiet.
    Clippy,
    /// Every test of the workspace, on both databases and in the browser.
    Test,
    /// Tests inside the crates only.
    Unit,
    /// Browser tests only.
    Browser,
    /// The reader against the labelled plans.
    Score,
    /// Licences, doubles and sources of the dependencies.
    Deny,
}

/// What came of a step.
enum Outcome {
    Well,
    Failed,
    Skipped(&'static str),
}

/// Tests counted over all binaries.
#[derive(Default)]
struct Count {
    passed: u64,
    failed: u64,
    ignored: u64,
    /// The runner's own closing lines.
    closing: Vec<String>,
    /// Names of tests that failed.
    names: Vec<String>,
}

impl Step {
    /// The steps of a whole test.
    pub(crate) const ALL: [Self; 5] = [Self::Fmt, Self::Clippy, Self::Test, Self::Score, Self::Deny];

    /// The step of that name.
    pub(crate) fn named(name: &str) -> Result<Self> {
        Ok(match name {
            "fmt" => Self::Fmt,
            "clippy" => Self::Clippy,
            "test" => Self::Test,
            "unit" => Self::Unit,
            "browser" => Self::Browser,
            "score" => Self::Score,
            "deny" => Self::Deny,
            _ => bail!("no step {name}: there are fmt, clippy, test, unit, browser, score, deny"),
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Fmt => "fmt",
            Self::Clippy => "clippy",
            Self::Test => "test",
            Self::Unit => "unit",
            Self::Browser => "browser",
            Self::Score => "score",
            Self::Deny => "deny",
        }
    }

    fn needs_postgres(self) -> bool {
        matches!(self, Self::Test)
    }

    fn needs_browser(self) -> bool {
        matches!(self, Self::Test | Self::Browser)
    }
}

/// The least that the reader must reach on the labelled plans, by figure of the scorer.
const SCORE: [&str; 8] = [
    "items=0.99",
    "sections=0.99",
    "titles=0.98",
    "lead=0.98",
    "responsible=0.98",
    "cadences=0.95",
    "deadlines=0.95",
    "regulations=0.99",
];

/// Runs the steps, all of them even when one fails, and prints what came of each. The last line is the count of tests.
pub(crate) fn test(steps: &[Step]) -> Result<bool> {
    let postgres_is_given = std::env::var_os("LUOSHI_TEST_POSTGRES").is_some();
    let webdriver_is_given = std::env::var_os("LUOSHI_TEST_WEBDRIVER").is_some();
    let wants_postgres = steps.iter().any(|s| s.needs_postgres()) && !postgres_is_given;
    let wants_webdriver = steps.iter().any(|s| s.needs_browser()) && !webdriver_is_given;
    let mut needs = Vec::new();
    if wants_postgres {
        needs.push(Need::Postgres);
    }
    if wants_webdriver {
        needs.extend([Need::Chromium, Need::Chromedriver, Need::ChineseFont]);
    }
    tools::provide(&needs)?;
    let postgres = wants_postgres.then(postgres::start).transpose()?;
    let webdriver = wants_webdriver.then(webdriver::start).transpose()?;
    let mut environment = vec![("LUOSHI_TEST_CHROMIUM_FLAGS", webdriver::CHROMIUM_FLAGS.to_owned())];
    environment.extend(postgres.as_ref().map(|p| ("LUOSHI_TEST_POSTGRES", p.url())));
    environment.extend(webdriver.as_ref().map(|w| ("LUOSHI_TEST_WEBDRIVER", w.url())));

    let mut count = Count::default();
    let mut table = Vec::new();
    for &step in steps {
        println!("\n==== {}", step.name());
        let begun = Instant::now();
        let outcome = run(step, &environment, &mut count).unwrap_or_else(|fault| {
            println!("{fault:#}");
            Outcome::Failed
        });
        table.push((step, outcome, begun.elapsed()));
    }
    drop((postgres, webdriver));
    Ok(report(&table, &count))
}

fn report(table: &[(Step, Outcome, Duration)], count: &Count) -> bool {
    println!("\n==== summary");
    for (step, outcome, took) in table {
        let words = match outcome {
            Outcome::Well => "ok".to_owned(),
            Outcome::Failed => "FAILED".to_owned(),
            Outcome::Skipped(why) => format!("SKIPPED: {why}"),
        };
        println!("{:8} {:7.1} s  {words}", step.name(), took.as_secs_f64());
    }
    for line in &count.closing {
        println!("{line}");
    }
    for name in &count.names {
        println!("failed: {name}");
    }
    if count.ignored > 0 {
        println!("{} ignored", count.ignored);
    }
    println!("{} passed, {} failed", count.passed, count.failed);
    table.iter().all(|(_, outcome, _)| !matches!(outcome, Outcome::Failed))
}

fn run(step: Step, environment: &[(&str, String)], count: &mut Count) -> Result<Outcome> {
    let every_test = ["test", "--workspace", "--no-fail-fast"];
    match step {
        Step::Fmt => plain(&mut cargo(&["fmt", "--all", "--check"])),
        Step::Clippy => {
            plain(&mut cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
        }
        Step::Test => counted(cargo(&every_test).envs(environment.iter().cloned()), count),
        Step::Unit => {
            let arguments = [every_test.as_slice(), &["--lib", "--bins"]].concat();
            counted(cargo(&arguments).envs(environment.iter().cloned()), count)
        }
        Step::Browser => {
            let arguments = [every_test.as_slice(), &["--test", "browser*"]].concat();
            counted(cargo(&arguments).envs(environment.iter().cloned()), count)
        }
        Step::Score => score(),
        Step::Deny => deny(),
    }
}

/// The cargo that runs this task, in the root of the workspace.
fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root()).stdin(Stdio::null());
    command
}

fn plain(command: &mut Command) -> Result<Outcome> {
    let status = command.status().with_context(|| format!("cannot start {command:?}"))?;
    Ok(outcome(status))
}

/// What came of it; that a runner was killed is said, since it could not say so itself.
fn outcome(status: ExitStatus) -> Outcome {
    if status.success() {
        return Outcome::Well;
    }
    println!("{status}");
    Outcome::Failed
}

/// Runs the tests, passing on what they say and counting.
fn counted(command: &mut Command, count: &mut Count) -> Result<Outcome> {
    let mut child =
        command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot start {command:?}"))?;
    let output = child.stdout.take().context("the runner's output is piped")?;
    for line in BufReader::new(output).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        println!("{line}");
        count.line(&line);
    }
    Ok(outcome(child.wait()?))
}

impl Count {
    /// Takes one line of the runner: `test result: ok. 3 passed; 0 failed; …` or `test name ... FAILED`.
    fn line(&mut self, line: &str) {
        if let Some(rest) = line.strip_prefix("test result: ") {
            let of = |what: &str| -> u64 {
                let words: Vec<&str> = rest.split([' ', ';', '.']).filter(|w| !w.is_empty()).collect();
                let at = words.iter().position(|w| *w == what);
                at.and_then(|at| words.get(at.checked_sub(1)?)?.parse().ok()).unwrap_or(0)
            };
            let (passed, failed) = (of("passed"), of("failed"));
            self.passed += passed;
            self.failed += failed;
            self.ignored += of("ignored");
            if passed + failed > 0 {
                self.closing.push(line.to_owned());
            }
        } else if let Some(name) = line.strip_prefix("test ").and_then(|l| l.strip_suffix(" ... FAILED")) {
            self.names.push(name.to_owned());
        }
    }
}

/// The reader against the labelled plans, which are no part of the repository.
fn score() -> Result<Outcome> {
    let plans = root().join("../shared/plans");
    if !plans.join("score.py").is_file() {
        return Ok(Outcome::Skipped("the labelled plans (../shared/plans) are not here"));
    }
    if !tools::is_on_path("python3") {
        return Ok(Outcome::Skipped("python3 is not installed"));
    }
    if let Outcome::Failed = plain(&mut cargo(&["build", "-p", "luoshi"]))? {
        return Ok(Outcome::Failed);
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let reader = format!("{} read --json {{file}}", target.join("debug/luoshi").display());
    let mut command = Command::new("python3");
    command.arg(plans.join("score.py")).args(["--pred-cmd", &reader]);
    for least in SCORE {
        command.args(["--min", least]);
    }
    plain(command.arg(&plans).stdin(Stdio::null()))
}

fn deny() -> Result<Outcome> {
    let tools_folder = root().join("target/tools");
    let own = tools_folder.join("bin/cargo-deny");
    if !tools::is_on_path("cargo-deny") && !own.is_file() {
        println!("cargo-deny is not installed; building it (unoptimised: it runs for a second)");
        let mut install = cargo(&["install", "--locked", "--debug", "--quiet", "cargo-deny", "--root"]);
        if !install.arg(&tools_folder).status().is_ok_and(|s| s.success()) {
            return Ok(Outcome::Skipped(
                "cargo-deny is not installed and could not be built: DEPENDENCIES NOT CHECKED",
            ));
        }
    }
    let mut command = if own.is_file() { Command::new(own) } else { Command::new("cargo-deny") };
    plain(command.args(["--all-features", "check", "licenses", "bans", "sources"]).current_dir(root()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_the_runner_are_added_up() {
        let mut count = Count::default();
        for line in [
            "running 3 tests",
            "test a::b ... ok",
            "test a::c ... FAILED",
            "test result: FAILED. 2 passed; 1 failed; 4 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "test result: ok. 10 passed; 0 failed; 0 ignored; 0 measured; 2 filtered out; finished in 1.20s",
            "test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        ] {
            count.line(line);
        }
        assert_eq!((count.passed, count.failed, count.ignored), (12, 1, 4));
        assert_eq!(count.names, ["a::c"]);
        assert_eq!(count.closing.len(), 2);
    }
}
