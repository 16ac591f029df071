//! The package around the body: fonts, styles, page number, settings.

use std::io::{Cursor, Write};

use jiff::civil::DateTime;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::xml::Xml;
use super::{Gongwen, write};
use crate::WriteFault;

/// The namespaces of WordprocessingML.
pub(crate) const W: [(&str, &str); 2] = [
    ("xmlns:w", "http://schemas.openxmlformats.org/wordprocessingml/2006/main"),
    ("xmlns:r", "http://schemas.openxmlformats.org/officeDocument/2006/relationships"),
];

const HEADER: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";

const CONTENT_TYPES: &str = r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/><Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/><Override PartName="/word/settings.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.settings+xml"/><Override PartName="/word/fontTable.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.fontTable+xml"/><Override PartName="/word/footer1.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/><Override PartName="/word/footer2.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/><Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>"#;

const PACKAGE_RELATIONS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>"#;

const DOCUMENT_RELATIONS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/settings" Target="settings.xml"/><Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/fontTable" Target="fontTable.xml"/><Relationship Id="rId4" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footer" Target="footer1.xml"/><Relationship Id="rId5" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footer" Target="footer2.xml"/></Relationships>"#;

/// The section: A4; 天头 37 mm, 订口 28 mm, so that the text block of 156 × 225 mm leaves 26 mm and 35 mm; 22 lines.
/// The page number stands 7 mm under the text block: 35 mm less 7 mm less its own line of 16 pt.
pub(crate) const SECTION: &str = r#"<w:sectPr><w:footerReference w:type="default" r:id="rId4"/><w:footerReference w:type="even" r:id="rId5"/><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="2098" w:right="1474" w:bottom="1984" w:left="1588" w:header="851" w:footer="1267" w:gutter="0"/><w:cols w:space="425"/><w:docGrid w:type="lines" w:linePitch="579"/></w:sectPr>"#;

/// The style on which all others rest, but for its characters.
const NORMAL: &str = r#"<w:name w:val="Normal"/><w:qFormat/><w:pPr><w:widowControl w:val="0"/><w:autoSpaceDE w:val="0"/><w:autoSpaceDN w:val="0"/><w:snapToGrid w:val="0"/><w:spacing w:before="0" w:after="0" w:line="579" w:lineRule="exact"/><w:jc w:val="both"/></w:pPr>"#;

const SETTINGS: &str =
    r#"<w:zoom w:percent="100"/><w:evenAndOddHeaders/><w:characterSpacingControl w:val="doNotCompress"/>"#;

/// What follows whatever else the settings of a document say, in the order that the schema asks for.
const SETTINGS_AFTER: &str = r#"<w:compat><w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat><w:themeFontLang w:val="en-US" w:eastAsia="zh-CN"/>"#;

/// The whole document as a package.
pub(super) fn package(made: DateTime, document: &Gongwen) -> Result<Vec<u8>, WriteFault> {
    let body = write::body(document);
    packed(made, (&document.title, document.kind.word()), &body, &[], "")
}

/// A body as a package: what it is called and what kind it is, its further styles, and what else its settings say.
pub(crate) fn packed(
    made: DateTime,
    (title, category): (&str, &str),
    body: &[u8],
    further: &[Style],
    said: &str,
) -> Result<Vec<u8>, WriteFault> {
    let core = core(made, title, category);
    let (styles, settings, fonts) = (styles(further), settings(said), fonts());
    let (odd, even) = (footer("right", "w:right"), footer("left", "w:left"));
    let parts: [(&str, &[u8]); 10] = [
        ("[Content_Types].xml", CONTENT_TYPES.as_bytes()),
        ("_rels/.rels", PACKAGE_RELATIONS.as_bytes()),
        ("docProps/core.xml", &core),
        ("word/document.xml", body),
        ("word/_rels/document.xml.rels", DOCUMENT_RELATIONS.as_bytes()),
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
            .and_then(|()| zip.write_all(xml))
            .map_err(zip::result::ZipError::from)?;
    }
    Ok(zip.finish()?.into_inner())
}

