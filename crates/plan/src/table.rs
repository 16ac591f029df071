//! Task tables: in cells of a document or sheet, between pipes or tabs, or with one cell on each line.

use std::ops::Range;

use model::{BlockKind, OwnerRole, SourceText};

use crate::bracket::{self, Pair};
use crate::column::{self, Column};
use crate::deadline::{Reader, Setting};
use crate::flow::Flow;
use crate::label::Field;
use crate::mark::{self, Kind};
use crate::outline::{Draft, Heading, Outline};
use crate::owners::{self, Owner, Tag};

/// A cell: where its words stand in the source, and the block that holds them. An empty cell has an empty range.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Cell {
    words: Range<usize>,
    block: usize,
}

type Row = Vec<Cell>;

/// A table with a heading row that tells what its columns hold.
#[derive(Debug)]
struct Grid {
    columns: Vec<Column>,
    rows: Vec<Row>,
}

/// The task tables of a document.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    /// For each block of the source whether it belongs to a task table.
    pub(crate) lines: Vec<bool>,
    /// Where the first task table begins in the source.
    pub(crate) begins: Option<usize>,
    grids: Vec<Grid>,
}

/// What was read from tables.
pub(crate) struct Tabled {
    pub(crate) flow: Flow,
    pub(crate) pairs: Vec<Pair>,
    pub(crate) tags: Vec<Tag>,
    pub(crate) outline: Outline,
}

/// Looks for task tables in every layout.
pub(crate) fn find(source: &SourceText) -> Tables {
    let mut out = Tables { lines: vec![false; source.blocks.len()], ..Tables::default() };
    for rows in cell_tables(source) {
        out.take(&rows, source);
    }
    for (separator, least) in [('|', 2), ('\t', 1)] {
        if source.text.contains(separator) {
            for rows in separated_tables(source, &out.lines, separator, least) {
                out.take(&rows, source);
            }
        }
    }
    if out.grids.is_empty()
        && let Some((grid, first, blocks)) = stream(source)
    {
        for block in blocks {
            out.lines[block] = true;
        }
        out.begins = Some(source.blocks[first].span.start);
        out.grids.push(grid);
    }
    out
}

impl Tables {
    /// Takes a table if it has a heading row of tasks, or times in its cells.
    fn take(&mut self, rows: &[Row], source: &SourceText) {
        let Some(grid) = grid(rows.to_vec(), source) else { return };
        let mut cells = rows.iter().flatten();
        if let Some(first) = cells.next() {
            let last = cells.next_back().unwrap_or(first);
            // The last cell may go on over several lines.
            let end = source.blocks.partition_point(|b| b.span.start < last.words.end).max(last.block + 1);
            self.lines[first.block..end].fill(true);
            let begins = source.blocks[first.block].span.start;
            self.begins = Some(self.begins.map_or(begins, |b| b.min(begins)));
        }
        self.grids.push(grid);
    }

    /// The items of the tables, unless the text around them holds the plan: `prose` is its outline and `tagged` tells
    /// whether owners stand in it.
    pub(crate) fn read(&self, source: &SourceText, prose: &Outline, tagged: bool) -> Option<Tabled> {
        if self.grids.is_empty() {
            return None;
        }
        let mut flow = Flow::default();
        // The cells' places in the clean text.
        let places: Vec<Vec<Vec<Range<usize>>>> = self
            .grids
            .iter()
            .map(|g| g.rows.iter().map(|r| r.iter().map(|c| place(&mut flow, source, c)).collect()).collect())
            .collect();
        let pairs = bracket::pairs(&flow.text);
        let tags = owners::tags(&flow, &pairs);
        let mut outline = Outline::default();
        for (grid, rows) in self.grids.iter().zip(&places) {
            Rows { flow: &flow, columns: &grid.columns, task: task_column(&grid.columns) }
                .read(rows, &mut outline);
        }
        let telling =
            self.grids.iter().any(|g| g.columns.iter().any(|c| matches!(c, Column::Owner(_) | Column::Time)));
        let wins =
            prose.items.is_empty() || (telling && !tagged && outline.items.len() * 2 >= prose.items.len());
        (wins && !outline.items.is_empty()).then_some(Tabled { flow, pairs, tags, outline })
    }
}

