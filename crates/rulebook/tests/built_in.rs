//! The built-in rulebook holds together.

use rulebook::Rulebook;

/// The built-in rulebook, or its faults as a person would read them.
fn built_in() -> Rulebook {
    Rulebook::built_in().unwrap_or_else(|faults| {
        let lines: Vec<String> = faults.iter().map(|f| format!("{f} {}", f.help)).collect();
        panic!("{} faults:\n{}", faults.len(), lines.join("\n"))
    })
}

#[test]
fn the_built_in_rulebook_has_no_faults() {
    let rulebook = built_in();
    assert!(rulebook.mechanism("three-meetings-one-lecture").is_some());
    assert_eq!(rulebook.version().len(), 12);
    assert_eq!(rulebook.version(), built_in().version());
}
