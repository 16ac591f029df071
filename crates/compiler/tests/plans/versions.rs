//! Two versions of a plan: what differs, and what becomes of what the clerk decided.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use compiler::{Compiler, Context, Decided, Difference, Document, Side, carry, difference, pair};
use model::{Cadence, Per, Proposal, ProposalState, Review, SourceText};
use proptest::prelude::*;
use rulebook::Rulebook;

use super::college::{Read, built_in, college};

const ITEMS: [&str; 8] = [
    "强化理论武装。党委理论学习中心组每季度至少开展1次集体学习。（牵头部门：宣传部）",
    "规范组织生活。严格落实“三会一课”制度，各支部每月开展1次主题党日。（牵头部门：组织部，责任部门：各党支部）",
    "建强骨干队伍。6月底前举办1期支部书记培训班。（牵头部门：组织部）",
    "严明纪律规矩。每半年开展1次警示教育。（牵头部门：纪委，责任部门：各党支部）",
    "关心教职工。建立困难教职工台账，春节前走访慰问1次。（牵头部门：学校工会）",
    "抓好课程思政。教务处每学期组织1次教学观摩。（牵头部门：教务处）",
    "守牢意识形态阵地。宣传部每半年开展1次分析研判。（牵头部门：宣传部）",
    "推动党建与业务融合。机电党总支11月底前形成1份典型案例。（牵头部门：机电党总支）",
];

/// A plan of these items, numbered as they come.
fn document(items: &[String]) -> String {
    let lines: Vec<String> = items.iter().enumerate().map(|(n, i)| format!("{}.{i}\n", n + 1)).collect();
    format!("云岭职业学院2022年党建工作要点\n一、重点任务\n{}", lines.concat())
}

/// Built once: a property reads some hundred plans.
static RULEBOOK: LazyLock<Rulebook> = LazyLock::new(built_in);
static COMPILER: LazyLock<Compiler<'static>> = LazyLock::new(|| Compiler::new(&RULEBOOK));

fn of(items: &[String]) -> Read {
    let source = SourceText::from_plain("要点.txt", &document(items));
    let plan = plan::read(&source);
    let out = COMPILER.compile(&source, &plan, &college(), &Context { year: 2022, today: None });
    Read { source, plan, out }
}

fn between(old: &Read, new: &Read) -> Difference {
    difference(
        Document { source: &old.source, plan: &old.plan },
        Document { source: &new.source, plan: &new.plan },
    )
}

/// Words of one side, put together again.
fn side(words: &[(Side, String)], side: Side) -> String {
    words.iter().filter(|(s, _)| *s == Side::Both || *s == side).map(|(_, w)| w.as_str()).collect()
}

fn items(numbers: &[usize]) -> Vec<String> {
    numbers.iter().map(|n| ITEMS[*n].to_owned()).collect()
}

#[test]
fn an_item_is_known_by_its_words_and_not_by_its_number() {
    let old = of(&items(&[0, 1, 2, 3]));
    // The third goes, a new one comes to the front, one rhythm changes; every number is another item's now.
    let mut now = items(&[5, 0, 1, 3]);
    now[2] = now[2].replace("每月开展1次", "每季度开展2次");
    let new = of(&now);
    let d = between(&old, &new);
    let rows: Vec<_> =
        d.items.iter().map(|i| (i.old, i.new, i.is_changed(), i.renumbered, i.moved)).collect();
    assert_eq!(
        rows,
        [
            (None, Some(0), false, false, false),
            (Some(0), Some(1), false, true, false),
            (Some(1), Some(2), true, true, false),
            (Some(2), None, false, false, false),
            (Some(3), Some(3), false, false, false),
        ]
    );
    let changed: Vec<_> = d.items[2].words.iter().filter(|(s, _)| *s != Side::Both).cloned().collect();
    let words = [(Side::Old, "月"), (Side::New, "季度"), (Side::Old, "1"), (Side::New, "2")];
    assert_eq!(changed, words.map(|(s, w)| (s, w.to_owned())));
}

