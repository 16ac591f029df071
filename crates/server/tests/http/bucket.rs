//! Files in a bucket instead of a folder: the same pages on a server that speaks as much of S3 as is needed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing::any};
use model::{EntryId, FileKind};
use store::{Act, BlobFault, Blobs, NewFile, sha256};

use crate::harness::TestApp;

/// What lies in the bucket, by its key.
type Bucket = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

async fn answer(
    State(bucket): State<Bucket>,
    method: Method,
    Path(key): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let signed = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !signed.starts_with("AWS4-HMAC-SHA256 Credential=luoshi/") {
        return StatusCode::FORBIDDEN.into_response();
    }
    let mut bucket = bucket.lock().expect("nobody falls over");
    let found = [(header::ETAG, "\"1\""), (header::LAST_MODIFIED, "Mon, 05 Jan 2026 01:00:00 GMT")];
    match method {
        Method::PUT => {
            bucket.insert(key, body.to_vec());
            ([(header::ETAG, "\"1\"")], StatusCode::OK).into_response()
        }
        // Objects go many at a time: the request to the bucket itself names them.
        Method::POST => {
            let asked = String::from_utf8_lossy(&body).into_owned();
            let named = asked.split("<Key>").skip(1).filter_map(|rest| rest.split("</Key>").next());
            let mut said = String::new();
            for name in named {
                bucket.remove(&format!("{key}/{name}"));
                said.push_str(&format!("<Deleted><Key>{name}</Key></Deleted>"));
            }
            format!("<DeleteResult>{said}</DeleteResult>").into_response()
        }
        _ => match bucket.get(&key) {
            // The framework leaves the body out for HEAD, and keeps its length.
            Some(bytes) => (found, bytes.clone()).into_response(),
            None => StatusCode::NOT_FOUND.into_response(),
        },
    }
}

#[tokio::test]
async fn files_lie_in_a_bucket_as_they_lie_in_a_folder() {
    let bucket = Bucket::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let at = format!("http://{}", listener.local_addr().expect("bound"));
    let served = Router::new().route("/{*key}", any(answer)).with_state(Arc::clone(&bucket));
    let server = tokio::spawn(async move { axum::serve(listener, served).await });

    let variables = [
        ("AWS_ENDPOINT", at.as_str()),
        ("AWS_ALLOW_HTTP", "true"),
        ("AWS_ACCESS_KEY_ID", "luoshi"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_REGION", "cn-east-1"),
        ("PATH", "/usr/bin"),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let blobs = Blobs::bucket("s3://files/college", variables).expect("a bucket");
    let test = TestApp::new().await;
    let store = test.app.store.clone().with_blobs(blobs);
    let account = test.accounts.values().next().copied();
    let act = Act::new(account, "", test.app.clock.now(), "file.keep");
    let new = NewFile {
        entry: EntryId::fresh(),
        field: "attachments".to_owned(),
        name: "一.pdf".to_owned(),
        kind: FileKind::Pdf,
        given: sha256(b"content"),
        bytes: b"content".to_vec(),
        small: None,
        words: String::new(),
    };
    let row = store.keep_file(test.institution, new.clone(), &act).await.expect("kept");
    assert_eq!(store.keep_file(test.institution, new, &act).await.expect("kept"), row);
    assert_eq!(store.file_bytes(test.institution, row.file.id, false).await.expect("read"), b"content");
    {
        let mut lying = bucket.lock().expect("nobody fell over");
        assert_eq!(lying.len(), 1);
        let (key, bytes) = lying.first_key_value().expect("one");
        assert!(key.starts_with(&format!("files/college/{}/", test.institution)), "{key}");
        assert_eq!(bytes, b"content");
        lying.values_mut().for_each(|bytes| bytes.push(b'!'));
    }
    let (count, faults) = store.verify_files(test.institution).await.expect("read");
    assert_eq!((count, faults.iter().map(|f| f.what).collect::<Vec<_>>()), (1, vec![BlobFault::Changed]));
    let later = "2030-01-01T00:00:00Z".parse().expect("an instant");
    assert_eq!(store.sweep_files(test.institution, later, &act).await.expect("swept"), 1);
    assert!(bucket.lock().expect("nobody fell over").is_empty());

    server.abort();
    assert!(Blobs::bucket("s3://", []).is_err() && Blobs::bucket("files", []).is_err());
}
