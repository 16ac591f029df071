//! The cases that stand beside the rules, in rulebook/tests/.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use jiff::civil::Date;
use model::UnitKind;
use rulebook::{NotInForce, Rulebook};

#[test]
fn the_rules_say_what_the_cases_expect() {
    let rulebook = Rulebook::built_in().unwrap_or_else(|f| panic!("{f:#?}"));
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rulebook/tests");
    let mut seen = 0;
    for entry in fs::read_dir(dir).expect("the folder is there") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            // Walks through procedures, which `runtime` plays.
            continue;
        }
        let file: toml::Table = fs::read_to_string(&path).expect("text").parse().expect("TOML");
        for case in file["case"].as_array().expect("[[case]]") {
            let word = |key: &str| case.get(key).and_then(toml::Value::as_str);
            let name = word("name").expect("every case has a name");
            let rule = word("rule").expect("every case names a rule");
            let on: Date = case["on"].to_string().parse().expect("a day");
            match (rulebook.obligation_on(rule, on), word("says")) {
                (Ok(o), Some(says)) => {
                    assert_eq!(o.cadence.words(), says, "{name}");
                    let level = format!("{:?}", o.source.level).to_lowercase();
                    assert_eq!(Some(level.as_str()), word("level"), "{name}");
                    assert_eq!(Some(o.source.article.as_str()), word("article"), "{name}");
                    if let Some(unit) = case.get("unit") {
                        let kind = UnitKind::IDS.iter().find(|(id, _)| unit["kind"].as_str() == Some(id));
                        let kind = kind.expect("a kind of unit").1;
                        let traits = unit["traits"].as_array().expect("a list").iter();
                        let traits: BTreeSet<String> =
                            traits.map(|t| t.as_str().expect("text").to_owned()).collect();
                        let bound = o.bearers.kinds.contains(&kind) && o.bearers.allow(&traits);
                        assert_eq!(Some(bound), case["bound"].as_bool(), "{name}");
                    }
                }
                (Err(NotInForce::Silent { .. }), None) => {}
                (found, expected) => panic!("{name}: expected {expected:?}, found {found:?}"),
            }
            seen += 1;
        }
    }
    assert!(seen >= 20, "only {seen} cases were found");
}
