//! Files in and out: a document becomes [`model::SourceText`], a list becomes a spreadsheet, a draft becomes an official
//! document.
//!
//! Everything that comes in is untrusted. What kind of file it is follows from its content, never from its name; each
//! reason why a file cannot be read is a [`FileFault`] of its own, with a sentence for the person who handed it in and
//! another that says what to do next. Nothing in here panics on input, and what a small file may unpack to is bounded.

pub mod attachment;
pub mod bundle;
mod convert;
mod docx;
mod fault;
pub mod gongwen;
mod html;
pub mod ical;
mod limits;
mod package;
mod pdf;
mod rtf;
pub mod sheet;
mod sniff;
mod text;
pub mod volume;

use std::collections::HashMap;

use model::SourceText;

use package::{Content, Package};
use sniff::Kind;

pub use fault::{FileFault, Foreign, Picture, WriteFault};
pub use limits::MAX_FILE_BYTES;

/// The endings of the files that can be read, as a file field of a page takes them. Only an offer: the content decides.
pub const ENDINGS: &str = ".docx,.xlsx,.xls,.pdf,.txt,.md,.html,.htm,.doc,.wps,.et,.rtf,.odt,.ods,.xlsb";

/// Reads a document that a person handed in, whatever program wrote it: plain text (UTF-8, UTF-16, GB18030, Markdown),
/// docx, rtf, xlsx and xls, PDF with text, web pages; doc, wps, odt, ods and xlsb with the help of LibreOffice, where it is
/// installed.
///
/// `name` is used for messages only. Numbers that Word makes by itself become part of the text, as they are printed;
/// merged cells are filled downwards; what a tracked change deleted is left out, and so is what is struck or hidden, with a
/// note ([`model::LeftOut`]).
///
/// # Errors
/// A [`FileFault`] when the file is empty, too large, damaged, protected or of another kind.
pub fn read_document(name: &str, bytes: &[u8]) -> Result<SourceText, FileFault> {
    match read_directly(name, bytes) {
        Err(FileFault::Foreign(foreign)) => read_directly(name, &convert::convert(foreign, bytes)?),
        read => read,
    }
}

/// Whether the program is installed that turns old and foreign formats into those that are read here.
#[must_use]
pub fn can_convert() -> bool {
    convert::program().is_some()
}

/// [`read_document`] without the help of any other program: what has to be converted first is a fault.
///
/// # Errors
/// As [`read_document`], and [`FileFault::Foreign`].
pub fn read_directly(name: &str, bytes: &[u8]) -> Result<SourceText, FileFault> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(FileFault::TooLarge { bytes: bytes.len() as u64, limit: MAX_FILE_BYTES as u64 });
    }
    let source = match sniff::kind(bytes)? {
        Kind::Text => plain(name, bytes)?,
        Kind::Package => match Package::open(bytes)? {
            (mut package, Content::Words) => docx::read(name, &mut package)?,
            (mut package, Content::Sheets) => {
                let sheets = sheet::read::read_package(bytes, &mut package)?;
                sheet::document::document(name, sheets, &sheet::hidden::look(&mut package)?)?
            }
            (_, Content::Foreign(kind)) => return Err(FileFault::Foreign(kind)),
        },
        Kind::OldSheets => sheet::document::document(name, sheet::old::read(bytes)?, &HashMap::new())?,
        Kind::Foreign(kind) => return Err(FileFault::Foreign(kind)),
        Kind::Pdf => pdf::read(name, bytes)?,
        Kind::Page => html::read(name, bytes)?,
        Kind::Rtf => rtf::read(name, bytes)?,
    };
    if source.text.chars().all(|c| c.is_whitespace() || c == '\u{feff}') {
        return Err(FileFault::NoText);
    }
    Ok(source)
}

fn plain(name: &str, bytes: &[u8]) -> Result<SourceText, FileFault> {
    let text = text::decode(bytes)?;
    if text.bytes().filter(|&b| matches!(b, b'\n' | b'\r')).count() > limits::MAX_BLOCKS {
        return Err(FileFault::Bomb { what: "行数过多" });
    }
    Ok(SourceText::from_plain(name, &text))
}
