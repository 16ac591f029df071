//! The body: head, title, text, attachments, signature.

use super::parts::{SECTION, W};
use super::xml::Xml;
use super::{Block, Gongwen, Head, Signature, Table, title};

/// Width of the text block in twips: A4 less 28 mm and 26 mm.
pub(crate) const WIDTH: u32 = 11906 - 1588 - 1474;

/// One character of 3号 with its spacing, in twips.
const CHARACTER: i32 = 315;

/// The part `word/document.xml`.
pub(super) fn body(document: &Gongwen) -> Vec<u8> {
    let mut xml = Xml::new();
    xml.within("w:document", &W, |xml| xml.within("w:body", &[], |xml| whole(xml, document)));
    xml.finish()
}

fn whole(xml: &mut Xml, document: &Gongwen) {
    if let Some(head) = &document.head {
        write_head(xml, head, document.kind.goes_upwards());
    }
    blank(xml, if document.head.is_some() { 2 } else { 0 });
    for line in title::lines(&document.title) {
        plain(xml, "GwTitle", &line);
    }
    blank(xml, 1);
    if !document.addressee.is_empty() {
        plain(xml, "Normal", &format!("{}：", document.addressee));
    }
    write_blocks(xml, &document.blocks);
    named_attachments(xml, document);
    if let Some(signature) = &document.signature {
        write_signature(xml, signature);
    }
    if !document.note.is_empty() {
        plain(xml, "GwBody", &format!("（{}）", document.note));
    }
    attachments(xml, document);
    xml.fixed(SECTION);
}

/// A paragraph; `extra` writes further properties, in the order that the schema asks for, and `runs` what it says.
pub(crate) fn paragraph(
    xml: &mut Xml,
    style: &str,
    extra: impl FnOnce(&mut Xml),
    runs: impl FnOnce(&mut Xml),
) {
    xml.within("w:p", &[], |xml| {
        xml.within("w:pPr", &[], |xml| {
            xml.says("w:pStyle", style);
            extra(xml);
        });
        runs(xml);
    });
}

/// A paragraph that only says something.
pub(crate) fn plain(xml: &mut Xml, style: &str, text: &str) {
    paragraph(xml, style, |_| (), |xml| run(xml, text, None, |_| ()));
}

fn blank(xml: &mut Xml, lines: usize) {
    for _ in 0..lines {
        paragraph(xml, "Normal", |_| (), |_| ());
    }
}

/// A run; `font` is another than the style's, `properties` writes what else is another. The hint makes quotation marks
/// and dashes take the Chinese font, in which they are as wide as a character.
pub(crate) fn run(xml: &mut Xml, text: &str, font: Option<&str>, properties: impl FnOnce(&mut Xml)) {
    if text.is_empty() {
        return;
    }
    xml.within("w:r", &[], |xml| {
        xml.within("w:rPr", &[], |xml| {
            // The hint belongs to the fonts, and there may be only one element of them.
            let hint = ("w:hint", "eastAsia");
            let fonts = font.map(|font| [hint, ("w:ascii", font), ("w:hAnsi", font), ("w:eastAsia", font)]);
            xml.empty("w:rFonts", fonts.as_ref().map_or(&[hint], |fonts| fonts.as_slice()));
            properties(xml);
        });
        xml.within("w:t", &[("xml:space", "preserve")], |xml| xml.text(text));
    });
}

pub(crate) fn tab(xml: &mut Xml) {
    xml.within("w:r", &[], |xml| xml.empty("w:tab", &[]));
}

pub(crate) fn exact_line(xml: &mut Xml, before: Option<&str>, line: &str) {
    let spacing = [("w:before", before.unwrap_or_default()), ("w:line", line), ("w:lineRule", "exact")];
    xml.empty("w:spacing", if before.is_some() { &spacing } else { &spacing[1..] });
}

/// One place to which a tab leads.
fn tab_stop(xml: &mut Xml, side: &str, at: i32) {
    let at = at.to_string();
    xml.within("w:tabs", &[], |xml| xml.empty("w:tab", &[("w:val", side), ("w:pos", &at)]));
}

