//! Spreadsheets and official documents, read back.

use std::io::{Cursor, Read};

use calamine::{Data, Reader, Xlsx};
use jiff::civil::{DateTime, date};
use model::Standing;
use office::gongwen::{self, Attachment, Block, Gongwen, Head, Number, Signature, Table};
use office::sheet::{self, Cell, Column, Kind, Sheet};

fn made() -> DateTime {
    date(2026, 10, 9).at(8, 30, 0, 0)
}

fn text(words: &str) -> Cell {
    Cell::Text(words.to_owned())
}

fn roster() -> Sheet {
    Sheet {
        name: "支部/记录".to_owned(),
        title: "青禾职业学院支部记录".to_owned(),
        columns: vec![
            Column::new("工号", 20, Kind::Text),
            Column::new("内容", 40, Kind::Long),
            Column::new("次数", 8, Kind::Whole),
            Column::new("学时", 8, Kind::Number),
            Column::new("金额（元）", 12, Kind::Money),
            Column::new("日期", 12, Kind::Day),
            Column::new("记录时间", 18, Kind::Minute),
            Column::new("状态", 14, Kind::Light),
        ],
        frozen: 1,
        rows: vec![
            vec![
                text("012345678901234567"),
                text("=HYPERLINK(\"http://example.invalid\")"),
                Cell::Whole(3),
                Cell::Thousandths(1500),
                Cell::Fen(1234),
                Cell::Day(date(2026, 4, 22)),
                Cell::Minute(date(2026, 4, 23).at(9, 5, 0, 0)),
                Cell::Light(Standing::Overdue, "3/4".to_owned()),
            ],
            vec![text("-1+2"), text("第一行\n第二行"), Cell::Empty],
        ],
    }
}

fn sheets_of(bytes: Vec<u8>) -> Xlsx<Cursor<Vec<u8>>> {
    Xlsx::new(Cursor::new(bytes)).expect("a workbook")
}

/// One part of a package as text.
fn part(bytes: &[u8], name: &str) -> String {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).expect("a package");
    let mut text = String::new();
    zip.by_name(name).expect("the part").read_to_string(&mut text).expect("text");
    text
}

#[test]
fn a_list_comes_back_as_it_was_written() {
    let bytes = sheet::write(made(), &[roster(), roster()]).expect("a workbook");
    let mut book = sheets_of(bytes.clone());
    assert_eq!(book.sheet_names(), ["支部 记录", "支部 记录（2）"]);
    let range = book.worksheet_range("支部 记录").expect("the sheet");
    let at = |row: u32, column: u32| range.get_value((row, column)).cloned().unwrap_or(Data::Empty);
    assert_eq!(at(0, 0), Data::String("工号".to_owned()));
    assert_eq!(at(1, 0), Data::String("012345678901234567".to_owned()));
    assert_eq!(at(1, 1), Data::String("=HYPERLINK(\"http://example.invalid\")".to_owned()));
    assert_eq!(at(1, 2), Data::Float(3.0));
    assert_eq!(at(1, 3), Data::Float(1.5));
    assert_eq!(at(1, 4), Data::Float(12.34));
    let day = at(1, 5);
    let Data::DateTime(day) = day else { panic!("a day, not {day:?}") };
    assert_eq!(day.to_ymd_hms_milli(), (2026, 4, 22, 0, 0, 0, 0));
    let Data::DateTime(minute) = at(1, 6) else { panic!("a minute") };
    assert_eq!(minute.to_ymd_hms_milli(), (2026, 4, 23, 9, 5, 0, 0));
    assert_eq!(at(1, 7), Data::String("▲逾期 3/4".to_owned()));
    assert_eq!(at(2, 0), Data::String("-1+2".to_owned()));
    assert_eq!(at(2, 1), Data::String("第一行\n第二行".to_owned()));
    assert!(range.get_value((3, 0)).is_none());

    let page = part(&bytes, "xl/worksheets/sheet1.xml");
    assert!(!page.contains("<f>"), "no cell is a formula");
    for wanted in [
        "orientation=\"landscape\"",
        "paperSize=\"9\"",
        "fitToHeight=\"0\"",
        "state=\"frozen\"",
        "autoFilter",
    ] {
        assert!(page.contains(wanted), "{wanted}");
    }
    assert!(part(&bytes, "xl/styles.xml").contains("quotePrefix=\"1\""));
    assert!(part(&bytes, "xl/workbook.xml").contains("_xlnm.Print_Titles"));
    assert!(part(&bytes, "docProps/core.xml").contains("2026-10-09T08:30:00Z"));
}

