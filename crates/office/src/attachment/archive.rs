//! Looking into zip containers: which Office file it is, or whether an archive holds anything that a machine would run.

use std::io::{Cursor, Read};

use model::FileKind;
use zip::ZipArchive;

use super::{Refusal, is_program, is_test_virus};
use crate::limits::{MAX_PARTS, MAX_RATIO, RATIO_FREE};
use crate::package::{Bounded, unread};
use crate::{FileFault, Foreign, sniff};

/// Most bytes that one archive may unpack to, what lies in archives within it counted: two hundred photographs.
const MOST_UNPACKED: u64 = 512 << 20;
/// Largest part of an archive; it is held in memory while it is looked at.
const MOST_PART: u64 = 128 << 20;
/// Archives within archives.
const DEEPEST: usize = 2;

/// Endings of what a machine runs by a click, though its content is only text or a list of commands.
const RUN: [&str; 35] = [
    "apk", "app", "bat", "cmd", "com", "cpl", "dll", "dmg", "exe", "gadget", "hta", "inf", "ins", "iso",
    "jar", "js", "jse", "lnk", "msc", "msi", "msix", "msp", "pif", "ps1", "psm1", "py", "reg", "scf", "scr",
    "sh", "url", "vb", "vbe", "vbs", "wsf",
];

/// Endings of what an archive may hold: what is taken by itself, plain tables and text, pictures and sound. What a machine runs by a
/// click has more endings than anybody can list.
const KEPT: [&str; 28] = [
    "pdf", "ofd", "docx", "xlsx", "pptx", "zip", "jpg", "jpeg", "png", "gif", "bmp", "webp", "heic", "tif",
    "tiff", "txt", "csv", "md", "rtf", "et", "wps", "dps", "mp3", "m4a", "wav", "mp4", "mov", "avi",
];

/// Whether a part of an archive is one that people put there to be read: by its ending, as Windows takes it, which drops dots
/// and blanks at the end and what stands behind a colon.
fn is_kept(inside: &str) -> bool {
    let name = inside.rsplit(['/', '\\']).next().unwrap_or(inside).split(':').next().unwrap_or_default();
    let name = name.trim_end_matches(['.', ' ']).to_ascii_lowercase();
    // Put there by a Mac, and nothing to anybody.
    let of_mac = name == ".ds_store" || inside.starts_with("__MACOSX/");
    of_mac || name.rsplit_once('.').is_some_and(|(_, ending)| KEPT.contains(&ending))
}

/// What of an Office file's part would fetch or run something when it is opened.
fn active(inside: &str, content: &[u8]) -> Option<&'static str> {
    let lower = inside.to_ascii_lowercase();
    if lower.contains("/embeddings/") && lower.ends_with(".bin") {
        return Some("嵌入的对象");
    }
    let text = || String::from_utf8_lossy(content);
    if lower.ends_with(".rels") {
        let fetches = ["attachedTemplate", "oleObject", "/frame", "subDocument"];
        let external = |relation: &str| {
            relation.contains("TargetMode=\"External\"") && fetches.iter().any(|kind| relation.contains(kind))
        };
        return text().split('<').any(external).then_some("连到外面的模板或对象");
    }
    let main = lower.starts_with("word/") && lower.ends_with(".xml");
    let is_dde = |field: &str| field.trim_start().starts_with("DDE");
    (main
        && text().split("instrText").any(|part| part.split_once('>').is_some_and(|(_, field)| is_dde(field))))
    .then_some("自动更新的 DDE 域")
}

/// What the container is.
///
/// # Errors
/// A [`Refusal`] when it cannot be looked into to its end, or holds what nobody should keep.
pub(super) fn look(bytes: &[u8]) -> Result<FileKind, Refusal> {
    let mut left = MOST_UNPACKED;
    into(bytes, 0, &mut left)
}

fn into(bytes: &[u8], depth: usize, left: &mut u64) -> Result<FileKind, Refusal> {
    let mut zip =
        ZipArchive::new(Cursor::new(bytes)).map_err(|_| Refusal::Broken { why: "压缩包不完整" })?;
    if zip.len() > MAX_PARTS {
        return Err(Refusal::Bomb { what: "文件过多" });
    }
    let kind = kind(&zip)?;
    for n in 0..zip.len() {
        part(&mut zip, n, kind, depth, left)?;
    }
    Ok(kind)
}

