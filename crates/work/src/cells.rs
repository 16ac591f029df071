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

/// The figures of a day with one mark between them, whatever marks they were written with.
fn figures(words: &str) -> String {
    words
        .chars()
        .map(|c| match c {
            '０'..='９' => char::from_u32(c as u32 - '０' as u32 + '0' as u32).unwrap_or(c),
            '．' | '/' | '／' | '年' | '月' | '-' | '－' | '—' | '.' => '-',
            other => other,
        })
        .filter(|c| !c.is_whitespace() && *c != '日' && *c != '号')
        .collect()
}

/// Reads a month that stands where a day is asked: 1985.03, 2010年7月, 201007. Gives its first day; none where it is no
/// month, or one that has not come.
#[must_use]
pub fn month(words: &str, today: Date) -> Option<Date> {
    let half = figures(words);
    let half = half.trim_matches('-');
    let (year, month) = match half.split_once('-') {
        Some(parts) => parts,
        None if half.len() == 6 && half.is_ascii() => half.split_at(4),
        None => return None,
    };
    day(&format!("{year}-{month}-01"), today).ok()
}

/// Reads a day: 2015-07-01, 2015.7.1, 2015/7/1, 20150701, 2015年7月1日.
///
/// # Errors
/// In words, when it is none, or lies after `today`.
pub fn day(words: &str, today: Date) -> Result<Date, String> {
    let half = figures(words);
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

/// Of a workbook of several sheets, what the number of a row holds beside its line: the sheet, counted in these.
const SHEET: u32 = 10_000_000;
/// How the note begins that names the sheets which were left aside.
pub const NOT_READ: &str = "没有读的表：";
/// First words of a row under the table that is no data: sums, remarks, who filled it in.
const NO_DATA: [&str; 13] = [
    "合计",
    "总计",
    "小计",
    "共计",
    "注",
    "备注",
    "说明",
    "填表人",
    "制表人",
    "填报人",
    "审核人",
    "联系人",
    "填表日期",
];

/// Whether the first cell of a row says that the row is no data: one of these words, alone or with a mark or a number behind it.
fn is_no_data(first: &str) -> bool {
    let squeezed: String = first.chars().filter(|c| !c.is_whitespace()).collect();
    NO_DATA.iter().any(|word| {
        let rest = squeezed.strip_prefix(word).map(|rest| rest.chars().next());
        rest.is_some_and(|next| next.is_none_or(|c| "：:（(,，".contains(c) || c.is_ascii_digit()))
    })
}

/// A row under the heads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Its number at the left edge of the sheet (or the line of the paste), from 1; of a later sheet of several more than
    /// that, so that no two rows share one. [`Cells::place`] says it in words.
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
    /// The sheets that were read, where there are several.
    #[serde(default)]
    pub sheets: Vec<String>,
    /// What was passed over, joined or chosen, in words for whoever handed it in.
    #[serde(default)]
    pub notes: Vec<String>,
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
        let cell = office::sheet::address(number % SHEET, at);
        self.sheet(number).map_or(cell.clone(), |sheet| format!("{sheet}!{cell}"))
    }

    /// The sheet of a row, where there are several.
    pub fn sheet(&self, number: u32) -> Option<&str> {
        self.sheets.get((number / SHEET) as usize).map(String::as_str)
    }

    /// Where a row stands, in words: 第 3 行, or “4月”第 3 行 of several sheets.
    pub fn place(&self, number: u32) -> String {
        let line = number % SHEET;
        self.sheet(number).map_or_else(|| format!("第 {line} 行"), |sheet| format!("“{sheet}”第 {line} 行"))
    }

    /// Adds a column that says the same in every row, behind the others: what the sheet itself does not say.
    pub fn put(&mut self, col: C, words: &str) {
        let at = self.columns.iter().map(|(_, at)| at + 1).max().unwrap_or(0);
        self.columns.push((col, at));
        self.rows.iter_mut().for_each(|r| r.cells.push(words.to_owned()));
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

impl<C: PartialEq> Cells<C> {
    /// Puts other words into every cell of a column that says the same.
    pub fn mend_all(&mut self, col: impl Borrow<C>, from: &str, to: &str) {
        let col: &C = col.borrow();
        let Some(at) = self.columns.iter().position(|(c, _)| c == col) else { return };
        for cell in self.rows.iter_mut().filter_map(|r| r.cells.get_mut(at)).filter(|cell| *cell == from) {
            to.trim().clone_into(cell);
        }
    }

    /// The wrong values that stand in several cells of a column, each with how often: (column, value, times), most first.
    pub fn repeated<'w>(&self, wrongs: impl IntoIterator<Item = (u32, &'w C)>) -> Vec<(&'w C, String, usize)>
    where
        C: 'w,
    {
        let mut out: Vec<(&C, String, usize)> = Vec::new();
        let rows: std::collections::HashMap<u32, &Row> = self.rows.iter().map(|r| (r.number, r)).collect();
        let mut last: Option<(u32, &C)> = None;
        for (number, col) in wrongs {
            // Two faults of one cell stand behind one another.
            if last.replace((number, col)) == Some((number, col)) {
                continue;
            }
            let Some(row) = rows.get(&number) else { continue };
            let value = self.get(row, col);
            match out.iter_mut().find(|(c, v, _)| *c == col && v == value) {
                Some((_, _, n)) => *n += 1,
                None if value.is_empty() => {}
                None => out.push((col, value.to_owned(), 1)),
            }
        }
        out.retain(|(_, _, n)| *n > 1);
        out.sort_by_key(|(_, _, n)| std::cmp::Reverse(*n));
        out.truncate(MOST_REPEATED);
        out
    }
}

