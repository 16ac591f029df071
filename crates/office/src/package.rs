//! The zip package around a document or a workbook, opened with bounds.

use std::io::{BufReader, Cursor, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use crate::limits::{MAX_PARTS, MAX_RATIO, MAX_STYLES, MAX_TAGS, MAX_UNPACKED, RATIO_FREE};
use crate::{FileFault, Foreign};

/// A package that looked like an Office file from outside.
pub(crate) struct Package<'b> {
    zip: ZipArchive<Cursor<&'b [u8]>>,
    /// Bytes that the parts may still unpack to.
    allowance: u64,
}

/// What a package holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// A text document (docx).
    Words,
    /// A workbook (xlsx).
    Sheets,
    /// Another program has to turn it into one of the two.
    Foreign(Foreign),
}

/// The source of one part's bytes.
pub(crate) type Part<'p> = BufReader<Bounded<'p, Box<dyn Read + 'p>>>;

impl<'b> Package<'b> {
    /// Opens the package and tells what it holds, or says what it is instead of an Office file.
    pub(crate) fn open(bytes: &'b [u8]) -> Result<(Self, Content), FileFault> {
        let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(|e| broken("压缩包不完整", &e))?;
        if zip.len() > MAX_PARTS {
            return Err(FileFault::Bomb { what: "部件过多" });
        }
        let has = |name: &str| zip.index_for_name(name).is_some();
        if has("EncryptedPackage") {
            return Err(FileFault::Encrypted);
        }
        if has("ppt/presentation.xml") {
            return Err(FileFault::Slides);
        }
        if has("OFD.xml") {
            return Err(FileFault::Ofd);
        }
        let content = if has("xl/workbook.xml") {
            Content::Sheets
        } else if has("xl/workbook.bin") {
            Content::Foreign(Foreign::BinarySheets)
        } else if has("mimetype") && has("content.xml") {
            let mut kind = String::new();
            if let Ok(part) = zip.by_name("mimetype") {
                // A part that is no text names no kind.
                let _ = part.take(128).read_to_string(&mut kind);
            }
            if kind.contains("presentation") {
                return Err(FileFault::Slides);
            }
            Content::Foreign(if kind.contains("spreadsheet") {
                Foreign::OpenSheets
            } else {
                Foreign::OpenText
            })
        } else if has("[Content_Types].xml") || has("word/document.xml") {
            Content::Words
        } else {
            return Err(FileFault::Archive);
        };
        Ok((Self { zip, allowance: MAX_UNPACKED }, content))
    }

    /// Hands the part's bytes to `read`; none when the package has no such part.
    pub(crate) fn with_part<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(Part<'_>) -> Result<T, FileFault>,
    ) -> Result<Option<T>, FileFault> {
        match self.zip.index_for_name(name) {
            Some(n) => self.with_nth(n, read).map(Some),
            None => Ok(None),
        }
    }

    fn with_nth<T>(
        &mut self,
        n: usize,
        read: impl FnOnce(Part<'_>) -> Result<T, FileFault>,
    ) -> Result<T, FileFault> {
        let part = match self.zip.by_index(n) {
            Ok(part) => part,
            Err(e) if e.to_string().to_ascii_lowercase().contains("password") => {
                return Err(FileFault::Encrypted);
            }
            Err(e) => return Err(broken("压缩包有一部分读不出来", &e)),
        };
        let by_ratio = part.compressed_size().saturating_mul(MAX_RATIO).max(RATIO_FREE);
        let boxed: Box<dyn Read + '_> = Box::new(part);
        let mut left = self.allowance.min(by_ratio);
        let allowed = left;
        let result = read(BufReader::new(Bounded::new(boxed, &mut left)));
        self.allowance -= allowed - left;
        result
    }

    /// Unpacks every part once, for a reader that knows no bounds of its own: none may be damaged, what they come to is
    /// bounded, and so is the number of XML elements, each of which costs such a reader a small piece of memory.
    pub(crate) fn measure(&mut self) -> Result<(), FileFault> {
        let mut tags = 0;
        for n in 0..self.zip.len() {
            let styles =
                self.zip.name_for_index(n).is_some_and(|name| name.is_ok_and(|n| n.ends_with("styles.xml")));
            let found = self.with_nth(n, tally)?;
            tags += found.tags;
            if tags > MAX_TAGS {
                return Err(FileFault::Bomb { what: "单元格过多" });
            }
            // Each style keeps a copy of the fonts and formats that it names.
            if styles && found.tags.saturating_mul(found.longest) > MAX_STYLES {
                return Err(FileFault::Bomb { what: "样式过多" });
            }
        }
        Ok(())
    }
}

#[derive(Default)]
struct Sizes {
    /// How many `<` there are.
    tags: usize,
    /// Most bytes from one `<` to the next.
    longest: usize,
}

fn tally(mut part: Part<'_>) -> Result<Sizes, FileFault> {
    let mut out = Sizes::default();
    let mut run = 0;
    let mut buffer = [0; 16 * 1024];
    loop {
        let count = match part.read(&mut buffer) {
            Ok(0) => return Ok(out),
            Ok(count) => count,
            Err(e) => return Err(unread(&e)),
        };
        for &byte in buffer.iter().take(count) {
            run += 1;
            if byte == b'<' {
                out.tags += 1;
                run = 0;
            }
            out.longest = out.longest.max(run);
        }
    }
}

/// The fault behind a part that could not be unpacked to its end.
pub(crate) fn unread(why: &std::io::Error) -> FileFault {
    if why.get_ref().is_some_and(|inner| inner.is::<TooMuch>()) {
        return FileFault::Bomb { what: "解压后过大" };
    }
    FileFault::Broken { why: "压缩包有一部分读不出来", detail: why.to_string() }
}

fn broken(why: &'static str, detail: &ZipError) -> FileFault {
    FileFault::Broken { why, detail: detail.to_string() }
}

/// A reader that fails once more bytes came out than are allowed.
pub(crate) struct Bounded<'l, R> {
    inner: R,
    left: &'l mut u64,
}

/// The error of [`Bounded`], to be told apart from damage.
#[derive(Debug, thiserror::Error)]
#[error("part unpacks to more than is allowed")]
pub(crate) struct TooMuch;

impl<'l, R> Bounded<'l, R> {
    /// A reader of `inner` that takes what came out off `left`.
    pub(crate) fn new(inner: R, left: &'l mut u64) -> Self {
        Self { inner, left }
    }
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        *self.left = self.left.checked_sub(count as u64).ok_or_else(|| std::io::Error::other(TooMuch))?;
        Ok(count)
    }
}