#[test]
fn the_same_list_makes_the_same_bytes() {
    let twice = [(); 2].map(|()| sheet::write(made(), &[roster()]).expect("a workbook"));
    assert_eq!(twice[0], twice[1]);
}

#[test]
fn a_long_list_is_written_row_by_row() {
    let mut head = roster();
    head.rows.clear();
    let rows = (0..50_000i64).map(|n| vec![Cell::Text(format!("{n:018}")), text("内容"), Cell::Whole(n)]);
    let mut bytes = Vec::new();
    sheet::write_list(made(), &head, rows, &mut bytes).expect("a workbook");
    let range = sheets_of(bytes).worksheet_range("支部 记录").expect("the sheet");
    assert_eq!(range.height(), 50_001);
    assert_eq!(range.get_value((50_000, 0)), Some(&Data::String("000000000000049999".to_owned())));
}

#[test]
fn more_rows_than_the_format_holds_are_refused() {
    let mut head = roster();
    head.columns.truncate(1);
    let fault =
        sheet::write_list(made(), &head, std::iter::repeat_n(vec![Cell::Empty], 1_048_576), std::io::sink());
    assert_eq!(
        fault.expect_err("too many").to_string(),
        "行数超过了电子表格的上限（1048575 行），请先筛选再导出"
    );
}

#[test]
fn a_text_longer_than_a_cell_is_cut_with_a_mark() {
    let mut list = roster();
    list.rows = vec![vec![text(&"字".repeat(40_000))]];
    let range = sheets_of(sheet::write(made(), &[list]).expect("a workbook")).worksheet_range("支部 记录");
    let Ok(Some(Data::String(words))) = range.map(|r| r.get_value((1, 0)).cloned()) else { panic!("a text") };
    assert_eq!(words.chars().count(), 32_767);
    assert!(words.ends_with("……（后略）"));
}

fn circular() -> Gongwen {
    let paragraph = "截至9月30日，全院20项工作共分解为942项应办事项，已办813项，迟办41项，逾期12项。\
                     各支部总体上按月完成，“三会一课”记录比上季度齐全；个别支部党小组会未按时召开，请假未注明原因。";
    Gongwen {
        kind: gongwen::Kind::Circular,
        head: Some(Head {
            mark: "青禾职业学院委员会办公室文件".to_owned(),
            number: Some(Number { office: "青党办".to_owned(), year: 2026, number: Some(12) }),
            signed_off_by: Some("不应出现".to_owned()),
        }),
        title: "青禾职业学院委员会办公室关于2026年第三季度党建工作要点落实情况的通报".to_owned(),
        addressee: "各党总支、各支部，各部门".to_owned(),
        blocks: vec![
            Block::Heading1("总体情况".to_owned()),
            Block::Paragraph(paragraph.to_owned()),
            Block::Heading1("存在的问题".to_owned()),
            Block::Heading2("记录不及时".to_owned()),
            Block::Paragraph(paragraph.repeat(3)),
            Block::Heading2("责任不明确 <a&b>".to_owned()),
            Block::Heading3("事项".to_owned()),
            Block::Paragraph(paragraph.repeat(2)),
            Block::Table(Table {
                columns: vec![
                    ("支部".to_owned(), 3),
                    ("事项".to_owned(), 5),
                    ("应办".to_owned(), 1),
                    ("逾期".to_owned(), 1),
                ],
                rows: (1..=6)
                    .map(|n| {
                        vec![
                            format!("第{n}教工党支部"),
                            "党小组会、主题党日".to_owned(),
                            "12".to_owned(),
                            n.to_string(),
                        ]
                    })
                    .collect(),
            }),
            Block::Heading1("下一步要求".to_owned()),
            Block::Heading2("补齐记录".to_owned()),
            Block::Paragraph(paragraph.to_owned()),
        ],
        attachments: vec![
            Attachment {
                title: "逾期事项清单".to_owned(),
                blocks: vec![Block::Paragraph(paragraph.to_owned())],
            },
            Attachment { title: "各支部办理情况统计表".to_owned(), blocks: Vec::new() },
        ],
        signature: Some(Signature {
            issuer: "青禾职业学院委员会办公室".to_owned(),
            day: Some(date(2026, 10, 9)),
            sealed: true,
        }),
        note: "此件发至各支部".to_owned(),
    }
}

