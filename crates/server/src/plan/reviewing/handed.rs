//! A plan's file as it is handed in: read, or refused at its field.

use model::{Plan, SourceText};
use store::File;
use web::App;
use web::extract::Upload;
use web::view::{Field, Form, Input};
use work::Fault;

/// Bytes that the upload takes: the largest document that is read, and the form around it.
pub(in crate::plan) const UPLOAD: usize = office::MAX_FILE_BYTES + 64 * 1024;

/// Most items of one plan. The plan of a ministry has some hundreds.
pub(in crate::plan) const MOST_ITEMS: usize = 5_000;

/// A file with what was read in it.
pub(in crate::plan) struct Handed {
    pub(in crate::plan) file: File,
    pub(in crate::plan) source: SourceText,
    pub(in crate::plan) plan: Plan,
}

/// The field in which a file is handed in.
pub(in crate::plan) fn field(label: &str) -> Field {
    Field::new(Input::File, "file", label)
        .hint("Word、Excel、PDF、网页或文本，一份文件就是一份要点；扫描件读不了")
        .accepting(office::ENDINGS)
        .wide(8)
}

/// What was sent, for the form to take; a file that is too large is told at its field.
pub(in crate::plan) fn received(
    form: &mut Form,
    sent: Result<Upload, web::Refusal>,
) -> Result<Option<Upload>, web::Refusal> {
    match sent {
        Err(web::Refusal::Of(Fault::TooLarge(_))) => {
            form.wrong("file", format!("文件超过了 {} MB 的上限", office::MAX_FILE_BYTES >> 20));
            Ok(None)
        }
        Err(fault) => Err(fault),
        Ok(sent) => {
            form.take(&sent.fields);
            if !sent.files.iter().any(|f| f.field == "file") {
                form.wrong("file", "没有选文件");
            }
            Ok(Some(sent))
        }
    }
}

/// Reads the file, when the form has no mistake so far; what cannot be read is told at its field.
pub(in crate::plan) async fn read(
    app: &App,
    form: &mut Form,
    sent: &Upload,
) -> Result<Option<Handed>, Fault> {
    let file = sent.files.iter().find(|f| f.field == "file").filter(|_| !form.has_errors());
    let Some(file) = file else { return Ok(None) };
    // Unpacking a document takes a core for a while: not on the threads that serve.
    let (name, bytes) = (file.name.clone(), file.bytes.clone());
    let read = move || {
        let source = office::read_document(&name, &bytes)?;
        let plan = plan::read(&source);
        Ok::<_, office::FileFault>((source, plan))
    };
    let (source, plan) = match app.files.run(read).await? {
        Ok(read) => read,
        Err(fault) => {
            form.wrong("file", format!("{fault}。{}", fault.help()));
            return Ok(None);
        }
    };
    if plan.items.len() > MOST_ITEMS {
        let count = plan.items.len();
        form.wrong(
            "file",
            format!("“{}”有 {count} 条，一份要点最多 {MOST_ITEMS} 条；请拆成几份上传。", source.name),
        );
        return Ok(None);
    }
    if plan.items.is_empty() {
        let help = "请确认上传的是要点正文；条目要有编号，如“1.”“（一）”。";
        form.wrong("file", format!("“{}”里没有读出任何条目。{help}", source.name));
        return Ok(None);
    }
    let file = File { name: file.name.clone(), bytes: file.bytes.to_vec() };
    Ok(Some(Handed { file, source, plan }))
}
