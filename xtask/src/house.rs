//! The picture of what uses what inside the crates: no circle between the modules of a crate, and in the crate of the
//! pages no page folder that uses another.
//!
//! A module is a file or a folder directly under `src`. The sources are read as words, not as syntax: what stands inside of
//! a macro is a path as well, and a parser of Rust does not look there. Tests are passed over, they may use anything.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The crates whose modules are looked at.
const CRATES: [&str; 4] = ["store", "work", "web", "server"];
/// The crate of the pages, whose folders are pages.
const PAGES: &str = "server";
/// What several page folders use: the folders of [`PAGES`] that may be used by every other, and use no page folder
/// themselves.
const ROOMS: [&str; 1] = ["seen"];
/// Where the folders come together: their routes, their jobs, the running server. They may use every folder, and no
/// folder may use them.
const TOGETHER: [&str; 4] = ["lib", "routes", "serve", "tasks"];

/// Where one module names another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    file: String,
    line: usize,
}

/// Of each module which others it uses, and where.
type Picture = BTreeMap<String, BTreeMap<String, Vec<Place>>>;

/// Reads the crates and says on the terminal what is wrong, with `print` the whole picture as well; whether nothing is.
///
/// # Errors
/// When a source cannot be read.
pub(crate) fn check(root: &Path, print: bool) -> Result<bool> {
    let mut wrong = Vec::new();
    for name in CRATES {
        let source = root.join("crates").join(name).join("src");
        let files = sources(&source).with_context(|| format!("the sources of {name}"))?;
        let modules = picture(&files);
        if print {
            println!("{name}\n{}", drawn(&modules));
        }
        let mut found = circles(&modules);
        if name == PAGES {
            found.extend(pages_on_pages(&modules, &files));
            found.extend(templates_of_others(&files));
        }
        wrong.extend(found.into_iter().map(|words| format!("{name}: {words}")));
    }
    for words in &wrong {
        println!("{words}");
    }
    println!("{} crates looked at, {} things wrong", CRATES.len(), wrong.len());
    Ok(wrong.is_empty())
}

/// One source, Rust or a template: where it stands under `src`, and its text.
struct Source {
    path: PathBuf,
    text: String,
}

/// All Rust files and templates below a folder, in order.
fn sources(folder: &Path) -> Result<Vec<Source>> {
    let mut out = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(here) = open.pop() {
        for found in std::fs::read_dir(&here).with_context(|| here.display().to_string())? {
            let path = found?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "rs" || e == "html") {
                let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
                out.push(Source { path: path.strip_prefix(folder)?.to_owned(), text });
            }
        }
    }
    out.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(out)
}

/// The path of modules that a file is, below its crate.
fn module_of(path: &Path) -> Vec<String> {
    let mut parts: Vec<String> =
        path.with_extension("").iter().map(|p| p.to_string_lossy().into_owned()).collect();
    if parts
        .last()
        .is_some_and(|last| last == "mod" || (parts.len() == 1 && matches!(last.as_str(), "lib" | "main")))
    {
        parts.pop();
    }
    parts
}

/// The module that stands directly under `src`; of the root itself `lib`.
fn top(path: &[String]) -> &str {
    path.first().map_or("lib", String::as_str)
}

/// What uses what.
fn picture(files: &[Source]) -> Picture {
    let files = || files.iter().filter(|f| f.path.extension().is_some_and(|e| e == "rs"));
    let modules: BTreeSet<String> = files().map(|f| top(&module_of(&f.path)).to_owned()).collect();
    // What the root hands on from its modules is used under its bare name.
    let mut handed_on: BTreeMap<String, String> = BTreeMap::new();
    let mut seen = Vec::new();
    for file in files() {
        let own = module_of(&file.path);
        for found in paths(&file.text, &own) {
            let at_root = own.is_empty() && found.is_use;
            match (at_root, found.path.as_slice()) {
                (true, [module, .., name]) if modules.contains(module) => {
                    handed_on.insert(found.under.unwrap_or_else(|| name.clone()), module.clone());
                }
                _ => seen.push((top(&own).to_owned(), found, file)),
            }
        }
    }
    let mut out: Picture = modules.iter().map(|m| (m.clone(), BTreeMap::new())).collect();
    for (from, found, file) in seen {
        let Some(first) = found.path.first() else { continue };
        let to = match handed_on.get(first) {
            _ if modules.contains(first) => first,
            Some(module) => module,
            None if first == "*" => continue,
            None => "lib",
        };
        if to == from {
            continue;
        }
        let place = Place { file: file.path.display().to_string(), line: found.line };
        let places = out.entry(from).or_default().entry(to.to_owned()).or_default();
        // A line that names three things of a module uses it once.
        if !places.contains(&place) {
            places.push(place);
        }
    }
    out
}

