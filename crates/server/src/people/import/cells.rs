//! What was handed in as a table of cells under known heads: pasted, or read from a workbook.

use office::sheet::ReadSheet;
use serde::{Deserialize, Serialize};

use super::columns::Col;

/// Rows that one import takes.
pub(crate) const MOST_ROWS: usize = 60_000;
/// How the name in the template's example begins; that row is nobody.
pub(crate) const EXAMPLE: &str = "示例：";
/// Rows from the top among which the heads are looked for: titles and remarks stand above them.
const HEAD_ROWS: usize = 12;

/// A row under the heads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Row {
    /// Its number at the left edge of the sheet (or the line of the paste), from 1.
    pub(crate) number: u32,
    /// Its cells, one for each column of the table.
    pub(crate) cells: Vec<String>,
}

/// The table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cells {
    /// What each column means, with its place in the sheet, from 0.
    pub(crate) columns: Vec<(Col, u32)>,
    /// Heads that mean nothing to us; their columns are left aside.
    pub(crate) unknown: Vec<String>,
    /// The rows.
    pub(crate) rows: Vec<Row>,
}

impl Cells {
    /// The cell of that column in a row; empty when there is no such column.
    pub(crate) fn get<'r>(&self, row: &'r Row, col: Col) -> &'r str {
        self.columns
            .iter()
            .position(|(c, _)| *c == col)
            .and_then(|i| row.cells.get(i))
            .map_or("", |c| c.trim())
    }

    /// The name of a cell as the sheet shows it: B12.
    pub(crate) fn address(&self, number: u32, col: Col) -> String {
        let at = self.columns.iter().find(|(c, _)| *c == col).map_or(0, |(_, at)| *at);
        office::sheet::address(number, at)
    }

    /// Puts other words into a cell.
    pub(crate) fn mend(&mut self, number: u32, col: Col, words: &str) {
        let Some(at) = self.columns.iter().position(|(c, _)| *c == col) else { return };
        let cell = self.rows.iter_mut().find(|r| r.number == number).and_then(|r| r.cells.get_mut(at));
        if let Some(cell) = cell {
            words.trim().clone_into(cell);
        }
    }
}

type Line = (u32, Vec<String>);

/// The table of a workbook: the first sheet with a row of heads.
///
/// # Errors
/// Says in words why there is none.
pub(crate) fn of_sheets(sheets: &[ReadSheet]) -> Result<Cells, String> {
    let mut first_fault = None;
    for sheet in sheets {
        let lines: Vec<Line> = sheet
            .rows
            .iter()
            .map(|row| {
                let width = row.cells.last().map_or(0, |c| c.column as usize + 1);
                let mut cells = vec![String::new(); width];
                for cell in &row.cells {
                    // A cell that shows less than a day is left as it is shown: the day was never said.
                    let whole = cell.day.filter(|_| cell.words.contains('日'));
                    if let Some(place) = cells.get_mut(cell.column as usize) {
                        *place = whole.map_or_else(|| cell.words.clone(), |d| d.to_string());
                    }
                }
                (row.number, cells)
            })
            .collect();
        match of_lines(lines) {
            Ok(cells) => return Ok(cells),
            Err(fault) => first_fault = first_fault.or(Some(fault)),
        }
    }
    Err(first_fault.unwrap_or_else(|| "这个文件里没有内容".to_owned()))
}

/// The table of what was copied from a spreadsheet.
///
/// # Errors
/// Says in words why there is none.
pub(crate) fn of_paste(text: &str) -> Result<Cells, String> {
    let lines = (1..).zip(tabbed(text)).filter(|(_, cells)| cells.iter().any(|c| !c.trim().is_empty()));
    of_lines(lines.collect())
}

/// Cells parted by tabs, as spreadsheets put them on the clipboard: a cell with a line break or a quotation mark stands in
/// quotation marks, those within doubled.
pub(crate) fn tabbed(text: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut row = Vec::new();
    let mut cell = String::new();
    let mut quoted = false;
    let mut chars = text.trim_start_matches('\u{feff}').chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if cell.is_empty() => quoted = true,
            '\t' if !quoted => row.push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            '\r' => {}
            other => cell.push(other),
        }
    }
    row.push(cell);
    rows.push(row);
    rows
}

fn of_lines(lines: Vec<Line>) -> Result<Cells, String> {
    let head = lines.iter().take(HEAD_ROWS).position(|(_, cells)| {
        let known: Vec<Col> = cells.iter().filter_map(|c| Col::of_head(c)).collect();
        known.contains(&Col::Name) && known.len() >= 2
    });
    let Some(head) = head else {
        return Err("找不到表头：要有一行写着“姓名”和别的栏目名（如所在支部、身份证号）".to_owned());
    };
    let mut columns: Vec<(Col, u32)> = Vec::new();
    let mut unknown = Vec::new();
    let mut twice = Vec::new();
    for (at, words) in (0_u32..).zip(lines.get(head).map(|(_, c)| c.as_slice()).unwrap_or_default()) {
        match Col::of_head(words) {
            Some(col) if columns.iter().any(|(c, _)| *c == col) => twice.push(words.clone()),
            Some(col) => columns.push((col, at)),
            None if words.trim().is_empty() => {}
            None => unknown.push(words.trim().to_owned()),
        }
    }
    if !twice.is_empty() {
        return Err(format!("有两栏是同一个意思：{}，请删去一栏", twice.join("、")));
    }
    let rows: Vec<Row> = lines
        .into_iter()
        .skip(head + 1)
        .map(|(number, cells)| Row {
            number,
            cells: columns
                .iter()
                .map(|(_, at)| cells.get(*at as usize).map(|c| c.trim().to_owned()).unwrap_or_default())
                .collect(),
        })
        .filter(|row| row.cells.iter().any(|c| !c.is_empty()))
        .filter(|row| !row.cells.iter().any(|c| c.starts_with(EXAMPLE)))
        .collect();
    if rows.is_empty() {
        return Err("表头下面没有人".to_owned());
    }
    if rows.len() > MOST_ROWS {
        return Err(format!("一次最多 {MOST_ROWS} 行，这里有 {} 行，请分开导入", rows.len()));
    }
    Ok(Cells { columns, unknown, rows })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paste_is_read_with_its_quoted_cells() {
        let cells = of_paste(
            "教工第一党支部名册\t\t\n序号\t姓名\t\"联系\n电话\"\t籍贯\r\n1\t方以宁\t\"138\"\"1\"\t陕西\r\n\t\t\t\n2\t林 一\t\t\n",
        )
        .unwrap();
        assert_eq!(cells.columns, [(Col::Name, 1), (Col::Phone, 2)]);
        assert_eq!(cells.unknown, ["序号", "籍贯"]);
        assert_eq!(cells.rows.iter().map(|r| r.number).collect::<Vec<_>>(), [3, 5]);
        assert_eq!(cells.get(&cells.rows[0], Col::Phone), "138\"1");
        assert_eq!(cells.address(3, Col::Phone), "C3");
    }

    #[test]
    fn what_has_no_heads_or_the_same_head_twice_is_refused_in_words() {
        assert!(of_paste("方以宁\t138").unwrap_err().contains("找不到表头"));
        assert!(of_paste("姓名\t电话\t手机\n方以宁\t1\t2").unwrap_err().contains("手机"));
        assert!(of_paste("姓名\t电话\n").unwrap_err().contains("没有人"));
        assert!(of_paste("").is_err());
    }
}
