//! The matrix as a spreadsheet, and how spreadsheets are handed out.

use std::io::{BufWriter, Read as _, Seek as _, SeekFrom};

use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use jiff::civil::{Date, DateTime};
use model::Standing;
use office::sheet::{self, Cell, Column, Kind, Sheet};
use runtime::Tally;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::io::ReaderStream;
use web::extract::Query;
use web::permit::{Right, Route, Rule, get};
use web::view::long_day_words;
use web::{App, Reply};
use work::clock::china;
use work::{Actor, Fault};

use super::matrix::{Wanted, grid};
use super::plan_runs::day_of;
use super::seen::Seen;

pub(super) fn routes() -> Vec<Route> {
    let may = Rule::May(Right::Export);
    vec![get("/matrix.xlsx", may, matrix)]
}

/// MIME type of a spreadsheet.
pub(crate) const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// MIME type of a docx.
pub(crate) const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

/// A file to be kept under a Chinese name; `plain` stands in for it where only ASCII is understood.
pub(crate) fn file(name: &str, plain: &str, kind: &'static str, bytes: Vec<u8>) -> Reply {
    let encoded: String = name.bytes().map(|b| format!("%{b:02X}")).collect();
    let disposition = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}");
    Ok(([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)], bytes)
        .into_response())
}

/// A list that is being written as a spreadsheet, to a file without a name: neither its rows nor the workbook are kept in
/// memory, however many there are.
pub(crate) struct Writing {
    rows: mpsc::Sender<Vec<Vec<Cell>>>,
    file: JoinHandle<anyhow::Result<std::fs::File>>,
}

impl Writing {
    /// Begins with the head.
    pub(crate) fn begin(app: &App, sheet: Sheet) -> Self {
        let made = local_now(app);
        let (rows, mut receive) = mpsc::channel::<Vec<Vec<Cell>>>(2);
        let file = tokio::task::spawn_blocking(move || {
            let mut file = BufWriter::new(tempfile::tempfile()?);
            let all = std::iter::from_fn(move || receive.blocking_recv()).flatten();
            sheet::write_list(made, &sheet, all, &mut file)?;
            let mut file = file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
            file.seek(SeekFrom::Start(0))?;
            Ok(file)
        });
        Self { rows, file }
    }

    /// Adds rows; false when the writer has failed, and no more are wanted.
    pub(crate) async fn add(&self, rows: Vec<Vec<Cell>>) -> bool {
        self.rows.send(rows).await.is_ok()
    }

    /// The finished spreadsheet.
    ///
    /// # Errors
    /// When it could not be written.
    pub(crate) async fn bytes(self) -> Result<Vec<u8>, Fault> {
        drop(self.rows);
        let mut file = self.file.await??;
        let read = move || {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).map(|_| bytes)
        };
        Ok(tokio::task::spawn_blocking(read).await??)
    }

    /// The finished spreadsheet, named by what it holds and the day.
    ///
    /// # Errors
    /// When it could not be written.
    pub(crate) async fn end(self, name: &str, day: Date) -> Reply {
        drop(self.rows);
        let file = self.file.await??;
        let length = file.metadata()?.len();
        let body = ReaderStream::with_capacity(tokio::fs::File::from_std(file), 64 * 1024);
        let mut answer =
            self::file(&format!("{name}{day}.xlsx"), &format!("luoshi-{day}.xlsx"), XLSX, Vec::new())?;
        answer.headers_mut().insert(header::CONTENT_LENGTH, length.into());
        *answer.body_mut() = Body::from_stream(body);
        Ok(answer)
    }
}

/// The present moment as the office's clock shows it.
pub(crate) fn local_now(app: &App) -> DateTime {
    app.clock.now().to_zoned(china()).datetime()
}

fn whole(n: u32) -> Cell {
    Cell::Whole(i64::from(n))
}

fn light(tally: Tally) -> Cell {
    tally.worst().map_or(Cell::Empty, |s| Cell::Light(s, format!("{}/{}", tally.done(), tally.asked())))
}

async fn matrix(State(app): State<App>, actor: Actor, Query(query): Query) -> Reply {
    let today = app.clock.today();
    let (on, _) = day_of(&query, today);
    let year = super::lens::looked_at(&app, &actor, &query, on)
        .await?
        .ok_or_else(|| Fault::not_found("矩阵：还没有发布的要点，没有可导出的内容"))?;
    let then = actor.known.on(on);
    let organisation: &model::Organisation = &then;
    let wanted = Wanted::of(&query, on, year.number);
    let (first, second) = {
        let seen = Seen::of(&actor, &year, on, today);
        let grid = grid(&seen, organisation, &wanted);
        let title = format!("{}　{}各项要求（截至{}）", organisation.name, wanted.word, long_day_words(on));
        let mut columns = vec![Column::new("党总支", 26, Kind::Text), Column::new("组织", 28, Kind::Text)];
        columns.extend(grid.columns.iter().map(|o| Column::new(o.title.clone(), 12, Kind::Light)));
        columns.extend([Column::new("已办结", 8, Kind::Whole), Column::new("应办", 8, Kind::Whole)]);
        let rows = grid
            .rows
            .iter()
            .filter(|r| !r.whole.is_empty())
            .map(|r| {
                let mut cells = vec![Cell::Text(r.family.clone()), Cell::Text(r.name.clone())];
                cells.extend(r.cells.iter().map(|c| light(c.tally)));
                cells.extend([whole(r.whole.done()), whole(r.whole.asked())]);
                cells
            })
            .collect();
        let first =
            Sheet { name: "党总支和支部".to_owned(), title: title.clone(), columns, frozen: 2, rows };
        let rows = grid
            .offices
            .iter()
            .map(|o| {
                let mut cells = vec![Cell::Text(actor.known.unit_name(o.unit).to_owned())];
                cells.extend(counted(o.tally));
                cells
            })
            .collect();
        let mut columns = vec![Column::new("组织", 28, Kind::Text)];
        columns.extend(counts());
        (first, Sheet { name: "党委、部门和群团".to_owned(), title, columns, frozen: 1, rows })
    };
    let bytes = office::sheet::write(local_now(&app), &[first, second]).map_err(anyhow::Error::from)?;
    let act = actor.act(&app, "export.matrix").with(json!({ "on": on, "period": wanted.stretch.id }));
    app.store.record(actor.institution, &act).await?;
    file(&format!("矩阵 {on}.xlsx"), &format!("matrix-{on}.xlsx"), XLSX, bytes)
}

/// Heads of the counts of a tally.
fn counts() -> Vec<Column> {
    let mut out = vec![Column::new("应办", 8, Kind::Whole), Column::new("已办结", 8, Kind::Whole)];
    out.extend(Standing::ALL.map(|s| Column::new(s.word(), 8, Kind::Whole)));
    out
}

fn counted(tally: Tally) -> Vec<Cell> {
    let mut out = vec![whole(tally.asked()), whole(tally.done())];
    out.extend(Standing::ALL.map(|s| whole(tally.of(s))));
    out
}
