//! Where the cells of a table stand: marked by the file, between separators, or one on each line.

use std::ops::Range;

use model::{BlockKind, SourceText};

use super::{Cell, Grid, Row, answering, is_time_led};
use crate::column::{self, Column};
use crate::label::Field;
use crate::mark::{self, Kind};

/// The tables whose cells the file itself marks.
pub(super) fn cell_tables(source: &SourceText) -> Vec<Vec<Row>> {
    let mut out: Vec<(u32, Vec<Row>)> = Vec::new();
    for (n, block) in source.blocks.iter().enumerate() {
        let BlockKind::Cell { row, column, table } = block.kind else { continue };
        if out.last().is_none_or(|t| t.0 != table) {
            out.push((table, Vec::new()));
        }
        let Some((_, rows)) = out.last_mut() else { continue };
        // A sheet may number its rows and columns as it likes; what it skips is empty, up to a sane width.
        let (row, column) = (row as usize, (column as usize).min(255));
        if rows.len() <= row {
            if row - rows.len() > 10_000 {
                continue;
            }
            rows.resize_with(row + 1, Vec::new);
        }
        let cells = &mut rows[row];
        while cells.len() <= column {
            cells.push(Cell { words: block.span.start..block.span.start, block: n });
        }
        let words = block.span.start..block.span.end;
        // Two paragraphs of one cell come as two blocks of one place.
        let cell = &mut cells[column];
        if cell.words.is_empty() {
            *cell = Cell { words, block: n };
        } else {
            cell.words.end = words.end;
        }
    }
    out.into_iter().map(|(_, rows)| rows.into_iter().filter(|r| !r.is_empty()).collect()).collect()
}

/// The tables whose rows are lines with cells between separators; `taken` tells the lines that belong to another.
pub(super) fn separated_tables(
    source: &SourceText,
    taken: &[bool],
    separator: char,
    least: usize,
) -> Vec<Vec<Row>> {
    let mut out = Vec::new();
    let mut rows: Vec<Row> = Vec::new();
    let mut blanks = 0;
    // Whether the rows of the open table begin with a separator that is its border: its first row tells.
    let mut bordered = true;
    let row_at = |n: usize, bordered: bool, inside: bool| {
        let block = source.blocks.get(n)?;
        let free = matches!(block.kind, BlockKind::Paragraph) && !taken[n];
        let line = block.span.start..block.span.end;
        free.then(|| split_row(source, line, n, separator, (least, bordered), inside)).flatten()
    };
    for n in 0..=source.blocks.len() {
        if let Some(row) = row_at(n, rows.is_empty() || bordered, !rows.is_empty()) {
            blanks = 0;
            if rows.is_empty() {
                bordered = source.blocks[n].span.of(&source.text).trim_start().starts_with(separator);
            }
            if !is_rule(source, &row) {
                rows.push(row);
            }
            continue;
        }
        let words = source.blocks.get(n).map_or("", |b| b.span.of(&source.text));
        let last = rows.last_mut().and_then(|r| r.last_mut());
        let drawn = |c: char| c.is_whitespace() || ('\u{2500}'..='\u{257f}').contains(&c);
        if words.chars().all(drawn) && n < source.blocks.len() && blanks < 3 && last.is_some() {
            blanks += 1;
        } else if let Some(cell) = last
            .filter(|_| goes_on(words, separator) && (1..=4).any(|k| row_at(n + k, bordered, true).is_some()))
        {
            // A line end inside a cell.
            cell.words.end = source.blocks[n].span.start + words.trim_end().len();
        } else {
            blanks = 0;
            let whole = std::mem::take(&mut rows);
            if whole.len() >= 2 {
                out.push(if separator == '\t' { mended(whole) } else { whole });
            }
        }
    }
    out
}

