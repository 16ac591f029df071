//! rulebook/papers.toml: of what papers that are put together from many records consist.

use crate::fault::Faults;
use crate::link::{Kind, Links};
use crate::tree::Table;

/// How a part of the handbook is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// 班子和届期.
    Committee,
    /// 党小组.
    Groups,
    /// 党员名册.
    Roster,
    /// 申请人、积极分子、发展对象.
    Applicants,
    /// Who came and went in the year.
    Moves,
    /// What was asked in the year, and how it stands.
    Asks,
    /// Records, each on a page of its own.
    Records,
    /// Records, each a line.
    Table,
    /// 发展党员: where everybody stands, with the days.
    Development,
    /// How often was met, month by month.
    Counts,
    /// The files of all records.
    Files,
}

impl Shape {
    /// Every shape with the word by which papers.toml asks for it.
    const IDS: [(&'static str, Self); 11] = [
        ("committee", Self::Committee),
        ("groups", Self::Groups),
        ("roster", Self::Roster),
        ("applicants", Self::Applicants),
        ("moves", Self::Moves),
        ("asks", Self::Asks),
        ("records", Self::Records),
        ("table", Self::Table),
        ("development", Self::Development),
        ("counts", Self::Counts),
        ("files", Self::Files),
    ];
}

/// A part of the handbook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandbookPart {
    /// Its title, without a number.
    pub title: String,
    /// How it is laid out.
    pub shape: Shape,
    /// Ids of the ledgers whose records it holds.
    pub ledgers: Vec<String>,
    /// Whether it holds what no other part does.
    pub rest: bool,
    /// Ids of the procedures whose cases it lists.
    pub workflows: Vec<String>,
}

/// A folder of the evidence pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidencePart {
    /// Its title, without a number.
    pub title: String,
    /// Ids of the ledgers whose records it holds.
    pub ledgers: Vec<String>,
    /// Whether it holds what no other folder does.
    pub rest: bool,
}

/// Of what papers consist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Papers {
    /// 党支部工作手册.
    pub handbook: Vec<HandbookPart>,
    /// 迎检材料包.
    pub evidence: Vec<EvidencePart>,
    /// 交接清单: what both sides fill in by hand.
    pub handover: Vec<String>,
    /// Of the 交接清单: ids of the ledgers in which checks say what they found, and of the procedures that put it right.
    pub found: (Vec<String>, Vec<String>),
}

/// Reads the file.
pub(crate) fn read(mut file: Table, out: &mut Papers, faults: &mut Faults, links: &mut Links) {
    *out = Papers::default();
    for mut table in file.tables("handbook", faults) {
        let title = table.need_text("title", faults);
        let shape = table.spanned_text("shape", faults);
        let (ledgers, rest) = (ledgers(&mut table, faults, links), table.switch("rest", faults));
        let workflows = ids("workflows", Kind::Workflow, &mut table, faults, links);
        let span = table.span.clone();
        table.finish(faults);
        let known = shape.as_ref().and_then(|(id, _)| Shape::IDS.iter().find(|(word, _)| word == id));
        let Some((_, shape)) = known else {
            let words: Vec<&str> = Shape::IDS.iter().map(|(word, _)| *word).collect();
            let at = shape.map_or(span, |(_, at)| at);
            faults.say(&at, "没有这种版式（shape）", format!("可用：{}。", words.join("、")));
            continue;
        };
        if let Some(title) = title {
            out.handbook.push(HandbookPart { title, shape: *shape, ledgers, rest, workflows });
        }
    }
    for mut table in file.tables("evidence", faults) {
        let title = table.need_text("title", faults);
        let (ledgers, rest) = (ledgers(&mut table, faults, links), table.switch("rest", faults));
        table.finish(faults);
        out.evidence.extend(title.map(|title| EvidencePart { title, ledgers, rest }));
    }
    for mut table in file.tables("handover", faults) {
        out.handover.extend(table.need_text("title", faults));
        table.finish(faults);
    }
    for mut table in file.tables("found", faults) {
        out.found.0.extend(ledgers(&mut table, faults, links));
        out.found.1.extend(ids("workflows", Kind::Workflow, &mut table, faults, links));
        table.finish(faults);
    }
    file.finish(faults);
}

fn ledgers(table: &mut Table, faults: &mut Faults, links: &mut Links) -> Vec<String> {
    ids("ledgers", Kind::Ledger, table, faults, links)
}

fn ids(
    key: &'static str,
    kind: Kind,
    table: &mut Table,
    faults: &mut Faults,
    links: &mut Links,
) -> Vec<String> {
    let named = table.spanned_texts(key, faults);
    for (id, at) in &named {
        links.to(kind, id, faults.at(at));
    }
    named.into_iter().map(|(id, _)| id).collect()
}
