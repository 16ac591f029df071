//! One browser window, and what a person does in it. Nothing sleeps: every step waits for what it leads to.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use crate::demo::Demo;

/// The longest that anything may take on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at a condition.
const LOOK: Duration = Duration::from_millis(40);

/// A window.
pub(crate) struct Screen<'d> {
    pub(crate) client: Client,
    demo: &'d Demo,
    driver: String,
    session: String,
}

/// A file as the server sent it.
pub(crate) struct Download {
    pub(crate) kind: String,
    pub(crate) disposition: String,
    pub(crate) bytes: Vec<u8>,
}

fn folder() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target"));
    target.join("browser")
}

/// Walks `story` in a new window; when it fails, the picture of the place is kept and its name said.
pub(crate) async fn walk<'d>(
    name: &str,
    driver: &str,
    demo: &'d Demo,
    story: impl AsyncFnOnce(&Screen<'d>) -> Result<()>,
) -> Result<()> {
    let screen = Screen::open(driver, demo).await?;
    let mut told = story(&screen).await;
    if told.is_err() {
        let place = screen.client.current_url().await.map(|u| u.to_string()).unwrap_or_default();
        let file = folder().join(format!("{name}.png"));
        std::fs::create_dir_all(folder())?;
        std::fs::write(&file, screen.client.screenshot().await.unwrap_or_default())?;
        let words = screen.js("return document.body.innerText.slice(0, 3000)").await.unwrap_or_default();
        told = told.with_context(|| {
            format!(
                "at {place}, picture in {}, which reads:\n{}",
                file.display(),
                words.as_str().unwrap_or("")
            )
        });
    }
    screen.client.close().await?;
    told
}

impl<'d> Screen<'d> {
    async fn open(driver: &str, demo: &'d Demo) -> Result<Self> {
        let flags = std::env::var("LUOSHI_TEST_CHROMIUM_FLAGS").unwrap_or_else(|_| {
            "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage".to_owned()
        });
        let arguments: Vec<&str> =
            flags.split_whitespace().chain(["--window-size=1440,1000", "--lang=zh-CN"]).collect();
        let wanted = json!({
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
            "timeouts": { "script": 60_000, "pageLoad": 60_000 },
        });
        let Value::Object(wanted) = wanted else { bail!("an object") };
        let client = ClientBuilder::new(HttpConnector::new()).capabilities(wanted).connect(driver).await?;
        let session = client.session_id().await?.context("a session")?;
        let screen = Self { client, demo, driver: driver.trim_end_matches('/').to_owned(), session };
        screen.width(1440, 1000).await?;
        Ok(screen)
    }

    /// Sets the size of the page: a window of its own cannot be as narrow as a telephone.
    pub(crate) async fn width(&self, width: u32, height: u32) -> Result<()> {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", &size)?;
        Ok(())
    }

