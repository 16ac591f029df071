//! The test binaries of the workspace: building them, running them one after another, and what each may take.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::steps::{Outcome, cargo, outcome};

/// Minutes that each part of the whole test may take on two cores; what is not building is the half hour that somebody waits
/// for an answer. Nothing fails for being slower: the summary says so, and what stays slower goes to `--all`.
const BUDGETS: [(&str, f64); 17] = [
    ("fmt", 0.2),
    ("house", 0.1),
    ("clippy", 6.0),
    ("build", 9.0),
    ("backup", 1.0),
    ("browser", 8.0),
    ("cli", 0.5),
    ("formats", 0.3),
    ("plans", 0.5),
    ("verify", 3.0),
    ("http on sqlite", 1.5),
    ("http on postgres", 4.0),
    ("store", 1.5),
    ("unit", 1.0),
    ("doc", 0.4),
    ("score", 0.5),
    ("deny", 1.0),
];
/// Parts that build; they are not counted.
#[cfg(test)]
const BUILDING: [&str; 2] = ["clippy", "build"];
/// Minutes for a suite that the table does not name.
const OTHER_BUDGET: f64 = 0.2;

/// Suites that run once on each engine, by the name of their target.
const ON_BOTH_ENGINES: [&str; 1] = ["http"];

/// Minutes that a part of the test may take.
pub(crate) fn budget(name: &str) -> f64 {
    BUDGETS.iter().find(|(known, _)| *known == name).map_or(OTHER_BUDGET, |(_, minutes)| *minutes)
}

/// One test binary.
#[derive(Debug)]
pub(crate) struct Binary {
    /// The name of its target, which for the tests inside a crate is the crate's.
    target: String,
    /// Whether it holds the tests inside a crate.
    is_unit: bool,
    path: PathBuf,
    /// The folder of its package, in which it runs.
    folder: PathBuf,
}

/// Which binaries are run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// All of them.
    All,
    /// Those inside the crates.
    Unit,
    /// Those of this target.
    Named(String),
}

/// What came of one suite.
pub(crate) struct Ran {
    pub(crate) name: String,
    pub(crate) outcome: Outcome,
    pub(crate) took: Duration,
    pub(crate) count: Count,
}

/// Tests counted, and what the runner said of them.
#[derive(Debug, Default)]
pub(crate) struct Count {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    /// Names of tests that failed.
    pub(crate) names: Vec<String>,
    /// Names of tests that are long and were not run.
    pub(crate) long: Vec<String>,
    /// What tests said that they could not look at.
    pub(crate) skipped: Vec<String>,
}

