//! Procedures as the people do them: from the month, or the list, to the case, to the form of the step, and back at the
//! case. The day of the demonstration is set forward between the visits.

mod forum;
mod transfer;

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

use crate::demo::{Demo, copy, made};
use crate::screen::{Screen, walk};

/// A college whose day moves on: each visit finds what the one before left.
pub(crate) struct College {
    name: &'static str,
    driver: String,
    folder: TempDir,
}

impl College {
    pub(crate) fn new(name: &'static str, driver: String) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        copy(&made(&[])?, &folder.path().join("data"))?;
        Ok(Self { name, driver, folder })
    }

    /// What happens on a day.
    pub(crate) async fn on(
        &self,
        day: &str,
        story: impl AsyncFnOnce(&Screen<'_>) -> Result<()>,
    ) -> Result<()> {
        let demo = Demo::serve(&["--today", day], &self.folder.path().join("data"))?;
        walk(self.name, &self.driver, &demo, story).await.with_context(|| format!("on {day}"))
    }

    /// A paper to be handed in.
    pub(crate) fn paper(&self, name: &str) -> Result<PathBuf> {
        let path = self.folder.path().join(name);
        let title = name.split('.').next().unwrap_or_default().to_owned();
        let paper = office::gongwen::Gongwen {
            kind: office::gongwen::Kind::Minutes,
            head: None,
            title,
            addressee: String::new(),
            blocks: Vec::new(),
            attachments: Vec::new(),
            signature: None,
            note: String::new(),
        };
        let at = jiff::civil::datetime(2026, 9, 30, 8, 0, 0, 0);
        std::fs::write(&path, office::gongwen::write(at, &paper)?)?;
        Ok(path)
    }
}

/// What is written into a form: names of controls and what they take.
pub(crate) type Said<'a> = &'a [(&'a str, &'a str)];

impl Screen<'_> {
    /// Somebody else sits down.
    pub(crate) async fn change_to(&self, login: &str) -> Result<()> {
        if self.js("return !!document.querySelector(\"footer form[action='/logout']\")").await? == true {
            self.sign_out().await?;
        }
        self.sign_in(login).await
    }

    /// Clicks the link or the button with these words in the page.
    pub(crate) async fn choose(&self, words: &str) -> Result<()> {
        let path = format!("//main//*[self::a or self::button][normalize-space(.)='{words}']");
        let element = self.find_path(&path).await?;
        self.follow(element).await.with_context(|| format!("after “{words}”"))
    }

    /// Opens a case from 本月: the line of its step among those that wait for whoever is signed in.
    pub(crate) async fn by_month(&self, title: &str, step: &str) -> Result<()> {
        self.go("/month").await?;
        let line = format!("//section[@id='cases']//h3/a[normalize-space(.)='{title}：{step}']");
        let link = self.find_path(&line).await?;
        self.follow(link).await
    }

    /// Opens a case from the list, by its name.
    pub(crate) async fn by_list(&self, title: &str) -> Result<()> {
        self.go("/cases").await?;
        self.fill("#q", title).await?;
        self.press("form.flt button[type=submit]").await?;
        let link = self.find_path(&format!("//th/a[normalize-space(.)='{title}']")).await?;
        self.follow(link).await
    }

    /// Opens a case of a procedure by hand; ends at its page.
    pub(crate) async fn open_case(&self, workflow: &str, said: Said<'_>) -> Result<()> {
        self.go("/cases").await?;
        self.choose("新开一件").await?;
        self.choose(workflow).await?;
        self.enter_all(said).await?;
        self.choose("开这一件").await?;
        self.at_case().await
    }

    async fn at_case(&self) -> Result<()> {
        let path = self.client.current_url().await?.path().to_owned();
        let words = self.words("main").await?;
        ensure!(path.starts_with("/cases/") && path.len() > 30, "not at a case but at {path}: {words}");
        Ok(())
    }

