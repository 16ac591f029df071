//! What a record counts for.

use std::collections::{BTreeMap, BTreeSet};

use crate::sample::{basis, branches, bytes, college, every, obligation, person_id, roster, unit_id, year};
use crate::{ledger, members};
use jiff::{
    Timestamp,
    civil::{Date, date},
};
use model::rule::Ledger;
use model::{
    AccountId, Attendance, Cadence, Credit, CreditId, Due, DutyId, Entry, EntryId, Obligation, ObligationId,
    Origin, Participant, Per, Value,
};
use proptest::prelude::*;
use runtime::{CreditProposal, Owed, Reason, SchoolCalendar, candidates, recredit};

pub(crate) fn entry(n: u32, day: Date) -> Entry {
    Entry {
        id: EntryId::from_parts(3, &bytes(n)),
        unit: unit_id(1),
        ledgers: vec!["general".to_owned()],
        day,
        title: "一次活动".to_owned(),
        values: BTreeMap::new(),
        revision: 1,
        entered_at: Timestamp::UNIX_EPOCH,
        entered_by: AccountId::from_parts(1, &bytes(1)),
        revised_at: Timestamp::UNIX_EPOCH,
        withdrawn: false,
    }
}

/// The duties of two branches with three members each, and what counts for them.
struct Case {
    obligations: BTreeMap<ObligationId, Obligation>,
    ledgers: Vec<Ledger>,
    owed: Vec<Owed>,
    names: BTreeMap<DutyId, String>,
    credits: Vec<Credit>,
    next: u32,
}

impl Case {
    fn new(obligations: Vec<Obligation>) -> Self {
        let (org, roster, calendar, empty) =
            (college(2), roster(2, 3), SchoolCalendar::default_for(2022), Default::default());
        let duties = year(&obligations, &basis(&org, &roster, &calendar, &empty));
        Self {
            names: duties.iter().map(|d| (d.id, d.title.clone())).collect(),
            owed: duties.iter().map(|d| Owed::new(d, &[], false)).collect(),
            obligations: obligations.into_iter().map(|o| (o.id, o)).collect(),
            ledgers: vec![ledger("general")],
            credits: vec![],
            next: 0,
        }
    }

    fn find(&self, entry: &Entry, from: Option<DutyId>) -> Vec<CreditProposal> {
        candidates(
            entry,
            from,
            &self.owed,
            |id| self.obligations.get(&id),
            |id| self.ledgers.iter().find(|l| l.id == id),
        )
    }

    /// Saves with the ticks that the form proposes.
    fn save(&mut self, entry: &Entry) -> Vec<(String, Reason)> {
        let found = self.find(entry, None);
        let out =
            found.iter().filter(|p| p.ticked).map(|p| (self.names[&p.duty].clone(), p.reason)).collect();
        self.settle(entry, &found);
        out
    }

    fn settle(&mut self, entry: &Entry, chosen: &[CreditProposal]) {
        let next = &mut self.next;
        let mut ids = || {
            *next += 1;
            CreditId::from_parts(4, &bytes(*next))
        };
        let done = recredit(entry, &self.credits, chosen, entry.day, &mut ids);
        for c in &mut self.credits {
            if done.ended.contains(&c.id) {
                c.ended = Some(entry.day);
            }
        }
        self.credits.extend(done.new);
        for o in &mut self.owed {
            let live = self.credits.iter().filter(|c| c.duty == o.duty && c.ended.is_none());
            o.credited = live.map(|c| (c.entry, c.amount)).collect();
        }
    }

    fn duty(&self, unit: u32, title: &str) -> DutyId {
        let found = self.owed.iter().find(|o| o.unit == unit_id(unit) && self.names[&o.duty] == title);
        found.expect("the case has it").duty
    }

    fn offers(&self, entry: &Entry, from: Option<DutyId>) -> Vec<(String, Reason, bool)> {
        self.find(entry, from)
            .into_iter()
            .map(|p| (self.names[&p.duty].clone(), p.reason, p.ticked))
            .collect()
    }
}