/// Wrong values that are offered to be mended for all rows at once.
const MOST_REPEATED: usize = 20;

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

/// What nobody sees in a cell and nobody typed: marks of direction and width that telephones and systems put around numbers
/// and names, and the apostrophe by which a spreadsheet was told that a number is text.
pub fn clean(words: &str) -> String {
    let unseen = |c: char| matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let seen: String = words.chars().filter(|c| !unseen(*c)).collect();
    let seen = seen.trim();
    seen.strip_prefix(['\'', '’', '‘', '＇']).unwrap_or(seen).trim().to_owned()
}

/// The table of a workbook: every sheet that has the heads of the first one that has any. Which were left aside is noted.
///
/// # Errors
/// Says in words why there is none.
pub fn of_sheets<C: PartialEq>(sheets: &[ReadSheet], wanted: &Wanted<'_, C>) -> Result<Cells<C>, String> {
    let mut first_fault = None;
    let mut found: Option<Cells<C>> = None;
    let (mut read, mut aside): (Vec<&str>, Vec<String>) = (Vec::new(), Vec::new());
    for sheet in sheets.iter().filter(|s| !s.rows.is_empty()) {
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
        match (of_lines(&lines, wanted), &mut found) {
            (Ok(cells), None) => {
                read.push(&sheet.name);
                found = Some(cells);
            }
            (Ok(more), Some(all)) if all.takes(&more) => {
                let Ok(n) = u32::try_from(read.len()) else { continue };
                read.push(&sheet.name);
                all.join(more, n.saturating_mul(SHEET));
            }
            (Ok(_), Some(_)) => aside.push(format!("“{}”的栏目和“{}”不一样", sheet.name, read.join("”“"))),
            (Err(fault), None) => first_fault = first_fault.or(Some(fault)),
            (Err(_), Some(_)) => aside.push(format!("“{}”没有这样的表头", sheet.name)),
        }
    }
    let Some(mut cells) = found else {
        return Err(first_fault.unwrap_or_else(|| "这个文件里没有内容".to_owned()));
    };
    if cells.rows.len() > wanted.most {
        return Err(too_many(wanted.most, cells.rows.len()));
    }
    if read.len() > 1 {
        cells.notes.insert(0, format!("读了 {} 张表：{}", read.len(), read.join("、")));
        cells.sheets = read.into_iter().map(str::to_owned).collect();
    }
    if !aside.is_empty() {
        cells.notes.push(format!("{NOT_READ}{}", aside.join("；")));
    }
    Ok(cells)
}

fn too_many(most: usize, here: usize) -> String {
    format!("一次最多 {most} 行，这里有 {here} 行，请分开导入")
}

impl<C: PartialEq> Cells<C> {
    /// Whether another table says the same of its rows: the same columns, in any order.
    fn takes(&self, other: &Self) -> bool {
        let has = |col: &C, in_: &Self| in_.columns.iter().any(|(c, _)| c == col);
        self.columns.iter().all(|(c, _)| has(c, other)) && other.columns.iter().all(|(c, _)| has(c, self))
    }

