//! The answer for people: a row for each demand, with its days.

use std::collections::BTreeMap;

use compiler::waits_for;
use jiff::civil::Date;
use model::{Obligation, Severity};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::Made;

/// Columns of the table: what heads each, and how wide it may become.
const COLUMNS: [(&str, usize); 6] =
    [("编号", 8), ("要求", 26), ("谁办", 16), ("多久、何时", 16), ("台账", 14), ("到期日", 24)];

/// Due days of one demand that are told one by one; of more, so many and the last.
const MOST_DAYS: usize = 12;

pub(super) fn table(made: &Made<'_>) -> String {
    let mut days: BTreeMap<_, Vec<Date>> = BTreeMap::new();
    for duty in &made.forecast.duties {
        days.entry(duty.obligation).or_default().push(duty.due);
    }
    let mut rows = vec![COLUMNS.map(|(head, _)| head.to_owned())];
    for o in &made.forecast.obligations {
        rows.push(row(made, o, days.remove(&o.id).unwrap_or_default()));
    }
    let mut out = drawn(&rows);
    out.push('\n');
    let count = |s: Severity| made.diagnostics.iter().filter(|d| d.severity == s).count();
    out.push_str(&format!(
        "{}：{}年，{}项要求",
        made.source.name,
        made.year,
        made.forecast.obligations.len()
    ));
    match made.roll {
        Some(_) => out.push_str(&format!("，{}项应办事项\n", made.forecast.duties.len())),
        None => out.push_str("；加 --org 组织文件，按组织排出应办事项\n"),
    }
    let waiting: Vec<String> = made
        .forecast
        .obligations
        .iter()
        .filter_map(|o| {
            Some(format!("{}（{}）", waits_for(&o.cadence, made.rulebook, made.year)?.title, o.key))
        })
        .collect();
    if !waiting.is_empty() {
        out.push_str(&format!("等日子的：{}\n", waiting.join("、")));
    }
    for n in &made.plan.not_read {
        out.push_str(&format!("没有读进条目：第{}行“{}”\n", n.line, n.text));
    }
    for d in made.diagnostics.iter().filter(|d| super::NOT_READ.contains(&d.code.as_str())) {
        let (line, _) = made.source.line_column(d.span.start);
        out.push_str(&format!("没有读懂：第{line}行“{}”，{}\n", d.span.of(&made.source.text), d.message));
    }
    out.push_str(&format!(
        "体检意见：{}处错误，{}处警告，{}处提示；逐处看用 luoshi check\n",
        count(Severity::Error),
        count(Severity::Warning),
        count(Severity::Info)
    ));
    out
}

fn row(made: &Made<'_>, o: &Obligation, mut days: Vec<Date>) -> [String; 6] {
    let names = made.compiled.names.get(&o.key).cloned().unwrap_or_default();
    let ledger = o.ledger.as_deref().and_then(|id| made.rulebook.ledger(id)).map(|l| l.title.clone());
    days.sort_unstable();
    let duties = days.len();
    days.dedup();
    let told = |d: &Date| match d.year() {
        year if year == made.year => format!("{}.{}", d.month(), d.day()),
        year => format!("{year}.{}.{}", d.month(), d.day()),
    };
    let due = match (o.assessed, days.as_slice()) {
        (false, _) => "不考核".to_owned(),
        (true, []) => String::new(),
        (true, [.., last]) if days.len() > MOST_DAYS => format!("{}天，末次{}", days.len(), told(last)),
        (true, few) => few.iter().map(told).collect::<Vec<_>>().join(" "),
    };
    let due = if duties > days.len() { format!("{due}（共{duties}项）") } else { due };
    [o.key.clone(), o.title.clone(), names.join("、"), o.cadence.words(), ledger.unwrap_or_default(), due]
}

/// The rows with their columns under each other. A cell that is too long goes on in the next line: nothing is cut.
fn drawn(rows: &[[String; 6]]) -> String {
    let mut widths = [0; 6];
    let wrapped: Vec<[Vec<String>; 6]> =
        rows.iter().map(|row| std::array::from_fn(|c| wrap(&row[c], COLUMNS[c].1))).collect();
    for row in &wrapped {
        for (width, lines) in widths.iter_mut().zip(row) {
            *width = lines.iter().map(|l| l.width()).max().unwrap_or(0).max(*width);
        }
    }
    let mut out = String::new();
    for (n, row) in wrapped.iter().enumerate() {
        for at in 0..row.iter().map(Vec::len).max().unwrap_or(0) {
            let mut line = String::new();
            for (lines, width) in row.iter().zip(widths) {
                let cell = lines.get(at).map_or("", String::as_str);
                line.push_str(cell);
                line.push_str(&" ".repeat(width - cell.width() + 2));
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        if n == 0 {
            out.push_str(&"─".repeat(widths.iter().sum::<usize>() / 2 + 5));
            out.push('\n');
        }
    }
    out
}

/// The words in lines of at most `width` columns, broken at a space or after 、 where there is one near the end.
fn wrap(words: &str, width: usize) -> Vec<String> {
    let mut out = Vec::new();
    let mut line = String::new();
    for c in words.chars() {
        if line.width() + c.width().unwrap_or(0) > width {
            let cut = line.rfind([' ', '、']).filter(|at| line[*at..].width() * 2 < width);
            let rest = cut.map(|at| line.split_off(at + line[at..].chars().next().map_or(0, char::len_utf8)));
            out.push(std::mem::replace(&mut line, rest.unwrap_or_default()).trim_end().to_owned());
        }
        line.push(c);
    }
    out.push(line);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_cell_goes_on_below_and_nothing_is_cut() {
        assert_eq!(wrap("1.25 2.25 3.25 4.25", 10), ["1.25 2.25", "3.25 4.25"]);
        assert_eq!(wrap("党委办公室、组织部、宣传部", 12), ["党委办公室、", "组织部、宣传", "部"]);
        assert_eq!(wrap("", 4), [""]);
    }
}
