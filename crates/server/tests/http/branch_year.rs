//! A branch's year, written down through the pages as its secretary would: every duty of the standing rules and of a month's
//! rhythm, opened from the month, with only what is lacking typed. What it costs is printed and kept within bounds.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use jiff::civil::{Date, date};
use model::{Bearers, Cadence, Conditions, Obligation, Per, Post, PostId, Role, UnitKind};
use store::{Act, People};
use testkit::Page;

use crate::entries::BRANCH;
use crate::harness::TestApp;
use crate::people_duties::{demand, publish_those};
use crate::secretary::{branch, of};

/// What it takes, by the assumptions of the study: a click 3 s, a character 0.5 s, a page 2 s.
#[derive(Clone, Copy, Default)]
struct Cost {
    records: u32,
    pages: u32,
    inputs: u32,
    characters: u32,
}

impl Cost {
    fn minutes(self) -> f64 {
        let seconds =
            2.0 * f64::from(self.pages) + 3.0 * f64::from(self.inputs) + 0.5 * f64::from(self.characters);
        seconds / 60.0
    }

    fn add(&mut self, other: Self) {
        self.records += other.records;
        self.pages += other.pages;
        self.inputs += other.inputs;
        self.characters += other.characters;
    }
}

/// What a branch owes in a year by the rules, as its plan adopts them.
fn year() -> Vec<Obligation> {
    let per = |times, per| Cadence::AtLeast { times, per };
    let asked =
        |key: &str, title: &str, kind, cadence, ledger: &str| demand(key, title, of(kind), cadence, ledger);
    let saying = |mut o: Obligation, field: &'static str, value: &'static str| {
        o.condition = Conditions::saying([(field, value)]);
        o
    };
    let branch = UnitKind::Branch;
    let mut out = vec![
        asked("theme", "主题党日", branch, per(1, Per::Month), "theme-day"),
        asked("committee", "支部委员会会议", branch, per(1, Per::Month), "committee-meeting"),
        asked("group", "党小组会", UnitKind::Group, per(1, Per::Month), "group-meeting"),
        asked("assembly", "支部党员大会", branch, per(1, Per::Quarter), "branch-assembly"),
        asked("lecture", "党课", branch, per(1, Per::Quarter), "party-lecture"),
        asked("dues", "党费收缴", branch, per(1, Per::Month), "dues"),
        asked("public", "党费收缴公布", branch, per(1, Per::Year), "dues-publication"),
        asked("check", "专项自查", branch, per(1, Per::HalfYear), "self-check"),
        asked("life", "组织生活会", branch, per(1, Per::Year), "organisation-life"),
        asked("review", "民主评议党员", branch, per(1, Per::Year), "member-review"),
        saying(
            asked("talk", "谈心谈话", branch, per(1, Per::Year), "heart-talk"),
            "pair",
            "committee_member",
        ),
        saying(
            asked("debrief", "书记述职", branch, per(1, Per::Year), "secretary-debrief"),
            "debrief_level",
            "both",
        ),
    ];
    let about = model::About { stages: [model::Stage::Activist].into(), ..model::About::default() };
    let bearers = Bearers { about: Some(about), ..of(branch) };
    let looked = demand("looked", "半年考察", bearers, per(1, Per::HalfYear), "member-development");
    out.push(saying(looked, "development_step", "examined"));
    out
}

/// What a person would type into a field that is lacking: a minute's prose is a hundred characters.
fn typed(name: &str, options: &[(String, String)]) -> String {
    match name {
        "title" => "学习文件，讨论工作".to_owned(),
        "f_minutes" | "f_content" | "f_measures" | "f_opinions" | "f_talks_done" | "f_debrief_text" | "f_problems" => {
            "会上学习了有关文件，讨论了支部近期的工作安排，党员逐一发言，提出了改进的意见，明确了分工和完成的时间，下次会议检查落实情况。"
                .to_owned()
        }
        "f_dues_paid" | "f_dues_due" | "f_dues_total" => "500".to_owned(),
        _ if !options.is_empty() => {
            options.iter().map(|o| o.0.clone()).find(|v| !v.is_empty()).unwrap_or_default()
        }
        "f_hours" | "f_dues_people" => "2".to_owned(),
        name if name.contains("number") || name.contains("review_") || name.contains("vote") => "5".to_owned(),
        "f_counterpart" => "温如许".to_owned(),
        _ => "柳知行".to_owned(),
    }
}

