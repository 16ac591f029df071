//! What a handler takes in: the same as the framework's extractors, but a mistake is a [`Fault`] in the visitor's words.

use std::pin::Pin;
use std::str::FromStr;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{FromRequest, FromRequestParts, Multipart, Request};
use axum::http::header;
use axum::http::request::Parts;
use jiff::civil::Date;
use serde::de::DeserializeOwned;

use crate::app::App;
use crate::fault::Fault;

mod parcel;

pub use parcel::Parcel;

/// Parameters of the path.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Path<T> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        // An id that is none leads nowhere: the same page as an id that is not there.
        axum::extract::Path::<T>::from_request_parts(parts, app)
            .await
            .map(|axum::extract::Path(v)| Self(v))
            .map_err(|_| Fault::not_found("这一页"))
    }
}

/// Names and values in the order in which they were sent: of a query, or of a form.
///
/// Reading is forgiving about what is missing and strict about what is wrong; it never panics.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// These pairs.
    #[must_use]
    pub fn of(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// All pairs.
    #[must_use]
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// The first value of that name, trimmed; empty when there is none.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.trim())
    }

    /// The first value of that name as it was sent, for passwords.
    #[must_use]
    pub fn raw(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v)
    }

    /// All values of that name that are not empty, trimmed.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, v)| v.trim()).filter(|v| !v.is_empty())
    }

    /// Whether something was sent under that name (a checked box).
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(n, _)| n == name)
    }

    /// The value of that name read as `T`; none when it is empty or wrong.
    #[must_use]
    pub fn parsed<T: FromStr>(&self, name: &str) -> Option<T> {
        self.text(name).parse().ok()
    }

    /// The day of that name (2022-04-22, as a date input sends it); none when it is empty or wrong.
    #[must_use]
    pub fn day(&self, name: &str) -> Option<Date> {
        self.parsed(name)
    }

    /// The page of a list, from 1.
    #[must_use]
    pub fn page(&self) -> u64 {
        self.parsed("page").unwrap_or(1).clamp(1, 1_000_000)
    }

    /// The same, with one name set to a value (or dropped when it is empty), as a query string that starts with `?`.
    /// The page number is dropped, so that a changed filter starts at the first page.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> String {
        let mut out = form_urlencoded::Serializer::new(String::new());
        for (n, v) in &self.0 {
            if n != name && n != "page" && !v.is_empty() {
                out.append_pair(n, v);
            }
        }
        if !value.is_empty() {
            out.append_pair(name, value);
        }
        let query = out.finish();
        if query.is_empty() { "?".to_owned() } else { format!("?{query}") }
    }
}

/// What stands after the `?`.
#[derive(Clone, Debug, Default)]
pub struct Query(pub Fields);

impl FromRequestParts<App> for Query {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Fault> {
        let text = parts.uri.query().unwrap_or_default();
        Ok(Self(Fields(form_urlencoded::parse(text.as_bytes()).into_owned().take(MOST_FIELDS).collect())))
    }
}

/// A form that was sent, without files.
#[derive(Clone, Debug, Default)]
pub struct Sent(pub Fields);

/// More names than this are nobody's form: the largest, attendance of 1,000 people with a reason each, has about 4,000.
const MOST_FIELDS: usize = 10_000;

impl FromRequest<App> for Sent {
    type Rejection = Fault;

    async fn from_request(request: Request, app: &App) -> Result<Self, Fault> {
        let kind =
            request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        if kind.starts_with("multipart/form-data") {
            return Upload::from_request(request, app).await.map(|u| Self(u.fields));
        }
        if !kind.starts_with("application/x-www-form-urlencoded") {
            return Err(Fault::BadRequest("请从页面上的表单提交。".to_owned()));
        }
        let (_, body) = read(request, app).await?;
        let pairs: Vec<_> = form_urlencoded::parse(&body).into_owned().take(MOST_FIELDS + 1).collect();
        if pairs.len() > MOST_FIELDS {
            return Err(Fault::BadRequest("这张表的栏目太多。".to_owned()));
        }
        Ok(Self(Fields(pairs)))
    }
}

/// How many bytes this route takes; the gate leaves it in the request.
#[derive(Clone, Copy, Debug)]
pub struct BodyLimit(pub usize);

/// A body that is too large is still read to its end (and thrown away) up to here: a browser shows our answer only
/// when it could send all it had, and "connection reset" explains nothing to anybody.
pub const DRAIN: usize = 512 * 1024 * 1024;

async fn read(request: Request, app: &App) -> Result<(Parts, Bytes), Fault> {
    let (parts, mut body) = request.into_parts();
    let limit = parts.extensions.get::<BodyLimit>().map_or(app.settings.body_limit, |l| l.0);
    let mut kept = Vec::new();
    let mut seen = 0_usize;
    while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let Ok(frame) = frame else {
            return Err(Fault::BadRequest("内容没有收全，请再试一次。".to_owned()));
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
    if seen > limit { Err(Fault::TooLarge(limit)) } else { Ok((parts, Bytes::from(kept))) }
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
    type Rejection = Fault;

    async fn from_request(request: Request, app: &App) -> Result<Self, Fault> {
        let (head, body) = read(request, app).await?;
        let request = Request::from_parts(head, Body::from(body));
        let mut parts = Multipart::from_request(request, app).await.map_err(|_| cut_short())?;
        let mut out = Self::default();
        while let Some(part) = parts.next_field().await.map_err(|_| cut_short())? {
            let field = part.name().unwrap_or_default().to_owned();
            let file = part.file_name().map(|n| n.rsplit(['/', '\\']).next().unwrap_or(n).to_owned());
            if out.fields.0.len() + out.files.len() >= MOST_FIELDS {
                return Err(Fault::BadRequest("这张表的栏目太多。".to_owned()));
            }
            if let Some(name) = file {
                let bytes = part.bytes().await.map_err(|_| cut_short())?;
                if !(name.is_empty() && bytes.is_empty()) {
                    out.files.push(SentFile { field, name, bytes });
                }
            } else {
                let text = part.text().await.map_err(|_| cut_short())?;
                out.fields.0.push((field, text));
            }
        }
        Ok(out)
    }
}

fn cut_short() -> Fault {
    Fault::BadRequest("表单没有收全，请从页面上再提交一次。".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(query: &str) -> Fields {
        Fields(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    #[test]
    fn a_changed_filter_keeps_the_others_and_starts_at_the_first_page() {
        let f = fields("ledger=theme-day&unit=7&page=3&q=");
        assert_eq!(f.with("unit", "8"), "?ledger=theme-day&unit=8");
        assert_eq!(f.with("unit", ""), "?ledger=theme-day");
        assert_eq!(Fields::default().with("unit", ""), "?");
    }

    #[test]
    fn what_is_wrong_reads_as_nothing() {
        let f = fields("day=2022-02-30&page=-4&n=x");
        assert_eq!(f.day("day"), None);
        assert_eq!(f.page(), 1);
        assert_eq!(f.parsed::<u32>("n"), None);
        assert_eq!(f.text("none"), "");
    }
}
