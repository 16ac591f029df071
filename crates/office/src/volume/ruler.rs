//! How many pages what is written takes. All lines are of fixed height and Chinese characters of fixed width; what is
//! uncertain is only how wide letters are, and it decides where a line ends, hardly ever where a page does.

use super::{Block, Volume};
use crate::gongwen::Table;
use crate::gongwen::write::{WIDTH, widths};

/// Height of the text block in twips: A4 less 37 mm and 35 mm.
const HEIGHT: u32 = 16838 - 2098 - 1984;
/// What the line between two rows adds to their height.
const RULE: u32 = 10;
/// What a cell leaves free at its left and right.
const SIDES: u32 = 170;

/// Half points of the characters, twips of a line, of the styles that [`Block`]s are set in.
const PART: (u32, u32) = (32, 720);
const SHEET: (u32, u32) = (28, 560);
const HEADING: (u32, u32) = (26, 560);
const BODY: (u32, u32) = (26, 440);
const CELL: (u32, u32) = (24, 360);
const NARROW: (u32, u32) = (20, 300);
/// The empty line between two tables.
pub(super) const BETWEEN: u32 = 240;

/// Marks that may stand beyond the end of a line rather than at the beginning of the next.
const HANGS: &str = "，。、；：！？,.;:";
/// Marks with which no line begins.
const NO_BEGINNING: &str = "）》」』”’】〕)]}%…";

/// Where the pen is: the page, from 1, and how much of it is used.
struct Pen {
    page: u32,
    used: u32,
}

impl Pen {
    fn turn(&mut self) {
        self.page += 1;
        self.used = 0;
    }

    /// Something that stays together.
    fn whole(&mut self, height: u32) {
        if self.used > 0 && self.used + height > HEIGHT {
            self.turn();
        }
        self.used += height;
        while self.used > HEIGHT {
            self.page += 1;
            self.used -= HEIGHT;
        }
    }

    /// Lines that may part from one another.
    fn lines(&mut self, lines: u32, height: u32) {
        for _ in 0..lines {
            self.whole(height);
        }
    }
}

/// The pages on which parts and sheets begin.
pub(super) fn pages(volume: &Volume) -> Vec<u32> {
    let mut out = Vec::new();
    let mut pen = Pen { page: 0, used: 0 };
    for part in &volume.parts {
        pen.turn();
        out.push(pen.page);
        pen.lines(lines(&part.title, WIDTH, 0, PART.0), PART.1);
        let mut turns = false;
        let mut before: Option<&Block> = None;
        for block in &part.blocks {
            match block {
                Block::Sheet(title) => {
                    // The first sheet shares the page with what is said before it.
                    if turns {
                        pen.turn();
                    }
                    turns = true;
                    out.push(pen.page);
                    pen.lines(lines(title, WIDTH, 0, SHEET.0), SHEET.1);
                }
                Block::Heading(text) => {
                    // It does not stay behind alone.
                    if pen.used + HEADING.1 + BODY.1 > HEIGHT {
                        pen.turn();
                    }
                    pen.lines(lines(text, WIDTH, 0, HEADING.0), HEADING.1);
                }
                Block::Paragraph(text) | Block::Missing(text) => {
                    pen.lines(lines(text, WIDTH, 2 * BODY.0 * 10, BODY.0), BODY.1);
                }
                Block::Table(table) | Block::Narrow(table) => {
                    if matches!(before, Some(Block::Table(_) | Block::Narrow(_))) {
                        pen.whole(BETWEEN);
                    }
                    rows(&mut pen, table, if matches!(block, Block::Table(_)) { CELL } else { NARROW });
                }
            }
            before = Some(block);
        }
    }
    out
}

