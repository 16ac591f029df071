//! The preview of an import: what it would do, and which cells must be mended first.

use std::collections::BTreeMap;

use model::BatchId;
use store::Batch;
use web::view::{Choice, Frame, Pager, Place, long_day_words};
use work::cells::BadCell;

use super::cells::Cells;
use super::columns::Col;
use super::preview::{Difference, Preview, What};
use super::read;

/// Lines of a preview on one page.
const PER: u64 = 100;

/// A row of the preview.
struct Shown {
    place: String,
    name: String,
    href: String,
    lines: Vec<Difference>,
}

/// A row that cannot be taken, with its wrong cells to be mended in place.
struct Bad {
    place: String,
    name: String,
    cells: Vec<BadCell>,
}

#[derive(askama::Template)]
#[template(path = "people/import/look.html")]
pub(super) struct LookPage {
    frame: Frame,
    id: BatchId,
    name: String,
    day: String,
    rows: usize,
    used: String,
    unknown: String,
    notes: Vec<String>,
    /// Wrong values that stand in several rows: name of the input, column, value, times.
    repeated: Vec<(String, &'static str, String, usize)>,
    added: usize,
    changed: usize,
    same: usize,
    bad: usize,
    wrongs: usize,
    /// How many faults each column has, most first: 3,000 of one kind are mended at their source.
    kinds: Vec<(&'static str, usize)>,
    tabs: Vec<Choice>,
    tab: &'static str,
    bads: Vec<Bad>,
    lines: Vec<Shown>,
    pager: Pager,
    mark: String,
    note: String,
}

fn bads(cells: &Cells, plan: &Preview, skip: usize, take: usize) -> Vec<Bad> {
    let mut of: BTreeMap<u32, Vec<&read::Wrong>> = BTreeMap::new();
    for w in &plan.wrong {
        of.entry(w.row).or_default().push(w);
    }
    of.into_iter()
        .skip(skip)
        .take(take)
        .filter_map(|(number, wrongs)| {
            let row = cells.rows.iter().find(|r| r.number == number)?;
            let wrongs = wrongs.into_iter().map(|w| (&w.col, w.words.as_str()));
            let title = |col: &Col| col.title().to_owned();
            let out = cells.bad(number, wrongs, title, title);
            Some(Bad { place: cells.place(number), name: cells.get(row, Col::Name).to_owned(), cells: out })
        })
        .collect()
}

fn by_column(plan: &Preview) -> Vec<(&'static str, usize)> {
    let mut counts: BTreeMap<Col, usize> = BTreeMap::new();
    for w in &plan.wrong {
        *counts.entry(w.col).or_default() += 1;
    }
    let mut out: Vec<_> = counts.into_iter().map(|(col, n)| (col.title(), n)).collect();
    out.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    out
}

/// The preview: what is to be mended, added, changed, left.
pub(super) fn shown(
    frame: Frame,
    batch: &Batch,
    cells: &Cells,
    plan: &Preview,
    query: &web::extract::Fields,
    note: &str,
) -> LookPage {
    let (added, changed, same, bad) =
        (plan.count(What::Add), plan.count(What::Change), plan.count(What::Same), plan.count(What::Bad));
    let ways =
        [("bad", "要改的", bad), ("add", "新增", added), ("change", "修改", changed), ("same", "不变", same)];
    let asked = query.text("tab");
    let first = ways.iter().find(|(_, _, n)| *n > 0).map_or("add", |(id, ..)| id);
    let tab = ways.iter().map(|(id, ..)| *id).find(|id| *id == asked).unwrap_or(first);
    let what = match tab {
        "bad" => What::Bad,
        "change" => What::Change,
        "same" => What::Same,
        _ => What::Add,
    };
    let total = plan.count(what);
    let skip = usize::try_from((query.page() - 1) * PER).unwrap_or(usize::MAX);
    let per = usize::try_from(PER).unwrap_or(100);
    LookPage {
        frame: frame.titled("核对导入").at(Place::People),
        id: batch.id,
        name: batch.name.clone(),
        day: long_day_words(batch.day),
        rows: cells.rows.len(),
        used: cells.columns.iter().map(|(c, _)| c.title()).collect::<Vec<_>>().join("、"),
        unknown: cells.unknown.join("、"),
        repeated: cells
            .repeated(plan.wrong.iter().map(|w| (w.row, &w.col)))
            .into_iter()
            .map(|(col, value, n)| (format!("all.{}.{value}", col.title()), col.title(), value, n))
            .collect(),
        notes: cells.notes.iter().chain(&plan.notes).cloned().collect(),
        added,
        changed,
        same,
        bad,
        wrongs: plan.wrong.len(),
        kinds: by_column(plan),
        tabs: ways
            .iter()
            .map(|(id, word, n)| Choice::new(*word, query.with("tab", id), *id == tab).counting(*n as u64))
            .collect(),
        tab,
        bads: if what == What::Bad { bads(cells, plan, skip, per) } else { Vec::new() },
        lines: plan
            .lines
            .iter()
            .filter(|l| l.what == what && what != What::Bad)
            .skip(skip)
            .take(per)
            .map(|l| Shown {
                place: cells.place(l.row),
                name: l.name.clone(),
                href: l.person.map(|p| format!("/people/{p}")).unwrap_or_default(),
                lines: l.differences.clone(),
            })
            .collect(),
        pager: Pager::of(query.page(), PER, total as u64, query),
        mark: plan.mark(),
        note: note.to_owned(),
    }
}
