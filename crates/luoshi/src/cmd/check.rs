//! `luoshi check`: what the compiler has to say about a plan.

use std::path::Path;

use compiler::{Context, org_from_toml};
use jiff::Zoned;
use jiff::civil::Date;
use model::{Organisation, Severity};
use rulebook::Rulebook;

use super::{FAULTY, Refusal, WELL, bytes_of, document, json_page, say};
use crate::draw::Drawing;

/// Diagnostics that are drawn; nobody reads more at once, and drawing costs time with the length of the line.
const MOST_DRAWN: usize = 500;

/// Prints the diagnostics; the status says whether there are errors among them.
pub(super) fn run(file: &Path, org: Option<&Path>, json: bool, today: Option<Date>) -> Result<u8, Refusal> {
    let source = document(file)?;
    let organisation = org.map_or_else(|| Ok(Organisation::default()), organisation)?;
    let rulebook = Rulebook::built_in().map_err(|faults| super::rulebook::refusal(&faults))?;
    let plan = plan::read(&source);
    let real = real_day();
    let year = plan.year.unwrap_or(today.unwrap_or(real).year());
    // A plan of a year gone by is looked at for its wording; that its days are past is no news.
    let today = today.or_else(|| (year >= real.year()).then_some(real));
    let context = Context { year, today };
    let compiled = compiler::compile(&source, &plan, &rulebook, &organisation, &context);
    if json {
        say(&json_page(&compiler::to_json(&compiled, &plan, &source, &rulebook)));
    } else {
        let drawing = Drawing::for_terminal();
        let mut page = String::new();
        for diagnostic in compiled.diagnostics.iter().take(MOST_DRAWN) {
            page.push_str(&drawing.diagnostic(&source, diagnostic));
            page.push('\n');
        }
        let rest = compiled.diagnostics.len().saturating_sub(MOST_DRAWN);
        if rest > 0 {
            page.push_str(&format!("另有{rest}处没有列出；加 --json 可看全部\n\n"));
        }
        let count =
            |severity: Severity| compiled.diagnostics.iter().filter(|d| d.severity == severity).count();
        page.push_str(&format!(
            "{}：{}个条目，{}处错误，{}处警告，{}处提示\n",
            source.name,
            plan.items.len(),
            count(Severity::Error),
            count(Severity::Warning),
            count(Severity::Info)
        ));
        say(&page);
    }
    Ok(if compiled.has_errors() { FAULTY } else { WELL })
}

#[expect(clippy::disallowed_methods, reason = "the command line may read the clock")]
fn real_day() -> Date {
    Zoned::now().date()
}

fn organisation(file: &Path) -> Result<Organisation, Refusal> {
    let shown = file.display();
    let text = String::from_utf8(bytes_of(file)?).map_err(|_| Refusal {
        message: format!("组织文件 {shown} 不是 UTF-8 文本"),
        help: "请另存为 UTF-8 编码".to_owned(),
    })?;
    org_from_toml(&text).map_err(|faults| Refusal {
        message: format!("组织文件 {shown} 有误\n{faults}"),
        help: "每个组织写一段 [[unit]]，含 name、kind，上级写 parent，别名写 aliases".to_owned(),
    })
}