    /// A command of the developer tools.
    pub(crate) fn devtools(&self, command: &str, parameters: &Value) -> Result<Value> {
        self.extension("goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    /// What the page said on the console since the last time it was asked: errors, refusals of the content policy.
    pub(crate) fn complaints(&self) -> Result<Vec<String>> {
        let lines = self.extension("se/log", &json!({ "type": "browser" }))?;
        let lines = lines.as_array().cloned().unwrap_or_default();
        Ok(lines.iter().map(|l| l["message"].as_str().unwrap_or_default().to_owned()).collect())
    }

    /// A request of the driver's own, which the protocol's library does not know.
    fn extension(&self, path: &str, body: &Value) -> Result<Value> {
        let host = self.driver.strip_prefix("http://").context("a driver over http")?;
        let body = body.to_string();
        let mut stream = TcpStream::connect(host)?;
        write!(
            stream,
            "POST /session/{}/{path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.session,
            body.len()
        )?;
        // The driver keeps the connection open, whatever it is asked: the length says where the answer ends.
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut stream = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            ensure!(stream.read_line(&mut head)? > 0, "{path}: the answer breaks off");
        }
        let lower = head.to_ascii_lowercase();
        let length = lower.lines().find_map(|l| l.strip_prefix("content-length:")).context("a length")?;
        let mut body = vec![0; length.trim().parse()?];
        stream.read_exact(&mut body)?;
        let body = String::from_utf8_lossy(&body);
        ensure!(head.starts_with("HTTP/1.1 200"), "{path}: {head}\n{body}");
        let mut told: Value = serde_json::from_str(&body)?;
        Ok(told["value"].take())
    }

    /// Runs a script in the page.
    pub(crate) async fn js(&self, script: &str) -> Result<Value> {
        self.client.execute(script, vec![]).await.with_context(|| script.to_owned())
    }

    /// Waits until an expression holds in the page.
    pub(crate) async fn until(&self, condition: &str) -> Result<()> {
        let begun = Instant::now();
        // While one page gives way to another there is none to ask.
        while self.js(&format!("return !!({condition})")).await.ok() != Some(Value::Bool(true)) {
            ensure!(begun.elapsed() < PATIENCE, "waited in vain for: {condition}");
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// Goes to a path of the server.
    pub(crate) async fn go(&self, path: &str) -> Result<()> {
        self.client.goto(&format!("{}{path}", self.demo.address)).await?;
        self.until("document.readyState === 'complete'").await
    }

    /// What the selector finds, waiting for it.
    pub(crate) async fn find(&self, css: &str) -> Result<Element> {
        let found = self.client.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await;
        found.with_context(|| format!("there is no {css}"))
    }

    /// What the path finds, waiting for it.
    pub(crate) async fn find_path(&self, path: &str) -> Result<Element> {
        let found = self.client.wait().at_most(PATIENCE).for_element(Locator::XPath(path)).await;
        found.with_context(|| format!("there is no {path}"))
    }

    /// The words of what the selector finds.
    pub(crate) async fn words(&self, css: &str) -> Result<String> {
        Ok(self.find(css).await?.text().await?)
    }

    /// Clicks what leads to another page, and waits for that page.
    pub(crate) async fn follow(&self, element: Element) -> Result<()> {
        self.js("window.leaving = true").await?;
        self.client
            .execute(
                "arguments[0].scrollIntoView({ block: 'center' })",
                vec![serde_json::to_value(&element)?],
            )
            .await?;
        element.click().await?;
        self.until("!window.leaving && document.readyState === 'complete'").await
    }

    /// Clicks the link, or sends the form, that leads to another page.
    pub(crate) async fn press(&self, css: &str) -> Result<()> {
        let element = self.find(css).await?;
        self.follow(element).await.with_context(|| format!("after {css}"))
    }

    /// Writes into an empty control, or over what is in it.
    pub(crate) async fn fill(&self, css: &str, words: &str) -> Result<()> {
        let control = self.find(css).await?;
        control.clear().await?;
        control.send_keys(words).await?;
        Ok(())
    }

    /// Signs in with the mouse and the keyboard.
    pub(crate) async fn sign_in(&self, login: &str) -> Result<()> {
        self.go("/login").await?;
        self.fill("input[name=login]", login).await?;
        self.fill("input[name=password]", self.demo.password(login)?).await?;
        self.press("button[type=submit]").await?;
        let path = self.client.current_url().await?.path().to_owned();
        ensure!(path != "/login", "{login} is not let in");
        Ok(())
    }

    /// Signs out by the button at the foot of the page.
    pub(crate) async fn sign_out(&self) -> Result<()> {
        self.press("footer form[action='/logout'] button").await?;
        ensure!(self.client.current_url().await?.path() == "/login", "still signed in");
        Ok(())
    }

    /// The password of a sample account.
    pub(crate) fn password(&self, login: &str) -> Result<&str> {
        self.demo.password(login)
    }

    /// Fetches a file as the page would, with the session's cookie.
    pub(crate) async fn download(&self, path: &str) -> Result<Download> {
        // Each byte travels as the letter of its number.
        let told = self
            .client
            .execute_async(
                "const [path, done] = arguments; fetch(path).then(async (answer) => {
                    const bytes = new Uint8Array(await answer.arrayBuffer());
                    let text = ''; for (const b of bytes) text += String.fromCharCode(b);
                    done({ status: answer.status, text, kind: answer.headers.get('content-type') || '',
                        disposition: answer.headers.get('content-disposition') || '' });
                }).catch((e) => done({ status: 0, text: String(e) }))",
                vec![json!(path)],
            )
            .await?;
        let text = told["text"].as_str().unwrap_or_default();
        ensure!(
            told["status"] == 200,
            "{path}: {} {}",
            told["status"],
            text.chars().take(300).collect::<String>()
        );
        let bytes = text.chars().map(|c| u8::try_from(u32::from(c))).collect::<Result<_, _>>()?;
        let word = |key: &str| told[key].as_str().unwrap_or_default().to_owned();
        Ok(Download { kind: word("kind"), disposition: word("disposition"), bytes })
    }
}
