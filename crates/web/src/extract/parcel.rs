//! A form with files of which some may be too large: what was typed comes through all the same.

use axum::extract::multipart::Field;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header;
use work::Fault;

use super::{BodyLimit, Fields, MOST_FIELDS, Sent, SentFile, cut_short, in_reading_order};
use crate::app::App;
use crate::fault::Refusal;

/// Most files of one form.
const MOST_FILES: usize = 40;
/// Most bytes of one form's files together; they are in memory until they are kept.
const MOST_KEPT: usize = 100 << 20;

/// A form with files, each up to the size that the settings allow. A larger one is read past and named in `too_large`, so
/// that nothing else of the form is lost. Its route takes [`super::DRAIN`] bytes.
#[derive(Clone, Debug, Default)]
pub struct Parcel {
    /// The fields that are no files.
    pub fields: Fields,
    /// The files.
    pub files: Vec<SentFile>,
    /// Field and name of the files that were too large to be taken.
    pub too_large: Vec<(String, String)>,
}

impl FromRequest<App> for Parcel {
    type Rejection = Refusal;

    async fn from_request(mut request: Request, app: &App) -> Result<Self, Refusal> {
        let kind =
            request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("multipart/form-data") {
            request.extensions_mut().insert(BodyLimit(app.settings.body_limit));
            let Sent(fields) = Sent::from_request(request, app).await?;
            return Ok(Self { fields, ..Self::default() });
        }
        let mut parts = Multipart::from_request(request, app).await.map_err(|_| cut_short())?;
        let mut out = Self::default();
        let (mut typed, mut kept) = (0, 0);
        while let Some(mut part) = parts.next_field().await.map_err(|_| cut_short())? {
            let field = part.name().unwrap_or_default().to_owned();
            let file = part.file_name().map(|n| n.rsplit(['/', '\\']).next().unwrap_or(n).to_owned());
            if out.fields.pairs().len() >= MOST_FIELDS {
                return Err(Fault::BadRequest("这张表的栏目太多。".to_owned()).into());
            }
            let Some(name) = file else {
                let text = upto(&mut part, app.settings.body_limit - typed).await?;
                let text = text.ok_or(Fault::TooLarge(app.settings.body_limit))?;
                typed += text.len();
                out.fields.push(in_reading_order((field, String::from_utf8_lossy(&text).into_owned())));
                continue;
            };
            let room = if out.files.len() < MOST_FILES { MOST_KEPT - kept } else { 0 };
            match upto(&mut part, app.settings.file_bytes.min(room)).await? {
                Some(bytes) if name.is_empty() && bytes.is_empty() => {}
                Some(bytes) => {
                    kept += bytes.len();
                    out.files.push(SentFile { field, name, bytes: bytes.into() });
                }
                None => out.too_large.push((field, name)),
            }
        }
        Ok(out)
    }
}

/// The part's bytes; none when there are more than `most`. It is read to its end either way.
async fn upto(part: &mut Field<'_>, most: usize) -> Result<Option<Vec<u8>>, Fault> {
    let mut out = Some(Vec::new());
    while let Some(chunk) = part.chunk().await.map_err(|_| cut_short())? {
        if let Some(kept) = &mut out {
            if kept.len() + chunk.len() > most {
                out = None;
            } else {
                kept.extend_from_slice(&chunk);
            }
        }
    }
    Ok(out)
}