fn monthly() -> Case {
    Case::new(vec![obligation(1, "主题党日", branches(), every(1, Per::Month))])
}

fn is(name: &str, reason: Reason) -> Vec<(String, Reason)> {
    vec![(name.to_owned(), reason)]
}

#[test]
fn a_record_of_may_is_mays_even_while_april_is_overdue() {
    let mut case = monthly();
    let first = entry(1, date(2022, 5, 8));
    let april = case.duty(1, "主题党日（4月）");
    let offered = case.offers(&first, Some(april));
    assert_eq!(
        offered,
        [("主题党日（4月）".to_owned(), Reason::Late, true)],
        "opened from April's line it is about April, and late"
    );
    assert_eq!(case.save(&first), is("主题党日（5月）", Reason::InPeriod));
    let second = entry(2, date(2022, 5, 20));
    assert_eq!(
        case.offers(&second, None),
        [("主题党日（1月）".to_owned(), Reason::Arrears, false)],
        "the oldest overdue one, and only if somebody says so"
    );
    assert_eq!(
        case.offers(&second, Some(april)),
        [("主题党日（4月）".to_owned(), Reason::Arrears, true)],
        "opened from April's line, May being met"
    );
}

#[test]
fn of_two_in_a_month_the_lower_comes_first() {
    let mut case = Case::new(vec![obligation(1, "主题党日", branches(), every(2, Per::Month))]);
    assert_eq!(case.save(&entry(1, date(2022, 4, 20))), is("主题党日（4月）第1次", Reason::InPeriod));
    assert_eq!(case.save(&entry(2, date(2022, 4, 6))), is("主题党日（4月）第2次", Reason::InPeriod));
    assert_eq!(
        case.save(&entry(1, date(2022, 4, 20))),
        is("主题党日（4月）第1次", Reason::InPeriod),
        "saved again"
    );
    assert_eq!(case.credits.len(), 2);
}

#[test]
fn something_dated_counts_late_and_may_be_early() {
    let mut dated = obligation(1, "签订责任书", branches(), Cadence::By(Due::Months { from: 3, to: 3 }));
    dated.kind = model::MeasureKind::Dated;
    let mut case = Case::new(vec![dated]);
    let early = case.offers(&entry(1, date(2022, 2, 25)), None);
    assert_eq!(early, [("签订责任书（3月内）".to_owned(), Reason::Early, false)]);
    assert_eq!(case.save(&entry(2, date(2022, 4, 11))), is("签订责任书（3月内）", Reason::Late));
    assert!(case.offers(&entry(3, date(2022, 4, 12)), None).is_empty(), "it is done");
}

#[test]
fn a_revision_moves_the_credit_and_keeps_the_old_one_ended() {
    let mut case = monthly();
    case.save(&entry(1, date(2022, 4, 20)));
    let mut revised = entry(1, date(2022, 5, 4));
    revised.revision = 2;
    assert_eq!(case.save(&revised), is("主题党日（5月）", Reason::InPeriod));
    assert_eq!(case.credits.len(), 2);
    assert_eq!(case.credits.iter().filter(|c| c.ended.is_none()).count(), 1);
    revised.day = date(2022, 5, 6);
    case.save(&revised);
    assert_eq!(case.credits.len(), 3, "another day of the same period is another credit");
    case.save(&revised);
    assert_eq!(case.credits.len(), 3, "nothing changed");
    let live: Vec<Date> = case.credits.iter().filter(|c| c.ended.is_none()).map(|c| c.happened).collect();
    assert_eq!(live, [date(2022, 5, 6)]);
    revised.withdrawn = true;
    assert!(case.save(&revised).is_empty());
    assert!(case.credits.iter().all(|c| c.ended.is_some()));
}

#[test]
fn what_was_chosen_by_hand_is_kept_on_revision() {
    let mut case = monthly();
    case.save(&entry(1, date(2022, 5, 8)));
    let second = entry(2, date(2022, 5, 20));
    let mut found = case.find(&second, None);
    found[0].ticked = true;
    case.settle(&second, &found);
    let again = case.offers(&second, None);
    assert_eq!(again, [("主题党日（1月）".to_owned(), Reason::Arrears, true)]);
}

