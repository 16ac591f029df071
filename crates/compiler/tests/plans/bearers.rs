//! Who bears a clause: whoever the sentence says does it; without a subject, whoever keeps the ledger. All text is invented.

use std::collections::BTreeSet;

use super::college::{Read, item, read};
use model::{Bearers, UnitKind};

/// The bearers of the obligation whose clause holds `words`.
fn bearers<'r>(read: &'r Read, words: &str) -> &'r Bearers {
    let holds = |p: &&model::Proposal| {
        p.origin.words().is_some_and(|w| w.contains(words)) && p.origin.rule().is_none()
    };
    let found = read.out.proposals.iter().filter(holds).min_by_key(|p| p.origin.words().map(str::len));
    &found.unwrap_or_else(|| panic!("no obligation says {words}")).bearers
}

fn plan(words: &str) -> Read {
    read(&format!("云岭职业学院2022年党建工作要点\n一、以政治建设为统领\n{}", item("1", words)))
}

#[test]
fn the_subject_of_the_sentence_bears_it() {
    let branches = plan("抓好特色。各支部3月底前确定1个特色项目。");
    assert_eq!(bearers(&branches, "特色项目").kinds, BTreeSet::from([UnitKind::Branch]));
    assert!(bearers(&branches, "特色项目").units.is_empty());
    let office = plan("抓好特色。党委办公室3月底前确定1个特色项目。");
    assert!(bearers(&office, "特色项目").kinds.is_empty());
    assert_eq!(bearers(&office, "特色项目").units.len(), 1);
}

#[test]
fn a_name_that_goes_on_is_no_subject() {
    let secretaries = plan("抓好特色。各支部书记3月底前确定1个特色项目。");
    let none = plan("抓好特色。3月底前确定1个特色项目。");
    assert_eq!(bearers(&secretaries, "特色项目"), bearers(&none, "特色项目"));
}
