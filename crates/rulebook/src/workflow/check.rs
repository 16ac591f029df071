//! What is wrong between the steps of a procedure: names, ways in, ways to an end, bounds that exclude each other.

use std::collections::BTreeMap;

use model::flow::{Amount, DueRule, Goal, Length, Test, Workflow};

use super::{Reading, Ref, Span};
use crate::fault::did_you_mean;

/// About how many days a length has, for comparing two.
pub(super) fn days(length: Length) -> u32 {
    match length {
        Length::Hours(n) => n / 24,
        Length::Days(n) => n,
        Length::WorkingDays(n) => n.saturating_mul(7) / 5,
        Length::Months(n) => n.saturating_mul(30),
        Length::Years(n) => n.saturating_mul(365),
    }
}

/// The bounds of a test, by what they bound: least and most, in one measure.
fn bounds(test: &Test) -> Option<(String, Option<i64>, Option<i64>)> {
    let number = |a: &Option<Amount>| match a {
        Some(Amount::Number(n)) => Some(*n),
        _ => None,
    };
    let of = |a: &model::flow::Amounts| (number(&a.at_least), number(&a.at_most));
    Some(match test {
        Test::Time { point, until, bound } => {
            let length = |l: Option<Length>| l.map(|l| i64::from(days(l)));
            (format!("{until}{point:?}"), length(bound.at_least), length(bound.at_most))
        }
        Test::Entries { ledger, such, since, sum, bound } => {
            let (least, most) = of(bound);
            (format!("{ledger}{such:?}{since:?}{sum:?}"), least, most)
        }
        Test::People(p) => {
            let (least, most) = of(&p.bound);
            (format!("people {}", p.field), least, most)
        }
        Test::Was { step, outcome, bound } => {
            let (least, most) = of(bound);
            (format!("was {step}{outcome:?}"), least, most)
        }
        Test::Record(model::Condition::Number { field, bound }) => {
            (format!("field {field}"), bound.at_least, bound.at_most)
        }
        _ => return None,
    })
}

impl Reading<'_, '_> {
    /// Tells all that is wrong; the ways are looked at only where everything could be read.
    pub(super) fn check(&mut self, workflow: &Workflow, clean: bool) {
        let before = self.faults.count();
        self.names(workflow);
        self.contradictions(workflow);
        self.lanes(workflow);
        if clean && self.faults.count() == before {
            self.first_outcomes(workflow);
            self.reach(workflow);
        }
    }

    fn place_span(&self, step: &str) -> Span {
        self.ids.iter().position(|id| id == step).and_then(|i| self.places.get(i)).cloned().unwrap_or(0..0)
    }

    fn span(&self, step: &str, what: &str) -> Span {
        let found = self.spans.iter().find(|(s, w, _)| s == step && *w == what);
        found.map_or_else(|| self.place_span(step), |(.., span)| span.clone())
    }

