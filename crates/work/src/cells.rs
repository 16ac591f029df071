//! What was handed in as a table of cells under known heads: pasted, or read from a workbook. For every import; `C` is
//! what a column means.

use std::borrow::Borrow;

use jiff::civil::Date;
use office::sheet::{Cell, Column, Kind, ReadSheet, Sheet};
use serde::{Deserialize, Serialize};

/// How the name in the template's example begins; that row is nobody.
pub const EXAMPLE: &str = "示例：";
/// Rows from the top among which the heads are looked for: titles and remarks stand above them.
const HEAD_ROWS: usize = 12;

/// Reads a day: 2015-07-01, 2015.7.1, 2015/7/1, 20150701, 2015年7月1日.
///
/// # Errors
/// In words, when it is none, or lies after `today`.
pub fn day(words: &str, today: Date) -> Result<Date, String> {
    let half: String = words
        .chars()
        .map(|c| match c {
            '０'..='９' => char::from_u32(c as u32 - '０' as u32 + '0' as u32).unwrap_or(c),
            '．' | '/' | '／' | '年' | '月' | '-' | '－' | '—' | '.' => '-',
            other => other,
        })
        .filter(|c| !c.is_whitespace() && *c != '日' && *c != '号')
        .collect();
    let parts: Vec<&str> = half.trim_matches('-').split('-').collect();
    let written = "写成 2015-07-01 这样";
    let numbers: Option<Vec<i32>> = match parts.as_slice() {
        [one] if one.len() == 8 && one.is_ascii() => {
            [0..4, 4..6, 6..8].into_iter().map(|r| one.get(r)?.parse().ok()).collect()
        }
        [_, _, _] => parts.iter().map(|p| p.parse().ok()).collect(),
        [_, _] if parts.iter().all(|p| p.parse::<i32>().is_ok()) => {
            return Err(format!("“{words}”只到月，要写到日，{written}"));
        }
        [one] if one.len() == 6 && one.parse::<u32>().is_ok() => {
            return Err(format!("“{words}”只到月，要写到日，{written}"));
        }
        _ => None,
    };
    let Some(numbers) = numbers else { return Err(format!("“{words}”不是日期，{written}")) };
    let (y, m, d) = (numbers[0], numbers[1], numbers[2]);
    let date = i16::try_from(y)
        .ok()
        .zip(i8::try_from(m).ok())
        .zip(i8::try_from(d).ok())
        .and_then(|((y, m), d)| Date::new(y, m, d).ok())
        .ok_or_else(|| format!("没有“{words}”这一天"))?;
    if date.year() < 1910 {
        return Err(format!("{date} 太早，像是空格或数字被当成了日期"));
    }
    if date > today {
        return Err(format!("{date} 还没有到"));
    }
    Ok(date)
}

/// A row under the heads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Its number at the left edge of the sheet (or the line of the paste), from 1.
    pub number: u32,
    /// Its cells, one for each column of the table.
    pub cells: Vec<String>,
}

/// The table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cells<C> {
    /// What each column means, with its place in the sheet, from 0.
    pub columns: Vec<(C, u32)>,
    /// Heads that mean nothing to us; their columns are left aside.
    pub unknown: Vec<String>,
    /// The rows.
    pub rows: Vec<Row>,
}

/// What an import takes.
pub struct Wanted<'h, C> {
    /// What a head means.
    pub of_head: &'h (dyn Fn(&str) -> Option<C> + Sync),
    /// Whether these heads make a row of heads.
    pub is_head: fn(&[C]) -> bool,
    /// What is said when there is no row of heads.
    pub no_head: &'h str,
    /// What is said when nothing stands below it.
    pub empty: &'h str,
    /// Most rows.
    pub most: usize,
}

impl<C: PartialEq> Cells<C> {
    /// The cell of that column in a row; empty when there is no such column.
    pub fn get<'r>(&self, row: &'r Row, col: impl Borrow<C>) -> &'r str {
        let col: &C = col.borrow();
        self.columns
            .iter()
            .position(|(c, _)| c == col)
            .and_then(|i| row.cells.get(i))
            .map_or("", |c| c.trim())
    }

    /// The name of a cell as the sheet shows it: B12.
    pub fn address(&self, number: u32, col: impl Borrow<C>) -> String {
        let col: &C = col.borrow();
        let at = self.columns.iter().find(|(c, _)| c == col).map_or(0, |(_, at)| *at);
        office::sheet::address(number, at)
    }

    /// Puts other words into a cell.
    pub fn mend(&mut self, number: u32, col: impl Borrow<C>, words: &str) {
        let col: &C = col.borrow();
        let Some(at) = self.columns.iter().position(|(c, _)| c == col) else { return };
        let cell = self.rows.iter_mut().find(|r| r.number == number).and_then(|r| r.cells.get_mut(at));
        if let Some(cell) = cell {
            words.trim().clone_into(cell);
        }
    }
}

