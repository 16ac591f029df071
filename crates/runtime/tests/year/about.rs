//! What a unit owes about each of some people, and what the year of account lets count.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date, civil::date};
use model::rule::{Field, FieldType, Ledger, Means};
use model::{
    About, AccountId, Bearers, Cadence, Duty, Entry, EntryId, Membership, MembershipId, Obligation, Origin,
    Per, PersonId, Row, Stage, UnitKind, Value,
};
use runtime::{
    Basis, CreditProposal, Moments, Moved, Owed, Reason, Roster, SchoolCalendar, Unfit, Usual, UsualTimes,
    candidates, ended, moved, schedule, unmade, worth,
};

use crate::sample::{basis, bytes, college, duty_ids, every, obligation, person_id, unit_id};

fn activist(n: u32, branch: u32, since: Date, until: Option<Date>) -> Membership {
    Membership {
        id: MembershipId::from_parts(1, &bytes(n)),
        person: person_id(n),
        branch: unit_id(branch),
        group: None,
        stage: Stage::Activist,
        since,
        until,
    }
}

fn examined() -> Obligation {
    let bearers = Bearers {
        kinds: BTreeSet::from([UnitKind::Branch]),
        about: Some(About { stages: BTreeSet::from([Stage::Activist]), ..About::default() }),
        ..Bearers::default()
    };
    obligation(1, "入党积极分子考察", bearers, every(1, Per::HalfYear))
}

fn made(memberships: Vec<Membership>, on: Date) -> Vec<Duty> {
    let (org, calendar, empty) =
        (college(2), SchoolCalendar::default_for(2022), (Moments::default(), Usual::default()));
    let roster = Roster::new(memberships, vec![]);
    let basis = Basis { made: on, from: date(2022, 1, 1), ..basis(&org, &roster, &calendar, &empty) };
    schedule(&examined(), &basis, &mut duty_ids())
}

fn whom(duties: &[Duty]) -> Vec<(PersonId, i8)> {
    duties.iter().map(|d| (d.person.expect("it is about somebody"), d.due.month())).collect()
}

#[test]
fn a_branch_owes_it_about_each_and_nothing_where_there_is_nobody() {
    let found = made(
        vec![activist(1, 1, date(2021, 1, 1), None), activist(2, 1, date(2021, 1, 1), None)],
        date(2022, 2, 20),
    );
    assert_eq!(whom(&found), [(person_id(1), 6), (person_id(2), 6), (person_id(1), 12), (person_id(2), 12)]);
    assert!(found.iter().all(|d| d.unit == unit_id(1)), "the second branch has none");
}

#[test]
fn of_a_category_only_those_who_are_of_it_are_owed_about() {
    let bearers = Bearers {
        kinds: BTreeSet::from([UnitKind::Branch]),
        about: Some(About {
            stages: BTreeSet::from([Stage::Activist]),
            categories: BTreeSet::from(["abroad".to_owned()]),
            ..About::default()
        }),
        ..Bearers::default()
    };
    let asked = obligation(1, "出国联系", bearers, every(1, Per::HalfYear));
    let here = (1..=3).map(|n| activist(n, 1, date(2021, 1, 1), None)).collect();
    let abroad = BTreeMap::from([(person_id(2), BTreeSet::from(["abroad".to_owned(), "needy".to_owned()]))]);
    let (org, calendar, empty) =
        (college(2), SchoolCalendar::default_for(2022), (Moments::default(), Usual::default()));
    let roster = Roster::new(here, vec![]);
    let made = |roster: &Roster| schedule(&asked, &basis(&org, roster, &calendar, &empty), &mut duty_ids());
    assert!(made(&roster).is_empty(), "nobody is abroad");
    let found = made(&roster.with_categories(abroad));
    assert_eq!(whom(&found), [(person_id(2), 6), (person_id(2), 12)]);
}

#[test]
fn who_comes_is_added_and_who_goes_is_taken_out_from_then_on() {
    let first = vec![activist(1, 1, date(2021, 1, 1), None)];
    let before = made(first, date(2022, 2, 20));
    let (came, went) = (date(2022, 7, 4), date(2022, 7, 10));
    let now = vec![activist(1, 1, date(2021, 1, 1), Some(went)), activist(2, 1, came, None)];
    let wanted = made(now, date(2022, 7, 12));
    let gone = ended(&before, &wanted, date(2022, 7, 12), |_| true);
    assert_eq!(gone.len(), 1, "what was due in June stays");
    let added = unmade(&before, wanted);
    assert_eq!(whom(&added), [(person_id(2), 12)]);
    assert_eq!(added[0].starts, came);
    let done = |_: &Duty| false;
    assert!(ended(&before, &added, date(2022, 7, 12), done).is_empty(), "what is done stays too");
}

