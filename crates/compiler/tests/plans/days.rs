//! What the document states of days, counts and bearers stays, whatever mechanism a clause names. All text is invented.

use super::college::{built_in, item, read_with};
use compiler::{Roll, roll_from_toml};
use jiff::civil::date;
use runtime::{Basis, Moments, Roster, SchoolCalendar, forecast, usual_months};

const PEOPLE: &str = r#"
person = [
  { name = "沈一苇", unit = "学校党委", posts = ["党委书记"] },
  { name = "顾行舟", unit = "学校党委", posts = ["校长", "党委副书记"] },
  { name = "陆远", unit = "机电教工党支部", posts = ["书记"] },
]
"#;

fn roll() -> Roll {
    // A list of tables in one line stands before the next key of the file.
    roll_from_toml(&format!("{PEOPLE}{}", super::college::ORG)).expect("the invented college is well formed")
}

/// As of [`items`], of clauses that stand behind a title.
fn made(clauses: &[&str]) -> Vec<Vec<String>> {
    let texts: Vec<String> = clauses.iter().map(|clause| format!("抓好工作。{clause}")).collect();
    items(&texts.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Of each item, its title included, the demands that it makes: who, how often, which ledger, whose regulation, and the due days of the first of
/// its bearers.
fn items(texts: &[&str]) -> Vec<Vec<String>> {
    let mut text = "云岭职业学院2022年党建工作要点\n一、以政治建设为统领\n".to_owned();
    for (n, words) in texts.iter().enumerate() {
        text.push_str(&item(&(n + 1).to_string(), words));
    }
    let roll = roll();
    let read = read_with(&text, &roll.organisation, None);
    let rulebook = built_in();
    let calendar = SchoolCalendar::from_rulebook(rulebook.calendar_data(), 2022);
    let basis = Basis {
        org: &roll.organisation,
        roster: &Roster::new(roll.memberships.clone(), roll.posts.clone()),
        calendar: &calendar,
        year: 2022,
        made: date(2022, 1, 1),
        from: date(2022, 1, 1),
        rules: "test",
        moments: &Moments::new(rulebook.events()),
        usual_months: &usual_months(rulebook.obligations()),
    };
    let out = forecast(&read.out.proposals, &basis);
    let of_item = |n: usize| {
        let own = out.obligations.iter().filter(|o| o.item == Some(n) && o.assessed);
        own.map(|o| {
            let duties: Vec<_> = out.duties.iter().filter(|d| d.obligation == o.id).collect();
            let first = duties.first().map(|d| (d.unit, d.person));
            let days: Vec<String> = duties
                .iter()
                .filter(|d| Some((d.unit, d.person)) == first)
                .map(|d| format!("{}.{}", d.due.month(), d.due.day()))
                .collect();
            let names = read.out.names.get(&o.key).cloned().unwrap_or_default();
            format!(
                "{}|{}|{}|{}|{}",
                names.join("、"),
                o.cadence.words(),
                o.ledger.as_deref().unwrap_or(""),
                o.origin.rule().unwrap_or(""),
                days.join(" ")
            )
        })
        .collect()
    };
    (0..texts.len()).map(of_item).collect()
}

/// Each clause with what is to come of it.
fn check(cases: &[(&str, &[&str])]) {
    let mut faults = Vec::new();
    for (clause, want) in cases {
        let got = made(&[clause]).remove(0);
        if got != *want {
            faults.push(format!("{clause}\n  want {want:#?}\n  got {got:#?}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_clause_keeps_its_own_day_beside_its_mechanism() {
    check(&[
        (
            "每月25日前开展1次主题党日。",
            &[
                "各支部|每月25日前|theme-day|theme-day|1.25 2.25 3.25 4.25 5.25 6.25 7.25 8.25 9.25 10.25 11.25 12.25",
            ],
        ),
        (
            "每月30日前开展1次主题党日。",
            &[
                "各支部|每月30日前|theme-day|theme-day|1.30 2.28 3.30 4.30 5.30 6.30 7.30 8.30 9.30 10.30 11.30 12.30",
            ],
        ),
        (
            "每月最后一个工作日开展主题党日。",
            &[
                "各支部|每月最后一个工作日前|theme-day|theme-day|1.30 2.28 3.31 4.29 5.31 6.30 7.29 8.31 9.30 10.31 11.30 12.30",
            ],
        ),
        (
            "每季度第一周召开支部党员大会。",
            &["各支部|每季度，首月7日前|branch-assembly|branch-assembly|1.7 4.7 7.7 10.7"],
        ),
        ("12月10日前召开组织生活会。", &["各支部|12月10日前|organisation-life|organisation-life|12.10"]),
        (
            "3月至5月每月10日前报送工作小结，遇节假日顺延。",
            &["党委办公室|3—5月每月10日前，遇节假日顺延|general-work||3.10 4.11 5.10"],
        ),
    ]);
}

/// An item may begin with what it asks: its first sentence is a title by its place, and asks all the same.
#[test]
fn a_first_sentence_keeps_its_own_day_and_count() {
    let reading = "每季度至少1次|general-work||3.31 6.30 9.30 12.31";
    let monthly = "1.5 2.5 3.5 4.5 5.5 6.5 7.5 8.5 9.5 10.5 11.5 12.5";
    let days = format!("各支部|每月5日前|theme-day|theme-day|{monthly}");
    for (words, want) in [
        // Without a mechanism, another sentence behind it.
        ("每季度举办1次读书分享会。邀请名师参加。", vec![reading.to_owned()]),
        ("6月底前完成安全自查。发现的问题马上整改。", vec!["6月底前|self-check||6.30".to_owned()]),
        // The text says the same again: one demand.
        ("每季度举办1次读书分享会。读书分享会由各支部轮流承办，每季度举办1次。", vec![reading.to_owned()]),
        ("6月底前完成安全自查。各支部6月底前完成安全自查。", vec!["6月底前|self-check||6.30".to_owned()]),
        // The same time, something else: two.
        (
            "每季度举办1次读书分享会。每季度组织1次志愿服务。",
            vec![reading.to_owned(), "每季度至少1次|volunteer-service||3.31 6.30 9.30 12.31".to_owned()],
        ),
        // With a mechanism: its own day stands, and what names it again is no second demand.
        ("每月5日前开展主题党日。做好记录。", vec![days.clone()]),
        ("每月5日前开展主题党日。主题党日要有主题、有记录。", vec![days.clone()]),
        // The text's own time goes before the title's.
        ("每月开展主题党日。主题党日于每月5日前开展。", vec![days]),
    ] {
        let got = items(&[words]).remove(0);
        assert_eq!(got.len(), want.len(), "{words} {got:?}");
        for (got, want) in got.iter().zip(&want) {
            assert!(got.ends_with(want.as_str()), "{words} {got} is not {want}");
        }
    }
}

#[test]
fn what_the_clause_asks_beyond_or_beside_the_rule() {
    let dues = made(&["规范党费收缴管理，按季度公示。"]).remove(0);
    assert!(dues.iter().any(|d| d.contains("|每月至少1次|dues|dues-monthly|")), "{dues:?}");
    assert!(dues.iter().any(|d| d.contains("|每季度至少1次|dues-publication|")), "{dues:?}");
    assert_eq!(dues.len(), 2, "{dues:?}");
    let plan = made(&["每年制定发展党员计划。"]).remove(0);
    assert!(plan.iter().all(|d| !d.contains("activist-examination")), "{plan:?}");
    let meeting = made(&["每月召开党支部书记例会，布置组织生活会等工作。"]).remove(0);
    assert_eq!(meeting.len(), 1, "what is arranged is not asked: {meeting:?}");
    let sum = made(&["主题党日每月1次，全年不少于12次。"]).remove(0);
    assert_eq!(sum.len(), 1, "a restatement: {sum:?}");
}

#[test]
fn an_act_with_a_practice_is_asked_by_its_own_rule() {
    for clause in
        ["每年对党费收缴情况公示2次。", "每月25日前公示党费收缴情况。", "做好党费收缴，每季度公示一次。"]
    {
        let got = made(&[clause]).remove(0);
        assert!(got.iter().any(|d| d.contains("|dues-publication|dues-publication|")), "{clause} {got:?}");
        assert!(
            got.iter().all(|d| !d.contains("|dues-monthly|") || d.contains("|每月至少1次|")),
            "{clause} {got:?}"
        );
    }
}

#[test]
fn so_many_by_a_day_and_days_in_a_list() {
    check(&[
        ("6月底前编印简报2期。", &["党委办公室|每年6月底前至少2次|general-work||6.30 6.30"]),
        ("6月底前编印简报。", &["党委办公室|6月底前|general-work||6.30"]),
        (
            "3月、9月的15日前报送台账。",
            &["党委办公室|3月15日前|general-work||3.15", "党委办公室|9月15日前|general-work||9.15"],
        ),
        (
            "每季度末月最后一个工作日前报送报表。",
            &["党委办公室|每季度，最后一个工作日前|general-work||3.31 6.30 9.30 12.30"],
        ),
    ]);
}

#[test]
fn the_days_of_what_is_done_every_year_stand() {
    let got = made(&["每年劳动节、国庆节前慰问职工。"]).remove(0);
    let days: Vec<&str> = got.iter().filter_map(|d| d.rsplit('|').next()).collect();
    assert_eq!(days, ["4.30", "9.30"], "{got:?}");
}

#[test]
fn people_are_subjects() {
    check(&[
        (
            "党委书记、校长每学期讲授思政课不少于4课时。",
            &["党委书记、校长|每人每学期不少于4学时|course-lecture||7.10 12.31"],
        ),
        ("学校领导班子成员每学期讲党课1次。", &["学校领导班子成员|每学期至少1次|party-lecture||7.10 12.31"]),
        (
            "党委书记每学期讲党课不少于2次，其他班子成员每学期讲党课不少于1次。",
            &[
                "党委书记|每学期至少2次|party-lecture||7.10 7.10 12.31 12.31",
                "其他班子成员|每学期至少1次|party-lecture||7.10 12.31",
            ],
        ),
        ("各支部书记6月底前讲党课1次。", &["各支部书记|6月底前|party-lecture||6.30"]),
    ]);
}

#[test]
fn counts_without_a_period_are_of_the_year() {
    for (clause, words) in [
        ("召开教代会1次。", "每年至少1次"),
        ("校内巡察3个。", "每年至少3次"),
        ("举办培训班2期。", "每年至少2次"),
        ("发展党员60名。", "每年至少60次"),
        ("表彰标兵12个。", "每年至少12次"),
        ("走访困难党员两户。", "每年至少2次"),
        // An act by its name alone.
        ("任前廉政谈话。", ""),
        ("新任干部家访。", "年内"),
    ] {
        let got = made(&[clause]).remove(0);
        assert!(got.iter().any(|d| d.contains(words)), "{clause} {got:?}");
    }
}

/// The codes said of one item with these words.
fn codes(words: &str) -> Vec<String> {
    let text = format!("云岭职业学院2022年党建工作要点\n一、以政治建设为统领\n{}", item("1", words));
    let read = read_with(&text, &roll().organisation, Some(date(2022, 6, 1)));
    read.out.diagnostics.iter().map(|d| d.code.clone()).collect()
}

#[test]
fn false_alarms_end() {
    for (code, words) in [
        ("L006", "学习。党委理论学习中心组全年集中学习不少于12次，其中专题研讨不少于6次。"),
        ("L006", "讲好党课。党委书记每学期讲党课不少于2次，其他班子成员每学期讲党课不少于1次。"),
        ("L006", "规范党日。每月开展1次主题党日，全年不少于12次。"),
        ("L006", "文体。12月举办教职工羽毛球比赛。12月组队参加教职工象棋比赛。"),
        ("L017", "发展党员。每年制定发展党员计划。"),
        ("L017", "共建。每年与社区联合开展主题党日1次。"),
        ("L005", "总结。每年年初制定计划。"),
        ("L005", "评议。年度民主评议党员在次年一季度完成。"),
        ("L013", "帮带。每位党员教师上1节公开课，带1名新教师。"),
        ("L013", "服务。能当场办的当场办，不能当场办的5个工作日内给答复。"),
        ("L004", "听课。教研组长随时推门听课，听完当面说优点。"),
        ("L021", "办班。举办培训班2期，每月25日前报送小结。"),
        ("L021", "宣讲。学习第3次会议精神，落实两个维护、三会一课，读《10次讲话》。每月学习1次。"),
    ] {
        assert!(!codes(words).contains(&code.to_owned()), "{code}: {words} {:?}", codes(words));
    }
}

#[test]
fn true_alarms_come() {
    for (code, words) in [
        ("L017", "培养考察。支部每年对入党积极分子考察1次。"),
        ("L009", "学习。执行《党委（党组）理论学习中心组学习规则》，每月学习1次。"),
        ("L020", "自查。6月31日前完成自查。"),
        ("L020", "验收。13月底前验收。"),
        ("L021", "服务。坚持阵地建设，面积扩大到3处。每月学习1次。"),
        ("L018", "换届。在学校第二次党代会召开前完成代表选举。"),
    ] {
        assert!(codes(words).contains(&code.to_owned()), "{code}: {words} {:?}", codes(words));
    }
    let text = "云岭职业学院2022年党建工作要点\n一、工作\n1.安全。每月检查1次。（牵头部门：相关部门，责任部门：有关单位）\n";
    let read = read_with(text, &roll().organisation, None);
    assert!(read.out.diagnostics.iter().any(|d| d.code == "L001"), "{:?}", read.out.diagnostics);
}

#[test]
fn an_impossible_day_is_offered_another() {
    let none = made(&["11月31日前完成自查。"]).remove(0);
    assert!(none.iter().all(|d| d.ends_with('|')), "no duty on a day that nobody wrote: {none:?}");
    let text = format!(
        "云岭职业学院2022年党建工作要点\n一、工作\n{}",
        item("1", "自查。11月31日前完成自查，每月31日前报送小结。")
    );
    let read = read_with(&text, &roll().organisation, None);
    assert_eq!(read.said("L020"), [("11月31日", "没有11月31日：11月最后一天是30日", Some("11月30日"))]);
}
