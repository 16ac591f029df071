//! Finding the files, laying an institution's own over the built-in ones, and reading them all.

use std::collections::BTreeMap;
use std::path::Path;

use include_dir::{Dir, include_dir};
use model::flow::{Article, Setting, Workflow};
use model::follow::Chase;
use model::rule::{Ledger, Mechanism, Roles};
use sha2::{Digest, Sha256};

use crate::calendar::{self, CalendarData};
use crate::called;
use crate::dated::newest;
use crate::events::{self, Events};
use crate::fault::{Faults, RuleFault, did_you_mean};
use crate::ledger::{self, Facts};
use crate::lexicon::{self, Lexicon};
use crate::link::{Kind, Links};
use crate::papers::{self, Papers};
use crate::register::{self, Register};
use crate::roles;
use crate::tree::{self, is_id};
use crate::{Rulebook, articles, chase, mechanism, obligation, votes, workflow};

/// Files that stand in no folder.
const SINGLE: [&str; 8] = [
    "articles.toml",
    "chase.toml",
    "events.toml",
    "papers.toml",
    "roles.toml",
    "settings.toml",
    "votes.toml",
    "words.toml",
];

static BUILT_IN: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../rulebook");

/// Of these an institution's own file is laid over the built-in one entry by entry; of any other it takes the place.
const BY_ENTRY: [&str; 5] = ["articles.toml", "roles.toml", "settings.toml", "votes.toml", "words.toml"];

/// The folders of a rulebook. `tests` and `walks` hold cases, not rules.
const FOLDERS: [&str; 11] = [
    "appraisals",
    "calendar",
    "checks",
    "ledgers",
    "lexicon",
    "mechanisms",
    "obligations",
    "regulations",
    "tests",
    "walks",
    "workflows",
];
/// The folders in which no rule stands.
const NO_RULES: [&str; 2] = ["tests", "walks"];

/// A rule file before it is read.
struct RuleFile {
    /// Folder and stem: `obligations`, `branch-assembly`; the folder is empty for a file that stands beside them.
    folder: String,
    stem: String,
    /// How messages name the file.
    shown: String,
    text: String,
    /// From an institution's own folder.
    own: bool,
}

pub(crate) fn load(dir: Option<&Path>) -> Result<Rulebook, Vec<RuleFault>> {
    let mut found = Vec::new();
    let mut files = built_in_files(&BUILT_IN);
    if let Some(dir) = dir {
        for (path, file) in own_files(dir, &mut found) {
            files.insert(path, file);
        }
    }
    let mut read = Reading::default();
    // Built-in files first, so that a clash is told in the institution's file, where it can be mended.
    let (built_in, own): (Vec<_>, Vec<_>) = files.values().partition(|f| !f.own);
    for file in built_in.into_iter().chain(own) {
        let mut faults = Faults::new(&file.shown, &file.text);
        read.file(file, &mut faults);
        found.append(&mut faults.into_found());
    }
    let version = version(&files);
    let mut rulebook = read.finish(version, &mut found);
    if dir.is_some() {
        leave_out(&mut rulebook, &mut found);
    }
    if found.is_empty() {
        return Ok(rulebook);
    }
    found.sort_by(|a, b| {
        (&a.file, a.line, a.column, &a.message).cmp(&(&b.file, b.line, b.column, &b.message))
    });
    found.dedup();
    Err(found)
}

/// A built-in procedure that an institution's own ledgers no longer serve is left out, and that is told apart: it must not
/// keep the institution from its own rules.
fn leave_out(rulebook: &mut Rulebook, found: &mut Vec<RuleFault>) {
    let folders = ["rulebook/workflows/", "rulebook/checks/", "rulebook/appraisals/"];
    let built_in =
        |f: &RuleFault| folders.iter().find_map(|folder| f.file.strip_prefix(folder)).map(str::to_owned);
    let (out, rest): (Vec<_>, Vec<_>) = found.drain(..).partition(|f| built_in(f).is_some());
    for name in out.iter().filter_map(built_in) {
        rulebook.workflows.remove(name.strip_suffix(".toml").unwrap_or(&name));
    }
    rulebook.left_out = out;
    *found = rest;
}

/// Path inside the rulebook to file.
type Files = BTreeMap<String, RuleFile>;

fn built_in_files(dir: &'static Dir<'static>) -> Files {
    let mut out = Files::new();
    for f in dir.files().chain(dir.dirs().flat_map(Dir::files)) {
        let Some(path) = f.path().to_str() else { continue };
        let Some((folder, stem)) = split(path) else { continue };
        let text = String::from_utf8_lossy(f.contents()).into_owned();
        let file = RuleFile { folder, stem, shown: format!("rulebook/{path}"), text, own: false };
        out.insert(path.to_owned(), file);
    }
    out
}

