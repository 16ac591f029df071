//! A sheet to be filled in: columns with a list to choose from.

use jiff::civil::DateTime;
use rust_xlsxwriter::{DataValidation, DataValidationErrorStyle, Formula};

use super::{Sheet, fill, set_up, workbook};
use crate::WriteFault;

/// Rows below the heads that offer the list.
const ROWS: u32 = 60_000;

/// What there is to choose from in a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choices {
    /// The column, from 0.
    pub column: u16,
    /// What is offered; something else may be typed all the same, for the program checks what comes back.
    pub words: Vec<String>,
}

/// Writes a workbook whose first sheet offers `choices`; further sheets follow as they are. The lists lie on a hidden
/// sheet, for the format holds no more than 255 characters beside a cell.
///
/// # Errors
/// As [`super::write`].
pub fn write_with_choices(
    made: DateTime,
    sheet: &Sheet,
    choices: &[Choices],
    further: &[Sheet],
) -> Result<Vec<u8>, WriteFault> {
    let mut book = workbook(made)?;
    let mut names = Vec::new();
    let page = book.add_worksheet();
    set_up(page, sheet, &mut names)?;
    fill(page, sheet, sheet.rows.iter().cloned())?;
    for (list, choice) in (0u16..).zip(choices).filter(|(_, c)| !c.words.is_empty()) {
        let letters = super::address(1, u32::from(list));
        let letters = letters.trim_end_matches('1');
        let formula = format!("=选项!${letters}$1:${letters}${}", choice.words.len());
        let offer = DataValidation::new()
            .allow_list_formula(Formula::new(formula))
            .set_error_style(DataValidationErrorStyle::Warning);
        page.add_data_validation(1, choice.column, ROWS, choice.column, &offer)?;
    }
    for sheet in further {
        let page = book.add_worksheet();
        set_up(page, sheet, &mut names)?;
        fill(page, sheet, sheet.rows.iter().cloned())?;
    }
    let lists = book.add_worksheet();
    lists.set_name("选项")?;
    lists.set_hidden(true);
    for (column, choice) in (0u16..).zip(choices) {
        for (row, words) in (0u32..).zip(&choice.words) {
            lists.write_string(row, column, words)?;
        }
    }
    Ok(book.save_to_buffer()?)
}

#[cfg(test)]
mod tests {
    use super::super::{Cell, Column, Kind, read};
    use super::*;

    #[test]
    fn the_lists_are_offered_and_not_read_back() {
        let sheet = Sheet {
            name: "名册".to_owned(),
            title: "名册".to_owned(),
            columns: vec![Column::new("姓名", 10, Kind::Text), Column::new("支部", 20, Kind::Text)],
            frozen: 1,
            rows: vec![vec![Cell::Text("方以宁".to_owned()), Cell::Text("教工第一党支部".to_owned())]],
        };
        let words = (1..400).map(|n| format!("学生第{n}党支部")).collect();
        let choices = [Choices { column: 1, words }];
        let bytes =
            write_with_choices(DateTime::constant(2022, 4, 22, 9, 0, 0, 0), &sheet, &choices, &[]).unwrap();
        let sheets = read(&bytes).unwrap();
        assert_eq!(sheets.len(), 1, "the hidden lists stay away");
        assert_eq!(sheets[0].rows[1].words(1), "教工第一党支部");
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
        let mut xml = String::new();
        std::io::Read::read_to_string(&mut archive.by_name("xl/worksheets/sheet1.xml").unwrap(), &mut xml)
            .unwrap();
        assert!(xml.contains("选项!$A$1:$A$399") && xml.contains("B2:B60001"), "{xml}");
    }
}
