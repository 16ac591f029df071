//! Prints a plan as the compiler reads it: a Markdown table of every sentence, with short paraphrases from a file
//! (number.sentence, a tab, the paraphrase), or the head of the sentence where there is none.
//!
//! `cargo run -p compiler --example reading -- PLAN.txt ORG.toml [PARAPHRASES.tsv]`
#![expect(clippy::print_stdout, reason = "an example prints")]

use std::collections::HashMap;

use compiler::{Context, compile, org_from_toml};
use model::SourceText;
use rulebook::Rulebook;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let text = std::fs::read_to_string(args.next().ok_or("PLAN.txt")?)?;
    let org = match args.next() {
        Some(path) => org_from_toml(&std::fs::read_to_string(path)?)?,
        None => model::Organisation::default(),
    };
    let said = args.next().map(std::fs::read_to_string).transpose()?.unwrap_or_default();
    let said: HashMap<&str, &str> = said.lines().filter_map(|l| l.split_once('\t')).collect();
    let rulebook = Rulebook::built_in().map_err(|f| format!("{f:?}"))?;
    let source = SourceText::from_plain("plan.txt", &text);
    let plan = plan::read(&source);
    let year = plan.year.unwrap_or(2022);
    let out = compile(&source, &plan, &rulebook, &org, &Context { year, today: None });
    println!("| 句 | 大意 | 类别 | 制度 | 台账 | 谁 | 要求 |\n| --- | --- | --- | --- | --- | --- | --- |");
    let (mut item, mut n) = (usize::MAX, 0);
    for m in &out.measures {
        n = if m.item == item { n + 1 } else { 0 };
        item = m.item;
        let number = format!("{}.{n}", plan.items.get(item).map_or("", |i| i.number.as_str()));
        let head: String = m.text.chars().take(14).collect();
        let mechanisms: Vec<&str> =
            m.mechanisms.iter().filter_map(|id| rulebook.mechanism(id)).map(|m| m.title.as_str()).collect();
        let mut ledgers: Vec<&str> = Vec::new();
        for p in out.proposals.iter().filter(|p| m.keys.contains(&p.key)) {
            let title =
                p.ledger.as_deref().and_then(|id| rulebook.ledger(id)).map_or("无", |l| l.title.as_str());
            if !ledgers.contains(&title) {
                ledgers.push(title);
            }
        }
        println!(
            "| {number} | {} | {} | {} | {} | {} | {} |",
            said.get(number.as_str()).copied().unwrap_or(&head),
            m.kind.word(),
            mechanisms.join("、"),
            ledgers.join("、"),
            m.bearers.join("、"),
            m.keys.join(" ")
        );
    }
    println!("\n体检意见\n");
    for d in &out.diagnostics {
        let (line, column) = source.line_column(d.span.start);
        let words: String = d.span.of(&text).chars().take(40).collect();
        println!("- {line}:{column} {} {} “{words}” {} {}", d.code, d.severity.word(), d.message, d.help);
    }
    println!("\n要求\n");
    for p in &out.proposals {
        println!(
            "- {} [{}] {}：{}｜{}｜{}",
            p.key,
            p.kind.word(),
            p.title,
            p.cadence.words(),
            p.ledger.as_deref().unwrap_or("无"),
            p.reason
        );
    }
    Ok(())
}
