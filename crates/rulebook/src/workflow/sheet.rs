//! The sheet of a check or an appraisal: parts, lines, ballots, grades, the sum.

use std::collections::BTreeSet;

use model::Condition;
use model::flow::Workflow;
use model::rule::FieldType;
use model::sheet::{
    Ballot, Bar, BarShare, Barred, Carries, Cutoff, Draw, DrawFrom, Grade, Has, Judged, Line, Mark, Measure,
    Part, Scope, ShareLimit, Sheet, Source, Take, Total, Voters,
};

use super::{Reading, Span};
use crate::chase::{fields, selector};
use crate::condition::{Place, Reader, Use, Wants};
use crate::fault::did_you_mean;
use crate::link::Kind;
use crate::obligation::kinds;
use crate::tree::{Field, Node, Table, Value, is_id};
use crate::words::{FIELD_TYPES, PERS, meaning};

const TAKES: &[(&str, Take)] = &[("median", Take::Median), ("mean", Take::Mean)];
/// Whether a share is of the ballots returned, else of the valid ones.
const WHOLES: &[(&str, bool)] = &[("returned", true), ("valid", false)];
const WAYS: &[(&str, &str)] = &[("paper", "paper"), ("online", "online")];

/// The keys of a file that are the sheet's, taken out before the steps are read.
pub(super) struct Lines {
    kind: Option<(String, Span)>,
    scope: Option<Node>,
    period: Option<(Node, Span)>,
    cutoff: Option<Node>,
    known: Option<Node>,
    findings: Option<Node>,
    parts: Vec<Field>,
    lines: Vec<Field>,
    ballots: Vec<Field>,
    grade: Option<Node>,
    total: Option<Node>,
    span: Span,
}

impl Lines {
    pub(super) fn take(table: &mut Table) -> Self {
        let kind = table.take("kind").and_then(|n| match n.value {
            Value::Text(word) => Some((word, n.span)),
            _ => None,
        });
        Self {
            kind,
            scope: table.take("scope"),
            period: table.take("period").map(|n| (n.clone(), n.span)),
            cutoff: table.take("cutoff"),
            known: table.take("known"),
            findings: table.take("findings"),
            parts: fields(table, "part"),
            lines: fields(table, "line"),
            ballots: fields(table, "ballot"),
            grade: table.take("grade"),
            total: table.take("total"),
            span: table.span.clone(),
        }
    }
}

impl Reading<'_, '_> {
    fn tell(&mut self, span: &Span, message: impl Into<String>, help: impl Into<String>) {
        self.faults.say(span, message, help);
    }

    /// The sheet, once the steps are read.
    pub(super) fn sheet(&mut self, workflow: &Workflow, keys: Lines) -> Option<Sheet> {
        let span = keys.span.clone();
        self.now = String::new();
        let kind = match keys.kind {
            Some((word, at)) => {
                if !is_id(&word) {
                    self.tell(&at, format!("种类“{word}”只能用小写字母、数字、- 和 _"), "");
                }
                word
            }
            None => {
                self.tell(&span, "没有写明是哪一种检查或考核（kind）", "写成 kind = \"self\"。");
                return None;
            }
        };
        let scope = keys.scope.and_then(|n| self.scope(n)).unwrap_or_default();
        if scope.kinds.is_empty() {
            self.tell(&span, "没有写明表上有哪些组织（scope）", "写成 scope = { kinds = [\"branch\"] }。");
        }
        let period = match keys.period {
            Some((Node { value: Value::Text(word), .. }, at)) => {
                meaning(&word, &at, PERS, "周期", self.faults)
            }
            _ => None,
        };
        let Some(period) = period else {
            self.tell(&span, "没有写明看哪一段（period）", "写成 period = \"year\"。");
            return None;
        };
        let cutoff = match keys.cutoff {
            Some(node) => self.cutoff(node)?,
            None => Cutoff::On(model::flow::Point::Period { ends: true }),
        };
        let known = keys.known.and_then(|n| {
            let word = n.text("known", self.faults)?;
            self.refer_from(workflow, &word, &n.span);
            Some(word)
        });
        let findings = keys.findings.and_then(|n| {
            let ledger = n.text("findings", self.faults)?;
            self.links.to(Kind::Ledger, &ledger, self.faults.at(&n.span));
            Some(ledger)
        });
        let parts: Vec<Part> = keys.parts.into_iter().filter_map(|f| self.part(f)).collect();
        let ballots: Vec<Ballot> = keys.ballots.into_iter().filter_map(|f| self.ballot(f)).collect();
        let total = keys.total.and_then(|n| self.total(n));
        let mut lines = Vec::new();
        for field in keys.lines {
            let at = field.span.clone();
            if let Some(line) = self.line(field, &parts, &ballots) {
                self.check_line(&line, total.is_some(), &at);
                lines.push(line);
            }
        }
        if lines.is_empty() {
            self.tell(&span, "表上没有一行（[line.编号]）", "");
        }
        let grade = keys.grade.and_then(|n| self.grade(n, workflow, &ballots));
        let weighted = parts.iter().filter(|p| p.weight.is_some()).count();
        let pointed = |p: &&Part| lines.iter().any(|l| l.part == p.id && l.points.is_some());
        if weighted > 0 && weighted < parts.iter().filter(pointed).count() {
            self.tell(&span, "有的部分有权重，有的没有", "有分的部分都写 weight，或者都不写。");
        }
        let sheet = Sheet {
            kind,
            scope,
            period,
            cutoff,
            known,
            carried: self.carried.iter().map(|(s, c, _)| (s.clone(), *c)).collect(),
            draws: std::mem::take(&mut self.draws),
            findings,
            parts,
            lines,
            ballots,
            grade,
            total,
        };
        self.carriers(&sheet, &span);
        Some(sheet)
    }

