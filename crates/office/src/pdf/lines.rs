//! Letters become lines, lines paragraphs: what belongs to the paper is dropped, and a line that only the margin ended is
//! joined to the next.

use std::collections::HashMap;

use super::page::{Letter, Page};
use super::table::{self, Cell};

/// A part of the text, in the order in which it is read.
pub(super) enum Piece {
    /// A paragraph, or a line of one where the layout does not show which lines belong together.
    Words {
        /// Page on which it begins.
        page: u32,
        /// Its words; an indented one begins with two wide blanks.
        words: String,
    },
    /// The rows of a table.
    Table(Vec<Vec<Cell>>),
}

/// A line of a page.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) x0: f64,
    pub(super) x1: f64,
    pub(super) y: f64,
    pub(super) size: f64,
    pub(super) words: String,
}

/// What stands on a page, from above.
enum Found {
    Line(Line),
    Table { top: f64, rows: Vec<Vec<Cell>> },
}

impl Found {
    fn y(&self) -> f64 {
        match self {
            Self::Line(line) => line.y,
            Self::Table { top, .. } => *top,
        }
    }
}

/// The text of all pages.
pub(super) fn pieces(pages: Vec<Page>) -> Vec<Piece> {
    let mut found: Vec<(u32, f64, Vec<Found>)> = Vec::new();
    for mut page in pages {
        let tables = table::take(&mut page);
        let mut all: Vec<Found> =
            lines(std::mem::take(&mut page.letters)).into_iter().map(Found::Line).collect();
        all.extend(tables.into_iter().map(|t| Found::Table { top: t.top, rows: t.rows }));
        all.sort_by(|a, b| a.y().total_cmp(&b.y()));
        found.push((page.number, page.height, all));
    }
    drop_furniture(&mut found);
    let layout = Layout::of(&found);
    let mut out: Vec<Piece> = Vec::new();
    let mut last: Option<(Line, Margins)> = None;
    for (number, _, all) in found {
        let margins = layout.margins(&all);
        for one in all {
            match one {
                Found::Table { rows, .. } => {
                    last = None;
                    match out.last_mut() {
                        // A table goes on over the page, its heading printed again.
                        Some(Piece::Table(above)) if table::goes_on(above, &rows) => {
                            let again = usize::from(
                                rows.first().map(|r| words(r)) == above.first().map(|r| words(r)),
                            );
                            table::extend(above, rows.into_iter().skip(again).collect());
                        }
                        _ => out.push(Piece::Table(rows)),
                    }
                }
                Found::Line(line) => {
                    let goes_on = layout.indents
                        && last
                            .as_ref()
                            .is_some_and(|(above, m)| m.is_full(above) && margins.is_flush(&line, above));
                    match out.last_mut() {
                        Some(Piece::Words { words, .. }) if goes_on => {
                            let latin = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
                            if latin(words.chars().last()) && latin(line.words.chars().next()) {
                                words.push(' ');
                            }
                            words.push_str(&line.words);
                        }
                        _ => {
                            let indent = if margins.is_indented(&line) { "　　" } else { "" };
                            out.push(Piece::Words { page: number, words: format!("{indent}{}", line.words) });
                        }
                    }
                    last = Some((line, margins));
                }
            }
        }
    }
    out
}

fn words(row: &[Cell]) -> Vec<String> {
    row.iter().map(|c| c.words.clone()).collect()
}

/// The lines that letters stand on, from above; the letters of each from the left.
pub(super) fn lines(mut letters: Vec<Letter>) -> Vec<Line> {
    letters.retain(|l| !l.words.chars().all(char::is_whitespace));
    letters.sort_by(|a, b| a.y.total_cmp(&b.y).then(a.x.total_cmp(&b.x)));
    let mut groups: Vec<Vec<Letter>> = Vec::new();
    for letter in letters {
        // Sorted by their base lines, a letter belongs to the last group or to none above it.
        match groups.last_mut() {
            Some(group)
                if group
                    .first()
                    .is_some_and(|f| letter.y - f.y < 0.45 * f.size.max(letter.size).min(60.0)) =>
            {
                group.push(letter);
            }
            _ => groups.push(vec![letter]),
        }
    }
    groups.into_iter().filter_map(line).collect()
}

