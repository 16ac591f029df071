//! rulebook/workflows/*.toml: procedures. What stands in one file is checked here ([`check`] looks at the ways between
//! the steps); what it names outside of itself is noted for the end of the loading.

mod check;
mod effect;
mod sheet;
mod step;
mod test;
mod words;

use std::ops::Range;

use model::flow::{Opening, SubjectKind, UnitsOf, Workflow};
use model::rule::Privacy;
use model::sheet::{Carries, Draw};
use sha2::{Digest, Sha256};

use crate::condition::{Use, Wants};
use crate::dated::{self, Dated};
use crate::fault::Faults;
use crate::link::{Kind, Links};
use crate::obligation::kinds;
use crate::tree::{Field, Node, Table, Value, is_id};
use crate::words::{PERS, PRIVACIES, meaning};

type Span = Range<usize>;

const SUBJECTS: &[(&str, SubjectKind)] = &[
    ("person", SubjectKind::Person),
    ("unit", SubjectKind::Unit),
    ("record", SubjectKind::Record),
    ("matter", SubjectKind::Matter),
];

/// What guards may ask of people beside posts.
const STANDINGS: [&str; 7] =
    ["applicant", "activist", "candidate", "probationary", "full", "member", "with_rights"];

/// Whether a word before a point means something else than a step.
fn words_of_place(word: &str) -> bool {
    matches!(word, "subject" | "parent" | "record")
}

/// How a step is spoken of.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Ref {
    /// It must be there.
    Any,
    /// It must have been done when it is asked: it stands above, or a decision leads back from it.
    Past,
    /// The same, and it must have this outcome.
    Outcome(String),
    /// It must stand above.
    Above,
}

/// A procedure while it is read.
pub(crate) struct Reading<'r, 'f> {
    pub(crate) faults: &'r mut Faults<'f>,
    pub(crate) links: &'r mut Links,
    /// Ids of the steps, in order, with where they stand.
    ids: Vec<String>,
    places: Vec<Span>,
    /// The step that is being read.
    now: String,
    /// Steps that were spoken of: in which step, which, how, where.
    refs: Vec<(String, String, Ref, Span)>,
    /// Fields that were spoken of: of which step's records, and how.
    uses: Vec<(String, Use)>,
    /// Where bounds, whens and the like stand, for messages about a step.
    spans: Vec<(String, &'static str, Span)>,
    /// Whether it is a check or an appraisal.
    of_sheet: bool,
    /// Which lines of the sheet the records of which steps carry, and where that is said.
    carried: Vec<(String, Carries, Span)>,
    /// The draws of steps.
    draws: Vec<(String, Draw)>,
}

impl<'r, 'f> Reading<'r, 'f> {
    /// A reading of the small words of procedures where there are no steps.
    pub(crate) fn bare(faults: &'r mut Faults<'f>, links: &'r mut Links) -> Self {
        Self {
            faults,
            links,
            ids: Vec::new(),
            places: Vec::new(),
            now: String::new(),
            refs: Vec::new(),
            uses: Vec::new(),
            spans: Vec::new(),
            of_sheet: false,
            carried: Vec::new(),
            draws: Vec::new(),
        }
    }
}

impl Reading<'_, '_> {
    fn refer(&mut self, step: &str, span: &Span, how: Ref) {
        self.refs.push((self.now.clone(), step.to_owned(), how, span.clone()));
    }

    /// A field of the records that show the step that is being read.
    fn own(&mut self, field: &str, span: &Span) {
        let step = self.now.clone();
        self.field_of(&step, field, span);
    }

    fn field_of(&mut self, step: &str, field: &str, span: &Span) {
        let used = Use { field: field.to_owned(), wants: Wants::Any, span: span.clone() };
        self.uses.push((step.to_owned(), used));
    }

