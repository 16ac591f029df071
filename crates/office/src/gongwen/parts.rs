//! The package around the body: fonts, styles, page number, settings.

use std::io::{Cursor, Write};

use jiff::civil::DateTime;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{Gongwen, write};
use crate::WriteFault;

/// The namespace of WordprocessingML.
pub(super) const W: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" \
                            xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"";

const HEADER: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";

const CONTENT_TYPES: &str = r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/><Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/><Override PartName="/word/settings.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.settings+xml"/><Override PartName="/word/fontTable.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.fontTable+xml"/><Override PartName="/word/footer1.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/><Override PartName="/word/footer2.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/><Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>"#;

const PACKAGE_RELATIONS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>"#;

const DOCUMENT_RELATIONS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/settings" Target="settings.xml"/><Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/fontTable" Target="fontTable.xml"/><Relationship Id="rId4" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footer" Target="footer1.xml"/><Relationship Id="rId5" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footer" Target="footer2.xml"/></Relationships>"#;

/// The section: A4; 天头 37 mm, 订口 28 mm, so that the text block of 156 × 225 mm leaves 26 mm and 35 mm; 22 lines.
/// The page number stands 7 mm under the text block: 35 mm less 7 mm less its own line of 16 pt.
pub(super) const SECTION: &str = r#"<w:sectPr><w:footerReference w:type="default" r:id="rId4"/><w:footerReference w:type="even" r:id="rId5"/><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="2098" w:right="1474" w:bottom="1984" w:left="1588" w:header="851" w:footer="1267" w:gutter="0"/><w:cols w:space="425"/><w:docGrid w:type="lines" w:linePitch="579"/></w:sectPr>"#;

/// The whole document as a package.
pub(super) fn package(made: DateTime, document: &Gongwen) -> Result<Vec<u8>, WriteFault> {
    let core = core(made, document);
    let body = write::body(document);
    let (styles, settings, fonts) = (styles(), settings(), fonts());
    let (odd, even) = (footer("right", "right"), footer("left", "left"));
    let parts: [(&str, &str); 10] = [
        ("[Content_Types].xml", CONTENT_TYPES),
        ("_rels/.rels", PACKAGE_RELATIONS),
        ("docProps/core.xml", &core),
        ("word/document.xml", &body),
        ("word/_rels/document.xml.rels", DOCUMENT_RELATIONS),
        ("word/styles.xml", &styles),
        ("word/settings.xml", &settings),
        ("word/fontTable.xml", &fonts),
        ("word/footer1.xml", &odd),
        ("word/footer2.xml", &even),
    ];
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, xml) in parts {
        zip.start_file(name, SimpleFileOptions::default())?;
        zip.write_all(HEADER.as_bytes())
            .and_then(|()| zip.write_all(xml.as_bytes()))
            .map_err(zip::result::ZipError::from)?;
    }
    Ok(zip.finish()?.into_inner())
}

/// Text as XML holds it; characters that XML has no place for are left out.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}

fn core(made: DateTime, document: &Gongwen) -> String {
    let title = escape(&document.title);
    let kind = document.kind.word();
    // The office's clock stands eight hours before UTC all year.
    let made = made.strftime("%Y-%m-%dT%H:%M:%S+08:00");
    format!(
        r#"<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>{title}</dc:title><cp:category>{kind}</cp:category><dcterms:created xsi:type="dcterms:W3CDTF">{made}</dcterms:created></cp:coreProperties>"#
    )
}

/// Odd pages count at the right, even ones at the left, one character in; 4号 half-width digits between dashes.
fn footer(align: &str, side: &str) -> String {
    let font = r#"<w:rPr><w:rFonts w:ascii="宋体" w:hAnsi="宋体" w:eastAsia="宋体" w:cs="宋体"/><w:sz w:val="28"/><w:szCs w:val="28"/></w:rPr>"#;
    let run = |inner: &str| format!("<w:r>{font}{inner}</w:r>");
    let number = [
        run("<w:t xml:space=\"preserve\">— </w:t>"),
        run("<w:fldChar w:fldCharType=\"begin\"/>"),
        run("<w:instrText xml:space=\"preserve\"> PAGE </w:instrText>"),
        run("<w:fldChar w:fldCharType=\"separate\"/>"),
        run("<w:t>1</w:t>"),
        run("<w:fldChar w:fldCharType=\"end\"/>"),
        run("<w:t xml:space=\"preserve\"> —</w:t>"),
    ]
    .concat();
    format!(
        r#"<w:ftr {W}><w:p><w:pPr><w:snapToGrid w:val="0"/><w:spacing w:line="320" w:lineRule="exact"/><w:ind w:{side}="280"/><w:jc w:val="{align}"/></w:pPr>{number}</w:p></w:ftr>"#
    )
}

