//! Why a file is not taken, in words for the person who handed it in.

use thiserror::Error;

use crate::sniff::Kind;
use crate::{FileFault, Picture};

/// Why a file is not taken. The message is for the person: what is wrong, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// No bytes at all.
    #[error("文件是空的，请检查是否已保存，再重新选择")]
    Empty,
    /// Larger than the setting allows.
    #[error("文件超过 {} 的上限，请压缩、拆开，或把照片改小后再传", model::size_words(*.most as u64))]
    TooLarge {
        /// Most bytes.
        most: usize,
    },
    /// The file by which virus scanners are tested.
    #[error("{}带有病毒测试特征，按带毒文件处理，没有收下；请先杀毒", whose(.inside))]
    Virus {
        /// Name of the part of an archive; empty for the file itself.
        inside: String,
    },
    /// A program, whatever its name says.
    #[error("这是可执行程序，不管文件名怎么写都不收；请换成文档或图片")]
    Program,
    /// A program in an archive.
    #[error("压缩包里的“{inside}”是可执行程序或脚本，不收；请去掉它再打包")]
    ProgramInside {
        /// Name of the part.
        inside: String,
    },
    /// Macros.
    #[error("文件里带有宏，不收；请另存为不带宏的 .docx、.xlsx 或 .pptx")]
    Macros,
    /// Something that runs, or fetches from elsewhere, when the document is opened.
    #[error("文件里有{what}，打开时会自动运行或连到外面，不收；请去掉后另存再传")]
    Active {
        /// What.
        what: &'static str,
    },
    /// Protected by a password.
    #[error("文件设了密码，打不开来检查；请取消密码再传。涉密文件不得上传")]
    Encrypted,
    /// Unpacks to more than anybody needs.
    #[error("压缩包解开后大得不正常（{what}），没有收下")]
    Bomb {
        /// Which bound was passed.
        what: &'static str,
    },
    /// A part that cannot be looked into.
    #[error("压缩包里的“{inside}”打不开来检查，请解压后单独上传")]
    Unseen {
        /// Name of the part.
        inside: String,
    },
    /// Cannot be read.
    #[error("文件已损坏，打不开（{why}）；请用原来的软件打开，另存后再传")]
    Broken {
        /// What is wrong.
        why: &'static str,
    },
    /// More points than a machine should be asked to draw.
    #[error("图片有 {millions} 百万像素，最多 {most} 百万；请缩小后再传")]
    ManyPixels {
        /// How many millions it has.
        millions: u64,
        /// How many are taken.
        most: u64,
    },
    /// A side longer than a machine should be asked to draw.
    #[error("图片有一边长 {side} 像素，最多 {most}；请裁开或缩小后再传")]
    LongSide {
        /// How long it is.
        side: u32,
        /// How long it may be.
        most: u32,
    },
    /// Another kind of file; what it is and what to do.
    #[error("{0}")]
    OtherKind(&'static str),
}

fn whose(inside: &str) -> String {
    if inside.is_empty() { "文件".to_owned() } else { format!("压缩包里的“{inside}”") }
}

impl Refusal {
    /// Of what was told by its first bytes and is none of the kinds that are taken.
    pub(super) fn of_kind(told: &Result<Kind, FileFault>) -> Self {
        use crate::Foreign;
        const OLD: &str =
            "旧格式的 Office 文件（.doc、.xls、.ppt、.wps）不收，请另存为 .docx、.xlsx、.pptx 或 PDF 再传";
        const ANY: &str = "只收 PDF、OFD、Word、Excel、PPT、JPG、PNG 和 ZIP，这个文件不是其中任何一种";
        match told {
            Ok(Kind::Foreign(Foreign::BinarySheets)) => {
                Self::OtherKind("二进制的 Excel 表格（.xlsb）不收，请另存为 .xlsx 再传")
            }
            Ok(Kind::Foreign(Foreign::OpenText | Foreign::OpenSheets)) => {
                Self::OtherKind("OpenDocument 文件不收，请另存为 .docx、.xlsx 或 PDF 再传")
            }
            Ok(Kind::OldSheets | Kind::Rtf | Kind::Foreign(_)) | Err(FileFault::Slides) => {
                Self::OtherKind(OLD)
            }
            Ok(Kind::Text | Kind::Page) | Err(FileFault::Markup) => {
                Self::OtherKind("网页和纯文本不收，请存成 PDF 或 Word 文档，或把文字粘贴到表单里")
            }
            Err(FileFault::Picture(Picture::Heic)) => {
                Self::OtherKind("苹果手机的 HEIC 照片不收，请在相册里导出为 JPG 再传")
            }
            Err(FileFault::Picture(_)) => Self::OtherKind("图片只收 JPG 和 PNG，请另存后再传"),
            Err(FileFault::Archive) => Self::OtherKind("压缩包只收 ZIP，请改用 ZIP 打包，或解压后单独上传"),
            Err(FileFault::Encrypted) => Self::Encrypted,
            Err(FileFault::Empty) => Self::Empty,
            Ok(Kind::Pdf | Kind::Package) | Err(_) => Self::OtherKind(ANY),
        }
    }
}
