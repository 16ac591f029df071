//! 党支部工作手册: a unit's year as one volume. Everything comes from the ledgers; what they do not hold is said.

use std::collections::BTreeSet;

use model::rule::{Field, Ledger};
use model::{Entry, EntryId, UnitId, UnitKind};
use office::bundle::Bundle;
use office::gongwen;
use office::volume::{self, Block, Part, Volume};
use rulebook::papers::{HandbookPart, Shape};
use serde_json::json;
use store::{EntryRow, Job};
use web::App;
use web::download::local_now;
use web::view::{day_words, day_words_on, long_day_words};
use work::entries::lacks;
use work::jobs::{self, Ended, Progress};
use work::privacy::may_read;
use work::{Actor, Fault, Right};

use super::gather::{self, Gathered};
use super::sections::{self, People, table};
use crate::seen::paper;
use crate::seen::values::words;

/// Columns of a ledger beside day and subject that a table has room for.
const COLUMNS: usize = 4;

/// What such a volume of a unit of this kind is called.
pub(super) fn name(kind: UnitKind) -> &'static str {
    match kind {
        UnitKind::Branch => "党支部工作手册",
        UnitKind::GeneralBranch => "党总支工作手册",
        _ => "党务工作手册",
    }
}

/// The handbook of a unit and year as docx, with the name of its file.
///
/// # Errors
/// [`Fault::NotFound`] for a unit or year that the account does not see; when the store cannot read.
pub(super) async fn made(
    app: &App,
    actor: &Actor,
    unit: UnitId,
    year: i16,
) -> Result<(String, Vec<u8>), Fault> {
    let gathered = gather::year(app, actor, unit, year).await?;
    let volume = volume_of(app, actor, &gathered).await?;
    let name = format!("{}年{}{}.docx", year, gathered.unit.name, volume.title);
    let made = local_now(app);
    let bytes = tokio::task::spawn_blocking(move || volume::write(made, &volume)).await?;
    Ok((name, bytes.map_err(anyhow::Error::from)?))
}

async fn volume_of(app: &App, actor: &Actor, g: &Gathered) -> Result<Volume, Fault> {
    let people = People::of(app, actor, g).await?;
    // Of general branches and departments there are no groups.
    let has_groups = g.unit.kind == UnitKind::Branch;
    let wanted: Vec<&HandbookPart> =
        (app.rulebook.papers().handbook.iter()).filter(|p| has_groups || p.shape != Shape::Groups).collect();
    let headings: Vec<gongwen::Block> =
        wanted.iter().map(|p| gongwen::Block::Heading1(p.title.clone())).collect();
    let numbers = gongwen::numbers(&headings);
    let named: BTreeSet<&String> = wanted.iter().flat_map(|p| &p.ledgers).collect();
    let mut printed: Vec<(EntryId, String)> = Vec::new();
    let mut parts = Vec::new();
    for (part, number) in wanted.iter().zip(numbers) {
        let title = format!("{number}{}", part.title);
        let ledgers = if part.rest { rest(g, &named) } else { part.ledgers.clone() };
        let mut blocks = match part.shape {
            Shape::Committee => people.committee(app, actor, g).await?,
            Shape::Groups => people.groups(actor, g),
            Shape::Roster => people.roster(),
            Shape::Applicants => people.applicants(),
            Shape::Moves => sections::moves(app, actor, g).await?,
            Shape::Asks => sections::asks(app, g),
            Shape::Development => sections::development(app, actor, g, &part.workflows).await?,
            Shape::Counts => sections::counts(app, actor, g, &ledgers),
            Shape::Files => sections::files(app, actor, g),
            Shape::Records => sheets(app, actor, g, &ledgers, &title, &mut printed).await?,
            Shape::Table => Vec::new(),
        };
        match part.shape {
            Shape::Table | Shape::Committee | Shape::Asks | Shape::Development => {
                blocks.extend(tables(app, actor, g, part, &ledgers));
            }
            _ => {}
        }
        parts.push(Part { title, blocks });
    }
    let heads = people.heads(app, &g.unit);
    let label = match g.unit.kind {
        UnitKind::Branch => "党支部",
        UnitKind::GeneralBranch => "党总支",
        _ => "组织",
    };
    let mut cover = Vec::new();
    if !g.above.is_empty() {
        cover.push(("党总支".to_owned(), g.above.clone()));
    }
    cover.push((label.to_owned(), g.unit.name.clone()));
    let head = if matches!(g.unit.kind, UnitKind::Branch | UnitKind::GeneralBranch) {
        "书记"
    } else {
        "负责人"
    };
    cover.push((head.to_owned(), if heads.is_empty() { "没有登记".to_owned() } else { heads }));
    let made = app.clock.today();
    Ok(Volume {
        title: name(g.unit.kind).to_owned(),
        year: format!("{}年度", g.from.year()),
        cover,
        foot: vec![
            format!(
                "{}由{}按台账记录汇编，班子和名册截至{}，要求和流程截至汇编当天。",
                long_day_words(made),
                actor.name,
                long_day_words(g.on)
            ),
            "没有记录的写明“未见记录”，不补写；汇编人看不到的内容写明“限定范围”。".to_owned(),
        ],
        parts,
    })
}

