//! A list of records as a spreadsheet. That of one ledger has the form in which records are imported, so that what goes
//! out comes in; with columns chosen, it is the list as it stands.

use std::collections::BTreeMap;

use axum::extract::State;
use model::rule::{Field, FieldType, Ledger, Means};
use model::{Attendance, Confirmation, Entry, EntryId, Participant, Value};
use office::sheet::{Cell, Column, Kind, Sheet};
use serde_json::json;
use store::{EntryFilter, EntryRow, Job, JobKind, sha256};
use web::extract::{Fields, Query};
use web::permit::{Right, Route, Rule, get};
use web::view::Said;
use web::{App, Reply, cookie};
use work::clock::china;
use work::{Actor, Fault};

use web::download::Writing;
use work::jobs::{self, Ended, Progress};

use super::columns::Col;
use super::sift::{self, filter};
use crate::seen::entries::{came, titles};
use crate::seen::values::words;
use work::counts::counted;
use work::entries;
use work::privacy::may_read;

/// Records that are fetched at once.
const CHUNK: u32 = 2000;
/// Most records in one spreadsheet.
const MOST: u32 = 100_000;

pub(super) fn routes() -> Vec<Route> {
    vec![get("/entries.xlsx", Rule::May(Right::Export), export)]
}

/// A column of the spreadsheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Out<'r> {
    Day,
    Ledgers,
    Title,
    Unit,
    Due,
    Came,
    Counts,
    Lacks,
    Entered,
    Late,
    Confirmed,
    Field(&'r Field),
    /// A column of a table of the form: the sheet has a row for each of its lines. The last says whether its head names the
    /// table as well, because another column is called the same.
    Line(&'r Field, &'r Field, bool),
    /// The names of those who came, were absent, on leave, or guests.
    Names(Who),
    Id,
}

/// Whose names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Present,
    Absent,
    Leave,
    Guest,
}

impl Who {
    pub(super) const ALL: [Self; 4] = [Self::Present, Self::Absent, Self::Leave, Self::Guest];

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Present => "到会",
            Self::Absent => "缺席",
            Self::Leave => "请假",
            Self::Guest => "列席",
        }
    }
}

/// Whether who came is asked by this ledger.
pub(super) fn asks_people(ledger: &Ledger) -> bool {
    ledger.meaning(Means::Attendance).is_some()
}

impl<'r> Out<'r> {
    pub(super) fn column(self) -> Column {
        let (title, width, kind) = match self {
            Self::Day => ("日期", 12, Kind::Day),
            Self::Ledgers => ("台账", 18, Kind::Text),
            Self::Title => ("主题", 40, Kind::Text),
            Self::Unit => ("组织", 28, Kind::Text),
            Self::Due => ("应到", 7, Kind::Whole),
            Self::Came => ("实到", 7, Kind::Whole),
            Self::Counts => ("计入事项", 9, Kind::Whole),
            Self::Lacks => ("还缺", 30, Kind::Long),
            Self::Entered => ("填写时间", 18, Kind::Minute),
            Self::Late => ("补录", 8, Kind::Text),
            Self::Confirmed => ("上级确认", 10, Kind::Text),
            Self::Names(who) => (who.title(), 30, Kind::Long),
            Self::Id => ("记录编号", 38, Kind::Text),
            Self::Field(field) | Self::Line(_, field, _) => {
                let (width, kind) = match field.kind {
                    FieldType::Number => (10, Kind::Number),
                    FieldType::Money => (12, Kind::Money),
                    FieldType::Day => (12, Kind::Day),
                    FieldType::LongText | FieldType::People | FieldType::Units | FieldType::Rows => {
                        (40, Kind::Long)
                    }
                    _ => (18, Kind::Text),
                };
                let title = match self {
                    Self::Line(table, column, true) => format!("{}：{}", table.title, column.title),
                    _ => field.title.clone(),
                };
                return Column::new(title, width, kind);
            }
        };
        Column::new(title, width, kind)
    }