    fn head(&mut self, id: &str, table: &mut Table) -> Option<Workflow> {
        let title = table.need_text("title", self.faults);
        let subject = match table.spanned_text("subject", self.faults) {
            Some((word, span)) => meaning(&word, &span, SUBJECTS, "事项关于什么", self.faults),
            // A check or an appraisal is about itself, unless it says otherwise.
            None if self.of_sheet => Some(SubjectKind::Matter),
            None => {
                let help = "写成 subject = \"person\"（或 unit、record、matter）。";
                self.faults.say(&table.span, "流程没有写明事项关于什么（subject）", help);
                None
            }
        };
        let unit = match table.spanned_text("unit", self.faults) {
            Some((word, span)) => self.path(&word, &span),
            None => None,
        };
        let privacy = match table.spanned_text("privacy", self.faults) {
            Some((word, span)) => meaning(&word, &span, PRIVACIES, "知悉范围", self.faults)?,
            None => Privacy::Open,
        };
        let subject_sees = match table.spanned_text("subject_sees", self.faults) {
            Some((word, span)) => {
                if word != "never" && word != "opened" {
                    self.refer(&word, &span, Ref::Any);
                }
                word
            }
            None => "opened".to_owned(),
        };
        let source = table.text("source", self.faults);
        let _ = self.cite(table);
        let _ = table.text("note", self.faults);
        let parent = table.spanned_text("parent", self.faults).map(|(word, span)| {
            self.links.to(Kind::Workflow, &word, self.faults.at(&span));
            word
        });
        let several = table.has("one_open") && !table.switch("one_open", self.faults);
        let opens = match table.take("opens") {
            Some(node) => self.openings(node),
            None => Vec::new(),
        };
        let subject = subject?;
        Some(Workflow {
            id: id.to_owned(),
            title: title?,
            subject,
            unit,
            privacy,
            subject_sees,
            source,
            parent,
            one_open: !several && subject != SubjectKind::Matter,
            opens,
            steps: Vec::new(),
            sheet: None,
            fingerprint: String::new(),
        })
    }

    fn openings(&mut self, node: Node) -> Vec<Opening> {
        node.each().into_iter().filter_map(|n| self.opening(n)).collect()
    }

    fn opening(&mut self, node: Node) -> Option<Opening> {
        let span = node.span.clone();
        let mut table = Table::of(node, "opens", self.faults)?;
        let read = if table.has("by_hand") {
            Some(Opening::ByHand(kinds("by_hand", &mut table, self.faults)))
        } else if table.has("entry") {
            let ledgers = table.spanned_texts("entry", self.faults);
            let such = table.take("where");
            for (ledger, at) in &ledgers {
                self.links.to(Kind::Ledger, ledger, self.faults.at(at));
            }
            let first = ledgers.first().map(|(l, _)| l.clone()).unwrap_or_default();
            let such = such.map_or_else(Vec::new, |n| self.of_ledger(n, &first));
            let rows = table.spanned_text("rows", self.faults).map(|(rows, at)| {
                for (ledger, _) in &ledgers {
                    let used = Use { field: rows.clone(), wants: Wants::Rows(Vec::new()), span: at.clone() };
                    self.links.condition(ledger, used, self.faults.at(&at));
                }
                rows
            });
            let ledgers = ledgers.into_iter().map(|(l, _)| l).collect();
            Some(Opening::Entry { ledgers, such: model::Conditions(such), rows })
        } else if let Some((rule, at)) = table.spanned_text("overdue", self.faults) {
            self.links.to(Kind::Obligation, &rule, self.faults.at(&at));
            let by = self.length_at(&mut table, "by");
            Some(Opening::Overdue { rule, by })
        } else if table.has("moment") {
            let point = self.point_at(&mut table, "moment");
            let before = self.length_at(&mut table, "before");
            let bearers = self.units_of(&mut table, "bearers");
            match (point, before) {
                (Some(point), Some(before)) => Some(Opening::Moment { point, before, bearers }),
                _ => None,
            }
        } else if let Some((word, at)) = table.spanned_text("each", self.faults) {
            let per = meaning(&word, &at, PERS, "周期", self.faults);
            let bearers = self.units_of(&mut table, "bearers");
            per.map(|per| Opening::Each(per, bearers))
        } else {
            let help = "可用：by_hand、entry、overdue、moment、each。";
            self.faults.say(&span, "opens 的写法不认识", help);
            return None;
        };
        table.finish(self.faults);
        read
    }

    fn units_of(&mut self, table: &mut Table, key: &'static str) -> UnitsOf {
        let Some(mut table) = table.table(key, self.faults) else { return UnitsOf::default() };
        let mut of = UnitsOf { kinds: kinds("kind", &mut table, self.faults), ..UnitsOf::default() };
        of.kinds.extend(kinds("kinds", &mut table, self.faults));
        of.with = self.links.traits.read("with", &mut table, self.faults);
        of.without = self.links.traits.read("without", &mut table, self.faults);
        table.finish(self.faults);
        of
    }