    fn names(&mut self, workflow: &Workflow) {
        for (inside, step, how, span) in std::mem::take(&mut self.refs) {
            let Some(to) = self.ids.iter().position(|id| *id == step) else {
                let help = did_you_mean(&step, self.ids.iter().map(String::as_str));
                self.faults.say(&span, format!("没有环节“{step}”"), help);
                continue;
            };
            let Some(from) = self.ids.iter().position(|id| *id == inside) else { continue };
            match how {
                Ref::Any => {}
                Ref::Above if to >= from => {
                    let help = "after 和 due: 只能写上面的环节。";
                    self.faults.say(&span, format!("环节“{step}”不在“{inside}”的上面"), help);
                }
                Ref::Above => {}
                Ref::Past | Ref::Outcome(_) => {
                    let above = to <= from
                        || workflow.step(&step).is_some_and(|s| {
                            s.goals().any(|g| {
                                matches!(g, Goal::Step(id) if self.ids.iter().position(|i| i == id).is_some_and(|t| t <= from))
                            })
                        });
                    if !above {
                        let help = "只能说到上面的环节、本环节，或者会退回到上面来的环节。";
                        self.faults.say(&span, format!("办“{inside}”时还没有办过“{step}”"), help);
                    }
                    if let (Ref::Outcome(outcome), Some(s)) = (&how, workflow.step(&step)) {
                        let known = s.goal(outcome).is_some()
                            || matches!(outcome.as_str(), "done" | "lapsed" | "skipped");
                        if !known {
                            let outcomes =
                                s.decides.iter().flat_map(|d| d.outcomes.iter().map(|(o, _)| o.as_str()));
                            let help = did_you_mean(outcome, outcomes);
                            self.faults.say(&span, format!("环节“{step}”没有结论“{outcome}”"), help);
                        }
                    }
                }
            }
        }
        for step in &workflow.steps {
            let Some(beside) = &step.beside else { continue };
            let (Some(outcome), Some(until)) = (&beside.outcome, workflow.step(&beside.step)) else {
                continue;
            };
            if until.goal(outcome).is_none() {
                let span = self.place_span(&step.id);
                let message = format!("环节“{}”没有结论“{outcome}”", beside.step);
                self.faults.say(&span, message, "beside 写成 环节:结论，结论在那个环节的 decides 里。");
            }
        }
    }

    fn contradictions(&mut self, workflow: &Workflow) {
        for step in &workflow.steps {
            let mut all: BTreeMap<String, (Option<i64>, Option<i64>)> = BTreeMap::new();
            for (what, least, most) in step.guard.iter().filter_map(|g| bounds(&g.test)) {
                let entry = all.entry(what).or_default();
                entry.0 = entry.0.max(least);
                entry.1 = match (entry.1, most) {
                    (Some(a), Some(b)) => Some(a.min(b)),
                    (a, b) => a.or(b),
                };
            }
            let short = step.due.iter().any(|due| {
                let most = due.extend.as_ref().and_then(|e| e.at_most);
                matches!((&due.rule, most), (DueRule::Within(length, _), Some(most)) if days(most) < days(*length))
            });
            if short {
                let span = self.place_span(&step.id);
                let message = format!("环节“{}”延期的上限比期限还短", step.id);
                self.faults.say(&span, message, "extend 的 at_most 从同一个时点算起，要比 within 长。");
            }
            // Within one test it has been told where it stands.
            let within = step.guard.iter().filter_map(|g| bounds(&g.test)).any(|(_, l, m)| excludes(l, m));
            if !within && all.values().any(|(least, most)| excludes(*least, *most)) {
                let span = self.span(&step.id, "guard");
                let message = format!("环节“{}”的把关互相排斥，没有记录能够符合", step.id);
                self.faults.say(&span, message, "核对同一个时点、字段的上限和下限。");
            }
        }
    }

    fn lanes(&mut self, workflow: &Workflow) {
        for step in workflow.steps.iter().filter(|s| s.per.is_some()) {
            if step.goals().any(|g| matches!(g, Goal::End(_))) {
                let span = self.span(&step.id, "decides");
                let message = format!("环节“{}”分行办理，一行不能结束整个事项", step.id);
                self.faults.say(&span, message, "把 end: 写在各行汇总之后的环节。");
            }
        }
    }

    /// A step that may fall away or be left out is passed by its first outcome, which must lead on.
    fn first_outcomes(&mut self, workflow: &Workflow) {
        for (i, step) in workflow.steps.iter().enumerate() {
            let Some((outcome, goal)) = step.first_outcome() else { continue };
            let what = if !step.when.is_empty() {
                "when"
            } else if step.skip.is_some() {
                "skip"
            } else {
                continue;
            };
            if !self.leads_down(i, goal) {
                let span = self.span(&step.id, what);
                let message = format!("环节“{}”可以不办，第一个结论“{outcome}”却不通向下面的环节", step.id);
                self.faults.say(&span, message, "把通向下面的结论写在最前。");
            }
        }
    }

