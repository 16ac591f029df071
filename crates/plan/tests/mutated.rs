//! The labelled documents in layouts that they do not have: each is rewritten mechanically, read, and scored against its
//! unchanged label. Where the documents are not at hand the test says so and passes.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use model::SourceText;
use serde_json::Value;

const ALL: [&str; 8] =
    ["items", "sections", "titles", "lead", "responsible", "cadences", "deadlines", "regulations"];
/// What must hold still when numbers are gone.
const UNNUMBERED: [&str; 6] = ["titles", "lead", "responsible", "cadences", "deadlines", "regulations"];
/// The figure that each macro-average must reach.
const LEAST: f64 = 0.97;

/// A way to rewrite a document, the figures it leaves alone, and the documents (by the start of their names) that it
/// can be done to; none means all.
struct Mutation {
    name: &'static str,
    figures: &'static [&'static str],
    only: &'static [&'static str],
    rewrite: fn(&str) -> String,
}

const MUTATIONS: &[Mutation] = &[
    Mutation { name: "as it is", figures: &ALL, only: &[], rewrite: str::to_owned },
    Mutation { name: "wrapped at 34", figures: &ALL, only: &["00", "06", "16"], rewrite: |t| wrapped(t, 34) },
    Mutation { name: "wrapped at 40", figures: &ALL, only: &["00", "06", "16"], rewrite: |t| wrapped(t, 40) },
    Mutation {
        name: "wrapped, with page numbers",
        figures: &ALL,
        only: &["00", "06", "16"],
        rewrite: |t| paged(&wrapped(t, 30)),
    },
    Mutation { name: "half-width punctuation", figures: &ALL, only: &[], rewrite: half_width },
    Mutation { name: "corner quotation marks", figures: &ALL, only: &[], rewrite: corners },
    Mutation { name: "full-width digits", figures: &ALL, only: &[], rewrite: full_digits },
    Mutation { name: "spaces around digits", figures: &ALL, only: &[], rewrite: spaced_digits },
    Mutation { name: "blank lines and indents", figures: &ALL, only: &[], rewrite: airy },
    Mutation { name: "carriage returns", figures: &ALL, only: &[], rewrite: |t| t.replace('\n', "\r\n") },
    Mutation { name: "owners on lines of their own", figures: &ALL, only: &[], rewrite: owners_below },
    Mutation {
        name: "owners in square brackets",
        figures: &ALL,
        only: &[],
        rewrite: |t| on_tags(t, |inner| format!("【{inner}】")),
    },
    Mutation {
        name: "owners in half-width brackets",
        figures: &ALL,
        only: &[],
        rewrite: |t| on_tags(t, |inner| format!("[{inner}]")),
    },
    Mutation {
        name: "numbers with 、",
        figures: &ALL,
        only: &["00", "03", "06"],
        rewrite: |t| renumbered(t, |n| format!("{n}、")),
    },
    Mutation {
        name: "numbers with a full-width point",
        figures: &ALL,
        only: &["00", "03", "06"],
        rewrite: |t| renumbered(t, |n| format!("{n}．")),
    },
    Mutation {
        name: "numbers in brackets",
        figures: &ALL,
        only: &["00", "03", "06"],
        rewrite: |t| renumbered(t, |n| format!("（{n}）")),
    },
    Mutation {
        name: "numbers with one bracket",
        figures: &ALL,
        only: &["00", "03", "06"],
        rewrite: |t| renumbered(t, |n| format!("{n}）")),
    },
    Mutation {
        name: "numbers with a space",
        figures: &ALL,
        only: &["00", "03", "06"],
        rewrite: |t| renumbered(t, |n| format!("{n} ")),
    },
    Mutation {
        name: "half-width brackets and a comma too many",
        figures: &ALL,
        only: &["01", "16"],
        rewrite: |t| in_brackets(t, |n| format!("({n})、")),
    },
    Mutation {
        name: "numbers stripped",
        figures: &UNNUMBERED,
        only: &["00", "06"],
        rewrite: |t| renumbered(t, |_| String::new()),
    },
    Mutation { name: "the body on one line", figures: &ALL, only: &["00"], rewrite: one_line },
    Mutation { name: "labels without brackets", figures: &ALL, only: &["00", "06"], rewrite: labels_below },
    Mutation {
        name: "everything at once",
        figures: &ALL,
        only: &["00", "06"],
        rewrite: |t| paged(&wrapped(&full_digits(&corners(&half_width(&owners_below(t)))), 32)),
    },
    Mutation {
        name: "marks of Markdown",
        figures: &ALL,
        only: &["00", "03", "06"],
        rewrite: |t| {
            renumbered(t, |n| format!("**{n}.** "))
                .replace("\n一、", "\n## 一、")
                .replace("\n二、", "\n## 二、")
        },
    },
    Mutation {
        name: "table with one cell a line",
        figures: &ALL,
        only: &["00", "06"],
        rewrite: |t| tabled(t, "\t").replace("\t\t\t", "").replace('\t', "\n"),
    },
    Mutation { name: "table between tabs", figures: &ALL, only: &["00", "06"], rewrite: |t| tabled(t, "\t") },
    Mutation {
        name: "table between pipes",
        figures: &ALL,
        only: &["00", "06"],
        rewrite: |t| tabled(t, " | "),
    },
];

