//! What an obligation asks of whom in a year, and what it costs.

use std::collections::{BTreeMap, BTreeSet};

use crate::sample::{basis, branches, college, duty_ids, every, obligation, plan, roster, unit_id, year};
use crate::{ledger, members};
use jiff::civil::{Date, date};
use model::{Bearers, Cadence, Due, Duty, Obligation, Per, Post, PostId, Proposal, ProposalState, UnitKind};
use proptest::prelude::*;
use runtime::{
    Basis, Exemption, Kinship, Moments, Roster, SchoolCalendar, Usual, UsualTimes, cost, is_assessed,
    schedule, unmade, usual_months,
};

fn duties(o: &Obligation, change: impl FnOnce(&mut SchoolCalendar), from: Date) -> Vec<Duty> {
    let (org, roster, empty) = (college(4), roster(4, 3), Default::default());
    let mut calendar = SchoolCalendar::default_for(2022);
    change(&mut calendar);
    let basis = Basis { from, ..basis(&org, &roster, &calendar, &empty) };
    schedule(o, &basis, &mut duty_ids())
}

fn whole_year(o: &Obligation) -> Vec<Duty> {
    duties(o, |_| {}, date(2022, 1, 1))
}

fn titles(duties: &[Duty], unit: u32) -> Vec<&str> {
    duties.iter().filter(|d| d.unit == unit_id(unit)).map(|d| d.title.as_str()).collect()
}

#[test]
fn titles_say_which_period_and_which_time() {
    let assembly = whole_year(&obligation(1, "支部党员大会", branches(), every(1, Per::Quarter)));
    assert_eq!(assembly.len(), 16);
    assert_eq!(titles(&assembly, 1)[1], "支部党员大会（二季度）");
    let twice = whole_year(&obligation(1, "主题党日", branches(), every(2, Per::Month)));
    assert_eq!(titles(&twice, 2)[6..8], ["主题党日（4月）第1次", "主题党日（4月）第2次"]);
    let april: Vec<&Duty> =
        twice.iter().filter(|d| d.unit == unit_id(2) && d.starts == date(2022, 4, 1)).collect();
    assert_eq!(
        april.iter().map(|d| (d.seq, d.due)).collect::<Vec<_>>(),
        [(1, date(2022, 4, 30)), (2, date(2022, 4, 30))]
    );
    assert!(april[0].planned < april[1].planned);
    let check = whole_year(&obligation(1, "专项自查", branches(), every(1, Per::HalfYear)));
    assert_eq!(titles(&check, 3), ["专项自查（上半年）", "专项自查（下半年）"]);
}

#[test]
fn only_units_with_all_traits_bear_it() {
    let mut bearers = branches();
    bearers.with.insert("committee".to_owned());
    let found = whole_year(&obligation(1, "支委会", bearers, every(1, Per::Month)));
    let units: BTreeSet<_> = found.iter().map(|d| d.unit).collect();
    assert_eq!(units, BTreeSet::from([unit_id(2), unit_id(4)]));
}

#[test]
fn what_is_not_assessed_or_has_no_ledger_makes_no_duty() {
    let mut o = obligation(1, "导向", branches(), every(1, Per::Month));
    o.assessed = false;
    assert!(whole_year(&o).is_empty());
    o.assessed = true;
    o.ledger = None;
    assert!(whole_year(&o).is_empty());
}

#[test]
fn periods_that_ended_before_the_day_make_none() {
    let o = obligation(1, "主题党日", branches(), every(1, Per::Month));
    let later = duties(&o, |_| {}, date(2022, 3, 28));
    assert_eq!(titles(&later, 1).first(), Some(&"主题党日（3月）"), "March still runs");
    assert_eq!(later.len(), 4 * 10);
    let past = obligation(2, "签订责任书", branches(), Cadence::By(Due::MonthEnd { month: 2 }));
    assert!(duties(&past, |_| {}, date(2022, 3, 28)).is_empty());
}