/// 版头: the mark 35 mm under the top of the text block, two lines, the number, and 4 mm under it the red rule.
fn write_head(xml: &mut Xml, head: &Head, upwards: bool) {
    let characters = u32::try_from(head.mark.chars().count()).unwrap_or(u32::MAX).max(1);
    // As large as one line allows, and no larger than what looks like a head: in half points.
    let size = (WIDTH / 10 / characters).saturating_sub(1).clamp(32, 108);
    let line = (size * 13).to_string();
    let size = size.to_string();
    let place = |xml: &mut Xml| {
        exact_line(xml, Some("1984"), &line);
        xml.says("w:jc", "center");
    };
    paragraph(xml, "Normal", place, |xml| {
        run(xml, &head.mark, Some("方正小标宋简体"), |xml| {
            xml.says("w:color", "FF0000");
            xml.says("w:spacing", "0");
            xml.says("w:sz", &size);
            xml.says("w:szCs", &size);
        });
    });
    blank(xml, 2);
    let number = head.number.as_ref().map(|n| n.words()).unwrap_or_default();
    // The line of the number is 28.95 pt high, its characters 16: half the difference is already there.
    let rule = |xml: &mut Xml| {
        xml.within("w:pBdr", &[], |xml| {
            let red = [("w:val", "single"), ("w:sz", "12"), ("w:space", "5"), ("w:color", "FF0000")];
            xml.empty("w:bottom", &red);
        });
    };
    match head.signed_off_by.as_ref().filter(|_| upwards) {
        Some(name) => {
            let place = |xml: &mut Xml| {
                rule(xml);
                tab_stop(xml, "right", i32::try_from(WIDTH).unwrap_or(0) - CHARACTER);
                xml.empty("w:ind", &[("w:left", &CHARACTER.to_string())]);
                xml.says("w:jc", "left");
            };
            paragraph(xml, "Normal", place, |xml| {
                run(xml, &number, None, |_| ());
                tab(xml);
                run(xml, "签发人：", None, |_| ());
                run(xml, name, Some("楷体_GB2312"), |_| ());
            });
        }
        None => {
            let place = |xml: &mut Xml| {
                rule(xml);
                xml.says("w:jc", "center");
            };
            paragraph(xml, "Normal", place, |xml| run(xml, &number, None, |_| ()));
        }
    }
}

fn write_blocks(xml: &mut Xml, blocks: &[Block]) {
    for (block, number) in blocks.iter().zip(super::numbers(blocks)) {
        match block {
            Block::Heading1(text) => plain(xml, "GwHeading1", &format!("{number}{text}")),
            Block::Heading2(text) => plain(xml, "GwHeading2", &format!("{number}{text}")),
            Block::Heading3(text) => plain(xml, "GwHeading3", &format!("{number}{text}")),
            Block::Heading(text) => plain(xml, "GwHeading1", text),
            Block::Paragraph(text) => plain(xml, "GwBody", text),
            Block::Table(table) => write_table(xml, table),
        }
    }
}

/// A width in twips.
fn width_of(xml: &mut Xml, name: &str, width: u32) {
    xml.empty(name, &[("w:w", &width.to_string()), ("w:type", "dxa")]);
}

/// The widths of a table's columns in twips.
pub(crate) fn widths(table: &Table) -> Vec<u32> {
    let shares: u32 = table.columns.iter().map(|(_, share)| u32::from(*share)).sum::<u32>().max(1);
    table.columns.iter().map(|(_, share)| WIDTH * u32::from(*share) / shares).collect()
}

fn write_table(xml: &mut Xml, table: &Table) {
    table_in(xml, table, "GwCell");
    // Two tables one after another would grow together.
    paragraph(xml, "Normal", |xml| exact_line(xml, None, "240"), |_| ());
}

/// A table whose cells are of this style, their heads of the same with `Head` behind it.
pub(crate) fn table_in(xml: &mut Xml, table: &Table, style: &str) {
    let widths = widths(table);
    let head_style = format!("{style}Head");
    xml.within("w:tbl", &[], |xml| {
        xml.within("w:tblPr", &[], |xml| {
            width_of(xml, "w:tblW", WIDTH);
            xml.says("w:jc", "center");
            xml.within("w:tblBorders", &[], |xml| {
                for side in ["w:top", "w:left", "w:bottom", "w:right", "w:insideH", "w:insideV"] {
                    let edge = [("w:val", "single"), ("w:sz", "4"), ("w:space", "0"), ("w:color", "000000")];
                    xml.empty(side, &edge);
                }
            });
            xml.empty("w:tblLayout", &[("w:type", "fixed")]);
            xml.within("w:tblCellMar", &[], |xml| {
                width_of(xml, "w:left", 85);
                width_of(xml, "w:right", 85);
            });
        });
        xml.within("w:tblGrid", &[], |xml| {
            for width in &widths {
                xml.empty("w:gridCol", &[("w:w", &width.to_string())]);
            }
        });
        let heads: Vec<String> = table.columns.iter().map(|(head, _)| head.clone()).collect();
        let is_form = table.is_form();
        if !is_form {
            write_row(xml, &heads, &widths, &head_style, &["w:cantSplit", "w:tblHeader"]);
        }
        for row in &table.rows {
            write_row(xml, row, &widths, style, if is_form { &[] } else { &["w:cantSplit"] });
        }
    });
}