fn core(made: DateTime, title: &str, category: &str) -> Vec<u8> {
    // The office's clock stands eight hours before UTC all year.
    let made = made.strftime("%Y-%m-%dT%H:%M:%S+08:00").to_string();
    let spaces = [
        ("xmlns:cp", "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"),
        ("xmlns:dc", "http://purl.org/dc/elements/1.1/"),
        ("xmlns:dcterms", "http://purl.org/dc/terms/"),
        ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
    ];
    let mut xml = Xml::new();
    xml.within("cp:coreProperties", &spaces, |xml| {
        xml.within("dc:title", &[], |xml| xml.text(title));
        xml.within("cp:category", &[], |xml| xml.text(category));
        xml.within("dcterms:created", &[("xsi:type", "dcterms:W3CDTF")], |xml| xml.text(&made));
    });
    xml.finish()
}

/// Odd pages count at the right, even ones at the left, one character in; 4号 half-width digits between dashes.
fn footer(align: &str, side: &str) -> Vec<u8> {
    let run = |xml: &mut Xml, inner: &dyn Fn(&mut Xml)| {
        xml.within("w:r", &[], |xml| {
            xml.within("w:rPr", &[], |xml| {
                xml.empty("w:rFonts", &four_fonts("宋体", "宋体"));
                xml.says("w:sz", "28");
                xml.says("w:szCs", "28");
            });
            inner(xml);
        });
    };
    let kept = [("xml:space", "preserve")];
    let mark = |xml: &mut Xml, kind: &str| xml.empty("w:fldChar", &[("w:fldCharType", kind)]);
    let mut xml = Xml::new();
    xml.within("w:ftr", &W, |xml| {
        xml.within("w:p", &[], |xml| {
            xml.within("w:pPr", &[], |xml| {
                xml.says("w:snapToGrid", "0");
                xml.empty("w:spacing", &[("w:line", "320"), ("w:lineRule", "exact")]);
                xml.empty("w:ind", &[(side, "280")]);
                xml.says("w:jc", align);
            });
            run(xml, &|xml| xml.within("w:t", &kept, |xml| xml.text("— ")));
            run(xml, &|xml| mark(xml, "begin"));
            run(xml, &|xml| xml.within("w:instrText", &kept, |xml| xml.text(" PAGE ")));
            run(xml, &|xml| mark(xml, "separate"));
            run(xml, &|xml| xml.within("w:t", &[], |xml| xml.text("1")));
            run(xml, &|xml| mark(xml, "end"));
            run(xml, &|xml| xml.within("w:t", &kept, |xml| xml.text(" —")));
        });
    });
    xml.finish()
}

/// The fonts of a run: of Latin letters, and of Chinese characters.
fn four_fonts<'a>(latin: &'a str, east: &'a str) -> [(&'a str, &'a str); 4] {
    [("w:ascii", latin), ("w:hAnsi", latin), ("w:eastAsia", east), ("w:cs", latin)]
}

fn settings(said: &str) -> Vec<u8> {
    let mut xml = Xml::new();
    xml.within("w:settings", &W, |xml| {
        xml.fixed(SETTINGS);
        xml.fixed(said);
        xml.fixed(SETTINGS_AFTER);
    });
    xml.finish()
}

/// The fonts by name, each with those that take its place where it is missing.
fn fonts() -> Vec<u8> {
    let mut xml = Xml::new();
    xml.within("w:fonts", &W, |xml| {
        for (name, instead) in [
            ("方正小标宋简体", "方正小标宋_GBK,华文中宋,宋体"),
            ("仿宋_GB2312", "仿宋,FangSong,华文仿宋"),
            ("楷体_GB2312", "楷体,KaiTi,华文楷体"),
            ("黑体", "SimHei,微软雅黑"),
            ("宋体", "SimSun"),
        ] {
            xml.within("w:font", &[("w:name", name)], |xml| {
                xml.says("w:altName", instead);
                xml.says("w:charset", "86");
                xml.says("w:family", "auto");
            });
        }
    });
    xml.finish()
}

