//! The walk through the body: paragraphs, tables and text boxes in the order in which a person reads them.

use std::io::BufRead;

use model::{BlockKind, Omission, Place, SourceText};

use super::numbering::{Asked, Numbering};
use super::symbols::symbol;
use super::xml::{Attributes, Step, Tag, Xml};
use crate::FileFault;
use crate::limits::{MAX_BLOCKS, MAX_COLUMNS, MAX_FIELDS, MAX_TEXT};

/// Which words of a field count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fields {
    /// What is printed: the result, not the instruction; a table of contents is left out, for its lines stand in the
    /// body as headings.
    Results,
    /// Every word, for documents whose fields never end.
    Everything,
}

/// What the walk found.
pub(crate) struct Body {
    /// The text.
    pub(crate) source: SourceText,
    /// Whether a field began and never ended.
    pub(crate) unclosed_field: bool,
}

/// A paragraph being read.
#[derive(Default)]
struct Paragraph {
    /// Its words; a manual line break begins another line.
    lines: Vec<String>,
    asked: Asked,
    /// Its end mark is deleted: it runs on into the next paragraph.
    runs_on: bool,
    /// Words of text boxes anchored in it.
    boxes: Vec<String>,
    /// Struck or hidden words of it.
    left_out: Vec<(Omission, String)>,
}

impl Paragraph {
    /// Puts the automatic number before the first line.
    fn number(&mut self, label: &str) {
        self.last_line();
        if let Some(first) = self.lines.first_mut() {
            first.insert_str(0, label);
        }
    }

