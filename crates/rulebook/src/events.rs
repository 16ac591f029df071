//! rulebook/events.toml: 事件, what the institution or its units hold and other things wait for.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use model::rule::Ledger;
use model::{Cadence, Moment, UnitKind};

use crate::fault::{At, Faults, RuleFault, did_you_mean};
use crate::link::{Kind, Links};
use crate::tree::{Table, is_id};

/// 事件: something that has a day which is told, or which the records of its ledger say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Id: its key in the file.
    pub id: String,
    /// Name (党代会).
    pub title: String,
    /// Other names.
    pub aliases: Vec<String>,
    /// Whether it is held several times a year; one that is not has one day a year.
    pub each: bool,
    /// Id of the ledger whose records are the event; none for one that is only told.
    pub ledger: Option<String>,
    /// Kinds of unit that keep that ledger: each of them holds the event for itself and for what lies below it.
    pub kept_by: BTreeSet<UnitKind>,
}

/// The events that the rulebook knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Events {
    all: Vec<Event>,
    /// Names without what offices write around them, to the place of their event.
    names: HashMap<String, usize>,
}

/// What may stand before the name of an event.
const BEFORE: [&str; 12] =
    ["中国共产党", "中共", "学校", "学院", "我校", "我院", "本校", "本年度", "年度", "全校", "校", "院"];

/// What may stand after it.
const AFTER: [&str; 10] =
    ["正式召开", "胜利召开", "召开", "举行", "举办", "开幕", "结束", "大会", "会议", "会"];

impl Events {
    /// Every event, in the order of the file.
    #[must_use]
    pub fn all(&self) -> &[Event] {
        &self.all
    }

    /// The event with this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Event> {
        self.all.iter().find(|e| e.id == id)
    }

    /// The event that a document means by these words: 学校第二次党代会召开 is 党代会.
    #[must_use]
    pub fn resolve(&self, words: &str) -> Option<&Event> {
        let found = bare(words).into_iter().find_map(|w| self.names.get(&w))?;
        self.all.get(*found)
    }

    /// What a moment is known by: the event's id where the rulebook has it, else the document's words; of a written day
    /// its ledger and field. None for what is a fact of each unit.
    #[must_use]
    pub fn key(&self, moment: &Moment) -> Option<String> {
        match moment {
            Moment::Event { id, .. } if !id.is_empty() => Some(id.clone()),
            Moment::Event { words, .. } => {
                Some(self.resolve(words).map_or_else(|| words.clone(), |e| e.id.clone()))
            }
            Moment::Written { ledger, field, .. } => Some(format!("{ledger}.{field}")),
            Moment::TermEnd => None,
        }
    }

    /// What people call what is known by `key`: the event's title, else the key itself.
    #[must_use]
    pub fn title<'a>(&'a self, key: &'a str) -> &'a str {
        self.get(key).map_or(key, |e| e.title.as_str())
    }

    /// The events that the records of these ledgers are.
    pub fn of_ledgers<'a>(&'a self, ledgers: &'a [String]) -> impl Iterator<Item = &'a Event> {
        self.all.iter().filter(|e| e.ledger.as_ref().is_some_and(|l| ledgers.contains(l)))
    }

    /// The cadence with the event named by its id, where the rulebook knows it.
    #[must_use]
    pub fn named(&self, cadence: Cadence) -> Cadence {
        match cadence {
            Cadence::Hang { on: Moment::Event { id, words }, when } if id.is_empty() => {
                let id = self.resolve(&words).map_or(id, |e| e.id.clone());
                Cadence::Hang { on: Moment::Event { id, words }, when }
            }
            other => other,
        }
    }

    /// Takes over which kinds of unit keep the ledgers, once these are read.
    pub(crate) fn fill(&mut self, ledgers: &BTreeMap<&str, &Ledger>) {
        for event in &mut self.all {
            let kept =
                event.ledger.as_deref().and_then(|l| ledgers.get(l)).map(|l| l.kept_by.iter().copied());
            event.kept_by = kept.into_iter().flatten().collect();
        }
    }

    /// Gives what a rule hangs on the words that people have for it.
    pub(crate) fn word(&self, cadence: &mut Cadence, ledgers: &BTreeMap<&str, &Ledger>) {
        let Cadence::Hang { on, .. } = cadence else { return };
        match on {
            Moment::Event { id, words } => {
                if let Some(event) = self.get(id) {
                    words.clone_from(&event.title);
                }
            }
            Moment::Written { ledger, field, words } => {
                let found = ledgers.get(ledger.as_str());
                if let Some(f) = found.and_then(|l| l.fields.iter().find(|f| f.id == *field)) {
                    words.clone_from(&f.title);
                }
            }
            Moment::TermEnd => {}
        }
    }

    /// What hangs on something that nothing defines.
    pub(crate) fn check(
        &self,
        hanging: Vec<(String, At)>,
        ledgers: &BTreeMap<&str, &Ledger>,
    ) -> Vec<RuleFault> {
        let mut out = Vec::new();
        for (name, at) in hanging {
            let written = name.split_once('.').and_then(|(ledger, field)| {
                let field = ledgers.get(ledger)?.fields.iter().find(|f| f.id == field)?;
                Some(field.kind == model::rule::FieldType::Day)
            });
            if self.get(&name).is_some() || written == Some(true) {
                continue;
            }
            let message = match written {
                Some(_) => format!("“{name}”不是日期字段"),
                None => format!("没有事件“{name}”"),
            };
            let help = match did_you_mean(&name, self.all.iter().map(|e| e.id.as_str())) {
                help if help.is_empty() => {
                    "写 events.toml 里一个事件的编号，或者写“台账.日期字段”。".to_owned()
                }
                help => help,
            };
            out.push(at.fault(message, help));
        }
        out
    }
}

