//! Walks: tests of procedures as data. Read here with their places; `runtime` plays them. docs/rulebook.md says how they
//! are written.

use std::path::Path;

use jiff::civil::Date;

use crate::fault::{Faults, RuleFault};
use crate::tree::{self, Node, Table, Value};

/// A value as a walk writes it; what it means the field says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// Words: a text, an option, the name of a person or a unit.
    Text(String),
    /// A whole number, or yuan.
    Number(i64),
    /// A day.
    Day(Date),
    /// Several.
    List(Vec<Said>),
    /// A line of a table, or a fact with its days.
    Table(Vec<(String, Said)>),
}

/// A unit of the institution of a walk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalkUnit {
    /// Line of the file.
    pub at: usize,
    /// Name.
    pub name: String,
    /// Kind, by its id.
    pub kind: String,
    /// The unit above.
    pub under: Option<String>,
    /// Traits.
    pub traits: Vec<String>,
    /// Facts about it.
    pub facts: Vec<(String, Said)>,
}

/// A person of the institution of a walk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalkPerson {
    /// Line of the file.
    pub at: usize,
    /// Name.
    pub name: String,
    /// Stage: `applicant`, `activist`, `candidate`, `probationary`, `full`; none for somebody outside of the Party.
    pub stage: Option<String>,
    /// Branch, or the unit that the person belongs to.
    pub branch: Option<String>,
    /// Posts, in that unit.
    pub posts: Vec<String>,
    /// Who is declared to be near.
    pub near: Vec<String>,
    /// Facts about the person.
    pub facts: Vec<(String, Said)>,
}

/// A case with which a walk begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalkCase {
    /// Line of the file.
    pub at: usize,
    /// The procedure.
    pub workflow: String,
    /// What it is about: a person or a unit by name, else the title of the matter.
    pub about: String,
    /// Whose it is.
    pub unit: Option<String>,
    /// Who opens it; the same where nothing is said.
    pub by: Option<String>,
    /// On which day.
    pub on: Option<Date>,
    /// Under which case.
    pub parent: Option<String>,
}

/// What is expected of one open step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedStep {
    /// Id of the step.
    pub step: String,
    /// The line of its lane, by name.
    pub line: Option<String>,
    /// Its due day.
    pub due: Option<Date>,
    /// Who bears it.
    pub by: Option<String>,
    /// What it lacks: rows of articles, ranks.
    pub lacks: Vec<String>,
    /// Whether it is late.
    pub late: Option<bool>,
}

/// What is expected of the next rung of a duty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WantedRung {
    /// Its id; empty where nothing is left of the ladder.
    pub rung: Option<String>,
    /// The first day on which it may go.
    pub on: Option<Date>,
    /// Whether it may go on this day.
    pub go: Option<bool>,
    /// What keeps it: `until today request answered case held quiet dropped`.
    pub stopped: Option<String>,
    /// The unit that releases it.
    pub by: Option<String>,
    /// To whom it goes, by name; a unit where whoever acts for it is meant.
    pub to: Option<Vec<String>>,
    /// Who has a copy.
    pub copy: Option<Vec<String>>,
}

/// What is expected of one row of a sheet, and of one line of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WantedLine {
    /// The row: a unit or a person by name.
    pub row: String,
    /// The line.
    pub line: Option<String>,
    /// Items done in time.
    pub met: Option<i64>,
    /// Items done late.
    pub late: Option<i64>,
    /// Items not done.
    pub undone: Option<i64>,
    /// Items of which nothing was seen.
    pub unseen: Option<i64>,
    /// Items that another line has charged.
    pub charged: Option<i64>,
    /// Whether the line applies to the row.
    pub applies: Option<bool>,
    /// Its value: `3/4`, `没有`.
    pub value: Option<String>,
    /// What the row comes to: `83.3`, `没有`.
    pub total: Option<String>,
}

