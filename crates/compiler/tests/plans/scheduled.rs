//! From the words of a plan to the days on which something is due: every way of writing of the catalogue. All invented.

use super::college::{built_in, item, read};
use jiff::civil::{Date, date};
use model::{DutyId, ObligationId, PlanId};
use runtime::{Basis, Moments, Occasion, Roster, SchoolCalendar, publish, usual_months};

fn ids() -> impl FnMut() -> [u8; 10] {
    let mut n: u32 = 0;
    move || {
        n += 1;
        let mut out = [0; 10];
        out[6..].copy_from_slice(&n.to_be_bytes());
        out
    }
}

/// What came of one item: its cadences in words, and first and due day of each duty.
type Made = (Vec<String>, Vec<(Date, Date)>);

/// First day and due day of the duties that come of the only clause of each item in `text`, of the first of its bearers,
/// with the words of the cadence they come from.
fn scheduled(text: &str, events: &[(&str, Date)]) -> Vec<Made> {
    let read = read(text);
    let rulebook = built_in();
    let calendar = SchoolCalendar::from_rulebook(rulebook.calendar_data(), 2022);
    let mut moments = Moments::new(rulebook.events());
    for (words, day) in events {
        let key = rulebook.events().key(&model::Moment::event(*words)).expect("an event has a key");
        moments.add(&key, Occasion { day: *day, year: 2022, unit: None });
    }
    let org = super::college::college();
    let basis = Basis {
        org: &org,
        roster: &Roster::default(),
        calendar: &calendar,
        year: 2022,
        made: date(2022, 1, 1),
        from: date(2022, 1, 1),
        rules: "test",
        moments: &moments,
        usual_months: &usual_months(rulebook.obligations()),
    };
    let (mut obligation, mut duty) = (ids(), ids());
    let made = publish(
        PlanId::from_parts(1, &[0; 10]),
        &read.out.proposals,
        &basis,
        &mut || ObligationId::from_parts(1, &obligation()),
        &mut || DutyId::from_parts(2, &duty()),
    );
    let of_item = |n: usize| {
        let own: Vec<_> = made
            .obligations
            .iter()
            .filter(|o| o.item == Some(n) && matches!(o.origin, model::Origin::Clause { .. }))
            .collect();
        let mut days = Vec::new();
        for o in &own {
            let duties: Vec<_> = made.duties.iter().filter(|d| d.obligation == o.id).collect();
            let first = duties.first().map(|d| d.unit);
            days.extend(duties.iter().filter(|d| Some(d.unit) == first).map(|d| (d.starts, d.due)));
        }
        (own.iter().map(|o| o.cadence.words()).collect(), days)
    };
    (0..read.plan.items.len()).map(of_item).collect()
}

/// Due days as `month.day`, with the year where it is not the plan's.
fn shown(days: &[(Date, Date)]) -> String {
    let day = |d: &Date| match d.year() {
        2022 => format!("{}.{}", d.month(), d.day()),
        year => format!("{year}.{}.{}", d.month(), d.day()),
    };
    days.iter().map(|(_, due)| day(due)).collect::<Vec<_>>().join(" ")
}

const EACH_MONTH: &str = "1.31 2.28 3.31 4.30 5.31 6.30 7.31 8.31 9.30 10.31 11.30 12.31";

