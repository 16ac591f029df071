//! A plan as JSON, for other programs and for the scorer.

use model::{Cadence, DeadlineKind, DeadlinePhrase, OwnerRole, Plan, Span, When};
use serde_json::{Value, json};

/// The plan in the shape that `luoshi read --json` prints: `title`, `sections` (number, title) and `items` (number,
/// section, title, `lead_units`, `responsible_units`, cadences, deadlines, triggers, regulations), what was not read and what
/// stands around the items, with the year, the vague words and byte spans (`[start, end]` of the normalised text) beside them.
#[must_use]
pub fn to_json(plan: &Plan) -> Value {
    let sections: Vec<Value> = plan
        .sections
        .iter()
        .map(|s| json!({ "number": s.number, "title": s.title, "span": span(s.span) }))
        .collect();
    let items: Vec<Value> = plan.items.iter().map(|i| item(plan, i)).collect();
    let asides: Vec<Value> =
        plan.asides.iter().map(|a| json!({ "kind": a.kind, "span": span(a.span) })).collect();
    let not_read: Vec<Value> = plan
        .not_read
        .iter()
        .map(|n| {
            json!({ "text": n.text, "line": n.line, "column": n.column, "why": n.why.words(), "span": span(n.span) })
        })
        .collect();
    json!({
        "title": plan.title,
        "year": plan.year,
        "sections": sections,
        "items": items,
        "asides": asides,
        "not_read": not_read,
    })
}

/// 自印发之日起10日内: so many days after something, and no day of the year. 长期坚持 is none either.
fn is_trigger(d: &DeadlinePhrase) -> bool {
    matches!(d.cadence, Cadence::Hang { when: When::Within { .. }, .. })
}

fn span(span: Span) -> Value {
    json!([span.start, span.end])
}

fn item(plan: &Plan, item: &model::Item) -> Value {
    let units = |role: OwnerRole| -> Vec<&str> {
        item.owners.iter().filter(|o| o.role == role).map(|o| o.name.as_str()).collect()
    };
    let cadences: Vec<Value> = item
        .cadences
        .iter()
        .map(|c| {
            let mut out = json!({ "text": c.text, "times": c.times, "per": c.per, "span": span(c.span), "cadence": c.cadence });
            if let (Some(hours), Some(map)) = (c.hours, out.as_object_mut()) {
                map.insert("hours".to_owned(), json!(hours));
            }
            out
        })
        .collect();
    let listed = |d: &&DeadlinePhrase| d.cadence != Cadence::Standing && !is_trigger(d);
    let deadlines: Vec<Value> = item
        .deadlines
        .iter()
        .filter(listed)
        .map(|d| {
            let kind = match d.kind {
                DeadlineKind::Date => "date",
                DeadlineKind::Month => "month",
                DeadlineKind::Period => "period",
                DeadlineKind::Event => "event",
            };
            json!({ "text": d.text, "kind": kind, "span": span(d.span), "cadence": d.cadence })
        })
        .collect();
    let triggers: Vec<Value> = item
        .deadlines
        .iter()
        .filter(|d| is_trigger(d))
        .map(|d| json!({ "text": d.text, "span": span(d.span), "cadence": d.cadence }))
        .collect();
    let sentences: Vec<Value> =
        item.sentences.iter().map(|s| json!({ "span": span(s.span), "is_title": s.is_title })).collect();
    json!({
        "number": item.number,
        "section": item.section.and_then(|i| plan.sections.get(i)).map(|s| &s.number),
        "title": item.title,
        "lead_units": units(OwnerRole::Lead),
        "responsible_units": units(OwnerRole::Responsible),
        "cadences": cadences,
        "deadlines": deadlines,
        "triggers": triggers,
        "regulations": item.citations.iter().map(|c| &c.name).collect::<Vec<_>>(),
        "vague": item.vague.iter().map(|v| &v.word).collect::<Vec<_>>(),
        "span": span(item.span),
        "sentences": sentences,
    })
}
