//! Files that stand in a record (附件).

use serde::{Deserialize, Serialize};

use crate::FileId;

/// What kind of file it is, by its content. No other is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// PDF.
    Pdf,
    /// A text document.
    Docx,
    /// A workbook.
    Xlsx,
    /// Slides.
    Pptx,
    /// A picture, usually a photograph.
    Jpeg,
    /// A picture, usually a screen.
    Png,
    /// The national layout of official documents (GB/T 33190): kept and given out again, not shown.
    Ofd,
    /// An archive without programs in it.
    Zip,
}

impl FileKind {
    /// Every kind.
    pub const ALL: [Self; 8] =
        [Self::Pdf, Self::Docx, Self::Xlsx, Self::Pptx, Self::Jpeg, Self::Png, Self::Ofd, Self::Zip];

    /// How the names of its files end, the usual ending first.
    #[must_use]
    pub fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Pdf => &["pdf"],
            Self::Docx => &["docx"],
            Self::Xlsx => &["xlsx"],
            Self::Pptx => &["pptx"],
            Self::Jpeg => &["jpg", "jpeg"],
            Self::Png => &["png"],
            Self::Ofd => &["ofd"],
            Self::Zip => &["zip"],
        }
    }

    /// Its media type.
    #[must_use]
    pub fn mime(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Pptx => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Ofd => "application/ofd",
            Self::Zip => "application/zip",
        }
    }

    /// The kind in Chinese.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pdf => "PDF",
            Self::Docx => "Word 文档",
            Self::Xlsx => "Excel 表格",
            Self::Pptx => "演示文稿",
            Self::Jpeg | Self::Png => "图片",
            Self::Ofd => "版式文件（OFD）",
            Self::Zip => "压缩包",
        }
    }

    /// Whether it is a picture.
    #[must_use]
    pub fn is_picture(self) -> bool {
        matches!(self, Self::Jpeg | Self::Png)
    }
}

/// 附件: a file as a record names it. Its bytes lie in the store of files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attached {
    /// Identifier; made when the file came in.
    pub id: FileId,
    /// Its name, with the ending that its content asks for.
    pub name: String,
    /// What it is.
    pub kind: FileKind,
    /// Bytes that are kept: of a picture after it was shrunk.
    pub size: u64,
}

impl Attached {
    /// The size as people write it: 350 KB, 1.2 MB.
    #[must_use]
    pub fn size_words(&self) -> String {
        size_words(self.size)
    }
}

/// A number of bytes as people write it: 350 KB, 1.2 MB.
#[must_use]
pub fn size_words(bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10).div_ceil(1 << 20);
    match bytes {
        0..=1023 => format!("{bytes} 字节"),
        1024..=0x000f_ffff => format!("{} KB", bytes.div_ceil(1024)),
        _ if tenths.is_multiple_of(10) => format!("{} MB", tenths / 10),
        _ => format!("{}.{} MB", tenths / 10, tenths % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_as_people_write_them() {
        assert_eq!(size_words(17), "17 字节");
        assert_eq!(size_words(350 * 1024 - 5), "350 KB");
        assert_eq!(size_words(20 << 20), "20 MB");
        assert_eq!(size_words((1 << 20) + 1), "1.1 MB");
    }
}
