//! One step: who, by what, when, what it needs, what comes out.

use model::flow::{Beside, Decides, Due, DueRule, Extend, Goal, Lane, Shown, Step, Who};
use model::sheet::Carries;

use super::{Reading, Ref};
use crate::condition::{Use, Wants};
use crate::link::Kind;
use crate::obligation::kinds;
use crate::tree::{Field, Node, Table, Value};
use crate::words::{PERS, meaning};

impl Reading<'_, '_> {
    /// Reads `[step.ID]`.
    pub(super) fn step(&mut self, field: Field) -> Option<Step> {
        let mut table = Table::of(field.node, "环节", self.faults)?;
        let span = table.span.clone();
        let title = table.need_text("title", self.faults);
        let _ = table.text("note", self.faults);
        let after = table.has("after").then(|| {
            let listed = table.spanned_texts("after", self.faults);
            for (id, at) in &listed {
                self.refer(id, at, Ref::Above);
            }
            listed.into_iter().map(|(id, _)| id).collect::<Vec<_>>()
        });
        if let Some(at) = table.span_of("when") {
            self.spans.push((self.now.clone(), "when", at));
        }
        let when = table.take("when").map_or_else(Vec::new, |n| self.tests(n));
        let per = table.take("per").and_then(|n| self.lane(n));
        let beside = table.spanned_text("beside", self.faults).map(|(word, at)| match word.split_once(':') {
            Some((step, outcome)) => {
                self.refer(step, &at, Ref::Any);
                Beside { step: step.to_owned(), outcome: Some(outcome.to_owned()) }
            }
            None => {
                self.refer(&word, &at, Ref::Any);
                Beside { step: word, outcome: None }
            }
        });
        let (by, by_cite) = match table.take("by") {
            Some(node) => {
                let (node, cite) = self.cited(node);
                (self.who(node).unwrap_or(Who::Own), cite)
            }
            None => (Who::Own, Default::default()),
        };
        let kept_by = table.take("kept_by").and_then(|n| self.who(n));
        let posts = table.spanned_texts("posts", self.faults);
        for (post, at) in &posts {
            self.links.post(post, self.faults.at(at));
        }
        let shown_by = table.take("shown_by").map_or_else(Vec::new, |n| self.shown(n));
        let due = match table.take("due") {
            Some(Node { value: Value::Array(nodes), .. }) => {
                nodes.into_iter().filter_map(|n| self.due(n, beside.is_some())).collect()
            }
            Some(node) => self.due(node, beside.is_some()).into_iter().collect(),
            None => Vec::new(),
        };
        let lapse = table.take("lapse").and_then(|n| self.goal(&n));
        if let Some(at) = table.span_of("guard") {
            self.spans.push((self.now.clone(), "guard", at));
        }
        let guard = table.take("guard").map_or_else(Vec::new, |n| self.guards(n));
        if let Some(at) = table.span_of("decides") {
            self.spans.push((self.now.clone(), "decides", at));
        }
        let decides = table.take("decides").and_then(|n| self.decides(n));
        let effects = table.take("effect").map_or_else(Vec::new, |n| self.by_outcome(n, decides.as_ref()));
        if let Some(at) = table.span_of("skip") {
            self.spans.push((self.now.clone(), "skip", at));
        }
        let skip = match table.take("skip") {
            None => None,
            Some(Node { value: Value::Bool(false), .. }) => None,
            Some(Node { value: Value::Bool(true), .. }) => Some(Default::default()),
            Some(node) => Table::of(node, "skip", self.faults).map(|mut t| {
                let cite = self.cite(&mut t);
                t.finish(self.faults);
                cite
            }),
        };
        let anew = table.spanned_texts("anew", self.faults);
        for (field, at) in &anew {
            self.own(field, at);
        }
        if let Some(at) = table.span_of("draw") {
            if !self.of_sheet {
                self.faults.say(&at, "只有检查和考核（checks、appraisals）里能抽取（draw）", "");
            }
            let draws = table.take("draw").map_or_else(Vec::new, |n| self.draws(n));
            let step = self.now.clone();
            self.draws.extend(draws.into_iter().map(|d| (step.clone(), d)));
        }
        table.finish(self.faults);
        if shown_by.is_empty() && lapse.is_none() {
            let help = "写 shown_by = { ledger = \"台账\" }；只计时的环节写 due 和 lapse。";
            self.faults.say(&span, format!("环节“{}”没有台账能够证明", self.now), help);
        }
        if lapse.is_some() && due.is_empty() {
            let help = "lapse 是期满未办时的去向，写上 due。";
            self.faults.say(&span, format!("环节“{}”写了 lapse，没有写期限（due）", self.now), help);
        }
        if by == Who::Outside && kept_by.is_none() {
            let help = "校外单位办的，写明由谁登记：kept_by = \"own\"。";
            self.faults.say(&span, format!("环节“{}”由校外单位办理，没有写明由谁登记", self.now), help);
        }
        if by == Who::Line && per.is_none() {
            let help = "写 per = \"环节.字段\"，或者换一个承办方。";
            self.faults.say(&span, format!("环节“{}”由各行承办，却不分行（per）", self.now), help);
        }
        Some(Step {
            id: self.now.clone(),
            title: title?,
            after,
            when,
            per,
            beside,
            by,
            by_cite,
            kept_by,
            posts: posts.into_iter().map(|(p, _)| p).collect(),
            shown_by,
            due,
            lapse,
            guard,
            decides,
            effects,
            skip,
            anew: anew.into_iter().map(|(f, _)| f).collect(),
        })
    }

