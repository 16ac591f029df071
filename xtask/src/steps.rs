//! The checks and tests, one after another, and what came of them.

use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::suites::{self, Count, Ran, Which};
use crate::tools::Need;
use crate::{house, postgres, root, tools, webdriver};

/// One check, or some of the tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The code is formatted.
    Fmt,
    /// No circle between the modules of a crate, no page folder that uses another.
    House,
    /// The lints are quiet.
    Clippy,
    /// Tests, on both databases and in the browser.
    Test(Which),
    /// The reader against the labelled plans.
    Score,
    /// Licences, doubles and sources of the dependencies.
    Deny,
    /// Every reader of files against bytes that a fuzzer makes up.
    Fuzz,
}

/// What came of a step.
#[derive(Clone, Copy)]
pub(crate) enum Outcome {
    Well,
    Failed,
    Skipped(&'static str),
}

/// Set where whatever cannot be looked at is a failure.
const REQUIRE_ALL: &str = "LUOSHI_TEST_REQUIRE_ALL";

/// Seconds for which each reader is fuzzed.
const FUZZED_FOR: u32 = 120;

impl Step {
    /// The steps of a whole test; with `all` those as well that take longer than anybody waits for an answer.
    pub(crate) fn whole(all: bool) -> Vec<Self> {
        let mut steps =
            vec![Self::Fmt, Self::House, Self::Clippy, Self::Test(Which::All), Self::Score, Self::Deny];
        if all {
            steps.push(Self::Fuzz);
        }
        steps
    }

    /// The step of that name.
    pub(crate) fn named(name: &str) -> Result<Self> {
        Ok(match name {
            "fmt" => Self::Fmt,
            "house" => Self::House,
            "clippy" => Self::Clippy,
            "test" => Self::Test(Which::All),
            "unit" => Self::Test(Which::Unit),
            "score" => Self::Score,
            "deny" => Self::Deny,
            "fuzz" => Self::Fuzz,
            _ if suites::is_target(&root().join("crates"), name) => Self::Test(Which::Named(name.to_owned())),
            _ => bail!(
                "no step {name}: there are fmt, house, clippy, test, unit, score, deny, fuzz, and each test target (browser, http, store …)"
            ),
        })
    }

    fn name(&self) -> &str {
        match self {
            Self::Fmt => "fmt",
            Self::House => "house",
            Self::Clippy => "clippy",
            Self::Test(_) => "test",
            Self::Score => "score",
            Self::Deny => "deny",
            Self::Fuzz => "fuzz",
        }
    }

    fn needs_postgres(&self) -> bool {
        matches!(self, Self::Test(Which::All))
            || matches!(self, Self::Test(Which::Named(name)) if name != "browser")
    }

    fn needs_browser(&self) -> bool {
        matches!(self, Self::Test(Which::All))
            || matches!(self, Self::Test(Which::Named(name)) if name == "browser")
    }

