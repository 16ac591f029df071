//! Files made to break a reader: each must end in a fault, in bounded time and memory.

use std::io::{Cursor, Write};

use office::{FileFault, read_document};
use zip::write::SimpleFileOptions;

const NS: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"";

/// A package of these parts, each compressed as hard as the format allows.
fn package<'p>(parts: impl IntoIterator<Item = (&'p str, &'p [u8])>) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(name, SimpleFileOptions::default()).expect("a part");
        zip.write_all(bytes).expect("its bytes");
    }
    zip.finish().expect("a package").into_inner()
}

fn document(body: &str) -> Vec<u8> {
    let xml = format!("<w:document {NS}><w:body>{body}</w:body></w:document>");
    package([("word/document.xml", xml.as_bytes())])
}

fn fault(bytes: &[u8]) -> FileFault {
    read_document("要点.docx", bytes).expect_err("a fault")
}

#[test]
fn a_plain_package_made_by_hand_is_read() {
    let source =
        read_document("a.docx", &document("<w:p><w:r><w:t>要点 &amp; 任务&#12290;</w:t></w:r></w:p>"));
    assert_eq!(source.expect("a document").text, "要点 & 任务。\n");
}

#[test]
fn another_prefix_for_the_same_names_is_read() {
    let xml = "<x:document xmlns:x=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><x:body><x:p><x:r>\
               <x:t>要点</x:t></x:r></x:p></x:body></x:document>";
    let source =
        read_document("a.docx", &package([("word/document.xml", xml.as_bytes())])).expect("a document");
    assert_eq!(source.text, "要点\n");
}

#[test]
fn a_part_that_unpacks_to_two_hundred_megabytes_is_refused() {
    let bytes = document(&format!("<w:p><w:r><w:t>{}</w:t></w:r></w:p>", " ".repeat(200 << 20)));
    assert!(bytes.len() < 1 << 20);
    assert_eq!(fault(&bytes), FileFault::Bomb { what: "解压后过大" });
}

#[test]
fn elements_a_hundred_thousand_deep_are_refused() {
    let bytes = document(&format!("{}{}", "<w:sdt>".repeat(100_000), "</w:sdt>".repeat(100_000)));
    assert_eq!(fault(&bytes), FileFault::Bomb { what: "嵌套过深" });
}

#[test]
fn a_million_paragraphs_rows_or_lines_are_refused() {
    assert_eq!(fault(&document(&"<w:p/>".repeat(1_000_000))), FileFault::Bomb { what: "段落过多" });
    let rows = format!("<w:tbl>{}</w:tbl>", "<w:tr/>".repeat(1_000_000));
    assert_eq!(fault(&document(&rows)), FileFault::Bomb { what: "段落过多" });
    let lines = "\n".repeat(1_000_000);
    assert_eq!(fault(lines.as_bytes()), FileFault::Bomb { what: "行数过多" });
}

#[test]
fn a_merged_cell_cannot_multiply_its_text_without_end() {
    let first = format!(
        "<w:tcPr><w:vMerge w:val=\"restart\"/></w:tcPr><w:p><w:r><w:t>{}</w:t></w:r></w:p>",
        "字".repeat(300_000)
    );
    let row = |cell: &str| format!("<w:tr><w:tc>{cell}</w:tc><w:tc><w:p/></w:tc></w:tr>");
    let rest = row("<w:tcPr><w:vMerge/></w:tcPr><w:p/>").repeat(10_000);
    let bytes = document(&format!("<w:tbl>{}{rest}</w:tbl>", row(&first)));
    assert_eq!(fault(&bytes), FileFault::Bomb { what: "文字过多" });
}

#[test]
fn a_package_of_too_many_parts_is_refused() {
    let names: Vec<String> = (0..5000).map(|n| format!("word/media/{n}")).collect();
    let bytes = package(names.iter().map(|n| (n.as_str(), &b""[..])));
    assert_eq!(fault(&bytes), FileFault::Bomb { what: "部件过多" });
}