/// Rows of a table between tabs of which a line end inside a cell made two: together they are as wide as the first.
fn mended(rows: Vec<Row>) -> Vec<Row> {
    let width = rows.first().map_or(0, Vec::len);
    let mut out: Vec<Row> = Vec::with_capacity(rows.len());
    for row in rows {
        match (out.last_mut(), row.first()) {
            (Some(last), Some(first))
                if last.len() < width && row.len() < width && last.len() + row.len() == width + 1 =>
            {
                if let Some(cell) = last.last_mut() {
                    cell.words.end = first.words.end.max(cell.words.end);
                }
                last.extend(row.into_iter().skip(1));
            }
            _ => out.push(row),
        }
    }
    out
}

/// Whether a line without a separator may be more of the cell above it, when rows follow: between tabs cells break so.
fn goes_on(words: &str, separator: char) -> bool {
    let trimmed = words.trim_start();
    let title = ["附件", "附表", "附："].iter().any(|m| trimmed.starts_with(m))
        || crate::title::is_plan_noun_end(trimmed.trim_end());
    separator == '\t'
        && !title
        && !trimmed.is_empty()
        && mark::at(trimmed).is_none_or(|m| m.kind > Kind::Paren)
}

/// The cells of a line with at least `least` separators; none when it is no row. `inside` a table one separator at the
/// start of the line is an empty first cell, and so it is in a table that is not `bordered`.
fn split_row(
    source: &SourceText,
    line: Range<usize>,
    block: usize,
    separator: char,
    (least, bordered): (usize, bool),
    inside: bool,
) -> Option<Row> {
    let words = &source.text[line.clone()];
    if !words.contains(separator) {
        return None;
    }
    let drawn = separator != '\t';
    let (words, from) = if drawn {
        let trimmed = words.trim();
        let from = line.start + words.len() - words.trim_start().len();
        match trimmed.strip_prefix(separator).filter(|_| bordered) {
            Some(rest) => (rest.strip_suffix(separator).unwrap_or(rest), from + separator.len_utf8()),
            None => (trimmed, from),
        }
    } else {
        (words, line.start)
    };
    let count = words.matches(separator).count();
    let between = words.trim_matches(|c: char| c == separator || c.is_whitespace()).contains(separator);
    let enough = if drawn { count + 1 >= least } else { count >= least };
    if !enough || !(between || inside) || (drawn && words.trim().is_empty()) {
        return None;
    }
    let mut row = Vec::new();
    let mut at = from;
    for cell in words.split(separator) {
        let lead = cell.len() - cell.trim_start().len();
        let kept = cell.trim();
        row.push(Cell { words: at + lead..at + lead + kept.len(), block });
        at += cell.len() + separator.len_utf8();
    }
    Some(row)
}

/// |---|:--| under the heading row of Markdown.
fn is_rule(source: &SourceText, row: &Row) -> bool {
    row.iter().all(|c| {
        let words = &source.text[c.words.clone()];
        words.chars().all(|c| matches!(c, '-' | ':' | '=' | '—' | ' '))
    })
}