    fn refer_from(&mut self, workflow: &Workflow, step: &str, span: &Span) {
        if workflow.step(step).is_none() {
            let help = did_you_mean(step, workflow.steps.iter().map(|s| s.id.as_str()));
            self.tell(span, format!("没有环节“{step}”"), help);
        }
    }

    /// One step carries each kind of line that there is.
    fn carriers(&mut self, sheet: &Sheet, span: &Span) {
        for (id, carries) in Carries::IDS {
            let of = |source: &Source| match source {
                Source::Ask { .. } => Some(Carries::Ask),
                Source::Judge(_) => Some(Carries::Judge),
                Source::Vote(_) => Some(Carries::Vote),
                Source::From(_) => None,
            };
            let wanted = sheet.lines.iter().any(|l| of(&l.source) == Some(carries));
            let found: Vec<Span> =
                self.carried.iter().filter(|(_, c, _)| *c == carries).map(|(.., at)| at.clone()).collect();
            if wanted && found.is_empty() {
                let help = format!("在一个环节的 shown_by 里写 sheet = \"{id}\"。");
                self.tell(span, format!("没有一个环节的记录带着“{id}”的行"), help);
            }
            if let Some(second) = found.get(1) {
                self.tell(second, format!("已经有一个环节带着“{id}”的行"), "每种行由一个环节的记录带着。");
            }
            if !wanted && let Some(at) = found.first() {
                self.tell(at, format!("表上没有“{id}”的行"), "去掉 sheet，或者加上这样的行。");
            }
        }
    }

    fn scope(&mut self, node: Node) -> Option<Scope> {
        let mut table = Table::of(node, "scope", self.faults)?;
        let mut out = Scope { kinds: kinds("kind", &mut table, self.faults), ..Scope::default() };
        out.kinds.extend(kinds("kinds", &mut table, self.faults));
        out.with = self.links.traits.read("with", &mut table, self.faults);
        out.without = self.links.traits.read("without", &mut table, self.faults);
        out.members = table.switch("members", self.faults);
        for (post, at) in table.spanned_texts("posts", self.faults) {
            self.links.post(&post, self.faults.at(&at));
            out.posts.insert(post);
        }
        for mut when in table.tables("when", self.faults) {
            // So long on the cut-off day: the one thing that is asked of a unit beside its kind and traits.
            match when.spanned_text("since", self.faults) {
                Some((word, _)) if word == "line.founded_on" => {
                    out.founded = self.length_at(&mut when, "at_least");
                }
                _ => {
                    let help = "写成 when = [{ since = \"line.founded_on\", at_least = \"1 year\" }]。";
                    self.tell(&when.span.clone(), "scope 的条件不认识", help);
                }
            }
            when.finish(self.faults);
        }
        table.finish(self.faults);
        Some(out)
    }

    fn cutoff(&mut self, node: Node) -> Option<Cutoff> {
        if let Value::Text(word) = &node.value {
            return self.point(word, &node.span).map(Cutoff::On);
        }
        let mut table = Table::of(node, "cutoff", self.faults)?;
        let before = table.has("before");
        let length = self.length_at(&mut table, if before { "before" } else { "within" })?;
        let point = self.point_at(&mut table, "of")?;
        table.finish(self.faults);
        Some(if before { Cutoff::Before(length, point) } else { Cutoff::Within(length, point) })
    }