fn line(mut letters: Vec<Letter>) -> Option<Line> {
    letters.sort_by(|a, b| a.x.total_cmp(&b.x));
    let mut sizes: Vec<f64> = letters.iter().map(|l| l.size).collect();
    sizes.sort_by(f64::total_cmp);
    let size = sizes.get(sizes.len() / 2).copied()?;
    let mut bases: Vec<f64> = letters.iter().map(|l| l.y).collect();
    bases.sort_by(f64::total_cmp);
    let base = bases.get(bases.len() / 2).copied()?;
    // The mark of a footnote: small, raised, a number.
    let is_mark = |l: &Letter| {
        l.size < 0.75 * size
            && l.y < base - 0.15 * size
            && l.words.chars().all(|c| c.is_ascii_digit() || ('\u{2460}'..='\u{2473}').contains(&c))
    };
    let mut out = String::new();
    let mut last: Option<&Letter> = None;
    for letter in letters.iter().filter(|l| !is_mark(l)) {
        if let Some(before) = last {
            // Bold that is made by printing twice.
            if before.words == letter.words && (letter.x - before.x).abs() < 0.3 * size {
                continue;
            }
            let gap = letter.x - (before.x + before.width);
            let latin = |w: &str| w.chars().all(|c| c.is_ascii_alphanumeric());
            if gap > 1.5 * size || (gap > 0.15 * size && latin(&before.words) && latin(&letter.words)) {
                out.push(' ');
            }
        }
        out.push_str(&letter.words);
        last = Some(letter);
    }
    let x0 = letters.first()?.x;
    let x1 = letters.iter().map(|l| l.x + l.width).fold(x0, f64::max);
    Some(Line { x0, x1, y: base, size, words: out })
}

/// Takes out page numbers and running heads: lines of the upper and lower edge that number the page, or that say the same
/// on most pages.
fn drop_furniture(pages: &mut [(u32, f64, Vec<Found>)]) {
    const EDGE: usize = 2;
    let mut seen: HashMap<String, usize> = HashMap::new();
    let key = |words: &str| -> String {
        words
            .chars()
            .filter(|c| !c.is_whitespace())
            .map(|c| if c.is_ascii_digit() { '#' } else { c })
            .collect()
    };
    let edges = |all: &[Found]| -> Vec<usize> {
        let n = all.len();
        (0..n).filter(|&i| i < EDGE || i + EDGE >= n).collect()
    };
    for (_, _, all) in pages.iter() {
        let mut here: Vec<String> = edges(all)
            .into_iter()
            .filter_map(|i| match all.get(i) {
                Some(Found::Line(line)) if line.words.chars().count() <= 60 => Some(key(&line.words)),
                _ => None,
            })
            .collect();
        here.sort_unstable();
        here.dedup();
        for one in here {
            *seen.entry(one).or_default() += 1;
        }
    }
    let count = pages.len();
    let often = |words: &str| {
        let times = seen.get(&key(words)).copied().unwrap_or(0);
        (times >= 3 && times * 2 > count) || (count == 2 && times == 2)
    };
    for (number, height, all) in pages.iter_mut() {
        let at_edge = edges(all);
        let titles: Vec<String> = all
            .iter()
            .filter_map(|f| if let Found::Line(l) = f { Some(key(&l.words)) } else { None })
            .collect();
        let mut sizes: Vec<f64> =
            all.iter().filter_map(|f| if let Found::Line(l) = f { Some(l.size) } else { None }).collect();
        sizes.sort_by(f64::total_cmp);
        let usual = sizes.get(sizes.len() / 2).copied().unwrap_or(0.0);
        let mut i = 0;
        all.retain(|one| {
            let n = i;
            i += 1;
            let Found::Line(line) = one else { return true };
            if !at_edge.contains(&n) {
                return true;
            }
            let outer = line.y < 0.12 * *height || line.y > 0.86 * *height;
            if outer && is_page_number(&line.words) {
                return false;
            }
            // On the first page the words may be the title: the last of those that say the same, in no small letters.
            let own = key(&line.words);
            let is_last = titles.iter().rposition(|t| *t == own) == Some(n);
            let is_title = *number == 1 && is_last && line.size > 0.9 * usual;
            !(outer && often(&line.words) && (!is_title || line.y > 0.86 * *height))
        });
    }
}

/// 3, - 3 -, — 3 —, 第 3 页 共 5 页, 3/12.
fn is_page_number(words: &str) -> bool {
    let digits = words.chars().filter(char::is_ascii_digit).count();
    let rest: String = words
        .chars()
        .filter(|c| !c.is_ascii_digit() && !c.is_whitespace() && !"-—–－―·/~～|•".contains(*c))
        .collect();
    (1..=8).contains(&digits)
        && matches!(
            rest.as_str(),
            "" | "第页" | "第页共页" | "第页，共页" | "共页第页" | "页" | "Page" | "Pageof"
        )
}

/// Where the text of a page begins and ends.
#[derive(Clone, Copy, Debug)]
struct Margins {
    left: f64,
    right: f64,
}

impl Margins {
    /// Whether a line runs to the right margin, so that it may go on: a mark that may not begin a line takes the letter
    /// before it to the next, and another hangs over the margin.
    fn is_full(&self, line: &Line) -> bool {
        line.x1 > self.right - 2.8 * line.size
    }

    /// Whether a line begins at the left margin in the letters of the one above.
    fn is_flush(&self, line: &Line, above: &Line) -> bool {
        line.x0 < self.left + 0.7 * line.size && (line.size - above.size).abs() < 0.1 * line.size
    }

