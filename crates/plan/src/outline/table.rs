//! Task tables: in cells of a document or sheet, between pipes or tabs, or with one cell on each line.

mod layout;
mod rows;

use std::ops::Range;

use model::{Block, BlockKind, Place, SourceText};

use self::layout::{cell_tables, comma_tables, separated_tables, spaced_tables, stream};
use self::rows::{Rows, task_column};
use crate::assemble::Words;
use crate::bracket::{self, Pair};
use crate::column::{self, Column};
use crate::deadline::{Reader, Setting};
use crate::flow::{Flow, Paragraph};
use crate::label::Field;
use crate::outline::Outline;
use crate::owners::{self, Tag};

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
    /// The heading rows, where they stand in the source.
    pub(crate) heads: Vec<Range<usize>>,
}

/// What was read from tables.
pub(crate) struct Tabled {
    pub(crate) flow: Flow,
    pub(crate) pairs: Vec<Pair>,
    pub(crate) tags: Vec<Tag>,
    pub(crate) outline: Outline,
    /// Whether they hold the plan, and the prose around them only what they lack; else it is the other way round.
    pub(crate) leads: bool,
}

/// Where cells stand in the clean text.
type Places = Vec<Range<usize>>;

/// Looks for task tables in every layout.
pub(crate) fn find(source: &SourceText) -> Tables {
    let mut out = Tables { lines: vec![false; source.blocks.len()], ..Tables::default() };
    for rows in cell_tables(source) {
        out.take(&rows, source);
    }
    for (separator, least) in [('|', 2), ('│', 2), ('┃', 2), ('¦', 2), ('\t', 1)] {
        if source.text.contains(separator) {
            for rows in separated_tables(source, &out.lines, separator, least) {
                out.take(&rows, source);
            }
        }
    }
    for rows in spaced_tables(source, &out.lines) {
        out.take(&rows, source);
    }
    for rows in comma_tables(source, &out.lines) {
        out.take(&rows, source);
    }
    if out.grids.is_empty()
        && let Some((grid, first, blocks)) = stream(source)
    {
        for block in blocks {
            out.lines[block] = true;
        }
        let begins = source.blocks[first].span.start;
        out.begins = Some(begins);
        out.heads.push(begins..grid.begins().clamp(begins, source.text.len()));
        out.grids.push(grid);
    }
    out
}

impl Tables {
    /// Takes a table if it has a heading row of tasks, or times in its cells.
    fn take(&mut self, rows: &[Row], source: &SourceText) {
        let Some(grid) = grid(rows.to_vec(), source).or_else(|| self.going_on(rows)) else { return };
        let mut cells = rows.iter().flatten();
        if let Some(first) = cells.next() {
            let last = cells.next_back().unwrap_or(first);
            // The last cell may go on over several lines.
            let end = source.blocks.partition_point(|b| b.span.start < last.words.end).max(last.block + 1);
            self.lines[first.block..end].fill(true);
            let begins = source.blocks[first.block].span.start;
            let body = grid.rows.iter().flatten().next().map_or(last.words.end, |c| c.words.start);
            self.heads.push(first.words.start..body.max(first.words.start));
            self.begins = Some(self.begins.map_or(begins, |b| b.min(begins)));
        }
        self.grids.push(grid);
    }

    /// A table without a heading row of its own, below one as wide: a title between them parts what is one table.
    fn going_on(&self, rows: &[Row]) -> Option<Grid> {
        let columns = &self.grids.last()?.columns;
        let width = rows.iter().map(Vec::len).max()?;
        (width >= 3 && width == columns.len()).then(|| Grid { columns: columns.clone(), rows: rows.to_vec() })
    }

