//! Workbooks of the old format (xls). The crate that reads them knows no bounds and keeps whole rectangles of cells, so
//! the records are walked first: what they would come to is counted, what nobody needs is taken out, and the formats
//! of days, which that crate does not tell, are noted.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{Cursor, Read, Write};

use calamine::{Reader, SheetType, SheetVisible, Xls, XlsError};

use super::read::{Budget, Gathered, Look, ReadSheet, contained, shown};
use super::words::Parts;
use crate::FileFault;
use crate::limits::{MAX_AREA, MAX_TEXT};

mod record {
    pub(super) const FORMULA: u16 = 0x0006;
    pub(super) const EOF: u16 = 0x000a;
    pub(super) const NAME: u16 = 0x0018;
    pub(super) const FONT: u16 = 0x0031;
    pub(super) const COL_INFO: u16 = 0x007d;
    pub(super) const ROW: u16 = 0x0208;
    pub(super) const FILE_PASS: u16 = 0x002f;
    pub(super) const CONTINUE: u16 = 0x003c;
    pub(super) const BOUND_SHEET: u16 = 0x0085;
    pub(super) const MUL_RK: u16 = 0x00bd;
    pub(super) const XF: u16 = 0x00e0;
    pub(super) const SST: u16 = 0x00fc;
    pub(super) const LABEL_SST: u16 = 0x00fd;
    pub(super) const DIMENSIONS: u16 = 0x0200;
    pub(super) const NUMBER: u16 = 0x0203;
    pub(super) const RK: u16 = 0x027e;
    pub(super) const FORMAT: u16 = 0x041e;
    pub(super) const BOF: u16 = 0x0809;
    /// No record that anybody knows.
    pub(super) const NOTHING: u16 = 0xfffe;
    /// Those that hold a value at a row and column: label, rich label, truth or error, and the ones above.
    pub(super) const CELLS: [u16; 8] = [FORMULA, MUL_RK, LABEL_SST, NUMBER, RK, 0x0204, 0x00d6, 0x0205];
}

/// The sheets of an xls.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<ReadSheet>, FileFault> {
    contained(|| {
        let mut stream = workbook(bytes)?;
        let notes = Notes::take(&mut stream)?;
        let mut book: Xls<_> = Xls::new(Cursor::new(repacked(&stream)?)).map_err(|e| fault(&e))?;
        drop(stream);
        let mut budget = Budget::default();
        let mut out = Vec::new();
        let sheets = book.sheets_metadata().to_vec();
        for (n, sheet) in sheets.into_iter().enumerate() {
            if sheet.visible != SheetVisible::Visible || sheet.typ != SheetType::WorkSheet {
                continue;
            }
            let range = book.worksheet_range(&sheet.name).map_err(|e| fault(&e))?;
            let merged = book.merge_cells_by_sheet_name(&sheet.name).map_err(|e| fault(&e))?;
            let (top, left) = range.start().unwrap_or_default();
            let mut gathered = Gathered::default();
            for (row, column, value) in range.used_cells() {
                // Both are within the numbers of an old sheet.
                let place = (top + row as u32, left + column as u32);
                gathered.add(
                    place,
                    shown(value, notes.parts(n, place)),
                    notes.look(n, place),
                    &mut budget,
                )?;
            }
            out.push(gathered.sheet(sheet.name, &merged, &mut budget)?);
        }
        Ok(out)
    })
}

fn fault(why: &XlsError) -> FileFault {
    match why {
        XlsError::Password => FileFault::Encrypted,
        _ => broken(&why.to_string()),
    }
}

fn broken(detail: &str) -> FileFault {
    FileFault::Broken { why: "表格的内容读不通", detail: detail.to_owned() }
}

