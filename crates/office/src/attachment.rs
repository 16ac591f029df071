//! Files that people attach to a record: told by their content, refused when they could do harm, made ready to be kept.
//!
//! What is taken: PDF, OFD, docx, xlsx, pptx, JPEG, PNG, and zip archives of harmless things. Everything else has its own
//! [`Refusal`] with what to do next. Pictures are made anew, so that nothing of the file that came in is left but what
//! can be seen.

mod archive;
mod picture;
mod refusal;

use model::FileKind;

use crate::sniff::{self, Kind};
use crate::{FileFault, Picture, pdf};

pub use refusal::Refusal;

/// Most characters of a file's text that are kept for searching.
const MOST_TEXT: usize = 20_000;
/// Most characters of a file's name.
const MOST_NAME: usize = 100;

/// What is taken, as a file field of a page says it; the media types let a telephone offer its camera. Only an offer:
/// the content decides.
pub const ENDINGS: &str = ".pdf,.ofd,.docx,.xlsx,.pptx,.jpg,.jpeg,.png,.zip,image/jpeg,image/png";

/// A file that may be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Its name, without a folder, with the ending that its content asks for.
    pub name: String,
    /// What it is.
    pub kind: FileKind,
    /// What is kept: of a picture not what came in, but what can be seen of it.
    pub bytes: Vec<u8>,
    /// Of a picture a small one for lists, JPEG.
    pub small: Option<Vec<u8>>,
    /// What stands in it, for searching; empty when there is no text, or none that is read.
    pub text: String,
}

/// Looks at a file and makes it ready to be kept. Takes seconds and some four hundred megabytes at worst: not for a
/// thread that others wait for, and one at a time.
///
/// # Errors
/// A [`Refusal`] in words for the person who handed it in.
pub fn accept(name: &str, bytes: Vec<u8>, most: usize) -> Result<Accepted, Refusal> {
    if bytes.is_empty() {
        return Err(Refusal::Empty);
    }
    if bytes.len() > most {
        return Err(Refusal::TooLarge { most });
    }
    if is_test_virus(&bytes) {
        return Err(Refusal::Virus { inside: String::new() });
    }
    if is_program(&bytes) {
        return Err(Refusal::Program);
    }
    let kind = match sniff::kind(&bytes) {
        Ok(Kind::Pdf) => FileKind::Pdf,
        Ok(Kind::Package) => archive::look(&bytes)?,
        Err(FileFault::Picture(Picture::Jpeg)) => FileKind::Jpeg,
        Err(FileFault::Picture(Picture::Png)) => FileKind::Png,
        other => return Err(Refusal::of_kind(&other)),
    };
    if kind == FileKind::Pdf && (pdf::is_active(&bytes) || archive::is_archive_too(&bytes)) {
        return Err(Refusal::Active { what: "脚本、启动命令或夹带的文件" });
    }
    if kind == FileKind::Pdf && pdf::any_stream(&bytes, is_test_virus) {
        return Err(Refusal::Virus { inside: String::new() });
    }
    let name = fitting(name, kind);
    if kind.is_picture() {
        let made = picture::remake(&bytes, kind)?;
        return Ok(Accepted { name, kind, bytes: made.bytes, small: Some(made.small), text: String::new() });
    }
    let text = text_of(&bytes, kind)?;
    Ok(Accepted { name, kind, bytes, small: None, text })
}

/// What stands in a document, as far as it is kept.
fn text_of(bytes: &[u8], kind: FileKind) -> Result<String, Refusal> {
    let read = match kind {
        FileKind::Pdf => pdf::read("", bytes),
        FileKind::Docx | FileKind::Xlsx => crate::read_directly("", bytes),
        FileKind::Pptx | FileKind::Jpeg | FileKind::Png | FileKind::Ofd | FileKind::Zip => {
            return Ok(String::new());
        }
    };
    match read {
        Ok(source) => Ok(tidy(&source.text)),
        Err(FileFault::Encrypted) => Err(Refusal::Encrypted),
        Err(FileFault::Broken { why, .. }) => Err(Refusal::Broken { why }),
        // A scan, a picture on a page, a sheet of a million cells: kept, and found by its name.
        Err(_) => Ok(String::new()),
    }
}

