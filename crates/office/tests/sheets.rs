//! Workbooks as other programs write them (see `files/make_sheets.py`), read cell by cell.

use jiff::civil::date;
use office::FileFault;
use office::sheet::{ReadSheet, address, read};

fn file(name: &str) -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/files/");
    std::fs::read(format!("{path}{name}")).expect("a file of this folder")
}

/// One line a row: each cell with its address and words; `←` marks a copy of a merged cell and `@` a day.
fn shown(sheets: &[ReadSheet]) -> String {
    let mut out = String::new();
    for sheet in sheets {
        out.push_str(&format!("[{}]\n", sheet.name));
        for row in &sheet.rows {
            let cells = row.cells.iter().map(|c| {
                let from = c.merged_from.map(|(r, k)| format!("←{}", address(r, k))).unwrap_or_default();
                let day = c.day.map(|d| format!("@{d}")).unwrap_or_default();
                format!("{}{from} {}{day}", address(row.number, c.column), c.words.replace('\n', "⏎"))
            });
            out.push_str(&cells.collect::<Vec<_>>().join(" | "));
            out.push('\n');
        }
    }
    out
}

fn read_file(name: &str) -> Vec<ReadSheet> {
    read(&file(name)).unwrap_or_else(|fault| panic!("{name}: {fault:?}"))
}

#[test]
fn a_task_table_of_openpyxl() {
    insta::assert_snapshot!(shown(&read_file("tasks.xlsx")));
}

#[test]
fn a_roll_that_libreoffice_wrote() {
    insta::assert_snapshot!(shown(&read_file("people.xlsx")));
}

#[test]
fn the_old_format_says_the_same_as_the_new_one() {
    for name in ["tasks", "people"] {
        let (old, new) = (read_file(&format!("{name}.xls")), read_file(&format!("{name}.xlsx")));
        let without_formula = |s: &[ReadSheet]| shown(s).replace("A5 2 | ", "");
        assert_eq!(without_formula(&old), without_formula(&new), "{name}");
    }
}

#[test]
fn days_are_days_and_numbers_of_people_stay_words() {
    let sheets = read_file("people.xls");
    let row = &sheets[0].rows[1];
    assert_eq!(row.words(0), "000123");
    assert_eq!(row.cell(2).and_then(|c| c.day), Some(date(1990, 3, 7)));
    assert_eq!(row.cell(3).and_then(|c| c.day), None);
    assert_eq!(sheets[0].rows[2].words(0), "45");
    assert_eq!(sheets[0].rows[2].words(4), "机关第一党支部");
    assert_eq!(sheets[0].rows[3].words(1), "苏敏");
    assert_eq!(sheets[0].rows[3].words(6), "#N/A");
}

#[test]
fn what_is_no_workbook_is_refused_by_its_name() {
    let cases = [
        ("numbered.docx", FileFault::NotSheets),
        ("libreoffice.doc", FileFault::NotSheets),
        ("libreoffice.pdf", FileFault::NotSheets),
    ];
    for (name, expected) in cases {
        assert_eq!(read(&file(name)), Err(expected), "{name}");
    }
    assert_eq!(read("一段话，没有栏目。\n又一段。".as_bytes()), Err(FileFault::NotSheets));
    assert!(read("工号,姓名".as_bytes()).is_ok(), "text with commas is a table, whatever its file is called");
    assert_eq!(read(b""), Err(FileFault::Empty));
}

#[test]
fn damage_anywhere_is_a_fault_or_a_workbook_and_never_a_panic() {
    for name in ["tasks.xlsx", "tasks.xls"] {
        let whole = file(name);
        let mut state = 20_260_107u64;
        for _ in 0..300 {
            let mut bytes = whole.clone();
            for _ in 0..4 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let at = (state >> 33) as usize % bytes.len();
                bytes[at] = (state >> 20) as u8;
            }
            let _ = read(&bytes);
        }
    }
}