/// Folder and stem of `obligations/branch-assembly.toml`, of a single file no folder; none for what is no rule file.
fn split(path: &str) -> Option<(String, String)> {
    if SINGLE.contains(&path) {
        return Some((String::new(), path.strip_suffix(".toml")?.to_owned()));
    }
    let (folder, name) = path.split_once('/')?;
    let stem = name.strip_suffix(".toml")?;
    (!stem.contains('/')).then(|| (folder.to_owned(), stem.to_owned()))
}

fn own_files(root: &Path, found: &mut Vec<RuleFault>) -> Files {
    let mut out = Files::new();
    for (folder, path) in entries(root, found) {
        if !path.is_dir() {
            if let Some((folder_of, stem)) = split(&folder) {
                own_file(&path, (&folder_of, &stem), &folder, &mut out, found);
            }
            continue;
        }
        if !FOLDERS.contains(&folder.as_str()) {
            if !folder.starts_with('.') {
                found.push(RuleFault {
                    file: path.display().to_string(),
                    line: 1,
                    column: 1,
                    message: format!("规则库没有“{folder}”这一类"),
                    help: match did_you_mean(&folder, FOLDERS) {
                        help if help.is_empty() => format!("可用：{}。", FOLDERS.join("、")),
                        help => help,
                    },
                });
            }
            continue;
        }
        for (name, path) in entries(&path, found) {
            let Some(stem) = name.strip_suffix(".toml") else { continue };
            own_file(&path, (&folder, stem), &format!("{folder}/{name}"), &mut out, found);
        }
    }
    out
}

/// Reads a file of an institution's own in the place of the built-in one at the same path.
fn own_file(
    path: &Path,
    (folder, stem): (&str, &str),
    inside: &str,
    out: &mut Files,
    found: &mut Vec<RuleFault>,
) {
    match std::fs::read(path).map(String::from_utf8) {
        Ok(Ok(text)) => {
            let file = RuleFile {
                folder: folder.to_owned(),
                stem: stem.to_owned(),
                shown: path.display().to_string(),
                text: text.trim_start_matches('\u{feff}').to_owned(),
                own: true,
            };
            // Under another name the built-in one stays beside it.
            let key = if BY_ENTRY.contains(&inside) { format!("own/{inside}") } else { inside.to_owned() };
            out.insert(key, file);
        }
        Ok(Err(e)) => found.push(unreadable(path, &e)),
        Err(e) => found.push(unreadable(path, &e)),
    }
}

fn unreadable(path: &Path, why: &dyn std::fmt::Display) -> RuleFault {
    RuleFault {
        file: path.display().to_string(),
        line: 1,
        column: 1,
        message: format!("读不了：{why}"),
        help: "检查路径和读取权限；文件用 UTF-8 编码保存。".to_owned(),
    }
}

/// What a folder holds, by name.
fn entries(dir: &Path, found: &mut Vec<RuleFault>) -> Vec<(String, std::path::PathBuf)> {
    let mut out = Vec::new();
    match std::fs::read_dir(dir) {
        Ok(list) => {
            for entry in list {
                match entry {
                    Ok(e) => out.push((e.file_name().to_string_lossy().into_owned(), e.path())),
                    Err(e) => found.push(unreadable(dir, &e)),
                }
            }
        }
        Err(e) => found.push(unreadable(dir, &e)),
    }
    out.sort();
    out
}

/// The files with walks: of the rulebook itself those in `tests/workflows`, of a folder these, those in `walks` and those
/// beside them that are no rule file.
pub(crate) fn walk_files(dir: Option<&Path>, found: &mut Vec<RuleFault>) -> Vec<(String, String)> {
    let Some(root) = dir else {
        let files = BUILT_IN.get_dir("tests/workflows").into_iter().flat_map(Dir::files);
        let shown = |f: &include_dir::File<'_>| {
            let text = String::from_utf8_lossy(f.contents()).into_owned();
            (format!("rulebook/{}", f.path().display()), text)
        };
        return files.map(shown).collect();
    };
    let mut out = Vec::new();
    for folder in [root.to_owned(), root.join("walks"), root.join("tests/workflows")] {
        if !folder.is_dir() {
            continue;
        }
        for (name, path) in entries(&folder, found) {
            if path.is_dir()
                || !name.ends_with(".toml")
                || (folder == root && SINGLE.contains(&name.as_str()))
            {
                continue;
            }
            match std::fs::read_to_string(&path) {
                Ok(text) => {
                    out.push((path.display().to_string(), text.trim_start_matches('\u{feff}').to_owned()));
                }
                Err(e) => found.push(unreadable(&path, &e)),
            }
        }
    }
    out
}