    fn part(&mut self, field: Field) -> Option<Part> {
        let mut table = Table::of(field.node, "部分", self.faults)?;
        let title = table.need_text("title", self.faults);
        let weight = table.integer("weight", 1..=1000, self.faults).and_then(|n| u32::try_from(n).ok());
        table.finish(self.faults);
        Some(Part { id: field.key, title: title?, weight })
    }

    fn line(&mut self, field: Field, parts: &[Part], ballots: &[Ballot]) -> Option<Line> {
        if !is_id(&field.key) {
            let message = format!("行的编号“{}”只能用小写字母、数字、- 和 _", field.key);
            self.tell(&field.span, message, "");
        }
        let mut table = Table::of(field.node, "行", self.faults)?;
        let title = table.need_text("title", self.faults);
        let _ = table.text("note", self.faults);
        let part = match table.spanned_text("part", self.faults) {
            Some((word, at)) => {
                if !parts.iter().any(|p| p.id == word) {
                    let help = did_you_mean(&word, parts.iter().map(|p| p.id.as_str()));
                    self.tell(&at, format!("没有部分“{word}”"), help);
                }
                word
            }
            None => {
                let message = format!("行“{}”没有写明在哪一部分（part）", field.key);
                self.tell(&field.span, message, "");
                return None;
            }
        };
        let (mut kinds_of, mut with) = (BTreeSet::new(), BTreeSet::new());
        if let Some(mut bearers) = table.table("bearers", self.faults) {
            kinds_of = kinds("kind", &mut bearers, self.faults);
            kinds_of.extend(kinds("kinds", &mut bearers, self.faults));
            let key = if bearers.has("traits") { "traits" } else { "with" };
            with = self.links.traits.read(key, &mut bearers, self.faults);
            bearers.finish(self.faults);
        }
        let mut people = None;
        for mut when in table.tables("when", self.faults) {
            match when.spanned_text("people", self.faults) {
                Some((word, _)) if word == "members" => {
                    let stage = when.texts("are", self.faults).into_iter().next();
                    let least = when.integer("at_least", 1..=10_000, self.faults);
                    people = stage.zip(least.and_then(|n| u32::try_from(n).ok()));
                }
                _ if when.has("unit") => {
                    let _ = when.take("unit");
                    with.extend(self.links.traits.read("with", &mut when, self.faults));
                    kinds_of.extend(kinds("kind", &mut when, self.faults));
                }
                _ => {
                    let help = "写成 when = [{ people = \"members\", are = [\"full\"], at_least = 7 }]。";
                    self.tell(&when.span.clone(), "行的条件不认识", help);
                }
            }
            when.finish(self.faults);
        }
        let source = self.source(&mut table, ballots, &field.key, &field.span);
        let points = table.integer("points", 1..=1000, self.faults).and_then(|n| u32::try_from(n).ok());
        let cite = self.cite(&mut table);
        table.finish(self.faults);
        Some(Line {
            id: field.key,
            title: title?,
            part,
            kinds: kinds_of,
            with,
            people,
            source: source?,
            points,
            cite,
        })
    }

