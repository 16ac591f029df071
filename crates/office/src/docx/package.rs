//! The zip package around a document, opened with bounds.

use std::io::{BufReader, Cursor, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use super::xml::{Step, Tag, Xml};
use crate::FileFault;
use crate::limits::{MAX_PARTS, MAX_RATIO, MAX_UNPACKED, RATIO_FREE};

/// A package that looked like a document from outside.
pub(crate) struct Package<'b> {
    zip: ZipArchive<Cursor<&'b [u8]>>,
    /// Bytes that the parts may still unpack to.
    allowance: u64,
}

/// The source of one part's bytes.
pub(crate) type Part<'p> = BufReader<Bounded<'p, Box<dyn Read + 'p>>>;

impl<'b> Package<'b> {
    /// Opens the package, or says what it is instead of a Word document.
    pub(crate) fn open(bytes: &'b [u8]) -> Result<Self, FileFault> {
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|e| broken("压缩包", &e))?;
        if zip.len() > MAX_PARTS {
            return Err(FileFault::Bomb { what: "部件过多" });
        }
        let has = |name: &str| zip.index_for_name(name).is_some();
        if has("EncryptedPackage") {
            return Err(FileFault::Encrypted);
        }
        if has("xl/workbook.xml") || has("xl/workbook.bin") {
            return Err(FileFault::Spreadsheet);
        }
        if has("ppt/presentation.xml") {
            return Err(FileFault::Slides);
        }
        if has("OFD.xml") {
            return Err(FileFault::Ofd);
        }
        if has("mimetype") && has("content.xml") {
            return Err(FileFault::OpenDocument);
        }
        if !has("[Content_Types].xml") && !has("word/document.xml") {
            return Err(FileFault::Archive);
        }
        Ok(Self { zip, allowance: MAX_UNPACKED })
    }

    /// Name of the part that holds the body, as the package's relationships name it.
    pub(crate) fn main_part(&mut self) -> Result<String, FileFault> {
        let named = self.with_part("_rels/.rels", |mut xml| {
            loop {
                match xml.step()? {
                    Step::Open(Tag::Relationship, at)
                        if at.get("Type").is_some_and(|t| t.ends_with("/officeDocument")) =>
                    {
                        return Ok(at.get("Target").map(|t| t.trim_start_matches('/').to_owned()));
                    }
                    Step::End => return Ok(None),
                    _ => {}
                }
            }
        })?;
        Ok(named.flatten().unwrap_or_else(|| "word/document.xml".to_owned()))
    }

    /// Hands the part's XML to `read`; none when the package has no such part.
    pub(crate) fn with_part<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(Xml<Part<'_>>) -> Result<T, FileFault>,
    ) -> Result<Option<T>, FileFault> {
        let part = match self.zip.by_name(name) {
            Ok(part) => part,
            Err(ZipError::FileNotFound) => return Ok(None),
            Err(e) if e.to_string().to_ascii_lowercase().contains("password") => {
                return Err(FileFault::Encrypted);
            }
            Err(e) => return Err(broken(name, &e)),
        };
        let by_ratio = part.compressed_size().saturating_mul(MAX_RATIO).max(RATIO_FREE);
        let boxed: Box<dyn Read + '_> = Box::new(part);
        let mut left = self.allowance.min(by_ratio);
        let allowed = left;
        let result = {
            let bounded = Bounded { inner: boxed, left: &mut left };
            read(Xml::new(name, BufReader::new(bounded)))
        };
        self.allowance -= allowed - left;
        result.map(Some)
    }
}

fn broken(part: &str, why: &ZipError) -> FileFault {
    FileFault::Broken { part: part.to_owned(), why: why.to_string() }
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

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        *self.left = self.left.checked_sub(count as u64).ok_or_else(|| std::io::Error::other(TooMuch))?;
        Ok(count)
    }
}
