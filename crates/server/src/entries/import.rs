//! 导入台账: the spreadsheet of a ledger read back: looked at first, mended in the page, taken in, undone as a whole.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect};
use jiff::SignedDuration;
use jiff::civil::Date;
use model::rule::{FieldType, Ledger};
use model::{BatchId, EntryId};
use office::sheet::{Cell, Choices, Sheet};
use serde::{Deserialize, Serialize};
use store::{Bulk, BulkKind, EntryFilter, Job, JobKind};
use web::extract::{Path, Query, Sent, Upload};
use web::permit::{Right, Route, Rule, get, post};
use web::view::{Field, Form, Frame, Input, Place, Said, instant_words, page, page_with};
use web::{App, Reply, cookie};
use work::cells::{self, BadCell, EXAMPLE, Wanted};
use work::{Actor, Fault, cases};

use web::download::{XLSX, file, local_now};
use web::jobs::{Stands, UnderWay};
use work::entries;
use work::jobs::{self, Ended, Progress};

use super::desk::keeps;
use super::export::{Out, Who};
use super::taken::{self, Table, Taken};

/// Most bytes of a workbook or a paste.
const FILE: usize = 16 * 1024 * 1024;
/// Most rows: each is read by the whole form, with the roster of its day.
const MOST_ROWS: usize = 1_000;
/// Days after which an import that nobody took in is thrown away.
const DRAFT_DAYS: i64 = 14;
/// Rows of each kind that the preview shows.
const SHOWN: usize = 200;

pub(super) fn routes() -> Vec<Route> {
    let rule = Rule::May(Right::Record);
    vec![
        get("/entries/import", rule, start),
        post("/entries/import", rule, take).limit(FILE),
        get("/entries/template.xlsx", rule, template),
        get("/entries/import/{id}", rule, look),
        post("/entries/import/{id}/mend", rule, mend),
        post("/entries/import/{id}/apply", rule, apply),
        post("/entries/import/{id}/drop", rule, throw_away),
    ]
}

/// What is kept of an import until it is taken in.
#[derive(Serialize, Deserialize)]
struct Kept {
    ledger: String,
    table: Table,
    /// The id that each row's record will have: an import that broke off goes on where it stopped.
    ids: BTreeMap<u32, EntryId>,
}

fn ledger_of<'a>(app: &'a App, id: &str) -> Result<&'a Ledger, Fault> {
    app.rulebook.ledger(id).ok_or_else(|| Fault::not_found("这本台账"))
}

struct Past {
    href: String,
    name: String,
    words: String,
}

#[derive(askama::Template)]
#[template(path = "entries/import.html")]
struct StartPage {
    frame: Frame,
    ledger: String,
    ledger_id: String,
    form: Form,
    heads: String,
    past: Vec<Past>,
}

/// What is handed in; where a row is a line of a table, also what is said once of all of them, which the sheet need not say.
fn form(ledger: &Ledger, today: Date) -> Form {
    let mut fields: Vec<Field> = web::view::handed_in("paste", 6).into();
    if has_lines(ledger) {
        let title = Field::text("title", "主题").hint("表里有“主题”一栏的，以表为准").optional().wide(8);
        let day = Field::new(Input::Day, "day", "日期").hint("同上").filled(today.to_string()).wide(4);
        fields.extend([title, day.optional()]);
    }
    Form::of(fields)
}

/// Whether a row of the sheet is a line of a record.
fn has_lines(ledger: &Ledger) -> bool {
    Out::asked(ledger).into_iter().any(|out| taken::is_line(&taken::key(out)))
}

async fn started(
    app: &App,
    actor: &Actor,
    frame: Frame,
    ledger: &Ledger,
    form: Form,
) -> Result<StartPage, Fault> {
    let old = app.clock.now() - SignedDuration::from_hours(24 * DRAFT_DAYS);
    let past = app.store.entry_imports(actor.institution, actor.account, old).await?;
    let past = past
        .into_iter()
        .map(|b| {
            let (href, state) = match (b.done_at, b.undone_at) {
                (None, _) => (format!("/entries/import/{}", b.id), "还没有导入".to_owned()),
                (Some(_), None) => {
                    (format!("/entries/many/{}", b.id), format!("导入 {} 条", b.entries.len()))
                }
                (_, Some(_)) => (format!("/entries/many/{}", b.id), "已撤销".to_owned()),
            };
            Past { href, name: b.name, words: format!("{}　{state}", instant_words(b.made_at)) }
        })
        .collect();
    Ok(StartPage {
        frame: frame.titled("导入记录").at(Place::Entries),
        ledger: ledger.title.clone(),
        ledger_id: ledger.id.clone(),
        form,
        heads: Out::asked(ledger).iter().map(|o| o.column().title).collect::<Vec<_>>().join("、"),
        past,
    })
}

