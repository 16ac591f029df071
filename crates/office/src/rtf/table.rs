//! The rows and cells of an RTF table on their way to blocks.

use model::{BlockKind, Place, SourceText};

use crate::limits::{MAX_BLOCKS, MAX_COLUMNS, MAX_TEXT};

/// How a cell goes on the one above it.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Merge {
    #[default]
    No,
    First,
    Rest,
}

/// A table being read, row by row.
#[derive(Default)]
pub(super) struct Table {
    rows: Vec<Vec<Vec<String>>>,
    /// Lines of the open cell, and the cells of the open row.
    lines: Vec<String>,
    cells: Vec<Vec<String>>,
    /// How the cells of the row are merged, as its definition says; the last is still being defined.
    merges: Vec<Merge>,
    next: Merge,
    /// Words of the merged cells above, by column.
    above: Vec<Vec<String>>,
    /// Bytes of the words copied downwards so far.
    copied: usize,
    tables: u32,
}

impl Table {
    /// A row's definition begins.
    pub(super) fn define(&mut self) {
        self.merges.clear();
        self.next = Merge::No;
    }

    pub(super) fn merges(&mut self, first: bool) {
        self.next = if first { Merge::First } else { Merge::Rest };
    }

    pub(super) fn cell_defined(&mut self) {
        if self.merges.len() < MAX_COLUMNS as usize {
            self.merges.push(self.next);
        }
        self.next = Merge::No;
    }

    /// A line inside a cell ends.
    pub(super) fn end_line(&mut self, line: &str) {
        if !line.trim().is_empty() {
            self.lines.push(line.trim().to_owned());
        }
    }

    pub(super) fn end_cell(&mut self, line: &str) {
        self.end_line(line);
        let lines = std::mem::take(&mut self.lines);
        if self.cells.len() < MAX_COLUMNS as usize {
            self.cells.push(lines);
        }
    }

    /// A row ends: what is merged downwards is said in each of its rows.
    pub(super) fn end_row(&mut self) {
        let mut cells = std::mem::take(&mut self.cells);
        self.above.resize_with(self.above.len().max(cells.len()), Vec::new);
        for (n, cell) in cells.iter_mut().enumerate() {
            match self.merges.get(n) {
                Some(Merge::Rest) => {
                    self.copied += self.above[n].iter().map(String::len).sum::<usize>();
                    if self.copied <= MAX_TEXT {
                        cell.clone_from(&self.above[n]);
                    }
                }
                _ => self.above[n].clone_from(cell),
            }
        }
        if !cells.is_empty() && self.rows.len() <= MAX_BLOCKS {
            self.rows.push(cells);
        }
    }

    /// Writes the table, if one is open.
    pub(super) fn write(&mut self, out: &mut SourceText) {
        if !self.cells.is_empty() {
            self.end_row();
        }
        let rows = std::mem::take(&mut self.rows);
        self.above.clear();
        if rows.is_empty() {
            return;
        }
        let table = self.tables;
        self.tables = self.tables.saturating_add(1);
        for (row, cells) in (0u32..).zip(rows) {
            for (column, lines) in (0u32..).zip(cells) {
                let kind = BlockKind::Cell { row, column, table };
                let place = Place::Cell { table: (table + 1).to_string(), row: row + 1, column: column + 1 };
                if lines.is_empty() {
                    out.push("", kind, place.clone());
                }
                for line in &lines {
                    out.push(line, kind, place.clone());
                }
            }
        }
    }
}