    /// The items of the tables, and whether they or the text around them hold the plan: `prose` is its outline and `tagged`
    /// the number of owner tags in it. Headings between the tables are their sections.
    pub(crate) fn read(
        &self,
        source: &SourceText,
        words: &Words<'_>,
        prose: &Outline,
        tagged: usize,
    ) -> Option<Tabled> {
        let mut grids: Vec<&Grid> = self.grids.iter().collect();
        grids.sort_by_key(|g| g.begins());
        let all = self.rows(source, words, prose, &grids)?;
        let enough = all.outline.items.len() * 2;
        let telling = grids.iter().any(|g| g.tells());
        if prose.items.is_empty() || (telling && tagged * 4 <= enough && enough >= prose.items.len()) {
            return Some(all);
        }
        // Beside a plan in prose a table counts where it says who or by when.
        grids.retain(|g| g.tells());
        let mut some = self.rows(source, words, prose, &grids)?;
        some.leads = false;
        Some(some)
    }

    /// Where the tables that say who or by when begin in the source.
    pub(crate) fn starts(&self) -> Vec<usize> {
        self.grids.iter().filter(|g| g.tells()).map(Grid::begins).collect()
    }

    fn rows(
        &self,
        source: &SourceText,
        words: &Words<'_>,
        prose: &Outline,
        grids: &[&Grid],
    ) -> Option<Tabled> {
        let mut flow = Flow::of(source);
        let mut headings = headings(words.flow, prose).into_iter().peekable();
        // The cells' places in the clean text, and the headings' before them.
        let mut places: Vec<(Places, Vec<Places>)> = Vec::new();
        let sheets = sheet_names(source, grids);
        for (grid, sheet) in grids.iter().zip(&sheets) {
            let mut above = Vec::new();
            if let Some(name) = sheet {
                above.push(place(&mut flow, source, name));
            }
            while let Some(heading) = headings.next_if(|h| h.words.start < grid.begins()) {
                above.push(place(&mut flow, source, &heading));
            }
            let cells = grid.rows.iter().map(|r| r.iter().map(|c| place(&mut flow, source, c)).collect());
            places.push((above, cells.collect()));
        }
        let below: Vec<Range<usize>> = headings.map(|h| place(&mut flow, source, &h)).collect();
        let pairs = bracket::pairs(&flow.text);
        let tags = owners::tags(&flow, &pairs);
        let mut outline = Outline::default();
        let attachment = attachment(words.flow, prose);
        for (grid, (above, rows)) in grids.iter().zip(&places) {
            let rows_ = Rows { flow: &flow, columns: &grid.columns, task: task_column(&grid.columns) };
            outline.sections.extend(above.iter().map(|h| rows_.heading(h)));
            let section = outline.sections.len().checked_sub(1);
            let inside = words.flow.at_source(grid.begins()) <= attachment;
            rows_.read(rows, section.filter(|_| inside), &mut outline);
        }
        if let Some(grid) = grids.last() {
            let rows_ = Rows { flow: &flow, columns: &grid.columns, task: 0 };
            outline.sections.extend(below.iter().map(|h| rows_.heading(h)));
        }
        (!outline.items.is_empty()).then_some(Tabled { flow, pairs, tags, outline, leads: true })
    }
}

/// For each table the name of its sheet, where the tables stand on several sheets and say nothing of sections themselves.
fn sheet_names(source: &SourceText, grids: &[&Grid]) -> Vec<Option<Cell>> {
    let name = |grid: &&Grid| -> Option<Cell> {
        let first = grid.rows.iter().flatten().next()?;
        let Place::Cell { table, .. } = &source.blocks.get(first.block)?.place else { return None };
        // Titles and remarks may stand between, but no more than a page of them.
        let above = source.blocks[..first.block].iter().rev().take(64);
        let mut of_sheet =
            above.take_while(|b| matches!(&b.place, Place::Cell { table: t, .. } if t == table));
        let block = of_sheet.find(|b| is_sheet_name(source, b))?;
        Some(Cell { words: block.span.start..block.span.end, block: first.block })
    };
    let names: Vec<Option<Cell>> = grids.iter().map(name).collect();
    let grouped = grids.iter().any(|g| g.columns.contains(&Column::Group));
    let mut different: Vec<&str> = names.iter().flatten().map(|n| &source.text[n.words.clone()]).collect();
    different.dedup();
    if grouped || different.len() < 2 { vec![None; grids.len()] } else { names }
}

