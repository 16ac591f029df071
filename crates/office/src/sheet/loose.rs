//! Tables that are no workbooks, whatever their file is called: text with tabs or commas between the cells, and web pages
//! with a table, which most systems hand out as .xls.

use super::read::{Budget, Gathered, Look, ReadSheet};
use super::words;
use crate::{FileFault, html, text};

/// The name of the only sheet of a file that has none.
const SHEET: &str = "表";

/// Reads text with tabs, commas or semicolons between the cells; quotation marks as spreadsheets write them.
pub(super) fn delimited(bytes: &[u8]) -> Result<Vec<ReadSheet>, FileFault> {
    let text = text::decode(bytes)?;
    let between = between(&text);
    let mut budget = Budget::default();
    let mut gathered = Gathered::default();
    for (row, cells) in (0_u32..).zip(parted(&text, between)) {
        for (column, cell) in (0_u32..).zip(cells) {
            gathered.add((row, column), words::text(&cell), Look::default(), &mut budget)?;
        }
    }
    let sheet = gathered.sheet(SHEET.to_owned(), &[], &mut budget)?;
    // One column is a text and no table.
    if sheet.rows.iter().filter(|r| r.cells.len() > 1).count() == 0 {
        return Err(FileFault::NotSheets);
    }
    Ok(vec![sheet])
}

/// Reads the tables of a web page, each as a sheet.
pub(super) fn page(bytes: &[u8]) -> Result<Vec<ReadSheet>, FileFault> {
    let mut budget = Budget::default();
    let mut out = Vec::new();
    for (n, rows) in html::tables(bytes)?.into_iter().enumerate() {
        let mut gathered = Gathered::default();
        for (row, cells) in (0_u32..).zip(rows) {
            for (column, cell) in cells {
                gathered.add((row, column), words::text(&cell), Look::default(), &mut budget)?;
            }
        }
        let name = if n == 0 { SHEET.to_owned() } else { format!("{SHEET}{}", n + 1) };
        out.push(gathered.sheet(name, &[], &mut budget)?);
    }
    if out.is_empty() { Err(FileFault::NotSheets) } else { Ok(out) }
}

/// The character between the cells: the one that stands in most lines.
fn between(text: &str) -> char {
    let lines = || text.lines().take(50).filter(|l| !l.trim().is_empty());
    let most = ['\t', ',', ';'].map(|c| (lines().filter(|l| l.contains(c)).count(), c));
    // Of equals the first: a cell with commas stands between tabs more often than the other way round.
    most.into_iter().rev().max_by_key(|(n, _)| *n).map_or('\t', |(_, c)| c)
}

/// The cells of each line of a text in which a character stands between them, as spreadsheets put them on the clipboard and
/// into files: a cell that holds a line end, the character between or a quotation mark stands in quotation marks, those within
/// doubled.
#[must_use]
pub fn parted(text: &str, between: char) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = text.trim_start_matches('\u{feff}').chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if cell.is_empty() => quoted = true,
            c if c == between && !quoted => row.push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            '\r' => {}
            other => cell.push(other),
        }
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        rows.push(row);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::super::read::read;
    use super::*;

    fn rows(bytes: &[u8]) -> Vec<Vec<String>> {
        let sheets = read(bytes).unwrap_or_else(|e| panic!("{e}"));
        let cells = |r: &super::super::read::ReadRow| r.cells.iter().map(|c| c.words.clone()).collect();
        sheets.iter().flat_map(|s| &s.rows).map(cells).collect()
    }

    const TEXT: &str =
        "姓名,所在支部,备注\n方以宁,教工第一党支部,\"会写字，\"\"好\"\"\"\n岳知行,教工第一党支部,\n";

    #[test]
    fn text_with_commas_is_a_table_in_any_encoding() {
        let wanted = [
            vec!["姓名", "所在支部", "备注"],
            vec!["方以宁", "教工第一党支部", "会写字，\"好\""],
            vec!["岳知行", "教工第一党支部"],
        ];
        assert_eq!(rows(TEXT.as_bytes()), wanted);
        assert_eq!(rows(&encoding_rs::GB18030.encode(TEXT).0), wanted);
        let wide: Vec<u8> = [0xff, 0xfe]
            .into_iter()
            .chain(TEXT.replace(',', "\t").encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        assert_eq!(rows(&wide), wanted, "what a spreadsheet saves as Unicode text, called .xls");
        assert!(matches!(read("一段话，没有表格".as_bytes()), Err(FileFault::NotSheets)));
    }

    #[test]
    fn a_web_page_with_a_table_is_a_workbook() {
        let page = "<html><meta charset=gbk><table><tr><td>导出表</table><table border=1><tr><th>姓名<th>支部</tr><tr><td rowspan=2>方以宁<td>一支部</tr><tr><td>二支部</tr></table></html>";
        let wanted = [vec!["姓名", "支部"], vec!["方以宁", "一支部"], vec!["方以宁", "二支部"]];
        assert_eq!(rows(page.as_bytes()), wanted);
        assert_eq!(rows(&encoding_rs::GB18030.encode(page).0), wanted);
        assert!(matches!(read(b"<html><p>no table</p></html>"), Err(FileFault::NotSheets)));
    }
}