    fn needs_python(&self) -> bool {
        // The tests of the reader ask the scorer too.
        matches!(self, Self::Score | Self::Test(Which::All | Which::Named(_)))
            && root().join("../shared/plans/score.py").is_file()
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
pub(crate) fn test(steps: &[Step], all: bool) -> Result<bool> {
    let postgres_is_given = std::env::var_os("LUOSHI_TEST_POSTGRES").is_some();
    let webdriver_is_given = std::env::var_os("LUOSHI_TEST_WEBDRIVER").is_some();
    let wants_postgres = steps.iter().any(Step::needs_postgres) && !postgres_is_given;
    let wants_webdriver = steps.iter().any(Step::needs_browser) && !webdriver_is_given;
    let mut needs = Vec::new();
    if wants_postgres {
        needs.push(Need::Postgres);
    }
    if wants_webdriver {
        needs.extend([Need::Chromium, Need::Chromedriver, Need::ChineseFont]);
    }
    if steps.iter().any(Step::needs_python) {
        needs.push(Need::Python);
    }
    if all {
        needs.extend([Need::Writer, Need::Calc]);
    }
    tools::provide(&needs)?;
    let postgres = wants_postgres.then(postgres::start).transpose()?;
    let webdriver = wants_webdriver.then(webdriver::start).transpose()?;
    let mut environment = vec![("LUOSHI_TEST_CHROMIUM_FLAGS", webdriver::CHROMIUM_FLAGS.to_owned())];
    environment.extend(postgres.as_ref().map(|p| ("LUOSHI_TEST_POSTGRES", p.url())));
    environment.extend(webdriver.as_ref().map(|w| ("LUOSHI_TEST_WEBDRIVER", w.url())));

    let mut table = Vec::new();
    for step in steps {
        println!("\n==== {}", step.name());
        let begun = Instant::now();
        match run(step, all, &environment) {
            Ok(ran) => table.extend(ran),
            Err(fault) => {
                println!("{fault:#}");
                table.push(Ran::of(step.name(), Outcome::Failed, begun));
            }
        }
    }
    drop((postgres, webdriver));
    if std::env::var_os(REQUIRE_ALL).is_some() {
        for ran in &mut table {
            if let Outcome::Skipped(why) = ran.outcome {
                println!("{}: {why}, and {REQUIRE_ALL} is set", ran.name);
                ran.outcome = Outcome::Failed;
            }
        }
    }
    Ok(report(table))
}

impl Ran {
    /// What came of a step without tests, begun at an instant.
    fn of(name: &str, outcome: Outcome, begun: Instant) -> Self {
        Self { name: name.to_owned(), outcome, took: begun.elapsed(), count: Count::default() }
    }
}

fn minutes(time: Duration) -> f64 {
    time.as_secs_f64() / 60.0
}

fn report(table: Vec<Ran>) -> bool {
    println!("\n==== summary: minutes, and minutes that it may take on two cores");
    let mut whole = Count::default();
    let mut well = true;
    let mut took = Duration::ZERO;
    for ran in table {
        let words = match ran.outcome {
            Outcome::Well => "ok".to_owned(),
            Outcome::Failed => "FAILED".to_owned(),
            Outcome::Skipped(why) => format!("SKIPPED: {why}"),
        };
        let budget = suites::budget(&ran.name);
        let over = if minutes(ran.took) > budget { "  (over its budget)" } else { "" };
        let tests = ran.count.passed + ran.count.failed;
        let tests = if tests > 0 { format!(", {tests} tests") } else { String::new() };
        println!("{:24} {:6.2} of {budget:4.1}  {words}{tests}{over}", ran.name, minutes(ran.took));
        well &= !matches!(ran.outcome, Outcome::Failed);
        took += ran.took;
        whole.add(ran.count);
    }
    println!("{:24} {:6.2}", "together", minutes(took));
    for what in &whole.skipped {
        println!("SKIPPED: {what}");
    }
    for name in &whole.long {
        println!("only with --all: {name}");
    }
    for name in &whole.names {
        println!("failed: {name}");
    }
    println!("{} passed, {} failed", whole.passed, whole.failed);
    well
}

fn run(step: &Step, all: bool, environment: &[(&str, String)]) -> Result<Vec<Ran>> {
    let begun = Instant::now();
    let outcome = match step {
        Step::Fmt => plain(&mut cargo(&["fmt", "--all", "--check"]))?,
        Step::House if house::check(&root(), false)? => Outcome::Well,
        Step::House => Outcome::Failed,
        Step::Clippy => {
            plain(&mut cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?
        }
        Step::Test(which) => return tests(which, all, environment),
        Step::Score => score()?,
        Step::Deny => deny()?,
        Step::Fuzz => fuzz()?,
    };
    Ok(vec![Ran::of(step.name(), outcome, begun)])
}

/// Builds the tests and runs them.
fn tests(which: &Which, all: bool, environment: &[(&str, String)]) -> Result<Vec<Ran>> {
    let begun = Instant::now();
    let Some(binaries) = suites::build()? else {
        return Ok(vec![Ran::of("build", Outcome::Failed, begun)]);
    };
    let mut table = vec![Ran::of("build", Outcome::Well, begun)];
    table.extend(suites::run(&binaries, which, all, environment)?);
    if *which == Which::All {
        println!("\n==== doc");
        let begun = Instant::now();
        let (outcome, count) = suites::documentation(environment)?;
        table.push(Ran { count, ..Ran::of("doc", outcome, begun) });
    }
    Ok(table)
}

/// The cargo that runs this task, in the root of the workspace. It is told nothing of the package of this task: build
/// scripts look at that, and would build half of the dependencies again each time cargo is called in another way.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root()).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        let of_package = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
        if name.to_str().is_some_and(of_package) {
            command.env_remove(name);
        }
    }
    command
}

fn plain(command: &mut Command) -> Result<Outcome> {
    let status = command.status().with_context(|| format!("cannot start {command:?}"))?;
    Ok(outcome(status))
}

/// What came of it; that a runner was killed is said, since it could not say so itself.
pub(crate) fn outcome(status: ExitStatus) -> Outcome {
    if status.success() {
        return Outcome::Well;
    }
    println!("{status}");
    Outcome::Failed
}

/// The reader against the labelled plans, which are no part of the repository.
fn score() -> Result<Outcome> {
    let plans = root().join("../shared/plans");
    if !plans.join("score.py").is_file() {
        return Ok(Outcome::Skipped("the labelled plans (../shared/plans) are not here"));
    }
    // With the features that the tests have, theirs included, so that nothing is built a second time.
    if let Outcome::Failed = plain(&mut cargo(&["test", "--workspace", "--no-run"]))? {
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

/// Each reader of files in turn. The fuzzer needs a nightly compiler, which nothing else does, so it is not installed here.
fn fuzz() -> Result<Outcome> {
    let nightly = Command::new("cargo").args(["+nightly", "--version"]).stderr(Stdio::null()).output();
    if !tools::is_on_path("cargo-fuzz") || !nightly.is_ok_and(|o| o.status.success()) {
        return Ok(Outcome::Skipped("cargo-fuzz and a nightly compiler are not installed"));
    }
    let folder = root().join("fuzz");
    for target in std::fs::read_dir(folder.join("fuzz_targets")).context("the fuzz targets")? {
        let file = target?.path();
        let name = file.file_stem().and_then(|s| s.to_str()).context("a target has a name")?.to_owned();
        println!("---- {name}");
        let mut command = Command::new("cargo");
        // The compiler that runs this task must not be taken for the nightly one.
        command.env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO").current_dir(&folder);
        command.args(["+nightly", "fuzz", "run", &name]);
        command.arg(folder.join("seeds").join(&name)).arg("--");
        command.arg(format!("-max_total_time={FUZZED_FOR}"));
        if let Outcome::Failed = plain(&mut command)? {
            return Ok(Outcome::Failed);
        }
    }
    Ok(Outcome::Well)
}
