//! The answer as JSON; its form is told in docs/compile-json.md.

use std::collections::HashMap;

use compiler::{diagnostics_to_json, waits_for};
use model::{Cadence, Obligation, Origin};
use serde_json::{Map, Value, json};

use super::Made;

pub(super) fn json(made: &Made<'_>) -> Value {
    let obligations: Vec<Value> = made.forecast.obligations.iter().map(|o| obligation(made, o)).collect();
    json!({
        "year": made.year,
        "obligations": obligations,
        "duties": duties(made),
        "not_read": not_read(made),
        "diagnostics": diagnostics_to_json(made.diagnostics, made.source),
    })
}

fn obligation(made: &Made<'_>, o: &Obligation) -> Value {
    let span = o.origin.span().unwrap_or_default();
    let (line, column) = made.source.line_column(span.start);
    let rule = o.origin.rule().and_then(|id| made.rulebook.obligation(id));
    let regulation = rule.and_then(|r| made.rulebook.regulation(&r.source.regulation));
    let waits: Vec<String> =
        waits_for(&o.cadence, made.rulebook, made.year).map(|w| w.title).into_iter().collect();
    json!({
        "key": o.key,
        "item": o.item,
        "title": o.title,
        "text": o.origin.words(),
        "bearers": made.compiled.names.get(&o.key).cloned().unwrap_or_default(),
        "cadence": cadence(&o.cadence),
        "ledger": o.ledger.as_deref().and_then(|id| made.rulebook.ledger(id)).map(|l| &l.title),
        "source": {
            "line": line,
            "column": column,
            "regulation": regulation.map(|r| &r.title),
            "article": regulation.and(rule).map(|r| &r.source.article),
            "mechanism": match &o.origin {
                Origin::Adopted { mechanism, .. } => made.rulebook.mechanism(mechanism).map(|m| &m.title),
                _ => None,
            },
        },
        "waits_for": waits,
        "assessed": o.assessed,
    })
}

/// The words, and beside them the form of the model: a word alone (`standing`) becomes a key that is true.
fn cadence(cadence: &Cadence) -> Value {
    let mut out = Map::new();
    out.insert("words".to_owned(), cadence.words().into());
    match serde_json::to_value(cadence).unwrap_or_default() {
        Value::Object(form) => out.extend(form),
        Value::String(word) => drop(out.insert(word, true.into())),
        _ => {}
    }
    out.into()
}

fn duties(made: &Made<'_>) -> Vec<Value> {
    let Some(roll) = made.roll else { return Vec::new() };
    let keys: HashMap<_, &str> = made.forecast.obligations.iter().map(|o| (o.id, o.key.as_str())).collect();
    let units: HashMap<_, &str> = roll.organisation.units.iter().map(|u| (u.id, u.name.as_str())).collect();
    let people: HashMap<_, &str> = roll.people.iter().map(|p| (p.id, p.name.as_str())).collect();
    let duty = |d: &model::Duty| {
        json!({
            "obligation": keys.get(&d.obligation),
            "unit": units.get(&d.unit),
            "person": d.person.and_then(|p| people.get(&p)),
            "starts": d.starts.to_string(),
            "due": d.due.to_string(),
        })
    };
    made.forecast.duties.iter().map(duty).collect()
}

/// What stands in the document and in no demand: words that no item holds, then figures that no demand uses.
fn not_read(made: &Made<'_>) -> Vec<Value> {
    let outside = made
        .plan
        .not_read
        .iter()
        .map(|n| json!({ "text": n.text, "line": n.line, "column": n.column, "why": n.why.words() }));
    let lost = made.diagnostics.iter().filter(|d| super::NOT_READ.contains(&d.code.as_str()));
    let figures = lost.map(|d| {
        let (line, column) = made.source.line_column(d.span.start);
        json!({ "text": d.span.of(&made.source.text), "line": line, "column": column, "why": d.message })
    });
    outside.chain(figures).collect()
}
