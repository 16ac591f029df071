//! rulebook/ledgers/*.toml.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use model::Condition;
use model::rule::{ATTACHMENTS, Computed, Drawn, Field, FieldType, Ledger, Means, Privacy};

use crate::condition::{Place, Reader, Wants};
use crate::dated::{self, Dated};
use crate::fault::{At, Faults, RuleFault, did_you_mean};
use crate::link::{GENERAL, Kind, Links, PROGRESS};
use crate::obligation::{kinds, source};
use crate::tree::{Node, Table, Value, is_id};
use crate::words::{FIELD_TYPES, PRIVACIES, meaning};

/// Every record has these by itself; a field of the same id would ask for them twice.
const RESERVED: [&str; 4] = ["day", "title", "unit", ATTACHMENTS];

/// Keys of the ledger itself. Written after the first `[[field]]`, TOML makes them keys of that field.
const OWN: [&str; 13] = [
    "kept_by",
    "words",
    "together",
    "complete",
    "warns",
    "columns",
    "counts_hours",
    "confirmed_above",
    "general",
    "progress",
    "of_posts",
    "since",
    "until",
];

/// How a field was declared, and where.
pub(crate) struct Fact {
    ledger: String,
    kind: FieldType,
    means: Option<Means>,
    options: Vec<(String, String)>,
    at: At,
}

/// Where fields of one id were declared, to see that they mean the same fact everywhere.
pub(crate) type Facts = BTreeMap<String, Vec<Fact>>;

/// Conditions upon the records of this ledger. What they say of the fields that could not be read is not told: that has
/// been told already.
fn conditions(
    node: Option<Node>,
    what: &'static str,
    (fields, unread): (&[Field], &BTreeSet<String>),
    faults: &mut Faults,
    links: &mut Links,
) -> Vec<Condition> {
    let Some(node) = node else { return Vec::new() };
    let mut reader =
        Reader { place: Place::Record(what), faults, uses: Vec::new(), traits: &mut links.traits };
    let read = reader.all(node);
    let uses = reader.uses;
    for used in uses {
        let of_unread =
            unread.contains(&used.field) || (used.wants == Wants::Attendance && !unread.is_empty());
        if let Some((message, help)) = used.fault(fields, what, "本台账").filter(|_| !of_unread) {
            faults.say(&used.span, message, help);
        }
    }
    read
}

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
    let mut only = |key: &'static str, faults: &mut Faults| {
        let at = table.span_of(key);
        let on = table.switch(key, faults);
        if let Some(at) = at.filter(|_| on) {
            links.only(key, id, faults.at(&at));
        }
        on
    };
    let general = only(GENERAL, faults);
    let progress = only(PROGRESS, faults);
    let of_posts = table.switch("of_posts", faults);
    let columns = table.spanned_texts("columns", faults);
    let complete = table.take("complete");
    let warns = table.take("warns");
    let source = table.table("source", faults).and_then(|t| source(t, faults, links));
    let mut fields: Vec<Field> = Vec::new();
    let mut unread = BTreeSet::new();
    for t in table.tables("field", faults) {
        let (id, before) = (t.said("id").map(str::to_owned), fields.len());
        field(t, &mut fields, faults, links, facts);
        if fields.len() == before {
            unread.extend(id);
        }
    }
    table.finish(faults);
    if fields.is_empty() && unread.is_empty() {
        faults.say(&span, "台账没有字段", "至少写一个 [[field]]。");
    }
    fields.push(attachments(&fields));
    let ids: Vec<&str> = fields.iter().map(|f| f.id.as_str()).collect();
    for (column, at) in columns.iter().filter(|(column, _)| !unread.contains(column)) {
        known_field(column, at, &ids, "列", faults);
    }
    let complete = conditions(complete, "齐全要素", (&fields, &unread), faults, links);
    let warns = conditions(warns, "提醒", (&fields, &unread), faults, links);
    let counts_hours = counts_hours.is_some_and(|n| match n.value {
        Value::Bool(b) => {
            if b && fields.iter().all(|f| f.means != Some(Means::Hours)) {
                let help = "加一个 [[field]]，type = \"number\"，means = \"hours\"。";
                faults.say(&n.span, "计学时的台账没有写明学时的字段", help);
            }
            b
        }
        _ => {
            faults.say(&n.span, "“counts_hours”应为 true 或 false", "");
            false
        }
    });
    // What other files say of its fields would be told as their mistake.
    if !unread.is_empty() {
        return None;
    }
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
        general,
        progress,
        of_posts,
        columns: columns.into_iter().map(|(c, _)| c).collect(),
        words,
        source,
    })
}

