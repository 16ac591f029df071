//! The stylesheet, the script and the icon: embedded, named by their content, so that a browser may keep them for ever.

use std::io::Write;
use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use work::Fault;

use crate::fault::Reply;
use crate::permit::{Route, Rule, get};

/// One embedded file.
pub struct Asset {
    path: String,
    etag: HeaderValue,
    kind: HeaderValue,
    plain: &'static [u8],
    zipped: Vec<u8>,
}

/// The one stylesheet.
pub static LOOK: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("look", "css", "text/css; charset=utf-8", include_bytes!("../assets/look.css"))
});
/// The one script.
pub static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("page", "js", "text/javascript; charset=utf-8", include_bytes!("../assets/page.js"))
});
/// The icon in the browser's tab.
pub static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("icon", "svg", "image/svg+xml", include_bytes!("../assets/icon.svg")));

impl Asset {
    fn new(stem: &str, ending: &str, kind: &'static str, plain: &'static [u8]) -> Self {
        let hash = hex::encode(&Sha256::digest(plain)[..6]);
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        // Writing into memory cannot fail; were it to, the file is served plain.
        let zipped = packer.write_all(plain).and_then(|()| packer.finish()).unwrap_or_default();
        let etag = HeaderValue::from_str(&format!("\"{hash}\"")).unwrap_or(HeaderValue::from_static("\"0\""));
        Self {
            path: format!("/assets/{stem}.{hash}.{ending}"),
            etag,
            kind: HeaderValue::from_static(kind),
            plain,
            zipped,
        }
    }

    /// Where it is served; changes with its content.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    fn answer(&self, asked: &HeaderMap) -> Response {
        let mut headers = HeaderMap::new();
        headers.insert(header::ETAG, self.etag.clone());
        headers
            .insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if asked.get(header::IF_NONE_MATCH) == Some(&self.etag) {
            return (axum::http::StatusCode::NOT_MODIFIED, headers).into_response();
        }
        headers.insert(header::CONTENT_TYPE, self.kind.clone());
        let gzip = asked
            .get(header::ACCEPT_ENCODING)
            .and_then(|v| v.to_str().ok())
            .is_some_and(|v| v.split(',').any(|one| one.trim().starts_with("gzip")));
        if gzip && !self.zipped.is_empty() {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            return (headers, self.zipped.as_slice().to_vec()).into_response();
        }
        (headers, self.plain).into_response()
    }
}

async fn serve(Path(name): Path<String>, headers: HeaderMap) -> Reply {
    [&*LOOK, &*SCRIPT, &*ICON]
        .into_iter()
        .find(|a| a.path.strip_prefix("/assets/") == Some(name.as_str()))
        .map(|a| a.answer(&headers))
        .ok_or_else(|| Fault::not_found("这个文件").into())
}

/// The routes of this module.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![get("/assets/{name}", Rule::Public, serve)]
}
