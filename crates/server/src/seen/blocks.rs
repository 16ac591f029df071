//! The parts of an official document as a page draws them (`macros/blocks.html`).

use office::gongwen::{self, Block, Table};

/// A block of the document.
pub(crate) struct Shown {
    /// 1 to 3 for headings, 0 for the rest.
    pub(crate) level: u8,
    pub(crate) number: String,
    pub(crate) text: String,
    pub(crate) table: Option<Table>,
}

impl Shown {
    /// The blocks in their order.
    pub(crate) fn of(blocks: &[Block]) -> Vec<Self> {
        let numbers = gongwen::numbers(blocks);
        blocks
            .iter()
            .zip(numbers)
            .map(|(block, number)| {
                let (level, text, table) = match block {
                    Block::Heading1(text) | Block::Heading(text) => (1, text.clone(), None),
                    Block::Heading2(text) => (2, text.clone(), None),
                    Block::Heading3(text) => (3, text.clone(), None),
                    Block::Paragraph(text) => (0, text.clone(), None),
                    Block::Table(table) => (0, String::new(), Some(table.clone())),
                };
                Self { level, number, text, table }
            })
            .collect()
    }
}