/// The ledgers of records that no part names.
fn rest(g: &Gathered, named: &BTreeSet<&String>) -> Vec<String> {
    let all = g.rows.iter().flat_map(|r| &r.entry.ledgers);
    all.filter(|l| !named.contains(l)).cloned().collect::<BTreeSet<_>>().into_iter().collect()
}

/// What was asked and what is not there, before the records of a part.
fn said(g: &Gathered, ledgers: &[String], some: bool) -> Vec<Block> {
    let mut out = Vec::new();
    match g.stands(ledgers) {
        Some((words, lacking)) => {
            out.push(Block::Paragraph(format!("{words}。")));
            if !lacking.is_empty() {
                out.push(Block::Missing(format!("到期未见记录：{}。", lacking.join("；"))));
            }
        }
        None if !some => out.push(Block::Missing("本年没有记录，也没有要求。".to_owned())),
        None => {}
    }
    if !some && !out.is_empty() && !matches!(out.last(), Some(Block::Missing(_))) {
        out.push(Block::Missing("本年没有记录。".to_owned()));
    }
    out
}

/// Records one after another, each on its own page. One that stands in an earlier part already is only named.
async fn sheets(
    app: &App,
    actor: &Actor,
    g: &Gathered,
    ledgers: &[String],
    part: &str,
    printed: &mut Vec<(EntryId, String)>,
) -> Result<Vec<Block>, Fault> {
    let mut out = said(g, ledgers, g.of(ledgers).next().is_some());
    let mut sheets = Vec::new();
    for row in g.of(ledgers) {
        let entry = &row.entry;
        let title = format!("{}　{}", day_words(entry.day), entry.title);
        if let Some((_, before)) = printed.iter().find(|(id, _)| *id == entry.id) {
            out.push(Block::Paragraph(format!("{title}：合着开的，见“{before}”。")));
            continue;
        }
        printed.push((entry.id, part.to_owned()));
        let paper = paper::of(app, actor, entry).await?;
        sheets.push(Block::Sheet(title));
        sheets.push(Block::Table(paper.table()));
        sheets.extend(still_lacks(app, row));
    }
    out.extend(sheets);
    Ok(out)
}

/// What a record lacks.
fn still_lacks(app: &App, row: &EntryRow) -> Option<Block> {
    let missing = if row.incomplete { lacks(app, &row.entry) } else { Vec::new() };
    let words: Vec<String> = missing.into_iter().map(|m| m.words).collect();
    (!words.is_empty()).then(|| Block::Missing(format!("这条记录还缺：{}。", words.join("；"))))
}