/// Which of the kinds it is, by the parts that it lists.
fn kind(zip: &ZipArchive<Cursor<&[u8]>>) -> Result<FileKind, Refusal> {
    let has = |name: &str| zip.index_for_name(name).is_some();
    let lower: Vec<String> =
        zip.file_names().filter_map(|n| n.ok()).map(|n| n.to_ascii_lowercase()).collect();
    let office = has("[Content_Types].xml");
    if office
        && lower
            .iter()
            .any(|n| n.ends_with("vbaproject.bin") || n.contains("/macrosheets/") || n.contains("/activex/"))
    {
        return Err(Refusal::Macros);
    }
    if has("EncryptedPackage") {
        return Err(Refusal::Encrypted);
    }
    if has("xl/workbook.bin") {
        return Err(Refusal::OtherKind("二进制的 Excel 表格（.xlsb）不收，请另存为 .xlsx 再传"));
    }
    if has("mimetype") && has("content.xml") {
        return Err(Refusal::of_kind(&Ok(sniff::Kind::Foreign(Foreign::OpenText))));
    }
    if has("OFD.xml") {
        return Ok(FileKind::Ofd);
    }
    Ok(match office {
        true if has("word/document.xml") => FileKind::Docx,
        true if has("xl/workbook.xml") => FileKind::Xlsx,
        true if has("ppt/presentation.xml") => FileKind::Pptx,
        _ => FileKind::Zip,
    })
}

/// Unpacks one part and looks at it.
fn part(
    zip: &mut ZipArchive<Cursor<&[u8]>>,
    n: usize,
    of: FileKind,
    depth: usize,
    left: &mut u64,
) -> Result<(), Refusal> {
    let raw = zip.by_index_raw(n).map_err(|_| Refusal::Broken { why: "压缩包的目录读不出来" })?;
    let inside: String =
        String::from_utf8_lossy(raw.name_raw()).chars().filter(|c| !c.is_control()).take(80).collect();
    let (encrypted, folder, packed) = (raw.encrypted(), raw.is_dir(), raw.compressed_size());
    let link = raw.is_symlink();
    drop(raw);
    if encrypted {
        return Err(Refusal::Encrypted);
    }
    if folder {
        return Ok(());
    }
    // What would be put beside the folder into which it is unpacked, or is only a way to something else.
    if of == FileKind::Zip && (link || inside.split(['/', '\\']).any(|step| step == "..")) {
        return Err(Refusal::Unseen { inside });
    }
    let ending = inside.rsplit_once('.').map(|(_, e)| e.trim().to_ascii_lowercase()).unwrap_or_default();
    if matches!(of, FileKind::Zip | FileKind::Ofd) && RUN.contains(&ending.as_str()) {
        return Err(Refusal::ProgramInside { inside });
    }
    if of == FileKind::Zip && !is_kept(&inside) {
        return Err(Refusal::Unseen { inside });
    }
    let by_ratio = packed.saturating_mul(MAX_RATIO).max(RATIO_FREE);
    let mut allowed = (*left).min(by_ratio).min(MOST_PART);
    let before = allowed;
    let mut content = Vec::new();
    let unpacked = zip
        .by_index(n)
        .map_err(|_| Refusal::Unseen { inside: inside.clone() })
        .map(|part| Bounded::new(part, &mut allowed).read_to_end(&mut content))?;
    if let Err(why) = unpacked {
        return Err(match unread(&why) {
            FileFault::Bomb { .. } => Refusal::Bomb { what: "解压后过大" },
            _ => Refusal::Broken { why: "压缩包有一部分读不出来" },
        });
    }
    *left -= before - allowed;
    if is_test_virus(&content) {
        return Err(Refusal::Virus { inside });
    }
    if is_program(&content) {
        return Err(Refusal::ProgramInside { inside });
    }
    if of != FileKind::Zip && (inside == "[Content_Types].xml") && says_macros(&content) {
        return Err(Refusal::Macros);
    }
    if of != FileKind::Zip
        && let Some(what) = active(&inside, &content)
    {
        return Err(Refusal::Active { what });
    }
    if of == FileKind::Zip && content.starts_with(b"%PDF") && crate::pdf::is_active(&content) {
        return Err(Refusal::Active { what: "脚本、启动命令或夹带的文件" });
    }
    match sniff::kind(&content) {
        Ok(sniff::Kind::Package) if depth < DEEPEST => into(&content, depth + 1, left).map(|_| ()),
        Ok(sniff::Kind::Package) => Err(Refusal::Bomb { what: "压缩包套得太深" }),
        // Another archive cannot be looked into; an old Office file may hold macros.
        Err(FileFault::Archive) => Err(Refusal::Unseen { inside }),
        Err(FileFault::Encrypted) => Err(Refusal::Encrypted),
        _ => Ok(()),
    }
}

/// Whether a file is an archive as well, whatever it is first.
pub(super) fn is_archive_too(bytes: &[u8]) -> bool {
    ZipArchive::new(Cursor::new(bytes)).is_ok_and(|zip| !zip.is_empty())
}

/// Whether an Office file calls itself one with macros, whatever parts it has.
fn says_macros(types: &[u8]) -> bool {
    String::from_utf8_lossy(types).to_ascii_lowercase().contains("macroenabled")
}