/// The text with runs of white space as one character, cut to what is kept.
fn tidy(text: &str) -> String {
    let mut out = String::new();
    let mut count = 0;
    for word in text.split_whitespace() {
        if count > 0 {
            out.push(' ');
            count += 1;
        }
        for c in word.chars() {
            if count >= MOST_TEXT {
                return out;
            }
            // No database of ours keeps a null.
            if c != '\0' {
                out.push(c);
                count += 1;
            }
        }
    }
    out
}

/// The name as it is kept: no folder, nothing that is not seen or turns the reading direction round, and an ending that
/// opens the file as what it is.
fn fitting(name: &str, kind: FileKind) -> String {
    let bare = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let seen: String = bare
        .chars()
        .filter(|c| !c.is_control())
        .filter(|c| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'))
        .map(|c| if matches!(c, '"' | '<' | '>' | '|' | ':' | '*' | '?') { '_' } else { c })
        .collect();
    let seen = seen.trim().trim_matches('.').trim();
    let (stem, ending) = match seen.rsplit_once('.') {
        Some((stem, ending)) if kind.endings().contains(&ending.to_ascii_lowercase().as_str()) => {
            (stem, ending)
        }
        _ => (seen, kind.endings().first().copied().unwrap_or_default()),
    };
    let stem: String = stem.chars().take(MOST_NAME - ending.len() - 1).collect();
    let stem = if stem.trim().is_empty() { kind.word() } else { stem.trim() };
    format!("{stem}.{}", ending.to_ascii_lowercase())
}

/// Whether a machine would run it.
fn is_program(bytes: &[u8]) -> bool {
    use infer::app::{is_dex, is_elf, is_exe, is_java, is_mach, is_wasm};
    [is_exe, is_elf, is_mach, is_java, is_dex, is_wasm].iter().any(|is| is(bytes)) || bytes.starts_with(b"#!")
}

/// The file by which virus scanners are tested, wherever it stands. Written backwards, or scanners would report us.
fn is_test_virus(bytes: &[u8]) -> bool {
    let mark: Vec<u8> = b"*H+H$!ELIF-TSET-SURIVITNA-DRADNATS-RACIE$}7)CC7)^P(45XZP\\4[PA@%P!O5X"
        .iter()
        .rev()
        .copied()
        .collect();
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|b| *b == b'X') {
        rest = rest.get(at..).unwrap_or_default();
        if rest.starts_with(&mark) {
            return true;
        }
        rest = rest.get(1..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_what_people_wrote_and_end_as_the_content_is() {
        assert_eq!(fitting("四月 签到表.PDF", FileKind::Pdf), "四月 签到表.pdf");
        assert_eq!(fitting("C:\\照片\\主题党日.jpeg", FileKind::Jpeg), "主题党日.jpeg");
        assert_eq!(fitting("照片.png", FileKind::Jpeg), "照片.png.jpg");
        assert_eq!(fitting("通知\u{202e}fdp.exe", FileKind::Pdf), "通知fdp.exe.pdf");
        assert_eq!(fitting("../..", FileKind::Zip), "压缩包.zip");
        assert_eq!(fitting("a\r\nb\".docx", FileKind::Docx), "ab_.docx");
        let long = fitting(&"长".repeat(300), FileKind::Xlsx);
        assert_eq!(long.chars().count(), MOST_NAME);
        assert!(long.ends_with("长.xlsx"));
    }

    #[test]
    fn text_is_cut_to_what_is_kept() {
        assert_eq!(tidy("  一、\n\n 二\u{0}\t三 "), "一、 二 三");
        assert_eq!(tidy(&"字".repeat(50_000)).chars().count(), MOST_TEXT);
    }
}
