//! What goes into an evidence pack beside the records: its index on paper and as a spreadsheet, and what is not there.

use jiff::civil::Date;
use office::gongwen::{Block, Gongwen, Kind};
use office::sheet::{self, Cell, Column, Sheet};
use runtime::Tally;
use store::EntryRow;
use web::App;
use web::view::{instant_words, long_day_words};

use super::evidence::Asked;
use super::gather::tally_words;
use super::sections::table;

/// One record with its place in the pack.
pub(super) struct Item {
    pub(super) row: EntryRow,
    pub(super) folder: String,
    /// The demands for which it counts.
    pub(super) counts: Vec<String>,
}

/// What goes into the pack before anything is written.
pub(super) struct Contents {
    pub(super) title: String,
    pub(super) items: Vec<Item>,
    /// How many records count for what was asked and are closed to whoever packs.
    pub(super) closed: usize,
    /// What was asked in the stretch.
    pub(super) tally: Tally,
    /// What is not there: of which unit, what.
    pub(super) gaps: Vec<(String, Vec<String>)>,
}

/// A file of the pack as the index names it.
pub(super) struct Line {
    pub(super) path: String,
    pub(super) day: Date,
    pub(super) unit: String,
    pub(super) ledgers: String,
    pub(super) title: String,
    pub(super) counts: String,
    pub(super) attachments: usize,
    /// 当时填写, or how many days after.
    pub(super) entered: String,
    /// What it lacks, and whether something in it is closed to whoever packs.
    pub(super) remark: String,
}

fn stretch(asked: &Asked) -> String {
    format!("{}至{}", long_day_words(asked.from), long_day_words(asked.to))
}

pub(super) fn index(asked: &Asked, contents: &Contents, lines: &[Line]) -> Gongwen {
    let files: usize = lines.iter().map(|l| l.attachments).sum();
    let mut blocks = vec![Block::Paragraph(format!(
        "{}的记录{}条，附件{files}个。“原始”是当时填写的，“新建”是事后补录的，写明补录的日子。",
        stretch(asked),
        lines.len()
    ))];
    blocks.extend(closed(contents));
    let mut at = 0;
    while let Some(first) = lines.get(at) {
        let folder = folder_of(&first.path);
        let here: Vec<&Line> = lines.iter().skip(at).take_while(|l| folder_of(&l.path) == folder).collect();
        at += here.len();
        blocks.push(Block::Heading(folder.to_owned()));
        let row = |l: &&Line| {
            let number = l.path.rsplit('/').next().and_then(|n| n.split(' ').next()).unwrap_or_default();
            vec![
                number.to_owned(),
                l.day.to_string(),
                l.unit.clone(),
                format!("{}　{}", l.ledgers, l.title),
                l.attachments.to_string(),
                l.entered.clone(),
            ]
        };
        let heads = [("序号", 8), ("日期", 14), ("组织", 22), ("台账和主题", 34), ("附件", 8), ("填写", 14)];
        blocks.push(Block::Table(table(&heads, here.iter().map(row).collect())));
    }
    if lines.is_empty() {
        blocks.push(Block::Paragraph("这段时间未见记录。".to_owned()));
    }
    Gongwen::plain(Kind::Report, format!("{}迎检材料目录", contents.title), blocks)
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

pub(super) fn sheet_of(contents: &Contents, lines: &[Line]) -> Sheet {
    let columns = [
        ("序号", 6, sheet::Kind::Whole),
        ("文件夹", 20, sheet::Kind::Text),
        ("文件", 46, sheet::Kind::Long),
        ("日期", 12, sheet::Kind::Day),
        ("组织", 28, sheet::Kind::Text),
        ("台账", 18, sheet::Kind::Text),
        ("主题", 36, sheet::Kind::Long),
        ("计入的要求", 30, sheet::Kind::Long),
        ("附件", 6, sheet::Kind::Whole),
        ("填写", 16, sheet::Kind::Text),
        ("还缺", 30, sheet::Kind::Long),
    ];
    let whole = |n: usize| Cell::Whole(i64::try_from(n).unwrap_or(0));
    let row = |(at, l): (usize, &Line)| {
        let text = |words: &str| Cell::Text(words.to_owned());
        vec![
            whole(at + 1),
            text(folder_of(&l.path)),
            text(l.path.rsplit('/').next().unwrap_or_default()),
            Cell::Day(l.day),
            text(&l.unit),
            text(&l.ledgers),
            text(&l.title),
            text(&l.counts),
            whole(l.attachments),
            text(&l.entered),
            text(&l.remark),
        ]
    };
    Sheet {
        name: "材料目录".to_owned(),
        title: format!("{}　迎检材料目录", contents.title),
        columns: columns.into_iter().map(|(t, width, kind)| Column::new(t, width, kind)).collect(),
        frozen: 1,
        rows: lines.iter().enumerate().map(row).collect(),
    }
}

/// What is there and was not packed.
fn closed(contents: &Contents) -> Option<Block> {
    let words = format!("另有{}条记录计入这些要求，打包人的账号看不到，没有装。", contents.closed);
    (contents.closed > 0).then_some(Block::Paragraph(words))
}

/// 缺项说明: what was asked and is not there, and what the records that are there lack.
pub(super) fn gaps_paper(app: &App, asked: &Asked, contents: &Contents, lines: &[Line]) -> Gongwen {
    let mut blocks = vec![Block::Paragraph(format!(
        "{}到期的要求：{}。到{}为止，下面各项未见记录。未见记录不等于没有办，由各组织说明。",
        stretch(asked),
        tally_words(contents.tally),
        instant_words(app.clock.now())
    ))];
    blocks.extend(closed(contents));
    blocks.push(Block::Heading1("未见记录的要求".to_owned()));
    if contents.gaps.is_empty() {
        blocks.push(Block::Paragraph("没有。".to_owned()));
    } else {
        let rows = contents.gaps.iter().map(|(unit, words)| vec![unit.clone(), words.join("\n")]).collect();
        blocks.push(Block::Table(table(&[("组织", 34), ("未见记录", 66)], rows)));
    }
    blocks.push(Block::Heading1("记录里还缺的".to_owned()));
    let rows: Vec<Vec<String>> = lines
        .iter()
        .filter(|l| !l.remark.is_empty())
        .map(|l| vec![l.path.clone(), l.remark.clone()])
        .collect();
    if rows.is_empty() {
        blocks.push(Block::Paragraph("没有。".to_owned()));
    } else {
        blocks.push(Block::Table(table(&[("文件", 50), ("还缺", 50)], rows)));
    }
    Gongwen::plain(Kind::Report, format!("{}缺项说明", contents.title), blocks)
}