    fn source(&mut self, table: &mut Table, ballots: &[Ballot], id: &str, span: &Span) -> Option<Source> {
        let sources: Vec<&str> =
            ["from", "ask", "judge", "vote"].into_iter().filter(|k| table.has(k)).collect();
        if sources.len() != 1 {
            let message = format!("行“{id}”要从一处来：from、ask、judge、vote 里写一个");
            self.tell(span, message, "");
            for key in ["from", "ask", "judge", "vote"] {
                let _ = table.take(key);
            }
            return None;
        }
        if let Some(node) = table.take("from") {
            return Some(Source::From(node.each().into_iter().filter_map(|n| self.measure(n)).collect()));
        }
        if let Some(mut ask) = table.table("ask", self.faults) {
            let kind = ask
                .spanned_text("type", self.faults)
                .and_then(|(word, at)| meaning(&word, &at, FIELD_TYPES, "字段类型", self.faults));
            let options = self.options(&mut ask);
            let at_most = ask.integer("at_most_chars", 1..=100_000, self.faults);
            let at_most_chars = at_most.and_then(|n| u32::try_from(n).ok());
            ask.finish(self.faults);
            let kind = kind.unwrap_or(FieldType::LongText);
            if matches!(kind, FieldType::Choice | FieldType::Choices) && options.is_empty() {
                self.tell(span, format!("行“{id}”没有写选项（options）"), "");
            }
            return Some(Source::Ask { kind, options, at_most_chars });
        }
        if let Some(mut judge) = table.table("judge", self.faults) {
            let scale = judge.integer("scale", 1..=1000, self.faults).and_then(|n| u32::try_from(n).ok());
            let options = self.worth(&mut judge);
            let take = judge
                .spanned_text("take", self.faults)
                .and_then(|(w, at)| meaning(&w, &at, TAKES, "取法", self.faults))
                .unwrap_or_default();
            let spread = judge.integer("spread", 0..=1000, self.faults).and_then(|n| u32::try_from(n).ok());
            let mut not = BTreeSet::new();
            for (word, at) in judge.spanned_texts("not", self.faults) {
                not.extend(meaning(&word, &at, &Barred::IDS, "回避", self.faults));
            }
            judge.finish(self.faults);
            if scale.is_some() != options.is_empty() {
                let help = "写成 judge = { scale = 100 } 或 { options = { … }, worth = { … } }。";
                self.tell(span, format!("行“{id}”的评判要写分数（scale）或者选项（options）"), help);
            }
            return Some(Source::Judge(Judged { scale, options, take, spread, not }));
        }
        let (ballot, at) = table.spanned_text("vote", self.faults)?;
        if !ballots.iter().any(|b| b.id == ballot) {
            let help = did_you_mean(&ballot, ballots.iter().map(|b| b.id.as_str()));
            self.tell(&at, format!("没有测评票“{ballot}”"), help);
        }
        Some(Source::Vote(ballot))
    }

    fn options(&mut self, table: &mut Table) -> Vec<(String, String)> {
        let Some(mut options) = table.table("options", self.faults) else { return Vec::new() };
        let all = options.rest();
        all.into_iter().filter_map(|f| Some((f.key, f.node.text("选项", self.faults)?))).collect()
    }

    /// Options with what each is worth of a hundred, where anything is.
    fn worth(&mut self, table: &mut Table) -> Vec<(String, String, Option<u32>)> {
        let options = self.options(table);
        let mut worth: Vec<(String, u32)> = Vec::new();
        if let Some(mut t) = table.table("worth", self.faults) {
            for field in t.rest() {
                match field.node.value {
                    Value::Integer(n @ 0..=100) if options.iter().any(|(id, _)| *id == field.key) => {
                        worth.push((field.key, u32::try_from(n).unwrap_or(0)));
                    }
                    _ => {
                        let message = format!("“{}”的分应为选项之一、0 至 100 的整数", field.key);
                        self.tell(&field.span, message, "");
                    }
                }
            }
            if worth.len() < options.len() {
                self.tell(&t.span, "有的选项没有写明值多少（worth）", "每个选项都写，0 至 100。");
            }
        }
        let of = |id: &str| worth.iter().find(|(w, _)| w == id).map(|(_, n)| *n);
        options.into_iter().map(|(id, title)| (id.clone(), title, of(&id))).collect()
    }

    fn check_line(&mut self, line: &Line, totalled: bool, span: &Span) {
        if line.points.is_some() && !totalled {
            let message = format!("行“{}”写了分，整张表却没有总分（[total]）", line.id);
            self.tell(span, message, "删去 points，或者加上 [total]。");
        }
        let without = match &line.source {
            Source::Judge(j) => j.scale.is_none() && j.options.iter().any(|(.., worth)| worth.is_none()),
            Source::Ask { .. } => true,
            Source::Vote(_) | Source::From(_) => false,
        };
        if line.points.is_some() && without {
            let message = format!("行“{}”有分，却没有写明各选项值多少（worth）", line.id);
            self.tell(span, message, "写成 worth = { good = 100, … }；单位自己说的（ask）不计分。");
        }
    }

    fn measure(&mut self, node: Node) -> Option<Measure> {
        let span = node.span.clone();
        let mut table = Table::of(node, "from", self.faults)?;
        let before = self.faults.count();
        let read = self.measured(&mut table);
        if read.is_none() {
            if self.faults.count() == before {
                let help = "写法：{ duty = … }、{ entries = …, has | at_least | sum | since + until }、{ field = \"台账.字段\", … }、{ since = …, until = … }、{ sheet = \"…\" }、{ unit = \"own\", … }。";
                self.tell(&span, "表的来源不认识", help);
            }
            return None;
        }
        table.finish(self.faults);
        read
    }

