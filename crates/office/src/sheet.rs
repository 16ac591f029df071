//! Lists and matrices as spreadsheets (xlsx), in the form in which they can be handed in again: one row of heads, then
//! the data, nothing merged, nothing above. And the other way: [`read`] takes any workbook apart into its cells.

mod choices;
pub(crate) mod document;
pub(crate) mod hidden;
mod loose;
pub(crate) mod old;
pub(crate) mod read;
mod words;

use jiff::civil::{Date, DateTime};
use model::Standing;
use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

use crate::WriteFault;

pub use choices::{Choices, write_with_choices};
pub use loose::parted;
pub(crate) use read::contained;
pub use read::{Look, ReadCell, ReadRow, ReadSheet, address, read};

/// What a column holds; it decides the format of its cells, the empty ones included, so that what people type later is
/// kept as they typed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Short text, kept as text: 工号 and 证件号 never become numbers.
    Text,
    /// Text of several lines, wrapped.
    Long,
    /// Whole numbers.
    Whole,
    /// Numbers with up to three places.
    Number,
    /// Money in 元 with two places.
    Money,
    /// Days.
    Day,
    /// Days with hours and minutes.
    Minute,
    /// How a duty stands: a shape and a word, centred.
    Light,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its head.
    pub title: String,
    /// Its width in half-width characters; a Chinese character takes two.
    pub width: u16,
    /// What it holds.
    pub kind: Kind,
}

impl Column {
    /// A column of that head, width and kind.
    #[must_use]
    pub fn new(title: impl Into<String>, width: u16, kind: Kind) -> Self {
        Self { title: title.into(), width, kind }
    }
}

/// A value in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Words.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// A number in thousandths (1.5 is 1500).
    Thousandths(i64),
    /// Money in fen.
    Fen(i64),
    /// A day.
    Day(Date),
    /// A moment in local time, to the minute.
    Minute(DateTime),
    /// How a duty stands, with words behind it (3/4); the words may be empty.
    Light(Standing, String),
}

/// A sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// Name on its tab; what Excel refuses there is left out.
    pub name: String,
    /// Title over each printed page; not a row, which would stand in the way of importing.
    pub title: String,
    /// Columns from the left.
    pub columns: Vec<Column>,
    /// How many columns stay in sight while the others scroll.
    pub frozen: u16,
    /// Rows; a cell beyond the last column is an error of the caller and is left out.
    pub rows: Vec<Vec<Cell>>,
}

/// Rows that Excel can hold, the head included.
const MAX_ROWS: u32 = 1_048_576;

/// Characters that Excel can hold in one cell.
const MAX_CHARACTERS: usize = 32_767;

/// Writes a workbook of these sheets. `made` is its date of making in local time.
///
/// # Errors
/// When a sheet has more rows than the format holds, or the workbook cannot be put together.
pub fn write(made: DateTime, sheets: &[Sheet]) -> Result<Vec<u8>, WriteFault> {
    let mut book = workbook(made)?;
    let mut names = Vec::new();
    for sheet in sheets {
        let page = book.add_worksheet();
        set_up(page, sheet, &mut names)?;
        fill(page, sheet, sheet.rows.iter().cloned())?;
    }
    Ok(book.save_to_buffer()?)
}

/// Writes one sheet whose further rows come one by one after those that it holds, without keeping them in memory, nor
/// the workbook that is made of them.
///
/// # Errors
/// As [`write`].
pub fn write_list(
    made: DateTime,
    sheet: &Sheet,
    more: impl IntoIterator<Item = Vec<Cell>>,
    into: impl std::io::Write + Send,
) -> Result<(), WriteFault> {
    let mut book = workbook(made)?;
    let page = book.add_worksheet_with_constant_memory()?;
    set_up(page, sheet, &mut Vec::new())?;
    fill(page, sheet, sheet.rows.iter().cloned().chain(more))?;
    Ok(book.save_to_writer(into)?)
}

/// The shape of a standing. Only shapes of GB 2312 are taken: every font of an office machine has them.
#[must_use]
pub fn shape(standing: Standing) -> char {
    match standing {
        Standing::Overdue => '▲',
        Standing::DueSoon => '◇',
        Standing::Open => '○',
        Standing::NotDue => '·',
        Standing::MetLate => '◎',
        Standing::Met => '●',
        Standing::Waived => '—',
    }
}