#[test]
fn only_what_a_move_itself_ends_or_asks_for_follows_it() {
    let day = date(2022, 8, 20);
    let before = vec![activist(1, 1, date(2021, 1, 1), None)];
    let held = made(before.clone(), date(2022, 2, 20));
    let mut after = vec![activist(1, 1, date(2021, 1, 1), Some(day)), activist(1, 2, day, None)];
    after[1].id = MembershipId::from_parts(1, &bytes(9));
    let (was, is) = (made(before, day), made(after, day));
    let found = moved(&held, &was, &is, day, |_| true);
    assert_eq!(found.drop, [held[1].id], "June is over");
    assert_eq!(found.duties.iter().map(|d| (d.unit, d.due)).collect::<Vec<_>>(), [(unit_id(2), held[1].due)]);
    assert_eq!(found.carry, [(held[1].id, found.duties[0].id)]);
    // What was looked at in July is not looked at again.
    let done = moved(&held, &was, &is, day, |d| d.id != held[1].id);
    assert_eq!((done.drop.len(), done.duties.len()), (0, 0));
    // What nobody had asked for before is not asked for because of it.
    assert_eq!(moved(&[], &was, &was, day, |_| true), Moved::default());
}

fn record(values: BTreeMap<String, Value>, day: Date) -> Entry {
    Entry {
        id: EntryId::from_parts(3, &bytes(1)),
        unit: unit_id(1),
        ledgers: vec!["general".to_owned()],
        day,
        title: "考察".to_owned(),
        values,
        revision: 1,
        entered_at: Timestamp::UNIX_EPOCH,
        entered_by: AccountId::from_parts(1, &bytes(1)),
        revised_at: Timestamp::UNIX_EPOCH,
        withdrawn: false,
    }
}

#[test]
fn one_record_counts_for_as_many_as_it_has_lines() {
    let people: Vec<Membership> = (1..=12).map(|n| activist(n, 1, date(2021, 1, 1), None)).collect();
    let duties = made(people, date(2022, 2, 20));
    let owed: Vec<Owed> = duties.iter().map(|d| Owed::new(d, &[], false)).collect();
    let asked = examined();
    let mut table = Field::new("looked_at", "考察", FieldType::Rows);
    table.rows = vec![Field::new("person", "姓名", FieldType::Person)];
    let ledger = Ledger::new("general", "考察", vec![table]);
    let line = |n: u32| {
        Row::from([("person".to_owned(), Value::Person { id: Some(person_id(n)), name: n.to_string() })])
    };
    let lines = Value::Rows((1..=11).map(line).collect());
    let mut entry = record(BTreeMap::from([("looked_at".to_owned(), lines)]), date(2022, 4, 20));
    let find = |entry: &Entry| candidates(entry, None, &owed, |_| Some(&asked), |_| Some(&ledger));
    let found = find(&entry);
    assert_eq!(found.len(), 11, "the twelfth has no line");
    assert!(found.iter().all(|p| p.ticked && p.amount == 1));
    entry.unit = unit_id(2);
    assert!(find(&entry).is_empty(), "another branch cannot look at them");
}

#[test]
fn the_year_of_account_is_open_into_the_next_year() {
    let mut asked = obligation(
        1,
        "组织生活会",
        Bearers { kinds: BTreeSet::from([UnitKind::Branch]), ..Bearers::default() },
        Cadence::AtLeast { times: 1, per: Per::Year },
    );
    asked.origin = Origin::Standing { rule: "organisation-life".to_owned() };
    let window = UsualTimes { months: vec![12], account_until: Some((3, 31)) };
    let known = (Moments::default(), Usual::from([("organisation-life".to_owned(), window)]));
    let (org, roster, calendar) = (college(1), Roster::default(), SchoolCalendar::default_for(2022));
    let duties = schedule(&asked, &basis(&org, &roster, &calendar, &known), &mut duty_ids());
    assert_eq!((duties[0].starts, duties[0].due), (date(2022, 1, 1), date(2023, 3, 31)));
    assert_eq!(duties[0].planned.month(), 12, "one still plans it within the year");

    let mut year = Field::new("account_year", "所属年度", FieldType::Number);
    year.means = Some(Means::YearOfAccount);
    let ledger = Ledger::new("general", "组织生活会", vec![year]);
    let of = |said: Option<i64>, day: Date| {
        let values = said.map(|y| ("account_year".to_owned(), Value::Number(y * 1000))).into_iter().collect();
        worth(&record(values, day), &duties[0], &asked, true, |_| Some(&ledger))
    };
    assert_eq!(of(Some(2022), date(2023, 2, 10)), Ok(1), "held in February, and says that it is last year's");
    assert_eq!(of(None, date(2023, 2, 10)), Err(Unfit::OtherYear), "without a word it is its own year's");
    assert_eq!(of(Some(2023), date(2022, 12, 30)), Err(Unfit::OtherYear));
    assert_eq!(of(None, date(2022, 12, 30)), Ok(1));
}

