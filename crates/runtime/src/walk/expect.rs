//! What a line of a walk expects, against what came.

use jiff::civil::Date;
use model::flow::Rank;
use model::{UnitId, Value};
use rulebook::{Said, WalkLine, WantedStep};

use super::{Line, Play, WalkFault};
use crate::flow::{Fate, OpenStep, Subject, Unmet, open_steps};

/// Everything by which a lack can be named: its article's row, its rank, its kind.
fn is_named(unmet: &Unmet, name: &str) -> bool {
    unmet.article.as_deref() == Some(name)
        || unmet.rank.is_some_and(|r| r.id() == name)
        || (!unmet.kind.is_empty() && unmet.kind == name)
}

fn told(unmet: &[&Unmet]) -> String {
    if unmet.is_empty() {
        return "没有".to_owned();
    }
    let one = |u: &&Unmet| {
        let by = u.article.clone().or(u.rank.map(|r| r.id().to_owned())).unwrap_or_else(|| u.kind.to_owned());
        format!("{by}（{}）", u.words)
    };
    unmet.iter().map(one).collect::<Vec<_>>().join("；")
}

fn list(all: &[String]) -> String {
    if all.is_empty() { "没有".to_owned() } else { all.join("、") }
}

/// What the program tells of itself, by kind.
const KINDS: [&str; 12] = [
    "unit", "future", "order", "outcome", "ballots", "extend", "skip", "reason", "post", "line", "step",
    "rung",
];