#[test]
fn what_changed_places_is_said_to_have_moved_and_its_neighbours_are_not() {
    let d = between(&of(&items(&[0, 1, 2, 3, 4])), &of(&items(&[0, 4, 1, 2, 3])));
    let moved: Vec<_> = d.items.iter().filter(|i| i.moved).map(|i| (i.old, i.new)).collect();
    assert_eq!(moved, [(Some(4), Some(1))]);
    assert!(d.items.iter().all(|i| !i.is_changed()));
}

/// Decisions upon what was read: everything confirmed, the second demand renamed and given to the branches.
fn decided(read: &Read) -> Review {
    let mut proposals = read.out.proposals.clone();
    for p in &mut proposals {
        p.state = ProposalState::Confirmed;
    }
    Review { plan: read.plan.clone(), proposals, seen: BTreeSet::new() }
}

fn carried(old: &Read, review: &Review, new: &Read) -> Review {
    let before = Decided { source: &old.source, review, guesses: &old.out.proposals };
    carry(before, new.plan.clone(), &new.source, new.out.proposals.clone())
}

fn asking<'r>(proposals: &'r [Proposal], words: &str) -> &'r Proposal {
    let found = proposals.iter().find(|p| p.origin.words().is_some_and(|w| w.contains(words)));
    found.unwrap_or_else(|| panic!("nothing asks for {words}: {proposals:#?}"))
}

#[test]
fn decisions_go_with_their_words_and_new_words_are_asked_about_again() {
    let old = of(&items(&[2, 3, 6]));
    let mut review = decided(&old);
    let talk = review.proposals.iter_mut().find(|p| p.origin.words().is_some_and(|w| w.contains("培训班")));
    talk.expect("it is read").title = "书记轮训".to_owned();
    let mut now = items(&[6, 3, 2]);
    now[1] = now[1].replace("每半年开展1次", "每季度开展1次");
    let new = of(&now);
    let out = carried(&old, &review, &new);
    let talk = asking(&out.proposals, "培训班");
    assert_eq!((talk.title.as_str(), talk.item), ("书记轮训", Some(2)));
    assert_eq!(talk.state, ProposalState::Confirmed);
    let warning = asking(&out.proposals, "警示教育");
    assert_eq!(warning.cadence, Cadence::AtLeast { times: 1, per: Per::Quarter });
    assert_eq!(warning.state, ProposalState::Proposed, "what is asked is another thing than was confirmed");
    assert_eq!(asking(&out.proposals, "分析研判").state, ProposalState::Confirmed);
}

#[test]
fn what_was_added_goes_with_its_item_and_what_was_merged_finds_its_half() {
    let old = of(&items(&[0, 1, 2]));
    let mut review = decided(&old);
    let theme = asking(&review.proposals, "主题党日").clone();
    let study = asking(&review.proposals, "集体学习").key.clone();
    let mut added = theme.clone();
    added.key = "2.a1".to_owned();
    added.added = true;
    added.title = "补的一项".to_owned();
    review.proposals.push(added);
    for p in &mut review.proposals {
        if p.key == study {
            p.state = ProposalState::MergedInto { key: theme.key.clone() };
        }
    }
    let out = carried(&old, &review, &of(&items(&[2, 0, 1])));
    let added = out.proposals.iter().find(|p| p.added).expect("it is kept");
    assert_eq!(added.item, Some(2));
    let theme = out.proposals.iter().find(|p| !p.added && p.title == theme.title && p.item == Some(2));
    let into = ProposalState::MergedInto { key: theme.expect("it is read").key.clone() };
    assert_eq!(asking(&out.proposals, "集体学习").state, into);
    // Its item is dropped: so is it. The rule that the item named holds without it.
    let out = carried(&old, &review, &of(&items(&[2, 0])));
    assert!(!out.proposals.iter().any(|p| p.added));
    let ProposalState::MergedInto { key } = &asking(&out.proposals, "集体学习").state else {
        panic!("the rule stands")
    };
    assert!(out.proposals.iter().any(|p| p.key == *key && p.item.is_none()));
    // What was merged into a clause that is gone stands on its own.
    let course = asking(&review.proposals, "培训班").key.clone();
    for p in &mut review.proposals {
        if p.key == study {
            p.state = ProposalState::MergedInto { key: course.clone() };
        }
    }
    let out = carried(&old, &review, &of(&items(&[0, 1])));
    assert_eq!(asking(&out.proposals, "集体学习").state, ProposalState::Proposed);
}

