//! Which fields a procedure reads: what of a record cannot be corrected without asking whether its step still holds.

use std::collections::BTreeSet;

use super::{
    Amount, Amounts, DueRule, Effect, Given, Path, Plus, Point, Relation, Step, Target, Test, Who, Workflow,
};
use crate::Condition;

type Fields = BTreeSet<String>;

impl Step {
    /// Ids of the fields of records that its guards, outcomes, moments and effects read.
    #[must_use]
    pub fn fields(&self) -> BTreeSet<String> {
        let mut out = Fields::new();
        self.when.iter().for_each(|t| test(t, &mut out));
        for shown in &self.shown_by {
            conditions(&shown.such.0, &mut out);
            shown.when.iter().for_each(|t| test(t, &mut out));
            out.extend(shown.rows.clone());
        }
        for due in &self.due {
            if let DueRule::Within(_, p) | DueRule::Before(_, p) | DueRule::On(p) = &due.rule {
                point(p, &mut out);
            }
            due.when.iter().for_each(|t| test(t, &mut out));
        }
        for guard in &self.guard {
            test(&guard.test, &mut out);
            guard.unmet.iter().for_each(|e| effect(e, &mut out));
        }
        if let Some(decides) = &self.decides {
            out.extend(decides.field.iter().chain(&decides.over).cloned());
            decides.seats.iter().for_each(|p| path(p, &mut out));
        }
        self.effects.iter().flat_map(|(_, all)| all).for_each(|e| effect(e, &mut out));
        if let Who::Field(p) = &self.by {
            path(p, &mut out);
        }
        out.extend(self.anew.iter().cloned());
        out
    }
}

impl Workflow {
    /// Ids of the fields of records that a guard, an outcome, a moment or an effect reads.
    #[must_use]
    pub fn fields(&self) -> BTreeSet<String> {
        self.steps.iter().flat_map(Step::fields).collect()
    }

    /// Whether a due day or a guard hangs on the day of this event.
    #[must_use]
    pub fn waits_for_event(&self, id: &str) -> bool {
        let is = |p: &Point| p.hangs_on(id);
        let due = |d: &super::Due| match &d.rule {
            DueRule::Within(_, p) | DueRule::Before(_, p) | DueRule::On(p) => is(p),
            DueRule::Each(_) | DueRule::Every(_) => false,
        };
        let guarded = |g: &super::Guard| matches!(&g.test, Test::Time { point, .. } if is(point));
        self.steps.iter().any(|s| s.due.iter().any(due) || s.guard.iter().any(guarded))
    }

    /// Whether a step is shown by records of one of these ledgers, or a case is opened by one.
    #[must_use]
    pub fn concerns(&self, ledgers: &[String]) -> bool {
        let shown = self.steps.iter().flat_map(|s| &s.shown_by).filter_map(|s| s.ledger.as_ref());
        shown.into_iter().any(|l| ledgers.contains(l)) || self.opened_by(ledgers)
    }

    /// Whether a record of one of these ledgers may open a case.
    #[must_use]
    pub fn opened_by(&self, ledgers: &[String]) -> bool {
        let by = |o: &super::Opening| match o {
            super::Opening::Entry { ledgers: of, .. } => of.iter().any(|l| ledgers.contains(l)),
            _ => false,
        };
        self.opens.iter().any(by)
    }
}

fn conditions(all: &[Condition], out: &mut Fields) {
    out.extend(all.iter().flat_map(Condition::fields).map(str::to_owned));
}

fn path(path: &Path, out: &mut Fields) {
    match path {
        Path::Own(field)
        | Path::Step { field, .. }
        | Path::Line(field)
        | Path::Parent(field)
        | Path::Record(field) => {
            out.insert(field.clone());
        }
        Path::Subject(_) => {}
    }
}

fn point(of: &Point, out: &mut Fields) {
    match of {
        Point::Field(p) => path(p, out),
        Point::First(all) => all.iter().for_each(|p| point(p, out)),
        Point::Opened
        | Point::Cutoff
        | Point::Step { .. }
        | Point::Fact { .. }
        | Point::Period { .. }
        | Point::Event(_)
        | Point::Due(_) => {}
    }
}

fn amounts(bound: &Amounts, out: &mut Fields) {
    for amount in bound.at_least.iter().chain(&bound.at_most) {
        if let Amount::Path(p) = amount {
            path(p, out);
        }
    }
}

fn effect(effect: &Effect, out: &mut Fields) {
    if let Target::Field(p) = &effect.on {
        path(p, out);
    }
    match &effect.is {
        Some(Given::Path(p)) => path(p, out),
        Some(Given::Point(p)) => point(p, out),
        _ => {}
    }
    effect.from.iter().chain(&effect.to).for_each(|p| point(p, out));
    if let Some(Plus::Months(p)) = &effect.plus {
        path(p, out);
    }
}

fn test(test_: &Test, out: &mut Fields) {
    match test_ {
        Test::Record(condition) | Test::OfLine(condition) | Test::Of(_, condition) => {
            conditions(std::slice::from_ref(condition), out);
        }
        Test::Time { point: p, .. } => point(p, out),
        Test::Entries { such, sum, bound, .. } => {
            conditions(such, out);
            out.extend(sum.clone());
            amounts(bound, out);
        }
        Test::Lines { field, such, of, .. } => {
            out.insert(field.clone());
            conditions(such, out);
            path(of, out);
        }
        Test::Against { field, bound } => {
            out.insert(field.clone());
            amounts(bound, out);
        }
        Test::People(asked) => {
            out.insert(asked.field.clone());
            amounts(&asked.bound, out);
            for relation in &asked.not {
                if let Relation::In(p) | Relation::Near(p) = relation {
                    path(p, out);
                }
            }
        }
        Test::Papers(papers) => out.extend(papers.iter().cloned()),
        Test::Fact { bound, .. } | Test::Was { bound, .. } | Test::Cases { bound, .. } => amounts(bound, out),
        Test::Says(p, _) => path(p, out),
        Test::Any(all) | Test::Not(all) => all.iter().for_each(|t| test(t, out)),
        Test::Quorum(_) | Test::Setting(..) => {}
    }
}