/// The ink of a standing, as on the pages.
fn ink(standing: Standing) -> Color {
    Color::RGB(match standing {
        Standing::Overdue => 0x9a_1b1e,
        Standing::DueSoon => 0x8a_5700,
        Standing::Open => 0x55_4d45,
        Standing::NotDue => 0x6e_655b,
        Standing::MetLate => 0x5d_6a1f,
        Standing::Met => 0x2c_6a48,
        Standing::Waived => 0x6e_655b,
    })
}

fn workbook(made: DateTime) -> Result<Workbook, WriteFault> {
    let mut book = Workbook::new();
    book.set_properties(&DocProperties::new().set_creation_datetime(&moment(made)?));
    Ok(book)
}

fn day(day: Date) -> Result<ExcelDateTime, XlsxError> {
    let (year, month, date) = (day.year(), day.month(), day.day());
    ExcelDateTime::from_ymd(u16::try_from(year).unwrap_or(0), month.unsigned_abs(), date.unsigned_abs())
}

fn moment(at: DateTime) -> Result<ExcelDateTime, XlsxError> {
    day(at.date())?.and_hms(u16::from(at.hour().unsigned_abs()), at.minute().unsigned_abs(), 0)
}

/// A name that Excel takes: 31 characters, none of `[]:*?/\`, no quotation mark at the ends, no double.
fn tab_name(wanted: &str, taken: &mut Vec<String>) -> String {
    let cleaned: String = wanted.chars().map(|c| if "[]:*?/\\".contains(c) { ' ' } else { c }).collect();
    let cleaned = cleaned.trim().trim_matches('\'');
    let base = if cleaned.is_empty() { "表" } else { cleaned };
    let mut name: String = base.chars().take(31).collect();
    let mut n = 1;
    while taken.iter().any(|t| t.to_lowercase() == name.to_lowercase()) {
        n += 1;
        let tail = format!("（{n}）");
        name = base.chars().take(31 - tail.chars().count()).chain(tail.chars()).collect();
    }
    taken.push(name.clone());
    name
}

/// Widths of columns, in characters, that a landscape sheet bears in letters that can be read.
const A4_WIDTH: u32 = 160;
const A3_WIDTH: u32 = 240;

fn set_up(page: &mut Worksheet, sheet: &Sheet, names: &mut Vec<String>) -> Result<(), WriteFault> {
    page.set_name(tab_name(&sheet.name, names))?;
    page.set_freeze_panes(1, sheet.frozen)?;
    page.set_landscape();
    // 9 is A4 in the file format's own list of papers, 8 is A3. What is too wide to be read on one sheet goes over several,
    // each with the first columns.
    let width: u32 = sheet.columns.iter().map(|c| u32::from(c.width)).sum();
    page.set_paper_size(if width > A4_WIDTH { 8 } else { 9 });
    page.set_print_fit_to_pages(u16::try_from(width.div_ceil(A3_WIDTH)).unwrap_or(u16::MAX).max(1), 0);
    if width > A3_WIDTH && sheet.frozen > 0 {
        page.set_repeat_columns(0, sheet.frozen - 1)?;
    }
    page.set_margins(0.5, 0.5, 0.7, 0.6, 0.3, 0.3);
    page.set_repeat_rows(0, 0)?;
    // In a head & begins a code.
    page.set_header(format!("&C&\"宋体,Bold\"&14 {}", sheet.title.replace('&', "&&")));
    let legend = if sheet.columns.iter().any(|c| c.kind == Kind::Light) {
        Standing::ALL.iter().map(|&s| format!("{}{}", shape(s), s.word())).collect::<Vec<_>>().join("　")
    } else {
        String::new()
    };
    page.set_footer(format!("&L{legend}&R第 &P 页，共 &N 页"));
    for (at, column) in (0u16..).zip(&sheet.columns) {
        page.set_column_width(at, f64::from(column.width.clamp(1, 255)))?;
        page.set_column_format(at, &format_of(column.kind))?;
    }
    Ok(())
}

fn fill(
    page: &mut Worksheet,
    sheet: &Sheet,
    rows: impl Iterator<Item = Vec<Cell>>,
) -> Result<(), WriteFault> {
    let head = plain()
        .set_bold()
        .set_text_wrap()
        .set_align(FormatAlign::Center)
        .set_background_color(Color::RGB(0xf3_f0ea))
        .set_num_format("@");
    page.set_row_height(0, if sheet.columns.iter().any(is_tall) { 48 } else { 24 })?;
    for (at, column) in (0u16..).zip(&sheet.columns) {
        page.write_string_with_format(0, at, &column.title, &head)?;
    }
    let formats = Formats::of(&sheet.columns);
    let mut last = 0;
    for (row, cells) in (1u32..).zip(rows) {
        if row >= MAX_ROWS {
            return Err(WriteFault::TooManyRows { most: MAX_ROWS - 1 });
        }
        last = row;
        for ((at, format), cell) in (0u16..).zip(&formats.columns).zip(&cells) {
            write_cell(page, row, at, cell, format, &formats)?;
        }
    }
    if let Some(end) = u16::try_from(sheet.columns.len()).ok().and_then(|n| n.checked_sub(1)) {
        page.autofilter(0, 0, last, end)?;
    }
    Ok(())
}