/// One line of a walk: what happens, and what is expected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WalkLine {
    /// Line of the file.
    pub at: usize,
    /// Day on which it happens.
    pub on: Option<Date>,
    /// Day on which it becomes known; the same where nothing is said.
    pub entered: Option<Date>,
    /// Whose record.
    pub unit: Option<String>,
    /// Who writes it.
    pub who: Option<String>,
    /// Ledgers of the record.
    pub record: Vec<String>,
    /// Its fields.
    pub fields: Vec<(String, Said)>,
    /// The case that is meant, by what it is about.
    pub case: Option<String>,
    /// An act without a record.
    pub act: Option<String>,
    /// The step that the act is about.
    pub step: Option<String>,
    /// The line of a lane.
    pub line: Option<String>,
    /// A day, a unit or a step that the act leads to.
    pub to: Option<Said>,
    /// Why.
    pub reason: String,
    /// A fact, an event or a field that the act is about.
    pub name: Option<String>,
    /// Steps that the record does, with their outcome (`review:yes`).
    pub moved: Option<Vec<String>>,
    /// Steps that are newly open after it.
    pub moved_to: Option<Vec<String>>,
    /// By what it is refused: rows of articles, ranks, kinds.
    pub refused: Option<Vec<String>>,
    /// Of what is warned.
    pub warned: Option<Vec<String>>,
    /// Steps to which it is attached.
    pub attached: Option<Vec<String>>,
    /// Steps to which it will be offered again.
    pub later: Option<Vec<String>>,
    /// Steps that are disputed after it.
    pub disputed: Option<Vec<String>>,
    /// Steps that are open after it, all of them.
    pub open: Option<Vec<WantedStep>>,
    /// How the case has ended after it; empty for not at all.
    pub ended: Option<String>,
    /// Cases that it opens.
    pub opened: Option<Vec<String>>,
    /// What the subject's facts say after it; `stage` among them.
    pub facts: Vec<(String, Said)>,
    /// Words that what is told contains.
    pub says: Vec<String>,
    /// The duty that is meant: a rule of the Book, or `workflow.step` of a case; of its unit.
    pub duty: Option<String>,
    /// Its due day as first planned; the earliest that is not done where nothing is said.
    pub due: Option<Date>,
    /// What is expected of its next rung.
    pub chase: Option<WantedRung>,
    /// What is expected of rows of a sheet.
    pub sheet: Vec<WantedLine>,
    /// The grades of which too many or too few were given.
    pub over: Option<Vec<String>>,
}

/// A walk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walk {
    /// The file.
    pub file: String,
    /// Line of the file.
    pub at: usize,
    /// What it shows.
    pub name: String,
    /// Units: of the file, then its own.
    pub units: Vec<WalkUnit>,
    /// People.
    pub people: Vec<WalkPerson>,
    /// Settings.
    pub settings: Vec<(String, bool)>,
    /// Procedures whose cases open by themselves, by a moment or a period.
    pub by_itself: Vec<String>,
    /// Rules by which the units and people of the walk owe something.
    pub book: Vec<String>,
    /// The kind of unit whose plan adopted them; none where they run by themselves.
    pub issuer: Option<String>,
    /// Exceptions of the chase that a plan or an order names.
    pub named: Vec<String>,
    /// Cases with which it begins.
    pub cases: Vec<WalkCase>,
    /// What happens.
    pub lines: Vec<WalkLine>,
}

/// The institution that stands at the head of a file or of a walk.
#[derive(Clone, Default)]
struct Cast {
    units: Vec<WalkUnit>,
    people: Vec<WalkPerson>,
    settings: Vec<(String, bool)>,
}

/// Reads the walks of a text; its mistakes are added to `found`.
#[must_use]
pub fn walks(name: &str, text: &str, found: &mut Vec<RuleFault>) -> Vec<Walk> {
    let mut faults = Faults::new(name, text);
    let read = tree::parse(text, &mut faults).map(|table| Reader { faults: &mut faults, name }.file(table));
    found.append(&mut faults.into_found());
    read.unwrap_or_default()
}

/// The walks of the rulebook itself (none given), or of a folder: of its TOML files that hold walks, of those in `walks/`
/// and in `tests/workflows/`.
///
/// # Errors
///
/// Every mistake in the files; a file that cannot be read is one.
pub fn read_walks(dir: Option<&Path>) -> Result<Vec<Walk>, Vec<RuleFault>> {
    let mut found = Vec::new();
    let mut out = Vec::new();
    for (name, text) in crate::load::walk_files(dir, &mut found) {
        out.extend(walks(&name, &text, &mut found));
    }
    if found.is_empty() { Ok(out) } else { Err(found) }
}

struct Reader<'r, 'f> {
    faults: &'r mut Faults<'f>,
    name: &'r str,
}

impl Reader<'_, '_> {
    fn file(&mut self, mut table: Table) -> Vec<Walk> {
        let cast = self.cast(&mut table, &Cast::default());
        let _ = table.text("note", self.faults);
        let walks = table.tables("walk", self.faults);
        table.finish(self.faults);
        walks.into_iter().filter_map(|w| self.walk(w, &cast)).collect()
    }

    fn at(&self, table: &Table) -> usize {
        self.faults.at(&table.span).line
    }

