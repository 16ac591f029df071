//! The small words of procedures: moments, places of values, lengths, goals, who bears.

use std::collections::BTreeSet;
use std::ops::Range;

use model::flow::{Amount, Amounts, Cite, Goal, Length, Path, Point, Rank, Who};

use super::{Reading, Ref};
use crate::called::Called;
use crate::link::Kind;
use crate::tree::{Node, Table, Value};
use crate::words::meaning;

type Span = Range<usize>;

/// The words before a point in which no step stands.
const PLACES: [&str; 4] = ["line", "subject", "parent", "record"];

impl Reading<'_, '_> {
    /// `step.field`, `line.field`, `subject.fact`, `parent.field`, `record.field`, or a field of the record in question.
    pub(super) fn path(&mut self, word: &str, span: &Span) -> Option<Path> {
        let Some((head, field)) = word.split_once('.') else {
            self.own(word, span);
            return Some(Path::Own(word.to_owned()));
        };
        let field = field.to_owned();
        Some(match head {
            "line" => Path::Line(field),
            "subject" => Path::Subject(field),
            "parent" => Path::Parent(field),
            "record" => Path::Record(field),
            step => {
                self.refer(step, span, Ref::Past);
                self.field_of(step, &field, span);
                Path::Step { step: step.to_owned(), field }
            }
        })
    }

    /// Whether a text reads as a path: a known word or a step before its point.
    pub(super) fn is_path(&self, word: &str) -> bool {
        word.split_once('.').is_some_and(|(head, field)| {
            crate::tree::is_id(&field.replace('.', "-"))
                && (PLACES.contains(&head) || self.ids.iter().any(|id| id == head))
        })
    }

    /// A moment.
    pub(super) fn point(&mut self, word: &str, span: &Span) -> Option<Point> {
        if let Some((kind, rest)) = word.split_once(':') {
            return match kind {
                "event" => {
                    self.links.hangs_on(rest, self.faults.at(span));
                    Some(Point::Event(rest.to_owned()))
                }
                "due" => {
                    // A due day that hangs on one below, or on itself, would be asked for ever.
                    let how = if rest == self.now { Ref::Any } else { Ref::Above };
                    self.refer(rest, span, how);
                    Some(Point::Due(rest.to_owned()))
                }
                "first" => {
                    self.refer(rest, span, Ref::Past);
                    Some(Point::Step { step: rest.to_owned(), first: true })
                }
                _ => {
                    let help = "可用：opened、环节、first:环节、环节.字段、line.字段、subject.事实、period.ends、event:编号、due:环节。";
                    self.faults.say(span, format!("时点“{word}”不认识"), help);
                    None
                }
            };
        }
        Some(match word {
            "opened" => Point::Opened,
            "cutoff" => Point::Cutoff,
            "year.starts" => Point::Period { ends: false },
            "period.starts" => Point::Period { ends: false },
            "period.ends" => Point::Period { ends: true },
            _ => match word.strip_prefix("subject.") {
                Some(fact) => {
                    let (fact, ends) = match fact.strip_suffix(".ends") {
                        Some(fact) => (fact, true),
                        None => (fact, false),
                    };
                    Point::Fact { fact: self.fact_named(fact, span), ends }
                }
                None if self.ids.iter().any(|id| id == word) => {
                    self.refer(word, span, Ref::Past);
                    Point::Step { step: word.to_owned(), first: false }
                }
                None => Point::Field(self.path(word, span)?),
            },
        })
    }

    /// The id of a fact, as `subject.ID` or by itself.
    pub(super) fn fact_named(&mut self, word: &str, span: &Span) -> String {
        let id = word.strip_prefix("subject.").unwrap_or(word);
        self.links.called(Called::Fact, id, self.faults.at(span));
        id.to_owned()
    }

    /// The moment under a key; a list of moments is the first of them that is known.
    pub(super) fn point_at(&mut self, table: &mut Table, key: &'static str) -> Option<Point> {
        let node = table.take(key)?;
        match node.value {
            Value::Array(nodes) => {
                let words: Vec<(String, Span)> =
                    nodes.into_iter().filter_map(|n| Some((n.text(key, self.faults)?, n.span))).collect();
                let points: Vec<Point> = words.iter().filter_map(|(w, at)| self.point(w, at)).collect();
                (!points.is_empty()).then_some(Point::First(points))
            }
            _ => {
                let word = node.text(key, self.faults)?;
                self.point(&word, &node.span)
            }
        }
    }

    /// `3 months`, `10 working days`.
    pub(crate) fn length(&mut self, word: &str, span: &Span) -> Option<Length> {
        let read = || -> Option<Length> {
            let (number, unit) = word.trim().split_once(' ')?;
            let n: u32 = number.parse().ok().filter(|n| *n <= 10_000)?;
            Some(match unit.trim() {
                "hour" | "hours" => Length::Hours(n),
                "day" | "days" => Length::Days(n),
                "working day" | "working days" => Length::WorkingDays(n),
                "month" | "months" => Length::Months(n),
                "year" | "years" => Length::Years(n),
                _ => return None,
            })
        };
        let found = read();
        if found.is_none() {
            let help = "写成 \"2 hours\"、\"30 days\"、\"5 working days\"、\"3 months\"、\"1 year\"。";
            self.faults.say(span, format!("期限“{word}”不认识"), help);
        }
        found
    }