    /// The columns that the import of a ledger takes, in the order of its empty form.
    pub(super) fn taken(ledger: &'r Ledger) -> Vec<Self> {
        let mut out = vec![Self::Day, Self::Title, Self::Unit];
        let typed = |f: &&Field| !f.is_head() && f.kind != FieldType::File && f.computed.is_none();
        out.extend(ledger.fields.iter().filter(typed).map(Self::Field));
        if asks_people(ledger) {
            out.extend(Who::ALL.map(Self::Names));
        }
        out
    }

    /// The columns of the empty form of a ledger: as [`Self::taken`], with the columns of its tables in place of them.
    pub(super) fn asked(ledger: &'r Ledger) -> Vec<Self> {
        let taken = Self::taken(ledger);
        let tables = ledger.fields.iter().filter(|f| f.kind == FieldType::Rows);
        let lines = |t: &'r Field| t.rows.iter().filter(|c| c.kind != FieldType::File).map(move |c| (t, c));
        let all: Vec<(&Field, &Field)> = tables.flat_map(lines).collect();
        let is_twice = |head: &str| {
            let above = taken.iter().filter(|o| !o.is_table() && o.column().title == head).count();
            above + all.iter().filter(|(_, c)| c.title == head).count() > 1
        };
        let of = |out: &Self| match out {
            Self::Field(table) if out.is_table() => all
                .iter()
                .filter(|(t, _)| t.id == table.id)
                .map(|(t, c)| Self::Line(t, c, is_twice(&c.title)))
                .collect(),
            other => vec![*other],
        };
        taken.iter().flat_map(of).collect()
    }

    fn is_table(&self) -> bool {
        matches!(self, Self::Field(field) if field.kind == FieldType::Rows)
    }

    /// The columns of a list: those chosen, else all.
    fn of_list(ledger: Option<&'r Ledger>, query: &web::extract::Fields) -> Vec<Self> {
        if query.all("col").next().is_some() {
            let mut out = Vec::new();
            for col in Col::shown(ledger, query) {
                match col {
                    Col::Day => out.push(Self::Day),
                    Col::Ledgers => out.push(Self::Ledgers),
                    Col::Title => out.push(Self::Title),
                    Col::Unit => out.push(Self::Unit),
                    Col::Came => out.extend([Self::Due, Self::Came]),
                    Col::Counts => out.push(Self::Counts),
                    Col::Complete => out.push(Self::Lacks),
                    Col::Confirmed => out.push(Self::Confirmed),
                    Col::Entered => out.extend([Self::Entered, Self::Late]),
                    Col::Field(field) => out.push(Self::Field(field)),
                }
            }
            return out;
        }
        let plain = [
            Self::Ledgers,
            Self::Due,
            Self::Came,
            Self::Counts,
            Self::Lacks,
            Self::Entered,
            Self::Late,
            Self::Confirmed,
            Self::Id,
        ];
        let front = match ledger {
            Some(ledger) => Self::taken(ledger),
            None => vec![Self::Day, Self::Title, Self::Unit],
        };
        // Of files a spreadsheet can say the names only; what is computed is not typed.
        let told = |f: &&Field| f.kind == FieldType::File || f.computed.is_some();
        let files = ledger.into_iter().flat_map(|l| &l.fields).filter(told);
        front.into_iter().chain(files.map(Self::Field)).chain(plain).collect()
    }
}

/// What stands in the cell of a field: numbers and days as such, everything else in the words that the form takes.
fn field_cell(app: &App, actor: &Actor, entry: &Entry, field: &Field) -> Cell {
    if entry.values.contains_key(&field.id) && !may_read(app, actor, entry, &field.id) {
        return Cell::Text("限定范围".to_owned());
    }
    match entry.values.get(&field.id) {
        None => Cell::Empty,
        Some(Value::Number(n)) => Cell::Thousandths(*n),
        Some(Value::Money(fen)) => Cell::Fen(*fen),
        Some(Value::Day(day)) => Cell::Day(*day),
        Some(Value::Days(from, to)) if from == to => Cell::Text(from.to_string()),
        Some(Value::Days(from, to)) => Cell::Text(format!("{from}至{to}")),
        Some(Value::Link(entry)) => Cell::Text(entry.to_string()),
        Some(value) => Cell::Text(words(Some(field), value, &actor.known.organisation)),
    }
}