/// The stream of records.
fn workbook(bytes: &[u8]) -> Result<Vec<u8>, FileFault> {
    let mut file = cfb::CompoundFile::open(Cursor::new(bytes)).map_err(|e| broken(&e.to_string()))?;
    let name = if file.is_stream("/Workbook") { "/Workbook" } else { "/Book" };
    let stream = file.open_stream(name).map_err(|e| broken(&e.to_string()))?;
    let mut out = Vec::new();
    // No stream is longer than the file that holds it, whatever it says of itself.
    stream.take(bytes.len() as u64).read_to_end(&mut out).map_err(|e| broken(&e.to_string()))?;
    Ok(out)
}

/// A file with nothing but this stream, sound in its outer form.
fn repacked(stream: &[u8]) -> Result<Vec<u8>, FileFault> {
    let written = || -> std::io::Result<Vec<u8>> {
        let mut file = cfb::CompoundFile::create_with_version(cfb::Version::V3, Cursor::new(Vec::new()))?;
        file.create_stream("/Workbook")?.write_all(stream)?;
        file.flush()?;
        Ok(file.into_inner().into_inner())
    };
    written().map_err(|e| broken(&e.to_string()))
}

/// What the walk through the records found.
#[derive(Default)]
struct Notes {
    /// Per use of a format: what it shows.
    formats: Vec<Parts>,
    /// Per sheet and cell with a number: which use of a format it has.
    uses: HashMap<(usize, u32, u32), u16>,
    /// Per use of a format: whether its font is struck through.
    struck: Vec<bool>,
    /// Sheet, row and column of the cells that are struck through.
    struck_cells: HashSet<(usize, u32, u32)>,
    /// Sheet and row of the hidden rows.
    hidden_rows: HashSet<(usize, u32)>,
    /// Sheet, first and last column of the hidden columns.
    hidden_columns: Vec<(usize, u32, u32)>,
}

impl Notes {
    fn parts(&self, sheet: usize, (row, column): (u32, u32)) -> Parts {
        let used = self.uses.get(&(sheet, row, column));
        used.and_then(|&n| self.formats.get(usize::from(n))).copied().unwrap_or_default()
    }

    fn look(&self, sheet: usize, (row, column): (u32, u32)) -> Look {
        let aside = |c: &(usize, u32, u32)| c.0 == sheet && (c.1..=c.2).contains(&column);
        Look {
            struck: self.struck_cells.contains(&(sheet, row, column)),
            hidden: self.hidden_rows.contains(&(sheet, row)) || self.hidden_columns.iter().any(aside),
        }
    }