    fn measured(&mut self, table: &mut Table) -> Option<Measure> {
        if let Some(node) = table.take("duty") {
            let of = selector(node, self.faults, self.links)?;
            let under = table.text("whose", self.faults) == "under";
            return Some(Measure::Duty { of, under });
        }
        if let Some((id, at)) = table.spanned_text("sheet", self.faults) {
            self.links.to(Kind::Workflow, &id, self.faults.at(&at));
            return Some(Measure::Sheet(id));
        }
        if table.has("entries") {
            return self.of_entries(table);
        }
        if let Some((word, at)) = table.spanned_text("people", self.faults) {
            if word != "members" {
                self.tell(&at, format!("“{word}”不是能数的人"), "写成 people = \"members\"。");
            }
            let stage = table.texts("are", self.faults).into_iter().next()?;
            let at_least = table.integer("at_least", 1..=10_000, self.faults)?;
            return Some(Measure::People { stage, at_least: u32::try_from(at_least).ok()? });
        }
        if table.has("unit") {
            let span = table.span.clone();
            let node = Node { span, value: Value::Table(table.rest()) };
            let mut reader = Reader {
                place: Place::Unit,
                faults: &mut *self.faults,
                uses: Vec::new(),
                traits: &mut self.links.traits,
            };
            return reader.all(node).into_iter().next().map(Measure::Unit);
        }
        if table.has("field") {
            return self.of_latest(table);
        }
        let since = self.mark(table, "since")?;
        let until = self.mark(table, "until")?;
        let at_least = self.length_at(table, "at_least");
        let at_most = self.length_at(table, "at_most");
        (at_least.is_some() || at_most.is_some()).then_some(Measure::Between {
            since,
            until,
            at_least,
            at_most,
        })
    }

    fn of_entries(&mut self, table: &mut Table) -> Option<Measure> {
        let named = table.spanned_texts("entries", self.faults);
        for (id, at) in &named {
            self.links.to(Kind::Ledger, id, self.faults.at(at));
        }
        let ledgers: Vec<String> = named.iter().map(|(id, _)| id.clone()).collect();
        let first = ledgers.first().cloned().unwrap_or_default();
        let such = table.take("where").map_or_else(Vec::new, |n| self.of_ledger(n, &first));
        if let Some(node) = table.take("has") {
            if matches!(&node.value, Value::Text(word) if word == "complete") {
                return Some(Measure::Has { ledgers, such, has: Has::Complete });
            }
            let nodes = node.each();
            let mut elements = Vec::new();
            for node in nodes {
                elements.extend(self.element(node, &ledgers));
            }
            // Of a record in one of these ledgers each is asked, as far as its form asks it.
            let _ = table.integer("at_least", 1..=1000, self.faults);
            return Some(Measure::Has { ledgers, such, has: Has::Elements(elements) });
        }
        if let Some((sum, at)) = table.spanned_text("sum", self.faults) {
            for ledger in &ledgers {
                let used = Use { field: sum.clone(), wants: Wants::Number, span: at.clone() };
                self.links.condition(ledger, used, self.faults.at(&at));
            }
            let of = table.spanned_text("of", self.faults).map(|(of, _)| of);
            let at_least = table.take("at_least").and_then(Node::ratio)?;
            return Some(Measure::Sum { ledgers, such, sum, of, at_least });
        }
        if table.has("since") {
            let since = self.mark(table, "since")?;
            let until = self.mark(table, "until")?;
            let at_least = self.length_at(table, "at_least");
            let at_most = self.length_at(table, "at_most");
            return Some(Measure::Span { ledgers, such, since, until, at_least, at_most });
        }
        let at_least = table.integer("at_least", 1..=1000, self.faults)?;
        Some(Measure::Count { ledgers, such, at_least: u32::try_from(at_least).ok()? })
    }

    fn element(&mut self, node: Node, ledgers: &[String]) -> Option<Condition> {
        // `every_absence_has` alone is short for the reason of each absence.
        if matches!(&node.value, Value::Text(word) if word == "every_absence_has") {
            return Some(Condition::EveryAbsenceHasReason);
        }
        let mut reader = Reader {
            place: Place::Record("has"),
            faults: &mut *self.faults,
            uses: Vec::new(),
            traits: &mut self.links.traits,
        };
        let read = reader.all(node).into_iter().next();
        for used in reader.uses {
            let at = self.faults.at(&used.span);
            self.links.any_of(ledgers.to_vec(), used, at);
        }
        read
    }