async fn start(State(app): State<App>, actor: Actor, frame: Frame, Query(query): Query) -> Reply {
    let ledger = ledger_of(&app, query.text("ledger"))?;
    page(&started(&app, &actor, frame, ledger, form(ledger, app.clock.today())).await?)
}

/// The empty form of a ledger: lists to choose from, an example, what to know.
async fn template(State(app): State<App>, actor: Actor, Query(query): Query) -> Reply {
    let ledger = ledger_of(&app, query.text("ledger"))?;
    let outs = Out::asked(ledger);
    let today = app.clock.today();
    let covered = actor.units_for(Right::Record);
    let units: Vec<String> = actor
        .known
        .organisation
        .units
        .iter()
        .filter(|u| covered.contains(&u.id) && u.exists_on(today) && keeps(ledger, u.kind))
        .map(|u| u.name.clone())
        .collect();
    let all = actor.known.organisation.units.iter().filter(|u| u.exists_on(today));
    let all: Vec<String> = all.map(|u| u.name.clone()).collect();
    let choices = (0u16..)
        .zip(&outs)
        .map(|(column, out)| Choices {
            column,
            words: match out {
                Out::Unit => units.clone(),
                Out::Field(f) | Out::Line(_, f, _) if f.kind == FieldType::Choice => {
                    f.options.iter().map(|(_, w)| w.clone()).collect()
                }
                Out::Field(f) | Out::Line(_, f, _) if f.kind == FieldType::Unit => all.clone(),
                _ => Vec::new(),
            },
        })
        .collect::<Vec<_>>();
    let example = outs.iter().map(|out| match out {
        Out::Day => Cell::Day(today),
        Out::Title => Cell::Text(format!("{EXAMPLE}学习有关文件，讨论支部工作")),
        Out::Unit => Cell::Text(units.first().cloned().unwrap_or_default()),
        Out::Names(Who::Leave) => Cell::Text("柳知行（出差）".to_owned()),
        Out::Names(Who::Guest) => Cell::Text("温如许（联系领导）".to_owned()),
        Out::Field(f) | Out::Line(_, f, _) => match f.kind {
            FieldType::Choice => f.options.first().map_or(Cell::Empty, |(_, w)| Cell::Text(w.clone())),
            FieldType::Number => Cell::Thousandths(2000),
            FieldType::Money => Cell::Fen(128_050),
            FieldType::Day => Cell::Day(today),
            FieldType::Days => Cell::Text(format!("{today}至{today}")),
            FieldType::Person => Cell::Text("方以宁".to_owned()),
            _ => Cell::Empty,
        },
        _ => Cell::Empty,
    });
    let sheet = Sheet {
        name: ledger.title.clone(),
        title: format!("{}　{}", actor.known.organisation.name, ledger.title),
        columns: outs.iter().map(|o| o.column()).collect(),
        frozen: 1,
        rows: vec![example.collect()],
    };
    let mut notes = vec![
        "“日期”“主题”必填；“组织”空着的，算你自己的组织。示例那一行不会导入，删不删都行。",
        "栏目可以删，可以换次序。从记录列表导出的表，改过可以直接再导入；“记录编号”已经有的不动。",
        "日期写到日：2022-04-22、2022.4.22、2022年4月22日都可以；一段时间写成 2022-04-20至2022-04-22。",
        "几个名字用顿号隔开；请假、缺席的事由写在名字后面的括号里：柳知行（出差）。",
        "写了“到会”的，没写到名字的人算缺席；只写“缺席”“请假”的，其余的人算到会；都空着的，记录不写出席，标“待补”。",
        "一次最多 1000 行。导入前逐行核对，缺的也可以导入，标“待补”；导入后可以整批撤销。",
    ];
    if has_lines(ledger) {
        notes.insert(1, "表里的一行就是记录里的一行：同一天、同一主题的几行，导入成一条记录。日期、主题只写在第一行也可以，整张表都不写的，导入时写一次。");
    }
    let bytes =
        office::sheet::write_with_choices(local_now(&app), &sheet, &choices, &[cells::how_to(&notes)])
            .map_err(anyhow::Error::from)?;
    file(&format!("{}空表.xlsx", ledger.title), "ledger.xlsx", XLSX, bytes)
}

