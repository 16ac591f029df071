//! What the files say of one another: names that must be unique, ids that must exist, values that must fit.

use std::collections::{BTreeMap, BTreeSet};

use model::rule::{Ledger, Means};

use crate::called::Called;
use crate::condition::Use;
use crate::fault::{At, Faults, RuleFault, did_you_mean};
use crate::tree::Table;

/// What an id is the id of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Mechanism,
    Obligation,
    Ledger,
    Regulation,
    Workflow,
    Vote,
    Article,
    Setting,
    Role,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Mechanism => "制度",
            Self::Obligation => "要求",
            Self::Ledger => "台账",
            Self::Regulation => "法规",
            Self::Workflow => "流程",
            Self::Vote => "表决规则",
            Self::Article => "条款",
            Self::Setting => "设置",
            Self::Role => "角色",
        }
    }
}

/// The ledger that takes what no other does.
pub(crate) const GENERAL: &str = "general";
/// The ledger in which the leading unit of an item says how it goes.
pub(crate) const PROGRESS: &str = "progress";

/// All that was said, to be checked once every file is read.
#[derive(Default)]
pub(crate) struct Links {
    references: Vec<(Kind, String, At)>,
    conditions: Vec<(String, Use, At)>,
    names: BTreeMap<(Kind, String), (String, At)>,
    hanging: Vec<(String, At)>,
    faults: Vec<RuleFault>,
    only: Vec<(&'static str, String, At)>,
    meanings: Vec<(String, Means, At)>,
    any_of: Vec<(Vec<String>, Use, At)>,
    posts: Vec<(String, At)>,
    steps: Vec<(String, String, At)>,
    called: Vec<(Called, String, At)>,
    pub(crate) traits: Traits,
}

/// The traits of units that rules speak of.
#[derive(Default)]
pub(crate) struct Traits {
    named: Vec<(String, At, bool)>,
    /// Whether what is read now is the institution's own file.
    pub(crate) own: bool,
}

impl Traits {
    /// The traits under `key`.
    pub(crate) fn read(
        &mut self,
        key: &'static str,
        table: &mut Table,
        faults: &mut Faults,
    ) -> BTreeSet<String> {
        let mut out = BTreeSet::new();
        for (word, span) in table.spanned_texts(key, faults) {
            if !out.insert(word.clone()) {
                faults.say(&span, format!("“{key}”中“{word}”重复"), "删去重复的一个。");
            }
            self.named.push((word, faults.at(&span), self.own));
        }
        out
    }

    /// A trait that is spoken of.
    pub(crate) fn name(&mut self, word: &str, at: At) {
        self.named.push((word.to_owned(), at, self.own));
    }

    /// The traits that nothing defines, given those there are. An institution whose own roles.toml leaves out a trait
    /// (`own`) has no unit of it: the built-in rules that speak of it bind nobody there, which is no mistake of theirs.
    fn faults(self, known: &[&str], own: bool) -> Vec<RuleFault> {
        let unknown = (self.named.into_iter())
            .filter(|(word, _, theirs)| !known.contains(&word.as_str()) && (*theirs || !own));
        let told = unknown.map(|(word, at, _)| {
            let mut help = did_you_mean(&word, known.iter().copied());
            if help.is_empty() {
                help = format!("可用：{}。新的写进 roles.toml。", known.join("、"));
            }
            at.fault(format!("没有“{word}”这种组织性质"), help)
        });
        told.collect()
    }
}

impl Links {
    /// Something refers to `id`.
    pub(crate) fn to(&mut self, kind: Kind, id: &str, at: At) {
        self.references.push((kind, id.to_owned(), at));
    }

    /// A condition upon a record in `ledger` speaks of a field.
    pub(crate) fn condition(&mut self, ledger: &str, used: Use, at: At) {
        self.conditions.push((ledger.to_owned(), used, at));
    }

    /// A condition upon a record in one of these ledgers, or upon a line of a table in one.
    pub(crate) fn any_of(&mut self, ledgers: Vec<String>, used: Use, at: At) {
        self.any_of.push((ledgers, used, at));
    }

    /// A post, or a role, is spoken of.
    pub(crate) fn post(&mut self, title: &str, at: At) {
        self.posts.push((title.to_owned(), at));
    }

    /// A fact, a state, a series or a paper of procedures is spoken of.
    pub(crate) fn called(&mut self, what: Called, id: &str, at: At) {
        self.called.push((what, id.to_owned(), at));
    }

    /// The words of procedures that were spoken of.
    pub(crate) fn take_called(&mut self) -> Vec<(Called, String, At)> {
        std::mem::take(&mut self.called)
    }

    /// A step of a procedure is spoken of from outside of it.
    pub(crate) fn step(&mut self, workflow: &str, step: &str, at: At) {
        self.steps.push((workflow.to_owned(), step.to_owned(), at));
    }

    /// The steps that are spoken of and that no version of the procedure has.
    pub(crate) fn check_steps(&mut self, steps: &BTreeMap<&str, Vec<&str>>) -> Vec<RuleFault> {
        let mut out = Vec::new();
        for (workflow, step, at) in std::mem::take(&mut self.steps) {
            // A procedure that is not there has been told already.
            let Some(known) = steps.get(workflow.as_str()) else { continue };
            if !known.contains(&step.as_str()) {
                let help = did_you_mean(&step, known.iter().copied());
                out.push(at.fault(format!("流程“{workflow}”没有环节“{step}”"), help));
            }
        }
        out
    }