fn names(entry: &Entry, who: Who) -> Cell {
    let wanted = |p: &&Participant| match who {
        Who::Guest => p.guest,
        Who::Present => !p.guest && p.attendance == Attendance::Present,
        Who::Absent => !p.guest && p.attendance == Attendance::Absent,
        Who::Leave => !p.guest && p.attendance == Attendance::Leave,
    };
    let one = |p: &Participant| {
        let note = if who == Who::Guest { &p.role } else { &p.reason };
        if note.is_empty() { p.name.clone() } else { format!("{}（{note}）", p.name) }
    };
    let all: Vec<String> = entry.people().iter().filter(wanted).map(one).collect();
    if all.is_empty() { Cell::Empty } else { Cell::Text(all.join("、")) }
}

fn cell(app: &App, actor: &Actor, row: &EntryRow, counts: usize, out: Out<'_>) -> Cell {
    let entry = &row.entry;
    let whole = |n: usize| Cell::Whole(i64::try_from(n).unwrap_or(0));
    match out {
        Out::Day => Cell::Day(entry.day),
        Out::Ledgers => Cell::Text(titles(app, entry)),
        Out::Title => Cell::Text(entry.title.clone()),
        Out::Unit => Cell::Text(actor.known.unit_name(entry.unit).to_owned()),
        Out::Due => came(entry).map_or(Cell::Empty, |(_, of)| whole(of)),
        Out::Came => came(entry).map_or(Cell::Empty, |(n, _)| whole(n)),
        Out::Counts => whole(counts),
        Out::Lacks if row.incomplete => {
            Cell::Text(entries::lacks(app, entry).into_iter().map(|m| m.words).collect::<Vec<_>>().join("；"))
        }
        Out::Lacks => Cell::Empty,
        Out::Entered => Cell::Minute(entry.entered_at.to_zoned(china()).datetime()),
        Out::Late => Cell::Text(if row.late { "补录".to_owned() } else { String::new() }),
        Out::Confirmed => {
            Cell::Text(row.confirmation.map_or_else(String::new, |c| Confirmation::word(c).to_owned()))
        }
        Out::Field(field) => field_cell(app, actor, entry, field),
        // In a list the lines of a table stand in one cell.
        Out::Line(..) => Cell::Empty,
        Out::Names(_) if !may_read(app, actor, entry, "people") => Cell::Text("限定范围".to_owned()),
        Out::Names(who) => names(entry, who),
        Out::Id => Cell::Text(entry.id.to_string()),
    }
}

/// The list as it is filtered, all of its pages: handed out at once, or, when it is long, written beside the page.
async fn export(State(app): State<App>, actor: Actor, Query(query): Query) -> Reply {
    sift::understood(&app, &query)?;
    let total = total(&app, &actor, &query).await?;
    if total > i64::from(MOST) {
        return Err(Fault::BadRequest(format!(
            "超过 {MOST} 条，一次最多导出 {MOST} 条。请加上日期或组织再导出。"
        ))
        .into());
    }
    if total > i64::from(app.settings.export_at_once) {
        // The same list on the same day is the same file.
        let subject = format!("{}\n{}", app.clock.today(), query.with("", ""));
        let subject = hex::encode(&sha256(format!("{}\n{subject}", actor.account).as_bytes())[..16]);
        let name = format!("{} {total} 条", sheet_name(&app, &query));
        jobs::ask(&app, &actor, JobKind::EntryExport, &subject, &name, jobs::body_of(&query)).await?;
        return cookie::done(
            web::jobs::MINE,
            &Said::new("记录多，正在另外整理。做好了在这里下载，离开也会做完。"),
        );
    }
    let (writing, name) = write(&app, &actor, &query, &|_| {}).await?;
    let day = app.clock.today();
    noted(&app, &actor, &query, total).await?;
    writing.end(&name, day).await
}