async fn take(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Query(query): Query,
    upload: Result<Upload, web::Refusal>,
) -> Reply {
    // In the address, not in the body: a body that is too large is not read.
    let ledger = ledger_of(&app, query.text("ledger"))?;
    let mut form = form(ledger, app.clock.today());
    let upload = match upload {
        Ok(upload) => upload,
        Err(fault) => {
            form.wrong("file", fault.words());
            return page_with(
                StatusCode::UNPROCESSABLE_ENTITY,
                &started(&app, &actor, frame, ledger, form).await?,
            );
        }
    };
    form.take(&upload.fields);
    let named = upload.files.iter().find(|f| f.field == "file");
    let paste = upload.fields.raw("paste").to_owned();
    let of = ledger.clone();
    let bytes = named.map(|f| f.bytes.clone());
    // Unpacking and reading takes a while for a large file: not on a thread that answers others.
    let no_head = if has_lines(ledger) {
        let lines = Out::asked(ledger).into_iter().filter(|o| taken::is_line(&taken::key(*o)));
        let heads: Vec<String> = lines.map(|o| format!("“{}”", o.column().title)).collect();
        format!("找不到表头：要有一行写着{}这样的栏目名，可以先下载空表", heads.concat())
    } else {
        "找不到表头：要有一行写着“日期”“主题”和别的栏目名，可以先下载空表".to_owned()
    };
    let read = move || {
        let wanted = Wanted {
            of_head: &|head: &str| taken::meaning(&of, head),
            is_head: |known: &[String]| {
                let has = |col: &str| known.iter().any(|c| c == col);
                (has("day") && has("title")) || (known.len() > 1 && known.iter().any(|c| taken::is_line(c)))
            },
            no_head: &no_head,
            empty: "表头下面没有记录",
            most: MOST_ROWS,
        };
        match bytes {
            Some(bytes) => office::sheet::read(&bytes)
                .map_err(|e| e.to_string())
                .and_then(|sheets| cells::of_sheets(&sheets, &wanted))
                .map_err(|why| ("file", why)),
            None if paste.trim().is_empty() => Err(("file", "没有选文件，也没有粘贴".to_owned())),
            None => cells::of_paste(&paste, &wanted).map_err(|why| ("paste", why)),
        }
    };
    let table = app.files.run(read).await?.and_then(|mut table| {
        taken::settle(ledger, &mut table);
        for (col, label) in [("title", "主题"), ("day", "日期")] {
            if table.columns.iter().any(|(c, _)| c == col) {
                continue;
            }
            match form.value(col) {
                "" => return Err((col, format!("表里没有“{label}”一栏，写在这里"))),
                words => table.put(col.to_owned(), words),
            }
        }
        Ok(table)
    });
    let table = match table {
        Ok(table) => table,
        Err((field, why)) => {
            form.wrong(field, why);
            let again = started(&app, &actor, frame, ledger, form).await?;
            return page_with(StatusCode::UNPROCESSABLE_ENTITY, &again);
        }
    };
    let ids = table.rows.iter().map(|r| (r.number, EntryId::fresh())).collect();
    let kept = Kept { ledger: ledger.id.clone(), table, ids };
    let bulk = Bulk {
        id: BatchId::fresh(),
        account: actor.account,
        session: actor.session.to_vec(),
        kind: BulkKind::Import,
        name: named.map_or_else(|| format!("粘贴的{}", ledger.title), |f| f.name.clone()),
        made_at: app.clock.now(),
        cells: serde_json::to_string(&kept)?,
        entries: Vec::new(),
        done_at: None,
        undone_at: None,
    };
    let act = actor.act(&app, "entry.import-draft").on(&bulk.name);
    app.store.keep_bulk(actor.institution, &bulk, &act).await?;
    cookie::done(&format!("/entries/import/{}", bulk.id), &Said::new("读出来了，请核对。还没有导入。"))
}

/// An import of one's own that was not taken in yet.
async fn draft(app: &App, actor: &Actor, id: BatchId) -> Result<(Bulk, Kept), Fault> {
    let bulk = app.store.bulk(actor.institution, id).await.map_err(|_| Fault::not_found("这次导入"))?;
    if bulk.account != actor.account || bulk.kind != BulkKind::Import {
        return Err(Fault::not_found("这次导入"));
    }
    if bulk.done_at.is_some() {
        return Err(Fault::Conflict("这次导入已经办过了，在“最近的导入”里可以看，也可以撤销。".to_owned()));
    }
    let kept = serde_json::from_str(&bulk.cells)?;
    Ok((bulk, kept))
}

