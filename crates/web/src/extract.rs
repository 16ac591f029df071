//! What a handler takes in: the same as the framework's extractors, but a mistake is a [`Refusal`] in the visitor's words.

use std::pin::Pin;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{FromRequest, FromRequestParts, Multipart, OptionalFromRequestParts, Request};
use axum::http::header;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
pub use work::Fields;
use work::{Actor, Fault};

use crate::app::App;
use crate::fault::Refusal;

mod parcel;

pub use parcel::Parcel;

/// Parameters of the path.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Path<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        // An id that is none leads nowhere: the same page as an id that is not there.
        <axum::extract::Path<T> as FromRequestParts<App>>::from_request_parts(parts, app)
            .await
            .map(|axum::extract::Path(v)| Self(v))
            .map_err(|_| Fault::not_found("这一页").into())
    }
}

impl FromRequestParts<App> for Actor {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Refusal> {
        parts.extensions.get::<Self>().cloned().ok_or(Refusal::SignIn)
    }
}

/// For public pages: somebody may be signed in or not.
impl OptionalFromRequestParts<App> for Actor {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Option<Self>, Refusal> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}

/// What stands after the `?`.
#[derive(Clone, Debug, Default)]
pub struct Query(pub Fields);

impl FromRequestParts<App> for Query {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Refusal> {
        let text = parts.uri.query().unwrap_or_default();
        let pairs = form_urlencoded::parse(text.as_bytes()).into_owned().take(MOST_FIELDS);
        Ok(Self(Fields::of(pairs.map(in_reading_order).collect())))
    }
}

/// A form that was sent, without files.
#[derive(Clone, Debug, Default)]
pub struct Sent(pub Fields);

/// More names than this are nobody's form: the largest, attendance of 1,000 people with a reason each, has about 4,000.
const MOST_FIELDS: usize = 10_000;

impl FromRequest<App> for Sent {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refusal> {
        let kind =
            request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        if kind.starts_with("multipart/form-data") {
            return Upload::from_request(request, app).await.map(|u| Self(u.fields));
        }
        if !kind.starts_with("application/x-www-form-urlencoded") {
            return Err(Fault::BadRequest("请从页面上的表单提交。".to_owned()).into());
        }
        let (_, body) = read(request, app).await?;
        let pairs: Vec<_> = form_urlencoded::parse(&body).into_owned().take(MOST_FIELDS + 1).collect();
        if pairs.len() > MOST_FIELDS {
            return Err(Fault::BadRequest("这张表的栏目太多。".to_owned()).into());
        }
        Ok(Self(Fields::of(pairs.into_iter().map(in_reading_order).collect())))
    }
}

/// A field without the characters that turn the direction of reading: what stands in a title is what is read there.
fn in_reading_order((name, value): (String, String)) -> (String, String) {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let value = if value.contains(turns) { value.replace(turns, "") } else { value };
    (name, value)
}

/// How many bytes this route takes; the gate leaves it in the request.
#[derive(Clone, Copy, Debug)]
pub struct BodyLimit(pub usize);

/// A body that is too large is still read to its end (and thrown away) up to here: a browser shows our answer only
/// when it could send all it had, and "connection reset" explains nothing to anybody.
pub const DRAIN: usize = 512 * 1024 * 1024;

async fn read(request: Request, app: &App) -> Result<(Parts, Bytes), Refusal> {
    let (parts, mut body) = request.into_parts();
    let limit = parts.extensions.get::<BodyLimit>().map_or(app.settings.body_limit, |l| l.0);
    let mut kept = Vec::new();
    let mut seen = 0_usize;
    while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let Ok(frame) = frame else {
            return Err(Fault::BadRequest("内容没有收全，请再试一次。".to_owned()).into());
        };
        let Ok(data) = frame.into_data() else { continue };
        seen = seen.saturating_add(data.len());
        if seen <= limit {
            kept.extend_from_slice(&data);
        } else {
            kept = Vec::new();
            if seen > DRAIN {
                break;
            }
        }
    }
    if seen > limit { Err(Fault::TooLarge(limit).into()) } else { Ok((parts, Bytes::from(kept))) }
}

/// A file that was sent.
#[derive(Clone, Debug)]
pub struct SentFile {
    /// Name of the form's field.
    pub field: String,
    /// Name of the file, without any folder.
    pub name: String,
    /// Its content.
    pub bytes: Bytes,
}

/// A form with files. The route sets how much it takes: `post(…).limit(bytes)`.
#[derive(Clone, Debug, Default)]
pub struct Upload {
    /// The fields that are no files.
    pub fields: Fields,
    /// The files that have a name; an empty file input sends none.
    pub files: Vec<SentFile>,
}

impl FromRequest<App> for Upload {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refusal> {
        let (head, body) = read(request, app).await?;
        let request = Request::from_parts(head, Body::from(body));
        let mut parts = Multipart::from_request(request, app).await.map_err(|_| cut_short())?;
        let mut out = Self::default();
        while let Some(part) = parts.next_field().await.map_err(|_| cut_short())? {
            let field = part.name().unwrap_or_default().to_owned();
            let file = part.file_name().map(|n| n.rsplit(['/', '\\']).next().unwrap_or(n).to_owned());
            if out.fields.pairs().len() + out.files.len() >= MOST_FIELDS {
                return Err(Fault::BadRequest("这张表的栏目太多。".to_owned()).into());
            }
            if let Some(name) = file {
                let bytes = part.bytes().await.map_err(|_| cut_short())?;
                if !(name.is_empty() && bytes.is_empty()) {
                    out.files.push(SentFile { field, name, bytes });
                }
            } else {
                let text = part.text().await.map_err(|_| cut_short())?;
                out.fields.push(in_reading_order((field, text)));
            }
        }
        Ok(out)
    }
}

fn cut_short() -> Fault {
    Fault::BadRequest("表单没有收全，请从页面上再提交一次。".to_owned())
}