    /// Takes the rows of another table with the same columns, their numbers so much higher.
    fn join(&mut self, other: Self, above: u32) {
        let order: Vec<Option<usize>> =
            self.columns.iter().map(|(c, _)| other.columns.iter().position(|(o, _)| o == c)).collect();
        for row in &other.rows {
            let cell = |at: &Option<usize>| at.and_then(|i| row.cells.get(i)).cloned().unwrap_or_default();
            self.rows.push(Row { number: row.number + above, cells: order.iter().map(cell).collect() });
        }
        for head in other.unknown {
            if !self.unknown.contains(&head) {
                self.unknown.push(head);
            }
        }
        for note in other.notes {
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
    }
}

/// The table of what was copied from a spreadsheet.
///
/// # Errors
/// Says in words why there is none.
pub fn of_paste<C: PartialEq>(text: &str, wanted: &Wanted<'_, C>) -> Result<Cells<C>, String> {
    let lines = (1..)
        .zip(office::sheet::parted(text, '\t'))
        .filter(|(_, cells)| cells.iter().any(|c| !c.trim().is_empty()));
    of_lines(&lines.collect::<Vec<_>>(), wanted)
}

fn of_lines<C: PartialEq>(lines: &[Line], wanted: &Wanted<'_, C>) -> Result<Cells<C>, String> {
    let head = lines.iter().take(HEAD_ROWS).position(|(_, cells)| {
        let known: Vec<C> = cells.iter().filter_map(|c| (wanted.of_head)(&clean(c))).collect();
        (wanted.is_head)(&known)
    });
    let Some(head) = head else {
        return Err(wanted.no_head.to_owned());
    };
    let heads = lines.get(head).map(|(_, c)| c.as_slice()).unwrap_or_default();
    let filled = |at: u32| {
        lines
            .iter()
            .skip(head + 1)
            .filter(|(_, c)| c.get(at as usize).is_some_and(|w| !w.trim().is_empty()))
            .count()
    };
    let head_at = |at: u32| heads.get(at as usize).map_or("", |w| w.trim());
    let mut columns: Vec<(C, u32)> = Vec::new();
    let (mut unknown, mut notes) = (Vec::new(), Vec::new());
    for (at, words) in (0_u32..).zip(heads) {
        match (wanted.of_head)(&clean(words)) {
            Some(col) => match columns.iter_mut().find(|(c, _)| *c == col) {
                // Two heads of one meaning: the column in which more stands is the one that is kept up.
                Some((_, before)) => {
                    let (taken, left) =
                        if filled(at) > filled(*before) { (at, *before) } else { (*before, at) };
                    let words = format!(
                        "“{}”和“{}”是同一个意思，读的是“{}”",
                        head_at(*before),
                        head_at(at),
                        head_at(taken)
                    );
                    notes.push(words);
                    unknown.push(head_at(left).to_owned());
                    *before = taken;
                }
                None => columns.push((col, at)),
            },
            None if words.trim().is_empty() => {}
            None => unknown.push(words.trim().to_owned()),
        }
    }
    let mut passed: Vec<String> = Vec::new();
    let rows: Vec<Row> = lines
        .iter()
        .skip(head + 1)
        .filter(|(number, cells)| {
            let first = cells.iter().map(|c| clean(c)).find(|c| !c.is_empty()).unwrap_or_default();
            let no_data = is_no_data(&first);
            if no_data {
                passed.push(format!("第 {number} 行“{}”", first.chars().take(12).collect::<String>()));
            }
            !no_data
        })
        .map(|(number, cells)| Row {
            number: *number,
            cells: columns
                .iter()
                .map(|(_, at)| cells.get(*at as usize).map(|c| clean(c)).unwrap_or_default())
                .collect(),
        })
        .filter(|row| row.cells.iter().any(|c| !c.is_empty()))
        .filter(|row| !row.cells.iter().any(|c| c.starts_with(EXAMPLE)))
        .collect();
    if rows.is_empty() {
        return Err(wanted.empty.to_owned());
    }
    if rows.len() > wanted.most {
        return Err(too_many(wanted.most, rows.len()));
    }
    if !passed.is_empty() {
        notes.push(format!("不是数据、没有读的行：{}", passed.join("、")));
    }
    Ok(Cells { columns, unknown, rows, sheets: Vec::new(), notes })
}

#[cfg(test)]
mod tests {
    use office::sheet::{ReadCell, ReadRow};

    use super::*;

    fn sheet(name: &str, rows: &[&[&str]]) -> ReadSheet {
        let cell = |(column, words): (u32, &&str)| ReadCell {
            column,
            words: (*words).to_owned(),
            day: None,
            merged_from: None,
            look: office::sheet::Look::default(),
        };
        let row = |(number, cells): (u32, &&[&str])| ReadRow {
            number,
            cells: (0..).zip(cells.iter()).map(cell).filter(|c| !c.words.is_empty()).collect(),
        };
        ReadSheet { name: name.to_owned(), rows: (1..).zip(rows).map(row).collect() }
    }

