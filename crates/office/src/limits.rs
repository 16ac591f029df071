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