    /// Whatever the control of this name takes: words, a choice by its word, a day, a file.
    pub(crate) async fn enter(&self, name: &str, value: &str) -> Result<()> {
        let css = format!("[name=\"{name}\"]");
        let kind = self
            .js(&format!(
                "const c = document.querySelector('{css}'); if (!c) return null;
                 for (let d = c.closest('details'); d; d = d.parentElement.closest('details')) d.open = true;
                 return c.tagName === 'SELECT' ? 'select' : c.type"
            ))
            .await?;
        let kind = kind.as_str().with_context(|| format!("the form does not ask {name}"))?;
        match kind {
            "select" | "date" | "number" => {
                let set = format!(
                    "const c = document.querySelector('{css}');
                     const o = c.tagName === 'SELECT' && [...c.options].find((o) => o.textContent.trim() === '{value}');
                     if (c.tagName === 'SELECT' && !o) return [...c.options].map((o) => o.textContent.trim()).join('、');
                     if (!c.offsetParent) return 'not to be seen';
                     c.value = o ? o.value : '{value}';
                     for (const e of ['input', 'change']) c.dispatchEvent(new Event(e, {{ bubbles: true }}));
                     return ''"
                );
                let wrong = self.js(&set).await?;
                ensure!(wrong == "", "{name} does not take {value}: {wrong}");
            }
            "checkbox" => {
                let box_ = self.find(&format!("{css}[value=\"{value}\"]")).await?;
                box_.click().await?;
            }
            "file" => {
                self.find(&css).await?.send_keys(value).await?;
                self.until(&format!(
                    "document.querySelector('{css}').closest('.files').querySelectorAll('.fl li').length"
                ))
                .await
                .with_context(|| format!("{value} is not handed in"))?;
            }
            _ => self.fill(&css, value).await.with_context(|| name.to_owned())?,
        }
        Ok(())
    }

    pub(crate) async fn enter_all(&self, said: Said<'_>) -> Result<()> {
        for (name, value) in said {
            self.enter(name, value).await?;
        }
        Ok(())
    }

    /// At a case: opens the form of the step that waits, and fills it in; it is not saved yet.
    pub(crate) async fn write(&self, step: &str, said: Said<'_>) -> Result<()> {
        let link = format!(
            "//section[contains(@class,'hold')][.//h2[normalize-space(.)='{step}']]//a[normalize-space(.)='记这一步']"
        );
        let link =
            self.find_path(&link).await.with_context(|| format!("“{step}” does not wait for a record"))?;
        self.follow(link).await?;
        self.enter_all(said).await.with_context(|| step.to_owned())
    }

    /// Saves the form of a step: back at the case; what the page says.
    pub(crate) async fn save(&self) -> Result<String> {
        self.press("button[name=do][value=save]").await?;
        self.at_case().await?;
        self.words("main").await
    }

    /// Does a step from its case and back; what the page says then.
    pub(crate) async fn step(&self, step: &str, said: Said<'_>) -> Result<String> {
        self.write(step, said).await?;
        let page = self.save().await.with_context(|| step.to_owned())?;
        let toast = self.words(".toast").await?;
        ensure!(toast.contains(&format!("“{step}”")), "what is told after “{step}”: {toast}\n{page}");
        Ok(page)
    }

    /// What holds a case open: each step with its facts, as the page says it.
    pub(crate) async fn holds(&self) -> Result<Vec<String>> {
        let told =
            self.js("return [...document.querySelectorAll('section.hold')].map((s) => s.innerText)").await?;
        Ok(serde_json::from_value(told)?)
    }

    /// The case waits for this step first, done by these; by when, where that is known.
    pub(crate) async fn waits(&self, step: &str, who: &str, due: &str) -> Result<()> {
        let holds = self.holds().await?;
        let found = holds.iter().find(|h| h.lines().any(|l| l.trim() == step));
        let found = found.with_context(|| format!("does not wait for “{step}” but: {holds:?}"))?;
        ensure!(found.contains(who), "“{step}” does not wait for {who}: {found}");
        ensure!(due.is_empty() || found.contains(due), "“{step}” is not due {due}: {found}");
        Ok(())
    }

    /// The case has ended so.
    pub(crate) async fn ended(&self, how: &str) -> Result<()> {
        let words = self.words("main p.note").await?;
        ensure!(words.contains(&format!("已结束：{how}")), "it ended otherwise: {words}");
        Ok(())
    }
}
