//! rulebook/lexicon/*.toml: lists of words by which the compiler reads clauses.

use std::collections::{BTreeMap, BTreeSet};

use model::UnitKind;

use crate::fault::Faults;
use crate::link::Links;
use crate::obligation::kinds;
use crate::tree::{Node, Table, Value};

/// A name for all units of some kinds (各支部), or for all members (全体党员).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collective {
    /// The name.
    pub name: String,
    /// Kinds of unit that are meant.
    pub kinds: BTreeSet<UnitKind>,
    /// Properties that such a unit must have.
    pub traits: BTreeSet<String>,
    /// Whether every Party member is meant, each for themselves.
    pub members: bool,
}

/// A name for people by the posts that they hold (党委书记, 班子成员), or for each member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Persons {
    /// The name.
    pub name: String,
    /// Titles of posts, any of which is meant.
    pub posts: BTreeSet<String>,
    /// Whether every Party member is meant.
    pub members: bool,
}

/// Word lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lexicon {
    lists: BTreeMap<String, Vec<String>>,
    collectives: Vec<Collective>,
    persons: Vec<Persons>,
}

impl Lexicon {
    /// The words of a list, in the order of its file; empty when there is no such list. The built-in lists are
    /// described at their heads in rulebook/lexicon/.
    #[must_use]
    pub fn words(&self, list: &str) -> &[String] {
        self.lists.get(list).map(Vec::as_slice).unwrap_or_default()
    }

    /// The lists there are, with their words.
    pub fn lists(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.lists.iter().map(|(n, w)| (n.as_str(), w.as_slice()))
    }

    /// Names for many units at once, longest first.
    #[must_use]
    pub fn collectives(&self) -> &[Collective] {
        &self.collectives
    }

    /// What a collective name means.
    #[must_use]
    pub fn collective(&self, name: &str) -> Option<&Collective> {
        self.collectives.iter().find(|c| c.name == name)
    }

    /// Names for people, longest first.
    #[must_use]
    pub fn persons(&self) -> &[Persons] {
        &self.persons
    }

    pub(crate) fn sort(&mut self) {
        self.persons.sort_by(|a, b| b.name.len().cmp(&a.name.len()).then_with(|| a.name.cmp(&b.name)));
        self.collectives.sort_by(|a, b| b.name.len().cmp(&a.name.len()).then_with(|| a.name.cmp(&b.name)));
    }
}

/// Reads one lexicon file: `list = ["…"]` lines, `[[collective]]` and `[[persons]]` tables.
pub(crate) fn read(mut file: Table, lexicon: &mut Lexicon, faults: &mut Faults, links: &mut Links) {
    for mut table in file.tables("collective", faults) {
        let span = table.span.clone();
        let names = table.spanned_texts("names", faults);
        let kinds = kinds("kinds", &mut table, faults);
        let key = if table.has("traits") { "traits" } else { "with" };
        let traits = links.traits.read(key, &mut table, faults);
        let members = table.switch("members", faults);
        table.finish(faults);
        if names.is_empty() {
            faults.say(&span, "统称没有名称（names）", "");
        }
        if kinds.is_empty() && !members {
            faults.say(&span, "统称没有写明指哪些组织（kinds）或党员（members）", "");
        }
        for (name, at) in names {
            if lexicon.collective(&name).is_some() {
                faults.say(&at, format!("统称“{name}”重复"), "");
            } else {
                lexicon.collectives.push(Collective {
                    name,
                    kinds: kinds.clone(),
                    traits: traits.clone(),
                    members,
                });
            }
        }
    }
    for mut table in file.tables("persons", faults) {
        let span = table.span.clone();
        let names = table.spanned_texts("names", faults);
        let posts: BTreeSet<String> = table.texts("posts", faults).into_iter().collect();
        let members = table.switch("members", faults);
        table.finish(faults);
        if names.is_empty() || posts.is_empty() != members {
            let help = "写 names，再写 posts（职务）或 members = true（每名党员）之一。";
            faults.say(&span, "人员的叫法不完整", help);
        }
        for (name, at) in names {
            if lexicon.persons.iter().any(|p| p.name == name) {
                faults.say(&at, format!("人员的叫法“{name}”重复"), "");
            } else {
                lexicon.persons.push(Persons { name, posts: posts.clone(), members });
            }
        }
    }
    for field in file.rest() {
        let Node { value: Value::Array(nodes), span } = field.node else {
            faults.say(&field.span, format!("词表“{}”应为列表", field.key), "写成 名称 = [\"…\", \"…\"]。");
            continue;
        };
        if nodes.is_empty() {
            faults.say(&span, format!("词表“{}”是空的", field.key), "");
        }
        let list = lexicon.lists.entry(field.key.clone()).or_default();
        for node in nodes {
            let Some(word) = node.text("词", faults) else { continue };
            if word.is_empty() || list.contains(&word) {
                faults.say(&node.span, format!("词表“{}”中“{word}”重复或为空", field.key), "删去这一个。");
            } else {
                list.push(word);
            }
        }
    }
}