/// A line of cargo's about what it built.
#[derive(Deserialize)]
struct Message {
    reason: String,
    manifest_path: Option<PathBuf>,
    target: Option<Target>,
    profile: Option<Profile>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

#[derive(Deserialize)]
struct Profile {
    test: bool,
}

/// Builds every test of the workspace; none when it does not build.
pub(crate) fn build() -> Result<Option<Vec<Binary>>> {
    let arguments = ["test", "--workspace", "--no-run", "--message-format=json-render-diagnostics"];
    let mut command = cargo(&arguments);
    let mut child =
        command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot start {command:?}"))?;
    let output = child.stdout.take().context("cargo's output is piped")?;
    let mut binaries = Vec::new();
    for line in BufReader::new(output).lines() {
        binaries.extend(binary(&line?)?);
    }
    binaries.sort_by(|a, b| (a.is_unit, &a.target).cmp(&(b.is_unit, &b.target)));
    Ok(child.wait()?.success().then_some(binaries))
}

/// The test binary that a line of cargo's tells of.
fn binary(line: &str) -> Result<Option<Binary>> {
    let message: Message =
        serde_json::from_str(line).with_context(|| format!("cargo said what is no message: {line}"))?;
    let (Some(target), Some(path), Some(manifest)) =
        (message.target, message.executable, message.manifest_path)
    else {
        return Ok(None);
    };
    if message.reason != "compiler-artifact" || !message.profile.is_some_and(|p| p.test) {
        return Ok(None);
    }
    let folder = manifest.parent().context("a manifest stands in a folder")?.to_owned();
    let is_unit = !target.kind.iter().any(|k| k == "test");
    Ok(Some(Binary { target: target.name, is_unit, path, folder }))
}

/// Runs those that are asked for, one after another; with `all` the long tests as well. The tests inside the crates are
/// one suite together.
pub(crate) fn run(
    binaries: &[Binary],
    which: &Which,
    all: bool,
    environment: &[(&str, String)],
) -> Result<Vec<Ran>> {
    let mut out: Vec<Ran> = Vec::new();
    for binary in binaries.iter().filter(|b| which.takes(b)) {
        let engines: &[&str] =
            if ON_BOTH_ENGINES.contains(&binary.target.as_str()) { &["sqlite", "postgres"] } else { &[""] };
        for engine in engines {
            let name = match (binary.is_unit, *engine) {
                (true, _) => "unit".to_owned(),
                (false, "") => binary.target.clone(),
                (false, engine) => format!("{} on {engine}", binary.target),
            };
            println!("\n==== {name}: {}", binary.target);
            let mut command = Command::new(&binary.path);
            command.current_dir(&binary.folder).env("CARGO_MANIFEST_DIR", &binary.folder);
            command.envs(environment.iter().cloned());
            let walked = walked_file();
            if !engine.is_empty() {
                command.env("LUOSHI_TEST_ENGINE", engine).env("LUOSHI_TEST_WALKED", &walked);
            }
            if all {
                command.arg("--include-ignored");
            }
            let begun = Instant::now();
            let (mut outcome, count) = counted(&mut command)?;
            let took = begun.elapsed();
            if !engine.is_empty() && !every_route_is_walked(&binary.folder, &walked)? {
                outcome = Outcome::Failed;
            }
            if let Some(last) = out.last_mut().filter(|ran| binary.is_unit && ran.name == name) {
                last.add(outcome, took, count);
            } else {
                out.push(Ran { name, outcome, took, count });
            }
        }
    }
    Ok(out)
}

impl Which {
    fn takes(&self, binary: &Binary) -> bool {
        match self {
            Self::All => true,
            Self::Unit => binary.is_unit,
            Self::Named(name) => !binary.is_unit && binary.target == *name,
        }
    }
}

impl Ran {
    fn add(&mut self, outcome: Outcome, took: Duration, count: Count) {
        if let Outcome::Failed = outcome {
            self.outcome = Outcome::Failed;
        }
        self.took += took;
        self.count.add(count);
    }
}

/// The file to which a suite writes the routes that it walks.
fn walked_file() -> PathBuf {
    std::env::temp_dir().join(format!("luoshi-walked-{}", std::process::id()))
}

/// Whether every route of the table of permissions was walked by some test; says which were not.
fn every_route_is_walked(package: &Path, walked: &Path) -> Result<bool> {
    let lines = std::fs::read_to_string(walked).unwrap_or_default();
    // Nothing is left to do when it cannot be removed: the next run appends what it walks again.
    let _ = std::fs::remove_file(walked);
    let promised =
        std::fs::read_to_string(package.join("tests/http/permits.txt")).context("the permissions")?;
    let missed = unwalked(&promised, &lines);
    for route in &missed {
        println!("no test walks {route}");
    }
    Ok(missed.is_empty())
}

/// The routes of the table, `MARKS METHOD PATH` a line, that are not among those walked, `METHOD PATH` a line.
fn unwalked(promised: &str, walked: &str) -> Vec<String> {
    let walked: BTreeSet<&str> = walked.lines().collect();
    let routes = promised.lines().filter(|l| !l.starts_with('#')).filter_map(|line| {
        let mut words = line.split_whitespace().skip(1);
        Some(format!("{} {}", words.next()?, words.next()?))
    });
    routes.filter(|route| !walked.contains(route.as_str())).collect()
}

/// Runs the examples in the documentation, which have no binary of their own.
pub(crate) fn documentation(environment: &[(&str, String)]) -> Result<(Outcome, Count)> {
    counted(cargo(&["test", "--workspace", "--doc", "--quiet"]).envs(environment.iter().cloned()))
}

/// Runs tests, passing on what they say and counting.
fn counted(command: &mut Command) -> Result<(Outcome, Count)> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {command:?}"))?;
    let output = child.stdout.take().context("the runner's output is piped")?;
    let errors = child.stderr.take().context("the runner's complaints are piped")?;
    let complaints = std::thread::spawn(move || {
        let mut said = Vec::new();
        each_line(errors, |line| {
            eprintln!("{line}");
            said.extend(line.strip_prefix("SKIPPED: ").map(str::to_owned));
        });
        said
    });
    let mut count = Count::default();
    each_line(output, |line| {
        println!("{line}");
        count.line(line);
    });
    let outcome = outcome(child.wait()?);
    count.skipped = complaints.join().unwrap_or_default();
    count.skipped.sort_unstable();
    count.skipped.dedup();
    Ok((outcome, count))
}