    fn of_latest(&mut self, table: &mut Table) -> Option<Measure> {
        let span = table.span.clone();
        let mut fields = table.rest();
        let mut ledger = None;
        for f in &mut fields {
            if f.key == "field"
                && let Value::Text(word) = &mut f.node.value
                && let Some((of, field)) = word.clone().split_once('.')
            {
                ledger = Some((of.to_owned(), f.node.span.clone()));
                *word = field.to_owned();
            }
        }
        let Some((ledger, at)) = ledger else {
            self.tell(&span, "没有写明是哪本台账的字段", "写成 field = \"台账.字段\"。");
            return None;
        };
        self.links.to(Kind::Ledger, &ledger, self.faults.at(&at));
        let node = Node { span, value: Value::Table(fields) };
        let condition = self.of_ledger(Node { span: at, value: Value::Array(vec![node]) }, &ledger);
        condition.into_iter().next().map(|condition| Measure::Latest { ledger, condition })
    }

    fn mark(&mut self, table: &mut Table, key: &'static str) -> Option<Mark> {
        let (word, at) = table.spanned_text(key, self.faults)?;
        Some(match word.as_str() {
            "day" => Mark::Day,
            "entered" => Mark::Entered,
            "cutoff" => Mark::Cutoff,
            _ => match word.split_once('.') {
                Some((ledger, field)) => {
                    self.links.to(Kind::Ledger, ledger, self.faults.at(&at));
                    let used = Use { field: field.to_owned(), wants: Wants::Any, span: at.clone() };
                    self.links.condition(ledger, used, self.faults.at(&at));
                    Mark::Latest { ledger: ledger.to_owned(), field: field.to_owned() }
                }
                None => Mark::Field(word),
            },
        })
    }

    fn ballot(&mut self, field: Field) -> Option<Ballot> {
        let mut table = Table::of(field.node, "测评票", self.faults)?;
        let title = table.need_text("title", self.faults);
        let rows = table.spanned_text("rows", self.faults).and_then(|(w, at)| self.path(&w, &at));
        let mut are = BTreeSet::new();
        for mut when in table.tables("when", self.faults) {
            let line = when.spanned_text("people", self.faults).is_some_and(|(word, _)| word == "line");
            are.extend(when.texts("are", self.faults));
            let _ = when.integer("count", 1..=1, self.faults);
            if !line || are.is_empty() {
                let help = "写成 when = [{ people = \"line\", are = [\"full\"] }]：这些人才有一行。";
                self.tell(&when.span.clone(), "测评票的条件不认识", help);
            }
            when.finish(self.faults);
        }
        let options = self.worth(&mut table);
        let mut voters = Vec::new();
        if let Some(mut t) = table.table("voters", self.faults) {
            for kind in t.rest() {
                let Some(mut of) = Table::of(kind.node, "投票人", self.faults) else { continue };
                let title = of.need_text("title", self.faults);
                let from = of.spanned_text("of", self.faults).and_then(|(w, at)| self.path(&w, &at));
                let weight = of.integer("weight", 1..=1000, self.faults).and_then(|n| u32::try_from(n).ok());
                of.finish(self.faults);
                if let (Some(title), Some(of)) = (title, from) {
                    voters.push(Voters { id: kind.key, title, of, weight });
                }
            }
        }
        let weighted = voters.iter().filter(|v| v.weight.is_some()).count();
        if weighted > 0 && weighted < voters.len() {
            self.tell(&field.span, "有的票种有权重，有的没有", "都写 weight，或者都不写。");
        }
        let rule = match table.spanned_text("rule", self.faults) {
            Some((rule, at)) => {
                self.links.to(Kind::Vote, &rule, self.faults.at(&at));
                rule
            }
            None => {
                self.tell(&field.span, format!("测评票“{}”没有写明计票规则（rule）", field.key), "");
                return None;
            }
        };
        let words = table.spanned_texts("ways", self.faults);
        let ways = words.iter().filter_map(|(w, at)| meaning(w, at, WAYS, "投票方式", self.faults));
        let ways = ways.map(str::to_owned).collect();
        table.finish(self.faults);
        Some(Ballot { id: field.key, title: title?, rows: rows?, are, options, voters, rule, ways })
    }

