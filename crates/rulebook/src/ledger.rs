//! rulebook/ledgers/*.toml.

use std::collections::BTreeMap;

use model::rule::{ATTACHMENTS, Element, Field, FieldType, Ledger, Privacy, Warning};

use crate::dated::{self, Dated};
use crate::fault::{At, Faults, RuleFault, did_you_mean};
use crate::link::{Kind, Links};
use crate::obligation::{kinds, source};
use crate::tree::{Node, Table, Value, is_id};
use crate::words::{FIELD_TYPES, PRIVACIES, meaning};

/// Every record has these by itself; a field of the same id would ask for them twice.
const RESERVED: [&str; 4] = ["day", "title", "unit", ATTACHMENTS];

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
    let confirmed_above = table.switch("confirmed_above", faults);
    let columns = table.spanned_texts("columns", faults);
    let complete = match table.take("complete") {
        None => Vec::new(),
        Some(Node { value: Value::Array(nodes), .. }) => nodes,
        Some(node) => vec![node],
    };
    let warns = match table.take("warns") {
        None => Vec::new(),
        Some(Node { value: Value::Array(nodes), .. }) => nodes,
        Some(node) => vec![node],
    };
    let source = table.table("source", faults).and_then(|t| source(t, faults, links));
    let mut fields: Vec<Field> = Vec::new();
    for t in table.tables("field", faults) {
        field(t, &mut fields, faults, links, facts);
    }
    table.finish(faults);
    if fields.is_empty() {
        faults.say(&span, "台账没有字段", "至少写一个 [[field]]。");
    }
    fields.push(attachments(&fields));
    let ids: Vec<&str> = fields.iter().map(|f| f.id.as_str()).collect();
    for (column, at) in &columns {
        known_field(column, at, &ids, "列", faults);
    }
    let complete = complete.into_iter().filter_map(|n| element(n, &fields, faults)).collect();
    let warns = warns.into_iter().filter_map(|n| warning(n, &fields, faults)).collect();
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
        warns,
        together,
        counts_hours,
        confirmed_above,
        columns: columns.into_iter().map(|(c, _)| c).collect(),
        words,
        source,
    })
}

/// The field that every ledger has. What is attached may say anything that the fields say, so that it is for those who
/// may read all of them.
fn attachments(fields: &[Field]) -> Field {
    Field {
        id: ATTACHMENTS.to_owned(),
        title: "附件".to_owned(),
        kind: FieldType::File,
        options: Vec::new(),
        unit: String::new(),
        hint: String::new(),
        links: Vec::new(),
        when: None,
        countdown: false,
        privacy: fields.iter().map(|f| f.privacy).max().unwrap_or_default(),
        width: 12,
    }
}

fn known_field(id: &str, at: &std::ops::Range<usize>, ids: &[&str], what: &str, faults: &mut Faults) -> bool {
    let known = ids.contains(&id);
    if !known {
        faults.say(at, format!("{what}“{id}”不是本台账的字段"), did_you_mean(id, ids.iter().copied()));
    }
    known
}

fn field(
    mut table: Table,
    fields: &mut Vec<Field>,
    faults: &mut Faults,
    links: &mut Links,
    facts: &mut Facts,
) {
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
    let when = condition(&mut table, fields, faults);
    let mut linked = Vec::new();
    for (other, at) in table.spanned_texts("links", faults) {
        links.to(Kind::Ledger, &other, faults.at(&at));
        linked.push(other);
    }
    let countdown = table.switch("countdown", faults);
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
    match (kind == FieldType::Link, linked.is_empty()) {
        (true, true) => {
            faults.say(
                &span,
                "连到另一条记录的字段没有写明是哪些台账（links）",
                "写成 links = [\"pledge\"]。",
            );
        }
        (false, false) => faults.say(&span, "只有类型为 link 的字段可以写明连到哪些台账（links）", ""),
        _ => {}
    }
    if countdown && kind != FieldType::Day {
        faults.say(&span, "只有日期字段可以倒计时（countdown）", "");
    }
    facts.entry(id.clone()).or_default().push((kind, options.clone(), faults.at(&at)));
    fields.push(Field {
        id,
        title,
        kind,
        options,
        unit,
        hint,
        links: linked,
        when,
        countdown,
        privacy,
        width,
    });
}