fn version(files: &Files) -> String {
    let mut hash = Sha256::new();
    for (path, file) in files {
        if !NO_RULES.contains(&file.folder.as_str()) {
            // Lengths keep one file's end apart from the next one's beginning.
            hash.update((path.len() as u64).to_le_bytes());
            hash.update(path);
            hash.update((file.text.len() as u64).to_le_bytes());
            hash.update(&file.text);
        }
    }
    hex::encode(&hash.finalize()[..6])
}

/// What was read so far.
#[derive(Default)]
struct Reading {
    mechanisms: BTreeMap<String, Mechanism>,
    obligations: BTreeMap<String, Vec<crate::Dated<model::rule::ObligationRule>>>,
    ledgers: BTreeMap<String, Vec<crate::Dated<Ledger>>>,
    register: Register,
    roles: Roles,
    /// Titles of posts, also of built-in ones whose place an institution's own list takes: the built-in procedures name them.
    posts: Vec<String>,
    /// Whether the institution has a roles.toml of its own.
    own_roles: bool,
    lexicon: Lexicon,
    calendar: CalendarData,
    events: Events,
    workflows: BTreeMap<String, Vec<crate::Dated<Workflow>>>,
    articles: BTreeMap<String, Article>,
    votes: votes::Votes,
    settings: BTreeMap<String, Setting>,
    words: called::Words,
    chase: Vec<crate::Dated<Chase>>,
    papers: Papers,
    links: Links,
    facts: Facts,
    /// Ids of all files, also of those with mistakes: a reference to one of them is no mistake of its own.
    stems: BTreeMap<Kind, Vec<String>>,
}

impl Reading {
    fn file(&mut self, file: &RuleFile, faults: &mut Faults) {
        if NO_RULES.contains(&file.folder.as_str()) {
            return;
        }
        if !is_id(&file.stem) {
            faults.say(
                &(0..0),
                format!("文件名“{}”只能用小写字母、数字、- 和 _", file.stem),
                "文件名就是编号。",
            );
        }
        let id = file.stem.as_str();
        let kind = match file.folder.as_str() {
            "mechanisms" => Some(Kind::Mechanism),
            "obligations" => Some(Kind::Obligation),
            "ledgers" => Some(Kind::Ledger),
            "workflows" | "checks" | "appraisals" => Some(Kind::Workflow),
            _ => None,
        };
        if let Some(kind) = kind {
            self.stems.entry(kind).or_default().push(id.to_owned());
        }
        let Some(table) = tree::parse(&file.text, faults) else { return };
        self.links.traits.own = file.own;
        match file.folder.as_str() {
            "mechanisms" => {
                if let Some(m) = mechanism::read(id, table, faults, &mut self.links) {
                    self.mechanisms.insert(id.to_owned(), m);
                }
            }
            "obligations" => {
                let versions = obligation::read(id, table, faults, &mut self.links);
                self.obligations.insert(id.to_owned(), versions);
            }
            "ledgers" => {
                let versions = ledger::read(id, table, faults, &mut self.links, &mut self.facts);
                self.ledgers.insert(id.to_owned(), versions);
            }
            "regulations" => register::read(table, file.own, &mut self.register, faults, &mut self.links),
            "lexicon" => lexicon::read(table, &mut self.lexicon, faults, &mut self.links),
            "calendar" => calendar::read(id, table, &mut self.calendar, faults),
            folder @ ("workflows" | "checks" | "appraisals") => {
                let of_sheet = folder != "workflows";
                let versions = workflow::read(id, &file.text, of_sheet, table, faults, &mut self.links);
                if self.workflows.insert(id.to_owned(), versions).is_some() {
                    let message = format!("流程“{id}”在另一个文件夹里已经有了");
                    faults.say(&(0..0), message, "流程、检查、考核的文件名不能相同。");
                }
            }
            "" if id == "roles" => {
                roles::read(table, &mut self.roles, faults, &mut self.links);
                self.posts.extend(self.roles.posts.iter().map(|p| p.title.clone()));
                self.own_roles |= file.own;
            }
            "" if id == "articles" => articles::read(table, &mut self.articles, faults, &mut self.links),
            "" if id == "votes" => votes::read(table, &mut self.votes, faults, &mut self.links),
            "" if id == "chase" => self.chase = chase::read(table, faults, &mut self.links),
            "" if id == "words" => called::read(table, &mut self.words, faults),
            "" if id == "papers" => papers::read(table, &mut self.papers, faults, &mut self.links),
            "" if id == "settings" => votes::read_settings(table, &mut self.settings, faults),
            "" => events::read(table, &mut self.events, faults, &mut self.links),
            other => faults.say(&(0..0), format!("规则库没有“{other}”这一类"), ""),
        }
    }