    fn total(&mut self, node: Node) -> Option<Total> {
        let mut table = Table::of(node, "total", self.faults)?;
        let decimals = table.integer("decimals", 0..=3, self.faults).and_then(|n| u8::try_from(n).ok());
        let mut bands: Vec<(String, u32)> = Vec::new();
        if let Some(mut t) = table.table("bands", self.faults) {
            for field in t.rest() {
                match field.node.value {
                    Value::Integer(n @ 0..=100) => bands.push((field.key, u32::try_from(n).unwrap_or(0))),
                    _ => self.tell(&field.span, "分数线应为 0 至 100 的整数", ""),
                }
            }
        }
        table.finish(self.faults);
        bands.sort_by_key(|(_, least)| std::cmp::Reverse(*least));
        Some(Total { decimals: decimals.unwrap_or(0), bands })
    }

    fn grade(&mut self, node: Node, workflow: &Workflow, ballots: &[Ballot]) -> Option<Grade> {
        let span = node.span.clone();
        let mut table = Table::of(node, "grade", self.faults)?;
        let at = table.spanned_text("at", self.faults);
        let options = self.options(&mut table);
        let groups = match table.take("groups") {
            Some(Node { value: Value::Array(nodes), .. }) => {
                nodes.into_iter().map(|n| self.group(n)).collect()
            }
            _ => Vec::new(),
        };
        let _ = self.cite(&mut table);
        let known: Vec<String> = options.iter().map(|(id, _)| id.clone()).collect();
        let warns =
            table.tables("warns", self.faults).into_iter().filter_map(|t| self.limit(t, &known)).collect();
        let mut bars = Vec::new();
        for t in table.tables("bars", self.faults) {
            bars.extend(self.bar(t, &known, ballots));
        }
        table.finish(self.faults);
        let (word, at) = at?;
        let Some((step, field)) = word.split_once('.') else {
            self.tell(&at, format!("“{word}”应为 环节.字段"), "写成 at = \"grade.grade\"。");
            return None;
        };
        self.refer_from(workflow, step, &at);
        // The grade is what the step decides: its outcomes and the options are the same words.
        let decided: Vec<String> = workflow
            .step(step)
            .and_then(|s| s.decides.as_ref())
            .map(|d| d.outcomes.iter().map(|(o, _)| o.clone()).collect())
            .unwrap_or_default();
        if workflow.step(step).is_some() && decided != known {
            let message =
                format!("等次（{}）和环节“{step}”的结论（{}）不一样", known.join("、"), decided.join("、"));
            self.tell(&span, message, "grade 的 options 和那个环节的 decides 写同样的编号，先后也一样。");
        }
        Some(Grade { at: (step.to_owned(), field.to_owned()), options, groups, warns, bars })
    }

    fn group(&mut self, node: Node) -> BTreeSet<model::UnitKind> {
        let nodes = node.each();
        let words = nodes.into_iter().filter_map(|n| Some((n.text("组别", self.faults)?, n.span)));
        let words: Vec<(String, Span)> = words.collect();
        words
            .iter()
            .filter_map(|(w, at)| meaning(w, at, &model::UnitKind::IDS, "组织种类", self.faults))
            .collect()
    }

    fn graded(&mut self, table: &mut Table, known: &[String]) -> BTreeSet<String> {
        let mut out = BTreeSet::new();
        for (grade, at) in table.spanned_texts("grade", self.faults) {
            if !known.contains(&grade) {
                let help = did_you_mean(&grade, known.iter().map(String::as_str));
                self.tell(&at, format!("没有等次“{grade}”"), help);
            }
            out.insert(grade);
        }
        out
    }

    fn limit(&mut self, mut table: Table, known: &[String]) -> Option<ShareLimit> {
        let span = table.span.clone();
        let grades = self.graded(&mut table, known);
        let most = table.has("at_most");
        let part = table.take(if most { "at_most" } else { "at_least" }).and_then(Node::ratio);
        let setting = table.spanned_text("setting", self.faults).map(|(id, at)| {
            self.links.to(Kind::Setting, &id, self.faults.at(&at));
            id
        });
        let cite = self.cite(&mut table);
        table.finish(self.faults);
        let Some(ratio) = part else {
            self.tell(&span, "比例应写成两个正整数", "写成 at_most = [1, 3] 或 at_least = [15, 100]。");
            return None;
        };
        Some(ShareLimit { grades, ratio, most, setting, cite })
    }

