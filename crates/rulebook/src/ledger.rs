//! rulebook/ledgers/*.toml.

use std::collections::BTreeMap;

use model::rule::{Element, Field, FieldType, Ledger, Privacy};

use crate::dated::{self, Dated};
use crate::fault::{At, Faults, RuleFault, did_you_mean};
use crate::link::{Kind, Links};
use crate::obligation::{kinds, source};
use crate::tree::{Node, Table, Value, is_id};
use crate::words::{FIELD_TYPES, PRIVACIES, meaning};

/// Every record has these by itself; a field of the same id would ask for them twice.
const RESERVED: [&str; 3] = ["day", "title", "unit"];

/// Where fields of one id were declared, to see that they mean the same fact everywhere.
pub(crate) type Facts = BTreeMap<String, Vec<(FieldType, Vec<(String, String)>, At)>>;

/// Reads a ledger with its versions.
pub(crate) fn read(
    id: &str,
    file: Table,
    faults: &mut Faults,
    links: &mut Links,
    facts: &mut Facts,
) -> Vec<Dated<Ledger>> {
    let mut out = Vec::new();
    let mut periods = Vec::new();
    for mut table in dated::versions(file, faults) {
        let period = dated::period(&mut table, faults);
        if let Some(ledger) = version(id, table, faults, links, facts) {
            out.push(Dated { since: period.since, until: period.until, rank: period.rank, value: ledger });
        }
        periods.push(period);
    }
    dated::check_periods(&periods, faults);
    out
}

fn version(
    id: &str,
    mut table: Table,
    faults: &mut Faults,
    links: &mut Links,
    facts: &mut Facts,
) -> Option<Ledger> {
    let span = table.span.clone();
    let title = table.need_text("title", faults);
    let kept_by: Vec<_> = kinds("kept_by", &mut table, faults).into_iter().collect();
    if kept_by.is_empty() {
        faults.say(&span, "没有写明由谁记这本台账（kept_by）", "写成 kept_by = [\"branch\"]。");
    }
    let words = table.texts("words", faults);
    let mut together = Vec::new();
    for (other, at) in table.spanned_texts("together", faults) {
        links.to(Kind::Ledger, &other, faults.at(&at));
        together.push(other);
    }
    let counts_hours = table.take("counts_hours");
    let columns = table.spanned_texts("columns", faults);
    let complete = match table.take("complete") {
        None => Vec::new(),
        Some(Node { value: Value::Array(nodes), .. }) => nodes,
        Some(node) => vec![node],
    };
    let source = table.table("source", faults).and_then(|t| source(t, faults, links));
    let mut fields: Vec<Field> = Vec::new();
    for t in table.tables("field", faults) {
        field(t, &mut fields, faults, facts);
    }
    table.finish(faults);
    if fields.is_empty() {
        faults.say(&span, "台账没有字段", "至少写一个 [[field]]。");
    }
    let ids: Vec<&str> = fields.iter().map(|f| f.id.as_str()).collect();
    for (column, at) in &columns {
        known_field(column, at, &ids, "列", faults);
    }
    let complete = complete.into_iter().filter_map(|n| element(n, &fields, faults)).collect();
    let counts_hours = counts_hours.is_some_and(|n| match n.value {
        Value::Bool(b) => {
            let has = fields.iter().any(|f| f.id == "hours" && f.kind == FieldType::Number);
            if b && !has {
                faults.say(&n.span, "计学时的台账没有数字字段“hours”", "加一个 [[field]]，id = \"hours\"。");
            }
            b
        }
        _ => {
            faults.say(&n.span, "“counts_hours”应为 true 或 false", "");
            false
        }
    });
    Some(Ledger {
        id: id.to_owned(),
        title: title?,
        kept_by,
        fields,
        complete,
        together,
        counts_hours,
        columns: columns.into_iter().map(|(c, _)| c).collect(),
        words,
        source,
    })
}

fn known_field(id: &str, at: &std::ops::Range<usize>, ids: &[&str], what: &str, faults: &mut Faults) -> bool {
    let known = ids.contains(&id);
    if !known {
        faults.say(at, format!("{what}“{id}”不是本台账的字段"), did_you_mean(id, ids.iter().copied()));
    }
    known
}

