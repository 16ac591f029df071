//! Every kind of mistake in a rule file is told, where it stands and in words.
//!
//! Each file in `bad/` is one mistake. Its first line names the place in a rulebook where it would stand; the lines
//! `#!` at its end are all that the loader must say: line and column in the file, message, and help.

use std::fs;
use std::path::Path;

use rulebook::{RuleFault, Rulebook};

/// The faults of a rulebook that has this one file of its own.
fn faults_of(place: &str, bytes: &[u8]) -> Vec<RuleFault> {
    let dir = tempfile::tempdir().expect("a temporary folder can be made");
    let path = dir.path().join(place);
    fs::create_dir_all(path.parent().expect("the place names a folder")).expect("the folder can be made");
    fs::write(&path, bytes).expect("the file can be written");
    let mut faults = Rulebook::load(Some(dir.path())).err().unwrap_or_default();
    for f in &mut faults {
        f.help = f.help.replace(&format!("{}/", dir.path().display()), "");
    }
    faults
}

/// One fault as the files in `bad/` write it.
fn line(fault: &RuleFault) -> String {
    format!("#! {}:{} {} {}", fault.line, fault.column, fault.message, fault.help).trim_end().to_owned()
}

#[test]
fn each_mistake_is_told_in_its_place() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad");
    let mut wrong = Vec::new();
    let mut seen = 0;
    for entry in fs::read_dir(dir).expect("the folder is there") {
        let path = entry.expect("the folder can be read").path();
        let text = fs::read_to_string(&path).expect("the file is text");
        let place =
            text.lines().next().and_then(|l| l.strip_prefix("#@ ")).expect("the first line names the place");
        let expected: Vec<&str> = text.lines().filter(|l| l.starts_with("#!")).collect();
        let found: Vec<String> = faults_of(place, text.as_bytes()).iter().map(line).collect();
        assert!(!found.is_empty(), "{} has a mistake that nobody sees", path.display());
        if found != expected {
            wrong.push(format!("{}\n{}", path.display(), found.join("\n")));
        }
        seen += 1;
    }
    assert!(seen >= 50, "only {seen} files");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn all_mistakes_of_all_files_are_told_at_once() {
    let dir = tempfile::tempdir().expect("a temporary folder can be made");
    for (place, text) in [
        ("mechanisms/one.toml", "title = \"甲\"\nbrings = [\"none\"]\n"),
        ("mechanisms/two.toml", "titel = \"乙\"\n"),
        ("obligations/three.toml", "title = \"丙\"\n"),
    ] {
        let path = dir.path().join(place);
        fs::create_dir_all(path.parent().expect("the place names a folder")).expect("the folder can be made");
        fs::write(path, text).expect("the file can be written");
    }
    let faults = Rulebook::load(Some(dir.path())).expect_err("three files with mistakes");
    let of = |name: &str| faults.iter().filter(|f| f.file.ends_with(name)).count();
    assert_eq!((of("one.toml"), of("two.toml"), of("three.toml")), (1, 2, 4), "{faults:#?}");
}

#[test]
fn a_file_that_is_not_text_is_told() {
    let faults = faults_of("mechanisms/example.toml", b"title = \"\xd6\xd0\"");
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].message.starts_with("读不了"), "{}", faults[0].message);
    assert!(faults[0].help.contains("UTF-8"));
}

#[test]
fn a_folder_that_is_not_there_is_told() {
    let dir = tempfile::tempdir().expect("a temporary folder can be made");
    let faults = Rulebook::load(Some(&dir.path().join("none"))).expect_err("no such folder");
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].message.starts_with("读不了"));
}

#[test]
fn a_fault_reads_like_a_compilers() {
    let faults =
        faults_of("mechanisms/example.toml", "title = \"样例\"\nbrings = [\"brunch-assembly\"]\n".as_bytes());
    let shown = faults[0].to_string();
    assert!(shown.ends_with("mechanisms/example.toml:2:11: 没有编号为“brunch-assembly”的要求"), "{shown}");
    assert_eq!(faults[0].help, "是否指“branch-assembly”？");
}
