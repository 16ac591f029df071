//! Files in and out: a document becomes [`model::SourceText`], a list becomes a spreadsheet, a draft becomes an official
//! document.
//!
//! Everything that comes in is untrusted. What kind of file it is follows from its content, never from its name; each
//! reason why a file cannot be read is a [`FileFault`] of its own, with a sentence for the person who handed it in and
//! another that says what to do next. Nothing in here panics on input, and what a small file may unpack to is bounded.

mod docx;
mod fault;
pub mod gongwen;
mod limits;
mod package;
pub mod sheet;
mod sniff;
mod text;

use model::SourceText;

use package::{Content, Package};

pub use fault::{FileFault, Picture, WriteFault};
pub use limits::MAX_FILE_BYTES;

/// Reads a document that a person handed in: plain text (UTF-8, UTF-16 with a mark, GB18030) or docx.
///
/// `name` is used for messages only. Numbers that Word makes by itself become part of the text, as they are printed;
/// merged cells are filled downwards; what a tracked change deleted is left out.
///
/// # Errors
/// A [`FileFault`] when the file is empty, too large, damaged, protected or of another kind.
pub fn read_document(name: &str, bytes: &[u8]) -> Result<SourceText, FileFault> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(FileFault::TooLarge { bytes: bytes.len() as u64, limit: MAX_FILE_BYTES as u64 });
    }
    let source = match sniff::kind(name, bytes)? {
        sniff::Kind::Text => {
            let text = text::decode(bytes)?;
            if text.bytes().filter(|&b| matches!(b, b'\n' | b'\r')).count() > limits::MAX_BLOCKS {
                return Err(FileFault::Bomb { what: "行数过多" });
            }
            SourceText::from_plain(name, &text)
        }
        sniff::Kind::Zip => match Package::open(bytes)? {
            (mut package, Content::Words) => docx::read(name, &mut package)?,
            (_, Content::Sheets) => return Err(FileFault::Spreadsheet),
            (_, Content::Foreign(_)) => return Err(FileFault::OpenDocument),
        },
    };
    if source.text.chars().all(|c| c.is_whitespace() || c == '\u{feff}') {
        return Err(FileFault::NoText);
    }
    Ok(source)
}