fn field(mut table: Table, fields: &mut Vec<Field>, faults: &mut Faults, facts: &mut Facts) {
    let span = table.span.clone();
    let id = table.spanned_text("id", faults);
    let title = table.need_text("title", faults);
    let kind = match table.spanned_text("type", faults) {
        Some((word, at)) => meaning(&word, &at, FIELD_TYPES, "字段类型", faults),
        None => {
            faults.say(&span, "字段没有写明类型（type）", "");
            None
        }
    };
    let mut options = Vec::new();
    if let Some(mut t) = table.table("options", faults) {
        for f in t.rest() {
            if let Some(label) = f.node.text("选项名称", faults) {
                options.push((f.key, label));
            }
        }
    }
    let unit = table.text("unit", faults);
    let hint = table.text("hint", faults);
    let mut when = None;
    if let Some(mut t) = table.table("when", faults) {
        let at = t.span.clone();
        let mut pairs = t.rest();
        if let (1, Some(f)) = (pairs.len(), pairs.pop()) {
            let value = f.node.text("条件的值", faults);
            let other = fields.iter().find(|o| o.id == f.key);
            match (other, value) {
                (None, _) => faults.say(
                    &f.span,
                    format!("条件所用的字段“{}”不在它之前", f.key),
                    did_you_mean(&f.key, fields.iter().map(|o| o.id.as_str())),
                ),
                (Some(o), Some(value)) => {
                    let choice = matches!(o.kind, FieldType::Choice | FieldType::Choices);
                    if choice && o.options.iter().all(|(id, _)| *id != value) {
                        let help = did_you_mean(&value, o.options.iter().map(|(id, _)| id.as_str()));
                        faults.say(&f.node.span, format!("字段“{}”没有选项“{value}”", o.title), help);
                    } else {
                        when = Some((f.key, value));
                    }
                }
                (Some(_), None) => {}
            }
        } else {
            faults.say(&at, "“when”应为一个字段和它的值", "写成 when = { form = \"lecture\" }。");
        }
    }
    let privacy = table
        .spanned_text("privacy", faults)
        .and_then(|(word, at)| meaning(&word, &at, PRIVACIES, "保密类别", faults))
        .unwrap_or(Privacy::Open);
    let width = table.integer("width", 1..=12, faults).and_then(|w| u8::try_from(w).ok()).unwrap_or(12);
    table.finish(faults);

    let Some((id, at)) = id else {
        faults.say(&span, "字段缺少“id”", "");
        return;
    };
    if !is_id(&id) {
        faults.say(&at, format!("字段编号“{id}”只能用小写字母、数字、- 和 _"), "");
    } else if RESERVED.contains(&id.as_str()) {
        faults.say(&at, format!("“{id}”每条记录本来就有，不能作字段编号"), "换一个编号，如 topic、done_on。");
    } else if fields.iter().any(|f| f.id == id) {
        faults.say(&at, format!("字段“{id}”重复"), "");
    }
    let Some((title, kind)) = title.zip(kind) else { return };
    let choice = matches!(kind, FieldType::Choice | FieldType::Choices);
    if choice == options.is_empty() {
        let (message, help) = if choice {
            ("选择字段没有选项（options）", "写成 options = { a = \"甲\", b = \"乙\" }。")
        } else {
            ("只有选择字段可以有选项（options）", "")
        };
        faults.say(&span, message, help);
    }
    facts.entry(id.clone()).or_default().push((kind, options.clone(), faults.at(&at)));
    fields.push(Field { id, title, kind, options, unit, hint, when, privacy, width });
}

fn element(node: Node, fields: &[Field], faults: &mut Faults) -> Option<Element> {
    let ids: Vec<&str> = fields.iter().map(|f| f.id.as_str()).collect();
    if let Value::Text(id) = &node.value {
        return known_field(id, &node.span, &ids, "齐全要素", faults)
            .then(|| Element::Has { field: id.clone() });
    }
    let span = node.span.clone();
    let mut table = Table::of(node, "齐全要素", faults)?;
    let people = fields.iter().any(|f| f.id == "people" && f.kind == FieldType::People);
    let needs_people = |faults: &mut Faults| {
        if !people {
            faults.say(
                &span,
                "齐全要素说到出席，台账却没有字段“people”",
                "加一个 [[field]]，id = \"people\"，type = \"people\"。",
            );
        }
    };
    let element = if table.has("every_absence_has") {
        let what = table.spanned_text("every_absence_has", faults)?;
        meaning(&what.0, &what.1, &[("reason", ())], "缺席须有的内容", faults)?;
        needs_people(faults);
        Some(Element::EveryAbsenceHasReason)
    } else if table.has("quorum") {
        let percent = table.integer("quorum", 1..=100, faults)?;
        needs_people(faults);
        u8::try_from(percent).ok().map(|percent| Element::Quorum { percent })
    } else {
        let before = faults.count();
        let field = table.spanned_text("field", faults);
        let chars = table.integer("at_least_chars", 1..=100_000, faults);
        match (field, chars.and_then(|c| u32::try_from(c).ok())) {
            (Some((field, at)), Some(chars)) => known_field(&field, &at, &ids, "齐全要素", faults)
                .then_some(Element::AtLeastChars { field, chars }),
            _ => {
                if faults.count() == before {
                    faults.say(
                    &span,
                    "齐全要素的写法不认识",
                    "写法：\"minutes\"、{ every_absence_has = \"reason\" }、{ quorum = 50 }、{ field = \"minutes\", at_least_chars = 50 }。",
                );
                }
                return None;
            }
        }
    };
    table.finish(faults);
    element
}

/// Fields of one id mean one fact: the same type, and the same options, in every ledger (versions of one ledger may
/// differ: that is what they are for).
pub(crate) fn check_facts(facts: &Facts) -> Vec<RuleFault> {
    let mut out = Vec::new();
    for (id, uses) in facts {
        let Some((kind, options, first)) = uses.first() else { continue };
        for (other, other_options, at) in &uses[1..] {
            if at.file != first.file && (other != kind || other_options != options) {
                out.push(at.fault(
                    format!("字段“{id}”与别处的同名字段类型或选项不同"),
                    format!(
                        "同一编号是同一件事，另一处在 {} 第 {} 行；不是一件事就换个编号。",
                        first.file, first.line
                    ),
                ));
            }
        }
    }
    out
}