    fn cast(&mut self, table: &mut Table, before: &Cast) -> Cast {
        let mut out = before.clone();
        for mut t in table.tables("units", self.faults) {
            let at = self.at(&t);
            let name = t.need_text("name", self.faults);
            let kind = t.need_text("kind", self.faults);
            let under = t.spanned_text("under", self.faults).map(|(w, _)| w);
            let traits = t.texts("traits", self.faults);
            let facts = self.facts(&mut t, "facts");
            t.finish(self.faults);
            if let (Some(name), Some(kind)) = (name, kind) {
                out.units.retain(|u| u.name != name);
                out.units.push(WalkUnit { at, name, kind, under, traits, facts });
            }
        }
        for mut t in table.tables("people", self.faults) {
            let at = self.at(&t);
            let name = t.need_text("name", self.faults);
            let stage = t.spanned_text("stage", self.faults).map(|(w, _)| w);
            let branch = t.spanned_text("branch", self.faults).map(|(w, _)| w);
            let posts = t.texts("posts", self.faults);
            let near = t.texts("near", self.faults);
            let facts = self.facts(&mut t, "facts");
            t.finish(self.faults);
            if let Some(name) = name {
                out.people.retain(|p| p.name != name);
                out.people.push(WalkPerson { at, name, stage, branch, posts, near, facts });
            }
        }
        if let Some(mut t) = table.table("settings", self.faults) {
            for field in t.rest() {
                match field.node.value {
                    Value::Bool(on) => out.settings.push((field.key, on)),
                    _ => self.faults.say(&field.node.span, "设置应为 true 或 false", ""),
                }
            }
        }
        out
    }

    fn walk(&mut self, mut table: Table, cast: &Cast) -> Option<Walk> {
        let at = self.at(&table);
        let name = table.need_text("name", self.faults);
        let _ = table.text("note", self.faults);
        let cast = self.cast(&mut table, cast);
        let by_itself = table.texts("by_itself", self.faults);
        let book = table.texts("book", self.faults);
        let issuer = table.spanned_text("issuer", self.faults).map(|(w, _)| w);
        let named = table.texts("named", self.faults);
        let mut cases = Vec::new();
        if table.has("workflow") {
            cases.extend(self.case(&mut table, at));
        }
        for mut t in table.tables("case", self.faults) {
            let at = self.at(&t);
            cases.extend(self.case(&mut t, at));
            t.finish(self.faults);
        }
        let lines = table.tables("line", self.faults).into_iter().map(|l| self.line(l)).collect();
        table.finish(self.faults);
        Some(Walk {
            file: self.name.to_owned(),
            at,
            name: name?,
            units: cast.units,
            people: cast.people,
            settings: cast.settings,
            by_itself,
            book,
            issuer,
            named,
            cases,
            lines,
        })
    }

    fn case(&mut self, t: &mut Table, at: usize) -> Option<WalkCase> {
        let workflow = t.need_text("workflow", self.faults);
        let about = t.need_text("about", self.faults);
        let unit = t.spanned_text("unit", self.faults).map(|(w, _)| w);
        let by = t.spanned_text("by", self.faults).map(|(w, _)| w);
        let on = t.day("on", self.faults);
        let parent = t.spanned_text("parent", self.faults).map(|(w, _)| w);
        Some(WalkCase { at, workflow: workflow?, about: about?, unit, by, on, parent })
    }

    fn list(&mut self, t: &mut Table, key: &'static str) -> Option<Vec<String>> {
        t.has(key).then(|| t.spanned_texts(key, self.faults).into_iter().map(|(w, _)| w).collect())
    }

    fn line(&mut self, mut t: Table) -> WalkLine {
        let at = self.at(&t);
        let _ = t.text("note", self.faults);
        let out = WalkLine {
            at,
            on: t.day("on", self.faults),
            entered: t.day("entered", self.faults),
            unit: self.said_text(&mut t, "unit"),
            who: self.said_text(&mut t, "who"),
            record: self.list(&mut t, "record").unwrap_or_default(),
            fields: self.facts(&mut t, "fields"),
            case: self.said_text(&mut t, "case"),
            act: self.said_text(&mut t, "act"),
            step: self.said_text(&mut t, "step"),
            line: self.said_text(&mut t, "line"),
            to: t.take("to").and_then(|n| self.said(n)),
            reason: t.text("reason", self.faults),
            name: self.said_text(&mut t, "name"),
            moved: self.list(&mut t, "moved"),
            moved_to: self.list(&mut t, "moved_to"),
            refused: self.list(&mut t, "refused"),
            warned: self.list(&mut t, "warned"),
            attached: self.list(&mut t, "attached"),
            later: self.list(&mut t, "later"),
            disputed: self.list(&mut t, "disputed"),
            open: t.has("open").then(|| self.open(&mut t)),
            ended: self.said_text(&mut t, "ended"),
            opened: self.list(&mut t, "opened"),
            facts: self.facts(&mut t, "facts"),
            says: self.list(&mut t, "says").unwrap_or_default(),
            duty: self.said_text(&mut t, "duty"),
            due: t.day("due", self.faults),
            chase: t.has("chase").then(|| self.rung(&mut t)).flatten(),
            sheet: t.tables("sheet", self.faults).into_iter().map(|t| self.wanted_line(t)).collect(),
            over: self.list(&mut t, "over"),
        };
        if out.on.is_none() {
            self.faults.say(&t.span, "这一行没有写明日期（on）", "写成 on = 2026-03-01。");
        }
        if !out.record.is_empty() && out.unit.is_none() {
            self.faults.say(&t.span, "记录没有写明是哪个组织的（unit）", "");
        }
        t.finish(self.faults);
        out
    }

