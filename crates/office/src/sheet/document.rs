//! A workbook as the text of a plan: each sheet a table, in the form that the tables of a document have.

use std::collections::HashMap;

use model::{BlockKind, Omission, Place, SourceText};

use super::hidden::Hidden;
use super::read::{ReadCell, ReadRow, ReadSheet};
use crate::FileFault;
use crate::limits::MAX_BLOCKS;

/// The text of a workbook. Rows with one cell above a table are its title and remarks, and so are paragraphs; a sheet
/// that has one cell in every row is prose that somebody typed into a sheet. Where several sheets are filled and have names
/// of their own, each name stands as a paragraph above its sheet. Hidden rows and columns, by the names of the sheets, and
/// struck cells are left out.
///
/// # Errors
/// When there are more cells than a document may have.
pub(crate) fn document(
    name: &str,
    sheets: Vec<ReadSheet>,
    hidden: &HashMap<String, Hidden>,
) -> Result<SourceText, FileFault> {
    let mut out = SourceText { name: name.to_owned(), ..SourceText::default() };
    let mut table = 0;
    let named = sheets.iter().filter(|s| !s.rows.is_empty()).count() > 1;
    for mut sheet in sheets {
        if named && !sheet.rows.is_empty() && is_name(&sheet.name) {
            let place = Place::Cell { table: sheet.name.clone(), row: 1, column: 1 };
            out.push(sheet.name.trim(), BlockKind::Paragraph, place);
        }
        leave_out(&mut out, &mut sheet, hidden);
        let sheet = &sheet;
        let begins = sheet.rows.iter().position(|r| own(r).count() > 1).unwrap_or(sheet.rows.len());
        let (above, rows) = sheet.rows.split_at(begins);
        for row in above {
            for cell in own(row).filter(|c| c.merged_from.is_none()) {
                write(&mut out, sheet, row, cell, BlockKind::Paragraph)?;
            }
        }
        let ends = rows.iter().rposition(|r| !is_remark(r)).map_or(0, |n| n + 1);
        let (rows, below) = rows.split_at(ends);
        for (n, row) in (0..).zip(rows) {
            for cell in own(row) {
                let kind = BlockKind::Cell { row: n, column: cell.column, table };
                write(&mut out, sheet, row, cell, kind)?;
            }
        }
        for row in below {
            for cell in own(row).filter(|c| c.merged_from.is_none()) {
                write(&mut out, sheet, row, cell, BlockKind::Paragraph)?;
            }
        }
        table += u32::from(!rows.is_empty());
    }
    Ok(out)
}

/// Whether somebody named the sheet: Sheet1 and 工作表2 are what the program calls it.
fn is_name(name: &str) -> bool {
    let name = name.trim();
    let bare =
        name.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '(' | ')' | '（' | '）' | ' '));
    !bare.is_empty() && !["sheet", "工作表", "表", "table"].contains(&bare.to_lowercase().as_str())
}

/// Takes out of a sheet what its author hid or struck, and notes the words.
fn leave_out(out: &mut SourceText, sheet: &mut ReadSheet, hidden: &HashMap<String, Hidden>) {
    let hidden = hidden.get(&sheet.name);
    for row in &mut sheet.rows {
        let number = row.number;
        row.cells.retain(|cell| {
            let why = if cell.look.hidden || hidden.is_some_and(|h| h.holds(number, cell.column)) {
                Omission::HiddenCells
            } else if cell.look.struck {
                Omission::Struck
            } else {
                return true;
            };
            if cell.merged_from.is_none() {
                out.leave_out(why, &format!("{} ", cell.words));
            }
            false
        });
    }
    sheet.rows.retain(|r| !r.cells.is_empty());
}

/// The cells of a row that say something of their own: merged cells count downwards, as in the tables of documents; to
/// the right one cell is only drawn wide.
fn own(row: &ReadRow) -> impl Iterator<Item = &ReadCell> {
    row.cells.iter().filter(|c| c.merged_from.is_none_or(|(_, column)| column == c.column))
}

/// A row under the table that is no task: 注：…, 填表人：….
fn is_remark(row: &ReadRow) -> bool {
    const STARTS: [&str; 8] = ["注：", "注:", "备注：", "备注:", "说明：", "说明:", "填表人", "制表"];
    let mut cells = own(row);
    let first = cells.next();
    first.is_some_and(|c| STARTS.iter().any(|s| c.words.starts_with(s)))
}

fn write(
    out: &mut SourceText,
    sheet: &ReadSheet,
    row: &ReadRow,
    cell: &ReadCell,
    kind: BlockKind,
) -> Result<(), FileFault> {
    for line in cell.words.lines().filter(|l| !l.trim().is_empty()) {
        let place = Place::Cell { table: sheet.name.clone(), row: row.number, column: cell.column + 1 };
        out.push(line.trim(), kind, place);
    }
    if out.blocks.len() > MAX_BLOCKS {
        return Err(FileFault::Bomb { what: "单元格过多" });
    }
    Ok(())
}
