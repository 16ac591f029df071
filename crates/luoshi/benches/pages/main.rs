//! How fast pages are: the real binary with the demonstration's college, 2,000 units, 50,000 people and very many records,
//! asked over loopback.
//!
//! `cargo bench -p luoshi --bench pages` measures SQLite with 100,000 records, and PostgreSQL as well where
//! `LUOSHI_TEST_POSTGRES` names a server (`cargo xtask postgres` prints one); its database must be empty.
//! `LUOSHI_BENCH_ENTRIES` is another number of records, `LUOSHI_BENCH_ENGINE=sqlite` or `postgres` leaves the other out.
//! `LUOSHI_BENCH_DATA` names a folder that is filled once and measured again and again (SQLite only).
//! It prints tables for docs/performance.md; nothing is asserted.
#![expect(clippy::print_stdout, reason = "a benchmark tells what it measured")]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

mod fill;
mod visitor;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use model::EntryId;
use store::Target;

use visitor::{Server, Visitor, fields};

const CLIENTS: [usize; 2] = [1, 16];
/// Records that are saved by each number of clients, all by one branch: as many as it keeps in a year. More would measure
/// a year that nobody has.
const SAVES: usize = 40;

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

/// Lets the office import [`fill::PEOPLE`] people from a workbook.
async fn import(name: &str, office: &Visitor, server: &Server) -> anyhow::Result<()> {
    let body = fill::upload("名册.xlsx", &fill::workbook()?);
    server.forget_most();
    let began = Instant::now();
    let look = office.send("/people/import", "multipart/form-data; boundary=B", body).await?;
    let read = began.elapsed();
    let page = office.page(&look).await?;
    let seen = began.elapsed();
    let form = fields(&page, "/apply\"");
    let body: String = form_urlencoded::Serializer::new(String::new()).extend_pairs(&form).finish();
    office.send(&format!("{look}/apply"), "application/x-www-form-urlencoded", body.into_bytes()).await?;
    // When it is over, the next answer leads to what became of it.
    while office.page(&look).await.is_ok_and(|page| page.contains("data-again")) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    if !office.page(&look).await?.contains("撤销这次导入") {
        bail!("the import did not come to its end");
    }
    println!(
        "\n{name}: import of {} people {:.1} s (reading {:.1}, preview {:.1}, taking over {:.1}), {:.0} MB at most\n",
        fill::PEOPLE,
        began.elapsed().as_secs_f64(),
        read.as_secs_f64(),
        (seen - read).as_secs_f64(),
        (began.elapsed() - seen).as_secs_f64(),
        server.most()
    );
    Ok(())
}

/// Days so long ago that no record is older: a filter that leaves everything, another one each time, so that nothing
/// counted before serves again.
fn long_ago(n: usize) -> String {
    let first = jiff::civil::date(1950, 1, 1);
    first
        .checked_add(jiff::Span::new().days(i64::try_from(n % 7_000).unwrap_or(0)))
        .unwrap_or(first)
        .to_string()
}

