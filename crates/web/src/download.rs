//! Files as they are handed out, and long lists written as a spreadsheet.

use std::io::{BufWriter, Read as _, Seek as _, SeekFrom};

use axum::body::Body;
use axum::http::header;
use axum::response::IntoResponse;
use jiff::civil::{Date, DateTime};
use office::sheet::{self, Cell, Sheet};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::io::ReaderStream;
use work::Fault;
use work::clock::china;

use crate::app::App;
use crate::fault::Reply;

/// MIME type of a spreadsheet.
pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// MIME type of a docx.
pub const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

/// MIME type of many files in one.
pub const ZIP: &str = "application/zip";

/// A file to be kept under a Chinese name; `plain` stands in for it where only ASCII is understood.
pub fn file(name: &str, plain: &str, kind: &'static str, bytes: Vec<u8>) -> Reply {
    let encoded: String = name.bytes().map(|b| format!("%{b:02X}")).collect();
    let disposition = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}");
    Ok(([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)], bytes)
        .into_response())
}

/// A list that is being written as a spreadsheet, to a file without a name: neither its rows nor the workbook are kept in
/// memory, however many there are.
pub struct Writing {
    rows: mpsc::Sender<Vec<Vec<Cell>>>,
    file: JoinHandle<anyhow::Result<std::fs::File>>,
}

impl Writing {
    /// Begins with the head.
    pub fn begin(app: &App, sheet: Sheet) -> Self {
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
    pub async fn add(&self, rows: Vec<Vec<Cell>>) -> bool {
        self.rows.send(rows).await.is_ok()
    }

    /// The finished spreadsheet.
    ///
    /// # Errors
    /// When it could not be written.
    pub async fn bytes(self) -> Result<Vec<u8>, Fault> {
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
    pub async fn end(self, name: &str, day: Date) -> Reply {
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
pub fn local_now(app: &App) -> DateTime {
    app.clock.now().to_zoned(china()).datetime()
}