    fn wanted() -> Wanted<'static, char> {
        Wanted {
            of_head: &|head| match head {
                "姓名" => Some('n'),
                "电话" | "手机" => Some('p'),
                _ => None,
            },
            is_head: |known| known.contains(&'n'),
            no_head: "找不到表头",
            empty: "表头下面没有人",
            most: 100,
        }
    }

    #[test]
    fn every_sheet_with_the_same_heads_is_read_and_the_others_are_named() {
        let sheets = [
            sheet("一支部", &[&["姓名", "电话"], &["方以宁", "1"]]),
            sheet("二支部", &[&["名单"], &["电话", "姓名"], &["2", "岳知行"]]),
            sheet("说明", &[&["怎样填"]]),
            sheet("通讯录", &[&["姓名"], &["温如许"]]),
        ];
        let cells = of_sheets(&sheets, &wanted()).unwrap();
        let names: Vec<&str> = cells.rows.iter().map(|r| cells.get(r, 'n')).collect();
        assert_eq!(names, ["方以宁", "岳知行"]);
        let second = cells.rows[1].number;
        assert_eq!(cells.place(second), "“二支部”第 3 行");
        assert_eq!(cells.address(second, 'n'), "二支部!A3");
        assert_eq!(cells.notes[0], "读了 2 张表：一支部、二支部");
        assert!(cells.notes[1].contains("“说明”没有这样的表头") && cells.notes[1].contains("“通讯录”的栏目"));
        let one = of_sheets(&sheets[..1], &wanted()).unwrap();
        assert_eq!((one.place(2).as_str(), one.address(2, 'p').as_str()), ("第 2 行", "B2"));
        assert!(one.notes.is_empty());
    }

    #[test]
    fn rows_that_are_no_data_are_passed_over_and_told() {
        let rows: &[&[&str]] = &[
            &["姓名", "电话"],
            &["方以宁", "1"],
            &["合 计", "1"],
            &["注：电话为办公电话"],
            &["填表人：岳知行"],
            &["注得", "2"],
        ];
        let cells = of_sheets(&[sheet("表", rows)], &wanted()).unwrap();
        let names: Vec<&str> = cells.rows.iter().map(|r| cells.get(r, 'n')).collect();
        assert_eq!(names, ["方以宁", "注得"], "a name that begins so is a name");
        assert_eq!(
            cells.notes,
            ["不是数据、没有读的行：第 3 行“合 计”、第 4 行“注：电话为办公电话”、第 5 行“填表人：岳知行”"]
        );
    }

    #[test]
    fn of_two_columns_with_one_meaning_the_fuller_is_read() {
        let rows: &[&[&str]] = &[&["姓名", "电话", "手机"], &["方以宁", "", "1"], &["岳知行", "2", "3"]];
        let cells = of_sheets(&[sheet("表", rows)], &wanted()).unwrap();
        assert_eq!(cells.get(&cells.rows[0], 'p'), "1");
        assert_eq!(cells.notes, ["“电话”和“手机”是同一个意思，读的是“手机”"]);
        assert_eq!(cells.unknown, ["电话"]);
    }

    #[test]
    fn what_nobody_sees_in_a_cell_is_dropped() {
        for (words, clean_words) in [
            ("\u{202d}13812345678\u{202c}", "13812345678"),
            ("\u{200b}11010519491231002X", "11010519491231002X"),
            ("'0919", "0919"),
            ("’0919", "0919"),
            ("  方以宁 ", "方以宁"),
        ] {
            assert_eq!(clean(words), clean_words);
        }
    }

    #[test]
    fn one_wrong_value_is_mended_in_all_its_rows() {
        let rows: &[&[&str]] = &[&["姓名", "电话"], &["甲", "无"], &["乙", "无"], &["丙", "3"]];
        let mut cells = of_sheets(&[sheet("表", rows)], &wanted()).unwrap();
        let wrong = [(2, &'p'), (2, &'p'), (3, &'p')];
        assert_eq!(cells.repeated(wrong), [(&'p', "无".to_owned(), 2)]);
        cells.mend_all('p', "无", "");
        assert_eq!(cells.rows.iter().map(|r| cells.get(r, 'p')).collect::<Vec<_>>(), ["", "", "3"]);
    }
}
