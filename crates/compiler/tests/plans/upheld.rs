//! 承接对照: an upper plan beside a lower one. Both are invented.

use compiler::{Context, Level, Upheld, compile, counts, uphold, uphold_to_json};
use model::{Organisation, SourceText};
use rulebook::Rulebook;

const UPPER: &str = "青禾省高校2026年党建工作要点
一、重点任务
1.深化理论学习。各高校党委理论学习中心组每季度至少开展1次集体学习研讨。（牵头部门：组织处）
2.规范组织生活。各党支部每月开展1次主题党日。（牵头部门：组织处）
3.抓好风险防范。各高校党委每季度分析研判1次意识形态领域情况。（牵头部门：宣传处）
4.建好人才队伍。6月30日前报送年度人才工作小结。（牵头部门：组织处）
5.加强宣传。坚持正确舆论导向，营造良好氛围。（牵头部门：宣传处）
6.做好保密。每半年开展1次保密检查。（牵头部门：保密办）
7.建设校史馆。12月10日前完成校史馆布展情况总结。（牵头部门：纪检处）
";

const LOWER: &str = "云溪职业学院2026年党建工作要点
一、重点任务
1.加强理论武装。党委理论学习中心组每月开展1次集体学习研讨。（牵头部门：党委办公室）
2.严格组织生活。各党支部每两个月开展1次主题党日。（牵头部门：组织部，责任部门：各党支部）
3.防范风险。党委加强意识形态领域情况分析研判。（牵头部门：宣传部）
4.抓人才。10月30日前报送年度人才工作小结。（牵头部门：组织部）
5.宣传工作。坚持正确舆论导向，营造良好校园氛围。（牵头部门：宣传部）
7.校史馆。12月1日前完成校史馆布展情况总结。
";

struct Laid {
    all: Vec<Upheld>,
    page: serde_json::Value,
}

fn laid(upper: &str, lower: &str) -> Laid {
    let rulebook = Rulebook::built_in().unwrap_or_else(|f| panic!("{f:#?}"));
    let read = |name: &str, text: &str| {
        let source = SourceText::from_plain(name, text);
        let plan = plan::read(&source);
        let context = Context { year: 2026, today: None };
        let compiled = compile(&source, &plan, &rulebook, &Organisation::default(), &context);
        (source, plan, compiled)
    };
    let (us, up, uc) = read("上级.txt", upper);
    let (ls, lp, lc) = read("本校.txt", lower);
    let all = uphold(
        Level { source: &us, plan: &up, compilation: &uc },
        Level { source: &ls, plan: &lp, compilation: &lc },
    );
    let page = uphold_to_json(&us, &ls, &all);
    Laid { all, page }
}

/// What is said of the clauses of an item.
fn of<'l>(laid: &'l Laid, number: &str) -> Vec<&'l Upheld> {
    laid.all.iter().filter(|u| u.clause.number == number && u.clause.cadence.is_some()).collect()
}

fn carriers(upheld: &Upheld) -> Vec<&str> {
    upheld.by.iter().map(|(c, _)| c.number.as_str()).collect()
}

#[test]
fn what_is_asked_more_often_is_carried_and_what_is_asked_less_often_is_told() {
    let laid = laid(UPPER, LOWER);
    let study = of(&laid, "1");
    assert!(study.iter().all(|u| carriers(u) == ["1"] && u.is_well()), "{study:#?}");
    let days = of(&laid, "2");
    let less = days.iter().find_map(|u| u.less.as_ref()).expect("every two months is less than each month");
    assert_eq!((less.asked.as_str(), less.given.as_str()), ("每月至少1次", "每两个月至少1次"));
    assert!(days.iter().all(|u| carriers(u).contains(&"2") && u.later.is_none()), "{days:#?}");
}

#[test]
fn a_direction_without_a_number_asks_for_less() {
    let laid = laid(UPPER, LOWER);
    let risk = of(&laid, "3");
    assert!(!risk.is_empty());
    for upheld in risk {
        assert_eq!(carriers(upheld), ["3"]);
        assert_eq!(upheld.less.as_ref().map(|l| l.asked.as_str()), Some("每季度至少1次"));
    }
}

#[test]
fn a_later_day_is_told_and_an_earlier_one_is_not() {
    let laid = laid(UPPER, LOWER);
    let late: Vec<&Upheld> = of(&laid, "4");
    assert_eq!(carriers(late[0]), ["4"]);
    let later = late[0].later.as_ref().expect("October is later than June");
    assert_eq!((later.asked.as_str(), later.given.as_str()), ("6月30日前", "10月30日前"));
    let early = of(&laid, "7");
    assert_eq!((carriers(early[0]), &early[0].later), (vec!["7"], &None));
}

#[test]
fn what_none_carries_and_what_nobody_bears_is_told() {
    let laid = laid(UPPER, LOWER);
    assert!(of(&laid, "6").iter().all(|u| u.by.is_empty() && !u.is_well()));
    assert!(of(&laid, "7").iter().all(|u| u.nobody), "no owner is named: {:#?}", of(&laid, "7"));
    assert!(of(&laid, "4").iter().all(|u| !u.nobody));
}

#[test]
fn directions_are_carried_by_directions() {
    let laid = laid(UPPER, LOWER);
    let direction = laid.all.iter().find(|u| u.clause.text.contains("舆论导向")).expect("a clause");
    assert_eq!(direction.clause.cadence, None);
    assert!(direction.is_well() && carriers(direction) == ["5"], "{direction:#?}");
}

#[test]
fn a_plan_beside_itself_is_carried_whole() {
    let laid = laid(LOWER, LOWER);
    for upheld in &laid.all {
        assert!(upheld.less.is_none() && upheld.later.is_none() && !upheld.by.is_empty(), "{upheld:#?}");
    }
    let nothing = self::laid(UPPER, "云溪职业学院2026年要点\n");
    let count = counts(&nothing.all);
    assert_eq!((count.none, count.well), (count.clauses, 0));
    assert_eq!(nothing.page["counts"]["none"], count.none);
}

#[test]
fn the_page_says_where_each_clause_stands() {
    let laid = laid(UPPER, LOWER);
    let clauses = laid.page["clauses"].as_array().expect("a list");
    let late = clauses.iter().find(|c| c["number"] == "4" && c["cadence"].is_string()).expect("the clause");
    assert_eq!(late["line"], 6);
    assert_eq!(late["by"][0]["line"], 6);
    assert_eq!(late["later"]["given"], "10月30日前");
    assert_eq!(late["less"], serde_json::Value::Null);
    assert_eq!(laid.page["upper"], "上级.txt");
}