#[test]
fn exempt_months_are_a_setting() {
    let o = obligation(1, "主题党日", branches(), every(1, Per::Month));
    let fewer =
        duties(&o, |c| c.exempt.push(Exemption { month: 8, reason: "暑假".to_owned() }), date(2022, 1, 1));
    assert_eq!(fewer.len(), 4 * 11);
    assert!(fewer.iter().all(|d| d.starts.month() != 8));
}

#[test]
fn units_owe_only_while_they_are_there() {
    let mut org = college(3);
    for u in &mut org.units {
        if u.id == unit_id(1) {
            u.founded = Some(date(2022, 4, 15));
        }
        if u.id == unit_id(2) {
            u.dissolved = Some(date(2022, 6, 30));
        }
    }
    let (roster, calendar, empty) =
        (Roster::default(), SchoolCalendar::default_for(2022), Default::default());
    let o = obligation(1, "主题党日", branches(), every(1, Per::Month));
    let found = schedule(&o, &basis(&org, &roster, &calendar, &empty), &mut duty_ids());
    let first = found.iter().find(|d| d.unit == unit_id(1)).expect("from April on");
    assert_eq!((first.starts, first.due), (date(2022, 4, 15), date(2022, 4, 30)));
    assert!(first.planned >= first.starts);
    let last = found.iter().rfind(|d| d.unit == unit_id(2)).expect("until May");
    assert_eq!(last.due, date(2022, 5, 31), "June ends after the dissolution");
    assert_eq!(found.iter().filter(|d| d.unit == unit_id(3)).count(), 12);
}

#[test]
fn hours_are_each_members_own() {
    let cadence = Cadence::Hours { hours: 32, per: Per::Year };
    let mine = whole_year(&obligation(1, "集中学习培训", members(), cadence.clone()));
    assert_eq!(mine.len(), 12);
    assert!(mine.iter().all(|d| d.person.is_some() && d.need == 1920));
    let by_branch = whole_year(&obligation(1, "集中学习培训", branches(), cadence));
    assert_eq!(by_branch.len(), 12, "branches are named, members are meant");
}

#[test]
fn members_are_narrowed_by_unit_and_trait() {
    let named = Bearers { members: true, units: BTreeSet::from([unit_id(2)]), ..Bearers::default() };
    assert_eq!(whole_year(&obligation(1, "述学", named, every(1, Per::Year))).len(), 3);
    let students =
        Bearers { members: true, with: BTreeSet::from(["student".to_owned()]), ..Bearers::default() };
    assert_eq!(whole_year(&obligation(1, "述学", students, every(1, Per::Year))).len(), 6);
    let below = Bearers { members: true, units: BTreeSet::from([unit_id(0)]), ..Bearers::default() };
    assert_eq!(
        whole_year(&obligation(1, "述学", below, every(1, Per::Year))).len(),
        12,
        "all below the committee"
    );
}

