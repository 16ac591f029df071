//! Why a file cannot be read, in words for the person who handed it in.

use thiserror::Error;

/// A kind of picture, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// GIF.
    Gif,
    /// BMP.
    Bmp,
    /// TIFF.
    Tiff,
    /// WebP.
    WebP,
    /// HEIC, as phones take them.
    Heic,
}

impl Picture {
    /// The name by which people know it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::Gif => "GIF",
            Self::Bmp => "BMP",
            Self::Tiff => "TIFF",
            Self::WebP => "WebP",
            Self::Heic => "HEIC",
        }
    }
}

/// A format that another program has to turn into one of those that are read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// The old Word format; .wps holds the same, and so does Word's XML in one piece.
    Word,
    /// OpenDocument text.
    OpenText,
    /// OpenDocument spreadsheet.
    OpenSheets,
    /// Excel's binary workbook.
    BinarySheets,
    /// Another file of the old Office container, or OpenDocument in one piece.
    Other,
}

impl Foreign {
    /// The name by which people know it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Word => "旧格式的 Word 文档（.doc、.wps）",
            Self::OpenText => "OpenDocument 文本（.odt）",
            Self::OpenSheets => "OpenDocument 表格（.ods）",
            Self::BinarySheets => "二进制的 Excel 表格（.xlsb）",
            Self::Other => "旧格式的 Office 文件",
        }
    }

    /// Whether it holds sheets.
    #[must_use]
    pub fn is_sheets(self) -> bool {
        matches!(self, Self::OpenSheets | Self::BinarySheets)
    }
}

/// Why a file cannot be read. The message is one Chinese sentence; [`FileFault::help`] says what to do next.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FileFault {
    /// No bytes at all.
    #[error("文件是空的，一个字节也没有")]
    Empty,
    /// Readable, but without a single character.
    #[error("文件里没有文字")]
    NoText,
    /// Past [`crate::MAX_FILE_BYTES`].
    #[error("文件有 {} MB，超过了 {} MB 的上限", .bytes.div_ceil(1 << 20), .limit >> 20)]
    TooLarge {
        /// Its size.
        bytes: u64,
        /// The largest size taken.
        limit: u64,
    },
    /// Text in an encoding that is none of those known.
    #[error("认不出文字的编码：既不是 UTF-8，也不是 GB18030（第 {line} 行起读不通）")]
    Encoding {
        /// Line of the first bytes that are not UTF-8, from 1.
        line: usize,
    },
    /// Neither text nor any kind of file that is known.
    #[error("这不是文本文件，里面是二进制数据")]
    Binary,
    /// A format that has to be converted first, and no program that does it is installed.
    #[error("这是{}，要先转换才能读取，而这台机器上没有装 LibreOffice", .0.word())]
    Foreign(Foreign),
    /// The conversion came to nothing.
    #[error("这是{}，没有转换成功（{why}）", .foreign.word())]
    Conversion {
        /// What it is.
        foreign: Foreign,
        /// Why there is no result.
        why: &'static str,
    },
    /// Protected by a password.
    #[error("文件设了打开密码，无法读取")]
    Encrypted,
    /// A PDF of pictures: scanned, or with letters drawn as shapes.
    #[error("这份 PDF 里没有文字，只有{}页图像，多半是扫描件", .pages)]
    Scanned {
        /// How many pages it has.
        pages: usize,
    },
    /// A PDF whose letters cannot be told: its fonts do not say which character is which.
    #[error("这份 PDF 的字体没有带文字编码，读出来是乱码")]
    Garbled,
    /// OFD, the national layout format.
    #[error("这是 OFD 版式文件，不能直接读取")]
    Ofd,
    /// A picture, whatever its name says.
    #[error("这是一张 {} 图片，不是文档", .0.word())]
    Picture(Picture),
    /// A list was asked for, and this is none.
    #[error("这不是电子表格")]
    NotSheets,
    /// Slides.
    #[error("这是演示文稿（.pptx），不是文档")]
    Slides,
    /// XML that is no document.
    #[error("这是 XML 数据文件，不是文档")]
    Markup,
    /// An archive that is no document.
    #[error("这是压缩包，不是文档")]
    Archive,
    /// A package or a part of it that cannot be read.
    #[error("文件已损坏，读不出来（{why}）")]
    Broken {
        /// What is wrong, in words for the person.
        why: &'static str,
        /// What the reader met and where, in its own words: for the log and for engineers.
        detail: String,
    },
    /// Unpacks to more than any document would.
    #[error("文件解开后大得不正常，已停止读取（{what}）")]
    Bomb {
        /// Which bound was passed.
        what: &'static str,
    },
}

impl FileFault {
    /// What the person can do next.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::Empty => "请检查文件是否已保存，再重新选择",
            Self::NoText => "如果文字在图片里，请改用有文字的原稿（.docx 或 .txt）",
            Self::TooLarge { .. } => "请删去文档里的图片，或只保留要点正文，另存后再上传",
            Self::Encoding { .. } => "请用记事本或 WPS 打开，另存为 UTF-8 编码的 .txt，或另存为 .docx",
            Self::Binary => "请选择工作要点的原稿（.docx、.xlsx、.pdf 或 .txt）",
            Self::Foreign(kind) | Self::Conversion { foreign: kind, .. } if kind.is_sheets() => {
                "请用 Excel 或 WPS 表格打开它，选“另存为”，格式选 .xlsx，再上传新文件"
            }
            Self::Foreign(_) | Self::Conversion { .. } => {
                "请用 Word 或 WPS 打开它，选“另存为”，格式选 .docx（表格选 .xlsx），再上传新文件"
            }
            Self::Encrypted => "请在 Word 或 WPS 里取消打开密码，保存后再上传；涉密文件不得上传",
            Self::Scanned { .. } | Self::Garbled | Self::Ofd => {
                "请上传生成它的 Word 原稿（.docx）；只有纸质件的，先用文字识别软件转成 .docx，校对后再上传"
            }
            Self::Picture(_) => "请上传有文字的原稿（.docx 或 .txt）；改文件名并不能把图片变成文档",
            Self::NotSheets => "请上传 Excel 或 WPS 表格（.xlsx 或 .xls）",
            Self::Slides => "请把文字整理成 Word 文档（.docx）再上传",
            Self::Markup => "请上传要点的原稿（.docx、.xlsx、.pdf 或 .txt）",
            Self::Archive => "请先解压，再上传里面的文件",
            Self::Broken { .. } => {
                "请用 Word 或 WPS 打开它，看能否修复，另存为新文件；下载或拷贝不完整也会这样"
            }
            Self::Bomb { .. } => "正常的文档不会这样。请用 Word 或 WPS 打开原稿，另存为新文件",
        }
    }
}

/// Why a file cannot be written.
#[derive(Debug, Error)]
pub enum WriteFault {
    /// More rows than a spreadsheet holds.
    #[error("行数超过了电子表格的上限（{most} 行），请先筛选再导出")]
    TooManyRows {
        /// The most rows that fit, the head not counted.
        most: u32,
    },
    /// The spreadsheet could not be put together.
    #[error("电子表格没有写成：{0}")]
    Sheet(#[from] rust_xlsxwriter::XlsxError),
    /// The document could not be put together.
    #[error("公文没有写成：{0}")]
    Document(#[from] zip::result::ZipError),
}