fn each_line(from: impl Read, mut take: impl FnMut(&str)) {
    for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
        take(&String::from_utf8_lossy(&line));
    }
}

impl Count {
    /// Takes one line of the runner: `test result: ok. 3 passed; 0 failed; …`, `test name ... FAILED` or
    /// `test name ... ignored, why`.
    fn line(&mut self, line: &str) {
        if let Some(rest) = line.strip_prefix("test result: ") {
            let of = |what: &str| -> u64 {
                let words: Vec<&str> = rest.split([' ', ';', '.']).filter(|w| !w.is_empty()).collect();
                let at = words.iter().position(|w| *w == what);
                at.and_then(|at| words.get(at.checked_sub(1)?)?.parse().ok()).unwrap_or(0)
            };
            self.passed += of("passed");
            self.failed += of("failed");
        } else if let Some((name, came)) = line.strip_prefix("test ").and_then(|l| l.split_once(" ... ")) {
            match came.split(',').next() {
                Some("FAILED") => self.names.push(name.to_owned()),
                Some("ignored") => self.long.push(name.to_owned()),
                _ => {}
            }
        }
    }

    /// Adds another one.
    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.names.extend(other.names);
        self.long.extend(other.long);
        self.skipped.extend(other.skipped);
    }
}

/// Whether a crate of the workspace has a test target of that name.
pub(crate) fn is_target(crates: &Path, name: &str) -> bool {
    let folders = std::fs::read_dir(crates).into_iter().flatten().flatten();
    folders
        .map(|c| c.path().join("tests"))
        .any(|tests| tests.join(format!("{name}.rs")).is_file() || tests.join(name).join("main.rs").is_file())
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
            "test a::d ... ignored, makes 50,000 people",
            "test result: FAILED. 2 passed; 1 failed; 4 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "test result: ok. 10 passed; 0 failed; 0 ignored; 0 measured; 2 filtered out; finished in 1.20s",
        ] {
            count.line(line);
        }
        assert_eq!((count.passed, count.failed), (12, 1));
        assert_eq!(count.names, ["a::c"]);
        assert_eq!(count.long, ["a::d"]);
    }

    #[test]
    fn test_binaries_are_told_from_what_else_is_built() {
        let line = |kind: &str, test: bool, executable: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","manifest_path":"/a/crates/b/Cargo.toml","target":{{"name":"t","kind":["{kind}"]}},"profile":{{"test":{test}}},"executable":{executable}}}"#
            )
        };
        let found = |text: String| binary(&text).expect("a message").map(|b| (b.is_unit, b.folder));
        let folder = PathBuf::from("/a/crates/b");
        assert_eq!(found(line("test", true, "\"/a/t\"")), Some((false, folder.clone())));
        assert_eq!(found(line("lib", true, "\"/a/t\"")), Some((true, folder)));
        assert_eq!(found(line("bin", false, "\"/a/t\"")), None);
        assert_eq!(found(line("lib", true, "null")), None);
        assert_eq!(found(r#"{"reason":"build-finished","success":true}"#.to_owned()), None);
    }

    #[test]
    fn a_route_that_no_test_walks_is_named() {
        let promised = "# marks\n>+++ GET  /\n>+-- POST /plans/{id}\n";
        assert_eq!(unwalked(promised, "GET /\n"), ["POST /plans/{id}"]);
        assert!(unwalked(promised, "POST /plans/{id}\nGET /\n").is_empty());
    }

    #[test]
    fn the_budgets_are_a_half_hour_together() {
        let counted = BUDGETS.iter().filter(|(name, _)| !BUILDING.contains(name));
        let named: f64 = counted.map(|(_, minutes)| minutes).sum();
        let krates = std::fs::read_dir(crate::root().join("crates")).expect("the crates");
        let tests =
            krates.filter_map(|krate| std::fs::read_dir(krate.expect("a crate").path().join("tests")).ok());
        let names = tests.flatten().map(|test| test.expect("a test").path());
        let others = names.filter(|path| {
            let name = path.file_stem().and_then(|n| n.to_str()).unwrap_or_default();
            budget(name) == OTHER_BUDGET && !ON_BOTH_ENGINES.contains(&name)
        });
        let others = u32::try_from(others.count()).expect("few");
        let all = named + OTHER_BUDGET * f64::from(others);
        assert!(all <= 30.0, "{all} minutes");
    }
}
