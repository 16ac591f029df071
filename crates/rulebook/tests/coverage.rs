//! docs/coverage.md says where each sentence of the twenty items is kept: every id that it names is there, every ledger
//! and obligation is named, and every test that it calls on exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use model::flow::Opening;
use rulebook::Rulebook;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The cells of each row of the table: sentence, work, ledgers, obligations, mechanisms, tests.
fn rows() -> Vec<Vec<String>> {
    let text = fs::read_to_string(repository().join("docs/coverage.md")).expect("the page is there");
    let rows: Vec<Vec<String>> = text
        .lines()
        .filter(|l| l.starts_with("| ") && l.chars().nth(2).is_some_and(|c| c.is_ascii_digit()))
        .map(|l| l.trim_matches('|').split('|').map(|c| c.trim().to_owned()).collect())
        .collect();
    assert!(rows.iter().all(|r| r.len() == 6), "a row has another number of cells");
    rows
}

/// The lines of what the twenty items do not say, in the columns of [`rows`]: without a number and without a test of their own.
fn beyond() -> Vec<Vec<String>> {
    let text = fs::read_to_string(repository().join("docs/coverage.md")).expect("the page is there");
    let (_, after) = text.split_once("## 二十条以外").expect("the section is there");
    let table = after.lines().filter(|l| l.starts_with("| ") && !l.starts_with("| ---")).skip(1);
    let rows: Vec<Vec<String>> = table
        .map(|l| {
            let cells = l.trim_matches('|').split('|').map(|c| c.trim().to_owned());
            std::iter::once(String::new()).chain(cells).collect()
        })
        .collect();
    assert!(rows.iter().all(|r| r.len() == 5 && !ids(&r[2]).is_empty()), "a line is kept nowhere");
    rows
}

/// What stands between backquotes.
fn ids(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn every_item_has_its_lines_and_every_line_a_ledger() {
    let rows = rows();
    for item in 1..=20 {
        let of = |r: &&Vec<String>| r[0].split_once('.').is_some_and(|(i, _)| i == item.to_string());
        let sentences: BTreeSet<u32> = rows
            .iter()
            .filter(of)
            .map(|r| r[0].split_once('.').and_then(|(_, n)| n.parse().ok()).expect("a sentence's number"))
            .collect();
        let last = sentences.last().copied().unwrap_or(0);
        assert!(last >= 1, "item {item} has no line");
        assert!(sentences.into_iter().eq(0..=last), "item {item} leaves a sentence out");
    }
    for row in &rows {
        assert!(!ids(&row[2]).is_empty(), "{} is kept nowhere", row[0]);
    }
}

#[test]
fn every_id_is_there_and_none_is_left_out() {
    let rulebook = Rulebook::built_in().expect("the built-in rulebook");
    let rows: Vec<Vec<String>> = rows().into_iter().chain(beyond()).collect();
    let named = |column: usize| -> BTreeSet<String> { rows.iter().flat_map(|r| ids(&r[column])).collect() };
    for id in named(2) {
        assert!(rulebook.ledger(&id).is_some(), "there is no ledger {id}");
    }
    for id in named(3) {
        assert!(rulebook.obligation(&id).is_some(), "there is no obligation {id}");
    }
    for id in named(4) {
        assert!(rulebook.mechanism(&id).is_some(), "there is no mechanism {id}");
    }
    let (mut ledgers, obligations, mechanisms) = (named(2), named(3), named(4));
    // What shows a step or opens a case is walked by the tests of its procedure.
    for workflow in rulebook.workflows() {
        ledgers.extend(workflow.steps.iter().flat_map(|s| &s.shown_by).filter_map(|s| s.ledger.clone()));
        ledgers.extend(workflow.opens.iter().flat_map(|o| match o {
            Opening::Entry { ledgers, .. } => ledgers.clone(),
            _ => Vec::new(),
        }));
    }
    let left: Vec<&str> = rulebook
        .ledgers()
        .iter()
        .map(|l| l.id.as_str())
        .filter(|id| *id != "general-work" && !ledgers.contains(*id))
        .chain(rulebook.obligations().iter().map(|o| o.id.as_str()).filter(|id| !obligations.contains(*id)))
        .collect();
    assert_eq!(left, Vec::<&str>::new(), "kept or asked, and in no line");
    let left: Vec<&str> = rulebook
        .mechanisms()
        .iter()
        .map(|m| m.id.as_str())
        .filter(|id| *id != "joint-administration" && !mechanisms.contains(*id))
        .collect();
    assert_eq!(left, Vec::<&str>::new(), "mechanisms in no line");
}

/// Of an obligation in a line, the ledger by which it is shown stands in the same line.
#[test]
fn a_line_names_the_ledger_that_shows_its_obligations() {
    let rulebook = Rulebook::built_in().expect("the built-in rulebook");
    for row in rows().into_iter().chain(beyond()) {
        let ledgers = ids(&row[2]);
        for id in ids(&row[3]) {
            let shown = &rulebook.obligation(&id).expect("it is there").ledger;
            assert!(ledgers.contains(shown), "{}: {id} is shown by {shown}", row[0]);
        }
    }
}

#[test]
fn the_tests_that_it_calls_on_exist() {
    let mut all = String::new();
    for folder in ["crates/server/tests/http", "crates/rulebook/tests", "crates/runtime/tests/year"] {
        for entry in fs::read_dir(repository().join(folder)).expect("a folder of tests") {
            let path = entry.expect("a file").path();
            if path.extension().is_some_and(|e| e == "rs") {
                all.push_str(&fs::read_to_string(path).expect("a file of tests"));
            }
        }
    }
    let words: BTreeSet<&str> = all.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    for row in rows() {
        let own = format!("sentence_{}", row[0].replace('.', "_"));
        let mut named = row[5].split_whitespace();
        assert_eq!(named.next(), Some(own.as_str()), "{}: its own test walks it first", row[0]);
        assert!(words.contains(own.as_str()), "{}: there is no test {own}", row[0]);
        for test in named {
            assert!(all.contains(&format!("fn {test}(")), "{}: there is no test {test}", row[0]);
        }
    }
}