    /// Notes which fields must be where, now that each step's ledgers are known.
    fn note_fields(&mut self, workflow: &Workflow) {
        for (step, used) in std::mem::take(&mut self.uses) {
            let Some(step) = workflow.step(&step) else { continue };
            if step.shown_by.iter().any(|s| s.case.is_some()) {
                continue;
            }
            let ledgers: Vec<String> = step.shown_by.iter().filter_map(|s| s.ledger.clone()).collect();
            if !ledgers.is_empty() {
                let at = self.faults.at(&used.span);
                self.links.any_of(ledgers, used, at);
            }
        }
    }
}

/// Reads a file: every version of the procedure, each with its steps laid over those of the head.
pub(crate) fn read(
    id: &str,
    text: &str,
    of_sheet: bool,
    mut file: Table,
    faults: &mut Faults,
    links: &mut Links,
) -> Vec<Dated<Workflow>> {
    let over = file.tables("version", faults);
    let tables = if over.is_empty() { vec![file] } else { over.iter().map(|v| overlaid(&file, v)).collect() };
    let mut periods = Vec::new();
    let mut out = Vec::new();
    for (place, mut table) in tables.into_iter().enumerate() {
        let period = dated::period(&mut table, faults);
        let (since, until, rank) = (period.since, period.until, period.rank);
        periods.push(period);
        if let Some(mut value) = version(id, of_sheet, table, faults, links) {
            value.fingerprint = fingerprint(text, place);
            out.push(Dated { since, until, rank, value });
        }
    }
    dated::check_periods(&periods, faults);
    out
}

fn fingerprint(text: &str, version: usize) -> String {
    let mut hash = Sha256::new();
    hash.update(text);
    hash.update((version as u64).to_le_bytes());
    hex::encode(&hash.finalize()[..8])
}

/// The head with a version over it: of the steps each takes the place of its own, and what is new comes last.
fn overlaid(file: &Table, version: &Table) -> Table {
    let mut version = version.clone();
    let Some(Node { span, value: Value::Table(new) }) = version.take("step") else {
        return file.overlaid(&version);
    };
    let mut base = file.clone();
    let mut steps = match base.take("step") {
        Some(Node { value: Value::Table(steps), .. }) => steps,
        _ => Vec::new(),
    };
    for step in new {
        match steps.iter_mut().find(|s| s.key == step.key) {
            Some(old) => *old = step,
            None => steps.push(step),
        }
    }
    let node = Node { span: span.clone(), value: Value::Table(steps) };
    let mut out = base.overlaid(&version);
    out.put(Field { key: "step".to_owned(), span, node });
    out
}

fn version(
    id: &str,
    of_sheet: bool,
    mut table: Table,
    faults: &mut Faults,
    links: &mut Links,
) -> Option<Workflow> {
    let span = table.span.clone();
    let before = faults.count();
    let steps = match table.take("step") {
        Some(Node { value: Value::Table(steps), .. }) => steps,
        Some(node) => {
            faults.say(&node.span, "环节应写成 [step.编号]", "");
            return None;
        }
        None => Vec::new(),
    };
    if steps.is_empty() {
        faults.say(&span, "流程没有环节", "至少写一个 [step.编号]。");
    }
    let mut reading = Reading {
        faults,
        links,
        ids: steps.iter().map(|s| s.key.clone()).collect(),
        places: steps.iter().map(|s| s.span.clone()).collect(),
        now: String::new(),
        refs: Vec::new(),
        uses: Vec::new(),
        spans: Vec::new(),
        of_sheet,
        carried: Vec::new(),
        draws: Vec::new(),
    };
    let mut workflow = reading.head(id, &mut table);
    let lines = of_sheet.then(|| sheet::Lines::take(&mut table));
    table.finish(reading.faults);
    let mut read = Vec::new();
    for field in steps {
        if !is_id(&field.key) {
            let message = format!("环节的编号“{}”只能用小写字母、数字、- 和 _", field.key);
            reading.faults.say(&field.span, message, "");
        }
        reading.now.clone_from(&field.key);
        read.extend(reading.step(field));
    }
    let workflow = workflow.as_mut()?;
    workflow.steps = read;
    if let Some(lines) = lines {
        workflow.sheet = reading.sheet(workflow, lines).map(Box::new);
    }
    reading.note_fields(workflow);
    let clean = reading.faults.count() == before;
    reading.check(workflow, clean);
    Some(workflow.clone())
}