/// A table of which only the words of the cells are left, one on each line, perhaps with a lone | between them. Rows
/// are found by a column whose cells are known by what they say: a time, or units.
pub(super) fn stream(source: &SourceText) -> Option<(Grid, usize, Vec<usize>)> {
    let mut cells: Vec<Cell> = Vec::new();
    for (n, block) in source.blocks.iter().enumerate() {
        let words = block.span.of(&source.text);
        let kept = words.trim_matches(|c: char| c.is_whitespace() || c == '|' || c == '¦');
        if !kept.is_empty() && matches!(block.kind, BlockKind::Paragraph) {
            let lead = words.find(kept).unwrap_or(0);
            let start = block.span.start + lead;
            cells.push(Cell { words: start..start + kept.len(), block: n });
        }
    }
    let text = |c: &Cell| &source.text[c.words.clone()];
    let kinds: Vec<Column> = cells
        .iter()
        .map(|c| if text(c).chars().count() <= 12 { column::kind(text(c)) } else { Column::Other })
        .collect();
    let (first, count) = counted_headings(&kinds, |n| text(&cells[n])).or_else(|| {
        // The first run of at least three headings.
        let known = |k: &Column| *k != Column::Other;
        let first = kinds.windows(3).position(|w| w.iter().all(known) && column::is_header(w))?;
        // 某某任务清单 above 序号 is the title and no column.
        let first = first + kinds[first..first + 3].iter().position(|k| *k == Column::Number).unwrap_or(0);
        Some((first, kinds[first..].iter().take_while(|k| known(k)).count().min(12)))
    })?;
    let mut columns: Vec<Column> = kinds[first..first + count].to_vec();
    answering(&mut columns);
    let body = &cells[first + count..];
    if let Some((rows, end)) = numbered(source, &columns, body) {
        let start = cells[first].block;
        return Some((Grid { columns, rows }, start, (start..=end).collect()));
    }
    let anchor = [Column::Time, Column::Owner(Field::Answer), Column::Owner(Field::Lead), Column::Detail]
        .iter()
        .filter_map(|k| columns.iter().rposition(|c| c == k))
        .find_map(|p| {
            let fits = |c: &Cell| match columns[p] {
                Column::Owner(_) => column::is_units(text(c)),
                _ => is_time_led(text(c)),
            };
            // Beside another column of its kind a cell that fits belongs to that one when a second follows.
            let paired =
                p > 0 && matches!((columns[p], columns[p - 1]), (Column::Owner(_), Column::Owner(_)));
            let hits: Vec<usize> = (0..body.len())
                .filter(|i| fits(&body[*i]) && !(paired && body.get(i + 1).is_some_and(fits)))
                .collect();
            (hits.len() >= 2 && hits.len() * (columns.len() + 2) >= body.len()).then_some((p, hits))
        });
    let (position, hits) = anchor?;
    let after = columns.len() - 1 - position;
    let mut rows: Vec<Row> = Vec::new();
    let mut next = 0;
    for (n, hit) in hits.iter().enumerate() {
        // What stands before the anchor and does not end the row before belongs to this row, aligned to the right:
        // a merged cell on the left was printed only once.
        let lead = &body[next..*hit];
        let (over, lead) = lead.split_at(lead.len().saturating_sub(position));
        // 一、政治建设 on a row of its own.
        let heading = |c: &&Cell| mark::at(text(c)).is_some_and(|m| m.kind <= Kind::Paren && !m.bare);
        for cell in over.iter().filter(heading) {
            let mut row =
                vec![Cell { words: cell.words.end..cell.words.end, block: cell.block }; columns.len()];
            row[0] = cell.clone();
            rows.push(row);
        }
        let limit = hits.get(n + 1).copied().unwrap_or(body.len());
        let tail = &body[hit + 1..(hit + 1 + after).min(limit)];
        let empty = Cell { words: body[*hit].words.start..body[*hit].words.start, block: body[*hit].block };
        let mut row: Row = vec![empty.clone(); position - lead.len()];
        row.extend(lead.iter().cloned());
        row.push(body[*hit].clone());
        row.extend(tail.iter().cloned());
        next = hit + 1 + tail.len();
        rows.push(row);
    }
    let end = body.get(next.saturating_sub(1)).map_or(first, |c| c.block);
    let start = cells[first].block;
    Some((Grid { columns, rows }, start, (start..=end).collect()))
}

/// Where the headings of such a table begin and how many they are, when 序号 is the first and a lone 1 follows them: then
/// those between are headings too, whatever they say (分管校领导).
fn counted_headings<'t>(kinds: &[Column], text: impl Fn(usize) -> &'t str) -> Option<(usize, usize)> {
    let first = kinds.iter().position(|k| *k == Column::Number)?;
    let heading = |n: usize| mark::at(text(n)).is_some_and(|m| m.kind <= Kind::Paren && !m.bare);
    let count = (first + 1..kinds.len().min(first + 14)).position(|n| text(n) == "1" || heading(n))? + 1;
    let short = (first..first + count).all(|n| text(n).chars().count() <= 16);
    (count >= 3 && short && column::is_header(&kinds[first..first + count])).then_some((first, count))
}