/// What the characters of a style look like: the Chinese font, half points, and how far they stand apart.
pub(crate) type Look = (&'static str, &'static str, &'static str);

/// One style of a paragraph, beside that on which the others rest.
pub(crate) struct Style {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    /// Whether it stays with the paragraph after it.
    pub(crate) with_next: bool,
    /// Height of a line in twips, where it is another.
    pub(crate) line: Option<&'static str>,
    /// Two characters in.
    pub(crate) indented: bool,
    pub(crate) align: Option<&'static str>,
    /// Its place in the outline.
    pub(crate) level: Option<&'static str>,
    pub(crate) look: Option<Look>,
}

/// What a style is unless it says otherwise.
pub(crate) const PLAIN: Style = Style {
    id: "",
    name: "",
    with_next: false,
    line: None,
    indented: false,
    align: None,
    level: None,
    look: None,
};

/// The styles: the body is 3号仿宋 on lines of 28.95 pt, characters a quarter of a point closer, so that a line takes
/// 28 characters and a page 22 lines.
const STYLES: [Style; 7] = [
    Style {
        id: "GwTitle",
        name: "公文标题",
        line: Some("640"),
        align: Some("center"),
        look: Some(("方正小标宋简体", "44", "0")),
        ..PLAIN
    },
    Style { id: "GwBody", name: "公文正文", indented: true, ..PLAIN },
    Style {
        id: "GwHeading1",
        name: "公文一级标题",
        with_next: true,
        indented: true,
        level: Some("0"),
        look: Some(("黑体", "32", "-5")),
        ..PLAIN
    },
    Style {
        id: "GwHeading2",
        name: "公文二级标题",
        with_next: true,
        indented: true,
        level: Some("1"),
        look: Some(("楷体_GB2312", "32", "-5")),
        ..PLAIN
    },
    Style {
        id: "GwHeading3",
        name: "公文三级标题",
        with_next: true,
        indented: true,
        level: Some("2"),
        ..PLAIN
    },
    Style {
        id: "GwCell",
        name: "公文表格",
        line: Some("360"),
        align: Some("left"),
        look: Some(("仿宋_GB2312", "24", "0")),
        ..PLAIN
    },
    Style {
        id: "GwCellHead",
        name: "公文表头",
        with_next: true,
        line: Some("360"),
        align: Some("center"),
        look: Some(("黑体", "24", "0")),
        ..PLAIN
    },
];

fn write_look(xml: &mut Xml, (east, half_points, apart): Look) {
    xml.within("w:rPr", &[], |xml| {
        xml.empty("w:rFonts", &four_fonts("Times New Roman", east));
        xml.says("w:spacing", apart);
        xml.says("w:sz", half_points);
        xml.says("w:szCs", half_points);
    });
}

fn write_style(xml: &mut Xml, style: &Style) {
    let kind = [("w:type", "paragraph"), ("w:customStyle", "1"), ("w:styleId", style.id)];
    xml.within("w:style", &kind, |xml| {
        xml.says("w:name", style.name);
        xml.says("w:basedOn", "Normal");
        xml.empty("w:qFormat", &[]);
        xml.within("w:pPr", &[], |xml| {
            if style.with_next {
                xml.empty("w:keepNext", &[]);
            }
            if let Some(line) = style.line {
                xml.empty("w:spacing", &[("w:line", line), ("w:lineRule", "exact")]);
            }
            if style.indented {
                xml.empty("w:ind", &[("w:firstLineChars", "200"), ("w:firstLine", "630")]);
            }
            if let Some(align) = style.align {
                xml.says("w:jc", align);
            }
            if let Some(level) = style.level {
                xml.says("w:outlineLvl", level);
            }
        });
        if let Some(look) = style.look {
            write_look(xml, look);
        }
    });
}

fn styles(further: &[Style]) -> Vec<u8> {
    let mut xml = Xml::new();
    xml.within("w:styles", &W, |xml| {
        xml.within("w:docDefaults", &[], |xml| {
            xml.within("w:rPrDefault", &[], |xml| {
                xml.within("w:rPr", &[], |xml| {
                    xml.empty("w:rFonts", &four_fonts("Times New Roman", "仿宋_GB2312"));
                    xml.says("w:kern", "2");
                    xml.says("w:sz", "32");
                    xml.says("w:szCs", "32");
                    xml.empty("w:lang", &[("w:val", "en-US"), ("w:eastAsia", "zh-CN")]);
                });
            });
            xml.empty("w:pPrDefault", &[]);
        });
        let normal = [("w:type", "paragraph"), ("w:default", "1"), ("w:styleId", "Normal")];
        xml.within("w:style", &normal, |xml| {
            xml.fixed(NORMAL);
            write_look(xml, ("仿宋_GB2312", "32", "-5"));
        });
        for style in STYLES.iter().chain(further) {
            write_style(xml, style);
        }
    });
    xml.finish()
}