/// Every row as it would be taken in now.
async fn planned(app: &App, actor: &Actor, kept: &Kept) -> Result<Vec<Taken>, Fault> {
    let ledger = ledger_of(app, &kept.ledger)?;
    let mut out: Vec<Taken> = Vec::new();
    let mut seen: BTreeMap<(model::UnitId, Date, String), u32> = BTreeMap::new();
    for rows in taken::records(&kept.table) {
        let Some(row) = rows.first() else { continue };
        let id = kept.ids.get(&row.number).copied().unwrap_or_else(EntryId::fresh);
        let mut taken = taken::row(app, actor, ledger, &kept.table, &rows, id).await?;
        if let Some(entry) = &taken.entry {
            taken.same = there(app, actor, kept, row, &entry.clone()).await?;
            let key = (entry.unit, entry.day, entry.title.clone());
            if let Some(first) = seen.get(&key) {
                taken.wrong.push(taken::Wrong {
                    row: row.number,
                    col: "title".to_owned(),
                    words: format!("和{}是同一天、同一组织、同一主题", kept.table.place(*first)),
                });
                taken.entry = None;
            } else {
                seen.insert(key, row.number);
            }
        }
        out.push(taken);
    }
    Ok(out)
}

/// Why a row is there already; empty when it is not.
async fn there(
    app: &App,
    actor: &Actor,
    kept: &Kept,
    row: &cells::Row,
    entry: &model::Entry,
) -> Result<String, Fault> {
    // Of other units' records nothing is told, not even that they are there.
    let scope = actor.scope_for(Right::Record);
    if let Ok(named) = kept.table.get(row, "id".to_owned()).parse::<EntryId>()
        && !app.store.entries_by_ids(actor.institution, &scope, &[named]).await?.is_empty()
    {
        return Ok("编号相同的记录已经有了".to_owned());
    }
    let filter = EntryFilter {
        ledger: Some(kept.ledger.clone()),
        units: Some(BTreeSet::from([entry.unit])),
        from: Some(entry.day),
        to: Some(entry.day),
        ..EntryFilter::default()
    };
    let that_day = app.store.entries(actor.institution, &scope, &filter, 50).await?;
    let same = that_day.iter().any(|r| r.entry.title == entry.title && r.entry.id != entry.id);
    Ok(if same { "已有同一天、同一主题的记录".to_owned() } else { String::new() })
}

struct Bad {
    place: String,
    title: String,
    cells: Vec<BadCell>,
}

struct Good {
    place: String,
    day: String,
    title: String,
    unit: String,
    words: String,
}

#[derive(askama::Template)]
#[template(path = "entries/import_look.html")]
struct LookPage {
    frame: Frame,
    id: BatchId,
    name: String,
    ledger: String,
    ledger_id: String,
    used: String,
    unknown: String,
    notes: Vec<String>,
    /// Wrong values that stand in several rows: name of the input, column, value, times.
    repeated: Vec<(String, String, String, usize)>,
    rows: usize,
    bad: usize,
    add: usize,
    same: usize,
    bads: Vec<Bad>,
    adds: Vec<Good>,
    sames: Vec<Good>,
    note: String,
}