    /// Checks what the files say of one another, and makes the rulebook.
    fn finish(mut self, version: String, found: &mut Vec<RuleFault>) -> Rulebook {
        self.register.fill_replaced_on();
        self.lexicon.sort();
        self.calendar.fill();
        make_symmetric(&mut self.ledgers);
        let together = |a: &str, b: &str| {
            let versions = self.ledgers.get(a).into_iter().flatten();
            versions.flat_map(|v| &v.value.together).any(|other| other == b)
        };
        found.append(&mut ledger::check_facts(&self.facts, together));

        let ledgers: Vec<Ledger> = self.ledgers.values().filter_map(|v| newest(v).cloned()).collect();
        let by_id: BTreeMap<&str, &Ledger> = ledgers.iter().map(|l| (l.id.as_str(), l)).collect();
        let mut ids: BTreeMap<Kind, Vec<&str>> =
            self.stems.iter().map(|(k, s)| (*k, s.iter().map(String::as_str).collect())).collect();
        ids.insert(Kind::Regulation, self.register.regulations.keys().map(String::as_str).collect());
        ids.insert(Kind::Article, self.articles.keys().map(String::as_str).collect());
        ids.insert(Kind::Vote, self.votes.rules.keys().map(String::as_str).collect());
        ids.insert(Kind::Setting, self.settings.keys().map(String::as_str).collect());
        ids.insert(Kind::Role, self.roles.roles.iter().map(|r| r.id.as_str()).collect());
        self.events.fill(&by_id);
        let rules = self.obligations.values_mut().flatten().map(|v| &mut v.value.cadence);
        let suggested = self.mechanisms.values_mut().filter_map(|m| m.suggests.as_mut());
        rules.chain(suggested).for_each(|c| self.events.word(c, &by_id));
        found.append(&mut self.events.check(self.links.take_hanging(), &by_id));
        let traits: Vec<&str> = self.roles.traits.iter().map(|t| t.id.as_str()).collect();
        let posts: Vec<&str> = self
            .posts
            .iter()
            .map(String::as_str)
            .chain(self.roles.roles.iter().map(|r| r.id.as_str()))
            .collect();
        let mut steps: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (id, versions) in &self.workflows {
            let all = versions.iter().flat_map(|v| v.value.steps.iter().map(|s| s.id.as_str()));
            steps.insert(id, all.collect());
        }
        found.append(&mut self.links.check_steps(&steps));
        found.append(&mut called::check(self.links.take_called(), &self.words));
        found.append(&mut self.links.check(&ids, &by_id, &traits, &posts, self.own_roles));

        Rulebook {
            mechanisms: self.mechanisms.into_values().collect(),
            obligations: self.obligations.values().filter_map(|v| newest(v).cloned()).collect(),
            obligation_versions: self.obligations,
            ledgers,
            ledger_versions: self.ledgers,
            roles: self.roles,
            regulations: self.register.regulations.into_values().collect(),
            not_regulations: self.register.not_regulations,
            lexicon: self.lexicon,
            calendar: self.calendar,
            events: self.events,
            workflows: self.workflows,
            articles: self.articles,
            votes: self.votes.rules,
            settings: self.settings,
            words: self.words,
            chase: self.chase,
            papers: self.papers,
            left_out: Vec::new(),
            version,
        }
    }
}

/// 套会 goes both ways: a ledger that may be kept together with another is one that the other may be kept with.
fn make_symmetric(ledgers: &mut BTreeMap<String, Vec<crate::Dated<Ledger>>>) {
    let pairs: Vec<(String, String)> = ledgers
        .iter()
        .flat_map(|(id, versions)| versions.iter().map(move |v| (id, v)))
        .flat_map(|(id, v)| v.value.together.iter().map(move |other| (other.clone(), id.clone())))
        .collect();
    for (id, other) in pairs {
        for v in ledgers.get_mut(&id).into_iter().flatten() {
            if !v.value.together.contains(&other) {
                v.value.together.push(other.clone());
            }
        }
    }
}