/// The rows of such a table where its first column counts 1, 2, 3…, and the block with which it ends.
fn numbered(source: &SourceText, columns: &[Column], body: &[Cell]) -> Option<(Vec<Row>, usize)> {
    if columns.first() != Some(&Column::Number) {
        return None;
    }
    let text = |c: &Cell| &source.text[c.words.clone()];
    let mut hits: Vec<usize> = Vec::new();
    for (i, cell) in body.iter().enumerate() {
        let next = hits.len() + 1;
        if crate::number::arabic(text(cell))
            .is_some_and(|(v, len)| v as usize == next && len == text(cell).len())
        {
            hits.push(i);
        }
    }
    // Their distances are those of rows, not of numbers that stand in the text by chance.
    if hits.len() < 2 || hits.len() * (columns.len() + 3) < hits[hits.len() - 1] + columns.len() {
        return None;
    }
    let is_heading = |c: &Cell| mark::at(text(c)).is_some_and(|m| m.kind <= Kind::Paren && !m.bare);
    let heading = |cell: &Cell| {
        let mut row = vec![Cell { words: cell.words.end..cell.words.end, block: cell.block }; columns.len()];
        row[0] = cell.clone();
        row
    };
    let mut rows: Vec<Row> = body[..hits[0]].iter().filter(|c| is_heading(c)).map(heading).collect();
    let mut end = 0;
    // The last row is as long as the others at most: what follows it is the paper's.
    let most = hits.windows(2).map(|w| w[1] - w[0]).max().unwrap_or(1).min(columns.len());
    for (n, hit) in hits.iter().enumerate() {
        let limit = hits.get(n + 1).copied().unwrap_or((hit + most).min(body.len()));
        let mut line = &body[*hit..limit];
        let mut over = Vec::new();
        while line.len() > 2 && is_heading(&line[line.len() - 1]) {
            over.insert(0, heading(&line[line.len() - 1]));
            line = &line[..line.len() - 1];
        }
        rows.push(spaced_row(source, columns, line.to_vec())?);
        rows.extend(over);
        end = body[limit - 1].block;
    }
    Some((rows, end))
}

/// The tables whose cells only white space parts, as text taken out of a PDF has them: a heading line of at least
/// three known words, and lines below it that have as many cells or begin with their number.
pub(super) fn spaced_tables(source: &SourceText, taken: &[bool]) -> Vec<Vec<Row>> {
    let mut out = Vec::new();
    let mut n = 0;
    while n < source.blocks.len() {
        let Some((columns, header)) = spaced_header(source, taken, n) else {
            n += 1;
            continue;
        };
        let mut rows = vec![header];
        n += 1;
        while n < source.blocks.len() {
            let line = pieces(source, n);
            if line.is_empty() {
                n += 1;
                continue;
            }
            let words = &source.text[line[0].words.clone()];
            if line.len() == 1 && mark::at(words).is_some_and(|m| m.kind <= Kind::Paren && !m.bare) {
                let mut row =
                    vec![Cell { words: line[0].words.end..line[0].words.end, block: n }; columns.len()];
                row[0] = line[0].clone();
                rows.push(row);
                n += 1;
                continue;
            }
            match (!taken[n]).then(|| spaced_row(source, &columns, line)).flatten() {
                Some(row) => rows.push(row),
                None => break,
            }
            n += 1;
        }
        if rows.len() >= 3 {
            out.push(rows);
        }
    }
    out
}

/// The stretches of a line between white space, none where the line belongs to a cell.
fn pieces(source: &SourceText, block: usize) -> Row {
    let block_ = &source.blocks[block];
    if !matches!(block_.kind, BlockKind::Paragraph) {
        return Vec::new();
    }
    let words = block_.span.of(&source.text);
    let mut out = Row::new();
    let mut from = None;
    for (i, c) in words.char_indices().chain([(words.len(), ' ')]) {
        match (c.is_whitespace(), from) {
            (true, Some(start)) => {
                let at = block_.span.start;
                out.push(Cell { words: at + start..at + i, block });
                from = None;
            }
            (false, None) => from = Some(i),
            _ => {}
        }
    }
    out
}

