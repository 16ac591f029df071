//! Workbooks that are handed in (xlsx, xls): the cells as a person sees them, by their place.

use std::io::Cursor;

use calamine::{Data, DataRef, DataType, Dimensions, Reader, SheetType, SheetVisible, Xlsx, XlsxError};
use jiff::civil::Date;

use super::loose;
use super::old;
use super::words::{self, Parts, Shown};
use crate::convert::convert;
use crate::limits::{MAX_CELLS, MAX_TEXT};
use crate::package::{Content, Package};
use crate::sniff::{self, Kind};
use crate::{FileFault, MAX_FILE_BYTES};

/// A sheet that was handed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadSheet {
    /// Name on its tab.
    pub name: String,
    /// The rows in which something stands, from above.
    pub rows: Vec<ReadRow>,
}

/// A row in which something stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadRow {
    /// Its number at the left edge of the sheet, from 1.
    pub number: u32,
    /// The cells in which something stands, from the left.
    pub cells: Vec<ReadCell>,
}

/// A cell in which something stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadCell {
    /// Its column, from 0.
    pub column: u32,
    /// What a person sees in it, without blanks at the ends: a number without the noise of its binary form (110 and not
    /// 110.0), a day as 2026年3月15日, or as much of it as the cell shows (2026年3月). Never empty.
    pub words: String,
    /// The day, where the file says that the cell holds one. A cell that shows the month only holds its first day.
    pub day: Option<Date>,
    /// Row (from 1) and column (from 0) of the cell that these words were copied from, in a merged range.
    pub merged_from: Option<(u32, u32)>,
    /// Whether it is struck through or hidden, as far as the reader of its format tells.
    pub look: Look,
}

/// What of a cell's look decides whether anybody is meant to read it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Its words are struck through.
    pub struck: bool,
    /// It stands in a hidden row or column; of an xlsx this is told by other means.
    pub hidden: bool,
}

impl ReadRow {
    /// The cell of this column (from 0), if something stands in it.
    #[must_use]
    pub fn cell(&self, column: u32) -> Option<&ReadCell> {
        let found = self.cells.binary_search_by_key(&column, |c| c.column).ok()?;
        self.cells.get(found)
    }

    /// The words in this column (from 0), empty where nothing stands.
    #[must_use]
    pub fn words(&self, column: u32) -> &str {
        self.cell(column).map_or("", |c| c.words.as_str())
    }
}

/// The name of a cell, as the program shows it: row 12 (from 1) and column 1 (from 0) are B12.
#[must_use]
pub fn address(row: u32, column: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        // 0..26 is within a byte.
        letters.push(b'A' + ((rest - 1) % 26) as u8);
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().map(|&b| char::from(b)).chain(row.to_string().chars()).collect()
}

/// Reads a workbook (xlsx or xls, by its content; ods and xlsb where LibreOffice is installed), or a table that only goes by that
/// name (csv, text with tabs, a web page with a table, in any encoding): the visible sheets in their order. Merged cells are filled, each copy
/// saying whence it comes; formulas count with the value last seen; hidden sheets are left out, hidden rows are not.
///
/// # Errors
/// A [`FileFault`] when the file is empty, too large, damaged, protected or no workbook. A cell that holds an error of
/// its own (#N/A) is no fault of the file: those are its words.
pub fn read(bytes: &[u8]) -> Result<Vec<ReadSheet>, FileFault> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(FileFault::TooLarge { bytes: bytes.len() as u64, limit: MAX_FILE_BYTES as u64 });
    }
    match sniff::kind(bytes)? {
        Kind::Package => match Package::open(bytes)? {
            (mut package, Content::Sheets) => read_package(bytes, &mut package),
            (_, Content::Foreign(kind)) if kind.is_sheets() => {
                let converted = convert(kind, bytes)?;
                let (mut package, _) = Package::open(&converted)?;
                read_package(&converted, &mut package)
            }
            _ => Err(FileFault::NotSheets),
        },
        Kind::OldSheets => old::read(bytes),
        Kind::Text => loose::delimited(bytes),
        Kind::Page => loose::page(bytes),
        _ => Err(FileFault::NotSheets),
    }
}