fn shown(
    app: &App,
    actor: &Actor,
    frame: Frame,
    bulk: &Bulk,
    kept: &Kept,
    plan: &[Taken],
    note: &str,
) -> Result<LookPage, Fault> {
    let ledger = ledger_of(app, &kept.ledger)?;
    let titles: BTreeMap<String, String> = Out::taken(ledger)
        .into_iter()
        .chain(Out::asked(ledger))
        .chain([Out::Id])
        .map(|o| (taken::key(o), o.column().title))
        .collect();
    let title_of = |col: &str| titles.get(col).cloned().unwrap_or_else(|| "整行".to_owned());
    let bad_rows: BTreeSet<u32> = plan.iter().flat_map(|t| t.wrong.iter().map(|w| w.row)).collect();
    let bads = bad_rows
        .iter()
        .take(SHOWN)
        .map(|row| {
            let of_row = |t: &&Taken| t.wrong.iter().any(|w| w.row == *row);
            let of_row: Vec<&Taken> = plan.iter().filter(of_row).collect();
            let wrongs = of_row.iter().flat_map(|t| &t.wrong).filter(|w| w.row == *row);
            let wrongs = wrongs.map(|w| (&w.col, w.words.as_str()));
            let cells = kept.table.bad(*row, wrongs, String::clone, |col| title_of(col));
            let title = of_row.first().map_or_else(String::new, |t| t.title.clone());
            Bad { place: kept.table.place(*row), title, cells }
        })
        .collect();
    let good = |t: &Taken, words: String| {
        t.entry.as_ref().map(|e| Good {
            place: match t.rows {
                1 => kept.table.place(t.row),
                n => format!("{}起 {n} 行", kept.table.place(t.row)),
            },
            day: e.day.to_string(),
            title: e.title.clone(),
            unit: actor.known.unit_name(e.unit).to_owned(),
            words,
        })
    };
    let is_same = |t: &&Taken| t.wrong.is_empty() && !t.same.is_empty();
    let is_add = |t: &&Taken| t.wrong.is_empty() && t.same.is_empty();
    let add_words = |t: &Taken| {
        let lacks = match t.lacks.len() {
            0 => "齐全".to_owned(),
            n => format!("待补 {n}：{}", t.lacks.join("；")),
        };
        let opens = t.opens.iter().map(|(title, n)| format!("开 {n} 件“{title}”"));
        std::iter::once(lacks).chain(opens).collect::<Vec<_>>().join("；")
    };
    Ok(LookPage {
        frame: frame.titled("核对导入").at(Place::Entries),
        id: bulk.id,
        name: bulk.name.clone(),
        ledger: ledger.title.clone(),
        ledger_id: ledger.id.clone(),
        used: kept.table.columns.iter().map(|(c, _)| title_of(c)).collect::<Vec<_>>().join("、"),
        unknown: kept.table.unknown.join("、"),
        repeated: kept
            .table
            .repeated(plan.iter().flat_map(|t| t.wrong.iter().map(|w| (w.row, &w.col))))
            .into_iter()
            .map(|(col, value, n)| (format!("all.{col}.{value}"), title_of(col), value, n))
            .collect(),
        notes: kept.table.notes.clone(),
        rows: kept.table.rows.len(),
        bad: bad_rows.len(),
        add: plan.iter().filter(is_add).count(),
        same: plan.iter().filter(is_same).count(),
        bads,
        adds: plan.iter().filter(is_add).take(SHOWN).filter_map(|t| good(t, add_words(t))).collect(),
        sames: plan.iter().filter(is_same).take(SHOWN).filter_map(|t| good(t, t.same.clone())).collect(),
        note: note.to_owned(),
    })
}

async fn look(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path(id): Path<BatchId>,
    headers: HeaderMap,
) -> Reply {
    match web::jobs::seen(&app, &actor, JobKind::EntryImport, &id.to_string(), &headers).await? {
        Stands::UnderWay(title, percent, waits) => page(&UnderWay {
            frame: frame.titled("正在导入").at(Place::Entries),
            back: "/entries",
            place: "记录",
            title,
            percent,
            waits,
            note: "离开这一页也会做完。万一中断，会接着做，已经导入的不会重复。",
        }),
        Stands::Leads(answer) => Ok(answer),
        Stands::Page(note) => preview(&app, &actor, frame, id, &note).await,
    }
}

async fn preview(app: &App, actor: &Actor, frame: Frame, id: BatchId, note: &str) -> Reply {
    let (bulk, kept) = draft(app, actor, id).await?;
    let plan = planned(app, actor, &kept).await?;
    let status = if note.is_empty() { StatusCode::OK } else { StatusCode::CONFLICT };
    page_with(status, &shown(app, actor, frame, &bulk, &kept, &plan, note)?)
}

/// Cells mended in the page; then the preview again.
async fn mend(State(app): State<App>, actor: Actor, Path(id): Path<BatchId>, Sent(sent): Sent) -> Reply {
    let (mut bulk, mut kept) = draft(&app, &actor, id).await?;
    for (field, value) in sent.pairs() {
        let place = field.strip_prefix('r').and_then(|f| f.split_once('.'));
        if let Some((number, col)) = place
            && let Ok(number) = number.parse()
        {
            kept.table.mend(number, col.to_owned(), value);
        }
    }
    // All cells of a column that say the same: all.<column>.<what they say>. After the single ones, which say it no more.
    for (field, value) in sent.pairs().iter().filter(|(_, value)| !value.trim().is_empty()) {
        if let Some((col, from)) = field.strip_prefix("all.").and_then(|f| f.split_once('.')) {
            kept.table.mend_all(col.to_owned(), from, value);
        }
    }
    bulk.cells = serde_json::to_string(&kept)?;
    let act = actor.act(&app, "entry.import-draft").on(&bulk.name);
    app.store.keep_bulk(actor.institution, &bulk, &act).await?;
    cookie::done(&format!("/entries/import/{id}"), &Said::new("改好的格子已重新核对。"))
}

