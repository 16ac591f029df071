//! Each sentence of the twenty items by a test of its own: every ledger in which docs/coverage.md keeps it is filled in by
//! whoever keeps it, and the record is kept, listed and printed. How a sentence is read, and what it asks for, is checked
//! beside the compiler.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use rulebook::Rulebook;

use crate::entries::keep;
use crate::harness::TestApp;

/// The ledgers of each sentence by its number, as the page says.
static KEPT: LazyLock<BTreeMap<String, Vec<String>>> = LazyLock::new(|| {
    let mut out: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in include_str!("../../../../docs/coverage.md").lines() {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [number, _, ledgers, ..] = cells.as_slice() else { continue };
        if !number.starts_with(|c: char| c.is_ascii_digit()) {
            continue;
        }
        let own = out.entry((*number).to_owned()).or_default();
        for ledger in ledgers.split('`').skip(1).step_by(2) {
            if own.iter().all(|id| id != ledger) {
                own.push(ledger.to_owned());
            }
        }
    }
    out
});
static RULES: LazyLock<Rulebook> =
    LazyLock::new(|| Rulebook::built_in().expect("the built-in rulebook has no mistakes"));

/// The number of a sentence by the name of its test: `sentence_3_1` is 3.1.
fn number(test: &str) -> String {
    test.trim_start_matches("sentence_").replace('_', ".")
}

async fn walk(name: &str) {
    let test = TestApp::new().await;
    let ledgers = KEPT.get(&number(name)).expect("a sentence of the page");
    assert!(!ledgers.is_empty(), "it is kept nowhere");
    for id in ledgers {
        keep(&test, RULES.ledger(id).expect("a ledger of the rulebook")).await;
    }
}

macro_rules! sentences {
    ($($name:ident)*) => {
        $(#[tokio::test]
        async fn $name() {
            walk(stringify!($name)).await;
        })*

        const ALL: &[&str] = &[$(stringify!($name)),*];
    };
}

sentences! {
    sentence_1_0 sentence_1_1
    sentence_2_0 sentence_2_1 sentence_2_2
    sentence_3_0 sentence_3_1
    sentence_4_0 sentence_4_1 sentence_4_2
    sentence_5_0 sentence_5_1 sentence_5_2 sentence_5_3
    sentence_6_0 sentence_6_1 sentence_6_2
    sentence_7_0 sentence_7_1 sentence_7_2
    sentence_8_0 sentence_8_1 sentence_8_2 sentence_8_3
    sentence_9_0 sentence_9_1 sentence_9_2 sentence_9_3 sentence_9_4 sentence_9_5
    sentence_10_0 sentence_10_1 sentence_10_2
    sentence_11_0 sentence_11_1 sentence_11_2 sentence_11_3 sentence_11_4 sentence_11_5
    sentence_12_0 sentence_12_1 sentence_12_2 sentence_12_3 sentence_12_4
    sentence_13_0 sentence_13_1 sentence_13_2 sentence_13_3 sentence_13_4 sentence_13_5 sentence_13_6 sentence_13_7
    sentence_14_0 sentence_14_1 sentence_14_2
    sentence_15_0 sentence_15_1 sentence_15_2 sentence_15_3 sentence_15_4 sentence_15_5 sentence_15_6
    sentence_16_0 sentence_16_1 sentence_16_2 sentence_16_3 sentence_16_4 sentence_16_5
    sentence_17_0 sentence_17_1 sentence_17_2 sentence_17_3 sentence_17_4 sentence_17_5
    sentence_18_0 sentence_18_1
    sentence_19_0 sentence_19_1 sentence_19_2 sentence_19_3
    sentence_20_0 sentence_20_1 sentence_20_2 sentence_20_3 sentence_20_4 sentence_20_5
}

#[test]
fn each_sentence_of_the_page_has_its_test() {
    let mut walked: Vec<String> = ALL.iter().map(|name| number(name)).collect();
    walked.sort_unstable();
    assert!(walked.iter().eq(KEPT.keys()), "{walked:?}");
}