fn is_han(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

/// Each line broken after so many characters, the first line of each paragraph indented as on paper.
fn wrapped(text: &str, width: usize) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let line = line.trim();
        let mut room = width - 2;
        out.push_str("　　");
        let mut chars = line.chars().peekable();
        while let Some(c) = chars.next() {
            out.push(c);
            room = room.saturating_sub(1);
            // No line begins with a mark that must not stand there.
            if room == 0 && chars.peek().is_some_and(|n| !"，。；：、”）》？！".contains(*n)) {
                out.push('\n');
                room = width;
            }
        }
        out.push('\n');
    }
    out
}

fn paged(text: &str) -> String {
    let mut out = String::new();
    for (n, line) in text.lines().enumerate() {
        out.push_str(line);
        out.push('\n');
        if n % 22 == 21 {
            let _ = write!(out, "\n— {} —\n\n", n / 22 + 1);
        }
    }
    out
}

fn half_width(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        out.push(match c {
            '，' => ',',
            '；' => ';',
            '：' => ':',
            '（' => '(',
            '）' => ')',
            '。' => '.',
            c => c,
        });
    }
    out
}

fn corners(text: &str) -> String {
    text.replace('“', "「").replace('”', "」").replace('‘', "『").replace('’', "』")
}

fn full_digits(text: &str) -> String {
    let wide = |c: char| c.to_digit(10).and_then(|d| char::from_u32('０' as u32 + d)).unwrap_or(c);
    text.chars().map(wide).collect()
}

/// A space between digits and Chinese characters, as some editors set it.
fn spaced_digits(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = '\n';
    for c in text.chars() {
        if (is_han(before) && c.is_ascii_digit()) || (before.is_ascii_digit() && is_han(c)) {
            out.push(' ');
        }
        out.push(c);
        before = c;
    }
    out
}

fn airy(text: &str) -> String {
    text.lines().map(|line| format!("\u{3000}\u{3000}{}\n\n", line.trim())).collect()
}

/// Rewrites every bracket that names owners.
fn on_tags(text: &str, rewrite: impl Fn(&str) -> String) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(open) = rest.find('（') {
        let inner = &rest[open + '（'.len_utf8()..];
        out.push_str(&rest[..open]);
        match inner.find(['（', '）']) {
            Some(close)
                if inner[close..].starts_with('）')
                    && ["牵头", "责任部门", "负责"].iter().any(|w| inner[..close].contains(w)) =>
            {
                out.push_str(&rewrite(&inner[..close]));
                rest = &inner[close + '）'.len_utf8()..];
            }
            _ => {
                out.push('（');
                rest = inner;
            }
        }
    }
    out + rest
}

fn owners_below(text: &str) -> String {
    let out = on_tags(text, |inner| format!("\n（{inner}）\n"));
    out.lines().map(str::trim).filter(|l| !l.is_empty()).fold(String::new(), |all, l| all + l + "\n")
}

/// Title, preamble and the rest: the line ends between clauses are lost.
fn one_line(text: &str) -> String {
    let mut lines = text.lines().map(str::trim);
    let head: String = lines.by_ref().take(1).map(|l| format!("{l}\n")).collect();
    head + &lines.collect::<String>()
}

/// Each label on a line of its own, without brackets.
fn labels_below(text: &str) -> String {
    let out = on_tags(text, |inner| format!("\n{}\n", inner.replace('，', "\n")));
    out.lines().map(str::trim).filter(|l| !l.is_empty()).fold(String::new(), |all, l| all + l + "\n")
}

/// Rewrites `12.` at the start of lines.
fn renumbered(text: &str, number: impl Fn(&str) -> String) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        match line[digits..].strip_prefix('.') {
            Some(rest) if digits > 0 => {
                out.push_str(&number(&line[..digits]));
                out.push_str(rest.trim_start());
            }
            _ => out.push_str(line),
        }
        out.push('\n');
    }
    out
}

/// Rewrites （一） wherever it stands.
fn in_brackets(text: &str, number: impl Fn(&str) -> String) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(open) = rest.find('（') {
        let inner = &rest[open + '（'.len_utf8()..];
        out.push_str(&rest[..open]);
        match inner.find('）') {
            Some(close)
                if close > 0 && inner[..close].chars().all(|c| "一二三四五六七八九十".contains(c)) =>
            {
                out.push_str(&number(&inner[..close]));
                rest = &inner[close + '）'.len_utf8()..];
            }
            _ => {
                out.push('（');
                rest = inner;
            }
        }
    }
    out + rest
}

