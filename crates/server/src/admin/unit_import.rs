//! 导入组织: paste or upload the table of units, see what it would do, take it in.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect};
use model::Organisation;
use model::rule::Roles;
use office::sheet::{Cell, Choices, Column, Kind, Sheet};
use serde_json::json;
use store::{Job, JobKind};
use web::extract::{Query, SentFile, Upload};
use web::permit::{Right, Route, Rule, get, post};
use web::view::handed_in;
use web::view::{Form, Frame, Place, Said, page, page_with};
use web::{App, Reply};
use work::{Actor, Fault};

use web::download::{XLSX, file, local_now};
use web::jobs::{Stands, UnderWay};
use work::jobs::{self, Ended};

use work::units::{self, COLS, Col, Line, Plan, Sheets, What};

/// Most bytes of a file of units: 10,000 units take about 1 MB.
const FILE: usize = 4 * 1024 * 1024;

pub(super) fn routes() -> Vec<Route> {
    let rule = Rule::May(Right::EditUnits);
    vec![
        get("/admin/units/import", rule, start),
        post("/admin/units/import", rule, take).limit(FILE),
        get("/admin/units/table.xlsx", rule, workbook),
    ]
}

#[derive(askama::Template)]
#[template(path = "admin/unit-import.html")]
struct ImportPage {
    frame: Frame,
    form: Form,
    lines: Vec<Line>,
    notes: Vec<String>,
    mark: String,
    added: usize,
    changed: usize,
    same: usize,
    kinds: String,
    traits: String,
}

fn form(table: &str) -> Form {
    let [file, paste] = handed_in("table", 12);
    Form::of(vec![
        file.hint("xlsx 或 xls，也可以是 TOML 组织文件"),
        paste.hint("在 Excel 里连表头一起选中、复制，粘贴到这里；读出来以后也在这里改").filled(table),
    ])
}

fn shown(app: &App, frame: Frame, form: Form, Plan { lines, notes }: Plan) -> ImportPage {
    let count = |is: fn(&What) -> bool| lines.iter().filter(|l| is(&l.what)).count();
    ImportPage {
        frame: frame.titled("导入组织").at(Place::Units),
        added: count(|w| *w == What::Add),
        changed: count(|w| matches!(w, What::Change(_))),
        same: count(|w| *w == What::Same),
        kinds: model::UnitKind::ALL.map(model::UnitKind::word).join("、"),
        traits: units::trait_titles(app.rulebook.roles()),
        mark: units::mark(&lines),
        form,
        lines,
        notes,
    }
}

async fn start(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Query(query): Query,
    headers: HeaderMap,
) -> Reply {
    let of = query.text("of");
    if of.is_empty() {
        return page(&shown(&app, frame, form(""), Plan::default()));
    }
    match web::jobs::seen(&app, &actor, JobKind::UnitImport, of, &headers).await? {
        Stands::UnderWay(title, percent, waits) => page(&UnderWay {
            frame: frame.titled("正在导入").at(Place::Units),
            back: "/admin/units",
            place: "组织",
            title,
            percent,
            waits,
            note: "离开这一页也会做完。要么全部导入，要么一个也不导入。",
        }),
        Stands::Leads(answer) => Ok(answer),
        Stands::Page(note) => {
            // What was handed in is still there to be mended.
            let job = app.store.job_of(actor.institution, actor.account, JobKind::UnitImport, of).await?;
            let table = job.as_ref().map(table_of).unwrap_or_default();
            let mut form = form(table);
            let plan =
                units::plan(table, &actor.known.organisation, app.rulebook.roles()).unwrap_or_default();
            if note.is_empty() {
                return page(&shown(&app, frame, form, plan));
            }
            form.wrong("table", note);
            page_with(StatusCode::CONFLICT, &shown(&app, frame, form, plan))
        }
    }
}

/// The table that a job was asked to take in.
fn table_of(job: &Job) -> &str {
    job.body.get("table").and_then(serde_json::Value::as_str).unwrap_or_default()
}

