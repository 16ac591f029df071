//! `luoshi read`: the structure of a plan.

use std::path::Path;

use model::{Item, OwnerRole, Plan};

use super::{Refusal, WELL, document, json_page, say};

/// Prints the plan's structure, as JSON or as an outline for people.
pub(super) fn run(file: &Path, json: bool) -> Result<u8, Refusal> {
    let plan = plan::read(&document(file)?);
    if json {
        say(&json_page(&plan::to_json(&plan)));
    } else {
        say(&outline(&plan));
    }
    Ok(WELL)
}

fn outline(plan: &Plan) -> String {
    let mut out = plan.title.clone().unwrap_or_else(|| "（没有标题）".to_owned());
    out.push_str(&format!("\n{}个部分，{}个条目\n", plan.sections.len(), plan.items.len()));
    let mut section = None;
    for item in &plan.items {
        if item.section != section {
            section = item.section;
            if let Some(section) = section.and_then(|s| plan.sections.get(s)) {
                out.push_str(&format!("\n{}、{}\n", section.number, section.title));
            }
        }
        out.push_str(&of_item(item));
    }
    if !plan.not_read.is_empty() {
        out.push_str(&format!("\n没有读进任何一条的{}段：\n", plan.not_read.len()));
        for n in &plan.not_read {
            out.push_str(&format!("  第{}行：{}（{}）\n", n.line, n.text, n.why.words()));
        }
    }
    out
}

fn of_item(item: &Item) -> String {
    let mut out = format!("\n  {}. {}\n", item.number, item.title);
    let mut line = |label: &str, words: Vec<&str>| {
        if !words.is_empty() {
            out.push_str(&format!("     {label}：{}\n", words.join("、")));
        }
    };
    let units =
        |role: OwnerRole| item.owners.iter().filter(|o| o.role == role).map(|o| o.name.as_str()).collect();
    line("牵头", units(OwnerRole::Lead));
    line("责任", units(OwnerRole::Responsible));
    line("频次", item.cadences.iter().map(|c| c.text.as_str()).collect());
    line("时限", item.deadlines.iter().map(|d| d.text.as_str()).collect());
    let citations: Vec<String> = item.citations.iter().map(|c| format!("《{}》", c.name)).collect();
    line("引用", citations.iter().map(String::as_str).collect());
    out
}
