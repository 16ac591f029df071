//! The rows of a task table on their way to items.

use std::ops::Range;

use model::OwnerRole;

use crate::column::Column;
use crate::deadline::Setting;
use crate::flow::Flow;
use crate::label::Field;
use crate::mark::{self, Kind};
use crate::outline::{Heading, Outline, Rough};
use crate::owners::{self, Owner};

/// The column with the tasks: the first of its kind, else the first that tells what is to be done.
pub(super) fn task_column(columns: &[Column]) -> usize {
    columns
        .iter()
        .position(|c| *c == Column::Task)
        .or_else(|| columns.iter().position(|c| *c == Column::Detail))
        .or_else(|| columns.iter().position(|c| !matches!(c, Column::Number | Column::Group)))
        .unwrap_or(0)
}

/// How a remark under a table begins.
const REMARKS: [&str; 14] = [
    "注：",
    "注:",
    "备注",
    "说明",
    "填表",
    "制表",
    "填报",
    "审核",
    "合计",
    "总计",
    "联系人",
    "报送",
    "以上",
    "附注",
];

/// The rows of one table on their way to items.
pub(super) struct Rows<'r> {
    pub(super) flow: &'r Flow,
    pub(super) columns: &'r [Column],
    pub(super) task: usize,
}

impl Rows<'_> {
    fn text(&self, range: &Range<usize>) -> &str {
        &self.flow.text[range.clone()]
    }

    pub(super) fn read(&self, rows: &[Vec<Range<usize>>], above: Option<usize>, out: &mut Outline) {
        let mut section = above;
        // The task, the group and the owners said last: a merged cell says them once for several rows.
        let mut last_task = String::new();
        let mut last_group = String::new();
        let mut last_owners: Vec<Option<Range<usize>>> = vec![None; self.columns.len()];
        // Months on the left, merged down over the tasks of each.
        let mut last_time: Option<Range<usize>> = None;
        let first = out.items.len();
        let counted = rows.iter().filter(|r| self.is_arabic(r)).count();
        let rows = &rows[..rows.len() - self.strays(rows)];
        let rows: Vec<Vec<Range<usize>>> = rows.iter().flat_map(|r| self.parted(r)).collect();
        for row in &rows {
            if let Some(heading) = self.section_row(row, counted > 0) {
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
            if let Some(time) = self.cell(row, Column::Time).or(last_time.as_ref().filter(|_| fresh))
                && self.position(Column::Time).is_some_and(|p| p < self.task)
            {
                item.span.start = item.span.start.min(time.start);
                if self.cell(row, Column::Time).is_none() {
                    item.parts.push((time.clone(), Setting::Time));
                }
                last_time = Some(time.clone());
            }
            self.fill(row, item, &mut last_owners);
        }
        for item in &mut out.items[first..] {
            take_over(item);
        }
    }

    /// How many rows at the end are no part of the table: they say one thing only, which is a remark, a day, whoever drew it
    /// up, or stands in no column for what is to be done.
    fn strays(&self, rows: &[Vec<Range<usize>>]) -> usize {
        let is_stray = |row: &&Vec<Range<usize>>| {
            let mut said = row.iter().enumerate().filter(|(_, r)| !r.is_empty());
            let Some((column, cell)) = said.next() else { return true };
            let words = self.text(cell);
            let alone = said.all(|(_, r)| self.text(r) == words);
            let kind = self.columns.get(column).copied().unwrap_or(Column::Other);
            let numbered = mark::at(words).is_some_and(|m| !m.bare);
            let remark = REMARKS.iter().any(|r| words.starts_with(r)) || crate::furniture::is_date(words);
            let signed = matches!(kind, Column::Task | Column::Detail | Column::Group)
                && crate::column::is_units(words);
            let foreign = match kind {
                Column::Number | Column::Other => true,
                Column::Owner(_) => !crate::column::is_units(words),
                Column::Time => !super::is_time_led(words),
                _ => false,
            };
            alone && !numbered && (remark || signed || foreign)
        };
        rows.iter().rev().take_while(is_stray).count()
    }

    /// Whether the row has a number in Arabic digits.
    fn is_arabic(&self, row: &[Range<usize>]) -> bool {
        self.cell(row, Column::Number).is_some_and(|r| crate::number::arabic(self.text(r)).is_some())
    }

    /// A row whose task is a numbered list (1.换届；2.培训) as one row for each; other rows as they are.
    fn parted(&self, row: &[Range<usize>]) -> Vec<Vec<Range<usize>>> {
        let whole = vec![row.to_vec()];
        let Some(cell) = row.get(self.task).filter(|_| self.position(Column::Number).is_none()) else {
            return whole;
        };
        let words = self.text(cell);
        let Some(kind) = mark::at(words).filter(|m| m.value == 1 && !m.bare).map(|m| m.kind) else {
            return whole;
        };
        let mut starts = vec![0];
        let mut before: Option<char> = None;
        for (i, c) in words.char_indices() {
            let prev = before.replace(c);
            let next = u32::try_from(starts.len() + 1).unwrap_or(u32::MAX);
            let digits = prev.is_some_and(|p| crate::number::digit(p).is_some() || p == '.');
            if prev.is_some()
                && !digits
                && mark::at(&words[i..]).is_some_and(|m| m.kind == kind && m.value == next && !m.bare)
            {
                starts.push(i);
            }
        }
        if starts.len() < 2 {
            return whole;
        }
        let ends = starts[1..].iter().copied().chain([words.len()]).collect::<Vec<_>>();
        let part = |(from, to): (&usize, &usize)| {
            let kept = words[*from..*to].trim_end_matches(['；', ';']).len();
            let mut out = row.to_vec();
            out[self.task] = cell.start + from..cell.start + from + kept;
            out
        };
        starts.iter().zip(&ends).map(part).collect()
    }

    fn position(&self, kind: Column) -> Option<usize> {
        self.columns.iter().position(|c| *c == kind)
    }

    fn cell<'c>(&self, row: &'c [Range<usize>], kind: Column) -> Option<&'c Range<usize>> {
        row.get(self.position(kind)?).filter(|r| !r.is_empty())
    }

    /// A row with one text across all its columns that is numbered like a section; or with nothing but 一 and that text,
    /// where the tasks are `counted` in digits.
    fn section_row(&self, row: &[Range<usize>], counted: bool) -> Option<Heading> {
        let mut filled = row.iter().filter(|r| !r.is_empty());
        let one = filled.next()?;
        if let (Some(number), Some(words), None) =
            (self.cell(row, Column::Number), filled.next(), filled.next())
            && counted
            && number == one
            && !self.is_arabic(row)
            && crate::number::hanzi(self.text(number)).is_some()
        {
            let (number, words) = (number.clone(), words.clone());
            return Some(Heading { span: number.start..words.end, number, title: words, owners: Vec::new() });
        }
        let mut filled = row.iter().filter(|r| !r.is_empty()).skip(1);
        if !filled.all(|r| self.text(r) == self.text(one)) {
            return None;
        }
        let repeated = row.len() > 2 && row.iter().filter(|r| !r.is_empty()).count() > 2;
        let numbered = mark::at(self.text(one)).is_some_and(|m| m.kind <= Kind::Paren);
        (self.columns.len() >= 2 && (numbered || repeated)).then(|| self.heading(one))
    }

    /// Number and title of the words of a heading.
    pub(super) fn heading(&self, range: &Range<usize>) -> Heading {
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

    fn draft(&self, cell: &Range<usize>, number: Option<&Range<usize>>, section: Option<usize>) -> Rough {
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
        Rough {
            section,
            title: body..body + title.len(),
            span: number.start.min(cell.start)..cell.end,
            number,
            parts: Vec::new(),
            ..Rough::default()
        }
    }

    /// Adds the cells of a row to the item that it belongs to.
    fn fill(&self, row: &[Range<usize>], item: &mut Rough, last_owners: &mut [Option<Range<usize>>]) {
        let led = self.columns.contains(&Column::Owner(Field::Lead));
        for (i, range) in row.iter().enumerate() {
            let kind = self.columns.get(i).copied().unwrap_or(Column::Other);
            // A task whose cell reaches over the next column says nothing about who.
            if i != self.task
                && !range.is_empty()
                && row.get(self.task).is_some_and(|t| self.text(t) == self.text(range))
            {
                continue;
            }
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
                    Column::Check | Column::Person | Column::Other => Setting::Prose,
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
fn add_owners(item: &mut Rough, owners: Vec<Owner>, taken_over: bool) {
    if taken_over {
        item.inherited.extend(owners);
    } else {
        item.owners.extend(owners);
    }
}

/// What empty cells take over from the rows above counts for the roles that no row of the item fills.
fn take_over(item: &mut Rough) {
    let from_above = std::mem::take(&mut item.inherited);
    let said: Vec<OwnerRole> = item.owners.iter().map(|o| o.role).collect();
    item.owners.extend(from_above.into_iter().filter(|o| !said.contains(&o.role)));
}