/// The words of an event, then the same with less and less around them.
fn bare(words: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut wait: Vec<String> =
        vec![words.chars().filter(|c| !c.is_whitespace() && !"“”《》\"".contains(*c)).collect()];
    // What is taken off makes it shorter, so this ends.
    while let Some(now) = wait.pop() {
        if now.chars().count() < 2 || out.contains(&now) {
            continue;
        }
        let mut less: Vec<String> =
            AFTER.iter().filter_map(|a| now.strip_suffix(a)).map(ToOwned::to_owned).collect();
        less.extend(BEFORE.iter().filter_map(|b| now.strip_prefix(b)).map(ToOwned::to_owned));
        // 第二次党代会, 2026年教代会, 第三届.
        less.extend(["次", "届", "年"].iter().filter_map(|mark| {
            let (head, rest) = now.split_once(mark)?;
            let number = head.trim_start_matches('第');
            let all = !number.is_empty()
                && number.chars().all(|c| c.is_ascii_digit() || "一二三四五六七八九十百零〇".contains(c));
            all.then(|| rest.to_owned())
        }));
        out.push(now);
        less.sort_by_key(|l| l.chars().count());
        wait.extend(less);
    }
    out.sort_by_key(|w| std::cmp::Reverse(w.chars().count()));
    out
}

/// Reads `[event.ID]` tables.
pub(crate) fn read(mut file: Table, events: &mut Events, faults: &mut Faults, links: &mut Links) {
    let Some(mut tables) = file.table("event", faults) else {
        file.finish(faults);
        return;
    };
    for field in tables.rest() {
        if !is_id(&field.key) {
            faults.say(&field.span, format!("事件的编号“{}”只能用小写字母、数字、- 和 _", field.key), "");
        }
        let Some(mut table) = Table::of(field.node, "事件", faults) else { continue };
        let title = table.need_text("title", faults);
        let aliases = table.spanned_texts("aliases", faults);
        let each = table.switch("each", faults);
        let ledger = table.spanned_text("ledger", faults);
        if let Some((id, at)) = &ledger {
            links.to(Kind::Ledger, id, faults.at(at));
        }
        table.finish(faults);
        let Some(title) = title else { continue };
        let place = events.all.len();
        let names = std::iter::once((title.clone(), field.span.clone())).chain(aliases.iter().cloned());
        for (name, at) in names {
            if let Some(other) = events.names.insert(name.clone(), place) {
                let whose = events.all.get(other).map_or(field.key.as_str(), |e| e.id.as_str());
                faults.say(&at, format!("名称“{name}”已由事件“{whose}”使用"), "");
            }
        }
        events.all.push(Event {
            id: field.key,
            title,
            aliases: aliases.into_iter().map(|(a, _)| a).collect(),
            each,
            ledger: ledger.map(|(l, _)| l),
            kept_by: BTreeSet::new(),
        });
    }
    file.finish(faults);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events() -> Events {
        crate::Rulebook::built_in().expect("the built-in rulebook").events().clone()
    }

    #[test]
    fn the_words_of_a_document_mean_an_event() {
        let events = events();
        let means = |words: &str| events.resolve(words).map(|e| e.id.as_str());
        for words in
            ["党代会", "学校第二次党代会召开", "校党代会", "中国共产党学校第三次代表大会", "党员代表大会"]
        {
            assert_eq!(means(words), Some("party-congress"), "{words}");
        }
        assert_eq!(means("2026年教代会召开"), Some("staff-congress"));
        assert_eq!(means("年度民主生活会"), Some("democratic-life"));
        assert_eq!(means("党委会会议"), Some("committee-session"));
        assert_eq!(means("收到通知"), None);
        assert_eq!(means("迎新晚会"), None);
        assert_eq!(means(""), None);
    }

    #[test]
    fn an_event_is_known_by_its_id_and_what_is_unknown_by_its_words() {
        let events = events();
        let key = |m: &Moment| events.key(m);
        assert_eq!(key(&Moment::event("学校第二次党代会召开")).as_deref(), Some("party-congress"));
        assert_eq!(key(&Moment::event("新校区落成")).as_deref(), Some("新校区落成"));
        assert_eq!(key(&Moment::TermEnd), None);
        assert_eq!(events.title("party-congress"), "党代会");
        assert_eq!(events.title("新校区落成"), "新校区落成");
    }
}
