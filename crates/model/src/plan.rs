//! A work plan as its document has it: a tree in which every node keeps its words.

use serde::{Deserialize, Serialize};

use crate::{Cadence, Per, Span};

/// 工作要点: what the reader made of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The title line, when there is one.
    pub title: Option<String>,
    /// Where the title stands.
    pub title_span: Option<Span>,
    /// The year that the document plans, when it says so.
    pub year: Option<i16>,
    /// 部分.
    pub sections: Vec<Section>,
    /// 条目, in the order of the document.
    pub items: Vec<Item>,
    /// What belongs to the paper and asks nothing: cover, contents, preamble, signature. With the title, the sections, the
    /// items and `not_read` it holds every letter of the document.
    #[serde(default)]
    pub asides: Vec<Aside>,
    /// What was read into no item and is no known part of the paper.
    #[serde(default)]
    pub not_read: Vec<NotRead>,
}

impl Plan {
    /// Moves every place by so many bytes: its text now stands behind others.
    pub fn shift(&mut self, by: usize) {
        // Taken apart fully: a new place must be thought of here.
        let Self { title: _, title_span, year: _, sections, items, asides, not_read } = self;
        title_span.iter_mut().for_each(|s| s.shift(by));
        for Section { number: _, title: _, span, owners } in sections {
            span.shift(by);
            owners.iter_mut().for_each(|o| o.span.shift(by));
        }
        for Aside { kind: _, span } in asides {
            span.shift(by);
        }
        // Line and column say where the words stand in the document as it was handed in.
        for NotRead { span, text: _, line: _, column: _, why: _ } in not_read {
            span.shift(by);
        }
        for item in items {
            let Item {
                number: _,
                section: _,
                title: _,
                span,
                title_span,
                owners,
                sentences,
                cadences,
                deadlines,
                citations,
                vague,
            } = item;
            span.shift(by);
            title_span.shift(by);
            owners.iter_mut().for_each(|o| o.span.shift(by));
            sentences.iter_mut().for_each(|s| s.span.shift(by));
            cadences.iter_mut().for_each(|c| c.span.shift(by));
            deadlines.iter_mut().for_each(|d| d.span.shift(by));
            citations.iter_mut().for_each(|c| c.span.shift(by));
            vague.iter_mut().for_each(|v| v.span.shift(by));
        }
    }
}

/// 部分.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// Number as printed, without its punctuation: 一.
    pub number: String,
    /// Heading without number and owner tag.
    pub title: String,
    /// The heading's words.
    pub span: Span,
    /// Owners given at the heading.
    pub owners: Vec<OwnerWords>,
}

/// 条目.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Number as printed, without its punctuation; empty when there is none.
    pub number: String,
    /// Index of its section in [`Plan::sections`].
    pub section: Option<usize>,
    /// Text up to the first 。 without number and tag, line wraps removed.
    pub title: String,
    /// The whole item with its number and tag.
    pub span: Span,
    /// The title's words.
    pub title_span: Span,
    /// Units that lead or answer, with their words; inherited ones carry the span where they were said.
    pub owners: Vec<OwnerWords>,
    /// Sentences, split at 。 and ；, the title first, owner tags left out.
    pub sentences: Vec<Sentence>,
    /// Rhythms.
    pub cadences: Vec<CadencePhrase>,
    /// Deadlines.
    pub deadlines: Vec<DeadlinePhrase>,
    /// Names inside 《》.
    pub citations: Vec<Citation>,
    /// 定期, 及时…
    pub vague: Vec<VagueWord>,
}

/// Whether a unit leads or answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnerRole {
    /// 牵头.
    Lead,
    /// 责任、配合、参与.
    Responsible,
}

/// A unit as the document names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerWords {
    /// Lead or responsible.
    pub role: OwnerRole,
    /// The name as printed, line wraps removed.
    pub name: String,
    /// Its words.
    pub span: Span,
}

/// One sentence of an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sentence {
    /// Its words, without the mark at its end; a wrapped sentence's span holds the line ends.
    pub span: Span,
    /// Whether it is the item's title.
    pub is_title: bool,
}

/// A rhythm as the document writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CadencePhrase {
    /// From the period word to the number and its measure.
    pub span: Span,
    /// The words, line wraps removed.
    pub text: String,
    /// How many times; only where a number is printed.
    pub times: Option<u32>,
    /// In each of what.
    pub per: Option<Per>,
    /// Study hours, where the text counts hours.
    pub hours: Option<u32>,
    /// What the runtime can schedule.
    pub cadence: Cadence,
}

/// What kind of deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeadlineKind {
    /// A day.
    Date,
    /// A month.
    Month,
    /// A quarter, a half-year, a year, a range of months.
    Period,
    /// Before something happens.
    Event,
}

/// A deadline as the document writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadlinePhrase {
    /// Its words.
    pub span: Span,
    /// The words, line wraps removed.
    pub text: String,
    /// What kind.
    pub kind: DeadlineKind,
    /// What the runtime can schedule.
    pub cadence: Cadence,
}

/// A name inside 《》.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Citation {
    /// The name's words, without the outer 《》.
    pub span: Span,
    /// The name, line wraps removed, inner 〈〉 kept.
    pub name: String,
}

/// A word that asks for something without saying how often or by when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VagueWord {
    /// The word.
    pub word: String,
    /// Where it stands.
    pub span: Span,
}

/// A part of the paper that asks nothing of anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AsideKind {
    /// Issuer, number of the document, addressees, day of issue, signature, attachments, remarks on publication.
    Cover,
    /// 目录.
    Contents,
    /// Page numbers and running heads.
    Page,
    /// What a site or a viewer of files prints around the paper.
    Site,
    /// The words before the first clause.
    Preamble,
    /// Headings of groups and of the columns of tables, and the units named at them.
    Heading,
    /// The words of a section that says what the plan is about or how it is carried out, or that lead to its items.
    Section,
    /// The words to all readers after the last item.
    Closing,
    /// A task that stands in the document a second time.
    Repeated,
}

/// A part of the paper around the items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aside {
    /// What it is.
    pub kind: AsideKind,
    /// Its words.
    pub span: Span,
}

/// Why words were read into no item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unread {
    /// They say how often or by when, and stand in no item.
    Timed,
    /// They stand in no item.
    Loose,
    /// They stand in a table that is no task table, or in a row of one that names no task.
    Table,
}

impl Unread {
    /// The reason in a sentence.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Timed => "写有频次或时限，却不在任何一条里",
            Self::Loose => "不在任何一条里，也不是题头、引言、落款一类",
            Self::Table => "在表格里，没有读成任务",
        }
    }
}

/// Words that were read into no item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotRead {
    /// Where they stand.
    pub span: Span,
    /// The words, line wraps removed.
    pub text: String,
    /// Line of the document as it was handed in, from 1.
    pub line: usize,
    /// Column, in characters, from 1.
    pub column: usize,
    /// Why.
    pub why: Unread,
}
