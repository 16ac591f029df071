//! Reads a work plan: the text of a document becomes a [`Plan`], a tree in which every node keeps its words.
//!
//! Any text gives a plan, if an empty one; nothing panics, and the time taken grows with the length of the text and not
//! faster. Three rooms: `text` (lines, brackets, sentences), `outline` (sections and items, in prose and in tables) and `facts`
//! (owners, rhythms, days, citations). The steps, each in a module of its own:
//!
//! 1. `flow`: one run of clean text. Page numbers and running heads are dropped (`furniture`), wrapped lines joined,
//!    stray spaces taken out; a map leads back to the source.
//! 2. `bracket` pairs the brackets, `owners` finds who leads and who answers.
//! 3. `clauses` reads the numbers (`mark`) and how they nest, `outline` decides what they mean: sections, groups, items. A task table is read by
//!    `table` instead.
//! 4. `assemble` reads the words of each item: sentences, rhythms (`cadence`), deadlines, names in 《》. `blend` puts the
//!    tasks of prose and tables into one list.
//! 5. `around` says what everything else is: furniture, preamble, signature, or words that were read into no item.

mod json;
mod outline;

/// Lines, brackets and sentences: the words before anybody asks what they say.
mod text {
    pub(crate) mod bracket;
    pub(crate) mod flow;
    pub(crate) mod furniture;
    pub(crate) mod mark;
    pub(crate) mod sentence;
}

/// What the words of an item say: who, how often, by when, by which paper.
mod facts {
    pub(crate) mod ask;
    pub(crate) mod cadence;
    pub(crate) mod citation;
    pub(crate) mod deadline;
    pub(crate) mod label;
    pub(crate) mod named_days;
    pub(crate) mod names;
    pub(crate) mod occasion;
    pub(crate) mod owners;
}

use model::{Plan, SourceText, number};

use crate::assemble::Words;
use crate::blend::Side;
use crate::deadline::Reader;
use crate::facts::{ask, cadence, citation, deadline, label, named_days, names, occasion, owners};
use crate::outline::{Outline, around, assemble, blend, column, table, title};
use crate::text::{bracket, flow, furniture, mark, sentence};

pub use json::to_json;

/// The day of each `per` by which something is due, as plans write it: 5日前 of a month, 末月25日前 of a quarter, 周五前 of a
/// week, 6月底前 of a year. None where the words name no such day.
#[must_use]
pub fn day_in(per: model::Per, words: &str) -> Option<model::DayIn> {
    cadence::day_in(per, words)
}

/// Reads the plan in `source`: title, year, sections, and items with owners, sentences, rhythms, deadlines and
/// citations. What is not there is left empty; every span lies inside `source.text` on character boundaries.
#[must_use]
pub fn read(source: &SourceText) -> Plan {
    let tables = table::find(source);
    let flow = flow::prose(source, &tables.lines);
    let pairs = bracket::pairs(&flow.text);
    let tags = owners::tags(&flow, &pairs);
    let paper = outline::paper(&flow, &tags);
    let mut outline = outline::read(&flow, &pairs, &tags, &paper);
    let words = Words { flow: &flow, pairs: &pairs, tags: &tags };

    let tagged = tags.iter().filter(|t| !t.owners.is_empty()).count();
    let table = tables.read(source, &words, &outline, tagged);
    // Where a table holds the plan, lines after its beginning are no place for a title.
    let before = match (&table, tables.begins) {
        (Some(_), Some(begins)) => flow.at_source(begins).min(outline.begins),
        _ => outline.begins,
    };
    let title = title::find(&flow, paper.start, before);
    let year = title::year(&flow, &title, paper.start, before);
    let mut plan = Plan {
        title: (!title.is_empty()).then(|| title.iter().map(|r| words.text(r)).collect()),
        title_span: title.first().zip(title.last()).map(|(a, b)| flow.span(&(a.start..b.end))),
        year,
        ..Plan::default()
    };
    // 责任部门：… below the title answers for a plan that names nobody else.
    let below = title.last().map_or(usize::MAX, |t| t.end);
    if outline.begins < usize::MAX
        && tags.iter().all(|t| t.owners.is_empty() || t.range.end <= outline.begins)
    {
        let head = tags.iter().filter(|t| t.range.start >= below && t.range.end <= outline.begins);
        let owners: Vec<owners::Owner> = head.flat_map(|t| t.owners.iter().cloned()).collect();
        if !owners.is_empty() {
            outline.items.iter_mut().for_each(|i| i.inherited.clone_from(&owners));
        }
    }
    let mut reader = Reader::new(year);
    let mut side = |words: &Words<'_>, outline: &Outline| Side {
        sections: outline.sections.iter().map(|s| words.section(s)).collect(),
        items: outline.items.iter().map(|d| words.item(d, &mut reader)).collect(),
        repeated: Vec::new(),
    };
    let read = match &table {
        None => side(&words, &outline),
        Some(t) => {
            let rows = side(&Words { flow: &t.flow, pairs: &t.pairs, tags: &t.tags }, &t.outline);
            if t.leads {
                outline.only_asking(&flow, &tags);
            } else {
                outline.cut_at(&flow, &tables.starts());
            }
            let prose = side(&words, &outline);
            if t.leads {
                blend::blend(rows, prose, &source.text)
            } else {
                blend::blend(prose, rows, &source.text)
            }
        }
    };
    plan.sections = read.sections;
    plan.items = read.items;
    let around = around::Around {
        source,
        flow: &flow,
        tags: &tags,
        groups: &outline.groups,
        heads: &tables.heads,
        repeated: &read.repeated,
    };
    around.fill(&mut plan);
    plan
}