async fn engine(
    name: &str,
    place: &[&str],
    target: &Target,
    entries: usize,
    is_filled: bool,
) -> anyhow::Result<()> {
    if !is_filled {
        drop(Server::start(place).context("the college is made")?);
    }
    let server = Server::start(place)?;
    let (start, resident) = (server.start, server.resident());
    let visitor = Visitor::sign_in(&server, "secretary").await?;
    visitor.page("/month").await?;
    let used = server.resident();
    drop(server);
    if !is_filled {
        fill::units(target).await?;
        let server = Server::start(place)?;
        let office = Visitor::sign_in(&server, "office").await?;
        import(name, &office, &server).await?;
        drop(server);
        let began = Instant::now();
        fill::entries(target, entries).await?;
        println!(
            "{name}: {entries} records filled in in {:.0} s; {:?} MB\n",
            began.elapsed().as_secs_f64(),
            fill::size(target)
        );
    }
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
    let form = fields(&secretary.page(&path).await?, "action=\"/record\"");
    let list = office.page("/entries").await?;
    let records: Vec<String> =
        list.split('"').filter(|p| p.starts_with("/entries/") && p.len() == 45).map(str::to_owned).collect();
    println!(
        "| engine | what | clients | p50 ms | p99 ms | requests/s |\n| --- | --- | --- | --- | --- | --- |"
    );
    let mut asked = 0;
    for clients in CLIENTS {
        let count = if clients == 1 { 200 } else { 800 };
        let mut pages: Vec<(String, &Visitor, String)> = vec![
            ("home of a secretary (/month)".to_owned(), &secretary, "/month".to_owned()),
            ("the plan as it runs (/plan)".to_owned(), &office, "/plan".to_owned()),
            ("matrix (/matrix)".to_owned(), &office, "/matrix".to_owned()),
            (format!("50 of {entries} records"), &office, "/entries?from={day}".to_owned()),
            ("of one ledger".to_owned(), &office, "/entries?ledger=theme-day&from={day}".to_owned()),
            ("a record".to_owned(), &office, "{record}".to_owned()),
        ];
        for (what, word, _) in fill::WORDS {
            pages.push((format!("search: {what}"), &office, format!("/entries?q={word}&from={{day}}")));
        }
        let (what, word, _) = fill::WORDS[2];
        pages.push((
            format!("search: {what}, one branch"),
            &secretary,
            format!("/entries?q={word}&from={{day}}"),
        ));
        pages.push((
            format!("search: {what}, one ledger"),
            &office,
            format!("/entries?q={word}&ledger=theme-day&from={{day}}"),
        ));
        pages.push(("the form of a record".to_owned(), &secretary, path.clone()));
        for (what, visitor, path) in &pages {
            let page = |n: usize| {
                path.replace("{day}", &long_ago(n))
                    .replace("{record}", records.get(n % records.len().max(1)).map_or("", |r| r))
            };
            visitor.page(&page(asked)).await?;
            let first = asked + 1;
            asked += count + 1;
            measure(name, what, clients, count, |n| {
                let (visitor, path) = ((*visitor).clone(), page(first + n));
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
    let most = server.resident();
    if entries <= 110_000 {
        server.forget_most();
        let began = Instant::now();
        let bytes = office.file("/entries.xlsx").await?;
        println!(
            "\n{name}: export of all records as xlsx {:.1} s, {:.1} MB of file; {most:.0} MB resident before, {:.0} at most",
            began.elapsed().as_secs_f64(),
            bytes as f64 / 1_048_576.0,
            server.most()
        );
    }
    println!(
        "\n{name}: start {:.0} ms; resident {resident:.0} MB after start, {used:.0} MB after a sign-in and a page, \
         {most:.0} MB after all of the above with {entries} records\n",
        start.as_secs_f64() * 1000.0,
    );
    Ok(())
}

fn main() -> anyhow::Result<()> {
    // `cargo test` runs benchmarks too, to see that they start: this one takes minutes.
    if !std::env::args().any(|a| a == "--bench") {
        return Ok(());
    }
    let entries = match std::env::var("LUOSHI_BENCH_ENTRIES") {
        Ok(number) => number.parse().context("LUOSHI_BENCH_ENTRIES")?,
        // Room for the records that are saved: more than 100,000 are not exported at once.
        Err(_) => 99_900,
    };
    let only = std::env::var("LUOSHI_BENCH_ENGINE").unwrap_or_default();
    // The client wants one although nothing is asked over TLS.
    let _ = rustls::crypto::ring::default_provider().install_default();
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        if only != "postgres" {
            let folder = tempfile::tempdir()?;
            let kept = std::env::var("LUOSHI_BENCH_DATA").ok();
            let data = kept.unwrap_or_else(|| folder.path().display().to_string());
            let file = Path::new(&data).join("luoshi.db");
            let is_filled = file.exists();
            engine("SQLite", &["--data", &data], &Target::Sqlite(file), entries, is_filled).await?;
        }
        if only == "sqlite" {
            return Ok(());
        }
        match std::env::var("LUOSHI_TEST_POSTGRES") {
            // The database must be empty: the demonstration says so when it is not.
            Ok(url) => {
                engine("PostgreSQL", &["--database", &url], &Target::Postgres(url.clone()), entries, false)
                    .await?;
            }
            Err(_) => println!("PostgreSQL: not measured, LUOSHI_TEST_POSTGRES names no server"),
        }
        Ok(())
    })
}