/// Whether a block is the name of the sheet on which it stands.
pub(crate) fn is_sheet_name(source: &SourceText, block: &Block) -> bool {
    matches!(block.kind, BlockKind::Paragraph)
        && matches!(&block.place, Place::Cell { table, .. } if table.trim() == block.span.of(&source.text))
}

/// Where in the clean text an attachment begins behind a plan in prose: what follows stands in none of its sections.
fn attachment(flow: &Flow, prose: &Outline) -> usize {
    let Some(last) = prose.items.last() else { return usize::MAX };
    let behind = flow.paragraphs.iter().filter(|p| p.range.start >= last.title.end);
    let marks = ["附件", "附表", "附："];
    let begins = |p: &&Paragraph| marks.iter().any(|m| flow.text[p.range.clone()].starts_with(m));
    behind.into_iter().find(begins).map_or(usize::MAX, |p| p.range.start)
}

impl Grid {
    /// Where its first cell stands in the source.
    fn begins(&self) -> usize {
        self.rows.iter().flatten().map(|c| c.words.start).next().unwrap_or(usize::MAX)
    }

    /// Whether it says who does something, or by when.
    fn tells(&self) -> bool {
        self.columns.iter().any(|c| matches!(c, Column::Owner(_) | Column::Time))
    }
}

/// The numbered headings of the text around the tables, in order, where they stand in the source. What is taken for
/// sections there is; where the outline found none, lines that are nothing but a high number and a title are.
fn headings(flow: &Flow, prose: &Outline) -> Vec<Cell> {
    let cell = |range: Range<usize>| {
        let span = flow.span(&range);
        Cell { words: span.start..span.end, block: 0 }
    };
    if !prose.sections.is_empty() {
        return prose.sections.iter().map(|s| cell(s.span.clone())).collect();
    }
    prose.headings.iter().map(|h| cell(h.clone())).collect()
}

fn place(flow: &mut Flow, source: &SourceText, cell: &Cell) -> Range<usize> {
    let start = flow.text.len();
    flow.push(source.text[cell.words.clone()].trim_end(), cell.words.start);
    let range = start..flow.text.len();
    flow.end(start, cell.block, 0);
    range
}