fn spaced_header(source: &SourceText, taken: &[bool], n: usize) -> Option<(Vec<Column>, Row)> {
    if taken[n] || source.blocks[n].span.end - source.blocks[n].span.start > 200 {
        return None;
    }
    let row = pieces(source, n);
    let columns: Vec<Column> = row.iter().map(|c| column::kind(&source.text[c.words.clone()])).collect();
    let known = columns.iter().all(|c| *c != Column::Other);
    (row.len() >= 3 && known && column::is_header(&columns)).then_some((columns, row))
}

/// The cells of a line under the columns of a heading line. Where there are more pieces than columns, the spaces too
/// many stand in the task; where there are fewer, a cell is empty, and the rest are told by what they say.
fn spaced_row(source: &SourceText, columns: &[Column], line: Row) -> Option<Row> {
    let text = |c: &Cell| &source.text[c.words.clone()];
    let numbered = columns[0] == Column::Number;
    let first = text(line.first()?);
    let bare = first.trim_matches(|c: char| "（）()、.．".contains(c));
    if numbered && crate::number::leading(bare).is_none_or(|(_, len)| len != bare.len()) {
        return None;
    }
    if line.len() == columns.len() {
        return Some(line);
    }
    if !numbered {
        return None;
    }
    let task = super::task_column(columns);
    if line.len() > columns.len() {
        let right = columns.len() - 1 - task;
        let words = line[task].words.start..line[line.len() - 1 - right].words.end;
        let mut row: Row = line[..task].to_vec();
        row.push(Cell { words, block: line[0].block });
        row.extend_from_slice(&line[line.len() - right..]);
        return Some(row);
    }
    let empty = |at: &Cell| Cell { words: at.words.end..at.words.end, block: at.block };
    let mut row: Row = vec![empty(&line[0]); columns.len()];
    row[0] = line[0].clone();
    let mut column = 1;
    for cell in &line[1..] {
        let fits = |k: Column| match k {
            Column::Time => is_time_led(text(cell)),
            Column::Owner(_) => column::is_units(text(cell)),
            Column::Task | Column::Detail => true,
            _ => false,
        };
        column += columns[column..].iter().position(|k| fits(*k))?;
        row[column] = cell.clone();
        column += 1;
    }
    Some(row)
}

/// The tables between commas, as sheets are saved for other programs: a heading line of at least three known words, and
/// the lines below it that have as many cells; a cell with a comma stands between quotation marks.
pub(super) fn comma_tables(source: &SourceText, taken: &[bool]) -> Vec<Vec<Row>> {
    let mut out: Vec<Vec<Row>> = Vec::new();
    let mut open = 0;
    for (n, taken) in taken.iter().enumerate() {
        let row = if *taken { Row::new() } else { comma_row(source, n) };
        let columns: Vec<Column> = row.iter().map(|c| column::kind(&source.text[c.words.clone()])).collect();
        if row.len() >= 3 && columns.iter().all(|c| *c != Column::Other) && column::is_header(&columns) {
            open = row.len();
            out.push(vec![row]);
        } else if open > 0 && row.len() == open {
            if let Some(rows) = out.last_mut() {
                rows.push(row);
            }
        } else {
            open = 0;
        }
    }
    out.retain(|rows| rows.len() >= 2);
    out
}

/// The cells of a line between commas, without the quotation marks around them.
fn comma_row(source: &SourceText, block: usize) -> Row {
    let whole = &source.blocks[block];
    let words = whole.span.of(&source.text);
    if !matches!(whole.kind, BlockKind::Paragraph) || !words.contains(',') {
        return Row::new();
    }
    let mut out = Row::new();
    let (mut start, mut quoted) = (0, false);
    for (i, c) in words.char_indices().chain([(words.len(), ',')]) {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted || i == words.len() => {
                let cell = &words[start..i];
                let kept = cell.trim_matches(|c: char| c.is_whitespace() || c == '"');
                let lead =
                    cell.len() - cell.trim_start_matches(|c: char| c.is_whitespace() || c == '"').len();
                let at = whole.span.start + start + lead.min(cell.len());
                out.push(Cell { words: at..at + kept.len(), block });
                start = i + 1;
            }
            _ => {}
        }
    }
    out
}