#[test]
fn conditions_and_units_are_met() {
    let mut assembly = obligation(1, "支部党员大会", branches(), every(1, Per::Quarter));
    assembly.condition = model::Conditions::saying([("form", "assembly")]);
    let case = Case::new(vec![assembly]);
    let mut e = entry(1, date(2022, 4, 20));
    assert!(case.find(&e, None).is_empty());
    e.values.insert("form".to_owned(), Value::Choices(vec!["lecture".to_owned(), "assembly".to_owned()]));
    assert_eq!(case.find(&e, None).len(), 1);
    e.unit = unit_id(9);
    assert!(case.find(&e, None).is_empty());
}

#[test]
fn one_evening_serves_several_demands() {
    let mut theme = obligation(1, "主题党日", branches(), every(1, Per::Month));
    theme.origin = Origin::Standing { rule: "theme-day".to_owned() };
    theme.ledger = Some("theme-day".to_owned());
    let mut clause = obligation(2, "主题党日进社区", branches(), every(1, Per::Quarter));
    clause.ledger = Some("theme-day".to_owned());
    let mut lecture = obligation(3, "党课", branches(), every(1, Per::Quarter));
    lecture.ledger = Some("lecture".to_owned());
    let mut case = Case::new(vec![theme, clause, lecture]);
    let mut e = entry(1, date(2022, 4, 20));
    e.ledgers = vec!["theme-day".to_owned(), "lecture".to_owned()];
    let names: Vec<String> = case.save(&e).into_iter().map(|(n, _)| n).collect();
    assert_eq!(names, ["主题党日（4月）", "主题党日进社区（二季度）", "党课（二季度）"]);
}

#[test]
fn a_record_in_a_general_ledger_does_not_tick_ten_clauses() {
    let case = Case::new(vec![
        obligation(1, "走访企业", branches(), every(1, Per::Quarter)),
        obligation(2, "整改台账", branches(), every(1, Per::Quarter)),
    ]);
    let mut e = entry(1, date(2022, 4, 20));
    assert!(case.offers(&e, None).iter().all(|(_, _, ticked)| !ticked));
    let from = case.duty(1, "整改台账（二季度）");
    let ticked: Vec<String> = case.offers(&e, Some(from)).into_iter().filter(|o| o.2).map(|o| o.0).collect();
    assert_eq!(ticked, ["整改台账（二季度）"]);
    e.title = "书记带队走访企业".to_owned();
    let ticked: Vec<String> = case.offers(&e, None).into_iter().filter(|o| o.2).map(|o| o.0).collect();
    assert_eq!(ticked, ["走访企业（二季度）"], "its title says so");
}

fn with_people(e: &mut Entry, all: &[(u32, Attendance)]) {
    let people = all.iter().map(|(n, attendance)| Participant {
        person: Some(person_id(*n)),
        name: n.to_string(),
        attendance: *attendance,
        reason: String::new(),
        guest: false,
        role: String::new(),
    });
    e.values.insert("people".to_owned(), Value::People(people.collect()));
}

#[test]
fn study_hours_go_to_those_who_were_there() {
    let mut hours = obligation(1, "集中学习", members(), Cadence::Hours { hours: 2, per: Per::Year });
    hours.ledger = Some("training".to_owned());
    let mut case = Case::new(vec![hours]);
    case.ledgers[0].counts_hours = true;
    let mut e = entry(1, date(2022, 4, 20));
    with_people(
        &mut e,
        &[(1000, Attendance::Present), (1001, Attendance::Leave), (2000, Attendance::Present)],
    );
    assert!(case.find(&e, None).is_empty(), "no hours were given");
    e.values.insert("hours".to_owned(), Value::Number(1500));
    let found = case.find(&e, None);
    assert_eq!(
        found.iter().map(|p| (p.person, p.amount, p.ticked)).collect::<Vec<_>>(),
        [(Some(person_id(1000)), 90, true), (Some(person_id(2000)), 90, true),],
        "a member of another branch who came has their hours too"
    );
    case.settle(&e, &found);
    for n in 2..4 {
        let mut more = e.clone();
        more.id = EntryId::from_parts(3, &bytes(n));
        let found = case.find(&more, None);
        assert_eq!(found.len(), 2, "hours are counted beyond what is needed");
        case.settle(&more, &found);
    }
    assert_eq!(case.credits.iter().map(|c| c.amount).sum::<u32>(), 6 * 90);
}

