//! The grammar of conditions, word by word, and what holds of every condition.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::date};
use model::rule::{Field, FieldType, Ledger};
use model::{
    AccountId, Bearers, Bound, Condition, Entry, EntryId, Organisation, Ratio, Row, UnitKind, Value, Which,
};
use proptest::prelude::*;
use runtime::{Facts, Verdict, binds, judge, words_of};

use crate::sample::{bytes, college, unit, unit_id};

fn form() -> Ledger {
    let mut kind = Field::new("kind", "种类", FieldType::Choice);
    kind.options = vec![("talk".to_owned(), "谈话".to_owned()), ("visit".to_owned(), "走访".to_owned())];
    let mut hours = Field::new("hours", "学时", FieldType::Number);
    hours.unit = "小时".to_owned();
    let mut visited = Field::new("visited", "走访地点", FieldType::Text);
    visited.when = Some(("kind".to_owned(), vec!["visit".to_owned()]));
    let mut people = Field::new("people", "候选人", FieldType::Rows);
    people.rows =
        vec![Field::new("who", "姓名", FieldType::Person), Field::new("votes", "得票", FieldType::Number)];
    Ledger::new("form", "样例", vec![kind, hours, visited, people])
}

fn entry(values: &[(&str, Value)]) -> Entry {
    Entry {
        id: EntryId::from_parts(3, &bytes(1)),
        unit: unit_id(1),
        ledgers: vec!["form".to_owned()],
        day: date(2022, 4, 20),
        title: "一次".to_owned(),
        values: values.iter().map(|(id, v)| ((*id).to_owned(), v.clone())).collect(),
        revision: 1,
        entered_at: Timestamp::UNIX_EPOCH,
        entered_by: AccountId::from_parts(1, &bytes(1)),
        revised_at: Timestamp::UNIX_EPOCH,
        withdrawn: false,
    }
}

fn said(condition: &Condition, values: &[(&str, Value)]) -> Result<(), Option<String>> {
    let (entry, ledger) = (entry(values), form());
    let facts = Facts { entry: Some(&entry), ledger: Some(&ledger), ..Facts::default() };
    match judge(condition, &facts) {
        Verdict::Holds => Ok(()),
        Verdict::Fails(m) => Err(Some(m.words)),
        Verdict::Untold => Err(None),
    }
}

fn is(field: &str, any_of: &[&str]) -> Condition {
    Condition::Is { field: field.to_owned(), any_of: any_of.iter().map(|v| (*v).to_owned()).collect() }
}

fn number(least: Option<i64>, most: Option<i64>) -> Condition {
    Condition::Number { field: "hours".to_owned(), bound: Bound { at_least: least, at_most: most } }
}

#[test]
fn a_field_says_one_of_several() {
    let talk = [("kind", Value::Choice("talk".to_owned()))];
    assert_eq!(said(&is("kind", &["talk", "visit"]), &talk), Ok(()));
    assert_eq!(said(&is("kind", &["visit"]), &talk), Err(Some("“种类”应是“走访”".to_owned())));
    assert_eq!(said(&is("kind", &["visit"]), &[]), Err(Some("“种类”应是“走访”".to_owned())));
    let not = Condition::Not(vec![is("kind", &["talk"])]);
    assert_eq!(said(&not, &talk), Err(Some("不应种类为谈话".to_owned())));
    assert_eq!(said(&not, &[]), Ok(()), "what says nothing does not say that");
}

#[test]
fn a_number_lies_within_bounds_or_cannot_be_told() {
    let hours = |n| [("hours", Value::Number(n))];
    assert_eq!(said(&number(Some(3000), Some(12_000)), &hours(3000)), Ok(()));
    assert_eq!(said(&number(Some(3000), None), &hours(2500)), Err(Some("学时2.5小时，不足3小时".to_owned())));
    assert_eq!(
        said(&number(None, Some(12_000)), &hours(12_001)),
        Err(Some("学时12.001小时，超过12小时".to_owned()))
    );
    assert_eq!(said(&number(Some(1), None), &[]), Err(None));
}

#[test]
fn what_the_form_does_not_ask_is_not_missed() {
    let wanted = Condition::Present { field: "visited".to_owned() };
    assert_eq!(said(&wanted, &[("kind", Value::Choice("talk".to_owned()))]), Err(None));
    assert_eq!(
        said(&wanted, &[("kind", Value::Choice("visit".to_owned()))]),
        Err(Some("走访地点未填".to_owned()))
    );
}

#[test]
fn one_of_several_conditions_is_enough() {
    let any = Condition::AnyOf(vec![is("kind", &["visit"]), number(Some(3000), None)]);
    let talk = |n| [("kind", Value::Choice("talk".to_owned())), ("hours", Value::Number(n))];
    assert_eq!(said(&any, &talk(3000)), Ok(()));
    assert_eq!(
        said(&any, &talk(1000)),
        Err(Some("“种类”应是“走访”，学时1小时，不足3小时（有一项即可）".to_owned()))
    );
    assert_eq!(said(&any, &[]), Err(None), "the hours might be enough");
}

fn line(who: &str, votes: Option<i64>) -> Row {
    let mut row = Row::from([("who".to_owned(), Value::Person { id: None, name: who.to_owned() })]);
    row.extend(votes.map(|n| ("votes".to_owned(), Value::Number(n * 1000))));
    row
}

