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

/// A workbook of one sheet with this XML in it.
fn workbook(sheet: &str, strings: &str) -> Vec<u8> {
    const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    const LINKS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let book = format!(
        "<workbook xmlns=\"{MAIN}\" xmlns:r=\"{LINKS}\"><sheets><sheet name=\"a\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
    );
    let links = format!(
        "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
         <Relationship Id=\"r1\" Type=\"{LINKS}/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
    );
    let root = format!(
        "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
         <Relationship Id=\"r1\" Type=\"{LINKS}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
    );
    let sheet = format!("<worksheet xmlns=\"{MAIN}\">{sheet}</worksheet>");
    let strings = format!("<sst xmlns=\"{MAIN}\">{strings}</sst>");
    package([
        ("_rels/.rels", root.as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", links.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
        ("xl/sharedStrings.xml", strings.as_bytes()),
    ])
}

#[test]
fn a_workbook_that_claims_the_whole_sheet_costs_what_stands_in_it() {
    let cells = "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>头</t></is></c></row>\
                 <row r=\"1048576\"><c r=\"XFD1048576\"><v>7</v></c></row>";
    let claims = format!("<dimension ref=\"A1:XFD1048576\"/><sheetData>{cells}</sheetData>");
    let sheets = office::sheet::read(&workbook(&claims, "")).expect("two cells");
    assert_eq!(sheets[0].rows.len(), 2);
    assert_eq!(sheets[0].rows[1].words(16_383), "7");
    // Merged from corner to corner each of the seventeen thousand million cells would be a copy.
    let merged = format!("{claims}<mergeCells><mergeCell ref=\"A1:XFD1048576\"/></mergeCells>");
    assert_eq!(office::sheet::read(&workbook(&merged, "")), Err(FileFault::Bomb { what: "单元格过多" }));
}

#[test]
fn one_long_text_in_many_cells_is_counted_each_time() {
    let strings = format!("<si><t>{}</t></si>", "字".repeat(300_000));
    let cells = "<row><c t=\"s\"><v>0</v></c></row>".repeat(1000);
    let bytes = workbook(&format!("<sheetData>{cells}</sheetData>"), &strings);
    assert_eq!(fault(&bytes), FileFault::Bomb { what: "文字过多" });
}

#[test]
fn a_workbook_of_millions_of_cells_is_refused_before_it_is_read() {
    let bytes = workbook(&format!("<sheetData>{}</sheetData>", "<c/>".repeat(9_000_000)), "");
    assert!(bytes.len() < 1 << 20);
    assert!(matches!(fault(&bytes), FileFault::Bomb { .. }));
}

/// A PDF of one page whose content is this, packed.
fn pdf(content: &[u8], filter: &str) -> Vec<u8> {
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(content).expect("memory");
    let packed = packed.finish().expect("memory");
    let head = format!(
        "%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n\
         3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>\nendobj\n\
         4 0 obj\n<< /Length {} /Filter {filter} >>\nstream\n",
        packed.len()
    );
    [head.as_bytes(), &packed, b"\nendstream\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"].concat()
}

#[test]
fn a_stream_of_a_pdf_that_unpacks_without_end_is_refused() {
    let bytes = pdf(&vec![b' '; 200 << 20], "/FlateDecode");
    assert!(bytes.len() < 1 << 20);
    assert_eq!(fault(&bytes), FileFault::Bomb { what: "解压后过大" });
    let twice = pdf(b"0 0 m", "[/FlateDecode /FlateDecode]");
    assert_eq!(fault(&twice), FileFault::Bomb { what: "多层压缩" });
}

#[test]
fn a_pdf_that_draws_without_end_is_stopped() {
    let bytes = pdf(&b"0 0 9 9 re S\n".repeat(3_500_000), "/FlateDecode");
    assert_eq!(fault(&bytes), FileFault::Bomb { what: "图形过多" });
}

#[test]
fn a_page_nested_a_hundred_thousand_deep_is_refused() {
    let bytes = format!("<html>{}", "<div><b>".repeat(100_000));
    assert_eq!(fault(bytes.as_bytes()), FileFault::Bomb { what: "嵌套过深" });
}

#[test]
fn a_cell_that_reaches_over_all_rows_cannot_multiply_its_text_without_end() {
    let first = format!("<tr><td rowspan=65534>{}<td>甲</tr>", "字".repeat(100_000));
    let bytes = format!("<html><table>{first}{}</table>", "<tr><td>乙</tr>".repeat(10_000));
    assert_eq!(fault(bytes.as_bytes()), FileFault::Bomb { what: "文字过多" });
}

#[test]
fn damage_anywhere_in_a_pdf_or_page_is_a_fault_or_a_document_and_never_a_panic() {
    for name in ["libreoffice.pdf", "page.html"] {
        let path = format!("{}/tests/files/{name}", env!("CARGO_MANIFEST_DIR"));
        let whole = std::fs::read(path).expect("the file");
        let mut state = 20_260_107u64;
        for _ in 0..150 {
            let mut bytes = whole.clone();
            for _ in 0..4 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let at = (state >> 33) as usize % bytes.len();
                bytes[at] = (state >> 20) as u8;
            }
            let _ = office::read_directly("a", &bytes);
        }
    }
}

#[test]
fn rich_text_that_never_closes_or_multiplies_its_cells_is_bounded() {
    let rtf = |body: &str| read_document("a.rtf", format!("{{\\rtf1 {body}").as_bytes());
    assert_eq!(rtf(&"{".repeat(100_000)), Err(FileFault::Bomb { what: "嵌套过深" }));
    assert_eq!(rtf(&"\\par ".repeat(1_000_000)), Err(FileFault::Bomb { what: "段落过多" }));
    assert_eq!(rtf(&"\\cell\\row ".repeat(1_000_000)), Err(FileFault::NoText));
    let merged = format!(
        "\\trowd\\clvmgf\\cellx1 {}\\cell\\row {}",
        "x".repeat(1 << 20),
        "\\trowd\\clvmrg\\cellx1\\cell\\row ".repeat(100_000)
    );
    assert!(rtf(&merged).is_err() || rtf(&merged).is_ok_and(|s| s.text.len() < 256 << 20));
}