/// A long list as a file, for a job.
pub(super) async fn written(
    app: &App,
    actor: &Actor,
    job: &Job,
    progress: &Progress,
) -> Result<Ended, Fault> {
    if !actor.may(Right::Export) {
        return Ok(Ended::Not("你的账号现在不能导出。"));
    }
    let query = jobs::sent_of(job);
    let total = total(app, actor, &query).await?;
    progress.at("整理记录");
    let most = usize::try_from(total).unwrap_or(1).max(1);
    let passed = |rows: usize| progress.passed(u8::try_from((rows * 95 / most).min(95)).unwrap_or(95));
    let (writing, name) = write(app, actor, &query, &passed).await?;
    let bytes = writing.bytes().await?;
    noted(app, actor, &query, total).await?;
    Ok(Ended::File(format!("{name}{}.xlsx", app.clock.today()), bytes))
}

async fn total(app: &App, actor: &Actor, query: &Fields) -> Result<i64, Fault> {
    let mut filter = filter(app, actor, query);
    filter.after = None;
    let scope = actor.scope_for(Right::SeeEntries);
    Ok(app.store.count_entries(actor.institution, &scope, &filter, MOST + 1).await?)
}

/// Notes that a list was taken away.
async fn noted(app: &App, actor: &Actor, query: &Fields, total: i64) -> Result<(), Fault> {
    let act = actor.act(app, "export.entries").with(json!({
        "count": total, "query": query.with("", ""), "said": sift::said(app, actor, query),
    }));
    Ok(app.store.record(actor.institution, &act).await?)
}

fn sheet_name(app: &App, query: &Fields) -> String {
    let ledger = query.all("ledger").next().and_then(|id| app.rulebook.ledger(id));
    ledger.map_or_else(|| "记录".to_owned(), |l| l.title.clone())
}

/// Writes the list. Records are fetched and written some at a time, so that a long list takes no more memory than a short
/// one. `passed` is told how many are written.
async fn write(
    app: &App,
    actor: &Actor,
    query: &Fields,
    passed: &(dyn Fn(usize) + Sync),
) -> Result<(Writing, String), Fault> {
    let scope = actor.scope_for(Right::SeeEntries);
    let mut filter = filter(app, actor, query);
    filter.after = None;
    let ledger = filter.ledger.as_deref().and_then(|id| app.rulebook.ledger(id));
    let outs = Out::of_list(ledger, query);
    let sheet = Sheet {
        name: ledger.map_or_else(|| "记录".to_owned(), |l| l.title.clone()),
        title: format!("{}　记录", actor.known.organisation.name),
        columns: outs.iter().map(|o| o.column()).collect(),
        frozen: 1,
        rows: Vec::new(),
    };
    let writing = Writing::begin(app, sheet);
    // The next records are read while these are written.
    let fetch = |filter: &EntryFilter| {
        let (store, scope, filter, institution) =
            (app.store.clone(), scope.clone(), filter.clone(), actor.institution);
        tokio::spawn(async move { store.entries(institution, &scope, &filter, CHUNK).await })
    };
    let mut next = Some(fetch(&filter));
    let (mut left, mut rows) = (MOST, 0);
    while let Some(reading) = next.take() {
        let found = reading.await??;
        left = left.saturating_sub(CHUNK);
        if let Some(last) = found.last().filter(|_| left > 0 && found.len() == CHUNK as usize) {
            filter.after = Some((last.entry.day, last.entry.id));
            next = Some(fetch(&filter));
        }
        let counts = if outs.contains(&Out::Counts) {
            counted(app, actor, &found).await?
        } else {
            BTreeMap::<EntryId, usize>::new()
        };
        let row = |row: &EntryRow| {
            let n = counts.get(&row.entry.id).copied().unwrap_or(0);
            outs.iter().map(|o| cell(app, actor, row, n, *o)).collect::<Vec<Cell>>()
        };
        if !writing.add(found.iter().map(row).collect()).await {
            break;
        }
        rows += found.len();
        passed(rows);
    }
    Ok((writing, ledger.map_or("记录", |l| l.title.as_str()).to_owned()))
}