#[test]
fn a_person_who_is_only_named_is_offered_not_ticked() {
    let case = Case::new(vec![obligation(1, "讲党课", members(), every(1, Per::Year))]);
    let mut e = entry(1, date(2022, 4, 20));
    e.values
        .insert("lecturer".to_owned(), Value::Person { id: Some(person_id(1000)), name: "甲".to_owned() });
    assert_eq!(
        case.find(&e, None).iter().map(|p| (p.person, p.ticked)).collect::<Vec<_>>(),
        [(Some(person_id(1000)), false)]
    );
    with_people(&mut e, &[(1000, Attendance::Present)]);
    assert!(case.find(&e, None)[0].ticked);
    with_people(&mut e, &[(1000, Attendance::Absent)]);
    assert!(case.find(&e, None).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Whatever is saved, revised and withdrawn: no record counts twice for one demand, no record of a demand that
    /// recurs counts for another period while its own is open, and no duty is filled by more records than it needs.
    #[test]
    fn nothing_counts_twice(steps in prop::collection::vec((0u32..12, 0i16..365, any::<bool>(), 0u32..3), 1..40)) {
        let mut case = Case::new(vec![
            obligation(1, "主题党日", branches(), every(2, Per::Month)),
            obligation(2, "党课", branches(), every(1, Per::Quarter)),
            obligation(3, "学时", members(), Cadence::Hours { hours: 4, per: Per::Year }),
        ]);
        case.ledgers[0].counts_hours = true;
        for o in case.obligations.values_mut() {
            o.origin = Origin::Standing { rule: o.title.clone() };
        }
        for (n, day, withdrawn, choice) in steps {
            let day = date(2022, 1, 1).saturating_add(jiff::Span::new().days(i64::from(day)));
            let mut e = entry(n, day);
            e.withdrawn = withdrawn && choice == 0;
            e.values.insert("hours".to_owned(), Value::Number(2000));
            with_people(&mut e, &[(1000, Attendance::Present), (1002, Attendance::Present)]);
            let mut found = case.find(&e, None);
            for p in &mut found {
                p.ticked |= choice == 1;
                prop_assert!(p.reason == Reason::InPeriod || case.owed.iter().all(|o| {
                    o.obligation != p.obligation || o.person != p.person || o.unit != e.unit || day < o.starts || o.due < day
                        || o.credited.iter().any(|(by, _)| *by != e.id)
                }), "another period while its own is open");
            }
            let duties: BTreeSet<_> = found.iter().map(|p| p.duty).collect();
            let groups: BTreeSet<_> = found.iter().map(|p| (p.obligation, p.person)).collect();
            prop_assert_eq!(duties.len(), found.len());
            prop_assert_eq!(groups.len(), found.len());
            case.settle(&e, &found);

            let live: Vec<&Credit> = case.credits.iter().filter(|c| c.ended.is_none()).collect();
            let pairs: BTreeSet<_> = live.iter().map(|c| (c.duty, c.entry)).collect();
            prop_assert_eq!(pairs.len(), live.len());
            for o in case.owed.iter().filter(|o| o.person.is_none()) {
                prop_assert!(o.credited.len() <= 1, "one record fills it: {:?}", o);
            }
            let again = case.find(&e, None);
            let held: BTreeSet<DutyId> = live.iter().filter(|c| c.entry == e.id).map(|c| c.duty).collect();
            let ticked: BTreeSet<DutyId> = again.iter().filter(|p| p.ticked).map(|p| p.duty).collect();
            prop_assert!(held.is_subset(&ticked), "saving again without a change keeps what it counts for");
        }
    }
}