    /// Whether a line is indented by about two letters.
    fn is_indented(&self, line: &Line) -> bool {
        let by = line.x0 - self.left;
        (1.2 * line.size..=3.2 * line.size).contains(&by)
    }
}

/// What the lines of the whole document have in common.
struct Layout {
    width: f64,
    /// Whether paragraphs are indented, so that a line at the margin is no new one.
    indents: bool,
}

impl Layout {
    fn of(pages: &[(u32, f64, Vec<Found>)]) -> Self {
        let widths = pages.iter().map(|(_, _, all)| extent(all)).map(|m| m.right - m.left);
        let mut out = Self { width: widths.fold(0.0, f64::max), indents: false };
        let (mut indented, mut flush) = (0, 0);
        for (_, _, all) in pages {
            let margins = out.margins(all);
            for one in all {
                if let Found::Line(line) = one {
                    indented += usize::from(margins.is_indented(line));
                    flush += usize::from(line.x0 < margins.left + 0.7 * line.size);
                }
            }
        }
        out.indents = indented >= 2 && flush >= 1 && indented * 8 >= flush;
        out
    }

    /// The margins of a page; one with a few short lines has those of the others.
    fn margins(&self, all: &[Found]) -> Margins {
        let own = extent(all);
        Margins { left: own.left, right: own.right.max(own.left + self.width) }
    }
}

fn extent(all: &[Found]) -> Margins {
    let mut out = Margins { left: f64::MAX, right: f64::MIN };
    for one in all {
        if let Found::Line(line) = one {
            out.left = out.left.min(line.x0);
            out.right = out.right.max(line.x1);
        }
    }
    if out.left > out.right { Margins { left: 0.0, right: 0.0 } } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(x: f64, y: f64, words: &str) -> Vec<Letter> {
        let letter = |(n, c): (usize, char)| Letter {
            x: x + 10.0 * n as f64,
            y,
            width: 10.0,
            size: 10.0,
            words: c.to_string().into(),
        };
        words.chars().enumerate().map(letter).collect()
    }

    fn read(pages: &[&[(f64, f64, &str)]]) -> Vec<String> {
        let pages = (1..).zip(pages).map(|(number, rows)| Page {
            number,
            height: 800.0,
            letters: rows.iter().flat_map(|(x, y, w)| row(*x, *y, w)).collect(),
            ..Page::default()
        });
        pieces(pages.collect())
            .into_iter()
            .map(|p| match p {
                Piece::Words { words, .. } => words,
                Piece::Table(_) => "[表]".to_owned(),
            })
            .collect()
    }

    #[test]
    fn lines_are_joined_where_the_margin_ended_them_and_over_the_page() {
        let text = read(&[
            &[
                (120.0, 100.0, "某校要点"),
                (70.0, 130.0, "一、抓好学习每月开展一"),
                (50.0, 150.0, "次集中学习，做到全覆盖有"),
                (50.0, 170.0, "记录。"),
                (70.0, 190.0, "二、抓好队伍建设各项工"),
                (110.0, 780.0, "- 1 -"),
            ],
            &[(50.0, 100.0, "作，年底前完成。"), (70.0, 130.0, "三、抓好落实。"), (110.0, 780.0, "- 2 -")],
        ]);
        assert_eq!(
            text,
            [
                "某校要点",
                "　　一、抓好学习每月开展一次集中学习，做到全覆盖有记录。",
                "　　二、抓好队伍建设各项工作，年底前完成。",
                "　　三、抓好落实。"
            ]
        );
    }

    #[test]
    fn running_heads_go_and_the_title_stays() {
        let head = (60.0, 40.0, "某校要点");
        let text = read(&[
            &[
                head,
                (60.0, 100.0, "某校要点"),
                (60.0, 130.0, "甲。"),
                (60.0, 160.0, "乙。"),
                (60.0, 200.0, "丙。"),
            ],
            &[head, (60.0, 100.0, "丁。"), (60.0, 130.0, "戊。"), (60.0, 150.0, "己。")],
            &[head, (60.0, 100.0, "庚。"), (60.0, 130.0, "辛。"), (60.0, 150.0, "壬。")],
        ]);
        assert_eq!(
            text,
            ["某校要点", "甲。", "乙。", "丙。", "丁。", "戊。", "己。", "庚。", "辛。", "壬。"]
        );
    }

    #[test]
    fn letters_printed_twice_count_once_and_marks_of_footnotes_not_at_all() {
        let mut letters = row(50.0, 100.0, "重点工作");
        letters.extend(row(50.3, 100.0, "重点"));
        letters.push(Letter { x: 90.0, y: 96.0, width: 3.0, size: 6.0, words: "1".into() });
        let lines = lines(letters);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].words, "重点工作");
    }
}
