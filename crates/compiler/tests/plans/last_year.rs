//! Last year's decisions, looked for in this year's draft.

use std::collections::BTreeSet;

use compiler::{Decided, Recurs, recurring};
use model::{Cadence, Due, Proposal, ProposalState, Review, UnitKind};

use super::college::{Read, college, read_with};

const LAST: &str = "云岭职业学院2021年党建工作要点\n\
    一、重点任务\n\
    1.规范组织生活。各支部每月开展1次主题党日。（牵头部门：组织部，责任部门：各党支部）\n\
    2.抓好学习教育。组织专题研讨，宣传部2021年6月30日前召开1次座谈会。（牵头部门：宣传部）\n\
    3.加强监督。纪委每半年开展1次警示教育。（牵头部门：学校纪委）\n";

/// The same a year on: renumbered, one rhythm is another one, one clause is gone.
const THIS: &str = "云岭职业学院2022年党建工作要点\n\
    一、重点任务\n\
    1.加强监督。纪委每季度开展1次警示教育。（牵头部门：学校纪委）\n\
    2.抓好学习教育。组织专题研讨，宣传部2022年6月30日前召开1次座谈会。（牵头部门：宣传部）\n";

fn review(read: &Read) -> Review {
    Review { plan: read.plan.clone(), proposals: read.out.proposals.clone(), seen: BTreeSet::new() }
}

fn change(review: &mut Review, words: &str, change: impl Fn(&mut Proposal)) {
    let found = review.proposals.iter_mut().find(|p| p.origin.words().is_some_and(|w| w.contains(words)));
    change(found.unwrap_or_else(|| panic!("nothing asks for {words}")));
}

fn looked_for(last: &Read, decided: &Review, this: &Read, now: &Review) -> Vec<Recurs> {
    recurring(
        Decided { source: &last.source, review: decided, guesses: &last.out.proposals },
        Decided { source: &this.source, review: now, guesses: &this.out.proposals },
        (2021, 2022),
    )
}

fn taken<'r>(found: &'r [Recurs], now: &Review, words: &str) -> Option<&'r Proposal> {
    let key = &now.proposals.iter().find(|p| p.origin.words().is_some_and(|w| w.contains(words)))?.key;
    found.iter().find(|r| r.key == *key)?.taken.as_ref()
}

#[test]
fn what_was_decided_recurs_where_the_words_say_the_same() {
    let (last, this) = (read_with(LAST, &college(), None), read_with(THIS, &college(), None));
    let (mut decided, now) = (review(&last), review(&this));
    change(&mut decided, "座谈会", |p| {
        p.ledger = Some("theme-day".to_owned());
        p.bearers.units.clear();
        p.bearers.kinds.insert(UnitKind::Branch);
        p.state = ProposalState::Confirmed;
    });
    change(&mut decided, "警示教育", |p| p.state = ProposalState::NotAssessed);
    let found = looked_for(&last, &decided, &this, &now);
    let talk = taken(&found, &now, "座谈会").expect("there is something to take");
    assert_eq!(talk.ledger.as_deref(), Some("theme-day"));
    assert!(talk.bearers.kinds.contains(&UnitKind::Branch) && talk.bearers.units.is_empty());
    assert_eq!(talk.cadence, Cadence::By(Due::MonthDay { month: 6, day: 30 }));
    assert_eq!(talk.state, ProposalState::Proposed, "it waits to be confirmed");
    assert_eq!(taken(&found, &now, "警示教育"), None, "every quarter is not what was left unassessed");
}

#[test]
fn a_due_day_that_the_clerk_moved_is_the_same_day_of_this_year() {
    let (last, this) = (read_with(LAST, &college(), None), read_with(THIS, &college(), None));
    let (mut decided, mut now) = (review(&last), review(&this));
    change(&mut decided, "座谈会", |p| p.cadence = Cadence::By(Due::Day(jiff::civil::date(2021, 6, 20))));
    let found = looked_for(&last, &decided, &this, &now);
    let talk = taken(&found, &now, "座谈会").expect("there is something to take");
    assert_eq!(talk.cadence, Cadence::By(Due::Day(jiff::civil::date(2022, 6, 20))));
    // What was decided this year already is left alone.
    change(&mut now, "座谈会", |p| p.state = ProposalState::NotAssessed);
    let found = looked_for(&last, &decided, &this, &now);
    assert_eq!(taken(&found, &now, "座谈会"), None);
    // Nothing decided, nothing to take.
    let (untouched, now) = (review(&last), review(&this));
    assert!(looked_for(&last, &untouched, &this, &now).iter().all(|r| r.taken.is_none()));
}