#[test]
fn long_chains_stay_linear() {
    // Each of these took time with the square of its length when written without care.
    let runs_on = "<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr><w:r><w:t>字</w:t></w:r></w:p>".repeat(200_000);
    let source = read_document("a.docx", &document(&runs_on)).expect("a document");
    assert_eq!(source.text.chars().filter(|&c| c == '字').count(), 200_000);
    let fields = "<w:r><w:fldChar w:fldCharType=\"begin\"/><w:t>字</w:t></w:r>".repeat(200_000);
    let source = read_document("a.docx", &document(&format!("<w:p>{fields}</w:p>"))).expect("a document");
    assert_eq!(source.text.chars().filter(|&c| c == '字').count(), 200_000);
    let attributes: String = (0..200_000).map(|n| format!(" a{n}=\"\"")).collect();
    let crowded = format!("<w:p{attributes}><w:r><w:t>字</w:t></w:r></w:p>");
    assert_eq!(read_document("a.docx", &document(&crowded)).expect("a document").text, "字\n");
}

#[test]
fn entities_are_not_expanded() {
    let xml = format!(
        "<!DOCTYPE d [<!ENTITY a \"{}\">]><w:document {NS}><w:body><w:p><w:r><w:t>&a;</w:t></w:r></w:p></w:body></w:document>",
        "x".repeat(100)
    );
    assert!(matches!(fault(&package([("word/document.xml", xml.as_bytes())])), FileFault::Broken { .. }));
}

#[test]
fn styles_in_a_circle_and_numbers_without_end_are_harmless() {
    let styles = format!(
        "<w:styles {NS}><w:style w:styleId=\"a\"><w:basedOn w:val=\"b\"/></w:style><w:style w:styleId=\"b\"><w:basedOn w:val=\"a\"/></w:style></w:styles>"
    );
    let lists = format!(
        "<w:numbering {NS}><w:abstractNum w:abstractNumId=\"1\"><w:lvl w:ilvl=\"0\"><w:start w:val=\"4294967295\"/><w:numFmt w:val=\"upperRoman\"/><w:lvlText w:val=\"{}%1%\"/></w:lvl></w:abstractNum><w:num w:numId=\"1\"><w:abstractNumId w:val=\"1\"/></w:num></w:numbering>",
        "%9".repeat(10_000)
    );
    let body = format!(
        "<w:document {NS}><w:body>{}<w:p><w:pPr><w:pStyle w:val=\"a\"/></w:pPr><w:r><w:t>完</w:t></w:r></w:p></w:body></w:document>",
        "<w:p><w:pPr><w:numPr><w:ilvl w:val=\"99\"/><w:numId w:val=\"1\"/></w:numPr></w:pPr><w:r><w:t>项</w:t></w:r></w:p>\
         <w:p><w:pPr><w:numPr><w:numId w:val=\"1\"/></w:numPr></w:pPr><w:r><w:t>项</w:t></w:r></w:p>"
            .repeat(3)
    );
    let bytes = package([
        ("word/document.xml", body.as_bytes()),
        ("word/styles.xml", styles.as_bytes()),
        ("word/numbering.xml", lists.as_bytes()),
    ]);
    let source = read_document("a.docx", &bytes).expect("a document");
    assert!(source.text.ends_with("完\n"));
    assert!(source.text.len() < 2000, "{}", source.text);
}

#[test]
fn damage_anywhere_is_a_fault_or_a_document_and_never_a_panic() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/files/numbered.docx");
    let whole = std::fs::read(path).expect("the document");
    for keep in (0..whole.len()).step_by(whole.len() / 200) {
        assert!(read_document("a.docx", &whole[..keep]).is_err(), "cut at {keep}");
    }
    let mut state = 20_260_107u64;
    for _ in 0..400 {
        let mut bytes = whole.clone();
        for _ in 0..4 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = (state >> 33) as usize % bytes.len();
            bytes[at] = (state >> 20) as u8;
        }
        let _ = read_document("a.docx", &bytes);
    }
}

#[test]
fn a_package_that_is_no_document_is_named() {
    assert_eq!(fault(&package([("a.txt", &b"a"[..])])), FileFault::Archive);
    assert_eq!(fault(&package([("ppt/presentation.xml", &b"<a/>"[..])])), FileFault::Slides);
    assert_eq!(fault(&package([("OFD.xml", &b"<a/>"[..])])), FileFault::Ofd);
    assert!(matches!(fault(&package([("[Content_Types].xml", &b"<a/>"[..])])), FileFault::Broken { .. }));
}
