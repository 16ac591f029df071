//! What a done step changes: a closed list.

use model::Stage;
use model::flow::{Effect, EffectKind, Given, Plus, Target};

use super::Reading;
use crate::called::Called;
use crate::link::Kind;
use crate::tree::{Node, Table, Value};

/// What an act does to a unit.
const UNIT_ACTS: [&str; 4] = ["founded", "merged", "dissolved", "changed"];

impl Reading<'_, '_> {
    /// A list of effects, or one alone.
    pub(super) fn effects(&mut self, node: Node) -> Vec<Effect> {
        node.each().into_iter().filter_map(|n| self.effect(n)).collect()
    }

    fn effect(&mut self, node: Node) -> Option<Effect> {
        let span = node.span.clone();
        let mut table = Table::of(node, "结果", self.faults)?;
        let kind = self.kind(&mut table);
        let on = match table.spanned_text("on", self.faults) {
            None => Target::Subject,
            Some((word, at)) => match word.as_str() {
                "subject" => Target::Subject,
                "line" => Target::Line,
                "record" => Target::Record,
                _ => Target::Field(self.path(&word, &at)?),
            },
        };
        let is = table.take("is").and_then(|n| self.given(n));
        let from = self.point_at(&mut table, "from");
        let to = self.point_at(&mut table, "to");
        let plus = table.spanned_text("plus", self.faults).and_then(|(word, at)| {
            if self.is_path(&word) || !word.contains(' ') {
                self.path(&word, &at).map(Plus::Months)
            } else {
                self.length(&word, &at).map(Plus::Length)
            }
        });
        let clear = table.switch("clear", self.faults);
        table.finish(self.faults);
        let Some(kind) = kind else {
            let help = "可用：stage、fact、post、move、unit、number、paper、tell、open、close。";
            self.faults.say(&span, "结果的写法不认识", help);
            return None;
        };
        Some(Effect { kind, on, is, from, to, plus, clear })
    }

    fn kind(&mut self, table: &mut Table) -> Option<EffectKind> {
        if table.has("stage") && table.said("stage").is_none() {
            // `stage = true`: the one that `is` says.
            let _ = table.switch("stage", self.faults);
            return Some(EffectKind::Stage(None));
        }
        if let Some((word, at)) = table.spanned_text("stage", self.faults) {
            if Stage::from_id(&word).is_none() {
                self.links.called(Called::State, &word, self.faults.at(&at));
            }
            return Some(EffectKind::Stage(Some(word)));
        }
        if let Some((word, at)) = table.spanned_text("fact", self.faults) {
            return Some(EffectKind::Fact(self.fact_named(&word, &at)));
        }
        if let Some((word, at)) = table.spanned_text("post", self.faults) {
            self.links.post(&word, self.faults.at(&at));
            return Some(EffectKind::Post(word));
        }
        if table.has("move") {
            // `move = true`: to where `is` says.
            let _ = table.switch("move", self.faults);
            return Some(EffectKind::Move);
        }
        if let Some((word, at)) = table.spanned_text("unit", self.faults) {
            if !UNIT_ACTS.contains(&word.as_str()) {
                let help = format!("可用：{}。", UNIT_ACTS.join("、"));
                self.faults.say(&at, format!("组织变动“{word}”不认识"), help);
            }
            return Some(EffectKind::Unit(word));
        }
        if let Some((word, at)) = table.spanned_text("number", self.faults) {
            self.links.called(Called::Series, &word, self.faults.at(&at));
            return Some(EffectKind::Number(word));
        }
        if let Some((word, at)) = table.spanned_text("paper", self.faults) {
            self.links.called(Called::Paper, &word, self.faults.at(&at));
            return Some(EffectKind::Paper(word));
        }
        if let Some(node) = table.take("tell") {
            return self.who(node).map(EffectKind::Tell);
        }
        for (key, make) in [
            ("open", EffectKind::Open as fn(String) -> EffectKind),
            ("close", EffectKind::Close as fn(String) -> EffectKind),
        ] {
            if let Some((word, at)) = table.spanned_text(key, self.faults) {
                self.links.to(Kind::Workflow, &word, self.faults.at(&at));
                return Some(make(word));
            }
        }
        None
    }

    fn given(&mut self, node: Node) -> Option<Given> {
        match node.value {
            Value::Integer(n) => Some(Given::Number(n)),
            Value::Day(d) => Some(Given::Day(d)),
            Value::Bool(b) => Some(Given::Text(if b { "yes" } else { "no" }.to_owned())),
            Value::Text(word) if self.is_path(&word) => {
                if word.starts_with("subject.") && word.ends_with(".ends") {
                    return self.point(&word, &node.span).map(Given::Point);
                }
                self.path(&word, &node.span).map(Given::Path)
            }
            Value::Text(word) if self.ids.contains(&word) => self.point(&word, &node.span).map(Given::Point),
            Value::Text(word) => Some(Given::Text(word)),
            _ => {
                self.faults.say(&node.span, "“is”应为文字、整数、日期或者所在的位置", "");
                None
            }
        }
    }
}
