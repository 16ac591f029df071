//! The server that is asked, and who asks it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

/// A server that is killed when it goes out of scope.
pub(crate) struct Server {
    child: Child,
    address: String,
    accounts: serde_json::Value,
    pub(crate) start: Duration,
}

impl Server {
    pub(crate) fn start(place: &[&str]) -> anyhow::Result<Self> {
        let began = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_luoshi"))
            .args(["demo", "--json", "--addr", "127.0.0.1:0"])
            .args(place)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("the server has an output")?).read_line(&mut line)?;
        let told: serde_json::Value = serde_json::from_str(&line).context("the server says where it is")?;
        let address = told.get("address").and_then(|a| a.as_str()).context("an address")?.to_owned();
        Ok(Self { child, address, accounts: told["accounts"].clone(), start: began.elapsed() })
    }

    /// Resident memory in MB, as Linux counts it.
    pub(crate) fn resident(&self) -> f64 {
        self.memory("VmRSS:")
    }

    /// The most that it ever was since [`Self::forget_most`], in MB.
    pub(crate) fn most(&self) -> f64 {
        self.memory("VmHWM:")
    }

    /// Begins to watch anew what the most is.
    pub(crate) fn forget_most(&self) {
        let _ = std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5");
    }

    fn memory(&self, of: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find(|l| l.starts_with(of)).unwrap_or_default();
        let kb: f64 = line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).unwrap_or(0.0);
        kb / 1024.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Somebody who is signed in.
#[derive(Clone)]
pub(crate) struct Visitor {
    client: reqwest::Client,
    base: Arc<str>,
    cookie: Arc<str>,
}

impl Visitor {
    pub(crate) async fn sign_in(server: &Server, role: &str) -> anyhow::Result<Self> {
        let all = server.accounts.as_array().context("accounts")?;
        let one = all.iter().find(|a| a["role"] == role).with_context(|| format!("an account of {role}"))?;
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
        let form: String = form_urlencoded::Serializer::new(String::new())
            .append_pair("login", one["login"].as_str().unwrap_or_default())
            .append_pair("password", one["password"].as_str().unwrap_or_default())
            .finish();
        let answer = send(&client, &server.address, "/login", "", Some(form)).await?;
        let cookie: Vec<&str> = answer
            .headers()
            .get_all("set-cookie")
            .iter()
            .filter_map(|c| c.to_str().ok()?.split(';').next())
            .collect();
        if cookie.is_empty() {
            bail!("{role} cannot sign in: {}", answer.status());
        }
        Ok(Self { client, base: server.address.as_str().into(), cookie: cookie.join("; ").into() })
    }

    pub(crate) async fn page(&self, path: &str) -> anyhow::Result<String> {
        let answer = send(&self.client, &self.base, path, &self.cookie, None).await?;
        if !answer.status().is_success() {
            bail!("{path}: {}", answer.status());
        }
        Ok(answer.text().await?)
    }

    /// The bytes of a file, and how many.
    pub(crate) async fn file(&self, path: &str) -> anyhow::Result<usize> {
        let answer = send(&self.client, &self.base, path, &self.cookie, None).await?;
        if !answer.status().is_success() {
            bail!("{path}: {}", answer.status());
        }
        Ok(answer.bytes().await?.len())
    }

    /// Sends a body of this type; where the answer leads.
    pub(crate) async fn send(&self, path: &str, kind: &str, body: Vec<u8>) -> anyhow::Result<String> {
        let request = self.client.post(format!("{}{path}", self.base)).header("content-type", kind);
        let request = request.header("origin", &*self.base).header("cookie", &*self.cookie).body(body);
        let answer = request.send().await?;
        let to = answer.headers().get("location").and_then(|l| l.to_str().ok()).map(str::to_owned);
        let status = answer.status();
        match to {
            Some(to) => Ok(to),
            None => {
                let page = answer.text().await?;
                let why = page.split("class=\"err").nth(1).unwrap_or_default();
                bail!("{path}: {status} {}", why.chars().take(200).collect::<String>())
            }
        }
    }

    pub(crate) async fn save(&self, form: &[(String, String)]) -> anyhow::Result<()> {
        let body: String = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let answer = send(&self.client, &self.base, "/record", &self.cookie, Some(body)).await?;
        if !answer.status().is_redirection() {
            bail!("a record was not saved: {}", answer.status());
        }
        Ok(())
    }
}

async fn send(
    client: &reqwest::Client,
    base: &str,
    path: &str,
    cookie: &str,
    form: Option<String>,
) -> anyhow::Result<reqwest::Response> {
    let url = format!("{base}{path}");
    let request = match form {
        Some(body) => client
            .post(url)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", base)
            .body(body),
        None => client.get(url),
    };
    Ok(request.header("cookie", cookie).send().await?)
}

/// What the form with this attribute holds as it is opened.
pub(crate) fn fields(page: &str, form: &str) -> Vec<(String, String)> {
    let attribute = |tag: &str, name: &str| -> Option<String> {
        let at = tag.find(&format!(" {name}=\""))? + name.len() + 3;
        let rest = tag.get(at..)?;
        Some(rest.get(..rest.find('"')?)?.to_owned())
    };
    let mut out = Vec::new();
    let form = page.find(form).map_or("", |at| page.get(at..).unwrap_or_default());
    for tag in form.split('<').filter(|t| t.starts_with("input")) {
        let tag = tag.split('>').next().unwrap_or_default();
        let kind = attribute(tag, "type").unwrap_or_default();
        let unticked = matches!(kind.as_str(), "radio" | "checkbox") && !tag.contains(" checked");
        if let (Some(name), false) = (attribute(tag, "name"), unticked) {
            out.push((name, attribute(tag, "value").unwrap_or_default()));
        }
    }
    out
}
