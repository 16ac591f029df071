//! Official documents by GB/T 9704-2012 (党政机关公文格式) as docx.
//!
//! Fonts are named, never shipped: 方正小标宋简体, 仿宋_GB2312, 楷体_GB2312 and 黑体 are on every office machine, and
//! the font table names what to take where they are not. All measures are those of the standard; where Word wants
//! twips (twentieths of a point), 1 mm is 56.69 of them.

pub(crate) mod parts;
mod title;
pub(crate) mod write;
pub(crate) mod xml;

use jiff::civil::{Date, DateTime};

use crate::WriteFault;
use crate::docx::numerals::Format;

/// 文种: the kinds of official document that Luoshi drafts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 通知.
    Notice,
    /// 通报.
    Circular,
    /// 报告: goes upwards.
    Report,
    /// 请示: goes upwards.
    Request,
    /// 函.
    Letter,
    /// 纪要.
    Minutes,
}

impl Kind {
    /// The kind in Chinese, as the title ends.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Notice => "通知",
            Self::Circular => "通报",
            Self::Report => "报告",
            Self::Request => "请示",
            Self::Letter => "函",
            Self::Minutes => "纪要",
        }
    }

    /// 上行文: its head names who signs it off (签发人).
    #[must_use]
    pub fn goes_upwards(self) -> bool {
        matches!(self, Self::Report | Self::Request)
    }
}

/// 版头: the red head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// 发文机关标志, as it is printed: 青禾职业学院委员会文件.
    pub mark: String,
    /// 发文字号.
    pub number: Option<Number>,
    /// 签发人; printed only where the document goes upwards.
    pub signed_off_by: Option<String>,
}

/// 发文字号: 青党办〔2026〕12号. What is not yet known leaves its place empty, to be filled in by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    /// 发文机关代字; empty in a draft.
    pub office: String,
    /// 年份, all four digits.
    pub year: i16,
    /// 顺序号, without zeros before it and without 第; none in a draft.
    pub number: Option<u32>,
}

impl Number {
    /// The number as it is printed.
    #[must_use]
    pub fn words(&self) -> String {
        let office = if self.office.is_empty() { "　　" } else { &self.office };
        let number = self.number.map_or_else(|| "　".to_owned(), |n| n.to_string());
        format!("{office}〔{}〕{number}号", self.year)
    }
}

/// A part of the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// 一级标题; its number (一、) is made by the writer.
    Heading1(String),
    /// 二级标题; its number （一） is made by the writer and begins anew under each first-level heading.
    Heading2(String),
    /// 三级标题; its number (1.) is made by the writer.
    Heading3(String),
    /// 一级标题 that brings its own number, as the author wrote it.
    Heading(String),
    /// A paragraph, indented by two characters.
    Paragraph(String),
    /// A table over the whole width.
    Table(Table),
}

/// A table; its head is repeated on every page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Heads, with the share of the width that each column takes. Where all heads are empty it is a form: labels at the
    /// left, no head, and rows that may run on to the next page.
    pub columns: Vec<(String, u16)>,
    /// Rows; missing cells are empty.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// Whether it is a form: labels at the left and no head.
    #[must_use]
    pub fn is_form(&self) -> bool {
        self.columns.iter().all(|(head, _)| head.is_empty())
    }
}

/// 附件.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Its title.
    pub title: String,
    /// What it contains; none when it is only named and comes as a file of its own.
    pub blocks: Vec<Block>,
}

/// 发文机关署名 and 成文日期.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Who issues the document.
    pub issuer: String,
    /// The day of signing; a draft has none, and leaves the place for it.
    pub day: Option<Date>,
    /// Whether it will carry a seal, which needs room.
    pub sealed: bool,
}

impl Signature {
    /// The day as it is printed: 2026年9月30日, or the place for it.
    #[must_use]
    pub fn day_words(&self) -> String {
        self.day.map_or_else(
            || "　　年　月　日".to_owned(),
            |day| format!("{}年{}月{}日", day.year(), day.month(), day.day()),
        )
    }
}

/// The number that is printed before each of these blocks: 一、, （一）, 1. before headings, nothing before the rest.
/// Those of the second level begin anew under each first-level heading, those of the third under each second.
#[must_use]
pub fn numbers(blocks: &[Block]) -> Vec<String> {
    let chinese = |n: u32| Format::Chinese.write(n);
    let mut at = [0u32; 3];
    blocks
        .iter()
        .map(|block| match block {
            Block::Heading1(_) => {
                at = [at[0] + 1, 0, 0];
                format!("{}、", chinese(at[0]))
            }
            Block::Heading2(_) => {
                at = [at[0], at[1] + 1, 0];
                format!("（{}）", chinese(at[1]))
            }
            Block::Heading3(_) => {
                at[2] += 1;
                format!("{}.", at[2])
            }
            Block::Heading(_) | Block::Paragraph(_) | Block::Table(_) => String::new(),
        })
        .collect()
}

/// An official document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gongwen {
    /// 文种.
    pub kind: Kind,
    /// 版头; none for what circulates inside one office.
    pub head: Option<Head>,
    /// The whole title, 文种 included; broken into lines by the writer.
    pub title: String,
    /// 主送机关 without the colon; empty when there is none.
    pub addressee: String,
    /// 正文.
    pub blocks: Vec<Block>,
    /// 附件.
    pub attachments: Vec<Attachment>,
    /// 署名; none for 纪要.
    pub signature: Option<Signature>,
    /// 附注 without its brackets (此件公开发布); empty when there is none.
    pub note: String,
}

impl Gongwen {
    /// A title with what stands under it, and nothing else: what stays inside the house.
    #[must_use]
    pub fn plain(kind: Kind, title: String, blocks: Vec<Block>) -> Self {
        Self {
            kind,
            head: None,
            title,
            addressee: String::new(),
            blocks,
            attachments: Vec::new(),
            signature: None,
            note: String::new(),
        }
    }
}

/// The document as docx. `made` is its date of making in local time.
///
/// # Errors
/// When the package cannot be put together.
pub fn write(made: DateTime, document: &Gongwen) -> Result<Vec<u8>, WriteFault> {
    parts::package(made, document)
}