    fn reach(&mut self, workflow: &Workflow) {
        let ways = workflow.ways();
        let steps = &workflow.steps;
        // What starts of itself, then what a live step above lets open or one below leads back to.
        let mut live: Vec<bool> = ways.iter().map(Vec::is_empty).collect();
        loop {
            let mut grew = false;
            for i in 0..steps.len() {
                let from = ways.get(i).map(Vec::as_slice).unwrap_or_default();
                let way = |(p, s): (usize, &model::flow::Step)| {
                    let leads = if p < i {
                        from.contains(&p) && lets(s, p, i, workflow)
                    } else {
                        p > i && steps.get(i).is_some_and(|to| s.names(&to.id))
                    };
                    leads && live.get(p) == Some(&true)
                };
                let open = live.get(i) == Some(&true) || steps.iter().enumerate().any(way);
                if let Some(slot) = live.get_mut(i)
                    && open != *slot
                {
                    *slot = open;
                    grew = true;
                }
            }
            if !grew {
                break;
            }
        }
        let mut told = false;
        for (i, step) in steps.iter().enumerate() {
            if live.get(i) != Some(&true) {
                told = true;
                let span = self.place_span(&step.id);
                let message = format!("环节“{}”没有路可以到达", step.id);
                self.faults.say(&span, message, "给它写 after，或者让上面某个结论通向它。");
            }
        }
        if told {
            return;
        }
        let ends = ending(workflow, &ways);
        for (i, step) in steps.iter().enumerate() {
            if ends.get(i) != Some(&true) {
                let span = self.span(&step.id, "decides");
                let message = format!("环节“{}”没有一个结论能够走到结束", step.id);
                self.faults.say(&span, message, "至少让一个结论通向 end:名称，或者通向能够结束的环节。");
            }
        }
    }
}

fn excludes(least: Option<i64>, most: Option<i64>) -> bool {
    matches!((least, most), (Some(l), Some(m)) if l > m)
}

/// Whether some outcome of the step at `p` lets the one at `i` below it open.
fn lets(step: &model::flow::Step, p: usize, i: usize, workflow: &Workflow) -> bool {
    let Some(to) = workflow.steps.get(i) else { return false };
    if step.names(&to.id) || step.beside.is_some() || step.decides.is_none() {
        return true;
    }
    step.goals().any(|g| match g {
        Goal::Pass => true,
        Goal::End(_) => false,
        Goal::Step(id) => workflow.place(id).is_some_and(|t| t > p),
    })
}

/// Which steps can come to an end.
fn ending(workflow: &Workflow, ways: &[Vec<usize>]) -> Vec<bool> {
    let steps = &workflow.steps;
    let mut ends = vec![false; steps.len()];
    loop {
        let mut grew = false;
        for (i, step) in steps.iter().enumerate().rev() {
            if ends.get(i) == Some(&true) {
                continue;
            }
            let on = |ends: &[bool]| {
                let mut followers =
                    ways.iter().enumerate().filter(|(_, from)| from.contains(&i)).map(|(f, _)| f).peekable();
                followers.peek().is_none() || followers.any(|f| ends.get(f) == Some(&true))
            };
            let goal = |g: &Goal, ends: &[bool]| match g {
                Goal::End(_) => true,
                Goal::Pass => on(ends),
                Goal::Step(id) => workflow.place(id).is_some_and(|t| t != i && ends.get(t) == Some(&true)),
            };
            let can = match &step.decides {
                None => on(&ends) || step.lapse.as_ref().is_some_and(|g| goal(g, &ends)),
                Some(_) => step.beside.is_some() || step.goals().any(|g| goal(g, &ends)),
            };
            if can && let Some(slot) = ends.get_mut(i) {
                *slot = true;
                grew = true;
            }
        }
        if !grew {
            return ends;
        }
    }
}