#[test]
fn lines_of_a_table_are_counted() {
    let rows = |such: Vec<Condition>, least, share| Condition::Rows {
        field: "people".to_owned(),
        such,
        bound: Bound { at_least: least, at_most: None },
        share,
    };
    let every = Some(Ratio { part: 1, whole: 1 });
    let counted = vec![Condition::Present { field: "votes".to_owned() }];
    let two = [("people", Value::Rows(vec![line("方以宁", Some(9)), line("顾知白", None)]))];
    assert_eq!(said(&rows(vec![], Some(2), None), &two), Ok(()));
    assert_eq!(said(&rows(vec![], Some(1), None), &[]), Err(Some("候选人未填".to_owned())));
    assert_eq!(
        said(&rows(counted.clone(), Some(2), None), &two),
        Err(Some("候选人（得票已填）1行，不足2行".to_owned()))
    );
    assert_eq!(
        said(&rows(counted.clone(), None, every), &two),
        Err(Some("候选人共2行，其中1行（得票已填）".to_owned()))
    );
    assert_eq!(said(&rows(counted, None, every), &[]), Err(None), "of no lines nothing can be said");
}

#[test]
fn a_rule_binds_by_kind_traits_and_what_stands_above() {
    let mut org = college(2);
    let mut general = unit(8, UnitKind::GeneralBranch, "总支");
    general.traits = BTreeSet::from(["staff".to_owned()]);
    org.units.push(general);
    org.units[1].parent = Some(unit_id(8));
    let below = Condition::Unit {
        unit: Which::Above(1),
        kinds: BTreeSet::from([UnitKind::GeneralBranch]),
        with: BTreeSet::from(["staff".to_owned()]),
        without: BTreeSet::new(),
    };
    let mut bearers = Bearers { kinds: BTreeSet::from([UnitKind::Branch]), ..Bearers::default() };
    bearers.when.0.push(below);
    let bound = |bearers: &Bearers, org: &Organisation| -> Vec<String> {
        org.units.iter().filter(|u| binds(bearers, u, org)).map(|u| u.name.clone()).collect()
    };
    assert_eq!(bound(&bearers, &org), ["第1支部"]);
    bearers.without.insert("staff".to_owned());
    assert_eq!(bound(&bearers, &org), Vec::<String>::new(), "the first branch is of staff itself");
}

fn conditions() -> impl Strategy<Value = Condition> {
    let leaf = prop_oneof![
        Just(Condition::Present { field: "visited".to_owned() }),
        Just(is("kind", &["talk"])),
        Just(is("kind", &["visit"])),
        (0i64..20).prop_map(|n| number(Some(n * 1000), None)),
        (0u32..9).prop_map(|n| Condition::Chars { field: "visited".to_owned(), at_least: n }),
        (0i64..4).prop_map(|n| Condition::Rows {
            field: "people".to_owned(),
            such: vec![Condition::Present { field: "votes".to_owned() }],
            bound: Bound { at_least: Some(n), at_most: None },
            share: None,
        }),
    ];
    leaf.prop_recursive(3, 24, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Condition::AnyOf),
            prop::collection::vec(inner, 1..4).prop_map(Condition::Not),
        ]
    })
}

fn values() -> impl Strategy<Value = BTreeMap<String, Value>> {
    let kind = prop::option::of(prop_oneof![Just("talk"), Just("visit")]);
    let lines = prop::collection::vec(prop::option::of(0i64..9), 0..4);
    (kind, prop::option::of(0i64..20), prop::option::of("[一-九]{0,9}"), lines).prop_map(
        |(kind, hours, visited, lines)| {
            let mut out = BTreeMap::new();
            out.extend(kind.map(|k| ("kind".to_owned(), Value::Choice(k.to_owned()))));
            out.extend(hours.map(|n| ("hours".to_owned(), Value::Number(n * 1000))));
            out.extend(visited.map(|t| ("visited".to_owned(), Value::Text(t))));
            let rows = lines.into_iter().map(|votes| line("方以宁", votes)).collect();
            out.insert("people".to_owned(), Value::Rows(rows));
            out
        },
    )
}

proptest! {
    #[test]
    fn every_condition_is_judged_and_can_be_said(condition in conditions(), values in values()) {
        let (mut entry, ledger) = (entry(&[]), form());
        entry.values = values;
        let facts = Facts { entry: Some(&entry), ledger: Some(&ledger), ..Facts::default() };
        prop_assert!(!words_of(&condition, &facts).is_empty());
        let held = judge(&condition, &facts);
        if let Verdict::Fails(m) = &held {
            prop_assert!(!m.words.is_empty() && !m.field.is_empty());
        }
        // What does not hold is said not to hold, and what cannot be told cannot be told the other way round.
        let not = judge(&Condition::Not(vec![condition.clone()]), &facts);
        prop_assert_eq!(held == Verdict::Holds, matches!(not, Verdict::Fails(_)));
        prop_assert_eq!(matches!(held, Verdict::Fails(_)), not == Verdict::Holds);
        // One of several is enough, wherever it stands.
        for other in [is("kind", &["talk"]), number(Some(5000), None)] {
            let one = judge(&Condition::AnyOf(vec![condition.clone(), other.clone()]), &facts) == Verdict::Holds;
            let two = judge(&Condition::AnyOf(vec![other.clone(), condition.clone()]), &facts) == Verdict::Holds;
            prop_assert_eq!(one, two);
            prop_assert_eq!(one, held == Verdict::Holds || judge(&other, &facts) == Verdict::Holds);
        }
        // It is judged the same after it was stored.
        let stored = serde_json::to_string(&condition).unwrap();
        prop_assert_eq!(serde_json::from_str::<Condition>(&stored).unwrap(), condition);
    }
}