#[test]
fn a_post_is_owed_by_whoever_holds_it_then() {
    let (org, calendar, empty) = (college(2), SchoolCalendar::default_for(2022), Default::default());
    let post = |person: u32, unit: u32, since: Date, until: Option<Date>| Post {
        id: PostId::from_parts(1, &crate::sample::bytes(person)),
        person: crate::sample::person_id(person),
        unit: unit_id(unit),
        title: "书记".to_owned(),
        since,
        until,
    };
    let posts = vec![
        post(1000, 1, date(2020, 1, 1), Some(date(2022, 7, 15))),
        post(1001, 1, date(2022, 7, 15), None),
        post(2000, 0, date(2020, 1, 1), None),
        post(2000, 0, date(2021, 1, 1), None),
    ];
    // The third is a slip in the roster: the same person again, in the same branch.
    let memberships = [0, 1, 1].into_iter().map(|i| model::Membership {
        id: model::MembershipId::fresh(),
        person: crate::sample::person_id(1000 + i),
        branch: unit_id(1),
        group: None,
        stage: model::Stage::Full,
        since: date(2020, 1, 1),
        until: None,
    });
    let roster = Roster::new(memberships.collect(), posts);
    let bearers = Bearers {
        kinds: BTreeSet::from([UnitKind::Branch]),
        posts: BTreeSet::from(["书记".to_owned()]),
        ..Bearers::default()
    };
    let o = obligation(1, "书记讲党课", bearers, every(1, Per::HalfYear));
    let found = schedule(&o, &basis(&org, &roster, &calendar, &empty), &mut duty_ids());
    let who: Vec<_> = found.iter().map(|d| (d.person, d.unit)).collect();
    assert_eq!(
        who,
        [
            (Some(crate::sample::person_id(1000)), unit_id(1)),
            (Some(crate::sample::person_id(1000)), unit_id(1))
        ],
        "secretaries of branches only; on 1 July the first still holds the post"
    );
    let any = Bearers { posts: BTreeSet::from(["书记".to_owned()]), ..Bearers::default() };
    let found = schedule(
        &obligation(1, "述职", any, every(1, Per::Year)),
        &basis(&org, &roster, &calendar, &empty),
        &mut duty_ids(),
    );
    let who: BTreeSet<_> = found.iter().map(|d| (d.person, d.unit)).collect();
    assert_eq!(
        who,
        BTreeSet::from([
            (Some(crate::sample::person_id(1000)), unit_id(1)),
            (Some(crate::sample::person_id(2000)), unit_id(0)),
        ]),
        "no branch is known of the secretary of the committee"
    );
    assert_eq!(found.len(), 2, "two posts of one person are one duty");
    let each = schedule(
        &obligation(2, "述学", members(), every(1, Per::Year)),
        &basis(&org, &roster, &calendar, &empty),
        &mut duty_ids(),
    );
    assert_eq!(each.len(), 2, "two stretches of one member are one duty");
}

#[test]
fn the_rules_usual_months_move_the_planned_day() {
    let (org, roster, calendar) = (college(1), Roster::default(), SchoolCalendar::default_for(2022));
    let known = (
        Moments::default(),
        Usual::from([("organisation-life".to_owned(), UsualTimes { months: vec![12], account_until: None })]),
    );
    let mut o = obligation(1, "组织生活会", branches(), every(1, Per::Year));
    o.origin = model::Origin::Standing { rule: "organisation-life".to_owned() };
    let found = schedule(&o, &basis(&org, &roster, &calendar, &known), &mut duty_ids());
    assert_eq!(found[0].planned.month(), 12);
}

#[test]
fn what_is_added_in_the_year_is_made_once() {
    let (mut org, roster, calendar, empty) =
        (college(3), Roster::default(), SchoolCalendar::default_for(2022), Default::default());
    let o = obligation(1, "主题党日", branches(), every(2, Per::Month));
    let made = schedule(&o, &basis(&org, &roster, &calendar, &empty), &mut duty_ids());
    let mut founded = crate::sample::unit(9, UnitKind::Branch, "新支部");
    founded.founded = Some(date(2022, 9, 10));
    org.units.push(founded);
    let autumn =
        Basis { made: date(2022, 9, 12), from: date(2022, 9, 1), ..basis(&org, &roster, &calendar, &empty) };
    let added = unmade(&made, schedule(&o, &autumn, &mut duty_ids()));
    assert_eq!(added.len(), 8, "September to December, two each");
    assert!(added.iter().all(|d| d.unit == unit_id(9)));

    let hours = obligation(2, "学时", members(), Cadence::Hours { hours: 32, per: Per::Year });
    let (before, after) = (crate::sample::roster(3, 2), crate::sample::roster(3, 2));
    let mut made = schedule(&hours, &basis(&org, &before, &calendar, &empty), &mut duty_ids());
    made[0].unit = unit_id(3);
    let again = schedule(&hours, &basis(&org, &after, &calendar, &empty), &mut duty_ids());
    assert!(unmade(&made, again).is_empty(), "who changed branch owes the same hours once");
}

