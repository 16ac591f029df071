//! Guards and conditions of procedures.

use std::ops::Range;

use model::flow::{CasesOf, Given, Guard, PeopleTest, Relation, Test, TimeBound};
use model::{Condition, Ratio};

use super::{Reading, Ref};
use crate::condition::{Place, Reader, Use, Wants};
use crate::link::Kind;
use crate::tree::{Field, Node, Table, Value};

type Span = Range<usize>;

const FORMS: &str = "写法：since 或 until（配 at_least、at_most）、entries、rows、people、quorum、paper、fact、field、was、cases、unit、setting、any、not。";

impl Reading<'_, '_> {
    /// A list of tests that hold together, or one alone.
    pub(super) fn tests(&mut self, node: Node) -> Vec<Test> {
        node.each().into_iter().filter_map(|n| self.test(n)).collect()
    }

    /// The guards of a step.
    pub(super) fn guards(&mut self, node: Node) -> Vec<Guard> {
        node.each().into_iter().filter_map(|n| self.guard(n)).collect()
    }

    fn guard(&mut self, node: Node) -> Option<Guard> {
        if matches!(node.value, Value::Text(_)) {
            return self.test(node).map(|test| Guard { test, cite: Default::default(), unmet: Vec::new() });
        }
        let span = node.span.clone();
        let mut table = Table::of(node, "把关", self.faults)?;
        let cite = self.cite(&mut table);
        let unmet = table.take("unmet").map_or_else(Vec::new, |n| self.effects(n));
        let test = self.test(Node { span, value: Value::Table(table.rest()) })?;
        Some(Guard { test, cite, unmet })
    }

    fn test(&mut self, node: Node) -> Option<Test> {
        let span = node.span.clone();
        if matches!(node.value, Value::Text(_)) {
            return self.condition(node, None).map(Test::Record);
        }
        let mut table = Table::of(node, "条件", self.faults)?;
        let before = self.faults.count();
        let read = self.form(&mut table, &span);
        if read.is_none() {
            if self.faults.count() == before {
                self.faults.say(&span, "条件的写法不认识", FORMS);
            }
            return None;
        }
        table.finish(self.faults);
        read
    }

    fn form(&mut self, table: &mut Table, span: &Span) -> Option<Test> {
        if table.has("any") {
            let all = table.take("any").map(|n| self.tests(n)).unwrap_or_default();
            return (!all.is_empty()).then_some(Test::Any(all));
        }
        if table.has("entries") {
            return self.entries(table);
        }
        if table.has("cases") {
            return self.cases(table);
        }
        if table.has("since") || table.has("until") {
            return self.time(table);
        }
        if table.has("people") {
            return self.people(table);
        }
        if table.has("paper") {
            let papers = table.texts("paper", self.faults);
            return (!papers.is_empty()).then_some(Test::Papers(papers));
        }
        if table.has("fact") {
            return self.fact(table);
        }
        if table.has("was") {
            let (step, outcome) = self.step_outcome(table)?;
            let bound = self.amounts(table);
            return Some(Test::Was { step, outcome, bound });
        }
        if let Some((id, at)) = table.spanned_text("setting", self.faults) {
            self.links.to(Kind::Setting, &id, self.faults.at(&at));
            let on = !table.has("is") || table.switch("is", self.faults);
            return Some(Test::Setting(id, on));
        }
        if table.has("not") && !table.has("field") {
            let all = table.take("not").map(|n| self.tests(n)).unwrap_or_default();
            return (!all.is_empty()).then_some(Test::Not(all));
        }
        if table.has("quorum") {
            return self.quorum(table, span);
        }
        self.upon_record(table, span)
    }

    fn quorum(&mut self, table: &mut Table, span: &Span) -> Option<Test> {
        let node = table.take("quorum")?;
        if let Value::Text(vote) = &node.value {
            self.links.to(Kind::Vote, vote, self.faults.at(&node.span));
            return Some(Test::Quorum(vote.clone()));
        }
        let field = Field { key: "quorum".to_owned(), span: node.span.clone(), node };
        let node = Node { span: span.clone(), value: Value::Table(vec![field]) };
        self.condition(node, None).map(Test::Record)
    }

