//! What kind of file it is, by its bytes.

use crate::{FileFault, Picture};

/// The kinds that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Characters in some encoding.
    Text,
    /// A zip package: docx, or something that only looks so from outside.
    Zip,
}

/// The kind of a file; `name` only helps to word a refusal, since 文字 and 表格 of WPS share one container.
pub(crate) fn kind(name: &str, bytes: &[u8]) -> Result<Kind, FileFault> {
    if bytes.is_empty() {
        return Err(FileFault::Empty);
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return Ok(Kind::Zip);
    }
    if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]) {
        return Err(compound(name, bytes));
    }
    if let Some(picture) = picture(bytes) {
        return Err(FileFault::Picture(picture));
    }
    // Some printers put a few bytes before the mark; readers look for it in the first kilobyte.
    let head = bytes.get(..1024).unwrap_or(bytes);
    if head.windows(5).any(|w| w == b"%PDF-") {
        return Err(FileFault::Pdf);
    }
    if bytes.starts_with(b"{\\rtf") {
        return Err(FileFault::Rtf);
    }
    let archives: [&[u8]; 4] = [b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b\x08", b"BZh"];
    if archives.iter().any(|magic| bytes.starts_with(magic)) {
        return Err(FileFault::Archive);
    }
    if is_markup(head) {
        return Err(FileFault::Markup);
    }
    Ok(Kind::Text)
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

/// The old Office container holds a little file system; the names of its streams (UTF-16) tell what it is.
fn compound(name: &str, bytes: &[u8]) -> FileFault {
    let has = |stream: &str| {
        let wanted: Vec<u8> = stream.encode_utf16().flat_map(u16::to_le_bytes).collect();
        bytes.windows(wanted.len()).any(|w| w == wanted)
    };
    if has("EncryptedPackage") {
        return FileFault::Encrypted;
    }
    let extension = name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase()).unwrap_or_default();
    if matches!(extension.as_str(), "wps" | "et" | "dps") {
        return FileFault::LegacyWps { extension };
    }
    if has("WordDocument") {
        FileFault::LegacyWord
    } else if has("Workbook") || has("Book") {
        FileFault::LegacyExcel
    } else {
        FileFault::LegacyOther
    }
}

fn is_markup(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head);
    let text = text.trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    ["<!doctype", "<html", "<?xml", "<head", "<body"].iter().any(|tag| text.starts_with(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_never_decides() {
        assert_eq!(kind("plan.docx", b"\x89PNG\r\n\x1a\nrest"), Err(FileFault::Picture(Picture::Png)));
        assert_eq!(kind("photo.png", "一、总体要求".as_bytes()), Ok(Kind::Text));
        assert_eq!(kind("plan.txt", b"PK\x03\x04rest"), Ok(Kind::Zip));
        assert_eq!(kind("plan.docx", b"\xef\xbb\xbf  <!DOCTYPE html>"), Err(FileFault::Markup));
        assert_eq!(kind("plan.docx", b"junk%PDF-1.7"), Err(FileFault::Pdf));
    }

    #[test]
    fn the_streams_of_the_old_container_tell_what_it_is() {
        let container = |stream: &str| {
            let mut bytes = vec![0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
            bytes.extend(stream.encode_utf16().flat_map(u16::to_le_bytes));
            bytes
        };
        assert_eq!(kind("a.docx", &container("WordDocument")), Err(FileFault::LegacyWord));
        assert_eq!(kind("a.docx", &container("Workbook")), Err(FileFault::LegacyExcel));
        assert_eq!(kind("a.docx", &container("EncryptedPackage")), Err(FileFault::Encrypted));
        assert_eq!(
            kind("a.wps", &container("WordDocument")),
            Err(FileFault::LegacyWps { extension: "wps".to_owned() })
        );
        assert_eq!(kind("a.doc", &container("Root")), Err(FileFault::LegacyOther));
    }
}
