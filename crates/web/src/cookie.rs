//! The two cookies: the session's token, and what was done just now (shown once on the next page).

use ::cookie::time::Duration;
use ::cookie::{Cookie, CookieBuilder, SameSite};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use work::Said;

use crate::app::App;
use crate::fault::Reply;

const SAID: &str = "luoshi-said";

/// Whether the visitor came over TLS: only a proxy in front can say so, since the server itself speaks plain HTTP.
fn over_tls(app: &App, headers: &HeaderMap) -> bool {
    app.settings.behind_proxy
        && headers.get("x-forwarded-proto").is_some_and(|v| v.as_bytes().eq_ignore_ascii_case(b"https"))
}

/// The address by which the visitor reached this server: https://host.
pub fn origin(app: &App, headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or_default();
    format!("{}://{host}", if over_tls(app, headers) { "https" } else { "http" })
}

/// Over TLS the name is bound to this host by the browser; a plain intranet cannot have that.
fn session_name(tls: bool) -> &'static str {
    if tls { "__Host-luoshi" } else { "luoshi" }
}

fn read<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(Cookie::split_parse)
        .find_map(|cookie| cookie.ok().filter(|c| c.name() == name)?.value_raw())
}

/// A cookie of ours: for every page of this host, for no script, and for no other site.
fn ours<'c>(name: &'c str, value: &'c str) -> CookieBuilder<'c> {
    Cookie::build((name, value)).path("/").http_only(true).same_site(SameSite::Lax)
}

fn set(answer: &mut Response, cookie: CookieBuilder<'_>) {
    // Our cookies are made of ASCII names and hexadecimal digits.
    if let Ok(value) = HeaderValue::from_str(&cookie.build().to_string()) {
        answer.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// The session's token that the visitor brings.
pub fn token<'h>(app: &App, headers: &'h HeaderMap) -> Option<&'h str> {
    read(headers, session_name(over_tls(app, headers)))
}

/// Lets the browser keep the session's token until it is closed.
pub fn keep(app: &App, headers: &HeaderMap, answer: &mut Response, token: &str) {
    let tls = over_tls(app, headers);
    set(answer, ours(session_name(tls), token).secure(tls));
}

/// Takes the session's token away.
pub fn drop(app: &App, headers: &HeaderMap, answer: &mut Response) {
    let tls = over_tls(app, headers);
    set(answer, ours(session_name(tls), "").max_age(Duration::ZERO).secure(tls));
}

/// Leads to another page, which says once what was done.
///
/// # Errors
/// None; a reply so that a handler can end with it.
pub fn done(to: &str, said: &Said) -> Reply {
    let mut answer = Redirect::to(to).into_response();
    let packed = hex::encode(format!("{}\n{}\n{}", said.words, said.link, said.href));
    // A cookie holds 4 KB; what is longer is cut rather than lost.
    let packed = packed.get(..3000).unwrap_or(&packed);
    set(&mut answer, ours(SAID, packed).max_age(Duration::MINUTE));
    Ok(answer)
}

/// What was done just now.
pub fn said(headers: &HeaderMap) -> Option<Said> {
    let bytes = hex::decode(read(headers, SAID)?).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = text.split('\n');
    let words = lines.next().unwrap_or_default().to_owned();
    let link = lines.next().unwrap_or_default().to_owned();
    // Only a page of ours: the cookie could have been planted by a neighbouring host.
    let href = lines.next().filter(|h| is_local(h)).unwrap_or_default().to_owned();
    (!words.is_empty()).then_some(Said { words, link, href })
}

/// Once shown, it is gone: set on every page that was answered to a visitor who brought it.
pub fn forget_said(asked: bool, answer: &mut Response) {
    let is_page =
        answer.headers().get(header::CONTENT_TYPE).is_some_and(|v| v.as_bytes().starts_with(b"text/html"));
    if asked && is_page {
        set(answer, ours(SAID, "").max_age(Duration::ZERO));
    }
}

/// Whether the visitor brought something to be said.
pub fn brings_said(headers: &HeaderMap) -> bool {
    read(headers, SAID).is_some()
}

/// Whether a path leads to a page of ours and nowhere else.
#[must_use]
pub fn is_local(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains('\\')
        && !path.chars().any(|c| c.is_control() || c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_comes_back_once_and_leads_only_to_us() {
        let answer = done("/entries", &Said::new("已保存，计入 4 项").link("查看", "/entries/7")).unwrap();
        let cookie =
            answer.headers()[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_str(&format!("a=b; {cookie}")).unwrap());
        assert_eq!(said(&headers), Some(Said::new("已保存，计入 4 项").link("查看", "/entries/7")));
        for bad in ["//evil.example", "https://evil.example", "/\\evil.example", "/a b"] {
            assert!(!is_local(bad), "{bad}");
        }
    }
}