#[test]
fn the_month_that_a_record_names_decides_and_its_day_tells_that_it_was_late() {
    let asked = obligation(
        1,
        "党费收缴",
        Bearers { kinds: BTreeSet::from([UnitKind::Branch]), ..Bearers::default() },
        Cadence::AtLeast { times: 1, per: Per::Month },
    );
    let (org, roster, calendar) = (college(1), Roster::default(), SchoolCalendar::default_for(2022));
    let known = (Moments::default(), Usual::default());
    let duties = schedule(&asked, &basis(&org, &roster, &calendar, &known), &mut duty_ids());
    let owed: Vec<Owed> = duties.iter().map(|d| Owed::new(d, &[], false)).collect();
    let mut month = Field::new("dues_month", "所属月份", FieldType::Text);
    month.means = Some(Means::MonthOfAccount);
    let ledger = Ledger::new("general", "党费", vec![month]);
    let find = |said: &str, day: Date| {
        let values = BTreeMap::from([("dues_month".to_owned(), Value::Text(said.to_owned()))]);
        let found = candidates(&record(values, day), None, &owed, |_| Some(&asked), |_| Some(&ledger));
        let of = |p: &CreditProposal| {
            let duty = duties.iter().find(|d| d.id == p.duty).unwrap();
            (duty.due.month(), p.reason, p.ticked)
        };
        found.iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(find("2022-01", date(2022, 1, 20)), [(1, Reason::InPeriod, true)]);
    assert_eq!(find("2022年1月", date(2022, 2, 3)), [(1, Reason::Late, true)], "paid in February, January's");
    assert_eq!(find("3月", date(2022, 2, 3)), [], "March of last year: nothing of it is owed here");
    assert_eq!(find("2022-04", date(2022, 2, 3)), [(4, Reason::InPeriod, true)], "paid ahead");
    assert_eq!(find("二月", date(2022, 2, 3)), [(2, Reason::InPeriod, true)], "not read: by its day");
}

#[test]
fn another_ledger_of_a_combined_meeting_says_nothing_of_the_year() {
    let asked = obligation(
        1,
        "支部党员大会",
        Bearers { kinds: BTreeSet::from([UnitKind::Branch]), ..Bearers::default() },
        Cadence::AtLeast { times: 1, per: Per::Quarter },
    );
    let (org, roster, calendar) = (college(1), Roster::default(), SchoolCalendar::default_for(2022));
    let known = (Moments::default(), Usual::default());
    let duties = schedule(&asked, &basis(&org, &roster, &calendar, &known), &mut duty_ids());
    let mut year = Field::new("account_year", "所属年度", FieldType::Number);
    year.means = Some(Means::YearOfAccount);
    let ledgers = [Ledger::new("general", "党员大会", vec![]), Ledger::new("life", "组织生活会", vec![year])];
    let values = BTreeMap::from([("account_year".to_owned(), Value::Number(2_021_000))]);
    let mut entry = record(values, date(2022, 2, 10));
    entry.ledgers.push("life".to_owned());
    let found = worth(&entry, &duties[0], &asked, false, |id| ledgers.iter().find(|l| l.id == id));
    assert_eq!(found, Ok(1), "the assembly was held in this quarter, whatever year the other meeting closes");
}

#[test]
fn hours_that_are_owed_about_somebody_count_from_their_own_ledger_only() {
    let duty =
        made(vec![activist(1, 1, date(2021, 1, 1), None)], date(2022, 2, 20)).into_iter().next().unwrap();
    let asked = Obligation { cadence: Cadence::Hours { hours: 4, per: Per::HalfYear }, ..examined() };
    let mut hours = Field::new("hours", "课时", FieldType::Number);
    hours.means = Some(Means::Hours);
    let lecturer = Field::new("lecturer", "授课人", FieldType::Person);
    let lectures = Ledger::new("general", "讲课", vec![lecturer.clone(), hours.clone()]);
    let mut training = Ledger::new("training", "培训", vec![lecturer, hours]);
    training.counts_hours = true;
    let ledgers = [lectures, training];
    let of = |ledger: &str| {
        let values = BTreeMap::from([
            ("lecturer".to_owned(), Value::Person { id: Some(person_id(1)), name: "甲".to_owned() }),
            ("hours".to_owned(), Value::Number(2000)),
        ]);
        let mut entry = record(values, date(2022, 4, 20));
        entry.ledgers = vec![ledger.to_owned()];
        worth(&entry, &duty, &asked, false, |id| ledgers.iter().find(|l| l.id == id))
    };
    assert_eq!(of("general"), Ok(120));
    assert_eq!(of("training"), Err(Unfit::OtherLedger), "what one was taught is nothing that one taught");
    // The same when it is the person's own: whoever is named as the lecturer taught.
    let own = Obligation {
        bearers: Bearers { posts: BTreeSet::from(["书记".to_owned()]), ..Bearers::default() },
        ..asked.clone()
    };
    let mut taught = record(BTreeMap::new(), date(2022, 4, 20));
    taught.values = BTreeMap::from([
        ("lecturer".to_owned(), Value::Person { id: Some(person_id(1)), name: "甲".to_owned() }),
        ("hours".to_owned(), Value::Number(2000)),
    ]);
    let find = |id: &str| ledgers.iter().find(|l| l.id == id);
    assert_eq!(worth(&taught, &duty, &own, false, find), Ok(120));
    taught.ledgers = vec!["training".to_owned()];
    assert_eq!(worth(&taught, &duty, &own, false, find), Err(Unfit::OtherLedger));
}