fn grid(mut rows: Vec<Row>, source: &SourceText) -> Option<Grid> {
    let kinds = |row: &Row| -> Vec<Column> {
        row.iter().map(|c| column::kind(&source.text[c.words.clone()])).collect()
    };
    let header = rows.iter().take(6).position(|r| column::is_header(&kinds(r)));
    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
    let columns = match header {
        Some(n) => {
            let mut columns = kinds(&rows[n]);
            // Headings in two rows: 责任分工 over 牵头单位 and 配合单位. What stands below is nearer to the cells.
            let mut last = n;
            if let Some(below) =
                rows.get(n + 1).map(kinds).filter(|k| is_heading_below(&columns, k, &rows[n + 1]))
            {
                last = n + 1;
                over(&mut columns, &below);
            } else if let Some(above) = n.checked_sub(1).map(|n| kinds(&rows[n])) {
                let mut whole = above;
                over(&mut whole, &columns);
                let blank = |i: usize| rows[n].get(i).is_none_or(|c| c.words.is_empty());
                columns.resize(width, Column::Other);
                for (i, kind) in whole.into_iter().enumerate().take(width) {
                    if blank(i) {
                        columns[i] = kind;
                    }
                }
            }
            rows.drain(..=last);
            answering(&mut columns);
            grouping(&mut columns, &rows, source);
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

/// Whether a row under the heading row goes on with headings: every cell that says anything is one, and one of them says
/// who, when or what number.
fn is_heading_below(above: &[Column], kinds: &[Column], row: &Row) -> bool {
    let mut said = row.iter().zip(kinds).enumerate().filter(|(_, (c, _))| !c.words.is_empty());
    let own = said.clone().any(|(i, (_, k))| {
        above.get(i) != Some(k)
            && matches!(k, Column::Owner(_) | Column::Time | Column::Person | Column::Number)
    });
    own && said.all(|(_, (_, k))| *k != Column::Other)
}

/// Puts the headings of the lower row over those of the upper one.
fn over(columns: &mut Vec<Column>, below: &[Column]) {
    columns.resize(columns.len().max(below.len()), Column::Other);
    for (column, kind) in columns.iter_mut().zip(below).filter(|(_, k)| **k != Column::Other) {
        *column = *kind;
    }
}

/// Where no column names units, the persons of 责任人 answer.
fn answering(columns: &mut [Column]) {
    if !columns.iter().any(|c| matches!(c, Column::Owner(_))) {
        for column in columns.iter_mut().filter(|c| **c == Column::Person) {
            *column = Column::Owner(Field::Answer);
        }
    }
}

/// A column that names tasks holds groups when what is done stands in a column behind it (项目 before 任务, 重点任务 before
/// 工作内容) and several rows of their own share one of its cells: two columns of tasks, or rows that are numbered, or whose
/// owners are said anew below the name of a field of work.
fn grouping(columns: &mut [Column], rows: &[Row], source: &SourceText) {
    let mut tasks = (0..columns.len()).filter(|i| columns[*i] == Column::Task);
    let Some(first) = tasks.next() else { return };
    let second = tasks.next();
    let detail = columns.iter().rposition(|c| *c == Column::Detail).filter(|d| *d > first);
    let words = |row: &Row, column: usize| row.get(column).map_or("", |c| &source.text[c.words.clone()]);
    // How often a column says something new.
    let said = |column: usize| {
        let mut last = "";
        let cells = rows.iter().map(|r| words(r, column));
        cells.filter(|w| !w.is_empty() && std::mem::replace(&mut last, w) != *w).count()
    };
    let shared = match (second, detail) {
        (Some(second), _) => said(first) < said(second),
        (None, Some(detail)) => {
            let below = said(first) > 0 && said(first) < said(detail);
            let number = columns.iter().position(|c| *c == Column::Number);
            let counted = number.is_some_and(|n| said(n) > said(first) && said(n) * 10 >= said(detail) * 8);
            below && (counted || number.is_none() && owned_anew(columns, rows, first, &words))
        }
        _ => false,
    };
    if shared {
        columns[first] = Column::Group;
    }
}

/// Whether the cells of `first` name fields of work (政治建设) and the rows below each say their owners themselves.
fn owned_anew<'t>(
    columns: &[Column],
    rows: &[Row],
    first: usize,
    words: &impl Fn(&Row, usize) -> &'t str,
) -> bool {
    const FIELDS: [&str; 12] =
        ["建设", "工作", "教育", "管理", "保障", "监督", "服务", "治理", "文化", "学习", "类", "方面"];
    let Some(owner) = columns.iter().position(|c| matches!(c, Column::Owner(_))) else { return false };
    let field = |w: &str| w.chars().count() <= 8 && FIELDS.iter().any(|f| w.ends_with(f));
    let mut last = "";
    let (mut below, mut owned) = (0, 0);
    for row in rows {
        let name = words(row, first);
        if !name.is_empty() && !field(name) {
            return false;
        }
        if name.is_empty() || name == last {
            below += 1;
            owned += usize::from(!words(row, owner).is_empty());
        } else {
            last = name;
        }
    }
    below > 0 && owned * 2 > below
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

#[cfg(test)]
mod tests {
    use model::OwnerRole;

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