/// A wrong cell, to be mended in the page.
pub struct BadCell {
    /// Name of the input.
    pub field: String,
    /// Head of the column.
    pub label: String,
    /// B12.
    pub address: String,
    /// What stands there.
    pub value: String,
    /// All that is wrong with it.
    pub words: Vec<String>,
    /// Whether the table has that column.
    pub mendable: bool,
}

impl<C: PartialEq> Cells<C> {
    /// The wrong cells of a row, each once, however much is wrong with it. `id` names a
    /// column in the name of its input, `label` for people.
    pub fn bad<'w>(
        &self,
        number: u32,
        wrongs: impl IntoIterator<Item = (&'w C, &'w str)>,
        id: impl Fn(&C) -> String,
        label: impl Fn(&C) -> String,
    ) -> Vec<BadCell>
    where
        C: 'w,
    {
        let row = self.rows.iter().find(|r| r.number == number);
        let mut out: Vec<BadCell> = Vec::new();
        for (col, words) in wrongs {
            let field = format!("r{number}.{}", id(col));
            match out.iter_mut().find(|c| c.field == field) {
                Some(cell) => cell.words.push(words.to_owned()),
                None => out.push(BadCell {
                    field,
                    label: label(col),
                    address: self.address(number, col),
                    value: row.map_or("", |r| self.get(r, col)).to_owned(),
                    words: vec![words.to_owned()],
                    mendable: self.columns.iter().any(|(c, _)| c == col),
                }),
            }
        }
        out
    }
}

/// The sheet beside an empty form that says how it is filled in.
pub fn how_to(notes: &[&str]) -> Sheet {
    Sheet {
        name: "说明".to_owned(),
        title: "怎样填".to_owned(),
        columns: vec![Column::new("怎样填", 110, Kind::Long)],
        frozen: 0,
        rows: notes.iter().map(|n| vec![Cell::Text((*n).to_owned())]).collect(),
    }
}

type Line = (u32, Vec<String>);

/// The table of a workbook: the first sheet with a row of heads.
///
/// # Errors
/// Says in words why there is none.
pub fn of_sheets<C: PartialEq>(sheets: &[ReadSheet], wanted: &Wanted<'_, C>) -> Result<Cells<C>, String> {
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
        match of_lines(lines, wanted) {
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
pub fn of_paste<C: PartialEq>(text: &str, wanted: &Wanted<'_, C>) -> Result<Cells<C>, String> {
    let lines = (1..).zip(tabbed(text)).filter(|(_, cells)| cells.iter().any(|c| !c.trim().is_empty()));
    of_lines(lines.collect(), wanted)
}

/// Cells parted by tabs, as spreadsheets put them on the clipboard: a cell with a line break or a quotation mark stands in
/// quotation marks, those within doubled.
pub fn tabbed(text: &str) -> Vec<Vec<String>> {
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

fn of_lines<C: PartialEq>(lines: Vec<Line>, wanted: &Wanted<'_, C>) -> Result<Cells<C>, String> {
    let head = lines.iter().take(HEAD_ROWS).position(|(_, cells)| {
        let known: Vec<C> = cells.iter().filter_map(|c| (wanted.of_head)(c)).collect();
        (wanted.is_head)(&known)
    });
    let Some(head) = head else {
        return Err(wanted.no_head.to_owned());
    };
    let mut columns: Vec<(C, u32)> = Vec::new();
    let mut unknown = Vec::new();
    let mut twice = Vec::new();
    for (at, words) in (0_u32..).zip(lines.get(head).map(|(_, c)| c.as_slice()).unwrap_or_default()) {
        match (wanted.of_head)(words) {
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
        return Err(wanted.empty.to_owned());
    }
    if rows.len() > wanted.most {
        return Err(format!("一次最多 {} 行，这里有 {} 行，请分开导入", wanted.most, rows.len()));
    }
    Ok(Cells { columns, unknown, rows })
}