fn place(flow: &mut Flow, source: &SourceText, cell: &Cell) -> Range<usize> {
    let start = flow.text.len();
    flow.push(source.text[cell.words.clone()].trim_end(), cell.words.start);
    let range = start..flow.text.len();
    flow.end(start, cell.block);
    range
}

/// The tables whose cells the file itself marks.
fn cell_tables(source: &SourceText) -> Vec<Vec<Row>> {
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
fn separated_tables(source: &SourceText, taken: &[bool], separator: char, least: usize) -> Vec<Vec<Row>> {
    let mut out = Vec::new();
    let mut rows: Vec<Row> = Vec::new();
    let mut blanks = 0;
    let row_at = |n: usize, inside: bool| {
        let block = source.blocks.get(n)?;
        let free = matches!(block.kind, BlockKind::Paragraph) && !taken[n];
        free.then(|| split_row(source, block.span.start..block.span.end, n, separator, least, inside))
            .flatten()
    };
    for n in 0..=source.blocks.len() {
        if let Some(row) = row_at(n, !rows.is_empty()) {
            blanks = 0;
            if !is_rule(source, &row) {
                rows.push(row);
            }
            continue;
        }
        let words = source.blocks.get(n).map_or("", |b| b.span.of(&source.text));
        let last = rows.last_mut().and_then(|r| r.last_mut());
        if words.trim().is_empty() && n < source.blocks.len() && blanks < 3 && last.is_some() {
            blanks += 1;
        } else if let Some(cell) =
            last.filter(|_| goes_on(words, separator) && (1..=4).any(|k| row_at(n + k, true).is_some()))
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
    separator == '\t' && !trimmed.is_empty() && mark::at(trimmed).is_none_or(|m| m.kind > Kind::Paren)
}

/// The cells of a line with at least `least` separators; none when it is no row. `inside` a table one separator at the
/// start of the line is an empty first cell.
fn split_row(
    source: &SourceText,
    line: Range<usize>,
    block: usize,
    separator: char,
    least: usize,
    inside: bool,
) -> Option<Row> {
    let words = &source.text[line.clone()];
    if !words.contains(separator) {
        return None;
    }
    let (words, from) = if separator == '|' {
        let trimmed = words.trim();
        let from = line.start + words.len() - words.trim_start().len();
        match trimmed.strip_prefix('|') {
            Some(rest) => (rest.strip_suffix('|').unwrap_or(rest), from + 1),
            None => (trimmed, from),
        }
    } else {
        (words, line.start)
    };
    let count = words.matches(separator).count();
    let between = words.trim_matches(|c: char| c == separator || c.is_whitespace()).contains(separator);
    let enough = if separator == '|' { count + 1 >= least } else { count >= least };
    if !enough || !(between || inside) || (separator == '|' && words.trim().is_empty()) {
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

fn grid(mut rows: Vec<Row>, source: &SourceText) -> Option<Grid> {
    let kinds = |row: &Row| -> Vec<Column> {
        row.iter().map(|c| column::kind(&source.text[c.words.clone()])).collect()
    };
    let header = rows.iter().take(6).position(|r| column::is_header(&kinds(r)));
    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
    let columns = match header {
        Some(n) => {
            let columns = kinds(&rows[n]);
            rows.drain(..=n);
            columns
        }
        // Without a heading row: tasks on the left, and beside them what is done in which month.
        None if width >= 2 => {
            let months = rows
                .iter()
                .filter(|r| r.get(1).is_some_and(|c| is_time_led(&source.text[c.words.clone()])))
                .count();
            if months * 2 < rows.len() {
                return None;
            }
            let mut columns = vec![Column::Other; width];
            columns[0] = Column::Task;
            columns[1] = Column::Detail;
            columns
        }
        None => return None,
    };
    Some(Grid { columns, rows })
}

/// Whether a cell begins with a time: 3月, 1月至4月, 全年, 上半年, 第二季度, 每月.
fn is_time_led(words: &str) -> bool {
    let mut flow = Flow::default();
    let near = words.char_indices().nth(24).map_or(words, |(i, _)| &words[..i]);
    flow.push(near, 0);
    let terms = Reader::new(None).terms(&flow.text, Setting::Time, |_| false, &[]);
    let rhythms = crate::cadence::rhythms(&flow.text, |_| false);
    terms.first().is_some_and(|t| t.range.start == 0) || rhythms.first().is_some_and(|r| r.range.start == 0)
}

/// A table of which only the words of the cells are left, one on each line, perhaps with a lone | between them. Rows
/// are found by a column whose cells are known by what they say: a time, or units.
fn stream(source: &SourceText) -> Option<(Grid, usize, Vec<usize>)> {
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
    // The first run of at least three headings.
    let known = |k: &Column| *k != Column::Other;
    let first = kinds.windows(3).position(|w| w.iter().all(known) && column::is_header(w))?;
    let count = kinds[first..].iter().take_while(|k| known(k)).count().min(12);
    let columns: Vec<Column> = kinds[first..first + count].to_vec();
    let body = &cells[first + count..];
    let anchor = [Column::Time, Column::Owner(Field::Answer), Column::Owner(Field::Lead), Column::Detail]
        .iter()
        .filter_map(|k| columns.iter().rposition(|c| c == k))
        .find_map(|p| {
            let fits = |c: &Cell| match columns[p] {
                Column::Owner(_) => column::is_units(text(c)),
                _ => is_time_led(text(c)),
            };
            let hits: Vec<usize> = (0..body.len()).filter(|i| fits(&body[*i])).collect();
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
        let lead = &lead[lead.len().saturating_sub(position)..];
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

/// The column with the tasks: the first of its kind, else the first that tells what is to be done.
fn task_column(columns: &[Column]) -> usize {
    columns
        .iter()
        .position(|c| *c == Column::Task)
        .or_else(|| columns.iter().position(|c| *c == Column::Detail))
        .or_else(|| columns.iter().position(|c| !matches!(c, Column::Number | Column::Group)))
        .unwrap_or(0)
}

/// The rows of one table on their way to items.
struct Rows<'r> {
    flow: &'r Flow,
    columns: &'r [Column],
    task: usize,
}

impl Rows<'_> {
    fn text(&self, range: &Range<usize>) -> &str {
        &self.flow.text[range.clone()]
    }

    fn read(&self, rows: &[Vec<Range<usize>>], out: &mut Outline) {
        let mut section = None;
        // The task, the group and the owners said last: a merged cell says them once for several rows.
        let mut last_task = String::new();
        let mut last_group = String::new();
        let mut last_owners: Vec<Option<Range<usize>>> = vec![None; self.columns.len()];
        let first = out.items.len();
        for row in rows {
            if let Some(heading) = self.section_row(row) {
                section = Some(out.sections.len());
                out.sections.push(heading);
                last_task.clear();
                continue;
            }
            if let Some(group) = self.cell(row, Column::Group)
                && self.text(group) != last_group
            {
                last_group = self.text(group).to_owned();
                section = Some(out.sections.len());
                out.sections.push(self.heading(group));
            }
            let task = row.get(self.task).filter(|r| !r.is_empty());
            let number = self.cell(row, Column::Number);
            let title = task.cloned().or_else(|| {
                // A numbered row whose task is empty is named by its next cell.
                number?;
                row.iter()
                    .enumerate()
                    .find(|(i, r)| Some(*i) != self.position(Column::Number) && !r.is_empty())
                    .map(|(_, r)| r.clone())
            });
            let fresh = title.as_ref().is_some_and(|t| self.text(t) != last_task);
            if let Some(title) = title.filter(|_| fresh) {
                last_task = self.text(&title).to_owned();
                out.items.push(self.draft(&title, number, section));
            }
            let Some(item) = out.items[first..].last_mut() else { continue };
            self.fill(row, item, &mut last_owners);
        }
        for item in &mut out.items[first..] {
            take_over(item);
        }
    }

    fn position(&self, kind: Column) -> Option<usize> {
        self.columns.iter().position(|c| *c == kind)
    }

    fn cell<'c>(&self, row: &'c [Range<usize>], kind: Column) -> Option<&'c Range<usize>> {
        row.get(self.position(kind)?).filter(|r| !r.is_empty())
    }

    /// A row with one text across all its columns that is numbered like a section.
    fn section_row(&self, row: &[Range<usize>]) -> Option<Heading> {
        let mut filled = row.iter().filter(|r| !r.is_empty());
        let one = filled.next()?;
        if !filled.all(|r| self.text(r) == self.text(one)) {
            return None;
        }
        let repeated = row.len() > 2 && row.iter().filter(|r| !r.is_empty()).count() > 2;
        let numbered = mark::at(self.text(one)).is_some_and(|m| m.kind <= Kind::Paren);
        (self.columns.len() >= 2 && (numbered || repeated)).then(|| self.heading(one))
    }

    /// Number and title of the words of a heading.
    fn heading(&self, range: &Range<usize>) -> Heading {
        let (number, body) = self.number(range);
        Heading { number, title: body..range.end, span: range.clone(), owners: Vec::new() }
    }

    /// Where the number of a cell stands, and where the words after it begin.
    fn number(&self, range: &Range<usize>) -> (Range<usize>, usize) {
        match mark::at(self.text(range)).filter(|m| !m.bare) {
            Some(m) if m.kind == Kind::Bullet => (range.start..range.start, range.start + m.len),
            Some(m) => (range.start + m.number.0..range.start + m.number.1, range.start + m.len),
            None => (range.start..range.start, range.start),
        }
    }

    fn draft(&self, cell: &Range<usize>, number: Option<&Range<usize>>, section: Option<usize>) -> Draft {
        let (marked, body) = self.number(cell);
        let number = match number {
            Some(n) => {
                let words = self.text(n);
                let kept = words.trim_matches(|c: char| "（）()、.．。".contains(c));
                let lead = words.find(kept).unwrap_or(0);
                n.start + lead..n.start + lead + kept.len()
            }
            None => marked,
        };
        let words = self.text(&(body..cell.end));
        let cut = words.find('。').unwrap_or(words.len());
        let title = words[..cut].trim_end_matches(|c: char| "，。；：、".contains(c));
        Draft {
            section,
            title: body..body + title.len(),
            span: number.start.min(cell.start)..cell.end,
            number,
            parts: Vec::new(),
            ..Draft::default()
        }
    }

    /// Adds the cells of a row to the item that it belongs to.
    fn fill(&self, row: &[Range<usize>], item: &mut Draft, last_owners: &mut [Option<Range<usize>>]) {
        let led = self.columns.contains(&Column::Owner(Field::Lead));
        for (i, range) in row.iter().enumerate() {
            let kind = self.columns.get(i).copied().unwrap_or(Column::Other);
            if let Column::Owner(field) = kind {
                if !range.is_empty() {
                    last_owners[i] = Some(range.clone());
                }
                if let (Some(words), Some(role)) = (&last_owners[i], field.role(led)) {
                    add_owners(item, owners::in_cell(self.flow, words, role), range.is_empty());
                }
            } else if !range.is_empty() {
                let setting = match kind {
                    Column::Time => Setting::Time,
                    Column::Check | Column::Other => Setting::Prose,
                    _ => Setting::Cell,
                };
                let here = i == self.task && item.parts.iter().any(|(p, _)| self.text(p) == self.text(range));
                if !matches!(kind, Column::Number | Column::Group) && !here {
                    item.parts.push((range.clone(), setting));
                }
            }
            if !range.is_empty() {
                item.span.start = item.span.start.min(range.start);
                item.span.end = item.span.end.max(range.end);
            }
        }
    }
}

/// Adds units to a table's item; those of an empty cell, merged with the one above, are kept apart.
fn add_owners(item: &mut Draft, owners: Vec<Owner>, taken_over: bool) {
    if taken_over {
        item.inherited.extend(owners);
    } else {
        item.owners.extend(owners);
    }
}

/// What empty cells take over from the rows above counts for the roles that no row of the item fills.
fn take_over(item: &mut Draft) {
    let from_above = std::mem::take(&mut item.inherited);
    let said: Vec<OwnerRole> = item.owners.iter().map(|o| o.role).collect();
    item.owners.extend(from_above.into_iter().filter(|o| !said.contains(&o.role)));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Title, owners and deadlines of an item.
    type Read = (String, Vec<(OwnerRole, String)>, Vec<String>);

    fn items(text: &str) -> Vec<Read> {
        let plan = crate::read(&SourceText::from_plain("t", text));
        let item = |i: model::Item| {
            let owners = i.owners.into_iter().map(|o| (o.role, o.name)).collect();
            (i.title, owners, i.deadlines.into_iter().map(|d| d.text).collect())
        };
        plan.items.into_iter().map(item).collect()
    }

    #[test]
    fn one_cell_on_each_line() {
        let got = items(
            "工作任务\n责任单位\n完成时限\n抓好学习\n党委办公室\n6月底前\n抓好宣传\n宣传部、各支部\n全年\n",
        );
        assert_eq!(got.len(), 2);
        assert_eq!(got[1].0, "抓好宣传");
        assert_eq!(
            got[1].1,
            [(OwnerRole::Lead, "宣传部".to_owned()), (OwnerRole::Lead, "各支部".to_owned())]
        );
        assert_eq!(got[1].2, ["全年"]);
    }

    #[test]
    fn lone_pipes_between_cells() {
        let got = items(
            "工作任务\n|\n责任科室\n|\n时限要求\n|\n做好公开\n|\n各科室\n|\n持续推进\n|\n做好督办\n|\n督查科\n|\n每月\n|\n做好培训\n|\n人事科\n|\n9月底前\n",
        );
        assert_eq!(
            got.iter().map(|i| i.0.as_str()).collect::<Vec<_>>(),
            ["做好公开", "做好督办", "做好培训"]
        );
    }

    #[test]
    fn empty_owner_cells_take_over() {
        let got = items(
            "| 重点任务 | 牵头部门 | 完成时限 |\n|---|---|---|\n| 抓好学习 | 组织部 | 5月 |\n| 抓好宣传 |  | 12月10日 |\n",
        );
        assert_eq!(got[1].1, [(OwnerRole::Lead, "组织部".to_owned())]);
        assert_eq!(got[1].2, ["12月10日"]);
    }

    fn cells(rows: &[&[&str]]) -> SourceText {
        let mut source = SourceText::default();
        for (r, row) in (0..).zip(rows) {
            for (c, words) in (0..).zip(*row) {
                let place = model::Place::Cell { table: "1".to_owned(), row: r + 1, column: c + 1 };
                source.push(words, BlockKind::Cell { row: r, column: c, table: 0 }, place);
            }
        }
        source
    }

    #[test]
    fn cells_of_a_file() {
        let source = cells(&[
            &["某处2022年任务表", "", "", ""],
            &["工作任务", "具体措施", "责任部门", "完成时限"],
            &["抓招生", "制定方案", "招生办、各学院", "4月底前"],
            &["", "宣传咨询", "", "6月"],
            &["抓就业", "每学期不少于2场双选会", "就业中心", "11月"],
        ]);
        let plan = crate::read(&source);
        let titles: Vec<&str> = plan.items.iter().map(|i| i.title.as_str()).collect();
        assert_eq!(titles, ["抓招生", "抓就业"]);
        let owners: Vec<&str> = plan.items[0].owners.iter().map(|o| o.name.as_str()).collect();
        assert_eq!(owners, ["招生办", "各学院"]);
        let deadlines: Vec<&str> = plan.items[0].deadlines.iter().map(|d| d.text.as_str()).collect();
        assert_eq!(deadlines, ["4月底前", "6月"]);
        assert_eq!(plan.items[1].cadences[0].times, Some(2));
    }

    #[test]
    fn a_table_that_only_lays_out_the_page() {
        let plan = crate::read(&cells(&[
            &["一、任务"],
            &["1.抓学习。读原著。（责任部门：党办）"],
            &["2.抓作风。改文风。（责任部门：党办）"],
        ]));
        assert_eq!(plan.sections.len(), 1);
        assert_eq!(plan.items.len(), 2);
    }
}