    /// A text that is there; nothing where it is not, which is not the empty one.
    fn said_text(&mut self, t: &mut Table, key: &'static str) -> Option<String> {
        t.spanned_text(key, self.faults).map(|(word, _)| word)
    }

    fn wanted_line(&mut self, mut t: Table) -> WantedLine {
        let count = |t: &mut Table, key: &'static str, me: &mut Self| t.integer(key, 0..=100_000, me.faults);
        let wanted = WantedLine {
            row: t.need_text("row", self.faults).unwrap_or_default(),
            line: self.said_text(&mut t, "line"),
            met: count(&mut t, "met", self),
            late: count(&mut t, "late", self),
            undone: count(&mut t, "undone", self),
            unseen: count(&mut t, "unseen", self),
            charged: count(&mut t, "charged", self),
            applies: t.has("applies").then(|| t.switch("applies", self.faults)),
            value: self.said_text(&mut t, "value"),
            total: self.said_text(&mut t, "total"),
        };
        t.finish(self.faults);
        wanted
    }

    fn rung(&mut self, t: &mut Table) -> Option<WantedRung> {
        let mut t = t.table("chase", self.faults)?;
        let wanted = WantedRung {
            rung: self.said_text(&mut t, "rung"),
            on: t.day("on", self.faults),
            go: t.has("go").then(|| t.switch("go", self.faults)),
            stopped: self.said_text(&mut t, "stopped"),
            by: self.said_text(&mut t, "by"),
            to: self.list(&mut t, "to"),
            copy: self.list(&mut t, "copy"),
        };
        t.finish(self.faults);
        Some(wanted)
    }

    fn open(&mut self, t: &mut Table) -> Vec<WantedStep> {
        let Some(node) = t.take("open") else { return Vec::new() };
        let nodes = node.each();
        let mut out = Vec::new();
        for node in nodes {
            if let Value::Text(step) = &node.value {
                out.push(WantedStep {
                    step: step.clone(),
                    line: None,
                    due: None,
                    by: None,
                    lacks: Vec::new(),
                    late: None,
                });
                continue;
            }
            let Some(mut t) = Table::of(node, "open", self.faults) else { continue };
            let step = t.need_text("step", self.faults);
            let wanted = WantedStep {
                step: step.unwrap_or_default(),
                line: t.spanned_text("line", self.faults).map(|(w, _)| w),
                due: t.day("due", self.faults),
                by: t.spanned_text("by", self.faults).map(|(w, _)| w),
                lacks: t.texts("lacks", self.faults),
                late: t.has("late").then(|| t.switch("late", self.faults)),
            };
            t.finish(self.faults);
            out.push(wanted);
        }
        out
    }

    fn facts(&mut self, t: &mut Table, key: &'static str) -> Vec<(String, Said)> {
        let Some(mut t) = t.table(key, self.faults) else { return Vec::new() };
        t.rest().into_iter().filter_map(|f| Some((f.key, self.said(f.node)?))).collect()
    }

    fn said(&mut self, node: Node) -> Option<Said> {
        Some(match node.value {
            Value::Text(t) => Said::Text(t),
            Value::Integer(n) => Said::Number(n),
            Value::Day(d) => Said::Day(d),
            Value::Bool(b) => Said::Text(if b { "yes" } else { "no" }.to_owned()),
            Value::Array(nodes) => Said::List(nodes.into_iter().filter_map(|n| self.said(n)).collect()),
            Value::Table(fields) => {
                Said::Table(fields.into_iter().filter_map(|f| Some((f.key, self.said(f.node)?))).collect())
            }
            Value::Other => {
                self.faults.say(&node.span, "这种值在行走里用不到", "用文字、整数、日期、列表或表。");
                return None;
            }
        })
    }
}