/// `when = { field = "option" }` or `when = { field = ["one", "other"] }`.
fn condition(table: &mut Table, fields: &[Field], faults: &mut Faults) -> Option<(String, Vec<String>)> {
    let mut t = table.table("when", faults)?;
    let at = t.span.clone();
    let mut pairs = t.rest();
    let (1, Some(f)) = (pairs.len(), pairs.pop()) else {
        faults.say(&at, "“when”应为一个字段和它的值", "写成 when = { form = \"lecture\" }。");
        return None;
    };
    let nodes = match f.node {
        Node { value: Value::Array(nodes), .. } => nodes,
        node => vec![node],
    };
    let Some(other) = fields.iter().find(|o| o.id == f.key) else {
        faults.say(
            &f.span,
            format!("条件所用的字段“{}”不在它之前", f.key),
            did_you_mean(&f.key, fields.iter().map(|o| o.id.as_str())),
        );
        return None;
    };
    let mut wanted = Vec::new();
    for node in nodes {
        let span = node.span.clone();
        let Some(value) = node.text("条件的值", faults) else { continue };
        let choice = matches!(other.kind, FieldType::Choice | FieldType::Choices);
        if choice && other.options.iter().all(|(id, _)| *id != value) {
            let help = did_you_mean(&value, other.options.iter().map(|(id, _)| id.as_str()));
            faults.say(&span, format!("字段“{}”没有选项“{value}”", other.title), help);
        } else {
            wanted.push(value);
        }
    }
    (!wanted.is_empty()).then_some((f.key, wanted))
}

/// `{ field = "a", at_most = [1, 3], of = ["a", "b"] }`, the same with `at_least`, or `{ units = "a", all_in = "b" }`.
fn warning(node: Node, fields: &[Field], faults: &mut Faults) -> Option<Warning> {
    let span = node.span.clone();
    let mut table = Table::of(node, "提醒", faults)?;
    let need = |id: Option<(String, std::ops::Range<usize>)>, kind: FieldType, faults: &mut Faults| {
        let (id, at) = id?;
        let ids: Vec<&str> = fields.iter().filter(|f| f.kind == kind).map(|f| f.id.as_str()).collect();
        if !ids.contains(&id.as_str()) {
            let word = if kind == FieldType::Number { "数字" } else { "多个组织的" };
            let help = did_you_mean(&id, ids.iter().copied());
            faults.say(&at, format!("提醒所用的“{id}”不是本台账的{word}字段"), help);
            return None;
        }
        Some(id)
    };
    let before = faults.count();
    let warning = if table.has("units") {
        let due = need(table.spanned_text("units", faults), FieldType::Units, faults);
        let done = need(table.spanned_text("all_in", faults), FieldType::Units, faults);
        due.zip(done).map(|(due, done)| Warning::Covers { due, done })
    } else {
        let field = need(table.spanned_text("field", faults), FieldType::Number, faults);
        let most = table.has("at_most");
        let share = table.take(if most { "at_most" } else { "at_least" }).and_then(share);
        let mut of = Vec::new();
        for other in table.spanned_texts("of", faults) {
            of.extend(need(Some(other), FieldType::Number, faults));
        }
        match (field, share) {
            (Some(field), Some((part, whole))) if !of.is_empty() => {
                Some(Warning::Share { field, of, most, part, whole })
            }
            _ => None,
        }
    };
    if warning.is_none() && faults.count() == before {
        faults.say(
            &span,
            "提醒的写法不认识",
            "写法：{ field = \"excellent\", at_most = [1, 3], of = [\"all\"] }、{ field = \"teachers\", at_least = [1, 350], of = [\"students\"] }、{ units = \"due\", all_in = \"signed\" }。",
        );
        return None;
    }
    table.finish(faults);
    warning
}

/// Two whole numbers from 1: `[1, 3]`.
fn share(node: Node) -> Option<(u32, u32)> {
    let Value::Array(nodes) = node.value else { return None };
    let mut numbers = nodes.into_iter().map(|n| match n.value {
        Value::Integer(i) => u32::try_from(i).ok().filter(|i| *i > 0),
        _ => None,
    });
    match (numbers.next()?, numbers.next()?, numbers.next()) {
        (Some(part), Some(whole), None) => Some((part, whole)),
        _ => None,
    }
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