    fn entries(&mut self, table: &mut Table) -> Option<Test> {
        let (ledger, span) = table.spanned_text("entries", self.faults)?;
        self.links.to(Kind::Ledger, &ledger, self.faults.at(&span));
        let such = match table.take("where") {
            Some(node) => self.of_ledger(node, &ledger),
            None => Vec::new(),
        };
        let since = self.point_at(table, "since");
        let sum = table.spanned_text("sum", self.faults).map(|(field, at)| {
            let used = Use { field: field.clone(), wants: Wants::Number, span: at.clone() };
            self.links.condition(&ledger, used, self.faults.at(&at));
            field
        });
        let bound = self.amounts(table);
        Some(Test::Entries { ledger, such, since, sum, bound })
    }

    fn time(&mut self, table: &mut Table) -> Option<Test> {
        let until = table.has("until");
        let point = self.point_at(table, if until { "until" } else { "since" })?;
        let span = table.span.clone();
        let bound = TimeBound {
            at_least: self.length_at(table, "at_least"),
            at_most: self.length_at(table, "at_most"),
        };
        if let (Some(least), Some(most)) = (bound.at_least, bound.at_most)
            && super::check::days(least) > super::check::days(most)
        {
            self.exclude(&span);
        }
        (bound != TimeBound::default()).then_some(Test::Time { point, until, bound })
    }

    fn people(&mut self, table: &mut Table) -> Option<Test> {
        let (field, span) = table.spanned_text("people", self.faults)?;
        // The person of the line of a lane is named by no field.
        if field != "line" {
            self.own(&field, &span);
        }
        let bound = self.amounts(table);
        let are = table.spanned_texts("are", self.faults);
        for (word, at) in &are {
            if !super::STANDINGS.contains(&word.as_str()) {
                self.links.post(word, self.faults.at(at));
            }
        }
        let load_at_most = table.integer("load_at_most", 1..=10_000, self.faults);
        let mut not = Vec::new();
        for (word, at) in table.spanned_texts("not", self.faults) {
            not.extend(self.relation(&word, &at));
        }
        Some(Test::People(PeopleTest {
            field,
            bound,
            are: are.into_iter().map(|(w, _)| w).collect(),
            load_at_most,
            not,
        }))
    }

    fn relation(&mut self, word: &str, at: &Span) -> Option<Relation> {
        match word.split_once(':') {
            Some(("did", step)) => {
                self.refer(step, at, Ref::Past);
                Some(Relation::Did(step.to_owned()))
            }
            Some(("in", path)) => self.path(path, at).map(Relation::In),
            Some(("relative", "subject")) => Some(Relation::NearSubject),
            Some(("relative", "line")) => Some(Relation::NearLine),
            Some(("relative", path)) => self.path(path, at).map(Relation::Near),
            Some(("unit", "line")) => Some(Relation::UnitOfLine),
            None if word == "line" => Some(Relation::Line),
            None if word == "subject" => Some(Relation::NearSubject),
            _ => {
                let help = "可用：did:环节、in:字段、relative:subject、relative:字段、subject、line、unit:line、relative:line。";
                self.faults.say(at, format!("“{word}”不是能排除的关系"), help);
                None
            }
        }
    }

    fn fact(&mut self, table: &mut Table) -> Option<Test> {
        let (fact, at) = table.spanned_text("fact", self.faults)?;
        let fact = self.fact_named(&fact, &at);
        let present = table.has("present").then(|| table.switch("present", self.faults));
        let other = table.has("not");
        let any_of = match table.take("is").or_else(|| table.take("not")) {
            Some(node) => self.values(node),
            None => Default::default(),
        };
        let bound = self.amounts(table);
        Some(Test::Fact { fact, present, any_of, other, bound })
    }

    fn step_outcome(&mut self, table: &mut Table) -> Option<(String, Option<String>)> {
        let (word, span) = table.spanned_text("was", self.faults)?;
        Some(match word.split_once(':') {
            Some((step, outcome)) => {
                self.refer(step, &span, Ref::Outcome(outcome.to_owned()));
                (step.to_owned(), Some(outcome.to_owned()))
            }
            None => {
                self.refer(&word, &span, Ref::Past);
                (word, None)
            }
        })
    }

