//! How much a file may ask of the machine.

/// Largest file taken in, in bytes. A plan of 20 items is 20 kB; a docx that passes this is full of pictures.
pub const MAX_FILE_BYTES: usize = 32 << 20;

/// Most parts that a package may list. A document with a hundred pictures has about two hundred.
pub(crate) const MAX_PARTS: usize = 4096;

/// Most bytes that all parts read from one package may unpack to.
pub(crate) const MAX_UNPACKED: u64 = 96 << 20;

/// How many times its packed size a part may unpack to, once it is past [`RATIO_FREE`]. Real documents stay below 100;
/// the format's own ceiling is 1032.
pub(crate) const MAX_RATIO: u64 = 400;

/// Bytes that a part may unpack to before its ratio is looked at.
pub(crate) const RATIO_FREE: u64 = 8 << 20;

/// Deepest nesting of XML elements. Word's own documents stay below 60.
pub(crate) const MAX_DEPTH: usize = 256;

/// Most bytes of text that one document may come to, merged cells filled.
pub(crate) const MAX_TEXT: usize = 32 << 20;

/// Most columns that a table may have; Word's own ceiling is 63.
pub(crate) const MAX_COLUMNS: u32 = 256;

/// Most paragraphs, lines, rows and cells that one document may have: each is a block that takes about a hundred bytes.
pub(crate) const MAX_BLOCKS: usize = 500_000;

/// Fields inside fields; Word itself stops at 20.
pub(crate) const MAX_FIELDS: usize = 64;

/// Most XML elements, opening and closing, in all parts of a workbook: 100,000 rows of 20 cells have eight million.
pub(crate) const MAX_TAGS: usize = 8_000_000;

/// Most elements of a workbook's styles times the bytes of the longest. Excel's own ceiling of 64,000 formats with
/// ordinary fonts stays below half of it.
pub(crate) const MAX_STYLES: usize = 128 << 20;

/// Most cells of a workbook that hold something, merged cells filled.
pub(crate) const MAX_CELLS: usize = 1_000_000;

/// Most cells in the rectangles around the used cells of all sheets of an old workbook, whose reader keeps each of them.
pub(crate) const MAX_AREA: u64 = 2_000_000;

/// Most pages of a PDF.
pub(crate) const MAX_PAGES: usize = 2000;

/// Most letters, lines and pictures of a PDF, each of which takes about a hundred bytes while its page is read; a
/// thousand full pages have a million letters.
pub(crate) const MAX_STROKES: usize = 1_000_000;

/// Most bytes of what one page of a PDF draws, unpacked. A page of text has a hundred kilobytes, a map some megabytes.
pub(crate) const MAX_PAGE_DRAWING: usize = 12 << 20;

/// Most states of drawing that a stream of a PDF may keep one upon the other (`q` without `Q`), each of which takes half a
/// kilobyte; PDF 1.7, annex C, promises 28.
pub(crate) const MAX_STATES: usize = 10_000;

/// Most bytes that one stream of a PDF may unpack to. A page is a hundred kilobytes, a font with all of Chinese twenty
/// megabytes.
pub(crate) const MAX_STREAM: u64 = 48 << 20;

/// Largest web page, in bytes; pictures that stand in the page itself count.
pub(crate) const MAX_PAGE_BYTES: usize = 8 << 20;

/// Most elements of a web page that are open at once.
pub(crate) const MAX_OPEN: usize = 1000;
