//! Procedures: the walks of the rulebook, and what holds of every procedure.

mod sheets;
mod votes;

use std::collections::{BTreeMap, BTreeSet};

use model::flow::{Cite, Goal, Test};
use rulebook::{Rulebook, read_walks};
use runtime::walk::play;

fn built_in() -> Rulebook {
    Rulebook::built_in().unwrap_or_else(|faults| {
        let lines: Vec<String> = faults.iter().map(|f| format!("{f} {}", f.help)).collect();
        panic!("{}", lines.join("\n"))
    })
}

#[test]
fn every_walk_of_the_rulebook_goes_as_it_says() {
    let rulebook = built_in();
    let walks = read_walks(None).unwrap_or_else(|faults| {
        let lines: Vec<String> = faults.iter().map(|f| format!("{f} {}", f.help)).collect();
        panic!("{}", lines.join("\n"))
    });
    let mut wrong = Vec::new();
    let mut ends: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for walk in &walks {
        let played = play(walk, &rulebook);
        for fault in &played.faults {
            wrong.push(format!(
                "{}:{} {}\n    应为 {}\n    实为 {}",
                played.file, fault.at, walk.name, fault.expected, fault.came
            ));
        }
        for (workflow, end) in played.ends {
            ends.entry(workflow).or_default().insert(end);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for workflow in rulebook.workflows() {
        let named = workflow.steps.iter().flat_map(|s| s.goals()).filter_map(|g| match g {
            Goal::End(name) => Some(name.clone()),
            _ => None,
        });
        let reached = ends.get(&workflow.id).cloned().unwrap_or_default();
        let left: Vec<String> = named.filter(|n| !reached.contains(n)).collect();
        assert!(!reached.is_empty(), "no walk of {} comes to an end", workflow.id);
        assert!(left.is_empty(), "no walk of {} ends as {left:?}", workflow.id);
    }
}

/// Each guard is broken once at least: what nobody has seen refuse or warn may be written wrongly.
#[test]
fn every_guard_is_broken_by_some_walk() {
    let rulebook = built_in();
    let walks = read_walks(None).unwrap_or_else(|f| panic!("{f:#?}"));
    let told: BTreeSet<(String, String, String)> =
        walks.iter().flat_map(|walk| play(walk, &rulebook).told).collect();
    let by = |cite: &Cite| cite.article.clone().or(cite.rank.map(|r| r.id().to_owned()));
    let mut whole = Vec::new();
    for (workflow, step) in rulebook.workflows().flat_map(|w| w.steps.iter().map(move |s| (w, s))) {
        for guard in &step.guard {
            let own = match &guard.test {
                Test::Quorum(vote) => {
                    rulebook.vote(vote).and_then(|v| v.quorum.as_ref()).map(|(_, cite)| cite)
                }
                _ => None,
            };
            let name = by(&guard.cite).or(own.and_then(by)).unwrap_or_default();
            if !told.contains(&(workflow.id.clone(), step.id.clone(), name.clone())) {
                whole.push(format!("{} {} {name}", workflow.id, step.id));
            }
        }
    }
    // No way leads to the review but that of a review that was passed: the guard says the article, and cannot be broken.
    assert_eq!(whole, ["member-development review develop_members_2014:16f"]);
}

#[test]
fn a_name_that_nothing_has_is_told() {
    let text = r#"
units = [{ name = "校党委", kind = "committee" }]
[[walk]]
name = "写错的"
workflow = "rectification"
about = "一个问题"
unit = "校党委"
[[walk.line]]
on = 2026-03-02
open = ["causes"]
refused = ["develop_members_2014:99z"]
"#;
    let walks = rulebook::walks("example.toml", text, &mut Vec::new());
    let told: Vec<String> = play(&walks[0], &built_in()).faults.into_iter().map(|f| f.came).collect();
    assert!(told.contains(&"事项的流程里没有环节“causes”".to_owned()), "{told:?}");
    let article = "“develop_members_2014:99z”不是条款登记里的一行，也不是依据层级或提示的种类";
    assert!(told.contains(&article.to_owned()), "{told:?}");
}

#[test]
fn a_walk_that_goes_otherwise_is_told_with_its_line() {
    let text = r#"
units = [{ name = "校党委", kind = "committee" }, { name = "一支部", kind = "branch", under = "校党委" }]

[[walk]]
name = "不对的"
workflow = "rectification"
about = "一个问题"
unit = "一支部"
by = "校党委"

[[walk.line]]
on = 2026-03-02
unit = "一支部"
record = "rectification-plan"
fields = { part = "cause", content = "原因" }
moved = ["plan"]
open = [{ step = "plan", due = 2026-03-18, by = "校党委" }]

[[walk.line]]
on = 2026-03-03
unit = "一支部"
record = "no-such"
ended = "办结"
"#;
    let mut found = Vec::new();
    let walks = rulebook::walks("example.toml", text, &mut found);
    assert_eq!(found, Vec::new());
    let played = play(&walks[0], &built_in());
    let told: Vec<String> =
        played.faults.iter().map(|f| format!("{} {} / {}", f.at, f.expected, f.came)).collect();
    assert_eq!(
        told,
        [
            "11 推动：plan / cause",
            "11 “plan”的期限：2026-03-18 / plan（一支部，2026-03-17）",
            "11 “plan”的承办方：校党委 / plan（一支部，2026-03-17）",
            "19 结束：办结 / 没有结束，待办：plan",
            "19 能读懂的一行 / 没有台账“no-such”",
        ]
    );
}

#[test]
fn a_mistake_in_a_walk_is_told_in_its_place() {
    let mut found = Vec::new();
    let walks = rulebook::walks(
        "example.toml",
        "[[walk]]\nname = \"甲\"\n[[walk.line]]\nmoved_two = 1\n",
        &mut found,
    );
    assert_eq!(walks.len(), 1);
    let told: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(told[0], "example.toml:3:1: 这一行没有写明日期（on）");
    assert!(told[1].starts_with("example.toml:4:1: "), "{}", told[1]);
}

mod flow {
    use std::collections::BTreeMap;

    use jiff::ToSpan;
    use jiff::civil::date;
    use model::flow::{Length, Workflow};
    use model::{CaseId, Organisation, UnitId};
    use proptest::prelude::*;
    use rulebook::Rulebook;
    use runtime::flow::{Case, Days, Event, Facts, State, Status, Subject, What, World, state};

    struct Bare {
        rulebook: Rulebook,
        days: Days,
    }

    impl Bare {
        fn new() -> Self {
            let rulebook = super::built_in();
            let days = Days::of(&rulebook, 2026..=2030);
            Self { rulebook, days }
        }

        fn state(&self, workflow: &Workflow, case: &Case, events: &[Event], on: jiff::civil::Date) -> State {
            let world = World {
                rulebook: &self.rulebook,
                organisation: &Organisation::default(),
                people: &BTreeMap::new(),
                facts: &Facts::new(),
                entries: &BTreeMap::new(),
                settings: &BTreeMap::new(),
                events: &BTreeMap::new(),
                days: &self.days,
                cases: &[],
            };
            state(workflow, case, events, &world, on)
        }
    }

    fn case(workflow: &Workflow) -> Case {
        let (id, unit) = (CaseId::from_parts(0, &[1; 10]), UnitId::from_parts(0, &[2; 10]));
        Case {
            id,
            workflow: workflow.id.clone(),
            subject: Subject::Matter(id),
            title: "事项".to_owned(),
            unit,
            opened: date(2026, 1, 5),
            opened_by: unit,
            parent: None,
        }
    }

    fn open(state: &State) -> Vec<(usize, usize)> {
        let of = |(i, p): (usize, &runtime::flow::Place)| {
            let marks = p.marks.iter().enumerate().filter(|(_, m)| m.status == Status::Open);
            marks.map(move |(line, _)| (i, line)).collect::<Vec<_>>()
        };
        state.places.iter().enumerate().flat_map(of).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn working_days_are_counted_one_by_one(from in 0_i32..3000, n in 0_u32..400) {
            let days = Days::of(&super::built_in(), 2026..=2028);
            let day = date(2024, 1, 1).checked_add(from.days()).unwrap();
            let length = Length::WorkingDays(n);
            for (way, found) in [(1, days.after(day, length)), (-1, days.before(day, length))] {
                let (mut at, mut left) = (day, n);
                while left > 0 {
                    at = at.checked_add(way.days()).unwrap();
                    left -= u32::from(days.is_working_day(at));
                }
                prop_assert_eq!(found, at);
            }
        }

        /// Whatever is decided at whichever open step: something is open until the case ends, the same events give the
        /// same state, and what was known on a past day is as it was.
        #[test]
        fn no_path_leaves_a_case_without_an_open_step_or_an_end(
            choices in proptest::collection::vec((0usize..64, 0usize..64), 1..40),
        ) {
            let bare = Bare::new();
            for workflow in bare.rulebook.workflows() {
                let case = case(workflow);
                let mut events: Vec<Event> = Vec::new();
                let mut day = case.opened;
                let mut history = vec![(day, bare.state(workflow, &case, &events, day))];
                for (which, outcome) in &choices {
                    let now = bare.state(workflow, &case, &events, day);
                    let owed = open(&now);
                    if now.ended.is_some() {
                        prop_assert!(owed.is_empty(), "{} ended and is open", workflow.id);
                        break;
                    }
                    prop_assert!(!owed.is_empty(), "{} sticks after {events:?}", workflow.id);
                    let (place, line) = owed[which % owed.len()];
                    let step = &workflow.steps[place];
                    let outcomes = step.decides.as_ref().map(|d| &d.outcomes);
                    let outcome = match outcomes {
                        Some(all) if !all.is_empty() => all[outcome % all.len()].0.clone(),
                        _ => "done".to_owned(),
                    };
                    day = day.checked_add(1.day()).unwrap();
                    let line = step.per.is_some().then_some(line);
                    let what = What::Done {
                        step: step.id.clone(),
                        line,
                        outcome,
                        entry: None,
                        row: None,
                        by: Vec::new(),
                        unit: None,
                    };
                    events.push(Event { known: day, day, what });
                    history.push((day, bare.state(workflow, &case, &events, day)));
                }
                for (on, then) in &history {
                    prop_assert_eq!(&bare.state(workflow, &case, &events, *on), then, "{} on {}", workflow.id, on);
                }
            }
        }

        /// What is disputed moves nothing; upheld it is as before.
        #[test]
        fn a_dispute_moves_nothing(choices in proptest::collection::vec((0usize..64, 0usize..64), 1..12)) {
            let bare = Bare::new();
            for workflow in bare.rulebook.workflows() {
                let case = case(workflow);
                let mut events: Vec<Event> = Vec::new();
                let mut day = case.opened;
                for (which, _) in &choices {
                    let now = bare.state(workflow, &case, &events, day);
                    let owed = open(&now);
                    if owed.is_empty() { break; }
                    let (place, line) = owed[which % owed.len()];
                    let step = &workflow.steps[place];
                    let outcome = step.first_outcome().map_or_else(|| "done".to_owned(), |(o, _)| o.clone());
                    day = day.checked_add(1.day()).unwrap();
                    let line = step.per.is_some().then_some(line);
                    let what = What::Done {
                        step: step.id.clone(), line, outcome, entry: None, row: None, by: Vec::new(), unit: None,
                    };
                    events.push(Event { known: day, day, what });
                    let before = bare.state(workflow, &case, &events, day);
                    let dispute = What::Disputed(step.id.clone(), None);
                    let mut with = events.clone();
                    with.push(Event { known: day, day, what: dispute });
                    let disputed = bare.state(workflow, &case, &with, day);
                    prop_assert_eq!(open(&disputed), open(&before));
                    prop_assert_eq!(disputed.disputed.len(), 1);
                    with.push(Event { known: day, day, what: What::Upheld(step.id.clone()) });
                    prop_assert_eq!(&bare.state(workflow, &case, &with, day), &before);
                }
            }
        }
    }
}

/// A procedure that nobody foresaw: steps, a vote, a decision, lanes, clocks, its own ledger, votes and articles, in a folder
/// of its own.
#[test]
fn a_new_procedure_is_files_and_nothing_else() {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/flow/own");
    let rulebook = Rulebook::load(Some(&dir)).unwrap_or_else(|faults| panic!("{faults:#?}"));
    let walks = read_walks(Some(&dir)).unwrap_or_else(|faults| panic!("{faults:#?}"));
    assert_eq!(walks.len(), 5);
    let told: Vec<String> = walks
        .iter()
        .flat_map(|walk| play(walk, &rulebook).faults)
        .map(|f| format!("{} 应为 {} 实为 {}", f.at, f.expected, f.came))
        .collect();
    assert_eq!(told, Vec::<String>::new());
}
