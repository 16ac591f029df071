//! The body of a volume: cover and contents in a section without page numbers, then the parts, counted from 1.

use super::ruler::BETWEEN;
use super::{Block, Part, Volume};
use crate::gongwen::parts::{SECTION, W};
use crate::gongwen::write::{WIDTH, exact_line, paragraph, plain, run, tab, table_in};
use crate::gongwen::xml::Xml;

/// The section of cover and contents: the same page without a number.
const FRONT: &str = r#"<w:sectPr><w:type w:val="nextPage"/><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="2098" w:right="1474" w:bottom="1984" w:left="1588" w:header="851" w:footer="1267" w:gutter="0"/><w:cols w:space="425"/><w:docGrid w:type="lines" w:linePitch="579"/></w:sectPr>"#;

/// The field whose result the contents are: what stands in the outline down to the second level, as links.
const CONTENTS: &str = r" TOC \o &quot;1-2&quot; \h \z \u ";

/// A line of the contents: what it says, whether it is a part, and on which page it begins.
struct Line<'v> {
    title: &'v str,
    is_part: bool,
    page: u32,
    mark: String,
}

/// The part `word/document.xml`.
pub(super) fn body(volume: &Volume) -> Vec<u8> {
    let mut xml = Xml::new();
    xml.within("w:document", &W, |xml| xml.within("w:body", &[], |xml| whole(xml, volume)));
    xml.finish()
}

fn whole(xml: &mut Xml, volume: &Volume) {
    let lines = lines(volume);
    cover(xml, volume);
    contents(xml, &lines);
    xml.within("w:p", &[], |xml| xml.within("w:pPr", &[], |xml| xml.fixed(FRONT)));
    let mut marks = lines.iter();
    for (at, part) in volume.parts.iter().enumerate() {
        write_part(xml, part, at == 0, &mut marks);
    }
    // Counted from 1 whatever the contents take.
    xml.fixed(&SECTION.replace("<w:cols", "<w:pgNumType w:start=\"1\"/><w:cols"));
}

fn lines(volume: &Volume) -> Vec<Line<'_>> {
    let titles = volume.parts.iter().flat_map(|part| {
        let sheets = part.blocks.iter().filter_map(|b| match b {
            Block::Sheet(title) => Some((title.as_str(), false)),
            _ => None,
        });
        std::iter::once((part.title.as_str(), true)).chain(sheets)
    });
    titles
        .zip(super::pages(volume))
        .enumerate()
        .map(|(at, ((title, is_part), page))| Line {
            title,
            is_part,
            page,
            mark: format!("_Toc{:08}", at + 1),
        })
        .collect()
}

/// So far below the last line.
fn below(xml: &mut Xml, style: &str, twips: u32, text: &str) {
    let place = |xml: &mut Xml| xml.empty("w:spacing", &[("w:before", &twips.to_string())]);
    paragraph(xml, style, place, |xml| run(xml, text, None, |_| ()));
}

fn cover(xml: &mut Xml, volume: &Volume) {
    below(xml, "VolCover", 1200, &volume.year);
    below(xml, "VolTitle", 600, &volume.title);
    for (at, (label, words)) in volume.cover.iter().enumerate() {
        below(xml, "VolCover", if at == 0 { 2400 } else { 160 }, &format!("{label}：{words}"));
    }
    for (at, words) in volume.foot.iter().enumerate() {
        below(xml, "GwCell", if at == 0 { 1800 } else { 0 }, words);
    }
}

fn mark(xml: &mut Xml, kind: &str) {
    xml.within("w:r", &[], |xml| xml.empty("w:fldChar", &[("w:fldCharType", kind)]));
}

fn instruction(xml: &mut Xml, words: &str) {
    xml.within("w:r", &[], |xml| {
        xml.within("w:instrText", &[("xml:space", "preserve")], |xml| xml.fixed(words));
    });
}

/// 目录: one field around all of its lines, and in each line the number of the page as a field of its own.
fn contents(xml: &mut Xml, lines: &[Line<'_>]) {
    let place = |xml: &mut Xml| xml.empty("w:pageBreakBefore", &[]);
    paragraph(xml, "VolCover", place, |xml| run(xml, "目　录", Some("黑体"), |_| ()));
    for (at, line) in lines.iter().enumerate() {
        let place = |xml: &mut Xml| {
            xml.within("w:tabs", &[], |xml| {
                let (right, at) = (("w:val", "right"), WIDTH.to_string());
                xml.empty("w:tab", &[right, ("w:leader", "dot"), ("w:pos", &at)]);
            });
            let left = if line.is_part { "0" } else { "420" };
            xml.empty("w:ind", &[("w:left", left)]);
        };
        paragraph(xml, if line.is_part { "TOC1" } else { "TOC2" }, place, |xml| {
            if at == 0 {
                mark(xml, "begin");
                instruction(xml, CONTENTS);
                mark(xml, "separate");
            }
            xml.within("w:hyperlink", &[("w:anchor", &line.mark), ("w:history", "1")], |xml| {
                run(xml, line.title, None, |_| ());
                tab(xml);
                mark(xml, "begin");
                instruction(xml, &format!(" PAGEREF {} \\h ", line.mark));
                mark(xml, "separate");
                run(xml, &line.page.to_string(), None, |_| ());
                mark(xml, "end");
            });
        });
    }
    if !lines.is_empty() {
        xml.within("w:p", &[], |xml| mark(xml, "end"));
    }
}

/// A heading that the contents lead to.
fn heading(xml: &mut Xml, style: &str, turns: bool, title: &str, mark: Option<&Line<'_>>) {
    let place = |xml: &mut Xml| {
        if turns {
            xml.empty("w:pageBreakBefore", &[]);
        }
    };
    paragraph(xml, style, place, |xml| {
        let Some(line) = mark else { return run(xml, title, None, |_| ()) };
        let id = line.mark.trim_start_matches("_Toc").trim_start_matches('0');
        xml.empty("w:bookmarkStart", &[("w:id", id), ("w:name", &line.mark)]);
        run(xml, title, None, |_| ());
        xml.empty("w:bookmarkEnd", &[("w:id", id)]);
    });
}

fn write_part<'v>(xml: &mut Xml, part: &Part, first: bool, marks: &mut impl Iterator<Item = &'v Line<'v>>) {
    // The first follows a section's end, which turns the page already.
    heading(xml, "VolPart", !first, &part.title, marks.next());
    // The first sheet shares the page with what is said before it.
    let mut turns = false;
    let mut before: Option<&Block> = None;
    for block in &part.blocks {
        match block {
            Block::Sheet(title) => {
                heading(xml, "VolSheet", turns, title, marks.next());
                turns = true;
            }
            Block::Heading(text) => plain(xml, "VolHeading", text),
            Block::Paragraph(text) => plain(xml, "VolBody", text),
            Block::Missing(text) => plain(xml, "VolMissing", text),
            Block::Table(table) | Block::Narrow(table) => {
                if matches!(before, Some(Block::Table(_) | Block::Narrow(_))) {
                    // Two tables one after another would grow together.
                    paragraph(xml, "Normal", |xml| exact_line(xml, None, &BETWEEN.to_string()), |_| ());
                }
                table_in(xml, table, if matches!(block, Block::Table(_)) { "GwCell" } else { "VolCell" });
            }
        }
        before = Some(block);
    }
    // A body must not end with a table.
    if matches!(before, Some(Block::Table(_) | Block::Narrow(_))) {
        paragraph(xml, "Normal", |xml| exact_line(xml, None, "20"), |_| ());
    }
}