    /// The length under a key.
    pub(crate) fn length_at(&mut self, table: &mut Table, key: &'static str) -> Option<Length> {
        let (word, span) = table.spanned_text(key, self.faults)?;
        self.length(&word, &span)
    }

    /// A number or a path under a key.
    fn amount(&mut self, table: &mut Table, key: &'static str) -> Option<Amount> {
        let node = table.take(key)?;
        match node.value {
            Value::Integer(n) => Some(Amount::Number(n)),
            Value::Text(word) => self.path(&word, &node.span).map(Amount::Path),
            _ => {
                self.faults.say(&node.span, format!("“{key}”应为整数，或者数字所在的位置"), "");
                None
            }
        }
    }

    /// `at_least`, `at_most`, or `count` for both.
    pub(super) fn amounts(&mut self, table: &mut Table) -> Amounts {
        let span = table.span.clone();
        let count = self.amount(table, "count");
        let at_least = self.amount(table, "at_least").or_else(|| count.clone());
        let at_most = self.amount(table, "at_most").or(count);
        if let (Some(Amount::Number(least)), Some(Amount::Number(most))) = (&at_least, &at_most)
            && least > most
        {
            self.exclude(&span);
        }
        Amounts { at_least, at_most }
    }

    /// That nothing can lie within bounds.
    pub(super) fn exclude(&mut self, span: &Span) {
        self.faults.say(span, "下限大于上限，没有记录能够符合", "对调 at_least 和 at_most，或者删去一个。");
    }

    /// `cite` and `level`.
    pub(crate) fn cite(&mut self, table: &mut Table) -> Cite {
        let article = table.spanned_text("cite", self.faults).map(|(id, span)| {
            self.links.to(Kind::Article, &id, self.faults.at(&span));
            id
        });
        let rank = table
            .spanned_text("level", self.faults)
            .and_then(|(word, span)| meaning(&word, &span, &Rank::IDS, "依据层级", self.faults));
        Cite { article, rank }
    }

    /// Where an outcome leads.
    pub(super) fn goal(&mut self, node: &Node) -> Option<Goal> {
        let word = node.text("去向", self.faults)?;
        if word == "pass" {
            return Some(Goal::Pass);
        }
        if let Some(name) = word.strip_prefix("end:") {
            if name.trim().is_empty() {
                self.faults.say(&node.span, "结束没有名称", "写成 end:办结。");
                return None;
            }
            return Some(Goal::End(name.trim().to_owned()));
        }
        self.refer(&word, &node.span, Ref::Any);
        Some(Goal::Step(word))
    }

    /// Who bears something.
    pub(crate) fn who(&mut self, node: Node) -> Option<Who> {
        if let Value::Text(word) = &node.value {
            let known = [
                ("own", Who::Own),
                ("subject", Who::Subject),
                ("line", Who::Line),
                ("outside", Who::Outside),
            ];
            if let Some((_, who)) = known.into_iter().find(|(id, _)| id == word) {
                return Some(who);
            }
            let help = "可用：own、subject、line、outside、{ above = 1 }、{ nearest_above = \"性质\" }、{ role = \"角色\" }、{ field = \"环节.字段\" }、{ same_as = \"环节\" }。";
            self.faults.say(&node.span, format!("承办方“{word}”不认识"), help);
            return None;
        }
        let span = node.span.clone();
        let mut table = Table::of(node, "承办方", self.faults)?;
        let who = if table.has("above") {
            let places = table.integer("above", 1..=9, self.faults).and_then(|n| u8::try_from(n).ok());
            match table.spanned_text("of", self.faults) {
                Some((word, _)) if word == "line" => places.map(Who::AboveLine),
                Some((word, at)) => {
                    self.faults.say(&at, format!("“{word}”的上级不认识"), "可用：of = \"line\"。");
                    None
                }
                None => places.map(Who::Above),
            }
        } else if let Some((word, at)) = table.spanned_text("nearest_above", self.faults) {
            self.links.traits.name(&word, self.faults.at(&at));
            Some(Who::NearestAbove(word))
        } else if let Some((word, at)) = table.spanned_text("role", self.faults) {
            self.links.to(Kind::Role, &word, self.faults.at(&at));
            Some(Who::Role(word))
        } else if let Some((word, at)) = table.spanned_text("field", self.faults) {
            self.path(&word, &at).map(Who::Field)
        } else if let Some((word, at)) = table.spanned_text("same_as", self.faults) {
            if word == "opened" {
                Some(Who::SameAs(None))
            } else {
                self.refer(&word, &at, Ref::Past);
                Some(Who::SameAs(Some(word)))
            }
        } else {
            self.faults.say(&span, "承办方没有写明", "写成 by = { above = 1 } 等。");
            None
        };
        table.finish(self.faults);
        who
    }

    /// The texts of a list, or a text alone, as a set.
    pub(super) fn values(&mut self, node: Node) -> BTreeSet<String> {
        node.each()
            .into_iter()
            .filter_map(|n| match n.value {
                Value::Integer(i) => Some(i.to_string()),
                Value::Day(d) => Some(d.to_string()),
                Value::Bool(b) => Some(if b { "yes" } else { "no" }.to_owned()),
                _ => n.text("值", self.faults),
            })
            .collect()
    }
}