/// The items as rows of a table, sections as rows across it; what is no item stays as it is.
fn tabled(text: &str, separator: &str) -> String {
    let mut out = String::new();
    let mut begun = false;
    let header = ["序号", "工作任务", "牵头部门", "责任部门"].join(separator);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    for (n, line) in lines.iter().copied().enumerate() {
        let over_items = lines.get(n + 1).is_some_and(|l| l.starts_with(|c: char| c.is_ascii_digit()));
        let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let tag = line.rfind('（').filter(|i| line[*i..].contains("部门："));
        if let (Some(body), Some(tag)) = (line[digits..].strip_prefix('.').filter(|_| digits > 0), tag) {
            let inner = line[tag..].trim_matches(['（', '）']);
            let units = |label: &str| {
                inner.split('，').find_map(|f| f.strip_prefix(label)).unwrap_or_default().to_owned()
            };
            let (mut lead, mut answer) = (units("牵头部门："), units("责任部门："));
            if lead.is_empty() {
                std::mem::swap(&mut lead, &mut answer);
            }
            let body = &body[..body.len() - (line.len() - tag)];
            let _ = writeln!(out, "{}", [&line[..digits], body.trim(), &lead, &answer].join(separator));
        } else if over_items && line.starts_with(['一', '二', '三', '四', '五', '六', '七', '八', '九', '十'])
        {
            if !std::mem::replace(&mut begun, true) {
                let _ = writeln!(out, "{header}");
            }
            let _ = writeln!(out, "{}", [line, "", "", ""].join(separator));
        } else {
            let _ = writeln!(out, "{line}");
        }
    }
    out
}

/// What the scorer says of every document in `folder`; none without the program that runs it.
fn score(scorer: &Path, folder: &Path) -> Option<Vec<Value>> {
    let run = Command::new("python3")
        .arg(scorer)
        .args(["--json", "--diff", "--pred-dir"])
        .arg(folder)
        .arg(folder)
        .output()
        .ok()?;
    let report: Value = serde_json::from_slice(&run.stdout).unwrap_or_else(|fault| {
        panic!("the scorer printed no JSON ({fault}): {}", String::from_utf8_lossy(&run.stderr));
    });
    report["documents"].as_array().cloned()
}

/// The figures of a mutation that are too low, with what was missed.
fn low(mutation: &Mutation, documents: &[&Value]) -> Option<String> {
    let mut out = String::new();
    for figure in mutation.figures {
        let values: Vec<f64> = documents.iter().filter_map(|d| d["metrics"][figure].as_f64()).collect();
        let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
        if !values.is_empty() && mean < LEAST {
            let _ = writeln!(out, "{}: {figure} {mean:.3}", mutation.name);
        }
    }
    if out.is_empty() {
        return None;
    }
    for document in documents {
        for line in document["diff"].as_array().into_iter().flatten() {
            let _ = writeln!(out, "    {}: {}", document["name"], line);
        }
    }
    Some(out)
}

#[test]
fn labelled_documents_in_other_layouts() {
    let Some(folder) = testkit::shared("plans") else { return };
    let scorer = folder.join("score.py");
    let out = env::temp_dir().join(format!("luoshi-mutated-{}", std::process::id()));
    fs::create_dir_all(&out).expect("the folder for temporary files can be written to");
    for (n, mutation) in MUTATIONS.iter().enumerate() {
        for path in documents(&folder) {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            if !mutation.only.is_empty() && !mutation.only.iter().any(|o| name.starts_with(o)) {
                continue;
            }
            let text = fs::read_to_string(&path).expect("the labelled documents are UTF-8");
            let text = (mutation.rewrite)(&text);
            let plan = plan::to_json(&plan::read(&SourceText::from_plain(&name, &text)));
            let gold = path.with_file_name(format!("{name}.gold.json"));
            let name = format!("{n:02}-{name}");
            fs::copy(gold, out.join(format!("{name}.gold.json"))).expect("each document has its label");
            fs::write(out.join(format!("{name}.txt")), text).expect("a text can be written");
            fs::write(out.join(format!("{name}.pred.json")), plan.to_string())
                .expect("a prediction can be written");
        }
    }
    let scored = score(&scorer, &out);
    fs::remove_dir_all(&out).expect("the temporary folder can be removed");
    let Some(scored) = scored else {
        return testkit::skipped("other layouts: python3, which runs the scorer, is not installed");
    };
    let mut faults = String::new();
    for (n, mutation) in MUTATIONS.iter().enumerate() {
        let own = format!("{n:02}-");
        let of = |d: &&Value| d["name"].as_str().is_some_and(|name| name.starts_with(&own));
        let documents: Vec<&Value> = scored.iter().filter(of).collect();
        assert!(!documents.is_empty(), "{} was tried on no document", mutation.name);
        faults.extend(low(mutation, &documents));
    }
    assert!(faults.is_empty(), "{faults}");
}

fn documents(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder of documents can be listed").flatten();
    let mut paths: Vec<PathBuf> =
        entries.map(|e| e.path()).filter(|p| p.extension().is_some_and(|x| x == "txt")).collect();
    paths.sort();
    paths
}