    fn cases(&mut self, table: &mut Table) -> Option<Test> {
        let (word, span) = table.spanned_text("cases", self.faults)?;
        let of = match word.as_str() {
            "parent" => CasesOf::Parent,
            "subject" => CasesOf::Subject(table.spanned_text("workflow", self.faults).map(|(id, at)| {
                self.links.to(Kind::Workflow, &id, self.faults.at(&at));
                id
            })),
            _ if word.starts_with("kind:") => {
                let _ = table.text("of", self.faults);
                let _ = table.text("since", self.faults);
                CasesOf::Kind(word.trim_start_matches("kind:").to_owned())
            }
            _ => {
                self.faults.say(
                    &span,
                    format!("“{word}”不是能数的事项"),
                    "可用：parent、subject、kind:种类。",
                );
                return None;
            }
        };
        // Of another procedure the steps are not known here.
        let was = match &of {
            CasesOf::Parent => table.has("was").then(|| self.step_outcome(table)).flatten(),
            CasesOf::Subject(_) | CasesOf::Kind(_) => {
                table.spanned_text("was", self.faults).map(|(w, _)| match w.split_once(':') {
                    Some((step, outcome)) => (step.to_owned(), Some(outcome.to_owned())),
                    None => (w, None),
                })
            }
        };
        let ended = table.spanned_text("ended", self.faults).map(|(w, _)| w);
        let open = table.switch("open", self.faults);
        let bound = self.amounts(table);
        Some(Test::Cases { of, was, ended, open, bound })
    }

    /// What is said of a record, its lines, another step's record, the unit.
    fn upon_record(&mut self, table: &mut Table, span: &Span) -> Option<Test> {
        if table.has("rows") && table.has("of") {
            return self.lines(table);
        }
        if let Some(of_line) = self.of_line(table, span) {
            return of_line;
        }
        let fields = table.rest();
        let text = |key: &str| {
            fields.iter().find(|f| f.key == key).and_then(|f| match &f.node.value {
                Value::Text(t) => Some((t.clone(), f.node.span.clone())),
                _ => None,
            })
        };
        let against = fields.iter().any(|f| {
            matches!(f.key.as_str(), "at_least" | "at_most") && matches!(f.node.value, Value::Text(_))
        });
        let field = text("field");
        let node = Node { span: span.clone(), value: Value::Table(fields) };
        match field {
            Some((word, at)) if self.is_path(&word) => self.elsewhere(node, &word, &at),
            Some((word, at)) if against => {
                let mut table = Table::of(node, "条件", self.faults)?;
                let _ = table.take("field");
                self.own(&word, &at);
                let bound = self.amounts(&mut table);
                table.finish(self.faults);
                Some(Test::Against { field: word, bound })
            }
            _ => self.condition(node, None).map(Test::Record),
        }
    }

    /// `{ unit = { above = 1, of = "line" }, kind = "general_branch" }`, or `unit = "line"`: the unit of the line.
    fn of_line(&mut self, table: &mut Table, span: &Span) -> Option<Option<Test>> {
        let mut fields = table.rest();
        let of_line = fields.iter_mut().filter(|f| f.key == "unit").any(|f| match &mut f.node.value {
            Value::Text(word) if word == "line" => {
                *word = "own".to_owned();
                true
            }
            Value::Table(inner) => {
                let before = inner.len();
                inner.retain(|f| f.key != "of" || !matches!(&f.node.value, Value::Text(w) if w == "line"));
                inner.len() < before
            }
            _ => false,
        });
        if !of_line {
            for field in fields {
                table.put(field);
            }
            return None;
        }
        let node = Node { span: span.clone(), value: Value::Table(fields) };
        Some(self.condition(node, None).map(Test::OfLine))
    }