fn check(cases: &[(&str, &str)], events: &[(&str, Date)]) {
    let mut text = "云岭职业学院2022年党建工作要点\n一、以政治建设为统领\n".to_owned();
    for (n, (clause, _)) in cases.iter().enumerate() {
        text.push_str(&item(&(n + 1).to_string(), &format!("某项工作。{clause}。")));
    }
    let got = scheduled(&text, events);
    assert_eq!(got.len(), cases.len(), "one item for each clause");
    let mut faults = Vec::new();
    for ((clause, want), (words, days)) in cases.iter().zip(&got) {
        if shown(days) != *want {
            faults.push(format!("{clause}: want {want}, got {} of {words:?}", shown(days)));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn rhythms() {
    check(
        &[
            ("每季度至少报送1次工作小结", "3.31 6.30 9.30 12.31"),
            ("每年报送工作小结不少于2次", "12.31 12.31"),
            ("全年报送工作小结不少于3次", "12.31 12.31 12.31"),
            ("每月至少报送一次工作小结", EACH_MONTH),
            ("每月报送工作小结", EACH_MONTH),
            ("逐月报送工作小结", EACH_MONTH),
            ("月月报送工作小结", EACH_MONTH),
            ("每两个月报送1次工作小结", "2.28 4.30 6.30 8.31 10.31 12.31"),
            ("按季度报送工作小结", "3.31 6.30 9.30 12.31"),
            ("每3个月报送1次工作小结", "3.31 6.30 9.30 12.31"),
            ("每学期至少报送2次工作小结", "7.10 7.10 12.31 12.31"),
            ("每半年报送工作小结", "6.30 12.31"),
            ("工作小结上下半年各1次", "6.30 12.31"),
            ("报送工作小结2次/年", "12.31 12.31"),
            ("一年两次工作小结", "12.31 12.31"),
            ("全年报送工作小结4次，其中专题小结不少于2次", "12.31 12.31 12.31 12.31 12.31 12.31"),
            ("每三年修订1次工作手册", ""),
        ],
        &[],
    );
}

#[test]
fn rhythms_with_a_day() {
    check(
        &[
            ("每月5日前报送工作小结", "1.5 2.5 3.5 4.5 5.5 6.5 7.5 8.5 9.5 10.5 11.5 12.5"),
            ("每月30日前报送工作小结", "1.30 2.28 3.30 4.30 5.30 6.30 7.30 8.30 9.30 10.30 11.30 12.30"),
            ("每月工作小结于次月5日前报送", "2.5 3.5 4.5 5.5 6.5 7.5 8.5 9.5 10.5 11.5 12.5 12.31"),
            ("每季度末25日前报送工作小结", "3.25 6.25 9.25 12.25"),
            ("每季度首月10日前报送工作小结", "1.10 4.10 7.10 10.10"),
            ("每季度结束后5日内报送工作小结", "4.5 7.5 10.5 12.31"),
            ("每半年末月20日前报送工作小结", "6.20 12.20"),
            ("每年6月底前报送工作小结", "6.30"),
            ("每年12月10日前报送工作小结", "12.10"),
            ("每年七一前报送工作小结", "6.30"),
            ("每学期开学后两周内报送工作计划", "3.6 9.15"),
            ("每学期初报送工作计划", "3.6 9.15"),
            ("每学期第4周前报送工作计划", "3.13 9.22"),
        ],
        &[],
    );
}

#[test]
fn weeks_and_days_lie_in_the_terms() {
    let text = "云岭职业学院2022年党建工作要点\n一、以政治建设为统领\n".to_owned()
        + &item("1", "某项工作。每周五前报送工作小结。")
        + &item("2", "某项工作。每周报送1次工作小结。")
        + &item("3", "某项工作。每两周报送1次工作小结。")
        + &item("4", "某项工作。每日报送工作小结。")
        + &item("5", "某项工作。每两周周四前报送工作小结。");
    let got = scheduled(&text, &[]);
    let count = |n: usize| got[n].1.len();
    assert!((36..=46).contains(&count(0)), "{:?}", got[0]);
    assert_eq!(count(0), count(1));
    assert_eq!(count(3), count(1), "days are asked week by week");
    assert!((18..=24).contains(&count(2)), "{:?}", got[2]);
    // The last week of a term may end before its Friday.
    let fridays = got[0].1.iter().filter(|(_, due)| due.weekday() == jiff::civil::Weekday::Friday).count();
    assert!(fridays + 2 >= count(0), "{:?}", got[0]);
    assert!(got[4].1.iter().all(|(starts, due)| starts <= due));
    assert!(got[0].1.iter().all(|(_, d)| !(date(2022, 7, 18)..date(2022, 9, 1)).contains(d)), "{:?}", got[0]);
}

#[test]
fn deadlines() {
    check(
        &[
            ("2022年底前报送工作小结", "12.31"),
            ("年底前报送工作小结", "12.31"),
            ("年内报送工作小结", "12.31"),
            ("年终报送工作小结", "12.31"),
            ("2022年6月底前报送工作小结", "6.30"),
            ("9月底前报送工作小结", "9.30"),
            ("在本年11月底报送工作小结", "11.30"),
            ("到2023年底报送工作小结", "2023.12.31"),
            ("2024年前报送工作小结", "2023.12.31"),
            ("三年内报送工作小结", "2024.12.31"),
            ("七一前报送工作小结", "6.30"),
            ("“七一”期间报送工作小结", "7.1"),
            ("第三季度报送工作小结", "9.30"),
            ("四季度末报送工作小结", "12.31"),
            ("上半年报送工作小结", "6.30"),
            ("3-5月报送工作小结", "5.31"),
            ("5月至12月报送工作小结", "12.31"),
            ("3、4月报送工作小结", "4.30"),
            ("4月初前报送工作小结", "4.5"),
            ("10月中旬报送工作小结", "10.20"),
            ("6月前报送工作小结", "5.31"),
            ("12月10日前报送工作小结", "12.10"),
            ("１２月１０日前报送工作小结", "12.10"),
            ("3月，报送工作小结", "3.31"),
            ("上半年、第三季度分别报送工作小结", "6.30 9.30"),
            ("开学后两周内报送工作小结", "3.6 9.15"),
            ("第15周报送工作小结", "6.5 12.15"),
            ("春节前报送工作小结", "1.30"),
            ("暑假前报送工作小结", "7.10"),
            ("寒假前报送工作小结", "1.15"),
            ("学期结束前报送工作小结", "7.10 12.31"),
        ],
        &[],
    );
}

#[test]
fn events_wait_for_their_day() {
    let clauses = [("在党代会召开前报送工作小结", "11.9"), ("收到通知后5个工作日内报送工作小结", "3.8")];
    check(&clauses.map(|(clause, _)| (clause, "")), &[]);
    check(&clauses, &[("党代会召开", date(2022, 11, 10)), ("收到通知", date(2022, 3, 1))]);
}

#[test]
fn months_have_their_first_day() {
    let text = "云岭职业学院2022年党建工作要点\n一、以政治建设为统领\n".to_owned()
        + &item("1", "某项工作。第三季度报送工作小结。")
        + &item("2", "某项工作。每月5日前报送工作小结。");
    let got = scheduled(&text, &[]);
    assert_eq!(got[0].1, [(date(2022, 7, 1), date(2022, 9, 30))]);
    assert_eq!(got[1].1[3], (date(2022, 4, 1), date(2022, 4, 5)));
}

#[test]
fn the_time_of_a_tag() {
    let head = "云岭职业学院2022年党建工作要点\n一、以政治建设为统领\n";
    let tag = |time: &str| format!("\n【牵头部门：党委办公室；责任部门：各支部；完成时限：{time}】\n");
    let text = head.to_owned()
        + "1.改进作风。少开会、开短会。"
        + &tag("9月底前")
        + "2.修订制度。修订《议事规则》。"
        + &tag("6月底前")
        + "3.办好简报。每月印发1期工作简报。"
        + &tag("全年")
        + "4.改进文风。提倡短实新。"
        + &tag("长期坚持");
    let days: Vec<String> = scheduled(&text, &[]).iter().map(|g| shown(&g.1)).collect();
    assert_eq!(days, ["9.30", "6.30", EACH_MONTH, ""]);
}

#[test]
fn the_time_column_of_a_table() {
    let text = "云岭职业学院2022年党建工作任务分解表\n\n\
        序号\t工作任务\t牵头部门\t完成时限\n\
        1\t报送工作小结\t党委办公室\t6月底前\n\
        2\t汇编制度文件\t党委办公室\t3月、9月\n\
        3\t印发工作简报\t党委办公室\t每月\n\
        4\t通报工作进展\t党委办公室\t每季度末月25日前\n\
        5\t整理工作档案\t党委办公室\t全年\n\
        6\t编印学习材料\t党委办公室\t长期坚持\n";
    let got = scheduled(text, &[]);
    let days: Vec<String> = got.iter().map(|g| shown(&g.1)).collect();
    assert_eq!(days, ["6.30", "3.31 9.30", EACH_MONTH, "3.25 6.25 9.25 12.25", "", ""], "{got:?}");
}
