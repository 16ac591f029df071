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

/// Of each item the demands that it makes: who, how often, which ledger, whose regulation, and the due days of the first of
/// its bearers.
fn made(clauses: &[&str]) -> Vec<Vec<String>> {
    let mut text = "云岭职业学院2022年党建工作要点\n一、以政治建设为统领\n".to_owned();
    for (n, clause) in clauses.iter().enumerate() {
        text.push_str(&item(&(n + 1).to_string(), &format!("抓好工作。{clause}")));
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
    (0..clauses.len()).map(of_item).collect()
}

#[test]
fn print() {
    let clauses = [
        "每月25日前开展1次主题党日。",
        "每月10日前收缴党费。",
        "每月30日前开展1次主题党日。",
        "6月31日前完成自查。",
        "在学校第二次党代会召开前完成代表选举。",
        "每月召开党支部书记例会，布置组织生活会等工作。",
        "学校领导班子成员每学期讲党课1次。",
        "党委书记、校长每学期讲授思政课不少于4课时。",
        "规范党费收缴管理，按季度公示。",
        "召开教代会1次。",
        "校内巡察3个。",
        "举办培训班2期。",
        "发展党员60名。",
        "任前廉政谈话。",
    ];
    for (c, m) in clauses.iter().zip(made(&clauses)) {
        println!("{c}\n    {}", m.join("\n    "));
    }
}