#[test]
fn the_built_in_rules_can_be_scheduled() {
    let book = rulebook::Rulebook::built_in().expect("the built-in rulebook is checked by its own tests");
    let calendar = SchoolCalendar::from_rulebook(book.calendar_data(), 2022);
    let known = (Moments::default(), usual_months(book.obligations()));
    let (org, roster) = (college(4), roster(4, 3));
    let basis = basis(&org, &roster, &calendar, &known);
    let mut made = 0;
    for (rule, n) in book.obligations().iter().zip(1..) {
        let mut o = obligation(n, &rule.title, rule.bearers.clone(), rule.cadence.clone());
        o.origin = model::Origin::Standing { rule: rule.id.clone() };
        let duties = schedule(&o, &basis, &mut duty_ids());
        made += duties.len();
        for d in &duties {
            assert!(calendar.is_working_day(d.planned), "{} on {}", d.title, d.planned);
            let counted = matches!(rule.cadence, Cadence::AtLeast { times: 1, per: Per::Year });
            if counted && !rule.months.is_empty() {
                assert!(rule.months.contains(&d.planned.month()), "{} on {}", d.title, d.planned);
            }
        }
    }
    assert!(made > 4 * 40, "{made}");
}

fn proposal(o: &Obligation) -> Proposal {
    Proposal {
        key: o.key.clone(),
        item: o.item,
        title: o.title.clone(),
        kind: o.kind,
        origin: o.origin.clone(),
        bearers: o.bearers.clone(),
        lead: vec![],
        cadence: o.cadence.clone(),
        ledger: o.ledger.clone(),
        condition: o.condition.clone(),
        reason: String::new(),
        added: false,
        state: ProposalState::Proposed,
    }
}

#[test]
fn the_cost_is_the_number_of_duties_that_publishing_makes() {
    let (org, roster, calendar, empty) =
        (college(40), roster(40, 30), SchoolCalendar::default_for(2022), Default::default());
    let basis = basis(&org, &roster, &calendar, &empty);
    let mut plan = plan();
    plan.push(obligation(70, "学时", members(), Cadence::Hours { hours: 32, per: Per::Year }));
    plan.push(obligation(71, "来年", branches(), Cadence::By(Due::Day(date(2023, 1, 20)))));
    plan.push(obligation(72, "会前", branches(), Cadence::before("党代会召开")));
    let mut proposals: Vec<Proposal> = plan.iter().map(proposal).collect();
    proposals[3].state = ProposalState::NotAssessed;
    assert!(!is_assessed(&proposals[3]));
    plan.remove(3);
    let duties = year(&plan, &basis);
    let cost = cost(&proposals, &basis, |_| None);
    assert_eq!(cost.total as usize, duties.len());
    assert_eq!(cost.by_unit.values().map(|s| s.total()).sum::<u32>(), cost.total);
    assert_eq!(cost.by_month.iter().sum::<u32>() + cost.other_years, cost.total);
    assert_eq!(cost.by_key.values().sum::<u32>(), cost.total);
    assert_eq!(cost.other_years, 40);
    assert_eq!(cost.by_key.get("72.1"), Some(&0));
    assert_eq!(cost.by_unit[&unit_id(1)].persons, 30);
    let june = duties.iter().filter(|d| d.due.year() == 2022 && d.due.month() == 6).count();
    assert_eq!(cost.by_month[5] as usize, june);
    assert_eq!(cost.heaviest_month().map(|(m, _)| m), Some(12), "each member's hours close the year");
}

