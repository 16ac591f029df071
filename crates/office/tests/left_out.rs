//! What nobody is meant to read: struck and hidden words of documents, hidden rows and columns of sheets.

use std::io::{Cursor, Write};

use model::{Omission, SourceText};
use office::read_document;
use rust_xlsxwriter::{Format, Workbook, Worksheet};
use zip::write::SimpleFileOptions;

const NS: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"";

fn document(body: &str) -> SourceText {
    let xml = format!("<w:document {NS}><w:body>{body}</w:body></w:document>");
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("word/document.xml", SimpleFileOptions::default()).expect("a part");
    zip.write_all(xml.as_bytes()).expect("its bytes");
    let bytes = zip.finish().expect("a package").into_inner();
    read_document("要点.docx", &bytes).expect("a document")
}

fn run(properties: &str, words: &str) -> String {
    format!("<w:r><w:rPr>{properties}</w:rPr><w:t>{words}</w:t></w:r>")
}

fn paragraph(runs: &[String]) -> String {
    format!("<w:p>{}</w:p>", runs.concat())
}

fn left_out(source: &SourceText) -> Vec<(Omission, &str)> {
    source.left_out.iter().map(|l| (l.why, l.words.trim())).collect()
}

#[test]
fn struck_and_hidden_words_of_a_document() {
    let source = document(
        &[
            paragraph(&[run("", "1.抓学习。"), run("<w:strike/>", "每月2次。"), run("", "每季度1次。")]),
            paragraph(&[run("<w:dstrike w:val=\"true\"/>", "2.抓宣传。"), run("<w:strike/>", "每周1次。")]),
            paragraph(&[run("<w:vanish/>", "内部掌握。"), run("<w:strike w:val=\"0\"/>", "3.抓队伍。")]),
            paragraph(&[run("<w:rPrChange><w:rPr><w:strike/></w:rPr></w:rPrChange>", "4.抓作风。")]),
        ]
        .concat(),
    );
    assert_eq!(source.text, "1.抓学习。每季度1次。\n\n3.抓队伍。\n4.抓作风。\n");
    assert_eq!(
        left_out(&source),
        [
            (Omission::Struck, "每月2次。"),
            (Omission::Struck, "2.抓宣传。每周1次。"),
            (Omission::Hidden, "内部掌握。"),
        ]
    );
    assert_eq!(source.left_out[1].at, source.text.find("\n\n").expect("an empty line") + 1);
}

#[test]
fn struck_cells_and_hidden_rows_of_a_table() {
    let cell =
        |properties: &str, words: &str| format!("<w:tc>{}</w:tc>", paragraph(&[run(properties, words)]));
    let row = |properties: &str, cells: &[String]| {
        format!("<w:tr><w:trPr>{properties}</w:trPr>{}</w:tr>", cells.concat())
    };
    let source = document(&format!(
        "<w:tbl>{}{}{}</w:tbl>",
        row("", &[cell("", "任务"), cell("", "时限")]),
        row("<w:hidden/>", &[cell("", "旧任务"), cell("", "3月")]),
        row("", &[cell("", "新任务"), cell("<w:strike/>", "5月")]),
    ));
    assert_eq!(source.text, "任务\n时限\n新任务\n\n");
    assert_eq!(left_out(&source), [(Omission::HiddenCells, "旧任务3月"), (Omission::Struck, "5月")]);
}

fn sheet(name: &str, rows: &[&[&str]]) -> Worksheet {
    let mut page = Worksheet::new();
    page.set_name(name).expect("a name");
    for (r, row) in (0..).zip(rows) {
        for (c, words) in (0..).zip(*row) {
            page.write(r, c, *words).expect("a cell");
        }
    }
    page
}

fn workbook(pages: Vec<Worksheet>) -> SourceText {
    let mut book = Workbook::new();
    for page in pages {
        book.push_worksheet(page);
    }
    read_document("任务.xlsx", &book.save_to_buffer().expect("a workbook")).expect("a document")
}

#[test]
fn hidden_rows_and_columns_and_struck_cells_of_a_sheet() {
    let mut page = sheet(
        "任务",
        &[
            &["任务", "单位", "备查", "时限"],
            &["读书", "党办", "甲", "3月"],
            &["写作", "党办", "乙", "5月"],
            &["走访", "工会", "丙", "7月"],
        ],
    );
    page.set_row_hidden(2).expect("a row");
    page.set_column_hidden(2).expect("a column");
    page.write_with_format(3, 3, "8月", &Format::new().set_font_strikethrough()).expect("a cell");
    let source = workbook(vec![page]);
    assert_eq!(source.text, "任务\n单位\n时限\n读书\n党办\n3月\n走访\n工会\n");
    let words: Vec<(Omission, String)> =
        source.left_out.iter().map(|l| (l.why, l.words.split_whitespace().collect())).collect();
    assert_eq!(
        words,
        [(Omission::HiddenCells, "备查甲写作党办乙5月丙".to_owned()), (Omission::Struck, "8月".to_owned()),]
    );
}

#[test]
fn named_sheets_stand_below_their_names() {
    let rows: &[&[&str]] = &[&["任务", "单位"], &["读书", "党办"]];
    let two = workbook(vec![sheet("政治建设", rows), sheet("作风建设", rows)]);
    assert_eq!(two.text, "政治建设\n任务\n单位\n读书\n党办\n作风建设\n任务\n单位\n读书\n党办\n");
    let one = workbook(vec![sheet("政治建设", rows), sheet("空表", &[])]);
    assert_eq!(one.text, "任务\n单位\n读书\n党办\n");
    let nameless = workbook(vec![sheet("Sheet1", rows), sheet("工作表2", rows)]);
    assert!(!nameless.text.contains("Sheet1") && !nameless.text.contains("工作表2"));
}

#[test]
fn struck_and_hidden_words_of_a_page_that_word_or_excel_wrote() {
    let page = "<html xmlns:o=\"urn:schemas-microsoft-com:office:office\"><body>\
        <!--[if gte mso 9]><xml><o:x>不读</o:x></xml><![endif]-->\
        <p class=MsoNormal>云岭学院2026年要点<o:p></o:p></p>\
        <p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><![if !supportLists]><span style='mso-list:Ignore'>一、<span>&nbsp;</span></span><![endif]>学习\n教育</p>\
        <p class=MsoNormal>1.读书。<s>每月2次。</s>每季度1次。<span style='text-decoration:line-through'>全年。</span></p>\
        <p class=MsoNormal style='mso-hide:all'>内部掌握</p>\
        <table><tr><td>任务</td><td>时限</td></tr>\
        <tr style='display:none'><td>旧任务</td><td>3月</td></tr>\
        <tr><td>新任务</td><td><del>5月</del>6月</td></tr></table></body></html>";
    let source = read_document("要点.html", page.as_bytes()).expect("a page");
    assert_eq!(
        source.text,
        "云岭学院2026年要点\n一、 学习 教育\n1.读书。每季度1次。\n任务\n时限\n新任务\n6月\n"
    );
    let words: Vec<(Omission, &str)> = left_out(&source);
    assert_eq!(
        words,
        [
            (Omission::Struck, "每月2次。全年。"),
            (Omission::Hidden, "内部掌握"),
            (Omission::HiddenCells, "旧任务3月"),
            (Omission::Struck, "5月"),
        ]
    );
}
