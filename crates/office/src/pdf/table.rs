//! Ruled tables: the lines on the page make a grid, and the letters fall into its cells.

use hayro_interpret::kurbo::Rect;

use super::lines::lines;
use super::page::{Letter, Page};

/// A cell with its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) column: u32,
    pub(super) page: u32,
    pub(super) words: String,
}

/// A table.
pub(super) struct Table {
    /// Its upper edge.
    pub(super) top: f64,
    pub(super) rows: Vec<Vec<Cell>>,
}

/// Lines closer than this are one.
const NEAR: f64 = 4.0;

/// Most rules on a page that are looked at; a page of drawings has more, and no table.
const MOST: usize = 20_000;

/// Most lines of a grid in each direction.
const MOST_LINES: usize = 400;

/// A ruled line: where it runs, from and to.
#[derive(Clone, Copy, Debug)]
struct Rule {
    at: f64,
    from: f64,
    to: f64,
}

/// Takes the tables of a page, and their letters, out of it.
pub(super) fn take(page: &mut Page) -> Vec<Table> {
    let (across, down) = rules(&page.rules);
    let mut out = Vec::new();
    for region in regions(&across, &down) {
        if let Some(table) = table(page, &across, &down, region) {
            out.push(table);
        }
    }
    out
}

/// The ruled lines of a page, across and down.
fn rules(drawn: &[Rect]) -> (Vec<Rule>, Vec<Rule>) {
    let (mut across, mut down) = (Vec::new(), Vec::new());
    if drawn.len() > MOST {
        return (across, down);
    }
    for rect in drawn {
        if rect.height() < 3.0 {
            across.push(Rule { at: rect.center().y, from: rect.x0, to: rect.x1 });
        } else if rect.width() < 3.0 {
            down.push(Rule { at: rect.center().x, from: rect.y0, to: rect.y1 });
        } else {
            across.extend([rect.y0, rect.y1].map(|at| Rule { at, from: rect.x0, to: rect.x1 }));
            down.extend([rect.x0, rect.x1].map(|at| Rule { at, from: rect.y0, to: rect.y1 }));
        }
    }
    (merged(across), merged(down))
}

/// Lines that run on in one another, put together.
fn merged(mut rules: Vec<Rule>) -> Vec<Rule> {
    rules.sort_by(|a, b| a.at.total_cmp(&b.at).then(a.from.total_cmp(&b.from)));
    // First those at about one place get one place, then those that touch become one.
    let mut place = f64::MIN;
    for rule in &mut rules {
        if rule.at - place < NEAR / 2.0 {
            rule.at = place;
        } else {
            place = rule.at;
        }
    }
    rules.sort_by(|a, b| a.at.total_cmp(&b.at).then(a.from.total_cmp(&b.from)));
    let mut out: Vec<Rule> = Vec::new();
    for rule in rules {
        match out.last_mut() {
            Some(last) if last.at == rule.at && rule.from < last.to + NEAR => last.to = last.to.max(rule.to),
            _ => out.push(rule),
        }
    }
    out
}

/// The rectangles around lines that hang together: at least two down and two across.
fn regions(across: &[Rule], down: &[Rule]) -> Vec<Rect> {
    let long: Vec<&Rule> = down.iter().filter(|r| r.to - r.from > 8.0).take(MOST_LINES).collect();
    let mut out: Vec<Rect> = Vec::new();
    for rule in across.iter().filter(|r| r.to - r.from > 20.0).take(MOST_LINES) {
        let crossed = long.iter().filter(|d| {
            (d.from - NEAR..=d.to + NEAR).contains(&rule.at)
                && (rule.from - NEAR..=rule.to + NEAR).contains(&d.at)
        });
        let Some(bounds) = crossed
            .map(|d| Rect::new(rule.from, d.from.min(rule.at), rule.to, d.to.max(rule.at)))
            .reduce(|a, b| a.union(b))
        else {
            continue;
        };
        out.push(bounds);
    }
    // Rectangles that touch are one table.
    let mut joined: Vec<Rect> = Vec::new();
    for rect in out {
        let mut rect = rect;
        joined.retain(|other| {
            let touches = rect.inflate(1.0, 1.0).intersect(*other).area() > 0.0;
            if touches {
                rect = rect.union(*other);
            }
            !touches
        });
        joined.push(rect);
    }
    joined
}