/// A theme day a month and a lecture a quarter at the same afternoons are 24 of 32 hours; a training by those above adds to it.
#[test]
fn hours_that_the_meetings_do_not_reach_are_told() {
    let (org, roster, calendar, empty) =
        (college(2), roster(2, 3), SchoolCalendar::default_for(2022), Default::default());
    let basis = basis(&org, &roster, &calendar, &empty);
    let of = |n, title, bearers, cadence, ledger: &str| {
        let mut asked = obligation(n, title, bearers, cadence);
        asked.ledger = Some(ledger.to_owned());
        asked
    };
    let hours = of(1, "学时", members(), Cadence::Hours { hours: 32, per: Per::Year }, "training");
    let theme = of(2, "主题党日", branches(), every(1, Per::Month), "theme-day");
    let lecture = of(3, "党课", branches(), every(1, Per::Quarter), "party-lecture");
    let above = Bearers { kinds: BTreeSet::from([UnitKind::Committee]), ..Bearers::default() };
    let round = of(4, "集中轮训", above, every(4, Per::Year), "training");
    let forms: Vec<model::rule::Ledger> = ["training", "theme-day", "party-lecture"]
        .map(|id| {
            let mut form = ledger(id);
            form.counts_hours = true;
            form.together = vec!["theme-day".to_owned()];
            form
        })
        .into();
    let short = |asked: &[&Obligation]| {
        let proposals: Vec<Proposal> = asked.iter().map(|o| proposal(o)).collect();
        cost(&proposals, &basis, |id| forms.iter().find(|f| f.id == id)).short
    };
    let told = short(&[&hours, &theme, &lecture]);
    let told: Vec<_> = told.iter().map(|s| (s.key.as_str(), s.hours, s.units, s.meetings)).collect();
    assert_eq!(told, [("1.1", 32, 2, 12)], "the lectures stand in months of a theme day");
    assert_eq!(
        short(&[&hours, &theme, &lecture, &round]),
        [],
        "with four trainings of the committee it is enough"
    );
}

#[test]
fn one_afternoon_serves_two_when_their_ledgers_say_so() {
    let (org, roster, calendar, empty) =
        (college(40), Roster::default(), SchoolCalendar::default_for(2022), Default::default());
    let basis = basis(&org, &roster, &calendar, &empty);
    let mut committee = obligation(
        1,
        "支委会",
        Bearers { with: BTreeSet::from(["committee".to_owned()]), ..branches() },
        every(1, Per::Month),
    );
    committee.ledger = Some("committee-meeting".to_owned());
    let mut theme = obligation(2, "主题党日", branches(), every(1, Per::Month));
    theme.ledger = Some("theme-day".to_owned());
    theme.origin = model::Origin::Standing { rule: "theme-day".to_owned() };
    let mut clause = obligation(3, "每季度一次主题党日", branches(), every(1, Per::Quarter));
    clause.ledger = Some("theme-day".to_owned());
    let general = [
        obligation(4, "甲", branches(), every(1, Per::Month)),
        obligation(5, "乙", branches(), every(1, Per::Month)),
    ];
    let proposals: Vec<Proposal> = [committee, theme, clause].iter().chain(&general).map(proposal).collect();
    let mut meeting = ledger("committee-meeting");
    meeting.together = vec!["theme-day".to_owned()];
    let cost = cost(&proposals, &basis, |id| (id == "committee-meeting").then_some(&meeting));
    let found: Vec<_> = cost
        .afternoons
        .iter()
        .map(|a| (a.keys.0.as_str(), a.keys.1.as_str(), a.kinship, a.units, a.saves))
        .collect();
    assert_eq!(
        found,
        [
            ("1.1", "2.1", Kinship::Together, 20, 240),
            ("2.1", "3.1", Kinship::SameRecord, 40, 160),
            ("1.1", "3.1", Kinship::Together, 20, 80),
        ],
        "two clauses in a general ledger may be about anything"
    );
}

#[test]
fn of_very_many_demands_those_that_share_most_are_told() {
    let (org, roster, calendar, empty) =
        (college(4), Roster::default(), SchoolCalendar::default_for(2022), Default::default());
    let basis = basis(&org, &roster, &calendar, &empty);
    let many = |count: u32| -> Vec<Proposal> {
        (1..=count)
            .map(|n| {
                let per = if n <= 3 { Per::Month } else { Per::Year };
                proposal(&obligation(n, "事", branches(), every(1, per)))
            })
            .collect()
    };
    let told = cost(&many(300), &basis, |_| None).overlaps;
    assert_eq!(told.len(), 20_000, "of 44,850 pairs");
    let monthly: Vec<(u32, u32)> = told.iter().take(4).map(|o| (o.units, o.times)).collect();
    assert_eq!(monthly, [(4, 48), (4, 48), (4, 48), (4, 4)]);
    assert_eq!(cost(&many(3_001), &basis, |_| None).overlaps, [], "nobody merges three thousand");
}

