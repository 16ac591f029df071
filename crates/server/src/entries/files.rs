//! 附件: handing files in for a record, and giving them out again to whoever may read the field in which they stand.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use model::rule::{FieldType, Ledger, Privacy};
use model::{Attached, Entry, EntryId, FileId};
use office::attachment::{Refusal, accept};
use serde_json::json;
use store::{FileRow, NewFile, sha256};
use web::extract::{DRAIN, Parcel, Path, Query, SentFile};
use web::permit::{Right, Route, Rule, get, post};
use web::{App, Reply};
use work::{Actor, Fault, FieldError};

use web::download::file;

use super::desk::Desk;
use super::form::name_of;
use super::show;
use work::privacy::{is_for_few, may_read};

/// Most files of one field.
pub(super) const MANY: usize = 20;

pub(super) fn routes() -> Vec<Route> {
    vec![
        post("/record/file", Rule::May(Right::Record), hand_in).limit(DRAIN),
        get("/record/{entry}/files/{file}", Rule::May(Right::Record), handed_in),
        get("/entries/{id}/files/{file}", Rule::May(Right::SeeEntries), give),
    ]
}

/// Under which name the files of a field are sent.
pub(super) fn input_of(field: &str) -> String {
    format!("file_{field}")
}

/// Keeps the files of a form: what the form then says of them, and every one that is not taken, each at its field.
///
/// # Errors
/// When the store cannot write.
pub(super) async fn take(
    desk: &mut Desk<'_>,
    files: Vec<SentFile>,
    too_large: &[(String, String)],
) -> Result<(Vec<(String, String)>, Vec<FieldError>), Fault> {
    let most = desk.app.settings.file_bytes;
    let (mut pairs, mut wrong) = (Vec::new(), Vec::new());
    for (input, name) in too_large {
        if let Some(field) = field_of(desk, input) {
            wrong.push(refused(&field, name, &Refusal::TooLarge { most }));
        }
    }
    for sent in files {
        let Some(field) = field_of(desk, &sent.field) else { continue };
        match keep(desk, &field, &sent, most).await? {
            Ok(row) => {
                pairs.push((name_of(&field), row.file.id.to_string()));
                if desk.files.iter().all(|f| f.file.id != row.file.id) {
                    desk.files.push(row);
                }
            }
            Err(refusal) => wrong.push(refused(&field, &sent.name, &refusal)),
        }
    }
    Ok((pairs, wrong))
}

fn refused(field: &str, name: &str, why: &Refusal) -> FieldError {
    let name: String = name.chars().filter(|c| !c.is_control()).take(60).collect();
    FieldError { field: name_of(field), message: format!("“{name}”：{why}") }
}

/// The field for which an input of the form sends files.
fn field_of(desk: &Desk<'_>, input: &str) -> Option<String> {
    let fields = desk.fields();
    let found = fields.into_iter().find(|f| f.kind == FieldType::File && input_of(&f.id) == input);
    found.filter(|f| desk.may_read(f)).map(|f| f.id.clone())
}

async fn keep(
    desk: &Desk<'_>,
    field: &str,
    sent: &SentFile,
    most: usize,
) -> Result<Result<FileRow, Refusal>, Fault> {
    let (app, actor) = (desk.app, desk.actor);
    let (name, bytes, given) = (sent.name.clone(), sent.bytes.to_vec(), sha256(&sent.bytes));
    // A file over which a reader falls is as good as broken, and must not take the form with it.
    let look = move || {
        let looked = std::panic::catch_unwind(move || accept(&name, bytes, most));
        looked.unwrap_or(Err(Refusal::Broken { why: "读到一半出错" }))
    };
    let accepted = match app.files.run(look).await? {
        Ok(accepted) => accepted,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let narrow = |l: &&Ledger| l.fields.iter().any(|f| f.privacy == Privacy::Restricted);
    let named = if desk.ledgers.iter().any(narrow) { "" } else { accepted.name.as_str() };
    let act = actor.act(app, "file.keep").on(desk.id).with(json!({
        "name": named, "size": accepted.bytes.len(), "field": field,
    }));
    let new = NewFile {
        entry: desk.id,
        field: field.to_owned(),
        name: accepted.name,
        kind: accepted.kind,
        given,
        bytes: accepted.bytes,
        small: accepted.small,
        words: accepted.text,
    };
    Ok(Ok(app.store.keep_file(actor.institution, new, &act).await?))
}

/// Takes files in while the form is still being written; the answer is for the script.
async fn hand_in(State(app): State<App>, actor: Actor, parcel: Parcel) -> Reply {
    let mut desk = Desk::open(&app, &actor, &parcel.fields).await?;
    let (pairs, wrong) = take(&mut desk, parcel.files, &parcel.too_large).await?;
    if !wrong.is_empty() {
        return Err(Fault::Invalid(wrong).into());
    }
    let kept: Vec<_> = pairs.iter().map(|(name, id)| json!({ "name": name, "id": id })).collect();
    Ok(Json(json!({ "kept": kept })).into_response())
}

/// A file that one has handed in oneself, for a record that may not be saved yet.
async fn handed_in(
    State(app): State<App>,
    actor: Actor,
    Path((entry, id)): Path<(EntryId, FileId)>,
    Query(query): Query,
) -> Reply {
    let rows = app.store.files_of(actor.institution, entry).await?;
    let own = rows.into_iter().find(|r| r.file.id == id && r.by == actor.account);
    let row = own.ok_or_else(|| Fault::not_found("这个文件"))?;
    answer(&app, &actor, entry, &row.file, (query.has("small"), false)).await
}

/// A file of a record: of its newest revision, or of an older one.
async fn give(
    State(app): State<App>,
    actor: Actor,
    Path((id, wanted)): Path<(EntryId, FileId)>,
    Query(query): Query,
) -> Reply {
    let gone = || Fault::not_found("这个文件");
    let row = show::found(&app, &actor, id).await?;
    let found = match named(&row.entry, wanted) {
        Some(found) => found,
        None => {
            let history = app.store.entry_history(actor.institution, &actor.scope(), id).await?;
            history.iter().find_map(|r| named(&r.entry, wanted)).ok_or_else(gone)?
        }
    };
    let (field, attached) = found;
    if !may_read(&app, &actor, &row.entry, &field) {
        return Err(gone().into());
    }
    let names = !is_for_few(&app, &row.entry);
    answer(&app, &actor, id, &attached, (query.has("small"), names)).await
}

fn named(entry: &Entry, id: FileId) -> Option<(String, Attached)> {
    entry.file(id).map(|(field, file)| (field.to_owned(), file.clone()))
}

/// The bytes, never to be opened in place: what somebody handed in must not act as a page of ours. `names` says whether the
/// log may say what it is called.
async fn answer(
    app: &App,
    actor: &Actor,
    entry: EntryId,
    attached: &Attached,
    (small, names): (bool, bool),
) -> Reply {
    let bytes = app.store.file_bytes(actor.institution, attached.id, small).await.map_err(|e| match e {
        store::StoreError::NotFound => Fault::not_found("这个文件"),
        other => other.into(),
    })?;
    if small {
        return file("small.jpg", "small.jpg", "image/jpeg", bytes);
    }
    let act = actor.act(app, "file.read").on(entry).with(match names {
        true => json!({ "name": attached.name }),
        false => json!({}),
    });
    app.store.record(actor.institution, &act).await?;
    let plain = format!("file.{}", attached.kind.endings().first().copied().unwrap_or_default());
    file(&attached.name, &plain, attached.kind.mime(), bytes)
}