    /// Walks the records and takes out of `stream` what is not to be read.
    fn take(stream: &mut [u8]) -> Result<Self, FileFault> {
        let mut out = Self::default();
        let mut codes: BTreeMap<u16, String> = BTreeMap::new();
        let mut xfs: Vec<u16> = Vec::new();
        let mut fonts: Vec<bool> = Vec::new();
        let mut sheets: Vec<usize> = Vec::new();
        let mut lengths: Vec<u32> = Vec::new();
        let mut is_new = true;
        let mut at = 0;
        while let Some(found) = Record::at(stream, at) {
            let data = stream.get(found.data.clone()).unwrap_or_default();
            match found.kind {
                record::EOF => break,
                record::FILE_PASS if u16_at(data, 0) != Some(0) => return Err(FileFault::Encrypted),
                record::BOF => is_new = u16_at(data, 0).is_none_or(|v| v >= 0x0600),
                record::BOUND_SHEET => sheets.extend(u32_at(data, 0).map(|n| n as usize)),
                record::XF => {
                    xfs.extend(u16_at(data, 2));
                    // There is no font of number 4: those behind it are counted one too high.
                    let font = usize::from(u16_at(data, 0).unwrap_or(0));
                    let font = if font > 4 { font - 1 } else { font };
                    out.struck.push(fonts.get(font).copied().unwrap_or(false));
                }
                record::FONT => fonts.push(u16_at(data, 2).is_some_and(|flags| flags & 8 != 0)),
                record::FORMAT => {
                    if let Some(id) = u16_at(data, 0) {
                        codes.insert(id, format_code(data, is_new));
                    }
                }
                record::SST => {
                    let pieces = pieces(stream, &found);
                    lengths = string_lengths(&pieces).ok_or_else(|| broken("shared strings"))?;
                }
                record::NAME => silence(stream, at),
                _ => {}
            }
            at = found.data.end;
        }
        out.formats = xfs
            .iter()
            .map(|id| Parts::of(codes.get(id).map_or("", String::as_str), Some(u32::from(*id))))
            .collect();

        let mut area = 0;
        let mut text = 0;
        for (n, start) in sheets.into_iter().enumerate() {
            let mut extent: Option<[u32; 4]> = None;
            let mut depth = 0_u32;
            let mut at = start;
            while let Some(found) = Record::at(stream, at) {
                let data = stream.get(found.data.clone()).unwrap_or_default();
                match found.kind {
                    record::BOF => depth += 1,
                    record::EOF if depth <= 1 => break,
                    record::EOF => depth -= 1,
                    record::DIMENSIONS => silence(stream, at),
                    record::ROW if depth <= 1 && u16_at(data, 12).is_some_and(|flags| flags & 0x20 != 0) => {
                        out.hidden_rows.extend(u16_at(data, 0).map(|row| (n, u32::from(row))));
                    }
                    record::COL_INFO if depth <= 1 && u16_at(data, 8).is_some_and(|flags| flags & 1 != 0) => {
                        if let (Some(from), Some(to)) = (u16_at(data, 0), u16_at(data, 2))
                            && out.hidden_columns.len() < 1024
                        {
                            out.hidden_columns.push((n, u32::from(from), u32::from(to)));
                        }
                    }
                    kind if depth <= 1 && record::CELLS.contains(&kind) => {
                        let (Some(row), Some(column)) = (u16_at(data, 0), u16_at(data, 2)) else {
                            return Err(broken("short cell"));
                        };
                        let (row, column) = (u32::from(row), u32::from(column));
                        let mut last = column;
                        if kind == record::MUL_RK {
                            let uses = data.get(4..).unwrap_or_default().chunks_exact(6);
                            for (k, one) in (0_u32..).zip(uses) {
                                last = column + k;
                                out.note((n, row, last), u16_at(one, 0));
                            }
                        } else {
                            out.note((n, row, column), u16_at(data, 4));
                        }
                        if kind == record::LABEL_SST {
                            let which = u32_at(data, 6).unwrap_or(0) as usize;
                            text += u64::from(lengths.get(which).copied().unwrap_or(0));
                        }
                        let [top, bottom, left, right] = extent.unwrap_or([row, row, column, last]);
                        extent = Some([top.min(row), bottom.max(row), left.min(column), right.max(last)]);
                        if kind == record::FORMULA {
                            forget_formula(stream, found.data.clone());
                        }
                    }
                    _ => {}
                }
                at = found.data.end;
            }
            if let Some([top, bottom, left, right]) = extent {
                area += u64::from(bottom - top + 1) * u64::from(right - left + 1);
            }
            if area > MAX_AREA {
                return Err(FileFault::Bomb { what: "单元格过多" });
            }
            if text > MAX_TEXT as u64 {
                return Err(FileFault::Bomb { what: "文字过多" });
            }
        }
        Ok(out)
    }

    fn note(&mut self, place: (usize, u32, u32), used: Option<u16>) {
        let tells = |n: u16| self.formats.get(usize::from(n)).is_some_and(|p| *p != Parts::default());
        if let Some(used) = used.filter(|&n| tells(n)) {
            self.uses.insert(place, used);
        }
        if used.is_some_and(|n| self.struck.get(usize::from(n)).is_some_and(|s| *s)) {
            self.struck_cells.insert(place);
        }
    }
}

/// A record: what it is, and where its bytes stand.
struct Record {
    kind: u16,
    data: std::ops::Range<usize>,
}