/// Some of the items in some order, a few of them with other words.
fn version() -> impl Strategy<Value = Vec<String>> {
    let all: Vec<usize> = (0..ITEMS.len()).collect();
    let some = prop::sample::subsequence(all, 1..=ITEMS.len()).prop_shuffle();
    let edits = prop::collection::vec(
        prop::sample::select(vec![
            ("每", "各单位每"),
            ("1次", "2次"),
            ("。", "，务求实效。"),
            ("底前", "中旬前"),
        ]),
        ITEMS.len(),
    );
    (some, edits, prop::collection::vec(any::<bool>(), ITEMS.len())).prop_map(|(some, edits, which)| {
        some.iter()
            .map(|n| {
                let (from, to) = edits[*n];
                if which[*n] { ITEMS[*n].replacen(from, to, 1) } else { ITEMS[*n].to_owned() }
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_plan_differs_in_nothing_from_itself(items in version()) {
        let one = of(&items);
        let d = between(&one, &one);
        prop_assert!(d.is_empty(), "{:#?}", d.items);
        let pairs = pair(&one.out.proposals, &one.out.proposals, &d);
        prop_assert_eq!(pairs, (0..one.out.proposals.len()).map(Some).collect::<Vec<_>>());
        let review = decided(&one);
        prop_assert_eq!(carried(&one, &review, &one), review);
    }

    #[test]
    fn every_item_of_both_is_there_once_with_all_its_words(old in version(), new in version()) {
        let (a, b) = (of(&old), of(&new));
        let d = between(&a, &b);
        let mut olds: Vec<usize> = d.items.iter().filter_map(|i| i.old).collect();
        olds.sort_unstable();
        prop_assert_eq!(olds, (0..a.plan.items.len()).collect::<Vec<_>>());
        let news: Vec<usize> = d.items.iter().filter_map(|i| i.new).collect();
        prop_assert_eq!(news, (0..b.plan.items.len()).collect::<Vec<_>>(), "in the order of the new text");
        for i in &d.items {
            let old_words = i.old.map(|o| old[o].clone()).unwrap_or_default();
            let new_words = i.new.map(|n| new[n].clone()).unwrap_or_default();
            prop_assert_eq!(side(&i.words, Side::Old), old_words);
            prop_assert_eq!(side(&i.words, Side::New), new_words);
        }
        // What stands in both, edited or not, is known again.
        let kin = |x: &str, y: &str| x.chars().take(4).eq(y.chars().take(4));
        let shared = old.iter().filter(|o| new.iter().any(|n| kin(o, n))).count();
        prop_assert_eq!(d.matched(), shared, "{:#?}", d.items);
        let pairs = pair(&a.out.proposals, &b.out.proposals, &d);
        let used: Vec<usize> = pairs.iter().flatten().copied().collect();
        prop_assert_eq!(used.iter().collect::<BTreeSet<_>>().len(), used.len(), "one continues one");
    }

    #[test]
    fn any_two_texts_can_be_compared(old in "\\PC{0,60}", new in "\\PC{0,60}") {
        let words = compiler::words(&old, &new);
        if !old.split_whitespace().eq(new.split_whitespace()) {
            prop_assert_eq!(side(&words, Side::Old), old);
        }
        prop_assert_eq!(side(&words, Side::New), new);
    }
}