fn table(page: &mut Page, across: &[Rule], down: &[Rule], region: Rect) -> Option<Table> {
    let inside = region.inflate(NEAR, NEAR);
    let ys = places(
        across.iter().filter(|r| inside.y0 < r.at && r.at < inside.y1 && overlaps(r, region.x0, region.x1)),
    );
    let xs = places(
        down.iter().filter(|r| inside.x0 < r.at && r.at < inside.x1 && overlaps(r, region.y0, region.y1)),
    );
    // Two columns and two rows at least; else the lines only frame or underline.
    if xs.len() < 3 || ys.len() < 3 || xs.len() > MOST_LINES || ys.len() > MOST_LINES {
        return None;
    }
    let (columns, rows) = (xs.len() - 1, ys.len() - 1);
    let mut cells: Vec<Vec<Letter>> = vec![Vec::new(); columns * rows];
    let mut rest = Vec::new();
    // The cell to which each field of the grid belongs: where no line parts two fields they are one cell.
    let owner = owners(&xs, &ys, across, down);
    for letter in std::mem::take(&mut page.letters) {
        let (x, y) = (letter.x + letter.width / 2.0, letter.y - letter.size * 0.35);
        match (slot(&xs, x), slot(&ys, y)) {
            (Some(column), Some(row)) => {
                let field = owner.get(row * columns + column).copied().unwrap_or(0);
                if let Some(cell) = cells.get_mut(field) {
                    cell.push(letter);
                }
            }
            _ => rest.push(letter),
        }
    }
    page.letters = rest;
    let texts: Vec<String> = cells.into_iter().map(joined).collect();
    if texts.iter().filter(|t| !t.is_empty()).count() < 2 {
        return None;
    }
    let mut out = Vec::new();
    for row in 0..rows {
        let mut line = Vec::new();
        for column in 0..columns {
            let field = owner.get(row * columns + column).copied().unwrap_or(0);
            // A cell that reaches over several rows counts in each, one over several columns once.
            if field % columns == column {
                let words = texts.get(field).cloned().unwrap_or_default();
                line.push(Cell { column: u32::try_from(column).unwrap_or(0), page: page.number, words });
            }
        }
        if line.iter().any(|c| !c.words.is_empty()) {
            out.push(line);
        }
    }
    Some(Table { top: region.y0, rows: out })
}

fn overlaps(rule: &Rule, from: f64, to: f64) -> bool {
    rule.from < to + NEAR && rule.to > from - NEAR
}

/// The places of lines, each once.
fn places<'r>(rules: impl Iterator<Item = &'r Rule>) -> Vec<f64> {
    let mut out: Vec<f64> = rules.map(|r| r.at).collect();
    out.sort_by(f64::total_cmp);
    out.dedup_by(|b, a| *b - *a < NEAR);
    out
}

/// The field between two lines in which a place is.
fn slot(lines: &[f64], at: f64) -> Option<usize> {
    let after = lines.partition_point(|&l| l <= at);
    (after > 0 && after < lines.len()).then(|| after - 1)
}

/// For each field of the grid the number of the first field of its cell.
fn owners(xs: &[f64], ys: &[f64], across: &[Rule], down: &[Rule]) -> Vec<usize> {
    let (columns, rows) = (xs.len() - 1, ys.len() - 1);
    let is_parted = |rules: &[Rule], at: f64, middle: f64| {
        let first = rules.partition_point(|r| r.at < at - NEAR);
        let near = rules.get(first..).unwrap_or_default().iter().take_while(|r| r.at < at + NEAR);
        near.into_iter().any(|r| r.from - 1.0 < middle && middle < r.to + 1.0)
    };
    let mut out: Vec<usize> = Vec::with_capacity(columns * rows);
    for (row, y) in ys.windows(2).enumerate() {
        let middle_y = (y[0] + y[1]) / 2.0;
        for (column, x) in xs.windows(2).enumerate() {
            let middle_x = (x[0] + x[1]) / 2.0;
            let own = row * columns + column;
            let above = (row > 0 && !is_parted(across, y[0], middle_x)).then(|| own - columns);
            let left = (column > 0 && !is_parted(down, x[0], middle_y)).then(|| own - 1);
            let of = |field: Option<usize>| field.and_then(|f| out.get(f).copied());
            let owner = of(left).or(of(above)).unwrap_or(own);
            out.push(owner);
        }
    }
    out
}

/// The words of a cell, its lines joined as the cell's edge broke them.
fn joined(letters: Vec<Letter>) -> String {
    let mut out = String::new();
    for line in lines(letters) {
        let latin = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        if latin(out.chars().last()) && latin(line.words.chars().next()) {
            out.push(' ');
        }
        out.push_str(line.words.trim());
    }
    out
}

/// Adds the rows of a new page. Where the page ended inside a row, its rest has words in a few columns only and none in
/// the first.
pub(super) fn extend(above: &mut Vec<Vec<Cell>>, rows: Vec<Vec<Cell>>) {
    let mut rows = rows.into_iter();
    let Some(first) = rows.next() else { return };
    let is_filled = |row: &[Cell]| row.first().is_some_and(|c| c.column == 0 && !c.words.is_empty());
    let words = first.iter().filter(|c| !c.words.is_empty()).count();
    match above.last_mut() {
        Some(last)
            if is_filled(last)
                && !is_filled(&first)
                && words * 2 <= first.len()
                && last.len() == first.len() =>
        {
            for (cell, rest) in last.iter_mut().zip(first) {
                cell.words.push_str(&rest.words);
            }
        }
        _ => above.push(first),
    }
    above.extend(rows);
}

/// Whether the rows on a new page go on with the table above: as many columns, or the same heading.
pub(super) fn goes_on(above: &[Vec<Cell>], rows: &[Vec<Cell>]) -> bool {
    let width = |rows: &[Vec<Cell>]| rows.iter().flatten().map(|c| c.column + 1).max().unwrap_or(0);
    width(above) == width(rows)
}
