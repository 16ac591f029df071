//! A volume as docx: cover, contents with page numbers, and parts, each of which begins on a page of its own (党支部工作手册).
//!
//! The contents are a field that Word makes anew when it is told to. What stands in it until then is measured by
//! [`ruler`]: lines are of fixed height and characters of fixed width, so the pages can be counted while writing.

mod ruler;
mod write;

use jiff::civil::DateTime;

use crate::WriteFault;
use crate::gongwen::Table;
use crate::gongwen::parts::{PLAIN, Style, packed};

/// A part of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// Begins on a page of its own, but for the first of a part, and stands in the contents: one meeting of many.
    Sheet(String),
    /// A heading within the page, not in the contents.
    Heading(String),
    /// A paragraph.
    Paragraph(String),
    /// What is not there, said openly; set apart from what is.
    Missing(String),
    /// A table; a form where all heads are empty.
    Table(Table),
    /// A table of many columns, in smaller characters.
    Narrow(Table),
}

/// One part, with its own number in its title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// As it stands in the contents.
    pub title: String,
    /// What it holds.
    pub blocks: Vec<Block>,
}

/// The whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// What it is: 党支部工作手册.
    pub title: String,
    /// Above the title: 2026年度.
    pub year: String,
    /// Below the title, label and words: 党支部, its name.
    pub cover: Vec<(String, String)>,
    /// At the foot of the cover: as of which day, for whom.
    pub foot: Vec<String>,
    /// The parts in their order.
    pub parts: Vec<Part>,
}

/// The styles beside those of official documents. The contents' names are those that Word looks for.
const STYLES: [Style; 11] = [
    Style {
        id: "VolPart",
        name: "手册部分",
        with_next: true,
        line: Some("720"),
        align: Some("center"),
        level: Some("0"),
        look: Some(("黑体", "32", "0")),
        ..PLAIN
    },
    Style {
        id: "VolSheet",
        name: "手册单页",
        with_next: true,
        line: Some("560"),
        align: Some("center"),
        level: Some("1"),
        look: Some(("黑体", "28", "0")),
        ..PLAIN
    },
    Style {
        id: "VolHeading",
        name: "手册小标题",
        with_next: true,
        line: Some("560"),
        align: Some("left"),
        look: Some(("黑体", "26", "0")),
        ..PLAIN
    },
    Style {
        id: "VolBody",
        name: "手册正文",
        line: Some("440"),
        indented: true,
        align: Some("both"),
        look: Some(("仿宋_GB2312", "26", "0")),
        ..PLAIN
    },
    Style {
        id: "VolMissing",
        name: "手册未见",
        line: Some("440"),
        indented: true,
        align: Some("left"),
        look: Some(("楷体_GB2312", "26", "0")),
        ..PLAIN
    },
    Style {
        id: "VolCell",
        name: "手册小表",
        line: Some("300"),
        align: Some("left"),
        look: Some(("仿宋_GB2312", "20", "0")),
        ..PLAIN
    },
    Style {
        id: "VolCellHead",
        name: "手册小表头",
        with_next: true,
        line: Some("300"),
        align: Some("center"),
        look: Some(("黑体", "20", "0")),
        ..PLAIN
    },
    Style {
        id: "VolTitle",
        name: "手册封面",
        line: Some("960"),
        align: Some("center"),
        look: Some(("方正小标宋简体", "72", "0")),
        ..PLAIN
    },
    Style {
        id: "VolCover",
        name: "手册封面字",
        line: Some("640"),
        align: Some("center"),
        look: Some(("仿宋_GB2312", "32", "0")),
        ..PLAIN
    },
    Style {
        id: "TOC1",
        name: "toc 1",
        line: Some("460"),
        align: Some("left"),
        look: Some(("黑体", "26", "0")),
        ..PLAIN
    },
    Style {
        id: "TOC2",
        name: "toc 2",
        line: Some("400"),
        align: Some("left"),
        look: Some(("仿宋_GB2312", "24", "0")),
        ..PLAIN
    },
];

/// Says that the contents are to be made anew when the document is opened: Word asks first.
const UPDATED: &str = r#"<w:updateFields w:val="true"/>"#;

/// The volume as docx. `made` is its date of making in local time.
///
/// # Errors
/// When the package cannot be put together.
pub fn write(made: DateTime, volume: &Volume) -> Result<Vec<u8>, WriteFault> {
    let title = format!("{}{}", volume.year, volume.title);
    packed(made, (&title, &volume.title), &write::body(volume), &STYLES, UPDATED)
}

/// The pages, from 1, on which the parts and their sheets begin: each part followed by its sheets, as in the contents.
#[must_use]
pub fn pages(volume: &Volume) -> Vec<u32> {
    ruler::pages(volume)
}
