//! The everyday names of real plans lead to their mechanism, and names inside longer names to none. All text is invented.

use super::college::{built_in, item, read};

/// The mechanisms named in the sentences of one item, by their titles, in order.
fn named(words: &str) -> Vec<String> {
    let text = format!("云岭职业学院2022年党建工作要点\n一、以政治建设为统领\n{}", item("1", words));
    let rulebook = built_in();
    let read = read(&text);
    let ids = read.out.measures.iter().flat_map(|m| m.mechanisms.iter());
    ids.filter_map(|id| rulebook.mechanism(id)).map(|m| m.title.clone()).collect()
}

#[test]
fn everyday_names_are_known() {
    for (words, title) in [
        ("抓好融合。每季度研究1次“一融双高”工作。", "党建与业务融合"),
        ("抓好支部。6月底前完成星级党支部评定。", "星级支部评定"),
        ("抓好项目。11月底前完成书记领航项目验收。", "书记项目"),
        ("抓好社区。10月底前建成“一站式”学生社区。", "一站式学生社区"),
        ("抓好整改。巡察整改每季度报送1次进展。", "巡察整改"),
        ("抓好教育。每季度开展1次国家安全教育。", "国家安全和保密"),
        ("抓好例会。每月召开1次党支部书记例会。", "党支部书记例会"),
        ("抓好会议。每学年召开1次教代会。", "教职工代表大会"),
        ("抓好审批。严格落实讲座论坛“一会一报”制度。", "一会一报"),
        ("抓好谈话。每半年开展1次任前廉政谈话。", "廉政谈话"),
        ("抓好实事。12月底前办结“我为师生办实事”项目5件。", "我为群众办实事"),
        ("抓好生活。落实双重组织生活制度。", "双重组织生活"),
        ("抓好课堂。校领导每学期讲授思政课1次。", "领导干部讲思政课"),
        ("抓好教育。6月底前开展深入贯彻中央八项规定精神学习教育。", "集中学习教育"),
        ("抓好关爱。每年召开1次关工委会议。", "关心下一代工作"),
    ] {
        assert!(named(words).iter().any(|t| t == title), "{words}: {:?}", named(words));
    }
}

#[test]
fn a_name_inside_a_longer_one_means_nothing() {
    for (words, wrong) in [
        ("抓好融合。每季度研究1次“一融双高”工作。", "双高"),
        ("抓好教育。每季度开展1次国家安全教育。", "安全教育和演练"),
        ("抓好教育。6月底前开展中央八项规定精神学习教育。", "八项规定"),
        ("抓好述职。12月底前完成党支部书记抓党建述职评议考核。", "五级书记抓党建"),
        ("抓好述职。12月底前完成书记抓党建述职。", "五级书记抓党建"),
    ] {
        assert!(named(words).iter().all(|t| t != wrong), "{words}: {:?}", named(words));
    }
}

#[test]
fn one_loose_word_points_to_no_ledger() {
    let ledger = |words: &str| {
        let text = format!("云岭职业学院2022年党建工作要点\n一、以政治建设为统领\n{}", item("1", words));
        let read = read(&text);
        let own = read.out.proposals.iter().find(|p| p.key == "1.1").expect("a proposal");
        own.ledger.clone().unwrap_or_default()
    };
    assert_ne!(ledger("抓好调研。6月底前到教学、科研一线调研10次。"), "competition");
    assert_ne!(ledger("抓好下沉。党员每月下沉学生社区1次。"), "double-report");
}