impl Record {
    fn at(stream: &[u8], at: usize) -> Option<Self> {
        let kind = u16_at(stream, at)?;
        let length = usize::from(u16_at(stream, at + 2)?);
        let data = at + 4..at + 4 + length;
        (data.end <= stream.len()).then_some(Self { kind, data })
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at.checked_add(2)?)?.try_into().ok().map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at.checked_add(4)?)?.try_into().ok().map(u32::from_le_bytes)
}

/// Makes a record one that every reader passes over.
fn silence(stream: &mut [u8], at: usize) {
    if let Some(kind) = stream.get_mut(at..at + 2) {
        kind.copy_from_slice(&record::NOTHING.to_le_bytes());
    }
}

/// Leaves of a formula its value only.
fn forget_formula(stream: &mut [u8], data: std::ops::Range<usize>) {
    if let Some(tokens) = stream.get_mut(data).and_then(|d| d.get_mut(20..)) {
        tokens.fill(0);
    }
}

/// The code of a number format; characters beyond ASCII stand for themselves and decide nothing.
fn format_code(data: &[u8], is_new: bool) -> String {
    let wide = is_new && data.get(4).is_some_and(|flags| flags & 1 == 1);
    let from = if is_new { 5 } else { 3 };
    let bytes = data.get(from..).unwrap_or_default();
    if wide {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|c| u16::from_le_bytes([c[0], c[1]])).collect();
        String::from_utf16_lossy(&units)
    } else {
        bytes.iter().map(|&b| char::from(b)).collect()
    }
}

/// The bytes of a record and of those that continue it.
fn pieces<'s>(stream: &'s [u8], first: &Record) -> Vec<&'s [u8]> {
    let mut out = vec![stream.get(first.data.clone()).unwrap_or_default()];
    let mut at = first.data.end;
    while let Some(next) = Record::at(stream, at).filter(|r| r.kind == record::CONTINUE) {
        out.push(stream.get(next.data.clone()).unwrap_or_default());
        at = next.data.end;
    }
    out
}

/// The lengths in bytes, at most, of the shared strings as UTF-8; none when they do not read to the end.
fn string_lengths(pieces: &[&[u8]]) -> Option<Vec<u32>> {
    let mut reader = Pieces { pieces, piece: 0, at: 0 };
    reader.skip(4)?;
    let count = u32::from_le_bytes([reader.byte()?, reader.byte()?, reader.byte()?, reader.byte()?]);
    let mut out = Vec::new();
    for _ in 0..count {
        // Some programs claim more strings than they wrote.
        let Some(low) = reader.byte() else { break };
        let length = u16::from_le_bytes([low, reader.byte()?]);
        let flags = reader.byte()?;
        let runs = if flags & 8 == 0 { 0 } else { u16::from_le_bytes([reader.byte()?, reader.byte()?]) };
        let extra = if flags & 4 == 0 {
            0
        } else {
            u32::from_le_bytes([reader.byte()?, reader.byte()?, reader.byte()?, reader.byte()?])
        };
        reader.characters(usize::from(length), flags & 1 == 1)?;
        reader.skip(usize::from(runs) * 4 + extra as usize)?;
        out.push(u32::from(length) * 3);
    }
    Some(out)
}

/// Bytes that go on from one record into the next.
struct Pieces<'p, 's> {
    pieces: &'p [&'s [u8]],
    piece: usize,
    at: usize,
}

impl Pieces<'_, '_> {
    /// How many bytes are left in this piece; a used up piece is left behind.
    fn left(&mut self) -> Option<usize> {
        while self.pieces.get(self.piece)?.len() == self.at {
            (self.piece, self.at) = (self.piece + 1, 0);
        }
        Some(self.pieces.get(self.piece)?.len() - self.at)
    }

    fn byte(&mut self) -> Option<u8> {
        self.left()?;
        let byte = self.pieces.get(self.piece)?.get(self.at).copied();
        self.at += 1;
        byte
    }

