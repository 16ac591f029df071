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
    let meant = bearers(&secretaries, "特色项目");
    assert_eq!(meant.posts, BTreeSet::from(["党支部书记".to_owned()]));
    assert!(meant.kinds.is_empty() && meant.units.is_empty(), "the secretaries are meant, not the branches");
    let meeting = plan("抓好特色。党委书记碰头会每月召开1次。");
    assert!(bearers(&meeting, "碰头会").posts.is_empty());
}

#[test]
fn a_subject_outside_the_tag_bears_it() {
    let text = "云岭职业学院2022年党建工作要点\n一、以政治建设为统领\n1.抓好特色。各支部3月底前确定1个特色项目，教务处4月底前汇编成册。（牵头部门：星际处）\n";
    for read in [read(text), read(&text.replace("星际处", "党委办公室"))] {
        assert_eq!(bearers(&read, "特色项目").kinds, BTreeSet::from([UnitKind::Branch]));
        assert_eq!(bearers(&read, "汇编成册").units.len(), 1);
    }
}

#[test]
fn a_number_for_another_body_than_the_rule_binds_is_that_bodys() {
    let text = "云岭职业学院2022年党建工作要点\n一、以政治建设为统领\n1.抓好责任。每年研究部署党风廉政建设和反腐败工作不少于2次。（牵头部门：纪委，责任部门：各支部）\n";
    let own = read(text);
    let units = |read: &Read| bearers(read, "研究部署").units.clone();
    assert_eq!(units(&own).len(), 1);
    assert!(bearers(&own, "研究部署").kinds.is_empty());
    let rule = |read: &Read, item| {
        let of = |p: &&model::Proposal| p.origin.rule() == Some("strict-governance-study");
        read.out
            .proposals
            .iter()
            .find(of)
            .is_some_and(|p| p.item == item && p.bearers.kinds.contains(&UnitKind::Committee))
    };
    assert!(rule(&own, None), "what the regulation bids the committee do stands beside it");
    let office = read(&text.replace("纪委", "党委办公室"));
    assert!(rule(&office, Some(0)), "a department acts for the committee");
}
