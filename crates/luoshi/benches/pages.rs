//! How fast pages are: the real binary with the demonstration's college and 100,000 records, asked over loopback.
//!
//! `cargo bench -p luoshi --bench pages` measures SQLite, and PostgreSQL as well where `LUOSHI_TEST_POSTGRES` names a
//! server (`cargo xtask postgres` prints one). It prints a table for docs/performance.md; nothing is asserted.
#![expect(clippy::print_stdout, reason = "a benchmark tells what it measured")]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use model::{EntryId, Value};
use store::{Act, EntryFilter, ImportEntry, Scope, Store, Target};

const ENTRIES: usize = 100_000;
const CLIENTS: [usize; 2] = [1, 16];
/// Records that are saved by each number of clients, all by one branch: as many as it keeps in a year. More would measure
/// a year that nobody has.
const SAVES: usize = 40;

/// A server that is killed when it goes out of scope.
struct Server {
    child: Child,
    address: String,
    accounts: serde_json::Value,
    start: Duration,
}

impl Server {
    fn start(place: &[&str]) -> anyhow::Result<Self> {
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
    fn resident(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap_or_default();
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
struct Visitor {
    client: reqwest::Client,
    base: Arc<str>,
    cookie: Arc<str>,
}

impl Visitor {
    async fn sign_in(server: &Server, role: &str) -> anyhow::Result<Self> {
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

    async fn page(&self, path: &str) -> anyhow::Result<String> {
        let answer = send(&self.client, &self.base, path, &self.cookie, None).await?;
        if !answer.status().is_success() {
            bail!("{path}: {}", answer.status());
        }
        Ok(answer.text().await?)
    }

    async fn save(&self, form: &[(String, String)]) -> anyhow::Result<()> {
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

/// What the form of a record holds as it is opened.
fn fields(page: &str) -> Vec<(String, String)> {
    let attribute = |tag: &str, name: &str| -> Option<String> {
        let at = tag.find(&format!(" {name}=\""))? + name.len() + 3;
        let rest = tag.get(at..)?;
        Some(rest.get(..rest.find('"')?)?.to_owned())
    };
    let mut out = Vec::new();
    let form = page.find("action=\"/record\"").map_or("", |at| page.get(at..).unwrap_or_default());
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

/// Takes the college's records over again, without credits, until there are [`ENTRIES`].
async fn fill(target: &Target) -> anyhow::Result<()> {
    let store = Store::open(target, Timestamp::now()).await?;
    let institution = store.institutions().await?.first().context("an institution")?.id;
    let before = store.entries(institution, &Scope::All, &EntryFilter::default(), 5_000).await?;
    let mut left = ENTRIES.saturating_sub(before.len());
    let act = Act::new(None, "", Timestamp::now(), "bench.fill");
    while left > 0 {
        let some: Vec<ImportEntry> = before
            .iter()
            .take(left)
            .map(|row| {
                let mut entry = row.entry.clone();
                entry.id = EntryId::fresh();
                entry.revision = 1;
                // Its files were handed in for the record that it is a copy of.
                entry.values.retain(|_, v| !matches!(v, Value::Files(_)));
                ImportEntry {
                    late: row.late,
                    incomplete: row.incomplete,
                    words: entry.title.clone(),
                    credits: Vec::new(),
                    entry,
                }
            })
            .collect();
        left -= some.len();
        store.import_entries(institution, &some, &act).await?;
    }
    store.close().await?;
    Ok(())
}

fn at(times: &[Duration], percent: usize) -> f64 {
    let i = (times.len() * percent / 100).min(times.len().saturating_sub(1));
    times.get(i).map_or(0.0, |t| t.as_secs_f64() * 1000.0)
}

/// Asks `count` times by `clients` at once; prints a row.
async fn measure<F, W>(engine: &str, what: &str, clients: usize, count: usize, ask: F) -> anyhow::Result<()>
where
    F: Fn(usize) -> W,
    W: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    let began = Instant::now();
    let mut work = tokio::task::JoinSet::new();
    let mut times = Vec::with_capacity(count);
    let mut started = 0;
    while times.len() < count {
        while started < count && work.len() < clients {
            let one = ask(started);
            work.spawn(async move {
                let began = Instant::now();
                one.await.map(|()| began.elapsed())
            });
            started += 1;
        }
        if let Some(done) = work.join_next().await {
            times.push(done??);
        }
    }
    let per_second = count as f64 / began.elapsed().as_secs_f64();
    times.sort();
    println!(
        "| {engine} | {what} | {clients} | {:.1} | {:.1} | {per_second:.0} |",
        at(&times, 50),
        at(&times, 99)
    );
    Ok(())
}

async fn engine(name: &str, place: &[&str], target: &Target) -> anyhow::Result<()> {
    drop(Server::start(place).context("the college is made")?);
    let server = Server::start(place)?;
    let (start, resident) = (server.start, server.resident());
    let visitor = Visitor::sign_in(&server, "secretary").await?;
    visitor.page("/month").await?;
    let used = server.resident();
    drop(server);
    fill(target).await?;
    let server = Server::start(place)?;
    let office = Visitor::sign_in(&server, "office").await?;
    let secretary = Visitor::sign_in(&server, "secretary").await?;
    let choose = secretary.page("/record").await?;
    let path = choose
        .split('"')
        .find(|p| p.starts_with("/record?") && p.contains("ledger=theme-day"))
        .context("the form of a theme day")?
        .replace("&#38;", "&")
        .replace("&amp;", "&");
    let form = fields(&secretary.page(&path).await?);
    for clients in CLIENTS {
        let count = if clients == 1 { 300 } else { 2_000 };
        for (what, visitor, path) in [
            ("home of a secretary (/month)", &secretary, "/month"),
            ("the plan as it runs (/plan)", &office, "/plan"),
            ("matrix (/matrix)", &office, "/matrix"),
            ("50 of 100,000 records (/entries)", &office, "/entries"),
            ("the form of a record", &secretary, path.as_str()),
        ] {
            visitor.page(path).await?;
            measure(name, what, clients, count, |_| {
                let (visitor, path) = (visitor.clone(), path.to_owned());
                async move { visitor.page(&path).await.map(drop) }
            })
            .await?;
        }
        measure(name, "save a record", clients, SAVES, |n| {
            let mut form = form.clone();
            for (name, value) in &mut form {
                match name.as_str() {
                    "id" => *value = EntryId::fresh().to_string(),
                    "title" => *value = format!("主题党日第{n}次"),
                    _ => {}
                }
            }
            form.push(("do".to_owned(), "save".to_owned()));
            let visitor = secretary.clone();
            async move { visitor.save(&form).await }
        })
        .await?;
    }
    println!(
        "\n{name}: start {:.0} ms; resident {resident:.0} MB after start, {used:.0} MB after a sign-in and a page, \
         {:.0} MB after all of the above with {ENTRIES} records\n",
        start.as_secs_f64() * 1000.0,
        server.resident()
    );
    Ok(())
}

fn main() -> anyhow::Result<()> {
    // `cargo test` runs benchmarks too, to see that they start: this one takes minutes.
    if !std::env::args().any(|a| a == "--bench") {
        return Ok(());
    }
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        println!("| engine | what | clients | p50 ms | p99 ms | requests/s |\n| --- | --- | --- | --- | --- | --- |");
        let folder = tempfile::tempdir()?;
        let data = folder.path().display().to_string();
        let file = Path::new(&data).join("luoshi.db");
        engine("SQLite", &["--data", &data], &Target::Sqlite(file)).await?;
        match std::env::var("LUOSHI_TEST_POSTGRES") {
            // The database must be empty: the demonstration says so when it is not.
            Ok(url) => engine("PostgreSQL", &["--database", &url], &Target::Postgres(url.clone())).await?,
            Err(_) => println!("PostgreSQL: not measured, LUOSHI_TEST_POSTGRES names no server"),
        }
        Ok(())
    })
}
