//! PDFs as other programs print them (see `files/make_pages.py`), read to the last word.

use model::{BlockKind, Place, SourceText};
use office::{FileFault, read_document};

fn file(name: &str) -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/files/");
    std::fs::read(format!("{path}{name}")).expect("a file of this folder")
}

fn read(name: &str) -> SourceText {
    read_document(name, &file(name)).unwrap_or_else(|fault| panic!("{name}: {fault:?}"))
}

/// One line for each paragraph with its page, one for each row of a table.
fn shown(source: &SourceText) -> String {
    let mut out = String::new();
    let mut row_before = None;
    for block in &source.blocks {
        let words = block.span.of(&source.text);
        let Place::Page(page) = block.place else { panic!("{:?}", block.place) };
        match block.kind {
            BlockKind::Paragraph => {
                out.push_str(&format!("\n{page}:{words}"));
                row_before = None;
            }
            BlockKind::Cell { row, column, table } => {
                if row_before != Some((table, row)) {
                    out.push_str(&format!("\n{page}:[{table}.{row}]"));
                }
                row_before = Some((table, row));
                out.push_str(&format!(" {column}={words}"));
            }
        }
    }
    out.trim_start().to_owned()
}

#[test]
fn a_document_printed_by_libreoffice() {
    insta::assert_snapshot!(shown(&read("printed.pdf")));
}

#[test]
fn a_table_over_several_pages_printed_by_libreoffice() {
    insta::assert_snapshot!(shown(&read("printed-table.pdf")));
}

#[test]
fn a_page_printed_by_chromium() {
    insta::assert_snapshot!(shown(&read("chromium.pdf")));
}

#[test]
fn fonts_that_are_only_named_and_national_encodings_are_read() {
    for name in ["gbk-euc.pdf", "unigb-ucs2.pdf"] {
        let text = "云岭技师学院工作要点\n一、每季度至少举行一次学习。\n（牵头部门：宣传部）\n";
        assert_eq!(read(name).text, text, "{name}");
    }
}

#[test]
fn a_scan_is_told_from_an_empty_file() {
    let fault = read_document("要点.pdf", &file("scanned.pdf")).expect_err("a fault");
    assert_eq!(fault, FileFault::Scanned { pages: 1 });
    assert!(fault.to_string().contains("扫描件") && fault.help().contains("文字识别"));
}
