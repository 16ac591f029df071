//! What kind of file it is, by its bytes.

use crate::{FileFault, Foreign, Picture};

/// The kinds that can be read, by ourselves or with help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Characters in some encoding.
    Text,
    /// A zip package: docx, xlsx, or something that only looks so from outside.
    Package,
    /// A workbook of the old format (xls, et).
    OldSheets,
    /// PDF.
    Pdf,
    /// A web page.
    Page,
    /// Rich text.
    Rtf,
    /// What another program has to turn into docx or xlsx first.
    Foreign(Foreign),
}

/// The kind of a file.
pub(crate) fn kind(bytes: &[u8]) -> Result<Kind, FileFault> {
    if bytes.is_empty() {
        return Err(FileFault::Empty);
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return Ok(Kind::Package);
    }
    if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]) {
        return compound(bytes);
    }
    if let Some(picture) = picture(bytes) {
        return Err(FileFault::Picture(picture));
    }
    // Some printers put a few bytes before the mark; readers look for it in the first kilobyte.
    let head = bytes.get(..1024).unwrap_or(bytes);
    if head.windows(5).any(|w| w == b"%PDF-") {
        return Ok(Kind::Pdf);
    }
    if bytes.starts_with(b"{\\rtf") {
        return Ok(Kind::Rtf);
    }
    let archives: [&[u8]; 4] = [b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b\x08", b"BZh"];
    if archives.iter().any(|magic| bytes.starts_with(magic)) {
        return Err(FileFault::Archive);
    }
    markup(head).unwrap_or(Ok(Kind::Text))
}

fn picture(bytes: &[u8]) -> Option<Picture> {
    let at = |from: usize, magic: &[u8]| bytes.get(from..from + magic.len()) == Some(magic);
    if at(0, b"\xff\xd8\xff") {
        Some(Picture::Jpeg)
    } else if at(0, b"\x89PNG\r\n\x1a\n") {
        Some(Picture::Png)
    } else if at(0, b"GIF87a") || at(0, b"GIF89a") {
        Some(Picture::Gif)
    } else if at(0, b"BM") && at(6, &[0, 0, 0, 0]) {
        Some(Picture::Bmp)
    } else if at(0, b"II*\0") || at(0, b"MM\0*") {
        Some(Picture::Tiff)
    } else if at(0, b"RIFF") && at(8, b"WEBP") {
        Some(Picture::WebP)
    } else if at(4, b"ftypheic") || at(4, b"ftypheix") || at(4, b"ftypmif1") {
        Some(Picture::Heic)
    } else {
        None
    }
}

/// The old Office container holds a little file system; the names of its streams (UTF-16) tell what it is. Those of WPS
/// are the same.
fn compound(bytes: &[u8]) -> Result<Kind, FileFault> {
    let has = |stream: &str| {
        // The name ends, or a longer one (Bookmarks) would do.
        let wanted: Vec<u8> = stream.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
        bytes.windows(wanted.len()).any(|w| w == wanted)
    };
    if has("EncryptedPackage") {
        Err(FileFault::Encrypted)
    } else if has("WordDocument") {
        Ok(Kind::Foreign(Foreign::Word))
    } else if has("Workbook") || has("Book") {
        Ok(Kind::OldSheets)
    } else if has("PowerPoint Document") {
        Err(FileFault::Slides)
    } else {
        Ok(Kind::Foreign(Foreign::Other))
    }
}

/// A web page, or an Office document in one piece of XML; none for what is no markup.
fn markup(head: &[u8]) -> Option<Result<Kind, FileFault>> {
    // Wide characters: every other byte of a tag is zero.
    let head: Vec<u8> = head.iter().copied().filter(|&b| b != 0).collect();
    let text = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let text = text.trim_start_matches(['\u{feff}', '\u{fffd}']).trim_start();
    if text.starts_with("<?xml") || text.starts_with("<w:") {
        if text.contains("wordprocessingml") || text.contains("schemas.microsoft.com/office/word") {
            return Some(Ok(Kind::Foreign(Foreign::Word)));
        }
        if text.contains("office:document") {
            return Some(Ok(Kind::Foreign(Foreign::Other)));
        }
        return Some(if text.contains("<html") { Ok(Kind::Page) } else { Err(FileFault::Markup) });
    }
    const TAGS: [&str; 16] = [
        "<!doctype html",
        "<html",
        "<head",
        "<body",
        "<!--",
        "<meta",
        "<div",
        "<p>",
        "<p ",
        "<table",
        "<title",
        "<article",
        "<section",
        "<span",
        "<h1",
        "<h2",
    ];
    TAGS.iter().any(|tag| text.starts_with(tag)).then_some(Ok(Kind::Page))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_decides() {
        assert_eq!(kind(b"\x89PNG\r\n\x1a\nrest"), Err(FileFault::Picture(Picture::Png)));
        assert_eq!(kind("一、总体要求".as_bytes()), Ok(Kind::Text));
        assert_eq!(kind("<工作要点>".as_bytes()), Ok(Kind::Text));
        assert_eq!(kind(b"PK\x03\x04rest"), Ok(Kind::Package));
        assert_eq!(kind(b"\xef\xbb\xbf  <!DOCTYPE html>"), Ok(Kind::Page));
        assert_eq!(kind(b"<?xml version=\"1.0\"?><html>"), Ok(Kind::Page));
        assert_eq!(kind(b"<?xml version=\"1.0\"?><rss>"), Err(FileFault::Markup));
        assert_eq!(kind(b"junk%PDF-1.7"), Ok(Kind::Pdf));
        assert_eq!(kind(b"{\\rtf1"), Ok(Kind::Rtf));
        let wide: Vec<u8> = "\u{feff}<html>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(kind(&wide), Ok(Kind::Page));
    }

    #[test]
    fn the_streams_of_the_old_container_tell_what_it_is() {
        let container = |stream: &str| {
            let mut bytes = vec![0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
            bytes.extend(stream.encode_utf16().chain([0]).flat_map(u16::to_le_bytes));
            bytes
        };
        assert_eq!(kind(&container("WordDocument")), Ok(Kind::Foreign(Foreign::Word)));
        assert_eq!(kind(&container("Workbook")), Ok(Kind::OldSheets));
        assert_eq!(kind(&container("EncryptedPackage")), Err(FileFault::Encrypted));
        assert_eq!(kind(&container("PowerPoint Document")), Err(FileFault::Slides));
        assert_eq!(kind(&container("Bookmarks")), Ok(Kind::Foreign(Foreign::Other)));
    }
}