fn settings() -> String {
    format!(
        r#"<w:settings {W}><w:zoom w:percent="100"/><w:evenAndOddHeaders/><w:characterSpacingControl w:val="doNotCompress"/><w:compat><w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat><w:themeFontLang w:val="en-US" w:eastAsia="zh-CN"/></w:settings>"#
    )
}

/// The fonts by name, each with those that take its place where it is missing.
fn fonts() -> String {
    let font = |name: &str, instead: &str| {
        format!(
            r#"<w:font w:name="{name}"><w:altName w:val="{instead}"/><w:charset w:val="86"/><w:family w:val="auto"/></w:font>"#
        )
    };
    format!(
        "<w:fonts {W}>{}{}{}{}{}</w:fonts>",
        font("方正小标宋简体", "方正小标宋_GBK,华文中宋,宋体"),
        font("仿宋_GB2312", "仿宋,FangSong,华文仿宋"),
        font("楷体_GB2312", "楷体,KaiTi,华文楷体"),
        font("黑体", "SimHei,微软雅黑"),
        font("宋体", "SimSun"),
    )
}

/// The styles: the body is 3号仿宋 on lines of 28.95 pt, characters a quarter of a point closer, so that a line takes
/// 28 characters and a page 22 lines.
fn styles() -> String {
    let fonts = |east: &str| {
        format!(
            r#"<w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:eastAsia="{east}" w:cs="Times New Roman"/>"#
        )
    };
    let run = |east: &str, half_points: u32, spacing: i32| {
        format!(
            r#"<w:rPr>{}<w:spacing w:val="{spacing}"/><w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/></w:rPr>"#,
            fonts(east)
        )
    };
    let style = |id: &str, name: &str, paragraph: &str, run: &str| {
        format!(
            r#"<w:style w:type="paragraph" w:customStyle="1" w:styleId="{id}"><w:name w:val="{name}"/><w:basedOn w:val="Normal"/><w:qFormat/><w:pPr>{paragraph}</w:pPr>{run}</w:style>"#
        )
    };
    let indent = r#"<w:ind w:firstLineChars="200" w:firstLine="630"/>"#;
    let outlined = |level: u8| format!(r#"<w:keepNext/>{indent}<w:outlineLvl w:val="{level}"/>"#);
    let song = run("方正小标宋简体", 44, 0);
    [
        format!("<w:styles {W}>"),
        format!(
            r#"<w:docDefaults><w:rPrDefault><w:rPr>{}<w:kern w:val="2"/><w:sz w:val="32"/><w:szCs w:val="32"/><w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault><w:pPrDefault/></w:docDefaults>"#,
            fonts("仿宋_GB2312")
        ),
        format!(
            r#"<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/><w:pPr><w:widowControl w:val="0"/><w:autoSpaceDE w:val="0"/><w:autoSpaceDN w:val="0"/><w:snapToGrid w:val="0"/><w:spacing w:before="0" w:after="0" w:line="579" w:lineRule="exact"/><w:jc w:val="both"/></w:pPr>{}</w:style>"#,
            run("仿宋_GB2312", 32, -5)
        ),
        style("GwTitle", "公文标题", r#"<w:spacing w:line="640" w:lineRule="exact"/><w:jc w:val="center"/>"#, &song),
        style("GwBody", "公文正文", indent, ""),
        style("GwHeading1", "公文一级标题", &outlined(0), &run("黑体", 32, -5)),
        style("GwHeading2", "公文二级标题", &outlined(1), &run("楷体_GB2312", 32, -5)),
        style("GwHeading3", "公文三级标题", &outlined(2), ""),
        style("GwCell", "公文表格", r#"<w:spacing w:line="360" w:lineRule="exact"/><w:jc w:val="left"/>"#, &run("仿宋_GB2312", 24, 0)),
        style("GwCellHead", "公文表头", r#"<w:keepNext/><w:spacing w:line="360" w:lineRule="exact"/><w:jc w:val="center"/>"#, &run("黑体", 24, 0)),
        "</w:styles>".to_owned(),
    ]
    .concat()
}
