//! The fields by which a table is handed in.

use super::{Field, Input};

/// A file, or a paste in the field `paste`, `rows` lines high.
#[must_use]
pub fn handed_in(paste: &str, rows: u8) -> [Field; 2] {
    [
        Field::new(Input::File, "file", "Excel 文件").hint("xlsx 或 xls").optional(),
        Field {
            rows,
            max: 0,
            ..Field::new(Input::Long, paste, "或者粘贴")
                .hint("在 Excel 里连表头一起选中、复制，粘贴到这里")
                .optional()
        },
    ]
}
