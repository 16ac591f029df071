//! Each rule of votes counts from its own denominator.

use std::collections::BTreeMap;

use jiff::civil::date;
use model::{AccountId, Entry, EntryId, UnitId, Value};
use runtime::flow::{Count, Poll};

fn entry(fields: &[(&str, i64)], said: &[(&str, &str)]) -> Entry {
    let nil = jiff::Timestamp::UNIX_EPOCH;
    let numbers = fields.iter().map(|(id, n)| ((*id).to_owned(), Value::Number(n * 1000)));
    let words = said.iter().map(|(id, t)| ((*id).to_owned(), Value::Text((*t).to_owned())));
    Entry {
        id: EntryId::from_parts(0, &[1; 10]),
        unit: UnitId::from_parts(0, &[2; 10]),
        ledgers: vec!["branch-assembly".to_owned()],
        day: date(2026, 3, 1),
        title: String::new(),
        values: numbers.chain(words).collect::<BTreeMap<_, _>>(),
        revision: 1,
        entered_at: nil,
        entered_by: AccountId::from_parts(0, &[3; 10]),
        revised_at: nil,
        withdrawn: false,
    }
}

/// Quorum and carrying of a rule: those due, present, yes, and the rest.
fn counted(rule: &str, fields: &[(&str, i64)], said: &[(&str, &str)]) -> (Poll, Option<bool>) {
    let rulebook = super::built_in();
    let rule = rulebook.vote(rule).expect("the rule is there");
    let count = Count::of(rule, None, &entry(fields, said));
    (count.quorum(rule), count.carried(rule))
}

fn plain(rule: &str, due: i64, present: i64, yes: i64) -> (Poll, Option<bool>) {
    counted(rule, &[("vote_due", due), ("vote_present", present), ("vote_for", yes)], &[])
}

#[test]
fn an_ordinary_vote_needs_half_present_and_more_than_half_of_those_due() {
    assert_eq!(plain("ordinary", 20, 10, 10), (Poll::Enough, Some(false)));
    assert_eq!(plain("ordinary", 20, 11, 11), (Poll::Enough, Some(true)));
    assert_eq!(plain("ordinary", 20, 9, 9).0, Poll::TooFew(9, 20));
}

#[test]
fn an_admission_needs_more_than_half_present_and_counts_written_opinions_as_votes_only() {
    let with = |present, yes, written| {
        let fields =
            [("vote_due", 20), ("vote_present", present), ("vote_for", yes), ("vote_written", written)];
        counted("admission", &fields, &[])
    };
    assert_eq!(with(10, 10, 3).0, Poll::TooFew(10, 20));
    assert_eq!(with(11, 9, 2), (Poll::Enough, Some(true)));
    assert_eq!(with(11, 8, 2), (Poll::Enough, Some(false)));
    // Full members only are counted among those due, for the passing.
    let fields = [("vote_due", 20), ("vote_due_full", 15), ("vote_present", 11), ("vote_for", 8)];
    assert_eq!(counted("admission", &fields, &[]), (Poll::Enough, Some(true)));
}

#[test]
fn who_is_left_out_of_those_due_needs_a_reason_and_consent_and_a_rule_that_knows_it() {
    let fields = [("vote_due", 20), ("vote_excluded", 4), ("vote_present", 9), ("vote_for", 9)];
    let both = [("vote_excluded_reason", "出国半年以上"), ("vote_excluded_consent", "yes")];
    assert_eq!(counted("admission", &fields, &both), (Poll::Enough, Some(true)));
    assert_eq!(counted("admission", &fields, &both[..1]).0, Poll::TooFew(9, 20));
    assert_eq!(counted("ordinary", &fields, &both).0, Poll::TooFew(9, 20));
}

#[test]
fn an_election_needs_four_fifths_present_and_more_than_half_of_those_present() {
    assert_eq!(plain("election", 20, 16, 9), (Poll::Enough, Some(true)));
    assert_eq!(plain("election", 20, 16, 8), (Poll::Enough, Some(false)));
    assert_eq!(plain("election", 20, 15, 15).0, Poll::TooFew(15, 20));
}

#[test]
fn what_is_not_written_down_is_not_guessed() {
    assert_eq!(counted("ordinary", &[("vote_due", 20)], &[]), (Poll::Untold, None));
}