    /// `ledger` says `key`, which one ledger alone may say.
    pub(crate) fn only(&mut self, key: &'static str, ledger: &str, at: At) {
        if !self.only.iter().any(|(k, l, _)| *k == key && l == ledger) {
            self.only.push((key, ledger.to_owned(), at));
        }
    }

    /// Something hangs on an event, or on a day that the records of a ledger say.
    pub(crate) fn hangs_on(&mut self, name: &str, at: At) {
        self.hanging.push((name.to_owned(), at));
    }

    /// What hangs on events and written days.
    pub(crate) fn take_hanging(&mut self) -> Vec<(String, At)> {
        std::mem::take(&mut self.hanging)
    }

    /// `ledger` must have a field of this meaning.
    pub(crate) fn means(&mut self, ledger: &str, means: Means, at: At) {
        self.meanings.push((ledger.to_owned(), means, at));
    }

    /// `owner` is replaced: its names are free again.
    pub(crate) fn forget(&mut self, kind: Kind, owner: &str) {
        self.names.retain(|(k, _), (o, _)| *k != kind || o != owner);
    }

    /// `owner` is called `name`; no other may be.
    pub(crate) fn name(&mut self, kind: Kind, name: &str, owner: &str, at: At) {
        let key = (kind, name.to_owned());
        if let Some((other, first)) = self.names.get(&key) {
            let message = if other == owner {
                format!("{}“{owner}”的名称“{name}”重复", kind.word())
            } else {
                format!("名称“{name}”已由{}“{other}”使用", kind.word())
            };
            self.faults.push(at.fault(message, format!("另一处在 {} 第 {} 行。", first.file, first.line)));
        } else {
            self.names.insert(key, (owner.to_owned(), at));
        }
    }

    /// The faults among the files, given the ids that there are and the ledgers by id.
    pub(crate) fn check(
        self,
        ids: &BTreeMap<Kind, Vec<&str>>,
        ledgers: &BTreeMap<&str, &Ledger>,
        traits: &[&str],
        posts: &[&str],
        own_roles: bool,
    ) -> Vec<RuleFault> {
        let mut out = self.faults;
        for (title, at) in self.posts {
            if !posts.contains(&title.as_str()) {
                let mut help = did_you_mean(&title, posts.iter().copied());
                if help.is_empty() {
                    help = "写 roles.toml 里一个职务的名称或者一个角色的编号。".to_owned();
                }
                out.push(at.fault(format!("没有“{title}”这个职务"), help));
            }
        }
        for (of, used, at) in self.any_of {
            let found: Vec<&&Ledger> = of.iter().filter_map(|id| ledgers.get(id.as_str())).collect();
            // A ledger that is not there has been told already.
            if found.len() < of.len() {
                continue;
            }
            let told: Vec<(String, String)> =
                found.iter().filter_map(|ledger| fault_of_any(ledger, &used)).collect();
            if told.len() == found.len()
                && let Some((message, help)) = told.into_iter().next()
            {
                out.push(at.fault(message, help));
            }
        }
        for (kind, id, at) in self.references {
            let known = ids.get(&kind).map(Vec::as_slice).unwrap_or_default();
            if !known.contains(&id.as_str()) {
                let help = did_you_mean(&id, known.iter().copied());
                out.push(at.fault(format!("没有编号为“{id}”的{}", kind.word()), help));
            }
        }
        for (ledger, used, at) in self.conditions {
            // A ledger that is not there has been told already.
            let Some(ledger) = ledgers.get(ledger.as_str()) else { continue };
            if let Some((message, help)) =
                used.fault(&ledger.fields, "条件", &format!("台账“{}”", ledger.title))
            {
                out.push(at.fault(message, help));
            }
        }
        for (ledger, means, at) in self.meanings {
            let Some(ledger) = ledgers.get(ledger.as_str()) else { continue };
            if ledger.meaning(means).is_none() {
                let help = format!("加一个 [[field]]，means = \"{}\"。", means.id());
                out.push(at.fault(format!("台账“{}”没有写明所属年度的字段", ledger.title), help));
            }
        }
        for key in [GENERAL, PROGRESS] {
            let mut of_it = self.only.iter().filter(|(k, ..)| *k == key);
            let Some((_, first, _)) = of_it.next() else {
                let at = At { file: "ledgers".to_owned(), line: 1, column: 1 };
                let help = "整个规则库里恰好有一本台账写 true。";
                out.push(at.fault(format!("没有一本台账写明 {key} = true"), help));
                continue;
            };
            for (_, _, at) in of_it {
                let help = "整个规则库里恰好有一本台账如此，去掉其中一处。";
                out.push(at.fault(format!("台账“{first}”已写明 {key} = true"), help));
            }
        }
        out.extend(self.traits.faults(traits, own_roles));
        out
    }
}

/// What is wrong with what is said of a record of this ledger, or of a line of one of its tables.
fn fault_of_any(ledger: &Ledger, used: &Use) -> Option<(String, String)> {
    let whose = format!("台账“{}”", ledger.title);
    let told = used.fault(&ledger.fields, "条件", &whose)?;
    let lines = ledger.fields.iter().filter(|f| !f.rows.is_empty());
    let in_lines = lines.clone().any(|table| used.fault(&table.rows, "条件", &whose).is_none());
    (!in_lines).then_some(told)
}