    /// A condition upon what stands elsewhere: `{ field = "plan.class", is = "at_once" }`.
    fn elsewhere(&mut self, node: Node, word: &str, at: &Span) -> Option<Test> {
        let (head, field) = word.split_once('.')?;
        if !matches!(head, "line") && super::words_of_place(head) {
            let mut table = Table::of(node, "条件", self.faults)?;
            let _ = table.take("field");
            let path = self.path(word, at)?;
            let other = table.has("not");
            let values = table.take("is").or_else(|| table.take("not")).map(|n| self.values(n))?;
            table.finish(self.faults);
            let says = Test::Says(path, values.into_iter().map(Given::Text).collect());
            return Some(if other { Test::Not(vec![says]) } else { says });
        }
        let Value::Table(mut fields) = node.value else { return None };
        for f in &mut fields {
            if f.key == "field" {
                f.node.value = Value::Text(field.to_owned());
            }
        }
        let step = (head != "line").then(|| head.to_owned());
        if let Some(step) = &step {
            self.refer(step, at, Ref::Past);
        }
        let node = Node { span: node.span, value: Value::Table(fields) };
        let condition = self.condition(node, Some(step.clone()))?;
        Some(Test::Of(step, condition))
    }

    /// `{ rows = "candidates", at_least = [6, 5], of = "reply.seats" }`.
    fn lines(&mut self, table: &mut Table) -> Option<Test> {
        let (field, span) = table.spanned_text("rows", self.faults)?;
        self.own(&field, &span);
        let such = match table.take("where") {
            Some(node) => self.upon_lines(node, &field, &span),
            None => Vec::new(),
        };
        let most = table.has("at_most");
        let ratio = table.take(if most { "at_most" } else { "at_least" }).and_then(|n| self.ratio(n))?;
        let (word, at) = table.spanned_text("of", self.faults)?;
        let of = self.path(&word, &at)?;
        Some(Test::Lines { field, such, ratio, most, of })
    }

    /// `[6, 5]`, or a whole number.
    fn ratio(&mut self, node: Node) -> Option<Ratio> {
        let span = node.span.clone();
        let read = node.ratio();
        if read.is_none() {
            self.faults.say(&span, "比例应写成两个正整数", "写成 [6, 5]：六比五。");
        }
        read
    }

    /// One condition of the common grammar; what it says of fields is noted for the step (`None`: this one; of a lane's
    /// line nothing is noted).
    pub(super) fn condition(&mut self, node: Node, of: Option<Option<String>>) -> Option<Condition> {
        let unit = matches!(&node.value, Value::Table(fields) if fields.iter().any(|f| f.key == "unit"));
        let place = if unit { Place::Unit } else { Place::Record("条件") };
        let mut reader =
            Reader { place, faults: &mut *self.faults, uses: Vec::new(), traits: &mut self.links.traits };
        let read = reader.all(node).into_iter().next();
        let uses = reader.uses;
        match of {
            None => {
                let step = self.now.clone();
                self.uses.extend(uses.into_iter().map(|u| (step.clone(), u)));
            }
            Some(Some(step)) => self.uses.extend(uses.into_iter().map(|u| (step.clone(), u))),
            Some(None) => {}
        }
        read
    }

    /// Conditions upon records of a ledger.
    pub(super) fn of_ledger(&mut self, node: Node, ledger: &str) -> Vec<Condition> {
        let place = Place::Record("where");
        let mut reader =
            Reader { place, faults: &mut *self.faults, uses: Vec::new(), traits: &mut self.links.traits };
        let read = reader.says(node);
        for used in reader.uses {
            let at = self.faults.at(&used.span);
            self.links.condition(ledger, used, at);
        }
        read
    }

    /// Conditions upon the lines of a table of the record in question.
    fn upon_lines(&mut self, node: Node, field: &str, span: &Span) -> Vec<Condition> {
        let place = Place::Record("where");
        let mut reader =
            Reader { place, faults: &mut *self.faults, uses: Vec::new(), traits: &mut self.links.traits };
        let read = reader.says(node);
        let wants = Wants::Rows(reader.uses);
        self.uses.push((self.now.clone(), Use { field: field.to_owned(), wants, span: span.clone() }));
        read
    }
}