async fn take(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    upload: Result<Upload, web::Refusal>,
) -> Reply {
    let upload = match upload {
        Ok(upload) => upload,
        Err(fault) => {
            let mut form = form("");
            form.wrong("file", fault.words());
            return page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown(&app, frame, form, Plan::default()));
        }
    };
    let Sheets { text: table, notes } = match upload.files.first() {
        Some(file) => match app
            .files
            .run({
                let (file, rulebook) = (file.clone(), Arc::clone(&app.rulebook));
                move || text_of(&file, rulebook.roles())
            })
            .await?
        {
            Ok(sheets) => sheets,
            Err(faults) => {
                let mut form = form(upload.fields.raw("table"));
                for words in faults {
                    form.wrong("file", words);
                }
                return page_with(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    &shown(&app, frame, form, Plan::default()),
                );
            }
        },
        None => Sheets { text: upload.fields.raw("table").to_owned(), notes: Vec::new() },
    };
    let mut form = form(&table);
    if table.trim().is_empty() {
        form.wrong("file", "没有选文件，也没有粘贴");
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown(&app, frame, form, Plan::default()));
    }
    let mut plan = match units::plan(&table, &actor.known.organisation, app.rulebook.roles()) {
        Ok(plan) => plan,
        Err(faults) => {
            for words in faults {
                // The table may have come from a file: it is not the box that is wrong.
                form.wrong("", words);
            }
            let nothing = Plan { lines: Vec::new(), notes };
            return page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown(&app, frame, form, nothing));
        }
    };
    if upload.fields.text("sure").is_empty() || upload.fields.text("mark") != units::mark(&plan.lines) {
        plan.notes.splice(0..0, notes);
        return page(&shown(&app, frame, form, plan));
    }
    let name = upload.files.first().map_or("粘贴的组织表", |f| f.name.as_str());
    let of = units::mark(&plan.lines);
    jobs::ask(&app, &actor, JobKind::UnitImport, &of, name, json!({ "table": table })).await?;
    Ok(Redirect::to(&format!("/admin/units/import?of={of}")).into_response())
}

/// Takes a table of units in.
pub(super) async fn take_in(app: &App, actor: &Actor, job: &Job) -> Result<Ended, Fault> {
    let words = match units::take_in(app, actor, table_of(job), &job.subject).await? {
        Err(why) => return Ok(Ended::Not(why)),
        Ok(0) => "组织已经和表里一样了。".to_owned(),
        Ok(n) => format!("新增或更新了 {n} 个组织。"),
    };
    Ok(Ended::Done("/admin/units".to_owned(), Said::new(words)))
}

/// The table that a file holds, as it would be pasted.
fn text_of(file: &SentFile, roles: &Roles) -> Result<Sheets, Vec<String>> {
    let is_toml =
        std::path::Path::new(&file.name).extension().is_some_and(|e| e.eq_ignore_ascii_case("toml"));
    if is_toml {
        let text = std::str::from_utf8(&file.bytes).map_err(|_| vec!["不是 UTF-8 编码的文本".to_owned()])?;
        let organisation =
            compiler::org_from_toml(text.trim_start_matches('\u{feff}')).map_err(|faults| {
                faults.0.iter().map(|f| format!("第 {} 行：{}", f.line, f.message)).collect::<Vec<_>>()
            })?;
        return Ok(Sheets { text: written(&organisation, roles), notes: Vec::new() });
    }
    let sheets = office::sheet::read(&file.bytes).map_err(|e| vec![e.to_string()])?;
    units::of_sheets(&sheets).map_err(|why| vec![why])
}

fn joined(lines: &[Vec<String>]) -> String {
    lines.iter().map(|cells| cells.join("\t")).collect::<Vec<_>>().join("\n")
}

/// The organisation as the table with its heads.
fn written(organisation: &Organisation, roles: &Roles) -> String {
    let mut lines = vec![COLS.map(|c| c.1.to_owned()).to_vec()];
    lines.extend(units::table(organisation, roles).into_iter().map(|row| row.to_vec()));
    joined(&lines)
}

/// The units as a workbook, which is also the one to fill in.
async fn workbook(State(app): State<App>, actor: Actor) -> Reply {
    let organisation = &actor.known.organisation;
    let widths = [34, 12, 34, 28, 20];
    let sheet = Sheet {
        name: "组织".to_owned(),
        title: format!("{}　组织", organisation.name),
        columns: COLS.iter().zip(widths).map(|(c, w)| Column::new(c.1, w, Kind::Text)).collect(),
        frozen: 1,
        rows: units::table(organisation, app.rulebook.roles())
            .into_iter()
            .map(|row| row.map(Cell::Text).to_vec())
            .collect(),
    };
    let choices: Vec<Choices> = (0u16..)
        .zip(COLS)
        .map(|(column, (col, ..))| Choices {
            column,
            words: match col {
                Col::Kind => model::UnitKind::ALL.map(|k| k.word().to_owned()).to_vec(),
                _ => Vec::new(),
            },
        })
        .collect();
    let bytes = office::sheet::write_with_choices(local_now(&app), &sheet, &choices, &[])
        .map_err(anyhow::Error::from)?;
    file("组织.xlsx", "units.xlsx", XLSX, bytes)
}