fn any_cadence() -> impl Strategy<Value = Cadence> {
    let per = prop::sample::select(vec![
        Per::Day,
        Per::Week,
        Per::TwoWeeks,
        Per::Month,
        Per::TwoMonths,
        Per::Quarter,
        Per::Term,
        Per::HalfYear,
        Per::Year,
    ]);
    prop_oneof![
        (0u32..15, per.clone()).prop_map(|(times, per)| Cadence::AtLeast { times, per }),
        (0u32..100, per).prop_map(|(hours, per)| Cadence::Hours { hours, per }),
        (any::<i8>(), any::<i8>()).prop_map(|(month, day)| Cadence::By(Due::MonthDay { month, day })),
        any::<i8>().prop_map(|month| Cadence::By(Due::MonthEnd { month })),
        (any::<i8>(), any::<i8>()).prop_map(|(from, to)| Cadence::By(Due::Months { from, to })),
        (0u16..60).prop_map(|days| Cadence::By(Due::TermStart { days })),
        Just(Cadence::Standing),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Whatever a document says, its duties lie inside the year, in order, and each only once.
    #[test]
    fn duties_lie_inside_the_year(
        cadence in any_cadence(), year in 2000i16..2090, from_month in 1i8..=12, made_month in 1i8..=12,
        exempt in prop::collection::vec(1i8..=12, 0..4), all_members in any::<bool>(),
    ) {
        let (org, roster, empty) = (college(2), roster(2, 2), Default::default());
        let mut calendar = SchoolCalendar::default_for(year);
        calendar.exempt = exempt.iter().map(|m| Exemption { month: *m, reason: String::new() }).collect();
        let from = date(year, from_month, 1);
        let basis = Basis { year, from, made: date(year, made_month, 15), ..basis(&org, &roster, &calendar, &empty) };
        let bearers = if all_members { members() } else { branches() };
        let by_person = all_members || matches!(cadence, Cadence::Hours { .. });
        let found = schedule(&obligation(1, "事", bearers, cadence), &basis, &mut duty_ids());
        prop_assert!(found.len() <= 4 * 12 * 50);
        let mut seen = BTreeSet::new();
        for d in &found {
            prop_assert!(d.starts >= date(year, 1, 1) && d.due <= date(year, 12, 31), "{:?}", d);
            prop_assert!(d.starts <= d.planned && d.planned <= d.due, "{:?}", d);
            prop_assert!(d.due >= from);
            prop_assert!(d.need >= 1);
            prop_assert_eq!(d.person.is_some(), by_person);
            prop_assert!(seen.insert((d.unit, d.person, d.starts, d.due, d.seq)), "twice: {:?}", d);
        }
    }
}

#[test]
fn an_election_is_owed_by_the_units_own_term() {
    let (org, calendar) = (college(3), SchoolCalendar::default_for(2022));
    let terms = BTreeMap::from([
        (unit_id(1), date(2022, 10, 15)),
        (unit_id(2), date(2022, 3, 10)),
        // Another year's plan asks for this one.
        (unit_id(3), date(2023, 2, 1)),
    ]);
    let (roster, told) = (Roster::default(), (Moments::default().with_terms(terms), BTreeMap::new()));
    let o = obligation(1, "按期换届", branches(), Cadence::own_term(6));
    let found = schedule(&o, &basis(&org, &roster, &calendar, &told), &mut duty_ids());
    let days: Vec<_> = found.iter().map(|d| (d.unit, d.starts, d.due)).collect();
    assert_eq!(
        days,
        [
            (unit_id(1), date(2022, 4, 15), date(2022, 10, 15)),
            (unit_id(2), date(2021, 9, 10), date(2022, 3, 10)),
        ],
        "open six months ahead, due on the last day of the term"
    );
    assert_eq!(found[0].title, "按期换届（2022年10月届满）");
    assert_eq!(found[0].seq, 1);
}
