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
///
/// Errors come first, then warnings, then remarks, each in the order of the document. What asks for nothing is counted at
/// the end; with `all` it is drawn as well.
pub(super) fn run(
    file: &Path,
    org: Option<&Path>,
    (json, all): (bool, bool),
    today: Option<Date>,
) -> Result<u8, Refusal> {
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
        let mut drawn: Vec<_> =
            compiled.diagnostics.iter().filter(|d| all || !compiler::is_quiet(d)).collect();
        drawn.sort_by_key(|d| d.severity);
        for diagnostic in drawn.iter().take(MOST_DRAWN) {
            page.push_str(&drawing.diagnostic(&source, diagnostic));
            page.push('\n');
        }
        let rest = drawn.len().saturating_sub(MOST_DRAWN);
        let quiet = compiled.diagnostics.len() - drawn.len();
        if rest > 0 {
            page.push_str(&format!("另有{rest}处没有列出；加 --json 可看全部\n\n"));
        }
        let count = |severity: Severity| drawn.iter().filter(|d| d.severity == severity).count();
        page.push_str(&format!(
            "{}：{}个条目，{}处错误，{}处警告，{}处提示\n",
            source.name,
            plan.items.len(),
            count(Severity::Error),
            count(Severity::Warning),
            count(Severity::Info)
        ));
        if quiet > 0 {
            page.push_str(&format!(
                "另有{quiet}处不用做什么（导向性的句子、已并在一起的要求）；加 --all 列出\n"
            ));
        }
        say(&page);
    }
    Ok(if compiled.has_errors() { FAULTY } else { WELL })
}