    fn skip(&mut self, mut count: usize) -> Option<()> {
        while count > 0 {
            let now = self.left()?.min(count);
            self.at += now;
            count -= now;
        }
        Some(())
    }

    /// Characters; each further piece begins with a byte that tells anew how wide they are.
    fn characters(&mut self, mut count: usize, mut wide: bool) -> Option<()> {
        while count > 0 {
            if self.at == self.pieces.get(self.piece)?.len() {
                wide = self.byte()? & 1 == 1;
                continue;
            }
            let width = if wide { 2 } else { 1 };
            let here = (self.pieces.get(self.piece)?.len() - self.at) / width;
            let now = here.min(count);
            // An odd byte at the end belongs to nobody.
            self.at = if now == 0 { self.pieces.get(self.piece)?.len() } else { self.at + now * width };
            count -= now;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_that_go_on_in_the_next_record_are_measured_to_their_end() {
        let mut first = vec![2, 0, 0, 0, 2, 0, 0, 0];
        // Four characters, two of them here, one byte each.
        first.extend([4, 0, 0, b'a', b'b']);
        // In the next record they are two bytes wide; then a string with one run of formatting.
        let mut second = vec![1, b'c', 0, b'd', 0];
        second.extend([1, 0, 8, 1, 0, b'e', 0, 0, 0, 0]);
        assert_eq!(string_lengths(&[&first, &second]), Some(vec![12, 3]));
        assert_eq!(string_lengths(&[&first]), None);
    }

    #[test]
    fn a_rectangle_of_millions_of_cells_is_refused_by_its_corners() {
        let record = |kind: u16, data: &[u8]| {
            let length = u16::try_from(data.len()).expect("short");
            [&kind.to_le_bytes()[..], &length.to_le_bytes(), data].concat()
        };
        let number = |row: u16, column: u16| {
            let mut data = [row.to_le_bytes(), column.to_le_bytes(), [0, 0]].concat();
            data.extend(1.0_f64.to_le_bytes());
            record(record::NUMBER, &data)
        };
        let bof = record(record::BOF, &[0, 6, 5, 0]);
        let globals = |at: u32| {
            let mut sheet = at.to_le_bytes().to_vec();
            sheet.extend([0, 0, 1, 0, b'a']);
            [bof.clone(), record(record::BOUND_SHEET, &sheet), record(record::EOF, &[])].concat()
        };
        let start = u32::try_from(globals(0).len()).expect("short");
        let stream = |cells: &[Vec<u8>]| {
            [globals(start), bof.clone(), cells.concat(), record(record::EOF, &[])].concat()
        };
        let mut small = stream(&[number(0, 0), number(3, 3)]);
        assert!(Notes::take(&mut small).is_ok());
        let sheets = read(&repacked(&small).expect("a file")).expect("sheets");
        assert_eq!(sheets[0].rows[1].words(3), "1");
        // Row 3 and columns 5 to 6 are hidden.
        let row = |flags: u16| {
            record(record::ROW, &[&[3, 0], &[0; 10][..], &flags.to_le_bytes(), &[0, 0]].concat())
        };
        let column = record(record::COL_INFO, &[5, 0, 6, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
        let cells = [number(0, 0), number(3, 3), number(0, 6)];
        let looks = |flags: u16| {
            let stream = stream(&[&[row(flags), column.clone()][..], &cells].concat());
            let sheets = read(&repacked(&stream).expect("a file")).expect("sheets");
            let rows = sheets[0].rows.iter().flat_map(|r| &r.cells);
            rows.map(|c| c.look.hidden).collect::<Vec<_>>()
        };
        assert_eq!(looks(0x20), [false, true, true]);
        assert_eq!(looks(0), [false, true, false]);
        let large = stream(&[number(0, 0), number(65535, 255)]);
        let fault = read(&repacked(&large).expect("a file"));
        assert_eq!(fault, Err(FileFault::Bomb { what: "单元格过多" }));
    }
}
