//! What `check --json` prints.

use std::collections::HashMap;

use model::{Diagnostic, MeasureKind, Plan, Severity, SourceText};
use rulebook::Rulebook;
use serde_json::{Value, json};

use crate::{Compilation, Wait, waits_for};

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

fn kind(kind: MeasureKind) -> &'static str {
    match kind {
        MeasureKind::Title => "title",
        MeasureKind::Counted => "counted",
        MeasureKind::Dated => "dated",
        MeasureKind::Ruled => "ruled",
        MeasureKind::Deliverable => "deliverable",
        MeasureKind::Directional => "directional",
    }
}

/// Diagnostics as every command prints them.
#[must_use]
pub fn diagnostics_to_json(diagnostics: &[Diagnostic], source: &SourceText) -> Vec<Value> {
    let page = |d: &Diagnostic| {
        let (line, column) = source.line_column(d.span.start);
        json!({
            "code": d.code, "severity": severity(d.severity), "line": line, "column": column,
            "text": d.span.of(&source.text), "message": d.message, "help": d.help,
            "replacement": d.replacement, "item": d.item,
        })
    };
    diagnostics.iter().map(page).collect()
}

/// The diagnostics, and every sentence of every item with its kind, mechanisms, bearers and ledger, by their Chinese names.
#[must_use]
pub fn to_json(compilation: &Compilation, plan: &Plan, source: &SourceText, rulebook: &Rulebook) -> Value {
    let diagnostics = diagnostics_to_json(&compilation.diagnostics, source);
    let waits: HashMap<&str, Wait> = compilation
        .proposals
        .iter()
        .filter_map(|p| Some((p.key.as_str(), waits_for(&p.cadence, rulebook, plan.year?)?)))
        .collect();
    let mut items: Vec<Vec<Value>> = vec![Vec::new(); plan.items.len()];
    for m in &compilation.measures {
        let mechanisms: Vec<&str> =
            m.mechanisms.iter().filter_map(|id| rulebook.mechanism(id)).map(|m| m.title.as_str()).collect();
        let ledger = m.ledger.as_deref().and_then(|id| rulebook.ledger(id)).map(|l| l.title.as_str());
        let bearers = (!m.bearers.is_empty()).then_some(&m.bearers);
        if let Some(of_item) = items.get_mut(m.item) {
            let waits_for: Vec<&str> =
                m.keys.iter().filter_map(|k| waits.get(k.as_str())).map(|w| w.key.as_str()).collect();
            of_item.push(json!({
                "text": m.text, "kind": kind(m.kind), "mechanisms": mechanisms, "bearers": bearers, "ledger": ledger,
                "keys": m.keys, "reason": m.reason, "waits_for": waits_for,
            }));
        }
    }
    let items: Vec<Value> = plan
        .items
        .iter()
        .zip(items)
        .map(|(item, measures)| json!({ "number": item.number, "measures": measures }))
        .collect();
    json!({ "diagnostics": diagnostics, "items": items })
}