/// The sheets of an xlsx.
pub(crate) fn read_package(bytes: &[u8], package: &mut Package<'_>) -> Result<Vec<ReadSheet>, FileFault> {
    package.measure()?;
    contained(|| {
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|e| fault(&e))?;
        let mut budget = Budget::default();
        let mut out = Vec::new();
        for sheet in book.sheets_metadata().to_vec() {
            if sheet.visible != SheetVisible::Visible || sheet.typ != SheetType::WorkSheet {
                continue;
            }
            let merged = book.merge_cells_by_sheet_name(&sheet.name).map_err(|e| fault(&e))?;
            let mut gathered = Gathered::default();
            let mut cells = match book.worksheet_cells_reader(&sheet.name) {
                Ok(cells) => cells,
                Err(XlsxError::NotAWorksheet(_)) => continue,
                Err(e) => return Err(fault(&e)),
            };
            let parts: Vec<(Parts, bool)> = cells
                .styles()
                .iter()
                .map(|s| {
                    let format = s.number_format.as_ref();
                    let parts = format.map_or(Parts::default(), |f| Parts::of(&f.format_code, f.format_id));
                    (parts, s.font.as_ref().is_some_and(|f| f.strikethrough))
                })
                .collect();
            while let Some((cell, style)) = cells.next_cell_with_style_id().map_err(|e| fault(&e))? {
                let (parts, struck) = parts.get(style).copied().unwrap_or_default();
                let place = cell.get_position();
                let look = Look { struck, hidden: false };
                gathered.add(place, shown_ref(cell.get_value(), parts), look, &mut budget)?;
            }
            out.push(gathered.sheet(sheet.name, &merged, &mut budget)?);
        }
        Ok(out)
    })
}

/// Runs a reader that is not ours: what it does not foresee in a damaged file is a damaged file, and not the end of the
/// program.
pub(crate) fn contained<T>(read: impl FnOnce() -> Result<T, FileFault>) -> Result<T, FileFault> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(read)).unwrap_or_else(|cause| {
        let detail = cause
            .downcast_ref::<&str>()
            .map(|s| (*s).to_owned())
            .or_else(|| cause.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        Err(FileFault::Broken { why: "内容前后不一致", detail })
    })
}

fn fault(why: &XlsxError) -> FileFault {
    match why {
        XlsxError::Password => FileFault::Encrypted,
        _ => FileFault::Broken { why: "表格的内容读不通", detail: why.to_string() },
    }
}

fn shown_ref(value: &DataRef<'_>, parts: Parts) -> Shown {
    match value {
        DataRef::Empty => Shown::default(),
        DataRef::SharedString(s) => words::text(s),
        DataRef::String(s) => words::text(s),
        DataRef::DateTimeIso(s) => words::iso(s),
        DataRef::DurationIso(s) => words::text(s),
        DataRef::Int(n) => words::text(&n.to_string()),
        DataRef::Float(n) => words::number(*n, parts),
        DataRef::Bool(b) => words::text(if *b { "TRUE" } else { "FALSE" }),
        DataRef::DateTime(when) => words::moment(when, parts),
        DataRef::Error(e) => words::text(&e.to_string()),
    }
}

/// The same for a reader that keeps the whole sheet.
pub(super) fn shown(value: &Data, parts: Parts) -> Shown {
    match value {
        Data::String(s) => words::text(s),
        Data::DateTimeIso(s) => words::iso(s),
        Data::DateTime(when) => words::moment(when, parts),
        Data::Float(n) => words::number(*n, parts),
        Data::Int(n) => words::number(n.to_owned() as f64, parts),
        Data::Bool(b) => words::text(if *b { "TRUE" } else { "FALSE" }),
        Data::Error(e) => words::text(&e.to_string()),
        other => words::text(&other.as_string().unwrap_or_default()),
    }
}

/// What all sheets of a workbook may still come to.
#[derive(Default)]
pub(super) struct Budget {
    cells: usize,
    text: usize,
}

impl Budget {
    fn take(&mut self, words: &str) -> Result<(), FileFault> {
        self.cells += 1;
        self.text += words.len();
        if self.cells > MAX_CELLS {
            return Err(FileFault::Bomb { what: "单元格过多" });
        }
        if self.text > MAX_TEXT {
            return Err(FileFault::Bomb { what: "文字过多" });
        }
        Ok(())
    }
}

/// The cells of one sheet, with their rows from 0.
#[derive(Default)]
pub(super) struct Gathered {
    cells: Vec<(u32, ReadCell)>,
}

