//! Documents as other programs write them (see `files/make.py`), read to the last word.

use model::{BlockKind, Place, SourceText};
use office::{FileFault, Picture, read_document};

fn file(name: &str) -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/files/");
    std::fs::read(format!("{path}{name}")).expect("a file of this folder")
}

fn read(name: &str) -> SourceText {
    read_document(name, &file(name)).unwrap_or_else(|fault| panic!("{name}: {fault}"))
}

/// One line for each block: where it stood and its words.
fn shown(source: &SourceText) -> String {
    let line = |block: &model::Block| {
        let place = match &block.place {
            Place::Cell { table, row, column } => format!("{table}:{row},{column}"),
            Place::Paragraph(n) => format!("¶{n}"),
            other => format!("{other:?}"),
        };
        let words = block.span.of(&source.text).replace('\t', "→");
        format!("{place:8}{}", if words.is_empty() { "（空）" } else { &words })
    };
    source.blocks.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn numbers_changes_fields_and_boxes_of_a_document() {
    insta::assert_snapshot!(shown(&read("numbered.docx")));
}

#[test]
fn merged_cells_are_filled_downwards() {
    insta::assert_snapshot!(shown(&read("table.docx")));
}

#[test]
fn a_document_of_libreoffice() {
    insta::assert_snapshot!(shown(&read("libreoffice.docx")));
}

#[test]
fn rich_text_of_libreoffice() {
    // LibreOffice itself writes ? for the mark behind the numbers of a list in RTF.
    insta::assert_snapshot!(shown(&read("libreoffice.rtf")));
}

#[test]
fn a_saved_web_page_loses_what_the_site_put_around_it() {
    insta::assert_snapshot!(shown(&read("page.html")));
}

#[test]
fn a_piece_of_a_page_is_read_as_one() {
    let words = "<div><p>一、总体要求</p><ol><li>抓学习。</li><li>2.抓队伍。</li></ol></div>";
    for bytes in [
        words.as_bytes().to_vec(),
        encoding_rs::GB18030.encode(words).0.into_owned(),
        "\u{feff}"
            .chars()
            .chain(words.chars())
            .collect::<String>()
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect(),
    ] {
        let source = read_document("粘贴.html", &bytes).expect("a page");
        assert_eq!(source.text, "一、总体要求\n1.抓学习。\n2.抓队伍。\n");
    }
}

#[test]
fn a_workbook_becomes_tables_with_its_titles_above_them() {
    insta::assert_snapshot!(shown(&read("tasks.xlsx")));
}

#[test]
fn the_old_workbook_gives_the_same_text() {
    let (old, new) = (read("tasks.xls"), read("tasks.xlsx"));
    // The one formula has a value only where LibreOffice worked it out.
    assert_eq!(old.text.replace("\n2\n12.5", "\n12.5"), new.text);
}

#[test]
fn the_name_of_the_file_changes_nothing_but_the_name() {
    let bytes = file("table.docx");
    let misnamed = read_document("照片.png", &bytes).expect("content decides");
    assert_eq!(misnamed.text, read("table.docx").text);
    assert_eq!(misnamed.name, "照片.png");
}

#[test]
fn cells_carry_row_and_column() {
    let source = read("table.docx");
    let block = source.blocks.iter().find(|b| b.span.of(&source.text) == "资产处").expect("the cell");
    assert_eq!(block.kind, BlockKind::Cell { row: 5, column: 2, table: 0 });
}

#[test]
fn every_other_kind_of_file_is_refused_by_its_own_name() {
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    assert_eq!(read_document("要点.docx", png), Err(FileFault::Picture(Picture::Png)));
    assert_eq!(read_document("要点.docx", b"Rar!\x1a\x07\x01\0"), Err(FileFault::Archive));
    assert_eq!(read_document("要点.xlsx", b"<?xml version=\"1.0\"?><rss/>"), Err(FileFault::Markup));
    assert_eq!(read_document("要点.docx", b""), Err(FileFault::Empty));
    assert_eq!(read_document("要点.txt", "\u{feff} \r\n\t\n".as_bytes()), Err(FileFault::NoText));
    assert_eq!(
        read_document("要点.docx", b"\xff\xd8\xff\xe0\0\x10JFIF"),
        Err(FileFault::Picture(Picture::Jpeg))
    );
    let large = vec![b'a'; office::MAX_FILE_BYTES + 1];
    let fault = read_document("要点.txt", &large).expect_err("too large");
    assert_eq!(fault.to_string(), "文件有 33 MB，超过了 32 MB 的上限");
}

#[test]
fn text_of_any_line_end_and_encoding_gives_the_same_plan_text() {
    let words = "一、总体要求\n1.每月召开１次例会。（责任部门：各支部）\n";
    let crlf = words.replace('\n', "\r\n");
    let gb = encoding_rs::GB18030.encode(&crlf).0.into_owned();
    for bytes in [words.as_bytes(), crlf.as_bytes(), &gb] {
        let source = read_document("要点.txt", bytes).expect("text");
        assert_eq!(source.text, format!("{words}\n"));
        assert_eq!(source.blocks[1].place, Place::Line(2));
    }
}