fn rows(pen: &mut Pen, table: &Table, (size, line): (u32, u32)) {
    let widths = widths(table);
    let high = |row: &[String]| {
        let of = |(text, width): (&String, &u32)| -> u32 {
            text.split('\n').map(|one| lines(one, width.saturating_sub(SIDES), 0, size)).sum()
        };
        row.iter().zip(&widths).map(of).max().unwrap_or(1).max(1)
    };
    let heads: Vec<String> = table.columns.iter().map(|(head, _)| head.clone()).collect();
    let is_form = table.is_form();
    let head = if is_form { 0 } else { high(&heads) * line + RULE };
    // The head does not stay behind alone.
    if let Some(first) = table.rows.first().filter(|_| !is_form)
        && pen.used + head + high(first) * line + RULE > HEIGHT
    {
        pen.turn();
    }
    pen.whole(head);
    for row in &table.rows {
        if is_form {
            pen.lines(high(row), line);
            pen.used += RULE;
        } else {
            let page = pen.page;
            pen.whole(high(row) * line + RULE);
            if pen.page > page {
                pen.used += head;
            }
        }
    }
}

/// How many lines a paragraph takes in this width, in characters of so many half points; `first` is how far in the
/// first line begins.
fn lines(text: &str, width: u32, first: u32, size: u32) -> u32 {
    let wide = |c: char| if c.is_ascii() { narrow(c) * size / 10 } else { size * 10 };
    let (mut count, mut used) = (1, first);
    let chars: Vec<char> = text.chars().filter(|c| !c.is_control()).collect();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        // A word in letters, or a number, stays together.
        let whole = |c: &&char| c.is_ascii_alphanumeric();
        let word = chars.get(at..).unwrap_or_default().iter().take_while(whole).count().max(1);
        let length: u32 = chars.get(at..at + word).unwrap_or_default().iter().map(|c| wide(*c)).sum();
        // What must not begin a line takes what stands before it along.
        let follows = chars.get(at + word).filter(|c| NO_BEGINNING.contains(**c)).map_or(0, |c| wide(*c));
        if used + length + follows > width && used > 0 && !HANGS.contains(c) && c != ' ' {
            count += 1;
            used = 0;
        }
        used += length;
        while used > width && word > 1 {
            count += 1;
            used -= width;
        }
        at += word;
    }
    count
}

/// The width of a letter of Times New Roman in hundredths of its height.
fn narrow(c: char) -> u32 {
    match c {
        'i' | 'j' | 'l' | 't' | 'f' | 'r' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '/' | ' ' => 28,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 80,
        'A'..='Z' => 68,
        '(' | ')' | '[' | ']' | '-' => 33,
        _ => 50,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_where_it_is_full_and_marks_hang() {
        let size = 24;
        let width = 10 * size * 10;
        assert_eq!(lines("", width, 0, size), 1);
        assert_eq!(lines("一二三四五六七八九十", width, 0, size), 1);
        assert_eq!(lines("一二三四五六七八九十。", width, 0, size), 1, "a full stop hangs");
        assert_eq!(lines("一二三四五六七八九十一", width, 0, size), 2);
        assert_eq!(lines("一二三四五六七八九十", width, 2 * size * 10, size), 2, "two characters in");
        assert_eq!(lines("一二三四五六七八九2026", width, 0, size), 2, "a number stays together");
        assert_eq!(lines("一二三四五六七八（十）乙", width, 0, size), 2);
    }

    #[test]
    fn a_head_comes_again_on_every_page() {
        let rows = |n: usize| Table {
            columns: vec![("甲".to_owned(), 1)],
            rows: (0..n).map(|i| vec![i.to_string()]).collect(),
        };
        let fits = usize::try_from(HEIGHT / (CELL.1 + RULE)).expect("few") - 1;
        let mut pen = Pen { page: 1, used: 0 };
        super::rows(&mut pen, &rows(fits), CELL);
        assert_eq!(pen.page, 1);
        super::rows(&mut pen, &rows(fits + 1), CELL);
        assert_eq!(pen.page, 3, "one row more than a page takes");
    }
}
