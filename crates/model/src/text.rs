//! The text of a document, and where each part of it came from.

use serde::{Deserialize, Serialize};

/// A range of bytes of the normalised text, `start..end`, on character boundaries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// Moves it by so many bytes.
    pub fn shift(&mut self, by: usize) {
        self.start += by;
        self.end += by;
    }

    /// The span from `start` to `end`.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        debug_assert!(start <= end);
        Self { start, end }
    }

    /// The words of `text` under this span.
    #[must_use]
    pub fn of<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.start..self.end).unwrap_or_default()
    }

    /// Whether `other` lies wholly inside this span.
    #[must_use]
    pub fn contains(&self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Whether the two share at least one byte.
    #[must_use]
    pub fn overlaps(&self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// Whether nothing lies between start and end.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }
}

/// Where a block stood in the file that was handed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// A line of a text file, from 1.
    Line(u32),
    /// A paragraph of a document, from 1.
    Paragraph(u32),
    /// A cell: table or sheet, row and column, each from 1.
    Cell {
        /// Name of the sheet, or number of the table in the document.
        table: String,
        /// Row.
        row: u32,
        /// Column.
        column: u32,
    },
    /// A page of a PDF, from 1.
    Page(u32),
}

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockKind {
    /// A paragraph or a line.
    Paragraph,
    /// A cell of a table; cells of one row follow one another.
    Cell {
        /// Row, from 0.
        row: u32,
        /// Column, from 0.
        column: u32,
        /// Number of the table in the document, from 0.
        table: u32,
    },
}

/// One paragraph, line or cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// Its words in the normalised text, without the line end.
    pub span: Span,
    /// Paragraph or cell.
    pub kind: BlockKind,
    /// Where it stood in the file.
    pub place: Place,
}

/// A document as text: UTF-8, `\n` after each block, no BOM, no `\r`.
///
/// The words themselves are never rewritten (full-width digits stay full-width), so that a span can always be shown as
/// the author wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceText {
    /// Name of the file, for messages.
    pub name: String,
    /// The normalised text.
    pub text: String,
    /// Paragraphs, lines and cells in the order of the text.
    pub blocks: Vec<Block>,
    /// Words of the file that are not in the text, since nobody is meant to read them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
}

/// Why words of a file are not in its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Omission {
    /// They are struck through.
    Struck,
    /// They are formatted as hidden.
    Hidden,
    /// They stand in a hidden row or column of a sheet or table.
    HiddenCells,
}

impl Omission {
    /// 划掉的文字, 隐藏的文字, 隐藏的行列.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Struck => "划掉的文字",
            Self::Hidden => "隐藏的文字",
            Self::HiddenCells => "隐藏的行、列",
        }
    }
}

/// Words of a file that are not in its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Why.
    pub why: Omission,
    /// The words.
    pub words: String,
    /// Where in the normalised text they would stand.
    pub at: usize,
}

impl SourceText {
    /// Notes words that are left out of the text where it ends now; such words of one place are one note.
    pub fn leave_out(&mut self, why: Omission, words: &str) {
        let at = self.text.len();
        match self.left_out.last_mut().filter(|l| l.at == at && l.why == why) {
            Some(last) => last.words.push_str(words),
            None => self.left_out.push(LeftOut { why, words: words.to_owned(), at }),
        }
    }
}

impl SourceText {
    /// The source made of plain text: one block a line. Line ends of any kind are taken; a BOM is dropped.
    #[must_use]
    pub fn from_plain(name: &str, text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut out = Self { name: name.to_owned(), ..Self::default() };
        let unified;
        let text = if text.contains('\r') {
            unified = text.replace("\r\n", "\n").replace('\r', "\n");
            unified.as_str()
        } else {
            text
        };
        for (n, line) in text.split('\n').enumerate() {
            let line_no = u32::try_from(n + 1).unwrap_or(u32::MAX);
            out.push(line, BlockKind::Paragraph, Place::Line(line_no));
        }
        out
    }

    /// Adds a block at the end. Line ends inside `words` become spaces.
    pub fn push(&mut self, words: &str, kind: BlockKind, place: Place) {
        let start = self.text.len();
        if words.contains(['\n', '\r']) {
            self.text.extend(words.chars().map(|c| if matches!(c, '\n' | '\r') { ' ' } else { c }));
        } else {
            self.text.push_str(words);
        }
        let span = Span::new(start, self.text.len());
        self.text.push('\n');
        self.blocks.push(Block { span, kind, place });
    }

    /// The block that holds byte `at`, or the last one before it.
    #[must_use]
    pub fn block_at(&self, at: usize) -> Option<&Block> {
        let i = self.blocks.partition_point(|b| b.span.start <= at);
        i.checked_sub(1).and_then(|i| self.blocks.get(i))
    }

    /// Line and column of byte `at`, both from 1; the line is the number of the block, the column counts characters.
    #[must_use]
    pub fn line_column(&self, at: usize) -> (usize, usize) {
        let i = self.blocks.partition_point(|b| b.span.start <= at);
        let Some(block) = i.checked_sub(1).and_then(|i| self.blocks.get(i)) else { return (1, 1) };
        let before = self.text.get(block.span.start..at.min(block.span.end)).unwrap_or_default();
        (i, before.chars().count() + 1)
    }
}