async fn apply(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path(id): Path<BatchId>,
    Sent(sent): Sent,
) -> Reply {
    let (bulk, kept) = draft(&app, &actor, id).await?;
    let subject = id.to_string();
    let mut body = jobs::body_of(&sent);
    body["ledger"] = kept.ledger.into();
    jobs::ask(&app, &actor, JobKind::EntryImport, &subject, &bulk.name, body).await?;
    match web::jobs::seen(&app, &actor, JobKind::EntryImport, &subject, &HeaderMap::new()).await? {
        Stands::UnderWay(..) => Ok(Redirect::to(&format!("/entries/import/{id}")).into_response()),
        Stands::Leads(answer) => Ok(answer),
        Stands::Page(note) => preview(&app, &actor, frame, id, &note).await,
    }
}

/// Leads to what was taken in: to the cases that it opened, else to the records.
async fn taken_in(app: &App, actor: &Actor, ledger: &Ledger, bulk: &Bulk) -> Result<Ended, Fault> {
    let ids: Vec<EntryId> = bulk.entries.iter().map(|(id, _)| *id).collect();
    let opened = cases::opened_by(app, actor, &ids).await?;
    let cases = opened.iter().map(|(_, title, n)| format!("，开了 {n} 件“{title}”")).collect::<String>();
    let words = format!("已导入 {} 条“{}”{cases}。", bulk.entries.len(), ledger.title);
    let said = Said::new(words).link("撤销", format!("/entries/many/{}", bulk.id));
    let to = match opened.first() {
        Some((workflow, ..)) => format!("/cases?workflow={workflow}"),
        None => format!("/entries?ledger={}", ledger.id),
    };
    Ok(Ended::Done(to, said))
}

/// Takes the rows in, one after the other. Each has its record's id already, so that a second run goes on where the first
/// stopped.
pub(super) async fn take_in(
    app: &App,
    actor: &Actor,
    job: &Job,
    progress: &Progress,
) -> Result<Ended, Fault> {
    if !actor.may(Right::Record) {
        return Ok(Ended::Not("你的账号现在不能记录，什么都没有导入。"));
    }
    let sent = jobs::sent_of(job);
    let id: BatchId = job.subject.parse().map_err(anyhow::Error::from)?;
    let stands = app.store.bulk(actor.institution, id).await?;
    if stands.done_at.is_some() {
        let ledger = job.body.get("ledger").and_then(serde_json::Value::as_str).unwrap_or_default();
        return taken_in(app, actor, ledger_of(app, ledger)?, &stands).await;
    }
    let (bulk, kept) = draft(app, actor, id).await?;
    progress.at("核对每一行");
    let plan = planned(app, actor, &kept).await?;
    let bad = plan.iter().filter(|t| !t.wrong.is_empty()).count();
    if bad > 0 && !sent.has("without") {
        return Ok(Ended::Not("还有要改的行。改好它们，或者选“不管它们，导入其余的”。什么都还没有导入。"));
    }
    progress.at("保存记录");
    let wanted: Vec<&model::Entry> = plan
        .iter()
        .filter(|t| t.wrong.is_empty() && t.same.is_empty())
        .filter_map(|t| t.entry.as_ref())
        .collect();
    // To have looked at every row is a fifth of the work.
    let passed = |n: usize| progress.passed(u8::try_from(20 + n * 80 / wanted.len().max(1)).unwrap_or(100));
    let skipped = plan.len() - wanted.len();
    let taken = entries::take_in(app, actor, bulk, &kept.ledger, &wanted, skipped, passed).await?;
    let Some(bulk) = taken else { return Ok(Ended::Not("没有要导入的记录。")) };
    taken_in(app, actor, ledger_of(app, &kept.ledger)?, &bulk).await
}

async fn throw_away(State(app): State<App>, actor: Actor, Path(id): Path<BatchId>) -> Reply {
    let (_, kept) = draft(&app, &actor, id).await?;
    app.store.drop_bulk(actor.institution, id).await?;
    cookie::done(&format!("/entries?ledger={}", kept.ledger), &Said::new("这次导入丢弃了，记录没有动。"))
}