/// Records one a line, ledger by ledger.
fn tables(app: &App, actor: &Actor, g: &Gathered, part: &HandbookPart, ledgers: &[String]) -> Vec<Block> {
    let held: Vec<&Ledger> = ledgers
        .iter()
        .filter(|id| g.rows.iter().any(|r| r.entry.ledgers.contains(id)))
        .filter_map(|id| app.rulebook.ledger(id))
        .collect();
    // What stands in parts of another shape says of itself what is missing.
    let mut out = if part.shape == Shape::Table { said(g, ledgers, !held.is_empty()) } else { Vec::new() };
    for ledger in held {
        out.push(Block::Heading(ledger.title.clone()));
        let fields: Vec<&Field> = ledger
            .columns
            .iter()
            .filter_map(|id| ledger.field(id))
            .filter(|f| !f.is_head() && !f.is_attendance())
            .take(COLUMNS)
            .collect();
        let share = if fields.is_empty() { 0 } else { 48 / u16::try_from(fields.len()).unwrap_or(1) };
        let mut heads = vec![("日期", 14), ("主题", if fields.is_empty() { 86 } else { 38 })];
        heads.extend(fields.iter().map(|f| (f.title.as_str(), share)));
        let row = |row: &EntryRow| {
            let entry = &row.entry;
            let mut cells = vec![day_words_on(g.on, entry.day), entry.title.clone()];
            cells.extend(fields.iter().map(|f| field_words(app, actor, entry, f)));
            cells
        };
        let rows = g.rows.iter().filter(|r| r.entry.ledgers.contains(&ledger.id)).map(row).collect();
        out.push(Block::Narrow(table(&heads, rows)));
    }
    out
}

/// What a field says to this account.
fn field_words(app: &App, actor: &Actor, entry: &Entry, field: &Field) -> String {
    match entry.values.get(&field.id) {
        Some(_) if !may_read(app, actor, entry, &field.id) => "（限定范围）".to_owned(),
        Some(value) => words(Some(field), value, &actor.known.organisation),
        None => String::new(),
    }
}

/// The branches of which the account may have the handbook: those that were there in the year.
pub(super) fn branches(actor: &Actor, year: i16, on: jiff::civil::Date) -> Vec<UnitId> {
    let covered = actor.units_for(Right::SeeEntries);
    let first = jiff::civil::Date::new(year, 1, 1).unwrap_or(on);
    let last = first.last_of_year().min(on);
    let there = |u: &model::Unit| {
        u.founded.is_none_or(|day| day <= last) && u.dissolved.is_none_or(|day| day > first)
    };
    work::units::in_order(&actor.known.organisation)
        .into_iter()
        .filter(|(u, _)| u.kind == UnitKind::Branch && covered.contains(&u.id) && there(u))
        .map(|(u, _)| u.id)
        .collect()
}

/// The handbooks of all branches of a year in one zip, a folder for each general branch; for a job.
pub(super) async fn of_all(app: &App, actor: &Actor, job: &Job, progress: &Progress) -> Result<Ended, Fault> {
    if !actor.may(Right::Export) {
        return Ok(Ended::Not("你的账号现在不能导出。"));
    }
    let Some(year) = jobs::sent_of(job).parsed::<i16>("year") else {
        return Ok(Ended::Not("没有写明哪一年，没有做。"));
    };
    let all = branches(actor, year, app.clock.today());
    progress.at("汇编手册");
    let mut bundle = Bundle::default();
    for (at, unit) in all.iter().enumerate() {
        let (name, bytes) = made(app, actor, *unit, year).await?;
        let above = actor.known.unit(*unit).and_then(|u| u.parent).map(|p| actor.known.unit_name(p));
        let folders: Vec<&str> = above.into_iter().collect();
        let path = bundle.path(&folders, &name);
        bundle.add(&path, &bytes).map_err(anyhow::Error::from)?;
        progress.passed(u8::try_from((at + 1) * 95 / all.len().max(1)).unwrap_or(95));
    }
    let bytes = bundle.finish().map_err(anyhow::Error::from)?;
    let act = actor.act(app, "export.handbook").with(json!({ "year": year, "count": all.len() }));
    app.store.record(actor.institution, &act).await?;
    Ok(Ended::File(format!("{year}年党支部工作手册（{}个支部）.zip", all.len()), bytes))
}
