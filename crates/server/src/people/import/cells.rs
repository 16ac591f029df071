//! The roster as it was handed in: a table of cells under the heads of its columns.

use office::sheet::ReadSheet;
use work::cells::{self, Wanted};

use super::columns::Col;

pub(crate) use work::cells::{EXAMPLE, Row};

/// The roster's table.
pub(crate) type Cells = cells::Cells<Col>;

/// Rows that one import takes.
pub(crate) const MOST_ROWS: usize = 60_000;

fn wanted() -> Wanted<'static, Col> {
    Wanted {
        of_head: &Col::of_head,
        is_head: |known| known.contains(&Col::Name) && known.len() >= 2,
        no_head: "找不到表头：要有一行写着“姓名”和别的栏目名（如所在支部、身份证号）",
        empty: "表头下面没有人",
        most: MOST_ROWS,
    }
}

/// The table of a workbook: the first sheet with a row of heads.
///
/// # Errors
/// Says in words why there is none.
pub(crate) fn of_sheets(sheets: &[ReadSheet]) -> Result<Cells, String> {
    cells::of_sheets(sheets, &wanted())
}

/// The table of what was copied from a spreadsheet.
///
/// # Errors
/// Says in words why there is none.
pub(crate) fn of_paste(text: &str) -> Result<Cells, String> {
    cells::of_paste(text, &wanted())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paste_is_read_with_its_quoted_cells() {
        let cells = of_paste(
            "教工第一党支部名册\t\t\n序号\t姓名\t\"联系\n电话\"\t籍贯\r\n1\t方以宁\t\"138\"\"1\"\t陕西\r\n\t\t\t\n2\t林 一\t\t\n",
        )
        .unwrap();
        assert_eq!(cells.columns, [(Col::Name, 1), (Col::Phone, 2)]);
        assert_eq!(cells.unknown, ["序号", "籍贯"]);
        assert_eq!(cells.rows.iter().map(|r| r.number).collect::<Vec<_>>(), [3, 5]);
        assert_eq!(cells.get(&cells.rows[0], Col::Phone), "138\"1");
        assert_eq!(cells.address(3, Col::Phone), "C3");
    }

    #[test]
    fn what_has_no_heads_is_refused_in_words_and_of_two_columns_for_one_thing_one_is_read() {
        assert!(of_paste("方以宁\t138").unwrap_err().contains("找不到表头"));
        let twice = of_paste("姓名\t电话\t手机\n方以宁\t\t2").unwrap();
        assert_eq!((twice.get(&twice.rows[0], Col::Phone), twice.unknown.len()), ("2", 1));
        assert!(twice.notes[0].contains("同一个意思"));
        assert!(of_paste("姓名\t电话\n").unwrap_err().contains("没有人"));
        assert!(of_paste("").is_err());
    }
}