    /// The cite that a table carries, and the table without it.
    fn cited(&mut self, node: Node) -> (Node, model::flow::Cite) {
        let Value::Table(fields) = node.value else { return (node, Default::default()) };
        let (cites, rest): (Vec<Field>, Vec<Field>) =
            fields.into_iter().partition(|f| matches!(f.key.as_str(), "cite" | "level"));
        let cite = Table::of(Node { span: node.span.clone(), value: Value::Table(cites) }, "by", self.faults)
            .map(|mut t| self.cite(&mut t));
        (Node { span: node.span, value: Value::Table(rest) }, cite.unwrap_or_default())
    }

    fn lane(&mut self, node: Node) -> Option<Lane> {
        if let Value::Text(word) = &node.value {
            return self.path(word, &node.span).map(Lane::Field);
        }
        let mut table = Table::of(node, "per", self.faults)?;
        let lane = if table.has("units") {
            let units = kinds("units", &mut table, self.faults);
            let under = table.take("under").and_then(|n| self.who(n));
            Some(Lane::Units(units, under))
        } else {
            table.need_text("people", self.faults).map(Lane::People)
        };
        table.finish(self.faults);
        lane
    }

    fn shown(&mut self, node: Node) -> Vec<Shown> {
        node.each().into_iter().filter_map(|n| self.shown_one(n)).collect()
    }

    fn shown_one(&mut self, node: Node) -> Option<Shown> {
        let span = node.span.clone();
        let mut table = Table::of(node, "shown_by", self.faults)?;
        let ledger = table.spanned_text("ledger", self.faults);
        let case = table.spanned_text("case", self.faults);
        if let Some((id, at)) = &case {
            self.links.to(Kind::Workflow, id, self.faults.at(at));
        }
        if let Some((id, at)) = &ledger {
            self.links.to(Kind::Ledger, id, self.faults.at(at));
        }
        let of = ledger.as_ref().map(|(l, _)| l.clone()).unwrap_or_default();
        let such = table.take("where").map_or_else(Vec::new, |n| self.of_ledger(n, &of));
        let when = table.take("when").map_or_else(Vec::new, |n| self.tests(n));
        let rows = table.spanned_text("rows", self.faults).map(|(rows, at)| {
            // People, units and tables have lines.
            let used = Use { field: rows.clone(), wants: Wants::Any, span: at.clone() };
            self.links.condition(&of, used, self.faults.at(&at));
            rows
        });
        if let Some((word, at)) = table.spanned_text("sheet", self.faults) {
            if !self.of_sheet {
                self.faults.say(&at, "只有检查和考核（checks、appraisals）才有表（sheet）", "");
            }
            let carries = meaning(&word, &at, &Carries::IDS, "表的行", self.faults);
            let step = self.now.clone();
            self.carried.extend(carries.map(|c| (step, c, at)));
        }
        table.finish(self.faults);
        if ledger.is_some() == case.is_some() {
            self.faults.say(&span, "shown_by 要写一本台账（ledger）或者一个流程（case）", "");
            return None;
        }
        Some(Shown {
            ledger: ledger.map(|(l, _)| l),
            case: case.map(|(c, _)| c),
            such: model::Conditions(such),
            when,
            rows,
        })
    }