    fn last_line(&mut self) -> &mut String {
        if self.lines.is_empty() {
            self.lines.push(String::new());
        }
        // Just made sure that there is one.
        let last = self.lines.len() - 1;
        &mut self.lines[last]
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Merge {
    No,
    First,
    Rest,
}

struct Cell {
    column: u32,
    span: u32,
    merge: Merge,
    lines: Vec<String>,
    /// Struck or hidden words of it.
    left_out: Vec<(Omission, String)>,
}

#[derive(Default)]
struct Row {
    cells: Vec<Cell>,
    next_column: u32,
    is_deleted: bool,
    is_hidden: bool,
}

/// Where finished paragraphs go.
enum Container {
    /// A cell of a table that stands in the body.
    Cell,
    /// A text box, or a table inside a cell or box: its lines run into what holds it.
    Lines(Vec<String>),
}

struct Walk {
    out: SourceText,
    numbering: Numbering,
    fields_mode: Fields,
    path: Vec<Tag>,
    /// Depth of the element whose content is being left out.
    skipped_at: Option<usize>,
    paragraphs: Vec<Paragraph>,
    containers: Vec<Container>,
    rows: Vec<Row>,
    /// How many tables are open, nested ones included.
    tables_open: usize,
    /// Why the words of the open run are not to be read, if so.
    omitted: Option<Omission>,
    fields: Vec<Field>,
    /// Rows, cells and paragraphs met so far.
    pieces: usize,
    /// By open `AlternateContent`: whether a choice was taken.
    choices: Vec<bool>,
    /// By open `sdt`: whether it only shows a prompt.
    prompts: Vec<bool>,
    /// Words of a paragraph that runs on into the next.
    carried: String,
    paragraph_number: u32,
    table_number: u32,
}

#[derive(Default)]
struct Field {
    instruction: String,
    has_result: bool,
}

impl Field {
    fn is_shown(&self) -> bool {
        self.has_result && !self.instruction.trim_start().starts_with("TOC")
    }
}

/// Reads the body from the main part.
pub(crate) fn read<R: BufRead>(
    name: &str,
    mut xml: Xml<R>,
    numbering: Numbering,
    fields_mode: Fields,
) -> Result<Body, FileFault> {
    let mut walk = Walk {
        out: SourceText { name: name.to_owned(), ..SourceText::default() },
        numbering,
        fields_mode,
        path: Vec::new(),
        skipped_at: None,
        paragraphs: Vec::new(),
        containers: Vec::new(),
        rows: Vec::new(),
        tables_open: 0,
        omitted: None,
        fields: Vec::new(),
        pieces: 0,
        choices: Vec::new(),
        prompts: Vec::new(),
        carried: String::new(),
        paragraph_number: 0,
        table_number: 0,
    };
    loop {
        match xml.step()? {
            Step::Open(tag, at) => walk.open(tag, &at),
            Step::Text(words) => walk.text(&words),
            Step::Close => walk.close(),
            Step::End => break,
        }
        debug_assert_eq!(walk.path.len(), xml.depth());
        if walk.out.text.len() > MAX_TEXT {
            return Err(FileFault::Bomb { what: "文字过多" });
        }
        if walk.pieces.max(walk.out.blocks.len()) > MAX_BLOCKS {
            return Err(FileFault::Bomb { what: "段落过多" });
        }
    }
    walk.flush_carried();
    Ok(Body { source: walk.out, unclosed_field: !walk.fields.is_empty() })
}

impl Walk {
    fn open(&mut self, tag: Tag, at: &Attributes<'_>) {
        let parent = self.path.last().copied();
        self.path.push(tag);
        if self.skipped_at.is_some() {
            return;
        }
        let in_run = parent == Some(Tag::R);
        match tag {
            Tag::Del | Tag::MoveFrom => match parent {
                Some(Tag::RPr) => {
                    let of_paragraph = self.path.iter().rev().nth(2) == Some(&Tag::PPr);
                    if let (true, Some(paragraph)) = (of_paragraph, self.paragraphs.last_mut()) {
                        paragraph.runs_on = true;
                    }
                }
                Some(Tag::TrPr) => {
                    if let Some(row) = self.rows.last_mut() {
                        row.is_deleted = true;
                    }
                }
                _ => self.skip(),
            },
            Tag::PPrChange
            | Tag::RPrChange
            | Tag::SectPr
            | Tag::TblPr
            | Tag::TblPrEx
            | Tag::TblPrChange
            | Tag::TblGrid
            | Tag::TcPrChange
            | Tag::TrPrChange
            | Tag::Rt
            | Tag::DelText
            | Tag::DelInstrText => self.skip(),
            Tag::AlternateContent => self.choices.push(false),
            Tag::Choice | Tag::Fallback => match self.choices.last_mut() {
                Some(taken @ false) => *taken = true,
                _ => self.skip(),
            },
            Tag::Sdt => self.prompts.push(false),
            Tag::ShowingPlcHdr if parent == Some(Tag::SdtPr) => {
                if let Some(prompt) = self.prompts.last_mut() {
                    *prompt = at.is_on();
                }
            }
            Tag::SdtContent if self.prompts.last() == Some(&true) => self.skip(),
            Tag::P => {
                self.pieces += 1;
                let mut paragraph = Paragraph::default();
                if !self.carried.is_empty() {
                    paragraph.lines.push(std::mem::take(&mut self.carried));
                }
                self.paragraphs.push(paragraph);
            }
            Tag::R => self.omitted = None,
            Tag::Vanish if self.is_of_run() && at.is_on() => self.omitted = Some(Omission::Hidden),
            Tag::Strike | Tag::Dstrike if self.is_of_run() && at.is_on() => {
                self.omitted.get_or_insert(Omission::Struck);
            }
            Tag::Hidden if parent == Some(Tag::TrPr) && self.is_outer_table() => {
                if let Some(row) = self.rows.last_mut() {
                    row.is_hidden = at.is_on();
                }
            }
            Tag::PStyle | Tag::NumId | Tag::Ilvl => self.ask(tag, parent, at),
            Tag::Tab | Tag::Ptab if in_run => self.write("\t"),
            Tag::NoBreakHyphen if in_run => self.write("-"),
            Tag::Br | Tag::Cr if in_run && self.is_visible() && !breaks_page(at) => self.break_line(),
            Tag::Sym if in_run => {
                let code = at.get("char").and_then(|c| u32::from_str_radix(c.trim(), 16).ok());
                if let Some(code) = code {
                    let mark = symbol(&at.get("font").unwrap_or_default(), code);
                    self.write(mark.encode_utf8(&mut [0; 4]));
                }
            }
            Tag::FldChar => self.field(at.get("fldCharType").as_deref()),
            Tag::FldSimple => {
                let instruction = at.get("instr").unwrap_or_default();
                // Closed by its own element, so that its depth is bounded with that of the elements.
                self.fields.push(Field { instruction, has_result: true });
            }
            Tag::TxbxContent => self.containers.push(Container::Lines(Vec::new())),
            Tag::Tbl => {
                self.flush_carried();
                self.tables_open += 1;
            }
            Tag::Tr if self.is_outer_table() => {
                self.pieces += 1;
                self.rows.push(Row::default());
            }
            Tag::Tc => self.open_cell(),
            Tag::GridBefore | Tag::GridSpan | Tag::VMerge if self.is_outer_table() => {
                self.cell_property(tag, at);
            }
            _ => {}
        }
    }

    fn close(&mut self) {
        let Some(tag) = self.path.pop() else { return };
        match self.skipped_at {
            Some(depth) if self.path.len() < depth => self.skipped_at = None,
            Some(_) => return,
            None => {}
        }
        match tag {
            Tag::P => self.close_paragraph(),
            Tag::AlternateContent => {
                self.choices.pop();
            }
            Tag::Sdt => {
                self.prompts.pop();
            }
            Tag::FldSimple => {
                self.fields.pop();
            }
            Tag::TxbxContent => {
                self.flush_carried();
                if let (Some(Container::Lines(lines)), Some(host)) =
                    (self.containers.pop(), self.paragraphs.last_mut())
                {
                    host.boxes.extend(lines);
                }
            }
            Tag::Tc if self.is_outer_table() => {
                self.flush_carried();
                self.containers.pop();
            }
            Tag::Tr if self.is_outer_table() && self.rows.last().is_some_and(|r| r.is_deleted) => {
                self.rows.pop();
            }
            Tag::Tbl => {
                self.tables_open = self.tables_open.saturating_sub(1);
                if self.tables_open == 0 && self.containers.is_empty() {
                    let rows = std::mem::take(&mut self.rows);
                    self.write_table(rows);
                }
            }
            _ => {}
        }
    }

    fn skip(&mut self) {
        self.skipped_at = Some(self.path.len());
    }

    /// Whether the innermost open table is one that stands in the body itself.
    fn is_outer_table(&self) -> bool {
        self.tables_open == 1 && !self.containers.iter().any(|c| matches!(c, Container::Lines(_)))
    }

    fn ask(&mut self, tag: Tag, parent: Option<Tag>, at: &Attributes<'_>) {
        let Some(paragraph) = self.paragraphs.last_mut() else { return };
        match (tag, parent) {
            (Tag::PStyle, Some(Tag::PPr)) => paragraph.asked.style = at.get("val"),
            (Tag::NumId, Some(Tag::NumPr)) => paragraph.asked.list = at.number(),
            (Tag::Ilvl, Some(Tag::NumPr)) => paragraph.asked.level = at.number(),
            _ => {}
        }
    }

    fn field(&mut self, kind: Option<&str>) {
        match kind {
            Some("begin") if self.fields.len() < MAX_FIELDS => self.fields.push(Field::default()),
            Some("separate") => {
                if let Some(field) = self.fields.last_mut() {
                    field.has_result = true;
                }
            }
            Some("end") => {
                self.fields.pop();
            }
            _ => {}
        }
    }

    /// Whether the element just opened is a property of a run itself, and not one that it had before a change.
    fn is_of_run(&self) -> bool {
        self.path.iter().rev().nth(2) == Some(&Tag::R)
    }

    fn is_visible(&self) -> bool {
        self.omitted.is_none() && self.is_printed()
    }

    /// Whether the fields around show what stands here.
    fn is_printed(&self) -> bool {
        self.fields_mode == Fields::Everything || self.fields.iter().all(Field::is_shown)
    }

    fn text(&mut self, words: &str) {
        if self.skipped_at.is_some() {
            return;
        }
        match self.path.last() {
            Some(Tag::T | Tag::MathText) => self.write(words),
            Some(Tag::InstrText) => {
                if let Some(field) = self.fields.last_mut()
                    && field.instruction.len() < 64
                {
                    field.instruction.push_str(words);
                }
            }
            _ => {}
        }
    }

    fn write(&mut self, words: &str) {
        if !self.is_printed() {
            return;
        }
        let Some(paragraph) = self.paragraphs.last_mut() else { return };
        match self.omitted {
            None => paragraph.last_line().push_str(words),
            Some(why) => match paragraph.left_out.last_mut().filter(|l| l.0 == why) {
                Some(last) => last.1.push_str(words),
                None => paragraph.left_out.push((why, words.to_owned())),
            },
        }
    }

    fn break_line(&mut self) {
        if let Some(paragraph) = self.paragraphs.last_mut() {
            paragraph.last_line();
            paragraph.lines.push(String::new());
        }
    }

    fn close_paragraph(&mut self) {
        let Some(mut paragraph) = self.paragraphs.pop() else { return };
        if paragraph.runs_on {
            // Deleted as a whole when nothing is left of it; else its words open the next paragraph. What was carried
            // before is the first line, moved and not copied, so that a long chain stays linear.
            let mut lines = std::mem::take(&mut paragraph.lines).into_iter();
            self.carried = lines.next().unwrap_or_default();
            self.carried.extend(lines);
            let boxes = std::mem::take(&mut paragraph.boxes);
            if !boxes.is_empty() {
                self.deliver(boxes);
            }
            return;
        }
        let label = self.numbering.label(&paragraph.asked);
        // Of a paragraph that is struck as a whole the number is too, though it counts.
        let gone = !paragraph.left_out.is_empty() && paragraph.lines.iter().all(|l| l.trim().is_empty());
        if let Some(label) = label.filter(|_| !gone) {
            paragraph.number(&label);
        }
        paragraph.last_line();
        let Paragraph { mut lines, boxes, left_out, .. } = paragraph;
        lines.extend(boxes);
        self.leave_out(left_out);
        self.deliver(lines);
    }

    /// Notes the words that a paragraph does not show, with its cell where it stands in one.
    fn leave_out(&mut self, words: Vec<(Omission, String)>) {
        let cell = self.rows.last_mut().and_then(|r| r.cells.last_mut());
        match cell.filter(|_| self.tables_open > 0) {
            Some(cell) => cell.left_out.extend(words),
            None => words.iter().for_each(|(why, words)| self.out.leave_out(*why, words)),
        }
    }

    /// Puts the lines of one paragraph where they belong.
    fn deliver(&mut self, lines: Vec<String>) {
        match self.containers.last_mut() {
            Some(Container::Lines(held)) => held.extend(lines),
            Some(Container::Cell) => {
                if let Some(cell) = self.rows.last_mut().and_then(|r| r.cells.last_mut()) {
                    cell.lines.extend(lines);
                }
            }
            None => self.write_paragraph(&lines),
        }
    }

    /// Words carried beyond the end of what held them stay where they were.
    fn flush_carried(&mut self) {
        if !self.carried.is_empty() {
            let line = std::mem::take(&mut self.carried);
            self.deliver(vec![line]);
        }
    }

    fn write_paragraph(&mut self, lines: &[String]) {
        self.paragraph_number = self.paragraph_number.saturating_add(1);
        for line in lines {
            self.out.push(line, BlockKind::Paragraph, Place::Paragraph(self.paragraph_number));
        }
    }

    fn open_cell(&mut self) {
        if !self.is_outer_table() {
            return;
        }
        let Some(row) = self.rows.last_mut() else { return };
        self.pieces += 1;
        let column = row.next_column;
        row.next_column = (column + 1).min(MAX_COLUMNS);
        row.cells.push(Cell { column, span: 1, merge: Merge::No, lines: Vec::new(), left_out: Vec::new() });
        self.containers.push(Container::Cell);
    }

    fn cell_property(&mut self, tag: Tag, at: &Attributes<'_>) {
        let Some(row) = self.rows.last_mut() else { return };
        if tag == Tag::GridBefore {
            row.next_column = at.number().unwrap_or(0).min(MAX_COLUMNS);
            return;
        }
        let Some(cell) = row.cells.last_mut() else { return };
        if tag == Tag::GridSpan {
            cell.span = at.number().unwrap_or(1).clamp(1, MAX_COLUMNS);
            row.next_column = (cell.column + cell.span).min(MAX_COLUMNS);
        } else {
            cell.merge = if at.get("val").as_deref() == Some("restart") { Merge::First } else { Merge::Rest };
        }
    }

    fn write_table(&mut self, rows: Vec<Row>) {
        let (hidden, rows): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(|r| r.is_hidden);
        for words in hidden.iter().flat_map(|r| &r.cells).flat_map(|c| &c.lines).filter(|l| !l.is_empty()) {
            self.out.leave_out(Omission::HiddenCells, words);
        }
        for (why, words) in rows.iter().flat_map(|r| &r.cells).flat_map(|c| &c.left_out) {
            self.out.leave_out(*why, words);
        }
        // A table of one column only frames its text.
        if rows.iter().all(|r| r.cells.len() <= 1) {
            for line in rows
                .into_iter()
                .flat_map(|r| r.cells)
                .filter(|c| c.merge != Merge::Rest)
                .flat_map(|c| c.lines)
            {
                self.write_paragraph(&[line]);
            }
            return;
        }
        let table = self.table_number;
        self.table_number = table.saturating_add(1);
        let mut above: Vec<Vec<String>> = Vec::new();
        for (row_number, row) in (0u32..).zip(rows) {
            for cell in row.cells {
                let at = cell.column as usize;
                if above.len() <= at {
                    above.resize_with(at + 1, Vec::new);
                }
                let lines = match cell.merge {
                    Merge::Rest => above[at].clone(),
                    Merge::First | Merge::No => {
                        above[at].clone_from(&cell.lines);
                        cell.lines
                    }
                };
                self.write_cell(table, row_number, cell.column, &lines);
                if self.out.text.len() > MAX_TEXT {
                    return;
                }
            }
        }
    }

    /// One block for each line of the cell; an empty cell is one empty block, so that its row stays whole.
    fn write_cell(&mut self, table: u32, row: u32, column: u32, lines: &[String]) {
        let kind = BlockKind::Cell { row, column, table };
        let place = Place::Cell { table: (table + 1).to_string(), row: row + 1, column: column + 1 };
        let mut written = false;
        for line in lines.iter().filter(|l| !l.trim().is_empty()) {
            self.out.push(line, kind, place.clone());
            written = true;
        }
        if !written {
            self.out.push("", kind, place);
        }
    }
}

fn breaks_page(at: &Attributes<'_>) -> bool {
    matches!(at.get("type").as_deref(), Some("page" | "column"))
}