    fn bar(&mut self, mut table: Table, known: &[String], ballots: &[Ballot]) -> Option<Bar> {
        let span = table.span.clone();
        let grades = self.graded(&mut table, known);
        let cite = self.cite(&mut table);
        let setting = table.spanned_text("setting", self.faults).map(|(id, at)| {
            self.links.to(Kind::Setting, &id, self.faults.at(&at));
            id
        });
        let mut out = Bar { grades, share: None, field: None, sheet: None, setting, cite };
        for mut t in table.tables("guard", self.faults) {
            if let Some((id, at)) = t.spanned_text("sheet", self.faults) {
                self.links.to(Kind::Workflow, &id, self.faults.at(&at));
                let least = t.integer("at_least", 0..=100, self.faults);
                out.sheet = least.and_then(|n| u32::try_from(n).ok()).map(|n| (id, n));
            }
            t.finish(self.faults);
        }
        let mut when = table.tables("when", self.faults);
        table.finish(self.faults);
        if when.is_empty() && out.sheet.is_none() {
            let help =
                "写成 when = [{ vote = \"…\", option = \"…\", at_least = [3, 10], of = \"returned\" }]。";
            self.tell(&span, "没有写明什么情况下（when）", help);
            return None;
        }
        for mut t in when.drain(..) {
            if let Some((ballot, at)) = t.spanned_text("vote", self.faults) {
                let Some(found) = ballots.iter().find(|b| b.id == ballot) else {
                    self.tell(&at, format!("没有测评票“{ballot}”"), "");
                    return None;
                };
                let (option, at) = t.spanned_text("option", self.faults)?;
                if !found.options.iter().any(|(id, ..)| *id == option) {
                    let help = did_you_mean(&option, found.options.iter().map(|(id, ..)| id.as_str()));
                    self.tell(&at, format!("测评票“{ballot}”没有选项“{option}”"), help);
                }
                let ratio = t.take("at_least").and_then(Node::ratio)?;
                let of_returned = t
                    .spanned_text("of", self.faults)
                    .and_then(|(w, at)| meaning(&w, &at, WHOLES, "分母", self.faults))
                    .unwrap_or(true);
                out.share = Some(BarShare { ballot, option, ratio, of_returned });
            } else if let Some((field, at)) = t.spanned_text("field", self.faults) {
                let values = t.take("is").map(|n| self.values(n)).unwrap_or_default();
                let _ = self.path(&field, &at);
                out.field = Some((field, values));
            } else {
                self.tell(&t.span.clone(), "条件的写法不认识", "可用：vote、field。");
            }
            t.finish(self.faults);
        }
        Some(out)
    }

    /// The draws of a step.
    pub(super) fn draws(&mut self, node: Node) -> Vec<Draw> {
        node.each().into_iter().filter_map(|n| self.draw(n)).collect()
    }

    fn draw(&mut self, node: Node) -> Option<Draw> {
        let span = node.span.clone();
        let mut table = Table::of(node, "抽取", self.faults)?;
        let of = match table.take("of") {
            Some(Node { value: Value::Text(word), span }) => self.path(&word, &span).map(DrawFrom::Field),
            Some(node) => Table::of(node, "抽取", self.faults).map(|mut t| {
                let named = t.spanned_texts("entries", self.faults);
                for (id, at) in &named {
                    self.links.to(Kind::Ledger, id, self.faults.at(at));
                }
                t.finish(self.faults);
                DrawFrom::Entries(named.into_iter().map(|(id, _)| id).collect())
            }),
            None => None,
        };
        let kinds_of = kinds("kind", &mut table, self.faults);
        let share = table.take("share").and_then(Node::ratio);
        let count = table.integer("count", 1..=10_000, self.faults).and_then(|n| u32::try_from(n).ok());
        let least = table.integer("at_least", 1..=10_000, self.faults).and_then(|n| u32::try_from(n).ok());
        let each = table.take("each").and_then(|n| self.who(n));
        let fresh = self.length_at(&mut table, "fresh");
        let ring = table.switch("ring", self.faults);
        let into = table.spanned_text("into", self.faults).map(|(field, at)| {
            self.own(&field, &at);
            field
        });
        table.finish(self.faults);
        if share.is_none() && count.is_none() && !ring {
            let help = "写成 share = [1, 5]、count = 2 或 ring = true。";
            self.tell(&span, "抽取没有写明抽多少", help);
            return None;
        }
        Some(Draw { of: of?, kinds: kinds_of, share, count, at_least: least, each, fresh, ring, into: into? })
    }
}