impl Play<'_> {
    /// Tells what a line expects by names that nothing has: a misspelt expectation would else be one that never comes.
    fn known_names(&mut self, line: &WalkLine) {
        let told = line.refused.iter().chain(&line.warned).flatten();
        let lacks = line.open.iter().flatten().flat_map(|w| &w.lacks);
        for name in told.chain(lacks) {
            let known = self.rulebook.article(name).is_some()
                || Rank::IDS.iter().any(|(id, _)| id == name)
                || KINDS.contains(&name.as_str());
            if !known {
                self.trouble
                    .push((line.at, format!("“{name}”不是条款登记里的一行，也不是依据层级或提示的种类")));
            }
        }
        let steps = [&line.moved, &line.moved_to, &line.attached, &line.later, &line.disputed];
        let steps = steps.into_iter().flatten().flatten().map(|s| s.split(':').next().unwrap_or_default());
        let open = line.open.iter().flatten().map(|w| w.step.as_str());
        let named: Vec<String> = steps.chain(open).map(str::to_owned).collect();
        let files = &self.cast.docket.files;
        for step in named {
            if !files.is_empty() && files.iter().all(|r| r.workflow.step(&step).is_none()) {
                self.trouble.push((line.at, format!("事项的流程里没有环节“{step}”")));
            }
        }
    }

    /// What of a line's expectations did not come.
    pub(super) fn compare(&mut self, line: &WalkLine, known: Date, came: &Line) -> Vec<WalkFault> {
        self.known_names(line);
        let Line { brought, before } = came;
        let mut out = Vec::new();
        let mut fault = |what: &str, expected: String, came: String| {
            out.push(WalkFault { at: line.at, expected: format!("{what}：{expected}"), came });
        };
        let refused: Vec<&Unmet> = brought.told.iter().filter(|u| u.refuses).collect();
        let warned: Vec<&Unmet> = brought.told.iter().filter(|u| !u.refuses).collect();
        let by_fate = |fate: Fate| -> Vec<String> {
            let of = brought.moves.iter().filter(|(_, m)| m.fate == fate);
            of.map(|(_, m)| {
                if m.outcome.is_empty() || m.outcome == "done" {
                    m.step.clone()
                } else {
                    format!("{}:{}", m.step, m.outcome)
                }
            })
            .collect()
        };
        // A step is named alone or with its outcome.
        let same = |wanted: &[String], came: &[String]| {
            wanted.len() == came.len()
                && wanted
                    .iter()
                    .all(|w| came.iter().any(|c| c == w || c.split(':').next() == Some(w.as_str())))
        };
        for (what, wanted, fate) in [
            ("推动", &line.moved, Fate::Moved),
            ("附在", &line.attached, Fate::Attached),
            ("以后再看", &line.later, Fate::Later),
        ] {
            let came = by_fate(fate);
            if let Some(wanted) = wanted
                && !same(wanted, &came)
            {
                let mut words = list(&came);
                if what == "推动" && !brought.told.is_empty() {
                    words = format!("{words}；提示：{}", told(&brought.told.iter().collect::<Vec<_>>()));
                } else if what == "推动" && came.is_empty() {
                    let fates: Vec<String> =
                        brought.moves.iter().map(|(_, m)| format!("{}={:?}", m.step, m.fate)).collect();
                    words = format!("{words}（{}）", list(&fates));
                }
                fault(what, list(wanted), words);
            }
        }
        match &line.refused {
            Some(wanted) => {
                let lacking: Vec<String> =
                    wanted.iter().filter(|w| !refused.iter().any(|u| is_named(u, w))).cloned().collect();
                if !lacking.is_empty() || (wanted.is_empty() && !refused.is_empty()) {
                    let came = format!("拒绝：{}；提醒：{}", told(&refused), told(&warned));
                    fault("拒绝", list(wanted), came);
                }
            }
            None if !refused.is_empty() => fault("拒绝", "没有".to_owned(), told(&refused)),
            None => {}
        }
        if let Some(wanted) = &line.warned {
            let lacking = wanted.iter().any(|w| !warned.iter().any(|u| is_named(u, w)));
            if lacking || (wanted.is_empty() && !warned.is_empty()) {
                let came = format!("提醒：{}；拒绝：{}", told(&warned), told(&refused));
                fault("提醒", list(wanted), came);
            }
        }
        for words in &line.says {
            let all: Vec<String> = brought.told.iter().map(|u| format!("{}{}", u.words, u.shown)).collect();
            if !all.iter().any(|t| t.contains(words.as_str())) {
                fault("说到", words.clone(), list(&all));
            }
        }
        if let Some(wanted) = &line.opened {
            let same =
                wanted.len() == brought.opened.len() && wanted.iter().all(|w| brought.opened.contains(w));
            if !same {
                fault("开出事项", list(wanted), list(&brought.opened));
            }
        }
        if let Some(wanted) = &line.moved_to {
            let now = self.open_now(known);
            let came: Vec<String> = now.difference(before).map(|(_, step, _)| step.clone()).collect();
            let mut all = came.clone();
            all.dedup();
            let same = wanted.len() == all.len() && wanted.iter().all(|w| all.contains(w));
            if !same {
                fault("到达", list(wanted), list(&all));
            }
        }
        out.extend(self.compare_states(line, known));
        out
    }

    /// What is expected of where the case stands after the line.
    fn compare_states(&mut self, line: &WalkLine, known: Date) -> Vec<WalkFault> {
        let mut out = Vec::new();
        if line.open.is_none() && line.ended.is_none() && line.disputed.is_none() && line.facts.is_empty() {
            return out;
        }
        let meant = match (&line.case, self.cast.docket.files.len()) {
            (Some(name), _) => self.find(name),
            // Without a name, the case with which the walk began.
            (None, n) if n > 0 => Some(0),
            (None, _) => None,
        };
        let Some(i) = meant else {
            let came = "没有写明是哪个事项（case），或者没有这样的事项".to_owned();
            out.push(WalkFault { at: line.at, expected: "一个事项".to_owned(), came });
            return out;
        };
        let states = self.cast.docket.states(known);
        let (Some(file), Some((case, state))) = (self.cast.docket.files.get(i), states.get(i)) else {
            return out;
        };
        let open = open_steps(&file.workflow, case, state, &self.cast.docket.world(&states), known);
        if let Some(wanted) = &line.open {
            let owed: Vec<&OpenStep> = open.iter().filter(|o| !o.disputed).collect();
            out.extend(self.compare_open(line.at, wanted, &owed, state));
        }
        if let Some(wanted) = &line.disputed {
            let came: Vec<String> = open.iter().filter(|o| o.disputed).map(|o| o.step.clone()).collect();
            if *wanted != came {
                out.push(WalkFault {
                    at: line.at,
                    expected: format!("有争议：{}", list(wanted)),
                    came: list(&came),
                });
            }
        }
        if let Some(wanted) = &line.ended {
            let came = state.ended.as_ref().map_or("", |(how, _)| how.as_str());
            if came != wanted {
                let open: Vec<String> = open.iter().map(|o| o.step.clone()).collect();
                let came = if came.is_empty() {
                    format!("没有结束，待办：{}", list(&open))
                } else {
                    came.to_owned()
                };
                out.push(WalkFault { at: line.at, expected: format!("结束：{wanted}"), came });
            }
        }
        let mut wanted_facts: Vec<(String, &Said)> = Vec::new();
        for (name, said) in &line.facts {
            match said {
                // `probation = { ends = … }` is `"probation.ends" = …`.
                Said::Table(cells) => {
                    let dotted =
                        |key: &String| if key == "from" { name.clone() } else { format!("{name}.{key}") };
                    wanted_facts.extend(cells.iter().map(|(key, said)| (dotted(key), said)));
                }
                said => wanted_facts.push((name.clone(), said)),
            }
        }
        for (name, said) in &wanted_facts {
            let came = self.fact_words(case.subject, name, known);
            let wanted = self.said_words(said);
            if came != wanted {
                out.push(WalkFault { at: line.at, expected: format!("{name}：{wanted}"), came });
            }
        }
        out
    }

    fn compare_open(
        &self,
        at: usize,
        wanted: &[WantedStep],
        came: &[&OpenStep],
        state: &crate::flow::State,
    ) -> Vec<WalkFault> {
        let mut out = Vec::new();
        let name = |unit: Option<UnitId>| {
            unit.and_then(|u| self.cast.docket.organisation.unit(u))
                .map_or_else(|| "无".to_owned(), |u| u.name.clone())
        };
        let words = |o: &OpenStep| {
            let due = o.due.map_or_else(|| "无期限".to_owned(), |d| d.to_string());
            format!("{}（{}，{due}{}）", o.step, name(o.bearer), if o.late { "，逾期" } else { "" })
        };
        let mut left: Vec<&OpenStep> = came.to_vec();
        for w in wanted {
            let line_of =
                |o: &OpenStep| o.title.contains(&format!("（{}）", w.line.clone().unwrap_or_default()));
            let found = left.iter().position(|o| o.step == w.step && (w.line.is_none() || line_of(o)));
            let Some(found) = found else {
                let came: Vec<String> = came.iter().map(|o| words(o)).collect();
                let ended =
                    state.ended.as_ref().map_or_else(String::new, |(how, _)| format!("（已结束：{how}）"));
                out.push(WalkFault {
                    at,
                    expected: format!("待办：{}", w.step),
                    came: format!("{}{ended}", list(&came)),
                });
                continue;
            };
            let o = left.remove(found);
            if w.due.is_some() && o.due != w.due {
                let due = w.due.map_or_else(String::new, |d| d.to_string());
                out.push(WalkFault {
                    at, expected: format!("“{}”的期限：{due}", w.step), came: words(o)
                });
            }
            if let Some(by) = &w.by
                && name(o.bearer) != *by
            {
                out.push(WalkFault {
                    at, expected: format!("“{}”的承办方：{by}", w.step), came: words(o)
                });
            }
            if w.late.is_some_and(|late| late != o.late) {
                let word = if w.late == Some(true) { "逾期" } else { "不逾期" };
                out.push(WalkFault { at, expected: format!("“{}”{word}", w.step), came: words(o) });
            }
            let lacking: Vec<String> =
                w.lacks.iter().filter(|l| !o.unmet.iter().any(|u| is_named(u, l))).cloned().collect();
            if !lacking.is_empty() {
                let came = told(&o.unmet.iter().collect::<Vec<_>>());
                out.push(WalkFault {
                    at, expected: format!("“{}”还缺：{}", w.step, list(&lacking)), came
                });
            }
        }
        if !left.is_empty() {
            let more: Vec<String> = left.iter().map(|o| words(o)).collect();
            let wanted: Vec<String> = wanted.iter().map(|w| w.step.clone()).collect();
            out.push(WalkFault {
                at,
                expected: format!("待办只有：{}", list(&wanted)),
                came: format!("还有：{}", list(&more)),
            });
        }
        out
    }

    fn fact_words(&self, subject: Subject, name: &str, on: Date) -> String {
        let (name, ends) = name.strip_suffix(".ends").map_or((name, false), |n| (n, true));
        let fact = self.cast.docket.facts.get(&(subject, name.to_owned())).and_then(|all| all.last());
        if let Some(fact) = fact {
            if fact.cleared {
                return "没有".to_owned();
            }
            if ends {
                return fact.ends.map_or_else(|| "没有".to_owned(), |d| d.to_string());
            }
            return match (&fact.value, fact.from) {
                (Some(value), _) => self.value_words(value),
                (None, Some(from)) => from.to_string(),
                (None, None) => "没有".to_owned(),
            };
        }
        let Subject::Person(id) = subject else { return "没有".to_owned() };
        let Some(person) = self.cast.docket.people.get(&id) else { return "没有".to_owned() };
        match name {
            "stage" => person.stage(on).unwrap_or("没有").to_owned(),
            "branch" => person
                .branch(on)
                .and_then(|u| self.cast.docket.organisation.unit(u))
                .map_or_else(|| "没有".to_owned(), |u| u.name.clone()),
            "post" => person.posts_on(on).map(|(_, t)| t.to_owned()).collect::<Vec<_>>().join("、"),
            _ => "没有".to_owned(),
        }
    }

    fn value_words(&self, value: &Value) -> String {
        match value {
            Value::Text(t) | Value::Choice(t) | Value::Person { name: t, .. } => t.clone(),
            Value::Day(d) => d.to_string(),
            Value::Number(n) => (n / 1000).to_string(),
            Value::Money(n) => (n / 100).to_string(),
            Value::Unit(u) => {
                self.cast.docket.organisation.unit(*u).map_or_else(String::new, |u| u.name.clone())
            }
            _ => String::new(),
        }
    }

    fn said_words(&self, said: &Said) -> String {
        match said {
            Said::Text(t) => t.clone(),
            Said::Day(d) => d.to_string(),
            Said::Number(n) => n.to_string(),
            Said::List(_) | Said::Table(_) => String::new(),
        }
    }
}