/// A path into the crate, as somebody wrote it.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    /// From the crate's root.
    path: Vec<String>,
    line: usize,
    /// Whether a `use` names it.
    is_use: bool,
    /// Under which other name a `use` takes it.
    under: Option<String>,
}

/// The paths into the crate that a file of the module `own` writes, tests left out.
fn paths(text: &str, own: &[String]) -> Vec<Found> {
    let words = words(text);
    let mut reader = Reader { words: &words, at: 0, own, inline: Vec::new(), depth: 0, out: Vec::new() };
    reader.all();
    reader.out
}

struct Reader<'a> {
    words: &'a [Word<'a>],
    at: usize,
    own: &'a [String],
    /// The modules within the file that are open, each with the depth of braces around it.
    inline: Vec<(String, usize)>,
    depth: usize,
    out: Vec<Found>,
}

impl<'a> Reader<'a> {
    fn word(&self, ahead: usize) -> &'a str {
        self.words.get(self.at + ahead).map_or("", |w| w.text)
    }

    fn are(&self, wanted: &[&str]) -> bool {
        wanted.iter().enumerate().all(|(i, w)| self.word(i) == *w)
    }

    fn all(&mut self) {
        while self.at < self.words.len() {
            let before = self.at.checked_sub(1).and_then(|i| self.words.get(i)).map_or("", |w| w.text);
            match self.word(0) {
                "#" if self.are(&["#", "[", "cfg", "(", "test", ")", "]"]) => {
                    self.at += 7;
                    self.pass_item();
                    continue;
                }
                "mod" if self.word(2) == "{" => {
                    self.inline.push((self.word(1).to_owned(), self.depth));
                    self.at += 2;
                    continue;
                }
                "{" => self.depth += 1,
                "}" => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.inline.last().is_some_and(|(_, depth)| *depth == self.depth) {
                        self.inline.pop();
                    }
                }
                "use" => {
                    self.at += 1;
                    if self.word(0) == "::" {
                        self.at += 1;
                    } else {
                        self.tree(&[], true);
                    }
                    continue;
                }
                // `pub(in crate::org)` says who may look, not what is used.
                "crate" | "super" | "self" if self.word(1) == "::" && before != "::" && before != "in" => {
                    self.tree(&[], false);
                    continue;
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    /// Passes over what an attribute stands before: up to its semicolon, or to the end of its braces.
    fn pass_item(&mut self) {
        let mut open = 0_usize;
        while self.at < self.words.len() {
            match self.word(0) {
                "{" => open += 1,
                "}" => {
                    open = open.saturating_sub(1);
                    if open == 0 {
                        self.at += 1;
                        return;
                    }
                }
                ";" if open == 0 => {
                    self.at += 1;
                    return;
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    /// One path after what stands before it in a group, or a group of them.
    fn tree(&mut self, before: &[&'a str], is_use: bool) {
        let mut path = before.to_vec();
        let line = self.words.get(self.at).map_or(0, |w| w.line);
        loop {
            match self.word(0) {
                "{" => {
                    self.at += 1;
                    while !matches!(self.word(0), "}" | "") {
                        self.tree(&path, is_use);
                        if self.word(0) == "," {
                            self.at += 1;
                        }
                    }
                    self.at += 1;
                    return;
                }
                word if word == "*" || is_name(word) => {
                    path.push(word);
                    self.at += 1;
                }
                // `a::<T>`, or what no path goes on with.
                _ => break,
            }
            if self.word(0) == "::" && (self.word(1) == "{" || self.word(1) == "*" || is_name(self.word(1))) {
                self.at += 1;
            } else {
                break;
            }
        }
        let mut under = None;
        if is_use && self.word(0) == "as" {
            under = Some(self.word(1).to_owned());
            self.at += 2;
        }
        if path.len() == before.len() {
            // Nothing that is a path: what stands here is passed over.
            self.at += 1;
            return;
        }
        if let Some(path) = self.rooted(&path) {
            self.out.push(Found { path, line, is_use, under });
        }
    }

    /// The same path from the crate's root; none when it leads to another crate.
    fn rooted(&self, path: &[&str]) -> Option<Vec<String>> {
        let mut here: Vec<String> = self.own.to_vec();
        here.extend(self.inline.iter().map(|(name, _)| name.clone()));
        let mut rest = path;
        match path.first() {
            Some(&"crate") => {
                here.clear();
                rest = &path[1..];
            }
            Some(&"self") => rest = &path[1..],
            Some(&"super") => {
                while rest.first() == Some(&"super") {
                    here.pop();
                    rest = &rest[1..];
                }
            }
            // A `use` of the root may name a module of it; in any other module such a path stays within it or leads out
            // of the crate.
            Some(_) if !here.is_empty() => return None,
            _ => {}
        }
        // `self` at the end of a group is the module itself.
        here.extend(rest.iter().filter(|w| **w != "self").map(|w| (*w).to_owned()));
        Some(here)
    }
}

/// A word of a source, and on which line.
struct Word<'a> {
    text: &'a str,
    line: usize,
}

fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c == '_' || c.is_alphabetic())
}

/// The words of a source: names, `::`, and single signs; without comments and literals.
fn words(text: &str) -> Vec<Word<'_>> {
    let mut out = Vec::new();
    let mut rest = text;
    let mut line = 1;
    while let Some(first) = rest.chars().next() {
        let next = rest.get(first.len_utf8()..).unwrap_or("");
        let length = if first == '_' || first.is_alphabetic() {
            let name = rest.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(rest.len());
            let literal =
                matches!(&rest[..name], "r" | "b" | "br" | "c" | "cr") && starts_literal(&rest[name..]);
            if literal {
                name + quoted(&rest[name..])
            } else {
                out.push(Word { text: &rest[..name], line });
                name
            }
        } else if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            commented(rest)
        } else if first == '"' {
            quoted(rest)
        } else if first == '\'' {
            let mut after = next.chars();
            match (after.next(), after.next()) {
                (Some('\\'), _) => next.get(2..).and_then(|n| n.find('\'')).map_or(rest.len(), |n| n + 4),
                (Some(c), Some('\'')) => 2 + c.len_utf8(),
                // A lifetime.
                _ => 1,
            }
        } else if rest.starts_with("::") {
            out.push(Word { text: &rest[..2], line });
            2
        } else {
            if !first.is_whitespace() {
                out.push(Word { text: &rest[..first.len_utf8()], line });
            }
            first.len_utf8()
        };
        let (passed, left) = rest.split_at(length);
        line += passed.matches('\n').count();
        rest = left;
    }
    out
}

fn starts_literal(rest: &str) -> bool {
    rest.trim_start_matches('#').starts_with('"')
}

/// The length of a string that begins here, with the marks before it.
fn quoted(rest: &str) -> usize {
    let marks = rest.len() - rest.trim_start_matches('#').len();
    let body = marks + 1;
    if marks > 0 {
        let end = format!("\"{}", "#".repeat(marks));
        return rest[body..].find(&end).map_or(rest.len(), |at| body + at + end.len());
    }
    let mut escaped = false;
    for (at, c) in rest[body..].char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return body + at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The length of a comment that begins here; one may hold another.
fn commented(rest: &str) -> usize {
    let (mut open, mut at) = (0_usize, 0);
    while let Some(here) = rest.get(at..).filter(|r| !r.is_empty()) {
        if here.starts_with("/*") {
            open += 1;
            at += 2;
        } else if here.starts_with("*/") {
            open -= 1;
            at += 2;
            if open == 0 {
                return at;
            }
        } else {
            at += here.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// The circles, each with a place for every step of it.
fn circles(picture: &Picture) -> Vec<String> {
    let mut out = Vec::new();
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for start in picture.keys() {
        if told.contains(start.as_str()) {
            continue;
        }
        let Some(way) = way_back(picture, start) else { continue };
        told.extend(way.iter().copied());
        let mut words = format!("a circle: {}", way.join(" → "));
        for pair in way.windows(2) {
            if let [from, to] = pair
                && let Some(places) = picture.get(*from).and_then(|uses| uses.get(*to))
            {
                for place in places {
                    let _ = write!(words, "\n    {from} uses {to}: {}:{}", place.file, place.line);
                }
            }
        }
        out.push(words);
    }
    out
}

/// The shortest way from a module back to itself.
fn way_back<'a>(picture: &'a Picture, start: &'a str) -> Option<Vec<&'a str>> {
    let mut came: BTreeMap<&str, &str> = BTreeMap::new();
    let mut open = std::collections::VecDeque::from([start]);
    while let Some(here) = open.pop_front() {
        for next in picture.get(here).into_iter().flat_map(BTreeMap::keys) {
            if next == start {
                let mut way = vec![start, here];
                while let Some(before) = way.last().filter(|w| **w != start).and_then(|w| came.get(w)) {
                    way.push(before);
                }
                way.reverse();
                if here == start {
                    way.pop();
                }
                return Some(way);
            }
            if !came.contains_key(next.as_str()) {
                came.insert(next, here);
                open.push_back(next);
            }
        }
    }
    None
}

/// Where a page folder uses another, or a room uses a page.
fn pages_on_pages(picture: &Picture, files: &[Source]) -> Vec<String> {
    let folders: BTreeSet<String> = files
        .iter()
        .filter(|f| f.path.components().count() > 1)
        .map(|f| top(&module_of(&f.path)).to_owned())
        .collect();
    let is_page = |name: &str| folders.contains(name) && !ROOMS.contains(&name);
    let mut out = Vec::new();
    for (from, uses) in picture.iter().filter(|(from, _)| !TOGETHER.contains(&from.as_str())) {
        for (to, places) in uses.iter().filter(|(to, _)| is_page(to) || TOGETHER.contains(&to.as_str())) {
            for place in places {
                out.push(format!(
                    "{from} uses {to}, which is a page folder or puts them together: {}:{}",
                    place.file, place.line
                ));
            }
        }
    }
    out
}

/// Where a folder shows a template of another: named by its handler, or by a template of its own.
fn templates_of_others(files: &[Source]) -> Vec<String> {
    let mut out = Vec::new();
    for file in files {
        let own = module_of(&file.path);
        for (n, line) in file.text.lines().enumerate() {
            let named = ["template(path = \"", "import \"", "include \"", "extends \""];
            let path = named.iter().find_map(|before| line.split_once(before)?.1.split('"').next());
            let Some((folder, _)) = path.and_then(|p| p.split_once('/')) else { continue };
            if folder != top(&own) && folder != "macros" {
                out.push(format!(
                    "{} shows a template of {folder}: {}:{}",
                    top(&own),
                    file.path.display(),
                    n + 1
                ));
            }
        }
    }
    out
}

/// The picture in words: each module with what it uses.
fn drawn(picture: &Picture) -> String {
    let mut out = String::new();
    for (from, uses) in picture {
        let uses: Vec<String> = uses.iter().map(|(to, places)| format!("{to} {}", places.len())).collect();
        let _ =
            writeln!(out, "  {from:14} {}", if uses.is_empty() { "–".to_owned() } else { uses.join(", ") });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(texts: &[(&str, &str)]) -> Vec<Source> {
        texts
            .iter()
            .map(|(path, text)| Source { path: PathBuf::from(path), text: (*text).to_owned() })
            .collect()
    }

    fn uses(path: &str, text: &str) -> Vec<String> {
        paths(text, &module_of(Path::new(path))).into_iter().map(|f| f.path.join("::")).collect()
    }

    #[test]
    fn a_circle_is_named_with_every_place() {
        let made = files(&[
            ("lib.rs", "mod a;\nmod b;\nmod c;\n"),
            ("a.rs", "use crate::b::One;\n"),
            ("b/mod.rs", "mod deep;\n"),
            ("b/deep.rs", "use std::fmt;\n\nfn f() { crate::c::go() }\n"),
            ("c.rs", "use crate::{\n    a::{self, Two},\n};\n"),
        ]);
        let found = circles(&picture(&made));
        assert_eq!(found.len(), 1, "{found:?}");
        let circle = &found[0];
        assert!(circle.starts_with("a circle: a → b → c → a\n"), "{circle}");
        for place in ["a.rs:1", "b/deep.rs:3", "c.rs:2"] {
            assert!(circle.contains(place), "{circle}");
        }
    }

    #[test]
    fn what_goes_one_way_only_is_no_circle() {
        let made = files(&[
            ("lib.rs", "mod a;\nmod b;\npub use a::One;\n"),
            ("a.rs", "pub struct One;\n#[cfg(test)]\nmod tests {\n    use crate::b::Two;\n}\n"),
            ("b.rs", "use crate::One;\n"),
        ]);
        assert_eq!(circles(&picture(&made)), Vec::<String>::new());
    }

    #[test]
    fn a_name_that_the_root_hands_on_is_its_modules() {
        let made = files(&[
            ("lib.rs", "pub use a::{One, deep::Other as Third};\n"),
            ("a.rs", "use crate::b::Two;\n"),
            ("b.rs", "use crate::Third;\n"),
        ]);
        assert_eq!(circles(&picture(&made)).len(), 1);
    }

    #[test]
    fn groups_macros_and_ways_upward_are_read() {
        assert_eq!(
            uses("a/b.rs", "use super::super::x::{y::{Z, W}, self as v};"),
            ["x::y::Z", "x::y::W", "x"]
        );
        assert_eq!(
            uses("a/mod.rs", "fn f() { vec![crate::x::y(), super::z::go::<u8>(1)] }"),
            ["x::y", "z::go"]
        );
        assert_eq!(uses("a.rs", "mod inner { use super::super::b::C; }\nuse super::d;"), ["b::C", "d"]);
        assert_eq!(
            uses("a.rs", "pub(in crate::a) fn f() {}\nuse std::{crate_of::X, fmt};"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn comments_and_literals_are_no_code() {
        let text = "// crate::a\n/* crate::b /* crate::c */ crate::d */ let x = \"crate::e \\\" crate::f\";\n\
                    let y = r#\"crate::g \" crate::h\"#; let z = '\"'; let w: &'a str = crate::i::j;";
        assert_eq!(uses("m.rs", text), ["i::j"]);
        assert_eq!(paths(text, &[]).first().map(|f| f.line), Some(3));
    }

    #[test]
    fn a_folder_shows_no_template_of_another() {
        let made = files(&[
            (
                "plan/list.rs",
                "#[template(path = \"people/list.html\")]\n#[template(path = \"plan/list.html\")]",
            ),
            ("plan/list.html", "{% extends \"base.html\" %}\n{%- import \"macros/form.html\" as forms -%}"),
            ("org/unit.html", "{% import \"plan/parts.html\" as parts %}"),
        ]);
        let found = templates_of_others(&made);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("plan/list.rs:1") && found[1].contains("org/unit.html:1"), "{found:?}");
    }

    #[test]
    fn a_page_folder_uses_no_other() {
        let made = files(&[
            ("lib.rs", ""),
            ("routes.rs", "use crate::plan::routes;"),
            ("plan/mod.rs", "use crate::people::list;"),
            ("people/mod.rs", ""),
        ]);
        let found = pages_on_pages(&picture(&made), &made);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("plan uses people") && found[0].contains("plan/mod.rs:1"), "{found:?}");
    }
}
