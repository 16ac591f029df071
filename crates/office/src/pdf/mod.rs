//! PDF with text: the letters on each page by their places, put together to lines, tables and paragraphs.
//!
//! Pages are interpreted by a crate that draws; what it would draw is listened to and nothing is drawn. A page of
//! pictures gives no letters, and a font that does not say which characters its shapes are gives none that can be read:
//! both are told apart from an empty file.

mod bounds;
mod lines;
mod page;
mod table;

use hayro_interpret::hayro_syntax::object::{Dict, MaybeRef, Object};
use hayro_interpret::hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use model::{BlockKind, Place, SourceText};

use crate::FileFault;
use crate::limits::{MAX_BLOCKS, MAX_PAGES, MAX_TEXT};
use crate::sheet::contained;
use lines::Piece;
use page::Listener;

/// How deep objects in objects are looked into.
const DEEPEST: usize = 20;

/// Reads a PDF. Page numbers and running heads are left out; lines that a margin broke are joined where the layout shows
/// it; ruled tables become tables.
pub(crate) fn read(name: &str, bytes: &[u8]) -> Result<SourceText, FileFault> {
    bounds::check(bytes)?;
    contained(|| {
        let pdf = Pdf::new(bytes.to_vec()).map_err(fault)?;
        let count = pdf.pages().len();
        if count > MAX_PAGES {
            return Err(FileFault::Bomb { what: "页数过多" });
        }
        let mut listener = Listener::default();
        let mut pages = Vec::new();
        listener.listen(&pdf, |page| pages.push(page))?;

        let letters: usize = pages.iter().map(|p| p.letters.len()).sum();
        let unknown: usize = pages.iter().map(|p| p.unknown).sum();
        let pictures: usize = pages.iter().map(|p| p.pictures).sum();
        if unknown * 2 > letters {
            return Err(FileFault::Garbled);
        }
        // A scanner's mark or a stamped number on every page is no text.
        if letters == 0 || (pictures >= count && letters < count * 20) {
            return Err(FileFault::Scanned { pages: count });
        }
        write(name, lines::pieces(pages))
    })
}

/// Names by which a PDF runs something, or carries a file, when it is opened.
const ACTIVE: [&[u8]; 6] = [b"JS", b"JavaScript", b"Launch", b"EmbeddedFile", b"EmbeddedFiles", b"RichMedia"];

/// Whether `says` so of what one of its streams unpacks to.
pub(crate) fn any_stream(bytes: &[u8], says: fn(&[u8]) -> bool) -> bool {
    bounds::any(bytes, says)
}

/// Whether one of those names stands in the bytes, read as they are.
fn names_plainly(bytes: &[u8]) -> bool {
    ACTIVE.iter().any(|name| {
        let mut written = vec![b'/'];
        written.extend_from_slice(name);
        bytes.windows(written.len() + 1).any(|w| {
            w.strip_prefix(&*written).is_some_and(|rest| rest.iter().all(|c| !c.is_ascii_alphanumeric()))
        })
    })
}

/// Whether a PDF has anything that runs or is carried along, in its objects and in those that are packed. Of one that is too
/// much to read, or that the reader falls over, only what stands there plainly is seen.
pub(crate) fn is_active(bytes: &[u8]) -> bool {
    if bounds::check(bytes).is_err() {
        return names_plainly(bytes) || bounds::any(bytes, names_plainly);
    }
    let found = contained(|| {
        let pdf = Pdf::new(bytes.to_vec()).map_err(fault)?;
        Ok(pdf.objects().into_iter().any(|object| names_active(&object, 0)))
    });
    found.unwrap_or_else(|_| names_plainly(bytes))
}

fn names_active(object: &Object<'_>, depth: usize) -> bool {
    let of_dict = |dict: &Dict<'_>| {
        dict.entries().any(|(key, value)| {
            ACTIVE.contains(&&*key)
                || matches!(&value, MaybeRef::NotRef(inner) if names_active(inner, depth + 1))
        })
    };
    if depth > DEEPEST {
        return false;
    }
    match object {
        Object::Name(name) => ACTIVE.contains(&&**name),
        Object::Dict(dict) => of_dict(dict),
        Object::Stream(stream) => of_dict(stream.dict()),
        Object::Array(array) => array.iter::<Object<'_>>().any(|inner| names_active(&inner, depth + 1)),
        Object::Null(_) | Object::Boolean(_) | Object::Number(_) | Object::String(_) => false,
    }
}

fn fault(why: LoadPdfError) -> FileFault {
    match why {
        LoadPdfError::Decryption(DecryptionError::PasswordProtected) => FileFault::Encrypted,
        other => FileFault::Broken { why: "PDF 的结构读不通", detail: format!("{other:?}") },
    }
}

fn write(name: &str, pieces: Vec<Piece>) -> Result<SourceText, FileFault> {
    let mut out = SourceText { name: name.to_owned(), ..SourceText::default() };
    let mut table = 0;
    for piece in pieces {
        match piece {
            Piece::Words { page, words } => out.push(&words, BlockKind::Paragraph, Place::Page(page)),
            Piece::Table(rows) => {
                for (row, cells) in (0..).zip(rows) {
                    for cell in cells {
                        let kind = BlockKind::Cell { row, column: cell.column, table };
                        out.push(&cell.words, kind, Place::Page(cell.page));
                    }
                }
                table += 1;
            }
        }
        if out.text.len() > MAX_TEXT || out.blocks.len() > MAX_BLOCKS {
            return Err(FileFault::Bomb { what: "文字过多" });
        }
    }
    Ok(out)
}