/// Whether the head needs a second line.
fn is_tall(column: &Column) -> bool {
    let half_widths: usize = column.title.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
    half_widths + 2 > usize::from(column.width)
}

/// The formats of a sheet, made once: the file keeps each format that is made anew.
struct Formats {
    columns: Vec<Format>,
    quoted: Format,
    lights: Vec<Format>,
}

impl Formats {
    fn of(columns: &[Column]) -> Self {
        let light = |&standing: &Standing| {
            let format = format_of(Kind::Light).set_font_color(ink(standing));
            if standing == Standing::Overdue { format.set_bold() } else { format }
        };
        Self {
            columns: columns.iter().map(|c| format_of(c.kind)).collect(),
            quoted: format_of(Kind::Long).set_quote_prefix(),
            lights: Standing::ALL.iter().map(light).collect(),
        }
    }
}

fn plain() -> Format {
    Format::new()
        .set_font_name("宋体")
        .set_font_size(10.5)
        .set_align(FormatAlign::VerticalCenter)
        .set_border(FormatBorder::Hair)
        .set_border_color(Color::RGB(0xcf_c7bb))
}

fn format_of(kind: Kind) -> Format {
    match kind {
        Kind::Text => plain().set_num_format("@"),
        Kind::Long => plain().set_num_format("@").set_text_wrap().set_align(FormatAlign::Top),
        Kind::Whole => plain().set_num_format("0"),
        Kind::Number => plain().set_num_format("0.###"),
        Kind::Money => plain().set_num_format("0.00"),
        Kind::Day => plain().set_num_format("yyyy-mm-dd").set_align(FormatAlign::Center),
        Kind::Minute => plain().set_num_format("yyyy-mm-dd hh:mm").set_align(FormatAlign::Center),
        Kind::Light => plain().set_num_format("@").set_align(FormatAlign::Center),
    }
}

fn write_cell(
    page: &mut Worksheet,
    row: u32,
    at: u16,
    cell: &Cell,
    format: &Format,
    formats: &Formats,
) -> Result<(), WriteFault> {
    match cell {
        Cell::Empty => page.write_blank(row, at, format)?,
        Cell::Text(words) => {
            // Excel shows the text as it is; the mark keeps it text when the file is saved in another format.
            let is_formula = words.starts_with(['=', '+', '-', '@', '\t', '\r']);
            page.write_string_with_format(
                row,
                at,
                fitting(words),
                if is_formula { &formats.quoted } else { format },
            )?
        }
        Cell::Whole(n) => page.write_number_with_format(row, at, *n as f64, format)?,
        Cell::Thousandths(n) => page.write_number_with_format(row, at, *n as f64 / 1000.0, format)?,
        Cell::Fen(n) => page.write_number_with_format(row, at, *n as f64 / 100.0, format)?,
        Cell::Day(date) => page.write_datetime_with_format(row, at, day(*date)?, format)?,
        Cell::Minute(time) => page.write_datetime_with_format(row, at, moment(*time)?, format)?,
        Cell::Light(standing, words) => {
            let gap = if words.is_empty() { "" } else { " " };
            let text = format!("{}{}{gap}{words}", shape(*standing), standing.word());
            let place = Standing::ALL.iter().position(|s| s == standing);
            let light = place.and_then(|i| formats.lights.get(i)).unwrap_or(format);
            page.write_string_with_format(row, at, fitting(&text), light)?
        }
    };
    Ok(())
}

/// Words cut to what a cell holds, with a mark where they were cut.
fn fitting(words: &str) -> String {
    if words.encode_utf16().count() <= MAX_CHARACTERS {
        return words.to_owned();
    }
    let tail = "……（后略）";
    let mut left = MAX_CHARACTERS - tail.chars().count();
    let kept = words.chars().take_while(|c| {
        let fits = c.len_utf16() <= left;
        left = left.saturating_sub(c.len_utf16());
        fits
    });
    kept.chain(tail.chars()).collect()
}
