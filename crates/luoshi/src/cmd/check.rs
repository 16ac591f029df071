//! `luoshi check`: what the compiler has to say about a plan.

use std::path::Path;

use compiler::Context;
use jiff::civil::Date;
use model::Severity;
use rulebook::Rulebook;

use super::{FAULTY, Refusal, WELL, document, json_page, real_day, roll, say};
use crate::draw::Drawing;

/// Diagnostics that are drawn; nobody reads more at once, and drawing costs time with the length of the line.
const MOST_DRAWN: usize = 500;

/// Prints the diagnostics; the status says whether there are errors among them.
pub(super) fn run(file: &Path, org: Option<&Path>, json: bool, today: Option<Date>) -> Result<u8, Refusal> {
    let source = document(file)?;
    let organisation = org.map(roll).transpose()?.unwrap_or_default().organisation;
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