impl Gathered {
    pub(super) fn add(
        &mut self,
        (row, column): (u32, u32),
        shown: Shown,
        look: Look,
        budget: &mut Budget,
    ) -> Result<(), FileFault> {
        if shown.words.is_empty() {
            return Ok(());
        }
        budget.take(&shown.words)?;
        let Shown { words, day } = shown;
        self.cells.push((row, ReadCell { column, words, day, merged_from: None, look }));
        Ok(())
    }

    pub(super) fn sheet(
        mut self,
        name: String,
        merged: &[Dimensions],
        budget: &mut Budget,
    ) -> Result<ReadSheet, FileFault> {
        self.settle();
        let mut copies = Vec::new();
        let last_row = self.cells.last().map_or(0, |c| c.0);
        let last_column = self.cells.iter().map(|c| c.1.column).max().unwrap_or(0);
        for range in merged {
            let (row, column) = range.start;
            let Ok(origin) = self.cells.binary_search_by_key(&(row, column), place) else { continue };
            let Some((_, origin)) = self.cells.get(origin) else { continue };
            // A range may be claimed to the end of the sheet; where nothing else stands, nothing needs a copy.
            for r in row..=range.end.0.min(last_row) {
                for c in column..=range.end.1.min(last_column) {
                    if (r, c) != (row, column) {
                        budget.take(&origin.words)?;
                        copies.push((
                            r,
                            ReadCell { column: c, merged_from: Some((row + 1, column)), ..origin.clone() },
                        ));
                    }
                }
            }
        }
        // What is left behind a merged range is not seen by anybody: the copy comes last and stays.
        self.cells.append(&mut copies);
        self.settle();
        let mut rows: Vec<ReadRow> = Vec::new();
        for (row, cell) in self.cells {
            let number = row.saturating_add(1);
            match rows.last_mut() {
                Some(last) if last.number == number => last.cells.push(cell),
                _ => rows.push(ReadRow { number, cells: vec![cell] }),
            }
        }
        Ok(ReadSheet { name, rows })
    }

    /// In the order of their places; of two in one place the later one stays.
    fn settle(&mut self) {
        self.cells.sort_by_key(place);
        self.cells.reverse();
        self.cells.dedup_by_key(|c| place(c));
        self.cells.reverse();
    }
}

fn place((row, cell): &(u32, ReadCell)) -> (u32, u32) {
    (*row, cell.column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_run_from_a_to_xfd() {
        for (row, column, name) in
            [(1, 0, "A1"), (12, 25, "Z12"), (3, 26, "AA3"), (7, 701, "ZZ7"), (1_048_576, 16383, "XFD1048576")]
        {
            assert_eq!(address(row, column), name);
        }
    }

    fn cell(column: u32, words: &str) -> ReadCell {
        ReadCell { column, words: words.to_owned(), day: None, merged_from: None, look: Look::default() }
    }

    #[test]
    fn of_two_values_in_one_place_the_later_stays_and_a_merged_one_before_both() {
        let mut gathered =
            Gathered { cells: vec![(0, cell(0, "旧")), (1, cell(0, "遮住")), (0, cell(0, "新"))] };
        gathered.cells.push((1, cell(1, "旁边")));
        let merged = [Dimensions::new((0, 0), (1_000_000, 0))];
        let sheet = gathered.sheet("表".to_owned(), &merged, &mut Budget::default()).expect("a sheet");
        let lines: Vec<Vec<&str>> =
            sheet.rows.iter().map(|r| r.cells.iter().map(|c| c.words.as_str()).collect()).collect();
        assert_eq!(lines, [vec!["新"], vec!["新", "旁边"]]);
        assert_eq!(sheet.rows[1].cells[0].merged_from, Some((1, 0)));
        assert_eq!((sheet.rows[1].words(1), sheet.rows[1].words(7)), ("旁边", ""));
    }

    #[test]
    fn ranges_laid_over_one_another_cannot_multiply_the_cells() {
        let mut gathered = Gathered::default();
        for at in 0..2000 {
            gathered.cells.push((at, cell(0, "字")));
        }
        gathered.cells.push((0, cell(200, "字")));
        let merged = vec![Dimensions::new((0, 0), (1_048_575, 16_383)); 1000];
        let fault = gathered.sheet("表".to_owned(), &merged, &mut Budget::default());
        assert_eq!(fault, Err(FileFault::Bomb { what: "单元格过多" }));
    }
}