#[test]
fn an_official_document_reads_as_it_was_written() {
    let bytes = gongwen::write(made(), &circular()).expect("a document");
    if let Some(path) = std::env::var_os("LUOSHI_KEEP_GONGWEN") {
        std::fs::write(path, &bytes).expect("a place to look at it");
    }
    let source = office::read_document("通报.docx", &bytes).expect("a document");
    let head = |line: &str| line.chars().take(30).collect::<String>();
    let lines: Vec<String> = source.text.lines().filter(|l| !l.is_empty()).map(head).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn margins_grid_fonts_and_page_numbers_are_those_of_the_standard() {
    let bytes = gongwen::write(made(), &circular()).expect("a document");
    let body = part(&bytes, "word/document.xml");
    assert!(body.contains(r#"<w:pgSz w:w="11906" w:h="16838"/>"#));
    assert!(body.contains(r#"w:top="2098" w:right="1474" w:bottom="1984" w:left="1588""#));
    let section = body.find("<w:sectPr>").expect("a section");
    assert!(body[section..].starts_with(r#"<w:sectPr><w:footerReference w:type="default""#));
    assert!(body.contains("青党办〔2026〕12号"));
    assert!(!body.contains("签发人"), "a circular goes downwards");
    assert!(body.contains("责任不明确 &lt;a&amp;b&gt;"));
    let styles = part(&bytes, "word/styles.xml");
    for font in ["方正小标宋简体", "仿宋_GB2312", "楷体_GB2312", "黑体"] {
        assert!(styles.contains(&format!(r#"w:eastAsia="{font}""#)), "{font}");
    }
    assert!(styles.contains(r#"w:line="579" w:lineRule="exact""#));
    assert!(part(&bytes, "word/settings.xml").contains("<w:evenAndOddHeaders/>"));
    assert!(part(&bytes, "word/footer1.xml").contains(r#"<w:jc w:val="right"/>"#));
    assert!(part(&bytes, "word/footer2.xml").contains(r#"<w:jc w:val="left"/>"#));
    for name in [
        "word/document.xml",
        "word/styles.xml",
        "word/footer1.xml",
        "word/settings.xml",
        "word/fontTable.xml",
    ] {
        let xml = part(&bytes, name);
        let mut reader = quick_xml::Reader::from_str(&xml);
        while reader.read_event().unwrap_or_else(|e| panic!("{name}: {e}")) != quick_xml::events::Event::Eof {
        }
    }
}

#[test]
fn a_draft_leaves_room_for_what_is_not_yet_known() {
    let number = Number { office: String::new(), year: 2026, number: None };
    assert_eq!(number.words(), "　　〔2026〕　号");
    let signature = Signature { issuer: "党委办公室".to_owned(), day: None, sealed: false };
    assert_eq!(signature.day_words(), "　　年　月　日");
}

#[test]
fn headings_are_numbered_as_they_are_printed() {
    let heading = |n: u8| {
        let text = "标题".to_owned();
        match n {
            1 => Block::Heading1(text),
            2 => Block::Heading2(text),
            3 => Block::Heading3(text),
            _ => Block::Paragraph(text),
        }
    };
    let blocks: Vec<Block> = [1, 2, 3, 3, 0, 2, 3, 1, 2].map(heading).into();
    let numbers = gongwen::numbers(&blocks);
    assert_eq!(numbers, ["一、", "（一）", "1.", "2.", "", "（二）", "1.", "二、", "（一）"]);
    let mut document = circular();
    document.blocks = blocks;
    let body = part(&gongwen::write(made(), &document).expect("a document"), "word/document.xml");
    assert!(body.contains("（二）标题") && body.contains("2.标题"));
}

#[test]
fn a_report_names_who_signs_it_off() {
    let mut report = circular();
    report.kind = gongwen::Kind::Report;
    if let Some(head) = &mut report.head {
        head.signed_off_by = Some("林知远".to_owned());
    }
    let body = part(&gongwen::write(made(), &report).expect("a document"), "word/document.xml");
    assert!(body.contains("签发人：") && body.contains("林知远"));
}