/// The field that every ledger has. What is attached may say anything that the fields say, so that it is for those who
/// may read all of them.
fn attachments(fields: &[Field]) -> Field {
    Field {
        privacy: fields.iter().map(|f| f.privacy).max().unwrap_or_default(),
        ..Field::new(ATTACHMENTS, "附件", FieldType::File)
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
    let means = table.spanned_text("means", faults).and_then(|(word, at)| {
        let means = meaning(&word, &at, &Means::IDS, "字段的含义", faults)?;
        if kind.is_some_and(|k| k != means.kind()) {
            let word = FIELD_TYPES.iter().find(|(_, k)| *k == means.kind()).map_or("", |(word, _)| word);
            faults.say(&at, format!("含义为“{}”的字段，类型应为 {word}", means.id()), "");
        }
        if fields.iter().any(|f| f.means == Some(means)) {
            faults.say(&at, format!("台账里已有一个含义为“{}”的字段", means.id()), "只留一个。");
        }
        Some(means)
    });
    let computed = computed(&mut table, kind, fields, faults);
    let rows = rows(&mut table, kind, faults, links);
    let unit = table.text("unit", faults);
    let hint = table.text("hint", faults);
    let when = condition(&mut table, fields, faults);
    let mut linked = Vec::new();
    for (other, at) in table.spanned_texts("links", faults) {
        links.to(Kind::Ledger, &other, faults.at(&at));
        linked.push(other);
    }
    let countdown = table.switch("countdown", faults);
    let as_last_time = table.switch("as_last_time", faults);
    let drawn = drawn(&mut table, kind, faults, links);
    let privacy = table
        .spanned_text("privacy", faults)
        .and_then(|(word, at)| meaning(&word, &at, PRIVACIES, "保密类别", faults))
        .unwrap_or(Privacy::Open);
    let width = table.integer("width", 1..=12, faults).and_then(|w| u8::try_from(w).ok()).unwrap_or(12);
    for key in OWN {
        if let Some(at) = table.place_of(key) {
            let help = "写在第一个 [[field]] 之前。";
            faults.say(&at, format!("“{key}”是台账的键，这里成了字段的键"), help);
            let _ = table.take(key);
        }
    }
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
    let ledger = Path::new(&faults.at(&at).file).file_stem().map(|s| s.to_string_lossy().into_owned());
    facts.entry(id.clone()).or_default().push(Fact {
        ledger: ledger.unwrap_or_default(),
        kind,
        means,
        options: options.clone(),
        at: faults.at(&at),
    });
    fields.push(Field {
        id,
        title,
        kind,
        means,
        computed,
        rows,
        options,
        unit,
        hint,
        links: linked,
        when,
        countdown,
        as_last_time,
        drawn,
        privacy,
        width,
    });
}

/// `drawn = "doings"`, `drawn = "undone"`, `drawn = "title"` or `drawn = "ledger.field"`.
fn drawn(
    table: &mut Table,
    kind: Option<FieldType>,
    faults: &mut Faults,
    links: &mut Links,
) -> Option<Drawn> {
    let (words, at) = table.spanned_text("drawn", faults)?;
    let text = kind.is_none_or(|k| k == FieldType::LongText);
    let number = kind.is_none_or(|k| matches!(k, FieldType::Number | FieldType::Money));
    match words.split_once('.') {
        None if text && words == "doings" => Some(Drawn::Doings),
        None if text && words == "undone" => Some(Drawn::Undone),
        None if kind.is_none_or(|k| k == FieldType::Text) && words == "title" => Some(Drawn::Title),
        Some((ledger, field)) if number => {
            links.to(Kind::Ledger, ledger, faults.at(&at));
            Some(Drawn::Sum(ledger.to_owned(), field.to_owned()))
        }
        _ => {
            let help = "多行文字写 doings 或 undone，一行文字写 title，数字、金额写成 \"台账.字段\"。";
            faults.say(&at, format!("从记录起草（drawn）不能写成“{words}”"), help);
            None
        }
    }
}

/// `sum_of = ["one", "table.column"]` or `count_of = "table"`.
fn computed(
    table: &mut Table,
    kind: Option<FieldType>,
    fields: &[Field],
    faults: &mut Faults,
) -> Option<Computed> {
    let span = table.span.clone();
    let of = table.spanned_texts("sum_of", faults);
    let count = table.spanned_text("count_of", faults);
    if of.is_empty() && count.is_none() {
        return None;
    }
    if !of.is_empty() && count.is_some() {
        faults.say(&span, "一个数只能有一种算法：sum_of 或 count_of", "");
        return None;
    }
    let number = matches!(kind, Some(FieldType::Number | FieldType::Money));
    if kind.is_some() && !number {
        faults.say(&span, "只有数字或金额字段可以由系统计算", "类型写 number 或 money。");
        return None;
    }
    let field = |id: &str| match id.split_once('.') {
        None => fields.iter().find(|f| f.id == id),
        Some((table, column)) => {
            let table = fields.iter().find(|f| f.id == table && f.kind == FieldType::Rows)?;
            table.rows.iter().find(|f| f.id == column)
        }
    };
    if let Some((id, at)) = count {
        use FieldType::{Choices, File, People, Rows, Units};
        let fits = |f: &&Field| matches!(f.kind, Rows | People | Units | Choices | File);
        if kind == Some(FieldType::Money) || field(&id).filter(fits).is_none() {
            let help = did_you_mean(&id, fields.iter().filter(fits).map(|f| f.id.as_str()));
            faults.say(&at, format!("count_of 所用的“{id}”不是在它之前、可以数的字段"), help);
            return None;
        }
        return Some(Computed::Count(id));
    }
    let mut ids = Vec::new();
    for (id, at) in of {
        if field(&id).is_none_or(|f| Some(f.kind) != kind) {
            let fits = fields.iter().filter(|f| Some(f.kind) == kind).map(|f| f.id.as_str());
            let help = did_you_mean(&id, fits);
            faults.say(&at, format!("sum_of 所用的“{id}”不是在它之前、同一类型的字段"), help);
        } else {
            ids.push(id);
        }
    }
    (!ids.is_empty()).then_some(Computed::Sum(ids))
}

/// `[[field.row]]`: the fields of one line. They are as narrow as their table.
fn rows(table: &mut Table, kind: Option<FieldType>, faults: &mut Faults, links: &mut Links) -> Vec<Field> {
    let span = table.span.clone();
    let lines = table.tables("row", faults);
    if (kind == Some(FieldType::Rows)) == lines.is_empty() && kind.is_some() {
        let (message, help) = if lines.is_empty() {
            ("表格字段没有写明每行有什么", "至少写一个 [[field.row]]。")
        } else {
            ("只有类型为 rows 的字段可以有 [[field.row]]", "")
        };
        faults.say(&span, message, help);
    }
    let mut out = Vec::new();
    for line in lines {
        let at = line.span.clone();
        let narrow = line.has("privacy");
        // What a column of a table is called is the table's own affair: it is no fact that other ledgers share.
        let mut own = Facts::default();
        field(line, &mut out, faults, links, &mut own);
        let plain = |f: &Field| {
            !matches!(f.kind, FieldType::Rows | FieldType::File | FieldType::Link | FieldType::People)
                && f.means.is_none()
        };
        if narrow || out.last().is_some_and(|f| !plain(f)) {
            faults.say(
                &at,
                "表格的列不能再是表格、文件、记录或多人，也没有自己的保密类别和含义",
                "保密类别写在表格字段上；一行写一个人。",
            );
        }
    }
    out
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
    let nodes = f.node.each();
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

/// Fields of one id have one meaning in every ledger; in ledgers that one record may belong to (套会) they are one fact as
/// well: the same type, and the same options. Versions of one ledger may differ: that is what they are for.
pub(crate) fn check_facts(facts: &Facts, together: impl Fn(&str, &str) -> bool) -> Vec<RuleFault> {
    let mut out = Vec::new();
    for (id, uses) in facts {
        for (i, other) in uses.iter().enumerate() {
            let mut before = uses[..i].iter().filter(|f| f.at.file != other.at.file);
            let clash = before.clone().find(|first| {
                let shared = together(&first.ledger, &other.ledger);
                shared && (other.kind != first.kind || other.options != first.options)
            });
            if let Some(first) = clash {
                let place = format!("另一处在 {} 第 {} 行", first.at.file, first.at.line);
                out.push(other.at.fault(
                    format!("字段“{id}”与别处的同名字段类型或选项不同"),
                    format!("可以同时记的台账里，同一编号是同一件事，{place}；不是一件事就换个编号。"),
                ));
            } else if let Some(first) = before.next()
                && other.means != first.means
            {
                let place = format!("另一处在 {} 第 {} 行", first.at.file, first.at.line);
                let word = |m: Option<Means>| {
                    m.map_or("不写 means".to_owned(), |m| format!("写 means = \"{}\"", m.id()))
                };
                out.push(other.at.fault(
                    format!("字段“{id}”与别处的同名字段含义不同"),
                    format!("{place}，那里{}，这里也应如此。", word(first.means)),
                ));
            }
        }
    }
    out
}