/// Opens the form of a duty and fills in what is lacking, and only that.
async fn record(test: &TestApp, href: &str, day: Date, cost: &mut Cost) -> bool {
    cost.pages += 1;
    cost.inputs += 1;
    let page = test.get(href).as_(Role::Secretary).send().await.page();
    let mut said: BTreeMap<String, String> = BTreeMap::new();
    if page.value("day").is_empty() {
        said.insert("day".to_owned(), day.to_string());
        cost.inputs += 1;
    }
    let ledger = page.value("ledger");
    let others = page.fields("f_held_by");
    for other in others.iter().filter(|f| f.part().attribute("type") == Some("checkbox") && !f.is_ticked()) {
        said.insert("f_held_by".to_owned(), other.value());
        cost.inputs += 1;
    }
    // A theme day is lecture and assembly too, where these are owed.
    let live = |page: &Page| -> Vec<String> {
        let need = page.of_class("need");
        need.iter().flat_map(|n| n.links()).map(|l| l.href).filter(|h| h.starts_with('#')).collect()
    };
    if live(&page).iter().any(|h| h == "#who") {
        said.insert("p_rest".to_owned(), "present".to_owned());
        cost.inputs += 1;
    }
    for href in live(&page).iter().filter(|h| *h != "#who") {
        let name = href.trim_start_matches("#f-").to_owned();
        if !page.has_field(&name) || said.contains_key(&name) {
            continue;
        }
        let field = page.field(&name);
        let is_day = field.part().attribute("type") == Some("date");
        let words = if is_day { day.to_string() } else { typed(&name, &field.options()) };
        cost.inputs += 1;
        cost.characters +=
            if field.options().is_empty() { u32::try_from(words.chars().count()).unwrap() } else { 0 };
        said.insert(name, words);
    }
    let mut fields = page.form("/record").filled();
    fields.retain(|(n, v)| {
        n != "offered" && n != "credit" && (!said.contains_key(n) || n == "f_held_by" && v != "-")
    });
    fields.extend(said);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let saved = test.post("/record", &fields).as_(Role::Secretary).send().await;
    cost.inputs += 1;
    cost.pages += 1;
    cost.records += 1;
    let wrong = || saved.page().of_class("msg-err").first().map(|m| m.words());
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{ledger}: {:?}", wrong());
    let shown = test.get(saved.to()).as_(Role::Secretary).send().await.page();
    shown.says("齐全")
}

/// Two of the branch sit in its committee.
async fn committee(test: &TestApp) {
    let people = test.app.store.people(test.institution).await.expect("people").people;
    let seats = [("柳知行", "书记"), ("温如许", "组织委员")].map(|(name, title)| Post {
        id: PostId::fresh(),
        person: people.iter().find(|p| p.name == name).expect("one of the branch").id,
        unit: test.units[BRANCH],
        title: title.to_owned(),
        since: date(2020, 1, 1),
        until: None,
    });
    let act = Act::new(None, "", test.app.clock.now(), "test.make");
    let posts = People { posts: seats.into(), ..People::default() };
    test.app.store.save_people(test.institution, &posts, &act).await.expect("posts");
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "the table is what the test is read for")]
async fn a_branchs_year_is_written_down_within_bounds() {
    let mut test = TestApp::new().await;
    branch(&test).await;
    committee(&test).await;
    publish_those(&test, year()).await;
    let (mut whole, mut worst, mut table) = (Cost::default(), 0.0_f64, String::new());
    let mut lacking = 0;
    for month in 1..=12 {
        let day = date(2022, month, if month == 12 { 18 } else { 26 });
        test.on_day(day);
        let mut cost = Cost { pages: 1, ..Cost::default() };
        // What is due this month and, in December, what is left of the year.
        for _ in 0..60 {
            let page = test.get("/month").as_(Role::Secretary).send().await.page();
            let rows = page.of_class("todo");
            let due = |row: &testkit::Part<'_>| month == 12 || month == 6 || !row.is_of_class("done");
            let next = rows.iter().filter(|r| due(r)).find_map(|r| {
                let link = r.links().into_iter().find(|l| l.href.starts_with("/record?duty="))?;
                let waits =
                    page.anchor("later").is_some_and(|l| l.links().iter().any(|o| o.href == link.href));
                (!waits).then_some(link.href)
            });
            let Some(href) = next else { break };
            lacking += u32::from(!record(&test, &href, day, &mut cost).await);
        }
        table.push_str(&format!(
            "{month:>3}月  {:>3} 条  {:>3} 页  {:>3} 次输入  {:>5} 字  {:>5.1} 分\n",
            cost.records,
            cost.pages,
            cost.inputs,
            cost.characters,
            cost.minutes()
        ));
        worst = worst.max(cost.minutes());
        whole.add(cost);
    }
    println!(
        "{table}  全年 {:>3} 条  {:>3} 页  {:>3} 次输入  {:>5} 字  {:>5.1} 分，最重的月份 {worst:.1} 分",
        whole.records,
        whole.pages,
        whole.inputs,
        whole.characters,
        whole.minutes()
    );
    let left = test.get("/month").as_(Role::Secretary).send().await.page();
    assert!(!left.says("项逾期"), "everything is done: {}", left.words());
    assert_eq!(lacking, 0, "and complete");
    assert!(whole.pages <= 150 && whole.inputs <= 320, "{} pages, {} inputs", whole.pages, whole.inputs);
    assert!(whole.minutes() <= 60.0, "{} minutes", whole.minutes());
}