fn write_row(xml: &mut Xml, cells: &[String], widths: &[u32], style: &str, properties: &[&str]) {
    xml.within("w:tr", &[], |xml| {
        xml.within("w:trPr", &[], |xml| properties.iter().for_each(|name| xml.empty(name, &[])));
        for (at, width) in widths.iter().enumerate() {
            xml.within("w:tc", &[], |xml| {
                xml.within("w:tcPr", &[], |xml| {
                    width_of(xml, "w:tcW", *width);
                    xml.says("w:vAlign", "center");
                });
                let text = cells.get(at).map(String::as_str).unwrap_or_default();
                // Figures stand in the middle, words at the left.
                let is_figure =
                    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || ".%/-".contains(c));
                for line in text.split('\n') {
                    let place = |xml: &mut Xml| {
                        if is_figure {
                            xml.says("w:jc", "center");
                        }
                    };
                    paragraph(xml, style, place, |xml| run(xml, line, None, |_| ()));
                }
            });
        }
    });
}

/// 附件说明: a line under the text, two characters in; the second begins under the first one's number.
fn named_attachments(xml: &mut Xml, document: &Gongwen) {
    let count = document.attachments.len();
    if count == 0 {
        return;
    }
    blank(xml, 1);
    for (at, attachment) in document.attachments.iter().enumerate() {
        let label = if at == 0 { "附件：" } else { "" };
        let number = if count == 1 { String::new() } else { format!("{}.", at + 1) };
        // Where the title begins: two characters, 附件： and, of several, the number.
        let hanging = CHARACTER * 3 + if count == 1 { 0 } else { CHARACTER };
        let left = CHARACTER * 2 + hanging;
        let first = if at == 0 { hanging } else { hanging - CHARACTER * 3 };
        let place = |xml: &mut Xml| {
            tab_stop(xml, "left", left);
            xml.empty("w:ind", &[("w:left", &left.to_string()), ("w:hanging", &first.to_string())]);
        };
        paragraph(xml, "Normal", place, |xml| {
            if count == 1 {
                run(xml, &format!("{label}{}", attachment.title), None, |_| ());
            } else {
                run(xml, &format!("{label}{number}"), None, |_| ());
                tab(xml);
                run(xml, &attachment.title, None, |_| ());
            }
        });
    }
}

/// 署名 and 成文日期 at the right; figures in the standard's 7.3.5.
fn write_signature(xml: &mut Xml, signature: &Signature) {
    let date = signature.day_words();
    let (name_width, date_width) = (half_characters(&signature.issuer), half_characters(&date));
    // All in half characters from the right edge of the text block.
    let (name_right, date_right) = if signature.sealed {
        (8 + (date_width - name_width) / 2, 8)
    } else if date_width > name_width {
        (8 + date_width - name_width, 4)
    } else {
        (4, name_width - date_width)
    };
    blank(xml, if signature.sealed { 2 } else { 1 });
    for (text, right) in [(&signature.issuer, name_right), (&date, date_right)] {
        let right = (right.max(0) * CHARACTER / 2).to_string();
        let place = |xml: &mut Xml| {
            xml.empty("w:keepLines", &[]);
            xml.empty("w:ind", &[("w:right", &right)]);
            xml.says("w:jc", "right");
        };
        paragraph(xml, "Normal", place, |xml| run(xml, text, None, |_| ()));
    }
}

/// Each attachment that has a text, on a page of its own.
fn attachments(xml: &mut Xml, document: &Gongwen) {
    let count = document.attachments.len();
    for (at, attachment) in document.attachments.iter().enumerate() {
        if attachment.blocks.is_empty() {
            continue;
        }
        let number = if count == 1 { String::new() } else { (at + 1).to_string() };
        let place = |xml: &mut Xml| xml.empty("w:pageBreakBefore", &[]);
        paragraph(xml, "Normal", place, |xml| run(xml, &format!("附件{number}"), Some("黑体"), |_| ()));
        blank(xml, 1);
        for line in title::lines(&attachment.title) {
            plain(xml, "GwTitle", &line);
        }
        blank(xml, 1);
        write_blocks(xml, &attachment.blocks);
    }
}

/// Width in half characters.
fn half_characters(text: &str) -> i32 {
    text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}