    fn due(&mut self, node: Node, beside: bool) -> Option<Due> {
        let span = node.span.clone();
        let mut table = Table::of(node, "期限", self.faults)?;
        let rule = if let Some((word, at)) = table.spanned_text("within", self.faults) {
            let length = self.length(&word, &at);
            let point = self.point_at(&mut table, "of");
            length.zip(point).map(|(l, p)| DueRule::Within(l, p))
        } else if let Some((word, at)) = table.spanned_text("before", self.faults) {
            let length = self.length(&word, &at);
            let point = self.point_at(&mut table, "of");
            length.zip(point).map(|(l, p)| DueRule::Before(l, p))
        } else if table.has("on") {
            self.point_at(&mut table, "on").map(DueRule::On)
        } else if let Some((word, at)) = table.spanned_text("each", self.faults) {
            if !beside {
                self.faults.say(&at, "只有与别的环节并行的环节（beside）才能按周期办", "");
            }
            match PERS.iter().find(|(id, _)| *id == word) {
                Some((_, per)) => Some(DueRule::Each(*per)),
                None if word.contains(' ') => self.length(&word, &at).map(DueRule::Every),
                None => meaning(&word, &at, PERS, "周期", self.faults).map(DueRule::Each),
            }
        } else {
            let help = "写成 { within = \"1 month\", of = \"环节\" }，或 before … of、on、each。";
            self.faults.say(&span, "期限的写法不认识", help);
            return None;
        };
        let when = table.take("when").map_or_else(Vec::new, |n| self.tests(n));
        let extend = match table.take("extend") {
            Some(node) => self.extend(node),
            None => None,
        };
        let cite = self.cite(&mut table);
        table.finish(self.faults);
        if rule.as_ref().and_then(DueRule::point).is_some_and(|p| p.is_due_of(&self.now))
            || when.iter().any(|t| t.is_due_of(&self.now))
        {
            let message = format!("环节“{}”的期限从它自己的期限起算", self.now);
            self.faults.say(&span, message, "换一个时点：上面的环节、字段或事实。");
            return None;
        }
        Some(Due { rule: rule?, when, extend, cite })
    }

    fn extend(&mut self, node: Node) -> Option<Extend> {
        let mut table = Table::of(node, "extend", self.faults)?;
        let at_most = self.length_at(&mut table, "at_most");
        let by = table.take("by").and_then(|n| self.who(n));
        let cite = self.cite(&mut table);
        table.finish(self.faults);
        Some(Extend { at_most, by, cite })
    }

    fn decides(&mut self, node: Node) -> Option<Decides> {
        let span = node.span.clone();
        let mut table = Table::of(node, "decides", self.faults)?;
        let mut out = Decides::default();
        if let Some((field, at)) = table.spanned_text("field", self.faults) {
            self.own(&field, &at);
            out.field = Some(field);
        }
        if let Some((vote, at)) = table.spanned_text("vote", self.faults) {
            self.links.to(Kind::Vote, &vote, self.faults.at(&at));
            out.vote = Some(vote);
        }
        if let Some((over, at)) = table.spanned_text("over", self.faults) {
            self.own(&over, &at);
            out.over = Some(over);
        }
        if let Some((seats, at)) = table.spanned_text("seats", self.faults) {
            out.seats = self.path(&seats, &at);
        }
        let by_field = out.field.clone().filter(|_| out.vote.is_none());
        for field in table.rest() {
            if let Some(own) = &by_field {
                let wants = Wants::Value(field.key.clone());
                let used = Use { field: own.clone(), wants, span: field.span.clone() };
                self.uses.push((self.now.clone(), used));
            }
            if let Some(goal) = self.goal(&field.node) {
                out.outcomes.push((field.key, goal));
            }
        }
        if out.outcomes.is_empty() {
            let help = "写明每个结论的去向：yes = \"环节\"、no = \"end:名称\"。";
            self.faults.say(&span, format!("环节“{}”的决定没有去向", self.now), help);
        }
        let has = |outcome: &str| out.outcomes.iter().any(|(o, _)| o == outcome);
        let wanted: &[&str] = match (&out.vote, &out.over, &out.field) {
            (Some(_), Some(_), _) => &["full", "short", "none"],
            // A rating elects nobody: its round is counted, or void.
            (Some(_), None, None) if has("counted") => &["counted", "void"],
            (Some(_), None, None) => &["passed", "failed"],
            (Some(_), None, Some(_)) => &["failed"],
            (None, ..) => &[],
        };
        for outcome in wanted.iter().filter(|o| !has(o)) {
            let message = format!("环节“{}”的表决没有写明“{outcome}”的去向", self.now);
            self.faults.say(&span, message, format!("写成 {outcome} = \"环节\" 或 \"end:名称\"。"));
        }
        Some(out)
    }

    /// The effects of a step, by outcome.
    fn by_outcome(
        &mut self,
        node: Node,
        decides: Option<&Decides>,
    ) -> Vec<(String, Vec<model::flow::Effect>)> {
        let Some(mut table) = Table::of(node, "effect", self.faults) else { return Vec::new() };
        let mut out = Vec::new();
        for field in table.rest() {
            let known = matches!(field.key.as_str(), "done" | "lapsed")
                || decides.is_some_and(|d| d.outcomes.iter().any(|(o, _)| *o == field.key));
            if !known {
                let message = format!("环节“{}”没有结论“{}”", self.now, field.key);
                self.faults.say(&field.span, message, "可用：done、lapsed，或 decides 里的结论。");
            }
            let effects = self.effects(field.node);
            out.push((field.key, effects));
        }
        out
    }

    /// Whether every outcome of a step leads to an end or up; for the check.
    pub(super) fn leads_down(&self, from: usize, goal: &Goal) -> bool {
        match goal {
            Goal::Pass => true,
            Goal::End(_) => false,
            Goal::Step(id) => self.ids.iter().position(|i| i == id).is_some_and(|to| to > from),
        }
    }
}
